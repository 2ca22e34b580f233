"""TinyTorch, of the book Machine Learning Systems: the MLP's training step."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

from ..works import Work
from . import add_clone, parameters

add_clone("TinyTorch")
with redirect_stdout(sys.stderr):  # it greets
    from tinytorch import SGD, Linear, MSELoss, ReLU, Tensor


def mlp_step(work: Work, arrays: dict[str, Any]) -> Callable[[], float]:
    layers = []
    for weight, bias in parameters.mlp(arrays):
        layer = Linear(*weight.shape)
        layer.weight.data, layer.bias.data = weight, bias
        layers.append(layer)
    relu, criterion = ReLU(), MSELoss()
    optimizer = SGD([p for layer in layers for p in layer.parameters()], lr=0.1)
    x, y = Tensor(arrays["data.x"]), Tensor(arrays["data.y"])

    def run() -> float:
        h = layers[0](x)
        for layer in layers[1:]:
            h = layer(relu(h))
        loss = criterion(h, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.data)

    return run
