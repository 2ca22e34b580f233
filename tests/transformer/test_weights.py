"""Loading others' weights: what goes where, and what is refused. PyTorch judges in tests/oracle."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

import minitorch as mt
from transformer import BERT, GPT, Transformer, TransformerConfig
from transformer.model.layouts import BERT_BASE
from transformer.model.layouts import _expand as expand
from transformer.model.weights import (
    bert_config,
    from_pretrained,
    gpt2_config,
    load_bert,
    load_gpt2,
    load_pytorch,
)

GPT2_CONFIG = {
    "model_type": "gpt2",
    "vocab_size": 7,
    "n_embd": 4,
    "n_head": 2,
    "n_layer": 1,
    "n_positions": 6,
    "bos_token_id": 6,
    "eos_token_id": 6,
}

BERT_CONFIG = {
    "vocab_size": 7,
    "hidden_size": 4,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 8,
    "max_position_embeddings": 6,
}


def gpt2_tensors() -> dict[str, Any]:
    """GPT-2's tensors by their names and shapes, each with numbers of its own."""
    shapes = {
        "wte.weight": (7, 4),
        "wpe.weight": (6, 4),
        "h.0.ln_1.weight": (4,),
        "h.0.ln_1.bias": (4,),
        "h.0.attn.c_attn.weight": (4, 12),
        "h.0.attn.c_attn.bias": (12,),
        "h.0.attn.c_proj.weight": (4, 4),
        "h.0.attn.c_proj.bias": (4,),
        "h.0.ln_2.weight": (4,),
        "h.0.ln_2.bias": (4,),
        "h.0.mlp.c_fc.weight": (4, 16),
        "h.0.mlp.c_fc.bias": (16,),
        "h.0.mlp.c_proj.weight": (16, 4),
        "h.0.mlp.c_proj.bias": (4,),
        "ln_f.weight": (4,),
        "ln_f.bias": (4,),
    }
    rng = np.random.default_rng(0)
    return {name: rng.standard_normal(shape, np.float32) for name, shape in shapes.items()}


def values(model: Any) -> dict[str, Any]:
    return {path: tensor.numpy().copy() for path, tensor in model.state_dict().items()}


def test_gpt2s_matrices_are_cut_and_turned() -> None:
    model, theirs = GPT(gpt2_config(GPT2_CONFIG)), gpt2_tensors()
    load_gpt2(model, theirs)
    ours = values(model)
    q, k, v = np.split(theirs["h.0.attn.c_attn.weight"], 3, axis=1)
    for name, matrix in (("query", q), ("key", k), ("value", v)):
        np.testing.assert_array_equal(ours[f"blocks.0.attention.{name}.weight"], matrix.T)
    np.testing.assert_array_equal(ours["blocks.0.mlp.up.weight"], theirs["h.0.mlp.c_fc.weight"].T)
    np.testing.assert_array_equal(
        ours["blocks.0.attention.key.bias"], theirs["h.0.attn.c_attn.bias"][4:8]
    )
    np.testing.assert_array_equal(ours["output.weight"], theirs["wte.weight"])


Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("ln_f.bias"), r"ln_f\.bias is missing"),
        (lambda t: t.pop("wte.weight"), r"wte\.weight is missing"),
        (lambda t: t.update({"h.1.ln_1.bias": t["ln_f.bias"]}), r"h\.1\.ln_1\.bias is not exp"),
        (
            lambda t: t.update({"h.0.mlp.c_fc.weight": t["h.0.mlp.c_fc.weight"].T}),
            r"c_fc\.weight has the shape \(16, 4\), but the model needs \(4, 16\)",
        ),
        (
            lambda t: t.update({"h.0.attn.c_attn.bias": np.zeros(8)}),
            r"c_attn\.bias has the shape \(8,\), but the model needs \(12,\)",
        ),
        (
            lambda t: t.update({"lm_head.weight": t["wte.weight"] + 1}),
            "the output's weights are not the embedding's",
        ),
    ],
)
def test_what_does_not_fit_is_named_and_changes_nothing(change: Change, message: str) -> None:
    model, theirs = GPT(gpt2_config(GPT2_CONFIG)), gpt2_tensors()
    before = values(model)
    change(theirs)
    with pytest.raises(RuntimeError, match=message):
        load_gpt2(model, theirs)
    for path, array in values(model).items():
        np.testing.assert_array_equal(array, before[path])


