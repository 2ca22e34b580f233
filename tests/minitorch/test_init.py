"""Where parameters start. Bounds and variances are computed by hand from the papers' formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minitorch as mt
from minitorch import nn
from minitorch.nn import init

WEIGHT = (300, 200)  # fan_in 200, fan_out 300


@pytest.fixture(autouse=True)
def _seed() -> None:
    mt.manual_seed(0)


def drawn(t: mt.Tensor) -> np.ndarray:
    return t.detach().numpy()


@pytest.mark.parametrize(
    ("fill", "bound"),
    [
        (init.xavier_uniform_, math.sqrt(6 / 500)),
        (lambda t: init.xavier_uniform_(t, gain=2), 2 * math.sqrt(6 / 500)),
        (init.kaiming_uniform_, math.sqrt(6 / 200)),
        (lambda t: init.kaiming_uniform_(t, mode="fan_out"), math.sqrt(6 / 300)),
        (lambda t: init.kaiming_uniform_(t, a=math.sqrt(5)), math.sqrt(1 / 200)),
        (lambda t: init.kaiming_uniform_(t, nonlinearity="tanh"), 5 / 3 * math.sqrt(3 / 200)),
        (lambda t: init.uniform_(t, -2, 2), 2),
    ],
)
def test_uniform_ones_fill_their_interval(fill, bound) -> None:
    t = nn.Parameter(mt.empty(*WEIGHT))
    assert fill(t) is t
    assert t.requires_grad
    assert t.is_leaf
    x = drawn(t)
    assert x.dtype == np.float32
    assert 0.999 * bound < np.abs(x).max() <= bound * (1 + 1e-6)
    assert abs(x.mean()) < 0.01 * bound
    assert x.var() == pytest.approx(bound**2 / 3, rel=0.02)


@pytest.mark.parametrize(
    ("fill", "mean", "std"),
    [
        (init.xavier_normal_, 0, math.sqrt(2 / 500)),
        (init.kaiming_normal_, 0, math.sqrt(2 / 200)),
        (lambda t: init.kaiming_normal_(t, mode="fan_out", nonlinearity="linear"), 0, 300**-0.5),
        (lambda t: init.normal_(t, mean=3.0, std=0.02), 3, 0.02),
    ],
)
def test_normal_ones_have_their_mean_and_spread(fill, mean, std) -> None:
    t = mt.empty(*WEIGHT)
    assert fill(t) is t
    x = drawn(t)
    assert x.mean() == pytest.approx(mean, abs=0.02 * std)
    assert x.std() == pytest.approx(std, rel=0.02)
    assert ((x - mean) ** 4).mean() == pytest.approx(3 * std**4, rel=0.06)  # as a normal's


def test_truncated_normal_stays_inside_and_keeps_its_shape() -> None:
    t = mt.empty(*WEIGHT)
    assert init.trunc_normal_(t, std=2.0, a=-2.0, b=4.0) is t
    x = drawn(t)
    assert -2 <= x.min() < -1.99
    assert 3.99 < x.max() <= 4
    # Of N(0, 1) between -1 and 2: the mean is (φ(1) - φ(2)) / (Φ(2) - Φ(-1)) = 0.2296.
    assert x.mean() == pytest.approx(2 * 0.2296, abs=0.03)


def test_an_interval_with_next_to_nothing_in_it_is_refused() -> None:
    for a, b in ((5.0, 6.0), (1.0, 1.0), (2.0, -2.0)):
        with pytest.raises(ValueError, match="almost nothing"):
            init.trunc_normal_(mt.empty(3), a=a, b=b)


@pytest.mark.parametrize("shape", [(4, 4), (6, 3), (3, 6), (3, 2, 2), (5, 1), (1, 5)])
def test_orthogonal_keeps_lengths(shape: tuple[int, ...]) -> None:
    t = nn.Parameter(mt.empty(*shape, dtype=mt.float64))
    assert init.orthogonal_(t, gain=2) is t
    w = drawn(t).reshape(shape[0], -1)
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)


def test_orthogonal_is_drawn_evenly() -> None:
    seed = mt.Generator().manual_seed(3)
    found = np.array([drawn(init.orthogonal_(mt.empty(3, 3), generator=seed)) for _ in range(2000)])
    assert np.abs(found.mean(0)).max() < 0.05  # each entry, of either sign
    np.testing.assert_allclose((found**2).mean(0), 1 / 3, atol=0.03)
    assert abs(np.linalg.det(found).mean()) < 0.06  # rotations, and as many with a reflection
    angles = np.arctan2(found[:, 1, 0], found[:, 0, 0])
    assert np.histogram(angles, 8, (-np.pi, np.pi))[0].min() > 200  # of 250


def test_orthogonal_of_no_matrix() -> None:
    assert init.orthogonal_(mt.empty(0, 3)).shape == (0, 3)
    with pytest.raises(ValueError, match="2 or more dimensions"):
        init.orthogonal_(mt.empty(3))
    for wrong in ((3,), (1, 2, 3)):
        with pytest.raises(ValueError, match="2 dimensions"):
            init.eye_(mt.empty(*wrong))


def test_names_of_old_still_work_and_warn() -> None:
    for name in ("uniform", "normal", "xavier_uniform", "kaiming_normal", "orthogonal", "eye"):
        t = mt.empty(3, 3)
        with pytest.warns(FutureWarning, match=f"`{name}` is now deprecated .* `{name}_`"):
            assert getattr(init, name)(t) is t
    p = nn.Parameter(mt.ones(1))
    p.grad = mt.tensor([4.0])
    with pytest.warns(FutureWarning, match="clip_grad_norm_"):
        nn.utils.clip_grad_norm([p], 2.0)
    assert p.grad.item() == pytest.approx(2)


def test_constants() -> None:
    t = mt.empty(2, 3)
    assert init.ones_(t).tolist() == [[1.0] * 3] * 2
    assert init.zeros_(t).tolist() == [[0.0] * 3] * 2
    assert init.eye_(t).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    assert init.constant_(t, 0.3).tolist() == [[np.float32(0.3)] * 3] * 2


def test_gains_are_the_papers() -> None:
    assert init.calculate_gain("relu") == math.sqrt(2)
    assert init.calculate_gain("leaky_relu", 1) == 1
    assert init.calculate_gain("leaky_relu") == pytest.approx(math.sqrt(2 / 1.0001))
    with pytest.raises(ValueError, match="Unsupported nonlinearity swish"):
        init.calculate_gain("swish")


def test_what_has_no_fan_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        init.xavier_uniform_(mt.empty(3))
    with pytest.raises(ValueError, match="Mode fan_avg not supported"):
        init.kaiming_normal_(mt.empty(3, 3), mode="fan_avg")


def test_a_generator_decides_the_numbers_and_the_default_is_left_alone() -> None:
    before = mt.get_rng_state()
    for fill in (
        init.normal_, init.uniform_, init.trunc_normal_, init.xavier_uniform_, init.orthogonal_,
    ):  # fmt: skip
        a, b, c = (
            fill(mt.empty(5, 5), generator=mt.Generator().manual_seed(s)).tolist()
            for s in (1, 1, 2)
        )
        assert a == b != c
    assert mt.get_rng_state() == before


def test_layers_start_as_in_pytorch() -> None:
    linear = nn.Linear(400, 300)
    for p in (linear.weight, linear.bias):
        assert p is not None
        assert 0.98 / 20 < np.abs(drawn(p)).max() <= 1 / 20 * (1 + 1e-6)  # ±1/√in_features
        assert drawn(p).var() == pytest.approx(1 / 1200, rel=0.1)
    table = nn.Embedding(300, 100, padding_idx=-1)
    assert table.padding_idx == 299
    assert not drawn(table.weight)[299].any()
    assert drawn(table.weight)[:299].std() == pytest.approx(1, rel=0.02)
    norm = nn.LayerNorm(3)
    assert norm.weight is not None
    assert norm.bias is not None
    assert norm.weight.tolist() == [1.0] * 3
    assert norm.bias.tolist() == [0.0] * 3


def test_a_tensor_without_elements_is_left_as_it_is() -> None:
    for draw in (nn.init.xavier_uniform_, nn.init.xavier_normal_, nn.init.kaiming_uniform_):
        assert draw(mt.zeros(0, 0)).shape == (0, 0)
    assert nn.Linear(0, 2).weight.shape == (2, 0)
    assert nn.Embedding(0, 3).weight.shape == (0, 3)


def test_a_size_may_be_any_whole_number() -> None:
    layer = nn.Linear(np.int64(2), np.int32(3))
    assert repr(layer) == "Linear(in_features=2, out_features=3, bias=True)"
    assert nn.LayerNorm([np.int64(2), 3]).normalized_shape == (2, 3)
    assert nn.Embedding(3, 2, padding_idx=-1).padding_idx == 2


def test_numbers_are_drawn_from_the_standard_distributions_unless_told() -> None:
    mt.manual_seed(0)
    normal, uniform = init.normal_(mt.empty(100_000)), init.uniform_(mt.empty(100_000))
    assert normal.mean().item() == pytest.approx(0, abs=0.02)
    assert normal.std().item() == pytest.approx(1, abs=0.02)
    assert uniform.mean().item() == pytest.approx(0.5, abs=0.01)
    assert uniform.min().item() < 0.001
    assert 0.999 < uniform.max().item() < 1


def test_skip_init_draws_nothing() -> None:
    before = mt.get_rng_state()
    layer = nn.utils.skip_init(nn.Linear, 3, out_features=2)
    skipped = nn.utils.skip_init(nn.Embedding, 4, 5)
    assert mt.get_rng_state()["state"] == before["state"]
    assert (layer.weight.shape, skipped.weight.shape) == ((2, 3), (4, 5))
    assert layer.weight.requires_grad
    with pytest.raises(RuntimeError, match="in_features"):
        nn.utils.skip_init(nn.Linear, -1, 2)
    nn.Linear(3, 2)  # afterwards, and after an error, all is drawn as before
    assert mt.get_rng_state()["state"] != before["state"]


def test_fans_under_pytorchs_name() -> None:
    assert nn.init._calculate_fan_in_and_fan_out(mt.empty(2, 3, 4)) == (12, 8)
