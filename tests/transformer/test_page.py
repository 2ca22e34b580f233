"""The page: what it embeds is what the model has and does, and what users typed stays text."""

from __future__ import annotations

import base64
import configparser
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile import HOSTILE, Hostile
from rich.console import Console

import minitorch as mt
from transformer.explain import explain, explained, in_float64, trace
from transformer.explain.page import Subject, page, payload, write_page
from transformer.explain.page.modules import ModuleError, joined
from transformer.explain.page.sources import PACKAGES
from transformer.tasks import (
    Addition,
    AdditionGPT,
    Characters,
    Copy,
    Dates,
    FillTheGap,
    MissingPackage,
    Reverse,
    TextToText,
)
from transformer.text.tokenizer import BOS, EOS
from transformer.training.loop import Training, train
from transformer.training.progress import Progress
from transformer.training.run import Run

FOLDER = PACKAGES / "transformer/explain/page"
SMALL = {"d_model": 8, "n_heads": 2, "n_layers": 1}


class Document(HTMLParser):
    """The elements of a page, with their attributes and the text directly inside each."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))
        self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.elements[-1][2].append(data)

    def one(self, tag: str, **attributes: str) -> str:
        """Return the text of the one element of this kind."""
        [text] = [
            "".join(text)
            for name, found, text in self.elements
            if name == tag and attributes.items() <= found.items()
        ]
        return text


def payload_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Document(text).one("script", id="data"))
    return found


def decoded(entry: dict[str, Any], dtype: str) -> Any:
    return np.frombuffer(base64.b64decode(entry["data"]), dtype).reshape(entry["shape"])


def untrained(task: Any, **changes: Any) -> Subject:
    """A model of a task, with random parameters, none of them 0."""
    mt.manual_seed(0)
    model = task.model(task.model_config(**SMALL, **changes)).eval()
    with mt.no_grad():
        for p in model.parameters():
            p.array[...] += 0.1 * np.random.default_rng(p.numel()).standard_normal(p.shape)
    return Subject(task, model, f"runs/{task.name}")


SUBJECTS: dict[str, Callable[[], Subject]] = {
    "addition": lambda: untrained(Addition()),
    "post-norm, tied, learned": lambda: untrained(
        Reverse(), pre_norm=False, tie_embeddings=True, positions="learned"
    ),
    "gpt": lambda: untrained(AdditionGPT()),
    "gpt, rotary, grouped, rms, swiglu": lambda: untrained(
        AdditionGPT(), positions="rotary", n_kv_heads=1, norm="rms", activation="swiglu"
    ),
    "bert": lambda: untrained(FillTheGap()),
    "characters": lambda: untrained(Characters(context=16)),
}


@pytest.fixture(scope="module", params=SUBJECTS)
def recorded(request: pytest.FixtureRequest) -> tuple[Subject, dict[str, Any]]:
    subject = SUBJECTS[request.param]()
    return subject, payload(subject, subject.task.question)


# ------------------------------------------------------------------------------------ the payload


def test_weights_are_those_of_the_model(recorded: Any) -> None:
    subject, found = recorded
    tables = {
        path: buffer
        for path, buffer in subject.model.named_buffers()
        if not path.endswith("quarter_turn")
    }
    expected = {**subject.model.state_dict(), **tables}
    assert found["weights"].keys() == expected.keys()
    for path, tensor in expected.items():
        np.testing.assert_array_equal(decoded(found["weights"][path], "<f4"), tensor.numpy())
    assert found["parameters"] == sum(p.numel() for p in subject.model.parameters())


def test_the_reference_is_the_trace_in_float64(recorded: Any) -> None:
    subject, found = recorded
    told = explained(subject.task, in_float64(subject.model), subject.task.question)
    named = told.trace.named()
    assert found["reference"].keys() == named.keys()
    for name, array in named.items():
        assert array.dtype == np.float64
        shown = decoded(found["reference"][name], "<f8")
        rows = array.reshape(array.shape[-shown.ndim :])[..., :: found["reference_step"], :]
        np.testing.assert_array_equal(shown, rows)
    assert (found["source"], found["answer"]) == (told.source, told.text)
    assert (found["prompt"], found["written"]) == (told.prompt, told.answer)
    assert found["reference"]["logits"]["shape"][1] == len(found["task"]["tokens"])


def test_of_a_long_text_the_reference_is_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = untrained(Dates())
    monkeypatch.setattr("transformer.explain.page.record.MOST_ROWS", 100)
    whole = payload(subject, "July 4, 1776")["reference"]
    monkeypatch.setattr("transformer.explain.page.record.MOST_ROWS", 5)
    found = payload(subject, "July 4, 1776")
    rows = max(entry["shape"][-2] for entry in whole.values())
    assert found["reference_step"] == -(-rows // 5) > 1
    for name, entry in whole.items():
        shown = decoded(found["reference"][name], "<f8")
        every = decoded(entry, "<f8")[..., :: found["reference_step"], :]
        np.testing.assert_array_equal(shown, every)


def test_the_float32_of_training_is_near_it(recorded: Any) -> None:
    subject, found = recorded
    told = explained(subject.task, in_float64(subject.model), subject.task.question)
    with mt.no_grad(), trace(subject.model) as t:
        subject.model(*(mt.tensor([ids]) for ids in told.inputs.values()))
    exact = told.trace.named()
    assert found["float32_difference"] == max(
        abs(array.astype(np.float64) - exact[name]).max() for name, array in t.named().items()
    )
    assert 0 < found["float32_difference"] < 1e-4


def test_the_configuration_says_what_it_leaves_to_the_rest(recorded: Any) -> None:
    subject, found = recorded
    config = subject.model.config
    assert found["config"]["n_kv_heads"] == (config.n_kv_heads or config.n_heads)
    assert found["config"]["d_head"] == config.d_model // config.n_heads
    assert found["config"]["final_norm"] is config.pre_norm
    assert found["config"]["vocab_size"] == len(found["task"]["tokens"])


def test_what_excites_a_unit_does_so_when_it_is_alone(recorded: Any) -> None:
    """The rows are counted without padding, and no other held-out input is stronger."""
    subject, found = recorded
    task, config = subject.task, subject.model.config
    examples = found["examples"]
    hidden: dict[str, list[Any]] = {path: [] for path in found["units"]}
    for source, target in examples[:60]:
        ids = task.tokenizer.encode(source)
        answer = [*task.tokenizer.encode(target), EOS]
        if isinstance(task, Characters):
            inputs = [[*ids, *answer[:-2]]]
        elif found["kind"] == "Transformer":
            inputs = [ids, [BOS, *answer[:-1]]]
        else:
            inputs = [ids] if found["kind"] == "BERT" else [[*ids, BOS, *answer[:-1]]]
        with mt.no_grad(), trace(subject.model) as t:
            subject.model(*(mt.tensor([row]) for row in inputs))
        for path in hidden:
            hidden[path].append(t[f"{path}.hidden"][0])
    assert sum(path.endswith("mlp") for path in hidden) == len(hidden) > 0
    compared = 0
    for path, units in found["units"].items():
        assert len(units) == config.d_ff
        for unit, strongest in enumerate(units):
            values = [value for _, _, value in strongest]
            strength = np.abs(values) if config.activation == "swiglu" else np.array(values)
            assert (strength > 0).all()
            assert (np.diff(strength) <= 0).all()
            assert len({example for example, _, _ in strongest}) == len(strongest) <= 5
            for example, row, value in strongest:
                if example < len(hidden[path]):
                    compared += 1
                    alone = hidden[path][example][row, unit]
                    assert alone == pytest.approx(value, rel=1e-3, abs=1e-5)
            columns = [array[:, unit] for array in hidden[path]]
            if config.activation == "swiglu":
                columns = [np.abs(column) for column in columns]
            most = max(column.max() for column in columns)
            assert most <= (max(strength) if len(strongest) else 0) + 1e-5
    assert compared > 5


def test_mistakes_are_those_of_greedy_decoding(recorded: Any) -> None:
    subject, found = recorded
    task, mistakes = subject.task, found["mistakes"]
    assert mistakes["tested"] > 200
    assert len(mistakes["list"]) == 30
    order = [(one["right"], one["margin"]) for one in mistakes["list"]]
    assert order == sorted(order)
    if isinstance(task, TextToText):
        tested = task.held_out_examples(0, mistakes["tested"])
        written = task.generate(subject.model, [source for source, _ in tested])
        answers = {source: text for (source, _), text in zip(tested, written, strict=True)}
        right = sum(text == target for text, (_, target) in zip(written, tested, strict=True))
        assert mistakes["wrong"] == len(tested) - right
        assert all(answers[one["source"]] == one["answer"] for one in mistakes["list"])
        assert all((one["source"], one["target"]) in tested for one in mistakes["list"])
    for one in mistakes["list"]:
        assert one["right"] == (one["answer"] == one["target"])


@pytest.mark.parametrize("name", ["addition", "gpt", "bert", "characters"])
def test_a_margin_is_between_the_best_and_the_second(name: str) -> None:
    subject = SUBJECTS[name]()
    listed = payload(subject, subject.task.question)["mistakes"]["list"]
    for one in [one for one in listed if one["answer"]][:8]:  # not </s> at once
        question = one["source"]
        if name == "characters":
            told = explained(subject.task, subject.model, question, target=one["answer"])
        else:
            told = explained(subject.task, subject.model, question)
        chosen = told.steps[one["step"]]
        assert (one["token"], one["rival"]) == (chosen.token, chosen.rival)
        margins = []
        for step in told.steps:
            p = step.probabilities
            margins.append(np.log(p[step.token] / p[step.rival]))
        assert one["margin"] == pytest.approx(min(margins), rel=1e-3, abs=1e-5)
        assert margins[one["step"]] == pytest.approx(min(margins), abs=1e-5)
        assert told.steps[one["step"]].token == one["token"]


def test_code_is_where_the_page_says(recorded: Any) -> None:
    _, found = recorded
    reads = ["tokens", "embedding", "attention", "add_norm", "mlp", "output", "probabilities"]
    reads += ["mask", "loss"]
    writes = [] if found["kind"] == "BERT" else ["cache", "greedy", "beam"]
    assert list(found["code"]) == reads + writes
    for excerpts in found["code"].values():
        assert excerpts
        for excerpt in excerpts:
            lines = (PACKAGES / excerpt["file"]).read_text().splitlines()[excerpt["line"] - 1 :]
            stripped = [line.strip() for line in lines]
            shown = [line.strip() for line in excerpt["text"].splitlines()]
            assert shown[0] == stripped[0]
            place = 0
            for line in shown:  # the same lines in the same order; the docstring is missing
                place = stripped.index(line, place) + 1
            assert '"""' not in excerpt["text"]


