"""How PyTorch's `nn.Transformer`, GPT-2 and BERT name and lay out the weights of a model.

They hold the same matrices as the models here, under other names. In a table of names, `{i}` is the
number of the block, and `*` stands for `weight` and for `bias`. Where one of their tensors holds
several of ours, as GPT-2's `c_attn` holds query, key and value, ours are listed in the order in
which they are stacked there, along the first axis (out_features).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from minitorch.autograd import Array

    from .models import BERT, GPT, Transformer

Tensors: TypeAlias = Mapping[str, Any]
"""Arrays by name, or anything that NumPy can read as arrays, such as a state_dict of PyTorch."""

NOTHING = r"(?!)"
"""A regular expression that matches no name."""


@dataclass(frozen=True)
class Layout:
    """The names and the orientation of another library's tensors.

    Attributes:
        names: for each name of theirs, ours: one, or several that theirs is stacked from.
        prefix: what may stand before their names.
        transposed: a regular expression for those of their names whose matrices are (in, out); ours
            are (out, in).
        ignored: a regular expression for those of their names that have no counterpart here.
        optional: a regular expression for those of our names that need not be among theirs; such a
            parameter stays as it is.
        also_named: pairs of endings: one that some checkpoints use, and the one in `names`.
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
    # Position ids, and the head that predicts whether one sentence follows another.
    ignored=r"embeddings\.position_ids|pooler\.|cls\.seq_relationship\.",
    also_named=(
        ("LayerNorm.gamma", "LayerNorm.weight"),
        ("LayerNorm.beta", "LayerNorm.bias"),
        ("predictions.bias", "predictions.decoder.bias"),
    ),
)

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


def _array(tensor: Any) -> Array | None:
    """Return a tensor as an array, or None if that is not possible."""
    try:
        array = np.asarray(tensor)
    except (ValueError, TypeError, RuntimeError):
        return None
    return array if array.dtype.kind == "f" else None


def _by_usual_names(tensors: Tensors, layout: Layout) -> dict[str, Any]:
    """Return the tensors under the names in the layout's table, without its prefix."""
    if not isinstance(tensors, Mapping):
        raise TypeError(f"weights are a dict of tensors by their names, not {tensors!r}")
    given: dict[str, Any] = {}
    for name, tensor in tensors.items():
        name = usual = str(name).removeprefix(layout.prefix)
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
    state = model.state_dict()
    own = {path: tuple(tensor.shape) for path, tensor in state.items()}
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
        array = _array(given.pop(theirs))
        if array is None:
            problems.append(f"{theirs} is no array of floating-point numbers")
            continue
        with np.errstate(over="ignore"):
            array = array.astype(state[ours[0]].numpy().dtype, copy=False)
        if not np.isfinite(array).all():
            problems.append(f"{theirs} holds NaN, infinite numbers, or too large ones")
            continue
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
    has_output = "output.weight" in own
    if has_output and model.config.tie_embeddings and "embedding.tokens.weight" in found:
        output = found.setdefault("output.weight", found["embedding.tokens.weight"])
        if not np.array_equal(output, found["embedding.tokens.weight"]):
            problems.append("the output's weights are not the embedding's, though they are tied")
    if problems:
        raise RuntimeError(
            f"these weights do not fit this {type(model).__name__}:\n\t" + "\n\t".join(problems)
        )
    return found
