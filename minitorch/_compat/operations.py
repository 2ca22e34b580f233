"""The methods of a tensor that are operations which the Transformer here does not need.

`Tensor` inherits them. As in its own table, each is the function of the same name; one whose name
ends in `_` is that operation in place.
"""

from __future__ import annotations

from typing import Any

from .. import ops
from ..ops import composed, counting, inplace, rearrange
from ..ops.inplace import in_place


class TorchOperations:
    """Operations that the Transformer here does not need, and operations in place."""

    __slots__ = ()

    # fmt: off
    # element by element
    exp2, log2, log10 = composed.exp2, composed.log2, composed.log10
    erfinv, erfinv_ = composed.erfinv, in_place(composed.erfinv)
    sinh, cosh, fmod, clip = composed.sinh, composed.cosh, composed.fmod, ops.clamp
    clamp_min, clamp_max, nan_to_num = composed.clamp_min, composed.clamp_max, composed.nan_to_num
    addcmul, addcdiv, lerp = composed.addcmul, composed.addcdiv, composed.lerp
    # products of matrices
    addmm, baddbmm = composed.addmm, composed.baddbmm
    # reductions, counts
    cumprod, trace, median = composed.cumprod, composed.trace, ops.median
    unique, unique_consecutive = counting.unique, counting.unique_consecutive
    bincount, count_nonzero = counting.bincount, counting.count_nonzero
    argwhere = counting.argwhere
    # shape
    swapaxes, swapdims, moveaxis = rearrange.swapaxes, ops.transpose, ops.movedim
    unflatten, ravel, tile = rearrange.unflatten, rearrange.ravel, rearrange.tile
    repeat_interleave, unfold = rearrange.repeat_interleave, rearrange.unfold
    diag, diag_embed = rearrange.diag, rearrange.diag_embed
    # indexing
    narrow, select, take_along_dim = rearrange.narrow, rearrange.select, ops.take_along_dim
    index_copy, masked_scatter = ops.index_copy, composed.masked_scatter

    # in place: element by element
    exp_, exp2_, expm1_ = in_place(ops.exp), in_place(composed.exp2), in_place(ops.expm1)
    log_, log2_ = in_place(ops.log), in_place(composed.log2)
    log10_, log1p_ = in_place(composed.log10), in_place(ops.log1p)
    sqrt_, rsqrt_, square_ = in_place(ops.sqrt), in_place(ops.rsqrt), in_place(ops.square)
    neg_, abs_, sign_ = in_place(ops.neg), in_place(ops.abs), in_place(ops.sign)
    reciprocal_, erf_ = in_place(ops.reciprocal), in_place(ops.erf)
    sin_, cos_, tanh_ = in_place(ops.sin), in_place(ops.cos), in_place(ops.tanh)
    sinh_, cosh_ = in_place(composed.sinh), in_place(composed.cosh)
    sigmoid_, relu_ = in_place(ops.sigmoid), in_place(ops.relu)
    floor_, ceil_, round_ = in_place(ops.floor), in_place(ops.ceil), in_place(ops.round)
    fmod_, remainder_ = in_place(composed.fmod), in_place(ops.remainder)
    floor_divide_, clip_ = in_place(ops.floor_divide), inplace.clamp_
    clamp_min_, clamp_max_ = in_place(composed.clamp_min), in_place(composed.clamp_max)
    nan_to_num_, lerp_ = in_place(composed.nan_to_num), in_place(composed.lerp)
    addcmul_, addcdiv_ = in_place(composed.addcmul), in_place(composed.addcdiv)
    # in place: bit by bit, of bools
    bitwise_and_, bitwise_or_ = in_place(ops.bitwise_and), in_place(ops.bitwise_or)
    bitwise_xor_, bitwise_not_ = in_place(ops.bitwise_xor), in_place(ops.bitwise_not)
    logical_and_, logical_or_ = in_place(ops.logical_and), in_place(ops.logical_or)
    logical_xor_, logical_not_ = in_place(ops.logical_xor), in_place(ops.logical_not)
    # in place: operators, as x %= y
    __imod__, __ifloordiv__ = remainder_, floor_divide_
    __iand__, __ior__, __ixor__ = bitwise_and_, bitwise_or_, bitwise_xor_
    # in place: the others
    addmm_, baddbmm_ = in_place(composed.addmm), in_place(composed.baddbmm)
    tril_, triu_ = in_place(ops.tril), in_place(ops.triu)
    cumsum_, cumprod_ = in_place(ops.cumsum), in_place(composed.cumprod)
    index_add_, index_copy_ = in_place(ops.index_add), in_place(ops.index_copy)
    scatter_add_, masked_scatter_ = in_place(ops.scatter_add), in_place(composed.masked_scatter)
    bernoulli_, exponential_ = inplace.bernoulli_, inplace.exponential_
    random_, fill_diagonal_ = inplace.random_, inplace.fill_diagonal_
    detach_ = inplace.detach_
    # fmt: on

    def where(self: Any, condition: Any, other: Any) -> Any:
        """The elements where the condition, a bool tensor, holds, and `other` elsewhere."""
        return ops.where(condition, self, other)