def test_nothing_is_said_of_examples_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(self: Any) -> None:
        raise MissingPackage("babel")

    monkeypatch.setattr(Dates, "require_packages", missing)
    subject = untrained(Dates())
    found = payload(subject, subject.task.question)
    assert (found["examples"], found["units"]) == ([], {})
    assert found["mistakes"] == {"tested": 0, "wrong": 0, "list": []}


def test_of_a_large_model_the_page_is_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = untrained(Addition())
    size = sum(p.numel() for p in subject.model.parameters())
    monkeypatch.setattr("transformer.explain.page.record.MOST_PARAMETERS", size)
    assert payload(subject, "1+2")["weights"] is not None
    monkeypatch.setattr("transformer.explain.page.record.MOST_PARAMETERS", size - 1)
    found = payload(subject, "1+2")
    assert found["weights"] is None
    assert found["reference"].keys() > {"logits"}
    assert found["reference_step"] == 1  # it shows all rows


def test_paths_of_this_machine_stay_here(tmp_path: Path) -> None:
    text = tmp_path / "diary.txt"
    text.write_text("the quick brown fox jumps over the lazy dog. " * 40)
    subject = untrained(Characters(text=str(text), context=16))
    assert str(tmp_path) not in page(subject)


def test_a_page_tells_where_solve_draws_its_tokens(recorded: Any) -> None:
    subject, found = recorded
    drawn = {"temperature": 0.8, "top_p": 0.95} if subject.task.name == "characters" else None
    assert found["task"]["sampling"] == drawn


