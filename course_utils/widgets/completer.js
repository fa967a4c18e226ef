// Rub out a part of a small picture; a PixelCNN completes it four times, pixel by pixel.

import {
  attend,
  box,
  button,
  bytesOf,
  changes,
  clamp,
  drags,
  enable,
  floatsOf,
  frames,
  inText,
  keyHelp,
  labelled,
  make,
  penOf,
  placeIn,
  readout,
  rootOf,
  sharpness,
  slider,
  stage,
  take,
  wayOf,
} from "./base.js";
import { apply, identity } from "./perceptron.js";
import { remembered } from "./memory.js";

const FOUR = [0, 1, 2, 3];

// The network's layers; the palette; the pictures.
export function decode(model) {
  const [K, C, side, ...D] = model.get("shape"),
    N = side * side;
  const weights = Float64Array.from(floatsOf(model.get("weights")));
  let at = 0;
  const take = n => weights.subarray(at, (at += n));
  const layer = (ins, outs, taps) => ({ W: take(ins * outs * taps), b: take(outs), bend: identity });
  const place = [take(C * N), take(C * N)],
    v0 = layer(K, C, 3),
    h0 = layer(K, C, 1);
  const block = d => ({ d, v: layer(C, C, 6), h: layer(C, C, 2), across: layer(C, C, 1), back: layer(C, C, 1) });
  const net = { side, K, C, place, v0, h0, blocks: D.map(block), out: layer(C, K, 1) };
  const colours = bytesOf(model.get("palette")),
    pixels = bytesOf(model.get("pictures"));
  const palette = Array.from({ length: K }, (_, k) => `rgb(${colours.subarray(3 * k, 3 * k + 3).join(" ")})`);
  const pictures = Array.from({ length: pixels.length / N }, (_, i) => pixels.slice(N * i, N * (i + 1)));
  return { net, palette, pictures };
}

// Numbers in [0, 1).
export function mulberry32(seed, n) {
  return Float64Array.from({ length: n }, (_, i) => {
    const a = (seed + Math.imul(i + 1, 0x6d2b79f5)) | 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  });
}

// Numbers of four pictures lie side by side: number i of picture p is x[4 i + p].

function bent(x) {
  const y = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) y[i] = x[i] > 0 ? x[i] : 0;
  return y;
}

// Adds x to y.
function plus(x, y) {
  for (let i = 0; i < x.length; i++) y[i] += x[i];
  return y;
}

// A filter over what lies at its taps; what is missing is outside the picture.
function convolve(layer, ...taps) {
  const x = new Float64Array((4 * layer.W.length) / layer.b.length),
    y = new Float64Array(4 * layer.b.length);
  taps.forEach((tap, t) => {
    if (tap) x.set(tap, (t * x.length) / taps.length);
  });
  apply(layer, x, y);
  return y;
}

