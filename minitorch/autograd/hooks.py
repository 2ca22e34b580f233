"""Hooks: looking at a gradient once it is complete, or changing it.

A node's gradient is complete when its turn comes in the backward pass, since everything that used
its output has had its turn. `engine.py` calls `run_hooks` then; for a leaf, at the end. A leaf with
a hook of `register_post_accumulate_grad_hook` has a turn, too, among the nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import ref

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .graph import Hook, Node


def check_gradient(x: Tensor, g: Any) -> None:
    """Raise unless g can be the gradient of x: a tensor of its shape and dtype, and another one.

    Raises:
        TypeError: g is no tensor.
        RuntimeError: its shape or dtype is another, or g is x.
    """
    if not hasattr(g, "_requires_grad"):
        raise TypeError(
            f"assigned grad expected to be a Tensor or None but got grad of type {type(g).__name__}"
        )
    if g is x:
        raise RuntimeError("can't assign a tensor as its own grad")
    if g.array.shape != x.array.shape or g.array.dtype != x.array.dtype:
        raise RuntimeError(
            f"attempting to assign a gradient of shape {g.array.shape} and dtype {g.dtype} to a "
            f"tensor of shape {x.array.shape} and dtype {x.dtype}: they must be the same"
        )


class _Keep:
    """The hook of `retain_grad`. Its reference to the tensor is weak: it does not keep it alive."""

    def __init__(self, input: Tensor) -> None:
        self.tensor = ref(input)

    def __call__(self, g: Tensor) -> None:
        x = self.tensor()
        if x is not None:
            x._grad = g.clone() if x._grad is None else x._grad + g


class Accumulated:
    """A hook of `register_post_accumulate_grad_hook`, among those of a leaf."""

    used = False  # has there ever been one? Most programs have none, and need not look for them

    def __init__(self, hook: Callable[[Tensor], None]) -> None:
        self.hook = hook
        Accumulated.used = True


def waiting(leaf: Tensor) -> list[Callable[[Tensor], None]]:
    """Return the hooks that are called as soon as the gradient has been added to `grad`."""
    hooks: Any = (leaf._hooks or {}).values()
    return [hook.hook for hook in hooks if isinstance(hook, Accumulated)]


def run_hooks(g: Tensor, hooks: dict[int, Any]) -> Tensor:
    """Show a gradient to the hooks in turn; each may return another in its place.

    `retain_grad` keeps what the others leave, whenever it was called.

    Raises:
        RuntimeError: a hook returned one of another shape or dtype.
        TypeError: a hook returned something else.
    """
    for hook in sorted(hooks.values(), key=lambda hook: isinstance(hook, _Keep)):
        replaced = None if isinstance(hook, Accumulated) else hook(g)
        if replaced is not None:
            if not hasattr(replaced, "_requires_grad"):
                kind = type(replaced).__name__
                raise TypeError(f"hook: it must return a Tensor or None, and returned a {kind}")
            if replaced.array.shape != g.array.shape or replaced.array.dtype != g.array.dtype:
                raise RuntimeError(
                    f"hook: it returned a gradient of shape {tuple(replaced.shape)}, "
                    f"{replaced.dtype}, in place of one of shape {tuple(g.shape)}, {g.dtype}"
                )
            g = replaced
    return g.clone()  # a hook may keep what it was shown, and a leaf adds to its gradient in place


class RemovableHandle:
    """Removes a hook again: by `remove()`, or at the end of a `with`."""

    _ids = count()

    def __init__(self, hooks: dict[int, Any], hook: Any, prepend: bool = False) -> None:
        self._hooks, self.id = hooks, next(self._ids)
        earlier = dict(hooks) if prepend else {}
        for key in earlier:
            del hooks[key]
        hooks[self.id] = hook
        hooks.update(earlier)

    def remove(self) -> None:
        """Remove the hook; nothing happens if it was removed before."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


def _add(input: Tensor, hook: Any) -> RemovableHandle:
    if not input._requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    place: Any = input if input._node is None else input._node
    name = "_hooks" if input._node is None else "hooks"
    if getattr(place, name) is None:
        setattr(place, name, {})
    return RemovableHandle(getattr(place, name), hook)


def register_hook(input: Tensor, hook: Hook) -> RemovableHandle:
    """Call `hook(g)` whenever the gradient g of the tensor has been computed.

    It must not change g, but may return a tensor that takes its place. Hooks are called in
    the order of their registration.

    Returns:
        A handle: `handle.remove()` removes the hook again.

    Raises:
        RuntimeError: the tensor does not require a gradient.
        TypeError: the hook cannot be called.
    """
    if not callable(hook):
        raise TypeError(f"register_hook: the hook must be callable, not a {type(hook).__name__}")
    return _add(input, hook)


def register_post_accumulate_grad_hook(
    input: Tensor, hook: Callable[[Tensor], None]
) -> RemovableHandle:
    """Call `hook(x)` in each `backward()`, as soon as the leaf x has its gradient in `x.grad`.

    The backward pass goes on after that, to the layers before. So what is done with the gradient,
    such as sending it to other processes, can be done meanwhile: DistributedDataParallel does.

    Returns:
        A handle: `handle.remove()` removes the hook again.

    Raises:
        RuntimeError: the tensor does not require a gradient, or is not a leaf.
        TypeError: the hook cannot be called.
    """
    if input._node is not None:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    if not callable(hook):
        raise TypeError(
            "register_post_accumulate_grad_hook: the hook must be callable, not a "
            f"{type(hook).__name__}"
        )
    return _add(input, Accumulated(hook))


def _keep_of(input: Tensor) -> int | None:
    """Return the key of the hook that keeps this tensor's gradient, if it has one."""
    hooks = (input._node.hooks if input._node is not None else None) or {}
    for key, hook in hooks.items():
        if isinstance(hook, _Keep) and hook.tensor() is input:
            return key
    return None


def retains_grad(input: Tensor) -> bool:
    """Will `backward()` store a gradient in `grad`, though the tensor is not a leaf?"""
    return _keep_of(input) is not None


def retain_grad(input: Tensor) -> None:
    """Let `backward()` store the tensor's gradient in `grad`, as it does for leaves."""
    if not input._requires_grad:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if input._node is not None and not retains_grad(input):
        register_hook(input, _Keep(input))


def carry_retained(input: Tensor, node: Node) -> None:
    """Move the hook of `retain_grad`, if there is one, to the tensor's next node."""
    key = _keep_of(input)
    if key is not None:
        old: Any = input._node
        node.hooks = {**(node.hooks or {}), key: old.hooks.pop(key)}
