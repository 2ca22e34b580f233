"""The layers and losses: what each computes, of numbers that can be followed by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch import nn


def close(x: mt.Tensor, expected: Any) -> None:
    np.testing.assert_allclose(x.detach().numpy(), np.array(expected, np.float32), rtol=1e-6)


def test_linear_is_x_times_weight_transposed_plus_bias() -> None:
    layer = nn.Linear(2, 3)
    layer.load_state_dict(
        {
            "weight": mt.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
            "bias": mt.tensor([10.0, 20.0, 30.0]),
        }
    )
    close(layer(mt.tensor([1.0, -1.0])), [9, 19, 29])
    layer.bias = None
    close(layer(mt.tensor([[[1.0, -1.0]], [[0.0, 1.0]]])), [[[-1, -1, -1]], [[2, 4, 6]]])
    assert repr(layer) == "Linear(in_features=2, out_features=3, bias=False)"


def test_a_layer_made_in_a_dtype_computes_in_it() -> None:
    for layer in (
        nn.Linear(2, 2, dtype=mt.float64),
        nn.LayerNorm(2, dtype=mt.float64),
        nn.RMSNorm(2, device="cpu", dtype=mt.float64),
    ):
        assert layer(mt.ones(2, dtype=mt.float64)).dtype == mt.float64
    with pytest.raises(RuntimeError, match="cuda"):
        nn.Linear(2, 2, device="cuda")


def test_embedding_looks_up_rows_and_padding_learns_nothing() -> None:
    table = nn.Embedding.from_pretrained(
        mt.tensor([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]]), freeze=False, padding_idx=0
    )
    y = table(mt.tensor([[1, 0], [1, 2]]))
    close(y, [[[1, 2], [0, 0]], [[1, 2], [3, 4]]])
    y.sum().backward()
    assert table.weight.grad is not None
    close(table.weight.grad, [[0, 0], [2, 2], [1, 1]])
    assert not nn.Embedding.from_pretrained(mt.ones(2, 2)).weight.requires_grad
    assert repr(table) == "Embedding(3, 2, padding_idx=0)"
    with pytest.raises(AssertionError, match="Padding_idx must be within num_embeddings"):
        nn.Embedding(3, 2, padding_idx=3)
    with pytest.raises(ValueError, match="2-dimensional"):
        nn.Embedding.from_pretrained(mt.ones(2))


def test_layer_norm_centres_and_scales() -> None:
    norm = nn.LayerNorm(2, eps=0.0)
    close(norm(mt.tensor([[1.0, 3.0], [4.0, 2.0]])), [[-1, 1], [1, -1]])
    norm.load_state_dict({"weight": mt.tensor([2.0, 3.0]), "bias": mt.tensor([10.0, 20.0])})
    close(norm(mt.tensor([1.0, 3.0])), [8, 23])
    over_both = nn.LayerNorm((2, 1), eps=0.0, elementwise_affine=False)
    close(over_both(mt.tensor([[1.0], [3.0]])), [[-1], [1]])
    assert list(over_both.parameters()) == []
    assert list(nn.LayerNorm(2, bias=False).state_dict()) == ["weight"]


def test_rms_norm_scales_only() -> None:
    norm = nn.RMSNorm(2, eps=0.0)
    root = math.sqrt((9 + 16) / 2)
    close(norm(mt.tensor([3.0, 4.0])), [3 / root, 4 / root])
    nn.init.constant_(norm.weight, 2.0)
    close(norm(mt.tensor([3.0, 4.0])), [6 / root, 8 / root])
    assert list(nn.RMSNorm(2, elementwise_affine=False).parameters()) == []
    assert repr(norm) == "RMSNorm((2,), eps=0.0, elementwise_affine=True)"


def test_dropout_drops_in_training_only_and_keeps_the_expectation() -> None:
    mt.manual_seed(0)
    layer, x = nn.Dropout(0.25), mt.ones(400, 400)
    y = layer(x)
    assert set(np.unique(y.numpy())) == {0.0, np.float32(4 / 3)}
    assert (y.numpy() == 0).mean() == pytest.approx(0.25, abs=0.005)
    assert layer.eval()(x) is x
    with pytest.raises(ValueError, match="at least 0 and at most 1"):
        nn.Dropout(1.5)


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        (nn.Identity(1, any="thing"), [-1, 0, 2]),
        (nn.ReLU(), [0, 0, 2]),
        (nn.Tanh(), [math.tanh(-1), 0, math.tanh(2)]),
        (nn.Sigmoid(), [1 / (1 + math.e), 0.5, 1 / (1 + math.exp(-2))]),
        (nn.SiLU(), [-1 / (1 + math.e), 0, 2 / (1 + math.exp(-2))]),
        (
            nn.GELU(),
            [-0.5 * (1 - math.erf(math.sqrt(0.5))), 0, 1 + math.erf(math.sqrt(2))],
        ),
        (
            nn.GELU("tanh"),
            [
                -0.5 * (1 - math.tanh(math.sqrt(2 / math.pi) * 1.044715)),
                0,
                1 + math.tanh(math.sqrt(2 / math.pi) * (2 + 8 * 0.044715)),
            ],
        ),
    ],
)
def test_activations(module: nn.Module, expected: list[float]) -> None:
    np.testing.assert_allclose(
        module(mt.tensor([-1.0, 0.0, 2.0], dtype=mt.float64)).numpy(), expected, rtol=1e-12
    )


def test_softmax_and_its_logarithm_work_along_their_dimension() -> None:
    x = mt.tensor([[0.0, 0.0], [math.log(3), 0.0]])
    close(nn.Softmax(dim=0)(x), [[0.25, 0.5], [0.75, 0.5]])
    close(nn.LogSoftmax(dim=-1)(x).exp(), [[0.5, 0.5], [0.75, 0.25]])
    assert repr(nn.Softmax(dim=0)) == "Softmax(dim=0)"


LOGITS = [[0.0, math.log(3)], [math.log(4), 0.0]]  # probabilities 1/4, 3/4 and 4/5, 1/5


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (math.log(4 / 3) + math.log(5)) / 2),
        ({"reduction": "sum"}, math.log(4 / 3) + math.log(5)),
        ({"reduction": "none"}, [math.log(4 / 3), math.log(5)]),
        ({"ignore_index": 7}, (math.log(4 / 3) + math.log(5)) / 2),
    ],
)
@pytest.mark.parametrize("of_logits", [True, False])
def test_cross_entropy_and_nll(of_logits: bool, options: dict[str, Any], expected: Any) -> None:
    make: Callable[..., nn.Module] = nn.CrossEntropyLoss if of_logits else nn.NLLLoss
    x, t = mt.tensor(LOGITS), mt.tensor([1, 1])
    if "ignore_index" in options:
        x, t = mt.cat([x, mt.ones(1, 2)]), mt.tensor([1, 1, 7])
    close(make(**options)(x if of_logits else x.log_softmax(-1), t), expected)


def test_weights_of_classes_are_buffers_and_divide_the_mean() -> None:
    loss = nn.CrossEntropyLoss(weight=mt.tensor([1.0, 3.0]))
    assert [name for name, _ in loss.named_buffers()] == ["weight"]
    mean = (3 * math.log(4 / 3) + math.log(5 / 4)) / 4
    close(loss(mt.tensor(LOGITS), mt.tensor([1, 0])), mean)
    nll = nn.NLLLoss(weight=mt.tensor([1.0, 3.0]))
    close(nll(mt.tensor(LOGITS).log_softmax(-1), mt.tensor([1, 0])), mean)


def test_label_smoothing_spreads_a_share_evenly() -> None:
    loss = nn.CrossEntropyLoss(label_smoothing=0.2)
    close(loss(mt.tensor(LOGITS[:1]), mt.tensor([1])), 0.9 * math.log(4 / 3) + 0.1 * math.log(4))


def test_mse() -> None:
    a, b = mt.tensor([[1.0, 2.0], [3.0, 4.0]]), mt.tensor([[1.0, 1.0], [5.0, 1.0]])
    close(nn.MSELoss()(a, b), 14 / 4)
    close(nn.MSELoss(reduction="sum")(a, b), 14)
    close(nn.MSELoss(reduction="none")(a, b), [[0, 1], [4, 9]])


def test_kl_div() -> None:
    log_p = mt.tensor([[0.25, 0.75], [0.5, 0.5]]).log()
    q = mt.tensor([[0.5, 0.5], [1.0, 0.0]])
    terms = [[0.5 * math.log(2), 0.5 * math.log(2 / 3)], [math.log(2), 0.0]]
    total = sum(map(sum, terms))
    close(nn.KLDivLoss(reduction="none")(log_p, q), terms)
    close(nn.KLDivLoss(reduction="sum")(log_p, q), total)
    close(nn.KLDivLoss(reduction="batchmean")(log_p, q), total / 2)
    close(nn.KLDivLoss()(log_p, q), total / 4)
    close(nn.KLDivLoss(reduction="sum", log_target=True)(log_p[:1], q[:1].log()), sum(terms[0]))


def test_bce_with_logits() -> None:
    x, t = mt.tensor([0.0, math.log(3)]), mt.tensor([1.0, 0.0])
    terms = [math.log(2), math.log(4)]
    close(nn.BCEWithLogitsLoss(reduction="none")(x, t), terms)
    close(nn.BCEWithLogitsLoss()(x, t), sum(terms) / 2)
    weighted = nn.BCEWithLogitsLoss(
        weight=mt.tensor([1.0, 10.0]), reduction="sum", pos_weight=mt.tensor([3.0, 1.0])
    )
    close(weighted(x, t), 3 * math.log(2) + 10 * math.log(4))
    assert [name for name, _ in weighted.named_buffers()] == ["weight", "pos_weight"]


@pytest.mark.parametrize(
    "loss", [nn.CrossEntropyLoss, nn.NLLLoss, nn.MSELoss, nn.KLDivLoss, nn.BCEWithLogitsLoss]
)
def test_an_unknown_reduction_is_refused(loss: Any) -> None:
    target = mt.tensor([0]) if loss in (nn.CrossEntropyLoss, nn.NLLLoss) else mt.zeros(1, 2)
    with pytest.raises(ValueError, match="'average' is not a reduction"):
        loss(reduction="average")(mt.zeros(1, 2), target)


def test_layers_print_their_options() -> None:
    assert repr(nn.LayerNorm(2)) == "LayerNorm((2,), eps=1e-05, elementwise_affine=True, bias=True)"
    assert repr(nn.LayerNorm((2, 3), 0.5, elementwise_affine=False)) == (
        "LayerNorm((2, 3), eps=0.5, elementwise_affine=False, bias=False)"
    )
    assert repr(nn.RMSNorm(2)) == "RMSNorm((2,), eps=None, elementwise_affine=True)"
    assert repr(nn.Dropout()) == "Dropout(p=0.5, inplace=False)"
    assert repr(nn.GELU("tanh")) == "GELU(approximate='tanh')"
    assert repr(nn.LogSoftmax(1)) == "LogSoftmax(dim=1)"
    assert repr(nn.Embedding(3, 2)) == "Embedding(3, 2)"


def test_first_weights_have_the_spread_that_pytorch_gives_them() -> None:
    mt.manual_seed(0)
    layer = nn.Linear(100, 400)
    for p in (layer.weight, layer.bias):
        array = p.detach().numpy()
        assert 0.097 < abs(array).max() <= 0.1  # uniform on ±1/√100
        assert array.std() == pytest.approx(0.1 / math.sqrt(3), rel=0.06)
    table = nn.Embedding(200, 50, padding_idx=3).weight.detach().numpy()
    assert table.std() == pytest.approx(1, rel=0.03)
    assert not table[3].any()
    assert table[2].any()
    assert table[4].any()


def test_rms_norms_eps_is_that_of_the_dtype_unless_given() -> None:
    tiny = mt.full((1,), 1e-4)
    eps = float(np.finfo(np.float32).eps)
    close(nn.RMSNorm(1)(tiny), [1e-4 / math.sqrt(1e-8 + eps)])
    close(nn.RMSNorm(1, eps=1e-8)(tiny), [1 / math.sqrt(2)])
    close(nn.LayerNorm(2, eps=3.0)(mt.tensor([0.0, 2.0])), [-0.5, 0.5])
    close(nn.LayerNorm(2)(mt.tensor([0.0, 2e-3])), [-1 / math.sqrt(11), 1 / math.sqrt(11)])
