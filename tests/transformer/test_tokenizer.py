from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch as mt
from transformer.text.tokenizer import BOS, EOS, PAD, CharTokenizer, stack

tokenizer = CharTokenizer("abc+")
texts = st.text("abc+", max_size=8)


def test_characters_come_after_the_special_tokens() -> None:
    assert (PAD, BOS, EOS) == (0, 1, 2)
    assert tokenizer.tokens == ("<pad>", "<s>", "</s>", "a", "b", "c", "+")
    assert len(tokenizer) == 7
    assert tokenizer.encode("ab+a") == [3, 4, 6, 3]
    assert tokenizer.decode([3, 4, 6, 3]) == "ab+a"


@given(text=texts)
def test_decoding_undoes_encoding(text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_decoding_ends_at_the_end_token() -> None:
    assert tokenizer.decode([BOS, 3, PAD, 4, EOS, 5, EOS]) == "ab"
    assert tokenizer.decode([EOS, 3]) == ""


def test_an_unknown_character_is_named_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"unknown character 'x' at position 3 of 'abxa'.*'abc\+'"):
        tokenizer.encode("abxa")


def test_a_character_with_two_ids_is_refused() -> None:
    with pytest.raises(ValueError, match="'a' appears twice in the alphabet 'aba'"):
        CharTokenizer("aba")


def test_batches_by_hand() -> None:
    assert tokenizer.sources(["a", "abc"]).tolist() == [[3, 0, 0], [3, 4, 5]]
    assert tokenizer.targets(["a", "abc"]).tolist() == [[1, 3, 2, 0, 0], [1, 3, 4, 5, 2]]


def test_padding_stands_on_the_side_that_is_asked_for() -> None:
    rows = [[3], [3, 4, 5], [], [6, 0]]
    assert stack(rows).tolist() == [[3, 0, 0], [3, 4, 5], [0, 0, 0], [6, 0, 0]]
    assert stack(rows, left=True).tolist() == [[0, 0, 3], [3, 4, 5], [0, 0, 0], [0, 6, 0]]
    for left in (False, True):
        assert stack([[3, 4], [5, 6]], left=left).tolist() == [[3, 4], [5, 6]]
        assert stack([[], []], left=left).shape == (2, 0)
        assert stack([np.array([3, 4]), (5,)], left=left).dtype == mt.int64


def test_ids_may_be_of_python_numpy_or_a_tensor() -> None:
    for ids in ([3, 4], (3, 4), np.array([3, 4]), mt.tensor([3, 4]), iter([3, 4]), range(3, 5)):
        assert tokenizer.decode(ids) == "ab"  # type: ignore[arg-type]
    assert tokenizer.decode([]) == ""
    assert tokenizer.decode([6]) == "+"  # the last of the vocabulary
    assert tokenizer.join([3, 6]) == "a+"


@given(batch=st.lists(texts, min_size=1, max_size=4))
def test_batches_keep_their_texts(batch: list[str]) -> None:
    for ids in (tokenizer.sources(batch), tokenizer.targets(batch)):
        assert ids.dtype == mt.int64
        assert [tokenizer.decode(row) for row in ids.tolist()] == batch
