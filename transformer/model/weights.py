"""Pretrained weights: from PyTorch's `nn.Transformer`, and from Hugging Face's GPT-2 and BERT.

`from_pretrained` builds a GPT-2 or a BERT from the files that Hugging Face's `save_pretrained`
wrote. It takes three steps, each of which can be taken by itself: `gpt2_config` or `bert_config`
translates the configuration, the model is built from that, and `load_gpt2` or `load_bert`
translates the weights, by the tables of names in `layouts.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from safetensors.numpy import load_file

import minitorch as mt

from .config import TransformerConfig
from .layouts import BERT_BASE, GPT2, PYTORCH, Layout
from .models import BERT, GPT, Transformer

if TYPE_CHECKING:
    from minitorch.autograd import Array

Tensors: TypeAlias = Mapping[str, Any]
"""Arrays by name, or anything that NumPy can read as arrays, such as a state_dict of PyTorch."""

# ------------------------------------------------------------------------------- the translation


def _expand(
    names: Mapping[str, str | tuple[str, ...]], n_layers: int
) -> list[tuple[str, tuple[str, ...]]]:
    """List (their name, our names) for each tensor: a table with `{i}` and `*` written out."""
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
    """Return the tensors under the names in the layout's table, without its prefix."""
    given: dict[str, Any] = {}
    for name, tensor in tensors.items():
        name = usual = name.removeprefix(layout.prefix)
        for ending, present in layout.also_named:
            if name.endswith(ending):
                usual = name.removesuffix(ending) + present
        if usual == name or usual not in given:
            given[usual] = tensor
    return given


def translate(
    model: Transformer | GPT | BERT, tensors: Tensors, layout: Layout
) -> dict[str, Array]:
    """Return the tensors of another layout as arrays under our names, in our orientation.

    Args:
        model: its state_dict says which tensors are needed, and their shapes.
        tensors: by their names in the layout.
        layout: describes these names.

    Returns:
        arrays by our names. Parameters that the layout calls optional may be missing.

    Raises:
        RuntimeError: tensors are missing, are not expected, or have another shape. The message
            names all of them.
    """
    given = _by_usual_names(tensors, layout)
    own = {path: tuple(tensor.shape) for path, tensor in model.state_dict().items()}
    problems = []
    unmatched = {*own}
    found: dict[str, Array] = {}
    for theirs, ours in _expand(layout.names, model.config.n_layers):
        ours = tuple(path for path in ours if path in own)
        if not ours:  # the model was configured without it
            continue
        unmatched -= {*ours}
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
    problems += [f"{path}, which the model has, is not among them" for path in sorted(unmatched)]
    problems += [f"{name} is not expected" for name in given if not re.match(layout.ignored, name)]
    if model.config.tie_embeddings and "embedding.tokens.weight" in found:
        output = found.setdefault("output.weight", found["embedding.tokens.weight"])
        if not np.array_equal(output, found["embedding.tokens.weight"]):
            problems.append("the output's weights are not the embedding's, though they are tied")
    if problems:
        raise RuntimeError(
            f"these weights do not fit this {type(model).__name__}:\n\t" + "\n\t".join(problems)
        )
    return found


def _load(model: Transformer | GPT | BERT, tensors: Tensors, layout: Layout) -> None:
    """Give a model the tensors of another layout; the parameters that these lack stay."""
    found = translate(model, tensors, layout)
    kept = model.state_dict()
    model.load_state_dict({**kept, **{path: mt.from_numpy(a) for path, a in found.items()}})


# ---------------------------------------------------------------------------------- into a model


def load_pytorch(model: Transformer, state_dict: Tensors) -> None:
    """Give a Transformer the weights of PyTorch's `nn.Transformer`.

    The model needs the same sizes, and `final_norm=True`: PyTorch's has a norm after the last block
    even with post-norm. An `nn.Transformer` has no embedding and no output layer. Where the
    state_dict has them beside it, as `embedding.weight` and `generator.weight` (the names of
    PyTorch's tutorials), they are loaded too; otherwise those of the model stay as they are.

    Args:
        model: changed in place; not at all if an error is raised.
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


# -------------------------------------------------------------------------------- configurations


def _activation(name: str, known: Mapping[str, str]) -> str:
    """Translate the name of an activation function."""
    if name not in known:
        raise ValueError(f"the activation {name!r} is none of {', '.join(known)}")
    return known[name]


def _refuse(config: Mapping[str, Any], **needed: Any) -> None:
    """Raise a ValueError where an option has another value than the one that is needed here."""
    for name, value in needed.items():
        if config.get(name, value) != value:
            raise ValueError(f"{name}={config[name]!r} is not supported, only {value!r}")


def gpt2_config(config: Mapping[str, Any]) -> TransformerConfig:
    """Translate a `config.json` of GPT-2.

    GPT-2 has no padding token. Where the configuration names none, the end token serves as one, as
    is usual: at the beginning of a prompt of several tokens it is then read as padding.

    Raises:
        ValueError: an option has a value that is not supported here.
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
    """Translate a `config.json` of BERT.

    It does not say which tokens begin and end a text. BERT needs neither, and both are set to the
    padding token.

    Raises:
        ValueError: an option has a value that is not supported here.
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


# --------------------------------------------------------------------- configuration and weights


def from_pretrained(directory: str | Path) -> GPT | BERT:
    """Build the GPT-2 or BERT that was saved in a directory, in evaluation mode.

    Args:
        directory: with `config.json` and `model.safetensors`, as Hugging Face's `save_pretrained`
            writes them.

    Raises:
        FileNotFoundError: one of the two files is missing.
        ValueError: the model is neither, or has an option that is not supported here.
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
