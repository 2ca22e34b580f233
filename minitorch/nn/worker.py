"""A process that computes a part of a batch for `DataParallel`.

It is a fork of the one that needs it: both begin with the same module, and from there on have its
parameters in common, in shared memory, where an optimizer's step in the one is seen by the other.
The gradients come back the same way. Through a pipe go the parts of x, of y and of dL/dy.
"""

from __future__ import annotations

import mmap
import os
import pickle
import signal
import sys
import warnings
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from .. import random
from .._runtime import threads as parallel
from ..autograd import grad, is_grad_enabled, set_grad_enabled
from ..dtypes import Array
from ..tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from multiprocessing.connection import Connection

    from .module import Module


def shared_like(array: Array) -> Array:
    """Return an array in memory that this process will have in common with its forks."""
    return np.ndarray(array.shape, array.dtype, mmap.mmap(-1, max(1, array.nbytes)))


def checked_output(y: Any, size: int) -> Tensor:
    """Return the output for a part of a batch, if it is one."""
    if not isinstance(y, Tensor) or y.array.shape[:1] != (size,):
        what = f"of shape {tuple(y.shape)}" if isinstance(y, Tensor) else f"a {type(y).__name__}"
        raise RuntimeError(
            f"DataParallel: its module must map {size} examples to one tensor of shape "
            f"({size}, …), but what came out is {what}"
        )
    return y


class Job:
    """A part of a batch for a helper. While this lives, the helper may have to walk back."""

    def __init__(self, helper: Helper, number: int) -> None:
        self.helper, self.number = helper, number
        self.answer: Any = None  # to what was asked last

    def wait(self) -> None:
        """Wait until the helper has answered what it was asked last about this."""
        if self.helper.asked is self:
            self.helper.read()

    def result(self) -> Any:
        """Wait for the answer, and return it or raise what it tells of.

        After `map` it is (array, does it need a gradient?); after `walk_back`, the gradient of each
        parameter.
        """
        self.wait()
        answer, self.answer = self.answer, None
        if isinstance(answer, Failed):
            raise RuntimeError(f"DataParallel: one of the processes failed.\n\n{answer.trace}")
        return answer


class Map(NamedTuple):
    """The question: map this, with the modules and the parameters as they are here."""

    number: int
    kept: list[int]  # the jobs that live
    is_recorded: bool
    training: list[bool]  # of each module
    needs_grad: list[bool]  # of each parameter
    seed: int | None
    args: list[Any]
    kwargs: dict[str, Any]
    size: int


class WalkBack(NamedTuple):
    """The question: walk back from what came of that job, where this arrived."""

    number: int
    g: Array


class Failed(NamedTuple):
    """The answer where an error was raised."""

    trace: str


class Sent(NamedTuple):
    """A tensor in a pipe."""

    array: Array


