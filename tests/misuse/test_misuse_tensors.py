"""Tensors held wrong: see `misuse.py`."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from misuse import Misuse, check

import minitorch as mt

U8, I32, I64, F64 = mt.uint8, mt.int32, mt.int64, mt.float64
NAN, INF = math.nan, math.inf
pad = mt.nn.functional.pad


def x(*size: int) -> mt.Tensor:
    return mt.zeros(*size or (2, 3))


def ints(*values: int) -> mt.Tensor:
    return mt.tensor([*values])


def mask(*values: bool) -> mt.Tensor:
    return mt.tensor([*values])


def put(tensor: mt.Tensor, index: Any, value: Any) -> None:
    tensor[index] = value


def stale(op: Any) -> Any:
    """Return what changes the index of an operation before its backward pass."""

    def call() -> None:
        index = ints(0, 1)
        y = op(mt.ones(2, requires_grad=True), index)
        index += 0
        y.sum().backward()

    return call


def in_a_circle() -> list[Any]:
    numbers: list[Any] = []
    numbers.append(numbers)
    return numbers


def print_with(**options: Any) -> str:
    try:
        mt.set_printoptions(**options)
        return repr(mt.zeros(2000))
    finally:
        mt.set_printoptions(profile="default")


DATA = [
    Misuse("tensor of None", lambda: mt.tensor(None), TypeError, "real numbers.* not NoneType"),
    Misuse("None in a list", lambda: mt.tensor([1, None]), TypeError, "not NoneType"),
    Misuse("tensor of words", lambda: mt.tensor(["a", "b"]), TypeError, "not str"),
    Misuse("tensor of a str", lambda: mt.tensor("12"), TypeError, "not str"),
    Misuse("tensor of a set", lambda: mt.tensor({1, 2}), TypeError, "not set"),
    Misuse("tensor of a dict", lambda: mt.tensor({"a": 1}), TypeError, "not dict"),
    Misuse("tensor of an iterator", lambda: mt.tensor(iter([1])), TypeError, "not list_iterator"),
    Misuse("complex number", lambda: mt.tensor(1j), TypeError, "not complex"),
    Misuse("array of objects", lambda: mt.tensor(np.array([1], object)), TypeError, "not a dtype"),
    Misuse(
        "array of words as floats",
        lambda: mt.tensor(np.array(["1.5"]), dtype=mt.float32), TypeError, "real numbers",
    ),
    Misuse("ragged lists", lambda: mt.tensor([[1, 2], [3]]), ValueError, "equal length"),
    Misuse("number beside a list", lambda: mt.tensor([1, [2]]), ValueError, "equal length"),
    Misuse("list in itself", lambda: mt.tensor(in_a_circle()), ValueError, "nested too deeply"),
    Misuse("tensors in a list", lambda: mt.tensor([x(), x()]), ValueError, "one element.*stack"),
    Misuse("half precision", lambda: mt.tensor(np.ones(2, np.float16)), TypeError, "float16"),
    Misuse("number of a uint16", lambda: mt.tensor([np.uint16(1)]), TypeError, "uint16"),
    Misuse("array of float16", lambda: mt.from_numpy(np.ones(1, "e")), TypeError, "float16.*float32"),
    Misuse("half", lambda: mt.ones(1).half(), TypeError, r"float16 is a name here.* use float32\."),
    Misuse("iinfo of floats", lambda: mt.iinfo(F64), TypeError, r"integer dtypes.* See finfo\(\)"),
    Misuse("int8 as an index", lambda: mt.ones(3)[mt.ones(2).char()], IndexError, "int64.*not int8"),
    Misuse("axis and dim", lambda: mt.ones(2).sum(dim=0, axis=0), TypeError, r"sum\(\).* both dim= and axis="),
    Misuse("a size given twice", lambda: mt.zeros(2, size=(2,)), TypeError, "zeros: the size is given twice"),
    Misuse("zeros in pinned memory", lambda: mt.zeros(2, pin_memory=True), TypeError, r"^zeros\(\).*'pin_memory'"),
    Misuse("rand_like of a typo", lambda: mt.rand_like(mt.ones(1), generatr=None), TypeError, r"^rand_like\(\).*'generatr'"),
    Misuse("Tensor of a number", lambda: mt.Tensor(2.5), TypeError, r"a list.* or sizes.* Of a number: tensor"),
    Misuse("LongTensor of floats", lambda: mt.LongTensor(mt.ones(1)), TypeError, r"float32. Use x.to\(minitorch.int64"),
    Misuse("LongTensor on a GPU", lambda: mt.LongTensor([1], device="cuda"), RuntimeError, "CPU only"),
    Misuse("a FloatTensor of a GPU", lambda: mt.cuda.FloatTensor([1.0]), RuntimeError, "there is no GPU"),
    Misuse("type of no type", lambda: mt.ones(1).type("float"), ValueError, "invalid type 'float'.*'torch.LongTensor'"),
    Misuse("type on a GPU", lambda: mt.ones(1).type("torch.cuda.FloatTensor"), RuntimeError, "CPU only"),
    Misuse("result_type of a str", lambda: mt.result_type(mt.ones(1), "a"), TypeError, "tensors and numbers, not of 'a'"),
    Misuse("an attribute that was never set", lambda: mt.ones(1).no_decay, AttributeError, "no_decay"),
    Misuse("129 in int8", lambda: mt.tensor([129], dtype=mt.int8), RuntimeError, "-128 to 127"),
    Misuse("dtype by a number", lambda: mt.tensor([1], dtype=16), TypeError, "16 is not a dtype"),
    Misuse("dtype complex", lambda: mt.zeros(2, dtype=complex), TypeError, "complex"),
    Misuse("tensor as dtype", lambda: mt.zeros(2, dtype=x()), TypeError, "not a dtype"),
    Misuse("sum as a tensor", lambda: x().sum(dtype=x()), TypeError, "not a dtype"),
    Misuse("GPU", lambda: mt.zeros(2, device="cuda"), RuntimeError, "CPU only"),
    Misuse("as_tensor on a GPU", lambda: mt.as_tensor(x(), device="cuda"), RuntimeError, "CPU"),
    Misuse("device by a number", lambda: mt.zeros(2, device=0), TypeError, "a str such as 'cpu'"),
    Misuse(
        "gradient of ints", lambda: mt.tensor([1], requires_grad=True), RuntimeError, "floating",
    ),
    Misuse("gradient by word", lambda: mt.zeros(2, requires_grad="no"), TypeError, "bool, not str"),
    Misuse("from_numpy of a list", lambda: mt.from_numpy([1.0]), TypeError, "got list"),
    Misuse("big-endian", lambda: mt.from_numpy(np.ones(2, ">f8")), TypeError, "not a dtype"),
    Misuse("class of a number", lambda: mt.Tensor(2.5), TypeError, r"tensor\(x\)"),
    Misuse("class of None", lambda: mt.Tensor(None), TypeError, "None"),
    Misuse("LongTensor of a str", lambda: mt.LongTensor("a"), TypeError, "LongTensor"),
    Misuse("data of a list", lambda: setattr(x(), "data", [1.0]), TypeError, "must be a Tensor"),
    Misuse("unknown method", lambda: x().cholesky(), AttributeError, "linalg"),
    Misuse("item of two elements", lambda: mt.zeros(2).item(), RuntimeError, r"2 elements"),
    Misuse("truth of many", lambda: bool(x()), RuntimeError, r"\.any\(\) or \.all\(\)"),
    Misuse("length of a number", lambda: len(mt.tensor(1)), TypeError, "0-d"),
    Misuse("loop over a number", lambda: list(mt.tensor(1)), TypeError, "0-d"),
    Misuse("range of a float", lambda: range(mt.tensor(2.0)), TypeError, "integer tensors"),
    Misuse("str in a tensor", lambda: "a" in x(), RuntimeError, "Tensor or scalar.* str"),
    Misuse("None in a tensor", lambda: None in x(), RuntimeError, "NoneType"),
    Misuse(
        "numpy with a gradient",
        lambda: np.exp(x().requires_grad_()), RuntimeError, r"tensor\.detach\(\)\.numpy",
    ),
    Misuse("copy of a result", lambda: deepcopy(x().requires_grad_() + 1), RuntimeError, "detach"),
]  # fmt: skip

NUMBERS = [
    Misuse("300 in uint8", lambda: mt.tensor([300], dtype=U8), RuntimeError, "300.* 0 to 255"),
    Misuse("-256 in uint8", lambda: mt.tensor([-256], dtype=U8), RuntimeError, "-256"),
    Misuse("-1.0 in uint8", lambda: mt.full((2,), -1.0, dtype=U8), RuntimeError, "overflow"),
    Misuse("NaN in int64", lambda: mt.tensor([NAN], dtype=I64), RuntimeError, "nan"),
    Misuse("inf in int64", lambda: mt.full((2,), INF, dtype=I64), RuntimeError, "inf"),
    Misuse("2**63", lambda: mt.tensor([2**63]), RuntimeError, "9223372036854775808"),
    Misuse("2**2000", lambda: mt.tensor([2**2000], dtype=F64), RuntimeError, "characters"),
    Misuse("1e39 everywhere", lambda: mt.full((2,), 1e39), RuntimeError, r"1e\+39.* float32"),
    Misuse("fill with 2**40", lambda: ints(1).int().fill_(2**40), RuntimeError, "int32"),
    Misuse("write 2**40", lambda: put(ints(1).int(), 0, 2**40), RuntimeError, "setitem.*int32"),
    Misuse("write NaN into ints", lambda: put(ints(1), mask(True), NAN), RuntimeError, "nan"),
    Misuse(
        "hide ints by -inf",
        lambda: ints(1, 2).masked_fill(mask(True, False), -INF), RuntimeError, "masked_fill: -inf",
    ),
    Misuse(
        "hide ints by a tensor of -inf",
        lambda: ints(1).masked_fill(mask(True), mt.tensor(-INF)), RuntimeError, "-inf",
    ),
    Misuse("where", lambda: mt.where(mask(True), 2**40, ints(1).int()), RuntimeError, "where: 109"),
    Misuse("clamp", lambda: mt.zeros(1, dtype=U8).clamp(max=300), RuntimeError, "clamp: 300"),
    Misuse("pad", lambda: pad(ints(1), (1, 1), value=NAN), RuntimeError, "pad: nan"),
    Misuse("scatter", lambda: ints(1).scatter(0, ints(0), NAN), RuntimeError, "scatter: nan"),
    Misuse("alpha", lambda: mt.zeros(1, dtype=U8).add(1, alpha=300), RuntimeError, "add: 300"),
    Misuse("alpha a fraction", lambda: ints(1).add(1, alpha=2.5), RuntimeError, "whole"),
    Misuse("alpha a str", lambda: x().add(1, alpha="a"), TypeError, "a number, not a str"),
    Misuse("arange of uint8", lambda: mt.arange(300, dtype=U8), RuntimeError, "299"),
    Misuse("linspace of uint8", lambda: mt.linspace(0, 300, 3, dtype=U8), RuntimeError, "300"),
    Misuse("randint of uint8", lambda: mt.randint(300, (2,), dtype=U8), RuntimeError, "to 299"),
    Misuse("randperm of uint8", lambda: mt.randperm(300, dtype=U8), RuntimeError, "300"),
    Misuse("compare with 2**64", lambda: ints(1) < 2**64, RuntimeError, "lt: 18446744073709551616"),
    Misuse("add 2**70", lambda: ints(1) + 2**70, RuntimeError, "add: "),
    Misuse("power beyond uint8", lambda: ints(2).to(U8) ** 300, RuntimeError, "pow: 300"),
    Misuse(
        "negative power of ints", lambda: ints(2) ** -1, RuntimeError, "negative integer powers",
    ),
    Misuse("power of bools", lambda: mask(True) ** mask(True), RuntimeError, "bool"),
    Misuse("quotient of bools", lambda: mask(True) // mask(True), RuntimeError, "bool"),
    Misuse("1 - mask", lambda: 1 - mask(True), RuntimeError, "invert a mask"),
    Misuse("-mask", lambda: -mask(True), RuntimeError, "bool"),
    Misuse("divide ints by 0", lambda: ints(1) // 0, RuntimeError, "divided by 0"),
    Misuse("bits of floats", lambda: x() & 1, RuntimeError, "float32"),
    Misuse("add a str", lambda: x() + "a", TypeError, "a tensor and a str"),
    Misuse("add None", lambda: x() + None, TypeError, "a tensor and a NoneType"),
    Misuse("add a list", lambda: mt.add(x(), [1, 2, 3]), TypeError, "a tensor and a list"),
    Misuse(
        "maximum of a number", lambda: mt.maximum(x(), 0), TypeError, "'other' must be a Tensor",
    ),
]  # fmt: skip

INDEXING = [
    Misuse("index by a float", lambda: x()[0.5], IndexError, "made of ints.* not of a float"),
    Misuse("index by a str", lambda: x()["a"], IndexError, "not of a str"),
    Misuse("index by a dict", lambda: x()[{}], IndexError, "not of a dict"),
    Misuse("index by floats", lambda: x()[mt.tensor([0.5])], IndexError, r"\.long\(\)"),
    Misuse("index by a ragged list", lambda: x()[[[0], [0, 1]]], IndexError, "equal length"),
    Misuse("row 2 of 2", lambda: x()[2], IndexError, r"out of bounds.* \(2, 3\)"),
    Misuse("row 2 of 2 in a tensor", lambda: x()[ints(2)], IndexError, "out of bounds"),
    Misuse("too many ints", lambda: x()[0, 0, 0], IndexError, "too many indices"),
    Misuse("element of a number", lambda: mt.tensor(1.0)[0], IndexError, "too many indices"),
    Misuse("two ellipses", lambda: x()[..., ...], IndexError, "single ellipsis"),
    Misuse("mask too short", lambda: x()[mask(True)], IndexError, "boolean index"),
    Misuse("two unlike indices", lambda: x()[ints(0, 1), ints(0, 1, 2)], IndexError, "mismatch"),
    Misuse("slice by a str", lambda: x()["a":], TypeError, "bounds of a slice"),
    Misuse("slice by a tensor of two", lambda: x()[ints(0, 1) :], TypeError, "one element"),
    Misuse("index of 2**70", lambda: x()[2**70], IndexError, r"\(2, 3\)"),
    Misuse("write a list", lambda: put(x(), 0, [1, 2, 3]), TypeError, "not a list"),
    Misuse("write None", lambda: put(x(), 0, None), TypeError, "not a NoneType"),
    Misuse("write three into two", lambda: put(x(2), slice(2), x(3)), RuntimeError, "broadcast"),
    Misuse(
        "write by three indices", lambda: put(x(), ints(0, 1), x(3, 3)), RuntimeError, "mismatch",
    ),
    Misuse("write beyond the end", lambda: put(x(), ints(5), 1), IndexError, "out of bounds"),
    Misuse(
        "write with moved dims",
        lambda: put(x(2, 3, 4), (0, slice(None), ints(0, 1)), x(2, 3)), RuntimeError, r"\[3, 2\]",
    ),
    Misuse("write into a leaf", lambda: put(x().requires_grad_(), 0, 1.0), RuntimeError, "no_grad"),
    Misuse("write into copies", lambda: put(x(1).expand(3), slice(2), 1.0), RuntimeError, "single memory"),
    Misuse("stale index", stale(lambda x, i: x[i]), RuntimeError, "modified by an inplace"),
    Misuse(
        "stale gather", stale(lambda x, i: x.gather(0, i)), RuntimeError, "modified by an inplace",
    ),
    Misuse("gather beyond", lambda: x().gather(1, ints(3)[None]), IndexError, r"range\(3\)"),
    Misuse("gather from behind", lambda: x(3).gather(0, ints(-1)), IndexError, "-1"),
    Misuse("gather by floats", lambda: x(3).gather(0, mt.tensor([0.0])), RuntimeError, "int64"),
    Misuse("gather a row", lambda: x().gather(1, ints(0)), RuntimeError, "as many dimensions"),
    Misuse(
        "index_select by matrix", lambda: x().index_select(0, ints(0)[None]), IndexError, "one dim",
    ),
    Misuse(
        "gather more rows", lambda: x().gather(1, ints(0)[None].expand(3, 1)), RuntimeError,
        r"\(3, 1\) reaches beyond input of shape \(2, 3\): apart from dimension 1",
    ),
    Misuse(
        "index_add of ints", lambda: x(2).index_add(0, ints(0), ints(1)), RuntimeError, "float32, .*int64",
    ),
    Misuse(
        "index_add of another shape", lambda: x().index_add(0, ints(0), x()), RuntimeError, "shape",
    ),
    Misuse("scatter nothing", lambda: x(2).scatter(0, ints(0)), TypeError, "NoneType"),
    Misuse(
        "scatter to reduce",
        lambda: x(2).scatter(0, ints(0), x(1), reduce="add"), NotImplementedError, "scatter_add",
    ),
    Misuse(
        "scatter doubles", lambda: x(2).scatter(0, ints(0), x(1).double()), RuntimeError, "dtype",
    ),
    Misuse("masked_fill by floats", lambda: x(2).masked_fill(x(2), 0.0), TypeError, "bool tensor"),
    Misuse(
        "masked_fill by another shape",
        lambda: x(3).masked_fill(mask(True, False), 0.0), RuntimeError, "broadcast",
    ),
    Misuse(
        "where of another shape",
        lambda: mt.where(mask(True, False), x(3), 0.0), RuntimeError, "broadcast",
    ),
    Misuse("where by ints", lambda: mt.where(ints(1), 1.0, 0.0), TypeError, "bool tensor"),
    Misuse(
        "one-hot of a negative", lambda: mt.nn.functional.one_hot(ints(-1), 3), IndexError, "-1",
    ),
    Misuse(
        "one-hot of how many", lambda: mt.nn.functional.one_hot(ints()), RuntimeError, "num_classes must",
    ),
    Misuse(
        "one-hot beyond", lambda: mt.nn.functional.one_hot(ints(3), 3), IndexError, r"range\(3\)",
    ),
]  # fmt: skip

SHAPES = [
    Misuse("size a float", lambda: mt.zeros(2.5), TypeError, "'size' must be int, not float"),
    Misuse("size a str", lambda: mt.zeros("ab"), TypeError, "'size' must be int, not str"),
    Misuse("size negative", lambda: mt.zeros(2, -1), RuntimeError, "negative dimension"),
    Misuse("new_zeros negative", lambda: x().new_zeros((-1,)), RuntimeError, "negative dimension"),
    Misuse("full negative", lambda: mt.full((-1,), 0.0), RuntimeError, "negative dimension"),
    Misuse("size of 2**62", lambda: mt.zeros(2**62), RuntimeError, "cannot allocate"),
    Misuse("65 dimensions", lambda: mt.zeros((1,) * 65), RuntimeError, "cannot allocate"),
    Misuse(
        "zeros from a generator",
        lambda: mt.zeros(2, generator=mt.Generator()), TypeError, "generator",
    ),
    Misuse("reshape to another number", lambda: x().reshape(4), RuntimeError, "invalid for input"),
    Misuse("reshape to -7", lambda: x().reshape(-7), RuntimeError, r"\[-7\] is invalid"),
    Misuse("reshape to two -1", lambda: x().reshape(-1, -1), RuntimeError, "invalid"),
    Misuse("view of a transposed", lambda: x().mT.view(6), RuntimeError, r"reshape\(\.\.\.\)"),
    Misuse("view as a list", lambda: x().view_as([1]), TypeError, "'other' must be a Tensor"),
    Misuse("transpose of dim 2", lambda: x().transpose(0, 2), IndexError, "out of range"),
    Misuse("permute twice", lambda: x().permute(0, 0), RuntimeError, "each of 2 dims once"),
    Misuse("t of three", lambda: x(2, 2, 2).t(), RuntimeError, "mT"),
    Misuse("expand 2 to 3", lambda: x().expand(3, 3), RuntimeError, "expand"),
    Misuse("squeeze a float", lambda: x().squeeze(0.0), TypeError, "int, not float"),
    Misuse("flatten backwards", lambda: x().flatten(1, 0), RuntimeError, "comes after"),
    Misuse("diagonal of one dim", lambda: x().diagonal(0, 1, 1), RuntimeError, "two dimensions"),
    Misuse("tril of a vector", lambda: mt.tril(x(3)), RuntimeError, "matrices"),
    Misuse("triu beyond a float", lambda: mt.triu(x(), 0.5), TypeError, "'diagonal' must be int"),
    Misuse("cat of a tensor", lambda: mt.cat(x()), TypeError, "list of Tensors"),
    Misuse("cat of None", lambda: mt.cat(None), TypeError, "list of Tensors"),
    Misuse("cat of nothing", lambda: mt.cat([]), ValueError, "non-empty"),
    Misuse("cat of numbers", lambda: mt.cat([mt.tensor(1.0)] * 2), RuntimeError, "Use stack"),
    Misuse("cat of unlike", lambda: mt.cat([x(2, 3), x(2, 4)]), RuntimeError, "sizes must match"),
    Misuse("stack of nothing", lambda: mt.stack([]), RuntimeError, "non-empty"),
    Misuse("stack of unlike", lambda: mt.stack([x(2), x(3)]), RuntimeError, "same shape"),
    Misuse("split into halves", lambda: x().split(0.5), TypeError, "int, not float"),
    Misuse("split by 0", lambda: x().split(0), RuntimeError, "must be positive, not 0"),
    Misuse("split by -1", lambda: x().split(-1), RuntimeError, "must be positive, not -1"),
    Misuse("split of a number", lambda: mt.tensor(1.0).split(1), RuntimeError, "cannot be cut"),
    Misuse("split into too few", lambda: x(4).split([1, 2]), RuntimeError, "sum to 4"),
    Misuse("no chunks", lambda: x().chunk(0), RuntimeError, "above 0"),
    Misuse("roll by a float", lambda: x().roll(1.5), TypeError, "'shifts' must be int"),
    Misuse("roll of a number", lambda: mt.tensor(1.0).roll(1, 0), IndexError, "no dimensions"),
    Misuse("repeat too few times", lambda: x().repeat(2), RuntimeError, "each dimension"),
    Misuse("pad an odd number", lambda: pad(x(), (1,)), RuntimeError, "pairs"),
    Misuse("pad by a float", lambda: pad(x(), (1.5, 1)), TypeError, "int, not float"),
    Misuse("pad away too much", lambda: pad(x(), (-2, -2)), RuntimeError, r"shape \(2, 3\)"),
    Misuse("pad by a mode of 0", lambda: pad(x(), (1, 1), 0), TypeError, "must be str, not int"),
    Misuse("reflect too much", lambda: pad(x(), (3, 3), "reflect"), RuntimeError, "at most 2"),
    Misuse("pad in no mode", lambda: pad(x(), (1, 1), "mirror"), NotImplementedError, "mirror"),
    Misuse("product of unlike", lambda: x() @ x(), RuntimeError, "transposed"),
    Misuse("product of two dtypes", lambda: x() @ x(3, 2).double(), RuntimeError, "dtypes differ"),
    Misuse("product with a number", lambda: mt.matmul(x(), 2.0), TypeError, "must be a Tensor"),
    Misuse("einsum of nothing", lambda: mt.einsum("ij->ji"), ValueError, "at least one operand"),
    Misuse(
        "einsum of two dtypes",
        lambda: mt.einsum("i,i", x(2), x(2).double()), RuntimeError, "dtypes differ",
    ),
    Misuse("einsum of digits", lambda: mt.einsum("i1", x()), RuntimeError, "'i1' may have letters"),
    Misuse("einsum of a letter less", lambda: mt.einsum("i", x()), RuntimeError, "2 dimensions"),
    Misuse(
        "einsum without a str", lambda: mt.einsum(x(), [0, 1]), TypeError, "equation must be a str",
    ),
    Misuse("add unlike shapes", lambda: x(2) + x(3), RuntimeError, "do not broadcast"),
    Misuse(
        "add unlike rows", lambda: x() + x(3, 3), RuntimeError, "in dimension -2 the sizes 2 and 3",
    ),
]  # fmt: skip

REDUCTIONS = [
    Misuse("sum of dim 5", lambda: x().sum(5), IndexError, r"\[-2, 1\], but got 5"),
    Misuse("sum along a float", lambda: x().sum(1.0), TypeError, "'dim' must be int, not float"),
    Misuse("sum along True", lambda: x().sum(True), TypeError, "'dim' must be int, not bool"),
    Misuse("sum twice along one", lambda: x().sum((0, 0)), RuntimeError, "appears twice"),
    Misuse("keepdim by a word", lambda: x().sum(0, "yes"), TypeError, "'keepdim' must be bool"),
    Misuse("mean of ints", lambda: ints(1, 2).mean(), RuntimeError, r"\.float\(\)"),
    Misuse("prod along two", lambda: x().prod((0, 1)), TypeError, "int, not tuple"),
    Misuse("cumsum along nothing", lambda: x().cumsum(None), TypeError, "int, not NoneType"),
    Misuse("max of nothing", lambda: x(0).max(), RuntimeError, "nothing to choose"),
    Misuse("keepdim without dim", lambda: x().max(keepdim=True), TypeError, "needs the dimension"),
    Misuse("argmax along two", lambda: x().argmax((0, 1)), TypeError, "int, not tuple"),
    Misuse("topk of more", lambda: x().topk(4), RuntimeError, "k=4 is out of range"),
    Misuse("topk of a float", lambda: x().topk(1.0), TypeError, "'k' must be int"),
    Misuse("sort by a word", lambda: x().sort(descending="no"), TypeError, "must be bool"),
    Misuse("norm of a word", lambda: x().norm("nuc"), ValueError, "'nuc'"),
    Misuse("var of a correction", lambda: x().var(correction="a"), TypeError, "a number"),
    Misuse(
        "negative tolerance", lambda: mt.isclose(x(), x(), -1.0), RuntimeError, "'rtol' must be at least 0",
    ),
    Misuse("tolerance NaN", lambda: mt.allclose(x(), x(), atol=NAN), RuntimeError, "nan"),
]  # fmt: skip

IN_PLACE = [
    Misuse("add floats to ints", lambda: ints(1).add_(0.5), RuntimeError, "can't be cast"),
    Misuse("grow in place", lambda: x(1).add_(x(2)), RuntimeError, "broadcast shape"),
    Misuse("fill with a vector", lambda: x().fill_(x(3)), RuntimeError, "0-d tensor"),
    Misuse("fill with a str", lambda: x().fill_("a"), TypeError, "a number, not a str"),
    Misuse("copy another shape", lambda: x().copy_(x(4)), RuntimeError, "broadcast"),
    Misuse("copy a number", lambda: x().copy_(1.0), TypeError, "must be a Tensor"),
    Misuse("spread negative", lambda: x().normal_(0, -1), RuntimeError, "std >= 0"),
    Misuse("spread NaN", lambda: x().normal_(0, NAN), RuntimeError, "nan"),
    Misuse("upside down", lambda: x().uniform_(2, 1), RuntimeError, "range"),
    Misuse("up to infinity", lambda: x().uniform_(0, INF), RuntimeError, "inf"),
    Misuse("draw ints", lambda: ints(1).normal_(), RuntimeError, "floating-point"),
]

RANDOM = [
    Misuse("randint without a size", lambda: mt.randint(0, 5), TypeError, "size a tuple"),
    Misuse("randint of nothing", lambda: mt.randint(5, 5, (2,)), RuntimeError, "low < high"),
    Misuse("randint up to a float", lambda: mt.randint(2.5, (2,)), TypeError, "int, not float"),
    Misuse("permute -1", lambda: mt.randperm(-1), RuntimeError, "negative"),
    Misuse("rand of ints", lambda: mt.rand(2, dtype=I64), RuntimeError, "floating-point"),
    Misuse("seed as generator", lambda: mt.rand(2, generator=3), TypeError, "Generator"),
    Misuse("seed a str", lambda: mt.manual_seed("a"), TypeError, r"'seed' must be int, not str \('a'\)"),
    Misuse("seed a float", lambda: mt.manual_seed(1.5), TypeError, r"'seed' must be int, not float \(1\.5\)"),
    Misuse("seed of 65 bits", lambda: mt.manual_seed(2**64), RuntimeError, "must lie in"),
    Misuse("state of nothing", lambda: mt.set_rng_state({}), ValueError, "get_state"),
    Misuse("state a number", lambda: mt.set_rng_state(3), TypeError, "a dict, not a int"),
    Misuse("generator on a GPU", lambda: mt.Generator("cuda"), RuntimeError, "cpu"),
    Misuse(
        "probability 2", lambda: mt.bernoulli(mt.tensor([2.0])), RuntimeError, "between 0 and 1",
    ),
    Misuse("probability NaN", lambda: mt.bernoulli(x(), NAN), RuntimeError, "between 0 and 1"),
    Misuse(
        "weights negative", lambda: mt.multinomial(mt.tensor([-1.0]), 1), RuntimeError, "negative",
    ),
    Misuse("weights all 0", lambda: mt.multinomial(x(2), 1), RuntimeError, "above 0"),
    Misuse(
        "three of two", lambda: mt.multinomial(mt.ones(2), 3), RuntimeError, "without replacement",
    ),
    Misuse(
        "draw half a sample", lambda: mt.multinomial(mt.ones(2), 0.5), TypeError, "int, not float",
    ),
    Misuse(
        "weights without a row", lambda: mt.multinomial(mt.tensor(1.0), 1), RuntimeError, r"not \(\)",
    ),
    Misuse("draw nothing", lambda: mt.multinomial(mt.ones(2), 0), RuntimeError, "draw 0 samples"),
    Misuse(
        "draw of 2**24 + 1",
        lambda: mt.multinomial(mt.ones(1).expand(2**24 + 1), 1), RuntimeError, r"exceed 2\^24",
    ),
    Misuse("endless range", lambda: mt.arange(INF), RuntimeError, "unsupported range"),
    Misuse("range the other way", lambda: mt.arange(3, 0), RuntimeError, "impossible"),
    Misuse("range of a str", lambda: mt.arange("a"), TypeError, "a number, not a str"),
    Misuse("-1 steps", lambda: mt.linspace(0, 1, -1), RuntimeError, "non-negative, not -1"),
    Misuse("from a vector on", lambda: mt.linspace(x(2), 1, 2), RuntimeError, "0-dimensional"),
    Misuse("half a step", lambda: mt.linspace(0, 1, 2.5), TypeError, "int, not float"),
]  # fmt: skip

PRINTING = [
    Misuse("negative precision", lambda: print_with(precision=-1), ValueError, "precision"),
    Misuse("precision by a word", lambda: print_with(precision="a"), TypeError, "int, not str"),
    Misuse("half an item", lambda: print_with(edgeitems=1.5), TypeError, "edgeitems"),
    Misuse("threshold NaN", lambda: print_with(threshold=NAN), ValueError, "threshold"),
    Misuse("negative line", lambda: print_with(linewidth=-1), ValueError, "linewidth"),
    Misuse("sci_mode by a word", lambda: print_with(sci_mode="no"), TypeError, "'no'"),
    Misuse("no such profile", lambda: print_with(profile="long"), ValueError, "'long'"),
    Misuse("limits of ints", lambda: mt.finfo(I64), TypeError, "of floating-point dtypes"),
    Misuse("default dtype of ints", lambda: mt.set_default_dtype(I64), TypeError, "floating-point"),
]

MISUSES = [*DATA, *NUMBERS, *INDEXING, *SHAPES, *REDUCTIONS, *IN_PLACE, *RANDOM, *PRINTING]


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(misuse: Misuse) -> None:
    check(misuse)
