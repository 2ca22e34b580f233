"""What PyTorch takes by several names, and its options that only say how."""

from __future__ import annotations

from typing import Any

import pytest

import minitorch as mt
from minitorch import nn
from minitorch.nn import functional as F


def test_axis_is_dim_and_keepdims_is_keepdim() -> None:
    x: Any = mt.arange(6.0).reshape(2, 3)
    assert x.sum(axis=0, keepdims=True).tolist() == [[3, 5, 7]]
    assert mt.mean(x, axis=(0, 1)).item() == 2.5
    assert x.max(axis=1).indices.tolist() == [2, 2]
    assert mt.cat([x, x], axis=1).shape == (2, 6)
    assert mt.softmax(x, axis=0).sum(axis=0).tolist() == pytest.approx([1, 1, 1])
    assert x.clone().index_fill_(axis=0, index=mt.tensor([1]), value=9).sum().item() == 30
    assert x.size(axis=1) == 3


def test_two_names_for_one_argument_are_refused() -> None:
    x: Any = mt.ones(2, 3)
    with pytest.raises(TypeError, match=r"sum\(\) got both dim= and axis=, which mean the same"):
        x.sum(dim=0, axis=0)
    with pytest.raises(TypeError, match="got both keepdim= and keepdims="):
        mt.mean(x, 0, keepdim=True, keepdims=True)
    with pytest.raises(TypeError, match="multiple values for argument 'dim'"):
        x.sum(0, axis=0)


def test_axis_is_refused_where_pytorch_refuses_it() -> None:
    x: Any = mt.ones(2, 3)
    calls: list[Any] = [
        lambda: F.softmax(x, axis=0), lambda: x.split(1, axis=0), lambda: mt.norm(x, axis=0),
        lambda: x.relu(axis=0),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(TypeError, match="unexpected keyword argument 'axis'"):
            call()


def test_the_function_and_the_method_stay_one_thing() -> None:
    assert mt.sum is mt.Tensor.sum
    assert mt.sum.__name__ == "sum"
    assert mt.sum.__doc__ == mt.ops.sum.__doc__


# ------------------------------------------------------------------------------------ inplace


IN_PLACE: dict[str, Any] = {
    "relu": F.relu, "silu": F.silu, "leaky_relu": F.leaky_relu, "elu": F.elu, "selu": F.selu,
    "mish": F.mish, "relu6": F.relu6, "hardtanh": F.hardtanh,
}  # fmt: skip


@pytest.mark.parametrize("name", IN_PLACE)
def test_inplace_changes_the_input_and_the_gradient_is_the_same(name: str) -> None:
    function, values = IN_PLACE[name], [-2.0, -0.5, 0.3, 7.0]
    gradients = []
    for inplace in (False, True):
        leaf = mt.tensor(values, requires_grad=True)
        x = leaf * 1.5
        y = function(x, inplace=inplace)
        assert (y is x) == inplace
        (y * y).sum().backward()
        gradients.append(leaf.grad)
    assert gradients[0].equal(gradients[1])
    plain = mt.tensor(values)
    assert function(plain, inplace=True) is plain
    assert plain.equal(function(mt.tensor(values)))


def test_inplace_is_the_last_argument() -> None:
    x = mt.tensor([-2.0, 3.0])
    assert F.leaky_relu(x, 0.5, True) is x
    assert x.tolist() == [-1, 3]
    assert F.hardtanh(x, -2.0, 2.0, True) is F.relu(x, True) is x
    assert x.tolist() == [0, 2]
    assert F.relu(input=x, inplace=False) is not x


def test_dropout_in_place() -> None:
    leaf = mt.ones(1000, requires_grad=True)
    x = leaf * 1
    assert F.dropout(x, 0.5, True, True) is x
    assert set(x.tolist()) == {0.0, 2.0}
    x.sum().backward()
    assert leaf.grad is not None
    assert leaf.grad.equal(x.detach())
    for p, training in ((0.5, False), (0.0, True)):  # nothing changes, not even a leaf
        assert F.dropout(leaf, p, training, inplace=True) is leaf
    layer = nn.Dropout(0.5, inplace=True)
    y = mt.ones(9)
    assert layer(y) is y
    assert layer.eval()(y) is y
    assert repr(layer) == "Dropout(p=0.5, inplace=True)"


def test_a_leaf_is_not_changed_in_place() -> None:
    leaf = mt.ones(2, requires_grad=True)
    for function in (F.relu, F.silu, F.dropout):
        with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
            function(leaf, inplace=True)
    assert leaf.tolist() == [1, 1]
    with mt.no_grad():
        assert F.relu(leaf, inplace=True) is leaf
    with pytest.raises(RuntimeError, match="can't be cast to the desired output type"):
        F.silu(mt.tensor([1]), inplace=True)
    with pytest.raises(TypeError, match="argument 'inplace' must be bool, not int"):
        F.relu(leaf, inplace=1)  # type: ignore[arg-type]


def test_modules_pass_inplace_on_and_print_it() -> None:
    for module, text in ((nn.ReLU(True), "ReLU"), (nn.SiLU(inplace=True), "SiLU")):
        x = mt.tensor([-1.0, 2.0])
        assert module(x) is x
        assert repr(module) == f"{text}(inplace=True)"
    assert repr(nn.ReLU()) == "ReLU()"
    x = mt.tensor([-1.0, 2.0])
    assert nn.ReLU()(x) is not x
    with pytest.raises(TypeError, match=r"ReLU\(\): argument 'inplace' must be bool"):
        nn.ReLU("yes")  # type: ignore[arg-type]


def test_activations_with_an_underscore_are_in_place() -> None:
    x = mt.tensor([-2.0, 3.0])
    assert F.leaky_relu_(x, 0.5) is F.relu_(x) is x
    assert x.tolist() == [0, 3]


# ------------------------------------------------------------ options of optimizers and makers


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_options_that_say_how_have_no_effect_and_leave_no_trace(name: str) -> None:
    make: Any = getattr(mt.optim, name)
    states = []
    for options in ({}, {"foreach": True, "differentiable": False}, {"foreach": None}):
        p = mt.tensor([1.0, -2.0], requires_grad=True)
        optimizer = make([p], lr=0.1, **options)
        p.grad = mt.tensor([0.5, 3.0])
        optimizer.step()
        state = optimizer.state_dict()
        states.append((p.tolist(), state["param_groups"], list(optimizer.state[p])))
    assert states[0] == states[1] == states[2]


def test_options_that_say_how_are_checked() -> None:
    p: Any = [mt.ones(1, requires_grad=True)]
    assert mt.optim.AdamW(p, fused=True, capturable=True).defaults["lr"] == 1e-3
    with pytest.raises(RuntimeError, match="`fused` and `foreach` cannot be `True` together"):
        mt.optim.AdamW(p, fused=True, foreach=True)
    with pytest.raises(RuntimeError, match="differentiable=True asks for gradients through step"):
        mt.optim.SGD(p, differentiable=True)
    with pytest.raises(TypeError, match=r"Adam\(\): argument 'fused' must be bool, not str"):
        mt.optim.Adam(p, fused="yes")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'fused'"):
        mt.optim.RMSprop(p, fused=False)  # type: ignore[call-arg]
