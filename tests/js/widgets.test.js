// The mathematics of each widget, against values that are known without them.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as completer from "../../course_utils/widgets/completer.js";
import * as decoder from "../../course_utils/widgets/decoder.js";
import * as drifter from "../../course_utils/widgets/drifter.js";
import { erf } from "../../course_utils/widgets/erf.js";
import * as filters from "../../course_utils/widgets/filters.js";
import * as gallery from "../../course_utils/widgets/gallery.js";
import { condition } from "../../course_utils/widgets/latent.js";
import * as maps from "../../course_utils/widgets/maps.js";
import { words } from "../../course_utils/widgets/painter.js";
import { forward, identity, leaky, perceptron, sigmoid } from "../../course_utils/widgets/perceptron.js";
import { halfToFloat, painterOf } from "../../course_utils/widgets/player.js";
import * as ways from "../../course_utils/widgets/ways.js";

const close = (a, b, within = 1e-12) => assert.ok(Math.abs(a - b) <= within, `${a} is not ${b}`);
const view = floats => new DataView(Float32Array.from(floats).buffer);
const modelOf = state => ({ get: name => state[name] });

test("half precision: zeros, the least, one, the largest, infinities, no number", () => {
  const bits = [0x0000, 0x0001, 0x03ff, 0x0400, 0x3c00, 0xc000, 0x7bff, 0x7c00, 0xfc00];
  const expected = [0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 1, -2, 65504, Infinity, -Infinity];
  assert.deepEqual([...halfToFloat(bits)], expected);
  assert.ok(Object.is(halfToFloat([0x8000])[0], -0) && Number.isNaN(halfToFloat([0x7e00])[0]));
});

test("the player draws points as squares over its field, and none that is no number", () => {
  const run = { n: 2, cells: 2, points: [0.5, 0.5, NaN, NaN], field: [0, 50, 100, 200] };
  const pixels = new Uint32Array(100);
  painterOf(run, pixels, 10, 2, [1, 2, 3])(0);
  const red = (x, y) => pixels[10 * y + x] & 255;
  assert.deepEqual([red(0, 0), red(9, 0), red(0, 9), red(9, 9)], [100, 200, 0, 50]); // row 0 is at the bottom
  assert.equal(pixels.filter(v => v === 0xff030201).length, 4);
  assert.ok([4, 5].every(x => [4, 5].every(y => red(x, y) === 1)));
});

test("a perceptron of two layers under a condition, for more points than go at once", () => {
  const W = [1, -1, 2, 0.5, 0, 3]; // (3, 2): two numbers of z and one of c
  const state = { widths: [3, 2, 1], weights: view([...W, 0.25, -0.5, 2, -1, 0.125]) };
  const layers = perceptron(modelOf(state), leaky(0.5), identity);
  const z = Float64Array.from({ length: 14 }, (_, k) => Math.sin(k));
  const out = forward(layers, z, [0.75]);
  for (let p = 0; p < 7; p++) {
    const x = [z[2 * p], z[2 * p + 1], 0.75];
    const h = [0, 1].map(j => x.reduce((sum, v, i) => sum + v * W[2 * i + j], [0.25, -0.5][j]));
    const bent = h.map(v => (v > 0 ? v : v / 2));
    close(out[p], 2 * bent[0] - bent[1] + 0.125);
  }
  close(sigmoid(Math.log(3)), 0.75);
});

test("a condition goes from one class to another", () => {
  assert.deepEqual(condition(3, 2, 1, 0.25), [0, 0.25, 0.75]);
  assert.deepEqual(condition(3, 1, 1, 0.4), [0, 1, 0]);
  assert.deepEqual(condition(0, 0, 0, 0.4), []);
});

test("the error function, as tables give it", () => {
  const table = [0, 0.5, 0.5204998778130465, 1, 0.8427007929497149, 2, 0.9953222650189527, 3.5, 0.9999992569016276];
  for (let k = 1; k < table.length; k += 2) {
    close(erf(table[k]), table[k + 1], 1e-15);
    close(erf(-table[k]), -table[k + 1], 1e-15);
  }
  assert.equal(erf(40), 1);
});

