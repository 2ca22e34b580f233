"""How long a page takes to make, and to answer while one types: `python -m benchmarks.page RUN`.

The page is opened in Chromium at 1440 × 900, and questions are typed key by key, at the top and at
each section. A key's time runs from its event to the frame that shows the answer, all that is in
sight drawn anew. Needs the extra `browser`, and Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from transformer.explain.page import Subject, page, write_page

SECTIONS = ("top", "attention", "mlp", "sum", "why", "writing", "learning", "mistakes")
# After the input event's listeners, a frame draws; the task behind that frame is when it is shown.
TIMED = """(question) => new Promise((done) => {
  const input = document.querySelector("header input.question");
  const start = performance.now();
  input.value = question;
  input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  requestAnimationFrame(() => {
    const shown = new MessageChannel();
    shown.port1.onmessage = () => done(performance.now() - start);
    shown.port2.postMessage(null);
  });
})"""


def frames(tab: Any, section: str, questions: list[str]) -> list[float]:
    """The milliseconds of each key, while a section is in sight."""
    if section != "top":
        tab.evaluate("(id) => document.getElementById(id).scrollIntoView()", section)
    tab.wait_for_timeout(1500)
    found = []
    for question in questions:
        for length in range(1, len(question) + 1):
            found.append(tab.evaluate(TIMED, question[:length]))
            tab.wait_for_timeout(50)
    return found


def main() -> None:
    """Measure a run's page, and print a line for each section."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("run", type=Path, help="directory of the run, such as runs/addition")
    run: Path = parser.parse_args().run

    from playwright.sync_api import sync_playwright

    start = time.perf_counter()
    subject = Subject.load(run)
    text = page(subject)
    seconds = time.perf_counter() - start
    print(f"{run}: made in {seconds:.1f} s, {len(text.encode()) / 1e6:.2f} MB")
    task: Any = subject.task
    questions = [source for source, _ in task.held_out_examples(0, 5)]
    questions = [source.rstrip("=") for source in questions]
    found = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=next(filter(None, found)), args=["--no-sandbox"]
        )
        tab = browser.new_page(viewport={"width": 1440, "height": 900})
        path = Path(folder) / "page.html"
        write_page(path, text)
        tab.goto(path.as_uri())
        for section in SECTIONS:
            times = frames(tab, section, questions)
            slow = sorted(times)[int(0.95 * len(times))]
            print(
                f"  {section:10} {statistics.median(times):6.1f} ms a key in the median, "
                f"{slow:6.1f} ms in the slowest of twenty"
            )
        browser.close()


if __name__ == "__main__":
    main()
