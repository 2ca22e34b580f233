"""A kernel and its definition take the same arguments: one result, or one kind of error.

Valid arguments are drawn for each operation of the registry, and then, mostly, one or two of them
are spoiled: another shape, a size of 0, another dtype, a number out of range, the wrong object.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch
from minitorch import fused
from minitorch.fused import REGISTRY, definitions
from minitorch.tensor import Tensor

OURS = str(Path(minitorch.__file__).parent)
Draw = Callable[[Any], Any]

sizes = st.integers(1, 4)
fractions = st.sampled_from([0.0, 0.1, 1.0, 1, True, -0.5, 1.5, math.nan, None, "half"])
dims = st.sampled_from([-1, 0, 1, 2, -3, 1.0, True, (0, 1), None, "last"])


def floats(draw: Draw, *shape: int) -> Any:
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    return (draw(st.sampled_from([1, 5])) * rng.standard_normal(shape)).astype(np.float32)


def maybe(draw: Draw, array: Any) -> Any:
    return draw(st.sampled_from([array, None]))


def linear_call(draw: Draw) -> dict[str, Any]:
    n, m = draw(sizes), draw(sizes)
    if draw(st.booleans()):
        return {"input": floats(draw, 2, n), "weight": floats(draw, n), "bias": None}
    bias = maybe(draw, floats(draw, m))
    return {"input": floats(draw, 2, n), "weight": floats(draw, m, n), "bias": bias}


def softmax_call(draw: Draw) -> dict[str, Any]:
    return {"input": floats(draw, draw(sizes), draw(sizes)), "dim": draw(dims)}


def cross_entropy_call(draw: Draw) -> dict[str, Any]:
    N, C = draw(sizes), draw(sizes)
    x = floats(draw, N, C)
    x[draw(st.integers(0, N - 1))] = draw(st.sampled_from([0.0, -np.inf, np.nan]))
    target = np.random.default_rng(draw(st.integers(0, 99))).integers(-1, C, N)
    return {
        "input": x,
        "target": draw(st.sampled_from([np.maximum(target, 0), target, np.abs(x)])),
        "weight": maybe(draw, np.abs(floats(draw, C))),
        "ignore_index": draw(st.sampled_from([-1, -100, 0, 1.5, None])),
        "reduction": draw(st.sampled_from(["mean", "sum", "none", "all", None])),
        "label_smoothing": draw(fractions),
    }


def layer_norm_call(draw: Draw) -> dict[str, Any]:
    shape = draw(st.lists(sizes, min_size=1, max_size=2))
    return {
        "input": floats(draw, draw(sizes), *shape),
        "normalized_shape": draw(st.sampled_from([shape, shape, tuple(shape), [], 3, None])),
        "weight": maybe(draw, floats(draw, *shape)),
        "bias": maybe(draw, floats(draw, *shape)),
        "eps": draw(st.sampled_from([1e-5, 1e-5, 0, -1.0, None, "small"])),
    }


def gelu_call(draw: Draw) -> dict[str, Any]:
    approximate = draw(st.sampled_from(["none", "tanh", "erf", None]))
    return {"input": floats(draw, draw(sizes), draw(sizes)), "approximate": approximate}


def attention_call(draw: Draw) -> dict[str, Any]:
    T_q, T_k, d, d_value = draw(sizes), draw(sizes), draw(sizes), draw(sizes)
    query, key, value = (draw(st.sampled_from([(2, 2), (1, 2), (2,), ()])) for _ in range(3))
    mask_shape = draw(
        st.sampled_from([(T_q, T_k), (1, T_k), (T_k,), (2, 1, T_q, T_k), (3, 1, 1, 1, 1), (T_k, 5)])
    )
    numbers = floats(draw, *mask_shape)
    numbers[numbers > 1] = -np.inf
    return {
        "query": floats(draw, *query, T_q, d),
        "key": floats(draw, *key, T_k, d),
        "value": floats(draw, *value, T_k, d_value),
        "attn_mask": draw(st.sampled_from([None, numbers, numbers > 0])),
        "dropout_p": draw(st.sampled_from([0.0, 0.0, 0.5, 1.0, 1.5, -1, math.nan, None, "half"])),
        "is_causal": draw(st.booleans()),
        "scale": draw(st.sampled_from([None, None, 0.5, -1, math.nan, "small"])),
        "enable_gqa": draw(st.booleans()),
    }


CALLS: dict[str, tuple[Callable[..., Tensor], Callable[[Draw], dict[str, Any]]]] = {
    "linear": (fused.linear, linear_call),
    "softmax": (fused.softmax, softmax_call),
    "log_softmax": (fused.log_softmax, softmax_call),
    "cross_entropy": (fused.cross_entropy, cross_entropy_call),
    "layer_norm": (fused.layer_norm, layer_norm_call),
    "gelu": (fused.gelu, gelu_call),
    "scaled_dot_product_attention": (fused.scaled_dot_product_attention, attention_call),
}

SPOILERS: list[Callable[[Any], Any]] = [
    lambda a: a[None],
    lambda a: a[0] if a.ndim else a,
    lambda a: a[..., :0] if a.ndim else a,
    lambda a: a[:0] if a.ndim else a,
    lambda a: a[..., :1] if a.ndim else a,
    lambda a: np.concatenate([a, a], -1) if a.ndim else a,
    lambda a: a.swapaxes(0, -1) if a.ndim else a,
    lambda a: np.array(a.flat[0]) if a.size else a,
    lambda a: a * np.array(np.nan, a.dtype) if a.dtype.kind == "f" else a,
    lambda a: a.astype(np.float64),
    lambda a: (a > 0).astype(np.int64),
    lambda a: a.astype(np.bool_),
    lambda a: a.tolist(),
    lambda a: None,
]


def outcome(function: Any, given: dict[str, Any]) -> tuple[Any, list[Any]] | BaseException:
    """Return the value and the gradients, or the error."""

    def tensor(value: Any) -> Any:
        return Tensor._wrap(value.copy()) if isinstance(value, np.ndarray) else value

    tensors = {name: tensor(value) for name, value in given.items()}
    needing = [
        x for name, x in tensors.items()
        if isinstance(x, Tensor) and x.is_floating_point()
    ]  # fmt: skip
    if function is fused.cross_entropy:
        needing = [x for x in needing if x is tensors["input"]]
    for x in needing:
        x.requires_grad_()
    minitorch.manual_seed(0)  # of dropout
    try:
        y = function(**tensors)
        if y.requires_grad:
            g = np.random.default_rng(0).standard_normal(y.shape)
            y.backward(Tensor._wrap(g.astype(y.array.dtype)))
    except Exception as error:
        return error
    return y.array, [x.grad if x.grad is None else x.grad.array for x in needing]


def test_every_operation_of_the_registry_is_called() -> None:
    assert {kernel.name for kernel in REGISTRY} - {"gelu_tanh"} == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
@given(data=st.data())
def test_kernel_and_definition_take_the_same_arguments(name: str, data: st.DataObject) -> None:
    function, draw_call = CALLS[name]
    given = draw_call(data.draw)
    arrays = [name for name, value in given.items() if isinstance(value, np.ndarray)]
    spoiled = data.draw(st.lists(st.sampled_from(arrays), max_size=2, unique=True), "spoiled")
    for argument in spoiled:
        given[argument] = data.draw(st.sampled_from(SPOILERS))(given[argument])
    found = outcome(function, given)
    with definitions():
        expected = outcome(function, given)
    if isinstance(found, BaseException):
        assert type(found) is type(expected), (found, expected)
        frame = traceback.extract_tb(found.__traceback__)[-1]
        assert frame.filename.startswith(OURS), f"raised by {frame.filename}: {found}"
        return
    assert not isinstance(expected, BaseException), expected
    assert found[0].dtype == expected[0].dtype
    np.testing.assert_allclose(found[0], expected[0], rtol=2e-4, atol=1e-4)
    if not np.isfinite(found[0]).all():
        return  # where NaN goes on the way back is not promised
    for a, b in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-4)
        assert a.dtype == b.dtype