test("the nearest code is that which looks nearest", () => {
  const codes = [
    [0, 9, 0],
    [5, -9, 1],
  ];
  const limits = [
    [0, 10],
    [0, 1],
    [0, 1],
  ];
  assert.equal(decoder.nearest(codes, [1, 0, 0.9], [0, 2], limits), codes[1]); // near in z₃, which is shown larger
  assert.equal(decoder.nearest(codes, [1, 0, 0.2], [0, 2], limits), codes[0]);
});

test("units and digits of an axis", () => {
  const { units, digits } = decoder.unitsOf([
    [-3, 3],
    [0, 0.03],
    [-400, 400],
  ]);
  units.forEach((unit, k) => close(unit / [1, 0.01, 100][k], 1));
  assert.deepEqual(digits, [2, 4, 0]);
});

test("filters are scaled and added", () => {
  const numbers = [1, 2, 3, 4, 5, 6, 0.5];
  const state = { points: 2, weights: view(numbers), limits: [7], labels: ["a"] };
  const net = filters.decode(modelOf(state)).a;
  const parts = filters.scaled(net, [1, -1, 0.5]);
  assert.deepEqual(parts, [
    [1, 2],
    [-3, -4],
    [2.5, 3],
  ]);
  assert.deepEqual(filters.sum(net, parts), [1, 1.5]);
  assert.equal(net.limit, 7);
});

test("one number of the code swings alone, or all within length 1", () => {
  assert.deepEqual(filters.swing(1, 1), [0, 1, 0]); // a quarter of four seconds
  for (let time = 0; time < 60; time += 0.37) assert.ok(Math.hypot(...filters.swing(time, 3)) <= 1 + 1e-12);
});

test("rows of the sheet of a gallery, and its colours", () => {
  assert.equal(gallery.rowOf([2, 1, 4], [3, 2, 5]), 5);
  assert.equal(gallery.rowOf([4], [5]), 0);
  const rgba = new Uint8ClampedArray(8);
  const parts = [10, 20, 30].map(v => Uint8ClampedArray.of(v, v, v, 255, v + 1, v + 1, v + 1, 255));
  gallery.together(parts, rgba);
  assert.deepEqual([...rgba], [10, 20, 30, 255, 11, 21, 31, 255]);
});

test("one pixel: the score leads to it, and the velocity brings its points there", () => {
  const bytes = new DataView(Uint8Array.of(0, 0, 0, 255).buffer); // the square from (0, 0) to (2, 2)
  const draws = view([0.3, -0.8, 1, 1, 2, 2]); // one point, three times, and its draws
  const moments = [
    [1, 1],
    [1 / 3, 1 / 3],
  ];
  const state = { picture: bytes, times: [0.1, 0.5, 0.9], sizes: [1, 1], draws, moments };
  const target = ways.decode(modelOf(state));
  const { s, v } = ways.field(target, 0.5, 0.5, 0.5); // the middle, at x = t, of the blurred square
  [...s].forEach(part => close(part, 0));
  [...v].forEach(part => close(part, 1)); // to (1, 1), where it is at t = 1
  const [p, right] = ways.terms(target, 0.2, -0.3, 0.5);
  const ahead = ways.terms(target, 0.2 + 1e-6, -0.3, 0.5)[0];
  close((ahead - p) / 1e-6, right, 1e-6);
  assert.ok(right > 0);
  const far = ways.field(target, 60, 0, 0.9).s[0];
  close(far, (0.9 * 2 - 60) / 0.01, 1e-9); // where p is lost
  assert.notDeepEqual(ways.flow(target, [0.3, -0.8], 0, 0), ways.flow(target, [0.3, -0.8], 0, 1));
});

