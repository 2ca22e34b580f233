// A tip at an element: one at a time.

let tipElement = null;
let tipAnchor = null;

/** Show a tip below an element, or above it where there is no room. */
export function showTip(anchor, text) {
  hideTip();
  tipAnchor = anchor;
  tipElement = document.createElement("div");
  tipElement.className = "tip";
  // Those who hear the page have the text as the anchor's label.
  tipElement.setAttribute("aria-hidden", "true");
  tipElement.textContent = text;
  document.body.append(tipElement);
  const at = anchor.getBoundingClientRect();
  const { width, height } = tipElement.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left, document.documentElement.clientWidth - width - 8));
  const below = at.bottom + 6 + height < window.innerHeight;
  tipElement.style.setProperty("left", `${left}px`);
  tipElement.style.setProperty("top", `${below ? at.bottom + 6 : at.top - height - 6}px`);
}

export function hideTip() {
  tipElement?.remove();
  tipElement = null;
}

/** Hide the tip of an element that is no longer there. */
export function hideOrphanTip() {
  if (tipElement !== null && !tipAnchor.isConnected) hideTip();
}

addEventListener("keydown", (event) => event.key === "Escape" && hideTip());
addEventListener("scroll", hideTip, { passive: true });
