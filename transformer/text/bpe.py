"""Byte-pair encoding: a vocabulary between characters and words, learned from a text.

Start from the 256 bytes. Again and again, take the pair of tokens that stands side by side most
often, and make it a token of its own: `t h` → `th`, `th e` → `the`. Frequent words end up as one
token, rare ones in a few pieces, and nothing is ever unknown, since every text is bytes in the end
(Sennrich et al. 2016, https://arxiv.org/abs/1508.07909; on bytes: Radford et al. 2019, GPT-2).
"""

from __future__ import annotations

import heapq
import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from .tokenizer import SPECIAL, Tokenizer

# No pair is merged across the borders of these pieces: a word or a number with the space before it,
# a run of other signs, white space. The classes are spelled out, every character beyond ASCII being
# a letter, so that each library with regular expressions cuts a text in the same places.
_LETTERS = "A-Za-z\x80-\U0010ffff"
_SPACES = " \t\n\r"
PIECES = (
    f" ?[{_LETTERS}]+| ?[0-9]+| ?[^{_SPACES}0-9{_LETTERS}]+"
    f"|[{_SPACES}]+(?![^{_SPACES}])|[{_SPACES}]+"
)


class BytePairTokenizer(Tokenizer):
    """Bytes, and the pairs that were merged, each of which is a token from then on.

    In a file, a byte is written as a printable character, as GPT-2 does: `Ġ` is a space.

        >>> tokenizer = BytePairTokenizer.learn("low lower lowest new newer newest", vocab_size=267)
        >>> tokenizer.tokens[259:]  # the merges, in the order in which they were learned
        ('we', 'Ġn', 'lo', 'Ġne', 'Ġlo', 'st', 'wer', 'west')
        >>> [tokenizer.join([i]) for i in tokenizer.encode("the slowest newer")]
        ['t', 'h', 'e', ' ', 's', 'lo', 'west', ' ne', 'wer']

    Args:
        merges: pairs of ids in the order in which they were merged; the n-th has the id
            3 + 256 + n.
    """

    def __init__(self, merges: Sequence[tuple[int, int]] = ()) -> None:
        self.bytes = [bytes([b]) for b in range(256)]  # of each id after the special ones
        self.merges: dict[tuple[int, int], int] = {}
        for a, b in merges:
            for i in (a, b):
                if not len(SPECIAL) <= i < len(SPECIAL) + len(self.bytes):
                    raise ValueError(f"the pair ({a}, {b}) is merged before {i} is a token")
            self.merges[a, b] = len(SPECIAL) + len(self.bytes)
            self.bytes.append(self.bytes[a - len(SPECIAL)] + self.bytes[b - len(SPECIAL)])
        self.tokens = (*SPECIAL, *("".join(_PRINTABLE[b] for b in word) for word in self.bytes))
        if len(set(self.tokens)) < len(self.tokens):
            raise ValueError("two merges make the same token")
        self._known: dict[str, list[int]] = {}

    @classmethod
    def learn(cls, text: str, vocab_size: int) -> BytePairTokenizer:
        """Learn the merges from a text.

        The most frequent pair is merged first; among equals, that of the lowest ids. It ends early
        where no pair is left that stands side by side twice.

        Args:
            text: to learn from.
            vocab_size: tokens in all: 3 special ones, 256 bytes, and the merges.
        """
        counts = Counter(re.findall(PIECES, text))
        words = [_byte_ids(piece) for piece in counts]
        return cls(_learn(words, list(counts.values()), vocab_size - len(SPECIAL) - 256))

    def encode(self, text: str) -> list[int]:
        """Return the ids: in each piece, pairs are merged in the order in which they were learned.

        Raises:
            ValueError: the text has half of a surrogate pair, which is no character.
        """
        ids: list[int] = []
        for piece in re.findall(PIECES, text):
            if piece not in self._known:
                self._known[piece] = self._merge(_byte_ids(piece))
            ids += self._known[piece]
        return ids

    def join(self, ids: Sequence[int]) -> str:
        """Return the text of the bytes; `�` where they are no UTF-8, such as half a character."""
        return b"".join(self.bytes[i - len(SPECIAL)] for i in ids).decode(errors="replace")

    def _merge(self, word: list[int]) -> list[int]:
        while len(word) > 1:
            new = min(self.merges.get(pair, _NEVER) for pair in pairwise(word))
            if new == _NEVER:
                break
            word = _replace(word, self.merges, new)
        return word

    def save(self, path: str | Path) -> None:
        """Write the tokenizer as JSON that `tokenizers.Tokenizer.from_file` loads too."""
        merges = [[self.tokens[a], self.tokens[b]] for a, b in self.merges]
        split = {
            "type": "Split",
            "pattern": {"Regex": PIECES},
            "behavior": "Isolated",
            "invert": False,
        }
        byte_level = {
            "type": "ByteLevel",
            "add_prefix_space": False,
            "trim_offsets": True,
            "use_regex": False,
        }
        data: dict[str, Any] = {
            "version": "1.0",
            "added_tokens": [],
            "normalizer": None,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, byte_level]},
            "post_processor": None,
            "decoder": byte_level,
            "model": {
                "type": "BPE",
                "vocab": {token: i for i, token in enumerate(self.tokens)},
                "merges": merges,
            },
        }
        unfinished = Path(f"{path}.tmp")
        unfinished.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
        os.replace(unfinished, path)

    @classmethod
    def load(cls, path: str | Path) -> BytePairTokenizer:
        """Read a tokenizer that `save` wrote.

        Raises:
            ValueError: the file is no such tokenizer.
        """
        try:
            model = json.loads(Path(path).read_text(encoding="utf-8"))["model"]
            vocab = model["vocab"]
            tokenizer = cls([(vocab[a], vocab[b]) for a, b in model["merges"]])
            if vocab != {token: i for i, token in enumerate(tokenizer.tokens)}:
                raise ValueError("its vocabulary is not what its merges make")
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} holds no byte-pair tokenizer: {error}") from None
        return tokenizer


