// Drag a point through the latent plane; a generator G(z, c) takes it and a cloud to the unit square.

// The generator's layers, each W turned to (out, in) so that a sum runs along memory; cloud; picture.
export function decode(model) {
  const widths = model.get("widths"), weights = floatsOf(model.get("weights")), layers = [];
  for (let l = 0, at = 0; l + 1 < widths.length; l++) {
    const [ins, outs] = widths.slice(l), W = new Float64Array(ins * outs);
    for (let i = 0; i < ins; i++)
      for (let j = 0; j < outs; j++) W[j * ins + i] = weights[at++];
    layers.push({ W, b: Float64Array.from(weights.subarray(at, at + outs)), slope: model.get("slope") });
    at += outs;
  }
  layers.at(-1).slope = 1; // none after the last
  layers.logistic = model.get("logistic");
  return { layers, cloud: floatsOf(model.get("cloud")), picture: bytesOf(model.get("picture")) };
}

// One layer for four points, whose numbers lie side by side: number i of point p is x[4 i + p].
function apply({ W, b, slope }, x, y) {
  const end = 4 * W.length / b.length, bend = v => v > 0 ? v : slope * v;
  for (let j = 0, k = 0; j < b.length; j++) {
    let s0 = b[j], s1 = s0, s2 = s0, s3 = s0;
    for (let i = 0; i < end; i += 4) {
      const w = W[k++];
      s0 += w * x[i];
      s1 += w * x[i + 1];
      s2 += w * x[i + 2];
      s3 += w * x[i + 3];
    }
    y[4 * j] = bend(s0);
    y[4 * j + 1] = bend(s1);
    y[4 * j + 2] = bend(s2);
    y[4 * j + 3] = bend(s3);
  }
}

// Generated points (x, y pairs) for latent points (pairs), all under one condition c.
export function forward(layers, z, c) {
  const n = z.length / 2, out = new Float64Array(z.length);
  const most = 4 * Math.max(2 + c.length, ...layers.map(({ b }) => b.length));
  let x = new Float64Array(most), y = new Float64Array(most);
  for (let first = 0; first < n; first += 4) {
    const points = Math.min(4, n - first);
    for (let p = 0; p < points; p++) {
      x[p] = z[2 * (first + p)];
      x[4 + p] = z[2 * (first + p) + 1];
    }
    c.forEach((v, k) => x.fill(v, 8 + 4 * k, 12 + 4 * k));
    for (const layer of layers) {
      apply(layer, x, y);
      [x, y] = [y, x];
    }
    const end = layers.logistic ? v => 1 / (1 + Math.exp(-v)) : v => v;
    for (let p = 0; p < points; p++) {
      out[2 * (first + p)] = end(x[p]);
      out[2 * (first + p) + 1] = end(x[4 + p]);
    }
  }
  return out;
}

// The condition on the way from one class to another.
export function condition(k, source, target, mix) {
  return Array.from({ length: k }, (_, i) => (i === source ? 1 - mix : 0) + (i === target ? mix : 0));
}

const STYLE = `
  .course-latent { font: 16px/1.4 system-ui, sans-serif; color: #222; width: 784px; }
  .course-latent .views { display: flex; gap: 16px; }
  .course-latent .title { padding-left: 34px; margin-bottom: 2px; }
  .course-latent canvas { display: block; width: 384px; height: 380px; }
  .course-latent .latent { cursor: crosshair; touch-action: none; }
  .course-latent .latent:focus-visible { outline: 2px solid #222; }
  .course-latent .row { display: flex; gap: 20px; align-items: center; margin: 8px 8px 0 34px; }
  .course-latent label { display: flex; gap: 8px; align-items: center; }
  .course-latent .mix, .course-latent input { flex: 1; min-width: 60px; }
  .course-latent select { font: inherit; padding: 4px 8px; max-width: 170px; }
  .course-latent output { font-variant-numeric: tabular-nums; display: block; margin: 8px 0 0 34px; }
  .course-latent output span { display: inline-block; margin-right: 16px; }
`;
const WIDE = 384, HIGH = 380, LEFT = 34, TOP = 8, SIDE = 342; // of a canvas, and of the plane in it
const REACH = 3, STEP = 0.05;
const BLUE = "#0072B2", ORANGE = "#D55E00", SKY = "#56B4E9";

