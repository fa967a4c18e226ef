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

// Fills `points` (x, y, class) from index `from` with `count` draws from the layers that lie one after
// the other in the table, one a class; row 0 of a layer is on top.
export function sample(table, side, points, from, count, random = Math.random) {
  for (let i = from; i < from + count; i++) {
    let k = Math.floor(random() * table.keep.length);
    if (random() >= table.keep[k]) k = table.alias[k];
    const line = Math.floor(k / side), row = line % side, column = k - line * side;
    points[3 * i] = (column + random()) / side;
    points[3 * i + 1] = (side - 1 - row + random()) / side;
    points[3 * i + 2] = (line - row) / side;
  }
}

const STYLE = `
  .course-painter { font: 16px/1.4 system-ui, sans-serif; color: var(--jp-content-font-color1, #222); width: 760px; }
  .course-painter .views { display: flex; gap: 16px; align-items: flex-end; }
  .course-painter canvas { display: block; }
  .course-painter .paper { width: 340px; height: 340px; background: black; cursor: crosshair; touch-action: none;
    outline-offset: 2px; }
  .course-painter .rain { width: 400px; height: 400px; background: white; }
  .course-painter .row { display: flex; flex-wrap: wrap; gap: 10px; align-items: center; margin-top: 10px; }
  .course-painter .row:empty { display: none; }
  .course-painter button, .course-painter select { font: inherit; min-width: 44px; padding: 4px 10px; }
  .course-painter button[aria-pressed=true] { background: #0072B2; color: white; }
  .course-painter .class { display: flex; gap: 6px; align-items: center; }
  .course-painter .class[aria-pressed=true] { background: #222; }
  .course-painter .class i { width: 16px; height: 16px; border: 1px solid white; }
  .course-painter label { display: flex; gap: 6px; align-items: center; }
  .course-painter .hint { color: var(--jp-content-font-color2, #555); font-size: 15px; margin: 6px 0 0; min-height: 1.4em; }
`;
const PAPER = 340, EDGE = 60; // sizes on the page; the rain has EDGE of room for each marginal
const POINTS = 4000, RAIN = 160, UNDO = 100, BINS = 64;
const ORANGE = "#D55E00", COLOURS = ["#0072B2", ORANGE, "#009E73"]; // of the classes

