"""Functions that code written for PyTorch asks for, held wrong: see `misuse.py`."""

from __future__ import annotations

import math

import pytest
from misuse import Misuse, check

import minitorch as mt
from minitorch._compat.distributions import Categorical, kl_divergence

six, four, mask = mt.ones(2, 3), mt.ones(4), mt.tensor([True, False])
ids = mt.tensor([0, 1])
norm, vector_norm, matrix_norm = mt.linalg.norm, mt.linalg.vector_norm, mt.linalg.matrix_norm
coin = Categorical(mt.ones(2))
nan = math.nan


def mm_with(**factors: object) -> mt.Tensor:
    return mt.addmm(mt.ones(1, dtype=mt.int64), ids[None], ids[:, None], **factors)


ARITHMETIC = [
    Misuse("addmm of halves of ints", lambda: mm_with(alpha=0.5), RuntimeError, "0.5 must be a whole number"),
    Misuse("addmm by a word", lambda: mm_with(beta="1"), TypeError, "a number, not a str"),
    Misuse("addmm of ints to floats", lambda: mt.addmm(six, ids[None], ids[:, None]), RuntimeError, "dtypes differ"),
    Misuse("addmm to a larger one", lambda: mt.addmm(mt.ones(5, 2, 2), six, six.T), RuntimeError, r"input of shape \(5, 2, 2\) does not broadcast to \(2, 2\)"),
    Misuse("baddbmm of matrices", lambda: mt.baddbmm(six, six, six), RuntimeError, "batch1 has 2 dimensions"),
    Misuse("repeats in a list", lambda: mt.repeat_interleave([1, 2]), TypeError, "must be a Tensor, not list"),
    Misuse("addcmul of words", lambda: mt.addcmul(four, four, "a"), TypeError, "str cannot be combined"),
    Misuse("addcdiv of ints", lambda: mt.addcdiv(four, ids, ids), RuntimeError, "integers are not divided"),
    Misuse("lerp of ints", lambda: mt.lerp(ids, ids, 0.5), RuntimeError, "must be floating-point.*int64"),
    Misuse("lerp to another dtype", lambda: mt.lerp(four, four.double(), 0.5), RuntimeError, "dtypes differ.*float64"),
    Misuse("lerp by a word", lambda: mt.lerp(four, four, "half"), TypeError, "a number, not a str"),
    Misuse("remainder by 0", lambda: mt.fmod(ids, 0), RuntimeError, "divided by 0"),
    Misuse("log2 of a list", lambda: mt.log2([1.0]), TypeError, "must be a Tensor, not list"),
    Misuse("cumprod without a dimension", lambda: six.cumprod(2), IndexError, "out of range.*got 2"),
    Misuse("trace of a vector", lambda: four.trace(), RuntimeError, r"expects a matrix, not shape \(4,\)"),
    Misuse("bound by a word", lambda: four.clamp_min("0"), TypeError, "number, not a str|str cannot be"),
    Misuse("NaN to a word", lambda: mt.nan_to_num(four, "0"), TypeError, "number, not a str|str cannot be"),
    Misuse("mask of ints", lambda: mt.ones(2).masked_scatter(ids, four), TypeError, "bool tensor, not minitorch.int64"),
    Misuse("too little to scatter", lambda: mt.ones(2, 2).masked_scatter(~(mask & ~mask), four[:1]), RuntimeError, "1 elements for the 4 places"),
]  # fmt: skip

