"""What every rank does in test_distributed.py: collectives, with values that arithmetic gives."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

import minitorch as mt
import minitorch.distributed as dist
from minitorch.distributed.agreement import check_same

dist.init_process_group("mpi", timeout=timedelta(seconds=30))
RANK, N = dist.get_rank(), dist.get_world_size()
RANKS = range(N)


def of(rank: int, shape: tuple[int, ...], dtype: mt.dtype) -> mt.Tensor:
    """A tensor whose elements differ from rank to rank."""
    size = int(np.prod(shape))
    return (mt.arange(size).reshape(shape) + 10 * rank + 1).to(dtype)


def everyone(shape: tuple[int, ...], dtype: mt.dtype) -> np.ndarray:
    return np.stack([of(rank, shape, dtype).numpy() for rank in RANKS])


for dtype in (mt.float32, mt.float64, mt.int64, mt.int32, mt.uint8):
    for shape in ((), (1,), (3,), (0,), (2, 0, 3), (5, 1, 7)):
        for op, reduce in (
            (dist.ReduceOp.SUM, np.sum),
            (dist.ReduceOp.PRODUCT, np.prod),
            (dist.ReduceOp.MIN, np.min),
            (dist.ReduceOp.MAX, np.max),
        ):
            x = of(RANK, shape, dtype)
            expected = reduce(everyone(shape, dtype), axis=0).astype(x.numpy().dtype)
            memory = x.array
            assert dist.all_reduce(x, op) is None
            np.testing.assert_allclose(x.numpy(), expected, rtol=1e-6)
            assert x.array is memory
            assert x.shape == shape
            assert x.dtype == dtype
        for src in RANKS:
            x = of(RANK, shape, dtype)
            dist.broadcast(x, src)
            assert x.tolist() == of(src, shape, dtype).tolist()
        into = [mt.zeros(shape, dtype=dtype) for _ in RANKS]
        dist.all_gather(into, of(RANK, shape, dtype))
        np.testing.assert_array_equal([x.numpy() for x in into], everyone(shape, dtype))
        flat = mt.zeros((N, *shape), dtype=dtype)
        dist.all_gather_into_tensor(flat, of(RANK, shape, dtype))
        np.testing.assert_array_equal(flat.numpy(), everyone(shape, dtype))

# A part each of the sum: rank r gets row r of the sum over all ranks.
given = mt.arange(N * 4).reshape(N, 4).float() * (RANK + 1)
part = mt.zeros(4)
dist.reduce_scatter_tensor(part, given)
mine = np.arange(4 * RANK, 4 * RANK + 4)
np.testing.assert_array_equal(part.numpy(), mine * sum(range(1, N + 1)))

# A view that is not contiguous, and one that lies in a larger tensor.
base = mt.zeros(3, 4)
column = base[:, 1]
column.copy_(mt.full((3,), RANK + 1.0))
dist.all_reduce(column)
assert base.sum().item() == 3 * sum(range(1, N + 1))

# Two at once, which are complete in any order.
first, second = mt.full((1000,), 1.0), mt.full((2,), float(RANK))
works = [dist.all_reduce(first, async_op=True), dist.broadcast(second, N - 1, async_op=True)]
for work in works[::-1]:
    assert work is not None
    assert work.wait()
    assert work.is_completed()
    assert work.wait()
assert first[0].item() == N
assert second.tolist() == [N - 1, N - 1]

# A tensor that an operation has saved is changed: the backward pass must not go on with it.
x = mt.ones(2, requires_grad=True)
saved = x * 2
y = saved * saved
dist.all_reduce(saved)
with pytest.raises(RuntimeError, match="modified by an inplace operation"):
    y.sum().backward()

# Other objects, without pickle.
objects = [{"a": [1, 2.5, None], "b": mt.arange(RANK + 1)}, "text", ("tuple", float("inf"))]
dist.broadcast_object_list(objects, N - 1)
assert objects[0]["b"].tolist() == list(range(N))
assert objects[1:] == ["text", ("tuple", float("inf"))]
gathered = [None] * N
dist.all_gather_object(gathered, "x" * 1000 * RANK)
assert gathered == ["x" * 1000 * rank for rank in RANKS]
with pytest.raises(TypeError, match="cannot save"):
    dist.all_gather_object(gathered, len)

# What is wrong in all ranks is said in all, and the next collective is as it should be.
for call, error, message in (
    (lambda: dist.all_reduce([1.0]), TypeError, "all_reduce: needs a Tensor, not list"),
    (lambda: dist.all_reduce(mt.ones(1), "SUM"), TypeError, "op must be a ReduceOp, not 'SUM'"),
    (lambda: dist.all_reduce(mt.ones(1) > 0), TypeError, "cannot reduce bools. Convert them"),
    (lambda: dist.all_reduce(mt.ones(1), group=3), ValueError, "there is one group"),
    (lambda: dist.all_reduce(mt.ones(1), async_op=1), TypeError, "'async_op' must be bool"),
    (lambda: dist.all_reduce(mt.ones(1).expand(3)), RuntimeError, "Clone it first: x = x.clone"),
    (lambda: dist.broadcast(mt.ones(1), N), ValueError, f"there is no rank {N} among {N}"),
    (lambda: dist.broadcast(mt.ones(1), -1), ValueError, "'src' must be at least 0, not -1"),
    (lambda: dist.all_gather([mt.ones(1)] * (N + 1), mt.ones(1)), ValueError, f"hold {N} tens"),
    (lambda: dist.all_gather([mt.ones(2)] * N, mt.ones(1)), ValueError, r"of shape \(1,\)"),
    (lambda: dist.all_gather_into_tensor(mt.ones(N), mt.ones(2)), ValueError, "elements of one"),
    (lambda: dist.reduce_scatter_tensor(mt.ones(2), mt.ones(N)), ValueError, "elements of one"),
    (lambda: dist.all_gather_object([None] * (N + 1), 1), ValueError, f"there are {N} ranks"),
    (lambda: dist.init_process_group(), RuntimeError, "initialize the process group twice"),
):
    with pytest.raises(error, match=message):
        call()
count = mt.tensor([1])
dist.all_reduce(count)
assert count.item() == N

# Do all have the same?
check_same("the plan", {"steps": 3, "rate": 0.1})
if N > 1:
    with pytest.raises(dist.DistError) as raised:
        check_same("the plan", {"steps": 3 + (RANK == N - 1), "rate": 0.1 + (RANK == N - 1)})
    assert str(raised.value) == (
        f"the plan of rank {N - 1} is not that of rank 0: steps is 4, and 3 there, and 1 more"
    )

# Without a group there is none to ask; MPI itself goes on, and a new group can be made.
dist.barrier()
dist.destroy_process_group()
assert not dist.is_initialized()
with pytest.raises(ValueError, match="barrier: Default process group has not been initialized"):
    dist.barrier()
with pytest.raises(ValueError, match=f"world_size is {N}, as mpiexec started the processes, and n"):
    dist.init_process_group(world_size=N + 1)
dist.init_process_group(world_size=N, rank=RANK)
dist.barrier()
assert (dist.get_rank(), dist.get_world_size(), dist.get_backend()) == (RANK, N, "mpi")
print("as it should be")
