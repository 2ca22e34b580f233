"""What a module is made of, how it is called, and how its state moves."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch import nn
from minitorch.nn import functional as F


class Net(nn.Module):
    """A tied pair, a list, a buffer of each kind: one of everything."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(4, 3)
        self.scale = nn.Parameter(mt.tensor([2.0]))
        self.blocks = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3, bias=False)])
        self.head = nn.Linear(3, 4, bias=False)
        self.head.weight = self.embedding.weight
        self.register_buffer("mask", mt.tensor([1.0, 0.0]))
        self.register_buffer("cache", mt.tensor([7, 8]), persistent=False)

    def forward(self, ids: mt.Tensor) -> Any:
        x = self.embedding(ids) * self.scale
        for block in self.blocks:
            x = x + block(x)
        return self.head(x)


PARAMETERS = [
    "scale",
    "embedding.weight",
    "blocks.0.weight",
    "blocks.0.bias",
    "blocks.1.weight",
]


# --------------------------------------------------------------------------- what it is made of


def test_parameters_come_in_order_and_a_tied_one_once() -> None:
    net = Net()
    assert [name for name, _ in net.named_parameters()] == PARAMETERS
    assert [id(p) for p in net.parameters()] == [id(p) for _, p in net.named_parameters()]
    paths = [name for name, _ in net.named_parameters(remove_duplicate=False)]
    assert paths == [*PARAMETERS, "head.weight"]
    assert [name for name, _ in net.named_parameters("net", recurse=False)] == ["net.scale"]


def test_buffers_are_found_and_only_persistent_ones_are_in_the_state() -> None:
    net = Net()
    assert [name for name, _ in net.named_buffers()] == ["mask", "cache"]
    assert list(net.state_dict()) == [
        "scale",
        "mask",
        "embedding.weight",
        "blocks.0.weight",
        "blocks.0.bias",
        "blocks.1.weight",
        "head.weight",
    ]


def test_modules_and_children_come_with_their_paths_each_once() -> None:
    net = Net()
    net.again = net.head
    paths = ["", "embedding", "blocks", "blocks.0", "blocks.1", "head"]
    assert [name for name, _ in net.named_modules()] == paths
    assert [name for name, _ in net.named_children()] == ["embedding", "blocks", "head"]
    assert list(net.children()) == [net.embedding, net.blocks, net.head]
    assert len(list(net.modules())) == 6
    every = [name for name, _ in net.named_modules(remove_duplicate=False)]
    assert every == [*paths, "again"]


def test_a_parameter_shares_the_memory_of_its_data_and_its_results_are_plain_tensors() -> None:
    data = mt.tensor([1.0, 2.0])
    p = nn.Parameter(data)
    assert p.requires_grad
    assert p.is_leaf
    assert p.array is data.array
    assert type(p * 2) is mt.Tensor
    assert type(p.detach()) is mt.Tensor
    assert repr(p) == "Parameter containing:\ntensor([1., 2.], requires_grad=True)"
    with pytest.raises(RuntimeError, match="floating point"):
        nn.Parameter(mt.tensor([1]))
    assert not nn.Parameter(mt.tensor([1]), requires_grad=False).requires_grad


def test_what_no_parameter_can_be_is_refused() -> None:
    layer = nn.Linear(2, 2)
    with pytest.raises(TypeError, match="cannot assign 'Tensor' as parameter 'weight'"):
        layer.weight = mt.zeros(2, 2)
    with pytest.raises(TypeError, match="as parameter 'x'"):
        layer.register_parameter("x", mt.zeros(2))
    net = Net()
    with pytest.raises(TypeError, match="cannot assign 'int' as child module 'head'"):
        net.head = 3
    with pytest.raises(TypeError, match="cannot assign 'list' as buffer 'mask'"):
        net.mask = [1.0]
    for name in ("", "a.b", "forward"):
        with pytest.raises(KeyError):
            net.register_buffer(name, mt.zeros(1))
    assert [name for name, _ in net.named_parameters()] == PARAMETERS


