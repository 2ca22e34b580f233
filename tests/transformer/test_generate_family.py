"""Generation: with a cache as without, greedy, by sampling and beam search, by both decoders."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch as mt
from minitorch.testing import assert_close
from transformer import GPT, Transformer, TransformerConfig, beam_search, greedy, sample
from transformer.decoding.beam import _best, length_penalty
from transformer.decoding.sampling import top_k_top_p_mask
from transformer.model.cache import Cache
from transformer.tasks import Reverse
from transformer.tasks.architectures import ARCHITECTURES
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training

PAD, BOS, EOS = 0, 1, 2
Build = Callable[..., Any]
decoders = pytest.mark.parametrize("kind", [Transformer, GPT])


@pytest.fixture(scope="session")
def build(random_module: Build) -> Build:
    """Builds a small model of a class, all of it in float64, with random parameters."""

    def build(kind: type, seed: int = 0, **changes: Any) -> Any:
        sizes = {"vocab_size": 11, "d_model": 8, "n_heads": 2, "n_layers": 2, "d_ff": 12}
        sizes |= {"tie_embeddings": False, "max_length": 24}
        config = TransformerConfig(**{**sizes, "dropout": 0.0, **changes})
        mt.set_default_dtype(mt.float64)
        try:
            return random_module(kind(config), seed)
        finally:
            mt.set_default_dtype(mt.float32)

    return build


def next_logits(model: Any, prompt: list[int], written: list[int]) -> Any:
    """What the model says comes next, computed anew from all tokens: (vocab_size)."""
    if isinstance(model, GPT):
        logits = model(mt.tensor([prompt + written]))
    else:
        logits = model(mt.tensor([prompt]), mt.tensor([[BOS, *written]]))
    return logits.detach().numpy()[0, -1]


def log_softmax(logits: Any) -> Any:
    return logits - logits.max() - math.log(np.exp(logits - logits.max()).sum())


def padded(kind: Any, prompts: list[list[int]]) -> mt.Tensor:
    """Prompts of different lengths in one batch: sources filled up behind, beginnings before."""
    n = max(map(len, prompts))
    fill = [[PAD] * (n - len(p)) for p in prompts]
    both = zip(fill, prompts, strict=True)
    return mt.tensor([f + p if kind is GPT else p + f for f, p in both])


# ------------------------------------------------------------------------------------- the cache

VARIATIONS: list[dict[str, Any]] = [
    {},
    {"positions": "learned"},
    {"positions": "rotary"},
    {"n_heads": 4, "n_kv_heads": 2},
    {"n_heads": 2, "n_kv_heads": 1, "d_head": 6, "positions": "rotary", "rope_theta": 3.0},
    {"pre_norm": True, "norm": "rms", "activation": "swiglu", "bias": False},
]


@decoders
@pytest.mark.parametrize("changes", VARIATIONS, ids=str)
def test_with_the_cache_as_without(build: Build, kind: Any, changes: dict[str, Any]) -> None:
    model = build(kind, **changes).float()
    prompts = [[3, 4, 5, 6, 7], [8, 9], [10]]
    ids, cache = model.begin(padded(kind, prompts), 12)
    written: list[list[int]] = [[], [], []]
    for _ in range(12):
        with mt.no_grad():
            logits = model.step(ids, cache).numpy()
        expected = [next_logits(model, p, w) for p, w in zip(prompts, written, strict=True)]
        assert_close(logits, np.stack(expected), rtol=1e-5, atol=1e-5)
        tokens = logits.argmax(-1)
        assert tokens.tolist() == [row.argmax() for row in expected]
        for w, token in zip(written, tokens.tolist(), strict=True):
            w.append(token)
        ids = mt.from_numpy(tokens[:, None])


@decoders
def test_several_tokens_can_be_read_in_one_step(build: Build, kind: Any) -> None:
    model = build(kind)
    prompt = padded(kind, [[3, 4, 5], [6]])
    with mt.no_grad():
        ids, one_by_one = model.begin(prompt, 8)
        _, together = model.begin(prompt, 8)
        for cache in (one_by_one, together):
            model.step(ids, cache)
        for token in ([[7], [3]], [[8], [4]], [[9], [5]]):
            expected = model.step(mt.tensor(token), one_by_one)
        got = model.step(mt.tensor([[7, 8, 9], [3, 4, 5]]), together)
    assert_close(got, expected, rtol=1e-9, atol=1e-9)


def test_the_memory_is_turned_into_keys_and_values_once(build: Build) -> None:
    model = build(Transformer)
    calls = []
    for block in model.decoder.blocks:
        block.cross_attention.key.register_forward_hook(lambda *_: calls.append(1))
    assert greedy(model, mt.tensor([[3, 4, 5]]), 6).shape[1] > 1
    assert len(calls) == 2  # blocks


@decoders
def test_rows_of_a_cache_can_be_chosen(build: Build, kind: Any) -> None:
    model = build(kind)
    prompts = [[3, 4, 5], [6], [7, 8]]
    rows, tokens = [2, 0, 0, 1], [[9], [10], [3], [4]]
    with mt.no_grad():
        ids, cache = model.begin(padded(kind, prompts), 4)
        model.step(ids, cache)
        cache.select(np.array(rows))
        got = model.step(mt.tensor(tokens), cache).numpy()
    for row, token, logits in zip(rows, tokens, got, strict=True):
        assert_close(logits, next_logits(model, prompts[row], token), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("changes", VARIATIONS[2:4], ids=str)
def test_texts_of_a_source_share_its_memory(build: Build, changes: dict[str, Any]) -> None:
    model = build(Transformer, **changes)
    prompts = [[3, 4, 5], [6], [7, 8]]
    texts: list[tuple[list[int], list[int]]] = [(prompt, []) for prompt in prompts]
    ids, cache = model.begin(padded(Transformer, prompts), 11)
    with mt.no_grad():
        model.step(ids, cache)
        memory = cache.memory
        for rows, is_shared in (
            ([0, 0, 1, 1, 2, 2], True),  # two texts of each source
            ([1, 1, 2, 3, 5, 4], True),  # other texts of the same sources
            ([0, 2, 4], True),
            ([2, 0, 1, 1], False),  # other sources
            ([3, 3, 0, 2, 1, 1, 3, 0], False),
        ):
            cache.select(np.array(rows))
            texts = [(texts[row][0], [*texts[row][1], 3 + i, 9]) for i, row in enumerate(rows)]
            got = model.step(mt.tensor([written[-2:] for _, written in texts]), cache).numpy()
            assert_close(got, np.stack([next_logits(model, *text) for text in texts]))
            assert (cache.memory is memory) == is_shared


def test_a_beam_search_copies_no_memory(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[bool] = []
    select = Cache.select

    def watched(cache: Cache, rows: Any) -> None:
        before = cache.memory
        select(cache, rows)
        kept.append(cache.memory is before)

    monkeypatch.setattr(Cache, "select", watched)
    prompt = padded(Transformer, [[3, 4, 5], [6], [7, 8]])
    beam_search(build(Transformer, 1), prompt, 8, width=4)
    assert len(kept) > 4
    assert all(kept)


def test_a_cache_holds_what_it_was_made_for(build: Build) -> None:
    model = build(GPT)
    ids, cache = model.begin(mt.tensor([[3, 4]]), 2)
    with mt.no_grad():
        model.step(ids, cache)
        model.step(mt.tensor([[5]]), cache)
        with pytest.raises(ValueError, match="made for 3 tokens cannot hold 4"):
            model.step(mt.tensor([[6]]), cache)


# ------------------------------------------------------------------------------------------ greedy


def written_alone(model: Any, prompt: list[int], max_length: int) -> list[int]:
    """Greedy, for one prompt, running the whole model anew for each token."""
    written: list[int] = []
    while len(written) < max_length and EOS not in written:
        written.append(int(next_logits(model, prompt, written).argmax()))
    return written


@decoders
@given(
    seed=st.integers(0, 9),
    prompts=st.lists(st.lists(st.integers(3, 10), min_size=1, max_size=6), min_size=1, max_size=4),
    max_length=st.integers(1, 8),
)
def test_a_batch_is_written_as_each_alone(
    build: Build, kind: Any, seed: int, prompts: list[list[int]], max_length: int
) -> None:
    model = build(kind, seed, positions="learned")
    expected = [written_alone(model, prompt, max_length) for prompt in prompts]
    written = greedy(model, padded(kind, prompts), max_length).tolist()
    assert written == [w + [PAD] * (max(map(len, expected)) - len(w)) for w in expected]


@decoders
def test_the_models_above_end_early_and_late(build: Build, kind: Any) -> None:
    models = [build(kind, seed, positions="learned") for seed in range(10)]
    lengths = {len(written_alone(model, [3, 4], 8)) for model in models}
    assert 8 in lengths
    assert lengths & {1, 2, 3, 4, 5}


def test_an_empty_prompt_is_refused(build: Build) -> None:
    with pytest.raises(ValueError, match="too few tokens in prompt"):
        greedy(build(GPT), mt.from_numpy(np.zeros((2, 0), np.int64)), 3)


def test_a_prompt_with_padding_behind_is_refused(build: Build) -> None:
    with pytest.raises(ValueError, match="fill the shorter ones up on the left"):
        greedy(build(GPT), mt.tensor([[3, 4], [5, PAD]]), 3)


def test_a_text_longer_than_the_positions_is_refused(build: Build) -> None:
    model = build(GPT, max_length=6)
    assert greedy(model, mt.tensor([[3, 4]]), 5).shape[1] <= 5
    with pytest.raises(ValueError, match=r"6 tokens after 2, .* 7, more than max_length=6"):
        greedy(model, mt.tensor([[3, 4]]), 6)


# ---------------------------------------------------------------------------------------- sampling

LOGITS = np.log([[0.1, 0.4, 0.2, 0.3], [0.25, 0.05, 0.65, 0.05]])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [{0, 1, 2, 3}, {0, 1, 2, 3}]),
        ({"top_k": 1}, [{1}, {2}]),
        ({"top_k": 2}, [{1, 3}, {0, 2}]),
        ({"top_k": 9}, [{0, 1, 2, 3}, {0, 1, 2, 3}]),
        ({"top_p": 0.39}, [{1}, {2}]),
        ({"top_p": 0.5}, [{1, 3}, {2}]),
        ({"top_p": 0.75}, [{1, 2, 3}, {0, 2}]),
        ({"top_p": 1.0}, [{0, 1, 2, 3}, {0, 1, 2, 3}]),
        # Of the two likeliest, 0.4 and 0.3, the first alone has 0.57; of 0.65 and 0.25, 0.72.
        ({"top_k": 2, "top_p": 0.56}, [{1}, {2}]),
        ({"top_k": 2, "top_p": 0.6}, [{1, 3}, {2}]),
    ],
)
def test_the_likeliest_tokens_are_kept(options: dict[str, Any], expected: list[set[int]]) -> None:
    kept = top_k_top_p_mask(LOGITS, **options)
    assert [set(np.flatnonzero(row).tolist()) for row in kept] == expected


def test_logits_of_any_size_are_compared_by_their_differences() -> None:
    for shift in (-1e4, 1e4):
        for options in ({"top_k": 2}, {"top_p": 0.5}, {"top_p": 0.75}):
            kept = top_k_top_p_mask(LOGITS + shift, **options)
            assert kept.tolist() == top_k_top_p_mask(LOGITS, **options).tolist()


def test_of_equally_likely_tokens_exactly_k_are_kept() -> None:
    kept = top_k_top_p_mask(np.zeros((1, 5)), top_k=2)
    assert kept.tolist() == [[True, True, False, False, False]]
    many = top_k_top_p_mask(np.zeros((3, 1000)), top_k=10)  # the first ten, as the ids are ordered
    assert many[:, :10].all()
    assert not many[:, 10:].any()


class Fixed:
    """Says the same at each step, whatever it is asked."""

    config = TransformerConfig(vocab_size=5, d_model=2, n_heads=1)

    def __init__(self, probabilities: list[float]) -> None:
        with np.errstate(divide="ignore"):
            self.logits = np.log(probabilities)

    def begin(self, prompt: mt.Tensor, max_length: int) -> tuple[mt.Tensor, None]:
        return prompt, None

    def step(self, ids: mt.Tensor, cache: None) -> mt.Tensor:
        return mt.from_numpy(np.tile(self.logits, (len(ids), 1)))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0, 0.1, 0.2, 0.3, 0.4]),
        # p^(1/T) of each, in proportion: squares at T = 1/2, 1 4 9 16 of 30; roots at T = 2.
        ({"temperature": 0.5}, [0, 1 / 30, 4 / 30, 9 / 30, 16 / 30]),
        ({"temperature": 2.0}, [0, 0.16270, 0.23009, 0.28181, 0.32540]),
        ({"top_k": 2}, [0, 0, 0, 3 / 7, 4 / 7]),
        ({"top_p": 0.8}, [0, 0, 2 / 9, 3 / 9, 4 / 9]),
    ],
    ids=str,
)
def test_tokens_are_drawn_as_often_as_they_are_likely(
    options: dict[str, Any], expected: list[float]
) -> None:
    model: Any = Fixed([1e-12, 0.1, 0.2, 0.3, 0.4])
    generator = mt.Generator().manual_seed(0)
    n = 20_000
    prompt = mt.from_numpy(np.full((n, 1), BOS))
    drawn = sample(model, prompt, 1, generator=generator, **options).numpy()
    frequency = np.bincount(drawn[:, 0], minlength=5) / n
    assert abs(frequency - expected).max() < 4 * math.sqrt(0.25 / n)  # four standard deviations
    assert (frequency[np.array(expected) == 0] == 0).all()


@decoders
def test_a_seed_draws_the_same_again(build: Build, kind: Any) -> None:
    model = build(kind)
    prompt = padded(kind, [[3, 4, 5], [6]])

    def draw(seed: int) -> Any:
        return sample(model, prompt, 10, generator=mt.Generator().manual_seed(seed)).tolist()

    assert draw(0) == draw(0)
    assert len({str(draw(seed)) for seed in range(5)}) > 1


@decoders
def test_the_default_generator_is_drawn_from(build: Build, kind: Any) -> None:
    model = build(kind)
    drawn = []
    for seed in (1, 1, 2, 3):
        mt.manual_seed(seed)
        drawn.append(sample(model, mt.tensor([[3, 4]]), 10).tolist())
    assert drawn[0] == drawn[1]
    assert drawn[1:] != [drawn[0]] * 3


@decoders
@pytest.mark.parametrize("options", [{"temperature": 0.0}, {"temperature": 1e-310}, {"top_k": 1}])
def test_the_coldest_sampling_is_greedy(build: Build, kind: Any, options: dict[str, Any]) -> None:
    for seed in range(5):
        model = build(kind, seed)
        prompt = padded(kind, [[3, 4, 5], [6]])
        expected = greedy(model, prompt, 8).tolist()
        assert sample(model, prompt, 8, **options).tolist() == expected


@decoders
def test_sampling_stops_at_the_end_token_or_the_limit(build: Build, kind: Any) -> None:
    model = build(kind)
    prompt = mt.from_numpy(np.full((200, 2), 5))
    drawn = sample(model, prompt, 12, temperature=3.0, generator=mt.Generator().manual_seed(0))
    assert drawn.shape == (200, 12)
    ends = 0
    for row in drawn.tolist():
        if EOS in row:
            ends += 1
            assert set(row[row.index(EOS) + 1 :]) <= {PAD}
    assert 0 < ends < 200


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -1.0}, "temperature must be at least 0"),
        ({"temperature": math.nan}, "temperature must be at least 0 and finite, not nan"),
        ({"top_k": 0}, "top_k must be at least 1"),
        ({"top_k": 0, "temperature": 0.0}, "top_k must be at least 1"),
        ({"top_p": 0.0}, "top_p must be a probability above 0"),
        ({"top_p": 1.5}, "top_p must be a probability above 0"),
    ],
)
def test_impossible_sampling_is_refused(
    build: Build, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        sample(build(GPT), mt.tensor([[3]]), 2, **options)


# ------------------------------------------------------------------------------------- beam search


def test_the_best_are_the_first_of_a_stable_sort() -> None:
    rng = np.random.default_rng(0)
    for different in (1, 2, 5, 50, 10**6):  # scores: many equals, and few
        for n in (5, 17, 60, 300, 2000):
            scores = -rng.integers(0, different, (3, n)).astype(float)
            scores[1, rng.random(n) < 0.5] = -math.inf
            for k in (1, 2, 5):
                expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
                assert _best(scores, k).tolist() == expected.tolist()


def test_of_equally_likely_tokens_a_beam_of_1_takes_greedys() -> None:
    config = TransformerConfig(vocab_size=500, d_model=4, n_heads=1, n_layers=1, d_ff=4)
    model = GPT(config).eval()
    model.output.weight.detach().zero_()
    prompt = mt.tensor([[3, 4]])
    found = beam_search(model, prompt, 3, width=1)
    assert found.ids[:, 0].tolist() == greedy(model, prompt, 3).tolist() == [[0, 0, 0]]


@decoders
def test_width_1_is_greedy(build: Build, kind: Any) -> None:
    for seed, alpha in product(range(4), (0.0, 2.0)):
        model = build(kind, seed)
        prompt = padded(kind, [[3, 4, 5], [6], [7, 8]])
        found = beam_search(model, prompt, 8, width=1, alpha=alpha)
        assert found.ids.tolist() == [[row] for row in greedy(model, prompt, 8).tolist()]


def every_text(model: Any, prompt: list[int], limit: int, alpha: float) -> list[Any]:
    """(score, text) of all texts that end, or reach the limit; the best first."""
    texts = []
    unfinished: list[tuple[float, list[int]]] = [(0.0, [])]
    while unfinished:
        log_p, text = unfinished.pop()
        following = log_softmax(next_logits(model, prompt, text))
        for token, more in enumerate(following.tolist()):
            longer = [*text, token]
            if token == EOS or len(longer) == limit:
                penalty = ((5 + len(longer)) / 6) ** alpha
                texts.append(((log_p + more) / penalty, longer))
            else:
                unfinished.append((log_p + more, longer))
    return sorted(texts, reverse=True)


@decoders
@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.5])
def test_a_beam_as_wide_as_the_space_finds_what_brute_force_finds(
    build: Build, kind: Any, alpha: float
) -> None:
    model = build(kind, vocab_size=4)
    prompts = [[3, 1, 3], [3]]
    expected = [every_text(model, prompt, 4, alpha) for prompt in prompts]
    n = len(expected[0])
    assert n == 1 + 3 + 9 + 27 + 81  # texts that end after 1, 2, 3 and 4 tokens, and that do not
    found = beam_search(model, padded(kind, prompts), 4, width=n, alpha=alpha, n_best=n)
    for row, scores, texts in zip(found.ids.tolist(), found.scores, expected, strict=True):
        assert row == [text + [PAD] * (4 - len(text)) for _, text in texts]
        assert_close(scores, [score for score, _ in texts], rtol=1e-9, atol=1e-9)


def test_where_there_are_no_more_texts_scores_say_so(build: Build) -> None:
    found = beam_search(build(GPT, vocab_size=4), mt.tensor([[3]]), 1, width=9, n_best=9)
    assert np.isfinite(found.scores.numpy()).tolist() == [[True] * 4 + [False] * 5]


@decoders
def test_a_score_is_the_penalised_log_probability_of_its_text(build: Build, kind: Any) -> None:
    model = build(kind)
    prompts = [[3, 4, 5], [6]]
    found = beam_search(model, padded(kind, prompts), 6, width=5, n_best=5)
    for prompt, texts, scores in zip(
        prompts, found.ids.tolist(), found.scores.tolist(), strict=True
    ):
        assert scores == sorted(scores, reverse=True)
        assert len({str(text) for text in texts}) == 5
        for text, score in zip(texts, scores, strict=True):
            n = text.index(EOS) + 1 if EOS in text else len(text)
            log_p = sum(
                log_softmax(next_logits(model, prompt, text[:i]))[text[i]] for i in range(n)
            )
            assert score == pytest.approx(log_p / ((5 + n) / 6) ** 0.6)


@decoders
def test_a_wider_beam_finds_no_worse_texts_on_average(build: Build, kind: Any) -> None:
    model = build(kind, d_model=16, pre_norm=True)
    model.output.weight.array *= 0.3  # a model that is sure of itself leaves nothing to search for
    prompts = mt.from_numpy(np.random.default_rng(0).integers(3, 11, (40, 4)))
    means = [
        beam_search(model, prompts, 8, width=width).scores.numpy().mean()
        for width in (1, 2, 4, 8, 16)
    ]
    for narrower, wider in pairwise(means):
        assert wider >= narrower - 1e-9
    assert means[-1] > means[0] + 1


@pytest.mark.parametrize("architecture", ["encoder-decoder", "gpt"])
def test_over_held_out_questions_a_wider_beam_scores_no_lower_on_average(architecture: str) -> None:
    """A model that has half learned to reverse, and questions that it was not shown."""
    task = Reverse(5, architecture=architecture)
    config = TrainingConfig(steps=40, batch_size=32, lr=4e-3, warmup=20)
    training = Training(task, task.model_config(n_layers=1), config)
    for _ in range(config.steps):
        training.advance()
    model, sources = training.model.eval(), [s for s, _ in task.held_out_examples(0, 150)]
    prompts = ARCHITECTURES[architecture].prompt(task.tokenizer, sources)
    means = [
        beam_search(model, prompts, 6, width=width).scores.numpy().mean() for width in (1, 2, 4, 8)
    ]
    for narrower, wider in pairwise(means):
        assert wider >= narrower - 1e-6  # float32
    assert means[-1] > means[0] + 0.01


@decoders
@pytest.mark.parametrize("width", [1, 2, 4])
def test_a_batch_is_searched_as_each_alone(build: Build, kind: Any, width: int) -> None:
    for seed in range(3):
        model = build(kind, seed)
        prompts = [[3, 4, 5], [6], [7, 8, 9, 10], [3, 3]]
        together = beam_search(model, padded(kind, prompts), 6, width=width, n_best=width)
        for i, prompt in enumerate(prompts):
            alone = beam_search(model, mt.tensor([prompt]), 6, width=width, n_best=width)
            n = alone.ids.shape[2]
            assert together.ids[i, :, :n].tolist() == alone.ids[0].tolist()
            assert not together.ids[i, :, n:].numpy().any()
            assert_close(together.scores[i], alone.scores[0], rtol=1e-9, atol=1e-9)


def test_the_length_penalty_is_that_of_wu_et_al() -> None:
    got = length_penalty(np.array([1, 7, 13]), 0.5)
    assert got.tolist() == pytest.approx([1, math.sqrt(2), math.sqrt(3)])
    assert length_penalty(np.array([1, 7]), 0.0).tolist() == [1, 1]


def test_a_stronger_penalty_finds_longer_texts(build: Build) -> None:
    def length(alpha: float) -> float:
        lengths = []
        for seed in range(8):
            found = beam_search(build(GPT, seed), mt.tensor([[3, 4]]), 10, width=8, alpha=alpha)
            text = found.ids.tolist()[0][0]
            lengths.append(text.index(EOS) + 1 if EOS in text else len(text))
        return sum(lengths) / len(lengths)

    assert length(0.0) < length(3.0)


def test_impossible_searches_are_refused(build: Build) -> None:
    for width, n_best, message in (
        (0, 1, "width must be at least 1, not 0"),
        (2, 3, "a beam of 2 cannot give the 3 best texts"),
        (2, 0, "n_best must be at least 1, not 0"),
    ):
        with pytest.raises(ValueError, match=message):
            beam_search(build(GPT), mt.tensor([[3]]), 2, width=width, n_best=n_best)
    for alpha in (-1e-9, 100.001):
        with pytest.raises(ValueError, match=r"alpha must be at least 0"):
            beam_search(build(GPT), mt.tensor([[3]]), 2, alpha=alpha)


def test_numbers_and_ids_may_be_numpys(build: Build) -> None:
    model, prompt = build(GPT), mt.tensor([[3, 4]], dtype=mt.int32)
    expected = beam_search(model, mt.tensor([[3, 4]]), 3, width=2, alpha=1.0, n_best=2)
    found = beam_search(
        model, prompt, np.int64(3), width=np.int32(2), alpha=np.float32(1), n_best=np.int64(2)
    )
    assert found.ids.tolist() == expected.ids.tolist()
    assert sample(model, prompt, 3, temperature=np.float64(0), top_k=np.int64(2)).tolist() == (
        greedy(model, prompt, 3).tolist()
    )


def test_logits_of_minus_infinity_rule_tokens_out() -> None:
    """One token is left at each step, whatever the strategy."""
    model: Any = Fixed([0, 0, 0, 1, 0])
    prompt = mt.tensor([[BOS]])
    for options in ({}, {"top_k": 3}, {"top_p": 0.9}, {"temperature": 9.0}):
        assert sample(model, prompt, 2, **options).tolist() == [[3, 3]]
    assert greedy(model, prompt, 2).tolist() == [[3, 3]]


def test_the_mask_is_made_of_any_number_of_rows() -> None:
    logits = np.random.default_rng(0).standard_normal((2, 3, 7))
    together = top_k_top_p_mask(logits, 4, 0.8)
    alone = [[top_k_top_p_mask(row, 4, 0.8) for row in rows] for rows in logits]
    assert together.tolist() == np.array(alone).tolist()


@decoders
def test_the_search_stops_at_the_limit(build: Build, kind: Any) -> None:
    model = build(kind)
    for limit in (1, 3, 5):
        assert beam_search(model, mt.tensor([[3, 4]]), limit, width=3).ids.shape[2] <= limit
