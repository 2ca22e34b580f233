"""What ends a training of several processes: all end at once, and one says why, once."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from launch import MPIEXEC, ROOT, Ended, finish, launch, needs_mpi, start

import minitorch as mt

pytestmark = needs_mpi

HERE = Path(__file__).parent
FAILING = HERE / "failing.py"
TRAIN = ["train", "addition", "--digits=1", "--steps=7", "--batch-size=6", "--d-model=8",
         "--heads=2", "--layers=1", "--evaluate-every=3", "--evaluate-on=3", "--dropout=0.2",
         "--keep=0"]  # fmt: skip
LONG = 30  # seconds in which all must have ended; they take one


def contents(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.iterdir()}


def side_by_side(*programs: list[object], **environment: str) -> Ended:
    """Start a rank with each of these programs: `NAME=value` in front sets its environment."""
    parts = [[":", "-n", "1", "env", *map(str, program)] for program in programs]
    process = subprocess.Popen(
        [str(MPIEXEC), *[word for part in parts for word in part][1:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | environment,
    )
    return finish(process, LONG)


# --------------------------------------------------------------------------- a rank fails


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a training that nothing has ended."""
    run = tmp_path_factory.mktemp("whole") / "run"
    assert launch(3, FAILING, "never", 0, 0, *TRAIN, "--out", run, seconds=LONG).code == 0
    return contents(run)


@pytest.mark.parametrize("rank", [0, 1])
@pytest.mark.parametrize("how", ["raise", "exit", "kill"])
def test_a_rank_that_fails_ends_all_and_the_last_save_is_whole(
    how: str, rank: int, whole: dict[str, bytes], tmp_path: Path
) -> None:
    """After step 5; the run was saved after step 3, and goes on from there."""
    run = tmp_path / "run"
    code, output, errors = launch(
        3, FAILING, how, rank, 5, *TRAIN, "--out", run, seconds=LONG
    )
    assert code != 0
    if how == "raise":
        assert errors.startswith(f"rank {rank} of 3:\nTraceback")
        assert errors.endswith("ZeroDivisionError: the reason\n")
        assert errors.count("Traceback") == 1
    elif how == "exit":
        who = "" if rank else "rank 1: "
        assert errors == f"error: {who}all_reduce: rank {rank} has ended, and does not take part\n"
    else:
        assert "(signal 9)" in output  # says mpiexec, for the dead
        assert errors == ""
    assert mt.load(run / "state.safetensors")["step"] == 3
    resume = [FAILING, "never", 0, 0, "train", "addition", "--resume", "--out", run]
    assert launch(3, *resume, seconds=LONG).code == 0
    assert contents(run) == whole


# --------------------------------------------------------------------------- Ctrl-C


def interrupted_at_a_terminal(command: list[str], environment: dict[str, str]) -> Ended:
    """Run it in the foreground of a terminal, and press Ctrl-C when it prints `here`."""
    child, terminal = pty.fork()
    if not child:
        os.execve(command[0], command, environment)
    output = b""
    signal.alarm(LONG)
    while True:
        try:
            read = os.read(terminal, 65536)
        except OSError:  # its end has been closed
            break
        if b"here" in read:
            os.write(terminal, b"\x03")
        output += read
    signal.alarm(0)
    os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Ended(code, output.decode().replace("\r\n", "\n"), "")


@pytest.mark.parametrize("terminal", [False, True], ids=["a signal", "at a terminal"])
def test_ctrl_c_saves_once_and_says_how_to_go_on(
    terminal: bool, whole: dict[str, bytes], tmp_path: Path
) -> None:
    """At a terminal, every process in the foreground gets it, and mpiexec hands it on as well."""
    run = tmp_path / "run"
    program = [FAILING, "slow", 0, 2, *TRAIN, "--out", run]
    if terminal:
        command = [str(MPIEXEC), "-n", "3", sys.executable, *map(str, program)]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        code, output, errors = interrupted_at_a_terminal(command, environment)
    else:
        process = start(3, *program)
        assert process.stdout is not None
        before = ""
        for line in process.stdout:
            before += line
            if line == "here\n":
                break
        process.send_signal(signal.SIGINT)
        code, output, errors = finish(process, LONG)
    assert (code, errors) == (130, "")
    step = mt.load(run / "state.safetensors")["step"]
    assert 2 <= step < 7
    assert output.count("stopped after step") == 1
    assert output.endswith(
        f"stopped after step {step} of 7 and saved to {run}; go on with\n"
        f"  mpiexec -n 3 transformer train addition --resume --out {run}\n"
    )
    resume = [FAILING, "never", 0, 0, "train", "addition", "--resume", "--out", run]
    assert launch(3, *resume, seconds=LONG).code == 0
    assert contents(run) == whole


