// Draw a density; points rain in from it as you draw, with the marginals along the edges.

import {
  INK,
  ORANGE,
  SKY,
  attend,
  box,
  button,
  bytesOf,
  changes,
  choice,
  enable,
  frames,
  keyHelp,
  labelled,
  make,
  penOf,
  picture,
  rootOf,
  same,
  sharpness,
  slider,
  stage,
  take,
} from "./base.js";
import { remembered } from "./memory.js";
import { COLOURS, brushes, inkOn } from "./paper.js";
import {
  aliasTable,
  greyOfFile,
  histogram,
  layersOf,
  marginals,
  put,
  sample,
  sheetOf,
  stacked,
  stroke,
} from "./painting.js";

// Canvas and rain stay side by side however narrow the page is, so that the points are seen while one draws.
const STYLE = `
  .course-painter { max-width: 766px; }
  .course-painter .views { flex-wrap: nowrap; gap: min(16px, 2%); align-items: flex-end; }
  .course-painter .paper { flex: 340 1 0; min-width: 0; aspect-ratio: 1; background: black; cursor: crosshair;
    outline-offset: 2px; box-shadow: 0 0 0 1px #777; }
  .course-painter .rain { flex: 400 1 0; min-width: 0; aspect-ratio: 1; background: white; }
  .course-painter .row:empty { display: none; }
  .course-painter button[aria-pressed=true] { background: #0072B2; color: white; }
  .course-painter .class { display: flex; gap: 6px; align-items: center; }
  .course-painter .class[aria-pressed=true] { background: #222; }
  .course-painter .class i { width: 16px; height: 16px; border: 1px solid white; }
  .course-painter .hint { min-height: 1.4em; }
`;
const PAPER = 340; // of the rain's 400 pixels, at most: the square
const EDGE = 60; // and the room for each marginal
const POINTS = 4000;
const RAIN = 160; // points a frame
const UNDO = 100;
const BINS = 64;
const KEYS = [
  ["← ↑ ↓ →", "move the brush"],
  ["Shift", "faster"],
  ["Space", "puts it down or up"],
  ["e", "eraser"],
  ["u", "undo"],
  ["r", "redo"],
];

// The paper to draw on, and beside it the rain of points.
function views(root, side, classes) {
  const more = classes.length ? ", c goes to the next class" : "";
  const paper = stage(
    "paper",
    "canvas to draw a density on: arrow keys move the brush, with shift faster, space puts it down or up, " +
      `e switches to the eraser and back, u undoes, r does it again${more}`,
  );
  Object.assign(paper, { width: side, height: side });
  const rain = picture("rain", "points drawn from the density, and its marginals along the upper and right edge");
  root.append(box("views", paper, rain));
  return { paper, rain };
}

// Histograms of the points in bars, and the marginals as lines, along the edges of a square of S pixels.
function drawMarginals(pen, { p_x, p_y, across, up }, S, edge, several) {
  const room = edge - 4;
  const tall = room / Math.max(...p_x, ...across);
  const long = room / Math.max(...p_y, ...up);
  const wide = S / BINS;
  const bar = wide - (0.5 * S) / PAPER;
  pen.fillStyle = several ? "#BBB" : SKY; // grey: of no class
  across.forEach((v, b) => pen.fillRect(b * wide, edge - v * tall, bar, v * tall));
  up.forEach((v, b) => pen.fillRect(S, edge + S - (b + 1) * wide, v * long, bar));
  Object.assign(pen, { strokeStyle: several ? INK : ORANGE, lineWidth: 1.5 });
  pen.beginPath();
  p_x.forEach((p, j) => pen.lineTo(((j + 0.5) * S) / p_x.length, edge - p * tall));
  pen.stroke();
  pen.beginPath();
  p_y.forEach((p, i) => pen.lineTo(S + p * long, edge + S - ((i + 0.5) * S) / p_y.length));
  pen.stroke();
}

