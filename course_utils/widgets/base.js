// What the widgets share: values, style, controls, coordinates, motion, listening and resting.

/**
 * What anywidget hands to a widget: its model, its place in the page, and what tells it to end.
 * @typedef {{
 *   get: (name: string) => any,
 *   set: (name: string, value: any) => void,
 *   save_changes: () => void,
 *   on: (event: string, follow: () => void) => void,
 *   off: (event: string, follow: () => void) => void,
 * }} Model
 * @typedef {{ model: Model, el: HTMLElement, signal?: AbortSignal }} Place
 */

// ---- values

/** @type {(view: DataView<ArrayBuffer>) => Uint8Array<ArrayBuffer>} */
export const bytesOf = view => new Uint8Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

/** @type {(view: DataView<ArrayBuffer>) => Float32Array<ArrayBuffer>} */
export const floatsOf = view => new Float32Array(bytesOf(view).buffer);

/** @type {(v: number, low: number, high: number) => number} */
export const clamp = (v, low, high) => Math.min(high, Math.max(low, v));

/** @type {(a: ArrayLike<number>, b: ArrayLike<number>) => boolean} */
export const same = (a, b) => a.length === b.length && Array.prototype.every.call(a, (v, k) => v === b[k]);

/** @type {(v: number, digits?: number) => string} */
export const inText = (v, digits = 2) =>
  v
    .toFixed(digits)
    .replace(/^-(0\.?0*)$/, "$1")
    .replace("-", "−");

/** @type {(values: number[], digits?: number[]) => string} */
export const tuple = (values, digits = []) => `(${values.map((v, k) => inText(v, digits[k])).join(", ")})`;

// Sets a trait of the model, and tells Python.
/** @type {(model: Model) => (trait: string, value: any) => void} */
export const changes = model => (trait, value) => {
  model.set(trait, value);
  model.save_changes();
};

// ---- style

export const BLUE = "#0072B2";
export const ORANGE = "#D55E00";
export const GREEN = "#009E73";
export const SKY = "#56B4E9";
export const INK = "#222";

// What stands in `.views` or in a `.row` wraps where there is no room for it; sliders and buttons are large enough for
// a finger.
const BASE_STYLE = `
  .course-widget { font: 16px/1.4 system-ui, sans-serif; color: var(--jp-content-font-color1, #222);
    box-sizing: border-box; padding: 3px; }
  .course-widget .views, .course-widget .row { display: flex; flex-wrap: wrap; gap: 8px 16px; }
  .course-widget .row { align-items: center; margin-top: 8px; }
  .course-widget .row label { display: flex; gap: 8px; align-items: center; }
  .course-widget [hidden] { display: none !important; }
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
  .course-widget > output { display: block; margin-top: 6px; }
  .course-widget .hint { color: var(--jp-content-font-color2, #555); font-size: 15px; margin: 6px 0 0; }
  .course-widget .keys { color: var(--jp-content-font-color2, #555); font-size: 14px; margin: 6px 0 0; }
  .course-widget .keys kbd { font: inherit; font-weight: 600; }
`;

// ---- elements and controls

/**
 * An element with these properties, attributes and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [properties]
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, properties = {}, attributes = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** @type {(className: string, ...children: (Node | string)[]) => HTMLDivElement} */
export const box = (className, ...children) => make("div", { className }, {}, ...children);

// The root of a widget, with the style of all and its own, in its place on the page. The style of all is written for
// this widget alone: that of another further down the page would come after its own, and win.
/** @type {(name: string, model: Model, el: HTMLElement, style: string) => HTMLDivElement} */
export function rootOf(name, model, el, style) {
  const label = { role: "group", "aria-label": model.get("alt") };
  const textContent = BASE_STYLE.replaceAll(".course-widget", `.course-${name}`) + style;
  const sheet = make("style", { textContent });
  const root = make("div", { className: `course-widget course-${name}` }, label, sheet);
  el.replaceChildren(root);
  return root;
}

