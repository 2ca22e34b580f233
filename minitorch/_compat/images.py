"""Images for TensorBoard: arrays in any order of their dimensions, as PNG."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np

from ..dtypes import Array

COLUMNS = 8


def _side_by_side(images: Array) -> Array:
    """Lay images, (N, H, W, C), on one, row by row; places that are left over are black."""
    n, height, width, channels = images.shape
    columns = min(n, COLUMNS)
    rows = -(-n // columns)
    canvas = np.zeros((rows * columns, height, width, channels), images.dtype)
    canvas[:n] = images
    canvas = canvas.reshape(rows, columns, height, width, channels)
    return canvas.swapaxes(1, 2).reshape(rows * height, columns * width, channels)


def encoded(x: Array, order: str) -> dict[str, Any]:
    """Return an image's height, width and number of channels, and its PNG.

    Args:
        x: floats from 0 to 1, or uint8 from 0 to 255.
        order: the order of its dimensions: "CHW", "HWC", "HW", or with N, several images.

    Raises:
        ValueError: that is not the order of its dimensions, or there are not 1, 3 or 4 channels.
    """
    from matplotlib.image import imsave

    order = order.upper()
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
    png = {"height": height, "width": width, "colorspace": channels}
    return {**png, "encoded_image_string": file.getvalue()}
