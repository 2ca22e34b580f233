"""A GPT-2 in a folder, against `transformers` and `tokenizers`: ids, logits, loss, continuations.

The folder is written by these libraries: random weights, and a tokenizer trained on the library's
own documentation of Python.
"""

from __future__ import annotations

import json
import pydoc_data.topics
import random
import sys
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import minitorch as mt
from minitorch.testing import assert_close
from transformer import GPT, greedy
from transformer.cli import main
from transformer.decoding.sampling import top_k_top_p_mask
from transformer.model.weights import from_pretrained
from transformer.text import GPT2Tokenizer
from transformer.text.gpt2 import END

transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

TEXT = "\n".join(pydoc_data.topics.topics.values())[:100_000] + "猫 喜欢 吃 鱼。naïve café 😀 " * 50
SIZES = {"n_embd": 24, "n_layer": 2, "n_head": 3, "n_positions": 32}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same model and tokenizer in both layouts: in few files, and in many as OpenAI's."""
    torch.manual_seed(0)
    few, many = (tmp_path_factory.mktemp(name) for name in ("few", "many"))
    trained = tokenizers.ByteLevelBPETokenizer()
    trained.train_from_iterator([TEXT], vocab_size=800, special_tokens=[END, "<|user|>"])
    trained.save_model(str(many))
    their_tokenizer = transformers.GPT2TokenizerFast.from_pretrained(many)
    assert set(their_tokenizer.save_pretrained(few)) == {
        str(few / name) for name in ("tokenizer_config.json", "tokenizer.json")
    }
    end = their_tokenizer.convert_tokens_to_ids(END)
    config = transformers.GPT2Config(
        vocab_size=len(their_tokenizer), bos_token_id=end, eos_token_id=end, **SIZES
    )
    model = transformers.GPT2LMHeadModel(config)
    for p in model.parameters():
        torch.nn.init.normal_(p, std=0.3)
    model.save_pretrained(few)
    model.save_pretrained(many, max_shard_size="30KB")
    assert {file.name for file in few.iterdir()} == {
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.json",
        "tokenizer_config.json",
    }  # fmt: skip
    assert not (many / "tokenizer.json").exists()
    assert len(list(many.glob("model-*.safetensors"))) > 2
    return {"few": few, "many": many}


@pytest.fixture(params=["few", "many"])
def folder(request: pytest.FixtureRequest, folders: dict[str, Path]) -> Path:
    return folders[request.param]


@pytest.fixture
def theirs(folders: dict[str, Path]) -> Any:
    return transformers.GPT2LMHeadModel.from_pretrained(folders["few"]).eval()


# -------------------------------------------------------------------------------------- tokenizer

# Characters that are assigned in the Unicode of Python's `unicodedata`; a newer one may be a letter
# for one library and a sign for the other.
ASSIGNED = [
    chr(i)
    for i in range(sys.maxunicode + 1)
    if unicodedata.category(chr(i)) not in ("Cn", "Cs", "Co")
]
KINDS = "LMNPSZC"
OF_A_KIND = {kind: [c for c in ASSIGNED if unicodedata.category(c)[0] == kind] for kind in KINDS}
PARTS = [
    *"aeinrstdvlm''''   \n\t09.!", "'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "  ", "\r\n",
    "the", " the", "and", "猫", "喜欢", "é", "é", "😀", "👩‍👩‍👧", "\x00", "\x1c", "\x1f", "\x85",
    "\xa0", "\u2028", "\u3000", "\u200b", "\ufeff", "\ufffd", "\U0010fffd", "½", "Ⅷ", "٣", "९",
]  # fmt: skip


def draw(rng: random.Random) -> str:
    """Draw a text: of characters of all kinds and planes, or of pieces of words and blanks."""
    n = rng.randrange(30)
    match rng.randrange(4):
        case 0:
            return "".join(rng.choice(ASSIGNED) for _ in range(n))
        case 1:
            return "".join(rng.choice(OF_A_KIND[rng.choice(KINDS)]) for _ in range(n))
        case 2:
            return "".join(rng.choice(PARTS) for _ in range(n))
        case _:
            start = rng.randrange(len(TEXT))
            return TEXT[start : start + 5 * n] + rng.choice(ASSIGNED)


TEXTS = [draw(random.Random(seed)) for seed in range(10_000)]


def test_ids_of_ten_thousand_texts(folder: Path) -> None:
    ours = GPT2Tokenizer.from_pretrained(folder)
    fast = transformers.GPT2TokenizerFast.from_pretrained(folder)
    assert len(ours) == len(fast)
    their_ids = fast.backend_tokenizer.encode_batch(TEXTS)
    for text, theirs in zip(TEXTS, their_ids, strict=True):
        ids = ours.encode(text)
        assert ids == theirs.ids, ascii(text)
        assert ours.decode(ids) == text


