"""A language model of characters: given the text so far, what is the next character?

It is among the oldest language models (Shannon 1948, "A mathematical theory of communication").
Nobody tells the model what a word is. It learns letters, then words, then how lines continue, from
nothing but the text.
"""

from __future__ import annotations

import hashlib
import pydoc_data.topics
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

import minitorch as mt
from minitorch import Tensor
from minitorch.autograd import Array

from .. import arguments
from ..decoding.strategy import Decoding
from ..fields import Allowed, Interval, checked
from ..model.config import ALLOWED, TransformerConfig
from ..model.models import GPT
from ..text.tokenizer import SPECIAL, CharTokenizer
from ..training.config import TrainingConfig
from .architectures import Model
from .split import check_draw, check_model, check_range, examples_of
from .task import DataError, Task, perplexity

CONTINUATION = 300  # the length of a continuation, in characters


def _digest(text: str) -> str:
    """Return a fingerprint of a text: the beginning of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Characters(Task):
    """Pieces of a text, of `context` + 1 characters each. The last tenth of the text is held out.

    Attributes:
        text: the file, UTF-8; unless given, the 460 kB of topics that Python's `help()` knows.
        context: the characters that the model sees at once.
        alphabet: the text's characters, by which a trained model knows its tokens.
        digest: of the text, by which a run that is resumed knows that it is the same.
        beginning: the first words of the text, which the model is asked to continue where the text
            does not have the characters of `question`.
    """

    text: str = ""
    context: int = 64
    alphabet: str = field(default="", metadata={"flag": False})
    digest: str = field(default="", metadata={"flag": False})
    beginning: str = field(default="", metadata={"flag": False})

    name: ClassVar[str] = "characters"
    summary: ClassVar[str] = "continue a text, character by character"
    question: ClassVar[str] = "The function "
    allowed: ClassVar[dict[str, Allowed]] = {"context": Interval(2, 10**6)}
    decoding: ClassVar[Decoding] = Decoding(temperature=0.8, top_p=0.95)
    decoding_options: ClassVar[tuple[str, ...]] = (
        "beam", "alpha", "temperature", "top_k", "top_p", "seed",
    )  # fmt: skip
    training_config: ClassVar[TrainingConfig] = TrainingConfig(
        steps=2000, batch_size=32, lr=2e-3, warmup=100, weight_decay=0.1, evaluate_on=300
    )

    def _first_line(self, text: str) -> str:
        """Return the first line of a text, cut at half a context."""
        return (text.strip() or text)[: self.context // 2].splitlines()[0]

    def _read(self) -> str:
        """Return the text.

        A byte-order mark at its beginning, as some editors write it, is no character of it.

        Raises:
            DataError: the file cannot be read, or is no UTF-8.
        """
        if not self.text:
            return "\n".join(pydoc_data.topics.topics.values())
        path = Path(self.text)
        if path.exists() and not path.is_file():  # a pipe could be read only once
            raise DataError(f"cannot read the text {self.text}: it is no regular file")
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise DataError(f"cannot read the text {self.text}: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise DataError(
                f"the text {self.text} is no UTF-8, which byte {error.start} shows; an editor can "
                "save it so"
            ) from None
        if "\0" in text:
            raise DataError(f"the text {self.text} has zero bytes: is it UTF-16, or no text?")
        return text

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.alphabet:
            text = self._read()
            if len(text) < 20 * self.context:
                raise ValueError(
                    f"{self.text or 'the text'} is too short: {len(text)} characters, "
                    f"and a context of {self.context} needs {20 * self.context}"
                )
            object.__setattr__(self, "alphabet", "".join(sorted(set(text))))
            object.__setattr__(self, "digest", _digest(text))
            object.__setattr__(self, "beginning", self._first_line(text))
        if not set(self.question) <= set(self.alphabet):
            object.__setattr__(self, "question", self.beginning)

    @cached_property
    def tokenizer(self) -> CharTokenizer:
        """A token for each character of the text."""
        return CharTokenizer(self.alphabet)

    @cached_property
    def ids(self) -> Array:
        """The ids of the text's characters, (length of the text) int64.

        Raises:
            DataError: it is no longer the text that the run was started with.
        """
        text = self._read()
        if _digest(text) != self.digest:
            raise DataError(f"{self.text or 'the text'} has changed since the run was started")
        return np.array(self.tokenizer.encode(text))

    def model_config(self, **changes: Any) -> TransformerConfig:
        sizes: dict[str, Any] = {"d_model": 128, "n_heads": 4, "n_layers": 4, "dropout": 0.0}
        sizes |= {"pre_norm": True, "activation": "gelu_tanh"} | changes
        checked("d_model", sizes["d_model"], int, ALLOWED["d_model"])
        sizes = {"d_ff": 4 * sizes["d_model"]} | sizes
        return TransformerConfig(vocab_size=len(self.tokenizer), max_length=self.context, **sizes)

    def model(self, config: TransformerConfig) -> GPT:
        return GPT(config)

    @property
    def _border(self) -> int:
        """The place in the text where the held-out tenth begins."""
        return len(self.ids) * 9 // 10

    def batch(self, n: int, rng: np.random.Generator) -> tuple[Tensor, ...]:
        check_draw(n, rng)
        shown = self.ids[: self._border]
        starts = rng.integers(0, len(shown) - self.context, n)
        return (mt.from_numpy(shown[starts[:, None] + np.arange(self.context + 1)]),)

    def held_out_examples(self, start: int, stop: int) -> list[Array]:
        """Return held-out pieces start to stop; they cover that text, in random order."""
        check_range(start, stop)
        held_out = self.ids[self._border :]
        n = (len(held_out) - 1) // self.context
        starts = np.random.default_rng(0).permutation(n)[start:stop] * self.context
        return list(held_out[starts[:, None] + np.arange(self.context + 1)])

    @mt.no_grad()
    def evaluate(self, model: Model, start: int, stop: int) -> dict[str, float]:
        check_model(self, model, GPT)
        assert isinstance(model, GPT)
        model.eval()
        pieces = examples_of(self, start, stop)
        total = 0.0
        for i in range(0, len(pieces), 100):
            part = np.stack(pieces[i : i + 100])
            total += model.loss(mt.from_numpy(part)).item() * len(part)
        loss = total / len(pieces)
        return {"held_out_loss": loss, "perplexity": perplexity(loss)}

    def score(self, metrics: dict[str, float]) -> tuple[float, ...]:
        return (-metrics["held_out_loss"],)

    def as_source(self, question: str) -> str:
        """Take the beginning of a text; if it is empty, one character.

        Raises:
            ValueError: it has a character that is not in the text that the model has learned.
        """
        self.tokenizer.encode(arguments.text("question", question))
        return question or self.alphabet[0]

    def answer(self, model: Model, source: str, decoding: Decoding) -> str:
        """Continue a text; by the task's own strategy, by sampling from the likely characters.

        The model sees `context` characters at once. It generates half as many, reads these, and
        goes on. With the same seed, the same beginning is always continued alike.
        """
        assert isinstance(model, GPT)
        half = self.context // 2
        decode = decoding.function()
        text = self.tokenizer.encode(source)
        end = len(text) + CONTINUATION
        while len(text) < end:
            new, _ = decode(model, mt.tensor([text[-half:]]), half)  # (1, 1, T), T ≤ half
            characters = [i for i in new[0, 0].tolist() if i >= len(SPECIAL)]
            if not characters:  # a model that has learned little may have nothing to say
                break
            text += characters
        return self.tokenizer.join(text[:end])
