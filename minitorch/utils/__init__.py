"""What goes with training: `data`, and `checkpoint`, under PyTorch's names."""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from .._compat.guests import door as _door
from . import data

__all__ = ["data"]

if not _TYPE_CHECKING:
    __getattr__ = _door(__name__)