def test_every_assigned_character_is_of_the_same_kind(folders: dict[str, Path]) -> None:
    """Between letters, between digits and between signs it is cut off, or not, as by them."""
    ours = GPT2Tokenizer.from_pretrained(folders["few"])
    theirs = tokenizers.Tokenizer.from_file(str(folders["few"] / "tokenizer.json"))
    texts = [f"the{c}the 1{c}1 .{c}. {c}" for c in ASSIGNED]
    for text, encoding in zip(texts, theirs.encode_batch(texts), strict=True):
        assert ours.encode(text) == encoding.ids, ascii(text)


def test_special_tokens_are_read_where_that_is_asked_for(folders: dict[str, Path]) -> None:
    rng = random.Random(0)
    ours = GPT2Tokenizer.from_pretrained(folders["few"])
    theirs = tokenizers.Tokenizer.from_file(str(folders["few"] / "tokenizer.json"))
    theirs.add_special_tokens(["<|user|>"])
    ours = GPT2Tokenizer(
        theirs.get_vocab(), merges(folders["few"]), {END: 0, "<|user|>": 1}, {END, "<|user|>"}
    )
    for special in (True, False):
        theirs.encode_special_tokens = not special
        for text in TEXTS[:1000]:
            text = rng.choice([END, "<|user|>", "<|end"]).join([text, rng.choice(TEXTS), "x"])
            assert ours.encode(text, special=special) == theirs.encode(text).ids, ascii(text)


def test_added_tokens_are_kept_whole(folders: dict[str, Path], tmp_path: Path) -> None:
    theirs = tokenizers.Tokenizer.from_file(str(folders["few"] / "tokenizer.json"))
    theirs.add_tokens(["naïve", "naïveté", " two words", "ab"])
    theirs.add_special_tokens(["[PAD]"])
    theirs.save(str(tmp_path / "tokenizer.json"))
    ours = GPT2Tokenizer.from_pretrained(tmp_path)
    assert len(ours) == theirs.get_vocab_size()
    for text in ("a naïve naïveté", "one two words", "abab[PAD]ab", "[PAD]", "ab"):
        ids = theirs.encode(text).ids
        assert ours.encode(text, special=True) == ids
        assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=False)


def merges(folder: Path) -> list[tuple[str, str]]:
    data = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    return [(a, b) for a, b in data["model"]["merges"]]


def test_merges_whose_ids_are_in_another_order(folders: dict[str, Path]) -> None:
    """The rank of a merge counts, not its id, also where two merges make the same token."""
    rng = random.Random(0)
    theirs = tokenizers.Tokenizer.from_file(str(folders["few"] / "tokenizer.json"))
    vocab, pairs = theirs.get_vocab(), merges(folders["few"])
    ids = [*vocab.values()]
    rng.shuffle(ids)
    vocab = dict(zip(vocab, ids, strict=True))
    rng.shuffle(pairs)
    pairs += [(t[:1], t[1:]) for t in vocab if len(t) > 2 and t[1:] in vocab]
    pairs = [*dict.fromkeys(pairs)]
    model = tokenizers.models.BPE(vocab=vocab, merges=pairs)
    theirs = tokenizers.Tokenizer(model)
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    ours = GPT2Tokenizer(vocab, pairs, {}, ())
    for text in TEXTS[:3000]:
        assert ours.encode(text) == theirs.encode(text).ids, ascii(text)


def test_bytes_that_are_no_utf8_are_decoded_alike(folders: dict[str, Path]) -> None:
    ours = GPT2Tokenizer.from_pretrained(folders["few"])
    theirs = tokenizers.Tokenizer.from_file(str(folders["few"] / "tokenizer.json"))
    rng = random.Random(0)
    for _ in range(3000):
        ids = rng.choices(range(len(ours)), k=rng.randrange(12))
        if rng.random() < 0.5:
            ids = [ours.encode(c)[0] for c in "é猫😀"] + ids[:2]
            rng.shuffle(ids)
        assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=False)


# ------------------------------------------------------------------------------------------ model


def ids_of(n: int, T: int = 9) -> Any:
    return np.random.default_rng(0).integers(0, 700, (n, T))


