"""Configurations, tasks and trainings held wrong: see `misuse.py`."""

from __future__ import annotations

import io
import math
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from misuse import Misuse, check
from rich.console import Console

import minitorch as mt
from minitorch import nn, optim
from transformer import GPT, TransformerConfig
from transformer.tasks import Addition, AdditionGPT, Characters, Copy, Dates, FillTheGap, Sort
from transformer.training import Training, TrainingConfig, TrainingState, train
from transformer.training.checks import Diverged
from transformer.training.progress import Progress
from transformer.training.run import Run
from transformer.training.schedule import multiplier, warmup_and_decay

BASE: dict[str, Any] = {"vocab_size": 20, "d_model": 8, "n_heads": 2, "n_layers": 1, "d_ff": 8}
SMALL: dict[str, Any] = {"d_model": 8, "n_heads": 2, "n_layers": 1}
RNG = np.random.default_rng(0)


def model(**changes: Any) -> TransformerConfig:
    return TransformerConfig(**BASE | changes)


def config(**changes: Any) -> TrainingConfig:
    return TrainingConfig(**{"steps": 3, "batch_size": 2, "evaluate_on": 3} | changes)


def training(**changes: Any) -> Training:
    return Training(Copy(), Copy().model_config(**SMALL), config(**changes))


@cache
def trained() -> Training:
    one = training()
    one.advance()
    return one


def state(**changes: Any) -> dict[str, Any]:
    return trained().state_dict() | changes


def sgd() -> optim.SGD:
    return optim.SGD([mt.zeros(1, requires_grad=True)], lr=1.0)


def progress() -> Progress:
    return Progress(Console(file=io.StringIO()), 0, 3, 2)


def finished() -> Training:
    one = training(steps=1)
    one.advance()
    return one


def nan_training() -> Training:
    one = training()
    one.parameters[0].array[:] = math.nan
    return one


def beyond_the_end() -> None:
    optimizer = sgd()
    scheduler = warmup_and_decay(optimizer, 0.1, steps=2)
    for _ in range(3):
        optimizer.step()
        scheduler.step()


def short_text() -> str:
    path = Path(tempfile.gettempdir()) / "a short text"
    path.write_text("too short")
    return str(path)


def any_model(task: Any) -> Any:
    return task.model(task.model_config(**SMALL))


V, T = ValueError, TypeError

