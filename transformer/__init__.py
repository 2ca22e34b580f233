"""The Transformer family, built on `minitorch`: encoder–decoder, decoder-only and encoder-only."""

from .config import TransformerConfig
from .generate import greedy
from .models import BERT, GPT, Transformer

__all__ = ["BERT", "GPT", "Transformer", "TransformerConfig", "greedy"]
