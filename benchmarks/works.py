"""What is measured, and the goals."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """The sizes of a GPT, pre-norm, with an MLP of 4 · width, and of its batch."""

    vocab: int
    context: int
    batch: int
    layers: int
    heads: int
    width: int

    @property
    def flops(self) -> float:
        """Of the matrix products in a training step: forward, and twice that back."""
        tokens = self.batch * self.context
        linear = self.layers * 12 * self.width**2 + self.width * self.vocab
        tables = self.layers * 2 * self.context * self.width  # q kᵀ and weights v, all pairs
        return 3 * 2 * tokens * (linear + tables)


@dataclass(frozen=True)
class Work:
    """Something that each side does as often as it is told to.

    Attributes:
        name: what `--only` calls it.
        title: what the table calls it.
        kind: which function of a side's module builds it.
        goals: for each rival, how many times faster than it we want to be; a training step on two
            ranks.
        size: of the GPT, if it is about one.
        tokens: what a run makes, where that is to be counted: tokens per second.
        limit: the share of the sgemm limit that is the goal.
        mlp: the examples of an MLP's batch, and the widths of its layers, from input to output.
    """

    name: str
    title: str
    kind: str
    goals: dict[str, float]
    size: Size | None = None
    tokens: int = 0
    limit: float | None = None
    mlp: tuple[int, ...] = ()

    def sides(self, threads: int) -> list[str]:
        """Who does it: we, we on two ranks where that can be, and the rivals."""
        sides = ["ours", *[RANKS] * self.is_training, *self.goals]
        return [side for side in sides if threads > 1 or side not in (RANKS, "torch DDP")]

    @property
    def is_training(self) -> bool:
        """Is it a step of a training?"""
        return self.kind in ("training_step", "addition_step")


RANKS = "ours, 2 ranks"
ADDITION = Size(vocab=14, context=12, batch=128, layers=2, heads=4, width=64)
CHARACTERS = Size(vocab=65, context=64, batch=12, layers=4, heads=4, width=128)
MIDDLE = Size(vocab=65, context=256, batch=16, layers=4, heads=8, width=256)
MINILM = {
    "vocab_size": 30522, "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12,
    "intermediate_size": 1536, "max_position_embeddings": 512,
}  # fmt: skip
"""The sizes of all-MiniLM-L6-v2, the BERT of examples/meaning.py, as its config.json has them."""

WORKS = (
    Work(
        "small", "training step, GPT, width 64", "training_step",
        dict.fromkeys(("torch", "torch fused Adam", "torch DDP"), 1.3), ADDITION,
    ),
    Work(
        "characters", "training step, GPT, width 128", "training_step",
        dict.fromkeys(("torch", "torch fused Adam", "torch DDP", "torch.compile", "jax"), 1.0),
        CHARACTERS, limit=0.6,
    ),
    Work(
        "middle", "training step, GPT, width 256", "training_step",
        dict.fromkeys(("torch", "torch fused Adam", "torch DDP"), 1.0), MIDDLE, limit=0.6,
    ),
    Work(
        "encoder-decoder", "training step, encoder–decoder of the addition example",
        "addition_step", {"torch": 1.3, "torch DDP": 1.3},
    ),
    Work(
        "generation-1", "generation with a key/value cache, batch 1", "generation",
        {"torch": 1.2}, CHARACTERS, tokens=63,
    ),
    Work(
        "generation-64", "generation with a key/value cache, batch 64", "generation",
        {"torch": 1.0}, CHARACTERS, tokens=63 * 64,
    ),
    Work(
        "sentences", "1,000 short sentences embedded by an encoder of MiniLM's size", "embedding",
        {"torch": 1 / 1.5},
    ),
    Work(
        "operation", "an elementwise operation on 4 × 4, forward and backward", "operation",
        {"torch": 2.0},
    ),
)  # fmt: skip
OPERATIONS = 1000  # in a run of the last

PEERS = (
    Work(
        "peers: GPT", "training step, GPT, width 64", "training_step",
        dict.fromkeys(("HIPS autograd", "MyGrad", "tinygrad", "minitorch (Cornell)"), 5.0),
        ADDITION,
    ),
    Work(
        "peers: MLP", "training step, MLP of a GPT's block, width 64", "mlp_step",
        {"TinyTorch": 5.0}, mlp=(1536, 64, 256, 64),
    ),
    Work(
        "peers: small MLP", "training step, MLP, 2 → 16 → 16 → 1, batch 20", "mlp_step",
        {"micrograd": 5.0}, mlp=(20, 2, 16, 16, 1),
    ),
)  # fmt: skip
"""Against what teaches the same; each the largest of the three that it can do, see peers/."""
