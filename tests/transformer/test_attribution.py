"""The parts of the sum add up to the difference of the logits, and are what their names say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch.testing import assert_close
from transformer import BERT, GPT, Transformer, TransformerConfig
from transformer.explain import (
    Edit,
    Trace,
    edited,
    effect,
    explained,
    in_float64,
    lens,
    parts,
    predicted,
    trace,
    unit_effect,
)
from transformer.tasks import Addition, AdditionGPT, FillTheGap

SOURCE, TARGET = mt.tensor([[3, 4, 5, 6, 7]]), mt.tensor([[1, 5, 6, 9]])
MODELS = (Transformer, GPT, BERT)
VARIANTS: dict[str, dict[str, Any]] = {
    "post-norm": {},
    "pre-norm": {"pre_norm": True},
    "post-norm and a final norm": {"final_norm": True},
    "pre-norm without a final norm": {"pre_norm": True, "final_norm": False},
    "RMSNorm": {"norm": "rms"},
    "pre-norm, RMSNorm, SwiGLU, rotary, grouped": {
        "pre_norm": True, "norm": "rms", "activation": "swiglu", "positions": "rotary",
        "n_heads": 4, "n_kv_heads": 2, "bias": False,
    },
    "learned, gelu": {"positions": "learned", "activation": "gelu"},
    "d_head, tied, segments": {
        "d_head": 6, "tie_embeddings": True, "pre_norm": True, "n_segments": 2,
    },
    "without biases": {"bias": False},
}  # fmt: skip


def build(random_module: Callable[..., Any], kind: type, **changes: Any) -> Any:
    sizes = {"vocab_size": 13, "d_model": 8, "n_heads": 2, "n_layers": 2, "d_ff": 12}
    sizes |= {"max_length": 16, "tie_embeddings": False}
    return random_module(kind(TransformerConfig(**sizes | changes)))


def traced(model: Any) -> Trace:
    with trace(model) as t, mt.no_grad():
        model(*((SOURCE, TARGET) if isinstance(model, Transformer) else (TARGET,)))
    return t


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("changes", VARIANTS.values(), ids=list(VARIANTS))
def test_the_parts_add_up(
    random_module: Callable[..., Any], kind: type, changes: dict[str, Any]
) -> None:
    model = build(random_module, kind, **changes)
    t = traced(model)
    logits = t["logits"][0]
    for row, token, rival in [(0, 3, 4), (2, 12, 0), (3, 5, 5)]:
        found = parts(model, t, row, token, rival)
        assert found.difference == logits[row, token] - logits[row, rival]
        assert abs(found.total - found.difference) < 1e-9
        assert ("embedding.positions" in found.parts) == (model.config.positions != "rotary")
        assert ("embedding.segments" in found.parts) == bool(model.config.n_segments)
    if not model.config.bias and kind is not BERT:
        assert found.parts["biases"] == 0
    for row in range(4):
        said = lens(model, t, row)
        exponentials = np.exp(logits[row] - logits[row].max())
        assert_close([*said.values()][-1], exponentials / exponentials.sum())
        assert len(said) == 1 + (3 if kind is Transformer else 2) * model.config.n_layers


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary"])
def test_the_parts_add_up_beside_padding(random_module: Any, kind: type, positions: str) -> None:
    model = build(random_module, kind, positions=positions)
    padded = mt.tensor([[0, 0, 5, 6, 9]])
    with trace(model) as t, mt.no_grad():
        model(*((mt.tensor([[3, 4, 0]]), padded) if kind is Transformer else (padded,)))
    for row in range(2, 5):
        found = parts(model, t, row, 7, 3)
        assert abs(found.total - found.difference) < 1e-9
    if positions == "learned" and kind is GPT:  # counted from the first real token
        assert_close(t["embedding.positions"][0, 2], model.embedding.positions.array[0])


def pushed(model: GPT, t: Trace, row: int, vector: Any) -> Any:
    """Send a vector that is added at the end of a GPT's stream through its final LayerNorm."""
    x = t["norm.input"][0, row]
    scale = 1 / np.sqrt(x.var() + model.config.norm_eps)
    return model.output.weight.array @ ((vector - vector.mean()) * scale * model.norm.weight.array)


