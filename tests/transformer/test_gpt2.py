"""GPT-2's tokenizer by hand, and a GPT-2 that learns to stop. `tests/oracle` has the libraries."""

from __future__ import annotations

import doctest
import json
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_gpt2 import END_ID, MERGES, VOCAB, write

import minitorch as mt
from minitorch import nn
from transformer import GPT, beam_search, greedy, sample
from transformer.model.weights import gpt2_config
from transformer.text import GPT2Tokenizer, gpt2
from transformer.text.bpe import PRINTABLE, merge
from transformer.text.gpt2 import END, pieces
from transformer.text.tokenizer import stack

TOKENIZER = GPT2Tokenizer(VOCAB, MERGES, {END: END_ID}, {END})

# ------------------------------------------------------------------------------------- the pieces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("the cat", ["the", " cat"]),
        ("I'm you're he'll we've she'd it's don't", [
            "I", "'m", " you", "'re", " he", "'ll", " we", "'ve", " she", "'d", " it", "'s", " don",
            "'t",
        ]),
        ("DON'T", ["DON", "'", "T"]),  # the contractions are in small letters
        (" 's", [" '", "s"]),
        ("a  b", ["a", " ", " b"]),
        ("a \n b\n", ["a", " \n", " b", "\n"]),
        ("a\u3000b", ["a", "\u3000", "b"]),  # a blank of Unicode, not the one before a word
        ("a\x1cb \x1c", ["a", "\x1c", "b", " \x1c"]),  # no blank in Unicode, though one in Python
        ("a\x85\xa0b", ["a", "\x85", "\xa0", "b"]),
        ("12½ ٣Ⅷ", ["12½", " ٣Ⅷ"]),
        ("x2y", ["x", "2", "y"]),
        ("naïve 猫吃鱼。", ["naïve", " 猫吃鱼", "。"]),
        ("e\u0301a", ["e", "\u0301", "a"]),  # a combining mark is no letter
        ("hi😀!!", ["hi", "😀!!"]),
        ("'é 'ſ", ["'", "é", " '", "ſ"]),
    ],
)  # fmt: skip
def test_a_text_is_cut_as_gpt2s_pattern_does(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


def test_the_example_in_its_text_is_what_it_does() -> None:
    assert doctest.testmod(gpt2) == (0, 1)


# -------------------------------------------------------------------------------------- the merges


def test_merges_by_hand() -> None:
    the, _the = VOCAB["the"], VOCAB["Ġthe"]
    assert TOKENIZER.encode("the the") == [the, _the]
    assert TOKENIZER.encode("th e") == [VOCAB["th"], VOCAB["Ġ"], VOCAB["e"]]
    assert TOKENIZER.encode("aaaaaaa") == [VOCAB["aaaa"], VOCAB["aa"], VOCAB["a"]]
    assert TOKENIZER.encode("猫") == [0xE7, 0x8C, 0xAB]
    assert TOKENIZER.encode("") == []


def by_definition(
    word: list[int], merges: dict[tuple[int, int], int], made: list[int]
) -> list[int]:
    """Merge the leftmost pair of the lowest rank, again and again."""
    while True:
        ranks = [(merges[p], i) for i, p in enumerate(pairwise(word)) if p in merges]
        if not ranks:
            return word
        rank, i = min(ranks)
        word = [*word[:i], made[rank], *word[i + 2 :]]


def test_merging_is_what_its_definition_says() -> None:
    rng = random.Random(0)
    for _ in range(300):
        pairs = [(rng.randrange(6), rng.randrange(6)) for _ in range(rng.randrange(8))]
        merges = {pair: rank for rank, pair in enumerate(dict.fromkeys(pairs))}
        made = [rng.randrange(6) for _ in merges]  # of any id, also one of those that are merged
        word = rng.choices(range(6), k=rng.randrange(30))
        given_ = list(word)
        assert merge(word, merges, made) == by_definition(word, merges, made)
        assert word == given_


def test_a_piece_of_100_000_characters_takes_no_time() -> None:
    """n log n: by the definition it would take hours."""
    text = "a" * 100_001
    ids = TOKENIZER.encode(text)
    assert ids == [VOCAB["aaaa"]] * 25_000 + [VOCAB["a"]]
    assert TOKENIZER.decode(ids) == text


@given(text=st.text() | st.text(st.sampled_from("the \n\t.1中é'ſs<|endoftext|>\x85\u3000😀")))
def test_any_text_comes_back(text: str) -> None:
    for special in (False, True):
        assert TOKENIZER.decode(TOKENIZER.encode(text, special=special)) == text
    assert END_ID not in TOKENIZER.encode(text)


def test_what_a_user_types_ends_no_text_unless_asked_for() -> None:
    ids = TOKENIZER.encode(f"the{END} the")
    assert END_ID not in ids
    assert TOKENIZER.decode(ids) == f"the{END} the"
    ids = TOKENIZER.encode(f"the{END} the", special=True)
    assert ids == [VOCAB["the"], END_ID, VOCAB["Ġthe"]]
    assert TOKENIZER.decode(ids) == f"the{END} the"


def test_the_longest_of_the_added_tokens_is_found() -> None:
    added = {"<a": 300, "<ab": 301, "": 302}
    added.pop("")
    tokenizer = GPT2Tokenizer(VOCAB, MERGES, added, {"<ab"})
    assert tokenizer.encode("<ab<a", special=True) == [301, 300]
    assert tokenizer.encode("<ab<a") == [300, VOCAB["b"], 300]
    assert len(tokenizer) == 302


def test_half_a_character_is_shown_as_such() -> None:
    assert TOKENIZER.decode(TOKENIZER.encode("猫")[:2]) == "�"
    assert TOKENIZER.decode([0xFF, *TOKENIZER.encode("a")]) == "�a"


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="half of a surrogate pair"):
        TOKENIZER.encode("a\udcff")