// Goes through four pictures pixel by pixel. `visit` gets the pixel and its logits, and may change it: only later
// pixels look at it. The vertical stack sees the rows above, so each of its rows is computed when its turn comes and
// kept for those below; the horizontal stack is computed at the pixel alone.
export function walk({ side, K, C, place, v0, h0, blocks, out }, pictures, visit) {
  const at = (r, c) => (r < 0 || c < 0 || c >= side ? -1 : r * side + c);
  const above = blocks.map(() => []); // what each layer of the vertical stack looks at, pixel by pixel

  // A filter on pictures in one-hot: of its weights, those of the colours at these places.
  const look = ({ W, b }, where, pixel, ...places) => {
    const y = new Float64Array(4 * C);
    for (let i = 0; i < y.length; i++) y[i] = b[i >> 2] + where[C * pixel + (i >> 2)];
    places.forEach((place, t) => {
      for (let i = 0; place >= 0 && i < y.length; i++) y[i] += W[C * (K * t + pictures[i & 3][place]) + (i >> 2)];
    });
    return y;
  };

  for (let r = 0; r < side; r++) {
    let v = Array.from({ length: side }, (_, c) =>
      look(v0, place[0], at(r, c), at(r - 1, c - 1), at(r - 1, c), at(r - 1, c + 1)),
    );
    const across = blocks.map(({ d, v: filter, across }, l) => {
      const seen = (i, j) => above[l][at(i, j)];
      v.forEach((x, c) => {
        above[l][at(r, c)] = bent(x);
      });
      v = v.map((x, c) =>
        plus(
          x,
          convolve(
            filter,
            seen(r - d, c - d),
            seen(r - d, c),
            seen(r - d, c + d),
            seen(r, c - d),
            seen(r, c),
            seen(r, c + d),
          ),
        ),
      );
      return v.map(x => convolve(across, bent(x)));
    });
    const left = blocks.map(() => []);
    for (let c = 0; c < side; c++) {
      let h = look(h0, place[1], at(r, c), at(r, c - 1));
      blocks.forEach(({ d, h: filter, back }, l) => {
        left[l][c] = bent(h);
        h = plus(h, convolve(back, bent(plus(across[l][c], convolve(filter, left[l][c - d], left[l][c])))));
      });
      visit(at(r, c), convolve(out, bent(h)));
    }
  }
}

// Four completions, and for each the bits of its pixels, -log2 of their probabilities at temperature 1.
export function complete(net, picture, covered, temperature, seed) {
  const N = picture.length,
    u = mulberry32(seed, 4 * N);
  const pictures = FOUR.map(() => picture.slice()),
    bits = FOUR.map(() => new Float64Array(N));
  walk(net, pictures, (pixel, logits) => {
    for (const p of FOUR) {
      const own = new Float64Array(logits.length / 4);
      for (let k = 0; k < own.length; k++) own[k] = logits[4 * k + p];
      const most = Math.max(...own);
      if (covered[pixel]) {
        let sum = 0;
        const sums = own.map(v => (sum += Math.exp((v - most) / temperature)));
        pictures[p][pixel] = sums.findIndex(v => v > u[N * p + pixel] * sum);
      }
      const total = own.reduce((sum, v) => sum + Math.exp(v - most), 0);
      bits[p][pixel] = Math.log2(total) - (own[pictures[p][pixel]] - most) / Math.LN2;
    }
  });
  return { pictures, bits };
}

// What is covered after a brush of radius `reach` went from one place to another: 1 where a pixel is, else 0.
export function rubbed(covered, side, [i, j], [x, y], reach) {
  const across = x - i;
  const down = y - j;
  const square = across ** 2 + down ** 2 || 1;
  return covered.map((hidden, k) => {
    const a = (k % side) + 0.5 - i;
    const b = Math.floor(k / side) + 0.5 - j;
    const way = clamp((a * across + b * down) / square, 0, 1);
    return Number(hidden || Math.hypot(a - way * across, b - way * down) < reach);
  });
}

// The mean bits of the pixels that are covered, by this name, and of those that are kept, up to the last.
export function meansOf(bits, covered, name, last) {
  const words = [name, "kept"].flatMap((word, kept) => {
    const some = bits.filter((_, k) => k <= last && !covered[k] === Boolean(kept));
    return some.length ? `${inText(some.reduce((sum, v) => sum + v) / some.length)} ${word}` : [];
  });
  return words.join(", ");
}

