"""Names that do nothing on a CPU: a program that uses them computes what it does without them."""

from __future__ import annotations

import inspect
import math
import tomllib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch import nn
from minitorch._compat import accelerators, amp, backends, compilers, switches
from minitorch.cuda.amp import GradScaler, autocast

ROOT = Path(__file__).parents[2]


# ------------------------------------------------------------------------------- inference_mode


def doubled(x: mt.Tensor) -> mt.Tensor:
    return x * 2


def test_inference_mode_records_nothing() -> None:
    x = mt.ones(2, requires_grad=True)
    with mt.inference_mode():
        assert not mt.is_grad_enabled()
        assert not doubled(x).requires_grad
    assert doubled(x).requires_grad
    for decorate in (mt.inference_mode(), mt.inference_mode, mt.inference_mode(True)):
        assert not decorate(doubled)(x).requires_grad
        assert decorate(doubled).__name__ == "doubled"


def test_inference_mode_that_is_off_records_as_in_pytorch() -> None:
    x = mt.ones(2, requires_grad=True)
    with mt.no_grad():
        with mt.inference_mode(False):
            assert doubled(x).requires_grad
        assert mt.inference_mode(mode=False)(doubled)(x).requires_grad
        assert not doubled(x).requires_grad


def test_inference_mode_decorates_generators_methods_and_functions_that_call_themselves() -> None:
    x = mt.ones(2, requires_grad=True)

    @mt.inference_mode()
    def steps(n: int) -> Any:
        for _ in range(n):
            yield doubled(x).requires_grad

    @mt.inference_mode
    def down(n: int) -> bool:
        return down(n - 1) if n else doubled(x).requires_grad

    generated = steps(2)
    assert not next(generated)
    assert mt.is_grad_enabled()
    assert not next(generated)
    assert not down(3)
    assert mt.is_grad_enabled()


def test_what_was_computed_in_inference_mode_may_be_used_later() -> None:
    x = mt.ones(2, requires_grad=True)
    with mt.inference_mode():
        y = x * 3
    (x * y).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [3, 3])


# ----------------------------------------------------------------------------- compile and jit


DECORATORS: list[Callable[..., Any]] = [
    mt.compile, mt.compile(), mt.compile(fullgraph=True, mode="max-autotune", backend="eager"),
    mt.jit.script, lambda f: mt.jit.trace(f, mt.ones(2)), mt.jit.ignore, mt.jit.ignore(),
    mt.jit.unused, mt.jit.export, mt.compiler.disable, mt.compiler.disable(recursive=False),
    mt._dynamo.disable, mt.amp.custom_fwd(device_type="cpu"), mt.amp.custom_bwd(device_type="cuda"),
    mt.cuda.amp.custom_fwd(cast_inputs=mt.float32), mt.cuda.amp.custom_bwd,
]  # fmt: skip


@pytest.mark.parametrize("decorate", DECORATORS)
def test_what_is_compiled_is_the_function_or_module_itself(decorate: Callable[..., Any]) -> None:
    layer = nn.Linear(2, 2)
    assert decorate(doubled) is doubled
    assert decorate(layer) is layer


def test_a_module_compiles_itself_in_place() -> None:
    assert nn.Linear(2, 2).compile(mode="reduce-overhead") is None


def test_compilers_say_that_they_do_not_compile() -> None:
    assert not mt.jit.is_scripting()
    assert not mt.jit.is_tracing()
    assert not mt.compiler.is_compiling()
    assert mt._dynamo.reset() is None


# -------------------------------------------------------------------------------------- autocast

AUTOCASTS: list[Callable[[], Any]] = [
    lambda: mt.autocast("cuda"),
    lambda: mt.autocast(device_type="cpu", dtype=mt.bfloat16, enabled=True, cache_enabled=False),
    lambda: mt.amp.autocast("mps", mt.float16),
    lambda: autocast(),
    lambda: autocast(enabled=False, dtype=mt.float16),
    lambda: mt.cpu.amp.autocast(True, mt.bfloat16, True),
]


