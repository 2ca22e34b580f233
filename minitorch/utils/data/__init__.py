"""Data: one example at a time, in an order, in batches.

dataset   examples by index: `dataset[i]`, `len(dataset)`
sampler   the order of the indices, and how it is cut into batches
checks    what they accept
loader    `DataLoader`: the batches themselves; `default_collate` stacks the examples of one,
          `default_convert` makes tensors of one example's arrays
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from ..._compat.guests import door as _door
from .dataset import Dataset, Subset, TensorDataset, random_split
from .loader import DataLoader, default_collate, default_convert
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = [
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "TensorDataset",
    "default_collate",
    "default_convert",
    "random_split",
]

if not _TYPE_CHECKING:
    __getattr__, __dir__ = _door(__name__)
