// The focus panel beside the map: as high as it needs to be, and always where the reader is.

/**
 * Carry the panel along as the page scrolls, so that no screen beside the map is empty; returns a
 * function that brings its head into view. On narrow screens, and doubled, it stands still.
 */
export function followReader(panel) {
  const place = panel.parentElement; // as high as the map, or as the panel
  let offset = 0;
  let opened = 0; // where it was put last, which may be below the map's end

  function move(isOpening) {
    if (!panel.isConnected) return removeEventListener("scroll", scrolled);
    const isBeside = innerWidth > 960 && !document.body.classList.contains("doubled");
    const head = document.querySelector(".top").offsetHeight + 16;
    const begin = place.getBoundingClientRect().top;
    const [top, bottom] = [head - begin, innerHeight - begin - panel.offsetHeight];
    if (isOpening) offset = opened = Math.max(0, top);
    else offset = Math.max(Math.min(offset, Math.max(top, bottom)), Math.min(top, bottom));
    const room = document.getElementById("map").offsetHeight - panel.offsetHeight;
    offset = isBeside ? Math.max(0, Math.min(offset, Math.max(room, opened))) : 0;
    opened = Math.min(opened, offset);
    panel.style.setProperty("margin-top", `${offset}px`);
  }

  const scrolled = () => move(false);
  addEventListener("scroll", scrolled, { passive: true });
  return () => move(true);
}
