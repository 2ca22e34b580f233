"""Addition: `12+345=` → `357`.

The model sees characters and nothing else: it has to find out by itself that they are digits, what
their places mean, and how to carry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from .. import arguments
from ..fields import Allowed, Interval
from ..text.tokenizer import CharTokenizer
from ..training.config import TrainingConfig
from .task import TextToText, scramble


@dataclass(frozen=True)
class Addition(TextToText[tuple[int, int]]):
    """Sums of two numbers of up to `digits` digits.

    The answer's digits are generated least significant first, `357` as `753`, and reversed before
    people see them. In the order in which we write, the first digit depends on every carry to come;
    from the other end, each digit needs two digits of the question and one carry. Models learn it
    with far fewer examples (Lee et al. 2023, "Teaching arithmetic to small transformers",
    https://arxiv.org/abs/2307.03381).

    A key is a pair of numbers: `pick` draws keys, `example` turns one into source and target. From
    (12, 34) come the source `12+34=` and the target `64`; the decoder reads `<s> 6 4` and is to
    predict `6 4 </s>`. One pair in twenty is held out, a + b together with b + a: no training
    example shows it. The choice depends on `scramble`, a hash of the numbers, not on the seed.

    Attributes:
        digits: the number of digits of the longest numbers.
    """

    digits: int = 3

    name: ClassVar[str] = "addition"
    summary: ClassVar[str] = "add two numbers: 12+345= → 357"
    question: ClassVar[str] = "12+34"
    tokenizer: ClassVar[CharTokenizer] = CharTokenizer("0123456789+=")
    allowed: ClassVar[dict[str, Allowed]] = {"digits": Interval(1, 30)}
    training_config: ClassVar[TrainingConfig] = TrainingConfig(
        steps=800, batch_size=128, lr=4e-3, warmup=100, weight_decay=0.1, keep=12
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.digits == 1:
            object.__setattr__(self, "question", "1+2")

    @property
    def longest(self) -> tuple[int, int]:
        return 2 * self.digits + 2, self.digits + 1

    def pick(self, n: int, rng: np.random.Generator) -> list[tuple[int, int]]:
        """Draw n pairs of numbers. Half of the numbers have all the digits, the rest fewer.

        If they were drawn uniformly from 0 to 999, only one in a hundred would have one digit.
        """
        is_long = rng.random((2, n)) < 0.5
        lengths = np.where(is_long, self.digits, rng.integers(1, max(self.digits, 2), (2, n)))
        head, tail = np.minimum(lengths, 15), np.maximum(lengths - 15, 0)  # int64 holds 18 digits
        first = rng.integers(np.where(head == 1, 0, 10 ** (head - 1)), 10**head)
        a, b = (first.astype(object) * 10**tail + rng.integers(10**tail)).tolist()
        return list(zip(a, b, strict=True))

    def is_held_out(self, key: tuple[int, int]) -> bool:
        low, high = sorted(key)
        return scramble(low * 10**9 + high) % 20 == 0

    def example(self, key: tuple[int, int]) -> tuple[str, str]:
        a, b = key
        return f"{a}+{b}=", str(a + b)[::-1]

    def as_source(self, question: str) -> str:
        """Turn `12 + 34`, `12+34` or `12+34=` into `12+34=`.

        Raises:
            ValueError: it is no sum, or a number has more digits than the model has learned.
        """
        text = arguments.text("question", question).strip().removesuffix("=")
        unknown = re.search(r"[^0-9+\s]", text)
        if unknown:
            raise ValueError(
                f"unknown character {unknown[0]!r} in {question!r}: a sum is written with digits "
                f"and one '+', such as {self.question}"
            )
        numbers = [number.strip() for number in text.split("+")]
        if len(numbers) != 2 or not all(number.isdigit() for number in numbers):
            raise ValueError(f"{question!r} is not a sum of two numbers, such as {self.question}")
        for number in numbers:
            if len(number) > self.digits:
                raise ValueError(
                    f"{number} in {question!r} has {len(number)} digits; this model has learned "
                    f"numbers of up to {self.digits}"
                )
        return self.example((int(numbers[0]), int(numbers[1])))[0]

    def as_answer(self, target: str) -> str:
        """Reverse the digits, to the order in which people read them."""
        return target[::-1]


@dataclass(frozen=True)
class AdditionGPT(Addition):
    """The same sums for a GPT: `1 2 + 3 4 = <s> 6 4 </s>`, learned from `<s>` on.

    A language model, which only continues texts, can answer too: the question is the beginning of
    a text, and its answer the continuation. The loss counts the tokens of the answer alone. It has
    less than half of the parameters of the encoder–decoder that learns the same sums.
    """

    architecture: str = field(default="gpt", kw_only=True)

    name: ClassVar[str] = "addition-gpt"
    summary: ClassVar[str] = "the same by a model that continues the text: 12+345= → 357"
    training_config: ClassVar[TrainingConfig] = TrainingConfig(
        steps=1500, batch_size=128, lr=4e-3, warmup=100, weight_decay=0.1
    )
