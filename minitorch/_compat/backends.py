"""No effect: switches of libraries that are not used. What is set is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from enum import Enum

from ..scalars import flag

__all__: list[str] = []  # each is a module of its own: see guests.py


def _switch(kernel: str) -> tuple[Callable[[bool], None], Callable[[], bool]]:
    """Return the functions that set a switch for a kernel of attention, and say how it is set."""
    on = True

    def enable(enabled: bool) -> None:
        """No effect: attention has one kernel. The switch is kept."""
        nonlocal on
        on = flag(f"enable_{kernel}_sdp", "enabled", enabled)

    def is_enabled() -> bool:
        """Return what was set: True, unless something was."""
        return on

    return enable, is_enabled


def _not() -> bool:
    """Return False: it is not used."""
    return False


class _Unused:
    is_available = staticmethod(_not)


class mps(_Unused):
    """The GPUs of Apple's processors, which are not used."""

    is_built = staticmethod(_not)


class cuda:
    """No effect: NVIDIA's GPUs are not used."""

    is_built = staticmethod(_not)

    class matmul:
        """No effect: products of matrices are computed in the tensors' dtype."""

        allow_tf32 = allow_fp16_accumulation = False
        allow_fp16_reduced_precision_reduction = allow_bf16_reduced_precision_reduction = True
        fp32_precision = "none"

    enable_flash_sdp, flash_sdp_enabled = _switch("flash")
    enable_mem_efficient_sdp, mem_efficient_sdp_enabled = _switch("mem_efficient")
    enable_math_sdp, math_sdp_enabled = _switch("math")
    enable_cudnn_sdp, cudnn_sdp_enabled = _switch("cudnn")

    @staticmethod
    def sdp_kernel(
        enable_flash: bool = True,
        enable_math: bool = True,
        enable_mem_efficient: bool = True,
        enable_cudnn: bool = True,
    ) -> nullcontext[None]:
        """No effect: a `with` block. Attention has one kernel."""
        return nullcontext()


class cudnn(_Unused):
    """No effect: NVIDIA's library for neural networks is not used."""

    enabled, benchmark, deterministic, allow_tf32 = True, False, False, True
    benchmark_limit, fp32_precision = None, "none"

    @staticmethod
    def version() -> None:
        """Return None: it is not used."""

    @staticmethod
    def flags(
        enabled: bool = False,
        benchmark: bool = False,
        benchmark_limit: int = 10,
        deterministic: bool = False,
        allow_tf32: bool = True,
        fp32_precision: str = "none",
    ) -> nullcontext[None]:
        """No effect: a `with` block."""
        return nullcontext()


class mkl(_Unused):
    """Intel's library for matrices, which is not used: see `show_config()` for the one that is."""


class mkldnn(_Unused):
    """No effect: Intel's library for neural networks is not used."""

    enabled = True


class openmp(_Unused):
    """No effect: threads are started without it. See `set_num_threads`."""


class opt_einsum(_Unused):
    """No effect: `einsum` chooses the order of its products itself."""

    enabled, strategy = False, None


# ---------------------------------------------------------------------------- kernels of attention


class SDPBackend(Enum):
    """No effect: the kernels of attention that PyTorch has. There is one here."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


def sdpa_kernel(
    backends: SDPBackend | Sequence[SDPBackend], set_priority: bool = False
) -> nullcontext[None]:
    """No effect: a `with` block. Attention has one kernel.

    Raises:
        TypeError: it is neither an SDPBackend nor a list of them.
    """
    for backend in backends if isinstance(backends, (list, tuple)) else [backends]:
        if not isinstance(backend, SDPBackend):
            raise TypeError(f"sdpa_kernel: backends must be of SDPBackend, not {backend!r}")
    return nullcontext()


class attention:
    """What chooses among PyTorch's kernels of attention. There is one here."""

    SDPBackend, sdpa_kernel = SDPBackend, staticmethod(sdpa_kernel)
