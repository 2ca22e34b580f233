"""The tasks: what is asked and held out, what a short training learns, and the commands."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from transformer import cli
from transformer.decoding.strategy import Decoding
from transformer.tasks import (
    GAP,
    TASKS,
    Addition,
    AdditionGPT,
    Characters,
    Copy,
    Dates,
    FillTheGap,
    ModularAddition,
    Numbers,
    Reverse,
    Sort,
    Task,
    TextToText,
    characters,
)
from transformer.tasks.gap import choices, sentences
from transformer.training import report
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training
from transformer.training.run import Run

TEXTS = [kind for kind in TASKS.values() if issubclass(kind, TextToText)]

# --------------------------------------------------------------------------------- all alike


@pytest.mark.parametrize("kind", TEXTS)
class TestExamples:
    def test_training_never_shows_what_is_held_out(self, kind: Any) -> None:
        task = kind()
        held_out = {source for source, _ in task.held_out_examples(0, 2000)}
        shown = {source for source, _ in task.training_examples(3000, np.random.default_rng(1))}
        assert len(held_out) > 1000
        assert not held_out & shown

    def test_held_out_examples_are_one_list_and_all_different(self, kind: Any) -> None:
        task = kind()
        whole = task.held_out_examples(0, 300)
        assert len(set(whole)) == 300
        assert task.held_out_examples(100, 300) == whole[100:]
        assert kind().held_out_examples(0, 100) == whole[:100]

    def test_they_fit_the_model(self, kind: Any) -> None:
        task = kind()
        examples = task.held_out_examples(0, 1000)
        examples += task.training_examples(1000, np.random.default_rng(0))
        for example in examples:
            lengths = (len(task.tokenizer.encode(text)) for text in example)
            assert all(n <= limit for n, limit in zip(lengths, task.longest, strict=True))
        for architecture in task.architectures:
            other = kind(architecture=architecture)
            model = other.model(other.model_config(d_model=8, n_heads=2, n_layers=1))
            by_length = sorted(examples, key=lambda example: sum(map(len, example)))[-2:]
            assert model.loss(*other.as_batch(by_length)).isfinite().item()
            assert len(other.generate(model, [source for source, _ in by_length])) == 2

    def test_the_seed_decides_the_examples(self, kind: Any) -> None:
        first, again, other = (
            kind().training_examples(20, np.random.default_rng(seed)) for seed in (1, 1, 2)
        )
        assert first == again != other

    def test_another_architecture_is_refused(self, kind: Any) -> None:
        with pytest.raises(ValueError, match=f"{kind.name} is learned by .*, not by 'rnn'"):
            kind(architecture="rnn")


# --------------------------------------------------------------------------------- each by hand


@pytest.mark.parametrize(
    ("task", "key", "source", "target"),
    [
        (AdditionGPT(), (12, 345), "12+345=", "753"),
        (Copy(), "hadbc", "hadbc", "hadbc"),
        (Reverse(), "hadbc", "hadbc", "cbdah"),
        (Sort(), "hadbcaj", "hadbcaj", "aabcdhj"),
        (ModularAddition(), (77, 30), "77 + 30", "10"),
        (ModularAddition(), (96, 96), "96 + 96", "95"),
        (Numbers(), 0, "zero", "零"),
        (Numbers(), 305, "three hundred and five", "三 百 零 五"),
        (Numbers(), 10_010, "ten thousand and ten", "一 万 零 一 十"),
        (Numbers(), 98_000, "ninety eight thousand", "九 万 八 千"),
        (
            Dates(),
            (date(2026, 1, 5), "en", "full"),
            "Monday, January 5, 2026",
            "2026年1月5日星期一",
        ),
        (Dates(), (date(2026, 1, 5), "en_GB", "long"), "5 January 2026", "2026年1月5日"),
        (Dates(), (date(2026, 1, 5), "en", "short"), "1/5/26", "2026/1/5"),
        (Dates(), (date(1900, 12, 31), "en", "yMMMEd"), "Mon, Dec 31, 1900", "1900年12月31日周一"),
        (Dates(), (date(1999, 7, 1), "en", "yQQQQ"), "3rd quarter 1999", "1999年第3季度"),
        (Dates(), (date(1999, 7, 1), "en", "GyMMM"), "Jul 1999 AD", "公元1999年7月"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_examples_by_hand(task: Any, key: Any, source: str, target: str) -> None:
    assert task.example(key) == (source, target)


def test_years_are_held_out_whole() -> None:
    task = Dates()
    years = {year: task.is_held_out((date(year, 1, 1), "en", "y")) for year in range(1900, 2100)}
    assert 10 <= sum(years.values()) <= 30
    for year, held_out in years.items():
        assert task.is_held_out((date(year, 12, 31), "en", "full")) == held_out


def test_every_way_to_write_a_year_is_used_and_is_one_of_babels() -> None:
    """Babel 2.18 had these, but for those with weeks, which the two languages count differently."""
    from babel import Locale

    used = {form for key in Dates().pick(5000, np.random.default_rng(0)) for form in [key[2]]}
    named = {"short", "medium", "long", "full"}
    assert used == named | {
        "y", "yM", "yMd", "yMEd", "yMMM", "yMMMd", "yMMMEd", "yMMMM", "yQQQ", "yQQQQ", "Gy",
        "GyMMM", "GyMMMd", "GyMMMEd", "GyMd",
    }  # fmt: skip
    for language in ("en", "en_GB"):
        assert used - named <= set(map(str, Locale.parse(language).datetime_skeletons))


def test_dates_are_measured_by_bleu_too() -> None:
    right = ["2026年1月5日星期一", "公元1999年7月"]
    assert Dates().compare(right, right) == {"exact_match": 1.0, "bleu": pytest.approx(100)}
    metrics = Dates().compare(["2026年1月5日星期二", "公元1999年7月"], right)
    assert metrics["exact_match"] == 0.5
    assert 80 < metrics["bleu"] < 99


def test_numbers_are_measured_by_bleu_of_what_people_read() -> None:
    """Of 三百零六 for 三百零五, 3 of 4 characters are right, 2 of 3 pairs, 1 of 2 triples, and of
    the one run of four none: sacrebleu counts half a match in such a place."""
    metrics = Numbers().compare(["三 百 零 六"], ["三 百 零 五"])
    assert metrics["exact_match"] == 0
    assert metrics["bleu"] == pytest.approx(100 * (3 / 4 * 2 / 3 * 1 / 2 * 1 / 2) ** (1 / 4))


def test_small_numbers_are_never_held_out_and_about_one_in_twenty_of_the_others_is() -> None:
    held_out = [Numbers().is_held_out(n) for n in range(100_000)]
    assert not any(held_out[:100])
    assert np.mean(held_out) == pytest.approx(0.05, abs=0.003)


def test_half_of_the_table_is_held_out_with_its_numbers_exchanged() -> None:
    task = ModularAddition()
    table = np.array([[task.is_held_out((a, b)) for b in range(97)] for a in range(97)])
    assert (table == table.T).all()
    assert table.mean() == pytest.approx(0.5, abs=0.03)
    assert len(task.held_out_examples(0, 10_000)) == pytest.approx(table.sum(), rel=0.01)


def test_modular_addition_is_measured_on_both_halves() -> None:
    task = ModularAddition()
    model = task.model(task.model_config(d_model=8, n_heads=2))
    metrics = task.evaluate(model, 0, 50)
    assert metrics.keys() >= {"exact_match", "training_exact_match"}
    spectrum = np.fft.rfft(model.embedding.tokens.weight.detach().numpy()[-97:], axis=0)[1:]
    powers = np.sort((np.abs(spectrum) ** 2).sum(1))
    assert metrics["fourier_power"] == pytest.approx(powers[-8:].sum() / powers.sum())


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        (f"yesterday the girl {GAP} milk .", {"drank"}),
        (f"today the girls {GAP} milk .", {"drink"}),
        (f"{GAP} the girl drank milk .", {"yesterday"}),
        (f"tomorrow an {GAP} king will look at stars .", {"old"}),
        (f"today every happy queen looks {GAP} clouds .", {"at"}),
        (f"today the girls {GAP} themselves .", {"wash"}),
        (f"today this girl washes {GAP} .", {"herself"}),
        (f"today the {GAP} washes itself .", {"cat"}),
        (f"today the girl drinks {GAP} .", {"milk", "water", "tea"}),
        (f"today {GAP} girls drink tea .", {"many", "all", "these", "the"}),
    ],
)
def test_words_that_fill_a_gap(sentence: str, words: set[str]) -> None:
    assert choices()[tuple(sentence.split())] == words


def test_only_gaps_that_one_word_fills_are_tested() -> None:
    by_length = defaultdict(list)
    for sentence in sentences():
        by_length[len(sentence)].append(sentence)
    for source, target in FillTheGap().held_out_examples(0, 40):
        words = source.split()
        place = words.index(GAP)
        fitting = {
            sentence[place]
            for sentence in by_length[len(words)]
            if (*sentence[:place], GAP, *sentence[place + 1 :]) == tuple(words)
        }
        assert fitting == {target}


@pytest.mark.parametrize(
    ("task", "question", "source"),
    [
        (Sort(), " h a d ", "had"),
        (ModularAddition(), " 77+ 30 = ", "77 + 30"),
        (Numbers(), "Ninety-eight thousand, three hundred", "ninety eight thousand three hundred"),
        (Dates(), "  Monday,  January 5, 2026", "Monday, January 5, 2026"),
        (FillTheGap(), f"Today the girl {GAP} tea", f"today the girl {GAP} tea ."),
    ],
)
def test_questions_as_people_write_them(task: Any, question: str, source: str) -> None:
    assert task.as_source(question) == source


@pytest.mark.parametrize(
    "task",
    [
        *(kind() for kind in TASKS.values()),
        *(kind(digits=n) for kind in (Addition, AdditionGPT) for n in (1, 9, 30)),
        *(kind(length=n) for kind in (Copy, Reverse, Sort) for n in (2, 15)),
    ],
    ids=repr,
)
def test_what_is_suggested_to_be_asked_can_be_asked(task: Any) -> None:
    assert task.as_source(task.question)


@pytest.mark.parametrize(
    ("task", "question", "message"),
    [
        (Copy(), "", "'' has 0 letters; this model has learned 1 to 10"),
        (Copy(3), "abca", "'abca' has 4 letters; this model has learned 1 to 3"),
        (Copy(), "xyz", "unknown character 'x'"),
        (ModularAddition(), "97+1", "not a sum of two numbers below 97"),
        (ModularAddition(), "1+1+1", "not a sum of two numbers below 97"),
        (Numbers(), "305", "unknown word '305'"),
        (Numbers(), " ", "not a number in words"),
        (Numbers(), "one " * 9, "not a number in words"),
        (Dates(), "", "not a date such as"),
        (Dates(), "May 1, 2026!", "unknown character '!'"),
        (FillTheGap(), "the girl drinks milk .", "a question has one gap"),
        (FillTheGap(), f"the {GAP} drinks {GAP} .", "a question has one gap"),
        (FillTheGap(), f"the dog drinks {GAP} .", "unknown word 'dog'"),
        (FillTheGap(), f"the {'old ' * 9} girl drinks {GAP} .", "longest sentence"),
    ],
)
def test_what_is_no_question_is_refused(task: Any, question: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        task.as_source(question)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("length", [1, 16, "3"])
def test_lengths_that_cannot_be_are_refused(length: Any) -> None:
    with pytest.raises(ValueError, match="length must be a whole number from 2 to 15, not"):
        Copy(length)


# ------------------------------------------------------------------------------- architectures


def test_a_gpt_learns_the_answer_only() -> None:
    """`<s>` is 1, `</s>` is 2, and the letters begin with 3; `<pad>`, 0, counts for nothing."""
    ids, targets = Reverse(architecture="gpt").as_batch([("abc", "cba"), ("b", "b")])
    assert ids.tolist() == [[3, 4, 5, 1, 5, 4, 3, 2], [4, 1, 4, 2, 0, 0, 0, 0]]
    assert targets.tolist() == [[0, 0, 0, 0, 5, 4, 3, 2], [0, 0, 4, 2, 0, 0, 0, 0]]


def test_a_gpt_generates_the_same_for_a_question_alone_and_beside_longer_ones() -> None:
    task = Reverse(architecture="gpt")
    model = task.model(task.model_config(d_model=16, n_heads=2))
    sources = ["a", "abcdefghij", "cab"]
    alone = [task.generate(model, [source])[0] for source in sources]
    assert task.generate(model, sources) == alone


def test_a_bert_learns_the_hidden_word_only() -> None:
    task = FillTheGap()
    word = {token: i for i, token in enumerate(task.tokenizer.tokens)}
    ids, targets = task.as_batch(
        [(f"{GAP} the girls drink milk .", "today"), (f"the {GAP}", "boy")]
    )
    assert ids.tolist()[1] == [word["the"], word[GAP], 0, 0, 0, 0]
    assert targets.tolist() == [[word["today"], 0, 0, 0, 0, 0], [0, word["boy"], 0, 0, 0, 0]]


def test_a_loss_is_the_mean_over_all_tokens_however_many_texts_are_read_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for task in (Copy(), Sort(), FillTheGap()):
        model = task.model(task.model_config(d_model=8, n_heads=2)).eval()
        examples = task.held_out_examples(0, 6)
        expected = model.loss(*task.as_batch(examples)).item()
        with monkeypatch.context() as patch:
            patch.setattr("transformer.tasks.task._parts", lambda items: [[item] for item in items])
            assert task.loss(model, examples) == pytest.approx(expected, rel=1e-5)


# --------------------------------------------------------------------------------- characters

POEM = "the cat sat on the mat. " * 100


@pytest.fixture
def poem(tmp_path: Path) -> Path:
    path = tmp_path / "poem.txt"
    path.write_text(POEM, encoding="utf-8")
    return path


@pytest.fixture
def trained_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], str]:
    """Trains a small model on a text, and returns the directory of the run."""
    monkeypatch.setattr(characters, "CONTINUATION", 20)

    def train(text: Path) -> str:
        run = str(tmp_path / "run")
        flags = "--context=16 --steps=2 --batch-size=4 --evaluate-on=5"
        flags += f" --d-model=8 --heads=1 --layers=1 --text={text} --out={run}"
        assert cli.main(["train", "characters", *flags.split()]) == 0
        return run

    return train


def test_pieces_of_a_text(poem: Path) -> None:
    task = Characters(str(poem), context=8)
    assert task.alphabet == " .acehmnost"
    (ids,) = task.batch(50, np.random.default_rng(0))
    assert ids.shape == (50, 9)
    shown = POEM[: len(POEM) * 9 // 10]
    assert all(task.tokenizer.decode(row) in shown for row in ids.tolist())
    pieces = [task.tokenizer.decode(row.tolist()) for row in task.held_out_examples(0, 10**6)]
    held_out = POEM[len(shown) :]
    assert len(pieces) == (len(held_out) - 1) // 8
    expected = [held_out[8 * i : 8 * i + 9] for i in range(len(pieces))]
    assert sorted(pieces) == sorted(expected)


def test_the_held_out_loss_is_the_mean_over_the_pieces(poem: Path) -> None:
    task = Characters(str(poem), context=8)
    model = task.model(task.model_config(d_model=8, n_heads=2, n_layers=1))
    pieces = mt.from_numpy(np.stack(task.held_out_examples(2, 20)))
    metrics = task.evaluate(model, 2, 20)
    assert metrics["held_out_loss"] == pytest.approx(model.loss(pieces).item(), rel=1e-5)
    assert metrics["perplexity"] == pytest.approx(np.exp(metrics["held_out_loss"]))


def test_a_text_that_has_changed_is_noticed(poem: Path) -> None:
    task = Characters(str(poem), context=8)
    again = Characters(str(poem), 8, task.alphabet, task.digest)
    poem.write_text(POEM + "!", encoding="utf-8")
    with pytest.raises(ValueError, match="has changed since the run was started"):
        again.batch(1, np.random.default_rng(0))
    model = again.model(again.model_config(d_model=8, n_heads=2, n_layers=1))
    assert again.solve(model, "the c").startswith("the c")  # which needs the alphabet alone


def test_a_text_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"cannot read the text .*missing"):
        Characters(str(tmp_path / "missing"))
    (tmp_path / "short").write_text("abc")
    with pytest.raises(ValueError, match="is too short: 3 characters"):
        Characters(str(tmp_path / "short"))


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_mark_and_the_form_of_line_ends_are_no_part_of_a_text(
    tmp_path: Path, mark: str, end: str
) -> None:
    lines = " a line\n" * 40
    expected = tmp_path / "expected.txt"
    expected.write_bytes(lines.encode())
    text = tmp_path / "text.txt"
    text.write_bytes((mark + lines.replace("\n", end)).encode())
    task, same = Characters(str(text), 8), Characters(str(expected), 8)
    assert task.alphabet == same.alphabet == "\n aeiln"
    assert task.digest == same.digest
    assert task.ids.tolist() == same.ids.tolist()


def test_a_mark_inside_a_text_is_a_character_of_it(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_bytes("\ufeffa\ufeffb".encode() * 20)
    assert Characters(str(tmp_path / "text.txt"), 2).alphabet == "ab\ufeff"


def test_a_text_goes_on_beyond_the_context_and_always_alike(
    poem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(characters, "CONTINUATION", 20)
    task = Characters(str(poem), context=8)
    model = task.model(task.model_config(d_model=8, n_heads=2, n_layers=1))
    text = task.solve(model, "the cat sat on ")
    assert text.startswith("the cat sat on ")
    assert len(text) == len("the cat sat on ") + 20
    assert text == task.solve(model, "the cat sat on ")
    assert len(task.solve(model, "")) == 21


def test_a_text_without_the_characters_of_our_question_gives_its_own_beginning(
    tmp_path: Path, trained_on: Callable[[Path], str], capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "text.txt"
    text.write_text("\n床前明月光，疑是地上霜。\n" * 40, encoding="utf-8")
    run = trained_on(text)
    assert f"transformer solve {run} '床前明月光，疑是'" in capsys.readouterr().out
    text.unlink()
    assert cli.main(["solve", run, "床前明月光，疑是"]) == 0  # which needs the run alone
    assert capsys.readouterr().out.startswith("床前明月光，疑是")


@pytest.mark.parametrize(
    ("flag", "decoding"),
    [
        ("--beam=2", Decoding(beam=2)),
        ("--temperature=0", replace(Characters.decoding, temperature=0.0)),
        ("--top-k=3", replace(Characters.decoding, top_k=3)),
        ("--seed=1", replace(Characters.decoding, seed=1)),
    ],
)
def test_a_text_goes_on_as_it_is_wanted_to(
    poem: Path,
    trained_on: Callable[[Path], str],
    flag: str,
    decoding: Decoding,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = trained_on(poem)
    task, model = Run(Path(run)).load()
    expected = task.answer(model, "the", decoding)
    assert expected != task.solve(model, "the")
    capsys.readouterr()
    assert cli.main(["solve", run, "the", flag]) == 0
    assert capsys.readouterr().out == expected + "\n"


def test_a_text_goes_on_in_one_way_only(
    poem: Path, trained_on: Callable[[Path], str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["solve", trained_on(poem), "the", "--beam=2", "--best=2"]) == 2
    assert capsys.readouterr().err == "error: --best does not go with the task characters\n"


def test_a_model_with_nothing_to_say_ends_the_text(poem: Path) -> None:
    task = Characters(str(poem), context=8)
    model = task.model(task.model_config(d_model=8, n_heads=2, n_layers=1))
    with mt.no_grad():  # whatever it has read, </s> is likeliest
        model.norm.weight.zero_()
        model.norm.bias.copy_(10 * model.output.weight[2])
    assert task.answer(model, "the", Decoding()) == "the"


# ------------------------------------------------------------------------------- they learn


def trained(task: Task, steps: int, **changes: Any) -> dict[str, float]:
    """Train a model of one layer with little, and measure it."""
    config = {"steps": steps, "batch_size": 32, "lr": 4e-3, "warmup": steps // 2} | changes
    training = Training(task, task.model_config(n_layers=1), TrainingConfig(**config))
    while training.step < steps:
        training.advance()
    return task.evaluate(training.model, 0, 200)


@pytest.mark.parametrize(
    ("task", "steps", "at_least"),
    [
        (Copy(3), 80, 0.6),
        (Reverse(3), 80, 0.5),
        (Sort(3), 80, 0.5),
        (Numbers(), 80, 0.6),
        (FillTheGap(), 60, 0.4),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_short_training_answers_questions(task: Task, steps: int, at_least: float) -> None:
    assert trained(task, steps)["exact_match"] >= at_least


def test_a_short_training_lowers_the_perplexity(poem: Path) -> None:
    """Untrained, the perplexity is about the number of tokens or more: 15, 65 and 14."""
    assert trained(AdditionGPT(2), 100)["perplexity"] < 8
    assert trained(Dates(), 60)["perplexity"] < 8
    assert trained(Characters(str(poem), context=16), 60)["perplexity"] < 1.5


def test_a_short_training_learns_the_shown_half_of_the_table_by_heart() -> None:
    metrics = trained(ModularAddition(), 150, batch_size=256)
    assert metrics["training_exact_match"] > 0.1  # a guess is right once in 97
    assert metrics["exact_match"] < 0.05


# ---------------------------------------------------------------------------------- commands


def test_a_text_that_has_changed_gets_one_line(
    poem: Path, trained_on: Callable[[Path], str], capsys: pytest.CaptureFixture[str]
) -> None:
    run = trained_on(poem)
    poem.write_text(POEM + "!", encoding="utf-8")
    assert cli.main(["eval", run]) == 2
    expected = f"error: {poem} has changed since the run was started\n"
    assert capsys.readouterr().err == expected
    poem.unlink()
    assert cli.main(["eval", run]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: cannot read the text {poem}: ")


@pytest.mark.parametrize("kind", TASKS.values(), ids=TASKS)
def test_train_eval_and_solve(
    kind: type[Task], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setattr(report, "TESTED", 20)
    monkeypatch.setattr(characters, "CONTINUATION", 20)
    run = str(tmp_path / "run")
    flags = "--steps=2 --batch-size=4 --evaluate-on=20 --d-model=8 --heads=1 --layers=1"
    assert cli.main(["train", kind.name, *flags.split(), "--out", run]) == 0
    assert (tmp_path / "run" / "loss.png").is_file()
    assert (tmp_path / "run" / "attention.png").is_file() == issubclass(kind, TextToText)
    capsys.readouterr()
    assert cli.main(["eval", run]) == 0
    output = capsys.readouterr().out
    assert "held-out loss" in output
    assert ("BLEU" in output) == (kind in (Dates, Numbers))
    assert cli.main(["solve", run, kind.question]) == 0
    assert not capsys.readouterr().err


def test_all_tasks_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["tasks"]) == 0
    output = capsys.readouterr().out
    assert all(name in output for name in TASKS)


@pytest.mark.parametrize("name", TASKS)
def test_every_flag_of_train_is_explained(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["train", name, "--help"])
    output = " ".join(capsys.readouterr().out.split())
    for flag in ("--lr FLOAT the highest", "--layers INT blocks", "--out OUT directory"):
        assert flag in output
    assert not re.search(r"--[\w-]+ [A-Z]+ \(default", output)


def test_flags_reach_task_model_and_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "TESTED", 5)
    flags = "--architecture=gpt --length=3 --layers=1 --d-model=8 --heads=2 --no-bias --norm=rms"
    flags += " --steps=1 --batch-size=2 --schedule=cosine --evaluate-on=5 --patience=3"
    assert cli.main(["train", "copy", *flags.split(), "--out", str(tmp_path)]) == 0
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["task"] == {"name": "copy", "architecture": "gpt", "length": 3}
    assert (config["model"]["bias"], config["model"]["norm"]) == (False, "rms")
    assert (config["training"]["schedule"], config["training"]["patience"]) == ("cosine", 3)


def test_a_package_that_is_missing_is_named_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("transformer.tasks.task.find_spec", lambda name: None)
    assert cli.main(["train", "dates", "--out", str(tmp_path / "run")]) == 2
    expected = "error: the task dates needs babel and sacrebleu: pip install -e '.[tasks]'\n"
    assert capsys.readouterr().err == expected
    assert not (tmp_path / "run").exists()
    Training(Addition(), Addition().model_config(), Addition.training_config)  # needs none