function drawNames(pen, S, edge, wide) {
  Object.assign(pen, { fillStyle: "#555", font: `${wide < 0.7 * (PAPER + EDGE) ? 11 : 13}px system-ui, sans-serif` });
  pen.fillText("x", S - 12, edge + S - 6);
  pen.fillText("y", 6, edge + 15);
  pen.fillText("p(x)", S + 4, edge / 2 - 4);
  pen.textAlign = "right";
  pen.fillText("p(y)", wide - 2, edge - 4);
  pen.textAlign = "left";
}

// Points that rain in from the layers: new ones take the place of the oldest, until all come from what is drawn now.
function rainOn(canvas, side, layers) {
  const pen = penOf(canvas);
  const points = new Float32Array(3 * POINTS); // x, y and class of each
  let pixels = new Uint8Array();
  /** @type {ReturnType<typeof aliasTable>} */
  let table = null;
  let drawn = 0;
  let next = 0;
  let left = 0;

  function show() {
    const wide = canvas.clientWidth;
    const ratio = sharpness();
    if (!wide) return; // it is not on the page yet
    if (canvas.width !== Math.round(wide * ratio)) canvas.width = canvas.height = Math.round(wide * ratio);
    const zoom = wide / (PAPER + EDGE);
    const [S, edge, dot] = [PAPER, EDGE, 1.5].map(v => v * zoom);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = "white";
    pen.fillRect(0, 0, wide, wide);
    Object.assign(pen, { strokeStyle: "#999", lineWidth: 1 });
    pen.strokeRect(0.5, edge + 0.5, S - 1, S - 1);
    if (!table) return;
    const xs = Array.from({ length: drawn }, (_, i) => points[3 * i]);
    const ys = Array.from({ length: drawn }, (_, i) => points[3 * i + 1]);
    for (let l = 0; l < layers; l++) {
      pen.fillStyle = COLOURS[l];
      for (let i = 0; i < drawn; i++)
        if (points[3 * i + 2] === l) pen.fillRect(xs[i] * S - dot / 2, edge + (1 - ys[i]) * S - dot / 2, dot, dot);
    }
    const bars = { across: histogram(xs, BINS), up: histogram(ys, BINS) };
    drawMarginals(pen, { ...marginals(pixels, side), ...bars }, S, edge, layers > 1);
    drawNames(pen, S, edge, wide);
  }

  // Some new points; whether there are more to come.
  function fall() {
    if (!table || left <= 0) return false;
    const count = Math.min(RAIN, POINTS - next);
    sample(table, side, points, next, count);
    next = (next + count) % POINTS;
    drawn = Math.max(drawn, next || POINTS);
    left -= count;
    return true;
  }

  const motion = frames(() => {
    const more = fall();
    show();
    return more;
  });

  // From now on from these layers.
  function follow(anew) {
    pixels = anew;
    table = aliasTable(pixels);
    if (!table) drawn = next = 0;
    left = POINTS + RAIN;
    motion.start();
  }

  // All points at once.
  function finish() {
    if (!motion.on()) return;
    motion.stop();
    while (fall());
    show();
  }

  return { show, follow, finish, stop: motion.stop };
}

