"""What a task has to say: its examples, its vocabulary, its metrics, and a good configuration."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

import minitorch as mt
from minitorch import Tensor

from ..decoding.strategy import Writing
from ..model.config import TransformerConfig
from ..model.models import BERT
from ..text.tokenizer import Tokenizer
from ..training.config import TrainingConfig
from .architectures import ARCHITECTURES, Model

Key = TypeVar("Key", bound=Hashable)


class MissingPackage(ImportError):
    """A task needs a package that is not installed; the message says how to install it."""


class DataError(ValueError):
    """What a task's examples are made of is not as it must be; the message says why, in a line."""


@dataclass(frozen=True)
class Task(ABC):
    """Something to learn. The fields of a subclass are flags of `train`, and saved with a run.

    Attributes:
        name: what the command line calls it.
        summary: what is learned, in a line.
        question: an example of what can be asked; of an instance, one that its model can answer.
        training_config: with which a laptop learns it.
        packages: what has to be installed for it: modules, not needed once a model is trained.
        writing: how its answers are written, unless a person wants it otherwise.
        ways: the fields of `Writing` that such a person can change.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    question: ClassVar[str]
    training_config: ClassVar[TrainingConfig]
    packages: ClassVar[tuple[str, ...]] = ()
    writing: ClassVar[Writing] = Writing()
    ways: ClassVar[tuple[str, ...]] = tuple(field.name for field in fields(Writing))

    @abstractmethod
    def model_config(self, **changes: Any) -> TransformerConfig:
        """Return the sizes of a model that learns the task, changed as given."""

    @abstractmethod
    def model(self, config: TransformerConfig) -> Model:
        """Build the model, with its first parameters."""

    @abstractmethod
    def batch(self, n: int, rng: np.random.Generator) -> tuple[Tensor, ...]:
        """Draw n examples to train on: the arguments of the model's `loss`."""

    @abstractmethod
    def held_out_examples(self, start: int, stop: int) -> Sequence[Any]:
        """Return a part of the one list of examples that training never sees, all different.

        It depends on the task alone; it may end before `stop`, and before `start`.
        """

    @abstractmethod
    def evaluate(self, model: Model, start: int, stop: int) -> dict[str, float]:
        """Measure the model on a part of the held-out examples; `held_out_loss` is one measure."""

    @abstractmethod
    def score(self, metrics: dict[str, float]) -> tuple[float, ...]:
        """Rank models by what `evaluate` returned for them: the greater, the better."""

    @abstractmethod
    def as_source(self, question: str) -> str:
        """Turn a question as a person types it into a source, as the model reads it.

        Raises:
            ValueError: it is no question of this task.
        """

    @abstractmethod
    def reply(self, model: Model, source: str, writing: Writing) -> str:
        """Return the answer to a source, as people write it; n_best answers, a line each."""

    def solve(self, model: Model, question: str) -> str:
        """Answer a question that a person typed.

        Raises:
            ValueError: it is no question of this task.
        """
        return self.reply(model, self.as_source(question), self.writing)

    def require_packages(self) -> None:
        """Make sure that the examples can be drawn.

        Raises:
            MissingPackage: they cannot.
        """
        missing = [package for package in self.packages if find_spec(package) is None]
        if missing:
            raise MissingPackage(
                f"the task {self.name} needs {' and '.join(missing)}: pip install -e '.[tasks]'"
            )


