"""What surrounds training: the data."""

from . import data

__all__ = ["data"]
