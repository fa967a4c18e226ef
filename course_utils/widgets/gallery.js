// Look up a stored picture by a few choices: buttons, and a slider that plays for the last of them.

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
  .course-gallery .row label { flex: 0 1 400px; display: grid; grid-template-columns: 1fr auto; font-weight: 600; }
  .course-gallery .row label input { grid-area: 2 / 1 / 3 / 3; }
  .course-gallery output { font-weight: 400; }
  .course-gallery .keys { width: 100%; margin: 0; }
`;
const HIGH = 256; // of a picture on the page, about
const PACE = 8; // pictures a second

function render({ model, el, signal }) {
  const [h, w] = model.get("shape"), zoom = Math.max(1, Math.round(HIGH / h));
  const names = model.get("names"), values = model.get("values");
  const last = names.length - 1, end = values[last].length - 1;
  const group = Math.random(); // radio buttons of one name, anywhere in the page, are one choice
  let sheet = null;

  const change = changes(model);
  const choose = (axis, at) => change("state", model.get("state").map((old, i) => i === axis ? at : old));
  const now = () => model.get("state")[last], go = at => choose(last, Math.min(end, Math.max(0, at)));

  const root = rootOf("gallery", model, STYLE);
  const canvas = make("canvas", { width: zoom * w, height: zoom * h, tabIndex: 0 }, { role: "application" });
  const pen = canvas.getContext("2d");
  pen.imageSmoothingEnabled = false;
  const small = make("canvas", { width: 3 * w, height: h }).getContext("2d", { willReadFrequently: true });
  const picture = make("div", { className: "picture" }), titles = make("div", { className: "titles" });
  titles.append(...model.get("titles").map(textContent => make("span", { textContent })));
  picture.style.width = `${canvas.width}px`;
  picture.append(titles, canvas);
  const choices = make("div", { className: "choices" }), row = make("div", { className: "row" });
  const radios = values.slice(0, last).map((some, axis) => {
    const field = make("fieldset");
    field.append(make("legend", { textContent: names[axis] }));
    const buttons = some.map((text, at) => {
      const button = make("input", { type: "radio", name: `${group} ${axis}`, onchange: () => choose(axis, at) });
      field.append(labelled(text, button));
      return button;
    });
    keepKeys(...buttons);
    choices.append(field);
    return buttons;
  });
  const play = make("button", { type: "button" });
  const slider = make("input", { type: "range", min: 0, max: end, step: 1 });
  const label = labelled(names[last], slider), words = make("output", {}, { "aria-live": "off" });
  keepKeys(canvas, slider);
  label.append(words);
  row.append(play, label);
  choices.append(row);
  root.append(picture, choices, keyHelp("picture", ["← →", `change ${names[last]}`], ["Home", "to its start"]));
  el.replaceChildren(root);

  // The picture at a place of the sheet, from red, green and blue side by side.
  function paint(i, j) {
    small.drawImage(sheet, i, j, 3 * w, h, 0, 0, 3 * w, h);
    const image = small.createImageData(w, h), parts = [0, w, 2 * w].map(x => small.getImageData(x, 0, w, h).data);
    image.data.forEach((_, k) => { image.data[k] = parts[k % 4]?.[k] ?? 255; });
    small.putImageData(image, 0, 0);
    pen.drawImage(small.canvas, 0, 0, w, h, 0, 0, canvas.width, canvas.height);
  }

  function draw() {
    const state = model.get("state"), at = state[last];
    const line = state.slice(0, last).reduce((sum, i, axis) => sum * values[axis].length + i, 0);
    if (sheet) paint(3 * w * at, h * line);
    radios.forEach((buttons, axis) => { buttons[state[axis]].checked = true; });
    slider.value = at;
    words.textContent = values[last][at];
    slider.setAttribute("aria-valuetext", words.textContent);
    const chosen = names.map((name, axis) => `${name} ${values[axis][state[axis]]}`).join(", ");
    const keys = `left and right arrow keys change ${names[last]}, home goes to its start`;
    canvas.setAttribute("aria-label", `${chosen}: ${keys}`);
  }

  const advance = () => {
    go(now() + 1);
    return now() !== end;
  };
  const film = plays(play, () => { if (now() === end) go(0); }, advance, () => PACE);
  const turn = at => { film.stop(); go(at); };
  play.onclick = () => { if (film.on()) film.stop(); else film.start(); };
  slider.oninput = () => turn(+slider.value);
  steer(canvas, () => {}, way => turn(way ? now() + way[0] : 0));
  draw();
  createImageBitmap(new Blob([bytesOf(model.get("sheet"))], { type: "image/webp" })).then(made => {
    sheet = made;
    draw();
  });
  return attend(model, signal, root, { state: draw }, film.stop, film.stop);
}

export default { render };
