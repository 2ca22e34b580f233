"""Every operation agrees with PyTorch on PyTorch's own samples: values, shapes, dtypes, gradients.

The samples are OpInfo's sample inputs and reference inputs: broadcasting, empty and 0-d tensors,
non-contiguous memory, NaN and infinities, every combination of arguments.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch

from .convert import to_minitorch
from .operations import OPERATIONS, complaints, fits, forms, label, samples, takes, unsupported
from .unsupported import UNSUPPORTED, Unsupported

DTYPES = (torch.float64, torch.float32, torch.int64, torch.int32, torch.int16, torch.int8,
          torch.uint8, torch.bool)

# The operations that the library promises and that PyTorch's test data knows. Without this list an
# operation that went missing would not be missed here.
PROMISED = """
    add sub mul div pow exp expm1 log log1p sqrt rsqrt square reciprocal neg abs sign sin cos tanh
    sigmoid erf floor ceil round clamp maximum minimum where masked_fill nn.functional.relu
    nn.functional.gelu nn.functional.silu nn.functional.leaky_relu nn.functional.softplus
    nn.functional.logsigmoid sum mean prod std var amax amin max min argmax argmin norm logsumexp
    cumsum any all softmax log_softmax reshape view flatten transpose permute movedim t mT T squeeze
    unsqueeze expand broadcast_to repeat flip roll nn.functional.pad cat stack split chunk unbind
    tril triu diagonal __getitem__ gather scatter scatter_add index_select index_add index_fill
    masked_select nonzero sort argsort topk nn.functional.one_hot matmul mm bmm mv dot outer einsum
    nn.functional.linear nn.functional.layer_norm nn.functional.rms_norm nn.functional.embedding
    nn.functional.dropout nn.functional.cross_entropy nn.functional.nll_loss nn.functional.mse_loss
    nn.functional.kl_div nn.functional.binary_cross_entropy_with_logits nn.functional.l1_loss
    nn.functional.binary_cross_entropy nn.functional.smooth_l1_loss nn.functional.huber_loss
    nn.functional.cosine_embedding_loss nn.functional.cosine_similarity nn.functional.normalize
    nn.functional.pairwise_distance nn.functional.elu nn.functional.selu nn.functional.mish
    nn.functional.softsign nn.functional.hardtanh nn.functional.relu6 nn.functional.glu
    nn.functional.softmin
    nn.functional.scaled_dot_product_attention eq ne lt le gt ge isnan isinf isfinite isclose
    allclose equal logical_and logical_or logical_xor logical_not zeros ones full empty eye arange
    linspace randn randint multinomial bernoulli zeros_like ones_like full_like empty_like rand_like
    randn_like randint_like new_zeros new_ones new_full new_empty float double long int bool
    short char byte to contiguous clone normal uniform fill zero_
    addcdiv addcmul addmm argwhere baddbmm bincount broadcast_tensors bucketize cartesian_prod
    clamp_max clamp_min cosh count_nonzero cumprod diag diag_embed erfinv exp2 exponential fmod
    hstack index_copy isin lerp linalg.matrix_norm linalg.norm linalg.vector_norm log10 log2
    masked_scatter median meshgrid nan_to_num narrow ravel repeat_interleave searchsorted select
    sinh take_along_dim tile trace tril_indices triu_indices unflatten unfold unique
    unique_consecutive vstack
"""

CASES = [
    pytest.param(op, dtype, id=f"{label(op)}-{str(dtype).removeprefix('torch.')}")
    for op in OPERATIONS
    for dtype in DTYPES
    if takes(op, dtype)
]


def test_every_promised_operation_is_judged() -> None:
    assert set(PROMISED.split()) <= {op.name for op in OPERATIONS}


@pytest.mark.parametrize(("op", "dtype"), CASES)
def test_agrees_with_pytorch(op: Any, dtype: torch.dtype) -> None:
    found = list(complaints(op, dtype))
    assert not found, f"{len(found)} differences, the first:\n" + "\n".join(found[:5])


@pytest.mark.parametrize("entry", UNSUPPORTED, ids=lambda entry: f"{entry.op}-{entry.kind}")
def test_unsupported_says_so(entry: Unsupported) -> None:
    meant = [
        (form, sample)
        for op in OPERATIONS
        if entry.op in (op.name, label(op))
        for dtype in DTYPES
        if takes(op, dtype)
        for sample in samples(op, dtype)
        if unsupported(op, sample) is entry
        for form in forms(op)
        if fits(form, sample)
    ]
    assert meant, "no sample is of this kind: the entry is stale"
    for form, sample in meant:
        arguments = to_minitorch((sample.input, *sample.args))
        with pytest.raises((RuntimeError, TypeError, ValueError), match=entry.says):
            form.minitorch(*arguments, **to_minitorch(sample.kwargs))
