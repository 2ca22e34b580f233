"""Byte pairs: merges by hand, any text and back, and the same ids as the `tokenizers` library."""

from __future__ import annotations

import doctest
import json
import pydoc_data.topics
import random
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transformer.text import bpe
from transformer.text.bpe import BytePairTokenizer
from transformer.text.tokenizer import BOS, EOS, PAD, WordTokenizer

FIRST = 3  # the id of the byte 0, after the special tokens
TEXT = "\n".join(pydoc_data.topics.topics.values())[:60_000]


def byte(c: str) -> int:
    return FIRST + ord(c)


@pytest.fixture(scope="module")
def learned() -> BytePairTokenizer:
    return BytePairTokenizer.learn(TEXT, vocab_size=600)


def test_merges_by_hand() -> None:
    """In `aaabdaaabac`, a and a stand side by side four times, twice in each aaa."""
    tokenizer = BytePairTokenizer.learn("aaabdaaabac", vocab_size=FIRST + 256 + 3)
    aa, ab, aaab = FIRST + 256, FIRST + 257, FIRST + 258
    # After aa, both aa·a and a·b stand there twice; a comes before aa.
    assert list(tokenizer.merges) == [(byte("a"), byte("a")), (byte("a"), byte("b")), (aa, ab)]
    assert tokenizer.tokens[aa:] == ("aa", "ab", "aaab")
    assert tokenizer.encode("aaabdaaabac") == [aaab, byte("d"), aaab, byte("a"), byte("c")]
    assert tokenizer.encode("aab") == [aa, byte("b")]


def learned_by_counting_anew(text: str, n: int) -> list[tuple[int, int]]:
    """Byte-pair encoding as it is defined: all pairs are counted again after each merge."""
    words = [[byte(c) for c in piece] for piece in re.findall(bpe.PIECES, text)]
    merges: list[tuple[int, int]] = []
    while len(merges) < n:
        counts = Counter(pair for word in words for pair in pairwise(word))
        pair = min(counts, key=lambda pair: (-counts[pair], pair), default=None)
        if pair is None or counts[pair] < 2:
            break
        merges.append(pair)
        for word in words:
            i = 0
            while i < len(word) - 1:
                if (word[i], word[i + 1]) == pair:
                    word[i : i + 2] = [FIRST + 256 + len(merges) - 1]
                i += 1
    return merges


@pytest.mark.parametrize("letters", ["ab", "abc ", "aab  \n", "abcdefgh     "])
def test_merges_are_those_of_the_definition(letters: str) -> None:
    for seed in range(25):
        rng = random.Random(seed)
        text = "".join(rng.choices(letters, k=rng.choice([0, 10, 100, 300]))) or "a"
        n = rng.choice([0, 1, 5, 100])
        tokenizer = BytePairTokenizer.learn(text, FIRST + 256 + n)
        assert list(tokenizer.merges) == learned_by_counting_anew(text, n)


def test_the_example_in_its_text_is_what_it_does() -> None:
    failed, tried = doctest.testmod(bpe)
    assert (failed, tried) == (0, 3)


def test_pairs_that_stand_side_by_side_once_are_not_merged() -> None:
    assert len(BytePairTokenizer.learn("abcdefgh", vocab_size=1000)) == FIRST + 256


def test_words_are_merged_with_the_space_before_them_and_never_with_each_other(
    learned: BytePairTokenizer,
) -> None:
    assert "Ġthe" in learned.tokens
    for token in learned.tokens[FIRST + 256 :]:
        text = learned.join([learned.tokens.index(token)])
        assert " " not in text.strip(" ")
        assert text.strip() == "" or not text.endswith((" ", "\n"))


def test_it_makes_texts_shorter(learned: BytePairTokenizer) -> None:
    assert len(learned.encode(TEXT)) < 0.6 * len(TEXT)


def test_learning_is_deterministic(learned: BytePairTokenizer) -> None:
    assert BytePairTokenizer.learn(TEXT, vocab_size=600).merges == learned.merges


texts = st.text() | st.text(st.sampled_from("the \n\t.1中é<s>$\x85\u3000😀"))


@given(text=texts)
def test_any_text_comes_back(learned: BytePairTokenizer, text: str) -> None:
    ids = learned.encode(text)
    assert learned.decode(ids) == text
    assert not {PAD, BOS, EOS} & set(ids)


@given(texts=st.lists(texts, min_size=1, max_size=3))
def test_batches_keep_their_texts(learned: BytePairTokenizer, texts: list[str]) -> None:
    assert [learned.decode(row) for row in learned.targets(texts).tolist()] == texts


