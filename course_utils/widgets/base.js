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

// A button that plays: `rewind` begins, `advance` goes on `pace()` times a second until it returns false.
function plays(button, rewind, advance, pace) {
  let timer = null;
  const look = (text, name) => { button.textContent = text; button.setAttribute("aria-label", name); };
  const stop = () => { clearInterval(timer); timer = null; look("▶", "play"); };
  const start = () => {
    rewind();
    look("⏸", "pause");
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
