"""The figure of a model: its numbers are the model's, and it fits a terminal."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

import pytest

import minitorch as mt
from transformer import BERT, GPT, Transformer, TransformerConfig
from transformer.explain import figure, trace
from transformer.tasks import TASKS

SMALL = {"vocab_size": 13, "d_model": 16, "n_heads": 4, "n_layers": 2, "d_ff": 24, "max_length": 9}
VARIANTS: list[dict[str, Any]] = [
    {},
    {"pre_norm": True},
    {"pre_norm": True, "final_norm": False},
    {"pre_norm": True, "norm": "rms", "bias": False},
    {"tie_embeddings": False},
    {"positions": "learned"},
    {"positions": "rotary", "n_kv_heads": 2},
    {"activation": "swiglu", "n_kv_heads": 1},
    {"activation": "gelu", "n_segments": 2},
    {"n_layers": 1, "n_heads": 1},
]


def total(model: Any) -> int:
    return sum(p.numel() for p in model.parameters())


def numbers(text: str) -> list[int]:
    """The parameters that a figure shows: of blocks with all their repetitions, else of boxes."""
    repeated = re.findall(r"─ (\d+) × ([\d,]+) = ([\d,]+) ─┘", text)
    found = []
    for times, each, product in repeated:
        n = int(each.replace(",", ""))
        assert int(times) * n == int(product.replace(",", ""))
        found.append(int(times) * n)
    stacks: dict[int, list[int]] = {}  # by column, the boxes of the stack that is being read
    for line in text.splitlines():
        for cell in re.finditer(r"│ [A-Z][^│]*? ([\d,]+)(?: \+ shared)? │", line):
            stacks.setdefault(cell.start(), []).append(int(cell[1].replace(",", "")))
        for end in re.finditer("└───┬", line):
            boxes = stacks.pop(end.start(), [])
            sums = re.match(r"└───┬─* (\d+) × ([\d,]+) =", line[end.start() :])
            if sums is None:
                found += boxes
            else:
                assert sum(boxes) == int(sums[2].replace(",", ""))
    assert not stacks
    return found


@pytest.mark.parametrize("name", TASKS)
def test_the_boxes_of_each_task_add_up(name: str) -> None:
    task = TASKS[name]()
    model = task.model(task.model_config())
    text = figure(model)
    lines = text.splitlines()
    assert lines[0].startswith(f"{type(model).__name__}: ")
    assert lines[-1] == f"{total(model):,} parameters"
    assert sum(numbers(text)) == total(model)
    assert len(lines) <= 25
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("changes", VARIANTS, ids=str)
@pytest.mark.parametrize("kind", [Transformer, GPT, BERT])
@pytest.mark.parametrize("width", [50, 80, 100])
def test_the_boxes_of_each_configuration_add_up(
    kind: Any, changes: dict[str, Any], width: int
) -> None:
    model = kind(TransformerConfig(**SMALL | changes))
    text = figure(model, width)
    assert sum(numbers(text)) == total(model)
    lines = text.splitlines()[1:]
    assert max(map(len, lines)) <= width
    if width >= 80 and (kind, changes.get("n_segments")) != (Transformer, 2):  # which is wider
        assert len(lines) < 25
    norm = "RMSNorm" if changes.get("norm") == "rms" else "LayerNorm"
    change = f"x + f({norm}(x))" if changes.get("pre_norm") else f"{norm}(x + f(x))"
    assert f"┌ {changes.get('n_layers', 2)} × block: {change} " in text
    assert f" {changes.get('positions', 'sinusoidal')} positions" in text
    assert f"│ {changes.get('activation', 'relu')} " in text
    assert ("shared" in text) == (kind is Transformer or changes.get("tie_embeddings", True))


def test_every_number_of_a_model_by_hand() -> None:
    """The paper's base model: d_model² = 262,144, and d_model · d_ff = 1,048,576."""
    attention = 4 * (262_144 + 512) + 2 * 512  # four matrices and biases; the norm
    mlp = 2 * 1_048_576 + 2048 + 512 + 2 * 512
    text = figure(Transformer(TransformerConfig(vocab_size=37)))
    assert numbers(text) == [6 * (attention + mlp), 6 * (2 * attention + mlp), 37 * 512]
    assert text.endswith(f"\n{37 * 512 + 18 * attention + 12 * mlp:,} parameters")
    for line in (
        f"│ Self-attention {attention:>19,} │",
        f"│ Masked self-attention {attention:>12,} │",
        f"│ Cross-attention {attention:>18,} │",
        f"│ MLP {mlp:>30,} │",
    ):
        assert line in re.sub(" +", " ", text) or line in text


