// Drag a code over the plane of the training codes; a decoder g(z) makes a picture of it.

// By its power series, whose terms have one sign, so that no digit is lost.
function erf(x) {
  if (Math.abs(x) > 6) return Math.sign(x);
  let sum = x;
  for (let k = 1, term = x; Math.abs(term) > 1e-17; k++) sum += term *= 2 * x * x / (2 * k + 1);
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

const BENDS = {
  relu: leaky(0), leaky_relu: leaky(0.2), gelu: v => v / 2 * (1 + erf(v / Math.SQRT2)), tanh: Math.tanh,
};
const ENDS = { sigmoid, tanh: v => (Math.tanh(v) + 1) / 2, none: v => Math.min(1, Math.max(0, v)) };

// The decoder's layers; the codes, d numbers each; their classes, if they have any.
export function decode(model) {
  const layers = perceptron(model, BENDS[model.get("activation")], ENDS[model.get("output")]);
  const d = model.get("widths")[0], numbers = floatsOf(model.get("codes"));
  const codes = Array.from({ length: numbers.length / d }, (_, i) => [...numbers.subarray(d * i, d * (i + 1))]);
  return { layers, codes, labels: bytesOf(model.get("labels")) };
}

const STYLE = `
  .course-decoder { max-width: 674px; }
  .course-decoder .codes { flex: 372 1 300px; max-width: 372px; }
  .course-decoder .result { flex: 280 1 200px; max-width: 280px; }
  .course-decoder .title { margin-bottom: 2px; }
  .course-decoder .codes .title { padding-left: 12%; }
  .course-decoder .plane { width: 100%; background: white; cursor: crosshair; }
  .course-decoder .picture { width: 100%; margin-top: 10px; image-rendering: pixelated; outline: 1px solid #999; }
  .course-decoder output { display: block; margin-top: 6px; }
  .course-decoder label { display: flex; gap: 8px; align-items: center; }
  .course-decoder label[hidden] { display: none; }
  .course-decoder button { min-width: 84px; }
  .course-decoder input[type=range] { width: 150px; }
`;
const PLANE = 320, LEFT = 44, PICTURE = 280, WALK = 3000;
const named = k => `z${[...String(k + 1)].map(digit => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("")}`;

function render({ model, el, signal }) {
  const { layers, codes, labels } = decode(model), side = Math.sqrt(layers.at(-1).b.length);
  const colours = model.get("colours"), medians = Object.entries(model.get("medians")), limits = model.get("limits");
  const units = limits.map(([low, high]) => 10 ** Math.floor(Math.log10((high - low) / 2)));
  const digits = units.map(unit => Math.max(0, 2 - Math.round(Math.log10(unit))));
  const mean = limits.map((_, k) => codes.reduce((sum, code) => sum + code[k], 0) / codes.length);
  const change = changes(model);

  const root = rootOf("decoder", model, STYLE);
  const canvas = make("canvas", { className: "plane", tabIndex: 0 }, { role: "application" });
  const picture = make("canvas", { className: "picture", width: side, height: side }, {
    role: "img", "aria-label": `picture of ${side} by ${side} pixels that the decoder makes of z`,
    style: `max-width: ${side * Math.max(1, Math.floor(PICTURE / side))}px`,
  });
  const readout = make("output", {}, { "aria-live": "off" });
  const box = className => make("div", { className }), title = textContent => make("div", { className: "title", textContent });
  const views = box("views"), left = box("codes"), right = box("result"), buttons = box("row"), row = box("row");
  const nearest = make("button", { type: "button", textContent: "Nearest code" });
  const walk = make("button", { type: "button", textContent: "Walk" });
  buttons.append(nearest, walk);
  left.append(title("codes z"), canvas);
  right.append(title("picture g(z)"), picture, ...(limits.length > 4 ? [] : [readout]), buttons);
  views.append(left, right);
  root.append(views, ...(limits.length > 2 ? [row] : []));
  if (limits.length > 4) root.append(readout);
  root.append(keyHelp("plane of the codes", ["← ↑ ↓ →", "move z"], ["Shift", "five times as far"],
    ["Home", "to their mean"]));

  const selects = ["across", "up"].map((name, axis) => {
    const select = make("select");
    limits.forEach((_, k) => select.append(make("option", { textContent: named(k), value: String(k) })));
    select.onchange = () => { // what was chosen for the other axis changes places
      const pair = model.get("plane"), k = +select.value, other = pair[1 - axis] === k ? pair[axis] : pair[1 - axis];
      change("plane", axis ? [other, k] : [k, other]);
    };
    row.append(labelled(name, select));
    return select;
  });
  const sliders = limits.length > 4 ? [] : limits.map(([min, max], k) => {
    const slider = make("input", { type: "range", min, max, step: units[k] / 100 });
    slider.oninput = () => place({ [k]: +slider.value });
    row.append(labelled(named(k), slider));
    return slider;
  });
  keepKeys(canvas, ...selects, ...sliders);
  el.replaceChildren(root);

  const pen = canvas.getContext("2d", { willReadFrequently: true }), screen = picture.getContext("2d");
  const image = screen.createImageData(side, side), pixels = new Uint32Array(image.data.buffer);
  let z = [...model.get("z")], across, up, view, still, loop = null;

  function lay() {
    [across, up] = model.get("plane");
    const names = [named(across), named(up)];
    view = plane(canvas, PLANE, LEFT, limits[across], limits[up], names);
    view.draw((pen, right, above) => {
      codes.forEach((code, i) => {
        pen.fillStyle = colours[labels[i]] ?? BLUE;
        pen.beginPath();
        pen.arc(right(code[across]), above(code[up]), 2, 0, 2 * Math.PI);
        pen.fill();
      });
      Object.assign(pen, { font: "bold 19px system-ui, sans-serif", textAlign: "center", textBaseline: "middle" });
      Object.assign(pen, { strokeStyle: "white", fillStyle: "#222", lineWidth: 5, lineJoin: "round" });
      for (const write of ["strokeText", "fillText"]) // no digit under the edge of another
        for (const [digit, median] of medians) pen[write](digit, right(median[across]), above(median[up]));
    });
    still = pen.getImageData(0, 0, canvas.width, canvas.height);
    canvas.setAttribute("aria-label", `codes, ${names[0]} across and ${names[1]} up: arrow keys move z, `
      + "with shift faster, home brings it to the mean of the codes");
    selects.forEach((select, axis) => { select.value = [across, up][axis]; });
    sliders.forEach((slider, k) => { slider.parentElement.hidden = k === across || k === up; });
    draw();
  }

  function draw() {
    pen.putImageData(still, 0, 0);
    view.mark([z[across], z[up]], 9);
    forward(layers, z).forEach((v, k) => { pixels[k] = 0xff000000 | (Math.round(255 * v) * 0x010101); });
    screen.putImageData(image, 0, 0);
    readout.textContent = `z = ${tuple(z, digits)}`;
    sliders.forEach((slider, k) => { slider.value = z[k]; });
  }

  function halt() {
    cancelAnimationFrame(loop);
    loop = null;
    walk.textContent = "Walk";
  }

  function show(code) {
    halt();
    z = [...code];
    draw();
  }

  function turn(code) {
    show(code);
    change("z", z);
  }

  // Some numbers of z anew, within the axes and with as many digits as are shown.
  const place = anew => turn(z.map((v, k) => k in anew
    ? +Math.min(limits[k][1], Math.max(limits[k][0], anew[k])).toFixed(digits[k]) : v));

  steer(canvas, event => {
    const [i, j] = view.at(event);
    place({ [across]: i, [up]: j });
  }, way => {
    const k = way?.[0] ? across : up;
    if (way) place({ [k]: z[k] + (way[0] + way[1]) * units[k] / 20 });
    else turn(mean);
  });

  nearest.onclick = () => {
    const far = code => [across, up].reduce((sum, k) => sum + ((code[k] - z[k]) / (limits[k][1] - limits[k][0])) ** 2, 0);
    turn(codes.reduce((best, code) => far(code) < far(best) ? code : best));
  };

  walk.onclick = () => {
    const others = codes.filter(code => code.some((v, k) => v !== z[k]));
    if (loop || !others.length) return rest();
    const from = z, to = others[Math.floor(Math.random() * others.length)], start = performance.now();
    const move = now => {
      const way = Math.max(0, (now - start) / WALK);
      if (way >= 1) return turn(to);
      z = from.map((v, k) => v + way * (to[k] - v));
      draw();
      loop = requestAnimationFrame(move);
    };
    loop = requestAnimationFrame(move);
    walk.textContent = "Stop";
  };

  const rest = () => { if (loop) turn(z); };
  const follow = () => { if (model.get("z").some((v, k) => v !== z[k])) show(model.get("z")); };
  lay();
  return attend(model, signal, root, { z: follow, plane: lay }, rest, halt);
}

export default { render };