def test_everything_that_does_not_fit_is_named() -> None:
    theirs = gpt2_tensors()
    del theirs["ln_f.bias"], theirs["h.0.ln_2.weight"]
    theirs["stranger"] = np.zeros(1)
    with pytest.raises(RuntimeError) as error:
        load_gpt2(GPT(gpt2_config(GPT2_CONFIG)), theirs)
    for name in ("ln_f.bias", "h.0.ln_2.weight", "stranger"):
        assert name in str(error.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activation": "swiglu"}, r"blocks\.0\.mlp\.gate\.weight, which the model has, is not"),
        ({"positions": "rotary"}, r"wpe\.weight is not expected"),
        ({"bias": False}, r"ln_f\.bias is not expected"),
        ({"n_kv_heads": 1}, r"c_attn\.weight has the shape \(4, 12\), but .* needs \(4, 8\)"),
        ({"pre_norm": False}, r"ln_f\.weight is not expected"),
    ],
)
def test_a_model_of_another_make_is_refused(changes: dict[str, Any], message: str) -> None:
    sizes = {"vocab_size": 7, "d_model": 4, "n_heads": 2, "n_layers": 1, "d_ff": 16}
    make = {"positions": "learned", "max_length": 6, "pre_norm": True, **changes}
    with pytest.raises(RuntimeError, match=message):
        load_gpt2(GPT(TransformerConfig(**sizes, **make)), gpt2_tensors())


def test_pytorchs_last_norm_needs_one_here() -> None:
    model = Transformer(TransformerConfig(7, d_model=4, n_heads=2, n_layers=1, d_ff=8))
    with pytest.raises(RuntimeError, match=r"encoder\.norm\.weight is not expected"):
        load_pytorch(model, {"encoder.norm.weight": np.ones(4)})


def test_a_gpt2_is_read_from_a_directory(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(GPT2_CONFIG))
    save_file(gpt2_tensors(), tmp_path / "model.safetensors")
    model = from_pretrained(tmp_path)
    assert isinstance(model, GPT)
    assert not model.training
    np.testing.assert_array_equal(
        model.embedding.tokens.weight.detach().numpy(), gpt2_tensors()["wte.weight"]
    )
    assert model(mt.tensor([[1, 2, 3]])).shape == (1, 3, 7)


def test_a_byte_order_mark_and_half_precision_are_read(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(GPT2_CONFIG), encoding="utf-8-sig")
    half = {name: array.astype(np.float16) for name, array in gpt2_tensors().items()}
    save_file(half, tmp_path / "model.safetensors")
    weight = from_pretrained(tmp_path).embedding.tokens.weight.detach().numpy()
    assert weight.dtype == np.float32
    np.testing.assert_array_equal(weight, half["wte.weight"].astype(np.float32))


def test_bfloat16_is_the_upper_half_of_float32(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(GPT2_CONFIG))
    save_file(gpt2_tensors(), tmp_path / "model.safetensors")
    whole = (tmp_path / "model.safetensors").read_bytes()
    start = 8 + int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8:start])
    for about in header.values():
        about["dtype"], about["data_offsets"] = "BF16", [n // 2 for n in about["data_offsets"]]
    halves = np.frombuffer(whole[start:], "<u2")[1::2]  # of each float32 its upper half
    text = json.dumps(header).encode()
    data = len(text).to_bytes(8, "little") + text + halves.tobytes()
    (tmp_path / "model.safetensors").write_bytes(data)
    weight = from_pretrained(tmp_path).embedding.tokens.weight.detach().numpy()
    exact = gpt2_tensors()["wte.weight"].view(np.uint32) & 0xFFFF0000
    np.testing.assert_array_equal(weight, exact.view(np.float32))


def test_weights_are_read_from_several_files(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(GPT2_CONFIG))
    save_file(gpt2_tensors(), tmp_path / "model.safetensors")
    whole = values(from_pretrained(tmp_path))
    (tmp_path / "model.safetensors").unlink()
    places = {name: f"{len(name) % 3}.safetensors" for name in gpt2_tensors()}
    for file in set(places.values()):
        part = {name: array for name, array in gpt2_tensors().items() if places[name] == file}
        save_file(part, tmp_path / file)
    index = {"metadata": {"total_size": 1}, "weight_map": places}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    for path, array in values(from_pretrained(tmp_path)).items():
        np.testing.assert_array_equal(array, whole[path])


@pytest.mark.parametrize(("ends", "expected"), [(5, 5), ([4, 5], 4), (None, 6), ([], 6)], ids=str)
def test_the_generation_config_may_name_another_end(
    tmp_path: Path, ends: Any, expected: int
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(GPT2_CONFIG))
    (tmp_path / "generation_config.json").write_text(json.dumps({"eos_token_id": ends}))
    save_file(gpt2_tensors(), tmp_path / "model.safetensors")
    assert from_pretrained(tmp_path).config.eos == expected


def test_nothing_is_drawn_at_random_for_a_gpt2_that_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(GPT2_CONFIG))
    save_file(gpt2_tensors(), tmp_path / "model.safetensors")
    before = mt.get_rng_state()
    from_pretrained(tmp_path)
    assert mt.get_rng_state()["state"] == before["state"]


