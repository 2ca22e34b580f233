"""draw_graph(): what it shows is true, how it is laid out is tidy, and it changes nothing."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import minitorch as mt
from minitorch import nn
from minitorch.autograd import Function
from minitorch.autograd.anomaly import detect_anomaly
from minitorch.drawing.draw import Drawing
from minitorch.drawing.structure import Vertex
from minitorch.drawing.text import to_text
from minitorch.utils.checkpoint import checkpoint

ROOT = Path(__file__).parents[2]


def leaf(value: Any) -> mt.Tensor:
    return mt.tensor(value, requires_grad=True)


def vertices(drawing: Drawing) -> dict[str, Vertex]:
    """The vertices by what is written there: a name, or else the operation."""
    found = {}
    for vertex in drawing._picture.vertices:
        key = vertex.name or vertex.operation
        assert key not in found or not key, f"{key} twice"
        found[key] = vertex
    return found


def one(drawing: Drawing, name: str) -> Vertex:
    (found,) = [v for v in drawing._picture.vertices if v.name == name]
    return found


def number(vertex: Vertex) -> tuple[Any, Any]:
    value, gradient = vertex.value, vertex.gradient
    return (
        None if value is None else value.tolist(),
        None if gradient is None else gradient.tolist(),
    )


class Linear(nn.Module):
    """A module whose numbers are known."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(mt.tensor([[1.0, 2.0]]))
        self.bias = nn.Parameter(mt.tensor([3.0]))

    def forward(self, x: mt.Tensor) -> mt.Tensor:
        return x @ self.weight.T + self.bias


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = Linear()

    def forward(self, x: mt.Tensor) -> mt.Tensor:
        return self.linear(x) + self.linear(x * 2)


class TestTheExample:
    """L = (a · b + 5)², as drawn by hand in autograd/graph.py."""

    a, b = leaf(3.0), leaf(2.0)
    with mt.keep_values():
        L = (a * b + 5).square()

    def test_values_and_gradients(self) -> None:
        found = {
            key: number(v) for key, v in vertices(mt.draw_graph(self.L, a=self.a, b=self.b)).items()
        }
        assert found == {
            "a": (3.0, 44.0),
            "b": (2.0, 66.0),
            "mul": (6.0, 22.0),
            "": (5.0, None),
            "add": (11.0, 22.0),
            "square": (121.0, 1.0),
        }

    def test_text(self) -> None:
        drawing = mt.draw_graph(self.L, a=self.a, b=self.b, L=self.L)
        assert str(drawing) == repr(drawing)
        assert str(drawing) == (
            "●    a             3  grad  44\n"
            "│ ●  b             2  grad  66\n"
            "├─╯\n"
            "●    mul           6  grad  22\n"
            "│ ○  5\n"
            "├─╯\n"
            "●    add          11  grad  22\n"
            "●    L = square  121  grad   1"
        )

    def test_picture_has_the_same_writing(self) -> None:
        tree = ElementTree.fromstring(mt.draw_graph(self.L, a=self.a, b=self.b)._repr_svg_())
        texts = [e.text for e in tree.iter() if e.tag.endswith("}text")]
        assert sorted(map(str, texts)) == sorted([
            "a", "3", "grad", "44", "b", "2", "grad", "66", "mul", "6", "grad", "22", "5",
            "add", "11", "grad", "22", "square", "121", "grad", "1",
        ])  # fmt: skip

    def test_names_are_those_of_the_variables(self) -> None:
        p, q = leaf(3.0), leaf(2.0)
        total = p * q + 5
        assert {"p", "q", "total"} <= vertices(mt.draw_graph(total)).keys()

    def test_a_given_name_comes_first(self) -> None:
        p = leaf(3.0)
        y = p.exp()
        assert vertices(mt.draw_graph(y, a=p, y=y)).keys() == {"a", "y"}

    def test_a_function_is_called_and_its_parameters_are_names(self) -> None:
        def f(a: mt.Tensor, b: mt.Tensor, *, c: float = 5) -> mt.Tensor:
            return (a * b + c).square()

        found = vertices(mt.draw_graph(f, self.a, b=self.b, c=4))
        assert number(found["a"]) == (3.0, 2 * 10 * 2.0)
        assert number(found["square"]) == (100.0, 1.0)

    def test_without_keep_values_it_shows_what_is_in_memory(self) -> None:
        y = (leaf(3.0) * leaf(2.0) + 5).square()
        drawing = mt.draw_graph(y)
        found = {v.operation: number(v) for v in drawing._picture.vertices}
        assert found["mul"] == (None, 22.0)  # nobody saved it
        assert found["add"] == (11.0, 22.0)  # square did
        assert "?  is no longer in memory" in str(drawing)
        assert "no longer" not in str(mt.draw_graph(self.L))