const STYLE = `
  .course-completer { display: flex; flex-wrap: wrap; gap: 8px 16px; max-width: 848px; }
  .course-completer .left { flex: 288 1 190px; max-width: 288px; }
  .course-completer .right { flex: 332 1 290px; max-width: 332px; }
  .course-completer .four { display: grid; grid-template-columns: 1fr 1fr; gap: 4px 12px; white-space: nowrap; }
  .course-completer .title { margin-bottom: 4px; }
  .course-completer canvas { width: 100%; outline: 1px solid #999; }
  .course-completer .picture { cursor: crosshair; }
  .course-completer canvas + output { display: block; font-size: 14px; min-height: 20px; margin-top: 3px; }
  .course-completer .actions { flex: 1 0 186px; display: grid; gap: 8px; place-content: start stretch;
    align-items: center; padding-top: 26px; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); }
  .course-completer .pair { display: grid; grid-template-columns: auto auto; gap: 8px; white-space: nowrap; font-size: 15px; }
  .course-completer label { display: grid; grid-template-columns: 1fr auto; column-gap: 8px; margin-top: 6px; }
  .course-completer label input { grid-area: 2 / 1 / 3 / 3; }
  .course-completer button { padding: 4px 2px; }
  .course-completer .keys { width: 100%; margin: 0; }
`;
const LARGE = 288; // pictures on the page
const SMALL = 160;
const BRUSH = 1.5 / 16; // its radius, as a share of a side
const PAST = 50; // steps that can be undone
const FILL = 1600; // milliseconds for all that is covered, and at most for a pixel
const PIXEL = 40;