def test_assignment_before_init_says_what_is_missing() -> None:
    class Forgetful(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(1, 1)

    with pytest.raises(AttributeError, match=r"super\(\).__init__\(\)"):
        Forgetful()


def test_none_and_del_take_a_part_away() -> None:
    net = Net()
    net.mask = None
    net.head = None
    del net.cache
    assert list(net.buffers()) == []
    assert [name for name, _ in net.named_children()] == ["embedding", "blocks"]
    net.mask = mt.tensor([5.0])  # the name still is a buffer's
    assert [name for name, _ in net.named_buffers()] == ["mask"]
    net.cache = mt.tensor([5.0])  # this one is an attribute like others
    assert [name for name, _ in net.named_buffers()] == ["mask"]


def test_a_parameter_in_the_place_of_a_buffer_is_no_buffer() -> None:
    net = Net()
    net.mask = nn.Parameter(mt.ones(2))
    assert [name for name, _ in net.named_buffers()] == ["cache"]
    assert "mask" in dict(net.named_parameters())


def test_parts_are_found_by_their_paths() -> None:
    net = Net()
    assert net.get_submodule("") is net
    assert net.get_submodule("blocks.1") is net.blocks[1]
    assert net.get_parameter("blocks.0.bias") is net.blocks[0].bias
    assert net.get_parameter("scale") is net.scale
    assert net.get_buffer("mask") is net.mask
    for get, path, says in (
        (net.get_submodule, "blocks.2", "ModuleList has no module '2', only 0, 1"),
        (net.get_submodule, "scale", "Net has no module 'scale'"),
        (net.get_parameter, "blocks.1.bias", "Linear has no parameter 'bias', only weight"),
        (net.get_parameter, "mask", "Net has no parameter 'mask'"),
        (net.get_buffer, "head.mask", "Linear has no buffer 'mask', only none at all"),
    ):
        with pytest.raises(AttributeError, match=says):
            get(path)


def test_dicts_of_its_parts_are_read_and_written() -> None:
    net = Net()
    assert dict(net._parameters) == {"scale": net.scale}
    assert list(net._buffers) == ["mask", "cache"]
    assert list(net._modules) == ["embedding", "blocks", "head"]
    assert "head" in net._modules
    assert len(net._modules) == 3
    net._modules["head"] = nn.Tanh()
    assert isinstance(net.head, nn.Tanh)
    net._parameters["new"] = nn.Parameter(mt.ones(1))
    net._buffers["more"] = mt.ones(1)
    del net._modules["blocks"]
    assert [name for name, _ in net.named_children()] == ["embedding", "head"]
    assert {"new", "more"} < {*net.state_dict()}
    for wrong in (lambda: net._parameters["head"], lambda: net._modules.pop("scale")):
        with pytest.raises(KeyError):
            wrong()
    assert net.scale.item() == 2
    net.register_module("last", nn.ReLU())
    assert [name for name, _ in net.named_children()] == ["embedding", "head", "last"]
    assert net.type(mt.float64).scale.dtype == mt.float64


# ------------------------------------------------------------------------------- changing it


def test_train_and_eval_reach_every_module() -> None:
    net = Net()
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    assert net.train() is net
    assert all(m.training for m in net.modules())
    with pytest.raises(ValueError, match="boolean"):
        net.train("yes")


def test_apply_visits_children_before_their_parent() -> None:
    net, seen = Net(), []
    net.apply(seen.append)
    assert seen == [net.embedding, *net.blocks, net.blocks, net.head, net]


def test_zero_grad_forgets_or_sets_to_zero() -> None:
    net = Net()
    net(mt.tensor([1])).sum().backward()
    kept = net.scale.grad
    net.zero_grad(set_to_none=False)
    assert net.scale.grad is not None
    assert net.scale.grad.tolist() == [0.0]
    assert kept is not None
    assert kept.tolist() == [0.0]
    net.scale.grad = None
    net.zero_grad(set_to_none=False)
    assert net.scale.grad is None
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_requires_grad_freezes_and_releases() -> None:
    net = Net().requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())
    assert not net(mt.tensor([1])).requires_grad
    assert all(p.requires_grad for p in net.requires_grad_().parameters())


