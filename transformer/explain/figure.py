"""The figure of the paper in text, drawn of one model: its boxes, with parameters and shapes.

    ┌ 4 × block: x + f(LayerNorm(x)) ────────┐    four of these, one after the other
    │ Masked self-attention           66,304 │    f, and its parameters, those of its norm included
    │ 4 heads × 32              (B, 4, T, T) │    a shape inside: of the attention weights
    ├────────────────────────────────────────┤
    │ MLP                            131,968 │
    │ relu                       (B, T, 512) │    of the hidden layer
    └───┬──────────── 4 × 198,272 = 793,088 ─┘
        ↓ (B, T, 128)                             the shape between boxes: of the residual stream x

All of it is read off the model. A parameter counts in the first box that has it, so that the
numbers add up to the total, also where two boxes share a matrix.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain, groupby, zip_longest
from typing import TYPE_CHECKING, Any

from minitorch import nn
from minitorch.scalars import short

from ..model.decoder import DecoderBlock
from ..model.models import BERT, GPT, Transformer

if TYPE_CHECKING:
    from ..model.add_norm import AddAndNorm
    from ..model.attention import MultiHeadAttention
    from ..tasks import Model

COLUMN = 46  # characters of a column, where there is room
GAP = 4  # between encoder and decoder, for the arrow of the memory
ARROW = " " * 4  # what stands to the left of the other arrows
CROSS = "Cross-attention"
ASCII = str.maketrans("┌┐└┘├┤┬─│↓→×…", "+++++++-|v>x.")


@dataclass(frozen=True)
class Box:
    """A part of a model: its name and parameters; what is special about it, and a shape inside.

    Its parameters are its own ones; `shares` says that it has others, which a box before has too.
    """

    name: str
    parameters: int
    shares: bool
    detail: str = ""
    shape: str = ""

    def rows(self) -> list[tuple[str, str]]:
        """Return what stands in it, on the left and on the right."""
        own = [f"{self.parameters:,}"] * bool(self.parameters or not self.shares)
        first = self.name, " + ".join([*own, *["shared"] * self.shares])
        return [first, (self.detail, self.shape)] if self.detail else [first]


@dataclass(frozen=True)
class Stack:
    """Boxes in one frame; with `times`, the whole of them so many times."""

    boxes: tuple[Box, ...]
    heading: str = ""
    times: int = 0

    def total(self) -> str:
        """Return what the boxes add up to, if they are repeated."""
        n = sum(box.parameters for box in self.boxes)
        return f" {self.times} × {n:,} = {self.times * n:,} ─" if self.times else ""

    def width(self) -> int:
        """Return the characters that its lines need."""
        rows = [row for box in self.boxes for row in box.rows()]
        widths = [len(left) + len(right) + bool(right) + 4 for left, right in rows]
        return max([*widths, len(self.heading) + 5, len(ARROW + self.total()) + 3])

    def lines(self, width: int) -> list[str]:
        """Draw it, with a line between boxes that have details."""
        heading = f" {self.heading} "[: width - 2] if self.heading else ""
        lines = [f"┌{heading:─<{width - 2}}┐"]
        for box in self.boxes:
            if box.detail and len(lines) > 1:
                lines.append(f"├{'─' * (width - 2)}┤")
            for left, right in box.rows():
                right = f" {right}" if right else ""
                room = width - 4 - len(right)
                text = left if len(left) <= room else f"{left[: max(room - 1, 0)]}…"
                lines.append(f"│ {text:<{room}}{right} │")
        start = f"└{'─' * (len(ARROW) - 1)}┬"
        return [*lines, f"{start}{self.total():─>{width - len(start) - 1}}┘"]


@dataclass(frozen=True)
class Column:
    """Stacks, and what flows into the first, between them, and out of the last."""

    stacks: list[Stack]
    flows: list[str]

    def lines(self, width: int) -> list[str]:
        """Draw it."""
        lines = [f"{ARROW}↓ {self.flows[0]}"]
        for stack, flow in zip(self.stacks, self.flows[1:], strict=True):
            lines += [*stack.lines(width), f"{ARROW}↓ {flow}"]
        return lines


def _name(module: nn.Module) -> str:
    return type(module).__name__


class Reader:
    """Reads the boxes of a model, in the order in which a text goes through them."""

    def __init__(self, model: Model) -> None:
        self.embedding, self.config = model.embedding, model.config
        self.counted: set[int] = set()

    def box(self, name: str, modules: list[nn.Module], detail: str = "", shape: str = "") -> Box:
        """Return the box of some modules, with the parameters that no box before has."""
        sizes = {id(p): p.numel() for module in modules for p in module.parameters()}
        own = sizes.keys() - self.counted
        self.counted |= own
        return Box(name, sum(sizes[i] for i in own), len(own) < len(sizes), detail, shape)

    def tokens(self) -> Box:
        """Return the box of the embedding."""
        embedding = self.embedding
        parts = [f"{len(embedding.tokens.weight)} tokens", f"{self.config.positions} positions"]
        if embedding.segments is not None:
            parts.append(f"{len(embedding.segments.weight)} segments")
        if embedding.norm is not None:
            parts.append(_name(embedding.norm))
        return self.box("Embedding", [embedding], ", ".join(parts))

    def attention(
        self, name: str, attention: MultiHeadAttention, around: AddAndNorm, shape: str
    ) -> Box:
        """Return the box of an attention, `shape` being that of one head's weights."""
        n, kv = attention.n_heads, attention.n_kv_heads
        heads = f"{n} head{'s' * (n > 1)}" if n == kv else f"{n} q, {kv} kv heads"
        detail = f"{heads} × {attention.d_head}"
        return self.box(name, [attention, around], detail, f"(B, {n}, {shape})")

    def block(self, block: Any, length: str, causal: bool) -> Stack:
        """Return the boxes of a block, `length` being the name of the texts' length."""
        name, square = f"{'Masked s' if causal else 'S'}elf-attention", f"{length}, {length}"
        if isinstance(block, DecoderBlock):
            own, cross = block.add_self_attention, block.add_cross_attention
            boxes = [
                self.attention(name, block.self_attention, own, square),
                self.attention(CROSS, block.cross_attention, cross, f"{length}, S"),
            ]
        else:
            boxes = [self.attention(name, block.attention, block.add_attention, square)]
        around, norm = block.add_mlp, _name(block.add_mlp.norm)
        hidden = f"(B, {length}, {len(block.mlp.up.weight)})"
        boxes.append(self.box("MLP", [block.mlp, around], self.config.activation, hidden))
        change = f"x + f({norm}(x))" if around.pre_norm else f"{norm}(x + f(x))"
        return Stack(tuple(boxes), f"block: {change}")

    def column(
        self,
        length: str,
        first: str,
        blocks: Iterable[nn.Module],
        causal: bool,
        after: dict[str, list[nn.Module]],
        last: str,
    ) -> Column:
        """Return the embedding, the blocks, alike ones together, and what comes after them."""
        stacks = [Stack((self.tokens(),))]
        for stack, same in groupby([self.block(block, length, causal) for block in blocks]):
            n = len(list(same))
            stacks.append(replace(stack, heading=f"{n} × {stack.heading}", times=n))
        boxes = [
            self.box(name, layers)
            for name, layers in after.items()
            if not isinstance(layers[0], nn.Identity)
        ]
        if boxes:
            stacks.append(Stack(tuple(boxes)))
        between = [f"(B, {length}, {self.config.d_model})"] * (len(stacks) - 1)
        return Column(stacks, [first, *between, last])


