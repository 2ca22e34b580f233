"""micrograd, on single numbers: the training step of a very small MLP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from micrograd import nn

from ..works import Work
from . import parameters


def mlp_step(work: Work, arrays: dict[str, Any]) -> Callable[[], float]:
    layers = parameters.mlp(arrays)
    model = nn.MLP(len(layers[0][0]), [len(bias) for _, bias in layers])
    for layer, (weight, bias) in zip(model.layers, layers, strict=True):
        for neuron, column, b in zip(layer.neurons, weight.T.tolist(), bias.tolist(), strict=True):
            neuron.b.data = b
            for w, value in zip(neuron.w, column, strict=True):
                w.data = value
    examples = list(zip(arrays["data.x"].tolist(), arrays["data.y"][:, 0].tolist(), strict=True))

    def run() -> float:
        loss = sum((model(x) - y) ** 2 for x, y in examples) / len(examples)
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= 0.1 * p.grad
        return float(loss.data)

    return run
