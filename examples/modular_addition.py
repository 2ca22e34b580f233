"""A GPT groks addition modulo 97.

    python examples/modular_addition.py

It sees half of the table again and again. Soon it knows that half by heart, and nothing of the
other: it overfits. Long after, when there seems to be nothing left to learn, it generalizes. Look
at both curves in `runs/modular-addition/loss.png`.

    transformer solve runs/modular-addition 77+30

The task is in `transformer/tasks/modular.py`; `examples/addition.py` says where to read on.
"""

from transformer.cli import Parser, add_training_flags, run_command
from transformer.tasks import ModularAddition

if __name__ == "__main__":
    parser = Parser(
        prog="python examples/modular_addition.py", description="A GPT groks addition modulo 97."
    )
    add_training_flags(parser, ModularAddition)
    raise SystemExit(run_command(parser))
