"""Module: a function with parameters, made of smaller ones.

Assign parameters and modules to attributes, and write `forward`:

    class Affine(nn.Module):
        def __init__(self, n):
            super().__init__()
            self.scale = nn.Parameter(minitorch.ones(n))
            self.shift = nn.Linear(n, n)

        def forward(self, x):
            return self.scale * x + self.shift(x)

A module keeps no register of its own: its parameters are those of its attributes that are a
`Parameter`, and its children those that are a `Module`, in the order in which they were assigned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from .. import dtypes
from ..autograd import RemovableHandle
from ..tensor import Tensor
from . import state
from .parameter import Parameter

T = TypeVar("T")
M = TypeVar("M", bound="Module")


class Module:
    """The base of all layers and models.

    Attributes:
        training: set by `train()` and `eval()`; dropout asks it.
    """

    training: bool
    _buffers: dict[str, bool]  # for the name of each: is it part of the state_dict?
    _forward_hooks: dict[int, tuple[Callable[..., Any], bool]]
    _forward_pre_hooks: dict[int, tuple[Callable[..., Any], bool]]

    def __init__(self) -> None:
        vars(self).update(training=True, _buffers={}, _forward_hooks={}, _forward_pre_hooks={})

    # --------------------------------------------------------------------------- calling it

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; each class writes its own."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return `forward` of the arguments, as the hooks leave them and it."""
        if self._forward_hooks or self._forward_pre_hooks:
            return self._call_with_hooks(args, kwargs)
        return self.forward(*args, **kwargs)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        for hook, with_kwargs in list(self._forward_pre_hooks.values()):
            if with_kwargs:
                changed = hook(self, args, kwargs)
                args, kwargs = (args, kwargs) if changed is None else changed
            else:
                changed = hook(self, args)
                if changed is not None:
                    args = changed if isinstance(changed, tuple) else (changed,)
        result = self.forward(*args, **kwargs)
        for hook, with_kwargs in list(self._forward_hooks.values()):
            given = (args, kwargs) if with_kwargs else (args,)
            changed = hook(self, *given, result)
            result = result if changed is None else changed
        return result

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before each `forward`; a result replaces the arguments.

        Args:
            hook: a function; `with_kwargs`, of (module, args, kwargs), returning None or both.
            prepend: call it before the hooks that are already there.
            with_kwargs: hand it the keyword arguments too.

        Returns:
            A handle: `handle.remove()` takes the hook away again, as does the end of its `with`.
        """
        return RemovableHandle(self._forward_pre_hooks, (hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after each `forward`; a result replaces the output.

        The arguments are those of `register_forward_pre_hook`.
        """
        return RemovableHandle(self._forward_hooks, (hook, with_kwargs), prepend)

    # -------------------------------------------------------------------- what it is made of

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, (Parameter, Module)):
            if "_buffers" not in vars(self):
                raise AttributeError(
                    f"cannot assign {name} before Module.__init__() call: begin __init__ with "
                    "super().__init__()"
                )
            self._buffers.pop(name, None)
        elif value is not None:
            held = vars(self).get(name)
            if isinstance(held, Parameter):
                self._refuse(name, value, "parameter", "nn.Parameter")
            elif isinstance(held, Module):
                self._refuse(name, value, "child module", "nn.Module")
            elif name in vars(self).get("_buffers", ()) and not isinstance(value, Tensor):
                self._refuse(name, value, "buffer", "Tensor")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self._buffers.pop(name, None)

    def _refuse(self, name: str, value: Any, kind: str, expected: str) -> None:
        raise TypeError(
            f"cannot assign '{type(value).__name__}' as {kind} '{name}' ({expected} or None "
            "expected)"
        )

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, as assigning it to the attribute does; None for one that is left out."""
        if not isinstance(param, (Parameter, type(None))):
            self._refuse(name, param, "parameter", "nn.Parameter")
        self._add(name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the module but isn't learned, such as a mask.

        Args:
            name: the attribute under which it is found.
            tensor: its value.
            persistent: is it part of the `state_dict`?
        """
        if not isinstance(tensor, (Tensor, type(None))):
            self._refuse(name, tensor, "buffer", "Tensor")
        self._add(name, tensor)
        self._buffers[name] = persistent

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child, as assigning it to the attribute does."""
        if not isinstance(module, (Module, type(None))):
            self._refuse(name, module, "child module", "nn.Module")
        self._add(name, module)

    def _add(self, name: str, value: Any) -> None:
        """Set the attribute, unless the name cannot be a part of a path or means something else."""
        if not name or "." in name:
            raise KeyError(f"the name of a parameter, buffer or module can't be {name!r}")
        part = isinstance(vars(self).get(name, ...), (Parameter, Module, type(None)))
        if hasattr(self, name) and name not in self._buffers and not part:
            raise KeyError(f"attribute '{name}' already exists")
        setattr(self, name, value)

    def _own(self, kind: type[T]) -> list[tuple[str, T]]:
        """The attributes of a kind."""
        return [(name, value) for name, value in vars(self).items() if isinstance(value, kind)]

    def _own_parameters(self) -> list[tuple[str, Parameter]]:
        return self._own(Parameter)

    def _own_buffers(self, transient: bool = True) -> list[tuple[str, Tensor]]:
        """The buffers; without `transient`, only those that are part of the state_dict."""
        return [
            (name, vars(self)[name])
            for name, persistent in self._buffers.items()
            if vars(self)[name] is not None and (persistent or transient)
        ]

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules that are attributes of this one, with their names, each once."""
        seen = set()
        for name, child in self._own(Module):
            if child not in seen:
                seen.add(child)
                yield name, child

    def children(self) -> Iterator[Module]:
        """The modules that are attributes of this one, each once."""
        return (child for _, child in self.named_children())

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it, with their paths: ("", model), ("blocks.0", …), ….

        Args:
            memo: the modules that were seen already.
            prefix: begins each path.
            remove_duplicate: give a module that is found at several places once only.
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, child in self._own(Module):
            yield from child.named_modules(memo, _join(prefix, name), remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """What the module learns, with its paths; a parameter that is used at two places once.

        Args:
            prefix: begins each path.
            recurse: those of the modules below it too.
            remove_duplicate: if False, give a shared parameter under each of its paths.
        """
        return self._named(Module._own_parameters, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """What the module learns, each parameter once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers with their paths; the arguments are those of `named_parameters`."""
        return self._named(Module._own_buffers, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers, each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _named(
        self,
        own: Callable[[Module], Iterable[tuple[str, T]]],
        prefix: str,
        recurse: bool,
        remove_duplicate: bool,
    ) -> Iterator[tuple[str, T]]:
        here = [(prefix, self)]
        everywhere = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        seen = set()
        for path, module in everywhere if recurse else here:
            for name, value in own(module):
                if id(value) not in seen:
                    yield _join(path, name), value
                if remove_duplicate:
                    seen.add(id(value))

    # -------------------------------------------------------------------------- changing it

    def train(self: M, mode: bool = True) -> M:
        """Set `training` here and below: dropout drops in training only."""
        if not isinstance(mode, bool):
            raise ValueError(f"training mode is expected to be boolean, not {mode!r}")
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self: M) -> M:
        """Leave training: `train(False)`."""
        return self.train(False)

    def apply(self: M, fn: Callable[[Module], Any]) -> M:
        """Call `fn` on every module below this one, and last on this one."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Let its parameters be learned, or freeze them."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of its parameters, or set them to 0."""
        for parameter in self.parameters():
            state.clear_grad(parameter, set_to_none)

    def to(self: M, *args: Any, **kwargs: Any) -> M:
        """Bring its floating-point parameters and buffers to another dtype, in place.

        The arguments are those of `Tensor.to`.
        """
        for tensor in [*self.parameters(), *self.buffers()]:
            if tensor.dtype.is_floating_point:
                state.convert(tensor, *args, **kwargs)
        return self

    def float(self: M) -> M:
        """Bring its floating-point parameters and buffers to float32."""
        return self.to(dtypes.float32)

    def double(self: M) -> M:
        """Bring its floating-point parameters and buffers to float64."""
        return self.to(dtypes.float64)

    # ---------------------------------------------------------------------------- its state

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """Return the parameters and persistent buffers by their paths, shared ones at each of them.

        Args:
            prefix: begins each path.
            keep_vars: return the parameters themselves; by default what is returned shares their
                memory but has no part in the graph.
        """
        modules = self.named_modules(prefix=prefix.removesuffix("."), remove_duplicate=False)
        found = {
            _join(path, name): tensor
            for path, module in modules
            for name, tensor in [*module._own_parameters(), *module._own_buffers(transient=False)]
        }
        return found if keep_vars else {path: tensor.detach() for path, tensor in found.items()}

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True
    ) -> state.IncompatibleKeys:
        """Copy the values of a `state_dict` into the parameters and buffers.

        Everything is checked first: where something does not fit, nothing changes.

        Args:
            state_dict: tensors by their paths.
            strict: raise if a path is missing here or there. Shapes must agree in any case.

        Returns:
            The missing and the unexpected paths.

        Raises:
            RuntimeError: names everything that does not fit.
        """
        own = self.state_dict(keep_vars=True)
        return state.load(type(self).__name__, own, state_dict, strict)

    # ------------------------------------------------------------------------ how it prints

    def extra_repr(self) -> str:
        """What stands in the parentheses when it is printed, such as "in_features=2"."""
        return ""

    def __repr__(self) -> str:
        lines = [f"({name}): {child!r}" for name, child in self._own(Module)]
        return layout(type(self).__name__, self.extra_repr(), lines)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def layout(name: str, extra: str, lines: list[str]) -> str:
    """Put a module's own description and its children's on one line, or on indented ones."""
    if not lines:
        return f"{name}({extra})"
    body = "\n".join([*extra.splitlines(), *lines]).replace("\n", "\n  ")
    return f"{name}(\n  {body}\n)"
