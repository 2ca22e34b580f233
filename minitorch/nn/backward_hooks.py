"""Backward hooks: functions that see or change the gradients of a module's arguments and output.

For a module with such hooks, every call of it passes its arguments, and then its output, through an
identity. In the backward pass, the gradients of the output arrive at the second identity, and,
when they have gone through all that the module computed, those of the arguments at the first.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from warnings import warn

import numpy as np

from ..autograd.function import Function
from ..autograd.graph import mode
from ..autograd.hooks import RemovableHandle
from ..autograd.views import HOOKED
from ..scalars import short
from ..tensor import Tensor

Gradients = tuple[Any, ...]
"""Of tensors, and None where there is no gradient."""


class _BackwardHook(Function):
    """The identity. `change` maps the gradients that arrive to those that go on."""

    @staticmethod
    def forward(ctx: Any, change: Callable[[Gradients], Gradients], *tensors: Tensor) -> Any:
        ctx.change = change
        return tensors

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        # Copies, as hooks may keep what they were shown, and a leaf adds to its gradient in place.
        return (None, *[None if g is None else g.clone() for g in ctx.change(gradients)])


def _through(
    values: tuple[Any, ...], change: Callable[[Gradients], Gradients]
) -> tuple[Any, list[int]]:
    """Pass those of the values that need a gradient through the identity; return their places."""
    places = [
        i for i, x in enumerate(values) if mode.grad and isinstance(x, Tensor) and x.requires_grad
    ]
    if not places:
        return values, places
    passed = list(values)
    for i, y in zip(places, _BackwardHook.apply(change, *[values[i] for i in places]), strict=True):
        y._view = HOOKED
        passed[i] = y
    return (tuple(passed) if type(values) is tuple else type(values)(*passed)), places


def _answer(answer: Any, given: Gradients) -> Gradients:
    """Return what a hook answered in place of the gradients that it was given.

    Raises:
        RuntimeError: it is not as many gradients, or one does not have the shape of the other.
    """
    if answer is None:
        return given
    if not isinstance(answer, (tuple, list)) or len(answer) != len(given):
        raise RuntimeError(
            f"a backward hook must return None or a tuple of {len(given)} gradients, as many as it "
            f"is given, not {short(answer)}"
        )
    for i, (new, old) in enumerate(zip(answer, given, strict=True)):
        if new is None:
            continue
        if not isinstance(new, Tensor) or (old is not None and new.shape != old.shape):
            shape = "a tensor" if old is None else f"a tensor of shape {tuple(old.shape)}"
            raise RuntimeError(
                f"a backward hook must return {shape} or None as gradient {i}, not {short(new)}"
            )
    return tuple(answer)


class WatchedCall:
    """One call of a module whose backward hooks wait for its gradients."""

    def __init__(self, module: Any) -> None:
        self.module = module
        hooks = list(module._backward_hooks.values())
        self.before = [hook for hook, before in hooks if before]
        self.after = [hook for hook, before in hooks if not before]
        self.arrived: set[int] = set()  # the outputs to which a gradient has come
        self.grad_output: Gradients | None = None

    def begin(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the arguments, from which gradients will come."""
        passed, self.inputs = _through(args, self._leave)
        self.sizes = [  # of those that need no gradient, whose places zeros take
            (x.array.shape, x.array.dtype) if isinstance(x, Tensor) and self.inputs else None
            for x in args
        ]
        return passed  # type: ignore[no-any-return]

    def end(self, result: Any) -> Any:
        """Return the result, to which gradients will come."""
        if not isinstance(result, (Tensor, tuple)):
            warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of "
                f"Tensors but received {type(result)}",
                stacklevel=4,
            )
        outputs = result if isinstance(result, tuple) else (result,)
        self.n_outputs = len(outputs)
        passed, self.outputs = _through(outputs, self._enter)
        for i in self.outputs:
            passed[i].register_hook(partial(self._note, i))
        return passed if isinstance(result, tuple) else passed[0]

    def _note(self, i: int, g: Tensor) -> None:
        self.arrived.add(i)

    def _enter(self, gradients: Gradients) -> Gradients:
        """Take the gradients of the outputs; without any to wait for, show them to the hooks."""
        if not self.arrived:  # in a pass that calls no hooks, as `draw_graph` does
            return gradients
        known: list[Any] = [None] * self.n_outputs
        for i, g in zip(self.outputs, gradients, strict=True):
            known[i] = g if i in self.arrived else None
        self.arrived.clear()
        grad_output: Gradients = tuple(known)
        for hook in self.before:
            grad_output = _answer(hook(self.module, grad_output), grad_output)
        self.grad_output = grad_output
        if not self.inputs and self.after:
            kind = type(self.module).__name__
            none_needs = f"no argument of this {kind} requires a gradient"
            warn(f"a backward hook is called without grad_input: {none_needs}", stacklevel=2)
            if any(g is not None for g in self._show((None,) * len(self.sizes))):
                raise RuntimeError(f"a backward hook must return no grad_input here: {none_needs}")
        # What a hook took away, and what did not arrive, goes on as zeros.
        return tuple(
            [
                Tensor._wrap(np.zeros_like(g.array)) if grad_output[i] is None else grad_output[i]
                for i, g in zip(self.outputs, gradients, strict=True)
            ]
        )

    def _leave(self, gradients: Gradients) -> Gradients:
        """Show the gradients of the arguments to the hooks; pass on what these leave."""
        if self.grad_output is None:  # they did not come by way of the output
            return gradients
        known: list[Any] = [
            None if size is None else Tensor._wrap(np.zeros(*size)) for size in self.sizes
        ]
        for i, g in zip(self.inputs, gradients, strict=True):
            known[i] = g
        grad_input = self._show(tuple(known))
        return tuple([grad_input[i] for i in self.inputs])

    def _show(self, grad_input: Gradients) -> Gradients:
        grad_output, self.grad_output = self.grad_output, None
        for hook in self.after:
            grad_input = _answer(hook(self.module, grad_input, grad_output), grad_input)
        return grad_input


def checked(hook: Any, kind: str = "backward") -> Any:
    """Return the hook, which must be callable."""
    if not callable(hook):
        raise TypeError(f"a {kind} hook must be callable, and {hook!r} is not")
    return hook


class BackwardHooks:
    """The part of `Module` that keeps the backward hooks."""

    _backward_hooks: dict[int, tuple[Callable[..., Any], bool]]  # with each: is it called before?

    def register_full_backward_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` when the gradients were computed.

        `grad_output` holds the gradient of each output of `forward`, None where none arrived;
        `grad_input` that of each of its positional arguments, None for what is no tensor and zeros
        for tensors that need none. The hook must not change them, but may return a tuple of
        gradients that takes the place of `grad_input`.

        Args:
            hook: is called each time that gradients have gone through the module; if no argument
                requires a gradient, as soon as those of the outputs are there, and with a warning.
            prepend: call it before the hooks that are there already.

        Returns:
            A handle: `handle.remove()` removes the hook again, as does the end of its `with`.
        """
        return RemovableHandle(self._backward_hooks, (checked(hook), False), prepend)

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, grad_output)` before gradients go through the module.

        A tuple of gradients that it returns takes the place of `grad_output`. For the rest, see
        `register_full_backward_hook`.
        """
        return RemovableHandle(self._backward_hooks, (checked(hook), True), prepend)
