"""What the page's arithmetic is compared with: what Python computes, in float64."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

import minitorch as mt
from minitorch.autograd import Array
from transformer import BERT, GPT, Transformer, TransformerConfig
from transformer.decoding import beam_search, greedy
from transformer.explain import Edit, Trace, edited, lens, parts, predicted, trace, unit_effect
from transformer.explain.page.encoding import encoded
from transformer.explain.page.record import _weights, resolved

KINDS: dict[str, Any] = {"Transformer": Transformer, "GPT": GPT, "BERT": BERT}

# What each variant changes of a small model; `left` and `right` count the <pad> of its inputs.
VARIANTS: dict[str, dict[str, Any]] = {
    "as in the paper": {},
    "pre-norm": {"pre_norm": True},
    "pre-norm without a final norm": {"pre_norm": True, "final_norm": False},
    "post-norm with a final norm": {"final_norm": True},
    "learned positions, GELU, not tied": {
        "positions": "learned", "activation": "gelu", "tie_embeddings": False,
    },
    "as GPT-2": {
        "pre_norm": True, "positions": "learned", "activation": "gelu_tanh", "pad": -1,
        "left": 2, "right": 1,
    },
    "as Llama": {
        "pre_norm": True, "positions": "rotary", "activation": "swiglu", "norm": "rms",
        "bias": False, "n_kv_heads": 2, "tie_embeddings": False, "rope_theta": 100.0,
    },
    "one head of keys": {"n_kv_heads": 1, "positions": "rotary", "left": 1},
    "heads wider than d_model / n_heads": {"d_head": 6, "pre_norm": True, "n_kv_heads": 2},
    "RMSNorm after each sublayer": {"norm": "rms", "norm_eps": 1e-3, "final_norm": True},
    "no biases": {"bias": False, "pre_norm": True},
    "segments": {"n_segments": 2, "positions": "learned"},
    "padding on the left": {"left": 2, "pre_norm": True},
    "padding on the right": {"right": 2},
    "padding on both sides": {"left": 1, "right": 2, "positions": "learned"},
    "nothing but padding": {"left": 5},
}  # fmt: skip
EDITED = ("as in the paper", "as GPT-2", "as Llama")
UNUSUAL: dict[str, dict[str, Any]] = {
    "all alike": {"pre_norm": True},
    "without an end": {"pre_norm": True, "eos": -1, "pad": -1},
    "without <pad>": {"pre_norm": True, "n_kv_heads": 2, "d_head": 6, "pad": -1},
}
# Seeds of models that write texts of several tokens: of a Transformer, of a GPT.
DECODED = {
    "as in the paper": (5, 3), "pre-norm": (17, 8), "as Llama": (16, 0), "segments": (18, 34),
    "one head of keys": (23, 4), "heads wider than d_model / n_heads": (31, 35),
    "padding on the left": (37, 8), "all alike": (0, 0), "without an end": (17, 8),
    "without <pad>": (31, 35),
}  # fmt: skip


def randomised(model: Any, seed: int) -> Any:
    """Draw every parameter in float32, so that no bias is 0 and no scale 1; compute in float64."""
    rng = np.random.default_rng(seed)
    with mt.no_grad():
        for path, p in model.named_parameters():
            p.array[...] = 0.4 * rng.standard_normal(p.shape) + path.endswith("norm.weight")
    return model.double().eval()


def model_payload(model: Any) -> dict[str, Any]:
    """The fields of a page's data that say what the model is."""
    return {
        "kind": type(model).__name__,
        "config": resolved(model),
        "parameters": sum(p.numel() for p in model.parameters()),
        "weights": {path: encoded(array, "<f4") for path, array in _weights(model).items()},
    }


def without_batch(name: str, array: Array) -> Array:
    """The activation of a batch of one text; positions, which texts share, have no such axis."""
    shared = "embedding.positions" in name and array.ndim == 2
    return array if shared else array[0]


def intermediates(t: Trace) -> dict[str, Any]:
    """Every named intermediate of a trace, as a page has it."""
    return {name: encoded(without_batch(name, array), "<f8") for name, array in t.named().items()}


def traced(model: Any, inputs: dict[str, list[int]], edits: Sequence[Edit] = ()) -> Trace:
    with mt.no_grad(), trace(model) as t, edited(model, edits, t):
        model(*(mt.tensor([ids]) for ids in inputs.values()))
    return t


def variant(
    kind: str, name: str, seed: int = 0, **more: Any
) -> tuple[Any, dict[str, list[int]], dict[str, list[int]]]:
    """A small random model of a kind, what it reads, and something else that it could read."""
    changes = VARIANTS[name] | more
    left, right = changes.pop("left", 0), changes.pop("right", 0)
    sizes = {"vocab_size": 11, "d_model": 16, "n_heads": 4, "n_layers": 2, "d_ff": 20}
    config = TransformerConfig(**{**sizes, "dropout": 0.0, "max_length": 12, **changes})
    model = randomised(KINDS[kind](config), seed)
    rng = np.random.default_rng(seed)

    def ids(n: int) -> list[int]:
        text = rng.integers(3, 11, n).tolist()
        return [config.pad] * left + text[: n - left - right] + [config.pad] * right

    def inputs() -> dict[str, list[int]]:
        return {"source": ids(5), "target": ids(6)} if kind == "Transformer" else {"ids": ids(6)}

    return model, inputs(), inputs()


def variants() -> Iterator[dict[str, Any]]:
    """Each variant of each kind, and all that it computes."""
    for kind in KINDS:
        for name in VARIANTS:
            model, inputs, _ = variant(kind, name)
            yield {
                "name": f"{kind}, {name}",
                "model": model_payload(model),
                "inputs": inputs,
                "trace": intermediates(traced(model, inputs)),
            }


