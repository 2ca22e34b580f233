"""The page: one HTML file, without a network, on which a person's own model answers.

    from transformer.explain.page import Subject, page, write_page
    write_page("addition.html", page(Subject.load(Path("runs/addition")), "12+34"))

    template.html                  the frame, with a place for each part: {{style}}, {{script}}, …
    *.css, also in a folder        the style, joined in the order of the files' names
    app.js, views/, arithmetic/    plain ES modules
    modules.py                     joins them into one script
    record.py                      what the page embeds of a model

Its content security policy allows this one style and this one script, by their digests, and no
connection to anywhere. What users have typed is in the JSON and in the title alone, and is escaped
there.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from pathlib import Path
from typing import Any

from ...fields import checked
from ..files import write_files
from .modules import joined
from .record import Subject, payload

__all__ = ["Subject", "first_question", "page", "payload", "write_page"]

LANGUAGES = {"en": "en", "zh": "zh-CN"}  # as a user names them, and as HTML does
FOLDER = Path(__file__).parent


def _as_json(data: dict[str, Any]) -> str:
    """Return JSON in ASCII, in which nothing can end the element that holds it."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", r"\u003c")


def _digest(text: str) -> str:
    """Return a content security policy's name for a style or a script."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def first_question(subject: Subject, question: str | None, compare: Subject | None) -> str:
    """Return the question, the task's own example unless given; all three fit each other.

    Raises:
        ValueError: they do not.
    """
    question = subject.task.question if question is None else question
    subject.task.as_source(question)
    if compare is not None:
        try:
            compare.task.as_source(question)
        except ValueError as error:
            name = compare.run or "the second model"
            raise ValueError(
                f"{name}, which has learned {compare.task.name}, cannot be asked the same: {error}"
            ) from None
    return question


def page(
    subject: Subject,
    question: str | None = None,
    *,
    lang: str = "en",
    compare: Subject | None = None,
) -> str:
    """Return the page of a model, as HTML.

    Args:
        subject: the model and its task.
        question: what it is first asked; the task's own example unless given.
        lang: the language that the page opens in, "en" or "zh".
        compare: a second model that can be asked the same, to stand beside it.

    Raises:
        ValueError: the question is none of the task, or of the second model's, or there is no such
            language.
    """
    checked("lang", lang, str, tuple(LANGUAGES))
    question = first_question(subject, question, compare)
    data = payload(subject, question, lang)
    if compare is not None:
        second = payload(compare, question, lang)
        data["compare"] = {key: part for key, part in second.items() if part != data[key]}
    style = "".join(path.read_text("utf-8") for path in sorted(FOLDER.glob("**/*.css")))
    script = joined(FOLDER / "app.js")
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    title = f"{question} · {subject.run or subject.task.name}"
    parts = {
        "lang": LANGUAGES[lang],
        "title": html.escape(title.encode(errors="replace").decode()),
        "csp": policy,
        "style": style,
        "data": _as_json(data | {"title": title}),
        "script": script,
    }
    template = (FOLDER / "template.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], template)


def write_page(path: str | os.PathLike[str], text: str) -> None:
    """Write a page, or nothing.

    Raises:
        OSError: it cannot be written; a file that was there is as it was.
    """
    write_files({Path(path): text.encode()})
