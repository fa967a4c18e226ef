// Generated points that drift among true ones: the width of the kernel is on a slider, the cloud under the hand.

import {
  BLUE,
  ORANGE,
  attend,
  box,
  button,
  changes,
  choice,
  clamp,
  floatsOf,
  frames,
  inText,
  keyHelp,
  labelled,
  plays,
  readout,
  rootOf,
  slider,
  stage,
  steer,
} from "./base.js";
import { plane } from "./axes.js";

// log k at a squared distance.
const KERNELS = {
  Gauss: (square, tau) => -square / (2 * tau * tau),
  Laplace: (square, tau) => -Math.sqrt(square) / tau,
};

// The mean of the points y, weighted by their nearness to (a, b). `own` is the number of one that is not seen, or -1.
// The nearest has the weight 1, so that nothing is 0 / 0 far away.
export function near(a, b, y, tau, kernel, own = -1) {
  const log = KERNELS[kernel];
  const square = j => (a - y[2 * j]) ** 2 + (b - y[2 * j + 1]) ** 2;
  const m = y.length / 2;
  let least = Infinity;
  for (let j = 0; j < m; j++) if (j !== own) least = Math.min(least, square(j));
  const most = log(least, tau);
  let [sum, right, up] = [0, 0, 0];
  for (let j = 0; j < m; j++) {
    const k = j === own ? 0 : Math.exp(log(square(j), tau) - most);
    sum += k;
    right += k * y[2 * j];
    up += k * y[2 * j + 1];
  }
  return [right / sum, up / sum];
}

// V at each generated point, two numbers each: towards the true points p near it, away from the other ones q near it.
export function drift(q, p, tau, kernel) {
  const V = new Float64Array(q.length);
  for (let i = 0; i < q.length / 2; i++) {
    const [a, b] = [q[2 * i], q[2 * i + 1]];
    const to = near(a, b, p, tau, kernel);
    const from = near(a, b, q, tau, kernel, i);
    V.set([to[0] - from[0], to[1] - from[1]], 2 * i);
  }
  return V;
}

// The mean length of V.
export function lengthOf(V) {
  let sum = 0;
  for (let i = 0; i < V.length; i += 2) sum += Math.hypot(V[i], V[i + 1]);
  return (2 * sum) / V.length;
}

const FAR = 6; // how far from the middle the points can be moved

// Each point goes with its number to another place, `to` from x and which of both coordinates it is.
const moved = (q, to) => Float32Array.from(q, (v, i) => clamp(to(v, i % 2, i), -FAR, FAR));

// The points after a step: a fifth of V.
export const stepped = (q, V) => moved(q, (v, _, i) => v + V[i] / 5);

// The points halfway to their mean.
export function gathered(q) {
  const mean = [0, 1].map(axis => (2 * q.reduce((sum, v, i) => sum + (i % 2 === axis ? v : 0), 0)) / q.length);
  return moved(q, (v, axis) => (v + mean[axis]) / 2);
}

// Slider to width and back: equal ways multiply by equal factors.
export const widthOf = (way, [low, high]) => clamp(Number((low * (high / low) ** way).toFixed(3)), low, high);
export const wayOfWidth = (tau, [low, high]) => Math.log(tau / low) / Math.log(high / low);

const STYLE = `
  .course-drifter { max-width: 700px; }
  .course-drifter .view { flex: 384 1 280px; max-width: 384px; }
  .course-drifter canvas { width: 100%; background: white; cursor: grab; }
  .course-drifter canvas:active { cursor: grabbing; }
  .course-drifter .side { flex: 1 1 230px; max-width: 290px; }
  .course-drifter .side .row { margin: 0 0 12px; }
  .course-drifter input[type=range] { width: 190px; }
`;
const SIDE = 342; // of the plane, in pixels
const LEFT = 34;
const REACH = 3;
const STEP = 0.05; // of a key
const PACE = 12; // steps a second
const STILL = 1e-3; // a mean length of V at which nothing moves any more

