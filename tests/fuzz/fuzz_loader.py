"""Fuzzing of the loader: what it loads is what was saved, or the file is refused by one error.

    python tests/fuzz/fuzz_loader.py --minutes 10 --seed 0

First 10,000 bits of saved files are flipped, one to eight at a time. Then, until the time is over,
files are cut, lengthened, mixed, or written with a right digest around a wrong content. A finding
is a damaged file that loads as something else, another error than CheckpointError, a message that
does not name the file in one line of at most 400 characters, a load that takes longer than two
seconds. The last line says how many were tried and how many findings there were; the exit code is
1 if there was one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import random
import sys
import tempfile
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from safetensors.numpy import save as to_bytes

import minitorch as mt
from minitorch.serialization import Saved

SLOW = 2.0  # seconds
FLIPS = 10_000
LONGEST_MESSAGE = 400


@dataclass
class Config:
    n: int
    names: set[Any]


class Mode(Enum):
    ON = "on"


VALUES: list[Any] = [
    {"weight": mt.arange(100), "step": 3},
    {
        "model": {"head.weight": mt.randn(3, 4), "head.bias": mt.zeros(3)},
        "optimizer": [{"lr": 1e-3, "betas": (0.9, 0.999)}, {1: mt.ones(2, dtype=mt.float64)}],
        "random": mt.get_rng_state(),
        "best": math.inf,
        "name": "猫\n\0",
    },
    [mt.tensor(True), mt.tensor([1, 255], dtype=mt.uint8), (None, math.nan, -0.0), {"$x": 2**70}],
    mt.zeros(0, 3),
    {
        "args": Namespace(lr=0.1, path=Path("runs/1"), dtype=mt.float32, device=mt.device("cpu")),
        "config": Config(4, {"a", "b", ("c", 1)}),
        "modes": [Mode.ON, SimpleNamespace(shape=mt.ones(2, 3).shape, of=frozenset({1, 2}))],
    },
]


def image(value: Any) -> Any:
    """Return what can be compared: types, numbers to the bit, tensors by dtype, shape and bytes."""
    if isinstance(value, mt.Tensor):
        return "tensor", str(value.dtype), tuple(value.shape), value.numpy().tobytes()
    if isinstance(value, dict):
        return "dict", [(image(k), image(v)) for k, v in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [image(v) for v in value]
    if isinstance(value, (set, frozenset)):
        return type(value).__name__, sorted(repr(image(v)) for v in value)
    if isinstance(value, (Config, Mode)):  # comes back as its attributes
        kind = f"{__name__}.{type(value).__name__}"
        member = isinstance(value, Mode)
        attributes = {"name": value.name, "value": value.value} if member else vars(value)
        return image(Saved("$enum" if member else "$dataclass", kind, attributes))
    if isinstance(value, (Saved, SimpleNamespace, Namespace)):
        return type(value).__name__, getattr(value, "_class", ""), image(vars(value))
    return type(value).__name__, repr(value)


# --------------------------------------------------------------------------------- the damage


def flip(rng: random.Random, whole: bytes, bits: int) -> bytes:
    damaged = bytearray(whole)
    for _ in range(bits):
        place = rng.randrange(8 * len(whole))
        damaged[place // 8] ^= 1 << place % 8
    return bytes(damaged)


def cut(rng: random.Random, whole: bytes) -> bytes:
    return whole[: rng.randrange(len(whole))]


def splice(rng: random.Random, whole: bytes) -> bytes:
    """Delete, double or exchange a piece, or write noise in its place."""
    start = rng.randrange(len(whole))
    stop = min(len(whole), start + rng.choice([1, 2, 8, 64, 1000]))
    piece = whole[start:stop]
    place = rng.randrange(len(whole))
    piece = rng.choice([b"", piece * 2, whole[place : place + len(piece)], rng.randbytes(8)])
    return whole[:start] + piece + whole[stop:]


def header(rng: random.Random, whole: bytes) -> bytes:
    """Change the header's JSON in one place, and its length with it."""
    n = int.from_bytes(whole[:8], "little")
    text = whole[8 : 8 + n]
    start = rng.randrange(n)
    piece = rng.choice([b"0", b"-1", b"9" * 30, b"[", b"}", b'"', b"null", b"1e999", b"[" * 5000])
    text = text[:start] + piece + text[start + rng.randrange(4) :]
    length = len(text) if rng.random() < 0.9 else rng.choice([0, 1, 2**31, 2**63, 2**64 - 1])
    return length.to_bytes(8, "little") + text + whole[8 + n :]


ATOMS = [
    "null", "true", "0", "-1", "1.5", "1e999", "NaN", "-Infinity", "9" * 400, '"x"', '"\\ud800"',
    '{"$tensor":"tensor"}', '{"$tensor":"0"}', '{"$tensor":5}', '{"$tensor":"none"}',
    '{"$float":"nan"}', '{"$float":"1.5"}', '{"$float":[]}', '{"$tuple":3}', '{"$tuple":"ab"}',
    '{"$dict":[[1,2]]}', '{"$dict":[[[],2]]}', '{"$dict":["ab"]}', '{"$dict":{"a":1}}', '{"$y":0}',
    '{"a":1,"a":2}', '{"$tuple":[],"x":1}', "", "[1,", "[ 1]",
    '{"$set":[1,2]}', '{"$set":[2,1]}', '{"$set":[[]]}', '{"$set":3}', '{"$set":"a"}',
    '{"$frozenset":["a",{"$float":"nan"}]}', '{"$size":[2,3]}', '{"$size":["2"]}', '{"$size":{}}',
    '{"$dtype":"int8"}', '{"$dtype":"object"}', '{"$dtype":{}}', '{"$device":"cpu"}',
    '{"$device":"cuda"}', '{"$path":"a/b"}', '{"$path":"a//b"}', '{"$path":"\\u0000"}',
    '{"$path":null}', '{"$namespace":{"a":1}}', '{"$namespace":[]}', '{"$simplenamespace":{}}',
    '{"$dataclass":["os.system",{"x":1}]}', '{"$dataclass":["a",{"__class__":1}]}',
    '{"$dataclass":[1,{}]}', '{"$dataclass":{}}', '{"$enum":["a.B","C",1]}', '{"$enum":["a.B"]}',
    '{"$enum":[{},null,[]]}', '{"$enum":"abc"}',
]  # fmt: skip


