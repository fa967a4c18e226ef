// What the trainer draws behind a family's points: arrows that say where points are to go, and a grid of codes.

/** @typedef {import("./learning.js").Floats} Floats */
/** @typedef {{ lines: Float32Array, each: number }} Field lines of so many points each, x and y of each point */

const ACROSS = 14; // arrows along each side
const LONGEST = 0.25; // that an arrow is drawn
const BARB = 0.4; // of an arrow's length
const CODES = 11; // lines of the grid each way, from -2 to 2
const BENDS = 31; // points of such a line

// The places of the arrows: centres of the cells of [-2, 2]^2.
export const PLACES = Float32Array.from({ length: 2 * ACROSS ** 2 }, (_, k) => {
  const cell = k % 2 ? Math.floor(k / 2 / ACROSS) : (k >> 1) % ACROSS;
  return (4 * (cell + 0.5)) / ACROSS - 2;
});

// An arrow from each place along its vector, so many times as long. It is a line that goes from foot to tip, and to the
// end of either barb by way of the tip.
/** @type {(vectors: ArrayLike<number>, scale: number) => Field} */
export function arrows(vectors, scale) {
  const lines = new Float32Array(5 * PLACES.length);
  for (let k = 0; k < PLACES.length; k += 2) {
    const far = scale * Math.hypot(vectors[k], vectors[k + 1]);
    const shown = far > LONGEST ? (scale * LONGEST) / far : scale;
    const [a, b] = [shown * vectors[k], shown * vectors[k + 1]];
    const [x, y] = [PLACES[k] + a, PLACES[k + 1] + b];
    const barbs = [
      x - BARB * (a + b / 2),
      y - BARB * (b - a / 2),
      x,
      y,
      x - BARB * (a - b / 2),
      y - BARB * (b + a / 2),
    ];
    lines.set([PLACES[k], PLACES[k + 1], x, y, ...barbs], 5 * k);
  }
  return { lines, each: 5 };
}

// Codes on lines of [-2, 2]^2, first those to the right and then those upward.
export const codeLines = { lines: linesOfCodes(), each: BENDS };

function linesOfCodes() {
  const codes = [];
  for (const turned of [false, true])
    for (let line = 0; line < CODES; line++)
      for (let k = 0; k < BENDS; k++) {
        const z = [(4 * k) / (BENDS - 1) - 2, (4 * line) / (CODES - 1) - 2];
        codes.push(...(turned ? z.reverse() : z));
      }
  return Float32Array.from(codes);
}
