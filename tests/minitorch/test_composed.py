"""Operations that code written for PyTorch asks for: what random inputs do not meet."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch.tensor import Tensor
from minitorch.testing import gradcheck, gradgradcheck

inf, nan = math.inf, math.nan
F64, F32, I64, I32 = mt.float64, mt.float32, mt.int64, mt.int32


def leaf(values: Any) -> Tensor:
    return mt.tensor(values, dtype=F64, requires_grad=True)


def gradient(f: Any, values: Any) -> Any:
    x = leaf(values)
    f(x).sum().backward()
    return x.grad.tolist()


# --------------------------------------------------------------------------------- arithmetic


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (lambda x: x.cumprod(0), [2.0, 0.0, 5.0], [1.0, 12.0, 0.0]),
        (lambda x: x.cumprod(0), [0.0, 3.0, 0.0, 4.0], [4.0, 0.0, 0.0, 0.0]),
        (lambda x: x.nan_to_num(), [nan, inf, -inf, 2.0], [0.0, 0.0, 0.0, 1.0]),
        (lambda x: x.clamp_min(1.0), [0.0, 1.0, 2.0], [0.0, 1.0, 1.0]),
        (lambda x: x.clamp_max(1.0), [0.0, 1.0, 2.0], [1.0, 1.0, 0.0]),
        (lambda x: x.log2(), [2.0], [1 / (2 * math.log(2))]),
        (lambda x: 7.0 - mt.fmod(mt.tensor([-7.0], dtype=F64), x), [3.0], [-2.0]),
        (lambda x: mt.lerp(x, x * 3, 1.0), [2.0], [3.0]),
        (lambda x: x.unfold(0, 3, 1), [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 2.0, 1.0]),
        (lambda x: x.repeat_interleave(mt.tensor([2, 0, 1])), [1.0, 2.0, 3.0], [2.0, 0.0, 1.0]),
        (lambda x: x.index_copy(0, mt.tensor([1]), x[:1] * 5), [1.0, 2.0], [6.0, 0.0]),
        (lambda x: x.take_along_dim(mt.tensor([-1, 0, -1])), [1.0, 2.0], [1.0, 2.0]),
    ],
)  # fmt: skip
def test_gradients_by_hand(f: Any, x: list[float], expected: list[float]) -> None:
    assert gradient(f, x) == pytest.approx(expected)


def test_cumprod_with_zeros_has_its_second_derivative() -> None:
    x = leaf([[2.0, 0.0, 3.0], [0.0, 0.0, 1.5]])
    for f in (lambda x: x.cumprod(1), lambda x: x[:, :1].cumprod(1), lambda x: (x * 1).cumprod_(0)):
        assert gradcheck(f, (x,))
        assert gradgradcheck(f, (x,))


def test_cumprod_multiplies_in_order_so_that_nothing_overflows_on_the_way() -> None:
    assert mt.tensor([1e-200, 1e200, 1e200], dtype=F64).cumprod(0).tolist() == [1e-200, 1.0, 1e200]
    assert mt.tensor([True, False]).cumprod(0).dtype == I64
    assert mt.tensor(3.0).cumprod(0).item() == 3
    assert mt.zeros(2, 0).cumprod(1).shape == (2, 0)
    assert mt.tensor([2, 3]).cumprod(0, dtype=F32).tolist() == [2.0, 6.0]


@pytest.mark.parametrize("f", [mt.addmm, mt.baddbmm])
def test_where_beta_is_0_the_input_is_not_seen(f: Any) -> None:
    lead = (1,) if f is mt.baddbmm else ()
    x = mt.full((2,), nan, requires_grad=True)
    a, b = mt.ones(*lead, 3, 4), mt.ones(*lead, 4, 2)
    y = f(x, a, b, beta=0, alpha=0.5)
    assert y.tolist() == f(mt.zeros(2), a, b, alpha=0.5).tolist()
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]
    one, two, three = (mt.tensor([[n]]) for n in (1, 2, 3))
    assert mt.addmm(one, two, three, beta=2, alpha=3.0).item() == 20
    with pytest.raises(RuntimeError, match=r"0\.5 must be a whole number"):
        mt.addmm(one, two, three, alpha=0.5)


def test_addcmul_computes_in_the_dtype_of_its_result() -> None:
    bytes = mt.tensor([200, 3], dtype=mt.uint8)
    y = mt.zeros(2).addcmul(bytes, bytes, value=-0.5)
    assert y.dtype == F32
    assert y.tolist() == [-20000, -4.5]
    assert mt.zeros(2).addcmul(bytes > 5, bytes > 5, value=3.0).tolist() == [3, 0]
    assert mt.zeros(2).addcdiv(bytes, mt.tensor(2.0, dtype=F64)).dtype == F32


def test_lerp_ends_exactly() -> None:
    a, b = mt.tensor([0.1, 1e8]), mt.tensor([0.7, 0.3])
    assert mt.lerp(a, b, 1.0).tolist() == b.tolist()
    assert mt.lerp(a, b, mt.tensor([0.0, 1.0])).tolist() == [a[0].item(), b[1].item()]
    w = mt.tensor([0.0, 0.5], requires_grad=True)
    mt.lerp(mt.tensor([inf, inf]), b, w).sum().backward()
    assert w.grad.tolist() == [-inf, -inf]


def test_remainders_have_the_sign_of_the_first_or_of_the_second() -> None:
    x = mt.tensor([-7, 7])
    assert mt.fmod(x, 3).tolist() == [-1, 1]
    assert (x % 3).tolist() == [2, 1]
    assert mt.fmod(mt.tensor([5.5]), -2).tolist() == [1.5]
    with pytest.raises(RuntimeError, match="divided by 0"):
        mt.fmod(x, 0)


def test_erfinv_undoes_erf_to_the_last_digits() -> None:
    x = np.concatenate([np.linspace(-3, 3, 101), [1e-300, 4.5, -0.0]])
    y = mt.erfinv(mt.tensor(x, dtype=F64).erf())
    np.testing.assert_allclose(y.numpy()[abs(x) < 3], x[abs(x) < 3], rtol=1e-11)
    assert mt.erfinv(mt.tensor([1.0, -1.0, 1.5])).tolist()[:2] == [inf, -inf]
    assert math.isnan(mt.erfinv(mt.tensor(1.5)).item())
    assert mt.erfinv(mt.tensor(1 - 2.0**-53, dtype=F64)).item() == pytest.approx(5.863584748755168)


def test_nan_to_num_takes_other_numbers() -> None:
    x = mt.tensor([nan, inf, -inf, 1.0])
    assert mt.nan_to_num(x, 1.0, 2.0, inf).tolist() == [1.0, 2.0, inf, 1.0]
    assert mt.nan_to_num(x).tolist() == [0.0, mt.finfo(F32).max, mt.finfo(F32).min, 1.0]
    assert mt.nan_to_num(mt.tensor([1])).tolist() == [1]


def test_masked_scatter_takes_the_first_elements_in_order() -> None:
    mask = mt.tensor([[True, False], [True, True]])
    x = mt.zeros(2)
    assert x.masked_scatter(mask, mt.arange(4.0) + 1).tolist() == [[1, 0], [2, 3]]
    assert x.tolist() == [0, 0]


# ----------------------------------------------------------------------------------- shapes


def test_copies_do_not_share_memory() -> None:
    x = mt.zeros(2, 3)
    for y in (x.repeat(1, 1), x.tile((1, 1)), x.repeat_interleave(1, 0), x.diag(), x.T.ravel()):
        y.add_(1)
    x[:1].repeat_interleave(2, 0).add_(1)
    x[0, 0].gather(0, mt.tensor(0)).add_(1)
    assert x.tolist() == [[0, 0, 0], [0, 0, 0]]
    for one in (mt.zeros(1).repeat_interleave(3), mt.zeros(1).expand(3).repeat_interleave(2, 0)):
        one[0] = 1
        assert one.tolist() == [1, *(0 for _ in one[1:])]
    one = mt.tensor(1.0)
    for y in (one.roll(1), one.gather(0, mt.tensor([0]))):
        y.mul_(3)
    assert one.item() == 1
    assert x[:, 0].ravel().add_(1).tolist() == [1, 1]
    assert x.tolist() == [[0, 0, 0], [0, 0, 0]]


def test_views_share_memory_and_hear_of_changes() -> None:
    x = leaf(np.arange(12.0).reshape(3, 4))
    y = x * 1
    y.narrow(1, -2, 2).mul_(2)
    y.select(0, -1).add_(1)
    y.swapaxes(0, 1)[0].zero_()
    y.unflatten(1, (2, -1))[:, 1, 1].mul_(10)
    patches = y.unfold(1, 2, 2)
    patches[0, 0].mul_(3)
    assert y.tolist() == [[0, 3, 4, 60], [0, 5, 12, 140], [0, 10, 21, 230]]
    patches.sum().backward()
    assert x.grad.tolist() == [[0, 3, 2, 20], [0, 1, 2, 20], [0, 1, 2, 20]]


def test_windows_that_overlap_are_read_only() -> None:
    x = mt.arange(4.0)
    windows = x.unfold(0, 2, 1)
    with pytest.raises(RuntimeError, match="read-only"):
        windows.zero_()
    x.add_(1)
    assert windows.tolist() == [[1, 2], [2, 3], [3, 4]]
    assert mt.tensor(5.0).unfold(0, 1, 1).tolist() == [5]
    assert mt.zeros(3, 2).unfold(0, 0, 2).shape == (2, 2, 0)


def test_an_image_is_cut_into_patches() -> None:
    image = mt.arange(2 * 4 * 6).reshape(1, 2, 4, 6)
    patches = image.unfold(2, 2, 2).unfold(3, 3, 3)  # (1, 2, 2, 2, 2, 3)
    assert patches.shape == (1, 2, 2, 2, 2, 3)
    assert patches[0, 1, 1, 0].tolist() == image[0, 1, 2:, :3].tolist()


def test_repeats_are_numbers_or_tensors() -> None:
    x = mt.tensor([[1, 2], [3, 4]])
    assert mt.repeat_interleave(x, 2).tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    assert x.repeat_interleave(3, dim=-1).tolist() == [[1, 1, 1, 2, 2, 2], [3, 3, 3, 4, 4, 4]]
    y = x.repeat_interleave(mt.tensor([1, 2]), 0, output_size=3)
    assert y.tolist() == [[1, 2], [3, 4], [3, 4]]
    assert x.repeat_interleave(mt.tensor([2]), 0).shape == (4, 2)
    assert mt.repeat_interleave(mt.tensor([2, 0, 1])).tolist() == [0, 0, 2]
    assert mt.repeat_interleave(mt.tensor([1], dtype=I32)).dtype == I32
    assert mt.tensor(7).repeat_interleave(2).tolist() == [7, 7]
    with pytest.raises(RuntimeError, match="output_size=5, but the repeats come to 4"):
        x.repeat_interleave(2, 0, output_size=5)


def test_grids() -> None:
    a, b = mt.meshgrid(mt.arange(2), mt.arange(3), indexing="xy")
    assert a.tolist() == [[0, 1], [0, 1], [0, 1]]
    assert b.tolist() == [[0, 0], [1, 1], [2, 2]]
    a, b = mt.meshgrid([mt.arange(2), mt.tensor(5)])
    assert a.tolist() == [[0], [1]]
    assert b.tolist() == [[5], [5]]
    pairs = mt.cartesian_prod(mt.tensor([1, 2]), mt.tensor([3, 4]))
    assert pairs.tolist() == [[1, 3], [1, 4], [2, 3], [2, 4]]
    assert [t.shape for t in mt.broadcast_tensors(mt.ones(3, 1), mt.ones(2))] == [(3, 2)] * 2


def test_joins_under_other_names() -> None:
    assert mt.hstack((mt.tensor(1), mt.tensor([2, 3]))).tolist() == [1, 2, 3]
    assert mt.vstack((mt.tensor([1, 2]), mt.tensor([[3, 4]]))).tolist() == [[1, 2], [3, 4]]
    assert mt.concat is mt.cat
    assert mt.concatenate([mt.zeros(1), mt.ones(1)], axis=0).tolist() == [0, 1]


def test_diagonals() -> None:
    assert mt.diag(mt.tensor([1, 2]), 1).tolist() == [[0, 1, 0], [0, 0, 2], [0, 0, 0]]
    assert mt.diag(mt.arange(6).reshape(2, 3), -1).tolist() == [3]
    assert mt.trace(mt.arange(6).reshape(2, 3)).item() == 4
    assert mt.diag_embed(mt.ones(2, 3)).shape == (2, 3, 3)


def test_triangles_as_indices() -> None:
    assert mt.tril_indices(2, 3).tolist() == [[0, 1, 1], [0, 0, 1]]
    assert mt.triu_indices(2, 3, 1).tolist() == [[0, 0, 1], [1, 2, 2]]
    assert mt.triu_indices(3, 2, -1).tolist() == [[0, 0, 1, 1, 2], [0, 1, 0, 1, 1]]
    assert mt.tril_indices(3, 3, -1, dtype=I32).dtype == I32
    with pytest.raises(RuntimeError, match="int64 or int32, not int16"):
        mt.triu_indices(2, 2, dtype=mt.int16)
    assert mt.tril_indices(0, 3).shape == mt.triu_indices(2, 2, 5).shape == (2, 0)
    scores = mt.ones(3, 3)
    i, j = mt.triu_indices(3, 3, offset=1)
    scores[i, j] = -inf
    assert scores.tolist() == [[1, -inf, -inf], [1, 1, -inf], [1, 1, 1]]


# --------------------------------------------------------------------------------- counting


def test_unique_gives_what_was_asked_for_in_order() -> None:
    x = mt.tensor([[3, 1], [1, 2]])
    values, inverse, counts = x.unique(return_inverse=True, return_counts=True)
    assert (values.tolist(), counts.tolist()) == ([1, 2, 3], [2, 1, 1])
    assert values[inverse].tolist() == x.tolist()
    values, counts = mt.unique(x, sorted=False, return_counts=True)
    assert counts.tolist() == [2, 1, 1]
    assert mt.unique(mt.tensor([nan, 1.0, nan])).shape == (3,)
    assert mt.unique(mt.tensor([True, False, True])).tolist() == [False, True]
    assert mt.unique(mt.tensor([[2, 1], [1, 5], [2, 1]]), dim=0).tolist() == [[1, 5], [2, 1]]
    assert mt.unique(mt.tensor([[2, 1, 2], [1, 5, 1]]), dim=1).tolist() == [[1, 2], [5, 1]]
    assert mt.unique(mt.tensor(3)).tolist() == [3]
    assert mt.unique(mt.zeros(0, dtype=I64), dim=0).shape == (0,)


def test_unique_consecutive_looks_at_neighbours_alone() -> None:
    x = mt.tensor([1, 1, 2, 2, 1])
    values, inverse, counts = mt.unique_consecutive(x, return_inverse=True, return_counts=True)
    assert values.tolist() == [1, 2, 1]
    assert inverse.tolist() == [0, 0, 1, 1, 2]
    assert counts.tolist() == [2, 2, 1]


def test_median_is_the_lower_of_two() -> None:
    assert mt.median(mt.tensor([4, 1, 3, 2])).item() == 2
    x = mt.tensor([1.0, nan, 0.0, nan], requires_grad=True)
    y = mt.median(x)
    y.backward()
    assert math.isnan(y.item())
    assert x.grad.tolist() == [0, 0.5, 0, 0.5]
    assert math.isnan(mt.zeros(0).median().item())
    with pytest.raises(RuntimeError, match="an empty input must be floating-point"):
        mt.zeros(0, dtype=I64).median()
    values, indices = mt.tensor([[3.0, 1.0, 2.0], [0.0, nan, nan]]).median(dim=1)
    assert values[0].item() == 2
    assert indices.tolist() == [2, 1]
    assert mt.tensor(5.0).median(0).indices.item() == 0
    third = pytest.approx([1 / 3, 0, 1 / 3, 1 / 3])
    assert gradient(lambda x: x.median(), [2.0, 1.0, 2.0, 2.0]) == third


def test_bincount_sums_weights() -> None:
    x = mt.tensor([0, 2, 2])
    assert mt.bincount(x).tolist() == [1, 0, 2]
    assert mt.bincount(x, minlength=5).tolist() == [1, 0, 2, 0, 0]
    assert mt.bincount(x, mt.tensor([0.5, 1.0, 1.5])).dtype == F32
    assert mt.bincount(x, mt.tensor([1, 2, 3])).tolist() == [1.0, 0.0, 5.0]
    assert mt.bincount(mt.zeros(0, dtype=I64)).dtype == I64


def test_membership_of_many() -> None:
    ids = mt.tensor([[1, 2], [3, 4]])
    assert mt.isin(ids, mt.tensor([2, 3])).tolist() == [[False, True], [True, False]]
    assert mt.isin(ids, 4, invert=True).tolist() == [[True, True], [True, False]]
    assert mt.isin(2, ids).item() is True
    assert ids.count_nonzero().item() == ids.count_nonzero(()).item() == 4
    assert ids.argwhere().shape == (4, 2)


def test_places_in_a_sorted_sequence() -> None:
    edges = mt.tensor([1.0, 3.0, 5.0])
    assert mt.searchsorted(edges, mt.tensor([[0.0, 3.0], [5.0, 9.0]])).tolist() == [[0, 1], [2, 3]]
    assert mt.searchsorted(edges, mt.tensor([3.0]), side="right").tolist() == [2]
    assert mt.bucketize(mt.tensor([3.0]), edges, right=True).tolist() == [2]
    assert mt.searchsorted(edges, 4.0).item() == 2
    assert mt.bucketize(mt.tensor([3.0]), edges, out_int32=True).dtype == I32
    rows = mt.tensor([[1.0, 2.0], [5.0, 3.0]])
    order = mt.tensor([[0, 1], [1, 0]])
    assert mt.searchsorted(rows, mt.tensor([[1.5], [4.0]]), sorter=order).tolist() == [[1], [1]]


def test_where_of_a_condition_alone_gives_the_places() -> None:
    mask = mt.tensor([[True, False], [False, True]])
    assert [i.tolist() for i in mt.where(mask)] == [[0, 1], [0, 1]]
    assert mt.ones(2, 2).where(mask, 0.0).tolist() == [[1, 0], [0, 1]]


# ----------------------------------------------------------------------------------- norms


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, math.sqrt(91)),
        ({"ord": "fro"}, math.sqrt(91)),
        ({"ord": 1}, 9.0),
        ({"ord": -1}, 5.0),
        ({"ord": inf}, 15.0),
        ({"ord": -inf}, 6.0),
        ({"ord": 1, "keepdim": True}, [[9.0]]),
        ({"dim": 1}, [math.sqrt(14), math.sqrt(77)]),
        ({"ord": 1, "dim": 0}, [5.0, 7.0, 9.0]),
        ({"ord": 0, "dim": -1}, [3.0, 3.0]),
        ({"ord": inf, "dim": 1, "keepdim": True}, [[3.0], [6.0]]),
        ({"ord": 3, "dim": (0,)}, [65 ** (1 / 3), 133 ** (1 / 3), 243 ** (1 / 3)]),
        ({"ord": 1, "dim": (1, 0)}, 15.0),
    ],
)
def test_linalg_norm(options: dict[str, Any], expected: Any) -> None:
    x = leaf([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])
    y = mt.linalg.norm(x, **options)
    np.testing.assert_allclose(y.detach().numpy(), expected, rtol=1e-12)
    assert gradcheck(lambda x: mt.linalg.norm(x, **options), (x,))
    assert gradgradcheck(lambda x: mt.linalg.norm(x, **options), (x,))


def test_norms_of_stacks_and_of_nothing() -> None:
    x = mt.arange(24.0).reshape(2, 3, 4)
    assert mt.linalg.norm(x).item() == pytest.approx(math.sqrt(sum(i * i for i in range(24))))
    assert mt.linalg.matrix_norm(x, 1, (0, 1), keepdim=True).shape == (1, 1, 4)
    assert mt.linalg.matrix_norm(x, inf, (-1, 0)).tolist() == [18, 26, 34]
    assert mt.linalg.vector_norm(x, 1, dim=()).item() == 276
    assert mt.linalg.vector_norm(mt.zeros(0)).item() == 0
    assert mt.linalg.vector_norm(x.to(F32), dtype=F64).dtype == F64
    assert mt.linalg.matmul is mt.ops.matmul
    assert mt.linalg.norm(mt.tensor(-3.0)).item() == 3
    assert mt.linalg.norm(x, axis=(0, 1), keepdims=True).shape == (1, 1, 4)
