"""What the tables of misuse share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the working directory an empty one, where the misuses may write."""
    monkeypatch.chdir(tmp_path)
