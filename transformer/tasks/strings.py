"""Copy, reverse and sort: three tasks on strings of up to ten letters.

They show what attention does in its simplest forms. To copy is to attend to the same position, to
reverse is to attend to the mirrored one, and to sort is to attend to the next greater letter,
wherever it stands.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from .. import arguments
from ..fields import Allowed, Interval
from ..text.tokenizer import CharTokenizer
from ..training.config import TrainingConfig
from .task import TextToText, scramble

LETTERS = "abcdefghij"


@dataclass(frozen=True)
class Strings(TextToText[str]):
    """Strings of 1 to `length` letters, each length as often as any other; one in twenty held out.

    Attributes:
        length: of the longest strings.
    """

    length: int = 10

    tokenizer: ClassVar[CharTokenizer] = CharTokenizer(LETTERS)
    allowed: ClassVar[dict[str, Allowed]] = {"length": Interval(2, 15)}
    training_config: ClassVar[TrainingConfig] = TrainingConfig(
        steps=600, batch_size=128, lr=4e-3, warmup=100, weight_decay=0.1
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "question", self.question[: self.length])

    @abstractmethod
    def target(self, letters: str) -> str:
        """Return the right answer for these letters."""

    @property
    def longest(self) -> tuple[int, int]:
        return self.length, self.length

    def pick(self, n: int, rng: np.random.Generator) -> list[str]:
        lengths = rng.integers(1, self.length + 1, n).tolist()
        rows = rng.integers(0, len(LETTERS), (n, self.length)).tolist()
        return [
            "".join(LETTERS[i] for i in row[:length])
            for row, length in zip(rows, lengths, strict=True)
        ]

    def is_held_out(self, key: str) -> bool:
        digits = "".join(str(LETTERS.index(c)) for c in key)
        return len(key) > 1 and scramble(int("1" + digits)) % 20 == 0  # every letter is shown

    def example(self, key: str) -> tuple[str, str]:
        return key, self.target(key)

    def as_source(self, question: str) -> str:
        """Take the letters, without the spaces between them.

        Raises:
            ValueError: there are none or too many, or one is another character.
        """
        text = "".join(arguments.text("question", question).split())
        if not 1 <= len(text) <= self.length:
            raise ValueError(
                f"{question!r} has {len(text)} letters; this model has learned 1 to {self.length}"
            )
        self.tokenizer.encode(text)
        return text


@dataclass(frozen=True)
class Copy(Strings):
    """Repeat the string: cross-attention at its simplest.

    In some head of `attention.png`, each letter of the answer attends to the letter in the same
    place of the question: a diagonal.
    """

    name: ClassVar[str] = "copy"
    summary: ClassVar[str] = "write the same again: hadbc → hadbc"
    question: ClassVar[str] = "hadbc"

    def target(self, letters: str) -> str:
        return letters


@dataclass(frozen=True)
class Reverse(Strings):
    """Turn the string round: the first letter to generate is the last one read, wherever that is.

    The diagonal that `Copy` draws in `attention.png` is turned round too.
    """

    name: ClassVar[str] = "reverse"
    summary: ClassVar[str] = "write it backwards: hadbc → cbdah"
    question: ClassVar[str] = "hadbc"

    def target(self, letters: str) -> str:
        return letters[::-1]


@dataclass(frozen=True)
class Sort(Strings):
    """Put the letters in alphabetical order, each as often as it occurs.

    A GPT reads them in any order, and continues the text with the same ones in theirs. What has
    been generated so far says which letters are left.
    """

    architecture: str = field(default="gpt", kw_only=True)

    name: ClassVar[str] = "sort"
    summary: ClassVar[str] = "write the letters in order: hadbc → abcdh"
    question: ClassVar[str] = "hadbc"
    training_config: ClassVar[TrainingConfig] = TrainingConfig(
        steps=1500, batch_size=128, lr=4e-3, warmup=100, weight_decay=0.1
    )

    def target(self, letters: str) -> str:
        return "".join(sorted(letters))