MODELS = [
    Misuse("no tokens", lambda: model(vocab_size=0), V, "vocab_size must be .* from 1 .* not 0"),
    Misuse("vocab_size a float", lambda: model(vocab_size=20.0), V, "vocab_size .* whole .* 20.0"),
    Misuse("vocab_size a vocabulary", lambda: model(vocab_size=["a"]), V, r"vocab_size .*\['a'\]"),
    Misuse("vocab_size a billion", lambda: model(vocab_size=10**9), V, "vocab_size .* 10,000,000"),
    Misuse("special tokens outside", lambda: model(vocab_size=2), V, "eos=2 is not an id below 2"),
    Misuse("d_model a bool", lambda: model(d_model=True), V, "d_model must be a whole .* not True"),
    Misuse("d_model a text", lambda: model(d_model="8"), V, "d_model must be a whole .* not '8'"),
    Misuse("d_model None", lambda: model(d_model=None), V, "d_model must be a whole .* not None"),
    Misuse("d_model a tensor", lambda: model(d_model=mt.tensor(8)), V, "d_model must be a whole"),
    Misuse("d_model below 0", lambda: model(d_model=-8), V, "d_model .* not -8"),
    Misuse("d_model 2**40", lambda: model(d_model=2**40), V, "d_model .* 32,768, not 1099511627776"),
    Misuse("d_model odd for its heads", lambda: model(d_model=7), V, "d_model=7 cannot be divided"),
    Misuse("d_model inf", lambda: model(d_model=math.inf), V, "d_model must be a whole .* not inf"),
    Misuse("no heads", lambda: model(n_heads=0), V, "n_heads must be .* not 0"),
    Misuse("half a head", lambda: model(n_heads=0.5), V, "n_heads must be a whole .* not 0.5"),
    Misuse("more heads than dimensions", lambda: model(n_heads=16), V, "among n_heads=16"),
    Misuse("no heads of keys", lambda: model(n_kv_heads=0), V, "n_kv_heads must be .* not 0"),
    Misuse("heads of keys below 0", lambda: model(n_kv_heads=-1), V, "n_kv_heads .* not -1"),
    Misuse("heads of keys a float", lambda: model(n_kv_heads=1.0), V, "n_kv_heads .* not 1.0"),
    Misuse("heads of keys a bool", lambda: model(n_kv_heads=True), V, "n_kv_heads .* not True"),
    Misuse("more heads of keys", lambda: model(n_kv_heads=4), V, "n_heads=2 .* n_kv_heads=4"),
    Misuse("no layers", lambda: model(n_layers=0), V, "n_layers must be .* not 0"),
    Misuse("layers 2**40", lambda: model(n_layers=2**40), V, "n_layers .* 1,000, not 1099511627776"),
    Misuse("layers a list", lambda: model(n_layers=[1]), V, r"n_layers .* not \[1\]"),
    Misuse("d_ff 0", lambda: model(d_ff=0), V, "d_ff must be .* not 0"),
    Misuse("d_ff None", lambda: model(d_ff=None), V, "d_ff must be .* not None"),
    Misuse("d_ff a function", lambda: model(d_ff=len), V, "d_ff must be .* function len"),
    Misuse("too large in all", lambda: model(d_model=2**15, n_layers=9), V, "more than 10,000,000"),
    Misuse("dropout 1", lambda: model(dropout=1), V, "dropout must be .* to below 1, not 1"),
    Misuse("dropout 1.5", lambda: model(dropout=1.5), V, "dropout must be .* not 1.5"),
    Misuse("dropout below 0", lambda: model(dropout=-0.1), V, "dropout must be .* not -0.1"),
    Misuse("dropout NaN", lambda: model(dropout=math.nan), V, "dropout must be .* not nan"),
    Misuse("dropout in percent", lambda: model(dropout="10%"), V, "dropout must be .* not '10%'"),
    Misuse("dropout False", lambda: model(dropout=False), V, "dropout must be .* not False"),
    Misuse("an activation unknown", lambda: model(activation="elu"), V, "one of relu, .* 'elu'"),
    Misuse("an activation in capitals", lambda: model(activation="ReLU"), V, "of relu, .* 'ReLU'"),
    Misuse("an activation a module", lambda: model(activation=nn.ReLU()), V, r"not ReLU\(\)"),
    Misuse("an activation a list", lambda: model(activation=["relu"]), V, r"not \['relu'\]"),
    Misuse("a norm unknown", lambda: model(norm="batch"), V, "one of layer, rms, not 'batch'"),
    Misuse("a norm None", lambda: model(norm=None), V, "norm must be one of layer, rms, not None"),
    Misuse("norm_eps below 0", lambda: model(norm_eps=-1e-5), V, "norm_eps .* not -1e-05"),
    Misuse("norm_eps NaN", lambda: model(norm_eps=math.nan), V, "norm_eps .* not nan"),
    Misuse("norm_eps inf", lambda: model(norm_eps=math.inf), V, "norm_eps .* 0 to 1, not inf"),
    Misuse("norm_eps a text", lambda: model(norm_eps="1e-5"), V, "norm_eps .* number .* '1e-5'"),
    Misuse("pre_norm a text", lambda: model(pre_norm="no"), V, "pre_norm must be True or False"),
    Misuse("pre_norm None", lambda: model(pre_norm=None), V, "pre_norm must be True or .* not None"),
    Misuse("final_norm 1", lambda: model(final_norm=1), V, "final_norm must be True or False, not 1"),
    Misuse("bias 0", lambda: model(bias=0), V, "bias must be True or False, not 0"),
    Misuse("tying a tensor", lambda: model(tie_embeddings=mt.tensor(True)), V, "tie_embeddings"),
    Misuse("positions unknown", lambda: model(positions="alibi"), V, "sinusoidal, learned, rotary"),
    Misuse("odd rotations", lambda: model(d_model=6, positions="rotary"), V, "n_heads = 3 is odd"),
    Misuse("no positions", lambda: model(max_length=0), V, "max_length must be .* not 0"),
    Misuse("positions 2**40", lambda: model(max_length=2**40), V, "max_length .* 10,000,000"),
    Misuse("segments below 0", lambda: model(n_segments=-1), V, "n_segments .* 0 .* not -1"),
    Misuse("segments a bool", lambda: model(n_segments=True), V, "n_segments .* not True"),
    Misuse("pad 1.5", lambda: model(pad=1.5), V, "pad must be a whole number .* not 1.5"),
    Misuse("pad None", lambda: model(pad=None), V, "pad must be a whole number .* not None"),
    Misuse("pad -100", lambda: model(pad=-100), V, "pad must be a whole number .* not -100"),
    Misuse("pad a token", lambda: model(pad="<pad>"), V, "pad must be a whole number .* '<pad>'"),
    Misuse("bos outside", lambda: model(bos=20), V, "bos=20 is not an id below 20"),
    Misuse("eos NaN", lambda: model(eos=math.nan), V, "eos must be a whole number .* not nan"),
    Misuse("a change that cannot be", lambda: replace(model(), n_heads=3), V, "among n_heads=3"),
]

