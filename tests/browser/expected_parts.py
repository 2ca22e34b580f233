"""What Python computes for the parts of an attention's cell, and for hidden units."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

import minitorch as mt
from minitorch.autograd import Array
from transformer.explain import Explanation, asking, edited
from transformer.explain.attribution import float64, read_backward, read_difference
from transformer.explain.edits import sublayers
from transformer.explain.explanation import forward
from transformer.explain.page import held_out
from transformer.explain.trace import trace
from transformer.model.mlp import SwiGLU


class Parts:
    """Cells of attention and units of MLPs; `Reference` has their explanation."""

    task: Any
    model: Any
    arrays: dict[str, Array]
    now: Explanation
    edits: list[Any]
    kept: dict[Any, Any]
    answering: Callable[[str], list[int]]

    def _cell(self, rest: str, entry: dict[str, Any]) -> Any:
        """A number of a cell's arithmetic: "path.head.query.key.what"."""
        found = re.fullmatch(r"(.*attention)\.(\d+)\.(\d+)\.(\d+)\.([a-z]+)\.?(.*)", rest)
        assert found, rest
        path, (head, query, key) = found[1], map(int, found.group(2, 3, 4))
        what, which = found[5], found[6]
        q, k, v = (self.arrays[f"{path}.{name}"] for name in "qkv")
        kv = head // (len(q) // len(k))
        if what in ("query", "key", "value"):  # one of its numbers, of the vector that it reads
            number, place = which.split(".")
            layer = getattr(sublayers(self.model)[path], what)
            line = (head if what == "query" else kv) * q.shape[-1] + int(number)
            return self._product(layer, query if what == "query" else key, line, place)
        weights = self.arrays[f"{path}.weights"][head, query]
        W_o = float64(sublayers(self.model)[path].output.weight)
        W_o = W_o.reshape(len(W_o), len(q), -1)[:, head]  # (d_model, d_head)
        if what == "dot":
            return q[head, query] @ k[kv, key]
        if what == "terms":
            return term(q[head, query] * k[kv, key], which)
        scores = self.arrays[f"{path}.scores"][head, query]
        is_causal = "self_attention" in path or path.startswith("blocks.")
        hidden = np.array([
            token == self.model.config.pad or (is_causal and place > query)
            for place, token in enumerate(self.answering(path))
        ])
        exponentials = np.where(hidden, 0, np.exp(scores - scores[~hidden].max()))
        if what == "exponential":
            return some(exponentials, which, key)
        if what == "weight":
            return some(weights, which, key)
        if what == "weighted":
            return weights[key] * v[kv, key]
        added = weights[:, None] * v[kv] @ W_o.T  # (keys, d_model)
        if what == "added":
            return added[key] if which == "" else added[key][int(which)]
        if what == "output":
            number, place = which.split(".")
            return term(W_o[int(number)] * (weights[key] * v[kv, key]), place)
        if what == "difference":
            return abs(added.sum(0) - self.arrays[f"{path}.heads"][head, query]).max()
        step = next(s for s in self.now.steps if s.row == query)
        at, _ = read_difference(self.model, self.now.trace, query, step.token, step.rival)
        return some(added @ at[path], which or str(key), key)

    def _product(self, layer: Any, row: int, line: int, place: str) -> float:
        """A term of what a linear layer computes: of number `line` of a row; or their sum."""
        weight = float64(layer.weight)[line]
        bias = 0.0 if layer.bias is None else float64(layer.bias)[line]
        read_by: list[Any] = []
        hook = layer.register_forward_pre_hook(lambda module, args: read_by.append(args[0]))
        with edited(self.model, self.edits):
            forward(self.model, self.now.inputs)
        hook.remove()
        products = weight * read_by[0].numpy()[0, row]
        if place in ("bias", "sum"):
            return float(bias if place == "bias" else bias + products.sum())
        return term(products, place)

    def _weight(self, rest: str, entry: dict[str, Any]) -> float:
        """A weight of attention: "path.head.query.key"; "others": all but the six largest."""
        path, head, query, key = rest.rsplit(".", 3)
        weights = self.arrays[f"{path}.weights"][int(head), int(query)]
        return rest_of(weights, None) if key == "others" else float(weights[int(key)])

    def _unit(self, rest: str, entry: dict[str, Any]) -> Any:
        """A number of a hidden unit: "path.hidden.row.unit", or "path.row.unit.what"."""
        found = re.fullmatch(r"(.*mlp)(?:\.hidden)?\.(\d+)\.(\d+)\.?([a-z]*)\.?(.*)", rest)
        assert found, rest
        path, row, unit, what, which = found[1], int(found[2]), int(found[3]), found[4], found[5]
        value = self.arrays[f"{path}.hidden"][row, unit]
        column = float64(sublayers(self.model)[path].down.weight)[:, unit]
        if what == "added":
            return value * column
        if what == "terms":  # of the dot product that it answers with
            mlp: Any = sublayers(self.model)[path]
            return self._product(getattr(mlp, "gate", mlp.up), row, unit, which)
        if what == "share":  # of the answer: what the activation lets through
            pre = self.arrays[f"{path}.pre_activation"][row, unit]
            gated = f"{path}.up" in self.arrays
            return 1 / (1 + math.exp(-pre)) if gated else value / pre
        if what == "logit":
            W = float64(self.model.output.weight)
            at, _ = read_backward(self.model, self.now.trace, row, W.T)
            pushes = column @ at[path] * (value if value else 1)
            return (pushes - pushes.mean())[int(which)]
        if what == "mean":
            return np.mean([x[unit] for i, x in self._on_examples(path) if i == int(which)])
        if what == "strongest":
            strength = abs if isinstance(sublayers(self.model)[path], SwiGLU) else float
            best = [max((x[unit] for _, x in one), key=strength) for one in self._examples(path)]
            return sorted(best, key=strength, reverse=True)[int(which)]
        return value

    def _units(self, rest: str, entry: dict[str, Any]) -> float:
        """What a unit adds to a logit less another's: "path.row.token.rival.unit", or all."""
        path, row, token, rival, unit = rest.rsplit(".", 4)
        at, _ = read_difference(self.model, self.now.trace, int(row), int(token), int(rival))
        columns = float64(sublayers(self.model)[path].down.weight)
        added = self.arrays[f"{path}.hidden"][int(row)] * (at[path] @ columns)
        return float(added.sum() if unit == "total" else added[int(unit)])

    def _on_examples(self, path: str) -> list[tuple[int, Array]]:
        """The id and the hidden units of each token of the page's held-out examples."""
        return [pair for one in self._examples(path) for pair in one]

    def _examples(self, path: str) -> list[list[tuple[int, Array]]]:
        """The same, a list for each example."""
        if path in self.kept:
            return self.kept[path]
        found = self.kept[path] = []
        for source, target in held_out.examples(self.task, held_out.SHOWN):
            written = asking.target_ids(self.task, target)
            inputs = asking.inputs(self.task, [source], [written])
            with mt.no_grad(), trace(self.model) as t:
                self.model(*inputs)
            ids = inputs[0 if path.startswith("encoder") else -1].numpy()[0].tolist()
            found.append(list(zip(ids, t[f"{path}.hidden"][0], strict=True)))
        return found

    def _swap(self, rest: str, entry: dict[str, Any]) -> Any:
        """A token's vector in an MLP by itself: as nothing depends on where it stands."""
        name, _, row = rest.rpartition(".")
        if row == "difference":
            return 0.0
        path, _, what = name.rpartition(".")
        if what not in ("hidden", "output") or path not in sublayers(self.model):
            return self.arrays[name][int(row)]  # what it reads
        read_by: list[Any] = []
        mlp = sublayers(self.model)[path]
        hook = mlp.register_forward_pre_hook(lambda module, args: read_by.append(args[0]))
        with edited(self.model, self.edits):
            forward(self.model, self.now.inputs)
        hook.remove()
        with mt.no_grad(), trace(mlp) as t:
            mlp(read_by[0])
        return t[what][0, int(row)]


def some(terms: Array, which: str, key: int) -> float:
    """A term by its place; the "total"; or the "others", which are not shown beside a key's."""
    if which == "others":
        return rest_of(terms, key)
    return float(terms.sum() if which == "total" else terms[int(which)])


def term(products: Array, place: str) -> float:
    """One of the products that a sum is made of; "others": all but the five largest."""
    return float(products[int(place)]) if place != "others" else rest_of(products, None, 5)


def rest_of(terms: Array, chosen: int | None, most: int = 6) -> float:
    """The sum of all but the largest, and the chosen one."""
    order = sorted(range(len(terms)), key=lambda i: -abs(terms[i]))
    shown = {*order[:most]} | ({chosen} if chosen is not None else set())
    return float(sum(x for i, x in enumerate(terms) if i not in shown))
