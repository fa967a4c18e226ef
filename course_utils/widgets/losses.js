// The losses of the trainer's families, as they are shown in it: each returns the loss, a mean over n points, and fills in
// its slope in what a network gave.

/** @typedef {Float32Array<ArrayBuffer>} Floats */

const softplus = (/** @type {number} */ l) => Math.max(l, 0) + Math.log1p(Math.exp(-Math.abs(l)));
const sigmoid = (/** @type {number} */ l) => 1 / (1 + Math.exp(-l));

// D's logits at n true points, and then at n generated ones.
/** @type {(logits: Floats, n: number, slope: Floats) => number} */
export function discriminatorLoss(logits, n, slope) {
  let loss = 0;
  for (let i = 0; i < 2 * n; i++) {
    const sign = i < n ? -1 : 1; // true points should have a large logit
    loss += softplus(sign * logits[i]) / n;
    slope[i] = (sign * sigmoid(sign * logits[i])) / n;
  }
  return loss;
}

// D's logits at n generated points.
/** @type {(logits: Floats, n: number, slope: Floats) => number} */
export function generatorLoss(logits, n, slope) {
  let loss = 0;
  for (let i = 0; i < n; i++) {
    loss += softplus(-logits[i]) / n;
    slope[i] = -sigmoid(-logits[i]) / n;
  }
  return loss;
}

// -log N(x; x_hat, s^2), and its slope in log s, which comes second.
/** @type {(x_hat: Floats, x: Floats, n: number, log_s: number, slope: Floats) => number[]} */
export function decoderLoss(x_hat, x, n, log_s, slope) {
  let squares = 0;
  for (let k = 0; k < 2 * n; k++) {
    const error = (x_hat[k] - x[k]) / Math.exp(log_s);
    squares += error ** 2 / n;
    slope[k] = error / Math.exp(log_s) / n;
  }
  return [squares / 2 + 2 * log_s + Math.log(2 * Math.PI), 2 - squares];
}

// KL of N(mu, exp(logvar)) from N(0, I); q holds mu and then logvar of each point. The code is z = mu + exp(logvar / 2)
// eps, and the decoder's slope dz in it goes on to mu and logvar.
/** @type {(q: Floats, eps: Floats, dz: Floats, n: number, slope: Floats) => number} */
export function encoderLoss(q, eps, dz, n, slope) {
  let loss = 0;
  for (let k = 0; k < 2 * n; k++) {
    const i = 2 * k - (k % 2);
    const [mu, logvar] = [q[i], q[i + 2]];
    loss += (mu ** 2 + Math.exp(logvar) - 1 - logvar) / 2 / n;
    slope[i] = dz[k] + mu / n;
    slope[i + 2] = (dz[k] * eps[k] * Math.exp(logvar / 2)) / 2 + (Math.exp(logvar) - 1) / 2 / n;
  }
  return loss;
}

// |v(x_t, t) - (x - z)|^2
/** @type {(v: Floats, x: Floats, z: Floats, n: number, slope: Floats) => number} */
export function matchingLoss(v, x, z, n, slope) {
  let loss = 0;
  for (let k = 0; k < 2 * n; k++) {
    const error = v[k] - (x[k] - z[k]);
    loss += error ** 2 / (2 * n);
    slope[k] = error / n;
  }
  return loss;
}

// |q - target|^2, where the target is q + V, and does not move with q: V leads to true points, and away from generated ones.
/** @type {(to: Float64Array, away: Float64Array, n: number, slope: Floats) => number} */
export function driftingLoss(to, away, n, slope) {
  let loss = 0;
  for (let k = 0; k < 2 * n; k++) {
    const V = to[k] - away[k];
    loss += V ** 2 / (2 * n);
    slope[k] = -V / n;
  }
  return loss;
}
