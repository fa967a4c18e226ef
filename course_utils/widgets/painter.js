// Draw a density; points rain in from it as you draw, with the marginals along the edges.

// Walker's alias table: box k keeps `keep[k]` of itself, the rest belongs to `alias[k]`.
export function aliasTable(weights) {
  const n = weights.length, keep = new Float64Array(n), alias = new Int32Array(n);
  let total = 0;
  for (const w of weights) total += w;
  if (!total) return null;
  const light = [], heavy = [];
  for (let k = 0; k < n; k++) {
    keep[k] = weights[k] * n / total;
    alias[k] = k;
    (keep[k] < 1 ? light : heavy).push(k);
  }
  while (light.length && heavy.length) {
    const k = light.pop(), giver = heavy.at(-1);
    alias[k] = giver;
    keep[giver] -= 1 - keep[k];
    if (keep[giver] < 1) light.push(heavy.pop());
  }
  return { keep, alias };
}

// Fills `points` (x, y pairs) from index `from` with `count` draws; row 0 of the pixels is on top.
export function sample(table, side, points, from, count, random = Math.random) {
  const n = side * side;
  for (let i = from; i < from + count; i++) {
    let k = Math.floor(random() * n);
    if (random() >= table.keep[k]) k = table.alias[k];
    const row = Math.floor(k / side), column = k - row * side;
    points[2 * i] = (column + random()) / side;
    points[2 * i + 1] = (side - 1 - row + random()) / side;
  }
}

const STYLE = `
  .course-painter { font: 16px/1.4 system-ui, sans-serif; color: #222; width: 760px; }
  .course-painter .views { display: flex; gap: 16px; align-items: flex-end; }
  .course-painter canvas { display: block; }
  .course-painter .paper { width: 340px; height: 340px; background: black; cursor: crosshair; touch-action: none;
    outline-offset: 2px; }
  .course-painter .rain { width: 400px; height: 400px; }
  .course-painter .row { display: flex; flex-wrap: wrap; gap: 10px; align-items: center; margin-top: 10px; }
  .course-painter button, .course-painter select { font: inherit; min-width: 44px; padding: 4px 10px; }
  .course-painter button[aria-pressed=true] { background: #0072B2; color: white; }
  .course-painter label { display: flex; gap: 6px; align-items: center; }
  .course-painter .hint { color: #555; font-size: 15px; margin: 6px 0 0; min-height: 1.4em; }
`;
const PAPER = 340, EDGE = 60; // sizes on the page; the rain has EDGE of room for each marginal
const POINTS = 4000, RAIN = 160, UNDO = 100, BINS = 64;
const BLUE = "#0072B2", ORANGE = "#D55E00";

