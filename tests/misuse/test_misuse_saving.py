"""Saving and loading held wrong, and files that are no checkpoints: see `misuse.py`."""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from misuse import Misuse, check
from safetensors.numpy import save_file

import minitorch as mt
from minitorch import CheckpointError, nn, optim

FOLDER = Path(tempfile.gettempdir()) / f"misuse-{os.getpid()}"
FILE = FOLDER / "file.safetensors"
MALFORMED = r"file\.safetensors: damaged: its metadata is malformed"
DIGEST = r"file\.safetensors: damaged: its content does not match its SHA-256 digest"
NOT_WHOLE = r"file\.safetensors: not a whole safetensors file"


@pytest.fixture(autouse=True)
def _folder() -> Iterator[None]:
    FOLDER.mkdir(exist_ok=True)
    yield
    for path in FOLDER.iterdir():
        path.unlink() if not path.is_dir() else path.rmdir()
    FOLDER.rmdir()


def bytes_of(file: bytes) -> Callable[[], Any]:
    """Load a file of these bytes."""

    def call() -> Any:
        FILE.write_bytes(file)
        return mt.load(FILE)

    return call


def headed(header: str, data: bytes = b"") -> Callable[[], Any]:
    """Load a file with this header."""
    return bytes_of(len(header.encode()).to_bytes(8, "little") + header.encode() + data)


def state(text: str, version: Any = 1, **tensors: tuple[str, str, tuple[int, ...], bytes]) -> Any:
    """Load a file with a right digest around this state.

    Args:
        text: the state, in JSON.
        version: of the format.
        tensors: by name, the dtype as safetensors and as NumPy call it, the shape, the bytes.
    """
    digest, header, data = hashlib.sha256(text.encode()), {}, b""
    for name, (dtype, name_in_numpy, shape, content) in sorted(tensors.items()):
        digest.update(f"\n{name} {name_in_numpy} {shape}\n".encode() + content)
        offsets = [len(data), len(data) + len(content)]
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": offsets}
        data += content
    entry = {"version": version, "state": text, "sha256": digest.hexdigest()}
    return headed(json.dumps({"__metadata__": {"minitorch": json.dumps(entry)}, **header}), data)


def tensor(dtype: str, name_in_numpy: str, shape: tuple[int, ...], content: bytes) -> Any:
    return state('{"$tensor":"tensor"}', tensor=(dtype, name_in_numpy, shape, content))


def metadata(**entries: str) -> Callable[[], Any]:
    """Load a file that has these entries in its metadata."""

    def call() -> Any:
        save_file({"x": np.ones(1)}, FILE, entries)
        return mt.load(FILE)

    return call


def saved(change: Callable[[bytes], bytes]) -> Callable[[], Any]:
    """Save, change the file, load."""

    def call() -> Any:
        mt.save({"weight": mt.arange(3), "step": 3}, FILE)
        FILE.write_bytes(change(FILE.read_bytes()))
        return mt.load(FILE)

    return call


def cyclic() -> Any:
    value: dict[str, Any] = {}
    value["again"] = [value]
    return value


def deep(n: int) -> Any:
    value: Any = 1
    for _ in range(n):
        value = (value,)
    return value


def pipe() -> Any:
    os.mkfifo(FILE)
    return mt.load(FILE)


def save_over_a_pipe() -> Any:
    os.mkfifo(FILE)
    return mt.save(1, FILE)


def loop() -> Any:
    FILE.symlink_to(FILE)
    return mt.load(FILE)


def generator(value: Any) -> Any:
    return mt.save({"model": {"head": value}}, FILE)


def numbered() -> Namespace:
    space = Namespace()
    vars(space)[3] = 1
    return space


def cyclic_namespace() -> Namespace:
    space = Namespace()
    space.again = {1: space}
    return space


class Thing:
    pass


@dataclass
class Record:
    x: int


class Mode(Enum):
    ON = 1


def allowing(kind: type, text: str) -> Callable[[], Any]:
    """Load a file with this state, where objects of a class named so are allowed."""

    def call() -> Any:
        with mt.serialization.safe_globals([(kind, f"builtins.{kind.__name__}")]):
            return state(text)()

    return call


one = b"\0\0\0\0"
ones = (1,) * 65