def draw_state(rng: random.Random, depth: int = 0) -> str:
    """Draw JSON, mostly such as a file's state, and now and then deep."""
    if depth > 4 or rng.random() < 0.4:
        return rng.choice(ATOMS)
    inner = [draw_state(rng, depth + 1) for _ in range(rng.randrange(4))]
    inside = ",".join(inner)
    form = rng.randrange(7)
    if form == 0:
        return f'{{"$tuple":[{inside}]}}'
    if form == 5:
        return f'{{"{rng.choice(["$set", "$frozenset", "$size", "$enum"])}":[{inside}]}}'
    if form == 6:
        attributes = ",".join(f'"{rng.choice(["a", "b", "__init__"])}":{v}' for v in inner)
        return rng.choice(
            [
                f'{{"$namespace":{{{attributes}}}}}',
                f'{{"$simplenamespace":{{{attributes}}}}}',
                f'{{"$dataclass":["a.B",{{{attributes}}}]}}',
            ]
        )
    if form == 1:
        return "{" + ",".join(f'"{rng.choice("abc$")}":{v}' for v in inner) + "}"
    if form == 2 and rng.random() < 0.1:
        n = rng.choice([90, 101, 900, 5000])
        return "[" * n + inside + "]" * n
    return f"[{inside}]"


def forge(rng: random.Random, whole: bytes) -> bytes:
    """Write a file with a right digest and any content."""
    dtypes = ["f4", "f8", "i8", "i4", "u1", "?", "f2", "i2", "u8", "c8"]
    arrays = {
        rng.choice(["tensor", "0", "1", "a", "a.0"]): np.zeros(
            tuple(rng.randrange(3) for _ in range(rng.choice([0, 1, 2, 64]))) if i else (2,),
            rng.choice(dtypes),
        )
        for i in range(rng.randrange(3))
    }
    state = draw_state(rng)
    digest = hashlib.sha256(state.encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"\n{name} {array.dtype.name} {array.shape}\n".encode())
        digest.update(array.tobytes())
    about = {"version": rng.choice([1, 1, 1, 1, 2, True, None]), "state": state}
    entry = json.dumps({**about, "sha256": digest.hexdigest()})
    return to_bytes(arrays, {"minitorch": entry})


DAMAGES: list[Callable[[random.Random, bytes], bytes]] = [cut, splice, header, forge]


# --------------------------------------------------------------------------------- the judgement


def judge(path: Path, damaged: bytes, forged: bool, expected: Any) -> tuple[str, str]:
    """Load a damaged file, and say how it ended and, of a finding, what is wrong with it."""
    path.write_bytes(damaged)
    start = time.perf_counter()
    try:
        value = mt.load(path)
    except mt.CheckpointError as error:
        ended, message = "refused", str(error)
        if path.name not in message or "\n" in message or len(message) > LONGEST_MESSAGE:
            return "finding", f"the message is {message!r}"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return "finding", f"{type(error).__name__}: {error}"
    else:
        ended = "loaded"
        if forged:  # what it loaded must come back as it is
            mt.save(value, path)
            if path.read_bytes() != damaged or image(mt.load(path)) != image(value):
                return "finding", f"it loads as {value!r}, which save writes otherwise"
        elif image(value) != expected:
            return "finding", f"it loads as {value!r}"
    seconds = time.perf_counter() - start
    return (ended, "") if seconds < SLOW else ("finding", f"it took {seconds:.1f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng, until = random.Random(args.seed), time.monotonic() + 60 * args.minutes
    ends: Counter[str] = Counter()
    flipped = tried = 0
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        path = Path(folder) / "file.safetensors"
        saved = []
        for value in VALUES:
            mt.save(value, path)
            saved.append((path.read_bytes(), image(value)))
        while flipped < FLIPS or time.monotonic() < until:
            whole, expected = rng.choice(saved)
            if flipped < FLIPS:
                bits = min(rng.choice([1, 1, 1, 1, 2, 8]), FLIPS - flipped)
                damage, damaged = flip, flip(rng, whole, bits)
                flipped += bits
            else:
                damage = rng.choice(DAMAGES)
                damaged = damage(rng, whole)
            ended, why = judge(path, damaged, damage is forge, expected)
            tried += 1
            ends[ended] += 1
            if ended == "finding":
                print(
                    f"finding: {damage.__name__}, number {tried}: {why[:300]}\n  {damaged[:600]!r}"
                )
    print(
        f"{tried:,} damaged files ({flipped:,} bits flipped, then cut, spliced, forged): "
        f"{ends['refused']:,} refused, {ends['loaded']:,} loaded as they were saved, "
        f"{ends['finding']} findings"
    )
    return 1 if ends["finding"] else 0


if __name__ == "__main__":
    sys.exit(main())
