// Scrubs through a recorded run: points over an optional heat map, with up to three numbers a frame.

import {
  attend,
  box,
  button,
  bytesOf,
  changes,
  choice,
  clamp,
  keyHelp,
  make,
  penOf,
  plays,
  readout,
  rootOf,
  sharpness,
  slider,
} from "./base.js";

// Numbers of half precision, given by their 16 bits.
export function halfToFloat(bits) {
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const h = bits[i];
    const sign = h & 0x8000 ? -1 : 1;
    const exponent = (h >> 10) & 31;
    const fraction = h & 1023;
    if (exponent === 0) out[i] = sign * fraction * 2 ** -24;
    else if (exponent === 31) out[i] = fraction ? NaN : sign * Infinity;
    else out[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return out;
}

// Points and cells of the recording, as the canvas draws them.
export function decode(model) {
  const [frames, n] = model.get("shape");
  return {
    frames,
    n,
    cells: model.get("cells"),
    points: halfToFloat(new Uint16Array(bytesOf(model.get("points")).buffer)),
    field: bytesOf(model.get("field")),
  };
}

// Draws frames of the recording in pixels of red, green, blue and alpha: the field in greys, else white, and each
// point as a square of `dot` pixels in a colour. A point that is NaN is not drawn.
export function painterOf(run, pixels, side, dot, [red, green, blue]) {
  const ink = 0xff000000 | (blue << 16) | (green << 8) | red;
  const cellOf = Int32Array.from({ length: side }, (_, at) => Math.floor((at * run.cells) / side));

  function drawField(frame) {
    const k = run.cells;
    for (let y = 0, at = 0; y < side; y++) {
      const row = k * (frame * k + k - 1 - cellOf[y]);
      for (let x = 0; x < side; x++) pixels[at++] = 0xff000000 | (run.field[row + cellOf[x]] * 0x010101);
    }
  }

  return frame => {
    if (run.cells) drawField(frame);
    else pixels.fill(0xffffffff);
    for (let i = 2 * frame * run.n, end = i + 2 * run.n; i < end; i += 2) {
      const left = Math.round(run.points[i] * side - dot / 2);
      const top = Math.round((1 - run.points[i + 1]) * side - dot / 2);
      for (let y = Math.max(0, top); y < Math.min(side, top + dot); y++)
        for (let x = Math.max(0, left); x < Math.min(side, left + dot); x++) pixels[y * side + x] = ink;
    }
  };
}

const STYLE = `
  .course-player { max-width: 566px; }
  .course-player canvas { width: 100%; max-width: 402px; box-sizing: border-box; border: 1px solid #999; }
  .course-player .row { flex-wrap: nowrap; max-width: 402px; }
  .course-player input[type=range] { flex: 1 1 60px; }
  .course-player select { flex: none; }
  .course-player .hint { margin-top: 2px; }
`;
const SIDE = 400;
const DOT = 3; // pixels on the page
const SPEEDS = { "½ ×": 6, "1 ×": 12, "2 ×": 24, "4 ×": 48 }; // frames a second

// A square canvas, and what draws a frame on it.
function screen(model, run) {
  const ratio = sharpness();
  const side = Math.round(SIDE * ratio);
  const canvas = make("canvas", { width: side, height: side }, { "aria-hidden": "true" });
  const pen = penOf(canvas, true); // kept in memory, written as bytes
  const image = pen.createImageData(side, side);
  const paint = painterOf(run, new Uint32Array(image.data.buffer), side, Math.round(DOT * ratio), model.get("colour"));
  const show = frame => {
    paint(frame);
    pen.putImageData(image, 0, 0);
  };
  return { canvas, show };
}

/** @param {import("./base.js").Place} place */
function render(place) {
  const { model, el } = place;
  const run = decode(model);
  const change = changes(model);
  const end = run.frames - 1;
  let frame = model.get("frame");

  const root = rootOf("player", model, el, STYLE);
  const { canvas, show } = screen(model, run);
  const play = button("");
  const control = slider(0, end, 1, at => turn(at));
  control.setAttribute("aria-label", "frame");
  const speed = choice(Object.keys(SPEEDS), () => film.on() && restart(), Object.keys(SPEEDS));
  speed.setAttribute("aria-label", "speed");
  speed.value = "1 ×";
  const words = readout();
  const axes = model.get("axes");
  const hint = make("p", { className: "hint", textContent: axes, hidden: !axes });
  const keys = [
    ["← →", "one frame"],
    ["Home, End", "first and last"],
    ["Space", "play and pause"],
  ];
  root.append(canvas, box("row", play, control, speed), words, hint, keyHelp("slider", ...keys));

  function go(next) {
    frame = clamp(next, 0, end);
    show(frame);
    const numbers = model.get("numbers");
    const parts = model.get("names").map((name, k) => `${name} ${numbers[k][frame]}`);
    words.textContent = [`${model.get("unit")} ${model.get("iterations")[frame]}`, ...parts].join(", ");
    control.value = String(frame);
    control.setAttribute("aria-valuetext", words.textContent);
  }

  const tell = () => change("frame", frame);
  const rewind = () => {
    if (frame === end) go(0);
  };
  const advance = () => {
    go(frame + 1);
    if (frame === end) tell();
    return frame !== end;
  };
  const film = plays(play, rewind, advance, () => SPEEDS[speed.value]);
  const rest = () => {
    if (!film.on()) return;
    film.stop();
    tell();
  };
  const restart = () => {
    film.stop();
    film.start();
  };
  const turn = at => {
    film.stop();
    go(at);
  };
  const toggle = () => (film.on() ? rest() : film.start());
  play.onclick = toggle;
  control.onchange = tell;
  control.onkeydown = event => {
    if (event.key !== " ") return;
    event.preventDefault();
    toggle();
  };
  const follow = () => {
    if (model.get("frame") !== frame) turn(model.get("frame"));
  };
  go(frame);
  return attend(place, canvas, { frame: follow }, rest, film.stop);
}

export default { render };
