"""What Python computes, in float64, for every name that the page declares."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from expected_parts import Parts
from expected_records import Records

import minitorch as mt
from minitorch.autograd import Array
from transformer.decoding import beam_search
from transformer.explain import (
    Edit,
    Explanation,
    asking,
    edited,
    explained,
    in_float64,
    lens,
    parts,
)  # fmt: skip
from transformer.explain.attribution import float64, read_difference
from transformer.explain.edits import sublayers
from transformer.explain.effects import predicted
from transformer.explain.explanation import forward
from transformer.explain.page.record import activations


def softmax(logits: Array) -> Array:
    exponentials = np.exp(logits - logits.max())
    p: Array = exponentials / exponentials.sum()
    return p


class Reference(Parts, Records):
    """A model's answer in a state of the page, and what each declared name means in it."""

    def __init__(self, subject: Any) -> None:
        self.subject, self.task = subject, subject.task
        self.model: Any = in_float64(subject.model)
        self.kind = type(self.model).__name__
        self.tokens = list(self.task.tokenizer.tokens)
        self._explained: dict[str, Explanation] = {}
        self.learned: list[tuple[str, str]] = []  # the examples of which the page tells a training
        self.kept: dict[Any, Any] = {}  # what takes a while to compute

    # ------------------------------------------------------------------------------ the state

    def at(self, state: dict[str, Any], target: str | None) -> Reference:
        """Take the page's state; in training, `target` is what the page says is to be written."""
        self.state = state
        target = target if state["mode"] == "training" else None
        self.clean = self._explain(state["question"], target, [])
        self.edits = self._made(state["edits"])
        self.now = self._explain(state["question"], target, state["edits"])
        self.arrays = activations(self.now.trace)
        self.__dict__.pop("beams", None)
        return self

    def _explain(self, question: str, target: str | None, edits: list[Any]) -> Explanation:
        key = json.dumps([question, target, edits])
        if key not in self._explained:
            made = self._made(edits)
            found = explained(self.task, self.model, question, target=target, edits=made)
            self._explained[key] = found
        return self._explained[key]

    def _made(self, edits: list[dict[str, Any]]) -> list[Edit]:
        """Make the edits of a state; what is taken from a shorter text fills its rows alone."""
        made = []
        for edit in edits:
            one = Edit(edit["kind"], edit["path"], edit.get("index"), edit.get("row"))
            if "from" in edit:
                one = one.taken_from(self._explain(edit["from"], None, []).trace)
                rows = range(one.length) if one.row is None else [one.row]
                made += [replace(one, row=row) for row in rows if row < one.length]
            else:
                made.append(one)
        return made

    def step_of(self, explanation: Explanation) -> tuple[int, int, int]:
        """The row, the token and the rival that are compared, at the chosen step."""
        step = explanation.steps[min(self.state["step"], len(explanation.steps) - 1)]
        return step.row, step.token, self._rival(step)

    def _rival(self, step: Any) -> int:
        rival = self.state["rival"]
        return step.rival if rival in (None, step.token) else rival

    def ids(self, name: str) -> list[int]:
        """The ids of the rows of an activation."""
        inputs = self.now.inputs
        memory = re.search(r"cross_attention\.[kv]$", name)
        of_source = name.startswith("encoder") or name.endswith("[0]") or memory
        if self.kind == "Transformer" and of_source:
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
            at = [i for i in entry["at"].split(",") if i]
            return array[tuple(slice(int(i[1:])) if i[0] == ":" else int(i) for i in at)]
        kind, _, rest = entry["what"].partition(":")
        return getattr(self, f"_{kind}")(rest, entry)

    def _sum(self, rest: str, entry: dict[str, Any]) -> float:
        found = parts(self.model, self.now.trace, *self.step_of(self.now), self.edits)
        special = {"total": found.total, "difference": found.difference, "error": 0.0}
        return special[rest] if rest in special else found.parts[rest]

    def _sum_at(self, rest: str, entry: dict[str, Any]) -> float:
        """A part of the sum at any step, against the runner-up: "step:name"."""
        i, name = rest.split(":")
        step = self.now.steps[int(i)]
        at = step.row, step.token, step.rival
        found = parts(self.model, self.now.trace, *at, self.edits)
        return found.parts[name]

    def _lens(self, rest: str, entry: dict[str, Any]) -> float:
        return self._read(f"{self.step_of(self.now)[0]}:{rest}", entry)

    def _read(self, rest: str, entry: dict[str, Any]) -> float:
        """By the lens, of a row: "row:stream:token"."""
        row, name, label = rest.split(":", 2)
        found = lens(self.model, self.now.trace, int(row))
        return float(found[re.sub(r"\[\d\]", "", name)][self.tokens.index(label)])

    def _probability(self, rest: str, entry: dict[str, Any]) -> float:
        step, token = map(int, rest.split(":"))
        return float(self.now.steps[step].probabilities[token])

    def _answer(self, rest: str, entry: dict[str, Any]) -> float:
        """The probability of the whole answer."""
        return math.prod(float(step.probabilities[step.token]) for step in self.now.steps)

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

    def _consequence(self, rest: str, entry: dict[str, Any]) -> float:
        """Of the edits: "before:2", the probability of a step's token; "loss:after", the mean."""
        when, _, step = rest.rpartition(":")
        if when == "loss":
            steps = (self.clean if step == "before" else self.now).steps
            return float(np.mean([one.loss for one in steps]))
        both = self.clean.trace["logits"][0], self._edited_logits(self.edits)
        before, after = (
            np.array([softmax(logits[one.row])[one.token] for one in self.clean.steps])
            for logits in both
        )
        changes = abs(after - before)
        assert changes[int(step)] > changes.max() - 1e-12
        return float((before if when == "before" else after)[int(step)])

    def _term(self, path: str, entry: dict[str, Any]) -> float:
        """The terms of a sublayer in the sum of the whole model."""
        found = parts(self.model, self.clean.trace, *self.step_of(self.clean)).parts
        return sum(x for name, x in found.items() if name.startswith(f"{path}."))

    def _bias(self, path: str, entry: dict[str, Any]) -> float:
        """What the bias of a sublayer adds to the logit difference."""
        at, _ = read_difference(self.model, self.clean.trace, *self.step_of(self.clean))
        sublayer = sublayers(self.model)[path]
        last = sublayer.down if path.endswith("mlp") else sublayer.output
        return float(at[path] @ float64(last.bias))

    def _named_edit(self, name: str) -> list[Edit]:
        """The edit that a name tells: "….heads.2", "….hidden.17@3", "….output<1+2"."""
        pattern = r"(.*)\.(heads|hidden|output)(?:\.(\d+))?(?:@(\d+))?(?:<(.*))?"
        found = re.fullmatch(pattern, name)
        assert found, name
        kind = {"heads": "head", "hidden": "unit", "output": "sublayer"}[found[2]]
        numbers = {"index": found[3], "row": found[4]}
        told = {what: int(x) for what, x in numbers.items() if x}
        other = {} if found[5] is None else {"from": found[5]}
        return self._made([{"kind": kind, "path": found[1], **told, **other}])

    def _predicted(self, rest: str, entry: dict[str, Any]) -> float:
        at = self.step_of(self.clean)
        edits = self._named_edit(rest)
        return sum(predicted(self.model, self.clean.trace, *at, edit) for edit in edits)

    def _measured(self, rest: str, entry: dict[str, Any]) -> float:
        row, token, rival = self.step_of(self.clean)
        edits = self.edits if rest == "together" else self._named_edit(rest)
        now, before = self._edited_logits(edits)[row], self.clean.trace["logits"][0, row]
        return float((now[token] - now[rival]) - (before[token] - before[rival]))

    # ------------------------------------------------------------------------------ writing

    @cached_property
    def beams(self) -> Any:
        width, alpha = self.state["beam"]["width"], self.state["beam"]["alpha"]
        prompt = mt.tensor([asking.prompt(self.task, self.now.source)])
        is_text = self.task.name == "characters"
        most = self.task.context // 2 if is_text else self.task.longest[1] + 1
        with mt.no_grad(), edited(self.model, self.edits):
            return beam_search(self.model, prompt, most, width, alpha=alpha, n_best=width)

    def _beam(self, rest: str, entry: dict[str, Any]) -> float:
        if rest.startswith("best"):
            return float(self.beams.scores[0, int(rest[4:])].item())
        if rest.startswith("probability"):
            ids = self.beams.ids.numpy()[0, int(rest[11:])].tolist()
            end = self.model.config.eos
            return math.exp(self.score(ids[: ids.index(end) + 1] if end in ids else ids)[0])
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
        prompt = asking.prompt(self.task, self.now.source)
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
            totals = [rest.replace("times", f"total:{how}") for how in ("without", "with")]
            without, saved = (self._cache(total, entry) for total in totals)
            return without / saved
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


def visible(text: str) -> str:
    """A token as the page shows it: what is invisible is said."""
    known = {" ": "␣", "\n": "↵", "\t": "⇥"}
    return "".join(
        known.get(c, f"⟨{ord(c):04X}⟩") if c.isspace() or unicodedata.category(c)[0] == "C" else c
        for c in text
    )
