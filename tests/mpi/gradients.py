"""What every rank does in test_distributed.py: the gradients of DistributedDataParallel."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import minitorch as mt
import minitorch.distributed as dist
from minitorch import Tensor, nn, optim
from minitorch.nn.parallel import DistributedDataParallel as DDP

dist.init_process_group()
RANK, N = dist.get_rank(), dist.get_world_size()
X = mt.from_numpy(np.random.default_rng(0).standard_normal((12, 5)))
Y = mt.from_numpy(np.random.default_rng(1).standard_normal((12, 3)))
OWN = slice(RANK * 12 // N, (RANK + 1) * 12 // N)


class Net(nn.Module):
    """Layers, one of which only some inputs use, a parameter without use, and a buffer."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        mt.manual_seed(seed)
        self.first, self.last = nn.Linear(5, 8), nn.Linear(8, 3)
        self.extra = nn.Linear(3, 3)
        self.unused = nn.Parameter(mt.zeros(4))
        self.frozen = nn.Parameter(mt.ones(2), requires_grad=False)
        self.register_buffer("offset", mt.zeros(3))
        self.offset: Tensor
        self.double()

    def forward(self, x: Tensor, extra: bool = False) -> Tensor:
        y = self.last(self.first(x).tanh()) + self.offset
        return self.extra(y) if extra else y


def loss(model: nn.Module, rows: slice, **options: bool) -> Tensor:
    return ((model(X[rows], **options) - Y[rows]) ** 2).mean()


def gradients(net: nn.Module) -> dict[str, np.ndarray]:
    return {name: p.grad.numpy().copy() for name, p in net.named_parameters() if p.grad is not None}


def assert_same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    for name, g in expected.items():
        np.testing.assert_allclose(found[name], g, rtol=1e-12, atol=1e-14, err_msg=name)


def alone(*rows: slice, **options: bool) -> dict[str, np.ndarray]:
    """The gradients of the sum of the mean losses of some rows, in one process."""
    net = Net()
    for each in rows:
        loss(net, each, **options).backward()
    return gradients(net)


WHOLE = slice(0, 12)

# The mean over all ranks is the gradient of the whole batch, whatever the buckets.
for cap in (0, 0.0003, 1, 1000):
    net = Net(seed=RANK)
    model = DDP(net, bucket_cap_mb=cap)
    assert [p.tolist() for p in net.parameters()] == [p.tolist() for p in Net(0).parameters()]
    for _ in range(2):
        net.zero_grad()
        loss(model, OWN).backward()
        assert_same(gradients(net), alone(WHOLE))
    assert net.unused.grad is None
    assert net.frozen.grad is None

# Only rank 0 uses a layer: it gets the mean with zeros. Nobody: it gets none.
net = Net()
model = DDP(net)
loss(model, OWN, extra=RANK == 0).backward()
own = alone(slice(0, 12 // N), extra=True)["extra.weight"]
np.testing.assert_allclose(net.extra.weight.grad.numpy(), own / N, rtol=1e-12)

# Two parts in one step: the first is not reduced.
net.zero_grad()
with model.no_sync():
    loss(model, OWN).backward()
if N > 1:
    assert_same(gradients(net), alone(OWN))
loss(model, OWN).backward()
assert_same(gradients(net), alone(WHOLE, WHOLE))

# A second backward pass through one graph is reduced and added, too.
net.zero_grad()
y = loss(model, OWN)
y.backward(retain_graph=True)
y.backward()
assert_same(gradients(net), alone(WHOLE, WHOLE))

# What was evaluated meanwhile changes nothing; grad() reduces nothing, as PyTorch's.
net.zero_grad()
y = loss(model, OWN)
with mt.no_grad():
    model(X)
y.backward(retain_graph=True)
assert_same(gradients(net), alone(WHOLE))
(g,) = mt.autograd.grad(y, [net.last.bias])
np.testing.assert_allclose(g.numpy(), alone(OWN)["last.bias"], rtol=1e-12)

# Buffers become rank 0's before a forward pass in training, unless it is told not to.
net.offset.fill_(float(RANK))
loss(DDP(net, broadcast_buffers=False), OWN)
loss(model.eval(), OWN)
net.offset.fill_(float(RANK))
loss(model.train(), OWN)
assert net.offset.tolist() == [0, 0, 0]

# Checkpointed, and in float32 beside float64.
net = Net()
net.extra.float()
model = DDP(net)
h = model.module.first  # held by the module all the same
out = mt.utils.checkpoint.checkpoint(model, X[OWN])
((out - Y[OWN]) ** 2).mean().backward()
assert_same(gradients(net), alone(WHOLE))

# After steps of Adam all ranks have the same parameters, to the last bit.
net = Net()
model = DDP(net)
optimizer = optim.Adam(net.parameters(), lr=0.01)
for _ in range(5):
    optimizer.zero_grad()
    loss(model, OWN).backward()
    optimizer.step()
flat = mt.cat([p.detach().flatten() for p in net.parameters()])
lowest, highest = flat.clone(), flat.clone()
dist.all_reduce(lowest, dist.ReduceOp.MIN)
dist.all_reduce(highest, dist.ReduceOp.MAX)
assert lowest.tolist() == flat.tolist() == highest.tolist()

# A pass that failed in all ranks leaves nothing behind.
net = Net()
model = DDP(net, bucket_cap_mb=0)
handle = net.first.weight.register_hook(lambda g: 1 / 0)
with pytest.raises(ZeroDivisionError):
    loss(model, OWN).backward()
handle.remove()
net.zero_grad()
loss(model, OWN).backward()
assert_same(gradients(net), alone(WHOLE))

# A copy would reduce nothing, and is refused.
with pytest.raises(TypeError, match="it cannot be copied"):
    copy.deepcopy(model)

# It reduces what was computed by the module alone, or by one that nobody holds any more.
for compute in (net, DDP(net)):
    compute.zero_grad()
    y = loss(compute, OWN)
    del compute
    y.backward()
    assert_same(gradients(net), alone(WHOLE))

# A parameter that is tied to another is one, and is reduced once.
net = Net()
net.tied = net.last
model = DDP(net)
(model(X[OWN]) + net.tied(net.first(X[OWN]).tanh())).square().mean().backward()
sole = Net()
(sole(X) + sole.last(sole.first(X).tanh())).square().mean().backward()
assert_same(gradients(net), gradients(sole))

# Its state is the module's, behind "module.".
assert [*model.state_dict()] == [f"module.{name}" for name in net.state_dict()]

with pytest.raises(TypeError, match="it takes a Module, not Tensor"):
    DDP(X)
with pytest.raises(RuntimeError, match="doesn't have any parameter that requires a gradient"):
    DDP(nn.ReLU())
with pytest.raises(ValueError, match="'bucket_cap_mb' must be at least 0 and finite"):
    DDP(net, bucket_cap_mb=-1)
if N > 1:
    with pytest.raises(dist.DistError, match=r"of rank 1 is not that of rank 0: bias is None, and"):
        DDP(nn.Linear(2, 3, bias=RANK == 0))
print("as it should be")
