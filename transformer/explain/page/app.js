// The page: one model, or two, answers a question, and each view shows a part of what happened.

import { boxOf, boxesOf } from "./boxes.js";
import { forgetColours } from "./paint.js";
import { answerInTraining, answerInUse, computeSide, createSide } from "./sides.js";
import { bringIntoView, setAddress, watchPlace } from "./place.js";
import { createStore, readHash, sameValue, writeHash } from "./store.js";
import { hideOrphanTip } from "./tips.js";
import { attentionView } from "./views/attention.js";
import { compareView, sideName } from "./views/compare.js";
import { focusView } from "./views/focus.js";
import { footView } from "./views/foot.js";
import { guessGate, guessView, labelRows } from "./views/guess.js";
import { headerView } from "./views/header.js";
import { learningView } from "./views/learning.js";
import { mapView } from "./views/map.js";
import { mistakesView } from "./views/mistakes.js";
import { mlpView } from "./views/mlp.js";
import { sumView } from "./views/sum.js";
import { whyView } from "./views/why.js";
import { writingView } from "./views/writing.js";
import { setLanguage, words } from "./words.js";
import { el } from "./widgets.js";

const PARTS = [guessView, mapView, focusView];
const SECTIONS = [
  attentionView, mlpView, sumView, whyView, writingView, learningView, mistakesView, compareView,
];
// What sections would give away.
const GUESSED = {
  attention: "attention", mlp: "token", sum: "both", why: "token", learning: "answer",
};
const ONCE = ["guess", "compare"]; // views of the page, not of a side
const OF_A_RUN = ["learning", "mistakes"]; // the same for two inputs to one model

const BETWEEN = 50; // milliseconds between the first drawings of two views: one may type meanwhile

/** The boxes of the runs, also of two that are not alike; each once. */
function boxesOfAll(runs) {
  const all = runs.flatMap((run) => boxesOf(run));
  return all.filter((box, i) => all.findIndex(({ id }) => id === box.id) === i);
}

/** What the page shows before anything is changed. */
function beginning(data, boxes) {
  const attention = boxes.filter((box) => box.kind === "attention");
  const first = attention.findLast((box) => box.cross) ?? attention[attention.length - 1];
  return {
    lang: data.lang, question: data.question, target: null, mode: "use", step: 0,
    box: first.id, path: null, head: null, query: null, key: null, unit: null, rival: null,
    edits: [], beam: { width: 4, alpha: 0.6 }, checkpoint: null, example: 0, second: null,
    section: null, guess: false,
  };
}

