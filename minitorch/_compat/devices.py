"""Devices: there is one, the CPU. Formats of memory, which have no effect."""

from __future__ import annotations

from typing import Any


class device:
    """Where tensors are: `device("cpu")`.

    Raises:
        RuntimeError: it is not the CPU.
    """

    __slots__ = ("index", "type")

    type: str
    index: int | None

    def __init__(self, type: str | device, index: int | None = None) -> None:
        name = type.type if isinstance(type, device) else type
        if not isinstance(name, str):
            raise TypeError(f"device: its type is a str such as 'cpu', not {name!r}")
        if name.partition(":")[0] != "cpu":
            raise RuntimeError(
                f"device {name!r}: minitorch computes on the CPU only. Use 'cpu', or ask "
                "cuda.is_available(), which is False."
            )
        self.type, self.index = "cpu", index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device)

    def __hash__(self) -> int:
        return hash(self.type)

    def __str__(self) -> str:
        return self.type

    def __repr__(self) -> str:
        return f"device(type='{self.type}')"

    def __enter__(self) -> device:  # tensors made in a `with` block are there anyway
        return self

    def __exit__(self, *_: object) -> None: ...


CPU = device("cpu")


def check(asked: str | device | None) -> None:
    """Raise RuntimeError if a tensor is asked for on another device than the CPU."""
    if asked is not None:
        device(asked)


def check_gpu(asked: str | device | int | None) -> None:
    """Raise RuntimeError if what `cuda()` is called with is not meant to be a GPU."""
    if not isinstance(asked, (int, type(None))) and str(asked).partition(":")[0] != "cuda":
        raise RuntimeError(f"cuda: the device must be a GPU such as 'cuda:0', not {asked!r}")


class memory_format:
    """The order in which a tensor's elements lie in memory."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"minitorch.{self.name}"


preserve_format = memory_format("preserve_format")
contiguous_format = memory_format("contiguous_format")


def check_format(format: Any) -> None:
    """Do nothing, for None or one of the two. Results lie in memory in the order of their indices.

    Raises:
        TypeError: it is something else.
    """
    if format is not None and not isinstance(format, memory_format):
        raise TypeError(
            f"memory_format: it is minitorch.preserve_format or contiguous_format, not {format!r}"
        )
