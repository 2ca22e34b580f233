"""What Python computes of a training, and of held-out questions, for what a page has recorded."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from transformer.explain import explained
from transformer.explain.learning import metrics, snapshot
from transformer.explain.page import held_out


class Records:
    """What a page shows of mistakes and of learning; `Reference` has the model."""

    task: Any
    model: Any
    subject: Any
    learned: list[tuple[str, str]]
    kept: dict[Any, Any]

    def _difference(self, rest: str, entry: dict[str, Any]) -> float:
        return 0.0  # of the page from NumPy

    def _mistakes(self, rest: str, entry: dict[str, Any]) -> float:
        if "mistakes" not in self.kept:
            questions = held_out.examples(self.task, held_out.TESTED)
            self.kept["mistakes"] = held_out.mistakes(self.task, self.subject.model, questions)
        found = self.kept["mistakes"]
        if rest in found:
            return float(found[rest])
        one = found["list"][int(rest.split(":")[0])]
        told = explained(self.task, self.model, one["source"])
        steps = told.steps[:1] if self.task.name == "characters" else told.steps
        ratio = min(s.probabilities[s.token] / s.probabilities[s.rival] for s in steps)
        return float(ratio) if rest.endswith("times") else math.log(ratio)

    def _snapshot(self, *key: Any) -> Any:
        step, source, target = key
        if key not in self.kept:
            _, model = self.subject.saved.load(step)
            self.kept[key] = snapshot(self.task, model, source, target)
        return self.kept[key]

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
