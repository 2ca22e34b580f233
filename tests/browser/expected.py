"""What Python computes, in float64, for every name that the page declares."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from functools import cache, cached_property
from typing import Any

import numpy as np

import minitorch as mt
from minitorch.autograd import Array
from transformer.decoding import beam_search
from transformer.explain import Edit, Explanation, edited, explained, in_float64, lens, parts
from transformer.explain.attribution import float64, read, read_difference
from transformer.explain.edits import sublayers
from transformer.explain.effects import predicted, unit_effect
from transformer.explain.explanation import forward, prompt_of
from transformer.explain.learning import metrics, snapshot
from transformer.explain.page import asking, held_out
from transformer.explain.page.record import _activations
from transformer.explain.trace import trace
from transformer.model.mlp import SwiGLU

def softmax(logits: Array) -> Array:
    exponentials = np.exp(logits - logits.max())
    p: Array = exponentials / exponentials.sum()
    return p


class Reference:
    """A model's answer in a state of the page, and what each declared name means in it."""

    def __init__(self, subject: Any) -> None:
        self.subject, self.task = subject, subject.task
        self.model: Any = in_float64(subject.model)
        self.kind = type(self.model).__name__
        self.tokens = list(self.task.tokenizer.tokens)
        self._explained: dict[str, Explanation] = {}
        self.learned: list[tuple[str, str]] = []  # the examples that the page shows while it learns

    # ------------------------------------------------------------------------------ the state

    def at(self, state: dict[str, Any], target: str | None) -> Reference:
        """Take the page's state; in training, `target` is what the page says is to be written."""
        self.state = state
        target = target if state["mode"] == "training" else None
        self.clean = self._explain(state["question"], target, [])
        self.edits = [self._edit(edit) for edit in state["edits"]]
        self.now = self._explain(state["question"], target, state["edits"])
        self.arrays = _activations(self.now.trace)
        self.__dict__.pop("beams", None)
        return self

    def _explain(self, question: str, target: str | None, edits: list[Any]) -> Explanation:
        key = json.dumps([question, target, edits])
        if key not in self._explained:
            made = [self._edit(edit) for edit in edits]
            found = explained(self.task, self.model, question, target=target, edits=made)
            self._explained[key] = found
        return self._explained[key]

    def _edit(self, edit: dict[str, Any]) -> Edit:
        made = Edit(edit["kind"], edit["path"], edit.get("index"), edit.get("row"))
        if "from" not in edit:
            return made
        return made.taken_from(self._explain(edit["from"], None, []).trace)

    def step_of(self, explanation: Explanation) -> tuple[int, int, int]:
        """The row, the token and the rival that are compared: those of the chosen step."""
        step = explanation.steps[min(self.state["step"], len(explanation.steps) - 1)]
        return step.row, step.token, self._rival(step)

    def _rival(self, step: Any) -> int:
        rival = self.state["rival"]
        return step.rival if rival in (None, step.token) else rival

    def box(self, trace: str) -> str:
        """The path of the sublayer in a name."""
        found = re.match(r"(.*\.(?:attention|self_attention|cross_attention|mlp))\b", trace)
        assert found, trace
        return found[1]

    def ids(self, name: str) -> list[int]:
        """The ids of the rows of an activation."""
        inputs = self.now.inputs
        memory = re.search(r"cross_attention\.[kv]$", name)
        if self.kind == "Transformer" and (name.startswith("encoder") or name.endswith("[0]") or memory):
            return inputs["source"]
        return [*inputs.values()][-1]

    def answering(self, name: str) -> list[int]:
        """The ids of the tokens that answer in an attention."""
        return self.now.inputs["source"] if "cross_attention" in name else self.ids(name)

    def label(self, token: int) -> str:
        return self.tokens[token]

    # ---------------------------------------------------------------------- what names mean

    def value(self, entry: dict[str, Any]) -> Any:
        """Return what an element must show: a number, or an array of them."""
        if entry["trace"] is not None:
            array = self.arrays[entry["trace"]]
            return array[tuple(int(i) for i in entry["at"].split(",") if i)]
        kind, _, rest = entry["what"].partition(":")
        return getattr(self, f"_{kind}")(rest, entry)

    def _sum(self, rest: str, entry: dict[str, Any]) -> float:
        row, token, rival = self.step_of(self.now)
        if entry["section"] == "attention":  # of the row that asks
            query = self.state["query"]
            step = next(s for s in self.now.steps if s.row == (row if query is None else query))
            row, token, rival = step.row, step.token, self._rival(step)
        found = parts(self.model, self.now.trace, row, token, rival, self.edits)
        special = {"total": found.total, "difference": found.difference, "error": 0.0}
        return special[rest] if rest in special else found.parts[rest]

    def _lens(self, rest: str, entry: dict[str, Any]) -> float:
        name, label = rest.split(":", 1)
        found = lens(self.model, self.now.trace, self.step_of(self.now)[0])
        return float(found[re.sub(r"\[\d\]", "", name)][self.tokens.index(label)])

    def _probability(self, rest: str, entry: dict[str, Any]) -> float:
        step, token = map(int, rest.split(":"))
        return float(self.now.steps[step].probabilities[token])

    def _loss(self, rest: str, entry: dict[str, Any]) -> float:
        if rest == "mean":
            return float(np.mean([step.loss for step in self.now.steps]))
        *when, step = rest.split(":")
        return (self.clean if when == ["before"] else self.now).steps[int(step)].loss

    # ------------------------------------------------------------------------------ ask why

    def _edited_logits(self, edits: list[Edit]) -> Array:
        with edited(self.model, edits):
            logits: Array = forward(self.model, self.clean.inputs)[0].numpy()
        return logits

    def _before(self, rest: str, entry: dict[str, Any]) -> float:
        row, _, _ = self.step_of(self.clean)
        return float(softmax(self.clean.trace["logits"][0, row])[self.tokens.index(rest)])

    def _after(self, rest: str, entry: dict[str, Any]) -> float:
        row, _, _ = self.step_of(self.clean)
        return float(softmax(self._edited_logits(self.edits)[row])[self.tokens.index(rest)])

    def _named_edit(self, name: str) -> Edit:
        """The edit that a name tells: "….heads.2", "….hidden.17@3", "….output<1+2"."""
        path, kind, index, row, other = re.fullmatch(
            r"(.*)\.(heads|hidden|output)(?:\.(\d+))?(?:@(\d+))?(?:<(.*))?", name
        ).groups()  # type: ignore[union-attr]
        kind = {"heads": "head", "hidden": "unit", "output": "sublayer"}[kind]
        told = {"index": index and int(index), "row": row and int(row), "from": other}
        return self._edit({"kind": kind, "path": path} | {k: v for k, v in told.items() if v is not None})

    def _predicted(self, rest: str, entry: dict[str, Any]) -> float:
        return predicted(self.model, self.clean.trace, *self.step_of(self.clean), self._named_edit(rest))

    def _measured(self, rest: str, entry: dict[str, Any]) -> float:
        row, token, rival = self.step_of(self.clean)
        edits = self.edits if rest == "together" else [self._named_edit(rest)]
        now, before = self._edited_logits(edits)[row], self.clean.trace["logits"][0, row]
        return float((now[token] - now[rival]) - (before[token] - before[rival]))

    # ------------------------------------------------------------------------------ writing

    @cached_property
    def beams(self) -> Any:
        width, alpha = self.state["beam"]["width"], self.state["beam"]["alpha"]
        prompt = mt.tensor([prompt_of(self.task, self.now.source)])
        most = self.task.context // 2 if self.task.name == "characters" else self.task.longest[1] + 1
        with mt.no_grad(), edited(self.model, self.edits):
            return beam_search(self.model, prompt, most, width, alpha=alpha, n_best=width)

    def _beam(self, rest: str, entry: dict[str, Any]) -> float:
        if rest.startswith("best"):
            return float(self.beams.scores[0, int(rest[4:])].item())
        [text] = [x for x in entry["words"] if "ln P" in x]
        labels = text.split(" — ")[0].split(" ")
        shown = {visible(x): i for i, x in enumerate(self.tokens)}
        ids = [shown[x] for x in labels]
        ln, penalty = self.score(ids)
        texts = [f"{x:.4f}".replace("-", "−") for x in (ln, penalty, ln / penalty)]
        assert "ln P = {0}, length {3}, length penalty {1}, score {0} / {1} = {2};".format(
            *texts, len(ids)
        ) in text, text
        return ln / penalty

    def score(self, ids: list[int]) -> tuple[float, float]:
        """ln P of a text after the prompt, and its length penalty."""
        prompt = prompt_of(self.task, self.now.source)
        inputs = {"ids": [*prompt, *ids[:-1]]}
        if self.kind == "Transformer":
            inputs = {"source": prompt, "target": [self.model.config.bos, *ids[:-1]]}
        with edited(self.model, self.edits):
            logits = forward(self.model, inputs)[0].numpy()[-len(ids) :]
        ln = sum(math.log(softmax(row)[i]) for row, i in zip(logits, ids, strict=True))
        return ln, ((5 + len(ids)) / 6) ** self.state["beam"]["alpha"]

    def _cache(self, rest: str, entry: dict[str, Any]) -> float:
        """Count what a step computes, row by row and pair by pair."""
        c, memory = self.model.config, len(self.now.inputs.get("source", []))
        rows = [step.row for step in self.now.steps]
        d_head, kv = c.d_head or c.d_model // c.n_heads, c.n_kv_heads or c.n_heads
        if rest.endswith(":times"):
            step = rest.split(":")[0]
            return self._cache(f"{step}:total:without", entry) / self._cache(f"{step}:total:with", entry)
        what, name, how = rest.split(":") if rest.count(":") == 2 else ("", *rest.split(":"))
        total = 0
        for step in [int(what)] if what else range(len(rows)):
            first = rows[step - 1] + 1 if step and how == "with" else 0
            new = range(first, rows[step] + 1)
            reads = memory if step == 0 or how == "without" else 0
            stacks = 2 if memory else 1
            counts = {
                "queries": stacks * len(new) * c.n_heads * d_head,
                "keysAndValues": 2 * (len(new) + reads) * kv * d_head,
                "scores": c.n_heads * sum(row + 1 + memory for row in new),
                "hidden": len(new) * c.d_ff * (2 if c.activation == "swiglu" else 1),
            }
            total += c.n_layers * counts.get(name, sum(counts.values()))
        return total

    # ------------------------------------------------------------------- cells and units

    def _cell(self, rest: str, entry: dict[str, Any]) -> Any:
        """A number of a cell's arithmetic: "path.head.query.key.what"."""
        found = re.fullmatch(r"(.*attention)\.(\d+)\.(\d+)\.(\d+)\.([a-z]+)\.?(.*)", rest)
        assert found, rest
        path, (head, query, key) = found[1], map(int, found.group(2, 3, 4))
        what, which = found[5], found[6]
        q, k, v = (self.arrays[f"{path}.{name}"] for name in "qkv")
        kv = head // (len(q) // len(k))
        weights = self.arrays[f"{path}.weights"][head, query]
        W_o = float64(sublayers(self.model)[path].output.weight)
        W_o = W_o.reshape(len(W_o), len(q), -1)[:, head]  # (d_model, d_head)
        if what == "dot":
            return q[head, query] @ k[kv, key]
        if what == "terms":
            return term(q[head, query] * k[kv, key], which)
        scores = self.arrays[f"{path}.scores"][head, query]
        exponentials = np.exp(scores - scores.max())  # −∞ behind the mask
        if what == "exponential":
            return exponentials[int(which)]
        if what == "sum":
            return exponentials.sum()
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
        rival = self._rival(step)
        at, _ = read_difference(self.model, self.now.trace, query, step.token, rival)
        return (added @ at[path])[key] if which == "" else rest_of(added @ at[path], key)

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
        if what == "share":  # of the answer: what the activation lets through
            pre = self.arrays[f"{path}.pre_activation"][row, unit]
            gated = f"{path}.up" in self.arrays
            return 1 / (1 + math.exp(-pre)) if gated else value / pre
        if what == "logit":
            W = float64(self.model.output.weight)
            at, _ = read(self.model, self.now.trace, row, W.T)
            pushes = column @ at[path] * (value if value else 1)
            return (pushes - pushes.mean())[int(which)]
        if what == "mean":
            return np.mean([x[unit] for i, x in self._on_examples(path) if i == int(which)])
        if what == "strongest":
            strength = abs if isinstance(sublayers(self.model)[path], SwiGLU) else float
            best = [max((x[unit] for _, x in one), key=strength) for one in self._examples(path)]
            return sorted(best, key=strength, reverse=True)[int(which)]
        return value

    def _on_examples(self, path: str) -> list[tuple[int, Array]]:
        """The id and the hidden units of each token of the page's held-out examples."""
        return [pair for one in self._examples(path) for pair in one]

    @cache
    def _examples(self, path: str) -> list[list[tuple[int, Array]]]:
        found = []
        for source, target in held_out.examples(self.task, held_out.SHOWN):
            written = asking.right_answer(self.task, target)
            inputs = asking.inputs(self.task, [source], [written])
            with mt.no_grad(), trace(self.model) as t:
                self.model(*inputs)
            ids = inputs[0 if path.startswith("encoder") else -1].numpy()[0].tolist()
            found.append(list(zip(ids, t[f"{path}.hidden"][0], strict=True)))
        return found

    def _swap(self, rest: str, entry: dict[str, Any]) -> float:
        return 0.0  # each token alone: not the last bit changes

    # ------------------------------------------------------------- mistakes and learning

    def _difference(self, rest: str, entry: dict[str, Any]) -> float:
        return 0.0  # of the page from NumPy

    def _mistakes(self, rest: str, entry: dict[str, Any]) -> float:
        found = held_out.mistakes(
            self.task, self.subject.model, held_out.examples(self.task, held_out.TESTED)
        )
        if rest in found:
            return float(found[rest])
        one = found["list"][int(rest.split(":")[0])]
        told = explained(self.task, self.model, one["source"])
        steps = told.steps[:1] if self.task.name == "characters" else told.steps
        ratio = min(s.probabilities[s.token] / s.probabilities[s.rival] for s in steps)
        return float(ratio) if rest.endswith("times") else math.log(ratio)

    @cache
    def _snapshot(self, step: int, source: str, target: str) -> Any:
        _, model = self.subject.saved.load(step)
        return snapshot(self.task, model, source, target)

    def _learning(self, rest: str, entry: dict[str, Any]) -> Any:
        run = self.subject.saved
        if rest.startswith("metrics."):
            _, name, *step = rest.split(".")
            rows = [row for row in metrics(run) if name in row]
            return [row[name] for row in rows if not step or row["step"] == int(step[0])]
        which, *names = rest.split(":")
        example = self.learned[int(which)]
        told = {step: self._snapshot(step, *example) for step in run.kept_steps()}
        losses = {step: np.mean([one.loss for one in told[step].steps]) for step in told}
        if names == ["loss"]:
            return [*losses.values()]
        then, what = told[int(names[0])], names[1]
        if what == "loss":
            return losses[int(names[0])]
        if what.isdigit():
            step, found = then.steps[int(what)], then.sums[int(what)]
            if names[2] == "probability":
                return step.probabilities[step.token]
            return found.difference if names[2] == "difference" else found.parts[names[3]]
        path, head = re.fullmatch(r"(.*)\.weights\.(\d+)", what).groups()  # type: ignore[union-attr]
        return then.weights[path][int(head)]


def term(products: Array, place: str) -> float:
    """One of the products that a sum is made of; "others": all but the five largest."""
    return float(products[int(place)]) if place != "others" else rest_of(products, None, 5)


def rest_of(terms: Array, chosen: int | None, most: int = 6) -> float:
    """The sum of all but the largest, and the chosen one."""
    order = sorted(range(len(terms)), key=lambda i: -abs(terms[i]))
    shown = {*order[:most]} | ({chosen} if chosen is not None else set())
    return float(sum(x for i, x in enumerate(terms) if i not in shown))


def visible(text: str) -> str:
    """A token as the page shows it: what is invisible is said."""
    known = {" ": "␣", "\n": "↵", "\t": "⇥"}
    return "".join(
        known.get(c, f"⟨{ord(c):04X}⟩") if c.isspace() or unicodedata.category(c)[0] == "C" else c
        for c in text
    )