TRAININGS = [
    Misuse("no steps", lambda: config(steps=0), V, "steps must be .* from 1 .* not 0"),
    Misuse("steps below 0", lambda: config(steps=-5), V, "steps must be .* not -5"),
    Misuse("steps a float", lambda: config(steps=1e3), V, "steps must be a whole .* not 1000.0"),
    Misuse("steps None", lambda: config(steps=None), V, "steps must be a whole .* not None"),
    Misuse("steps inf", lambda: config(steps=math.inf), V, "steps must be a whole .* not inf"),
    Misuse("steps a text", lambda: config(steps="1000"), V, "steps must be a whole .* '1000'"),
    Misuse("steps 2**63", lambda: config(steps=2**63), V, "steps .* 1,000,000,000, not 92233"),
    Misuse("half an example", lambda: config(batch_size=2.5), V, "batch_size .* whole .* not 2.5"),
    Misuse("batch_size True", lambda: config(batch_size=True), V, "batch_size .* not True"),
    Misuse("batch_size 2**40", lambda: config(batch_size=2**40), V, "batch_size .* 1,000,000, not"),
    Misuse("batch_size NaN", lambda: config(batch_size=math.nan), V, "batch_size .* not nan"),
    Misuse("batch_size an array", lambda: config(batch_size=np.ones(1)), V, "batch_size .* array"),
    Misuse("lr 0", lambda: config(lr=0), V, "lr must be a number above 0, .* not 0"),
    Misuse("lr below 0", lambda: config(lr=-1e-3), V, "lr must be .* not -0.001"),
    Misuse("lr NaN", lambda: config(lr=math.nan), V, "lr must be .* not nan"),
    Misuse("lr inf", lambda: config(lr=math.inf), V, "lr must be .* not inf"),
    Misuse("lr 1e300", lambda: config(lr=1e300), V, r"lr .* at most 1,000, not 1e\+300"),
    Misuse("lr a text", lambda: config(lr="1e-3"), V, "lr must be a number .* not '1e-3'"),
    Misuse("lr True", lambda: config(lr=True), V, "lr must be a number .* not True"),
    Misuse("lr complex", lambda: config(lr=1j), V, "lr must be a number .* not 1j"),
    Misuse("lr a list", lambda: config(lr=[1e-3]), V, r"lr must be a number .* not \[0.001\]"),
    Misuse("warmup below 0", lambda: config(warmup=-1), V, "warmup must be .* from 0 .* not -1"),
    Misuse("warmup a fraction", lambda: config(warmup=0.1), V, "warmup must be a whole .* not 0.1"),
    Misuse("warmup inf", lambda: config(warmup=math.inf), V, "warmup must be a whole .* not inf"),
    Misuse("a schedule unknown", lambda: config(schedule="step"), V, "one of linear, .* 'step'"),
    Misuse("no schedule", lambda: config(schedule=None), V, "schedule must be one of .* not None"),
    Misuse("a schedule a list", lambda: config(schedule=["linear"]), V, "schedule must be one of"),
    Misuse("decay below 0", lambda: config(weight_decay=-0.1), V, "weight_decay .* not -0.1"),
    Misuse("decay NaN", lambda: config(weight_decay=math.nan), V, "weight_decay .* not nan"),
    Misuse("decay 1e300", lambda: config(weight_decay=1e300), V, "weight_decay .* 0 to 1,000, not"),
    Misuse("clip 0", lambda: config(clip=0), V, "clip must be a number above 0, .* not 0"),
    Misuse("clip below 0", lambda: config(clip=-1.0), V, "clip must be .* not -1.0"),
    Misuse("clip inf", lambda: config(clip=math.inf), V, "clip .* at most 1,000,000,000, not inf"),
    Misuse("clip None", lambda: config(clip=None), V, "clip must be a number .* not None"),
    Misuse("nothing to accumulate", lambda: config(accumulate=0), V, "accumulate .* not 0"),
    Misuse("accumulate 1.5", lambda: config(accumulate=1.5), V, "accumulate .* whole .* not 1.5"),
    Misuse("all is smoothed", lambda: config(label_smoothing=1), V, "label_smoothing .* not 1"),
    Misuse("smoothing below 0", lambda: config(label_smoothing=-0.1), V, "smoothing .* not -0.1"),
    Misuse("smoothing NaN", lambda: config(label_smoothing=math.nan), V, "smoothing .* not nan"),
    Misuse("evaluated never", lambda: config(evaluate_every=0), V, "evaluate_every .* not 0"),
    Misuse("evaluated by halves", lambda: config(evaluate_every=0.5), V, "evaluate_every .* whole"),
    Misuse("evaluated on none", lambda: config(evaluate_on=0), V, "evaluate_on must be .* not 0"),
    Misuse("evaluated on 10**9", lambda: config(evaluate_on=10**9), V, "evaluate_on .* 1,000,000,"),
    Misuse("patience below 0", lambda: config(patience=-1), V, "patience must be .* not -1"),
    Misuse("patience a float", lambda: config(patience=3.0), V, "patience must be a whole .* 3.0"),
    Misuse("a seed below 0", lambda: config(seed=-1), V, "seed must be .* not -1"),
    Misuse("a seed of 65 bits", lambda: config(seed=2**64), V, r"seed .* below 2\*\*64, not 1844"),
    Misuse("a seed None", lambda: config(seed=None), V, "seed must be a whole number .* not None"),
    Misuse("a seed a float", lambda: config(seed=0.5), V, "seed must be a whole number .* not 0.5"),
    Misuse("a change of a training", lambda: replace(config(), lr=-1), V, "lr must be .* not -1"),
    Misuse("the rate of step 0", lambda: config().learning_rate(0), V, "step .* 1 to 4, not 0"),
    Misuse("the rate of step -3", lambda: config().learning_rate(-3), V, "step .* 1 to 4, not -3"),
    Misuse("a rate after the end", lambda: config().learning_rate(5), V, "step .* 1 to 4, not 5"),
    Misuse("a rate between steps", lambda: config().learning_rate(1.5), V, "step .* not 1.5"),
]

