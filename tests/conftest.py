"""How the tests draw their examples: the same ones in every run, unless asked otherwise.

`--hypothesis-profile=explore` draws new examples each time, and more of them.
"""

import os

# Before NumPy loads: two test processes with two threads each would wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=25)
settings.register_profile("explore", deadline=None, max_examples=200)
settings.load_profile("ci")
