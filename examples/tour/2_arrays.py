"""Arrays: the same walk, with thousands of numbers in each place.

    python examples/tour/2_arrays.py                # --lang zh: in Chinese

Compared with 1_chain_rule.py, a number has become an array, and a method a line in a table. One
thing is new. Where broadcasting uses an array several times, to make shapes fit, its gradient is
the sum over all uses. Then a network of two layers learns to tell two spirals apart.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np

creation = count()  # numbers the tensors in the order in which they are made


def operation(forward: Callable[..., Any], *vjps: Callable[..., Any]) -> Callable[..., Tensor]:
    """Make an operation from what it does with arrays, and one vjp for each input.

    A vjp is given g, the gradient of the output y; then y, and all inputs. An input that is no
    tensor is a constant: no edge leads to it, and it gets no gradient. (b.mT is b transposed.)
    """

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
    #                      y            dL/da                        dL/db
    __add__    = operation(np.add,      lambda g, y, a, b: g,        lambda g, y, a, b: g)
    __sub__    = operation(np.subtract, lambda g, y, a, b: g,        lambda g, y, a, b: -g)
    __mul__    = operation(np.multiply, lambda g, y, a, b: g * b,    lambda g, y, a, b: g * a)
    __matmul__ = operation(np.matmul,   lambda g, y, a, b: g @ b.mT, lambda g, y, a, b: a.mT @ g)
    tanh       = operation(np.tanh,     lambda g, y, a: g * (1 - y**2))
    mean       = operation(np.mean,     lambda g, y, a: np.full_like(a, g / a.size))
    # fmt: on


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Undo broadcasting: sum the gradient over what was repeated, so that it has this shape.

    In (200, 32) + (32,) each of the 32 numbers is used in 200 rows, and gradients of all uses add.
    """
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


def say(en: str, zh: str) -> None:
    """Print a text in the language that was asked for."""
    print(zh if options.lang == "zh" else en)


parser = argparse.ArgumentParser(description="The chain rule, on arrays: two spirals.")
parser.add_argument("--lang", choices=["en", "zh"], default="en")
options = parser.parse_args()
sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]

# ------------------------------------------------------------------------ two spirals, two layers


def spirals(n: int) -> tuple[Any, Any]:
    """Return 2n points (2n, 2), and for each +1 or -1: on which of the two spirals it lies."""
    r = np.linspace(0.05, 1, n)
    one = np.stack([r * np.cos(10 * r), r * np.sin(10 * r)], axis=1)
    return np.concatenate([one, -one]), np.repeat([[1], [-1]], n, axis=0)


def network(x: Any) -> Tensor:
    """(n, 2) points → (n, 1) numbers between -1 and 1: which spiral, and how sure."""
    hidden = (Tensor(x) @ W1 + b1).tanh()  # (n, 32)
    return (hidden @ W2 + b2).tanh()


say("Two spirals of 100 points each, o and x. A network of two layers is to tell them apart.\n",
    "两条螺旋线，各 100 个点：o 和 x。让一个两层的网络把它们分开。\n")  # fmt: skip
rng = np.random.default_rng(0)
W1, b1 = Tensor(rng.normal(0, 4, (2, 32))), Tensor(rng.normal(0, 1, 32))  # steep: many bends
W2, b2 = Tensor(rng.normal(0, 0.2, (32, 1))), Tensor(np.zeros(1))
points, target = spirals(100)

for step in range(2001):
    y = network(points)
    error = y - target
    loss = (error * error).mean()
    if step % 500 == 0:
        right = np.sum((y.data > 0) == (target > 0))
        say(f"step {step:4}   loss {loss.data:.4f}   {right} of 200 points are right",
            f"第 {step:4} 步   损失 {loss.data:.4f}   200 个点分对了 {right} 个")  # fmt: skip
    backward(loss)
    for p in (W1, b1, W2, b2):
        p.data, p.grad = p.data - 0.5 * p.grad, np.zeros_like(p.grad)

say("\nThe plane: dots where the network answers o, blanks where x. The letters are the points.\n",
    "\n网络眼中的平面：判为 o 处画点，判为 x 处留白；o 和 x 是两条螺旋线上的点。\n")  # fmt: skip
columns, rows = np.meshgrid(np.linspace(-1, 1, 61), np.linspace(1, -1, 25))
grid = np.stack([columns, rows], axis=-1).reshape(-1, 2)  # (25 · 61, 2)
picture = np.where(network(grid).data > 0, "·", " ").reshape(25, 61)
for (across, up), side in zip(points, target[:, 0], strict=True):
    picture[round(12 * (1 - up)), round(30 * (1 + across))] = "o" if side > 0 else "x"
for row in picture:
    print("    " + "".join(row))

say("""
Two matrices with a bend between them are enough for that. Next the same walk goes through
attention. What the parts of this program became in the library:
""",
    """
两个矩阵，中间夹一个非线性（弯一下），就够了。下一个程序让同样的反向传播穿过注意力。
本程序各部分在库中的对应：
""")  # fmt: skip
print("""    operation, Tensor      minitorch/ops/table.py, minitorch/ops/elementwise.py
    __matmul__             minitorch/ops/linalg.py
    unbroadcast, backward  minitorch/autograd/backward.py
    network                minitorch/nn/module.py, transformer/model/mlp.py""")
