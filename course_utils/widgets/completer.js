// Rub out a part of a small picture; a PixelCNN completes it four times, pixel by pixel.

const FOUR = [0, 1, 2, 3];

// The network's layers; the palette; the pictures.
export function decode(model) {
  const [K, C, side, ...D] = model.get("shape"), N = side * side;
  const weights = Float64Array.from(floatsOf(model.get("weights")));
  let at = 0;
  const take = n => weights.subarray(at, at += n);
  const layer = (ins, outs, taps) => ({ W: take(ins * outs * taps), b: take(outs), bend: identity });
  const place = [take(C * N), take(C * N)], v0 = layer(K, C, 3), h0 = layer(K, C, 1);
  const block = d => ({ d, v: layer(C, C, 6), h: layer(C, C, 2), across: layer(C, C, 1), back: layer(C, C, 1) });
  const net = { side, K, C, place, v0, h0, blocks: D.map(block), out: layer(C, K, 1) };
  const colours = bytesOf(model.get("palette")), pixels = bytesOf(model.get("pictures"));
  const palette = Array.from({ length: K }, (_, k) => `rgb(${colours.subarray(3 * k, 3 * k + 3).join(" ")})`);
  const pictures = Array.from({ length: pixels.length / N }, (_, i) => pixels.slice(N * i, N * (i + 1)));
  return { net, palette, pictures };
}

