// Look up a stored picture by a few choices: buttons, and a slider that plays for the last of them.

import {
  attend,
  box,
  bytesOf,
  changes,
  clamp,
  keepsKeys,
  keyHelp,
  labelled,
  make,
  penOf,
  plays,
  readout,
  rootOf,
  slider,
  stage,
  steer,
  button,
} from "./base.js";

// The row of the sheet in which the pictures of a choice stand; all numbers but the last choose it.
export const rowOf = (state, sizes) => state.slice(0, -1).reduce((row, at, axis) => row * sizes[axis] + at, 0);

// Puts red, green and blue, which the sheet has side by side, together: bytes of pixels.
export function together(parts, rgba) {
  rgba.forEach((_, k) => {
    rgba[k] = parts[k % 4]?.[k] ?? 255;
  });
}

const STYLE = `
  .course-gallery { display: flex; flex-wrap: wrap; gap: 12px 24px; max-width: 960px; }
  .course-gallery .picture { max-width: 100%; }
  .course-gallery .titles { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; gap: 8px; margin-bottom: 4px; }
  .course-gallery .titles span { align-self: end; text-align: center; line-height: 1.2; }
  .course-gallery canvas { outline: 1px solid #999; image-rendering: pixelated; }
  .course-gallery .choices { flex: 1 0 280px; max-width: 600px; display: grid; gap: 10px; align-content: start; }
  .course-gallery fieldset { display: flex; flex-wrap: wrap; gap: 2px 18px; border: 0; margin: 0; padding: 0; }
  .course-gallery legend { padding: 0; font-weight: 600; }
  .course-gallery fieldset label { display: flex; flex-direction: row-reverse; gap: 6px; align-items: center;
    min-height: 28px; }
  .course-gallery fieldset input { width: 20px; height: 20px; margin: 0; accent-color: #0072B2; }
  .course-gallery .choices .row { flex-wrap: nowrap; gap: 12px; align-items: end; margin: 0; }
  .course-gallery .row label { flex: 0 1 400px; display: grid; grid-template-columns: 1fr auto; gap: 0;
    font-weight: 600; }
  .course-gallery .row label input { grid-area: 2 / 1 / 3 / 3; }
  .course-gallery output { font-weight: 400; }
  .course-gallery .keys { width: 100%; margin: 0; }
`;
const HIGH = 256; // of a picture on the page, about
const PACE = 8; // pictures a second

// Canvas under its titles; `show(sheet, column, row)` draws a picture of the sheet.
function screen(root, model) {
  const [h, w] = model.get("shape");
  const zoom = Math.max(1, Math.round(HIGH / h));
  const canvas = stage("", "");
  Object.assign(canvas, { width: zoom * w, height: zoom * h });
  const titles = model.get("titles").map(textContent => make("span", { textContent }));
  const place = box("picture", box("titles", ...titles), canvas);
  place.style.width = `${canvas.width}px`;
  root.append(place);
  const pen = penOf(canvas);
  const small = penOf(make("canvas", { width: 3 * w, height: h }), true);

  function show(sheet, column, row) {
    small.drawImage(sheet, 3 * w * column, h * row, 3 * w, h, 0, 0, 3 * w, h);
    const image = small.createImageData(w, h);
    const parts = [0, w, 2 * w].map(x => small.getImageData(x, 0, w, h).data);
    together(parts, image.data);
    small.putImageData(image, 0, 0);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(small.canvas, 0, 0, w, h, 0, 0, canvas.width, canvas.height);
  }

  return { canvas, show };
}

// Radio buttons for all choices but the last; `choose` gets the axis and the number of a value.
function radios(names, values, choose) {
  const group = Math.random(); // radio buttons of one name, anywhere in the page, are one choice
  return values.slice(0, -1).map((some, axis) => {
    const field = make("fieldset", {}, {}, make("legend", { textContent: names[axis] }));
    const buttons = some.map((text, at) => {
      const onchange = () => choose(axis, at);
      const radio = keepsKeys(make("input", { type: "radio", name: `${group} ${axis}`, onchange }));
      field.append(labelled(text, radio));
      return radio;
    });
    return { field, buttons };
  });
}

/** @param {import("./base.js").Place} place */
function render(place) {
  const { model, el } = place;
  const names = model.get("names");
  const values = model.get("values");
  const sizes = values.map(some => some.length);
  const last = names.length - 1;
  const end = sizes[last] - 1;
  /** @type {ImageBitmap | null} */
  let sheet = null;

  const change = changes(model);
  const choose = (axis, at) => change("state", Object.assign([...model.get("state")], { [axis]: at }));
  const now = () => model.get("state")[last];
  const go = at => choose(last, clamp(at, 0, end));

  const root = rootOf("gallery", model, el, STYLE);
  const { canvas, show } = screen(root, model);
  const fields = radios(names, values, choose);
  const play = button("");
  const control = slider(0, end, 1, at => turn(at));
  const words = readout();
  const choices = fields.map(({ field }) => field);
  const keys = [
    ["← →", `change ${names[last]}`],
    ["Home", "to its start"],
  ];
  root.append(
    box("choices", ...choices, box("row", play, labelled(names[last], control, words))),
    keyHelp("picture", ...keys),
  );

  function draw() {
    const state = model.get("state");
    const at = state[last];
    if (sheet) show(sheet, at, rowOf(state, sizes));
    fields.forEach(({ buttons }, axis) => {
      buttons[state[axis]].checked = true;
    });
    control.value = at;
    words.textContent = values[last][at];
    control.setAttribute("aria-valuetext", values[last][at]);
    const chosen = names.map((name, axis) => `${name} ${values[axis][state[axis]]}`).join(", ");
    const does = `left and right arrow keys change ${names[last]}, home goes to its start`;
    canvas.setAttribute("aria-label", `${chosen}: ${does}`);
  }

  const rewind = () => {
    if (now() === end) go(0);
  };
  const advance = () => {
    go(now() + 1);
    return now() !== end;
  };
  const film = plays(play, rewind, advance, () => PACE);
  const turn = at => {
    film.stop();
    go(at);
  };
  play.onclick = () => (film.on() ? film.stop() : film.start());
  steer(
    canvas,
    () => {},
    way => turn(way ? now() + way[0] : 0),
  );
  draw();
  createImageBitmap(new Blob([bytesOf(model.get("sheet"))], { type: "image/webp" })).then(made => {
    sheet = made;
    draw();
  });
  return attend(place, root, { state: draw }, film.stop);
}

export default { render };
