"""How long the page of a run takes to draw: at first, and when something is typed or chosen.

    python -m benchmarks.page RUN [--question TEXT] [--rounds 9] [--page FILE]

Needs the extra `browser` (`pip install -e '.[browser]'`) and a Chromium. A page is made and opened
at 1440 × 900. In each section, scrolled to the top of the window, a character is typed into the
question and a step of the answer is chosen; in Ask why a head is switched off and on, and in
Attention a cell is opened and closed.

    frame     milliseconds from the event until the frame is painted, the median of all rounds
    script, style, layout     CPU milliseconds of the page's main thread in these parts of it

A frame begins when the screen does, up to 17 ms after the event.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from transformer.explain.page import Subject, page, write_page

SECTIONS = "top", "attention", "mlp", "sum", "why", "writing"
WARM_UP = 3
SCRIPT = """
  window.painted = (from, seen) => new Promise((done) => {
    const look = () => requestAnimationFrame(() => {
      if ((document.documentElement.dataset.drawn ?? "0") === seen) return look();
      const { port1, port2 } = new MessageChannel(); // its message comes after the frame's painting
      port1.onmessage = () => done(performance.now() - from);
      port2.postMessage(null);
    });
    look();
  });
  const after = (act) => {
    const { drawn } = document.documentElement.dataset;
    const from = performance.now();
    act();
    return window.painted(from, drawn);
  };
  window.acts = {
    type: (i) => after(() => {
      const input = document.querySelector("input.question");
      input.value = input.value.replace(/.(?=\\D*$)/su, i % 10); // the last digit, if there is one
      input.dispatchEvent(new Event("input"));
    }),
    step: (i) => after(() => document.querySelectorAll(".answer .step")[(i + 1) % 2].click()),
    ablation: () => after(() =>
      document.querySelectorAll('#why .board-line [role="switch"]')[1].click()),
    cell: (i) => after(() => {
      const map = document.querySelector("#attention .large .heat-scroll");
      for (const key of ["Home", i % 2 ? "ArrowLeft" : "ArrowRight", "Enter"]) {
        map.dispatchEvent(new KeyboardEvent("keydown", { key }));
      }
    }),
  };
"""
PARTS = {"script": "ScriptDuration", "style": "RecalcStyleDuration", "layout": "LayoutDuration"}


def row(name: str, frames: list[float], cpu: dict[str, float]) -> str:
    parts = "".join(f"{1000 * x:8.0f}" for x in cpu.values())
    return f"{name:24}{median(frames):8.0f}{parts}"


def measure(tab: Any, act: str, rounds: int) -> tuple[list[float], dict[str, float]]:
    """Return the time of each frame, and the CPU seconds of the page per frame."""
    cdp = tab.context.new_cdp_session(tab)
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> dict[str, float]:
        found = {m["name"]: m["value"] for m in cdp.send("Performance.getMetrics")["metrics"]}
        return {part: found[name] for part, name in PARTS.items()}

    quiet = False
    while not quiet:  # it reads its held-out examples in pauses, and draws what is far below
        before = spent()["script"]
        tab.wait_for_timeout(500)
        quiet = spent()["script"] - before < 0.005
    call = f"(i) => acts.{act}(i)"
    for i in range(WARM_UP):
        tab.evaluate(call, i)
    before = spent()
    frames = [tab.evaluate(call, WARM_UP + i) for i in range(rounds)]
    now = spent()
    return frames, {part: (now[part] - before[part]) / rounds for part in PARTS}


def show(file: Path, rounds: int) -> None:
    """Open a page, act in each of its sections, and print a line for each."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    with sync_playwright() as playwright:
        # Chromium's own sandbox needs rights that containers do not give.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        first = []
        for _ in range(3):
            tab = browser.new_page(viewport={"width": 1440, "height": 900})
            tab.add_init_script(SCRIPT)
            tab.goto(file.as_uri(), wait_until="commit")
            first.append(tab.evaluate("painted(0, '0')"))
            tab.wait_for_timeout(500)
        print(f"{'':24}{'frame':>8}" + "".join(f"{part:>8}" for part in PARTS))
        print(f"{'first draw':24}{median(first):8.0f}")
        for section in SECTIONS:
            if section != "top":
                tab.evaluate("(id) => document.getElementById(id).scrollIntoView()", section)
                tab.wait_for_timeout(500)
            acts = ["type", "step"]
            acts += {"why": ["ablation"], "attention": ["cell"]}.get(section, [])
            for act in acts:
                print(row(f"{section}: {act}", *measure(tab, act, rounds)), flush=True)
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.page", description="How long the page of a run takes to draw."
    )
    parser.add_argument("run", type=Path, nargs="?", help="the directory of a trained run")
    parser.add_argument("--question", help="what it is first asked; else, the task's example")
    parser.add_argument("--rounds", type=int, default=9, help="of each action (default: 9)")
    parser.add_argument("--page", type=Path, metavar="FILE", help="a page that was made before")
    args = parser.parse_args()
    if args.page:
        show(args.page.resolve(), args.rounds)
        return
    if args.run is None:
        parser.error("which run? give its directory, or --page")
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "page.html"
        start = time.perf_counter()
        write_page(file, page(Subject.load(args.run), args.question))
        took = time.perf_counter() - start
        print(f"{file.stat().st_size / 1e6:.1f} MB, made in {took:.1f} s")
        show(file, args.rounds)


if __name__ == "__main__":
    main()
