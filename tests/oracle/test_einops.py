"""einops gives the same on our tensors as on PyTorch's: values, gradients, layers, errors."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import einops
import einops.layers.torch as theirs
import pytest
import torch

import minitorch

from .convert import difference, to_minitorch
from .operations import gradient_difference

ours = import_module("einops.layers.minitorch")  # there once minitorch is imported

Case = Callable[..., Any]


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, requires_grad=True)


CASES: dict[str, tuple[tuple[int, ...], Case]] = {
    "heads apart": ((2, 5, 12), lambda x: einops.rearrange(x, "b t (h d) -> b h t d", h=3)),
    "heads together": ((2, 3, 5, 4), lambda x: einops.rearrange(x, "b h t d -> b t (h d)")),
    "q, k, v": ((2, 5, 24), lambda x: einops.rearrange(x, "b t (n h d) -> n b h t d", n=3, h=2)),
    "patches": (
        (2, 3, 8, 6),
        lambda x: einops.rearrange(x, "b c (h p1) (w p2) -> b (h w) (p1 p2 c)", p1=4, p2=2),
    ),
    "an ellipsis": ((2, 3, 4, 5), lambda x: einops.rearrange(x, "a ... b -> b ... a")),
    "axes of length 1": ((3, 1, 4), lambda x: einops.rearrange(x, "a 1 b -> 1 b a 1")),
    "an empty axis": ((2, 0, 3), lambda x: einops.rearrange(x, "a b c -> c (a b)")),
    "a 0-d tensor": ((), lambda x: einops.rearrange(x, "-> 1 1")),
    "a list": ((3, 4), lambda x: einops.rearrange([x, 2 * x], "n a b -> a (n b)")),
    "repeat": ((2, 3), lambda x: einops.repeat(x, "a b -> a n b", n=4)),
    "repeat inside": ((2, 3), lambda x: einops.repeat(x, "h w -> (h 2) (n w)", n=3)),
    "repeat heads": ((2, 2, 5, 4), lambda x: einops.repeat(x, "b h t d -> b (h g) t d", g=3)),
    "a class token": ((1, 1, 4), lambda x: einops.repeat(x, "1 1 d -> b 1 d", b=3)),
    **{
        operation: ((3, 4, 5), lambda x, o=operation: einops.reduce(x, "a b c -> b", o))
        for operation in ("min", "max", "sum", "mean", "prod")
    },
    "pooling": ((2, 3, 4, 6), lambda x: einops.reduce(x, "b c (h 2) (w 3) -> b c h w", "max")),
    "axes kept": ((3, 4, 5), lambda x: einops.reduce(x, "a b c -> a 1 c", "mean")),
    "all axes": ((3, 4), lambda x: einops.reduce(x, "... -> ", "sum")),
    "any": ((3, 4, 2), lambda x: einops.reduce(x > 1, "a b c -> b", "any")),
    "all": ((3, 4, 2), lambda x: einops.reduce(x > -1, "a b c -> b", "all")),
    "a function": (
        (3, 4, 5),
        lambda x: einops.reduce(x, "a b c -> b", lambda t, axes: t.logsumexp(axes)),
    ),
    "einsum": ((2, 3, 5, 4), lambda x: einops.einsum(x, x, "b h i d, b h j d -> b h i j")),
    "einsum, an ellipsis": ((2, 3, 4), lambda x: einops.einsum(x, x, "... b, ... b -> ...")),
    "pack": ((2, 3, 4), lambda x: einops.pack([x, x[:, 0], x.unsqueeze(1)], "b * d")),
    "unpack": ((2, 7, 4), lambda x: einops.unpack(x, [(2,), (), (2, 2)], "b * d")),
    "parse_shape": ((2, 3, 4), lambda x: einops.parse_shape(x, "b _ d")),
    "asnumpy": ((2, 3), lambda x: einops.asnumpy(x).tolist()),
}


def compare(
    x: torch.Tensor, f: Case, g: Case, weights: Sequence[Any] = (), ours: Sequence[Any] = ()
) -> None:
    """Compare f on PyTorch's tensor with g on ours: results, and gradients of what has one.

    Args:
        x: the tensor.
        f, g: the functions.
        weights, ours: what else has gradients, PyTorch's and ours.
    """
    y = to_minitorch(x)
    expected, got = f(x), g(y)
    assert difference(expected, got) is None
    assert gradient_difference(expected, got, [x, *weights], [y, *ours]) is None


@pytest.mark.parametrize("name", CASES)
def test_operations(name: str) -> None:
    shape, f = CASES[name]
    compare(draw(*shape), f, f)


@pytest.mark.parametrize("operation", ["min", "max"])
def test_the_gradient_is_shared_by_equals(operation: str) -> None:
    x = torch.tensor([[0.0, 3.0, 3.0], [3.0, 2.0, 0.0]], dtype=torch.float64, requires_grad=True)

    def f(x: Any) -> Any:
        return einops.reduce(x, "a b -> 1", operation)

    compare(x, f, f)


@pytest.mark.parametrize(
    ("shape", "pattern"),
    [((2, 3), "a b c -> c b a"), ((2, 3), "(a 2) b -> a b 2"), ((2, 3), "a b -> a")],
)
def test_errors_are_einopss(shape: tuple[int, ...], pattern: str) -> None:
    said = []
    for x in (torch.zeros(shape), minitorch.zeros(shape)):
        with pytest.raises(einops.EinopsError) as error:
            einops.rearrange(x, pattern)
        said.append(str(error.value).replace("minitorch.Size", "torch.Size"))
    assert said[0] == said[1]


def test_whole_numbers_have_no_mean() -> None:
    for x in (torch.ones(2, 3).long(), minitorch.ones(2, 3).long()):
        with pytest.raises(NotImplementedError):
            einops.reduce(x, "a b -> a", "mean")


LAYERS: dict[str, tuple[tuple[int, ...], Callable[[Any], Any]]] = {
    "Rearrange": (
        (2, 3, 8, 6),
        lambda e: e.Rearrange("b c (h p1) (w p2) -> b (h w) (p1 p2 c)", p1=4, p2=2),
    ),
    "Reduce": ((2, 5, 4), lambda e: e.Reduce("b t d -> b d", "mean")),
    "EinMix": (
        (2, 5, 4),
        lambda e: e.EinMix("b t d -> b t e", weight_shape="d e", bias_shape="e", d=4, e=3),
    ),
    "EinMix by heads": (
        (2, 5, 6),
        lambda e: e.EinMix(
            "b t (h d) -> b t (h e)", weight_shape="h d e", bias_shape="h e", h=2, d=3, e=4
        ),
    ),
    "EinMix over time": (
        (2, 5, 4),
        lambda e: e.EinMix("b t d -> b s d", weight_shape="t s", t=5, s=3),
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name: str) -> None:
    shape, make = LAYERS[name]
    expected, got = make(theirs).double(), make(ours).double()
    assert repr(got) == repr(expected)
    assert isinstance(got, minitorch.nn.Module)
    assert type(got).__module__ == "einops.layers.minitorch"
    got.load_state_dict(to_minitorch(expected.state_dict()))
    got = copy.deepcopy(got)
    weights, our_weights = dict(expected.named_parameters()), dict(got.named_parameters())
    assert list(weights) == list(our_weights)
    compare(draw(*shape), expected, got, [*weights.values()], [*our_weights.values()])


def test_einmix_draws_within_its_bounds() -> None:
    minitorch.manual_seed(0)
    layer = ours.EinMix("b d -> b e", weight_shape="d e", bias_shape="e", d=300, e=40)
    weight, bias = layer.weight.detach(), layer.bias.detach()
    assert weight.dtype is minitorch.float32
    assert 0.098 < weight.abs().max().item() <= 0.1  # √(3/300)
    assert abs(weight.mean().item()) < 0.002
    assert 0.05 < bias.abs().max().item() <= 300**-0.5
