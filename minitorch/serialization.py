"""Saving and loading: tensors, and the dicts, lists, numbers and strings around them. No pickle.

A file is a safetensors file, which other programs can read. Each tensor is named by its path in
what was saved, as in "model.head.weight". The metadata has one entry, "minitorch", a JSON object:

    version     1
    state       what was saved, in JSON, with {"$tensor": name} in the place of each tensor
    sha256      the digest of `state` and of all tensors

`encoding.py` describes the form of `state`, and `_compat/saved_objects.py` its further tags: sets,
paths, dtypes, namespaces, objects of dataclasses, members of enums. Loading runs no code from the
file, and imports nothing that it names. The result is encoded again and compared with the file: a
file that `save` would not have written is refused.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load as from_bytes
from safetensors.numpy import save as to_bytes

from . import dtypes
from ._compat.saved_objects import (
    Encoder,
    Saved,
    add_safe_globals,
    allowed,
    builders,
    clear_safe_globals,
    get_safe_globals,
    safe_globals,
)
from .atomic import path_of, write_file
from .dtypes import Array
from .encoding import decode, short
from .scalars import flag
from .tensor import Tensor

Path: TypeAlias = str | os.PathLike[str]

__all__ = [
    "CheckpointError",
    "Saved",
    "add_safe_globals",
    "clear_safe_globals",
    "get_safe_globals",
    "load",
    "safe_globals",
    "save",
]


class CheckpointError(RuntimeError):
    """A file is damaged, or is no checkpoint at all."""


# ------------------------------------------------------------------------------- the content


def _digest(state: str, arrays: dict[str, Array]) -> str:
    """Return the SHA-256 of the state, and of each tensor's name, dtype, shape and elements."""
    import hashlib  # here, as it loads OpenSSL, and `import minitorch` need not wait for that

    digest = hashlib.sha256(state.encode())
    for name, array in sorted(arrays.items()):
        dtypes.as_numpy(array.dtype)  # raises for one that tensors cannot have
        digest.update(f"\n{name} {array.dtype.name} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _entry(state: str, arrays: dict[str, Array]) -> str:
    """Return the metadata of a file."""
    return json.dumps({"version": 1, "state": state, "sha256": _digest(state, arrays)})


# ---------------------------------------------------------------------------------- the file


def save(
    obj: Any,
    f: Path | BinaryIO,
    pickle_module: Any = None,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
) -> None:
    """Write a tensor, or dicts, lists, tuples and sets of tensors, numbers, strings, bools, None.

    These may also be in namespaces, in objects of dataclasses and in members of enums; and there
    may be paths, dtypes, devices and sizes among them. What is a dict, a list or a tuple comes back
    as that: an OrderedDict as a dict, a named tuple as a tuple; an enum's member that is an int or
    a str, and NumPy's numbers, as Python's. A tensor that occurs at two places is written once, and
    is one tensor again after `load`.

    To the path of a file, the write is atomic: the file gets its name only when it is complete. A
    reader finds the old file or the whole new one, also after a crash. To a file object, it is not.

    Args:
        obj: what to save, such as {"model": model.state_dict(), "step": 3}.
        f: the path of a file; or a file object that is open for writing bytes, at its position.
        pickle_module, pickle_protocol: accepted as in PyTorch, without effect.

    Raises:
        TypeError: something of another type is in it. The message says where.
        ValueError: it is nested too deep, or holds itself; or an int is too long.
        OSError: the file cannot be written. The message says what is still whole.
    """
    file: Any = f if hasattr(f, "write") else None
    path = path_of("save", f) if file is None else ""
    if isinstance(f, io.TextIOBase):
        raise TypeError('save: the file is open for text: open it with the mode "wb"')
    encoder = Encoder("save", "save")
    state = encoder.state(obj)
    data = to_bytes(encoder.arrays, {"minitorch": _entry(state, encoder.arrays)})
    if file is None:
        write_file(path, data)
    else:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) or len(rest) :]


def _check_location(map_location: Any) -> None:
    """Raise RuntimeError if tensors are to be loaded to another device than the CPU."""
    asked = map_location.values() if isinstance(map_location, Mapping) else [map_location]
    for where in asked:
        if where is not None and not callable(where) and str(where).partition(":")[0] != "cpu":
            raise RuntimeError(
                f"load: the only device is 'cpu', not {str(where)!r}: leave map_location out, or "
                "pass map_location='cpu'"
            )


