"""The graph and the backward pass: chain rule, sums where edges meet, and what is refused."""

from __future__ import annotations

import copy
import threading
import tracemalloc
from typing import Any

import numpy as np
import pytest

import minitorch
from minitorch import autograd
from minitorch.autograd import OUTPUT, enable_grad, grad, no_grad, record, set_grad_enabled
from minitorch.autograd.functional import hessian, jacobian
from minitorch.tensor import Tensor
from minitorch.testing import assert_close, gradcheck
from minitorch.utils.checkpoint import checkpoint


def leaf(*values: Any) -> Tensor:
    return Tensor._wrap(np.array(values, dtype=np.float64)).requires_grad_()


def test_the_chain_rule_and_a_sum_where_edges_meet() -> None:
    x = leaf(2.0, 3.0)
    y = x * x  # 2x
    z = y * y + y  # (2y + 1) · 2x
    z.sum().backward()
    assert x.grad.tolist() == [(2 * 4 + 1) * 4, (2 * 9 + 1) * 6]


def test_gradients_of_fresh_graphs_add_up() -> None:
    x = leaf(1.0, 2.0)
    (x * 3).sum().backward()
    first = x.grad
    (x * x).sum().backward()
    assert x.grad.tolist() == [3 + 2, 3 + 4]
    assert x.grad is first  # added to in place, so that whoever holds it sees the sum


def test_adding_to_a_gradient_under_create_graph_makes_a_new_one() -> None:
    x = leaf(1.0)
    (x * 3).sum().backward()
    first = x.grad
    (x * x * x).sum().backward(create_graph=True)
    assert first.tolist() == [3.0]
    assert x.grad.tolist() == [6.0]
    assert x.grad.requires_grad


