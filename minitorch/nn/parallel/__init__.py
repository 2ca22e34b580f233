"""Modules that several processes train together; see `minitorch.distributed`."""

from .distributed import DistributedDataParallel

__all__ = ["DistributedDataParallel"]
