"""When einops is imported, it learns of our tensors. Nothing of it is imported before."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

BACKENDS, LAYERS = "einops._backends", "einops.layers.minitorch"


class Filled:
    """A loader of a module that has no file: a function fills it."""

    def __init__(self, fill: Callable[[ModuleType], None]) -> None:
        self.fill = fill

    def create_module(self, spec: Any) -> None:
        """Leave it to Python to make the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Fill it."""
        self.fill(module)


class EinopsFinder:
    """Finds einops's list of backends, to add ours, and the module of our layers."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        """Say how the module is loaded if it is one of the two; else None, for the next finder."""
        if name not in (BACKENDS, LAYERS):
            return None
        from importlib.machinery import ModuleSpec, PathFinder

        from .einops_backend import layers, prepare

        if name == LAYERS:
            return ModuleSpec(name, Filled(layers), origin="minitorch")  # type: ignore[arg-type]
        spec: Any = PathFinder.find_spec(name, path, target)
        if spec is not None:
            load = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                load(module)
                prepare(module)

            spec.loader.exec_module = exec_module
        return spec


def install() -> None:
    """Add the backend to einops, now if it has been imported, else when it is.

    The finder goes first: what it finds is in the path too, where the next would find it.
    """
    if BACKENDS in sys.modules:
        from .einops_backend import prepare

        prepare(sys.modules[BACKENDS])
    sys.meta_path.insert(0, EinopsFinder)
