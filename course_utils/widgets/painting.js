// The mathematics of the painter: brush, draws from the layers of its canvas, and pictures from files.

import { make, penOf } from "./base.js";

// Walker's alias table: box k keeps `keep[k]` of itself, the rest belongs to `alias[k]`.
export function aliasTable(weights) {
  const n = weights.length,
    keep = new Float64Array(n),
    alias = new Int32Array(n);
  let total = 0;
  for (const w of weights) total += w;
  if (!total) return null;
  const light = [],
    heavy = [];
  for (let k = 0; k < n; k++) {
    keep[k] = (weights[k] * n) / total;
    alias[k] = k;
    (keep[k] < 1 ? light : heavy).push(k);
  }
  while (light.length && heavy.length) {
    const k = light.pop(),
      giver = heavy.at(-1);
    alias[k] = giver;
    keep[giver] -= 1 - keep[k];
    if (keep[giver] < 1) light.push(heavy.pop());
  }
  return { keep, alias };
}

// Fills `points` (x, y, class) from index `from` with `count` draws from the layers that lie one after
// the other in the table, one a class; row 0 of a layer is on top.
export function sample(table, side, points, from, count, random = Math.random) {
  for (let i = from; i < from + count; i++) {
    let k = Math.floor(random() * table.keep.length);
    if (random() >= table.keep[k]) k = table.alias[k];
    const line = Math.floor(k / side),
      row = line % side,
      column = k - line * side;
    points[3 * i] = (column + random()) / side;
    points[3 * i + 1] = (side - 1 - row + random()) / side;
    points[3 * i + 2] = (line - row) / side;
  }
}

// The histogram of numbers in [0, 1] in so many bins, as a density; float32 may round a number up to 1.
export function histogram(values, bins) {
  const density = new Float64Array(bins);
  for (const v of values) density[Math.min(bins - 1, Math.floor(v * bins))] += bins / values.length;
  return density;
}

// The marginal densities of layers of side x side pixels: p(x), and p(y) from the bottom.
export function marginals(pixels, side) {
  const p_x = new Float64Array(side);
  const p_y = new Float64Array(side);
  const total = pixels.reduce((sum, v) => sum + v, 0);
  pixels.forEach((v, k) => {
    p_x[k % side] += (v * side) / total;
    p_y[side - 1 - (Math.floor(k / side) % side)] += (v * side) / total;
  });
  return { p_x, p_y };
}

// Sets a pixel of one layer (of none: erases); the others keep at most what is left of it.
export function put(pixels, n, layer, k, value) {
  let room = 255 - value;
  for (let l = 0; l * n < pixels.length; l++) {
    if (l === layer) pixels[l * n + k] = value;
    else room -= pixels[l * n + k] = Math.min(pixels[l * n + k], room);
  }
}

// A round brush with a soft rim, from one place to another, in one layer or (null) as an eraser.
export function stroke(pixels, side, layer, from, to, radius) {
  const n = side * side;
  const steps = Math.ceil(Math.hypot(to.x - from.x, to.y - from.y)) || 1;
  const low = v => Math.max(0, Math.floor(v - radius - 1));
  const high = v => Math.min(side - 1, Math.ceil(v + radius + 1));
  for (let s = 0; s <= steps; s++) {
    const x = from.x + ((to.x - from.x) * s) / steps;
    const y = from.y + ((to.y - from.y) * s) / steps;
    for (let i = low(y); i <= high(y); i++) {
      for (let j = low(x); j <= high(x); j++) {
        const cover = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(j + 0.5 - x, i + 0.5 - y)));
        const value = Math.round(255 * cover);
        const k = i * side + j;
        if (layer === null) put(pixels, n, null, k, value);
        else put(pixels, n, layer, k, Math.max(pixels[layer * n + k], value));
      }
    }
  }
}

// What the pixels of the layers look like, each in its light (red, green, blue from 0 to 255), in rgba.
export function inColours(pixels, n, lights, rgba) {
  for (let k = 0; k < n; k++) {
    for (let c = 0; c < 3; c++) {
      let light = 0;
      for (let l = 0; l < lights.length; l++) light += (pixels[l * n + k] * lights[l][c]) / 255;
      rgba[4 * k + c] = light;
    }
  }
}

