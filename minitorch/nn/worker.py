"""A worker: a process that computes one shard of every batch for `DataParallel`.

It is a fork of the process that uses it, so both begin with the same module. The parameters and
buffers lie in memory that the two share: the worker sees each optimizer step as soon as it is made.
The gradients of the parameters come back through shared memory too. Only the shards of x, y and
dL/dy go through a pipe, in requests and responses:

    ForwardRequest     a shard of x        →  the shard of y, and whether it requires a gradient
    BackwardRequest    dL/dy of the shard  →  which parameters have a gradient, in shared memory now
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
import warnings
import weakref
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from .. import dtypes, random
from .._runtime.threads import set_num_threads
from ..autograd import grad, is_grad_enabled, set_grad_enabled
from ..creation import tensor
from ..dtypes import Array
from ..tensor import Tensor
from .pipe import message, receive, send

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from .module import Module


def shared_like(array: Array) -> Array:
    """Return an array of this shape and dtype in memory that is shared with later forks."""
    return np.ndarray(array.shape, array.dtype, mmap.mmap(-1, max(1, array.nbytes)))


def checked_output(y: Any, size: int) -> Tensor:
    """Return y if it is a tensor of `size` examples, as the output of a shard must be."""
    if not isinstance(y, Tensor) or y.array.shape[:1] != (size,):
        what = f"of shape {tuple(y.shape)}" if isinstance(y, Tensor) else f"a {type(y).__name__}"
        raise RuntimeError(
            f"DataParallel: its module must map {size} examples to one tensor of shape "
            f"({size}, …), but what came out is {what}"
        )
    return y


class Shard(NamedTuple):
    """One process's part of a batch: arguments for the module, with fewer examples."""

    args: list[Any]
    kwargs: dict[str, Any]
    size: int


class ForwardRequest(NamedTuple):
    """Ask the worker for a forward pass, in the state that the module has here."""

    number: int
    live: list[int]  # the forward passes whose graphs may still be needed
    grad_enabled: bool
    training: Tensor  # of each module, True or False
    requires_grad: Tensor  # of each parameter
    seed: int | None
    args: list[Any]  # of the module
    kwargs: dict[str, Any]
    size: int  # how many examples they hold


class BackwardRequest(NamedTuple):
    """Ask the worker for the backward pass of an earlier forward pass."""

    number: int
    grad_output: Tensor  # dL/dy of the shard


class ForwardPass:
    """One forward pass of a worker. While this object lives, the worker keeps the graph of it."""

    def __init__(self, worker: Worker, number: int) -> None:
        self.worker, self.number = worker, number
        self.response: Any = None  # to the last request about this pass

    def wait(self) -> None:
        """Wait for the response to the last request about this pass, if it is not here yet."""
        if self.worker.pending is self:
            self.worker.receive()

    def result(self) -> Any:
        """Wait for the response and return it, once for each request.

        To the forward request it is (y, requires_grad), to the backward request the gradient of
        each parameter, or None.

        Raises:
            RuntimeError: the worker raised an error, whose traceback the message holds.
        """
        self.wait()
        response, self.response = self.response, None
        if isinstance(response, str):
            raise RuntimeError(f"DataParallel: one of the processes failed.\n\n{response}")
        return response