// The tools in a row, and the classes to draw in one of their own.
function tools(root, model, does) {
  const classes = model.get("classes");
  const size = slider(1, 40, 1, () => {});
  size.value = "9";
  const eraser = button("eraser", does.erase);
  const [undo, redo] = ["undo", "redo"].map(name => button(name, does[name]));
  const names = model.get("names");
  const pick = value => {
    start.value = "";
    if (value !== "") does.start(Number(value));
  };
  const start = choice(["start from …", ...names], pick, ["", ...names.map((_, k) => String(k))]);
  start.setAttribute("aria-label", "start from a picture");
  const file = make("input", { type: "file", accept: "image/*", hidden: true });
  const load = button("load picture", () => {
    does.inform("Choose a picture: white means probable.");
    file.click();
  });
  file.oncancel = () => does.inform("");
  file.onchange = () => {
    if (file.files?.length) does.read(file.files[0]);
    file.value = "";
  };
  const palette = classes.map((name, c) => {
    const swatch = make("i", {}, { style: `background: ${COLOURS[c]}` });
    const onclick = () => does.choose(c);
    return make("button", { type: "button", className: "class", onclick }, {}, swatch, name);
  });
  const group = make("div", { className: "row" }, { role: "group", "aria-label": "class to draw" }, ...palette);
  const label = labelled("brush", size);
  size.setAttribute("aria-label", "brush size");
  const others = [button("clear", does.clear), start, button("save PNG", does.save), load, file];
  root.append(group, box("row", label, eraser, undo, redo, ...others));
  const erasing = () => eraser.getAttribute("aria-pressed") === "true";
  const press = on => eraser.setAttribute("aria-pressed", String(on));
  press(false);
  return { radius: () => Number(size.value) / 2, palette, undo, redo, erasing, press };
}

// What there is to say: the news, what is empty, and the tool while it is used by keys.
export function words(news, classes, pixels, tool) {
  const n = pixels.length / Math.max(1, classes.length);
  const empty = classes.filter((_, l) => !pixels.subarray(l * n, (l + 1) * n).some(Boolean));
  const said = news ? [news] : [];
  if (empty.length) said.push(`Nothing is drawn in ${empty.join(" or ")}.`);
  else if (!pixels.some(Boolean)) said.push("The canvas is black. White means probable: draw something.");
  return [...said, ...tool].join(" ");
}

// Takes a file that is dropped on a canvas.
function receive(canvas, read) {
  canvas.ondragover = event => event.preventDefault();
  canvas.ondrop = event => {
    take(event);
    if (event.dataTransfer?.files.length) read(event.dataTransfer.files[0]);
  };
}

