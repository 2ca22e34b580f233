"""Files: what comes back as from PyTorch's, and how a file of PyTorch's is converted."""

from __future__ import annotations

import io
from argparse import Namespace
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import minitorch


@dataclass
class Config:
    n_layer: int = 2
    names: set[str] = field(default_factory=lambda: {"a", "b"})

    def __post_init__(self) -> None:
        self.width = 4 * self.n_layer


class Mode(Enum):
    TRAIN = "train"


VALUES = [
    Namespace(lr=0.1, path=Path("runs"), betas=(0.9, 0.95), sizes={1: [None, True]}),
    SimpleNamespace(a={1, frozenset({2})}, b="ü"),
    {"config": Config(3), "modes": [Mode.TRAIN, {Mode.TRAIN: 1}], "inf": float("-inf")},
]


def back(library: Any, value: Any, **options: Any) -> Any:
    file = io.BytesIO()
    library.save(value, file)
    file.seek(0)
    return library.load(file, **options)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_the_same_comes_back_as_from_pytorchs_file(value: Any) -> None:
    theirs = back(torch, value, weights_only=False)
    with minitorch.serialization.safe_globals([Config, Mode]):
        ours = back(minitorch, value, weights_only=False)
    assert type(ours) is type(theirs)
    assert ours == theirs == value
    if isinstance(value, dict):
        assert vars(ours["config"]) == vars(theirs["config"]) == vars(value["config"])


def test_classes_are_allowed_by_the_same_calls() -> None:
    for library in (torch, minitorch):
        serialization = library.serialization
        before = serialization.get_safe_globals()
        with serialization.safe_globals([Config, set]):
            assert back(library, Config(3), weights_only=True) == Config(3)
            assert set(serialization.get_safe_globals()) == {*before, Config, set}
        assert set(serialization.get_safe_globals()) == set(before)
        serialization.add_safe_globals([Mode])
        assert back(library, Mode.TRAIN, weights_only=True) is Mode.TRAIN
        serialization.clear_safe_globals()
        serialization.add_safe_globals(before)


def test_a_file_of_pytorchs_is_converted_by_the_line_that_its_refusal_says(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 3).state_dict(), tmp_path / "theirs.pt")
    with pytest.raises(minitorch.CheckpointError, match="PyTorch's save writes it") as refused:
        minitorch.load(tmp_path / "theirs.pt")
    line = str(refused.value).partition("installed: ")[2]
    names = {"torch": torch, "minitorch": minitorch}
    exec(line, {**names, "f": tmp_path / "theirs.pt", "g": tmp_path / "ours"})
    model = minitorch.nn.Linear(2, 3)
    model.load_state_dict(minitorch.load(tmp_path / "ours"))
    theirs = torch.load(tmp_path / "theirs.pt")
    assert {k: v.tolist() for k, v in model.state_dict().items()} == {
        k: v.tolist() for k, v in theirs.items()
    }