def test_to_changes_floating_dtypes_and_keeps_the_parameters_themselves() -> None:
    net = Net()
    before = list(net.parameters())
    net(mt.tensor([1])).sum().backward()
    assert net.double() is net
    assert all(a is b for a, b in zip(before, net.parameters(), strict=True))
    assert {p.dtype for p in net.parameters()} == {mt.float64} == {net.mask.dtype}
    assert net.scale.grad is not None
    assert net.scale.grad.dtype == mt.float64
    assert net.cache.dtype == mt.int64
    assert net.head.weight is net.embedding.weight
    assert net(mt.tensor([1])).dtype == mt.float64
    assert net.to("cpu").float().scale.dtype == mt.float32
    with pytest.raises(TypeError, match="floating point"):
        net.to(mt.int64)
    with pytest.raises(RuntimeError, match="cuda"):
        net.to("cuda")
    assert net.scale.dtype == mt.float32


def test_backward_through_a_graph_made_before_a_conversion_raises() -> None:
    layer = nn.Linear(2, 1, bias=False)
    y = (layer.weight * layer.weight).sum()
    layer.double()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_deepcopy_is_apart_and_keeps_what_is_tied() -> None:
    net = Net()
    net(mt.tensor([1])).sum().backward()
    twin = copy.deepcopy(net)
    assert twin.head.weight is twin.embedding.weight is not net.embedding.weight
    assert isinstance(twin.scale, nn.Parameter)
    assert twin.scale.requires_grad
    assert net.scale.grad is not None
    assert twin.scale.grad is None  # as in PyTorch
    nn.init.zeros_(twin.scale)
    assert net.scale.tolist() == [2.0]
    assert [name for name, _ in twin.named_parameters()] == PARAMETERS


def test_what_refers_to_itself_is_copied_once() -> None:
    weight = nn.Parameter(mt.ones(2))
    weight.me = weight
    twin = copy.deepcopy(weight)
    assert twin.me is twin is not weight


def test_modules_and_functions_are_pickled() -> None:
    for f in (mt.sum, mt.cat, mt.max, mt.softmax, mt.unique, F.relu, F.relu_, F.dropout, F.gelu):
        assert pickle.loads(pickle.dumps(f)) is f
    layer = nn.TransformerEncoderLayer(4, 2, 8)
    layer.eval()
    x = mt.ones(2, 1, 4)
    assert pickle.loads(pickle.dumps(layer))(x).tolist() == layer(x).tolist()


# --------------------------------------------------------------------------------- its state


def test_state_dict_shares_memory_and_has_no_part_in_the_graph() -> None:
    net = Net()
    state = net.state_dict()
    assert not any(t.requires_grad for t in state.values())
    state["scale"].fill_(5.0)
    assert net.scale.tolist() == [5.0]
    assert net.state_dict(keep_vars=True)["scale"] is net.scale
    assert "net.blocks.0.bias" in net.state_dict(prefix="net.")


def test_load_state_dict_copies_and_brings_to_the_dtype() -> None:
    source, target = Net().double(), Net()
    result = target.load_state_dict(source.state_dict())
    assert repr(result) == "<All keys matched successfully>"
    state = {name: x for name, x in source.state_dict().items() if name != "scale"}
    result = target.load_state_dict({**state, "more": mt.zeros(1)}, strict=False)
    assert repr(result) == "IncompatibleKeys(missing_keys=['scale'], unexpected_keys=['more'])"
    assert target.scale.dtype == mt.float32
    np.testing.assert_allclose(
        target.embedding.weight.detach().numpy(), source.embedding.weight.detach().numpy(), 1e-7
    )
    nn.init.zeros_(source.scale)
    assert target.scale.tolist() == [2.0]


