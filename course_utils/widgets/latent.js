// Drag a point through the latent plane; a generator G(z, c) takes it and a cloud to the unit square.

import {
  BLUE,
  SKY,
  attend,
  box,
  bytesOf,
  changes,
  choice,
  clamp,
  floatsOf,
  frames,
  keyHelp,
  labelled,
  make,
  picture,
  readout,
  rootOf,
  slider,
  stage,
  steer,
  tuple,
} from "./base.js";
import { forward, identity, leaky, perceptron, sigmoid } from "./perceptron.js";
import { greys, plane } from "./axes.js";

// The generator's layers; cloud; ground.
export function decode(model) {
  const layers = perceptron(model, leaky(model.get("slope")), model.get("logistic") ? sigmoid : identity);
  return { layers, cloud: floatsOf(model.get("cloud")), ground: bytesOf(model.get("picture")) };
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
  .course-latent .mix { flex: 1 0 150px; }
  .course-latent .mix input { flex: 1; }
  .course-latent select { max-width: 170px; }
  .course-latent output span { display: inline-block; margin-right: 16px; }
`;
const SIDE = 342; // of a plane, in pixels
const LEFT = 34;
const REACH = 3; // of the latent plane
const STEP = 0.05;

// Draws points, x and y in turn, over a ground that fills the unit square.
const dots =
  ({ right, up }, points, colour, ground) =>
  pen => {
    pen.imageSmoothingEnabled = false;
    if (ground) pen.drawImage(ground, right(0), up(1), right(1) - right(0), up(0) - up(1));
    pen.fillStyle = colour;
    for (let i = 0; i < points.length; i += 2) pen.fillRect(right(points[i]) - 1, up(points[i + 1]) - 1, 2, 2);
  };

// The two planes, each under its title.
function planes(root, name) {
  const latent = stage(
    "latent",
    "latent plane, z₁ and z₂ from −3 to 3: arrow keys move z, with shift faster, home brings it back to (0, 0)",
  );
  const words = "unit square with the generated points, and the point that the chosen z becomes";
  const generated = picture("generated", words);
  const view = (title, canvas) => box("view", box("title", title), canvas);
  root.append(box("views", view("latent points z", latent), view(`generated points ${name}`, generated)));
  const reach = [-REACH, REACH];
  return {
    latent,
    left: plane(latent, SIDE, LEFT, reach, reach, ["z₁", "z₂"]),
    right: plane(generated, SIDE, LEFT, [0, 1], [0, 1], ["x", "y"]),
  };
}

// Two classes and how much of each; without classes there is nothing to mix.
function mixer(root, model, change) {
  const classes = model.get("classes");
  const select = trait => choice(classes, value => change(trait, Number(value)));
  const from = select("source");
  const to = select("target");
  const mix = slider(0, 1, 0.01, v => change("mix", v));
  const label = labelled("mix", mix);
  label.className = "mix";
  if (classes.length) root.append(box("row", labelled("from", from), label, labelled("to", to)));
  return () => {
    from.value = model.get("source");
    to.value = model.get("target");
    mix.value = model.get("mix");
  };
}

/** @param {import("./base.js").Place} place */
function render(place) {
  const { model, el } = place;
  const { layers, cloud, ground } = decode(model);
  const classes = model.get("classes");
  const cells = model.get("cells");
  const under = cells ? greys(ground, cells) : null;
  const change = changes(model);

  const root = rootOf("latent", model, el, STYLE);
  const name = classes.length ? "G(z, c)" : "G(z)";
  const { latent, left, right } = planes(root, name);
  const showMix = mixer(root, model, change);
  const words = readout();
  const keys = [
    ["← ↑ ↓ →", "move z"],
    ["Shift", "five times as far"],
    ["Home", "to (0, 0)"],
  ];
  root.append(words, keyHelp("latent plane", ...keys));

  /** @type {ArrayLike<number>} */
  let points = []; // under the condition that is shown
  let shown = "none";

  function draw() {
    const z = model.get("z");
    const c = condition(classes.length, model.get("source"), model.get("target"), model.get("mix"));
    const x_hat = [...forward(layers, z, c)];
    if (String(c) !== shown) points = forward(layers, cloud, c);
    shown = String(c);
    left.draw(dots(left, cloud, BLUE));
    left.mark(z, 9);
    right.draw(dots(right, points, under ? SKY : BLUE, under));
    right.mark(x_hat, 7);
    showMix();
    const parts = [`z = ${tuple(z)}`, ...(classes.length ? [`c = ${tuple(c)}`] : []), `${name} = ${tuple(x_hat)}`];
    words.replaceChildren(...parts.flatMap(textContent => [make("span", { textContent }), " "]));
    return false;
  }

  const motion = frames(draw);
  const round = v => Math.round(100 * clamp(v, -REACH, REACH)) / 100;
  const move = z => change("z", z.map(round));
  const step = way => move(way ? model.get("z").map((v, i) => v + STEP * way[i]) : [0, 0]);
  steer(latent, event => move(left.at(event)), step);

  draw();
  const traits = { z: motion.start, source: motion.start, target: motion.start, mix: motion.start };
  return attend(place, root, traits, () => {}, motion.stop);
}

export default { render };
