"""The Transformer of 2017: an encoder reads, and a decoder writes, looking at what was read.

    python examples/tour/5_encoder_decoder.py       # --lang zh: in Chinese

`the cat likes to eat fish` becomes `猫 喜欢 吃 鱼`. To 4_transformer.py it adds the other half: a
second stack of blocks, and cross-attention, whose queries come from what is written and whose keys
and values come from what was read. Word for word would not do: the Chinese here puts when first and
what last, and after 这 (this) or 那 (that) a measure word, which depends on a noun that is still to
come: 这 匹 小 马 (this small horse), but 这 只 小 猫 (this small cat).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from itertools import count, product
from typing import Any

import numpy as np

# ------------------------------------------------ the walk of 2_arrays.py, with a longer table

creation = count()  # numbers the tensors in the order in which they are made
dtype = np.float32  # seven digits: half the memory of Python's numbers, and half the time


def operation(forward: Callable[..., Any], *vjps: Callable[..., Any]) -> Callable[..., Tensor]:
    """Make an operation from what it does with arrays, and one vjp for each input."""

    def apply(*inputs: Any) -> Tensor:
        arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
        y = forward(*arrays)
        given = zip(inputs, vjps, strict=False)  # inputs beyond the vjps are settings: a shape
        return Tensor(y, *((x, vjp, (y, *arrays)) for x, vjp in given if isinstance(x, Tensor)))

    return apply


class Tensor:
    """An array, and for each tensor that it was made from an edge: its vjp, and what that needs."""

    def __init__(self, data: Any, *edges: tuple[Tensor, Callable[..., Any], tuple[Any, ...]]):
        self.data, self.edges = np.asarray(data, dtype), edges
        self.grad, self.number = np.zeros_like(self.data), next(creation)

    # fmt: off
    #                      y            dL/da                        dL/db
    __add__    = operation(np.add,      lambda g, y, a, b: g,        lambda g, y, a, b: g)
    __sub__    = operation(np.subtract, lambda g, y, a, b: g,        lambda g, y, a, b: -g)
    __mul__    = operation(np.multiply, lambda g, y, a, b: g * b,    lambda g, y, a, b: g * a)
    __pow__    = operation(np.power,    lambda g, y, a, n: g * n * a ** (n - 1))
    __matmul__ = operation(np.matmul,   lambda g, y, a, b: g @ b.mT, lambda g, y, a, b: a.mT @ g)
    exp        = operation(np.exp,      lambda g, y, a: g * y)
    log        = operation(np.log,      lambda g, y, a: g / a)
    relu       = operation(lambda a: np.maximum(a, 0), lambda g, y, a: g * (a > 0))
    sum_rows   = operation(lambda a: a.sum(-1, keepdims=True), lambda g, y, a: g * np.ones_like(a))
    mean       = operation(np.mean,     lambda g, y, a: np.full_like(a, g / a.size))
    transpose  = operation(np.swapaxes, lambda g, y, a, i, j: g.swapaxes(i, j))
    reshape    = operation(np.reshape,  lambda g, y, a, shape: g.reshape(a.shape))
    # fmt: on


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Undo broadcasting: sum the gradient over what was repeated, so that it has this shape."""
    g = g.sum(tuple(range(g.ndim - len(shape))))  # axes that were put in front
    return g.sum(tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)  # and stretched


def reverse_topological_order(loss: Tensor) -> list[Tensor]:
    """List all that the loss was made from, each after everything that was made from it."""
    found, waiting = {loss}, [loss]
    while waiting:
        for parent, *_ in waiting.pop().edges:
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return sorted(found, key=lambda tensor: tensor.number, reverse=True)


def backward(loss: Tensor) -> None:
    """Backpropagation: from dL/dL = 1 walk back, handing each tensor's gradient on."""
    loss.grad = np.ones_like(loss.data)
    for tensor in reverse_topological_order(loss):
        for parent, vjp, saved in tensor.edges:
            parent.grad = parent.grad + unbroadcast(vjp(tensor.grad, *saved), parent.data.shape)


# -------------------------------------------------------------------------------- two languages

