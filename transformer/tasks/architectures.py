"""The same questions and answers, as each of the three models learns and writes them.

    encoder-decoder    the encoder reads the question, the decoder writes <s> answer </s>
    gpt                goes on with: question <s> answer </s>; only the answer is learned
    bert               reads the question, a text with a gap, and says which word the gap hides
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

import minitorch as mt
from minitorch import Tensor
from minitorch.autograd import Array

from ..decoding.sampling import greedy
from ..model.config import TransformerConfig
from ..model.models import BERT, GPT, Transformer
from ..text.tokenizer import BOS, EOS, PAD, Tokenizer, stack

Model: TypeAlias = Transformer | GPT | BERT

GAP = "___"


class Architecture(ABC):
    """How a model is built, taught and asked."""

    @abstractmethod
    def build(self, config: TransformerConfig) -> Model:
        """Return the model, with its first parameters."""

    @abstractmethod
    def positions(self, source: int, target: int) -> int:
        """Return the `max_length` of a model for sources and targets of up to so many tokens."""

    @abstractmethod
    def batch(
        self, tokenizer: Tokenizer, examples: Sequence[tuple[str, str]]
    ) -> tuple[Tensor, Tensor]:
        """Return (source, target) examples as the arguments of the model's `loss`."""

    @abstractmethod
    def prompt(self, tokenizer: Tokenizer, sources: Sequence[str]) -> Tensor:
        """Return what the model reads of the questions, (batch, S), before it answers."""

    def write(
        self, model: Model, tokenizer: Tokenizer, sources: Sequence[str], length: int
    ) -> list[str]:
        """Return what the model answers, the likeliest token at each step.

        Args:
            model: answers.
            tokenizer: of the texts.
            sources: the questions.
            length: the most tokens of an answer, `</s>` not counted.
        """
        assert not isinstance(model, BERT)
        written = greedy(model, self.prompt(tokenizer, sources), length + 1)
        return [tokenizer.decode(row) for row in written.tolist()]


class EncoderDecoder(Architecture):
    """A Transformer: question in, answer out."""

    def build(self, config: TransformerConfig) -> Model:
        return Transformer(config)

    def positions(self, source: int, target: int) -> int:
        return max(source, 1 + target)

    def batch(
        self, tokenizer: Tokenizer, examples: Sequence[tuple[str, str]]
    ) -> tuple[Tensor, Tensor]:
        sources, targets = zip(*examples, strict=True)
        return tokenizer.sources(sources), tokenizer.targets(targets)

    def prompt(self, tokenizer: Tokenizer, sources: Sequence[str]) -> Tensor:
        return tokenizer.sources(sources)


class DecoderOnly(Architecture):
    """A GPT: the answer is how the text goes on. `<s>` says that the question ends there."""

    def build(self, config: TransformerConfig) -> Model:
        return GPT(config)

    def positions(self, source: int, target: int) -> int:
        return source + 1 + target

    def batch(
        self, tokenizer: Tokenizer, examples: Sequence[tuple[str, str]]
    ) -> tuple[Tensor, Tensor]:
        questions = [[*tokenizer.encode(source), BOS] for source, _ in examples]
        answers = [[*tokenizer.encode(target), EOS] for _, target in examples]
        pairs = list(zip(questions, answers, strict=True))
        ids = stack([question + answer for question, answer in pairs])
        targets = stack([[PAD] * len(question) + answer for question, answer in pairs])
        return ids, targets

    def prompt(self, tokenizer: Tokenizer, sources: Sequence[str]) -> Tensor:
        return stack([[*tokenizer.encode(source), BOS] for source in sources], left=True)


class EncoderOnly(Architecture):
    """A BERT: the answer is the token that belongs where the question has `___`."""

    def build(self, config: TransformerConfig) -> Model:
        return BERT(config)

    def positions(self, source: int, target: int) -> int:
        return source

    def batch(
        self, tokenizer: Tokenizer, examples: Sequence[tuple[str, str]]
    ) -> tuple[Tensor, Tensor]:
        ids = tokenizer.sources([source for source, _ in examples])
        targets = np.full_like(ids.numpy(), PAD)
        targets[gaps(tokenizer, ids)] = [tokenizer.encode(target)[0] for _, target in examples]
        return ids, mt.from_numpy(targets)

    def prompt(self, tokenizer: Tokenizer, sources: Sequence[str]) -> Tensor:
        return tokenizer.sources(sources)

    def write(
        self, model: Model, tokenizer: Tokenizer, sources: Sequence[str], length: int
    ) -> list[str]:
        rows = self.probabilities(model, tokenizer, sources).argmax(-1)
        return [tokenizer.decode([row]) for row in rows.tolist()]

    @mt.no_grad()
    def probabilities(self, model: Model, tokenizer: Tokenizer, sources: Sequence[str]) -> Tensor:
        """Return how likely each token is in the gap: (batch, vocab_size)."""
        assert isinstance(model, BERT)
        ids = self.prompt(tokenizer, sources)
        logits: Tensor = model(ids)  # (batch, T, vocab_size)
        return logits[mt.from_numpy(gaps(tokenizer, ids))].softmax(-1)


def gaps(tokenizer: Tokenizer, ids: Tensor) -> Array:
    """Return a mask of the gaps, of which each row has one: (batch, T) → (batch, T)."""
    found: Array = ids.numpy() == tokenizer.encode(GAP)[0]
    return found


ARCHITECTURES: dict[str, Architecture] = {
    "encoder-decoder": EncoderDecoder(),
    "gpt": DecoderOnly(),
    "bert": EncoderOnly(),
}
