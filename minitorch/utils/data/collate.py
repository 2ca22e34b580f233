"""How a batch is made of examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np

from ... import dtypes
from ...creation import as_tensor
from ...ops import stack
from ...tensor import Tensor
from . import checks

_TEXT = (str, bytes)
_NUMBERS = (np.ndarray, np.generic, bool, int, float)
_KINDS: tuple[Any, ...] = (Tensor, _TEXT, _NUMBERS, Mapping, Sequence)


def _stacked(batch: Sequence[Any]) -> Tensor:
    """Stack arrays or numbers."""
    try:
        array = np.stack(batch)
    except ValueError:
        shapes = [np.shape(example) for example in batch]
        raise RuntimeError(
            f"default_collate: each array must have the same shape, not {shapes}"
        ) from None
    if isinstance(batch[0], int) and array.dtype.kind in "uO":
        raise RuntimeError(f"default_collate: int64 does not hold {max(batch, key=abs)}")
    dtypes.as_numpy(array.dtype)  # raises for one that tensors cannot have
    return Tensor._wrap(array)


def _dict_like(of: Mapping[Any, Any], items: dict[Any, Any]) -> dict[Any, Any]:
    """Return the items in a dict of the same kind, such as an OrderedDict."""
    same_kind = copy(of) if isinstance(of, dict) else {}
    same_kind.update(items)
    return same_kind


def default_collate(batch: Sequence[Any]) -> Any:
    """Make one batch of examples: stack tensors, arrays and numbers, in tuples and dicts by item.

        default_collate([(x_0, 3), (x_1, 5)])  →  [stack([x_0, x_1]), tensor([3, 5])]

    Python floats become float64, as in PyTorch; strings stay as they are: in a tuple, for one item
    of examples that are tuples.

    Raises:
        IndexError: the batch is empty.
        TypeError: the examples are of another type or dtype, or of several.
        RuntimeError: they do not have the same shape, length or keys.
    """
    if not isinstance(batch, Sequence):
        raise TypeError(f"default_collate: a batch is a list of examples, not {batch!r}")
    if not batch:
        raise IndexError("default_collate: the batch is empty")
    first = batch[0]
    for kind in _KINDS:
        if isinstance(first, kind):
            break
    else:
        raise TypeError(
            "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
            f"found {type(first)}"
        )
    checks.of_one_kind(batch, kind)
    if kind is Tensor:
        return stack(batch)
    if kind is _TEXT:
        return batch
    if kind is _NUMBERS:
        return _stacked(batch)
    if kind is Mapping:
        if any(example.keys() != first.keys() for example in batch):
            keys = [list(example) for example in batch]
            raise RuntimeError(f"default_collate: each dict must have the same keys, not {keys}")
        return _dict_like(
            first, {key: default_collate([example[key] for example in batch]) for key in first}
        )
    if len({len(example) for example in batch}) != 1:
        raise RuntimeError("each element in list of batch should be of equal size")
    items = [default_collate(item) for item in zip(*batch, strict=True)]
    return type(first)(*items) if hasattr(first, "_fields") else items


def default_convert(data: Any) -> Any:
    """Turn the arrays of an example into tensors, in tuples and dicts by item, without a copy.

        default_convert((array, 3, "a"))  →  [tensor, 3, "a"]

    Numbers, strings and arrays of strings or objects stay as they are, as in PyTorch.

    Raises:
        TypeError: an array has a dtype that tensors cannot have.
    """
    if isinstance(data, (np.ndarray, np.generic)) and data.dtype.kind not in "OSU":
        return as_tensor(data)
    if isinstance(data, Mapping):
        return _dict_like(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, Sequence) and not isinstance(data, _TEXT):
        items = [default_convert(item) for item in data]
        return type(data)(*items) if hasattr(data, "_fields") else items
    return data
