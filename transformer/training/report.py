"""The report on a trained model: right and wrong answers, its metrics, and pictures."""

from __future__ import annotations

import shlex
from functools import partial
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from minitorch import no_grad
from minitorch.autograd import Array

from ..explain import trace
from ..model.models import GPT, Transformer
from ..tasks import Model, TextToText
from ..text.tokenizer import BOS, EOS, stack
from .directory import RunError, shown
from .run import Run
from .state import TrainingState

TESTED = 5000  # held-out examples


def _check(value: object, kind: type) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"a report needs a {kind.__name__}, not a {type(value).__name__}")


def answers(task: TextToText[Any], examples: list[tuple[str, str]], generated: list[str]) -> Table:
    """Return a table of up to 12 answers: up to 8 wrong ones, the rest right.

    Raises:
        ValueError: there is not one text for each example.
    """
    if len(generated) != len(examples):
        raise ValueError(f"answers: {len(generated)} texts for {len(examples)} examples")
    right = [text == target for text, (_, target) in zip(generated, examples, strict=True)]
    wrong_ones = [i for i, r in enumerate(right) if not r][:8]
    right_ones = [i for i, r in enumerate(right) if r][: 12 - len(wrong_ones)]
    title = f"{sum(right)} of {len(right)} held-out answers are right"
    table = Table("", "question", "answer", "model's answer", title=title)
    for i in right_ones + wrong_ones:
        mark = "[green]right[/]" if right[i] else "[red]wrong[/]"
        source, target = examples[i]
        cells = source, task.as_answer(target), task.as_answer(generated[i])
        table.add_row(mark, *map(escape, cells))
    return table


@no_grad()
def attention(
    model: Model, task: TextToText[Any], source: str
) -> tuple[Array, list[str], list[str]]:
    """Let the model answer, and trace its attention weights: which token attends to which.

    Returns:
        the weights, (layers, heads, T_q, T_k), with the T_q tokens of the queries and the T_k of
        the keys. In an encoder-decoder it is the cross-attention: a row is a step of the answer,
        named by the token that it generates, and attends to the source. In the others it is the
        self-attention, in which the tokens attend to each other.
    """
    tokenizer = task.tokenizer
    question = tokenizer.encode(source)
    answer = [*tokenizer.encode(task.generate(model, [source])[0]), EOS][: task.longest[1] + 1]
    with trace(model) as t:
        if isinstance(model, Transformer):
            model(stack([question]), stack([[BOS, *answer[:-1]]]))
            kind, rows, columns = "cross_attention.weights", answer, question
        elif isinstance(model, GPT):
            rows = columns = [*question, BOS, *answer[:-1]]
            model(stack([rows]))
            kind = "attention.weights"
        else:
            rows = columns = question
            model(stack([question]))
            kind = "attention.weights"
    weights = np.concatenate([array for name, array in t.items() if name.endswith(kind)])
    return weights, [tokenizer.tokens[i] for i in rows], [tokenizer.tokens[i] for i in columns]


def test(run: Run, console: Console) -> str:
    """Test the run's best parameters on held-out examples, and print answers and metrics.

    The evaluations during training, by which the best parameters were chosen, used the first
    held-out examples: they are the validation set. The test set is those after them. Where none are
    left, as with sums of one or two digits, the validation set serves again.

    Returns:
        the last metric, in a line, which is left to the caller to print.
    """
    _check(run, Run)
    task, _, config = run.config()
    task.require_packages()
    task, model = run.load()
    start = config.evaluate_on
    if not len(task.held_out_examples(start, start + TESTED)):
        start = 0
    if isinstance(task, TextToText):
        examples = task.held_out_examples(start, start + TESTED)
        generated = task.generate(model, [source for source, _ in examples])
        console.print(answers(task, examples, generated))
        metrics = task.measure(model, examples, generated)
    else:
        console.print(task.solve(model, task.question), markup=False)
        metrics = task.evaluate(model, start, start + TESTED)
    lines = [f"held-out loss: {metrics['held_out_loss']:.4f} nats a token"]
    lines.append(f"held-out perplexity: {metrics['perplexity']:.4f}")
    if "bleu" in metrics:
        lines.append(f"held-out BLEU: {metrics['bleu']:.2f}")
    if "exact_match" in metrics:
        right, n = metrics["exact_match"], len(examples)
        lines.append(f"held-out exact match: {right:.2%} ({round(right * n)}/{n})")
    console.print(*lines[:-1], sep="\n")
    return lines[-1]


def report(run: Run, training: TrainingState, console: Console) -> None:
    """Draw the run's pictures, test its best parameters, and say how to ask its model.

    Raises:
        RunError: the run has no model and no metrics yet, or a picture cannot be written.
    """
    from ..explain.pictures import draw_attention, draw_metrics

    _check(run, Run)
    _check(training, TrainingState)
    if not training.metrics:
        raise RunError(f"the training in {shown(run.directory)} has not been evaluated yet")
    task, model = run.load()
    with run.writing("loss.png") as path:
        draw_metrics(training.metrics, path)
    pictures = "loss.png"
    if isinstance(task, TextToText):
        source, _ = max(task.held_out_examples(0, 100), key=lambda example: sum(map(len, example)))
        weights, rows, columns = attention(model, task, source)
        title = f"Attention while answering {source}"
        label = "writes" if isinstance(model, Transformer) else "token"
        with run.writing("attention.png") as path:
            draw_attention(weights, rows, columns, title, path, row_label=label)
        pictures += ", attention.png"
    result = test(run, console)
    # Paths and commands are copied from here: no line breaks, and brackets are no markup.
    say = partial(console.print, markup=False, soft_wrap=True)
    say(f"{run.directory}: {pictures}, metrics.csv, model.safetensors")
    ask = f"transformer solve {shlex.quote(str(run.directory))} {shlex.quote(task.question)}"
    say(f"ask it something of your own:  {ask}")
    say(result)