SCHEDULES = [
    Misuse("multiplier of step 0", lambda: multiplier(0, "paper", 5, 1), V, "step .* 1 to 6, not 0"),
    Misuse("multiplier after the end", lambda: multiplier(7, "cosine", 5, 1), V, "step .* not 7"),
    Misuse("multiplier of no schedule", lambda: multiplier(1, "exp", 5, 1), V, "one of linear, co"),
    Misuse("multiplier of no steps", lambda: multiplier(1, "linear", 0, 1), V, "steps .* not 0"),
    Misuse("multiplier, warmup -1", lambda: multiplier(1, "linear", 5, -1), V, "warmup .* not -1"),
    Misuse("a rate NaN", lambda: warmup_and_decay(sgd(), math.nan, steps=3), V, "lr .* not nan"),
    Misuse("a rate below 0", lambda: warmup_and_decay(sgd(), -0.1, steps=3), V, "lr .* not -0.1"),
    Misuse("a rate a text", lambda: warmup_and_decay(sgd(), "0.1", steps=3), V, "lr .* not '0.1'"),
    Misuse("a decay unknown", lambda: warmup_and_decay(sgd(), 1, "exp", steps=3), V, "not 'exp'"),
    Misuse("a decay of no steps", lambda: warmup_and_decay(sgd(), 1, steps=0), V, "steps .* not 0"),
    Misuse("half a step", lambda: warmup_and_decay(sgd(), 1, steps=2.5), V, "steps .* not 2.5"),
    Misuse("warmup NaN", lambda: warmup_and_decay(sgd(), 1, steps=3, warmup=math.nan), V, "warmup"),
    Misuse("more done than steps", lambda: warmup_and_decay(sgd(), 1, steps=3, done=4), V, "not 5"),
    Misuse("done below 0", lambda: warmup_and_decay(sgd(), 1, steps=3, done=-2), V, "last_epoch must be a whole number from -1 on"),
    Misuse("no optimizer", lambda: warmup_and_decay(None, 1, steps=3), T, "Optimizer, not None"),
    Misuse("a rate in its place", lambda: warmup_and_decay(0.1, sgd(), steps=3), T, "Optimizer, not 0.1"),
    Misuse("more steps than were said", beyond_the_end, V, "step .* from 1 to 3, not 4"),
]

