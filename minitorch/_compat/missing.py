"""What is said of a name or an argument that minitorch does not have.

The text is made when it is shown, because most who ask for a name only want to know if it is there:
`hasattr`, `copy`, NumPy and notebooks ask tensors and modules for many that they do not have.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Any

VAR_POSITIONAL, VAR_KEYWORDS = 0x04, 0x08  # flags of a function's code: it has *args, **kwargs
LIKENESS = 0.8  # of two spellings, from 0 to 1, as difflib has it
REST = (
    "minitorch has the part of PyTorch that Transformers, and the code that teaches them, use; "
    "docs/from-pytorch.md lists it"
)
PLACES = (
    "minitorch", "minitorch.nn", "minitorch.nn.functional", "minitorch.nn.init",
    "minitorch.nn.utils", "minitorch.optim", "minitorch.optim.lr_scheduler",
    "minitorch.utils.data", "minitorch.autograd", "minitorch.testing", "minitorch.linalg",
    "minitorch.distributions", "minitorch.amp", "minitorch.utils.tensorboard",
)  # fmt: skip


class Sentence:
    """The text of an error, made when it is shown."""

    def __init__(self, make: Callable[..., str], *args: Any) -> None:
        self.make, self.args = make, args

    def __str__(self) -> str:
        return self.make(*self.args)

    def __repr__(self) -> str:
        return repr(str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return str, (str(self),)


# --------------------------------------------------------------------------------------- the text


def _letters(name: str) -> str:
    return name.lower().replace("_", "")


def _digits(name: str) -> list[str]:
    return [letter for letter in name if letter.isdigit()]


def nearest(name: str, present: Iterable[str]) -> str | None:
    """Return the name that has the same letters, or is spelt nearly so.

    Not near are names that begin otherwise, or have other digits, as int16 and int64; nor is, to
    one that ends in an underscore, one that does not: it is no operation in place.
    """
    from difflib import get_close_matches  # here, so that `import minitorch` need not wait for it

    here = [n for n in present if n.endswith("_") or not name.endswith("_")]
    same = [n for n in here if _letters(n) == _letters(name)]
    if same or len(name) < 4:
        return same[0] if same else None
    by_letters = {
        _letters(n): n for n in here if n[0] == name[0] and _digits(n) == _digits(name)
    }
    near = get_close_matches(_letters(name), by_letters, 1, LIKENESS)
    return by_letters[near[0]] if near else None


def _elsewhere(name: str, classes: Sequence[str]) -> str | None:
    """Return what one writes for a name that is at another place, if it is at one."""
    for place in PLACES:
        if name in import_module(place).__all__:
            return f"{place}.{name}"
    if not classes and hasattr(sys.modules["minitorch"].Tensor, name):
        return f"x.{name}, of a tensor x"
    return None


def _advice(owner: str, name: str, present: Iterable[str], classes: Sequence[str]) -> str:
    from . import instead  # here, as it is long, and seldom wanted

    if name.startswith("_"):
        reason = instead.of(name, classes, anywhere=False)
        return f": {reason}" if reason else ""
    names = [n for n in present if not n.startswith("_")]
    places = classes or [owner.rpartition(".")[2]]
    of_pytorch = not classes or "Tensor" in classes  # and not the user's
    if reason := instead.of(name, places, anywhere=of_pytorch):
        return f": {reason}"
    if of_pytorch and (place := _elsewhere(name, classes)):
        return f": use {place}"
    near = nearest(name, names)
    if near and _letters(near) == _letters(name):
        return f". It is spelt {near!r}"
    stem = name.removesuffix("_")
    if of_pytorch and stem in names:
        return f": it is not done in place here; write x = x.{stem}(…)"
    if of_pytorch and (reason := instead.of(stem, places, anywhere=True)):
        return f": {reason}"
    if near:
        return f". The nearest name that is here: {near!r}"
    return f": {REST}" if of_pytorch else ""


def message(owner: str, name: str, present: Iterable[str], classes: Sequence[str] = ()) -> str:
    """Return the text that a module or an object has no attribute `name`, and what to do.

    Args:
        owner: the name of the module, or of the object's class.
        name: what was asked for.
        present: the names that there are.
        classes: of an object, the names of its class and of those that it inherits from.
    """
    what = f"{owner!r} object" if classes else f"module {owner!r}"
    return f"{what} has no attribute {name!r}{_advice(owner, name, present, classes)}"


# -------------------------------------------------------------------------- where it is said


def error(name: str, make: Callable[..., str], *args: Any) -> AttributeError:
    """Return the error that there is no `name`, with the text that `make(*args)` returns."""
    text: Any = Sentence(make, *args)
    return AttributeError(text, name=name, obj=None)  # of None, Python itself proposes no name


def _of_object(of: object, name: str) -> str:
    classes = [cls.__name__ for cls in type(of).__mro__]
    return message(classes[0], name, object.__dir__(of), classes)


def object_getattr(self: object, name: str) -> Any:
    """The `__getattr__` of a class: raises the error that its object has no attribute `name`."""
    if hasattr(type(self), name):  # a property, which raised an AttributeError itself: once more
        return object.__getattribute__(self, name)
    raise error(name, _of_object, self, name)


class Explained:
    """What the classes share that say what they do not have: attributes and arguments."""

    __slots__ = ()

    if not TYPE_CHECKING:  # a type checker knows it without them
        __getattr__ = object_getattr

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            check_arguments(cls, args, kwargs)
            return super().__new__(cls)


def name_methods(cls: type) -> None:
    """Let Python's errors name inherited methods as those of `cls`, which is what users know."""
    for base in cls.__mro__[1:-1]:
        for method in vars(base).values():
            if isinstance(method, FunctionType):
                before, _, name = method.__qualname__.rpartition(".")
                if before == base.__name__:  # and is no function that stands elsewhere too
                    method.__qualname__ = f"{cls.__name__}.{name}"


def check_arguments(cls: type, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Raise TypeError for arguments that `cls` does not take, and name it, not its base."""
    init: Any = cls.__init__  # type: ignore[misc]
    also = getattr(init, "also_takes", None)  # what optimizer_options.py and spellings.py add
    code = getattr(init if also is None else init.__wrapped__, "__code__", None)
    if code is None:  # it is not written in Python
        return
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    known = {*names, *(also or ())}
    unknown = [] if code.co_flags & VAR_KEYWORDS else [name for name in kwargs if name not in known]
    if unknown:
        wrong = f"got an unexpected keyword argument {unknown[0]!r}"
    elif len(args) >= code.co_argcount and not code.co_flags & VAR_POSITIONAL:
        wrong = f"takes up to {code.co_argcount - 1} arguments by position, not {len(args)}"
    else:
        return
    from . import instead

    reason = instead.of_argument(unknown[0], [c.__name__ for c in cls.__mro__]) if unknown else None
    takes = f". It takes {', '.join(names[1:]) or 'no arguments'}"
    raise TypeError(f"{cls.__name__}.__init__() {wrong}{f': {reason}' if reason else takes}")
