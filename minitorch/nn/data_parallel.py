"""Data parallelism: several processes, each with a part of the batch.

No example of a batch knows of the others. So the batch can be cut up, each part can go through the
same module in a process of its own, and the outputs can be put together again. On the way back each
process gets its part of dL/dy, and the gradients that they find add up:

    y = [f(x_1; w), …, f(x_n; w)]        dL/dw = Σ_i (dL/dy_i) (dy_i/dw)

Large models are trained like this on many machines (Dean et al. 2012, "Large scale distributed deep
networks"). On a single one it puts several cores to work from the smallest operation on. Threads
could not: only one at a time may run Python, and between two calls of NumPy they wait for it.

The other processes are `helper.py`'s.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from typing import Any, NamedTuple

from .._runtime import threads as parallel
from ..autograd import Function, is_grad_enabled
from ..creation import zeros
from ..dtypes import Array
from ..ops import cat
from ..tensor import Tensor
from .module import Module
from .worker import Helper, Job, checked_output, shared_like


class DataParallel(Module):
    """A module that computes in several processes, each of which takes a part of the batch.

        with nn.DataParallel(model, processes=2) as parallel_model:
            loss = criterion(parallel_model(x), target)
            loss.backward()

    PyTorch's shares a batch among GPUs, this one among the cores of a processor. What comes out is
    what the module computes by itself, up to rounding. In training, each of the other processes
    draws its random numbers from a seed that the default generator gives it, one for each call.

    Parameters and buffers move to shared memory, and stay there. They are the same tensors as
    before, which may be changed in place, loaded and frozen; an array that was taken from one
    before (`p.numpy()`) shares nothing with it any more. What else makes up the module is copied
    once, here: build the whole of it first. One thread at a time may use it.

    Until it is closed, each process computes with its share of the threads (`get_num_threads`).

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
        if not isinstance(processes, int) or processes < 1:
            raise ValueError(f"DataParallel: processes must be at least 1, not {processes!r}")
        if processes > 1 and not hasattr(os, "fork"):
            raise RuntimeError(
                "DataParallel: this operating system cannot fork a process. Use processes=1."
            )
        self.module = module
        self._parameters = list(module.parameters())
        self._places = _places(module) if processes > 1 else []
        self._share()
        threads = parallel.get_num_threads()
        each = max(1, threads // processes)
        self._helpers: list[Helper] = []
        self._end = weakref.finalize(self, _release, self._helpers, each, threads)
        try:
            for _ in range(processes - 1):
                self._helpers.append(Helper(module, each))
        except BaseException:
            self.close()
            raise
        if self._helpers:
            parallel.set_num_threads(each)

    def forward(self, *args: Any, **kwargs: Any) -> Tensor:
        """Let each process map its part of the batch, and put together what comes out.

        Args:
            args, kwargs: for the module. Each tensor among them is cut up along its first
                dimension; anything else goes to every process as it is.

        Raises:
            ValueError: the tensors do not have one batch size.
            RuntimeError: it was closed, an input needs a gradient, a parameter or a buffer is
                another than it was, the output is not of the batch, or a process failed.
        """
        if not self._end.alive:
            raise RuntimeError("DataParallel: it was closed. Call its module instead.")
        if not self._helpers:
            return self.module(*args, **kwargs)  # type: ignore[no-any-return]
        own, *others = _cut(args, kwargs, 1 + len(self._helpers))
        self._share()
        jobs = [
            helper.map(part.args, part.kwargs, part.size)
            for helper, part in zip(self._helpers, others, strict=False)
        ]
        # The walk back takes the youngest node first: _Hand, made last, hands the helper its dL/dy;
        # our own part follows; and _Collect, made first, waits for what the helper found meanwhile.
        collected = [_Collect.apply(job, *self._parameters) for job in jobs]
        try:
            outputs = [checked_output(self.module(*own.args, **own.kwargs), own.size)]
        finally:
            for job in jobs:
                job.wait()
        for job, collect in zip(jobs, collected, strict=True):
            array, needs_grad = job.result()
            y = Tensor._wrap(array)
            outputs.append(_Hand.apply(job, collect, y) if needs_grad else y)
        return cat(outputs)

    def close(self) -> None:
        """End the other processes, and let this one have all threads again."""
        self._end()

    def _share(self) -> None:
        """See to it that what the module holds lies where the helpers look for it."""
        for place in self._places:
            place.share()

    def __enter__(self) -> DataParallel:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _release(helpers: list[Helper], each: int, threads: int) -> None:
    for helper in helpers:
        helper.end("it was closed")
    if helpers and parallel.get_num_threads() == each:  # and nobody has set it since
        parallel.set_num_threads(threads)


class _Place(NamedTuple):
    """Where a module holds a parameter or a buffer, and the shared memory for it."""

    attributes: dict[str, Any]
    name: str
    tensor: Tensor
    shared: Array

    def share(self) -> None:
        """Move the tensor to the shared memory, if it is not there."""
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


def _places(module: Module) -> list[_Place]:
    """Find all parameters and buffers; one that is held at two places has one memory."""
    memory: dict[Tensor, Array] = {}
    places = []
    for owner in module.modules():
        for name, x in [*owner._own_parameters(), *owner._own_buffers()]:
            shared = memory.setdefault(x, shared_like(x.array))
            places.append(_Place(vars(owner), name, x, shared))
    return places


class _Part(NamedTuple):
    """What one process is to map."""

    args: list[Any]
    kwargs: dict[str, Any]
    size: int


def _cut(args: tuple[Any, ...], kwargs: dict[str, Any], n: int) -> Iterator[_Part]:
    """Cut a batch into n parts, or fewer if it has fewer examples."""
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
        some = slice(i * size // n, (i + 1) * size // n)
        yield _Part(
            [x[some] if isinstance(x, Tensor) else x for x in args],
            {name: x[some] if isinstance(x, Tensor) else x for name, x in kwargs.items()},
            some.stop - some.start,
        )


class _Collect(Function):
    """Leads to the parameters. Its way back collects what a helper found for them."""

    @staticmethod
    def forward(ctx: Any, job: Job, *parameters: Tensor) -> Tensor:
        ctx.job = job
        return zeros(())

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        return None, *ctx.job.result()


class _Hand(Function):
    """Leads from a helper's output to `_Collect`. Its way back hands the helper dL/dy."""

    @staticmethod
    def forward(ctx: Any, job: Job, collect: Tensor, output: Tensor) -> Tensor:
        ctx.job = job
        return output

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        if is_grad_enabled():
            raise RuntimeError(
                "DataParallel: there is no second derivative through the other processes. Call its "
                "module instead, where create_graph=True is needed."
            )
        ctx.job.helper.walk_back(ctx.job, g)
        return None, zeros(()), None
