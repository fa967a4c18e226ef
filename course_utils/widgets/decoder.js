// Drag a code over the plane of the training codes; a decoder g(z) makes a picture of it.

import {
  BLUE,
  attend,
  box,
  button,
  bytesOf,
  changes,
  choice,
  clamp,
  floatsOf,
  frames,
  keyHelp,
  labelled,
  penOf,
  picture,
  readout,
  rootOf,
  same,
  slider,
  stage,
  steer,
  tuple,
} from "./base.js";
import { forward, leaky, perceptron, sigmoid } from "./perceptron.js";
import { plane } from "./axes.js";
import { erf } from "./erf.js";

const BENDS = {
  relu: leaky(0),
  leaky_relu: leaky(0.2),
  gelu: v => (v / 2) * (1 + erf(v / Math.SQRT2)),
  tanh: Math.tanh,
};
const ENDS = { sigmoid, tanh: v => (Math.tanh(v) + 1) / 2, none: v => clamp(v, 0, 1) };

// The decoder's layers; the codes, d numbers each; their classes, if they have any.
export function decode(model) {
  const layers = perceptron(model, BENDS[model.get("activation")], ENDS[model.get("output")]);
  const d = model.get("widths")[0];
  const numbers = floatsOf(model.get("codes"));
  const codes = Array.from({ length: numbers.length / d }, (_, i) => [...numbers.subarray(d * i, d * (i + 1))]);
  return { layers, codes, labels: bytesOf(model.get("labels")) };
}

// The code that lies nearest to z as the axes show two numbers of it.
export function nearest(codes, z, axes, limits) {
  const part = (code, k) => (code[k] - z[k]) / (limits[k][1] - limits[k][0]);
  const far = code => axes.reduce((sum, k) => sum + part(code, k) ** 2, 0);
  return codes.reduce((best, code) => (far(code) < far(best) ? code : best));
}

// For each number of z the unit of its slider and its step with the keys, and the digits that are shown.
export function unitsOf(limits) {
  const units = limits.map(([low, high]) => 10 ** Math.floor(Math.log10((high - low) / 2)));
  return { units, digits: units.map(unit => Math.max(0, 2 - Math.round(Math.log10(unit)))) };
}

const STYLE = `
  .course-decoder { max-width: 674px; }
  .course-decoder .codes { flex: 372 1 300px; max-width: 372px; }
  .course-decoder .result { flex: 280 1 200px; max-width: 280px; }
  .course-decoder .title { margin-bottom: 2px; }
  .course-decoder .codes .title { padding-left: 12%; }
  .course-decoder .plane { width: 100%; background: white; cursor: crosshair; }
  .course-decoder .picture { width: 100%; margin-top: 10px; image-rendering: pixelated; outline: 1px solid #999; }
  .course-decoder .result output { display: block; margin-top: 6px; }
  .course-decoder button { min-width: 84px; }
  .course-decoder input[type=range] { width: 150px; }
`;
const PLANE = 320; // pixels
const LEFT = 44;
const PICTURE = 280;
const WALK = 3000; // milliseconds to another code
const FEW = 4; // numbers of z that have sliders and stand under the picture
const named = k => `z${[...String(k + 1)].map(digit => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("")}`;

// The plane of the codes, to be drawn once for each choice of axes: dots, and digits at the medians.
function scatter(canvas, model, codes, labels) {
  const limits = model.get("limits");
  const colours = model.get("colours");
  const medians = Object.entries(model.get("medians"));
  const [across, up] = model.get("plane");
  const view = plane(canvas, PLANE, LEFT, limits[across], limits[up], [named(across), named(up)]);
  const at = code => [view.right(code[across]), view.up(code[up])];
  view.draw(pen => {
    codes.forEach((code, i) => {
      pen.fillStyle = colours[labels[i]] ?? BLUE;
      pen.beginPath();
      pen.arc(...at(code), 2, 0, 2 * Math.PI);
      pen.fill();
    });
    Object.assign(pen, { font: "bold 19px system-ui, sans-serif", textAlign: "center", textBaseline: "middle" });
    Object.assign(pen, { strokeStyle: "white", fillStyle: "#222", lineWidth: 5, lineJoin: "round" });
    for (const [digit, median] of medians) pen.strokeText(digit, ...at(median)); // no digit under the edge of another
    for (const [digit, median] of medians) pen.fillText(digit, ...at(median));
  });
  return view;
}

// The picture g(z): shows values from 0 to 1.
function screen(side) {
  const canvas = picture("picture", `picture of ${side} by ${side} pixels that the decoder makes of z`);
  Object.assign(canvas, { width: side, height: side });
  canvas.style.maxWidth = `${side * Math.max(1, Math.floor(PICTURE / side))}px`;
  const pen = penOf(canvas);
  const image = pen.createImageData(side, side);
  const pixels = new Uint32Array(image.data.buffer);
  const show = values => {
    values.forEach((v, k) => {
      pixels[k] = 0xff000000 | (Math.round(255 * v) * 0x010101);
    });
    pen.putImageData(image, 0, 0);
  };
  return { canvas, show };
}

