"""What a refusal must look like, wherever PyTorch's data provokes one."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from .convert import NoCounterpartError, to_minitorch

KINDS = (RuntimeError, TypeError, ValueError, IndexError)


def refusal(
    call: Callable[..., Any],
    args: Any,
    kwargs: Any,
    expected: type[Exception],
    regex: str,
    name: str,
) -> str | None:
    """Call minitorch with PyTorch's arguments; say what is wrong with its refusal, or None.

    Args:
        call: what is called.
        args, kwargs: PyTorch's arguments.
        expected: the exception that PyTorch raises. Where it is the general RuntimeError, a more
            telling built-in one fits too.
        regex: what PyTorch's message contains.
        name: the operation's name. The message must name it or an argument, or be PyTorch's.
    """
    try:
        args, kwargs = to_minitorch(args), to_minitorch(kwargs)
    except NoCounterpartError:
        return None  # such a tensor cannot even be made
    try:
        got = call(*args, **kwargs)
    except Exception as error:
        message = str(error)
        unknown = re.search(r"unexpected keyword argument '(\w+)'", message)
        if isinstance(error, TypeError) and unknown and unknown[1] in kwargs:
            return None  # PyTorch takes it and checks it; here nothing takes it
        if not isinstance(error, KINDS if issubclass(RuntimeError, expected) else expected):
            return f"expected {expected.__name__}, got {type(error).__name__}: {message}"
        if re.search(regex, message) or _names(message, name, call):
            return None
        return f"the message names neither operation nor argument: {message}"
    return f"passes silently, and gives {got!r:.60}; PyTorch: {expected.__name__}: {regex}"


def _names(message: str, name: str, call: Callable[..., Any]) -> bool:
    """Say whether a message names the operation ("nn.NLLLoss": "nll_loss") or an argument."""
    name = name.split(".")[-1].replace("_", "").lower().removesuffix("loss")
    if name in message.replace("_", "").lower():
        return True
    try:
        arguments = set(inspect.signature(getattr(call, "forward", call)).parameters)
    except ValueError:
        return False
    return any(len(word) > 1 and word in arguments for word in re.findall(r"\w+", message))
