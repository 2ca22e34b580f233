"""A Transformer learns to translate numbers in words from English to Chinese.

    python examples/numbers_in_words.py

`three hundred and five` becomes `三百零五`. English counts in thousands, Chinese in ten thousands.
The examples are made with the packages num2words and cn2an: `pip install -e '.[tasks]'`.

    transformer solve runs/numbers "ninety-eight thousand and one"

The task is in `transformer/tasks/numbers.py`; `examples/addition.py` says where to read on.
"""

from transformer.cli import Parser, add_training_flags, run_command
from transformer.tasks import Numbers

if __name__ == "__main__":
    parser = Parser(
        prog="python examples/numbers_in_words.py",
        description="A Transformer learns to translate numbers in words from English to Chinese.",
    )
    add_training_flags(parser, Numbers)
    raise SystemExit(run_command(parser))
