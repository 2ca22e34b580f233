"""Attention: who looks at whom in `1+2=?`, and how the looking is learned.

    python examples/tour/3_attention.py             # --lang zh: in Chinese

Five tokens, d_model = 1024, one head. Attention is computed, a line a step. Its gradient is derived
by hand, from the last line back to the first, and compared with the walk of 2_arrays.py, which
stands here again with other operations in its table. Then `?` learns whom to look at.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np

TOKENS, d_model = list("1+2=?"), 1024


def attention(x: Any, W_q: Any, W_k: Any, W_v: Any) -> tuple[Any, ...]:
    """(5, 1024), a vector for each token → every step; the last is what each token has gathered."""
    q = x @ W_q  # (5, 1024)  the queries: whom am I looking for?
    k = x @ W_k  # (5, 1024)  the keys: who is looking for me?
    v = x @ W_v  # (5, 1024)  the values: and what do I have to tell?
    scores = q @ k.mT / np.sqrt(d_model)  # (5, 5)  a row for who asks, a column for who answers
    e = np.exp(scores)
    weights = e / e.sum(-1, keepdims=True)  # (5, 5)  softmax: positive, and each row sums to 1
    gathered = weights @ v  # (5, 1024)  for each token, a mixture of all values
    return q, k, v, scores, weights, gathered


def gradient(x: Any, W_q: Any, W_k: Any, W_v: Any, target: Any) -> tuple[Any, ...]:
    """Return the loss, the mean of (what `?` gathered - target)², and by hand its four gradients.

    They are `attention`, read upwards; dq is short for dL/dq. A product y = a b gives da = dy bᵀ
    and db = aᵀ dy. Softmax gives ∂w_i/∂s_j = w_i (δ_ij - w_j), where δ_ij is 1 if i = j, else 0:
    what one token gets more, the others get less. So ds_j = w_j (dw_j - Σ_i dw_i w_i).
    """
    q, k, v, _, weights, gathered = attention(x, W_q, W_k, W_v)
    error = gathered[-1] - target
    dgathered = np.zeros_like(gathered)
    dgathered[-1] = 2 * error / d_model
    dweights = dgathered @ v.mT
    dv = weights.mT @ dgathered
    dscores = weights * (dweights - (dweights * weights).sum(-1, keepdims=True))
    dq = dscores @ k / np.sqrt(d_model)
    dk = dscores.mT @ q / np.sqrt(d_model)
    dx = dq @ W_q.mT + dk @ W_k.mT + dv @ W_v.mT  # x is used three times
    return np.mean(error**2), dx, x.mT @ dq, x.mT @ dk, x.mT @ dv


# -------------------------------------------------- the walk of 2_arrays.py, with another table

creation = count()  # numbers the tensors in the order in which they are made


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
        self.data, self.edges = np.asarray(data, float), edges
        self.grad, self.number = np.zeros_like(self.data), next(creation)

    # fmt: off
    #                       y            dL/da                        dL/db
    __sub__     = operation(np.subtract, lambda g, y, a, b: g,        lambda g, y, a, b: -g)
    __mul__     = operation(np.multiply, lambda g, y, a, b: g * b,    lambda g, y, a, b: g * a)
    __truediv__ = operation(np.divide,   lambda g, y, a, b: g / b,    lambda g, y, a, b: -g * y / b)
    __matmul__  = operation(np.matmul,   lambda g, y, a, b: g @ b.mT, lambda g, y, a, b: a.mT @ g)
    exp         = operation(np.exp,      lambda g, y, a: g * y)
    sum_rows    = operation(lambda a: a.sum(-1, keepdims=True), lambda g, y, a: g * np.ones_like(a))
    mean        = operation(np.mean,     lambda g, y, a: np.full_like(a, g / a.size))
    transpose   = operation(np.swapaxes, lambda g, y, a, i, j: g.swapaxes(i, j))
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


def walk(arrays: list[Any], target: Any) -> list[Any]:
    """Return the same as `gradient`, found by the walk."""
    x, W_q, W_k, W_v = tensors = [Tensor(array) for array in arrays]
    e = ((x @ W_q) @ (x @ W_k).transpose(0, 1) / np.sqrt(d_model)).exp()
    gathered = (e / e.sum_rows()) @ (x @ W_v)
    error = Tensor([[0, 0, 0, 0, 1]]) @ gathered - target  # (1, 1024)  picks the last row
    loss = (error * error).mean()
    backward(loss)
    return [loss.data, *(tensor.grad for tensor in tensors)]


def say(en: str, zh: str) -> None:
    """Print a text in the language that was asked for."""
    print(zh if options.lang == "zh" else en)


def table(numbers: Any) -> None:
    """Print a 5×5 table, with the tokens at its edges."""
    print("         " + "".join(f"{token:>7}" for token in TOKENS))
    for token, row in zip(TOKENS, numbers, strict=True):
        print(f"        {token}" + "".join(f"{number:7.2f}" for number in row))


parser = argparse.ArgumentParser(description="Attention in `1+2=?`, and its gradient by hand.")
parser.add_argument("--lang", choices=["en", "zh"], default="en")
options = parser.parse_args()
sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]

# ------------------------------------------------------------------------------- what one sees

say("Five tokens, each a vector of 1024 random numbers. How does `?` find 1 and 2?\n",
    "五个词元，各是 1024 个随机数组成的向量。“?”怎样找到 1 和 2？\n")  # fmt: skip
rng = np.random.default_rng(0)
x = rng.normal(0, 1, (5, d_model))  # a vector for each token
W_q, W_k, W_v = rng.normal(0, 1 / np.sqrt(d_model), (3, d_model, d_model))  # nothing learned yet
q, k, v, scores, weights, gathered = attention(x, W_q, W_k, W_v)

say(f"q, k and v are {q.shape} each, and the scores q kᵀ / √1024 {scores.shape}. Row: who asks.\n"
    "Column: who answers.\n",
    f"q、k、v 各是 {q.shape}，分数 q kᵀ / √1024 是 {scores.shape}。\n"
    "每行是提问的词元，每列是回答的词元：\n")  # fmt: skip
table(scores)
say("\nSoftmax makes weights of them, so that each row sums to 1. Whom does a token look at?\n",
    "\nsoftmax 把分数变成权重，每行之和为 1。每个词元在看谁？\n")  # fmt: skip
table(weights)
say(f"\nWith its row of weights each token mixes the values: {gathered.shape} again.",
    f"\n每个词元用自己那一行权重对所有的值加权求和：形状还是 {gathered.shape}。")  # fmt: skip

target = (v[0] + v[2]) / 2  # held fixed
say("""
To add, `?` must see 1 and 2. So let the target be their values, half and half; the loss says how
far from it is what `?` has gathered. Its gradients by hand and by the walk; how much they differ,
relative to the largest number in each:
""",
    """
