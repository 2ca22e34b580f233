"""Settings made before NumPy is loaded: the memory allocator, and BLAS's threads and kernels.

None of them changes a result by more than the rounding of a matrix product. With `MINITORCH_TUNE=0`
in the environment none is made, and a variable that the user has set keeps its value.
`minitorch.show_config()` prints what is in use.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # from glibc's malloc.h
AVX512 = {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}  # needed by SkylakeX kernels
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "GOTO_NUM_THREADS")

done: dict[str, str] = {}
"""The settings that were made, for `show_config`."""


def keep_freed_memory() -> None:
    """Let the C library keep up to 1 GiB of freed memory instead of returning it to the system.

    A training step allocates arrays of the same sizes as the step before. If their memory was
    returned in between, the system has to map and clear each page again, which takes a quarter to a
    third of the time of a step. The peak of memory stays the same. Only glibc has the setting.
    """
    if sys.platform != "linux":
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "gnu_get_libc_version"):
        library.mallopt(M_TRIM_THRESHOLD, 1 << 30)
        if not library.mallopt(M_MMAP_THRESHOLD, 1 << 30):
            library.mallopt(M_MMAP_THRESHOLD, 1 << 25)  # the most that older versions take
        done["memory"] = "up to 1 GiB that was freed is kept for the next arrays"


def _processor_quota() -> int | None:
    """Return how many processors the container may use, rounded up; None if any number."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else max(1, -(-int(quota) // int(period)))


def bound_blas_threads() -> None:
    """Let OpenBLAS start no more threads than the container's quota of processors.

    OpenBLAS counts the processors of the machine, and knows nothing of the quota. If it starts more
    threads than that, they wait for each other most of the time.
    """
    quota = _processor_quota()
    if quota and quota < (os.cpu_count() or 1) and not any(name in os.environ for name in THREADS):
        os.environ["OPENBLAS_NUM_THREADS"] = str(quota)
        done["threads"] = f"{quota}, the container's share of the processors"


def let_blas_threads_sleep() -> None:
    """Let an OpenBLAS thread without work sleep after 2²⁰ clock ticks, half a millisecond.

    By default it goes on asking for work 64 times as long, and keeps a core busy all the while,
    which our own threads (`threads.py`) and other programs could use.
    """
    if "OPENBLAS_THREAD_TIMEOUT" not in os.environ:
        os.environ["OPENBLAS_THREAD_TIMEOUT"] = "20"
        done["waiting"] = "BLAS's threads sleep after half a millisecond without work"


def _processor() -> dict[str, str]:
    """Return the entries of the first processor in Linux's /proc/cpuinfo."""
    try:
        first = Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.split(":", 1) for line in first.splitlines() if ":" in line)
    return {name.strip(): value.strip() for name, value in pairs}


def choose_blas_kernels() -> None:
    """Choose OpenBLAS's AVX-512 kernels on processors that have it but are not recognised.

    Those are AMD's family 26 (Zen 5): OpenBLAS takes its AVX2 kernels, which are half as fast.
    """
    info = _processor()
    is_zen_5 = info.get("vendor_id") == "AuthenticAMD" and info.get("cpu family") == "26"
    if is_zen_5 and set(info.get("flags", "").split()) >= AVX512:
        os.environ.setdefault("OPENBLAS_CORETYPE", "SkylakeX")
        done["kernels"] = f"{os.environ['OPENBLAS_CORETYPE']}, as the processor has AVX-512"


def tune() -> None:
    """Make the settings, unless `MINITORCH_TUNE=0`; those of BLAS only if NumPy is not loaded."""
    if os.environ.get("MINITORCH_TUNE") == "0":
        done["tuning"] = "off, by MINITORCH_TUNE=0"
        return
    keep_freed_memory()
    if "numpy" in sys.modules:
        done["BLAS"] = "no, as NumPy was imported before minitorch"
        return
    before = set(os.environ)
    bound_blas_threads()
    let_blas_threads_sleep()
    choose_blas_kernels()
    import numpy  # noqa: F401  # OpenBLAS reads the variables now

    for name in set(os.environ) - before:  # no child process is to inherit them
        del os.environ[name]


def config() -> dict[str, str]:
    """Return what is in use: NumPy, BLAS with its threads and kernels, and the settings made."""
    import numpy as np

    from . import blas

    found = {"numpy": np.__version__, "blas": blas.name()}
    for name, what in (("kernels", blas.kernels()), ("threads", blas.threads())):
        found[name] = "not known" if what is None else str(what)
    return found | {f"tuned {name}": what for name, what in done.items()}


def show_config(mode: str = "stdout") -> dict[str, str] | None:
    """Print what is in use: NumPy, BLAS with its threads and kernels, and the settings made.

    Args:
        mode: "stdout", or "dicts" to return them instead, as for `numpy.show_config`.
    """
    if mode == "dicts":
        return config()
    if mode != "stdout":
        raise ValueError(f"show_config: mode must be 'stdout' or 'dicts', not {mode!r}")
    for name, what in config().items():
        print(f"{name:15} {what}")
    return None


tune()
