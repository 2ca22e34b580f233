"""The process group: the processes that `mpiexec` has started, and how all of them end together.

A collective waits for all ranks. If one of them fails and says nothing, the others wait for ever.
So `init_process_group` sees to it that an exception that nobody catches ends all of them, and that
a process which ends otherwise, as by `sys.exit`, tells the others; and waiting has a limit, for the
rank that was cut off and cannot say so.
"""

from __future__ import annotations

import atexit
import os
import sys
import time
from contextlib import suppress
from datetime import timedelta
from importlib.util import find_spec
from types import TracebackType
from typing import Any, ClassVar, NoReturn

from .._runtime.threads import get_num_threads, set_num_threads

INSTALL = "python -m pip install mpi4py mpich"
LAUNCHERS = (  # what a launcher tells the processes that it starts: how many, and which this is
    ("PMI_SIZE", "PMI_RANK"),  # MPICH and its descendants, Slurm
    ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),  # Open MPI
    ("WORLD_SIZE", "RANK"),  # torchrun
)
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")  # by which a user says how many each has
DEFAULT_TIMEOUT = timedelta(minutes=30)
ENDS = 31415  # the tag of the message in which a rank tells that it ends


class DistError(RuntimeError):
    """The processes cannot go on together; the message says why."""


class _Processes:
    """The group that `init_process_group` has made; there is one at most.

    Attributes:
        comm: MPI's name for it, a communicator; None before that.
        timeout: the seconds that anybody waits for the others.
        threads, hook: the threads and the `sys.excepthook` that this process had before.
        begun: how many collectives this rank has begun.
        ended: the ranks that are known to have ended, and how many each had begun.
    """

    comm: Any = None
    timeout = DEFAULT_TIMEOUT.total_seconds()
    threads = 1
    hook: Any = None
    begun = 0
    ended: ClassVar[dict[int, int]] = {}


processes = _Processes()


def is_available() -> bool:
    """Is mpi4py installed, so that `init_process_group` can be called?"""
    return find_spec("mpi4py") is not None


def is_mpi_available() -> bool:
    """Is mpi4py installed? MPI is the only backend."""
    return is_available()


def is_nccl_available() -> bool:
    """Return False: NCCL connects GPUs."""
    return False


def is_gloo_available() -> bool:
    """Return False: MPI is the only backend."""
    return False


def launched() -> tuple[int, int]:
    """Return the world size and the rank that the launcher has told this process: (1, 0) if none.

    Nothing of MPI is needed to ask that. PyTorch has `is_torchelastic_launched` in its place.
    """
    for size, rank in LAUNCHERS:
        if os.environ.get(size, "").isdecimal():
            return int(os.environ[size]), int(os.environ.get(rank, "0"))
    return 1, 0


def _communicator() -> Any:
    """Load MPI, which connects the processes; return the communicator of all.

    Raises:
        ImportError: mpi4py, or the MPI that it loads, is not installed.
        RuntimeError: the launcher has started more processes than MPI has connected.
    """
    size, _ = launched()
    if not is_available():
        started = f"mpiexec has started {size} processes, and " if size > 1 else ""
        raise ImportError(f"init_process_group: {started}mpi4py is not installed: {INSTALL}")
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise ImportError(
            f"init_process_group: mpi4py finds no MPI library: {INSTALL} ({reason})"
        ) from None
    comm = MPI.COMM_WORLD
    if comm.Get_size() != size > 1:
        raise RuntimeError(
            f"init_process_group: {size} processes were started, and MPI has connected "
            f"{comm.Get_size()}. Start them with the mpiexec of the MPI that mpi4py loads, "
            f"{' '.join(MPI.Get_library_version().splitlines()[0].split())}"
        )
    return comm


def communicator(name: str, group: None = None) -> Any:
    """Return the communicator, for the function of that name.

    Raises:
        ValueError: there is no group yet; or another one is asked for than that of all processes.
    """
    if group is not None:
        raise ValueError(f"{name}: there is one group, of all processes: leave out {group!r}")
    if processes.comm is None:
        raise ValueError(
            f"{name}: Default process group has not been initialized, please make sure to call "
            "init_process_group."
        )
    return processes.comm


def get_rank(group: None = None) -> int:
    """Return the number of this process, from 0 to the world size - 1."""
    return int(communicator("get_rank", group).Get_rank())


def get_world_size(group: None = None) -> int:
    """Return the number of processes."""
    return int(communicator("get_world_size", group).Get_size())


