"""Backward hooks of modules: what they are shown, what they change, when they are called."""

from __future__ import annotations

import copy
from collections import namedtuple
from typing import Any

import pytest

import minitorch as mt
from minitorch import nn
from minitorch.utils.checkpoint import checkpoint


class Two(nn.Module):
    """Two arguments, and what is no tensor; two outputs, of which the second needs no gradient."""

    def forward(self, a: mt.Tensor, b: mt.Tensor, note: str = "") -> Any:
        return a * b, b + 1, note


def leaf(*numbers: float) -> mt.Tensor:
    return mt.tensor(numbers, requires_grad=True)


def lists(gradients: Any) -> Any:
    return [None if g is None else g.tolist() for g in gradients]


def noted(module: nn.Module) -> list[Any]:
    """Note what a hook of the module is shown."""
    notes: list[Any] = []

    def hook(module: nn.Module, grad_input: Any, grad_output: Any) -> None:
        notes.append((lists(grad_input), lists(grad_output)))

    module.register_full_backward_hook(hook)
    return notes


def test_a_hook_sees_the_gradients_of_arguments_and_outputs() -> None:
    module, x, y = Two(), leaf(1.0, 2.0), leaf(3.0, 4.0)
    notes = noted(module)
    (module(x, y, "note")[0] * 10).sum().backward()
    # d(10 x y)/dx = 10 y, d/dy = 10 x; nothing came from the second output; a str has no gradient.
    assert notes == [([[30.0, 40.0], [10.0, 20.0], None], [[10.0, 10.0], None, None])]
    assert (x.grad.tolist(), y.grad.tolist()) == ([30.0, 40.0], [10.0, 20.0])


def test_an_argument_that_needs_no_gradient_is_shown_zeros() -> None:
    module, x = Two(), leaf(1.0, 2.0)
    notes = noted(module)
    module(x, mt.tensor([3, 4]))[0].sum().backward()
    assert notes[0][0] == [[3.0, 4.0], [0, 0]]


def test_hooks_may_change_gradients_on_their_way_in_and_out() -> None:
    module, x, y = Two(), leaf(1.0, 2.0), leaf(3.0, 4.0)
    module.register_full_backward_hook(lambda m, given, out: (given[0] * 10, None))
    module.register_full_backward_pre_hook(lambda m, out: (out[0] * 100, *out[1:]))
    notes = noted(module)
    module(x, y)[0].sum().backward()
    assert notes == [([[3000.0, 4000.0], None], [[100.0, 100.0], None, None])]
    assert x.grad.tolist() == [3000.0, 4000.0]
    assert y.grad is None


def test_hooks_are_called_in_order_and_can_be_prepended() -> None:
    module, calls = nn.Tanh(), []
    for name, prepend in (("b", False), ("c", False), ("a", True)):
        module.register_full_backward_hook(lambda *_, name=name: calls.append(name), prepend)
        module.register_full_backward_pre_hook(
            lambda *_, name=name: calls.append(f"before {name}"), prepend=prepend
        )
    module(leaf(0.5)).sum().backward()
    assert calls == ["before a", "before b", "before c", "a", "b", "c"]


def test_a_hook_ends_with_its_handle_but_for_what_was_computed_before() -> None:
    module, x = nn.Identity(), leaf(2.0)
    notes: list[Any] = []
    with module.register_full_backward_hook(lambda m, given, out: notes.append(given)):
        y = module(x)
    module(x).sum().backward()
    assert notes == []
    y.sum().backward()
    assert len(notes) == 1


def test_without_gradients_nothing_is_called() -> None:
    module = nn.Tanh()
    notes = noted(module)
    with mt.no_grad():
        assert not module(leaf(0.5)).requires_grad
    assert not module(mt.ones(1)).requires_grad
    assert notes == []


def test_a_module_that_is_called_twice_is_shown_each_call_apart() -> None:
    module, x = nn.Identity(), leaf(1.0)
    notes = noted(module)
    y = module(x * 2)
    (module(y * 3) * 5).sum().backward()
    assert notes == [([[5.0]], [[5.0]]), ([[15.0]], [[15.0]])]


def test_a_hook_may_keep_what_it_is_shown() -> None:
    module, x, kept = nn.Identity(), leaf(1.0), []
    module.register_full_backward_hook(lambda m, given, out: kept.extend([*given, *out]))
    y = module(x)
    for _ in range(3):
        y.sum().backward()  # which adds to x.grad in place
    assert x.grad.tolist() == [3.0]
    assert [g.tolist() for g in kept] == [[1.0]] * 6


