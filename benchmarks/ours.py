"""The works on minitorch and transformer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import minitorch as mt
from minitorch import nn, optim
from minitorch.nn import functional as F
from transformer.decoding.sampling import greedy
from transformer.model.models import BERT, GPT
from transformer.model.weights import bert_config
from transformer.tasks import Addition
from transformer.training.loop import adamw
from transformer.training.ranks import Parallel

from .start import Arrays, batches, gpt_config, mlp, split
from .works import MINILM, OPERATIONS, Work

Run = Callable[[], float]
"""Does a work once, and returns a number on which all sides must agree."""


def training_step(work: Work, arrays: Arrays) -> Run:
    """Forward, backward, Adam."""
    assert work.size is not None
    parameters, data = split(arrays)
    model = GPT(gpt_config(work.size))
    model.load_state_dict({name: mt.from_numpy(a) for name, a in parameters.items()})
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    ids = mt.from_numpy(data["ids"])
    parallel = Parallel(model)

    def run() -> float:
        loss = parallel.loss(ids)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return run


def addition_step(work: Work, arrays: Arrays) -> Run:
    """A step of the addition example: forward, backward, the gradient clipped, AdamW."""
    start, data = split(arrays)
    task = Addition()
    config = task.training_config
    model = task.model(task.model_config())
    model.load_state_dict({name: mt.from_numpy(a) for name, a in start.items()})
    parameters = list(model.parameters())
    optimizer = adamw(parameters, replace(config, lr=1e-3))
    source, target = mt.from_numpy(data["source"]), mt.from_numpy(data["target"])
    parallel = Parallel(model)

    def run() -> float:
        loss = parallel.loss(source, target)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, config.clip)
        optimizer.step()
        return float(loss.item())

    return run


def mlp_step(work: Work, arrays: Arrays) -> Run:
    """Forward, the mean of the squared errors, backward, SGD."""
    start, data = split(arrays)
    model = mlp(work)
    model.load_state_dict({name: mt.from_numpy(a) for name, a in start.items()})
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    x, y = mt.from_numpy(data["x"]), mt.from_numpy(data["y"])

    def run() -> float:
        loss = F.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return run


def generation(work: Work, arrays: Arrays) -> Run:
    """Decode greedily as many tokens as the context holds."""
    assert work.size is not None
    parameters, data = split(arrays)
    model = GPT(gpt_config(work.size))
    model.load_state_dict({name: mt.from_numpy(a) for name, a in parameters.items()})
    model.eval()
    prompt = mt.from_numpy(data["ids"])

    def run() -> float:
        written = greedy(model, prompt, work.size.context - 1)  # type: ignore[union-attr]
        return float(written.numpy().sum())

    return run


def embedding(work: Work, arrays: Arrays) -> Run:
    """Turn sentences into the means of their tokens' last hidden states, scaled to length 1."""
    parameters, data = split(arrays)
    model = BERT(bert_config(MINILM), head=False).eval()
    model.load_state_dict({name: mt.from_numpy(a) for name, a in parameters.items()})
    texts = [mt.from_numpy(ids) for ids in batches(data["ids"])]

    @mt.no_grad()
    def run() -> float:
        total = 0.0
        for ids in texts:
            real = (ids != 0).unsqueeze(-1)
            mean = (model.encode(ids) * real).sum(1) / real.sum(1)
            total += (mean / mean.norm(dim=-1, keepdim=True)).abs().sum().item()
        return total

    return run


def operation(work: Work, arrays: Arrays) -> Run:
    """A chain of products and sums on an array that costs nothing itself."""
    x = mt.tensor(arrays["data.x"], requires_grad=True)

    def run() -> float:
        y = x
        for _ in range(OPERATIONS // 2):
            y = y * x + x
        x.grad = None
        y.sum().backward()
        return float(x.grad is not None)

    return run
