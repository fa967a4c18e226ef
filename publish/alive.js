// What brings a widget to life without a kernel, in a deck and on the site.

/** @type {(base64: string) => Uint8Array<ArrayBuffer>} */
export const bytes = base64 => Uint8Array.from(atob(base64), c => c.charCodeAt(0));

// The values of a stored model, with its bytes in place.
export function decode(state) {
  for (const { path, data, encoding } of state.buffers || []) {
    if (encoding !== "base64") throw new Error(`unknown encoding ${encoding}`);
    let target = state.state;
    for (const key of path.slice(0, -1)) target = target[key] ??= {};
    target[path.at(-1)] = new DataView(bytes(data).buffer);
  }
  return state.state;
}

// What an anywidget needs of a model: its values, and word of their changes.
function model(values) {
  const listeners = new Map();
  const fire = (event, ...rest) => [...(listeners.get(event) || [])].forEach(f => f(...rest));
  const self = {
    get: name => values[name],
    set(name, value) {
      if (values[name] === value) return;
      values[name] = value;
      fire(`change:${name}`, self, value);
      fire("change", self);
    },
    save_changes() {},
    send() {},
    on: (event, f) => listeners.set(event, [...(listeners.get(event) || []), f]),
    off: (event, f) =>
      listeners.set(
        event,
        (listeners.get(event) || []).filter(g => g !== f),
      ),
  };
  return self;
}

const modules = new Map();

// Draws a widget in its place, from the values of its model; `source` is the text of its module.
export async function draw(place, values, source = values._esm) {
  if (!modules.has(source)) {
    const text = new Blob([source], { type: "text/javascript" });
    modules.set(source, import(URL.createObjectURL(text)));
  }
  const { default: code } = await modules.get(source);
  await code.render({ model: model(values), el: place });
}
