"""`fused=` and the like: they say how PyTorch's optimizers compute, not what. No effect here.

They are not among the options of a group either, so that a state that is saved does not depend on
them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ..scalars import flag

NO_EFFECT = {  # of each optimizer, the options that PyTorch's has besides
    "Adagrad": ("foreach", "fused", "differentiable"),
    "Adam": ("foreach", "fused", "capturable", "differentiable"),
    "AdamW": ("foreach", "fused", "capturable", "differentiable"),
    "RMSprop": ("foreach", "capturable", "differentiable"),
    "SGD": ("foreach", "fused", "differentiable"),
}


def _check(name: str, given: dict[str, Any]) -> None:
    for option, value in given.items():
        if value is not None:
            flag(name, option, value)
    if given.get("foreach") and given.get("fused"):
        raise RuntimeError(f"{name}: `fused` and `foreach` cannot be `True` together.")
    if given.get("differentiable"):
        raise RuntimeError(
            f"{name}: differentiable=True asks for gradients through step(), which there are not: "
            "it changes the parameters' arrays. Write the update in operations on tensors."
        )


def take_options_without_effect(optimizer: type) -> None:
    """Let a class of optimizers take the options of `NO_EFFECT` too."""
    init: Callable[..., None] = optimizer.__init__  # type: ignore[misc]
    names = NO_EFFECT[optimizer.__name__]

    @wraps(init)
    def __init__(self: Any, *args: Any, **options: Any) -> None:
        given = {name: options.pop(name) for name in names if name in options}
        _check(optimizer.__name__, given)
        init(self, *args, **options)

    __init__.also_takes = names  # type: ignore[attr-defined]
    optimizer.__init__ = __init__  # type: ignore[misc]
