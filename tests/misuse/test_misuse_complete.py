"""`transformer complete` held wrong: each ends with exit code 2 and one line on standard error."""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from safetensors.numpy import save_file
from small_gpt2 import CONFIG, VOCAB, tensors, write

from transformer.cli import main

Damage = Callable[[Path], object]


def nothing(_: Path) -> None:
    """Leave the folder as it is."""


def without(*files: str) -> Damage:
    def remove(folder: Path) -> None:
        for file in files:
            (folder / file).unlink()

    return remove


def holding(file: str, text: str | bytes) -> Damage:
    data = text if isinstance(text, bytes) else text.encode()
    return lambda folder: (folder / file).write_bytes(data)


def configured(**changes: object) -> Damage:
    return holding("config.json", json.dumps({**CONFIG, **changes}))


def renamed(old: str, new: str) -> Damage:
    return lambda folder: (folder / old).rename(folder / new)


def sharded(shards: dict[str, str] | object, *missing: str) -> Damage:
    """Write the index that is given, and a shard that has all tensors but those that are missing."""

    def write_shard(folder: Path) -> None:
        (folder / "model.safetensors").unlink()
        text = json.dumps({"weight_map": shards})
        (folder / "model.safetensors.index.json").write_text(text)
        kept = {name: array for name, array in tensors([]).items() if name not in missing}
        save_file(kept, folder / "one.safetensors")

    return write_shard


ALL = dict.fromkeys(tensors([]), "one.safetensors")
NO_END = {token: i for token, i in VOCAB.items() if token != "<|endoftext|>"}


@dataclass(frozen=True)
class Misuse:
    """One way to hold the command wrong.

    Attributes:
        what: is wrong, in a few words; the name of the test.
        arguments: those after `complete`, separated by `|`; the working directory has the folder
            `g`, a file `file`, and an empty folder `empty`.
        says: a regular expression that the line matches: what was given, what is wrong.
        damage: is done to the folder before.
        input: what stands on standard input.
    """

    what: str
    arguments: str
    says: str
    damage: Damage = nothing
    input: bytes = b""


