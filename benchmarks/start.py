"""The parameters and data that all sides start from, as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

import minitorch as mt
from minitorch import nn
from transformer import TransformerConfig
from transformer.model.models import GPT
from transformer.tasks import Addition

from .works import Size, Work

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


def split(arrays: Arrays) -> tuple[Arrays, Arrays]:
    """Return the parameters and the data."""
    parameters = {name: a for name, a in arrays.items() if not name.startswith("data.")}
    data = {name.removeprefix("data."): a for name, a in arrays.items() if name not in parameters}
    return parameters, data
