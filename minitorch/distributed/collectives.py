"""Collectives: what all processes do together. Each calls the same one, in the same order.

A message takes a while, the latency, and then so long for each byte, the inverse of the bandwidth.
Meanwhile a process can compute: with `async_op=True` a collective only starts, and returns a
`Work`, on which `wait()` is called when the result is needed.

MPI has no thread of its own that carries messages on: it goes on when it is asked how far it is. So
whoever computes meanwhile asks now and then, `is_completed()`, and `wait()` asks until it is done.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

import numpy as np

from ..autograd import version_counter
from ..dtypes import Array
from ..scalars import flag, whole
from ..tensor import Tensor
from .processes import DistError, communicator, ended_before, processes

PATIENCE = 0.002  # seconds in which a message on one machine arrives, whatever its size
QUESTIONS = 20  # between two sleeps; each lets some 64 kB go on over TCP
give_way = getattr(os, "sched_yield", lambda: time.sleep(0))  # which Windows does not have


class ReduceOp(Enum):
    """How the elements of all ranks become one; the value is MPI's name."""

    SUM, PRODUCT, MIN, MAX = "SUM", "PROD", "MIN", "MAX"


class Work:
    """A collective that was started.

    Args:
        name: of the function.
        request: MPI's.
        finish: what is left to do once it is complete.
    """

    def __init__(self, name: str, request: Any, finish: Callable[[], None]) -> None:
        self.name, self._request, self._finish = name, request, finish
        self._is_done = False
        processes.begun += 1
        self._number = processes.begun

    def is_completed(self) -> bool:
        """Let the messages go on; return whether the result is there."""
        if not self._is_done and self._is_here():
            self._is_done = True
            self._finish()
        return self._is_done

    def _is_here(self) -> bool:
        from mpi4py import MPI

        try:
            return bool(self._request.Test())
        except MPI.Exception as error:
            raise DistError(f"{self.name}: {error}. Has one of the processes ended?") from None

    def wait(self) -> bool:
        """Wait until the result is there, and return True.

        Whoever waits shares the processor's cores with those who are waited for. So after a moment
        it sleeps now and then. Not between any two questions: each carries a long message on by a
        piece only.

        Raises:
            DistError: another has ended before; or the others have not come in the time that
                `init_process_group` was given.
        """
        start = now = time.monotonic()
        while not any(self.is_completed() for _ in range(QUESTIONS)):
            now = time.monotonic()
            if now - start > processes.timeout:
                raise DistError(
                    f"{self.name}: the others have not come for {processes.timeout:g} s. Has "
                    "one been cut off, or does it call something else?"
                )
            if now - start > PATIENCE:
                if (rank := ended_before(self._number)) is not None:
                    raise DistError(f"{self.name}: rank {rank} has ended, and does not take part")
                time.sleep(0.0005)
            else:
                give_way()
        return True


def _tensor(name: str, x: Any) -> Tensor:
    if not isinstance(x, Tensor):
        raise TypeError(f"{name}: needs a Tensor, not {type(x).__name__}")
    return x


def rank_of(name: str, src: Any) -> int:
    """Return the rank that a collective starts from, which must be there."""
    size = communicator(name).Get_size()
    if whole(name, "src", src, least=0) >= size:
        raise ValueError(f"{name}: there is no rank {src} among {size}")
    return int(src)


def _operation(name: str, op: Any, x: Tensor) -> Any:
    """Return MPI's operation."""
    from mpi4py import MPI

    if not isinstance(op, ReduceOp):
        raise TypeError(f"{name}: op must be a ReduceOp, not {op!r}")
    if x.array.dtype == bool:
        raise TypeError(f"{name}: cannot reduce bools. Convert them: x.to(minitorch.uint8)")
    return getattr(MPI, op.value)


def _start(
    name: str, begin: Callable[[], Any], finish: Callable[[], None], async_op: bool
) -> Work | None:
    """Begin a collective, and wait for it unless told not to.

    Args:
        begin: starts it, and returns MPI's request.
        finish: as for `Work`.
    """
    flag(name, "async_op", async_op)
    work = Work(name, begin(), finish)
    if not async_op:
        work.wait()
        return None
    return work


def _start_into(
    name: str, begin: Callable[[Array], Any], into: Tensor, async_op: bool
) -> Work | None:
    """Begin a collective whose result goes into a tensor.

    Args:
        begin: starts it, with the memory for the result, and returns MPI's request.
    """
    if not into.array.flags.writeable:
        raise RuntimeError(
            f"{name}: the result needs memory of its own, and this tensor is read-only, or several "
            "of its elements share theirs. Clone it first: x = x.clone()"
        )
    memory = np.ascontiguousarray(into.array)

    def finish() -> None:
        if memory is not into.array:
            into.array[...] = memory.reshape(into.array.shape)
        into._version[0] = next(version_counter)

    return _start(name, lambda: begin(memory), finish, async_op)


