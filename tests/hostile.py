"""A task of one's own, whose questions are made of what could break out of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from transformer.tasks import TextToText
from transformer.text.tokenizer import CharTokenizer

HOSTILE = "<script>alert(1)</script>\"'&amp;\u2028\u2029\u202e<!--]]>"


@dataclass(frozen=True)
class Hostile(TextToText[int]):
    """A task of our own, whose questions are made of what could break out of a page."""

    name: ClassVar[str] = "hostile <b>"
    summary: ClassVar[str] = "</script><script>alert(2)</script>"
    question: ClassVar[str] = HOSTILE
    tokenizer: ClassVar[CharTokenizer] = CharTokenizer("".join(sorted(set(HOSTILE))))

    @property
    def longest(self) -> tuple[int, int]:
        return len(HOSTILE), 2

    def pick(self, n: int, rng: np.random.Generator) -> list[int]:
        return [int(i) for i in rng.integers(1, len(HOSTILE), n)]

    def is_held_out(self, key: int) -> bool:
        return key % 2 == 0

    def example(self, key: int) -> tuple[str, str]:
        return HOSTILE[:key], HOSTILE[:2]

    def as_source(self, question: str) -> str:
        self.tokenizer.encode(question)
        return question
