"""How a tensor is printed: as in PyTorch.

    >>> import minitorch
    >>> minitorch.tensor([1.0, 20.0]), minitorch.tensor([1.5, 20.0]), minitorch.tensor([1e-6, 20.0])
    (tensor([ 1., 20.]), tensor([ 1.5000, 20.0000]), tensor([1.0000e-06, 2.0000e+01]))

All elements of a tensor are printed in one format, and in one width. `_format_of` chooses it for
those that will be seen: whole numbers as "1.", others with four digits after the point, and with an
exponent where they differ too much in size for that.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import dtypes
from .dtypes import Array
from .scalars import number, whole

if TYPE_CHECKING:
    from .tensor import Tensor

Format = Callable[[Any], str]


class Options(NamedTuple):
    """What `set_printoptions` sets."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": Options(),
    "short": Options(precision=2, edgeitems=2),
    "full": Options(threshold=math.inf),
}
_options = Options()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are printed from now on. Of the first four, what is None stays as it is.

    Args:
        precision: digits after the point (4).
        threshold: a tensor with more elements than this is shortened (1000).
        edgeitems: how many items a shortened tensor shows at each end of a dimension (3).
        linewidth: characters in a line (80).
        profile: "default", "short" or "full": values of the first four to start from.
        sci_mode: print with an exponent always, or never; None lets the numbers decide.

    Raises:
        TypeError, ValueError: one is no such number, or there is no such profile; nothing changes.
    """
    global _options
    for name, value in (
        ("precision", precision), ("edgeitems", edgeitems), ("linewidth", linewidth),
    ):  # fmt: skip
        if value is not None:
            whole("set_printoptions", name, value, least=0)
    if threshold is not None:
        number("set_printoptions", "threshold", threshold, 0, math.inf)
    if not isinstance(sci_mode, (bool, NoneType)):
        raise TypeError(f"set_printoptions: sci_mode must be True, False or None, not {sci_mode!r}")
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(
                f"set_printoptions: profile must be one of {[*_PROFILES]}, not {profile!r}"
            )
        _options = _PROFILES[profile]
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    _options = _options._replace(sci_mode=sci_mode, **changes)


def _format_of(array: Array) -> tuple[Format, int]:
    """Choose a function that turns an element of the array into text, and the width of that."""
    if array.dtype.kind != "f":
        width = max(len(str(value)) for value in array.ravel().tolist())
        return lambda value: str(value).rjust(width), width
    finite = array[np.isfinite(array) & (array != 0)].astype(np.float64)
    sizes = np.abs(finite) if finite.size else np.ones(1)
    smallest, largest = sizes.min(), sizes.max()
    whole = bool((finite == np.ceil(finite)).all())
    digits, exponent = _options.precision, _options.sci_mode
    if exponent is None:
        exponent = largest / smallest > 1000 or largest > 1e8 or (not whole and smallest < 1e-4)
    form = f".{digits}e" if exponent else ".0f" if whole else f".{digits}f"
    point = "." if form == ".0f" else ""

    def plain(value: float) -> str:
        return format(value, form) + (point if math.isfinite(value) else "")

    width = max((len(plain(value)) for value in finite.tolist()), default=1)
    return lambda value: plain(value).rjust(width), width


def _seen(n: int) -> Array:
    """Return the positions along a dimension of size n that a shortened tensor shows."""
    positions, edge = np.arange(n), _options.edgeitems
    return positions if n <= 2 * edge else np.r_[positions[:edge], positions[n - edge :]]


def _brackets(array: Array, indent: int, shorten: bool, write: Format, width: int) -> str:
    """Return the elements as text, in nested brackets, as many to a line as fit."""
    if not array.ndim:
        return write(array.item())
    edge = _options.edgeitems
    shorten_here = shorten and len(array) > 2 * edge
    parts = [*array[:edge], *array[len(array) - edge :]] if shorten_here else [*array]
    if array.ndim == 1:
        texts = [write(part.item()) for part in parts]
        dots, gap = " ...", ", "
    else:
        texts = [_brackets(part, indent + 1, shorten, write, width) for part in parts]
        dots, gap = "...", "," + "\n" * (array.ndim - 1) + " " * (indent + 1)
    if shorten_here:
        texts.insert(edge, dots)
    if array.ndim == 1:
        n = max(1, (_options.linewidth - indent) // (width + 2))
        texts = [", ".join(texts[i : i + n]) for i in range(0, len(texts), n)]
        gap = ",\n" + " " * (indent + 1)
    return f"[{gap.join(texts)}]"


def _array_text(array: Array, indent: int) -> str:
    if not array.size:
        return "[]"
    shorten = array.size > _options.threshold
    if shorten and not _options.edgeitems:
        return "[...]"
    seen = array[np.ix_(*[_seen(n) for n in array.shape])] if shorten and array.ndim else array
    write, width = _format_of(seen)
    return _brackets(array, indent, shorten, write, width)


def tensor_repr(x: Tensor) -> str:
    """Return the text for a tensor, such as `tensor([1., 2.], requires_grad=True)`."""
    array, prefix, notes = x.array, "tensor(", []
    if (not array.size and array.ndim != 1) or not _options.edgeitems:
        notes.append(f"size={array.shape}")
    default = dtypes.get_default_dtype()
    if x.dtype not in ((default, dtypes.int64, dtypes.bool) if array.size else (default,)):
        notes.append(f"dtype={x.dtype}")
    if x._node is not None:
        notes.append(f"grad_fn={x._node}")
    elif x._requires_grad:
        notes.append("requires_grad=True")
    text = prefix + _array_text(array, len(prefix))
    length = len(text) - text.rfind("\n") + 1
    for note in notes:
        fits = length + len(note) + 2 <= _options.linewidth
        text += f", {note}" if fits else f",\n{' ' * len(prefix)}{note}"
        length = length + len(note) + 2 if fits else len(prefix) + len(note)
    return text + ")"