def test_the_model_stays_as_it_is() -> None:
    subject = untrained(Addition())
    subject.model.train()
    before = {path: tensor.numpy().copy() for path, tensor in subject.model.state_dict().items()}
    page(subject)
    assert subject.model.training
    for path, tensor in subject.model.state_dict().items():
        assert tensor.dtype == mt.float32
        np.testing.assert_array_equal(tensor.numpy(), before[path])


def test_a_perplexity_that_is_infinite_is_left_out(single_digits: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(single_digits, run)
    (run / "metrics.csv").write_text("step,loss,perplexity\n1,9.5,inf\n2,0.5,1.5\n")
    [first, second] = payload_of(page(Subject.load(run)))["learning"]["metrics"]
    assert first == {"step": 1, "loss": 9.5}
    assert second == {"step": 2, "loss": 0.5, "perplexity": 1.5}


# ------------------------------------------------------------------------------------ two models


def test_the_second_model_is_given_by_what_differs() -> None:
    first, second = untrained(Addition()), untrained(Addition(), positions="learned")
    found = payload_of(page(first, "1+2", compare=second))
    title = found.pop("title")
    assert title == "1+2 · runs/addition"
    differs = found.pop("compare")
    assert {**found, **differs, "compare": None} == json.loads(json.dumps(payload(second, "1+2")))
    assert {"task", "code", "weights"} - differs.keys() == {"task"}


def test_only_models_that_can_be_asked_the_same_are_compared() -> None:
    found = payload_of(page(untrained(Addition()), compare=untrained(AdditionGPT())))
    assert (found["kind"], found["compare"]["kind"]) == ("Transformer", "GPT")
    with pytest.raises(ValueError, match=r"runs/copy, which has .* copy, cannot .* '1' at pos"):
        page(untrained(Addition()), compare=untrained(Copy()))


# ------------------------------------------------------------------------------- what users typed


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_users_typed_is_text(lang: str) -> None:
    subject = untrained(Hostile())
    subject = Subject(subject.task, subject.model, HOSTILE + "\udcff")
    text = page(subject, lang=lang)
    text.encode()  # half of a surrogate pair, from a file's name that is no UTF-8, is no obstacle
    document = Document(text)
    plain = Document(page(untrained(Addition())))
    assert [tag for tag, _, _ in document.elements] == [tag for tag, _, _ in plain.elements]
    found = payload_of(text)
    assert found["question"] == found["source"] == HOSTILE
    assert found["run"] == HOSTILE + "\udcff"
    assert found["task"]["summary"] == Hostile.summary
    assert document.one("title") == f"{HOSTILE} · {HOSTILE}?"
    assert document.elements[0][1]["lang"] == {"en": "en", "zh": "zh-CN"}[lang]
    data = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert data is not None
    assert "<" not in data[1]
    assert data[1].isascii()


def test_a_task_of_ones_own_has_a_page() -> None:
    found = payload(untrained(Hostile()), HOSTILE)
    assert found["task"]["tokenizer"] == "characters"
    assert found["mistakes"]["tested"] == (len(HOSTILE) - 1) // 2
    assert found["code"]["tokens"][0]["file"].endswith("hostile.py")


def test_what_does_not_fit_is_refused() -> None:
    subject = untrained(Addition())
    with pytest.raises(ValueError, match=r"unknown character '-' in '2-1'"):
        page(subject, "2-1")
    with pytest.raises(ValueError, match=r"lang must be one of en, zh, not 'fr'"):
        page(subject, lang="fr")
    with pytest.raises(ValueError, match=r"a page explains a TextToText or .*, and no str"):
        explain(subject.model, "1+2", task="addition")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"addition-gpt is learned by a GPT, not by Transformer"):
        explain(subject.model, "1+2", task=AdditionGPT())


