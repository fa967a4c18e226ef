// Drag a point through the latent plane; a generator G(z, c) takes it and a cloud to the unit square.

// The generator's layers; cloud; picture.
export function decode(model) {
  const layers = perceptron(model, leaky(model.get("slope")), model.get("logistic") ? sigmoid : identity);
  return { layers, cloud: floatsOf(model.get("cloud")), picture: bytesOf(model.get("picture")) };
}

// The condition on the way from one class to another.
export function condition(k, source, target, mix) {
  return Array.from({ length: k }, (_, i) => (i === source ? 1 - mix : 0) + (i === target ? mix : 0));
}

const STYLE = `
  .course-latent { max-width: 790px; }
  .course-latent .view { flex: 1 1 330px; max-width: 384px; }
  .course-latent .title { padding-left: 9%; margin-bottom: 2px; }
  .course-latent canvas { width: 100%; background: white; }
  .course-latent .latent { cursor: crosshair; }
  .course-latent label { display: flex; gap: 8px; align-items: center; }
  .course-latent .mix { flex: 1 0 150px; }
  .course-latent .mix input { flex: 1; }
  .course-latent select { max-width: 170px; }
  .course-latent output { display: block; margin-top: 8px; }
  .course-latent output span { display: inline-block; margin-right: 16px; }
`;
const SIDE = 342, LEFT = 34, REACH = 3, STEP = 0.05, SKY = "#56B4E9";

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

// Draws points, x and y in turn, over a ground that fills the unit square.
const dots = (points, colour, ground = null) => (pen, right, up) => {
  pen.imageSmoothingEnabled = false;
  if (ground) pen.drawImage(ground, right(0), up(1), right(1) - right(0), up(0) - up(1));
  pen.fillStyle = colour;
  for (let i = 0; i < points.length; i += 2) pen.fillRect(right(points[i]) - 1, up(points[i + 1]) - 1, 2, 2);
};

function render({ model, el, signal }) {
  const { layers, cloud, picture } = decode(model);
  const classes = model.get("classes"), cells = model.get("cells");
  const ground = cells ? greys(picture, cells) : null, change = changes(model);

  const root = rootOf("latent", model, STYLE);
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
    const view = make("div", { className: "view" });
    view.append(make("div", { className: "title", textContent: title }), canvas);
    views.append(view);
  }
  const readout = make("output", {}, { "aria-live": "off" });
  root.append(views);

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
  root.append(readout, keyHelp("latent plane", ["← ↑ ↓ →", "move z"], ["Shift", "five times as far"],
    ["Home", "to (0, 0)"]));
  el.replaceChildren(root);

  const reach = [-REACH, REACH], left = plane(latent, SIDE, LEFT, reach, reach, ["z₁", "z₂"]);
  const right = plane(generated, SIDE, LEFT, [0, 1], [0, 1], ["x", "y"]);
  let points = null, shown = null, loop = null;

  function draw() {
    loop = null;
    const z = model.get("z"), source = model.get("source"), target = model.get("target"), mix = model.get("mix");
    const c = condition(classes.length, source, target, mix), x_hat = [...forward(layers, z, c)];
    if (String(c) !== shown) {
      points = forward(layers, cloud, c);
      shown = String(c);
    }
    left.draw(dots(cloud, BLUE));
    left.mark(z, 9);
    right.draw(dots(points, ground ? SKY : BLUE, ground));
    right.mark(x_hat, 7);
    from.value = source;
    to.value = target;
    slider.value = mix;
    const parts = [`z = ${tuple(z)}`, ...(classes.length ? [`c = ${tuple(c)}`] : []), `${name} = ${tuple(x_hat)}`];
    readout.replaceChildren(...parts.flatMap(textContent => [make("span", { textContent }), " "]));
  }

  const request = () => { loop ??= requestAnimationFrame(draw); };

  const round = v => Math.round(100 * Math.min(REACH, Math.max(-REACH, v))) / 100;
  const move = z => change("z", z.map(round));
  const step = way => move(way ? model.get("z").map((v, i) => v + STEP * way[i]) : [0, 0]);
  steer(latent, event => move(left.at(event)), step);

  draw();
  const traits = { z: request, source: request, target: request, mix: request };
  return attend(model, signal, root, traits, () => {}, () => cancelAnimationFrame(loop));
}

export default { render };
