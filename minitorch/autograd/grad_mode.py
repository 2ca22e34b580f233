"""Switching the recording of operations off and on: `no_grad()` and the like."""

from __future__ import annotations

from contextlib import ContextDecorator
from typing import TYPE_CHECKING

from .graph import mode

if TYPE_CHECKING:
    from typing import Self


def is_grad_enabled() -> bool:
    """Say whether this thread records its operations."""
    return mode.grad


class set_grad_enabled:
    """Switch recording on or off: from here on or, in a `with`, until the end of the block."""

    def __init__(self, enabled: bool) -> None:
        self.before, mode.grad = mode.grad, enabled

    def __enter__(self) -> None: ...

    def __exit__(self, *exc: object) -> None:
        mode.grad = self.before


class no_grad(ContextDecorator):
    """Record nothing: a `with` block, or, as the decorator `@no_grad()`, a whole function."""

    enabled = False

    def __enter__(self) -> Self:
        self.before, mode.grad = mode.grad, self.enabled
        return self

    def __exit__(self, *exc: object) -> None:
        mode.grad = self.before

    def _recreate_cm(self) -> Self:
        return type(self)()  # a decorated function may call itself


class enable_grad(no_grad):
    """Record again inside `no_grad()`: a `with` block, or a decorator."""

    enabled = True
