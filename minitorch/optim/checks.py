"""Checks of what optimizers and schedules are given: options, parameters, gradients."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from .. import scalars
from ..scalars import LARGEST
from ..tensor import Tensor

BELOW_1 = math.nextafter(1, 0)

# ------------------------------------------------------------------------------------ options


def number(
    name: str, value: Any, low: float = -LARGEST, high: float = LARGEST, called: str = ""
) -> Any:
    """Return an option that is a finite number in [low, high], or a tensor of one, as a number.

    Args:
        name, value: the option's.
        low, high: the range.
        called: what PyTorch calls it in a message, such as "learning rate"; f"{name} value" unless
            given.

    Raises:
        TypeError: it is no number.
        ValueError: it is out of range.
    """
    if isinstance(value, Tensor):
        if value.numel() != 1:
            raise ValueError(f"Tensor {name} must be 1-element, not of shape {tuple(value.shape)}")
        value = value.item()
    try:
        return scalars.number("", name, value, low, high)
    except ValueError:
        raise ValueError(f"Invalid {called or f'{name} value'}: {value}") from None


def whole(name: str, value: Any, low: int) -> int:
    """Return an option that is a whole number, such as 3 or 3.0, and at least `low`, as an int.

    Raises:
        TypeError: it is no number.
        ValueError: it has a fraction, or is below `low`.
    """
    x = number(name, value)
    if x % 1 or x < low:
        raise ValueError(f"{name} must be a whole number from {low} on, not {value}")
    return int(x)


def _betas(name: str, betas: Any) -> None:
    """Raise unless these are two decay rates, each in [0, 1)."""
    if len(scalars.sequence("", name, betas)) != 2:
        raise ValueError(f"there are two betas, not {len(betas)}: {betas}")
    if isinstance(betas[0], Tensor) != isinstance(betas[1], Tensor):
        raise ValueError("betas must be either both floats or both Tensors")
    for i, beta in enumerate(betas):
        number(f"betas[{i}]", beta, 0, BELOW_1, called=f"beta parameter at index {i}")


flag = partial(scalars.flag, "")

_OPTIONS: dict[str, Callable[[str, Any], Any]] = {
    "lr": partial(number, low=0, called="learning rate"),
    "momentum": partial(number, low=0),
    "dampening": number,
    "betas": _betas,
    "eps": partial(number, low=0, called="epsilon value"),
    "weight_decay": partial(number, low=0),
    "alpha": partial(number, low=0, high=1),
    "lr_decay": partial(number, low=0),
    "initial_accumulator_value": partial(number, low=0),
    "centered": flag,
    "nesterov": flag,
    "amsgrad": flag,
    "maximize": flag,
}


def options(options: dict[str, Any]) -> None:
    """Check the options of a parameter group of one of the optimizers.

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
    """Return parameters, or groups of them, as a list; raise TypeError if they have no order."""
    if isinstance(params, (set, frozenset)):
        raise TypeError("optimizer parameters need an order: give a list instead of a set")
    if isinstance(params, (Tensor, dict)) or not isinstance(params, Iterable):
        hint = ": put it in a list" if isinstance(params, (Tensor, dict)) else ""
        hint = ": give its .parameters()" if hasattr(params, "parameters") else hint
        raise TypeError(
            "params argument given to the optimizer should be an iterable of Tensors or dicts, but "
            f"got a {type(params).__name__}{hint}"
        )
    return list(params)


def parameters(group: Any) -> tuple[list[Tensor], list[str]]:
    """Return the parameters of a group, and their names if it gives (name, parameter).

    Raises:
        TypeError: the group is no dict, or holds something other than tensors.
        ValueError: it has no parameters, or an optimizer cannot change one of them in place; or
            some have names, and others do not.
    """
    if not isinstance(group, dict):
        raise TypeError(f"param_group must be a dict, but got {type(group)}")
    if "params" not in group:
        raise ValueError(f"a parameter group needs its 'params', and has only {list(group)}")
    params = group["params"]
    found = [params] if isinstance(params, Tensor) else listed(params)
    named = [p for p in found if isinstance(p, tuple) and len(p) == 2 and isinstance(p[0], str)]
    names = [name for name, _ in named]
    if names:
        if len(names) < len(found):
            raise ValueError(
                "all optimizer params should be with/without names. Some param names are missing"
            )
        found = [p for _, p in named]
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
        if p.requires_grad and not p.array.flags.writeable:
            raise ValueError(
                "can't optimize a Tensor of memory that is read-only: take its clone()"
            )
    return found, names


def gradient(p: Tensor, g: Tensor) -> None:
    """Raise RuntimeError unless a gradient has its parameter's shape and dtype."""
    if g.array.shape != p.array.shape or g.array.dtype != p.array.dtype:
        raise RuntimeError(
            f"step: a parameter of shape {tuple(p.shape)} and dtype {p.dtype} was assigned a "
            f"gradient of shape {tuple(g.shape)} and dtype {g.dtype}: they must be the same"
        )