// Numbers in [0, 1).
export function mulberry32(seed, n) {
  return Float64Array.from({ length: n }, (_, i) => {
    const a = (seed + Math.imul(i + 1, 0x6D2B79F5)) | 0;
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
  const x = new Float64Array(4 * layer.W.length / layer.b.length), y = new Float64Array(4 * layer.b.length);
  taps.forEach((tap, t) => { if (tap) x.set(tap, t * x.length / taps.length); });
  apply(layer, x, y);
  return y;
}

// Goes through four pictures pixel by pixel. `visit` gets the pixel and its logits, and may change it: only later
// pixels look at it. The vertical stack sees the rows above, so each of its rows is computed when its turn comes and
// kept for those below; the horizontal stack is computed at the pixel alone.
export function walk({ side, K, C, place, v0, h0, blocks, out }, pictures, visit) {
  const at = (r, c) => r < 0 || c < 0 || c >= side ? -1 : r * side + c;
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
    let v = Array.from({ length: side }, (_, c) => look(v0, place[0], at(r, c),
      at(r - 1, c - 1), at(r - 1, c), at(r - 1, c + 1)));
    const across = blocks.map(({ d, v: filter, across }, l) => {
      const seen = (i, j) => above[l][at(i, j)];
      v.forEach((x, c) => { above[l][at(r, c)] = bent(x); });
      v = v.map((x, c) => plus(x, convolve(filter,
        seen(r - d, c - d), seen(r - d, c), seen(r - d, c + d), seen(r, c - d), seen(r, c), seen(r, c + d))));
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
  const N = picture.length, u = mulberry32(seed, 4 * N);
  const pictures = FOUR.map(() => picture.slice()), bits = FOUR.map(() => new Float64Array(N));
  walk(net, pictures, (pixel, logits) => {
    for (const p of FOUR) {
      const own = new Float64Array(logits.length / 4);
      for (let k = 0; k < own.length; k++) own[k] = logits[4 * k + p];
      const most = Math.max(...own);
      if (covered[pixel]) {
        let sum = 0;
        const sums = own.map(v => sum += Math.exp((v - most) / temperature));
        pictures[p][pixel] = sums.findIndex(v => v > u[N * p + pixel] * sum);
      }
      const total = own.reduce((sum, v) => sum + Math.exp(v - most), 0);
      bits[p][pixel] = Math.log2(total) - (own[pictures[p][pixel]] - most) / Math.LN2;
    }
  });
  return { pictures, bits };
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
  .course-completer .pair[hidden] { display: none; }
  .course-completer label { display: grid; grid-template-columns: 1fr auto; column-gap: 8px; margin-top: 6px; }
  .course-completer label input { grid-area: 2 / 1 / 3 / 3; }
  .course-completer button { padding: 4px 2px; }
  .course-completer .keys { width: 100%; margin: 0; }
`;
const LARGE = 288, SMALL = 160; // pictures on the page
const BRUSH = 1.5 / 16; // its radius, as a share of a side
const PAST = 50; // steps that can be undone
const FILL = 1600, PIXEL = 40; // milliseconds for all that is covered, and at most for a pixel

function render({ model, el, signal }) {
  const { net, palette, pictures } = decode(model), { side } = net, N = side * side, half = Math.floor(side / 2);
  const ratio = sharpness(), change = changes(model), calm = matchMedia("(prefers-reduced-motion: reduce)");
  const read = () => model.get("covered").flat();
  const cover = mask => change("covered", Array.from({ length: side }, (_, r) => mask.slice(r * side, (r + 1) * side)));
  const past = []; // what was covered before
  const remember = () => { past.push(read()); if (past.length > PAST) past.shift(); };
  const otherwise = mask => { const now = read(); return mask.some((v, k) => v !== now[k]); };
  const undo = () => {
    while (past.length && !otherwise(past.at(-1))) past.pop();
    if (past.length) cover(past.pop());
  };
  const hide = rule => cover(Array.from({ length: N }, (_, k) => +rule(Math.floor(k / side))));

  const box = (className, ...parts) => {
    const element = make("div", { className });
    element.append(...parts);
    return element;
  };
  const frame = (most, properties, attributes) => { // a picture with a line of text below it
    const zoom = Math.max(1, Math.floor(most / side)), z = Math.round(zoom * ratio);
    const style = `max-width: ${zoom * side}px`, words = make("output", {}, { "aria-live": "off" });
    const canvas = make("canvas", { width: z * side, height: z * side, ...properties }, { ...attributes, style });
    return { canvas, pen: canvas.getContext("2d"), z, words };
  };
  const slider = (name, properties, turn) => {
    const control = make("input", { type: "range", ...properties }), label = labelled(name, control);
    const value = make("output", {}, { "aria-live": "off" });
    control.oninput = () => turn(+control.value);
    label.append(value);
    keepKeys(control);
    return { label, show: (v, digits) => { control.value = v; value.textContent = inText(v, digits); } };
  };
  const button = (textContent, onclick) => make("button", { type: "button", textContent, onclick });
  const hides = (name, rule) => button(name, () => { remember(); hide(rule); });
  const paper = frame(LARGE, { className: "picture", tabIndex: 0 }, {
    role: "application",
    "aria-label": "picture to rub out: arrow keys move the brush, with shift faster, home brings it to the middle, "
      + "space puts it down or up, u undoes",
  });
  const views = FOUR.map(p => frame(SMALL, { className: "completion" }, { role: "img", "aria-label": `completion ${p + 1}` }));
  const title = make("div", { className: "title" }, { "aria-live": "polite" });
  let sliding = false; // a way of the slider is undone as a whole
  const rows = slider("rows kept from the top", { min: 0, max: side, step: 1, onchange: () => { sliding = false; } },
    kept => {
      if (!sliding) remember();
      sliding = true;
      hide(r => r >= kept);
    });
  const heat = slider("temperature", { min: 0.2, max: 2, step: 0.05 }, v => change("temperature", v));
  const go = way => change("number", (model.get("number") + way + pictures.length) % pictures.length);
  const faces = box("pair", button("Face before", () => go(-1)), button("Next face", () => go(1)));
  faces.hidden = pictures.length === 1;
  const back = button("Undo", undo);
  const root = rootOf("completer", model, STYLE);
  root.append(
    box("left", title, paper.canvas, paper.words, rows.label),
    box("right", box("title", "Four completions"), box("four", ...views.map(view => box("", view.canvas, view.words)))),
    box("actions", hides("Cover the lower half", r => r >= half), hides("Cover the upper half", r => r < half),
      box("pair", hides("Restore", () => false), back),
      button("Again", () => change("seed", (model.get("seed") + 1) % 2 ** 32)), faces, heat.label),
    keyHelp("large picture", ["← ↑ ↓ →", "move the brush"], ["Shift", "five times as far"],
      ["Home", "to the middle"], ["Space", "puts it down or up"], ["u", "undoes"]),
  );
  keepKeys(paper.canvas);
  el.replaceChildren(root);

  const reach = Math.max(0.72, BRUSH * side); // at least the pixel that the brush is on
  const brush = { x: half + 0.5, y: half + 0.5, from: null, ring: false, down: false, held: false };
  const truth = []; // the bits of each picture itself
  let made = null, filled = -1, loop = null;

  function paint({ canvas, pen, z }, colour) {
    pen.fillStyle = "#F2F2F2";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    for (let k = 0; k < N; k++) {
      const i = k % side * z, j = Math.floor(k / side) * z, seen = colour(k);
      pen.fillStyle = seen ?? "#C8C8C8";
      if (seen) pen.fillRect(i, j, z, z);
      else for (const d of [0, z / 2]) pen.fillRect(i + d, j + d, z / 2, z / 2); // chequered: nothing is there
    }
  }

  // The mean bits of the pixels that are covered, by this name, and of those that are kept, up to the last.
  const means = (bits, covered, name, last) => [name, "kept"].flatMap((word, kept) => {
    const some = bits.filter((_, k) => k <= last && !covered[k] === Boolean(kept));
    return some.length ? `${inText(some.reduce((sum, v) => sum + v) / some.length)} ${word}` : [];
  }).join(", ");

  // What is covered is shown filled up to the last pixel.
  function draw(last = filled) {
    filled = last;
    const covered = read(), number = model.get("number"), picture = pictures[number], first = covered.findIndex(Boolean);
    truth[number] ??= complete(net, picture, [], 1, 0).bits[0];
    paint(paper, k => covered[k] ? null : palette[picture[k]]);
    paper.words.textContent = `bits a pixel: ${means(truth[number], covered, "covered", N)}`;
    views.forEach((view, p) => {
      paint(view, k => !covered[k] ? palette[picture[k]] : k <= last ? palette[made.pictures[p][k]] : null);
      view.words.textContent = last < 0 ? "" : means(made.bits[p], covered, "filled", last);
    });
    rows.show(first < 0 ? side : Math.floor(first / side), 0);
    heat.show(model.get("temperature"));
    enable(back, past.some(otherwise));
    title.textContent = `Picture ${number + 1} of ${pictures.length}: rub it out`;
    if (!brush.ring) return;
    title.textContent = `Brush ${brush.down ? "down" : "up"}`;
    const { pen, z } = paper;
    pen.setLineDash(brush.down ? [] : [z / 3, z / 3]);
    for (const [lineWidth, strokeStyle] of [[6, "white"], [3, "#222"]]) {
      Object.assign(pen, { lineWidth, strokeStyle });
      pen.beginPath();
      pen.arc(brush.x * z, brush.y * z, reach * z, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  function halt() {
    cancelAnimationFrame(loop);
    loop = null;
  }

  function fill(slow) {
    const covered = read(), order = [...covered.keys()].filter(k => covered[k]);
    made = complete(net, pictures[model.get("number")], covered, model.get("temperature"), model.get("seed"));
    const start = performance.now(), time = slow ? Math.min(FILL, PIXEL * order.length) : 0;
    const step = () => {
      const next = order[Math.floor((performance.now() - start) / time * order.length)] ?? N;
      loop = next < N ? requestAnimationFrame(step) : null;
      draw(next);
    };
    step();
  }

  // Four others: pixel by pixel, or at once; not yet while the brush is at work.
  function refill(slow) {
    halt();
    if (slow) draw(-1);
    if (!brush.held) loop = requestAnimationFrame(() => fill(slow && !calm.matches));
  }

  // Rubs out what the brush passes on its way to a place.
  function rub(x, y) {
    const [i, j] = brush.from ?? [x, y], across = x - i, down = y - j, square = across ** 2 + down ** 2 || 1;
    brush.from = [x, y];
    cover(read().map((hidden, k) => {
      const a = k % side + 0.5 - i, b = Math.floor(k / side) + 0.5 - j;
      const way = Math.min(1, Math.max(0, (a * across + b * down) / square));
      return +(hidden || Math.hypot(a - way * across, b - way * down) < reach);
    }));
  }

  function move(x, y) {
    const [i, j] = [x, y].map(v => Math.min(side, Math.max(1, Math.ceil(v))) - 0.5);
    Object.assign(brush, { x: i, y: j, ring: true });
    if (brush.down) rub(i, j);
    draw();
  }

  steer(paper.canvas, event => {
    const { held, from } = brush, [x, y] = placeIn(paper.canvas, event, side);
    if (!held) remember();
    Object.assign(brush, { x, y, from: held ? from : null, ring: false, down: false, held: true });
    rub(x, y);
  }, way => way ? move(brush.x + way[0], brush.y - way[1]) : move(half + 0.5, half + 0.5));
  paper.canvas.addEventListener("lostpointercapture", () => { brush.held = false; refill(true); });
  paper.canvas.addEventListener("keydown", event => {
    const { key, ctrlKey, metaKey, altKey } = event, undoes = key === "u" || (key === "z" && (ctrlKey || metaKey));
    if (!undoes && key !== " " || (key === "u" && (ctrlKey || metaKey)) || altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (undoes) return undo();
    Object.assign(brush, { down: !brush.down, from: null });
    if (brush.down) remember();
    move(brush.x, brush.y);
  });
  paper.canvas.onfocus = () => { brush.ring = paper.canvas.matches(":focus-visible"); draw(); };
  paper.canvas.onblur = () => { Object.assign(brush, { ring: false, down: false }); draw(); };

  const anew = () => refill(true), rest = () => { if (loop) { halt(); fill(false); } };
  const traits = { covered: anew, number: anew, seed: anew, temperature: () => refill(false) };
  fill(false);
  return attend(model, signal, root, traits, rest, halt);
}

export default { render };