MISUSES = [
    # ------------------------------------------------------------------ arguments
    Misuse("no folder", "", r"required: DIR"),
    Misuse("an empty folder name", "|a", r"argument DIR: it is empty"),
    Misuse("two prompts", "g|a|b", r"unrecognized arguments: b"),
    Misuse("an unknown flag", "g|a|--length=3", r"unrecognized arguments: --length=3"),
    Misuse("no tokens to write", "g|a|--max-new-tokens=0", r"max_new_tokens must be at least 1, not 0"),
    Misuse("tokens in words", "g|a|--max-new-tokens=ten", r"--max-new-tokens: 'ten' is not a whole"),
    Misuse("more tokens than there is room", "g|a|--max-new-tokens=13", r"write 13 tokens after 1.*read 13, more than max_length=12"),
    Misuse("a prompt longer than the context", "g|" + "b" * 13, r"after 13.* more than max_length=12"),
    Misuse("a seed alone", "g|a|--beam=2|--seed=1", r"seed is of what is drawn at random: a beam is not"),
    Misuse("a beam and a temperature", "g|a|--beam=2|--temperature=1", r"a beam search draws nothing"),
    Misuse("several texts without a beam", "g|a|--best=2", r"2 best answers need a beam search"),
    Misuse("a top_p above 1", "g|a|--top-p=95", r"top_p must be a probability above 0, not 95\.0"),
    Misuse("half a surrogate pair", "g|\ud800", r"'\\ud800' is half of a surrogate pair"),
    Misuse("input that is no UTF-8", "g", r"'\\udcff' is half of a surrogate pair", input=b"a\xff"),
    Misuse("input in UTF-16", "g", r"standard input is UTF-16: .* UTF-8", input="a".encode("utf-16")),
    Misuse("too much input", "g", r"more than max_length=12", input=b"b" * 1000),
    Misuse("an empty prompt without an end token", "g|", r"the prompt is empty, and the tokenizer has no <\|endoftext\|>", holding("vocab.json", json.dumps(NO_END))),
    # ------------------------------------------------------------------ files
    Misuse("a folder that is not there", "new|a", r"there is no folder new: download"),
    Misuse("a file for a folder", "file|a", r"there is no folder file"),
    Misuse("an empty folder", "empty|a", r"empty/config.json: cannot be read"),
    Misuse("no config.json", "g|a", r"g/config.json: cannot be read \(No such file", without("config.json")),
    Misuse("a config.json that is cut off", "g|a", r"g/config.json: damaged", holding("config.json", "{")),
    Misuse("a config.json without sizes", "g|a", r"g/config.json: n_embd is missing", holding("config.json", '{"model_type": "gpt2"}')),
    Misuse("another kind of model", "g|a", r"g/config.json: a model of type 'llama'", configured(model_type="llama")),
    Misuse("a model with cross-attention", "g|a", r"add_cross_attention=True is not supported", configured(add_cross_attention=True)),
    Misuse("no merges.txt", "g|a", r"g/merges.txt: cannot be read", without("merges.txt")),
    Misuse("no vocab.json", "g|a", r"g/tokenizer.json: not there, nor is vocab.json with merges.txt", without("vocab.json")),
    Misuse("a merge of three", "g|a", r"g/merges.txt: damaged.*a merge is two tokens", holding("merges.txt", "a b c")),
    Misuse("merges in Latin-1", "g|a", r"g/merges.txt: damaged", holding("merges.txt", "é e".encode("latin-1"))),
    Misuse("a merge of unknown tokens", "g|a", r"it merges 'x' and 'y', and has no token 'xy'", holding("merges.txt", "x y")),
    Misuse("a vocabulary of words", "g|a", r"it has no token 'Ā', GPT-2's for the byte 0", holding("vocab.json", '{"the": 0}')),
    Misuse("a tokenizer.json of another kind", "g|a", r"g/tokenizer.json: damaged.*its file has normalizer=", holding("tokenizer.json", '{"normalizer": {"type": "Lowercase"}}')),
    Misuse("a tokenizer.json that is cut off", "g|a", r"g/tokenizer.json: damaged", holding("tokenizer.json", '{"')),
    Misuse("a tokenizer of a larger model", "g|猫", r"the prompt into the id 9231, and the model has 262 tokens", holding("vocab.json", json.dumps({**VOCAB, "ç": 9231}))),
    Misuse("no weights", "g|a", r"g/model.safetensors: cannot be read \(No such file", without("model.safetensors")),
    Misuse("weights of PyTorch alone", "g|a", r"only pytorch_model.bin, which is not read here; convert it once", renamed("model.safetensors", "pytorch_model.bin")),
    Misuse("weights that are cut off", "g|a", r"g/model.safetensors: damaged", holding("model.safetensors", b"\x08\0\0\0\0\0\0\0{}")),
    Misuse("weights of a larger model", "g|a", r"g/model.safetensors: .* and a model of this config.json has", configured(n_layer=9)),
    Misuse("weights of another width", "g|a", r"has the shape \(12, 264\), but the model needs \(11, 264\)", configured(n_positions=11)),
    Misuse("an end that is a word", "g|a", r"g/generation_config.json: damaged.*eos_token_id is", holding("generation_config.json", '{"eos_token_id": "</s>"}')),
    Misuse("an index without files", "g|a", r"index.json: damaged.*its weight_map does not", sharded([])),
    Misuse("an index that leads elsewhere", "g|a", r"ln_f.bias is said to be in '\.\./x'", sharded({"ln_f.bias": "../x"})),
    Misuse("an index that leads to nothing", "g|a", r"g/two.safetensors: cannot be read", sharded({**ALL, "ln_f.bias": "two.safetensors"})),
    Misuse("a shard that lacks a tensor", "g|a", r"g/one.safetensors: lacks ln_f.bias, which model.safetensors.index.json", sharded(ALL, "ln_f.bias")),
    Misuse("an index that lacks a tensor", "g|a", r"index.json: .*ln_f.bias is missing", sharded({name: file for name, file in ALL.items() if name != "ln_f.bias"})),
]  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("folders") / "g")


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(
    misuse: Misuse,
    whole: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(whole, tmp_path / "g")
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "empty").mkdir()
    misuse.damage(tmp_path / "g")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(misuse.input)), "utf-8")
    )
    try:
        code: object = main(["complete", *(misuse.arguments.split("|") if misuse.arguments else [])])
    except SystemExit as stop:
        code = stop.code
    output = capsys.readouterr()
    assert (code, output.out) == (2, "")
    assert re.fullmatch(r"error: [^\n]+\n", output.err), output.err
    assert re.search(misuse.says, output.err), output.err
    assert len(output.err) < 1200
