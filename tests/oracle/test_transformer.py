"""The Transformer family, held to PyTorch: outputs and gradients agree to 1e-10 in float64."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import minitorch as mt
from minitorch.testing import assert_close
from transformer import BERT, GPT, Transformer, TransformerConfig
from transformer.model.layouts import PYTORCH, translate
from transformer.model.rotary import RotaryPositions
from transformer.model.weights import load_pytorch

VOCAB, D_MODEL, HEADS, LAYERS, D_FF = 11, 16, 4, 2, 24
SOURCE = [[3, 4, 5, 6, 7], [8, 9, 10, 0, 0]]
TARGET = [[1, 5, 6, 2], [1, 7, 2, 0]]


@pytest.fixture(autouse=True)
def _float64() -> Iterator[None]:
    mt.set_default_dtype(mt.float64)
    mt.manual_seed(0)
    torch.manual_seed(0)
    yield
    mt.set_default_dtype(mt.float32)


def assert_equal(got: Any, expected: Any) -> None:
    assert_close(got, expected.detach().numpy(), rtol=1e-10, atol=1e-10)


class PyTorchModel(torch.nn.Module):
    """`nn.Transformer` between an embedding and a generator, as PyTorch's tutorials have it."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(VOCAB, D_MODEL)
        self.transformer = torch.nn.Transformer(
            D_MODEL, HEADS, LAYERS, LAYERS, D_FF, 0.0, batch_first=True, **options
        )
        self.generator = torch.nn.Linear(D_MODEL, VOCAB, bias=False)
        self.double()
        for p in self.parameters():  # so that no bias is 0 and no scale 1
            torch.nn.init.normal_(p, std=0.4)

    def vectors(self, ids: torch.Tensor) -> torch.Tensor:
        position = torch.arange(ids.shape[1], dtype=torch.float64)[:, None]
        rate = torch.exp(
            torch.arange(0, D_MODEL, 2, dtype=torch.float64) * (-math.log(10000.0) / D_MODEL)
        )
        waves = torch.stack([torch.sin(position * rate), torch.cos(position * rate)], -1).flatten(1)
        return self.embedding(ids) * math.sqrt(D_MODEL) + waves

    def forward(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        x = self.transformer(
            self.vectors(source),
            self.vectors(target),
            tgt_mask=~torch.ones(target.shape[1], target.shape[1], dtype=torch.bool).tril(),
            src_key_padding_mask=source == 0,
            memory_key_padding_mask=source == 0,
        )
        return self.generator(x)


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("pre_norm", [False, True], ids=["post-norm", "pre-norm"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_nn_transformer(pre_norm: bool, bias: bool, activation: str) -> None:
    theirs = PyTorchModel(norm_first=pre_norm, bias=bias, activation=activation)
    config = TransformerConfig(
        VOCAB, D_MODEL, HEADS, n_layers=LAYERS, d_ff=D_FF, dropout=0.0, activation=activation,
        pre_norm=pre_norm, final_norm=True, bias=bias, max_length=8, tie_embeddings=False,
    )  # fmt: skip
    ours = Transformer(config)
    load_pytorch(ours, theirs.state_dict())

    source, target = torch.tensor(SOURCE), torch.tensor(TARGET)
    logits = theirs(source, target[:, :-1])
    assert_equal(ours(mt.tensor(SOURCE), mt.tensor(TARGET)[:, :-1]), logits)

    their_loss = F.cross_entropy(
        logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=0, label_smoothing=0.1
    )
    their_loss.backward()
    loss = ours.loss(mt.tensor(SOURCE), mt.tensor(TARGET), label_smoothing=0.1)
    loss.backward()
    assert_equal(loss, their_loss)
    gradients = {name: p.grad for name, p in theirs.named_parameters()}
    expected = translate(ours, gradients, PYTORCH)
    got = {name: p.grad for name, p in ours.named_parameters()}
    assert got.keys() == expected.keys()
    for name in got:
        assert_close(got[name], expected[name], rtol=1e-10, atol=1e-10)


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
def test_nn_transformer_alone_leaves_embedding_and_output_as_they_are() -> None:
    theirs = PyTorchModel().transformer
    config = TransformerConfig(
        VOCAB, D_MODEL, HEADS, n_layers=LAYERS, d_ff=D_FF, dropout=0.0, final_norm=True
    )
    ours = Transformer(config)
    before = ours.embedding.tokens.weight.array.copy()
    load_pytorch(ours, theirs.state_dict())
    assert_close(ours.embedding.tokens.weight, before, rtol=0, atol=0)
    source, target = (torch.randn(2, n, D_MODEL, dtype=torch.float64) for n in (5, 4))
    causal = ~torch.ones(4, 4, dtype=torch.bool).tril()
    memory = ours.encoder(mt.from_numpy(source.numpy()))
    got = ours.decoder(mt.from_numpy(target.numpy()), memory)
    assert_equal(got, theirs(source, target, tgt_mask=causal))


# ------------------------------------------------------------------------------- every variation


class Reference:
    """The three models written with PyTorch's functions, over a state_dict of ours."""

    def __init__(self, state: dict[str, torch.Tensor], config: TransformerConfig) -> None:
        self.state, self.config = state, config

    def linear(self, path: str, x: Any) -> Any:
        return F.linear(x, self.state[f"{path}.weight"], self.state.get(f"{path}.bias"))

    def norm(self, path: str, x: Any) -> Any:
        size, weight = [self.config.d_model], self.state[f"{path}.weight"]
        if self.config.norm == "rms":
            return F.rms_norm(x, size, weight, self.config.norm_eps)
        return F.layer_norm(x, size, weight, self.state.get(f"{path}.bias"), self.config.norm_eps)

    def angles(self, T: int, size: int, theta: float = 10000.0) -> Any:
        rate = theta ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
        return torch.arange(T, dtype=torch.float64)[:, None] * rate

    def rotated(self, x: Any) -> Any:
        pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)))
        angle = self.angles(x.shape[2], x.shape[3], self.config.rope_theta)
        return torch.view_as_real(pairs * torch.polar(torch.ones_like(angle), angle)).flatten(-2)

    def attention(self, path: str, x: Any, memory: Any = None, **masks: Any) -> Any:
        over = x if memory is None else memory
        kv_heads = self.config.n_kv_heads or self.config.n_heads

        def heads(name: str, x: Any, n: int) -> Any:
            return self.linear(f"{path}.{name}", x).unflatten(-1, (n, -1)).transpose(1, 2)

        q = heads("query", x, self.config.n_heads)
        k, v = heads("key", over, kv_heads), heads("value", over, kv_heads)
        if self.config.positions == "rotary" and memory is None:
            q, k = self.rotated(q), self.rotated(k)
        y = F.scaled_dot_product_attention(q, k, v, enable_gqa=True, **masks)
        return self.linear(f"{path}.output", y.transpose(1, 2).flatten(2))

    def mlp(self, path: str, x: Any) -> Any:
        up = self.linear(f"{path}.up", x)
        hidden = {
            "relu": lambda: F.relu(up),
            "gelu": lambda: F.gelu(up),
            "gelu_tanh": lambda: F.gelu(up, approximate="tanh"),
            "swiglu": lambda: F.silu(self.linear(f"{path}.gate", x)) * up,
        }[self.config.activation]()
        return self.linear(f"{path}.down", hidden)

    def embed(self, ids: Any) -> Any:
        x, T = self.state["embedding.tokens.weight"][ids], ids.shape[1]
        if self.config.positions == "learned":
            x = x + self.state["embedding.positions"][:T]
        if self.config.positions == "sinusoidal":
            angle = self.angles(T, self.config.d_model)
            waves = torch.stack([angle.sin(), angle.cos()], -1).flatten(1)
            x = x * math.sqrt(self.config.d_model) + waves
        return x

    def stack(
        self, path: str, x: Any, memory: Any = None, own: Any = None, over: Any = None
    ) -> Any:
        """The blocks under a path, and the norm after them; masks for itself and the memory."""
        sublayers: dict[str, Any] = {
            "attention" if memory is None else "self_attention": {**(own or {})},
            **({} if memory is None else {"cross_attention": {"memory": memory, **over}}),
            "mlp": None,
        }
        for i in range(self.config.n_layers):
            for name, options in sublayers.items():
                block = f"{path}blocks.{i}"
                box = f"{block}.add_{name}.norm"
                y = self.norm(box, x) if self.config.pre_norm else x
                if options is None:
                    y = self.mlp(f"{block}.mlp", y)
                else:
                    y = self.attention(f"{block}.{name}", y, **options)
                x = x + y if self.config.pre_norm else self.norm(box, x + y)
        return self.norm(f"{path}norm", x) if self.config.pre_norm else x

    def gpt(self, ids: Any) -> Any:
        x = self.stack("", self.embed(ids), own={"is_causal": True})
        return self.linear("output", x)

    def bert(self, ids: Any) -> Any:
        mask = {"attn_mask": (ids != 0)[:, None, None]}
        x = self.stack("encoder.", self.norm("embedding.norm", self.embed(ids)), own=mask)
        x = self.norm("norm", F.gelu(self.linear("transform", x)))
        return self.linear("output", x)

    def encoder_decoder(self, source: Any, target: Any) -> Any:
        mask = {"attn_mask": (source != 0)[:, None, None]}
        memory = self.stack("encoder.", self.embed(source), own=mask)
        x = self.stack("decoder.", self.embed(target), memory, {"is_causal": True}, mask)
        return self.linear("output", x)


