"""What goes with training: `data`, and `checkpoint`, under PyTorch's names."""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from .._compat.guests import door as _door

__all__ = ["checkpoint", "data"]

if _TYPE_CHECKING:
    from . import checkpoint, data
else:  # loaded when asked for
    __getattr__, __dir__ = _door(__name__, {".": "checkpoint data"})
