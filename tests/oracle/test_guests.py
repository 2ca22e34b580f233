"""What only code for PyTorch asks for, beside PyTorch's own."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from typing import Any

import pytest
import torch
import torch.utils._pytree as theirs

import minitorch
import minitorch.utils._pytree as ours

from .convert import difference, to_minitorch


@pytest.mark.parametrize("shape", [(), (3,), (2, 0, 3), (4, 5)])
@pytest.mark.parametrize("dtype", [torch.bool, torch.float64, torch.int64])
def test_where_of_a_condition_alone(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    x = torch.randint(0, 2, shape).to(dtype)
    assert difference(torch.where(x), minitorch.where(to_minitorch(x))) is None


@pytest.mark.parametrize("bias", [True, False])
def test_a_lazy_layer_learns_the_same(bias: bool) -> None:
    x = torch.randn(2, 3, 5, dtype=torch.float64)
    expected: Any = torch.nn.LazyLinear(4, bias=bias, dtype=torch.float64)
    got: Any = minitorch.nn.LazyLinear(4, bias=bias, dtype=minitorch.float64)
    assert repr(got) == repr(expected)
    layers = (expected, got)
    optimizers = (
        torch.optim.Adam(expected.parameters(), lr=0.1),
        minitorch.optim.Adam(got.parameters(), lr=0.1),
    )
    inputs = (x, to_minitorch(x))
    for layer, given in zip(layers, inputs, strict=True):
        layer(given)
    got.load_state_dict(to_minitorch(expected.state_dict()))
    for _ in range(3):
        for layer, optimizer, given in zip(layers, optimizers, inputs, strict=True):
            optimizer.zero_grad()
            (layer(given) ** 2).sum().backward()
            optimizer.step()
    assert repr(got) == repr(expected)
    assert difference(list(expected.state_dict().values()), list(got.state_dict().values())) is None


CALLS: dict[str, Any] = {
    "add_": lambda x, y: x.add_(0.5, y),
    "sub_": lambda x, y: x.sub_(2, y),
    "addcmul_": lambda x, y: x.addcmul_(0.5, y, y),
    "addcdiv_": lambda x, y: x.addcdiv_(-1.0, y, y),
}


@pytest.mark.filterwarnings("ignore:.*is deprecated")
@pytest.mark.parametrize("name", CALLS)
def test_the_order_of_old_optimizers(name: str) -> None:
    x, y = torch.randn(3, 4), torch.rand(3, 4) + 1
    a, b = to_minitorch(x.clone()), to_minitorch(y)
    assert difference(CALLS[name](x, y), CALLS[name](a, b)) is None
    assert difference(x, a) is None


Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    "tree", [1, None, [], (1, [2, {}]), {"b": 1, "a": [2, 3]}, Pair([1], 2), OrderedDict(b=1, a=2)]
)
def test_trees(tree: Any) -> None:
    leaves, spec = ours.tree_flatten(tree)
    expected, their_spec = theirs.tree_flatten(tree)
    assert leaves == expected == ours.tree_leaves(tree)
    assert spec.num_leaves == their_spec.num_leaves
    doubled = [(leaf, 2) for leaf in leaves]
    assert ours.tree_unflatten(doubled, spec) == theirs.tree_unflatten(doubled, their_spec)
    f = lambda *leaves: leaves  # noqa: E731
    assert ours.tree_map(f, tree, tree) == theirs.tree_map(f, tree, tree)


def test_an_embedding_with_options() -> None:
    ids, table = torch.tensor([[0, 2], [1, 1]]), torch.randn(3, 4, dtype=torch.float64)
    options = (1, None, 2.0, False, False)
    results = []
    for library, i, w in (
        (torch, ids, table.clone().requires_grad_()),
        (minitorch, to_minitorch(ids), to_minitorch(table).clone().requires_grad_()),
    ):
        y = library.nn.functional.embedding(i, w, *options)
        (y * y).sum().backward()
        results.append([y, w.grad])
    assert difference(*results) is None
    for name in ("max_norm", "norm_type", "scale_grad_by_freq", "sparse"):
        layers = torch.nn.Embedding(3, 4), minitorch.nn.Embedding(3, 4)
        assert getattr(layers[0], name) == getattr(layers[1], name)


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.float64])
@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("i,j->ij", ((3,), (2,))),
        ("i,j->ji", ((3,), (0,))),
        ("i,i->i", ((3,), (3,))),
        ("i,i->", ((1,), (1,))),
        ("ij,jk->ik", ((3, 1), (1, 2))),
        ("ij,j->i", ((2, 3), (1,))),
        ("ik,j->ij", ((2, 3), (4,))),
        (",i->i", ((), (3,))),
        ("i,j,j->ij", ((3,), (2,), (2,))),
        ("i,i->", ((3,), (3,))),
        ("ij,jk->ik", ((2, 3), (3, 2))),
    ],
)
def test_einsum_of_two_dtypes(
    equation: str, shapes: tuple[tuple[int, ...], ...], dtype: torch.dtype
) -> None:
    first, *rest = [torch.randn(shape) for shape in shapes]
    given = [first.to(dtype), *rest]
    try:
        expected = torch.einsum(equation, *given)
    except RuntimeError:
        with pytest.raises(RuntimeError, match="the dtypes differ"):
            minitorch.einsum(equation, *to_minitorch(given))
    else:
        got = minitorch.einsum(equation, *to_minitorch(given))
        assert difference(expected, got) is None