// Grey values from 0 to 255 of pixels in red, green, blue and alpha.
export function greyOf(rgba) {
  return Float64Array.from(
    { length: rgba.length / 4 },
    (_, k) => 0.2125 * rgba[4 * k] + 0.7154 * rgba[4 * k + 1] + 0.0721 * rgba[4 * k + 2],
  );
}

// Each row of `columns` numbers as the means over `to` equal parts of it; rows become columns.
function averaged(values, columns, to) {
  const rows = values.length / columns,
    part = columns / to,
    means = new Float64Array(to * rows);
  for (let t = 0; t < to; t++) {
    const from = t * part,
      end = from + part;
    for (let c = Math.floor(from); c < Math.min(columns, end); c++) {
      const share = (Math.min(end, c + 1) - Math.max(from, c)) / part;
      for (let r = 0; r < rows; r++) means[t * rows + r] += share * values[r * columns + c];
    }
  }
  return means;
}

// A grey picture as layers of side x side pixels. One that is k times as wide as high holds k layers side by side,
// as the painter saves them; any other is one layer. A picture of the canvas's own size is taken as it is; another is
// averaged, keeps its aspect, and where most is drawn becomes white; null where all of it is black.
export function layersOf(grey, width, side, k) {
  const height = grey.length / width,
    beside = width === k * height ? k : 1,
    wide = beside * side;
  const zoom = Math.min(wide / width, side / height);
  const [w, h] = [width, height].map(v => Math.max(1, Math.round(v * zoom)));
  const left = Math.floor((wide - w) / 2),
    top = Math.ceil((side - h) / 2);
  const layers = Array.from({ length: beside }, () => new Float64Array(side * side));
  averaged(averaged(grey, width, w), height, h).forEach((v, i) => {
    const x = left + (i % w),
      y = top + Math.floor(i / w);
    layers[Math.floor(x / side)][y * side + (x % side)] = v;
  });
  const sums = layers.reduce((total, layer) => total.map((v, k) => v + layer[k]));
  const most = wide === width && side === height ? 255 : sums.reduce((a, b) => Math.max(a, b));
  return most ? layers.map(layer => Uint8Array.from(layer, v => Math.round((v * 255) / most))) : null;
}

// The layers one after the other; at a pixel they add up to white at most.
export function stacked(layers) {
  const n = layers[0].length,
    pixels = new Uint8Array(layers.length * n);
  for (let k = 0; k < n; k++) {
    const sum = Math.max(
      255,
      layers.reduce((total, layer) => total + layer[k], 0),
    );
    layers.forEach((layer, l) => {
      pixels[l * n + k] = Math.floor((layer[k] * 255) / sum);
    });
  }
  return pixels;
}

const LARGEST = 2048; // pixels on the longer side of a picture from a file; a larger one is made smaller

// The grey values of a picture file, and its width in pixels; transparent counts as black. Rejects what is no picture.
export async function greyOfFile(file) {
  const picture = await createImageBitmap(file, { colorSpaceConversion: "none" });
  const zoom = Math.min(1, LARGEST / Math.max(picture.width, picture.height));
  const height = Math.max(1, Math.round(picture.height * zoom));
  const width = Math.max(1, Math.round((picture.width * height) / picture.height)); // squares side by side stay squares
  const pen = penOf(make("canvas", { width, height }), true);
  pen.fillRect(0, 0, width, height);
  pen.drawImage(picture, 0, 0, width, height);
  return [greyOf(pen.getImageData(0, 0, width, height).data), width];
}

// A canvas with the layers side by side, in grey, to be saved as a picture.
export function sheetOf(pixels, side, layers) {
  const sheet = make("canvas", { width: layers * side, height: side });
  const pen = penOf(sheet);
  const image = pen.createImageData(side, side),
    n = side * side;
  image.data.fill(255);
  for (let l = 0; l < layers; l++) {
    for (let k = 0; k < n; k++) image.data.fill(pixels[l * n + k], 4 * k, 4 * k + 3);
    pen.putImageData(image, l * side, 0);
  }
  return sheet;
}
