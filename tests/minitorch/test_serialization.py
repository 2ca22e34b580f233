"""What is saved comes back as it was; what is damaged says so."""

from __future__ import annotations

import builtins
import errno
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

import minitorch as mt
from minitorch import CheckpointError, atomic, encoding, nn, optim


def there_and_back(value: Any, folder: Path) -> Any:
    mt.save(value, folder / "file.safetensors")
    return mt.load(folder / "file.safetensors")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "file.safetensors"
    mt.save({"weight": mt.arange(100), "step": 3}, path)
    return path


# ----------------------------------------------------------------------------- what comes back

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text() | st.integers() | st.booleans(), inner, max_size=3)
        | st.dictionaries(st.sampled_from(["$tensor", "$tuple", "$dict", "$set"]), inner)
    ),
    max_leaves=8,
)


@given(value=plain)
def test_numbers_strings_and_what_holds_them(
    value: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    back = there_and_back(value, tmp_path_factory.getbasetemp())
    assert repr(back) == repr(value)  # also -0.0, True and 1, tuples and lists


def test_numpys_numbers_become_pythons(tmp_path: Path) -> None:
    back = there_and_back([np.float32(0.1), np.int64(3), np.bool_(True), np.inf], tmp_path)
    assert repr(back) == repr([float(np.float32(0.1)), 3, True, math.inf])


def test_numbers_that_json_lacks(tmp_path: Path) -> None:
    back = there_and_back([math.nan, math.inf, -math.inf, 2**200, 0.1], tmp_path)
    assert math.isnan(back[0])
    assert back[1:] == [math.inf, -math.inf, 2**200, 0.1]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "int32", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_tensors_of_every_dtype_and_shape(
    dtype: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    x = mt.ones(*shape, dtype=getattr(mt, dtype))
    back = there_and_back(x, tmp_path)
    assert type(back) is mt.Tensor
    assert back.shape == shape
    assert back.dtype == x.dtype
    assert back.tolist() == x.tolist()
    assert not back.requires_grad
    back.fill_(0)  # the memory is its own, and writable


def test_special_values_and_views_keep_their_bits(tmp_path: Path) -> None:
    x = mt.tensor([[math.nan, -0.0, math.inf], [1e-45, 3e38, -math.inf]])
    back = there_and_back({"t": x.T, "part": x[:, 1:], "p": nn.Parameter(x)}, tmp_path)
    assert back["t"].numpy().tobytes() == np.ascontiguousarray(x.numpy().T).tobytes()
    assert back["part"].numpy().tobytes() == np.ascontiguousarray(x.numpy()[:, 1:]).tobytes()
    assert type(back["p"]) is mt.Tensor


def test_a_tensor_at_two_places_is_one_tensor(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Embedding(50, 40), nn.Linear(40, 50, bias=False))
    model[1].weight = model[0].weight
    back = there_and_back(model.state_dict(), tmp_path)
    assert back["0.weight"] is back["1.weight"]
    assert (tmp_path / "file.safetensors").stat().st_size < 1.5 * 50 * 40 * 4


def test_tensors_come_back_wherever_they_were(tmp_path: Path) -> None:
    a, b, c, d = (mt.full((2,), float(i)) for i in range(4))
    back = there_and_back([a, (b, [c]), {"d": [d, a]}, {1: c}, {b: 5}], tmp_path)
    assert back[0].tolist() == [0.0, 0.0]
    assert back[1][0].tolist() == [1.0, 1.0]
    assert back[1][1][0].tolist() == [2.0, 2.0]
    assert back[2]["d"][0].tolist() == [3.0, 3.0]
    assert back[2]["d"][1] is back[0]
    assert back[3][1] is back[1][1][0]
    assert [*back[4]] == [back[1][0]]


def test_100_levels_may_be_inside_each_other(tmp_path: Path) -> None:
    value: Any = {"x": mt.ones(2)}
    for i in range(99):
        value = ([value], (value,), {"a": value}, {1: value})[i % 4]
    back = there_and_back(value, tmp_path)
    for i in reversed(range(99)):
        back = back[(0, 0, "a", 1)[i % 4]]
    assert back["x"].tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match=r"more than 100 .* inside each other at …"):
        mt.save([[value]], tmp_path / "deeper")
    assert os.listdir(tmp_path) == ["file.safetensors"]


def test_names_that_no_file_can_hold(tmp_path: Path) -> None:
    state = {"\ud800": mt.ones(1), "?": mt.zeros(1), "a\0b\n": mt.ones(2), "": mt.ones(3)}
    back = there_and_back(state, tmp_path)
    assert {key: value.tolist() for key, value in back.items()} == {
        key: value.tolist() for key, value in state.items()
    }


def test_names_are_paths_and_never_collide(tmp_path: Path) -> None:
    a, b, c = mt.tensor([1]), mt.tensor([2]), mt.tensor([3])
    state = {"x.y": a, "x": {"y": b}, "__metadata__": c}
    back = there_and_back(state, tmp_path)
    assert back["x.y"].item() == 1
    assert back["x"]["y"].item() == 2
    assert back["__metadata__"].item() == 3
    mt.save({"model": {"head.weight": mt.ones(2)}}, tmp_path / "plain")
    assert list(load_file(tmp_path / "plain")) == ["model.head.weight"]  # others can read it


def test_training_goes_on_from_a_file_to_the_last_bit(tmp_path: Path) -> None:
    def make() -> tuple[nn.Module, optim.Optimizer]:
        model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 1))
        return model, optim.Adam(
            [{"params": model[0].parameters()}, {"params": model[2].parameters(), "lr": 0.1}]
        )

    def train(model: nn.Module, optimizer: optim.Optimizer, n: int) -> list[float]:
        losses = []
        for _ in range(n):
            loss = (model(mt.randn(5, 3)) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    model, optimizer = make()
    train(model, optimizer, 3)
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": 3}
    mt.save({**state, "random": mt.get_rng_state()}, tmp_path / "state")
    expected = train(model, optimizer, 3)

    model, optimizer = make()
    state = mt.load(tmp_path / "state", map_location="cpu")
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    mt.set_rng_state(state["random"])
    assert state["step"] == 3
    assert optimizer.param_groups[0]["betas"] == (0.9, 0.999)
    assert train(model, optimizer, 3) == expected


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"a": [1, slice(2)]}, r"the slice at a\.1"),
        ({"f": print}, "builtin_function_or_method at f"),
        (np.ones(2), "ndarray at the top"),
        ({"x": {(1, b"k"): 2}}, r"the bytes at x \(a key\)\.1"),
    ],
)
def test_what_cannot_be_saved_is_named_and_nothing_written(
    value: Any, where: str, saved: Path
) -> None:
    before = saved.read_bytes()
    with pytest.raises(TypeError, match=where):
        mt.save(value, saved)
    assert saved.read_bytes() == before
    assert os.listdir(saved.parent) == [saved.name]


