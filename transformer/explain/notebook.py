"""In a notebook: `explain(model, question)` shows the page in its cell."""

from __future__ import annotations

import html
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..tasks import Model, Task


class NotebookPage:
    """A page that a notebook displays in the cell which returns it.

    Attributes:
        text: the page, as HTML.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_html_(self) -> str:
        """Return a frame that holds the page: its style, script and policy are its own."""
        return (
            f'<iframe srcdoc="{html.escape(self.text)}" title="transformer explain" '
            'style="width: 100%; height: 800px; border: 0"></iframe>'
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page to a file.

        Raises:
            OSError: it cannot be written; a file that was there is as it was.
        """
        from .page import write_page

        write_page(path, self.text)


def explain(
    model: Model, question: str | None = None, task: Task | None = None, *, lang: str = "en"
) -> NotebookPage:
    """Show in a notebook what a model does with a question: the page of `transformer explain`.

        task, model = Run("runs/addition").load()
        explain(model, "12+34")

    Args:
        model: a trained model; it stays as it is.
        question: what it is first asked; the task's own example unless given.
        task: what it has learned; unless given, the task with which `Run.load` loaded it.
        lang: the language that the page opens in, "en" or "zh".

    Raises:
        TypeError: the model was not loaded by `Run.load`, and no task is given; or another kind of
            model learns the task.
        ValueError: the question is none of the task.
    """
    from .page import Subject, page  # here, as a page needs much that a trace does not

    task = task or getattr(model, "task", None)
    if task is None:
        raise TypeError(
            "explain: say what the model has learned, task=…, as it was not loaded by Run.load"
        )
    return NotebookPage(page(Subject(task, model), question, lang=lang))
