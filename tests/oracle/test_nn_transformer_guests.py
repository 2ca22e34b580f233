"""What teaching code does with `nn.Transformer` and its parts does the same in both libraries.

Each model here is written once, in the manner of code that many learn from, for a library `t`. Both
start from the same weights; outputs, losses, gradients and decoded tokens agree.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch

from .convert import difference, to_minitorch

pytestmark = pytest.mark.filterwarnings("ignore")  # PyTorch's, about its fast path and mixed masks

TOLERANCE = {"float32": 2e-5}
rng = np.random.default_rng(0)
SOURCE, TARGET = rng.integers(4, 20, (9, 3)), rng.integers(4, 20, (8, 3))
SOURCE[6:, 1] = TARGET[5:, 2] = 1  # padding
VECTORS = rng.standard_normal((2, 5, 8)).astype(np.float32)


def causal_mask(t: Any, size: int) -> Any:
    mask = (t.triu(t.ones((size, size))) == 1).transpose(0, 1)
    return mask.float().masked_fill(mask == 0, float("-inf")).masked_fill(mask == 1, 0.0)


def gradients(model: Any, loss: Any) -> list[Any]:
    model.zero_grad()
    loss.backward()
    return [p.grad.clone() for p in model.parameters()]


# ------------------------------------------------- a translator, positions before the batch


def translator(t: Any) -> Any:
    class Translator(t.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer = t.nn.Transformer(
                d_model=16, nhead=4, num_encoder_layers=2, num_decoder_layers=2,
                dim_feedforward=32, dropout=0.0,
            )  # fmt: skip
            self.generator = t.nn.Linear(16, 20)
            self.source, self.target = t.nn.Embedding(20, 16), t.nn.Embedding(20, 16)

        def forward(self, src: Any, tgt: Any, *masks: Any) -> Any:
            src_mask, tgt_mask, src_padding, tgt_padding = masks
            outs = self.transformer(
                self.source(src), self.target(tgt), src_mask, tgt_mask, None, src_padding,
                tgt_padding, src_padding,
            )  # fmt: skip
            return self.generator(outs)

    model = Translator()
    for p in model.parameters():
        if p.dim() > 1:
            t.nn.init.xavier_uniform_(p)
    return model


def translate(t: Any, model: Any) -> list[Any]:
    src, tgt = t.tensor(SOURCE), t.tensor(TARGET)
    given = tgt[:-1, :]
    src_mask = t.zeros((len(src), len(src)), device="cpu").type(t.bool)
    padding = [(ids == 1).transpose(0, 1) for ids in (src, given)]
    logits = model(src, given, src_mask, causal_mask(t, len(given)), *padding)
    loss = t.nn.CrossEntropyLoss(ignore_index=1)(
        logits.reshape(-1, logits.shape[-1]), tgt[1:, :].reshape(-1)
    )
    results = [logits, loss, *gradients(model, loss)]

    with t.no_grad():  # greedy decoding
        memory = model.transformer.encoder(model.source(src[:, :1]), src_mask)
        ys = t.ones(1, 1).fill_(2).type(t.long)
        for _ in range(6):
            mask = causal_mask(t, ys.size(0)).type(t.bool)
            out = model.transformer.decoder(model.target(ys), memory, mask).transpose(0, 1)
            _, next_word = t.max(model.generator(out[:, -1]), dim=1)
            ys = t.cat([ys, t.ones(1, 1).type_as(src.data).fill_(next_word.item())], dim=0)
    return [*results, ys]


# ----------------------------------------------------------- language models of both stacks


def language_model(t: Any) -> Any:
    class LanguageModel(t.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = t.nn.Embedding(20, 16)
            self.encoder = t.nn.TransformerEncoder(t.nn.TransformerEncoderLayer(16, 2, 32, 0.0), 2)
            self.decoder = t.nn.Linear(16, 20)
            self.decoder.bias.data.zero_()
            self.decoder.weight.data.uniform_(-0.1, 0.1)

        def forward(self, src: Any) -> Any:
            mask = t.nn.Transformer.generate_square_subsequent_mask(len(src)).to(src.device)
            return self.decoder(self.encoder(self.embedding(src) * math.sqrt(16), mask))

    return LanguageModel()


def predict(t: Any, model: Any) -> list[Any]:
    logits = model(t.tensor(SOURCE))
    loss = t.nn.functional.cross_entropy(logits.view(-1, 20), t.tensor(SOURCE).view(-1))
    return [logits, loss, *gradients(model, loss)]


def decoder(t: Any) -> Any:
    layer = t.nn.TransformerDecoderLayer(
        d_model=8, nhead=2, dim_feedforward=16, dropout=0.0, activation="gelu", batch_first=True
    )
    return t.nn.TransformerDecoder(layer, num_layers=2)


def decode(t: Any, model: Any) -> list[Any]:
    x = t.tensor(VECTORS)
    causal = t.nn.Transformer.generate_square_subsequent_mask(5)
    return [
        model(x, t.zeros(2, 1, 8), tgt_mask=t.triu(t.ones(5, 5), diagonal=1).bool()),
        model(tgt=x[0], memory=x[1]),
        model(x, x, tgt_mask=causal, tgt_is_causal=True, memory_mask=t.zeros(5, 5)),
    ]


# ------------------------------------------------ attention weights, kept by layers of one's own


def keeping(t: Any) -> Any:
    class Layer(t.nn.TransformerEncoderLayer):
        def _sa_block(
            self, x: Any, attn_mask: Any, key_padding_mask: Any, is_causal: bool = False
        ) -> Any:
            x, self.attention_weights = self.self_attn(
                x, x, x, attn_mask=attn_mask, key_padding_mask=key_padding_mask,
                need_weights=True, average_attn_weights=False,
            )  # fmt: skip
            return self.dropout1(x)

    layer = Layer(8, 2, 16, 0.0, batch_first=True, activation=t.nn.GELU(), norm_first=True)
    return t.nn.TransformerEncoder(layer, num_layers=3, norm=t.nn.LayerNorm(8))


def keep(t: Any, model: Any) -> list[Any]:
    return [model(t.tensor(VECTORS)), *[layer.attention_weights for layer in model.layers]]


# --------------------------------------------------- attention in the image models that use it


def pooling(t: Any) -> Any:
    class Pool(t.nn.Module):
        """The first token, the mean of all, attends to all."""

        def __init__(self) -> None:
            super().__init__()
            self.attn = t.nn.MultiheadAttention(8, 2)
            t.nn.init.normal_(self.attn.in_proj_weight, std=0.1)
            self.k_proj, self.q_proj, self.v_proj = (t.nn.Linear(8, 8) for _ in range(3))
            self.c_proj = t.nn.Linear(8, 4)

        def forward(self, x: Any) -> Any:
            mask = t.empty(5, 5)
            mask.fill_(float("-inf"))
            mask.triu_(1)
            mask = mask.to(dtype=x.dtype, device=x.device)
            x = x + self.attn(x, x, x, need_weights=False, attn_mask=mask)[0]
            x = t.cat([x.mean(dim=0, keepdim=True), x], dim=0)
            x, _ = t.nn.functional.multi_head_attention_forward(
                query=x[:1], key=x, value=x, embed_dim_to_check=x.shape[-1], num_heads=2,
                q_proj_weight=self.q_proj.weight, k_proj_weight=self.k_proj.weight,
                v_proj_weight=self.v_proj.weight, in_proj_weight=None,
                in_proj_bias=t.cat([self.q_proj.bias, self.k_proj.bias, self.v_proj.bias]),
                bias_k=None, bias_v=None, add_zero_attn=False, dropout_p=0,
                out_proj_weight=self.c_proj.weight, out_proj_bias=self.c_proj.bias,
                use_separate_proj_weight=True, training=self.training, need_weights=False,
            )  # fmt: skip
            return x.squeeze(0)

    return Pool()


def pool(t: Any, model: Any) -> list[Any]:
    y = model(t.tensor(VECTORS).permute(1, 0, 2))
    return [y, *gradients(model, y.square().sum())]


def detector(t: Any) -> Any:
    class Layer(t.nn.Module):
        """Positions are added to queries and keys alone."""

        def __init__(self) -> None:
            super().__init__()
            self.self_attn = t.nn.MultiheadAttention(8, 2, dropout=0.0)
            self.norm = t.nn.LayerNorm(8)

        def forward(self, src: Any, pos: Any, padding: Any) -> Any:
            q = k = src + pos
            return self.norm(src + self.self_attn(q, k, value=src, key_padding_mask=padding)[0])

    layer = Layer()
    return t.nn.ModuleList([copy.deepcopy(layer) for _ in range(2)])


def detect(t: Any, model: Any) -> list[Any]:
    x = t.tensor(VECTORS).permute(1, 0, 2)
    seen: list[Any] = []
    handle = model[0].self_attn.register_forward_hook(lambda *call: seen.append(call[2][1]))
    for layer in model:
        x = layer(x, x * 0.1, t.tensor([[False] * 4 + [True], [False] * 5]))
    handle.remove()
    return [x, *seen]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("make", "run"),
    [
        (translator, translate),
        (language_model, predict),
        (decoder, decode),
        (keeping, keep),
        (pooling, pool),
        (detector, detect),
    ],
)
def test_does_the_same(
    make: Callable[..., Any], run: Callable[..., list[Any]], training: bool
) -> None:
    theirs, ours = make(torch).train(training), make(minitorch).train(training)
    assert repr(ours) == repr(theirs)
    ours.load_state_dict(to_minitorch(dict(theirs.state_dict())))
    assert difference(run(torch, theirs), run(minitorch, ours), tolerance=TOLERANCE) is None
