"""A Transformer learns to copy.

    python examples/copying.py

Copying shows cross-attention at its simplest. Look at `runs/copy/attention.png` afterwards: in some
head, each letter of the answer attends to the letter in the same place of the question.

    transformer solve runs/copy hadbc

The task is in `transformer/tasks/strings.py`; `examples/addition.py` says where to read on.
"""

from transformer.cli import Parser, add_training_flags, run_command
from transformer.tasks import Copy

if __name__ == "__main__":
    parser = Parser(prog="python examples/copying.py", description="A Transformer learns to copy.")
    add_training_flags(parser, Copy)
    raise SystemExit(run_command(parser))
