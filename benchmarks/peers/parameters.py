"""The parameters of the works, arranged as the peers multiply: x @ weight + bias."""

from __future__ import annotations

from typing import Any

import numpy as np

Arrays = dict[str, Any]


def gpt(arrays: Arrays) -> Arrays:
    """Return the GPT's, each weight (inputs, outputs)."""
    tables = ("embedding.tokens.weight", "embedding.positions")
    return {
        name: np.ascontiguousarray(a.T) if a.ndim == 2 and name not in tables else a
        for name, a in arrays.items()
        if not name.startswith("data.")
    }


def mlp(arrays: Arrays) -> list[tuple[Any, Any]]:
    """Return the weight and the bias of each layer, from input to output."""
    prefixes = [name.removesuffix(".weight") for name in arrays if name.endswith(".weight")]
    return [
        (np.ascontiguousarray(arrays[f"{i}.weight"].T), arrays[f"{i}.bias"]) for i in prefixes
    ]
