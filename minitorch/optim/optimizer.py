"""What an optimizer is: parameters in groups, the options of each, and a state to save."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

from ..autograd.grad_mode import enable_grad
from ..autograd.graph import version_counter
from ..dtypes import Array
from ..nn.state import clear_grad
from ..tensor import Tensor


def check_lr(lr: Any) -> None:
    """Refuse a learning rate that is not a number from 0 on, or a tensor of one such element."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    if not lr >= 0:
        raise ValueError(f"Invalid learning rate: {lr}")


def _check_params(params: Any) -> list[Tensor]:
    """Return a group's parameters as a list, if an optimizer can change them."""
    if isinstance(params, set):
        raise TypeError("optimizer parameters need an order: give a list instead of a set")
    listed = [params] if isinstance(params, Tensor) else list(params)
    for p in listed:
        if not isinstance(p, Tensor):
            raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {p!r}")
        if not p.is_leaf:
            raise ValueError("can't optimize a non-leaf Tensor: it is the result of an operation")
    return listed


def _check_gradient(p: Tensor, g: Tensor) -> None:
    if g.array.shape != p.array.shape or g.array.dtype != p.array.dtype:
        raise RuntimeError(
            f"step: a parameter of shape {tuple(p.shape)} and dtype {p.dtype} was assigned a "
            f"gradient of shape {tuple(g.shape)} and dtype {g.dtype}: they must be the same"
        )


def _check_groups(loaded: list[dict[str, Any]], own: list[dict[str, Any]]) -> None:
    """Refuse groups that do not have as many parameters as the optimizer's."""
    if len(loaded) != len(own):
        raise ValueError(
            "loaded state dict has a different number of parameter groups: "
            f"{len(loaded)}, not {len(own)}"
        )
    sizes, own_sizes = ([len(group["params"]) for group in groups] for groups in (loaded, own))
    if sizes != own_sizes:
        raise ValueError(
            "loaded state dict contains a parameter group that doesn't match the size of "
            f"optimizer's group: they have {sizes} parameters, and should have {own_sizes}"
        )


def _copy_for(p: Tensor, value: Any) -> Any:
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


class Optimizer:
    """Changes parameters in place by their gradients, after `backward()`.

        optimizer = SGD(model.parameters(), lr=0.1)
        optimizer.zero_grad()      # at each step: drop the gradients of the step before,
        loss.backward()            # compute those of this one,
        optimizer.step()           # and change the parameters

    A subclass writes `update`, the formula for one parameter, or `update_all` for many; or, as in
    PyTorch, a `step` of its own.

    Args:
        params: tensors, or dicts `{"params": tensors, "lr": 0.1, …}`, each a group with options.
        defaults: the options of groups that do not give them.

    Attributes:
        param_groups: the groups. An option that is changed here holds from the next step on.
        state: for each parameter, what is kept from step to step, such as a momentum.
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
        params = _check_params(param_group["params"])
        if len(set(params)) < len(params):
            twice = "optimizer contains a parameter group with duplicate parameters"
            warnings.warn(twice, stacklevel=3)
        if any(not set(params).isdisjoint(group["params"]) for group in self.param_groups):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append({**self.defaults, **param_group, "params": params})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set the gradients of the parameters to None, or to 0."""
        for group in self.param_groups:
            for p in group["params"]:
                clear_grad(p, set_to_none)

    def update(self, x: Array, g: Array, state: dict[str, Any], options: dict[str, Any]) -> None:
        """Change a parameter x in place by its gradient g; g must stay as it is.

        Args:
            x, g: arrays of one shape and dtype.
            state: what is kept for this parameter from step to step; empty at first.
            options: the parameter's group.
        """
        raise NotImplementedError(f"{type(self).__name__} needs a step() or an update()")

    def update_all(self, params: list[Tensor], options: dict[str, Any]) -> None:
        """Change those parameters of a group that have a gradient, one after the other."""
        for p in params:
            assert p.grad is not None
            self.update(p.array, p.grad.array, self.state[p], options)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change each parameter that has a gradient.

        Args:
            closure: computes the loss and its gradients anew, before the change.

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
                _check_gradient(p, p.grad)
            self.update_all(params, group)
            for p in params:
                p._version[0] = next(version_counter)
        return loss

    def state_dict(self) -> dict[str, Any]:
        """Return the state and the options, with parameters numbered in the order of the groups.

        Tensors in it are the optimizer's own: they change with the next step.
        """
        params = dict.fromkeys(p for group in self.param_groups for p in group["params"])
        numbers = {p: i for i, p in enumerate(params)}
        return {
            "state": {numbers[p]: state for p, state in self.state.items() if state},
            "param_groups": [
                {**group, "params": [numbers[p] for p in group["params"]]}
                for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned for the same parameters in the same groups.

        Tensors are copied, and converted to the dtype of their parameter.

        Raises:
            ValueError: the groups do not have the same sizes, or a state has another shape than its
                parameter; nothing has changed then.
        """
        groups = state_dict["param_groups"]
        _check_groups(groups, self.param_groups)
        pairs = list(zip(groups, self.param_groups, strict=True))
        parameter = {
            number: p
            for loaded, own in pairs
            for number, p in zip(loaded["params"], own["params"], strict=True)
        }
        state = {
            parameter[number]: {k: _copy_for(parameter[number], v) for k, v in values.items()}
            for number, values in state_dict["state"].items()
        }
        for loaded, own in pairs:
            own.update({k: deepcopy(v) for k, v in loaded.items() if k != "params"})
        self.state = defaultdict(dict, state)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            options = sorted((k, v) for k, v in group.items() if k != "params")
            lines += [f"Parameter Group {i}", *[f"    {k}: {v}" for k, v in options]]
        return "\n".join([*lines, ")"])
