// From noise to a picture in three ways: the probability-flow ODE, the reverse SDE and Langevin steps. The point under
// the hand is the noise from which one of their paths begins.

import {
  BLUE,
  ORANGE,
  SKY,
  attend,
  box,
  button,
  bytesOf,
  changes,
  clamp,
  floatsOf,
  frames,
  keyHelp,
  labelled,
  make,
  penOf,
  picture,
  plays,
  readout,
  rootOf,
  slider,
  stage,
  steer,
  tuple,
} from "./base.js";
import { plane } from "./axes.js";
import { erf } from "./erf.js";

// The picture's pixels P, N x N with row 0 at the bottom, which add up to 1; times; the noise of m points: where they
// begin, and one draw a step for the SDE and `inner` for Langevin.
export function decode(model) {
  const bytes = bytesOf(model.get("picture"));
  const sum = bytes.reduce((total, v) => total + v, 0);
  const P = Float64Array.from(bytes, v => v / sum);
  const N = Math.round(Math.sqrt(P.length));
  const times = model.get("times");
  const [m, inner] = model.get("sizes");
  return { P, N, times, m, inner, draws: floatsOf(model.get("draws")), moments: model.get("moments") };
}

// Mass and slope of N strips of [-2, 2], shrunk by t and blurred by 1 - t, at the coordinate x.
function strips(x, t, N) {
  const mass = new Float64Array(N);
  const slope = new Float64Array(N);
  const below = { mass: 0, bell: 0 };
  for (let k = 0; k <= N; k++) {
    const u = (t * ((4 * k) / N - 2) - x) / (1 - t);
    const now = { mass: erf(u / Math.SQRT2) / 2, bell: Math.exp((-u * u) / 2) / Math.sqrt(2 * Math.PI) };
    if (k) {
      mass[k - 1] = now.mass - below.mass;
      slope[k - 1] = (below.bell - now.bell) / (1 - t);
    }
    Object.assign(below, now);
  }
  return { mass, slope };
}

// p_t at (x, y) up to the area of a pixel, and its slope along x and y.
export function terms({ P, N }, x, y, t) {
  const across = strips(x, t, N);
  const upward = strips(y, t, N);
  let [p, right, up] = [0, 0, 0];
  for (let row = 0; row < N; row++) {
    let [mass, slope] = [0, 0];
    for (let k = 0; k < N; k++) {
      mass += P[N * row + k] * across.mass[k];
      slope += P[N * row + k] * across.slope[k];
    }
    p += upward.mass[row] * mass;
    right += upward.mass[row] * slope;
    up += upward.slope[row] * mass;
  }
  return [p, right, up];
}

const FAINT = 1e-13; // where rounding hides p

// The score s = ∇ log p_t, and the velocity v; so far out that p is lost, the nearest place of the frame stands for x̂.
export function field(target, x, y, t) {
  const [p, right, up] = terms(target, x, y, t);
  const place = [x, y];
  const blur = (1 - t) ** 2;
  const s = p > FAINT ? [right / p, up / p] : place.map(v => (t * clamp(v / t, -2, 2) - v) / blur);
  const v = place.map((value, i) => ((value + blur * s[i]) / t - value) / (1 - t));
  return { s, v };
}

// Where a path begins at the time times[0]: the noise z, with the mean and the variance of p_t.
export function beginning({ times: [t], moments: [mean, variance] }, z) {
  return z.map((v, i) => t * mean[i] + Math.sqrt((1 - t) ** 2 + t * t * variance[i]) * v);
}

// The path of a point, two numbers a time. Its k-th draws are those of point k; η = 0 is the ODE.
export function flow(target, z, k, eta) {
  const { times, draws, m } = target;
  const path = new Float64Array(2 * times.length);
  path.set(beginning(target, z));
  for (let i = 0; i + 1 < times.length; i++) {
    const [t, h] = [times[i], times[i + 1] - times[i]];
    const g = eta * (1 - t);
    const { s, v } = field(target, path[2 * i], path[2 * i + 1], t);
    for (const j of [0, 1]) {
      const dB = Math.sqrt(h) * draws[2 * (m * (i + 1) + k) + j];
      path[2 * i + 2 + j] = path[2 * i + j] + h * (v[j] + g * s[j]) + Math.sqrt(2 * g) * dB;
    }
  }
  return path;
}

