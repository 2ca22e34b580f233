"""A notebook that is executed shows the page in its cell, and there the model answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CELL = """
from transformer.explain import explain
from transformer.training.run import Run
task, model = Run({run!r}).load()
explain(model, "3+4")
"""


@pytest.fixture(scope="module")
def shown(needed: Callable[[str], Any], sums: Path) -> str:
    """What a cell shows, as HTML."""
    nbformat, nbclient = needed("nbformat"), needed("nbclient")
    needed("ipykernel")
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(CELL.format(run=str(sums)))]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT), prepend=":")
        client = nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3")
        client.execute(cwd=str(sums))
    [output] = notebook.cells[0].outputs
    assert output.output_type == "execute_result"
    html: str = output.data["text/html"]
    return html


def test_a_cell_shows_the_page(shown: str, chromium: Any) -> None:
    page = chromium.new_page(viewport={"width": 1000, "height": 900})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    page.set_content(f"<!doctype html><div class=output>{shown}</div>")
    frame = page.frame_locator("iframe")
    question = frame.get_by_role("textbox").first
    assert question.input_value() == "3+4"
    assert "7" in frame.locator("header").inner_text()
    question.fill("5+1")
    question.press("Enter")
    frame.locator("header", has_text="6").wait_for(timeout=10_000)
    size = page.locator("iframe").bounding_box()
    assert size["width"] > 900
    assert size["height"] > 600
    assert wrong == []
    page.close()
