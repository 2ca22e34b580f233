"""Numbers in words, from English to Chinese: `three hundred and five` → `三百零五`.

English counts in thousands, Chinese in ten thousands, so that `ninety-eight thousand` is
`九万八千`, nine ten-thousands and eight thousands; and `零` marks places that English passes over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .. import arguments
from ..text.tokenizer import WordTokenizer
from ..training.config import TrainingConfig
from .task import scramble
from .translation import Translation

ENGLISH = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred",
    "thousand", "and",
)  # fmt: skip
CHINESE = "零一二三四五六七八九十百千万"


def _words(text: str) -> str:
    """Return a number in words without hyphens, commas and capitals."""
    return " ".join(text.lower().replace("-", " ").replace(",", " ").split())


@dataclass(frozen=True)
class Numbers(Translation[int]):
    """Whole numbers up to 99,999: the words are those of num2words, the characters those of cn2an.

    A token is an English word or a Chinese character. One number in twenty is held out, from 100
    upwards: those below are how the words are learned.
    """

    name: ClassVar[str] = "numbers"
    summary: ClassVar[str] = "numbers in words: three hundred and five → 三百零五"
    question: ClassVar[str] = "three hundred and five"
    packages: ClassVar[tuple[str, ...]] = ("num2words", "cn2an", *Translation.packages)
    tokenizer: ClassVar[WordTokenizer] = WordTokenizer([*ENGLISH, *CHINESE])
    training_config: ClassVar[TrainingConfig] = TrainingConfig(
        steps=800, batch_size=128, lr=4e-3, warmup=100, weight_decay=0.1
    )

    @property
    def longest(self) -> tuple[int, int]:
        return 8, 9  # ninety-nine thousand, nine hundred and ninety-nine → 九万九千九百九十九

    def pick(self, n: int, rng: np.random.Generator) -> list[int]:
        """Draw n numbers: half of them with five digits, the rest with fewer."""
        lengths = np.where(rng.random(n) < 0.5, 5, rng.integers(1, 5, n))
        lowest = np.where(lengths == 1, 0, 10 ** (lengths - 1))
        numbers: list[int] = rng.integers(lowest, 10**lengths).tolist()
        return numbers

    def is_held_out(self, key: int) -> bool:
        return key >= 100 and scramble(key) % 20 == 0

    def example(self, key: int) -> tuple[str, str]:
        import cn2an
        import num2words

        return _words(num2words.num2words(key)), " ".join(cn2an.an2cn(key))

    def as_source(self, question: str) -> str:
        """Take a number in English words, with or without hyphens and commas.

        Raises:
            ValueError: there are no words, too many, or one that no number has.
        """
        source = _words(arguments.text("question", question))
        if not 1 <= len(source.split()) <= self.longest[0]:
            raise ValueError(f"{question!r} is not a number in words, up to 99,999")
        self.tokenizer.encode(source)
        return source

    def as_answer(self, target: str) -> str:
        """Return the characters without the spaces between them."""
        return target.replace(" ", "")