def abort(code: int, message: str = "") -> NoReturn:
    """End all processes at once, with an exit code, and a message on standard error.

    What all ranks do wrong, such as to read a file that is not there, each of them would say. So
    the others leave rank 0 half a second to say it for all, and each more than those before it.

    Before `init_process_group` it is the launcher that is told: MPICH's would not mind a process
    that ends without having joined the others, who wait for it.
    """
    _, rank = launched()
    if rank:
        time.sleep(0.5 + 0.1 * rank)
    print(message, end="", file=sys.stderr, flush=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # MPI would say in its own words that it ends
    time.sleep(0.05)  # until the launcher has passed the message on
    if processes.comm is not None:
        processes.comm.Abort(code)
    elif "PMI_FD" in os.environ:
        with suppress(OSError):
            os.write(int(os.environ["PMI_FD"]), f"cmd=abort exitcode={code}\n".encode())
    os._exit(code)  # while the others are being ended


def _end_all(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    """Do with an exception that nobody caught what Python does, and then end all processes."""
    from traceback import format_exception  # takes a while

    who = f"rank {get_rank()} of {get_world_size()}:\n" if get_world_size() > 1 else ""
    abort(1, who + "".join(format_exception(kind, error, where)))


def _hear(comm: Any) -> None:
    """Note which ranks have told that they end."""
    from mpi4py import MPI

    status = MPI.Status()
    while comm.Iprobe(tag=ENDS, status=status):
        begun = bytearray(8)
        comm.Recv([begun, MPI.BYTE], status.source, ENDS)
        processes.ended[status.source] = int.from_bytes(begun)


def _leave(comm: Any) -> None:
    """At the end of this process, tell the others what it took part in, and wait for their end."""
    from mpi4py import MPI

    if MPI.Is_finalized():
        return
    told = [processes.begun.to_bytes(8), MPI.BYTE]
    others = [rank for rank in range(comm.Get_size()) if rank != comm.Get_rank()]
    sent = [comm.Isend(told, rank, ENDS) for rank in others]
    while len(processes.ended) < len(others):
        _hear(comm)
        time.sleep(0.0005)
    MPI.Request.Waitall(sent)


def ended_before(number: int) -> int | None:
    """Return a rank that has ended without collective `number`, or None if none is known to."""
    if processes.comm is not None:
        _hear(processes.comm)
    return next((rank for rank, begun in processes.ended.items() if begun < number), None)


def _divide_threads(comm: Any) -> None:
    """Let the processes of each machine share its threads, unless each was told how many it has."""
    from mpi4py import MPI

    processes.threads = get_num_threads()
    if not any(name in os.environ for name in THREADS):
        here = comm.Split_type(MPI.COMM_TYPE_SHARED)
        set_num_threads(max(1, processes.threads // here.Get_size()))
        here.Free()


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: timedelta | None = None,
    world_size: int = -1,
    rank: int = -1,
) -> None:
    """Join the processes that `mpiexec` has started; one that was started by itself is rank 0 of 1.

    From here on an exception that nobody catches ends all processes. Those of one machine divide
    its threads (`get_num_threads`) among them, unless OMP_NUM_THREADS is set.

    Args:
        backend: "mpi", or None.
        init_method: "env://", or None; MPI finds the others itself.
        timeout: the longest that a process waits for the others, who may be dead or cut off;
            30 minutes unless given.
        world_size, rank: may be given, but must be those that MPI says.

    Raises:
        ValueError: another backend was asked for; or another world size or rank than MPI's.
        ImportError: mpi4py, or the MPI that it loads, is not installed.
        RuntimeError: there is a group already, or mpiexec and mpi4py are of two MPIs.
    """
    if backend not in (None, "mpi"):
        raise ValueError(
            f"init_process_group: the only backend is 'mpi', not {backend!r}. Start the processes "
            "with  mpiexec -n 4 python script.py"
        )
    if init_method not in (None, "env://"):
        raise ValueError(
            f"init_process_group: MPI finds the processes itself: leave out {init_method!r}"
        )
    if timeout is not None and not isinstance(timeout, timedelta):
        raise TypeError(
            f"init_process_group: timeout must be a timedelta, not {type(timeout).__name__}"
        )
    if processes.comm is not None:
        raise RuntimeError("init_process_group: trying to initialize the process group twice")
    comm = _communicator()
    for name, asked, found in (
        ("world_size", world_size, comm.Get_size()),
        ("rank", rank, comm.Get_rank()),
    ):
        if asked not in (-1, found):
            raise ValueError(
                f"init_process_group: {name} is {found}, as mpiexec started the processes, and "
                f"not {asked}"
            )
    processes.comm = comm
    processes.timeout = (DEFAULT_TIMEOUT if timeout is None else timeout).total_seconds()
    processes.hook, sys.excepthook = sys.excepthook, _end_all
    atexit.unregister(_leave)  # of a group before
    atexit.register(_leave, comm)
    _divide_threads(comm)


def destroy_process_group() -> None:
    """Leave the group. MPI itself ends with the process, and another group can be made before."""
    communicator("destroy_process_group")
    processes.comm = None
    sys.excepthook = processes.hook
    set_num_threads(processes.threads)


def is_initialized() -> bool:
    """Is there a process group?"""
    return processes.comm is not None


def get_backend() -> str:
    """Return "mpi"."""
    communicator("get_backend")
    return "mpi"