def test_ids_that_are_no_tokens_are_refused() -> None:
    with pytest.raises(IndexError, match=f"there is no token {len(VOCAB)}"):
        TOKENIZER.decode([len(VOCAB)])
    with pytest.raises(IndexError, match="there is no token -1"):
        TOKENIZER.decode([-1])


# -------------------------------------------------------------------------------------- the files


def as_json(**changes: Any) -> dict[str, Any]:
    """Return what a tokenizer.json holds, with changes to its parts."""
    data: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "added_tokens": [{"id": END_ID, "content": END, "special": True, "lstrip": False}],
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True},
        "post_processor": {"type": "ByteLevel", "trim_offsets": False},
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "dropout": None, "vocab": VOCAB, "merges": MERGES},
    }
    for name, part in changes.items():
        data[name] = {**(data[name] or {}), **part} if isinstance(part, dict) else part
    return data


OTHER_MERGES = [f"{a} {b}" for a, b in MERGES]  # as older versions write them


@pytest.mark.parametrize("changes", [
    {}, {"model": {"merges": OTHER_MERGES}}, {"post_processor": None}, {"model": {"type": "BPE"}},
    {"post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}]}},
], ids=str)  # fmt: skip
def test_both_layouts_give_the_same_ids(tmp_path: Path, changes: dict[str, Any]) -> None:
    two = GPT2Tokenizer.from_pretrained(write(tmp_path / "two"))
    one = tmp_path / "one"
    one.mkdir()
    (one / "tokenizer.json").write_text(json.dumps(as_json(**changes)), encoding="utf-8-sig")
    text = f"the {END} the 猫 aaaa"
    for special in (True, False):
        ids = GPT2Tokenizer.from_pretrained(one).encode(text, special=special)
        assert ids == two.encode(text, special=special)
        assert ids == TOKENIZER.encode(text, special=special)


def test_added_tokens_beside_vocab_json_are_read(tmp_path: Path) -> None:
    folder = write(tmp_path / "g")
    (folder / "added_tokens.json").write_text(json.dumps({"<new>": len(VOCAB)}))
    tokenizer = GPT2Tokenizer.from_pretrained(folder)
    assert tokenizer.encode("the<new>") == [VOCAB["the"], len(VOCAB)]


def test_line_ends_of_windows_are_read(tmp_path: Path) -> None:
    folder = write(tmp_path / "g")
    text = (folder / "merges.txt").read_text(encoding="utf-8")
    (folder / "merges.txt").write_bytes(text.replace("\n", "\r\n").encode())
    assert GPT2Tokenizer.from_pretrained(folder).encode(" the") == [VOCAB["Ġthe"]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"normalizer": {"type": "NFC"}}, "its file has normalizer="),
        ({"pre_tokenizer": {"type": "Whitespace"}}, "its pre_tokenizer has type='Whitespace'"),
        ({"pre_tokenizer": {"add_prefix_space": True}}, "add_prefix_space=True, and GPT-2's False"),
        ({"pre_tokenizer": {"use_regex": False}}, "use_regex=False"),
        ({"pre_tokenizer": None}, "no pre_tokenizer"),
        ({"pre_tokenizer": [1]}, r"its pre_tokenizer is \[1\]"),
        ({"model": None}, "no model"),
        ({"model": {"type": "WordPiece"}}, "its model has type='WordPiece'"),
        ({"model": {"ignore_merges": True}}, "ignore_merges=True"),
        ({"model": {"dropout": 0.1}}, "dropout=0.1"),
        ({"model": {"end_of_word_suffix": "</w>"}}, "end_of_word_suffix='</w>'"),
        ({"model": {"vocab": []}}, "its vocabulary is no JSON object"),
        ({"model": {"vocab": {**VOCAB, "a": -1}}}, "the id of 'a' is -1"),
        ({"model": {"vocab": {**VOCAB, "a": "1"}}}, "the id of 'a' is '1'"),
        ({"model": {"vocab": {**VOCAB, "a": VOCAB["b"]}}}, "two of its tokens have the same id"),
        ({"model": {"vocab": {k: i for k, i in VOCAB.items() if k != "Ġ"}}}, "no token 'Ġ'.* 32"),
        ({"model": {"merges": None}}, "its merges or its added_tokens are no list"),
        ({"model": {"merges": ["a b c"]}}, "a merge is two tokens .* not 'a b c'"),
        ({"model": {"merges": [["a", 1]]}}, "a merge is two tokens"),
        ({"model": {"merges": ["b b"]}}, "merges 'b' and 'b', and has no token 'bb'"),
        ({"post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {}}]}},
         "adds special tokens to a text"),
        ({"post_processor": {"type": "BertProcessing"}}, "type='BertProcessing'"),
        ({"added_tokens": [{"id": 1}]}, "an added token has a content and an id"),
        ({"added_tokens": [{"content": "<x>"}]}, "the id of '<x>' is None"),
        ({"added_tokens": [{"id": 9999, "content": "<x>", "lstrip": True}]}, "lstrip=True"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_another_kind_of_tokenizer_is_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    (tmp_path / "tokenizer.json").write_text(json.dumps(as_json(**changes)), encoding="utf-8")
    with pytest.raises(RuntimeError, match=rf"tokenizer\.json: damaged, or of .*{message}"):
        GPT2Tokenizer.from_pretrained(tmp_path)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("vocab.json", "{", r"vocab\.json: damaged"),
        ("vocab.json", "[]", r"vocab\.json: damaged.* not a JSON object"),
        ("vocab.json", "{}", r"vocab\.json with merges\.txt: it has no token 'Ā'.* the byte 0"),
        ("merges.txt", "t h e", r"merges\.txt: damaged.* not 't h e'"),
        ("merges.txt", "t  h", r"merges\.txt: damaged.* not 't  h'"),
        ("merges.txt", "x y", r"merges\.txt: it merges 'x' and 'y', and has no token 'xy'"),
        ("added_tokens.json", '{"x": null}', r"added_tokens\.json: damaged.* of 'x' is None"),
        ("merges.txt", None, r"merges\.txt: cannot be read"),
        ("vocab.json", None, r"tokenizer\.json: not there, nor is vocab\.json with merges\.txt"),
    ],
)  # fmt: skip
def test_damaged_and_missing_files_are_named(
    tmp_path: Path, file: str, text: str | None, message: str
) -> None:
    folder = write(tmp_path / "g")
    if text is None:
        (folder / file).unlink()
    else:
        (folder / file).write_text(text)
    with pytest.raises(FileNotFoundError if text is None else RuntimeError, match=message):
        GPT2Tokenizer.from_pretrained(folder)


