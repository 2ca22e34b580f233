"""Autograd held wrong: see `misuse.py`."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from misuse import Misuse, check

import minitorch as mt
from minitorch import autograd, nn
from minitorch.autograd import Function, enable_grad, functional, grad, no_grad, set_grad_enabled
from minitorch.autograd.anomaly import detect_anomaly
from minitorch.testing import GradcheckError, assert_close, gradcheck, gradgradcheck
from minitorch.utils.checkpoint import checkpoint

F = nn.functional


def leaf(*values: float, dtype: Any = mt.float32) -> mt.Tensor:
    return mt.tensor(list(values), dtype=dtype, requires_grad=True)


def double(*values: float) -> mt.Tensor:
    return leaf(*values, dtype=mt.float64)


def loss() -> mt.Tensor:
    return leaf(2.0) * 3


def twice(call: Callable[[mt.Tensor], Any]) -> Any:
    """Do it with a graph that a first backward pass has freed."""
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    y.backward()
    return call(y)


def hooked(hook: Any) -> None:
    x = leaf(1.0, 2.0)
    x.register_hook(hook)
    (x * 2).sum().backward()


def applied(
    forward: Any = lambda ctx, x: x * 2, backward: Any = lambda ctx, g: g, *more: Any
) -> Any:
    """Apply a Function of these two, and go backward."""
    kind = type(
        "Mine", (Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    )
    y = kind.apply(leaf(1.0, 2.0), *more)
    y.sum().backward()
    return y


def saving(*saved: Any) -> Callable[..., Any]:
    def forward(ctx: Any, x: mt.Tensor) -> mt.Tensor:
        ctx.save_for_backward(*saved)
        return x * 2

    return forward


def marking(*marked: Any) -> Callable[..., Any]:
    def forward(ctx: Any, x: mt.Tensor) -> mt.Tensor:
        ctx.mark_non_differentiable(*marked)
        return x * 2

    return forward


def changing(first: Callable[..., Any], later: Callable[..., Any]) -> None:
    """Checkpoint a function that does something else when it is called again."""
    calls: list[int] = []

    def function(x: mt.Tensor) -> Any:
        calls.append(1)
        return (first if len(calls) == 1 else later)(x)

    y = checkpoint(function, leaf(1.0, 2.0))
    (y[0] if isinstance(y, tuple) else y).sum().backward()


def in_place(call: Callable[[mt.Tensor], Any], after: Callable[[mt.Tensor], Any]) -> None:
    """Compute with a result, change it in place, go backward."""
    y = leaf(1.0, 2.0) * 2
    z = call(y)
    after(y)
    z.sum().backward()


def anomaly(call: Callable[[], Any]) -> None:
    with detect_anomaly():
        call()


def view_made_under_no_grad() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    with no_grad():
        view = y[0]
    view.mul_(x.sum())


def recorded_nothing() -> None:
    x = leaf(2.0)
    with no_grad():
        y = x * x
    y.backward()


def assign(name: str, value: Any, x: mt.Tensor | None = None) -> None:
    setattr(leaf(1.0, 2.0) if x is None else x, name, value)


def own_grad() -> None:
    x = leaf(1.0)
    x.grad = x


def shared(call: Callable[[mt.Tensor], Any]) -> Any:
    """Do it with an input and a result of it."""
    return call(leaf(1.0, 2.0))


MISUSES = [
    # ------------------------------------------------------------------------------- backward
    Misuse("backward of integers", lambda: mt.tensor([1]).backward(), RuntimeError, "does not require grad"),
    Misuse("backward of a plain tensor", lambda: mt.ones(1).backward(), RuntimeError, "does not require grad"),
    Misuse("backward under no_grad", recorded_nothing, RuntimeError, r"no_grad\(\)"),
    Misuse("backward of a detached loss", lambda: loss().detach().backward(), RuntimeError, "does not require grad"),
    Misuse("backward of argmax", lambda: leaf(1.0, 2.0).argmax().backward(), RuntimeError, "does not require grad"),
    Misuse("backward of several elements", lambda: leaf(1.0, 2.0).exp().backward(), RuntimeError, r"shape \(2,\).*\.sum\(\)"),
    Misuse("backward of no element", lambda: leaf().exp().backward(), RuntimeError, r"shape \(0,\)"),
    Misuse("a second backward", lambda: twice(lambda y: y.backward()), RuntimeError, "second time.*retain_graph"),
    Misuse("grad after backward", lambda: twice(lambda y: grad(y, leaf(1.0))), RuntimeError, "second time"),
    Misuse("a gradient that is a str", lambda: loss().backward("1"), TypeError, "not a str"),
    Misuse("a gradient that is a number", lambda: loss().backward(1.0), TypeError, "not a float"),
    Misuse("a gradient that is an array", lambda: loss().backward(np.ones(1)), TypeError, "holds a float64"),
    Misuse("a gradient that is a list of numbers", lambda: loss().backward([1.0]), TypeError, "holds a float"),
    Misuse("a gradient of another shape", lambda: loss().backward(mt.ones(2)), RuntimeError, r"shape of \(2,\)"),
    Misuse("a gradient that would broadcast", lambda: (leaf(1.0, 2.0) * 2).backward(mt.ones(1)), RuntimeError, "Mismatch"),
    Misuse("more gradients than losses", lambda: loss().backward([mt.ones(1)] * 2), RuntimeError, "1 tensors and 2 gradients"),
    Misuse("fewer gradients than losses", lambda: autograd.backward([loss(), loss()], [mt.ones(1)]), RuntimeError, "2 tensors and 1"),
    Misuse("gradients in a dict", lambda: autograd.backward([loss()], {"a": mt.ones(1)}), TypeError, "holds a str"),
    Misuse("retain_graph='no'", lambda: loss().backward(retain_graph="no"), TypeError, "'retain_graph' must be bool, not str"),
    Misuse("retain_graph=1", lambda: loss().backward(retain_graph=1), TypeError, "'retain_graph' must be bool, not int"),
    Misuse("create_graph='no'", lambda: loss().backward(create_graph="no"), TypeError, "'create_graph' must be bool, not str"),
    Misuse("create_graph=None", lambda: loss().backward(create_graph=None), TypeError, "'create_graph' must be bool"),
    Misuse("backward of None", lambda: autograd.backward(None), TypeError, "not a NoneType"),
    Misuse("backward of a list of None", lambda: autograd.backward([None]), TypeError, "holds a NoneType"),
    Misuse("backward of a number", lambda: autograd.backward(2.0), TypeError, "not a float"),
    Misuse("backward of loss.item()", lambda: autograd.backward([loss().item()]), TypeError, "holds a float"),
    Misuse("backward of a str", lambda: autograd.backward("loss"), TypeError, "not a str"),
    Misuse("backward of an array", lambda: autograd.backward(np.ones(1)), TypeError, "holds a float64"),
    Misuse("backward of a dict of losses", lambda: autograd.backward({"a": loss()}), TypeError, "holds a str"),
    Misuse("backward of a module", lambda: autograd.backward(nn.Linear(1, 1)), TypeError, "not a Linear"),
    # ----------------------------------------------------------------------------------- grad
    Misuse("grad of None", lambda: grad(None, leaf(1.0)), TypeError, "outputs must be a Tensor"),
    Misuse("grad by None", lambda: grad(loss(), None), TypeError, "inputs must be a Tensor"),
    Misuse("grad by nothing", lambda: grad(loss(), []), RuntimeError, "no input"),
    Misuse("grad by a number", lambda: grad(loss(), 2.0), TypeError, "inputs must be a Tensor"),
    Misuse("grad by names", lambda: grad(loss(), {"x": leaf(1.0)}), TypeError, "holds a str"),
    Misuse("grad by a module", lambda: grad(loss(), nn.Linear(1, 1)), TypeError, "not a Linear"),
    Misuse("grad by a plain tensor", lambda: grad(loss(), mt.ones(1)), RuntimeError, r"inputs\[0\].*requires_grad=True"),
    Misuse("grad by the data of the input", lambda: shared(lambda x: grad((x * 2).sum(), x.data)), RuntimeError, "does not require grad"),
    Misuse("grad by an unused tensor", lambda: grad(loss(), leaf(1.0)), RuntimeError, r"inputs\[0\].*allow_unused"),
    Misuse("grad by a slice taken later", lambda: shared(lambda x: grad((x * 2).sum(), x[0])), RuntimeError, "not have been used"),
    Misuse("grad of no output", lambda: grad([], [leaf(1.0)]), RuntimeError, "not have been used"),
    Misuse("grad of several elements", lambda: shared(lambda x: grad(x * 2, x)), RuntimeError, "scalar outputs"),
    Misuse("grad_outputs of another shape", lambda: shared(lambda x: grad(x * 2, x, mt.ones(3))), RuntimeError, "Mismatch in shape"),
    Misuse("grad_outputs that is a str", lambda: shared(lambda x: grad(x * 2, x, "1")), TypeError, "not a str"),
    Misuse("allow_unused='no'", lambda: grad(loss(), leaf(1.0), allow_unused="no"), TypeError, "'allow_unused' must be bool"),
    Misuse("grad of an output under no_grad", lambda: shared(no_grad()(lambda x: grad((x * x).sum(), x))), RuntimeError, "does not require grad"),
    Misuse("a second derivative that was not recorded", lambda: shared(lambda x: grad(grad((x**3).sum(), x)[0].sum(), x)), RuntimeError, "does not require grad"),
    # ------------------------------------------------------------------ attributes of tensors
    Misuse("grad = a number", lambda: assign("grad", 1), TypeError, "Tensor or None.*int"),
    Misuse("grad = an array", lambda: assign("grad", np.ones(2, np.float32)), TypeError, "Tensor or None.*ndarray"),
    Misuse("grad = a list", lambda: assign("grad", [1.0, 2.0]), TypeError, "Tensor or None.*list"),
    Misuse("grad = another shape", lambda: assign("grad", mt.ones(3)), RuntimeError, r"\(3,\).*\(2,\)"),
    Misuse("grad = what would broadcast", lambda: assign("grad", mt.ones(1)), RuntimeError, r"\(1,\).*\(2,\)"),
    Misuse("grad = transposed", lambda: assign("grad", mt.ones(3, 2), mt.ones(2, 3)), RuntimeError, r"\(3, 2\).*\(2, 3\)"),
    Misuse("grad = another dtype", lambda: assign("grad", mt.ones(2, dtype=mt.float64)), RuntimeError, "float64.*float32"),
    Misuse("grad = integers", lambda: assign("grad", mt.tensor([1, 2])), RuntimeError, "int64.*float32"),
    Misuse("grad = itself", own_grad, RuntimeError, "its own grad"),
    Misuse("grad of a parameter = another shape", lambda: assign("grad", mt.ones(1), nn.Parameter(mt.ones(2))), RuntimeError, r"\(1,\).*\(2,\)"),
    Misuse("requires_grad = None", lambda: assign("requires_grad", None), TypeError, "must be bool, not NoneType"),
    Misuse("requires_grad = 1", lambda: assign("requires_grad", 1), TypeError, "must be bool, not int"),
    Misuse("requires_grad = 'no'", lambda: assign("requires_grad", "no"), TypeError, "must be bool, not str"),
    Misuse("requires_grad of integers", lambda: assign("requires_grad", True, mt.tensor([1])), RuntimeError, "floating point.*int64"),
    Misuse("requires_grad of bools", lambda: assign("requires_grad", True, mt.tensor([True])), RuntimeError, "floating point.*bool"),
    Misuse("requires_grad of a result = False", lambda: assign("requires_grad", False, loss()), RuntimeError, r"leaf.*detach\(\)"),
    Misuse("requires_grad_('no')", lambda: leaf(1.0).requires_grad_("no"), TypeError, "must be bool, not str"),
    Misuse("tensor(requires_grad='no')", lambda: mt.tensor([1.0], requires_grad="no"), TypeError, "must be bool, not str"),
    Misuse("zeros(requires_grad=None)", lambda: mt.zeros(2, requires_grad=None), TypeError, "must be bool, not NoneType"),
    Misuse("integers with requires_grad", lambda: mt.zeros(2, dtype=mt.int64, requires_grad=True), RuntimeError, "floating point.*int64"),
    Misuse("a parameter of integers", lambda: nn.Parameter(mt.tensor([1])), RuntimeError, "floating point.*int64"),
    Misuse("data = a number", lambda: assign("data", 1), TypeError, "must be a Tensor, not int"),
    Misuse("data = an array", lambda: assign("data", np.ones(2)), TypeError, "must be a Tensor, not ndarray"),
    Misuse("data = None", lambda: assign("data", None), TypeError, "must be a Tensor, not NoneType"),
    Misuse("data = integers", lambda: assign("data", mt.tensor([1, 2])), RuntimeError, "floating point, not minitorch.int64"),
    Misuse("data of a parameter = a list", lambda: assign("data", [1.0], nn.Parameter(mt.ones(1))), TypeError, "must be a Tensor, not list"),
    Misuse("retain_grad of a plain tensor", lambda: mt.ones(1).retain_grad(), RuntimeError, "requires_grad=False"),
    Misuse("numpy of what requires a gradient", lambda: leaf(1.0).numpy(), RuntimeError, r"detach\(\)\.numpy\(\)"),
    Misuse("asarray of what requires a gradient", lambda: np.asarray(leaf(1.0)), RuntimeError, r"detach\(\)\.numpy\(\)"),
    Misuse("deepcopy of a result", lambda: copy.deepcopy(loss()), RuntimeError, "result of mul"),
    # ---------------------------------------------------------------------------------- hooks
    Misuse("a hook on a plain tensor", lambda: mt.ones(1).register_hook(print), RuntimeError, "doesn't require gradient"),
    Misuse("a hook that is None", lambda: leaf(1.0).register_hook(None), TypeError, "callable, not a NoneType"),
    Misuse("a hook that is a tensor", lambda: leaf(1.0).register_hook(mt.ones(1)), TypeError, "callable, not a Tensor"),
    Misuse("a hook that returns another shape", lambda: hooked(lambda g: g.sum()), RuntimeError, r"shape \(\).*\(2,\)"),
    Misuse("a hook that returns another dtype", lambda: hooked(lambda g: g.double()), RuntimeError, "float64.*float32"),
    Misuse("a hook that returns a number", lambda: hooked(lambda g: 3.0), TypeError, "returned a float"),
    Misuse("a hook that returns an array", lambda: hooked(lambda g: g.numpy()), TypeError, "returned a ndarray"),
    Misuse("a hook that goes backward", lambda: hooked(lambda g: g.sum().backward()), RuntimeError, "does not require grad"),
    # -------------------------------------------------------------------------------- switches
    Misuse("set_grad_enabled(None)", lambda: set_grad_enabled(None), TypeError, "must be bool, not NoneType"),
    Misuse("set_grad_enabled('no')", lambda: set_grad_enabled("no"), TypeError, "must be bool, not str"),
    Misuse("set_grad_enabled(0)", lambda: set_grad_enabled(0), TypeError, "must be bool, not int"),
    Misuse("set_grad_enabled of a tensor", lambda: set_grad_enabled(mt.tensor(False)), TypeError, "must be bool, not Tensor"),
    # ----------------------------------------------------------------------- changes in place
    Misuse("a leaf changed in place", lambda: leaf(1.0).add_(1), RuntimeError, "a leaf Variable that requires grad"),
    Misuse("a parameter changed in place", lambda: nn.Linear(2, 2).weight.mul_(2), RuntimeError, "a leaf Variable that requires grad"),
    Misuse("a view of a leaf changed in place", lambda: leaf(1.0, 2.0)[0].add_(1), RuntimeError, "a view of a leaf"),
    Misuse("an element of a leaf assigned", lambda: leaf(1.0, 2.0).__setitem__(0, 5.0), RuntimeError, "a view of a leaf"),
    Misuse("rows of a leaf assigned by a mask", lambda: leaf(1.0, 2.0).__setitem__(mt.tensor([True, False]), leaf(1.0)), RuntimeError, "leaf Variable"),
    Misuse("a factor changed before backward", lambda: in_place(lambda y: y * y, lambda y: y.add_(1)), RuntimeError, r"mul saved.*clone\(\)"),
    Misuse("a result changed that exp saved", lambda: (leaf(1.0).exp().mul_(leaf(2.0))).backward(), RuntimeError, "exp saved"),
    Misuse("a detached tensor changed before backward", lambda: in_place(lambda y: y * y, lambda y: y.detach().zero_()), RuntimeError, "mul saved"),
    Misuse("a part changed before backward", lambda: in_place(lambda y: y * y, lambda y: y[0].zero_()), RuntimeError, "mul saved"),
    Misuse("an index changed before backward", lambda: shared(lambda x: _changed_index(x)), RuntimeError, "saved a tensor"),
    Misuse("a view made under no_grad, changed", view_made_under_no_grad, RuntimeError, "created in no_grad mode"),
    Misuse("an expanded tensor changed in place", lambda: mt.ones(1).expand(3).add_(1), RuntimeError, r"single memory location.*clone\(\)"),
    Misuse("a column of an expanded tensor changed", lambda: mt.ones(3).expand(2, 3)[:, 0].add_(1), RuntimeError, "single memory location"),
    Misuse("a result written into one that is read-only", lambda: _read_only().add_(1), RuntimeError, r"read-only.*clone\(\)"),
    # ----------------------------------------------------------------------- custom functions
    Misuse("Function.apply", lambda: Function.apply(leaf(1.0)), NotImplementedError, "implement forward"),
    Misuse("a Function without forward", lambda: type("Mine", (Function,), {}).apply(leaf(1.0)), NotImplementedError, "implement forward"),
    Misuse("a Function without backward", lambda: _without_backward(), NotImplementedError, "implement backward"),
    Misuse("backward returns a number", lambda: applied(backward=lambda ctx, g: 1.0), TypeError, "Mine.*got float"),
    Misuse("backward returns an array", lambda: applied(backward=lambda ctx, g: g.numpy()), TypeError, "Mine.*got ndarray"),
    Misuse("backward returns a list", lambda: applied(backward=lambda ctx, g: [g]), TypeError, "Mine.*got list"),
    Misuse("backward returns another shape", lambda: applied(backward=lambda ctx, g: mt.ones(3)), RuntimeError, r"Mine.*\(3,\).*\(2,\)"),
    Misuse("backward returns what would broadcast", lambda: applied(backward=lambda ctx, g: mt.ones(1)), RuntimeError, r"Mine.*\(1,\).*\(2,\)"),
    Misuse("backward returns too many", lambda: applied(backward=lambda ctx, g: (g, g)), RuntimeError, "expected 1, got 2"),
    Misuse("backward returns too few", lambda: applied(lambda ctx, x, k: x * k, lambda ctx, g: g, 3), RuntimeError, "expected 2, got 1"),
    Misuse("saved_tensors in forward", lambda: applied(lambda ctx, x: x * len(ctx.saved_tensors)), RuntimeError, "only while backward runs"),
    Misuse("save_for_backward of a number", lambda: applied(saving(3)), TypeError, "holds a int"),
    Misuse("save_for_backward of a list", lambda: applied(saving([mt.ones(1)])), TypeError, "holds a list"),
    Misuse("save_for_backward of an array", lambda: applied(saving(np.ones(1))), TypeError, "holds a ndarray"),
    Misuse("mark_non_differentiable of a number", lambda: applied(marking(3)), TypeError, "holds a int"),
    Misuse("mark_non_differentiable of a list", lambda: applied(marking([mt.ones(1)])), TypeError, "holds a list"),
    Misuse("backward of what is not differentiable", lambda: _not_differentiable(), RuntimeError, "does not require grad"),
    Misuse("a saved tensor changed before backward", lambda: _saved_and_changed(), RuntimeError, "inplace operation"),
    # ------------------------------------------------------------------------------ checkpoint
    Misuse("use_reentrant", lambda: checkpoint(lambda x: x * 2, leaf(1.0), use_reentrant=True), ValueError, "only use_reentrant=False"),
    Misuse("another shape the second time", lambda: changing(lambda x: x * 2, lambda x: (x * 2)[:1]), RuntimeError, r"not do the same.*\(2,\).*\(1,\)"),
    Misuse("another dtype the second time", lambda: changing(lambda x: x * 2, lambda x: (x * 2).double()), RuntimeError, "not do the same.*float32.*float64"),
    Misuse("fewer outputs the second time", lambda: changing(lambda x: (x * 2, x * 3), lambda x: (x * 2,)), RuntimeError, "not do the same"),
    Misuse("nothing recorded the second time", lambda: changing(lambda x: x * 2, lambda x: x.detach()), RuntimeError, r"not do the same.*then \[\]"),
    Misuse("an input of a checkpoint changed", lambda: in_place(lambda y: checkpoint(lambda t: t * t, y), lambda y: y.add_(1)), RuntimeError, "checkpoint saved"),
    Misuse("a checkpoint passed twice", lambda: _checkpoint_twice(), RuntimeError, "second time"),
    # ------------------------------------------------------------------------------ functional
    Misuse("jacobian at a list", lambda: functional.jacobian(lambda x: x, [leaf(1.0)]), TypeError, "not a list"),
    Misuse("jacobian at a number", lambda: functional.jacobian(lambda x: x, 1.0), TypeError, "not a float"),
    Misuse("jacobian at None", lambda: functional.jacobian(lambda x: x, None), TypeError, "not a NoneType"),
    Misuse("jacobian at a tuple with a number", lambda: functional.jacobian(lambda x, y: x, (leaf(1.0), 2)), TypeError, "tuple that holds a int"),
    Misuse("jacobian at integers", lambda: functional.jacobian(lambda x: x * 2, mt.tensor([1])), RuntimeError, "floating point"),
    Misuse("jacobian of a function that returns a number", lambda: functional.jacobian(lambda x: 3.0, leaf(1.0)), TypeError, "function returns.*not a float"),
    Misuse("jacobian of a function that returns None", lambda: functional.jacobian(lambda x: None, leaf(1.0)), TypeError, "function returns.*NoneType"),
    Misuse("jacobian of a function that returns a list", lambda: functional.jacobian(lambda x: [x, x], leaf(1.0)), TypeError, "function returns.*not a list"),
    Misuse("hessian of a vector", lambda: functional.hessian(lambda x: x, leaf(1.0, 2.0)), RuntimeError, r"one element.*\(2,\)"),
    Misuse("hessian of two outputs", lambda: functional.hessian(lambda x: (x.sum(), x.sum()), leaf(1.0)), RuntimeError, "one tensor.*2 of shape"),
    Misuse("hessian of a number", lambda: functional.hessian(lambda x: 3.0, leaf(1.0)), TypeError, "function returns.*not a float"),
    Misuse("hessian at a list", lambda: functional.hessian(lambda x: x.sum(), [leaf(1.0)]), TypeError, "not a list"),
    # ------------------------------------------------------------------------------- gradcheck
    Misuse("gradcheck of float32", lambda: gradcheck(lambda x: x * 2, leaf(1.0)), ValueError, r"float32.*\.double\(\)"),
    Misuse("gradcheck without requires_grad", lambda: gradcheck(lambda x: x, mt.ones(1)), ValueError, "no input requires a gradient"),
    Misuse("gradcheck of a wrong derivative", lambda: gradcheck(lambda x: x.detach() * x, double(2.0)), GradcheckError, "analytic"),
    Misuse("gradcheck at NaN", lambda: gradcheck(lambda x: (x - 2).log(), double(1.0)), GradcheckError, "numerical  nan"),
    Misuse("gradcheck at None", lambda: gradcheck(lambda x: x, None), TypeError, "not a NoneType"),
    Misuse("gradcheck at a number", lambda: gradcheck(lambda x: x, 1.0), TypeError, "not a float"),
    Misuse("gradcheck of a function that returns None", lambda: gradcheck(lambda x: None, double(1.0)), TypeError, "not a NoneType"),
    Misuse("gradcheck of a function that returns a number", lambda: gradcheck(lambda x: 1.0, double(1.0)), TypeError, "not a float"),
    Misuse("gradcheck of a random function", lambda: gradcheck(lambda x: x * mt.rand(1), double(1.0)), GradcheckError, "another result"),
    Misuse("gradcheck of a function that changes its input", lambda: gradcheck(lambda x: x.detach().add_(1) * x, double(1.0)), GradcheckError, "changed"),
    Misuse("gradcheck of an expanded input", lambda: gradcheck(lambda x: x * 2, double(1.0).expand(3)), ValueError, "share memory"),
    Misuse("eps=0", lambda: gradcheck(lambda x: x, double(1.0), eps=0), ValueError, "eps=0"),
    Misuse("eps below 0", lambda: gradcheck(lambda x: x, double(1.0), eps=-1e-6), ValueError, "eps=-1e-06"),
    Misuse("eps=nan", lambda: gradcheck(lambda x: x, double(1.0), eps=math.nan), ValueError, "eps=nan"),
    Misuse("atol below 0", lambda: gradcheck(lambda x: x, double(1.0), atol=-1.0), ValueError, "atol=-1.0"),
    Misuse("atol=nan", lambda: gradcheck(lambda x: x, double(1.0), atol=math.nan), ValueError, "atol=nan"),
    Misuse("rtol=inf, which nothing fails", lambda: gradcheck(lambda x: x.detach() * x, double(1.0), rtol=math.inf), ValueError, "rtol=inf"),
    Misuse("gradgradcheck of a constant", lambda: gradgradcheck(lambda x: mt.ones(1), double(1.0)), ValueError, "no output"),
    # ----------------------------------------------------------------------------- assert_close
    Misuse("assert_close of two shapes", lambda: assert_close(mt.ones(2), mt.ones(1, 2)), AssertionError, "shape"),
    Misuse("assert_close of two dtypes", lambda: assert_close(mt.ones(2), mt.ones(2).double()), AssertionError, "dtype"),
    Misuse("assert_close of strs", lambda: assert_close("a", "a"), TypeError, "cannot compare str"),
    Misuse("assert_close of None and a tensor", lambda: assert_close(None, mt.ones(1)), TypeError, "cannot compare NoneType"),
    Misuse("assert_close of sets", lambda: assert_close({1}, {1}), TypeError, "cannot compare set"),
    Misuse("assert_close of two lengths", lambda: assert_close([mt.ones(1)], []), AssertionError, "lengths differ"),
    Misuse("assert_close of other keys", lambda: assert_close({"a": 1}, {"b": 1}), AssertionError, "keys differ"),
    Misuse("rtol without atol", lambda: assert_close(1.0, 1.0, rtol=1.0), ValueError, "both"),
    Misuse("atol without rtol", lambda: assert_close(1.0, 1.0, atol=1.0), ValueError, "both"),
    Misuse("a negative tolerance", lambda: assert_close(1.0, 1.0, rtol=0.1, atol=-0.1), ValueError, "atol=-0.1"),
    Misuse("a tolerance that is a str", lambda: assert_close(1.0, 1.0, rtol="0.1", atol=0.1), ValueError, "rtol='0.1'"),
    # --------------------------------------------------------------------------------- anomaly
    Misuse("ln of a negative number", lambda: anomaly(lambda: leaf(-1.0).log()), RuntimeError, "NaN.*log"),
    Misuse("1 / 0", lambda: anomaly(lambda: 1 / leaf(0.0)), RuntimeError, "Inf.*div"),
    Misuse("a NaN that came in", lambda: anomaly(lambda: leaf(math.nan) * 2), RuntimeError, "inputs holds NaN"),
    Misuse("the derivative of the root at 0", lambda: anomaly(lambda: leaf(0.0).sqrt().backward()), RuntimeError, "sqrt.*inf"),
    # ----------------------------------------------------------------- elementwise operations
    Misuse("1 - a bool tensor", lambda: 1 - mt.tensor([True]), RuntimeError, "bool.*`~`"),
    Misuse("a tensor - a bool tensor", lambda: mt.ones(1) - mt.tensor([True]), RuntimeError, "bool.*`~`"),
    Misuse("a difference of bools", lambda: mt.tensor([True]) - mt.tensor([True]), RuntimeError, "sub.*bool"),
    Misuse("minus a bool tensor", lambda: -mt.tensor([True]), RuntimeError, "neg.*bool"),
    Misuse("~ of floats", lambda: ~mt.ones(1), RuntimeError, "bitwise_not.*float32"),
    Misuse("floats & 1", lambda: mt.ones(1) & 1, RuntimeError, "bitwise_and.*float32"),
    Misuse("integers to a negative power", lambda: mt.tensor([2]) ** -1, RuntimeError, "negative integer powers"),
    Misuse("integers divided by 0", lambda: mt.tensor([2]) // 0, RuntimeError, "divided by 0"),
    Misuse("the remainder by 0", lambda: mt.tensor([2]) % mt.tensor([0]), RuntimeError, "divided by 0"),
    Misuse("shapes that do not broadcast", lambda: mt.ones(2, 3) * mt.ones(2), RuntimeError, "dimension -1.*3 and 2"),
    Misuse("a tensor + a str", lambda: mt.ones(1) + "a", TypeError, "tensor and a str"),
    Misuse("a tensor + None", lambda: mt.ones(1) + None, TypeError, "NoneType"),
    Misuse("a tensor * a list", lambda: mt.ones(1) * [1], TypeError, "list"),
    Misuse("a tensor + a complex number", lambda: mt.ones(1) + 1j, TypeError, "complex"),
    Misuse("maximum of a number", lambda: mt.maximum(mt.ones(1), 1), TypeError, "'other' must be a Tensor"),
    Misuse("exp of a number", lambda: mt.exp(1.0), TypeError, "'input' must be a Tensor"),
    Misuse("pow of two numbers", lambda: mt.pow(2, 3), TypeError, "must be a Tensor"),
    Misuse("relu of an array", lambda: F.relu(np.ones(2)), TypeError, "must be a Tensor"),
    Misuse("leaky_relu of integers", lambda: F.leaky_relu(mt.tensor([1])), RuntimeError, "floating-point"),
    Misuse("softplus of bools", lambda: F.softplus(mt.tensor([True])), RuntimeError, "floating-point"),
    Misuse("div(rounding_mode='up')", lambda: mt.div(mt.ones(1), 2, rounding_mode="up"), RuntimeError, "rounding_mode='up'"),
    Misuse("add(alpha='2')", lambda: mt.add(mt.ones(1), 1, alpha="2"), TypeError, "str"),
    Misuse("add of integers, alpha=0.5", lambda: mt.add(mt.tensor([1]), 1, alpha=0.5), RuntimeError, "alpha=0.5"),
    Misuse("round(decimals=1.5)", lambda: mt.round(mt.ones(1), decimals=1.5), TypeError, "decimals=1.5"),
    Misuse("round(decimals='2')", lambda: mt.round(mt.ones(1), decimals="2"), TypeError, "decimals='2'"),
    # ----------------------------------------------------------------------- generators, threads
    Misuse("a seed that is a str", lambda: mt.manual_seed("1"), TypeError, "not a str"),
    Misuse("a seed that is a float", lambda: mt.manual_seed(1.5), TypeError, "not a float"),
    Misuse("a seed that is None", lambda: mt.Generator().manual_seed(None), TypeError, "not a NoneType"),
    Misuse("a seed that is a bool", lambda: mt.Generator().manual_seed(True), TypeError, "not a bool"),
    Misuse("a seed of 70 bits", lambda: mt.manual_seed(2**70), RuntimeError, r"\[-2\*\*63, 2\*\*64\)"),
    Misuse("a state that is None", lambda: mt.set_rng_state(None), TypeError, "a dict, not a NoneType"),
    Misuse("a state that is empty", lambda: mt.set_rng_state({}), ValueError, "not a state that get_state"),
    Misuse("a state of another generator", lambda: mt.set_rng_state({"bit_generator": "MT19937"}), ValueError, "not a state that get_state"),
    Misuse("a state with a str in it", lambda: _spoilt_state("1"), ValueError, "not a state that get_state"),
    Misuse("a state with too large a number", lambda: _spoilt_state(2**200), ValueError, "not a state that get_state"),
    Misuse("no thread", lambda: mt.set_num_threads(0), RuntimeError, "positive integer, not 0"),
    Misuse("half a thread", lambda: mt.set_num_threads(0.5), RuntimeError, "positive integer, not 0.5"),
    Misuse("True threads", lambda: mt.set_num_threads(True), RuntimeError, "positive integer, not True"),
]  # fmt: skip


def _changed_index(x: mt.Tensor) -> None:
    index = mt.tensor([0, 1])
    y = x[index]
    index.zero_()
    y.sum().backward()


def _read_only() -> mt.Tensor:
    array = np.ones(2)
    array.flags.writeable = False
    return mt.from_numpy(array)


def _without_backward() -> None:
    kind = type("Mine", (Function,), {"forward": staticmethod(lambda ctx, x: x * 2)})
    kind.apply(leaf(1.0)).backward()


def _not_differentiable() -> None:
    def forward(ctx: Any, x: mt.Tensor) -> mt.Tensor:
        y = x * 2
        ctx.mark_non_differentiable(y)
        return y

    applied(forward)


def _saved_and_changed() -> None:
    def forward(ctx: Any, x: mt.Tensor) -> mt.Tensor:
        ctx.save_for_backward(x)
        return x * x

    y = leaf(1.0) * 2
    kind = type("Mine", (Function,), {"forward": staticmethod(forward), "backward": staticmethod(lambda ctx, g: g * 2 * ctx.saved_tensors[0])})  # fmt: skip
    z = kind.apply(y)
    y.zero_()
    z.backward()


def _checkpoint_twice() -> None:
    y = checkpoint(lambda x: x * x, leaf(2.0))
    y.backward()
    y.backward()


def _spoilt_state(value: Any) -> None:
    state = mt.get_rng_state()
    state["state"] = {**state["state"], "state": value}
    mt.set_rng_state(state)


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(misuse: Misuse) -> None:
    recording = autograd.is_grad_enabled()
    check(misuse)
    assert autograd.is_grad_enabled() == recording  # a refused call changes nothing


def test_a_refused_state_changes_nothing() -> None:
    before = mt.get_rng_state()
    for value in ("1", 2**200):
        with pytest.raises(ValueError, match="not a state"):
            _spoilt_state(value)
    assert mt.get_rng_state() == before


def test_what_pytorch_accepts_is_accepted() -> None:
    (leaf(1.0) * 2).backward(mt.tensor([2]))  # a gradient of another dtype is converted
    autograd.backward([])
    autograd.backward(y for y in [loss()])
    model = nn.Linear(1, 1)
    assert len(grad(model(mt.ones(1, 1)).sum(), model.parameters())) == 2
    with enable_grad():
        assert gradcheck(lambda x: x.long(), double(1.0))
    x = leaf(1.0)
    x.data = mt.ones(3)
    assert x.shape == (3,)