// Keys pressed in a control are its own; JupyterLab would take the arrows away.
/** @type {<Control extends HTMLElement>(control: Control) => Control} */
export function keepsKeys(control) {
  control.dataset.lmSuppressShortcuts = "true";
  return control;
}

// A canvas that is looked at, or one that is worked on with keys and a pointer, by a name for screen readers.
/** @type {(className: string, name: string) => HTMLCanvasElement} */
export const picture = (className, name) => make("canvas", { className }, { role: "img", "aria-label": name });
/** @type {(className: string, name: string) => HTMLCanvasElement} */
export const stage = (className, name) =>
  keepsKeys(make("canvas", { className, tabIndex: 0 }, { role: "application", "aria-label": name }));

/** @type {(textContent: string, onclick?: () => void) => HTMLButtonElement} */
export const button = (textContent, onclick) => make("button", { type: "button", textContent, onclick });

// Text that changes too often to be read out.
export const readout = () => make("output", {}, { "aria-live": "off" });

/** @type {(min: number, max: number, step: number, turn: (v: number) => void) => HTMLInputElement} */
export function slider(min, max, step, turn) {
  const control = keepsKeys(make("input", { type: "range", min, max, step }));
  control.oninput = () => turn(Number(control.value));
  return control;
}

// One of some names; `pick` gets its value, which is its number from 0 unless there are others.
/** @type {(names: string[], pick: (value: string) => void, values?: string[]) => HTMLSelectElement} */
export function choice(names, pick, values = names.map((_, k) => String(k))) {
  const control = keepsKeys(make("select"));
  control.append(...names.map((textContent, k) => make("option", { textContent, value: values[k] })));
  control.onchange = () => pick(control.value);
  return control;
}

// A control behind its name, which is also what a screen reader says.
/** @type {(text: string, control: HTMLElement, ...more: (Node | string)[]) => HTMLLabelElement} */
export function labelled(text, control, ...more) {
  control.setAttribute("aria-label", text);
  return make("label", { textContent: text }, {}, control, ...more);
}

// Greys a button out that can do nothing now; it keeps the focus, which it would lose if it were `disabled`.
/** @type {(button: HTMLButtonElement, can: boolean) => void} */
export const enable = (button, can) => button.setAttribute("aria-disabled", String(!can));

// A line of help: what each key does in the place of this name, as in keyHelp("picture", ["Home", "to the start"]).
/** @type {(place: string, ...keys: string[][]) => HTMLParagraphElement} */
export function keyHelp(place, ...keys) {
  const line = make("p", { className: "keys" }, {}, `Keys in the ${place}: `);
  keys.forEach(([key, does], k) => line.append(k ? ", " : "", make("kbd", { textContent: key }), ` ${does}`));
  return line;
}

// ---- coordinates

// Pixels of a canvas for each pixel on the page: sharp on a projector too.
export const sharpness = () => Math.max(2, window.devicePixelRatio || 1);

/** @type {(canvas: HTMLCanvasElement, read?: boolean) => CanvasRenderingContext2D} */
export const penOf = (canvas, read = false) =>
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: read }));

// Where a pointer is, from the left and the top inside the border of a canvas that is drawn `wide` wide, in those
// units, however large the page shows it.
/** @type {(canvas: HTMLCanvasElement, event: MouseEvent, wide: number) => [number, number]} */
export function placeIn(canvas, event, wide) {
  const { left, top, width } = canvas.getBoundingClientRect();
  const shown = width / canvas.offsetWidth; // a slide is shown larger or smaller
  const zoom = wide / canvas.clientWidth;
  return [
    ((event.clientX - left) / shown - canvas.clientLeft) * zoom,
    ((event.clientY - top) / shown - canvas.clientTop) * zoom,
  ];
}

