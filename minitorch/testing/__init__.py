"""Checks for derivatives and values: the library's own tests use them, and so can yours.

gradients    gradcheck() and gradgradcheck(): backpropagation against finite differences
comparison   assert_close(): equal up to the rounding of the dtype
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from .._compat.guests import lookup as _lookup
from .comparison import assert_close
from .gradients import GradcheckError, gradcheck, gradgradcheck

__all__ = ["GradcheckError", "assert_close", "gradcheck", "gradgradcheck"]

if not _TYPE_CHECKING:
    __getattr__, __dir__ = _lookup(__name__)
