// Answers Python, line by line: [name, ...values] in JSON comes in, what the widgets make of the values goes out.

import { createInterface } from "node:readline";

import { floatsOf } from "../../course_utils/widgets/base.js";
import * as completer from "../../course_utils/widgets/completer.js";
import * as decoder from "../../course_utils/widgets/decoder.js";
import * as drifter from "../../course_utils/widgets/drifter.js";
import * as families from "../../course_utils/widgets/families.js";
import * as filters from "../../course_utils/widgets/filters.js";
import * as judging from "../../course_utils/widgets/judging.js";
import * as latent from "../../course_utils/widgets/latent.js";
import * as maps from "../../course_utils/widgets/maps.js";
import * as painting from "../../course_utils/widgets/painting.js";
import * as perceptron from "../../course_utils/widgets/perceptron.js";
import * as player from "../../course_utils/widgets/player.js";
import * as ways from "../../course_utils/widgets/ways.js";

const modelOf = state => ({ get: name => state[name] });

const answers = {
  player(state) {
    const { points, field } = player.decode(modelOf(state));
    return { points: [...points], field: [...field] };
  },

  // The alias table of the layers, and n points drawn from it, as bytes in base64.
  sampler({ pixels, side }, n) {
    const table = painting.aliasTable(new Uint8Array(pixels.buffer, pixels.byteOffset));
    const points = new Float32Array(3 * n);
    painting.sample(table, side, points, 0, n);
    return [[...table.keep], [...table.alias], Buffer.from(points.buffer).toString("base64")];
  },

  latent(state) {
    const { layers, cloud } = latent.decode(modelOf(state));
    const c = latent.condition(state.classes.length, state.source, state.target, state.mix);
    return [c, [...perceptron.forward(layers, cloud, c)]];
  },

  // For each network its limit, and what it makes of each code: the scaled filters and their sum.
  filters(state, codes) {
    return Object.entries(filters.decode(modelOf(state))).map(([label, net]) => {
      const curves = codes.map(z => {
        const parts = filters.scaled(net, z);
        return [parts, filters.sum(net, parts)];
      });
      return [label, net.limit, curves];
    });
  },

  decoder(state, codes) {
    const parts = decoder.decode(modelOf(state));
    return [parts.codes, [...parts.labels], codes.map(z => [...perceptron.forward(parts.layers, z)])];
  },

  // Logits of four pictures; completions of the last picture and their bits for (covered, temperature, seed).
  completer(state, four, choices) {
    const { net, palette, pictures } = completer.decode(modelOf(state));
    const logits = [];
    completer.walk(
      net,
      four.map(picture => picture.flat()),
      (_, values) => logits.push([...values]),
    );
    const made = choices.map(([covered, temperature, seed]) => {
      const four = completer.complete(net, pictures.at(-1), covered.flat(), temperature, seed);
      return [four.pictures.map(one => [...one]), four.bits.map(one => [...one])];
    });
    return [palette, pictures.map(one => [...one]), logits, made];
  },

  // For each noise its paths by the three ways, with the draws of the point of its number.
  ways(state, noise) {
    const target = ways.decode(modelOf(state));
    return [0, state.eta, null].map(eta =>
      noise.map((z, k) => [...(eta === null ? ways.langevin(target, z, k) : ways.flow(target, z, k, eta))]),
    );
  },

  // The drift at the points of now, its mean length, and the points after a step.
  drifter(state) {
    const [p, q] = [state.p, state.q].map(floatsOf);
    const V = drifter.drift(q, p, state.tau, state.kernel);
    return [[...V], drifter.lengthOf(V), [...drifter.stepped(q, V)]];
  },

  // For each noise its path along the velocity, and its image under each map.
  maps(state, noise) {
    const [velocity, ...nets] = maps.decode(modelOf(state));
    return noise.map(z => [maps.path(velocity, z, state.calls), nets.map(net => maps.image(net, z))]);
  },

  // The weights of a family of the trainer, and the loss of each step, after steps with these batches.
  steps(name, width, n, rate, weights, batches, simd) {
    const { validate } = WebAssembly;
    WebAssembly.validate = bytes => simd && validate(bytes);
    const family = families[name](width, n, 16, Math.random);
    WebAssembly.validate = validate;
    weights.forEach((part, k) => family.weights[k].set(part));
    const floats = array => Float32Array.from(array);
    const losses = batches.map(([x, z, t]) => family.learn({ rate, x: floats(x), z: floats(z), t: floats(t) }));
    return [family.weights.map(part => [...part]), losses];
  },

  // SW and coverage of points beside true ones, and the mass of each cell of the picture.
  judged(points, truth, pixels) {
    const mass = judging.cellMass(pixels, 128, 32);
    const [x, y] = [points, truth].map(array => Float32Array.from(array));
    return [judging.distanceFrom(y)(x), judging.coverage(x, mass), [...mass]];
  },

  mulberry32: (seed, n) => [...completer.mulberry32(seed, n)],
};

// Bytes come as a view that does not begin at the start of its buffer, as Jupyter's do.
function revive(_, value) {
  if (value?.base64 === undefined) return value;
  const bytes = Buffer.from(value.base64, "base64");
  const buffer = Buffer.concat([Buffer.alloc(3), bytes]);
  return new DataView(new Uint8Array(buffer).buffer, 3);
}

for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...values] = JSON.parse(line, revive);
  console.log(JSON.stringify(answers[name](...values)));
}
