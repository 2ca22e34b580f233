"""The configuration of a model: all that is needed to build the same one again."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..fields import Allowed, Interval, check_fields

ALLOWED: dict[str, Allowed] = {
    "vocab_size": Interval(1, 10**7),
    "d_model": Interval(1, 2**15),
    "n_heads": Interval(1, 2**15),
    "n_kv_heads": Interval(1, 2**15),
    "d_head": Interval(1, 2**15),
    "n_layers": Interval(1, 1000),
    "d_ff": Interval(1, 10**6),
    "dropout": Interval(0, 1, "[)"),
    "activation": ("relu", "gelu", "gelu_tanh", "swiglu"),
    "norm": ("layer", "rms"),
    "norm_eps": Interval(0, 1),
    "positions": ("sinusoidal", "learned", "rotary"),
    "rope_theta": Interval(1, 10**9),
    "max_length": Interval(1, 10**7),
    "n_segments": Interval(0, 1000),
    **dict.fromkeys(("pad", "eos"), Interval(-1, 10**7)),
    "bos": Interval(0, 10**7),
}
MOST_PARAMETERS = 10**10


@dataclass(frozen=True)
class TransformerConfig:
    """The sizes of a model and the choice between its variants; the defaults are the paper's base.

    These descriptions are also what `transformer train --help` says of each flag.

    Attributes:
        vocab_size: the number of tokens; source and target share one vocabulary.
        d_model: the size of a token's vector.
        n_heads: attention heads; must divide d_model, unless d_head is given.
        n_kv_heads: heads of keys and values, each shared by a group of query heads (see
            `attention.py`); must divide n_heads. None: as many as there are query heads.
        d_head: the dimensions of a head's queries, keys and values. None: d_model / n_heads.
        n_layers: blocks; in an encoder–decoder, so many on each of its two sides.
        d_ff: the width of the MLP's hidden layer.
        dropout: the probability that an element is set to 0 in training.
        activation: of the MLP's hidden layer: "relu", "gelu", "gelu_tanh" (the approximation that
            GPT-2 uses) or "swiglu" (see `mlp.py`).
        pre_norm: normalise before each sublayer instead of after it (see `add_norm.py`).
        norm: "layer" for LayerNorm, "rms" for RMSNorm (see `add_norm.py`).
        norm_eps: added to the variance (RMSNorm: to the mean square) before its root is taken.
        final_norm: normalise once more after the last block. None: where pre_norm is set, which
            needs it.
        positions: how a token knows its position: "sinusoidal", "learned" or "rotary" (see
            `embedding.py`).
        rope_theta: θ, the base of rotary positions: the pair i of a head's dimensions turns once
            in 2π · θ^(2i / d_head) positions (see `rotary.py`).
        max_length: the most positions: the longest sequence that the model reads, in tokens.
        n_segments: how many kinds of text an input is made of, each with a learned vector of its
            own; BERT has two, a first and a second sentence.
        tie_embeddings: weight tying: the output layer uses the embedding's matrix.
        bias: give linear layers and LayerNorms a bias, a learned constant that they add.
        pad, bos, eos: the ids of `<pad>`, `<s>` and `</s>`. A vocabulary may lack `<pad>`, as
            GPT-2's does: with pad=-1, the id -1 fills shorter sequences up. It may lack `</s>` too:
            with eos=-1, a text goes on until its greatest length.

    What fits no machine is refused before anything is allocated. The upper bounds, in `ALLOWED`,
    are 1,000 layers and segments, 32,768 dimensions and heads, 1,000,000 for d_ff, 10,000,000
    tokens and positions, and 10,000,000,000 numbers in all of the model's matrices.

    Raises:
        ValueError: a value is of another type, out of range or unknown, or two do not fit together.
    """

    vocab_size: int
    d_model: int = 512
    n_heads: int = 8
    n_kv_heads: int | None = None
    d_head: int | None = field(default=None, kw_only=True)
    n_layers: int = 6
    d_ff: int = 2048
    dropout: float = 0.1
    activation: str = "relu"
    pre_norm: bool = False
    norm: str = "layer"
    norm_eps: float = 1e-5
    final_norm: bool | None = None
    positions: str = "sinusoidal"
    rope_theta: float = field(default=10000.0, kw_only=True)
    max_length: int = 512
    n_segments: int = 0
    tie_embeddings: bool = True
    bias: bool = True
    pad: int = 0
    bos: int = 1
    eos: int = 2

    def __post_init__(self) -> None:
        check_fields(self, ALLOWED)
        if self.d_head is None and self.d_model % self.n_heads:
            raise ValueError(
                f"d_model={self.d_model} cannot be divided evenly among n_heads={self.n_heads}: "
                "each head gets d_model / n_heads dimensions, unless d_head says how many"
            )
        d_head = self.d_model // self.n_heads if self.d_head is None else self.d_head
        if self.n_kv_heads is not None and self.n_heads % self.n_kv_heads:
            raise ValueError(
                f"n_heads={self.n_heads} cannot be divided evenly among "
                f"n_kv_heads={self.n_kv_heads}: each head of keys and values serves a group of "
                "n_heads / n_kv_heads query heads"
            )
        if self.positions == "rotary" and d_head % 2:
            given = "d_model / n_heads" if self.d_head is None else "d_head"
            raise ValueError(
                f"rotary positions turn pairs of a head's dimensions, but {given} = {d_head} is odd"
            )
        for name in ("pad", "bos", "eos"):
            value = getattr(self, name)
            if value >= self.vocab_size:
                raise ValueError(f"{name}={value} is not an id below {self.vocab_size}")
        rows = self.vocab_size + self.max_length
        block = 4 * self.n_heads * d_head + 2 * self.d_ff  # numbers for each of d_model dimensions
        parameters = self.d_model * (rows + self.n_layers * block)
        if parameters > MOST_PARAMETERS:
            heads = "" if self.d_head is None else f", n_heads={self.n_heads}, d_head={d_head}"
            raise ValueError(
                f"vocab_size={self.vocab_size}, max_length={self.max_length}, "
                f"n_layers={self.n_layers}, d_model={self.d_model}{heads} and d_ff={self.d_ff} "
                f"make a model of about {parameters:,} numbers, more than {MOST_PARAMETERS:,}"
            )