// A canvas for a picture of side x side pixels, at most so large, and a line of text for below it.
function screen(canvas, side, most) {
  const zoom = Math.max(1, Math.floor(most / side));
  const z = Math.round(zoom * sharpness());
  Object.assign(canvas, { width: z * side, height: z * side });
  canvas.style.maxWidth = `${zoom * side}px`;
  const pen = penOf(canvas);

  // Paints each pixel in its colour; chequered where it has none.
  function paint(colour) {
    pen.fillStyle = "#F2F2F2";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    for (let k = 0; k < side * side; k++) {
      const i = (k % side) * z;
      const j = Math.floor(k / side) * z;
      const seen = colour(k);
      pen.fillStyle = seen ?? "#C8C8C8";
      if (seen) pen.fillRect(i, j, z, z);
      else for (const d of [0, z / 2]) pen.fillRect(i + d, j + d, z / 2, z / 2);
    }
  }

  // A ring around a place, dashed while the brush is up.
  function ring({ x, y, down }, reach) {
    pen.setLineDash(down ? [] : [z / 3, z / 3]);
    for (const [lineWidth, strokeStyle] of [
      [6, "white"],
      [3, "#222"],
    ]) {
      Object.assign(pen, { lineWidth, strokeStyle });
      pen.beginPath();
      pen.arc(x * z, y * z, reach * z, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  return { canvas, words: readout(), paint, ring };
}

// The picture to rub out, and the four completions.
function screens(side) {
  const name =
    "picture to rub out: arrow keys move the brush, with shift faster, home brings it to the middle, " +
    "space puts it down or up, u undoes";
  const view = p => make("canvas", { className: "completion" }, { role: "img", "aria-label": `completion ${p + 1}` });
  return {
    paper: screen(stage("picture", name), side, LARGE),
    four: FOUR.map(p => screen(view(p), side, SMALL)),
    title: make("div", { className: "title" }, { "aria-live": "polite" }),
  };
}

// A slider behind its name, before its value in text.
function dial(name, min, max, step, turn) {
  const control = slider(min, max, step, turn);
  const value = readout();
  const show = (v, digits) => {
    control.value = String(v);
    value.textContent = inText(v, digits);
  };
  return { control, label: labelled(name, control, value), show };
}

// What is covered, as it is now, and what changes it: each change can be undone as a whole.
function mask(model, side, change) {
  const past = remembered([], PAST);
  const read = () => model.get("covered").flat();
  const cover = mask =>
    change(
      "covered",
      Array.from({ length: side }, (_, r) => mask.slice(r * side, (r + 1) * side)),
    );
  const keep = () => past.keep(read());
  const canUndo = () => past.canUndo(read());
  return {
    read,
    cover,
    keep,
    canUndo,
    // Covers the rows for which the rule holds.
    hide: rule => cover(Array.from({ length: side * side }, (_, k) => Number(rule(Math.floor(k / side))))),
    undo() {
      if (canUndo()) cover(past.undo(read()));
    },
  };
}

// Buttons and sliders, and what shows the state of both.
function controls(model, side, covered, pictures, change) {
  const half = Math.floor(side / 2);
  const hides = (name, rule) =>
    button(name, () => {
      covered.keep();
      covered.hide(rule);
    });
  let sliding = false; // a way of the slider is undone as a whole
  const rows = dial("rows kept from the top", 0, side, 1, kept => {
    if (!sliding) covered.keep();
    sliding = true;
    covered.hide(r => r >= kept);
  });
  rows.control.onchange = () => {
    sliding = false;
  };
  const heat = dial("temperature", 0.2, 2, 0.05, v => change("temperature", v));
  const go = way => change("number", (model.get("number") + way + pictures.length) % pictures.length);
  const before = button("Face before", () => go(-1));
  const faces = box(
    "pair",
    before,
    button("Next face", () => go(1)),
  );
  faces.hidden = pictures.length === 1;
  const back = button("Undo", covered.undo);
  const again = button("Again", () => change("seed", (model.get("seed") + 1) % 2 ** 32));
  const lower = hides("Cover the lower half", r => r >= half);
  const upper = hides("Cover the upper half", r => r < half);
  const restore = hides("Restore", () => false);
  const actions = box("actions", lower, upper, box("pair", restore, back), again, faces, heat.label);

  function show(mask) {
    const first = mask.findIndex(Boolean);
    rows.show(first < 0 ? side : Math.floor(first / side), 0);
    heat.show(model.get("temperature"));
    enable(back, covered.canUndo());
  }

  return { rows: rows.label, actions, show };
}

// The brush over a canvas: by pointer and by keys it rubs out, until the pointer is up or the keys lift it.
function brushes(canvas, side, covered, draw, done) {
  const middle = Math.floor(side / 2) + 0.5;
  const reach = Math.max(0.72, BRUSH * side); // at least the pixel that the brush is on
  const brush = { x: middle, y: middle, from: null, ring: false, down: false, held: () => false, reach };

  // Rubs out what the brush passes on its way to a place.
  function rub(to) {
    const from = brush.from ?? to;
    brush.from = to;
    covered.cover(rubbed(covered.read(), side, from, to, reach));
  }

  function move(x, y) {
    const [i, j] = [x, y].map(v => clamp(Math.ceil(v), 1, side) - 0.5);
    Object.assign(brush, { x: i, y: j, ring: true });
    if (brush.down) rub([i, j]);
    draw();
  }

  function drag(event) {
    const to = placeIn(canvas, event, side);
    Object.assign(brush, { x: to[0], y: to[1], ring: false, down: false });
    rub(to);
  }

  function begin(event) {
    covered.keep();
    brush.from = null;
    drag(event);
  }

  brush.held = drags(canvas, drag, begin, done);
  canvas.onkeydown = event => {
    const { key, altKey } = event;
    const control = event.ctrlKey || event.metaKey;
    const undoes = key === "z" ? control : key === "u" && !control;
    const way = wayOf(event);
    if (altKey || !(undoes || key === " " || (!control && (way || key === "Home")))) return;
    take(event);
    if (undoes) covered.undo();
    else if (way) move(brush.x + way[0], brush.y - way[1]);
    else if (key === "Home") move(middle, middle);
    else {
      Object.assign(brush, { down: !brush.down, from: null });
      if (brush.down) covered.keep();
      move(brush.x, brush.y);
    }
  };
  canvas.onfocus = () => {
    brush.ring = canvas.matches(":focus-visible");
    draw();
  };
  canvas.onblur = () => {
    Object.assign(brush, { ring: false, down: false });
    draw();
  };
  return brush;
}

// Puts the parts in their places; `show` shows the masks, the pictures and the brush.
function layout(root, model, net, covered, pictures, change) {
  const { paper, four, title } = screens(net.side);
  const { rows, actions, show } = controls(model, net.side, covered, pictures, change);
  const keys = [
    ["← ↑ ↓ →", "move the brush"],
    ["Shift", "five times as far"],
    ["Home", "to the middle"],
    ["Space", "puts it down or up"],
    ["u", "undoes"],
  ];
  const completions = four.map(({ canvas, words }) => box("", canvas, words));
  root.append(
    box("left", title, paper.canvas, paper.words, rows),
    box("right", box("title", "Four completions"), box("four", ...completions)),
    actions,
    keyHelp("large picture", ...keys),
  );
  return { paper, four, title, show };
}

// Draws what is covered, and the completions up to a pixel.
function painterOf(model, net, palette, pictures, { paper, four, title, show }) {
  const truth = []; // the bits of each picture itself
  return (hidden, brush, made, filled) => {
    const number = model.get("number");
    const picture = pictures[number];
    truth[number] ??= complete(net, picture, [], 1, 0).bits[0];
    paper.paint(k => (hidden[k] ? null : palette[picture[k]]));
    paper.words.textContent = `bits a pixel: ${meansOf(truth[number], hidden, "covered", picture.length)}`;
    four.forEach(({ paint, words }, p) => {
      const done = k => (k <= filled ? palette[made.pictures[p][k]] : null);
      paint(k => (hidden[k] ? done(k) : palette[picture[k]]));
      words.textContent = filled < 0 ? "" : meansOf(made.bits[p], hidden, "filled", filled);
    });
    show(hidden);
    title.textContent = brush.ring
      ? `Brush ${brush.down ? "down" : "up"}`
      : `Picture ${number + 1} of ${pictures.length}: rub it out`;
    if (brush.ring) paper.ring(brush, brush.reach);
  };
}

/** @param {import("./base.js").Place} place */
function render(place) {
  const { model, el } = place;
  const { net, palette, pictures } = decode(model);
  const N = net.side ** 2;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const change = changes(model);
  const covered = mask(model, net.side, change);
  let filled = -1; // up to this pixel the completions are shown
  let made, plan;

  const root = rootOf("completer", model, el, STYLE);
  const parts = layout(root, model, net, covered, pictures, change);
  const paint = painterOf(model, net, palette, pictures, parts);
  const draw = () => paint(covered.read(), brush, made, filled);

  // Makes four completions, which are shown from now on in so many milliseconds.
  function begin(slow) {
    const hidden = covered.read();
    const order = [...hidden.keys()].filter(k => hidden[k]);
    made = complete(net, pictures[model.get("number")], hidden, model.get("temperature"), model.get("seed"));
    return { order, since: performance.now(), time: slow ? Math.min(FILL, PIXEL * order.length) : 0 };
  }

  const motion = frames(() => {
    if (!plan.order) plan = begin(plan.slow && !calm.matches);
    const { order, since, time } = plan;
    filled = order[Math.floor(((performance.now() - since) / time) * order.length)] ?? N;
    draw();
    return filled < N;
  });

  // At once.
  function finish() {
    motion.stop();
    begin(false);
    filled = N;
    draw();
  }

  // Four others: pixel by pixel, or at once; not yet while the brush is at work.
  function refill(slow) {
    motion.stop();
    if (slow) {
      filled = -1;
      draw();
    }
    plan = { slow };
    if (!brush.held()) motion.start();
  }

  const anew = () => refill(true);
  const brush = brushes(parts.paper.canvas, net.side, covered, draw, anew);
  const rest = () => {
    if (motion.on()) finish();
  };
  const traits = { covered: anew, number: anew, seed: anew, temperature: () => refill(false) };
  finish();
  return attend(place, root, traits, rest, motion.stop);
}

export default { render };