def test_each_part_is_what_its_name_says(random_module: Callable[..., Any]) -> None:
    model = build(random_module, GPT, pre_norm=True, positions="learned")
    t = traced(model)
    row, token, rival = 2, 7, 3
    found = parts(model, t, row, token, rival).parts
    expected = {
        "embedding.tokens": model.embedding.tokens.weight.array[6],  # the third id
        "embedding.positions": model.embedding.positions.array[row],
    }
    biases: Any = 0
    for i, block in enumerate(model.blocks):
        for head in range(2):
            part = slice(4 * head, 4 * head + 4)
            mixed = (
                t[f"blocks.{i}.attention.weights"][0, head, row]
                @ (t[f"blocks.{i}.attention.v"][0, head])
            )
            w_o = block.attention.output.weight.array[:, part]
            expected[f"blocks.{i}.attention.heads.{head}"] = w_o @ mixed
        hidden = t[f"blocks.{i}.mlp.hidden"][0, row]
        expected[f"blocks.{i}.mlp.output"] = block.mlp.down.weight.array @ hidden
        biases = biases + block.attention.output.bias.array + block.mlp.down.bias.array
    values = {name: pushed(model, t, row, vector) for name, vector in expected.items()}
    values["biases"] = pushed(model, t, row, biases) + model.output.weight.array @ (
        model.norm.bias.array
    )
    assert found.keys() == values.keys()
    for name, logits in values.items():
        assert_close(found[name], logits[token] - logits[rival])


def test_post_norm_sends_a_part_through_each_later_norm(random_module: Callable[..., Any]) -> None:
    model = build(random_module, GPT, n_layers=1)
    t = traced(model)
    v = model.embedding.tokens.weight.array[1] * np.sqrt(8)
    for box in ("add_attention", "add_mlp"):
        norm = getattr(model.blocks[0], box).norm
        x = t[f"blocks.0.{box}.norm.input"][0, 0]
        v = (v - v.mean()) / np.sqrt(x.var() + norm.eps) * norm.weight.array
    logits = model.output.weight.array @ v
    assert_close(parts(model, t, 0, 4, 9).parts["embedding.tokens"], logits[4] - logits[9])


def test_the_lens_reads_the_stream_as_if_it_were_the_last(random_module: Any) -> None:
    model = build(random_module, GPT, pre_norm=True)
    t = traced(model)
    x = t["blocks.0.add_attention.residual"][0, 1]
    y = (x - x.mean()) / np.sqrt(x.var() + model.config.norm_eps) * model.norm.weight.array
    exponentials = np.exp(model.output.weight.array @ (y + model.norm.bias.array))
    said = lens(model, t, 1)
    assert list(said)[:2] == ["embedding.residual", "blocks.0.add_attention.residual"]
    assert_close(said["blocks.0.add_attention.residual"], exponentials / exponentials.sum())


def test_a_unit_adds_its_row_of_w_2_times_its_activation(random_module: Any) -> None:
    model = build(random_module, GPT, pre_norm=True)
    t = traced(model)
    unit = int(t["blocks.0.mlp.hidden"][0, 3].argmax())
    added = t["blocks.0.mlp.hidden"][0, 3, unit] * model.blocks[0].mlp.down.weight.array[:, unit]
    found = unit_effect(model, t, "blocks.0.mlp", 3, unit)
    assert_close(found, pushed(model, t, 3, added))
    units = sum(unit_effect(model, t, "blocks.0.mlp", 3, unit) for unit in range(12))
    assert_close(units[5] - units[2], parts(model, t, 3, 5, 2).parts["blocks.0.mlp.output"])


