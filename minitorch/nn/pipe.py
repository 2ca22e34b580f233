"""Messages between a process and its forks: values as JSON, and the elements of their tensors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..encoding import Encoder, decode
from ..tensor import Tensor

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from ..dtypes import Array


class Message(NamedTuple):
    """What goes through a pipe: a line of JSON, then the elements of each array."""

    header: bytes
    arrays: list[Array]


def message(value: Any) -> Message:
    """Return tensors, numbers, strings, bools and None, in lists, tuples and dicts, as a message.

    Raises:
        TypeError: something of another type is among them.
    """
    encoder = Encoder("DataParallel", "send")
    state = encoder.encode(value)
    arrays = [(name, x.dtype.name, x.shape) for name, x in encoder.arrays.items()]
    return Message(json.dumps([state, arrays]).encode(), list(encoder.arrays.values()))


def send(pipe: Connection, message: Message) -> None:
    """Send a message."""
    pipe.send_bytes(message.header)
    for x in message.arrays:
        if x.size:
            pipe.send_bytes(x.reshape(-1).view(np.uint8).data)


def receive(pipe: Connection) -> Any:
    """Wait for a message, and return what was sent."""
    state, arrays = json.loads(pipe.recv_bytes())
    tensors = {}
    for name, dtype, shape in arrays:
        x = np.empty(shape, dtype)
        if x.size:
            pipe.recv_bytes_into(x.reshape(-1).view(np.uint8).data)
        tensors[name] = Tensor._wrap(x)
    return decode(state, tensors)