VARIATIONS: list[dict[str, Any]] = [
    {},
    {"n_heads": 1},
    {"n_kv_heads": 2},
    {"n_kv_heads": 1},
    {"pre_norm": True},
    {"norm": "rms"},
    {"norm": "rms", "pre_norm": True, "norm_eps": 1e-2},
    {"activation": "gelu"},
    {"activation": "gelu_tanh"},
    {"activation": "swiglu"},
    {"positions": "learned"},
    {"positions": "rotary"},
    {"positions": "rotary", "rope_theta": 3.0},
    {"d_head": 6},
    {"n_heads": 2, "n_kv_heads": 1, "d_head": 10, "positions": "rotary"},
    {"tie_embeddings": False},
    {"bias": False},
    {"bias": False, "activation": "swiglu", "norm": "rms", "positions": "rotary", "n_kv_heads": 2},
]


every_variation = pytest.mark.parametrize(
    "changes", VARIATIONS, ids=lambda c: ",".join(map(str, c.values())) or "-"
)


def both(kind: Any, changes: dict[str, Any]) -> tuple[Any, Reference]:
    """Build a model of ours, with random parameters, and PyTorch's reference that shares them."""
    sizes = {"d_model": 16, "n_heads": 4, "n_layers": 2, "d_ff": 24, "dropout": 0.0}
    config = TransformerConfig(VOCAB, **{**sizes, "max_length": 8, **changes})
    model = kind(config)
    rng = np.random.default_rng(0)
    for p in model.parameters():
        p.array[...] = 0.4 * rng.standard_normal(p.shape)
    state = {
        name: torch.tensor(p.array, requires_grad=True) for name, p in model.named_parameters()
    }
    if config.tie_embeddings:
        state["output.weight"] = state["embedding.tokens.weight"]
    return model, Reference(state, config)


