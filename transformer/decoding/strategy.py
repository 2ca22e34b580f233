"""Decoding strategies: greedy decoding, sampling or beam search, as options that can be set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import minitorch as mt
from minitorch import Tensor

from .. import arguments
from ..model.models import GPT, Transformer
from .beam import beam_search
from .sampling import sample

DecodingFunction: TypeAlias = Callable[
    [Transformer | GPT, Tensor, int], tuple[Tensor, Tensor | None]
]
"""Takes a model, prompts (batch, S) and the most tokens to generate; returns the generated ids,
(batch, n_best, T), and the scores of a beam search, (batch, n_best), or None."""


@dataclass(frozen=True)
class Decoding:
    """A decoding strategy: greedy decoding, unless options of a beam search or of sampling are set.

    Attributes:
        beam: beam search with so many hypotheses, for an answer that is likely as a whole.
        n_best: with a beam: give so many answers, the best first, each with its score.
        alpha: with a beam: the strength of the length penalty.
        temperature: sample each token from softmax(logits / temperature): the higher, the more
            varied the texts. 0: take the likeliest.
        top_k: sample from the k likeliest tokens.
        top_p: sample from the likeliest tokens that together have this probability.
        seed: of the random numbers that sampling draws.

    Raises:
        ValueError: an option is out of range, or two of them exclude each other.
    """

    beam: int | None = None
    n_best: int = 1
    alpha: float = 0.6
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 0

    @property
    def samples(self) -> bool:
        """Are tokens sampled, so that the seed matters?"""
        return any(value is not None for value in (self.temperature, self.top_k, self.top_p))

    def __post_init__(self) -> None:
        if self.beam is not None and self.samples:
            raise ValueError(
                "a beam search draws nothing: beam goes with n_best and alpha, not with "
                "temperature, top_k and top_p"
            )
        for name in ("beam", "n_best"):
            value = getattr(self, name)
            if value is not None or name == "n_best":  # beam may be None
                arguments.whole_number(name, value, least=1)
        if self.n_best > (self.beam or 1):
            given = "no beam" if self.beam is None else f"beam={self.beam}"
            raise ValueError(
                f"{self.n_best} best answers need a beam search at least as wide: "
                f"beam={self.n_best} or more, but {given} was given"
            )
        arguments.alpha(self.alpha)
        arguments.sampling(self.temperature, self.top_k, self.top_p)
        if not 0 <= arguments.whole_number("seed", self.seed) < 2**64:
            raise ValueError(f"seed must be in [0, 2**64), not {self.seed}")
        if self.alpha != Decoding.alpha and self.beam is None:
            raise ValueError("alpha is of a beam search: set beam too")
        if self.seed != Decoding.seed and not self.samples:
            why = "set temperature, top_k or top_p too" if self.beam is None else "a beam is not"
            raise ValueError(f"seed is of what is drawn at random: {why}")

    def sampling(self) -> dict[str, Any]:
        """Return the options of `sample`; its generator starts at the seed."""
        default = 1.0 if self.samples else 0.0
        return {
            "temperature": default if self.temperature is None else self.temperature,
            "top_k": self.top_k,
            "top_p": self.top_p,
            "generator": mt.Generator().manual_seed(self.seed),
        }

    def function(self) -> DecodingFunction:
        """Return a function that decodes by this strategy; one that samples starts at the seed."""
        if self.beam is not None:
            return partial(beam_search, width=self.beam, alpha=self.alpha, n_best=self.n_best)
        options = self.sampling()
        return lambda model, prompt, max_length: (
            sample(model, prompt, max_length, **options).unsqueeze(1),  # (batch, 1, T)
            None,
        )
