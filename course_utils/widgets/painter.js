// Draw a density; points rain in from it as you draw, with the marginals along the edges.

// Canvas and rain stay side by side however narrow the page is, so that the points are seen while one draws.
const STYLE = `
  .course-painter { max-width: 766px; }
  .course-painter .views { flex-wrap: nowrap; gap: min(16px, 2%); align-items: flex-end; }
  .course-painter .paper { flex: 340 1 0; min-width: 0; aspect-ratio: 1; background: black; cursor: crosshair;
    outline-offset: 2px; box-shadow: 0 0 0 1px #777; }
  .course-painter .rain { flex: 400 1 0; min-width: 0; aspect-ratio: 1; background: white; }
  .course-painter .row:empty { display: none; }
  .course-painter button[aria-pressed=true] { background: #0072B2; color: white; }
  .course-painter .class { display: flex; gap: 6px; align-items: center; }
  .course-painter .class[aria-pressed=true] { background: #222; }
  .course-painter .class i { width: 16px; height: 16px; border: 1px solid white; }
  .course-painter label { display: flex; gap: 6px; align-items: center; }
  .course-painter .hint { color: var(--jp-content-font-color2, #555); font-size: 15px; margin: 6px 0 0; min-height: 1.4em; }
`;
const PAPER = 340, EDGE = 60; // of the rain's 400 pixels, at most: the square, and the room for each marginal
const POINTS = 4000, RAIN = 160, UNDO = 100, BINS = 64;
const ORANGE = "#D55E00", COLOURS = ["#0072B2", ORANGE, "#009E73"]; // of the classes

