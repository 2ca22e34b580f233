"""The Transformer of 2017, built on `minitorch`."""

from .config import TransformerConfig
from .generate import greedy
from .models import Transformer

__all__ = ["Transformer", "TransformerConfig", "greedy"]
