"""What all optimizers share: parameters in groups, the options of each, and a state to save."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

from ..autograd import enable_grad, version_counter
from ..dtypes import Array
from ..nn.state import clear_grad
from ..tensor import Tensor


class Optimizer:
    """Changes parameters in place, after `backward()`, by what their gradients say.

    A subclass writes `update`, the rule for one parameter, or `update_all`, for many; or, as in
    PyTorch, a `step` of its own.

    Args:
        params: tensors, or dicts `{"params": tensors, "lr": 0.1, …}`, each a group with options.
        defaults: the options of groups that do not give them.

    Attributes:
        param_groups: the groups. An option that is changed here holds from the next step on.
        state: for each parameter, what the rule remembers from step to step.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                "but got a Tensor: put it in a list"
            )
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters, with options that differ from the defaults.

        Raises:
            TypeError: it is no dict, or holds something other than tensors.
            ValueError: a tensor is not a leaf, or is in another group already.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError("optimizer parameters need an order: give a list instead of a set")
        params = [params] if isinstance(params, Tensor) else list(params)
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(
                    f"optimizer can only optimize Tensors, but one of the params is {p!r}"
                )
            if not p.is_leaf:
                raise ValueError(
                    "can't optimize a non-leaf Tensor: it is the result of an operation"
                )
        if len(set(params)) < len(params):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters", stacklevel=3
            )
        if any(not set(params).isdisjoint(group["params"]) for group in self.param_groups):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append({**self.defaults, **param_group, "params": params})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the parameters, or set them to 0."""
        for group in self.param_groups:
            for p in group["params"]:
                clear_grad(p, set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change each parameter that has a gradient.

        Args:
            closure: computes the loss anew, with its gradients, before the change.

        Returns:
            What the closure returned.

        Raises:
            RuntimeError: a gradient does not have its parameter's shape and dtype.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            for p in params:
                _check_fit(p, p.grad)
            self.update_all(params, group)
            for p in params:
                p._version[0] = next(version_counter)
        return loss

    def update_all(self, params: list[Tensor], options: dict[str, Any]) -> None:
        """Change the parameters of a group that have a gradient: here, one after the other."""
        for p in params:
            assert p.grad is not None
            self.update(p.array, p.grad.array, self.state[p], options)

    def update(self, x: Array, g: Array, state: dict[str, Any], options: dict[str, Any]) -> None:
        """Change a parameter x in place, by its gradient g, which stays as it is.

        Args:
            x, g: arrays of one shape and dtype.
            state: what is remembered of this parameter; empty at first.
            options: the parameter's group.
        """
        raise NotImplementedError(f"{type(self).__name__} needs a step() or an update()")

    def state_dict(self) -> dict[str, Any]:
        """Return the state and the options, with parameters numbered in the order of the groups.

        Tensors in it are the optimizer's own: they change with the next step.
        """
        numbers: dict[Tensor, int] = {}
        for group in self.param_groups:
            for p in group["params"]:
                numbers.setdefault(p, len(numbers))
        return {
            "state": {numbers[p]: state for p, state in self.state.items() if state},
            "param_groups": [
                {**group, "params": [numbers[p] for p in group["params"]]}
                for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned for the same parameters in the same groups.

        Tensors are copied, and brought to the dtype of their parameter.

        Raises:
            ValueError: the groups do not have the same sizes, or a state has another shape than its
                parameter; nothing has changed then.
        """
        groups = state_dict["param_groups"]
        if len(groups) != len(self.param_groups):
            raise ValueError(
                "loaded state dict has a different number of parameter groups: "
                f"{len(groups)}, not {len(self.param_groups)}"
            )
        sizes, own = ([len(group["params"]) for group in g] for g in (groups, self.param_groups))
        if sizes != own:
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of "
                f"optimizer's group: they have {sizes} parameters, and should have {own}"
            )
        parameters = {
            number: p
            for theirs, mine in zip(groups, self.param_groups, strict=True)
            for number, p in zip(theirs["params"], mine["params"], strict=True)
        }
        state = {
            parameters[number]: {k: _like(parameters[number], v) for k, v in values.items()}
            for number, values in state_dict["state"].items()
        }
        for theirs, mine in zip(groups, self.param_groups, strict=True):
            options = {k: deepcopy(v) for k, v in theirs.items() if k != "params"}
            mine.update(options)
        self.state = defaultdict(dict, state)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            options = sorted((k, v) for k, v in group.items() if k != "params")
            lines += [f"Parameter Group {i}", *[f"    {k}: {v}" for k, v in options]]
        return "\n".join([*lines, ")"])


def check_lr(lr: Any) -> None:
    """Refuse a learning rate that is none: a number from 0 on, or a tensor with one such element.

    Raises:
        ValueError: it is something else.
    """
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    if not lr >= 0:
        raise ValueError(f"Invalid learning rate: {lr}")


def _check_fit(p: Tensor, g: Tensor) -> None:
    if g.array.shape != p.array.shape or g.array.dtype != p.array.dtype:
        raise RuntimeError(
            f"step: a parameter of shape {tuple(p.shape)} and dtype {p.dtype} was assigned a "
            f"gradient of shape {tuple(g.shape)} and dtype {g.dtype}: they must be the same"
        )


def _like(p: Tensor, value: Any) -> Any:
    """Copy a value of a parameter's state; a floating-point tensor takes the parameter's dtype."""
    if not isinstance(value, Tensor):
        return deepcopy(value)
    if value.ndim and value.shape != p.shape:
        raise ValueError(
            f"loaded state dict has a state of shape {tuple(value.shape)} for a parameter of shape "
            f"{tuple(p.shape)}"
        )
    dtype = p.array.dtype if value.dtype.is_floating_point else value.array.dtype
    return value._wrap(value.array.astype(dtype))
