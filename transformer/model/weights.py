"""Weights that others trained: PyTorch's `nn.Transformer`, and GPT-2 and BERT from Hugging Face.

They hold the same matrices as the models here, under other names. The tables below give our name
for each of theirs. `{i}` is the number of the block, and `*` stands for `weight` and `bias`. Where
several of ours stand beside one of theirs, theirs is these, one below the other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

import minitorch as mt
from minitorch.autograd import Array

from .config import TransformerConfig
from .models import BERT, GPT, Transformer

Tensors = Mapping[str, Any]
"""Arrays, or what NumPy can see as such, by name: a state_dict of PyTorch is one."""

NOTHING = r"(?!)"
"""A pattern that no name matches."""


@dataclass(frozen=True)
class Layout:
    """How others lay out a model.

    Attributes:
        names: ours for each of theirs.
        prefix: stands before their names, or does not.
        transposed: a pattern; weights whose names it matches are (in, out), not (out, in).
        ignored: a pattern; tensors whose names it matches have no counterpart here.
        optional: a pattern; of ours that it matches, those that they do not have stay as they are.
        also_named: endings of names that some checkpoints have, and the ones in their place here.
    """

    names: Mapping[str, str | tuple[str, ...]]
    prefix: str = ""
    transposed: str = NOTHING
    ignored: str = NOTHING
    optional: str = NOTHING
    also_named: tuple[tuple[str, str], ...] = ()


PYTORCH = Layout(
    names={
        "embedding.weight": "embedding.tokens.weight",
        "generator.weight": "output.weight",
        "encoder.layers.{i}.self_attn.in_proj_*": (
            "encoder.blocks.{i}.attention.query.*",
            "encoder.blocks.{i}.attention.key.*",
            "encoder.blocks.{i}.attention.value.*",
        ),
        "encoder.layers.{i}.self_attn.out_proj.*": "encoder.blocks.{i}.attention.output.*",
        "encoder.layers.{i}.norm1.*": "encoder.blocks.{i}.add_attention.norm.*",
        "encoder.layers.{i}.linear1.*": "encoder.blocks.{i}.mlp.up.*",
        "encoder.layers.{i}.linear2.*": "encoder.blocks.{i}.mlp.down.*",
        "encoder.layers.{i}.norm2.*": "encoder.blocks.{i}.add_mlp.norm.*",
        "encoder.norm.*": "encoder.norm.*",
        "decoder.layers.{i}.self_attn.in_proj_*": (
            "decoder.blocks.{i}.self_attention.query.*",
            "decoder.blocks.{i}.self_attention.key.*",
            "decoder.blocks.{i}.self_attention.value.*",
        ),
        "decoder.layers.{i}.self_attn.out_proj.*": "decoder.blocks.{i}.self_attention.output.*",
        "decoder.layers.{i}.norm1.*": "decoder.blocks.{i}.add_self_attention.norm.*",
        "decoder.layers.{i}.multihead_attn.in_proj_*": (
            "decoder.blocks.{i}.cross_attention.query.*",
            "decoder.blocks.{i}.cross_attention.key.*",
            "decoder.blocks.{i}.cross_attention.value.*",
        ),
        "decoder.layers.{i}.multihead_attn.out_proj.*": (
            "decoder.blocks.{i}.cross_attention.output.*",
        ),
        "decoder.layers.{i}.norm2.*": "decoder.blocks.{i}.add_cross_attention.norm.*",
        "decoder.layers.{i}.linear1.*": "decoder.blocks.{i}.mlp.up.*",
        "decoder.layers.{i}.linear2.*": "decoder.blocks.{i}.mlp.down.*",
        "decoder.layers.{i}.norm3.*": "decoder.blocks.{i}.add_mlp.norm.*",
        "decoder.norm.*": "decoder.norm.*",
    },
    prefix="transformer.",
    optional=r"embedding\.|output\.",
)

GPT2 = Layout(
    names={
        "wte.weight": "embedding.tokens.weight",
        "wpe.weight": "embedding.positions",
        "h.{i}.ln_1.*": "blocks.{i}.add_attention.norm.*",
        "h.{i}.attn.c_attn.*": (
            "blocks.{i}.attention.query.*",
            "blocks.{i}.attention.key.*",
            "blocks.{i}.attention.value.*",
        ),
        "h.{i}.attn.c_proj.*": "blocks.{i}.attention.output.*",
        "h.{i}.ln_2.*": "blocks.{i}.add_mlp.norm.*",
        "h.{i}.mlp.c_fc.*": "blocks.{i}.mlp.up.*",
        "h.{i}.mlp.c_proj.*": "blocks.{i}.mlp.down.*",
        "ln_f.*": "norm.*",
        "lm_head.weight": "output.weight",
    },
    prefix="transformer.",
    transposed=r"h\.\d+\.(attn|mlp)\.",
    ignored=r"h\.\d+\.attn\.(masked_)?bias$",  # the causal mask
)

BERT_BASE = Layout(
    names={
        "embeddings.word_embeddings.weight": "embedding.tokens.weight",
        "embeddings.position_embeddings.weight": "embedding.positions",
        "embeddings.token_type_embeddings.weight": "embedding.segments.weight",
        "embeddings.LayerNorm.*": "embedding.norm.*",
        "encoder.layer.{i}.attention.self.query.*": "encoder.blocks.{i}.attention.query.*",
        "encoder.layer.{i}.attention.self.key.*": "encoder.blocks.{i}.attention.key.*",
        "encoder.layer.{i}.attention.self.value.*": "encoder.blocks.{i}.attention.value.*",
        "encoder.layer.{i}.attention.output.dense.*": "encoder.blocks.{i}.attention.output.*",
        "encoder.layer.{i}.attention.output.LayerNorm.*": "encoder.blocks.{i}.add_attention.norm.*",
        "encoder.layer.{i}.intermediate.dense.*": "encoder.blocks.{i}.mlp.up.*",
        "encoder.layer.{i}.output.dense.*": "encoder.blocks.{i}.mlp.down.*",
        "encoder.layer.{i}.output.LayerNorm.*": "encoder.blocks.{i}.add_mlp.norm.*",
        "cls.predictions.transform.dense.*": "transform.*",
        "cls.predictions.transform.LayerNorm.*": "norm.*",
        "cls.predictions.decoder.weight": "output.weight",
        "cls.predictions.decoder.bias": "output.bias",
    },
    prefix="bert.",
    # The numbers of the positions, and what says whether a sentence follows upon another.
    ignored=r"embeddings\.position_ids|pooler\.|cls\.seq_relationship\.",
    also_named=(
        ("LayerNorm.gamma", "LayerNorm.weight"),
        ("LayerNorm.beta", "LayerNorm.bias"),
        ("predictions.bias", "predictions.decoder.bias"),
    ),
)


# --------------------------------------------------------------------------------- into a model


def load_pytorch(model: Transformer, state_dict: Tensors) -> None:
    """Give a Transformer the weights of PyTorch's `nn.Transformer`.

    The model needs the same sizes, and `final_norm=True`: PyTorch's has a norm after the last block
    even with post-norm. It starts at vectors and ends at vectors. An `embedding.weight` and a
    `generator.weight` beside it, as in PyTorch's tutorials, are taken too; without them those of
    the model stay as they are.

    Args:
        model: is changed, unless an error is raised.
        state_dict: of an `nn.Transformer`, or of a module that has one as its `transformer`.

    Raises:
        RuntimeError: tensors are missing, are not expected, or have another shape.
    """
    _load(model, state_dict, PYTORCH)


def load_gpt2(model: GPT, tensors: Tensors) -> None:
    """Give a GPT the weights of a `GPT2LMHeadModel` or a `GPT2Model`; see `gpt2_config`.

    Raises:
        RuntimeError: tensors are missing, are not expected, or have another shape.
    """
    _load(model, tensors, GPT2)


def load_bert(model: BERT, tensors: Tensors) -> None:
    """Give a BERT the weights of a `BertForMaskedLM` or a `BertForPreTraining`; see `bert_config`.

    Raises:
        RuntimeError: tensors are missing, are not expected, or have another shape.
    """
    _load(model, tensors, BERT_BASE)


def from_pretrained(directory: str | Path) -> GPT | BERT:
    """Build the GPT-2 or BERT that was saved in a directory, ready to be used.

    Args:
        directory: with `config.json` and `model.safetensors`, as Hugging Face's `save_pretrained`
            writes them.

    Raises:
        FileNotFoundError: one of them is not there.
        ValueError: the model is another, or has an option that there is not here.
        RuntimeError: tensors are missing, are not expected, or have another shape.
    """
    directory = Path(directory)
    config = json.loads((directory / "config.json").read_text())
    tensors = load_file(directory / "model.safetensors")
    kind = config.get("model_type")
    if kind == "gpt2":
        gpt = GPT(gpt2_config(config))
        load_gpt2(gpt, tensors)
        return gpt.eval()
    if kind == "bert":
        bert = BERT(bert_config(config))
        load_bert(bert, tensors)
        return bert.eval()
    raise ValueError(f"{directory} holds a model of type {kind!r}; gpt2 and bert can be read")


# ------------------------------------------------------------------------------ configurations


def gpt2_config(config: Mapping[str, Any]) -> TransformerConfig:
    """Return the configuration for a `config.json` of GPT-2.

    GPT-2 has no padding of its own. Where its configuration names none, the end token serves, as is
    usual: one at the beginning of a prompt of several tokens is then read as padding.

    Raises:
        ValueError: it has an option that there is not here.
    """
    _refuse(config, scale_attn_weights=True, scale_attn_by_inverse_layer_idx=False)
    _refuse(config, add_cross_attention=False)
    activations = {"gelu_new": "gelu_tanh", "gelu": "gelu", "relu": "relu"}
    eos = config.get("eos_token_id", 50256)
    pad = config.get("pad_token_id")
    return TransformerConfig(
        vocab_size=config["vocab_size"],
        d_model=config["n_embd"],
        n_heads=config["n_head"],
        n_layers=config["n_layer"],
        d_ff=config.get("n_inner") or 4 * config["n_embd"],
        dropout=config.get("resid_pdrop", 0.1),
        activation=_activation(config.get("activation_function", "gelu_new"), activations),
        pre_norm=True,
        norm_eps=config.get("layer_norm_epsilon", 1e-5),
        positions="learned",
        max_length=config["n_positions"],
        tie_embeddings=config.get("tie_word_embeddings", True),
        pad=eos if pad is None else pad,
        bos=config.get("bos_token_id", 50256),
        eos=eos,
    )


def bert_config(config: Mapping[str, Any]) -> TransformerConfig:
    """Return the configuration for a `config.json` of BERT.

    It does not say which tokens begin and end a text; BERT has no use for that, and both are set to
    padding.

    Raises:
        ValueError: it has an option that there is not here.
    """
    _refuse(config, position_embedding_type="absolute", is_decoder=False)
    pad = config.get("pad_token_id", 0)
    return TransformerConfig(
        vocab_size=config["vocab_size"],
        d_model=config["hidden_size"],
        n_heads=config["num_attention_heads"],
        n_layers=config["num_hidden_layers"],
        d_ff=config["intermediate_size"],
        dropout=config.get("hidden_dropout_prob", 0.1),
        activation=_activation(config.get("hidden_act", "gelu"), {"gelu": "gelu"}),
        norm_eps=config.get("layer_norm_eps", 1e-12),
        positions="learned",
        max_length=config["max_position_embeddings"],
        n_segments=config.get("type_vocab_size", 2),
        tie_embeddings=config.get("tie_word_embeddings", True),
        pad=pad,
        bos=pad,
        eos=pad,
    )


def _activation(name: str, known: Mapping[str, str]) -> str:
    if name not in known:
        raise ValueError(f"the activation {name!r} is none of {', '.join(known)}")
    return known[name]


def _refuse(config: Mapping[str, Any], **needed: Any) -> None:
    """Raise where an option has another value than the one that the models here have."""
    for name, value in needed.items():
        if config.get(name, value) != value:
            raise ValueError(f"{name}={config[name]!r} cannot be had; only {value!r}")


# ------------------------------------------------------------------------------- the translation


def _load(model: Transformer | GPT | BERT, tensors: Tensors, layout: Layout) -> None:
    found = translate(model, tensors, layout)
    kept = model.state_dict()
    model.load_state_dict({**kept, **{path: mt.from_numpy(a) for path, a in found.items()}})


def translate(
    model: Transformer | GPT | BERT, tensors: Tensors, layout: Layout
) -> dict[str, Array]:
    """Return the tensors of another layout under our names.

    Args:
        model: says which tensors there have to be, and of which shapes.
        tensors: by their names.
        layout: what these are.

    Raises:
        RuntimeError: tensors are missing, are not expected, or have another shape. The message
            names all of them.
    """
    given = _by_usual_names(tensors, layout)
    own = {path: tuple(tensor.shape) for path, tensor in model.state_dict().items()}
    problems = []
    strangers = {*own}
    found: dict[str, Array] = {}
    for theirs, ours in _expand(layout.names, model.config.n_layers):
        ours = tuple(path for path in ours if path in own)
        if not ours:  # the model was configured without it
            continue
        strangers -= {*ours}
        tied = ours == ("output.weight",) and model.config.tie_embeddings
        if theirs not in given:
            if not tied and not re.match(layout.optional, ours[0]):
                problems.append(f"{theirs} is missing")
            continue
        array = np.asarray(given.pop(theirs))
        transposed = array.ndim == 2 and re.match(layout.transposed, theirs)
        rows = sum(own[path][0] for path in ours)
        shape = (rows, *own[ours[0]][1:])
        if (array.T if transposed else array).shape != shape:
            problems.append(
                f"{theirs} has the shape {array.shape}, but the model needs "
                f"{shape[::-1] if transposed else shape}"
            )
            continue
        stops = np.cumsum([own[path][0] for path in ours])[:-1]
        found |= zip(ours, np.split(array.T if transposed else array, stops), strict=True)
    problems += [f"{path}, which the model has, is not among them" for path in sorted(strangers)]
    problems += [f"{name} is not expected" for name in given if not re.match(layout.ignored, name)]
    if model.config.tie_embeddings and "embedding.tokens.weight" in found:
        output = found.setdefault("output.weight", found["embedding.tokens.weight"])
        if not np.array_equal(output, found["embedding.tokens.weight"]):
            problems.append("the output's weights are not the embedding's, as tie_embeddings says")
    if problems:
        raise RuntimeError(
            f"these weights do not fit this {type(model).__name__}:\n\t" + "\n\t".join(problems)
        )
    return found


def _expand(
    names: Mapping[str, str | tuple[str, ...]], n_layers: int
) -> list[tuple[str, tuple[str, ...]]]:
    """Write out the `{i}` and the `*` of a table."""
    return [
        (
            theirs.replace("{i}", str(i)).replace("*", kind),
            tuple(path.replace("{i}", str(i)).replace("*", kind) for path in ours),
        )
        for theirs, ours in ((t, (o,) if isinstance(o, str) else o) for t, o in names.items())
        for i in (range(n_layers) if "{i}" in theirs else [0])
        for kind in (("weight", "bias") if "*" in theirs else ("",))
    ]


def _by_usual_names(tensors: Tensors, layout: Layout) -> dict[str, Any]:
    """Return the tensors without the prefix, and under the name that the table has."""
    given: dict[str, Any] = {}
    for name, tensor in tensors.items():
        name = usual = name.removeprefix(layout.prefix)
        for ending, present in layout.also_named:
            if name.endswith(ending):
                usual = name.removesuffix(ending) + present
        if usual == name or usual not in given:
            given[usual] = tensor
    return given
