"""The family, made of one set of layers: the Transformer of 2017 and its two descendants.

    Transformer    encoder–decoder    reads a source, generates a target
    GPT            decoder-only       continues a text
    BERT           encoder-only       fills in what is hidden in a text

Figure 1 of the paper, turned upside down, with the name that each box has here:

      Inputs: ids (batch, S)                      Outputs, shifted right: ids (batch, T)
        ↓                                           ↓
      Input Embedding         embedding           Output Embedding                  embedding
      + Positional Encoding                       + Positional Encoding
        ↓ (batch, S, d_model)                       ↓ (batch, T, d_model)
    ┌ encoder: N × Block ───────────────┐       ┌ decoder: N × DecoderBlock ───────────────────┐
    │ Multi-Head Attention    attention │       │ Masked Multi-Head Attention   self_attention │
    │ Add & Norm          add_attention │       │ Add & Norm                add_self_attention │
    │                                   │memory │                                              │
    │                                   │  ───→ │ Multi-Head Attention         cross_attention │
    │                                   │       │ Add & Norm               add_cross_attention │
    │ Feed Forward                  mlp │       │ Feed Forward                             mlp │
    │ Add & Norm                add_mlp │       │ Add & Norm                           add_mlp │
    └───────────────────────────────────┘       └──────────────────────────────────────────────┘
                                                    ↓ (batch, T, d_model)
                                                  Linear                               output
                                                    ↓ logits (batch, T, vocab_size)
                                                  Softmax       in the loss, and in decoding

Both embeddings are one module, as source and target share a vocabulary. With pre-norm each norm
stands before its sublayer instead, and one more follows the last block of each side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import minitorch as mt
from minitorch import Tensor, nn
from minitorch.nn import functional as F
from minitorch.ops.probe import probe

from ..arguments import rows_of_ids
from .add_norm import final_norm, norm
from .arguments import capacity, check_head, check_step, check_targets
from .cache import Cache
from .decoder import Decoder
from .embedding import Embedding
from .encoder import Block, Encoder
from .initialisation import initialise
from .masks import decoder_mask, left_padding, padding_mask

if TYPE_CHECKING:
    from collections.abc import Callable

    from minitorch.autograd import Array

    from .config import TransformerConfig


def _cross_entropy(logits: Tensor, targets: Tensor, pad: int, label_smoothing: float) -> Tensor:
    """Average the cross-entropy over all positions whose target is not `<pad>`."""
    check_targets(logits, targets, pad)
    logits = logits.flatten(0, 1)  # (batch, T, vocab_size) → (batch · T, vocab_size)
    targets = targets.flatten()  # (batch, T) → (batch · T)
    return F.cross_entropy(logits, targets, ignore_index=pad, label_smoothing=label_smoothing)


class Transformer(nn.Module):
    """The encoder–decoder (Vaswani et al. 2017, figure 1, https://arxiv.org/abs/1706.03762).

        source ids (batch, S) → embedding → encoder → memory (batch, S, d_model)
        target ids (batch, T) → embedding → decoder, attending to the memory → output
                              → logits (batch, T, vocab_size)

    In training the whole target is given at once, shifted right behind `<s>`: the logits at
    each position predict the next token. In generation each token that the model predicts is fed
    back to it, one at a time (`transformer/decoding`).
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = Embedding(config)
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.output = nn.Linear(config.d_model, config.vocab_size, bias=False)
        initialise(self, config)
        if config.tie_embeddings:
            self.output.weight = self.embedding.tokens.weight

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Read the source: ids (batch, S) → the memory (batch, S, d_model), and its mask."""
        mask = padding_mask(source, self.config.pad)  # (batch, 1, 1, S)
        x = self.embedding(source, padding=left_padding(source, self.config.pad))
        return self.encoder(x, mask), mask

    def decode(self, target: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        """Predict the token after each of the target's: (batch, T) → (batch, T, vocab_size)."""
        padding = left_padding(target, self.config.pad)
        x = self.embedding(target, padding=padding)  # (batch, T, d_model)
        x = self.decoder(x, memory, memory_mask, padding)  # (batch, T, d_model)
        return probe("logits", self.output(x))

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """(batch, S) and (batch, T) ids → logits (batch, T, vocab_size)."""
        return self.decode(target, *self.encode(source))

    def loss(
        self, source: Tensor, target: Tensor, *, label_smoothing: float = 0.0,
        forward: Callable[..., Tensor] | None = None,
    ) -> Tensor:  # fmt: skip
        """The mean cross-entropy of the target's tokens, `<pad>` left out.

        Args:
            source: ids (batch, S).
            target: ids (batch, 1 + T): `<s>`, the tokens, `</s>`. The model reads all but the last
                and predicts all but the first.
            label_smoothing: see `F.cross_entropy`.
            forward: computes the logits; the model itself, or DistributedDataParallel of it.
        """
        rows_of_ids("target", target, least=2)
        logits = (self if forward is None else forward)(source, target[:, :-1])
        return _cross_entropy(logits, target[:, 1:], self.config.pad, label_smoothing)

    def begin(self, source: Tensor, max_length: int) -> tuple[Tensor, Cache]:
        """Read the source; return the first ids to step from, `<s>`, and the cache for the steps.

        Args:
            source: ids (batch, S).
            max_length: the most tokens that are to be generated.

        Raises:
            ValueError: so many would be more than `config.max_length`.
        """
        length = capacity(self.config, 1, max_length)
        memory, mask = self.encode(source)
        first = mt.full((source.shape[0], 1), self.config.bos)
        memories = self.decoder.memories(memory)
        return first, Cache(len(memories), length, len(first), memory=memories, memory_mask=mask)

    def step(self, ids: Tensor, cache: Cache) -> Tensor:
        """Read the next tokens, and predict the one after: (batch, T) → (batch, vocab_size)."""
        check_step(self.config, ids, cache, reads_memory=True)
        x = self.embedding(ids, cache.length)  # (batch, T, d_model)
        x = self.decoder(x, *cache.memory_of_rows(), cache=cache)  # (batch, T, d_model)
        return probe("logits", self.output(x[:, -1]))


class GPT(nn.Module):
    """The decoder-only model (Radford et al. 2019, "Language models are unsupervised multitask …").

        ids (batch, T) → embedding → blocks, each token attending to those before it → output
                       → logits (batch, T, vocab_size)

    Without a source there is no memory and no cross-attention: the block is an encoder's, with the
    causal mask. Each position predicts the next token, so a text of T tokens gives T - 1 examples.
    A question is the beginning of a text, and its answer is the continuation.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = Embedding(config)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layers))
        self.norm = final_norm(config)
        self.output = nn.Linear(config.d_model, config.vocab_size, bias=False)
        initialise(self, config)
        if config.tie_embeddings:
            self.output.weight = self.embedding.tokens.weight

    def _read(self, ids: Tensor, padding: Array | None, cache: Cache | None = None) -> Tensor:
        """Run all but the output layer: ids (batch, T) → (batch, T, d_model)."""
        start = 0 if cache is None else cache.length
        mask, is_causal = decoder_mask(ids.shape[1], start, padding)
        x: Tensor = self.embedding(ids, start, padding)  # (batch, T, d_model)
        for i, block in enumerate(self.blocks):
            x = block(x, mask, is_causal, None if cache is None else cache.layers[i])
        x = self.norm(x)
        return x

    def forward(self, ids: Tensor) -> Tensor:
        """Predict the token after each: (batch, T) ids → logits (batch, T, vocab_size)."""
        x = self._read(ids, left_padding(ids, self.config.pad))  # (batch, T, d_model)
        return probe("logits", self.output(x))

    def loss(
        self,
        ids: Tensor,
        targets: Tensor | None = None,
        *,
        label_smoothing: float = 0.0,
        forward: Callable[..., Tensor] | None = None,
    ) -> Tensor:
        """The cross-entropy, averaged over all tokens but the first, `<pad>` left out.

        Args:
            ids: (batch, T).
            targets: the same ids, with `<pad>` in the place of those that are not to be learned,
                such as a question's; `ids` unless given.
            label_smoothing, forward: as in `Transformer.loss`.
        """
        targets = ids if targets is None else targets
        rows_of_ids("targets", targets, least=2)
        logits = (self if forward is None else forward)(ids[:, :-1])
        return _cross_entropy(logits, targets[:, 1:], self.config.pad, label_smoothing)

    def begin(self, prompt: Tensor, max_length: int) -> tuple[Tensor, Cache]:
        """Return the first ids to step from, the prompt's, and the cache for the steps.

        Args:
            prompt: ids (batch, T); shorter ones are filled up with `<pad>` on the left.
            max_length: the most tokens that are to be generated.

        Raises:
            ValueError: a prompt is empty, or filled up on the right; or with what is to be
                generated, the last token left out, it is longer than `config.max_length`.
        """
        real = rows_of_ids("prompt", prompt) != self.config.pad
        if (real.any(1) & ~real[:, -1]).any():
            raise ValueError(
                "a prompt ends in <pad>: fill the shorter ones up on the left, so that each goes "
                "on where it ends"
            )
        padding = left_padding(prompt, self.config.pad)
        length = capacity(self.config, prompt.shape[1], max_length)
        return prompt, Cache(self.config.n_layers, length, len(prompt), padding)

    def step(self, ids: Tensor, cache: Cache) -> Tensor:
        """Read the next tokens, and predict the one after: (batch, T) → (batch, vocab_size)."""
        check_step(self.config, ids, cache, reads_memory=False)
        return probe("logits", self.output(self._read(ids, cache.padding, cache)[:, -1]))


class BERT(nn.Module):
    """The encoder-only model (Devlin et al. 2018, https://arxiv.org/abs/1810.04805).

        ids (batch, T), some replaced by a mask token → embedding → encoder → head
            → logits (batch, T, vocab_size)

    Every token attends to all others, on both sides. The model is trained to predict the tokens
    that were hidden. The head, a linear layer, GELU and a norm, prepares the vectors for that.
    Without it, `head=False`, the vectors are the result: `encode`, and no logits.
    """

    def __init__(self, config: TransformerConfig, head: bool = True) -> None:
        super().__init__()
        self.config = config
        self.embedding = Embedding(config, normalise=True)
        self.encoder = Encoder(config)
        if head:
            self.transform = nn.Linear(config.d_model, config.d_model, config.bias)
            self.norm = norm(config)
            self.output = nn.Linear(config.d_model, config.vocab_size, config.bias)
        initialise(self, config)
        if head and config.tie_embeddings:
            self.output.weight = self.embedding.tokens.weight

    def encode(self, ids: Tensor, segments: Tensor | None = None) -> Tensor:
        """Read a text: (batch, T) ids → the last hidden states (batch, T, d_model).

        Args:
            ids: (batch, T); padding may stand on either side.
            segments: the kind of text that each token belongs to, (batch, T); 0 unless given.
        """
        x = self.embedding(ids, padding=left_padding(ids, self.config.pad), segments=segments)
        states: Tensor = self.encoder(x, padding_mask(ids, self.config.pad))
        return states

    def forward(self, ids: Tensor, segments: Tensor | None = None) -> Tensor:
        """Predict the token at each position: (batch, T) ids → logits (batch, T, vocab_size)."""
        check_head(self)
        x = self.encode(ids, segments)  # (batch, T, d_model)
        hidden = F.gelu(probe("head.pre_activation", self.transform(x)))
        x = self.norm(probe("head.hidden", hidden))  # (batch, T, d_model)
        return probe("logits", self.output(x))

    def loss(
        self, ids: Tensor, targets: Tensor, *, label_smoothing: float = 0.0,
        forward: Callable[..., Tensor] | None = None,
    ) -> Tensor:  # fmt: skip
        """The mean cross-entropy of the hidden tokens.

        Args:
            ids: (batch, T), with the mask token in the hidden places.
            targets: (batch, T): the tokens that were hidden, and `<pad>` everywhere else.
            label_smoothing, forward: as in `Transformer.loss`.
        """
        logits = (self if forward is None else forward)(ids)
        return _cross_entropy(logits, targets, self.config.pad, label_smoothing)
