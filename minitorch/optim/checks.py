"""What optimizers and schedules accept: their options, parameters, gradients and saved states.

Each check is one line where it is needed, and says here what is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from functools import partial
from numbers import Real
from typing import Any

import numpy as np

from ..tensor import Tensor

# ------------------------------------------------------------------------------------ options


def number(
    name: str, value: Any, low: float = -math.inf, high: float = math.inf, called: str = ""
) -> None:
    """Refuse an option that is not a finite number in [low, high), or a tensor of one such.

    Args:
        name, value: the option's.
        called: what to call it in a message, "learning rate"; "`name` value" unless given.

    Raises:
        TypeError: it is no number.
        ValueError: it is out of range.
    """
    called = called or f"{name} value"
    if isinstance(value, Tensor):
        if value.numel() != 1:
            raise ValueError(f"Tensor {name} must be 1-element, not of shape {tuple(value.shape)}")
        value = value.item()
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"Invalid {called}: {name} must be a number, not {value!r}")
    if not low <= float(value) < high or value == -math.inf:
        raise ValueError(f"Invalid {called}: {value}")


def whole(name: str, value: Any, low: int) -> int:
    """Return an option, which must be a whole number, such as 3 or 3.0, and at least `low`.

    Raises:
        TypeError: it is no number.
        ValueError: it has a fraction, or is below `low`.
    """
    number(name, value)
    x = float(value)
    if x % 1 or x < low:
        raise ValueError(f"{name} must be a whole number from {low} on, not {value}")
    return int(value)


def _flag(name: str, value: Any) -> None:
    """Refuse an option that is no bool."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be a bool, not {value!r}")


def _betas(name: str, betas: Any) -> None:
    """Refuse what is not two decay rates."""
    if isinstance(betas, str) or not isinstance(betas, Sequence):
        raise TypeError(f"betas must be a pair of numbers, not {betas!r}")
    if len(betas) != 2:
        raise ValueError(f"there are two betas, not {len(betas)}: {betas}")
    if isinstance(betas[0], Tensor) != isinstance(betas[1], Tensor):
        raise ValueError("betas must be either both floats or both Tensors")
    for i, beta in enumerate(betas):
        number(f"betas[{i}]", beta, 0, 1, called=f"beta parameter at index {i}")


_OPTIONS: dict[str, Callable[[str, Any], None]] = {
    "lr": partial(number, low=0, called="learning rate"),
    "momentum": partial(number, low=0),
    "dampening": number,
    "betas": _betas,
    "eps": partial(number, low=0, called="epsilon value"),
    "weight_decay": partial(number, low=0),
    "nesterov": _flag,
    "amsgrad": _flag,
    "maximize": _flag,
}


def options(options: dict[str, Any]) -> None:
    """Refuse options of a group that SGD or Adam cannot take.

    Raises:
        TypeError: one is of another type.
        ValueError: one is out of range, or two exclude each other.
    """
    for name, value in options.items():
        if name in _OPTIONS:
            _OPTIONS[name](name, value)
    if options.get("nesterov") and (options["momentum"] <= 0 or options["dampening"] != 0):
        raise ValueError("Nesterov momentum requires a momentum and zero dampening")


# ----------------------------------------------------------------------- parameters, gradients


def listed(params: Any) -> list[Any]:
    """Return parameters, or groups of them, as a list; they must have an order."""
    if isinstance(params, set):
        raise TypeError("optimizer parameters need an order: give a list instead of a set")
    if isinstance(params, (Tensor, dict)) or not isinstance(params, Iterable):
        hint = ": put it in a list" if isinstance(params, (Tensor, dict)) else ""
        hint = ": give its .parameters()" if hasattr(params, "parameters") else hint
        raise TypeError(
            "params argument given to the optimizer should be an iterable of Tensors or dicts, but "
            f"got a {type(params).__name__}{hint}"
        )
    return list(params)