# ----------------------------------------------------------------------------------- the document


def test_the_policy_allows_this_style_and_this_script_alone() -> None:
    document = Document(page(untrained(Addition())))
    [policy] = [
        found["content"]
        for tag, found, _ in document.elements
        if found.get("http-equiv") == "Content-Security-Policy"
    ]
    digests = {}
    for name, text in (
        ("script", document.one("script", type="module")),
        ("style", document.one("style")),
    ):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        digests[name] = f"'sha256-{digest}'"
    assert policy == (
        f"default-src 'none'; script-src {digests['script']}; style-src {digests['style']}; "
        "base-uri 'none'; form-action 'none'"
    )


def test_nothing_is_fetched() -> None:
    """URLs are in texts, and in the names of XML's vocabularies, which nobody opens."""
    text = page(untrained(Addition()))
    document = Document(text)
    for tag, found, _ in document.elements:
        assert tag not in {"link", "iframe", "object", "embed", "base", "img"}
        assert not {"src", "href", "style", "srcset", "action"} & found.keys()
        assert not any(name.startswith("on") for name in found)
    code = document.one("script", type="module") + document.one("style")
    urls = set(re.findall(r"https?://[^\s\"'`)]*", code))
    assert urls <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1998/Math/MathML",
        "http://www.w3.org/1999/xhtml",
    }
    assert not re.search(r"@import|url\((?!#)|\bimport\(|fetch\(|XMLHttpRequest|WebSocket", code)


