"""Training does not leak memory, even with the garbage collector off."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from weakref import ref

import numpy as np
import pytest

import minitorch
from minitorch import fused, nn
from minitorch.autograd import grad
from minitorch.tensor import Tensor
from minitorch.utils.checkpoint import checkpoint


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Model(nn.Module):
    """A little of everything that a Transformer does, with views of a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(7, 8)
        self.norm = nn.LayerNorm(8)
        self.qkv = nn.Linear(8, 24)
        self.head = nn.Linear(8, 7)
        self.register_buffer("mask", minitorch.ones(9, 9).tril().bool())

    def forward(self, ids: Tensor) -> Tensor:
        B, T = ids.shape
        x = self.embedding(ids)
        q, k, v = (
            self.qkv(self.norm(x)).view(B, T, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        )  # (B, heads, T, d_head)
        y = fused.scaled_dot_product_attention(q, k, v, self.mask[:T, :T])
        x = x + y.transpose(1, 2).reshape(B, T, 8)
        x = nn.functional.dropout(nn.functional.gelu(x), 0.1)
        x.mul_(2.0)
        x[:, 0] = 0.0
        return x @ self.head.weight.T + self.head.bias


@pytest.fixture
def step() -> Callable[[], Tensor]:
    minitorch.manual_seed(0)
    model = Model()
    optimizer = minitorch.optim.AdamW(model.parameters(), lr=1e-3)
    ids = Tensor._wrap(np.arange(10).reshape(2, 5) % 7)

    def step() -> Tensor:
        loss = fused.cross_entropy(model(ids).reshape(-1, 7), ids.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss

    return step


def test_2_000_training_steps_leave_no_new_objects_and_no_memory(
    step: Callable[[], Tensor],
) -> None:
    for _ in range(10):
        step()
    objects = len(gc.get_objects())
    for _ in range(1_900):
        step()
    assert len(gc.get_objects()) <= objects
    tracemalloc.start()
    try:
        step()
        memory = tracemalloc.get_traced_memory()[0]
        for _ in range(100):
            step()
        grown = tracemalloc.get_traced_memory()[0] - memory
    finally:
        tracemalloc.stop()
    assert grown < 2_000  # bytes, of 100 steps: less than one small object a step


def test_a_finished_loss_is_freed_by_its_reference_count(step: Callable[[], Tensor]) -> None:
    loss = step()
    node = ref(loss)
    del loss
    assert node() is None


def test_a_loss_without_a_backward_pass_is_freed_too() -> None:
    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    outputs = [
        (x * x).exp().sum(),
        fused.softmax(x, -1)[0],
        checkpoint(lambda x: x.exp() * x, x).sum(),
        grad((x**3).sum(), x, create_graph=True)[0].sum(),
    ]
    references = [ref(y) for y in outputs]
    y = (x * 2).clone()
    y[0].mul_(3)
    y.register_hook(lambda g: g * 2)
    y.retain_grad()
    references.append(ref(y))
    outputs.clear()
    del y
    assert [r() for r in references] == [None] * len(references)


def test_views_of_a_tensor_that_stays_leave_nothing_on_it() -> None:
    x = minitorch.ones(3, 3)
    for _ in range(100):
        x.t()[1:].reshape(-1)
    assert x._views == set()


def test_a_graph_100_000_operations_deep_is_freed_without_recursion() -> None:
    x = minitorch.tensor([1.0], requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y * 1.0
    reference = ref(y)
    del y
    assert reference() is None
    y = x * 1
    for _ in range(20_000):
        y = y[:]
    y.mul_(2.0)
    y.sum().backward()
    assert x.grad.tolist() == [2.0]
