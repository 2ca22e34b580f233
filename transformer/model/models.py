"""The family, made of one set of layers: the Transformer of 2017 and its two descendants.

    Transformer    encoder and decoder     reads a source, writes a target
    GPT            a decoder by itself     goes on with a text
    BERT           an encoder by itself    fills gaps in a text
"""

from __future__ import annotations

from collections.abc import Callable

import minitorch as mt
from minitorch import Tensor, nn
from minitorch.autograd import Array
from minitorch.nn import functional as F
from minitorch.ops.probe import probe

from .add_norm import final_norm, norm
from .cache import Cache
from .config import TransformerConfig
from .decoder import Decoder
from .embedding import Embedding
from .encoder import Block, Encoder
from .masks import decoder_mask, left_padding, padding_mask


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
        x = self.embedding(source, padding=left_padding(source, self.config.pad))
        return self.encoder(x, mask), mask

    def decode(self, target: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        """Say what comes after each token of the target: (batch, T) → (batch, T, vocab_size)."""
        padding = left_padding(target, self.config.pad)
        x = self.decoder(self.embedding(target, padding=padding), memory, memory_mask, padding)
        return probe("logits", self.output(x))

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """(batch, S) and (batch, T) ids → logits (batch, T, vocab_size)."""
        return self.decode(target, *self.encode(source))

    def loss(
        self,
        source: Tensor,
        target: Tensor,
        *,
        label_smoothing: float = 0.0,
        forward: Callable[..., Tensor] | None = None,
    ) -> Tensor:
        """The mean cross-entropy of the target's tokens, `<pad>` left out.

        Args:
            source: ids (batch, S).
            target: ids (batch, 1 + T): `<s>`, the tokens, `</s>`. The model sees all but the last
                and is to say all but the first.
            label_smoothing: see `F.cross_entropy`.
            forward: computes the logits; the model itself, or `nn.DataParallel` of it.
        """
        inputs = source, target[:, :-1]
        return _cross_entropy(self, forward, inputs, target[:, 1:], label_smoothing)

    def begin(self, source: Tensor, max_length: int) -> tuple[Tensor, Cache]:
        """Read the source; return the first ids to step from, `<s>`, and the cache for the steps.

        Args:
            source: ids (batch, S).
            max_length: the tokens that are to be written at the most.

        Raises:
            ValueError: so many would be more than `config.max_length`.
        """
        first = mt.full((source.shape[0], 1), self.config.bos)
        memory, mask = self.encode(source)
        capacity = _capacity(self.config, first, max_length)
        memories = self.decoder.memories(memory)
        return first, Cache(self.config.n_layers, capacity, memory=memories, memory_mask=mask)

    def step(self, ids: Tensor, cache: Cache) -> Tensor:
        """Read the next tokens, and say what comes then: (batch, T) → (batch, vocab_size)."""
        x = self.embedding(ids, cache.length)
        x = self.decoder(x, cache.memory, cache.memory_mask, cache=cache)
        logits: Tensor = self.output(x[:, -1])
        return logits


class GPT(nn.Module):
    """The decoder-only model (Radford et al. 2018 and 2019, "Language models are unsupervised
    multitask learners").

        ids (batch, T) → embedding → blocks, each token looking at those before it → output
                       → logits (batch, T, vocab_size)

    Without a source there is nothing to look into, and a block is an encoder's; only nobody looks
    ahead. Each position says what comes next, so that a text of T tokens is T examples at once.
    A question is a beginning of a text, and its answer is how the text goes on.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = Embedding(config)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layers))
        self.norm = final_norm(config)
        self.output = nn.Linear(config.d_model, config.vocab_size, bias=False)
        _initialise(self)
        if config.tie_embeddings:
            self.output.weight = self.embedding.tokens.weight

    def forward(self, ids: Tensor) -> Tensor:
        """Say what comes after each token: (batch, T) ids → logits (batch, T, vocab_size)."""
        x = self._read(ids, left_padding(ids, self.config.pad))
        return probe("logits", self.output(x))

    def loss(
        self,
        ids: Tensor,
        targets: Tensor | None = None,
        *,
        label_smoothing: float = 0.0,
        forward: Callable[..., Tensor] | None = None,
    ) -> Tensor:
        """The mean cross-entropy of each token but the first, `<pad>` left out.

        Args:
            ids: (batch, T).
            targets: the same ids, with `<pad>` in the place of those that count for nothing, such
                as a question's; `ids` unless given.
            label_smoothing: see `F.cross_entropy`.
            forward: computes the logits; the model itself, or `nn.DataParallel` of it.
        """
        targets = ids if targets is None else targets
        return _cross_entropy(self, forward, (ids[:, :-1],), targets[:, 1:], label_smoothing)

    def begin(self, prompt: Tensor, max_length: int) -> tuple[Tensor, Cache]:
        """Return the first ids to step from, the prompt's, and the cache for the steps.

        Args:
            prompt: ids (batch, T); shorter ones are filled up with `<pad>` on the left.
            max_length: the tokens that are to be written at the most.

        Raises:
            ValueError: a prompt is empty, or filled up on the right; or it would be longer than
                `config.max_length` with what is to be written.
        """
        if not prompt.shape[1]:
            raise ValueError("an empty prompt says nothing to go on from: begin with <s>")
        real = prompt.numpy() != self.config.pad
        if (real.any(1) & ~real[:, -1]).any():
            raise ValueError(
                "a prompt ends in <pad>: fill the shorter ones up on the left, so that each goes "
                "on where it ends"
            )
        padding = left_padding(prompt, self.config.pad)
        capacity = _capacity(self.config, prompt, max_length)
        return prompt, Cache(self.config.n_layers, capacity, padding)

    def step(self, ids: Tensor, cache: Cache) -> Tensor:
        """Read the next tokens, and say what comes then: (batch, T) → (batch, vocab_size)."""
        logits: Tensor = self.output(self._read(ids, cache.padding, cache)[:, -1])
        return logits

    def _read(self, ids: Tensor, padding: Array | None, cache: Cache | None = None) -> Tensor:
        """(batch, T) → (batch, T, d_model), from which the output says what comes next."""
        start = 0 if cache is None else cache.length
        mask, is_causal = decoder_mask(ids.shape[1], start, padding)
        x: Tensor = self.embedding(ids, start, padding)
        for i, block in enumerate(self.blocks):
            x = block(x, mask, is_causal, None if cache is None else cache.layers[i])
        x = self.norm(x)
        return x


class BERT(nn.Module):
    """The encoder-only model (Devlin et al. 2018, https://arxiv.org/abs/1810.04805).

        ids (batch, T), some hidden behind a mask token → embedding → encoder → head
            → logits (batch, T, vocab_size)

    Every token looks at all others, on both sides. What is to be learned is what stands at the
    hidden places; the head turns a token's vector into what it says of that.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = Embedding(config, normalise=True)
        self.encoder = Encoder(config)
        self.transform = nn.Linear(config.d_model, config.d_model, config.bias)
        self.norm = norm(config)
        self.output = nn.Linear(config.d_model, config.vocab_size, config.bias)
        _initialise(self)
        if config.tie_embeddings:
            self.output.weight = self.embedding.tokens.weight

    def forward(self, ids: Tensor, segments: Tensor | None = None) -> Tensor:
        """Say what stands at each place: (batch, T) ids → logits (batch, T, vocab_size).

        Args:
            ids: (batch, T); padding may stand on either side.
            segments: the kind of text that each token belongs to, (batch, T); 0 unless given.
        """
        x = self.embedding(ids, padding=left_padding(ids, self.config.pad), segments=segments)
        x = self.encoder(x, padding_mask(ids, self.config.pad))
        x = self.norm(F.gelu(self.transform(x)))  # (batch, T, d_model)
        return probe("logits", self.output(x))

    def loss(
        self,
        ids: Tensor,
        targets: Tensor,
        *,
        label_smoothing: float = 0.0,
        forward: Callable[..., Tensor] | None = None,
    ) -> Tensor:
        """The mean cross-entropy of the tokens that were hidden.

        Args:
            ids: (batch, T), with the mask token in the hidden places.
            targets: (batch, T): the tokens that stand there, and `<pad>` everywhere else.
            label_smoothing: see `F.cross_entropy`.
            forward: computes the logits; the model itself, or `nn.DataParallel` of it.
        """
        return _cross_entropy(self, forward, (ids,), targets, label_smoothing)


def _cross_entropy(
    model: Transformer | GPT | BERT,
    forward: Callable[..., Tensor] | None,
    inputs: tuple[Tensor, ...],
    targets: Tensor,
    label_smoothing: float,
) -> Tensor:
    """The mean over all positions whose target is not `<pad>`."""
    logits = (model if forward is None else forward)(*inputs)
    return F.cross_entropy(
        logits.flatten(0, 1),
        targets.flatten(),
        ignore_index=model.config.pad,
        label_smoothing=label_smoothing,
    )


def _capacity(config: TransformerConfig, first: Tensor, max_length: int) -> int:
    """How many tokens the decoder will read: all but the last that it writes."""
    capacity = first.shape[1] + max_length - 1
    if capacity > config.max_length:
        raise ValueError(
            f"to write {max_length} tokens after {first.shape[1]}, the model would read "
            f"{capacity}, more than max_length={config.max_length}"
        )
    return capacity


def _initialise(model: Transformer | GPT | BERT) -> None:
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
