"""`utils._pytree`, and what else code asks for beside tensors."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from typing import Any

import pytest

import minitorch as mt
from minitorch.utils._pytree import tree_flatten, tree_map, tree_unflatten

Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    ("tree", "leaves"),
    [
        (1, [1]),
        (None, [None]),
        ([], []),
        ([1, (2, [3]), {"x": 4, "y": [5]}], [1, 2, 3, 4, 5]),
        (Pair(1, [2, 3]), [1, 2, 3]),
        (OrderedDict(b=1, a=2), [1, 2]),
        ([None, "ab"], [None, "ab"]),
    ],
)
def test_a_tree_is_taken_apart_and_built_again(tree: Any, leaves: list[Any]) -> None:
    flat, spec = tree_flatten(tree)
    assert flat == leaves
    assert spec.num_leaves == len(leaves)
    again = tree_unflatten(flat, spec)
    assert again == tree
    assert type(again) is type(tree)


def test_a_function_of_each_leaf() -> None:
    tree = {"x": [1, 2], "y": (3,)}
    assert tree_map(lambda a: 2 * a, tree) == {"x": [2, 4], "y": (6,)}
    assert tree_map(lambda a, b: a + b, tree, tree) == {"x": [2, 4], "y": (6,)}
    assert tree == {"x": [1, 2], "y": (3,)}


def test_leaves_are_paired_by_the_form_of_the_first_tree() -> None:
    def pair(*leaves: Any) -> Any:
        return leaves

    assert tree_map(pair, {"a": 1, "b": 2}, {"b": 2, "a": 1}) == {"a": (1, 1), "b": (2, 2)}
    assert tree_map(pair, [1, Pair(2, 3)], [[4], Pair(5, None)]) == [
        (1, [4]),
        Pair((2, 5), (3, None)),
    ]
    wrong: list[Any] = [([1, 2], [1, 2, 3]), ([1], (1,)), ([[1]], [1]), ({"a": 1}, {"b": 2})]
    for tree, rest in wrong:
        with pytest.raises(ValueError, match=r"tree_map: .* differ"):
            tree_map(pair, tree, rest)


def test_leaves_that_do_not_fit() -> None:
    _, spec = tree_flatten([1, 2])
    with pytest.raises(ValueError, match="3 leaves for a tree that has 2"):
        tree_unflatten([1, 2, 3], spec)


def test_a_checkpoint_has_no_gpu_to_remember() -> None:
    from minitorch.utils.checkpoint import get_device_states, set_device_states

    assert get_device_states(mt.ones(2)) == ([], [])
    set_device_states([], [])


def test_multiprocessing_is_pythons() -> None:
    import multiprocessing

    import minitorch.multiprocessing as mp

    assert mp.cpu_count() == multiprocessing.cpu_count()
    with pytest.raises(RuntimeError, match=r"spawn: .*mpiexec -n 4"):
        mp.spawn(print, nprocs=2)
