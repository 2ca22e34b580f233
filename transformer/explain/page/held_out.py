"""What the model does on held-out examples: what excites its units, and where it is mistaken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, TypeAlias

import numpy as np

import minitorch as mt
from minitorch.autograd import Array

from ...model.mlp import MLP, SwiGLU
from ...tasks import Characters, Model
from .. import asking
from .encoding import rounded

Examples: TypeAlias = list[tuple[str, str]]

SHOWN, STRONGEST = 300, 5  # examples that the units see, and those that are kept for each
TESTED, LISTED = 1000, 30  # examples among which mistakes are sought, and those that are listed
PART = 100  # examples that the model reads at once


def examples(task: Any, n: int) -> Examples:
    """Return the first n held-out examples, (source, target); all, if they are fewer.

    A piece of a text is cut into what is read, and as many characters that follow.

    Raises:
        MissingPackage, DataError: they cannot be made here.
    """
    task.require_packages()
    held_out = task.held_out_examples(0, n)
    if not isinstance(task, Characters):
        return list(held_out)
    half, join = task.context // 2, task.tokenizer.join
    return [(join(ids[:half].tolist()), join(ids[half : 2 * half].tolist())) for ids in held_out]


def _parts(held_out: Examples) -> Iterator[tuple[list[str], list[str]]]:
    """Split examples into batches: yield their sources and their targets."""
    for i in range(0, len(held_out), PART):
        sources, targets = zip(*held_out[i : i + PART], strict=True)
        yield list(sources), list(targets)


# --------------------------------------------------------------------------------------- the units


def _strongest(strength: Array, rows: Array, values: Array) -> list[list[list[float]]]:
    """Return, for each unit, its strongest [example, row, value]; arrays (examples, d_ff)."""
    order = np.argsort(-strength, axis=0, kind="stable")[:STRONGEST]  # (≤ 5, d_ff)
    return [
        [[int(i), int(rows[i, unit]), rounded(values[i, unit])]
         for i in order[:, unit] if strength[i, unit] > 0]
        for unit in range(order.shape[1])
    ]  # fmt: skip


@mt.no_grad()
def units(task: Any, model: Model, held_out: Examples) -> dict[str, list[list[list[float]]]]:
    """Find the inputs that excite each hidden unit most, while the model reads the right answers.

    Returns:
        for the path of each MLP, for each of its units: up to five [example, row, value], the
        strongest first, each of another example. The row is that of the token, in the encoder or
        in the decoder. A unit that is never above 0 has none. Of a unit of a SwiGLU, whose sign
        means nothing, the value that is farthest from 0 counts.
    """
    found: dict[str, list[tuple[Array, Array, Array]]] = {}
    inputs: tuple[mt.Tensor, ...] = ()

    def listen(path: str, mlp: MLP | SwiGLU) -> Callable[..., None]:
        def see(layer: Any, arguments: tuple[mt.Tensor]) -> None:
            ids = inputs[0 if path.startswith("encoder.") else -1].numpy()  # (batch, T)
            hidden = arguments[0].numpy()  # (batch, T, d_ff)
            strength = np.abs(hidden) if isinstance(mlp, SwiGLU) else hidden
            strength = np.where((ids == model.config.pad)[:, :, None], 0, strength)
            row = strength.argmax(1)[:, None]  # (batch, 1, d_ff)
            best, value = (np.take_along_axis(a, row, 1)[:, 0] for a in (strength, hidden))
            found.setdefault(path, []).append((best, row[:, 0], value))

        return see

    with ExitStack() as stack:  # hooks, as a trace would run the slower definitions
        for path, mlp in model.named_modules():
            if isinstance(mlp, (MLP, SwiGLU)):
                hook = listen(path, mlp)
                stack.enter_context(mlp.down.register_forward_pre_hook(hook))
        for sources, targets in _parts(held_out):
            written = [asking.target_ids(task, target) for target in targets]
            inputs = asking.inputs(task, sources, written)
            model(*inputs)
    return {
        path: _strongest(*(np.concatenate(parts) for parts in zip(*batches, strict=True)))
        for path, batches in found.items()
    }


# ------------------------------------------------------------------------------------ the mistakes


@mt.no_grad()
def _margins(
    task: Any, model: Model, sources: list[str], written: list[list[int]]
) -> list[tuple[Array, Array]]:
    """Return for each answer: each token's logit less the greatest of the others; and its id."""
    logits = model(*asking.inputs(task, sources, written)).numpy()  # (batch, T, vocab_size)
    margins = []
    for table, rows, ids in zip(logits, asking.rows(task, sources, written), written, strict=True):
        others = table[rows]  # (tokens, vocab_size)
        chosen = np.take_along_axis(others, np.array(ids)[:, None], 1)
        np.put_along_axis(others, np.array(ids)[:, None], -np.inf, 1)
        margins.append((chosen[:, 0] - others.max(1), others.argmax(1)))
    return margins


def mistakes(task: Any, model: Model, held_out: Examples) -> dict[str, Any]:
    """Let the model answer held-out questions, greedily, and find where it is least certain.

    The margin of an answer is that of the written token where it is smallest: the logit of the
    token less that of the second-likeliest, ln of how many times likelier it is. Of a text to
    continue, one character is asked for.

    Returns:
        how many were tested, and how many were wrong; and in "list" up to 30, the wrong ones first,
        then those of the smallest margin. Source, target and answer are texts as the model reads
        and writes them. The step counts the written tokens from 0, of which `token` is that one;
        `rival` is the second-likeliest there.
    """
    found = []
    text = isinstance(task, Characters)
    for sources, targets in _parts(held_out):
        length = 1 if text else asking.longest_answer(task)
        written = asking.answers(task, model, sources, length)
        margins = _margins(task, model, sources, written)
        for source, target, ids, (margin, rivals) in zip(
            sources, targets, written, margins, strict=True
        ):
            target = target[:1] if text else target
            answer, step = task.tokenizer.decode(ids), int(margin.argmin())
            found.append({
                "source": source, "target": target, "answer": answer, "right": answer == target,
                "margin": rounded(margin[step]), "step": step, "token": ids[step],
                "rival": int(rivals[step]),
            })  # fmt: skip
    found.sort(key=lambda one: (one["right"], one["margin"]))
    wrong = sum(not one["right"] for one in found)
    return {"tested": len(found), "wrong": wrong, "list": found[:LISTED]}
