"""Files for TensorBoard: read back, they hold what PyTorch's `SummaryWriter` writes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.image import imread
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
from torch.utils.tensorboard import SummaryWriter as Theirs

import minitorch as mt
from minitorch.utils.tensorboard import SummaryWriter as Ours


def write(writer: Any, lib: Any) -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(5, 7)).astype(np.float32)
    images = generator.random((10, 3, 4, 5)).astype(np.float32)
    bytes_ = generator.integers(0, 256, (4, 5, 3)).astype(np.uint8)
    writer.add_scalar("loss/train", 0.25, 1)
    writer.add_scalar("loss/train", lib.tensor([0.5], requires_grad=True), 2, 5.0)
    writer.add_scalar("loss/train", np.float32(0.125))
    writer.add_scalars("both", {"train": 1.5, "valid": lib.tensor(2)}, 3)
    writer.add_text("note", "**größer**", 4)
    writer.add_histogram("w", lib.tensor(x), 5)
    writer.add_histogram("w", lib.tensor([0.0, 0.0]), 5)
    writer.add_histogram("w", x, 6, bins="auto")
    writer.add_histogram("w", lib.tensor(x), 7, bins=12, max_bins=5)
    writer.add_histogram("w", lib.tensor([1, 2, 3, 2]), 8, bins=[0, 1, 2, 2.5, 3, 9])
    writer.add_image("image", lib.tensor(images[0]), 9)
    writer.add_image("image", lib.tensor(bytes_), 10, dataformats="HWC")
    writer.add_image("image", images[1, :1] * 3 - 1, 11)
    writer.add_image("image", images[1, 0], 12, dataformats="HW")
    writer.add_images("images", lib.tensor(images), 13)
    writer.add_images("images", images[:3, :1].transpose(0, 2, 3, 1), 14, dataformats="NHWC")
    writer.flush()
    writer.close()
    writer.add_scalar("loss/train", 1.0, 15)
    writer.close()


def read(folder: Path) -> dict[str, list[Any]]:
    """Return the events of each folder, without the times; images as arrays."""
    found: dict[str, list[Any]] = {}
    for file in sorted(folder.rglob("events.*"), key=lambda file: file.stat().st_mtime_ns):
        events = found.setdefault(str(file.parent.relative_to(folder)), [])
        for event in LegacyEventFileLoader(str(file)).Load():
            arrays = []
            for value in event.summary.value:
                if value.HasField("image"):
                    png = io.BytesIO(value.image.encoded_image_string)
                    arrays.append(np.rint(255 * imread(png, format="png")[..., :3]))
                    value.image.encoded_image_string = b""
            if event.wall_time != 5.0:
                event.wall_time = 0
            events.append((event, arrays))
    return found


def take_histogram(value: Any) -> dict[str, Any]:
    """Return the numbers of a histogram, and leave the summary without."""
    numbers = {field.name: content for field, content in value.histo.ListFields()}
    numbers = {name: np.array(content) for name, content in numbers.items()}
    value.ClearField("histo")
    return numbers


def test_the_files_hold_what_pytorchs_hold(tmp_path: Path) -> None:
    write(Ours(tmp_path / "ours"), mt)
    write(Theirs(tmp_path / "theirs"), torch)
    ours, theirs = read(tmp_path / "ours"), read(tmp_path / "theirs")
    assert ours.keys() == theirs.keys()
    for folder in theirs:
        for (event, images), (other, others) in zip(ours[folder], theirs[folder], strict=True):
            for value, expected in zip(event.summary.value, other.summary.value, strict=True):
                if expected.HasField("histo"):  # the edges and sums are rounded otherwise
                    counted, numbers = take_histogram(value), take_histogram(expected)
                    assert counted.keys() == numbers.keys()
                    for name, number in numbers.items():
                        np.testing.assert_allclose(counted[name], number, rtol=1e-12)
            assert event == other
            for image, expected_image in zip(images, others, strict=True):
                np.testing.assert_array_equal(image, expected_image)


def test_tensorboard_reads_the_curves(tmp_path: Path) -> None:
    with Ours(tmp_path) as writer:
        for step in range(5):
            writer.add_scalar("loss", mt.tensor(1.0) / (1 + step), step)
    events = EventAccumulator(str(tmp_path)).Reload()
    assert [e.step for e in events.Scalars("loss")] == [0, 1, 2, 3, 4]
    expected = np.float32(1) / np.arange(1, 6, dtype=np.float32)
    np.testing.assert_array_equal([e.value for e in events.Scalars("loss")], expected)


def test_a_purge_and_a_figure(tmp_path: Path) -> None:
    figure = Figure(figsize=(2, 1), dpi=50)
    figure.subplots().plot([1, 3, 2])
    for kind, writer in (("ours", Ours), ("theirs", Theirs)):
        with writer(tmp_path / kind, purge_step=3) as w:
            w.add_figure("plot", figure, 4, close=False)
    ours, theirs = read(tmp_path / "ours")["."], read(tmp_path / "theirs")["."]
    assert [event.step for event, _ in ours] == [event.step for event, _ in theirs]
    assert [event.session_log for event, _ in ours] == [event.session_log for event, _ in theirs]
    (image,), (expected,) = ours[-1][1], theirs[-1][1]
    np.testing.assert_array_equal(image, expected)


def test_hyperparameters(tmp_path: Path) -> None:
    hparams = {"lr": 0.1, "layers": 2, "norm": "pre", "tied": True, "seed": None}
    metrics = {"hparam/loss": 1.5, "hparam/accuracy": 0.5}
    found = {}
    for kind, writer, lib in (("ours", Ours, mt), ("theirs", Theirs, torch)):
        with writer(tmp_path / kind) as w:
            w.add_hparams(hparams, {**metrics, "t": lib.tensor(2.0)}, run_name="run", global_step=1)
        events = EventAccumulator(str(tmp_path / kind / "run")).Reload()
        plugin = events.PluginTagToContent("hparams")
        found[kind] = (
            {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in [*metrics, "t"]},
            sorted(plugin),
            {tag: parse(content) for tag, content in plugin.items()},
        )
    assert found["ours"] == found["theirs"]


def parse(content: bytes) -> Any:
    """Return the names of the hyperparameters and metrics, and the values."""
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    data = HParamsPluginData.FromString(content)
    return (
        sorted(info.name for info in data.experiment.hparam_infos),
        sorted(info.name.tag for info in data.experiment.metric_infos),
        {
            name: value.string_value or value.number_value or float(value.bool_value)
            for name, value in data.session_start_info.hparams.items()
        },
        data.session_end_info.status,
    )


@pytest.mark.parametrize("bad", [lambda w: w.add_scalar("a", "x"), lambda w: w.add_text("a", 3)])
def test_pytorch_refuses_these_too(tmp_path: Path, bad: Any) -> None:
    for writer in (Ours, Theirs):
        with writer(tmp_path) as w, pytest.raises((TypeError, ValueError, AttributeError)):
            bad(w)
