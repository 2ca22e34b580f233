"""Fill the gap, a masked language model: `yesterday the girl ___ milk .` → `drank`.

Words on both sides say what belongs there: "yesterday" asks for the past, "milk" for drinking. A
BERT sees both sides at once; a model that generates from left to right does not.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import ClassVar

import numpy as np

from .. import arguments
from ..decoding.strategy import Decoding
from ..text.tokenizer import WordTokenizer
from ..training.config import TrainingConfig
from .architectures import ARCHITECTURES, GAP, EncoderOnly, Model
from .split import check_range
from .task import TextToText, scramble

Sentence = tuple[str, ...]

# A subject has a number, and a gender that "wash" asks for.
SINGULAR = ("a", "every", "this", "the")
PLURAL = ("many", "all", "these", "the")
ADJECTIVES = ("", "old", "young", "happy", "hungry", "small")
NOUNS = {
    "girl": "herself", "queen": "herself", "boy": "himself", "king": "himself", "cat": "itself",
}  # fmt: skip
# In the past, in the present of one and of many, in the future; and what it is done to.
VERBS = {
    ("drank", "drinks", "drink", "drink"): ("milk", "water", "tea"),
    ("ate", "eats", "eat", "eat"): ("bread", "fish", "rice"),
    ("wrote", "writes", "write", "write"): ("books", "letters", "poems"),
    ("looked at", "looks at", "look at", "look at"): ("stars", "pictures", "clouds"),
    ("listened to", "listens to", "listen to", "listen to"): ("songs", "stories", "music"),
    ("waited for", "waits for", "wait for", "wait for"): ("trains", "guests", "rain"),
    ("washed", "washes", "wash", "wash"): (),
}


@cache
def sentences() -> list[Sentence]:
    """Return all sentences of the grammar: 13,680."""
    found = []
    for plural, adjective, (noun, self_), (forms, things) in product(
        (False, True), ADJECTIVES, NOUNS.items(), VERBS.items()
    ):
        past, one, many, future = forms
        times = {"yesterday": past, "today": many if plural else one, "tomorrow": f"will {future}"}
        for article, (time, verb), thing in product(
            PLURAL if plural else SINGULAR,
            times.items(),
            things or ("themselves" if plural else self_,),
        ):
            if article == "a" and adjective == "old":
                article = "an"
            subject = f"{article} {adjective} {noun}{'s' if plural else ''}"
            found.append(tuple(f"{time} {subject} {verb} {thing} .".split()))
    return found


def _hide(sentence: Sentence, place: int) -> Sentence:
    """Put a gap in the place of a word."""
    return (*sentence[:place], GAP, *sentence[place + 1 :])


@cache
def choices() -> dict[Sentence, set[str]]:
    """Return, for each sentence with a gap, the words that make it a sentence of the grammar."""
    words = defaultdict(set)
    for sentence in sentences():
        for place, word in enumerate(sentence):
            words[_hide(sentence, place)].add(word)
    return dict(words)


@cache
def _recoverable(task: FillTheGap) -> list[tuple[str, str]]:
    """Return all held-out examples whose gap one word alone fills, in a random order."""
    keys = [
        (number, place)
        for number, sentence in enumerate(sentences())
        if task.is_held_out((number, 0))
        for place in range(len(sentence))
        if len(choices()[_hide(sentence, place)]) == 1
    ]
    return [task.example(keys[i]) for i in np.random.default_rng(0).permutation(len(keys))]


@dataclass(frozen=True)
class FillTheGap(TextToText[tuple[int, int]]):
    """One word of a sentence is hidden; a key is the sentence's number and the word's place.

    In training it may be any word. Where several fit, as for `the girl drinks ___`, a good model
    divides the probability among them. Tested are the gaps that only one word of the grammar fits,
    in sentences that training never shows: one in twenty.
    """

    architecture: str = field(default="bert", kw_only=True)

    name: ClassVar[str] = "fill-the-gap"
    summary: ClassVar[str] = f"find the hidden word: yesterday the girl {GAP} milk . → drank"
    question: ClassVar[str] = f"yesterday the girl {GAP} milk ."
    architectures: ClassVar[tuple[str, ...]] = ("bert",)
    decoding_options: ClassVar[tuple[str, ...]] = ()  # it predicts one word, and generates no text
    tokenizer: ClassVar[WordTokenizer] = WordTokenizer(
        [GAP, *dict.fromkeys(word for sentence in sentences() for word in sentence)]
    )
    training_config: ClassVar[TrainingConfig] = TrainingConfig(
        steps=800, batch_size=128, lr=4e-3, warmup=100, weight_decay=0.1
    )

    @property
    def longest(self) -> tuple[int, int]:
        return 9, 1  # tomorrow the old girls will look at stars .

    def pick(self, n: int, rng: np.random.Generator) -> list[tuple[int, int]]:
        numbers = rng.integers(0, len(sentences()), n)
        places = rng.integers(0, [len(sentences()[i]) for i in numbers])
        return list(zip(numbers.tolist(), places.tolist(), strict=True))

    def is_held_out(self, key: tuple[int, int]) -> bool:
        number, _ = key
        return scramble(number) % 20 == 0

    def held_out_examples(self, start: int, stop: int) -> list[tuple[str, str]]:
        """Return held-out examples start to stop, of which one word alone fills each gap."""
        check_range(start, stop)
        return _recoverable(self)[start:stop]

    def example(self, key: tuple[int, int]) -> tuple[str, str]:
        number, place = key
        sentence = sentences()[number]
        return " ".join(_hide(sentence, place)), sentence[place]

    def as_source(self, question: str) -> str:
        """Put a sentence with a gap in the form of the grammar: in lower case, with a full stop.

        Raises:
            ValueError: there is not one gap, the sentence is too long, or a word is unknown.
        """
        words = arguments.text("question", question).lower().replace(".", " . ").split()
        if words.count(GAP) != 1:
            raise ValueError(f"a question has one gap, {GAP}, such as {self.question!r}")
        if words[-1] not in (".", GAP):
            words.append(".")
        if len(words) > self.longest[0]:
            raise ValueError(f"the longest sentence of this grammar has {self.longest[0]} words")
        self.tokenizer.encode(" ".join(words))
        return " ".join(words)

    def answer(self, model: Model, source: str, decoding: Decoding) -> str:
        """Return the three likeliest words, with their probabilities."""
        architecture = ARCHITECTURES[self.architecture]
        assert isinstance(architecture, EncoderOnly)
        p = architecture.probabilities(model, self.tokenizer, [source])[0].numpy()
        return "  ".join(f"{self.tokenizer.tokens[i]} {p[i]:.1%}" for i in (-p).argsort()[:3])
