"""An edit does what it says: it equals a change of the weights, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch import nn
from minitorch.testing import assert_close
from transformer import BERT, GPT, Transformer, TransformerConfig
from transformer.decoding.beam import beam_search
from transformer.decoding.sampling import greedy
from transformer.explain import Edit, edited, trace

SOURCE, TARGET = mt.tensor([[3, 4, 5, 6, 7]]), mt.tensor([[1, 5, 6, 9]])
MODELS = (Transformer, GPT, BERT)


def build(random_module: Callable[..., Any], kind: type, **changes: Any) -> Any:
    sizes = {"vocab_size": 13, "d_model": 8, "n_heads": 4, "n_kv_heads": 2, "n_layers": 2}
    sizes |= {"d_ff": 12, "max_length": 16, "positions": "rotary", "tie_embeddings": False}
    return random_module(kind(TransformerConfig(**sizes | changes)))


def logits(model: Any, source: Any = SOURCE, target: Any = TARGET) -> Any:
    with mt.no_grad():
        return model(*((source, target) if isinstance(model, Transformer) else (target,))).numpy()


def attentions(model: nn.Module) -> list[str]:
    return [path for path, _ in model.named_modules() if path.endswith("attention")][::2]


def mlps(model: nn.Module) -> list[str]:
    return [path for path, _ in model.named_modules() if path.endswith(".mlp")]


def without(model: Any, path: str, columns: Any, bias: bool = False) -> Any:
    """Return a copy whose weights at `path`, the last layer of a sublayer, are 0 in columns."""
    model = deepcopy(model)
    layer = dict(model.named_modules())[path]
    layer.weight.array[:, columns] = 0
    if bias:
        layer.bias.array[:] = 0
    return model


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("changes", [{}, {"pre_norm": True, "activation": "swiglu"}])
def test_an_ablation_equals_weights_of_zero(
    random_module: Callable[..., Any], kind: type, changes: dict[str, Any]
) -> None:
    model = build(random_module, kind, **changes)
    plain = logits(model)
    cases = [
        (Edit("sublayer", path), without(model, f"{path}.{last}", slice(None), bias=True))
        for paths, last in ((attentions(model), "output"), (mlps(model), "down"))
        for path in paths
    ]
    for path in attentions(model):
        for head in range(4):
            columns = slice(2 * head, 2 * head + 2)
            cases.append((Edit("head", path, head), without(model, f"{path}.output", columns)))
    for path in mlps(model):
        hidden = (0, 5, 11)
        cases += [(Edit("unit", path, i), without(model, f"{path}.down", i)) for i in hidden]
    for edit, changed in cases:
        with edited(model, [edit]):
            now = logits(model)
        assert_close(now, logits(changed))
    assert_close(logits(model), plain, rtol=0, atol=0)


def test_several_edits_act_together(random_module: Callable[..., Any]) -> None:
    model = build(random_module, Transformer)
    path = "decoder.blocks.1.cross_attention"
    changed = without(model, f"{path}.output", [0, 1, 6, 7])
    changed = without(changed, "encoder.blocks.0.mlp.down", 3)
    edits = [Edit("head", path, 0), Edit("head", path, 3), Edit("unit", "encoder.blocks.0.mlp", 3)]
    with edited(model, edits):
        assert_close(logits(model), logits(changed))


def activations(model: Any, **texts: Any) -> Any:
    with trace(model) as t:
        logits(model, **texts)
    return t


def replacements(model: Any, t: Any, row: int | None = None) -> list[list[Edit]]:
    """Return, for each kind, edits that put everything of a trace in its place."""
    kinds = [
        [Edit("head", path, head, row) for path in attentions(model) for head in range(4)],
        [Edit("unit", path, unit, row) for path in mlps(model) for unit in range(12)],
        [Edit("sublayer", path, row=row) for path in (*attentions(model), *mlps(model))],
    ]
    return [[edit.taken_from(t) for edit in edits] for edits in kinds]


@pytest.mark.parametrize("kind", MODELS)
def test_patching_with_the_same_input_changes_nothing(random_module: Any, kind: type) -> None:
    model = build(random_module, kind)
    t = activations(model)
    for edits in replacements(model, t) + replacements(model, t, row=2):
        with edited(model, edits):
            assert_close(logits(model), t["logits"], rtol=1e-12, atol=1e-12)


def test_patching_all_that_differs_gives_the_other_inputs_result(random_module: Any) -> None:
    model = build(random_module, Transformer)
    other = mt.tensor([[9, 8, 7]])
    t = activations(model, source=other)
    cross = [edit for edit in replacements(model, t)[0] if "cross" in edit.path]
    with edited(model, cross):  # the decoder learns of the source through these heads alone
        assert_close(logits(model), t["logits"])
    with edited(model, cross[:4]):
        assert abs(logits(model) - t["logits"]).max() > 1e-3

    gpt = build(random_module, GPT)
    t = activations(gpt, target=mt.tensor([[7, 3, 8, 9]]))  # which ends as TARGET does
    heads, units, _ = replacements(gpt, t, row=3)
    with edited(gpt, [*heads, *units]):
        now = logits(gpt)
    assert_close(now[:, 3], t["logits"][:, 3])
    assert_close(now[:, :3], logits(gpt)[:, :3])


def test_an_edit_of_a_row_is_of_that_row_alone(random_module: Callable[..., Any]) -> None:
    model = build(random_module, Transformer)
    plain = activations(model)
    for edit, name in [
        (Edit("head", "encoder.blocks.0.attention", 1, row=4), "heads"),
        (Edit("unit", "encoder.blocks.0.mlp", 5, row=4), "hidden"),
        (Edit("sublayer", "encoder.blocks.0.mlp", row=4), "output"),
    ]:
        with trace(model) as t, edited(model, [edit], t):
            logits(model)
        name = f"{edit.path}.{name}"
        before, after = plain[name], t[name]
        rows = np.moveaxis(abs(after - before), -2, 0).reshape(5, -1).max(1)
        assert rows.nonzero()[0].tolist() == [4], edit
        assert_close(t["decoder.blocks.0.add_self_attention.residual"].shape, (1, 4, 8))


@pytest.mark.parametrize("kind", MODELS)
def test_the_trace_of_an_edited_model_is_of_what_goes_on(random_module: Any, kind: type) -> None:
    model = build(random_module, kind)
    attention, mlp = attentions(model)[-1], mlps(model)[-1]
    edits = [Edit("head", attention, 2), Edit("unit", mlp, 1, row=2)]
    with trace(model) as t, edited(model, edits, t):
        logits(model)
    modules: dict[str, Any] = dict(model.named_modules())
    assert not t[f"{attention}.heads"][:, 2].any()
    assert t[f"{mlp}.hidden"][0, 2, 1] == 0
    heads = t[f"{attention}.heads"].sum(1) + modules[attention].output.bias.array
    assert_close(heads, t[f"{attention}.output"])
    down = modules[mlp].down
    hidden = t[f"{mlp}.hidden"] @ down.weight.array.T + down.bias.array
    assert_close(hidden, t[f"{mlp}.output"])
    with trace(model) as t, edited(model, [Edit("sublayer", mlp)], t):
        logits(model)
    assert not t[f"{mlp}.output"].any()


def slowly(model: Any, prompt: list[int], length: int) -> list[int]:
    """Decode greedily without a cache: each step reads the whole text again."""
    ids = [1] if isinstance(model, Transformer) else list(prompt)
    written: list[int] = []
    while len(written) < length and written[-1:] != [model.config.eos]:
        texts = {"source": mt.tensor([prompt]), "target": mt.tensor([ids + written])}
        written.append(int(logits(model, **texts)[0, -1].argmax()))
    return written


def some_edits(model: Any, row: int) -> list[list[Edit]]:
    attention, mlp = attentions(model)[-1], mlps(model)[-1]
    rng = np.random.default_rng(1)
    return [
        [Edit("head", attention, 1)],
        [Edit("sublayer", attentions(model)[0])],
        [Edit("unit", mlp, 2), Edit("unit", mlp, 3)],
        [Edit("sublayer", mlp, row=row)],
        [Edit("head", attention, 3, row=row, replacement=9 * rng.standard_normal((16, 2)))],
        [Edit("unit", mlp, 3, replacement=9 * rng.standard_normal(16))],
        [Edit("sublayer", mlp, replacement=9 * rng.standard_normal((16, 8)))],
    ]


@pytest.mark.parametrize("kind", [Transformer, GPT])
def test_generation_with_the_cache_is_edited_as_whole_passes_are(
    random_module: Any, kind: type
) -> None:
    changed = 0
    for seed, prompt in ((0, [3, 4, 5, 6]), (1, [9, 3, 12])):
        model = random_module(build(random_module, kind), seed)
        plain = greedy(model, mt.tensor([prompt]), 6)[0].tolist()
        for edits in some_edits(model, row=len(prompt)):  # of a GPT, that of the first new token
            with edited(model, edits):
                answer = greedy(model, mt.tensor([prompt]), 6)[0].tolist()
                assert answer == slowly(model, prompt, 6)
            changed += answer != plain
    assert changed >= 5


@pytest.mark.parametrize("kind", [Transformer, GPT])
def test_a_beam_is_searched_in_the_edited_model(random_module: Any, kind: type) -> None:
    model = build(random_module, kind)
    prompt = [3, 4, 5, 6]
    plain = beam_search(model, mt.tensor([prompt]), 5, width=3, alpha=0, n_best=3)
    for edits in some_edits(model, row=2 if kind is Transformer else len(prompt)):
        with edited(model, edits):
            ids, scores = beam_search(model, mt.tensor([prompt]), 5, width=3, alpha=0, n_best=3)
            for text, score in zip(ids[0].tolist(), scores[0].tolist(), strict=True):
                text = text[: text.index(2) + 1 if 2 in text else None]
                first = [1] if kind is Transformer else prompt
                read = mt.tensor([[*first, *text[:-1]]])
                row = logits(model, source=mt.tensor([prompt]), target=read)[0, len(first) - 1 :]
                log_p = row - np.log(np.exp(row).sum(-1, keepdims=True))
                assert_close(log_p[np.arange(len(text)), text].sum(), score)
        assert abs(scores.numpy() - plain[1].numpy()).max() > 1e-6


def test_rows_count_the_padding_before_shorter_prompts(random_module: Callable[..., Any]) -> None:
    model = build(random_module, GPT)
    edit = Edit("sublayer", "blocks.0.mlp", row=4)
    with edited(model, [edit]):
        both = greedy(model, mt.tensor([[3, 4, 5, 6], [0, 0, 7, 8]]), 5)
    alone = Edit("sublayer", "blocks.0.mlp", row=2)
    with edited(model, [alone]):
        second = greedy(model, mt.tensor([[7, 8]]), 5)
    assert both[1, : second.shape[1]].tolist() == second[0].tolist()


def test_gradients_flow_through_an_edit(random_module: Callable[..., Any]) -> None:
    model = build(random_module, GPT)
    changed = without(model, "blocks.1.mlp.down", 4)
    with edited(model, [Edit("unit", "blocks.1.mlp", 4)]):
        model.loss(TARGET).backward()
    changed.loss(TARGET).backward()
    assert_close(model.embedding.tokens.weight.grad, changed.embedding.tokens.weight.grad)


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_of_an_edit_is_left_behind(random_module: Any, fails: bool) -> None:
    model = build(random_module, Transformer)
    edits = [edit for some in some_edits(model, 2) for edit in some]
    try:
        with edited(model, edits):
            logits(model)
            if fails:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    with (
        pytest.raises(ValueError, match="there is no head 4"),
        edited(model, [*edits, Edit("head", "encoder.blocks.0.attention", 4)]),
    ):
        pass
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
