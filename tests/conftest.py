"""How the tests draw their examples: the same ones in every run, unless asked otherwise.

`--hypothesis-profile=explore` draws new examples each time, and more of them.
"""

from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=25)
settings.register_profile("explore", deadline=None, max_examples=200)
settings.load_profile("ci")