def test_a_second_backward_pass_needs_retain_graph() -> None:
    x = leaf(2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [8.0]
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.backward()


def test_a_graph_that_saved_nothing_can_be_passed_again() -> None:
    x = leaf(2.0)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    assert x.grad.tolist() == [2.0]


def test_a_graph_100_000_operations_deep_is_passed_and_freed() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + x
    y.backward()
    assert x.grad.tolist() == [100_001.0]


def test_broadcasting_is_undone() -> None:
    a, b = leaf([[1.0], [2.0]]), leaf(1.0, 2.0, 3.0)
    c = Tensor._wrap(np.array(2.0)).requires_grad_()
    (a * b * c).sum().backward()
    assert a.grad.tolist() == [[[12.0], [12.0]]]
    assert b.grad.tolist() == [6.0, 6.0, 6.0]
    assert c.grad.item() == 18.0


def test_a_gradient_has_the_dtype_of_its_leaf() -> None:
    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    y = leaf(3.0, 4.0)
    (x * y).sum().backward()
    assert x.grad.dtype == minitorch.float32
    assert y.grad.dtype == minitorch.float64


def test_no_two_gradients_share_memory() -> None:
    x, y, g = leaf(1.0, 2.0), leaf(1.0, 2.0), Tensor._wrap(np.ones(2))
    (x + y).backward(g)
    found = [*grad(x + y, (x, y), g), x.grad, y.grad, g]
    matrix = leaf([1.0, 2.0], [3.0, 4.0])
    found.append(grad(matrix.T, matrix, Tensor._wrap(np.ones((2, 2))))[0])
    found.append(grad(x.expand(2, 2).sum(), x)[0])
    for i, a in enumerate(found):
        assert a.array.flags.writeable
        assert not any(np.shares_memory(a.array, b.array) for b in found[i + 1 :])


def test_a_leaf_is_its_own_derivative() -> None:
    x = leaf(5.0)
    x.backward()
    assert x.grad.tolist() == [1.0]
    assert grad(x, x)[0].tolist() == [1.0]


# ----------------------------------------------------------------------------------- what is raised


def test_backward_says_why_it_cannot_start() -> None:
    with pytest.raises(RuntimeError, match="element 0 of tensors does not require grad"):
        minitorch.tensor([1.0]).backward()
    with pytest.raises(RuntimeError, match="only for scalar outputs"):
        leaf(1.0, 2.0).exp().backward()
    with pytest.raises(RuntimeError, match="Mismatch in shape"):
        leaf(1.0, 2.0).exp().backward(minitorch.tensor([1.0]))
    with pytest.raises(RuntimeError, match="2 tensors and 1 gradients"):
        autograd.backward([leaf(1.0), leaf(1.0)], [None])


def test_only_floating_point_tensors_require_gradients() -> None:
    with pytest.raises(RuntimeError, match="floating point"):
        minitorch.tensor([1, 2], requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf variables"):
        leaf(1.0).exp().requires_grad_(False)


def test_a_vjp_that_gives_the_wrong_shape_is_named() -> None:
    x = leaf(1.0, 2.0, 3.0)
    y = record("odd", np.zeros(2), (x, lambda g: g))
    with pytest.raises(RuntimeError, match=r"odd: its vjp gave a gradient of shape \(2,\)"):
        y.sum().backward()
    y = record("flat", np.zeros(3), (x, lambda g: g.sum()))
    with pytest.raises(RuntimeError, match=r"flat: its vjp gave a gradient of shape \(\) for an"):
        y.sum().backward()


# -------------------------------------------------------------------------------------------- grad


def test_grad_returns_gradients_and_leaves_none_behind() -> None:
    x = leaf(2.0)
    y = x * x
    dy, dx = grad((y * y).sum(), (y, x))
    assert dy.tolist() == [8.0]
    assert dx.tolist() == [32.0]
    assert x.grad is None


def test_grad_of_what_was_not_used() -> None:
    x, y = leaf(1.0), leaf(1.0)
    with pytest.raises(RuntimeError, match=r"appears to not have been used.*inputs\[1\]"):
        grad(x * 2, (x, y))
    assert grad(x * 2, (x, y), allow_unused=True)[1] is None
    with pytest.raises(RuntimeError, match=r"does not require grad.*inputs\[0\]"):
        grad(x * 2, minitorch.tensor(1.0))


def test_grad_visits_only_nodes_that_lead_to_its_inputs() -> None:
    x, other = leaf(2.0), leaf(3.0)

    def refuse(g: Tensor) -> Tensor:
        raise AssertionError("visited")

    aside = record("aside", np.array([1.0]), (other, refuse))
    (dx,) = grad((x * x + aside).sum(), x)
    assert dx.tolist() == [4.0]


def test_grad_stops_at_an_input_that_is_no_leaf_and_frees_nothing_of_it() -> None:
    x = leaf(3.0)
    y = x * x
    (dy,) = grad((y * y).sum(), y)
    assert dy.tolist() == [18.0]  # 2y
    y.sum().backward()
    assert x.grad.tolist() == [6.0]


def test_grad_ends_at_an_input_that_was_freed_but_does_not_go_through_it() -> None:
    x = leaf(3.0)
    y = x * x
    z = (y + 1).sum()
    y.sum().backward()  # frees y's node
    assert grad(z, y)[0].tolist() == [1.0]
    for inputs in (x, (y, x)):
        for allow_unused in (False, True):
            with pytest.raises(RuntimeError, match="second time"):
                grad(z, inputs, allow_unused=allow_unused)
    assert grad(y.sum(), y)[0].tolist() == [1.0]


def test_grad_at_odd_places_leaves_the_rest_of_the_graph_alone() -> None:
    x = leaf([1.0, 2.0], [3.0, 4.0])
    y = x.exp()
    row, other = y[0], y[1]  # views
    outputs = ((row * row).sum(), (other * other * row).sum())
    d_row, d_other = grad(outputs, (row, other), create_graph=True)
    assert d_row.tolist() == pytest.approx((2 * row + other * other).tolist())
    assert d_other.tolist() == pytest.approx((2 * other * row).tolist())
    assert grad(d_row.sum(), other, retain_graph=True)[0].tolist() == pytest.approx(
        (2 * other).tolist()
    )
    y.sum().backward()
    assert_close(x.grad, x.detach().exp())


def test_retain_grad_keeps_what_hooks_leave_whenever_it_was_called() -> None:
    for first in (True, False):
        x = leaf(2.0)
        y = x * x
        if first:
            y.retain_grad()
        y.register_hook(lambda g: g * 10)
        y.retain_grad()
        y.sum().backward()
        assert y.grad.tolist() == [10.0]
        assert x.grad.tolist() == [40.0]


def test_the_gradient_of_a_result_warns_that_it_stays_none() -> None:
    x = leaf(2.0)
    y = x * x
    with pytest.warns(UserWarning, match=r"not a leaf.*result of mul.*retain_grad"):
        assert y.grad is None
    y.retain_grad()
    assert y.grad is None  # no warning: it will not stay None
    y.backward()
    assert y.grad.tolist() == [1.0]
    assert x.grad.tolist() == [4.0]
    del x.grad
    assert x.grad is None
    x.grad = Tensor._wrap(np.ones(1))
    assert x.grad.tolist() == [1.0]


def test_grad_takes_any_iterable_of_inputs() -> None:
    x, y = leaf(2.0), leaf(3.0)
    found = grad((z for z in [x * y]), (z for z in (x, y)), (g for g in [None]))
    assert [g.tolist() for g in found] == [[3.0], [2.0]]


# --------------------------------------------------------------------------- recording, off and on


def test_decorators_switch_recording_for_the_function_alone() -> None:
    x = leaf(2.0)

    @no_grad
    def without_brackets() -> Tensor:
        """It says so."""
        return x * x

    @set_grad_enabled(False)
    def off() -> Tensor:
        return x * x

    @no_grad()
    def factorial(n: int) -> float:
        assert not autograd.is_grad_enabled()
        return 1.0 if n == 0 else n * factorial(n - 1)

    assert autograd.is_grad_enabled()
    assert without_brackets.__doc__ == "It says so."
    assert not without_brackets().requires_grad
    assert not off().requires_grad
    assert factorial(3) == 6.0
    assert (x * x).requires_grad
    with no_grad():

        @enable_grad()
        def on() -> Tensor:
            return x * x

        assert on().requires_grad
        assert not autograd.is_grad_enabled()


def test_a_decorated_generator_switches_recording_between_its_yields_alone() -> None:
    x = leaf(2.0)

    @no_grad()
    def steps() -> Any:
        while True:
            sent = yield (x * x).requires_grad
            if sent is None:
                return "end"

    generator = steps()
    assert next(generator) is False
    assert (x * x).requires_grad  # not switched off outside
    assert generator.send(1) is False
    with pytest.raises(StopIteration) as end:
        generator.send(None)
    assert end.value.value == "end"

    @no_grad()
    def catches() -> Any:
        try:
            yield 1
        except KeyError:
            yield autograd.is_grad_enabled()

    generator = catches()
    next(generator)
    assert generator.throw(KeyError()) is False
    generator.close()


def test_grad_of_an_input_and_of_what_it_was_computed_from() -> None:
    x = leaf(3.0)
    y = x * x
    y.register_hook(lambda g: g * 10)
    dy, dx, dy_again = grad((y * y).sum(), (y, x, y))
    assert (dy.tolist(), dx.tolist(), dy_again.tolist()) == ([180.0], [1080.0], [180.0])


def test_several_outputs_one_of_them_twice_and_one_computed_from_another() -> None:
    x = leaf(2.0)
    y = x * x
    z = y * 3
    gs = [minitorch.tensor([g]) for g in (1.0, 10.0, 100.0, 1000.0)]
    (dx,) = grad((y, z, y, x), x, gs)
    assert dx.tolist() == [4.0 * 1 + 12.0 * 10 + 4.0 * 100 + 1000]
    autograd.backward([], [])


def test_higher_derivatives() -> None:
    x = leaf(2.0)
    y = x**4
    expected = [32.0, 48.0, 48.0, 24.0]  # 4x³, 12x², 24x, 24
    for value in expected:
        (y,) = grad(y.sum(), x, create_graph=True)
        assert y.tolist() == [value]


def test_a_gradient_can_be_part_of_a_loss() -> None:
    x = leaf(1.0, 2.0)
    (g,) = grad((x**3).sum(), x, create_graph=True)
    (g * g).sum().backward()  # d(9x⁴)/dx = 36x³
    assert x.grad.tolist() == [36.0, 288.0]


def test_an_output_that_was_saved_can_be_differentiated_twice() -> None:
    x = leaf(0.5)

    def exp(x: Tensor) -> Tensor:
        return record("exp", np.exp(x.array), (x, lambda g, y: g * y, OUTPUT))

    (first,) = grad(exp(x), x, create_graph=True)
    (second,) = grad(first, x)
    assert_close(second, np.exp([0.5]))


# --------------------------------------------------------------------------------- recording or not


def test_nothing_is_recorded_under_no_grad() -> None:
    x = leaf(1.0)

    @no_grad()
    def double(x: Tensor, times: int = 1) -> Tensor:
        return x * 2 if times == 1 else double(x * 2, times - 1)

    assert not double(x, 3).requires_grad
    assert autograd.is_grad_enabled()
    with no_grad():
        assert not (x * 2).requires_grad
        with enable_grad():
            assert (x * 2).requires_grad
        with set_grad_enabled(True):
            assert (x * 2).requires_grad
        assert not autograd.is_grad_enabled()
    set_grad_enabled(False)
    assert not (x * 2).requires_grad
    set_grad_enabled(True)
    assert (x * 2).requires_grad


def test_no_grad_ends_with_an_exception() -> None:
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert autograd.is_grad_enabled()


def test_each_thread_records_for_itself() -> None:
    recorded = []
    with no_grad():
        thread = threading.Thread(target=lambda: recorded.append((leaf(1.0) * 2).requires_grad))
        thread.start()
        thread.join()
    assert recorded == [True]


def test_nothing_is_saved_for_inputs_that_need_no_gradient() -> None:
    x, constant = leaf(1.0), minitorch.tensor([2.0])
    edges = (x * constant).grad_fn.edges
    assert [edge.saved for edge in edges] == [(constant,)]


# -------------------------------------------------------------------------------------------- hooks


def test_a_hook_sees_the_whole_gradient_and_may_replace_it() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    seen: list[Any] = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    handle = y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    (y + y * 3).sum().backward(retain_graph=True)
    assert seen == [[4.0, 4.0]]
    assert x.grad.tolist() == [81.0, 81.0]
    handle.remove()
    assert grad((y * 1).sum(), x)[0].tolist() == [3.0, 3.0]
    assert len(seen) == 2


def test_a_hook_may_keep_the_gradient_that_it_sees() -> None:
    x, kept = leaf(1.0, 2.0), []
    x.register_hook(kept.append)
    y = x + 1  # whose gradient is that of x, unchanged
    y.register_hook(kept.append)
    for _ in range(3):
        (y * 3).sum().backward()  # adds to x.grad in place
    assert x.grad.tolist() == [9.0, 9.0]
    x.grad.zero_()
    assert [g.tolist() for g in kept] == [[3.0, 3.0]] * 6


def test_hooks_run_for_the_inputs_of_grad() -> None:
    x = leaf(1.0)
    y = x * 2
    with y.register_hook(lambda g: g * 5):
        assert grad((y * 3).sum(), y, retain_graph=True)[0].tolist() == [15.0]
    assert grad((y * 3).sum(), y)[0].tolist() == [3.0]


def test_what_a_hook_may_not_do() -> None:
    with pytest.raises(RuntimeError, match="doesn't require gradient"):
        minitorch.tensor(1.0).register_hook(lambda g: None)
    x = leaf(1.0, 2.0)
    x.register_hook(lambda g: g.sum())
    with pytest.raises(RuntimeError, match=r"hook: it returned a gradient of shape \(\)"):
        (x * 2).sum().backward()


def test_retain_grad_keeps_the_gradient_of_what_is_not_a_leaf() -> None:
    x = leaf(1.0)
    y = x * 2
    assert not y.retains_grad
    y.retain_grad()
    y.retain_grad()
    assert y.retains_grad
    z = (y * 3).sum()
    z.backward(retain_graph=True)
    assert y.grad.tolist() == [3.0]
    z.backward()
    assert y.grad.tolist() == [6.0]
    with pytest.raises(RuntimeError, match="can't retain_grad"):
        minitorch.tensor(1.0).retain_grad()


def test_a_result_that_is_gone_retains_nothing() -> None:
    x = leaf(1.0)
    y = x * 2
    y.retain_grad()
    z = y + 1
    del y
    z.backward()
    assert x.grad.tolist() == [2.0]


def test_retain_grad_follows_a_tensor_that_is_changed_in_place() -> None:
    y = leaf(1.0) * 2
    y.retain_grad()
    y.mul_(5)
    (y * 3).sum().backward()
    assert y.grad.tolist() == [3.0]


# --------------------------------------------------------------------------- jacobian and hessian


def test_jacobian_by_hand() -> None:
    x = Tensor._wrap(np.array([1.0, 2.0]))
    J = jacobian(lambda x: x * x.sum(), x)  # d(x_i Σx)/dx_j = Σx [i = j] + x_i
    assert J.tolist() == [[4.0, 1.0], [2.0, 5.0]]
    assert not J.requires_grad


def test_jacobian_of_several_outputs_and_inputs() -> None:
    x, y = Tensor._wrap(np.array([1.0, 2.0])), Tensor._wrap(np.array(3.0))
    (xx, xy), (yx, yy) = jacobian(lambda x, y: (x * y, y * y), (x, y))
    assert xx.tolist() == [[3.0, 0.0], [0.0, 3.0]]
    assert xy.tolist() == [1.0, 2.0]
    assert yx.tolist() == [0.0, 0.0]
    assert yy.item() == 6.0


def test_hessian_by_hand() -> None:
    x = Tensor._wrap(np.array([2.0, 3.0]))
    assert hessian(lambda x: x[0] ** 2 * x[1], x).tolist() == [[6.0, 4.0], [4.0, 0.0]]
    (aa, ab), (ba, bb) = hessian(lambda a, b: (a * a * b).sum(), (x[0], x[1]))
    assert [aa.item(), ab.item(), ba.item(), bb.item()] == [6.0, 4.0, 4.0, 0.0]
    with pytest.raises(RuntimeError, match="one element"):
        hessian(lambda x: x * x, x)


def test_the_jacobian_of_a_constant_is_0() -> None:
    y = minitorch.tensor([1.0, 2.0])
    assert jacobian(lambda x: y, minitorch.ones(3)).tolist() == [[0.0] * 3] * 2


def test_a_jacobian_can_be_differentiated() -> None:
    x = leaf(1.0, 2.0)
    J = jacobian(lambda x: x**3, x, create_graph=True)  # diag(3x²)
    assert_close(grad(J.sum(), x)[0], 6 * x.array)


# -------------------------------------------------------------------------------------- checkpoint


def test_checkpoint_gives_the_same_gradients_and_calls_again() -> None:
    weight = leaf(3.0, 4.0)
    calls = []

    def run(x: Tensor, factor: float) -> Tensor:
        calls.append(1)
        return (x * weight * factor).tanh() * x

    results = []
    for call in (run, lambda *args: checkpoint(run, *args, use_reentrant=False)):
        x = leaf(0.1, 0.2)
        h = x * 2  # what enters was computed from what is also used inside
        calls.clear()
        y = (call(h * weight, 0.5) * h).sum()
        results.append([y, *grad(y, (x, weight, h), create_graph=True)])
    for a, b in zip(*results, strict=True):
        assert_close(a, b)
    assert len(calls) == 2
    second = [grad(g[1].sum(), weight)[0] for g in results]
    assert_close(*second)


def test_checkpoint_draws_the_same_random_numbers_again() -> None:
    x = leaf(*range(1, 101))
    y = checkpoint(lambda x: minitorch.nn.functional.dropout(x, 0.5), x, use_reentrant=False)
    before = minitorch.random.get_rng_state()
    y.sum().backward()
    assert_close(x.grad * x.detach(), y.detach())
    assert minitorch.random.get_rng_state() == before


def test_checkpoint_draws_other_random_numbers_if_it_may() -> None:
    x = minitorch.ones(100, requires_grad=True)
    dropped = lambda x: minitorch.nn.functional.dropout(x, 0.5)  # noqa: E731
    y = checkpoint(dropped, x, preserve_rng_state=False)
    y.sum().backward()
    assert set(x.grad.tolist()) == {0.0, 2.0}
    assert x.grad.tolist() != y.tolist()


def test_checkpoint_without_gradients_is_the_function() -> None:
    x = leaf(2.0)
    with no_grad():
        y = checkpoint(lambda x: x * x, x)
        z = checkpoint(enable_grad(lambda x: x * x), x)
    assert y.is_leaf
    assert y.tolist() == [4.0]
    z.backward()
    assert x.grad.tolist() == [4.0]


def test_checkpoint_looks_at_each_operation_inside_once() -> None:
    def double(x: Tensor) -> Tensor:
        for _ in range(16):
            x = x + x  # 2¹⁶ ways lead through this
        return x

    x = leaf(1.0)
    tracemalloc.start()
    try:
        y = checkpoint(double, x)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 100_000  # bytes; a list of 2¹⁶ takes five times as many
    y.backward()
    assert x.grad.tolist() == [2.0**16]


def test_checkpoint_of_several_outputs_and_of_none() -> None:
    x, idle = leaf(2.0), leaf(1.0)
    a, b, n = checkpoint(lambda x: (x * 2, x * x, 7), x)
    assert n == 7
    (a * b).sum().backward()  # d(2x³)/dx
    assert x.grad.tolist() == [24.0]
    assert not checkpoint(lambda x: x.detach() * 2, idle).requires_grad
    with pytest.raises(ValueError, match="use_reentrant"):
        checkpoint(lambda x: x, x, use_reentrant=True)


def test_checkpoint_finds_out_that_an_input_was_changed() -> None:
    x = leaf(2.0)
    h = x * 1
    y = checkpoint(lambda h: h * h, h)
    h.add_(1)
    with pytest.raises(RuntimeError, match="inplace operation: checkpoint saved"):
        y.sum().backward()


def test_a_copy_of_a_leaf_has_a_graph_of_its_own() -> None:
    x = leaf(1.0, 2.0)
    y = copy.deepcopy(x)
    (y * 2).sum().backward()
    assert x.grad is None
    assert y.grad.tolist() == [2.0, 2.0]


def test_an_input_used_twice() -> None:
    x = leaf(1.5, 2.5)
    assert gradcheck(lambda x: x * x + x / x.exp() - x @ x, x)
