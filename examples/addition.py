"""A Transformer learns to add.

    python examples/addition.py

It sees characters, `12+345=`, and is shown the right answers to a small part of all sums. Nobody
tells it that they are digits, what their places mean, or how to carry. In less than a minute it
answers sums that it has never seen. The trained model is in `runs/addition/`; ask it with

    transformer solve runs/addition "12+34"

The parts, in the README's order:

    transformer/model/models.py         the Transformer, and from there each of its boxes
    transformer/decoding/sampling.py    generating the answer, token by token
    transformer/tasks/addition.py       the questions and answers, and which are held out
    transformer/training/loop.py        one step of training, and the loop
"""

from transformer.cli import Parser, add_training_flags, run_command
from transformer.tasks import Addition

if __name__ == "__main__":
    parser = Parser(prog="python examples/addition.py", description="A Transformer learns to add.")
    add_training_flags(parser, Addition)
    raise SystemExit(run_command(parser))
