"""`nn.Transformer` and its parts give what PyTorch's give, with the same weights and arguments.

Outputs, attention weights and all gradients agree to 1e-10 in float64, and in float32 to 1e-5 of a
tensor's largest element. Where a mask leaves a query no key, PyTorch's answer is zeros or NaN, as
its path through the code may be; ours is always zeros.
"""

from __future__ import annotations

import copy
import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

import minitorch as mt

from .convert import tensors, to_minitorch

pytestmark = pytest.mark.filterwarnings("ignore")  # PyTorch's, about its own fast path

TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-5}
E, HEADS = 12, 3


@pytest.fixture(params=[torch.float64, torch.float32], ids=["float64", "float32"])
def dtype(request: pytest.FixtureRequest) -> torch.dtype:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def _slow_path() -> Iterator[None]:
    """Keep PyTorch from its path for eval mode, which gives other values where there is padding."""
    torch.backends.mha.set_fastpath_enabled(False)
    yield
    torch.backends.mha.set_fastpath_enabled(True)


def pair(name: str, dtype: torch.dtype, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """Make a module in both libraries, with the same weights, none of which is 0 or 1."""
    theirs = getattr(torch.nn, name)(*args, **kwargs).to(dtype)
    for p in theirs.parameters():
        torch.nn.init.normal_(p, std=0.25)
    ours = getattr(mt.nn, name)(*args, **kwargs).to(to_minitorch(dtype))
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    ours.load_state_dict(to_minitorch(dict(theirs.state_dict())))
    return theirs, ours


def far(expected: torch.Tensor | None, got: Any, tolerance: float) -> str | None:
    """Say how two results differ; None if they do not."""
    if expected is None or got is None:
        zero = all(x is None or not x.any() for x in (expected, got))
        return None if zero else f"expected {expected}, got {got}"
    x, y = expected.detach().numpy(), got.detach().numpy()
    if x.shape != y.shape or x.dtype != y.dtype:
        return f"expected {x.shape} {x.dtype}, got {y.shape} {y.dtype}"
    if not x.size:
        return None
    error, largest = np.abs(x - y).max(), max(1.0, np.abs(x).max())
    return None if error <= tolerance * largest else f"differs by {error} of {largest}"


def first_far(
    what: str, expected: Iterable[Any], got: Iterable[Any], tolerance: float
) -> str | None:
    """Say which is the first that differs, and how, or None."""
    each = (far(x, y, tolerance) for x, y in zip(expected, got, strict=True))
    return next((f"{what} {i} {said}" for i, said in enumerate(each) if said), None)


def none_differs(found: list[tuple[str | None, str]]) -> None:
    """Fail, with a few of them, if there are complaints; each stands beside its case."""
    said = [f"{described}: {complaint}" for complaint, described in found if complaint]
    assert not said, f"{len(said)} differences:\n" + "\n".join(said[:5])


def judge(theirs: Any, ours: Any, args: Any, kwargs: Any, dtype: torch.dtype) -> str | None:
    """Call both modules, and backpropagate through every result; say how ours differs, or None."""
    our_args, our_kwargs = to_minitorch((args, kwargs))
    our_results: Any = ours(*our_args, **our_kwargs)
    try:
        results: Any = theirs(*args, **kwargs)
    except RuntimeError as error:
        if "cannot reshape tensor of 0 elements" not in str(error):  # the mask of an empty batch
            raise
        return "is not empty" if any(z.numel() for z in tensors(our_results)) else None
    if isinstance(results, tuple) and [r is None for r in results] != [
        r is None for r in our_results
    ]:
        return f"expected {results}, got {our_results}"
    results, our_results = list(tensors(results)), list(tensors(our_results))
    complaint = first_far("result", results, our_results, TOLERANCE[dtype])
    if complaint:
        return complaint
    if not any(y.requires_grad for y in results):
        return None if not any(z.requires_grad for z in our_results) else "records a graph"
    cotangents = [torch.randn_like(y) for y in results]
    leaves = [x for x in tensors((args, kwargs)) if x.requires_grad] + list(theirs.parameters())
    our_leaves = [x for x in tensors((our_args, our_kwargs)) if x.requires_grad]
    our_leaves += list(ours.parameters())
    expected = torch.autograd.grad(results, leaves, cotangents, allow_unused=True)
    got = mt.autograd.grad(our_results, our_leaves, to_minitorch(cotangents), allow_unused=True)
    return first_far("gradient", expected, got, TOLERANCE[dtype])


def randn(*shape: int, dtype: torch.dtype, grad: bool = True) -> torch.Tensor:
    return torch.randn(shape, dtype=dtype, requires_grad=grad)


def mask(kind: str | None, *shape: int, dtype: torch.dtype) -> torch.Tensor | None:
    """Draw a mask of a kind, which leaves the first key to every query."""
    if kind is None:
        return None
    hidden = torch.rand(shape) < 0.4
    hidden[..., :1] = False
    if kind == "bool":
        return hidden
    numbers = torch.randn(shape, dtype=dtype).masked_fill(hidden, -torch.inf)
    return numbers.requires_grad_(kind == "float with grad")


def some(cases: Iterable[Any], dtype: torch.dtype) -> list[Any]:
    """Return all cases in float64, and every seventh in float32, which rounds differently."""
    return list(cases)[:: 1 if dtype is torch.float64 else 7]


# ------------------------------------------------------------------------- MultiheadAttention

SIZES = [(2, 3, 5), (1, 1, 1), (3, 4, 2), (0, 3, 2), (2, 1, 4), (2, 5, 1)]  # N, L, S


@pytest.mark.parametrize("layout", ["batch first", "positions first", "one text"])
@pytest.mark.parametrize("need", ["no weights", "mean weights", "all weights"])
def test_attention(layout: str, need: str, dtype: torch.dtype) -> None:
    found = []
    yes_or_no = (True, False)
    cases = itertools.product(
        yes_or_no,
        yes_or_no,
        yes_or_no,
        yes_or_no,
        ((None, 2), ("bool", 2), ("bool", 3), ("float", 2), ("float with grad", 3)),
        (None, "bool", "float with grad"),
    )
    for case, (N, L, S) in some(zip(cases, itertools.cycle(SIZES), strict=False), dtype):
        bias, add_bias_kv, add_zero_attn, other_sizes, (kind, dims), padding = case
        N = 1 if layout == "one text" else N
        options = {
            "bias": bias,
            "add_bias_kv": add_bias_kv,
            "add_zero_attn": add_zero_attn,
            "kdim": 5 if other_sizes else None,
            "vdim": 7 if other_sizes else None,
            "batch_first": layout == "batch first",
        }
        theirs, ours = pair("MultiheadAttention", dtype, E, HEADS, **options)
        inputs = [
            randn(N, T, size, dtype=dtype)
            for T, size in ((L, E), (S, 5 if other_sizes else E), (S, 7 if other_sizes else E))
        ]
        if layout != "batch first":
            inputs = [
                (x[0] if layout == "one text" else x.transpose(0, 1)).detach().requires_grad_()
                for x in inputs
            ]
        attn_shape = (L, S) if dims == 2 else (N * HEADS, L, S)
        kwargs = {
            "attn_mask": mask(kind, *attn_shape, dtype=dtype),
            "key_padding_mask": mask(
                padding, *((S,) if layout == "one text" else (N, S)), dtype=dtype
            ),
            "need_weights": need != "no weights",
            "average_attn_weights": need == "mean weights",
        }
        described = f"{options} {(N, L, S)} {kind} {dims} {padding}"
        found.append((judge(theirs, ours, inputs, kwargs, dtype), described))
    none_differs(found)


@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("batch_first", [True, False])
def test_self_attention_and_attention_to_one_memory(
    need_weights: bool, batch_first: bool, dtype: torch.dtype
) -> None:
    theirs, ours = pair("MultiheadAttention", dtype, E, HEADS, batch_first=batch_first)
    x, memory = randn(3, 4, E, dtype=dtype), randn(3, 4, E, dtype=dtype)
    for args in ([x, x, x], [x, memory, memory], [x, x, memory]):
        assert judge(theirs, ours, args, {"need_weights": need_weights}, dtype) is None


@pytest.mark.parametrize("padding", [None, "bool"])
@pytest.mark.parametrize("need_weights", [True, False])
def test_the_hint_replaces_the_mask_where_it_does_in_pytorch(
    need_weights: bool, padding: str | None, dtype: torch.dtype
) -> None:
    """So a false hint gives the same false result, too."""
    theirs, ours = pair("MultiheadAttention", dtype, E, HEADS, batch_first=True)
    x, memory = randn(2, 4, E, dtype=dtype), randn(2, 6, E, dtype=dtype)
    for keys in (x, memory):
        causal = torch.ones(4, keys.shape[1], dtype=torch.bool).triu(1)
        for attn_mask in (causal, torch.zeros_like(causal)):
            kwargs = {
                "attn_mask": attn_mask,
                "is_causal": True,
                "need_weights": need_weights,
                "key_padding_mask": mask(padding, 2, keys.shape[1], dtype=dtype),
            }
            assert judge(theirs, ours, [x, keys, keys], kwargs, dtype) is None


def test_the_hint_does_not_hide_added_keys(dtype: torch.dtype) -> None:
    """As with the mask itself. PyTorch lets a query see them only where it stands behind them."""
    theirs, ours = pair("MultiheadAttention", dtype, E, HEADS, add_bias_kv=True)
    x = randn(4, 2, E, dtype=dtype)
    kwargs = {"attn_mask": torch.ones(4, 4, dtype=torch.bool).triu(1), "need_weights": False}
    expected, _ = theirs(x, x, x, **kwargs)
    got, _ = ours(*to_minitorch([x, x, x]), **to_minitorch(kwargs), is_causal=True)
    assert far(expected, got, TOLERANCE[dtype]) is None


@pytest.mark.parametrize("kind", ["bool", "float"])
def test_a_query_without_a_key_has_no_weights(kind: str, dtype: torch.dtype) -> None:
    theirs, ours = pair("MultiheadAttention", dtype, E, HEADS, batch_first=True)
    x = randn(2, 3, E, dtype=dtype)
    padding = torch.tensor([[True, True, True], [False, False, True]])
    if kind == "float":
        padding = torch.zeros(2, 3, dtype=dtype).masked_fill(padding, -torch.inf)
    args, kwargs = [x, x, x], {"key_padding_mask": padding}
    assert judge(theirs, ours, args, kwargs | {"need_weights": False}, dtype) is None

    expected, expected_weights = theirs(*args, **kwargs)
    assert expected[0].isnan().all()
    got, weights = ours(*to_minitorch(args), **to_minitorch(kwargs))
    assert (weights[0] == 0).all()
    assert far(expected_weights[1], weights[1], TOLERANCE[dtype]) is None
    assert far(expected[1], got[1], TOLERANCE[dtype]) is None
    assert far(theirs(*args, **kwargs, need_weights=False)[0], got, TOLERANCE[dtype]) is None


@pytest.mark.parametrize("need_weights", [True, False])
def test_dropout_of_all_weights(need_weights: bool, dtype: torch.dtype) -> None:
    theirs, ours = pair("MultiheadAttention", dtype, E, HEADS, dropout=1.0)
    x = randn(3, 2, E, dtype=dtype)
    kwargs = {"need_weights": need_weights}
    assert judge(theirs, ours, [x, x, x], kwargs, dtype) is None
    assert judge(theirs.eval(), ours.eval(), [x, x, x], kwargs, dtype) is None


def test_the_function_with_static_keys_and_separate_weights(dtype: torch.dtype) -> None:
    x = randn(4, 2, E, dtype=dtype)
    weights = [randn(E, E, dtype=dtype) for _ in range(3)]
    bias, out_weight, out_bias = (randn(n, dtype=dtype) for n in (3 * E, E * E, E))
    out_weight = out_weight.detach().reshape(E, E).requires_grad_()
    names = ("q_proj_weight", "k_proj_weight", "v_proj_weight")
    static = [randn(2 * HEADS, 5, E // HEADS, dtype=dtype) for _ in range(2)]
    for further in ({}, {"static_k": static[0], "static_v": static[1]}):
        args = (x, x, x, E, HEADS, None, bias, None, None, True, 0.5, out_weight, out_bias, False)
        kwargs = dict(zip(names, weights, strict=True)) | further
        expected = torch.nn.functional.multi_head_attention_forward(
            *args, use_separate_proj_weight=True, **kwargs
        )
        got = mt.nn.functional.multi_head_attention_forward(
            *to_minitorch(args), use_separate_proj_weight=True, **to_minitorch(kwargs)
        )
        for y, z in zip(expected, got, strict=True):
            assert far(y, z, TOLERANCE[dtype]) is None


# ---------------------------------------------------------------------- layers, stacks, the whole


def shapes(layout: str, N: int, *lengths: int) -> Iterator[tuple[int, ...]]:
    for T in lengths:
        yield {"batch first": (N, T, E), "positions first": (T, N, E), "one text": (T, E)}[layout]


OPTIONS = [
    {"norm_first": norm_first, "bias": bias, "activation": activation, "layer_norm_eps": eps}
    for norm_first, bias, (activation, eps) in itertools.product(
        (True, False), (True, False), (("relu", 1e-5), ("gelu", 0.1))
    )
]
MASKS = list(
    itertools.product((None, "bool", "float with grad", "causal", "bool causal"), (None, "bool"))
)


def masks(kind: str | None, L: int, S: int, N: int, dtype: torch.dtype) -> torch.Tensor | None:
    if kind == "causal":
        return torch.full((L, S), -torch.inf, dtype=dtype).triu(1)
    if kind == "bool causal":
        return torch.ones((L, S), dtype=torch.bool).triu(1)
    return mask(kind, N * HEADS, L, S, dtype=dtype)


def each_case(dtype: torch.dtype, layout: str) -> Iterator[Any]:
    """Yield options, sizes, and functions that draw a mask and a padding mask."""
    sizes = itertools.cycle([(2, 4, 4), (1, 1, 1), (3, 5, 4), (0, 3, 2), (2, 4, 3), (1, 2, 5)])
    cases = zip(itertools.product(OPTIONS, MASKS), sizes, strict=False)
    for (options, (kind, padding)), (N, T, S) in some(cases, dtype):
        N = 1 if layout == "one text" else N
        rows = () if layout == "one text" else (N,)

        def draw(L: int, S: int, kind: str | None = kind, N: int = N) -> Any:
            return masks(kind, L, S, N, dtype)

        def pad(S: int, padding: str | None = padding, rows: Any = rows) -> Any:
            return mask(padding, *rows, S, dtype=dtype)

        options = {**options, "batch_first": layout == "batch first", "dropout": 0.0}
        yield options, (N, T, S), draw, pad, f"{options} {(N, T, S)} {kind} {padding}"


LAYOUTS = pytest.mark.parametrize("layout", ["batch first", "positions first", "one text"])


@LAYOUTS
def test_encoder_and_its_layer(layout: str, dtype: torch.dtype) -> None:
    found = []
    for options, (N, T, _), draw, pad, described in each_case(dtype, layout):
        theirs, ours = pair("TransformerEncoderLayer", dtype, E, HEADS, 7, **options)
        (shape,) = shapes(layout, N, T)
        args = [randn(*shape, dtype=dtype)]
        src_mask, padding = draw(T, T), pad(T)
        kwargs = {"src_mask": src_mask, "src_key_padding_mask": padding}
        found.append((judge(theirs, ours, args, kwargs, dtype), described))
        stacks = [
            torch.nn.TransformerEncoder(theirs, 2, torch.nn.LayerNorm(E, dtype=dtype)),
            mt.nn.TransformerEncoder(ours, 2, mt.nn.LayerNorm(E, dtype=to_minitorch(dtype))),
        ]
        kwargs = {"mask": src_mask, "src_key_padding_mask": padding}
        found.append((judge(*stacks, args, kwargs, dtype), f"stack {described}"))
    none_differs(found)


@LAYOUTS
def test_decoder_and_its_layer(layout: str, dtype: torch.dtype) -> None:
    found = []
    for options, (N, T, S), draw, pad, described in each_case(dtype, layout):
        theirs, ours = pair("TransformerDecoderLayer", dtype, E, HEADS, 7, **options)
        args = [randn(*shape, dtype=dtype) for shape in shapes(layout, N, T, S)]
        kwargs = {
            "tgt_mask": draw(T, T),
            "memory_mask": draw(T, S),
            "tgt_key_padding_mask": pad(T),
            "memory_key_padding_mask": pad(S),
        }
        found.append((judge(theirs, ours, args, kwargs, dtype), described))
        stacks = [torch.nn.TransformerDecoder(theirs, 2), mt.nn.TransformerDecoder(ours, 2)]
        found.append((judge(*stacks, args, kwargs, dtype), f"stack {described}"))
    none_differs(found)


@LAYOUTS
@pytest.mark.parametrize("training", [True, False])
def test_transformer(layout: str, training: bool, dtype: torch.dtype) -> None:
    found = []
    for options, (N, T, S), draw, pad, described in each_case(dtype, layout):
        theirs, ours = pair("Transformer", dtype, E, HEADS, 1, 2, 7, **options)
        args = [randn(*shape, dtype=dtype) for shape in shapes(layout, N, S, T)]
        padding = pad(S)
        kwargs = {
            "src_mask": draw(S, S),
            "tgt_mask": draw(T, T),
            "memory_mask": draw(T, S),
            "src_key_padding_mask": padding,
            "tgt_key_padding_mask": pad(T),
            "memory_key_padding_mask": padding,
        }
        theirs, ours = theirs.train(training), ours.train(training)
        found.append((judge(theirs, ours, args, kwargs, dtype), described))
        if training and N:
            with torch.no_grad(), mt.no_grad():
                found.append((judge(theirs, ours, args, kwargs, dtype), f"no_grad {described}"))
    none_differs(found)


@pytest.mark.parametrize("hint", [True, False, None])
def test_hints_of_the_transformer(hint: bool | None, dtype: torch.dtype) -> None:
    """With a mask that is not causal, they give what they give in PyTorch, false or not."""
    theirs, ours = pair("Transformer", dtype, E, HEADS, 1, 1, 7, 0.0)
    args = [randn(5, 2, E, dtype=dtype), randn(4, 2, E, dtype=dtype)]
    for kind in ("bool", "causal", "bool causal", "float with grad"):
        kwargs = {
            "src_mask": masks(kind, 5, 5, 2, dtype),
            "tgt_mask": masks(kind, 4, 4, 2, dtype),
            "memory_mask": masks(kind, 4, 5, 2, dtype),
            "src_is_causal": hint,
            "tgt_is_causal": hint,
            "memory_is_causal": bool(hint),
        }
        assert judge(theirs, ours, args, kwargs, dtype) is None, kind


@pytest.mark.parametrize("norm_first", [True, False])
def test_pytorchs_fast_path_differs_at_padding_alone(norm_first: bool, dtype: torch.dtype) -> None:
    torch.backends.mha.set_fastpath_enabled(True)
    options = {"batch_first": True, "norm_first": norm_first}
    theirs, ours = pair("Transformer", dtype, E, 2, 2, 1, 7, **options)
    theirs, ours = theirs.eval(), ours.eval()
    src = randn(3, 5, E, dtype=dtype, grad=False)
    padding = torch.arange(5) >= torch.tensor([[5], [3], [2]])
    kwargs = {"src_key_padding_mask": padding}
    with torch.no_grad(), mt.no_grad():
        expected = theirs.encoder(src, **kwargs)
        got = ours.encoder(to_minitorch(src), **to_minitorch(kwargs))
        there = ~padding
        assert far(expected[there], got[to_minitorch(there)], 1e-5) is None
        kwargs["memory_key_padding_mask"] = padding
        expected = theirs(src, src, **kwargs)
        got = ours(*to_minitorch([src, src]), **to_minitorch(kwargs))
        assert far(expected, got, TOLERANCE[dtype]) is None


@pytest.mark.parametrize("named", ["tanh", "GELU", "ReLU", "silu"])
def test_activations_that_are_functions_or_modules(named: str, dtype: torch.dtype) -> None:
    def activation(library: Any) -> Any:
        if hasattr(library.nn, named):
            return getattr(library.nn, named)()
        return getattr(library.nn.functional, named)

    for name in ("TransformerEncoderLayer", "TransformerDecoderLayer"):
        theirs = getattr(torch.nn, name)(E, HEADS, 7, 0.0, activation(torch), dtype=dtype)
        ours = getattr(mt.nn, name)(E, HEADS, 7, 0.0, activation(mt), dtype=to_minitorch(dtype))
        assert list(ours.state_dict()) == list(theirs.state_dict())
        assert repr(ours) == repr(theirs)
        ours.load_state_dict(to_minitorch(dict(theirs.state_dict())))
        x = randn(3, 2, E, dtype=dtype)
        args = [x, x] if "Decoder" in name else [x]
        assert judge(theirs, ours, args, {}, dtype) is None


def test_encoder_and_decoder_of_ones_own(dtype: torch.dtype) -> None:
    def custom(library: Any) -> Any:
        class Encoder(library.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.map = library.nn.Linear(E, E)

            def forward(self, src: Any, **options: Any) -> Any:
                assert set(options) == {"mask", "src_key_padding_mask", "is_causal"}
                return self.map(src)

        class Decoder(library.nn.Module):
            def forward(self, tgt: Any, memory: Any, **options: Any) -> Any:
                assert len(options) == 6
                assert options["tgt_is_causal"] is None
                assert options["memory_is_causal"] is False
                return tgt + memory

        return library.nn.Transformer(E, 3, custom_encoder=Encoder(), custom_decoder=Decoder())

    theirs, ours = custom(torch).to(dtype), custom(mt).to(to_minitorch(dtype))
    ours.load_state_dict(to_minitorch(dict(theirs.state_dict())))
    x = randn(3, 2, E, dtype=dtype)
    assert judge(theirs, ours, [x, x], {}, dtype) is None


def test_layers_are_copies_with_the_same_weights() -> None:
    for library in (torch, mt):
        layer = library.nn.TransformerEncoderLayer(E, HEADS, 7)
        stack = library.nn.TransformerEncoder(layer, 3)
        first, *others = [dict(copied.named_parameters()) for copied in stack.layers]
        for other in others:
            for name, p in first.items():
                assert p is not other[name]
                assert (p == other[name]).all()
        assert all(p is not q for p in layer.parameters() for q in stack.parameters())
        assert copy.deepcopy(stack).num_layers == 3


# ------------------------------------------------------------- names, options, first values

CLASSES = [
    "MultiheadAttention",
    "Transformer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
]


def parameters(function: Callable[..., Any]) -> list[tuple[str, Any]]:
    """Return names and defaults, in order; a function stands for itself by name."""
    return [
        (name, getattr(p.default, "__name__", p.default))
        for name, p in inspect.signature(function).parameters.items()
    ]


@pytest.mark.parametrize("name", CLASSES)
def test_arguments_and_attributes(name: str) -> None:
    theirs, ours = getattr(torch.nn, name), getattr(mt.nn, name)
    assert parameters(ours) == parameters(theirs)
    assert parameters(ours.forward) == parameters(theirs.forward)
    args: dict[str, list[Any]] = {
        "TransformerEncoder": [torch.nn.TransformerEncoderLayer(4, 2), 2],
        "TransformerDecoder": [torch.nn.TransformerDecoderLayer(4, 2), 2],
    }
    our_args: dict[str, list[Any]] = {
        "TransformerEncoder": [mt.nn.TransformerEncoderLayer(4, 2), 2],
        "TransformerDecoder": [mt.nn.TransformerDecoderLayer(4, 2), 2],
    }
    made, our_made = theirs(*args.get(name, [4, 2])), ours(*our_args.get(name, [4, 2]))
    internal = {"activation_relu_or_gelu", "use_nested_tensor"}
    names = {n for n in vars(made) if not n.startswith("_")} - internal
    assert {n for n in names if not hasattr(our_made, n)} == set()
    assert repr(our_made) == repr(made)


def test_arguments_of_the_function() -> None:
    theirs = torch.nn.functional.multi_head_attention_forward
    assert parameters(mt.nn.functional.multi_head_attention_forward) == [
        *parameters(theirs),
        ("batch_first", False),
    ]


@pytest.mark.parametrize(
    "options", [{}, {"kdim": 3, "vdim": 7}, {"add_bias_kv": True}, {"bias": False}]
)
def test_first_values_are_drawn_from_the_same_distributions(options: Any) -> None:
    theirs = torch.nn.MultiheadAttention(64, 4, **options)
    ours = mt.nn.MultiheadAttention(64, 4, **options)
    for (name, p), (_, q) in zip(theirs.named_parameters(), ours.named_parameters(), strict=True):
        x, y = p.detach().numpy(), q.detach().numpy()
        assert abs(x.std() - y.std()) < 0.3 * x.std() + 1e-12, name
        assert abs(y.mean()) < 0.3 * x.std() + 1e-12, name
        if name != "bias_k" and name != "bias_v":  # those are normal
            assert abs(np.abs(x).max() - np.abs(y).max()) <= 0.05 * np.abs(x).max(), name


@pytest.mark.parametrize("size", [0, 1, 5])
def test_the_causal_mask(size: int) -> None:
    for kwargs in ({}, {"dtype": torch.float64}, {"device": "cpu"}):
        expected = torch.nn.Transformer.generate_square_subsequent_mask(size, **kwargs)
        got = mt.nn.Transformer.generate_square_subsequent_mask(size, **to_minitorch(kwargs))
        assert np.array_equal(got.numpy(), expected.numpy())
        assert got.numpy().dtype == expected.numpy().dtype


# ------------------------------------------------------------------------------------- errors


def attend(library: Any, *shapes: Any, masks: Any = None, heads: int = 2, **options: Any) -> Any:
    module = library.nn.MultiheadAttention(4, heads, **options)
    return module(*[library.ones(shape) for shape in shapes], **(masks or {}))


def with_mask(name: str, shape: tuple[int, ...], dtype: str = "bool", **more: Any) -> Any:
    def call(library: Any) -> Any:
        m = {name: library.zeros(shape, dtype=getattr(library, dtype)), **more}
        return attend(library, (3, 2, 4), (5, 2, 4), (5, 2, 4), masks=m)

    return call


def run(library: Any, *shapes: Any, **options: Any) -> Any:
    return library.nn.Transformer(4, 2, 1, 1, 8, **options)(*[library.ones(s) for s in shapes])


ERRORS: list[tuple[type[Exception], str, Callable[[Any], Any]]] = [
    (AssertionError, "divisible", lambda t: t.nn.MultiheadAttention(5, 2)),
    (ValueError, "embed_dim", lambda t: t.nn.MultiheadAttention(0, 2)),
    (ValueError, "num_heads", lambda t: t.nn.MultiheadAttention(4, 0)),
    (AssertionError, "divisible", lambda t: t.nn.TransformerEncoderLayer(5, 2)),
    (RuntimeError, "activation", lambda t: t.nn.TransformerEncoderLayer(4, 2, activation="tanh")),
    (ValueError, "p", lambda t: t.nn.TransformerEncoderLayer(4, 2, dropout=1.5)),
    (AssertionError, "query", lambda t: attend(t, (4,), (4,), (4,))),
    (AssertionError, "query", lambda t: attend(t, (1, 1, 1, 4), (1, 1, 1, 4), (1, 1, 1, 4))),
    (AssertionError, "key", lambda t: attend(t, (3, 2, 4), (3, 4), (3, 2, 4))),
    (AssertionError, "key", lambda t: attend(t, (3, 4), (3, 2, 4), (3, 2, 4))),
    (AssertionError, "value", lambda t: attend(t, (3, 2, 4), (3, 2, 4), (3, 4))),
    (AssertionError, "5", lambda t: attend(t, (3, 2, 5), (3, 2, 5), (3, 2, 5))),
    (AssertionError, "value", lambda t: attend(t, (3, 2, 4), (3, 2, 4), (5, 2, 4))),
    (AssertionError, "key", lambda t: attend(t, (3, 2, 4), (3, 2, 7), (3, 2, 4), kdim=5)),
    (AssertionError, "value", lambda t: attend(t, (3, 2, 4), (3, 2, 4), (3, 2, 7), vdim=5)),
    (AssertionError, "value", lambda t: attend(t, (3, 2, 4), (3, 2, 5), (4, 2, 4), kdim=5)),
    (RuntimeError, "attn_mask", with_mask("attn_mask", (3, 4))),
    (RuntimeError, "attn_mask", with_mask("attn_mask", (2, 3, 5))),
    (AssertionError, "key_padding_mask", with_mask("key_padding_mask", (2, 4))),
    (AssertionError, "key_padding_mask", with_mask("key_padding_mask", (3, 5))),
    (AssertionError, "key_padding_mask", with_mask("key_padding_mask", (5,))),
    (AssertionError, "mask", with_mask("attn_mask", (3, 5), "int64")),
    (AssertionError, "mask", with_mask("attn_mask", (3, 5), "uint8")),
    (AssertionError, "mask", with_mask("key_padding_mask", (2, 5), "uint8")),
    (RuntimeError, "is_causal", lambda t: attend(t, *[(3, 2, 4)] * 3, masks={"is_causal": True})),
    (RuntimeError, "batch", lambda t: run(t, (3, 2, 4), (3, 1, 4))),
    (RuntimeError, "batch", lambda t: run(t, (2, 3, 4), (1, 3, 4), batch_first=True)),
    (RuntimeError, "feature", lambda t: run(t, (3, 2, 5), (3, 2, 5))),
    (RuntimeError, "feature", lambda t: run(t, (3, 2, 4), (3, 2, 5))),
    (IndexError, "", lambda t: run_empty(t)),
]


def run_empty(library: Any) -> Any:
    stack = library.nn.TransformerEncoder(library.nn.TransformerEncoderLayer(4, 2), 0)
    return stack(library.ones(3, 2, 4), library.zeros(3, 3))


@pytest.mark.parametrize(("error", "says", "call"), ERRORS)
def test_errors(error: type[Exception], says: str, call: Callable[[Any], Any]) -> None:
    for library in (torch, mt):
        with pytest.raises(error, match=says if library is mt else ""):
            call(library)


@pytest.mark.parametrize(
    "call",
    [
        lambda t: attend(t, (3, 2, 4), (3, 3, 4), (3, 3, 4)),  # batches differ
        lambda t: attend(t, (3, 2, 4), (3, 2, 5), (3, 2, 5)),
        with_mask("attn_mask", (3, 5), "float64"),
        with_mask("attn_mask", (5,)),
        with_mask("attn_mask", (1, 1, 3, 5)),
    ],
)
def test_errors_of_another_type(call: Callable[[Any], Any]) -> None:
    """PyTorch's type differs, or its message is that of an operation inside."""
    for library in (torch, mt):
        with pytest.raises((RuntimeError, AssertionError)):
            call(library)


# ----------------------------------------------------------------------------------- a training


@pytest.mark.parametrize("batch_first", [True, False])
def test_twenty_steps_of_training(batch_first: bool, dtype: torch.dtype) -> None:
    """A target shifted right, the causal mask and padding, Adam: as translation is learned."""
    torch.set_default_dtype(dtype)
    mt.set_default_dtype(to_minitorch(dtype))
    try:
        expected, start = train(torch, batch_first, None)
        got, _ = train(mt, batch_first, to_minitorch(start))
    finally:
        torch.set_default_dtype(torch.float32)
        mt.set_default_dtype(mt.float32)
    assert expected[-1] < 0.7 * expected[0]
    np.testing.assert_allclose(got, expected, rtol=TOLERANCE[dtype])


def train(t: Any, batch_first: bool, start: Any) -> tuple[list[float], Any]:
    class Model(t.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = t.nn.Embedding(11, 16)
            self.transformer = t.nn.Transformer(16, 4, 2, 2, 32, 0.0, batch_first=batch_first)
            self.generator = t.nn.Linear(16, 11)

        def forward(self, src: Any, tgt: Any) -> Any:
            T = tgt.shape[1 if batch_first else 0]
            hidden = [(x == 0) if batch_first else (x == 0).transpose(0, 1) for x in (src, tgt)]
            y = self.transformer(
                self.embedding(src),
                self.embedding(tgt),
                tgt_mask=t.nn.Transformer.generate_square_subsequent_mask(T),
                src_key_padding_mask=hidden[0],
                tgt_key_padding_mask=hidden[1],
                memory_key_padding_mask=hidden[0],
            )
            return self.generator(y)

    model = Model()
    if start is None:
        start = {name: x.clone() for name, x in model.state_dict().items()}
    model.load_state_dict(start)
    rng = np.random.default_rng(0)
    losses = []
    src = rng.integers(2, 11, (8, 6))
    src[:4, 4:] = 0  # padding
    tgt = np.concatenate([np.ones((8, 1), np.int64), src], 1)
    x, y = (t.tensor(ids if batch_first else ids.T.copy()) for ids in (src, tgt))
    given, wanted = (y[:, :-1], y[:, 1:]) if batch_first else (y[:-1], y[1:])
    optimizer = t.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(20):
        loss = t.nn.functional.cross_entropy(
            model(x, given).flatten(0, 1), wanted.flatten(), ignore_index=0
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, start
