"""`SummaryWriter`: what it gives to the package tensorboard, and what it does without it.

The package stands in its place here is a list. tests/oracle reads real files.
"""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from matplotlib.image import imread

import minitorch as mt
from minitorch._compat import tensorboard
from minitorch.utils.tensorboard import SummaryWriter


class Written(dict[str, list[dict[str, Any]]]):
    """The events that were written, by folder."""

    @property
    def values(self) -> list[dict[str, Any]]:  # type: ignore[override]
        (events,) = [events for events in super().values() if events]
        return [value for event in events for value in event["summary"]["value"]]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    found = Written()

    class EventFileWriter:
        def __init__(self, folder: str, *options: Any) -> None:
            self.events = found.setdefault(folder, [])
            self.options = options

        def add_event(self, event: dict[str, Any]) -> None:
            self.events.append(event)

        def flush(self) -> None:
            pass

        close = flush

    class HParamsPluginData(dict[str, Any]):
        def SerializeToString(self) -> dict[str, Any]:
            return self

    def parse_dict(content: dict[str, Any], message: HParamsPluginData) -> HParamsPluginData:
        message.update(content)
        return message

    modules: dict[str, dict[str, Any]] = {
        "google": {},
        "google.protobuf": {},
        "google.protobuf.json_format": {"ParseDict": parse_dict},
        "tensorboard": {},
        "tensorboard.compat": {},
        "tensorboard.compat.proto": {},
        "tensorboard.compat.proto.event_pb2": {"Event": dict},
        "tensorboard.plugins": {},
        "tensorboard.plugins.hparams": {},
        "tensorboard.plugins.hparams.plugin_data_pb2": {"HParamsPluginData": HParamsPluginData},
        "tensorboard.summary": {},
        "tensorboard.summary.writer": {},
        "tensorboard.summary.writer.event_file_writer": {"EventFileWriter": EventFileWriter},
    }
    for name, content in modules.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    return found


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.setattr(tensorboard, "_said", False)


@pytest.mark.usefixtures("absent")
def test_without_the_package_it_writes_nothing_and_says_so_once(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="writes nothing, as the package tensorboard is not inst"):
        writer = SummaryWriter(tmp_path / "run", purge_step=1)
    with SummaryWriter(str(tmp_path / "run")) as second:
        for w in (writer, second):
            w.add_scalar("loss", mt.tensor(1.0), 3)
            w.add_scalars("losses", {"train": 1.0}, 3)
            w.add_text("note", "a text")
            w.add_histogram("weights", mt.arange(3.0))
            w.add_image("image", mt.rand(3, 2, 2))
            w.add_hparams({"lr": 0.1}, {"loss": 1.0})
            w.add_graph(mt.nn.Linear(1, 1), mt.ones(1))
            w.flush()
    assert list(tmp_path.iterdir()) == []


def test_numbers_steps_and_times(written: Written) -> None:
    with SummaryWriter("runs/a") as writer:
        writer.add_scalar("loss", 0.5)
        writer.add_scalar("loss", mt.tensor([2.0], requires_grad=True), global_step=3, walltime=7.0)
        writer.add_scalar("loss", np.float64(1.5), mt.tensor(4))
    first, *others = written["runs/a"]
    assert (first["step"], abs(first["wall_time"] - time.time()) < 60) == (0, True)
    values = [{"value": [{"tag": "loss", "simple_value": number}]} for number in (0.5, 2.0, 1.5)]
    assert [first["summary"], *(event["summary"] for event in others)] == values
    assert [event["step"] for event in others] == [3, 4]
    assert others[0]["wall_time"] == 7.0


def test_several_numbers_have_folders_of_their_own(written: Written) -> None:
    writer = SummaryWriter("a")
    writer.add_scalars("loss/all", {"train": 1, "valid": 2.5}, 3)
    assert written["a"] == []
    for folder, number in (("a/loss_all_train", 1), ("a/loss_all_valid", 2.5)):
        (event,) = written[folder]
        assert event["summary"]["value"] == [{"tag": "loss/all", "simple_value": number}]


def test_the_folder_is_named_by_the_time_and_the_comment(written: Written) -> None:
    writer = SummaryWriter(comment="-small")
    assert writer.get_logdir() == writer.log_dir
    assert list(written) == [writer.log_dir]
    assert writer.log_dir.startswith(f"runs/{time.strftime('%b')}")
    assert writer.log_dir.endswith("-small")


def test_a_purge_hides_what_came_after_a_crash(written: Written) -> None:
    SummaryWriter("a", purge_step=5)
    first, second = written["a"]
    assert (first["step"], first["file_version"]) == (5, "brain.Event:2")
    assert (second["step"], second["session_log"]) == (5, {"status": 1})


def test_after_closing_it_begins_another_file(written: Written) -> None:
    writer = SummaryWriter("a")
    writer.close()
    writer.close()
    writer.add_scalar("loss", 1.0)
    assert len(written["a"]) == 1