def test_half_a_character_is_shown_as_such(learned: BytePairTokenizer) -> None:
    half = [FIRST + b for b in "中".encode()[:2]]
    assert learned.decode(half) == "�"


def test_half_a_surrogate_pair_is_refused(learned: BytePairTokenizer) -> None:
    with pytest.raises(ValueError, match="surrogate"):
        learned.encode("\ud800")


def test_it_is_saved_and_loaded(learned: BytePairTokenizer, tmp_path: Path) -> None:
    learned.save(tmp_path / "bpe.json")
    loaded = BytePairTokenizer.load(tmp_path / "bpe.json")
    assert loaded.merges == learned.merges
    assert loaded.encode(TEXT) == learned.encode(TEXT)
    assert [path.name for path in tmp_path.iterdir()] == ["bpe.json"]


def test_what_cannot_be_saved_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "bpe.json").mkdir()
    with pytest.raises(IsADirectoryError, match=r"bpe\.json'$"):
        BytePairTokenizer().save(tmp_path / "bpe.json")
    assert [path.name for path in tmp_path.iterdir()] == ["bpe.json"]


def test_what_is_saved_is_what_the_tokenizers_library_reads(tmp_path: Path) -> None:
    """As its `ByteLevel` and `Split` want it, so that it cuts where we do, and adds no space."""
    tokenizer = BytePairTokenizer([(byte("a"), byte("b"))])
    tokenizer.save(tmp_path / "bpe.json")
    data = json.loads((tmp_path / "bpe.json").read_text(encoding="utf-8"))
    vocab = data["model"].pop("vocab")
    assert list(vocab.items())[:4] == [("<pad>", 0), ("<s>", 1), ("</s>", 2), ("Ā", 3)]
    assert (vocab["Ġ"], vocab["a"], vocab["ÿ"], vocab["ab"]) == (3 + 32, 3 + 97, 3 + 255, 259)
    bytes_ = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    bytes_["use_regex"] = False
    split = {"type": "Split", "pattern": {"Regex": bpe.PIECES}, "behavior": "Isolated"}
    split["invert"] = False
    assert data == {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, bytes_]},
        "post_processor": None,
        "decoder": bytes_,
        "model": {"type": "BPE", "merges": [["a", "b"]]},
    }


@pytest.mark.parametrize(
    "damage", ["", "[]", "{}", '{"model": {"vocab": {}, "merges": [["a", "b"]]}}']
)
def test_a_damaged_file_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "bpe.json"
    path.write_text(damage)
    with pytest.raises(ValueError, match="holds no byte-pair tokenizer"):
        BytePairTokenizer.load(path)


def test_a_vocabulary_that_its_merges_do_not_make_is_refused(
    learned: BytePairTokenizer, tmp_path: Path
) -> None:
    path = tmp_path / "bpe.json"
    learned.save(path)
    data = json.loads(path.read_text(encoding="utf-8"))
    data["model"]["vocab"]["Ġthe"] = 3
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ValueError, match="holds no byte-pair tokenizer"):
        BytePairTokenizer.load(path)


def test_a_merge_of_what_is_not_yet_a_token_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the pair \(3, 259\) is merged before 259 is a token"):
        BytePairTokenizer([(3, 259)])


def test_the_tokenizers_library_gives_the_same_ids(
    learned: BytePairTokenizer, tmp_path: Path
) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    learned.save(tmp_path / "bpe.json")
    theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "bpe.json"))
    assert theirs.get_vocab_size() == len(learned)
    assert theirs.encode(TEXT).ids == learned.encode(TEXT)

    @given(text=texts)
    def same(text: str) -> None:
        ids = learned.encode(text)
        assert theirs.encode(text).ids == ids
        assert theirs.decode(ids) == text

    same()


# ------------------------------------------------------------------------------------- words

words = WordTokenizer(["the", "cat", "猫", "+"])


def test_words_come_after_the_special_tokens() -> None:
    assert words.tokens == ("<pad>", "<s>", "</s>", "the", "cat", "猫", "+")
    assert words.encode(" the  cat\n+ 猫") == [3, 4, 6, 5]
    assert words.decode([BOS, 3, 4, EOS, 5]) == "the cat"


def test_an_unknown_word_is_named() -> None:
    with pytest.raises(ValueError, match=r"unknown word 'dog' in 'the dog'; .* such as the, cat"):
        words.encode("the dog")


@pytest.mark.parametrize("bad", [["a", "a"], ["a b"], [""]])
def test_what_is_no_vocabulary_is_refused(bad: list[str]) -> None:
    with pytest.raises(ValueError, match="word"):
        WordTokenizer(bad)