要算加法，“?”得看到 1 和 2。目标就定为两者的值各取一半；损失衡量“?”收集到的离目标还有多远。
下面比较手推的梯度与反向传播的梯度，列出最大的相对误差：
""")  # fmt: skip
by_hand, walked = gradient(x, W_q, W_k, W_v, target), walk([x, W_q, W_k, W_v], target)
for name, one, other in zip(["x", "W_q", "W_k", "W_v"], by_hand[1:], walked[1:], strict=True):
    difference = np.abs(one - other).max() / np.abs(one).max()
    print(f"    dL/d{name:4}{one.shape!s:>14}   {difference:.0e}")

say("\nNow W_q and W_k go downhill, against their gradients. Whom does `?` look at?\n",
    "\n现在让 W_q 和 W_k 逆着梯度下坡。“?”在看谁？\n")  # fmt: skip
print("    step   loss  " + "".join(f"{token:>7}" for token in TOKENS))
for step in range(31):
    loss, _, dW_q, dW_k, _ = gradient(x, W_q, W_k, W_v, target)
    if step % 6 == 0:
        *_, weights, _ = attention(x, W_q, W_k, W_v)
        print(f"    {step:4}{loss:9.4f}" + "".join(f"{weight:7.2f}" for weight in weights[-1]))
    W_q, W_k = W_q - 0.002 * dW_q, W_k - 0.002 * dW_k

say("""
We only said what `?` should gather. What its query asks, and what the keys of 1 and 2 answer,
gradient descent has found. Next comes the whole model. What the parts of this program became in
the library:
""",
    """
我们只规定了“?”该收集到什么；查询问什么、1 和 2 的键答什么，是梯度下降学来的。
下一个程序是完整的模型。本程序各部分在库中的对应：
""")  # fmt: skip
print("""    attention              minitorch/fused/attention.py: definition
    gradient               minitorch/fused/attention.py: kernel, fused/softmax.py
    W_q, W_k, W_v          transformer/model/attention.py, in several heads
    1+2=?                  examples/one_plus_two.py, with a model that has learned to add""")
