"""The two lessons, tested by the numbers that they show."""

import importlib.util
import io
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

EXAMPLES = Path(__file__).parents[2] / "examples"


def load(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


one_plus_two = load("one_plus_two")
cat_likes_fish = load("cat_likes_fish")


@pytest.mark.parametrize("lesson", [one_plus_two, cat_likes_fish], ids=lambda m: m.__name__)
def test_both_languages_say_the_same_things(lesson):
    assert lesson.SAY["en"].keys() == lesson.SAY["zh"].keys()


class TestOnePlusTwo:
    @pytest.fixture(scope="class")
    @classmethod
    def a(cls):
        return {name: x.detach().numpy() for name, x in one_plus_two.attend().items()}

    def test_arrays_have_the_sizes_of_the_notes(self, a):
        assert all(a[name].shape == (5, 1024) for name in ("x", "q", "k", "v", "result"))
        assert all(a[name].shape == (1024, 1024) for name in ("w_q", "w_k", "w_v"))
        assert all(a[name].shape == (5, 5) for name in ("match", "scores", "weights"))

    def test_each_step_follows_from_the_one_before(self, a):
        for name in "qkv":
            np.testing.assert_allclose(a[name], a["x"] @ a[f"w_{name}"], rtol=1e-4, atol=1e-4)
        for i in range(5):
            for j in range(5):
                assert a["match"][i, j] == pytest.approx(np.dot(a["q"][i], a["k"][j]), abs=1e-3)
            exp = np.array([math.exp(s) for s in a["match"][i] / 32])
            np.testing.assert_allclose(a["weights"][i], exp / exp.sum(), atol=1e-5)
            taken = sum(a["weights"][i, j] * a["v"][j] for j in range(5))
            np.testing.assert_allclose(a["result"][i], taken, rtol=1e-4, atol=1e-5)

    def test_each_row_of_weights_sums_to_one(self, a):
        np.testing.assert_allclose(a["weights"].sum(1), 1, atol=1e-6)

    def test_the_models_own_layer_gives_the_same(self, a):
        np.testing.assert_allclose(a["module"], a["result"], atol=1e-5)

    @pytest.mark.parametrize("lang", ["en", "zh"])
    def test_shows_sizes_and_the_real_weights(self, a, lang):
        console = Console(record=True, width=100, file=io.StringIO())
        one_plus_two.show_mechanism(console, one_plus_two.SAY[lang])
        shown = console.export_text()
        assert "q  5×1024" in shown
        assert "w_v  1024×1024" in shown
        rows = [line.split() for line in shown.splitlines()]
        for token, weights in zip("1+2=?", a["weights"], strict=True):
            assert [token, *(f"{w:.2f}" for w in weights), "1.00"] in rows

    def test_a_short_training_looks_back_only_and_draws_what_it_saw(self, tmp_path, monkeypatch):
        model = one_plus_two.learn(steps=3)
        monkeypatch.setattr(one_plus_two, "learn", lambda: model)
        monkeypatch.setattr(sys, "argv", ["lesson", "--lang", "zh", "--out", str(tmp_path)])
        one_plus_two.main()
        names = {path.name for path in tmp_path.iterdir()}
        assert names == {"random.png", "1_plus_2.png", "57_plus_68.png"}

        text, weights = one_plus_two.look(model, "57+68=?")
        assert text.startswith("57+68=?")
        assert weights.shape == (2, 4, len(text), len(text))
        np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
        assert (np.triu(weights, 1) == 0).all()

    @pytest.mark.parametrize(
        ("weights", "said"),
        [
            ([[0.1, 0.1, 0.6, 0.2, 0.0], [0.7, 0.1, 0.1, 0.1, 0.0]], "looks at 1 (70%), 2 (60%):"),
            ([[0.3, 0.1, 0.4, 0.2, 0.0], [0.4, 0.2, 0.2, 0.1, 0.1]], "looks at 1 (40%), 2 (40%):"),
            ([[0.3, 0.1, 0.3, 0.2, 0.1], [0.3, 0.2, 0.2, 0.2, 0.1]], "looks at several tokens:"),
        ],
    )
    def test_says_in_words_whom_the_question_mark_looks_at(self, monkeypatch, weights, said):
        """A layer of two heads; the row of `?` is the fifth of six."""
        table = np.zeros((1, 2, 6, 6))
        table[0, :, 4, :5] = weights
        monkeypatch.setattr(one_plus_two, "look", lambda *_: ("1+2=?3", table))
        console = Console(record=True, width=200, file=io.StringIO())
        one_plus_two.show_trained(console, one_plus_two.SAY["en"], None, "1+2=?")
        assert f"To say 3, `?` {said}" in console.export_text()

    @pytest.mark.slow
    def test_the_trained_model_adds(self):
        model = one_plus_two.learn()
        held_out = one_plus_two.SUMS.held_out_examples(0, 300)
        written = one_plus_two.answers(model, [f"{source}?" for source, _ in held_out])
        assert sum(w == t for w, (_, t) in zip(written, held_out, strict=True)) >= 290


class TestCatLikesFish:
    WORDS = ("猫", "喜欢", "吃")

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls):
        return cat_likes_fish.learn()

    def test_three_vectors_go_into_the_mlp_and_three_come_out(self, model):
        a = cat_likes_fish.inside(model, list(self.WORDS))
        assert tuple(a["before"].shape) == tuple(a["after"].shape) == (1, 3, 64)
        up, down = (getattr(cat_likes_fish.first_mlp(model), n) for n in ("up", "down"))
        W1, b1, W2, b2 = (p.detach().numpy() for m in (up, down) for p in m.parameters())
        hidden = np.maximum(0, a["before"].numpy() @ W1.T + b1)
        np.testing.assert_allclose(a["hidden"].numpy(), hidden, atol=1e-5)
        np.testing.assert_allclose(a["after"].numpy(), hidden @ W2.T + b2, atol=1e-4)

    def test_the_mlp_treats_each_token_on_its_own(self, model):
        before = cat_likes_fish.inside(model, list(self.WORDS))["before"]
        assert cat_likes_fish.permuted(model, before, [2, 0, 1]) < 1e-5
        assert cat_likes_fish.permuted(model, before, [1, 0, 2]) < 1e-5

    def test_the_cat_likes_fish_and_the_dog_another(self, model):
        assert [word for word, _ in cat_likes_fish.top(model, list(self.WORDS), 3)] == [
            "鱼",
            "老鼠",
            "肉",
        ]
        assert cat_likes_fish.top(model, ["狗", "喜欢", "吃"])[0][0] == "骨头"

    def test_its_probabilities_are_those_of_the_grammar(self, model):
        for animal, likes in cat_likes_fish.LIKES.items():
            for verb, objects in likes.items():
                said = cat_likes_fish.inside(model, [animal, "喜欢", verb])["next"].numpy()
                for word, expected in zip(objects.split(), (0.6, 0.3, 0.1), strict=True):
                    assert said[cat_likes_fish.IDS[word]] == pytest.approx(expected, abs=0.15)

    @pytest.mark.parametrize(("lang", "named"), [("en", "鱼 fish"), ("zh", "鱼")])
    def test_shows_five_words_with_their_probabilities(self, model, lang, named):
        console = Console(record=True, width=100, file=io.StringIO())
        cat_likes_fish.show_next(console, lang, model, list(self.WORDS))
        lines = console.export_text(clear=False).splitlines()
        (fish,) = (line for line in lines if line.strip().startswith(named))
        _, probability = cat_likes_fish.top(model, list(self.WORDS))[0]
        assert f"{probability:.1%}" in fish
        assert "60%" in fish
        assert ("cat likes eat" in console.export_text(clear=False)) == (lang == "en")
        assert len([line for line in lines if line.rstrip().endswith("%")]) == 5
