"""Each fused kernel computes what its definition says, forward, backward, and twice backward."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch
from minitorch import autograd, fused
from minitorch._runtime import parts, products
from minitorch.fused import REGISTRY, Fused, attention, definitions
from minitorch.fused.layer_norm import LAYER_NORM
from minitorch.tensor import Tensor
from minitorch.testing import assert_close, gradcheck, gradgradcheck

Draw = Callable[[Any], Any]
Sample = tuple[list[Any], dict[str, Any]]  # arrays (or None for one left out), and options

sizes = st.integers(0, 4)
some = st.integers(1, 4)  # a size where none would leave nothing to compute


def numbers(draw: Draw, *shape: int) -> Any:
    """Draw an array of standard normal numbers, now and then not contiguous."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    if len(shape) > 1 and draw(st.booleans()):
        return rng.standard_normal(shape[::-1]).T
    return np.asarray(rng.standard_normal(shape))


def batch_shape(draw: Draw) -> list[int]:
    return draw(st.lists(sizes, max_size=2))


def maybe(draw: Draw, array: Any) -> Any:
    return draw(st.sampled_from([array, None]))


def linear_sample(draw: Draw) -> Sample:
    n, m = draw(some), draw(some)
    bias = maybe(draw, numbers(draw, m))
    return [numbers(draw, *batch_shape(draw), n), numbers(draw, m, n), bias], {}


def softmax_sample(draw: Draw) -> Sample:
    x = numbers(draw, *batch_shape(draw), draw(sizes))
    return [x], {"dim": draw(st.integers(-x.ndim, x.ndim - 1))}


def cross_entropy_sample(draw: Draw) -> Sample:
    N, C = draw(sizes), draw(some)
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    options = {
        "target": rng.integers(0, C, N),
        "counted": rng.integers(0, 2, N).astype(bool),
        "weight": rng.random(C),
        "smoothing": draw(st.sampled_from([0.0, 0.1, 1.0])),
    }
    return [numbers(draw, N, C)], options


def layer_norm_sample(draw: Draw) -> Sample:
    shape = draw(st.lists(st.integers(2, 4), min_size=1, max_size=2))
    weight, bias = maybe(draw, numbers(draw, *shape)), maybe(draw, numbers(draw, *shape))
    x = numbers(draw, *batch_shape(draw), *shape)
    return [x, weight, bias], {"n_dims": len(shape), "eps": draw(st.sampled_from([1e-5, 0.1]))}


def gelu_sample(draw: Draw) -> Sample:
    return [3 * numbers(draw, *batch_shape(draw))], {}


def attention_sample(draw: Draw) -> Sample:
    batch = draw(st.sampled_from([[], [2], [1, 2], [0]]))
    T_q, T_k, d, d_value = draw(some), draw(some), draw(some), draw(some)
    mask_shape = draw(st.sampled_from([(T_q, T_k), (1, T_k), (T_k,), (*batch, T_q, T_k)]))
    scores = numbers(draw, *mask_shape)
    mask = draw(st.sampled_from([None, scores, scores > 0]))
    keep = (numbers(draw, *batch, T_q, T_k) > -0.5) / 0.7
    inputs = [
        numbers(draw, *batch, T_q, d),
        numbers(draw, *batch, T_k, d),
        numbers(draw, *batch, T_k, d_value),
        mask,
    ]
    options = {"keep": maybe(draw, keep), "scale": draw(st.sampled_from([1.0, 0.5]))}
    if draw(st.booleans()):
        inputs[3], options["causal"] = None, True
    return inputs, options


SAMPLES: dict[str, Callable[[Draw], Sample]] = {
    "linear": linear_sample,
    "softmax": softmax_sample,
    "log_softmax": softmax_sample,
    "cross_entropy": cross_entropy_sample,
    "layer_norm": layer_norm_sample,
    "gelu": gelu_sample,
    "gelu_tanh": gelu_sample,
    "scaled_dot_product_attention": attention_sample,
}

each_kernel = pytest.mark.parametrize("kernel", REGISTRY, ids=lambda kernel: kernel.name)


def draw_sample(data: st.DataObject, kernel: Fused, dtype: Any = np.float64) -> Sample:
    """Draw tensors, of which at least one requires a gradient, and options."""
    arrays, options = SAMPLES[kernel.name](data.draw)
    floating = [i for i, a in enumerate(arrays) if a is not None and a.dtype.kind == "f"]
    needing = data.draw(st.sets(st.sampled_from(floating), min_size=1), label="need gradients")

    def cast(value: Any) -> Any:
        is_floating = isinstance(value, np.ndarray) and value.dtype.kind == "f"
        return value.astype(dtype) if is_floating else value

    tensors = [None if a is None else Tensor._wrap(cast(np.asarray(a))) for a in arrays]
    for i in needing:
        tensors[i].requires_grad_()
    return tensors, {name: cast(value) for name, value in options.items()}


