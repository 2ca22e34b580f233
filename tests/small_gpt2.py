"""A small GPT-2 in a folder of Hugging Face's layout, which writes what a test wants it to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from transformer.text.bpe import PRINTABLE
from transformer.text.gpt2 import END

MERGES = [("t", "h"), ("th", "e"), ("Ġ", "the"), ("a", "a"), ("aa", "aa")]
VOCAB = {c: i for i, c in enumerate([*PRINTABLE, *(a + b for a, b in MERGES), END])}
END_ID = VOCAB[END]
CONFIG = {
    "model_type": "gpt2",
    "vocab_size": len(VOCAB),
    "n_embd": len(VOCAB) + 2,
    "n_head": 2,
    "n_layer": 1,
    "n_inner": 4,
    "n_positions": 12,
    "bos_token_id": END_ID,
    "eos_token_id": END_ID,
    "tie_word_embeddings": False,
}


def tensors(after: Sequence[int]) -> dict[str, Any]:
    """Return the weights of a model that surely follows each of these tokens by the next of them.

    Attention and MLP add nothing. The vector of a token is 1 in a place of its own, and the output
    layer looks there: the logit of the next token is some 2,000, those of the others are below 0.
    """
    d = CONFIG["n_embd"]
    assert isinstance(d, int)
    shapes = {
        "h.0.attn.c_attn.weight": (d, 3 * d),
        "h.0.attn.c_attn.bias": (3 * d,),
        "h.0.attn.c_proj.weight": (d, d),
        "h.0.mlp.c_fc.weight": (d, 4),
        "h.0.mlp.c_fc.bias": (4,),
        "h.0.mlp.c_proj.weight": (4, d),
        "wpe.weight": (12, d),
        "lm_head.weight": (len(VOCAB), d),
    }
    for name in ("h.0.attn.c_proj", "h.0.mlp.c_proj", "h.0.ln_1", "h.0.ln_2", "ln_f"):
        shapes[f"{name}.bias"] = (d,)
    found = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    found["wte.weight"] = np.eye(len(VOCAB), d, dtype=np.float32)
    for name in ("h.0.ln_1", "h.0.ln_2", "ln_f"):
        found[f"{name}.weight"] = np.ones(d, np.float32)
    for token, following in pairwise(after):
        found["lm_head.weight"][following, token] += 100
    return found


def write(directory: Path, after: Sequence[int] = (), **changes: Any) -> Path:
    """Write config.json, model.safetensors, vocab.json and merges.txt; return the folder.

    Args:
        directory: is made.
        after: see `tensors`.
        changes: to the configuration.
    """
    directory.mkdir()
    (directory / "config.json").write_text(json.dumps({**CONFIG, **changes}))
    save_file(tensors(after), directory / "model.safetensors")
    (directory / "vocab.json").write_text(json.dumps(VOCAB), encoding="utf-8")
    lines = ["#version: 0.2", *(f"{a} {b}" for a, b in MERGES)]
    (directory / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return directory