@pytest.mark.parametrize("kind", MODELS)
def test_the_sum_predicts_what_an_edit_takes_away(random_module: Any, kind: type) -> None:
    model = build(random_module, kind, pre_norm=True)
    t = traced(model)
    side = {Transformer: "decoder.", GPT: "", BERT: "encoder."}[kind]
    attention = f"{side}blocks.1.{'cross_' if kind is Transformer else ''}attention"
    found = parts(model, t, 2, 7, 3).parts
    gone = predicted(model, t, 2, 7, 3, Edit("head", attention, 1))
    assert_close(gone, -found[f"{attention}.heads.1"])
    mlp = f"{side}blocks.0.mlp"
    units = sum(predicted(model, t, 2, 7, 3, Edit("unit", mlp, unit)) for unit in range(12))
    assert_close(units, -found[f"{mlp}.output"])
    assert predicted(model, t, 2, 7, 3, Edit("head", attention, 1, row=1)) == 0
    everything = predicted(model, t, 2, 7, 3, Edit("sublayer", mlp))
    bias = dict(model.named_parameters())[f"{mlp}.down.bias"].array
    rest = Edit("sublayer", mlp, replacement=np.tile(bias, (4, 1)))
    assert_close(predicted(model, t, 2, 7, 3, rest), -found[f"{mlp}.output"])
    assert abs(everything - units) > 1e-3  # without the sublayer, its bias is gone too
    for edit in (
        Edit("head", attention, 1, replacement=t[f"{attention}.mixed"][0, 1]),
        Edit("unit", mlp, 5, replacement=t[f"{mlp}.hidden"][0, :, 5]),
        Edit("sublayer", mlp, replacement=t[f"{mlp}.output"][0]),
    ):
        assert_close(predicted(model, t, 2, 7, 3, edit), 0.0)


def test_the_effect_of_the_last_mlp_is_the_predicted_one_where_no_norm_follows(
    random_module: Callable[..., Any],
) -> None:
    task = Addition(2)
    config = task.model_config(d_model=8, n_heads=2, d_ff=12, final_norm=False, dropout=0.5)
    model = random_module(task.model(config)).train()  # dropout is off, all the same
    e = explained(task, model, "12+34")
    direct = effect(model, e, e.steps[0], Edit("unit", "decoder.blocks.1.mlp", 3))
    assert abs(direct.measured) > 1e-3
    assert_close(direct.predicted, direct.measured)
    early = effect(model, e, e.steps[0], Edit("sublayer", "decoder.blocks.0.mlp"))
    assert abs(early.predicted - early.measured) > 1e-3
    assert model.training
    encoder = effect(model, e, e.steps[0], Edit("head", "encoder.blocks.0.attention", 1))
    assert encoder.predicted == 0
    assert abs(encoder.measured) > 1e-3


@pytest.mark.parametrize("pre_norm", [False, True], ids=["post-norm", "pre-norm"])
def test_the_sum_of_an_edited_model_adds_up_too(random_module: Any, pre_norm: bool) -> None:
    model = build(random_module, GPT, pre_norm=pre_norm)
    other = np.random.default_rng(0).standard_normal((4, 8))
    edits = [
        Edit("head", "blocks.0.attention", 1),
        Edit("unit", "blocks.0.mlp", 4),
        Edit("sublayer", "blocks.1.attention", row=2),
        Edit("sublayer", "blocks.1.mlp", replacement=other),
    ]
    with trace(model) as t, edited(model, edits, t), mt.no_grad():
        model(TARGET)
    for row in range(4):
        found = parts(model, t, row, 7, 3, edits)
        assert abs(found.total - found.difference) < 1e-9
        assert found.parts["blocks.0.attention.heads.1"] == 0
        assert ("blocks.1.attention.heads.0" in found.parts) == (row != 2)
        assert found.parts.get("blocks.1.attention.output", 0) == 0


@pytest.mark.parametrize(
    ("task", "question"),
    [(Addition(2), "12+34"), (AdditionGPT(2), "12+34"), (FillTheGap(), "the girl ___ milk .")],
    ids=["encoder-decoder", "gpt", "bert"],
)
def test_a_float32_model_is_taken_apart_as_closely_as_float32_allows(
    random_module: Callable[..., Any], task: Any, question: str
) -> None:
    model = random_module(task.model(task.model_config(d_model=16, d_ff=24))).float()
    e = explained(task, model, question)
    exact = explained(task, in_float64(model), question)
    for step, better in zip(e.steps, exact.steps, strict=True):
        found = parts(model, e.trace, step.row, step.token, step.rival)
        assert abs(found.total - found.difference) < 1e-4
        found = parts(model, exact.trace, better.row, better.token, better.rival)
        assert abs(found.total - found.difference) < 1e-9
