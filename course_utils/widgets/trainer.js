// Draw a picture, and watch up to four families of networks learn it side by side, in a Worker of the page.

import {
  BLUE,
  ORANGE,
  attend,
  box,
  button,
  bytesOf,
  changes,
  choice,
  enable,
  keepsKeys,
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
} from "./base.js";
import { decoderLoss, discriminatorLoss, driftingLoss, encoderLoss, generatorLoss, matchingLoss } from "./losses.js";
import { stroke } from "./painting.js";
import { brushes, inkOn } from "./paper.js";

const STYLE = `
  .course-trainer { max-width: 940px; }
  .course-trainer .views { align-items: flex-start; }
  .course-trainer .desk { flex: 0 1 560px; min-width: min(100%, 320px); }
  .course-trainer .desk:has(+ .panels .panel + .panel) { flex-basis: 100%; }
  .course-trainer .paper { flex: 0 0 190px; width: 190px; aspect-ratio: 1; background: black; cursor: crosshair;
    outline-offset: 2px; }
  .course-trainer .tools { flex: 1 1 250px; min-width: 0; margin: 0; gap: 4px 14px; }
  .course-trainer .row label { min-height: 32px; }
  .course-trainer input[type=checkbox] { width: 24px; height: 24px; margin: 0; }
  .course-trainer .who { margin: 0; }
  .course-trainer .rate { width: 130px; }
  .course-trainer .tools label:has(.moment), .course-trainer .moment { flex: 1 1 120px; max-width: 340px; }
  .course-trainer .panels { display: grid; gap: 12px; flex: 1 1 200px; min-width: 0;
    grid-template-columns: repeat(auto-fit, minmax(min(200px, 46%), 1fr)); }
  .course-trainer .panel { min-width: 0; max-width: 318px; }
  .course-trainer .panel b { display: block; }
  .course-trainer .panel canvas { width: 100%; aspect-ratio: 1; background: white; box-shadow: 0 0 0 1px #999; }
  .course-trainer .panel small { display: block; font-size: 14px; line-height: 1.3; margin-top: 4px; }
  .course-trainer .panel output { display: block; font-size: 15px; min-height: 4.2em; }
  .course-trainer .loss p { margin: 6px 0; }
  .course-trainer pre { font: 13px/1.4 ui-monospace, Consolas, monospace; white-space: pre-wrap; margin: 0 0 8px;
    color: inherit; background: none; }
  .course-trainer .hint:empty { display: none; }
`;
const RADIUS = 5; // of the brush, in pixels of the paper
const KEYS = [
  ["← ↑ ↓ →", "move the brush"],
  ["Shift", "faster"],
  ["Space", "puts it down or up"],
  ["e", "eraser"],
];
const WIDTHS = [16, 32, 64, 128];
const SEEDS = 10;
const MOST = 200; // moments that are kept; then every other one goes
const DOT = 1.6;
// Name, what its field is, formula of the loss, and what computes it.
/** @type {Record<string, [string, string, string, Function[]]>} */
const FAMILIES = {
  gan: [
    "GAN",
    "arrows: the slope of D",
    "D learns by softplus(−D(x)) + softplus(D(G(z))) + γ/2 |∇D(x)|², and G by softplus(−D(G(z))).",
    [discriminatorLoss, generatorLoss],
  ],
  vae: [
    "VAE",
    "lines: the decoded grid of z",
    "−log N(x; x̂, s²) + KL(N(μ, σ²) ‖ N(0, I)), where x̂ is decoded from z = μ + σ ε.",
    [decoderLoss, encoderLoss],
  ],
  matching: [
    "flow matching",
    "arrows: the velocity v, at t = ½",
    "|v(xₜ, t) − (x − z)|², where xₜ = (1 − t) z + t x.",
    [matchingLoss],
  ],
  drifting: [
    "drifting",
    "arrows: the drift V",
    "|G(z) − (G(z) + V)|², where G(z) + V stands still: V leads to the mean of the true points near G(z), and away from " +
      "the mean of the generated ones near it.",
    [driftingLoss],
  ],
};

