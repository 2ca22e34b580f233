// Where the reader is on the page: the section that the address names, and a copy of that address.

const RESTING = 250; // milliseconds without scrolling

/** Call `note` with the section that is read, null above the first, when scrolling has ended. */
export function watchPlace(note) {
  let timer = null;
  addEventListener("scroll", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const begun = (element) => element.getBoundingClientRect().top < innerHeight / 2;
      note([...document.querySelectorAll(".chapter")].filter(begun).at(-1)?.id ?? null);
    }, RESTING);
  }, { passive: true });
}

/** Scroll to an element that begins outside of what is seen, or so low that it looks as if. */
export function bringIntoView(element) {
  const { top } = element.getBoundingClientRect();
  if (top < 0 || top > innerHeight * 0.7) element.scrollIntoView();
}

/** In a notebook's cell a page has no address of its own. */
export const hasAddress = () => location.protocol !== "about:";

/** Write a hash into the address, without a new entry in the history. */
export function setAddress(hash) {
  if (!hasAddress() || hash === location.hash.slice(1)) return;
  history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
}

/** Copy the address; a promise of whether that was possible. */
export async function copyAddress() {
  try {
    await navigator.clipboard.writeText(location.href);
    return true;
  } catch {
    return false; // the browser does not allow it
  }
}
