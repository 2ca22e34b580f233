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
        (nn.LeakyReLU(), [-0.01, 0, 2]),
        (nn.LeakyReLU(0.5), [-0.5, 0, 2]),
        (nn.ELU(), [math.exp(-1) - 1, 0, 2]),
        (nn.ELU(3.0), [3 * math.exp(-1) - 3, 0, 2]),
        (nn.SELU(), [1.0507009873554805 * x for x in (1.6732632423543772 * math.expm1(-1), 0, 2)]),
        (
            nn.Mish(),
            [-math.tanh(math.log1p(math.exp(-1))), 0, 2 * math.tanh(math.log1p(math.exp(2)))],
        ),
        (nn.Softplus(), [math.log1p(math.exp(-1)), math.log(2), math.log1p(math.exp(2))]),
        (nn.Softplus(2.0, 3.0), [math.log1p(math.exp(-2)) / 2, math.log(2) / 2, 2]),
        (nn.Softsign(), [-1 / 2, 0, 2 / 3]),
        (nn.LogSigmoid(), [-math.log1p(math.e), -math.log(2), -math.log1p(math.exp(-2))]),
        (nn.Hardtanh(), [-1, 0, 1]),
        (nn.Hardtanh(-0.5, 1.5), [-0.5, 0, 1.5]),
        (nn.ReLU6(), [0, 0, 2]),
        (nn.Softmin(0), np.exp([1, 0, -2]) / np.exp([1, 0, -2]).sum()),
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


def test_glu_gates_one_half_by_the_other() -> None:
    x = mt.tensor([[3.0, 5.0], [math.log(3), 0.0]])
    close(nn.GLU(dim=0)(x), [[3 * 0.75, 5 * 0.5]])
    close(nn.GLU()(x), [[3 / (1 + math.exp(-5))], [math.log(3) / 2]])
    with pytest.raises(RuntimeError, match="must be even, not 3"):
        nn.GLU()(mt.ones(3))


def test_relu6_and_hardtanh_end_at_their_bounds() -> None:
    x = mt.tensor([-1.0, 0.0, 3.0, 6.0, 7.0], requires_grad=True)
    y = nn.ReLU6()(x)
    assert y.tolist() == [0, 0, 3, 6, 6]
    y.sum().backward()
    assert x.grad.tolist() == [0, 0, 1, 0, 0]
    whole = mt.tensor([-3, 0, 3])
    assert nn.functional.hardtanh(whole, -1.5, 2.5).tolist() == [-1, 0, 2]
    with pytest.raises(ValueError, match="must be below"):
        nn.Hardtanh(1.0, 1.0)


def test_activations_may_change_their_input() -> None:
    for kind in (nn.LeakyReLU, nn.ELU, nn.SELU, nn.Mish, nn.Hardtanh, nn.ReLU6):
        x = mt.tensor([-1.0, 7.0])
        expected = kind()(x).tolist()
        assert kind(inplace=True)(x) is x
        assert x.tolist() == expected
        assert repr(kind(inplace=True)).endswith("inplace=True)")
        assert "inplace" not in repr(kind())


def test_gumbel_softmax_draws_classes_with_their_probabilities() -> None:
    mt.manual_seed(0)
    logits = mt.tensor([0.0, math.log(2), math.log(5)]).expand(20_000, 3).clone()
    logits.requires_grad_()
    one = nn.functional.gumbel_softmax(logits, hard=True)
    np.testing.assert_allclose(one.sum(-1).detach().numpy(), 1, atol=1e-6)
    assert set(np.unique(one.detach().numpy().round(6))) == {0, 1}
    np.testing.assert_allclose(one.detach().numpy().mean(0), [1 / 8, 2 / 8, 5 / 8], atol=0.01)
    one[:, 0].sum().backward()
    assert (logits.grad.abs() > 0).float().mean().item() > 0.9  # the gradient of the soft ones
    soft = nn.functional.gumbel_softmax(logits, tau=0.1, dim=0)
    np.testing.assert_allclose(soft.sum(0).detach().numpy(), 1, rtol=1e-4)
    assert not nn.functional.gumbel_softmax(logits).eq(1).any()
    assert nn.functional.gumbel_softmax(mt.zeros(2, 3, 4), hard=True, dim=1).sum(1).shape == (2, 4)
    for tau in (0.0, -1.0):
        with pytest.raises(ValueError, match="tau must be above 0"):
            nn.functional.gumbel_softmax(logits, tau)


