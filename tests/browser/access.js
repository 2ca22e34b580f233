// What the tests ask of a page's accessibility; run in it before its own script.

window.access = (() => {
  /** Controls and pictures without a name; headings that skip a level; ids that stand twice. */
  function unnamed() {
    const seen = (e) => e.checkVisibility({ visibilityProperty: true });
    const named = (e) => (e.getAttribute("aria-label") || e.innerText || e.textContent || e.title ||
      [...(e.labels ?? [])].map((x) => x.innerText).join("") || "").trim() !== "";
    const controls = document.querySelectorAll(
      "button, input, select, a, summary, [tabindex='0'], [role=button], [role=img], svg[role]");
    const wrong = [...controls].filter((e) => seen(e) && !named(e)).map((e) => e.outerHTML.slice(0, 120));
    for (const e of document.querySelectorAll("canvas, svg")) {
      const isTold = e.closest("[aria-label], [aria-hidden=true], button, figure");
      if (seen(e) && !isTold) wrong.push(e.outerHTML.slice(0, 120));
    }
    let last = 0;
    for (const e of document.querySelectorAll("h1, h2, h3, h4, h5")) {
      const level = Number(e.tagName[1]);
      if (seen(e) && level > last + 1) wrong.push(`${e.outerHTML.slice(0, 80)} after h${last}`);
      if (seen(e)) last = level;
    }
    const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
    return [...wrong, ...ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `two elements #${id}`)];
  }

  /** Texts whose contrast with what is behind them is below 4.5, or 3 where they are large. */
  function faint() {
    const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = (colour) => {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
      return [r, g, b, a / 255];
    };
    const over = ([r, g, b, a], below) => [r, g, b].map((x, i) => x * a + below[i] * (1 - a));
    const light = (c) => c.map((x) => x / 255).map((x) => (x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4))
      .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
    function behind(e) {
      const layers = [];
      for (let x = e; x; x = x.parentElement) layers.unshift(rgba(getComputedStyle(x).backgroundColor));
      return layers.reduce((below, layer) => over(layer, below), [255, 255, 255]);
    }
    const found = new Map();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const e = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || !e.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      if (e.closest("script, noscript, option, [disabled], .unseen")) continue;
      const style = getComputedStyle(e);
      const isSvg = e instanceof SVGElement;
      if (isSvg && e.parentElement.querySelector("rect")) continue; // on a shape of its own
      const below = behind(e);
      const colour = over(rgba(isSvg ? style.fill : style.color), below);
      const [a, b] = [light(colour), light(below)].sort((x, y) => y - x);
      const size = parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const ratio = (a + 0.05) / (b + 0.05);
      if (ratio < (isLarge ? 3 : 4.49)) {
        found.set(`${e.tagName}.${e.getAttribute("class") ?? ""} in ${e.closest("[id]")?.id}`,
          `${ratio.toFixed(2)}: ${walker.currentNode.data.slice(0, 40)}`);
      }
    }
    return [...found].map(([place, what]) => `${place} ${what}`);
  }

  /** Texts and names that are seen or read out, but for tokens, code and formulas. */
  function texts() {
    const found = [];
    const own = "script, style, noscript, pre, code, math, bdi, .token, input, [lang]:not(html), .readout, footer .quiet";
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const e = walker.currentNode.parentElement;
      if (!e.closest(own) && e.checkVisibility()) found.push(walker.currentNode.data);
    }
    for (const name of ["aria-label", "title", "placeholder", "aria-roledescription", "aria-valuetext"]) {
      for (const e of document.querySelectorAll(`[${name}]`)) {
        if (!e.closest("[lang]:not(html)") && e.checkVisibility()) found.push(e.getAttribute(name));
      }
    }
    return found;
  }

  /** Where the focus is: [section, element, is it seen to be there?, top, left]; null on none. */
  function focused() {
          const e = document.activeElement;
          if (e === document.body) return null;
          const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(e);
          const shape = e.matches("g") && parseFloat(getComputedStyle(e.querySelector("rect")).strokeWidth) > 2;
          const { top, left } = e.getBoundingClientRect();
          return [e.closest("section[id], header, footer, body")?.id ?? "", e.outerHTML.slice(0, 90),
            shape || e.classList.contains("skip") || boxShadow !== "none" ||
              (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1), top, left];
        }

  /** What moves, or would. */
  function moving() {
    return [
      ...document.getAnimations().map((x) => x.effect.target.outerHTML.slice(0, 80)),
      ...[...document.querySelectorAll("body *")].filter((e) => {
        const { transitionDuration, animationName } = getComputedStyle(e);
        return animationName !== "none" || transitionDuration.split(", ").some((x) => parseFloat(x) > 0.01);
      }).map((e) => e.outerHTML.slice(0, 80)),
      ...(getComputedStyle(document.documentElement).scrollBehavior === "smooth" ? ["smooth"] : []),
    ];
  }

  return { unnamed, faint, texts, focused, moving };
})();
