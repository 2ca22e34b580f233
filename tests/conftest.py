"""How the tests draw their examples: the same ones in every run, unless asked otherwise.

`--hypothesis-profile=explore` draws new examples each time, and more of them. What Hypothesis keeps
from one run to the next lies in the system's temporary directory, not in the tree.
"""

import os
import tempfile
from pathlib import Path

# Before NumPy loads: two test processes with two threads each would wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

user = getattr(os, "getuid", int)()  # 0 on Windows, where each user has a directory of their own
set_hypothesis_home_dir(Path(tempfile.gettempdir()) / f"hypothesis-{user}")
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=25)
settings.register_profile("explore", deadline=None, max_examples=200)
settings.load_profile("ci")