// Saves layers among the downloads.
function download(pixels, side, layers) {
  sheetOf(pixels, side, layers).toBlob(blob => {
    if (!blob) return;
    const link = make("a", { href: URL.createObjectURL(blob), download: "drawing.png" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  });
}

// What is drawn, the steps back and forward, and the changes: `shown` is called after each, with news.
function drawing(model, side, layers, shown) {
  const n = side * side;
  const change = changes(model);
  const start = bytesOf(model.get("start"));
  const past = remembered(start.length ? [start] : [], UNDO);
  const library = bytesOf(model.get("library"));
  const self = { pixels: bytesOf(model.get("pixels")), kept: start.length > 0 };
  const tell = () => change("pixels", new DataView(self.pixels.slice().buffer));
  const keep = () => past.keep(self.pixels);

  function turn(next, news = "") {
    self.pixels = next;
    shown(news);
    tell();
  }

  // Goes to other pixels, which can be undone.
  function go(next, news = "") {
    keep();
    turn(next, news);
  }

  // Shows what Python has, which can be undone.
  function show(next) {
    keep();
    self.pixels = next;
    shown();
  }

  // Shows a picture in one class; the others keep what it leaves them.
  function putPicture(layer, grey, news = "") {
    const next = self.pixels.slice();
    grey.forEach((value, k) => put(next, n, layer, k, value));
    go(next, news);
  }

  // Takes a picture file into the class that is chosen, or, as `save` writes it, into all; says what comes of it.
  async function read(file, layer) {
    let found;
    try {
      const [grey, width] = await greyOfFile(file);
      found = layersOf(grey, width, side, layers);
    } catch {
      return `${file.name} is not a picture that this browser can read: choose a PNG or JPEG file.`;
    }
    if (!found) return `${file.name} is all black, and white means probable: choose another picture.`;
    const news = `${file.name} is on the canvas.`;
    if (found.length === layers) go(stacked(found), news);
    else putPicture(layer, found[0], news);
    return news;
  }

  const canUndo = () => past.canUndo(self.pixels);
  return Object.assign(self, {
    tell,
    keep,
    go,
    show,
    read,
    canUndo,
    canRedo: past.canRedo,
    undo: () => canUndo() && turn(past.undo(self.pixels)),
    redo: () => past.canRedo() && turn(past.redo(self.pixels)),
    start: (layer, k) => putPicture(layer, library.subarray(k * n, (k + 1) * n)),
  });
}

// Which class is drawn in, or whether the eraser is in hand, and what there is to say of it.
function toolOf(classes, brush) {
  let chosen = 0;
  let parts; // of the tools in the page
  const hold = tools => {
    parts = tools;
    choose(0);
  };
  function choose(c) {
    chosen = c;
    parts.palette.forEach((swatch, l) => swatch.setAttribute("aria-pressed", String(l === c)));
    parts.press(false);
  }
  const name = () => (parts.erasing() ? "Eraser" : classes.length ? `Brush (${classes[chosen]})` : "Brush");
  return {
    hold,
    choose,
    next: () => choose((chosen + 1) % classes.length),
    erase: () => parts.press(!parts.erasing()),
    chosen: () => chosen,
    layer: () => (parts.erasing() ? null : chosen),
    radius: () => parts.radius(),
    used: () => (brush.ring ? [`${name()} ${brush.down ? "down" : "up"}.`] : []),
  };
}

/** @param {import("./base.js").Place} place */
function render(place) {
  const { model, el } = place;
  const side = model.get("side");
  const classes = model.get("classes");
  const layers = Math.max(1, classes.length);
  const brush = { x: side / 2, y: side / 2, ring: false, down: false };
  const drawn = drawing(model, side, layers, changed);
  const tool = toolOf(classes, brush);
  let news = "";

  const root = rootOf("painter", model, el, STYLE);
  const { paper, rain } = views(root, side, classes);
  const ink = inkOn(paper, side, classes);
  const points = rainOn(rain, side, layers);
  const status = make("p", { className: "hint" }, { "aria-live": "polite" });
  const said = act => what => {
    act(what);
    say();
  };
  const inform = said(what => {
    news = what;
  });
  const does = {
    ...{ inform, show, rub, keep: drawn.keep, tell: drawn.tell, undo: drawn.undo, redo: drawn.redo },
    choose: said(tool.choose),
    erase: said(tool.erase),
    nextClass: classes.length ? said(tool.next) : undefined,
    clear: () => drawn.go(new Uint8Array(layers * side * side)),
    start: k => drawn.start(tool.chosen(), k),
    read: async file => inform(await drawn.read(file, tool.chosen())),
    save() {
      download(drawn.pixels, side, layers);
      const what = classes.length ? ", one grey square for each class" : "";
      inform(`Saved among your downloads as drawing.png${what}. “load picture” brings it back.`);
    },
  };
  const parts = tools(root, model, does);
  tool.hold(parts);
  root.append(status, keyHelp("black square", ...KEYS, ...(classes.length ? [["c", "next class"]] : [])));

  function say() {
    status.textContent = words(news, classes, drawn.pixels, tool.used());
  }

  function show() {
    ink(drawn.pixels, brush, tool.radius());
    say();
  }

  function changed(what = "") {
    news = what;
    enable(parts.undo, drawn.canUndo());
    enable(parts.redo, drawn.canRedo());
    points.follow(drawn.pixels);
    show();
  }

  function rub(from) {
    stroke(drawn.pixels, side, tool.layer(), from, brush, tool.radius());
    changed();
  }

  const held = brushes(paper, side, brush, does);
  receive(paper, does.read);
  const follow = () => {
    const other = bytesOf(model.get("pixels"));
    if (!held() && !same(other, drawn.pixels)) drawn.show(other);
  };
  const resized = new ResizeObserver(points.show);
  resized.observe(rain);
  changed(drawn.kept ? "Your drawing from before: undo shows the first picture, clear begins anew." : "");
  return attend(place, root, { pixels: follow }, points.finish, () => {
    points.stop();
    resized.disconnect();
  });
}

export default { render };
