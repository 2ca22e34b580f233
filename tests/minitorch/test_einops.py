"""The door to einops, tried with a stand-in; tests/oracle/test_einops.py tries the real one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import minitorch
from minitorch._compat import einops_backend
from minitorch.testing import assert_close

STAND_IN = {
    "__init__.py": "from . import _backends",
    "_backends.py": "class AbstractBackend:\n    def __repr__(self):\n        return 'a backend'",
    "layers/__init__.py": (
        "class RearrangeMixin:\n"
        "    def __init__(self, pattern):\n        super().__init__()\n"
        "    def _apply_recipe(self, x):\n        return x\n"
        "class ReduceMixin(RearrangeMixin): pass"
    ),
    "layers/_einmix.py": "class _EinmixMixin: pass",
}
CHECK = """
kinds = einops._backends.AbstractBackend.__subclasses__()
assert [kind.framework_name for kind in kinds] == ["minitorch"]
backend = kinds[0]()
assert repr(backend) == "a backend"
assert backend.is_appropriate_type(minitorch.ones(2))
assert not backend.is_appropriate_type([1])
layers = backend.layers()
from einops.layers.minitorch import EinMix, Rearrange, Reduce
assert layers.Rearrange is Rearrange
assert issubclass(Reduce, minitorch.nn.Module) and issubclass(EinMix, minitorch.nn.Module)
assert Rearrange.__module__ == "einops.layers.minitorch"
assert Rearrange("a b -> b a")(3) == 3
"""


@pytest.mark.parametrize(
    "imports", ["import einops, minitorch", "import minitorch, einops, gc; gc.collect()"]
)
def test_einops_learns_of_our_tensors_in_either_order(imports: str, tmp_path: Path) -> None:
    for name, text in STAND_IN.items():
        (tmp_path / "einops" / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / "einops" / name).write_text(text)
    path = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
    subprocess.run([sys.executable, "-c", path + imports + CHECK], check=True)


def test_without_einops_nothing_of_it_is_there() -> None:
    root = Path(minitorch.__file__).parents[1]
    code = (
        "import sys, minitorch\n"
        "assert 'einops' not in sys.modules\n"
        "assert 'minitorch._compat.einops_backend' not in sys.modules\n"
        "sys.path = [sys.path[0]]\n"
        "try:\n    import einops.layers.minitorch\n"
        "except ModuleNotFoundError as error:\n    assert error.name == 'einops'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


def test_the_backend_computes() -> None:
    b = einops_backend.Backend()
    x = minitorch.arange(6.0).reshape(2, 3)
    assert b.is_float_type(x)
    assert not b.is_float_type(x.long())
    assert b.to_numpy(x.requires_grad_()).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert b.from_numpy(x.detach().numpy()).requires_grad
    assert not b.from_numpy(x.long().numpy()).requires_grad
    assert b.arange(2, 5).tolist() == [2, 3, 4]
    assert b.reshape(x, [3, -1]).shape == (3, 2)
    assert b.transpose(x, [1, 0]).tolist() == [[0, 3], [1, 4], [2, 5]]
    assert b.add_axis(x, 1).shape == (2, 1, 3)
    assert b.add_axes(x, 4, {0: 5, 2: 1}).shape == (5, 2, 1, 3)
    assert b.tile(x, (1, 2)).tolist() == [[0, 1, 2, 0, 1, 2], [3, 4, 5, 3, 4, 5]]
    assert b.stack_on_zeroth_dimension([x, x]).shape == (2, 2, 3)
    assert b.concat([x, x], 1).shape == (2, 6)
    assert b.einsum("ab,cb->ac", x, x).tolist() == [[5, 14], [14, 50]]


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("min", [0.0, 4.0]),
        ("max", [3.0, 7.0]),
        ("sum", [6.0, 22.0]),
        ("mean", [1.5, 5.5]),
        ("prod", [0.0, 840.0]),
        ("any", [True, True]),
        ("all", [False, True]),
    ],
)
def test_the_backend_reduces_several_axes(operation: str, expected: list[float]) -> None:
    x = minitorch.arange(8.0).reshape(2, 2, 2).movedim(0, 1)
    assert_close(einops_backend.Backend().reduce(x, operation, (0, 2)), minitorch.tensor(expected))
