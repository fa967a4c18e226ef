// Turn the three numbers of a code; a transposed convolution scales its filters by them and adds them up.

// label -> { w: three filters of L numbers, b, limit of the axes }.
export function decode(model) {
  const L = model.get("points"), weights = floatsOf(model.get("weights")), limits = model.get("limits");
  return Object.fromEntries(model.get("labels").map((label, i) => {
    const at = i * (3 * L + 1), filter = k => weights.slice(at + k * L, at + (k + 1) * L);
    return [label, { w: [0, 1, 2].map(filter), b: weights[at + 3 * L], limit: limits[i] }];
  }));
}

// The filters times the code, and their sum with b.
export const scaled = ({ w }, z) => w.map((filter, k) => Array.from(filter, v => z[k] * v));
export const sum = ({ b }, [one, two, three]) => one.map((v, n) => b + v + two[n] + three[n]);

const STYLE = `
  .course-filters { max-width: 830px; }
  .course-filters .view { flex: 1 1 330px; max-width: 404px; }
  .course-filters .title { display: flex; flex-wrap: wrap; gap: 0 14px; padding-left: 11%; }
  .course-filters .title span { font-size: 15px; }
  .course-filters canvas { width: 100%; background: white; }
  .course-filters .choice { display: flex; flex-wrap: wrap; gap: 8px 16px; }
  .course-filters .code { flex: 1 1 170px; max-width: 206px; min-width: 0; cursor: crosshair; align-self: start; }
  .course-filters .sliders { flex: 1 1 120px; display: grid; align-content: space-evenly; min-width: 0; }
  .course-filters .sliders label { display: grid; grid-template-columns: 1fr auto; }
  .course-filters .sliders input { grid-column: 1 / 3; width: 100%; }
  .course-filters button { min-width: 92px; }
  .course-filters .row label { display: flex; gap: 8px; align-items: center; margin-left: auto; }
  .course-filters select { max-width: 170px; }
  .course-filters > output { display: block; margin-top: 6px; }
`;
const WIDE = 404, NARROW = 206, HIGH = 182, TOP = 12, LEFT = 46, FOOT = 24, MARGIN = 14; // of a canvas, around a plot
const STEP = 0.05, FAMILY = [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1]; // values of z₃
const TOGETHER = [5, 7, 11], ALONE = 4; // seconds of a swing of z₁, z₂, z₃
const INK = "#222", GREEN = "#009E73", FILTERS = [["#0072B2", "●"], ["#D55E00", "■"], [GREEN, "▲"]];
const NAMES = ["z₁", "z₂", "z₃"];

