"""GPT-2's tokenizer, read from the files that OpenAI or Hugging Face wrote.

It works as `bpe.py` does: a text is cut into pieces, and in each piece pairs of tokens are merged,
beginning with the bytes. Three things are GPT-2's own: the ids, which a file lists; the pattern of
the pieces, which knows the letters and digits of all scripts; and `<|endoftext|>`, the one special
token, which stood between the texts that GPT-2 was trained on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import arguments
from ..pretrained import json_object, read
from .bpe import PRINTABLE, merge

END = "<|endoftext|>"

# GPT-2's pattern, with Unicode's classes, is
#     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
# Python's `re` has no \p{L}, any letter, and no \p{N}, any number. So the pattern reads a copy of
# the text in which each character beyond ASCII is replaced by one of its kind: see _Kinds.
PIECES = re.compile(
    r"'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+", re.ASCII
)

BYTES = {c: bytes([b]) for b, c in enumerate(PRINTABLE)}


class _Kinds(dict[int, str]):
    """A character of ASCII for each character of Unicode, looked up when it is first met.

    A letter becomes `a`, a number `0`, a blank a tab, and anything else a full stop. A character
    newer than `unicodedata`, which depends on the version of Python, counts as anything else.
    """

    def __missing__(self, code: int) -> str:
        c = chr(code)
        kind = {"L": "a", "N": "0"}.get(unicodedata.category(c)[0], "\t" if c.isspace() else ".")
        self[code] = c if c.isascii() else kind
        return self[code]


_KINDS = _Kinds()


def pieces(text: str) -> list[str]:
    """Cut a text into the pieces of GPT-2's pattern.

    >>> pieces("Don't you    see 12½ naïve 猫s?")
    ['Don', "'t", ' you', '   ', ' see', ' 12½', ' naïve', ' 猫s', '?']
    """
    kinds = text if text.isascii() else text.translate(_KINDS)
    return [text[match.start() : match.end()] for match in PIECES.finditer(kinds)]


def _bytes(token: str) -> bytes:
    """Return the bytes that a token of the vocabulary stands for."""
    if all(c in BYTES for c in token):
        return b"".join(BYTES[c] for c in token)
    return token.encode()  # an added token, written as it is


# ------------------------------------------------------------------------------------- the files


def _ids(vocab: Any) -> dict[str, int]:
    """Return a vocabulary, if it is a dict of ids by tokens."""
    if not isinstance(vocab, dict):
        raise ValueError("its vocabulary is no JSON object")
    for token, i in vocab.items():
        if type(i) is not int or i < 0:
            raise ValueError(f"the id of {token!r} is {i!r}, and not a whole number from 0")
    return vocab


def _pair(written: Any) -> tuple[str, str]:
    """Return the two tokens of a merge, which is written as a list of them or with a space."""
    pair = written.split(" ") if isinstance(written, str) else written
    if not isinstance(pair, list) or [type(token) for token in pair] != [str, str]:
        raise ValueError(f"a merge is two tokens with a space between them, not {written!r}")
    return pair[0], pair[1]


def _merges(path: Path) -> list[tuple[str, str]]:
    """Read merges.txt: a pair a line; the first line may be a comment, such as `#version: 0.2`."""
    lines = path.read_text(encoding="utf-8-sig").split("\n")
    return [_pair(line) for line in lines if line and not line.startswith("#version")]


def _need(data: Mapping[str, Any], what: str, **needed: Any) -> None:
    """Raise unless each of these options is left out or has one of the values that GPT-2's has."""
    for name, values in needed.items():
        if name in data and data[name] not in values:
            raise ValueError(f"its {what} has {name}={data[name]!r}, and GPT-2's {values[0]!r}")


def _from_json(
    data: dict[str, Any],
) -> tuple[dict[str, int], list[tuple[str, str]], dict[str, int], set[str]]:
    """Return the arguments of a GPT2Tokenizer from a tokenizer.json, if it describes one."""
    _need(data, "file", normalizer=[None])
    model, cutting, processor = (
        data.get(name) or {} for name in ("model", "pre_tokenizer", "post_processor")
    )
    for what, part in (("model", model), ("pre_tokenizer", cutting), ("post_processor", processor)):
        if not isinstance(part, dict):
            raise ValueError(f"its {what} is {part!r}, and not a JSON object")
    if not model or not cutting:
        raise ValueError("it has no model or no pre_tokenizer")
    _need(cutting, "pre_tokenizer", type=["ByteLevel"])
    _need(cutting, "pre_tokenizer", add_prefix_space=[False], use_regex=[True])
    _need(processor, "post_processor", type=["ByteLevel", "TemplateProcessing"])
    if "SpecialToken" in str(processor.get("single")):
        raise ValueError("its post_processor adds special tokens to a text, and GPT-2's adds none")
    _need(model, "model", type=["BPE"], dropout=[None, 0.0], ignore_merges=[False])
    _need(model, "model", continuing_subword_prefix=["", None], end_of_word_suffix=["", None])
    merges, tokens = model.get("merges"), data.get("added_tokens", [])
    if not isinstance(merges, list) or not isinstance(tokens, list):
        raise ValueError("its merges or its added_tokens are no list")
    added: dict[str, Any] = {}
    special = set()
    for token in tokens:
        if not isinstance(token, dict) or not isinstance(token.get("content"), str):
            raise ValueError(f"an added token has a content and an id, not {token!r}")
        _need(token, f"added token {token['content']!r}", lstrip=[False], rstrip=[False])
        _need(token, f"added token {token['content']!r}", single_word=[False])
        added[token["content"]] = token.get("id")
        if token.get("special"):
            special.add(token["content"])
    added.pop("", None)
    return _ids(model.get("vocab")), [_pair(pair) for pair in merges], _ids(added), special


