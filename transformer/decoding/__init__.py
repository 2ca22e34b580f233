"""Decoding: writing a text, token by token, from what a model says comes next."""

from .beam import Beams, beam_search
from .sampling import greedy, sample
from .strategy import Writing

__all__ = ["Beams", "Writing", "beam_search", "greedy", "sample"]
