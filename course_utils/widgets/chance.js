// Random numbers from a seed, for the trainer: uniform ones, and Gaussian ones.

// Mulberry32: each call gives the next number of [0, 1).
/** @type {(seed: number) => () => number} */
export function uniformFrom(seed) {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Fills an array with draws of N(0, 1), two at a time (Box and Muller, 1958).
/** @type {(values: Float32Array, uniform: () => number) => Float32Array} */
export function gaussian(values, uniform) {
  for (let k = 0; k < values.length; k += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    values[k] = radius * Math.cos(angle);
    values[k + 1] = radius * Math.sin(angle);
  }
  return values;
}
