"""Byte-pair encoding (BPE): a vocabulary of pieces of words, learned from a text.

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
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from .. import arguments
from .tokenizer import SPECIAL, Tokenizer

# Pre-tokenization: a text is cut into these pieces first, and no pair is merged across two of them.
# A piece is a word or a number with the space before it, a run of other signs, or white space. The
# character classes are spelled out, every character beyond ASCII being a letter, so that each
# library of regular expressions cuts a text in the same places.
_LETTERS = "A-Za-z\x80-\U0010ffff"
_SPACES = " \t\n\r"
PIECES = (
    f" ?[{_LETTERS}]+| ?[0-9]+| ?[^{_SPACES}0-9{_LETTERS}]+"
    f"|[{_SPACES}]+(?![^{_SPACES}])|[{_SPACES}]+"
)


def _printable() -> list[str]:
    """List GPT-2's character for each byte: its own if printable, else one from U+0100 on."""
    clear = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), 256)}
    other = iter(range(256, 512))
    return [chr(b) if b in clear else chr(next(other)) for b in range(256)]


PRINTABLE = _printable()


def merge(word: list[int], merges: Mapping[tuple[int, int], int], made: Sequence[int]) -> list[int]:
    """Merge the pairs of a word, of all that can be merged always the one that was learned first.

    Of several with the same rank the leftmost is merged first. A heap finds it, and each merge adds
    at most two pairs to the heap, so that n tokens take time O(n log n).

    Args:
        word: token ids.
        merges: the rank of each pair that can be merged: how many were learned before it.
        made: the token that the merge of each rank makes.
    """
    word, end = list(word), len(word)
    left, right = list(range(-1, end - 1)), list(range(1, end + 1))  # the neighbours' places
    heap = [(merges[pair], i) for i, pair in enumerate(pairwise(word)) if pair in merges]
    heapq.heapify(heap)
    while heap:
        rank, i = heapq.heappop(heap)
        j = right[i]
        if j == end or merges.get((word[i], word[j])) != rank:
            continue  # one of the two has been merged meanwhile
        word[i], word[j] = made[rank], -1
        right[i] = right[j]
        if right[i] < end:
            left[right[i]] = i
        for a, b in ((left[i], i), (i, right[i])):
            if a >= 0 and b < end and (word[a], word[b]) in merges:
                heapq.heappush(heap, (merges[word[a], word[b]], a))
    return [token for token in word if token >= 0]


def _byte_ids(text: str) -> list[int]:
    """Return the ids of a text's bytes in UTF-8, which is where merging begins."""
    return [len(SPECIAL) + b for b in arguments.encodable(text).encode()]


def _replace(word: list[int], merges: dict[tuple[int, int], int], new: int) -> list[int]:
    """Merge each occurrence of the pair that makes the token `new`, from left to right."""
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


def _learn_merges(words: list[list[int]], counts: list[int], n: int) -> list[tuple[int, int]]:
    """Learn n merges: n times, find the most frequent pair and merge it in all the words.

    Only the words that hold the pair change, so only their pairs are counted again. The heap may
    hold counts that are out of date: what it gives is compared with the present count.

    Args:
        words: the token ids of each different word; changed in place.
        counts: how often each word stands in the text.
        n: the most merges; there are fewer where no pair is left that occurs twice.
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


class BytePairTokenizer(Tokenizer):
    """Splits a text into bytes and merges pairs of tokens, in the order in which they were learned.

    A token is shown as GPT-2 shows it, each byte as a printable character: `Ġ` is a space.

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
        self.bytes = [bytes([b]) for b in range(256)]  # of each token after the special ones
        self.merges: dict[tuple[int, int], int] = {}
        for a, b in arguments.pairs("merges", merges):
            for i in (a, b):
                if not len(SPECIAL) <= i < len(SPECIAL) + len(self.bytes):
                    raise ValueError(f"the pair ({a}, {b}) is merged before {i} is a token")
            self.merges[a, b] = len(SPECIAL) + len(self.bytes)
            self.bytes.append(self.bytes[a - len(SPECIAL)] + self.bytes[b - len(SPECIAL)])
        self.tokens = (*SPECIAL, *("".join(PRINTABLE[b] for b in word) for word in self.bytes))
        if len(set(self.tokens)) < len(self.tokens):
            raise ValueError("two merges make the same token")
        self._known: dict[str, list[int]] = {}

    @classmethod
    def learn(cls, text: str, vocab_size: int) -> BytePairTokenizer:
        """Learn the merges from a text, the most frequent pair first; of equals, the lowest ids.

        Args:
            text: the text to learn from.
            vocab_size: the size of the vocabulary: 3 special tokens, 256 bytes, and the merges. It
                stays smaller where no pair is left that occurs twice.

        Raises:
            ValueError: the text is empty, or has half of a surrogate pair; or the vocabulary is
                too small for the bytes.
        """
        if not arguments.text("text", text):
            raise ValueError("there is nothing to learn from an empty text")
        first = len(SPECIAL) + 256
        n = arguments.whole_number("vocab_size", vocab_size, least=first) - first
        counts = Counter(re.findall(PIECES, text))
        words = [_byte_ids(piece) for piece in counts]
        return cls(_learn_merges(words, list(counts.values()), n))

    def encode(self, text: str) -> list[int]:
        """Return the token ids: in each piece, the pair that was learned first is merged first.

        Raises:
            ValueError: the text has half of a surrogate pair, which is no character.
        """
        ids: list[int] = []
        made = range(len(self))  # the ids are in the order of the merges, and serve as ranks
        for piece in re.findall(PIECES, arguments.text("text", text)):
            if piece not in self._known:
                self._known[piece] = merge(_byte_ids(piece), self.merges, made)
            ids += self._known[piece]
        return ids

    def join(self, ids: Sequence[int]) -> str:
        """Return the bytes' text; `�` where they are not UTF-8, as half of a character."""
        ids = arguments.token_ids(ids, len(self), least=len(SPECIAL))
        return b"".join(self.bytes[i - len(SPECIAL)] for i in ids).decode(errors="replace")

    def _data(self) -> dict[str, Any]:
        """Return what is saved: all that `tokenizers` needs to know."""
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
        return {
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

    def save(self, path: str | Path) -> None:
        """Write the tokenizer as JSON that `tokenizers.Tokenizer.from_file` loads too."""
        unfinished = Path(f"{path}.tmp")
        text = json.dumps(self._data(), ensure_ascii=False, indent=1)
        try:
            unfinished.write_text(text, encoding="utf-8")
            os.replace(unfinished, path)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise OSError(error.errno, error.strerror, str(path)) from None

    @classmethod
    def load(cls, path: str | Path) -> BytePairTokenizer:
        """Load a tokenizer that `save` wrote.

        Raises:
            ValueError: the file holds no byte-pair tokenizer.
        """
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
            vocab = data["model"]["vocab"]
            tokenizer = cls([(vocab[a], vocab[b]) for a, b in data["model"]["merges"]])
            expected = tokenizer._data()
            if vocab != expected["model"]["vocab"]:
                raise ValueError("its vocabulary is not what its merges make")
            for name in ("normalizer", "pre_tokenizer"):
                if data[name] != expected[name]:
                    raise ValueError(f"its {name} would cut a text otherwise")
        except KeyError as error:
            raise ValueError(f"{path} holds no byte-pair tokenizer: no {error}") from None
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"{path} holds no byte-pair tokenizer: {error}") from None
        return tokenizer
