"""Ctrl-C during a training: the present step ends, and the training is saved."""

from __future__ import annotations

import signal
from contextlib import suppress

from .ranks import any_of


class Interrupted:
    """`pressed` at the first Ctrl-C (SIGINT) inside the block; a second one interrupts at once."""

    _pressed = False

    @property
    def pressed(self) -> bool:
        """Has it been pressed, in any process? All must ask at the same time."""
        return any_of(self._pressed)

    def _press(self, *_: object) -> None:
        self._pressed = True
        signal.signal(signal.SIGINT, self.before)

    def __enter__(self) -> Interrupted:
        self.before = signal.getsignal(signal.SIGINT)
        with suppress(ValueError):  # outside the main thread, which alone gets Ctrl-C
            signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(self, *exc: object) -> None:
        with suppress(ValueError):
            signal.signal(signal.SIGINT, self.before)
