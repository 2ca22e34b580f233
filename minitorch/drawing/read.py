"""Reading a graph: what it holds, and where values and gradients come from.

The graph gives the operations and what they were computed from. Values come from wherever one is
still in memory: `keep_values()` noted it, or the tensor has a name, or a vjp saved it. Gradients
come from a backward pass that leaves everything as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.backward import backward_pass
from ..autograd.function import JointNode
from ..autograd.grad_mode import no_grad
from ..autograd.graph import Node, mode
from ..nn.module import Module
from ..nn.parameter import Parameter
from .keep import Call, Kept, is_small
from .structure import Box, Item, Picture, Vertex

if TYPE_CHECKING:
    from ..autograd.graph import NodeOrLeaf
    from ..dtypes import Array
    from ..tensor import Tensor

MOST_NODES = 3000
FORGOTTEN = "?  is no longer in memory. Compute inside `with minitorch.keep_values():` to see it."
UNNOTED = (
    "it needs no gradient, so that the graph does not know it, unless y is computed inside "
    "`with minitorch.keep_values():`"
)


def _nodes(outputs: Sequence[Tensor]) -> list[Node]:
    """Return all nodes that the outputs were computed from, in the order of computation."""
    nodes: dict[Node, None] = dict.fromkeys(y._node for y in outputs if y._node is not None)
    todo = list(nodes)
    for node in todo:  # the list grows while it is read
        if node.edges is None:
            raise RuntimeError(
                f"draw_graph: what {node.name} saved was freed by backward(). Draw the graph "
                "before that, or call backward(retain_graph=True)."
            )
        for edge in node.edges:
            if isinstance(edge.node, Node) and edge.node not in nodes:
                nodes[edge.node] = None
                todo.append(edge.node)
        if len(todo) > MOST_NODES:
            raise ValueError(
                f"draw_graph: the graph has more than {MOST_NODES:,} operations, which is more "
                "than one can look at. Draw an earlier result, or a smaller model."
            )
    return sorted(nodes, key=lambda node: node.number)


def _gradients(y: Tensor) -> tuple[dict[NodeOrLeaf, Tensor], str | None]:
    """Return dy/dv for every value v, or why there are none. Nothing is changed or freed."""
    found: dict[NodeOrLeaf, Tensor] = {}

    def visit(node: Node, g: Tensor) -> list[tuple[NodeOrLeaf, Tensor | None]]:
        found[node] = g
        return node.vjps(g)

    assert y._node is not None
    watch, mode.watch = mode.watch, None
    try:
        with no_grad():
            found.update(backward_pass(y._node, y._wrap(np.ones_like(y.array)), visit=visit))
    except RuntimeError as error:  # such as that of a value which was changed in place
        return {}, f"no gradients: {error}"
    finally:
        mode.watch = watch
    return found, None


def _kept(node: Node) -> Kept | None:
    return (node.notes or {}).get("kept")


def _values(nodes: list[Node], tensors: Iterable[Tensor]) -> dict[NodeOrLeaf, Array]:
    """Return the values that are still in memory, by the node or leaf that they are of."""
    known: dict[NodeOrLeaf, Array] = {}
    for node in nodes:
        kept = _kept(node)
        if kept is not None and kept.value is not None:
            known[node] = kept.value
    for x in tensors:
        known.setdefault(x._node or x, x.array)
    for node in nodes:
        if node.output is not None and node.output[2][0] <= node.number:
            known.setdefault(node, node.output[1])
        for edge in node.edges or ():
            for x in edge.saved:  # whole and as it was, unless it was changed since
                if getattr(x, "_node", None) is not None and x._version[0] <= node.number:
                    known.setdefault(x._node, x.array)
    return known


def _is_joint(node: NodeOrLeaf) -> bool:
    """Is it a function with several outputs? Each is a piece of it, and has a node of its own."""
    return isinstance(node, JointNode) and len(node.shapes) > 1


def _parents(node: Any) -> list[NodeOrLeaf]:
    return [edge.node for edge in node.edges]


def _inputs(node: Node) -> list[NodeOrLeaf]:
    """Return what a node was computed from, in order; twice what was used twice.

    What needs no gradient has no edge. It is known if it was noted, or saved for a vjp.
    """
    kept = _kept(node)
    noted: list[NodeOrLeaf] = kept.inputs if kept is not None else []
    saved = [x for edge in node.edges or () for x in edge.saved if hasattr(x, "_requires_grad")]
    place = {x: i for i, x in reversed([*enumerate(noted)])}
    constants = [x for x in [*noted, *saved] if not isinstance(x, Node) and not x._requires_grad]
    inputs = [
        x
        for edge in node.edges or ()
        for x in (_parents(edge.node) if _is_joint(edge.node) else [edge.node])
    ]
    return sorted([*inputs, *dict.fromkeys(constants)], key=lambda x: place.get(x, len(place)))


class _Boxes:
    """Makes a box for each call, and knows the names of modules and their tensors."""

    def __init__(self) -> None:
        self.whole = Box(None, "", None)
        self.of_call: dict[Call | None, Box] = {None: self.whole}
        self.paths: dict[Module, dict[Module, str]] = {}
        self.names: dict[Module, dict[int, str]] = {}

    def of(self, call: Call | None) -> Box:
        """Return the box of a call."""
        if call not in self.of_call:
            around = self.of(call.outer)  # type: ignore[union-attr]
            module, path = call.module, ""  # type: ignore[union-attr]
            if around.module is not None:
                if around.module not in self.paths:
                    named = around.module.named_modules()
                    self.paths[around.module] = {m: p for p, m in named}
                path = self.paths[around.module].get(module, "")
            self.of_call[call] = Box(module, path, around)
        return self.of_call[call]

    def name(self, leaf: Tensor, box: Box, modules: Sequence[Module]) -> str:
        """Return the path of a parameter or buffer, seen from the box that it is in."""
        called = [b.module for b in self.of_call.values() if b.level == 1]
        for module in [box.module] if box.module else [*modules, *called]:
            assert module is not None
            if module not in self.names:
                tensors = [*module.named_parameters(), *module.named_buffers()]
                self.names[module] = {id(x): path for path, x in tensors}
            if id(leaf) in self.names[module]:
                return self.names[module][id(leaf)]
        return ""


def _around_both(a: Box, b: Box) -> Box:
    """Return the innermost box that is around both, or is one of them."""
    while a is not b:
        a, b = (a.box or a, b) if a.level > b.level else (a, b.box or b)
    return a


def _names(tensors: Mapping[str, Tensor]) -> dict[NodeOrLeaf, str]:
    """Return the name of each node or leaf, the first if it has several."""
    return {x._node or x: name for name, x in reversed([*tensors.items()])}


def _part_of(tensors: Mapping[str, Tensor], array: Array) -> str:
    """Return "ids[…]" for an array in the memory of the tensor called ids, such as ids[:, :-1]."""
    for name, x in tensors.items():
        if array.base is not None and (array.base is x.array or array.base is x.array.base):
            return f"{name}[…]"
    return ""


def _vertices(nodes: list[Node], boxes: _Boxes) -> dict[NodeOrLeaf, Vertex]:
    """Make a vertex for each node, and before it for each leaf that it is the first to use."""
    made: dict[NodeOrLeaf, Vertex] = {}
    for node in nodes:
        if _is_joint(node):
            continue
        kept = _kept(node)
        call = None if kept is None else kept.call
        vertex = Vertex("operation", node.name, node, boxes.of(call))
        for x in _inputs(node):
            if not isinstance(x, Node):
                home = boxes.of(call and call.home(x))
                if x not in made:
                    kind = "input" if x._requires_grad else "constant"
                    kind = "parameter" if isinstance(x, Parameter) else kind
                    made[x] = Vertex(kind, "", x.array, home)
                made[x].box = _around_both(made[x].box, home)
                made[x].changed |= x._version[0] > node.number
            vertex.inputs[made[x]] = vertex.inputs.get(made[x], 0) + 1
        made[node] = vertex
    return made


def _fill(vertices: Iterable[Vertex], whole: Box) -> None:
    """Put vertices into their boxes, and these into those around them."""
    placed: set[Item] = {whole}
    for vertex in vertices:
        item: Item = vertex
        while item not in placed:
            assert item.box is not None
            placed.add(item)
            item.box.inside.append(item)
            item = item.box


def build(
    outputs: Sequence[Tensor],
    given: Mapping[str, Tensor],
    variables: Mapping[str, Tensor],
    modules: Sequence[Module],
) -> Picture:
    """Make the picture of a graph.

    Args:
        outputs: what was computed; at least one by a recorded operation.
        given: tensors by the names that the user gave them.
        variables: tensors by the names of the user's variables, for those without another name.
        modules: whose parameters are named by their paths.

    Raises:
        RuntimeError: the graph was freed.
        ValueError: it is too large, or a tensor that was given is not in it.
    """
    nodes, boxes, remarks = _nodes(outputs), _Boxes(), []
    made = _vertices(nodes, boxes)
    values = _values(nodes, [*outputs, *given.values(), *variables.values()])
    gradients: dict[NodeOrLeaf, Tensor] = {}
    if len(outputs) == 1 and outputs[0].array.size == 1:
        gradients, problem = _gradients(outputs[0])
        remarks += [problem] if problem else []
    else:
        remarks.append("no gradients: only an output of one element has them; draw y.sum()")
    names, others = _names(given), _names(variables)
    for x, vertex in made.items():
        value = values.get(x) if isinstance(x, Node) else x.array
        path = "" if isinstance(x, Node) else boxes.name(x, vertex.box, modules)
        vertex.name = names.get(x) or path or others.get(x, "")
        if vertex.kind == "constant" and value is not None:
            vertex.name = vertex.name or _part_of({**variables, **given}, value)
            vertex.kind = "input" if vertex.name else "constant"
        if value is not None and is_small(value.shape):
            vertex.value = value.copy()
        elif is_small(vertex.shape) and FORGOTTEN not in remarks:
            remarks.append(FORGOTTEN)
        if x in gradients and is_small(gradients[x].array.shape):
            vertex.gradient = gradients[x].array.copy()
        vertex.output = any(x is y._node for y in outputs)
    shown = {vertex.name for vertex in made.values()}
    for name, x in given.items():
        if (x._node or x) not in made and f"{name}[…]" not in shown:
            why = "y was not computed from it" if x._requires_grad else UNNOTED
            raise ValueError(f"draw_graph: {name} is not in the graph: {why}")
    _fill(made.values(), boxes.whole)
    return Picture([*made.values()], boxes.whole, remarks)
