"""Questions, good and bad, and what Python makes of them; tasks with small models that answer."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import numpy as np
from fixtures import intermediates, model_payload, randomised

from transformer.decoding import Decoding
from transformer.explain import Edit, asking, explained
from transformer.explain.page.record import _described
from transformer.tasks import GAP, TASKS, TextToText

# What people type, or paste, or send as an attack: markup, quotes, white space of all kinds, what
# cannot be seen or is no character, digits of other scripts, letters that change length with case.
STRANGE = [
    "<script>alert(1)</script>", "</script>", "<!--", "&lt;", "'", '"', "'\"", "\\", "\\n", "`",
    "${a}", "\0", "\a", "\b", "\t", "\n", "\v", "\f", "\r", "\x1b", "\x1c", "\x1d", "\x1e",
    "\x1f", "\x7f", "\x85", "\xa0", "\xad", "\u0300", "\u0378", "\u0660", "\u0663", "\u0967",
    "\u1680", "\u180e", "\u2000", "\u200a", "\u200b", "\u200d", "\u2028", "\u2029", "\u202a",
    "\u202e", "\u202f", "\u205f", "\u2066", "\u3000", "\ue000", "\ufeff", "\uff0b", "\uff11",
    "\uff1d", "\ufffd", "\uffff", "\udfff", "\ud800", "\U0001d7d9", "\U0001f600", "\U000e0001",
    "\U0010ffff", "\U00010400", "²", "½", "Ⅷ", "İ", "ẞ", "ß", "ſ", "ﬁ", "Σ", "ΟΔΟΣ", "Å", "Ǆ",
    "é", "ÿ", "中", "零", "±", "−", "–", "—", "…", "“", "’", " ", "  ", "+", "=", "==", "++", "0",
    "00", "7", "97", "-1", "1.5", "1e3", "0x1", "___", ".", ",", "-", "a", "J", "A", "z", "and",
    "<s>", "</s>", "<pad>", "constructor", "__proto__", "toString",
]  # fmt: skip
GOOD: dict[str, list[str]] = {
    "addition": ["12+34", "12 + 34", " 0+0= ", "007+8=", "999+999", "1\t+\u30002 ="],
    "copy": ["hadbc", "a", "h a d b c", "abcdefghij", "jjjjjjjjjj"],
    "dates": ["Monday, January 5, 2026", "1/5/26", "5 Jan 2026", "2026", "Q1 2026", "Jan 5,\t2026"],
    "numbers": [
        "three hundred and five", "Three Hundred and FIVE", "ninety-eight thousand", "zero",
        "ninety-nine thousand, nine hundred and ninety-nine",
    ],
    "modular-addition": ["77+30", "77 + 30", "0077+0030=", " 0+0 = ", "96+96", "00+00"],
    "characters": ["The function ", "x", "", "a\nb", "The function of a function " * 9],
    "fill-the-gap": [
        f"yesterday the girl {GAP} milk .", f"Yesterday the GIRL {GAP} milk",
        f"{GAP} the girl drank milk.", f"yesterday the girl drank milk {GAP}",
        f"tomorrow the old girls will look at {GAP} .",
    ],
}  # fmt: skip
for other, same in {"addition-gpt": "addition", "reverse": "copy", "sort": "copy"}.items():
    GOOD[other] = GOOD[same]
NO_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")  # JavaScript would read one character


def _questions(name: str) -> list[str]:
    """Good questions of a task, and the same with strange things put in, or parts left out."""
    good, rng = GOOD[name], np.random.default_rng(0)
    long = ["1" * 5000, "1" * 3000 + "+2", "a" * 3000, "three " * 500]
    found = [*good, "", " ", "\n", *STRANGE, *long]
    own = [*"".join(good), *" ".join(good).split(), " ", "="]
    for pieces in (STRANGE, own):
        for _ in range(250):
            text = good[rng.integers(len(good))]
            for _ in range(rng.integers(1, 4)):
                start = rng.integers(len(text) + 1)
                stop = start + rng.integers(3)
                text = text[:start] + pieces[rng.integers(len(pieces))] + text[stop:]
            found.append(text)
    return [text for text in dict.fromkeys(found) if not NO_PAIR.search(text)]


def _asked(task: Any, question: str) -> dict[str, Any]:
    """What becomes of a question: a source and a prompt, or an error."""
    try:
        source = task.as_source(question)
    except ValueError as error:
        return {"question": question, "error": str(error)}
    return {"question": question, "source": source, "prompt": asking.prompt(task, source)}


def _encoded_text(task: Any, text: str) -> dict[str, Any]:
    try:
        return {"text": text, "ids": task.tokenizer.encode(text)}
    except ValueError as error:
        return {"text": text, "error": str(error)}


def _decoded_ids(task: Any, rng: np.random.Generator) -> dict[str, Any]:
    ids = rng.integers(0, len(task.tokenizer), 12).tolist()
    text = task.tokenizer.decode(ids)
    return {
        "ids": ids,
        "text": text,
        "answer": task.as_answer(text) if isinstance(task, TextToText) else text,
    }


def _right_answers(task: Any) -> list[tuple[str, str | None]]:
    """Sources and right targets, of the tasks whose targets can be computed without a library."""
    if task.name not in ("addition", "addition-gpt", "copy", "reverse", "sort", "modular-addition"):
        return [(task.as_source(question), None) for question in GOOD[task.name]]
    return [task.example(key) for key in task.pick(100, np.random.default_rng(0))]


def asked() -> Iterator[dict[str, Any]]:
    """What each task makes of hundreds of questions, texts and ids."""
    for name, kind in TASKS.items():
        task, rng = kind(), np.random.default_rng(1)
        yield {
            "task": _described(task),
            "kind": {"encoder-decoder": "Transformer", "gpt": "GPT", "bert": "BERT"}[
                _described(task)["architecture"]
            ],
            "questions": [_asked(task, question) for question in _questions(name)],
            "texts": [_encoded_text(task, text) for text in _questions(name)[::9]],
            "ids": [_decoded_ids(task, rng) for _ in range(50)],
            "right": _right_answers(task),
        }


# ----------------------------------------------------------------------------------- explanations


def _explanation(task: Any, model: Any, question: str, **options: Any) -> dict[str, Any]:
    edit = options.pop("edit", None)
    made = [] if edit is None else [Edit(**edit)]
    asked = {
        "question": question,
        "target": options.get("target"),
        "edits": [edit] if edit else [],
    }
    try:
        e = explained(task, model, question, edits=made, **options)
    except ValueError as error:
        return asked | {"error": str(error)}
    return asked | {
        "source": e.source,
        "prompt": e.prompt,
        "written": e.answer,
        "text": e.text,
        "inputs": e.inputs,
        "rows": e.rows,
        "columns": e.columns,
        "steps": [
            {
                "row": step.row, "token": step.token, "rival": step.rival,
                "probabilities": step.probabilities.tolist(), "loss": step.loss,
            }
            for step in e.steps
        ],
        "reference": intermediates(e.trace),
    }  # fmt: skip


def explanations() -> Iterator[dict[str, Any]]:
    """What small random models of each task answer; also after an edit, and in training."""
    targets = {
        "fill-the-gap": "drank", "numbers": "三 百 零 五", "dates": "2026年", "characters": "is",
        "copy": "abc", "reverse": "abc", "sort": "abc", "modular-addition": "10",
    }  # fmt: skip
    paths = {"encoder-decoder": "decoder.blocks.0.cross_attention", "gpt": "blocks.0.attention"}
    for name, kind in TASKS.items():
        task = kind()
        config = task.model_config(d_model=8, n_heads=2, n_layers=1)
        model = randomised(task.model(config), 3)
        path = paths.get(_described(task)["architecture"], "encoder.blocks.0.attention")
        right = targets.get(name, "64")
        first, second = GOOD[name][:2]
        yield {
            "task": _described(task),
            "model": model_payload(model),
            "explanations": [
                _explanation(task, model, first),
                _explanation(task, model, second),
                _explanation(task, model, first, edit={"kind": "head", "path": path, "index": 1}),
                _explanation(task, model, first, target=right),
                _explanation(task, model, first, target=""),
                _explanation(task, model, first, target="?"),
                _explanation(task, model, first, target=" ".join([right] * 40)),
                _explanation(task, model, "<script>"),
            ],
            "solved": task.answer(model, task.as_source(first), Decoding()),
        }


# ------------------------------------------------------------------------------- Python's strings


def strings() -> dict[str, Any]:
    """What Python says of each character below the last two planes; and erf."""
    every = [chr(i) for i in range(0xF0000) if unicodedata.category(chr(i)) != "Cn"]
    return {
        "assigned": [ord(c) for c in every],
        "escaped": [c for c in every if repr(c) != f"'{c}'"],
        "space": [c for c in every if c.isspace()],
        "lower": {c: c.lower() for c in every if c.lower() != c},
        "repr": [[text, repr(text)] for text in (*STRANGE, "it's", "".join(STRANGE[:-30]))],
        "erf": [[x, math.erf(x)] for x in np.linspace(-7, 7, 2001).tolist()],
    }
