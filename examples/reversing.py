"""A Transformer learns to write backwards.

    python examples/reversing.py

The first letter to write is the last one read, wherever that is. In `runs/reverse/attention.png`
the diagonal of `examples/copying.py` has turned round.

    transformer solve runs/reverse hadbc

The task is in `transformer/tasks/strings.py`; `examples/addition.py` says where to read on.
"""

from transformer.cli import Parser, add_training_flags, run_command
from transformer.tasks import Reverse

if __name__ == "__main__":
    parser = Parser(
        prog="python examples/reversing.py", description="A Transformer learns to write backwards."
    )
    add_training_flags(parser, Reverse)
    raise SystemExit(run_command(parser))
