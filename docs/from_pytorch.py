"""Write from-pytorch.md: what is here of PyTorch, what has no effect, and what is refused.

    python docs/from_pytorch.py

The names are those of the modules themselves, in the row of the file that defines them. What has no
effect says so in its docstring. `minitorch/_compat/instead.py` has what is refused.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import minitorch as mt
from minitorch._compat import guests, instead
from minitorch._compat.optimizer_options import NO_EFFECT

PAGE = Path(__file__).with_name("from-pytorch.md")

INTRODUCTION = r"""# Code written for PyTorch

```python
import minitorch as torch
import minitorch.nn as nn
import minitorch.nn.functional as F
from minitorch.utils.data import DataLoader, Dataset
```

Swap the imports, and leave the rest of the program as it is. This does it:

```sh
sed -E -i -e 's/^( *)import torch( *(,|#|$))/\1import minitorch as torch\2/' \
    -e 's/^( *)(import|from) torch\b/\1\2 minitorch/' model.py
```

What is here means what it means in PyTorch 2.13: names and order of arguments, defaults, shapes,
dtypes, gradients, errors. `python -m pytest tests/oracle` compares it with PyTorch. What is not
here raises an error that says what to use instead:

```
>>> nn.LSTM(64, 64)
AttributeError: {said}
```

Six things to know before you begin:

- **There is the CPU, and NumPy.** `torch.cuda.is_available()` is False, and code that asks goes on.
- **float32 and float64 compute.** float16 and bfloat16 are names, to be stored and compared.
- **It is the part that Transformers use.** Convolutions, recurrent cells, complex numbers, sparse
  tensors and decompositions of matrices stay out.
- **A seed draws other numbers than in PyTorch.** For the same results, copy the weights:
  `load_state_dict` takes PyTorch's names, with tensors that `torch.from_numpy` makes.
- **Files are safetensors, without pickle.** `torch.load` reads what `torch.save` wrote here, and no
  `.pt` file of PyTorch's. A model is saved by its `state_dict()`.
- **`DataLoader` loads in this process**, however many workers it is told to have.