def test_the_printable_characters_are_gpt2s() -> None:
    """Those of the bytes 0, 32, 33, 127, 173 and 255, as in OpenAI's vocabulary."""
    assert [PRINTABLE[b] for b in (0, 10, 32, 33, 127, 173, 255)] == [*"ĀĊĠ!ġŃÿ"]


# ------------------------------------------------------------- padding that is none of the tokens

SIZES = {"vocab_size": 7, "n_embd": 16, "n_head": 2, "n_layer": 1, "n_positions": 12}
EOS = 6
ROWS = [[1, 2, EOS], [3, 4, 5, 0, EOS], [EOS, 1, 2, EOS]]
PADDED = np.array([row + [-1] * (5 - len(row)) for row in ROWS])


def small_gpt2(**changes: Any) -> GPT:
    mt.manual_seed(0)
    tokens = {"bos_token_id": EOS, "eos_token_id": EOS}
    return GPT(gpt2_config({**SIZES, **tokens, "resid_pdrop": 0, **changes}))


def test_sequences_of_a_gpt2_are_stacked_with_its_padding() -> None:
    assert stack(ROWS, pad=small_gpt2().config.pad).tolist() == PADDED.tolist()
    assert stack([[1], [2, 3]], left=True, pad=-1).tolist() == [[-1, 1], [2, 3]]


