"""What an optimizer is: parameters in groups, the options of each, and a state to save."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

from .._compat.missing import Explained
from ..autograd.grad_mode import enable_grad
from ..autograd.graph import version_counter
from ..dtypes import Array
from ..nn.state import clear_grad
from ..tensor import Tensor
from . import checks, states


class Optimizer(Explained):
    """Changes parameters in place by their gradients, after `backward()`.

        optimizer = SGD(model.parameters(), lr=0.1)
        optimizer.zero_grad()      # at each step: drop the gradients of the step before,
        loss.backward()            # compute those of this one,
        optimizer.step()           # and change the parameters

    A subclass writes `update`, the formula for one parameter, or `update_all` for many; or, as in
    PyTorch, a `step` of its own. It may say what is known of its options, in `check_options`, and
    of its state, in `keeps`: what does not fit is refused.

    Args:
        params: tensors, or dicts `{"params": tensors, "lr": 0.1, …}`, each a group with options.
            Instead of a tensor, (name, tensor) may be given, as `named_parameters()` does.
        defaults: the options of groups that do not give them.

    Attributes:
        param_groups: the groups. An option that is changed here holds from the next step on.
        state: for each parameter, what is kept from step to step, such as a momentum.
        keeps: the names of what `state` holds; where there are none, they may be any.
    """

    keeps: tuple[str, ...] = ()

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if not isinstance(defaults, dict):
            raise TypeError(f"defaults must be a dict of options, not {defaults!r}")
        self.check_options(defaults)
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._checked: dict[int, tuple[Any, ...]] = {}  # the options of each group, when it stepped
        self.has_stepped = type(self).step is not Optimizer.step  # a step of its own does not tell
        groups = checks.listed(params)
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
            ValueError: a tensor is not a leaf, or is in another group already; or an option is out
                of range.
        """
        params, names = checks.parameters(param_group)
        group = {**self.defaults, **param_group, "params": params}
        if names:
            group["param_names"] = names
        if any(("param_names" in other) != ("param_names" in group) for other in self.param_groups):
            raise ValueError(
                "all optimizer param groups should be with/without names. cannot add param group "
                f"with{'' if names else 'out'} names to the optimizer"
            )
        self.check_options(group)
        if len(set(params)) < len(params):
            twice = "optimizer contains a parameter group with duplicate parameters"
            warnings.warn(twice, stacklevel=3)
        if any(not set(params).isdisjoint(group["params"]) for group in self.param_groups):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(group)

    @staticmethod
    def check_options(options: dict[str, Any]) -> None:
        """Raise TypeError or ValueError if the update cannot take these options of a group."""

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
            assert p._grad is not None
            self.update(p.array, p._grad.array, self.state[p], options)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change each parameter that has a gradient.

        Args:
            closure: computes the loss and its gradients anew, before the change.

        Returns:
            What the closure returned.

        Raises:
            RuntimeError: a gradient does not have its parameter's shape and dtype.
            TypeError, ValueError: an option was changed to one that cannot be.
        """
        loss = None
        if closure is not None:
            if not callable(closure):
                raise TypeError(
                    f"step: a closure is a function, not a {type(closure).__name__}: call "
                    "loss.backward(), and then step()"
                )
            with enable_grad():
                loss = closure()
        self.has_stepped = True
        groups = []
        for i, options in enumerate(self.param_groups):
            given = tuple(options.values())
            if given != self._checked.get(i):  # which takes less time than to check them
                self.check_options(options)
                self._checked[i] = given
            params = [p for p in options["params"] if p._grad is not None]
            for p in params:
                checks.gradient(p, p._grad)
            groups.append((params, options))
        for params, options in groups:  # nothing has changed before all are known to fit
            self.update_all(params, options)
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
            "state": {numbers[p]: s for p, s in self.state.items() if s and p in numbers},
            "param_groups": [
                {**group, "params": [numbers[p] for p in group["params"]]}
                for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned for the same parameters in the same groups.

        Tensors are copied, and converted to the dtype of their parameter.

        Raises:
            TypeError: it is no dict.
            ValueError: it does not fit: it has other groups, or an option or a state that this
                optimizer cannot have. The message says which; nothing has changed.
        """
        groups = states.groups(state_dict, self.param_groups, self.defaults)
        parameter: dict[Any, tuple[Tensor, Any]] = {}
        for i, (loaded, own) in enumerate(zip(groups, self.param_groups, strict=True)):
            with states.loading(f"param_groups[{i}]"):
                self.check_options(loaded)
                for number, p in zip(loaded["params"], own["params"], strict=True):
                    if parameter.setdefault(number, (p, loaded))[0] is not p:
                        raise ValueError(f"its params are {loaded['params']}: one number for two")
        state: dict[Tensor, dict[str, Any]] = {}
        for number, values in states.entry(state_dict, "", "state", Mapping).items():
            if number not in parameter:
                raise ValueError(f"loaded state dict has a state of {number!r}, which no group has")
            p, options = parameter[number]
            where = f"state[{number!r}]"
            state[p] = states.state(where, p, values, self.keeps, options)
        for loaded, own in zip(groups, self.param_groups, strict=True):
            own.update({k: deepcopy(v) for k, v in loaded.items() if k != "params"})
        self.state = defaultdict(dict, state)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            options = sorted((k, v) for k, v in group.items() if k != "params")
            lines += [f"Parameter Group {i}", *[f"    {k}: {v}" for k, v in options]]
        return "\n".join([*lines, ")"])
