"""The Transformer and its two descendants, from one set of layers: a file for each kind of box."""

from .config import TransformerConfig
from .models import BERT, GPT, Transformer

__all__ = ["BERT", "GPT", "Transformer", "TransformerConfig"]