OPERATIONS = [
    lambda a, b: a * b,
    lambda a, b: a + b,
    lambda a, b: a - 2 * b,
    lambda a, b: (a @ b.T).softmax(-1) @ b,
    lambda a, b: a.tanh(),
    lambda a, b: a.exp().log1p(),
    lambda a, b: a.flip(0),
    lambda a, b: mt.cat([a[:1], b[1:]]),
]


@pytest.mark.parametrize("seed", range(8))
def test_gradients_are_those_of_backward(seed: int) -> None:
    """Of every value in a random expression, and no `grad` is written before."""
    draw = random.Random(seed)
    x = mt.tensor(np.random.default_rng(seed).normal(size=(2, 2)), requires_grad=True)
    values = [x, leaf([[0.5, -1.0], [2.0, 0.25]]).double()]
    with mt.keep_values():
        for _ in range(12):
            values.append(draw.choice(OPERATIONS)(draw.choice(values), draw.choice(values[-3:])))
        y = values[-1].sum() + x.sum()
    for value in values:
        if not value.is_leaf:
            value.retain_grad()
    found = [v for v in mt.draw_graph(y)._picture.vertices if v.gradient is not None]
    assert all(value.grad is None for value in values)
    y.backward()
    for value in [*values[2:], x]:
        if value.grad is not None:
            same = [
                v
                for v in found
                if v.value is not None
                and np.array_equal(v.value, value.array)
                and np.array_equal(v.gradient, value.grad.array)  # type: ignore[arg-type]
            ]
            assert same, f"no vertex has the value {value} and the gradient {value.grad}"


class TestWhatItLeavesAlone:
    def test_the_graph_can_still_go_backward(self) -> None:
        x = leaf(3.0)
        y = x * x
        before = mt.draw_graph(y)
        assert x.grad is None
        y.backward()
        assert x.grad is not None
        assert x.grad.item() == 6.0
        assert number(vertices(before)["x"]) == (3.0, 6.0)

    def test_hooks_do_not_run_and_random_numbers_are_not_drawn(self) -> None:
        x, seen = leaf([1.0, 2.0]), []
        y = checkpoint(lambda x: mt.dropout(x, 0.5, True), x).sum()
        x.register_hook(seen.append)
        y.register_hook(seen.append)
        state = mt.get_rng_state()
        mt.draw_graph(y)
        assert seen == []
        assert str(mt.get_rng_state()) == str(state)

    def test_nothing_is_noted_without_keep_values(self) -> None:
        y = leaf(2.0) * 3
        assert y.grad_fn is not None
        assert y.grad_fn.notes is None

    def test_keep_values_ends(self) -> None:
        with pytest.raises(ZeroDivisionError), mt.keep_values():
            _ = 1 / 0
        assert (leaf(2.0) * 3).grad_fn.notes is None  # type: ignore[union-attr]

    def test_a_value_is_kept_as_it_was(self) -> None:
        x = leaf([1.0, 2.0])
        with mt.keep_values():
            h = x * 2
            y = (h + 1).sum()
        with mt.no_grad():
            h.mul_(100)
        shown = [v for v in mt.draw_graph(y)._picture.vertices if v.operation == "mul"]
        assert shown[0].value is not None
        assert shown[0].value.tolist() == [2.0, 4.0]

    @pytest.mark.parametrize("outer", [detect_anomaly, mt.keep_values])
    def test_it_goes_together_with_detect_anomaly(self, outer: Any) -> None:
        inner = mt.keep_values if outer is detect_anomaly else detect_anomaly
        x = leaf(2.0)
        with outer(), inner():
            y = x * 3
            with pytest.raises(RuntimeError, match="detect_anomaly"):
                (x - 2).log()
        assert y.grad_fn is not None
        assert y.grad_fn.notes is not None
        assert y.grad_fn.notes.keys() == {"kept", "origin"}

    def test_inside_keep_values_a_nan_is_no_error(self) -> None:
        with mt.keep_values():
            x = leaf(-1.0)
            y = x.sqrt()
            y.backward()
        assert x.grad is not None
        assert np.isnan(x.grad.item())