# --------------------------------------------------------------------------- ranks that differ

TRAINS: list[object] = [sys.executable, "-m", "transformer", *TRAIN]


def test_other_code_stops_before_the_first_step(tmp_path: Path) -> None:
    for package in ("minitorch", "transformer"):
        shutil.copytree(ROOT / package, tmp_path / "other" / package)
    with open(tmp_path / "other" / "minitorch" / "nn" / "layers.py", "a") as file:
        file.write("# changed\n")
    run = ["--out", tmp_path / "run"]
    ended = side_by_side(
        ["-C", tmp_path, *TRAINS, *run],
        ["-C", tmp_path, f"PYTHONPATH={tmp_path / 'other'}", *TRAINS, *run],
    )
    assert ended.code == 2
    said = "error: the code of rank 1 is not that of rank 0: minitorch/nn/layers.py is '"
    assert ended.errors.startswith(said)
    assert ended.errors.count("\n") == 1
    assert not (tmp_path / "run").exists()


VERSION = """if True:
    import sys, numpy
    numpy.__version__ = sys.argv.pop(1)
    from transformer.cli import main
    raise SystemExit(main())
"""


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            [*TRAINS],
            [*TRAINS, "--lr=0.5", "--heads=1"],
            "the configuration of rank 1 is not that of rank 0: model.n_heads is 1, and 2 there, "
            "and 1 more",
        ),
        (
            [*TRAINS, "--lr=x"],
            [*TRAINS],
            "argument --lr: 'x' is not a number such as 3, 0.5 or 4e-3 (transformer train addition "
            "--help explains)",
        ),
        (
            [*TRAINS],
            [*TRAINS, "--lr=x"],
            "rank 1: argument --lr: 'x' is not a number such as 3, 0.5 or 4e-3 (transformer train "
            "addition --help explains)",
        ),
        (
            [sys.executable, "-c", VERSION, "2.3.4", *TRAIN],
            [sys.executable, "-c", VERSION, "2.3.5", *TRAIN],
            "the code of rank 1 is not that of rank 0: numpy is '2.3.5', and '2.3.4' there",
        ),
    ],
    ids=["flags", "a wrong flag, the first", "a wrong flag", "version"],
)
def test_what_differs_is_named_before_the_first_step(
    first: list[object], second: list[object], message: str, tmp_path: Path
) -> None:
    run = ["--out", tmp_path / "run"]
    ended = side_by_side([*first, *run], [*second, *run])
    assert ended == (2, "", f"error: {message}\n")
    assert not (tmp_path / "run").exists()


def test_all_resume_or_none(tmp_path: Path, whole: dict[str, bytes]) -> None:
    run = tmp_path / "run"
    run.mkdir()
    for name, content in whole.items():
        (run / name).write_bytes(content)
    resume: list[object] = [*TRAINS[:5], "--resume", "--out", run]
    says = "error: the run of rank 1 is not that of rank 0: it is"
    ended = side_by_side(resume, [*TRAINS, "--out", run])
    assert ended == (2, "", f"{says} 'a new one', and 'resumed' there\n")
    ended = side_by_side([*resume, "--steps=8"], [*resume, "--steps=9"])
    assert ended == (2, "", f"{says} 'resumed to step 9', and 'resumed to step 8' there\n")
    assert contents(run) == whole


