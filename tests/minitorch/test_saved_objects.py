"""What checkpoints of code for PyTorch hold besides tensors, and files that are open already."""

from __future__ import annotations

import base64
import copy
import enum
import io
import pickle
import sys
from argparse import Namespace
from collections import OrderedDict, namedtuple
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

import minitorch as mt
from minitorch import CheckpointError, nn, optim, serialization
from minitorch.serialization import Saved


def there_and_back(value: Any) -> Any:
    file = io.BytesIO()
    mt.save(value, file)
    file.seek(0)
    return mt.load(file)


@dataclass
class Config:
    n_layer: int = 12
    name: str = "gpt"
    betas: tuple[float, float] = (0.9, 0.95)
    extra: dict[str, Any] = field(default_factory=dict)
    VERSION: ClassVar[int] = 3

    def __post_init__(self) -> None:
        self.head_dim = self.n_layer * 2  # an attribute that is no field
        self.extra.setdefault("made", 0)
        self.extra["made"] += 1


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0


class Mode(enum.Enum):
    TRAIN = "train"
    TEST = ("test", 2)


class Level(enum.IntEnum):
    LOW = 1


class Colour(str, enum.Enum):  # noqa: UP042
    RED = "red"


class Access(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()


Pair = namedtuple("Pair", "x y")


@pytest.fixture(autouse=True)
def _nothing_allowed() -> Any:
    yield
    serialization.clear_safe_globals()


# ----------------------------------------------------------------------------- what comes back

SAME = [
    {1, 2, "a", (3, None)},
    frozenset({1.5, float("inf")}),
    set(),
    [{frozenset({1}), frozenset()}],
    {Path("a"): 1},
    Path("runs/model.pt"),
    Path("/"),
    Path(),
    mt.float32,
    mt.bool,
    mt.bfloat16,
    mt.device("cpu"),
    mt.ones(2, 3).shape,
    mt.Size([]),
    Namespace(lr=0.1, betas=(0.9, 0.95), path=Path("x"), on=True, inner=Namespace(**{"$x": [1]})),
    SimpleNamespace(a=1, b=SimpleNamespace(c={2: 3})),
    Namespace(),
    {mt.float32: "float32", mt.device("cpu"): 1},
]


@pytest.mark.parametrize("value", SAME, ids=lambda value: type(value).__name__)
def test_what_comes_back_as_it_was(value: Any) -> None:
    back = there_and_back(value)
    assert type(back) is type(value)
    assert back == value
    assert repr(back) == repr(value) or isinstance(value, (set, frozenset))
    assert there_and_back({"deep": [(value,)]}) == {"deep": [(value,)]}


def test_what_comes_back_as_a_plainer_type() -> None:
    for value, plain in (
        (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (Pair(1, 2), (1, 2)),
        (Level.LOW, 1),
        (Colour.RED, "red"),
        (PurePosixPath("a/b"), Path("a/b")),
    ):
        back = there_and_back(value)
        assert back == plain
        assert type(back) is type(plain)


def test_tensors_in_a_namespace_are_tensors() -> None:
    x = mt.arange(3)
    back = there_and_back({"args": Namespace(x=x), "config": Config(extra={"x": x}), "x": x})
    assert back["args"].x.tolist() == [0, 1, 2]
    assert back["args"].x is back["config"].extra["x"] is back["x"]


def test_objects_of_classes_come_back_as_their_attributes() -> None:
    back = there_and_back({"config": Config(name="small"), "at": Point(3), "mode": Mode.TEST})
    config = back["config"]
    assert isinstance(config, Saved)
    assert (config.n_layer, config.name, config.betas) == (12, "small", (0.9, 0.95))
    assert config.head_dim == 24
    assert not hasattr(config, "VERSION")
    assert vars(back["at"]) == {"x": 3, "y": 0}
    assert vars(back["mode"]) == {"name": "TEST", "value": ("test", 2)}
    assert repr(back["at"]) == f"Saved({__name__}.Point: x=3, y=0)"


def test_what_came_back_is_saved_and_copied_as_it_is() -> None:
    back = there_and_back([Config(), Mode.TRAIN, {Point(1): 2}, {Point(1), Point(2)}])
    for again in (there_and_back(back), copy.deepcopy(back), pickle.loads(pickle.dumps(back))):
        assert again == back
        assert repr(again[0]) == repr(back[0])
    config = there_and_back(back)[0]
    config.n_layer = 3  # may be changed
    assert config != back[0]
    assert config != there_and_back(Point(1))
    assert config != 3
    first, second = io.BytesIO(), io.BytesIO()
    mt.save(back, first), mt.save(there_and_back(back), second)
    assert first.getvalue() == second.getvalue()


def test_classes_that_the_program_allows_come_back_as_they_were() -> None:
    config = Config(name="small")
    values = [config, Point(3, 4), Mode.TEST, Access.READ | Access.WRITE, {Mode.TRAIN: 1}]
    serialization.add_safe_globals([Config, Point])
    with serialization.safe_globals([Mode, Access, print]):
        back = there_and_back(values)
        assert len(serialization.get_safe_globals()) == 5
    assert back == values
    assert back[0].extra == {"made": 1}  # __post_init__ was not called again
    assert asdict(back[0]) == asdict(config)
    assert back[2] is Mode.TEST
    assert serialization.get_safe_globals() == [Config, Point]
    assert isinstance(there_and_back(Mode.TEST), Saved)


def test_a_class_may_have_had_another_name() -> None:
    saved = there_and_back(Saved("$dataclass", "__main__.Config", {"n_layer": 3}))
    with serialization.safe_globals([(Config, "__main__.Config")]):
        back = there_and_back(saved)
    assert isinstance(back, Config)
    assert (back.n_layer, back.name) == (3, "gpt")  # of the class, where the file has none


def test_an_allowed_class_that_cannot_be_it_says_so() -> None:
    class Mode(enum.Enum):
        TRAIN = "other"

    name = f"{__name__}.Mode"
    mode = globals()["Mode"].TRAIN
    for allowed, value, why in (
        ((Mode, name), mode, "'train' is not a valid"),
        ((Point, f"{__name__}.Config"), Config(), "n_layer"),
    ):
        with (
            serialization.safe_globals([allowed]),
            pytest.raises(CheckpointError, match=f"allowed class does not take it .*{why}"),
        ):
            there_and_back(value)
    with serialization.safe_globals([(str, name)]):  # neither a dataclass nor an enum
        assert isinstance(there_and_back(mode), Saved)


def test_loading_imports_nothing_that_the_file_names(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "trap.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    back = there_and_back(Saved("$dataclass", "trap.Config", {"x": 1}))
    assert back.x == 1
    assert "trap" not in sys.modules


def test_the_order_of_a_set_does_not_change_the_file() -> None:
    one, other = io.BytesIO(), io.BytesIO()
    mt.save({8, 0, 16, "b", "a"}, one)
    mt.save({"a", "b", 16, 0, 8}, other)
    assert one.getvalue() == other.getvalue()


# ------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        (nn.Linear(1, 1), r"Linear at the top.*linear\.state_dict\(\), f\).*load_state_dict\(load"),
        ({"o": optim.SGD([mt.ones(1)])}, r"SGD at o: .*save\(sgd\.state_dict\(\), f\)"),
        (
            [optim.lr_scheduler.StepLR(optim.SGD([mt.ones(1)]), 3)],
            r"StepLR at 0: .*save\(steplr\.state_dict\(\), f\)",
        ),
        (Config(extra={"model": nn.ReLU()}), r"ReLU at extra\.model: files hold no code"),
        (Config, "cannot save the type at the top"),
        ({mt.ones(1)}, "the set at the top: it holds tensors; put them in a list"),
        ({(1, mt.ones(1))}, "the set at the top: it holds tensors"),
        (Namespace(x=print), r"builtin_function_or_method at x"),
        ({1: {b"x"}}, r"the bytes at 1\.0"),
        (Saved("$dataclass", "a.B", {3: 4}), "has the name 3"),
    ],
)
def test_what_cannot_be_saved_says_what_to_do(value: Any, lines: str) -> None:
    file = io.BytesIO()
    with pytest.raises(TypeError, match=lines):
        mt.save(value, file)
    assert file.getvalue() == b""


def test_100_may_be_inside_each_other() -> None:
    value: Any = 1
    for i in range(100):
        value = (Namespace(x=value), SimpleNamespace(x=value), Config(extra={}, name=value))[i % 3]
    back = there_and_back(value)
    for i in reversed(range(100)):
        back = back.name if i % 3 == 2 else back.x
    assert back == 1
    sets: Any = 1
    for _ in range(100):
        sets = frozenset({sets})
    assert there_and_back(sets) == sets
    for deeper in ([value], [sets]):
        with pytest.raises(ValueError, match="more than 100"):
            mt.save(deeper, io.BytesIO())


def test_objects_inside_each_other_have_an_end() -> None:
    space = Namespace()
    space.itself = [space]
    with pytest.raises(ValueError, match="does one hold itself"):
        mt.save(space, io.BytesIO())


# ------------------------------------------------------------------------------ open files


def test_a_file_object_is_written_at_its_position_and_read_from_it(tmp_path: Path) -> None:
    with open(tmp_path / "f", "w+b") as file:
        file.write(b"title\n")
        mt.save({"w": mt.arange(3)}, file)
        file.write(b"")
        file.seek(6)
        back = mt.load(file)
    assert back["w"].tolist() == [0, 1, 2]
    back["w"].fill_(0)  # the memory is its own, and writable
    mt.save(5, tmp_path / "g")
    with open(tmp_path / "g", "rb", buffering=0) as file:
        assert mt.load(file) == 5
    raw = io.BytesIO()
    mt.save(5, raw)
    assert raw.getvalue() == (tmp_path / "g").read_bytes()


def test_a_file_that_takes_a_little_at_a_time_gets_all() -> None:
    class Slow(io.RawIOBase):
        written = b""

        def write(self, data: Any) -> int:
            self.written += bytes(data[:7])
            return len(data[:7])

    slow, fast = Slow(), io.BytesIO()
    mt.save([1, mt.ones(3)], slow)
    mt.save([1, mt.ones(3)], fast)
    assert slow.written == fast.getvalue()


def test_open_files_that_are_no_checkpoints() -> None:
    whole = io.BytesIO()
    mt.save({"w": mt.ones(2), "n": 1}, whole)
    data = whole.getvalue()
    for i in range(len(data)):
        with pytest.raises(CheckpointError, match=r"^BytesIO: "):
            mt.load(io.BytesIO(data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :]))
    for wrong in (b"", data[:-1], data + b"x", b"PK\3\4" + bytes(50), b"\x80\x02."):
        with pytest.raises(CheckpointError, match=r"^BytesIO: not a whole safetensors file"):
            mt.load(io.BytesIO(wrong))
    for mode, use in (("wb", lambda f: mt.save(1, f)), ("rb", mt.load)):
        with pytest.raises(TypeError, match=f'open for text: open it with the mode "{mode}"'):
            use(io.StringIO())