def test_a_leading_end_token_is_a_token_like_any_other() -> None:
    model = small_gpt2().eval()
    one, other = (model(mt.tensor([[first, 1, 2]]))[0, -1] for first in (EOS, 0))
    assert abs((one - other).detach().numpy()).max() > 1e-3


def test_the_loss_counts_the_end_token_and_leaves_padding_out() -> None:
    model = small_gpt2()
    terms = []
    for row in ROWS:  # each by itself, without padding
        p = model(mt.tensor([row[:-1]])).softmax(-1).detach().numpy()[0]
        terms += [-np.log(p[i, following]) for i, following in enumerate(row[1:])]
    assert len(terms) == 2 + 4 + 3
    assert model.loss(mt.from_numpy(PADDED)).item() == pytest.approx(np.mean(terms), rel=1e-5)


def test_padding_on_the_left_changes_nothing() -> None:
    model = small_gpt2().eval()
    left = np.array([[-1] * (5 - len(row)) + row for row in ROWS])
    logits = model(mt.from_numpy(left)).detach().numpy()
    for row, found in zip(ROWS, logits, strict=True):
        expected = model(mt.tensor([row])).detach().numpy()[0]
        np.testing.assert_allclose(found[-len(row) :], expected, rtol=1e-4, atol=1e-5)


def test_padding_is_no_other_id_below_0() -> None:
    with pytest.raises(IndexError, match="-2"):
        small_gpt2()(mt.tensor([[1, -2]]))


def trained() -> GPT:
    """Learn three texts that end with the end token, two of them begin with it too."""
    model = small_gpt2()
    optimizer = mt.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        optimizer.zero_grad()
        model.loss(mt.from_numpy(PADDED)).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return model.eval()


def test_a_fine_tuned_gpt2_learns_to_stop() -> None:
    model = trained()
    assert greedy(model, mt.tensor([[3]]), 10).tolist() == [[4, 5, 0, EOS]]
    assert greedy(model, mt.tensor([[EOS]]), 10).tolist() == [[1, 2, EOS]]
    # Together, the shorter prompts padded on the left: what follows an end is padding.
    prompts = mt.tensor([[-1, 1], [3, 4], [-1, EOS]])
    expected = [[2, EOS, -1], [5, 0, EOS], [1, 2, EOS]]
    assert greedy(model, prompts, 10).tolist() == expected
    cold = sample(model, prompts, 10, temperature=0.05, generator=mt.Generator().manual_seed(0))
    assert cold.tolist() == expected
    best = beam_search(model, prompts, 10, width=3).ids[:, 0]
    assert best[:, :3].tolist() == expected
    assert (best[:, 3:] == -1).all()


def test_a_model_without_an_end_writes_on_until_the_greatest_length() -> None:
    model = small_gpt2(eos_token_id=None).eval()
    assert model.config.eos == -1
    assert greedy(model, mt.tensor([[1], [EOS]]), 9).shape == (2, 9)
    assert (beam_search(model, mt.tensor([[1]]), 9).ids >= 0).all().item()