def test_the_page_of_an_addition_is_small(tmp_path: Path) -> None:
    """That of the default model, with as many checkpoints as are kept by default."""
    task = Addition()
    assert task.training_config.keep == 12
    config = replace(task.training_config, steps=12, batch_size=2, evaluate_on=1)
    training = Training(task, task.model_config(), config)
    with Run(tmp_path / "addition") as run:
        run.start(training)
        assert train(training, run, Progress(Console(file=io.StringIO()), 0, 12, 2))
    text = page(Subject.load(tmp_path / "addition"))
    assert len(payload_of(text)["learning"]["checkpoints"]) == 12
    assert len(text.encode()) < 3_000_000


# ------------------------------------------------------------------------------------ the modules


def module(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.js").write_text(text)
    return folder / "app.js"


def test_a_module_comes_after_those_that_it_needs(tmp_path: Path) -> None:
    (tmp_path / "views").mkdir()
    module(tmp_path / "views", b='import { c } from "../c.js";\nexport async function b() {}\n')
    start = module(
        tmp_path,
        app='import {\n  b,\n} from "./views/b.js";\nimport { c, d } from "./c.js";\nb(c, d);\n',
        c="export const d = 1;\nexport class c {}\nconst $own = 2;\n",
    )
    assert list(filter(None, joined(start).splitlines())) == [
        "const d = 1;", "class c {}", "const $own = 2;", "async function b() {}", "b(c, d);",
    ]  # fmt: skip


def test_line_ends_are_those_of_the_page(tmp_path: Path) -> None:
    """Git writes others on Windows; the policy's digest is of what a browser reads."""
    module(tmp_path, app='import { a } from "./a.js";\na();\n', a="export function a() {}\n")
    script = joined(tmp_path / "app.js")
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert joined(tmp_path / "app.js") == script


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (
            {"app": 'import { b } from "./b.js";\n', "b": 'import { a } from "./app.js";\n'},
            r"in a circle: app\.js → b\.js → app\.js",
        ),
        ({"app": 'import { b } from "./b.js";\n', "b": "const b = 1;\n"}, r"b, which b\.js has"),
        (
            {"app": 'import { b } from "./b.js";\nlet c;\n', "b": "let c;\nexport let b;\n"},
            r"c is defined in b\.js and in app\.js",
        ),
        ({"app": "function a() {}\nconst a = 1;\n"}, r"a is defined in app\.js and in app\.js"),
        ({"app": 'import b from "./b.js";\n'}, r'cannot be joined: import b from "\./b\.js";'),
        ({"app": 'import { a as b } from "./b.js";\n', "b": "export let a;\n"}, r"a as b, which"),
        ({"app": "export default 1;\n"}, r"cannot be joined: export default 1;"),
        ({"app": "export const { a } = 1;\n"}, r"cannot be joined: const { a }"),
        ({"app": "const [a] = 1;\n"}, r"cannot be joined: const \[a\]"),
        ({"app": 'const a = "</SCRIPT>";\n'}, r"</SCRIPT in a module would end the script"),
        ({"app": "// <!-- <script>\n"}, r"<!-- in a module"),
    ],
)
def test_modules_that_cannot_be_joined_are_refused(
    tmp_path: Path, texts: dict[str, str], says: str
) -> None:
    with pytest.raises(ModuleError, match=says):
        joined(module(tmp_path, **texts))


