// What the tests ask of a page; run in it before its own script.

window.reading = (() => {
  const known = "[data-trace], [data-what]";
  const textOf = (x) => x?.innerText ?? x?.textContent ?? "";
  const numbersOf = (x) => x.dataset.values ?? x.dataset.value ?? "";
  const violations = [];
  document.addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective));

  /** Resolves when the page draws nothing more, and has read its `n` held-out examples. */
  function settled(n) {
    return new Promise((done) => {
      let last = null;
      const look = () => requestAnimationFrame(() => setTimeout(() => {
        const now = document.documentElement.dataset.drawn + document.body.innerHTML.length;
        const isBusy = document.querySelector("[aria-busy=true]");
        if (now === last && !isBusy && hasRead(n)) done();
        else {
          last = now;
          look();
        }
      }));
      look();
    });
  }

  /** Has the page read its `n` held-out examples, whatever it says of them? */
  function hasRead(n) {
    return [...document.querySelectorAll("#mlp .chain")].every(({ textContent: text }) =>
      !/is reading held-out|正在读/.test(text) &&
      [...text.matchAll(/over (\d+) held-out|在 (\d+) 个留出/g)].every(([, en, zh]) => Number(en ?? zh) === n));
  }

  /** Every visible element that declares numbers, with the words that stand at it. */
  function declared(within) {
    return [...document.querySelectorAll(within)].flatMap((part) =>
      [...part.querySelectorAll(known)].filter((e) => e.checkVisibility()).map((e) => {
        const named = e.closest("button, tr, figure, g.node, .slot-head, .swap-row") ?? e;
        return {
          section: part.id || part.tagName.toLowerCase(), tag: e.tagName.toLowerCase(),
          side: e.closest("[data-side-id]")?.dataset.sideId ?? null, ofSide: e.dataset.side ?? null,
          trace: e.dataset.trace ?? null, what: e.dataset.what ?? null, at: e.dataset.at ?? "",
          values: numbersOf(e), value: e.dataset.value, text: textOf(e),
          words: [
            named.getAttribute("aria-label"),
            textOf(named.querySelector("th, figcaption, .row-name, .bar-label")),
            named.querySelector("[aria-label]")?.getAttribute("aria-label"),
            textOf(e.querySelector(".part-name")), e.tagName === "P" ? textOf(e) : "",
          ].filter(Boolean),
        };
      }));
  }

  /**
   * What shows numbers and declares none: pictures, bars, texts with a decimal point or a
   * percentage. `beside`: the numbers that are declared in the nearest element around it that
   * declares any, and the single ones of the chain of lines in which it stands.
   */
  function undeclared() {
    const found = [];
    function add(e, text) {
      let around = e;
      while (around !== document.body && !around.querySelector(known)) around = around.parentElement;
      const chain = [...(e.closest("ol.chain")?.querySelectorAll(known) ?? [])]
        .filter((x) => !numbersOf(x).includes(" "));
      const near = around === document.body ? [] : [...around.querySelectorAll(known), ...chain];
      found.push({
        section: e.closest("section[id], header, footer")?.id ?? "", tag: e.tagName.toLowerCase(),
        class: e.getAttribute("class") ?? "", text, beside: near.map(numbersOf).join(" "),
      });
    }
    for (const e of document.querySelectorAll("canvas, .heat, .bar-row, .fall-row, svg path.answer")) {
      if (!e.closest(known) && !e.querySelector(known)) add(e, "");
    }
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.data;
      const e = walker.currentNode.parentElement;
      const isNumber = /\d\.\d|\d%|·10[⁻⁰-⁹]/.test(text);
      if (!isNumber || e.closest(`${known}, script, style, pre, code, .readout`)) continue;
      if (e.checkVisibility()) add(e, text);
    }
    return found;
  }

  /** Lead the cursor of a heat map to its first cell: [left, top, width, height] on the canvas. */
  function firstCell(figure) {
    const scroller = figure.querySelector(".heat-scroll");
    scroller.focus();
    const [, rows, columns] = scroller.getAttribute("aria-label").match(/(\d+)\D+(\d+)[^\d]*$/);
    const press = (key) => scroller.dispatchEvent(new KeyboardEvent("keydown", { key }));
    for (let i = 0; i < rows; i++) press("ArrowUp");
    for (let j = 0; j < columns; j++) press("ArrowLeft");
    const { left, top, width, height } = figure.querySelector(".heat-cursor").style;
    return [left, top, width, height].map(parseFloat);
  }

  return { settled, declared, undeclared, firstCell, violations };
})();
