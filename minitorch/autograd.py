"""Reverse-mode automatic differentiation: the graph, and the walk back through it.

An operation on tensors that need gradients leaves a `Node` behind. A node knows the *paths* back
to its inputs, and each path is three things: where it leads, the rule for crossing it, and the
tensors which that rule needs. The rule for an input x of y = f(x) takes g = dL/dy to dL/dx:

    y = a * b       path to a:  lambda g, b: g * b,  saving b
                    path to b:  lambda g, a: g * a,  saving a

`backward()` starts at the loss with g = 1, visits the nodes youngest first, so that a node has
heard from everything that used its output before it speaks, and adds up what arrives at each
leaf. That is the whole of it: the chain rule, and a sum where paths meet.

Rules are written in the library's own operations. Under `create_graph=True` those operations are
recorded in their turn, and the second derivative needs no second set of rules.

This file never imports `Tensor`. It asks a tensor only for its array, its node and its operators.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from .tensor import Tensor

Array: TypeAlias = np.ndarray[Any, Any]
Rule: TypeAlias = Callable[..., "Tensor | None"]
Edge: TypeAlias = "Node | Tensor"
"""Where a path leads: to the operation that made an input, or to the input itself, if a leaf."""

OUTPUT: Any = object()
"""Stands first among a path's saved tensors for the operation's own output: `exp` saves y."""


# ---------------------------------------------------------------------------------- the graph


class Node:
    """An operation that was carried out, as the walk back needs it.

    Attributes:
        name: the operation, as users write it: "mul".
        paths: for each input that needs a gradient, (edge, rule, saved): where the path leads, the
            rule `rule(g, *saved)` for crossing it, and the saved tensors. None once freed.
        shape, dtype: the output's. A gradient that arrives here is brought to them.
        number: counts nodes as they are made; an operation is younger than its inputs.
        output: what is needed to see the output again, if a path saved `OUTPUT`.
    """

    __slots__ = ("dtype", "name", "number", "output", "paths", "shape")

    paths: tuple[tuple[Edge, Rule, tuple[Any, ...]], ...] | None

    def __init__(self, name: str, out: Tensor, paths: Any) -> None:
        self.name = name
        self.paths = paths
        self.shape: tuple[int, ...] = out.array.shape
        self.dtype: np.dtype[Any] = out.array.dtype
        self.number = next(clock)
        self.output: tuple[Any, ...] | None = None

    def gradients(self, g: Tensor) -> list[tuple[Edge, Tensor | None]]:
        """Take the gradient of the output to those of the inputs: (edge, gradient) for each."""
        assert self.paths is not None
        return [(edge, rule(g, *self.unpack(saved))) for edge, rule, saved in self.paths]

    def unpack(self, saved: tuple[Any, ...]) -> list[Tensor]:
        """Return the saved tensors, or raise if one was changed in place since it was saved."""
        tensors = [self._output() if tensor is OUTPUT else tensor for tensor in saved]
        for tensor in tensors:
            if tensor._stamp[0] > self.number:
                raise RuntimeError(
                    f"{self.name}: a tensor of shape {tuple(tensor.shape)} that its gradient needs "
                    "was modified by an inplace operation after it was saved. Change a copy "
                    "(x = x + 1, or x.clone() first), or change it after backward()."
                )
        return tensors

    def _output(self) -> Tensor:
        """See the output again, as this node's. Keeping the tensor itself would be a cycle."""
        assert self.output is not None
        wrap, array, stamp = self.output
        y: Tensor = wrap(array)
        y._node, y._requires_grad, y._stamp = self, True, stamp
        return y

    def release(self) -> None:
        """Let go of what was saved. A node that saved nothing can be walked again."""
        if self.paths and any(saved for _, _, saved in self.paths):
            self.paths = self.output = None

    def __repr__(self) -> str:
        return f"<{self.name}>"


clock = count(1)
"""Numbers the nodes and stamps the changes in place, so that the two can be put in order."""


