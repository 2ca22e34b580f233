"""What the tests of the page's arithmetic compare with: models, questions and their answers."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

import minitorch as mt
from minitorch.autograd import Array
from transformer import BERT, GPT, Transformer, TransformerConfig
from transformer.explain import trace

KINDS: dict[str, Any] = {"Transformer": Transformer, "GPT": GPT, "BERT": BERT}

# What each variant changes of a small model; `left` and `right` count the <pad> of its inputs.
VARIANTS: dict[str, dict[str, Any]] = {
    "as in the paper": {},
    "pre-norm": {"pre_norm": True},
    "pre-norm without a final norm": {"pre_norm": True, "final_norm": False},
    "post-norm with a final norm": {"final_norm": True},
    "learned positions, GELU, not tied": {
        "positions": "learned", "activation": "gelu", "tie_embeddings": False,
    },
    "as GPT-2": {
        "pre_norm": True, "positions": "learned", "activation": "gelu_tanh", "pad": -1,
        "left": 2, "right": 1,
    },
    "as Llama": {
        "pre_norm": True, "positions": "rotary", "activation": "swiglu", "norm": "rms",
        "bias": False, "n_kv_heads": 2, "tie_embeddings": False, "rope_theta": 100.0,
    },
    "one head of keys": {"n_kv_heads": 1, "positions": "rotary", "left": 1},
    "heads wider than d_model / n_heads": {"d_head": 6, "pre_norm": True, "n_kv_heads": 2},
    "RMSNorm after each sublayer": {"norm": "rms", "norm_eps": 1e-3, "final_norm": True},
    "no biases": {"bias": False, "pre_norm": True},
    "segments": {"n_segments": 2, "positions": "learned"},
    "padding on the left": {"left": 2, "pre_norm": True},
    "padding on the right": {"right": 2},
    "padding on both sides": {"left": 1, "right": 2, "positions": "learned"},
    "nothing but padding": {"left": 5},
}  # fmt: skip


def randomised(model: Any, seed: int) -> Any:
    """Draw every parameter in float32, so that no bias is 0 and no scale 1; compute in float64."""
    rng = np.random.default_rng(seed)
    with mt.no_grad():
        for p in model.parameters():
            p.array[...] = 0.4 * rng.standard_normal(p.shape) + (p.ndim == 1)
    return model.double().eval()


def entry(array: Any, dtype: str = "<f8") -> dict[str, Any]:
    """An array as a page has it: its shape, and its numbers in base64."""
    array = np.ascontiguousarray(array, dtype)
    return {"shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


def model_payload(model: Any) -> dict[str, Any]:
    """The fields of a page's data that say what the model is."""
    config = model.config
    d_head = config.d_model // config.n_heads if config.d_head is None else config.d_head
    buffers = {
        path: buffer
        for path, buffer in model.named_buffers()
        if path.endswith(("positions", ".cos", ".sin"))
    }
    return {
        "kind": type(model).__name__,
        "config": asdict(config)
        | {
            "n_kv_heads": config.n_kv_heads or config.n_heads,
            "d_head": d_head,
            "final_norm": config.pre_norm if config.final_norm is None else config.final_norm,
        },
        "parameters": sum(p.numel() for p in model.parameters()),
        "weights": {
            path: entry(tensor.detach().numpy(), "<f4")
            for path, tensor in (model.state_dict() | buffers).items()
        },
    }


def without_batch(name: str, array: Array) -> Array:
    """The activation of a batch of one text; positions, which texts share, have no such axis."""
    shared = "embedding.positions" in name and array.ndim == 2
    return array if shared else array[0]


def traced(model: Any, *inputs: Sequence[int]) -> dict[str, Any]:
    """Every named intermediate of a model that reads these ids."""
    with mt.no_grad(), trace(model) as t:
        model(*(mt.tensor([list(ids)]) for ids in inputs))
    return {name: entry(without_batch(name, array)) for name, array in t.named().items()}


def variant(kind: str, name: str, seed: int) -> dict[str, Any]:
    """A small random model of a kind, what it reads, and all that it computes."""
    changes = dict(VARIANTS[name])
    left, right = changes.pop("left", 0), changes.pop("right", 0)
    config = TransformerConfig(
        **{
            "vocab_size": 11, "d_model": 16, "n_heads": 4, "n_layers": 2, "d_ff": 20,
            "dropout": 0.0, "max_length": 12, **changes,
        }
    )  # fmt: skip
    model = randomised(KINDS[kind](config), seed)
    rng = np.random.default_rng(seed)

    def ids(n: int) -> list[int]:
        text = rng.integers(3, 11, n).tolist()
        return [config.pad] * left + text[: n - left - right] + [config.pad] * right

    read = {"source": ids(5), "target": ids(6)} if kind == "Transformer" else {"ids": ids(6)}
    return {
        "name": f"{kind}, {name}",
        "model": model_payload(model),
        "inputs": read,
        "trace": traced(model, *read.values()),
    }
