"""The addition task: what is asked, what is held out, and what is refused."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transformer.tasks import Addition

digits = st.integers(1, 30)


@st.composite
def pairs(draw: Any) -> tuple[int, int]:
    a, b = (draw(st.integers(0, 10 ** draw(digits) - 1)) for _ in "ab")
    return a, b


def is_held_out(a: int, b: int) -> bool:
    return Addition().is_held_out((a, b))


def numbers(example: tuple[str, str]) -> tuple[int, int]:
    a, b = example[0].removesuffix("=").split("+")
    return int(a), int(b)


# ----------------------------------------------------------------------------------- held out


def splitmix64(x: int) -> int:
    """The mixing of Steele, Lea and Flood's SplitMix64 (2014), in Python's unbounded numbers."""
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % 2**64
    return x ^ (x >> 31)


@given(pair=pairs())
def test_the_numbers_alone_decide_what_is_held_out(pair: tuple[int, int]) -> None:
    low, high = sorted(pair)
    assert is_held_out(*pair) == (splitmix64(low * 10**9 + high) % 20 == 0)


@given(pair=pairs())
def test_a_pair_is_held_out_with_its_numbers_exchanged(pair: tuple[int, int]) -> None:
    a, b = pair
    assert is_held_out(a, b) == is_held_out(b, a)


def test_about_one_pair_in_twenty_is_held_out() -> None:
    fraction = np.mean([is_held_out(a, b) for a in range(300) for b in range(300)])
    # Of 45,150 pairs drawn with p = 1/20, the fraction has a standard deviation of 0.001.
    assert fraction == pytest.approx(0.05, abs=0.004)


@pytest.mark.parametrize("digits", [10, 20, 30])
def test_one_in_twenty_of_the_long_ones_too(digits: int) -> None:
    rng = random.Random(0)
    drawn = [rng.randrange(10**digits) for _ in range(20_000)]
    for pairs in (zip(drawn, reversed(drawn), strict=True), ((0, b) for b in drawn),
                  ((b, b) for b in drawn), ((b, 10**digits - 1 - b) for b in drawn)):  # fmt: skip
        # The fraction has a standard deviation of 0.0015; of 10,000 different pairs, of 0.0022.
        assert np.mean([is_held_out(a, b) for a, b in pairs]) == pytest.approx(0.05, abs=0.009)


@pytest.mark.parametrize("digits", [1, 2, 3, 9, 30])
def test_training_never_shows_a_held_out_pair(digits: int) -> None:
    task = Addition(digits)
    held_out = {numbers(e) for e in task.held_out_examples(0, 5000)}
    held_out |= {(b, a) for a, b in held_out}
    for seed in range(3):
        shown = task.training_examples(20_000, np.random.default_rng(seed))
        assert not held_out & {numbers(e) for e in shown}
        assert not any(is_held_out(*numbers(e)) for e in shown[:500])


def test_held_out_examples_are_held_out_and_all_different() -> None:
    examples = Addition().held_out_examples(0, 6000)
    assert len(examples) == len(set(examples)) == 6000
    assert all(is_held_out(*numbers(e)) for e in examples)


def test_held_out_examples_are_one_list() -> None:
    task = Addition()
    whole = task.held_out_examples(0, 300)
    assert task.held_out_examples(0, 100) == whole[:100]
    assert task.held_out_examples(100, 300) == whole[100:]


def test_the_list_of_held_out_examples_ends_where_they_do() -> None:
    expected = {(a, b) for a in range(10) for b in range(10) if is_held_out(a, b)}
    assert {numbers(e) for e in Addition(1).held_out_examples(0, 10**6)} == expected
    assert Addition(1).held_out_examples(10**5, 10**6) == []


# ----------------------------------------------------------------------------------- examples


@pytest.mark.parametrize("digits", [1, 2, 3, 5])
def test_numbers_of_every_length_appear(digits: int) -> None:
    task = Addition(digits)
    for examples in (
        task.training_examples(2000, np.random.default_rng(0)),
        task.held_out_examples(0, 2000),
    ):
        lengths = {tuple(len(str(n)) for n in numbers(e)) for e in examples}
        assert lengths == {(i, j) for i in range(1, digits + 1) for j in range(1, digits + 1)}


@pytest.mark.parametrize("digits", range(1, 10))
def test_draws_of_up_to_nine_digits_stay_what_they_were(digits: int) -> None:
    first, again = np.random.default_rng(digits), np.random.default_rng(digits)
    for n in (128, 7):
        is_long, lengths = again.random((2, n)) < 0.5, again.integers(1, max(digits, 2), (2, n))
        lengths[is_long] = digits
        lowest = [[0 if length == 1 else 10 ** (length - 1) for length in row] for row in lengths]
        a, b = again.integers(lowest, 10**lengths).tolist()
        assert Addition(digits).pick(n, first) == list(zip(a, b, strict=True))


@pytest.mark.parametrize("digits", [10, 15, 16, 18, 19, 30])
def test_numbers_of_one_length_are_drawn_uniformly(digits: int) -> None:
    drawn = [x for pair in Addition(digits).pick(30_000, np.random.default_rng(0)) for x in pair]
    longest = [x for x in drawn if len(str(x)) == digits]
    assert len(longest) == pytest.approx(30_000, abs=4 * 123)  # of 60,000, half: σ = √15,000
    assert len(set(longest)) > len(longest) - 2  # of 30,000 in 9 · 10⁹, some 0.05 pairs are equal
    places = zip(*map(str, longest), strict=True)
    for place, column in enumerate(places):  # each digit as often as the others, at each place
        counts = Counter(column)
        values = "123456789" if place == 0 else "0123456789"
        expected = len(longest) / len(values)
        assert set(counts) == set(values)
        assert all(abs(n - expected) < 5 * expected**0.5 for n in counts.values())
    for j in range(digits - 1):  # and each pair of neighbours: no seam in the middle of a number
        pairs = Counter(x[j : j + 2] for x in map(str, longest))
        assert len(pairs) == (100 if j else 90)
        expected = len(longest) / len(pairs)
        assert sum((n - expected) ** 2 / expected for n in pairs.values()) < 180  # χ², df ≤ 99


def test_half_of_the_numbers_have_all_the_digits() -> None:
    examples = Addition(3).training_examples(4000, np.random.default_rng(0))
    lengths = [len(str(n)) for e in examples for n in numbers(e)]
    assert np.mean(np.array(lengths) == 3) == pytest.approx(0.5, abs=0.025)
    assert np.mean(np.array(lengths) == 1) == pytest.approx(0.25, abs=0.025)


@given(pair=pairs())
def test_answers_are_written_least_significant_digit_first(pair: tuple[int, int]) -> None:
    a, b = pair
    source, target = Addition(30).example((a, b))
    assert source == f"{a}+{b}="
    assert sum(int(c) * 10**place for place, c in enumerate(target)) == a + b
    assert Addition(30).as_answer(target) == str(a + b)


def test_the_seed_decides_the_examples() -> None:
    first, again, other = (
        Addition().training_examples(50, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert first == again != other


def test_a_batch_by_hand() -> None:
    task, rng = Addition(2), np.random.default_rng(0)
    source, target = task.batch(3, rng)
    examples = task.training_examples(3, np.random.default_rng(0))
    for ids, text in zip(source.tolist(), (s for s, _ in examples), strict=True):
        assert ids[: len(text)] == [3 + "0123456789+=".index(c) for c in text]
        assert not any(ids[len(text) :])
    for ids, text in zip(target.tolist(), (t for _, t in examples), strict=True):
        assert ids[: len(text) + 2] == [1, *(3 + int(c) for c in text), 2]
        assert not any(ids[len(text) + 2 :])


@pytest.mark.parametrize("digits", [1, 3, 9, 16, 30])
def test_the_longest_sum_fits_the_model(digits: int) -> None:
    task = Addition(digits)
    source, target = task.example((10**digits - 1, 10**digits - 1))
    config = task.model_config()
    assert task.tokenizer.sources([source]).shape[1] <= config.max_length
    assert task.tokenizer.targets([target]).shape[1] - 1 <= config.max_length
    assert (len(source), len(target)) == task.longest


def test_model_sizes_can_be_changed() -> None:
    config = Addition().model_config(d_model=32, n_layers=1)
    assert (config.d_model, config.n_layers, config.d_ff) == (32, 1, 64)
    assert config.vocab_size == 3 + 12


# ---------------------------------------------------------------------------------- questions


@pytest.mark.parametrize(
    "question", ["12+34", "12+34=", "12 + 34", " 12+34 = ", "012+34", "\t12 +\n34"]
)
def test_a_sum_may_be_written_in_several_ways(question: str) -> None:
    assert Addition().as_source(question) == "12+34="


NO_SUM = "{!r} is not a sum of two numbers, such as 12+34"
UNKNOWN = "unknown character {!r} in {!r}: a sum is written with digits and one '+', such as 12+34"
TOO_LONG = "{} in {!r} has {} digits; this model has learned numbers of up to 3"


@pytest.mark.parametrize(
    ("question", "message"),
    [
        *((q, NO_SUM.format(q)) for q in ("", " ", "12", "12+", "+12", "+", "=", "1+2+3", "1++2")),
        ("1-2", UNKNOWN.format("-", "1-2")),
        ("a+b", UNKNOWN.format("a", "a+b")),
        ("1=+2", UNKNOWN.format("=", "1=+2")),
        ("1+2==", UNKNOWN.format("=", "1+2==")),
        ("1.5+2", UNKNOWN.format(".", "1.5+2")),
        ("１+２", UNKNOWN.format("１", "１+２")),
        ("²+1", UNKNOWN.format("²", "²+1")),
        ("1+\x00", UNKNOWN.format("\x00", "1+\x00")),
        ("1234+1", TOO_LONG.format(1234, "1234+1", 4)),
        ("1+99999", TOO_LONG.format(99999, "1+99999", 5)),
    ],
)
def test_what_is_no_sum_is_refused_in_one_line(question: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Addition().as_source(question)


@pytest.mark.parametrize("digits", [0, 31, -1, 2.0, "3"])
def test_lengths_that_cannot_be_are_refused(digits: Any) -> None:
    with pytest.raises(ValueError, match="digits must be a whole number from 1 to 30, not"):
        Addition(digits)
