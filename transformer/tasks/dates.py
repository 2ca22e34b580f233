"""Dates from English to Chinese: `Monday, January 5, 2026` → `2026年1月5日星期一`.

Small as it is, it is translation: words have counterparts (`Monday`, `星期一`), numbers are copied,
and the order is another one, year first and weekday last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

import numpy as np

from .. import arguments
from ..text.tokenizer import CharTokenizer
from ..training.config import TrainingConfig
from .task import scramble
from .translation import Translation

# Babel's date formats: four by name, then, by Unicode's skeletons such as yMMMd, those with a year
# that Babel 2.18 had. Later ones have more: the list stays, so that the task does. Of British
# English only those that write the month as a word: in figures it puts the day first, and 5/1/2026
# would mean two days.
FORMS = [
    *(("en", form) for form in ("short", "medium", "long", "full")),
    *(("en", form) for form in ("y", "yM", "yMd", "yMEd", "yMMM", "yMMMd", "yMMMEd", "yMMMM")),
    *(("en", form) for form in ("yQQQ", "yQQQQ", "Gy", "GyMMM", "GyMMMd", "GyMMMEd", "GyMd")),
    *(("en_GB", form) for form in ("medium", "long", "full", "yMMMEd", "GyMMMd", "GyMMMEd")),
]
FIRST, LAST = date(1900, 1, 1), date(2099, 12, 31)


def _format(day: date, form: str, locale: str) -> str:
    """Write a day in a form of a language, as Babel does."""
    from babel import dates

    if form in ("short", "medium", "long", "full"):
        return dates.format_date(day, form, locale=locale)
    return dates.format_skeleton(form, day, locale=locale)


@dataclass(frozen=True)
class Dates(Translation[tuple[date, str, str]]):
    """Dates of 1900 to 2099 in each form of English, into the same form of Chinese, as in Babel.

    A key is a day, the kind of English, and the form. Years are held out whole, one in ten, so that
    an answer cannot be remembered. A year in two digits, `1/5/26`, is one of 1969 to 2068, as in
    POSIX, and Chinese writes it in four.
    """

    name: ClassVar[str] = "dates"
    summary: ClassVar[str] = "translate dates: Monday, January 5, 2026 → 2026年1月5日星期一"
    question: ClassVar[str] = "Monday, January 5, 2026"
    packages: ClassVar[tuple[str, ...]] = ("babel", *Translation.packages)
    tokenizer: ClassVar[CharTokenizer] = CharTokenizer(
        "0123456789 ,/-ADFJMNOQSTWabcdeghilmnopqrstuvy公元年月日第季度星期周一二三四五六"
    )
    training_config: ClassVar[TrainingConfig] = TrainingConfig(
        steps=1000, batch_size=128, lr=4e-3, warmup=100, weight_decay=0.1
    )

    @property
    def longest(self) -> tuple[int, int]:
        return 29, 16  # Wednesday, September 30, 2026; 公元2026年10月10日周六, 15, and one to spare

    def pick(self, n: int, rng: np.random.Generator) -> list[tuple[date, str, str]]:
        days = rng.integers(0, (LAST - FIRST).days + 1, n).tolist()
        forms = rng.integers(0, len(FORMS), n).tolist()
        keys = [(FIRST + timedelta(d), *FORMS[f]) for d, f in zip(days, forms, strict=True)]
        return [key for key in keys if key[2] != "short" or 1969 <= key[0].year <= 2068]

    def is_held_out(self, key: tuple[date, str, str]) -> bool:
        return scramble(key[0].year) % 10 == 0

    def example(self, key: tuple[date, str, str]) -> tuple[str, str]:
        day, locale, form = key
        return _format(day, form, locale), _format(day, form, "zh")

    def as_source(self, question: str) -> str:
        """Take a date as English writes it, with single spaces.

        Raises:
            ValueError: it is empty or too long, or has a character that no date has.
        """
        source = " ".join(arguments.text("question", question).split())
        if not 1 <= len(source) <= self.longest[0]:
            raise ValueError(f"{question!r} is not a date such as {self.question!r}")
        self.tokenizer.encode(source)
        return source
