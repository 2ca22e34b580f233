"""The Transformer of 2017, whole: an encoder that reads, a decoder that writes."""

from __future__ import annotations

from minitorch import Tensor, nn
from minitorch.nn import functional as F
from minitorch.probe import probe

from .config import TransformerConfig
from .decoder import Decoder
from .embedding import Embedding
from .encoder import Encoder
from .masks import padding_mask


class Transformer(nn.Module):
    """The encoder–decoder (Vaswani et al. 2017, figure 1, https://arxiv.org/abs/1706.03762).

        source ids (batch, S) → embedding → encoder → memory (batch, S, d_model)
        target ids (batch, T) → embedding → decoder, looking into the memory → (batch, T, d_model)
                              → output → logits (batch, T, vocab_size)

    In training the whole target is given at once, shifted right behind `<s>`: the logits at a
    position are what the model says comes next there. In use, what it says is fed back to it, one
    token at a time (`generate.py`).
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = Embedding(config)
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.output = nn.Linear(config.d_model, config.vocab_size, bias=False)
        _initialise(self)
        if config.tie_embeddings:
            self.output.weight = self.embedding.tokens.weight

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Read the source: ids (batch, S) → the memory (batch, S, d_model), and its mask."""
        mask = padding_mask(source, self.config.pad)
        return self.encoder(self.embedding(source), mask), mask

    def decode(self, target: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        """Say what comes after each token of the target: (batch, T) → (batch, T, vocab_size)."""
        x = self.decoder(self.embedding(target), memory, memory_mask)
        return probe("logits", self.output(x))

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """(batch, S) and (batch, T) ids → logits (batch, T, vocab_size)."""
        return self.decode(target, *self.encode(source))

    def loss(self, source: Tensor, target: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
        """The mean cross-entropy of the target's tokens, `<pad>` left out.

        Args:
            source: ids (batch, S).
            target: ids (batch, 1 + T): `<s>`, the tokens, `</s>`. The model sees all but the last
                and is to say all but the first.
            label_smoothing: see `F.cross_entropy`.
        """
        logits = self(source, target[:, :-1])  # (batch, T, vocab_size)
        return F.cross_entropy(
            logits.flatten(0, 1),
            target[:, 1:].flatten(),
            ignore_index=self.config.pad,
            label_smoothing=label_smoothing,
        )


def _initialise(model: Transformer) -> None:
    """Glorot and Bengio's uniform weights (2010), which keep the size of what passes through.

    With pre-norm, every sublayer adds to one sum that nothing normalises until the end. Their last
    matrices start at a quarter of that, so that at first the sum is mostly the embedding, and each
    sublayer earns its part.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    if model.config.pre_norm:
        for name, weight in model.named_parameters():
            if name.endswith(("attention.output.weight", "mlp.down.weight")):
                nn.init.xavier_uniform_(weight, gain=0.25)
