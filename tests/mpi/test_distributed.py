"""`minitorch.distributed` and DistributedDataParallel, by 1 to 4 processes under `mpiexec`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from launch import launch, needs_mpi

import minitorch as mt
import minitorch.distributed as dist
from minitorch.distributed import collectives
from minitorch.utils.data.distributed import DistributedSampler

HERE = Path(__file__).parent


@needs_mpi
@pytest.mark.parametrize("ranks", [1, 2, 3, 4])
@pytest.mark.parametrize("program", ["collectives.py", "gradients.py"])
def test_every_rank_finds_all_as_it_should_be(program: str, ranks: int) -> None:
    code, output, errors = launch(ranks, HERE / program)
    assert (code, errors) == (0, "")
    assert output.count("as it should be") == ranks


def test_nothing_of_mpi_is_loaded_before_a_group_is_made() -> None:
    code = """if True:
        import sys
        import minitorch, minitorch.distributed, minitorch.nn.parallel, transformer.cli
        from transformer.training import Parallel, Training
        assert "mpi4py" not in sys.modules
        assert not minitorch.distributed.is_initialized()
        assert minitorch.distributed.launched() == (1, 0)
    """
    subprocess.run([sys.executable, "-c", code], check=True)


@needs_mpi
def test_whoever_waits_asks_twenty_times_between_two_sleeps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Over TCP a question lets some 64 kB go on; one between two sleeps would be the bandwidth."""
    answers, sleeps, done = iter([False] * 70 + [True]), [], []
    request = SimpleNamespace(Test=lambda: next(answers))
    monkeypatch.setattr(collectives, "PATIENCE", -1.0)
    monkeypatch.setattr(collectives.time, "sleep", sleeps.append)
    dist.Work("all_reduce", request, lambda: done.append(True)).wait()
    assert (len(sleeps), done) == (3, [True])


def test_without_a_group_each_says_what_to_call() -> None:
    ask = "Default process group has not been initialized, please make sure to call init_process_gr"
    for function in (dist.get_rank, dist.get_world_size, dist.get_backend, dist.barrier):
        with pytest.raises(ValueError, match=f"{function.__name__}: {ask}"):
            function()
    with pytest.raises(ValueError, match=ask):
        dist.all_reduce(mt.ones(1))
    with pytest.raises(ValueError, match=ask):
        mt.nn.parallel.DistributedDataParallel(mt.nn.Linear(1, 1))


def test_only_mpi_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not dist.is_nccl_available()
    assert not dist.is_gloo_available()
    assert dist.is_available() == dist.is_mpi_available()
    with pytest.raises(ValueError, match="the only backend is 'mpi', not 'gloo'"):
        dist.init_process_group("gloo")
    with pytest.raises(ValueError, match="MPI finds the processes itself: leave out 'tcp://a:1'"):
        dist.init_process_group(init_method="tcp://a:1")
    monkeypatch.setitem(sys.modules, "mpi4py", None)  # as if it were not installed
    monkeypatch.setattr("minitorch.distributed.processes.find_spec", lambda name: None)
    with pytest.raises(ImportError, match="mpi4py is not installed: python -m pip install mpi4py"):
        dist.init_process_group()


# ------------------------------------------------------------------------------- the sampler


@pytest.mark.parametrize(
    ("n", "drop_last", "expected"),
    [
        (3, False, [[0, 3, 6, 9], [1, 4, 7, 0], [2, 5, 8, 1]]),
        (3, True, [[0, 3, 6], [1, 4, 7], [2, 5, 8]]),
        (5, False, [[0, 5], [1, 6], [2, 7], [3, 8], [4, 9]]),
    ],
)
def test_a_rank_takes_every_nth_example(
    n: int, drop_last: bool, expected: list[list[int]]
) -> None:
    """As PyTorch's without `shuffle`: ten examples."""
    samplers = [
        DistributedSampler(range(10), n, rank, shuffle=False, drop_last=drop_last)
        for rank in range(n)
    ]
    assert [list(sampler) for sampler in samplers] == expected
    assert [len(sampler) for sampler in samplers] == [len(rows) for rows in expected]


def test_more_ranks_than_examples_take_some_again() -> None:
    found = [list(DistributedSampler(range(2), 5, rank, shuffle=False)) for rank in range(5)]
    assert found == [[0], [1], [0], [1], [0]]


def test_shuffled_ranks_share_all_examples_in_an_order_of_the_epoch() -> None:
    samplers = [DistributedSampler(range(12), 4, rank, seed=7) for rank in range(4)]
    orders = []
    for epoch in (0, 0, 1):
        for sampler in samplers:
            sampler.set_epoch(epoch)
        rows = [list(sampler) for sampler in samplers]
        assert sorted(i for row in rows for i in row) == list(range(12))
        orders.append(rows)
    assert orders[0] == orders[1] != orders[2]


def test_a_sampler_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="there is no rank 2 among 2"):
        DistributedSampler(range(3), 2, 2)
    with pytest.raises(ValueError, match="'num_replicas' must be at least 1, not 0"):
        DistributedSampler(range(3), 0, 0)
    with pytest.raises(ValueError, match="get_world_size: Default process group has not been init"):
        DistributedSampler(range(3))
    with pytest.raises(TypeError, match="'shuffle' must be bool, not str"):
        DistributedSampler(range(3), 2, 0, shuffle="yes")  # type: ignore[arg-type]
