"""Speed, to be skipped at first: small parameters laid end to end, and updated as one long array.

Most parameters of a model are so small that NumPy takes longer to be called than to compute. Where
an update treats every element by itself, as Adam's does, it may as well be called once for many:

    x = [x1 | x2 | …]     g = [g1 | g2 | …]     update(x, g, state, options)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import is_
from typing import Any, TypeAlias

import numpy as np

from ..dtypes import Array
from ..tensor import Tensor

Update: TypeAlias = Callable[[Array, Array, dict[str, Any], dict[str, Any]], None]
"""`update(x, g, state, options)`, as `Optimizer.update`, which treats each element by itself.

Its state holds tensors of the shape of x, and numbers. The numbers of two parameters are equal if
their "step" is.
"""

SMALL = 2**15
"""The most elements of a parameter that is updated together with others."""


def end_to_end(arrays: list[Array], out: Array | None = None) -> Array:
    """Copy the elements of all arrays into one of a single dimension."""
    return np.concatenate(arrays, axis=None, out=out)


def cut(flat: Array, like: list[Array]) -> list[Array]:
    """Return views of what was laid end to end, in the shapes of arrays."""
    views, start = [], 0
    for a in like:
        views.append(flat[start : start + a.size].reshape(a.shape))
        start += a.size
    return views


def _same(a: list[Any], b: list[Any]) -> bool:
    """Say whether two lists hold the very same objects."""
    return len(a) == len(b) and all(map(is_, a, b))


class Bundle:
    """Parameters that are updated as one, with their optimizer state.

    The parameters are copied end to end before an update, and back after it. The state stays end to
    end: the tensors in the parameters' states become views of it.
    """

    def __init__(self, params: list[Tensor]) -> None:
        arrays = [p.array for p in params]
        self.params = params
        self.x = end_to_end(arrays)
        self.views = cut(self.x, arrays)
        self.flat_states: dict[str, tuple[Tensor, list[Array]]] = {}

    def update(self, update: Update, states: list[dict[str, Any]], options: dict[str, Any]) -> None:
        """Update all parameters by their gradients, each with its state."""
        end_to_end([p.array for p in self.params], out=self.x)
        g = end_to_end([p._grad.array for p in self.params if p._grad is not None])
        state = {
            name: self._flat_state(name, states) if isinstance(value, Tensor) else value
            for name, value in states[0].items()
        }
        update(self.x, g, state, options)
        for p, view in zip(self.params, self.views, strict=True):
            p.array[...] = view
        for name, value in state.items():
            if not isinstance(value, Tensor):
                for own in states:
                    own[name] = value
            elif name not in states[0]:  # as after the first step
                views = cut(value.array, self.views)
                self.flat_states[name] = value, views
                for own, view in zip(states, views, strict=True):
                    own[name] = Tensor._wrap(view)

    def _flat_state(self, name: str, states: list[dict[str, Any]]) -> Tensor:
        """Return the state tensors of one name, laid end to end.

        They are copied there anew if a state was loaded, or a parameter was in another bundle.
        """
        tensors = [state[name] for state in states]
        whole, views = self.flat_states.get(name, (None, []))
        if whole is None or not _same([t.array for t in tensors], views):
            whole = Tensor._wrap(end_to_end([t.array for t in tensors]))
            views = cut(whole.array, self.views)
            self.flat_states[name] = whole, views
            for t, view in zip(tensors, views, strict=True):
                t.array = view
        return whole


class Bundles:
    """Calls an update once for all small parameters of one dtype that took equally many steps."""

    def __init__(self) -> None:
        self._known: dict[Any, Bundle] = {}

    def __reduce__(self) -> Any:  # a copy of an optimizer lays its parameters end to end anew
        return Bundles, ()

    def update_all(
        self,
        update: Update,
        params: list[Tensor],
        states: Mapping[Tensor, dict[str, Any]],
        options: dict[str, Any],
    ) -> None:
        """Update parameters by their gradients.

        Args:
            update: the update of one of them.
            params: those that have a gradient.
            states: the optimizer state of each.
            options: those of the parameters' group.
        """
        alike: dict[Any, list[Tensor]] = {}
        # If two parameters share memory, the second update must see the result of the first.
        memories = {id(p._version) for p in params}
        some_share = len(memories) < len(params)
        for i, p in enumerate(params):
            if p.array.size > SMALL:
                assert p._grad is not None
                update(p.array, p._grad.array, states[p], options)
            else:
                state = states[p]
                key = p.array.dtype, len(state), state.get("step"), i if some_share else None
                alike.setdefault(key, []).append(p)
        for (dtype, *_), small in alike.items():
            bundle = self._known.get((dtype, small[0]))
            if bundle is None or not _same(bundle.params, small):
                bundle = self._known[dtype, small[0]] = Bundle(small)
            bundle.update(update, [states[p] for p in small], options)
