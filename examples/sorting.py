"""A GPT learns to sort.

    python examples/sorting.py

It reads letters in any order and continues with the same ones in alphabetical order, each as often
as it was there. The letters that it has generated so far say which are left.

    transformer solve runs/sort hadbcaj

The task is in `transformer/tasks/strings.py`; `examples/addition.py` says where to read on.
"""

from transformer.cli import Parser, add_training_flags, run_command
from transformer.tasks import Sort

if __name__ == "__main__":
    parser = Parser(prog="python examples/sorting.py", description="A GPT learns to sort.")
    add_training_flags(parser, Sort)
    raise SystemExit(run_command(parser))
