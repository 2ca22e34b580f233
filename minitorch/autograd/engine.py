"""What users ask of a backward pass: `backward()` and `grad()`, and the layers around the pass.

    several outputs       a node that has an edge to each of them is put in front
    `inputs` of grad()    only nodes that lead to one of them are visited; they count as leaves
    hooks                 run on a gradient once it is complete (`hooks.py`)
    after_backward()      what hooks want done once all gradients are there
    detect_anomaly()      looks at each gradient for NaN and Inf (`anomaly.py`)
    retain_graph          what a node saved is freed as the pass goes on, unless this is set
    create_graph          the vjps' own operations are recorded
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..scalars import flag
from .anomaly import checked, checked_vjps
from .backward import backward_pass, reverse_topological_order
from .grad_mode import set_grad_enabled
from .graph import Edge, Node, mode, version_counter
from .hooks import Accumulated, run_hooks, waiting

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .graph import NodeOrLeaf


def _joint(starts: Sequence[tuple[NodeOrLeaf, Tensor]]) -> tuple[Node, Tensor]:
    """Make a node with an edge to each output, whose vjps return the gradients to start from."""
    edges = tuple(Edge(node, lambda _, g: g, (g,)) for node, g in starts)
    anything = starts[0][1]
    return Node("backward", anything, edges), anything


def tensors_of(name: str, argument: str, value: Any, optional: bool = False) -> tuple[Any, ...]:
    """Return a tensor, or those of an iterable, as a tuple.

    Args:
        name, argument, value: the function's name, its argument's, and what was given.
        optional: an iterable may hold None as well.

    Raises:
        TypeError: it is neither.
    """
    if hasattr(value, "_requires_grad"):
        return (value,)
    if not isinstance(value, Iterable) or isinstance(value, str):
        kind = type(value).__name__
        raise TypeError(f"{name}: {argument} must be a Tensor or a sequence of them, not a {kind}")
    found = tuple(value)
    for x in found:
        if not hasattr(x, "_requires_grad") and not (optional and x is None):
            or_none = " or None" if optional else ""
            raise TypeError(
                f"{name}: {argument} must hold Tensors{or_none}, and holds a {type(x).__name__}"
            )
    return found


def _starts(name: str, tensors: Any, gradients: Any) -> list[tuple[NodeOrLeaf, Tensor]]:
    """Check what a backward pass starts from; an output of one element starts with g = 1."""
    outputs = tensors_of(name, "the outputs", tensors)
    given: tuple[Tensor | None, ...] = (None,) * len(outputs)
    if gradients is not None:
        given = tensors_of(name, "the gradients of the outputs", gradients, optional=True)
    if len(given) != len(outputs):
        raise RuntimeError(f"{name}: got {len(outputs)} tensors and {len(given)} gradients")
    starts: list[tuple[NodeOrLeaf, Tensor]] = []
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
        starts.append((y._node or y, g.to(y.dtype)))
    return starts


def _apart(
    gradients: Collection[Tensor], starts: Sequence[tuple[NodeOrLeaf, Tensor]]
) -> list[Tensor]:
    """Give each gradient memory of its own.

    One that merely passed through additions is the array that the pass started from, and may have
    arrived in two places; one that was reshaped is a view.
    """
    taken = {id(g.array) for _, g in starts}
    apart = []
    for g in gradients:
        apart.append(g if g.array.base is None and id(g.array) not in taken else g.clone())
        taken.add(id(g.array))
    return apart


def nodes_leading_to(inputs: Collection[NodeOrLeaf], nodes: list[Node]) -> list[Node]:
    """Keep of the nodes, in reverse topological order, those that were computed from an input."""
    leading = set(inputs)
    kept = []
    for node in reversed(nodes):
        if any(parent in leading for parent, _, _ in node.edges or ()):
            leading.add(node)
            kept.append(node)
    return kept[::-1]


def _leaves_in_turn(start: NodeOrLeaf, nodes: Sequence[Node]) -> list[Any]:
    """Put each leaf with hooks that wait for its `grad` behind the last node that adds to it."""
    last = {edge.node: node for node in nodes for edge in node.edges or ()}
    turns: dict[Any, list[Any]] = {node: [node] for node in nodes}
    for leaf, node in {start: start, **last}.items():
        if not isinstance(leaf, Node) and waiting(leaf):
            turns.setdefault(node, []).append(leaf)
    return [x for turn in turns.values() for x in turn]


def run_backward(
    starts: Sequence[tuple[NodeOrLeaf, Tensor]],
    retain_graph: bool,
    create_graph: bool,
    *,
    inputs: Collection[NodeOrLeaf] | None = None,
    since: int = 0,
    accumulate: Callable[[Tensor, Tensor], None] | None = None,
) -> dict[NodeOrLeaf, Tensor]:
    """Run a backward pass, with hooks and whatever else was asked for.

    Args:
        starts: for each output its node, and the gradient to start from.
        retain_graph, create_graph: as in `backward`.
        inputs: the nodes and leaves whose gradients are wanted; all leaves unless given.
        since: visit no node with a smaller number; the pass ends at those, and leaves their hooks
            to the pass that goes on from there.
        accumulate: adds a gradient to a leaf's `grad`. It is called for leaves that have hooks
            which wait for that, as soon as their gradient is complete.

    Returns:
        the gradients of the inputs; with `since`, of all nodes and leaves where the pass ended;
        those that `accumulate` has had left out.
    """
    if not starts:
        return {}
    several = len(starts) > 1
    start, gradient = _joint(starts) if several else starts[0]
    nodes = reverse_topological_order(start, since, inputs or ())
    check = checked.gradients
    found: dict[NodeOrLeaf, Tensor] = {}
    if inputs is not None:
        nodes = nodes_leading_to(inputs, nodes)
        reached = {start, *(edge.node for node in nodes for edge in node.edges or ())}
        if not reached.issuperset(inputs):  # not used, or behind a node that was freed: then raise
            reverse_topological_order(start, since)

    if accumulate is not None and Accumulated.used:
        nodes = _leaves_in_turn(start, nodes)

    def visit(node: Any, g: Tensor) -> list[tuple[NodeOrLeaf, Tensor | None]]:
        if accumulate is not None and not isinstance(node, Node):
            accumulate(node, run_hooks(g, node._hooks))
            for hook in waiting(node):
                hook(node)
            return []
        if node.hooks:
            g = run_hooks(g, node.hooks)
        if inputs is not None and node in inputs:
            found[node] = g
        doubted = check and not (several and node is start)  # not users' gradients
        parents = checked_vjps(node, g) if doubted else node.vjps(g)
        if not retain_graph:
            node.release()
        return parents

    with set_grad_enabled(create_graph):
        ends = backward_pass(start, gradient, nodes, visit)
        if since:
            return ends
        for node, g in ends.items():
            if node in inputs if inputs is not None else not isinstance(node, Node):
                hooks = node.hooks if isinstance(node, Node) else node._hooks
                found[node] = run_hooks(g, hooks) if hooks else g
    return found


def _retain(name: str, retain_graph: bool | None, create_graph: bool) -> bool:
    """Say whether what nodes saved is kept: unless said, only with `create_graph`."""
    flag(name, "create_graph", create_graph)
    if retain_graph is not None:
        flag(name, "retain_graph", retain_graph)
    return create_graph if retain_graph is None else retain_graph


def backward(
    tensors: Tensor | Iterable[Tensor],
    grad_tensors: Tensor | Iterable[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> None:
    """Add to the `grad` of every leaf the gradient of `tensors` with respect to it.

    Args:
        tensors: what to differentiate; usually one loss.
        grad_tensors: g = dL/dy for each of them, of its shape. May be left out for a tensor of
            one element, where it is 1.
        retain_graph: keep what was saved, so that there can be another backward pass. Default:
            only with `create_graph`.
        create_graph: record the backward pass itself, so that the gradients can be differentiated.

    Raises:
        RuntimeError: a tensor needs no gradient, or has several elements and no `grad_tensors`;
            the graph was freed by an earlier backward pass; a saved tensor was changed in place.
        TypeError: something that must be a tensor or a bool is none.
    """
    starts = _starts("backward", tensors, grad_tensors)
    retain = _retain("backward", retain_graph, create_graph)

    def accumulate(leaf: Any, g: Tensor) -> None:
        if leaf._grad is None:
            leaf._grad = g
        elif create_graph:
            leaf._grad = leaf._grad + g
        else:
            leaf._grad.array += g.array
            leaf._grad._version[0] = next(version_counter)

    outer, mode.after_backward = mode.after_backward, []
    try:
        found = run_backward(starts, retain, create_graph, accumulate=accumulate)
        for leaf, g in zip(found, _apart(found.values(), starts), strict=True):
            accumulate(leaf, g)
        for callback in mode.after_backward:
            callback()
    finally:
        mode.after_backward = outer


def after_backward(callback: Callable[[], None]) -> None:
    """Let hooks have something done at the end of the `backward()` in which they are called."""
    mode.after_backward.append(callback)


def grad(
    outputs: Tensor | Iterable[Tensor],
    inputs: Tensor | Iterable[Tensor],
    grad_outputs: Tensor | Iterable[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """Return the gradients of the sum of `outputs` with respect to `inputs`; no `grad` changes.

    The arguments are those of `backward`. Inputs need not be leaves.

    Raises:
        RuntimeError: as `backward`; also if the outputs do not depend on an input, unless
            `allow_unused`, which gives None for it.
    """
    xs = tensors_of("grad", "the inputs", inputs)
    if not xs:
        raise RuntimeError("grad: there is no input to differentiate with respect to")
    flag("grad", "allow_unused", allow_unused)
    for i, x in enumerate(xs):
        if not x._requires_grad:
            raise RuntimeError(
                "One of the differentiated Tensors does not require grad: "
                f"inputs[{i}] of grad(). Set requires_grad=True on it before it is used."
            )
    wanted = [x._node or x for x in xs]
    starts = _starts("grad", outputs, grad_outputs)
    retain = _retain("grad", retain_graph, create_graph)
    found = run_backward(starts, retain, create_graph, inputs=frozenset(wanted))
    for i, node in enumerate(wanted):
        if node not in found and not allow_unused:
            raise RuntimeError(
                "One of the differentiated Tensors appears to not have been used in the graph: "
                f"inputs[{i}] of grad(). Set allow_unused=True if None is what you want for it."
            )
    gradients = iter(_apart([found[node] for node in wanted if node in found], starts))
    return tuple([next(gradients) if node in found else None for node in wanted])
