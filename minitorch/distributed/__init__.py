"""Processes that compute together, as in `torch.distributed`. MPI carries the messages.

    mpiexec -n 4 python script.py

starts the same program four times. Each process has a number, its *rank*, 0 to 3; how many there
are is the *world size*. What follows are *collectives*: every process calls the same one, in the
same order, and all take part.

    import minitorch.distributed as dist

    dist.init_process_group()             # find the others
    x = minitorch.tensor([1.0 + dist.get_rank()])
    dist.all_reduce(x)                    # now 1 + 2 + 3 + 4 = 10 everywhere

    all_reduce    everybody has a tensor, and gets the sum of all
    broadcast     everybody gets that of one rank
    all_gather    everybody gets those of all, side by side
    barrier       everybody waits until all are there

`nn.parallel.DistributedDataParallel` trains a model with them. Without mpi4py (the extra `mpi`)
nothing here can be used, and nothing of MPI is loaded before `init_process_group`.

processes      who is there, and how all end if one fails
collectives    what they do together
objects        the same for other things than tensors
agreement      do all have the same?
"""

from .collectives import (
    ReduceOp,
    Work,
    all_gather,
    all_gather_into_tensor,
    all_reduce,
    barrier,
    broadcast,
    reduce_scatter_tensor,
)
from .objects import all_gather_object, broadcast_object_list
from .processes import (
    DistError,
    abort,
    destroy_process_group,
    get_backend,
    get_rank,
    get_world_size,
    init_process_group,
    is_available,
    is_gloo_available,
    is_initialized,
    is_mpi_available,
    is_nccl_available,
    launched,
)

__all__ = [
    "DistError", "ReduceOp", "Work", "abort", "all_gather", "all_gather_into_tensor",
    "all_gather_object", "all_reduce", "barrier", "broadcast", "broadcast_object_list",
    "destroy_process_group",
    "get_backend", "get_rank", "get_world_size", "init_process_group", "is_available",
    "is_gloo_available", "is_initialized", "is_mpi_available", "is_nccl_available", "launched",
    "reduce_scatter_tensor",
]  # fmt: skip