MISUSES = [
    # ------------------------------------------------------------------------- what is no path
    Misuse("save to None", lambda: mt.save(1, None), TypeError, "save: f must be the path.*NoneType"),
    Misuse("save to a number", lambda: mt.save(1, 5), TypeError, "save: f must be the path.*int"),
    Misuse("mmap='r'", lambda: mt.load(FILE, mmap="r"), TypeError, "'mmap' must be bool.*'r'"),
    Misuse("save to a file that is open for text", lambda: mt.save(1, io.StringIO()), TypeError, "save: the file is open for text.*wb"),
    Misuse("save to bytes", lambda: mt.save(1, b"file"), TypeError, "save: f must be the path.*bytes"),
    Misuse("save with the arguments exchanged", lambda: mt.save(FILE, {"step": 1}), TypeError, "save: f must be the path.*dict"),
    Misuse("save to nothing", lambda: mt.save(1, ""), ValueError, "save: no file can have the name ''"),
    Misuse("save to a name with a 0", lambda: mt.save(1, "a\0b"), ValueError, "save: no file can have the name"),
    Misuse("load from None", lambda: mt.load(None), TypeError, "load: f must be the path.*NoneType"),
    Misuse("load from a file's number", lambda: mt.load(0), TypeError, "load: f must be the path.*int"),
    Misuse("load from True", lambda: mt.load(True), TypeError, "load: f must be the path.*bool"),
    Misuse("load from bytes", lambda: mt.load(b"file"), TypeError, "load: f must be the path.*bytes"),
    Misuse("load from a file that is open for text", lambda: mt.load(io.StringIO("x")), TypeError, "load: the file is open for text.*rb"),
    Misuse("load from nothing", lambda: mt.load(""), ValueError, "load: no file can have the name ''"),
    Misuse("load from a name with a 0", lambda: mt.load("a\0b"), ValueError, "load: no file can have the name"),
    Misuse("load to a GPU", lambda: mt.load(FILE, map_location="cuda"), RuntimeError, "only device is 'cpu', not 'cuda'"),
    Misuse("load to device 0", lambda: mt.load(FILE, map_location=0), RuntimeError, "only device is 'cpu', not '0'"),
    Misuse("load to GPUs", lambda: mt.load(FILE, map_location={"cuda:0": "cuda:1"}), RuntimeError, "not 'cuda:1': leave map_location out"),
    Misuse("weights_only='yes'", lambda: mt.load(FILE, weights_only="yes"), TypeError, "'weights_only' must be bool.*'yes'"),
    # --------------------------------------------------------------------- what cannot be saved
    Misuse("a module", lambda: mt.save(nn.Linear(2, 2), FILE), TypeError, r"^save: cannot save the Linear at the top: files hold no code.*save\(linear\.state_dict\(\), f\).*linear\.load_state_dict\(load\(f\)\)"),
    Misuse("an optimizer", lambda: generator(optim.SGD([mt.ones(1)])), TypeError, r"the SGD at model\.head: files.*save\(sgd\.state_dict\(\), f\)"),
    Misuse("an object of one's own", lambda: generator(Thing()), TypeError, r"the Thing at model\.head: save its attributes, vars\(x\), or make Thing a dataclass"),
    Misuse("a function in a namespace", lambda: generator(Namespace(f=print)), TypeError, r"builtin_function_or_method at model\.head\.f"),
    Misuse("a namespace with a number for a name", lambda: generator(numbered()), TypeError, r"attribute at model\.head has the name 3"),
    Misuse("a namespace that holds itself", lambda: mt.save(cyclic_namespace(), FILE), ValueError, "more than 100.*hold itself"),
    Misuse("a module inside", lambda: generator(nn.Linear(2, 2)), TypeError, r"the Linear at model\.head"),
    Misuse("an array", lambda: generator(np.ones(2)), TypeError, r"the ndarray at model\.head: save minitorch\.from_numpy\(x\)"),
    Misuse("a set of tensors", lambda: generator({mt.ones(1)}), TypeError, r"the set at model\.head: it holds tensors"),
    Misuse("bytes in a set", lambda: generator({b"x"}), TypeError, r"the bytes at model\.head\.0"),
    Misuse("bytes", lambda: generator(b"x"), TypeError, r"the bytes at model\.head"),
    Misuse("a function", lambda: generator(print), TypeError, r"the builtin_function_or_method at model\.head"),
    Misuse("a generator", lambda: generator(mt.Generator()), TypeError, r"the Generator at model\.head"),
    Misuse("a complex number", lambda: generator(1j), TypeError, r"the complex at model\.head"),
    Misuse("NumPy's complex number", lambda: generator(np.complex64(1)), TypeError, r"the complex at model\.head"),
    Misuse("a date", lambda: generator(np.datetime64("2026-01-01")), TypeError, r"the date at model\.head"),
    Misuse("a slice", lambda: generator(slice(3)), TypeError, r"the slice at model\.head"),
    Misuse("parameters that were not listed", lambda: generator(nn.Linear(2, 2).parameters()), TypeError, r"the generator at model\.head"),
    Misuse("a key of bytes", lambda: mt.save({b"k": 1}, FILE), TypeError, r"the bytes at.*\(a key\)"),
    Misuse("an int of 5,000 digits", lambda: generator(10**5000), ValueError, r"int at model\.head has 16610 bits"),
    Misuse("a dict that holds itself", lambda: mt.save(cyclic(), FILE), ValueError, "more than 100.*hold itself"),
    Misuse("900 tuples inside each other", lambda: mt.save(deep(900), FILE), ValueError, "more than 100"),
    Misuse("101 tuples inside each other", lambda: mt.save(deep(101), FILE), ValueError, "more than 100"),
    # -------------------------------------------------------------------- where nothing can be saved
    Misuse("save to a folder", lambda: mt.save(1, FOLDER), IsADirectoryError, "Not a regular file: save to .* failed"),
    Misuse("save to a folder that is not there", lambda: mt.save(1, FOLDER / "none" / "file"), FileNotFoundError, r"none/file failed; there is no file yet"),
    Misuse("save below a file", lambda: (FILE.write_text("x"), mt.save(1, FILE / "x")), NotADirectoryError, r"file\.safetensors/x failed"),
    Misuse("save to a device", lambda: mt.save(1, "/dev/null"), OSError, "Not a regular file: save to /dev/null failed"),
    Misuse("save to a pipe", save_over_a_pipe, OSError, r"Not a regular file: save to .*file\.safetensors failed"),
    Misuse("save to too long a name", lambda: mt.save(1, FOLDER / ("x" * 300)), OSError, "too long: save to …x+ failed"),
    # --------------------------------------------------------------------- what is not a whole file
    Misuse("load a folder", lambda: mt.load(FOLDER), CheckpointError, "not a regular file"),
    Misuse("load a device", lambda: mt.load("/dev/zero"), CheckpointError, "/dev/zero: not a regular file"),
    Misuse("load a pipe", pipe, CheckpointError, r"file\.safetensors: not a regular file"),
    Misuse("an empty file", bytes_of(b""), CheckpointError, NOT_WHOLE),
    Misuse("a file of zeros", bytes_of(bytes(1000)), CheckpointError, NOT_WHOLE),
    Misuse("a file of text", bytes_of(b"hello, world! " * 100), CheckpointError, NOT_WHOLE),
    Misuse("a pickle", bytes_of(b"\x80\x04\x95" + bytes(50)), CheckpointError, NOT_WHOLE),
    Misuse("a zip, as PyTorch writes it", bytes_of(b"PK\x03\x04" + bytes(50)), CheckpointError, NOT_WHOLE),
    Misuse("a file cut in the length", saved(lambda file: file[:5]), CheckpointError, NOT_WHOLE),
    Misuse("a file cut in the header", saved(lambda file: file[:50]), CheckpointError, NOT_WHOLE),
    Misuse("a file cut in the tensors", saved(lambda file: file[:-1]), CheckpointError, NOT_WHOLE),
    Misuse("a file with a byte more", saved(lambda file: file + b"x"), CheckpointError, NOT_WHOLE),
    Misuse("a header of 2⁶³ bytes", bytes_of((2**63).to_bytes(8, "little") + b"{}"), CheckpointError, NOT_WHOLE),
    Misuse("a header of no bytes", bytes_of(bytes(8)), CheckpointError, NOT_WHOLE),
    Misuse("a header that is a list", headed("[1]"), CheckpointError, NOT_WHOLE),
    Misuse("a header that is deep", headed('{"a":' * 100_000), CheckpointError, NOT_WHOLE),
    Misuse("a header that is no UTF-8", bytes_of((3).to_bytes(8, "little") + b'"\xff"'), CheckpointError, NOT_WHOLE),
    Misuse("metadata that are a number", headed('{"__metadata__":5}'), CheckpointError, NOT_WHOLE),
    Misuse("metadata twice", headed('{"__metadata__":{},"__metadata__":{}}'), CheckpointError, NOT_WHOLE),
    Misuse("a negative size", headed('{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}'), CheckpointError, NOT_WHOLE),
    Misuse("a tensor beyond the end", headed('{"x":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}'), CheckpointError, NOT_WHOLE),
    Misuse("an unknown dtype", headed('{"x":{"dtype":"F99","shape":[0],"data_offsets":[0,0]}}'), CheckpointError, NOT_WHOLE),
    Misuse("65 dimensions", tensor("F32", "float32", ones, one), CheckpointError, f"{NOT_WHOLE} .*found 65"),
    Misuse("sizes whose product overflows", tensor("F32", "float32", (0, 2**62, 2**62), b""), CheckpointError, NOT_WHOLE),
    Misuse("bfloat16", tensor("BF16", "bfloat16", (1,), b"\0\0"), CheckpointError, f"{NOT_WHOLE} .*bfloat16"),
    Misuse("float8", tensor("F8_E4M3", "float8_e4m3fn", (1,), b"\0"), CheckpointError, f"{NOT_WHOLE} .*float8"),
    # -------------------------------------------------------------------- files of others, of later
    Misuse("no metadata", metadata(), CheckpointError, r"minitorch\.save did not write"),
    Misuse("another's metadata", metadata(format="pt"), CheckpointError, r"minitorch\.save did not write"),
    Misuse("a later version", state("1", version=2), CheckpointError, "has version 2 of the format, not 1"),
    Misuse("a version that is a str", state("1", version="1"), CheckpointError, "has version 1 of the format"),
    Misuse("a version that is True", state("1", version=True), CheckpointError, DIGEST),
    Misuse("no version", metadata(minitorch='{"state":"1","sha256":""}'), CheckpointError, MALFORMED),
    Misuse("an empty entry", metadata(minitorch=""), CheckpointError, MALFORMED),
    Misuse("an entry that is a list", metadata(minitorch="[]"), CheckpointError, MALFORMED),
    Misuse("an entry that is deep", metadata(minitorch="[" * 100_000), CheckpointError, MALFORMED),
    Misuse("a state that is a number", metadata(minitorch='{"version":1,"state":5,"sha256":""}'), CheckpointError, MALFORMED),
    Misuse("a changed digest", metadata(minitorch='{"version":1,"state":"1","sha256":"0"}'), CheckpointError, DIGEST),
    Misuse("a digest that is a number", metadata(minitorch='{"version":1,"state":"1","sha256":0}'), CheckpointError, DIGEST),
    Misuse("a changed number", saved(lambda file: file.replace(b":3}", b":4}")), CheckpointError, DIGEST),
    Misuse("a changed element", saved(lambda file: file[:-8] + bytes(8)), CheckpointError, DIGEST),
    Misuse("a changed name", saved(lambda file: file.replace(b'"weight":{"dtype', b'"weigth":{"dtype')), CheckpointError, DIGEST),
    Misuse("a changed shape", saved(lambda file: file.replace(b'"shape":[3]', b'"shape":[3,1]').replace(b"  ", b"", 1)), CheckpointError, "damaged|not a whole"),
    Misuse("a changed dtype", saved(lambda file: file.replace(b"I64", b"F64")), CheckpointError, DIGEST),
    # -------------------------------------------------------- a right digest around a wrong content
    Misuse("a state that is no JSON", state("[1,"), CheckpointError, MALFORMED),
    Misuse("an empty state", state(""), CheckpointError, MALFORMED),
    Misuse("two states", state("1 2"), CheckpointError, MALFORMED),
    Misuse("a state with blanks", state("[1, 2]"), CheckpointError, MALFORMED),
    Misuse("NaN in JSON", state("NaN"), CheckpointError, MALFORMED),
    Misuse("-Infinity in JSON", state("[-Infinity]"), CheckpointError, MALFORMED),
    Misuse("1e999 in JSON", state("1e999"), CheckpointError, MALFORMED),
    Misuse("a key twice", state('{"a":1,"a":2}'), CheckpointError, MALFORMED),
    Misuse("an int of 5,000 digits in JSON", state("9" * 5000), CheckpointError, MALFORMED),
    Misuse("lists 900 deep", state("[" * 900 + "]" * 900), CheckpointError, MALFORMED),
    Misuse("lists 100,000 deep", state("[" * 100_000 + "]" * 100_000), CheckpointError, MALFORMED),
    Misuse("tuples 400 deep", state('{"$tuple":[' * 400 + "]}" * 400), CheckpointError, MALFORMED),
    Misuse("a tensor that is not there", state('{"$tensor":"none"}'), CheckpointError, MALFORMED),
    Misuse("a tensor named by a number", state('{"$tensor":3}'), CheckpointError, MALFORMED),
    Misuse("a tensor named by a list", state('{"$tensor":[]}'), CheckpointError, MALFORMED),
    Misuse("a tuple of a number", state('{"$tuple":3}'), CheckpointError, MALFORMED),
    Misuse("a tuple of a str", state('{"$tuple":"ab"}'), CheckpointError, MALFORMED),
    Misuse("a tuple of a dict", state('{"$tuple":{"a":1}}'), CheckpointError, MALFORMED),
    Misuse("a tuple and more", state('{"$tuple":[],"x":1}'), CheckpointError, MALFORMED),
    Misuse("a dict of a number", state('{"$dict":3}'), CheckpointError, MALFORMED),
    Misuse("a dict of a single", state('{"$dict":[[1]]}'), CheckpointError, MALFORMED),
    Misuse("a dict of strs", state('{"$dict":["ab"]}'), CheckpointError, MALFORMED),
    Misuse("a dict with a list for a key", state('{"$dict":[[[],1]]}'), CheckpointError, MALFORMED),
    Misuse("a dict that needs no tag", state('{"$dict":[["a",1]]}'), CheckpointError, MALFORMED),
    Misuse("a float that is no number", state('{"$float":"x"}'), CheckpointError, MALFORMED),
    Misuse("a float that needs no tag", state('{"$float":"1.5"}'), CheckpointError, MALFORMED),
    Misuse("a float of a number", state('{"$float":5}'), CheckpointError, MALFORMED),
    Misuse("a float of null", state('{"$float":null}'), CheckpointError, MALFORMED),
    Misuse("a set of a number", state('{"$set":3}'), CheckpointError, MALFORMED),
    Misuse("a set of a str", state('{"$set":"ab"}'), CheckpointError, MALFORMED),
    Misuse("a set of a dict", state('{"$set":{"a":1}}'), CheckpointError, MALFORMED),
    Misuse("a set of lists", state('{"$set":[[1]]}'), CheckpointError, MALFORMED),
    Misuse("an item twice", state('{"$set":[1,1]}'), CheckpointError, MALFORMED),
    Misuse("an item twice, as a bool", state('{"$set":[1,true]}'), CheckpointError, MALFORMED),
    Misuse("a set in another order", state('{"$frozenset":[2,1]}'), CheckpointError, MALFORMED),
    Misuse("a set with a tensor", state('{"$set":[{"$tensor":"x"}]}', x=("F32", "float32", (1,), one)), CheckpointError, MALFORMED),
    Misuse("a set and more", state('{"$set":[],"x":1}'), CheckpointError, MALFORMED),
    Misuse("a size of text", state('{"$size":["2"]}'), CheckpointError, MALFORMED),
    Misuse("a size of floats", state('{"$size":[2.0]}'), CheckpointError, MALFORMED),
    Misuse("a size of a number", state('{"$size":2}'), CheckpointError, MALFORMED),
    Misuse("a dtype that is none", state('{"$dtype":"float8"}'), CheckpointError, MALFORMED),
    Misuse("a dtype by another name", state('{"$dtype":"double"}'), CheckpointError, MALFORMED),
    Misuse("a dtype of a list", state('{"$dtype":[]}'), CheckpointError, MALFORMED),
    Misuse("a GPU", state('{"$device":"cuda"}'), CheckpointError, MALFORMED),
    Misuse("a device of a list", state('{"$device":["cpu"]}'), CheckpointError, MALFORMED),
    Misuse("a path of a number", state('{"$path":3}'), CheckpointError, MALFORMED),
    Misuse("a path that is written otherwise", state('{"$path":"a//b"}'), CheckpointError, MALFORMED),
    Misuse("a namespace of a list", state('{"$namespace":[1]}'), CheckpointError, MALFORMED),
    Misuse("a namespace of a number", state('{"$simplenamespace":1}'), CheckpointError, MALFORMED),
    Misuse("a namespace that is empty but for a tag", state('{"$namespace":{"$set":1},"x":1}'), CheckpointError, MALFORMED),
    Misuse("namespaces 400 deep", state('{"$namespace":{"a":' * 400 + "1" + "}}" * 400), CheckpointError, MALFORMED),
    Misuse("a dataclass of nothing", state('{"$dataclass":[]}'), CheckpointError, MALFORMED),
    Misuse("a dataclass without a name", state('{"$dataclass":[null,{}]}'), CheckpointError, MALFORMED),
    Misuse("a dataclass of a list", state('{"$dataclass":["os.system",["x"]]}'), CheckpointError, MALFORMED),
    Misuse("a dataclass and more", state('{"$dataclass":["a.B",{},3]}'), CheckpointError, MALFORMED),
    Misuse("a member without a value", state('{"$enum":["a.B","X"]}'), CheckpointError, MALFORMED),
    Misuse("a member of a number", state('{"$enum":[3,"X",1]}'), CheckpointError, MALFORMED),
    Misuse("a class that shadows its own", allowing(Record, '{"$dataclass":["builtins.Record",{"__class__":1}]}'), CheckpointError, "allowed class does not take it"),
    Misuse("a member that is not there", allowing(Mode, '{"$enum":["builtins.Mode","OFF",9]}'), CheckpointError, "allowed class does not take it.*9 is not a valid"),
    Misuse("an unknown tag", state('{"$new":1}'), CheckpointError, MALFORMED),
    Misuse("a tensor without a place", state("1", tensor=("F32", "float32", (1,), one)), CheckpointError, MALFORMED),
    Misuse("a tensor under another name", state('[{"$tensor":"x"}]', x=("F32", "float32", (1,), one)), CheckpointError, MALFORMED),
    Misuse("float16", tensor("F16", "float16", (1,), b"\0\0"), CheckpointError, MALFORMED),
    Misuse("complex64", tensor("C64", "complex64", (1,), bytes(8)), CheckpointError, MALFORMED),
    Misuse("uint16", tensor("U16", "uint16", (1,), b"\0\0"), CheckpointError, MALFORMED),
    Misuse("a bool that is 2", tensor("BOOL", "bool", (1,), b"\2"), CheckpointError, MALFORMED),
]  # fmt: skip


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(misuse: Misuse) -> None:
    check(misuse)


def test_what_is_not_refused(tmp_path: Path) -> None:
    for call, value in (
        (state("1"), 1),
        (state('{"$tuple":[1,{"$float":"-inf"}]}'), (1, -math.inf)),
        (state('{"$dict":[[1,2]]}'), {1: 2}),
        (state('{"$set":[1,2,{"$float":"inf"}]}'), {1, 2, math.inf}),
        (state('{"$namespace":{"$set":[1]}}'), Namespace(**{"$set": [1]})),
    ):
        assert call() == value
    assert tensor("F32", "float32", ones[:-1], one)().shape == ones[:-1]
    assert tensor("BOOL", "bool", (2,), b"\0\1")().tolist() == [False, True]
    weight = nn.Linear(2, 2).weight  # requires a gradient
    mt.save(weight, tmp_path / "weight")
    assert mt.load(tmp_path / "weight").tolist() == weight.tolist()


def test_errors_are_one_line_of_at_most_300_characters() -> None:
    for misuse in MISUSES:
        FOLDER.mkdir(exist_ok=True)
        FILE.unlink(missing_ok=True)
        with pytest.raises(misuse.error) as caught:
            misuse.call()
        assert len(str(caught.value)) <= 300
        assert "\n" not in str(caught.value)
