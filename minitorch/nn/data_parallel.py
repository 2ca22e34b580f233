"""Data parallelism: several processes, each with its shard of the batch.

The examples of a batch do not depend on each other. So the batch can be split into shards, one for
each process; all run the same module, and their outputs are concatenated. In the backward pass each
process gets its shard of dL/dy, and computes a vector–Jacobian product. The parameters w are used
in every shard, and by the chain rule the gradients of all uses add up:

    y = [f(x_1; w), …, f(x_n; w)]        dL/dw = Σ_i (dL/dy_i)ᵀ (dy_i/dw)

To add up what all processes have is a *reduce*. Where each has its own copy of the parameters, each
needs the sum, which is then an *all-reduce*. Here the parameters lie in memory that all processes
share, so one of them adds up the gradients and makes the optimizer step for all.

Large models are trained like this on many machines (Dean et al. 2012, "Large scale distributed deep
networks"). On a single machine it puts several cores to work, from the smallest operation on.
Threads could not: only one at a time may run Python, and between two calls of NumPy they wait for
it.

This process computes the first shard itself. The others are computed by workers, in `worker.py`.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from typing import Any, NamedTuple

from .._runtime.threads import get_num_threads, set_num_threads
from ..autograd import Function, is_grad_enabled
from ..creation import zeros
from ..dtypes import Array
from ..ops import cat
from ..scalars import whole
from ..tensor import Tensor
from .module import Module
from .worker import ForwardPass, Shard, Worker, checked_output, shared_like


def _shards(args: tuple[Any, ...], kwargs: dict[str, Any], n: int) -> Iterator[Shard]:
    """Split a batch into n shards, or fewer if it has fewer examples."""
    tensors = [x for x in (*args, *kwargs.values()) if isinstance(x, Tensor)]
    sizes = {x.array.shape[:1] for x in tensors}
    if len(sizes) != 1 or () in sizes:
        raise ValueError(
            "DataParallel: the tensors among its arguments must have the batch as their first "
            f"dimension, but have the shapes {[tuple(x.shape) for x in tensors]}"
        )
    if is_grad_enabled() and any(x.requires_grad for x in tensors):
        raise RuntimeError(
            "DataParallel: an input requires a gradient, and none comes back from the other "
            "processes. Give it x.detach(), or let the module compute that input."
        )
    ((size,),) = sizes
    n = max(1, min(n, size))
    for i in range(n):
        rows = slice(i * size // n, (i + 1) * size // n)
        yield Shard(
            [x[rows] if isinstance(x, Tensor) else x for x in args],
            {name: x[rows] if isinstance(x, Tensor) else x for name, x in kwargs.items()},
            rows.stop - rows.start,
        )


class _SharedTensor(NamedTuple):
    """A parameter or a buffer: where the module holds it, and the shared memory for it."""

    attributes: dict[str, Any]
    name: str
    tensor: Tensor
    shared: Array

    def share(self) -> None:
        """Move the tensor to its shared memory, if it is not there.

        Raises:
            RuntimeError: the module holds another tensor by now, or one of another shape or dtype.
        """
        x = self.tensor
        if self.attributes.get(self.name) is not x:
            raise RuntimeError(
                f"DataParallel: {self.name} of its module is another tensor now, which the other "
                "processes do not see. Change it in place, or make a new DataParallel."
            )
        if x.array is not self.shared:
            if x.array.shape != self.shared.shape or x.array.dtype != self.shared.dtype:
                raise RuntimeError(
                    f"DataParallel: {self.name} of its module had shape {self.shared.shape} and "
                    f"dtype {self.shared.dtype}, and now has {x.array.shape} and {x.array.dtype}. "
                    "Make a new DataParallel."
                )
            self.shared[...] = x.array
            x.array = self.shared


def _shared_tensors(module: Module) -> list[_SharedTensor]:
    """Find all parameters and buffers; a tensor that is held at two places gets one memory."""
    memory: dict[Tensor, Array] = {}
    found = []
    for owner in module.modules():
        for name, x in [*owner._own_parameters(), *owner._own_buffers()]:
            shared = memory.setdefault(x, shared_like(x.array))
            found.append(_SharedTensor(vars(owner), name, x, shared))
    return found


class _ReduceGradients(Function):
    """A node between the parameters and a worker's output.

    Its backward receives the worker's gradients of the parameters. Backpropagation adds them to
    those of the other shards: that is the reduce.
    """

    @staticmethod
    def forward(ctx: Any, forward_pass: ForwardPass, *parameters: Tensor) -> Tensor:
        ctx.forward_pass = forward_pass
        return zeros(())

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        return None, *ctx.forward_pass.result()


class _ScatterGradient(Function):
    """A node between `_ReduceGradients` and a worker's output, which is its value.

    Its backward sends the worker its shard of dL/dy.
    """

    @staticmethod
    def forward(ctx: Any, forward_pass: ForwardPass, reduced: Tensor, output: Tensor) -> Tensor:
        ctx.forward_pass = forward_pass
        return output

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        if is_grad_enabled():
            raise RuntimeError(
                "DataParallel: there is no second derivative through the other processes. Call its "
                "module instead, where create_graph=True is needed."
            )
        ctx.forward_pass.worker.backward(ctx.forward_pass, g)
        return None, zeros(()), None


def _close(workers: list[Worker], threads_each: int, threads: int) -> None:
    """End the workers, and set the number of threads back, unless it was changed meanwhile."""
    for worker in workers:
        worker.end("it was closed")
    if workers and get_num_threads() == threads_each:
        set_num_threads(threads)


class DataParallel(Module):
    """A module that computes in several processes, each of which takes a shard of the batch.

        with nn.DataParallel(model, processes=2) as parallel_model:
            loss = criterion(parallel_model(x), target)
            loss.backward()

    PyTorch's divides a batch among GPUs, this one among the cores of a processor. What comes out is
    what the module computes by itself, up to rounding. In training, each of the other processes
    draws its random numbers from a seed that the default generator gives it, one for each call.

    Parameters and buffers move to shared memory, and stay there. They are the same tensors as
    before, which may be changed in place, loaded and frozen; an array that was taken from one
    before (`p.numpy()`) no longer shares memory with it. The rest of the module is copied once,
    here: build the whole of it first. One thread at a time may use it.

    Until it is closed, the processes divide the threads (`get_num_threads`) among them.

    Args:
        module: maps tensors whose first dimension is the batch to one such tensor.
        processes: how many there are, this one included. With 1 it is the module and nothing more.

    Raises:
        ValueError: `processes` is not at least 1.
        RuntimeError: the operating system cannot fork a process.
        OSError: it will not fork another one.
    """

    def __init__(self, module: Module, processes: int = 2) -> None:
        super().__init__()
        if not isinstance(module, Module):
            raise TypeError(f"DataParallel: it takes a Module, not {type(module).__name__}")
        whole("DataParallel", "processes", processes, least=1)
        if processes > 1 and not hasattr(os, "fork"):
            raise RuntimeError(
                "DataParallel: this operating system cannot fork a process. Use processes=1."
            )
        self.module = module
        self._learned = list(module.parameters())
        self._shared = _shared_tensors(module) if processes > 1 else []
        self._share()
        threads = get_num_threads()
        threads_each = max(1, threads // processes)
        self._workers: list[Worker] = []
        self._finalizer = weakref.finalize(self, _close, self._workers, threads_each, threads)
        try:
            for _ in range(processes - 1):
                self._workers.append(Worker(module, threads_each))
        except BaseException:
            self.close()
            raise
        if self._workers:
            set_num_threads(threads_each)

    def forward(self, *args: Any, **kwargs: Any) -> Tensor:
        """Map a batch: each process its shard; return their outputs, concatenated.

        Args:
            args, kwargs: for the module. Each tensor among them is split along its first
                dimension; the rest, which may be numbers, strings, bools and None, in lists,
                tuples and dicts, goes to every process as it is.

        Raises:
            ValueError: the tensors do not have one batch size.
            RuntimeError: it was closed, an input requires a gradient, a parameter or a buffer was
                replaced, the output does not have the size of the batch, or a process failed.
        """
        if not self._finalizer.alive:
            raise RuntimeError("DataParallel: it was closed. Call its module instead.")
        if not self._workers:
            return self.module(*args, **kwargs)  # type: ignore[no-any-return]
        own, *others = _shards(args, kwargs, 1 + len(self._workers))
        self._share()
        passes = [
            worker.forward(shard) for worker, shard in zip(self._workers, others, strict=False)
        ]
        # Backpropagation visits nodes in reverse topological order, which is the reverse of the
        # order in which they are created. So all processes work at once: first _ScatterGradient,
        # created last, sends each worker its dL/dy; then comes our own shard; and _ReduceGradients,
        # created first, waits at the end for what the workers have computed meanwhile.
        reduced = [_ReduceGradients.apply(one, *self._learned) for one in passes]
        try:
            outputs = [checked_output(self.module(*own.args, **own.kwargs), own.size)]
        finally:
            for forward_pass in passes:
                forward_pass.wait()
        for forward_pass, reduce in zip(passes, reduced, strict=True):
            y, requires_grad = forward_pass.result()
            outputs.append(_ScatterGradient.apply(forward_pass, reduce, y) if requires_grad else y)
        return cat(outputs)

    def close(self) -> None:
        """End the other processes, and let this one have all threads again."""
        self._finalizer()

    def _share(self) -> None:
        """Move what the module holds to shared memory, where the workers see it."""
        for shared in self._shared:
            shared.share()

    def __enter__(self) -> DataParallel:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
