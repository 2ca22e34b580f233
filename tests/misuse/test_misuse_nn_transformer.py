"""`nn.Transformer` and its parts held wrong."""

from __future__ import annotations

from typing import Any

import pytest
from misuse import Misuse, check

import minitorch as mt
from minitorch import nn

NAME = "multi_head_attention_forward: "


def attend(
    query: Any = (3, 2, 4), key: Any = (5, 2, 4), value: Any = (5, 2, 4), **masks: Any
) -> Any:
    """Attention to 5 tokens by 3, of 2 texts, in 2 heads of size 2."""
    module = nn.MultiheadAttention(4, 2, **masks.pop("options", {}))
    inputs = [mt.ones(x) if isinstance(x, tuple) else x for x in (query, key, value)]
    return module(*inputs, **masks)


def run(src: Any = (3, 2, 4), tgt: Any = (3, 2, 4), **options: Any) -> Any:
    inputs = [mt.ones(x) if isinstance(x, tuple) else x for x in (src, tgt)]
    return nn.Transformer(4, 2, 1, 1, 8, **options)(*inputs)


def function(**changed: Any) -> Any:
    """The function, with one of its weights replaced."""
    x = mt.ones(3, 2, 4)
    given: dict[str, Any] = {
        "embed_dim_to_check": 4, "num_heads": 2, "in_proj_weight": mt.ones(12, 4),
        "in_proj_bias": None, "bias_k": None, "bias_v": None, "add_zero_attn": False,
        "dropout_p": 0.0, "out_proj_weight": mt.ones(4, 4), "out_proj_bias": None,
    }  # fmt: skip
    return nn.functional.multi_head_attention_forward(x, x, x, **given | changed)


def bools(*shape: int) -> mt.Tensor:
    return mt.zeros(shape, dtype=mt.bool)


layer = nn.TransformerEncoderLayer(4, 2, 8)

