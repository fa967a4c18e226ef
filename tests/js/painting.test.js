// The painter's mathematics: sampling, brush, pictures, marginals; and undo, which it shares with the completer.

import assert from "node:assert/strict";
import { test } from "node:test";

import { mulberry32 } from "../../course_utils/widgets/completer.js";
import { remembered } from "../../course_utils/widgets/memory.js";
import * as painting from "../../course_utils/widgets/painting.js";

const close = (a, b, within = 1e-12) => assert.ok(Math.abs(a - b) <= within, `${a} is not ${b}`);

test("an empty canvas gives no table", () => {
  assert.equal(painting.aliasTable([0, 0, 0, 0]), null);
});

test("an alias table keeps the weights", () => {
  const weights = Uint8Array.from({ length: 300 }, (_, k) => (k % 7 === 0 ? 0 : (k * k) % 251));
  const { keep, alias } = painting.aliasTable(weights);
  const total = weights.reduce((sum, w) => sum + w, 0);
  const mass = Float64Array.from(keep);
  alias.forEach((k, from) => (mass[k] += 1 - keep[from]));
  mass.forEach((m, k) => close(m / weights.length, weights[k] / total));
});

test("points lie in the pixels that are drawn, row 0 on top, with their class", () => {
  const pixels = new Uint8Array(2 * 16); // two layers of 4 x 4
  pixels[1] = 100; // first row, second column
  pixels[16 + 14] = 200; // last row, third column
  const points = new Float32Array(3 * 3000);
  const numbers = mulberry32(1, 20000);
  let at = 0;
  painting.sample(painting.aliasTable(pixels), 4, points, 0, 3000, () => numbers[at++]);
  const counts = [0, 0];
  for (let i = 0; i < points.length; i += 3) {
    const [x, y, layer] = points.subarray(i, i + 3);
    counts[layer]++;
    const [left, bottom] = layer ? [0.5, 0] : [0.25, 0.75];
    assert.ok(x >= left && x <= left + 0.25 && y >= bottom && y <= bottom + 0.25);
  }
  close(counts[1] / 3000, 2 / 3, 0.04);
});

for (const [steps, most, expected] of [
  ["ab", 9, "ab"],
  ["abbc", 9, "babc"],
  ["abcdef", 3, "edcdef"],
  ["aaaa", 9, ""],
]) {
  test(`steps back and forward through ${steps}, at most ${most}`, () => {
    // Each change is one step, one that changes nothing is none, and the oldest are forgotten.
    const past = remembered([], most);
    const [first, ...others] = [...steps].map(v => Uint8Array.of(v.charCodeAt(0)));
    let now = first;
    let seen = "";
    for (const next of others) {
      past.keep(now);
      now = next;
    }
    while (past.canUndo(now)) seen += String.fromCharCode((now = past.undo(now))[0]);
    while (past.canRedo()) seen += String.fromCharCode((now = past.redo(now))[0]);
    assert.equal(seen, expected);
  });
}

test("after a change the way forward is forgotten", () => {
  const past = remembered([], 9);
  past.keep([1]);
  assert.deepEqual(past.undo([2]), [1]);
  assert.ok(past.canRedo());
  past.keep([1]);
  assert.ok(!past.canRedo());
});

test("layers add up to white at most, and an eraser takes from all", () => {
  const pixels = Uint8Array.of(200, 55); // one pixel, two layers
  painting.put(pixels, 1, 1, 0, 100);
  assert.deepEqual([...pixels], [155, 100]);
  painting.put(pixels, 1, null, 0, 200);
  assert.deepEqual([...pixels], [55, 0]);
});

test("a stroke leaves no gap, and a rim of half a pixel", () => {
  const pixels = new Uint8Array(32 * 32);
  painting.stroke(pixels, 32, 0, { x: 4.5, y: 16.5 }, { x: 28.5, y: 16.5 }, 3);
  for (let x = 4; x <= 28; x++) assert.equal(pixels[16 * 32 + x], 255);
  assert.equal(pixels[19 * 32 + 16], Math.round(255 * 0.5)); // three pixels from the middle
  assert.equal(pixels[20 * 32 + 16], 0);
  painting.stroke(pixels, 32, null, { x: 16.5, y: 16.5 }, { x: 16.5, y: 16.5 }, 30);
  assert.ok(!pixels.some(Boolean));
});

test("marginals and histograms are densities", () => {
  const pixels = Uint8Array.of(0, 30, 0, 10); // right column, three quarters of it on top
  const { p_x, p_y } = painting.marginals(pixels, 2);
  assert.deepEqual([...p_x], [0, 2]);
  assert.deepEqual([...p_y], [0.5, 1.5]);
  assert.deepEqual([...painting.histogram([0, 0.1, 0.6, 1], 2)], [1, 1]);
});

test("a picture of another shape keeps its aspect, and its brightest pixel is white", () => {
  const grey = Float64Array.of(0, 50, 100, 50); // four pixels wide, one high
  const [layer] = painting.layersOf(grey, 4, 4, 1);
  assert.deepEqual([...layer.slice(8, 12)], [0, 128, 255, 128]); // in the middle
  assert.equal(layer.filter(Boolean).length, 3);
  assert.equal(painting.layersOf(new Float64Array(9), 3, 4, 1), null); // all black
});

test("a picture three times as wide as high holds three layers, as it is", () => {
  const grey = Float64Array.from({ length: 12 }, (_, k) => 10 * k);
  const layers = painting.layersOf(grey, 6, 2, 3);
  assert.deepEqual(
    layers.map(layer => [...layer]),
    [
      [0, 10, 60, 70],
      [20, 30, 80, 90],
      [40, 50, 100, 110],
    ],
  );
  assert.deepEqual([...painting.stacked([Uint8Array.of(200), Uint8Array.of(100)])], [170, 85]);
});

test("grey is what the eye makes of red, green and blue", () => {
  const [white, green] = painting.greyOf([255, 255, 255, 255, 0, 255, 0, 255]);
  close(white, 255, 1e-9);
  close(green, 0.7154 * 255, 1e-9);
});