def test_load_state_dict_names_all_that_does_not_fit_and_changes_nothing() -> None:
    net = Net()
    state = {k: v + 1 for k, v in net.state_dict().items()}
    del state["head.weight"]
    state["extra"] = mt.zeros(1)
    state["mask"] = mt.zeros(3)
    before = {k: v.tolist() for k, v in net.state_dict().items()}
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    assert str(caught.value) == (
        "Error(s) in loading state_dict for Net:\n"
        '\tMissing key(s) in state_dict: "head.weight". \n'
        '\tUnexpected key(s) in state_dict: "extra". \n'
        "\tsize mismatch for mask: copying a param with shape minitorch.Size([3]) from "
        "checkpoint, the shape in current model is minitorch.Size([2])."
    )
    assert {k: v.tolist() for k, v in net.state_dict().items()} == before
    with pytest.raises(RuntimeError, match="size mismatch for mask"):
        net.load_state_dict(state, strict=False)
    assert {k: v.tolist() for k, v in net.state_dict().items()} == before
    state["mask"] = mt.tensor([3.0, 4.0])
    result = net.load_state_dict(state, strict=False)
    assert result == (["head.weight"], ["extra"])
    assert net.mask.tolist() == [3.0, 4.0]


def test_load_state_dict_refuses_what_is_no_tensor() -> None:
    layer = nn.Linear(1, 1, bias=False)
    with pytest.raises(RuntimeError, match='expected a Tensor for "weight", but received list'):
        layer.load_state_dict({"weight": [[1.0]]})
    with pytest.raises(TypeError, match="dict-like"):
        layer.load_state_dict([("weight", mt.zeros(1, 1))])


