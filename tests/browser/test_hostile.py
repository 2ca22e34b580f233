"""What users typed is text in a real browser too, in whatever part of the page it is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hostile import HOSTILE, Hostile

import minitorch as mt
from transformer.explain.page import Subject, page, write_page


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_users_typed_is_text(chromium: Any, tmp_path: Path, lang: str) -> None:
    task = Hostile()
    mt.manual_seed(0)
    subject = Subject(task, task.model(task.model_config()), f"runs/{HOSTILE}")
    write_page(tmp_path / "page.html", page(subject, lang=lang))
    tab = chromium.new_page()
    wrong: list[str] = []
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", lambda message: wrong.append(message.text))
    tab.on("dialog", lambda dialog: wrong.append(dialog.message))
    tab.on("request", lambda request: wrong.append(request.url))
    tab.goto((tmp_path / "page.html").as_uri())
    assert tab.locator("header input").input_value() == HOSTILE
    assert HOSTILE in tab.title()
    for _ in range(8):  # the views are drawn when they come into sight
        tab.mouse.wheel(0, 2000)
        tab.wait_for_timeout(150)
    assert tab.locator("script, iframe, img").count() == 0  # the page puts itself in their place
    assert wrong == [(tmp_path / "page.html").as_uri()]
    tab.close()
