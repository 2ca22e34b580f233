"""The modules that only code written for PyTorch imports, and what happens for those not here.

`import minitorch.cuda` and `from minitorch.nn.modules.linear import Linear` ask Python's import
system for modules that have no file of that name. `Finder`, which Python asks when it has found no
file, makes them of what the table names. It loads nothing before that. And any other module, or a
name that `from minitorch.nn import …` does not find, gets a sentence that says what to use instead.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from . import missing

PACKAGE = "minitorch"

NN_FILES = (  # PyTorch's files of modules, also those whose modules are not here: see `missing`
    "activation", "adaptive", "batchnorm", "channelshuffle", "container", "conv", "distance",
    "dropout", "flatten", "fold", "instancenorm", "lazy", "linear", "loss", "module",
    "normalization", "padding", "pixelshuffle", "pooling", "rnn", "sparse", "transformer",
    "upsampling",
)  # fmt: skip

MODULES = {  # the module that is asked for: where its names are, or .file:class
    "_dynamo": "_compat.compilers:dynamo",
    "_dynamo.config": "_compat.compilers:dynamo_config",
    "_inductor": "_compat.compilers:inductor",
    "_inductor.config": "_compat.compilers:inductor_config",
    "accelerator": "_compat.accelerators:accelerator",
    "amp": "_compat.amp",
    "amp.autocast_mode": "_compat.amp",
    "amp.grad_scaler": "_compat.amp",
    "autograd.variable": "autograd",
    "backends": "_compat.backends",
    "backends.cuda": "_compat.backends:cuda",
    "backends.cudnn": "_compat.backends:cudnn",
    "backends.mkl": "_compat.backends:mkl",
    "backends.mkldnn": "_compat.backends:mkldnn",
    "backends.mps": "_compat.backends:mps",
    "backends.openmp": "_compat.backends:openmp",
    "backends.opt_einsum": "_compat.backends:opt_einsum",
    "compiler": "_compat.compilers:compiler",
    "cpu": "_compat.accelerators:cpu",
    "cpu.amp": "_compat.accelerators:older_amp",
    "cuda": "_compat.accelerators:cuda",
    "cuda.amp": "_compat.accelerators:older_amp",
    "cuda.amp.autocast_mode": "_compat.accelerators:older_amp",
    "cuda.amp.grad_scaler": "_compat.accelerators:older_amp",
    "distributions": "_compat.distributions",
    "distributions.categorical": "_compat.distributions",
    "distributions.kl": "_compat.distributions",
    "functional": "ops",
    "jit": "_compat.compilers:jit",
    "linalg": "_compat.linalg",
    "multiprocessing": "_compat.distributed:processes",
    "mps": "_compat.accelerators:mps",
    "nn.attention": "_compat.backends:attention",
    "nn.modules": "nn",
    **{f"nn.modules.{file}": "nn" for file in NN_FILES},
    "nn.parallel.data_parallel": "_compat.distributed",
    "nn.utils.clip_grad": "nn.utils",
    "nn.utils.convert_parameters": "nn.utils",
    "nn.utils.rnn": "nn.padding",
    "optim.adamw": "optim.adam",
    "utils._pytree": "_compat.trees",
    "utils.data._utils": "utils.data",
    "utils.data._utils.collate": "utils.data",
    "utils.data.dataloader": "utils.data",
    "utils.hooks": "autograd.hooks",
    "utils.tensorboard": "_compat.tensorboard",
    "utils.tensorboard.writer": "_compat.tensorboard",
    "version": "_compat.switches:version",
    "xpu": "_compat.accelerators:xpu",
}

PRIVATE = {  # what PyTorch keeps for itself there, and code that writes its own layers uses
    "cuda": {f"{PACKAGE}._compat.accelerators": "_initialized"},
    "nn.modules.transformer": {
        f"{PACKAGE}.nn.transformer": "_get_clones",
        f"{PACKAGE}.nn.transformer_layers": "_get_activation_fn",
    },
}


def _source(path: str) -> Any:
    """Return what a module of the table takes its names from: a module of ours, or a class."""
    file, _, inside = MODULES[path].partition(":")
    module = import_module(f"{PACKAGE}.{file}")
    return getattr(module, inside) if inside else module


def _is_guest(name: str) -> bool:
    package, _, rest = name.partition(".")
    return package == PACKAGE and rest in MODULES


def _names(of: Any) -> list[str]:
    """Return the public names of a module or a class."""
    public: list[str] = getattr(of, "__all__", [name for name in dir(of) if name[0] != "_"])
    return public


def _message(owner: str, name: str) -> str:
    return missing.message(owner, name, _names(sys.modules[owner]))


def lookup(
    owner: str, later: Mapping[str, str] | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` for a module: what happens when it lacks a name.

    A name of `later`, and a guests' module, is loaded; any other gets a sentence that says what to
    use instead. So that this also holds for `from owner import name`, the module gets a `__path__`
    if it has none: Python asks finders only for what may be a submodule.

    Args:
        owner: the module's name.
        later: names that the module gets only when they are asked for, after the module that has
            them: {".drawing": "draw_graph keep_values"}; after ".", submodules.
    """
    here = vars(sys.modules[owner])
    here.setdefault("__path__", [])
    of = {name: module for module, names in (later or {}).items() for name in names.split()}

    def get(name: str) -> Any:
        if of.get(name) == "." or _is_guest(f"{owner}.{name}"):
            return import_module(f"{owner}.{name}")
        if name not in of:
            raise missing.error(name, _message, owner, name)
        here[name] = getattr(import_module(of[name], owner), name)
        return here[name]

    def names() -> list[str]:
        inside = f"{owner.removeprefix(PACKAGE)}.".removeprefix(".")
        guests = (name.removeprefix(inside) for name in MODULES if name.startswith(inside))
        return sorted({*here, *of, *(name for name in guests if "." not in name)})

    return get, names


class Finder:
    """What Python asks for the modules of this package that have no file."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return where a module of the table comes from; None for what is not ours.

        Raises:
            ModuleNotFoundError: it says what to use instead. It has no `name`, as Python would
                replace one that has by "cannot import name".
        """
        if _is_guest(name):
            return ModuleSpec(name, Finder, is_package=True)  # type: ignore[arg-type]
        owner, _, child = name.rpartition(".")
        ours = owner.partition(".")[0] == PACKAGE
        if not ours or child.startswith("_") or hasattr(sys.modules.get(owner), child):
            return None
        raise ModuleNotFoundError(_message(owner, child))

    @staticmethod
    def create_module(spec: ModuleSpec) -> None:
        """Leave it to Python to make the module."""

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """Give the module its names."""
        path = module.__name__.removeprefix(f"{PACKAGE}.")
        source = _source(path)
        names = _names(source)
        vars(module).update({name: getattr(source, name) for name in names})
        get, directory = lookup(module.__name__, PRIVATE.get(path))
        vars(module).update(
            __doc__=source.__doc__, __all__=names, __getattr__=get, __dir__=directory
        )


sys.meta_path.append(Finder)
