"""The files of a folder in the layout of Hugging Face: JSON, and weights in one file or several.

    config.json                        the sizes of the model, and its kind
    generation_config.json             may name other end tokens
    model.safetensors                  the weights; or, in several files (shards),
    model.safetensors.index.json       the file of each tensor
    tokenizer.json                     the tokenizer; or, as OpenAI published GPT-2,
    vocab.json, merges.txt             the id of each token, and the merges

Each error names the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from safetensors import SafetensorError, safe_open

T = TypeVar("T")

DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4"}
DTYPES |= {"BOOL": "?", "U8": "u1"}  # of the causal masks that some files hold
OTHERS = ("pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5", "flax_model.msgpack")


def read(path: Path, reader: Callable[[Path], T]) -> T:
    """Read a file, and name it in the error where that fails.

    Raises:
        FileNotFoundError: it is missing; OSError: it cannot be read.
        RuntimeError: it is damaged, or of a kind that the reader does not know.
    """
    try:
        return reader(path)
    except OSError as error:
        kind = FileNotFoundError if isinstance(error, FileNotFoundError) else OSError
        raise kind(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError, SafetensorError, TypeError, AttributeError) as error:
        raise RuntimeError(f"{path}: damaged, or of a kind unknown here ({error})") from error


def json_object(path: Path) -> dict[str, Any]:
    """Read a JSON object."""
    data = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(data, dict):
        raise ValueError(f"it holds {str(data)[:20]!r}, not a JSON object")
    return data


def _tensors(path: Path) -> dict[str, Any]:
    """Map a file of safetensors into memory: arrays by their names, read where they are used.

    A file begins with the length of its header, 8 bytes, and the header, which is JSON.
    """
    with safe_open(path, framework="np"):  # raises if the header does not fit the file
        file = np.memmap(path, np.uint8, mode="r")
    start = 8 + int.from_bytes(file[:8].tobytes(), "little")
    header = json.loads(file[8:start].tobytes())
    header.pop("__metadata__", None)
    tensors = {}
    for name, about in header.items():
        a, b = (start + offset for offset in about["data_offsets"])
        if about["dtype"] not in DTYPES:
            raise ValueError(f"{name} is of the dtype {about['dtype']}")
        tensor = file[a:b].view(DTYPES[about["dtype"]]).reshape(about["shape"])
        if about["dtype"] == "BF16":  # the upper half of a float32
            tensor = (tensor.astype(np.uint32) << 16).view(np.float32)
        tensors[name] = tensor
    return tensors


def _shards(path: Path) -> dict[str, list[str]]:
    """Return the names of the tensors in each file, from an index of weights."""
    files = json_object(path).get("weight_map")
    if not isinstance(files, dict) or not files:
        raise ValueError("its weight_map does not name the file of each tensor")
    shards: dict[str, list[str]] = {}
    for name, file in files.items():
        if not isinstance(file, str) or Path(file).name != file:
            raise ValueError(f"{name} is said to be in {file!r}, which is no file beside it")
        shards.setdefault(file, []).append(name)
    return shards


def _from_shards(index: Path) -> dict[str, Any]:
    """Return the tensors that an index names."""
    tensors: dict[str, Any] = {}
    for file, names in read(index, _shards).items():
        path = index.with_name(file)
        shard = read(path, _tensors)
        for name in names:
            if name not in shard:
                raise RuntimeError(f"{path}: lacks {name}, which {index.name} promises")
            tensors[name] = shard[name]
    return tensors


def weights(directory: Path) -> tuple[Path, dict[str, Any]]:
    """Read the weights, from one file or from several: arrays by their names.

    Returns:
        the path of the file that holds them, or that names those that do; and the arrays.
    """
    path, index = directory / "model.safetensors", directory / "model.safetensors.index.json"
    if not path.exists() and index.exists():
        return index, _from_shards(index)
    other = next((name for name in OTHERS if (directory / name).exists()), None)
    if not path.exists() and other:
        raise FileNotFoundError(
            f"{path}: not there, only {other}, which is not read here; convert it once, where the "
            f"library transformers is installed: AutoModelForPreTraining.from_pretrained("
            f"{str(directory)!r}).save_pretrained({str(directory)!r})"
        )
    return path, read(path, _tensors)


def _end_tokens(path: Path) -> list[int]:
    """Read the ids that end a text; there may be none."""
    ids = json_object(path).get("eos_token_id")
    ids = [] if ids is None else ids if isinstance(ids, list) else [ids]
    if not all(type(i) is int for i in ids):
        raise ValueError(f"eos_token_id is {ids!r}, and not the id of a token")
    return ids


def end_tokens(directory: Path) -> list[int]:
    """Return the ids that end a text by `generation_config.json`; none where it says nothing."""
    path = directory / "generation_config.json"
    return read(path, _end_tokens) if path.exists() else []