def value_and_gradients(
    run: Callable[..., Tensor], tensors: list[Any], options: dict[str, Any]
) -> tuple[Tensor, tuple[Tensor | None, ...]]:
    y = run(*tensors, **options)
    g = np.random.default_rng(0).standard_normal(y.shape).astype(y.array.dtype)
    wanted = [x for x in tensors if x is not None and x.requires_grad]
    return y, autograd.grad(y, wanted, Tensor._wrap(g), allow_unused=True)


def test_every_kernel_has_samples() -> None:
    assert {kernel.name for kernel in REGISTRY} == set(SAMPLES)
    assert len({kernel.name for kernel in REGISTRY}) == len(REGISTRY)


@each_kernel
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 2e-5)])
@given(data=st.data())
def test_kernel_equals_definition_forward_and_backward(
    kernel: Fused, dtype: Any, tolerance: float, data: st.DataObject
) -> None:
    tensors, options = draw_sample(data, kernel, dtype)
    before = [None if x is None else x.array.copy() for x in tensors]
    y, found = value_and_gradients(kernel, tensors, options)
    expected_y, expected = value_and_gradients(kernel.definition, tensors, options)
    assert y.array.dtype == dtype
    assert_close(y, expected_y, rtol=tolerance, atol=tolerance)
    for g, wanted in zip(found, expected, strict=True):
        assert g is not None
        assert g.array.dtype == dtype
        assert_close(g, wanted, rtol=10 * tolerance, atol=10 * tolerance)
    for x, array in zip(tensors, before, strict=True):
        if x is not None:
            np.testing.assert_array_equal(x.array, array)


@each_kernel
@given(data=st.data())
def test_kernel_gives_each_input_a_gradient_of_its_own(kernel: Fused, data: st.DataObject) -> None:
    tensors, options = draw_sample(data, kernel)
    y, found = value_and_gradients(kernel, tensors, options)
    arrays = [g.array for g in found if g is not None] + [y.array]
    arrays += [x.array for x in tensors if x is not None]
    for i, a in enumerate(arrays[: len(found)]):
        assert not any(np.shares_memory(a, b) for b in arrays[i + 1 :])


@each_kernel
@given(data=st.data())
def test_kernel_agrees_with_finite_differences_once_and_twice(
    kernel: Fused, data: st.DataObject
) -> None:
    tensors, options = draw_sample(data, kernel)

    def run(*tensors: Any) -> Tensor:
        return kernel(*tensors, **options)

    assert gradcheck(run, tensors)
    assert gradgradcheck(run, tensors, atol=1e-4)


@each_kernel
@given(data=st.data())
def test_no_graph_is_recorded_where_none_is_wanted(kernel: Fused, data: st.DataObject) -> None:
    tensors, options = draw_sample(data, kernel)
    with autograd.no_grad():
        assert not kernel(*tensors, **options).requires_grad
    constants = [None if x is None else x.detach() for x in tensors]
    assert not kernel(*constants, **options).requires_grad


@each_kernel
@given(data=st.data())
def test_inside_definitions_the_definition_runs(kernel: Fused, data: st.DataObject) -> None:
    tensors, options = draw_sample(data, kernel)
    kernel_name = kernel(*tensors, **options).grad_fn.name
    with definitions():
        definition_name = kernel(*tensors, **options).grad_fn.name
    assert kernel_name == kernel.name != definition_name


@each_kernel
@given(data=st.data())
def test_a_saved_input_changed_in_place_is_an_error(kernel: Fused, data: st.DataObject) -> None:
    tensors, options = draw_sample(data, kernel)
    needing = next(x for x in tensors if x is not None and x.requires_grad)
    y = kernel(*tensors, **options).sum()
    with autograd.no_grad():
        needing.zero_()
    with pytest.raises(RuntimeError, match=f"inplace operation: {kernel.name} saved"):
        y.backward()


