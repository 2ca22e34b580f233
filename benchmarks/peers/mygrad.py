"""MyGrad: the GPT's training step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mygrad as mg
import numpy as np
from mygrad import nnet

from ..works import Work
from . import parameters
from .adam import Adam

Parameters = dict[str, Any]

# "to squeeze out performance": it then no longer locks the arrays of a graph against writing.
mg.turn_memory_guarding_off()


def linear(p: Parameters, name: str, x: Any) -> Any:
    return mg.matmul(x, p[f"{name}.weight"]) + p[f"{name}.bias"]


def layer_norm(p: Parameters, name: str, x: Any) -> Any:
    centred = x - mg.mean(x, -1, keepdims=True)
    deviation = mg.sqrt(mg.mean(mg.square(centred), -1, keepdims=True) + np.float32(1e-5))
    return centred / deviation * p[f"{name}.weight"] + p[f"{name}.bias"]


def attention(p: Parameters, name: str, shape: tuple[int, int, int], masked: Any, x: Any) -> Any:
    B, T, heads = shape
    q, k, v = (
        mg.swapaxes(mg.reshape(linear(p, f"{name}.{part}", x), (B, T, heads, -1)), 1, 2)
        for part in ("query", "key", "value")
    )
    scores = mg.matmul(q, mg.swapaxes(k, -1, -2)) * np.float32(q.shape[-1] ** -0.5)
    y = mg.matmul(nnet.softmax(scores + masked), v)
    return linear(p, f"{name}.output", mg.reshape(mg.swapaxes(y, 1, 2), (B * T, -1)))


def loss(p: Parameters, ids: Any, layers: int, heads: int) -> Any:
    """The mean cross-entropy of each token but the first; x is (batch · T, width)."""
    B, T = ids.shape[0], ids.shape[1] - 1
    inputs, targets = ids[:, :-1], ids[:, 1:].reshape(-1)
    masked = np.triu(np.full((T, T), -1e9, np.float32), 1)
    x = p["embedding.tokens.weight"][inputs] + p["embedding.positions"][:T]
    x = mg.reshape(x, (B * T, -1))
    for i in range(layers):
        block = f"blocks.{i}"
        h = layer_norm(p, f"{block}.add_attention.norm", x)
        x = x + attention(p, f"{block}.attention", (B, T, heads), masked, h)
        h = layer_norm(p, f"{block}.add_mlp.norm", x)
        x = x + linear(p, f"{block}.mlp.down", nnet.relu(linear(p, f"{block}.mlp.up", h)))
    logits = mg.matmul(layer_norm(p, "norm", x), p["output.weight"])
    return nnet.softmax_crossentropy(logits, targets)


def training_step(work: Work, arrays: dict[str, Any]) -> Callable[[], float]:
    size = work.size
    assert size is not None
    p = {name: mg.tensor(a) for name, a in parameters.gpt(arrays).items()}
    optimizer = Adam([tensor.data for tensor in p.values()])
    ids = arrays["data.ids"]

    def run() -> float:
        value = loss(p, ids, size.layers, size.heads)
        value.backward()
        optimizer.step([tensor.grad for tensor in p.values()])
        return float(value)

    return run