class TestModules:
    def test_boxes_names_and_values(self) -> None:
        model = Twice()
        drawing = mt.draw_graph(model, mt.tensor([[1.0, 10.0]]))
        boxes = drawing._picture.whole.boxes()[1:]
        assert [(b.path, b.kind, b.level) for b in boxes] == [
            ("", "Twice", 1),
            ("linear", "Linear", 2),
            ("linear", "Linear", 2),
        ]
        names = {v.name: v.box.kind for v in drawing._picture.vertices if v.name}
        # used in both calls, so outside of both; x comes from outside the model
        assert names == {"linear.weight": "Twice", "linear.bias": "Twice", "x": "NoneType"}
        # 1 + 20 + 3, and 2 + 40 + 3
        last = drawing._picture.vertices[-1]
        assert last.value is not None
        assert last.value.tolist() == [[24.0 + 45.0]]

    def test_a_call_that_follows_at_once_is_another_call(self) -> None:
        class Again(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.relu = nn.ReLU()

            def forward(self, x: mt.Tensor) -> mt.Tensor:
                return self.relu(self.relu(x))

        boxes = mt.draw_graph(Again(), leaf([1.0]))._picture.whole.boxes()
        assert [box.path for box in boxes[2:]] == ["relu", "relu"]

    def test_text_when_folded(self) -> None:
        assert str(mt.draw_graph(Twice(), leaf([[1.0, 10.0]]), depth=0)) == (
            "●  x      [ 1 10]  grad  [3 6]\n▸  Twice      1×1  3 parameters"
        )

    def test_fold_takes_paths_and_classes(self) -> None:
        for fold in ("linear", "Linear", ["Linear"]):
            text = str(mt.draw_graph(Twice(), leaf([[1.0, 10.0]]), fold=fold))
            assert text.count("▸") == 2
            assert "matmul" not in text

    def test_a_model_names_parameters_of_a_graph_that_was_not_noted(self) -> None:
        model = Twice()
        y = model(leaf([[1.0, 10.0]])).sum()
        shown = {v.name for v in mt.draw_graph(y, model)._picture.vertices}
        assert {"linear.weight", "linear.bias"} <= shown

    def test_parts_of_an_argument_are_recognised(self) -> None:
        table = nn.Embedding(4, 2)
        found = vertices(mt.draw_graph(lambda ids: table(ids[:, 1:]).sum(), mt.tensor([[1, 2, 3]])))
        assert found["ids[…]"].value is not None
        assert found["ids[…]"].value.tolist() == [[2, 3]]


class Both(Function):
    @staticmethod
    def forward(ctx: Any, x: mt.Tensor, y: mt.Tensor) -> Any:
        return x * y, x + y

    @staticmethod
    def backward(ctx: Any, g: mt.Tensor, h: mt.Tensor) -> Any:
        return g * 3 + h, g * 2 + h


class TestAllKindsOfGraphs:
    @pytest.mark.parametrize("keep", [False, True])
    def test_a_function_with_two_outputs(self, keep: bool) -> None:
        x, y = leaf(2.0), leaf(3.0)

        def f() -> mt.Tensor:
            p, q = Both.apply(x, y)
            return p * q  # type: ignore[no-any-return]

        drawing = mt.draw_graph(f) if keep else mt.draw_graph(f(), x=x, y=y)
        values = [number(v) for v in drawing._picture.vertices if v.operation == "Both"]
        assert values == [(6.0, 5.0), (5.0, 6.0)]
        assert number(one(drawing, "x")) == (2.0, 5.0 * 3 + 6)

    def test_a_checkpoint(self) -> None:
        x = leaf(2.0)
        with mt.keep_values():
            y = checkpoint(lambda x: (x * x).exp(), x) * 2
        found = vertices(mt.draw_graph(y))
        assert found.keys() == {"x", "checkpoint", "", "y"}
        assert number(found["checkpoint"]) == (pytest.approx(np.exp(4.0)), 2.0)
        assert found["x"].gradient == pytest.approx(8 * np.exp(4.0), rel=1e-6)

    def test_a_change_in_place(self) -> None:
        x = leaf([1.0, 2.0])
        with mt.keep_values():
            h = x * 2
            h[0] = 5.0
            y = h.sum()
        found = vertices(mt.draw_graph(y))
        assert number(found["h"]) == ([5.0, 4.0], [1.0, 1.0])
        assert number(found["mul"]) == ([2.0, 4.0], [0.0, 1.0])

    def test_what_backward_would_refuse_is_drawn_without_gradients(self) -> None:
        x = leaf([1.0, 2.0])
        h = x * 2
        y = (h * h).sum()
        h.add_(1)
        drawing = mt.draw_graph(y)
        assert all(v.gradient is None for v in drawing._picture.vertices)
        assert "no gradients: one of the variables needed" in str(drawing)

    def test_a_leaf_that_was_changed_says_so(self) -> None:
        x = leaf([1.0, 2.0])
        y = (x + 3).sum()
        assert "changed" not in str(mt.draw_graph(y))
        with mt.no_grad():
            x.add_(1)
        assert "changed since" in str(mt.draw_graph(y))
        assert "changed since" in mt.draw_graph(y)._repr_svg_()

    def test_several_outputs_have_no_gradients(self) -> None:
        x = leaf(2.0)
        drawing = mt.draw_graph((x * 3, x * 4))
        assert sum(v.output for v in drawing._picture.vertices) == 2
        assert "no gradients" in str(drawing)

    def test_a_tensor_that_is_used_twice(self) -> None:
        x = leaf(2.0)
        assert str(mt.draw_graph(x * x)) == "●  x            2  grad  4\n●  mul (x × 2)  4  grad  1"

    def test_a_diamond(self) -> None:
        with mt.keep_values():
            x = leaf(2.0)
            y = x.exp() + x.tanh()
        assert [line[:5] for line in str(mt.draw_graph(y)).splitlines()] == [
            "●    ", "├─╮", "│ ●  ", "● │  ", "├─╯", "●    ",
        ]  # fmt: skip

    def test_a_large_tensor_is_shown_by_its_shape(self) -> None:
        x = leaf(np.zeros((2, 7), np.float32))
        found = vertices(mt.draw_graph(x.sum()))
        assert found["x"].value is None
        assert "2×7" in str(mt.draw_graph(x.sum()))

    def test_many_lanes_become_a_list(self) -> None:
        y = mt.cat([leaf([float(i)]) for i in range(20)]).sum()
        lines = str(mt.draw_graph(y)).splitlines()
        assert re.match(r" 21  cat ← 1, 2, 3,.* 20 ", lines[20])
        assert re.match(r" 22  y = sum ← 21 ", lines[21])

    def test_a_deep_chain(self) -> None:
        y = leaf(1.0)
        for _ in range(2500):
            y = y + 1
        drawing = mt.draw_graph(y)
        assert len(str(drawing).splitlines()) == 1 + 2500 + 1
        ElementTree.fromstring(drawing._repr_svg_())


# ------------------------------------------------------------------------------- how it looks


class Random(nn.Module):
    """A module that computes something random from its inputs, partly with random modules."""

    def __init__(self, draw: random.Random, depth: int) -> None:
        super().__init__()
        self.draw, self.depth = draw, depth
        self.inner = nn.ModuleList(Random(draw, depth - 1) for _ in range(2 if depth else 0))
        self.weight = nn.Parameter(mt.tensor(0.5))

    def forward(self, *inputs: mt.Tensor) -> Any:
        values = [*inputs, self.weight * 1]
        for _ in range(self.draw.randint(1, 6)):
            a, b = self.draw.choice(values), self.draw.choice(values)
            if self.inner and self.draw.random() < 0.4:
                values += self.draw.choice([*self.inner])(a, b)
            else:
                values.append(self.draw.choice([a * b, a + self.weight, a - b, a.tanh()]))
        return values[-1], self.draw.choice(values) + 0


Rectangle = tuple[float, float, float, float]


def rectangles(group: Any, x: float, y: float) -> Iterator[tuple[Any, Rectangle]]:
    """The items inside a box, with left, top, right and bottom."""
    (inside,) = [e for e in group if e.get("class") == "mt-inside"]
    for item in inside:
        if item.get("data-rank"):
            left, top = map(float, re.findall(r"-?[\d.]+", item.get("transform")))
            frame = next(e for e in item if e.tag.endswith("rect"))
            w, h = float(frame.get("width")), float(frame.get("height"))
            yield item, (x + left, y + top, x + left + w, y + top + h)


def problems(group: Any, x: float, y: float, width: float, height: float) -> Iterator[str]:
    """Say what overlaps, sticks out, or goes backward inside a box."""
    found = list(rectangles(group, x, y))
    for i, (item, (left, top, right, bottom)) in enumerate(found):
        if left < x or top < y or right > x + width + 0.1 or bottom > y + height + 0.1:
            yield f"an item sticks out: {left, top, right, bottom} of {x, y, width, height}"
        for _, (l2, t2, r2, b2) in found[:i]:
            if left < r2 and l2 < right and top < b2 and t2 < bottom:
                yield f"{left, top, right, bottom} overlaps {l2, t2, r2, b2}"
        if item.get("class") == "mt-box":
            yield from problems(item, left, top, right - left, bottom - top)
    (inside,) = [e for e in group if e.get("class") == "mt-inside"]
    for path in (e for e in inside if e.get("data-wire")):
        x1, y0, y1, _, _, _, _, x2, y2, y3 = map(float, re.findall(r"-?[\d.]+", path.get("d")))
        if not y0 <= y1 < y2 <= y3:
            yield f"a wire goes up: {path.get('d')}"
        for at, start, stop in ((x + x1, y + y0, y + y1), (x + x2, y + y2, y + y3)):
            for _, (left, top, right, bottom) in found:
                if left < at < right and top < stop and start < bottom:
                    yield f"a wire at {at} runs through {left, top, right, bottom}"


def picture_problems(drawing: Drawing) -> list[str]:
    tree = ElementTree.fromstring(drawing._repr_svg_())
    (whole,) = [e for e in tree if str(e.get("class")).startswith("mt-box")]
    return [*problems(whole, 0, 0, float(tree.get("width", 0)), float(tree.get("height", 0)))]


@pytest.mark.parametrize("seed", range(12))
def test_nothing_overlaps(seed: int) -> None:
    draw = random.Random(seed)
    model = Random(draw, depth=3)
    drawing = mt.draw_graph(model, leaf(1.0), leaf(2.0), depth=9)
    assert picture_problems(drawing) == []
    boxes = drawing._picture.whole.boxes()[1:]
    for _ in range(3):
        for box in boxes:
            box.folded = draw.random() < 0.3
        assert picture_problems(drawing) == []


@pytest.mark.parametrize("near", [4, 40])
def test_nothing_overlaps_among_hundreds(near: int) -> None:
    draw = random.Random(0)
    values = [leaf(1.0) for _ in range(near)]
    for _ in range(400):
        values.append(draw.choice(values[-near:]) * draw.choice(values[-near:]))
    drawing = mt.draw_graph(tuple(values[-near:]))
    assert len(drawing._picture.vertices) > 300
    assert picture_problems(drawing) == []


def test_what_is_tested_can_fail() -> None:
    drawing = mt.draw_graph(leaf(1.0) + leaf(2.0))
    svg = drawing._repr_svg_()
    moved = re.sub(r'transform="translate\([^)]*\)"', 'transform="translate(9 9)"', svg)
    tree = ElementTree.fromstring(moved)
    (whole,) = [e for e in tree if str(e.get("class")).startswith("mt-box")]
    assert any("overlaps" in problem for problem in problems(whole, 0, 0, 999, 999))


def test_the_same_graph_gives_the_same_picture() -> None:
    pictures = {mt.draw_graph(Twice(), leaf([[1.0, 10.0]]))._repr_svg_() for _ in range(3)}
    assert len(pictures) == 1


def test_the_picture_is_one_file_in_itself() -> None:
    svg = mt.draw_graph(Twice(), leaf([[1.0, 10.0]]))._repr_svg_()
    assert svg.startswith("<svg ")
    assert re.findall(r"(?:href|src|@import)\W", svg) == []
    assert re.findall(r"https?://[^\s\"']+", svg) == ["http://www.w3.org/2000/svg"]
    script = svg[svg.index("<script>") + 8 : svg.index("</script>")]
    assert not set("<&") & set(script)  # read the same in XML and in HTML


def test_names_are_escaped() -> None:
    drawing = mt.draw_graph(leaf(1.0).exp())
    drawing._picture.vertices[0].name = "<a & b>"
    tree = ElementTree.fromstring(drawing._repr_svg_())
    assert "<a & b>" in [e.text for e in tree.iter()]


def test_text_fits_into_100_columns_and_into_ascii() -> None:
    model = Random(random.Random(3), depth=3)
    drawing = mt.draw_graph(model, leaf(np.ones((5, 5))), leaf(np.ones((5, 5))), depth=9)
    assert max(map(len, str(drawing).splitlines())) <= 100
    assert to_text(drawing._picture, ascii=True).isascii()


def test_print_falls_back_to_ascii() -> None:
    code = (
        "import minitorch as mt\n"
        "a = mt.tensor(3.0, requires_grad=True)\n"
        "年 = a.exp()\n"
        "print(mt.draw_graph(年 * a))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (
        "*    a            3  grad  80.34\n"
        "|-,\n"
        "| *  \\u5e74 = exp  20.09  grad      3\n"
        "|-'\n"
        "*    mul      60.26  grad      1\n"
    )


@pytest.mark.parametrize(
    ("name", "start"), [("g.svg", "<svg "), ("g.txt", "●  x"), ("g.SVG", "<svg ")]
)
def test_save(tmp_path: Path, name: str, start: str) -> None:
    x = leaf(1.0)
    mt.draw_graph(x.exp()).save(tmp_path / name)
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_importing_minitorch_does_not_load_it() -> None:
    code = "import sys, minitorch; print([m for m in sys.modules if 'drawing' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def writing(svg: str) -> list[str]:
    return [str(e.text) for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("}text")]


def test_the_picture_in_the_documentation_is_what_is_drawn_today() -> None:
    """Drawn by these lines, with `mt.draw_graph(loss).save("docs/graph.svg")`."""
    mt.manual_seed(0)
    x = mt.randn(5, 3)  # the tokens of `1+2=?`, a row each
    W_q, W_k, W_v = (mt.randn(3, 3).requires_grad_() for _ in range(3))
    with mt.keep_values():
        q, k, v = x @ W_q, x @ W_k, x @ W_v
        scores = q @ k.mT / 3**0.5
        weights = scores.softmax(-1)
        mixed = weights @ v
        loss = mixed[-1].square().sum()
    today = writing(mt.draw_graph(loss)._repr_svg_())
    there = writing((ROOT / "docs" / "graph.svg").read_text(encoding="utf-8"))
    figure = r"-?\d+\.?\d*"
    assert [re.sub(figure, "", line) for line in today] == [re.sub(figure, "", x) for x in there]
    numbers = [[float(n) for x in lines for n in re.findall(figure, x)] for lines in (today, there)]
    assert numbers[0] == pytest.approx(numbers[1], abs=0.011)  # the last digit, rounded elsewhere
