"""What datasets, samplers and loaders accept, and what they say of the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from ...random import Generator


def size(dataset: Any) -> int:
    """Return the length of a dataset or sampler, which must have one.

    Raises:
        TypeError: it has none.
        ValueError: it says that it is negative, or no whole number.
    """
    kind = type(dataset).__name__
    if not hasattr(dataset, "__len__"):
        raise TypeError(f"a {kind} has no length: give it a __len__(), or give a sampler that ends")
    n = dataset.__len__()
    if not isinstance(n, int) or n < 0:
        raise ValueError(f"a {kind} says that its length is {n}")
    return n


def generator(value: Any) -> None:
    """Refuse what is no source of random numbers, nor None."""
    if value is not None and not isinstance(value, Generator):
        raise TypeError(
            f"generator must be a minitorch.Generator or None, not a {type(value).__name__}"
        )


def iterable(name: str, value: Any) -> None:
    """Refuse what cannot be iterated over."""
    if not (hasattr(type(value), "__iter__") or hasattr(type(value), "__getitem__")):
        raise TypeError(f"{name} must be an iterable, such as a list, not {value!r}")


def listed(name: str, values: Any) -> list[Any]:
    """Return a sequence, an array or a tensor as a list."""
    if isinstance(values, (str, Mapping)) or not hasattr(values, "__getitem__"):
        raise TypeError(f"{name} must be a list, not {values!r}")
    return values.tolist() if hasattr(values, "tolist") else list(values)


def indices(values: Any, dataset: Any) -> None:
    """Refuse indices of examples that a dataset does not have.

    Raises:
        TypeError: one is no int.
        IndexError: one is out of range.
    """
    found = listed("indices", values)
    if set(map(type, found)) - {int}:
        for i in found:
            if isinstance(i, bool) or not hasattr(i, "__index__"):
                raise TypeError(f"indices must be ints, not {i!r}")
    if found and hasattr(dataset, "__len__"):
        n = size(dataset)
        if not (min(found) >= -n and max(found) < n):
            wrong = next(i for i in found if not -n <= i < n)
            raise IndexError(f"the index {wrong} is out of range: there are {n} examples")


def numbers(name: str, values: Any) -> list[Any]:
    """Return a sequence of numbers as a list, or raise TypeError."""
    found = listed(name, values)
    for value in found:
        if not isinstance(value, Real) or isinstance(value, bool):
            raise TypeError(f"{name} must be numbers, not {value!r}")
    return found


def loads(dataset: Any, shuffle: Any, num_workers: Any, collate_fn: Any, source: Any) -> None:
    """Refuse options of a loader that are of another type, or out of range."""
    if not hasattr(dataset, "__getitem__"):
        raise TypeError(f"DataLoader: a {type(dataset).__name__} has no __getitem__(i)")
    if shuffle not in (None, False, True):
        raise TypeError(f"shuffle must be a bool, not {shuffle!r}")
    if not isinstance(num_workers, int):
        raise TypeError(f"num_workers must be an int, not {num_workers!r}")
    if num_workers < 0:
        raise ValueError(f"num_workers option should be non-negative, not {num_workers}")
    if collate_fn is not None and not callable(collate_fn):
        raise TypeError(f"collate_fn must be a function, not {collate_fn!r}")
    generator(source)


def of_one_kind(batch: Sequence[Any], kind: Any) -> None:
    """Refuse a batch of which some examples are of another kind than the first."""
    for example in batch if len(set(map(type, batch))) > 1 else ():
        if not isinstance(example, kind):
            raise TypeError(
                f"default_collate: the batch holds a {type(batch[0]).__name__} and a "
                f"{type(example).__name__}, which do not make one tensor"
            )


def place(state_dict: Any, draws: bool) -> None:
    """Refuse what is no place in the data.

    Args:
        state_dict: what was saved.
        draws: has the loader a generator, whose state is needed?
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"a state dict is a dict, not a {type(state_dict).__name__}")
    for name in ("batches", "start", "generator"):
        if name not in state_dict:
            raise ValueError(f"loaded state dict has no {name!r}")
    batches = state_dict["batches"]
    if not isinstance(batches, int) or isinstance(batches, bool) or batches < 0:
        raise ValueError(f"loaded state dict: batches must be an int from 0 on, not {batches!r}")
    for name, optional in (("start", not batches), ("generator", not draws)):
        if not (optional and state_dict[name] is None):
            try:
                Generator().set_state(state_dict[name])
            except (ValueError, TypeError, KeyError, OverflowError) as error:
                raise ValueError(
                    f"loaded state dict: {name} is no state of a generator: {error!r}"
                ) from None