test("three points by hand: under a wide kernel each pull is a plain mean, and no point sees itself", () => {
  const [q, p] = [
    [0, 0, 0.5, 0, 1, 0],
    [0, 0, 1, 0],
  ];
  for (const kernel of ["Gauss", "Laplace"]) {
    const V = drifter.drift(q, p, 1e5, kernel);
    [-0.25, 0, 0, 0, 0.25, 0].forEach((v, k) => close(V[k], v, 1e-4));
  }
});

test("a kernel of one length counts a neighbour at this distance by its formula", () => {
  const two = [0, 0, 3, 4]; // at distances 0 and 5
  close(drifter.near(0, 0, two, 5, "Gauss")[0], (3 * Math.exp(-0.5)) / (1 + Math.exp(-0.5)));
  close(drifter.near(0, 0, two, 5, "Laplace")[1], (4 * Math.exp(-1)) / (1 + Math.exp(-1)));
  assert.deepEqual(drifter.near(0, 0, two, 5, "Gauss", 0), [3, 4]);
});

test("far away nothing is 0 / 0, and a narrow kernel does not see the other part", () => {
  drifter.near(1000, 0, [0, 0, 0, 1], 0.05, "Gauss").forEach(v => close(v, 0));
  const part = at => [at, 0, at + 0.1, 0, at, 0.1, at + 0.1, 0.1];
  const [q, p] = [part(0), [...part(0), ...part(3)]];
  const [narrow, wide] = [0.1, 3].map(tau => drifter.lengthOf(drifter.drift(q, p, tau, "Gauss")));
  assert.ok(narrow < 0.1 && wide > 1);
});

test("a step is a fifth of V, and gathering keeps the mean", () => {
  assert.deepEqual([...drifter.stepped([1, 2, 5.5, -3], [0.5, -1, 10, 0])], [1.1, 1.8, 6, -3].map(Math.fround));
  assert.deepEqual([...drifter.gathered(Float32Array.of(0, 0, 4, 2))], [1, 0.5, 3, 1.5]);
});

test("the slider multiplies the width, and a key never leaves it where it is", () => {
  const limits = [0.05, 2];
  close(drifter.widthOf(0.5, limits), 0.316);
  for (let way = 0; way < 1; way += 0.01) assert.ok(drifter.widthOf(way + 0.01, limits) > drifter.widthOf(way, limits));
  close(drifter.wayOfWidth(drifter.widthOf(0.3, limits), limits), 0.3, 2e-3);
});

test("waves of numbers: these, then their sines, then their cosines", () => {
  const found = maps.waves([2, 1], Math.PI / 4, 2);
  const expected = [2, 1, 1, 0, Math.SQRT1_2, 1, 0, -1, Math.SQRT1_2, 0];
  found.forEach((v, k) => close(v, expected[k]));
  assert.deepEqual(maps.waves([0.3], 1, 0), [0.3]);
});

test("one velocity and two maps in one string of weights; times say whether the answer is added", () => {
  const still = [0, 0, 0, 0, 0, 0]; // (3, 2): x, y and t do nothing
  const nets = [
    { widths: [3, 2], octaves: 0, ticks: 0, times: [0] },
    { widths: [3, 2], octaves: 0, ticks: 0, times: [0.5] },
    { widths: [2, 2], octaves: 0, ticks: 0, times: [] },
  ];
  const weights = view([...still, 1, -2, 0, 0, 0, 0, 4, 8, 0.5, 0.25, 2, 0, 0, 3, 0, 1]);
  const [velocity, flow, plain] = maps.decode(modelOf({ nets, weights }));
  const places = maps.path(velocity, [3, 3], 4);
  assert.deepEqual([places.length, ...places[1], ...places[4]], [5, 3.25, 2.5, 4, 1]);
  assert.deepEqual(maps.image(flow, [1, 1]), [1 + 2 + 0.5, 1 + 4 + 0.25]);
  assert.deepEqual(maps.image(plain, [1, 2]), [2, 7]);
});

test("random numbers of the generator as it was published", () => {
  const numbers = completer.mulberry32(0, 4096);
  assert.equal(numbers[0], 0.26642920868471265);
  assert.ok(numbers.every(v => v >= 0 && v < 1));
  close(numbers.reduce((sum, v) => sum + v) / 4096, 0.5, 0.02);
});