def record(name: str, array: Array, *paths: tuple[Any, ...]) -> Tensor:
    """Wrap the result of an operation, with the paths back to its inputs.

    Args:
        name: the operation's name.
        array: its result.
        paths: for each differentiable input, `(input, rule, *saved)`. Only those of inputs that
            need a gradient are kept, so what only the others would need is not held in memory.
    """
    out: Tensor = paths[0][0]._wrap(array)
    if mode.grad:
        kept = tuple(
            [(x._node or x, rule, saved) for x, rule, *saved in paths if x._requires_grad]
        )
        if kept:
            node = out._node = Node(name, out, kept)
            out._requires_grad = True
            for _, _, saved in kept:
                if saved and saved[0] is OUTPUT:
                    node.output = (out._wrap, out.array, out._stamp)
    return out


# ------------------------------------------------------------------------------- the walk back


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> None:
    """Add to the `grad` of every leaf the gradient of `tensors` with respect to it.

    Args:
        tensors: what to differentiate; usually one loss.
        grad_tensors: g = dL/dy for each of them, of its shape. May be left out for a tensor of
            one element, where it is 1.
        retain_graph: keep what was saved, so that the graph can be walked again. Default: only
            with `create_graph`.
        create_graph: record the walk itself, so that the gradients can be differentiated.

    Raises:
        RuntimeError: a tensor needs no gradient, or has several elements and no `grad_tensors`;
            the graph was freed by an earlier walk; a saved tensor was changed in place.
    """
    gradients = _first_gradients(_as_tuple(tensors), grad_tensors)
    shared = {id(g.array) for _, g in gradients}
    for leaf, g in _walk(gradients, retain_graph, create_graph).items():
        if leaf.grad is None:
            # A leaf owns its gradient: not an array that the user or another leaf holds, nor a
            # view of one.
            owned = g.array.base is None and id(g.array) not in shared
            leaf.grad = g if owned else g.clone()
            shared.add(id(g.array))
        elif create_graph:
            leaf.grad = leaf.grad + g
        else:
            leaf.grad.array += g.array
            leaf.grad._stamp[0] = next(clock)


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """Return the gradients of the sum of `outputs` with respect to `inputs`; no `grad` changes.

    The arguments are those of `backward`. Inputs need not be leaves.

    Raises:
        RuntimeError: as `backward`; also where an input has no part in the outputs, unless
            `allow_unused`, which gives None for it.
    """
    inputs = _as_tuple(inputs)
    for i, x in enumerate(inputs):
        if not x._requires_grad:
            raise RuntimeError(f"grad: inputs[{i}] does not require grad. Set requires_grad=True.")
    wanted: list[Edge] = [x._node or x for x in inputs]
    gradients = _first_gradients(_as_tuple(outputs), grad_outputs)
    found = _walk(gradients, retain_graph, create_graph, frozenset(wanted))
    for i, edge in enumerate(wanted):
        if edge not in found and not allow_unused:
            raise RuntimeError(
                f"grad: inputs[{i}] appears to not have been used in the graph. "
                "Set allow_unused=True if None is what you want for it."
            )
    return tuple(found.get(edge) for edge in wanted)


def _walk(
    gradients: list[tuple[Edge, Tensor]],
    retain_graph: bool | None,
    create_graph: bool,
    wanted: frozenset[Edge] | None = None,
) -> dict[Any, Tensor]:
    """Walk back from where the gradients start; return what arrives at the leaves.

    With `wanted`, walk only the paths that lead there, and return what arrives there.
    """
    retain_graph = create_graph if retain_graph is None else retain_graph
    arrived: dict[Edge, Tensor] = {}
    for edge, g in gradients:
        _arrive(arrived, edge, g, "backward")
    nodes = _reachable(arrived)
    if wanted is not None:
        nodes = _leading_to(wanted, nodes)
    found: dict[Any, Tensor] = {}
    with set_grad_enabled(create_graph):
        for node in nodes:
            if node not in arrived:  # every rule on the way here returned None
                continue
            g = arrived.pop(node)
            if wanted is not None and node in wanted:
                found[node] = g
            for edge, gradient in node.gradients(g):
                if gradient is not None:
                    _arrive(arrived, edge, gradient, node.name)
            if not retain_graph:
                node.release()
    found.update((edge, g) for edge, g in arrived.items() if not isinstance(edge, Node))
    return found


