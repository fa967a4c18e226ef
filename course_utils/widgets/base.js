// What the widgets share; it stands before the script of each.

const bytesOf = view => new Uint8Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
const floatsOf = view => new Float32Array(bytesOf(view).buffer);
const inText = (v, digits = 2) => v.toFixed(digits).replace(/^-(0\.?0*)$/, "$1").replace("-", "−");
const tuple = (values, digits = []) => `(${values.map((v, k) => inText(v, digits[k])).join(", ")})`;

function make(tag, properties = {}, attributes = {}) {
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// The style of all widgets. What stands in `.views` or in a `.row` wraps where there is no room for it; sliders and
// buttons are large enough for a finger.
const BASE_STYLE = `
  .course-widget { font: 16px/1.4 system-ui, sans-serif; color: var(--jp-content-font-color1, #222);
    box-sizing: border-box; padding: 3px; }
  .course-widget .views { display: flex; flex-wrap: wrap; gap: 8px 16px; }
  .course-widget .row { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; margin-top: 8px; }
  .course-widget canvas { display: block; max-width: 100%; }
  .course-widget canvas[tabindex] { touch-action: none; }
  .course-widget canvas:focus-visible { outline: 3px solid #0072B2; }
  .course-widget button, .course-widget select { font: inherit; min-width: 44px; min-height: 32px; padding: 4px 10px;
    box-sizing: border-box; max-width: 100%; }
  .course-widget button[aria-disabled=true], .course-widget button:disabled { color: #666; background: #eee;
    border: 2px solid #ddd; cursor: default; }
  body[data-jp-theme-light=false] .course-widget button[aria-disabled=true] { color: #aaa; background: #333;
    border-color: #444; }
  .course-widget input[type=range] { appearance: none; background: none; height: 24px; min-width: 0; margin: 2px 0;
    cursor: pointer; }
  .course-widget input::-webkit-slider-runnable-track { height: 8px; border-radius: 4px; background: #777; }
  .course-widget input::-moz-range-track { height: 8px; border-radius: 4px; background: #777; }
  .course-widget input::-webkit-slider-thumb { appearance: none; width: 24px; height: 24px; margin-top: -8px;
    border: 2px solid white; border-radius: 12px; background: #0072B2; }
  .course-widget input::-moz-range-thumb { width: 20px; height: 20px; border: 2px solid white; border-radius: 12px;
    background: #0072B2; }
  .course-widget output { font-variant-numeric: tabular-nums; }
  .course-widget .keys { color: var(--jp-content-font-color2, #555); font-size: 14px; margin: 6px 0 0; }
  .course-widget .keys kbd { font: inherit; font-weight: 600; }
`;

// The root of a widget, with the style of all and its own.
function rootOf(name, model, style) {
  const label = { role: "group", "aria-label": model.get("alt") };
  const root = make("div", { className: `course-widget course-${name}` }, label);
  root.append(make("style", { textContent: BASE_STYLE + style }));
  return root;
}

// A line of help: what each key does in the place of this name, as in keyHelp("picture", ["Home", "to the start"]).
function keyHelp(place, ...keys) {
  const line = make("p", { className: "keys" });
  line.append(`Keys in the ${place}: `);
  keys.forEach(([key, does], k) => line.append(k ? ", " : "", make("kbd", { textContent: key }), ` ${does}`));
  return line;
}

// Pixels of a canvas for each pixel on the page: sharp on a projector too.
const sharpness = () => Math.max(2, window.devicePixelRatio || 1);

// Where a pointer is, from the left and the top inside the border of a canvas that is drawn `wide` wide, in those
// units, however large the page shows it.
function placeIn(canvas, event, wide) {
  const { left, top, width } = canvas.getBoundingClientRect();
  const shown = width / canvas.offsetWidth, zoom = wide / canvas.clientWidth; // a slide is shown larger or smaller
  return [
    ((event.clientX - left) / shown - canvas.clientLeft) * zoom,
    ((event.clientY - top) / shown - canvas.clientTop) * zoom,
  ];
}

// Greys a button out that can do nothing now; it keeps the focus, which it would lose if it were `disabled`.
const enable = (button, can) => button.setAttribute("aria-disabled", String(!can));

// Sets a trait of the model, and tells Python.
const changes = model => (trait, value) => {
  model.set(trait, value);
  model.save_changes();
};

// Keys pressed in these controls are theirs; JupyterLab would take the arrows away.
function keepKeys(...controls) {
  for (const control of controls) control.dataset.lmSuppressShortcuts = "true";
}

// A control behind its name, which is also what a screen reader says.
function labelled(text, control, className = "") {
  const element = make("label", { textContent: text, className });
  control.setAttribute("aria-label", text);
  element.append(control);
  return element;
}

// Drags a point over a canvas: `drag` gets each event of the pointer that is down; `step` gets the way
// of an arrow key, five times as far with shift, or null for the home key.
function steer(canvas, drag, step) {
  let pointer = null;
  canvas.onpointerdown = event => {
    if (event.button || pointer !== null) return;
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    drag(event);
  };
  canvas.onpointermove = event => { if (event.pointerId === pointer) drag(event); };
  canvas.onpointerup = canvas.onpointercancel = event => { if (event.pointerId === pointer) pointer = null; };
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  canvas.onkeydown = event => {
    const way = ways[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || !(way || event.key === "Home")) return;
    event.preventDefault();
    event.stopPropagation();
    step(way ? way.map(v => event.shiftKey ? 5 * v : v) : null);
  };
}

// The signs of a button that plays are drawn, since not every font has a pause sign.
const PLAY = "M1 0L12 6L1 12Z", PAUSE = "M1 0H5V12H1ZM7 0H11V12H7Z";
const drawn = path => `<svg viewBox="0 0 12 12" width="14" height="14" fill="currentColor" aria-hidden="true">
  <path d="${path}"/></svg>`;

// A button that plays: `rewind` begins, `advance` goes on `pace()` times a second until it returns false.
function plays(button, rewind, advance, pace) {
  let timer = null;
  const look = (sign, name) => { button.innerHTML = drawn(sign); button.setAttribute("aria-label", name); };
  const stop = () => { clearInterval(timer); timer = null; look(PLAY, "play"); };
  const start = () => {
    rewind();
    look(PAUSE, "pause");
    timer = setInterval(() => { if (!advance()) stop(); }, 1000 / pace());
  };
  stop();
  return { start, stop, on: () => timer !== null };
}

// Listens to traits, name -> function, and rests while the widget is out of sight; what ends it is returned.
function attend(model, signal, root, traits, rest, halt) {
  const seen = new IntersectionObserver(([entry]) => { if (!entry.isIntersecting) rest(); });
  seen.observe(root);
  for (const [name, follow] of Object.entries(traits)) model.on(`change:${name}`, follow);
  const end = () => {
    halt();
    seen.disconnect();
    for (const [name, follow] of Object.entries(traits)) model.off(`change:${name}`, follow);
  };
  signal?.addEventListener("abort", end);
  return end;
}
