"""`DataParallel` gives the outputs and gradients of its module, and survives what goes wrong."""

from __future__ import annotations

import copy
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch import Tensor, nn, optim
from minitorch.testing import assert_close

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

RNG = np.random.default_rng(0)
X = mt.from_numpy(RNG.standard_normal((7, 3)))
TARGET = mt.from_numpy(RNG.standard_normal((7, 2)))


class Net(nn.Module):
    """Two linear layers, the second of which can be told to fail, and a parameter without use."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(3, 4), nn.Linear(4, 2)
        self.dropout = nn.Dropout(dropout)
        self.unused = nn.Parameter(mt.zeros(5))
        self.double()

    def forward(self, x: Tensor, scale: float = 1.0, offset: Tensor | None = None) -> Tensor:
        if (x.numpy() == 99).any():
            raise FloatingPointError("a 99")
        y = self.second(self.dropout(self.first(x).tanh())) * scale
        return y if offset is None else y + offset


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = mt.get_num_threads()
    mt.manual_seed(0)
    yield
    assert mt.get_num_threads() == before


def gradients(net: nn.Module) -> dict[str, Any]:
    named = net.named_parameters()
    return {name: p.grad.numpy().copy() for name, p in named if p.grad is not None}


def backward(forward: Any, net: Net, **options: Any) -> tuple[Tensor, dict[str, Any]]:
    net.zero_grad()
    y = forward(X, **options)
    ((y - TARGET) ** 2).mean().backward()
    return y, gradients(net)


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found.keys() == expected.keys()
    for name, g in expected.items():
        np.testing.assert_allclose(found[name], g, rtol=1e-12, atol=1e-14, err_msg=name)


def is_running(pid: int) -> bool:
    """Is it there? A process that ended may be a zombie until its parent has asked for it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


# -------------------------------------------------------------------------- what comes out


@pytest.mark.parametrize("processes", [1, 2, 3, 7, 9])
def test_outputs_and_gradients_are_the_modules(processes: int) -> None:
    """With 7 examples: shards of different sizes, of one each, and more processes than examples."""
    net = Net()
    y, expected = backward(net, net, scale=2.0)
    with nn.DataParallel(net, processes) as parallel:
        shared_y, found = backward(parallel, net, scale=2.0)
        assert_close(shared_y, y, rtol=1e-12, atol=1e-14)
        assert_same(found, expected)
        assert len(found) == 4  # and none for the parameter without use


def test_tensors_are_cut_wherever_they_stand_and_other_things_are_not() -> None:
    net = Net()
    with nn.DataParallel(net) as parallel, mt.no_grad():
        assert_close(parallel(X, 3.0, TARGET), net(X, 3.0, TARGET), rtol=1e-12, atol=1e-14)
        assert_close(
            parallel(offset=TARGET, x=X), net(X, offset=TARGET), rtol=1e-12, atol=1e-14
        )


def test_examples_may_be_empty() -> None:
    with nn.DataParallel(nn.ReLU()) as parallel:
        for n in (0, 0, 2):
            assert parallel(mt.zeros(7, n)).shape == (7, n)


def test_training_with_it_is_training_the_module() -> None:
    nets = [Net() for _ in "ab"]
    nets[1].load_state_dict(nets[0].state_dict())
    losses = []
    for net, processes in zip(nets, (1, 2), strict=True):
        optimizer = optim.Adam(net.parameters(), lr=0.1)
        with nn.DataParallel(net, processes) as forward:
            for _ in range(20):
                loss = ((forward(X) - TARGET) ** 2).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            losses.append(loss.item())
    assert losses[0] < 0.5
    assert losses[1] == pytest.approx(losses[0], rel=1e-9)


def test_gradients_of_several_batches_add_up() -> None:
    net = Net()
    (net(X).sum() + 2 * (net(-X) ** 2).sum()).backward()
    expected = gradients(net)
    with nn.DataParallel(net) as parallel:
        net.zero_grad()
        (parallel(X).sum() + 2 * (parallel(-X) ** 2).sum()).backward()  # in one backward pass
        together = gradients(net)
        net.zero_grad()
        parallel(X).sum().backward()
        (2 * (parallel(-X) ** 2).sum()).backward()  # one after the other
        apart = gradients(net)
    assert_same(together, expected)
    assert_same(apart, expected)


def test_a_gradient_that_was_kept_stays_as_it_is() -> None:
    net = Net()
    with nn.DataParallel(net) as parallel:
        kept = mt.autograd.grad(parallel(X).sum(), [net.first.weight])[0]
        before = kept.numpy().copy()
        parallel(X * 5).sum().backward()
        assert np.array_equal(kept.numpy(), before)