TASKS = [
    Misuse("numbers of no digits", lambda: Addition(0), V, "digits must be .* 1 to 30, not 0"),
    Misuse("numbers of -2 digits", lambda: Addition(-2), V, "digits must be .* not -2"),
    Misuse("numbers of 31 digits", lambda: Addition(31), V, "digits must be .* not 31"),
    Misuse("digits a float", lambda: AdditionGPT(2.0), V, "digits must be a whole .* not 2.0"),
    Misuse("digits True", lambda: Addition(True), V, "digits must be a whole .* not True"),
    Misuse("digits None", lambda: Addition(None), V, "digits must be a whole .* not None"),
    Misuse("digits a text", lambda: Addition("3"), V, "digits must be a whole .* not '3'"),
    Misuse("strings of one letter", lambda: Copy(1), V, "length must be .* 2 to 15, not 1"),
    Misuse("strings of 16 letters", lambda: Sort(16), V, "length must be .* not 16"),
    Misuse("length NaN", lambda: Copy(math.nan), V, "length must be .* not nan"),
    Misuse("length a string", lambda: Copy("abc"), V, "length must be .* not 'abc'"),
    Misuse("an architecture unknown", lambda: Copy(architecture="rnn"), V, "copy is learned by enc"),
    Misuse("an architecture of others", lambda: Copy(architecture="bert"), V, "not by 'bert'"),
    Misuse("a GPT in a gap", lambda: FillTheGap(architecture="gpt"), V, "learned by bert, not by"),
    Misuse("an architecture None", lambda: Dates(architecture=None), V, "architecture .* not None"),
    Misuse("an architecture a class", lambda: Copy(architecture=GPT), V, "architecture must be a str"),
    Misuse("a context of 1", lambda: Characters(context=1), V, "context must be .* from 2 .* not 1"),
    Misuse("a context below 0", lambda: Characters(context=-8), V, "context must be .* not -8"),
    Misuse("a context a float", lambda: Characters(context=8.0), V, "context .* not 8.0"),
    Misuse("a context too long", lambda: Characters(context=10**5), V, "the text is too short"),
    Misuse("a context 2**40", lambda: Characters(context=2**40), V, "context .* 1,000,000, not 1"),
    Misuse("a text a number", lambda: Characters(text=3), V, "text must be a str, not 3"),
    Misuse("a text too short", lambda: Characters(text=short_text()), V, "short: 9 characters, and"),
    Misuse("an alphabet a number", lambda: Characters(alphabet=5), V, "alphabet must be a str"),
    Misuse("sizes of None", lambda: Copy().model_config(d_model=None), V, "d_model .* not None"),
    Misuse("sizes of text", lambda: Copy().model_config(d_model="64"), V, "d_model .* not '64'"),
    Misuse("sizes of a list", lambda: Characters().model_config(d_model=[8]), V, r"d_model .* \[8\]"),
    Misuse("a batch of none", lambda: Copy().batch(0, RNG), V, "number of examples .* not 0"),
    Misuse("a batch of -1", lambda: Characters().batch(-1, RNG), V, "number of examples .* not -1"),
    Misuse("a batch of 2.5", lambda: FillTheGap().batch(2.5, RNG), V, "of examples .* not 2.5"),
    Misuse("a batch of 10**9", lambda: Copy().batch(10**9, RNG), V, "of examples .* 1,000,000, not"),
    Misuse("a seed for a generator", lambda: Copy().batch(2, 0), T, "rng must be a NumPy Gen.* 0"),
    Misuse("no generator", lambda: Characters().batch(2, None), T, "rng must be a NumPy .* not None"),
    Misuse("a generator of ours", lambda: Copy().batch(2, mt.Generator()), T, "must be a NumPy"),
    Misuse("no examples", lambda: Copy().as_batch([]), V, "there are no examples: give one"),
    Misuse("sources alone", lambda: Copy().as_batch(["abc"]), T, r"a \(source, target\) pair"),
    Misuse("examples of numbers", lambda: Copy().as_batch([(1, 2)]), T, r"pair of texts, not \(1, 2"),
    Misuse("held out, from -1", lambda: Copy().held_out_examples(-1, 3), V, "start .* not -1"),
    Misuse("held out, backwards", lambda: Copy().held_out_examples(5, 3), V, "start .* 0 to 3, not 5"),
    Misuse("held out, 10**9", lambda: Addition(9).held_out_examples(0, 10**9), V, "stop .* 10,000,0"),
    Misuse("held out, by halves", lambda: FillTheGap().held_out_examples(0, 1.5), V, "stop .* 1.5"),
    Misuse("measured on none", lambda: Copy().evaluate(any_model(Copy()), 3, 3), V, "nothing to mea"),
    Misuse("measured past the end", lambda: Addition(1).evaluate(any_model(Addition(1)), 99, 100), V,
           "nothing to measure: of the .* held-out examples of the task addition"),
    Misuse("measured, no model", lambda: Copy().evaluate(None, 0, 3), T, "a Transformer, not by None"),
    Misuse("measured, another model", lambda: Copy().evaluate(any_model(AdditionGPT()), 0, 3), T,
           "the task copy is learned by a Transformer, not by GPT"),
    Misuse("text of another model", lambda: Characters().evaluate(any_model(Copy()), 0, 3), T,
           "the task characters is learned by a GPT, not by Transformer"),
    Misuse("a loss of nothing", lambda: Copy().loss(any_model(Copy()), []), V, "there are no examples"),
    Misuse("answers too few", lambda: Copy().compare(["a"], ["a", "b"]), V, "1 texts to compare wi"),
    Misuse("no answers", lambda: Copy().compare([], []), V, "0 texts to compare with 0"),
]  # fmt: skip

