// One point of noise under the hand: its path along a velocity, and where up to four maps of one call send it.

import {
  ORANGE,
  attend,
  box,
  bytesOf,
  changes,
  clamp,
  frames,
  keyHelp,
  make,
  readout,
  rootOf,
  stage,
  steer,
  tuple,
} from "./base.js";
import { greys, plane } from "./axes.js";
import { forward, identity, leaky, perceptron } from "./perceptron.js";

// The networks, the velocity first: what they are called, their layers, and how their inputs become waves.
export function decode(model) {
  const { buffer, byteOffset } = model.get("weights");
  let at = byteOffset;
  return model.get("nets").map(net => {
    const { widths } = net;
    const count = widths.slice(1).reduce((sum, outs, l) => sum + outs * (widths[l] + 1), 0);
    const part = { widths, weights: new DataView(buffer, at, 4 * count) };
    at += 4 * count;
    return { ...net, layers: perceptron({ get: name => part[name] }, leaky(0.2), identity) };
  });
}

// Numbers, then the sines and then the cosines of these in some octaves.
export function waves(x, unit, octaves) {
  const angles = x.flatMap(v => Array.from({ length: octaves }, (_, k) => v * unit * 2 ** k));
  return [...x, ...angles.map(Math.sin), ...angles.map(Math.cos)];
}

// What a network makes of a point at some times.
function answer({ layers, octaves, ticks }, x, times) {
  return [
    ...forward(layers, [...waves(x, Math.PI / 4, octaves), ...times.flatMap(t => waves([t], 2 * Math.PI, ticks))]),
  ];
}

// Where a map sends the noise z: what a network with times says is added to it.
export function image(net, z) {
  const x = answer(net, z, net.times);
  return net.times.length ? x.map((v, axis) => v + z[axis]) : x;
}

// The places of the noise z along a velocity, by Euler's steps.
export function path(net, z, calls) {
  const places = [z];
  for (let k = 0; k < calls; k++) {
    const v = answer(net, places[k], [k / calls]);
    places.push(places[k].map((x, axis) => x + v[axis] / calls));
  }
  return places;
}

const STYLE = `
  .course-maps { max-width: 720px; }
  .course-maps .view { flex: 384 1 280px; max-width: 384px; }
  .course-maps canvas { width: 100%; background: white; cursor: crosshair; }
  .course-maps output { flex: 1 1 260px; max-width: 310px; }
  .course-maps output div { display: flex; align-items: center; gap: 7px; min-height: 32px; }
  .course-maps output span { flex: none; border-radius: 11px; }
`;
const SIDE = 342; // of the plane, in pixels
const LEFT = 34;
const REACH = 3; // of the plane
const DATA = 2; // of the picture
const STEP = 0.05;
const WAY = "#666";

// The picture on the plane, the darker, the more probable.
function ground(model) {
  const bytes = bytesOf(model.get("picture"));
  return greys(
    bytes.map(v => 255 - 0.4 * v),
    Math.round(Math.sqrt(bytes.length)),
  );
}

// A line of the text: a disc or a stroke as in the plane, and words.
function line(colour, wide, high, words) {
  const sign = make("span");
  Object.assign(sign.style, {
    background: colour,
    width: `${wide}px`,
    height: `${high}px`,
    margin: `0 ${11 - wide / 2}px`,
  });
  return box("", sign, words);
}

/** @param {import("./base.js").Place} place */
function render(place) {
  const { model, el } = place;
  const [velocity, ...maps] = decode(model);
  const calls = model.get("calls");
  const looks = model.get("looks");
  const under = ground(model);
  const change = changes(model);

  const root = rootOf("maps", model, el, STYLE);
  const name = "noise, its path, and its images: arrow keys move the noise, with shift faster, home brings it back";
  const canvas = stage("plane", name);
  const view = plane(canvas, SIDE, LEFT, [-REACH, REACH], [-REACH, REACH], ["x", "y"]);
  const words = readout();
  const keys = [
    ["← ↑ ↓ →", "move the noise"],
    ["Shift", "five times as far"],
    ["Home", "back to the start"],
  ];
  root.append(box("views", box("view", canvas), words), keyHelp("plane", ...keys));

  function draw() {
    const z = model.get("z");
    const places = path(velocity, z, calls);
    const ends = maps.map(net => image(net, z));
    const { right, up } = view;
    view.draw(pen => {
      pen.drawImage(under, right(-DATA), up(DATA), right(DATA) - right(-DATA), up(-DATA) - up(DATA));
      Object.assign(pen, { strokeStyle: WAY, lineWidth: 2 });
      pen.beginPath();
      for (const [x, y] of places) pen.lineTo(right(x), up(y));
      pen.stroke();
      ends.forEach(([x, y], k) => view.dot(x, y, looks[k][1], looks[k][0], "white"));
    });
    view.mark(z, 7);
    words.replaceChildren(
      line(ORANGE, 14, 14, `noise ${tuple(z)}`),
      line(WAY, 20, 3, `path, ${calls} calls ${tuple(places[calls])}`),
      ...ends.map((x, k) => line(looks[k][0], 2 * looks[k][1], 2 * looks[k][1], `${maps[k].name} ${tuple(x)}`)),
    );
    return false;
  }

  const motion = frames(draw);
  const move = z =>
    change(
      "z",
      z.map(v => Math.round(100 * clamp(v, -REACH, REACH)) / 100),
    );
  const step = way => move(way ? model.get("z").map((v, axis) => v + STEP * way[axis]) : model.get("home"));
  steer(canvas, event => move(view.at(event)), step);
  draw();
  return attend(place, root, { z: motion.start }, () => {}, motion.stop);
}

export default { render };
