"""From text to token ids and back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import minitorch as mt
from minitorch import Tensor

PAD, BOS, EOS = 0, 1, 2
SPECIAL = ("<pad>", "<s>", "</s>")


class CharTokenizer:
    """A token for each character of an alphabet, after `<pad>`, `<s>` and `</s>`.

    Args:
        alphabet: the characters, in the order of their ids.
    """

    def __init__(self, alphabet: str) -> None:
        if len(set(alphabet)) != len(alphabet):
            raise ValueError(f"a character appears twice in the alphabet {alphabet!r}")
        self.alphabet = alphabet
        self.ids = {c: i for i, c in enumerate(alphabet, start=len(SPECIAL))}
        self.tokens = (*SPECIAL, *alphabet)

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, text: str) -> list[int]:
        """Return the ids of the characters.

        Raises:
            ValueError: a character is not in the alphabet.
        """
        for position, c in enumerate(text, start=1):
            if c not in self.ids:
                raise ValueError(
                    f"unknown character {c!r} at position {position} of {text!r}; "
                    f"known are {self.alphabet!r}"
                )
        return [self.ids[c] for c in text]

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of the ids up to the first `</s>`, without `<s>` and `<pad>`."""
        ids = list(ids)
        if EOS in ids:
            ids = ids[: ids.index(EOS)]
        return "".join(self.tokens[i] for i in ids if i >= len(SPECIAL))

    def sources(self, texts: Sequence[str]) -> Tensor:
        """Return (batch, S) int64: the ids of each text, filled up with `<pad>` on the right."""
        return _batch([self.encode(text) for text in texts])

    def targets(self, texts: Sequence[str]) -> Tensor:
        """Return (batch, 1 + T) int64: `<s>`, the ids, `</s>`, filled up with `<pad>`."""
        return _batch([[BOS, *self.encode(text), EOS] for text in texts])


def _batch(rows: Sequence[Sequence[int]]) -> Tensor:
    ids = np.full((len(rows), max(map(len, rows))), PAD, np.int64)
    for row, values in zip(ids, rows, strict=True):
        row[: len(values)] = values
    return mt.from_numpy(ids)