def test_a_text(written: Written) -> None:
    SummaryWriter("a").add_text("note", "größer", 1)
    (value,) = written.values
    assert value["tag"] == "note/text_summary"
    assert value["tensor"]["string_val"] == ["größer".encode()]
    assert value["metadata"] == {"plugin_data": {"plugin_name": "text"}}


def test_a_histogram_counts_between_edges(written: Written) -> None:
    SummaryWriter("a").add_histogram("w", mt.tensor([[0.0, 1.0], [1.0, 4.0]]), bins=4)
    (value,) = written.values
    assert value["histo"] == {
        "min": 0, "max": 4, "num": 4, "sum": 6, "sum_squares": 18,
        "bucket_limit": [0, 1, 2, 3, 4], "bucket": [0, 1, 2, 0, 1],
    }  # fmt: skip


def test_empty_bins_at_the_ends_are_left_out_and_neighbours_joined(written: Written) -> None:
    writer = SummaryWriter("a")
    writer.add_histogram("w", np.array([2.5, 3.5]), bins=[0, 1, 2, 3, 4, 5])
    writer.add_histogram("w", mt.tensor([1, 2, 5]), bins=[0, 1, 2, 3, 4, 5], max_bins=2)
    writer.add_histogram("w", mt.tensor([-1.0, 0.0, 1.05]))
    ends, joined, default = (value["histo"] for value in written.values)
    assert (ends["bucket_limit"], ends["bucket"]) == ([2, 3, 4], [0, 1, 1])
    assert (joined["bucket_limit"], joined["bucket"]) == ([0, 2, 4, 5], [0, 1, 1, 1])
    assert sum(default["bucket"]) == 3
    assert default["bucket_limit"][0] <= -1 < default["bucket_limit"][1]
    assert default["bucket_limit"][-2] <= 1.05 < default["bucket_limit"][-1]


def pixels(value: dict[str, Any]) -> Any:
    image = value["image"]
    read = imread(io.BytesIO(image["encoded_image_string"]), format="png")
    assert read.shape[:2] == (image["height"], image["width"])
    return np.rint(255 * read[..., :3]).astype(int)


def test_images_in_any_order_of_their_dimensions(written: Written) -> None:
    writer = SummaryWriter("a")
    rgb = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)  # H, W, C
    writer.add_image("rgb", mt.tensor(rgb.transpose(2, 0, 1)))
    writer.add_image("rgb", rgb, dataformats="HWC")
    writer.add_image("rgb", mt.tensor(rgb / 255.0).permute(1, 2, 0), dataformats="WCH")
    writer.add_image("grey", mt.tensor([[0.0, 1.0, 2.0]]), dataformats="HW")
    writer.add_image("grey", mt.tensor([[[-1.0, 1.0, 2.0]]]))
    *colours, flat, channel = map(pixels, written.values)
    for found in colours:
        np.testing.assert_array_equal(found, rgb)
    for found in (flat, channel):
        np.testing.assert_array_equal(found, [[[0] * 3, [255] * 3, [255] * 3]])


def test_several_images_lie_side_by_side(written: Written) -> None:
    x = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1).repeat(3, 1).repeat(2, 3)  # N, C, 1, 2
    SummaryWriter("a").add_images("ten", mt.tensor(x))
    (value,) = written.values
    found = pixels(value)
    assert found.shape == (2, 16, 3)
    assert found[0, ::2, 0].tolist() == list(range(8))
    assert found[1, :, 1].tolist() == [8, 8, 9, 9] + [0] * 12


def test_a_figure(written: Written) -> None:
    figure = Figure(figsize=(2, 1), dpi=50)
    figure.subplots().plot([1, 2])
    open_ = pyplot.figure()
    SummaryWriter("a").add_figure("plot", figure, 1)
    SummaryWriter("a").add_figure("plot", open_, 2)
    assert not pyplot.fignum_exists(open_.number)
    small, _ = written.values
    assert pixels(small).shape == (50, 100, 3)


def test_hyperparameters_and_what_was_reached_with_them(written: Written) -> None:
    hparams = {"lr": 0.1, "norm": "pre", "tied": True, "seed": None, "layers": mt.tensor(2)}
    SummaryWriter("a").add_hparams(hparams, {"loss": mt.tensor(1.5)}, run_name="b", global_step=3)
    assert written["a"] == []
    assert {event["step"] for event in written["a/b"]} == {3}
    *table, loss = written.values
    assert loss == {"tag": "loss", "simple_value": 1.5}
    content = {value["tag"]: value["metadata"]["plugin_data"]["content"] for value in table}
    infos = content["_hparams_/experiment"]["experiment"]["hparam_infos"]
    assert [(info["name"], info["type"].removeprefix("DATA_TYPE_")) for info in infos] == [
        ("lr", "FLOAT64"), ("norm", "STRING"), ("tied", "FLOAT64"), ("layers", "FLOAT64"),
    ]  # fmt: skip
    start = content["_hparams_/session_start_info"]["session_start_info"]
    assert start == {"hparams": {"lr": 0.1, "norm": "pre", "tied": 1.0, "layers": 2.0}}