CHINESE = {
    "the": "", "this": "这", "that": "那", "big": "大", "small": "小", "white": "白", "black": "黑",
    "cat": "只 猫", "dog": "条 狗", "horse": "匹 马", "cow": "头 牛", "rabbit": "只 兔子",
    "likes to": "喜欢", "does not like to": "不 喜欢", "eat fish": "吃 鱼", "eat meat": "吃 肉",
    "eat apples": "吃 苹果", "drink water": "喝 水", "drink milk": "喝 牛奶",
    "watch birds": "看 鸟", "at home": "在 家里", "in the garden": "在 花园里",
    "by the river": "在 河边", "in summer": "夏天", "at night": "晚上", "in the morning": "早上",
    "": "",
}  # fmt: skip
PARTS = (  # of an English sentence, in their order; "" is none
    ("the", "this", "that"), ("", "big", "small"), ("", "white", "black"),
    ("cat", "dog", "horse", "cow", "rabbit"), ("likes to", "does not like to"),
    ("eat fish", "eat meat", "eat apples", "drink water", "drink milk", "watch birds"),
    ("", "at home", "in the garden", "by the river"),
    ("", "in summer", "at night", "in the morning"),
)  # fmt: skip
EXAMPLES = (  # held out, so that they are never learned
    "the cat likes to eat fish",
    "this small cat likes to drink water at night",
    "this small horse likes to drink water at night",
)
PAD, BOS, EOS = 0, 1, 2
WORDS = sorted({word for pair in CHINESE.items() for text in pair for word in text.split()})
VOCABULARY = ["<pad>", "<s>", "</s>", *WORDS]


def sentence_pair(parts: tuple[str, ...]) -> tuple[str, str]:
    """Return an English sentence, and its translation: when, who, likes, where, to do what."""
    which, size, colour, who, likes, what, where, when = (CHINESE[part] for part in parts)
    measure, noun = who.split()
    order = [when, which, which and measure, size, colour, noun, likes, where, what]
    return " ".join(filter(None, parts)), " ".join(filter(None, order))


def encode(texts: Sequence[str], target: bool = False) -> Any:
    """Return the numbers of the words, (n, T), of a target between <s> and </s>; then <pad>."""
    rows = [[VOCABULARY.index(word) for word in text.split()] for text in texts]
    rows = [[BOS, *row, EOS] if target else row for row in rows]
    longest = max(map(len, rows))
    return np.array([row + [PAD] * (longest - len(row)) for row in rows])


def decode(row: Any) -> str:
    """Return the words that the numbers of a target stand for, from <s> to </s>."""
    return " ".join(VOCABULARY[i] for i in row[1:]).split(" </s>")[0]


# ----------------------------------------------------------------------------------- the model

d_model, n_heads, n_layers, d_ff, max_length = 64, 4, 1, 128, 18
d_head = d_model // n_heads
P: dict[str, Tensor] = {}  # the parameters, by name
moments: dict[str, tuple[Any, Any]] = {}  # for Adam: moving averages of each gradient and square
rng = np.random.default_rng(0)
looked: dict[str, Any] = {}  # the attention weights of the last pass, by name


def parameter(name: str, *shape: int, mean: float = 0, std: float = 0) -> Tensor:
    """Return a parameter. The first time, it is made: of random numbers, or of the mean alone."""
    if name not in P:
        P[name] = Tensor(rng.normal(mean, std, shape))
    return P[name]


def linear(x: Tensor, name: str, n_out: int) -> Tensor:
    """x W + b: (…, n_in) → (…, n_out)."""
    n_in = x.data.shape[-1]
    W = parameter(f"{name}.W", n_in, n_out, std=n_in**-0.5)
    return x @ W + parameter(f"{name}.b", n_out)


def layer_norm(x: Tensor, name: str) -> Tensor:
    """(x - mean) / √(variance + 0.00001) of each token's vector by itself, times W, plus b."""
    centred = x - x.sum_rows() * (1 / d_model)
    variance = (centred**2).sum_rows() * (1 / d_model)
    normal = centred * (variance + 1e-5) ** -0.5
    return normal * parameter(f"{name}.W", d_model, mean=1) + parameter(f"{name}.b", d_model)


def log_softmax(x: Tensor) -> Tensor:
    """x - ln Σ eˣ in each row. The largest x is subtracted first, so that eˣ does not overflow."""
    x = x - x.data.max(-1, keepdims=True)
    return x - x.exp().sum_rows().log()


