"""`minitorch.distributions`: the categorical one, of several outcomes with given probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..creation import arange, full, zeros
from ..dtypes import LIMITS, int64
from ..fused import softmax
from ..ops import arguments, where
from ..ops.arguments import sizes_of
from ..sampling import multinomial
from ..scalars import flag
from ..tensor import Size, Tensor

__all__ = ["Categorical", "kl_divergence"]


class Categorical:
    """The categorical distribution over 0, …, K - 1, with these probabilities.

    `sample` draws from the default generator, the one that `manual_seed` seeds. Gradients pass
    through `log_prob` and `entropy` to the probabilities or logits.

    Args:
        probs: (..., K), not negative; divided by their sum.
        logits: (..., K), logarithms of probabilities, up to a constant. Give one of the two.
        validate_args: check the arguments of this and of `log_prob`; they are checked unless False.

    Raises:
        ValueError: not one of the two is given, or they are no probabilities.
    """

    has_rsample = False

    def __init__(
        self,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        name = "probs" if logits is None else "logits"
        given = arguments.tensor("Categorical", name, probs if logits is None else logits)
        if not given.ndim:
            raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
        checked = True if validate_args is None else validate_args
        self._validate, self._name = flag("Categorical", "validate_args", checked), name
        self._probs = self._logits = None
        if name == "probs":
            self._probs = found = given / given.sum(-1, keepdim=True)
        else:
            self._logits = found = given - given.logsumexp(-1, keepdim=True)
        self._shape = found.array.shape
        if self._validate:
            right = found.array >= 0 if name == "probs" else ~np.isnan(found.array)
            if not (right.all() and self._shape[-1]):
                what = "probabilities, not negative" if name == "probs" else "real numbers"
                raise ValueError(
                    f"Expected parameter {name} (Tensor of shape {tuple(self._shape)}) of "
                    f"distribution {self!r} to be {what}, but found invalid values:\n{given}"
                )

    def __repr__(self) -> str:
        return f"Categorical({self._name}: {Size(self._shape)})"

    # ------------------------------------------------------------------------------- parameters

    @property
    def probs(self) -> Tensor:
        """The probabilities, (..., K)."""
        if self._probs is None:
            self._probs = softmax(self.logits, -1)
        return self._probs

    @property
    def logits(self) -> Tensor:
        """Their logarithms, (..., K). Of given probabilities none is less than ln ε."""
        if self._logits is None:
            eps = float(np.finfo(self.probs.array.dtype).eps)
            self._logits = self.probs.clamp(eps, 1 - eps).log()
        return self._logits

    @property
    def param_shape(self) -> Size:
        """The shape of the probabilities."""
        return Size(self._shape)

    @property
    def batch_shape(self) -> Size:
        """The shape of a sample: that of the probabilities without the last dimension."""
        return Size(self._shape[:-1])

    @property
    def event_shape(self) -> Size:
        """The shape of one outcome: it is a number."""
        return Size()

    def expand(self, batch_shape: Sequence[int]) -> Categorical:
        """The same distribution for a larger `batch_shape`, without a copy."""
        shape = (*sizes_of("expand", batch_shape), self._shape[-1])
        made = Categorical.__new__(Categorical)
        made._validate, made._name, made._shape = self._validate, self._name, shape
        made._probs = None if self._probs is None else self._probs.expand(shape)
        made._logits = None if self._logits is None else self._logits.expand(shape)
        return made

    # ---------------------------------------------------------------------------- what it gives

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw outcomes (int64), of shape sample_shape + batch_shape."""
        if not isinstance(sample_shape, Sequence):
            raise TypeError(f"sample: sample_shape must be a tuple, as (2,), not {sample_shape!r}")
        first = sizes_of("sample", sample_shape)
        shape = (*first, *self.batch_shape)
        if 0 in shape:
            return zeros(shape, dtype=int64)
        rows = self.probs.detach().reshape(-1, self._shape[-1])
        return multinomial(rows, math.prod(first), True).T.reshape(shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """The log-probabilities of outcomes, which broadcast to batch_shape.

        Raises:
            ValueError: one is no outcome, or the shapes do not broadcast.
        """
        if self._validate:
            self._check(value)
        places = arguments.tensor("log_prob", "value", value).long()
        shape = arguments.broadcast("log_prob", places.array.shape, self._shape[:-1])
        logits = self.logits.expand(*shape, self._shape[-1])
        return logits.gather(-1, places.expand(shape).unsqueeze(-1)).squeeze(-1)

    def _check(self, value: Any) -> None:
        if not arguments.is_tensor(value):
            raise ValueError("The value argument to log_prob must be a Tensor")
        x, K = value.array, self._shape[-1]
        try:
            np.broadcast_shapes(x.shape, self.batch_shape)
        except ValueError:
            raise ValueError(
                "Value is not broadcastable with batch_shape+event_shape: "
                f"{value.shape} vs {self.batch_shape}."
            ) from None
        if not ((x % 1 == 0) & (x >= 0) & (x < K)).all():
            raise ValueError(
                f"Expected value argument (Tensor of shape {x.shape}) to be within the support, "
                f"the whole numbers from 0 to {K - 1}, of the distribution {self!r}, but found "
                f"invalid values:\n{value}"
            )

    def entropy(self) -> Tensor:
        """-Σ p ln p, of shape batch_shape: how uncertain the outcome is, in nats."""
        least, _ = LIMITS[self.logits.array.dtype]
        return -(self.logits.clamp(min=least) * self.probs).sum(-1)

    def perplexity(self) -> Tensor:
        """e to the entropy: among how many equally likely outcomes it would be as uncertain."""
        return self.entropy().exp()

    @property
    def mode(self) -> Tensor:
        """The most likely outcome."""
        return self.probs.argmax(-1)

    @property
    def mean(self) -> Tensor:
        """NaN: outcomes are names, which have no mean."""
        return full(self.batch_shape, math.nan, dtype=self.probs.dtype)

    variance = stddev = mean

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All outcomes, along a new first dimension; of size 1 in the others, if not expanded."""
        K, ones = self._shape[-1], (1,) * len(self.batch_shape)
        values = arange(K).reshape(K, *ones)
        return values.expand(K, *self.batch_shape) if expand else values


def kl_divergence(p: Categorical, q: Categorical) -> Tensor:
    """Kullback–Leibler divergence, Σ p ln(p / q): how far q is from p. Infinite where only q is 0.

    Raises:
        NotImplementedError: one is not a Categorical.
    """
    if not isinstance(p, Categorical) or not isinstance(q, Categorical):
        raise NotImplementedError(
            f"kl_divergence: of two Categoricals, not of {type(p).__name__} and {type(q).__name__}"
        )
    terms = p.probs * (p.logits - q.logits)
    terms = where(q.probs.expand_as(terms) == 0, math.inf, terms)
    return where(p.probs.expand_as(terms) == 0, 0.0, terms).sum(-1)
