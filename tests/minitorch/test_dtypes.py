"""Dtypes: small integers, names of half precision, limits, and the dtype of a result."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minitorch as mt

HALF = [mt.float16, mt.bfloat16]


# --------------------------------------------------------------------------- int8 and int16


@pytest.mark.parametrize(("dtype", "kind"), [(mt.int8, "CharTensor"), (mt.int16, "ShortTensor")])
def test_small_integers_are_made_and_printed(dtype: mt.dtype, kind: str) -> None:
    x = mt.tensor([3, -7], dtype=dtype)
    assert x.dtype is dtype
    assert repr(x) == f"tensor([ 3, -7], dtype={dtype})"
    assert x.type() == f"minitorch.{kind}"
    assert getattr(mt, kind)([3, -7]).equal(x)
    assert mt.from_numpy(x.numpy()).dtype is mt.zeros(2, dtype=dtype).dtype is dtype
    assert mt.tensor([3.9, -7.9]).to(dtype).tolist() == [3, -7]
    limits = mt.iinfo(dtype)
    assert mt.full((1,), limits.min, dtype=dtype).item() == limits.min
    with pytest.raises(RuntimeError, match="without overflow"):
        mt.tensor(limits.max + 1, dtype=dtype)


def test_conversions_by_method_wrap() -> None:
    x = mt.tensor([-1, 200, 40000])
    assert x.char().tolist() == [-1, -56, 64]
    assert x.short().tolist() == [-1, 200, -25536]
    assert x.byte().tolist() == [255, 200, 64]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (mt.uint8, mt.int8, mt.int16), (mt.int8, mt.int16, mt.int16),
        (mt.int16, mt.int32, mt.int32), (mt.bool, mt.int8, mt.int8),
        (mt.int16, mt.float32, mt.float32),
    ],
)  # fmt: skip
def test_promotion(first: mt.dtype, second: mt.dtype, expected: mt.dtype) -> None:
    a, b = mt.ones(2, dtype=first), mt.ones(2, dtype=second)
    assert (a + b).dtype is mt.promote_types(first, second) is mt.result_type(b, a) is expected


def test_a_number_keeps_a_small_integer_small() -> None:
    x = mt.tensor([100], dtype=mt.int8)
    assert (x + 100).dtype is mt.result_type(x, 2) is mt.int8
    assert (x + 100).item() == -56
    assert (x * 0.5).dtype is mt.result_type(x, 0.5) is (x / 3).dtype is mt.float32
    assert (x + mt.tensor(1000)).dtype is mt.int8  # a tensor without dimensions gives way
    assert mt.result_type(1, 2.5) is mt.float32
    with pytest.raises(TypeError, match="of tensors and numbers, not of 'a'"):
        mt.result_type(x, "a")


def test_small_integers_are_reduced_as_int64_and_divided_as_floats() -> None:
    x = mt.tensor([[100, 100], [-128, 3]], dtype=mt.int8)
    assert x.sum().dtype is x.prod().dtype is x.cumsum(0).dtype is mt.int64
    assert x.sum().item() == 75
    assert x.prod().item() == -3_840_000
    assert x.amax().dtype is x.sort().values.dtype is mt.int8
    assert x.argmax().item() == 0
    assert (x // 3).tolist() == [[33, 33], [-43, 1]]
    assert x.div(3, rounding_mode="trunc").tolist() == [[33, 33], [-42, 1]]
    assert (x % 7).tolist() == [[2, 2], [5, 3]]
    assert (x & 6 | 1 ^ ~x).dtype is mt.int8


def test_the_most_negative_integer_has_no_positive_counterpart() -> None:
    least, other = mt.tensor([-128], dtype=mt.int8), mt.tensor([127], dtype=mt.int8)
    assert least.div(other, rounding_mode="trunc").item() == -1
    assert other.div(least, rounding_mode="trunc").item() == 0
    one = mt.tensor([-1, 1, 2, 0], dtype=mt.int8)
    assert (one**least).tolist() == [1, 1, 0, 0]
    assert mt.pow(one, mt.tensor(-3)).tolist() == [-1, 1, 0, 0]


def test_small_integers_are_no_indices_but_numbers() -> None:
    x = mt.arange(6.0)
    for dtype in (mt.int8, mt.int16):
        i = mt.tensor([1, 2], dtype=dtype)
        with pytest.raises(IndexError, match="must be int64, int32, uint8 or bool, not int"):
            x[i]
        with pytest.raises(RuntimeError, match="must be an int64 or int32 tensor"):
            x.gather(0, i)
        assert x[i[1]].item() == x[i.numpy()][1].item() == range(6)[i[1]] == 2


def test_any_and_all_of_uint8_are_uint8() -> None:
    x = mt.tensor([[0, 5], [7, 5]], dtype=mt.uint8)
    assert repr(x.any()) == "tensor(1, dtype=minitorch.uint8)"
    assert repr(x.all(0)) == "tensor([0, 1], dtype=minitorch.uint8)"
    assert x.char().any().dtype is mt.bool


def test_small_integers_are_saved(tmp_path: Path) -> None:
    state = {"a": mt.tensor([[1, -2]], dtype=mt.int8), "b": mt.tensor(-300, dtype=mt.int16)}
    mt.save(state, tmp_path / "x")
    loaded = mt.load(tmp_path / "x")
    assert {k: (v.dtype, v.tolist()) for k, v in loaded.items()} == {
        "a": (mt.int8, [[1, -2]]), "b": (mt.int16, -300),
    }  # fmt: skip


def test_arange_of_an_integer_dtype_counts_its_steps_before_it_rounds() -> None:
    assert mt.arange(0.5, 2.6, dtype=mt.int16).tolist() == [0, 1, 2]
    assert mt.arange(0.5, 2.6, dtype=mt.int64).tolist() == [0, 1]  # as in PyTorch


# ----------------------------------------------------------------------------- half precision


def test_names_of_half_precision_are_compared_kept_and_copied() -> None:
    assert mt.half is mt.float16
    assert mt.float16 != mt.float32
    assert {mt.float16: 1}[mt.half] == 1
    assert repr(mt.bfloat16) == "minitorch.bfloat16"
    for dtype in HALF:
        assert dtype.itemsize == 2
        assert dtype.is_floating_point
        assert dtype.is_signed
        assert not dtype.is_complex
        assert copy.deepcopy({"dtype": dtype})["dtype"] is dtype
        assert pickle.loads(pickle.dumps(dtype)) is dtype
        assert mt.zeros(1).dtype != dtype


@pytest.mark.parametrize("dtype", HALF)
def test_nothing_is_computed_in_half_precision(dtype: mt.dtype) -> None:
    x, layer = mt.ones(2), mt.nn.Linear(2, 2)
    before = layer.state_dict()
    calls: list[Any] = [
        lambda: x.to(dtype), lambda: x.to("cpu", dtype), lambda: x.type(dtype),
        lambda: getattr(x, dtype.name.replace("float16", "half").replace("bhalf", "bfloat16"))(),
        lambda: mt.tensor([1.0], dtype=dtype), lambda: mt.zeros(2, dtype=dtype),
        lambda: mt.randn(2, dtype=dtype), lambda: mt.ones_like(x, dtype=dtype),
        lambda: x.sum(dtype=dtype), lambda: mt.softmax(x, 0, dtype=dtype),
        lambda: layer.to(dtype), lambda: layer.half(), lambda: layer.bfloat16(),
        lambda: mt.nn.Linear(2, 2, dtype=dtype), lambda: mt.set_default_dtype(dtype),
        lambda: mt.promote_types(mt.float32, dtype),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(TypeError, match=r"No tensor holds it.*: use float32\."):
            call()
    assert mt.get_default_dtype() is mt.float32
    assert all(value.dtype is mt.float32 for value in before.values())


# ------------------------------------------------------------------------------------ limits


@pytest.mark.parametrize("dtype", [mt.float32, mt.float64, mt.float16])
def test_limits_of_floats_are_numpys(dtype: mt.dtype) -> None:
    ours, numpys = mt.finfo(dtype), np.finfo(dtype.name)
    for name in ("bits", "eps", "max", "min", "tiny", "smallest_normal"):
        assert getattr(ours, name) == float(getattr(numpys, name))
    assert ours.resolution == pytest.approx(float(numpys.resolution), rel=1e-3)


def test_limits_of_bfloat16() -> None:
    limits = mt.finfo(mt.bfloat16)  # 8 bits of exponent, as float32 has, and 7 of fraction
    assert (limits.bits, limits.eps, limits.tiny) == (16, 2**-7, 2**-126)
    assert limits.max == -limits.min == (2 - 2**-7) * 2.0**127
    assert repr(limits) == (
        "finfo(resolution=0.01, min=-3.38953e+38, max=3.38953e+38, eps=0.0078125, "
        "smallest_normal=1.17549e-38, tiny=1.17549e-38, dtype=bfloat16)"
    )


def test_limits_of_integers() -> None:
    for dtype in (mt.uint8, mt.int8, mt.int16, mt.int32, mt.int64):
        ours, numpys = mt.iinfo(dtype), np.iinfo(dtype.name)
        assert (ours.bits, ours.min, ours.max, ours.dtype) == (
            numpys.bits, numpys.min, numpys.max, dtype.name,
        )  # fmt: skip
    assert repr(mt.iinfo(mt.int8)) == "iinfo(min=-128, max=127, dtype=int8)"
    for dtype in (mt.bool, mt.float32, mt.half, "int8"):
        with pytest.raises(TypeError, match=r"iinfo: it is of integer dtypes, .* See finfo\(\)"):
            mt.iinfo(dtype)  # type: ignore[arg-type]


def test_questions_about_tensors() -> None:
    x = mt.zeros(2, 3)
    assert mt.is_tensor(x)
    assert not mt.is_tensor([1.0])
    assert mt.numel(x) == 6
    assert mt.is_floating_point(x)
    assert not mt.is_floating_point(x.long())
    assert not mt.is_complex(x)
    assert mt.can_cast(mt.int64, mt.float32)
    assert mt.can_cast(mt.int64, mt.uint8)
    assert not mt.can_cast(mt.float32, mt.int64)
    for question in (mt.numel, mt.is_floating_point, mt.is_complex):
        with pytest.raises(TypeError, match="must be a Tensor, not list"):
            question([1.0])