function make(tag, properties = {}, attributes = {}) {
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function render({ model, el, signal }) {
  const side = model.get("side");
  const copy = view => new Uint8Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
  let pixels = copy(model.get("pixels"));
  const library = copy(model.get("library")), names = model.get("names");
  const past = [];

  const root = make("div", { className: "course-painter" }, { role: "group", "aria-label": model.get("alt") });
  const paper = make("canvas", { className: "paper", width: side, height: side, tabIndex: 0 }, {
    role: "application",
    "aria-label": "canvas to draw a density on: arrow keys move the brush, with shift faster, space puts it down or up, "
      + "e switches to the eraser and back, u undoes",
  });
  paper.dataset.lmSuppressShortcuts = "true"; // else JupyterLab takes the keys away
  const ratio = Math.max(2, window.devicePixelRatio || 1); // sharp on a projector too
  const rain = make("canvas", { className: "rain", width: 400 * ratio, height: 400 * ratio }, {
    role: "img",
    "aria-label": "points drawn from the density, and its marginals along the upper and right edge",
  });
  const size = make("input", { type: "range", min: 1, max: 40, value: 9 }, { "aria-label": "brush size" });
  size.dataset.lmSuppressShortcuts = "true";
  const eraser = make("button", { type: "button", textContent: "eraser" }, { "aria-pressed": "false" });
  const undo = make("button", { type: "button", textContent: "undo" });
  const clear = make("button", { type: "button", textContent: "clear" });
  const start = make("select", {}, { "aria-label": "start from a picture" });
  start.dataset.lmSuppressShortcuts = "true";
  start.append(make("option", { textContent: "start from …", value: "" }));
  names.forEach((name, k) => start.append(make("option", { textContent: name, value: String(k) })));
  const status = make("p", { className: "hint" }, { "aria-live": "polite" });
  const views = make("div", { className: "views" }), row = make("div", { className: "row" });
  const label = make("label", { textContent: "brush" });
  label.append(size);
  views.append(paper, rain);
  row.append(label, eraser, undo, clear, start);
  root.append(make("style", { textContent: STYLE }), views, row, status);
  el.replaceChildren(root);

  const ink = paper.getContext("2d"), sky = rain.getContext("2d");
  const image = ink.createImageData(side, side), picture = new Uint32Array(image.data.buffer);
  const points = new Float32Array(2 * POINTS);
  let table = null, drawn = 0, next = 0, left = 0, loop = null;
  const brush = { x: side / 2, y: side / 2, ring: false, down: false, pointer: null };

  function showPixels() {
    for (let k = 0; k < pixels.length; k++) picture[k] = 0xff000000 | (pixels[k] * 0x010101);
    ink.putImageData(image, 0, 0);
    if (!brush.ring) return;
    ink.strokeStyle = ORANGE;
    ink.lineWidth = 1.5;
    ink.beginPath();
    ink.arc(brush.x, brush.y, Math.max(2, size.value / 2), 0, 2 * Math.PI);
    ink.stroke();
  }

  const same = (a, b) => a.every((value, k) => value === b[k]);

  function remember() {
    if (past.length && same(past.at(-1), pixels)) return;
    past.push(pixels.slice());
    if (past.length > UNDO) past.shift();
  }

  const erasing = () => eraser.getAttribute("aria-pressed") === "true";

  function say() {
    const words = [];
    if (!table) words.push("The canvas is black. White means probable: draw something.");
    if (brush.ring) words.push(`${erasing() ? "Eraser" : "Brush"} ${brush.down ? "down" : "up"}.`);
    status.textContent = words.join(" ");
  }

  // A round brush with a soft rim, from one place to another.
  function stroke(from, to) {
    const radius = size.value / 2, steps = Math.ceil(Math.hypot(to.x - from.x, to.y - from.y)) || 1;
    const erase = erasing();
    for (let s = 0; s <= steps; s++) {
      const x = from.x + (to.x - from.x) * s / steps, y = from.y + (to.y - from.y) * s / steps;
      const low = v => Math.max(0, Math.floor(v - radius - 1)), high = v => Math.min(side - 1, Math.ceil(v + radius + 1));
      for (let i = low(y); i <= high(y); i++)
        for (let j = low(x); j <= high(x); j++) {
          const cover = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(j + 0.5 - x, i + 0.5 - y)));
          const k = i * side + j, value = Math.round(255 * cover);
          pixels[k] = erase ? Math.min(pixels[k], 255 - value) : Math.max(pixels[k], value);
        }
    }
    changed();
  }

  function changed() {
    showPixels();
    table = aliasTable(pixels);
    if (!table) drawn = next = 0;
    say();
    left = POINTS + RAIN;
    loop ??= requestAnimationFrame(fall);
  }

  function tell() {
    model.set("pixels", new DataView(pixels.slice().buffer));
    model.save_changes();
  }

  function marginals() {
    const column = new Float64Array(side), line = new Float64Array(side);
    let total = 0;
    for (let k = 0; k < pixels.length; k++) {
      column[k % side] += pixels[k];
      line[side - 1 - Math.floor(k / side)] += pixels[k];
      total += pixels[k];
    }
    const density = a => a.map(v => v * side / total);
    const bin = v => Math.min(BINS - 1, Math.floor(v * BINS)); // float32 may round up to 1
    const across = new Float64Array(BINS), up = new Float64Array(BINS);
    for (let i = 0; i < drawn; i++) {
      across[bin(points[2 * i])] += BINS / drawn;
      up[bin(points[2 * i + 1])] += BINS / drawn;
    }
    return { p_x: density(column), p_y: density(line), across, up };
  }

  function showRain() {
    const S = PAPER;
    sky.setTransform(ratio, 0, 0, ratio, 0, 0);
    sky.fillStyle = "white";
    sky.fillRect(0, 0, 400, 400);
    sky.strokeStyle = "#999";
    sky.strokeRect(0.5, EDGE + 0.5, S - 1, S - 1);
    if (!table) return;
    sky.fillStyle = BLUE;
    for (let i = 0; i < drawn; i++) sky.fillRect(points[2 * i] * S - 0.75, EDGE + (1 - points[2 * i + 1]) * S - 0.75, 1.5, 1.5);
    const { p_x, p_y, across, up } = marginals();
    const tall = (EDGE - 6) / Math.max(...p_x, ...across), wide = (EDGE - 6) / Math.max(...p_y, ...up);
    sky.fillStyle = "#56B4E9";
    for (let b = 0; b < BINS; b++) {
      sky.fillRect(b * S / BINS, EDGE - across[b] * tall, S / BINS - 0.5, across[b] * tall);
      sky.fillRect(S, EDGE + S - (b + 1) * S / BINS, up[b] * wide, S / BINS - 0.5);
    }
    sky.fillStyle = "#555";
    sky.font = "13px system-ui, sans-serif";
    for (const [text, x, y] of [["x", S - 12, EDGE + S - 6], ["y", 6, EDGE + 15], ["p(x)", 4, 14], ["p(y)", S + 22, EDGE + S - 6]])
      sky.fillText(text, x, y);
    sky.strokeStyle = ORANGE;
    sky.lineWidth = 1.5;
    sky.beginPath();
    p_x.forEach((p, j) => sky.lineTo((j + 0.5) * S / side, EDGE - p * tall));
    sky.stroke();
    sky.beginPath();
    p_y.forEach((p, i) => sky.lineTo(S + p * wide, EDGE + S - (i + 0.5) * S / side));
    sky.stroke();
  }

  // New points take the place of the oldest, until all come from what is drawn now.
  function fall() {
    loop = null;
    if (table && left > 0) {
      const count = Math.min(RAIN, POINTS - next);
      sample(table, side, points, next, count);
      next = (next + count) % POINTS;
      drawn = Math.max(drawn, next || POINTS);
      left -= count;
      loop = requestAnimationFrame(fall);
    }
    showRain();
  }

  const place = event => {
    const box = paper.getBoundingClientRect();
    return { x: (event.clientX - box.left) * side / box.width, y: (event.clientY - box.top) * side / box.height };
  };
  paper.onpointerdown = event => {
    if (event.button || brush.pointer !== null) return;
    paper.setPointerCapture(event.pointerId);
    remember();
    Object.assign(brush, place(event), { ring: false, down: false, pointer: event.pointerId });
    stroke(brush, brush);
  };
  paper.onpointermove = event => {
    if (event.pointerId !== brush.pointer) return;
    const to = place(event);
    stroke(brush, to);
    Object.assign(brush, to);
  };
  paper.onpointerup = paper.onpointercancel = event => {
    if (event.pointerId !== brush.pointer) return;
    brush.pointer = null;
    tell();
  };
  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  paper.onkeydown = event => {
    const move = MOVES[event.key], undoes = event.key === "z" && (event.ctrlKey || event.metaKey);
    if (brush.pointer !== null || ((event.ctrlKey || event.metaKey || event.altKey) && !undoes)) return;
    if (move) {
      const step = event.shiftKey ? 10 : 3, from = { x: brush.x, y: brush.y };
      const within = v => Math.min(side - 1, Math.max(0, v));
      Object.assign(brush, { x: within(from.x + step * move[0]), y: within(from.y + step * move[1]), ring: true });
      if (brush.down) { stroke(from, brush); tell(); } else { showPixels(); say(); }
    } else if (event.key === " ") {
      Object.assign(brush, { ring: true, down: !brush.down });
      if (brush.down) { remember(); stroke(brush, brush); tell(); } else say();
    } else if (event.key === "e") eraser.click();
    else if (event.key === "u" || undoes) undo.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  paper.onfocus = () => { brush.ring = paper.matches(":focus-visible"); showPixels(); say(); };
  paper.onblur = () => { Object.assign(brush, { ring: false, down: false }); showPixels(); say(); };
  eraser.onclick = () => { eraser.setAttribute("aria-pressed", String(!erasing())); say(); };
  undo.onclick = () => {
    while (past.length && same(past.at(-1), pixels)) past.pop();
    if (past.length) { pixels = past.pop(); changed(); tell(); }
  };
  clear.onclick = () => { remember(); pixels = new Uint8Array(side * side); changed(); tell(); };
  start.onchange = () => {
    if (start.value === "") return;
    remember();
    pixels = library.slice(start.value * side * side, (+start.value + 1) * side * side);
    start.value = "";
    changed();
    tell();
  };
  const follow = () => {
    const other = copy(model.get("pixels"));
    if (brush.pointer !== null || same(other, pixels)) return;
    remember();
    pixels = other;
    changed();
  };
  model.on("change:pixels", follow);
  const end = () => { cancelAnimationFrame(loop); model.off("change:pixels", follow); };
  signal?.addEventListener("abort", end);
  changed();
  return end;
}

export default { render };