def test_a_bert_is_read_from_a_directory(tmp_path: Path) -> None:
    model = BERT(bert_config(BERT_CONFIG))
    (tmp_path / "config.json").write_text(json.dumps({**BERT_CONFIG, "model_type": "bert"}))
    theirs = {}
    rng = np.random.default_rng(0)
    for name, paths in expand(BERT_BASE.names, 1):
        shapes = [tuple(model.state_dict()[path].shape) for path in paths]
        theirs[name] = rng.standard_normal((sum(s[0] for s in shapes), *shapes[0][1:]), np.float32)
    theirs["cls.predictions.decoder.weight"] = theirs["embeddings.word_embeddings.weight"]
    theirs["cls.predictions.bias"] = theirs.pop("cls.predictions.decoder.bias")
    theirs["bert.pooler.dense.bias"] = np.zeros(4, np.float32)  # has no counterpart
    save_file({**theirs}, tmp_path / "model.safetensors")
    read = from_pretrained(tmp_path)
    assert isinstance(read, BERT)
    assert not read.training
    ours = values(read)
    np.testing.assert_array_equal(ours["output.bias"], theirs["cls.predictions.bias"])
    for kind in ("query", "key", "value"):
        np.testing.assert_array_equal(
            ours[f"encoder.blocks.0.attention.{kind}.weight"],
            theirs[f"encoder.layer.0.attention.self.{kind}.weight"],
        )


def encoder_tensors() -> dict[str, Any]:
    """The tensors of a `BertModel`: no head, but a pooler."""
    state = BERT(bert_config(BERT_CONFIG), head=False).state_dict()
    rng = np.random.default_rng(0)
    theirs = {"pooler.dense.weight": np.ones((4, 4), np.float32)}
    for name, (path,) in expand(BERT_BASE.names, 1):
        if path in state:
            theirs[name] = rng.standard_normal(tuple(state[path].shape), np.float32)
    return theirs


@pytest.mark.parametrize("prefix", ["", "bert."])
def test_an_encoder_without_a_head_is_read_and_predicts_nothing(
    prefix: str, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({**BERT_CONFIG, "model_type": "bert"}))
    theirs = encoder_tensors()
    save_file({prefix + name: a for name, a in theirs.items()}, tmp_path / "model.safetensors")
    model = from_pretrained(tmp_path)
    assert isinstance(model, BERT)
    assert not model.training
    assert {name.split(".")[0] for name in model.state_dict()} == {"embedding", "encoder"}
    ours = values(model)
    for name, (path,) in expand(BERT_BASE.names, 1):
        if path in ours:
            np.testing.assert_array_equal(ours[path], theirs[name])
    ids = mt.tensor([[1, 2, 3]])
    assert model.encode(ids).shape == (1, 3, 4)
    for predict in (model, lambda ids: model.loss(ids, ids)):
        with pytest.raises(RuntimeError, match=r"no head to predict tokens with.* encode\(ids\)"):
            predict(ids)


def test_the_head_predicts_from_what_encode_gives() -> None:
    whole = BERT(bert_config(BERT_CONFIG)).eval()
    alone = BERT(bert_config(BERT_CONFIG), head=False).eval()
    alone.load_state_dict({name: whole.state_dict()[name] for name in alone.state_dict()})
    ids, segments = mt.tensor([[1, 2, 3], [4, 5, 0]]), mt.tensor([[0, 1, 1], [0, 0, 0]])
    states = whole.encode(ids, segments)
    np.testing.assert_array_equal(
        alone.encode(ids, segments).detach().numpy(), states.detach().numpy()
    )
    logits = whole.output(whole.norm(mt.nn.functional.gelu(whole.transform(states))))
    np.testing.assert_array_equal(
        whole(ids, segments).detach().numpy(), logits.detach().numpy()
    )


def test_a_head_that_is_incomplete_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({**BERT_CONFIG, "model_type": "bert"}))
    theirs = {**encoder_tensors(), "cls.predictions.bias": np.zeros(7, np.float32)}
    save_file(theirs, tmp_path / "model.safetensors")
    with pytest.raises(RuntimeError, match=r"predictions\.transform\.dense\.weight is missing"):
        from_pretrained(tmp_path)


