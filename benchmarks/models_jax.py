"""The GPT in JAX, as pure functions of its parameters."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

Parameters = dict[str, Any]


def linear(p: Parameters, name: str, x: Any) -> Any:
    return x @ p[f"{name}.weight"].T + p[f"{name}.bias"]


def layer_norm(p: Parameters, name: str, x: Any) -> Any:
    centred = x - x.mean(-1, keepdims=True)
    scale = jax.lax.rsqrt((centred * centred).mean(-1, keepdims=True) + 1e-5)
    return centred * scale * p[f"{name}.weight"] + p[f"{name}.bias"]


def attention(p: Parameters, name: str, heads: int, x: Any) -> Any:
    B, T, width = x.shape
    q, k, v = (
        linear(p, f"{name}.{part}", x).reshape(B, T, heads, width // heads)
        for part in ("query", "key", "value")
    )
    y = jax.nn.dot_product_attention(q, k, v, is_causal=True)
    return linear(p, f"{name}.output", y.reshape(B, T, width))


def loss(p: Parameters, ids: Any, layers: int, heads: int) -> Any:
    """The mean cross-entropy of each token but the first."""
    inputs, targets = ids[:, :-1], ids[:, 1:]
    x = p["embedding.tokens.weight"][inputs] + p["embedding.positions"][: inputs.shape[1]]
    for i in range(layers):
        block = f"blocks.{i}"
        h = layer_norm(p, f"{block}.add_attention.norm", x)
        x = x + attention(p, f"{block}.attention", heads, h)
        h = layer_norm(p, f"{block}.add_mlp.norm", x)
        x = x + linear(p, f"{block}.mlp.down", jax.nn.relu(linear(p, f"{block}.mlp.up", h)))
    logits = layer_norm(p, "norm", x) @ p["output.weight"].T
    log_p = jax.nn.log_softmax(logits)
    return -jnp.take_along_axis(log_p, targets[..., None], -1).mean()


def adam(
    p: Parameters, g: Parameters, m: Parameters, v: Parameters, t: Any, lr: float
) -> tuple[Parameters, Parameters, Parameters]:
    """Kingma and Ba's step, with PyTorch's defaults."""
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
    a, b = 1 - 0.9**t, 1 - 0.999**t
    p = jax.tree.map(lambda p, m, v: p - lr * (m / a) / (jnp.sqrt(v / b) + 1e-8), p, m, v)
    return p, m, v
