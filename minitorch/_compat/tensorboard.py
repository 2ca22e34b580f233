"""`utils.tensorboard`: a training's curves, in files that TensorBoard shows if it is installed.

The package `tensorboard` writes the files and knows their format: an *event* is a time, a step, and
a *summary*, such as a number under a tag. Without the package nothing is written.
"""

from __future__ import annotations

import os
import platform
import time
import warnings
from typing import Any, Self

from . import summaries
from .summaries import number

__all__ = ["SummaryWriter"]

_said = False


class SummaryWriter:
    """Writes numbers, texts, histograms and images to a folder that TensorBoard shows.

    If the package `tensorboard` is not installed, it writes nothing, and warns once that it does
    not. Methods take tensors, arrays and numbers; `global_step` is the place on the horizontal axis
    and `walltime` the time, by default the present.
    """

    def __init__(
        self,
        log_dir: Any = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
    ) -> None:
        """Make the folder and begin a file.

        Args:
            log_dir: the folder; by default it is in "runs", named by the time and the machine.
            comment: ends the name of that folder.
            purge_step: hide what an earlier run wrote for this step and later ones.
            max_queue, flush_secs: write after so many events, or so many seconds.
            filename_suffix: ends the file's name.
        """
        name = f"{time.strftime('%b%d_%H-%M-%S')}_{platform.node()}{comment}"
        self.log_dir = str(log_dir or os.path.join("runs", name))
        self._options = max_queue, flush_secs, filename_suffix
        self._writers: dict[str, Any] = {}
        self._installed = self._is_installed()
        if purge_step is None:
            self._writer("")
        else:
            self._write({"file_version": "brain.Event:2"}, purge_step)
            self._write({"session_log": {"status": 1}}, purge_step)  # START

    @staticmethod
    def _is_installed() -> bool:
        global _said
        try:
            import tensorboard  # noqa: F401
        except ImportError:
            if not _said:
                _said = True
                warnings.warn(
                    "SummaryWriter writes nothing, as the package tensorboard is not installed: "
                    "python -m pip install tensorboard",
                    stacklevel=3,
                )
            return False
        return True

    def _writer(self, run: str) -> Any:
        """Return what writes a run's file: that of the folder itself, "", or of one in it."""
        if run not in self._writers and self._installed:
            from tensorboard.summary.writer.event_file_writer import EventFileWriter

            folder = f"{self.log_dir}/{run}" if run else self.log_dir
            self._writers[run] = EventFileWriter(folder, *self._options)
        return self._writers.get(run)

    def _write(
        self, event: dict[str, Any], step: Any = None, walltime: float | None = None, run: str = ""
    ) -> None:
        writer = self._writer(run)
        if writer is not None:
            from tensorboard.compat.proto.event_pb2 import Event

            now = time.time() if walltime is None else walltime
            writer.add_event(Event(wall_time=now, step=int(step or 0), **event))

    def _summary(
        self, tag: str, fields: dict[str, Any], step: Any, walltime: Any = None, run: str = ""
    ) -> None:
        self._write({"summary": {"value": [{"tag": tag, **fields}]}}, step, walltime, run)

    def get_logdir(self) -> str:
        """Return the folder."""
        return self.log_dir

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: Any = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """Write a number, a point of the curve of that tag.

        Args:
            tag: the name of the curve, such as "loss/train".
            scalar_value: a number, or a tensor of one element.
            global_step, walltime: where it is on the axis, and when it was written.
            new_style, double_precision: no effect: both forms show the same.
        """
        value = number("add_scalar", scalar_value)
        self._summary(tag, {"simple_value": value}, global_step, walltime)

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: dict[str, Any],
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Write several numbers, points of curves in one diagram. Each has a folder of its own."""
        for tag, value in tag_scalar_dict.items():
            fields = {"simple_value": number("add_scalars", value)}
            run = f"{main_tag.replace('/', '_')}_{tag}"
            self._summary(main_tag, fields, global_step, walltime, run)

    def add_text(
        self, tag: str, text_string: str, global_step: Any = None, walltime: float | None = None
    ) -> None:
        """Write a text, in Markdown."""
        text = summaries.text(text_string)
        self._summary(f"{tag}/text_summary", text, global_step, walltime)

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Any = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Write how values are distributed, such as the elements of a weight.

        Args:
            tag: the name of the diagram.
            values: a tensor of any shape.
            global_step, walltime: where it is on the axis, and when it was written.
            bins: their edges, or their number, or a method's name, as for `numpy.histogram`.
            max_bins: join neighbours, so that about so many are left.
        """
        histogram = summaries.histogram(values, bins, max_bins)
        self._summary(tag, histogram, global_step, walltime)

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Write an image.

        Args:
            tag: the name of the image.
            img_tensor: floats from 0 to 1, or uint8 from 0 to 255; the channels are 1 or 3.
            global_step, walltime: where it is on the axis, and when it was written.
            dataformats: the order of the dimensions: of channels, height and width; "HW" without
                channels; with N, several images side by side.
        """
        image = summaries.image(img_tensor, dataformats)
        self._summary(tag, image, global_step, walltime)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Write several images side by side, eight in a row. See `add_image`."""
        self.add_image(tag, img_tensor, global_step, walltime, dataformats)

    def add_figure(
        self,
        tag: str,
        figure: Any,
        global_step: Any = None,
        close: bool = True,
        walltime: float | None = None,
    ) -> None:
        """Write a figure of matplotlib, and close it."""
        self._summary(tag, summaries.figure(figure), global_step, walltime)
        if close:
            from matplotlib import pyplot

            pyplot.close(figure)

    def add_hparams(
        self,
        hparam_dict: dict[str, Any],
        metric_dict: dict[str, Any],
        hparam_domain_discrete: dict[str, Any] | None = None,
        run_name: str | None = None,
        global_step: Any = None,
    ) -> None:
        """Write hyperparameters, and what was reached with them, to a folder of their own.

        Args:
            hparam_dict: numbers, strings and bools by their names.
            metric_dict: numbers by their names.
            hparam_domain_discrete: no effect: the values that a hyperparameter may have.
            run_name: the folder's name; by default the time.
            global_step: where the numbers are on the axis.
        """
        run = run_name or str(time.time())
        given = {k: summaries.hyperparameter(k, v) for k, v in hparam_dict.items() if v is not None}
        metrics = {k: number(f"add_hparams: {k}", v) for k, v in metric_dict.items()}
        if self._installed:
            for tag, fields in summaries.hyperparameters(given, metrics).items():
                self._summary(tag, fields, global_step, run=run)
        for tag, value in metrics.items():
            self._summary(tag, {"simple_value": value}, global_step, run=run)

    def add_graph(self, model: Any, input_to_model: Any = None, *args: Any, **options: Any) -> None:
        """No effect: the model's graph is not written. See `draw_graph`."""

    def flush(self) -> None:
        """Write what is still in memory."""
        for writer in self._writers.values():
            writer.flush()

    def close(self) -> None:
        """Write what is still in memory, and end the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
