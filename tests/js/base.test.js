// What all widgets share: values, coordinates, keys, motion, and listening.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as base from "../../course_utils/widgets/base.js";

test("numbers in text", () => {
  assert.equal(base.inText(1.005, 1), "1.0");
  assert.equal(base.inText(-0.5), "−0.50");
  assert.equal(base.inText(-0.001), "0.00"); // no minus before nothing
  assert.equal(base.inText(-0.4, 0), "0");
  assert.equal(base.tuple([1, -2.345], [0, 1]), "(1, −2.3)");
});

test("bytes and floats of a view that does not begin at the start of its buffer", () => {
  const buffer = new ArrayBuffer(11);
  const view = new DataView(buffer, 3);
  view.setFloat32(0, 1.5, true);
  view.setFloat32(4, -2, true);
  assert.deepEqual([...base.floatsOf(view)], [1.5, -2]);
  assert.deepEqual([...base.bytesOf(view)], [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0]);
});

test("a number stays within its limits, and lists are compared by their values", () => {
  assert.deepEqual(
    [-1, 0.5, 7].map(v => base.clamp(v, 0, 1)),
    [0, 0.5, 1],
  );
  assert.ok(base.same([1, 2], Uint8Array.of(1, 2)));
  assert.ok(!base.same([1, 2], [1, 2, 3]) && !base.same([1, 2], [1, 3]));
});

test("where a pointer is, in a canvas with a border that is shown smaller", () => {
  const rectangle = { left: 100, top: 50, width: 150, height: 150 }; // 300 pixels with their border, at half the size
  const canvas = {
    getBoundingClientRect: () => rectangle,
    offsetWidth: 300,
    clientWidth: 280,
    clientLeft: 10,
    clientTop: 10,
  };
  const at = (clientX, clientY) => base.placeIn(canvas, { clientX, clientY }, 140);
  assert.deepEqual(at(105, 55), [0, 0]);
  assert.deepEqual(at(245, 55), [140, 0]);
  assert.deepEqual(at(175, 90), [70, 35]);
});

test("ways of the arrow keys", () => {
  assert.deepEqual(base.wayOf({ key: "ArrowUp" }), [0, 1]);
  assert.deepEqual(base.wayOf({ key: "ArrowLeft", shiftKey: true }), [-5, 0]);
  assert.equal(base.wayOf({ key: "a" }), undefined);
});

function canvasOf() {
  const captured = [];
  return { captured, setPointerCapture: id => captured.push(id) };
}

test("only the pointer that went down first drags, until it is up", () => {
  const canvas = canvasOf();
  const seen = [];
  const held = base.drags(
    canvas,
    event => seen.push(["drag", event.pointerId]),
    event => seen.push(["begin", event.pointerId]),
    () => seen.push(["end"]),
  );
  canvas.onpointermove({ pointerId: 1 }); // hovering
  canvas.onpointerdown({ pointerId: 1, button: 2 }); // another button
  assert.ok(!held() && !seen.length);
  canvas.onpointerdown({ pointerId: 1, button: 0 });
  canvas.onpointerdown({ pointerId: 2, button: 0 });
  canvas.onpointermove({ pointerId: 2 });
  canvas.onpointerup({ pointerId: 2 });
  assert.ok(held());
  canvas.onpointermove({ pointerId: 1 });
  canvas.onpointercancel({ pointerId: 1 });
  assert.ok(!held());
  assert.deepEqual(seen, [["begin", 1], ["drag", 1], ["end"]]);
  assert.deepEqual(canvas.captured, [1]);
});

test("keys that steer are taken from the page, and no others", () => {
  const canvas = canvasOf();
  const seen = [];
  base.steer(
    canvas,
    () => {},
    way => seen.push(way),
  );
  let taken = 0;
  const press = event => canvas.onkeydown({ preventDefault: () => taken++, stopPropagation: () => taken++, ...event });
  press({ key: "ArrowRight", shiftKey: true });
  press({ key: "Home" });
  assert.equal(taken, 4);
  for (const event of [{ key: "ArrowRight", ctrlKey: true }, { key: "Home", metaKey: true }, { key: "x" }])
    press(event);
  assert.equal(taken, 4);
  assert.deepEqual(seen, [[5, 0], null]);
});

test("frames go on until the step says so, or until they are stopped", () => {
  let queue = [];
  globalThis.requestAnimationFrame = next => queue.push(next);
  globalThis.cancelAnimationFrame = () => {
    queue = [];
  };
  const run = now => queue.splice(0).forEach(next => next(now));
  const seen = [];
  const motion = base.frames(now => {
    seen.push(now);
    return now < 2;
  });
  motion.start();
  motion.start(); // no second loop
  for (const now of [0, 1, 2, 3]) run(now);
  assert.deepEqual(seen, [0, 1, 2]);
  assert.ok(!motion.on());
  motion.start();
  motion.stop();
  run(4);
  assert.ok(!motion.on() && seen.length === 3);
});

test("a widget rests out of sight, and after its end it listens to nothing", () => {
  let notice;
  let watched = true;
  globalThis.IntersectionObserver = class {
    constructor(follow) {
      notice = isIntersecting => follow([{ isIntersecting }]);
    }
    observe() {}
    disconnect() {
      watched = false;
    }
  };
  const followers = new Map();
  const model = { on: (event, follow) => followers.set(event, follow), off: event => followers.delete(event) };
  const leave = new AbortController();
  const seen = [];
  base.attend(
    { model, signal: leave.signal },
    null,
    { z: () => seen.push("z") },
    () => seen.push("rest"),
    () => seen.push("halt"),
  );
  followers.get("change:z")();
  notice(true);
  notice(false);
  leave.abort();
  assert.deepEqual(seen, ["z", "rest", "halt"]);
  assert.ok(!followers.size && !watched);
});
