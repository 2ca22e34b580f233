"""docs/from-pytorch.md is what docs/from_pytorch.py makes of the code today."""

from __future__ import annotations

import re
from pathlib import Path
from runpy import run_path

DOCS = Path(__file__).parents[1] / "docs"


def test_the_page_is_of_todays_code() -> None:
    """If this fails, a name has come or gone: run `python docs/from_pytorch.py`."""
    page = (DOCS / "from-pytorch.md").read_text(encoding="utf-8")
    assert page == run_path(str(DOCS / "from_pytorch.py"))["page"]()


def test_each_name_has_its_row() -> None:
    page = (DOCS / "from-pytorch.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", page, re.MULTILINE)
    assert "other" not in dict(rows)
    cells = [cell.split() for _, row in rows for cell in row.split(" | ")]
    listed = {word.strip("`") for words in cells for word in words}
    for name in ("softmax", "zero_", "LayerNorm", "cross_entropy", "AdamW", "named_parameters"):
        assert name in listed
