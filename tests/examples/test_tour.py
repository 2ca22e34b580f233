"""The tour: five programs that stand alone, and compute what the library computes."""

from __future__ import annotations

import ast
import importlib.util
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import minitorch as mt
from minitorch.nn import functional as F
from transformer import GPT, Transformer, TransformerConfig

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted((ROOT / "examples" / "tour").glob("[0-9]_*.py"))
NAMES = [path.stem for path in PROGRAMS]
WALK = ("operation", "unbroadcast", "reverse_topological_order", "backward")


@pytest.fixture(scope="module")
def tour() -> dict[str, ModuleType]:
    """The programs as modules: the first three have run, of the others all but the training."""
    modules = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["program"])
        for path in PROGRAMS:
            spec = importlib.util.spec_from_file_location(path.stem, path)
            assert spec is not None
            assert spec.loader is not None
            modules[path.stem] = module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            if hasattr(module, "dtype"):
                module.dtype = np.float64
    return modules


@pytest.fixture
def float64() -> Iterator[None]:
    before = mt.get_default_dtype()
    mt.set_default_dtype(mt.float64)
    yield
    mt.set_default_dtype(before)


def run(name: str, *arguments: str, where: Path, encoding: str = "utf-8") -> str:
    """Run a program as its reader does, where neither package can be found."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "tour" / f"{name}.py"), *arguments],
        cwd=where,
        env={**environment, "PYTHONIOENCODING": encoding},
        capture_output=True,
        encoding=encoding,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


# ------------------------------------------------------------------------------ what they are


def test_there_are_five() -> None:
    assert [name[0] for name in NAMES] == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("path", PROGRAMS, ids=NAMES)
def test_needs_numpy_only(path: Path) -> None:
    allowed = {"__future__", "argparse", "collections.abc", "itertools", "sys", "typing", "numpy"}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.module in allowed
        elif isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= allowed


@pytest.mark.parametrize("path", PROGRAMS, ids=NAMES)
def test_ends_by_naming_files_that_exist(path: Path) -> None:
    table = path.read_text("utf-8").rpartition("print(")[2]
    files = re.findall(r"[\w/]+\.py", table)
    assert len(files) >= 4
    ours = [str(p.relative_to(ROOT)) for room in ("minitorch", "transformer", "examples")
            for p in (ROOT / room).rglob("*.py")]  # fmt: skip
    for file in files:
        assert any(our == file or our.endswith(f"/{file}") for our in ours), file


@pytest.mark.parametrize(("name", "other"), list(pairwise(NAMES[1:])))
def test_each_grows_out_of_the_one_before(name: str, other: str) -> None:
    """The walk stands in all of them, word for word."""
    walks: list[list[str]] = []
    for stem in (name, other):
        tree = ast.parse((ROOT / "examples" / "tour" / f"{stem}.py").read_text("utf-8"))
        functions = [node for node in tree.body if getattr(node, "name", "") in WALK]
        walks.append([ast.unparse(line) for node in functions for line in node.body[1:]])
    assert len(walks[0]) == 9
    assert walks[0] == walks[1]


def test_an_unknown_language_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAMS[0]), "--lang", "fr"], capture_output=True, check=False
    )
    assert done.returncode == 2


@pytest.mark.parametrize("name", NAMES[:3])
def test_a_pipe_without_the_letters_gets_their_numbers(name: str, tmp_path: Path) -> None:
    shown = run(name, "--lang", "zh", where=tmp_path, encoding="cp1252")
    assert "\\u" in shown


# ------------------------------------------------------------------------- run from end to end


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_chain_rule(lang: str, tmp_path: Path) -> None:
    shown = run(NAMES[0], "--lang", lang, where=tmp_path)
    rows = [line.split() for line in shown.splitlines() if line.startswith("    ")]
    assert rows[:6] == [
        ["^2", "16", "1"], ["+", "-4", "-8"], ["·", "-6", "-8"],
        ["a", "2", "16"], ["b", "-3", "-16"], ["a", "2", "16"],
    ]  # fmt: skip
    assert "16.0000" in shown
    assert "y = 2.2200 x + 0.8900" in shown
    assert ("梯度下降" in shown) == (lang == "zh")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_arrays(lang: str, tmp_path: Path) -> None:
    shown = run(NAMES[1], "--lang", lang, where=tmp_path)
    assert ("200 of 200" in shown) == (lang == "en")
    assert ("200 个点分对了 200 个" in shown) == (lang == "zh")
    picture = [line[4:] for line in shown.splitlines() if len(line) == 65]
    assert len(picture) == 25
    assert {c for row in picture for c in row} == set("·ox ")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_attention(lang: str, tmp_path: Path) -> None:
    shown = run(NAMES[2], "--lang", lang, where=tmp_path)
    differences = re.findall(r"dL/d\w+ +\(.*\) +(\S+)", shown)
    assert len(differences) == 4
    assert max(map(float, differences)) < 1e-12
    learned = shown.split("    step ")[1].splitlines()[6].split()
    assert learned[0] == "30"
    assert float(learned[2]) > 0.45  # of 1
    assert float(learned[4]) > 0.45  # of 2


def test_the_transformer_adds(tmp_path: Path) -> None:
    shown = run(NAMES[3], where=tmp_path)
    right = re.findall(r"(\d+) of 1000", shown)
    assert len(right) == 10
    assert int(right[-1]) >= 990
    a, b, answer = re.findall(r"(\d+)\+(\d+)=(\d+)", shown)[-1]
    assert answer == f"{int(a) + int(b):03}"[::-1]


def test_the_encoder_decoder_translates(tmp_path: Path) -> None:
    shown = run(NAMES[4], "--lang", "zh", where=tmp_path)
    right = re.findall(r"译对 (\d+) 句", shown)
    assert len(right) == 6
    assert int(right[-1]) >= 495
    at_the_end = shown.split("步")[-1].splitlines()[1:4]
    assert [line[52:].strip() for line in at_the_end] == [
        "猫 喜欢 吃 鱼", "晚上 这 只 小 猫 喜欢 喝 水", "晚上 这 匹 小 马 喜欢 喝 水",
    ]  # fmt: skip
    looks = [line.split() for line in shown.splitlines() if re.match(r" +\d+%", line)]
    assert " ".join(row[-1] for row in looks) == "晚上 这 匹 小 马 喜欢 喝 水 </s>"
    assert max(float(look.rstrip("%")) for look in looks[2][:-1]) == float(looks[2][2].rstrip("%"))


# -------------------------------------------------------------- the same numbers as the library


def test_numbers_and_gradients_are_the_librarys(tour: dict[str, ModuleType]) -> None:
    ours = tour[NAMES[0]]
    a, b = (mt.tensor(x, requires_grad=True) for x in (2.0, -3.0))
    loss = (a * b + a) ** 2
    loss.backward()
    assert (ours.L.data, ours.a.grad, ours.b.grad) == (loss.item(), a.grad.item(), b.grad.item())
    xs, ys = np.array(ours.points).T
    np.testing.assert_allclose([ours.w.data, ours.c.data], np.polyfit(xs, ys, 1), atol=1e-6)


def test_arrays_and_gradients_are_the_librarys(tour: dict[str, ModuleType], float64: None) -> None:
    ours = tour[NAMES[1]]
    parameters = [ours.W1, ours.b1, ours.W2, ours.b2]
    for p in parameters:
        p.grad = np.zeros_like(p.data)
    error = ours.network(ours.points) - ours.target
    loss = (error * error).mean()
    ours.backward(loss)

    W1, b1, W2, b2 = theirs = [mt.tensor(p.data, requires_grad=True) for p in parameters]
    y = ((mt.tensor(ours.points) @ W1 + b1).tanh() @ W2 + b2).tanh()
    expected = F.mse_loss(y, mt.tensor(ours.target * 1.0))
    expected.backward()
    np.testing.assert_allclose(loss.data, expected.item(), rtol=1e-9)
    for mine, p in zip(parameters, theirs, strict=True):
        np.testing.assert_allclose(mine.grad, p.grad.numpy(), rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("way", ["by hand", "by the walk"])
def test_attention_and_its_gradient_are_the_librarys(
    tour: dict[str, ModuleType], float64: None, way: str
) -> None:
    ours = tour[NAMES[2]]
    rng = np.random.default_rng(1)
    arrays = [rng.normal(0, 1, (5, 1024)), *rng.normal(0, 1 / 32, (3, 1024, 1024))]
    target = rng.normal(0, 1, 1024)
    loss, *gradients = (
        ours.gradient(*arrays, target) if way == "by hand" else ours.walk(arrays, target)
    )
    x, *matrices = tensors = [mt.tensor(array, requires_grad=True) for array in arrays]
    gathered = F.scaled_dot_product_attention(*(x @ W for W in matrices))
    np.testing.assert_allclose(ours.attention(*arrays)[-1], gathered.detach().numpy(), atol=1e-9)
    expected = F.mse_loss(gathered[4], mt.tensor(target))
    expected.backward()
    assert math.isclose(loss, expected.item(), rel_tol=1e-9)
    for mine, tensor in zip(gradients, tensors, strict=True):
        np.testing.assert_allclose(mine, tensor.grad.numpy(), rtol=1e-6, atol=1e-12)


def names_of(ours: str, theirs: str) -> dict[str, str]:
    """Return the library's names of a linear layer's or a norm's weight and bias, by ours."""
    return {f"{ours}.W": f"{theirs}.weight", f"{ours}.b": f"{theirs}.bias"}


