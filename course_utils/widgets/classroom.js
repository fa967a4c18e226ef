// The Worker of the trainer: families learn a picture in turn, each for as long as the others, and show what they can.

import { gaussian, uniformFrom } from "./chance.js";
import { drifting, gan, matching, vae } from "./families.js";
import { cellMass, coverage, distanceFrom } from "./judging.js";
import { aliasTable, sample } from "./painting.js";

/** @typedef {{ pixels: Uint8Array, side: number, names: string[], width: number, rate: number, seed: number }} Task */

const FAMILIES = { gan, vae, matching, drifting };
const BATCH = 256;
const SHOWN = 2000; // points
const CELLS = 32; // along each side, for coverage
const SLICE = 40; // ms, after which the Worker listens
const LEAST = 250; // ms between two shows, at least
const EASE = 3; // times as long as a show takes, at least

// True points of a picture, x and y in [0, 1] of each; `reach` is 0 for these, or they are stretched to [-reach, reach].
/** @type {(table: any, side: number, uniform: () => number, reach: number) => (points: Float32Array) => Float32Array} */
function truePoints(table, side, uniform, reach) {
  return points => {
    const n = points.length / 2;
    const drawn = new Float32Array(3 * n);
    sample(table, side, drawn, 0, n, uniform);
    for (let k = 0; k < 2 * n; k++) {
      const v = drawn[3 * (k >> 1) + (k % 2)];
      points[k] = reach ? reach * (2 * v - 1) : v;
    }
    return points;
  };
}

// A family that learns batches of the picture. Its own seed makes its weights and batches; the latents of what it shows
// stay the same, so that one can see them move.
/** @type {(name: string, task: Task, table: any) => any} */
function pupil(name, { side, width, seed }, table) {
  const uniform = uniformFrom(1000 * seed + 1);
  const family = FAMILIES[name](width, BATCH, SHOWN, uniform);
  const latents = gaussian(new Float32Array(SHOWN * family.latents), uniformFrom(seed));
  const [x, z, t, points] = [2, family.noise, 1]
    .map(k => new Float32Array(BATCH * k))
    .concat(new Float32Array(2 * SHOWN));
  const draw = truePoints(table, side, uniform, 2);
  const self = { name, steps: 0, spent: 0, loss: NaN, learn, show };
  const inSquare = (/** @type {Float32Array} */ values) => values.map(v => (v + 2) / 4);

  /** @param {number} rate */
  function learn(rate) {
    const before = performance.now();
    draw(x);
    gaussian(z, uniform);
    for (let i = 0; i < BATCH; i++) t[i] = uniform();
    self.loss = family.learn({ rate, x, z, t });
    self.steps++;
    self.spent += performance.now() - before;
  }

  // Points of the unit square, and after a step the lines of the field behind them.
  function show() {
    family.sample(latents, points);
    const { lines, each } = self.steps ? family.field() : { lines: new Float32Array(), each: 1 };
    return { points: inSquare(points), lines: inSquare(lines), each };
  }

  return self;
}

// Those who learn one picture, and the true points that they are measured against.
/** @type {(task: Task, post: (message: any) => void) => any} */
function lesson(task, post) {
  const table = aliasTable(task.pixels);
  const pupils = task.names.map(name => pupil(name, task, table));
  const far = distanceFrom(truePoints(table, task.side, uniformFrom(task.seed + 1), 0)(new Float32Array(2 * SHOWN)));
  const mass = cellMass(task.pixels, task.side, CELLS);

  // One step of whoever has learnt least.
  /** @param {number} rate */
  function step(rate) {
    pupils.reduce((least, one) => (one.spent < least.spent ? one : least)).learn(rate);
  }

  function show() {
    const moment = pupils.map(({ name, steps, loss, show }) => {
      const shown = show();
      const [SW, covered] = [1000 * far(shown.points), coverage(shown.points, mass)];
      return { name, steps, loss, ...shown, SW, coverage: covered };
    });
    post({ moment });
  }

  return { step, show, together: (/** @type {number} */ rate) => pupils.forEach(one => one.learn(rate)) };
}

// Does what the page asks for: { begin: task }, { rate }, { go: true or false } and { step: true }, one step of each.
/** @param {any} worker */
export function serve(worker) {
  /** @type {any} */
  let now = null;
  let rate = 0;
  let going = false;
  let due = 0;
  const post = (/** @type {any} */ message) => worker.postMessage(message);

  function show() {
    const before = performance.now();
    now.show();
    const after = performance.now();
    due = after + Math.max(LEAST, EASE * (after - before));
  }

  function turn() {
    if (!going) return;
    const end = performance.now() + SLICE;
    while (performance.now() < end) now.step(rate);
    if (performance.now() > due) show();
    setTimeout(turn);
  }

  worker.onmessage = (/** @type {MessageEvent} */ { data }) => {
    if (data.begin) {
      ({ rate } = data.begin);
      now = lesson(data.begin, post);
      show();
    }
    rate = data.rate ?? rate;
    if (data.step) now.together(rate);
    const was = going;
    going = data.go ?? going;
    if (going && !was) turn();
    if (data.step || (was && !going)) show();
  };
}
