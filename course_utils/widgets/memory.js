// Steps back and forward, for `painter` and `completer`.

import { same } from "./base.js";

/** @typedef {Uint8Array | number[]} State */

// What was there before, at most `most` steps back, and after, for those who went back.
/** @param {State[]} past @param {number} most */
export function remembered(past, most) {
  /** @type {State[]} */
  let future = [];
  const last = (/** @type {State} */ now) => past.findLastIndex(state => !same(state, now)); // one may change nothing
  return {
    // Called before a change.
    /** @param {State} now */
    keep(now) {
      future = [];
      const before = past[past.length - 1];
      if (before && same(before, now)) return;
      past.push(now.slice());
      if (past.length > most) past.shift();
    },
    /** @param {State} now */
    canUndo: now => last(now) >= 0,
    canRedo: () => future.length > 0,
    /** @param {State} now */
    undo(now) {
      const [state] = past.splice(last(now));
      future.push(now.slice());
      return state;
    },
    /** @param {State} now */
    redo(now) {
      past.push(now.slice());
      return /** @type {State} */ (future.pop());
    },
  };
}
