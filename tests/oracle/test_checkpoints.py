"""GPT-2 and BERT as `transformers` saves them, with random weights: same outputs and gradients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import minitorch as mt
from minitorch.testing import assert_close
from transformer import BERT, GPT, TransformerConfig, greedy
from transformer.model.layouts import BERT_BASE, GPT2, translate
from transformer.model.weights import (
    bert_config,
    from_pretrained,
    gpt2_config,
    load_bert,
    load_gpt2,
)

transformers = pytest.importorskip("transformers")

GPT2_SIZES = {"vocab_size": 40, "n_embd": 24, "n_layer": 2, "n_head": 3, "n_positions": 16}
BERT_SIZES = {
    "vocab_size": 40, "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3,
    "intermediate_size": 36, "max_position_embeddings": 16,
}  # fmt: skip


def gpt2(**changes: Any) -> Any:
    config = {**GPT2_SIZES, "bos_token_id": 39, "eos_token_id": 39, **changes}
    return randomised(transformers.GPT2LMHeadModel(transformers.GPT2Config(**config)))


def bert(kind: str = "BertForMaskedLM", **changes: Any) -> Any:
    config = transformers.BertConfig(**{**BERT_SIZES, **changes})
    return randomised(getattr(transformers, kind)(config))


def randomised(model: Any) -> Any:
    """Give every parameter a random value, so that no bias is 0 and no scale 1; leave training."""
    torch.manual_seed(0)
    for p in model.parameters():
        torch.nn.init.normal_(p, std=0.3)
    return model.eval().double()


def in_float64(model: Any, load: Any, theirs: Any) -> Any:
    """Bring a model of ours to float64 with the weights that theirs has there."""
    model.double().eval()
    load(model, theirs.state_dict())
    return model


def assert_equal(got: Any, expected: Any) -> None:
    assert_close(got, expected.detach().numpy(), rtol=1e-10, atol=1e-10)


def assert_gradients_equal(model: Any, theirs: Any, layout: Any) -> None:
    gradients = {n: p.grad for n, p in theirs.named_parameters() if p.grad is not None}
    expected = translate(model, gradients, layout)
    for name, p in model.named_parameters():
        assert_close(p.grad, expected[name], rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize(
    "changes",
    [{}, {"activation_function": "relu"}, {"n_inner": 30}, {"layer_norm_epsilon": 0.1},
     {"tie_word_embeddings": False}],
    ids=str,
)  # fmt: skip
def test_gpt2(changes: dict[str, Any]) -> None:
    theirs = gpt2(**changes)
    model = in_float64(GPT(gpt2_config(theirs.config.to_dict())), load_gpt2, theirs)
    ids = np.random.default_rng(0).integers(0, 39, (3, 9))
    logits = theirs(torch.tensor(ids)).logits
    assert_equal(model(mt.from_numpy(ids)), logits)
    F.cross_entropy(logits[:, :-1].flatten(0, 1), torch.tensor(ids[:, 1:]).flatten()).backward()
    model.loss(mt.from_numpy(ids)).backward()
    assert_gradients_equal(model, theirs, GPT2)


def test_gpt2_goes_on_with_prompts_of_different_lengths_as_transformers_does() -> None:
    theirs = gpt2()
    model = in_float64(GPT(gpt2_config(theirs.config.to_dict())), load_gpt2, theirs)
    prompts = np.array([[39, 39, 5, 6], [7, 8, 9, 10], [39, 3, 2, 1]])
    expected = theirs.generate(
        torch.tensor(prompts),
        attention_mask=torch.tensor(prompts != 39),
        do_sample=False,
        max_new_tokens=10,
        pad_token_id=39,
    )
    written = greedy(model, mt.from_numpy(prompts), 10)
    assert written.tolist() == expected[:, 4:].tolist()


@pytest.mark.parametrize(
    "changes",
    [{}, {"layer_norm_eps": 0.1}, {"type_vocab_size": 3}, {"tie_word_embeddings": False}],
    ids=str,
)
def test_bert(changes: dict[str, Any]) -> None:
    theirs = bert(**changes)
    model = in_float64(BERT(bert_config(theirs.config.to_dict())), load_bert, theirs)
    rng = np.random.default_rng(0)
    ids, segments = rng.integers(1, 40, (3, 9)), rng.integers(0, 2, (3, 9))
    ids[0, 6:] = 0  # padding
    logits = theirs(
        torch.tensor(ids),
        attention_mask=torch.tensor(ids != 0),
        token_type_ids=torch.tensor(segments),
    ).logits
    assert_equal(model(mt.from_numpy(ids), mt.from_numpy(segments)), logits)


def test_berts_loss_and_gradients() -> None:
    theirs = bert()
    model = in_float64(BERT(bert_config(theirs.config.to_dict())), load_bert, theirs)
    rng = np.random.default_rng(0)
    ids = rng.integers(1, 40, (3, 9))
    hidden = rng.random(ids.shape) < 0.3
    shown = np.where(hidden, 4, ids)
    labels = torch.tensor(np.where(hidden, ids, -100))
    expected = theirs(torch.tensor(shown), labels=labels).loss
    expected.backward()
    loss = model.loss(mt.from_numpy(shown), mt.from_numpy(np.where(hidden, ids, 0)))
    loss.backward()
    assert_equal(loss, expected)
    assert_gradients_equal(model, theirs, BERT_BASE)


@pytest.mark.parametrize("kind", ["BertForMaskedLM", "BertForPreTraining"])
def test_a_saved_bert_is_built_again(kind: str, tmp_path: Path) -> None:
    theirs = bert(kind).float()
    theirs.save_pretrained(tmp_path)
    model = from_pretrained(tmp_path)
    assert isinstance(model, BERT)
    assert not model.training
    ids = np.random.default_rng(0).integers(1, 40, (2, 9))
    out = theirs(torch.tensor(ids))
    logits = out.logits if kind == "BertForMaskedLM" else out.prediction_logits
    assert_close(model(mt.from_numpy(ids)), logits.detach().numpy(), rtol=1e-4, atol=1e-4)


def test_a_saved_gpt2_is_built_again(tmp_path: Path) -> None:
    theirs = gpt2().float()
    theirs.save_pretrained(tmp_path)
    model = from_pretrained(tmp_path)
    assert isinstance(model, GPT)
    ids = np.random.default_rng(0).integers(0, 39, (2, 9))
    logits = theirs(torch.tensor(ids)).logits.detach().numpy()
    assert_close(model(mt.from_numpy(ids)), logits, rtol=1e-4, atol=1e-4)


def test_older_checkpoints_have_other_names() -> None:
    theirs = bert()
    older = {
        "bert.embeddings.position_ids": torch.arange(16)[None],
        **{
            name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
                "LayerNorm.bias", "LayerNorm.beta"
            ): tensor
            for name, tensor in theirs.state_dict().items()
        },
    }
    config = bert_config(theirs.config.to_dict())
    one, other = BERT(config), BERT(config)
    load_bert(one, theirs.state_dict())
    load_bert(other, older)
    for p, q in zip(one.parameters(), other.parameters(), strict=True):
        assert_close(p, q.detach().numpy(), rtol=0, atol=0)


def test_gpt2_as_openai_published_it_has_no_prefix_and_holds_its_masks() -> None:
    theirs = gpt2()
    published = {
        name.removeprefix("transformer."): tensor
        for name, tensor in theirs.state_dict().items()
        if name != "lm_head.weight"
    }
    published |= {f"h.{i}.attn.bias": torch.ones(1, 1, 16, 16).tril() for i in range(2)}
    model = in_float64(GPT(gpt2_config(theirs.config.to_dict())), load_gpt2, theirs)
    before = model(mt.tensor([[1, 2, 3]]))
    load_gpt2(model, published)
    assert_close(model(mt.tensor([[1, 2, 3]])), before.detach().numpy(), rtol=0, atol=0)


def test_a_gpt2_of_other_sizes_is_refused_and_changes_nothing() -> None:
    theirs = gpt2()
    config = gpt2_config(theirs.config.to_dict())
    sizes = {"vocab_size": 40, "d_model": 24, "n_heads": 3, "n_layers": 2, "d_ff": 90}
    model = GPT(TransformerConfig(**sizes, positions="learned", max_length=16, pre_norm=True))
    assert config.d_ff == 96
    before = {name: p.array.copy() for name, p in model.named_parameters()}
    with pytest.raises(
        RuntimeError,
        match=r"h\.0\.mlp\.c_fc\.weight has the shape \(24, 96\), but the model needs \(24, 90\)",
    ):
        load_gpt2(model, theirs.state_dict())
    for name, p in model.named_parameters():
        assert_close(p, before[name], rtol=0, atol=0)