def test_padding_adds_at_both_ends_of_the_last_dimensions() -> None:
    x = mt.tensor([[[1.0, 2.0], [3.0, 4.0]]])
    assert nn.ConstantPad1d((1, 2), 9)(x).tolist() == [[[9, 1, 2, 9, 9], [9, 3, 4, 9, 9]]]
    assert nn.ZeroPad2d((0, 0, 1, -1))(x).tolist() == [[[0, 0], [1, 2]]]  # RWKV's shift by a token
    assert nn.ZeroPad3d(1)(x).shape == (3, 4, 4)
    assert nn.ConstantPad2d([1, 0], 0.5)(x).tolist() == [[[0.5, 1, 2], [0.5, 3, 4]]]
    assert nn.ConstantPad3d((0, 0, 0, 0, 1, 0), 0.5)(x)[0].tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert repr(nn.ZeroPad1d(1)) == "ZeroPad1d((1, 1))"
    assert repr(nn.ConstantPad1d([1, 2], 3)) == "ConstantPad1d(padding=(1, 2), value=3)"


def test_flatten_joins_dimensions_and_unflatten_cuts_one() -> None:
    x = mt.arange(24.0).reshape(2, 3, 4)
    assert nn.Flatten()(x).tolist() == x.reshape(2, 12).tolist()
    assert nn.Flatten(0, 1)(x).tolist() == x.reshape(6, 4).tolist()
    assert nn.Unflatten(-1, (2, 2))(x).tolist() == x.reshape(2, 3, 2, 2).tolist()
    assert nn.Unflatten(0, [-1, 2])(x).shape == (1, 2, 3, 4)
    assert nn.Sequential(nn.Flatten(), nn.Unflatten(1, (3, 4)))(x).tolist() == x.tolist()
    assert repr(nn.Flatten()) == "Flatten(start_dim=1, end_dim=-1)"
    assert repr(nn.Unflatten(1, (3, 4))) == "Unflatten(dim=1, unflattened_size=(3, 4))"


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
    assert nn.MSELoss()(mt.tensor([0.5, 1.0]), mt.tensor([True, False])).item() == 0.625
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


def test_absolute_and_smoothed_errors() -> None:
    a, b = mt.tensor([0.0, 1.0, 5.0]), mt.tensor([0.5, 4.0, 3.0])  # apart by 1/2, 3 and 2
    close(nn.L1Loss()(a, b), 5.5 / 3)
    close(nn.L1Loss(reduction="none")(a, b), [0.5, 3, 2])
    close(nn.HuberLoss(reduction="none")(a, b), [0.125, 2.5, 1.5])
    close(nn.HuberLoss(reduction="sum", delta=2.0)(a, b), 0.125 + 2 * (3 - 1) + 2 * (2 - 1))
    close(nn.SmoothL1Loss(reduction="none")(a, b), [0.125, 2.5, 1.5])
    close(nn.SmoothL1Loss(beta=2.0)(a, b), (0.0625 + 2 + 1) / 3)
    close(nn.SmoothL1Loss(beta=0.0)(a, b), 5.5 / 3)
    with pytest.warns(UserWarning, match=r"l1_loss: .* are broadcast to \(3, 3\)") as caught:
        nn.functional.l1_loss(a, b.reshape(3, 1))
    assert caught[0].filename == __file__


