"""An explanation holds what generation computed, step by step, and what training would say."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch.testing import assert_close
from transformer import BERT, Transformer
from transformer.decoding.sampling import greedy
from transformer.explain import Edit, edited, explained, in_float64, trace
from transformer.tasks import TASKS, Addition, AdditionGPT, Characters, FillTheGap, Task
from transformer.training.run import Run

SIZES = {"d_model": 16, "n_heads": 2, "n_layers": 2, "d_ff": 24}
TASK = {name: kind() for name, kind in TASKS.items()}


@pytest.fixture(scope="module")
def model_of(random_module: Callable[..., Any]) -> Callable[..., Any]:
    def build(task: Task, **changes: Any) -> Any:
        return random_module(task.model(task.model_config(**SIZES | changes)))

    return build


@pytest.mark.parametrize("task", TASK.values(), ids=list(TASK))
def test_every_task_is_explained(model_of: Callable[..., Any], task: Any) -> None:
    model = model_of(task)
    e = explained(task, model, task.question)
    assert e.source == task.as_source(task.question)
    assert e.vocabulary == task.tokenizer.tokens
    assert len(e.steps) == len(e.answer)
    if isinstance(task, Characters):
        half = task.context // 2
        written = greedy(model, mt.tensor([task.tokenizer.encode(e.source)[-half:]]), half)
        assert e.text == task.tokenizer.decode(written[0].tolist())
    else:
        assert e.text == task.as_answer(task.generate(model, [e.source])[0])
    for step, token in zip(e.steps, e.answer, strict=True):
        logits = e.trace["logits"][0, step.row]
        assert step.token == token == logits.argmax()
        assert step.rival == np.argsort(-logits)[1]
        exponentials = np.exp(logits)
        assert_close(step.probabilities, exponentials / exponentials.sum())
        assert_close(step.loss, -np.log(step.probabilities[token]))
    rows = [step.row for step in e.steps]
    if isinstance(model, BERT):
        assert [e.rows[row] for row in rows] == ["___"]
    else:
        assert e.rows[rows[0]] == (" " if isinstance(task, Characters) else "<s>")
        assert rows == list(range(rows[0], len(e.rows)))
        assert [e.vocabulary[i] for i in e.answer[:-1]] == e.rows[rows[0] + 1 :]
    assert (e.columns is not None) == isinstance(model, Transformer)
    if e.columns is not None:
        assert task.tokenizer.join(e.inputs["source"]) == e.source
        assert e.trace["decoder.blocks.1.cross_attention.weights"].shape[-1] == len(e.columns)


@pytest.mark.parametrize("task", [Addition(2), AdditionGPT(2)], ids=["encoder-decoder", "gpt"])
@pytest.mark.parametrize("changes", [{}, {"pre_norm": False, "positions": "rotary"}])
@pytest.mark.parametrize("is_edited", [False, True])
def test_each_row_of_the_trace_is_what_generation_computed_at_that_step(
    model_of: Callable[..., Any], task: Any, changes: dict[str, Any], is_edited: bool
) -> None:
    """The trace of one pass over source and answer equals that of generation with the cache."""
    model = model_of(task, **changes)
    path, row = ("blocks.0", 7) if task.architecture == "gpt" else ("decoder.blocks.0", 2)
    edits = [Edit("unit", f"{path}.mlp", 3, row), Edit("sublayer", f"{path}.mlp", row=row - 1)]
    edits = edits if is_edited else []
    e = explained(task, model, "12+34", edits=edits)
    with trace(model) as generated, edited(model, edits, generated):
        greedy(model, mt.tensor([e.prompt]), 4)
    steps = e.steps
    assert len(generated.every["logits"]) == len(steps) == 4
    for name, computed in generated.every.items():
        whole = e.trace[name]
        if name == "logits":  # a step predicts the next token alone: (batch, vocab_size)
            assert_close(np.concatenate(computed), whole[0, [step.row for step in steps]])
        elif name.endswith((".scores", ".weights")) and not name.startswith("encoder"):
            for step, now in zip(steps, computed, strict=True):  # its keys are those so far
                assert_close(now[..., -1, :], whole[..., step.row, : now.shape[-1]])
        elif name.endswith((".k", ".v")):
            assert_close(computed[-1], whole)
        else:
            reads_source = name.startswith("embedding") and isinstance(model, Transformer)
            assert_close(np.concatenate(computed[reads_source:], -2), whole)
    assert generated.keys() == e.trace.keys()


def test_with_a_target_each_step_has_the_loss_of_training(model_of: Callable[..., Any]) -> None:
    for task, question, target in [
        (Addition(2), "12+34", "64"),
        (AdditionGPT(2), "12+34", "64"),
        (FillTheGap(), "yesterday the girl ___ milk .", "drank"),
    ]:
        model = model_of(task)
        e = explained(task, model, question, target=target)
        assert_close(
            np.mean([step.loss for step in e.steps]), task.loss(model, [(e.source, target)])
        )
        assert e.text == task.as_answer(target)
        tokens = [*target] if "+" in question else [target]
        if "+" in question:
            tokens.append("</s>")
        assert [e.vocabulary[step.token] for step in e.steps] == tokens
        for step in e.steps:
            likeliest = np.argsort(-step.probabilities)
            assert step.rival == likeliest[int(likeliest[0] == step.token)]


def test_a_text_that_is_continued_is_read_and_written_in_halves(model_of: Any) -> None:
    task = Characters(context=16)
    model = model_of(task)
    e = explained(task, model, "is a function of this kind")
    assert "".join(e.vocabulary[i] for i in e.prompt) == "his kind"
    assert len(e.answer) <= 8
    assert len(e.rows) == 8 + len(e.answer) - 1
    e = explained(task, model, "The fun", target="ction ")
    assert (e.text, [step.row for step in e.steps]) == ("ction ", list(range(6, 12)))
    text = task.tokenizer.encode("The function ")
    losses = model.loss(mt.tensor([text]), mt.tensor([[0] * 7 + text[7:]]))
    assert_close(np.mean([step.loss for step in e.steps]), losses.item())


def test_a_trained_model_ends_its_answer(single_digits: Path) -> None:
    task, model = Run(single_digits).load()
    e = explained(task, model, " 3+ 4=")
    assert (e.source, e.text, e.rows) == ("3+4=", "7", ["<s>", "7"])
    assert [e.vocabulary[i] for i in e.answer] == ["7", "</s>"]
    assert (e.columns, e.question) == (["3", "+", "4", "="], " 3+ 4=")
    assert e.trace["logits"].dtype == np.float32
    exact = explained(task, in_float64(model), "3+4")
    assert exact.trace["logits"].dtype == np.float64
    assert abs(e.trace["logits"] - exact.trace["logits"]).max() < 1e-4


def test_the_callers_model_stays_as_it_is(model_of: Callable[..., Any]) -> None:
    task = Addition(2)
    model = model_of(task, dropout=0.5).float().train()
    model.encoder.eval()
    before = deepcopy(model.state_dict())
    modes = [module.training for module in model.modules()]
    first = explained(task, model, "12+34", edits=[Edit("unit", "encoder.blocks.0.mlp", 1)])
    again = explained(task, model, "12+34", edits=[Edit("unit", "encoder.blocks.0.mlp", 1)])
    assert_close(first.trace["logits"], again.trace["logits"], rtol=0, atol=0)  # without dropout
    with pytest.raises(ValueError, match="is not a sum of two numbers"):
        explained(task, model, "12")
    copy = in_float64(model)
    assert copy.output.weight.dtype == mt.float64
    assert [module.training for module in model.modules()] == modes
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    for name, tensor in model.state_dict().items():
        assert tensor.dtype == mt.float32
        assert_close(tensor, before[name], rtol=0, atol=0)


def test_tied_weights_stay_tied_in_the_copy(model_of: Callable[..., Any]) -> None:
    copy = in_float64(model_of(AdditionGPT(2), tie_embeddings=True).float())
    assert copy.output.weight is copy.embedding.tokens.weight


def test_the_answer_is_that_of_the_edited_model(model_of: Callable[..., Any]) -> None:
    task = Addition(2)
    model = model_of(task)
    path = "encoder.blocks.1.mlp"
    e = explained(task, model, "12+34", edits=[Edit("sublayer", path)])
    model.encoder.blocks[1].mlp.down.weight.array[:] = 0
    model.encoder.blocks[1].mlp.down.bias.array[:] = 0
    expected = explained(task, model, "12+34")
    assert e.answer == expected.answer
    for name, activation in expected.trace.named().items():
        assert_close(e.trace.named()[name], activation)
