"""The smallest adder: its texts, its parameters, the model by hand, and what is shown."""

import argparse
import importlib.util
import io
import math
import string
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import minitorch as mt
from transformer.cli.shell import Mistake
from transformer.explain import trace
from transformer.model.models import GPT

EXAMPLE = Path(__file__).parents[2] / "examples" / "smallest_adder.py"
TRAINED = EXAMPLE.with_suffix(".safetensors")
spec = importlib.util.spec_from_file_location("smallest_adder", EXAMPLE)
adder = importlib.util.module_from_spec(spec)
spec.loader.exec_module(adder)
FORMATTER = string.Formatter()


def model_of(seed, scale=1.0):
    """Return a model with random parameters, norms included."""
    mt.manual_seed(seed)
    model = GPT(adder.CONFIG)
    with mt.no_grad():
        for p in model.parameters():
            p.copy_(scale * mt.randn(*p.shape))
    return model


def shown(show, lang, p):
    console = Console(file=io.StringIO(), width=100, highlight=False)
    show(console, adder.SAY[lang], p)
    return console.file.getvalue().splitlines()


def test_it_has_224_parameters():
    """An embedding, q of two heads, k, v, W_o, the MLP's three matrices of six units, 3 norms."""
    expected = 11 * 4 + (8 * 4 + 4 * 4 + 4 * 4 + 4 * 8) + 3 * 6 * 4 + 3 * 4
    assert expected == 224
    model = GPT(adder.CONFIG)
    assert sum(p.numel() for p in model.parameters()) == expected
    assert sum(p.size for p in adder.parameters(model).values()) == expected


def test_a_sum_is_read_and_written_from_the_last_digit():
    text = adder.as_text(np.array([[58, 67], [9_999_999_999, 9_999_999_999], [0, 10]]))
    assert ["".join(map(str, row)) for row in text.tolist()] == [
        "085000000000" "076000000000" "52100000000",
        "099999999990" "099999999990" "89999999991",
        "000000000000" "001000000000" "01000000000",
    ]  # fmt: skip


