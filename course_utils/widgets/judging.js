// How far generated points are from a picture, as course_utils/metrics.py measures it: SW and coverage.

// The projections of points, two numbers each, on equally spaced directions, one after the other and each sorted.
/** @type {(points: Float32Array, directions: number) => Float32Array} */
function sortedProjections(points, directions) {
  const n = points.length / 2;
  const all = new Float32Array(n * directions);
  for (let d = 0; d < directions; d++) {
    const cos = Math.cos((Math.PI * d) / directions);
    const sin = Math.sin((Math.PI * d) / directions);
    const own = all.subarray(d * n, (d + 1) * n);
    for (let i = 0; i < n; i++) own[i] = cos * points[2 * i] + sin * points[2 * i + 1];
    own.sort();
  }
  return all;
}

// What measures the sliced Wasserstein distance of as many points from these: the mean over the directions of the
// 1-Wasserstein distance of the projections.
/** @type {(truth: Float32Array, directions?: number) => (points: Float32Array) => number} */
export function distanceFrom(truth, directions = 64) {
  const a = sortedProjections(truth, directions);
  return points => {
    const b = sortedProjections(points, directions);
    return a.reduce((sum, v, k) => sum + Math.abs(v - b[k]), 0) / a.length;
  };
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