// Which numbers of z the axes show, and sliders for the others.
function controls(model, place) {
  const change = changes(model);
  const limits = model.get("limits");
  const { units } = unitsOf(limits);
  const selects = ["across", "up"].map((_, axis) =>
    choice(
      limits.map((_, k) => named(k)),
      value => {
        const pair = model.get("plane");
        const k = Number(value);
        const other = pair[1 - axis] === k ? pair[axis] : pair[1 - axis]; // what was chosen there changes places
        change("plane", axis ? [other, k] : [k, other]);
      },
    ),
  );
  const few = limits.length > FEW ? [] : limits;
  const sliders = few.map(([min, max], k) => slider(min, max, units[k] / 100, v => place({ [k]: v })));
  const labels = sliders.map((control, k) => labelled(named(k), control));
  const row = box("row", labelled("across", selects[0]), labelled("up", selects[1]), ...labels);
  const show = (plane, z) => {
    selects.forEach((select, axis) => {
      select.value = plane[axis];
    });
    sliders.forEach((control, k) => {
      labels[k].hidden = plane.includes(k);
      control.value = z[k];
    });
  };
  return { row, show };
}

// What a screen reader says of the plane.
const nameOf = ([across, up]) =>
  `codes, ${across} across and ${up} up: arrow keys move z, with shift faster, home brings it to the mean of the codes`;

// Walks to another code at random: `show` gets each code on the way, and whether it is the last.
function walks(codes, show) {
  let from, to, since;
  const motion = frames(now => {
    const way = Math.max(0, (now - since) / WALK);
    if (way < 1) show(from.map((v, k) => v + way * (to[k] - v)));
    else show(to, true);
    return way < 1;
  });
  const start = z => {
    const others = codes.filter(code => !same(code, z));
    if (!others.length) return;
    [from, to, since] = [z, others[Math.floor(Math.random() * others.length)], performance.now()];
    motion.start();
  };
  return { ...motion, start };
}

// The plane and the picture side by side, and what stands below them; `show` shows a code.
function layout(root, model, side, digits, does) {
  const few = digits.length <= FEW;
  const canvas = stage("plane", "");
  const result = screen(side);
  const words = readout();
  const { row, show } = controls(model, does.set);
  const walk = button("Walk", does.walk);
  const right = [box("title", "picture g(z)"), result.canvas, ...(few ? [words] : [])];
  const keys = [
    ["← ↑ ↓ →", "move z"],
    ["Shift", "five times as far"],
    ["Home", "to their mean"],
  ];
  root.append(
    box(
      "views",
      box("codes", box("title", "codes z"), canvas),
      box("result", ...right, box("row", button("Nearest code", does.near), walk)),
    ),
    ...(digits.length > 2 ? [row] : []), // else there is nothing to choose
    ...(few ? [] : [words]),
    keyHelp("plane of the codes", ...keys),
  );
  const showCode = (axes, z, values) => {
    result.show(values);
    words.textContent = `z = ${tuple(z, digits)}`;
    show(axes, z);
  };
  return { canvas, walk, show: showCode };
}

/** @param {import("./base.js").Place} place */
function render(place) {
  const { model, el } = place;
  const { layers, codes, labels } = decode(model);
  const limits = model.get("limits");
  const { units, digits } = unitsOf(limits);
  const change = changes(model);
  const mean = limits.map((_, k) => codes.reduce((sum, code) => sum + code[k], 0) / codes.length);
  let z = [...model.get("z")];
  let view, still;

  const root = rootOf("decoder", model, el, STYLE);
  const near = () => turn(nearest(codes, z, model.get("plane"), limits));
  const does = { set, near, walk: () => (motion.on() ? rest() : start()) };
  const { canvas, walk, show } = layout(root, model, Math.sqrt(layers[layers.length - 1].b.length), digits, does);

  function lay() {
    view = scatter(canvas, model, codes, labels);
    still = view.pen.getImageData(0, 0, canvas.width, canvas.height);
    canvas.setAttribute("aria-label", nameOf(model.get("plane").map(named)));
    draw();
  }

  function draw() {
    const axes = model.get("plane");
    view.pen.putImageData(still, 0, 0);
    view.mark([z[axes[0]], z[axes[1]]], 9);
    show(axes, z, forward(layers, z));
  }

  function go(code) {
    z = [...code];
    draw();
  }

  function halt() {
    motion.stop();
    walk.textContent = "Walk";
  }

  function turn(code) {
    halt();
    go(code);
    change("z", z);
  }

  // Some numbers of z anew, within the axes and with as many digits as are shown.
  function set(anew) {
    const shown = k => Number(clamp(anew[k], limits[k][0], limits[k][1]).toFixed(digits[k]));
    turn(z.map((v, k) => (k in anew ? shown(k) : v)));
  }

  function start() {
    motion.start(z);
    if (motion.on()) walk.textContent = "Stop";
  }

  const rest = () => motion.on() && turn(z);
  function follow() {
    if (same(model.get("z"), z)) return;
    halt();
    go(model.get("z"));
  }

  const motion = walks(codes, (code, last = false) => (last ? turn(code) : go(code)));
  const step = way => {
    const k = model.get("plane")[way?.[0] ? 0 : 1];
    if (way) set({ [k]: z[k] + ((way[0] + way[1]) * units[k]) / 20 });
    else turn(mean);
  };
  const drag = event => {
    const [across, up] = model.get("plane");
    const [i, j] = view.at(event);
    set({ [across]: i, [up]: j });
  };
  steer(canvas, drag, step);
  lay();
  return attend(place, root, { z: follow, plane: lay }, rest, halt);
}

export default { render };