@pytest.mark.parametrize("make", AUTOCASTS)
def test_autocast_computes_in_the_tensors_dtype(make: Callable[[], Any]) -> None:
    x = mt.ones(2, 2, requires_grad=True)
    with make():
        y = x @ x
        assert not mt.is_autocast_enabled()
    assert (y.dtype, y.requires_grad) == (mt.float32, True)
    assert make()(doubled)(x).dtype is mt.float32
    assert make()(doubled).__name__ == "doubled"
    with pytest.raises(ZeroDivisionError), make():
        1 / 0  # noqa: B018


# ------------------------------------------------------------------------------------ GradScaler


@pytest.mark.parametrize(
    "make",
    [
        GradScaler,
        mt.amp.GradScaler,
        lambda: mt.amp.GradScaler("cuda", enabled=False),
        lambda: mt.amp.GradScaler("cpu", 2.0, 2.0, 0.5, 10, True),
        lambda: GradScaler(2.0, growth_interval=10, enabled=True),
    ],
)
def test_a_scaled_step_is_a_step(make: Callable[[], Any]) -> None:
    weights = []
    for scaler in (None, make()):
        w = nn.Parameter(mt.tensor([1.0, 2.0]))
        optimizer = mt.optim.SGD([w], lr=0.1, momentum=0.9)
        for _ in range(3):
            optimizer.zero_grad()
            loss = (w * w).sum()
            if scaler is None:
                loss.backward()
                optimizer.step()
            else:
                assert scaler.scale(loss) is loss
                scaler.scale(loss).backward()
                scaler.unscale_(optimizer)
                assert scaler.step(optimizer) is None
                scaler.update()
        weights.append(w.detach().numpy())
    np.testing.assert_array_equal(*weights)


def test_a_scaler_is_disabled_and_has_no_state() -> None:
    scaler = mt.amp.GradScaler(enabled=True)
    assert not scaler.is_enabled()
    assert scaler.get_scale() == 1.0
    assert scaler.state_dict() == {}
    scaler.load_state_dict({"scale": 2.0})
    scaler.update(4.0)
    assert scaler.get_scale() == 1.0
    losses = [mt.ones(1), mt.ones(2)]
    assert scaler.scale(losses) is losses


def test_a_scaled_step_passes_the_closure_and_returns_the_loss() -> None:
    w = nn.Parameter(mt.tensor([1.0]))
    optimizer = mt.optim.SGD([w], lr=0.1)

    def closure() -> mt.Tensor:
        loss = (w * w).sum()
        loss.backward()
        return loss

    assert mt.amp.GradScaler().step(optimizer, closure).item() == 1.0
    assert w.item() == pytest.approx(0.8)


# ------------------------------------------------------------------------------------------ GPUs


@pytest.mark.parametrize("name", ["cuda", "mps", "xpu", "accelerator"])
def test_there_is_no_gpu(name: str) -> None:
    of = getattr(mt, name)
    assert of.is_available() is False
    assert of.device_count() == 0
    assert of.synchronize() is None
    assert of.empty_cache() is None


def test_what_is_asked_of_a_gpu_is_answered_as_without_one() -> None:
    assert mt.cuda.is_bf16_supported() is False
    assert mt.cuda.is_initialized() is mt.cuda._initialized is False
    assert mt.cuda.get_rng_state_all() == []
    assert mt.cuda.set_rng_state_all([]) is None
    for name in (
        "memory_allocated",
        "max_memory_allocated",
        "memory_reserved",
        "max_memory_reserved",
    ):
        assert getattr(mt.cuda, name)("cuda:0") == 0
    assert mt.cuda.reset_peak_memory_stats(0) is None
    assert mt.accelerator.current_accelerator() is None
    assert mt.version.cuda is None
    assert (mt.cpu.is_available(), mt.cpu.device_count()) == (True, 1)
    assert (mt.cpu.current_device(), mt.cpu.synchronize()) == ("cpu", None)


@pytest.mark.parametrize(
    "name", ["current_device", "get_device_name", "get_device_properties", "set_device", "Event"]
)
def test_what_needs_a_gpu_says_that_there_is_none(name: str) -> None:
    sentence = (
        f"cuda.{name}: there is no GPU, as minitorch computes on the CPU only. Ask "
        "cuda.is_available() first, which is False."
    )
    with pytest.raises(RuntimeError) as error:
        getattr(mt.cuda, name)(0)
    assert str(error.value) == sentence


