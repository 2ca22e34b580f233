"""What teaches the same: how long does a training step take there?

    python -m pip install -e '.[bench,peers]'
    python -m benchmarks --only peers

Each is imported from its own package, and does the largest of three works that it can, in the
fastest way that we found with what it offers, in single precision where it has it, and on as many
threads as the others. All sides of a work start from the same parameters and data, and their first
losses agree.

autograd    HIPS autograd: the GPT. Adam is ours on NumPy, as its own keeps to double precision
mygrad      MyGrad: the GPT. It has no optimizers; Adam is ours on NumPy
tinygrad    tinygrad on the CPU: the GPT, all of a step compiled by `TinyJit`. Needs clang
cornell     minitorch of Cornell Tech's course: the GPT. It has no Adam; ours on NumPy
tinytorch   TinyTorch of the book Machine Learning Systems: an MLP. No gradient passes the loops of
            its attention, and that of its layer norm leaves out the deviation
micrograd   micrograd: a very small MLP, as it computes with single numbers
parameters  the first parameters, as they multiply
adam        Adam on NumPy arrays

The two courses are not published as packages: on the package index, `minitorch` and `tinytorch` are
other people's, and `minitorch` there writes into PyTorch's folder. They are looked for in folders
of their own, Cornell's before our package of the same name:

    git clone https://github.com/celine-lee/minitorch build/peers/minitorch

The course publishes its exercises; this copy has them solved. Your own solution can take its place.

    git clone https://github.com/MLSysBook/TinyTorch build/peers/TinyTorch
    python -m pip install jupytext 'nbdev<3' 'fastcore<1.9'    # in an environment of its own
    cd build/peers/TinyTorch && python -m tito.main src export --all

The last command writes the package from the book's solved chapters.
"""

from __future__ import annotations

import sys
from pathlib import Path

CLONES = Path(__file__).parents[2] / "build" / "peers"


def add_clone(name: str) -> None:
    """Let `import` find the packages in build/peers/name, before all others of the same name."""
    clone = CLONES / name
    if not clone.exists():
        sys.exit(f"not installed: build/peers/{name}")
    sys.path.insert(0, str(clone))
