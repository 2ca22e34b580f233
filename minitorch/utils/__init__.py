"""What goes with training: `data`, and `checkpoint`, under PyTorch's names."""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from .._compat.guests import lookup as _lookup

__all__ = ["checkpoint", "data"]

if _TYPE_CHECKING:
    from . import checkpoint, data
else:  # loaded when asked for
    __getattr__, __dir__ = _lookup(__name__, {".": "checkpoint data"})
