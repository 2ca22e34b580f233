"""The Transformer family, built on `minitorch`: encoder–decoder, decoder-only and encoder-only.

    model/       the layers and the models made of them
    text/        from text to token ids, and back
    decoding/    from logits to text: greedy decoding, sampling, beam search
    training/    the training loop, and a run on disk
    tasks/       what the models learn here
    explain/     what happened inside: traces and pictures
    cli/         the command `transformer`
"""

import minitorch  # before NumPy, whose memory and threads it sets

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
