"""Addition: `12+345=` → `357`.

The model sees characters and nothing else: it has to find out by itself that they are digits, what
their places mean, and how to carry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from minitorch.autograd import Array

from ..config import TrainingConfig, TransformerConfig
from ..tokenizer import CharTokenizer
from .task import TextToText


@dataclass(frozen=True)
class Addition(TextToText):
    """Sums of two numbers of up to `digits` digits.

    The answer's digits are written least significant first, `357` as `753`, and turned round before
    people see them. Written as we write, the first digit depends on every carry to come; from the
    other end, each digit needs two digits of the question and one carry. Models learn it with far
    fewer examples (Lee et al. 2023, "Teaching arithmetic to small transformers",
    https://arxiv.org/abs/2307.03381).

    One pair of numbers in twenty is held out, a + b together with b + a: no training example ever
    shows it, in either order. Which pairs those are depends on the numbers alone, not on the seed.
    """

    digits: int = field(default=3, metadata={"help": "digits of the longest numbers"})

    name: ClassVar[str] = "addition"
    summary: ClassVar[str] = "add two numbers: 12+345= → 357"
    question: ClassVar[str] = "12+34"
    tokenizer: ClassVar[CharTokenizer] = CharTokenizer("0123456789+=")
    training_config: ClassVar[TrainingConfig] = TrainingConfig(
        steps=800, batch_size=128, lr=4e-3, warmup=100, weight_decay=0.1
    )

    def __post_init__(self) -> None:
        if not isinstance(self.digits, int) or not 1 <= self.digits <= 9:
            raise ValueError(f"digits must be a whole number from 1 to 9, not {self.digits!r}")

    @property
    def max_length(self) -> int:
        """The tokens of the longest source; no target is longer."""
        return 2 * self.digits + 2

    def model_config(self, **changes: Any) -> TransformerConfig:
        """Return sizes with which a laptop learns the task in a minute, changed as given."""
        sizes: dict[str, Any] = {"d_model": 64, "n_heads": 4, "n_layers": 2, "dropout": 0.0, "pre_norm": True}
        sizes |= {"tie_embeddings": False} | changes
        return TransformerConfig(
            vocab_size=len(self.tokenizer),
            max_length=self.max_length,
            d_ff=2 * sizes["d_model"],
            **sizes,
        )

    def is_held_out(self, a: Array, b: Array) -> Array:
        """Say of each pair whether training never sees it."""
        low, high = np.minimum(a, b).astype(np.uint64), np.maximum(a, b).astype(np.uint64)
        held_out: Array = _scramble(low * np.uint64(10**9) + high) % np.uint64(20) == 0
        return held_out

    def training_examples(self, n: int, rng: np.random.Generator) -> list[tuple[str, str]]:
        """Draw n (source, target) pairs of texts from the sums that are not held out."""
        pairs: list[tuple[int, int]] = []
        while len(pairs) < n:
            a, b = self._draw(n, rng)
            seen = ~self.is_held_out(a, b)
            pairs += zip(a[seen].tolist(), b[seen].tolist(), strict=True)
        return [self.example(a, b) for a, b in pairs[:n]]

    def held_out_examples(self, start: int, stop: int) -> list[tuple[str, str]]:
        """Return a part of the one list of held-out sums, all different, as (source, target).

        There are 50,000 with numbers of up to three digits; the list ends where they do.
        """
        rng = np.random.default_rng(0)
        pairs: dict[tuple[int, int], None] = {}
        for _ in range(200):
            a, b = self._draw(10_000, rng)
            kept = self.is_held_out(a, b)
            pairs.update(dict.fromkeys(zip(a[kept].tolist(), b[kept].tolist(), strict=True)))
            if len(pairs) >= stop:
                break
        return [self.example(a, b) for a, b in list(pairs)[start:stop]]

    def _draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draw n pairs of numbers. Half of the numbers have all the digits, the rest fewer.

        Drawn evenly from 0 to 999, only one number in a hundred would have one digit.
        """
        lengths = np.where(
            rng.random((2, n)) < 0.5, self.digits, rng.integers(1, max(self.digits, 2), (2, n))
        )
        lowest = np.where(lengths == 1, 0, 10 ** (lengths - 1))
        a, b = rng.integers(lowest, 10**lengths)
        return a, b

    def example(self, a: int, b: int) -> tuple[str, str]:
        """Return the source and the target of a sum, as the model reads and writes them."""
        return f"{a}+{b}=", str(a + b)[::-1]

    def as_source(self, question: str) -> str:
        """Take `12 + 34`, `12+34` or `12+34=`.

        Raises:
            ValueError: it is no sum, or a number has more digits than the model has learned.
        """
        text = re.sub(r"\s", "", question).removesuffix("=")
        unknown = re.search(r"[^0-9+]", text)
        if unknown:
            raise ValueError(
                f"unknown character {unknown[0]!r} in {question!r}: a sum is written with digits "
                "and one '+', such as 12+34"
            )
        numbers = text.split("+")
        if len(numbers) != 2 or not all(numbers):
            raise ValueError(f"{question!r} is not a sum of two numbers, such as 12+34")
        for number in numbers:
            if len(number) > self.digits:
                raise ValueError(
                    f"{number} in {question!r} has {len(number)} digits; this model has learned "
                    f"numbers of up to {self.digits}"
                )
        return self.example(int(numbers[0]), int(numbers[1]))[0]

    def as_answer(self, target: str) -> str:
        """Turn the digits round, to the order in which people read them."""
        return target[::-1]


def _scramble(x: Array) -> Array:
    """Send each number to one that looks random, the same on every machine (SplitMix64's mixer)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x
