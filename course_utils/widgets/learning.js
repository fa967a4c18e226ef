// Perceptrons that learn, for the trainer: sums of products in WebAssembly, slopes backwards, and Adam.
//
// Not on WebGPU: a step of nets so small takes about 1 ms here. There it would be some thirty kernels that wait for each
// other, and a loss that has to come back, and to start them costs as a rule as much as the whole step.

/** @typedef {Float32Array<ArrayBuffer>} Floats */

// learning.wat in bytes, as a test makes sure; it adds four products at a time.
export const KERNEL =
  "AGFzbQEAAAABDgFgCn9/f39/f39/f38AAhABBHBhZ2UGbWVtb3J5AgABAwIBAAcLAQdwcm9kdWN0AAAKjgIBiwICBX8FeyAIQQJ0IQoDQEEAIQsD" +
  "QCAAIQwgBCALaiENIA39AAQAIRAgDf0ABBAhESAN/QAEICESIA39AAQwIRMgAyALaiENIAkhDgNAIAz9CQIAIQ8gECAPIA39AAQA/eYB/eQBIRAg" +
  "ESAPIA39AAQQ/eYB/eQBIREgEiAPIA39AAQg/eYB/eQBIRIgEyAPIA39AAQw/eYB/eQBIRMgDCACaiEMIA0gCmohDSAOQQFrIg4NAAsgBiALaiEN" +
  "IA0gEP0LBAAgDSAR/QsEECANIBL9CwQgIA0gE/0LBDAgC0HAAGohCyALIApJDQALIAAgAWohACAEIAVqIQQgBiAKaiEGIAdBAWsiBw0ACws=";
const LANES = 16; // columns that the kernel does at a time
const SLOPE = 0.2; // of LeakyReLU below 0

// Memory for so many numbers, and the product of matrices in it.
/** @param {number} numbers */
export function roomFor(numbers) {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(numbers / 16384) + 1 });
  const bytes = Uint8Array.from(atob(KERNEL), c => c.charCodeAt(0));
  const simd = WebAssembly.validate(bytes);
  const kernel = simd && new WebAssembly.Instance(new WebAssembly.Module(bytes), { page: { memory } }).exports.product;
  let next = 0;

  /** @type {(n: number) => Floats} */
  function floats(n) {
    next += 4 * n;
    return new Float32Array(/** @type {ArrayBuffer} */ (memory.buffer), next - 4 * n, n);
  }

  const zeros = floats(256);

  // C = start + A B, where A has so many rows and C so many columns. A may be stored turned, its columns as rows;
  // `start` is a row that each row of C begins with, or C itself, to add to it.
  /**
   * @param {Floats} A @param {Floats} B @param {Floats} C @param {number[]} shape
   * @param {{ turned?: boolean, start?: Floats }} [how]
   */
  function product(A, B, C, [rows, depth, columns], { turned = false, start = zeros } = {}) {
    const [down, across] = turned ? [1, rows] : [depth, 1];
    const below = start === C ? columns : 0;
    if (kernel && columns % LANES === 0) {
      const [a, b, s, c] = [A, B, start, C].map(array => array.byteOffset);
      /** @type {Function} */ (kernel)(a, 4 * down, 4 * across, b, s, 4 * below, c, rows, columns, depth);
      return;
    }
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        let sum = start[i * below + j];
        for (let k = 0; k < depth; k++) sum += A[i * down + k * across] * B[k * columns + j];
        C[i * columns + j] = sum;
      }
  }

  return { floats, product };
}

/** @typedef {ReturnType<typeof roomFor>} Room */

// How many numbers a perceptron of these widths has.
/** @type {(widths: number[]) => number} */
export const sizeOf = widths => widths.slice(1).reduce((sum, outs, l) => sum + (widths[l] + 1) * outs, 0);

// The layers of a perceptron: views of its weights and of the slopes of the loss in them, each W (in, out) before its b,
// and places for at most so many rows of what they give and of slopes.
/** @type {(floats: (n: number) => Floats, widths: number[], rows: number, weights: Floats, slopes: Floats) => any[]} */
function linearLayers(floats, widths, rows, weights, slopes) {
  let at = 0;
  return widths.slice(1).map((outs, l) => {
    const ins = widths[l];
    const middle = at + ins * outs;
    const end = middle + outs;
    const [W, dW] = [weights, slopes].map(all => all.subarray(at, middle));
    const [b, db] = [weights, slopes].map(all => all.subarray(middle, end));
    const [y, dx, u, turned] = [rows * outs, rows * ins, rows * ins, ins * outs].map(floats);
    at = end;
    return { ins, outs, W, b, dW, db, x: y, y, dx, u, turned };
  });
}

