"""Cornell's minitorch, on its fast operations, which Numba compiles: the GPT's training step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..works import Work
from . import add_clone, parameters
from .adam import Adam

add_clone("minitorch")
import minitorch  # noqa: E402

Parameters = dict[str, Any]
BACKEND = minitorch.TensorBackend(minitorch.FastOps)


def tensor(array: Any) -> Any:
    return minitorch.Tensor.make(array.ravel().astype(float), array.shape, backend=BACKEND)


def linear(p: Parameters, name: str, x: Any) -> Any:
    return x @ p[f"{name}.weight"].value + p[f"{name}.bias"].value


def layer_norm(p: Parameters, name: str, x: Any) -> Any:
    centred = x - x.mean(1)
    variance = (centred * centred).mean(1) + 1e-5
    scale = (variance.log() * -0.5).exp()  # there is no square root
    return centred * scale * p[f"{name}.weight"].value + p[f"{name}.bias"].value


def attention(p: Parameters, name: str, shape: tuple[int, int, int], masked: Any, x: Any) -> Any:
    B, T, heads = shape
    width = x.shape[1] // heads

    def split(part: str) -> Any:
        """Return (batch · heads, T, width): products have three dimensions at most."""
        y = linear(p, f"{name}.{part}", x).view(B, T, heads, width)
        return y.permute(0, 2, 1, 3).contiguous().view(B * heads, T, width)

    q, k, v = map(split, ("query", "key", "value"))
    scores = q @ k.permute(0, 2, 1) * width**-0.5 + masked
    y = (minitorch.softmax(scores, 2) @ v).view(B, heads, T, width)
    y = y.permute(0, 2, 1, 3).contiguous().view(B * T, heads * width)
    return linear(p, f"{name}.output", y)


def training_step(work: Work, arrays: dict[str, Any]) -> Callable[[], float]:
    size = work.size
    assert size is not None
    p = {name: minitorch.Parameter(tensor(a)) for name, a in parameters.gpt(arrays).items()}
    optimizer = Adam([parameter.value._tensor._storage for parameter in p.values()])
    ids = arrays["data.ids"]
    B, T = ids.shape[0], ids.shape[1] - 1
    inputs, targets = (
        tensor(np.eye(size.vocab)[part.ravel()]) for part in (ids[:, :-1], ids[:, 1:])
    )
    masked = tensor(np.triu(np.full((1, T, T), -1e9), 1))

    def loss() -> Any:
        """The mean cross-entropy of each token but the first; x is (batch · T, width)."""
        x = inputs @ p["embedding.tokens.weight"].value
        positions = p["embedding.positions"].value.view(1, T, size.width)
        x = (x.view(B, T, size.width) + positions).view(B * T, size.width)
        for i in range(size.layers):
            block = f"blocks.{i}"
            h = layer_norm(p, f"{block}.add_attention.norm", x)
            x = x + attention(p, f"{block}.attention", (B, T, size.heads), masked, h)
            h = layer_norm(p, f"{block}.add_mlp.norm", x)
            x = x + linear(p, f"{block}.mlp.down", linear(p, f"{block}.mlp.up", h).relu())
        logits = layer_norm(p, "norm", x) @ p["output.weight"].value
        return -(minitorch.logsoftmax(logits, 1) * targets).sum() / (B * T)

    def run() -> float:
        for parameter in p.values():
            parameter.value.grad = None
        value = loss()
        value.view(1).backward()
        optimizer.step([parameter.value.grad.to_numpy().ravel() for parameter in p.values()])
        return float(value.item())

    return run
