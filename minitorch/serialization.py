"""Saving and loading: tensors, and the dicts, lists, numbers and strings around them. No pickle.

A file is a safetensors file, which other programs can read. Each tensor is named by its path in
what was saved, as in "model.head.weight". The metadata has one entry, "minitorch", a JSON object:

    version     1
    state       what was saved, in JSON, with {"$tensor": name} in the place of each tensor
    sha256      the digest of `state` and of all tensors

What JSON lacks is tagged as well, and comes back as it was: {"$tuple": [...]} for a tuple,
{"$dict": [[key, value], ...]} for a dict whose keys are not all strings, {"$float": "nan"}.
Loading builds these types and no others, and runs no code from the file.
"""

from __future__ import annotations

import json
import math
import os
from typing import Any, TypeAlias

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from . import dtypes
from .dtypes import Array
from .tensor import Tensor

Path: TypeAlias = str | os.PathLike[str]


class CheckpointError(RuntimeError):
    """A file is damaged, or is no checkpoint at all."""


def _digest(state: str, arrays: dict[str, Array]) -> str:
    """Return the SHA-256 of the state, and of each tensor's name, dtype, shape and elements."""
    import hashlib  # here, as it loads OpenSSL, and `import minitorch` need not wait for that

    digest = hashlib.sha256(state.encode())
    for name, array in sorted(arrays.items()):
        dtypes.as_numpy(array.dtype)  # raises for one that tensors cannot have
        digest.update(f"\n{name} {array.dtype.name} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _sync_folder(folder: str) -> None:
    """Write the folder itself to disk: without it, a crash could undo the new name."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


class _Encoder:
    """Turns what is saved into what JSON can hold, and collects the tensors by name."""

    def __init__(self) -> None:
        self.arrays: dict[str, Array] = {}
        self.names: dict[int, str] = {}

    def encode(self, value: Any, path: str) -> Any:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, Tensor):
            return {"$tensor": self._name(value.array, path)}
        if isinstance(value, dict):
            pairs = [(k, self.encode(v, _join(path, k))) for k, v in value.items()]
            if all(isinstance(k, str) and not k.startswith("$") for k in value):
                return dict(pairs)
            return {"$dict": [[self.encode(k, f"{path} (a key)"), v] for k, v in pairs]}
        if isinstance(value, (list, tuple)):
            items = [self.encode(v, _join(path, i)) for i, v in enumerate(value)]
            return items if isinstance(value, list) else {"$tuple": items}
        if isinstance(value, float) and not math.isfinite(value):
            return {"$float": str(float(value))}  # JSON has no name for it
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        raise TypeError(
            f"save: cannot save the {type(value).__name__} at {path or 'the top'}: only tensors, "
            "numbers, strings, bools and None, in dicts, lists and tuples"
        )

    def _name(self, array: Array, path: str) -> str:
        """Return the name of an array: the path at which it occurs first."""
        if id(array) not in self.names:
            name = path or "tensor"
            while name in self.arrays or name == "__metadata__":
                name += "_"
            self.names[id(array)] = name
            self.arrays[name] = np.asarray(array, order="C")
        return self.names[id(array)]


def _decode(value: Any, tensors: dict[str, Tensor]) -> Any:
    """Undo `_Encoder.encode`."""
    if isinstance(value, list):
        return [_decode(v, tensors) for v in value]
    if not isinstance(value, dict):
        return value
    if "$tensor" in value:
        return tensors[value["$tensor"]]
    if "$tuple" in value:
        return tuple(_decode(v, tensors) for v in value["$tuple"])
    if "$dict" in value:
        return {_decode(k, tensors): _decode(v, tensors) for k, v in value["$dict"]}
    if "$float" in value:
        return float(value["$float"])
    return {k: _decode(v, tensors) for k, v in value.items()}


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
        OSError: the file cannot be written. The old file is still there.
    """
    encoder = _Encoder()
    state = json.dumps(encoder.encode(obj, ""), separators=(",", ":"))
    entry = json.dumps({"version": 1, "state": state, "sha256": _digest(state, encoder.arrays)})
    data = to_bytes(encoder.arrays, {"minitorch": entry})

    path = os.path.realpath(f)
    folder, name = os.path.split(path)
    unfinished = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    try:
        with open(unfinished, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        if os.path.exists(unfinished):
            os.remove(unfinished)
        raise
    _sync_folder(folder)


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
    if not weights_only:
        raise RuntimeError("load: files hold data and no code, so weights_only cannot be False")
    with open(f, "rb"):  # raises the OSError that says what is wrong with the path
        pass
    try:
        with safe_open(f, framework="numpy") as file:
            entry = (file.metadata() or {}).get("minitorch")
            names = file.keys() if entry is not None else []
            arrays = {name: file.get_tensor(name) for name in names}
    except SafetensorError as error:
        raise CheckpointError(f"{os.fspath(f)}: not a whole safetensors file ({error})") from None
    if entry is None:
        raise CheckpointError(f"{os.fspath(f)}: minitorch.save did not write this safetensors file")
    try:
        about = json.loads(entry)
        version, state, digest = about["version"], about["state"], about["sha256"]
        if version == 1 and digest == _digest(state, arrays):
            return _decode(json.loads(state), {k: Tensor._wrap(a) for k, a in arrays.items()})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CheckpointError(f"{os.fspath(f)}: damaged: its metadata is malformed") from error
    if version != 1:
        raise CheckpointError(f"{os.fspath(f)}: has version {version} of the format, not 1")
    raise CheckpointError(f"{os.fspath(f)}: damaged: its content does not match its SHA-256 digest")