@each_kernel
@given(data=st.data())
def test_a_result_changed_in_place_is_an_error_or_harmless(
    kernel: Fused, data: st.DataObject
) -> None:
    tensors, options = draw_sample(data, kernel)
    wanted = [x for x in tensors if x is not None and x.requires_grad]
    y = kernel(*tensors, **options)
    g = Tensor._wrap(np.random.default_rng(0).standard_normal(y.shape))
    y.mul_(2.0)
    expected = autograd.grad(kernel.definition(*tensors, **options) * 2.0, wanted, g)
    if kernel.keeps_result:
        with pytest.raises(RuntimeError, match=f"inplace operation: {kernel.name} saved"):
            autograd.grad(y, wanted, g)
    else:
        for found, right in zip(autograd.grad(y, wanted, g), expected, strict=True):
            assert_close(found, right)


def test_an_input_computed_from_another_is_not_counted_in_its_gradient() -> None:
    w = Tensor._wrap(np.array([[1.0, 2.0], [3.0, 4.0]])).requires_grad_()

    def run(w: Tensor) -> Tensor:
        return fused.linear(w, w * w, w[0])

    assert gradcheck(run, w)
    assert gradgradcheck(run, w)


# --------------------------------------------------------------------- values by hand and paper


def test_softmax_of_huge_scores_neither_overflows_nor_gives_nan() -> None:
    x = minitorch.tensor([[1e4, -1e4, 1e4], [-1e4, -1e4, -1e4]], requires_grad=True)
    y = fused.softmax(x, -1)
    assert_close(y, minitorch.tensor([[0.5, 0.0, 0.5], [1 / 3, 1 / 3, 1 / 3]]))
    logs = minitorch.tensor([-math.log(2), -2e4 - math.log(2), -math.log(2)])
    assert_close(fused.log_softmax(x, -1)[0], logs)
    y.backward(minitorch.tensor([[1.0, 2.0, 3.0], [1.0, 1.0, 1.0]]))
    assert_close(x.grad, minitorch.tensor([[-0.5, 0.0, 0.5], [0.0, 0.0, 0.0]]))


def test_softmax_of_a_row_far_below_another() -> None:
    x = minitorch.tensor([[0.0, 0.0], [-29.0, -104.0]], requires_grad=True)
    log_p = fused.softmax(x, -1).log()
    assert_close(log_p[1], minitorch.tensor([0.0, -75.0]))
    log_p[1].sum().backward()
    assert_close(x.grad, minitorch.tensor([[0.0, 0.0], [-1.0, 1.0]]))


@pytest.mark.parametrize("with_definition", [False, True])
def test_softmax_of_nothing_but_minus_infinity_is_nan(with_definition: bool) -> None:
    x = minitorch.tensor([[-math.inf, -math.inf], [0.0, 0.0]])
    with definitions() if with_definition else nullcontext():
        for function in (fused.softmax, fused.log_softmax):
            assert function(x, -1).isnan().tolist() == [[True, True], [False, False]]
        scores = minitorch.full((1, 1), math.inf), minitorch.full((2, 1), -1.0)
        value = minitorch.ones(2, 1)
        y = fused.scaled_dot_product_attention(*scores, value)
        assert y.isnan().all()  # only what a mask forbids gives zeros
        mask = minitorch.zeros(2, dtype=minitorch.bool)
        assert fused.scaled_dot_product_attention(*scores, value, mask).tolist() == [[0.0]]


def rows_far_apart(*shape: int, most: float) -> Any:
    """Draw rows of a few numbers, each around a place of its own, some of them up to ±most."""
    rng = np.random.default_rng(0)
    places = rng.uniform(-1, 1, shape[:-1]) * rng.choice([1, most], shape[:-1])
    widths = np.array([1, 30, 80])[rng.integers(0, 3, shape[:-1])]
    return (places[..., None] + widths[..., None] * rng.standard_normal(shape)).astype(np.float32)


def gradient_of(y: Tensor, x: Tensor) -> Any:
    g = np.random.default_rng(1).standard_normal(y.shape[-1]).astype(np.float32)
    return autograd.grad(y, x, Tensor._wrap(np.broadcast_to(g, y.shape)))[0].array


@pytest.mark.parametrize("most", [30, 100, 1e4])
@pytest.mark.parametrize("dim", [-1, 0])
@pytest.mark.parametrize("kernel", [fused.softmax, fused.log_softmax])
def test_a_row_of_scores_alone_has_the_probabilities_that_it_has_in_any_batch(
    kernel: Any, dim: int, most: float
) -> None:
    x = Tensor._wrap(rows_far_apart(100, 5, most=most)).requires_grad_()
    y = kernel(x if dim else x.T, dim)
    y = y if dim else y.T
    dx = gradient_of(y, x)
    exact = x.array - x.array.max(-1, keepdims=True).astype(np.float64)
    exact = exact - np.log(np.exp(exact).sum(-1, keepdims=True))
    likely = exact > -80  # below, float32 has not all of its digits
    log_p = y.log() if kernel is fused.softmax else y
    np.testing.assert_allclose(log_p.array[likely], exact[likely], rtol=1e-5, atol=1e-5)
    for i, row in enumerate(x.array):
        alone = Tensor._wrap(row).requires_grad_()
        y_alone = kernel(alone, -1)
        np.testing.assert_allclose(y.array[i], y_alone.array, rtol=2e-5, atol=1e-37)
        np.testing.assert_allclose(dx[i], gradient_of(y_alone, alone), rtol=5e-5, atol=2e-6)