def test_load_state_dict_may_take_over_the_memory() -> None:
    net = Net()
    before = list(net.parameters())
    net(mt.tensor([1])).sum().backward()
    state = {name: 2 * x.double() for name, x in net.state_dict().items()}
    assert net.load_state_dict(state, assign=True) == ([], [])
    assert all(a is b for a, b in zip(before, net.parameters(), strict=True))
    assert net.scale.array is state["scale"].array
    assert net.scale.requires_grad
    assert net.scale.grad is None
    assert {x.dtype for x in net.state_dict().values()} == {mt.float64}
    assert net(mt.tensor([1])).dtype == mt.float64
    with pytest.raises(RuntimeError, match=r'"scale" is learned, .*int64'):
        net.load_state_dict({**state, "mask": mt.zeros(2), "scale": mt.ones(1).long()}, assign=True)
    assert net.mask.array is state["mask"].array
    y = (net.scale * net.scale).sum()
    net.load_state_dict({"scale": mt.ones(1)}, strict=False, assign=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_what_changes_the_memory_that_was_taken_over_is_noticed() -> None:
    weight = mt.tensor([[3.0]])
    layer = nn.Linear(1, 1, bias=False)
    layer.load_state_dict({"weight": weight}, assign=True)
    y = layer(mt.ones(1, 1, requires_grad=True))
    weight.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_loading_between_forward_and_backward_is_noticed() -> None:
    layer = nn.Linear(2, 1, bias=False)
    y = layer(layer(mt.ones(2, 2)).expand(2, 2)).sum()
    layer.load_state_dict(nn.Linear(2, 1, bias=False).state_dict())
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


# ------------------------------------------------------------------------------------- hooks


class Double(nn.Module):
    def forward(self, x: Any, plus: float = 0.0) -> Any:
        return 2 * x + plus


def test_hooks_see_and_replace_arguments_and_results_in_order() -> None:
    module = Double()
    first = module.register_forward_pre_hook(lambda m, args: args[0] + 1)
    module.register_forward_pre_hook(lambda m, args: (args[0] * 10,))
    module.register_forward_pre_hook(lambda m, args: None)
    assert module(1) == 40
    last = module.register_forward_hook(lambda m, args, y: (args, y))
    assert module(1, plus=0.5) == ((20,), 40.5)
    last.remove()
    last.remove()  # once more does no harm
    first.remove()
    assert module(1) == 20


def test_hooks_can_be_prepended_and_see_keyword_arguments() -> None:
    module = Double()
    module.register_forward_pre_hook(lambda m, args: args[0] + 1)
    module.register_forward_pre_hook(lambda m, args: args[0] * 10, prepend=True)
    assert module(1) == 22
    module.register_forward_pre_hook(
        lambda m, args, kwargs: (args, {"plus": kwargs["plus"] * 100}), with_kwargs=True
    )
    seen = []
    module.register_forward_hook(
        lambda m, args, kwargs, y: seen.append((args, kwargs, y)), with_kwargs=True
    )
    assert module(1, plus=3) == 322
    assert seen == [((11,), {"plus": 300}, 322)]
    module.register_forward_pre_hook(lambda m, args, kwargs: None, with_kwargs=True)
    assert module(1, plus=3) == 322


def test_a_hook_ends_with_its_block() -> None:
    module = Double()
    with module.register_forward_hook(lambda m, args, y: -y):
        assert module(1) == -2
    assert module(1) == 2


def test_a_module_without_forward_says_so() -> None:
    with pytest.raises(NotImplementedError, match=r'\[Module\] is missing the required "forward"'):
        nn.Module()(1)


# -------------------------------------------------------------------------------- containers


def test_sequential_hands_the_result_on() -> None:
    row = nn.Sequential(Double(), Double(), Double())
    assert row(1) == 8
    assert row[1:](1) == 4
    assert len(row) == 3
    assert row[-1] is row[2]
    row.append(Double())
    del row[0]
    assert row(1) == 8
    assert [name for name, _ in row.named_children()] == ["0", "1", "2"]
    named = nn.Sequential({"first": Double(), "second": Double()})
    assert named(1) == 4
    assert named.first is named[0]
    assert [name for name, _ in named[1:].named_children()] == ["second"]


def test_sequentials_are_joined_and_repeated() -> None:
    one, two = nn.Sequential({"first": Double()}), nn.Sequential(Double(), nn.ReLU())
    joined = one + two
    assert [name for name, _ in joined.named_children()] == ["0", "1", "2"]
    assert joined[:2](1) == 4
    assert len(one) == 1
    repeated = two * 3
    assert [type(m) for m in repeated] == [Double, nn.ReLU] * 3
    assert repeated[2] is repeated[0] is two[0]
    assert len(2 * two) == 4
    row = two
    row += one
    row *= 2
    assert row is two
    assert len(row) == 6
    assert isinstance(row.pop(1), nn.ReLU)
    assert len(row.pop(slice(0, 2))) == 2
    assert len(row) == 3
    some: Any = [Double()]
    for wrong in (lambda: one + some, lambda: one + some[0], lambda: one * 0):
        with pytest.raises(ValueError, match=r"\+ adds another|at least 1"):
            wrong()


def test_module_list_behaves_like_a_list() -> None:
    a, b, c, d = (Double() for _ in range(4))
    blocks = nn.ModuleList([a])
    blocks.append(c)
    blocks.insert(1, b)
    blocks += [d]
    assert list(blocks) == [a, b, c, d]
    assert len(blocks) == 4
    assert list(blocks[1:3]) == [b, c]
    assert isinstance(blocks[1:3], nn.ModuleList)
    blocks[-1] = a
    assert list(blocks) == [a, b, c, a]
    assert blocks[3] is a
    assert len(list(blocks.children())) == 3
    with pytest.raises(IndexError, match="index 4 is out of range"):
        blocks[4]
    assert [name for name, _ in nn.ModuleList([a] * 11).named_modules(remove_duplicate=False)][
        1:
    ] == [str(i) for i in range(11)]


def test_module_dict_is_read_by_key_and_by_attribute() -> None:
    a, b = Double(), nn.Linear(1, 1)
    blocks = nn.ModuleDict({"wte": a})
    blocks.update({"head": b})
    assert blocks["wte"] is blocks.wte is a
    assert "head" in blocks
    assert "x" not in blocks
    assert list(blocks) == list(blocks.keys()) == ["wte", "head"]
    assert len(blocks) == 2
    assert list(blocks.values()) == [a, b]
    assert list(blocks.items()) == [("wte", a), ("head", b)]
    assert [name for name, _ in blocks.named_parameters()] == ["head.weight", "head.bias"]
    assert blocks.pop("head") is b
    assert list(blocks) == ["wte"]
    with pytest.raises(KeyError):
        blocks["head"]
    with pytest.raises(KeyError, match="already exists"):
        blocks["keys"] = a
    with pytest.raises(AttributeError, match="head"):
        blocks.head  # noqa: B018 - that reading it raises is what is tested
    blocks.clear()
    assert len(blocks) == 0


# ----------------------------------------------------------------------------- how it prints


def test_repr_is_the_tree_with_like_blocks_once() -> None:
    net = Net()
    net.blocks = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3), nn.ReLU()])
    assert repr(net) == (
        "Net(\n"
        "  (embedding): Embedding(4, 3)\n"
        "  (blocks): ModuleList(\n"
        "    (0-1): 2 x Linear(in_features=3, out_features=3, bias=True)\n"
        "    (2): ReLU()\n"
        "  )\n"
        "  (head): Linear(in_features=3, out_features=4, bias=False)\n"
        ")"
    )


