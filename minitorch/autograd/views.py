"""Views: tensors that share memory, and how the graph follows a change in place.

A view is another way to look at a base tensor's memory: `base[1:]`, `base.T`. It remembers its base
and how it is taken from it, and the base remembers, weakly, its living views. When a value r is
written into a view in place,

    view.mul_(2)      base is now: base outside the view, r inside it

so the base gets a new node with two edges, one to the old base, where g is 0 inside the view, and
one to r, where g is the view of g. The base may itself be a view, and so on up. Then each living
view is taken again from its base, to get a node that knows of the change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from .grad_mode import no_grad
from .graph import mode, record, unrecorded, version_counter
from .hooks import carry_retained

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor
    from .graph import VJP, Node

UNRECORDED: Any = ()
"""Stands for the base of a view made under `no_grad()`: the graph has no part in it."""

HOOKED: Any = object()
"""Stands for the base of what a module with backward hooks is given or gives: it is refused too."""

_MANY = (
    "unsupported operation: more than one element of the written-to tensor refers to a single "
    "memory location, as in an expanded one. Please clone() the tensor before performing the "
    "operation."
)


def _overlaps(x: Array) -> bool:
    """Say whether two elements of a view lie at the same place, as those of an expanded one do."""
    steps = zip(x.shape, x.strides, strict=True)
    return x.size > 0 and any(n > 1 and step == 0 for n, step in steps)


def record_view(name: str, array: Array, input: Tensor, vjp: VJP, op: Any, *args: Any) -> Tensor:
    """Record an operation whose result shares memory with its input.

    Args:
        name, array, input, vjp: as for `record`.
        op, args: `op(base, *args)` takes this view of any tensor of the input's shape.
    """
    if not mode.grad:
        out = unrecorded(name, array, input)
        out._view = UNRECORDED
    else:
        out = record(name, array, (input, vjp))
        out._view = (input, op, args)
        if input._views is None:
            input._views = set()
        input._views.add(ref(out, input._views.discard))
    out._version = input._version
    if not array.flags.writeable and _overlaps(input.array) and not _overlaps(array):
        array.flags.writeable = array.base is not None and array.base.flags.writeable
    return out


def _check_writable(x: Tensor) -> None:
    """Refuse changes in place that the graph cannot follow."""
    what = "a leaf Variable"
    while x._view is not None:
        if x._view is UNRECORDED:
            raise RuntimeError(
                "A view was created in no_grad mode and is being modified inplace with grad mode "
                "enabled: the graph does not know what it is a view of. Take the view outside "
                "no_grad(), or change it inside."
            )
        if x._view is HOOKED:
            raise RuntimeError(
                "what a module with a backward hook is given or gives is modified inplace: the "
                "hook would see the gradient of another value. Change a clone, or leave out "
                "inplace=True, or remove the hook."
            )
        x, what = x._view[0], "a view of a leaf Variable"
    if _overlaps(x.array):
        raise RuntimeError(_MANY)
    if x._node is None and x._requires_grad:
        raise RuntimeError(
            f"{what} that requires grad is being used in an in-place operation. Its gradient "
            "belongs to the value that it has now. Change it under no_grad(), or change a clone."
        )


def _base(x: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """Return the tensor that x is a view of, and how it is taken from it.

    An expanded base is passed over: to write into one row of it is to write into all.
    """
    base, op, args = x._view
    if base._view is None or not _overlaps(base.array):
        return base, lambda t: op(t, *args)
    root, take = _base(base)
    return root, lambda t: op(take(t), *args)


def _pasted(base: Tensor, result: Tensor, take: Callable[[Tensor], Tensor]) -> Tensor:
    """Record the base with `result` in the place of a view of it."""

    def outside(g: Tensor) -> Tensor:
        inside = g._wrap(np.zeros(g.array.shape, np.bool_))
        with no_grad():
            take(inside).array[...] = True
        return g.masked_fill(inside, 0.0)

    return record("copy_slices", base.array, (base, outside), (result, take))


def _move(x: Tensor, node: Node) -> None:
    """Give a tensor another node."""
    carry_retained(x, node)
    x._node, x._requires_grad = node, True


def _take_views_again(x: Tensor) -> None:
    """Give each living view, and each view of a view, a node that follows the base's new one."""
    changed = [x]
    for base in changed:  # the list grows while it is read
        for reference in list(base._views or ()):  # a copy: a view may go meanwhile
            view = reference()
            if view is not None:
                _, op, args = view._view
                _move(view, op(base, *args)._node)
                changed.append(view)


def overwrite(x: Tensor, result: Tensor) -> None:
    """Write the elements of `result` into the memory of x, and give x the node of `result`.

    Raises:
        RuntimeError: the memory cannot be written, or the graph cannot follow the change.
    """
    if _overlaps(x.array):
        raise RuntimeError(_MANY)
    if not x.array.flags.writeable:
        raise RuntimeError("the memory of the tensor is read-only. Change a clone() of it.")
    is_followed = result._requires_grad and x.array.dtype.kind == "f"  # integers have no gradient
    if is_followed:
        _check_writable(x)
    x.array[...] = result.array
    x._version[0] = next(version_counter)
    if is_followed:
        while x._view is not None:
            x, take = _base(x)
            result = _pasted(x, result, take)
        assert result._node is not None
        _move(x, result._node)
        _take_views_again(x)
