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

from .. import parallel
from ..autograd import Function, is_grad_enabled
from ..creation import zeros
from ..ops import cat
from ..tensor import Tensor
from .helper import Helper, Job, shared_like
from .module import Module


class DataParallel(Module):
    """A module that computes in several processes, each of which takes a part of the batch.

        with nn.DataParallel(model, processes=2) as parallel_model:
            loss = criterion(parallel_model(x), target)
            loss.backward()

    PyTorch's shares a batch among GPUs, this one among the cores of a processor. What comes out is
    what the module computes by itself, up to rounding. In training, each of the other processes
    draws its random numbers from a seed that the default generator gives it, one for each call.

    The parameters move to shared memory. They stay the same tensors, which may be changed in place,
    frozen and loaded; an array that was taken from one before (`p.numpy()`) shares nothing with it
    any more. Layers and buffers are those that the module has now.

    Until it is closed, each process computes with its share of the threads (`get_num_threads`).

    Args:
        module: maps tensors whose first dimension is the batch to one such tensor.
        processes: how many there are, this one included. With 1 it is the module and nothing more.

    Raises:
        ValueError: `processes` is not at least 1.
        RuntimeError: the operating system cannot fork a process.
    """

    def __init__(self, module: Module, processes: int = 2) -> None:
        super().__init__()
        if processes < 1:
            raise ValueError(f"DataParallel: processes must be at least 1, not {processes}")
        if processes > 1 and not hasattr(os, "fork"):
            raise RuntimeError(
                "DataParallel: this operating system cannot fork a process. Use processes=1."
            )
        self.module = module
        self._weights = list(module.parameters())
        self._shared = [shared_like(p.array) for p in self._weights if processes > 1]
        self._share()
        threads = parallel.get_num_threads()
        each = max(1, threads // processes)
        self._helpers = [Helper(module, self._weights, each) for _ in range(processes - 1)]
        if self._helpers:
            parallel.set_num_threads(each)
        self._end = weakref.finalize(self, _end_all, self._helpers, threads)

    def forward(self, *args: Any, **kwargs: Any) -> Tensor:
        """Let each process map its part of the batch, and put together what comes out.

        Args:
            args, kwargs: for the module. Tensors are cut up along their first dimension; anything
                else goes to every process as it is.

        Raises:
            ValueError: the tensors do not have one batch size.
            RuntimeError: it was closed, an input needs a gradient, or a process failed.
        """
        if not self._end.alive:
            raise RuntimeError("DataParallel: it was closed. Call its module instead.")
        if not self._helpers:
            return self.module(*args, **kwargs)  # type: ignore[no-any-return]
        own, *others = _cut(args, kwargs, 1 + len(self._helpers))
        self._share()
        jobs = [
            helper.map(part.args, part.kwargs)
            for helper, part in zip(self._helpers, others, strict=False)
        ]
        # The walk back takes the youngest node first: _Hand, made last, hands the helper its dL/dy;
        # our own part follows; and _Collect, made first, waits for what the helper found meanwhile.
        collected = [_Collect.apply(job, *self._weights) for job in jobs]
        try:
            outputs = [self.module(*own.args, **own.kwargs)]
        finally:
            found = [job.helper.receive() for job in jobs]
        for job, collect, y in zip(jobs, collected, found, strict=True):
            outputs.append(_Hand.apply(job, collect, Tensor._wrap(job.helper.checked(y))))
        return cat(outputs)

    def close(self) -> None:
        """End the other processes, and let this one have all threads again."""
        self._end()

    def _share(self) -> None:
        """Bring the parameters to shared memory, where they are not there."""
        for p, shared in zip(self._weights, self._shared, strict=False):
            if p.array is not shared:
                shared[...] = p.array
                p.array = shared

    def __enter__(self) -> DataParallel:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _end_all(helpers: list[Helper], threads: int) -> None:
    for helper in helpers:
        helper.end()
    if helpers:
        parallel.set_num_threads(threads)


class _Part(NamedTuple):
    """What one process is to map."""

    args: list[Any]
    kwargs: dict[str, Any]


def _cut(args: tuple[Any, ...], kwargs: dict[str, Any], n: int) -> Iterator[_Part]:
    """Cut a batch into n parts, or fewer if it has fewer examples."""
    tensors = [x for x in (*args, *kwargs.values()) if isinstance(x, Tensor)]
    sizes = {x.array.shape[:1] for x in tensors}
    if len(sizes) != 1 or () in sizes:
        raise ValueError(
            "DataParallel: the tensors that it is given must have the batch as their first "
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
        )


class _Collect(Function):
    """Leads to the parameters. Its way back collects what a helper found for them."""

    @staticmethod
    def forward(ctx: Any, job: Job, *parameters: Tensor) -> Tensor:
        ctx.job = job
        return zeros(())

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        return None, *ctx.job.helper.collect()


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