def parameters(group: Any) -> list[Tensor]:
    """Return a group's parameters as a list, if an optimizer can change them."""
    if not isinstance(group, dict):
        raise TypeError(f"param_group must be a dict, but got {type(group)}")
    if "params" not in group:
        raise ValueError(f"a parameter group needs its 'params', and has only {list(group)}")
    params = group["params"]
    found = [params] if isinstance(params, Tensor) else listed(params)
    for p in found:
        if not isinstance(p, Tensor):
            raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {p!r}")
        if not p.is_leaf:
            raise ValueError("can't optimize a non-leaf Tensor: it is the result of an operation")
        if p.array.dtype.kind != "f":
            raise ValueError(f"can't optimize a Tensor of dtype {p.dtype}: it has no gradient")
        sizes = zip(p.array.shape, p.array.strides, strict=True)
        if p.array.size and any(n > 1 and step == 0 for n, step in sizes):
            raise ValueError(
                "can't optimize a Tensor that holds an element more than once, as expand() makes "
                "it: take its clone()"
            )
    return found


def gradient(p: Tensor) -> None:
    """Refuse a gradient that does not have its parameter's shape and dtype."""
    g = p.grad
    assert g is not None
    if g.array.shape != p.array.shape or g.array.dtype != p.array.dtype:
        raise RuntimeError(
            f"step: a parameter of shape {tuple(p.shape)} and dtype {p.dtype} was assigned a "
            f"gradient of shape {tuple(g.shape)} and dtype {g.dtype}: they must be the same"
        )


# --------------------------------------------------------------------------------- saved states


def entry(of: Mapping[Any, Any], where: str, name: str, kind: type) -> Any:
    """Return an entry of a saved state, which must be there and of a type.

    Raises:
        ValueError: it is not.
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
    """Say of what is refused inside the block where it stands in a saved state."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise ValueError(f"loaded state dict, {where}: {error}") from None


def groups(state_dict: Any, own: list[dict[str, Any]], names: Iterable[str]) -> list[Any]:
    """Return the groups of a saved state, which must have the sizes of the optimizer's.

    Args:
        state_dict: what was saved.
        own: the optimizer's groups.
        names: the options that each group must have.
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"a state dict is a dict, not a {type(state_dict).__name__}")
    loaded: list[Any] = entry(state_dict, "", "param_groups", list)
    if len(loaded) != len(own):
        raise ValueError(
            "loaded state dict has a different number of parameter groups: "
            f"{len(loaded)}, not {len(own)}"
        )
    for i, group in enumerate(loaded):
        where = f", param_groups[{i}]"
        if not isinstance(group, Mapping):
            raise ValueError(f"loaded state dict{where} is a {type(group).__name__}, not a dict")
        entry(group, where, "params", list)
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
    """Copy a number of steps; PyTorch saves it as a tensor."""
    return whole("step", value, low=0)


_STATE: dict[str, Callable[[Tensor, Any], Any]] = {
    "step": count,
    "momentum_buffer": moment,
    "exp_avg": moment,
    "exp_avg_sq": squares,
    "max_exp_avg_sq": squares,
}


def state(
    where: str, p: Tensor, values: Any, keeps: Sequence[str], amsgrad: bool
) -> dict[str, Any]:
    """Copy a parameter's state, if it is one that its optimizer can go on from.

    Args:
        where: the state stands in what was saved.
        p: the parameter.
        values: its state.
        keeps: the names that it has, if it has any; where there are none, they may be any.
        amsgrad: is "max_exp_avg_sq" needed too?
    """
    if not isinstance(values, Mapping):
        raise ValueError(f"loaded state dict, {where} is a {type(values).__name__}, not a dict")
    for name in keeps if values else ():
        if name != "max_exp_avg_sq" or amsgrad:
            entry(values, f", {where}", name, object)
    copied = {}
    for name, value in values.items():
        if keeps and name not in keeps:
            raise ValueError(f"loaded state dict, {where} has {name!r}, and should have {keeps}")
        with loading(f"{where}[{name!r}]"):
            copied[name] = (_STATE[name] if keeps else anything)(p, value)
    return copied
