"""A Transformer, whole: the engine, the model, its lessons and its exam, in one file.

    python examples/tour/4_transformer.py           # --lang zh: in Chinese

A GPT of two blocks is shown sums, character by character, and nobody tells it what a digit is. All
it learns is to predict the next character of `12+34=640`: the answer, 046, from its last digit on,
in the order in which one adds. Then it adds numbers that it was never shown.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from itertools import count
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


# -------------------------------------------------------------------------------------- sums

VOCABULARY = "0123456789+="


def encode(a: int, b: int) -> list[int]:
    """Return the numbers of the characters of a sum: 12 and 34 → `12+34=640`."""
    return [VOCABULARY.index(c) for c in f"{a:02}+{b:02}={f'{a + b:03}'[::-1]}"]


def decode(row: Any) -> str:
    """Return the characters that the numbers stand for."""
    return "".join(VOCABULARY[i] for i in row)


# ----------------------------------------------------------------------------------- the model

d_model, n_heads, n_layers, d_ff, max_length = 64, 4, 2, 128, 8
d_head = d_model // n_heads
P: dict[str, Tensor] = {}  # the parameters, by name
moments: dict[str, tuple[Any, Any]] = {}  # for Adam: moving averages of each gradient and square
rng = np.random.default_rng(0)


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


def attention(x: Tensor, name: str, mask: Any) -> Tensor:
    """Multi-head attention: what 3_attention.py computes, in four heads side by side."""

    def heads(y: Tensor, kind: str) -> Tensor:  # (batch, T, d_model) → (batch, heads, T, d_head)
        y = linear(y, f"{name}.{kind}", d_model)
        return y.reshape((len(y.data), -1, n_heads, d_head)).transpose(1, 2)

    x = layer_norm(x, f"{name}.norm")
    q, k, v = heads(x, "q"), heads(x, "k"), heads(x, "v")
    scores = q @ k.transpose(2, 3) * d_head**-0.5  # (batch, heads, T, T)
    weights = log_softmax(scores + mask).exp()
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


def gpt(ids: Any) -> Tensor:
    """(batch, T) → (batch, T, 12): logits, scores before softmax, for the character after each."""
    x, mask = embed(ids), causal_mask(ids.shape[1])
    for i in range(n_layers):  # x is the residual stream: each part reads it, and adds to it
        x = x + attention(x, f"{i}.self", mask)
        x = x + mlp(x, f"{i}.mlp")
    return linear(layer_norm(x, "norm"), "output", len(VOCABULARY))


# -------------------------------------------------------------------- lessons, and an exam


def loss_of(ids: Any) -> Tensor:
    """The cross-entropy: the mean of -ln P(right character), over the answers' characters."""
    right = np.eye(len(VOCABULARY), dtype=dtype)[ids[:, 1:]]  # (batch, 8, 12)
    right[:, :5] = 0  # the question is given, and need not be predicted
    chosen: Tensor = log_softmax(gpt(ids[:, :-1])) * right
    return chosen.mean() * float(-right.size / right.sum())


def answer(ids: Any) -> Any:
    """Greedy decoding: three times, append the likeliest character: (n, 6) → (n, 9)."""
    for _ in range(3):
        ids = np.append(ids, gpt(ids).data[:, -1:].argmax(-1), axis=1)
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
    parser = argparse.ArgumentParser(description="A Transformer in one file learns to add.")
    parser.add_argument("--lang", choices=["en", "zh"], default="en")
    options = parser.parse_args()
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sums = rng.permutation([encode(a, b) for a in range(100) for b in range(100)])
    held_out, shown = sums[:1000], sums[1000:]
    loss_of(held_out)  # makes the parameters
    n = sum(p.data.size for p in P.values())
    say(f"{n:,} parameters. 9,000 sums are shown, and 1,000 are held out for the exam, such as\n"
        f"{decode(held_out[0])}. It writes the answer from its last digit on.\n",
        f"{n:,} 个参数。9,000 道题用来训练，另外 1,000 道留作考试，比如 {decode(held_out[0])}。\n"
        "答案从个位写起。\n")  # fmt: skip

    for step in range(1, 501):
        loss = loss_of(rng.choice(shown, 128))
        backward(loss)
        adam(step, lr=0.004 * min(step / 50, (501 - step) / 450))  # warm-up, then down to 0
        if step % 50 == 0:
            answers = answer(held_out[:, :6])
            right, value = np.sum((answers == held_out).all(1)), loss.data.item()
            say(f"step {step:3}   loss {value:.4f}   {decode(answers[0])}"
                f"   {right:4} of 1000 held-out sums are right",
                f"第 {step:3} 步   损失 {value:.4f}   {decode(answers[0])}"
                f"   没见过的 1000 道题答对 {right:4} 道")  # fmt: skip

    say("""
A GPT is this, with more blocks and more text. What is left is the other half of the first
Transformer, which reads one text and writes another. What the parts of this program became in the
library:
""",
        """
GPT 就是这样，只是块更多、文字更多。还差最初那个 Transformer 的另一半：读一段文字，写出另一段。
本程序各部分在库中的对应：
""")  # fmt: skip
    print("""    Tensor, backward       minitorch/tensor.py, minitorch/autograd/backward.py
    encode, decode         transformer/text/tokenizer.py, transformer/tasks/addition.py
    layer_norm             minitorch/fused/layer_norm.py, transformer/model/add_norm.py
    log_softmax, loss_of   minitorch/fused/softmax.py, minitorch/fused/cross_entropy.py
    embed                  transformer/model/embedding.py
    attention, mlp         transformer/model/attention.py, transformer/model/mlp.py
    gpt                    transformer/model/encoder.py, transformer/model/models.py
    answer                 transformer/decoding/sampling.py
    adam                   minitorch/optim/adam.py
    for step in …          transformer/training/loop.py, examples/addition.py""")
