// Four families that learn points x in [-2, 2]^2: GAN (lesson 02), VAE (06), flow matching (11) and drifting (12).
//
// Each gets its points and all its noise from outside, so that it makes the same steps as the PyTorch of the lessons.

import { PLACES, arrows, codeLines } from "./fields.js";
import { adam, perceptron, roomFor, sizeOf } from "./learning.js";
import { decoderLoss, discriminatorLoss, driftingLoss, encoderLoss, generatorLoss, matchingLoss } from "./losses.js";

/** @typedef {import("./learning.js").Floats} Floats */
/** @typedef {{ rate: number, x: Floats, z: Floats, t: Floats }} Batch */
/**
 * What a family is. In a step, each point comes with so many numbers of noise z; a sample is made of `latents` such
 * numbers for each point. `weights` are those that learn, `average` is what samples are made with. `field` is what may
 * be drawn behind the points, in [-2, 2]^2; it needs room for 700 points, and 100 in a batch, and a step that was made.
 * @typedef {{ noise: number, latents: number, weights: Floats[], average: Floats[], learn: (batch: Batch) => number,
 *   sample: (z: Floats, points: Floats) => void, field: () => import("./fields.js").Field }} Family
 */

export const GAMMA = 0.048; // weight of R1 in the GAN: 0.003 of lesson 02, in a square of four times the side
export const TAU = 0.2; // how far points see in drifting
export const CALLS = 20; // steps along the velocity, to draw from flow matching
const SHARE = 0.01; // of the way to the new weights that their average goes in a step; more at first, as in lesson 02
const ROOM = 6e6; // numbers

// A place for the network of a family: perceptrons by name, one to learn with `rows` points, one of the averages of its
// weights to draw `shown` points with. Weights start within 1 / sqrt(in), as in lesson 02.
/** @type {(rows: number, shown: number, uniform: () => number) => any} */
function nursery(rows, shown, uniform) {
  const room = roomFor(ROOM);
  /** @type {Floats[]} */
  const weights = [];
  /** @type {Floats[]} */
  const average = [];

  // `more` numbers that are no layer's come after the layers.
  /** @type {(sizes: number[][], betas: number[], more?: number) => any} */
  function learner(sizes, betas, more = 0) {
    const n = sizes.reduce((sum, widths) => sum + sizeOf(widths), more);
    const [now, slopes, mean] = [0, 1, 2].map(() => room.floats(n));
    let at = 0;
    const nets = sizes.map(widths => {
      const [w, d, m] = [now, slopes, mean].map(all => all.subarray(at, at + sizeOf(widths)));
      start(w, widths, uniform);
      at += sizeOf(widths);
      return { ...perceptron(room, widths, rows, w, d), draw: perceptron(room, widths, shown, m).forward };
    });
    mean.set(now);
    let steps = 0;
    const step = adam(now, slopes, betas);
    weights.push(now);
    average.push(mean);
    function move(/** @type {number} */ rate) {
      step(rate);
      const share = Math.max(SHARE, 9 / (steps++ + 10));
      for (let k = 0; k < n; k++) mean[k] += share * (now[k] - mean[k]);
    }
    return { nets, now, slopes, mean, move };
  }

  return { floats: room.floats, learner, weights, average };
}

/** @type {(weights: Floats, widths: number[], uniform: () => number) => void} */
function start(weights, widths, uniform) {
  let at = 0;
  widths.slice(1).forEach((outs, l) => {
    const reach = widths[l] ** -0.5;
    for (const end = at + (widths[l] + 1) * outs; at < end; at++) weights[at] = reach * (2 * uniform() - 1);
  });
}

