"""What a task has to say: its examples, its vocabulary, its metrics, and a good configuration."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from minitorch import Tensor

from ..config import TrainingConfig, TransformerConfig
from ..generate import greedy
from ..models import Transformer
from ..tokenizer import CharTokenizer


@dataclass(frozen=True)
class Task(ABC):
    """Something to learn. The fields of a subclass are flags of `train`, and saved with a run.

    Attributes:
        name: what the command line calls it.
        summary: what is learned, in a line.
        question: an example of what can be asked.
        training_config: with which a laptop learns it.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    question: ClassVar[str]
    training_config: ClassVar[TrainingConfig]

    @abstractmethod
    def model_config(self, **changes: Any) -> TransformerConfig:
        """Return the sizes of a model that learns the task, changed as given."""

    @abstractmethod
    def model(self, config: TransformerConfig) -> Transformer:
        """Build the model, with its first parameters."""

    @abstractmethod
    def batch(self, n: int, rng: np.random.Generator) -> tuple[Tensor, ...]:
        """Draw n examples to train on: the arguments of the model's `loss`."""

    @abstractmethod
    def evaluate(self, model: Transformer, start: int, stop: int) -> dict[str, float]:
        """Measure the model on a part of the held-out examples. The first metric ranks models."""

    @abstractmethod
    def solve(self, model: Transformer, question: str) -> str:
        """Answer a question that a person typed.

        Raises:
            ValueError: it is no question of this task.
        """


@dataclass(frozen=True)
class TextToText(Task):
    """A task with a text for a question and a text for an answer, read and written by a Transformer.

    `source` and `target` are the texts as the model reads and writes them, which need not be as
    people do: `as_source` and `as_answer` translate.
    """

    tokenizer: ClassVar[CharTokenizer]

    @property
    @abstractmethod
    def max_length(self) -> int:
        """The tokens of the longest source or target, `<s>` and `</s>` included."""

    @abstractmethod
    def training_examples(self, n: int, rng: np.random.Generator) -> list[tuple[str, str]]:
        """Draw n examples that are not held out, as (source, target)."""

    @abstractmethod
    def held_out_examples(self, start: int, stop: int) -> list[tuple[str, str]]:
        """Return a part of the one list of held-out examples, all different."""

    @abstractmethod
    def as_source(self, question: str) -> str:
        """Turn a question as a person types it into a source.

        Raises:
            ValueError: it is no question of this task.
        """

    def as_answer(self, target: str) -> str:
        """Turn a target into the answer as people write it."""
        return target

    def model(self, config: TransformerConfig) -> Transformer:
        return Transformer(config)

    def batch(self, n: int, rng: np.random.Generator) -> tuple[Tensor, ...]:
        examples = self.training_examples(n, rng)
        sources, targets = zip(*examples, strict=True)
        return self.tokenizer.sources(sources), self.tokenizer.targets(targets)

    def write(self, model: Transformer, sources: list[str]) -> list[str]:
        """Return the target that the model writes for each source, likeliest tokens first."""
        model.eval()
        written: list[str] = []
        for start in range(0, len(sources), 500):
            ids = self.tokenizer.sources(sources[start : start + 500])
            rows = greedy(model, ids, self.max_length).tolist()
            written += [self.tokenizer.decode(row) for row in rows]
        return written

    def evaluate(self, model: Transformer, start: int, stop: int) -> dict[str, float]:
        examples = self.held_out_examples(start, stop)
        written = self.write(model, [source for source, _ in examples])
        right = [w == target for w, (_, target) in zip(written, examples, strict=True)]
        return {"exact_match": float(np.mean(right))}

    def solve(self, model: Transformer, question: str) -> str:
        return self.as_answer(self.write(model, [self.as_source(question)])[0])