def assert_same_gradients(model: Any, loss: Any, reference: Reference, their_loss: Any) -> None:
    assert_equal(loss, their_loss)
    loss.backward()
    their_loss.backward()
    for name, p in model.named_parameters():
        assert p.grad is not None, name
        assert_equal(p.grad, reference.state[name].grad)


@every_variation
def test_each_variation_of_a_gpt(changes: dict[str, Any]) -> None:
    model, reference = both(GPT, changes)
    ids = np.random.default_rng(1).integers(1, VOCAB, (3, 7))
    logits = reference.gpt(torch.tensor(ids))
    assert_equal(model(mt.from_numpy(ids)), logits)
    expected = F.cross_entropy(logits[:, :-1].flatten(0, 1), torch.tensor(ids[:, 1:]).flatten())
    assert_same_gradients(model, model.loss(mt.from_numpy(ids)), reference, expected)


@every_variation
def test_each_variation_of_a_bert(changes: dict[str, Any]) -> None:
    model, reference = both(BERT, changes)
    rng = np.random.default_rng(1)
    ids, targets = rng.integers(1, VOCAB, (2, 3, 7))
    ids[0, 5:] = targets[0, 5:] = targets[1, :4] = 0
    logits = reference.bert(torch.tensor(ids))
    assert_equal(model(mt.from_numpy(ids)), logits)
    expected = F.cross_entropy(
        logits.flatten(0, 1), torch.tensor(targets).flatten(), ignore_index=0
    )
    loss = model.loss(mt.from_numpy(ids), mt.from_numpy(targets))
    assert_same_gradients(model, loss, reference, expected)


@every_variation
def test_each_variation_of_an_encoder_decoder(changes: dict[str, Any]) -> None:
    model, reference = both(Transformer, changes)
    source, target = torch.tensor(SOURCE), torch.tensor(TARGET)
    logits = reference.encoder_decoder(source, target[:, :-1])
    assert_equal(model(mt.tensor(SOURCE), mt.tensor(TARGET)[:, :-1]), logits)
    expected = F.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=0)
    assert_same_gradients(
        model, model.loss(mt.tensor(SOURCE), mt.tensor(TARGET)), reference, expected
    )


@pytest.mark.parametrize("theta", [10000.0, 3.0])
def test_rotary_positions_turn_complex_numbers(theta: float) -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 8))
    rate = theta ** (-torch.arange(0, 8, 2, dtype=torch.float64) / 8)
    angle = torch.arange(4, 9, dtype=torch.float64)[:, None] * rate
    pairs = torch.view_as_complex(torch.tensor(x).unflatten(-1, (-1, 2)))
    turned = torch.view_as_real(pairs * torch.polar(torch.ones_like(angle), angle)).flatten(-2)
    assert_equal(RotaryPositions(16, 8, theta)(mt.from_numpy(x), start=4), turned)
