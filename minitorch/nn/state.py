"""What `load_state_dict`, `to` and `zero_grad` of a module do to each of its tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..autograd.grad_mode import no_grad
from ..autograd.graph import version_counter
from ..tensor import Tensor


class IncompatibleKeys(NamedTuple):
    """The paths that `load_state_dict` found on one side only."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"IncompatibleKeys(missing_keys={self.missing_keys}, "
            f"unexpected_keys={self.unexpected_keys})"
        )


def load(
    name: str, own: Mapping[str, Tensor], given: Mapping[str, Any], strict: bool, assign: bool
) -> IncompatibleKeys:
    """Copy the tensors that are given into a module's own of the same paths.

    Everything is checked before anything is copied.

    Args:
        name: the module's class, for errors.
        own: its tensors, by their paths.
        given: the tensors to copy.
        strict: raise if a path is found on one side only.
        assign: take over their memory and dtype, instead of copying them.

    Raises:
        TypeError: what is given is no mapping.
        RuntimeError: names everything that does not fit.
    """
    if not isinstance(given, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(given)}.")
    missing = [path for path in own if path not in given]
    unexpected = [path for path in given if path not in own]
    errors = []
    for what, paths in (("Missing", missing), ("Unexpected", unexpected)):
        if strict and paths:
            listed = ", ".join(f'"{path}"' for path in paths)
            errors.append(f"{what} key(s) in state_dict: {listed}. ")
    shared = [(path, mine, given[path]) for path, mine in own.items() if path in given]
    for path, mine, theirs in shared:
        if not isinstance(theirs, Tensor):
            errors.append(f'expected a Tensor for "{path}", but received {type(theirs).__name__}')
        elif theirs.shape != mine.shape:
            errors.append(
                f"size mismatch for {path}: copying a param with shape {theirs.shape} from "
                f"checkpoint, the shape in current model is {mine.shape}."
            )
        elif assign and mine.requires_grad and not theirs.dtype.is_floating_point:
            errors.append(f'"{path}" is learned, and cannot be assigned a {theirs.dtype}')
    if errors:
        raise RuntimeError(f"Error(s) in loading state_dict for {name}:\n\t" + "\n\t".join(errors))
    with no_grad():
        for _, mine, theirs in shared:
            if assign:
                mine.array, mine._grad, mine._version = theirs.array, None, theirs._version
                mine._version[0] = next(version_counter)
            else:
                mine.copy_(theirs)
    return IncompatibleKeys(missing, unexpected)


def convert(tensor: Tensor, *args: Any, **kwargs: Any) -> None:
    """Convert a tensor and its gradient to another dtype, in place: it stays the same object.

    The other arguments are those of `Tensor.to`.

    Raises:
        TypeError: the dtype is not floating-point.
    """
    for t in (tensor, tensor.grad):
        if t is None:
            continue
        new = t.detach().to(*args, **kwargs)
        if not new.dtype.is_floating_point:
            raise TypeError(
                "nn.Module.to only accepts floating point dtypes, but got desired "
                f"dtype={new.dtype}"
            )
        if new.array is not t.array:
            t.array = new.array
            t._version[0] = next(version_counter)


def clear_grad(parameter: Tensor, set_to_none: bool) -> None:
    """Set a gradient to None, or to 0."""
    if set_to_none:
        parameter._grad = None
    elif parameter._grad is not None:
        parameter._grad = parameter._grad.detach().zero_()
