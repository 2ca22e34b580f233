"""HIPS autograd: the GPT's training step.

Identifiers are made one-hot and multiplied: the gradient of an index is `np.add.at`, which takes as
long as all the rest of the step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as np
from autograd import value_and_grad

from ..works import Work
from . import parameters
from .adam import Adam

Arrays = dict[str, Any]


def one_hot(ids: Any, vocab: int) -> Any:
    return np.eye(vocab, dtype=np.float32)[ids.ravel()]


def linear(p: Arrays, name: str, x: Any) -> Any:
    return np.dot(x, p[f"{name}.weight"]) + p[f"{name}.bias"]


def layer_norm(p: Arrays, name: str, x: Any) -> Any:
    centred = x - np.mean(x, -1, keepdims=True)
    deviation = np.sqrt(np.mean(centred * centred, -1, keepdims=True) + 1e-5)
    return centred / deviation * p[f"{name}.weight"] + p[f"{name}.bias"]


def softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x, -1, keepdims=True))
    return e / np.sum(e, -1, keepdims=True)


def log_softmax(x: Any) -> Any:
    x = x - np.max(x, -1, keepdims=True)
    return x - np.log(np.sum(np.exp(x), -1, keepdims=True))


def attention(p: Arrays, name: str, shape: tuple[int, int, int], masked: Any, x: Any) -> Any:
    B, T, heads = shape
    q, k, v = (
        np.swapaxes(np.reshape(linear(p, f"{name}.{part}", x), (B, T, heads, -1)), 1, 2)
        for part in ("query", "key", "value")
    )
    scores = np.matmul(q, np.swapaxes(k, -1, -2)) / q.shape[-1] ** 0.5
    y = np.matmul(softmax(scores + masked), v)
    return linear(p, f"{name}.output", np.reshape(np.swapaxes(y, 1, 2), (B * T, -1)))


def loss(p: Arrays, ids: Any, layers: int, heads: int) -> Any:
    """The mean cross-entropy of each token but the first; x is (batch · T, width)."""
    B, T = ids.shape[0], ids.shape[1] - 1
    vocab, width = p["embedding.tokens.weight"].shape
    inputs, targets = one_hot(ids[:, :-1], vocab), one_hot(ids[:, 1:], vocab)
    masked = np.triu(np.full((T, T), -1e9, np.float32), 1)
    x = np.dot(inputs, p["embedding.tokens.weight"])
    x = np.reshape(np.reshape(x, (B, T, width)) + p["embedding.positions"][:T], (B * T, width))
    for i in range(layers):
        block = f"blocks.{i}"
        h = layer_norm(p, f"{block}.add_attention.norm", x)
        x = x + attention(p, f"{block}.attention", (B, T, heads), masked, h)
        h = layer_norm(p, f"{block}.add_mlp.norm", x)
        x = x + linear(p, f"{block}.mlp.down", np.maximum(linear(p, f"{block}.mlp.up", h), 0))
    logits = np.dot(layer_norm(p, "norm", x), p["output.weight"])
    return -np.sum(log_softmax(logits) * targets) / (B * T)


def training_step(work: Work, arrays: Arrays) -> Callable[[], float]:
    size = work.size
    assert size is not None
    p = parameters.gpt(arrays)
    compute = value_and_grad(loss)
    optimizer = Adam(list(p.values()))
    ids = arrays["data.ids"]

    def run() -> float:
        value, gradients = compute(p, ids, size.layers, size.heads)
        optimizer.step([gradients[name] for name in p])
        return float(value)

    return run
