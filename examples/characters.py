"""A GPT learns to write, character by character.

    python examples/characters.py

It is a language model: it predicts the next character of a text. By default the text is the help
that comes with Python; `--text FILE` takes one of yours. Afterwards it continues what you begin:

    transformer solve runs/characters "The function "

The task is in `transformer/tasks/characters.py`; `examples/addition.py` says where to read on.
"""

from transformer.cli import Parser, add_training_flags, run_command
from transformer.tasks import Characters

if __name__ == "__main__":
    parser = Parser(
        prog="python examples/characters.py",
        description="A GPT learns to write, character by character.",
    )
    add_training_flags(parser, Characters)
    raise SystemExit(run_command(parser))