// Follows the one pointer that is down on a canvas: `begin` gets its first event, `drag` all later ones, and `end` is
// called when it is up. Returns whether one is down.
/**
 * @param {HTMLCanvasElement} canvas
 * @param {(event: PointerEvent) => void} drag
 * @param {(event: PointerEvent) => void} [begin]
 * @param {() => void} [end]
 */
export function drags(canvas, drag, begin = drag, end = () => {}) {
  /** @type {number | null} */
  let pointer = null;
  canvas.onpointerdown = event => {
    if (event.button || pointer !== null) return;
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    begin(event);
  };
  canvas.onpointermove = event => {
    if (event.pointerId === pointer) drag(event);
  };
  canvas.onpointerup = canvas.onpointercancel = event => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    end();
  };
  return () => pointer !== null;
}

/** @type {Record<string, [number, number]>} */
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

// The way of an arrow key, to the right and upward, so many times as far with shift; none for another key.
/** @type {(event: KeyboardEvent, shifted?: number) => [number, number] | undefined} */
export function wayOf(event, shifted = 5) {
  const far = event.shiftKey ? shifted : 1;
  const way = WAYS[event.key];
  return way && [far * way[0], far * way[1]];
}

// Keeps an event from the page.
/** @param {Event} event */
export function take(event) {
  event.preventDefault();
  event.stopPropagation();
}

// Drags a point over a canvas: `drag` gets each event of the pointer that is down; `step` gets the way of an arrow
// key, or null for the home key.
/** @type {(canvas: HTMLCanvasElement, drag: (event: PointerEvent) => void, step: (way: number[] | null) => void) => void} */
export function steer(canvas, drag, step) {
  drags(canvas, drag);
  canvas.onkeydown = event => {
    const way = wayOf(event);
    if (event.ctrlKey || event.metaKey || event.altKey || !(way || event.key === "Home")) return;
    take(event);
    step(way ?? null);
  };
}

// ---- motion

// From `start` on, `step` gets the time of each frame until it returns false, or until `stop`.
/** @param {(now: number) => boolean} step */
export function frames(step) {
  /** @type {number | null} */
  let loop = null;
  const next = (/** @type {number} */ now) => {
    loop = null;
    if (step(now)) start();
  };
  const start = () => {
    loop ??= requestAnimationFrame(next);
  };
  const stop = () => {
    if (loop !== null) cancelAnimationFrame(loop);
    loop = null;
  };
  return { start, stop, on: () => loop !== null };
}

// The signs of a button that plays are drawn, since not every font has a pause sign.
const PLAY = "M1 0L12 6L1 12Z";
const PAUSE = "M1 0H5V12H1ZM7 0H11V12H7Z";
/** @param {string} path */
const drawn = path => `<svg viewBox="0 0 12 12" width="14" height="14" fill="currentColor" aria-hidden="true">
  <path d="${path}"/></svg>`;

// A button that plays: `rewind` begins, `advance` goes on `pace()` times a second until it returns false.
/** @type {(button: HTMLButtonElement, rewind: () => void, advance: () => boolean, pace: () => number) => any} */
export function plays(button, rewind, advance, pace) {
  /** @type {number | undefined} */
  let timer;
  const look = (/** @type {string} */ sign, /** @type {string} */ name) => {
    button.innerHTML = drawn(sign);
    button.setAttribute("aria-label", name);
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    look(PLAY, "play");
  };
  const start = () => {
    rewind();
    look(PAUSE, "pause");
    timer = setInterval(() => {
      if (!advance()) stop();
    }, 1000 / pace());
  };
  stop();
  return { start, stop, on: () => timer !== undefined };
}

// ---- listening and resting

// Listens to traits, name -> function, and rests while the widget is out of sight; what ends it is returned.
/**
 * @param {Place} place
 * @param {Element} root
 * @param {Record<string, () => void>} traits
 * @param {() => void} rest
 * @param {() => void} [halt]
 */
export function attend({ model, signal }, root, traits, rest, halt = rest) {
  const seen = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting) rest();
  });
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