def test_each_place_is_seen_at_the_same_distance():
    """The digits of place i stand 22 and 10 back from where that of the sum is predicted."""
    pairs = np.array([[1_234_567_890, 9_876_543_210]])
    (text,) = adder.as_text(pairs)
    for place in range(11):
        last = adder.QUESTION - 1 + place
        a, b, s = (n // 10**place % 10 for n in (*pairs[0], pairs.sum()))
        assert (text[last - 22], text[last - 10], text[last + 1]) == (a, b, s)
        before = text[last - 23] + text[last - 11]
        carry = int(before - text[last] > 5)
        assert s == (a + b + carry) % 10
        assert s == round(a + b + (before - text[last]) / 10) % 10  # as the docstring has it


def test_the_test_has_ten_edge_cases_and_ten_thousand_random_pairs():
    pairs = adder.test_pairs()
    assert pairs.shape == (10_010, 2)
    assert pairs.min() == 0
    assert pairs.max() == 9_999_999_999
    assert [9_999_999_999, 1] in pairs[:10].tolist()
    assert len({tuple(pair) for pair in pairs.tolist()}) == 10_010
    assert np.array_equal(pairs, adder.test_pairs())
    assert (pairs[10:] >= 10**9).mean() == pytest.approx(0.9, abs=0.01)  # uniform


def test_half_of_the_numbers_that_are_learned_have_ten_digits():
    pairs = adder.training_pairs(20_000, np.random.default_rng(0))
    assert pairs.min() >= 0
    assert pairs.max() < 10**10
    # Drawn below 10^10, as 1/2 + 1/2 · 1/10 of them are, a number has ten digits in 9 cases of 10.
    assert (pairs >= 10**9).mean() == pytest.approx(0.55 * 0.9, abs=0.01)


@pytest.mark.parametrize("place", [0, 1, 10])
def test_the_model_by_hand_is_the_model(place):
    model = model_of(place).double()
    (text,) = adder.as_text(np.array([[2_718_281_828, 3_141_592_653]]))
    ids = text[: adder.QUESTION + place]
    a = adder.by_hand(adder.parameters(model), ids)
    with mt.no_grad(), trace(model) as t:
        logits = model(mt.from_numpy(ids[None])).numpy()[0, -1]
    np.testing.assert_allclose(a["logits"], logits, rtol=1e-4, atol=1e-4)
    recorded = {
        "weights": t["blocks.0.attention.weights"][0, :, -1],
        "after_attention": t["blocks.0.add_attention.residual"][0, -1],
        "hidden": t["blocks.0.mlp.hidden"][0, -1],
        "after_mlp": t["blocks.0.add_mlp.residual"][0, -1],
    }
    for name, array in recorded.items():
        np.testing.assert_allclose(a[name], array, rtol=1e-4, atol=1e-4, err_msg=name)


def test_parameters_set_by_hand_give_what_one_works_out():
    """One head sees the digit 2, whatever its place; two units are open; the rest is arithmetic."""
    p = {name: np.zeros_like(x) for name, x in adder.parameters(model_of(0)).items()}
    p["E"][2], p["E"][3] = [2, 0, 0, 0], [0, 3, 0, 0]
    p["norm 1"][:] = p["norm 2"][:] = p["norm 3"][:] = 1
    p["W_v"][1, 0] = 1  # tells of a 2 by its second number; normalised, a 2 is (2, 0, 0, 0)
    p["W_o"][2, 1] = 8  # the first head's
    p["gate"][:2, 1] = [1, -1]
    p["up"][:2, 1] = 3
    p["down"][3, :2] = 0.5
    a = adder.by_hand(p, np.array([2, 0, 2, 3]))
    assert a["weights"].tolist() == [[1 / 4] * 4] * 2  # no query and no key: all scores are 0
    np.testing.assert_allclose(a["attention"], [0, 0, 8 * (2 + 2) / 4, 0], rtol=1e-4)
    np.testing.assert_allclose(a["after_attention"], [0, 3, 8, 0], rtol=1e-4)
    size = math.sqrt((3**2 + 8**2) / 4)
    gate, up = 3 / size, 9 / size
    units = [g / (1 + math.exp(-g)) * up for g in (gate, -gate)]
    np.testing.assert_allclose(a["hidden"], [*units, 0, 0, 0, 0], rtol=1e-4)
    added = 0.5 * sum(units)
    np.testing.assert_allclose(a["after_mlp"], [0, 3, 8, added], rtol=1e-4)
    size = math.sqrt((3**2 + 8**2 + added**2) / 4)
    np.testing.assert_allclose(a["logits"], [0, 0, 0, 3 * 3 / size] + [0] * 7, rtol=1e-4)


def test_our_trained_model_adds_even_with_parameters_as_printed():
    model = adder.saved_model(TRAINED)
    pairs = adder.test_pairs()
    assert adder.count_right(model, pairs) == len(pairs)
    assert adder.count_right(adder.rounded(model), pairs) == len(pairs)
    for x in adder.rounded(model).norm.weight.tolist():
        assert x == pytest.approx(float(f"{x:.2f}"), abs=1e-5)


def test_in_our_trained_model_a_place_lower_counts_a_tenth():
    p = adder.parameters(adder.saved_model(TRAINED))
    (a1, b1, a0, b0, _), second = adder.average_weights(p, adder.test_pairs()[-100:])
    assert [a1, b1] == pytest.approx([0.45, 0.45], abs=0.01)
    assert [a0, b0] == pytest.approx([0.047, 0.047], abs=0.002)
    assert second[4] > 0.99  # s₀
    waves = np.abs(np.fft.rfft(p["E"][:10], axis=0)[1:]) ** 2  # one to five in ten digits
    assert waves[0].sum() > 0.95 * waves.sum()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_all_parameters_are_on_one_screen(lang):
    p = adder.parameters(model_of(0))
    lines = shown(adder.show_parameters, lang, p)
    assert len(lines) <= 40
    text = "\n".join(lines)
    for name, x in p.items():
        for number in x.flat:
            assert f"{number:.2f}" in text, name


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_carry_is_shown_with_the_models_numbers(lang):
    p = adder.parameters(model_of(1, scale=0.7))
    text = "\n".join(shown(adder.show_carry, lang, p))
    ids = adder.as_text(np.array([[2_718_281_828, 3_141_592_653]]))[0, :25]
    a = adder.by_hand(p, ids)
    for name in ("token", "attention", "mlp", "after_mlp", "gate", "up", "hidden"):
        assert adder.numbers(a[name]) in text, name
    assert adder.numbers(a["logits"][:10], 1) in text
    most = a["weights"][0].argmax()
    assert f"{adder.token(most, ids)} {a['weights'][0].max():.0%}" in text


def test_tokens_are_named_by_number_and_place():
    ids = adder.as_text(np.array([[58, 67]]))[0]
    assert [adder.token(i, ids) for i in (0, 1, 2, 11, 12, 13, 23, 24, 25)] == [
        "a₋₁=0", "a₀=8", "a₁=5", "a₁₀=0", "b₋₁=0", "b₀=7", "b₁₀=0", "s₀=5", "s₁=2",
    ]  # fmt: skip


def test_both_languages_say_the_same_things():
    en, zh = adder.SAY["en"], adder.SAY["zh"]
    assert en.keys() == zh.keys()
    for name in en:
        fields = [{field for _, field, _, _ in FORMATTER.parse(say[name])} for say in (en, zh)]
        assert fields[0] == fields[1], name


def test_a_short_training_lowers_the_loss():
    console = Console(file=io.StringIO(), width=100)
    text = mt.from_numpy(adder.as_text(adder.training_pairs(100, np.random.default_rng(1))))
    mt.manual_seed(0)
    before = GPT(adder.CONFIG).loss(text).item()
    after = adder.learn(100, 0, console, adder.SAY["en"]).loss(text).item()
    assert before == pytest.approx(math.log(11), abs=0.2)  # as if it chose blindly
    assert after < before - 0.15
    assert "step 100/100  loss " in console.file.getvalue()


def options_of(**changes):
    given = {"steps": 2, "seed": 0, "lang": "en", "out": None, "load": None}
    return argparse.Namespace(**given | changes)


def test_a_saved_model_is_shown_again(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(adder, "test_pairs", lambda: np.array([[1, 2], [30, 40]]))
    assert adder.run(options_of(out=tmp_path)) == 0
    first = capsys.readouterr().out
    assert adder.run(options_of(load=tmp_path / "model.safetensors")) == 0
    again = capsys.readouterr().out
    assert "224 parameters" in first
    assert first.endswith(again)
    assert " of 2: ten edge cases" in again


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "--steps must be a whole number from 1 to"),
        ({"seed": -1}, "--seed must be a whole number from 0 to"),
        ({"load": Path("nowhere")}, "nowhere holds no model of this program: .*No such file"),
        ({"load": EXAMPLE}, "smallest_adder.py holds no model of this program: "),
    ],
)
def test_bad_input_is_refused_in_one_line(changes, message):
    with pytest.raises(Mistake, match=f"^.*{message}"):
        adder.run(options_of(**changes))


def test_another_models_parameters_are_refused(tmp_path):
    mt.save({"weight": mt.ones(2)}, tmp_path / "m")
    mt.save([1, 2], tmp_path / "list")
    for name in ("m", "list"):
        with pytest.raises(Mistake, match="holds no model of this program"):
            adder.saved_model(tmp_path / name)


@pytest.mark.slow
def test_it_learns_to_add_ten_digits():
    """In 15,000 steps, about 75 seconds of one core's time; seed 0 gets all 10,010 right."""
    model = adder.learn(adder.STEPS, adder.SEED, Console(file=io.StringIO()), adder.SAY["en"])
    assert adder.count_right(model, adder.test_pairs()) >= 0.999 * 10_010
