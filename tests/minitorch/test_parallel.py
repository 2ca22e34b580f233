"""Several threads compute exactly what one would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minitorch
from minitorch import fused
from minitorch._runtime import blas, parts
from minitorch._runtime import threads as parallel
from minitorch.tensor import Tensor


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = blas.threads()
    yield
    if before is not None:
        minitorch.set_num_threads(before)
    parallel._state.threads = None


def test_every_item_is_worked_on_once_by_as_many_threads_as_were_set() -> None:
    minitorch.set_num_threads(3)
    seen: list[tuple[int, int]] = []
    barrier = threading.Barrier(3, timeout=10)  # passes only if three threads are here at once

    def work(item: int) -> None:
        if item in (0, 4, 8):
            barrier.wait()
        seen.append((item, threading.get_ident()))

    parallel.each(work, range(12))
    assert sorted(item for item, _ in seen) == list(range(12))
    assert len({thread for _, thread in seen}) == 3


def test_one_thread_works_where_it_was_called() -> None:
    minitorch.set_num_threads(1)
    seen: list[int] = []
    parallel.each(lambda _: seen.append(threading.get_ident()), range(3))
    assert seen == [threading.get_ident()] * 3


def test_an_error_here_is_raised_after_the_others_have_ended() -> None:
    minitorch.set_num_threads(2)
    failed, ended = threading.Event(), []

    def work(item: int) -> None:
        if item == 0:
            threading.Timer(0.1, failed.set).start()  # the other still works when this is raised
            raise FloatingPointError("here")
        failed.wait(10)
        ended.append(item)

    with pytest.raises(FloatingPointError, match="here"):
        parallel.each(work, range(2))
    assert ended == [1]


def test_an_error_in_another_thread_is_raised_here() -> None:
    minitorch.set_num_threads(2)
    ended = []

    def work(item: int) -> None:
        if item == 1:
            raise FloatingPointError("there")
        ended.append(item)

    with pytest.raises(FloatingPointError, match="there"):
        parallel.each(work, range(2))
    assert ended == [0]


@pytest.mark.skipif(blas.threads() is None, reason="NumPy came without its OpenBLAS")
def test_blas_is_held_to_one_thread_meanwhile_and_gets_its_threads_back() -> None:
    minitorch.set_num_threads(2)
    assert blas.threads() == 2
    seen: list[int | None] = []
    parallel.each(lambda _: seen.append(blas.threads()), range(4))
    assert seen == [1] * 4
    assert blas.threads() == minitorch.get_num_threads() == 2


@pytest.mark.skipif(blas.threads() is None, reason="NumPy came without its OpenBLAS")
def test_blas_is_held_to_one_thread_until_the_last_that_needs_it_has_ended() -> None:
    minitorch.set_num_threads(2)
    seen: list[int | None] = []

    def work(item: int) -> None:
        if item == 0:
            parallel.each(seen.append, range(2))
            seen.append(blas.threads())

    parallel.each(work, range(2))
    assert sorted(seen[:2]) == [0, 1]
    assert seen[2] == 1
    assert blas.threads() == 2


def test_without_openblas_nothing_is_known_of_it_and_nothing_changed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = blas.threads()
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(np, "__file__", str(tmp_path / "numpy" / "__init__.py"))
        blas._function.cache_clear()
        blas.set_threads(3)
        assert (blas.kernels(), blas.threads()) == (None, None)
        shown = minitorch.show_config("dicts")
        assert (shown["kernels"], shown["threads"]) == ("not known", "not known")
    blas._function.cache_clear()
    assert blas.threads() == before


@pytest.mark.skipif(blas.threads() is None, reason="NumPy came without its OpenBLAS")
def test_what_is_set_while_blas_is_held_to_one_thread_holds_afterwards() -> None:
    minitorch.set_num_threads(2)
    seen = []

    def work(item: int) -> None:
        if item == 0:
            seen.append(minitorch.get_num_threads())
            minitorch.set_num_threads(3)
            seen.append(minitorch.get_num_threads())

    parallel.each(work, range(2))
    assert seen == [2, 3]
    assert blas.threads() == minitorch.get_num_threads() == 3


@pytest.mark.parametrize("n", [0, -1, 1.5, "2", True])
def test_a_number_of_threads_that_is_none_is_refused(n: Any) -> None:
    with pytest.raises(RuntimeError, match="set_num_threads expects a positive integer"):
        minitorch.set_num_threads(n)


def test_a_numpy_integer_is_a_number_of_threads() -> None:
    minitorch.set_num_threads(np.int64(2))  # type: ignore[arg-type]
    assert minitorch.get_num_threads() == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own_and_so_has_its_blas() -> None:
    minitorch.set_num_threads(2)

    def fork(item: int) -> None:
        if item or os.fork():
            return
        try:
            signal.alarm(10)
            done: list[int] = []
            parallel.each(done.append, range(2))
            os._exit(0 if len(done) == 2 and blas.threads() in (2, None) else 1)
        finally:
            os._exit(2)

    parallel.each(fork, range(2))  # the pool exists, and BLAS is held to one thread
    _, status = os.wait()
    assert os.waitstatus_to_exitcode(status) == 0


def test_threads_that_outlive_the_main_one_compute_alone() -> None:
    code = """
import threading, minitorch
from minitorch._runtime import threads as parallel
minitorch.set_num_threads(2)
def late():
    threading.main_thread().join()
    done = []
    parallel.each(done.append, range(4))
    print(sorted(done))
threading.Thread(target=late).start()
"""
    root = str(Path(minitorch.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "[0, 1, 2, 3]\n", done.stderr


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return fused.scaled_dot_product_attention(q, k, v, is_causal=True)


def normalise(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return fused.layer_norm(x, (8,), weight, bias)


@pytest.mark.parametrize(
    ("run", "shapes"), [(attend, [(5, 2, 6, 4)] * 3), (normalise, [(40, 8), (8,), (8,)])]
)
def test_results_and_gradients_do_not_depend_on_the_number_of_threads(
    run: Any, shapes: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART_SCORES", 2 * 6 * 6)
    monkeypatch.setattr(parts, "PART", 8 * 7)
    rng = np.random.default_rng(0)
    inputs = [Tensor._wrap(rng.standard_normal(s).astype("f")).requires_grad_() for s in shapes]
    found = []
    for n in (1, 2, 3):
        minitorch.set_num_threads(n)
        y = run(*inputs)
        found.append([y, *minitorch.autograd.grad((y * y).sum(), inputs)])
    for others in found[1:]:
        for x, expected in zip(others, found[0], strict=True):
            assert np.array_equal(x.array, expected.array)