@pytest.mark.parametrize("most", [30, 100, 1e4])
@pytest.mark.parametrize("masking", ["none", "causal", "bools", "numbers"])
@pytest.mark.parametrize("in_blocks", [False, True])
def test_a_query_alone_finds_what_it_finds_in_any_batch(
    most: float, masking: str, in_blocks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if in_blocks:
        monkeypatch.setattr(parts, "PART_SCORES", 2 * 5 * 4)
        monkeypatch.setattr(parts, "ROWS", 2)
    scores = rows_far_apart(6, 2, 5, 4, most=most)  # of the keys (1, 0, 0, 0), …
    keys, value = np.eye(4, dtype=np.float32), np.eye(4, dtype=np.float32)
    keys, value = (np.broadcast_to(a, (6, 2, 4, 4)) for a in (keys, value))
    allowed = np.random.default_rng(2).random((6, 2, 5, 4)) > 0.3
    allowed[0, 0, 0] = False
    numbers = rows_far_apart(6, 2, 5, 4, most=most)
    numbers[~allowed] = -np.inf
    given = {"none": None, "causal": np.tri(5, 4, dtype=bool), "bools": allowed, "numbers": numbers}
    mask = given[masking]
    options = {"scale": 1.0, "is_causal": masking == "causal"}
    whole = None if mask is None or masking == "causal" else Tensor._wrap(mask)

    x = Tensor._wrap(scores).requires_grad_()
    y = fused.scaled_dot_product_attention(x, *map(Tensor._wrap, (keys, value)), whole, **options)
    dx = gradient_of(y, x)
    mask = None if mask is None else np.broadcast_to(mask, scores.shape)
    for i in np.ndindex(6, 2, 5):
        alone = Tensor._wrap(scores[i][None]).requires_grad_()
        own = None if mask is None else Tensor._wrap(mask[i][None])
        k, v = Tensor._wrap(keys[0, 0]), Tensor._wrap(value[0, 0])
        y_alone = fused.scaled_dot_product_attention(alone, k, v, own, scale=1.0)
        np.testing.assert_allclose(y.array[i], y_alone.array[0], rtol=2e-5, atol=1e-37)
        np.testing.assert_allclose(dx[i], gradient_of(y_alone, alone)[0], rtol=5e-5, atol=2e-6)


def odds(dtype: Any = np.float64) -> Tensor:
    """Logits of which the softmax is (1, 2, 5) / 8 and (4, 2, 2) / 8."""
    return Tensor._wrap(np.log(np.array([[1, 2, 5], [4, 2, 2]], dtype))).requires_grad_()


def cross_entropy(target: list[int], **options: Any) -> Tensor:
    return fused.cross_entropy(odds(), minitorch.tensor(target), **options)


def test_cross_entropy_by_hand() -> None:
    first, second = math.log(8 / 5), math.log(8 / 4)  # of the right answers 2 and 0
    assert cross_entropy([2, 0]).item() == pytest.approx((first + second) / 2)
    assert cross_entropy([2, 0], reduction="sum").item() == pytest.approx(first + second)
    assert cross_entropy([2, 0], reduction="none").tolist() == pytest.approx([first, second])
    assert cross_entropy([2, -100]).item() == pytest.approx(first)
    weight = Tensor._wrap(np.array([3.0, 1.0, 2.0]))
    weighted = (2 * first + 3 * second) / 5
    assert cross_entropy([2, 0], weight=weight).item() == pytest.approx(weighted)
    spread = (math.log(8) + math.log(4) + math.log(8 / 5)) / 3
    smoothed = cross_entropy([2, -100], label_smoothing=0.1).item()
    assert smoothed == pytest.approx(0.9 * first + 0.1 * spread)


def test_cross_entropy_of_probabilities_by_hand() -> None:
    q = Tensor._wrap(np.array([[0.0, 0.0, 1.0], [0.5, 0.25, 0.25]]))
    first = math.log(8 / 5)
    second = 0.5 * math.log(2) + 0.5 * math.log(4)
    losses = fused.cross_entropy(odds(), q, reduction="none")
    assert losses.tolist() == pytest.approx([first, second])
    assert fused.cross_entropy(odds(), q).item() == pytest.approx((first + second) / 2)
    weight = Tensor._wrap(np.array([3.0, 1.0, 2.0]))
    second = 3 * 0.5 * math.log(2) + (1 + 2) * 0.25 * math.log(4)
    weighted = fused.cross_entropy(odds(), q, weight)  # over the batch, not the weights
    assert weighted.item() == pytest.approx((2 * first + second) / 2)


@pytest.mark.parametrize("form", [nullcontext, definitions])
@pytest.mark.parametrize("with_weight", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("held", [-math.inf, math.inf, math.nan])
def test_what_an_ignored_example_holds_does_not_matter(
    held: float, reduction: str, smoothing: float, with_weight: bool, form: Any
) -> None:
    logits, target = [[0.5, 2.0, 1.0], [held, 0.0, 3.0], [held] * 3], [1, 0, 0]
    options = {"reduction": reduction, "label_smoothing": smoothing, "ignore_index": 0}
    weight = minitorch.tensor([1.0, 2.0, 3.0]) if with_weight else None

    def loss_and_gradient(n: int) -> tuple[Any, Any]:
        x = minitorch.tensor(logits[:n], requires_grad=True)
        with form():
            loss = fused.cross_entropy(x, minitorch.tensor(target[:n]), weight, **options)
        loss.sum().backward()
        return loss.tolist(), x.grad.tolist()

    (loss, dx), (alone, dx_alone) = loss_and_gradient(3), loss_and_gradient(1)
    assert loss == pytest.approx([*alone, 0.0, 0.0] if reduction == "none" else alone)
    assert dx[0] == pytest.approx(dx_alone[0], abs=1e-6)
    assert dx[1:] == [[0.0] * 3] * 2


@pytest.mark.parametrize("form", [nullcontext, definitions])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_a_class_that_cannot_be_has_no_part_in_the_loss(form: Any, reduction: str) -> None:
    x, target = minitorch.tensor([[-math.inf, 2.0, 1.0], [-math.inf, 0.0, 3.0]]), [1, 0]
    with form():
        y = fused.cross_entropy(x, minitorch.tensor(target), None, 0, reduction)
    right = math.log(1 + math.exp(-1))  # 0.31326
    assert y.tolist() == pytest.approx([right, 0.0] if reduction == "none" else right)


@pytest.mark.parametrize("form", [nullcontext, definitions])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_of_nothing_but_padding(form: Any, smoothing: float) -> None:
    x = minitorch.tensor([[1.0, 2.0], [3.0, math.nan]], requires_grad=True)
    options = {"ignore_index": 0, "label_smoothing": smoothing}
    with form():
        for reduction, right in (("mean", math.nan), ("sum", 0.0), ("none", [0.0, 0.0])):
            y = fused.cross_entropy(x, minitorch.tensor([0, 0]), reduction=reduction, **options)
            assert y.tolist() == pytest.approx(right, nan_ok=True)
            (dx,) = autograd.grad(y.sum(), x)
            assert dx.tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("dtype", [minitorch.uint8, minitorch.int32, minitorch.int64])
def test_targets_of_each_integer_dtype(dtype: Any) -> None:
    y = fused.cross_entropy(odds(), minitorch.tensor([2, 0], dtype=dtype), reduction="none")
    assert y.tolist() == pytest.approx([math.log(8 / 5), math.log(8 / 4)])


def test_the_gradient_of_cross_entropy_is_what_was_said_less_what_should_be() -> None:
    x = odds()
    fused.cross_entropy(x, minitorch.tensor([2, 0]), reduction="sum").backward()
    expected = np.array([[1 / 8, 2 / 8, 5 / 8 - 1], [4 / 8 - 1, 2 / 8, 2 / 8]])
    assert_close(x.grad, expected)


def test_layer_norm_by_hand() -> None:
    x = Tensor._wrap(np.array([[1.0, 2.0, 3.0, 6.0]]))  # mean 3, variance (4 + 1 + 0 + 9) / 4
    weight = Tensor._wrap(np.array([1.0, 2.0, 1.0, 1.0]))
    bias = Tensor._wrap(np.array([0.0, 0.0, 5.0, 0.0]))
    s = math.sqrt(3.5)
    y = fused.layer_norm(x, (4,), weight, bias, eps=0.0)
    assert_close(y, np.array([[-2 / s, -2 / s, 5.0, 3 / s]]))


each_form = pytest.mark.parametrize("form", [nullcontext, definitions])


@each_form
@pytest.mark.parametrize("n", [1, 2, 3, 64, 100, 127, 512, 1000, 4097])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layer_norm_of_equal_elements_is_0(form: Any, n: int, dtype: Any) -> None:
    places = np.array([999.9, 12345.678, -0.1, 1e-30, 3e30, 0], dtype)[:, None]
    x = Tensor._wrap(np.repeat(places, n, 1)).requires_grad_()
    with form():
        y = fused.layer_norm(x, (n,))
        assert not y.array.any()
        # With h = 0, dx = (dy - mean(dy)) / √eps.
        dy = np.random.default_rng(0).standard_normal(x.shape).astype(dtype)
        (dx,) = autograd.grad(y, x, Tensor._wrap(dy))
    exact = (dy - dy.astype(np.float64).mean(-1, keepdims=True)) / math.sqrt(1e-5)
    tolerance = np.finfo(dtype).eps * 3000
    np.testing.assert_allclose(dx.array, exact, rtol=tolerance, atol=tolerance)


@each_form
@pytest.mark.parametrize("offset", [0, 1e2, 1e4, 1e6])
def test_layer_norm_far_from_0_keeps_its_digits(form: Any, offset: float) -> None:
    x = (offset + np.random.default_rng(0).standard_normal((20, 300))).astype(np.float32)
    centred = x.astype(np.float64) - x.astype(np.float64).mean(-1, keepdims=True)
    exact = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    with form():
        y = fused.layer_norm(Tensor._wrap(x), (300,))
    np.testing.assert_allclose(y.array, exact, rtol=3e-6, atol=3e-6)


def test_layer_norm_over_no_elements_is_empty() -> None:
    x, weight = minitorch.ones(3, 0, requires_grad=True), minitorch.ones(0, requires_grad=True)
    for form in (nullcontext, definitions):
        with form():
            y = fused.layer_norm(x, (0,), weight, weight)
        y.sum().backward()
        assert (y.shape, x.grad.shape, weight.grad.shape) == ((3, 0), (3, 0), (0,))


def test_gelu_by_hand() -> None:
    x = Tensor._wrap(np.array([0.0, 1.0, -1.0]))
    below_1 = 0.8413447460685429  # Φ(1), from tables of the normal distribution
    assert_close(fused.gelu(x), np.array([0.0, below_1, below_1 - 1]))
    t = math.tanh(math.sqrt(2 / math.pi) * 1.044715)
    assert_close(fused.gelu(x, "tanh"), np.array([0.0, (1 + t) / 2, (t - 1) / 2]))


def test_attention_by_hand() -> None:
    q = Tensor._wrap(np.array([[1.0], [0.0]]))
    k = Tensor._wrap(np.array([[math.log(3)], [0.0]]))
    v = Tensor._wrap(np.array([[1.0, 0.0], [0.0, 1.0]]))
    y = fused.scaled_dot_product_attention(q, k, v)  # scores ln 3 and 0: weights 3/4 and 1/4
    assert_close(y, np.array([[0.75, 0.25], [0.5, 0.5]]))
    causal = fused.scaled_dot_product_attention(q, k, v, is_causal=True)
    assert_close(causal, np.array([[1.0, 0.0], [0.5, 0.5]]))


@each_form
def test_a_mask_of_numbers_is_added_to_the_scores(form: Any) -> None:
    q, k = Tensor._wrap(np.zeros((1, 1))), Tensor._wrap(np.zeros((3, 1)))
    v = Tensor._wrap(np.eye(3))

    def weights(*mask: float) -> Any:
        with form():
            return fused.scaled_dot_product_attention(q, k, v, Tensor._wrap(np.array([mask])))

    assert_close(weights(1.0, 1.0, 1.0), np.array([[1 / 3, 1 / 3, 1 / 3]]))
    assert_close(weights(0.0, math.log(2), math.log(5)), np.array([[1 / 8, 2 / 8, 5 / 8]]))
    assert_close(weights(0.0, -math.inf, 0.0), np.array([[0.5, 0.0, 0.5]]))


@each_form
def test_dropout_of_weights_by_hand(form: Any) -> None:
    q = k = minitorch.zeros(2, 3, 50, 4)
    v = minitorch.ones(2, 3, 50, 1)
    with form():
        y = fused.scaled_dot_product_attention(q, k, v, dropout_p=0.25)
        assert not fused.scaled_dot_product_attention(q, k, v, dropout_p=1.0).array.any()
    kept = y.array * 50 * 0.75  # each of the weights, 1/50, is kept with probability 0.75
    np.testing.assert_allclose(kept, kept.round(), atol=1e-4)
    assert 0.7 < kept.mean() / 50 < 0.8


def test_attention_of_vectors_without_elements_weighs_all_keys_alike() -> None:
    q, v = minitorch.ones(2, 0), Tensor._wrap(np.array([[1.0], [3.0]], np.float32))
    assert fused.scaled_dot_product_attention(q, q, v).tolist() == [[2.0], [2.0]]


def test_a_linear_layer_with_one_output_by_hand() -> None:
    x = minitorch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    weight = minitorch.tensor([5.0, 6.0], requires_grad=True)
    bias = minitorch.tensor(100.0, requires_grad=True)
    assert fused.linear(x, weight).tolist() == [17.0, 39.0]
    y = fused.linear(x, weight, bias)
    assert y.tolist() == [117.0, 139.0]
    y.sum().backward()
    assert x.grad.tolist() == [[5.0, 6.0], [5.0, 6.0]]
    assert (weight.grad.tolist(), bias.grad.item()) == ([4.0, 6.0], 2.0)
    assert fused.linear(x[0], weight).item() == 17.0


def test_linear_of_no_features_is_the_bias() -> None:
    x, weight = minitorch.ones(2, 0, requires_grad=True), minitorch.ones(3, 0, requires_grad=True)
    bias = minitorch.tensor([1.0, 2.0, 3.0])
    for form in (nullcontext, definitions):
        with form():
            y = fused.linear(x, weight, bias)
        assert y.tolist() == [[1.0, 2.0, 3.0]] * 2
        y.sum().backward()
        assert (x.grad.shape, weight.grad.shape) == ((2, 0), (3, 0))


@pytest.mark.parametrize("T_k", [4, 7])
@pytest.mark.parametrize("masking", ["none", "padding", "causal"])
@pytest.mark.parametrize("with_dropout", [True, False])
def test_attention_in_blocks_equals_its_definition(
    T_k: int, masking: str, with_dropout: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART_SCORES", 2 * 5 * T_k)  # an example's tables
    monkeypatch.setattr(parts, "ROWS", 2)
    rng = np.random.default_rng(0)
    q, k, v = (rng.standard_normal((3, T, 2, 4)).transpose(0, 2, 1, 3) for T in (5, T_k, T_k))
    padding = np.arange(T_k) < np.array([T_k, 2, 3]).reshape(3, 1, 1, 1)
    mask = Tensor._wrap(padding) if masking == "padding" else None
    keep = (rng.random((3, 2, 5, T_k)) > 0.3) / 0.7 if with_dropout else None
    options = {"keep": keep, "scale": 0.5, "causal": masking == "causal"}
    tensors = [*(Tensor._wrap(x).requires_grad_() for x in (q, k, v)), mask]
    y, found = value_and_gradients(attention.ATTENTION, tensors, options)
    wanted_y, wanted = value_and_gradients(attention.definition, tensors, options)
    assert_close(y, wanted_y, rtol=1e-12, atol=1e-12)
    for g, expected in zip(found, wanted, strict=True):
        assert_close(g, expected, rtol=1e-11, atol=1e-11)
    assert y.array.transpose(0, 2, 1, 3).flags.c_contiguous  # the heads side by side


@pytest.mark.parametrize("batch", [(), (3,), (3, 2), (3, 2, 2)])
def test_attention_is_cut_into_its_examples(
    batch: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART_SCORES", 5 * 4)
    shapes: list[tuple[int, ...]] = []

    def kernel(query: Any, *others: Any, **options: Any) -> Any:
        shapes.append(query.shape)
        return attention.kernel(query, *others, **options)

    rng = np.random.default_rng(0)
    run = parts.attention_in_parts(kernel)
    q, k, v = (rng.standard_normal((*batch, T, 4)) for T in (5, 6, 6))
    y, _ = run(q, k, v, None, keep=None, scale=0.5)
    assert shapes == ([(1, *batch[1:], 5, 4)] * 3 if batch else [(5, 4)])
    expected, _ = attention.kernel(q, k, v, None, keep=None, scale=0.5)
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-12)
    for others in ((k[:1], v), (k, v[:1])) if batch else ():  # that broadcast: not cut
        shapes.clear()
        run(q, *others, None, keep=None, scale=0.5)
        assert shapes == [(*batch, 5, 4)]


def test_attention_with_a_mask_that_may_need_a_gradient_is_not_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parts, "PART_SCORES", 5 * 5)
    count = 0

    def kernel(*arrays: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        return attention.kernel(*arrays, **options)

    run = parts.attention_in_parts(kernel)
    q = np.random.default_rng(0).standard_normal((3, 5, 4))
    run(q, q, q, np.ones((5, 5), np.bool_), keep=None, scale=0.5)
    assert count == 3
    _, backward = run(q, q, q, np.zeros((5, 5)), keep=None, scale=0.5)
    assert count == 4
    assert backward(q, [False, False, False, True])[3].shape == (3, 5, 5)


@pytest.mark.parametrize("with_weight", [True, False])
def test_layer_norm_in_parts_equals_its_definition(
    with_weight: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART", 3 * 2 * 4)  # three vectors
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape) for shape in ((2, 5, 2, 4), (2, 4), (2, 4))]
    tensors: list[Any] = [Tensor._wrap(x).requires_grad_() for x in arrays]
    if not with_weight:
        tensors[1] = None
    options = {"n_dims": 2, "eps": 1e-5}
    y, found = value_and_gradients(LAYER_NORM, tensors, options)
    wanted_y, wanted = value_and_gradients(LAYER_NORM.definition, tensors, options)
    assert_close(y, wanted_y, rtol=1e-12, atol=1e-12)
    for g, expected in zip(found, wanted, strict=True):
        assert_close(g, expected, rtol=1e-11, atol=1e-11)


def test_causal_attention_of_many_queries_without_examples_or_heads() -> None:
    rng = np.random.default_rng(0)
    q, k, v = (Tensor._wrap(rng.standard_normal((300, 4))) for _ in range(3))
    y = fused.scaled_dot_product_attention(q, k, v, is_causal=True)
    with definitions():
        expected = fused.scaled_dot_product_attention(q, k, v, is_causal=True)
    assert_close(y, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("as_bool", [True, False])
@pytest.mark.parametrize("through_definition", [True, False])
def test_a_query_that_may_look_nowhere_gets_zeros_and_gives_no_gradient(
    as_bool: bool, through_definition: bool
) -> None:
    rng = np.random.default_rng(0)
    q, k, v = (Tensor._wrap(rng.standard_normal((2, 3, 4))).requires_grad_() for _ in range(3))
    allowed = np.array([[True, False, True], [False, False, False], [True, True, True]])
    mask = allowed if as_bool else np.where(allowed, 0.0, -np.inf)
    run = fused.scaled_dot_product_attention
    if through_definition:
        with definitions():
            y = run(q, k, v, Tensor._wrap(mask))
    else:
        y = run(q, k, v, Tensor._wrap(mask))
    assert not y.array[:, 1].any()
    dq, dk, dv = autograd.grad(y, (q, k, v), Tensor._wrap(rng.standard_normal(y.shape)))
    assert not dq.array[:, 1].any()
    assert all(np.isfinite(g.array).all() for g in (dq, dk, dv))
    others = [0, 2]
    alone = run(q.detach()[:, others], k, v, Tensor._wrap(mask[others]))
    assert_close(y.detach()[:, others], alone.detach())


def test_causal_attention_of_no_queries_is_empty() -> None:
    q = minitorch.zeros(2, 3, 0, 4)
    assert fused.scaled_dot_product_attention(q, q, q, is_causal=True).shape == (2, 3, 0, 4)


def test_layer_norm_refuses_what_pytorch_refuses() -> None:
    x, weight = minitorch.ones(2, 4), minitorch.ones(4)
    with pytest.raises(RuntimeError, match=r"input minitorch\.float32, weight minitorch\.float64"):
        fused.layer_norm(x, (4,), weight.double())
    with pytest.raises(RuntimeError, match=r"input minitorch\.float32, bias minitorch\.float64"):
        fused.layer_norm(x, (4,), weight, weight.double())
    with pytest.raises(RuntimeError, match=r"must be floating-point, not minitorch\.int64"):
        fused.layer_norm(x.long(), (4,))


@pytest.mark.parametrize("weight", [minitorch.ones(5, 3), minitorch.ones(3)])
def test_linear_refuses_a_bias_that_is_no_tensor(weight: Tensor) -> None:
    with pytest.raises(TypeError, match="'bias' must be a Tensor, not float"):
        fused.linear(minitorch.ones(2, 3), weight, 3.0)  # type: ignore[arg-type]


def test_a_constant_that_is_kept_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        products.constant(3, 1.0, np.dtype(np.float32))[0] = 2


def test_softmax_of_a_single_number() -> None:
    for form in (nullcontext, definitions):
        with form():
            assert fused.softmax(minitorch.tensor(-70.0), 0).item() == 1
            assert math.isnan(fused.softmax(minitorch.tensor(math.nan), 0).item())
