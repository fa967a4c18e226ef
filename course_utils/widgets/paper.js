// The paper that `painter` and `trainer` are drawn on: what it shows, and the brush that is moved over it.

import { BLUE, GREEN, ORANGE, clamp, drags, penOf, placeIn, take, wayOf } from "./base.js";
import { inColours } from "./painting.js";

export const COLOURS = [BLUE, ORANGE, GREEN]; // of the classes

// Shows the layers on the paper, and where the brush is.
export function inkOn(paper, side, classes) {
  const pen = penOf(paper);
  const image = pen.createImageData(side, side);
  image.data.fill(255);
  const light = colour => [1, 3, 5].map(k => parseInt(colour.slice(k, k + 2), 16));
  const lights = (classes.length ? COLOURS.slice(0, classes.length) : ["#FFFFFF"]).map(light);
  return (pixels, brush, radius) => {
    inColours(pixels, side * side, lights, image.data);
    pen.putImageData(image, 0, 0);
    if (!brush.ring) return;
    Object.assign(pen, { strokeStyle: classes.length ? "white" : ORANGE, lineWidth: 1.5 });
    pen.beginPath();
    pen.arc(brush.x, brush.y, Math.max(2, radius), 0, 2 * Math.PI);
    pen.stroke();
  };
}

// Lets a brush be moved over the paper by pointer and by keys; what it does is its owner's.
export function brushes(paper, side, brush, does) {
  const to = event => {
    const [x, y] = placeIn(paper, event, side);
    return { x, y };
  };
  const begin = event => {
    does.keep();
    Object.assign(brush, to(event), { ring: false, down: false });
    does.rub(brush);
  };
  const drag = event => {
    const from = { x: brush.x, y: brush.y };
    Object.assign(brush, to(event));
    does.rub(from);
  };
  const held = drags(paper, drag, begin, does.tell);

  function move(way, far) {
    const from = { x: brush.x, y: brush.y };
    const [x, y] = [from.x + far * way[0], from.y - far * way[1]].map(v => clamp(v, 0, side - 1));
    Object.assign(brush, { x, y, ring: true });
    if (!brush.down) return does.show();
    does.rub(from);
    does.tell();
  }

  function lift() {
    Object.assign(brush, { ring: true, down: !brush.down });
    if (!brush.down) return does.show();
    does.keep();
    does.rub(brush);
    does.tell();
  }

  paper.onkeydown = event => {
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (held() || event.altKey) return;
    const z = event.shiftKey ? "redo" : "undo";
    const names = control ? { z, y: "redo" } : { u: "undo", r: "redo", e: "erase", c: "nextClass" };
    const act = does[names[key]];
    const way = control ? undefined : wayOf(event, 1);
    if (way) move(way, event.shiftKey ? 10 : 3);
    else if (act) act();
    else if (key === " " && !control) lift();
    else return;
    take(event);
  };
  paper.onfocus = () => {
    brush.ring = paper.matches(":focus-visible");
    does.show();
  };
  paper.onblur = () => {
    Object.assign(brush, { ring: false, down: false });
    does.show();
  };
  return held;
}
