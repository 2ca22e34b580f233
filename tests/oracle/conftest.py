"""What both libraries draw at random is the same in every run."""

from __future__ import annotations

import pytest
import torch

import minitorch


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)
    minitorch.manual_seed(0)
