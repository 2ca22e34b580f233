"""Tensor: a NumPy array that remembers how it was made.

Three things make a tensor: its array, its gradient, and the node of the graph that made it. The
rest of the class is a table of contents: nearly every method is the function of the same name, so
`x.exp()` and `minitorch.exp(x)` are one thing, and an operator calls one: x + y is add(x, y).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray

from . import dtypes, fused, ops
from ._compat.methods import TorchMethods
from ._compat.operations import TorchOperations
from ._compat.protocols import PythonProtocols
from .autograd.engine import backward
from .autograd.hooks import register_hook, register_post_accumulate_grad_hook, retain_grad
from .ops import conversion, inplace, operand
from .ops.arguments import dim_of
from .scalars import flag

if TYPE_CHECKING:
    from .autograd.graph import Hook, Node
    from .dtypes import Array
    from .ops.operand import Operand


class Size(tuple[int, ...]):
    """The shape of a tensor: a tuple with the size of each dimension."""

    def numel(self) -> int:
        """The number of elements in a tensor of this shape."""
        return int(np.prod(self, dtype=np.int64))

    def __repr__(self) -> str:
        return f"minitorch.Size({list(self)})"


class Tensor(TorchMethods, TorchOperations, PythonProtocols):
    """An array, its gradient, and the operation that made it.

    Make one with `minitorch.tensor(data)`, not by calling the class. The base classes hold what one
    need not know to understand it: `len(x)`, `float(x)`, `x.new_zeros(2)`, `x.device` and the like.

    Attributes:
        array: the NumPy array with the elements. The graph does not notice changes to it.
        grad: the gradient that `backward()` left, a tensor of the same shape and dtype, or None.
    """

    __slots__ = (
        "__dict__", "__weakref__", "_grad", "_hooks", "_node", "_requires_grad", "_version",
        "_view", "_views", "array",
    )  # __dict__ holds what users attach, such as x.no_decay  # fmt: skip
    __hash__ = object.__hash__  # by identity: `==` compares elements

    array: Array
    _grad: Tensor | None  # what the attribute `grad` gives
    _node: Node | None  # of the operation that made it; None for a leaf
    _requires_grad: bool
    _version: list[int]  # [the version counter when the memory last changed], shared with views
    _view: Any  # of a view: its base, and how to take it from there; see autograd/views.py
    _views: set[Any] | None  # its living views, by weak reference
    _hooks: dict[int, Hook] | None  # of a leaf; those of other tensors are at their node

    @staticmethod
    def _wrap(array: Any) -> Tensor:
        """Make a tensor of an array, without a copy; of a NumPy scalar, one with no dimensions."""
        x = Tensor.__new__(Tensor)
        x.array = array if type(array) is ndarray else np.asarray(array)
        x._grad = x._node = x._view = x._views = x._hooks = None
        x._requires_grad = False
        x._version = [0]
        return x

    # ---------------------------------------------------------------------- the array: elements

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

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        return self.shape if dim is None else self.array.shape[dim_of("size", dim, self.ndim)]

    def numel(self) -> int:
        """The number of elements."""
        return self.array.size

    def is_floating_point(self) -> bool:
        """Is the dtype float32 or float64?"""
        return self.array.dtype.kind == "f"  # type: ignore[no-any-return]

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
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy()."
            )
        return self.array

    def __repr__(self) -> str:
        from .printing import tensor_repr  # loaded when something is printed

        return tensor_repr(self)

    # ------------------------------------------------------------- the gradient, and the graph

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
            RuntimeError: the dtype has no gradients, or an operation's result is set to False.
        """
        flag("requires_grad_", "requires_grad", requires_grad)
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

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
    ) -> None:
        """Backpropagation: the gradient of this tensor, added to the `grad` of the leaves.

        The leaves are those that it was computed from and that require a gradient. See
        `minitorch.autograd.backward` for the arguments and errors.
        """
        backward(self, gradient, retain_graph, create_graph)

    def detach(self) -> Tensor:
        """The same elements, cut off from the graph. The memory is shared."""
        y = self._wrap(self.array)
        y._version = self._version
        return y

    register_hook, retain_grad = register_hook, retain_grad
    register_post_accumulate_grad_hook = register_post_accumulate_grad_hook

    # ---------------------------------------------------------------------------- operations
    # fmt: off
    # elementwise
    add, sub, mul, div, pow = ops.add, ops.sub, ops.mul, ops.div, ops.pow
    remainder, floor_divide = ops.remainder, ops.floor_divide
    subtract, multiply, divide, true_divide = ops.sub, ops.mul, ops.div, ops.div
    maximum, minimum, clamp, masked_fill = ops.maximum, ops.minimum, ops.clamp, ops.masked_fill
    exp, expm1, log, log1p = ops.exp, ops.expm1, ops.log, ops.log1p
    sqrt, rsqrt = ops.sqrt, ops.rsqrt
    square, reciprocal, neg, abs, sign = ops.square, ops.reciprocal, ops.neg, ops.abs, ops.sign
    sin, cos, tanh, sigmoid, erf, relu = ops.sin, ops.cos, ops.tanh, ops.sigmoid, ops.erf, ops.relu
    floor, ceil, round = ops.floor, ops.ceil, ops.round
    # comparisons, logic
    eq, ne, lt, le, gt, ge = ops.eq, ops.ne, ops.lt, ops.le, ops.gt, ops.ge
    logical_and, logical_or, logical_xor = ops.logical_and, ops.logical_or, ops.logical_xor
    bitwise_and, bitwise_or, bitwise_xor = ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor
    logical_not, bitwise_not = ops.logical_not, ops.bitwise_not
    isnan, isinf, isfinite = ops.isnan, ops.isinf, ops.isfinite
    isclose, allclose, equal = ops.isclose, ops.allclose, ops.equal
    # products of matrices
    matmul, mm, bmm, mv, dot, outer = ops.matmul, ops.mm, ops.bmm, ops.mv, ops.dot, ops.outer
    # reductions, order
    sum, mean, prod, var, std, norm = ops.sum, ops.mean, ops.prod, ops.var, ops.std, ops.norm
    logsumexp, cumsum, any, all = ops.logsumexp, ops.cumsum, ops.any, ops.all
    amax, amin, max, min = ops.amax, ops.amin, ops.max, ops.min
    argmax, argmin = ops.argmax, ops.argmin
    sort, argsort, topk = ops.sort, ops.argsort, ops.topk
    softmax, log_softmax = fused.softmax, fused.log_softmax
    # shape
    reshape, view, permute, transpose, t = ops.reshape, ops.view, ops.permute, ops.transpose, ops.t
    reshape_as, view_as, expand_as = ops.reshape_as, ops.view_as, ops.expand_as
    expand, broadcast_to = ops.expand, ops.broadcast_to
    squeeze, unsqueeze = ops.squeeze, ops.unsqueeze
    flatten, movedim, diagonal = ops.flatten, ops.movedim, ops.diagonal
    repeat, flip, roll, tril, triu = ops.repeat, ops.flip, ops.roll, ops.tril, ops.triu
    split, chunk, unbind = ops.split, ops.chunk, ops.unbind
    # indexing
    gather, scatter, scatter_add = ops.gather, ops.scatter, ops.scatter_add
    index_select, index_add, index_fill = ops.index_select, ops.index_add, ops.index_fill
    masked_select, nonzero = ops.masked_select, ops.nonzero
    # copies, other dtypes
    clone, to, bool = conversion.clone, conversion.to, conversion.to_bool
    float, double = conversion.to_float32, conversion.to_float64
    long, int = conversion.to_int64, conversion.to_int32
    # in place
    add_, sub_, mul_ = inplace.add_, inplace.sub_, inplace.mul_
    div_, pow_, clamp_ = inplace.div_, inplace.pow_, inplace.clamp_
    copy_, fill_, zero_ = inplace.copy_, inplace.fill_, inplace.zero_
    masked_fill_, index_fill_ = inplace.masked_fill_, inplace.index_fill_
    scatter_, normal_, uniform_ = inplace.scatter_, inplace.normal_, inplace.uniform_

    # ----------------------------------------------------------------------------- operators

    __add__, __sub__, __mul__, __truediv__ = ops.add, ops.sub, ops.mul, ops.div
    __floordiv__, __mod__ = ops.floor_divide, ops.remainder
    __pow__, __matmul__, __neg__, __abs__ = ops.pow, ops.matmul, ops.neg, ops.abs
    __lt__, __le__, __gt__, __ge__ = ops.lt, ops.le, ops.gt, ops.ge
    __and__, __or__, __xor__ = ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor
    __invert__, __getitem__ = ops.bitwise_not, ops.getitem
    # in place: x += 1
    __iadd__, __isub__, __imul__ = inplace.add_, inplace.sub_, inplace.mul_
    __itruediv__, __ipow__, __setitem__ = inplace.div_, inplace.pow_, inplace.setitem
    # with a number or an array first: 2 - x
    __radd__, __rmul__ = ops.add, ops.mul
    __rand__, __ror__, __rxor__ = ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor
    def __rsub__(self, other: Operand) -> Tensor: return ops.sub(other, self)
    def __rtruediv__(self, other: Operand) -> Tensor: return ops.div(other, self)
    def __rfloordiv__(self, other: Operand) -> Tensor: return ops.floor_divide(other, self)
    def __rmod__(self, other: Operand) -> Tensor: return ops.remainder(other, self)
    def __rpow__(self, other: Operand) -> Tensor: return ops.pow(other, self)
    def __rmatmul__(self, other: Tensor) -> Tensor: return ops.matmul(other, self)
    # fmt: on

    def __eq__(self, other: Any) -> Any:
        return ops.eq(self, other) if operand.fits(other) else NotImplemented

    def __ne__(self, other: Any) -> Any:
        return ops.ne(self, other) if operand.fits(other) else NotImplemented

    def __pos__(self) -> Tensor:
        return self

    @property
    def mT(self) -> Tensor:
        """The last two dimensions exchanged: each matrix transposed."""
        return self.transpose(-1, -2)

    @property
    def T(self) -> Tensor:
        """The dimensions in reverse order."""
        return self.permute(range(self.ndim)[::-1])