MISUSES = [
    Misuse("heads that do not divide", lambda: nn.MultiheadAttention(5, 2), AssertionError, "5 is not divisible by 2"),
    Misuse("no heads", lambda: nn.MultiheadAttention(4, 0), ValueError, "'num_heads' must be at least 1, not 0"),
    Misuse("size 0", lambda: nn.MultiheadAttention(0, 1), ValueError, "'embed_dim' must be at least 1, not 0"),
    Misuse("dropout of 2", lambda: nn.MultiheadAttention(4, 2, 2.0), ValueError, "'dropout' must be at least 0 and at most 1"),
    Misuse("a list as query", lambda: attend([1.0]), TypeError, "'query' must be a Tensor, not list"),
    Misuse("no key", lambda: attend(key=None), TypeError, "'key' must be a Tensor, not NoneType"),
    Misuse("no value", lambda: attend(value=None), TypeError, "'value' must be a Tensor, not NoneType"),
    Misuse("a vector as query", lambda: attend((4,)), AssertionError, "2D or batched 3D tensor but received 1-D"),
    Misuse("vectors of another size", lambda: attend((3, 2, 5)), AssertionError, r"dimension of 4, but got 5: query has shape \(3, 2, 5\)"),
    Misuse("one text of keys", lambda: attend(key=(5, 4)), AssertionError, "query is 3-D, so key must be, not 2-D"),
    Misuse("one text of values", lambda: attend(value=(5, 4)), AssertionError, r"value must have shape \(5, 2, 4\) here, not \(5, 4\)"),
    Misuse("keys of another batch", lambda: attend(key=(5, 3, 4)), AssertionError, r"key must have shape \(5, 2, 4\) here, not \(5, 3, 4\)"),
    Misuse("keys of another size", lambda: attend(key=(5, 2, 4), options={"kdim": 3}), AssertionError, r"key must have shape \(5, 2, 3\)"),
    Misuse("fewer values than keys", lambda: attend(value=(4, 2, 4)), AssertionError, r"value must have shape \(5, 2, 4\) here, not \(4, 2, 4\)"),
    Misuse("float64 vectors", lambda: attend(mt.ones(3, 2, 4).double()), RuntimeError, "dtypes differ"),
    Misuse("a mask of another size", lambda: attend(attn_mask=bools(5, 3)), RuntimeError, r"attn_mask must have shape \(3, 5\) or \(4, 3, 5\) here, not \(5, 3\)"),
    Misuse("a mask for each text", lambda: attend(attn_mask=bools(2, 3, 5)), RuntimeError, r"\(4, 3, 5\) here, not \(2, 3, 5\)"),
    Misuse("a mask of ints", lambda: attend(attn_mask=mt.zeros(3, 5, dtype=mt.int64)), AssertionError, "only bool and floating types .*int64. Convert it: .bool()"),
    Misuse("a mask of another float", lambda: attend(attn_mask=mt.zeros(3, 5).double()), AssertionError, "float32, not .*float64"),
    Misuse("a mask in a list", lambda: attend(attn_mask=[[True]]), TypeError, "'attn_mask' must be a Tensor, not list"),
    Misuse("padding, positions first", lambda: attend(key_padding_mask=bools(5, 2)), AssertionError, r"key_padding_mask must have shape \(2, 5\) here, not \(5, 2\)"),
    Misuse("padding of uint8", lambda: attend(key_padding_mask=mt.zeros(2, 5, dtype=mt.uint8)), AssertionError, "only bool and floating types .*uint8"),
    Misuse("padding in a list", lambda: attend((3, 4), (5, 4), (5, 4), key_padding_mask=[True] * 5), TypeError, "'key_padding_mask' must be a Tensor, not list"),
    Misuse("a hint without a mask", lambda: attend(is_causal=True), RuntimeError, "Need attn_mask if specifying the is_causal hint"),
    Misuse("a packed weight of another shape", lambda: function(in_proj_weight=mt.ones(4, 4)), AssertionError, r"in_proj_weight must have shape \(12, 4\) here, not \(4, 4\)"),
    Misuse("no packed weight", lambda: function(in_proj_weight=None), TypeError, "'in_proj_weight' must be a Tensor"),
    Misuse("no separate weight", lambda: function(use_separate_proj_weight=True), TypeError, "'q_proj_weight' must be a Tensor"),
    Misuse("a bias for keys alone", lambda: function(bias_k=mt.ones(1, 1, 4)), AssertionError, "bias_k and bias_v must be given together"),
    Misuse("another activation", lambda: nn.TransformerEncoderLayer(4, 2, activation="tanh"), RuntimeError, "should be relu/gelu, or a function or a module, not 'tanh'"),
    Misuse("layers of None", lambda: nn.TransformerEncoder(None, 2), TypeError, "the layer, which is copied, must be a module, not None"),  # type: ignore[arg-type]
    Misuse("half a layer", lambda: nn.TransformerEncoder(layer, 0.5), TypeError, r"num_layers must be int, not float \(0.5\)"),  # type: ignore[arg-type]
    Misuse("a stack's mask in a list", lambda: nn.TransformerEncoder(layer, 1)(mt.ones(1, 1, 4), [[False]]), TypeError, "'mask' must be a Tensor, not list"),
    Misuse("a target of another batch", lambda: run(tgt=(3, 1, 4)), RuntimeError, r"batch number of src and tgt must be equal, but src has shape \(3, 2, 4\), and tgt \(3, 1, 4\)"),
    Misuse("a target of another size", lambda: run(tgt=(3, 2, 5)), RuntimeError, "feature number .* must be equal to d_model, 4"),
    Misuse("ids as source", lambda: run(src=mt.ones(3, 2, dtype=mt.int64)), RuntimeError, "feature number .* must be equal to d_model, 4"),
    Misuse("no target", lambda: run(tgt=None), TypeError, "'tgt' must be a Tensor, not NoneType"),
]  # fmt: skip


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_misuse(misuse: Misuse) -> None:
    check(misuse)
