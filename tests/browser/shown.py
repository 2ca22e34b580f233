"""A page in Chromium, driven as a person drives it; what it declares and shows is read back."""

from __future__ import annotations

import json
import math
import re
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

# The fields that stand in a hash without JSON.
PLAIN = ("lang", "question", "target", "mode", "box", "path", "second", "section")
PROBES = [Path(__file__).with_name(name) for name in ("reading.js", "access.js")]


def number(x: float) -> str:
    """A number as the page writes it."""
    if x == 0 or not math.isfinite(x):
        return {0: "0", math.inf: "∞", -math.inf: "−∞"}.get(x, "NaN")
    if abs(x) < 0.0001 or abs(x) >= 1e6:
        digits, exponent = f"{x:.1e}".split("e")
        raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"{digits}·10{raised}".replace("-", "−")
    digits = 4 if abs(x) < 1 else max(0, 3 - math.floor(math.log10(abs(x))))
    return f"{x:.{digits}f}".replace("-", "−")


def percent(p: float) -> str:
    """A share as the page writes it."""
    if 0 < p < 0.0005:
        return "<0.1%"
    if 0.9995 <= p < 1:
        return ">99.9%"
    return f"{100 * p:.{0 if p in (0, 1) else 1}f}%"


def signed(x: float, digits: int = 3) -> str:
    """A difference as the page writes it."""
    text = f"{abs(x):.{digits}f}"
    return text if float(text) == 0 else ("−" if x < 0 else "+") + text


def written(x: float) -> set[str]:
    """All the ways in which the page may write a number."""
    ways = {number(x), signed(x), signed(x, 6), f"{x:,.0f}"}
    ways |= {f"{x:.{digits}f}".replace("-", "−") for digits in (1, 4)}
    return ways | ({percent(x)} if 0 <= x <= 1 + 1e-9 else set())


class Shown:
    """An open page. `page` is Playwright's, `subjects` are the models of its two sides."""

    def __init__(
        self, browser: Any, path: Path, subjects: list[Any], hash: str = "", width: int = 1440,
        height: int = 12000, **options: Any,
    ) -> None:  # so high that all sections are in view, and drawn
        self.path, self.subjects = path, subjects
        self.problems: list[str] = []
        self.requests: list[str] = []
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, offline=True, **options
        )
        for probe in PROBES:
            self.context.add_init_script(path=probe)
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda message: self.problems.append(message.text))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri() + hash)
        self.settle()

    def settle(self) -> None:
        """Wait until the page draws nothing more, and has read all its examples."""
        self.page.evaluate("(n) => reading.settled(n)", len(self.payload["examples"]))

    def complaints(self) -> list[str]:
        """Return errors, messages of the console, and requests but that of the page itself."""
        own = self.path.as_uri()
        return self.problems + [url for url in self.requests if url.split("#")[0] != own]

    def violations(self) -> list[str]:
        """Return what its content security policy has refused."""
        found: list[str] = self.page.evaluate("reading.violations")
        return found

    @cached_property
    def payload(self) -> dict[str, Any]:
        """Return what the page embeds."""
        text = self.path.read_text(encoding="utf-8")
        start = text.index('id="data">') + len('id="data">')
        found: dict[str, Any] = json.loads(text[start : text.index("</script>", start)])
        return found

    def state(self) -> dict[str, Any]:
        """Return the state that the hash tells; what it does not is as in the beginning."""
        beginning = {
            "question": self.payload["question"], "target": None, "mode": "use", "step": 0,
            "head": None, "query": None, "key": None, "unit": None, "rival": None, "edits": [],
            "beam": {"width": 4, "alpha": 0.6}, "checkpoint": None, "example": 0, "second": None,
        }  # fmt: skip
        fields = parse_qsl(self.page.evaluate("location.hash")[1:], keep_blank_values=True)
        return beginning | {k: v if k in PLAIN else json.loads(v) for k, v in fields}

    def declared(self, within: str = "section[id], header, footer") -> list[dict[str, Any]]:
        """Return every element in these parts that declares numbers."""
        found: list[dict[str, Any]] = self.page.evaluate(
            "(within) => reading.declared(within)", within
        )
        return found

    def undeclared(self) -> list[dict[str, Any]]:
        """Return what shows numbers that it does not declare, nor repeats from beside it."""
        return [one for one in self.page.evaluate("reading.undeclared()") if not _repeats(one)]

    def click(self, selector: str, **options: Any) -> None:
        """Click an element, and wait until all is drawn."""
        self.page.locator(selector).first.click(**options)
        self.settle()

    def origin(self, figure: Any) -> tuple[float, float, float, float]:
        """Return where the first cell of a heat map stands: left, top, width, height."""
        figure.scroll_into_view_if_needed()
        left, top, width, height = figure.evaluate("(figure) => reading.firstCell(figure)")
        box = figure.locator("canvas").bounding_box()
        return box["x"] + left, box["y"] + top, width, height

    def hover(self, figure: Any, i: int, j: int) -> str:
        """Point at a cell of a heat map; return what is read out."""
        left, top, width, height = self.origin(figure)
        self.page.mouse.move(left + (j + 0.5) * width, top + (i + 0.5) * height)
        text: str = figure.locator(".readout").inner_text()
        return text

    def type(self, question: str, selector: str = "header input.question") -> None:
        """Type another text over the present one, key by key."""
        box = self.page.locator(selector).first
        box.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(question)
        self.settle()


NUMBER = re.compile(r"[<>]?[+−]?\d[\d,]*(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?%?")


def _repeats(one: dict[str, Any]) -> bool:
    """Does a text with numbers only repeat what is declared beside it?"""
    if not one["text"] or not one["beside"]:
        return False
    ways = set().union(*(written(float(x)) for x in one["beside"].split()))
    shown = [x for x in NUMBER.findall(one["text"]) if "." in x or "%" in x or "·" in x]
    return all(x in ways for x in shown)
