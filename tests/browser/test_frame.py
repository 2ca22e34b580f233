"""The page's frame: what is typed, the address, the keyboard, languages, colours, small screens."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import minitorch as mt
from transformer.explain.page import Subject, page, write_page
from transformer.tasks import Addition

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def file(subject: Subject, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "sums.html"
    write_page(path, page(subject, "3+4"))
    return path


@pytest.fixture
def shown(chromium: Any, file: Path) -> Iterator[Open]:
    """Open the page; when the test is over, nothing has gone wrong in any."""
    wrong: list[str] = []
    context = chromium.new_context(viewport={"width": 1440, "height": 900})

    def shown(address: str = "", file: Path = file, **media: str) -> Any:
        tab = context.new_page()
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("console", lambda message: wrong.append(message.text))
        if media:
            tab.emulate_media(**media)
        tab.goto(file.as_uri() + address)
        tab.wait_for_selector("html[data-drawn]")
        return tab

    yield shown
    context.close()
    assert wrong == []


def drawn(tab: Any, act: Callable[[], Any]) -> None:
    """Do something, and wait until the page is drawn anew."""
    before = tab.locator("html").get_attribute("data-drawn")
    act()
    tab.wait_for_function("before => document.documentElement.dataset.drawn !== before", arg=before)


def written(tab: Any) -> str:
    return "".join(tab.locator("h1 [data-step]").all_inner_texts())


def test_a_question_that_is_typed_is_answered(shown: Open, subject: Subject) -> None:
    tab = shown()
    assert written(tab) == "7</s>"
    drawn(tab, lambda: tab.locator("input.question").fill("8+9"))
    answer = subject.task.solve(subject.model, "8+9")
    assert written(tab) == f"{answer[::-1]}</s>"  # it writes the last digit first
    assert answer in tab.locator("h1").inner_text()
    assert tab.title() == f"8+9 → {answer}"


@pytest.mark.parametrize("question", ["8+", "8+a", "8+\u202e", "123+4", "", "<b>"])
def test_what_is_no_question_is_told_in_the_words_of_python(
    question: str, shown: Open, subject: Subject
) -> None:
    tab = shown()
    drawn(tab, lambda: tab.locator("input.question").fill(question))
    with pytest.raises(ValueError) as error:  # noqa: PT011  it is whatever Python says
        subject.task.as_source(question)
    assert tab.get_by_role("alert").text_content() == str(error.value)
    assert written(tab) == "7</s>"  # the last good answer stays
    drawn(tab, lambda: tab.locator("input.question").fill("1+1"))
    assert not tab.get_by_role("alert").is_visible()


def test_the_address_leads_to_what_was_found(shown: Open) -> None:
    tab = shown()
    assert "#" not in tab.url
    drawn(tab, lambda: tab.locator("input.question").fill("5+5"))
    drawn(tab, lambda: tab.locator("[data-box='decoder.blocks.0.mlp']").click())
    drawn(tab, lambda: tab.locator("h1 [data-step='1']").click())
    again = shown("#" + tab.url.split("#")[1])
    assert again.locator("input.question").input_value() == "5+5"
    assert again.locator("h1 [data-step='1']").get_attribute("aria-pressed") == "true"
    assert again.locator("#focus h2").inner_text() == "MLP"
    drawn(again, lambda: again.evaluate("location.hash = '#question=2%2B2&step=77&lang=xx&box=9'"))
    assert again.locator("input.question").input_value() == "2+2"
    assert again.locator("h1 [aria-pressed=true]").count() == 1
    assert again.locator("html").get_attribute("lang") == "en"


def test_the_map_is_walked_through_by_keys(shown: Open) -> None:
    tab = shown()
    tab.locator("[data-box='tokens[0]']").focus()
    titles = []
    for _ in range(30):
        titles.append(tab.locator("#focus h2").inner_text())
        focused = tab.evaluate("document.activeElement.dataset.box")
        if focused == "probabilities":
            break
        drawn(tab, lambda: tab.keyboard.press("ArrowDown"))
    assert titles[-1] == "Probabilities"
    assert tab.locator("#map .map-edge:not(.lit)").count() == 0  # data has gone all the way
    assert {"Embedding + position", "Masked self-attention", "Add & Norm", "Output"} <= {*titles}


def test_a_heat_map_reads_its_numbers_out(shown: Open) -> None:
    tab = shown("#box=decoder.blocks.0.cross_attention&head=1&step=1")
    queries = tab.locator("#focus figure[data-trace$='.q']")
    values = [float(x) for x in queries.get_attribute("data-values").split()]
    queries.locator("[tabindex='0']").focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowRight", "ArrowLeft"):
        tab.keyboard.press(key)
    label, number = queries.get_by_role("status").inner_text().split(": ")
    assert label == "7, 2"  # numbered from 1
    d_head = len(values) // 2  # of <s> and of 7
    assert float(number.replace("−", "-")) == pytest.approx(values[d_head + 1], rel=1e-3)
    weights = tab.locator("#focus figure[data-trace$='.weights']")
    weights.locator("[tabindex='0']").focus()
    for key in ["ArrowDown"] + 9 * ["ArrowRight"]:  # the cursor stays within the map
        tab.keyboard.press(key)
    assert weights.get_by_role("status").inner_text().startswith("7 asks, = answers: ")


def test_the_focus_stays_where_it_was(shown: Open) -> None:
    tab = shown("#question=8%2B9")
    tab.locator("h1 [data-step='0']").focus()
    drawn(tab, lambda: tab.keyboard.press("ArrowRight"))
    tab.wait_for_function("() => document.activeElement.dataset.step === '1'")
    head = tab.locator("#focus").get_by_role("button", name="2", exact=True)
    head.focus()
    drawn(tab, lambda: tab.keyboard.press("Enter"))
    assert tab.evaluate("document.activeElement.textContent") == "2"
    assert tab.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"


def test_a_word_of_the_glossary_is_explained(shown: Open) -> None:
    tab = shown()
    tab.locator("#focus .term", has_text="query").focus()
    assert "What a token asks for" in tab.locator(".tip").inner_text()
    tab.keyboard.press("Escape")
    assert tab.locator(".tip").count() == 0


def test_it_speaks_chinese(shown: Open) -> None:
    tab = shown("#step=1")
    drawn(tab, lambda: tab.get_by_role("button", name="中文").click())
    assert tab.locator("html").get_attribute("lang") == "zh-CN"
    assert tab.locator("h1").inner_text().startswith("你的模型读了")
    assert tab.locator("h1 [data-step='1']").get_attribute("aria-pressed") == "true"
    drawn(tab, lambda: tab.get_by_role("button", name="English").click())
    assert tab.locator("html").get_attribute("lang") == "en"


def test_light_and_dark(shown: Open) -> None:
    tab = shown(color_scheme="dark", reduced_motion="reduce")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = tab.evaluate(paper)
    drawn(tab, lambda: tab.get_by_role("button", name="Light").click())
    assert tab.evaluate(paper) != dark
    drawn(tab, lambda: tab.get_by_role("button", name="Dark").click())
    assert tab.evaluate(paper) == dark


def test_in_training_the_right_answer_is_read(shown: Open, subject: Subject) -> None:
    tab = shown()
    drawn(tab, lambda: tab.locator("#map").get_by_role("button", name="In training").click())
    assert "In training your model reads" in tab.locator("h1").inner_text()
    loss = float(tab.locator("#map [data-what='loss:0']").get_attribute("data-value"))
    share = tab.locator("#map .map-step [data-what^='probability:0']")
    right = float(share.get_attribute("data-value"))
    assert 2.718281828**-loss == pytest.approx(right, rel=1e-6)


@pytest.mark.parametrize("width", [390, 768, 1440, 1920])
def test_no_screen_is_too_small(width: int, shown: Open) -> None:
    tab = shown("#question=9%2B9")
    tab.set_viewport_size({"width": width, "height": 800})
    for section in tab.locator("main > section").all():
        section.scroll_into_view_if_needed()
    tab.wait_for_timeout(100)
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("architecture", ["encoder-decoder", "gpt"])
def test_two_models_that_are_not_alike_stand_side_by_side(
    architecture: str, shown: Open, subject: Subject, tmp_path: Path
) -> None:
    mt.manual_seed(0)
    task = Addition(1, architecture=architecture)
    other = Subject(task, task.model(task.model_config(n_layers=2, n_heads=2, d_model=16)), "B")
    for first, second in ((subject, other), (other, subject)):
        write_page(tmp_path / "two.html", page(first, "3+4", compare=second))
        tab = shown(file=tmp_path / "two.html")
        for section in tab.locator("main > section").all():
            section.scroll_into_view_if_needed()
        assert tab.locator("#map .map-figure").count() == 2
        box = "decoder.blocks.1.mlp" if architecture == "encoder-decoder" else "blocks.1.mlp"
        drawn(tab, tab.locator(f"[data-box='{box}']").click)
        tab.get_by_text("This model has no such box as the other.").wait_for()  # one of them
        assert tab.locator("#focus h2").all_inner_texts() == ["MLP", "MLP"]
        assert tab.locator("#learning .side-name, #mistakes .side-name").count() == 4
        alike = architecture == "encoder-decoder"  # at least the logits can be subtracted
        assert (tab.locator("#compare [data-what^='lens:']").count() == 0) == alike
        tab.close()


def test_the_foot_tells_how_far_the_page_is_from_numpy(shown: Open) -> None:
    tab = shown()
    tab.locator("footer").scroll_into_view_if_needed()
    difference = tab.locator("[data-what=difference]")
    assert 0 < float(difference.get_attribute("data-value")) < 1e-9
    assert "float64" in difference.inner_text()


def test_a_link_in_the_head_leads_to_its_section_and_the_address_tells_it(shown: Open) -> None:
    for name in ("why", "mistakes", "compare", "attention"):
        tab = shown(reduced_motion="reduce")
        tab.locator(f"nav a[href='#{name}']").click()
        tab.wait_for_function("name => location.hash.includes(`section=${name}`)", arg=name)
        head = tab.locator("header.top").bounding_box()["height"]
        assert 0 <= tab.locator(f"#{name}").bounding_box()["y"] - head < 40
        again = shown("#" + tab.url.split("#")[1], reduced_motion="reduce")
        again.wait_for_function("() => scrollY > 200")
        again.wait_for_function(
            "name => document.getElementById(name).getBoundingClientRect().top < 200", arg=name
        )
        drawn(again, again.get_by_role("button", name="中文").click)
        again.wait_for_function(
            "name => document.getElementById(name).getBoundingClientRect().top < 200", arg=name
        )


def test_to_type_a_question_does_not_move_the_page(shown: Open) -> None:
    tab = shown("#section=why", reduced_motion="reduce")
    tab.wait_for_function("() => scrollY > 200")
    tab.locator("input.question").focus()
    before = tab.evaluate("scrollY")
    for key in ("End", "Backspace", "5"):
        tab.keyboard.press(key)
    tab.wait_for_function("() => document.title.startsWith('3+5')")
    assert tab.evaluate("scrollY") == before


def test_the_address_is_copied(shown: Open) -> None:
    tab = shown("#step=1")
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.get_by_role("button", name="Copy link").click()
    assert "send this file too" in tab.locator(".tip").inner_text()
    assert tab.evaluate("navigator.clipboard.readText()") == tab.url


def test_the_focus_panel_comes_to_where_a_box_is_chosen(shown: Open) -> None:
    tab = shown(reduced_motion="reduce")
    tab.set_viewport_size({"width": 1440, "height": 500})
    box = tab.locator("#map [data-box='decoder.blocks.0.mlp']")
    tab.evaluate("scrollTo(0, 500)")
    drawn(tab, box.click)
    head = tab.locator("header.top").bounding_box()["height"]
    assert 0 <= tab.locator("#focus h2").bounding_box()["y"] - head < 40
    tab.evaluate("scrollTo(0, 100)")  # and it goes with the reader
    tab.wait_for_function(
        "() => document.querySelector('#focus h2').getBoundingClientRect().top < 250"
    )
    assert tab.locator("#focus h2").bounding_box()["y"] >= head


def test_what_is_not_yet_written_is_said(shown: Open) -> None:
    tab = shown("#box=decoder.blocks.0.cross_attention")
    figures = tab.locator("#focus figure[data-trace$='.weights']")
    figures.locator("[tabindex='0']").focus()
    said = figures.get_by_role("status")
    assert "not yet" not in said.inner_text()
    tab.keyboard.press("ArrowDown")
    assert said.inner_text() == "7: not yet written at this step"
    tab.locator("#attention").scroll_into_view_if_needed()
    hatched = "maps => maps.map((map) => map.clientHeight / map.parentElement.clientHeight)"
    for stack, share in (("encoder", 0), ("decoder", 0.5)):  # all read at once; <s>, without 7
        later = tab.locator(f"#attention [data-trace^='{stack}'] .head-later")
        later.first.wait_for(state="attached")
        assert set(later.evaluate_all(hatched)) == {share}
    drawn(tab, lambda: tab.locator("#map").get_by_role("button", name="In training").click())
    figures.locator("[tabindex='0']").focus()
    assert said.inner_text().startswith("7 asks")


def test_a_question_that_cannot_be_read_leaves_no_false_sentence(shown: Open) -> None:
    tab = shown()
    field = tab.locator("input.question")
    field.focus()
    drawn(tab, lambda: field.fill("3*4"))
    said = " ".join(tab.locator("h1").inner_text().split())
    assert said.startswith("Your model cannot read")
    assert "Still showing 3+4 →" in said
    assert field.evaluate("field => field === document.activeElement")
    drawn(tab, lambda: field.fill("3+4"))
    assert tab.locator("h1").inner_text().startswith("Your model read ")


def test_a_link_leads_to_the_open_arithmetic(shown: Open) -> None:
    for place in ("section=attention&key=1", "section=mlp&unit=3"):
        tab = shown(f"#{place}", reduced_motion="reduce")
        section = place.split("&")[0].removeprefix("section=")
        tab.wait_for_function(
            "id => { const e = document.querySelector(`#${id} .cell > *`);"
            " return e && Math.abs(e.getBoundingClientRect().top) < 200 && scrollY > 200; }",
            arg=section,
        )


def test_what_the_mask_hides_is_said(shown: Open) -> None:
    tab = shown("#box=decoder.blocks.0.self_attention&step=1")
    for name in ("weights", "scores"):
        figure = tab.locator(f"#focus figure[data-trace$='.{name}']")
        figure.locator("[tabindex='0']").focus()
        for key in ("ArrowUp", "ArrowUp", "ArrowRight", "ArrowRight"):
            tab.keyboard.press(key)
        assert figure.get_by_role("status").inner_text().endswith("hidden by the mask")
        tab.keyboard.press("ArrowDown")
        assert "hidden" not in figure.get_by_role("status").inner_text()


def test_parts_are_switched_off_where_they_are_shown(shown: Open, subject: Subject) -> None:
    tab = shown()
    for section, name, edit in (
        ("attention", "Switch this head off", "head"),
        ("mlp", "Switch this unit off", "unit"),
        ("mlp", "Switch this MLP off", "sublayer"),
    ):
        place = tab.locator(f"#{section}")
        place.scroll_into_view_if_needed()
        drawn(tab, place.get_by_role("button", name=name).click)
        assert f'"kind":"{edit}"' in urllib.parse.unquote(tab.url)
        assert "Off: the answer" in place.inner_text()
        drawn(tab, place.get_by_role("button", name="Switch it on again").click)
        assert "edits" not in tab.url
    place = tab.locator("#sum")
    place.scroll_into_view_if_needed()
    part = "block 1 · Cross-attention · head 2"
    drawn(tab, place.get_by_role("button", name=f"{part}: switch it off").click)
    off = place.locator("[data-what='sum:decoder.blocks.0.cross_attention.heads.1']")
    assert float(off.get_attribute("data-value")) == 0
    drawn(tab, place.get_by_role("button", name=f"{part}: switch it on again").click)
    assert float(off.get_attribute("data-value")) != 0


def test_the_list_of_mistakes_gives_no_answer_away(shown: Open) -> None:
    tab = shown()
    rows = tab.locator("table.mistakes tbody tr")
    tab.locator("#mistakes").scroll_into_view_if_needed()
    drawn(tab, rows.first.get_by_role("button").click)
    assert "Hidden until" not in rows.first.inner_text()
    drawn(tab, tab.get_by_role("switch", name="Guess first").click)
    assert "Hidden until you have guessed" in rows.first.inner_text()
    assert "Hidden until" not in rows.last.inner_text()


def test_a_changed_model_is_changed_in_writing_too(shown: Open) -> None:
    part = '[{"kind":"sublayer","path":"decoder.blocks.0.mlp"}]'
    tab = shown(f"#edits={urllib.parse.quote(part)}")
    tab.locator("#writing").scroll_into_view_if_needed()
    tab.locator("#writing table.modes .token").first.wait_for()
    fed = tab.locator("#writing table.modes tr", has_text="comes out").first
    assert written(tab) != "7</s>"
    assert "".join(fed.locator("td").last.locator(".token").all_inner_texts()) == written(tab)
    assert "transformer solve always has all on" in tab.locator("#writing").inner_text()