// D learns to tell x from G(z); then G learns, from other noise, to make D say "real".
/** @type {(width: number, n: number, shown: number, uniform: () => number) => Family} */
export function gan(width, n, shown, uniform) {
  const { floats, learner, weights, average } = nursery(2 * n, shown, uniform);
  const g = learner([[4, width, width, 2]], [0, 0.9]);
  const d = learner([[2, width, width, 1]], [0, 0.9]);
  const [G] = g.nets;
  const [D] = d.nets;
  const points = floats(4 * n);
  const slope = floats(2 * n);
  const ones = floats(2 * n).fill(1);
  return {
    noise: 8,
    latents: 4,
    weights,
    average,
    learn({ rate, x, z }) {
      points.set(x);
      points.set(G.forward(z, n).subarray(0, 2 * n), 2 * n);
      const loss = discriminatorLoss(D.forward(points, 2 * n), n, slope);
      D.backward(slope, 2 * n);
      D.addPenalty(GAMMA, n);
      d.move(rate);
      generatorLoss(D.forward(G.forward(z.subarray(4 * n), n), n), n, slope);
      G.backward(D.inputSlope(slope, n), n);
      g.move(rate);
      return loss;
    },
    sample: (z, points) => points.set(G.draw(z, shown)),
    // The slope of D, which G follows.
    field() {
      D.forward(PLACES, PLACES.length / 2);
      return arrows(D.inputSlope(ones, PLACES.length / 2), 0.6);
    },
  };
}

// x is encoded to N(mu, exp(logvar)), and a draw z of it decoded to N(x_hat, s^2); the loss is KL - log p(x | z).
/** @type {(width: number, n: number, shown: number, uniform: () => number) => Family} */
export function vae(width, n, shown, uniform) {
  const { floats, learner, weights, average } = nursery(n, shown, uniform);
  const widths = [
    [2, width, width, 4],
    [2, width, width, 2],
  ];
  const { nets, now, slopes, mean, move } = learner(widths, [0.9, 0.999], 1);
  const [encoder, decoder] = nets;
  const last = now.length - 1; // log s
  now[last] = mean[last] = -1;
  const [z, code, slope] = [2 * n, 4 * n, 2 * n].map(floats);
  const drawn = floats(2 * shown);
  return {
    noise: 2,
    latents: 4,
    weights,
    average,
    learn({ rate, x, z: eps }) {
      const q = encoder.forward(x, n);
      for (let k = 0; k < 2 * n; k++) {
        const i = 2 * k - (k % 2); // of mu; logvar is two places on
        z[k] = q[i] + Math.exp(q[i + 2] / 2) * eps[k];
      }
      const [error, slope_s] = decoderLoss(decoder.forward(z, n), x, n, now[last], slope);
      decoder.backward(slope, n);
      slopes[last] = slope_s;
      const loss = error + encoderLoss(q, eps, decoder.inputSlope(slope, n), n, code);
      encoder.backward(code, n);
      move(rate);
      return loss;
    },
    sample(z, points) {
      for (let k = 0; k < 2 * shown; k++) drawn[k] = z[k];
      const x_hat = decoder.draw(drawn, shown);
      for (let k = 0; k < 2 * shown; k++) points[k] = x_hat[k] + Math.exp(mean[last]) * z[2 * shown + k];
    },
    // Where codes are decoded to.
    field() {
      const { lines, each } = codeLines;
      return { lines: decoder.draw(lines, lines.length / 2).slice(0, lines.length), each };
    },
  };
}

