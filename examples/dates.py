"""A Transformer learns to translate dates from English to Chinese.

    python examples/dates.py

`Monday, January 5, 2026` becomes `2026年1月5日星期一`. The model sees characters and nothing else,
and is tested on years that it was never shown. The examples are made with the package Babel:
`pip install -e '.[tasks]'`.

    transformer solve runs/dates "Monday, January 5, 2026"

The task is in `transformer/tasks/dates.py`; `examples/addition.py` says where to read on.
"""

from transformer.cli import Parser, add_training_flags, run_command
from transformer.tasks import Dates

if __name__ == "__main__":
    parser = Parser(
        prog="python examples/dates.py",
        description="A Transformer learns to translate dates from English to Chinese.",
    )
    add_training_flags(parser, Dates)
    raise SystemExit(run_command(parser))
