"""A Transformer learns to write backwards.

    python examples/reversing.py

The first letter of the answer is the last one of the question, wherever that is. The diagonal that
`examples/copying.py` draws is turned round in `runs/reverse/attention.png`.

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
