"""Checks of what datasets, samplers and loaders are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ... import scalars
from ...random import Generator, check_generator


def size(dataset: Any) -> int:
    """Return the length of a dataset or sampler.

    Raises:
        TypeError: it has no `__len__`.
        ValueError: its `__len__` returns no int, or a negative one.
    """
    kind = type(dataset).__name__
    if not hasattr(dataset, "__len__"):
        raise TypeError(f"a {kind} has no length: give it a __len__(), or give a sampler that ends")
    n = dataset.__len__()
    if not isinstance(n, int) or n < 0:
        raise ValueError(f"a {kind} says that its length is {n}")
    return n


def positive(name: str, n: Any) -> None:
    """Raise ValueError unless this is a positive int."""
    if not isinstance(n, int) or isinstance(n, bool) or n <= 0:
        raise ValueError(f"{name} should be a positive integer value, but got {name}={n}")


def flag(name: str, value: Any) -> None:
    """Raise ValueError unless this is a bool."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} should be a boolean value, but got {name}={value}")


def iterable(name: str, value: Any) -> None:
    """Raise TypeError unless this can be iterated over."""
    if not (hasattr(type(value), "__iter__") or hasattr(type(value), "__getitem__")):
        raise TypeError(f"{name} must be an iterable, such as a list, not {value!r}")


def indices(values: Any, dataset: Any) -> None:
    """Check indices into a dataset.

    Raises:
        TypeError: one is no int.
        IndexError: one is out of range.
    """
    found = scalars.sequence("", "indices", values)
    if set(map(type, found)) - {int}:
        found = scalars.wholes("", "an index", found)
    if found and hasattr(dataset, "__len__"):
        n = size(dataset)
        if not (min(found) >= -n and max(found) < n):
            wrong = next(i for i in found if not -n <= i < n)
            raise IndexError(f"the index {wrong} is out of range: there are {n} examples")


def loads(dataset: Any, shuffle: Any, collate_fn: Any, generator: Any) -> None:
    """Check the arguments of a DataLoader, except those of its samplers and its workers.

    Raises:
        TypeError: one is of another type.
    """
    if not hasattr(dataset, "__getitem__"):
        kind, hint = type(dataset).__name__, ""
        if hasattr(dataset, "__iter__"):
            hint = ": derive a dataset that can only be iterated over from IterableDataset"
        raise TypeError(f"DataLoader: a {kind} has no __getitem__(i){hint}")
    if shuffle not in (None, False, True):
        raise TypeError(f"shuffle must be a bool, not {shuffle!r}")
    if collate_fn is not None and not callable(collate_fn):
        raise TypeError(f"collate_fn must be a function, not {collate_fn!r}")
    check_generator(generator)


def workers(
    num_workers: Any, timeout: Any, worker_init_fn: Any, prefetch_factor: Any, persistent: Any
) -> None:
    """Check the arguments of a DataLoader that say how processes load batches in PyTorch.

    Raises:
        TypeError: one is of another type.
        ValueError: one is negative, or needs workers.
    """
    if scalars.whole("DataLoader", "num_workers", num_workers) < 0:
        raise ValueError(f"num_workers option should be non-negative, not {num_workers}")
    if scalars.number("DataLoader", "timeout", timeout) < 0:
        raise ValueError(f"timeout option should be non-negative, not {timeout}")
    if worker_init_fn is not None and not callable(worker_init_fn):
        raise TypeError(f"worker_init_fn must be a function, not {worker_init_fn!r}")
    if prefetch_factor is not None:
        if scalars.whole("DataLoader", "prefetch_factor", prefetch_factor) < 0:
            raise ValueError(
                f"prefetch_factor option should be non-negative, not {prefetch_factor}"
            )
        if not num_workers:
            raise ValueError("prefetch_factor option needs num_workers > 0")
    if scalars.flag("DataLoader", "persistent_workers", persistent) and not num_workers:
        raise ValueError("persistent_workers option needs num_workers > 0")


def streams(shuffle: Any, sampler: Any, batch_sampler: Any) -> None:
    """Raise ValueError if an order is asked for of a dataset that has its own."""
    options = {"shuffle": shuffle or None, "sampler": sampler, "batch_sampler": batch_sampler}
    for name, value in options.items():
        if value is not None:
            raise ValueError(
                f"DataLoader with IterableDataset: expected unspecified {name} option, but got "
                f"{name}={value}"
            )


def of_one_kind(batch: Sequence[Any], kind: Any) -> None:
    """Raise TypeError if an example of a batch is of another kind than the first."""
    for example in batch if len(set(map(type, batch))) > 1 else ():
        if not isinstance(example, kind):
            raise TypeError(
                f"default_collate: the batch holds a {type(batch[0]).__name__} and a "
                f"{type(example).__name__}, which do not make one tensor"
            )


def place(state_dict: Any, draws: bool) -> None:
    """Check the saved state of a DataLoader: how many batches it has given, and generators.

    Args:
        state_dict: what was saved.
        draws: does the loader have a generator, whose state is needed?

    Raises:
        TypeError: the state is no dict.
        ValueError: an entry is missing or wrong.
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
            except (ValueError, TypeError) as error:
                raise ValueError(f"loaded state dict: {name}: {error}") from None