/** @type {(v: number) => string} */
const inGroups = v => v.toLocaleString("en");

// What a panel says of a moment.
export function words({ steps, speed, SW, coverage, loss }) {
  const pace = speed ? `, ${inGroups(Math.round(speed))} a second` : "";
  const measures = `SW ${SW.toFixed(1)}, coverage ${coverage.toFixed(2)}`;
  return [`${inGroups(steps)} steps${pace}`, measures, steps ? `loss ${loss.toFixed(3)}` : ""];
}

// Keeps a moment; of too many, every other one goes.
export function kept(moments, moment) {
  const all = [...moments, moment];
  return all.length > MOST ? all.filter((_, k) => k % 2 || k === all.length - 1) : all;
}

// The panel of a family: its points over its field and the picture, and its numbers.
function panelOf(family) {
  const [name, field] = FAMILIES[family];
  const canvas = picture("points", `points that ${name} generates, over the picture; ${field}`);
  const numbers = make("output", {}, { "aria-live": "off" });
  const place = box("panel", make("b", {}, {}, name), canvas, make("small", {}, {}, field), numbers);

  /** @type {(ground: HTMLCanvasElement, moment: any) => void} */
  function draw(ground, moment) {
    const wide = canvas.clientWidth;
    const side = Math.round(wide * sharpness());
    if (!side) return; // it is not on the page yet
    if (canvas.width !== side) Object.assign(canvas, { width: side, height: side });
    const pen = penOf(canvas);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(ground, 0, 0, side, side);
    const { points, lines, each } = moment ?? { points: [], lines: [], each: 1 };
    const dot = (DOT * side) / wide;
    Object.assign(pen, { strokeStyle: BLUE, lineWidth: dot / 2, fillStyle: ORANGE });
    pen.beginPath();
    for (let k = 0; k < lines.length; k += 2)
      pen[k % (2 * each) ? "lineTo" : "moveTo"](lines[k] * side, (1 - lines[k + 1]) * side);
    pen.stroke();
    for (let k = 0; k < points.length; k += 2)
      pen.fillRect(points[k] * side - dot / 2, (1 - points[k + 1]) * side - dot / 2, dot, dot);
    numbers.replaceChildren(...(moment ? words(moment).map(line => make("div", {}, {}, line)) : []));
  }

  return { place, draw };
}

// The loss of the family that is picked, as a formula and as what computes it.
function lossesOf() {
  const text = box("loss");
  const families = Object.values(FAMILIES);
  const pick = choice(["none", ...families.map(([name]) => name)], k => {
    const [, , formula, parts] = families[Number(k) - 1] ?? [];
    text.replaceChildren(
      ...(parts ? [make("p", {}, {}, formula), make("pre", {}, {}, parts.map(String).join("\n\n"))] : []),
    );
  });
  return { label: labelled("show the loss of", pick), text };
}

// The picture in light grey, white where it is black, to draw points on.
function groundOf(pixels, side) {
  const canvas = make("canvas", { width: side, height: side });
  const pen = penOf(canvas);
  const image = pen.createImageData(side, side);
  pixels.forEach((v, k) => image.data.set([0, 0, 0, 255].fill(255 - 0.3 * v, 0, 3), 4 * k));
  pen.putImageData(image, 0, 0);
  return canvas;
}

// The Worker, from the source that Python has put together; `hear` gets its moments, `fail` is called if there is none.
function workerOf(source, hear, fail) {
  /** @type {Worker | null} */
  let worker = null;
  const address = URL.createObjectURL(new Blob([source, "\nserve(self);"], { type: "text/javascript" }));
  return {
    tell(message) {
      try {
        if (!worker) {
          worker = new Worker(address);
          worker.onmessage = ({ data }) => hear(data.moment);
          worker.onerror = fail;
        }
        worker.postMessage(message);
      } catch {
        fail();
      }
    },
    end() {
      worker?.terminate();
      URL.revokeObjectURL(address);
    },
  };
}

