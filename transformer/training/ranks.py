"""One training in several processes: `mpiexec -n 4 transformer train addition`.

Every process, a *rank*, holds the whole training: task, model, optimizer, the same numbers. Each
draws the whole batch of a step, as always, and computes the loss of its part. Then all have the
gradient of the whole batch (see `minitorch/nn/parallel/distributed.py`), and take the same step. So
the training ends where that of one process does, up to rounding. Rank 0 alone evaluates, writes the
run, and speaks.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import minitorch as mt
import transformer
from minitorch import Tensor, distributed
from minitorch.autograd.function import Function
from minitorch.distributed.agreement import check_same
from minitorch.nn.parallel import DistributedDataParallel
from minitorch.random import draw_seed, fork_rng, manual_seed

from .checks import count_tokens, counted_tokens

if TYPE_CHECKING:
    from ..tasks import Model


def count() -> int:
    """Return how many processes share the training."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def are_several() -> bool:
    """Is the training shared with other processes?"""
    return count() > 1


def is_first() -> bool:
    """Is this rank 0, or the only process?"""
    return not are_several() or distributed.get_rank() == 0


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _code() -> dict[str, str]:
    """Return a digest of each source file of ours, and what computes besides."""
    digests = {"numpy": np.__version__, "python": sys.version.split()[0]}
    for package in (mt, transformer):
        root = Path(package.__path__[0])
        for path in sorted(root.rglob("*.py")):
            digests[str(path.relative_to(root.parent))] = _digest(path.read_bytes())
    script = Path(sys.argv[0])
    if script.is_file():
        digests[script.name] = _digest(script.read_bytes())
    return digests


def join() -> None:
    """Join the processes that mpiexec has started; alone, do nothing.

    Raises:
        ImportError: mpi4py or an MPI library is not installed.
        RuntimeError: mpiexec and mpi4py are of two MPIs; or the ranks run different code.
    """
    if distributed.launched()[0] > 1:
        if not distributed.is_initialized():
            distributed.init_process_group()
        check_same("the code", _code())


def check_same_run(how: str, config: dict[str, dict[str, Any]]) -> None:
    """Raise DistError unless all ranks are about to train the same.

    Args:
        how: the run begins.
        config: as in `config.json`.
    """
    if are_several():
        fields = {f"{part}.{name}": x for part, of in config.items() for name, x in of.items()}
        check_same("the run", {"it": how})
        check_same("the configuration", fields)


def from_first(value: Any) -> Any:
    """Return what rank 0 gives, in every rank: what `minitorch.save` can save."""
    if not are_several():
        return value
    one = [value]
    distributed.broadcast_object_list(one)
    return one[0]


def any_of(value: bool) -> bool:
    """Is it True in any rank?"""
    if not are_several():
        return value
    count = mt.tensor([int(value)])
    distributed.all_reduce(count)
    return bool(count.item())


class _MeanOverRanks(Function):
    """The mean of the ranks' losses, the same number in all.

    Backward hands on what arrives: DistributedDataParallel takes the mean of the gradients.
    """

    @staticmethod
    def forward(ctx: Any, loss: Tensor) -> Tensor:
        mean = loss / distributed.get_world_size()
        distributed.all_reduce(mean)
        return mean

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return g


def _part(model: Model, batch: tuple[Tensor, ...]) -> tuple[tuple[Tensor, ...], float]:
    """Return this rank's part of a batch, and its share of the tokens."""
    rank, n, size = distributed.get_rank(), distributed.get_world_size(), len(batch[0])
    part = tuple(x[rank * size // n : (rank + 1) * size // n] for x in batch)
    tokens = count_tokens(model, part)
    return (part, tokens / counted_tokens(model, batch)) if tokens else (batch, 0.0)


@contextmanager
def _own_stream() -> Iterator[None]:
    """Draw random numbers of this rank's own; the default generator stays the same in all ranks."""
    seed = draw_seed()
    with fork_rng():
        manual_seed((seed + distributed.get_rank()) % 2**63)
        yield


class Parallel:
    """The loss of a model, of which each process computes its part; alone, the model's `loss`.

        parallel = Parallel(model)
        loss = parallel.loss(source, target)     # the same number in all ranks
        loss.backward()                          # and the same gradient

    Args:
        model: becomes that of rank 0 in all ranks.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.module: DistributedDataParallel | None = None  # with several ranks, from first use

    def loss(self, *batch: Tensor, label_smoothing: float = 0.0) -> Tensor:
        """Return the mean cross-entropy of the whole batch's tokens, as the model's `loss` does.

        Rank r of n takes n-th of the examples, and the mean over the tokens of its part. A part
        counts for the tokens that it holds, which may be fewer than those of another. One without
        any, in a small batch, counts nothing, but takes part: with the whole batch, times 0.

        Dropout draws from a stream of its own in each rank, which begins at a number that all draw
        from the default generator.
        """
        if not are_several():
            return self.model.loss(*batch, label_smoothing=label_smoothing)
        module = self._of_all_ranks(batch)
        part, share = _part(self.model, batch)
        with _own_stream() if self.model.config.dropout else nullcontext():
            loss = self.model.loss(*part, label_smoothing=label_smoothing, forward=module)
        mean: Tensor = _MeanOverRanks.apply(loss * (share * distributed.get_world_size()))
        return mean

    def no_sync(self, *batch: Tensor) -> AbstractContextManager[None]:
        """Let the gradients of a batch's loss add up in each rank alone, for a later one's."""
        return self._of_all_ranks(batch).no_sync() if are_several() else nullcontext()

    def _of_all_ranks(self, batch: tuple[Tensor, ...]) -> DistributedDataParallel:
        """Return the module that is trained together; make sure that the first batch is one."""
        if self.module is None:
            contents = {f"tensor {i}": _digest(x.array.tobytes()) for i, x in enumerate(batch)}
            check_same("the first batch", contents)
            self.module = DistributedDataParallel(self.model, broadcast_buffers=False)
        return self.module