class Helper:
    """A fork of this process; to the fork, what it works on.

    There is never more than one question that was not answered, and an answer is read before the
    next question is asked, so that neither process waits for the other to read.

    Args:
        module: what it computes. Its parameters and buffers lie in shared memory.
        threads: how many it may use.
    """

    def __init__(self, module: Module, threads: int) -> None:
        from multiprocessing import Pipe  # takes a while to import

        self.modules, self.parameters = list(module.modules()), list(module.parameters())
        self.gradients = [shared_like(p.array) for p in self.parameters]
        self.jobs: weakref.WeakSet[Job] = weakref.WeakSet()
        self.started = 0
        self.asked: Job | None = None  # what it has not answered yet
        self.why_gone = ""
        self.owner = os.getpid()
        self.pipe, theirs = Pipe()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()  # or what is in its buffer would be written twice
        # Ctrl-C is for this process: in the fork it stays blocked.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        self.pid = -1
        try:
            with warnings.catch_warnings():  # of threads here: the fork does not need them
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

    def map(self, args: Sequence[Any], kwargs: Mapping[str, Any], size: int) -> Job:
        """Let it begin to map a part of a batch, of so many examples."""
        kept = [job.number for job in self.jobs]
        self.started += 1
        job = Job(self, self.started)
        self.jobs.add(job)
        training = [module.training for module in self.modules]
        question = Map(
            number=job.number,
            kept=kept,
            is_recorded=is_grad_enabled(),
            training=training,
            needs_grad=[p.requires_grad for p in self.parameters],
            seed=int(random.default_generator.numpy.integers(2**63)) if any(training) else None,
            args=[_packed(x) for x in args],
            kwargs={name: _packed(x) for name, x in kwargs.items()},
            size=size,
        )
        self._ask(job, question)
        return job

    def walk_back(self, job: Job, g: Tensor) -> None:
        """Let it begin to walk back from what came of a job."""
        self._ask(job, WalkBack(job.number, g.array))

    def read(self) -> None:
        """Read the answer that it owes, or wait for it."""
        assert self.asked is not None
        job, self.asked = self.asked, None
        answer = self._through_pipe(self.pipe.recv)
        if isinstance(answer, list):  # the next way back will leave its gradients in the same place
            found = zip(answer, self.gradients, strict=True)
            answer = [Tensor._wrap(g.copy()) if is_found else None for is_found, g in found]
        job.answer = answer

    def end(self, why: str) -> None:
        """End it, whatever it is doing."""
        if not self.pipe.closed:
            self.why_gone = why
            self.pipe.close()
            if os.getpid() == self.owner:
                with suppress(ChildProcessError, ProcessLookupError):  # somebody was faster
                    os.kill(self.pid, signal.SIGKILL)
                    os.waitpid(self.pid, 0)

    def __reduce__(self) -> NoReturn:
        raise TypeError("DataParallel: it cannot be copied, with its processes. Copy its module.")

    def _ask(self, job: Job, question: Map | WalkBack) -> None:
        if os.getpid() != self.owner:
            raise RuntimeError(
                "DataParallel: it serves the process that made it, and this is a fork of that one. "
                "Call its module instead."
            )
        message = pickle.dumps(question)  # from here to our own fork, and nowhere else
        if self.asked is not None:
            self.read()
        self._through_pipe(self.pipe.send_bytes, message)
        self.asked = job

    def _through_pipe(self, function: Callable[..., Any], *args: Any) -> Any:
        """Send or receive. If that is broken off, nobody knows where in the pipe it was."""
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

    # --------------------------------------------------------------------------- in the fork

    def _serve(self, pipe: Connection, threads: int) -> None:
        """Answer what is asked, until the other end of the pipe is closed."""
        parallel.set_num_threads(threads)
        for p in self.parameters:
            p._hooks = None  # they are for the whole gradient, and run where that is
        outputs: dict[int, Tensor] = {}
        while True:
            try:
                question = pipe.recv()
            except EOFError:
                return
            try:
                answer = self._mapped if isinstance(question, Map) else self._walked_back
                pipe.send(answer(question, outputs))
            except Exception:
                import traceback

                pipe.send(Failed(traceback.format_exc()))

    def _mapped(self, question: Map, outputs: dict[int, Tensor]) -> tuple[Array, bool]:
        """Map a part of a batch; keep the output, if there may be a walk back from it."""
        for number in outputs.keys() - set(question.kept):
            del outputs[number]
        for module, training in zip(self.modules, question.training, strict=True):
            module.training = training
        for p, needs_grad in zip(self.parameters, question.needs_grad, strict=True):
            p.requires_grad = needs_grad
        if question.seed is not None:
            random.manual_seed(question.seed)
        args = [_unpacked(x) for x in question.args]
        kwargs = {name: _unpacked(x) for name, x in question.kwargs.items()}
        with set_grad_enabled(question.is_recorded):
            y = checked_output(self.modules[0](*args, **kwargs), question.size)
        if y.requires_grad:
            outputs[question.number] = y
        return y.array, y.requires_grad

    def _walked_back(self, question: WalkBack, outputs: dict[int, Tensor]) -> list[bool]:
        """Leave the gradients where they can be seen; say which parameters have one."""
        if question.number not in outputs:
            raise RuntimeError(
                "Trying to backward through the graph a second time: DataParallel keeps nothing "
                "for that, even with retain_graph=True. Compute the output anew."
            )
        y = outputs.pop(question.number)
        wanted = [p for p in self.parameters if p.requires_grad]
        gradients = iter(grad(y, wanted, Tensor._wrap(question.g), allow_unused=True))
        found = [next(gradients) if p.requires_grad else None for p in self.parameters]
        for g, place in zip(found, self.gradients, strict=True):
            if g is not None:
                place[...] = g.array
        return [g is not None for g in found]


def _packed(x: Any) -> Any:
    return Sent(x.array) if isinstance(x, Tensor) else x


def _unpacked(x: Any) -> Any:
    return Tensor._wrap(x.array) if isinstance(x, Sent) else x
