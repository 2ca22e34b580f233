"""Tensor: a NumPy array that remembers how it was made.

The class body is a table of contents. A method is the function of the same name, so `x.exp()` and
`minitorch.exp(x)` are one thing, and the operators are spelled with them too.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

from . import autograd, dtypes, fused, ops, printing
from ._compat import devices, missing
from ._runtime.quiet import quietly
from .autograd import Node
from .dtypes import Array
from .ops import inplace, operand
from .ops.arguments import dim_of, sizes_of

if TYPE_CHECKING:
    from .ops.operand import Operand


class Size(tuple[int, ...]):
    """The shape of a tensor: a tuple of its sizes."""

    def numel(self) -> int:
        """The number of elements in a tensor of this shape."""
        return int(np.prod(self, dtype=np.int64))

    def __repr__(self) -> str:
        return f"minitorch.Size({list(self)})"


class Tensor:
    """An array, its gradient, and the operation that made it.

    Make one with `minitorch.tensor(data)`, not by calling the class.

    Attributes:
        array: the NumPy array with the elements. Changing it goes unseen by the graph.
        grad: the gradient that `backward()` left, a tensor of the same shape and dtype, or None.
    """

    __slots__ = (
        "__weakref__", "_hooks", "_node", "_requires_grad", "_version", "_view", "_views",
        "array", "grad",
    )  # fmt: skip
    __array_priority__ = 1000  # NumPy's operators leave `array + tensor` to the tensor
    __hash__ = object.__hash__  # by identity: `==` compares elements

    array: Array
    grad: Tensor | None
    _node: Node | None
    _requires_grad: bool
    _version: list[int]  # when the memory was last changed in place; shared with views of it
    _view: Any  # of a view: its base, and how to take it from there; see autograd/views.py
    _views: set[Any] | None  # its living views, by weak reference
    _hooks: dict[int, autograd.Hook] | None  # of a leaf; others' are at their node

    @staticmethod
    def _wrap(array: Any) -> Tensor:
        """Make a tensor of an array, without a copy; of a NumPy scalar, one with no dimensions."""
        x = Tensor.__new__(Tensor)
        x.array = array if type(array) is np.ndarray else np.asarray(array)
        x.grad = None
        x._node = None
        x._requires_grad = False
        x._version = [0]
        x._view = x._views = x._hooks = None
        return x

    # ---------------------------------------------------------------------------- what it is

    @property
    def shape(self) -> Size:
        """The size of each dimension."""
        return Size(self.array.shape)

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of the elements."""
        return dtypes.OF_NUMPY[self.array.dtype]

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    @property
    def requires_grad(self) -> bool:
        """Does `backward()` compute a gradient for it? Settable on leaves."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set `requires_grad`, and return the tensor.

        Raises:
            RuntimeError: the dtype has no gradients, or the tensor is the result of an operation.
        """
        if requires_grad and self.array.dtype.kind != "f":
            raise RuntimeError(
                f"only Tensors of floating point dtype can require gradients, not {self.dtype}"
            )
        if not requires_grad and self._node is not None:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. Use x.detach() for a "
                "result that needs no gradient."
            )
        self._requires_grad = requires_grad
        return self

    @property
    def retains_grad(self) -> bool:
        """Will `backward()` leave a gradient here, though this is not a leaf?"""
        return autograd.retains_grad(self)

    @property
    def is_leaf(self) -> bool:
        """Was it made by the user, rather than by an operation that the graph recorded?"""
        return self._node is None

    @property
    def grad_fn(self) -> Node | None:
        """The node of the operation that made it, or None for a leaf."""
        return self._node

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        return self.shape if dim is None else self.array.shape[dim_of("size", dim, self.ndim)]

    def dim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    ndimension = dim

    def numel(self) -> int:
        """The number of elements."""
        return self.array.size

    nelement = numel

    def element_size(self) -> int:
        """The number of bytes of an element."""
        return self.array.itemsize

    def stride(self) -> tuple[int, ...]:
        """How many elements of memory lie between neighbours along each dimension."""
        return tuple(n // self.array.itemsize for n in self.array.strides)

    @property
    def device(self) -> devices.device:
        """Where the elements are: on the CPU."""
        return devices.CPU

    @property
    def is_cuda(self) -> bool:
        """Are the elements on a GPU? They never are."""
        return False

    def is_floating_point(self) -> bool:
        """Is the dtype one of fractions, float32 or float64?"""
        return self.array.dtype.kind == "f"  # type: ignore[no-any-return]

    def is_contiguous(self) -> bool:
        """Do the elements lie in memory in the order of their indices?"""
        return self.array.flags.c_contiguous

    def contiguous(self) -> Tensor:
        """The tensor itself if it is contiguous, else a copy that is."""
        return self if self.is_contiguous() else self.clone()

    def __len__(self) -> int:
        if not self.array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self.array)

    # ------------------------------------------------------------------------- what is in it

    def item(self) -> Any:
        """The one element, as a Python number.

        Raises:
            RuntimeError: there are more, or none.
        """
        if self.array.size != 1:
            raise RuntimeError(
                f"a Tensor with {self.array.size} elements cannot be converted to Scalar: its "
                f"shape is {tuple(self.shape)}"
            )
        return self.array.item()

    def tolist(self) -> Any:
        """The elements, as nested lists of Python numbers."""
        return self.array.tolist()

    def numpy(self) -> Array:
        """The array itself, not a copy: changing one changes the other.

        Raises:
            RuntimeError: it requires a gradient; `x.detach().numpy()` says that you mean it.
        """
        if self._requires_grad:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() "
                "instead."
            )
        return self.array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.numpy(), dtype, copy=copy)

    def __bool__(self) -> bool:
        if self.array.size != 1:
            raise RuntimeError(
                f"Boolean value of Tensor with {self.array.size} values is ambiguous. "
                "Did you mean .any() or .all()?"
            )
        return bool(self.array)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.array.dtype.kind not in "iub":
            raise TypeError(f"only integer tensors of one element can be an index: {self.dtype}")
        return int(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if not self.array.ndim else object.__format__(self, spec)

    def __iter__(self) -> Iterator[Tensor]:
        if not self.array.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __contains__(self, value: Any) -> bool:
        return bool((self == value).any())

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if self._node is not None:
            raise RuntimeError(
                "Only Tensors created explicitly by the user support the deepcopy protocol: this "
                f"is the result of {self._node.name}. Copy x.detach()."
            )
        copy = type(self)._wrap(self.array.copy())
        copy._requires_grad = self._requires_grad
        memo[id(self)] = copy
        copy.grad = deepcopy(self.grad, memo)
        return copy

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(missing.sentence("Tensor", name, dir(Tensor)))

    def __repr__(self) -> str:
        return printing.tensor_repr(self)

    # -------------------------------------------------------------------------- the gradient

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
    ) -> None:
        """Add to the `grad` of every leaf that this was computed from its gradient.

        See `minitorch.autograd.backward` for the arguments and errors.
        """
        autograd.backward(self, gradient, retain_graph, create_graph)

    def detach(self) -> Tensor:
        """The same elements, cut off from the graph. The memory is shared."""
        y = self._wrap(self.array)
        y._version = self._version
        return y

    @property
    def data(self) -> Tensor:
        """The same elements, and changes to them in place go unseen by the graph.

        Assigned to, it changes the elements behind the graph's back.
        """
        return self._wrap(self.array)

    @data.setter
    def data(self, value: Tensor) -> None:
        self.array = value.array

    def clone(self) -> Tensor:
        """A copy, through which gradients pass."""
        return autograd.record("clone", self.array.copy(), (self, lambda g: g))

    # ------------------------------------------------------------- others, of the same dtype

    def new_tensor(
        self, data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Tensor:
        """A tensor of the data, with the dtype of this one unless given."""
        data = data.array if isinstance(data, Tensor) else data
        return self._new(np.array(data, self._dtype_or(dtype)), device, requires_grad)

    def new_zeros(
        self,
        size: Any,
        *more: int,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """0s of a size, with the dtype of this tensor unless given."""
        array = np.zeros(sizes_of(size, more), self._dtype_or(dtype))
        return self._new(array, device, requires_grad)

    def new_ones(
        self,
        size: Any,
        *more: int,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """1s of a size, with the dtype of this tensor unless given."""
        array = np.ones(sizes_of(size, more), self._dtype_or(dtype))
        return self._new(array, device, requires_grad)

    def new_empty(
        self,
        size: Any,
        *more: int,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """Any numbers, of a size, with the dtype of this tensor unless given."""
        array = np.empty(sizes_of(size, more), self._dtype_or(dtype))
        return self._new(array, device, requires_grad)

    def new_full(
        self,
        size: Any,
        fill_value: Any,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """One number everywhere, of a size, with the dtype of this tensor unless given."""
        array = np.full(sizes_of(size, ()), fill_value, self._dtype_or(dtype))
        return self._new(array, device, requires_grad)

    def _dtype_or(self, dtype: Any) -> np.dtype[Any]:
        return self.array.dtype if dtype is None else dtypes.as_numpy(dtype)

    def _new(self, array: Array, device: Any, requires_grad: bool) -> Tensor:
        if device is not None:
            devices.device(device)
        return Tensor._wrap(array).requires_grad_(requires_grad)

    # ------------------------------------------------------------------------ other dtypes

    def to(self, *args: Any, dtype: Any = None, device: Any = None, **options: Any) -> Tensor:
        """The elements as another dtype, or the tensor itself if it has that dtype.

        `to(dtype)`, `to(device)`, `to(device, dtype)` or `to(other)`, for what another tensor has.
        There is one device, the CPU.

        Args:
            args: as above.
            dtype, device: the same, by name.
            options: copy=True for a copy in any case; non_blocking is accepted, and has no effect.
        """
        for arg in args:
            if isinstance(arg, Tensor):
                dtype = arg.dtype
            elif isinstance(arg, (str, devices.device)):
                device = arg
            elif arg is not None and not isinstance(arg, bool):
                dtype = arg
        if device is not None:
            devices.device(device)
        wanted = self.array.dtype if dtype is None else dtypes.as_numpy(dtype)
        if wanted == self.array.dtype:
            return self.clone() if options.get("copy") else self
        before = self.array.dtype
        y = quietly(self.array.astype, wanted)
        if y.dtype.kind != "f" or before.kind != "f":
            return self._wrap(y)
        return autograd.record("to", y, (self, lambda g: g.to(before)))

    def type(self, dtype: Any = None) -> Any:
        """The elements as another dtype; or, without one, the name of the tensor's type."""
        if dtype is None:
            return f"minitorch.{dtypes.TENSOR_TYPES[self.dtype]}"
        return self.to(getattr(dtype, "dtype", dtype))

    def type_as(self, other: Tensor) -> Tensor:
        """The elements as the dtype of another tensor."""
        return self.to(other.dtype)

    def cpu(self) -> Tensor:
        """The tensor itself: it is on the CPU."""
        return self

    def float(self) -> Tensor:
        """The elements as float32."""
        return self.to(dtypes.float32)

    def double(self) -> Tensor:
        """The elements as float64."""
        return self.to(dtypes.float64)

    def long(self) -> Tensor:
        """The elements as int64, rounded towards 0."""
        return self.to(dtypes.int64)

    def int(self) -> Tensor:
        """The elements as int32, rounded towards 0."""
        return self.to(dtypes.int32)

    def bool(self) -> Tensor:
        """True where an element is not 0."""
        return self.to(dtypes.bool)

    # ---------------------------------------------------------------------------- operations
    # fmt: off

    add, sub, mul, div, pow = ops.add, ops.sub, ops.mul, ops.div, ops.pow
    remainder, floor_divide = ops.remainder, ops.floor_divide
    subtract, multiply, divide, true_divide = ops.sub, ops.mul, ops.div, ops.div
    maximum, minimum = ops.maximum, ops.minimum
    exp, expm1, log, log1p = ops.exp, ops.expm1, ops.log, ops.log1p
    sqrt, rsqrt = ops.sqrt, ops.rsqrt
    square, reciprocal, neg, abs, sign = ops.square, ops.reciprocal, ops.neg, ops.abs, ops.sign
    sin, cos, tanh, sigmoid, erf, relu = ops.sin, ops.cos, ops.tanh, ops.sigmoid, ops.erf, ops.relu
    floor, ceil, round = ops.floor, ops.ceil, ops.round
    masked_fill, clamp = ops.masked_fill, ops.clamp

    eq, ne, lt, le, gt, ge = ops.eq, ops.ne, ops.lt, ops.le, ops.gt, ops.ge
    logical_and, logical_or, logical_xor = ops.logical_and, ops.logical_or, ops.logical_xor
    logical_not = ops.logical_not
    bitwise_and, bitwise_or, bitwise_xor = ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor
    bitwise_not = ops.bitwise_not
    isnan, isinf, isfinite = ops.isnan, ops.isinf, ops.isfinite
    isclose, allclose, equal = ops.isclose, ops.allclose, ops.equal

    sum, mean, prod, var, std, norm = ops.sum, ops.mean, ops.prod, ops.var, ops.std, ops.norm
    logsumexp, cumsum, any, all = ops.logsumexp, ops.cumsum, ops.any, ops.all
    amax, amin, max, min = ops.amax, ops.amin, ops.max, ops.min
    argmax, argmin = ops.argmax, ops.argmin
    sort, argsort, topk = ops.sort, ops.argsort, ops.topk
    softmax, log_softmax = fused.softmax, fused.log_softmax

    reshape, view, permute, transpose, t = ops.reshape, ops.view, ops.permute, ops.transpose, ops.t
    reshape_as, view_as, expand_as = ops.reshape_as, ops.view_as, ops.expand_as
    expand, broadcast_to = ops.expand, ops.broadcast_to
    squeeze, unsqueeze = ops.squeeze, ops.unsqueeze
    flatten, movedim, diagonal = ops.flatten, ops.movedim, ops.diagonal
    repeat, flip, roll, tril, triu = ops.repeat, ops.flip, ops.roll, ops.tril, ops.triu
    split, chunk, unbind = ops.split, ops.chunk, ops.unbind

    gather, scatter, scatter_add = ops.gather, ops.scatter, ops.scatter_add
    index_select, index_add, index_fill = ops.index_select, ops.index_add, ops.index_fill
    masked_select, nonzero = ops.masked_select, ops.nonzero

    matmul, mm, bmm, mv, dot, outer = ops.matmul, ops.mm, ops.bmm, ops.mv, ops.dot, ops.outer

    add_, sub_, mul_ = inplace.add_, inplace.sub_, inplace.mul_
    div_, pow_ = inplace.div_, inplace.pow_
    copy_, fill_, zero_, clamp_ = inplace.copy_, inplace.fill_, inplace.zero_, inplace.clamp_
    masked_fill_, index_fill_ = inplace.masked_fill_, inplace.index_fill_
    scatter_ = inplace.scatter_
    normal_, uniform_ = inplace.normal_, inplace.uniform_

    register_hook, retain_grad = autograd.register_hook, autograd.retain_grad

    __getitem__, __setitem__ = ops.getitem, inplace.setitem
    __iadd__, __isub__, __imul__ = inplace.add_, inplace.sub_, inplace.mul_
    __itruediv__, __ipow__ = inplace.div_, inplace.pow_
    __add__, __sub__, __mul__, __truediv__ = ops.add, ops.sub, ops.mul, ops.div
    __floordiv__, __mod__ = ops.floor_divide, ops.remainder
    __pow__, __matmul__, __neg__, __abs__ = ops.pow, ops.matmul, ops.neg, ops.abs
    __radd__, __rmul__ = ops.add, ops.mul
    __lt__, __le__, __gt__, __ge__ = ops.lt, ops.le, ops.gt, ops.ge
    __and__, __or__, __xor__ = ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor
    __rand__, __ror__, __rxor__ = ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor
    __invert__ = ops.bitwise_not
    # fmt: on

    def __eq__(self, other: Any) -> Any:
        return ops.eq(self, other) if operand.fits(other) else NotImplemented

    def __ne__(self, other: Any) -> Any:
        return ops.ne(self, other) if operand.fits(other) else NotImplemented

    def __pos__(self) -> Tensor:
        return self

    def __rsub__(self, other: Operand) -> Tensor:
        return ops.sub(other, self)

    def __rtruediv__(self, other: Operand) -> Tensor:
        return ops.div(other, self)

    def __rfloordiv__(self, other: Operand) -> Tensor:
        return ops.floor_divide(other, self)

    def __rmod__(self, other: Operand) -> Tensor:
        return ops.remainder(other, self)

    def __rpow__(self, other: Operand) -> Tensor:
        return ops.pow(other, self)

    def __rmatmul__(self, other: Tensor) -> Tensor:
        return ops.matmul(other, self)

    @property
    def mT(self) -> Tensor:
        """The last two dimensions exchanged: each matrix transposed."""
        return self.transpose(-1, -2)

    @property
    def T(self) -> Tensor:
        """The dimensions in reverse order."""
        return self.permute(range(self.ndim)[::-1])
