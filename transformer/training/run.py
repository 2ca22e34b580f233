"""A run on disk: the files from which a trained model is used, judged, and trained further.

    config.json          the task, and the configurations of the model and of its training
    state.safetensors    all that the next step depends on, so that training can be resumed
    model.safetensors    the parameters that did best on held-out examples
    metrics.csv          a row for each evaluation
    kept-….safetensors   the parameters after each of `TrainingConfig.kept_steps`: kept-000026 …
    loss.png             the metrics, drawn; and attention.png
    .lock                the lock of the process that trains the run

A save is atomic, although it writes three files and the process may be killed between two of them.
The metrics and the best parameters are first written under temporary names. Then the new state,
which holds the metrics and the present parameters too, replaces the old one in one step. Then the
other files take their places. `resume` makes all files agree with the state that it finds:

    killed before the state was replaced   temporary files are removed: the save before is whole
    killed after that                      model.safetensors and metrics.csv are written again

Parameters that are kept are written as soon as their step was taken. Those of later steps than the
state's are removed by `resume`: the training takes these steps again.

All checkpoints also hold the configuration they were made with. So a `config.json` that was
changed, or is another run's, is noticed.
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
from . import checks, ranks
from .config_file import as_json, configured, difference
from .directory import CONFIG, METRICS, MODEL, STATE, RunError, kept, shown
from .loop import Training
from .saved import SavedRun
from .state import TrainingState

__all__ = ["Run", "RunError"]


def _computing_with() -> dict[str, str]:
    """Return what the last bits of the numbers depend on."""
    found = mt.show_config(mode="dicts") or {}
    names = ("numpy", "blas", "kernels", "threads")
    return {"ranks": str(ranks.count()), **{name: found[name] for name in names}}


class Run(SavedRun):
    """The directory of a run. Nothing is written there before `start` or `resume`.

    These lock it: no other process can train the run until `close`, the end of a `with` block, or
    the end of the process. Others may `load` it meanwhile. Within one process, the object that
    started or resumed the run last holds the lock.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        super().__init__(directory)
        self._training: TrainingState | None = None  # the one that was started or resumed here
        self._config: dict[str, Any] = {}  # its config.json
        self._computed_with: dict[str, str] = {}

    def _write_config(self, config: dict[str, Any]) -> None:
        self._config = config
        self.write_new(CONFIG, json.dumps(config, indent=2) + "\n")
        self.put_in_place(CONFIG)

    def _model(self, training: TrainingState) -> dict[str, Any]:
        """Return the content of a file that holds the present parameters."""
        model = training.model.state_dict()
        return {"config": self._config, "step": training.step, "model": model}

    def _check_started(self, training: TrainingState) -> None:
        """Raise RunError unless this is the training that was started or resumed here."""
        if training is not self._training or not self.is_ours:
            raise RunError(
                f"cannot save to {shown(self.directory)}: this Run has not started or resumed this "
                "training, or lost it (a save failed, another Run took over, or the directory or "
                "its .lock was moved)"
            )

    def _write_new_results(self, training: TrainingState) -> list[str]:
        """Write the metrics, and parameters that are the best, under temporary names.

        Returns:
            the names that the files are to get.
        """
        best, rows, table = training.best_step(), training.metrics, io.StringIO()
        columns = dict.fromkeys(name for row in rows for name in row)
        writer = csv.DictWriter(table, columns or ["step", "loss", "learning_rate"])
        writer.writeheader()
        writer.writerows(rows)
        self.write_new(METRICS, table.getvalue())
        if best != training.step:
            return [METRICS]
        self.write_new(MODEL, self._model(training))
        return [MODEL, METRICS]

    def start(self, training: TrainingState) -> Path | None:
        """Lock the directory, and write the configuration of a new training; `keep` its step 0.

        Returns:
            where a run that was in the directory has been moved to; None if there was none.

        Raises:
            RunError: the directory cannot be written, is in training by another process, or holds
                files that are not of a run. Then nothing has changed.
        """
        if not isinstance(training, TrainingState):
            raise TypeError(f"Run.start: needs a TrainingState, not a {type(training).__name__}")
        self._training = None
        config = as_json(training.task, training.model.config, training.config)
        ranks.check_same_run("a new one", config)
        if not ranks.is_first():
            return None
        try:
            self.claim()
            self._write_config(config)
            self._training = training
            self.keep(training)
        except BaseException:
            self.close()
            raise
        self._computed_with = _computing_with()
        return self.moved

    def keep(self, training: TrainingState) -> None:
        """Write the parameters to a file of their own, if the present step is one to keep.

        Which are is up to `training.config.kept_steps`. This is to be called after each step, and
        before the `save` of the same step: so a training that is killed in between keeps it, too.

        Raises:
            RunError: as for `save`; the state is still whole.
            Diverged: a parameter is not finite.
        """
        if training.step in training.config.kept_steps and ranks.is_first():
            self._check_started(training)
            checks.parameters(training)
            with self.writing(kept(training.step)) as path:
                mt.save(self._model(training), path)

    def save(self, training: TrainingState) -> None:
        """Save the state and the metrics, and in `model.safetensors` the best parameters.

        The parameters are the best if they have just been evaluated, and no evaluation before gave
        a better score. All others are saved in the state alone.

        Args:
            training: the one that was started or resumed here.

        Raises:
            RunError: it is another, or the disk has an error; the message says what is still whole.
                After an error while files are being replaced, `resume` is needed to save again.
            ValueError: the training's metrics are not rows of evaluations.
        """
        if not ranks.is_first():
            return
        self._check_started(training)
        names = self._write_new_results(training)
        about = {"config": self._config, "computed_with": self._computed_with}
        self._training = None  # from here to the end, what is on disk may not be what we think
        with self.writing(STATE) as path:
            mt.save(about | training.state_dict(), path)
        for name in names:
            self.put_in_place(name)
        self._training = training

    def _resumed(self, steps: int | None, given: TrainingState | None) -> TrainingState:
        config = self._read_config()
        state = self._checkpoint(STATE, config)
        with self.reading(STATE):
            steps_before = state.pop("config", config)["training"]["steps"]
            computed_before = {"ranks": "1", **state.pop("computed_with", self._computed_with)}
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
        training = given or Training(task, model_config, training_config)
        training.config = training_config
        with self.reading(STATE):
            training.load_state_dict(state)
            best = training.best_step()

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
        self._drop_kept(after=step)
        return training

    def _resume(self, steps: int | None, given: TrainingState | None) -> TrainingState:
        """Resume the run in every rank: rank 0 reads it, and the others get what it has read."""
        config = {} if given is None else as_json(given.task, given.model.config, given.config)
        to = "" if steps is None else f" to step {steps}"
        ranks.check_same_run(f"resumed{to}", config)
        read = self._read(steps, given) if ranks.is_first() else None
        if read is not None and not ranks.are_several():
            return read
        config, state = ranks.from_first(
            read and [as_json(read.task, read.model.config, read.config), read.state_dict()]
        )
        if read is not None:
            return read
        task, model_config, training_config = configured(config)
        training = given or Training(task, model_config, training_config)
        training.config = training_config
        training.load_state_dict(state)
        return training

    def _read(self, steps: int | None, given: TrainingState | None) -> TrainingState:
        self._training = None
        self._read_config()  # raises if there is no run, before anything is locked
        try:
            with self.writing(".lock"):
                self.own()
            self._computed_with = _computing_with()
            self._training = self._resumed(steps, given)
        except BaseException:
            self.close()
            raise
        return self._training

    def resume(self, steps: int | None = None) -> Training:
        """Return the training as it was last saved, and make the other files agree with it.

        Warns if the number of steps has changed, or if NumPy, BLAS, the kernels or the number of
        threads or processes have: then the last bits may differ from those of a training that never
        stopped.

        Args:
            steps: the new last step, which changes `config.json` and the schedule of the learning
                rate, and from here on the steps that are kept. None: as `config.json` says.

        Raises:
            RunError: there is no run, it was stopped before its first save, it is damaged or its
                configuration was changed, or it is in training by another process. Then nothing
                has changed.
            ValueError: `steps` is no number of steps.
        """
        training = self._resume(steps, None)
        assert isinstance(training, Training)
        return training

    def restore(self, training: TrainingState, steps: int | None = None) -> None:
        """Do as `resume`, with a training that is made already: bring it to where the run was.

        Its `config` becomes the run's, so that the seed, the number of steps and what is kept are
        those of the run. The scheduler of its learning rate is best made after that, for
        `training.step`.

        Raises:
            RunError: as for `resume`; or the run was started with another task, other sizes of the
                model or other hyperparameters.
        """
        if not isinstance(training, TrainingState):
            raise TypeError(f"Run.restore: needs a TrainingState, not a {type(training).__name__}")
        if ranks.is_first():
            task, model_config, config = self.config()
            mine = replace(training.config, seed=config.seed, keep=config.keep)
            here = as_json(training.task, training.model.config, mine)
            if change := difference(as_json(task, model_config, config), here):
                raise RunError(
                    f"the run in {shown(self.directory)} was started otherwise: {change}. Go on "
                    "with what started it"
                )
        self._resume(steps, training)
