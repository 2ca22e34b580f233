"""A pool of threads, for kernels that are large enough to gain by it.

NumPy releases Python's global interpreter lock while it computes, so that two threads can compute
two parts of an array at once. To wake a thread takes some 50 µs, longer than most calls of NumPy:
only a kernel that runs for milliseconds gains by several threads, and only if it is cut into a few
large parts. BLAS has threads of its own for matrix products. While ours compute, it is held to one
thread a call, as otherwise the two kinds would compete for the processor's cores.

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


class _State:
    """The pool of threads, and how many threads there may be.

    Attributes:
        threads: the number that was set; None if none was.
        blas_threads: the number that BLAS gets back, while it is held to one; else None.
        pool: the threads besides the calling one, `workers` of them; None before the first use.
        users: how many calls of `each` use several threads at this moment.
    """

    def __init__(self) -> None:
        self.threads: int | None = None
        self.blas_threads: int | None = None
        self.reset()

    def reset(self) -> None:
        """Start without a pool. A forked process must: it has none of its parent's threads."""
        self.lock = threading.Lock()
        self.pool: ThreadPoolExecutor | None = None
        self.workers = self.users = 0
        self._release_blas()

    def _release_blas(self) -> None:
        """Give BLAS its threads back."""
        if self.blas_threads:
            blas.set_threads(self.blas_threads)
            self.blas_threads = None

    def count(self) -> int:
        """Return how many threads may compute at once."""
        return self.threads or self.blas_threads or blas.threads() or os.cpu_count() or 1

    def set(self, n: int) -> None:
        """Let there be n threads; in BLAS too, once it is no longer held to one."""
        with self.lock:
            self.threads = n
            if self.blas_threads:
                self.blas_threads = n
            else:
                blas.set_threads(n)

    def submit(self, run: Callable[[int], None], i: int) -> Future[None] | None:
        """Call run(i) in another thread, the i-th; or here, if Python is exiting."""
        try:
            with self.lock:
                if self.pool is None or self.workers < i:
                    from concurrent.futures import ThreadPoolExecutor  # takes a while to import

                    self.workers = max(i, self.count() - 1)
                    self.pool = ThreadPoolExecutor(self.workers)
            return self.pool.submit(quietly, run, i)
        except RuntimeError:  # no new thread can be started any more
            run(i)
            return None

    @contextmanager
    def blas_held_to_one_thread(self) -> Iterator[None]:
        """Hold BLAS to one thread a call, until the last call of `each` that is under way ends."""
        with self.lock:
            if not self.users:
                self.blas_threads = blas.threads()
                blas.set_threads(1)
            self.users += 1
        try:
            yield
        finally:
            with self.lock:
                self.users -= 1
                if not self.users:
                    self._release_blas()


_state = _State()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_state.reset)


def get_num_threads() -> int:
    """Return how many threads may compute at once: as many as BLAS uses, unless set."""
    return _state.count()


def set_num_threads(n: int) -> None:
    """Let n threads compute at once, in matrix products and in the larger kernels.

    Raises:
        RuntimeError: n is not a positive integer.
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise RuntimeError(f"set_num_threads expects a positive integer, not {n!r}")
    _state.set(int(n))


def each(work: Callable[[T], object], items: Sequence[T]) -> None:
    """Call `work` on each item, in several threads if there are several items.

    Args:
        work: computes on arrays, and writes its results to places that no other item touches.
        items: each thread gets a run of neighbouring ones, and works on them in order.

    Raises:
        What `work` raises, after all threads are done.
    """
    n = len(items)
    threads = min(get_num_threads(), n) if n > 1 else 1

    def run(i: int) -> None:
        """Work on the i-th of the runs of items."""
        for item in items[i * n // threads : (i + 1) * n // threads]:
            work(item)

    if threads == 1:
        run(0)
        return
    with _state.blas_held_to_one_thread():
        others: list[Future[None] | None] = []
        try:
            others.extend(_state.submit(run, i) for i in range(1, threads))
            run(0)
        finally:  # once this has returned, no thread may still write to the arrays
            errors = [other.exception() for other in others if other is not None]
    for error in errors:
        if error is not None:
            raise error