// The network learns the mean velocity x - z of the straight lines from noise z to data x, at a place and time.
/** @type {(width: number, n: number, shown: number, uniform: () => number) => Family} */
export function matching(width, n, shown, uniform) {
  const { floats, learner, weights, average } = nursery(n, shown, uniform);
  const { nets, move } = learner([[3, width, width, 2]], [0.9, 0.999]);
  const [v] = nets;
  const given = floats(3 * Math.max(n, shown));
  const slope = floats(2 * n);

  // Gives the network these points, all at one time.
  /** @type {(points: Floats, t: number, count: number) => void} */
  function at(points, t, count) {
    for (let i = 0; i < count; i++) {
      for (const k of [0, 1]) given[3 * i + k] = points[2 * i + k];
      given[3 * i + 2] = t;
    }
  }

  return {
    noise: 2,
    latents: 2,
    weights,
    average,
    learn({ rate, x, z, t }) {
      for (let i = 0; i < n; i++) {
        for (const k of [0, 1]) given[3 * i + k] = (1 - t[i]) * z[2 * i + k] + t[i] * x[2 * i + k];
        given[3 * i + 2] = t[i];
      }
      const loss = matchingLoss(v.forward(given, n), x, z, n, slope);
      v.backward(slope, n);
      move(rate);
      return loss;
    },
    sample(z, points) {
      points.set(z);
      for (let call = 0; call < CALLS; call++) {
        at(points, call / CALLS, shown);
        const velocity = v.draw(given, shown);
        for (let k = 0; k < 2 * shown; k++) points[k] += velocity[k] / CALLS;
      }
    },
    // The velocity halfway, at t = 1/2.
    field() {
      at(PLACES, 0.5, PLACES.length / 2);
      return arrows(v.draw(given, PLACES.length / 2), 0.1);
    },
  };
}

// For each point of x the mean of n points y, weighted by exp(-|x - y|^2 / 2 tau^2); `blind`: point i of x does not see
// point i of y. The nearest has weight 1, so that far away nothing is 0 / 0.
/** @type {(x: Floats, y: Floats, blind: boolean, means: Float64Array, squares: Float64Array) => void} */
function near(x, y, blind, means, squares) {
  const n = squares.length;
  for (let i = 0; 2 * i < means.length; i++) {
    const a = x[2 * i];
    const b = x[2 * i + 1];
    for (let j = 0; j < n; j++) squares[j] = (a - y[2 * j]) * (a - y[2 * j]) + (b - y[2 * j + 1]) * (b - y[2 * j + 1]);
    if (blind) squares[i] = Infinity;
    let least = Infinity;
    for (let j = 0; j < n; j++) if (squares[j] < least) least = squares[j];
    let sum = 0;
    let right = 0;
    let up = 0;
    for (let j = 0; j < n; j++) {
      if (squares[j] - least > 40 * TAU * TAU) continue; // a weight under 3e-9
      const k = Math.exp((least - squares[j]) / (2 * TAU * TAU));
      sum += k;
      right += k * y[2 * j];
      up += k * y[2 * j + 1];
    }
    means[2 * i] = right / sum;
    means[2 * i + 1] = up / sum;
  }
}

// Generated points q = G(z) are asked to move by V: to the true points near them, away from the generated ones.
/** @type {(width: number, n: number, shown: number, uniform: () => number) => Family} */
export function drifting(width, n, shown, uniform) {
  const { floats, learner, weights, average } = nursery(n, shown, uniform);
  const { nets, move } = learner([[8, width, width, 2]], [0.9, 0.999]);
  const [G] = nets;
  const slope = floats(2 * n);
  const [to, away, squares] = [2 * n, 2 * n, n].map(k => new Float64Array(k));
  const [towards, apart] = [0, 1].map(() => new Float64Array(PLACES.length));
  const [true_points, generated] = [0, 1].map(() => floats(2 * n));
  return {
    noise: 8,
    latents: 8,
    weights,
    average,
    learn({ rate, x, z }) {
      const q = G.forward(z, n);
      near(q, x, false, to, squares);
      near(q, q, true, away, squares);
      const loss = driftingLoss(to, away, n, slope);
      true_points.set(x);
      generated.set(q.subarray(0, 2 * n));
      G.backward(slope, n);
      move(rate);
      return loss;
    },
    sample: (z, points) => points.set(G.draw(z, shown)),
    // V of the last step.
    field() {
      near(PLACES, true_points, false, towards, squares);
      near(PLACES, generated, false, apart, squares);
      return arrows(
        towards.map((v, k) => v - apart[k]),
        1,
      );
    },
  };
}
