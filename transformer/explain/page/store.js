// The state of the page. What differs from its beginning stands in the URL's hash, so that a link
// leads to what one has found.

const isTextValue = (x) => typeof x === "string" && x.length <= 10000;
const isIndexValue = (x) => Number.isSafeInteger(x) && x >= 0;
const orNull = (check) => (x) => x === null || check(x);
const isOneOf = (...choices) => (x) => choices.includes(x);

function isEdit(x) {
  return (
    x !== null && isOneOf("head", "unit", "sublayer")(x.kind) && isTextValue(x.path) &&
    (x.index === undefined || isIndexValue(x.index)) &&
    (x.row === undefined || isIndexValue(x.row)) &&
    (x.from === undefined || isTextValue(x.from))
  );
}

function isBeam(x) {
  return (
    x !== null && isIndexValue(x.width) && x.width > 0 && x.width <= 20 &&
    Number.isFinite(x.alpha) && x.alpha >= 0
  );
}

// One check for each field: a hash comes from outside.
const STATE_CHECKS = {
  lang: isOneOf("en", "zh"),
  question: isTextValue,
  target: orNull(isTextValue),
  mode: isOneOf("use", "training"),
  step: isIndexValue,
  box: isTextValue,
  path: orNull(isTextValue),
  head: orNull(isIndexValue),
  query: orNull(isIndexValue),
  key: orNull(isIndexValue),
  unit: orNull(isIndexValue),
  rival: orNull(isIndexValue),
  edits: (x) => Array.isArray(x) && x.every(isEdit),
  beam: isBeam,
  checkpoint: orNull(isIndexValue),
  example: isIndexValue,
  second: orNull(isTextValue),
  section: orNull(isTextValue),
  guess: isOneOf(true, false),
};
const PLAIN_TEXT = ["lang", "question", "target", "mode", "box", "path", "second", "section"];

export const sameValue = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** The fields that a hash sets; what it says of a field that is none, or wrongly, is ignored. */
export function readHash(hash) {
  const state = {};
  for (const [name, text] of new URLSearchParams(hash.replace(/^#/, ""))) {
    const check = Object.hasOwn(STATE_CHECKS, name) ? STATE_CHECKS[name] : () => false;
    try {
      const value = PLAIN_TEXT.includes(name) ? text : JSON.parse(text);
      if (check(value)) state[name] = value;
    } catch {
      // not JSON
    }
  }
  return state;
}

/** The hash of a state: "" where all is as in the beginning. */
export function writeHash(state, defaults) {
  const fields = new URLSearchParams();
  for (const name of Object.keys(STATE_CHECKS)) {
    if (sameValue(state[name], defaults[name]) || state[name] === null) continue;
    fields.set(name, PLAIN_TEXT.includes(name) ? state[name] : JSON.stringify(state[name]));
  }
  return fields.toString();
}

// A rival is that of one token: with any of these, the one that was chosen is dropped.
const ENDS_RIVAL = ["question", "target", "mode", "step"];

/**
 * get() → the state, set({step: 2}), subscribe((state, before) => …), which is called after a
 * change.
 */
export function createStore(defaults, hash = "") {
  const listeners = [];
  let state = { ...defaults, ...readHash(hash) };
  return {
    defaults,
    get: () => state,
    set(changes) {
      const before = state;
      const names = Object.keys(changes).filter((name) => !sameValue(changes[name], before[name]));
      if (names.length === 0) return;
      const others = names.some((name) => ENDS_RIVAL.includes(name)) ? { rival: null } : {};
      state = { ...state, ...others, ...changes };
      for (const listener of listeners) listener(state, before);
    },
    subscribe(listener) {
      listeners.push(listener);
    },
  };
}