# ------------------------------------------------------------------------ what is refused, whole


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row.extend([Double(), 3]),
        lambda row: row.insert(0, 3),
        lambda row: row.insert(4, Double()),
        lambda row: row.append(nn.ReLU),
        lambda row: row.__setitem__(0, nn.ReLU),
        lambda row: row.__setitem__(3, Double()),
        lambda row: row.__delitem__(3),
        lambda row: row.__delitem__(True),
    ],
)
@pytest.mark.parametrize("kind", [nn.ModuleList, lambda parts: nn.Sequential(*parts)])
def test_a_container_that_refuses_stays_as_it_was(kind: Any, change: Any) -> None:
    parts = [Double(), nn.ReLU(), Double()]
    row = kind(parts)
    with pytest.raises((TypeError, IndexError)):
        change(row)
    assert list(row) == parts
    assert [name for name, _ in row.named_children()] == ["0", "1", "2"]


def test_a_dict_of_modules_that_refuses_stays_as_it_was() -> None:
    blocks = nn.ModuleDict({"a": Double()})
    with pytest.raises(TypeError, match="number 1 of these is None"):
        blocks.update({"b": Double(), "c": None})
    assert list(blocks) == ["a"]
    assert list(nn.ModuleDict([("x", Double()), ("y", Double())])) == ["x", "y"]


def test_none_stands_in_a_list_for_a_module_that_is_not_there() -> None:
    block: Any = nn.ModuleList([None, nn.Linear(3, 3), None])
    assert [len(block), block[0], block[2], list(block)] == [3, None, None, [None, block[1], None]]
    assert [name for name, _ in block.named_children()] == ["1"]
    assert list(block.state_dict()) == ["1.weight", "1.bias"]
    assert list(copy.deepcopy(block).state_dict()) == ["1.weight", "1.bias"]
    block.unused = None
    block.insert(0, None)
    assert len(block) == 4
    assert block.pop(0) is None
    block[1] = None
    assert repr(block) == "ModuleList(\n  (0-2): 3 x None\n)"
    assert nn.ModuleList([nn.ModuleList(), None])[0] is not None
    for kind in (lambda parts: nn.Sequential(*parts), lambda parts: nn.ModuleDict({"a": parts[0]})):
        with pytest.raises(TypeError, match="number 0 of these is None"):
            kind([None])


