"""The chain rule: numbers that remember how they were made, and so know every derivative.

    python examples/tour/1_chain_rule.py            # --lang zh: in Chinese

To learn is to ask of every number in a model: if it were a little larger, how much larger would the
loss be? The answers are its derivatives, the gradients, and one walk finds them all.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from itertools import count

creation = count()  # numbers the values in the order in which they are made


class Value:
    """A number, with an edge to each number that it was made from.

    An edge carries a vjp, a vector–Jacobian product: it turns g = dL/d(this number) into that
    number's share, which by the chain rule is g times the local derivative.
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
    """List all that the loss was made from, each after everything that was made from it."""
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

# ---------------------------------------------------------------------------------- one graph

say("L = (a·b + a)², its graph, and for each number in it the value and the gradient:\n",
    "L = (a·b + a)² 的计算图，以及其中每个数的值和梯度：\n")  # fmt: skip
a, b = Value(2, "a"), Value(-3, "b")
L = (a * b + a) ** 2
backward(L)
show(L)
say("\na is used twice: the product gives it -8 · b = 24, the sum -8. Together that is 16.",
    "\na 用了两次：乘积给它 -8 · b = 24，和给它 -8，合起来是 16。")  # fmt: skip

h = 1e-6
low, high = ((x * -3 + x) ** 2 for x in (2 - h, 2 + h))
slope = (high - low) / (2 * h)
say(f"Try it: move a by a millionth up and down, and L moves {slope:.4f} times as far.\n",
    f"试一试：把 a 上下挪动百万分之一，L 挪动了它的 {slope:.4f} 倍。\n")  # fmt: skip

# ------------------------------------------------------------------------ learning: fit a line

points = [(-1.0, -1.4), (0.0, 1.1), (1.0, 2.9), (2.0, 5.4)]
say(f"Now to learn: which line y = w·x + c is nearest to {points}?",
    f"现在来学习：哪条直线 y = w·x + c 离 {points} 最近？")  # fmt: skip
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
Each step moves w and c a little against their gradients, downhill. That is gradient descent, and it
is how everything here learns. Next come arrays, where one operation does this for thousands of
numbers at once. What the parts of this program became in the library:
""",
    """
每一步都让 w 和 c 逆着梯度走一点，也就是下坡。这叫梯度下降，这里的一切都这样学习。
下一个程序换成数组：一个运算同时管成千上万个数。这个程序的各个部分在库里变成了：
""")  # fmt: skip
print("""    Value                  minitorch/tensor.py, minitorch/autograd/graph.py
    + · ^ and their vjps   minitorch/ops/elementwise.py
    backward               minitorch/autograd/backward.py
    show                   minitorch.draw_graph
    a millionth            minitorch/testing/gradients.py
    w - 0.05 · gradient    minitorch/optim/sgd.py""")
