"""`compile`, `jit`, `compiler`: there is no compiler, and a function stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MODES = (None, "default", "lite", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")


def unchanged(name: str, fn: Any) -> Any:
    """Return the function, or the decorator that returns it, if none was given.

    Raises:
        TypeError: it cannot be called.
    """
    if fn is not None and not callable(fn):
        raise TypeError(f"{name}: it takes a function or a module, not a {type(fn).__name__}")
    return fn if fn is not None else lambda fn: unchanged(name, fn)


def compile(
    model: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | Callable[..., Any] = "inductor",
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    disable: bool = False,
) -> Any:
    """No effect: return the function or module itself; without one, a decorator that does.

    Raises:
        TypeError: it cannot be called.
        RuntimeError: there is no such mode.
    """
    if mode not in MODES:
        raise RuntimeError(f"compile: unrecognized mode={mode!r}, should be one of: {MODES[1:]}")
    return unchanged("compile", model)


class jit:
    """No effect: functions and modules stay as they are."""

    @staticmethod
    def script(obj: Any, *args: Any, **options: Any) -> Any:
        """No effect: return the function, class or module itself."""
        return unchanged("jit.script", obj)

    @staticmethod
    def trace(func: Any, example_inputs: Any = None, *args: Any, **options: Any) -> Any:
        """No effect: return the function or module itself, which is not called."""
        return unchanged("jit.trace", func)

    @staticmethod
    def ignore(drop: Any = False, **options: Any) -> Any:
        """No effect: a decorator, with or without brackets."""
        return unchanged("jit.ignore", drop if callable(drop) else None)

    @staticmethod
    def unused(fn: Any) -> Any:
        """No effect: a decorator."""
        return unchanged("jit.unused", fn)

    @staticmethod
    def export(fn: Any) -> Any:
        """No effect: a decorator."""
        return unchanged("jit.export", fn)

    @staticmethod
    def is_scripting() -> bool:
        """Return False."""
        return False

    @staticmethod
    def is_tracing() -> bool:
        """Return False."""
        return False


class compiler:
    """No effect: nothing is compiled."""

    @staticmethod
    def disable(fn: Any = None, recursive: bool = True, *, reason: str | None = None) -> Any:
        """No effect: a decorator, with or without brackets."""
        return unchanged("compiler.disable", fn)

    @staticmethod
    def is_compiling() -> bool:
        """Return False."""
        return False

    @staticmethod
    def reset() -> None:
        """No effect: there is nothing compiled to forget."""


class dynamo(compiler):
    """No effect: programs set its options, and reset it."""


class dynamo_config:
    """No effect: what is set is kept."""

    suppress_errors = verbose = False
    cache_size_limit = recompile_limit = 8


class inductor:
    """No effect: programs set its options."""


class inductor_config:
    """No effect: what is set is kept."""
