"""Decoding: generating a text token by token from a model's predictions of the next one."""

from .beam import Beams, beam_search
from .sampling import greedy, sample
from .strategy import Decoding

__all__ = ["Beams", "Decoding", "beam_search", "greedy", "sample"]
