"""One training in several processes: what it learns, how it is resumed, and who speaks."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from launch import ROOT, launch, needs_mpi

import minitorch as mt

pytestmark = needs_mpi

HERE = Path(__file__).parent
SMALL = ["--steps=6", "--batch-size=7", "--d-model=16", "--heads=2", "--layers=1", "--warmup=0",
         "--evaluate-every=3", "--evaluate-on=20", "--seed=1"]  # fmt: skip


def distances(run: Path, other: Path) -> dict[str, float]:
    """How far the parameters of two runs are apart, by name."""
    one, two = (mt.load(path / "state.safetensors")["model"] for path in (run, other))
    return {name: float((p - two[name]).abs().max().item()) for name, p in one.items()}


def losses(run: Path) -> list[float]:
    with open(run / "metrics.csv") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def contents(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.iterdir()}


@pytest.mark.parametrize("ranks", [1, 2, 3, 4])
def test_the_loss_and_its_gradient_are_those_of_the_whole_batch(ranks: int) -> None:
    code, output, errors = launch(ranks, HERE / "losses.py")
    assert (code, errors) == (0, "")
    assert output.count("as it should be") == ranks


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("alone") / "run"
    code, _, errors = launch(1, "-m", "transformer", "train", "copy", *SMALL, "--out", run)
    assert (code, errors) == (0, "")
    return run


@pytest.mark.parametrize("ranks", [2, 3, 4])
def test_several_end_where_one_does_up_to_rounding(
    ranks: int, alone: Path, tmp_path: Path
) -> None:
    """After six steps of Adam at a rate of 0.005. The first process alone speaks."""
    run = tmp_path / "run"
    train = ["-m", "transformer", "train", "copy", *SMALL, "--out", run]
    code, output, errors = launch(ranks, *train)
    assert (code, errors) == (0, "")
    apart = distances(run, alone)
    # Softmax takes no notice of a number that is added to all scores of a query, as the keys' bias
    # does: its gradient is 0, and Adam makes steps of the rounding errors.
    biases = [apart.pop(name) for name in list(apart) if name.endswith("key.bias")]
    assert 0 < max(apart.values()) < 1e-6
    assert max(biases) < 6 * 0.005
    assert losses(run) == pytest.approx(losses(alone), rel=1e-5)
    assert sorted(contents(run)) == sorted(contents(alone))
    for said in ("step 6/6", "held-out exact match: ", "ask it something of your own"):
        assert output.count(said) == 1


def test_the_example_is_shared_as_the_command_is(tmp_path: Path) -> None:
    """To the last bit: one has its loop in the open."""
    common = ["--steps=2", "--seed=3"]
    script = [ROOT / "examples" / "addition.py", *common, "--out", tmp_path / "script"]
    command = ["-m", "transformer", "train", "addition", *common, "--out", tmp_path / "command"]
    ended = launch(2, *script)
    assert (ended.code, ended.errors) == (0, "")
    assert ended.output.count("12+34 =") == 1
    assert launch(2, *command, "--keep=12").code == 0
    for file in ("state.safetensors", "model.safetensors", "metrics.csv"):
        assert contents(tmp_path / "script")[file] == contents(tmp_path / "command")[file]


@pytest.mark.parametrize("ranks", [2, 3])
def test_ctrl_c_in_any_rank_stops_all_and_resuming_is_exact(ranks: int, tmp_path: Path) -> None:
    """With dropout. Another number of ranks goes on from the same state, and says so."""
    program, batches = HERE / "resuming.py", ranks - 1  # in a step
    whole, stopped, other = (tmp_path / name for name in ("whole", "stopped", "other"))
    for ended in (
        launch(ranks, program, whole, 0, 0, batches),
        launch(ranks, program, stopped, 5, ranks - 1, batches),
        launch(ranks, program, other, 5, 0, batches),
    ):
        assert (ended.code, ended.errors) == (0, "")
    assert contents(stopped)["state.safetensors"] == contents(other)["state.safetensors"]
    assert launch(ranks, program, stopped, 0, 0, batches).output.splitlines()[-1] == "step 9"
    assert contents(stopped) == contents(whole)

    lines = launch(1, program, other, 0, 0, batches).output.splitlines()
    assert [line for line in lines if line.startswith("note: ")] == [
        f"note: the training was computed with ranks {ranks}, and goes on with 1: the last bits of "
        "its numbers may differ"
    ]
    assert lines[-1] == "step 9"
    assert losses(other)[:1] == losses(whole)[:1]
    assert len(losses(other)) == 3


def test_what_is_wrong_in_all_ranks_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    train = ["-m", "transformer", "train", "copy"]
    for flags, message in (
        (["--heads=0"], "error: n_heads must be a whole number from 1 to 32,768, not 0"),
        (["--steps=x"], "error: argument --steps: 'x' is not a whole number"),
        (["--out", tmp_path / "file"], f"error: cannot write to {tmp_path}/file: it is not"),
        (["--resume", "--out", tmp_path / "no"], "error: there is no run in"),
    ):
        code, output, errors = launch(3, *train, *flags)
        assert code == 2
        assert not output
        assert errors.count("error: ") == 1
        assert message in errors
