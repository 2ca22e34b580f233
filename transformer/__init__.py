"""The Transformer family, built on `minitorch`: encoder–decoder, decoder-only and encoder-only."""

import minitorch  # noqa: F401  # before NumPy, for which it settles how to compute

from .beam import Beams, beam_search
from .config import TransformerConfig
from .generate import greedy, sample
from .models import BERT, GPT, Transformer

__all__ = [
    "BERT",
    "GPT",
    "Beams",
    "Transformer",
    "TransformerConfig",
    "beam_search",
    "greedy",
    "sample",
]