// The controls: what is learnt, by whom, and how.
function tools(model, does) {
  const change = changes(model);
  const [learn, step, again] = [
    button("Learn", does.learn),
    button("Step", does.step),
    button("Start again", does.begin),
  ];
  const n = model.get("side") ** 2;
  const pictures = model.get("names").map((_, k) => bytesOf(model.get("library")).subarray(k * n, (k + 1) * n));
  const numbers = pictures.map((_, k) => String(k));
  const pick = choice(["own drawing", ...model.get("names")], k => k && does.put(pictures[k]), ["", ...numbers]);
  const who = Object.entries(FAMILIES).map(([family, [name]]) => {
    const tick = keepsKeys(make("input", { type: "checkbox" }));
    tick.onchange = () =>
      change(
        "families",
        Object.keys(ticks).filter(one => ticks[one].checked),
      );
    return [family, tick, make("label", {}, {}, tick, name)];
  });
  const ticks = Object.fromEntries(who);
  const rate = slider(-4, -2, 0.1, v => change("rate", Number((10 ** v).toPrecision(2))));
  rate.className = "rate";
  const told = make("output", {}, { "aria-live": "off" });
  const width = choice(WIDTHS.map(String), k => change("width", WIDTHS[Number(k)]));
  const seeds = Array.from({ length: SEEDS }, (_, k) => String(k));
  const seed = choice(seeds, k => change("seed", Number(k)));
  const buttons = [learn, step, again, labelled("picture", pick), button("Clear", () => does.put(new Uint8Array(n)))];
  const labels = [labelled("learning rate", rate, told), labelled("width", width), labelled("seed", seed)];
  const place = box("row tools", ...buttons, box("row who", ...who.map(([, , label]) => label)), ...labels);

  // Shows what the model says.
  function follow() {
    for (const [family, tick] of Object.entries(ticks)) tick.checked = model.get("families").includes(family);
    rate.value = String(Math.log10(model.get("rate")));
    told.textContent = String(model.get("rate"));
    width.value = String(WIDTHS.indexOf(model.get("width")));
    seed.value = String(model.get("seed"));
    const pixels = bytesOf(model.get("pixels"));
    pick.value = numbers.find((_, k) => same(pictures[k], pixels)) ?? "";
  }

  const allow = (/** @type {boolean} */ can) => [learn, step, again].forEach(control => enable(control, can));
  return { place, learn, allow, follow };
}

// What was shown, and the slider that goes back to it.
function film(show, halt) {
  /** @type {any[]} */
  let moments = [];
  let before = 0;
  const control = slider(0, 0, 1, () => {
    halt();
    show(moments[Number(control.value)]);
  });
  control.className = "moment";
  const place = labelled("moment", control);
  const reach = () => {
    place.hidden = moments.length < 2;
    const max = String(moments.length - 1);
    Object.assign(control, { max, value: max });
  };
  return {
    place,
    last: () => moments[Number(control.value)],
    clear() {
      moments = [];
      reach();
    },
    /** @param {any[]} moment */
    add(moment) {
      const now = performance.now();
      const last = moments[moments.length - 1];
      moment.forEach((one, k) => {
        one.speed = last ? (1000 * (one.steps - last[k].steps)) / (now - before) : 0;
      });
      before = now;
      moments = kept(moments, moment);
      reach();
      show(moment);
    },
  };
}

