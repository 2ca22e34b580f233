"""Ablation and activation patching: change what a part of a model computes, and see what follows.

    with edited(model, [Edit("head", "decoder.blocks.0.cross_attention", 2)]):
        answer = task.solve(model, "12+34")        # without that head

    patch = Edit("head", "decoder.blocks.0.cross_attention", 2).taken_from(other.trace)

*Ablation* switches a part off: in its place stand zeros. *Activation patching* puts there what the
same part computed for another input (Vig et al. 2020, https://arxiv.org/abs/2004.12265; Wang et al.
2022, https://arxiv.org/abs/2211.00593). Attention weights say what a head looked at; an edit says
what the answer owes to it.

There are three kinds of parts. Each ends in a linear layer, whose input or output is edited by a
hook while the block runs:

    kind        path of          index       what is replaced                          its shape
    head        an attention     the head    its mixed values, the input of W_o        (T, d_head)
    unit        an MLP           the unit    its activation, the input of W_2          (T)
    sublayer    either of them   none        what it adds, the bias included           (T, d_model)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

import minitorch as mt
from minitorch import Tensor, nn

from ..arguments import whole_number
from ..model.attention import MultiHeadAttention
from ..model.mlp import MLP, SwiGLU
from ..model.models import BERT, GPT, Transformer

if TYPE_CHECKING:
    from minitorch.autograd import Array

    from ..tasks.architectures import Model
    from .trace import Trace

Sublayer: TypeAlias = MultiHeadAttention | MLP | SwiGLU

KINDS = ("head", "unit", "sublayer")


@dataclass(frozen=True, eq=False)
class Edit:
    """One change: zeros, or another input's activation, in the place of what a part computes.

    Attributes:
        kind: "head", "unit" or "sublayer".
        path: of the attention or the MLP, as in a trace: "decoder.blocks.0.cross_attention".
        index: the number of the head or of the hidden unit, from 0.
        row: of the stream, from 0: the only token that is edited. None: all are.
        replacement: what the same part computed for another input, with a row for each token; see
            `taken_from`. None: zeros.

    Raises:
        TypeError, ValueError: an attribute is none of these.
    """

    kind: str
    path: str
    index: int | None = None
    row: int | None = None
    replacement: Array | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"an edit is of a {', a '.join(KINDS)}, not of {self.kind!r}")
        if not isinstance(self.path, str):
            raise TypeError(f"the path of an edit must be a str, not {type(self.path).__name__}")
        if (self.index is None) != (self.kind == "sublayer"):
            raise ValueError(
                "an edit of a sublayer is of all of it, and has no index"
                if self.kind == "sublayer"
                else f"an edit of a {self.kind} needs its index"
            )
        for name in ("index", "row"):
            if getattr(self, name) is not None:
                whole_number(name, getattr(self, name), least=0)
        array = self.replacement
        if array is not None and not (isinstance(array, np.ndarray) and array.dtype.kind == "f"):
            given = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
            raise TypeError(
                "the replacement of an edit must be an array of floating-point numbers, not "
                f"{given}"
            )

    def __str__(self) -> str:
        index = "" if self.index is None else f" {self.index}"
        return f"{self.kind}{index} of {self.path}"

    @property
    def length(self) -> int:
        """The rows of the replacement."""
        return 0 if self.replacement is None else len(self.replacement)

    def taken_from(self, trace: Trace) -> Edit:
        """Return the edit that puts there what the same part computed in a trace of one text."""
        if self.kind == "head":
            replacement = trace[f"{self.path}.mixed"][0, self.index]  # (T, d_head)
        elif self.kind == "unit":
            replacement = trace[f"{self.path}.hidden"][0, :, self.index]  # (T)
        else:
            replacement = trace[f"{self.path}.output"][0]  # (T, d_model)
        return replace(self, replacement=replacement)

    def values(self, start: int, stop: int) -> Array:
        """Return what stands in the place of the part in rows start to stop: (stop - start, n).

        Raises:
            ValueError: the replacement has no such rows.
        """
        if self.replacement is None:
            return np.zeros((stop - start, 1))
        if self.length < stop:
            raise ValueError(
                f"the replacement for {self} has {self.length} rows, and row {stop - 1} is to be "
                "replaced: take it of an input with as many tokens, or edit one row"
            )
        return self.replacement[start:stop].reshape(stop - start, -1)


def sublayers(model: Model) -> dict[str, Sublayer]:
    """Return the attentions and the MLPs of a model by their paths, in the order of computation.

    Raises:
        TypeError: it is none of our models.
    """
    if not isinstance(model, (Transformer, GPT, BERT)):
        raise TypeError(f"needs a Transformer, a GPT or a BERT, not {type(model).__name__}")
    return {
        path: module
        for path, module in model.named_modules()
        if isinstance(module, (MultiHeadAttention, MLP, SwiGLU))
    }


def last_layer(sublayer: Sublayer) -> nn.Linear:
    """Return the linear layer with which a sublayer ends, W_o or W_2."""
    return sublayer.output if isinstance(sublayer, MultiHeadAttention) else sublayer.down


def place(model: Model, edit: Edit) -> tuple[Sublayer, slice]:
    """Return the sublayer that an edit is of, and which numbers of a row it replaces.

    They are columns of the input of its last layer; of a sublayer, all of that layer's output.

    Raises:
        TypeError: it is no edit, or the model is none of ours.
        ValueError: the model has no such part, or the replacement has another shape.
    """
    if not isinstance(edit, Edit):
        raise TypeError(f"needs an Edit, not {type(edit).__name__}")
    there = {
        path: part
        for path, part in sublayers(model).items()
        if edit.kind == "sublayer" or isinstance(part, MultiHeadAttention) == (edit.kind == "head")
    }
    if edit.path not in there:
        raise ValueError(f"no {edit.kind} is at {edit.path!r}: the paths are {', '.join(there)}")
    sublayer = there[edit.path]
    layer = last_layer(sublayer)
    if edit.index is None:
        count, size = 1, layer.out_features
    elif isinstance(sublayer, MultiHeadAttention):
        count, size = sublayer.n_heads, sublayer.d_head
    else:
        count, size = layer.in_features, 1
    index = edit.index or 0
    if index >= count:
        raise ValueError(f"there is no {edit}: its {edit.kind}s are 0 to {count - 1}")
    if edit.replacement is not None:
        shape, row = edit.replacement.shape, () if edit.kind == "unit" else (size,)
        if len(shape) != 1 + len(row) or shape[1:] != row:
            expected = f"(T, {size})" if row else "(T)"
            raise ValueError(f"the replacement for {edit} has the shape {shape}, not {expected}")
    return sublayer, slice(index * size, (index + 1) * size)


class _Rows:
    """Which rows of the stream are being computed: with a cache, those behind the tokens in it."""

    start, stop = 0, 0

    def see(self, embedding: nn.Module, args: Any, kwargs: Any) -> None:
        """Learn it from the arguments of the embedding, through which every text goes first."""
        self.start = kwargs.get("start", args[1] if len(args) > 1 else 0)
        self.stop = self.start + args[0].shape[1]

    def change(self, x: Tensor, edit: Edit, columns: slice) -> tuple[Tensor, slice]:
        """Return x (batch, T, n) with an edit made, and those of its rows that are edited."""
        if x.shape[1] != self.stop - self.start:
            raise RuntimeError("a model is edited as a whole: call the model, not a part of it")
        start, stop = self.start, self.stop
        if edit.row is not None:
            start, stop = max(start, edit.row), min(stop, edit.row + 1)
        elif edit.path.startswith("encoder.") and edit.length > stop:
            raise ValueError(
                f"the replacement for {edit} has more rows than the {stop} that the encoder reads: "
                "take it of an input with as many tokens, or edit one row"
            )
        if start >= stop:
            return x, slice(0)
        rows = slice(start - self.start, stop - self.start)
        chosen = np.zeros(x.shape[1:], np.bool_)
        chosen[rows, columns] = True
        values = np.zeros(x.shape[1:], x.array.dtype)
        values[rows, columns] = edit.values(start, stop)
        return mt.where(mt.from_numpy(chosen), mt.from_numpy(values), x), rows


@contextmanager
def edited(model: Model, edits: Iterable[Edit], trace: Trace | None = None) -> Iterator[None]:
    """Make edits of what the model computes inside the `with` block.

    They act in forward passes, and in generation with a cache too, where each step computes one
    row. A row that the stream does not reach stays unedited. Several edits of one part are made in
    their order.

    Args:
        model: a Transformer, a GPT or a BERT; it is to be called as a whole.
        edits: the changes, on encoder or decoder.
        trace: one that records in the same block. A head's and a unit's hook point come before the
            edit: with this, the trace's `heads` and `hidden` are what goes on, as all the others.

    Raises:
        TypeError, ValueError: the model has no such part, or a replacement does not fit it.
    """
    sublayers(model)  # raises if it is none of ours
    places = [(edit, *place(model, edit)) for edit in edits]
    rows = _Rows()

    def after(edit: Edit, columns: slice) -> Any:
        return lambda layer, args, y: rows.change(y, edit, columns)[0]

    def before(edit: Edit, columns: slice) -> Any:
        def change(layer: nn.Linear, args: tuple[Tensor]) -> Tensor:
            x, changed = rows.change(args[0], edit, columns)
            if trace is not None and edit.kind == "unit":
                trace[f"{edit.path}.hidden"][...] = x.array
            elif trace is not None:
                part = x.array[:, changed, columns] @ layer.weight.array[:, columns].T
                trace[f"{edit.path}.heads"][:, edit.index, changed] = part
            return x

        return change

    with ExitStack() as stack:
        see = model.embedding.register_forward_pre_hook(rows.see, with_kwargs=True)
        stack.callback(see.remove)
        for edit, sublayer, columns in places:
            layer = last_layer(sublayer)
            if edit.kind == "sublayer":
                handle = layer.register_forward_hook(after(edit, columns))
            else:
                handle = layer.register_forward_pre_hook(before(edit, columns))
            stack.callback(handle.remove)
        yield
