"""draw_graph(): a computation graph, to look at.

    >>> import minitorch
    >>> a = minitorch.tensor(3.0, requires_grad=True)
    >>> b = minitorch.tensor(2.0, requires_grad=True)
    >>> with minitorch.keep_values():
    ...     L = (a * b + 5).square()
    >>> minitorch.draw_graph(L)
    ●    a             3  grad  44
    │ ●  b             2  grad  66
    ├─╯
    ●    mul           6  grad  22
    │ ○  5
    ├─╯
    ●    add          11  grad  22
    ●    L = square  121  grad   1

In a notebook the same is a picture, and `minitorch.draw_graph(L).save("graph.svg")` writes it to a
file. Time runs downwards; the gradient of each value is that of the last one with respect to it.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .. import scalars
from ..atomic import path_of, write_file
from ..nn.module import Module
from ..tensor import Tensor
from .keep import keep_values
from .read import build
from .structure import Picture, fold_boxes
from .svg import to_svg
from .text import to_text


class Drawing:
    """A graph that was drawn. A notebook shows it as a picture, `print` in characters."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    def __str__(self) -> str:
        """In at most 100 columns; in ASCII where standard output can show nothing else."""
        text = to_text(self._picture)
        try:
            text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
        except UnicodeEncodeError:
            text = to_text(self._picture, ascii=True)  # names may still be in other letters
            return text.encode("ascii", "backslashreplace").decode()
        return text

    __repr__ = __str__

    def _repr_svg_(self) -> str:
        return to_svg(self._picture)

    _repr_html_ = _repr_svg_  # as a mere image, which some notebooks make of SVG, it cannot fold

    def save(self, f: str | os.PathLike[str]) -> None:
        """Write it to a file, atomically: "graph.svg", or "graph.txt" for the characters.

        Raises:
            ValueError: the name ends in neither.
            OSError: the file cannot be written. The message says what is still whole.
        """
        path = path_of("save", f)
        writers = {".svg": to_svg, ".txt": to_text}
        write = writers.get(os.path.splitext(path)[1].lower())
        if write is None:
            raise ValueError(f"save: the name must end in .svg or .txt, not {scalars.short(path)}")
        write_file(path, write(self._picture).encode())


def _arguments(function: Callable[..., Any], args: Any, kwargs: Any) -> dict[str, Any]:
    """Return the arguments of a call by the names of the function's parameters."""
    try:
        forward = function.forward if isinstance(function, Module) else function
        bound = inspect.signature(forward).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):  # it has no signature, as some functions written in C
        bound = dict(kwargs)
    named: dict[str, Any] = {}
    for name, value in bound.items():
        if isinstance(value, Mapping):
            named.update(value)
        elif isinstance(value, (tuple, list)):
            named.update({f"{name}[{i}]": x for i, x in enumerate(value)})
        else:
            named[name] = value
    return named


def _tensors(named: Mapping[str, Any]) -> dict[str, Tensor]:
    return {str(name): x for name, x in named.items() if isinstance(x, Tensor)}


def _outputs(y: Any) -> list[Tensor]:
    """Return what is to be drawn as a list, checked: at least one tensor must have a graph."""
    outputs = list(y) if isinstance(y, (tuple, list)) else [y]
    if not outputs or not all(isinstance(x, Tensor) for x in outputs):
        raise TypeError(
            "draw_graph: it draws a Tensor, several in a tuple, or what a function or module "
            f"returns; not {scalars.short(y)}"
        )
    if all(x._node is None for x in outputs):
        why = (
            "it is a leaf, made by no operation. Draw what was computed from it."
            if any(x._requires_grad for x in outputs)
            else "nothing that it was computed from has requires_grad=True, or it was computed "
            "under no_grad()."
        )
        raise RuntimeError(f"draw_graph: there is no graph to draw: {why}")
    return outputs


def _names(argument: str, value: str | Iterable[str]) -> list[str]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, (list, tuple, set)) or not all(isinstance(n, str) for n in names):
        raise TypeError(
            f"draw_graph: {argument} must be a name or a list of names, not "
            f"{scalars.short(value)}. (No tensor can be called {argument} here.)"
        )
    return list(names)


def draw_graph(
    y: Any, /, *inputs: Any, depth: int | None = None, fold: str | Iterable[str] = (), **named: Any
) -> Drawing:
    """Draw the graph of y: every operation with its value and gradient, modules as boxes that fold.

    There are two ways to call it. Of something that was computed:

        draw_graph(loss)                 # names are those of your variables
        draw_graph(loss, a=x, b=h)       # or those that you give, also to what was computed
        draw_graph(loss, model)          # parameters have their paths in the model

    It shows shapes, leaves and all gradients, but of values between only what is still in memory.
    Inside `with keep_values():` the values, the constants and the modules are kept as well. The
    other way keeps all that by itself, as it computes what it draws:

        draw_graph(model, x)             # a module or a function, and its arguments
        draw_graph(model.loss, ids, label_smoothing=0.1)

    Values and gradients of up to 6 × 6 elements are shown, of others the shape. Gradients are those
    of y, and need a y of one element. Nothing changes: no `grad`, and the graph is not freed.

    Args:
        y: a tensor, a tuple of them, or a function or module that computes them.
        inputs: for a function its arguments; else modules, whose parameters are named.
        depth: how many levels of modules are open; those below are folded. In the picture, a click
            opens and folds them. Default: as many as can be seen at once.
        fold: modules to fold besides, by path or class: "blocks.1", ["Linear", "LayerNorm"].
        named: tensors by their names; for a function, its keyword arguments.

    Returns:
        A drawing: shown by notebooks, printed as text, written by `save("graph.svg")`.

    Raises:
        RuntimeError: there is no graph: y is a leaf, or backward() has freed it.
        ValueError: a tensor or module that is named is not in it, or it is too large to look at.
        TypeError: y is nothing that has a graph.
    """
    depth = None if depth is None else scalars.whole("draw_graph", "depth", depth, least=0)
    folded = _names("fold", fold)
    frame = sys._getframe(1)
    variables = {k: x for k, x in frame.f_locals.items() if k.isidentifier() and k[0] != "_"}
    if callable(y):
        owner = getattr(y, "__self__", y)
        modules = [owner] if isinstance(owner, Module) else []
        arguments = _arguments(y, inputs, named)
        variables = arguments | {k: x for k, x in variables.items() if k not in arguments}
        with keep_values():
            y = y(*inputs, **named)
        named = {}
    else:
        modules = list(inputs)
        for module in modules:
            if not isinstance(module, Module):
                raise TypeError(
                    "draw_graph: after y come modules, and tensors by name (x=x); not "
                    f"{scalars.short(module)}"
                )
        for name, x in named.items():
            if not isinstance(x, Tensor):
                raise TypeError(f"draw_graph: {name} must be a Tensor, not {scalars.short(x)}")
    modules += [x for x in variables.values() if isinstance(x, Module)]
    picture = build(_outputs(y), _tensors(named), _tensors(variables), modules)
    fold_boxes(picture, depth, folded)
    return Drawing(picture)
