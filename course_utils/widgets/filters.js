// Turn the three numbers of a code; a transposed convolution scales its filters by them and adds them up.

import {
  BLUE,
  GREEN,
  INK,
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
  make,
  picture,
  readout,
  rootOf,
  same,
  slider,
  stage,
  steer,
  tuple,
} from "./base.js";
import { axes } from "./axes.js";

// label -> { w: three filters of L numbers, b, limit of the axes }.
export function decode(model) {
  const L = model.get("points");
  const weights = floatsOf(model.get("weights"));
  const limits = model.get("limits");
  const networks = model.get("labels").map((label, i) => {
    const at = i * (3 * L + 1);
    const w = [0, 1, 2].map(k => weights.slice(at + k * L, at + (k + 1) * L));
    return [label, { w, b: weights[at + 3 * L], limit: limits[i] }];
  });
  return Object.fromEntries(networks);
}

// The filters times the code, and their sum with b.
export const scaled = ({ w }, z) => w.map((filter, k) => Array.from(filter, v => z[k] * v));
export const sum = ({ b }, [one, two, three]) => one.map((v, n) => b + v + two[n] + three[n]);

// The code at a time in seconds: number k swings with the others at 0, or, for k = 3, all so that the code is never
// longer than 1.
export function swing(time, k) {
  const at = seconds => Math.sin((2 * Math.PI * time) / seconds);
  return TOGETHER.map((period, i) => (k === 3 ? at(period) / Math.sqrt(3) : i === k ? at(ALONE) : 0));
}

const STYLE = `
  .course-filters { max-width: 830px; }
  .course-filters .view { flex: 1 1 330px; max-width: 404px; }
  .course-filters .title { display: flex; flex-wrap: wrap; gap: 0 14px; padding-left: 11%; }
  .course-filters .title span { font-size: 15px; }
  .course-filters canvas { width: 100%; background: white; }
  .course-filters .choice { display: flex; flex-wrap: wrap; gap: 8px 16px; }
  .course-filters .code { flex: 1 1 170px; max-width: 206px; min-width: 0; cursor: crosshair; align-self: start; }
  .course-filters .sliders { flex: 1 1 120px; display: grid; align-content: space-evenly; min-width: 0; }
  .course-filters .sliders label { display: grid; grid-template-columns: 1fr auto; }
  .course-filters .sliders input { grid-area: 2 / 1 / 3 / 3; width: 100%; }
  .course-filters button { min-width: 92px; }
  .course-filters .row label { margin-left: auto; }
  .course-filters select { max-width: 170px; }
`;
const WIDE = 404; // of a canvas of curves, in pixels
const NARROW = 206; // of that of the code
const LEFT = 46;
const MARGIN = 14;
const ROOM = { left: LEFT, top: 12, upward: 146, right: MARGIN, foot: 24 }; // around a plot
const STEP = 0.05;
const FAMILY = [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1]; // values of z₃
const TOGETHER = [5, 7, 11]; // seconds of a swing of z₁, z₂, z₃
const ALONE = 4;
const NAMES = ["z₁", "z₂", "z₃"];

// The mark of a filter at a place of the canvas.
const MARKS = {
  "●": (pen, i, j) => pen.arc(i, j, 3.5, 0, 2 * Math.PI),
  "■": (pen, i, j) => pen.rect(i - 3.5, j - 3.5, 7, 7),
  "▲": (pen, i, j) => {
    pen.moveTo(i, j - 4.5);
    pen.lineTo(i + 4.5, j + 3.5);
    pen.lineTo(i - 4.5, j + 3.5);
  },
};
const FILTERS = [
  [BLUE, "●"],
  [ORANGE, "■"],
  [GREEN, "▲"],
];

// Axes from x[0] to x[1] and from −limit to limit on a canvas of this width.
function plot(canvas, wide, x, names) {
  const y = [-1, 1];
  const across = wide - LEFT - MARGIN;
  const field = axes(canvas, { ...ROOM, across }, x, y);
  const { pen, left, right, up, bottom, text } = field;

  function frame(limit) {
    [y[0], y[1]] = [-limit, limit];
    field.clear();
    Object.assign(pen, { lineWidth: 1, strokeStyle: "#DDD" });
    pen.strokeRect(left, up(0), across, 0);
    if (x[0] < 0) pen.strokeRect(right(0), ROOM.top, 0, ROOM.upward);
    field.frame();
    for (let v = x[0] + 1; v < x[1]; v++) pen.strokeRect(right(v), bottom, 0, -5);
    for (const v of x) text(v, right(v), bottom + 5, "center", "top");
    text(names[0], right((x[0] + x[1]) / 2), bottom + 4, "center", "top", 17);
    text(limit, left - 6, ROOM.top - 1, "right", "top");
    text(0, left - 6, up(0), "right", "middle");
    text(-limit, left - 6, bottom + 1, "right", "bottom");
    text(names[1], left - 6, up(limit / 2), "right", "middle", 17);
  }

  // A line through values at 0, 1, 2, ..., with the marks of a filter.
  function line(values, colour, lineWidth, globalAlpha = 1, mark = (..._place) => {}) {
    const style = { strokeStyle: colour, fillStyle: colour, lineWidth, globalAlpha, lineJoin: "round" };
    field.inside(() => {
      Object.assign(pen, style);
      pen.beginPath();
      values.forEach((v, n) => pen.lineTo(right(n), up(v)));
      pen.stroke();
      values.forEach((v, n) => {
        pen.beginPath();
        mark(pen, right(n), up(v));
        pen.fill();
      });
    }, 4);
  }

  return { ...field, frame, line };
}