def test_without_gradients_there_is_no_graph() -> None:
    net = Net()
    with nn.DataParallel(net) as parallel:
        with mt.no_grad():
            assert not parallel(X).requires_grad
        net.requires_grad_(False)
        assert not parallel(X).requires_grad


# ------------------------------------------------------------------- what is changed meanwhile


def test_parameters_may_be_frozen_loaded_and_replaced() -> None:
    net, other = Net(), Net()
    with nn.DataParallel(net) as parallel:
        net.first.weight.requires_grad_(False)
        net.load_state_dict(other.state_dict())
        net.second.bias.data = mt.tensor([5.0, 6.0], dtype=mt.float64)
        y, found = backward(parallel, net)
        assert "first.weight" not in found
        assert_close(y, net(X), rtol=1e-12, atol=1e-14)
        net.first.weight.requires_grad_(True)
        _, expected = backward(net, net)
        assert_same(backward(parallel, net)[1], expected)


def test_parameters_stay_the_same_tensors_also_afterwards() -> None:
    net = Net()
    before = list(net.parameters())
    with nn.DataParallel(net) as parallel:
        assert list(parallel.state_dict()) == [f"module.{name}" for name in net.state_dict()]
    assert all(p is q for p, q in zip(net.parameters(), before, strict=True))
    backward(net, net)


def test_dropout_drops_in_training_alone_and_the_same_for_the_same_seed() -> None:
    net = Net(dropout=0.5)
    with nn.DataParallel(net) as parallel:
        drawn = []
        for seed in (1, 1, 2):
            mt.manual_seed(seed)
            drawn.append(parallel(mt.ones(8, 3, dtype=mt.float64)).detach().numpy())
        assert np.array_equal(drawn[0], drawn[1])
        assert not np.array_equal(drawn[0], drawn[2])
        assert not np.array_equal(drawn[0][:4], drawn[0][4:])  # each process draws its own
        net.dropout.eval()
        assert_close(parallel(X), net(X), rtol=1e-12, atol=1e-14)


def test_an_output_that_is_let_go_is_let_go_everywhere() -> None:
    with nn.DataParallel(Net()) as parallel:
        (worker,) = parallel._workers
        y = parallel(X)
        assert len(worker.live) == 1
        del y
        assert len(worker.live) == 0
        y = parallel(X)
        y.sum().backward()
        del y
        assert len(worker.live) == 0


# ------------------------------------------------------------------------------ what goes wrong


@pytest.mark.parametrize("shapes", [[], [(4, 3), (5, 3)], [()]])
def test_what_is_no_batch_is_refused(shapes: list[tuple[int, ...]]) -> None:
    with (
        nn.DataParallel(Net()) as parallel,
        pytest.raises(ValueError, match="must have the batch as their first dimension"),
    ):
        parallel(*(mt.zeros(shape, dtype=mt.float64) for shape in shapes))


def test_no_process_is_refused() -> None:
    with pytest.raises(ValueError, match="'processes' must be at least 1, not 0"):
        nn.DataParallel(Net(), 0)


def test_without_fork_there_is_one_process_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    net = Net()
    assert_close(nn.DataParallel(net, 1)(X), net(X))
    with pytest.raises(RuntimeError, match="cannot fork a process"):
        nn.DataParallel(net, 2)


def test_an_input_that_needs_a_gradient_is_refused() -> None:
    x = X.clone().requires_grad_()
    with nn.DataParallel(Net()) as parallel:
        with pytest.raises(RuntimeError, match="an input requires a gradient"):
            parallel(x)
        parallel(x.detach())
        with mt.no_grad():
            parallel(x)


def test_there_is_no_second_derivative_and_no_second_backward_pass() -> None:
    net = Net()
    with nn.DataParallel(net) as parallel:
        with pytest.raises(RuntimeError, match="no second derivative"):
            parallel(X).sum().backward(create_graph=True)
        loss = (parallel(X) ** 2).sum()
        loss.backward(retain_graph=True)
        with pytest.raises(RuntimeError, match="backward through the graph a second time"):
            loss.backward()
        backward(parallel, net)  # and then it goes on


@pytest.mark.parametrize("place", [0, 6])
def test_an_error_in_a_process_is_raised_here_and_work_goes_on(place: int) -> None:
    x = X.clone()
    x[place, 0] = 99
    net = Net()
    _, expected = backward(net, net)
    with nn.DataParallel(net) as parallel:
        with pytest.raises((FloatingPointError, RuntimeError), match="a 99"):
            parallel(x)
        assert_same(backward(parallel, net)[1], expected)