// Draws both kinds of points, and V as a line from each that moves.
function paint({ draw, right, up }, p, q, V) {
  const dots = (pen, points, colour) => {
    pen.fillStyle = colour;
    for (let i = 0; i < points.length; i += 2) {
      pen.beginPath();
      pen.arc(right(points[i]), up(points[i + 1]), 2.2, 0, 2 * Math.PI);
      pen.fill();
    }
  };
  draw(pen => {
    dots(pen, p, BLUE);
    Object.assign(pen, { strokeStyle: ORANGE, lineWidth: 1 });
    pen.beginPath();
    for (let i = 0; i < q.length; i += 2) {
      pen.moveTo(right(q[i]), up(q[i + 1]));
      pen.lineTo(right(q[i] + V[i]), up(q[i + 1] + V[i + 1]));
    }
    pen.stroke();
    dots(pen, q, ORANGE);
  });
}

// Moves all generated points as the hand goes from one place to the next.
function shifts(view, shift) {
  let last = [0, 0];
  return event => {
    const here = view.at(event);
    if (event.type === "pointermove") shift(here.map((v, axis) => v - last[axis]));
    last = here;
  };
}

/** @param {import("./base.js").Place} place */
function render(place) {
  const { model, el } = place;
  const change = changes(model);
  const p = floatsOf(model.get("p"));
  const limits = model.get("limits");
  const kernels = Object.keys(KERNELS);
  const now = () => floatsOf(model.get("q"));
  const driftOf = q => drift(q, p, model.get("tau"), model.get("kernel"));
  const put = q => change("q", new DataView(q.buffer));

  const root = rootOf("drifter", model, el, STYLE);
  const name = "orange generated points among blue true ones: arrow keys move them";
  const canvas = stage("plane", `${name}, with shift faster, home brings them back to the start`);
  const view = plane(canvas, SIDE, LEFT, [-REACH, REACH], [-REACH, REACH], ["x", "y"]);
  const play = button("");
  const width = slider(0, 1, 0.01, way => change("tau", widthOf(way, limits)));
  const kernel = choice(kernels, value => change("kernel", value), kernels);
  const words = readout();
  const gather = () => put(gathered(now()));
  const buttons = [play, button("Step", () => step()), button("Gather", gather), button("Start again", () => again())];
  const chosen = [box("row", labelled("width τ", width)), box("row", labelled("kernel", kernel))];
  const keys = [
    ["← ↑ ↓ →", "move the orange points"],
    ["Shift", "five times as far"],
    ["Home", "back to the start"],
  ];
  const side = box("side", box("row", ...buttons), ...chosen, words);
  root.append(box("views", box("view", canvas), side), keyHelp("plane", ...keys));

  function draw() {
    const q = now();
    const V = driftOf(q);
    paint(view, p, q, V);
    const tau = model.get("tau");
    width.value = String(wayOfWidth(tau, limits));
    width.setAttribute("aria-valuetext", tau.toFixed(3));
    kernel.value = model.get("kernel");
    words.textContent = `τ = ${inText(tau, 3)}, mean length of V: ${inText(lengthOf(V), 3)}`;
    return false;
  }

  // Whether it goes on from there.
  function step() {
    const q = now();
    const V = driftOf(q);
    put(stepped(q, V));
    return lengthOf(V) > STILL;
  }

  function again() {
    film.stop();
    put(floatsOf(model.get("start")));
  }

  const shift = way => put(moved(now(), (v, axis) => v + way[axis]));
  const film = plays(
    play,
    () => {},
    step,
    () => PACE,
  );
  play.onclick = () => (film.on() ? film.stop() : film.start());
  steer(canvas, shifts(view, shift), way => (way ? shift(way.map(v => STEP * v)) : again()));

  const motion = frames(draw);
  const halt = () => {
    film.stop();
    motion.stop();
  };
  draw();
  return attend(place, root, { q: motion.start, tau: motion.start, kernel: motion.start }, film.stop, halt);
}

export default { render };
