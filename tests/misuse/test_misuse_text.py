"""Tokenizers, vocabularies and questions held wrong: see `misuse.py`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from misuse import Misuse, check

import minitorch as mt
from transformer.tasks import (
    Addition,
    Characters,
    Copy,
    DataError,
    Dates,
    FillTheGap,
    ModularAddition,
    Numbers,
)  # fmt: skip
from transformer.text import BytePairTokenizer, CharTokenizer, WordTokenizer
from transformer.text.tokenizer import stack

CHARS = CharTokenizer("abc")
WORDS = WordTokenizer(["the", "cat"])
PAIRS = BytePairTokenizer.learn("low lower lowest", 262)


def a(value: object) -> Any:
    """Return what a type checker would refuse."""
    return value


def file(content: bytes, name: str = "text.txt") -> str:
    """Write a file into the working directory, and return its name."""
    Path(name).write_bytes(content)
    return name


def saved(change: Callable[[Any], object]) -> str:
    """Save a byte-pair tokenizer with a change in its file; return the path."""
    path = file(b"", "bpe.json")
    PAIRS.save(path)
    data = json.loads(Path(path).read_text(encoding="utf-8"))
    change(data)
    Path(path).write_text(json.dumps(data), encoding="utf-8")
    return path


def load(content: bytes) -> BytePairTokenizer:
    return BytePairTokenizer.load(file(content, "bpe.json"))


def saved_and_loaded(change: Callable[[Any], object]) -> BytePairTokenizer:
    return BytePairTokenizer.load(saved(change))


def cyclic() -> Any:
    merges: list[Any] = []
    merges.append(merges)
    return merges


NO_BPE = "holds no byte-pair tokenizer"
BPE = BytePairTokenizer
HALF = r"'\\ud800' is half of a surrogate pair, which is no character"

MISUSES = [
    # ------------------------------------------------------------------ vocabularies
    Misuse("an alphabet with a character twice", lambda: CharTokenizer("aba"), ValueError, r"'a' appears twice in the alphabet 'aba'"),
    Misuse("an empty alphabet", lambda: CharTokenizer(""), ValueError, r"the alphabet '' has no tokens"),
    Misuse("an alphabet that is a list", lambda: CharTokenizer(a(["ab", "c"])), TypeError, r"alphabet must be a str, not list"),
    Misuse("an alphabet that is bytes", lambda: CharTokenizer(a(b"abc")), TypeError, r"alphabet must be a str, not bytes"),
    Misuse("an alphabet that is None", lambda: CharTokenizer(a(None)), TypeError, r"alphabet must be a str, not NoneType"),
    Misuse("an alphabet with half of a surrogate pair", lambda: CharTokenizer("a\ud800"), ValueError, HALF),
    Misuse("words that are one str", lambda: WordTokenizer("cat"), TypeError, r"words must be a list of str, not str"),
    Misuse("words that are a number", lambda: WordTokenizer(a(5)), TypeError, r"words must be a list of str, not int"),
    Misuse("words of which one is a number", lambda: WordTokenizer(a(["the", 5])), TypeError, r"words\[1\] must be a str, not int"),
    Misuse("words of which one is None", lambda: WordTokenizer(a([None])), TypeError, r"words\[0\] must be a str, not NoneType"),
    Misuse("no words", lambda: WordTokenizer([]), ValueError, r"words is empty"),
    Misuse("a word twice", lambda: WordTokenizer(["a", "b", "a"]), ValueError, r"'a' appears twice in the words"),
    Misuse("a word that is empty", lambda: WordTokenizer([""]), ValueError, r"'' is not a word"),
    Misuse("a word with a space", lambda: WordTokenizer(["the cat"]), ValueError, r"'the cat' is not a word"),
    Misuse("a word that ends in a line break", lambda: WordTokenizer(["the\n"]), ValueError, r"'the\\n' is not a word"),
    Misuse("a word that is a special token", lambda: WordTokenizer(["the", "</s>"]), ValueError, r"'</s>' is in the words, and is a special token"),
    Misuse("a word with half of a surrogate pair", lambda: WordTokenizer(["\ud800"]), ValueError, HALF),
    # ------------------------------------------------------------------ encode
    Misuse("an unknown character", lambda: CHARS.encode("abx"), ValueError, r"unknown character 'x' at position 3 of 'abx'; known are 'abc'"),
    Misuse("a capital letter", lambda: CHARS.encode("A"), ValueError, r"unknown character 'A'"),
    Misuse("an unknown word", lambda: WORDS.encode("the dog"), ValueError, r"unknown word 'dog' in 'the dog'"),
    Misuse("characters of bytes", lambda: CHARS.encode(a(b"abc")), TypeError, r"text must be a str, not bytes"),
    Misuse("characters of a list", lambda: CHARS.encode(a(["a", "b"])), TypeError, r"text must be a str, not list"),
    Misuse("characters of None", lambda: CHARS.encode(a(None)), TypeError, r"text must be a str, not NoneType"),
    Misuse("words of a list", lambda: WORDS.encode(a(["the", "cat"])), TypeError, r"text must be a str, not list"),
    Misuse("words of None", lambda: WORDS.encode(a(None)), TypeError, r"text must be a str, not NoneType"),
    Misuse("byte pairs of bytes", lambda: PAIRS.encode(a(b"low")), TypeError, r"text must be a str, not bytes"),
    Misuse("byte pairs of a number", lambda: PAIRS.encode(a(3)), TypeError, r"text must be a str, not int"),
    Misuse("byte pairs of half of a surrogate pair", lambda: PAIRS.encode("low \ud800"), ValueError, HALF),
    Misuse("characters of half of a surrogate pair", lambda: CHARS.encode("\ud800"), ValueError, r"unknown character '\\ud800'"),
    # ------------------------------------------------------------------ batches
    Misuse("sources that are one str", lambda: CHARS.sources("abc"), TypeError, r"sources must be a list of str, not str"),
    Misuse("no sources", lambda: CHARS.sources([]), ValueError, r"sources is empty"),
    Misuse("sources that are None", lambda: CHARS.sources(a(None)), TypeError, r"sources must be a list of str, not NoneType"),
    Misuse("sources of lists", lambda: CHARS.sources(a([["a"]])), TypeError, r"sources\[0\] must be a str, not list"),
    Misuse("targets that are one str", lambda: WORDS.targets("the"), TypeError, r"targets must be a list of str, not str"),
    Misuse("no targets", lambda: PAIRS.targets([]), ValueError, r"targets is empty"),
    Misuse("targets of which one is None", lambda: CHARS.targets(a(["a", None])), TypeError, r"targets\[1\] must be a str, not NoneType"),
    Misuse("a batch without sequences", lambda: stack([]), ValueError, r"a batch needs at least one sequence"),
    Misuse("a batch that is one sequence", lambda: stack(a([3, 4])), TypeError, r"a batch is a list of lists of token ids, not \[3, 4\]"),
    Misuse("a batch of texts", lambda: stack(a(["ab", "c"])), TypeError, r"token ids must be whole numbers"),
    Misuse("a batch of floats", lambda: stack(a([[3.7, 4.0]])), TypeError, r"token ids must be whole numbers, not \[\[3\.7, 4\.0\]\]"),
    Misuse("a batch of bools", lambda: stack([[True, False]]), TypeError, r"token ids must be whole numbers"),
    Misuse("a batch with None", lambda: stack(a([[3, None]])), TypeError, r"token ids must be whole numbers"),
    Misuse("a batch with an id beyond int64", lambda: stack([[2**70]]), TypeError, r"token ids must be whole numbers"),
    Misuse("a batch of lists of lists", lambda: stack(a([[[3]], [[4]]])), TypeError, r"token ids must be whole numbers"),
    Misuse("a batch that is None", lambda: stack(a(None)), TypeError, r"a batch is a list of lists of token ids, not None"),
    # ------------------------------------------------------------------ decode
    Misuse("decode an id below 0", lambda: CHARS.decode([-1]), IndexError, r"there is no token -1: the ids go from 0 to 5"),
    Misuse("decode an id beyond the vocabulary", lambda: CHARS.decode([3, 6]), IndexError, r"there is no token 6: the ids go from 0 to 5"),
    Misuse("decode floats", lambda: CHARS.decode(a([3.0])), TypeError, r"token ids must be whole numbers, not \[3\.0\]"),
    Misuse("decode bools", lambda: WORDS.decode([True]), TypeError, r"token ids must be whole numbers, not \[True\]"),
    Misuse("decode a str", lambda: WORDS.decode(a("34")), TypeError, r"token ids must be whole numbers, not '34'"),
    Misuse("decode None", lambda: CHARS.decode(a(None)), TypeError, r"token ids must be whole numbers, not None"),
    Misuse("decode one id without a list", lambda: CHARS.decode(a(3)), TypeError, r"token ids must be whole numbers, not 3"),
    Misuse("decode a batch", lambda: CHARS.decode(a([[3], [4]])), TypeError, r"token ids must be whole numbers, not \[\[3\], \[4\]\]"),
    Misuse("decode a tensor of several rows", lambda: CHARS.decode(a(mt.tensor([[3, 4]]))), TypeError, r"token ids must be whole numbers"),
    Misuse("decode an array of floats", lambda: CHARS.decode(a(np.array([3.0]))), TypeError, r"token ids must be whole numbers"),
    Misuse("decode byte pairs below 0", lambda: PAIRS.decode([-1]), IndexError, r"there is no token -1"),
    Misuse("decode byte pairs beyond the vocabulary", lambda: PAIRS.decode([262]), IndexError, r"there is no token 262: the ids go from 0 to 261"),
    Misuse("join a special token of characters", lambda: CHARS.join([2]), IndexError, r"there is no token 2: the ids go from 3 to 5"),
    Misuse("join a special token of words", lambda: WORDS.join([0, 3]), IndexError, r"there is no token 0: the ids go from 3 to 4"),
    Misuse("join a special token of byte pairs", lambda: PAIRS.join([1]), IndexError, r"there is no token 1: the ids go from 3 to 261"),
    # ------------------------------------------------------------------ byte pairs
    Misuse("learn from nothing", lambda: BPE.learn("", 300), ValueError, r"nothing to learn from an empty text"),
    Misuse("learn from bytes", lambda: BPE.learn(a(b"low"), 300), TypeError, r"text must be a str, not bytes"),
    Misuse("learn from a list of texts", lambda: BPE.learn(a(["low", "lower"]), 300), TypeError, r"text must be a str, not list"),
    Misuse("learn from half of a surrogate pair", lambda: BPE.learn("a\ud800", 300), ValueError, HALF),
    Misuse("a vocabulary too small for the bytes", lambda: BPE.learn("low", 258), ValueError, r"vocab_size must be at least 259, not 258"),
    Misuse("a vocabulary of a negative size", lambda: BPE.learn("low", -1), ValueError, r"vocab_size must be at least 259, not -1"),
    Misuse("a vocabulary of a size that is no whole number", lambda: BPE.learn("low", a(300.5)), TypeError, r"vocab_size must be int, not .*300\.5"),
    Misuse("a vocabulary of a size that is a str", lambda: BPE.learn("low", a("300")), TypeError, r"vocab_size must be int, not .*'300'"),
    Misuse("a merge of a token that comes later", lambda: BPE([(3, 260)]), ValueError, r"the pair \(3, 260\) is merged before 260 is a token"),
    Misuse("a merge of a special token", lambda: BPE([(3, 1)]), ValueError, r"the pair \(3, 1\) is merged before 1 is a token"),
    Misuse("a merge twice", lambda: BPE([(3, 4), (3, 4)]), ValueError, r"two merges make the same token"),
    Misuse("two merges that make the same bytes", lambda: BPE([(3, 3), (259, 3), (3, 259)]), ValueError, r"two merges make the same token"),
    Misuse("a merge of three", lambda: BPE(a([(3, 4, 5)])), TypeError, r"merges must be pairs of token ids, not \[\(3, 4, 5\)\]"),
    Misuse("merges that are one pair", lambda: BPE(a((3, 4))), TypeError, r"merges must be pairs of token ids, not \(3, 4\)"),
    Misuse("merges of floats", lambda: BPE(a([(3.0, 4.0)])), TypeError, r"merges must be pairs of token ids"),
    Misuse("merges of characters", lambda: BPE(a([("a", "b")])), TypeError, r"merges must be pairs of token ids"),
    Misuse("merges that are None", lambda: BPE(a(None)), TypeError, r"merges must be pairs of token ids, not None"),
    Misuse("merges that hold themselves", lambda: BPE(cyclic()), TypeError, r"merges must be pairs of token ids"),
    # ------------------------------------------------------------------ files of byte pairs
    Misuse("load an empty file", lambda: load(b""), ValueError, NO_BPE),
    Misuse("load a list", lambda: load(b"[]"), ValueError, NO_BPE),
    Misuse("load what is no JSON", lambda: load(b"{model}"), ValueError, NO_BPE),
    Misuse("load what is no UTF-8", lambda: load(b"\xff\xfe{\x00}\x00"), ValueError, NO_BPE),
    Misuse("load lists in lists in lists", lambda: load(b"[" * 100_000), ValueError, f"{NO_BPE}: .*recursion"),
    Misuse("load a file without a model", lambda: load(b"{}"), ValueError, f"{NO_BPE}: no 'model'"),
    Misuse("load a file whose merges are a number", lambda: saved_and_loaded(lambda d: d["model"].update(merges=5)), ValueError, NO_BPE),
    Misuse("load a file whose merges are texts", lambda: saved_and_loaded(lambda d: d["model"].update(merges=["l o"])), ValueError, NO_BPE),
    Misuse("load a file with a merge of an unknown token", lambda: saved_and_loaded(lambda d: d["model"].update(merges=[["猫", "l"]])), ValueError, f"{NO_BPE}: no '猫'"),
    Misuse("load a file that lacks a merge", lambda: saved_and_loaded(lambda d: d["model"]["merges"].pop()), ValueError, f"{NO_BPE}: its vocabulary is not what its merges make"),
    Misuse("load a file with two merges swapped", lambda: saved_and_loaded(lambda d: d["model"]["merges"].reverse()), ValueError, NO_BPE),
    Misuse("load a file with an id changed", lambda: saved_and_loaded(lambda d: d["model"]["vocab"].update({"l": 5})), ValueError, NO_BPE),
    Misuse("load a file with an id that is a float", lambda: saved_and_loaded(lambda d: d["model"]["vocab"].update({"l": 111.0})), ValueError, NO_BPE),
    Misuse("load a file that cuts texts otherwise", lambda: saved_and_loaded(lambda d: d.update(pre_tokenizer=None)), ValueError, f"{NO_BPE}: its pre_tokenizer would cut a text otherwise"),
    Misuse("load a file that changes texts first", lambda: saved_and_loaded(lambda d: d.update(normalizer={"type": "Lowercase"})), ValueError, f"{NO_BPE}: its normalizer"),
    Misuse("save into a directory that is not there", lambda: PAIRS.save("no such/bpe.json"), FileNotFoundError, r"no such/bpe\.json'$"),
    # ------------------------------------------------------------------ tasks
    Misuse("digits that are a str", lambda: Addition(a("3")), ValueError, r"digits must be a whole number from 1 to 30, not '3'"),
    Misuse("digits that are True", lambda: Addition(True), ValueError, r"digits must be a whole number from 1 to 30, not True"),
    Misuse("31 digits", lambda: Addition(31), ValueError, r"digits must be a whole number from 1 to 30, not 31"),
    Misuse("a length of 1", lambda: Copy(1), ValueError, r"length must be a whole number from 2 to 15, not 1"),
    Misuse("a length that is a float", lambda: Copy(a(5.0)), ValueError, r"length must be a whole number from 2 to 15, not 5\.0"),
    Misuse("a length that is True", lambda: Copy(True), ValueError, r"length must be a whole number from 2 to 15, not True"),
    Misuse("an architecture that cannot learn it", lambda: Addition(architecture="bert"), ValueError, r"learned by encoder-decoder or gpt, not by 'bert'"),
    Misuse("an architecture that is None", lambda: Copy(architecture=a(None)), ValueError, r"architecture must be a str, not None"),
    Misuse("a context of 1", lambda: Characters(context=1), ValueError, r"context must be a whole number from 2 .*not 1"),
    Misuse("a context that is a float", lambda: Characters(context=a(8.5)), ValueError, r"context must be a whole number .*not 8\.5"),
    Misuse("a context that is a str", lambda: Characters(context=a("64")), ValueError, r"context must be a whole number .*not '64'"),
    Misuse("a context longer than the text", lambda: Characters(file(b"a short text"), 64), ValueError, r"is too short: 12 characters, and a context of 64 needs 1280"),
    Misuse("a text that is bytes", lambda: Characters(a(b"x")), ValueError, r"text must be a str, not b'x'"),
    Misuse("a text that is not there", lambda: Characters("no such file"), DataError, r"cannot read the text no such file: No such file"),
    Misuse("a text that is a directory", lambda: Characters("."), DataError, r"it is no regular file"),
    Misuse("a text without an end", lambda: Characters("/dev/zero"), DataError, r"/dev/zero: it is no regular file"),
    Misuse("a text in Latin-1", lambda: Characters(file("größer ".encode("latin-1") * 900)), DataError, r"is no UTF-8, which byte 2 shows"),
    Misuse("a text in UTF-16", lambda: Characters(file(("größer " * 900).encode("utf-16"))), DataError, r"is no UTF-8"),
    Misuse("a text in UTF-16 without a mark", lambda: Characters(file(b"t\0e\0x\0t\0 \0" * 900)), DataError, r"has zero bytes: is it UTF-16"),
    Misuse("an alphabet that is a list of numbers", lambda: Characters(alphabet=a([1, 2])), ValueError, r"alphabet must be a str, not \[1, 2\]"),
    # ------------------------------------------------------------------ questions
    Misuse("a sum of three", lambda: Addition().as_source("1+2+3"), ValueError, r"'1\+2\+3' is not a sum of two numbers"),
    Misuse("a sum of one", lambda: Addition().as_source("1+"), ValueError, r"'1\+' is not a sum of two numbers"),
    Misuse("a difference", lambda: Addition().as_source("3-1"), ValueError, r"unknown character '-' in '3-1'"),
    Misuse("a sum with a space inside a number", lambda: Addition().as_source("1 2+3"), ValueError, r"'1 2\+3' is not a sum of two numbers"),
    Misuse("a sum in full-width digits", lambda: Addition().as_source("１+２"), ValueError, r"unknown character '１'"),
    Misuse("a sum of more digits", lambda: Addition(2).as_source("100+2"), ValueError, r"100 in '100\+2' has 3 digits"),
    Misuse("a sum that is a number", lambda: Addition().as_source(a(3)), TypeError, r"question must be a str, not int"),
    Misuse("a sum that is None", lambda: ModularAddition().as_source(a(None)), TypeError, r"question must be a str, not NoneType"),
    Misuse("a sum modulo 97 of 97", lambda: ModularAddition().as_source("97+1"), ValueError, r"'97\+1' is not a sum of two numbers below 97"),
    Misuse("a sum modulo 97 of 5,000 digits", lambda: ModularAddition().as_source("9" * 5000 + "+1"), ValueError, r"is not a sum of two numbers below 97"),
    Misuse("no letters", lambda: Copy().as_source(" "), ValueError, r"has 0 letters; this model has learned 1 to 10"),
    Misuse("letters that are a list", lambda: Copy().as_source(a(["a"])), TypeError, r"question must be a str, not list"),
    Misuse("too many letters", lambda: Copy(3).as_source("abcd"), ValueError, r"'abcd' has 4 letters; this model has learned 1 to 3"),
    Misuse("an empty date", lambda: Dates().as_source("\n"), ValueError, r"'\\n' is not a date such as"),
    Misuse("a date that is bytes", lambda: Dates().as_source(a(b"2026")), TypeError, r"question must be a str, not bytes"),
    Misuse("a date with a letter that none has", lambda: Dates().as_source("2026-z"), ValueError, r"unknown character 'z'"),
    Misuse("a number in words that is a number", lambda: Numbers().as_source(a(305)), TypeError, r"question must be a str, not int"),
    Misuse("a number in too many words", lambda: Numbers().as_source("one " * 9), ValueError, r"is not a number in words, up to 99,999"),
    Misuse("a number in figures", lambda: Numbers().as_source("305"), ValueError, r"unknown word '305'"),
    Misuse("a sentence without a gap", lambda: FillTheGap().as_source("the girl drinks milk"), ValueError, r"a question has one gap, ___"),
    Misuse("a sentence with two gaps", lambda: FillTheGap().as_source("___ girl ___"), ValueError, r"a question has one gap, ___"),
    Misuse("a sentence that is too long", lambda: FillTheGap().as_source("___ " + "girl " * 9), ValueError, r"the longest sentence of this grammar has 9 words"),
    Misuse("a sentence that is a list", lambda: FillTheGap().as_source(a(["___"])), TypeError, r"question must be a str, not list"),
    Misuse("a beginning that is None", lambda: Characters().as_source(a(None)), TypeError, r"question must be a str, not NoneType"),
    Misuse("a beginning with an unknown character", lambda: Characters().as_source("猫"), ValueError, r"unknown character '猫'"),
]  # fmt: skip


@pytest.mark.usefixtures("in_an_empty_directory")
@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(misuse: Misuse) -> None:
    check(misuse)
