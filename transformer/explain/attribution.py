"""Which part of a model speaks for a token: direct logit attribution, and the logit lens.

Every sublayer adds a vector to the residual stream, and the logits are read off the sum. So a logit
is a sum too, with a term for each part: embedding, position, each head, each MLP. The question is
always about two tokens. A token is chosen when its logit is above all others, so what counts is the
*difference* between its logit and a rival's:

    logit(token) - logit(rival) = Σ parts · d        d = W_out[token] - W_out[rival]

(Elhage et al. 2021, https://transformer-circuits.pub/2021/framework; Wang et al. 2022,
https://arxiv.org/abs/2211.00593). Between a part and the logits stand norms. A norm is linear but
for its scale, 1/√(variance + eps), which all parts make together: *each scale is held at its value
here*. Then the parts add up exactly. With pre-norm a part goes through the final norm alone, with
post-norm through each later one; in a BERT also through the embedding's norm, and the head, whose
GELU z · Φ(z) multiplies by the gate Φ(z), held as well.

Instead of sending each vector forward through all that, we bring d backward once. At every place of
the stream it becomes the direction that is read there, and a part is a dot product with it.

    scale held    LayerNorm   y = (v - mean(v)) · s · w + b     d ← C(s · w · d)     b · d to biases
                  RMSNorm     y = v · s · w                     d ← s · w · d
    BERT's head   y = (W v + b) · Φ(z)                          d ← Wᵀ (Φ(z) · d)

where C subtracts the mean. *Direct* is the word to remember: what a part does to later attention
and later MLPs is not in its term. `effect` puts beside it what an ablation measures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import minitorch as mt
from minitorch import nn
from minitorch.nn import functional as F
from minitorch.ops.special import erf_array

from ..arguments import whole_number
from ..model.attention import MultiHeadAttention
from ..model.models import BERT, Transformer
from .edits import Edit, last_layer, sublayers

if TYPE_CHECKING:
    from minitorch import Tensor
    from minitorch.autograd import Array

    from ..tasks import Model
    from .trace import Trace


@dataclass(frozen=True)
class Sum:
    """A difference of two logits, as the parts that it is the sum of.

    Attributes:
        parts: by their names in a trace: "embedding.tokens", "embedding.positions",
            "embedding.segments"; "decoder.blocks.0.cross_attention.heads.2", a head's part after
            W_o; "decoder.blocks.0.mlp.output", an MLP's, without its bias; and "biases", those of
            all output layers and norms on the way.
        difference: of the logits, as the model computed it.
    """

    parts: dict[str, float]
    difference: float

    @property
    def total(self) -> float:
        """The sum of the parts, which equals the difference up to rounding."""
        return sum(self.parts.values())


def float64(x: Tensor) -> Array:
    """Return a parameter as an array of float64."""
    array: Array = x.detach().numpy().astype(np.float64)
    return array


def row_of(trace: Trace, name: str, row: int) -> Array:
    """Return a token's vector: a row of an activation (T, n) or (1, T, n)."""
    activation = trace[name]
    vector: Array = activation.reshape(-1, activation.shape[-1])[row].astype(np.float64)
    return vector


def check(model: Model, trace: Trace, row: int, *tokens: int) -> None:
    """Raise unless the trace is of one whole text, with such a row, and the tokens exist."""
    sublayers(model)
    shape = trace["logits"].shape
    if len(shape) != 3 or shape[0] != 1:
        raise ValueError(
            "needs the trace of one forward pass over one text, as `explained` makes it, whose "
            f"logits are (1, T, vocab_size), not {shape}"
        )
    for name, value, size in [("row", row, shape[1]), *(("token", i, shape[2]) for i in tokens)]:
        if whole_number(name, value, least=0) >= size:
            raise IndexError(f"there is no {name} {value}: they go from 0 to {size - 1}")


def _side(model: Model) -> str:
    """Return the path of the blocks whose stream the logits are read off."""
    if isinstance(model, Transformer):
        return "decoder."
    return "encoder." if isinstance(model, BERT) else ""


def stream_sublayers(model: Model) -> dict[str, str]:
    """Return the sublayers that add to this stream, each with the Add & Norm around it."""
    found = {}
    for path in sublayers(model):
        if path.startswith(f"{_side(model)}blocks."):
            block, name = path.rsplit(".", 1)
            found[path] = f"{block}.add_{name}"
    return found


