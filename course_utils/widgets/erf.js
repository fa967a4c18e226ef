// The error function, for `decoder` and `ways`: by its power series, whose terms have one sign, so that no digit is lost.

/** @param {number} x */
export function erf(x) {
  if (Math.abs(x) > 6) return Math.sign(x);
  let sum = x;
  for (let k = 1, term = x; Math.abs(term) > 1e-17; k++) sum += term *= (2 * x * x) / (2 * k + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
