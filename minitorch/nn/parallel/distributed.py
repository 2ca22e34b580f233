"""Data parallelism: every process has the whole model, and computes a part of the batch.

The examples of a batch do not depend on each other. So rank r computes the loss L_r of its part,
and the gradient of it. The parameters w are used in every part, and by the chain rule the gradients
of all uses add up. The mean loss of n equal parts, and its gradient, are

    L = (L_0 + … + L_(n-1)) / n        dL/dw = (dL_0/dw + … + dL_(n-1)/dw) / n

so each rank divides its gradient by n, and an all-reduce, which adds up what all ranks have and
gives each the sum, turns n gradients of parts into that of the batch, everywhere. All begin with
the same parameters, and take the same optimizer step: they stay the same, though no parameter is
sent again. (Parts that are not equal count for what they hold: multiply L_r by n · size_r / size.)

What overlaps: the backward pass begins at the last layer, whose gradients are complete while those
of the others are still to be computed. So an all-reduce does not wait for the end. One for each
parameter would cost the latency of a message each time; so the parameters are put into *buckets*,
in the order in which their gradients are expected, the reverse of their order in the model. As soon
as the last gradient of a bucket has come, its all-reduce starts, and the backward pass goes on:

    backward      layer 3 │ layer 2 │ layer 1 │ embedding
    all-reduce            └ bucket 0 (3) ┘└ bucket 1 (2, 1) ┘└ bucket 2 ┘ → step

(Li et al. 2020, "PyTorch distributed: experiences on accelerating data parallel training",
https://arxiv.org/abs/2006.15704.)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NoReturn

import numpy as np

from ... import distributed
from ...autograd import is_grad_enabled, mode
from ...autograd.engine import after_backward
from ...distributed import Work
from ...distributed.agreement import check_same
from ...scalars import flag, number
from ...tensor import Tensor
from ..module import Module


class _Bucket:
    """Parameters whose gradients are reduced together, in one message.

    The message holds their gradients end to end, and behind them a 1 for each that has one: where
    no rank has, the sum is 0, and the parameter gets none.
    """

    def __init__(self, parameters: list[Tensor]) -> None:
        self.parameters = parameters
        self.ends = np.cumsum([p.array.size for p in parameters]).tolist()
        self.reset()

    def reset(self) -> None:
        """Begin a backward pass, in which no gradient has come."""
        self.missing = len(self.parameters)
        self.work: Work | None = None

    def start(self) -> None:
        """Start the all-reduce of the gradients, each divided by the number of ranks."""
        gradients = [p.grad for p in self.parameters]
        parts = [
            np.zeros(p.array.size, p.array.dtype) if g is None else g.array.reshape(-1)
            for p, g in zip(self.parameters, gradients, strict=True)
        ]
        is_there = np.array([g is not None for g in gradients], parts[0].dtype)
        message = np.concatenate([*parts, is_there])
        message /= distributed.get_world_size()
        self.message = Tensor._wrap(message)
        self.work = distributed.all_reduce(self.message, async_op=True)

    def finish(self) -> None:
        """Wait for the result, and give each parameter its gradient, a view of the message."""
        assert self.work is not None
        self.work.wait()
        message, start = self.message.array, 0
        is_there = message[self.ends[-1] :].tolist()
        for p, end, found in zip(self.parameters, self.ends, is_there, strict=True):
            if found:
                p.grad = Tensor._wrap(message[start:end].reshape(p.array.shape))
            start = end
        del self.message
        self.reset()


def _in_buckets(parameters: list[Tensor], most: float) -> list[_Bucket]:
    """Fill buckets with parameters of one dtype, up to so many bytes, in their order."""
    buckets: list[list[Tensor]] = []
    held = 0.0
    for p in parameters:
        if not buckets or held + p.array.nbytes > most or buckets[-1][0].dtype != p.dtype:
            buckets.append([])
            held = 0.0
        buckets[-1].append(p)
        held += p.array.nbytes
    return [_Bucket(each) for each in buckets]


class DistributedDataParallel(Module):
    """A module that all processes train together, each on its part of the batch.

        dist.init_process_group()
        model = nn.parallel.DistributedDataParallel(model)
        loss = criterion(model(x[part]), target[part])    # the mean over this rank's part
        loss.backward()                                   # .grad is the mean over all ranks
        optimizer.step()

    Parameters and buffers become those of rank 0. From then on every backward pass through them is
    reduced, also if the module was called by itself: all ranks must make the same passes. A
    parameter that gets a gradient in some ranks only has the mean with zeros in all; one that gets
    none in all, none.

    Args:
        module: the same in all ranks. Its parameters that require a gradient now are reduced.
        device_ids, output_device: no effect: there are no GPUs.
        broadcast_buffers: before each forward pass in training, take over rank 0's buffers.
        bucket_cap_mb: the most that a bucket holds, in MB of gradients. PyTorch's is 25, for larger
            models. 0: a bucket for each parameter.
        find_unused_parameters, gradient_as_bucket_view, static_graph: no effect: parameters that
            are not used are always found, and gradients are views of their bucket's message. So
            `p.grad` is another tensor after each backward pass.

    Raises:
        ValueError: there is no process group.
        RuntimeError: the ranks do not have the same parameters and buffers (DistError), or no
            parameter requires a gradient.
    """

    def __init__(
        self,
        module: Module,
        device_ids: Any = None,
        output_device: Any = None,
        *,
        broadcast_buffers: bool = True,
        bucket_cap_mb: float = 1.0,
        find_unused_parameters: bool = False,
        gradient_as_bucket_view: bool = False,
        static_graph: bool = False,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        if not isinstance(module, Module):
            raise TypeError(f"{name}: it takes a Module, not {type(module).__name__}")
        flag(name, "broadcast_buffers", broadcast_buffers)
        most = number(name, "bucket_cap_mb", bucket_cap_mb, low=0) * 2**20
        learned: list[Tensor] = [p for p in module.parameters() if p.requires_grad]
        if not learned:
            raise RuntimeError(
                f"{name} is not needed when a module doesn't have any parameter that requires a "
                "gradient."
            )
        self.module = module
        self.broadcast_buffers = broadcast_buffers
        self.require_backward_grad_sync = True
        self._reduces = False
        self._pass: object = None  # the backward pass in which gradients arrive
        held = [*module.named_parameters(), *module.named_buffers()]
        check_same("the module", {key: f"{tuple(x.shape)} {x.dtype}" for key, x in held})
        for _, x in held:
            distributed.broadcast(x)
        self._buckets = _in_buckets(learned[::-1], most)
        for bucket in self._buckets:
            for p in bucket.parameters:
                p.register_post_accumulate_grad_hook(partial(self._arrived, bucket))

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute what the module computes, of this rank's part of the batch."""
        if is_grad_enabled():
            self._reduces = self.require_backward_grad_sync
            if self._reduces and self.training and self.broadcast_buffers:
                for x in self.module.buffers():
                    distributed.broadcast(x)
        return self.module(*args, **kwargs)

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """Let gradients add up in this rank alone, for those of several batches in one step.

            with model.no_sync():
                for x in batches[:-1]:
                    criterion(model(x)).backward()
            criterion(model(batches[-1])).backward()    # reduces the sum

        Forward and backward pass both belong inside.
        """
        before, self.require_backward_grad_sync = self.require_backward_grad_sync, False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before

    def __deepcopy__(self, memo: Any) -> NoReturn:
        raise TypeError(
            "DistributedDataParallel: it cannot be copied. Copy its module, and make another of "
            "that, in all ranks."
        )

    def _arrived(self, bucket: _Bucket, parameter: Tensor) -> None:
        """Count a gradient that is complete, and start what can be started.

        Every rank must start the all-reduces in the same order, and not all ranks need use all
        parameters: so no bucket starts before the one in front of it.
        """
        if not self._reduces:
            return
        if self._pass is not mode.after_backward:  # the first gradient of this pass
            if self._pass is not None:
                self._give_up()
            self._pass = mode.after_backward
            after_backward(self._finish)
        bucket.missing -= 1
        for each in self._buckets:
            if each.work is not None:
                each.work.is_completed()  # lets the message go on
            elif each.missing:
                return
            else:
                each.start()

    def _finish(self) -> None:
        """Start the buckets that miss a gradient, and wait for all."""
        self._pass = None
        for bucket in self._buckets:
            if bucket.work is None:
                bucket.start()
        for bucket in self._buckets:
            bucket.finish()

    def _give_up(self) -> None:
        """Leave what an earlier backward pass, which has failed in the middle, has started."""
        for bucket in self._buckets:
            if bucket.work is not None:
                bucket.work.wait()
            bucket.reset()