// A canvas whose axes go from x[0] to x[1] and from −limit to limit.
function axes(canvas, wide, x, names) {
  const ratio = sharpness();
  Object.assign(canvas, { width: wide * ratio, height: HIGH * ratio });
  const pen = canvas.getContext("2d"), across = wide - LEFT - MARGIN, upward = HIGH - TOP - FOOT;
  pen.scale(ratio, ratio);
  let limit = 1;
  const right = v => LEFT + (v - x[0]) / (x[1] - x[0]) * across, up = v => TOP + (limit - v) / (2 * limit) * upward;
  const text = (words, x, y, align, base) => {
    Object.assign(pen, { fillStyle: INK, textAlign: align, textBaseline: base });
    pen.font = `${words === String(words) ? 17 : 15}px system-ui, sans-serif`;
    pen.fillText(String(words).replace("-", "−"), x, y);
  };

  function frame(reach) {
    limit = reach;
    pen.clearRect(0, 0, wide, HIGH);
    pen.fillStyle = "white";
    pen.fillRect(LEFT, TOP, across, upward);
    pen.lineWidth = 1;
    pen.strokeStyle = "#DDD";
    pen.strokeRect(LEFT, up(0), across, 0);
    if (x[0] < 0) pen.strokeRect(right(0), TOP, 0, upward);
    pen.strokeStyle = "#999";
    pen.strokeRect(LEFT, TOP, across, upward);
    for (let v = x[0] + 1; v < x[1]; v++) pen.strokeRect(right(v), TOP + upward, 0, -5);
    for (const v of x) text(v, right(v), TOP + upward + 5, "center", "top");
    text(names[0], right((x[0] + x[1]) / 2), TOP + upward + 4, "center", "top");
    text(limit, LEFT - 6, TOP - 1, "right", "top");
    text(0, LEFT - 6, up(0), "right", "middle");
    text(-limit, LEFT - 6, TOP + upward + 1, "right", "bottom");
    text(names[1], LEFT - 6, up(limit / 2), "right", "middle");
  }

  // A line through values at 0, 1, 2, ..., cut off at the frame, with the marks of a filter.
  function line(values, colour, width, alpha = 1, sign = "") {
    pen.save();
    pen.beginPath();
    pen.rect(LEFT - 4, TOP, across + 8, upward);
    pen.clip();
    Object.assign(pen, { strokeStyle: colour, fillStyle: colour, lineWidth: width, globalAlpha: alpha });
    pen.lineJoin = "round";
    pen.beginPath();
    values.forEach((v, n) => pen.lineTo(right(n), up(v)));
    pen.stroke();
    values.forEach((v, n) => {
      const i = right(n), j = up(v);
      pen.beginPath();
      if (sign === "●") pen.arc(i, j, 3.5, 0, 2 * Math.PI);
      else if (sign === "■") pen.rect(i - 3.5, j - 3.5, 7, 7);
      else if (sign) [[0, -4.5], [4.5, 3.5], [-4.5, 3.5]].forEach(([di, dj]) => pen.lineTo(i + di, j + dj));
      pen.fill();
    });
    pen.restore();
  }

  // The first two numbers are the place, the third is the area; hollow below 0.
  function dot([z_1, z_2, z_3]) {
    pen.beginPath();
    pen.arc(right(z_1), up(z_2), 3 + 8 * Math.sqrt(Math.abs(z_3)), 0, 2 * Math.PI);
    Object.assign(pen, { fillStyle: z_3 < 0 ? "white" : INK, strokeStyle: INK, lineWidth: 2 });
    pen.fill();
    pen.stroke();
  }

  function at(event) {
    const [i, j] = placeIn(canvas, event, wide);
    return [x[0] + (i - LEFT) / across * (x[1] - x[0]), limit * (1 - 2 * (j - TOP) / upward)];
  }

  return { frame, line, dot, at };
}

