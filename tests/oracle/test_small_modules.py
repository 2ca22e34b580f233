"""Containers, hooks and utilities of `nn`: the same lines, carried out by both libraries."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

import minitorch

Case = Callable[[Any], Any]


def plain(value: Any) -> Any:
    """Tensors as arrays, modules as they print, and the rest as it is."""
    if isinstance(value, (torch.Tensor, minitorch.Tensor)):
        return value.detach().numpy()
    if isinstance(value, (torch.nn.Module, minitorch.nn.Module)):
        return repr(value).replace("minitorch.", "torch.")
    if isinstance(value, dict):
        return plain(list(value.items()))
    if isinstance(value, (list, tuple, Iterator)):
        return [plain(v) for v in value]
    return value


def same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return (
            a.dtype == b.dtype
            and a.shape == b.shape
            and np.allclose(a, b, 1e-6, 1e-7, equal_nan=True)
        )
    if isinstance(a, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return type(a) is type(b) and a == b


def agree(case: Case) -> None:
    """Carry out a case in both libraries: the results and the kinds of warnings are the same."""
    results = []
    for lib in (torch, minitorch):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = plain(case(lib))
        results.append([result, sorted(w.category.__name__ for w in caught)])
    assert same(*results), f"PyTorch: {results[0]}\nminitorch: {results[1]}"


def refuse(case: Case) -> None:
    """Carry out a case in both libraries: both raise an error."""
    for lib in (torch, minitorch):
        with pytest.raises(Exception, match=r"\w"):
            case(lib)


def by_name(cases: dict[str, Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", list(cases.values()), ids=list(cases))


# ------------------------------------------------------------------------------------ containers


def entries(lib: Any) -> Any:
    nn = lib.nn
    module = nn.Linear(1, 1)
    return nn.ParameterList(
        [lib.ones(2, 3), nn.Parameter(lib.tensor(1.0)), 3, "a", None, module, lib.ones(0)]
    )


def named(lib: Any) -> Any:
    p = lib.nn.ParameterDict({"b": lib.ones(2), "a": lib.nn.Parameter(lib.ones(2, 1)), "c": 4})
    p["x"] = None
    p.update([("z", lib.ones(1, 1))])
    return p


def ordered(lib: Any) -> Any:
    return lib.nn.ParameterDict(OrderedDict(z=lib.ones(1), a=lib.ones(2)))


def both(lib: Any) -> tuple[Any, Any]:
    nn = lib.nn
    two = nn.Sequential(OrderedDict([("x", nn.Tanh()), ("y", nn.ReLU())]))
    return two, nn.Sequential(nn.ReLU())


def changed(start: Any, *changes: Callable[[Any], Any]) -> Any:
    """What it is, and what each change of it gives, after all of them."""
    return [change(start) for change in changes], start, len(start)


def in_place(lib: Any) -> Any:
    more, row = both(lib)
    before = row
    row += more
    row *= 2
    return row, row is before


CONTAINERS: dict[str, Case] = {
    "list": entries,
    "list, state": lambda lib: list(entries(lib).state_dict()),
    "list, kinds": lambda lib: [type(p).__name__ for p in entries(lib)],
    "list, slice": lambda lib: (entries(lib)[1:3], list(entries(lib)[::-1].state_dict())),
    "list, entries": lambda lib: (entries(lib)[0], entries(lib)[-7], entries(lib)[2]),
    "list of nothing": lambda lib: (lib.nn.ParameterList(), len(lib.nn.ParameterList(None))),
    "list, changes": lambda lib: changed(
        entries(lib),
        lambda p: p.append(lib.zeros(1)) is p,
        lambda p: p.extend([lib.ones(2), "b"]) is p,
        lambda p: p.__iadd__([1]) is p,
        lambda p: p.__setitem__(0, lib.zeros(1)),
        lambda p: p.__setitem__(1, None),
        lambda p: p.__setitem__(2, lib.ones(2)),
    ),
    "list in a module": lambda lib: lib.nn.Sequential(entries(lib)),
    "list of one": lambda lib: lib.nn.ParameterList([lib.ones(1), lib.ones(1)])[:0],
    "dict": named,
    "dict, parts": lambda lib: (list(named(lib)), list(named(lib).items())),
    "dict, state": lambda lib: list(named(lib).state_dict()),
    "dict, attribute": lambda lib: (named(lib).b is None, named(lib)["b"], "b" in named(lib)),
    "dict, ordered": lambda lib: (list(ordered(lib)), list(ordered(lib).copy()), ordered(lib)),
    "dict, get": lambda lib: (named(lib).get("nope"), named(lib).get("c"), named(lib).get("k", 1)),
    "dict, changes": lambda lib: changed(
        named(lib),
        lambda p: p.popitem(),
        lambda p: p.setdefault("b"),
        lambda p: p.setdefault("k"),
        lambda p: p.pop("c"),
        lambda p: list(reversed(p)),
        lambda p: p.__ior__(ordered(lib)) is p,
    ),
    "dict, joined": lambda lib: (list(named(lib) | ordered(lib)), {1: named(lib)}[1]),
    "dict, fromkeys": lambda lib: lib.nn.ParameterDict().fromkeys(["b", "a"], lib.ones(1)),
    "dict, cleared": lambda lib: changed(named(lib), lambda p: p.clear()),
    "dict, the same?": lambda lib: (named(lib) == named(lib), len({named(lib), named(lib)})),
    "row + row": lambda lib: (lambda a, b: a + b)(*both(lib)),
    "row * 2": lambda lib: (both(lib)[0] * 2, 3 * both(lib)[1]),
    "row, in place": in_place,
    "row, part": lambda lib: (both(lib)[0][1:], both(lib)[0][-1], both(lib)[0][:0]),
    "row, changes": lambda lib: changed(
        both(lib)[1],
        lambda row: row.append(lib.nn.Tanh()) is row,
        lambda row: row.extend([lib.nn.GELU()]) is row,
        lambda row: row.insert(1, lib.nn.SiLU()) is row,
        lambda row: row.pop(0),
        lambda row: row.pop(slice(0, 1)),
        lambda row: row.__delitem__(0),
    ),
    "row, paths": lambda lib: list((both(lib)[0] * 2).named_modules(remove_duplicate=False)),
    "modules": lambda lib: (
        lib.nn.ModuleList(None),
        lib.nn.ModuleDict(None),
        lib.nn.ModuleList(both(lib)[0]),
        lib.nn.ModuleList(lib.nn.Tanh() for _ in range(3)),
        lib.nn.ModuleList([lib.nn.Tanh()]) + lib.nn.ModuleList([lib.nn.ReLU()]),
        lib.nn.ModuleList([lib.nn.Tanh(), lib.nn.ReLU()]).pop(0),
    ),
}  # fmt: skip

WRONG: dict[str, Case] = {
    "call a list": lambda lib: entries(lib)(),
    "call a dict": lambda lib: named(lib)(1),
    "no such key": lambda lib: named(lib)["nope"],
    "pop no such key": lambda lib: named(lib).pop("nope"),
    "a method's name": lambda lib: lib.nn.ParameterDict({"keys": lib.ones(1)}),
    "a dot": lambda lib: lib.nn.ParameterDict({"a.b": lib.ones(1)}),
    "an empty name": lambda lib: lib.nn.ParameterDict({"": lib.ones(1)}),
    "a number's name": lambda lib: lib.nn.ParameterDict({1: lib.ones(1)}),
    "a dict of 5": lambda lib: lib.nn.ParameterDict(5),
    "a dict of words": lambda lib: lib.nn.ParameterDict(["a"]),
    "popitem from nothing": lambda lib: lib.nn.ParameterDict().popitem(),
    "a list of a tensor": lambda lib: lib.nn.ParameterList(lib.ones(2)),
    "a list of 5": lambda lib: lib.nn.ParameterList(5),
    "a list of whole numbers": lambda lib: lib.nn.ParameterList([lib.tensor([1])]),
    "a number in a parameter's place": lambda lib: entries(lib).__setitem__(0, 3),
    "past the end": lambda lib: entries(lib)[7],
    "row * 0": lambda lib: both(lib)[0] * 0,
    "row * 1.5": lambda lib: both(lib)[0] * 1.5,
    "row + module": lambda lib: both(lib)[0] + lib.nn.Tanh(),
    "row + list": lambda lib: both(lib)[0] + [lib.nn.Tanh()],
    "modules * 2": lambda lib: lib.nn.ModuleList([lib.nn.Tanh()]) * 2,
}


def net(lib: Any) -> Any:
    nn = lib.nn

    class Net(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(1, 2, bias=False), nn.Tanh())])
            self.register_buffer("mask", lib.ones(1))
            self.width = 3
            self.w = nn.Parameter(lib.ones(1))

    return Net()


CONTAINERS |= {
    "parts": lambda lib: (
        net(lib).get_submodule("blocks.0.1"),
        net(lib).get_submodule(""),
        net(lib).get_parameter("blocks.0.0.weight").shape[0],
        net(lib).get_parameter("w"),
        net(lib).get_buffer("mask"),
    ),
    "dicts of parts": lambda lib: changed(
        net(lib)._modules,
        lambda modules: list(modules.items()),
        lambda modules: modules.__setitem__("blocks", lib.nn.ReLU()),
        lambda modules: modules.__setitem__("more", lib.nn.Tanh()),
        lambda modules: modules.pop("blocks"),
        lambda modules: list(modules),
    )[0],
    "dicts of tensors": lambda lib: (
        list(net(lib)._parameters.items()),
        list(net(lib)._buffers),
        "mask" in net(lib)._parameters,
    ),
    "more parts": lambda lib: (lambda n: (
        n.register_module("z", lib.nn.Tanh()),
        n._parameters.update(v=lib.nn.Parameter(lib.zeros(1))),
        n._buffers.update(k=lib.zeros(2)),
        sorted(n.state_dict()),
        n.type(lib.float64).w,
    ))(net(lib)),
}  # fmt: skip
WRONG |= {
    "no such module": lambda lib: net(lib).get_submodule("blocks.1"),
    "a number for a module": lambda lib: net(lib).get_submodule("width"),
    "a parameter for a module": lambda lib: net(lib).get_submodule("w"),
    "a buffer for a parameter": lambda lib: net(lib).get_parameter("mask"),
    "a parameter that is None": lambda lib: net(lib).get_parameter("blocks.0.0.bias"),
    "a parameter for a buffer": lambda lib: net(lib).get_buffer("w"),
    "a path to nothing": lambda lib: net(lib).get_buffer("no.mask"),
}


def holes(lib: Any) -> Any:
    return lib.nn.ModuleList([None, lib.nn.Tanh(), None])


HOLES: dict[str, Case] = {  # None in the place of a module
    "list": lambda lib: (holes(lib), len(holes(lib)), holes(lib)[0], holes(lib)[-2]),
    "parts": lambda lib: (list(holes(lib)), holes(lib)[:2], list(holes(lib).named_children())),
    "changes": lambda lib: changed(
        holes(lib),
        lambda p: p.append(None),
        lambda p: [p.insert(0, None)][:0],  # PyTorch returns None
        lambda p: p.extend([None, lib.nn.ReLU()]),
        lambda p: p.__setitem__(2, None),
        lambda p: p.__delitem__(0),
        lambda p: p.pop(0),
    ),
    "sum": lambda lib: holes(lib) + holes(lib),
}


@by_name(CONTAINERS | {f"holes, {name}": case for name, case in HOLES.items()})
def test_containers(case: Case) -> None:
    agree(case)


# ----------------------------------------------------------------------------- before 2018

OLD_LOSSES = (
    "l1_loss L1Loss", "mse_loss MSELoss", "smooth_l1_loss SmoothL1Loss", "nll_loss NLLLoss",
    "cross_entropy CrossEntropyLoss", "binary_cross_entropy BCELoss",
    "binary_cross_entropy_with_logits BCEWithLogitsLoss",
    "cosine_embedding_loss CosineEmbeddingLoss",
)  # fmt: skip
REDUCTIONS = (
    {"size_average": False}, {"size_average": True}, {"reduce": False}, {"reduce": True},
    {"size_average": False, "reduce": False}, {"size_average": True, "reduction": "sum"},
    {"size_average": None, "reduce": None},
)  # fmt: skip


def scores(lib: Any, *shape: int) -> Any:
    return lib.linspace(0.125, 0.875, int(np.prod(shape))).reshape(shape)


@pytest.mark.parametrize("options", REDUCTIONS, ids=str)
@pytest.mark.parametrize("names", OLD_LOSSES)
def test_size_average(names: str, options: dict[str, Any]) -> None:
    function, module = names.split()

    def given(lib: Any) -> Any:
        x = scores(lib, 3, 4)
        if "osine" in function:
            return x, x.flip(1), lib.tensor([1, -1, 1])
        return x, lib.tensor([0, 3, 1]) if function == "nll_loss" else x.flip(0)

    agree(lambda lib: getattr(lib.nn, module)(**options)(*given(lib)))
    agree(lambda lib: getattr(lib.nn.functional, function)(*given(lib), **options))


def test_size_average_of_a_divergence() -> None:  # of its mean, PyTorch warns besides
    agree(lambda lib: lib.nn.KLDivLoss(size_average=False)(scores(lib, 3), scores(lib, 3)))
    agree(lambda lib: lib.nn.functional.kl_div(scores(lib, 3), scores(lib, 3), reduce=False))


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 2), (2, 1, 3, 2)])
@pytest.mark.parametrize("name", ["softmax Softmax", "log_softmax LogSoftmax", "softmin Softmin"])
def test_a_softmax_without_dim(name: str, shape: tuple[int, ...]) -> None:
    function, module = name.split()
    agree(lambda lib: getattr(lib.nn.functional, function)(scores(lib, *shape)))
    agree(lambda lib: getattr(lib.nn, module)()(scores(lib, *shape)))
    agree(lambda lib: getattr(lib.nn, module)())


def test_a_volatile_variable() -> None:
    agree(lambda lib: lib.autograd.Variable(lib.ones(2), volatile=True))


@by_name(WRONG)
def test_what_pytorch_refuses(case: Case) -> None:
    refuse(case)


# ---------------------------------------------------------------------------------------- hooks


def watched(lib: Any, module: Any, *hooks: tuple[str, Callable[..., Any]]) -> list[Any]:
    """Register hooks, which note what they are given, and return where they note it."""
    notes: list[Any] = []

    def noting(name: str, hook: Callable[..., Any]) -> Callable[..., Any]:
        def noted(module: Any, *gradients: Any) -> Any:
            notes.append([name, type(module).__name__, gradients])
            return hook(*gradients)

        return noted

    for name, hook in hooks:
        register = module.register_full_backward_hook
        if name.startswith("pre"):
            register = module.register_full_backward_pre_hook
        register(noting(name, hook), prepend="prepend" in name)
    return notes


def nothing(*gradients: Any) -> None:
    """Only look."""


def times(factor: float) -> Callable[..., Any]:
    return lambda gradients, *_: tuple(None if g is None else g * factor for g in gradients)


def two(lib: Any) -> Any:
    class Two(lib.nn.Module):  # type: ignore[misc]
        def forward(self, a: Any, b: Any, c: Any = None, k: int = 2) -> Any:
            return a * b, b + 1, k

    return Two()


def leaves(lib: Any) -> tuple[Any, Any]:
    return (
        lib.tensor([1.0, 2.0], requires_grad=True),
        lib.tensor([3.0, 4.0], requires_grad=True),
    )


def through_two(
    *hooks: tuple[str, Callable[..., Any]],
    args: Callable[..., Any] = lambda x, y: (x, y),
    loss: Callable[..., Any] = lambda y: (y[0] * 2).sum(),
    passes: int = 1,
) -> Case:
    """Send gradients through a module with two arguments and two outputs."""

    def case(lib: Any) -> Any:
        module, (x, y) = two(lib), leaves(lib)
        notes = watched(lib, module, *hooks)
        total = loss(module(*args(x, y)))
        for _ in range(passes):
            total.backward(retain_graph=True)
        return notes, x.grad, y.grad

    return case


def network(lib: Any) -> Any:
    nn = lib.nn
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    notes = []
    for i, module in enumerate(net):
        if i != 1:
            nn.init.constant_(module.weight, 0.5)
            nn.init.constant_(module.bias, 0.25)
        notes.append(watched(lib, module, ("hook", nothing), ("pre", nothing)))
    net(lib.ones(3, 2)).sum().backward()
    with lib.no_grad():
        net(lib.ones(3, 2))
    return notes, [p.grad for p in net.parameters()]


def table(lib: Any) -> Any:
    embedding = lib.nn.Embedding(3, 2)
    notes = watched(lib, embedding, ("hook", nothing))
    embedding(lib.tensor([0, 1])).sum().backward()
    return notes, embedding.weight.grad


def twice(lib: Any) -> Any:
    module = lib.nn.Tanh()
    notes = watched(lib, module, ("hook", nothing))
    x = lib.tensor([0.5], requires_grad=True)
    (g,) = lib.autograd.grad(module(x).sum(), x, create_graph=True)
    (h,) = lib.autograd.grad(g.sum(), x)
    return [note[:2] for note in notes], g, h


def among_forward_hooks(lib: Any) -> Any:
    module = lib.nn.Tanh()
    module.register_forward_hook(lambda module, args, y: y * 3)
    notes = watched(lib, module, ("hook", nothing))
    module.register_forward_pre_hook(lambda module, args: (args[0] * 2,))
    x = lib.tensor([0.5], requires_grad=True)
    module(x).sum().backward()
    return notes, x.grad


def removed(lib: Any) -> Any:
    module, (x, y) = two(lib), leaves(lib)
    notes: list[Any] = []
    handle = module.register_full_backward_hook(lambda *given: notes.append(given[1:]))
    before = module(x, y)[0]
    with module.register_full_backward_pre_hook(lambda *given: notes.append(given[1:])):
        module(x, y)[0].sum().backward()
    handle.remove()
    module(x, y)[0].sum().backward()
    before.sum().backward()  # as the hook was there when it was computed
    return notes, x.grad, y.grad


def of_a_dict(lib: Any) -> Any:
    class Dict(lib.nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return {"x": x * 2}

    module, (x, _) = Dict(), leaves(lib)
    notes = watched(lib, module, ("hook", nothing))
    module(x)["x"].sum().backward()
    return notes, x.grad


def unchanged(lib: Any) -> Any:
    module, (x, _) = lib.nn.Identity(), leaves(lib)
    notes = watched(lib, module, ("hook", nothing), ("pre", times(3.0)))
    module(module(x)).sum().backward()
    return notes, x.grad


HOOKS: dict[str, Case] = {
    "one": through_two(("hook", nothing)),
    "both outputs": through_two(("hook", nothing), loss=lambda y: (y[0] * 2 + y[1]).sum()),
    "an argument without gradient": through_two(
        ("hook", nothing), args=lambda x, y: (x, y.detach(), "s", 3)
    ),
    "the other argument without": through_two(
        ("hook", times(10.0)), args=lambda x, y: (x.detach(), y)
    ),
    "arguments of other dtypes": through_two(
        ("hook", nothing), args=lambda x, y: (x, y, y > 3, (y > 3).long())
    ),
    "in order, changing": through_two(
        ("hook", nothing), ("pre", nothing), ("hook, later", times(10.0)), ("prepend", nothing),
        ("pre, later", times(100.0)), ("pre, prepend", nothing), ("last", nothing), passes=2,
    ),
    "a gradient taken away": through_two(("hook", lambda given, _: (None, given[1]))),
    "a pre-hook that takes away": through_two(("pre", lambda given: (None, given[1], given[2]))),
    "a network": network,
    "a table": table,
    "twice": twice,
    "among forward hooks": among_forward_hooks,
    "removed": removed,
    "a dict": of_a_dict,
    "the identity": unchanged,
}  # fmt: skip

WRONG_HOOKS: dict[str, Case] = {
    "too many": through_two(("hook", lambda given, _: (*given, None))),
    "too few before": through_two(("pre", lambda given: given[:1])),
    "numbers": through_two(("hook", lambda given, _: (1, 2))),
    "other shapes": through_two(("hook", lambda given, _: (given[0][:1], given[1]))),
    "in place": lambda lib: (lambda module, x: (
        watched(lib, module, ("hook", nothing)), module(x * 1).sum().backward()
    ))(lib.nn.ReLU(inplace=True), leaves(lib)[0]),
    "in place on the output": lambda lib: (lambda module, x: (
        watched(lib, module, ("hook", nothing)), module(x * 1).add_(1.0).sum().backward()
    ))(lib.nn.Tanh(), leaves(lib)[0]),
    "where no argument has one": through_two(
        ("hook", times(2.0)),
        args=lambda x, y: (x.detach(), y.detach()),
        loss=lambda y: (y[0] * 1).sum(),
    ),
}  # fmt: skip


@by_name(HOOKS)
def test_hooks(case: Case) -> None:
    agree(case)


@by_name(WRONG_HOOKS)
def test_hooks_that_pytorch_refuses(case: Case) -> None:
    refuse(case)


# ------------------------------------------------------------------------------------ utilities


def padded(**options: Any) -> Callable[[Callable[[Any], Any]], Case]:
    return lambda make: lambda lib: lib.nn.utils.rnn.pad_sequence(make(lib), **options)


def floats(lib: Any) -> Any:
    return [lib.ones(3, 2), lib.ones(1, 2), lib.ones(0, 2)]


def ids(lib: Any) -> Any:
    return [lib.tensor([1, 2]), lib.tensor([3, 4, 5])]


def gradient_of_padding(lib: Any) -> Any:
    x, y = lib.ones(2, requires_grad=True), lib.ones(3, requires_grad=True)
    rows = lib.nn.utils.rnn.pad_sequence([x, y])
    (rows * lib.arange(6.0).reshape(3, 2)).sum().backward()
    return x.grad, y.grad


def vector(lib: Any) -> Any:
    utils, layer = lib.nn.utils, lib.nn.Linear(2, 1)
    start = lib.tensor([1.0, 2.0, 3.0], dtype=lib.float64)
    utils.vector_to_parameters(start, layer.parameters())
    start.fill_(7.0)  # they share its memory
    end = utils.parameters_to_vector(p * p for p in layer.parameters())
    end.sum().backward()
    return end, *layer.parameters(), *[p.grad for p in layer.parameters()]


UTILITIES: dict[str, Case] = {
    "padded": padded()(floats),
    "padded, batch first": padded(batch_first=True, padding_value=7.0)(floats),
    "padded on the left": padded(padding_side="left", padding_value=float("nan"))(floats),
    "padded ids": padded(batch_first=True, padding_value=-1)(ids),
    "padded ids by 1.5": padded(padding_value=1.5)(ids),
    "padded by one dtype": padded()(lambda lib: [lib.ones(2), lib.ones(1).double()]),
    "padded rows": padded()(lambda lib: lib.ones(2, 3)),
    "padded bools": padded()(lambda lib: [lib.ones(2) > 0, lib.ones(1) > 0]),
    "padded, gradients": gradient_of_padding,
    "vector": vector,
    "old names": lambda lib: (
        lib.nn.init.constant(lib.empty(2), 3.0),
        lib.nn.init.eye(lib.empty(2, 3)),
        lib.nn.utils.clip_grad_norm(vector(lib)[1], 2.0),
    ),
    "eye": lambda lib: lib.nn.init.eye_(lib.ones(3, 2)),
}


def assigned(lib: Any) -> Any:
    layer, norm = lib.nn.Linear(2, 1), lib.nn.LayerNorm(2)
    weight = lib.tensor([[1.0, 2.0]], dtype=lib.float64)
    loaded = layer.load_state_dict({"weight": weight, "x": weight}, strict=False, assign=True)
    weight.fill_(5.0)
    norm.load_state_dict({"weight": weight[0], "bias": weight[0]}, True, True)
    return list(loaded), layer.weight, layer.weight.requires_grad, norm.bias


UTILITIES["assigned state"] = assigned


@by_name(UTILITIES)
def test_utilities(case: Case) -> None:
    agree(case)


@pytest.mark.parametrize("shape", [(3, 3), (5, 2), (2, 5), (3, 2, 2), (7, 1), (1, 4), (0, 3)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    def case(lib: Any) -> Any:
        lib.manual_seed(0)
        x = lib.nn.init.orthogonal_(lib.empty(*shape, dtype=lib.float64), gain=2.0)
        w = x.reshape(shape[0], -1) if x.numel() else x
        return w.T @ w if w.shape[0] > w.shape[1] else w @ w.T

    agree(case)