def _arrive(arrived: dict[Edge, Tensor], edge: Edge, g: Tensor, name: str) -> None:
    """Bring a gradient to the shape and dtype of where it leads, and add it to what is there."""
    like = edge if isinstance(edge, Node) else edge.array
    if g.array.shape != like.shape:
        g = _unbroadcast(g, like.shape, name)
    if g.array.dtype != like.dtype:
        g = g.to(like.dtype)
    arrived[edge] = arrived[edge] + g if edge in arrived else g


def _unbroadcast(g: Tensor, shape: tuple[int, ...], name: str) -> Tensor:
    """Undo broadcasting: what was copied along a dimension gets the sum along it."""
    new = g.array.ndim - len(shape)
    dims = [*range(new), *(new + i for i, n in enumerate(shape) if n != g.array.shape[new + i])]
    if new < 0 or any(shape[i - new] != 1 for i in dims[new:]):
        raise RuntimeError(
            f"{name}: its rule gave a gradient of shape {tuple(g.array.shape)} for an input of "
            f"shape {shape}"
        )
    return g.sum(dims, keepdim=True).reshape(shape)


def _reachable(starts: dict[Edge, Tensor]) -> list[Node]:
    """Return the nodes on all paths back, youngest first."""
    nodes = [edge for edge in starts if isinstance(edge, Node)]
    seen = set(nodes)
    for node in nodes:  # the list grows while it is read
        if node.paths is None:
            raise RuntimeError(
                f"Trying to backward through the graph a second time: what {node.name} saved was "
                "freed by the first walk. Call backward(retain_graph=True) the first time, or "
                "compute the loss anew."
            )
        for edge, _, _ in node.paths:
            if isinstance(edge, Node) and edge not in seen:
                seen.add(edge)
                nodes.append(edge)
    nodes.sort(key=attrgetter("number"), reverse=True)
    return nodes


def _leading_to(wanted: frozenset[Edge], nodes: list[Node]) -> list[Node]:
    """Keep of the nodes, youngest first, those that are wanted or have a path to one that is."""
    leading = set(wanted)
    for node in reversed(nodes):
        if any(edge in leading for edge, _, _ in node.paths or ()):
            leading.add(node)
    return [node for node in nodes if node in leading]


def _first_gradients(
    outputs: tuple[Tensor, ...], grad_outputs: Tensor | Sequence[Tensor | None] | None
) -> list[tuple[Edge, Tensor]]:
    """Check what the walk starts from; a tensor of one element starts with g = 1."""
    given = (None,) * len(outputs) if grad_outputs is None else _as_tuple(grad_outputs)
    if len(given) != len(outputs):
        raise RuntimeError(f"backward: got {len(outputs)} tensors and {len(given)} gradients")
    gradients: list[tuple[Edge, Tensor]] = []
    for i, (y, g) in enumerate(zip(outputs, given, strict=True)):
        if not y._requires_grad:
            raise RuntimeError(
                f"element {i} of tensors does not require grad and does not have a grad_fn: "
                "nothing that it was computed from has requires_grad=True, or it was computed "
                "under no_grad()."
            )
        if g is None:
            if y.array.size != 1:
                raise RuntimeError(
                    "grad can be implicitly created only for scalar outputs, and this one has "
                    f"shape {tuple(y.array.shape)}. Reduce it (.sum(), .mean()) or pass a gradient."
                )
            g = y._wrap(np.ones_like(y.array))
        elif g.array.shape != y.array.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[{i}] has a shape of {tuple(g.array.shape)} and "
                f"output[{i}] has a shape of {tuple(y.array.shape)}."
            )
        gradients.append((y._node or y, g))
    return gradients


def _as_tuple(tensors: Any) -> tuple[Any, ...]:
    return tuple(tensors) if isinstance(tensors, (list, tuple)) else (tensors,)


# ----------------------------------------------------------------------------- recording or not


class _Mode(threading.local):
    """What recording depends on; each thread has its own."""

    grad = True


mode = _Mode()


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


@contextmanager
def no_grad() -> Iterator[None]:
    """Record nothing: a `with` block, or, as the decorator `@no_grad()`, a whole function."""
    with set_grad_enabled(False):
        yield


@contextmanager
def enable_grad() -> Iterator[None]:
    """Record again inside `no_grad()`: a `with` block, or a decorator."""
    with set_grad_enabled(True):
        yield