def compare(ours: ModuleType, model: mt.nn.Module, names: dict[str, str], logits, expected) -> None:
    """Compare logits, and the gradients of the sum of their squares, which are all different."""
    np.testing.assert_allclose(logits.data, expected.detach().numpy(), atol=1e-9)
    for p in ours.P.values():
        p.grad = np.zeros_like(p.data)
    ours.backward(logits * logits)
    (expected * expected).sum().backward()
    parameters = dict(model.named_parameters())
    for name, theirs in names.items():
        gradient = parameters[theirs].grad.numpy()
        mine = ours.P[name].grad
        largest = np.abs(gradient).max()
        assert largest > 1e-3 or name.endswith(".k.b"), name  # a key's bias changes nothing
        flip = theirs.endswith(".weight") and mine.ndim == 2 and name != "tokens"
        mine = mine.T if flip else mine
        np.testing.assert_allclose(
            mine, gradient[-len(mine) :], rtol=1e-6, atol=1e-9 * largest + 1e-9
        )


def load(ours: ModuleType, model: mt.nn.Module, names: dict[str, str]) -> None:
    """Give the library's model the parameters of ours, which are made random first."""
    rng = np.random.default_rng(2)
    parameters = dict(model.named_parameters())
    assert parameters.keys() == set(names.values())
    with mt.no_grad():
        for name, theirs in names.items():
            p = ours.P[name]
            p.data = p.data.astype(float) + rng.normal(0, 0.1, p.data.shape)
            parameter = parameters[theirs]
            flip = theirs.endswith(".weight") and p.data.ndim == 2 and name != "tokens"
            array = p.data.T if flip else p.data
            parameter[-len(array) :] = mt.tensor(array)


