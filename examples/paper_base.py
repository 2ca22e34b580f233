"""The base model of "Attention is all you need", at its real size, on one real-sized batch.

    python examples/paper_base.py

Six blocks on each side, d_model 512, eight heads, a vocabulary of 37,000: table 3 of the paper
counts 65 million parameters. It was trained on eight GPUs, with batches of about 25,000 source and
25,000 target tokens (section 5.1). The batch here is an eighth of that, as one GPU had it: sentence
pairs of about the same length, padded with `<pad>`, with the paper's dropout and label smoothing.
One forward pass and one backward pass take less than 8 GiB.

The tokens are random, so that there is nothing to learn. An untrained model gives all tokens about
the same probability, 1 in 37,000, so that the cross-entropy loss is about ln 37,000 = 10.5.
"""

import math
import sys
import time

import minitorch as mt
from minitorch.autograd import Array
from transformer import Transformer, TransformerConfig

import numpy as np  # isort: skip  # after minitorch, which settles how it computes

TOKENS = 25_000 // 8


def sentences(lengths: Array, config: TransformerConfig, rng: np.random.Generator) -> mt.Tensor:
    """Draw random sentences of these lengths, between `<s>` and `</s>`, padded to the longest."""
    ids = np.full((len(lengths), lengths.max() + 2), config.pad)
    for row, n in zip(ids, lengths, strict=True):
        row[: n + 2] = [config.bos, *rng.integers(3, config.vocab_size, n), config.eos]
    return mt.from_numpy(ids)


def peak_memory() -> float | None:
    """Return the most memory that this process has held so far, in GiB; None on Windows."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2 ** (30 if sys.platform == "darwin" else 20)  # bytes there, KiB elsewhere


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    mt.manual_seed(0)
    config = TransformerConfig(vocab_size=37_000)  # the other defaults are the paper's
    model = Transformer(config)
    print(f"parameters   {sum(p.numel() for p in model.parameters()):,}")

    # A sentence of WMT 2014 has about 25 tokens; a batch holds those of similar length.
    pairs = TOKENS // 25
    source = sentences(rng.integers(20, 31, pairs), config, rng)
    target = sentences(rng.integers(18, 33, pairs), config, rng)
    print(f"batch        {pairs} pairs: source {tuple(source.shape)}, target {tuple(target.shape)}")

    begun = time.perf_counter()
    loss = model.loss(source, target, label_smoothing=0.1)
    print(f"loss         {loss.item():.2f}, about ln 37,000 = {math.log(config.vocab_size):.2f}")
    print(f"forward      {time.perf_counter() - begun:.1f} s")

    begun = time.perf_counter()
    loss.backward()
    print(f"backward     {time.perf_counter() - begun:.1f} s")
    if (peak := peak_memory()) is not None:
        print(f"peak memory  {peak:.1f} GiB")
