"""Tasks: what a model learns. A task has examples, a vocabulary, metrics and a configuration."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, fields
from importlib.util import find_spec
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

import minitorch as mt
from minitorch import Tensor

from ..decoding.strategy import Decoding
from ..fields import Allowed, check_fields, checked
from ..model.config import ALLOWED, TransformerConfig
from ..model.models import BERT
from ..text.tokenizer import Tokenizer
from ..training.config import TrainingConfig
from . import split
from .architectures import ARCHITECTURES, Model

Key = TypeVar("Key", bound=Hashable)


class MissingPackage(ImportError):
    """A task needs a package that is not installed; the message says how to install it."""


class DataError(ValueError):
    """The data that a task's examples come from cannot be used; the message says why, in a line."""


def perplexity(loss: float) -> float:
    """Perplexity: e^loss, for a cross-entropy loss in nats a token.

    A model that chooses uniformly among n tokens has the perplexity n. It is inf where it is more
    than a float can hold, as when training diverges.
    """
    try:
        return math.exp(loss)
    except OverflowError:
        return math.inf


def scramble(x: int) -> int:
    """Hash a number: send it to one in [0, 2^64) that looks random, the same on every machine.

    By such a hash examples are held out, so that it depends on the example alone. It is the mixing
    of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators").
    """
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % 2**64
    return x ^ (x >> 31)


@dataclass(frozen=True)
class Task(ABC):
    """Something to learn. The fields of a subclass are flags of `train`, and saved with a run.

    Attributes:
        name: what the command line calls it.
        summary: what is learned, in a line.
        question: an example of what can be asked; of an instance, one that its model can answer.
        training_config: hyperparameters with which a laptop learns it.
        packages: modules that its examples are made with; a trained model does without them.
        decoding: the decoding strategy by which its models answer, unless another is asked for.
        decoding_options: the fields of `Decoding` that a user may set.
        allowed: a range or the choices for each field that is not free.

    Raises:
        ValueError: a field is of another type, or out of range.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    question: ClassVar[str]
    training_config: ClassVar[TrainingConfig]
    packages: ClassVar[tuple[str, ...]] = ()
    decoding: ClassVar[Decoding] = Decoding()
    decoding_options: ClassVar[tuple[str, ...]] = tuple(field.name for field in fields(Decoding))
    allowed: ClassVar[dict[str, Allowed]] = {}

    def __post_init__(self) -> None:
        check_fields(self, self.allowed)

    @abstractmethod
    def model_config(self, **changes: Any) -> TransformerConfig:
        """Return the configuration of a model that learns the task, changed as given."""

    @abstractmethod
    def model(self, config: TransformerConfig) -> Model:
        """Build the model, with its first parameters."""

    @abstractmethod
    def batch(self, n: int, rng: np.random.Generator) -> tuple[Tensor, ...]:
        """Draw a batch of n training examples, as the arguments of the model's `loss`."""

    @abstractmethod
    def held_out_examples(self, start: int, stop: int) -> Sequence[Any]:
        """Return examples start to stop of those that training never sees, all different.

        They are one list, which depends on the task alone, and may end before `stop` or `start`.
        """

    @abstractmethod
    def evaluate(self, model: Model, start: int, stop: int) -> dict[str, float]:
        """Return metrics of a model on held-out examples start to stop; one is `held_out_loss`."""

    @abstractmethod
    def score(self, metrics: dict[str, float]) -> tuple[float, ...]:
        """Return a score that ranks models by what `evaluate` returned: the greater, the better."""

    @abstractmethod
    def as_source(self, question: str) -> str:
        """Turn a question, as a person types it, into a source, the text that the model reads.

        Raises:
            ValueError: the question is none of this task.
        """

    @abstractmethod
    def answer(self, model: Model, source: str, decoding: Decoding) -> str:
        """Return the model's answer to a source, as people write it; for n_best, a line each."""

    def solve(self, model: Model, question: str) -> str:
        """Answer a question that a person typed.

        Raises:
            ValueError: the question is none of this task.
        """
        return self.answer(model, self.as_source(question), self.decoding)

    def require_packages(self) -> None:
        """Make sure that the packages that make the examples are installed.

        Raises:
            MissingPackage: one is not.
        """
        missing = [package for package in self.packages if find_spec(package) is None]
        if missing:
            raise MissingPackage(
                f"the task {self.name} needs {' and '.join(missing)}: pip install -e '.[tasks]'"
            )


def _parts(items: Sequence[Any], size: int = 500) -> list[Sequence[Any]]:
    """Split items into batches for the model, of up to so many."""
    return [items[i : i + size] for i in range(0, len(items), size)]