# ---------------------------------------------------------------------------------- the file


def test_the_same_state_gives_the_same_file(saved: Path, tmp_path: Path) -> None:
    mt.save({"weight": mt.arange(100), "step": 3}, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == saved.read_bytes()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(handle: int) -> None:
        raise OSError("no space left")

    before = saved.read_bytes()
    monkeypatch.setattr(atomic.os, "fsync", fail)
    with pytest.raises(
        OSError, match=r"no space left: save to .* the file of before is still whole"
    ):
        mt.save({"weight": mt.zeros(3)}, saved)
    assert saved.read_bytes() == before
    assert os.listdir(saved.parent) == [saved.name]


def test_the_content_is_on_disk_before_the_name_is(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = []
    fsync, replace = os.fsync, os.replace
    sizes = []

    def note(handle: int) -> None:
        events.append("fsync")
        sizes.append(os.fstat(handle).st_size)
        fsync(handle)

    monkeypatch.setattr(atomic.os, "fsync", note)
    monkeypatch.setattr(
        atomic.os, "replace", lambda a, b: (events.append("replace"), replace(a, b))
    )
    mt.save(1, saved)
    assert events == ["fsync", "replace", "fsync"]
    assert sizes[0] == saved.stat().st_size  # nothing is left in Python's buffer
    assert mt.load(saved) == 1


def test_long_texts_are_cut_in_front() -> None:
    assert encoding.short("x" * 120) == "x" * 120
    assert encoding.short("y" + "x" * 120) == "…" + "x" * 119
    assert encoding.short("a\n\n b", 3) == "a b"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux")
def test_no_file_stays_open(saved: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for i in range(5):
        mt.save(i, saved)
        mt.load(saved)
        with pytest.raises(OSError, match="failed"):
            mt.save(i, saved.parent)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_link_stays_a_link(saved: Path) -> None:
    link = saved.parent / "link"
    link.symlink_to(saved)
    mt.save(5, link)
    assert link.is_symlink()
    assert mt.load(saved) == 5


STEPS = {  # each operation on files of a save, by the module and the name that a test can replace
    "open": (atomic.os, "open"),
    "lock": (atomic.fcntl, "flock"),
    "write": (builtins, "open"),
    "fsync": (atomic.os, "fsync"),
    "replace": (atomic.os, "replace"),
    "sync the folder": (atomic, "_sync_folder"),
}


def full(*args: Any, **options: Any) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("existed", [True, False])
@pytest.mark.parametrize("step", STEPS)
def test_whatever_fails_the_error_says_what_is_whole_and_nothing_stays_behind(
    step: str, existed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ("deep" * 30) / "file.safetensors"  # its name alone is 120 characters long
    path.parent.mkdir()
    if existed:
        mt.save("before", path)
    with monkeypatch.context() as patched:
        patched.setattr(*STEPS[step], full)
        if step == "lock":  # a file system without locks
            mt.save("after", path)
        else:
            with pytest.raises(OSError, match="No space left on device") as caught:
                mt.save("after", path)
            message = str(caught.value)
            assert caught.value.errno == errno.ENOSPC
            assert len(message) <= 300
            assert "\n" not in message
            assert "file.safetensors failed; " in message
            if step == "sync the folder":
                assert "the new file is whole" in message
            else:
                old, none = "the file of before is still whole", "there is no file yet"
                assert message.endswith(old if existed else none)
    written = step in ("lock", "sync the folder")
    assert os.listdir(path.parent) == [path.name] * (existed or written)
    if existed or written:
        assert mt.load(path) == ("after" if written else "before")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("step", STEPS)
def test_a_process_that_dies_leaves_a_whole_file_and_the_next_save_tidies_up(
    step: str, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = mt.load(saved)
    child = os.fork()
    if not child:
        setattr(*STEPS[step], lambda *args, **options: os._exit(7))
        mt.save("after", saved)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    found = mt.load(saved)
    assert found == "after" if step == "sync the folder" else found["step"] == before["step"]
    mt.save("next", saved)
    assert mt.load(saved) == "next"
    assert os.listdir(saved.parent) == [saved.name]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_several_processes_save_to_one_file(saved: Path) -> None:
    children = []
    for i in range(4):
        child = os.fork()
        if not child:
            for _ in range(20):
                mt.save({"who": i, "values": mt.full((5000,), float(i))}, saved)
            os._exit(0)
        children.append(child)
    for _ in range(20):
        mt.load(saved)
    assert all(os.waitstatus_to_exitcode(os.waitpid(c, 0)[1]) == 0 for c in children)
    found = mt.load(saved)
    assert set(found["values"].tolist()) == {found["who"]}
    assert os.listdir(saved.parent) == [saved.name]


def test_the_unfinished_file_is_no_way_into_another(saved: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("precious")
    (tmp_path / f".{saved.name}.tmp").symlink_to(other)
    with pytest.raises(OSError, match=r"file\.safetensors failed"):
        mt.save(1, saved)
    assert other.read_text() == "precious"


# -------------------------------------------------------------------------------- what is wrong


def test_every_damaged_byte_is_noticed(saved: Path) -> None:
    whole = saved.read_bytes()
    for i in range(len(whole)):
        saved.write_bytes(whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1 :])
        with pytest.raises(CheckpointError, match=r"file\.safetensors: "):
            mt.load(saved)


@pytest.mark.parametrize("keep", [0, 4, 8, 60, 300, -1])
def test_a_truncated_file_is_noticed(saved: Path, keep: int) -> None:
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"file\.safetensors: not a whole safetensors file"):
        mt.load(saved)


def test_a_longer_file_is_noticed(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes() + b"\0")
    with pytest.raises(CheckpointError):
        mt.load(saved)


@pytest.mark.parametrize(("old", "new"), [(b":3}", b":4}"), (b"\x63" + 7 * b"\0", 8 * b"\0")])
def test_a_changed_element_or_number_does_not_match_the_digest(
    old: bytes, new: bytes, saved: Path
) -> None:
    whole = saved.read_bytes()
    assert whole.count(old) == 1
    saved.write_bytes(whole.replace(old, new))
    with pytest.raises(CheckpointError, match="does not match its SHA-256 digest"):
        mt.load(saved)


def test_files_of_others_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other"
    save_file({"weight": np.ones(2)}, path)
    with pytest.raises(CheckpointError, match=r"minitorch\.save did not write"):
        mt.load(path)
    path.write_bytes(b"PK\x03\x04 what PyTorch writes begins like this" * 9)
    with pytest.raises(CheckpointError, match="not a whole safetensors file"):
        mt.load(path)
    for entry in ("", "[]", "{}", '{"version": 1, "state": 5, "sha256": ""}'):
        save_file({}, path, {"minitorch": entry})
        with pytest.raises(CheckpointError, match="malformed"):
            mt.load(path)
    later = {"version": 2, "state": "", "sha256": ""}
    save_file({}, path, {"minitorch": json.dumps(later)})
    with pytest.raises(CheckpointError, match="version 2"):
        mt.load(path)


def test_a_file_that_is_not_there_is_the_usual_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        mt.load(tmp_path / "nothing")
    with pytest.raises(CheckpointError, match="not a regular file"):
        mt.load(tmp_path)
    with pytest.raises(FileNotFoundError):
        mt.save(1, tmp_path / "no folder" / "file")


def test_another_device_is_refused(saved: Path) -> None:
    with pytest.raises(RuntimeError, match="only device is 'cpu'"):
        mt.load(saved, map_location="cuda:0")