def all_reduce(
    tensor: Tensor, op: ReduceOp = ReduceOp.SUM, group: None = None, async_op: bool = False
) -> Work | None:
    """Reduce the tensors of all ranks, element by element: all get the same result, bit for bit.

        tensor ← tensor_0 + tensor_1 + … + tensor_(n-1)

    Args:
        tensor: is changed. It must have the same shape and dtype in every rank, which MPI does not
            check: else the elements are garbage, or MPI raises an error.
        op: SUM, PRODUCT, MIN or MAX.
        group: None: all processes, of which there is one group.
        async_op: return a `Work` at once. Until it is complete, leave the tensor alone.
    """
    comm = communicator("all_reduce", group)
    operation = _operation("all_reduce", op, _tensor("all_reduce", tensor))

    def begin(memory: Array) -> Any:
        from mpi4py import MPI

        return comm.Iallreduce(MPI.IN_PLACE, memory, operation)

    return _start_into("all_reduce", begin, tensor, async_op)


def broadcast(
    tensor: Tensor, src: int = 0, group: None = None, async_op: bool = False
) -> Work | None:
    """Give all ranks the tensor of rank `src`.

    Args:
        tensor: has the same shape and dtype in every rank; is changed, but for rank `src`'s.
        group, async_op: as in `all_reduce`.
    """
    comm, root = communicator("broadcast", group), rank_of("broadcast", src)
    into = _tensor("broadcast", tensor)
    return _start_into("broadcast", lambda memory: comm.Ibcast(memory, root), into, async_op)


def _check_parts(name: str, whole_one: Tensor, part: Tensor, n: int) -> None:
    """Raise unless the one holds n times the elements of the other."""
    if whole_one.array.size != n * part.array.size or whole_one.dtype != part.dtype:
        raise ValueError(
            f"{name}: for {n} ranks, the tensor of all must have {n} times the elements of one's, "
            f"and its dtype: not {tuple(whole_one.shape)} {whole_one.dtype} and "
            f"{tuple(part.shape)} {part.dtype}"
        )


def all_gather_into_tensor(
    output_tensor: Tensor, input_tensor: Tensor, group: None = None, async_op: bool = False
) -> Work | None:
    """Put the tensors of all ranks one after the other, in every rank.

    Args:
        output_tensor: (n · m, …), or (n, m, …), for n ranks; is changed.
        input_tensor: (m, …), the same shape in every rank.
        group, async_op: as in `all_reduce`.

    Raises:
        ValueError: the output does not have n times the input's elements, or its dtype.
    """
    name = "all_gather_into_tensor"
    comm = communicator(name, group)
    out, x = _tensor(name, output_tensor), _tensor(name, input_tensor)
    _check_parts(name, out, x, comm.Get_size())
    given = np.ascontiguousarray(x.array)
    return _start_into(name, lambda memory: comm.Iallgather(given, memory), out, async_op)


def reduce_scatter_tensor(
    output: Tensor,
    input: Tensor,
    op: ReduceOp = ReduceOp.SUM,
    group: None = None,
    async_op: bool = False,
) -> Work | None:
    """Reduce the tensors of all ranks, and give each rank its part of the result.

    An all-reduce is this, and then `all_gather_into_tensor`.

    Args:
        output: (m, …); is changed.
        input: (n · m, …), or (n, m, …), for n ranks, the same shape in every rank.
        op, group, async_op: as in `all_reduce`.

    Raises:
        ValueError: the input does not have n times the output's elements, or its dtype.
    """
    name = "reduce_scatter_tensor"
    comm = communicator(name, group)
    out, x = _tensor(name, output), _tensor(name, input)
    _check_parts(name, x, out, comm.Get_size())
    operation, given = _operation(name, op, x), np.ascontiguousarray(x.array)
    return _start_into(
        name, lambda memory: comm.Ireduce_scatter_block(given, memory, op=operation), out, async_op
    )


def all_gather(
    tensor_list: Sequence[Tensor],
    tensor: Tensor,
    group: None = None,
    async_op: bool = False,
) -> Work | None:
    """Give all ranks the tensors of all: `tensor_list[i]` ← that of rank i.

    Args:
        tensor_list: as many tensors as there are ranks, of `tensor`'s shape and dtype; are changed.
        tensor: has the same shape and dtype in every rank.
        group, async_op: as in `all_reduce`.

    Raises:
        ValueError: they are not as many, or one has another shape or dtype.
    """
    comm = communicator("all_gather", group)
    n, x = comm.Get_size(), _tensor("all_gather", tensor)
    into = [_tensor("all_gather", y) for y in tensor_list]
    if len(into) != n or any(y.shape != x.shape or y.dtype != x.dtype for y in into):
        found = [(tuple(y.shape), y.dtype) for y in into]
        raise ValueError(
            f"all_gather: for {n} ranks, tensor_list must hold {n} tensors of shape "
            f"{tuple(x.shape)} and {x.dtype}, not {found}"
        )
    given = np.ascontiguousarray(x.array)
    gathered = np.empty((n, *given.shape), given.dtype)

    def finish() -> None:
        for y, found in zip(into, gathered, strict=True):
            y.array[...] = found
            y._version[0] = next(version_counter)

    return _start("all_gather", lambda: comm.Iallgather(given, gathered), finish, async_op)


def barrier(group: None = None) -> None:
    """Wait until all ranks have called this."""
    Work("barrier", communicator("barrier", group).Ibarrier(), lambda: None).wait()
