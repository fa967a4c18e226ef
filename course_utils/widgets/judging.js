// How far generated points are from a picture, as course_utils/metrics.py measures it: SW and coverage.

// Mean over equally spaced directions of the 1-Wasserstein distance of the projected points; x and y are as many points,
// two numbers each.
/** @type {(x: Float32Array, y: Float32Array, directions?: number) => number} */
export function slicedWasserstein(x, y, directions = 64) {
  const n = x.length / 2;
  const a = new Float32Array(n);
  const b = new Float32Array(n);
  let sum = 0;
  for (let d = 0; d < directions; d++) {
    const cos = Math.cos((Math.PI * d) / directions);
    const sin = Math.sin((Math.PI * d) / directions);
    for (let i = 0; i < n; i++) {
      a[i] = cos * x[2 * i] + sin * x[2 * i + 1];
      b[i] = cos * y[2 * i] + sin * y[2 * i + 1];
    }
    a.sort();
    b.sort();
    for (let i = 0; i < n; i++) sum += Math.abs(a[i] - b[i]);
  }
  return sum / (n * directions);
}

// The probability of each cell of a k x k grid under a picture of side x side pixels, k a divisor of side; row 0 of the
// picture is on top, that of the cells at the bottom.
/** @type {(pixels: ArrayLike<number>, side: number, k: number) => Float64Array} */
export function cellMass(pixels, side, k) {
  const mass = new Float64Array(k * k);
  let total = 0;
  for (let p = 0; p < side * side; p++) {
    const row = side - 1 - Math.floor(p / side);
    mass[Math.floor((row * k) / side) * k + Math.floor(((p % side) * k) / side)] += pixels[p];
    total += pixels[p];
  }
  return mass.map(m => m / total);
}

// The share of the largest cells, which together hold 99% of the mass, that get at least half their due of the points.
/** @type {(points: Float32Array, mass: Float64Array) => number} */
export function coverage(points, mass) {
  const k = Math.sqrt(mass.length);
  const n = points.length / 2;
  const counts = new Uint32Array(mass.length);
  for (let i = 0; i < 2 * n; i += 2) {
    const [x, y] = [points[i], points[i + 1]];
    if (x >= 0 && x < 1 && y >= 0 && y < 1) counts[Math.floor(y * k) * k + Math.floor(x * k)]++;
  }
  const falling = mass.toSorted().reverse();
  let held = 0;
  const level = falling.find(m => (held += m) >= 0.99) ?? 0;
  const largest = [...mass.keys()].filter(cell => mass[cell] >= level);
  return largest.filter(cell => counts[cell] >= (n * mass[cell]) / 2).length / largest.length;
}
