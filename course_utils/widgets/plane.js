// What `latent` and `decoder` share: a perceptron, and a plane in which its code is dragged.

const sigmoid = v => 1 / (1 + Math.exp(-v)), identity = v => v;
const leaky = slope => v => v > 0 ? v : slope * v;

// The layers of a perceptron, each W turned to (out, in) so that a sum runs along memory, and the
// function that follows it: `bend`, or `end` after the last.
function perceptron(model, bend, end) {
  const widths = model.get("widths"), weights = floatsOf(model.get("weights")), layers = [];
  for (let l = 0, at = 0; l + 1 < widths.length; l++) {
    const [ins, outs] = widths.slice(l), W = new Float64Array(ins * outs);
    for (let i = 0; i < ins; i++)
      for (let j = 0; j < outs; j++) W[j * ins + i] = weights[at++];
    layers.push({ W, b: Float64Array.from(weights.subarray(at, at + outs)), bend });
    at += outs;
  }
  layers.at(-1).bend = end;
  return layers;
}

// One layer for four points, whose numbers lie side by side: number i of point p is x[4 i + p].
function apply({ W, b, bend }, x, y) {
  const end = 4 * W.length / b.length;
  for (let j = 0, k = 0; j < b.length; j++) {
    let s0 = b[j], s1 = s0, s2 = s0, s3 = s0;
    for (let i = 0; i < end; i += 4) {
      const w = W[k++];
      s0 += w * x[i];
      s1 += w * x[i + 1];
      s2 += w * x[i + 2];
      s3 += w * x[i + 3];
    }
    y[4 * j] = bend(s0);
    y[4 * j + 1] = bend(s1);
    y[4 * j + 2] = bend(s2);
    y[4 * j + 3] = bend(s3);
  }
}

// What the perceptron makes of codes z, one behind the other, all under one condition c.
export function forward(layers, z, c = []) {
  const widths = layers.map(({ b }) => b.length), outs = widths.at(-1);
  const d = layers[0].W.length / widths[0] - c.length, n = z.length / d, out = new Float64Array(n * outs);
  const most = 4 * Math.max(d + c.length, ...widths);
  let x = new Float64Array(most), y = new Float64Array(most);
  for (let first = 0; first < n; first += 4) {
    const points = Math.min(4, n - first);
    for (let p = 0; p < points; p++)
      for (let i = 0; i < d; i++) x[4 * i + p] = z[d * (first + p) + i];
    c.forEach((v, k) => x.fill(v, 4 * (d + k), 4 * (d + k + 1)));
    for (const layer of layers) {
      apply(layer, x, y);
      [x, y] = [y, x];
    }
    for (let p = 0; p < points; p++)
      for (let i = 0; i < outs; i++) out[outs * (first + p) + i] = x[4 * i + p];
  }
  return out;
}

const TOP = 8, BLUE = "#0072B2", ORANGE = "#D55E00";

// A canvas with a plane of `side` pixels, behind `left` pixels for text: from x[0] to x[1], and upward from
// y[0] to y[1].
function plane(canvas, side, left, x, y, names) {
  const ratio = sharpness(), wide = left + side + 8, high = TOP + side + 30;
  Object.assign(canvas, { width: wide * ratio, height: high * ratio });
  const pen = canvas.getContext("2d"), bottom = TOP + side;
  pen.scale(ratio, ratio);
  const right = v => left + (v - x[0]) / (x[1] - x[0]) * side, up = v => bottom - (v - y[0]) / (y[1] - y[0]) * side;

  const text = (words, i, j, align, base, size = 15) => {
    Object.assign(pen, { font: `${size}px system-ui, sans-serif`, textAlign: align, textBaseline: base });
    pen.fillText(String(words).replace("-", "−"), i, j, align === "right" ? left - 8 : side);
  };

  // What `paint` draws, cut off at the frame.
  function draw(paint) {
    pen.clearRect(0, 0, wide, high);
    pen.fillStyle = "white";
    pen.fillRect(left, TOP, side, side);
    pen.save();
    pen.beginPath();
    pen.rect(left, TOP, side, side);
    pen.clip();
    paint(pen, right, up);
    pen.restore();
    pen.strokeStyle = "#999";
    pen.strokeRect(left, TOP, side, side);
    pen.fillStyle = "#222";
    text(x[0], left, bottom + 7, "center", "top");
    text(x[1], left + side, bottom + 7, "right", "top");
    text(y[0], left - 7, bottom, "right", "bottom");
    text(y[1], left - 7, TOP, "right", "top");
    text(names[0], left + side / 2, bottom + 5, "center", "top", 18);
    text(names[1], left - 7, TOP + side / 2, "right", "middle", 18);
  }

  // A disc, or a ring at the edge where the point lies outside.
  function mark(point, radius) {
    const [i, j] = [x, y].map(([low, high], k) => Math.min(high, Math.max(low, point[k])));
    const inside = i === point[0] && j === point[1];
    pen.beginPath();
    pen.arc(right(i), up(j), radius, 0, 2 * Math.PI);
    pen.fillStyle = inside ? ORANGE : "white";
    pen.strokeStyle = inside ? "white" : ORANGE;
    pen.lineWidth = 2;
    pen.fill();
    pen.stroke();
    pen.lineWidth = 1;
  }

  function at(event) {
    const [i, j] = placeIn(canvas, event, wide);
    return [x[0] + (i - left) / side * (x[1] - x[0]), y[0] + (bottom - j) / side * (y[1] - y[0])];
  }

  return { pen, draw, mark, at };
}
