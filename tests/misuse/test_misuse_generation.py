"""Decoding, traces and pictures held wrong: see `misuse.py`."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from misuse import Misuse, check

import minitorch as mt
from transformer import BERT, GPT, Transformer, TransformerConfig, beam_search, greedy, sample
from transformer.arguments import NotFinite
from transformer.decoding.sampling import top_k_top_p_mask
from transformer.decoding.strategy import Decoding
from transformer.explain import trace
from transformer.explain.pictures import draw_attention, draw_metrics
from transformer.tasks import FillTheGap

INF, NAN = math.inf, math.nan
ROW = {"step": 1, "loss": 1.0}
PICTURE = Path("picture.png")
WEIGHTS = np.full((1, 2, 3, 4), 0.25)


def a(value: object) -> Any:
    """Return what a type checker would refuse."""
    return value


@cache
def model(kind: type[Any] = GPT, weight: float | None = None) -> Any:
    """Return a small model; with a weight, one whose output layer holds nothing else."""
    config = TransformerConfig(11, 8, 2, n_layers=1, d_ff=8, max_length=8, tie_embeddings=False)
    built = kind(config).eval()
    if weight is not None:
        built.output.weight.detach().fill_(weight)
    return built


PROMPT = mt.tensor([[3, 4]])


def with_options(**options: Any) -> Any:
    return sample(model(), PROMPT, 3, **options)


def searched(**options: Any) -> Any:
    return beam_search(model(), PROMPT, 3, **options)


def prompted(prompt: Any, kind: type[Any] = GPT, max_length: Any = 3) -> Any:
    return greedy(model(kind), prompt, max_length)


def drawn(weights: Any = WEIGHTS, queries: Any = "abc", keys: Any = "abcd") -> Any:
    return draw_attention(weights, queries, keys, "title", PICTURE)


def read(name: str, runs: bool = True) -> Any:
    with trace(model()) as t:
        if runs:
            model()(PROMPT)
    return t[name]


def enter(value: Any) -> Any:
    with trace(value) as t:
        return t


GAPS = FillTheGap()


def bert_of_nan() -> Any:
    built: Any = GAPS.model(GAPS.model_config(d_model=8, n_heads=2, n_layers=1))
    built.output.weight.detach().fill_(NAN)
    return built


NO_TOKEN = r"no token can be chosen: the model's highest logit is (nan|inf|-inf)\. Its parameters"

MISUSES = [
    # ------------------------------------------------------------------ the model
    Misuse("a BERT that is to generate", lambda: greedy(a(model(BERT)), PROMPT, 3), TypeError, r"only a Transformer or a GPT generates text by itself, not BERT"),
    Misuse("a BERT that is to be sampled from", lambda: sample(a(model(BERT)), PROMPT, 3), TypeError, r"not BERT"),
    Misuse("a BERT in a beam search", lambda: beam_search(a(model(BERT)), PROMPT, 3), TypeError, r"not BERT"),
    Misuse("None that is to generate", lambda: greedy(a(None), PROMPT, 3), TypeError, r"not NoneType"),
    Misuse("a model and a prompt swapped", lambda: greedy(a(PROMPT), a(model()), 3), TypeError, r"not Tensor"),
    Misuse("a GPT whose weights are NaN, greedily", lambda: greedy(model(GPT, NAN), PROMPT, 3), NotFinite, NO_TOKEN),
    Misuse("a Transformer whose weights are NaN, greedily", lambda: greedy(model(Transformer, NAN), PROMPT, 3), NotFinite, NO_TOKEN),
    Misuse("weights that are infinite, greedily", lambda: greedy(model(GPT, INF), PROMPT, 3), NotFinite, NO_TOKEN),
    Misuse("weights that are NaN, sampled", lambda: sample(model(GPT, NAN), PROMPT, 3), NotFinite, NO_TOKEN),
    Misuse("weights that are NaN, sampled with top_k", lambda: sample(model(GPT, NAN), PROMPT, 3, top_k=2), NotFinite, NO_TOKEN),
    Misuse("weights that are NaN, at temperature 0", lambda: sample(model(GPT, NAN), PROMPT, 3, temperature=0), NotFinite, NO_TOKEN),
    Misuse("weights that are infinite, sampled", lambda: sample(model(GPT, INF), PROMPT, 3), NotFinite, NO_TOKEN),
    Misuse("weights that are NaN, in a beam search", lambda: beam_search(model(GPT, NAN), PROMPT, 3), NotFinite, NO_TOKEN),
    Misuse("weights that are NaN, by a strategy", lambda: Decoding(top_p=0.5).function()(model(GPT, NAN), PROMPT, 3), NotFinite, NO_TOKEN),
    Misuse("a BERT whose weights are NaN, that fills a gap", lambda: GAPS.solve(bert_of_nan(), GAPS.question), NotFinite, NO_TOKEN),
    Misuse("a BERT whose weights are NaN, that is tested", lambda: GAPS.evaluate(bert_of_nan(), 0, 5), NotFinite, NO_TOKEN),
    # ------------------------------------------------------------------ the prompt
    Misuse("a prompt that is a list", lambda: prompted([[3, 4]]), TypeError, r"prompt must be a Tensor of token ids, not list"),
    Misuse("a prompt that is a str", lambda: prompted("12+34="), TypeError, r"prompt must be a Tensor of token ids, not str"),
    Misuse("a prompt that is None", lambda: prompted(None), TypeError, r"prompt must be a Tensor of token ids, not NoneType"),
    Misuse("a prompt that is an array", lambda: prompted(np.array([[3, 4]])), TypeError, r"prompt must be a Tensor of token ids, not ndarray"),
    Misuse("a prompt of floats", lambda: prompted(mt.tensor([[3.0, 4.0]])), RuntimeError, r"prompt must be an int64 or int32 tensor of token ids, not .*float32"),
    Misuse("a prompt of bools", lambda: prompted(mt.tensor([[True, False]])), RuntimeError, r"prompt must be an int64 or int32 tensor of token ids, not .*bool"),
    Misuse("a prompt without a batch", lambda: prompted(mt.tensor([3, 4])), ValueError, r"prompt must have the shape \(batch, T\), a row for each text, not \(2,"),
    Misuse("a prompt of three dimensions", lambda: prompted(mt.tensor([[[3, 4]]])), ValueError, r"prompt must have the shape \(batch, T\), a row for each text, not \(1,"),
    Misuse("a prompt of no dimensions", lambda: prompted(mt.tensor(3)), ValueError, r"prompt must have the shape \(batch, T\), a row for each text, not \(\)"),
    Misuse("a batch of no prompts", lambda: prompted(mt.zeros(0, 2, dtype=mt.int64)), ValueError, r"a batch of prompts needs at least one"),
    Misuse("a prompt of no tokens", lambda: prompted(mt.zeros(1, 0, dtype=mt.int64)), ValueError, r"too few tokens in prompt, of shape \(1, 0\): T must be at least 1"),
    Misuse("a source of no tokens", lambda: prompted(mt.zeros(1, 0, dtype=mt.int64), Transformer), ValueError, r"too few tokens in prompt, of shape \(1, 0\): T must be at least 1"),
    Misuse("a prompt of nothing but padding", lambda: prompted(mt.tensor([[3, 4], [0, 0]])), ValueError, r"row 1 has no token but <pad>"),
    Misuse("a source of nothing but padding", lambda: prompted(mt.tensor([[0, 0]]), Transformer), ValueError, r"row 0 has no token but <pad>"),
    Misuse("a prompt with padding behind", lambda: prompted(mt.tensor([[3, 4], [5, 0]])), ValueError, r"a prompt ends in <pad>: fill the shorter ones up on the left"),
    Misuse("a token beyond the vocabulary", lambda: prompted(mt.tensor([[3, 11]])), IndexError, r"11"),
    Misuse("a token below 0", lambda: prompted(mt.tensor([[-1, 3]])), IndexError, r"-1"),
    Misuse("a source with a token beyond the vocabulary", lambda: prompted(mt.tensor([[3, 11]]), Transformer), IndexError, r"11"),
    Misuse("a prompt longer than the model reads", lambda: prompted(mt.tensor([[3] * 9]), GPT, 1), ValueError, r"more than max_length=8"),
    Misuse("a source longer than the model reads", lambda: prompted(mt.tensor([[3] * 9]), Transformer, 1), ValueError, r"9.*8|8.*9"),
    Misuse("a prompt and an answer longer than the model reads", lambda: prompted(mt.tensor([[3, 4]]), GPT, 8), ValueError, r"to write 8 tokens after 2, the model would read 9, more than max_length=8"),
    Misuse("an answer longer than the model reads", lambda: prompted(PROMPT, Transformer, 9), ValueError, r"more than max_length=8"),
    # ------------------------------------------------------------------ the length
    Misuse("no tokens to generate", lambda: prompted(PROMPT, GPT, 0), ValueError, r"max_length must be at least 1, not 0"),
    Misuse("less than no tokens to generate", lambda: prompted(PROMPT, GPT, -1), ValueError, r"max_length must be at least 1, not -1"),
    Misuse("two and a half tokens to generate", lambda: prompted(PROMPT, GPT, 2.5), TypeError, r"max_length must be int, not .*2\.5"),
    Misuse("NaN tokens to generate", lambda: prompted(PROMPT, GPT, NAN), TypeError, r"max_length must be int, not .*nan"),
    Misuse("True tokens to generate", lambda: prompted(PROMPT, GPT, True), TypeError, r"max_length must be int, not .*True"),
    Misuse("None tokens to generate", lambda: prompted(PROMPT, GPT, None), TypeError, r"max_length must be int, not .*None"),
    Misuse("2**62 tokens to generate", lambda: prompted(PROMPT, GPT, 2**62), ValueError, r"more than max_length=8"),
    Misuse("no tokens to sample", lambda: sample(model(), PROMPT, 0), ValueError, r"max_length must be at least 1, not 0"),
    Misuse("no tokens in a beam search", lambda: beam_search(model(), PROMPT, 0), ValueError, r"max_length must be at least 1, not 0"),
    # ------------------------------------------------------------------ sampling
    Misuse("a temperature below 0", lambda: with_options(temperature=-1.0), ValueError, r"temperature must be at least 0 and finite, not -1\.0"),
    Misuse("a temperature that is NaN", lambda: with_options(temperature=NAN), ValueError, r"temperature must be at least 0 and finite, not nan"),
    Misuse("a temperature that is infinite", lambda: with_options(temperature=INF), ValueError, r"temperature must be at least 0 and finite, not inf"),
    Misuse("a temperature that is a str", lambda: with_options(temperature="hot"), TypeError, r"temperature must be a number, not .*'hot'"),
    Misuse("a temperature that is True", lambda: with_options(temperature=True), TypeError, r"temperature must be a number, not .*True"),
    Misuse("a temperature that is a tensor", lambda: with_options(temperature=mt.tensor([1.0, 2.0])), TypeError, r"temperature must be a number, not .*tensor"),
    Misuse("a temperature that is complex", lambda: with_options(temperature=1j), TypeError, r"temperature must be a number, not .*1j"),
    Misuse("the 0 likeliest tokens", lambda: with_options(top_k=0), ValueError, r"top_k must be at least 1, not 0"),
    Misuse("the -1 likeliest tokens", lambda: with_options(top_k=-1), ValueError, r"top_k must be at least 1, not -1"),
    Misuse("the 2.5 likeliest tokens", lambda: with_options(top_k=2.5), TypeError, r"top_k must be int, not .*2\.5"),
    Misuse("the True likeliest tokens", lambda: with_options(top_k=True), TypeError, r"top_k must be int, not .*True"),
    Misuse("a top_p of 0", lambda: with_options(top_p=0.0), ValueError, r"top_p must be a probability above 0, not 0\.0"),
    Misuse("a top_p above 1", lambda: with_options(top_p=1.5), ValueError, r"top_p must be a probability above 0, not 1\.5"),
    Misuse("a top_p in per cent", lambda: with_options(top_p=95), ValueError, r"top_p must be a probability above 0, not 95"),
    Misuse("a top_p that is NaN", lambda: with_options(top_p=NAN), ValueError, r"top_p must be finite, not nan"),
    Misuse("a top_p that is a str", lambda: with_options(top_p="0.9"), TypeError, r"top_p must be a number, not .*'0\.9'"),
    Misuse("a bad top_p at temperature 0", lambda: with_options(top_p=2.0, temperature=0), ValueError, r"top_p must be a probability above 0, not 2\.0"),
    Misuse("a generator that is a seed", lambda: with_options(generator=5), TypeError, r"generator must be a minitorch.Generator or None, not a builtins.int"),
    Misuse("a generator that is the seed 0", lambda: with_options(generator=0), TypeError, r"generator must be a minitorch.Generator"),
    Misuse("a generator of NumPy", lambda: with_options(generator=np.random.default_rng(0)), TypeError, r"not a numpy\.random\..*Generator"),
    Misuse("a mask of the 0 likeliest tokens", lambda: top_k_top_p_mask(np.zeros((1, 3)), top_k=0), ValueError, r"top_k must be at least 1, not 0"),
    Misuse("a mask of a top_p of 0", lambda: top_k_top_p_mask(np.zeros((1, 3)), top_p=0.0), ValueError, r"top_p must be a probability above 0"),
    Misuse("a mask of logits that are NaN", lambda: top_k_top_p_mask(np.full((1, 3), NAN), top_p=0.9), NotFinite, NO_TOKEN),
    Misuse("a mask of logits of which none is possible", lambda: top_k_top_p_mask(np.full((1, 3), -INF), top_k=2), NotFinite, NO_TOKEN),
    # ------------------------------------------------------------------ beam search
    Misuse("a beam of 0", lambda: searched(width=0), ValueError, r"width must be at least 1, not 0"),
    Misuse("a beam below 0", lambda: searched(width=-4), ValueError, r"width must be at least 1, not -4"),
    Misuse("a beam of two and a half", lambda: searched(width=2.5), TypeError, r"width must be int, not .*2\.5"),
    Misuse("a beam of True", lambda: searched(width=True), TypeError, r"width must be int, not .*True"),
    Misuse("a beam of None", lambda: searched(width=None), TypeError, r"width must be int, not .*None"),
    Misuse("more of the best than the beam", lambda: searched(width=2, n_best=3), ValueError, r"a beam of 2 cannot give the 3 best texts"),
    Misuse("none of the best", lambda: searched(n_best=0), ValueError, r"n_best must be at least 1, not 0"),
    Misuse("one and a half of the best", lambda: searched(n_best=1.5), TypeError, r"n_best must be int, not .*1\.5"),
    Misuse("a length penalty that is NaN", lambda: searched(alpha=NAN), ValueError, r"alpha must be at least 0 and at most 100, not nan"),
    Misuse("a length penalty that is infinite", lambda: searched(alpha=INF), ValueError, r"alpha must be at least 0 and at most 100, not inf"),
    Misuse("a length penalty below 0", lambda: searched(alpha=-0.5), ValueError, r"alpha must be at least 0 and at most 100, not -0\.5"),
    Misuse("a length penalty above 100", lambda: searched(alpha=101), ValueError, r"alpha must be at least 0 and at most 100, not 101"),
    Misuse("a length penalty that is a str", lambda: searched(alpha="0.6"), TypeError, r"alpha must be a number, not .*'0\.6'"),
    Misuse("a beam search of a float prompt", lambda: beam_search(model(), mt.tensor([[3.0]]), 2), RuntimeError, r"prompt must be an int64 or int32 tensor of token ids, not .*float32"),
    # ------------------------------------------------------------------ strategies
    Misuse("a strategy of a beam and a temperature", lambda: Decoding(beam=2, temperature=1.0), ValueError, r"a beam search draws nothing"),
    Misuse("a strategy of a beam and top_k", lambda: Decoding(beam=2, top_k=5), ValueError, r"a beam search draws nothing"),
    Misuse("a strategy of a beam and a seed", lambda: Decoding(beam=2, seed=5), ValueError, r"seed is of what is drawn at random: a beam is not"),
    Misuse("a strategy of a seed alone", lambda: Decoding(seed=5), ValueError, r"seed is of what is drawn at random: set temperature, top_k or top_p too"),
    Misuse("a strategy of a length penalty alone", lambda: Decoding(alpha=1.0), ValueError, r"alpha is of a beam search: set beam too"),
    Misuse("a strategy of several answers without a beam", lambda: Decoding(n_best=2), ValueError, r"2 best answers need a beam search .* but no beam was given"),
    Misuse("a strategy of more answers than the beam", lambda: Decoding(beam=2, n_best=3), ValueError, r"but beam=2 was given"),
    Misuse("a strategy of a beam of 0", lambda: Decoding(beam=0), ValueError, r"beam must be at least 1, not 0"),
    Misuse("a strategy of a beam of True", lambda: Decoding(beam=True), TypeError, r"beam must be int, not .*True"),
    Misuse("a strategy of a beam that is a float", lambda: Decoding(beam=a(2.0)), TypeError, r"beam must be int, not .*2\.0"),
    Misuse("a strategy of None answers", lambda: Decoding(beam=2, n_best=a(None)), TypeError, r"n_best must be int, not .*None"),
    Misuse("a strategy of a temperature that is NaN", lambda: Decoding(temperature=NAN), ValueError, r"temperature must be at least 0 and finite, not nan"),
    Misuse("a strategy of a top_k of 0", lambda: Decoding(top_k=0), ValueError, r"top_k must be at least 1, not 0"),
    Misuse("a strategy of a top_p of 0", lambda: Decoding(top_p=0), ValueError, r"top_p must be a probability above 0, not 0"),
    Misuse("a strategy of a seed below 0", lambda: Decoding(top_k=1, seed=-1), ValueError, r"seed must be in \[0, 2\*\*64\), not -1"),
    Misuse("a strategy of a seed of 65 bits", lambda: Decoding(top_k=1, seed=2**64), ValueError, r"seed must be in \[0, 2\*\*64\)"),
    Misuse("a strategy of a seed that is a float", lambda: Decoding(top_k=1, seed=a(1.5)), TypeError, r"seed must be int, not .*1\.5"),
    Misuse("a strategy of a seed that is None", lambda: Decoding(top_k=1, seed=a(None)), TypeError, r"seed must be int, not .*None"),
    Misuse("a strategy of a length penalty of None", lambda: Decoding(beam=2, alpha=a(None)), TypeError, r"alpha must be a number, not .*None"),
    Misuse("a strategy that is given a list", lambda: Decoding().function()(model(), a([[3]]), 2), TypeError, r"prompt must be a Tensor of token ids, not list"),
    # ------------------------------------------------------------------ traces
    Misuse("a trace of None", lambda: enter(None), TypeError, r"only an nn\.Module can be traced, not NoneType"),
    Misuse("a trace of a class", lambda: enter(GPT), TypeError, r"only an nn\.Module can be traced, not type"),
    Misuse("a trace of a tensor", lambda: enter(PROMPT), TypeError, r"only an nn\.Module can be traced, not Tensor"),
    Misuse("a trace of a function", lambda: enter(greedy), TypeError, r"only an nn\.Module can be traced, not function"),
    Misuse("an activation that there is none of", lambda: read("weights"), KeyError, r"there is no activation 'weights'; recorded are .*blocks\.0\.attention\.weights"),
    Misuse("an activation before the model has run", lambda: read("logits", runs=False), KeyError, r"recorded are none: the model has not run"),
    # ------------------------------------------------------------------ pictures
    Misuse("a picture of no metrics", lambda: draw_metrics([], PICTURE), ValueError, r"no metrics to draw"),
    Misuse("a picture of metrics without a step", lambda: draw_metrics([{"loss": 1.0}], PICTURE), ValueError, r"every row of metrics needs step, loss, but one has loss"),
    Misuse("a picture of metrics of which one lacks the loss", lambda: draw_metrics([ROW, {"step": 2}], PICTURE), ValueError, r"every row of metrics needs step, loss, but one has step$"),
    Misuse("a picture of metrics in a directory that is not there", lambda: draw_metrics([ROW], Path("no such/a.png")), FileNotFoundError, r"no such/a\.png'$"),
    Misuse("a picture in the place of a directory", lambda: draw_metrics([ROW], Path.cwd()), IsADirectoryError, r"'.+'$"),
    Misuse("a picture of one head's weights", lambda: drawn(np.full((3, 4), 0.25)), ValueError, r"weights of shape \(3, 4\) are not \(layers, heads, T_q, T_k\)"),
    Misuse("a picture of weights with fewer queries", lambda: drawn(queries="ab"), ValueError, r"for 2 queries and 4 keys"),
    Misuse("a picture of weights with more keys", lambda: drawn(keys="abcde"), ValueError, r"for 3 queries and 5 keys"),
    Misuse("a picture of queries and keys swapped", lambda: drawn(queries="abcd", keys="abc"), ValueError, r"for 4 queries and 3 keys"),
    Misuse("a picture of no weights", lambda: drawn(np.zeros((0, 2, 3, 4))), ValueError, r"weights of shape \(0, 2, 3, 4\) are not"),
    Misuse("a picture of scores", lambda: drawn(WEIGHTS * 30), ValueError, r"attention weights are in \[0, 1\], but these are from 7\.5 to 7\.5"),
    Misuse("a picture of negative weights", lambda: drawn(-WEIGHTS), ValueError, r"attention weights are in \[0, 1\]"),
    Misuse("a picture of weights that are NaN", lambda: drawn(WEIGHTS * NAN), ValueError, r"attention weights are in \[0, 1\], but these are from nan to nan"),
    Misuse("a picture of weights that are None", lambda: drawn(None), ValueError, r"weights of shape \(\) are not"),
    Misuse("a picture of tokens that are ids", lambda: drawn(queries=[3, 4, 5]), TypeError, r"queries\[0\] must be a str, not int"),
]  # fmt: skip


@pytest.mark.usefixtures("in_an_empty_directory")
@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(misuse: Misuse) -> None:
    check(misuse)
    assert not list(Path().iterdir())