def read_backward(
    model: Model, trace: Trace, row: int, d: Array, bias: Array | float = 0.0
) -> tuple[dict[str, Array], Array]:
    """Bring directions of the output backward through a row of the stream.

    Args:
        model, trace, row: see `parts`.
        d: what is read off the vector before the output layer, (d_model, n).
        bias: what the output layer adds to that.

    Returns:
        for each place, the path of a sublayer or "embedding", what is read there: (d_model, n);
        and the contribution of all biases, (n).
    """
    modules: dict[str, Any] = dict(model.named_modules())
    biases = np.zeros(d.shape[1]) + bias

    def add(b: Tensor | None) -> None:
        nonlocal biases
        if b is not None:
            biases = biases + float64(b) @ d

    def through(path: str) -> None:
        nonlocal d
        norm = modules[path]
        if isinstance(norm, nn.Identity):
            return
        add(getattr(norm, "bias", None))
        d = (row_of(trace, f"{path}.scale", row) * float64(norm.weight))[:, None] * d
        if isinstance(norm, nn.LayerNorm):
            d = d - d.mean(0)

    if isinstance(model, BERT):
        through("norm")
        z = row_of(trace, "head.pre_activation", row)
        d = (0.5 * (1 + erf_array(z / np.sqrt(2))))[:, None] * d
        add(model.transform.bias)
        d = float64(model.transform.weight).T @ d
    through(f"{_side(model)}norm")
    places = {}
    for path, around in reversed(stream_sublayers(model).items()):
        if not modules[around].pre_norm:
            through(f"{around}.norm")
        places[path] = d
        add(last_layer(modules[path]).bias)
    if model.embedding.norm is not None:
        through("embedding.norm")
    places["embedding"] = d
    return places, biases


def read_difference(
    model: Model, trace: Trace, row: int, token: int, rival: int
) -> tuple[dict[str, Array], float]:
    """Return what reads the token's logit less the rival's: (d_model) at each place; and biases."""
    weight, bias = float64(model.output.weight), model.output.bias
    d = (weight[token] - weight[rival])[:, None]
    of_output = 0.0 if bias is None else float64(bias)[token] - float64(bias)[rival]
    places, biases = read_backward(model, trace, row, d, of_output)
    return {path: d[:, 0] for path, d in places.items()}, float(biases[0])


def parts(
    model: Model, trace: Trace, row: int, token: int, rival: int, edits: Iterable[Edit] = ()
) -> Sum:
    """Take the difference of two logits apart.

        e = explained(task, model, "12+34")
        step = e.steps[0]
        parts(model, e.trace, step.row, step.token, step.rival).parts

    Args:
        model: the one that was traced, with dropout switched off.
        trace: of one pass over one text.
        row: of the stream: the one whose logits are looked at.
        token, rival: the ids of the two tokens.
        edits: those under which the trace was made. A sublayer that is replaced as a whole is one
            part, ".output", with all that was put there.

    Raises:
        TypeError, ValueError, IndexError: the model is none of ours, the trace is of something
            else, or there is no such row or token.
    """
    check(model, trace, row, token, rival)
    at, biases = read_difference(model, trace, row, token, rival)
    modules = sublayers(model)
    replaced = {e.path for e in edits if e.kind == "sublayer" and e.row in (None, row)}
    found = {
        name: float(row_of(trace, name, row) @ at["embedding"])
        for name in ("embedding.tokens", "embedding.positions", "embedding.segments")
        if name in trace
    }
    for path in stream_sublayers(model):
        bias = last_layer(modules[path]).bias
        of_bias = 0.0 if bias is None else float(float64(bias) @ at[path])
        if path in replaced:
            biases -= of_bias
            found[f"{path}.output"] = float(row_of(trace, f"{path}.output", row) @ at[path])
        elif isinstance(modules[path], MultiHeadAttention):
            heads = trace[f"{path}.heads"][0, :, row].astype(np.float64)  # (heads, d_model)
            found |= {f"{path}.heads.{i}": float(x) for i, x in enumerate(heads @ at[path])}
        else:
            whole = float(row_of(trace, f"{path}.output", row) @ at[path])
            found[f"{path}.output"] = whole - of_bias
    logits = trace["logits"][0, row].astype(np.float64)
    return Sum(found | {"biases": biases}, float(logits[token] - logits[rival]))


@mt.no_grad()
def lens(model: Model, trace: Trace, row: int) -> dict[str, Array]:
    """What the model would say if it stopped after each sublayer: the logit lens.

    The stream of a token is read as if it were the last one: through the final norm, with the scale
    of this stream, and the output layer; in a BERT, through its head. With post-norm and no final
    norm, the output layer reads it directly (nostalgebraist 2020, "interpreting GPT: the logit
    lens").

    Args:
        model, trace, row: as of `parts`.

    Returns:
        the probability of each token, (vocab_size), by the names of the streams in the trace:
        "embedding.residual", "decoder.blocks.0.add_self_attention.residual", …. The last are those
        by which the model chose.

    Raises:
        TypeError, ValueError, IndexError: as of `parts`.
    """
    check(model, trace, row)
    around = stream_sublayers(model).values()
    names = ["embedding.residual", *(f"{add_and_norm}.residual" for add_and_norm in around)]
    x = mt.tensor(
        np.stack([row_of(trace, name, row) for name in names]), dtype=model.output.weight.dtype
    )
    final: Any = dict(model.named_modules())[f"{_side(model)}norm"]
    x = final(x)  # (streams, d_model)
    if isinstance(model, BERT):
        x = model.norm(F.gelu(model.transform(x)))
    p: Array = model.output(x).double().softmax(-1).numpy()
    return dict(zip(names, p, strict=True))
