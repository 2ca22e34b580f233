"""The same questions and answers in the form that each of the three architectures needs.

    encoder-decoder    the encoder reads the question, the decoder continues <s> with answer </s>
    gpt                continues question <s> with answer </s>; the loss counts the answer alone
    bert               reads the question, a text with a gap, and predicts the word in the gap
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

import minitorch as mt

from .. import arguments
from ..decoding.sampling import greedy
from ..model.models import BERT, GPT, Transformer
from ..text.tokenizer import BOS, EOS, PAD, stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minitorch import Tensor
    from minitorch.autograd import Array

    from ..model.config import TransformerConfig
    from ..text.tokenizer import Tokenizer

Model: TypeAlias = Transformer | GPT | BERT

GAP = "___"


def gaps(tokenizer: Tokenizer, ids: Tensor) -> Array:
    """Return True where there is a gap, of which each row has one: (batch, T) → (batch, T)."""
    found: Array = ids.numpy() == tokenizer.encode(GAP)[0]
    return found


class Architecture(ABC):
    """How a model of one kind is built, what it learns from, and how it answers."""

    kind: type[Model]

    def build(self, config: TransformerConfig) -> Model:
        """Return a model of this kind, with its first parameters."""
        return self.kind(config)

    @abstractmethod
    def max_length(self, source: int, target: int) -> int:
        """Return the `max_length` that a model needs for sources and targets of so many tokens."""

    @abstractmethod
    def batch(
        self, tokenizer: Tokenizer, examples: Sequence[tuple[str, str]]
    ) -> tuple[Tensor, Tensor]:
        """Return (source, target) examples as the arguments of the model's `loss`."""

    @abstractmethod
    def prompt(self, tokenizer: Tokenizer, sources: Sequence[str]) -> Tensor:
        """Return the ids of the questions, (batch, S), from which the model generates answers."""

    def generate(
        self, model: Model, tokenizer: Tokenizer, sources: Sequence[str], length: int
    ) -> list[str]:
        """Return the model's answers, by greedy decoding.

        Args:
            model: of this kind.
            tokenizer: of sources and answers.
            sources: the questions.
            length: the most tokens of an answer, `</s>` not counted.
        """
        assert not isinstance(model, BERT)
        ids = greedy(model, self.prompt(tokenizer, sources), length + 1)
        return [tokenizer.decode(row) for row in ids.tolist()]


class EncoderDecoder(Architecture):
    """A Transformer: the question goes into the encoder, the answer comes out of the decoder."""

    kind = Transformer

    def max_length(self, source: int, target: int) -> int:
        return max(source, 1 + target)

    def batch(
        self, tokenizer: Tokenizer, examples: Sequence[tuple[str, str]]
    ) -> tuple[Tensor, Tensor]:
        sources, targets = zip(*examples, strict=True)
        return tokenizer.sources(sources), tokenizer.targets(targets)

    def prompt(self, tokenizer: Tokenizer, sources: Sequence[str]) -> Tensor:
        return tokenizer.sources(sources)


class DecoderOnly(Architecture):
    """A GPT: the answer continues the question, with `<s>` between the two."""

    kind = GPT

    def max_length(self, source: int, target: int) -> int:
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
    """A BERT: the answer is the one token that belongs where the question has `___`."""

    kind = BERT

    def max_length(self, source: int, target: int) -> int:
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

    @mt.no_grad()
    def probabilities(self, model: Model, tokenizer: Tokenizer, sources: Sequence[str]) -> Tensor:
        """Return the probability of each token in the gap: (batch, vocab_size)."""
        assert isinstance(model, BERT)
        ids = self.prompt(tokenizer, sources)
        logits: Tensor = model(ids)  # (batch, T, vocab_size)
        logits = logits[mt.from_numpy(gaps(tokenizer, ids))]  # (batch, vocab_size)
        arguments.next_token_logits(logits.numpy())
        return logits.softmax(-1)

    def generate(
        self, model: Model, tokenizer: Tokenizer, sources: Sequence[str], length: int
    ) -> list[str]:
        ids = self.probabilities(model, tokenizer, sources).argmax(-1)
        return [tokenizer.decode([token]) for token in ids.tolist()]


ARCHITECTURES: dict[str, Architecture] = {
    "encoder-decoder": EncoderDecoder(),
    "gpt": DecoderOnly(),
    "bert": EncoderOnly(),
}