def test_every_module_is_part_of_the_page() -> None:
    script = joined(FOLDER / "app.js")
    definition = re.compile(r"^(?:export )?((?:async )?(?:function|const) \w+)", re.MULTILINE)
    for path in FOLDER.rglob("*.js"):
        for defined in definition.findall(path.read_text(encoding="utf-8")):
            assert f"\n{defined}" in script, f"{path} is imported by no module"


def test_a_wheel_has_all_files_of_the_page() -> None:
    setup = configparser.ConfigParser()
    setup.read(PACKAGES / "setup.cfg")
    patterns = setup["options.package_data"]["transformer.explain.page"].split(", ")
    files = {path for path in FOLDER.rglob("*.*") if path.suffix not in (".py", ".pyc")}
    files.discard(FOLDER / "package.json")  # tells node, which tests the modules, what they are
    assert {path for pattern in patterns for path in FOLDER.glob(pattern)} == files
    assert {path.suffix for path in files} == {".html", ".css", ".js"}


# ------------------------------------------------------------------------------------- the writing


def test_a_page_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "page.html"
    write_page(path, "old ✓")
    assert path.read_text(encoding="utf-8") == "old ✓"

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(OSError, match=r"cannot write .*page\.html: No space left on device"):
            write_page(path, "new")
    assert path.read_text(encoding="utf-8") == "old ✓"
    write_page(path, "new")
    assert (path.read_text(), os.listdir(tmp_path)) == ("new", ["page.html"])


def test_only_a_file_is_replaced(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="it is no file"):
        write_page(tmp_path, "page")
    with pytest.raises(OSError, match=r"cannot write .*: No such file or directory"):
        write_page(tmp_path / "missing/page.html", "page")
    assert os.listdir(tmp_path) == []


# --------------------------------------------------------------------------------------- notebooks


def test_a_model_knows_the_task_that_it_was_loaded_with(
    single_digits: Path, tmp_path: Path
) -> None:
    task, model = Run(single_digits).load()
    shown = explain(model, "3+4", lang="zh")
    frame = shown._repr_html_()
    [(tag, attributes, _)] = Document(frame).elements
    assert (tag, attributes["srcdoc"]) == ("iframe", shown.text)
    assert payload_of(shown.text)["answer"] == task.solve(model, "3+4") == "7"
    assert payload_of(shown.text)["lang"] == "zh"
    shown.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == shown.text


def test_a_model_of_ones_own_needs_its_task() -> None:
    subject = untrained(Addition())
    with pytest.raises(TypeError, match=r"say what the model has learned, task=…"):
        explain(subject.model, "1+2")
    assert payload_of(explain(subject.model, None, subject.task).text)["question"] == "12+34"


def test_a_page_costs_nothing_to_those_who_want_none() -> None:
    program = (
        "import sys, transformer.cli, transformer.explain\n"
        "assert not any(name.startswith('transformer.explain.page') for name in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(PACKAGES)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)


# ---------------------------------------------------------------------------------- documentation


def test_the_page_of_the_documentation_is_of_today() -> None:
    path = Path(__file__).parents[2] / "docs" / "explain" / "addition.html"
    text = path.read_text(encoding="utf-8")
    todays = page(untrained(Addition()))
    for tag in ("style", "script type=\"module\""):
        code = re.search(rf"<{tag}>.*?</{tag.split()[0]}>", todays, re.DOTALL)
        assert code is not None
        assert code[0] in text, (
            "make it again: python examples/addition.py, then transformer explain runs/addition "
            '"12+34" --out docs/explain/addition.html'
        )
    data = payload_of(text)
    assert (data["task"]["name"], data["source"], data["answer"]) == ("addition", "12+34=", "46")
    assert len(data["learning"]["checkpoints"]) == 12