// A canvas with a plane from `low` to `high` on both axes; a line frames the square between the two ticks.
function plane(canvas, low, high, ticks, names, ratio) {
  Object.assign(canvas, { width: WIDE * ratio, height: HIGH * ratio });
  const pen = canvas.getContext("2d"), unit = SIDE / (high - low);
  pen.scale(ratio, ratio);
  const right = v => LEFT + (v - low) * unit, up = v => TOP + SIDE - (v - low) * unit;

  function frame() {
    pen.strokeStyle = "#999";
    pen.strokeRect(LEFT, TOP, SIDE, SIDE);
    const [from, to] = ticks, between = (from + to) / 2, length = (to - from) * unit;
    pen.strokeRect(right(from), up(to), length, length);
    pen.fillStyle = "#222";
    const text = (words, x, y, align, base, size = 15) => {
      Object.assign(pen, { font: `${size}px system-ui, sans-serif`, textAlign: align, textBaseline: base });
      pen.fillText(words, x, y);
    };
    for (const v of ticks) {
      const words = String(v).replace("-", "−");
      text(words, right(v), TOP + SIDE + 7, v === high ? "right" : "center", "top");
      text(words, LEFT - 7, up(v), "right", v === high ? "top" : v === low ? "bottom" : "middle");
    }
    text(names[0], right(between), TOP + SIDE + 5, "center", "top", 18);
    text(names[1], LEFT - 7, up(between), "right", "middle", 18);
  }

  function draw(ground, points, colour) {
    pen.clearRect(0, 0, WIDE, HIGH);
    pen.fillStyle = "white";
    pen.fillRect(LEFT, TOP, SIDE, SIDE);
    if (ground) {
      pen.imageSmoothingEnabled = false;
      pen.drawImage(ground, right(0), up(1), unit, unit);
    }
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, TOP, SIDE, SIDE);
    pen.clip();
    pen.fillStyle = colour;
    for (let i = 0; i < points.length; i += 2) pen.fillRect(right(points[i]) - 1, up(points[i + 1]) - 1, 2, 2);
    pen.restore();
    frame();
  }

  // A disc, or a ring at the edge where the point lies outside.
  function mark([x, y], radius) {
    const within = v => Math.min(high, Math.max(low, v)), inside = within(x) === x && within(y) === y;
    pen.beginPath();
    pen.arc(right(within(x)), up(within(y)), radius, 0, 2 * Math.PI);
    pen.fillStyle = inside ? ORANGE : "white";
    pen.strokeStyle = inside ? "white" : ORANGE;
    pen.lineWidth = 2;
    pen.fill();
    pen.stroke();
    pen.lineWidth = 1;
  }

  function at(event) {
    const box = canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) * WIDE / box.width, y = (event.clientY - box.top) * HIGH / box.height;
    return [low + (x - LEFT) / unit, low + (TOP + SIDE - y) / unit];
  }

  return { draw, mark, at };
}

function greys(pixels, n) {
  const canvas = make("canvas", { width: n, height: n }), pen = canvas.getContext("2d");
  const image = pen.createImageData(n, n), picture = new Uint32Array(image.data.buffer);
  for (let k = 0; k < n * n; k++) {
    const row = n - 1 - Math.floor(k / n);
    picture[k] = 0xff000000 | (pixels[row * n + k % n] * 0x010101);
  }
  pen.putImageData(image, 0, 0);
  return canvas;
}

function render({ model, el, signal }) {
  const { layers, cloud, picture } = decode(model);
  const classes = model.get("classes"), cells = model.get("cells");
  const ground = cells ? greys(picture, cells) : null, ratio = Math.max(2, window.devicePixelRatio || 1);

  const root = make("div", { className: "course-latent" }, { role: "group", "aria-label": model.get("alt") });
  const latent = make("canvas", { className: "latent", tabIndex: 0 }, {
    role: "application",
    "aria-label": "latent plane, z₁ and z₂ from −3 to 3: arrow keys move z, with shift faster, "
      + "home brings it back to (0, 0)",
  });
  const generated = make("canvas", { className: "generated" }, {
    role: "img",
    "aria-label": "unit square with the generated points, and the point that the chosen z becomes",
  });
  const name = classes.length ? "G(z, c)" : "G(z)";
  const views = make("div", { className: "views" });
  for (const [title, canvas] of [["latent points z", latent], [`generated points ${name}`, generated]]) {
    const view = make("div");
    view.append(make("div", { className: "title", textContent: title }), canvas);
    views.append(view);
  }
  const readout = make("output", {}, { "aria-live": "off" });
  root.append(make("style", { textContent: STYLE }), views);

  const select = trait => {
    const control = make("select");
    classes.forEach((name, i) => control.append(make("option", { textContent: name, value: String(i) })));
    control.onchange = () => change(trait, +control.value);
    return control;
  };
  const from = select("source"), to = select("target");
  const slider = make("input", { type: "range", min: 0, max: 1, step: 0.01 });
  slider.oninput = () => change("mix", +slider.value);
  keepKeys(latent, from, to, slider);
  if (classes.length) {
    const row = make("div", { className: "row" });
    row.append(labelled("from", from), labelled("mix", slider, "mix"), labelled("to", to));
    root.append(row);
  }
  root.append(readout);
  el.replaceChildren(root);

  const left = plane(latent, -REACH, REACH, [-REACH, REACH], ["z₁", "z₂"], ratio);
  const right = plane(generated, 0, 1, [0, 1], ["x", "y"], ratio);
  let points = null, shown = null, loop = null;

  function draw() {
    loop = null;
    const z = model.get("z"), source = model.get("source"), target = model.get("target"), mix = model.get("mix");
    const c = condition(classes.length, source, target, mix), x_hat = [...forward(layers, z, c)];
    if (String(c) !== shown) {
      points = forward(layers, cloud, c);
      shown = String(c);
    }
    left.draw(null, cloud, BLUE);
    left.mark(z, 9);
    right.draw(ground, points, ground ? SKY : BLUE);
    right.mark(x_hat, 7);
    from.value = source;
    to.value = target;
    slider.value = mix;
    const parts = [`z = ${tuple(z)}`, ...(classes.length ? [`c = ${tuple(c)}`] : []), `${name} = ${tuple(x_hat)}`];
    readout.replaceChildren(...parts.flatMap(textContent => [make("span", { textContent }), " "]));
  }

  const request = () => { loop ??= requestAnimationFrame(draw); };

  function change(trait, value) {
    model.set(trait, value);
    model.save_changes();
  }

  const round = v => Math.round(100 * Math.min(REACH, Math.max(-REACH, v))) / 100;
  const move = z => change("z", z.map(round));
  const step = way => move(way ? model.get("z").map((v, i) => v + STEP * way[i]) : [0, 0]);
  steer(latent, event => move(left.at(event)), step);

  const traits = ["z", "source", "target", "mix"].map(name => `change:${name}`);
  for (const event of traits) model.on(event, request);
  const end = () => {
    cancelAnimationFrame(loop);
    for (const event of traits) model.off(event, request);
  };
  signal?.addEventListener("abort", end);
  draw();
  return end;
}

export default { render };
