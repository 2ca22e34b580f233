"""The lines of our own Python behind each box of the figure, taken from the objects that run.

So they are never out of date. Their docstrings are left out: the page says in words what happens.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minitorch.fused.attention import ATTENTION, attention_weights
from minitorch.fused.cross_entropy import CROSS_ENTROPY
from minitorch.fused.layer_norm import LAYER_NORM
from minitorch.fused.linear import LINEAR
from minitorch.fused.softmax import SOFTMAX
from minitorch.ops.rms_norm import rms_norm

from ...decoding.beam import beam_search, length_penalty
from ...decoding.sampling import chooser, stream
from ...model.attention import MultiHeadAttention
from ...model.cache import LayerCache
from ...model.decoder import DecoderBlock
from ...model.embedding import Embedding, sinusoidal_positions
from ...model.encoder import Block
from ...model.masks import causal_mask, decoder_mask, padding_mask
from ...model.mlp import MLP, SwiGLU
from ...model.models import BERT, GPT, Transformer
from ...model.rotary import RotaryPositions
from ...tasks import Characters, Model
from ...tasks.architectures import ARCHITECTURES
from ..asking import architecture

PACKAGES = Path(__file__).parents[3]  # the directory of minitorch/ and transformer/


def _without_docstring(text: str) -> str:
    """Return a function's lines without its docstring and the empty lines behind it."""
    function = ast.parse(text).body[0]
    assert isinstance(function, (ast.FunctionDef, ast.ClassDef))
    if ast.get_docstring(function) is None:
        return text
    first, lines = function.body[0], text.splitlines(keepends=True)
    return "".join(lines[: first.lineno - 1]) + "".join(lines[first.end_lineno :]).lstrip("\n")


def excerpt(function: Callable[..., Any]) -> dict[str, Any]:
    """Return a function's file, its first line there, and its text; nothing where there is no file.

    >>> print(excerpt(length_penalty)["text"], end="")
    def length_penalty(length: Array, alpha: float) -> Array:
        return ((5 + length) / 6) ** alpha
    """
    function = inspect.unwrap(function)
    try:
        lines, start = inspect.getsourcelines(function)
    except (OSError, TypeError):  # typed into an interpreter
        return {}
    path = Path(inspect.getfile(function))
    file = path.relative_to(PACKAGES).as_posix() if path.is_relative_to(PACKAGES) else path.name
    text = _without_docstring(textwrap.dedent("".join(lines)))
    return {"file": file, "line": start, "text": text}


def sources(task: Any, model: Model) -> dict[str, list[dict[str, Any]]]:
    """Return, for each kind of box, the functions that this model runs there, the outermost first.

    Of an operation that has a fast kernel, its definition is shown, which computes the same.
    """
    positions, norm = model.config.positions, model.config.norm
    two_sides = isinstance(model, Transformer)
    mlp = next(layer for layer in model.modules() if isinstance(layer, (MLP, SwiGLU)))
    functions: dict[str, list[Callable[..., Any]]] = {
        "tokens": [type(task).as_source, type(task.tokenizer).encode],
        "embedding": [Embedding.forward],
        "attention": [MultiHeadAttention.forward, ATTENTION.definition, attention_weights],
        "add_norm": [Block.forward, rms_norm if norm == "rms" else LAYER_NORM.definition],
        "mlp": [type(mlp).forward],
        "output": [Transformer.decode if two_sides else type(model).forward, LINEAR.definition],
        "probabilities": [SOFTMAX.definition],
        "mask": [decoder_mask, causal_mask] if isinstance(model, GPT) else [padding_mask],
        "loss": [type(model).loss, CROSS_ENTROPY.definition],
    }
    if not isinstance(task, Characters):
        functions["tokens"].append(type(ARCHITECTURES[architecture(task)]).prompt)
    if positions == "sinusoidal":
        functions["embedding"].append(sinusoidal_positions)
    if positions == "rotary":
        functions["attention"].append(RotaryPositions.forward)
    if two_sides:
        functions["add_norm"].insert(1, DecoderBlock.forward)
        functions["mask"] += [decoder_mask, causal_mask]
    if not isinstance(model, BERT):
        functions |= {
            "cache": [type(model).step, LayerCache.append],
            "greedy": [stream, chooser],
            "beam": [beam_search, length_penalty],
        }
    return {
        box: [found for function in listed if (found := excerpt(function))]
        for box, listed in functions.items()
    }
