"""The Transformer family, built on `minitorch`: encoder–decoder, decoder-only and encoder-only."""

import minitorch  # before NumPy, for which it settles how to compute

from .decoding.beam import Beams, beam_search
from .decoding.sampling import greedy, sample
from .model.config import TransformerConfig
from .model.models import BERT, GPT, Transformer

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

minitorch.autograd.anomaly.hide_frames(__file__)