def test_seeding_a_gpu_leaves_the_generator_alone() -> None:
    mt.manual_seed(1)
    expected = mt.rand(3).tolist()
    mt.manual_seed(1)
    for seed in (mt.cuda.manual_seed, mt.cuda.manual_seed_all, mt.mps.manual_seed):
        seed(7)
        with pytest.raises(TypeError, match="argument 'seed' must be int, not str"):
            seed("a")
    assert mt.rand(3).tolist() == expected


def test_cuda_and_cpu_return_the_tensor_and_the_module_themselves() -> None:
    x, layer = mt.ones(2, requires_grad=True), nn.Linear(2, 2)
    for of in (x, layer):
        assert of.cpu() is of
        for device in (None, 0, "cuda", "cuda:1"):
            assert of.cuda(device) is of
    assert x.cuda(non_blocking=True) is x
    assert not x.cuda().is_cuda
    assert layer.share_memory() is layer


# -------------------------------------------------------------------------------------- backends


def test_backends_are_not_available_and_keep_what_is_set() -> None:
    for name in ("cuda", "mps"):
        assert getattr(mt.backends, name).is_built() is False
    for name in ("cudnn", "mps", "mkl", "mkldnn", "openmp", "opt_einsum"):
        assert getattr(mt.backends, name).is_available() is False
    cudnn = mt.backends.cudnn
    assert (cudnn.enabled, cudnn.benchmark, cudnn.deterministic) == (True, False, False)
    assert (cudnn.allow_tf32, mt.backends.cuda.matmul.allow_tf32) == (True, False)
    assert cudnn.version() is None
    try:
        cudnn.benchmark = mt.backends.cuda.matmul.allow_tf32 = True
        assert import_module("minitorch.backends.cudnn").benchmark
        assert mt.backends.cuda.matmul.allow_tf32
    finally:
        cudnn.benchmark = mt.backends.cuda.matmul.allow_tf32 = False
    with cudnn.flags(enabled=False, deterministic=True):
        pass


@pytest.mark.parametrize("kernel", ["flash", "mem_efficient", "math", "cudnn"])
def test_each_kernel_of_attention_has_a_switch(kernel: str) -> None:
    enable = getattr(mt.backends.cuda, f"enable_{kernel}_sdp")
    enabled = getattr(mt.backends.cuda, f"{kernel}_sdp_enabled")
    assert enabled() is True
    enable(False)
    assert enabled() is False
    enable(True)
    with pytest.raises(
        TypeError, match=rf"enable_{kernel}_sdp\(\): argument 'enabled' must be bool"
    ):
        enable("no")


def test_attention_is_the_same_whichever_kernel_is_asked_for() -> None:
    from minitorch.nn.attention import SDPBackend, sdpa_kernel

    q = mt.arange(12.0).reshape(1, 3, 4) / 10
    expected = nn.functional.scaled_dot_product_attention(q, q, q)
    for block in (
        sdpa_kernel(SDPBackend.MATH),
        sdpa_kernel([SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION]),
        mt.backends.cuda.sdp_kernel(enable_flash=False),
    ):
        with block:
            y = nn.functional.scaled_dot_product_attention(q, q, q)
        np.testing.assert_array_equal(y.numpy(), expected.numpy())
    with pytest.raises(TypeError, match="sdpa_kernel: backends must be of SDPBackend, not 'math'"):
        sdpa_kernel("math")


# -------------------------------------------------------------------------- switches at the top


def test_the_precision_of_products_is_kept() -> None:
    assert mt.get_float32_matmul_precision() == "highest"
    for precision in ("high", "medium", "highest"):
        mt.set_float32_matmul_precision(precision)
        assert mt.get_float32_matmul_precision() == precision
    with pytest.raises(ValueError, match="must be 'highest', 'high' or 'medium', not 'low'"):
        mt.set_float32_matmul_precision("low")