function render({ model, el, signal }) {
  const side = model.get("side");
  const classes = model.get("classes"), n = side * side, layers = Math.max(1, classes.length);
  const lights = (classes.length ? COLOURS : ["#FFFFFF"]).map(c => [1, 3, 5].map(k => parseInt(c.slice(k, k + 2), 16)));
  let pixels = bytesOf(model.get("pixels")), chosen = 0;
  const library = bytesOf(model.get("library")), names = model.get("names");
  const past = [];

  const root = make("div", { className: "course-painter" }, { role: "group", "aria-label": model.get("alt") });
  const paper = make("canvas", { className: "paper", width: side, height: side, tabIndex: 0 }, {
    role: "application",
    "aria-label": "canvas to draw a density on: arrow keys move the brush, with shift faster, space puts it down or up, "
      + "e switches to the eraser and back, u undoes" + (classes.length ? ", c goes to the next class" : ""),
  });
  const ratio = Math.max(2, window.devicePixelRatio || 1); // sharp on a projector too
  const rain = make("canvas", { className: "rain", width: 400 * ratio, height: 400 * ratio }, {
    role: "img",
    "aria-label": "points drawn from the density, and its marginals along the upper and right edge",
  });
  const size = make("input", { type: "range", min: 1, max: 40, value: 9 }, { "aria-label": "brush size" });
  const palette = make("div", { className: "row" }, { role: "group", "aria-label": "class to draw" });
  const buttons = classes.map((name, c) => {
    const button = make("button", { type: "button", className: "class", onclick: () => choose(c) });
    button.append(make("i", {}, { style: `background: ${COLOURS[c]}` }), name);
    palette.append(button);
    return button;
  });
  const eraser = make("button", { type: "button", textContent: "eraser" }, { "aria-pressed": "false" });
  const undo = make("button", { type: "button", textContent: "undo" });
  const clear = make("button", { type: "button", textContent: "clear" });
  const start = make("select", {}, { "aria-label": "start from a picture" });
  keepKeys(paper, size, start);
  start.append(make("option", { textContent: "start from …", value: "" }));
  names.forEach((name, k) => start.append(make("option", { textContent: name, value: String(k) })));
  const status = make("p", { className: "hint" }, { "aria-live": "polite" });
  const views = make("div", { className: "views" }), row = make("div", { className: "row" });
  const label = make("label", { textContent: "brush" });
  label.append(size);
  views.append(paper, rain);
  row.append(label, eraser, undo, clear, start);
  root.append(make("style", { textContent: STYLE }), views, palette, row, status);
  el.replaceChildren(root);

  const ink = paper.getContext("2d"), sky = rain.getContext("2d");
  const image = ink.createImageData(side, side);
  image.data.fill(255);
  const points = new Float32Array(3 * POINTS);
  let table = null, drawn = 0, next = 0, left = 0, loop = null;
  const brush = { x: side / 2, y: side / 2, ring: false, down: false, pointer: null };

  function showPixels() {
    for (let k = 0; k < n; k++)
      for (let c = 0; c < 3; c++) {
        let light = 0;
        for (let l = 0; l < layers; l++) light += pixels[l * n + k] * lights[l][c] / 255;
        image.data[4 * k + c] = light;
      }
    ink.putImageData(image, 0, 0);
    if (!brush.ring) return;
    ink.strokeStyle = classes.length ? "white" : ORANGE;
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
    const words = [], empty = classes.filter((_, l) => !pixels.subarray(l * n, (l + 1) * n).some(Boolean));
    if (empty.length) words.push(`Nothing is drawn in ${empty.join(" or ")}.`);
    else if (!table) words.push("The canvas is black. White means probable: draw something.");
    const tool = erasing() ? "Eraser" : classes.length ? `Brush (${classes[chosen]})` : "Brush";
    if (brush.ring) words.push(`${tool} ${brush.down ? "down" : "up"}.`);
    status.textContent = words.join(" ");
  }

  function choose(c) {
    chosen = c;
    buttons.forEach((button, l) => button.setAttribute("aria-pressed", String(l === c)));
    eraser.setAttribute("aria-pressed", "false");
    say();
  }

  // Sets a pixel of one layer (of none: erases); the others keep at most what is left of it.
  function put(layer, k, value) {
    let room = 255 - value;
    for (let l = 0; l < layers; l++) {
      if (l === layer) pixels[l * n + k] = value;
      else room -= pixels[l * n + k] = Math.min(pixels[l * n + k], room);
    }
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
          if (erase) put(null, k, value);
          else put(chosen, k, Math.max(pixels[chosen * n + k], value));
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
      line[side - 1 - Math.floor(k / side) % side] += pixels[k];
      total += pixels[k];
    }
    const density = a => a.map(v => v * side / total);
    const bin = v => Math.min(BINS - 1, Math.floor(v * BINS)); // float32 may round up to 1
    const across = new Float64Array(BINS), up = new Float64Array(BINS);
    for (let i = 0; i < drawn; i++) {
      across[bin(points[3 * i])] += BINS / drawn;
      up[bin(points[3 * i + 1])] += BINS / drawn;
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
    for (let l = 0; l < layers; l++) {
      sky.fillStyle = COLOURS[l];
      for (let i = 0; i < 3 * drawn; i += 3)
        if (points[i + 2] === l) sky.fillRect(points[i] * S - 0.75, EDGE + (1 - points[i + 1]) * S - 0.75, 1.5, 1.5);
    }
    const { p_x, p_y, across, up } = marginals();
    const tall = (EDGE - 6) / Math.max(...p_x, ...across), wide = (EDGE - 6) / Math.max(...p_y, ...up);
    sky.fillStyle = classes.length ? "#BBB" : "#56B4E9"; // grey: of no class
    for (let b = 0; b < BINS; b++) {
      sky.fillRect(b * S / BINS, EDGE - across[b] * tall, S / BINS - 0.5, across[b] * tall);
      sky.fillRect(S, EDGE + S - (b + 1) * S / BINS, up[b] * wide, S / BINS - 0.5);
    }
    sky.fillStyle = "#555";
    sky.font = "13px system-ui, sans-serif";
    for (const [text, x, y] of [["x", S - 12, EDGE + S - 6], ["y", 6, EDGE + 15], ["p(x)", 4, 14], ["p(y)", S + 22, EDGE + S - 6]])
      sky.fillText(text, x, y);
    sky.strokeStyle = classes.length ? "#222" : ORANGE;
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
    else if (event.key === "c" && classes.length) choose((chosen + 1) % layers);
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
  clear.onclick = () => { remember(); pixels = new Uint8Array(layers * n); changed(); tell(); };
  start.onchange = () => {
    if (start.value === "") return;
    remember();
    for (let k = 0; k < n; k++) put(chosen, k, library[start.value * n + k]);
    start.value = "";
    changed();
    tell();
  };
  const follow = () => {
    const other = bytesOf(model.get("pixels"));
    if (brush.pointer !== null || same(other, pixels)) return;
    remember();
    pixels = other;
    changed();
  };
  model.on("change:pixels", follow);
  const end = () => { cancelAnimationFrame(loop); model.off("change:pixels", follow); };
  signal?.addEventListener("abort", end);
  changed();
  choose(0);
  return end;
}

export default { render };
