"""A run on disk: the files from which a trained model is used, judged, and trained further.

    config.json          the task, and the configurations of the model and of its training
    state.safetensors    all that the next step depends on, so that training can be resumed
    model.safetensors    the parameters that did best on held-out examples
    metrics.csv          a row for each evaluation
    loss.png             the metrics, drawn; and attention.png
    .lock                is there while the run is in training

A save is one act. It writes three files, and whatever ends the process may do so between two of
them. So the state decides: it holds the metrics, and where the present parameters are the best,
those as well. The others are written first under names of their own; then the new state takes the
place of the old in one step, and the others follow. Whatever was saved last, `resume` puts the
files in the order that this state says:

    ended before the state was replaced    the save before is whole; what was begun is removed
    ended after it                         model.safetensors and metrics.csv are written again

Both checkpoints, state and model, also hold the configuration they were made with, so that
`config.json` cannot be changed, or be another run's, without notice.
"""

from __future__ import annotations

import csv
import io
import json
import os
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import minitorch as mt

from ..fields import checked
from ..model.config import TransformerConfig
from ..tasks import Model, Task
from .checks import fitting
from .config import TrainingConfig
from .config_file import as_json, configured, differences
from .directory import CONFIG, METRICS, MODEL, STATE, Directory, RunError, shown
from .loop import Training

__all__ = ["Run", "RunError"]


def _best_step(training: Training) -> int | None:
    """Return the step whose parameters did best; of equals, the last. None if none was evaluated.

    Parameters that no evaluation has measured are saved in the state alone.

    Raises:
        ValueError: the metrics are not rows of evaluations, in order.
    """
    try:
        scores = [(training.task.score(row), row["step"]) for row in training.metrics]
        steps = [step for _, step in scores]
        if steps == sorted(set(steps)) and (not steps or steps[-1] <= training.step):
            return int(max(scores)[1]) if scores else None
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"a row of the metrics is no evaluation: {error!r}") from None
    raise ValueError(
        f"the steps of the metrics are out of order, or after {training.step}: {steps}"
    )


def _computing_with() -> dict[str, str]:
    """Return what the last bits of the numbers depend on."""
    found = mt.show_config(mode="dicts") or {}
    return {name: found[name] for name in ("numpy", "blas", "kernels", "threads")}