@pytest.mark.parametrize("here", [True, False])
def test_an_error_in_a_backward_pass_is_raised_and_work_goes_on(here: bool) -> None:
    class Failing(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            if fails and (os.getpid() == this) is here:
                x.register_hook(lambda g: 1 / 0)
            return x

    this, fails = os.getpid(), True
    net = Net()
    _, expected = backward(net, net)
    net.dropout = Failing()
    with nn.DataParallel(net) as parallel:
        with pytest.raises((ZeroDivisionError, RuntimeError), match="division by zero"):
            parallel(X).sum().backward()
        if here:  # the worker has its request, and its response was not read
            assert parallel._workers[0].pending is not None
            fails = False
            assert_same(backward(parallel, net)[1], expected)


def test_it_may_be_called_from_a_hook_in_the_backward_pass() -> None:
    net = Net()
    with nn.DataParallel(net) as parallel:
        _, expected = backward(parallel, net)
        net.zero_grad()
        y = parallel(X)

        def again(g: Tensor) -> None:
            with mt.enable_grad():
                mt.autograd.grad(parallel(X * 3).sum(), [net.first.weight])

        loss = ((y - TARGET) ** 2).mean()
        shards = [edge.node for edge in y._node.edges]  # type: ignore[union-attr]
        assert len(shards) == 2
        shards[0].hooks = {0: again}  # of our own shard, between the worker's request and response
        loss.backward()
        assert_same(gradients(net), expected)


def test_hooks_see_the_whole_gradient_and_once() -> None:
    net = Net()
    net.first.weight.register_hook(lambda g: g * 2)
    _, expected = backward(net, net)
    with nn.DataParallel(net) as parallel:
        assert_same(backward(parallel, net)[1], expected)


@pytest.mark.parametrize(
    "wrong", [lambda x: None, lambda x: (x, x), lambda x: x.sum(), lambda x: x[:, :2].sum(0)]
)
def test_an_output_that_is_not_of_the_batch_is_refused(wrong: Any) -> None:
    class Wrong(nn.Module):
        def forward(self, x: Tensor) -> Any:
            return wrong(x)

    with (
        nn.DataParallel(Wrong()) as parallel,
        pytest.raises(RuntimeError, match="must map 3 examples to one tensor of shape"),
    ):
        parallel(X)


def test_an_output_without_a_graph_has_none() -> None:
    class Detached(nn.Sequential):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x).detach()

    with nn.DataParallel(Detached(Net())) as parallel:
        assert not parallel(X).requires_grad


def test_what_became_another_tensor_is_refused() -> None:
    net = Net()
    with nn.DataParallel(net) as parallel:
        net.first.weight.data = mt.zeros(5, 3, dtype=mt.float64)
        with pytest.raises(RuntimeError, match=r"weight of its module had shape \(4, 3\)"):
            parallel(X)
    net = Net()
    with nn.DataParallel(net) as parallel:
        net.float()
        with pytest.raises(RuntimeError, match=r"and dtype float64, and now has .* float32"):
            parallel(X)
    net = Net()
    with nn.DataParallel(net) as parallel:
        net.first.weight = nn.Parameter(mt.zeros(4, 3, dtype=mt.float64))
        with pytest.raises(RuntimeError, match="weight of its module is another tensor now"):
            parallel(X)


def test_buffers_are_shared_too() -> None:
    net = Net()
    net.register_buffer("shift", mt.zeros(2, dtype=mt.float64))
    plain = net.forward
    net.forward = lambda x: plain(x) + net.shift  # type: ignore[method-assign]
    with nn.DataParallel(net) as parallel:
        net.shift += 3.0
        assert_close(parallel(X), net(X), rtol=1e-12, atol=1e-14)


def test_it_serves_one_process_only() -> None:
    with nn.DataParallel(Net()) as parallel:
        nested = nn.DataParallel(parallel)
        with pytest.raises(RuntimeError, match="this is a fork of that one"):
            nested(X)
        nested.close()
        child = os.fork()
        if not child:
            del nested
            try:
                parallel(X)
            except RuntimeError as error:
                parallel.close()
                os._exit(0 if "this is a fork of that one" in str(error) else 1)
            finally:
                os._exit(2)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        parallel(X)


def test_it_cannot_be_copied() -> None:
    with nn.DataParallel(Net()) as parallel:
        with pytest.raises(TypeError, match="Copy its module"):
            copy.deepcopy(parallel._workers[0])
        with pytest.raises(TypeError):
            copy.deepcopy(parallel)
        parallel(X)


