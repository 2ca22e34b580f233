"""Making tensors: which dtype they get, which numbers a dtype can hold, and PyTorch's old ways."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

import minitorch as mt

# --------------------------------------------------------------------------- which dtype they get


@pytest.mark.parametrize(
    ("data", "dtype"),  # in PyTorch 2.13
    [
        (0.1, mt.float32),
        ([], mt.float32),
        ([1, 2], mt.int64),
        ([True, False], mt.bool),
        ([True, 1], mt.int64),
        ([True, 1.0], mt.float32),
        (range(3), mt.int64),
        (np.float64(0.1), mt.float64),
        ([np.float64(0.1)], mt.float64),
        ([0.1, np.float64(0.1)], mt.float64),
        ([1, np.float64(0.1)], mt.float64),
        ([0.1, np.float32(0.1)], mt.float32),
        ([np.int32(1)], mt.int32),
        ([np.int32(1), 1], mt.int64),
        ([np.int32(1), 0.5], mt.float32),
        ([np.int32(1), np.uint8(1)], mt.int32),
        ([np.bool_(True)], mt.bool),
        ([np.ones(2), np.ones(2)], mt.float64),
        ([np.ones(2), [1, 2]], mt.float64),
        ([np.ones(2, np.float32), [1.0, 2.0]], mt.float32),
        ([np.ones(2, np.int32), np.ones(2, np.float32)], mt.float32),
        ([[np.float64(1)], [2]], mt.float64),
        ([mt.tensor(1.0, dtype=mt.float64), 2.0], mt.float64),
        ([mt.tensor(1, dtype=mt.int32)], mt.int32),
        ([mt.tensor(1, dtype=mt.uint8), mt.tensor(1, dtype=mt.int32)], mt.int32),
    ],
    ids=str,
)
def test_the_dtype_is_what_all_numbers_promote_to(data: Any, dtype: mt.dtype) -> None:
    assert mt.tensor(data).dtype is dtype
    assert mt.as_tensor(data).dtype is dtype


def test_python_floats_have_the_default_dtype() -> None:
    mt.set_default_dtype(mt.float64)
    try:
        assert mt.tensor([0.1, np.float32(0.1)]).dtype is mt.float64
        assert mt.full((2,), 0.5).dtype is mt.float64
    finally:
        mt.set_default_dtype(mt.float32)


def test_a_tensor_in_a_list_is_a_number() -> None:
    assert mt.tensor([mt.tensor([1]), mt.tensor(2), 3]).tolist() == [1, 2, 3]


def test_the_type_float_is_float64() -> None:
    assert mt.tensor(1, dtype=float).dtype is mt.float64
    assert mt.zeros(2, dtype=float).dtype is mt.float64
    assert mt.zeros(2).to(float).dtype is mt.float64
    assert mt.zeros(2).to(int).dtype is mt.int64
    assert mt.zeros(2).to(bool).dtype is mt.bool
    assert mt.zeros(2).sum(dtype=float).dtype is mt.float64


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (True, mt.bool),
        (1, mt.int64),
        (0.5, mt.float32),
        (np.float64(0.5), mt.float32),
        (np.int32(1), mt.int64),
        (mt.tensor(1, dtype=mt.int32), mt.int64),
    ],
    ids=repr,
)
def test_full_goes_by_the_kind_of_number(value: Any, dtype: mt.dtype) -> None:
    assert mt.full((2,), value).dtype is dtype


# ------------------------------------------------------------------- which numbers a dtype can hold

U8, I32, I64, F32 = mt.uint8, mt.int32, mt.int64, mt.float32


def _zeros(dtype: mt.dtype) -> mt.Tensor:
    return mt.zeros(2, dtype=dtype)


def _set(index: Any) -> Callable[[Any, mt.dtype], mt.Tensor]:
    def set_item(value: Any, dtype: mt.dtype) -> mt.Tensor:
        x = _zeros(dtype)
        x[index] = value
        return x

    return set_item


FIRST, BOTH = mt.tensor([0]), mt.tensor([True, True])
PLACES: dict[str, Callable[[Any, mt.dtype], mt.Tensor]] = {  # of a number, as the dtype
    "full": lambda v, d: mt.full((2,), v, dtype=d),
    "full_like": lambda v, d: mt.full_like(_zeros(d), v),
    "new_full": lambda v, d: _zeros(d).new_full((2,), v),
    "fill_": lambda v, d: _zeros(d).fill_(v),
    "x[0] = v": _set(0),
    "x[:] = v": _set(slice(None)),
    "x[index] = v": _set(FIRST),
    "x[mask] = v": _set(BOTH),
    "masked_fill": lambda v, d: _zeros(d).masked_fill(BOTH, v),
    "masked_fill_": lambda v, d: _zeros(d).masked_fill_(BOTH, v),
    "index_fill": lambda v, d: _zeros(d).index_fill(0, FIRST, v),
    "index_fill_": lambda v, d: _zeros(d).index_fill_(0, FIRST, v),
    "scatter": lambda v, d: _zeros(d).scatter(0, FIRST, value=v),
    "scatter_": lambda v, d: _zeros(d).scatter_(0, FIRST, v),
    "pad": lambda v, d: mt.nn.functional.pad(_zeros(d), (1, 1), value=v),
    "linspace": lambda v, d: mt.linspace(v, v, 2, dtype=d),
}
LISTS: dict[str, Callable[[Any, mt.dtype], mt.Tensor]] = {  # here floats may become infinite
    "tensor": lambda v, d: mt.tensor([v], dtype=d),
    "tensor of tensors": lambda v, d: mt.tensor([mt.tensor(True), v], dtype=d),
    "as_tensor": lambda v, d: mt.as_tensor(v, dtype=d),
    "new_tensor": lambda v, d: _zeros(d).new_tensor([[v]]),
    "LongTensor": lambda v, d: TYPES[d]([v]),
}
TYPES = {U8: mt.ByteTensor, I32: mt.IntTensor, I64: mt.LongTensor}
BESIDE: dict[str, Callable[[Any, mt.dtype], mt.Tensor]] = {  # here a float makes a float of ints
    "where": lambda v, d: mt.where(BOTH, _zeros(d), v),
    "where, first": lambda v, d: mt.where(BOTH, v, _zeros(d)),
    "clamp": lambda v, d: _zeros(d).clamp(v),
    "clamp max": lambda v, d: _zeros(d).clamp(max=v),
    "clamp both": lambda v, d: _zeros(d).clamp(v, v),
    "add alpha": lambda v, d: mt.add(_zeros(d), _zeros(d), alpha=v),
    "sub alpha": lambda v, d: _zeros(d).sub(1, alpha=v),
    "index_add alpha": lambda v, d: mt.index_add(_zeros(d), 0, FIRST, _zeros(d)[:1], alpha=v),
    "pow": lambda v, d: _zeros(d) ** v,
}
WHOLE = [(300, U8), (-256, U8), (2**40, I32), (-(2**31) - 1, I32), (2**63, I64), (2**70, I64)]
FLOATS = [(-1.0, U8), (255.5, U8), (math.nan, I64), (-math.inf, I64), (2.0**63, I64), (1e10, I32)]


@pytest.mark.parametrize("place", [*PLACES, *LISTS, *BESIDE])
def test_an_int_that_the_dtype_cannot_hold_is_refused(place: str) -> None:
    put = (PLACES | LISTS | BESIDE)[place]
    for value, dtype in WHOLE:
        if place == "pow" and value < 0:
            continue  # it is not defined at all
        with pytest.raises(RuntimeError, match=rf"{value}.* to {dtype.name} without overflow"):
            put(value, dtype)


@pytest.mark.parametrize("place", [*PLACES, *LISTS])
def test_a_float_that_the_dtype_cannot_hold_is_refused(place: str) -> None:
    for value, dtype in FLOATS:
        with pytest.raises(RuntimeError, match=rf"to {dtype.name} without overflow"):
            (PLACES | LISTS)[place](value, dtype)


@pytest.mark.parametrize("place", [name for name in [*PLACES, *BESIDE] if name != "pow"])
def test_a_float_beyond_float32_is_refused(place: str) -> None:
    with pytest.raises(RuntimeError, match="1e\\+39 cannot be converted to float32"):
        (PLACES | BESIDE)[place](1e39, F32)


@pytest.mark.parametrize("place", PLACES)
def test_what_fits_is_converted(place: str) -> None:
    put = PLACES[place]
    for value, dtype, expected in [
        (255, U8, 255), (-1, U8, 255), (-255, U8, 1), (2.75, U8, 2), (-2.75, I64, -2),
        (2**31 - 1, I32, 2**31 - 1), (-(2**63), I64, -(2**63)), (np.int64(7), U8, 7),
        (np.float64(0.5), F32, 0.5), (math.inf, F32, math.inf), (True, F32, 1.0),
        (2**100, mt.float64, 2.0**100),
    ]:  # fmt: skip
        if place == "linspace" and (abs(value) > 2**53 or (dtype is U8 and value < 0)):
            continue  # it computes in float64
        if place == "linspace" and value == math.inf:
            continue  # inf - inf
        assert put(value, dtype).reshape(-1)[0].item() == expected, (value, dtype)
    assert math.isnan(put(math.nan, F32).reshape(-1)[0].item())
    if place != "linspace":
        assert put(math.nan, mt.bool).reshape(-1)[0].item() is True
        assert put(2, mt.bool).reshape(-1)[0].item() is True


def test_lists_of_floats_and_arrays_convert_as_there() -> None:
    assert mt.tensor([1e39]).item() == math.inf
    assert mt.tensor(np.array([300]), dtype=U8).item() == 44  # as .to() does
    assert mt.tensor([300]).to(U8).item() == 44
    assert mt.tensor([2**64, 2**100], dtype=mt.float64).tolist() == [2.0**64, 2.0**100]


def test_a_refused_number_changes_nothing() -> None:
    x = mt.arange(3, dtype=U8)
    for change in (
        lambda: x.fill_(300), lambda: x.masked_fill_(x > 0, -300), lambda: _assign(x, 0, 256),
        lambda: _assign(x, FIRST, 2.0**9), lambda: x.scatter_(0, FIRST, 999),
        lambda: x.clamp_(300), lambda: x.add_(1, alpha=300), lambda: x.pow_(300),
    ):  # fmt: skip
        version = x._version[0]
        with pytest.raises(RuntimeError, match="without overflow"):
            change()
        assert x.tolist() == [0, 1, 2]
        assert x._version[0] == version


def _assign(x: mt.Tensor, index: Any, value: Any) -> None:
    x[index] = value


@pytest.mark.parametrize(
    ("what", "make"),
    [
        ("arange", lambda: mt.arange(300, dtype=U8)),
        ("arange of int32", lambda: mt.arange(0, 2**40, 2**39, dtype=I32)),
        ("arange of huge", lambda: mt.arange(0, 2**70, 2**69)),
        ("randint", lambda: mt.randint(300, (2,), dtype=U8)),
        ("randint below", lambda: mt.randint(-3, 0, (2,), dtype=U8)),
        ("randint of int32", lambda: mt.randint(0, 2**40, (2,), dtype=I32)),
        ("randint of bool", lambda: mt.randint(0, 3, (2,), dtype=mt.bool)),
        ("randint_like", lambda: mt.randint_like(_zeros(U8), 300)),
        ("randperm", lambda: mt.randperm(300, dtype=U8)),
    ],
)
def test_ranges_that_the_dtype_cannot_hold_are_refused(what: str, make: Any) -> None:
    with pytest.raises(RuntimeError, match=r"cannot be converted|unsupported range|do not fit"):
        make()


def test_arithmetic_with_a_number_wraps_as_there() -> None:
    x = mt.ones(1, dtype=U8)
    assert (x + 300).tolist() == [45]
    assert (x - 2).tolist() == [255]
    assert (x * 300).tolist() == [44]
    assert (x == 257).tolist() == [True]
    x += 300
    assert x.tolist() == [45]


def test_a_quotient_is_that_of_the_number_that_was_given() -> None:
    assert (mt.ones(1, dtype=U8) / 300).tolist() == [np.float32(1 / 300)]
    assert (300 / mt.ones(1, dtype=U8)).tolist() == [300]
    assert (mt.ones(1, dtype=mt.bool) / 4).tolist() == [0.25]
    assert (mt.tensor([3]) / 2).dtype is mt.float32


def test_alpha_is_a_number_of_the_common_dtype() -> None:
    x, n = mt.ones(1, dtype=mt.float64), mt.ones(1, dtype=mt.int64)
    assert mt.add(x, n, alpha=0.1).item() == 1.1  # 0.1 in float32 is 0.10000000149
    b = mt.tensor([True])
    assert mt.add(b, b, alpha=2).dtype is mt.bool


def test_bools_are_not_subtracted() -> None:
    mask = mt.tensor([True, False])
    for difference in (
        lambda: 1 - mask, lambda: mask - 1, lambda: mask - 1.0, lambda: mask - mask,
        lambda: mt.ones(2) - mask, lambda: mask - mt.ones(2), lambda: mt.ones(2).sub_(mask),
        lambda: mt.sub(mask, mask.clone()), lambda: -mask,
    ):  # fmt: skip
        with pytest.raises(RuntimeError, match=r"bool"):
            difference()
    assert (~mask).tolist() == [False, True]
    assert (1 - mask.long()).tolist() == [0, 1]


# ----------------------------------------------------------------------------- PyTorch's old ways


def test_the_class_makes_tensors() -> None:
    assert mt.Tensor().shape == (0,)
    assert mt.Tensor(2, 3).shape == (2, 3)
    assert mt.Tensor(np.int64(2)).shape == (2,)
    assert mt.Tensor((2, 3)).tolist() == [2, 3]
    x = mt.Tensor([1, 2])
    assert x.tolist() == [1, 2]
    assert x.dtype is mt.float32
    assert mt.Tensor(np.ones(2)).dtype is mt.float32
    x.requires_grad_()
    (x * x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [2, 4]


def test_numpy_s_functions_give_tensors() -> None:
    x = mt.tensor([0.0, 1.0])
    y = np.exp(x)
    assert isinstance(y, mt.Tensor)
    assert y.tolist() == pytest.approx([1, math.e])
    assert isinstance(np.add(x, np.ones(2)), mt.Tensor)
    assert isinstance(np.isnan(x), mt.Tensor)
    assert isinstance(np.ones(2) * x, mt.Tensor)
    assert np.asarray(x) is x.array
    with pytest.raises(RuntimeError, match=r"Use tensor\.detach"):
        np.exp(x.clone().requires_grad_())


def test_a_deep_copy_shares_what_the_original_shares() -> None:
    x = mt.arange(6.0).reshape(2, 3)
    alone = mt.ones(2)
    y, part, column, flat, again, other = deepcopy([x, x[:1], x.mT[2], x.view(-1), x, alone])
    assert y is again
    assert y.tolist() == x.tolist()
    assert column.tolist() == [2, 5]
    part[0, 2] = 100.0
    assert (y[0, 2].item(), column[0].item(), flat[2].item()) == (100, 100, 100)
    assert (x[0, 2].item(), other.tolist()) == (2, [1, 1])
    twice, its_part = deepcopy((y, part))
    its_part[0, 0] = 7.0
    assert twice[0, 0].item() == 7
    assert y[0, 0].item() == 0


def test_the_graph_notices_a_change_through_a_copied_view() -> None:
    x, part = deepcopy((lambda x: (x, x[:1]))(mt.ones(2)))
    w = mt.ones(2, requires_grad=True)
    y = (w * x).sum()
    part += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_a_deep_copy_of_a_parameter_shares_with_its_views() -> None:
    weight = mt.nn.Parameter(mt.ones(3))
    copied, part = deepcopy([weight, weight.detach()[:2]])
    part[0] = 5.0
    assert copied.tolist() == [5, 1, 1]
    assert weight.tolist() == [1, 1, 1]
    assert isinstance(copied, mt.nn.Parameter)


def test_a_deep_copy_keeps_layout_leaf_and_gradient() -> None:
    x = mt.tensor(np.asfortranarray(np.arange(6.0).reshape(2, 3)), requires_grad=True)
    (x * x).sum().backward()
    y = deepcopy(x)
    assert y.requires_grad
    assert y.is_leaf
    assert y.tolist() == x.tolist()
    assert x.grad is not None
    assert y.grad is not None
    assert y.grad.tolist() == x.grad.tolist()
    assert y.grad is not x.grad
    wide = deepcopy(mt.tensor([[1.0], [2.0]]).expand(2, 3))
    assert wide.tolist() == [[1, 1, 1], [2, 2, 2]]
    with pytest.raises(RuntimeError, match="single memory location"):
        wide.fill_(0)


# -------------------------------------------------------------------------------- the small print


@pytest.mark.parametrize(
    ("pad", "expected"),  # of [0, 1, 2, 3, 4, 5], in PyTorch
    [
        ((2, -1), [2, 1, 0, 1, 2, 3, 4]),
        ((-1, 2), [1, 2, 3, 4, 5, 4, 3]),
        ((-3, 3), [3, 4, 5, 4, 3, 2]),
        ((-5, 4), [5, 4, 3, 2, 1]),
        ((-6, 1), [4]),
        ((5, -3), [5, 4, 3, 2, 1, 0, 1, 2]),
    ],
)
def test_a_reflection_sees_what_was_taken_away(pad: Any, expected: list[float]) -> None:
    x = mt.arange(6.0).reshape(1, 6)
    assert mt.nn.functional.pad(x, pad, "reflect").tolist() == [expected]


def test_two_elements_reflect() -> None:
    assert mt.nn.functional.pad(mt.tensor([1.0, 2.0]), (1, -1), "reflect").tolist() == [2, 1]


def test_logsumexp_keeps_dimensions_when_asked() -> None:
    x = mt.tensor([[0.0, 0.0], [1.0, 1.0]])
    two = math.log(2)
    assert mt.logsumexp(x, 1, keepdim=True).shape == (2, 1)
    assert mt.logsumexp(x, 1, keepdim=True).tolist() == pytest.approx(np.array([[two], [1 + two]]))
    assert mt.logsumexp(x, 1).shape == (2,)
    assert mt.logsumexp(x, (0, 1), keepdim=True).shape == (1, 1)
    assert mt.logsumexp(x, (0, 1)).shape == ()


def test_randint_takes_its_size_by_name() -> None:
    assert mt.randint(5, size=(2, 3)).shape == (2, 3)
    assert mt.randint(3, 5, size=(2,)).min().item() >= 3


def test_membership_is_asked_of_numbers_and_tensors() -> None:
    assert 1 in mt.tensor([0, 1])
    assert mt.tensor(0.0) in mt.zeros(2)
    assert math.nan not in mt.tensor([math.nan])


def test_no_items_at_the_edges_is_dots() -> None:
    mt.set_printoptions(edgeitems=0, threshold=3)
    try:
        assert repr(mt.arange(10.0)) == "tensor([...], size=(10,))"
        assert repr(mt.zeros(3, 4)) == "tensor([...], size=(3, 4))"
        assert repr(mt.zeros(2)) == "tensor([0., 0.], size=(2,))"
    finally:
        mt.set_printoptions(profile="default")


@pytest.mark.parametrize(
    ("make", "options", "text"),
    [
        (lambda: mt.zeros(0), {}, "tensor([])"),
        (lambda: mt.zeros(2, 0), {}, "tensor([], size=(2, 0))"),
        (lambda: mt.zeros(0, dtype=mt.int64), {}, "tensor([], dtype=minitorch.int64)"),
        (lambda: mt.tensor([1.5, 2.5]), {"sci_mode": True}, "tensor([1.5000e+00, 2.5000e+00])"),
        (lambda: mt.tensor([1e-6, 1.0]), {"sci_mode": False}, "tensor([0.0000, 1.0000])"),
        (lambda: mt.arange(2000), {}, "tensor([   0,    1,    2,  ..., 1997, 1998, 1999])"),
        (lambda: mt.arange(12).reshape(3, 4), {"threshold": 5, "edgeitems": 1},
         "tensor([[ 0,  ...,  3],\n        ...,\n        [ 8,  ..., 11]])"),
    ],
)  # fmt: skip
def test_a_tensor_is_printed_as_pytorch_prints_it(
    make: Any, options: dict[str, Any], text: str
) -> None:
    mt.set_printoptions(**options)
    try:
        assert repr(make()) == text
    finally:
        mt.set_printoptions(profile="default")


def test_a_result_is_printed_with_its_operation() -> None:
    y = mt.ones(2, requires_grad=True) * 2
    assert repr(y) == "tensor([2., 2.], grad_fn=<mul>)"


def test_finfo_gives_the_limits_of_a_dtype() -> None:
    single, double = mt.finfo(), mt.finfo(mt.float64)
    assert (single.dtype, single.bits, double.bits) == ("float32", 32, 64)
    assert (single.eps, double.eps) == (2**-23, 2**-52)
    assert (single.max, single.min, single.tiny) == ((2 - 2**-23) * 2.0**127, -single.max, 2**-126)
    assert (single.resolution, double.resolution) == (1e-6, 1e-15)


@pytest.mark.parametrize("shape", [(0,), (3,), (0, 3), (3, 0), (5, 2), (2, 5)], ids=str)
def test_eye_is_numpy_s(shape: tuple[int, ...]) -> None:
    assert np.array_equal(mt.eye(*shape).numpy(), np.eye(*shape))