// A network of random weights, as Python sends it: K colours, C planes, side x side pixels, dilations D.
function networkOf(K, C, side, D) {
  const block = 6 * C * C + 2 * C * C + 2 * C * C + 4 * C;
  const n = 2 * C * side ** 2 + 4 * K * C + 2 * C + D.length * block + C * K + K;
  const weights = view(completer.mulberry32(7, n).map(v => 2 * v - 1));
  const bytes = length => new DataView(Uint8Array.from({ length }, (_, k) => k % K).buffer);
  const state = { shape: [K, C, side, ...D], weights, palette: bytes(3 * K), pictures: bytes(side ** 2) };
  return completer.decode(modelOf(state));
}

function logitsOf(net, pictures) {
  const all = [];
  completer.walk(net, pictures, (_, logits) => all.push([...logits]));
  return all;
}

test("no pixel's logits look at it or at a later one, and all look at those before", () => {
  const { net, pictures } = networkOf(3, 4, 5, [1, 2]);
  const four = () => [0, 1, 2, 3].map(() => pictures[0].slice());
  const before = logitsOf(net, four());
  for (const changed of [0, 7, 13, 24]) {
    const others = four();
    others[2][changed] = (others[2][changed] + 1) % 3;
    const after = logitsOf(net, others);
    after.forEach((logits, pixel) => {
      const differs = logits.some((v, i) => i % 4 === 2 && v !== before[pixel][i]);
      if (pixel <= changed) assert.ok(!differs);
      logits.forEach((v, i) => assert.ok(i % 4 === 2 || v === before[pixel][i])); // the other pictures
    });
    assert.equal(
      after.some((logits, pixel) => logits.some((v, i) => v !== before[pixel][i])),
      changed < 24,
    );
  }
});

test("what is kept stays, and bits are those of a distribution", () => {
  const { net, pictures } = networkOf(3, 4, 5, [1]);
  const covered = Array.from({ length: 25 }, (_, k) => Number(k >= 10));
  const made = completer.complete(net, pictures[0], covered, 1, 3);
  for (const picture of made.pictures) assert.deepEqual([...picture.slice(0, 10)], [...pictures[0].slice(0, 10)]);
  const logits = logitsOf(
    net,
    made.pictures.map(picture => picture.slice()),
  );
  made.bits.forEach((bits, p) =>
    bits.forEach((v, pixel) => {
      const own = [0, 1, 2].map(k => Math.exp(logits[pixel][4 * k + p]));
      const share = own[made.pictures[p][pixel]] / own.reduce((sum, e) => sum + e);
      close(v, -Math.log2(share), 1e-9);
    }),
  );
});

test("a brush rubs out what it passes", () => {
  const side = 5;
  const mask = completer.rubbed(new Array(25).fill(0), side, [0.5, 2.5], [4.5, 2.5], 0.72);
  assert.deepEqual(mask.map((v, k) => v && Math.floor(k / side)).filter(Boolean), [2, 2, 2, 2, 2]);
  const spot = completer.rubbed(mask, side, [0.5, 0.5], [0.5, 0.5], 0.72);
  assert.equal(
    spot.reduce((sum, v) => sum + v),
    6,
  ); // what was covered stays so
});

test("mean bits in words", () => {
  assert.equal(completer.meansOf([1, 2, 4], [1, 0, 1], "filled", 2), "2.50 filled, 2.00 kept");
  assert.equal(completer.meansOf([1, 2, 4], [1, 1, 1], "covered", 1), "1.50 covered");
});

test("what the painter says", () => {
  const pixels = Uint8Array.of(0, 9);
  assert.equal(words("", ["blue", "orange"], pixels, ["Eraser up."]), "Nothing is drawn in blue. Eraser up.");
  assert.match(words("", [], new Uint8Array(2), []), /^The canvas is black/);
  assert.equal(words("News.", [], pixels, []), "News.");
});
