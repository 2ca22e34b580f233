"""Backpropagation: the chain rule, walked from the loss back to the leaves.

It starts with g = 1 at the loss, and visits the nodes of the graph in reverse topological order, so
that everything which used an operation's output has added to its gradient before the operation's
turn comes. Each node then maps its gradient to those of its inputs, by their vector–Jacobian
products; and where edges meet, gradients add up. What is left at the end are the gradients of the
leaves; `loss.backward()` adds them to what is in their `grad`. (Rumelhart, Hinton and Williams
1986, https://doi.org/10.1038/323533a0; as reverse-mode automatic differentiation, Griewank and
Walther 2008.)

`backward_pass` is all of it. What users may ask for besides, in `loss.backward()` and `grad()`, are
layers around it, in `engine.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from .graph import Node

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .graph import NodeOrLeaf

Visit: TypeAlias = Callable[[Node, "Tensor"], "list[tuple[NodeOrLeaf, Tensor | None]]"]


def unbroadcast(g: Tensor, shape: tuple[int, ...], name: str) -> Tensor:
    """Undo broadcasting: sum the gradient over what was repeated.

    In y = a + b with a of shape (3,) and b of shape (2, 3), a is used in both rows: y_ij = a_j +
    b_ij. The chain rule sums over all uses,

        dL/da_j = Σ_i dL/dy_ij · ∂y_ij/∂a_j = Σ_i g_ij

    so g, of shape (2, 3), is summed over its first dimension, to (3,). In the same way a dimension
    of size 1 that was repeated n times gets the sum of n gradients.

    Args:
        g: the gradient that a vjp returned.
        shape: that of the input.
        name: of the operation, for the error.

    Raises:
        RuntimeError: no broadcasting leads from the shape to that of g.
    """
    new = g.array.ndim - len(shape)  # dimensions that broadcasting put in front
    if new < 0 or any(n not in (1, m) for n, m in zip(shape, g.array.shape[new:], strict=True)):
        raise RuntimeError(
            f"{name}: its vjp gave a gradient of shape {tuple(g.array.shape)} for an input of "
            f"shape {shape}"
        )
    repeated = [new + i for i, n in enumerate(shape) if n != g.array.shape[new + i]]
    return g.sum([*range(new), *repeated], keepdim=True).reshape(shape)


def add_gradient(
    gradients: dict[NodeOrLeaf, Tensor], node: NodeOrLeaf, g: Tensor, name: str
) -> None:
    """Convert g to the shape and dtype of the node's output, and add it to the node's gradient."""
    like = node if isinstance(node, Node) else node.array  # both have a shape and a dtype
    if g.array.shape != like.shape:
        g = unbroadcast(g, like.shape, name)
    if g.array.dtype is not like.dtype:
        g = g.to(like.dtype)
    gradients[node] = gradients[node] + g if node in gradients else g


def reverse_topological_order(start: NodeOrLeaf, since: int = 0, ends: Any = ()) -> list[Node]:
    """Return all nodes that the start was computed from, each after all that used its output.

    An operation is carried out after those that made its inputs. So the order of creation is a
    topological order of the graph, and to sort by falling number reverses it.

    Args:
        start: the node of the output, which comes first; or a leaf, and then there are none.
        since: leave out nodes with smaller numbers, made before that.
        ends: nodes that may have been freed, as the pass need not go through them.

    Raises:
        RuntimeError: a node was freed by an earlier backward pass.
    """
    nodes = [start] if isinstance(start, Node) and start.number >= since else []
    seen: set[NodeOrLeaf] = set(nodes)
    for node in nodes:  # the list grows while it is read
        if node.edges is None and node not in ends:
            raise RuntimeError(
                f"Trying to backward through the graph a second time: what {node.name} saved was "
                "freed by the first backward pass. Call backward(retain_graph=True) the first "
                "time, or compute the loss anew."
            )
        for edge in node.edges or ():
            parent = edge.node
            if isinstance(parent, Node) and parent not in seen and parent.number >= since:
                seen.add(parent)
                nodes.append(parent)
    nodes.sort(key=attrgetter("number"), reverse=True)
    return nodes


def backward_pass(
    start: NodeOrLeaf,
    gradient: Tensor,
    nodes: Iterable[Node] | None = None,
    visit: Visit = lambda node, g: node.vjps(g),
) -> dict[NodeOrLeaf, Tensor]:
    """Backpropagate: return the gradient of every leaf that the start was computed from.

        >>> import minitorch
        >>> x = minitorch.tensor(3.0, requires_grad=True)
        >>> L = x * x + x
        >>> gradients = backward_pass(L.grad_fn, minitorch.tensor(1.0))
        >>> gradients[x].item()  # dL/dx = 2x + 1
        7.0

    Args:
        start: the node of the output.
        gradient: g, of the output's shape; 1 for a loss.
        nodes: those to visit, in reverse topological order; all unless given. What arrives at
            others is returned, too. (This and `visit` are for the layers in `engine.py`.)
        visit: maps a node's gradient to those of its inputs, by its vjps; and may do more.
    """
    gradients = {start: gradient}
    for node in reverse_topological_order(start) if nodes is None else nodes:
        if node in gradients:  # else every vjp on the way here returned None
            for parent, g in visit(node, gradients.pop(node)):
                if g is not None:
                    add_gradient(gradients, parent, g, node.name)
    return gradients