def without_padding() -> Iterator[dict[str, Any]]:
    """Models that write, and inputs without <pad>."""
    for kind in ("Transformer", "GPT"):
        for name in ("as in the paper", "as Llama", "heads wider than d_model / n_heads"):
            model, inputs, _ = variant(kind, name)
            yield {"name": f"{kind}, {name}", "model": model_payload(model), "inputs": inputs}


# --------------------------------------------------------------------------------------- edits


def _paths(kind: str, block: int = 0) -> tuple[str, str, str]:
    """The paths of a self-attention, another attention and an MLP; of the encoder, the second."""
    first, second = {
        "Transformer": ("decoder.blocks.{}.self_attention", "encoder.blocks.{}.attention"),
        "GPT": ("blocks.{}.attention",) * 2,
        "BERT": ("encoder.blocks.{}.attention",) * 2,
    }[kind]
    return first.format(block), second.format(block), first.rsplit(".", 1)[0].format(block) + ".mlp"


def _edits(kind: str, other: Trace) -> Iterator[list[tuple[Edit, str]]]:
    """Lists of edits, each with the name of the activation in `other` that it puts in, or ""."""
    attention, second, mlp = _paths(kind)
    _, _, last = _paths(kind, 1)
    yield [(Edit("head", attention, 2), "")]
    yield [(Edit("head", second, 0, row=3), "")]
    yield [(Edit("head", attention, 1, replacement=other[f"{attention}.mixed"][0, 1]), "heads")]
    yield [(Edit("unit", mlp, 7), "")]
    yield [(Edit("unit", last, 5, 3, other[f"{last}.hidden"][0, :, 5]), "hidden")]
    yield [(Edit("sublayer", attention), "")]
    yield [(Edit("sublayer", second, row=0), "")]
    yield [(Edit("sublayer", last, None, 3, other[f"{last}.output"][0]), "output")]
    yield [(Edit("sublayer", mlp), ""), (Edit("head", attention, 0), "")]


def _edited(model: Any, inputs: dict[str, list[int]], chosen: list[tuple[Edit, str]]) -> Any:
    """What a model computes after edits, and what the sum says of them."""
    made = [edit for edit, _ in chosen]
    t = traced(model, inputs, made)
    clean = traced(model, inputs)
    return {
        "edits": [
            {"kind": e.kind, "path": e.path, "index": e.index, "row": e.row, "put": put}
            for e, put in chosen
        ],
        "trace": intermediates(t),
        "parts": parts(model, t, 3, 4, 7, made).parts,
        "predicted": [predicted(model, clean, 3, 4, 7, edit) for edit in made],
    }


def edits() -> Iterator[dict[str, Any]]:
    """Models of each kind, and edits of them."""
    for kind in KINDS:
        for name in EDITED:
            model, inputs, others = variant(kind, name)
            yield {
                "name": f"{kind}, {name}",
                "model": model_payload(model),
                "inputs": inputs,
                "others": others,
                "edited": [
                    _edited(model, inputs, chosen)
                    for chosen in _edits(kind, traced(model, others))
                ],
            }


# --------------------------------------------------------------------------------- attribution


def attributions() -> Iterator[dict[str, Any]]:
    """The sum, the lens, and the effects of units, of a row of each variant."""
    for kind in KINDS:
        for name in [*VARIANTS][:-1]:
            model, inputs, _ = variant(kind, name)
            t = traced(model, inputs)
            found = parts(model, t, 3, 4, 7)
            mlp = _paths(kind)[2]
            yield {
                "name": f"{kind}, {name}",
                "model": model_payload(model),
                "inputs": inputs,
                "parts": found.parts,
                "difference": found.difference,
                "lens": {stream: p.tolist() for stream, p in lens(model, t, 3).items()},
                "units": [[mlp, i, unit_effect(model, t, mlp, 3, i).tolist()] for i in (0, 5, 19)],
            }


# ------------------------------------------------------------------------------------ decoding


def _beams(model: Any, prompt: mt.Tensor) -> Iterator[dict[str, Any]]:
    for width, alpha in ((1, 0.6), (3, 0.6), (4, 0.0), (5, 2.0), (15, 1.0)):
        n_best = min(width, 3)
        found = beam_search(model, prompt, 7, width, alpha=alpha, n_best=n_best)
        yield {
            "options": {"width": width, "alpha": alpha, "nBest": n_best},
            "ids": found.ids[0].tolist(),
            "scores": [score if np.isfinite(score) else None for score in found.scores[0].tolist()],
        }


def decoded() -> Iterator[dict[str, Any]]:
    """Greedy and beam searches; also of models that find all tokens alike, or never end."""
    for name, seeds in DECODED.items():
        for kind, seed in zip(("Transformer", "GPT"), seeds, strict=True):
            more = VARIANTS[name] if name in VARIANTS else UNUSUAL[name]
            changes = {"tie_embeddings": False} | more
            model, inputs, _ = variant(kind, "as in the paper", seed, **changes)
            if name == "all alike":
                with mt.no_grad():
                    model.output.weight.array[...] = 0
            prompt = next(iter(inputs.values()))
            ids = mt.tensor([prompt])
            edit = Edit("sublayer", _paths(kind)[0])
            with edited(model, [edit]):
                after = greedy(model, ids, 7)[0].tolist()
                beam_after = beam_search(model, ids, 7, 3).ids[0].tolist()
            yield {
                "name": f"{kind}, {name}",
                "model": model_payload(model),
                "prompt": prompt,
                "greedy": greedy(model, ids, 7)[0].tolist(),
                "edit": {"kind": edit.kind, "path": edit.path},
                "edited": after,
                "edited_beam": beam_after,
                "beams": [*_beams(model, ids)],
            }