def test_what_cannot_be_sent_is_refused_and_work_goes_on() -> None:
    with nn.DataParallel(Net(), 3) as parallel:
        with pytest.raises(TypeError, match=r"cannot send the function at kwargs\.scale"):
            parallel(X, scale=lambda: 2.0)
        parallel(X)


def test_a_process_that_was_killed_is_missed() -> None:
    with nn.DataParallel(Net()) as parallel:
        os.kill(parallel._workers[0].pid, signal.SIGKILL)
        for _ in "again":
            with pytest.raises(RuntimeError, match="is gone: it ended by itself"):
                parallel(X)


def test_a_backward_pass_after_its_end_is_refused() -> None:
    with nn.DataParallel(Net()) as parallel:
        y = parallel(X)
    with pytest.raises(RuntimeError, match="is gone: it was closed"):
        y.sum().backward()


def test_an_interruption_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with nn.DataParallel(Net()) as parallel:
        (worker,) = parallel._workers
        monkeypatch.setattr(worker.pipe, "recv_bytes", interrupted)
        with pytest.raises(KeyboardInterrupt):
            parallel(X)
        assert not is_running(worker.pid)
        with pytest.raises(RuntimeError, match="is gone: something interrupted the work"):
            parallel(X)


def test_where_no_second_process_can_be_had_the_first_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fork, pids = os.fork, []

    def once() -> int:
        if pids:
            raise BlockingIOError("too many")
        pids.append(fork())
        return pids[0]

    monkeypatch.setattr(os, "fork", once)
    with pytest.raises(BlockingIOError, match="too many"):
        nn.DataParallel(Net(), 3)
    assert pids
    assert not is_running(pids[0])


# ---------------------------------------------------------------------------------- its end


def test_threads_are_shared_until_it_is_closed() -> None:
    before = mt.get_num_threads()
    try:
        mt.set_num_threads(4)
        with nn.DataParallel(Net(), 2):
            assert mt.get_num_threads() == 2
            with nn.DataParallel(Net(), 2):
                assert mt.get_num_threads() == 1
            assert mt.get_num_threads() == 2
        assert mt.get_num_threads() == 4
        with nn.DataParallel(Net(), 2):
            mt.set_num_threads(3)
        assert mt.get_num_threads() == 3
    finally:
        mt.set_num_threads(before)


def test_once_closed_or_forgotten_its_processes_are_gone() -> None:
    for is_closed in (True, False):
        parallel = nn.DataParallel(Net(), 3)
        pids = [worker.pid for worker in parallel._workers]
        assert all(map(is_running, pids))
        if is_closed:
            parallel.close()
            parallel.close()  # a second time does nothing
            with pytest.raises(RuntimeError, match="it was closed"):
                parallel(X)
        del parallel
        assert not any(map(is_running, pids))


def test_a_process_that_nobody_writes_to_any_more_ends_by_itself() -> None:
    net = Net(dropout=0.5)
    net.first.bias.requires_grad_(False)
    parallel = nn.DataParallel(net)
    (worker,) = parallel._workers
    parallel(X)  # let go at once
    loss = parallel(X).sum()
    loss.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="a second time"):
        loss.backward()
    net.eval()
    with mt.no_grad():
        assert_close(parallel(X), net(X), rtol=1e-12, atol=1e-14)
    worker.pipe.close()  # as when the process that has the other end is gone
    _, status = os.waitpid(worker.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    parallel.close()


def test_without_a_terminal_it_works_as_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)  # as under pythonw
    net = Net()
    with nn.DataParallel(net) as parallel:
        assert_close(parallel(X), net(X), rtol=1e-12, atol=1e-14)


def test_ctrl_c_is_not_for_the_other_processes() -> None:
    with nn.DataParallel(Net()) as parallel:
        os.kill(parallel._workers[0].pid, signal.SIGINT)
        parallel(X)


@pytest.mark.parametrize("ending", ["", "os.kill(os.getpid(), signal.SIGKILL)", "1 / 0"])
def test_no_process_outlives_the_one_that_made_it(ending: str) -> None:
    code = f"""
import os, signal, minitorch as mt
from minitorch import nn
parallel = nn.DataParallel(nn.Linear(2, 2), 3)
parallel(mt.ones(4, 2))
print(*(worker.pid for worker in parallel._workers), flush=True)
{ending}
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path(mt.__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == 2
    end = time.monotonic() + 10
    while any(map(is_running, pids)) and time.monotonic() < end:
        time.sleep(0.01)
    assert not any(map(is_running, pids))
