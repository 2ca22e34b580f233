"""What a trained model can do: exact match, answers right and wrong, and pictures."""

from __future__ import annotations

import shlex
from functools import partial

import numpy as np
from rich.console import Console
from rich.table import Table

from minitorch import no_grad
from minitorch.autograd import Array

from .explain import trace
from .models import Transformer
from .runs import Run
from .tasks import TextToText
from .training import Training

TESTED = 5000


def report(run: Run, training: Training, console: Console) -> None:
    """Test the run's best parameters, show some answers, and draw the run's pictures.

    The test is on held-out examples that no evaluation during training has used, so that none of
    them had a part in choosing the best parameters; unless there are no others, as with numbers of
    one or two digits.
    """
    from .explain.pictures import draw_attention, draw_metrics

    task, model = run.load()
    assert isinstance(task, TextToText)
    seen = training.config.evaluate_on
    examples = task.held_out_examples(seen, seen + TESTED) or task.held_out_examples(0, TESTED)
    written = task.write(model, [source for source, _ in examples])
    right = [w == target for w, (_, target) in zip(written, examples, strict=True)]

    table = Table("", "question", "answer", "model's answer", title="held-out sums")
    wrong_ones = [i for i, r in enumerate(right) if not r][:8]
    right_ones = [i for i, r in enumerate(right) if r][: 12 - len(wrong_ones)]
    for i in right_ones + wrong_ones:
        source, target = examples[i]
        mark = "[green]right[/]" if right[i] else "[red]wrong[/]"
        table.add_row(mark, source, task.as_answer(target), task.as_answer(written[i]))
    console.print(table)

    draw_metrics(training.metrics, run.directory / "loss.png")
    source, _ = max(examples[:100], key=lambda example: sum(map(len, example)))
    weights, queries = cross_attention(model, task, source)
    draw_attention(
        weights,
        queries,
        list(source),
        f"Cross-attention while writing the answer to {source}",
        run.directory / "attention.png",
        row_label="writes",
    )
    # A line that is to be copied must not be broken, nor a path with brackets be taken for markup.
    say = partial(console.print, markup=False, soft_wrap=True)
    say(f"{run.directory}: loss.png, attention.png, metrics.csv, model.safetensors")
    path = shlex.quote(str(run.directory))
    say(f'ask it a sum of your own:  transformer solve {path} "12+34"')
    say(f"held-out exact match: {sum(right) / len(right):.2%} ({sum(right)}/{len(right)})")


@no_grad()
def cross_attention(model: Transformer, task: TextToText, source: str) -> tuple[Array, list[str]]:
    """Let the model write its answer, and record whom each step looked at in the source.

    Returns:
        the weights, (layers, heads, T_q, T_k), and the T_q tokens that the steps wrote.
    """
    ids = task.tokenizer.sources([source])
    written = task.write(model, [source])
    # What the decoder has before it at each step; an answer without an end has as many as may be.
    target = task.tokenizer.targets(written)[:, :-1][:, : task.max_length]
    with trace(model) as t:
        model(ids, target)
    layers = range(model.config.n_layers)
    weights = np.concatenate([t[f"decoder.blocks.{i}.cross_attention.weights"] for i in layers])
    return weights, [*written[0], "</s>"][: task.max_length]
