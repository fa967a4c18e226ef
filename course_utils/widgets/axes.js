// Axes on a canvas, for `latent`, `decoder`, `filters`, `ways`, `drifter` and `maps`.

import { INK, ORANGE, clamp, make, penOf, placeIn, sharpness } from "./base.js";

/** @typedef {{ left: number, top: number, across: number, upward: number, right: number, foot: number }} Room */
/** @typedef {ReturnType<typeof axes>} Axes */

// A field of `across` by `upward` pixels in a canvas, with room around it for text. It goes from x[0] to x[1] to the
// right, and from y[0] to y[1] upward; y may change.
/** @type {(canvas: HTMLCanvasElement, room: Room, x: number[], y: number[]) => any} */
export function axes(canvas, room, x, y) {
  const ratio = sharpness();
  const { left, top, across, upward } = room;
  const wide = left + across + room.right;
  const high = top + upward + room.foot;
  Object.assign(canvas, { width: wide * ratio, height: high * ratio });
  const pen = penOf(canvas, true);
  pen.scale(ratio, ratio);
  const right = (/** @type {number} */ v) => left + ((v - x[0]) / (x[1] - x[0])) * across;
  const up = (/** @type {number} */ v) => top + ((y[1] - v) / (y[1] - y[0])) * upward;

  // Empty, on white.
  function clear() {
    pen.clearRect(0, 0, wide, high);
    pen.fillStyle = "white";
    pen.fillRect(left, top, across, upward);
  }

  /** @type {(words: string | number, i: number, j: number, align: any, base: any, size?: number) => void} */
  function text(words, i, j, align, base, size = 15) {
    Object.assign(pen, { fillStyle: INK, textAlign: align, textBaseline: base });
    pen.font = `${size}px system-ui, sans-serif`;
    pen.fillText(String(words).replace("-", "−"), i, j, align === "right" && i < left ? left - 6 : across);
  }

  // What `paint` draws, cut off at the field, or so many pixels to its left and right.
  /** @type {(paint: (pen: CanvasRenderingContext2D) => void, spare?: number) => void} */
  function inside(paint, spare = 0) {
    pen.save();
    pen.beginPath();
    pen.rect(left - spare, top, across + 2 * spare, upward);
    pen.clip();
    paint(pen);
    pen.restore();
  }

  function frame() {
    Object.assign(pen, { lineWidth: 1, strokeStyle: "#999" });
    pen.strokeRect(left, top, across, upward);
  }

  // A disc with a rim.
  /** @type {(x: number, y: number, radius: number, fillStyle: string, strokeStyle: string) => void} */
  function dot(x, y, radius, fillStyle, strokeStyle) {
    Object.assign(pen, { fillStyle, strokeStyle, lineWidth: 2 });
    pen.beginPath();
    pen.arc(right(x), up(y), radius, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
  }

  // Where a pointer is, in the numbers of the axes.
  /** @param {MouseEvent} event */
  function at(event) {
    const [i, j] = placeIn(canvas, event, wide);
    return [x[0] + ((i - left) / across) * (x[1] - x[0]), y[1] - ((j - top) / upward) * (y[1] - y[0])];
  }

  return { pen, left, right, up, bottom: top + upward, clear, text, inside, frame, dot, at };
}

// A square plane of `side` pixels with numbers at its ends and a name at each axis.
/** @type {(canvas: HTMLCanvasElement, side: number, left: number, x: number[], y: number[], names: string[]) => any} */
export function plane(canvas, side, left, x, y, names) {
  const top = 8;
  const room = { left, top, across: side, upward: side, right: 8, foot: 30 };
  const field = axes(canvas, room, x, y);
  const { bottom, text } = field;

  // What `paint` draws, under the frame and the text.
  /** @param {(pen: CanvasRenderingContext2D) => void} paint */
  function draw(paint) {
    field.clear();
    field.inside(paint);
    field.frame();
    text(x[0], left, bottom + 7, "center", "top");
    text(x[1], left + side, bottom + 7, "right", "top");
    text(y[0], left - 7, bottom, "right", "bottom");
    text(y[1], left - 7, top, "right", "top");
    text(names[0], left + side / 2, bottom + 5, "center", "top", 18);
    text(names[1], left - 7, top + side / 2, "right", "middle", 18);
  }

  // A disc, or a ring at the edge where the point lies outside.
  /** @type {(point: number[], radius: number) => void} */
  function mark(point, radius) {
    const [i, j] = [x, y].map(([low, high], k) => clamp(point[k], low, high));
    const inside = i === point[0] && j === point[1];
    field.dot(i, j, radius, inside ? ORANGE : "white", inside ? "white" : ORANGE);
  }

  return { ...field, draw, mark };
}

// A picture of n x n greys, row 0 at the bottom.
/** @type {(pixels: ArrayLike<number>, n: number) => HTMLCanvasElement} */
export function greys(pixels, n) {
  const canvas = make("canvas", { width: n, height: n });
  const pen = penOf(canvas);
  const image = pen.createImageData(n, n);
  const colours = new Uint32Array(image.data.buffer);
  for (let k = 0; k < n * n; k++) {
    const row = n - 1 - Math.floor(k / n);
    colours[k] = 0xff000000 | (pixels[row * n + (k % n)] * 0x010101);
  }
  pen.putImageData(image, 0, 0);
  return canvas;
}