# --------------------------------------------------------------------------------- the tokenizer


class GPT2Tokenizer:
    """Byte-pair encoding with the vocabulary, the merges and the pattern of GPT-2.

    Added tokens are found in a text before it is cut into pieces. Those that are special, such as
    `<|endoftext|>`, are found only where that is asked for: otherwise what a user types could end a
    text.

    Args:
        vocab: the id of each token; a token is written with a printable character for each byte.
        merges: the pairs that are merged, the first learned first.
        added: the ids of added tokens, each written as it stands in a text.
        special: which of the added tokens are special.

    Raises:
        ValueError: the vocabulary lacks a byte, or a token that is merged; or two tokens have one
            id.
    """

    def __init__(
        self,
        vocab: Mapping[str, int],
        merges: Iterable[tuple[str, str]],
        added: Mapping[str, int],
        special: Collection[str],
    ) -> None:
        for b, c in enumerate(PRINTABLE):
            if c not in vocab:
                raise ValueError(f"it has no token {c!r}, GPT-2's for the byte {b}")
        self.merges: dict[tuple[int, int], int] = {}
        self.made: list[int] = []  # the token that each merge makes
        for one, two in merges:
            for token in (one, two, one + two):
                if token not in vocab:
                    raise ValueError(f"it merges {one!r} and {two!r}, and has no token {token!r}")
            self.merges[vocab[one], vocab[two]] = len(self.made)
            self.made.append(vocab[one + two])
        self.added = dict(added)
        self.bytes = {i: _bytes(token) for token, i in {**vocab, **added}.items()}
        if len(self.bytes) < len({**vocab, **added}):
            raise ValueError("two of its tokens have the same id")
        self._byte_ids = [vocab[c] for c in PRINTABLE]
        self._known: dict[str, list[int]] = {}
        longest_first = sorted(added, key=len, reverse=True)
        self._all = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        usual = [token for token in longest_first if token not in special]
        self._usual = re.compile("|".join(map(re.escape, usual)) or r"(?!)")

    def __len__(self) -> int:
        return max(self.bytes) + 1

    @classmethod
    def from_pretrained(cls, directory: str | Path) -> GPT2Tokenizer:
        """Read a folder's `tokenizer.json`; or, if there is none, `vocab.json` and `merges.txt`.

        Raises:
            FileNotFoundError: none of them is there; OSError: one cannot be read.
            RuntimeError: a file is damaged, or the tokenizer is not of GPT-2's kind.
        """
        path = Path(directory) / "tokenizer.json"
        if path.exists():
            return read(path, lambda path: cls(*_from_json(json_object(path))))
        vocab_path, merges_path = Path(directory) / "vocab.json", Path(directory) / "merges.txt"
        if not vocab_path.exists():
            raise FileNotFoundError(
                f"{path}: not there, nor is vocab.json with merges.txt; a GPT-2's tokenizer is in "
                "the one or in the other two"
            )
        vocab = read(vocab_path, lambda path: _ids(json_object(path)))
        merges = read(merges_path, _merges)
        added_path = Path(directory) / "added_tokens.json"
        added = read(added_path, lambda p: _ids(json_object(p))) if added_path.exists() else {}
        if END in vocab:
            added[END] = vocab[END]
        try:
            return cls(vocab, merges, added, {END})
        except ValueError as error:
            raise RuntimeError(f"{vocab_path} with {merges_path.name}: {error}") from None

    def _encode_piece(self, piece: str) -> list[int]:
        if piece not in self._known:
            word = [self._byte_ids[b] for b in piece.encode()]
            self._known[piece] = merge(word, self.merges, self.made)
        return self._known[piece]

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        """Return the token ids.

        Args:
            text: any text.
            special: read the name of a special token, such as `<|endoftext|>`, as that token, as
                Hugging Face's library does; otherwise it is text like any other.

        Raises:
            ValueError: the text has half of a surrogate pair, which is no character.
        """
        arguments.encodable(arguments.text("text", text))
        ids: list[int] = []
        start = 0
        for match in (self._all if special else self._usual).finditer(text):
            for piece in pieces(text[start : match.start()]):
                ids += self._encode_piece(piece)
            ids.append(self.added[match.group()])
            start = match.end()
        for piece in pieces(text[start:]):
            ids += self._encode_piece(piece)
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, `<|endoftext|>` among it; `�` where the bytes are not UTF-8."""
        known = arguments.token_ids(ids, len(self))
        return b"".join(self.bytes.get(i, b"") for i in known).decode(errors="replace")
