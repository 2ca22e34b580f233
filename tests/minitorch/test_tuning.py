"""What is settled before NumPy loads can be switched off, and overrules nothing that is set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import minitorch
from minitorch._runtime import tuning


def run(code: str, **variables: str) -> str:
    """Run a program in a process of its own; return what it prints."""
    kept = {k: v for k, v in os.environ.items() if k not in (*tuning.THREADS, "MINITORCH_TUNE")}
    root = str(Path(minitorch.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "PYTHONPATH": root, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_show_config_returns_what_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    found = minitorch.show_config(mode="dicts")
    assert capsys.readouterr().out == ""
    minitorch.show_config()
    printed = capsys.readouterr().out.splitlines()
    assert printed == [f"{name:15} {what}" for name, what in found.items()]
    with pytest.raises(ValueError, match="mode must be 'stdout' or 'dicts', not 'json'"):
        minitorch.show_config(mode="json")


def test_show_config_names_numpy_and_blas(capsys: pytest.CaptureFixture[str]) -> None:
    minitorch.show_config()
    shown = capsys.readouterr().out
    assert shown.startswith("numpy")
    assert "blas" in shown


def test_the_switch_leaves_everything_alone() -> None:
    shown = run("import minitorch; minitorch.show_config()", MINITORCH_TUNE="0")
    assert [line for line in shown.splitlines() if "tuned" in line] == [
        "tuned tuning    off, by MINITORCH_TUNE=0"
    ]


def test_transformer_lets_minitorch_come_before_numpy() -> None:
    shown = run("import transformer; transformer.minitorch.show_config()")
    assert "tuned waiting" in shown
    assert "tuned BLAS" not in shown


def test_importing_loads_nothing_that_is_not_needed_at_once() -> None:
    late = ["numpy.random", "concurrent.futures", "matplotlib", "rich"]
    loaded = run(f"import minitorch, sys; print([name for name in {late} if name in sys.modules])")
    assert loaded == "[]\n"


def test_it_is_said_where_numpy_was_there_before() -> None:
    shown = run("import numpy, minitorch; minitorch.show_config()")
    assert "tuned BLAS      no, as NumPy was imported before minitorch" in shown


def test_a_time_to_wait_that_the_user_chose_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "done", {})
    monkeypatch.setenv("OPENBLAS_THREAD_TIMEOUT", "26")
    tuning.let_blas_threads_sleep()
    assert os.environ["OPENBLAS_THREAD_TIMEOUT"] == "26"
    assert not tuning.done


def test_variables_that_the_user_set_are_there_for_other_programs() -> None:
    given = {"OPENBLAS_THREAD_TIMEOUT": "26", "GOTO_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "Zen"}
    code = f"import minitorch, os; print(*(os.environ[name] for name in {[*given]}))"
    assert run(code, **given) == "26 1 Zen\n"


class Mallopt:
    """Stands for a C library that allows thresholds up to a limit, and keeps what it is told."""

    def __init__(self, limit: int) -> None:
        self.limit, self.kept = limit, dict[int, int]()

    def gnu_get_libc_version(self) -> bytes:
        return b"2.0"

    def mallopt(self, what: int, value: int) -> int:
        if what == tuning.M_MMAP_THRESHOLD and value > self.limit:
            return 0
        self.kept[what] = value
        return 1


@pytest.mark.parametrize(
    ("platform", "limit", "kept"),
    [
        ("linux", 1 << 40, {tuning.M_TRIM_THRESHOLD: 1 << 30, tuning.M_MMAP_THRESHOLD: 1 << 30}),
        ("linux", 1 << 25, {tuning.M_TRIM_THRESHOLD: 1 << 30, tuning.M_MMAP_THRESHOLD: 1 << 25}),
        ("darwin", 1 << 40, {}),
    ],
)
def test_memory_is_kept_as_far_as_the_c_library_allows(
    platform: str, limit: int, kept: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Mallopt(limit)
    monkeypatch.setattr(tuning, "done", {})
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(tuning.ctypes, "CDLL", lambda name: library)
    tuning.keep_freed_memory()
    assert library.kept == kept
    assert bool(tuning.done) == bool(kept)


def test_a_c_library_that_is_not_glibc_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "done", {})
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(tuning.ctypes, "CDLL", lambda name: object())
    tuning.keep_freed_memory()
    assert not tuning.done


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps freed memory when told to")
def test_a_large_array_is_made_of_memory_that_another_left() -> None:
    faults = """
import minitorch, numpy as np, resource
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        np.empty(1 << 20).fill(1.0)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""
    if "memory" not in tuning.done:
        pytest.skip("the C library is not glibc")
    assert int(run(faults)) < 100  # 8 MB are 2048 pages, each time


@pytest.mark.parametrize(("family", "flags", "chosen"), [
    ("26", "fma " + " ".join(sorted(tuning.AVX512)), "SkylakeX"),
    ("26", "fma avx512f", None),
    ("25", " ".join(sorted(tuning.AVX512)), None),
])  # fmt: skip
def test_avx512_kernels_are_chosen_only_where_the_processor_has_all_that_they_use(
    family: str, flags: str, chosen: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = {"vendor_id": "AuthenticAMD", "cpu family": family, "flags": flags}
    monkeypatch.setattr(tuning, "_processor", lambda: info)
    monkeypatch.setattr(tuning, "done", {})
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    tuning.choose_blas_kernels()
    assert os.environ.pop("OPENBLAS_CORETYPE", None) == chosen


def test_kernels_that_the_user_chose_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    info = {"vendor_id": "AuthenticAMD", "cpu family": "26", "flags": " ".join(tuning.AVX512)}
    monkeypatch.setattr(tuning, "_processor", lambda: info)
    monkeypatch.setattr(tuning, "done", {})
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Zen")
    tuning.choose_blas_kernels()
    assert os.environ["OPENBLAS_CORETYPE"] == "Zen"


@pytest.mark.parametrize(("given", "threads"), [({}, "3"), ({"OMP_NUM_THREADS": "2"}, None)])
def test_threads_are_bounded_by_the_quota_unless_the_user_set_them(
    given: dict[str, str], threads: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "_processor_quota", lambda: 3)
    monkeypatch.setattr(tuning, "done", {})
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    for name in tuning.THREADS:
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    tuning.bound_blas_threads()
    assert os.environ.pop("OPENBLAS_NUM_THREADS", None) == threads


def test_no_variable_is_left_behind_for_other_programs() -> None:
    code = "import os; before = dict(os.environ); import minitorch; print(before == os.environ)"
    assert run(code) == "True\n"


@pytest.mark.parametrize("example", ["one_plus_two", "cat_likes_fish", "paper_base"])
def test_the_examples_let_minitorch_come_before_numpy(example: str) -> None:
    code = f"from examples import {example}; import minitorch; minitorch.show_config()"
    assert "tuned waiting" in run(code)