def test_a_file_of_pytorchs_says_how_to_convert_it(tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(b"PK\3\4" + bytes(60))
    for f in (tmp_path / "model.pt", io.BytesIO(b"PK\3\4" + bytes(60))):
        with pytest.raises(CheckpointError, match=r"PyTorch's save writes it.*minitorch\.save\(\{"):
            mt.load(f)


@pytest.mark.parametrize(
    "where",
    ["cpu", "cpu:0", mt.device("cpu"), {"cuda:0": "cpu"}, {}, lambda storage, place: storage],
)
def test_any_place_that_is_the_cpu_may_be_asked_for(where: Any, tmp_path: Path) -> None:
    mt.save(1, tmp_path / "f", pickle, 4, _use_new_zipfile_serialization=False)
    assert mt.load(tmp_path / "f", map_location=where, weights_only=False) == 1
    assert mt.load(str(tmp_path / "f"), where, pickle, weights_only=True, mmap=True) == 1
    for cuda in ("cuda", {"cpu": "cuda:1"}, 0):
        with pytest.raises(RuntimeError, match=r"only device is 'cpu'.*pass map_location='cpu'"):
            mt.load(tmp_path / "f", cuda)


OLD = (  # written before there were these tags: {"w": a tensor, "t": …, "n": …, "s": …, …}
    "$N>NV00000dm>+7ZDn*}WMOn+Utc0Rdm?RVZfSIHa${&BIwE^qB6ekRb7^mGTp~IkF)SclB6D<MbY)y3Iv`vkdt6*xB6"
    "nO|Tp~JqTwGitBy?qNb8m87TwEeLTwGitcU)XtB7H1eTwEe_TwGitI(uAPTp}cNb#QEDTwGitI$JR;Zgp&IEPGsBTp}c9"
    "Y;R$7TwGitI$T^_B57`BTwGiteO-MlTwGitZd_bkB076qTwEd~WNBk`TwGitI$K*aEL(JPb!9AETwEetTwGjrH#0I~TwG"
    "itU0q#$EL>b%B6D0^Tp~JqTwGitBy@FfY-L<rTp~JKGAuJ)eJosDTq1B>TwEeLdt6*xA|!NmaBO8<TwEeLTQMv$U41NET"
    "wEe=TwGitI(uAPTq0pyTwEeLF@1epA}k<WB6DbAGBq|_B03;kA~Q8(WimK1H)S|5GcjajIAUTnH85d0WjA6qW;ZuEWMnr"
    "mGdVM6W@Tb9HDoqsI5A={H)UdCWMwyIH#RY3WLzSBB7H0(cOp7_B4l)VaAhJoB1SVZA}k_vXkl<=B05_!EHYgzB4lB7VP"
    "9`%W^-k9b0RuhFf2G-eSIJx006*00002M"
)


def test_a_file_of_before_loads_as_it_was_and_would_be_written_again() -> None:
    old = base64.b85decode(OLD)
    back = mt.load(io.BytesIO(old))
    assert back.pop("w").tolist() == [[1.5, -2.0]]
    expected = {"t": (1, None, float("inf")), "n": {3: [True, "猫"]}, "s": (2, 3), "p": (1, 2)}
    assert back == {**expected, "o": {"a": 1}}
    again = io.BytesIO()
    mt.save({"w": mt.tensor([[1.5, -2.0]]), **expected, "o": OrderedDict(a=1)}, again)
    assert again.getvalue() == old
