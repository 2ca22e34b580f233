"""A Transformer, whole: the engine, the model, its lessons and its exam, in one file.

    python examples/tour/4_transformer.py           # --lang zh: in Chinese

A GPT of two blocks is shown sums, character by character, and nobody tells it what a digit is. All
it learns is to predict the next character of `12+34=640`: the answer, 046, from its last digit on,
in the order in which one adds. Then it adds numbers that it was never shown.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from itertools import count
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


# ----------------------------------------------------------------------------------- the model

VOCABULARY = "0123456789+="
d_model, n_heads, n_layers, d_ff, max_length = 64, 4, 2, 128, 8
d_head = d_model // n_heads
P: dict[str, Tensor] = {}  # the parameters, by name
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


def attention(x: Tensor, name: str) -> Tensor:
    """3_attention.py, in four heads side by side; and no token looks at one after it."""
    batch, T, _ = x.data.shape
    q, k, v = (  # (batch, heads, T, d_head) each
        linear(x, f"{name}.{kind}", d_model).reshape((batch, T, n_heads, d_head)).transpose(1, 2)
        for kind in "qkv"
    )
    scores = q @ k.transpose(2, 3) * d_head**-0.5  # (batch, heads, T, T)
    future = np.triu(np.full((T, T), -1e9, dtype), 1)  # the causal mask: e^-1000000000 is 0
    weights = log_softmax(scores + future).exp()
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


def gpt(ids: Any) -> Tensor:
    """(batch, T) numbers of characters → (batch, T, 12): logits of the character after each."""
    x = embed(ids)
    for i in range(n_layers):
        x = x + attention(layer_norm(x, f"{i}.norm1"), f"{i}")  # the residual stream: each part
        x = x + mlp(layer_norm(x, f"{i}.norm2"), f"{i}")  # of a block reads it, and adds to it
    return linear(layer_norm(x, "norm"), "output", len(VOCABULARY))


# -------------------------------------------------------------------- lessons, and an exam


def encode(a: int, b: int) -> list[int]:
    """Return the numbers of the characters of a sum: 12 and 34 → `12+34=640`."""
    return [VOCABULARY.index(c) for c in f"{a:02}+{b:02}={f'{a + b:03}'[::-1]}"]


def loss_of(ids: Any) -> Tensor:
    """The cross-entropy: the mean of -ln P(right character), over the answers' characters."""
    right = np.eye(len(VOCABULARY), dtype=dtype)[ids[:, 1:]]  # (batch, 8, 12)
    right[:, :5] = 0  # what follows within a question is chance
    chosen: Tensor = log_softmax(gpt(ids[:, :-1])) * right
    return chosen.reshape((1, -1)).sum_rows() * (-1 / float(right.sum()))


def adam(step: int, lr: float) -> None:
    """Take a step against the gradient, for each parameter as long as suits it (optim/adam.py)."""
    for p in P.values():
        m, v = moments.get(p, (0, 0))  # moving averages of g and of g²
        m, v = moments[p] = 0.9 * m + 0.1 * p.grad, 0.98 * v + 0.02 * p.grad**2
        p.data -= lr * m / (1 - 0.9**step) / (np.sqrt(v / (1 - 0.98**step)) + 1e-8)
        p.grad = np.zeros_like(p.data)


def answer(ids: Any) -> Any:
    """(n, 6) questions → (n, 9): three times over, write the likeliest character, and read it."""
    for _ in range(3):
        ids = np.concatenate([ids, gpt(ids).data[:, -1:].argmax(-1)], axis=1)
    return ids


def say(en: str, zh: str) -> None:
    """Print a text in the language that was asked for."""
    print(zh if options.lang == "zh" else en, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A Transformer in one file learns to add.")
    parser.add_argument("--lang", choices=["en", "zh"], default="en")
    options = parser.parse_args()
    sums = rng.permutation([encode(a, b) for a in range(100) for b in range(100)])
    held_out, shown = sums[:1000], sums[1000:]
    gpt(shown[:1, :-1])  # draws the parameters
    n = sum(p.data.size for p in P.values())
    say(f"{n:,} parameters. 9,000 sums are shown, 1,000 are held out for the exam.\n",
        f"{n:,} 个参数。9,000 道题用来学，另外 1,000 道留作考试。\n")  # fmt: skip

    moments: dict[Tensor, tuple[Any, Any]] = {}
    for step in range(1, 501):
        loss = loss_of(rng.choice(shown, 128))
        backward(loss)
        adam(step, lr=0.004 * min(step / 50, (501 - step) / 450))
        if step % 100 == 0:
            right, at = np.sum((answer(held_out[:, :6]) == held_out).all(1)), loss.data.item()
            say(f"step {step}   loss {at:.4f}   {right} of 1000 held-out sums are right",
                f"第 {step} 步   损失 {at:.4f}   1000 道没见过的题对了 {right} 道")  # fmt: skip

    say("\nA few of the held-out sums; the answer was written from its last digit on:\n",
        "\n几道没见过的题；答案是从个位写起的：\n")  # fmt: skip
    for row in answer(held_out[:5, :6]):
        text = "".join(VOCABULARY[i] for i in row)
        print(f"    {text[:6]}{text[6:]}   {int(text[:2])} + {int(text[3:5])} = {int(text[:5:-1])}")

    say("""
That is all there is in a GPT. What is left is the other half of the first Transformer, which reads
one text and writes another. What the parts of this program became in the library:
""",
        """
一个 GPT 就只有这些。还差最早的 Transformer 的另一半：读一段文字，写另一段。
这个程序的各个部分在库里变成了：
""")  # fmt: skip
    print("""    Tensor, backward       minitorch/
    log_softmax            minitorch/fused/softmax.py, fused/cross_entropy.py
    layer_norm             minitorch/fused/layer_norm.py, transformer/model/add_norm.py
    attention, mlp         transformer/model/attention.py, transformer/model/mlp.py
    gpt                    transformer/model/embedding.py, model/encoder.py, model/models.py
    encode                 transformer/text/tokenizer.py, transformer/tasks/addition.py
    adam                   minitorch/optim/adam.py
    answer                 transformer/decoding/sampling.py
    the loop               transformer/training/loop.py""")