Below is [what is here](#what-is-here), [what is accepted and does
nothing](#what-is-accepted-and-does-nothing), and [what is refused](#what-is-refused), with what to
use instead. The lists are made of the code, by `python docs/from_pytorch.py`, and a test holds them
to it.
"""

# How many public names PyTorch 2.13 has in these places, without modules and the compiler's types.
IN_PYTORCH = {
    "": 935, "Tensor": 604, "nn": 169, "nn.functional": 141, "nn.init": 27, "nn.Module": 53,
    "optim": 17, "optim.lr_scheduler": 19, "utils.data": 29,
}  # fmt: skip

# What is no name of PyTorch's, in each module.
OWN = {
    "": {
        "CheckpointError", "draw_graph", "expand", "expand_as", "keep_values", "repeat",
        "reshape_as", "show_config", "unfold", "view", "view_as",
    },
    "autograd": {
        "OUTPUT", "VJP", "Array", "Edge", "Hook", "Node", "RemovableHandle", "is_grad_enabled",
        "mode", "record", "record_view", "register_hook", "retain_grad", "retains_grad",
        "unrecorded", "version_counter",
    },
    "testing": {"GradcheckError", "gradcheck", "gradgradcheck"},
    "Tensor": {"array", "require_grad"},
    "optim.Optimizer": {"check_options", "keeps", "update", "update_all"},
    "Generator": {"numpy"},
}  # fmt: skip
CLASSES = {
    "Tensor": mt.Tensor, "nn.Module": mt.nn.Module, "optim.Optimizer": mt.optim.Optimizer,
    "Generator": mt.Generator,
}  # fmt: skip

# What one looks for, and the files that define it; a package's name stands for the rest of it.
TENSORS = {
    "constants": "constants",
    "making tensors": "creation",
    "random numbers": "random sampling",
    "dtype, device, copies": "tensor dtypes _compat ops.conversion ops.arguments",
    "element by element": "ops.elementwise ops.where ops.comparing ops.composed",
    "sums, order, counts": "ops.reduction ops.ordering ops.counting",
    "products": "ops.linalg ops.einsum",
    "shape": "ops.shape ops.arrange ops.rearrange",
    "indices": "ops.gather ops.indexing",
    "in place": "ops.inplace",
    "networks": "fused ops.activations ops.distances ops.dropout ops.embedding ops.rms_norm",
    "gradients": "autograd",
    "saving, printing, threads": "serialization printing _runtime",
}
NETWORKS = {
    "attention, Transformers": "nn.multihead_attention nn.multihead_forward nn.transformer "
    "nn.transformer_layers fused.attention",
    "layers": "nn.layers nn.other_layers fused.linear fused.layer_norm ops.rms_norm "
    "ops.embedding ops.dropout ops.indexing ops.arrange",
    "activations": "nn.activations ops.elementwise ops.activations ops.other_activations fused "
    "ops.inplace nn.functional",
    "losses, distances": "nn.losses fused.cross_entropy ops",
    "modules, parameters": "nn",
}
ELSEWHERE = (
    "nn.init", "nn.utils", "nn.utils.rnn", "optim", "optim.lr_scheduler", "utils.data",
    "utils.checkpoint", "utils.tensorboard", "autograd", "autograd.functional", "linalg",
    "distributions", "testing", "cuda",
)  # fmt: skip


# --------------------------------------------------------------------------------------- names


def _module(place: str) -> Any:
    return import_module(f"minitorch.{place}".removesuffix("."))


def _is_from(module: Any, of: Any) -> bool:
    return bool(getattr(of, "__module__", None) == module.__name__)


def names(place: str) -> list[str]:
    """Return the names of PyTorch's that a module or a class has."""
    if place in CLASSES:
        public = {name for name in dir(CLASSES[place]) if not name.startswith("_")}
    else:
        module = _module(place)
        own = [n for n, of in vars(module).items() if _is_from(module, of) and n[0] != "_"]
        listed = getattr(module, "__all__", own)
        public = {name for name in listed if not inspect.ismodule(value(place, name))}
    return sorted(public - OWN.get(place, set()), key=lambda name: (name.lower(), name))


def value(place: str, name: str) -> Any:
    """Return what a name stands for."""
    if place in CLASSES:
        return inspect.getattr_static(CLASSES[place], name)
    return getattr(_module(place), name)


OPERATIONS = {  # the text of each file of operations
    info.name: inspect.getsource(import_module(info.name))
    for info in pkgutil.iter_modules(mt.ops.__path__, "minitorch.ops.")
}


def home(value: Any) -> str:
    """Return the file that defines something, as in "ops.shape"."""
    value = inspect.unwrap(getattr(value, "fget", None) or value)
    file = getattr(value, "__module__", "constants")
    if file == "minitorch.ops.table":  # it was made there, for a line of another file
        line = re.compile(rf"^{value.__name__}\b.* = ", re.MULTILINE)
        file = next(name for name, text in OPERATIONS.items() if line.search(text))
    return str(file).removeprefix("minitorch.")


def _does(value: Any, beginning: str) -> bool:
    return (inspect.getdoc(value) or "").startswith(beginning)


def _is_here(value: Any) -> bool:
    return not (_does(value, "No effect") or _does(value, "Raise "))


def topic(name: str, value: Any, topics: dict[str, str]) -> str:
    """Return what one would look under for something."""
    file = "ops.inplace" if name.endswith("_") and name != "requires_grad_" else home(value)
    for name in (file, file.partition(".")[0]):
        for what, files in topics.items():
            if name in files.split():
                return what
    return "other"


# ------------------------------------------------------------------------------------ Markdown


def code(those: Iterable[str]) -> str:
    """Return names as code."""
    return " ".join(f"`{name}`" for name in those)


def table(*head: str, rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def rows_of(topics: dict[str, str], *columns: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Return a row for each topic: its name, and the names in each column."""
    topic_of = [
        {name: topic(name, of, topics) for name, of in column.items() if _is_here(of)}
        for column in columns
    ]
    for what in [*topics, "other"]:
        cells = [[name for name, its in found.items() if its == what] for found in topic_of]
        if any(cells):
            yield what, *map(code, cells)


def here() -> Iterator[str]:
    """Return the lines on what is here."""
    functions = {name: value("", name) for name in names("")}
    methods = {name: value("Tensor", name) for name in names("Tensor")}
    both = {name for name in methods if inspect.isfunction(functions.get(name))}
    yield "## What is here\n"
    yield "How many public names that is, and how many PyTorch has:\n"
    yield table(
        "", *(f"`{place or 'torch'}`" for place in IN_PYTORCH),
        rows=[
            ("here", *(str(len(names(place))) for place in IN_PYTORCH)),
            ("PyTorch 2.13", *map(str, IN_PYTORCH.values())),
        ],
    ) + "\n"  # fmt: skip
    yield "### Tensors\n"
    yield table(
        "", "`torch.f(x)` and `x.f()`", "`torch.` alone", "`x.` alone",
        rows=rows_of(
            TENSORS,
            {name: of for name, of in functions.items() if name in both},
            {name: of for name, of in functions.items() if name not in both},
            {name: of for name, of in methods.items() if name not in both},
        ),
    )  # fmt: skip
    yield "\nAnd the operators, indexing and slicing, with `None`, `...`, tensors and lists.\n"
    yield "### Networks\n"
    layers = {name: value("nn", name) for name in names("nn")}
    as_functions = {name: value("nn.functional", name) for name in names("nn.functional")}
    yield table("", "`nn.`", "`nn.functional.`", rows=rows_of(NETWORKS, layers, as_functions))
    yield "\n### Training, and the rest\n"
    more = [*ELSEWHERE, *(place for place in CLASSES if place != "Tensor")]
    rows = ((place, [n for n in names(place) if _is_here(value(place, n))]) for place in more)
    yield table("", "", rows=((f"`{place}`", code(those)) for place, those in rows))


def without_effect() -> Iterator[tuple[str, str]]:
    """Return names that do nothing, and what is said of them."""
    paths = sorted(guests.MODULES, key=lambda path: (-path.count("."), path.startswith("cuda")))
    shortest = {guests.MODULES[path]: path for path in paths}
    found = defaultdict(list)
    for place in ("", *sorted(shortest.values()), *CLASSES):
        those = {f"{place}.{name}": value(place, name) for name in names(place)}
        if place not in CLASSES:
            those = {place: _module(place), **those}
        for path, of in those.items():
            if _does(of, "No effect"):
                line = inspect.getdoc(of).split("\n\n")[0]
                said = " ".join(line.removeprefix("No effect").split()).strip(": ,")
                found[said].append(path.strip("."))
    for said, those in found.items():
        yield code(those), said


ENTRY = re.compile(r"^    ([\w*,\s]+?): (.+(?:\n {8}.+)*)", re.MULTILINE)


def options_without_effect() -> Iterator[tuple[str, str, str]]:
    """Return functions and classes, their arguments that do nothing, and what is said of those."""
    found = defaultdict(list)
    for place in ("", "nn", "nn.functional", *ELSEWHERE, *CLASSES):
        for name in names(place):
            for arguments, text in ENTRY.findall(inspect.getdoc(value(place, name)) or ""):
                if re.search("without effect|no effect", text, re.IGNORECASE):
                    those = code(re.split(r",\s+", arguments))
                    found[those, " ".join(text.split())].append(f"{place}.{name}".strip("."))
    said = "says how to compute, and not what. `differentiable=True` is refused."
    for name, options in NO_EFFECT.items():
        found[code(options), said].append(f"optim.{name}")
    for (options, said), those in found.items():
        yield code(those), options, said


def refused() -> Iterator[str]:
    """Return the lines on what is refused."""
    yield "## What is refused\n"
    yield "In a name, `?` stands for one letter and `*` for any. What to use instead:\n"
    for what, rows in instead.INSTEAD.items():
        yield f"### {what}\n"
        yield table("", "", rows=((code(of.split()), reason) for of, reason in rows.items())) + "\n"
    yield "### A line of your own\n"
    ordered = sorted(instead.FORMULAS.items(), key=lambda item: item[0].lower())
    yield " · ".join(f"`{name}`: `{line}`" for name, line in ordered) + "\n"
    yield "### Arguments\n"
    rows = ((code(of.split()), reason) for of, reason in instead.ARGUMENTS.items())
    yield table("", "", rows=rows)


def page() -> str:
    """Return the text of the page."""
    try:
        mt.nn.LSTM  # noqa: B018
    except AttributeError as error:
        introduction = INTRODUCTION.replace("{said}", str(error))
    return "\n".join(
        [
            introduction,
            *here(),
            "\n## What is accepted and does nothing\n",
            table("", "", rows=without_effect()),
            "\nAnd arguments:\n",
            table("", "", "", rows=options_without_effect()),
            "\nThese modules are found, under PyTorch's paths:",
            code(sorted(guests.MODULES)) + "\n",
            *refused(),
            "",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
