"""What it was measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from minitorch._runtime import tuning


def describe(threads: int) -> dict[str, str]:
    """Return the machine, the versions, the threads and the BLAS kernels."""
    versions = {"python": platform.python_version()}
    for package in ("numpy", "torch", "jax", "autograd", "mygrad", "tinygrad", "micrograd"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        "versions": ", ".join(f"{name} {v}" for name, v in versions.items()),
        "threads": f"{threads} for each side",
        "BLAS": ", ".join(f"{name}: {what}" for name, what in tuning.config().items()),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
