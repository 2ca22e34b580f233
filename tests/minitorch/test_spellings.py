"""What PyTorch takes by several names."""

from __future__ import annotations

from typing import Any

import pytest

import minitorch as mt
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