def embed(ids: Any) -> Tensor:
    """(batch, T) numbers of tokens → (batch, T, d_model): what each is, plus where it stands."""
    what = np.eye(len(VOCABULARY), dtype=dtype)[ids]  # (batch, T, tokens), a 1 in each row
    where = np.eye(max_length, dtype=dtype)[: ids.shape[1]]  # (T, max_length)
    tokens = parameter("tokens", len(VOCABULARY), d_model, std=0.5)
    positions = parameter("positions", max_length, d_model, std=0.5)
    return Tensor(what) @ tokens + Tensor(where) @ positions  # each 1 picks a row


def attention(x: Tensor, name: str, mask: Any, memory: Tensor | None = None) -> Tensor:
    """Multi-head attention: each token of x looks at x, or at the memory, what was read."""

    def heads(y: Tensor, kind: str) -> Tensor:  # (batch, T, d_model) → (batch, heads, T, d_head)
        y = linear(y, f"{name}.{kind}", d_model)
        return y.reshape((len(y.data), -1, n_heads, d_head)).transpose(1, 2)

    x = layer_norm(x, f"{name}.norm")
    read = x if memory is None else memory
    q, k, v = heads(x, "q"), heads(read, "k"), heads(read, "v")
    scores = q @ k.transpose(2, 3) * d_head**-0.5  # (batch, heads, T, S)
    weights = log_softmax(scores + mask).exp()
    looked[name] = weights.data
    gathered = (weights @ v).transpose(1, 2).reshape(x.data.shape)
    return linear(gathered, f"{name}.o", d_model)


def mlp(x: Tensor, name: str) -> Tensor:
    """The feed-forward network, each token on its own: widen, keep what is positive, narrow."""
    x = layer_norm(x, f"{name}.norm")
    hidden = linear(x, f"{name}.up", d_ff).relu()  # (batch, T, d_ff)
    return linear(hidden, f"{name}.down", d_model)


def causal_mask(T: int) -> Any:
    """(T, T): 0, but -10⁹ where a token would see a later one; e^-1000000000 rounds to 0."""
    return np.triu(np.full((T, T), -1e9, dtype), 1)


def encoder(source: Any) -> tuple[Tensor, Any]:
    """Read: (batch, S) → the memory, (batch, S, d_model), and a mask that hides its padding."""
    x, mask = embed(source), np.where(source == PAD, -1e9, 0).astype(dtype)[:, None, None]
    for i in range(n_layers):
        x = x + attention(x, f"encoder.{i}.self", mask)
        x = x + mlp(x, f"encoder.{i}.mlp")
    return layer_norm(x, "encoder.norm"), mask


def decoder(target: Any, memory: Tensor, memory_mask: Any) -> Tensor:
    """(batch, T), as far as it is written → (batch, T, words): logits of the word after each."""
    x, mask = embed(target), causal_mask(target.shape[1])  # which hides padding too: it comes last
    for i in range(n_layers):
        x = x + attention(x, f"decoder.{i}.self", mask)
        x = x + attention(x, f"decoder.{i}.cross", memory_mask, memory)
        x = x + mlp(x, f"decoder.{i}.mlp")
    return linear(layer_norm(x, "decoder.norm"), "output", len(VOCABULARY))


# -------------------------------------------------------------------- lessons, and an exam


def loss_of(source: Any, target: Any) -> Tensor:
    """The cross-entropy: the mean of -ln P(right word), over the target's words and </s>.

    The decoder reads the target shifted right, <s> 猫 喜欢 吃 鱼, and is to predict, at all places
    at once, the next word: 猫 喜欢 吃 鱼 </s>.
    """
    right = np.eye(len(VOCABULARY), dtype=dtype)[target[:, 1:]]
    right[target[:, 1:] == PAD] = 0
    chosen: Tensor = log_softmax(decoder(target[:, :-1], *encoder(source))) * right
    return chosen.mean() * float(-right.size / right.sum())


def translate(source: Any) -> Any:
    """Greedy decoding: append the likeliest word, until </s> is in each row: → (batch, T)."""
    memory, mask = encoder(source)
    ids = np.full((len(source), 1), BOS)
    while ids.shape[1] < max_length and not (ids == EOS).any(1).all():
        ids = np.append(ids, decoder(ids, memory, mask).data[:, -1:].argmax(-1), axis=1)
    return ids


