"""Work shared among the processor's cores, where a kernel is large enough to gain by it.

NumPy lets go of the interpreter's lock while it computes, so that two threads can work on two parts
of an array at once. To wake a thread takes some 50 µs, more than most calls of NumPy do: only a
kernel that runs for milliseconds is worth sharing, and by examples, not call by call. In matrix
products BLAS has threads of its own; they would be in the way of ours, and rest for the time being.

What is computed does not depend on the number of threads.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from . import blas
from .ops.operand import quietly

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")


def get_num_threads() -> int:
    """Return how many threads may compute at once: as many as BLAS uses, unless set."""
    return _state.threads or blas.threads() or os.cpu_count() or 1


def set_num_threads(n: int) -> None:
    """Let n threads compute at once, in matrix products and in the larger kernels.

    Raises:
        RuntimeError: n is not a positive integer.
    """
    if not isinstance(n, int) or n < 1:
        raise RuntimeError(f"set_num_threads expects a positive integer, not {n!r}")
    blas.set_threads(n)
    _state.threads = n


def each(work: Callable[[T], object], items: Sequence[T]) -> None:
    """Call `work` on each item, on several threads if there are several items.

    Args:
        work: computes on arrays, and writes what it finds to places that no other item touches.
        items: each thread takes neighbouring ones, in order.
    """
    parts = min(get_num_threads(), len(items)) if len(items) > 1 else 1
    if parts == 1:
        for item in items:
            work(item)
        return

    def take(part: int) -> None:
        for item in items[part * len(items) // parts : (part + 1) * len(items) // parts]:
            work(item)

    with _state.blas_resting():
        others = [_state.pool(parts - 1).submit(quietly, take, part) for part in range(1, parts)]
        try:
            take(0)
        finally:  # nobody writes to the arrays any more once this has returned
            errors = [other.exception() for other in others]
    for error in errors:
        if error is not None:
            raise error


def parts(n: int, size: int) -> list[slice]:
    """Cut n rows of `size` elements into parts that are worth a thread's while.

    How they are cut does not depend on the number of threads, and so neither does what comes out.
    """
    rows = max(1, PART // max(1, size))
    return [slice(start, min(start + rows, n)) for start in range(0, n, rows)]


PART = 2**18
"""The elements of a part: passes over so many take milliseconds."""


class _State:
    """The pool of threads, and how many of them there may be."""

    def __init__(self) -> None:
        self.threads: int | None = None
        self.forget()

    def forget(self) -> None:
        """Begin anew, as a forked process must, which does not have its parent's threads."""
        self.lock = threading.Lock()
        self.executor: ThreadPoolExecutor | None = None
        self.workers = self.sharing = 0

    def pool(self, workers: int) -> ThreadPoolExecutor:
        """Return the pool, with at least so many threads."""
        with self.lock:
            if self.executor is None or self.workers < workers:
                from concurrent.futures import ThreadPoolExecutor  # takes a while to import

                self.executor, self.workers = ThreadPoolExecutor(workers), workers
            return self.executor

    @contextmanager
    def blas_resting(self) -> Iterator[None]:
        """Keep BLAS to the thread that calls it, until the last of those who share is done."""
        with self.lock:
            if not self.sharing:
                self.before = blas.threads()
                blas.set_threads(1)
            self.sharing += 1
        try:
            yield
        finally:
            with self.lock:
                self.sharing -= 1
                if not self.sharing and self.before:
                    blas.set_threads(self.before)


_state = _State()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_state.forget)
