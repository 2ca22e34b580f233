"""Sequences of different lengths made one tensor: `nn.utils.rnn.pad_sequence`."""

from __future__ import annotations

from collections.abc import Iterable

from ..ops import arguments
from ..ops.arrange import pad, stack
from ..scalars import flag
from ..tensor import Tensor

__all__ = ["pad_sequence"]


def pad_sequence(
    sequences: Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Pad sequences to the length of the longest, and stack them.

    Args:
        sequences: tensors of shapes (L, *), each with a length L of its own.
        batch_first: return (N, T, *), for N sequences and a largest length T; else (T, N, *).
        padding_value: what is put in the free places, such as the id of the padding token.
        padding_side: where: "right", after the sequence, or "left", before it.

    Raises:
        RuntimeError: there are no sequences, one has no length, or their other sizes differ; or
            there is no such side.
    """
    if not isinstance(sequences, Iterable):
        kind = type(sequences).__name__
        raise RuntimeError(f"pad_sequence: Expected iterable for input sequences, not a {kind}")
    flag("pad_sequence", "batch_first", batch_first)
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"pad_sequence: padding_side is 'left' or 'right', not {padding_side!r}")
    given = [arguments.tensor("pad_sequence", "sequences", x) for x in sequences]
    if not given:
        raise RuntimeError("pad_sequence: received an empty list of sequences")
    first = given[0]
    for x in given:
        if not x.ndim or x.shape[1:] != first.shape[1:]:
            raise RuntimeError(
                "pad_sequence: the sequences must have shapes (L, *), alike but for the lengths L, "
                f"not {tuple(first.shape)} and {tuple(x.shape)}"
            )
    longest = max(len(x) for x in given)
    value = padding_value if first.dtype.is_floating_point else int(padding_value)
    padded = []
    for x in given:
        free = longest - len(x)
        ends = (0, free) if padding_side == "right" else (free, 0)
        padded.append(pad(x.to(first.dtype), (0, 0) * (x.ndim - 1) + ends, value=value))
    return stack(padded, 0 if batch_first else 1)
