"""Switching the recording of operations off and on: `no_grad()` and the like."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar

from ..scalars import flag
from .graph import mode

if TYPE_CHECKING:
    from typing import Self

F = TypeVar("F", bound=Callable[..., Any])


def is_grad_enabled() -> bool:
    """Say whether this thread records its operations."""
    return mode.grad


class _Switch:
    """Recording switched, as a `with` block or as the decorator of a whole function."""

    before: bool

    def __enter__(self) -> Self:
        raise NotImplementedError

    def __exit__(self, *exc: object) -> None:
        mode.grad = self.before

    def _again(self) -> Self:
        """Return another of the same kind: a decorated function may call itself."""
        return type(self)()

    def __call__(self, function: F) -> F:
        """Decorate a function; of a generator, each step to the next `yield`."""
        from inspect import isgeneratorfunction  # here, as `import minitorch` need not wait for it

        @wraps(function)
        def switched(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        @wraps(function)
        def steps(*args: Any, **kwargs: Any) -> Any:
            generator = function(*args, **kwargs)
            step = partial(generator.send, None)
            while True:
                try:
                    with self._again():
                        value = step()
                except StopIteration as end:
                    return end.value
                try:
                    step = partial(generator.send, (yield value))
                except BaseException as error:  # thrown into this generator: meant for that one
                    step = partial(generator.throw, error)

        return steps if isgeneratorfunction(function) else switched  # type: ignore[return-value]


class set_grad_enabled(_Switch):
    """Switch recording on or off: from here on or, in a `with`, until the end of the block.

    As a decorator, in a whole function.

    Raises:
        TypeError: `enabled` is not a bool.
    """

    def __init__(self, enabled: bool) -> None:
        self.enabled = flag("set_grad_enabled", "enabled", enabled)
        self.before, mode.grad = mode.grad, self.enabled

    def __enter__(self) -> Self:
        return self

    def _again(self) -> Self:
        return type(self)(self.enabled)

    def __call__(self, function: F) -> F:
        """Decorate a function, and record again as before."""
        mode.grad = self.before
        return super().__call__(function)


class no_grad(_Switch):
    """Record nothing: a `with` block, or, as a decorator, a whole function."""

    enabled = False

    def __new__(cls, function: Callable[..., Any] | None = None) -> Self:
        """Make the block; or decorate a function, where `@no_grad` stands without brackets."""
        self = super().__new__(cls)
        return self if function is None else self(function)  # type: ignore[return-value]

    def __enter__(self) -> Self:
        self.before, mode.grad = mode.grad, self.enabled
        return self


class enable_grad(no_grad):
    """Record again inside `no_grad()`: a `with` block, or a decorator."""

    enabled = True
