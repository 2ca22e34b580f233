"""A pretrained encoder held wrong: no head to predict with, weights that do not fit."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from misuse import Misuse, check
from safetensors.numpy import save_file

import minitorch as mt
from transformer import BERT
from transformer.model.layouts import BERT_BASE
from transformer.model.layouts import _expand as expand
from transformer.model.weights import bert_config, from_pretrained, load_bert

CONFIG = {
    "model_type": "bert",
    "vocab_size": 7,
    "hidden_size": 4,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 8,
    "max_position_embeddings": 6,
}
ids = mt.tensor([[1, 2, 3]])


def bert(head: bool) -> BERT:
    return BERT(bert_config(CONFIG), head=head).eval()


def weights(head: bool) -> dict[str, Any]:
    state = bert(head).state_dict()
    return {
        name: np.ones(tuple(state[path].shape), np.float32)
        for name, (path,) in expand(BERT_BASE.names, 1)
        if path in state
    }


def encoder(changed: dict[str, Any] | None = None, **options: Any) -> Any:
    """Read a folder with the weights of an encoder alone, changed, and other options."""
    with tempfile.TemporaryDirectory() as name:
        tensors = {k: a for k, a in {**weights(False), **(changed or {})}.items() if a is not None}
        (Path(name) / "config.json").write_text(json.dumps({**CONFIG, **options}))
        save_file(tensors, Path(name) / "model.safetensors")
        return from_pretrained(name)


UP = "encoder.layer.0.intermediate.dense.weight"
BIAS = UP.replace("weight", "bias")
NAN = np.full((8, 4), np.nan, np.float32)

MISUSES = [
    Misuse("logits without a head", lambda: encoder()(ids), RuntimeError, r"no head .* encode\(ids\)"),
    Misuse("a loss without a head", lambda: encoder().loss(ids, ids), RuntimeError, "no head"),
    Misuse("logits of head=False", lambda: bert(False)(ids), RuntimeError, "no head .* head=False"),
    Misuse("to encode a list", lambda: encoder().encode([[1, 2]]), TypeError, "ids must be a Tensor"),
    Misuse("to encode too much", lambda: encoder().encode(mt.ones(1, 7).long()), ValueError, "7 tokens .* max_length=6"),
    Misuse("an unknown id to encode", lambda: encoder().encode(ids + 6), IndexError, "7"),
    Misuse("segments to encode of another shape", lambda: encoder().encode(ids, ids[:, :2]), ValueError, "segments have the shape"),
    Misuse("an encoder for a head", lambda: load_bert(bert(True), weights(False)), RuntimeError, "cls.predictions.transform.dense.weight is missing"),
    Misuse("a head for an encoder", lambda: load_bert(bert(False), weights(True)), RuntimeError, "cls.predictions.decoder.bias is not expected"),
    Misuse("an encoder with NaN", lambda: encoder({UP: NAN}), RuntimeError, "layer.0.intermediate.dense.weight holds NaN"),
    Misuse("an encoder without a layer", lambda: encoder(num_hidden_layers=2), RuntimeError, "holds 240 numbers, and a model .* has 308 or more"),
    Misuse("an encoder cut off", lambda: encoder({BIAS: None}), RuntimeError, "layer.0.intermediate.dense.bias is missing"),
    Misuse("an encoder that classifies", lambda: encoder({"classifier.weight": NAN}), RuntimeError, "classifier.weight is not expected"),
    Misuse("an encoder with a turned matrix", lambda: encoder({UP: np.ones((4, 8), np.float32)}), RuntimeError, r"shape \(4, 8\), but the model needs \(8, 4\)"),
]


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(misuse: Misuse) -> None:
    check(misuse)
