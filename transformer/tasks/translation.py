"""Translation tasks, which are measured by BLEU: how near a generated text is to the right one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from .task import Key, TextToText


@dataclass(frozen=True)
class Translation(TextToText[Key]):
    """A translation into Chinese, measured by BLEU and by the exact match."""

    packages: ClassVar[tuple[str, ...]] = ("sacrebleu",)

    def compare(self, generated: Sequence[str], targets: Sequence[str]) -> dict[str, float]:
        """Return the exact match, and BLEU (Papineni et al. 2002), from 0 to 100, over characters.

        BLEU is the geometric mean of the n-gram precisions, n from 1 to 4 (the fraction of the
        answers' runs of n characters that the targets have too), times a brevity penalty if the
        answers are shorter than the targets. An answer that is nearly right counts for something.
        """
        import sacrebleu

        metrics = super().compare(generated, targets)
        bleu = sacrebleu.corpus_bleu(
            [self.as_answer(text) for text in generated],
            [[self.as_answer(text) for text in targets]],
            tokenize="char",
        )
        return metrics | {"bleu": bleu.score}