def test_bce() -> None:
    p, t = mt.tensor([0.25, 0.8]), mt.tensor([1.0, 0.0])
    terms = [math.log(4), math.log(5)]
    close(nn.BCELoss(reduction="none")(p, t), terms)
    close(nn.BCELoss()(p, t), sum(terms) / 2)
    weighted = nn.BCELoss(weight=mt.tensor([1.0, 3.0]), reduction="sum")
    close(weighted(p, t), terms[0] + 3 * terms[1])
    assert [name for name, _ in weighted.named_buffers()] == ["weight"]


def test_bce_is_finite_at_0_and_1() -> None:
    p = mt.tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True)
    losses = nn.BCELoss(reduction="none")(p, mt.tensor([0.0, 1.0, 1.0, 0.0]))
    assert losses.tolist() == [0, 0, 100, 100]
    losses.sum().backward()
    assert p.grad.tolist() == pytest.approx([0, 0, -1e12, 1e12])
    for wrong in (-0.1, 1.1, math.nan):
        with pytest.raises(RuntimeError, match=r"all elements of input must be in \[0, 1\]"):
            nn.BCELoss()(mt.tensor([wrong]), mt.tensor([1.0]))


def test_distances_and_directions() -> None:
    a, b = mt.tensor([[3.0, 4.0], [0.0, 0.0]]), mt.tensor([[4.0, 3.0], [1.0, 0.0]])
    close(nn.CosineSimilarity()(a, b), [24 / 25, 0])
    close(nn.CosineSimilarity(dim=0)(a, b), [12 / 3 / 17**0.5, 1])
    close(nn.PairwiseDistance(eps=0.0)(a, b), [2**0.5, 1])
    close(nn.PairwiseDistance(1.0, eps=0.0, keepdim=True)(a, b), [[2], [1]])
    close(nn.functional.normalize(a), [[0.6, 0.8], [0, 0]])
    close(nn.functional.normalize(a, p=1.0, dim=0), [[1, 1], [0, 0]])
    loss = nn.CosineEmbeddingLoss(margin=0.5, reduction="none")
    close(loss(a, b, mt.tensor([1, -1])), [1 / 25, 0])
    close(nn.CosineEmbeddingLoss()(a[:1], b[:1], mt.tensor([-1])), 24 / 25)


@pytest.mark.parametrize(
    "loss",
    [
        nn.CrossEntropyLoss, nn.NLLLoss, nn.MSELoss, nn.KLDivLoss, nn.BCEWithLogitsLoss,
        nn.BCELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss,
    ],
)  # fmt: skip
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


def test_a_lazy_layer_takes_its_size_from_the_first_input() -> None:
    layer: nn.Module = nn.LazyLinear(3)
    assert repr(layer) == "LazyLinear(in_features=0, out_features=3, bias=True)"
    optimizer = mt.optim.SGD(layer.parameters(), lr=0.5)  # may be made before
    weight, bias = layer.parameters()
    x = mt.arange(10.0).reshape(5, 2)
    y = layer(x)
    assert type(layer) is nn.Linear
    assert repr(layer) == "Linear(in_features=2, out_features=3, bias=True)"
    assert layer.weight is weight
    assert layer.weight.shape == (3, 2)
    assert 0 < layer.weight.abs().max().item() <= 0.5**0.5
    assert mt.equal(y, x @ weight.T + bias)
    before = bias.detach().clone()
    y.sum().backward()
    optimizer.step()
    assert mt.equal(bias, before - 2.5)


def test_a_lazy_layer_without_a_bias_of_another_dtype() -> None:
    layer: nn.Module = nn.LazyLinear(1, bias=False, dtype=mt.float64)
    assert layer(mt.ones(4, 0, dtype=mt.float64)).tolist() == [[0.0]] * 4
    assert [p.dtype for p in layer.parameters()] == [mt.float64]


def test_a_lazy_layer_wants_a_last_dimension() -> None:
    layer: nn.Module = nn.LazyLinear(2)
    with pytest.raises(RuntimeError, match="no last dimension"):
        layer(mt.tensor(1.0))
    with pytest.raises(TypeError, match="must be a Tensor, not list"):
        layer([1.0])
    assert type(layer) is nn.LazyLinear