def _contents(shown: str, f: Any, path: str | None) -> tuple[str | None, dict[str, Array]]:
    """Read a file's entry in the metadata, if it has one, and its arrays.

    Raises:
        CheckpointError: it is no whole safetensors file.
        OSError: it cannot be read.
    """
    if path is None:
        data = f.read()
        if not isinstance(data, (bytes, bytearray)):
            raise TypeError('load: the file is open for text: open it with the mode "rb"')
        start = data[:4]
    else:
        if os.path.exists(path) and not os.path.isfile(path):
            raise CheckpointError(f"{shown}: not a regular file")
        with open(path, "rb") as file:  # raises the OSError that says what is wrong with the path
            start = file.read(4)
    if start == b"PK\3\4":
        raise CheckpointError(
            f"{shown}: not a whole safetensors file, but a zip, as PyTorch's save writes it. Where "
            "PyTorch is installed: minitorch.save({k: minitorch.from_numpy(v.numpy()) for k, v in "
            "torch.load(f).items()}, g)"
        )
    try:
        if path is None:
            arrays = {name: np.array(a) for name, a in from_bytes(bytes(data)).items()}
            header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
            return header.get("__metadata__", {}).get("minitorch"), arrays
        with safe_open(path, framework="numpy") as file:
            entry = (file.metadata() or {}).get("minitorch")
            names = file.keys() if entry is not None else []
            return entry, {name: file.get_tensor(name) for name in names}
    except Exception as error:  # of safetensors, of NumPy, of the disk
        raise CheckpointError(f"{shown}: not a whole safetensors file ({short(error)})") from None


def load(
    f: Path | BinaryIO,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
) -> Any:
    """Read what `save` wrote. Tensors come back as plain ones, which require no gradient.

    An object of a dataclass and a member of an enum come back as `serialization.Saved`, with the
    same attributes; or as themselves, if the program allows the class before:

        serialization.add_safe_globals([Config])

    Args:
        f: the path of a file; or a file object that is open for reading bytes, which is read from
            its position to its end.
        map_location: the device to load to: the CPU, the only one there is; or a dict of devices;
            or a function, which is not called.
        weights_only, pickle_module: accepted as in PyTorch, without effect: a file holds data and
            no code.
        mmap: accepted as in PyTorch, without effect.

    Returns:
        What was saved.

    Raises:
        CheckpointError: the file is damaged or was not written by `save`; it says which, and why.
            Or an allowed class has no such object.
        OSError: the file cannot be read; FileNotFoundError if there is none.
        RuntimeError: `map_location` is another device.
    """
    _check_location(map_location)
    for name, value in (("weights_only", weights_only), ("mmap", mmap)):
        if value is not None:
            flag("load", name, value)
    path = None if hasattr(f, "read") else path_of("load", f)
    shown = short(getattr(f, "name", type(f).__name__) if path is None else path)
    entry, arrays = _contents(shown, f, path)
    if entry is None:
        raise CheckpointError(
            f"{shown}: minitorch.save did not write this safetensors file. The function "
            "safetensors.numpy.load_file(f) reads its tensors, as arrays."
        )
    tensors = {name: Tensor._wrap(array) for name, array in arrays.items()}
    try:
        about = json.loads(entry)
        version, state = about["version"], about["state"]
        whole = entry == _entry(state, arrays)
        if whole:
            encoded = json.loads(state)
            # Without any class of the program's: what is encoded again is what the file holds.
            obj = decode(encoded, tensors, builders({}))
            again = Encoder("save", "save")
            same = again.state(obj) == state and again.arrays.keys() == arrays.keys()
            bools = [a.view(np.uint8) for a in arrays.values() if a.dtype == np.bool_]
            if not same or any((a > 1).any() for a in bools):
                raise ValueError("save would have written something else")
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{shown}: damaged: its metadata is malformed") from error
    if whole:
        classes = allowed()
        try:
            return decode(encoded, tensors, builders(classes)) if classes else obj
        except Exception as error:  # of an allowed class
            raise CheckpointError(
                f"{shown}: an allowed class does not take it ({short(error)})"
            ) from error
    if version != 1:
        raise CheckpointError(f"{shown}: has version {short(version)} of the format, not 1")
    raise CheckpointError(f"{shown}: damaged: its content does not match its SHA-256 digest")
