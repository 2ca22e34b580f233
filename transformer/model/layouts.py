"""How PyTorch's `nn.Transformer`, GPT-2 and BERT name and lay out the weights of a model.

They hold the same matrices as the models here, under other names. In a table of names, `{i}` is the
number of the block, and `*` stands for `weight` and for `bias`. Where one of their tensors holds
several of ours, as GPT-2's `c_attn` holds query, key and value, ours are listed in the order in
which they are stacked there, along the first axis (out_features).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
