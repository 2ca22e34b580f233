"""The chain rule: numbers that remember how they were made, and so know every derivative.

    python examples/tour/1_chain_rule.py            # --lang zh: in Chinese

To learn is to ask of every number in a model: if it grew by a tiny amount, by how many times that
amount would the loss grow? That is the derivative of the loss with respect to this number, its
gradient for short. One walk finds all of them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from itertools import count

creation = count()  # numbers the values in the order in which they are made


class Value:
    """A number, with an edge to each number that it was made from.

    An edge carries a vjp, a vector–Jacobian product. It takes g = dL/d(this number), and returns
    what this path adds to the gradient of the other: by the chain rule, g times the derivative.
    """

    def __init__(self, data: float, name: str, *edges: tuple[Value, Callable[[float], float]]):
        self.data, self.name, self.edges = data, name, edges
        self.grad, self.number = 0.0, next(creation)

    def __add__(self, other: Value) -> Value:  # d(a + b)/da = 1 and d(a + b)/db = 1
        return Value(self.data + other.data, "+", (self, lambda g: g), (other, lambda g: g))

    def __mul__(self, other: Value) -> Value:  # d(a · b)/da = b and d(a · b)/db = a
        a, b = self.data, other.data
        return Value(a * b, "·", (self, lambda g: g * b), (other, lambda g: g * a))

    def __pow__(self, n: int) -> Value:  # d(aⁿ)/da = n aⁿ⁻¹
        return Value(self.data**n, f"^{n}", (self, lambda g: g * n * self.data ** (n - 1)))


def reverse_topological_order(loss: Value) -> list[Value]:
    """List all that the loss was made from, each after everything that was made from it.

    A value is younger than all that it was made from, so from young to old is such an order.
    """
    found, waiting = {loss}, [loss]
    while waiting:
        for parent, _ in waiting.pop().edges:
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return sorted(found, key=lambda value: value.number, reverse=True)


def backward(loss: Value) -> None:
    """Backpropagation: from dL/dL = 1 walk back, handing each value's gradient on."""
    loss.grad = 1.0
    for value in reverse_topological_order(loss):
        for parent, vjp in value.edges:
            parent.grad += vjp(value.grad)  # where paths meet, gradients add up


def show(value: Value, depth: int = 0) -> None:
    """Print a value's graph: a line each, and below it, further in, what it was made from."""
    print(f"    {'   ' * depth + value.name:15}{value.data:5g}{value.grad:10g}")
    for parent, _ in value.edges:
        show(parent, depth + 1)


def say(en: str, zh: str) -> None:
    """Print a text in the language that was asked for."""
    print(zh if options.lang == "zh" else en)


parser = argparse.ArgumentParser(description="The chain rule, on plain numbers.")
parser.add_argument("--lang", choices=["en", "zh"], default="en")
options = parser.parse_args()
sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]

# ---------------------------------------------------------------------------------- one graph

say("L = (a·b + a)², its graph, and for each number in it the value and the gradient:\n",
    "L = (a·b + a)² 的计算图，以及其中每个数的值和梯度：\n")  # fmt: skip
a, b = Value(2, "a"), Value(-3, "b")
L = (a * b + a) ** 2
backward(L)
show(L)
say("""
Both a are one number, used twice. Through the product it gets -8 · b = 24, through the sum -8, so
16 in all.""",
    """
两个 a 是同一个数，用到了两次：经乘法传来 -8 · b = 24，经加法传来 -8，合起来是 16。""")  # fmt: skip

h = 1e-6
left, right = ((x * -3 + x) ** 2 for x in (2 - h, 2 + h))
slope = (right - left) / (2 * h)
say(f"Check it: move a by a millionth to both sides, and L moves {slope:.4f} times as far.\n",
    f"用有限差分验证：让 a 增减 0.000001，L 的变化是它的 {slope:.4f} 倍。\n")  # fmt: skip

# ------------------------------------------------------------------------ learning: fit a line

points = [(-1.0, -1.4), (0.0, 1.1), (1.0, 2.9), (2.0, 5.4)]
say("Now to learn: which line y = w·x + c has the smallest sum of squared errors at these points?",
    "下面开始学习：哪条直线 y = w·x + c 最贴近这些点（误差平方和最小）？")  # fmt: skip
print(f"\n    {points}\n")
w, c = Value(0, "w"), Value(0, "c")
for step in range(101):
    loss = Value(0, "0")
    for x, y in points:
        loss += (w * Value(x, "x") + c + Value(-y, "-y")) ** 2  # the squared error
    backward(loss)
    if step in (0, 1, 10, 100):
        print(f"    step {step:3}   loss {loss.data:8.4f}   y = {w.data:.4f} x + {c.data:.4f}")
    w, c = Value(w.data - 0.05 * w.grad, "w"), Value(c.data - 0.05 * c.grad, "c")

say("""
Each step moves w and c a little against their gradients, downhill. That is gradient descent, and
all models learn in this way. Next come arrays, where one operation does this for thousands of
numbers at once. What the parts of this program became in the library:
""",
    """
每一步都让 w 和 c 逆着梯度走一小步，也就是往下坡走。这叫梯度下降，所有的模型都这样学。
下一个程序换成数组：一次运算处理成千上万个数。本程序各部分在库中的对应：
""")  # fmt: skip
print("""    Value                  minitorch/tensor.py, minitorch/autograd/graph.py
    + · ^ and their vjps   minitorch/ops/elementwise.py
    backward               minitorch/autograd/backward.py
    show                   minitorch/drawing/draw.py: draw_graph
    slope                  minitorch/testing/gradients.py
    w - 0.05 · gradient    minitorch/optim/sgd.py""")
