"""The base model of the paper, at its real size, within 8 GiB."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Address space is what the system can limit; it counts more than the memory in use.
WITHIN_8_GIB = """
import resource, runpy
resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30, 8 * 2**30))
runpy.run_path("examples/paper_base.py", run_name="__main__")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere this limit is not kept")
def test_a_forward_and_a_backward_pass_fit() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHIN_8_GIB],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = dict(re.split("  +", line, maxsplit=1) for line in done.stdout.splitlines())
    assert shown["parameters"] == "63,082,496"
    assert shown["batch"].startswith("125 pairs")
    assert float(shown["loss"].split(",")[0]) == pytest.approx(10.52, abs=0.3)  # ln 37,000
    assert "backward" in shown


def test_where_the_system_does_not_tell_the_memory_the_rest_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)  # as on Windows
    example = runpy.run_path(str(ROOT / "examples" / "paper_base.py"))
    assert example["peak_memory"]() is None
