"""A BERT learns to fill gaps in sentences.

    python examples/fill_the_gap.py

It is a masked language model: which word is hidden in `yesterday the girl ___ milk .`? The words on
both sides say it. Ask it for a gap that several words fill, such as `today the girl drinks ___ .`,
and it divides the probability among them.

    transformer solve runs/fill-the-gap "yesterday the girl ___ milk ."

The task is in `transformer/tasks/gap.py`; `examples/addition.py` says where to read on.
"""

from transformer.cli import Parser, add_training_flags, run_command
from transformer.tasks import FillTheGap

if __name__ == "__main__":
    parser = Parser(
        prog="python examples/fill_the_gap.py",
        description="A BERT learns to fill gaps in sentences.",
    )
    add_training_flags(parser, FillTheGap)
    raise SystemExit(run_command(parser))
