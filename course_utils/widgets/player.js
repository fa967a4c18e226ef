// Scrubs through a recorded run: points over an optional heat map, with up to three numbers a frame.

export function halfToFloat(bits) {
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const h = bits[i], sign = h & 0x8000 ? -1 : 1, exponent = (h >> 10) & 31, fraction = h & 1023;
    if (exponent === 0) out[i] = sign * fraction * 2 ** -24;
    else if (exponent === 31) out[i] = fraction ? NaN : sign * Infinity;
    else out[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return out;
}

// Points and cells of the recording, as the canvas draws them.
export function decode(model) {
  const [frames, n] = model.get("shape");
  const cells = model.get("cells");
  return {
    frames,
    n,
    cells,
    points: halfToFloat(new Uint16Array(bytesOf(model.get("points")).buffer)),
    field: bytesOf(model.get("field")),
  };
}

const STYLE = `
  .course-player { max-width: 566px; }
  .course-player canvas { width: 100%; max-width: 402px; box-sizing: border-box; border: 1px solid #999; }
  .course-player .row { flex-wrap: nowrap; max-width: 402px; }
  .course-player input[type=range] { flex: 1 1 60px; }
  .course-player select { flex: none; }
  .course-player .hint { color: var(--jp-content-font-color2, #555); font-size: 14px; margin: 2px 0 0; }
  .course-player output { display: block; margin-top: 6px; }
`;
const SIDE = 400;
const SPEEDS = { "½ ×": 6, "1 ×": 12, "2 ×": 24, "4 ×": 48 }; // frames a second

function render({ model, el, signal }) {
  const run = decode(model);
  const iterations = model.get("iterations"), names = model.get("names"), numbers = model.get("numbers");
  const ratio = Math.max(1, window.devicePixelRatio || 1), side = Math.round(SIDE * ratio);

  const root = rootOf("player", model, STYLE);
  const canvas = make("canvas", { width: side, height: side }, { "aria-hidden": "true" });
  const play = make("button", { type: "button" });
  const slider = make("input", { type: "range", min: 0, max: run.frames - 1, step: 1 }, { "aria-label": "frame" });
  const speed = make("select", {}, { "aria-label": "speed" });
  keepKeys(slider, speed);
  for (const name of Object.keys(SPEEDS)) speed.append(make("option", { textContent: name }));
  speed.value = "1 ×";
  const readout = make("output", {}, { "aria-live": "off" });
  const hint = make("p", { className: "hint", textContent: model.get("axes"), hidden: !model.get("axes") });
  const row = make("div", { className: "row" });
  row.append(play, slider, speed);
  const keys = [["← →", "one frame"], ["Home, End", "first and last"], ["Space", "play and pause"]];
  root.append(canvas, row, readout, hint, keyHelp("slider", ...keys));
  el.replaceChildren(root);

  const context = canvas.getContext("2d", { willReadFrequently: true }); // kept in memory, written as bytes
  const image = context.createImageData(side, side), picture = new Uint32Array(image.data.buffer);
  const [red, green, blue] = model.get("colour");
  const ink = 0xff000000 | (blue << 16) | (green << 8) | red;
  const dot = Math.round(3 * ratio);
  const cellOf = Int32Array.from({ length: side }, (_, at) => Math.floor(at * run.cells / side));
  let frame = model.get("frame");

  function drawField() {
    const k = run.cells, from = frame * k * k;
    for (let y = 0, at = 0; y < side; y++) {
      const row = from + (k - 1 - cellOf[y]) * k;
      for (let x = 0; x < side; x++) picture[at++] = 0xff000000 | (run.field[row + cellOf[x]] * 0x010101);
    }
  }

  function draw() {
    if (run.cells) drawField();
    else picture.fill(0xffffffff);
    for (let i = 2 * frame * run.n, end = i + 2 * run.n; i < end; i += 2) {
      const left = Math.round(run.points[i] * side - dot / 2);
      const top = Math.round((1 - run.points[i + 1]) * side - dot / 2);
      for (let y = Math.max(0, top); y < Math.min(side, top + dot); y++)
        for (let x = Math.max(0, left); x < Math.min(side, left + dot); x++) picture[y * side + x] = ink;
    }
    context.putImageData(image, 0, 0);
    const parts = names.map((name, k) => `${name} ${numbers[k][frame]}`);
    readout.textContent = [`${model.get("unit")} ${iterations[frame]}`, ...parts].join(", ");
    slider.value = frame;
    slider.setAttribute("aria-valuetext", readout.textContent);
  }

  function show(next) {
    frame = Math.min(run.frames - 1, Math.max(0, next));
    draw();
  }

  function tell() {
    model.set("frame", frame);
    model.save_changes();
  }

  const last = () => frame === run.frames - 1;
  const advance = () => {
    show(frame + 1);
    if (last()) tell();
    return !last();
  };
  const film = plays(play, () => { if (last()) show(0); }, advance, () => SPEEDS[speed.value]);
  const rest = () => { if (film.on()) { film.stop(); tell(); } };
  const toggle = () => { if (film.on()) rest(); else film.start(); };
  play.onclick = toggle;
  speed.onchange = () => { if (film.on()) { film.stop(); film.start(); } };
  slider.oninput = () => { film.stop(); show(+slider.value); };
  slider.onchange = tell;
  slider.onkeydown = event => {
    if (event.key !== " ") return;
    event.preventDefault();
    toggle();
  };
  const follow = () => { if (model.get("frame") !== frame) { film.stop(); show(model.get("frame")); } };
  draw();
  return attend(model, signal, canvas, { frame: follow }, rest, film.stop);
}

export default { render };