def test_other_data_under_the_same_name(tmp_path: Path) -> None:
    """The same letters, so that the models are of one shape."""
    for name, text in (("a", "to be, or not to be. "), ("b", "or not to be, to be. ")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "text").write_text(text * 90)
    train = [f"PYTHONPATH={ROOT}", sys.executable, "-m", "transformer", "train", "characters"]
    flags = ["--text=text", "--context=8", "--d-model=8", "--heads=1", "--layers=1", "--steps=1"]
    run = ["--out", tmp_path / "run"]
    ended = side_by_side(
        ["-C", tmp_path / "a", *train, *flags, *run], ["-C", tmp_path / "b", *train, *flags, *run]
    )
    assert ended.code == 2
    says = "error: the configuration of rank 1 is not that of rank 0: task.digest is '"
    assert ended.errors.startswith(says)
    assert ended.errors.count("\n") == 1
    ended = side_by_side(
        ["-C", tmp_path / "a", *train, *flags, *run], ["-C", tmp_path, *train, *flags, *run]
    )
    message = "error: rank 1: cannot read the text text: No such file or directory\n"
    assert ended == (2, "", message)


# --------------------------------------------------------------------------- what is missing

WITHOUT = """if True:
    import importlib.util, sys
    found = importlib.util.find_spec
    importlib.util.find_spec = lambda name: None if name == "mpi4py" else found(name)
    from transformer.cli import main
    raise SystemExit(main())
"""


def test_without_mpi4py_one_line_says_what_to_install(tmp_path: Path) -> None:
    without: list[object] = [sys.executable, "-c", WITHOUT, *TRAIN, "--out", tmp_path / "run"]
    message = (
        "init_process_group: mpiexec has started 2 processes, and mpi4py is not installed: "
        "python -m pip install mpi4py mpich\n"
    )
    assert side_by_side(without, without) == (2, "", f"error: {message}")
    there: list[object] = [*TRAINS, "--out", tmp_path / "run"]
    assert side_by_side(there, without) == (2, "", f"error: rank 1: {message}")
    assert not (tmp_path / "run").exists()


def test_the_mpiexec_of_another_mpi_is_noticed(tmp_path: Path) -> None:
    """Its processes are told that they are two, and MPI finds each alone."""
    ended = subprocess.run(
        [*map(str, TRAINS), "--out", str(tmp_path / "run")],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PMI_SIZE": "2", "PMI_RANK": "0"},
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(
        "error: init_process_group: 2 processes were started, and MPI has connected 1. Start them "
        "with the mpiexec of the MPI that mpi4py loads, "
    )
    assert ended.stderr.count("\n") == 1


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    """Nor, later, a file in it: the disk is full, say."""
    (tmp_path / "file").write_text("")
    run = tmp_path / "file" / "run"
    ended = launch(2, "-m", "transformer", *TRAIN, "--out", run, seconds=LONG)
    assert ended == (2, "", f"error: cannot write to {run}: Not a directory\n")
    full = """if True:
        import errno, minitorch
        from transformer.cli import main
        save = minitorch.save
        def fail(what, path):
            if what.get("step") == 6:
                raise OSError(errno.ENOSPC, "No space left on device")
            save(what, path)
        minitorch.save = fail
        raise SystemExit(main())
    """
    code, _, errors = launch(2, "-c", full, *TRAIN, "--out", tmp_path / "run", seconds=LONG)
    assert code == 2
    assert errors == (
        f"error: cannot write {tmp_path}/run/model.safetensors: No space left on device; "
        "state.safetensors is whole, as saved at step 3: --resume goes on from there\n"
    )
    assert mt.load(tmp_path / "run" / "state.safetensors")["step"] == 3


WAITING = """if True:
    import sys, time
    from datetime import timedelta
    import minitorch.distributed as dist
    dist.init_process_group(timeout=timedelta(seconds=0.5))
    if dist.get_rank() == 1:
        time.sleep(60)
    dist.barrier()
"""


def test_waiting_has_an_end() -> None:
    """Rank 1 lives, but does not come: it is cut off, or computes something else."""
    code, output, errors = launch(3, "-c", WAITING, seconds=LONG)
    assert (code, output) == (1, "")
    assert errors.startswith("rank 0 of 3:\nTraceback")
    assert errors.count("Traceback") == 1
    assert errors.endswith(
        "DistError: barrier: the others have not come for 0.5 s. Has one been cut off, or "
        "does it call something else?\n"
    )
