"""Pretrained weights: from PyTorch's `nn.Transformer`, and from Hugging Face's GPT-2 and BERT.

`from_pretrained` builds a GPT-2 or a BERT from the files that Hugging Face's `save_pretrained`
wrote. It takes three steps, each of which can be taken by itself: `gpt2_config` or `bert_config`
translates the configuration, the model is built from that, and `load_gpt2` or `load_bert`
translates the weights, by the tables of names in `layouts.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import minitorch as mt
from minitorch.nn.utils import skip_init

from .. import pretrained
from .config import TransformerConfig
from .layouts import BERT_BASE, GPT2, PYTORCH, Layout, Tensors, translate
from .models import BERT, GPT, Transformer

# ---------------------------------------------------------------------------------- into a model


def _load(model: Transformer | GPT | BERT, kind: type, tensors: Tensors, layout: Layout) -> None:
    """Give a model the tensors of another layout; the parameters that these lack stay."""
    if not isinstance(model, kind):
        raise TypeError(f"these weights are for a {kind.__name__}, not a {type(model).__name__}")
    found = translate(model, tensors, layout)
    kept = model.state_dict()
    model.load_state_dict({**kept, **{path: mt.from_numpy(a) for path, a in found.items()}})


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
    _load(model, Transformer, state_dict, PYTORCH)


def load_gpt2(model: GPT, tensors: Tensors) -> None:
    """Give a GPT the weights of a `GPT2LMHeadModel` or a `GPT2Model`; see `gpt2_config`.

    Raises:
        RuntimeError: tensors are missing, are not expected, or have another shape.
    """
    _load(model, GPT, tensors, GPT2)


def load_bert(model: BERT, tensors: Tensors) -> None:
    """Give a BERT the weights of a `BertForMaskedLM` or a `BertForPreTraining`; see `bert_config`.

    One that was built with `head=False` takes those of a `BertModel`; a pooler is left out.

    Raises:
        RuntimeError: tensors are missing, are not expected, or have another shape.
    """
    _load(model, BERT, tensors, BERT_BASE)


# -------------------------------------------------------------------------------- configurations


def _option(config: Mapping[str, Any], name: str, kind: type, default: Any = None) -> Any:
    """Return an option of a type, or the default where it is left out, if there is one."""
    if not isinstance(config, Mapping):
        raise ValueError(f"a configuration is a dict of options, not {config!r}")
    value = config.get(name, default)
    if value is None and name not in config:
        raise ValueError(f"{name} is missing")
    if kind is float and type(value) is int:
        return value
    if type(value) is not kind:
        raise ValueError(f"{name} must be of the type {kind.__name__}, and is {value!r}")
    return value


def _activation(config: Mapping[str, Any], name: str, known: Mapping[str, str]) -> str:
    """Translate the name of an activation function; the first that is known is the default."""
    value = config.get(name, next(iter(known)))
    if value not in [*known]:
        raise ValueError(f"{name}={value!r} is none of {', '.join(known)}")
    return known[value]


def _refuse(config: Mapping[str, Any], **needed: Any) -> None:
    """Raise a ValueError where an option has another value than the one that is needed here."""
    for name, value in needed.items():
        if config.get(name, value) != value:
            raise ValueError(f"{name}={config[name]!r} is not supported, only {value!r}")


def gpt2_config(config: Mapping[str, Any]) -> TransformerConfig:
    """Translate a `config.json` of GPT-2.

    GPT-2 has no padding token, and here pad=-1 then: the id -1 pads, and no token does. Some
    configurations call the token that ends or begins a text padding as well. It is not taken for
    that here, as a model that ignores the end token in its loss never learns to stop.

    Raises:
        ValueError: an option is missing, of another type, or has a value that is not supported.
    """
    option = partial(_option, config)
    d_model, vocab_size = option("n_embd", int), option("vocab_size", int)

    def token(name: str, default: int | None) -> int:
        """Return the id of a special token, or -1 if the vocabulary has none."""
        if config.get(name, default) is None:
            return -1
        i: int = option(name, int, default)
        return i if 0 <= i < vocab_size else -1

    pad, bos = token("pad_token_id", None), token("bos_token_id", 50256)
    eos = token("eos_token_id", 50256)
    _refuse(config, scale_attn_weights=True, scale_attn_by_inverse_layer_idx=False)
    _refuse(config, add_cross_attention=False)
    activations = {"gelu_new": "gelu_tanh", "gelu": "gelu", "relu": "relu"}
    return TransformerConfig(
        vocab_size=vocab_size,
        d_model=d_model,
        n_heads=option("n_head", int),
        n_layers=option("n_layer", int),
        d_ff=4 * d_model if config.get("n_inner") is None else option("n_inner", int),
        dropout=option("resid_pdrop", float, 0.1),
        activation=_activation(config, "activation_function", activations),
        pre_norm=True,
        norm_eps=option("layer_norm_epsilon", float, 1e-5),
        positions="learned",
        max_length=option("n_positions", int),
        tie_embeddings=option("tie_word_embeddings", bool, True),
        pad=-1 if pad in (bos, eos) else pad,
        bos=max(bos, 0),  # a GPT has no use for it
        eos=eos,
    )


def bert_config(config: Mapping[str, Any]) -> TransformerConfig:
    """Translate a `config.json` of BERT.

    It does not say which tokens begin and end a text. BERT needs neither, and both are set to the
    padding token.

    Raises:
        ValueError: an option is missing, of another type, or has a value that is not supported.
    """
    option = partial(_option, config)
    pad = option("pad_token_id", int, 0)
    _refuse(config, position_embedding_type="absolute", is_decoder=False)
    return TransformerConfig(
        vocab_size=option("vocab_size", int),
        d_model=option("hidden_size", int),
        n_heads=option("num_attention_heads", int),
        n_layers=option("num_hidden_layers", int),
        d_ff=option("intermediate_size", int),
        dropout=option("hidden_dropout_prob", float, 0.1),
        activation=_activation(config, "hidden_act", {"gelu": "gelu"}),
        norm_eps=option("layer_norm_eps", float, 1e-12),
        positions="learned",
        max_length=option("max_position_embeddings", int),
        n_segments=option("type_vocab_size", int, 2),
        tie_embeddings=option("tie_word_embeddings", bool, True),
        pad=pad,
        bos=pad,
        eos=pad,
    )


# --------------------------------------------------------------------- configuration and weights


def _check_size(config: TransformerConfig, tensors: Tensors) -> None:
    """Raise if a model of this configuration has more numbers than there are.

    Building it would take the more time and memory, the worse the two fit.
    """
    block = 4 * config.d_model**2 + 2 * config.d_model * config.d_ff
    embeddings = (config.vocab_size + config.max_length) * config.d_model
    needed = config.n_layers * block + embeddings
    given = sum(array.size for array in tensors.values())
    if needed > given:
        raise RuntimeError(
            f"it holds {given} numbers, and a model of this config.json has {needed} or more"
        )


def from_pretrained(directory: str | Path) -> GPT | BERT:
    """Build the GPT-2 or BERT that was saved in a directory, in evaluation mode.

    A BERT whose weights come without the head for masked words, such as a `BertModel`'s, is built
    without one: its `encode` gives the last hidden states, and its `forward` raises.

    Args:
        directory: with `config.json`, and `model.safetensors` or several such files with their
            index, as Hugging Face's `save_pretrained` writes them; see `pretrained.py`.

    Raises:
        FileNotFoundError: one of the files is missing; OSError: it cannot be read.
        ValueError: the model is neither, or has an option that is not supported here.
        RuntimeError: a file is damaged, or holds dtypes that NumPy lacks, such as F8_E4M3; tensors
            are missing, are not expected, have another shape, or hold NaN.
    """
    if not isinstance(directory, (str, Path)):
        raise TypeError(f"from_pretrained: directory must be a path, not {directory!r}")
    about = Path(directory) / "config.json"
    config = pretrained.read(about, pretrained.json_object)
    kind = config.get("model_type")
    if kind not in ("gpt2", "bert"):
        raise ValueError(f"{about}: a model of type {kind!r}; gpt2 and bert can be read")
    ends = pretrained.end_tokens(Path(directory))
    weights, tensors = pretrained.weights(Path(directory))
    try:
        config = {**config, "eos_token_id": ends[0]} if ends else config
        ours = gpt2_config(config) if kind == "gpt2" else bert_config(config)
    except ValueError as error:
        raise ValueError(f"{about}: {error}") from error
    try:
        _check_size(ours, tensors)
        has_head = any("cls.predictions." in name for name in tensors)
        model = skip_init(GPT, ours) if kind == "gpt2" else BERT(ours, head=has_head)
        if isinstance(model, GPT):
            load_gpt2(model, tensors)
        else:
            load_bert(model, tensors)
    except RuntimeError as error:
        raise RuntimeError(f"{weights}: {error}") from error
    return model.eval()