def test_gpt2s_configuration_is_translated() -> None:
    assert gpt2_config(GPT2_CONFIG) == TransformerConfig(
        vocab_size=7, d_model=4, n_heads=2, n_layers=1, d_ff=16, dropout=0.1,
        activation="gelu_tanh", pre_norm=True, norm_eps=1e-5, positions="learned", max_length=6,
        tie_embeddings=True, pad=-1, bos=6, eos=6,
    )  # fmt: skip
    others = {
        "n_inner": 10, "resid_pdrop": 0, "activation_function": "relu", "layer_norm_epsilon": 1e-6,
        "tie_word_embeddings": False, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
        "scale_attn_weights": True,
    }  # fmt: skip
    assert gpt2_config({**GPT2_CONFIG, **others}) == TransformerConfig(
        vocab_size=7, d_model=4, n_heads=2, n_layers=1, d_ff=10, dropout=0, activation="relu",
        pre_norm=True, norm_eps=1e-6, positions="learned", max_length=6, tie_embeddings=False,
        pad=0, bos=1, eos=2,
    )  # fmt: skip
    large = {**GPT2_CONFIG, "vocab_size": 50257}
    del large["bos_token_id"], large["eos_token_id"]
    config = gpt2_config(large)
    assert (config.pad, config.bos, config.eos) == (-1, 50256, 50256)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"pad_token_id": None}, (-1, 6, 6)),
        ({"pad_token_id": 6}, (-1, 6, 6)),  # a token that ends a text is never padding
        ({"pad_token_id": 1, "bos_token_id": 1}, (-1, 1, 6)),  # nor is one that begins it
        ({"pad_token_id": 5}, (5, 6, 6)),
        ({"pad_token_id": 7}, (-1, 6, 6)),  # not in the vocabulary
        ({"pad_token_id": -1}, (-1, 6, 6)),
        ({"eos_token_id": None}, (-1, 6, -1)),
        ({"eos_token_id": 50256, "bos_token_id": 50256}, (-1, 0, -1)),
    ],
    ids=str,
)
def test_gpt2s_padding_is_no_token_that_a_text_has(changes: dict[str, Any], expected: Any) -> None:
    config = gpt2_config({**GPT2_CONFIG, **changes})
    assert (config.pad, config.bos, config.eos) == expected


def test_berts_configuration_is_translated() -> None:
    assert bert_config(BERT_CONFIG) == TransformerConfig(
        vocab_size=7, d_model=4, n_heads=2, n_layers=1, d_ff=8, dropout=0.1, activation="gelu",
        norm_eps=1e-12, positions="learned", max_length=6, n_segments=2, tie_embeddings=True,
        pad=0, bos=0, eos=0,
    )  # fmt: skip
    others = {
        "hidden_dropout_prob": 0.2, "layer_norm_eps": 1e-6, "type_vocab_size": 3,
        "tie_word_embeddings": False, "pad_token_id": 5,
    }  # fmt: skip
    assert bert_config({**BERT_CONFIG, **others}) == TransformerConfig(
        vocab_size=7, d_model=4, n_heads=2, n_layers=1, d_ff=8, dropout=0.2, activation="gelu",
        norm_eps=1e-6, positions="learned", max_length=6, n_segments=3, tie_embeddings=False,
        pad=5, bos=5, eos=5,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx=True"),
        ({"add_cross_attention": True}, "add_cross_attention=True"),
        ({"activation_function": "silu"}, "'silu' is none of gelu_new, gelu, relu"),
        ({"n_head": 3}, "n_heads=3"),
    ],
)
def test_a_gpt2_with_options_unknown_here_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gpt2_config({**GPT2_CONFIG, **changes})


def test_a_bert_with_options_unknown_here_is_refused() -> None:
    assert bert_config(BERT_CONFIG).n_segments == 2
    for changes in ({"position_embedding_type": "relative_key"}, {"is_decoder": True}):
        with pytest.raises(ValueError, match=next(iter(changes))):
            bert_config({**BERT_CONFIG, **changes})
    with pytest.raises(RuntimeError, match=r"embeddings\.LayerNorm\.weight is missing"):
        load_bert(BERT(bert_config(BERT_CONFIG)), {})


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "t5"}))
    save_file(gpt2_tensors(), tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="'t5'; gpt2 and bert can be read"):
        from_pretrained(tmp_path)
