"""Modules held wrong: layers, containers, the module protocol, hooks, initialisation, clipping."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from misuse import Misuse, check

import minitorch as mt
from minitorch import nn
from minitorch.nn.padding import pad_sequence

x = mt.ones(2)
ids = mt.tensor([0, 1])


def linear(**changed: Any) -> nn.Linear:
    """A layer of 2 inputs and 3 outputs, some of whose attributes were replaced."""
    layer = nn.Linear(2, 3)
    for name, value in changed.items():
        setattr(layer, name, value)
    return layer


class Forgetful(nn.Module):
    """A module whose __init__ forgets super().__init__()."""

    def __init__(self, then: Callable[[nn.Module], Any] = lambda module: None) -> None:
        then(self)

    def forward(self, x: Any) -> Any:
        return x


def with_buffer() -> nn.Module:
    module = nn.Module()
    module.register_buffer("mask", mt.ones(2))
    return module


def child_of_itself() -> None:
    parent, child = nn.Module(), nn.Module()
    parent.child = child
    child.parent = parent


def hooked(kind: str, hook: Any, **options: Any) -> Any:
    layer = nn.Linear(2, 3)
    getattr(layer, f"register_forward_{kind}")(hook, **options)
    return layer(x)


def backward_hooked(hook: Any) -> None:
    module = nn.Tanh()
    module.register_full_backward_hook(hook)
    module(mt.ones(2, requires_grad=True)).sum().backward()


def with_gradient() -> nn.Parameter:
    p = nn.Parameter(mt.ones(3))
    p.grad = mt.ones(3)
    return p


def used_up() -> Any:
    parameters = nn.Linear(2, 3).parameters()
    list(parameters)
    return parameters


def load(**changed: Any) -> Any:
    state = {"weight": mt.zeros(3, 2), "bias": mt.zeros(3), **changed}
    return nn.Linear(2, 3).load_state_dict({k: v for k, v in state.items() if v is not ...})


clip, clip_value = nn.utils.clip_grad_norm_, nn.utils.clip_grad_value_


def any_type(value: Any) -> Any:
    """A value of the wrong type, which type checkers would complain of too."""
    return value


LAYERS = [
    Misuse("a size of 2.5", lambda: nn.Linear(any_type(2.5), 3), TypeError, r"'in_features' must be int, not float \(2\.5\)"),
    Misuse("a size that is text", lambda: nn.Linear(2, any_type("3")), TypeError, "out_features"),
    Misuse("no size", lambda: nn.Linear(any_type(None), 3), TypeError, r"'in_features' must be int, not NoneType \(None\)"),
    Misuse("a shape for a size", lambda: nn.Linear(any_type((2,)), 3), TypeError, r"'in_features' must be int, not tuple \(\(2,\)\)"),
    Misuse("bool for a size", lambda: nn.Linear(True, 3), TypeError, r"'in_features' must be int, not bool \(True\)"),
    Misuse("a negative size", lambda: nn.Linear(2, -3), RuntimeError, "'out_features' must be at least 0, not -3"),
    Misuse("int weights", lambda: nn.Linear(2, 3, dtype=mt.int64), RuntimeError, "floating point"),
    Misuse("no such device", lambda: nn.Linear(2, 3, device="gpu"), RuntimeError, "device 'gpu'"),
    Misuse("another width", lambda: linear()(mt.ones(4)), RuntimeError, r"\(4,\) .* both 4 and 2"),
    Misuse("int input", lambda: linear()(mt.tensor([1, 2])), RuntimeError, "dtypes differ.*int64"),
    Misuse(
        "float64 input", lambda: linear()(x.double()), RuntimeError, "dtypes differ: input .*64"
    ),
    Misuse("a list as input", lambda: linear()([1.0, 2.0]), TypeError, "a Tensor, not list"),
    Misuse("nothing as input", lambda: linear()(None), TypeError, "a Tensor, not NoneType"),
    Misuse("a number as input", lambda: linear()(mt.tensor(1.0)), RuntimeError, "0 dimensions"),
    Misuse(
        "a weight of another shape",
        lambda: linear(weight=nn.Parameter(mt.zeros(5, 5)))(x),
        RuntimeError,
        r"weight \(5, 5\)",
    ),
    Misuse("no weight", lambda: linear(weight=None)(x), TypeError, "'weight' must be a Tensor"),
    Misuse(
        "a bias of another shape",
        lambda: linear(bias=nn.Parameter(mt.zeros(7)))(x),
        RuntimeError,
        r"bias \(7,\)",
    ),
    Misuse("a negative vocabulary", lambda: nn.Embedding(-1, 3), RuntimeError, "num_embeddings"),
    Misuse("vectors of size 2.0", lambda: nn.Embedding(3, any_type(2.0)), TypeError, r"'embedding_dim' must be int, not float \(2\.0\)"),
    Misuse("padding past the end", lambda: nn.Embedding(3, 2, 3), AssertionError, "within num_emb"),
    Misuse("padding of 1.0", lambda: nn.Embedding(3, 2, any_type(1.0)), TypeError, "padding_idx"),
    Misuse("an id too large", lambda: nn.Embedding(3, 2)(mt.tensor([3])), IndexError, r"3.*range"),
    Misuse("a negative id", lambda: nn.Embedding(3, 2)(mt.tensor([-1])), IndexError, "holds -1"),
    Misuse("float ids", lambda: nn.Embedding(3, 2)(ids.float()), RuntimeError, "not .*float32"),
    Misuse("bool ids", lambda: nn.Embedding(3, 2)(ids.bool()), RuntimeError, r"not .*bool"),
    Misuse("uint8 ids", lambda: nn.Embedding(3, 2)(ids.to(mt.uint8)), RuntimeError, "not .*uint8"),
    Misuse("ids in a list", lambda: nn.Embedding(3, 2)([0, 1]), TypeError, "a Tensor, not list"),
    Misuse(
        "an array as vectors",
        lambda: nn.Embedding.from_pretrained(any_type(np.zeros((2, 2)))),
        TypeError,
        "a Tensor, not ndarray",
    ),
    Misuse(
        "one vector", lambda: nn.Embedding.from_pretrained(x), ValueError, "2-dimensional, not 1"
    ),
    Misuse("a negative norm", lambda: nn.LayerNorm(-1), RuntimeError, "'normalized_shape' must be at least 0, not -1"),
    Misuse("norm of 2.5", lambda: nn.LayerNorm((2, any_type(2.5))), TypeError, r"'normalized_shape' must be int, not float \(2\.5\)"),
    Misuse(
        "norm of nothing",
        lambda: nn.LayerNorm(any_type(None)),
        TypeError,
        r"'normalized_shape' must be int, not NoneType \(None\)",
    ),
    Misuse("negative eps", lambda: nn.LayerNorm(4, eps=-1.0), ValueError, r"'eps' must be at least 0 and finite, not -1\.0"),
    Misuse("eps of NaN", lambda: nn.LayerNorm(4, eps=math.nan), ValueError, "'eps' must be at least 0 and finite, not nan"),
    Misuse("eps in text", lambda: nn.LayerNorm(4, any_type("1e-5")), TypeError, r"'eps' must be a number, not str \('1e-5'\)"),
    Misuse("a vector too short", lambda: nn.LayerNorm(4)(x), RuntimeError, r"input \(2,\) .* do not fit \(\* 4\), .* 2 is not 4"),
    Misuse("ints to a norm", lambda: nn.LayerNorm(2)(ids), RuntimeError, "floating-point"),
    Misuse("norm over none", lambda: nn.LayerNorm(())(x), RuntimeError, r"'normalized_shape' must hold at least one size"),
    Misuse("RMS norm of 2.5", lambda: nn.RMSNorm(any_type(2.5)), TypeError, "normalized_shape"),
    Misuse("RMS norm, eps -1", lambda: nn.RMSNorm(4, eps=-1.0), ValueError, r"'eps' must be at least 0 and finite, not -1\.0"),
    Misuse("RMS norm of a list", lambda: nn.RMSNorm(1)([1.0]), TypeError, "a Tensor, not list"),
    Misuse("dropout of 1.5", lambda: nn.Dropout(1.5), ValueError, r"'p' must be at least 0 and at most 1, not 1\.5"),
    Misuse("dropout of NaN", lambda: nn.Dropout(math.nan), ValueError, "'p' must be at least 0 and at most 1, not nan"),
    Misuse("dropout in text", lambda: nn.Dropout(any_type("0.5")), TypeError, r"'p' must be a number, not str \('0\.5'\)"),
    Misuse("dropout of ints", lambda: nn.Dropout()(ids), RuntimeError, "dropout: .*int64"),
    Misuse("no such GELU", lambda: nn.GELU("exact")(x), RuntimeError, "'none' or 'tanh'"),
    Misuse("no such dimension", lambda: nn.Softmax(2)(x), IndexError, "out of range.* got 2"),
    Misuse("delta in text", lambda: nn.HuberLoss(delta=any_type("1")), TypeError, "'delta' must be a number, not str"),
    Misuse("bounds that meet", lambda: nn.Hardtanh(1.0, 1.0), ValueError, "min_val=1.0 must be below max_val=1.0"),
    Misuse("in place, as a word", lambda: nn.ELU(1.0, any_type("yes")), TypeError, "'inplace' must be bool, not str"),
    Misuse("in place on a leaf", lambda: nn.ELU(inplace=True)(mt.ones(2, requires_grad=True)), RuntimeError, "a leaf"),
    Misuse("a size for sizes", lambda: nn.Unflatten(1, any_type(3)), TypeError, "must be a tuple of ints, not a int"),
    Misuse("sizes of 2.5", lambda: nn.Unflatten(1, any_type((2.5,))), TypeError, "'unflattened_size' must be int, not float"),
    Misuse("sizes that do not multiply", lambda: nn.Unflatten(0, (2, 3))(x), RuntimeError, r"\(2, 3\).* 2"),
    Misuse("flatten a vector's rows", lambda: nn.Flatten()(x), IndexError, "but got 1"),
    Misuse("pad one end", lambda: nn.ZeroPad1d([1])(x), RuntimeError, "pad"),
    Misuse("pad by half", lambda: nn.ZeroPad1d(any_type(0.5))(x), TypeError, "pad"),
    Misuse("pad more dimensions than there are", lambda: nn.ZeroPad2d(1)(x), RuntimeError, "pad"),
    Misuse("flatten backwards", lambda: nn.Flatten(1, 0)(mt.ones(2, 3)), RuntimeError, "comes after"),
]

CONTAINERS = [
    Misuse("a list for modules", lambda: nn.Sequential(any_type([])), TypeError, r"these is \[\]"),
    Misuse(
        "None in a row",
        lambda: nn.Sequential(nn.ReLU(), any_type(None)),
        TypeError,
        "1 of these is None",
    ),
    Misuse("a class in a row", lambda: nn.Sequential(any_type(nn.ReLU)), TypeError, "is <class"),
    Misuse(
        "a dot in a name", lambda: nn.Sequential({"a.b": nn.ReLU()}), KeyError, "can't be 'a.b'"
    ),
    Misuse("an empty name", lambda: nn.ModuleDict({"": nn.ReLU()}), KeyError, "can't be ''"),
    Misuse(
        "a method's name", lambda: nn.ModuleDict({"keys": nn.ReLU()}), KeyError, "'keys' already"
    ),
    Misuse(
        "a number for a name",
        lambda: nn.ModuleDict({any_type(1): nn.ReLU()}),
        TypeError,
        "must be a string: 1",
    ),
    Misuse("past the end", lambda: nn.Sequential(nn.ReLU())[1], IndexError, "index 1 .* 1 modules"),
    Misuse(
        "a name as index", lambda: nn.ModuleList()[any_type("0")], TypeError, "'index' must be int.*'0'"
    ),
    Misuse(
        "insert far off", lambda: nn.ModuleList().insert(5, nn.ReLU()), IndexError, "index 5 is out"
    ),
    Misuse("insert a number", lambda: nn.ModuleList().insert(0, any_type(3)), TypeError, "is 3"),
    Misuse(
        "append a class", lambda: nn.ModuleList().append(any_type(nn.ReLU)), TypeError, "is <class"
    ),
    Misuse(
        "extend by 3", lambda: nn.ModuleList().extend(any_type(3)), TypeError, "a list of modules"
    ),
    Misuse(
        "a sequence of None",
        lambda: nn.Sequential(any_type(None)),
        TypeError,
        "number 0 of these is None",
    ),
    Misuse(
        "delete past the end",
        lambda: nn.ModuleList([nn.ReLU()]).__delitem__(1),
        IndexError,
        "index 1 is out of range",
    ),
    Misuse("call a list", lambda: nn.ModuleList()(x), NotImplementedError, r'missing .* "forward"'),
    Misuse("no such key", lambda: nn.ModuleDict({"a": nn.ReLU()})["b"], KeyError, "'b', only a"),
    Misuse("pop from nothing", lambda: nn.ModuleDict().pop("b"), KeyError, "only none at all"),
    Misuse(
        "no pairs", lambda: nn.ModuleDict(any_type([nn.ReLU()])), TypeError, "a dict of modules"
    ),
    Misuse("a dict of numbers", lambda: nn.ModuleDict({"a": any_type(3)}), TypeError, "these is 3"),
    Misuse("a row and a list", lambda: nn.Sequential() + any_type([nn.ReLU()]), ValueError, r"not a list. .*extend"),
    Misuse("a row and a module", lambda: nn.Sequential().__iadd__(any_type(nn.ReLU())), ValueError, "not a ReLU"),
    Misuse("a row no times", lambda: nn.Sequential() * 0, ValueError, "'times' must be at least 1, not 0"),
    Misuse("a row, half a time", lambda: any_type(0.5) * nn.Sequential(), TypeError, "'times' must be int, not float"),
    Misuse("a list of one tensor", lambda: nn.ParameterList(any_type(x)), TypeError, "a list of tensors, and not a Tensor"),
    Misuse("extend parameters by 3", lambda: nn.ParameterList().extend(any_type(3)), TypeError, "not a int"),
    Misuse("int parameters", lambda: nn.ParameterList([ids]), RuntimeError, "floating point.*int64"),
    Misuse("past the parameters", lambda: nn.ParameterList([x])[1], IndexError, "index 1 .* 1 parameters"),
    Misuse("a parameter by name", lambda: nn.ParameterList([x])[any_type("0")], TypeError, "'index' must be int"),
    Misuse("a number for a parameter", lambda: nn.ParameterList([x]).__setitem__(0, 3), TypeError, "'int' as parameter '0'"),
    Misuse("call parameters", lambda: nn.ParameterList()(x), RuntimeError, "should not be called"),
    Misuse("call a dict of them", lambda: nn.ParameterDict()(x), RuntimeError, "should not be called"),
    Misuse("no such parameter", lambda: nn.ParameterDict({"a": x})["b"], KeyError, "'b', only a"),
    Misuse("no parameter at all", lambda: nn.ParameterDict().pop("b"), KeyError, "only none at all"),
    Misuse("the last of none", lambda: nn.ParameterDict().popitem(), KeyError, "is empty"),
    Misuse("a parameter with a dot", lambda: nn.ParameterDict({"a.b": x}), KeyError, "can't be 'a.b'"),
    Misuse("a parameter named update", lambda: nn.ParameterDict({"update": x}), KeyError, "'update' already"),
    Misuse("a parameter named 1", lambda: nn.ParameterDict({any_type(1): x}), TypeError, "a key must be a string, and 1"),
    Misuse("parameters without names", lambda: nn.ParameterDict(any_type([x])), TypeError, r"a key must be a string, and tensor\(1\.\)"),
    Misuse("a dict of 5", lambda: nn.ParameterDict(5), TypeError, "pairs of a name and a value, not 5"),
]

PROTOCOL = [
    Misuse("no forward", lambda: nn.Module()(x), NotImplementedError, r'missing .* "forward"'),
    Misuse("called without super", lambda: Forgetful()(x), AttributeError, r"super\(\).__init__"),
    Misuse(
        "a state without super", lambda: Forgetful().state_dict(), AttributeError, r"super\(\)\."
    ),
    Misuse(
        "a child without super",
        lambda: Forgetful(lambda module: setattr(module, "layer", nn.ReLU())),
        AttributeError,
        r"cannot assign layer before .* super\(\)\.__init__",
    ),
    Misuse(
        "a buffer without super",
        lambda: Forgetful(lambda module: module.register_buffer("b", x)),
        AttributeError,
        r"super\(\)\.__init__",
    ),
    Misuse(
        "a tensor for a parameter", lambda: linear(weight=x), TypeError, "'Tensor' as parameter"
    ),
    Misuse(
        "an array for one", lambda: linear(bias=np.ones(3)), TypeError, "'ndarray' as parameter"
    ),
    Misuse("a module for one", lambda: linear(weight=nn.ReLU()), TypeError, "'ReLU' as parameter"),
    Misuse(
        "a function for a module",
        lambda: setattr(nn.Sequential(nn.ReLU()), "0", mt.relu),
        TypeError,
        "as child module '0'",
    ),
    Misuse(
        "a list for a buffer",
        lambda: setattr(with_buffer(), "mask", [1.0]),
        TypeError,
        "'list' as buffer 'mask'",
    ),
    Misuse("part of itself", child_of_itself, ValueError, "'parent': .* part of itself"),
    Misuse(
        "a buffer that is 3", lambda: nn.Module().register_buffer("b", any_type(3)), TypeError, "b"
    ),
    Misuse(
        "a buffer in a parameter's place",
        lambda: linear().register_buffer("weight", x),
        TypeError,
        "as parameter 'weight'",
    ),
    Misuse(
        "a result for a parameter",
        lambda: nn.Module().register_parameter("p", any_type(nn.Parameter(x) * 2)),
        TypeError,
        "'Tensor' as parameter 'p'",
    ),
    Misuse(
        "a size's name",
        lambda: linear().register_parameter("in_features", nn.Parameter(x)),
        KeyError,
        "already exists",
    ),
    Misuse(
        "a class for a module",
        lambda: nn.Module().add_module("m", any_type(nn.ReLU)),
        TypeError,
        "'type' as child module 'm'",
    ),
    Misuse("a parameter of 3", lambda: nn.Parameter(any_type(3)), TypeError, "a Tensor, not int"),
    Misuse("a list as parameter", lambda: nn.Parameter(any_type([1.0])), TypeError, "not list"),
    Misuse("an int parameter", lambda: nn.Parameter(ids), RuntimeError, "floating point.*int64"),
    Misuse("train(1)", lambda: linear().train(any_type(1)), ValueError, "boolean, not 1"),
    Misuse("to an int dtype", lambda: linear().to(mt.int64), TypeError, "floating point .*int64"),
    Misuse("to another device", lambda: linear().to("cuda"), RuntimeError, "'cuda'.*CPU only"),
    Misuse("to 3.5", lambda: linear().to(3.5), TypeError, "3.5 is not a dtype"),
    Misuse(
        "a module's state",
        lambda: linear().load_state_dict(any_type(linear())),
        TypeError,
        "dict-like",
    ),
    Misuse("a state that lacks", lambda: load(bias=...), RuntimeError, r'Missing key.*"bias"'),
    Misuse("a state with more", lambda: load(other=x), RuntimeError, r'Unexpected key.*"other"'),
    Misuse("other shapes", lambda: load(weight=x), RuntimeError, "size mismatch for weight"),
    Misuse("a shape that broadcasts", lambda: load(bias=x[:1]), RuntimeError, "mismatch for bias"),
    Misuse("a state of arrays", lambda: load(bias=np.ones(3)), RuntimeError, "received ndarray"),
    Misuse("None in a state", lambda: load(bias=None), RuntimeError, "received NoneType"),
    Misuse("a hook that is 3", lambda: hooked("hook", 3), TypeError, "callable, and 3 is not"),
    Misuse("no hook", lambda: hooked("pre_hook", None), TypeError, "callable, and None is not"),
    Misuse(
        "a hook that returns too little",
        lambda: hooked("pre_hook", lambda module, args, kwargs: args, with_kwargs=True),
        RuntimeError,
        r"tuple of \(new_args, new_kwargs\)",
    ),
    Misuse(
        "a hook that returns nonsense",
        lambda: hooked("pre_hook", lambda module, args: (3,)),
        TypeError,
        "a Tensor, not int",
    ),
]

UTILITIES = [
    Misuse("a hook back that is 3", lambda: linear().register_full_backward_hook(any_type(3)), TypeError, "callable, and 3 is not"),
    Misuse("a hook back that returns too much", lambda: backward_hooked(lambda m, given, out: (*given, None)), RuntimeError, r"a tuple of 1 gradients, as many as it is given"),
    Misuse("a hook back that returns one tensor", lambda: backward_hooked(lambda m, given, out: given[0]), RuntimeError, "None or a tuple of 1 gradients"),
    Misuse("a hook back that returns numbers", lambda: backward_hooked(lambda m, given, out: (3.0,)), RuntimeError, r"a tensor of shape \(2,\) or None as gradient 0, not 3.0"),
    Misuse("a hook back of another shape", lambda: backward_hooked(lambda m, given, out: (mt.ones(3),)), RuntimeError, r"a tensor of shape \(2,\) or None"),
    Misuse("a hook back of a missing parent", lambda: linear().get_submodule("a.b"), AttributeError, "Linear has no module 'a', only none at all"),
    Misuse("a parameter that is a bias", lambda: nn.Linear(2, 3, bias=False).get_parameter("bias"), AttributeError, "no parameter 'bias', only weight"),
    Misuse("orthogonal vectors", lambda: nn.init.orthogonal_(x), ValueError, "2 or more dimensions"),
    Misuse("orthogonal ints", lambda: nn.init.orthogonal_(mt.ones(2, 2).long()), RuntimeError, "orthogonal_: .* floating-point"),
    Misuse("orthogonal, gain in text", lambda: nn.init.orthogonal_(mt.ones(2, 2), any_type("relu")), TypeError, "'gain' must be a number, not str"),
    Misuse("an identity of a vector", lambda: nn.init.eye_(x), ValueError, "2 dimensions is supported, not 1"),
    Misuse("pad nothing", lambda: pad_sequence([]), RuntimeError, "empty list of sequences"),
    Misuse("pad a number", lambda: pad_sequence(any_type(3)), RuntimeError, "iterable for input sequences, not a int"),
    Misuse("pad lists", lambda: pad_sequence(any_type([[1, 2], [3]])), TypeError, "'sequences' must be a Tensor, not list"),
    Misuse("pad other widths", lambda: pad_sequence([mt.ones(2, 3), mt.ones(1, 4)]), RuntimeError, r"alike but for the lengths L, not \(2, 3\) and \(1, 4\)"),
    Misuse("pad numbers", lambda: pad_sequence([mt.tensor(1.0)]), RuntimeError, r"not \(\) and \(\)"),
    Misuse("pad in the middle", lambda: pad_sequence([x], padding_side="middle"), RuntimeError, "'left' or 'right', not 'middle'"),
    Misuse("pad, batch_first=1", lambda: pad_sequence([x], any_type(1)), TypeError, "'batch_first' must be bool"),
    Misuse("a vector too short for a layer", lambda: nn.utils.vector_to_parameters(x, linear().parameters()), RuntimeError, r"vec must have shape \(9,\).* not \(2,\)"),
    Misuse("a list for a vector", lambda: nn.utils.vector_to_parameters(any_type([1.0]), linear().parameters()), TypeError, "'vec' must be a Tensor"),
    Misuse("a vector of no parameters", lambda: nn.utils.parameters_to_vector([]), ValueError, "non-empty"),
    Misuse("a vector of a model", lambda: nn.utils.parameters_to_vector(any_type(linear())), TypeError, "a list of Tensors, not a Linear"),
    Misuse("std of -1", lambda: nn.init.normal_(x, std=-1.0), RuntimeError, "std -1.0"),
    Misuse("std of NaN", lambda: nn.init.normal_(x, std=math.nan), RuntimeError, "std nan"),
    Misuse("bounds reversed", lambda: nn.init.uniform_(x, 1.0, 0.0), RuntimeError, "1.0 to 0.0"),
    Misuse("no bound", lambda: nn.init.uniform_(x, 0.0, math.inf), RuntimeError, "0.0 to inf"),
    Misuse("draw into a list", lambda: nn.init.normal_(any_type([1.0])), TypeError, "not list"),
    Misuse("draw into ints", lambda: nn.init.normal_(ids), RuntimeError, "floating-point"),
    Misuse(
        "fill nothing", lambda: nn.init.zeros_(any_type(None)), TypeError, "a Tensor, not NoneType"
    ),
    Misuse("fill with text", lambda: nn.init.constant_(x, any_type("1")), TypeError, "a str"),
    Misuse("cut off, std 0", lambda: nn.init.trunc_normal_(x, std=0.0), ValueError, "std .* 0.0"),
    Misuse(
        "cut off far away", lambda: nn.init.trunc_normal_(x, 50.0), ValueError, "almost nothing"
    ),
    Misuse("fans of a vector", lambda: nn.init.xavier_uniform_(x), ValueError, "2 dimensions"),
    Misuse("fans of a list", lambda: nn.init.xavier_normal_(any_type([[1.0]])), TypeError, "list"),
    Misuse(
        "no such mode", lambda: nn.init.kaiming_normal_(x, mode="fan"), ValueError, "Mode fan not"
    ),
    Misuse("no such gain", lambda: nn.init.calculate_gain("gelu"), ValueError, "nonlinearity gelu"),
    Misuse(
        "a slope in text",
        lambda: nn.init.calculate_gain("leaky_relu", any_type("x")),
        ValueError,
        "negative_slope 'x'",
    ),
    Misuse("clip to -1", lambda: clip(with_gradient(), -1.0), ValueError, r"'max_norm' must be at least 0, not -1\.0"),
    Misuse("clip to NaN", lambda: clip(with_gradient(), math.nan), ValueError, "'max_norm' must be at least 0, not nan"),
    Misuse("clip to text", lambda: clip(x, any_type("1")), TypeError, r"'max_norm' must be a number, not str \('1'\)"),
    Misuse("no such norm", lambda: clip(x, 1.0, any_type("fro")), TypeError, r"'norm_type' must be a number, not str \('fro'\)"),
    Misuse("a norm of NaN", lambda: clip(x, 1.0, math.nan), ValueError, "'norm_type' must be a number, not nan"),
    Misuse("clip a model", lambda: clip(any_type(linear()), 1.0), TypeError, r"not a Linear"),
    Misuse("clip a dict", lambda: clip(any_type({"w": x}), 1.0), TypeError, "not a dict"),
    Misuse(
        "clip named ones",
        lambda: clip(any_type(linear().named_parameters()), 1.0),
        TypeError,
        r"parameters\[0\]' must be a Tensor, not tuple",
    ),
    Misuse("clip what is used up", lambda: clip(used_up(), 1.0), ValueError, "used once"),
    Misuse("values to -1", lambda: clip_value(with_gradient(), -1.0), ValueError, r"'clip_value' must be at least 0, not -1\.0"),
    Misuse("values of 3", lambda: clip_value(any_type([3]), 1.0), TypeError, r"\[0\]' .* not int"),
    Misuse(
        "no module in parallel",
        lambda: nn.DataParallel(any_type(None)),
        TypeError,
        "not NoneType",
    ),
]

MISUSES = [*LAYERS, *CONTAINERS, *PROTOCOL, *UTILITIES]


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(misuse: Misuse) -> None:
    check(misuse)
