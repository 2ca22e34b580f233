"""What code asks of a GPU, which is not there: `minitorch.cuda`, `cuda.amp`, `mps`, `xpu`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from .. import dtypes
from ..ops.table import named
from ..scalars import whole
from . import amp
from .compilers import unchanged
from .devices import device

Device = device | str | int | None
_initialized = False  # networks that compute twice ask `cuda` for it, to keep its generator's state


def _needs_gpu(name: str) -> Callable[..., NoReturn]:
    """Make a function that is of use only with a GPU."""

    def function(*args: Any, **options: Any) -> NoReturn:
        raise RuntimeError(
            f"{name}: there is no GPU, as minitorch computes on the CPU only. Ask "
            f"{name.split('.')[0]}.is_available() first, which is False."
        )

    return named(function, name.split(".")[1], "Raise RuntimeError: there is no GPU.")


def _gpu_type(name: str) -> type:
    """Make a type of which no tensor is an instance, and which makes none."""
    doc = "Tensors on a GPU: there are none."
    return type(name, (), {"__new__": _needs_gpu(f"cuda.{name}"), "__doc__": doc})


class _Accelerator:
    @staticmethod
    def is_available() -> bool:
        """Return False: tensors are on the CPU."""
        return False

    @staticmethod
    def device_count() -> int:
        """Return the number of GPUs: 0."""
        return 0

    @staticmethod
    def synchronize(device: Device = None) -> None:
        """No effect: on the CPU, an operation is complete when it returns."""

    @staticmethod
    def empty_cache() -> None:
        """No effect: there is no GPU's memory to free."""


class _Seeded(_Accelerator):
    @staticmethod
    def manual_seed(seed: int) -> None:
        """No effect: there is no GPU whose generator could be seeded.

        Raises:
            TypeError: the seed is not an int.
        """
        whole("manual_seed", "seed", seed)


class mps(_Seeded):
    """What code asks of the GPU of Apple's processors."""


class _Memory(_Seeded):
    @staticmethod
    def manual_seed_all(seed: int) -> None:
        """No effect: there are no GPUs whose generators could be seeded.

        Raises:
            TypeError: the seed is not an int.
        """
        whole("manual_seed_all", "seed", seed)

    @staticmethod
    def memory_allocated(device: Device = None) -> int:
        """Return the bytes in use on a GPU: 0."""
        return 0

    max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated

    @staticmethod
    def reset_peak_memory_stats(device: Device = None) -> None:
        """No effect: there is no GPU whose memory is counted."""

    @staticmethod
    def is_initialized() -> bool:
        """Return False: there is no GPU."""
        return False

    @staticmethod
    def is_bf16_supported() -> bool:
        """Return False: nothing is computed in bfloat16."""
        return False

    @staticmethod
    def get_rng_state_all() -> list[Any]:
        """Return the states of the GPUs' generators: []."""
        return []

    @staticmethod
    def set_rng_state_all(new_states: list[Any]) -> None:
        """No effect: there are no GPUs whose generators could be set."""


class xpu(_Memory):
    """What code asks of Intel's GPUs."""


class cuda(_Memory):
    """What code asks of NVIDIA's GPUs."""

    reset_max_memory_allocated = _Memory.reset_peak_memory_stats
    current_device = _needs_gpu("cuda.current_device")
    set_device = _needs_gpu("cuda.set_device")
    get_device_name = _needs_gpu("cuda.get_device_name")
    get_device_properties = _needs_gpu("cuda.get_device_properties")
    get_device_capability = _needs_gpu("cuda.get_device_capability")
    get_rng_state = _needs_gpu("cuda.get_rng_state")
    set_rng_state = _needs_gpu("cuda.set_rng_state")
    mem_get_info = _needs_gpu("cuda.mem_get_info")
    current_stream = _needs_gpu("cuda.current_stream")
    Stream = _needs_gpu("cuda.Stream")
    Event = _needs_gpu("cuda.Event")
    FloatTensor, DoubleTensor = _gpu_type("FloatTensor"), _gpu_type("DoubleTensor")
    HalfTensor, LongTensor = _gpu_type("HalfTensor"), _gpu_type("LongTensor")
    IntTensor, ByteTensor = _gpu_type("IntTensor"), _gpu_type("ByteTensor")
    BoolTensor = _gpu_type("BoolTensor")


class accelerator(_Accelerator):
    """What code asks of a GPU of any kind."""

    @staticmethod
    def current_accelerator(check_available: bool = False) -> None:
        """Return None: there is no GPU."""


class cpu:
    """What code asks of the CPU as it does of a GPU."""

    synchronize = _Accelerator.synchronize

    @staticmethod
    def is_available() -> bool:
        """Return True: tensors are on the CPU."""
        return True

    @staticmethod
    def device_count() -> int:
        """Return 1."""
        return 1

    @staticmethod
    def current_device() -> str:
        """Return "cpu"."""
        return "cpu"


class older_amp:
    """`minitorch.amp` as it was written before: for a device, and without its name."""

    class autocast(amp.autocast):
        """No effect: operations compute in their tensors' dtype. A `with` block, or a decorator.

        Raises:
            TypeError: `dtype` is not a dtype.
        """

        def __init__(
            self,
            enabled: bool = True,
            dtype: dtypes.dtype | None = None,
            cache_enabled: bool = True,
        ) -> None:
            super().__init__("cuda", dtype, enabled, cache_enabled)

    class GradScaler(amp.GradScaler):
        """No effect: it is disabled. See `minitorch.amp.GradScaler`."""

        def __init__(self, init_scale: float = 65536.0, *args: Any, **options: Any) -> None:
            super().__init__("cuda", init_scale, *args, **options)

    @staticmethod
    def custom_fwd(
        fwd: Callable[..., Any] | None = None, *, cast_inputs: dtypes.dtype | None = None
    ) -> Any:
        """No effect: a decorator of a `Function`'s `forward`, with or without brackets."""
        return unchanged("custom_fwd", fwd)

    @staticmethod
    def custom_bwd(bwd: Callable[..., Any]) -> Any:
        """No effect: a decorator of a `Function`'s `backward`."""
        return bwd
