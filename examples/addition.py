"""A Transformer learns to add.

    python examples/addition.py

It sees characters, `12+345=`, and is shown the right answers to a small part of all sums. Nobody
tells it that they are digits, what their places mean, or how to carry. In less than a minute it
answers sums that it has never seen. The trained model is in `runs/addition/`; ask it with

    transformer solve runs/addition "12+34"

With `mpiexec -n 2` before it, two processes share the work (`python -m pip install -e '.[mpi]'`).

This is all of a training; `transformer train addition` does the same, to the last bit. Read on in
`transformer/tasks/addition.py`, on what there is to learn, and `transformer/model/models.py`, on
the model, box by box. For a task of your own, begin with a copy of this file and of the task's;
`TASKS[Mine.name] = Mine`, with the `TASKS` of `transformer.tasks`, lets its runs be read again.
"""

import argparse

from minitorch import manual_seed, nn
from minitorch.utils.data import DataLoader
from transformer import Transformer, cli
from transformer.tasks import Addition
from transformer.training import (
    Batches,
    Interrupted,
    Parallel,
    TrainingConfig,
    TrainingState,
    adamw,
)
from transformer.training.progress import Progress
from transformer.training.report import report
from transformer.training.run import Run


def learn_to_add(options: argparse.Namespace) -> int:
    """Train a Transformer, ask it, and report on it; return the exit code."""
    # What there is to learn, and the hyperparameters; --steps and --seed change two of them.
    task = Addition(digits=3)
    config = TrainingConfig(steps=800, batch_size=128, lr=4e-3, warmup=100, keep=12)
    config = cli.configured(options, config)

    # What learns it: a model with random parameters, and an optimizer that will improve them.
    manual_seed(config.seed)
    model = Transformer(task.model_config())
    optimizer = adamw(model.parameters(), config)
    training = TrainingState(task, model, optimizer, config)
    parallel = Parallel(model)  # the model; under `mpiexec -n 4`, of four processes

    console = cli.Screen()
    with Run(options.out) as run:
        # A new run, in runs/addition/; or with --resume the one there, with its seed and steps.
        cli.start_or_resume(options, run, training, console)
        cli.show_model(model, console)
        config, done = training.config, training.step
        scheduler = config.scheduler(optimizer, done)  # of the learning rate: warm-up, then decay
        batches, todo = Batches(task, config), range(done, config.steps)

        progress = Progress(console, done, config.steps, config.batch_size)
        with progress, Interrupted() as interrupted:
            # Step i learns from batch i: token ids, source (128, S) and target (128, 1 + T).
            for source, target in DataLoader(batches, batch_size=None, sampler=todo):
                if training.finished or interrupted.pressed:  # Ctrl-C was pressed
                    break
                optimizer.zero_grad()
                # The mean of -ln P(right token): the cross-entropy.
                loss = parallel.loss(source, target, label_smoothing=config.label_smoothing)
                loss.backward()  # the gradient of each parameter
                norm = nn.utils.clip_grad_norm_(model.parameters(), config.clip)
                optimizer.step()
                scheduler.step()
                training.record(loss, norm)
                run.keep(training)  # 12 times: the parameters, to see later how it learned

                progress.step(training.step, loss.item())
                if training.evaluation_due:
                    row = training.evaluate()  # on sums that training never shows
                    run.save(training)
                    progress.evaluation(row)
        if not training.finished:
            run.save(training)
            return cli.stopped(options, run, training, console)

        if not run.is_ours:  # but another process's, which goes on alone
            return 0
        _, best = run.load()  # the model, with the parameters that did best when evaluated
        console.print("12+34 =", task.solve(best, "12+34"), markup=False)
        report(run, training, console)
    return 0


if __name__ == "__main__":
    parser = cli.Parser("python examples/addition.py", description="A Transformer learns to add.")
    cli.add_run_flags(parser, Addition, learn_to_add)
    raise SystemExit(cli.run_command(parser))