function startPage(data) {
  const secondRun = data.compare && { ...data, ...data.compare, compare: null };
  const runs = secondRun ? [data, secondRun] : [data];
  const boxes = boxesOfAll(runs);
  const store = createStore(beginning(data, boxesOf(data)), location.hash);
  const app = {
    payload: data, runs, boxes, store, sides: [], open, show, announce, redraw: () => draw(null),
    inUse: answerInUse, inTraining: answerInTraining,
  };
  const first = createSide("a", data);
  let views = []; // {update, element, visible, stale}
  let drawn = null; // the state that the page shows
  let waiting = false;

  /** Open the box of a part of the trace in the focus panel; `changes`: of the state, besides. */
  function open(name, changes = {}) {
    const box = boxOf(boxes, name);
    if (!box) return;
    const path = ["attention", "mlp"].includes(box.kind) ? { path: box.id } : {};
    store.set({ box: box.id, ...path, ...changes });
    requestAnimationFrame(() => bringIntoView(document.querySelector("#focus h2")));
  }

  /** Scroll to a section. All above it is drawn first: it stays where it is. */
  function show(id, behavior = "auto") {
    const target = document.getElementById(id);
    if (!target) return;
    for (const entry of views) {
      const order = entry.element.compareDocumentPosition(target);
      const isBelow = order & Node.DOCUMENT_POSITION_PRECEDING && !target.contains(entry.element);
      if (entry.stale && !isBelow) entry.draw();
    }
    target.scrollIntoView({ behavior });
  }

  const speaker = el("div", { class: "unseen", "aria-live": "polite" });

  /** Say something to those who hear the page. */
  function announce(text) {
    speaker.textContent = text;
  }

  function computeSides(state) {
    const other = secondRun ?? (state.second === null ? null : data);
    if (other === null) app.sides = [first];
    else if (app.sides[1]?.data !== other) app.sides = [first, createSide("b", other)];
    computeSide(first, state);
    const question = state.second ?? state.question;
    if (other !== null) computeSide(app.sides[1], { ...state, question });
    const { length } = first.explanation?.steps ?? [];
    if (length && state.step >= length) store.set({ step: length - 1 });
  }

  function mount(view, sides, element) {
    for (const side of sides) {
      const body = el("div", { class: "body" });
      const name = sides.length > 1 ? el("p", { class: "side-name" }) : null;
      const place = el("div", { class: "side undrawn", "data-side-id": side.id }, name, body);
      const hides = GUESSED[view.id];
      const content = hides ? body.appendChild(el("div")) : body;
      const gate = hides ? guessGate(app, side, hides, content) : () => {};
      element.append(place);
      const entry = { element: place, visible: false, stale: true, update: null };
      entry.draw = () => keepingFocus(() => {
        entry.stale = false;
        place.classList.remove("undrawn");
        try {
          entry.update ??= view.mount(content, side);
          entry.update();
          name?.replaceChildren(...sideName(side, secondRun));
          gate();
        } catch (error) { // the other views go on
          console.error(view.id, error);
          content.replaceChildren(el("p", { class: "error", text: String(error) }));
          entry.update = null;
        }
      });
      views.push(entry);
      // The keyboard reaches a view before the watcher sees it.
      place.addEventListener("focusin", () => entry.stale && entry.draw());
      watcher.observe(place);
    }
  }

  const watcher = new IntersectionObserver(
    (seen) => {
      for (const { target, isIntersecting } of seen) {
        const entry = views.find(({ element }) => element === target);
        if (!entry) continue;
        entry.visible = isIntersecting;
        if (isIntersecting && entry.stale) entry.draw();
      }
    },
    { rootMargin: "200px" },
  );

  /** Draw for the first time what is not near the screen, one view after the other. */
  function drawOthers() {
    const next = views.find(({ element }) => element.classList.contains("undrawn"));
    next?.draw();
    if (next) setTimeout(drawOthers, BETWEEN);
  }

  function build() {
    watcher.disconnect();
    views = [];
    announce(""); // what was said last was said in another language
    document.documentElement.lang = store.get().lang === "zh" ? "zh-CN" : "en";
    const sides = ({ id }) => {
      const isOnce = ONCE.includes(id) || (OF_A_RUN.includes(id) && !secondRun);
      return isOnce ? app.sides.slice(0, 1) : app.sides;
    };
    const header = el("header", { class: "top" });
    const figure = el("main", { id: "main", tabindex: "-1" });
    const foot = el("footer", { class: "foot" });
    for (const make of PARTS) {
      const view = make(app);
      const label = words(view.title);
      const element = el("section", { id: view.id, class: "part", "aria-label": label });
      mount(view, sides(view), element);
      figure.append(element);
    }
    const sections = SECTIONS.map((make) => make(app));
    for (const view of sections) {
      const { id, title } = view;
      const heading = el("h2", { id: `${id}-title`, text: words(title) });
      const body = el("div", { class: sides(view).length > 1 ? "sides two" : "sides" });
      const chapter = { id, class: "chapter", "aria-labelledby": heading.id };
      const element = el("section", chapter, heading, body);
      mount(view, sides(view), body);
      figure.append(element);
    }
    const skip = el("a", {
      class: "skip", href: "#main", text: words({ en: "Skip to the figure", zh: "跳到图" }),
    });
    skip.addEventListener("click", (event) => {
      event.preventDefault();
      figure.focus();
    });
    document.body.replaceChildren(skip, header, figure, foot, speaker);
    mount(headerView(app, sections), [first], header);
    mount(footView(app), [first], foot);
    document.body.classList.toggle("doubled", app.sides.length > 1);
    setTimeout(drawOthers, BETWEEN);
  }

  function draw(before) {
    if (!boxes.some(({ id }) => id === store.get().box)) store.set({ box: store.defaults.box });
    const state = store.get();
    const changed = (...names) =>
      before === null || names.some((name) => state[name] !== before[name]);
    const count = app.sides.length;
    if (changed("question", "target", "mode", "edits", "second")) computeSides(state);
    const isBuilt = changed("lang") || app.sides.length !== count;
    if (isBuilt) {
      setLanguage(state.lang);
      build();
    }
    for (const side of app.sides) labelRows(app, side);
    for (const entry of views) {
      entry.stale = true;
      if (entry.visible) entry.draw();
    }
    hideOrphanTip();
    drawn = store.get();
    if (isBuilt && drawn.section !== null) {
      requestAnimationFrame(() => {
        show(drawn.section, "instant");
        const { section, key, unit } = drawn;
        const isOpen = { attention: key !== null, mlp: unit !== null }[section];
        if (isOpen) {
          const opened = document.querySelector(`#${section} .cell > *`);
          opened?.scrollIntoView({ behavior: "instant" });
        }
      });
    }
    setAddress(writeHash(drawn, store.defaults));
    const { dataset } = document.documentElement; // by which a test knows that all is drawn
    dataset.drawn = Number(dataset.drawn ?? 0) + 1;
  }

  store.subscribe((state, before) => {
    if (waiting) return;
    if (sameValue({ ...state, section: before.section }, before)) { // only scrolled
      drawn = state;
      setAddress(writeHash(state, store.defaults));
      return;
    }
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw(drawn);
    });
  });
  addEventListener("hashchange", () => {
    const state = { ...store.defaults, ...readHash(location.hash) };
    store.set(state);
    if (state.section !== null) requestAnimationFrame(() => show(state.section));
  });
  watchPlace((section) => {
    store.set({ section });
    for (const link of document.querySelectorAll(".controls nav a")) {
      const isHere = link.hash === `#${section}`;
      if (isHere) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  });
  if (store.get().section !== null) history.scrollRestoration = "manual";
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    forgetColours();
    draw(drawn);
  });
  draw(null);
  return app;
}

/** Draw anew, and put the focus back where it was: on the element that stands in the same place. */
function keepingFocus(draw) {
  const focused = document.activeElement;
  const way = [];
  for (let x = focused; x && x !== document.body && x.parentElement; x = x.parentElement) {
    way.unshift([...x.parentElement.children].indexOf(x));
  }
  draw();
  if (!focused || focused.isConnected || way.length === 0) return;
  const same = way.reduce((x, i) => x?.children[i], document.body);
  if (same?.tagName === focused.tagName) same.focus({ preventScroll: true });
}

startPage(JSON.parse(document.getElementById("data").textContent));