def test_modules_are_inserted_at_either_end() -> None:
    a, b, c = Double(), Double(), Double()
    row = nn.ModuleList([a])
    row.insert(1, b)
    row.insert(-2, c)
    assert list(row) == [c, a, b]
    del row[-1]
    del row[0:1]
    assert list(row) == [a]


def test_a_module_may_stand_at_two_places_but_not_within_itself() -> None:
    shared = nn.Linear(2, 2)
    net = nn.Sequential(shared, nn.Sequential(shared))
    with pytest.raises(ValueError, match=r"cannot assign Sequential as child module '2'"):
        net.append(nn.Sequential(nn.Sequential(net)))
    assert len(net) == 2
    net.eval()
    assert len(list(net.parameters())) == 2


def test_a_child_in_a_parameters_place_is_refused_and_the_other_way_round_is_not() -> None:
    layer = nn.Linear(2, 2)
    with pytest.raises(TypeError, match="'ReLU' as parameter 'bias'"):
        layer.add_module("bias", nn.ReLU())
    net = nn.Sequential(nn.ReLU())
    setattr(net, "0", nn.Parameter(mt.ones(1)))  # as in PyTorch
    assert len(net) == 0
    assert [name for name, _ in net.named_parameters()] == ["0"]


def test_what_init_sets_up_is_there_only_after_it() -> None:
    class Late(nn.Module):
        def __init__(self) -> None:
            self.width = 3  # plain attributes may come first
            super().__init__()

        def forward(self, x: Any) -> Any:
            return x

    assert Late()(5) == 5
    with pytest.raises(AttributeError, match="Late: its __init__ must begin with super"):
        Late.__new__(Late)(5)


@pytest.mark.parametrize("max_norm", [0.0, 1.0, float("inf")])
def test_gradients_are_clipped_to_any_norm_from_0_to_inf(max_norm: float) -> None:
    p = nn.Parameter(mt.tensor([3.0, 4.0]))
    p.grad = mt.tensor([3.0, 4.0])
    assert nn.utils.clip_grad_norm_([p], max_norm).item() == 5
    expected = np.array([3.0, 4.0]) * min(1.0, max_norm / 5)
    np.testing.assert_allclose(p.grad.numpy(), expected, rtol=1e-6)


def test_nothing_to_clip_has_the_norm_0() -> None:
    assert nn.utils.clip_grad_norm_([], 1.0).item() == 0
    assert nn.utils.clip_grad_norm_(nn.Linear(1, 1).parameters(), 1.0).item() == 0
    nn.utils.clip_grad_value_(nn.Linear(1, 1).parameters(), 1.0)
    p = nn.Parameter(mt.ones(2))
    p.grad = mt.tensor([3.0, -4.0])
    for refused in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="max_norm"):
            nn.utils.clip_grad_norm_(p, refused)
        with pytest.raises(ValueError, match="clip_value"):
            nn.utils.clip_grad_value_(p, refused)
    assert p.grad.tolist() == [3.0, -4.0]
    assert nn.utils.clip_grad_norm_(p, 100.0, 1).item() == 7
    nn.utils.clip_grad_value_(p, 2.0)
    assert p.grad.tolist() == [2.0, -2.0]


@pytest.mark.parametrize("clip", [nn.utils.clip_grad_norm_, nn.utils.clip_grad_value_])
def test_a_graph_notices_that_a_gradient_which_it_saved_was_clipped(clip: Any) -> None:
    p = nn.Parameter(mt.ones(2))
    p.grad = mt.tensor([3.0, -4.0])
    y = (mt.ones(2, requires_grad=True) * p.grad).sum()
    clip(p, 1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()