class Run(Directory):
    """The directory of a run. Nothing is written there before `start` or `resume`.

    From then on it belongs to this object, and no other process can train it, until `close`, the
    end of a `with` block, or the end of the process. Anyone may `load` it meanwhile. Within one
    process, the object that started or resumed it last has it.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        super().__init__(directory)
        self._training: Training | None = None  # the one that was started or resumed here
        self._config: dict[str, Any] = {}  # its config.json
        self._computed_with: dict[str, str] = {}

    def _write_config(self, config: dict[str, Any]) -> None:
        self._config = config
        self.write_new(CONFIG, json.dumps(config, indent=2) + "\n")
        self.put_in_place(CONFIG)

    def _write_new_results(self, training: Training) -> list[str]:
        """Write metrics and, if they are the best, parameters under new names; return their own."""
        best, rows, table = _best_step(training), training.metrics, io.StringIO()
        columns = dict.fromkeys(name for row in rows for name in row)
        writer = csv.DictWriter(table, columns or ["step", "loss", "learning_rate"])
        writer.writeheader()
        writer.writerows(rows)
        self.write_new(METRICS, table.getvalue())
        if best != training.step:
            return [METRICS]
        model = {
            "config": self._config,
            "step": training.step,
            "model": training.model.state_dict(),
        }
        self.write_new(MODEL, model)
        return [MODEL, METRICS]

    def start(self, training: Training) -> Path | None:
        """Write the configuration of a new training.

        Returns:
            where a run that was in the directory is now: moved aside whole, in one step; or None.

        Raises:
            RunError: the directory cannot be written, is in training by another process, or holds
                files that are not of a run. Then nothing has changed.
        """
        if not isinstance(training, Training):
            raise TypeError(f"Run.start: needs a Training, not a {type(training).__name__}")
        self._training = None
        try:
            self.claim()
            self._write_config(as_json(training.task, training.model.config, training.config))
        except BaseException:
            self.close()
            raise
        self._computed_with = _computing_with()
        self._training = training
        return self.moved

    def save(self, training: Training) -> None:
        """Save the state; the metrics; and the parameters, if they were evaluated as the best.

        The best parameters so far are those of the last evaluation, unless one before did better.
        Parameters that no evaluation has measured are saved in the state alone.

        Args:
            training: the one that was started or resumed here.

        Raises:
            RunError: it is another, or the disk has an error; the message says what is still whole.
                If that was while files took their places, nothing more is saved before `resume`.
            ValueError: the training's metrics are not rows of evaluations.
        """
        if training is not self._training or not self.is_ours:
            raise RunError(
                f"cannot save to {shown(self.directory)}: this Run has not started or resumed this "
                "training, or lost it (a save failed, another Run took over, or the directory or "
                "its .lock was moved)"
            )
        names = self._write_new_results(training)
        about = {"config": self._config, "computed_with": self._computed_with}
        self._training = None  # from here to the end, what is on disk may not be what we think
        with self.writing(STATE) as path:
            mt.save(about | training.state_dict(), path)
        for name in names:
            self.put_in_place(name)
        self._training = training

    def _read_config(self) -> dict[str, Any]:
        with self.reading(CONFIG) as path:
            config: dict[str, Any] = json.loads(path.read_bytes())
            configured(config)  # raises if it is damaged
        return config

    def config(self) -> tuple[Task, TransformerConfig, TrainingConfig]:
        """Return the task, and the configurations of its model and of the training.

        Raises:
            RunError: there is no run, or it is damaged.
        """
        return configured(self._read_config())

    def _checkpoint(self, name: str, config: dict[str, Any]) -> dict[str, Any]:
        """Read a checkpoint, and make sure that it was made with the configuration."""
        with self.reading(name) as path:
            content = mt.load(path)
            if not isinstance(content, dict):
                raise ValueError(f"it holds a {type(content).__name__}, not the parts of a run")
            saved = content.get("config", config)
            configured(saved)  # raises if it is damaged
            changes = differences(saved, config)
        if changes:
            raise RunError(
                f"{shown(self.directory / CONFIG)} does not fit {name}: {changes[0]}"
                f"{f', and {len(changes) - 1} more' * (len(changes) > 1)}. Put it back as it was"
            )
        return content

    def _resumed(self, steps: int | None) -> Training:
        config = self._read_config()
        state = self._checkpoint(STATE, config)
        with self.reading(STATE):
            steps_before = state.pop("config", config)["training"]["steps"]
            computed_before = dict(state.pop("computed_with", self._computed_with))
        task, model_config, training_config = configured(config)
        steps_here = training_config.steps
        if steps is not None:
            training_config = replace(training_config, steps=steps)
        with self.reading(STATE):
            step, steps = checked("step of the state", state["step"], int), training_config.steps
        if steps < step or (steps == step and steps != steps_before):
            raise RunError(
                f"the run in {shown(self.directory)} has taken {step} of {steps_before} steps, and "
                f"cannot be trained to step {steps}: give more than {step} steps"
            )
        training = Training(task, model_config, training_config)
        with self.reading(STATE):
            training.load_state_dict(state)
            best = _best_step(training)

        if best not in (step, None):
            found = self._checkpoint(MODEL, config).get("step", best)
            if found != best:
                raise RunError(
                    f"{shown(self.directory / MODEL)} is of step {found}, but the best parameters "
                    f"were those of step {best}: put that file back. {STATE} is whole"
                )
        for name, now in self._computed_with.items():
            if computed_before.get(name) != now:
                warnings.warn(
                    f"the training was computed with {name} {computed_before.get(name)}, and goes "
                    f"on with {now}: the last bits of its numbers may differ",
                    stacklevel=3,
                )
        if steps != steps_before:
            was = replace(training_config, steps=steps_before).learning_rate(max(step, 1))
            warnings.warn(
                f"the training goes on to step {steps}, no longer {steps_before}: its learning "
                f"rate, {was:.2g} at step {step}, is {training_config.learning_rate(step + 1):.2g} "
                f"at step {step + 1}",
                stacklevel=3,
            )
        self._config = config
        if steps != steps_here:
            self._write_config(config | {"training": config["training"] | {"steps": steps}})
        for name in self._write_new_results(training):
            self.put_in_place(name)
        return training

    def resume(self, steps: int | None = None) -> Training:
        """Return the training as it was last saved, and put the other files in that order.

        It warns where the last bits may differ from those of a training that was never stopped, as
        BLAS or the number of threads have changed, and where the number of steps has.

        Args:
            steps: train to this step, longer or shorter than before; `config.json` is changed, and
                the schedule of the learning rate follows. None: as `config.json` says.

        Raises:
            RunError: there is no run, it was stopped before its first save, it is damaged or its
                configuration was changed, or it is in training by another process. Then nothing
                has changed.
            ValueError: `steps` is no number of steps.
        """
        self._training = None
        self._read_config()  # raises if there is no run, before anything is locked
        try:
            with self.writing(".lock"):
                self.own()
            self._computed_with = _computing_with()
            self._training = self._resumed(steps)
        except BaseException:
            self.close()
            raise
        return self._training

    def load(self) -> tuple[Task, Model]:
        """Return the task, and the model with its best parameters, ready to answer.

        Raises:
            RunError: there is no run, it has saved no model yet, it is damaged, or its
                configuration was changed.
        """
        config = self._read_config()
        content = self._checkpoint(MODEL, config)
        task, model_config, _ = configured(config)
        model = task.model(model_config)
        with self.reading(MODEL):
            # Until it held the configuration, too, the file was the parameters alone.
            is_new = content.keys() == {"config", "step", "model"}
            found = content["model"] if is_new else content
            model.load_state_dict(fitting("the model", found, model.state_dict()))
        model.eval()
        return task, model
