"""ParameterList and ParameterDict: what they hold, what the module finds of it, how they print."""

from __future__ import annotations

import copy
from collections import OrderedDict
from typing import Any

import pytest

import minitorch as mt
from minitorch import nn


def test_a_list_makes_tensors_parameters_and_keeps_the_rest() -> None:
    p, layer = nn.Parameter(mt.ones(2)), nn.Linear(1, 1)
    entries = nn.ParameterList([mt.zeros(3), p, 5, None, layer])
    assert [type(e) for e in entries] == [nn.Parameter, nn.Parameter, int, type(None), nn.Linear]
    assert entries[1] is p is entries[-4]
    assert list(entries.state_dict()) == ["0", "1", "4.weight", "4.bias"]
    assert len(entries) == 5


def test_a_list_is_changed_like_a_list() -> None:
    entries = nn.ParameterList()
    assert entries.append(mt.ones(1)) is entries
    assert entries.extend(mt.ones(n) for n in (2, 3)) is entries
    entries += [mt.ones(4)]
    entries[0] = mt.ones(5)
    assert [len(e) for e in entries] == [5, 2, 3, 4]
    part = entries[1:3]
    assert isinstance(part, nn.ParameterList)
    assert part[0] is entries[1]
    assert list(part.state_dict()) == ["0", "1"]
    assert [len(e) for e in entries[::-1]] == [4, 3, 2, 5]


@pytest.mark.parametrize(
    "change",
    [
        lambda entries: entries.extend([mt.ones(1), mt.tensor([1])]),
        lambda entries: entries.extend(mt.ones(2)),
        lambda entries: entries.append(mt.tensor([True])),
        lambda entries: entries.__setitem__(0, "x"),
        lambda entries: entries.__setitem__(3, mt.ones(1)),
    ],
)
def test_a_list_that_refuses_stays_as_it_was(change: Any) -> None:
    entries = nn.ParameterList([mt.ones(1), 7])
    before = list(entries)
    with pytest.raises((TypeError, RuntimeError, IndexError)):
        change(entries)
    assert list(entries) == before
    assert list(entries.state_dict()) == ["0"]


def test_a_dict_is_read_and_changed_like_a_dict() -> None:
    p = nn.ParameterDict({"scale": mt.ones(2), "bias": mt.zeros(1), "n": 3})
    assert list(p) == ["bias", "n", "scale"]  # a plain dict is sorted, as in PyTorch
    assert list(nn.ParameterDict(OrderedDict(b=mt.ones(1), a=mt.ones(1)))) == ["b", "a"]
    assert list(nn.ParameterDict([("b", mt.ones(1)), ("a", 1)])) == ["b", "a"]
    assert p["scale"] is p.scale
    assert isinstance(p.scale, nn.Parameter)
    assert list(p.state_dict()) == ["bias", "scale"]
    assert p.get("no") is None
    assert p.setdefault("n", 4) == 3
    assert p.pop("n") == 3
    assert p.pop("n", "gone") == "gone"
    assert "n" not in p
    p["more"] = mt.ones(3)
    assert list(reversed(p)) == ["more", "scale", "bias"]
    key, value = p.popitem()
    assert (key, value.shape) == ("more", (3,))
    p["scale"] = mt.ones(4)
    assert p.scale.shape == (4,)
    del p["bias"]
    assert [name for name, _ in p.named_parameters()] == ["scale"]
    assert [(k, v.shape) for k, v in p.items()] == [("scale", (4,))]
    p.clear()
    assert (len(p), list(p.parameters()), list(p.keys()), list(p.values())) == (0, [], [], [])


def test_dicts_are_joined_and_copied() -> None:
    a, b = nn.ParameterDict({"x": mt.ones(1)}), nn.ParameterDict({"y": mt.ones(2)})
    joined = a | b
    assert list(joined) == ["x", "y"]
    assert joined.x is a.x
    assert list(a) == ["x"]
    assert list({"z": mt.ones(1)} | b) == ["z", "y"]
    a |= b
    assert list(a) == ["x", "y"]
    assert a.copy().y is b.y
    same = a.fromkeys(["k", "l"], mt.ones(1))
    assert list(same) == ["k", "l"]
    twin = copy.deepcopy(a)
    assert list(twin.state_dict()) == ["x", "y"]
    assert twin.x is not a.x


def test_a_dict_is_a_module_and_not_a_value() -> None:
    a, b = nn.ParameterDict({"x": 1}), nn.ParameterDict({"x": 1})
    assert a == a
    assert a != b
    assert len({a, b}) == 2
    assert len(list(nn.ModuleList([a, b]).modules())) == 3


def test_a_dict_that_refuses_stays_as_it_was() -> None:
    p = nn.ParameterDict({"a": mt.ones(1)})
    for more in ({"b": 1, "keys": 2}, {"b": 1, "c": mt.tensor([1])}, [("b", 1), ("x.y", 2)]):
        with pytest.raises((KeyError, RuntimeError)):
            p.update(more)
        assert list(p) == ["a"]
        assert not hasattr(p, "b")
    with pytest.raises(TypeError, match="as parameter 'a'"):
        p["a"] = 3
    assert p.a.shape == (1,)


def test_gradients_reach_the_entries() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scales = nn.ParameterList([mt.tensor([2.0]), mt.tensor([3.0])])
            self.shifts = nn.ParameterDict({"first": mt.tensor([1.0])})

        def forward(self, x: Any) -> Any:
            return sum(s * x for s in self.scales) + self.shifts["first"]

    net = Scaled()
    net(mt.tensor([5.0])).sum().backward()
    paths = ["scales.0", "scales.1", "shifts.first"]
    assert [name for name, _ in net.named_parameters()] == paths
    assert [p.grad.item() for p in net.parameters()] == [5.0, 5.0, 1.0]
    twin = Scaled()
    twin.load_state_dict({name: mt.zeros(1) for name in paths})
    assert twin(mt.ones(1)).item() == 0


def test_they_print_a_line_for_each_entry() -> None:
    net = nn.Sequential(
        nn.ParameterList([mt.ones(2, 3), "word"]), nn.ParameterDict({"b": mt.ones(1)})
    )
    assert repr(net) == (
        "Sequential(\n"
        "  (0): ParameterList(\n"
        "      (0): Parameter containing: [minitorch.float32 of size 2x3]\n"
        "      (1): Object of type: str\n"
        "  )\n"
        "  (1): ParameterDict(  (b): Parameter containing: [minitorch.FloatTensor of size 1])\n"
        ")"
    )
    assert repr(nn.ParameterList()) == "ParameterList()"
