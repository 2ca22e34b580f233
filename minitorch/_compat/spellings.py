"""NumPy's names of arguments, which PyTorch takes too: `axis` for `dim`, `keepdims` for `keepdim`.

The operations do not know them. In `minitorch` and in `Tensor`, each operation that has a `dim` is
wrapped in a function that translates. That takes 0.05 µs, with keywords 0.15 µs, and a training
step calls one such operation, the sum of the loss.

`where` of a condition alone is another spelling too, of `nonzero`; and so are `softmax` without a
dimension, and the `size_average` of a loss.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload
from warnings import warn

from .. import ops
from ..ops.arguments import tensor

if TYPE_CHECKING:
    from ..ops.operand import Operand
    from ..tensor import Tensor

F = TypeVar("F", bound=Callable[..., Any])

OLD_ORDER = [  # a method, the option that came first, and how many tensors follow
    ("add_", "alpha", 1), ("sub_", "alpha", 1), ("addcmul_", "value", 2), ("addcdiv_", "value", 2),
]  # fmt: skip
OURS = {"axis": "dim", "keepdims": "keepdim"}
REFUSING = {"Tensor.unflatten"} | {
    f"{place}.{name}"
    for place in ("minitorch", "Tensor")
    for name in ("norm", "split", "unique", "unique_consecutive")
}
"""What PyTorch has in Python rather than in C++ takes no other names."""


def _translated(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options under our names; raise TypeError if one is given under both."""
    for numpys, ours in OURS.items():
        if numpys in options and ours in options:
            raise TypeError(f"{name}() got both {ours}= and {numpys}=, which mean the same")
    return {OURS.get(option, option): value for option, value in options.items()}


def by_numpys_names(op: F) -> F:
    """Let an operation take NumPy's names too: wrap it in a function that translates them."""

    @wraps(op)
    def call(*args: Any, **options: Any) -> Any:
        if not options:
            return op(*args)  # which takes less time
        if "axis" in options or "keepdims" in options:
            options = _translated(op.__name__, options)
        return op(*args, **options)

    return cast(F, call)


def with_chosen_dim(op: F) -> F:
    """Let softmax and its kin be called without a dimension: it is 1, or 0 of 0, 1 or 3.

    PyTorch takes that too, and warns. Programs of before 2018 are written so.
    """

    @wraps(op)
    def call(input: Tensor, dim: int | None = None, *args: Any, **options: Any) -> Any:
        if dim is not None:
            return op(input, dim, *args, **options)
        dim = int(tensor(op.__name__, "input", input).ndim not in (0, 1, 3))
        y = op(input, dim, *args, **options)
        warn(f"{op.__name__}: no dim is given, and it is {dim}. Write dim={dim}.", stacklevel=2)
        return y

    call.__module__ = "minitorch.nn.functional"  # where pickle finds it
    return cast(F, call)


def _has_dim(op: Any) -> bool:
    while hasattr(op, "__wrapped__"):  # a method in place has the arguments of its operation
        op = op.__wrapped__
    code = op.__code__
    return "dim" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


@overload
def where(condition: Tensor) -> tuple[Tensor, ...]: ...
@overload
def where(condition: Tensor, input: Operand, other: Operand) -> Tensor: ...
def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """As `ops.where`. Of a condition alone: where it holds, as `nonzero(condition, as_tuple=True)`.

    Raises:
        TypeError: the condition is not a bool tensor.
    """
    if input is None and other is None:
        return ops.nonzero(condition, as_tuple=True)
    return ops.where(condition, input, other)


def _number_first(op: Callable[..., Any], option: str, tensors: int) -> Callable[..., Any]:
    @wraps(op)
    def call(input: Any, *args: Any, **options: Any) -> Any:
        if len(args) > tensors:
            warn(
                f"{op.__name__}(number, tensor) is deprecated: write {op.__name__}(tensor, "
                f"{option}=number), as PyTorch wants it too",
                UserWarning,
                stacklevel=2,
            )
            return op(input, *args[1:], **{option: args[0]}, **options)
        return op(input, *args, **options)

    return call


def split(self: Tensor, split_size: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """As `ops.split`, whose argument has another name. So it is in PyTorch."""
    return ops.split(self, split_size, dim)


def take_other_arguments(tensor: type) -> None:
    """Let methods take the number first: `x.add_(0.5, y)` for `x.add_(y, alpha=0.5)`.

    Optimizers of before 2020 are written so. PyTorch takes it, and warns. And let `x.split` have
    its own argument.
    """
    for name, option, tensors in OLD_ORDER:
        setattr(tensor, name, _number_first(getattr(tensor, name), option, tensors))
    tensor.split = split  # type: ignore[attr-defined]


def _takes_size_average(loss: Callable[..., Any]) -> Callable[..., Any]:
    later = "huber" in loss.__qualname__.lower()  # which never took it; its warnings look past us

    @wraps(loss)
    def call(*args: Any, **options: Any) -> Any:
        if not later and ("size_average" in options or "reduce" in options):
            average, reduce = options.pop("size_average", None), options.pop("reduce", None)
            if average is not None or reduce is not None:
                whole = reduce is None or reduce
                of_all = "mean" if average is None or average else "sum"
                options["reduction"] = of_all if whole else "none"
                warn(
                    "size_average and reduce args will be deprecated, please use "
                    f"reduction='{options['reduction']}' instead.",
                    UserWarning,
                    stacklevel=2,
                )
        return loss(*args, **options)

    call.also_takes = () if later else ("size_average", "reduce")  # type: ignore[attr-defined]
    return call


def take_size_average(module: str) -> None:
    """Let the losses of a module take what `reduction=` was before 2018, and warn.

    `size_average=False` is the sum; `reduce=False` is none.
    """
    for name, loss in list(vars(sys.modules[module]).items()):
        owner, name = (loss, "__init__") if isinstance(loss, type) else (sys.modules[module], name)
        code: Any = getattr(getattr(owner, name), "__code__", None)
        if code and "reduction" in code.co_varnames[: code.co_argcount]:
            call = _takes_size_average(getattr(owner, name))
            call.__module__ = module  # where pickle finds it
            setattr(owner, name, call)


def take_numpys_names(module: str, *classes: type) -> None:
    """Let the operations in a module and in classes take NumPy's names; wrap each once."""
    wrapped: dict[Any, Any] = {}
    for owner in (sys.modules[module], *classes):
        place = "Tensor" if isinstance(owner, type) else module
        for name, op in list(vars(owner).items()):
            if isinstance(op, FunctionType) and _has_dim(op) and f"{place}.{name}" not in REFUSING:
                if op not in wrapped:
                    wrapped[op] = by_numpys_names(op)
                    wrapped[op].__module__ = module  # where pickle finds it
                setattr(owner, name, wrapped[op])
