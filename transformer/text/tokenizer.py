"""Tokenizers: from text to token ids and back, one token per character or one per word.

A model reads numbers. A vocabulary numbers the tokens that it can tell apart, and three of them
are special:

    0  <pad>  padding: fills the shorter sequences of a batch up; no real token attends to it,
              and it counts in no loss
    1  <s>    the beginning of a sequence (BOS); a GPT's text has it between question and answer
    2  </s>   its end (EOS), which a model generates when it has nothing more to say
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

import numpy as np

import minitorch as mt
from minitorch import Tensor

from .. import arguments

PAD, BOS, EOS = 0, 1, 2
SPECIAL = ("<pad>", "<s>", "</s>")


def stack(rows: Sequence[Sequence[int]], *, left: bool = False, pad: int = PAD) -> Tensor:
    """Make one batch of sequences of token ids: (batch, T) int64, padded to the longest.

    Args:
        rows: the ids of each sequence, of any lengths; at least one.
        left: put the padding on the left, so that all sequences end in the last column.
        pad: what fills them up; `model.config.pad` of a GPT-2, which is -1.
    """
    flat = arguments.flat_ids(rows)
    lengths = np.array([[len(row)] for row in rows])  # (batch, 1)
    places = np.arange(lengths.max())
    ids = np.full((len(rows), lengths.max()), pad, np.int64)
    ids[places[::-1] < lengths if left else places < lengths] = flat
    return mt.from_numpy(ids)


class Tokenizer(ABC):
    """A vocabulary, and how a text is cut into its tokens. `<pad>`, `<s>` and `</s>` come first.

    No text is ever read as one of these three: what a user types cannot end a sequence.

    Attributes:
        tokens: the vocabulary; a token's id is its place in it.
    """

    tokens: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.tokens)

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """Return the token ids of a text.

        Raises:
            ValueError: some of the text is not in the vocabulary.
        """

    @abstractmethod
    def join(self, ids: Sequence[int]) -> str:
        """Return the text of ids, none of which is a special token."""

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of the ids up to the first `</s>`, without `<s>` and `<pad>`."""
        ids = arguments.token_ids(ids, len(self))
        if EOS in ids:
            ids = ids[: ids.index(EOS)]
        return self.join([i for i in ids if i >= len(SPECIAL)])

    def sources(self, texts: Sequence[str]) -> Tensor:
        """Return a batch of sources: the ids of each text, padded on the right: (batch, S)."""
        return stack([self.encode(text) for text in arguments.texts("sources", texts)])

    def targets(self, texts: Sequence[str]) -> Tensor:
        """Return a batch of targets: `<s>`, the ids, `</s>`, then padding: (batch, 1 + T)."""
        texts = arguments.texts("targets", texts)
        return stack([[BOS, *self.encode(text), EOS] for text in texts])


class CharTokenizer(Tokenizer):
    """Splits a text into characters: a token for each character of an alphabet.

    Args:
        alphabet: the characters, in the order of their ids.
    """

    def __init__(self, alphabet: str) -> None:
        self.alphabet = arguments.text("alphabet", alphabet)
        self.tokens = (*SPECIAL, *alphabet)
        self.ids = arguments.vocabulary(f"the alphabet {alphabet!r}", alphabet, SPECIAL)

    def encode(self, text: str) -> list[int]:
        """Return the ids of the characters.

        Raises:
            ValueError: a character is not in the alphabet.
        """
        for position, c in enumerate(arguments.text("text", text), start=1):
            if c not in self.ids:
                raise ValueError(
                    f"unknown character {c!r} at position {position} of {text!r}; "
                    f"known are {self.alphabet!r}"
                )
        return [self.ids[c] for c in text]

    def join(self, ids: Sequence[int]) -> str:
        """Return the characters as one text."""
        return "".join(self.tokens[i] for i in arguments.token_ids(ids, len(self), len(SPECIAL)))


class WordTokenizer(Tokenizer):
    """Splits a text at white space: a token for each word of a list.

    Args:
        words: the words, in the order of their ids.
    """

    def __init__(self, words: Iterable[str]) -> None:
        words = arguments.texts("words", words)
        for word in words:
            if word.split() != [word]:
                raise ValueError(f"{word!r} is not a word: a word is not empty and has no spaces")
        self.tokens = (*SPECIAL, *words)
        self.ids = arguments.vocabulary("the words", words, SPECIAL)

    def encode(self, text: str) -> list[int]:
        """Return the ids of the words.

        Raises:
            ValueError: a word is not in the vocabulary.
        """
        words = arguments.text("text", text).split()
        for word in words:
            if word not in self.ids:
                raise ValueError(
                    f"unknown word {word!r} in {text!r}; the vocabulary has {len(self.ids)} words, "
                    f"such as {', '.join(list(self.ids)[:5])}"
                )
        return [self.ids[word] for word in words]

    def join(self, ids: Sequence[int]) -> str:
        """Return the words with spaces between them."""
        return " ".join(self.tokens[i] for i in arguments.token_ids(ids, len(self), len(SPECIAL)))
