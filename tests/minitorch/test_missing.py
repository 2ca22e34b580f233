"""What is said of names and arguments that are not here, and that it is said only when shown."""

from __future__ import annotations

import copy
import math
import pickle
import pkgutil
import re
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch import nn, optim
from minitorch._compat import instead, missing
from minitorch.utils import data

X = mt.tensor([[1.0, 2.0], [3.0, 4.0]])


class Net(nn.Module):
    """A user's module."""

    def __init__(self, width: int = 2) -> None:
        super().__init__()
        self.first = nn.Linear(width, width)

    @property
    def depth(self) -> int:
        return self.no_such_thing  # type: ignore[no-any-return]


def optimizer() -> optim.Optimizer:
    return optim.SGD([nn.Parameter(mt.zeros(2))], 0.1)


def said(ask: Callable[[], Any], error: type[Exception] = AttributeError) -> str:
    with pytest.raises(error) as raised:
        ask()
    return str(raised.value)


# ------------------------------------------------------------------------------ what is said


@pytest.mark.parametrize(
    ("of", "name", "says"),
    [
        # what to use instead
        (nn, "LSTM", r"no recurrent cells here; .* nn.TransformerEncoder"),
        (nn, "Conv2d", "no convolutions here"),
        (nn.functional, "max_pool2d", "no pooling here"),
        (mt, "fft", "np.fft"),
        (mt, "vmap", "batch as a dimension"),
        (nn.init, "dirac_", "no_grad"),
        (optim, "LBFGS", "AdamW"),
        (X, "share_memory_", "distributed"),
        (X, "asin", "NumPy and SciPy"),
        (X, "tan", re.escape("write x.sin() / x.cos()")),
        (X, "tan_", re.escape("write x.sin() / x.cos()")),
        (Net(), "register_backward_hook", "use module.register_full_backward_hook"),
        # the same name elsewhere
        (mt, "cross_entropy", "use minitorch.nn.functional.cross_entropy"),
        (mt, "Linear", "use minitorch.nn.Linear"),
        (nn, "softmax", "use minitorch.softmax"),
        (mt, "tolist", "use x.tolist, of a tensor x"),
        (X, "stack", "use minitorch.stack"),
        (X, "softmax_", re.escape("not done in place here; write x = x.softmax(…)")),
        # the same name, spelt otherwise
        (nn, "layer_norm", "use minitorch.layer_norm"),
        (nn, "Layernorm", "spelt 'LayerNorm'"),
        (X, "zero", "spelt 'zero_'"),
        (optim, "adamW", "spelt 'AdamW'"),
        # a name that is spelt nearly so
        (nn, "LayerNorms", "nearest name that is here: 'LayerNorm'"),
        (nn.init, "xavier_norm_", "nearest name that is here: 'xavier_normal_'"),
        (X, "reshap", "nearest name that is here: 'reshape'"),
        (Net(), "frist", "nearest name that is here: 'first'"),
        (optimizer(), "param_group", "nearest name that is here: 'param_groups'"),
        (data.DataLoader([1]), "batchsize", "spelt 'batch_size'"),
        (data.TensorDataset(X), "tensor", "nearest name that is here: 'tensors'"),
        (optim.lr_scheduler.LambdaLR(optimizer(), abs), "optimiser", "'optimizer'"),
        (Net(), "_register_load_state_dict_pre_hook", "write state_dict"),
    ],
)
def test_says_what_to_use_instead(of: Any, name: str, says: str) -> None:
    what = f"module '{of.__name__}'" if hasattr(of, "__name__") else f"'{type(of).__name__}' object"
    assert re.search(f"^{what} has no attribute '{name}'.*{says}", said(lambda: getattr(of, name)))


@pytest.mark.parametrize(
    ("of", "name"),
    [(nn, "Foo"), (mt, "inferencer"), (X, "fc1"), (mt, "int4096"), (nn, "LU"), (optim, "Xdam")],
)
def test_says_of_nothing_that_it_is_near(of: Any, name: str) -> None:
    text = said(lambda: getattr(of, name))
    assert "nearest" not in text
    assert "from-pytorch.md" in text


