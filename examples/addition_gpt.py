"""A GPT learns to add.

    python examples/addition_gpt.py

A language model, which only continues texts, can answer questions too: the question is the
beginning of the text, `12+345=`, and the answer is its continuation. The loss counts the tokens of
the answer alone. Compare with `examples/addition.py`: the same sums, with less than half of the
parameters.

    transformer solve runs/addition-gpt "12+34"

The task is in `transformer/tasks/addition.py`; `examples/addition.py` says where to read on.
"""

from transformer.cli import Parser, add_training_flags, run_command
from transformer.tasks import AdditionGPT

if __name__ == "__main__":
    parser = Parser(prog="python examples/addition_gpt.py", description="A GPT learns to add.")
    add_training_flags(parser, AdditionGPT)
    raise SystemExit(run_command(parser))