// The paper and its brush; what is drawn goes to Python when the brush is up. `say` gets word of the tool.
function paperOf(model, say) {
  const side = model.get("side");
  const change = changes(model);
  const brush = { x: side / 2, y: side / 2, ring: false, down: false };
  let pixels = bytesOf(model.get("pixels"));
  let erasing = false;
  const canvas = stage(
    "paper",
    "canvas to draw a picture on: arrow keys move the brush, with shift faster, space puts it down or up, " +
      "e switches to the eraser and back",
  );
  Object.assign(canvas, { width: side, height: side });
  const ink = inkOn(canvas, side, []);
  const show = () => ink(pixels, brush, RADIUS);
  const put = next => change("pixels", new DataView(next.slice().buffer));
  brushes(canvas, side, brush, {
    keep() {},
    rub(from) {
      stroke(pixels, side, erasing ? null : 0, from, brush, RADIUS);
      show();
    },
    tell: () => put(pixels),
    show,
    erase() {
      erasing = !erasing;
      say(erasing ? "Eraser." : "Brush.");
    },
  });
  show();
  return {
    canvas,
    pixels: () => pixels,
    put,
    follow() {
      pixels = bytesOf(model.get("pixels"));
      show();
    },
  };
}

// A panel for each family that is chosen, over the picture.
function panelsOf(model) {
  const place = box("panels");
  /** @type {Record<string, ReturnType<typeof panelOf>>} */
  const panels = {};
  let ground = make("canvas");

  /** @param {any[]} [moment] */
  function draw(moment) {
    const families = model.get("families");
    for (const family of families) panels[family] ??= panelOf(family);
    const places = families.map(family => panels[family].place);
    if (places.length !== place.children.length || places.some((one, k) => one !== place.children[k]))
      place.replaceChildren(...places);
    for (const family of families)
      panels[family].draw(
        ground,
        moment?.find(({ name }) => name === family),
      );
  }

  return {
    place,
    draw,
    under(pixels) {
      ground = groundOf(pixels, model.get("side"));
    },
  };
}

/** @param {import("./base.js").Place} place */
function render(place) {
  const { model, el } = place;
  let [going, begun] = [false, false];
  const root = rootOf("trainer", model, el, STYLE);
  const status = make("p", { className: "hint" }, { "aria-live": "polite" });
  const say = (/** @type {string} */ text) => status.replaceChildren(text);
  const paper = paperOf(model, say);
  const panels = panelsOf(model);
  const past = film(panels.draw, () => go(false));
  const worker = workerOf(model.get("engine"), past.add, () => {
    go(false);
    say("This browser lets no Worker compute in this page, so nothing can learn here.");
  });
  const parts = tools(model, {
    learn: () => go(!going),
    step() {
      go(false);
      if (ready()) worker.tell({ step: true });
    },
    begin,
    put: paper.put,
  });
  const loss = lossesOf();
  parts.place.append(past.place, loss.label);
  const views = box("views", box("views desk", paper.canvas, parts.place), panels.place);
  root.append(views, status, loss.text, keyHelp("black square", ...KEYS));
  const able = () => model.get("families").length > 0 && paper.pixels().some(Boolean);

  // Whether there is something to learn and someone to learn it; then they are ready to.
  function ready() {
    if (!able()) return false;
    const [names, width, rate, seed] = ["families", "width", "rate", "seed"].map(trait => model.get(trait));
    const task = { pixels: paper.pixels(), side: model.get("side"), names, width, rate, seed };
    if (!begun) worker.tell({ begin: task });
    begun = true;
    return true;
  }

  function go(on) {
    going = on && ready();
    parts.learn.textContent = going ? "Pause" : "Learn";
    if (begun) worker.tell({ go: going });
  }

  // Anew, with other networks; who was learning goes on.
  function begin() {
    begun = false;
    past.clear();
    panels.under(paper.pixels());
    panels.draw();
    parts.allow(able());
    say(able() ? "" : "Draw or pick a picture, white on black, and tick at least one family.");
    go(going);
  }

  function anew() {
    paper.follow();
    parts.follow();
    begin();
  }

  const paced = () => {
    parts.follow();
    if (begun) worker.tell({ rate: model.get("rate") });
  };
  const resized = new ResizeObserver(() => panels.draw(past.last()));
  resized.observe(panels.place);
  anew();
  const traits = { pixels: anew, families: anew, width: anew, seed: anew, rate: paced };
  return attend(
    place,
    root,
    traits,
    () => go(false),
    () => {
      worker.end();
      resized.disconnect();
    },
  );
}

export default { render };