@dataclass(frozen=True)
class TextToText(Task, Generic[Key]):
    """A task whose questions and answers are texts.

    An example starts as a key, such as the two numbers of a sum. `pick` draws keys, `is_held_out`
    says which of them training never sees, and `example` turns one into source and target: the
    texts as the model reads and generates them. People may write questions and answers otherwise;
    `as_source` and `as_answer` translate.

    Attributes:
        architecture: the model that learns it, encoder-decoder, gpt or bert (see
            `architectures.py`).
        architectures: those that can learn it.
        tokenizer: of sources and targets.
        sizes: fields of the model's configuration that differ from those in `model_config`.
    """

    architecture: str = field(default="encoder-decoder", kw_only=True)

    architectures: ClassVar[tuple[str, ...]] = ("encoder-decoder", "gpt")
    tokenizer: ClassVar[Tokenizer]
    sizes: ClassVar[dict[str, Any]] = {}

    def __post_init__(self) -> None:
        super().__post_init__()
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
        """Is this example held out, so that training never sees it?"""

    @abstractmethod
    def example(self, key: Key) -> tuple[str, str]:
        """Return source and target, as the model reads and generates them."""

    def as_answer(self, target: str) -> str:
        """Turn a target into the answer as people write it."""
        return target

    def training_examples(self, n: int, rng: np.random.Generator) -> list[tuple[str, str]]:
        """Draw n (source, target) examples that are not held out."""
        return [self.example(key) for key in split.training_keys(self, n, rng)]

    def held_out_examples(self, start: int, stop: int) -> list[tuple[str, str]]:
        split.check_range(start, stop)
        return split.held_out(self, stop)[start:]

    def model_config(self, **changes: Any) -> TransformerConfig:
        sizes: dict[str, Any] = {
            "vocab_size": len(self.tokenizer),
            "max_length": ARCHITECTURES[self.architecture].max_length(*self.longest),
            "d_model": 64,
            "n_heads": 4,
            "n_layers": 2,
            "dropout": 0.0,
            "pre_norm": True,
            "tie_embeddings": False,
        }
        sizes |= self.sizes | changes
        checked("d_model", sizes["d_model"], int, ALLOWED["d_model"])
        return TransformerConfig(**{"d_ff": 2 * sizes["d_model"]} | sizes)

    def model(self, config: TransformerConfig) -> Model:
        return ARCHITECTURES[self.architecture].build(config)

    def as_batch(self, examples: Sequence[tuple[str, str]]) -> tuple[Tensor, ...]:
        """Return (source, target) examples as the arguments of the model's `loss`."""
        split.check_examples(examples)
        return ARCHITECTURES[self.architecture].batch(self.tokenizer, examples)

    def batch(self, n: int, rng: np.random.Generator) -> tuple[Tensor, ...]:
        return self.as_batch(self.training_examples(n, rng))

    def generate(self, model: Model, sources: Sequence[str]) -> list[str]:
        """Return the target that the model generates for each source, by greedy decoding."""
        architecture, length = ARCHITECTURES[self.architecture], self.longest[1]
        split.check_model(self, model, architecture.kind)
        model.eval()
        return [
            target
            for part in _parts(sources)
            for target in architecture.generate(model, self.tokenizer, part, length)
        ]

    @mt.no_grad()
    def loss(self, model: Model, examples: Sequence[tuple[str, str]]) -> float:
        """Return the cross-entropy loss of the right answers, the mean of -ln P(token), in nats."""
        split.check_examples(examples)
        split.check_model(self, model, ARCHITECTURES[self.architecture].kind)
        model.eval()
        parts = _parts(examples)
        losses = [model.loss(*self.as_batch(part)).item() for part in parts]
        tokens = [  # with </s>
            sum(len(self.tokenizer.encode(target)) + 1 for _, target in part) for part in parts
        ]
        return float(np.average(losses, weights=tokens))

    def compare(self, generated: Sequence[str], targets: Sequence[str]) -> dict[str, float]:
        """Return metrics of generated texts and their targets: the fraction that match exactly."""
        if len(generated) != len(targets) or not len(targets):
            raise ValueError(f"there are {len(generated)} texts to compare with {len(targets)}")
        right = [text == target for text, target in zip(generated, targets, strict=True)]
        return {"exact_match": float(np.mean(right))}

    def measure(
        self, model: Model, examples: Sequence[tuple[str, str]], generated: Sequence[str]
    ) -> dict[str, float]:
        """Return the metrics of what a model generated for the sources, and its loss."""
        loss = self.loss(model, examples)
        metrics = self.compare(generated, [target for _, target in examples])
        return metrics | {"held_out_loss": loss, "perplexity": perplexity(loss)}

    def evaluate(self, model: Model, start: int, stop: int) -> dict[str, float]:
        examples = split.examples_of(self, start, stop)
        generated = self.generate(model, [source for source, _ in examples])
        return self.measure(model, examples, generated)

    def score(self, metrics: dict[str, float]) -> tuple[float, ...]:
        return metrics["exact_match"], -metrics["held_out_loss"]

    def answer(self, model: Model, source: str, decoding: Decoding) -> str:
        assert not isinstance(model, BERT)
        model.eval()
        prompt = ARCHITECTURES[self.architecture].prompt(self.tokenizer, [source])
        ids, scores = decoding.function()(model, prompt, self.longest[1] + 1)
        answers = [self.as_answer(self.tokenizer.decode(row)) for row in ids[0].tolist()]
        if scores is None or decoding.n_best == 1:
            return answers[0]
        lines = zip(scores[0].tolist(), answers, strict=True)
        return "\n".join(f"{score:8.4f}  {text}" for score, text in lines if score > -math.inf)