@dataclass(frozen=True)
class TextToText(Task, Generic[Key]):
    """A task with a text for a question and a text for an answer.

    An example starts as a key, such as the two numbers of a sum. `pick` draws keys, `is_held_out`
    says which of them training never sees, and `example` writes one as source and target: the texts
    as the model reads and writes them. These need not be as people do it: `as_source` and
    `as_answer` translate.

    Attributes:
        architecture: the model that learns it, encoder-decoder, gpt or bert (see
            `architectures.py`).
        architectures: those that can.
        tokenizer: of sources and targets.
        sizes: of the model, where they are not those of `model_config`.
    """

    architecture: str = field(default="encoder-decoder", kw_only=True)

    architectures: ClassVar[tuple[str, ...]] = ("encoder-decoder", "gpt")
    tokenizer: ClassVar[Tokenizer]
    sizes: ClassVar[dict[str, Any]] = {}

    def __post_init__(self) -> None:
        if self.architecture not in self.architectures:
            raise ValueError(
                f"{self.name} is learned by {' or '.join(self.architectures)}, "
                f"not by {self.architecture!r}"
            )

    @property
    @abstractmethod
    def longest(self) -> tuple[int, int]:
        """The tokens of the longest source and of the longest target."""

    @abstractmethod
    def pick(self, n: int, rng: np.random.Generator) -> list[Key]:
        """Draw the keys of n examples, some of which may be held out."""

    @abstractmethod
    def is_held_out(self, key: Key) -> bool:
        """Say whether training never sees this example."""

    @abstractmethod
    def example(self, key: Key) -> tuple[str, str]:
        """Return the source and the target, as the model reads and writes them."""

    def as_answer(self, target: str) -> str:
        """Turn a target into the answer as people write it."""
        return target

    def training_examples(self, n: int, rng: np.random.Generator) -> list[tuple[str, str]]:
        """Draw n (source, target) examples that are not held out."""
        keys: list[Key] = []
        while len(keys) < n:
            keys += [key for key in self.pick(n, rng) if not self.is_held_out(key)]
        return [self.example(key) for key in keys[:n]]

    def held_out_examples(self, start: int, stop: int) -> list[tuple[str, str]]:
        return _held_out(self, stop)[start:]

    def model_config(self, **changes: Any) -> TransformerConfig:
        sizes: dict[str, Any] = {
            "vocab_size": len(self.tokenizer),
            "max_length": ARCHITECTURES[self.architecture].positions(*self.longest),
            "d_model": 64,
            "n_heads": 4,
            "n_layers": 2,
            "dropout": 0.0,
            "pre_norm": True,
            "tie_embeddings": False,
        }
        sizes |= self.sizes | changes
        return TransformerConfig(**{"d_ff": 2 * sizes["d_model"]} | sizes)

    def model(self, config: TransformerConfig) -> Model:
        return ARCHITECTURES[self.architecture].build(config)

    def batch(self, n: int, rng: np.random.Generator) -> tuple[Tensor, ...]:
        return self.as_batch(self.training_examples(n, rng))

    def as_batch(self, examples: Sequence[tuple[str, str]]) -> tuple[Tensor, ...]:
        """Return (source, target) examples as the arguments of the model's `loss`."""
        return ARCHITECTURES[self.architecture].batch(self.tokenizer, examples)

    def write(self, model: Model, sources: Sequence[str]) -> list[str]:
        """Return the target that the model writes for each source, likeliest tokens first."""
        model.eval()
        architecture, length = ARCHITECTURES[self.architecture], self.longest[1]
        return [
            target
            for part in _parts(sources)
            for target in architecture.write(model, self.tokenizer, part, length)
        ]

    @mt.no_grad()
    def loss(self, model: Model, examples: Sequence[tuple[str, str]]) -> float:
        """Return how surprised the model is by the right answers: nats per token."""
        model.eval()
        parts = _parts(examples)
        losses = [model.loss(*self.as_batch(part)).item() for part in parts]
        tokens = [  # with </s>
            sum(len(self.tokenizer.encode(target)) + 1 for _, target in part) for part in parts
        ]
        return float(np.average(losses, weights=tokens))

    def evaluate(self, model: Model, start: int, stop: int) -> dict[str, float]:
        examples = self.held_out_examples(start, stop)
        return self.measure(model, examples, self.write(model, [source for source, _ in examples]))

    def measure(
        self, model: Model, examples: Sequence[tuple[str, str]], written: Sequence[str]
    ) -> dict[str, float]:
        """Compare what the model wrote with the targets, and ask how it likes these."""
        loss = self.loss(model, examples)
        metrics = self.compare(written, [target for _, target in examples])
        return metrics | {"held_out_loss": loss, "perplexity": perplexity(loss)}

    def compare(self, written: Sequence[str], targets: Sequence[str]) -> dict[str, float]:
        """Measure what the model wrote by what it should have written."""
        right = [w == target for w, target in zip(written, targets, strict=True)]
        return {"exact_match": float(np.mean(right))}

    def score(self, metrics: dict[str, float]) -> tuple[float, ...]:
        return metrics["exact_match"], -metrics["held_out_loss"]

    def reply(self, model: Model, source: str, writing: Writing) -> str:
        assert not isinstance(model, BERT)
        model.eval()
        prompt = ARCHITECTURES[self.architecture].prompt(self.tokenizer, [source])
        ids, scores = writing.writer()(model, prompt, self.longest[1] + 1)
        answers = [self.as_answer(self.tokenizer.decode(row)) for row in ids[0].tolist()]
        if scores is None or writing.n_best == 1:
            return answers[0]
        lines = zip(scores[0].tolist(), answers, strict=True)
        return "\n".join(f"{score:8.4f}  {text}" for score, text in lines if score > -math.inf)


def perplexity(loss: float) -> float:
    """Return e^loss: among how many equally likely tokens one would be as much at a loss.

    It is inf where that is more than a float can hold, as when a training goes astray.
    """
    try:
        return math.exp(loss)
    except OverflowError:
        return math.inf


def scramble(x: int) -> int:
    """Send a number to one in [0, 2^64) that looks random, the same on every machine.

    It is the mixing of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
    generators"). Whether something is held out must depend on nothing but itself.
    """
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % 2**64
    return x ^ (x >> 31)


@lru_cache(maxsize=16)
def _held_out(task: TextToText[Key], n: int) -> list[tuple[str, str]]:
    """Draw the first n held-out examples; fewer, if a round of drawing finds no new ones."""
    rng = np.random.default_rng(0)
    examples: dict[tuple[str, str], None] = {}
    found = -1
    while found < len(examples) < n:
        found = len(examples)
        held_out = (key for key in task.pick(10_000, rng) if task.is_held_out(key))
        examples.update(dict.fromkeys(map(task.example, held_out)))
    return list(examples)[:n]


def _parts(items: Sequence[Any], size: int = 500) -> list[Sequence[Any]]:
    return [items[i : i + size] for i in range(0, len(items), size)]
