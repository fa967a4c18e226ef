// The engine of the trainer: its kernel, its slopes, its random numbers, and what it leaves behind.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import wabt from "wabt";

import { gaussian, uniformFrom } from "../../course_utils/widgets/chance.js";
import * as families from "../../course_utils/widgets/families.js";
import { PLACES, arrows, codeLines } from "../../course_utils/widgets/fields.js";
import { KERNEL, perceptron, roomFor, sizeOf } from "../../course_utils/widgets/learning.js";

const random = (length, seed) => gaussian(new Float32Array(length), uniformFrom(seed));

test("the kernel is learning.wat, assembled", async () => {
  const text = readFileSync(new URL("../../course_utils/widgets/learning.wat", import.meta.url), "utf8");
  const { buffer } = (await wabt()).parseWat("learning.wat", text, { simd: true }).toBinary({});
  assert.equal(Buffer.from(buffer).toString("base64"), KERNEL);
});

test("products with and without the kernel, plain, turned, and added", () => {
  const { floats, product } = roomFor(1e5);
  for (const columns of [1, 3, 16, 48])
    for (const turned of [false, true])
      for (const add of [false, true]) {
        const [rows, depth] = [5, 7];
        const place = (n, seed) => {
          const array = floats(n + (n % 2));
          array.set(random(array.length, seed));
          return array;
        };
        const [A, B, C, row] = [rows * depth, depth * columns, rows * columns, columns].map(place);
        const before = C.slice();
        product(A, B, C, [rows, depth, columns], { turned, start: add ? C : row });
        for (let i = 0; i < rows; i++)
          for (let j = 0; j < columns; j++) {
            let sum = add ? before[i * columns + j] : row[j];
            for (let k = 0; k < depth; k++) sum += A[turned ? k * rows + i : i * depth + k] * B[k * columns + j];
            assert.ok(Math.abs(C[i * columns + j] - sum) < 1e-4);
          }
      }
});

// The slope of f in one of the numbers of an array.
function slopeAt(f, array, k, h = 1e-2) {
  const kept = array[k];
  const [more, less] = [h, -h].map(change => {
    array[k] = kept + change;
    return f();
  });
  array[k] = kept;
  return (more - less) / (2 * h);
}

test("the slopes of a perceptron and of R1 are those of differences", () => {
  const widths = [3, 16, 16, 1];
  const room = roomFor(1e5);
  const [weights, slopes] = [0, 1].map(() => room.floats(sizeOf(widths)));
  weights.set(
    random(sizeOf(widths) + 1, 5)
      .subarray(1)
      .map(v => v / 4),
  );
  const net = perceptron(room, widths, 8, weights, slopes);
  const x = random(24, 6);
  const d = room.floats(8).fill(0);
  d[3] = 1;
  net.forward(x, 8);
  net.backward(d, 8);
  const input = net.inputSlope(d, 8).slice();
  const plain = slopes.slice();
  const value = () => net.forward(x, 8)[3];
  for (const k of [0, 20, 63, 64, 300, weights.length - 1])
    assert.ok(Math.abs(slopeAt(value, weights, k, 1e-3) - plain[k]) < 2e-3);
  for (const k of [9, 10, 11]) assert.ok(Math.abs(slopeAt(value, x, k, 1e-3) - input[k]) < 2e-3);
  assert.ok(input.every((v, k) => (k >= 9 && k < 12) || v === 0));

  net.forward(x, 8);
  net.addPenalty(2, 8);
  const penalty = () => {
    net.forward(x, 8);
    const slope = net.inputSlope(room.floats(8).fill(1), 8);
    return slope.subarray(0, 24).reduce((sum, s) => sum + s * s, 0) / 8;
  };
  for (const k of [5, 70, 200, 330]) {
    const expected = slopeAt(penalty, weights, k, 1e-3);
    assert.ok(Math.abs(slopes[k] - plain[k] - expected) < 1e-2 * Math.max(1, Math.abs(expected)));
  }
});

// Foot and tip of each arrow, as the vector between them.
const vectorsOf = ({ lines, each }) =>
  PLACES.map((v, k) => {
    const foot = 2 * each * (k >> 1) + (k % 2);
    assert.ok(Math.abs(lines[foot] - v) < 1e-6);
    return lines[foot + 2] - lines[foot];
  });

test("arrows go along their vectors, and the longest are cut", () => {
  const vectors = vectorsOf(arrows(PLACES, 0.1));
  for (let k = 0; k < PLACES.length; k += 2) {
    const far = 0.1 * Math.hypot(PLACES[k], PLACES[k + 1]);
    const share = 0.1 * Math.min(1, 0.25 / far);
    for (const i of [k, k + 1]) assert.ok(Math.abs(vectors[i] - share * PLACES[i]) < 1e-6);
  }
});

test("the fields of the families lead to what they learn", () => {
  const n = 128;
  const batch = name => {
    const family = families[name](32, n, 700, uniformFrom(0));
    const x = new Float32Array(2 * n).fill(0.5);
    return [family, { rate: 5e-3, x: x.map((v, k) => v + random(2 * n, 3)[k] / 50), t: random(n, 4).map(Math.abs) }];
  };
  for (const name of ["gan", "matching", "drifting"]) {
    const [family, given] = batch(name);
    for (let k = 0; k < 60; k++) family.learn({ ...given, z: random(n * family.noise, k) });
    const vectors = vectorsOf(family.field());
    const along = PLACES.reduce((sum, v, k) => sum + Math.sign(vectors[k] * (0.5 - v)), 0);
    assert.ok(along > PLACES.length / 3, `${name}: ${along} of ${PLACES.length}`);
  }
  const [vae, given] = batch("vae");
  for (let k = 0; k < 300; k++) vae.learn({ ...given, z: random(2 * n, k) });
  const { lines, each } = vae.field();
  assert.equal(lines.length, codeLines.lines.length);
  assert.equal((lines.length / 2) % each, 0);
  const mean = lines.reduce((sum, v) => sum + v, 0) / lines.length;
  assert.ok(Math.abs(mean - 0.5) < 0.3, `vae: ${mean}`);
});

test("Gaussian numbers have mean 0, variance 1, and come again from their seed", () => {
  const draws = random(100000, 1);
  const mean = draws.reduce((sum, v) => sum + v, 0) / draws.length;
  const square = draws.reduce((sum, v) => sum + v * v, 0) / draws.length;
  assert.ok(Math.abs(mean) < 0.01 && Math.abs(square - 1) < 0.015);
  assert.deepEqual(random(10, 1), draws.slice(0, 10));
  assert.notDeepEqual(random(10, 2), draws.slice(0, 10));
});

test("twelve thousand steps leave nothing behind", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  for (const name of ["gan", "vae", "matching", "drifting"]) {
    const family = families[name](16, 16, 16, uniformFrom(0));
    const batch = { rate: 1e-3, x: random(32, 1), z: random(16 * family.noise, 2), t: new Float32Array(16).fill(0.5) };
    const used = steps => {
      for (let k = 0; k < steps; k++) family.learn(batch);
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    // What steps leave behind grows each time; what the compiler keeps of a function does not.
    const sizes = [used(500), used(4000), used(4000), used(4000)];
    const grown = Math.min(...sizes.slice(1).map((size, k) => size - sizes[k]));
    assert.ok(grown < 80_000, `${name}: ${grown} bytes more`);
  }
});
