"""The parameters and data that all sides start from, as arrays."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

import minitorch as mt
from minitorch import nn
from transformer import TransformerConfig
from transformer.model.models import BERT, GPT
from transformer.model.weights import bert_config
from transformer.tasks import Addition

from .works import MINILM, Size, Work

Arrays = dict[str, Any]


def gpt_config(size: Size) -> TransformerConfig:
    """Describe the GPT of a size to the library."""
    return TransformerConfig(
        vocab_size=size.vocab,
        d_model=size.width,
        n_heads=size.heads,
        n_layers=size.layers,
        d_ff=4 * size.width,
        dropout=0.0,
        pre_norm=True,
        positions="learned",
        max_length=size.context,
        tie_embeddings=False,
    )


def mlp(work: Work) -> nn.Sequential:
    """Return linear layers with relu between them."""
    _, *widths = work.mlp
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def arrays_of(work: Work) -> Arrays:
    """Return the first parameters, by their names in our models, and the data."""
    mt.manual_seed(0)
    rng = np.random.default_rng(0)
    if work.kind == "operation":
        return {"data.x": rng.standard_normal((4, 4), np.float32)}
    if work.kind == "addition_step":
        task = Addition()
        source, target = task.batch(task.training_config.batch_size, rng)
        model: nn.Module = task.model(task.model_config())
        data = {"data.source": source.numpy(), "data.target": target.numpy()}
    elif work.kind == "mlp_step":
        batch, inputs, *_, outputs = work.mlp
        model = mlp(work)
        x, y = (rng.standard_normal((batch, n), np.float32) for n in (inputs, outputs))
        data = {"data.x": x, "data.y": y}
    elif work.kind == "embedding":
        model = BERT(bert_config(MINILM), head=False)
        lengths = np.sort(rng.integers(6, 17, 1000))[:, None]  # tokens, [CLS] and [SEP] among them
        ids = rng.integers(1, MINILM["vocab_size"], (1000, 16))
        data = {"data.ids": np.where(np.arange(16) < lengths, ids, 0)}
    else:
        assert work.size is not None
        model = gpt = GPT(gpt_config(work.size))
        batch, length = work.size.batch, work.size.context + 1
        if work.kind == "generation":
            batch, length = work.tokens // (work.size.context - 1), 1
            gpt.output.weight.array[gpt.config.eos] = 0  # never the likeliest: all are written
        # No id is 0, which stands for padding.
        data = {"data.ids": rng.integers(1, work.size.vocab, (batch, length))}
    return {name: p.numpy() for name, p in model.state_dict().items()} | data


def batches(ids: Any) -> list[Any]:
    """Cut sentences, the shorter first, into batches of 32 that are as wide as their longest."""
    rows = [ids[start : start + 32] for start in range(0, len(ids), 32)]
    return [batch[:, : (batch != 0).sum(1).max()] for batch in rows]


def split(arrays: Arrays) -> tuple[Arrays, Arrays]:
    """Return the parameters and the data."""
    parameters = {name: a for name, a in arrays.items() if not name.startswith("data.")}
    data = {name.removeprefix("data."): a for name, a in arrays.items() if name not in parameters}
    return parameters, data
