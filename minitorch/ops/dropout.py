"""Dropout: some elements set to 0 at random while a network learns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import random, scalars
from . import arguments

if TYPE_CHECKING:
    from ..tensor import Tensor


def dropout(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """Each element set to 0 with probability p, else divided by 1 - p: the expectation stays.

    y = x · mask, with a mask of 0 and 1/(1 - p). The vjp is g · mask.

    Args:
        input: floating-point, any shape.
        p: the probability.
        training: False returns the input itself.

    Raises:
        ValueError: p is not between 0 and 1.
        RuntimeError: the dtype is not floating-point, and elements are to be dropped.

    Source: Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html
    """
    scalars.number("dropout", "p", p, 0, 1)
    scalars.flag("dropout", "training", training)
    arguments.tensor("dropout", "input", input)
    if not training or p == 0:
        return input
    x = arguments.floating_point("dropout", "input", input).array
    return input * input._wrap(random.keep_mask(x.shape, p, x.dtype))
