"""What random inputs do not meet: ties, kinks, infinities, empty tensors, options."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch import ops
from minitorch.tensor import Tensor

inf, nan = math.inf, math.nan


def gradient(f: Any, *values: Any) -> list[Any]:
    """The gradients of Σ f(x, …), as lists."""
    xs = [mt.tensor(v, dtype=mt.float64, requires_grad=True) for v in values]
    f(*xs).sum().backward()
    return [x.grad.tolist() for x in xs]


TIES_AND_KINKS = [
    ("relu at 0", ops.relu, [-1.0, 0.0, 1.0], [0.0, 0.0, 1.0]),
    ("abs at 0", ops.abs, [-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]),
    ("clamp at its bounds", lambda x: x.clamp(0, 1), [-1.0, 0.0, 0.5, 1.0, 2.0], [0.0, 1.0, 1.0, 1.0, 0.0]),
    ("amax of ties", lambda x: x.amax(0), [3.0, 1.0, 3.0], [0.5, 0.0, 0.5]),
    ("max over all, of ties", lambda x: x.max(), [3.0, 1.0, 3.0], [0.5, 0.0, 0.5]),
    ("max along dim, of ties", lambda x: x.max(0).values, [1.0, 3.0, 3.0], [0.0, 1.0, 0.0]),
    ("min along dim, of ties", lambda x: x.min(0).values, [1.0, 1.0, 3.0], [1.0, 0.0, 0.0]),
    ("sort of ties", lambda x: x.sort().values * mt.tensor([1.0, 2.0, 3.0]), [5.0, 5.0, 4.0], [2.0, 3.0, 1.0]),
    ("std of equals", lambda x: x.std(), [2.0, 2.0], [0.0, 0.0]),
    ("norm at 0", lambda x: x.norm(), [0.0, 0.0], [0.0, 0.0]),
    ("1-norm at 0", lambda x: x.norm(1), [0.0, -2.0], [0.0, -1.0]),
    ("inf-norm of ties", lambda x: x.norm(inf), [2.0, -2.0, 1.0], [0.5, -0.5, 0.0]),
    ("x^2 at 0", lambda x: x**2, [0.0, 3.0], [0.0, 6.0]),
    ("x^0", lambda x: x**0, [0.0, 3.0], [0.0, 0.0]),
    ("2^x", lambda x: 2**x, [0.0], [math.log(2)]),
    ("0^x", lambda x: 0.0**x, [0.0, 2.0], [0.0, 0.0]),
    ("sqrt at 0", ops.sqrt, [0.0, 4.0], [inf, 0.25]),
    ("product with a 0", ops.prod, [2.0, 0.0, 5.0], [0.0, 10.0, 0.0]),
    ("product with two 0s", ops.prod, [0.0, 0.0, 5.0], [0.0, 0.0, 0.0]),
    ("logsumexp of -inf", lambda x: x.logsumexp(0), [-inf, -inf], [0.0, 0.0]),
    ("softplus above its threshold", lambda x: ops.softplus(x, threshold=1.0), [2.0], [1.0]),
    ("leaky relu at 0", lambda x: ops.leaky_relu(x, 0.1), [-1.0, 0.0, 1.0], [0.1, 0.1, 1.0]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("f", "x", "expected"), [c[1:] for c in TIES_AND_KINKS], ids=[c[0] for c in TIES_AND_KINKS]
)
def test_gradient_at_ties_and_kinks(f: Any, x: list[float], expected: list[float]) -> None:
    assert gradient(f, x)[0] == pytest.approx(expected, abs=1e-15)


def test_maximum_shares_ties_evenly() -> None:
    assert gradient(ops.maximum, [1.0, 2.0], [1.0, 3.0]) == [[0.5, 0.0], [0.5, 1.0]]
    assert gradient(ops.minimum, [1.0, 2.0], [1.0, 3.0]) == [[0.5, 1.0], [0.5, 0.0]]


def test_clamp_by_tensors_passes_the_gradient_to_the_bound_that_holds() -> None:
    f = lambda x, low, high: x.clamp(low, high)  # noqa: E731
    assert gradient(f, [0.0, 2.0, 5.0], [1.0, 1.0, 1.0], [4.0, 4.0, 4.0]) == [
        [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (ops.log, [0.0, -1.0], [-inf, nan]),
        (ops.reciprocal, [0.0, -0.0], [inf, -inf]),
        (ops.exp, [1000.0, -1000.0], [inf, 0.0]),
        (ops.sigmoid, [1e4, -1e4], [1.0, 0.0]),
        (ops.logsigmoid, [1e4, -1e4], [0.0, -1e4]),
        (ops.softplus, [1e4, -1e4], [1e4, 0.0]),
        (ops.erf, [inf, -inf, nan], [1.0, -1.0, nan]),
        (lambda x: x - x, [inf], [nan]),
        (lambda x: x * 0, [inf], [nan]),
        (lambda x: x / x, [0.0], [nan]),
        (lambda x: x.amax(), [1.0, nan], nan),
        (lambda x: x.max(0).values, [1.0, nan], nan),
        (lambda x: x.clamp(0, 1), [nan], [nan]),
        (lambda x: x.sort(descending=True).values, [1.0, nan, 2.0], [nan, 2.0, 1.0]),
        (lambda x: x.logsumexp(0), [1e4, 1e4], 1e4 + math.log(2)),
        (lambda x: x.var(), [1.0], nan),
    ],
)
def test_no_warning_where_numbers_end(f: Any, x: list[float], expected: Any) -> None:
    # pytest makes an error of each warning.
    np.testing.assert_allclose(f(mt.tensor(x)).numpy(), expected, rtol=1e-6)


def test_empty_tensors() -> None:
    empty = mt.zeros(0, 3)
    assert empty.sum().item() == 0
    assert empty.prod().item() == 1
    assert math.isnan(empty.mean().item())
    assert empty.sum(0).tolist() == [0, 0, 0]
    assert empty.any().item() is False
    assert empty.all().item() is True
    assert (empty @ mt.zeros(3, 2)).shape == (0, 2)
    with pytest.raises(IndexError, match="nothing to choose from"):
        empty.argmax()


def test_erf_in_float32_is_exact_to_two_places_of_its_last_bit() -> None:
    x = np.linspace(-5, 5, 20001, dtype=np.float32)
    y = ops.erf(mt.from_numpy(x)).numpy()
    exact = np.array([math.erf(v) for v in x.tolist()])
    assert y.dtype == np.float32
    assert (abs(y - exact) <= 2 * np.spacing(abs(exact).astype(np.float32))).all()


@pytest.mark.parametrize("V", [5, 2000])
def test_embedding_adds_up_what_an_id_receives_except_for_padding(V: int) -> None:
    table = mt.zeros(V, 2, requires_grad=True)
    ids = mt.tensor([[1, 3], [1, 0]])
    y = ops.embedding(ids, table, padding_idx=0)
    (y * mt.tensor([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]])).sum().backward()
    assert table.grad is not None
    assert table.grad.array[:4].tolist() == [[0, 0], [6, 8], [0, 0], [3, 4]]
    assert not table.grad.array[4:].any()


def test_embedding_reads_the_rows() -> None:
    table = mt.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert ops.embedding(mt.tensor([1, 0, 1]), table).tolist() == [[3, 4], [1, 2], [3, 4]]


def test_dropout_scales_what_it_keeps_and_drops_the_same_in_the_gradient() -> None:
    mt.manual_seed(0)
    x = mt.ones(10_000, requires_grad=True)
    y = ops.dropout(x, 0.25)
    y.sum().backward()
    assert x.grad is not None
    assert set(np.unique(y.array)) == {0, np.float32(1 / 0.75)}
    assert abs((y.array == 0).mean() - 0.25) < 0.02  # 4.6 standard deviations
    np.testing.assert_array_equal(x.grad.array, y.array)
    assert not ops.dropout(x, 1.0).array.any()


def test_div_rounds_as_told() -> None:
    a, b = mt.tensor([7, -7]), mt.tensor([2, 2])
    assert (a / b).tolist() == [3.5, -3.5]
    assert ops.div(a, b, rounding_mode="floor").tolist() == [3, -4]
    assert ops.div(a, b, rounding_mode="trunc").tolist() == [3, -3]
    assert (a // b).dtype == mt.int64
    assert (a % b).tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="divided by 0"):
        a // 0


def test_alpha_scales_the_second() -> None:
    a, b = mt.tensor([1.0]), mt.tensor([2.0])
    assert ops.add(a, b, alpha=3).tolist() == [7]
    assert ops.sub(a, b, alpha=3).tolist() == [-5]
    with pytest.raises(RuntimeError, match="whole number"):
        ops.add(mt.tensor([1]), mt.tensor([2]), alpha=0.5)


@pytest.mark.parametrize(
    ("f", "dtype"),
    [
        (lambda x: x * 2.5, mt.float32),
        (lambda x: 2.5 * x, mt.float32),
        (lambda x: x + np.float64(1), mt.float32),
        (lambda x: np.float64(1) + x, mt.float32),
        (lambda x: x + np.ones(2), mt.float64),
        (lambda x: np.ones(2, np.float32) * x, mt.float32),
        (lambda x: x > 1, mt.bool),
        (lambda x: x.long() + 1, mt.int64),
        (lambda x: x.long() * 1.5, mt.float32),
        (lambda x: x.long() / 2, mt.float32),
        (lambda x: x.int() + x.long(), mt.int64),
        (lambda x: x.bool().sum(), mt.int64),
        (lambda x: x.bool() + 1, mt.int64),
        (lambda x: x.double() + x, mt.float64),
        (lambda x: x + mt.tensor(1.0, dtype=mt.float64), mt.float32),
        (lambda x: x.long().exp(), mt.float32),
        (lambda x: x.to(mt.uint8) + 1, mt.uint8),
    ],
)
def test_dtype_of_a_result(f: Any, dtype: Any) -> None:
    y = f(mt.tensor([1.0, 2.0]))
    assert isinstance(y, Tensor)
    assert y.dtype == dtype


def test_sort_keeps_ties_in_order_both_ways() -> None:
    x = mt.tensor([1, 0, 1, 0])
    assert x.argsort().tolist() == [1, 3, 0, 2]
    assert x.argsort(descending=True).tolist() == [0, 2, 1, 3]
    values, indices = x.topk(3)
    assert (values.tolist(), indices.tolist()) == ([1, 1, 0], [0, 2, 1])
    assert x.max(0).indices.item() == 0


def test_index_that_changes_before_the_backward_pass_is_noticed() -> None:
    x, index = mt.ones(3, requires_grad=True), mt.tensor([0, 1])
    for y in (x[index], x.gather(0, index), x.index_select(0, index)):
        index.copy_(mt.tensor([2, 2]))
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.sum().backward()
        index = mt.tensor([0, 1])


def test_losses_by_hand() -> None:
    log_p = mt.tensor([[-1.0, -2.0], [-3.0, -4.0]])
    target, weight = mt.tensor([0, 1]), mt.tensor([1.0, 3.0])
    assert ops.nll_loss(log_p, target, weight).item() == pytest.approx((1 + 12) / 4)
    assert ops.nll_loss(log_p, target, ignore_index=1).item() == 1
    assert math.isnan(ops.nll_loss(log_p, mt.tensor([1, 1]), ignore_index=1).item())
    assert ops.kl_div(log_p, mt.tensor([[0.0, 1.0], [0.0, 1.0]]), reduction="sum").item() == 6
    bce = ops.binary_cross_entropy_with_logits(
        mt.tensor([0.0]), mt.tensor([1.0]), pos_weight=mt.tensor([2.0])
    )
    assert bce.item() == pytest.approx(2 * math.log(2))
    with pytest.raises(ValueError, match="'average' is not a reduction"):
        ops.mse_loss(log_p, log_p, reduction="average")


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_what_nll_loss_ignores_may_hold_anything(reduction: str) -> None:
    log_p = mt.tensor([[-1.0, -2.0], [math.nan, -math.inf], [-3.0, -4.0]], requires_grad=True)
    loss = ops.nll_loss(log_p, mt.tensor([0, -1, 1]), None, -1, reduction)
    right = {"mean": 2.5, "sum": 5.0, "none": [1.0, 0.0, 4.0]}[reduction]
    assert loss.tolist() == right
    loss.sum().backward()
    factor = 0.5 if reduction == "mean" else 1.0
    assert log_p.grad.tolist() == [[-factor, 0.0], [0.0, 0.0], [0.0, -factor]]


def test_a_class_of_weight_0_that_cannot_be_is_nan_as_in_pytorch() -> None:
    log_p, target = mt.tensor([[-math.inf, -1.0]]), mt.tensor([0])
    loss = ops.nll_loss(log_p, target, mt.tensor([0.0, 1.0]), reduction="sum")
    assert math.isnan(loss.item())


def test_weights_of_another_dtype_leave_the_loss_its_own() -> None:
    x, t, w = mt.tensor([0.5]), mt.tensor([1.0]), mt.tensor([2.0], dtype=mt.float64)
    for options in ({"weight": w}, {"pos_weight": w}):
        loss = ops.binary_cross_entropy_with_logits(x, t, **options)  # type: ignore[arg-type]
        assert loss.dtype == mt.float32
        assert loss.item() == pytest.approx(2 * math.log(1 + math.exp(-0.5)))


def test_mse_loss_warns_of_shapes_that_differ() -> None:
    with pytest.warns(UserWarning, match=r"\(3, 1\) and target of shape \(3,\) are broadcast"):
        assert ops.mse_loss(mt.ones(3, 1), mt.zeros(3)).item() == 1


@pytest.mark.parametrize("n", [3, 64, 100, 512, 1000])
def test_equal_elements_have_no_variance(n: int) -> None:
    for place in (999.9, 12345.678, -0.1):
        x = mt.full((n,), place, requires_grad=True)
        assert (x.var().item(), x.std().item()) == (0, 0)
        x.std().backward()
        assert not x.grad.array.any()
    x = mt.from_numpy((1e4 + np.random.default_rng(0).standard_normal(n)).astype(np.float32))
    assert x.var().item() == pytest.approx(x.array.astype(np.float64).var(ddof=1), rel=1e-5)


def test_dropout_drops_half_unless_told_otherwise() -> None:
    x = ops.dropout(mt.ones(10_000))
    assert set(x.tolist()) == {0.0, 2.0}
    assert 4_800 < (x.array == 0).sum() < 5_200
    assert ops.dropout(mt.ones(3), 1.0).tolist() == [0.0, 0.0, 0.0]


def test_logsumexp_drops_the_dimension_unless_it_is_to_be_kept() -> None:
    x = mt.tensor([[0.0, math.log(3)], [1000.0, 1000.0]])
    right = [math.log(4), 1000 + math.log(2)]
    assert ops.logsumexp(x, 1).tolist() == pytest.approx(right)
    assert ops.logsumexp(x, 1, keepdim=True).shape == (2, 1)
    assert ops.logsumexp(x, 1, True).squeeze(1).tolist() == pytest.approx(right)


def test_operators_with_what_is_no_number() -> None:
    x = mt.tensor([1.0])
    assert (x == None) is False  # noqa: E711
    assert (x != "a") is True
    with pytest.raises(TypeError, match="a tensor and a str cannot be combined"):
        x + "a"  # type: ignore[operator]


def test_gradient_of_relu_passes_at_nan() -> None:
    assert gradient(ops.relu, [nan, -1.0, 1.0]) == [[1.0, 0.0, 1.0]]


def test_clamp_between_crossed_bounds_is_the_upper_one() -> None:
    assert gradient(ops.clamp, [1.0], [3.0], [2.0]) == [[0.0], [0.0], [1.0]]
    assert gradient(ops.clamp, [3.0], [nan], [2.0]) == [[0.0], [0.0], [1.0]]


def test_integers_to_negative_powers_are_rounded_towards_0() -> None:
    base = mt.tensor([1, -1, -1, 2, 0, 3])
    assert (base ** mt.tensor([-2, -2, -3, -1, -1, 2])).tolist() == [1, 1, -1, 0, 0, 9]
    with pytest.raises(RuntimeError, match="negative integer powers"):
        base**-1


def test_whole_numbers_in_a_range_start_from_truncated_bounds() -> None:
    assert mt.arange(0.9, 3.9, 1.5, dtype=mt.int64).tolist() == [0, 1, 2]
    assert mt.linspace(4.9, 0.9, 3, dtype=mt.int64).tolist() == [4, 2, 0]
    with pytest.raises(RuntimeError, match="unsupported range"):
        mt.arange(0, inf)
    with pytest.raises(TypeError, match="steps"):
        mt.linspace(0, 1, 2.0)  # type: ignore[arg-type]


def test_randint_like_takes_size_and_dtype() -> None:
    drawn = mt.randint_like(mt.zeros(50, 2), 3, 5)
    assert drawn.shape == (50, 2)
    assert drawn.dtype is mt.float32
    assert set(drawn.flatten().tolist()) == {3.0, 4.0}


def test_a_number_may_come_first_in_bitwise_operations() -> None:
    x = mt.tensor([5, 6])
    results = [f(3, x).tolist() for f in (mt.bitwise_and, mt.bitwise_or, mt.bitwise_xor)]
    assert results == [[1, 2], [7, 7], [6, 5]]


def test_replicate_repeats_the_edge_that_was_taken_away() -> None:
    assert ops.pad(mt.tensor([[1.0, 2.0]]), (-2, 3), "replicate").tolist() == [[2.0, 2.0, 2.0]]


def test_an_empty_index_fills_no_number() -> None:
    assert mt.tensor(2.0).index_fill(0, mt.zeros(0, dtype=mt.int64), 1.0).item() == 2
    assert mt.tensor(2.0).index_fill(0, mt.tensor([0]), 1.0).item() == 1


@pytest.mark.parametrize("change", [mt.index_add, mt.index_copy])
def test_one_slice_may_be_given_as_a_number(change: Any) -> None:
    zeros, five = mt.zeros(3), mt.tensor(5.0, requires_grad=True)
    y = change(zeros, 0, mt.tensor([1]), five)
    assert y.tolist() == [0, 5, 0]
    (2 * y).sum().backward()
    assert five.grad.item() == 2
    one, source = mt.tensor(1.0), mt.tensor([5.0], requires_grad=True)
    y = change(one, 0, mt.tensor([0]), source)
    assert y.item() == (6 if change is mt.index_add else 5)
    y.backward()
    assert source.grad.tolist() == [1]
    with pytest.raises(RuntimeError, match=r"source must have shape \(2,\), .* not \(\)"):
        change(zeros, 0, mt.tensor([0, 1]), five)


def test_a_dimension_may_be_of_numpy() -> None:
    x = mt.tensor([[0.0, 2.0], [1.0, 3.0]])
    assert mt.count_nonzero(x, np.int64(0)).tolist() == [1, 2]
    assert mt.count_nonzero(x, []).item() == 3


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int16", "int32", "int64"])
def test_whole_numbers_are_rounded_already(dtype: str) -> None:
    x = mt.tensor([1, 0], dtype=getattr(mt, dtype))
    for y in (x.round(), x.floor(), x.ceil()):
        assert y.dtype == x.dtype
        assert y.tolist() == [1, 0]
        y.fill_(1)
        assert x.tolist() == [1, 0]


def test_cat_gives_what_it_skips_an_empty_gradient() -> None:
    assert gradient(lambda *xs: mt.cat(xs), [], [[1.0]], []) == [[], [[1.0]], []]
    assert mt.cat([mt.zeros(0, dtype=mt.float64), mt.ones(1, 2)]).dtype == mt.float64


def test_kl_div_of_impossible_targets() -> None:
    zero, negative = (mt.nn.functional.kl_div(mt.zeros(1), mt.tensor([t])) for t in (0.0, -1.0))
    assert zero.item() == 0
    assert math.isnan(negative.item())


def test_cross_entropy_where_nothing_counts_is_nan_without_a_gradient() -> None:
    def loss(x: Tensor) -> Tensor:
        return mt.nn.functional.cross_entropy(x, mt.tensor([1, 1]), ignore_index=1)

    assert math.isnan(loss(mt.zeros(2, 3)).item())
    assert gradient(loss, [[0.0, 1.0, 2.0]] * 2) == [[[0.0] * 3] * 2]


def test_new_tensors_are_on_the_cpu() -> None:
    assert mt.zeros(1).new_ones(2, device="cpu").tolist() == [1.0, 1.0]
    with pytest.raises(RuntimeError, match="CPU only"):
        mt.zeros(1).new_full((2,), 1.0, device="cuda")


def test_multinomial_draws_the_smallest_weight_before_none() -> None:
    drawn = mt.multinomial(mt.tensor([0.0, 1.0, 5e-324], dtype=mt.float64), 2)
    assert drawn.tolist() == [1, 2]


ONE_TO_4 = mt.tensor([[1.0, 2.0], [3.0, 4.0]])
OPTIONS = [
    ("sign of bytes", mt.tensor([0, 7], dtype=mt.uint8).sign, [0, 1]),
    ("sign of bools", mt.tensor([False, True]).sign, [False, True]),
    ("floats rounded to 0", lambda: ops.div(mt.tensor([7.0, -7.0]), 2, rounding_mode="trunc"), [3.0, -3.0]),
    ("a quotient that is rounded before", lambda: ops.div(mt.tensor([1.0]), 0.1, rounding_mode="trunc"), [10.0]),
    ("number // tensor", lambda: 7 // mt.tensor([2.0, -2.0]), [3.0, -4.0]),
    ("number % tensor", lambda: 7 % mt.tensor([2, -2]), [1, -1]),
    ("ints - floats", lambda: mt.tensor([1]) - mt.tensor([1.5]), [-0.5]),
    ("larger of two", lambda: mt.max(mt.tensor([1.0, 4.0]), mt.tensor([3.0, 2.0])), [3.0, 4.0]),
    ("smaller of two", lambda: mt.tensor([1.0, 4.0]).min(other=mt.tensor([3.0, 2.0])), [1.0, 2.0]),
    ("where, of two numbers", lambda: mt.where(mt.tensor([True, False]), 1.5, 0.5), [1.5, 0.5]),
    ("var, biased", lambda: mt.tensor([1.0, 3.0]).var(False), 1.0),
    ("0-norm", lambda: mt.tensor([[0.0, 3.0], [2.0, 4.0]]).norm(0, 1), [1.0, 2.0]),
    ("gather of a number", lambda: mt.tensor(5.0).gather(0, mt.tensor(0)), 5.0),
    ("gather by a number", lambda: mt.tensor([1.0, 2.0]).gather(0, mt.tensor(1)), 2.0),
    ("gather of a number, twice", lambda: mt.tensor(5.0).gather(0, mt.tensor([0, 0])), [5.0, 5.0]),
    ("gather of nothing", lambda: mt.zeros(3).gather(0, mt.tensor([])), []),
    ("argsort of a number", lambda: mt.tensor(3.0).argsort(), 0),
    ("topk of a number", lambda: mt.tensor(3.0).topk(1), [3.0, 0]),
    ("nonzero", lambda: ONE_TO_4.sub(1).nonzero(as_tuple=True), [[0, 1, 1], [1, 0, 1]]),
    ("one-hot", lambda: mt.nn.functional.one_hot(mt.tensor([0, 2])), [[1, 0, 0], [0, 0, 1]]),
    ("bits", lambda: mt.tensor([1.0, -2.0]).view(mt.int32), [1065353216, -1073741824]),
    ("to another's dtype", lambda: mt.tensor([1.5]).to(mt.tensor([1])), [1]),
    ("to, non_blocking", lambda: mt.tensor([1.5]).to(mt.int32, True), [1]),
    ("type", lambda: mt.tensor([1.5]).type(mt.int64), [1]),
]  # fmt: skip


@pytest.mark.parametrize(("f", "expected"), [c[1:] for c in OPTIONS], ids=[c[0] for c in OPTIONS])
def test_options_give_what_they_give_in_pytorch(f: Any, expected: Any) -> None:
    y = f()
    found = [x.tolist() for x in y] if isinstance(y, tuple) else y.tolist()
    assert repr(found) == repr(expected)  # 1 is not 1.0, nor True


def test_type_names_that_of_the_elements() -> None:
    names = [mt.zeros(1, dtype=dtype).type() for dtype in (mt.float32, mt.int64, mt.bool)]
    assert names == ["minitorch.FloatTensor", "minitorch.LongTensor", "minitorch.BoolTensor"]


# ------------------------------------------------------------------------------------- einsum


@pytest.mark.parametrize(
    ("equation", "x", "y", "expected"),
    [
        ("i,j->ij", [1, 2], [0.5, 1.5], [[0.5, 1.5], [1, 3]]),
        ("i,i->i", [1, 2], [0.5, 1.5], [0.5, 3]),
        (",i->i", 2, [0.5, 1.5], [1, 3]),
        ("ik,j->ij", [[1, 2], [3, 4]], [0.5, 1], [[1.5, 3], [3.5, 7]]),  # a sum of one operand
        ("ij,jk->ik", [[1], [2]], [[0.5, 1]], [[0.5, 1], [1, 2]]),  # of one product
        ("i,i->", [], mt.zeros(0), 0),
    ],
)
def test_einsum_of_two_dtypes_where_no_products_are_summed(
    equation: str, x: Any, y: Any, expected: Any
) -> None:
    a, b = mt.tensor(x, dtype=mt.int64), mt.as_tensor(y).requires_grad_()
    z = mt.einsum(equation, a, b)
    assert z.dtype == mt.float32
    assert z.tolist() == expected
    z.sum().backward()
    assert b.grad is not None
    assert b.grad.dtype == mt.float32


def test_einsum_of_a_number_of_another_dtype_takes_the_wider() -> None:
    assert mt.einsum(",i->i", mt.tensor(2.0, dtype=mt.float64), mt.ones(2)).dtype == mt.float64
