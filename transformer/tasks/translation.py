"""Translation: how near what the model wrote is to what it should have written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from .task import Key, TextToText


@dataclass(frozen=True)
class Translation(TextToText[Key]):
    """A task whose targets are Chinese: measured by BLEU, beside the exact match."""

    packages: ClassVar[tuple[str, ...]] = ("sacrebleu",)

    def compare(self, written: Sequence[str], targets: Sequence[str]) -> dict[str, float]:
        """Exact match, and BLEU (Papineni et al. 2002), from 0 to 100, of characters for words.

        An answer that is nearly right counts for something in BLEU: it is the share of runs of one
        to four characters that the target has too, less if the answer is shorter than that.
        """
        import sacrebleu

        bleu = sacrebleu.corpus_bleu(
            [self.as_answer(text) for text in written],
            [[self.as_answer(text) for text in targets]],
            tokenize="char",
        )
        return super().compare(written, targets) | {"bleu": bleu.score}
