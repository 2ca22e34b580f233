"""Tensor: a NumPy array that remembers how it was made.

The class body is a table of contents. A method is the function of the same name, so `x.exp()` and
`minitorch.exp(x)` are one thing, and the operators are spelled with them too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import autograd, dtypes, fused, ops, printing
from .autograd import Array, Node

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

    __slots__ = ("__weakref__", "_node", "_requires_grad", "_stamp", "array", "grad")
    __array_priority__ = 1000  # NumPy's operators leave `array + tensor` to the tensor
    __hash__ = object.__hash__  # by identity: `==` compares elements

    array: Array
    grad: Tensor | None
    _node: Node | None
    _requires_grad: bool
    _stamp: list[int]  # when the memory was last changed in place; shared with views of it

    @staticmethod
    def _wrap(array: Any) -> Tensor:
        """Make a tensor of an array, without a copy; of a NumPy scalar, one with no dimensions."""
        x = Tensor.__new__(Tensor)
        x.array = array if type(array) is np.ndarray else np.asarray(array)
        x.grad = None
        x._node = None
        x._requires_grad = False
        x._stamp = [0]
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
    def is_leaf(self) -> bool:
        """Was it made by the user, rather than by an operation that the graph recorded?"""
        return self._node is None

    @property
    def grad_fn(self) -> Node | None:
        """The node of the operation that made it, or None for a leaf."""
        return self._node

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        return self.shape if dim is None else self.array.shape[dim]

    def dim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    def numel(self) -> int:
        """The number of elements."""
        return self.array.size

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
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
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
            raise TypeError(f"only integer tensors of a single element can be an index: {self.dtype}")
        return int(self.item())

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
        y._stamp = self._stamp
        return y

    def clone(self) -> Tensor:
        """A copy, through which gradients pass."""
        return autograd.record("clone", self.array.copy(), (self, lambda g: g))

    # ------------------------------------------------------------------------ other dtypes

    def to(self, dtype: Any) -> Tensor:
        """The elements as another dtype, or the tensor itself if it has that dtype."""
        wanted = dtypes.as_numpy(dtype)
        if wanted == self.array.dtype:
            return self
        before = self.array.dtype
        y = self.array.astype(wanted)
        if y.dtype.kind != "f":
            return self._wrap(y)
        return autograd.record("to", y, (self, lambda g: g.to(before)))

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
    maximum, minimum = ops.maximum, ops.minimum
    exp, log, sqrt, rsqrt, square = ops.exp, ops.log, ops.sqrt, ops.rsqrt, ops.square
    reciprocal, neg, abs, sign = ops.reciprocal, ops.neg, ops.abs, ops.sign
    sin, cos, tanh, sigmoid, erf, relu = ops.sin, ops.cos, ops.tanh, ops.sigmoid, ops.erf, ops.relu
    masked_fill, clamp = ops.masked_fill, ops.clamp

    eq, ne, lt, le, gt, ge = ops.eq, ops.ne, ops.lt, ops.le, ops.gt, ops.ge
    logical_and, logical_or, logical_xor = ops.logical_and, ops.logical_or, ops.logical_xor
    logical_not = ops.logical_not
    isnan, isinf, isfinite = ops.isnan, ops.isinf, ops.isfinite

    sum, mean, var, std = ops.sum, ops.mean, ops.var, ops.std
    amax, amin, argmax, argmin, any, all = ops.amax, ops.amin, ops.argmax, ops.argmin, ops.any, ops.all
    softmax, log_softmax = fused.softmax, fused.log_softmax

    reshape, view, permute, transpose = ops.reshape, ops.reshape, ops.permute, ops.transpose
    expand, squeeze, unsqueeze = ops.expand, ops.squeeze, ops.unsqueeze
    flatten, movedim = ops.flatten, ops.movedim

    matmul = ops.matmul

    __getitem__ = ops.getitem
    __add__, __sub__, __mul__, __truediv__ = ops.add, ops.sub, ops.mul, ops.div
    __pow__, __matmul__, __neg__, __abs__ = ops.pow, ops.matmul, ops.neg, ops.abs
    __radd__, __rmul__ = ops.add, ops.mul
    __eq__, __ne__, __lt__, __le__, __gt__, __ge__ = ops.eq, ops.ne, ops.lt, ops.le, ops.gt, ops.ge  # type: ignore[assignment]
    __and__, __or__, __xor__ = ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor
    __invert__ = ops.bitwise_not
    # fmt: on

    def __rsub__(self, other: Operand) -> Tensor:
        return ops.sub(other, self)

    def __rtruediv__(self, other: Operand) -> Tensor:
        return ops.div(other, self)

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
        return self.permute(*range(self.ndim)[::-1])
