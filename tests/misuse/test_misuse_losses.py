"""Losses and the functions of `minitorch.nn.functional` held wrong: see `misuse.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from misuse import Misuse, check

import minitorch as mt
from minitorch.nn import functional

F: Any = functional  # what is wrong here is wrong for a type checker too
x = mt.ones(2, 3)  # logits of two examples and three classes
y = mt.tensor([1, 0])
q = mt.ones(1, 2, 3, 4)  # (batch, heads, T, d_head)
table, ids = mt.ones(4, 2), mt.tensor([0, 1])
everywhere = mt.ones(3, 3, dtype=mt.bool)


def attend(*args: Any, **options: Any) -> Any:
    return F.scaled_dot_product_attention(*args, **options)


def bce(*args: Any, **options: Any) -> Any:
    return F.binary_cross_entropy_with_logits(*args, **options)


CROSS_ENTROPY = [
    Misuse("cross_entropy of a list", lambda: F.cross_entropy([[1.0]], y), TypeError, "'input' must be a Tensor, not list"),
    Misuse("cross_entropy of whole numbers", lambda: F.cross_entropy(x.long(), y), RuntimeError, "input must be floating-point, not minitorch.int64"),
    Misuse("cross_entropy with input and target swapped", lambda: F.cross_entropy(y, x), RuntimeError, "input must be floating-point"),
    Misuse("cross_entropy of a single number", lambda: F.cross_entropy(mt.tensor(1.0), mt.tensor(0)), RuntimeError, "input has 0 dimensions"),
    Misuse("cross_entropy without classes", lambda: F.cross_entropy(mt.ones(2, 0), y), ValueError, r"input \(2, 0\) has no classes"),
    Misuse("cross_entropy with a target in a list", lambda: F.cross_entropy(x, [1, 0]), TypeError, "'target' must be a Tensor, not list"),
    Misuse("cross_entropy with a NumPy target", lambda: F.cross_entropy(x, np.array([1, 0])), TypeError, "'target' must be a Tensor, not ndarray"),
    Misuse("cross_entropy without a target", lambda: F.cross_entropy(x, None), TypeError, "'target' must be a Tensor, not NoneType"),
    Misuse("cross_entropy with bool targets", lambda: F.cross_entropy(x, y == 1), RuntimeError, "must hold class indices, int64, not minitorch.bool"),
    Misuse("cross_entropy with class indices as floats", lambda: F.cross_entropy(x, y.float()), ValueError, r"class probabilities; of shape \(2,\)"),
    Misuse("cross_entropy with a target above the classes", lambda: F.cross_entropy(x, mt.tensor([1, 3])), IndexError, "target 3 is out of bounds: there are 3 classes"),
    Misuse("cross_entropy with a negative target", lambda: F.cross_entropy(x, mt.tensor([-1, 0])), IndexError, "target -1 is out of bounds"),
    Misuse("cross_entropy with targets of another batch", lambda: F.cross_entropy(x, mt.tensor([0, 1, 2])), ValueError, r"\(3,\) does not fit .* expected \(2,\)"),
    Misuse("cross_entropy with a column of targets", lambda: F.cross_entropy(x, y.unsqueeze(1)), ValueError, r"\(2, 1\) does not fit .* expected \(2,\)"),
    Misuse("cross_entropy with one-hot integers", lambda: F.cross_entropy(x, F.one_hot(y, 3)), ValueError, r"\(2, 3\) does not fit"),
    Misuse("cross_entropy with the classes last", lambda: F.cross_entropy(mt.ones(2, 5, 3), mt.zeros(2, 5, dtype=mt.int64)), ValueError, r"of 5 classes; expected \(2, 3\)"),
    Misuse("cross_entropy with probabilities of fewer classes", lambda: F.cross_entropy(x, mt.ones(2, 2)), ValueError, r"class probabilities; of shape \(2, 2\)"),
    Misuse("cross_entropy ignoring one of probabilities", lambda: F.cross_entropy(x, x, ignore_index=1), RuntimeError, "ignore_index is not supported"),
    Misuse("cross_entropy with a weight of another dtype", lambda: F.cross_entropy(x, y, mt.ones(3).double()), RuntimeError, "input minitorch.float32, weight minitorch.float64"),
    Misuse("cross_entropy with a weight of whole numbers", lambda: F.cross_entropy(x, x, mt.ones(3).long()), RuntimeError, "weight minitorch.int64"),
    Misuse("cross_entropy with a weight in a list", lambda: F.cross_entropy(x, y, [1.0, 1.0, 1.0]), TypeError, "'weight' must be a Tensor, not list"),
    Misuse("cross_entropy with a weight for each example", lambda: F.cross_entropy(x, y, mt.ones(2)), RuntimeError, "C is both 3 and 2"),
    Misuse("cross_entropy with a matrix of weights", lambda: F.cross_entropy(x, y, mt.ones(2, 3)), RuntimeError, "weight has 2 dimensions"),
    Misuse("cross_entropy with the reduction as its third", lambda: F.cross_entropy(x, y, "mean"), TypeError, "'weight' must be a Tensor, not str"),
    Misuse("cross_entropy with size_average as its fourth", lambda: F.cross_entropy(x, y, None, True), TypeError, "'ignore_index' must be int, not bool"),
    Misuse("cross_entropy ignoring a fraction", lambda: F.cross_entropy(x, y, ignore_index=0.5), TypeError, "'ignore_index' must be int, not float"),
    Misuse("cross_entropy ignoring None", lambda: F.cross_entropy(x, y, ignore_index=None), TypeError, "'ignore_index' must be int, not NoneType"),
    Misuse("cross_entropy ignoring several", lambda: F.cross_entropy(x, y, ignore_index=[0, 1]), TypeError, "'ignore_index' must be int, not list"),
    Misuse("cross_entropy with another reduction", lambda: F.cross_entropy(x, y, reduction="average"), ValueError, "'average' is not a reduction"),
    Misuse("cross_entropy with reduction=None", lambda: F.cross_entropy(x, y, reduction=None), ValueError, "None is not a reduction"),
    Misuse("cross_entropy smoothed by more than 1", lambda: F.cross_entropy(x, y, label_smoothing=1.5), RuntimeError, r"'label_smoothing' must be at least 0 and at most 1, not 1\.5"),
    Misuse("cross_entropy smoothed by less than 0", lambda: F.cross_entropy(x, y, label_smoothing=-0.1), RuntimeError, "not -0.1"),
    Misuse("cross_entropy smoothed by NaN", lambda: F.cross_entropy(x, y, label_smoothing=math.nan), RuntimeError, "'label_smoothing' must be at least 0 and at most 1, not nan"),
    Misuse("cross_entropy smoothed by None", lambda: F.cross_entropy(x, y, label_smoothing=None), TypeError, "'label_smoothing' must be a number, not NoneType"),
    Misuse("cross_entropy smoothed by a tensor", lambda: F.cross_entropy(x, y, label_smoothing=mt.tensor(0.1)), TypeError, "'label_smoothing' must be a number, not Tensor"),
    Misuse("cross_entropy smoothed by True", lambda: F.cross_entropy(x, y, label_smoothing=True), TypeError, "'label_smoothing' must be a number, not bool"),
]  # fmt: skip

LOSSES = [
    Misuse("nll_loss of whole numbers", lambda: F.nll_loss(x.long(), y), RuntimeError, "input must be floating-point"),
    Misuse("nll_loss with bool targets", lambda: F.nll_loss(x, y == 1), RuntimeError, "must hold class indices"),
    Misuse("nll_loss with class indices as floats", lambda: F.nll_loss(x, y.float()), RuntimeError, "class indices, int64, not minitorch.float32"),
    Misuse("nll_loss with a target in a list", lambda: F.nll_loss(x, [1, 0]), TypeError, "'target' must be a Tensor"),
    Misuse("nll_loss with a target above the classes", lambda: F.nll_loss(x, mt.tensor([3, 0])), IndexError, "target 3 is out of bounds"),
    Misuse("nll_loss with targets of another batch", lambda: F.nll_loss(x, mt.tensor([0, 1, 2])), ValueError, r"\(3,\) does not fit input of shape \(2, 3\)"),
    Misuse("nll_loss of a single number", lambda: F.nll_loss(mt.tensor(1.0), mt.tensor(0)), ValueError, r"does not fit input of shape \(\)"),
    Misuse("nll_loss with a weight of another dtype", lambda: F.nll_loss(x, y, mt.ones(3).double()), RuntimeError, "the input's dtype, minitorch.float32, not .* minitorch.float64"),
    Misuse("nll_loss with a weight for each example", lambda: F.nll_loss(x, y, mt.ones(2)), RuntimeError, r"must have shape \(3,\)"),
    Misuse("nll_loss with a weight in a list", lambda: F.nll_loss(x, y, [1.0]), TypeError, "'weight' must be a Tensor"),
    Misuse("nll_loss ignoring a fraction", lambda: F.nll_loss(x, y, ignore_index=1.5), TypeError, "'ignore_index' must be int"),
    Misuse("nll_loss with another reduction", lambda: F.nll_loss(x, y, reduction="avg"), ValueError, "'avg' is not a reduction"),
    Misuse("mse_loss of a list", lambda: F.mse_loss([1.0], x), TypeError, "'input' must be a Tensor"),
    Misuse("mse_loss with a number as the target", lambda: F.mse_loss(x, 1.0), TypeError, "'target' must be a Tensor, not float"),
    Misuse("mse_loss of shapes that do not broadcast", lambda: F.mse_loss(x, mt.ones(2, 4)), RuntimeError, r"mse_loss: input \(2, 3\) and target \(2, 4\)"),
    Misuse("mse_loss of whole numbers", lambda: F.mse_loss(y, y), RuntimeError, "input - target must be floating-point"),
    Misuse("mse_loss with another reduction", lambda: F.mse_loss(x, x, "rmse"), ValueError, "'rmse' is not a reduction"),
    Misuse("mse_loss with a weight of another shape", lambda: F.mse_loss(x, x, weight=mt.ones(3)), ValueError, r"weight has shape \(3,\), which must be the input's"),
    Misuse("mse_loss with a number as the weight", lambda: F.mse_loss(x, x, weight=2.0), TypeError, "'weight' must be a Tensor, not float"),
    Misuse("kl_div from whole numbers", lambda: F.kl_div(x.long(), x), RuntimeError, "input must be floating-point"),
    Misuse("kl_div to class indices", lambda: F.kl_div(x, x.long()), RuntimeError, "target must be floating-point, not minitorch.int64"),
    Misuse("kl_div of shapes that do not broadcast", lambda: F.kl_div(x, mt.ones(2, 4)), RuntimeError, r"kl_div: input \(2, 3\) and target \(2, 4\)"),
    Misuse("kl_div with a number as the target", lambda: F.kl_div(x, 0.5), TypeError, "'target' must be a Tensor, not float"),
    Misuse("kl_div with log_target as a word", lambda: F.kl_div(x, x, log_target="no"), TypeError, "'log_target' must be bool, not str"),
    Misuse("kl_div with log_target as the reduction", lambda: F.kl_div(x, x, True), ValueError, "True is not a reduction"),
    Misuse("bce with a target of another shape", lambda: bce(mt.ones(3, 1), mt.ones(3)), ValueError, r"target has shape \(3,\), which must be the input's, \(3, 1\)"),
    Misuse("bce of whole numbers", lambda: bce(y, y.float()), RuntimeError, "input must be floating-point"),
    Misuse("bce with bool targets", lambda: bce(x, x > 0), RuntimeError, "target must be floating-point, not minitorch.bool"),
    Misuse("bce with a number as the target", lambda: bce(x, 1.0), TypeError, "'target' must be a Tensor, not float"),
    Misuse("bce with a weight of another size", lambda: bce(x, x, mt.ones(4)), RuntimeError, r"weight of shape \(4,\) does not broadcast to \(2, 3\)"),
    Misuse("bce with a weight that is larger", lambda: bce(x, x, mt.ones(5, 2, 3)), RuntimeError, r"weight of shape \(5, 2, 3\) does not broadcast"),
    Misuse("bce with pos_weight for each example", lambda: bce(x, x, pos_weight=mt.ones(2)), RuntimeError, r"pos_weight of shape \(2,\)"),
    Misuse("bce with pos_weight in a list", lambda: bce(x, x, pos_weight=[1.0]), TypeError, "'pos_weight' must be a Tensor"),
    Misuse("bce with the reduction as its third", lambda: bce(x, x, "mean"), TypeError, "'weight' must be a Tensor, not str"),
    Misuse("bce with another reduction", lambda: bce(x, x, reduction="batchmean"), ValueError, "'batchmean' is not a reduction"),
]  # fmt: skip

ATTENTION = [
    Misuse("attention with a mask of more examples", lambda: attend(q, q, q, everywhere.expand(2, 1, 3, 3)), RuntimeError, r"attn_mask of shape \(2, 1, 3, 3\) does not broadcast to \(1, 2, 3, 3\)"),
    Misuse("attention with a mask of more dimensions", lambda: attend(q, q, q, everywhere.expand(1, 1, 2, 3, 3)), RuntimeError, "does not broadcast"),
    Misuse("attention with a mask of more keys", lambda: attend(q, q, q, mt.ones(3, 4, dtype=mt.bool)), RuntimeError, r"attn_mask of shape \(3, 4\)"),
    Misuse("attention with a mask of whole numbers", lambda: attend(q, q, q, everywhere.long()), RuntimeError, "must be bool or minitorch.float32, not minitorch.int64"),
    Misuse("attention with a mask of another dtype", lambda: attend(q, q, q, everywhere.double()), RuntimeError, "not minitorch.float64"),
    Misuse("attention with a mask in a list", lambda: attend(q, q, q, [[True]]), TypeError, "'attn_mask' must be a Tensor, not list"),
    Misuse("attention with a word as its mask", lambda: attend(q, q, q, "causal"), TypeError, "'attn_mask' must be a Tensor, not str"),
    Misuse("attention with two masks", lambda: attend(q, q, q, everywhere, is_causal=True), RuntimeError, "together with is_causal"),
    Misuse("attention with its mask as the fifth", lambda: attend(q, q, q, None, everywhere), TypeError, "'dropout_p' must be a number, not Tensor"),
    Misuse("attention with its mask as is_causal", lambda: attend(q, q, q, is_causal=everywhere), TypeError, "'is_causal' must be bool, not Tensor"),
    Misuse("attention with is_causal as the fifth", lambda: attend(q, q, q, None, True), TypeError, "'dropout_p' must be a number, not bool"),
    Misuse("attention with is_causal as a word", lambda: attend(q, q, q, is_causal="no"), TypeError, "'is_causal' must be bool, not str"),
    Misuse("attention dropping more than all", lambda: attend(q, q, q, dropout_p=1.5), RuntimeError, r"'dropout_p' must be at least 0 and at most 1, not 1\.5"),
    Misuse("attention dropping less than nothing", lambda: attend(q, q, q, dropout_p=-0.1), RuntimeError, "not -0.1"),
    Misuse("attention dropping NaN", lambda: attend(q, q, q, dropout_p=math.nan), RuntimeError, "'dropout_p' must be at least 0 and at most 1, not nan"),
    Misuse("attention dropping None", lambda: attend(q, q, q, dropout_p=None), TypeError, "'dropout_p' must be a number, not NoneType"),
    Misuse("attention scaled by a word", lambda: attend(q, q, q, scale="1/8"), TypeError, "'scale' must be a number, not str"),
    Misuse("attention scaled by NaN", lambda: attend(q, q, q, scale=math.nan), ValueError, "'scale' must be finite, not nan"),
    Misuse("attention scaled by infinity", lambda: attend(q, q, q, scale=math.inf), ValueError, "'scale' must be finite, not inf"),
    Misuse("attention with keys of another size", lambda: attend(q, mt.ones(1, 2, 3, 5), q), RuntimeError, "d is both 4 and 5"),
    Misuse("attention with fewer values than keys", lambda: attend(q, q, q[:, :, :2]), RuntimeError, "T_k is both 3 and 2"),
    Misuse("attention with keys of other heads", lambda: attend(q, mt.ones(1, 3, 3, 4), mt.ones(1, 3, 3, 4)), RuntimeError, "do not broadcast"),
    Misuse("attention of a single query", lambda: attend(mt.ones(4), q, q), RuntimeError, "query has 1 dimension"),
    Misuse("attention of whole numbers", lambda: attend(q.long(), q.long(), q.long()), RuntimeError, "query must be floating-point"),
    Misuse("attention of two dtypes", lambda: attend(q, q, q.double()), RuntimeError, "query minitorch.float32, value minitorch.float64"),
    Misuse("attention without keys", lambda: attend(q, None, q), TypeError, "'key' must be a Tensor, not NoneType"),
    Misuse("grouped attention of uneven heads", lambda: attend(mt.ones(1, 3, 3, 4), q, q, enable_gqa=True), RuntimeError, "3 query heads cannot be shared evenly among 2"),
    Misuse("grouped attention with more groups than heads", lambda: attend(q[:, :1], q, q, enable_gqa=True), RuntimeError, "1 query heads cannot be shared evenly among 2"),
    Misuse("grouped attention without groups", lambda: attend(q, q[:, :0], q[:, :0], enable_gqa=True), RuntimeError, "among 0 key or value heads"),
    Misuse("grouped attention without heads", lambda: attend(q[0, 0], q[0, 0], q[0, 0], enable_gqa=True), RuntimeError, "query has 2 dimensions"),
    Misuse("grouped attention of a list", lambda: attend(q, [1.0], q, enable_gqa=True), TypeError, "'key' must be a Tensor, not list"),
    Misuse("grouped attention of other batches", lambda: attend(q.expand(2, 2, 3, 4), q.expand(3, 2, 3, 4), q, enable_gqa=True), RuntimeError, "do not broadcast"),
    Misuse("grouped attention asked for by a number", lambda: attend(q, q, q, enable_gqa=2), TypeError, "'enable_gqa' must be bool, not int"),
]  # fmt: skip

OTHERS = [
    Misuse("softmax of whole numbers", lambda: F.softmax(y, 0), RuntimeError, "input must be floating-point"),
    Misuse("softmax of a list", lambda: F.softmax([1.0, 2.0], 0), TypeError, "'input' must be a Tensor, not list"),
    Misuse("softmax along a dimension that is not there", lambda: F.softmax(x, 2), IndexError, r"range of \[-2, 1\], but got 2"),
    Misuse("softmax along 1.0", lambda: F.softmax(x, 1.0), TypeError, "'dim' must be int, not float"),
    Misuse("softmax along True", lambda: F.softmax(x, True), TypeError, "'dim' must be int, not bool"),
    Misuse("softmax along two dimensions", lambda: F.softmax(x, (0, 1)), TypeError, "'dim' must be int, not tuple"),
    Misuse("softmax along None", lambda: F.softmax(x, None), TypeError, "'dim' must be int, not NoneType"),
    Misuse("softmax as whole numbers", lambda: F.softmax(x, 0, mt.int64), RuntimeError, "must be floating-point, not minitorch.int64"),
    Misuse("log_softmax of whole numbers", lambda: F.log_softmax(y, 0), RuntimeError, "input must be floating-point"),
    Misuse("log_softmax along two dimensions", lambda: F.log_softmax(x, (0, 1)), TypeError, "'dim' must be int, not tuple"),
    Misuse("log_softmax along a dimension that is not there", lambda: F.log_softmax(x, -3), IndexError, "but got -3"),
    Misuse("layer_norm over a number", lambda: F.layer_norm(x, 3), TypeError, "'normalized_shape' must be a sequence of ints, not 3"),
    Misuse("layer_norm over None", lambda: F.layer_norm(x, None), TypeError, "must be a sequence of ints, not None"),
    Misuse("layer_norm over a fraction", lambda: F.layer_norm(x, (3.0,)), TypeError, r"must be a sequence of ints, not \(3.0,\)"),
    Misuse("layer_norm over no dimension", lambda: F.layer_norm(x, ()), RuntimeError, r"'normalized_shape' must hold at least one size"),
    Misuse("layer_norm over another size", lambda: F.layer_norm(x, (4,)), RuntimeError, r"input \(2, 3\) does not fit \(\* 4\): 3 is not 4.* normalized_shape"),
    Misuse("layer_norm over more dimensions than there are", lambda: F.layer_norm(x, (1, 2, 3)), RuntimeError, r"does not fit \(\* 1 2 3\): input has 2 dimensions"),
    Misuse("layer_norm with eps as its third", lambda: F.layer_norm(x, (3,), 1e-5), TypeError, "'weight' must be a Tensor, not float"),
    Misuse("layer_norm with a weight of another size", lambda: F.layer_norm(x, (3,), mt.ones(2)), RuntimeError, r"weight \(2,\) do not fit \(\* 3\), \(3\): 2 is not 3"),
    Misuse("layer_norm with a bias for each example", lambda: F.layer_norm(x, (3,), None, mt.ones(2, 3)), RuntimeError, "bias has 2 dimensions"),
    Misuse("layer_norm with a bias of another dtype", lambda: F.layer_norm(x, (3,), None, mt.ones(3).double()), RuntimeError, "bias minitorch.float64"),
    Misuse("layer_norm of whole numbers", lambda: F.layer_norm(x.long(), (3,)), RuntimeError, "must be floating-point"),
    Misuse("layer_norm with eps=NaN", lambda: F.layer_norm(x, (3,), eps=math.nan), ValueError, "'eps' must be finite, not nan"),
    Misuse("layer_norm with eps=None", lambda: F.layer_norm(x, (3,), eps=None), TypeError, "'eps' must be a number, not NoneType"),
    Misuse("rms_norm over a number", lambda: F.rms_norm(x, 3), TypeError, "'normalized_shape' must be a sequence of ints"),
    Misuse("rms_norm over another size", lambda: F.rms_norm(x, (4,)), RuntimeError, r"input \(2, 3\) does not fit \(\* 4\): 3 is not 4"),
    Misuse("rms_norm with eps as its third", lambda: F.rms_norm(x, (3,), 1e-6), TypeError, "'weight' must be a Tensor, not float"),
    Misuse("rms_norm with a weight of another size", lambda: F.rms_norm(x, (3,), mt.ones(2)), RuntimeError, r"weight \(2,\) do not fit \(\* 3\), \(3\): 2 is not 3"),
    Misuse("rms_norm with a weight of another dtype", lambda: F.rms_norm(x, (3,), mt.ones(3).double()), RuntimeError, "input minitorch.float32, weight minitorch.float64"),
    Misuse("rms_norm of whole numbers", lambda: F.rms_norm(x.long(), (3,)), RuntimeError, "must be floating-point"),
    Misuse("rms_norm with an infinite eps", lambda: F.rms_norm(x, (3,), eps=math.inf), ValueError, "'eps' must be finite, not inf"),
    Misuse("rms_norm with eps as a word", lambda: F.rms_norm(x, (3,), eps="small"), TypeError, "'eps' must be a number, not str"),
    Misuse("linear with inner sizes that differ", lambda: F.linear(x, mt.ones(4, 2)), RuntimeError, "k is both 3 and 2"),
    Misuse("linear with three dimensions of weights", lambda: F.linear(x, mt.ones(2, 4, 3)), RuntimeError, "weight has 3 dimensions"),
    Misuse("linear with a number as its weight", lambda: F.linear(x, 2.0), TypeError, "'weight' must be a Tensor, not float"),
    Misuse("linear with the layer as its weight", lambda: F.linear(x, mt.nn.Linear(3, 4)), TypeError, "'weight' must be a Tensor, not Linear"),
    Misuse("linear of a single number", lambda: F.linear(mt.tensor(1.0), mt.ones(4, 3)), RuntimeError, "input has 0 dimensions"),
    Misuse("linear with a weight of another dtype", lambda: F.linear(x, mt.ones(4, 3).double()), RuntimeError, "weight minitorch.float64"),
    Misuse("linear with a bias of the inputs' size", lambda: F.linear(x, mt.ones(4, 3), mt.ones(3)), RuntimeError, "n is both 4 and 3"),
    Misuse("linear with a bias for each example", lambda: F.linear(x, mt.ones(4, 3), mt.ones(2, 4)), RuntimeError, "bias has 2 dimensions"),
    Misuse("linear with bias=False", lambda: F.linear(x, mt.ones(4, 3), False), TypeError, "'bias' must be a Tensor, not bool"),
    Misuse("linear with a bias of another dtype", lambda: F.linear(x, mt.ones(4, 3), mt.ones(4).double()), RuntimeError, "bias minitorch.float64"),
    Misuse("linear of one output with another size", lambda: F.linear(x, mt.ones(2)), RuntimeError, "k is both 3 and 2"),
    Misuse("linear of one output with a bias that makes it larger", lambda: F.linear(x, mt.ones(3), mt.ones(5, 2)), RuntimeError, "bias has 2 dimensions"),
    Misuse("linear of one output with a bias of another dtype", lambda: F.linear(x, mt.ones(3), mt.tensor(1.0).double()), RuntimeError, "bias minitorch.float64"),
    Misuse("gelu of whole numbers", lambda: F.gelu(y), RuntimeError, "input must be floating-point"),
    Misuse("gelu of a number", lambda: F.gelu(1.0), TypeError, "'input' must be a Tensor, not float"),
    Misuse("gelu approximated by erf", lambda: F.gelu(x, "erf"), RuntimeError, "'none' or 'tanh', not 'erf'"),
    Misuse("gelu with approximate=True", lambda: F.gelu(x, True), RuntimeError, "'none' or 'tanh', not True"),
    Misuse("dropout in percent", lambda: F.dropout(x, 50), ValueError, "'p' must be at least 0 and at most 1, not 50"),
    Misuse("dropout of less than nothing, in evaluation", lambda: F.dropout(x, -0.1, training=False), ValueError, "not -0.1"),
    Misuse("dropout with p=NaN", lambda: F.dropout(x, math.nan), ValueError, "'p' must be at least 0 and at most 1, not nan"),
    Misuse("dropout with training as its second", lambda: F.dropout(x, True), TypeError, "'p' must be a number, not bool"),
    Misuse("dropout with p as a tensor", lambda: F.dropout(x, mt.tensor(0.5)), TypeError, "'p' must be a number, not Tensor"),
    Misuse("dropout with training as a word", lambda: F.dropout(x, 0.5, "no"), TypeError, "'training' must be bool, not str"),
    Misuse("dropout of whole numbers", lambda: F.dropout(y), RuntimeError, "input must be floating-point"),
    Misuse("dropout of a list", lambda: F.dropout([1.0]), TypeError, "'input' must be a Tensor, not list"),
    Misuse("dropout in place of a leaf", lambda: F.dropout(x.clone().detach().requires_grad_(), inplace=True), RuntimeError, "a leaf Variable"),
    Misuse("relu in place, perhaps", lambda: F.relu(x, inplace=1), TypeError, "relu.*'inplace' must be bool, not int"),
    Misuse("embedding of floats", lambda: F.embedding(ids.float(), table), RuntimeError, "int64 or int32 tensor, not minitorch.float32"),
    Misuse("embedding of a list", lambda: F.embedding([0], table), TypeError, "'input' must be a Tensor, not list"),
    Misuse("embedding of an id above the table", lambda: F.embedding(mt.tensor([4]), table), IndexError, r"holds 4, which is not in range\(4\)"),
    Misuse("embedding of a negative id", lambda: F.embedding(mt.tensor([-1]), table), IndexError, "holds -1"),
    Misuse("embedding with ids and table swapped", lambda: F.embedding(table, ids), RuntimeError, "weight must have 2 dimensions"),
    Misuse("embedding with the layer as its table", lambda: F.embedding(ids, mt.nn.Embedding(4, 2)), TypeError, "'weight' must be a Tensor, not Embedding"),
    Misuse("embedding with padding outside the table", lambda: F.embedding(ids, table, 4), RuntimeError, "padding_idx=4 is not in the table of 4 rows"),
    Misuse("embedding with padding between two rows", lambda: F.embedding(ids, table, 1.5), TypeError, "'padding_idx' must be int, not float"),
    Misuse("embedding with padding_idx=True", lambda: F.embedding(ids, table, True), TypeError, "'padding_idx' must be int, not bool"),
]  # fmt: skip

MISUSES = CROSS_ENTROPY + LOSSES + ATTENTION + OTHERS


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(misuse: Misuse) -> None:
    check(misuse)


@pytest.mark.parametrize("misuse", ATTENTION, ids=lambda misuse: misuse.what)
def test_the_definition_says_the_same(misuse: Misuse) -> None:
    with mt.fused.definitions():
        check(misuse)