// The path of a point by Langevin steps, `inner` at each time.
export function langevin(target, z, k) {
  const { times, draws, m, inner } = target;
  const path = new Float64Array(2 * times.length);
  let x = beginning(target, z);
  path.set(x);
  let draw = m * times.length;
  for (let i = 1; i < times.length; i++) {
    const h = 0.2 * (1 - times[i]) ** 2;
    for (let step = 0; step < inner; step++, draw += m) {
      const { s } = field(target, x[0], x[1], times[i]);
      x = x.map((v, j) => v + h * s[j] + Math.sqrt(2 * h) * draws[2 * (draw + k) + j]);
    }
    path.set(x, 2 * i);
  }
  return path;
}

const STYLE = `
  .course-ways { max-width: 860px; }
  .course-ways .view { flex: 1 1 250px; max-width: 278px; }
  .course-ways .title { padding-left: 13%; margin-bottom: 2px; }
  .course-ways canvas { width: 100%; background: white; }
  .course-ways .way0 { cursor: crosshair; }
  .course-ways input[type=range] { width: 190px; }
  .course-ways output span { display: inline-block; margin-right: 16px; }
`;
const SIDE = 236; // of a plane, in pixels
const LEFT = 34;
const REACH = 2.5; // of a plane
const MOST = 3; // of the noise
const STEP = 0.05;
const GRID = 72; // squares of the ground
const TRAIL = 5; // moments of Langevin that are drawn
const LINES = 12; // paths that are drawn
const NAMES = ["ODE", "SDE", "Langevin"];
const PACE = 12; // frames a second

// p_t as a picture of greys: the darker, the denser.
function ground(target, t) {
  const canvas = make("canvas", { width: GRID, height: GRID });
  const pen = penOf(canvas);
  const image = pen.createImageData(GRID, GRID);
  const rows = Array.from({ length: GRID }, (_, i) => strips(REACH * ((2 * i + 1) / GRID - 1), t, target.N).mass);
  const half = rows.map(mass => {
    const column = new Float64Array(target.N); // one number for each row of the picture
    for (let row = 0; row < target.N; row++)
      for (let k = 0; k < target.N; k++) column[row] += target.P[target.N * row + k] * mass[k];
    return column;
  });
  const p = rows.map(mass => half.map(column => column.reduce((sum, v, row) => sum + v * mass[row], 0)));
  const most = Math.max(...p.flat());
  const colours = new Uint32Array(image.data.buffer);
  p.reverse().forEach((row, j) => {
    row.forEach((v, i) => (colours[GRID * j + i] = 0xff000000 | (Math.round(255 - (110 * v) / most) * 0x010101)));
  });
  pen.putImageData(image, 0, 0);
  return canvas;
}

// The three planes in a row, each under its title; the noise is moved in the first.
function planes(root, { drag, step }) {
  const words = ": arrow keys move the noise, with shift faster, home brings it back";
  const views = NAMES.map((way, k) => {
    const canvas = k ? picture(`way${k}`, `points on the way of the ${way}`) : stage("way0", `points, ${way}${words}`);
    const title = box("title", way);
    const view = plane(canvas, SIDE, LEFT, [-REACH, REACH], [-REACH, REACH], ["x", "y"]);
    return { canvas, title, view };
  });
  root.append(box("views", ...views.map(({ canvas, title }) => box("view", title, canvas))));
  const [{ canvas, view }] = views;
  steer(canvas, event => drag(view.at(event)), step);
  return views;
}

// The paths of all points, and of the noise under the hand, for the η that is chosen; the SDE's are found when it changes.
function walker(target, model) {
  const { m, draws } = target;
  const noise = Array.from({ length: m }, (_, k) => [draws[2 * k], draws[2 * k + 1]]);
  const along = (way, z, k) => (way === 2 ? langevin(target, z, k) : flow(target, z, k, way * model.get("eta")));
  const crowd = NAMES.map((_, way) => noise.map((z, k) => along(way, z, k)));
  let eta = model.get("eta");
  return way => {
    if (eta !== model.get("eta")) crowd[1] = noise.map((z, k) => along(1, z, k));
    eta = model.get("eta");
    return { crowd: crowd[way], own: along(way, model.get("z"), 0) };
  };
}

