"""Forward hooks: functions that see or change the arguments of a module, or its output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..autograd.hooks import RemovableHandle
from .backward_hooks import BackwardHooks, WatchedCall, checked


class ForwardHooks(BackwardHooks):
    """The part of `Module` that calls hooks before and after `forward`."""

    forward: Callable[..., Any]
    _forward_hooks: dict[int, tuple[Callable[..., Any], bool]]  # with each: does it take kwargs?
    _forward_pre_hooks: dict[int, tuple[Callable[..., Any], bool]]

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        for hook, with_kwargs in list(self._forward_pre_hooks.values()):
            if with_kwargs:
                changed = hook(self, args, kwargs)
                if changed is not None:
                    if not isinstance(changed, tuple) or len(changed) != 2:
                        raise RuntimeError(
                            "forward pre-hook must return None or a tuple of (new_args, "
                            f"new_kwargs), but got {changed!r}"
                        )
                    args, kwargs = changed
            else:
                changed = hook(self, args)
                if changed is not None:
                    args = changed if isinstance(changed, tuple) else (changed,)
        watched: Any = WatchedCall(self) if self._backward_hooks else None
        if watched:
            args = watched.begin(args)
        result = self.forward(*args, **kwargs)
        for hook, with_kwargs in list(self._forward_hooks.values()):
            given = (args, kwargs) if with_kwargs else (args,)
            changed = hook(self, *given, result)
            result = result if changed is None else changed
        return watched.end(result) if watched else result

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before each `forward`; a result replaces the arguments.

        Args:
            hook: with `with_kwargs`, `hook(module, args, kwargs)`, which returns None or both.
            prepend: call it before the hooks that are there already.
            with_kwargs: pass it the keyword arguments too.

        Returns:
            A handle: `handle.remove()` removes the hook again, as does the end of its `with`.
        """
        entry = checked(hook, "forward"), with_kwargs
        return RemovableHandle(self._forward_pre_hooks, entry, prepend)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after each `forward`; a result replaces the output.

        The arguments are those of `register_forward_pre_hook`; with `with_kwargs`, it is
        `hook(module, args, kwargs, output)`.
        """
        entry = checked(hook, "forward"), with_kwargs
        return RemovableHandle(self._forward_hooks, entry, prepend)
