"""The BLAS library behind NumPy's matrix products: its kernels, and how many threads it may use.

NumPy has no functions for these, so we call the OpenBLAS library that comes with NumPy's wheels. If
NumPy was installed another way, nothing is known and nothing is changed.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np


def _openblas() -> ctypes.CDLL | None:
    """Load the library that lies beside the installed NumPy."""
    package = Path(np.__file__).parent
    for directory in (package.with_name("numpy.libs"), package / ".dylibs"):
        for path in directory.glob("*openblas*"):
            return ctypes.CDLL(str(path))
    return None


@cache
def _function(name: str, result: Any) -> Any:
    """Return a function of OpenBLAS that takes no argument or an int, or None if there is none."""
    library = _openblas()
    function = getattr(library, f"scipy_openblas_{name}64_", None)
    if function is not None:
        function.restype = result
    return function


def name() -> str:
    """Return the library's name and version."""
    built: Any = np.show_config(mode="dicts")
    blas = built["Build Dependencies"]["blas"]
    return f"{blas['name']} {blas['version']}"


def kernels() -> str | None:
    """Return the name of the processor for which its kernels were made, or None if not known."""
    function = _function("get_corename", ctypes.c_char_p)
    return None if function is None else function().decode()


def threads() -> int | None:
    """Return how many threads a matrix product may use, or None if not known."""
    function = _function("get_num_threads", ctypes.c_int)
    return None if function is None else function()


def set_threads(n: int) -> None:
    """Let matrix products use n threads, from now on and in the whole process."""
    function = _function("set_num_threads", None)
    if function is not None:
        function(n)
