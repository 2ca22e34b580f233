"""When einops is imported, it learns of our tensors. Nothing of it is imported before."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

BACKENDS, LAYERS = "einops._backends", "einops.layers.minitorch"


def add_backend(module: ModuleType) -> None:
    """Give `einops._backends` our backend, which needs more than `import minitorch` should load."""
    from . import einops_backend

    einops_backend.add_backend(module)


class EinopsFinder:
    """What Python asks first for the modules of einops: it adds to one, and makes one.

    `einops._backends` is loaded from its file, as always, and then given our backend.
    `einops.layers.minitorch` has no file.
    """

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Say how the module is loaded if it is one of the two; else None, for the next finder."""
        if name == LAYERS:
            return ModuleSpec(name, EinopsFinder)  # type: ignore[arg-type]
        if name != BACKENDS:
            return None
        spec: Any = PathFinder.find_spec(name, path, target)
        if spec is not None:
            load = spec.loader.exec_module

            def load_and_add(module: ModuleType) -> None:
                load(module)
                add_backend(module)

            spec.loader.exec_module = load_and_add
        return spec  # type: ignore[no-any-return]

    @staticmethod
    def create_module(spec: ModuleSpec) -> None:
        """Leave it to Python to make the module of the layers."""

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """Give that module its classes."""
        from . import einops_backend

        einops_backend.add_layers(module)


def install() -> None:
    """Add the backend when einops is imported; now, if it has been."""
    sys.meta_path.insert(0, EinopsFinder)
    if BACKENDS in sys.modules:
        add_backend(sys.modules[BACKENDS])
