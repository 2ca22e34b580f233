"""tinygrad on the CPU: the GPT's training step, the whole of it compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygrad import Context, Tensor, TinyJit, nn

from ..works import Work
from . import parameters

Parameters = dict[str, Any]


def linear(p: Parameters, name: str, x: Any) -> Any:
    return x.linear(p[f"{name}.weight"], p[f"{name}.bias"])


def layer_norm(p: Parameters, name: str, x: Any) -> Any:
    return x.layernorm(eps=1e-5) * p[f"{name}.weight"] + p[f"{name}.bias"]


def attention(p: Parameters, name: str, heads: int, x: Any) -> Any:
    B, T, width = x.shape
    q, k, v = (
        linear(p, f"{name}.{part}", x).reshape(B, T, heads, width // heads).transpose(1, 2)
        for part in ("query", "key", "value")
    )
    y = q.scaled_dot_product_attention(k, v, is_causal=True)
    return linear(p, f"{name}.output", y.transpose(1, 2).reshape(B, T, width))


def loss(p: Parameters, ids: Any, layers: int, heads: int) -> Any:
    """The mean cross-entropy of each token but the first."""
    inputs, targets = ids[:, :-1], ids[:, 1:]
    x = p["embedding.tokens.weight"][inputs] + p["embedding.positions"][: inputs.shape[1]]
    for i in range(layers):
        block = f"blocks.{i}"
        h = layer_norm(p, f"{block}.add_attention.norm", x)
        x = x + attention(p, f"{block}.attention", heads, h)
        h = layer_norm(p, f"{block}.add_mlp.norm", x)
        x = x + linear(p, f"{block}.mlp.down", linear(p, f"{block}.mlp.up", h).relu())
    logits = layer_norm(p, "norm", x) @ p["output.weight"]
    return logits.sparse_categorical_crossentropy(targets)


def training_step(work: Work, arrays: dict[str, Any]) -> Callable[[], float]:
    size = work.size
    assert size is not None
    p = {name: Tensor(a) for name, a in parameters.gpt(arrays).items()}
    optimizer = nn.optim.Adam(list(p.values()), lr=1e-3)
    ids = Tensor(arrays["data.ids"])

    @TinyJit
    @Context(TRAINING=1)
    def step() -> Tensor:
        optimizer.zero_grad()
        value = loss(p, ids, size.layers, size.heads)
        value.backward()
        return value.realize(*optimizer.schedule_step())

    return lambda: float(step().item())