// Bends numbers where `by` is not positive.
/** @type {(values: Floats, by: Floats, n: number) => void} */
function bend(values, by, n) {
  for (let k = 0; k < n; k++) if (by[k] <= 0) values[k] *= SLOPE;
}

// Linear layers x W + b of these widths with LeakyReLU in between, for at most so many rows x at once.
/** @type {(room: Room, widths: number[], rows: number, weights: Floats, slopes?: Floats) => any} */
export function perceptron({ floats, product }, widths, rows, weights, slopes = weights) {
  const ones = floats(rows).fill(1);
  const given = floats(rows * widths[0]);
  const layers = linearLayers(floats, widths, rows, weights, slopes);

  /** @type {(x: Floats, n: number) => Floats} */
  function forward(x, n) {
    given.set(x.subarray(0, n * widths[0]));
    x = given;
    layers.forEach((layer, l) => {
      const { ins, outs, W, b, y } = layer;
      layer.x = x;
      product(x, W, y, [n, ins, outs], { start: b });
      if (l + 1 < layers.length) bend(y, y, n * outs);
      x = y;
    });
    return x;
  }

  // From the slope d of a layer's sums to that of what it was given.
  /** @type {(l: number, d: Floats, n: number) => Floats} */
  function through(l, d, n) {
    const { ins, outs, W, x, dx, turned } = layers[l];
    for (let i = 0; i < ins; i++) for (let j = 0; j < outs; j++) turned[j * ins + i] = W[i * outs + j];
    product(d, turned, dx, [n, outs, ins]);
    if (l > 0) bend(dx, x, n * ins);
    return dx;
  }

  // From the slope of the loss in what `forward` gave to its slopes in all weights.
  /** @type {(d: Floats, n: number) => void} */
  function backward(d, n) {
    for (let l = layers.length - 1; l >= 0; l--) {
      const { ins, outs, dW, db, x } = layers[l];
      product(x, d, dW, [ins, n, outs], { turned: true });
      product(ones, d, db, [1, n, outs]);
      if (l > 0) d = through(l, d, n);
    }
  }

  // ... and to its slope in x.
  /** @type {(d: Floats, n: number) => Floats} */
  function inputSlope(d, n) {
    for (let l = layers.length - 1; l >= 0; l--) d = through(l, d, n);
    return d;
  }

  // Adds the slopes of the penalty R1, gamma / 2 times the mean of |dD/dx|^2 over the first n rows of x. The slope dD/dx
  // is a product of the layers' W, turned, and of what bends do; u is the slope of the penalty in each of its factors.
  /** @type {(gamma: number, n: number) => void} */
  function addPenalty(gamma, n) {
    const slope = inputSlope(ones, n);
    let { u } = layers[0];
    for (let k = 0; k < n * layers[0].ins; k++) u[k] = (gamma * slope[k]) / n;
    layers.forEach(({ ins, outs, W, dW }, l) => {
      const next = layers[l + 1];
      product(u, next?.dx ?? ones, dW, [ins, n, outs], { turned: true, start: dW });
      if (!next) return;
      product(u, W, next.u, [n, ins, outs]);
      bend(next.u, next.x, n * outs);
      ({ u } = next);
    });
  }

  return { forward, backward, inputSlope, addPenalty };
}

// Adam moves weights against slopes, at a rate that each step is given.
/** @type {(weights: Floats, slopes: Floats, betas: number[]) => (rate: number) => void} */
export function adam(weights, slopes, [beta1, beta2]) {
  const m = new Float32Array(weights.length);
  const v = new Float32Array(weights.length);
  let [power1, power2] = [1, 1];
  return rate => {
    power1 *= beta1;
    power2 *= beta2;
    const far = rate / (1 - power1);
    for (let k = 0; k < weights.length; k++) {
      const slope = slopes[k];
      m[k] += (1 - beta1) * (slope - m[k]);
      v[k] += (1 - beta2) * (slope * slope - v[k]);
      weights[k] -= (far * m[k]) / (Math.sqrt(v[k] / (1 - power2)) + 1e-8);
    }
  };
}