def test_a_users_class_is_not_compared_with_pytorch() -> None:
    assert said(lambda: Net().conv1d) == "'Net' object has no attribute 'conv1d'"
    assert said(lambda: Net().relu) == "'Net' object has no attribute 'relu'"


def test_python_proposes_no_name_of_its_own() -> None:
    with pytest.raises(AttributeError) as raised:
        nn.LSTM  # noqa: B018
    assert raised.value.name == "LSTM"
    assert raised.value.obj is None


def test_the_error_can_be_sent_to_another_process() -> None:
    with pytest.raises(AttributeError) as raised:
        nn.LSTM  # noqa: B018
    assert pickle.loads(pickle.dumps(raised.value)).args == (str(raised.value),)
    assert repr(raised.value) == f"AttributeError({str(raised.value)!r})"


def test_an_error_inside_a_property_is_its_own() -> None:
    assert said(lambda: Net().depth) == "'Net' object has no attribute 'no_such_thing'"


# ------------------------------------------------------------------------- and only when shown


def test_nothing_is_said_to_who_only_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> str:
        raise AssertionError("the text was made")

    monkeypatch.setattr(missing, "message", fail)
    monkeypatch.setattr(missing, "nearest", fail)
    net, sgd = Net(), optimizer()
    for of in (mt, nn, nn.functional, optim, data, X, net, sgd, data.DataLoader([1])):
        for name in ("x", "_repr_html_", "_ipython_canary_method_should_not_exist_", "__wrapped__"):
            assert not hasattr(of, name)
            assert getattr(of, name, None) is None
    assert np.asarray(X).shape == (2, 2)
    assert np.array([X, X]).shape == (2, 2, 2)
    for of in (X, net, sgd, data.DataLoader([1])):
        copy.copy(of)
        copy.deepcopy(of)
    assert np.add(np.ones((2, 2)), X).shape == (2, 2)


@pytest.mark.parametrize("of", [mt, nn, X, Net()])
def test_of_private_names_it_says_only_that_they_are_missing(of: Any) -> None:
    assert said(lambda: of._repr_html_).endswith("has no attribute '_repr_html_'")


# ------------------------------------------------------------------------------------ arguments


class Derived(nn.Linear, ABC):
    """Takes what its base takes."""


class Abstract(nn.Module, ABC):
    """Has a method that a subclass must write."""

    @abstractmethod
    def forward(self) -> None: ...


class Kept(nn.Module):
    """Passes on what it does not know."""

    def __init__(self, size: int, **options: Any) -> None:
        super().__init__(**options)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: nn.Sigmoid(foo=1), r"Sigmoid.__init__\(\) got .*'foo'. It takes no arguments$"),
        (lambda: nn.Linear(2, 3, biass=False), r"Linear.*'biass'. It takes in_features, out_feat"),
        (lambda: Derived(2, 3, biass=False), r"^Derived.__init__\(\) got .*'biass'. It takes"),
        (lambda: nn.MSELoss(reductio="sum"), "MSELoss.*'reductio'. It takes reduction$"),
        (lambda: optim.SGD([], 0.1, momentums=0.9), "SGD.*'momentums'. It takes params, lr, mom"),
        (lambda: optim.lr_scheduler.LambdaLR(optimizer(), abs, foo=1), "LambdaLR.*'foo'"),
        (lambda: data.DataLoader([1], batchsize=3), "DataLoader.*'batchsize'. It takes dataset, b"),
        (lambda: data.TensorDataset(X, foo=3), "TensorDataset.*'foo'"),
        (lambda: data.BatchSampler([], 1, False, 3), "BatchSampler.*up to 3 .*, not 4"),
        (lambda: Net(1, 2, 3), r"^Net.__init__\(\) takes up to 1 .*, not 3. It .*width"),
        (lambda: Kept(1, name="x"), "'name'"),
    ],
)
def test_an_argument_that_is_not_taken_names_the_class_that_was_called(
    make: Callable[[], Any], says: str
) -> None:
    assert re.search(says, said(make, TypeError))


def test_a_class_may_still_be_abstract() -> None:
    assert "abstract" in said(Abstract, TypeError)


# ------------------------------------------------------------------------------------ the map

NAMESPACES = [import_module(place) for place in (*missing.PLACES, "minitorch.cuda")]
CLASSES = {"Tensor": mt.Tensor, "Module": nn.Module, "Optimizer": optim.Optimizer}


