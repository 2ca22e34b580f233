"""The training steps on PyTorch in several processes: DistributedDataParallel, over gloo."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from .in_torch import Arrays, Run, adamw, encoder_decoder, gpt
from .works import Work


class Loss(nn.Module):
    """A model's loss, as what DistributedDataParallel wraps must be a module's output."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, *batch: Tensor) -> Tensor:
        return self.model.loss(*batch)  # type: ignore[no-any-return]


def training_step(work: Work, arrays: Arrays, *, processes: int) -> Run:
    """Forward, backward, Adam."""

    def build(rank: int) -> Run:
        model = gpt(work, arrays)
        ids = torch.tensor(arrays["data.ids"])
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        return _step(model, optimizer, (ids,), ids[:, 1:], rank, processes)

    return _in_step(processes, build)


def addition_step(work: Work, arrays: Arrays, *, processes: int) -> Run:
    """A step of the addition example."""

    def build(rank: int) -> Run:
        model = encoder_decoder(arrays)
        batch = torch.tensor(arrays["data.source"]), torch.tensor(arrays["data.target"])
        return _step(model, adamw(model), batch, batch[1][:, 1:], rank, processes, clip=1.0)

    return _in_step(processes, build)


def _step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: tuple[Tensor, ...],
    targets: Tensor,
    rank: int,
    n: int,
    clip: float | None = None,
) -> Run:
    """A step on this process's part of the batch; each counts as much as it has tokens to say."""
    some = slice(rank * len(targets) // n, (rank + 1) * len(targets) // n)
    weight = float((targets[some] != 0).sum() / (targets != 0).sum() * n)  # 0 is padding
    part = [x[some] for x in batch]
    parameters = list(model.parameters())
    compute = DistributedDataParallel(
        Loss(model), broadcast_buffers=False, gradient_as_bucket_view=True
    )
    checks = iter(range(3))  # the first results are compared with those of the other sides

    def run() -> float:
        loss = compute(*part) * weight
        optimizer.zero_grad()
        loss.backward()
        if clip is not None:
            nn.utils.clip_grad_norm_(parameters, clip)
        optimizer.step()
        whole = loss.detach()
        if next(checks, None) is not None:
            distributed.all_reduce(whole)
            whole /= n
        return float(whole.item())

    return run


def _in_step(n: int, build: Callable[[int], Run]) -> Run:
    """Build it in n processes, each with its rank; a run is one of each, at once."""
    torch.set_num_threads(max(1, torch.get_num_threads() // n))
    others = []
    with tempfile.TemporaryDirectory() as directory:  # where they find each other
        store = Path(directory, "store")
        for rank in range(1, n):
            read, write = os.pipe()
            if not os.fork():
                try:
                    os.close(write)
                    run = _connected(rank, n, store, build)
                    while os.read(read, 1):
                        run()
                finally:
                    os._exit(0)
            os.close(read)
            others.append(write)
        own = _connected(0, n, store, build)

    def together() -> float:
        for other in others:
            os.write(other, b".")
        return own()

    return together


def _connected(rank: int, n: int, store: Path, build: Callable[[int], Run]) -> Run:
    distributed.init_process_group("gloo", f"file://{store}", rank=rank, world_size=n)
    return build(rank)