// The four views: the family of curves, the scaled filters, the code with its sliders, and the filters.
function views(root, last, turn) {
  const family = picture("family", "x̂ for nine values of z₃ from −1 to 1 as thin lines, the present x̂ as a thick one");
  const parts = picture("scaled", "each filter times its number of the code, and their sum x̂ as a thick line");
  const filters = picture("filters", "the three filters w₁, w₂, w₃");
  const code = stage(
    "code",
    "code, z₁ and z₂ from −1 to 1: arrow keys move them, with shift faster, home brings both back to 0",
  );
  const knobs = NAMES.map((name, k) => {
    const knob = slider(-1, 1, 0.01, v => turn({ [k]: v }));
    const value = readout();
    return { knob, value, label: labelled(name, knob, value) };
  });
  const sliders = box("sliders", ...knobs.map(({ label }) => label));
  const small = (...words) => make("span", {}, {}, ...words);
  const sign = (color, mark) => make("span", { textContent: mark }, { style: `color: ${color}` });
  const legend = name => FILTERS.map(([color, mark], k) => small(sign(color, mark), ` ${name("₁₂₃"[k])}`));
  const view = (words, content) => box("view", box("title", ...words), content);
  const all = box(
    "views",
    view(["x̂ for z₃ from −1 (pale) to 1"], family),
    view(["scaled", ...legend(k => `z${k}w${k}`), small("━ x̂")], parts),
    view(["code z", small("size: |z₃|"), small("● z₃ ≥ 0"), small("○ z₃ < 0")], box("choice", code, sliders)),
    view(["filters", ...legend(k => `w${k}`)], filters),
  );
  root.append(all);
  const curve = (canvas, name) => plot(canvas, WIDE, [0, last], ["n", name]);
  const curves = [curve(family, "x̂"), curve(parts, "x̂"), curve(filters, "w")];
  return { code, knobs, curves, plane: plot(code, NARROW, [-1, 1], ["z₁", "z₂"]) };
}

// Draws a network and a code in the four views; returns x̂.
function paint({ curves, plane, knobs }, network, z) {
  const terms = scaled(network, z);
  const x_hat = sum(network, terms);
  for (const view of curves) view.frame(network.limit);
  for (const z_3 of FAMILY) {
    const other = sum(network, scaled(network, [z[0], z[1], z_3]));
    curves[0].line(other, GREEN, 1.5, 0.6 + 0.35 * z_3);
  }
  FILTERS.forEach(([colour, sign], k) => {
    curves[1].line(terms[k], colour, 1.5, 1, MARKS[sign]);
    curves[2].line([...network.w[k]], colour, 1.5, 1, MARKS[sign]);
  });
  for (const view of curves.slice(0, 2)) view.line(x_hat, INK, 4);
  plane.frame(1);
  plane.dot(z[0], z[1], 3 + 8 * Math.sqrt(Math.abs(z[2])), z[2] < 0 ? "white" : INK, INK);
  knobs.forEach(({ knob, value }, k) => {
    knob.value = z[k];
    value.textContent = inText(z[k]);
  });
  return x_hat;
}

/** @param {import("./base.js").Place} place */
function render(place) {
  const { model, el } = place;
  const networks = decode(model);
  const change = changes(model);
  const root = rootOf("filters", model, el, STYLE);
  const round = v => Math.round(100 * clamp(v, -1, 1)) / 100;
  let z = [...model.get("z")];
  /** @type {any} */
  let moving = null; // the button that started it, its name, which number moves, and since when

  // Some numbers of z anew.
  function turn(anew) {
    halt();
    z = z.map((v, k) => round(anew[k] ?? v));
    draw();
    change("z", z);
  }

  const parts = views(root, model.get("points") - 1, turn);
  const starts = [...NAMES, "all"].map((name, k) => {
    const start = button(`Move ${name}`, () => {
      const other = moving?.start !== start;
      rest();
      if (!other) return;
      moving = { start, name: start.textContent, k, since: null };
      start.textContent = "Stop";
      motion.start();
    });
    return start;
  });
  const labels = model.get("labels");
  const select = choice(labels, label => change("network", label), labels);
  const words = readout();
  const keys = [
    ["← ↑ ↓ →", "move z₁ and z₂"],
    ["Shift", "five times as far"],
    ["Home", "both to 0"],
  ];
  root.append(box("row", ...starts, labelled("Network", select)), words, keyHelp("plane of the code", ...keys));

  function draw() {
    const network = networks[model.get("network")];
    const x_hat = paint(parts, network, z);
    select.value = model.get("network");
    const beyond = x_hat.some(v => Math.abs(v) > network.limit);
    words.textContent = `x̂ = ${tuple(x_hat)}${beyond ? ", beyond the axes" : ""}`;
  }

  const motion = frames(now => {
    moving.since ??= now;
    z = swing((now - moving.since) / 1000, moving.k);
    draw();
    return true;
  });

  function halt() {
    motion.stop();
    if (moving) moving.start.textContent = moving.name;
    moving = null;
  }

  function rest() {
    if (moving) turn(z);
  }

  function follow() {
    if (same(model.get("z"), z)) return;
    halt();
    z = [...model.get("z")];
    draw();
  }

  steer(
    parts.code,
    event => turn(parts.plane.at(event)),
    way => turn(way ? [z[0] + STEP * way[0], z[1] + STEP * way[1]] : [0, 0]),
  );
  draw();
  return attend(place, root, { z: follow, network: draw }, rest, halt);
}

export default { render };
