"""Changes in place: values, gradients through views and bases, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minitorch
from minitorch._compat.operations import TorchOperations
from minitorch.autograd import grad, no_grad
from minitorch.tensor import Tensor
from minitorch.testing import assert_close, gradcheck, gradgradcheck


def leaf(*values: Any) -> Tensor:
    return Tensor._wrap(np.array(values, dtype=np.float64)).requires_grad_()


def tensor(*values: Any) -> Tensor:
    return Tensor._wrap(np.array(values, dtype=np.float64))


# ------------------------------------------------------------------------------------------- values


def test_values_by_hand() -> None:
    def check(change: Callable[[Tensor], Any], expected: list[float]) -> None:
        x = tensor(1.0, -2.0, 3.0)
        array = x.array
        assert change(x) is x
        assert x.array is array
        assert x.tolist() == expected

    y, mask = tensor(2.0, 4.0, 8.0), minitorch.tensor([True, False, True])
    check(lambda x: x.add_(y), [3.0, 2.0, 11.0])
    check(lambda x: x.sub_(y), [-1.0, -6.0, -5.0])
    check(lambda x: x.mul_(2), [2.0, -4.0, 6.0])
    check(lambda x: x.div_(y), [0.5, -0.5, 0.375])
    check(lambda x: x.copy_(y), [2.0, 4.0, 8.0])
    check(lambda x: x.copy_(tensor(7.0)), [7.0, 7.0, 7.0])
    check(lambda x: x.fill_(9), [9.0, 9.0, 9.0])
    check(lambda x: x.zero_(), [0.0, 0.0, 0.0])
    check(lambda x: x.clamp_(-1, 2), [1.0, -1.0, 2.0])
    check(lambda x: x.masked_fill_(mask, 0.5), [0.5, -2.0, 0.5])
    check(lambda x: x.index_fill_(0, minitorch.tensor([0, 1]), 0.5), [0.5, 0.5, 3.0])
    check(lambda x: x.scatter_(0, minitorch.tensor([2, 0]), y), [4.0, -2.0, 2.0])
    check(lambda x: x.scatter_add_(0, minitorch.tensor([2, 2]), y), [1.0, -2.0, 9.0])
    check(lambda x: x.index_add_(0, minitorch.tensor([2, 2]), y[:2], alpha=2), [1.0, -2.0, 15.0])
    check(lambda x: x.index_copy_(0, minitorch.tensor([2]), y[1:2]), [1.0, -2.0, 4.0])
    check(lambda x: x.masked_scatter_(mask, y), [2.0, -2.0, 4.0])


def test_each_operation_in_place_gives_what_the_operation_gives() -> None:
    ids, a = minitorch.tensor([[0, 1, 1]]), minitorch.tensor([1, 0])
    y, mask = tensor([0.5, 2.0, 1.5], [3.0, 1.0, 2.5]), minitorch.tensor([True, False, True])
    given: dict[str, tuple[Any, ...]] = {
        "fmod": (y,), "remainder": (y,), "floor_divide": (y,), "clip": (1, 2), "clamp_min": (1,),
        "clamp_max": (y,), "lerp": (y, y), "addcmul": (y, y), "addcdiv": (y, y), "cumsum": (1,),
        "cumprod": (0,),
        "addmm": (y[:, :2], y), "baddbmm": (y[:, :2, None], y[:, None]), "index_add": (0, a, y),
        "index_copy": (0, a, y), "scatter_add": (0, ids, y), "masked_scatter": (mask, y),
        **dict.fromkeys(("logical_and", "logical_or", "logical_xor"), (y,)),
    }  # fmt: skip
    random = {"bernoulli_", "exponential_", "random_"}
    names = {n for n in vars(TorchOperations) if n.endswith("_") and n[0] != "_"} - random
    names -= {n for n in names if n.startswith(("bitwise", "detach"))}
    assert {f"{name}_" for name in given} < names
    for name in sorted(names - {"fill_diagonal_"}):
        start = tensor([0.25, 1.0, 2.0], [0.75, 0.5, 4.0])
        x = minitorch.stack([start[:, :2] @ start[:2]] * 2) if name == "baddbmm_" else start
        more = given.get(name[:-1], ())
        expected = getattr(x.clone(), name[:-1])(*more)
        array = x.array
        assert getattr(x, name)(*more) is x
        assert x.array is array
        np.testing.assert_array_equal(x.array, expected.array, name)


def test_assignment_to_parts() -> None:
    x = minitorch.zeros(2, 3)
    x[0] = 1
    x[:, 1:2] = minitorch.tensor([[5.0], [6.0]])
    x[1, 2] = np.float64(7)
    assert x.tolist() == [[1, 5, 1], [0, 6, 7]]
    x[x > 5] = -1.0
    x[[0, 1], minitorch.tensor([0, 0])] = minitorch.tensor([8.0, 9.0])
    assert x.tolist() == [[8, 5, 1], [9, -1, -1]]
    x[0] = minitorch.tensor([[1.0, 2.0, 3.0]])
    assert x[0].tolist() == [1, 2, 3]
    with pytest.raises(RuntimeError, match="do not broadcast"):
        x[0] = minitorch.tensor([1.0, 2.0])
    with pytest.raises(RuntimeError, match="shape mismatch"):
        x[x > 0] = minitorch.tensor([1.0, 2.0])


def test_operators_change_the_tensor_itself() -> None:
    x = y = tensor(1.0, 2.0)
    x += 1
    x *= tensor(2.0, 3.0)
    x -= 1
    x /= 2
    x **= 2
    x %= 10
    x //= tensor(2.0, 4.0)
    assert x is y
    assert x.tolist() == [1.0, 1.0]
    mask = same = minitorch.tensor([True, True, False])
    mask &= minitorch.tensor([True, False, False])
    mask |= minitorch.tensor([False, False, True])
    mask ^= True
    assert mask is same
    assert mask.tolist() == [False, True, False]
    assert mask.logical_not_().tolist() == [True, False, True]


def test_random_numbers_have_their_moments() -> None:
    minitorch.manual_seed(0)
    x = minitorch.zeros(100_000)
    x.normal_(3.0, 2.0)
    assert x.dtype == minitorch.float32
    assert x.mean().item() == pytest.approx(3.0, abs=0.05)
    assert x.std().item() == pytest.approx(2.0, abs=0.05)
    assert 0.9 < x.exponential_(2.0).mean().item() * 2 < 1.1
    assert x.min().item() > 0
    assert x.bernoulli_(0.3).mean().item() == pytest.approx(0.3, abs=0.01)
    assert set(x.bernoulli_(minitorch.tensor([1.0])).tolist()) == {1.0}
    assert set(x.random_(2, 5).tolist()) == {2.0, 3.0, 4.0}
    assert set(minitorch.empty(1000, dtype=minitorch.int64).random_(2).tolist()) == {0, 1}
    x.uniform_(-1.0, 3.0)
    assert -1 <= x.min().item() < -0.99 < 2.99 < x.max().item() < 3
    with pytest.raises(RuntimeError, match="std >= 0"):
        x.normal_(0.0, -1.0)
    with pytest.raises(RuntimeError, match=r"\[from, to\)"):
        x.uniform_(1.0, 0.0)


def test_the_dtype_stays_or_it_is_an_error() -> None:
    x = minitorch.tensor([1, 2])
    x.mul_(3)
    assert x.dtype == minitorch.int64
    with pytest.raises(RuntimeError, match="can't be cast to the desired output type"):
        x.mul_(0.5)
    assert x.tolist() == [3, 6]
    single = minitorch.tensor([1.0])
    single.add_(tensor(0.5))
    assert single.dtype == minitorch.float32
    assert single.tolist() == [1.5]


def test_the_shape_stays_or_it_is_an_error() -> None:
    with pytest.raises(RuntimeError, match=r"add_: output with shape \[1\] doesn't match.* \[2\]"):
        tensor(1.0).add_(tensor(1.0, 2.0))
    with pytest.raises(RuntimeError, match="do not broadcast"):
        tensor(1.0).copy_(tensor(1.0, 2.0))
    with pytest.raises(RuntimeError, match="a number or a 0-d tensor"):
        tensor(1.0, 2.0).fill_(tensor(1.0, 2.0))


def test_memory_that_several_elements_share_is_not_written_to() -> None:
    x = tensor(1.0).expand(3)
    with pytest.raises(RuntimeError, match="single memory location"):
        x.add_(1)


# ---------------------------------------------------------------------------------------- gradients

CHANGES: dict[str, Callable[[Tensor, Tensor], Any]] = {
    "add_": lambda x, y: x.add_(y),
    "sub_": lambda x, y: x.sub_(y),
    "mul_": lambda x, y: x.mul_(y),
    "div_": lambda x, y: x.div_(y + 5),
    "pow_": lambda x, y: x.pow_(2),
    "copy_": lambda x, y: x.copy_(y),
    "fill_": lambda x, y: x.fill_(y.sum()),
    "zero_": lambda x, y: x.zero_(),
    "clamp_": lambda x, y: x.clamp_(-0.5, 0.5),
    "masked_fill_": lambda x, y: x.masked_fill_(x > 0, y.sum()),
    "index_fill_": lambda x, y: x.index_fill_(0, minitorch.tensor([1]), 2.0),
    "scatter_": lambda x, y: x.scatter_(0, minitorch.tensor([[0, 1, 1]]), y),
    "index_add_": lambda x, y: x.index_add_(0, minitorch.tensor([1, 1]), y[:2], alpha=-0.5),
    "scatter_add_": lambda x, y: x.scatter_add_(0, minitorch.tensor([[0, 1, 1]]), y),
    "masked_scatter_": lambda x, y: x.masked_scatter_(x > 0, y),
    "addmm_": lambda x, y: x.addmm_(y[:, :1], y[:1], beta=2.0),
    "lerp_": lambda x, y: x.lerp_(y, 0.25),
    "sigmoid_": lambda x, y: x.sigmoid_(),
    "setitem": lambda x, y: x.__setitem__(0, y[1]),
    "setitem mask": lambda x, y: x.__setitem__(x > 0, y.sum()),
    "setitem rows": lambda x, y: x.__setitem__([1, 0], y[:2]),
}

VIEWS: dict[str, Callable[[Tensor], Tensor]] = {
    "itself": lambda b: b,
    "slice": lambda b: b[1:, ::2],
    "slice of slice": lambda b: b[1:][:, :3],
    "transpose": lambda b: b[:3, :2].t(),
    "permute": lambda b: b[:3, :2].permute(1, 0),
    "reshape": lambda b: b.reshape(2, 2, 5)[1, :, :3],
    "unsqueeze, squeeze": lambda b: b[:2, :3].unsqueeze(1).squeeze(1),
    "split": lambda b: b.split(2)[1].chunk(2, dim=1)[0],
    "expand of nothing": lambda b: b[:2, :3].expand(2, 3),
    "diagonal": lambda b: b.reshape(2, 2, 5).diagonal(0, 0, 1)[:3].t(),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("beside", [False, True])
def test_gradients_through_a_changed_view_agree_with_finite_differences(
    view: str, change: str, beside: bool
) -> None:
    rng = np.random.default_rng(len(view) + len(change))
    base = Tensor._wrap(rng.standard_normal((4, 5))).requires_grad_()
    other = Tensor._wrap(rng.standard_normal((4, 5))).requires_grad_()

    def run(base: Tensor, other: Tensor) -> tuple[Tensor, ...]:
        b = base * 1
        before = b[1:].reshape(-1) if beside else b  # another view, taken before the change
        x = VIEWS[view](b)
        y = VIEWS[view](other)
        CHANGES[change](x, y)
        return b * 2, x * 3, before * 5, b[1] * 7

    assert gradcheck(run, (base, other))


@pytest.mark.parametrize("change", CHANGES)
def test_second_derivatives_through_a_changed_view(change: str) -> None:
    rng = np.random.default_rng(0)
    base, other = (Tensor._wrap(rng.standard_normal((3, 3))).requires_grad_() for _ in range(2))

    def run(base: Tensor, other: Tensor) -> Tensor:
        b = base * base
        CHANGES[change](b[1:], (other * other)[1:])
        return b * b

    assert gradgradcheck(run, (base, other), atol=1e-4)


def test_the_base_hears_of_a_change_through_its_view() -> None:
    base = leaf(1.0, 2.0, 3.0)
    b = base * 1
    x = b[1:]
    x.mul_(2)
    b.sum().backward()
    assert base.grad.tolist() == [1.0, 2.0, 2.0]


def test_a_view_hears_of_a_change_to_its_base() -> None:
    w = leaf(5.0)
    b = minitorch.zeros(3, dtype=minitorch.float64)
    x, y = b[1:], b[1:][1:]
    assert not y.requires_grad
    b.add_(w)
    assert y.requires_grad
    (x.sum() + y.sum()).backward()
    assert w.grad.tolist() == [3.0]


def test_what_was_computed_before_the_change_keeps_its_gradient() -> None:
    base = leaf(1.0, 2.0)
    b = base * 1
    before = b + 10
    b.mul_(3)
    (before + b).sum().backward()
    assert base.grad.tolist() == [4.0, 4.0]


def test_filling_a_buffer_step_by_step() -> None:
    w = leaf(0.5)
    out = minitorch.zeros(4, dtype=minitorch.float64)
    h = minitorch.ones(1, dtype=minitorch.float64)
    for t in range(4):
        h = h * w
        out[t] = h[0]
    out.sum().backward()  # d(w + w² + w³ + w⁴)/dw
    assert w.grad.tolist() == [1 + 2 * 0.5 + 3 * 0.25 + 4 * 0.125]


def test_no_gradient_comes_through_what_was_overwritten() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    y.zero_()
    assert y.requires_grad
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]


def test_integers_that_are_written_to_have_no_gradient() -> None:
    x = minitorch.tensor([1.5, 2.5], requires_grad=True)
    y = minitorch.zeros(3, dtype=minitorch.int64)
    y[0] = x[0]
    y[1:] = x
    y[[0, 2]] = x
    y[:2].copy_(x)
    assert not y.requires_grad
    assert y.tolist() == [1, 2, 2]


def test_detached_in_place_it_is_a_leaf() -> None:
    w = leaf(1.0, 2.0)
    x = w * 3
    y = x * w
    assert x.detach_() is x
    assert x.is_leaf
    assert not x.requires_grad
    y.sum().backward()
    assert w.grad.tolist() == [6.0, 12.0]
    with pytest.raises(RuntimeError, match=r"a view cannot be detached in place. Use x.detach\(\)"):
        (w * 1)[:1].detach_()


# --------------------------------------------------------------------------------- what is refused


def test_a_leaf_that_requires_grad_is_not_changed_while_recording() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used"):
        x.add_(1)
    with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad"):
        x[0] = 1.0
    with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad"):
        x.reshape(2, 1)[1:].zero_()
    assert x.tolist() == [1.0, 2.0]
    with no_grad():
        x.add_(1)
        x[0] = 7.0
    assert x.tolist() == [7.0, 3.0]
    assert x.is_leaf


def test_views_may_go_while_the_others_are_taken_again() -> None:
    base = leaf(*range(20))
    x = base * 1
    views = [x[i:] for i in range(20)]

    def collect() -> None:
        """Stands for a weak reference that is followed just before the collector runs."""
        del views[1:]

    x._views.add(collect)
    x.mul_(2.0)
    assert len(views) == 1
    views[0].sum().backward()
    assert base.grad.tolist() == [2.0] * 20


def test_a_view_made_under_no_grad_is_not_changed_while_recording() -> None:
    w = leaf(1.0)
    b = tensor(1.0, 2.0)
    with no_grad():
        x = b[1:]
    with pytest.raises(RuntimeError, match="created in no_grad mode"):
        x.mul_(w)
    x.mul_(3)  # no gradient is concerned
    assert b.tolist() == [1.0, 6.0]


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.add_(1),
        lambda x: x[0].zero_(),
        lambda x: x.detach().fill_(0),
        lambda x: x.t().reshape(1, 2).mul_(2),
        lambda x: x.normal_(),
        lambda x: x.__setitem__(0, 3.0),
    ],
)
def test_a_saved_tensor_that_was_changed_is_an_error_that_names_the_operation(change: Any) -> None:
    w, x = leaf(1.0, 2.0), tensor(3.0, 4.0)
    y = (w * x).sum()
    change(x)
    with pytest.raises(RuntimeError, match=r"inplace operation: mul saved .* shape \(2,\)"):
        y.backward()


def test_a_saved_view_finds_out_that_its_base_was_changed() -> None:
    w, x = leaf(1.0, 2.0), tensor(3.0, 4.0, 5.0)
    y = (w * x[1:]).sum()
    x.add_(1)
    with pytest.raises(RuntimeError, match="inplace operation: mul saved"):
        y.backward()


def test_a_saved_output_that_was_changed_is_an_error() -> None:
    y = leaf(1.0).exp()
    y.add_(1)
    with pytest.raises(RuntimeError, match="inplace operation: exp saved"):
        y.sum().backward()


def test_what_was_not_saved_may_be_changed() -> None:
    w, x = leaf(1.0, 2.0), tensor(3.0, 4.0)
    y = (w + x).sum()
    x.zero_()
    y.backward()
    assert w.grad.tolist() == [1.0, 1.0]


def test_a_change_after_backward_or_through_data_goes_unpunished() -> None:
    w, x = leaf(1.0, 2.0), tensor(3.0, 4.0)
    y = (w * x).sum()
    x.data.mul_(2)
    assert grad(y, w)[0].tolist() == [6.0, 8.0]
    y = (w * x).sum()
    y.backward()
    x.mul_(2)
    assert w.grad.tolist() == [6.0, 8.0]


def test_the_old_value_is_kept_where_a_gradient_needs_it() -> None:
    w, x = leaf(2.0, 3.0), leaf(5.0, 7.0)
    y = x * 1
    y.mul_(w)
    y.sum().backward()
    assert w.grad.tolist() == [5.0, 7.0]
    assert x.grad.tolist() == [2.0, 3.0]


def test_detach_shares_memory_and_is_cut_off() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    d = y.detach()
    d.mul_(3)
    assert y.tolist() == [3.0, 6.0]
    assert not d.requires_grad
    y.sum().backward()
    assert_close(x.grad, np.ones(2))


# ---------------------------------------------------------- parts of what was expanded: no overlap


def _assign(y: Tensor) -> None:
    y.expand(2, 3)[0, 1] = y.detach()[0] * 5


def _both(y: Tensor) -> None:
    expanded = y.expand(2, 3)
    row = expanded[0]
    row.mul_(2)
    expanded[1].mul_(3)
    row.add_(1)


@pytest.mark.parametrize(
    ("change", "after", "gradient"),
    [  # y = 2x, changed through a view of an expanded view; of Σy²; from PyTorch
        (lambda y: y.expand(2, 3)[0].add_(1), [3, 5, 7], [12, 20, 28]),
        (lambda y: y.expand(2, 3)[1:].add_(1), [3, 5, 7], [12, 20, 28]),
        (lambda y: y.expand(1, 3).add_(1), [3, 5, 7], [12, 20, 28]),
        (lambda y: y.expand(2, 3)[0].mul_(3), [6, 12, 18], [72, 144, 216]),
        (_assign, [2, 10, 6], [8, 0, 24]),
        (lambda y: y.unsqueeze(0).expand(2, 3).T[1:, 0].mul_(2), [2, 8, 12], [8, 64, 96]),
        (lambda y: y.expand(2, 2, 3)[1, 0].mul_(3), [6, 12, 18], [72, 144, 216]),
        (lambda y: y.expand(2, 3)[:, :1][0].mul_(3), [6, 4, 6], [72, 16, 24]),
        (lambda y: y.expand(3, 3).diagonal().mul_(3), [6, 12, 18], [72, 144, 216]),
        (lambda y: y.add_(y.expand(2, 3)[0].mul_(4)), [16, 32, 48], [512, 1024, 1536]),
        (_both, [13, 25, 37], [312, 600, 888]),
        (lambda y: y.expand(0, 3).add_(1), [2, 4, 6], [8, 16, 24]),
    ],
)
def test_a_part_of_an_expanded_tensor_that_holds_no_element_twice_may_change(
    change: Callable[[Tensor], Any], after: list[float], gradient: list[float]
) -> None:
    x = leaf(1.0, 2.0, 3.0)
    y = x * 2
    change(y)
    (y * y).sum().backward()
    assert y.tolist() == after
    assert x.grad.tolist() == gradient
    plain = tensor(1.0, 2.0, 3.0) * 2
    change(plain)  # without a graph, too
    with no_grad():
        again = tensor(1.0, 2.0, 3.0) * 2
        change(again)
    assert plain.tolist() == again.tolist() == after


@pytest.mark.parametrize(
    "view",
    [
        lambda e: e,
        lambda e: e[:, 0],
        lambda e: e[:, 1:],
        lambda e: e.T,
        lambda e: e.unsqueeze(0)[0],
    ],
)
def test_a_part_that_holds_an_element_twice_may_not(view: Callable[[Tensor], Tensor]) -> None:
    x = tensor(1.0, 2.0, 3.0)
    with pytest.raises(RuntimeError, match="single memory location"):
        view(x.expand(2, 3)).add_(1)
    assert x.tolist() == [1.0, 2.0, 3.0]


def test_memory_that_numpy_must_not_write_stays() -> None:
    array = np.ones(3)
    array.flags.writeable = False
    x = minitorch.from_numpy(array)
    for view in (x, x[1:], x.expand(2, 3)[0]):
        with pytest.raises(RuntimeError, match=r"read-only.*clone"):
            view.add_(1)
    overlapping = minitorch.from_numpy(np.broadcast_to(np.zeros(3), (2, 3)))
    with pytest.raises(RuntimeError, match="single memory location"):
        overlapping[0].add_(leaf(1.0, 1.0, 1.0))  # row 1 would change, and its gradient not know


def test_what_holds_no_element_may_change() -> None:
    empty = minitorch.zeros(3, 1, 0)[:, 0].unsqueeze(0).expand(2, 3, 0)
    assert empty.add_(1).tolist() == [[[], [], []], [[], [], []]]