def adam(step: int, lr: float) -> None:
    """Move each parameter against its averaged gradient, divided by the gradient's usual size."""
    for name, p in P.items():
        m, v = moments.get(name, (0, 0))
        m, v = moments[name] = 0.9 * m + 0.1 * p.grad, 0.98 * v + 0.02 * p.grad**2
        p.data -= lr * m / (1 - 0.9**step) / (np.sqrt(v / (1 - 0.98**step)) + 1e-8)
        p.grad = np.zeros_like(p.data)


def say(en: str, zh: str) -> None:
    """Print a text in the language that was asked for."""
    print(zh if options.lang == "zh" else en, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="An encoder–decoder in one file translates.")
    parser.add_argument("--lang", choices=["en", "zh"], default="en")
    options = parser.parse_args()
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    pairs = [sentence_pair(parts) for parts in product(*PARTS)]
    rng.shuffle(pairs)
    pairs.sort(key=lambda pair: pair[0] not in EXAMPLES)  # brings them to the front
    held_out, shown = pairs[:500], pairs[500:]
    english, chinese = zip(*held_out, strict=True)
    loss_of(encode(english), encode(chinese, target=True))  # makes the parameters
    n = sum(p.data.size for p in P.values())
    say(f"{n:,} parameters. {len(shown):,} sentences to learn from, 500 held out for the exam.",
        f"{n:,} 个参数。{len(shown):,} 个句子用来训练，另外 500 句留作考试。")  # fmt: skip

    for step in range(1, 151):
        sources, targets = zip(*(shown[i] for i in rng.integers(0, len(shown), 64)), strict=True)
        loss = loss_of(encode(sources), encode(targets, target=True))
        backward(loss)
        adam(step, lr=0.004 * min(step / 50, (151 - step) / 100))  # warm-up, then down to 0
        if step % 25 == 0:
            written = [decode(row) for row in translate(encode(english))]
            right, value = sum(map(str.__eq__, written, chinese)), loss.data.item()
            say(f"\nstep {step}   loss {value:.4f}   {right} of 500 held-out sentences are right",
                f"\n第 {step} 步   损失 {value:.4f}   没见过的 500 句译对 {right} 句")  # fmt: skip
            for sentence in EXAMPLES:
                print(f"    {sentence:48}{decode(translate(encode([sentence]))[0])}")

    say("""
In the last two, one English word changes an earlier Chinese one: 只 or 匹. How did it know? Here is
how much each word that was written looked at each that was read, in the head that looked most (so a
row can pass 100%):
""",
        """
后两句里，后面的一个英文词改变了前面的一个中文词：只、匹。它怎么知道的？
写出每个词时对原文各词的注意力（各头中的最大值，所以一行之和可超过 100%）：
""")  # fmt: skip
    ids = translate(encode(EXAMPLES[-1:]))[0]
    print("    " + "".join(f"{word:>7}" for word in EXAMPLES[-1].split()) + "\n")
    for i, looks in zip(ids[1:], looked["decoder.0.cross"][0].max(0), strict=True):
        print("    " + "".join(f"{look:7.0%}" for look in looks) + f"   {VOCABULARY[i]}")

    say("""
That is the Transformer of 2017, but for three things: one block a side where the paper has six, a
norm before each part and not after it, and positions that are learned and not waves. What the parts
of this program became in the library:
""",
        """
这就是 2017 年的 Transformer，只有三点不同：编码器和解码器各一块（论文各六块）；
归一化放在每个子层之前；位置是学来的，不是正弦波。本程序各部分在库中的对应：
""")  # fmt: skip
    print("""    encode, decode         transformer/text/tokenizer.py
    attention              transformer/model/attention.py
    causal_mask, mask      transformer/model/masks.py
    encoder, decoder       transformer/model/encoder.py, transformer/model/decoder.py
    loss_of                transformer/model/models.py
    translate              transformer/decoding/sampling.py, with a cache: model/cache.py
    looked                 transformer/explain/trace.py
    CHINESE, PARTS         transformer/tasks/dates.py, transformer/tasks/numbers.py""")
