"""Modules that several processes train together; see `minitorch.distributed`."""

from ..._compat.distributed import DataParallel
from .distributed import DistributedDataParallel

__all__ = ["DataParallel", "DistributedDataParallel"]
