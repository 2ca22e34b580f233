"""`nn.DataParallel`, and `minitorch.multiprocessing`: what is of one process.

Several processes compute together by `minitorch.distributed`, started by `mpiexec`.
"""

from __future__ import annotations

import multiprocessing
from types import SimpleNamespace
from typing import Any, NoReturn

from ..nn.module import Module

__all__ = ["DataParallel"]


class DataParallel(Module):
    """No effect: PyTorch's divides a batch among GPUs, and without any is the module itself.

    `nn.parallel.DistributedDataParallel` divides the work among processes.
    """

    def __init__(
        self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0
    ) -> None:
        super().__init__()
        if not isinstance(module, Module):
            raise TypeError(f"DataParallel: it takes a Module, not {type(module).__name__}")
        self.module = module

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute what the module computes."""
        return self.module(*args, **kwargs)


def spawn(*args: Any, **options: Any) -> NoReturn:
    """Raise RuntimeError: `mpiexec` starts the processes."""
    raise RuntimeError(
        "multiprocessing.spawn: start the processes with  mpiexec -n 4 python script.py  and let "
        "each call minitorch.distributed.init_process_group()"
    )


processes = SimpleNamespace(
    __doc__="Python's `multiprocessing`; but `spawn`, of distributed programs, is refused.",
    **{name: getattr(multiprocessing, name) for name in multiprocessing.__all__},
    spawn=spawn,
)
