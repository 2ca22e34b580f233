"""Ctrl-C during a training: the present step ends, and the training is saved."""

from __future__ import annotations

import signal
from contextlib import suppress


class Interrupted:
    """`pressed` at the first Ctrl-C (SIGINT) inside the block; a second one interrupts at once."""

    pressed = False

    def _press(self, *_: object) -> None:
        self.pressed = True
        signal.signal(signal.SIGINT, self.before)

    def __enter__(self) -> Interrupted:
        self.before = signal.getsignal(signal.SIGINT)
        with suppress(ValueError):  # outside the main thread, which alone gets Ctrl-C
            signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(self, *exc: object) -> None:
        with suppress(ValueError):
            signal.signal(signal.SIGINT, self.before)
