"""`minitorch.utils._pytree`: the leaves of nested lists, tuples and dicts, and back again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["TreeSpec", "tree_flatten", "tree_leaves", "tree_map", "tree_unflatten"]


class TreeSpec:
    """The form of a tree: the kind of its root, and the forms of what is in it. A leaf has none."""

    def __init__(self, like: Any = None, parts: list[TreeSpec] | None = None) -> None:
        self.like, self.parts = like, parts
        self.num_leaves: int = 1 if parts is None else sum(part.num_leaves for part in parts)


def _parts(tree: Any) -> list[Any] | None:
    """Return what a list, a tuple or a dict holds; None for a leaf."""
    if isinstance(tree, dict):
        return list(tree.values())
    return list(tree) if isinstance(tree, (list, tuple)) else None


def tree_flatten(tree: Any) -> tuple[list[Any], TreeSpec]:
    """Return the leaves, in order, and the form. Lists, tuples and dicts have parts."""
    parts = _parts(tree)
    if parts is None:
        return [tree], TreeSpec()
    each = [tree_flatten(part) for part in parts]
    leaves = [leaf for flat, _ in each for leaf in flat]
    return leaves, TreeSpec(tree, [spec for _, spec in each])


def tree_leaves(tree: Any) -> list[Any]:
    """Return the leaves of a tree, in order."""
    return tree_flatten(tree)[0]


def tree_unflatten(leaves: Any, treespec: TreeSpec) -> Any:
    """Build a tree of that form from its leaves.

    Raises:
        ValueError: there are fewer leaves, or more, than the form has.
    """
    leaves = list(leaves)
    if len(leaves) != treespec.num_leaves:
        raise ValueError(f"{len(leaves)} leaves for a tree that has {treespec.num_leaves}")
    if treespec.parts is None:
        return leaves[0]
    built, start = [], 0
    for part in treespec.parts:
        built.append(tree_unflatten(leaves[start : start + part.num_leaves], part))
        start += part.num_leaves
    like = treespec.like
    if isinstance(like, dict):
        copy = like.copy()
        copy.update(zip(like, built, strict=True))
        return copy
    return type(like)(*built) if hasattr(like, "_fields") else type(like)(built)


def _leaves_like(spec: TreeSpec, tree: Any) -> list[Any]:
    """Return what stands in a tree where one of that form has its leaves.

    Raises:
        ValueError: the tree has another form.
    """
    if spec.parts is None:
        return [tree]
    parts, like = _parts(tree), spec.like
    if parts is None or type(tree) is not type(like) or len(parts) != len(spec.parts):
        raise ValueError(f"tree_map: {like!r} and {tree!r} differ in form")
    if isinstance(tree, dict):
        if tree.keys() != like.keys():
            raise ValueError(f"tree_map: the keys of {like!r} and {tree!r} differ")
        parts = [tree[key] for key in like]
    each = zip(spec.parts, parts, strict=True)
    return [leaf for part, inside in each for leaf in _leaves_like(part, inside)]


def tree_map(func: Callable[..., Any], tree: Any, *rests: Any) -> Any:
    """Return a tree of what the function makes of each leaf, with those of the rests beside it.

    Raises:
        ValueError: one of the rests has another form. A leaf of the tree may stand for a tree.
    """
    leaves, spec = tree_flatten(tree)
    beside = [_leaves_like(spec, rest) for rest in rests]
    return tree_unflatten(map(func, leaves, *beside), spec)