COPY = Copy().model_config(**SMALL)


def made(**changes: Any) -> TrainingState:
    """A training of given parts."""
    model = GPT(COPY)
    parts = {"model": model, "optimizer": optim.SGD(model.parameters(), lr=0.1)} | changes
    return TrainingState(Copy(), config=config(), **parts)


LOOP = [
    Misuse("a task's name", lambda: Training("copy", COPY, config()), T, "a Task, not 'copy'"),
    Misuse("a task's class", lambda: Training(Copy, COPY, config()), T, "task must be a Task, not"),
    Misuse("no task", lambda: Training(None, COPY, config()), T, "task must be a Task, not None"),
    Misuse("configurations swapped", lambda: Training(Copy(), config(), COPY), T, "a TransformerConf"),
    Misuse("sizes in a dict", lambda: Training(Copy(), SMALL, config()), T, "a TransformerConfig, no"),
    Misuse("steps in a dict", lambda: Training(Copy(), COPY, {"steps": 3}), T, "a TrainingConfig, n"),
    Misuse("a model for a configuration", lambda: Training(Copy(), GPT(COPY), config()), T, "a Trans"),
    Misuse("too small a vocabulary", lambda: Training(Copy(), replace(COPY, vocab_size=12), config()),
           V, "needs a model with vocab_size=13 or more, not 12"),
    Misuse("too short a model", lambda: Training(Copy(), replace(COPY, max_length=10), config()),
           V, "needs a model with max_length=11 or more, not 10"),
    Misuse("another padding", lambda: Training(Copy(), replace(COPY, pad=3), config()), V,
           "the task copy writes pad as 0, and the model reads 3"),
    Misuse("another end", lambda: Training(Copy(), replace(COPY, eos=1), config()), V, "eos as 2, "),
    Misuse("a configuration for a model", lambda: made(model=COPY), T, "model must be a Module with"),
    Misuse("a layer for a model", lambda: made(model=nn.Linear(2, 2)), T, "with a TransformerConfig"),
    Misuse("a training without one", lambda: made(optimizer=None), T, "optimizer must be a Optimizer, not None"),
    Misuse("a model of another task", lambda: made(model=GPT(replace(COPY, vocab_size=12))), V,
           "needs a model with vocab_size=13 or more, not 12"),
    Misuse("a loss that is NaN recorded", lambda: training().record(math.nan, 1.0), Diverged, "is nan"),
    Misuse("a norm that is infinite recorded", lambda: training().record(1.0, math.inf), Diverged,
           "step 1, .* the gradient's norm is inf"),
    Misuse("a batch after the last", lambda: training().batches[3], IndexError,
           "no batch 3: there are 3"),
    Misuse("a batch of several", lambda: training(accumulate=2).batches[1], V,
           r"accumulates 2 batches: draw\(1, 2\)"),
    Misuse("a batch before the first", lambda: training().batches[-1], IndexError, "no batch -1"),
    Misuse("a step after the last", lambda: finished().advance(), RuntimeError, "taken its 1 steps"),
    Misuse("an evaluation before a step", lambda: training().evaluate(), RuntimeError, "no step was"),
    Misuse("a NaN model saved", lambda: nan_training().state_dict(), Diverged, "holds nan"),
    Misuse("a NaN model trained", lambda: nan_training().advance(), Diverged, "the loss is nan"),
    Misuse("a state None", lambda: training().load_state_dict(None), V, "must be a dict, not None"),
    Misuse("a state empty", lambda: training().load_state_dict({}), V, "the state has no model"),
    Misuse("a state of a model", lambda: training().load_state_dict(training().model.state_dict()), V,
           "the state has no model"),
    Misuse("a state of another task", lambda: Training(Addition(2), Addition(2).model_config(**SMALL),
           config()).load_state_dict(state()), V, "size mismatch for embedding.tokens.weight"),
    Misuse("a state of more steps", lambda: training().load_state_dict(state(step=4)), V, "not 4"),
    Misuse("a state of step True", lambda: training().load_state_dict(state(step=True)), V, "True"),
    Misuse("a state without moments", lambda: training().load_state_dict(
           state(optimizer={})), V, "the optimizer's state has no state"),
    Misuse("a state, another decay", lambda: training(weight_decay=0.3).load_state_dict(state()), V,
           "weight_decay of the optimizer is 0.1 in the state, and 0.3 here"),
    Misuse("no training", lambda: train(None, Run("runs/x"), progress()), T, "training must be a Training, not None"),
    Misuse("a model for a training", lambda: train(GPT(COPY), Run("r"), progress()), T, "a Training"),
    Misuse("a path for a run", lambda: train(training(), "runs/x", progress()), T, "run must be a Run, not 'runs/x"),
    Misuse("no progress", lambda: train(training(), Run("r"), None), T, "progress must be a Progress, not None"),
    Misuse("a console for a progress", lambda: train(training(), Run("r"), Console()), T, "a Progress"),
]  # fmt: skip

MISUSES = [*MODELS, *TRAININGS, *SCHEDULES, *TASKS, *LOOP]


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(misuse: Misuse) -> None:
    check(misuse)