function render({ model, el, signal }) {
  const side = model.get("side");
  const classes = model.get("classes"), n = side * side, layers = Math.max(1, classes.length);
  const lights = (classes.length ? COLOURS : ["#FFFFFF"]).map(c => [1, 3, 5].map(k => parseInt(c.slice(k, k + 2), 16)));
  let pixels = bytesOf(model.get("pixels")), chosen = 0, news = "";
  const start = bytesOf(model.get("start")), past = remembered(start.length ? [start] : [], UNDO);

  const root = rootOf("painter", model, STYLE);
  const paper = make("canvas", { className: "paper", width: side, height: side, tabIndex: 0 }, {
    role: "application",
    "aria-label": "canvas to draw a density on: arrow keys move the brush, with shift faster, space puts it down or up, "
      + "e switches to the eraser and back, u undoes, r does it again" + (classes.length ? ", c goes to the next class" : ""),
  });
  const rain = make("canvas", { className: "rain" }, {
    role: "img",
    "aria-label": "points drawn from the density, and its marginals along the upper and right edge",
  });
  const size = make("input", { type: "range", min: 1, max: 40, value: 9 }, { "aria-label": "brush size" });
  const palette = make("div", { className: "row" }, { role: "group", "aria-label": "class to draw" });
  const buttons = classes.map((name, c) => {
    const button = make("button", { type: "button", className: "class", onclick: () => choose(c) });
    button.append(make("i", {}, { style: `background: ${COLOURS[c]}` }), name);
    palette.append(button);
    return button;
  });
  const eraser = make("button", { type: "button", textContent: "eraser" }, { "aria-pressed": "false" });
  const [undo, redo, clear] = ["undo", "redo", "clear"].map(textContent => make("button", { type: "button", textContent }));
  const save = make("button", { type: "button", textContent: "save PNG" });
  const load = make("button", { type: "button", textContent: "load picture" });
  const file = make("input", { type: "file", accept: "image/*", hidden: true });
  const library = bytesOf(model.get("library")), pictures = make("select", {}, { "aria-label": "start from a picture" });
  keepKeys(paper, size, pictures);
  pictures.append(make("option", { textContent: "start from …", value: "" }));
  model.get("names").forEach((name, k) => pictures.append(make("option", { textContent: name, value: String(k) })));
  const status = make("p", { className: "hint" }, { "aria-live": "polite" });
  const views = make("div", { className: "views" }), row = make("div", { className: "row" });
  const label = make("label", { textContent: "brush" });
  label.append(size);
  views.append(paper, rain);
  row.append(label, eraser, undo, redo, clear, pictures, save, load, file);
  const keys = [["← ↑ ↓ →", "move the brush"], ["Shift", "faster"], ["Space", "puts it down or up"], ["e", "eraser"],
    ["u", "undo"], ["r", "redo"], ...(classes.length ? [["c", "next class"]] : [])];
  root.append(views, palette, row, status, keyHelp("black square", ...keys));
  el.replaceChildren(root);

  const ink = paper.getContext("2d"), sky = rain.getContext("2d");
  const image = ink.createImageData(side, side);
  image.data.fill(255);
  const points = new Float32Array(3 * POINTS);
  let table = null, drawn = 0, next = 0, left = 0, loop = null;
  const brush = { x: side / 2, y: side / 2, ring: false, down: false, pointer: null };

  function showPixels() {
    for (let k = 0; k < n; k++)
      for (let c = 0; c < 3; c++) {
        let light = 0;
        for (let l = 0; l < layers; l++) light += pixels[l * n + k] * lights[l][c] / 255;
        image.data[4 * k + c] = light;
      }
    ink.putImageData(image, 0, 0);
    if (!brush.ring) return;
    ink.strokeStyle = classes.length ? "white" : ORANGE;
    ink.lineWidth = 1.5;
    ink.beginPath();
    ink.arc(brush.x, brush.y, Math.max(2, size.value / 2), 0, 2 * Math.PI);
    ink.stroke();
  }

  const erasing = () => eraser.getAttribute("aria-pressed") === "true";

  function say() {
    const words = news ? [news] : [], empty = classes.filter((_, l) => !pixels.subarray(l * n, (l + 1) * n).some(Boolean));
    if (empty.length) words.push(`Nothing is drawn in ${empty.join(" or ")}.`);
    else if (!table) words.push("The canvas is black. White means probable: draw something.");
    const tool = erasing() ? "Eraser" : classes.length ? `Brush (${classes[chosen]})` : "Brush";
    if (brush.ring) words.push(`${tool} ${brush.down ? "down" : "up"}.`);
    status.textContent = words.join(" ");
  }

  function choose(c) {
    chosen = c;
    buttons.forEach((button, l) => button.setAttribute("aria-pressed", String(l === c)));
    eraser.setAttribute("aria-pressed", "false");
    say();
  }

  // Sets a pixel of one layer (of none: erases); the others keep at most what is left of it.
  function put(layer, k, value) {
    let room = 255 - value;
    for (let l = 0; l < layers; l++) {
      if (l === layer) pixels[l * n + k] = value;
      else room -= pixels[l * n + k] = Math.min(pixels[l * n + k], room);
    }
  }

  // A round brush with a soft rim, from one place to another.
  function stroke(from, to) {
    const radius = size.value / 2, steps = Math.ceil(Math.hypot(to.x - from.x, to.y - from.y)) || 1;
    const erase = erasing();
    for (let s = 0; s <= steps; s++) {
      const x = from.x + (to.x - from.x) * s / steps, y = from.y + (to.y - from.y) * s / steps;
      const low = v => Math.max(0, Math.floor(v - radius - 1)), high = v => Math.min(side - 1, Math.ceil(v + radius + 1));
      for (let i = low(y); i <= high(y); i++)
        for (let j = low(x); j <= high(x); j++) {
          const cover = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(j + 0.5 - x, i + 0.5 - y)));
          const k = i * side + j, value = Math.round(255 * cover);
          if (erase) put(null, k, value);
          else put(chosen, k, Math.max(pixels[chosen * n + k], value));
        }
    }
    changed();
  }

  function changed(words = "") {
    news = words;
    enable(undo, past.canUndo(pixels));
    enable(redo, past.canRedo());
    showPixels();
    table = aliasTable(pixels);
    if (!table) drawn = next = 0;
    say();
    left = POINTS + RAIN;
    loop ??= requestAnimationFrame(fall);
  }

  function tell() {
    model.set("pixels", new DataView(pixels.slice().buffer));
    model.save_changes();
  }

  function marginals() {
    const column = new Float64Array(side), line = new Float64Array(side);
    let total = 0;
    for (let k = 0; k < pixels.length; k++) {
      column[k % side] += pixels[k];
      line[side - 1 - Math.floor(k / side) % side] += pixels[k];
      total += pixels[k];
    }
    const density = a => a.map(v => v * side / total);
    const bin = v => Math.min(BINS - 1, Math.floor(v * BINS)); // float32 may round up to 1
    const across = new Float64Array(BINS), up = new Float64Array(BINS);
    for (let i = 0; i < drawn; i++) {
      across[bin(points[3 * i])] += BINS / drawn;
      up[bin(points[3 * i + 1])] += BINS / drawn;
    }
    return { p_x: density(column), p_y: density(line), across, up };
  }

  function showRain() {
    const wide = rain.clientWidth, ratio = sharpness();
    if (!wide) return; // it is not on the page yet
    if (rain.width !== Math.round(wide * ratio)) rain.width = rain.height = Math.round(wide * ratio);
    const zoom = wide / (PAPER + EDGE), S = PAPER * zoom, edge = EDGE * zoom, dot = 1.5 * zoom;
    sky.setTransform(ratio, 0, 0, ratio, 0, 0);
    sky.fillStyle = "white";
    sky.fillRect(0, 0, wide, wide);
    sky.strokeStyle = "#999";
    sky.lineWidth = 1;
    sky.strokeRect(0.5, edge + 0.5, S - 1, S - 1);
    if (!table) return;
    for (let l = 0; l < layers; l++) {
      sky.fillStyle = COLOURS[l];
      for (let i = 0; i < 3 * drawn; i += 3)
        if (points[i + 2] === l)
          sky.fillRect(points[i] * S - dot / 2, edge + (1 - points[i + 1]) * S - dot / 2, dot, dot);
    }
    const { p_x, p_y, across, up } = marginals(), room = edge - 4;
    const tall = room / Math.max(...p_x, ...across), long = room / Math.max(...p_y, ...up);
    sky.fillStyle = classes.length ? "#BBB" : "#56B4E9"; // grey: of no class
    for (let b = 0; b < BINS; b++) {
      sky.fillRect(b * S / BINS, edge - across[b] * tall, S / BINS - 0.5 * zoom, across[b] * tall);
      sky.fillRect(S, edge + S - (b + 1) * S / BINS, up[b] * long, S / BINS - 0.5 * zoom);
    }
    sky.fillStyle = "#555";
    sky.font = `${zoom < 0.7 ? 11 : 13}px system-ui, sans-serif`;
    for (const words of [["x", S - 12, edge + S - 6], ["y", 6, edge + 15], ["p(x)", S + 4, edge / 2 - 4]]) sky.fillText(...words);
    sky.textAlign = "right";
    sky.fillText("p(y)", wide - 2, edge - 4);
    sky.textAlign = "left";
    sky.strokeStyle = classes.length ? "#222" : ORANGE;
    sky.lineWidth = 1.5;
    sky.beginPath();
    p_x.forEach((p, j) => sky.lineTo((j + 0.5) * S / side, edge - p * tall));
    sky.stroke();
    sky.beginPath();
    p_y.forEach((p, i) => sky.lineTo(S + p * long, edge + S - (i + 0.5) * S / side));
    sky.stroke();
  }

  // New points take the place of the oldest, until all come from what is drawn now.
  function fall() {
    loop = null;
    if (table && left > 0) {
      const count = Math.min(RAIN, POINTS - next);
      sample(table, side, points, next, count);
      next = (next + count) % POINTS;
      drawn = Math.max(drawn, next || POINTS);
      left -= count;
      loop = requestAnimationFrame(fall);
    }
    showRain();
  }

  const place = event => {
    const [x, y] = placeIn(paper, event, side);
    return { x, y };
  };
  paper.onpointerdown = event => {
    if (event.button || brush.pointer !== null) return;
    paper.setPointerCapture(event.pointerId);
    past.keep(pixels);
    Object.assign(brush, place(event), { ring: false, down: false, pointer: event.pointerId });
    stroke(brush, brush);
  };
  paper.onpointermove = event => {
    if (event.pointerId !== brush.pointer) return;
    const to = place(event);
    stroke(brush, to);
    Object.assign(brush, to);
  };
  paper.onpointerup = paper.onpointercancel = event => {
    if (event.pointerId !== brush.pointer) return;
    brush.pointer = null;
    tell();
  };
  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  paper.onkeydown = event => {
    const control = event.ctrlKey || event.metaKey, key = event.key.toLowerCase(), move = MOVES[event.key];
    const undoes = control && key === "z" && !event.shiftKey, redoes = control && (key === "y" || key === "z") && !undoes;
    if (brush.pointer !== null || ((control || event.altKey) && !undoes && !redoes)) return;
    if (move) {
      const step = event.shiftKey ? 10 : 3, from = { x: brush.x, y: brush.y };
      const within = v => Math.min(side - 1, Math.max(0, v));
      Object.assign(brush, { x: within(from.x + step * move[0]), y: within(from.y + step * move[1]), ring: true });
      if (brush.down) { stroke(from, brush); tell(); } else { showPixels(); say(); }
    } else if (event.key === " ") {
      Object.assign(brush, { ring: true, down: !brush.down });
      if (brush.down) { past.keep(pixels); stroke(brush, brush); tell(); } else say();
    } else if (undoes || key === "u") undo.click();
    else if (redoes || key === "r") redo.click();
    else if (key === "e") eraser.click();
    else if (key === "c" && classes.length) choose((chosen + 1) % layers);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  paper.onfocus = () => { brush.ring = paper.matches(":focus-visible"); showPixels(); say(); };
  paper.onblur = () => { Object.assign(brush, { ring: false, down: false }); showPixels(); say(); };
  eraser.onclick = () => { eraser.setAttribute("aria-pressed", String(!erasing())); say(); };

  // Goes to other pixels, which can be undone, and tells Python.
  function turn(next, words) {
    past.keep(pixels);
    pixels = next;
    changed(words);
    tell();
  }

  // Shows a picture in the class that is chosen; the others keep what it leaves them.
  function putPicture(grey, words) {
    past.keep(pixels);
    grey.forEach((value, k) => put(chosen, k, value));
    changed(words);
    tell();
  }

  const step = way => {
    pixels = past[way](pixels);
    changed();
    tell();
  };
  undo.onclick = () => { if (past.canUndo(pixels)) step("undo"); };
  redo.onclick = () => { if (past.canRedo()) step("redo"); };
  clear.onclick = () => turn(new Uint8Array(layers * n));
  pictures.onchange = () => {
    if (pictures.value === "") return;
    const from = pictures.value * n;
    pictures.value = "";
    putPicture(library.subarray(from, from + n));
  };

  const inform = words => { news = words; say(); };
  save.onclick = () => {
    sheetOf(pixels, side, layers).toBlob(blob => {
      const link = make("a", { href: URL.createObjectURL(blob), download: "drawing.png" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    });
    const what = classes.length ? ", one grey square for each class" : "";
    inform(`Saved among your downloads as drawing.png${what}. “load picture” brings it back.`);
  };

  async function read(picture) {
    let found;
    try {
      found = layersOf(...await greyOfFile(picture), side, layers);
    } catch {
      return inform(`${picture.name} is not a picture that this browser can read: choose a PNG or JPEG file.`);
    }
    if (!found) return inform(`${picture.name} is all black, and white means probable: choose another picture.`);
    const words = `${picture.name} is on the canvas.`;
    if (found.length === layers) turn(stacked(found), words);
    else putPicture(found[0], words);
  }
  load.onclick = () => { inform("Choose a picture: white means probable."); file.click(); };
  file.oncancel = () => inform("");
  file.onchange = () => { if (file.files.length) read(file.files[0]); file.value = ""; };
  paper.ondragover = event => event.preventDefault();
  paper.ondrop = event => {
    event.preventDefault();
    event.stopPropagation();
    if (event.dataTransfer.files.length) read(event.dataTransfer.files[0]);
  };

  const follow = () => {
    const other = bytesOf(model.get("pixels"));
    if (brush.pointer !== null || same(other, pixels)) return;
    past.keep(pixels);
    pixels = other;
    changed();
  };
  model.on("change:pixels", follow);
  const resized = new ResizeObserver(showRain);
  resized.observe(rain);
  const end = () => { cancelAnimationFrame(loop); resized.disconnect(); model.off("change:pixels", follow); };
  signal?.addEventListener("abort", end);
  changed(start.length ? "Your drawing from before: undo shows the first picture, clear begins anew." : "");
  choose(0);
  return end;
}

export default { render };
