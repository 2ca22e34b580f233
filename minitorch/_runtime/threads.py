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

import numpy as np

from . import blas
from .quiet import quietly

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

T = TypeVar("T")


def get_num_threads() -> int:
    """Return how many threads may compute at once: as many as BLAS uses, unless set."""
    return _state.threads or _state.resting or blas.threads() or os.cpu_count() or 1


def set_num_threads(n: int) -> None:
    """Let n threads compute at once, in matrix products and in the larger kernels.

    Raises:
        RuntimeError: n is not a positive integer.
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise RuntimeError(f"set_num_threads expects a positive integer, not {n!r}")
    _state.set(int(n))


def each(work: Callable[[T], object], items: Sequence[T]) -> None:
    """Call `work` on each item, on several threads if there are several items.

    Args:
        work: computes on arrays, and writes what it finds to places that no other item touches.
        items: each thread takes neighbouring ones, in order.
    """
    threads = min(get_num_threads(), len(items)) if len(items) > 1 else 1

    def take(share: int) -> None:
        for item in items[share * len(items) // threads : (share + 1) * len(items) // threads]:
            work(item)

    if threads == 1:
        take(0)
        return
    with _state.blas_resting():
        others: list[Future[None] | None] = []
        try:
            others.extend(_state.submit(take, share) for share in range(1, threads))
            take(0)
        finally:  # nobody writes to the arrays any more once this has returned
            errors = [other.exception() for other in others if other is not None]
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
"""The elements of a part: the ten or so passes of a kernel over them take about a millisecond."""


class _State:
    """The pool of threads, and how many of them there may be."""

    def __init__(self) -> None:
        self.threads: int | None = None  # as set
        self.resting: int | None = None  # the threads that BLAS has when it is not kept to one
        self.start_anew()

    def start_anew(self) -> None:
        """Do without what was there, as a forked process must, which has none of the threads."""
        self.lock = threading.Lock()
        self.pool: ThreadPoolExecutor | None = None
        self.workers = self.sharing = 0
        if self.resting:
            blas.set_threads(self.resting)
            self.resting = None

    def set(self, n: int) -> None:
        """Let there be n threads, once BLAS no longer rests."""
        with self.lock:
            self.threads = n
            if self.resting:
                self.resting = n
            else:
                blas.set_threads(n)

    def submit(self, take: Callable[[int], None], share: int) -> Future[None] | None:
        """Let another thread take a share, or take it here while the interpreter is ending."""
        try:
            with self.lock:
                if self.pool is None or self.workers < share:
                    from concurrent.futures import ThreadPoolExecutor  # takes a while to import

                    self.workers = max(share, get_num_threads() - 1)
                    self.pool = ThreadPoolExecutor(self.workers)
            return self.pool.submit(quietly, take, share)
        except RuntimeError:  # there can be no new threads any more
            take(share)
            return None

    @contextmanager
    def blas_resting(self) -> Iterator[None]:
        """Keep BLAS to the thread that calls it, until the last of those who share is done."""
        with self.lock:
            if not self.sharing:
                self.resting = blas.threads()
                blas.set_threads(1)
            self.sharing += 1
        try:
            yield
        finally:
            with self.lock:
                self.sharing -= 1
                if not self.sharing and self.resting:
                    blas.set_threads(self.resting)
                    self.resting = None


_state = _State()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_state.start_anew)
