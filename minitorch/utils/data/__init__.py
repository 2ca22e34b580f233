"""Data: one example at a time, in an order, in batches.

dataset   examples by index, `dataset[i]`, `len(dataset)`; or one after the other
sampler   the order of the indices, and how it is cut into batches
checks    what they accept
collate   `default_collate` stacks the examples of a batch, `default_convert` makes tensors of one
          example's arrays
loader    `DataLoader`: the batches themselves
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from ..._compat.guests import lookup as _lookup
from .collate import default_collate, default_convert
from .dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    random_split,
)
from .loader import DataLoader, get_worker_info
from .sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

__all__ = [
    "BatchSampler", "ChainDataset", "ConcatDataset", "DataLoader", "Dataset", "IterableDataset",
    "RandomSampler", "Sampler", "SequentialSampler", "Subset", "SubsetRandomSampler",
    "TensorDataset", "WeightedRandomSampler", "default_collate", "default_convert",
    "get_worker_info", "random_split",
]  # fmt: skip

if not _TYPE_CHECKING:
    __getattr__, __dir__ = _lookup(__name__)
