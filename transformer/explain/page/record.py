"""What a page embeds: the model's weights, the question as NumPy answered it, and what else it did.

    weights       float32, from which the page computes everything again, in float64
    reference     every named activation of the page's first question, as computed here in float64;
                  of a long text every n-th row of each, n being `reference_step`
    code          the lines of Python behind each box        `sources.py`
    units, mistakes    of held-out examples                  `held_out.py`
    learning      what was recorded during the training      `learned.py`

An array is {"shape": [...], "data": base64}, little-endian. Of the run to compare with, `compare`
holds only the entries in which it differs from the first.
"""

from __future__ import annotations

import copy
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minitorch.autograd import Array

from ...decoding.strategy import Decoding
from ...model.attention import MultiHeadAttention
from ...tasks import Characters, DataError, MissingPackage, Model, Task, TextToText
from ...text.tokenizer import CharTokenizer, WordTokenizer
from ...training.saved import SavedRun
from .. import asking
from ..explanation import explained, forward, in_float64
from ..trace import Trace, trace
from . import held_out
from .encoding import encoded
from .learned import learned
from .sources import sources

MOST_PARAMETERS = 5_000_000  # of a model that a page computes with; of a larger one it is a record
MOST_ROWS = 16  # of an array that a page only compares with its own
TOKENIZERS = {CharTokenizer: "characters", WordTokenizer: "words"}


@dataclass(frozen=True)
class Subject:
    """What a page explains: a model that has learned a task.

    Attributes:
        task: the task.
        model: the model.
        run: what the page calls its run.
        saved: the run on disk, of whose training the page tells; None: of nothing.

    Raises:
        ValueError: the task's questions and answers are no texts.
    """

    task: Task
    model: Model
    run: str = ""
    saved: SavedRun | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.task, (TextToText, Characters)):
            raise ValueError(
                "a page explains a TextToText or Characters, whose questions and answers are "
                f"texts, and no {type(self.task).__name__}"
            )

    @classmethod
    def load(cls, directory: Path) -> Subject:
        """Load a run. The page calls it by its path, of which it says what is below this directory.

        Raises:
            RunError: there is no run, or it is damaged.
            ValueError: as above.
        """
        saved = SavedRun(directory)
        below = directory.parts and not directory.is_absolute() and ".." not in directory.parts
        name = directory.as_posix() if below else directory.resolve().name
        return cls(*saved.load(), name, saved)


def _weights(model: Model) -> dict[str, Array]:
    """Return the parameters by their paths, and the tables of fixed positions."""
    arrays = {path: tensor.numpy() for path, tensor in model.state_dict().items()}
    for path, buffer in model.named_buffers():
        if path.endswith((".positions", ".cos", ".sin")):
            arrays[path] = buffer.numpy()
    return arrays


def resolved(model: Model) -> dict[str, Any]:
    """Return the configuration; what it leaves to the rest of it is said."""
    config = asdict(model.config)
    attention = next(m for m in model.modules() if isinstance(m, MultiHeadAttention))
    config |= {"n_kv_heads": attention.n_kv_heads, "d_head": attention.d_head}
    if model.config.final_norm is None:
        config["final_norm"] = model.config.pre_norm
    return config


def _sampling(decoding: Decoding) -> dict[str, float] | None:
    """Return how `transformer solve` draws its tokens; None where it takes the likeliest."""
    found = {"temperature": decoding.temperature, "top_k": decoding.top_k, "top_p": decoding.top_p}
    return {name: x for name, x in found.items() if x is not None} or None


def _is_reversed(task: Any) -> bool:
    """Does the model write an answer's last character first, as the units of a sum?"""
    pair = "".join(task.tokenizer.tokens[3:5])  # after the special tokens
    return isinstance(task, TextToText) and task.as_answer(pair) == pair[::-1]


def _described(task: Any) -> dict[str, Any]:
    """Return what the page needs of a task; of its own fields, those that are numbers.

    Texts among them may be a path on this machine, which is nobody's business.
    """
    own = {name: value for name, value in asdict(task).items() if isinstance(value, (int, float))}
    text = isinstance(task, Characters)
    return own | {
        "name": task.name,
        "summary": task.summary,
        "question": task.question,
        "architecture": asking.architecture(task),
        "longest": [task.context // 2] * 2 if text else list(task.longest),
        "tokenizer": TOKENIZERS.get(type(task.tokenizer), "other"),
        "tokens": list(task.tokenizer.tokens),
        "sampling": _sampling(task.decoding),
        "reversed": _is_reversed(task),
    }


def activations(record: Trace) -> dict[str, Array]:
    """Return every named activation, without the axis of the batch, which has one row."""
    # Positions, the same for each text of a batch, are (T, d_model) from the start.
    return {name: array[0] if array.ndim > 2 else array for name, array in record.named().items()}


def _examples(task: Task) -> held_out.Examples:
    """Return held-out examples; none where they cannot be made here."""
    try:
        return held_out.examples(task, held_out.TESTED)
    except (MissingPackage, DataError):
        return []


def payload(subject: Subject, question: str, lang: str = "en") -> dict[str, Any]:
    """Return what a page of one model embeds.

    Raises:
        ValueError: the question is none of the task.
    """
    task: Any = subject.task
    saved = subject.saved
    model = copy.deepcopy(subject.model).float().eval()
    exact = explained(task, in_float64(model), question)
    reference = activations(exact.trace)
    with trace(model) as t:
        forward(model, exact.inputs)
    usual = activations(t)
    parameters = sum(p.numel() for p in model.parameters())
    weights, examples, step = None, [], 1
    if parameters <= MOST_PARAMETERS:
        weights = {path: encoded(array, "<f4") for path, array in _weights(model).items()}
        examples = _examples(task)
        step = math.ceil(max(array.shape[-2] for array in reference.values()) / MOST_ROWS)
    shown = examples[: held_out.SHOWN]
    return {
        "format": 1,
        "lang": lang,
        "run": subject.run,
        "kind": type(model).__name__,
        "config": resolved(model),
        "parameters": parameters,
        "task": _described(task),
        "weights": weights,
        "question": question,
        "source": exact.source,
        "answer": exact.text,
        "prompt": exact.prompt,
        "written": exact.answer,
        "reference": {
            name: encoded(array[..., ::step, :], "<f8") for name, array in reference.items()
        },
        "reference_step": step,
        "float32_difference": max(
            float(np.abs(usual[name] - array).max()) for name, array in reference.items()
        ),
        "code": sources(task, model),
        "examples": shown,
        "units": held_out.units(task, model, shown) if shown else {},
        "mistakes": held_out.mistakes(task, model, examples),
        "learning": saved and learned(saved, task, model, exact.source, examples),
        "compare": None,
    }
