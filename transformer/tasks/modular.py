"""Modular addition: `77+30` → `10`, since 107 = 97 + 10. A model that groks.

Half of the table of all sums is shown, again and again. The model soon knows that half by heart and
nothing of the other: it overfits, and training loss and accuracy say that there is nothing left to
learn. Much later, when weight decay has worn down what is only remembered, it generalizes, and the
other half comes right too. That is grokking (Power et al. 2022, https://arxiv.org/abs/2201.02177).
What it finds is a rotation: numbers become angles, and adding numbers adds angles (Nanda et al.
2023, https://arxiv.org/abs/2301.05217). `examples/modular_addition.py` shows them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .. import arguments
from ..text.tokenizer import WordTokenizer
from ..training.config import TrainingConfig
from .architectures import Model
from .task import TextToText, scramble

if TYPE_CHECKING:
    from minitorch.autograd import Array

P = 97


@cache
def fourier_basis() -> Array:
    """Waves over the numbers n = 0 … P - 1, an orthonormal basis: (P, P), a wave a row.

        row 0         1                and for each frequency k = 1 … (P - 1) / 2:
        row 2k - 1    cos(2π k n / P)
        row 2k        sin(2π k n / P)

    each divided by its length. Every function of n is a sum of them, in one way: its discrete
    Fourier transform, `fourier_basis() @ values`, says how much of each.
    """
    n, k = np.arange(P), np.arange(1, P // 2 + 1)
    angles = 2 * np.pi * np.outer(k, n) / P  # (48, 97)
    waves = np.stack([np.cos(angles), np.sin(angles)], axis=1).reshape(P - 1, P)
    basis: Array = np.concatenate([np.ones((1, P)), waves])
    basis /= np.linalg.norm(basis, axis=1, keepdims=True)
    return basis


def fourier_power(vectors: Array) -> Array:
    """How much of the vectors of the P numbers each frequency makes up: (P, d) → ((P - 1) / 2,).

    The power of a frequency is the sum of the squares of the coefficients of its two waves, as a
    fraction of that of all frequencies. The mean of the vectors, frequency 0, is left out.
    """
    coefficients = fourier_basis()[1:] @ vectors  # (96, d)
    power: Array = (coefficients**2).reshape(P // 2, -1).sum(1)
    power /= power.sum()
    return power


@dataclass(frozen=True)
class ModularAddition(TextToText[tuple[int, int]]):
    """Sums modulo 97. A number is one token, so that it has no digits to calculate with.

    Half of all pairs are held out, a + b together with b + a.

    With more weight decay or a higher learning rate it groks sooner, but never quite overfits
    before. With a learning rate that falls to 0 it stops half-way.
    """

    architecture: str = field(default="gpt", kw_only=True)

    name: ClassVar[str] = "modular-addition"
    summary: ClassVar[str] = "add modulo 97, and grok it: 77+30 → 10"
    question: ClassVar[str] = "77+30"
    tokenizer: ClassVar[WordTokenizer] = WordTokenizer(["+", *map(str, range(P))])
    sizes: ClassVar[dict[str, Any]] = {"d_model": 128, "n_layers": 1}
    training_config: ClassVar[TrainingConfig] = TrainingConfig(
        steps=6000, batch_size=1024, lr=1e-3, warmup=10, schedule="constant", weight_decay=1.0
    )

    @property
    def longest(self) -> tuple[int, int]:
        return 3, 1

    def pick(self, n: int, rng: np.random.Generator) -> list[tuple[int, int]]:
        a, b = rng.integers(0, P, (2, n)).tolist()
        return list(zip(a, b, strict=True))

    def is_held_out(self, key: tuple[int, int]) -> bool:
        low, high = sorted(key)
        return scramble(low * P + high) % 2 == 0

    def example(self, key: tuple[int, int]) -> tuple[str, str]:
        a, b = key
        return f"{a} + {b}", str((a + b) % P)

    def evaluate(self, model: Model, start: int, stop: int) -> dict[str, float]:
        """Return metrics on held-out sums, and two that show the grokking.

        They are `training_exact_match`, on as many training examples, and `fourier_power`: how much
        of the embedding of the numbers its eight strongest frequencies make up, of 48.
        """
        metrics = super().evaluate(model, start, stop)
        shown = self.training_examples(stop - start, np.random.default_rng(0))
        generated = self.generate(model, [source for source, _ in shown])
        right = self.compare(generated, [target for _, target in shown])
        numbers = model.embedding.tokens.weight[-P:]  # of the tokens 0 to 96
        power = np.sort(fourier_power(numbers.detach().numpy()))
        return metrics | {
            "training_exact_match": right["exact_match"],
            "fourier_power": float(power[-8:].sum()),
        }

    def as_source(self, question: str) -> str:
        """Turn `77 + 30` or `77+30=` into `77 + 30`.

        Raises:
            ValueError: it is no sum of two numbers below 97.
        """
        number = "0*([0-9]{1,2})"
        form = rf"\s*{number}\s*\+\s*{number}\s*=?\s*"
        match = re.fullmatch(form, arguments.text("question", question))
        if not match or max(map(int, match.groups())) >= P:
            raise ValueError(f"{question!r} is not a sum of two numbers below {P}, such as 77+30")
        a, b = map(int, match.groups())
        return self.example((a, b))[0]