def test_shapes_are_those_that_flow() -> None:
    """Each is one that a trace finds, with letters for the sizes of the batch."""
    config = TransformerConfig(**SMALL, n_kv_heads=2)
    model = Transformer(config)
    B, S, T = 5, 6, 7
    with trace(model) as t:
        model(mt.full((B, S), 3), mt.full((B, T), 3))
    found = {tuple(array.shape) for array in t.values()}
    shown = set(re.findall(r"\((B, [^)]*)\)", figure(model)))
    letters = {"B": B, "S": S, "T": T}
    shapes = {
        tuple(letters[x] if x in letters else int(x) for x in shape.split(", ")) for shape in shown
    }
    assert shapes - {(B, S), (B, T)} <= found
    assert {"B, 4, S, S", "B, 4, T, T", "B, 4, T, S", "B, S, 24", "B, T, 13"} <= shown
    assert "4 q, 2 kv heads × 4" in figure(model)


def test_blocks_that_differ_are_drawn_apart() -> None:
    model = GPT(TransformerConfig(**SMALL | {"n_layers": 4}))
    model.blocks[3].mlp = deepcopy(GPT(TransformerConfig(**SMALL | {"d_ff": 10})).blocks[0].mlp)
    text = figure(model)
    assert "┌ 3 × block: " in text
    assert "┌ 1 × block: " in text
    assert "(B, T, 10) │" in text
    assert sum(numbers(text)) == total(model)


def test_what_is_no_part_of_our_models_is_counted_too() -> None:
    model = Transformer(TransformerConfig(**SMALL))
    model.extra = mt.nn.Linear(3, 5)
    text = figure(model)
    assert "│ Other parameters " in text
    assert sum(numbers(text)) == total(model)


def test_the_memory_leads_from_the_encoder_to_cross_attention() -> None:
    text = figure(Transformer(TransformerConfig(**SMALL, pre_norm=True)))
    column = next(line.index("┌─→") for line in text.splitlines() if "┌─→" in line)
    lines = [f"{line:<80}" for line in text.splitlines()[1:]]
    way = "".join(line[column] for line in lines).strip()
    assert re.fullmatch("┌│+┘", way)
    (begin,) = [line for line in lines if "memory (B, S, 16)" in line]
    (end,) = [line for line in lines if "Cross-attention" in line]
    assert begin[column] == "┘"
    assert end[column : column + 4] == "┌─→│"


def test_in_ascii_it_has_the_same_form() -> None:
    for kind in (Transformer, GPT, BERT):
        model = kind(TransformerConfig(**SMALL, n_segments=3))
        text, plain = figure(model), figure(model, ascii_only=True)
        assert plain.isascii()
        assert [*map(len, plain.splitlines())] == [*map(len, text.splitlines())]
        assert re.findall(r"[\w,]+", plain.replace(" x ", " ").replace(" v ", " ")) == re.findall(
            r"[\w,]+", text.replace(" x ", " ")
        )


def test_a_narrow_terminal_keeps_the_numbers() -> None:
    model = Transformer(TransformerConfig(**SMALL))
    for width in (32, 44):
        text = figure(model, width)
        assert sum(numbers(text)) == total(model)


def test_printing_a_model_is_still_pytorchs() -> None:
    assert repr(GPT(TransformerConfig(**SMALL))).startswith("GPT(\n  (embedding): Embedding(\n")


def test_a_bert_without_a_head_ends_in_hidden_states() -> None:
    model = BERT(TransformerConfig(**SMALL), head=False)
    text = str(figure(model))
    assert sum(numbers(text)) == total(model)
    assert text.splitlines()[-2].endswith("↓ hidden states (B, T, 16)")
    assert "GELU" not in text