function render({ model, el, signal }) {
  const networks = decode(model), last = model.get("points") - 1, change = changes(model);
  const root = rootOf("filters", model, STYLE);
  const views = make("div", { className: "views" });
  const picture = (name, words) => make("canvas", { className: name }, { role: "img", "aria-label": words });
  const family = picture("family", "x̂ for nine values of z₃ from −1 to 1 as thin lines, the present x̂ as a thick one");
  const parts = picture("scaled", "each filter times its number of the code, and their sum x̂ as a thick line");
  const filters = picture("filters", "the three filters w₁, w₂, w₃");
  const code = make("canvas", { className: "code", tabIndex: 0 }, {
    role: "application",
    "aria-label": "code, z₁ and z₂ from −1 to 1: arrow keys move them, with shift faster, home brings both back to 0",
  });
  const choice = make("div", { className: "choice" }), sliders = make("div", { className: "sliders" });
  const small = textContent => make("span", { textContent });
  const legend = name => FILTERS.map(([colour, sign], k) => {
    const words = small(` ${name("₁₂₃"[k])}`);
    words.prepend(make("span", { textContent: sign }, { style: `color: ${colour}` }));
    return words;
  });
  for (const [title, view] of [
    [["x̂ for z₃ from −1 (pale) to 1"], family],
    [["scaled", ...legend(k => `z${k}w${k}`), small("━ x̂")], parts],
    [["code z", small("size: |z₃|"), small("● z₃ ≥ 0"), small("○ z₃ < 0")], choice],
    [["filters", ...legend(k => `w${k}`)], filters],
  ]) {
    const place = make("div", { className: "view" }), words = make("div", { className: "title" });
    words.append(...title);
    place.append(words, view);
    views.append(place);
  }
  const knobs = NAMES.map((name, k) => {
    const slider = make("input", { type: "range", min: -1, max: 1, step: 0.01 });
    const value = make("output", {}, { "aria-live": "off" });
    slider.oninput = () => turn(z.map((v, i) => i === k ? +slider.value : v));
    sliders.append(labelled(name, slider));
    slider.before(value);
    return { slider, value };
  });
  choice.append(code, sliders);
  const row = make("div", { className: "row" });
  [...NAMES, "all"].forEach((name, k) => {
    const button = make("button", { type: "button", textContent: `Move ${name}` });
    button.onclick = () => { if (motion?.button === button) rest(); else start(button, k); };
    row.append(button);
  });
  const select = make("select");
  for (const name of model.get("labels")) select.append(make("option", { textContent: name, value: name }));
  select.onchange = () => change("network", select.value);
  row.append(labelled("Network", select));
  const readout = make("output", {}, { "aria-live": "off" });
  root.append(views, row, readout, keyHelp("plane of the code", ["← ↑ ↓ →", "move z₁ and z₂"],
    ["Shift", "five times as far"], ["Home", "both to 0"]));
  keepKeys(code, select, ...knobs.map(({ slider }) => slider));
  el.replaceChildren(root);

  const curve = (canvas, name) => axes(canvas, WIDE, [0, last], ["n", name]);
  const curves = [curve(family, "x̂"), curve(parts, "x̂"), curve(filters, "w")];
  const plane = axes(code, NARROW, [-1, 1], ["z₁", "z₂"]);
  let z = [...model.get("z")], motion = null;

  function draw() {
    const network = networks[model.get("network")], terms = scaled(network, z), x_hat = sum(network, terms);
    for (const view of curves) view.frame(network.limit);
    for (const z_3 of FAMILY) {
      const other = sum(network, scaled(network, [z[0], z[1], z_3]));
      curves[0].line(other, GREEN, 1.5, 0.6 + 0.35 * z_3);
    }
    FILTERS.forEach(([colour, sign], k) => {
      curves[1].line(terms[k], colour, 1.5, 1, sign);
      curves[2].line([...network.w[k]], colour, 1.5, 1, sign);
    });
    for (const view of curves.slice(0, 2)) view.line(x_hat, INK, 4);
    plane.frame(1);
    plane.dot(z);
    knobs.forEach(({ slider, value }, k) => {
      slider.value = z[k];
      value.textContent = inText(z[k]);
    });
    select.value = model.get("network");
    const beyond = x_hat.some(v => Math.abs(v) > network.limit);
    readout.textContent = `x̂ = ${tuple(x_hat)}${beyond ? ", beyond the axes" : ""}`;
  }

  const round = v => Math.round(100 * Math.min(1, Math.max(-1, v))) / 100;

  function turn(code) {
    halt();
    z = code.map(round);
    draw();
    change("z", z);
  }

  function halt() {
    if (!motion) return;
    cancelAnimationFrame(motion.loop);
    motion.button.textContent = motion.name;
    motion = null;
  }

  function start(button, k) {
    halt();
    motion = { button, name: button.textContent, loop: requestAnimationFrame(move), k };
    button.textContent = "Stop";
  }

  // One number swings with the others at 0, or all, so that the code is never longer than 1.
  function move(now) {
    const time = (now - (motion.since ??= now)) / 1000, swing = seconds => Math.sin(2 * Math.PI * time / seconds);
    z = TOGETHER.map((period, i) => motion.k === 3 ? swing(period) / Math.sqrt(3) : i === motion.k ? swing(ALONE) : 0);
    draw();
    motion.loop = requestAnimationFrame(move);
  }

  const rest = () => { if (motion) turn(z); };

  steer(code, event => turn([...plane.at(event), z[2]]),
    way => turn(way ? [z[0] + STEP * way[0], z[1] + STEP * way[1], z[2]] : [0, 0, z[2]]));
  const follow = () => {
    const other = model.get("z");
    if (other.every((v, k) => v === z[k])) return;
    halt();
    z = [...other];
    draw();
  };
  draw();
  return attend(model, signal, root, { z: follow, network: draw }, rest, halt);
}

export default { render };