class Worker:
    """A process forked from this one, and this process's end of the pipe to it.

    At most one request is pending, and its response is read before the next request is sent. So the
    two processes never both wait for the other to read.

    Args:
        module: what it computes. Its parameters and buffers lie in shared memory.
        threads: how many threads it may use.
    """

    def __init__(self, module: Module, threads: int) -> None:
        from multiprocessing import Pipe  # takes a while to import

        self.modules, self.parameters = list(module.modules()), list(module.parameters())
        self.gradients = [shared_like(p.array) for p in self.parameters]
        self.live: weakref.WeakSet[ForwardPass] = weakref.WeakSet()
        self.outputs: dict[int, Tensor] = {}  # in the worker: those that may need a backward pass
        self.numbers = count()
        self.pending: ForwardPass | None = None  # the pass whose request awaits its response
        self.why_gone = ""
        self.owner = os.getpid()
        self.pipe, theirs = Pipe()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()  # or both processes would write what is in its buffer
        # Ctrl-C is for this process: in the worker it stays blocked.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        self.pid = -1
        try:
            with warnings.catch_warnings():  # that a fork has no threads: it does not need ours
                warnings.simplefilter("ignore", DeprecationWarning)
                self.pid = os.fork()
        finally:
            if self.pid:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if not self.pid:
            try:
                self.pipe.close()
                self._serve(theirs, threads)
            finally:
                os._exit(0)
        theirs.close()

    def forward(self, shard: Shard) -> ForwardPass:
        """Start the forward pass of a shard, without waiting for it."""
        forward_pass = ForwardPass(self, next(self.numbers))
        self.live.add(forward_pass)
        training = [module.training for module in self.modules]
        request = ForwardRequest(
            number=forward_pass.number,
            live=[each.number for each in self.live],
            grad_enabled=is_grad_enabled(),
            training=tensor(training, dtype=dtypes.bool),
            requires_grad=tensor([p.requires_grad for p in self.parameters], dtype=dtypes.bool),
            seed=random.draw_seed() if any(training) else None,
            args=shard.args,
            kwargs=shard.kwargs,
            size=shard.size,
        )
        self._send(forward_pass, request)
        return forward_pass

    def backward(self, forward_pass: ForwardPass, grad_output: Tensor) -> None:
        """Start the backward pass of an earlier forward pass, without waiting for it."""
        self._send(forward_pass, BackwardRequest(forward_pass.number, grad_output))

    def receive(self) -> None:
        """Wait for the response to the pending request, and give it to its forward pass."""
        assert self.pending is not None
        forward_pass, self.pending = self.pending, None
        response = self._through_pipe(receive, self.pipe)
        if isinstance(response, Tensor):  # copied: the next pass writes to the same memory
            gradients = zip(response.tolist(), self.gradients, strict=True)
            response = [Tensor._wrap(g.copy()) if is_there else None for is_there, g in gradients]
        forward_pass.response = response

    def end(self, why: str) -> None:
        """End the process, whatever it is doing."""
        if not self.pipe.closed:
            self.why_gone = why
            self.pipe.close()
            if os.getpid() == self.owner:
                with suppress(ChildProcessError, ProcessLookupError):  # it is gone already
                    os.kill(self.pid, signal.SIGKILL)
                    os.waitpid(self.pid, 0)

    def __reduce__(self) -> NoReturn:
        raise TypeError("DataParallel: it cannot be copied, with its processes. Copy its module.")

    def _send(self, forward_pass: ForwardPass, request: ForwardRequest | BackwardRequest) -> None:
        if os.getpid() != self.owner:
            raise RuntimeError(
                "DataParallel: it serves the process that made it, and this is a fork of that one. "
                "Call its module instead."
            )
        kind = type(request).__name__
        encoded = message({"kind": kind} | request._asdict())  # raises before anything is sent
        if self.pending is not None:
            self.receive()
        self._through_pipe(send, self.pipe, encoded)
        self.pending = forward_pass

    def _through_pipe(self, function: Callable[..., Any], *args: Any) -> Any:
        """Send or receive. After an interruption half a message may be left, so the worker ends."""
        try:
            return function(*args)
        except (EOFError, OSError):
            self.end("it ended by itself. Was it killed, perhaps because memory ran out?")
            raise RuntimeError(
                f"DataParallel: one of its processes is gone: {self.why_gone}"
            ) from None
        except BaseException:
            self.end("something interrupted the work. Make a new DataParallel.")
            raise

    # ------------------------------------------------------------- what runs in the worker

    def _serve(self, pipe: Connection, threads: int) -> None:
        """Respond to requests until the other end of the pipe is closed."""
        set_num_threads(threads)
        for p in self.parameters:
            p._hooks = None  # hooks see the sum over all shards, in the process that has it
        while True:
            try:
                request = receive(pipe)
            except EOFError:
                return
            try:
                if request.pop("kind") == ForwardRequest.__name__:
                    response: Any = self._run_forward(ForwardRequest(**request))
                else:
                    response = self._run_backward(BackwardRequest(**request))
            except Exception:
                import traceback  # takes a while too

                response = traceback.format_exc()
            send(pipe, message(response))

    def _run_forward(self, request: ForwardRequest) -> tuple[Tensor, bool]:
        """Map a shard; keep the output, if it requires a gradient, for the backward pass."""
        for number in self.outputs.keys() - set(request.live):
            del self.outputs[number]
        for module, training in zip(self.modules, request.training.tolist(), strict=True):
            module.training = training
        for p, wanted in zip(self.parameters, request.requires_grad.tolist(), strict=True):
            p.requires_grad = wanted
        if request.seed is not None:
            random.manual_seed(request.seed)
        with set_grad_enabled(request.grad_enabled):
            y = checked_output(self.modules[0](*request.args, **request.kwargs), request.size)
        if y.requires_grad:
            self.outputs[request.number] = y
        return y, y.requires_grad

    def _run_backward(self, request: BackwardRequest) -> Tensor:
        """Write the gradients to shared memory; say which parameters have one."""
        if request.number not in self.outputs:
            raise RuntimeError(
                "Trying to backward through the graph a second time: DataParallel keeps nothing "
                "for that, even with retain_graph=True. Compute the output anew."
            )
        y = self.outputs.pop(request.number)
        wanted = [p for p in self.parameters if p.requires_grad]
        found = iter(grad(y, wanted, request.grad_output, allow_unused=True))
        gradients = [next(found) if p.requires_grad else None for p in self.parameters]
        for g, shared in zip(gradients, self.gradients, strict=True):
            if g is not None:
                shared[...] = g.array
        return tensor([g is not None for g in gradients], dtype=dtypes.bool)
