"""What TensorBoard shows, as the fields of its *summaries*: numbers, texts, histograms, images."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any

import numpy as np

from ..dtypes import Array
from ..ops.arguments import is_tensor

Fields = dict[str, Any]

POWERS = [1e-12 * 1.1**i for i in range(774)]  # up to 1e20
EDGES = [*(-x for x in reversed(POWERS)), 0.0, *POWERS]
"""What separates the bins of a histogram, unless it is said otherwise."""
COLUMNS = 8  # of images side by side


def array(name: str, value: Any) -> Array:
    """Return a tensor's, an array's or a number's elements.

    Raises:
        TypeError: it is none of them.
    """
    x = value.array if is_tensor(value) else np.asarray(value)
    if x.dtype.kind not in "biuf":
        raise TypeError(f"{name}: it takes a tensor, an array or a number, not {value!r}")
    return x


def number(name: str, value: Any) -> Any:
    """Return a number, or a tensor's one element.

    Raises:
        ValueError: there is not one.
    """
    x = array(name, value)
    if x.size != 1:
        raise ValueError(f"{name}: it takes one number, not an array of shape {x.shape}")
    return x.item()


def text(string: str) -> Fields:
    """A text, in Markdown."""
    shape = {"dim": [{"size": 1}]}
    tensor = {"dtype": "DT_STRING", "string_val": [string.encode()], "tensor_shape": shape}
    return {"tensor": tensor, "metadata": {"plugin_data": {"plugin_name": "text"}}}


def histogram(values: Any, bins: Any, max_bins: int | None) -> Fields:
    """How many values lie between the bins' edges. Empty bins at both ends are left out.

    Raises:
        ValueError: there are no values, or none lies between the edges.
    """
    x = array("add_histogram", values).astype(np.float64).ravel()
    if not x.size:
        raise ValueError("add_histogram: there are no values to count")
    by_default = isinstance(bins, str) and bins == "tensorflow"
    counts, edges = np.histogram(x, EDGES if by_default else bins)
    if max_bins is not None and len(counts) > max_bins:  # several neighbours become one
        starts = np.arange(0, len(counts), len(counts) // max_bins)
        counts, edges = np.add.reduceat(counts, starts), edges[[*starts, -1]]
    if not counts.any():
        raise ValueError("add_histogram: no value lies between the edges of the bins")
    first, last = np.flatnonzero(counts)[[0, -1]]
    counted = {
        "min": x.min(), "max": x.max(), "num": x.size, "sum": x.sum(), "sum_squares": x @ x,
        "bucket_limit": edges[first : last + 2].tolist(),  # where bins end; first, one before them
        "bucket": [0, *counts[first : last + 1].tolist()],
    }  # fmt: skip
    return {"histo": counted}


def _png(height: int, width: int, channels: int, file: BytesIO) -> Fields:
    png = {"height": height, "width": width, "colorspace": channels}
    return {"image": {**png, "encoded_image_string": file.getvalue()}}


def _side_by_side(images: Array) -> Array:
    """Lay images, (N, H, W, C), on one, row by row; places that are left over are black."""
    n, height, width, channels = images.shape
    columns = min(n, COLUMNS)
    rows = -(-n // columns)
    canvas = np.zeros((rows * columns, height, width, channels), images.dtype)
    canvas[:n] = images
    canvas = canvas.reshape(rows, columns, height, width, channels)
    return canvas.swapaxes(1, 2).reshape(rows * height, columns * width, channels)


def image(values: Any, order: str) -> Fields:
    """An image, of floats from 0 to 1 or uint8 from 0 to 255.

    Args:
        values: the image.
        order: the order of its dimensions: "CHW", "HWC", "HW", or with N, several images.

    Raises:
        ValueError: that is not the order of its dimensions, or there are not 1, 3 or 4 channels.
    """
    from matplotlib.image import imsave

    x, order = array("add_image", values), order.upper()
    if sorted(order) not in [sorted(known) for known in ("HW", "CHW", "NCHW")]:
        raise ValueError(f"add_image: dataformats must be like 'CHW' or 'NCHW', not {order!r}")
    if x.ndim != len(order):
        raise ValueError(f"add_image: an image of shape {x.shape} does not have the dims {order!r}")
    x = x.transpose([order.index(c) for c in "NHWC" if c in order])
    if "C" not in order:
        x = x[..., None]
    if x.shape[-1] not in (1, 3, 4) or not x.size:
        raise ValueError(f"add_image: an image has pixels and 1, 3 or 4 channels: {x.shape}")
    if x.shape[-1] == 1:
        x = np.repeat(x, 3, -1)
    if "N" in order:
        x = _side_by_side(x)
    pixels = (x.astype(np.float32) * (1 if x.dtype == np.uint8 else 255)).clip(0, 255)
    file = BytesIO()
    imsave(file, pixels.astype(np.uint8), format="png")
    height, width, channels = x.shape
    return _png(height, width, channels, file)


def figure(drawn: Any) -> Fields:
    """A figure of matplotlib."""
    file = BytesIO()
    drawn.savefig(file, format="png", dpi="figure")
    width, height = drawn.canvas.get_width_height()
    return _png(height, width, 4, file)


def hyperparameter(name: str, value: Any) -> str | float:
    """The value of a hyperparameter: a str or a number, which a bool is too."""
    if isinstance(value, str):
        return value
    return float(number(f"add_hparams: {name}", value))


def hyperparameters(given: dict[str, str | float], metrics: Iterable[str]) -> dict[str, Fields]:
    """What TensorBoard's table of hyperparameters needs, by the tags that it looks for."""
    from google.protobuf.json_format import ParseDict
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    infos = [
        {"name": k, "type": "DATA_TYPE_STRING" if isinstance(v, str) else "DATA_TYPE_FLOAT64"}
        for k, v in given.items()
    ]
    names = [{"name": {"tag": tag}} for tag in metrics]
    parts: dict[str, Fields] = {
        "experiment": {"hparam_infos": infos, "metric_infos": names},
        "session_start_info": {"hparams": given},
        "session_end_info": {"status": "STATUS_SUCCESS"},
    }
    found = {}
    for part, content in parts.items():
        packed = ParseDict({part: content}, HParamsPluginData()).SerializeToString()
        data = {"plugin_name": "hparams", "content": packed}
        found[f"_hparams_/{part}"] = {"metadata": {"plugin_data": data}}
    return found