def test_the_gpt_is_the_librarys(tour: dict[str, ModuleType], float64: None) -> None:
    """The library's has three more tokens, `<pad>`, `<s>` and `</s>`, before the characters."""
    ours = tour[NAMES[3]]
    ids = np.array([ours.encode(a, b) for a, b in [(12, 34), (0, 7), (99, 99)]])[:, :-1]
    ours.gpt(ids)  # makes the parameters
    names = {"tokens": "embedding.tokens.weight", "positions": "embedding.positions"}
    for i in range(2):
        for mine, theirs in zip("qkvo", ("query", "key", "value", "output"), strict=True):
            names |= names_of(f"{i}.self.{mine}", f"blocks.{i}.attention.{theirs}")
        names |= names_of(f"{i}.self.norm", f"blocks.{i}.add_attention.norm")
        names |= names_of(f"{i}.mlp.norm", f"blocks.{i}.add_mlp.norm")
        for part in ("up", "down"):
            names |= names_of(f"{i}.mlp.{part}", f"blocks.{i}.mlp.{part}")
    names |= names_of("norm", "norm") | {"output.W": "output.weight"}
    config = TransformerConfig(
        vocab_size=15, d_model=64, n_heads=4, n_layers=2, d_ff=128, max_length=8, dropout=0.0,
        pre_norm=True, positions="learned", tie_embeddings=False,
    )  # fmt: skip
    model = GPT(config)
    load(ours, model, names)
    compare(ours, model, names, ours.gpt(ids), model(mt.tensor(ids + 3))[..., 3:])


def test_the_encoder_decoder_is_the_librarys(tour: dict[str, ModuleType], float64: None) -> None:
    ours = tour[NAMES[4]]
    pairs = [ours.sentence_pair(tuple(options[-1] for options in ours.PARTS)),
             ours.sentence_pair(tuple(options[0] for options in ours.PARTS))]  # fmt: skip
    assert pairs[1] == ("the cat likes to eat fish", "猫 喜欢 吃 鱼")
    source = ours.encode([english for english, _ in pairs])
    target = ours.encode([chinese for _, chinese in pairs], target=True)
    assert (source == 0).any()
    ours.loss_of(source, target)  # makes the parameters
    names = {"tokens": "embedding.tokens.weight", "positions": "embedding.positions"}
    parts = [("encoder", "self", "attention"), ("decoder", "self", "self_attention"),
             ("decoder", "cross", "cross_attention")]  # fmt: skip
    for side, mine, theirs in parts:
        for kind, layer in zip("qkvo", ("query", "key", "value", "output"), strict=True):
            names |= names_of(f"{side}.0.{mine}.{kind}", f"{side}.blocks.0.{theirs}.{layer}")
        names |= names_of(f"{side}.0.{mine}.norm", f"{side}.blocks.0.add_{theirs}.norm")
    for side in ("encoder", "decoder"):
        for part in ("up", "down"):
            names |= names_of(f"{side}.0.mlp.{part}", f"{side}.blocks.0.mlp.{part}")
        names |= names_of(f"{side}.0.mlp.norm", f"{side}.blocks.0.add_mlp.norm")
        names |= names_of(f"{side}.norm", f"{side}.norm")
    names["output.W"] = "output.weight"
    config = TransformerConfig(
        vocab_size=len(ours.VOCABULARY), d_model=64, n_heads=4, n_layers=1, d_ff=128,
        max_length=18, dropout=0.0, pre_norm=True, positions="learned", tie_embeddings=False,
    )  # fmt: skip
    model = Transformer(config)
    load(ours, model, names)
    expected = model.loss(mt.tensor(source), mt.tensor(target))
    assert math.isclose(ours.loss_of(source, target).data.item(), expected.item(), rel_tol=1e-9)
    read = target[:, :-1]
    compare(
        ours, model, names,
        ours.decoder(read, *ours.encoder(source)), model(mt.tensor(source), mt.tensor(read)),
    )  # fmt: skip
