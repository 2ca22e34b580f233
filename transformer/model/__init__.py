"""The Transformer and its two descendants, of one set of layers; a file a box of the picture."""

from .config import TransformerConfig
from .models import BERT, GPT, Transformer

__all__ = ["BERT", "GPT", "Transformer", "TransformerConfig"]
