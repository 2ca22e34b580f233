"""What terminal, pictures and JSON tell: each number is under its own label, for all ten tasks."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from transformer.arguments import NotFinite
from transformer.explain import attribution, explained, in_float64
from transformer.explain.account import Account
from transformer.explain.account.as_json import as_json
from transformer.explain.account.words import Words, percent, signed, visible
from transformer.explain.page import Subject
from transformer.tasks import TASKS, Addition, Characters, FillTheGap

SIZES: dict[str, Any] = {"d_model": 16, "n_heads": 2, "n_layers": 2, "d_ff": 12}


@cache
def subject(name: str, **changes: Any) -> Subject:
    """Return a small model of a task, whose weights are drawn."""
    mt.manual_seed(1)
    task: Any = Characters(context=16) if name == "characters" else TASKS[name]()
    return Subject(task, task.model(task.model_config(**SIZES, **changes)).eval(), f"runs/{name}")


@cache
def account(name: str, **changes: Any) -> Account:
    s = subject(name, **changes)
    return Account(s.task, s.model, s.task.question)


@pytest.mark.parametrize("name", TASKS)
def test_weights_stand_under_the_names_of_the_trace(name: str) -> None:
    """The kinds, their rows and their columns, from the names and the tokens alone."""
    told, e = account(name), account(name).explanation
    expected = {
        "Transformer": {
            "encoder": ("encoder.blocks.{}.attention", e.columns, e.columns),
            "decoder": ("decoder.blocks.{}.self_attention", e.rows, e.rows),
            "cross": ("decoder.blocks.{}.cross_attention", e.rows, e.columns),
        },
        "GPT": {"causal": ("blocks.{}.attention", e.rows, e.rows)},
        "BERT": {"both": ("encoder.blocks.{}.attention", e.rows, e.rows)},
    }[type(told.model).__name__]
    assert [a.kind for a in told.attentions] == list(expected)
    for a in told.attentions:
        path, asks, answers = expected[a.kind]
        assert (a.asks, a.answers) == (asks, answers)
        assert len(a.weights) == 2
        for block, weights in enumerate(a.weights):
            np.testing.assert_array_equal(weights, e.trace[f"{path.format(block)}.weights"][0])


@pytest.mark.parametrize("name", TASKS)
def test_each_written_token_is_taken_apart(name: str) -> None:
    told, e = account(name), account(name).explanation
    assert [r.number for r in told.tokens] == list(range(1, len(e.steps) + 1))
    for r, step in zip(told.tokens, e.steps, strict=True):
        assert r.step is step
        assert (r.token, r.rival) == (e.vocabulary[step.token], e.vocabulary[step.rival])
        assert r.probability == step.probabilities[step.token]
        assert abs(r.sum.total - r.sum.difference) < 1e-9
        logits = e.trace["logits"][0, step.row]
        assert r.sum.difference == logits[step.token] - logits[step.rival]
        *_, last = r.lens.values()
        np.testing.assert_allclose(last, step.probabilities, atol=1e-12)
    margins = [r.sum.difference for r in told.tokens]
    assert told.least_sure.sum.difference == min(margins)


HELD = {
    ("addition", True): ["decoder.norm.scale"],
    ("addition", False): [
        f"decoder.blocks.{i}.add_{name}.norm.scale"
        for i in range(2)
        for name in ("self_attention", "cross_attention", "mlp")
    ],
    ("sort", True): ["norm.scale"],
    ("sort", False): [
        f"blocks.{i}.add_{name}.norm.scale" for i in range(2) for name in ("attention", "mlp")
    ],
    ("fill-the-gap", True): ["embedding.norm.scale", "encoder.norm.scale", "norm.scale"],
    ("fill-the-gap", False): [
        "embedding.norm.scale",
        *(
            f"encoder.blocks.{i}.add_{name}.norm.scale"
            for i in range(2)
            for name in ("attention", "mlp")
        ),
        "norm.scale",
    ],
}


@pytest.mark.parametrize(("name", "pre_norm"), HELD)
def test_the_scales_on_the_way_are_those_of_the_row(name: str, pre_norm: bool) -> None:
    told = account(name, pre_norm=pre_norm)
    for r in told.tokens:
        assert list(r.scales) == HELD[name, pre_norm]
        for scale, value in r.scales.items():
            assert value == told.explanation.trace[scale][0, r.step.row, 0]


def test_of_a_long_text_the_end_is_read() -> None:
    s = subject("characters")
    assert Account(s.task, s.model, "The function").source == "…function"
    assert Account(s.task, s.model, "The").source == "The"
    assert account("addition").source == "12+34="
    assert account("sort").source == "hadbc"


def test_names_are_counted_from_1_and_have_two_languages() -> None:
    en, zh = Words("en"), Words("zh")
    name = "decoder.blocks.0.cross_attention.heads.2"
    assert en.part(name) == ("block 1", "cross-attention", "head 3")
    assert zh.part(name) == ("第 1 块", "交叉注意力", "头 3")
    assert en.part("encoder.blocks.1.mlp.output") == ("block 2", "MLP", "")
    assert en.part("embedding.segments") == ("embedding", "segment", "")
    assert en.part("biases") == ("biases", "", "")
    assert en.sublayer("embedding.residual") == ("embedding", "")
    assert en.sublayer("blocks.1.add_attention.residual") == ("block 2", "self-attention")


def test_numbers_and_tokens_are_written_as_on_the_page() -> None:
    assert [signed(x) for x in (1.2345, -0.5, -0.0001, 0)] == ["+1.234", "−0.500", "0.000", "0.000"]
    chances = (0, 0.0004, 0.0005, 0.1234, 0.9994, 0.9996, 1)
    shown = ["0%", "<0.1%", "0.1%", "12.3%", "99.9%", ">99.9%", "100%"]
    assert [percent(p) for p in chances] == shown
    assert visible("a \t\n\u202e\ud800") == "a␣⇥↵⟨202E⟩⟨D800⟩"
    assert visible("年 \n", str.isascii) == r"\u5e74\x20\n"
    assert visible("a b", space=False) == "a b"


# -------------------------------------------------------------------------------------------- JSON


@pytest.mark.parametrize("name", ["addition", "sort", "fill-the-gap", "characters"])
def test_json_holds_every_intermediate_exactly(name: str) -> None:
    s = subject(name)
    data = json.loads(as_json(s, account(name)), parse_constant=pytest.fail)
    e = explained(s.task, in_float64(s.model), s.task.question)
    named = e.trace.named()
    assert list(data["activations"]) == list(named)
    for key, array in named.items():
        entry = data["activations"][key]
        values = np.array(entry["values"])
        assert entry["shape"] == list(values.shape)
        np.testing.assert_array_equal(values, array[0] if array.ndim > 2 else array)
    assert data["run"] == f"runs/{name}"
    assert (data["kind"], data["task"], data["dtype"]) == (type(s.model).__name__, name, "float64")
    assert data["config"]["d_model"] == 16
    assert data["parameters"] == sum(p.numel() for p in s.model.parameters())
    assert [data[key] for key in ("question", "source", "answer")] == [e.question, e.source, e.text]
    assert (data["inputs"], data["vocabulary"]) == (e.inputs, list(e.vocabulary))
    assert (data["rows"], data["columns"]) == (e.rows, e.columns)
    for i, step in enumerate(e.steps):
        told = data["steps"][i]
        assert told["probabilities"] == step.probabilities.tolist()
        assert (told["number"], told["row"]) == (i + 1, step.row)
        assert told["token"] == e.vocabulary[step.token]
        assert told["rival"] == e.vocabulary[step.rival]
        model = in_float64(s.model)
        of = attribution.parts(model, e.trace, step.row, step.token, step.rival)
        assert data["sum"][i]["parts"] == of.parts
        assert (data["sum"][i]["total"], data["sum"][i]["difference"]) == (of.total, of.difference)
        scales = data["sum"][i]["scales"]
        assert scales == {key: e.trace[key][0, step.row, 0] for key in scales}
        lens = attribution.lens(model, e.trace, step.row)
        assert data["lens"][i] == {key: p.tolist() for key, p in lens.items()}
    assert len(data["steps"]) == len(data["sum"]) == len(data["lens"]) == len(e.steps)


def test_json_has_no_number_for_nan() -> None:
    s = subject("addition")
    told = Account(s.task, s.model, "1+2")
    told.explanation.trace.every["decoder.norm.output"][0][0, 0, 0] = np.nan
    with pytest.raises(NotFinite, match=r"decoder\.norm\.output is not finite everywhere"):
        as_json(s, told)


def test_an_account_keeps_the_model_as_it_is(single_digits: Path) -> None:
    task, model = Subject.load(single_digits).task, Subject.load(single_digits).model
    told = Account(task, model, "3+4")
    assert told.explanation.text == "7"
    assert model.output.weight.dtype == mt.float32
    assert isinstance(task, Addition)
    assert Account(FillTheGap(), subject("fill-the-gap").model, "the girl ___ milk .").fills_gap
    assert not told.fills_gap