_NEVER = 1 << 62


def _learn(words: list[list[int]], counts: list[int], n: int) -> list[tuple[int, int]]:
    """Find the n most frequent pairs, one after the other, merging each in all the words.

    Only words that hold the pair change, so only their pairs are counted anew. The heap may hold
    counts that are out of date; one that comes up is compared with the present one.
    """
    total: Counter[tuple[int, int]] = Counter()
    where: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for i, word in enumerate(words):
        for pair in pairwise(word):
            total[pair] += counts[i]
            where[pair].add(i)
    heap = [(-count, pair) for pair, count in total.items()]
    heapq.heapify(heap)
    merges: dict[tuple[int, int], int] = {}
    while heap and len(merges) < n:
        count, pair = heapq.heappop(heap)
        if total[pair] != -count:
            continue
        if -count < 2:
            break
        new = len(SPECIAL) + 256 + len(merges)
        merges[pair] = new
        changed: set[tuple[int, int]] = set()
        for i in where.pop(pair):
            before, words[i] = words[i], _replace(words[i], merges, new)
            for old in pairwise(before):
                total[old] -= counts[i]
                changed.add(old)
            for now in pairwise(words[i]):
                total[now] += counts[i]
                where[now].add(i)
                changed.add(now)
        for each in changed:
            if total[each] > 0:
                heapq.heappush(heap, (-total[each], each))
    return list(merges)


def _replace(word: list[int], merges: dict[tuple[int, int], int], new: int) -> list[int]:
    """Put one token in the place of the pair that makes it, from left to right."""
    result: list[int] = []
    i = 0
    while i < len(word):
        if i + 1 < len(word) and merges.get((word[i], word[i + 1])) == new:
            result.append(new)
            i += 2
        else:
            result.append(word[i])
            i += 1
    return result


def _byte_ids(text: str) -> list[int]:
    return [len(SPECIAL) + b for b in text.encode()]


def _printable() -> list[str]:
    """For each byte, GPT-2's printable character: itself where it is one, else from 256 upwards."""
    clear = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), 256)}
    other = iter(range(256, 512))
    return [chr(b) if b in clear else chr(next(other)) for b in range(256)]


_PRINTABLE = _printable()