SHAPES = [
    Misuse("repeat -1 times", lambda: four.repeat_interleave(-1), RuntimeError, "at least 0, not -1"),
    Misuse("repeat half a time", lambda: four.repeat_interleave(0.5), TypeError, "int, not float"),
    Misuse("repeats of floats", lambda: four.repeat_interleave(four), RuntimeError, "int64 or int32 tensor, not minitorch.float32"),
    Misuse("repeats for others", lambda: four.repeat_interleave(ids), RuntimeError, r"one number or 4.* \(2,\)"),
    Misuse("repeats as a matrix", lambda: mt.repeat_interleave(mt.ones(2, 2, dtype=mt.int64)), RuntimeError, r"of shape \(2, 2\)"),
    Misuse("a wrong output size", lambda: four.repeat_interleave(2, output_size=4), RuntimeError, "output_size=4, but the repeats come to 8"),
    Misuse("grid of matrices", lambda: mt.meshgrid(six), RuntimeError, r"vectors or numbers.*\(2, 3\)"),
    Misuse("grid of nothing", lambda: mt.meshgrid(), RuntimeError, "vectors or numbers"),
    Misuse("grid of two dtypes", lambda: mt.meshgrid(four, ids), RuntimeError, "one dtype.*float32.*int64"),
    Misuse("grid the other way", lambda: mt.meshgrid(four, four, indexing="yx"), RuntimeError, "'yx' must be 'ij' or 'xy'"),
    Misuse("product of matrices", lambda: mt.cartesian_prod(six, six), RuntimeError, "needs vectors"),
    Misuse("narrow beyond the end", lambda: six.narrow(1, 2, 2), RuntimeError, r"start 2 \+ length 2 exceeds 3"),
    Misuse("narrow from far off", lambda: six.narrow(0, 3, 0), IndexError, r"\[-2, 2\], not 3"),
    Misuse("narrow by a mask", lambda: six.narrow(0, mask[0], 1), RuntimeError, "not a bool tensor"),
    Misuse("select a slice that is not", lambda: six.select(0, 2), IndexError, "out of bounds"),
    Misuse("window too wide", lambda: four.unfold(0, 5, 1), RuntimeError, "size=5 is above 4"),
    Misuse("window that stays", lambda: four.unfold(0, 2, 0), RuntimeError, "at least 1, not 0"),
    Misuse("window half as wide", lambda: four.unfold(0, 1.5, 1), TypeError, "int, not float"),
    Misuse("unflatten into others", lambda: four.unflatten(0, (3, 2)), RuntimeError, r"\(3, 2\) do not multiply to 4"),
    Misuse("unflatten into two unknown", lambda: four.unflatten(0, (-1, -1)), RuntimeError, "do not multiply"),
    Misuse("unflatten a number", lambda: mt.tensor(1.0).unflatten(0, (1,)), IndexError, "without dimensions"),
    Misuse("hstack of nothing", lambda: mt.hstack([]), RuntimeError, "hstack: expected a non-empty list"),
    Misuse("vstack of other widths", lambda: mt.vstack([four, six]), RuntimeError, r"vstack: .*\(1, 4\), \(2, 3\)"),
    Misuse("hstack of a tensor", lambda: mt.hstack(six), TypeError, "a list of Tensors"),
    Misuse("take by other dimensions", lambda: six.take_along_dim(ids, 1), RuntimeError, "as many dimensions"),
    Misuse("take beyond the end", lambda: four.take_along_dim(mt.tensor([4]), 0), IndexError, r"not in range\(4\)"),
    Misuse("copy a slice that is not", lambda: four.index_copy(0, mt.tensor([4]), four[:1]), IndexError, r"not in range\(4\)"),
    Misuse("copy of another shape", lambda: four.index_copy(0, ids, four), RuntimeError, r"source must have shape \(2,\)"),
    Misuse("diagonal of a cube", lambda: mt.diag(mt.ones(1, 1, 1)), RuntimeError, "a vector or a matrix"),
    Misuse("matrix of one dimension", lambda: mt.diag_embed(four, 0, 1, 1), RuntimeError, "two dimensions"),
    Misuse("triangle of -1 rows", lambda: mt.tril_indices(-1, 2), RuntimeError, "'row' must be at least 0, not -1"),
    Misuse("triangle of floats", lambda: mt.triu_indices(2, 2, dtype=mt.float32), RuntimeError, "not float32"),
]  # fmt: skip

COUNTING = [
    Misuse("median of bools", lambda: mask.median(), RuntimeError, "not defined for tensors of dtype bool"),
    Misuse("median along nothing", lambda: mt.zeros(2, 0).median(1), IndexError, r"nothing to choose from in shape \(2, 0\)"),
    Misuse("count below 0", lambda: mt.bincount(mt.tensor([-1])), RuntimeError, "not negative"),
    Misuse("count floats", lambda: mt.bincount(four), RuntimeError, "whole numbers.*float32"),
    Misuse("weights for others", lambda: mt.bincount(ids, four), RuntimeError, r"\(4,\).*\(2,\)"),
    Misuse("unique by a dimension alone", lambda: mt.unique(six, 0), TypeError, "'sorted' must be bool"),
    Misuse("unique empty slices", lambda: mt.ones(0, 2).unique(dim=1), RuntimeError, "are empty"),
    Misuse("member of two numbers", lambda: mt.isin(1, 2), TypeError, "must be a Tensor"),
    Misuse("search in another dtype", lambda: mt.searchsorted(ids, four), RuntimeError, "dtypes"),
    Misuse("search in other rows", lambda: mt.searchsorted(six, mt.ones(3, 1)), RuntimeError, r"\(2, 3\) and \(3, 1\)"),
    Misuse("search on two sides", lambda: mt.searchsorted(four, four, side="left", right=True), RuntimeError, "agree with right=True"),
    Misuse("boundaries in rows", lambda: mt.bucketize(four, six), RuntimeError, r"one sequence, not of shape \(2, 3\)"),
]  # fmt: skip

