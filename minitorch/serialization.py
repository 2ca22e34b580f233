"""Saving and loading: tensors, and the dicts, lists, numbers and strings around them. No pickle.

A file is a safetensors file, which other programs can read. Each tensor is named by its path in
what was saved, as in "model.head.weight". The metadata has one entry, "minitorch", a JSON object:

    version     1
    state       what was saved, in JSON, with {"$tensor": name} in the place of each tensor
    sha256      the digest of `state` and of all tensors

`encoding.py` describes the form of `state`. Loading runs no code from the file. The result is
encoded again and compared with the file: a file that `save` would not have written is refused.
"""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from typing import Any, TypeAlias

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save as to_bytes

from . import dtypes
from .dtypes import Array
from .encoding import Encoder, decode, short
from .tensor import Tensor

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

Path: TypeAlias = str | os.PathLike[str]


class CheckpointError(RuntimeError):
    """A file is damaged, or is no checkpoint at all."""


def path_of(name: str, f: Any) -> str:
    """Return a path as a string.

    Raises:
        TypeError: it is something else, such as an open file.
        ValueError: no file can have such a name.
    """
    path = f if isinstance(f, str) else os.fspath(f) if isinstance(f, os.PathLike) else None
    if not isinstance(path, str):
        raise TypeError(f"{name}: f must be the path of a file, not a {type(f).__name__}")
    if not path or "\0" in path:
        raise ValueError(f"{name}: no file can have the name {path!r}")
    return path


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


def _lock(path: str) -> int:
    """Open a file, and lock it until the handle is closed or the process ends.

    On a file system without locks, it is only opened.
    """
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        with suppress(OSError):  # not every file system has locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):  # who held the lock before has renamed the file
            if os.path.samestat(os.fstat(handle), os.stat(path)):
                return handle
        os.close(handle)


def _sync_folder(folder: str) -> None:
    """Write a folder to disk: without that, a crash could undo the renaming of a file in it."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_file(path: str, data: bytes) -> None:
    """Write a file atomically: it gets its name only when it is complete.

    Until then it has one fixed name, so that what a killed process left is overwritten; the lock
    makes processes that save to the same file take turns.

    Raises:
        OSError: it cannot be written. The message names the file, and says what is still whole.
    """
    folder, name = os.path.split(path)
    unfinished = os.path.join(folder, f".{name}.tmp")
    whole = "the file of before is still whole" if os.path.exists(path) else "there is no file yet"
    handle = None
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            what = errno.EISDIR if os.path.isdir(path) else errno.EINVAL
            raise OSError(what, "Not a regular file")
        handle = _lock(unfinished) if fcntl else None
        try:
            with open(unfinished, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.remove(unfinished)
            raise
        whole = "the new file is whole, but a power cut could still undo it"
        _sync_folder(folder)
    except OSError as error:
        why = short(error.strerror or error)
        message = f"{why}: save to {short(path)} failed; {whole}"
        raise OSError(error.errno or errno.EIO, message) from error
    finally:
        if handle is not None:
            os.close(handle)


def save(obj: Any, f: Path) -> None:
    """Write a tensor, or dicts, lists and tuples of tensors, numbers, strings, bools and None.

    The write is atomic: the file gets its name only when it is complete. A reader finds the old
    file or the whole new one, also after a crash. A tensor that occurs at two places is written
    once, and is one tensor again after `load`. NumPy's numbers become Python's.

    Args:
        obj: what to save, such as {"model": model.state_dict(), "step": 3}.
        f: the file.

    Raises:
        TypeError: something of another type is in it. The message says where.
        ValueError: it is nested too deep, or holds itself; or an int is too long.
        OSError: the file cannot be written. The message says what is still whole.
    """
    path = os.path.realpath(path_of("save", f))
    encoder = Encoder("save", "save")
    state = encoder.state(obj)
    write_file(path, to_bytes(encoder.arrays, {"minitorch": _entry(state, encoder.arrays)}))


def load(f: Path, map_location: Any = None, weights_only: bool = True) -> Any:
    """Read what `save` wrote. Tensors come back as plain ones, which require no gradient.

    Args:
        f: the file.
        map_location: the device to load to: None or the CPU, the only one there is.
        weights_only: must be True. A file holds data and no code.

    Returns:
        What was saved.

    Raises:
        CheckpointError: the file is damaged or was not written by `save`; it says which, and why.
        OSError: the file cannot be read; FileNotFoundError if there is none.
        RuntimeError: `map_location` or `weights_only` is something else.
    """
    if map_location is not None and str(map_location) != "cpu":
        raise RuntimeError(f"load: the only device is 'cpu', not {str(map_location)!r}")
    if weights_only is not True:
        raise RuntimeError("load: files hold data and no code, so weights_only must be True")
    path = path_of("load", f)
    shown = short(path)
    if os.path.exists(path) and not os.path.isfile(path):
        raise CheckpointError(f"{shown}: not a regular file")
    with open(path, "rb"):  # raises the OSError that says what is wrong with the path
        pass
    try:
        with safe_open(path, framework="numpy") as file:
            entry = (file.metadata() or {}).get("minitorch")
            names = file.keys() if entry is not None else []
            arrays = {name: file.get_tensor(name) for name in names}
    except Exception as error:  # of safetensors, of NumPy, of the disk
        raise CheckpointError(f"{shown}: not a whole safetensors file ({short(error)})") from None
    if entry is None:
        raise CheckpointError(f"{shown}: minitorch.save did not write this safetensors file")
    try:
        about = json.loads(entry)
        version, state = about["version"], about["state"]
        if entry == _entry(state, arrays):
            obj = decode(json.loads(state), {k: Tensor._wrap(a) for k, a in arrays.items()})
            again = Encoder("save", "save")
            same = again.state(obj) == state and again.arrays.keys() == arrays.keys()
            bools = [a.view(np.uint8) for a in arrays.values() if a.dtype == np.bool_]
            if same and not any((a > 1).any() for a in bools):
                return obj
            raise ValueError("save would have written something else")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{shown}: damaged: its metadata is malformed") from error
    if version != 1:
        raise CheckpointError(f"{shown}: has version {short(version)} of the format, not 1")
    raise CheckpointError(f"{shown}: damaged: its content does not match its SHA-256 digest")