def owners(place: str) -> Iterator[Any]:
    """Where a name of the map could be: at one place, or in any module and at tensors."""
    if not place:
        yield from [*NAMESPACES, mt.Tensor]
    elif place in CLASSES:
        yield CLASSES[place]
    else:
        yield from (m for m in NAMESPACES if m.__name__.rpartition(".")[2] == place)


ROWS = [(names, reason) for table in instead.INSTEAD.values() for names, reason in table.items()]


@pytest.mark.parametrize("names", [names for names, _ in ROWS])
def test_no_name_of_the_map_is_here(names: str) -> None:
    for entry in names.split():
        place, _, pattern = entry.rpartition(".")
        for owner in owners(place) if pattern != "*" else ():  # whatever else is asked for there
            here = getattr(owner, "__all__", dir(owner))
            assert [name for name in here if fnmatchcase(name, pattern)] == [], entry


def test_no_formula_is_of_a_name_that_is_here() -> None:
    here = {name for owner in owners("") for name in getattr(owner, "__all__", dir(owner))}
    assert here & set(instead.FORMULAS) == set()


MENTIONED = [
    *(reason for _, reason in ROWS), *instead.FORMULAS.values(), *instead.ARGUMENTS.values(),
]  # fmt: skip
PATH = re.compile(r"\b(?:minitorch\.)?((?:nn|optim|utils)(?:\.\w+)+)|\bminitorch((?:\.\w+)+)")


@pytest.mark.parametrize("text", MENTIONED)
def test_what_the_map_tells_to_use_is_here(text: str) -> None:
    for name in re.findall(r"\bx\.(\w+)", text):
        assert hasattr(mt.Tensor, name), name
    for path in PATH.findall(text):
        assert pkgutil.resolve_name(f"minitorch.{''.join(path).strip('.')}")


A, B = np.random.default_rng(0).uniform(0.1, 0.9, (2, 4, 5))


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("tan", np.tan(A)),
        ("asinh", np.arcsinh(A)),
        ("atanh", np.arctanh(A)),
        ("hypot", np.hypot(A, B)),
        ("copysign", np.copysign(A, B)),
        ("logaddexp", np.logaddexp(A, B)),
        ("deg2rad", np.deg2rad(A)),
        ("rad2deg", np.rad2deg(A)),
        ("logit", np.log(A / (1 - A))),
        ("erfc", np.vectorize(math.erfc)(A)),
        ("xlogy", A * np.log(B)),
        ("heaviside", np.heaviside(A, B)),
        ("inner", np.inner(A, B)),
        ("diff", np.diff(A)),
        ("cdist", np.linalg.norm(A[:, None] - B, axis=-1)),
        ("rot90", np.rot90(A)),
        ("fliplr", np.fliplr(A)),
        ("flipud", np.flipud(A)),
        ("msort", np.sort(A, 0)),
        ("nansum", np.sum(A)),
    ],
)
def test_the_formulas_are_right(name: str, right: Any) -> None:
    x, y = mt.tensor(A), mt.tensor(B)
    computed = eval(instead.FORMULAS[name], {"x": x, "y": y, "minitorch": mt, "math": math})
    np.testing.assert_allclose(computed.numpy(), right, rtol=1e-12)


def test_it_is_said_before_anything_else_is_loaded() -> None:
    code = "import minitorch\ntry:\n    import minitorch.nosuch\nexcept ModuleNotFoundError: pass"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: mt.ones(2).contiguous(foo=1), "Tensor.contiguous"),  # type: ignore[call-arg]
        (lambda: mt.ones(2).new_full(foo=1), "Tensor.new_full"),  # type: ignore[call-arg]
        (lambda: nn.Identity().cuda(foo=1), "Module.cuda"),
        (lambda: nn.Identity().register_buffer(foo=1), "Module.register_buffer"),
        (lambda: mt.exp2(foo=1), "exp2"),
    ],
)
def test_pythons_own_errors_name_the_public_class(call: Callable[[], Any], name: str) -> None:
    with pytest.raises(TypeError, match=rf"^{name}\(\) got an unexpected keyword argument 'foo'"):
        call()