NORMS = [
    Misuse("norm of ints", lambda: norm(ids), RuntimeError, "floating-point, not minitorch.int64"),
    Misuse("norm of a matrix by singular values", lambda: norm(six, 2), NotImplementedError, "singular values.*'fro'"),
    Misuse("nuclear norm", lambda: matrix_norm(six, "nuc"), NotImplementedError, "singular values"),
    Misuse("matrix norm of order 3", lambda: matrix_norm(six, 3), RuntimeError, "ord=3 is not supported"),
    Misuse("matrix norm of a vector", lambda: matrix_norm(four), RuntimeError, "at least 2 dimensions"),
    Misuse("matrix norm along one", lambda: matrix_norm(six, 1, 0), RuntimeError, "two dimensions, not 0"),
    Misuse("norm of a stack", lambda: norm(mt.ones(1, 1, 1), 1), RuntimeError, "a vector or a matrix"),
    Misuse("norm along three", lambda: norm(mt.ones(1, 1, 1), dim=(0, 1, 2)), RuntimeError, "one or two dimensions"),
    Misuse("matrices' norm of vectors", lambda: norm(four, "fro"), RuntimeError, "'fro' is of matrices"),
    Misuse("norm by a word", lambda: vector_norm(four, "two"), TypeError, "a number, not a str"),
    Misuse("the largest of nothing", lambda: vector_norm(mt.zeros(0), math.inf), RuntimeError, "no inf norm of no elements"),
    Misuse("norm in less precision", lambda: norm(four.double(), dtype=mt.float32), RuntimeError, "cannot be computed in minitorch.float32"),
]  # fmt: skip

RANDOM = [
    Misuse("no probabilities", lambda: Categorical(), ValueError, "must be specified"),
    Misuse("probabilities and logits", lambda: Categorical(four, four), ValueError, "but not both"),
    Misuse("probabilities in a list", lambda: Categorical([0.5, 0.5]), TypeError, "'probs' must be a Tensor, not list"),
    Misuse("one probability", lambda: Categorical(mt.tensor(1.0)), ValueError, "at least one-dimensional"),
    Misuse("probability below 0", lambda: Categorical(mt.tensor([-1.0, 2.0])), ValueError, r"probs .*\(2,\).*not negative.*\n.*-1"),
    Misuse("probabilities all 0", lambda: Categorical(mt.zeros(2)), ValueError, "invalid values"),
    Misuse("logits NaN", lambda: Categorical(logits=mt.tensor([nan, 0.0])), ValueError, "logits.*real numbers"),
    Misuse("outcome that is none", lambda: coin.log_prob(mt.tensor(2)), ValueError, "from 0 to 1, .*\n.*2"),
    Misuse("half an outcome", lambda: coin.log_prob(mt.tensor(0.5)), ValueError, "whole numbers"),
    Misuse("outcome as a number", lambda: coin.log_prob(1), ValueError, "must be a Tensor"),
    Misuse("outcomes for others", lambda: Categorical(six).log_prob(mt.zeros(3)), ValueError, "not broadcastable"),
    Misuse("sample 2", lambda: coin.sample(2), TypeError, r"a tuple, as \(2,\), not 2"),
    Misuse("divergence from a number", lambda: kl_divergence(coin, 3), NotImplementedError, "Categorical and int"),
    Misuse("normal by -1", lambda: mt.normal(0, -1, (2,)), RuntimeError, "std >= 0"),
    Misuse("normal by -1 in a tensor", lambda: mt.normal(four, -four), RuntimeError, "std >= 0"),
    Misuse("normal of two numbers", lambda: mt.normal(0.0, 1.0), TypeError, "must be a Tensor"),
    Misuse("normal around ints", lambda: mt.normal(ids), RuntimeError, "floating-point"),
    Misuse("chance of 2", lambda: mt.zeros(2).bernoulli_(2), RuntimeError, "between 0 and 1"),
    Misuse("chances for others", lambda: mt.zeros(2).bernoulli_(four / 2), RuntimeError, "does not broadcast"),
    Misuse("rate of 0", lambda: mt.zeros(2).exponential_(0), RuntimeError, "lambda > 0"),
    Misuse("exponential ints", lambda: mt.zeros(2, dtype=mt.int64).exponential_(), RuntimeError, "floating-point"),
    Misuse("random from 5 to 2", lambda: mt.zeros(2).random_(5, 2), RuntimeError, "first < to, but got 5 and 2"),
    Misuse("random beyond the dtype", lambda: mt.zeros(2, dtype=mt.uint8).random_(300), RuntimeError, "299 cannot be converted"),
    Misuse("diagonal of a vector to fill", lambda: mt.zeros(2).fill_diagonal_(1), RuntimeError, "needs a matrix"),
]  # fmt: skip

IN_PLACE = [
    Misuse("grow in place", lambda: mt.ones(1).addcmul_(four, four), RuntimeError, r"addcmul_: output with shape \[1\]"),
    Misuse("floats in ints", lambda: mt.tensor([1]).exp_(), RuntimeError, "exp_: .*can't be cast"),
    Misuse("a leaf in place", lambda: mt.ones(2, requires_grad=True).index_add_(0, ids, mt.ones(2)), RuntimeError, "a leaf Variable that requires grad"),
    Misuse("an expanded one in place", lambda: mt.ones(1).expand(2).sqrt_(), RuntimeError, "single memory location"),
    Misuse("windows in place", lambda: four.unfold(0, 2, 1).zero_(), RuntimeError, "read-only"),
]  # fmt: skip

MISUSES = [*ARITHMETIC, *SHAPES, *COUNTING, *NORMS, *RANDOM, *IN_PLACE]


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(misuse: Misuse) -> None:
    check(misuse)
