"""Checks of a saved state that an optimizer or a schedule loads, made before anything changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import numpy as np

from ..scalars import sequence
from ..tensor import Tensor
from . import checks


def entry(of: Mapping[Any, Any], where: str, name: str, kind: type) -> Any:
    """Return of[name], or raise ValueError if it is missing or of another type than `kind`.

    `where` says in the message where in the saved state `of` stands, as in ", state[0]".
    """
    if name not in of:
        raise ValueError(f"loaded state dict{where} has no {name!r}")
    if not isinstance(of[name], kind):
        raise ValueError(
            f"loaded state dict{where}: its {name!r} is a {type(of[name]).__name__}, not a "
            f"{kind.__name__}"
        )
    return of[name]


@contextmanager
def loading(where: str) -> Iterator[None]:
    """Turn an error inside the block into a ValueError that says where in the state it is."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise ValueError(f"loaded state dict, {where}: {error}") from None


def groups(state_dict: Any, own: list[dict[str, Any]], names: Iterable[str]) -> list[Any]:
    """Return the groups of a saved state.

    Args:
        state_dict: what was saved.
        own: the optimizer's groups.
        names: the options that each group must have.

    Raises:
        TypeError: the state is no dict.
        ValueError: an option is missing, or the groups have other sizes than the optimizer's.
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"a state dict is a dict, not a {type(state_dict).__name__}")
    loaded: list[Any] = entry(state_dict, "", "param_groups", Sequence)
    if len(loaded) != len(own):
        raise ValueError(
            "loaded state dict has a different number of parameter groups: "
            f"{len(loaded)}, not {len(own)}"
        )
    for i, group in enumerate(loaded):
        where = f", param_groups[{i}]"
        if not isinstance(group, Mapping):
            raise ValueError(f"loaded state dict{where} is a {type(group).__name__}, not a dict")
        entry(group, where, "params", Sequence)
        for name in names:
            entry(group, where, name, object)
    sizes, own_sizes = ([len(group["params"]) for group in some] for some in (loaded, own))
    if sizes != own_sizes:
        raise ValueError(
            "loaded state dict contains a parameter group that doesn't match the size of "
            f"optimizer's group: they have {sizes} parameters, and should have {own_sizes}"
        )
    return loaded


def anything(p: Tensor, value: Any) -> Any:
    """Copy a value of a parameter's state; a floating-point tensor takes the parameter's dtype."""
    if not isinstance(value, Tensor):
        return deepcopy(value)
    if value.ndim and value.shape != p.shape:
        raise ValueError(f"its shape is {tuple(value.shape)}, and the parameter's {tuple(p.shape)}")
    dtype = p.array.dtype if value.dtype.is_floating_point else value.array.dtype
    return value._wrap(value.array.astype(dtype))


def moment(p: Tensor, value: Any) -> Tensor:
    """Copy a moving average of gradients, as numbers of the parameter's dtype."""
    if not isinstance(value, Tensor):
        raise TypeError(f"it must be a Tensor, not {value!r}")
    given = value.array
    if given.shape != p.array.shape:
        raise ValueError(f"its shape is {given.shape}, and the parameter's {p.array.shape}")
    if given.dtype.kind != "f":
        raise ValueError(f"its dtype must be floating-point, not {value.dtype}")
    with np.errstate(over="ignore"):
        copied = given.astype(p.array.dtype)
    if not np.array_equal(np.isinf(copied), np.isinf(given)):
        raise ValueError(f"it holds numbers that are too large for {p.dtype}")
    return Tensor._wrap(copied)


def squares(p: Tensor, value: Any) -> Tensor:
    """Copy a moving average of squares, of which none can be negative."""
    copied = moment(p, value)
    if (copied.array < 0).any():
        raise ValueError("it is an average of squares, and holds negative numbers")
    return copied


def count(p: Tensor, value: Any) -> int:
    """Return a number of steps as an int; PyTorch saves it as a tensor."""
    return checks.whole("step", value, low=0)


_STATE: dict[str, Callable[[Tensor, Any], Any]] = {
    "step": count,
    "momentum_buffer": moment,
    "exp_avg": moment,
    "exp_avg_sq": squares,
    "max_exp_avg_sq": squares,
    "square_avg": squares,
    "grad_avg": moment,
    "sum": squares,
}

_ONLY_WITH = {"max_exp_avg_sq": "amsgrad", "momentum_buffer": "momentum", "grad_avg": "centered"}
"""What an optimizer keeps only if it has an option."""


def state(
    where: str, p: Tensor, values: Any, keeps: Sequence[str], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Copy the saved state of a parameter.

    Args:
        where: its place in the saved state, for messages.
        p: the parameter.
        values: its state, empty before the first step.
        keeps: the names of the entries that it must have; if none are given, it may have any.
        options: those of the parameter's group, without which some entries are not needed.

    Raises:
        ValueError: an entry is missing, unknown, or not a value that the optimizer can continue
            from.
    """
    if not isinstance(values, Mapping):
        raise ValueError(f"loaded state dict, {where} is a {type(values).__name__}, not a dict")
    for name in keeps if values else ():
        if name not in _ONLY_WITH or options.get(_ONLY_WITH[name]):
            entry(values, f", {where}", name, object)
    copied = {}
    for name, value in values.items():
        if keeps and name not in keeps:
            raise ValueError(f"loaded state dict, {where} has {name!r}, and should have {keeps}")
        with loading(f"{where}[{name!r}]"):
            copy = _STATE.get(name, anything) if keeps else anything
            copied[name] = copy(p, value)
    return copied


def schedule(state_dict: Any, own: dict[str, Any]) -> None:
    """Raise unless a saved state has the entries of a schedule's own state, and valid rates."""
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"a state dict is a dict, not a {type(state_dict).__name__}")
    for name, mine in own.items():
        if name == "_step_count":  # which older states do not have
            continue
        value = entry(state_dict, "", name, object)
        if name in ("base_lrs", "_last_lr", "lr_lambdas", "_schedulers"):
            with loading(name):
                if len(sequence("", "it", value)) != len(mine):
                    raise ValueError(f"it has {len(value)} entries, and should have {len(mine)}")
                for number in value if name in ("base_lrs", "_last_lr") else ():
                    checks.number("lr", number, low=0, called="learning rate")
