"""The walk back through the graph.

It starts at the loss with g = 1 and visits the nodes youngest first, so that a node has heard from
everything that used its output before it speaks. What arrives at each leaf adds up. That is the
whole of it: the chain rule, and a sum where paths meet.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from . import anomaly
from .graph import Edge, Node, mode, set_grad_enabled, version_counter

if TYPE_CHECKING:
    from ..tensor import Tensor


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
    starts = _starts(_as_tuple(tensors), grad_tensors)
    found = walk(starts, retain_graph, create_graph)
    for leaf, g in zip(found, _apart(found.values(), starts), strict=True):
        assert not isinstance(leaf, Node)
        if leaf.grad is None:
            leaf.grad = g
        elif create_graph:
            leaf.grad = leaf.grad + g
        else:
            leaf.grad.array += g.array
            leaf.grad._version[0] = next(version_counter)


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
            raise RuntimeError(
                "One of the differentiated Tensors does not require grad: "
                f"inputs[{i}] of grad(). Set requires_grad=True on it before it is used."
            )
    wanted = [x._node or x for x in inputs]
    starts = _starts(_as_tuple(outputs), grad_outputs)
    found = walk(starts, retain_graph, create_graph, wanted=frozenset(wanted))
    for i, edge in enumerate(wanted):
        if edge not in found and not allow_unused:
            raise RuntimeError(
                "One of the differentiated Tensors appears to not have been used in the graph: "
                f"inputs[{i}] of grad(). Set allow_unused=True if None is what you want for it."
            )
    gradients = iter(_apart([found[edge] for edge in wanted if edge in found], starts))
    return tuple([next(gradients) if edge in found else None for edge in wanted])


def walk(
    starts: Sequence[tuple[Edge, Tensor]],
    retain_graph: bool | None = None,
    create_graph: bool = False,
    *,
    wanted: frozenset[Edge] | None = None,
    since: int = 0,
) -> dict[Edge, Tensor]:
    """Walk back from where the gradients start; return what arrives at the leaves.

    Args:
        starts: (edge, gradient): where to start, and with what.
        retain_graph, create_graph: as in `backward`.
        wanted: walk only the paths that lead there, and return what arrives there.
        since: go no further than to nodes older than this number, and return what arrives there.
    """
    retain_graph = create_graph if retain_graph is None else retain_graph
    arrived: dict[Edge, Tensor] = {}
    for edge, g in starts:
        _arrive(arrived, edge, g, "backward")
    nodes = _reachable(arrived, since)
    if wanted is not None:
        nodes = _leading_to(wanted, nodes)
    found: dict[Edge, Tensor] = {}
    with set_grad_enabled(create_graph):
        for node in nodes:
            if node not in arrived:  # every rule on the way here returned None
                continue
            g = arrived.pop(node)
            if node.hooks:
                g = _through_hooks(g, node.hooks)
            if wanted is not None and node in wanted:
                found[node] = g
            gradients = node.gradients(g) if mode.watch is None else anomaly.gradients(node, g)
            for edge, gradient in gradients:
                if gradient is not None:
                    _arrive(arrived, edge, gradient, node.name)
            if not retain_graph:
                node.release()
        if since:  # whoever walks on from there sees to the hooks
            return arrived
        for edge, g in arrived.items():
            if not isinstance(edge, Node) and (wanted is None or edge in wanted):
                found[edge] = _through_hooks(g, edge._hooks) if edge._hooks else g
    return found


def _arrive(arrived: dict[Edge, Tensor], edge: Edge, g: Tensor, name: str) -> None:
    """Bring a gradient to the shape and dtype of where it leads, and add it to what is there."""
    like = edge if isinstance(edge, Node) else edge.array
    if g.array.shape != like.shape:
        g = _unbroadcast(g, like.shape, name)
    if g.array.dtype is not like.dtype:
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


def _through_hooks(g: Tensor, hooks: dict[int, Any]) -> Tensor:
    """Show a gradient to the hooks in turn; each may return another in its place."""
    for hook in list(hooks.values()):
        replaced = hook(g)
        if replaced is not None:
            if replaced.array.shape != g.array.shape or replaced.array.dtype != g.array.dtype:
                raise RuntimeError(
                    f"hook: it returned a gradient of shape {tuple(replaced.shape)}, "
                    f"{replaced.dtype}, in place of one of shape {tuple(g.shape)}, {g.dtype}"
                )
            g = replaced
    return g


def _reachable(starts: dict[Edge, Tensor], since: int) -> list[Node]:
    """Return the nodes on all paths back, youngest first."""
    nodes = [edge for edge in starts if isinstance(edge, Node) and edge.number >= since]
    seen = set(nodes)
    for node in nodes:  # the list grows while it is read
        if node.paths is None:
            raise RuntimeError(
                f"Trying to backward through the graph a second time: what {node.name} saved was "
                "freed by the first walk. Call backward(retain_graph=True) the first time, or "
                "compute the loss anew."
            )
        for edge, _, _ in node.paths:
            if isinstance(edge, Node) and edge not in seen and edge.number >= since:
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


def _starts(
    outputs: tuple[Tensor, ...], grad_outputs: Tensor | Sequence[Tensor | None] | None
) -> list[tuple[Edge, Tensor]]:
    """Check what the walk starts from; a tensor of one element starts with g = 1."""
    given = (None,) * len(outputs) if grad_outputs is None else _as_tuple(grad_outputs)
    if len(given) != len(outputs):
        raise RuntimeError(f"backward: got {len(outputs)} tensors and {len(given)} gradients")
    starts: list[tuple[Edge, Tensor]] = []
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
        starts.append((y._node or y, g))
    return starts


def _apart(gradients: Collection[Tensor], starts: list[tuple[Edge, Tensor]]) -> list[Tensor]:
    """Give each gradient memory of its own.

    One that merely passed through additions is the array that the walk started from, and may have
    arrived in two places; one that was reshaped is a view.
    """
    taken = {id(g.array) for _, g in starts}
    apart = []
    for g in gradients:
        apart.append(g if g.array.base is None and id(g.array) not in taken else g.clone())
        taken.add(id(g.array))
    return apart


def _as_tuple(tensors: Any) -> tuple[Any, ...]:
    return tuple(tensors) if isinstance(tensors, (list, tuple)) else (tensors,)