def _columns(model: Model, reader: Reader) -> list[Column]:
    """Return the boxes of a model: encoder and decoder, or the only column."""
    last: dict[str, list[nn.Module]]
    memory = f"memory (B, S, {model.config.d_model})"
    logits = f"logits (B, T, {model.config.vocab_size})"
    if isinstance(model, Transformer):
        encoder, decoder = model.encoder, model.decoder
        norm: dict[str, list[nn.Module]] = {_name(encoder.norm): [encoder.norm]}
        last = {_name(decoder.norm): [decoder.norm], "Linear": [model.output]}
        return [
            reader.column("S", "source ids (B, S)", encoder.blocks, False, norm, memory),
            reader.column("T", "target ids (B, T)", decoder.blocks, True, last, logits),
        ]
    if isinstance(model, GPT):
        last = {_name(model.norm): [model.norm], "Linear": [model.output]}
        return [reader.column("T", "ids (B, T)", model.blocks, True, last, logits)]
    last = {_name(model.encoder.norm): [model.encoder.norm]}
    out = f"hidden states (B, T, {model.config.d_model})"
    if hasattr(model, "output"):  # a head for masked words
        head: list[nn.Module] = [model.transform, model.norm]
        last |= {f"Linear, GELU, {_name(model.norm)}": head, "Linear": [model.output]}
        out = logits
    return [reader.column("T", "ids (B, T)", model.encoder.blocks, False, last, out)]


def _side_by_side(encoder: list[str], decoder: list[str], width: int) -> list[str]:
    """Put both columns side by side, and draw the memory's way from the one into the other."""
    memory = encoder[-1].replace("↓ ", "└─ ") + " "
    encoder = [*encoder[:-1], f"{memory:─<{width}}"]
    first, last = next(i for i, line in enumerate(decoder) if CROSS in line), len(encoder) - 1
    lines = []
    for i, (left, right) in enumerate(zip_longest(encoder, decoder, fillvalue="")):
        gap = {first: " ┌─→", last: "─┘"}.get(i, " │" * (first < i < last))
        lines.append(f"{left:<{width}}{gap:<{GAP}}{right}".rstrip())
    return lines


def figure(model: Model, width: int = 80, ascii_only: bool = False) -> str:
    """Draw a model in text; in at most 25 lines, unless encoder and decoder are too wide for that.

    B is the number of texts in a batch, S the length of a source, and T that of a target, or of
    the only text. Blocks that are alike are drawn once.

    Args:
        model: what is drawn.
        width: the most characters of a line. An encoder and a decoder that do not fit side by side
            are drawn one under the other.
        ascii_only: use no other characters.

    Returns:
        the lines. The last one gives the number of all parameters.

    Raises:
        TypeError: the model is none of ours.
    """
    if not isinstance(model, (Transformer, GPT, BERT)):
        raise TypeError(f"figure: needs a Transformer, a GPT or a BERT, not {short(model)}")
    reader = Reader(model)
    columns = _columns(model, reader)
    others = reader.box("Other parameters", [model])
    if others.parameters:
        columns[-1].stacks.append(Stack((others,)))
        columns[-1].flows.append("")
    needed = max(stack.width() for column in columns for stack in column.stacks)
    aside = len(columns) == 2 and 2 * needed + GAP <= width
    room = (width - GAP) // 2 if aside else width
    wide = min(max(needed, COLUMN), room)
    drawn = [column.lines(wide) for column in columns]
    lines = _side_by_side(drawn[0], drawn[1], wide) if aside else [*chain(*drawn)]
    texts = "S tokens in, T out" if len(columns) == 2 else "T tokens"
    first = f"{_name(model)}: x flows through the boxes f; B texts at once, {texts}"
    last = f"{sum(p.numel() for p in model.parameters()):,} parameters"
    text = "\n".join([first, *lines, last])
    return text.translate(ASCII) if ascii_only else text
