"""What goes with training: `data`, and `checkpoint`, under PyTorch's names."""

from . import data

__all__ = ["data"]
