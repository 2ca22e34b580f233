"""Comparing what a page shows, panel by panel, with what Python computes."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
from expected import Reference
from shown import Shown, written

# How far a number may be from Python's: the page gives eight digits; what Python recorded in the
# page, fewer, some of it computed in float32.
EXACT, RECORDED = (2e-7, 1e-9), (2e-3, 2e-5)
NOT_CALLED = {
    "cross_attention": "Masked self-attention", "self_attention": "Cross-attention",
    "encoder.blocks": "decoder", "decoder.blocks": "encoder",
}  # fmt: skip
NAMED = {("map", "canvas"), ("attention", "button")}  # panels whose block, and head, must be said
STRONGEST = re.compile(r"^unit:.*\.strongest\.")


def bounds(what: str | None) -> tuple[float, float]:
    """How far a number may be off, in parts of it, and in all."""
    recorded = what and (what.startswith(("learning:", "mistakes:")) or STRONGEST.match(what))
    return RECORDED if recorded else EXACT


def wrong_words(entry: dict[str, Any]) -> list[str]:
    """The words at a panel that name another block, head or unit than what it declares."""
    name = f"{entry['trace'] or entry['what']}"
    at = entry["at"].split(",")
    told = {"block": re.search(r"blocks\.(\d+)\.", name)}
    numbers = {what: int(found[1]) + 1 for what, found in told.items() if found}
    if found := re.search(r"\.(?:heads|weights)\.(\d+)", name):
        numbers["head"] = int(found[1]) + 1
    elif re.search(r"\.(q|k|v|scores|weights|mixed|heads)$", name) and at[0]:
        numbers["head"] = int(at[0]) + 1
    if found := re.search(r"\.hidden\.(?:\d+\.)?(\d+)$|\.mlp\.\d+\.(\d+)\.added$", name):
        numbers["unit"] = int(found[1] or found[2]) + 1
    wrong = []
    section = entry["section"]
    is_named = entry["trace"] and (section, entry["tag"]) in NAMED
    is_part = name.startswith(("sum:", "lens:", "measured:")) and entry["tag"] in ("button", "td")
    if is_named or is_part:
        said = " ".join(entry["words"])
        wrong += [
            f"{what} {n} is not said: {said}"
            for what, n in numbers.items()
            if section != "map" or what == "block"
            if not re.search(rf"\b{what} {n}\b", said)
        ]
    for words in entry["words"]:
        for what, n in numbers.items():
            if any(int(x) != n for x in re.findall(rf"\b{what} (\d+)", words, re.IGNORECASE)):
                wrong.append(f"{what} is not {n}: {words}")
        for part, other in NOT_CALLED.items():
            if part in name and re.search(rf"\b{other}\b", words):
                wrong.append(f"{part} is not meant: {words}")
    return wrong


def compared(entry: dict[str, Any], reference: Reference) -> tuple[int, list[str]]:
    """Compare an element with Python: how many numbers it shows, and what is wrong."""
    name = entry["trace"] or entry["what"]
    try:
        expected = np.asarray(reference.value(entry), np.float64).ravel()
    except (KeyError, IndexError, StopIteration, AssertionError, AttributeError) as error:
        return 0, [f"{name} at {entry['at']} in {entry['section']} is nothing: {error!r}"]
    shown = np.array([float(x) for x in entry["values"].split()])
    if shown.shape != expected.shape:
        return 0, [f"{name} has {expected.size} numbers, not {shown.size}"]
    relative, absolute = bounds(entry["what"])
    wrong = [f"{name}: {text}" for text in wrong_words(entry)]
    if not np.allclose(shown, expected, relative, absolute, equal_nan=True):
        off = np.abs(np.where(shown == expected, 0, shown - expected)).max()
        wrong.append(f"{name} at {entry['at']} in {entry['section']} differs by up to {off:.3g}")
    text = re.sub(r"\b(block|head|unit) \d+", "", entry["text"])
    if len(shown) == 1 and re.search(r"\d", text) and entry["what"] != "difference":
        near = [shown[0], expected[0]] if bounds(entry["what"]) == EXACT else [shown[0]]
        ways = set().union(*(written(float(x)) for x in near))
        if not any(way in text for way in ways):
            wrong.append(f"{name} is {shown[0]}, and the page says {entry['text']!r}")
    return len(shown), wrong


class Reader:
    """Reads an open page back, in whatever state it is."""

    def __init__(self, shown: Shown, count: Counter[str]) -> None:
        self.shown, self.count = shown, count
        self.references = dict(zip("ab", map(Reference, shown.subjects), strict=True))
        for side, data in zip("ab", (shown.payload, shown.payload["compare"] or {}), strict=True):
            learned = ({**shown.payload, **data}["learning"] or {}).get("examples", [])
            self.references[side].learned = [(e["source"], e["target"]) for e in learned]
        self.seen: set[str] = set()  # the names that were read, without their numbers

    def check(self, within: str = "section[id], header, footer") -> int:
        """Compare every panel in these parts, of all unless given; return how many there are."""
        whole = within == "section[id], header, footer"
        state = self.shown.state()
        entries = self.shown.declared(within)
        target = None
        if state["mode"] == "training":
            target = self.shown.page.locator(".target-field input").first.input_value()
        wrong = []
        ready: dict[str, Reference] = {}
        for entry in entries:
            side = entry["side"] or "a"
            if side not in ready:
                asked = state
                if side == "b" and state["second"] is not None:
                    asked = state | {"question": state["second"]}
                ready[side] = self.references[side].at(asked, target)
            if entry["ofSide"] not in (None, side):
                wrong.append(f"{entry['trace']} declares another side: {entry['ofSide']}")
            n, problems = compared(entry, ready[side])
            wrong += problems
            self.count["numbers"] += n
            self.seen.add(re.sub(r"\d+", "#", entry["trace"] or entry["what"]))
        self.count["panels"] += len(entries)
        for one in self.shown.undeclared() if whole else []:
            if self.unexplained(one, entries):
                place = f"{one['tag']}.{one['class']} in {one['section']}"
                wrong.append(f"{place} declares nothing: {one['text']!r}")
        assert not wrong, f"{len(wrong)} panels are wrong:\n" + "\n".join(wrong[:20])
        return len(entries)

    def asking(self, state: dict[str, Any], trace: str) -> int:
        """The row of an attention that is looked at: unless chosen, that of the step."""
        if state["query"] is not None:
            return int(state["query"])
        reference = self.references["a"]
        return 0 if trace.startswith("encoder.") else reference.step_of(reference.now)[0]

    def unexplained(self, one: dict[str, Any], entries: list[dict[str, Any]]) -> bool:
        """Is this no number that is told elsewhere: of an axis, a setting, a node of the tree?"""
        nodes = [x for e in entries if f"{e['what']}".startswith("beam:") for x in e["words"]]
        alpha = f"{self.shown.state()['beam']['alpha']:.1f}"
        told = one["text"] in nodes or (one["tag"] == "output" and one["text"] == alpha)
        told = told or "temperature" in one["text"]  # of decoding
        return not (told or one["class"] == "curve-tick" or one["tag"] == "option")