def test_a_layer_whose_input_needs_no_gradient_is_shown_that_of_its_output() -> None:
    layer = nn.Linear(2, 1)
    notes = noted(layer)
    with pytest.warns(UserWarning, match="no argument of this Linear requires a gradient"):
        layer(mt.ones(1, 2)).sum().backward()
    assert notes == [([None], [[[1.0]]])]
    layer.register_full_backward_hook(lambda m, given, out: (mt.ones(1, 2),))
    with (
        pytest.warns(UserWarning, match="no argument"),
        pytest.raises(RuntimeError, match="must return no grad_input here"),
    ):
        layer(mt.ones(1, 2)).sum().backward()


def test_parameters_get_their_gradients_too() -> None:
    plain, hooked = nn.Linear(2, 2), nn.Linear(2, 2)
    hooked.load_state_dict(plain.state_dict())
    hooked.register_full_backward_hook(lambda *_: None)
    for layer in (plain, hooked):
        layer(leaf(1.0, -1.0)).square().sum().backward()
    for a, b in zip(plain.parameters(), hooked.parameters(), strict=True):
        assert a.grad.tolist() == b.grad.tolist()


def test_outputs_may_be_a_named_tuple_and_nothing_else_is_watched() -> None:
    pair = namedtuple("pair", "y z")

    class Pair(nn.Module):
        def forward(self, x: Any) -> Any:
            return pair(x * 2, None)

    class Dict(nn.Module):
        def forward(self, x: Any) -> Any:
            return {"y": x * 2}

    notes = noted(module := Pair())
    result = module(leaf(1.0))
    assert isinstance(result, pair)
    result.y.sum().backward()
    assert notes == [([[2.0]], [[1.0], None])]
    notes = noted(other := Dict())
    with pytest.warns(UserWarning, match="should be a Tensor or a tuple of Tensors"):
        other(leaf(1.0))["y"].sum().backward()
    assert notes == []


def test_forward_hooks_lie_inside() -> None:
    module, x = nn.Identity(), leaf(1.0)
    notes = noted(module)
    module.register_forward_pre_hook(lambda m, args: (args[0] * 2,))
    module.register_forward_hook(lambda m, args, y: y * 3)
    module(x).sum().backward()
    assert notes == [([[3.0]], [[1.0]])]
    assert x.grad.tolist() == [6.0]


def test_a_change_in_place_that_a_hook_would_not_notice_is_refused() -> None:
    x = leaf(-1.0, 2.0) * 1
    for net in (nn.Sequential(nn.ReLU(inplace=True)), nn.Sequential(nn.Identity(), nn.ReLU(True))):
        net[0].register_full_backward_hook(lambda *_: None)
        with pytest.raises(RuntimeError, match="a module with a backward hook is given or gives"):
            net(x)
    hooked = nn.Identity()
    hooked.register_full_backward_hook(lambda *_: None)
    with pytest.raises(RuntimeError, match="modified inplace"):
        hooked(x)[0].mul_(2.0)
    with mt.no_grad():
        assert nn.Sequential(hooked, nn.ReLU(inplace=True))(x).tolist() == [0, 2]
    assert x.tolist() == [0, 2]


def test_hooks_are_called_for_a_checkpoint_and_not_for_a_picture() -> None:
    net, x = nn.Sequential(nn.Linear(2, 2), nn.Tanh()), leaf(1.0, 2.0)
    notes = noted(net[1])
    checkpoint(net, x, use_reentrant=False).sum().backward()
    assert len(notes) == 1
    x.grad = None
    mt.draw_graph(net(x).sum())
    assert len(notes) == 1
    copy.deepcopy(net)(x).sum().backward()
    assert len(notes) == 2


def test_second_derivatives_pass_hooks() -> None:
    module, x = nn.Tanh(), leaf(0.5)
    notes = noted(module)
    (g,) = mt.autograd.grad(module(x).sum(), x, create_graph=True)
    (h,) = mt.autograd.grad(g.sum(), x)
    t = x.detach().tanh()
    assert h.item() == pytest.approx((-2 * t * (1 - t * t)).item())
    assert len(notes) == 1  # the second pass does not go by way of the output
