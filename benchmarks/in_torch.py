"""The works on PyTorch: as it is, with Adam as one kernel, and compiled."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from transformer.model.layouts import BERT_BASE
from transformer.model.layouts import _expand as expand
from transformer.training.config import TrainingConfig

from .models_torch import GPT, EncoderDecoder
from .works import MINILM, OPERATIONS, Work

Arrays = dict[str, Any]
Run = Callable[[], float]

warnings.filterwarnings("ignore", message="enable_nested_tensor")
torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())))


def gpt(work: Work, arrays: Arrays) -> GPT:
    size = work.size
    assert size is not None
    return GPT(size.vocab, size.context, size.layers, size.heads, size.width, arrays)


def training_step(
    work: Work, arrays: Arrays, *, compiled: bool = False, fused: bool | None = None
) -> Run:
    model = gpt(work, arrays)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=fused)
    compute = torch.compile(model.loss) if compiled else model.loss
    ids = torch.tensor(arrays["data.ids"])

    def run() -> float:
        loss = compute(ids)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return float(loss.item())

    return run


def encoder_decoder(arrays: Arrays) -> EncoderDecoder:
    vocab, width = arrays["embedding.tokens.weight"].shape
    return EncoderDecoder(vocab, 2, 4, width, sinusoidal_positions(32, width), arrays)


def sinusoidal_positions(length: int, width: int) -> Any:
    angles = torch.arange(length)[:, None] / 10000 ** (torch.arange(0, width, 2).double() / width)
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1).float()


def adamw(model: nn.Module) -> torch.optim.Optimizer:
    """AdamW as the addition example has it."""
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim <= 1]
    groups: list[dict[str, Any]] = [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(
        groups,
        lr=1e-3,
        betas=(0.9, 0.98),
        weight_decay=0.1,
    )


def step(
    model: Any, optimizer: torch.optim.Optimizer, batch: Any, config: TrainingConfig, i: int
) -> float:
    """Take the i-th step of a training that is configured as ours is; return the loss."""
    loss = model.loss(*(torch.from_numpy(ids.numpy()) for ids in batch))
    optimizer.zero_grad()
    loss.backward()
    groups = optimizer.param_groups
    nn.utils.clip_grad_norm_([p for group in groups for p in group["params"]], config.clip)
    for group in groups:
        group["lr"] = config.learning_rate(i)
    optimizer.step()
    return float(loss.item())


def addition_step(work: Work, arrays: Arrays) -> Run:
    model = encoder_decoder(arrays)
    optimizer = adamw(model)
    source, target = torch.tensor(arrays["data.source"]), torch.tensor(arrays["data.target"])
    parameters = list(model.parameters())

    def run() -> float:
        loss = model.loss(source, target)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        return float(loss.item())

    return run


def generation(work: Work, arrays: Arrays) -> Run:
    model = gpt(work, arrays).eval()
    prompt = torch.tensor(arrays["data.ids"])
    length = work.size.context - 1  # type: ignore[union-attr]
    return lambda: float(model.greedy(prompt, length).sum())


def embedding(work: Work, arrays: Arrays) -> Run:
    from transformers import BertConfig, BertModel

    from .start import batches

    model = BertModel(BertConfig(**MINILM), add_pooling_layer=False).eval()
    names = {ours: theirs for theirs, (ours,) in expand(BERT_BASE.names, len(model.encoder.layer))}
    state = {names[ours]: torch.tensor(a) for ours, a in arrays.items() if ours in names}
    model.load_state_dict(state)
    texts = [torch.tensor(ids) for ids in batches(arrays["data.ids"])]

    @torch.no_grad()
    def run() -> float:
        total = 0.0
        for ids in texts:
            real = ids != 0
            states = model(input_ids=ids, attention_mask=real.long()).last_hidden_state
            mean = (states * real[..., None]).sum(1) / real.sum(1, keepdim=True)
            total += float(torch.nn.functional.normalize(mean).abs().sum())
        return total

    return run


def operation(work: Work, arrays: Arrays) -> Run:
    x = torch.tensor(arrays["data.x"], requires_grad=True)

    def run() -> float:
        y = x
        for _ in range(OPERATIONS // 2):
            y = y * x + x
        x.grad = None
        y.sum().backward()  # type: ignore[no-untyped-call]
        return float(x.grad is not None)

    return run
