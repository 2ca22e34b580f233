"""The Transformer of 2017: an encoder reads, and a decoder writes, looking at what was read.

    python examples/tour/5_encoder_decoder.py       # --lang zh: in Chinese

`the cat likes to eat fish` becomes `猫 喜欢 吃 鱼`. To 4_transformer.py it adds the other half: a
second stack of blocks, and cross-attention, whose queries come from what is written and whose keys
and values come from what was read. It is needed: Chinese says first when and last what, and after
这 (this) puts a measure word, which depends on a noun that is still to come: 这 匹 小 马 (horse),
but 这 只 小 猫 (cat).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from itertools import count, product
from typing import Any

import numpy as np

# ------------------------------------------------ the walk of 2_arrays.py, with a longer table

creation = count()  # numbers the tensors in the order in which they are made
dtype = np.float32  # seven digits: half the memory of Python's numbers, and half the time


def operation(forward: Callable[..., Any], *vjps: Callable[..., Any]) -> Callable[..., Tensor]:
    """Make an operation of what it does with arrays, and of a vjp for each input.

    A vjp is given g, the gradient of the output y; then y and all inputs. An input that is no
    tensor is a constant: no edge leads to it, and it gets no gradient.
    """

    def apply(*inputs: Any) -> Tensor:
        arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
        y = forward(*arrays)
        pairs = [(x, vjp) for x, vjp in zip(inputs, vjps, strict=False) if isinstance(x, Tensor)]
        return Tensor(y, *((x, lambda g, vjp=vjp: vjp(g, y, *arrays)) for x, vjp in pairs))

    return apply


class Tensor:
    """An array, with an edge to each tensor that it was made from, and a vjp on each edge."""

    def __init__(self, data: Any, *edges: tuple[Tensor, Callable[[Any], Any]]):
        self.data, self.edges = np.asarray(data, dtype), edges
        self.grad, self.number = np.zeros_like(self.data), next(creation)

    # fmt: off
    #                      y            dL/da                        dL/db
    __add__    = operation(np.add,      lambda g, y, a, b: g,        lambda g, y, a, b: g)
    __sub__    = operation(np.subtract, lambda g, y, a, b: g,        lambda g, y, a, b: -g)
    __mul__    = operation(np.multiply, lambda g, y, a, b: g * b,    lambda g, y, a, b: g * a)
    __matmul__ = operation(np.matmul,   lambda g, y, a, b: g @ b.mT, lambda g, y, a, b: a.mT @ g)
    __pow__    = operation(np.power,    lambda g, y, a, n: g * n * a ** (n - 1))
    exp        = operation(np.exp,      lambda g, y, a: g * y)
    log        = operation(np.log,      lambda g, y, a: g / a)
    relu       = operation(lambda a: np.maximum(a, 0), lambda g, y, a: g * (a > 0))
    sum_rows   = operation(lambda a: a.sum(-1, keepdims=True), lambda g, y, a: g * np.ones_like(a))
    reshape    = operation(np.reshape,  lambda g, y, a, shape: g.reshape(a.shape))
    transpose  = operation(np.swapaxes, lambda g, y, a, i, j: g.swapaxes(i, j))
    # fmt: on


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Undo broadcasting: sum the gradient over what was repeated, so that it has this shape."""
    g = g.sum(tuple(range(g.ndim - len(shape))))
    return g.sum(tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


def reverse_topological_order(loss: Tensor) -> list[Tensor]:
    """List all that the loss was made from, each after everything that was made from it."""
    found, waiting = {loss}, [loss]
    while waiting:
        for parent, _ in waiting.pop().edges:
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return sorted(found, key=lambda tensor: tensor.number, reverse=True)


def backward(loss: Tensor) -> None:
    """Backpropagation: from dL/dL = 1 walk back, handing each tensor's gradient on."""
    loss.grad = np.ones_like(loss.data)
    for tensor in reverse_topological_order(loss):
        for parent, vjp in tensor.edges:
            parent.grad = parent.grad + unbroadcast(vjp(tensor.grad), parent.data.shape)


# -------------------------------------------------------------------------------- two languages

CHINESE = {
    "the": "", "this": "这", "that": "那", "big": "大", "small": "小", "white": "白", "black": "黑",
    "cat": "只 猫", "dog": "只 狗", "horse": "匹 马", "cow": "头 牛", "child": "个 孩子",
    "likes to": "喜欢", "does not like to": "不 喜欢", "eat fish": "吃 鱼", "eat meat": "吃 肉",
    "eat apples": "吃 苹果", "drink water": "喝 水", "drink milk": "喝 牛奶",
    "watch birds": "看 鸟", "at home": "在 家里", "in the garden": "在 花园里",
    "by the river": "在 河边", "in summer": "夏天", "at night": "夜里", "in the morning": "早上",
    "": "",
}  # fmt: skip
PARTS = (  # of an English sentence, in their order; "" is none
    ("the", "this", "that"), ("", "big", "small"), ("", "white", "black"),
    ("cat", "dog", "horse", "cow", "child"), ("likes to", "does not like to"),
    ("eat fish", "eat meat", "eat apples", "drink water", "drink milk", "watch birds"),
    ("", "at home", "in the garden", "by the river"),
    ("", "in summer", "at night", "in the morning"),
)  # fmt: skip
EXAMPLES = ("the cat likes to eat fish", "this small horse likes to drink water at night")
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
    """Return the words that the numbers stand for, up to </s>, without <s>."""
    words = [VOCABULARY[i] for i in row[1:]]
    return " ".join(words[: words.index("</s>")] if "</s>" in words else words)


# ----------------------------------------------------------------------------------- the model

d_model, n_heads, n_layers, d_ff, max_length = 64, 4, 1, 128, 18
d_head = d_model // n_heads
P: dict[str, Tensor] = {}  # the parameters, by name
looked: dict[str, Any] = {}  # the attention weights of the last pass, by name

rng = np.random.default_rng(0)


def parameter(name: str, *shape: int, mean: float = 0, std: float = 0) -> Tensor:
    """Return a parameter by its name. The first time, it is made, of random numbers."""
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
    variance = (centred * centred).sum_rows() * (1 / d_model)
    normal = centred * (variance + 1e-5) ** -0.5
    return normal * parameter(f"{name}.W", d_model, mean=1) + parameter(f"{name}.b", d_model)


def log_softmax(x: Tensor) -> Tensor:
    """x - ln Σ eˣ in each row. The largest x is subtracted first, so that eˣ does not overflow."""
    x = x - x.data.max(-1, keepdims=True)
    return x - x.exp().sum_rows().log()


def attention(x: Tensor, memory: Tensor, name: str, mask: Any) -> Tensor:
    """Each token of x looks at the tokens of the memory: at x itself, or at what was read."""
    batch, T, _ = x.data.shape

    def heads(y: Tensor) -> Tensor:  # (batch, T, d_model) → (batch, heads, T, d_head)
        return y.reshape((batch, -1, n_heads, d_head)).transpose(1, 2)

    q = heads(linear(x, f"{name}.q", d_model))
    k = heads(linear(memory, f"{name}.k", d_model))
    v = heads(linear(memory, f"{name}.v", d_model))
    scores = q @ k.transpose(2, 3) * d_head**-0.5  # (batch, heads, T, S)
    weights = log_softmax(scores + mask).exp()
    looked[name] = weights.data
    gathered = (weights @ v).transpose(1, 2).reshape((batch, T, d_model))
    return linear(gathered, f"{name}.o", d_model)


def mlp(x: Tensor, name: str) -> Tensor:
    """Each token on its own: widen, keep what is positive, project back."""
    hidden = linear(x, f"{name}.up", d_ff).relu()  # (batch, T, d_ff)
    return linear(hidden, f"{name}.down", d_model)


def embed(ids: Any) -> Tensor:
    """(batch, T) numbers of tokens → (batch, T, d_model): what each is, plus where it stands."""
    what = np.eye(len(VOCABULARY), dtype=dtype)[ids]  # (batch, T, tokens), a 1 in each row
    where = np.eye(max_length, dtype=dtype)[: ids.shape[1]]  # (T, max_length)
    tokens = parameter("tokens", len(VOCABULARY), d_model, std=0.5)
    positions = parameter("positions", max_length, d_model, std=0.5)
    return Tensor(what) @ tokens + Tensor(where) @ positions  # each 1 picks a row


def encoder(source: Any) -> tuple[Tensor, Any]:
    """Read the source: (batch, S) → the memory (batch, S, d_model), and a mask for its padding."""
    mask = np.where(source == PAD, -1e9, 0).astype(dtype)[:, None, None]
    x = embed(source)
    for i in range(n_layers):
        y = layer_norm(x, f"encoder.{i}.self.norm")
        x = x + attention(y, y, f"encoder.{i}.self", mask)
        x = x + mlp(layer_norm(x, f"encoder.{i}.mlp.norm"), f"encoder.{i}.mlp")
    return layer_norm(x, "encoder.norm"), mask


def decoder(target: Any, memory: Tensor, mask: Any) -> Tensor:
    """(batch, T), as far as it is written → logits of the word after each, (batch, T, words)."""
    T = target.shape[1]
    future = np.triu(np.full((T, T), -1e9, dtype), 1)  # no word sees those after it
    x = embed(target)
    for i in range(n_layers):
        y = layer_norm(x, f"decoder.{i}.self.norm")
        x = x + attention(y, y, f"decoder.{i}.self", future)
        y = layer_norm(x, f"decoder.{i}.cross.norm")
        x = x + attention(y, memory, f"decoder.{i}.cross", mask)
        x = x + mlp(layer_norm(x, f"decoder.{i}.mlp.norm"), f"decoder.{i}.mlp")
    return linear(layer_norm(x, "decoder.norm"), "output", len(VOCABULARY))


# -------------------------------------------------------------------- lessons, and an exam


def loss_of(source: Any, target: Any) -> Tensor:
    """The cross-entropy: the mean of -ln P(right word) over the target's words and </s>.

    The decoder reads the target shifted right, <s> 猫 喜欢 吃 鱼, and is to predict, at all places
    at once, the next word: 猫 喜欢 吃 鱼 </s>.
    """
    right = np.eye(len(VOCABULARY), dtype=dtype)[target[:, 1:]]
    right[target[:, 1:] == PAD] = 0
    chosen: Tensor = log_softmax(decoder(target[:, :-1], *encoder(source))) * right
    return chosen.reshape((1, -1)).sum_rows() * (-1 / float(right.sum()))


def translate(source: Any) -> Any:
    """Write the likeliest word, read it, write the next, until </s>: (batch, S) → (batch, T)."""
    memory, mask = encoder(source)
    ids = np.full((len(source), 1), BOS)
    while ids.shape[1] < max_length and not (ids == EOS).any(1).all():
        ids = np.append(ids, decoder(ids, memory, mask).data[:, -1:].argmax(-1), axis=1)
    return ids


def adam(step: int, lr: float) -> None:
    """Take a step against the gradient, for each parameter as long as suits it (optim/adam.py)."""
    for p in P.values():
        m, v = moments.get(p, (0, 0))  # moving averages of g and of g²
        m, v = moments[p] = 0.9 * m + 0.1 * p.grad, 0.98 * v + 0.02 * p.grad**2
        p.data -= lr * m / (1 - 0.9**step) / (np.sqrt(v / (1 - 0.98**step)) + 1e-8)
        p.grad = np.zeros_like(p.data)


def say(en: str, zh: str) -> None:
    """Print a text in the language that was asked for."""
    print(zh if options.lang == "zh" else en, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="An encoder–decoder in one file translates.")
    parser.add_argument("--lang", choices=["en", "zh"], default="en")
    options = parser.parse_args()
    pairs = [sentence_pair(parts) for parts in product(*PARTS)]
    rng.shuffle(pairs)
    pairs.sort(key=lambda pair: pair[0] not in EXAMPLES)  # puts them first: they are held out too
    held_out, shown = pairs[:500], pairs[500:]
    english, chinese = zip(*held_out, strict=True)
    loss_of(encode(english), encode(chinese, target=True))  # makes the parameters
    n = sum(p.data.size for p in P.values())
    say(f"{n:,} parameters. {len(shown):,} sentences to learn from, 500 held out for the exam.\n",
        f"{n:,} 个参数。{len(shown):,} 个句子用来学，另外 500 句留作考试。\n")  # fmt: skip

    moments: dict[Tensor, tuple[Any, Any]] = {}
    for step in range(1, 301):
        sources, targets = zip(*(shown[i] for i in rng.integers(0, len(shown), 64)), strict=True)
        loss = loss_of(encode(sources), encode(targets, target=True))
        backward(loss)
        adam(step, lr=0.004 * min(step / 50, (301 - step) / 250))
        if step % 50 == 0:
            written = [decode(row) for row in translate(encode(english))]
            right, at = sum(map(str.__eq__, written, chinese)), loss.data.item()
            say(f"step {step:3}   loss {at:.4f}   {right} of 500 held-out sentences are right",
                f"第 {step:3} 步   损失 {at:.4f}   500 个没见过的句子对了 {right} 个")  # fmt: skip

    say("""
Two sentences, and for each word that was written how much it looked at each word that was read,
in per cent, by the head that looked most. The time leaps to the front; 匹 looks ahead to horse:
""",
        """
两个句子，以及写下每个词时对读到的每个词看了多少（百分之几，取看得最多的那个头）。
时间跳到了最前面；写 “匹” 的时候，它在看后面的 horse：
""")  # fmt: skip
    for sentence in EXAMPLES:
        ids = translate(encode([sentence]))[0]
        print("    " + "".join(f"{word:>7}" for word in sentence.split()) + "\n")
        for i, looks in zip(ids[1:], looked["decoder.0.cross"][0].max(0), strict=True):
            print("    " + "".join(f"{look:7.0%}" for look in looks) + f"   {VOCABULARY[i]}")
        print()

    say("""That is the Transformer of 2017, with one block on each side, where the paper has six.
What the parts of this program became in the library:
""",
        """这就是 2017 年的 Transformer，每边一个块；论文里是六个。
这个程序的各个部分在库里变成了：
""")  # fmt: skip
    print("""    encode, decode         transformer/text/tokenizer.py
    attention              transformer/model/attention.py
    the two masks          transformer/model/masks.py
    encoder, decoder       transformer/model/encoder.py, transformer/model/decoder.py
    loss_of                transformer/model/models.py
    translate              transformer/decoding/sampling.py, with a cache: model/cache.py
    looked                 transformer/explain/trace.py
    two languages          transformer/tasks/dates.py, transformer/tasks/numbers.py""")