def test_logits_also_of_prompts_that_begin_with_the_end_token(folder: Path, theirs: Any) -> None:
    model = from_pretrained(folder)
    ids = ids_of(3)
    ids[0, :3] = ids[1, -1] = ids[2, 4] = model.config.eos
    logits = theirs(torch.tensor(ids)).logits.detach().numpy()
    assert_close(model(mt.from_numpy(ids)), logits, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("pad", [None, "eos", 5])
def test_the_loss_counts_the_end_token_and_no_padding(
    folders: dict[str, Path], theirs: Any, tmp_path: Path, pad: Any
) -> None:
    end = theirs.config.eos_token_id
    theirs.config.pad_token_id = end if pad == "eos" else pad
    theirs.save_pretrained(tmp_path)
    model = from_pretrained(tmp_path)
    ids = ids_of(3)
    ids[:, -1] = ids[0, 4] = ids[1, 6] = ids[2, 0] = end
    real = np.ones(ids.shape, bool)
    real[0, 5:] = real[1, 7:] = False
    labels = torch.tensor(np.where(real, ids, -100))
    mask = torch.tensor(real.astype(int))
    expected = theirs(torch.tensor(ids), attention_mask=mask, labels=labels).loss
    expected.backward()
    assert model.config.pad == (5 if pad == 5 else -1)
    loss = model.loss(mt.from_numpy(np.where(real, ids, model.config.pad)))
    loss.backward()
    assert_close(loss, expected.detach().numpy(), rtol=1e-5, atol=1e-5)
    their_gradient = theirs.transformer.wte.weight.grad.numpy()
    assert_close(model.embedding.tokens.weight.grad, their_gradient, rtol=1e-3, atol=1e-5)


def test_greedy_continuations_with_the_cache_and_without(folder: Path, theirs: Any) -> None:
    model = from_pretrained(folder)
    assert isinstance(model, GPT)
    prompts = ids_of(8, 4)
    prompts[0, 0] = prompts[1, :2] = model.config.eos
    for prompt in prompts:
        expected = theirs.generate(
            torch.tensor(prompt[None]),
            attention_mask=torch.ones(1, 4, dtype=torch.long),
            do_sample=False,
            max_new_tokens=28,
            pad_token_id=theirs.config.eos_token_id,
        )[0, 4:].tolist()
        assert greedy(model, mt.from_numpy(prompt[None]), 28)[0].tolist() == expected
        written = prompt.tolist()
        while len(written) < 4 + len(expected):
            with mt.no_grad():
                written.append(int(model(mt.tensor([written]))[0, -1].argmax().item()))
        assert written[4:] == expected


def test_prompts_of_different_lengths_go_on_together(folder: Path, theirs: Any) -> None:
    model = from_pretrained(folder)
    prompts, end = ids_of(3, 6), model.config.eos
    prompts[1, 3] = end
    real = np.ones(prompts.shape, bool)
    real[0, :2] = real[1, :3] = False
    expected = theirs.generate(
        torch.tensor(prompts),
        attention_mask=torch.tensor(real.astype(int)),
        do_sample=False,
        max_new_tokens=20,
        pad_token_id=end,
    )[:, 6:].numpy()
    written = greedy(model, mt.from_numpy(np.where(real, prompts, -1)), 20).numpy()
    assert np.where(written == -1, end, written).tolist() == expected.tolist()


@pytest.mark.parametrize("top_k", [None, 1, 7, 40])
@pytest.mark.parametrize("top_p", [None, 0.1, 0.5, 0.9, 0.999])
def test_the_tokens_that_are_drawn_from_are_theirs(
    theirs: Any, top_k: int | None, top_p: float | None
) -> None:
    logits = theirs(torch.tensor(ids_of(40, 5))).logits[:, -1].detach().double()
    expected = logits
    if top_k is not None:
        expected = transformers.TopKLogitsWarper(top_k)(None, expected)
    if top_p is not None:
        expected = transformers.TopPLogitsWarper(top_p)(None, expected)
    kept = top_k_top_p_mask(logits.numpy(), top_k, top_p)
    assert (kept == np.isfinite(expected.numpy())).all()


# ---------------------------------------------------------------------------------------- command


def test_the_command_writes_what_transformers_does(
    folder: Path, theirs: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    tokenizer = transformers.GPT2TokenizerFast.from_pretrained(folder)
    for prompt in ("The cat", "猫 喜欢", f"{END}It", "import this\n\n"):
        ids = tokenizer(prompt, return_tensors="pt")
        written = theirs.generate(
            **ids, do_sample=False, max_new_tokens=12, pad_token_id=theirs.config.eos_token_id
        )[0, ids["input_ids"].shape[1] :]
        text = tokenizer.decode(written, skip_special_tokens=True)
        flags = ["--temperature=0", "--max-new-tokens=12", "--special"]
        assert main(["complete", str(folder), prompt, *flags]) == 0
        assert capsys.readouterr().out == f"{prompt}{text}\n"