def test_the_switch_for_deterministic_algorithms_is_kept() -> None:
    assert not mt.are_deterministic_algorithms_enabled()
    mt.use_deterministic_algorithms(True, warn_only=True)
    assert mt.are_deterministic_algorithms_enabled()
    assert mt.is_deterministic_algorithms_warn_only_enabled()
    with pytest.raises(TypeError, match="argument 'warn_only' must be bool, not int"):
        mt.use_deterministic_algorithms(False, warn_only=1)
    assert mt.are_deterministic_algorithms_enabled()
    mt.use_deterministic_algorithms(False)
    assert not mt.are_deterministic_algorithms_enabled()
    assert not mt.is_deterministic_algorithms_warn_only_enabled()


def test_the_other_switches() -> None:
    assert mt.get_default_device() == mt.device("cpu")
    mt.set_default_device("cpu")
    with pytest.raises(RuntimeError, match="minitorch computes on the CPU only"):
        mt.set_default_device("cuda")
    assert mt.set_flush_denormal(True) is False
    mt.set_num_interop_threads(2)
    assert mt.get_num_interop_threads() == 1
    with pytest.raises(ValueError, match="argument 'num' must be at least 1, not 0"):
        mt.set_num_interop_threads(0)


def test_constants_are_pythons_and_the_version_is_this_packages() -> None:
    assert (mt.inf, mt.pi, mt.e) == (math.inf, math.pi, math.e)
    assert math.isnan(mt.nan)
    assert mt.newaxis is None
    assert mt.ones(3)[:, mt.newaxis].shape == (3, 1)
    setup = (ROOT / "setup.cfg").read_text()
    assert "version = attr: minitorch.__version__" in setup
    assert all(part.isdigit() for part in mt.__version__.split("."))
    assert "version" not in tomllib.loads((ROOT / "pyproject.toml").read_text()).get("project", {})


# ------------------------------------------------------------------ Variable, DataParallel


def test_a_variable_is_the_tensor_itself_cut_off_from_the_graph() -> None:
    from minitorch.autograd import Variable

    x = mt.ones(2, requires_grad=True) * 2
    v = Variable(x)
    assert type(v) is mt.Tensor
    assert (v.requires_grad, v.is_leaf) == (False, True)
    assert v.numpy() is x.detach().numpy()
    w = Variable(mt.ones(2), requires_grad=True)
    (w * w).sum().backward()
    np.testing.assert_array_equal(w.grad.numpy(), [2, 2])
    assert isinstance(x, Variable)
    assert isinstance(nn.Parameter(mt.ones(1)), Variable)
    assert not isinstance(3, Variable)
    with pytest.raises(TypeError, match="argument 'data' must be a Tensor, not list"):
        Variable([1.0])
    with pytest.raises(RuntimeError, match="floating point"):
        Variable(mt.arange(2), requires_grad=True)


def test_data_parallel_without_gpus_is_the_module_itself() -> None:
    from minitorch.nn.parallel import DataParallel

    linear = nn.Linear(2, 3)
    model = nn.DataParallel(linear, device_ids=[0, 1])
    assert DataParallel is nn.DataParallel
    assert model.module is linear
    assert [*model.state_dict()] == ["module.weight", "module.bias"]
    x = mt.ones(4, 2)
    assert model(x).tolist() == linear(x).tolist()
    with pytest.raises(TypeError, match="it takes a Module, not function"):
        nn.DataParallel(lambda x: x)  # type: ignore[arg-type]


# --------------------------------------------------------------------- how they are declared


def public(of: Any) -> list[tuple[str, Any]]:
    found = [(name, getattr(of, name)) for name in dir(of) if name[0] != "_"]
    return [
        (name, value)
        for name, value in found
        if (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__.startswith("minitorch._compat")
    ]


@pytest.mark.parametrize(
    "module", [accelerators, amp, backends, compilers, switches]
)
def test_a_name_without_effect_says_so_first(module: Any) -> None:
    """What returns something, or raises, begins with that. Lists of these names rely on it."""
    for name, value in public(module):
        for inner, part in [(name, value), *(public(value) if inspect.isclass(value) else [])]:
            first = (part.__doc__ or "").partition("\n")[0]
            says = first.startswith(("No effect: ", "Return ", "Raise RuntimeError: "))
            assert says or inspect.isclass(part), f"{module.__name__}: {inner}: {first!r}"


def test_a_device_is_a_context() -> None:
    with mt.device("cpu") as device:
        assert mt.ones(1).device == device
