"""How fast is it? Side by side with PyTorch, torch.compile, JAX, and with what teaches the same.

    python -m pip install -e '.[bench,peers]'
    python -m benchmarks

What is not installed is left out, and its row says so.

And does it learn as well? The same training in both, with both losses:

    python -m benchmarks.learning

Each side runs in a process of its own, or in two, and the sides take turns: ours, theirs, ours, …,
so that a machine that slows down slows down all of them. All start from the same parameters and
data, and a row is measured only if their first losses agree: what is compared is the same
computation.

works       what is measured, and the goals
start       the parameters and data that all sides start from
ours        the works on minitorch and transformer
in_ranks    the training steps among them on two ranks, under mpiexec
models_torch, models_jax    the same models, as their users would write them
in_torch, in_jax            the works on those
peers       the works on what teaches the same, a module for each
worker      a process that does a work whenever it is told to
turns       the workers, one after the other, round after round
processes   what is measured from outside: imports, and training from a cold start
profile     where a training step of ours spends its time
learning    what the same training reaches here and in PyTorch
sizes       cost against size, as a plot
ranks       what the step of a rank consists of, and what a message takes
simulation  a training step of many ranks, simulated
scaling     what both let us expect of 2 to 64 ranks; see docs/scaling.md
machine     what it was measured on
report      the tables
ranges      the table of several runs
"""
