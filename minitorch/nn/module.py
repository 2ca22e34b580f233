"""Module: a function with parameters, made of smaller modules.

Assign parameters and modules to attributes, and write `forward`:

    class Affine(nn.Module):
        def __init__(self, n):
            super().__init__()
            self.scale = nn.Parameter(minitorch.ones(n))
            self.mix = nn.Linear(n, n)

        def forward(self, x):
            return self.scale * x + self.mix(x)

The module's parameters are its attributes of type `Parameter`, and its children those of type
`Module`, in the order in which they were assigned; it keeps no other list of them. So a model is a
tree of modules, and a parameter's name is the path to it: "mix.weight".

Three base classes hold what can be skipped at first: checks of what is assigned, and *buffers*, the
tensors that a module has but does not learn (`attributes.py`); hooks, functions that are called
before or after `forward` (`forward_hooks.py`); and what code for PyTorch calls (`TorchModule`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from .. import dtypes
from .._compat.modules import TorchModule
from ..tensor import Tensor
from . import state
from .attributes import Attributes
from .forward_hooks import ForwardHooks
from .parameter import Parameter

T = TypeVar("T")
M = TypeVar("M", bound="Module")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def layout(name: str, extra: str, lines: list[str]) -> str:
    """Return the text of a module: its class and options, and its children, indented."""
    if not lines and "\n" not in extra:
        return f"{name}({extra})"
    body = "\n".join([*extra.splitlines(), *lines]).replace("\n", "\n  ")
    return f"{name}(\n  {body}\n)"


class Module(Attributes, ForwardHooks, TorchModule):
    """The base class of all layers and models.

    Attributes:
        training: set by `train()` and `eval()`; dropout acts only in training.
    """

    training: bool

    def __init__(self) -> None:
        # not self.training = …, as `Attributes.__setattr__` needs `_persistent`
        hooks: Any = {"_forward_hooks": {}, "_forward_pre_hooks": {}, "_backward_hooks": {}}
        vars(self).update(training=True, _persistent={}, **hooks)

    # --------------------------------------------------------------------------- calling it

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; each class writes its own."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return `forward` of the arguments; hooks, where there are any, may change either."""
        try:
            hooked: Any = self._forward_hooks or self._forward_pre_hooks or self._backward_hooks
        except AttributeError:
            hooked = self._persistent  # raises: super().__init__() was not called
        if hooked:
            return self._call_with_hooks(args, kwargs)
        return self.forward(*args, **kwargs)

    # -------------------------------------------------------------------- what it is made of

    def _own(self, kind: type[T]) -> list[tuple[str, T]]:
        """The attributes of a type, with their names."""
        return [(name, value) for name, value in vars(self).items() if isinstance(value, kind)]

    def _own_parameters(self) -> list[tuple[str, Parameter]]:
        return self._own(Parameter)

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
        """This module and all below it, with their paths: ("", model), ("blocks.0", block), ….

        Args:
            memo: modules to leave out, such as those that were seen already.
            prefix: begins each path.
            remove_duplicate: give a module that is found at several paths only once.
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

    def _named(
        self,
        own: Callable[[Module], Iterable[tuple[str, T]]],
        prefix: str,
        recurse: bool,
        remove_duplicate: bool,
    ) -> Iterator[tuple[str, T]]:
        """What `own` finds in this module, or in this one and all below it, with the paths."""
        here = [(prefix, self)]
        everywhere = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        seen = set()
        for path, module in everywhere if recurse else here:
            for name, value in own(module):
                if id(value) not in seen:
                    yield _join(path, name), value
                if remove_duplicate:
                    seen.add(id(value))

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters of this module and of all below it, with their paths.

        Args:
            prefix: begins each path.
            recurse: if False, only this module's own.
            remove_duplicate: give a parameter that is found at several paths only once.
        """
        return self._named(Module._own_parameters, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and of all below it, each once: what is learned."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers with their paths; the arguments are those of `named_parameters`."""
        return self._named(Module._own_buffers, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers, each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    # --------------------------------------------------------------- training mode, and more

    def train(self: M, mode: bool = True) -> M:
        """Set `training` here and in all modules below."""
        if not isinstance(mode, bool):
            raise ValueError(f"training mode is expected to be boolean, not {mode!r}")
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self: M) -> M:
        """Turn training mode off: `train(False)`."""
        return self.train(False)

    def apply(self: M, fn: Callable[[Module], Any]) -> M:
        """Call `fn` on every module below this one, and then on this one."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Let all its parameters get gradients, or freeze them."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set the gradients of its parameters to None, or to 0."""
        for parameter in self.parameters():
            state.clear_grad(parameter, set_to_none)

    def to(self: M, *args: Any, **kwargs: Any) -> M:
        """Convert its floating-point parameters and buffers to another dtype, in place.

        The arguments are those of `Tensor.to`.
        """
        for tensor in [*self.parameters(), *self.buffers()]:
            if tensor.dtype.is_floating_point:
                state.convert(tensor, *args, **kwargs)
        return self

    def float(self: M) -> M:
        """Convert its floating-point parameters and buffers to float32."""
        return self.to(dtypes.float32)

    def double(self: M) -> M:
        """Convert its floating-point parameters and buffers to float64."""
        return self.to(dtypes.float64)

    # ---------------------------------------------------------------------------- its state

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """Return parameters and persistent buffers, a shared tensor under each of its paths.

        Args:
            prefix: begins each path.
            keep_vars: return the parameters themselves; by default they are detached: tensors
                that share their memory, but have no part in the graph.
        """
        modules = self.named_modules(prefix=prefix.removesuffix("."), remove_duplicate=False)
        found = {
            _join(path, name): x
            for path, module in modules
            for name, x in [*module._own_parameters(), *module._own_buffers(non_persistent=False)]
        }
        return found if keep_vars else {path: x.detach() for path, x in found.items()}

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> state.IncompatibleKeys:
        """Copy the values of a `state_dict` into the parameters and buffers.

        Everything is checked first: where something does not fit, nothing changes.

        Args:
            state_dict: tensors by their paths.
            strict: raise if a path is found on one side only. Shapes must agree in any case.
            assign: copy nothing: take over the memory of the tensors, and their dtype.

        Returns:
            The missing and the unexpected paths.

        Raises:
            RuntimeError: names everything that does not fit.
        """
        own = self.state_dict(keep_vars=True)
        return state.load(type(self).__name__, own, state_dict, strict, assign)

    # ------------------------------------------------------------------------ how it prints

    def extra_repr(self) -> str:
        """What is printed in its parentheses, such as "in_features=2"."""
        return ""

    def __repr__(self) -> str:
        lines = [f"({name}): {child!r}" for name, child in self._own(Module)]
        return layout(type(self).__name__, self.extra_repr(), lines)
