"""Hook points: named places in a model at which its activations can be read.

A *hook point* is a call of `probe`, the identity function with a name. A model says
`w = probe("weights", w)` where it has computed its attention weights, and nothing happens. Inside
`with watching(see):` each hook point calls `see(name, tensor)` too. So a trace of all activations
needs no change in the model, and costs nothing when it is not wanted.

    >>> import minitorch
    >>> def f(x):
    ...     return probe("square", x * x) + 1
    >>> with watching(print):
    ...     y = f(minitorch.tensor([3.0]))
    square tensor([9.])
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from ..tensor import Tensor

Watcher: TypeAlias = "Callable[[str, Tensor], None]"


class _Watch(threading.local):
    see: Watcher | None = None


_watch = _Watch()


def probe(name: str, x: Tensor) -> Tensor:
    """Return x, after passing it with its name to the watcher, if there is one."""
    if _watch.see is not None:
        _watch.see(name, x)
    return x


def is_watched() -> bool:
    """Does somebody watch, so that it is worth computing what only a probe would show?"""
    return _watch.see is not None


@contextmanager
def watching(see: Watcher) -> Iterator[None]:
    """Call `see(name, x)` at every hook point that this thread reaches inside the block."""
    before, _watch.see = _watch.see, see
    try:
        yield
    finally:
        _watch.see = before