// Draws one way at a moment: the density as a ground, points, the lines behind them, and the path under the hand.
function painter(target) {
  const grounds = [];
  return (view, way, frame, { crowd, own }) => {
    grounds[frame] ??= ground(target, target.times[frame]);
    const first = way === 2 ? Math.max(0, frame - TRAIL) : 0;
    const place = (path, i) => [view.right(path[2 * i]), view.up(path[2 * i + 1])];
    view.draw(pen => {
      const [left, top] = [view.right(-REACH), view.up(REACH)];
      pen.drawImage(grounds[frame], left, top, view.right(REACH) - left, view.up(-REACH) - top);
      const line = (path, strokeStyle, lineWidth) => {
        Object.assign(pen, { strokeStyle, lineWidth });
        pen.beginPath();
        for (let i = first; i <= frame; i++) pen.lineTo(...place(path, i));
        pen.stroke();
      };
      for (const path of crowd.slice(0, LINES)) line(path, SKY, 0.8);
      pen.fillStyle = BLUE;
      for (const path of crowd) {
        pen.beginPath();
        pen.arc(...place(path, frame), 2.2, 0, 2 * Math.PI);
        pen.fill();
      }
      line(own, ORANGE, 2);
    });
    view.dot(own[0], own[1], 5, "white", ORANGE);
    const end = [own[2 * frame], own[2 * frame + 1]];
    view.mark(end, 7);
    return end;
  };
}

// Moves the noise: to a place at the first time, a step of a key further, or back to the start.
function mover(target, model, change) {
  const from = beginning(target, [0, 0]);
  const unit = beginning(target, [1, 1]).map((v, i) => v - from[i]);
  const set = z =>
    change(
      "z",
      z.map(v => Math.round(100 * clamp(v, -MOST, MOST)) / 100),
    );
  const drag = place => set(place.map((v, i) => (v - from[i]) / unit[i]));
  const step = way => set(way ? model.get("z").map((v, i) => v + STEP * way[i]) : model.get("home"));
  return { drag, step };
}

/** @param {import("./base.js").Place} place */
function render(place) {
  const { model, el } = place;
  const target = decode(model);
  const { times } = target;
  const last = times.length - 1;
  const change = changes(model);
  const pathsOf = walker(target, model);
  const paint = painter(target);

  const root = rootOf("ways", model, el, STYLE);
  const views = planes(root, mover(target, model, change));
  const play = button("");
  const time = slider(0, last, 1, v => change("frame", v));
  const strength = slider(0, 4, 0.1, v => change("eta", v));
  const words = readout();
  const keys = [
    ["← ↑ ↓ →", "move the noise"],
    ["Shift", "five times as far"],
    ["Home", "back to the start"],
  ];
  const row = box("row", play, labelled("time t", time), labelled("noise of the SDE, η", strength));
  root.append(row, words, keyHelp("plane of the ODE", ...keys));

  function draw() {
    const frame = model.get("frame");
    const ends = views.map(({ view }, way) => paint(view, way, frame, pathsOf(way)));
    views[1].title.textContent = `SDE, η = ${model.get("eta").toFixed(1)}`;
    time.value = frame;
    time.setAttribute("aria-valuetext", times[frame].toFixed(2));
    strength.value = model.get("eta");
    const parts = [`t = ${times[frame].toFixed(2)}`, `noise ${tuple(model.get("z"))}`];
    parts.push(...ends.map((x, way) => `${NAMES[way]} ${tuple(x)}`));
    words.replaceChildren(...parts.flatMap(textContent => [make("span", { textContent }), " "]));
    return false;
  }

  const motion = frames(draw);
  const rewind = () => model.get("frame") === last && change("frame", 0);
  const advance = () => {
    change("frame", Math.min(last, model.get("frame") + 1));
    return model.get("frame") < last;
  };
  const film = plays(play, rewind, advance, () => PACE);
  play.onclick = () => (film.on() ? film.stop() : film.start());
  const halt = () => {
    film.stop();
    motion.stop();
  };
  draw();
  return attend(place, root, { z: motion.start, eta: motion.start, frame: motion.start }, film.stop, halt);
}

export default { render };
