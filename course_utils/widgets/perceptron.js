// The perceptron of `latent`, `decoder`, `completer` and `maps`.

import { floatsOf } from "./base.js";

/** @typedef {(v: number) => number} Bend */
/** @typedef {{ W: Float64Array, b: Float64Array, bend: Bend }} Layer */

/** @type {Bend} */
export const sigmoid = v => 1 / (1 + Math.exp(-v));
/** @type {Bend} */
export const identity = v => v;
/** @type {(slope: number) => Bend} */
export const leaky = slope => v => (v > 0 ? v : slope * v);

// The layers of a perceptron, each W turned to (out, in) so that a sum runs along memory, and the function that
// follows it: `bend`, or `end` after the last.
/** @type {(model: Pick<import("./base.js").Model, "get">, bend: Bend, end: Bend) => Layer[]} */
export function perceptron(model, bend, end) {
  const widths = model.get("widths");
  const weights = floatsOf(model.get("weights"));
  const layers = [];
  for (let l = 0, at = 0; l + 1 < widths.length; l++) {
    const [ins, outs] = widths.slice(l);
    const W = new Float64Array(ins * outs);
    for (let i = 0; i < ins; i++) for (let j = 0; j < outs; j++) W[j * ins + i] = weights[at++];
    const b = Float64Array.from(weights.subarray(at, (at += outs)));
    layers.push({ W, b, bend: l + 2 < widths.length ? bend : end });
  }
  return layers;
}

// One layer for four points, whose numbers lie side by side: number i of point p is x[4 i + p].
/** @type {(layer: Layer, x: Float64Array, y: Float64Array) => void} */
export function apply({ W, b, bend }, x, y) {
  const end = (4 * W.length) / b.length;
  for (let j = 0, k = 0; j < b.length; j++) {
    let s0 = b[j];
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
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

// What the perceptron makes of codes z, one behind the other, all under one condition c.
/** @type {(layers: Layer[], z: ArrayLike<number>, c?: number[]) => Float64Array} */
export function forward(layers, z, c = []) {
  const widths = layers.map(({ b }) => b.length);
  const ins = layers[0].W.length / widths[0];
  const outs = widths[widths.length - 1];
  const d = ins - c.length;
  const n = z.length / d;
  const out = new Float64Array(n * outs);
  const most = 4 * Math.max(ins, ...widths);
  let x = new Float64Array(most);
  let y = new Float64Array(most);
  for (let first = 0; first < n; first += 4) {
    const points = Math.min(4, n - first);
    for (let p = 0; p < points; p++) for (let i = 0; i < d; i++) x[4 * i + p] = z[d * (first + p) + i];
    c.forEach((v, k) => x.fill(v, 4 * (d + k), 4 * (d + k + 1)));
    for (const layer of layers) {
      apply(layer, x, y);
      [x, y] = [y, x];
    }
    for (let p = 0; p < points; p++) for (let i = 0; i < outs; i++) out[outs * (first + p) + i] = x[4 * i + p];
  }
  return out;
}
