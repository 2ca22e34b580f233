"""The whole model, compared with the paper's formulas written out in plain NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch.testing import assert_close
from transformer import Transformer, TransformerConfig

both_norms = pytest.mark.parametrize("pre_norm", [False, True], ids=["post-norm", "pre-norm"])


class Paper:
    """Sections 3.1 to 3.5 and figure 1, for one example without padding, from a state_dict."""

    def __init__(self, model: Transformer) -> None:
        self.state = {path: tensor.array for path, tensor in model.state_dict().items()}
        self.config = model.config

    def linear(self, path: str, x: Any) -> Any:
        return x @ self.state[f"{path}.weight"].T + self.state[f"{path}.bias"]

    def norm(self, path: str, x: Any) -> Any:
        centred = x - x.mean(-1, keepdims=True)
        x = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
        return x * self.state[f"{path}.weight"] + self.state[f"{path}.bias"]

    def add_and_norm(self, path: str, x: Any, sublayer: Callable[[Any], Any]) -> Any:
        if self.config.pre_norm:
            return x + sublayer(self.norm(f"{path}.norm", x))
        return self.norm(f"{path}.norm", x + sublayer(x))

    def attention(self, path: str, x: Any, memory: Any, causal: bool = False) -> Any:
        q, k, v = (
            np.split(self.linear(f"{path}.{name}", of), self.config.n_heads, axis=-1)
            for name, of in (("query", x), ("key", memory), ("value", memory))
        )
        heads = []
        for head in range(self.config.n_heads):
            scores = q[head] @ k[head].T / math.sqrt(q[head].shape[-1])
            exponentials = np.exp(scores)
            if causal:
                exponentials = np.tril(exponentials)
            heads.append(exponentials / exponentials.sum(-1, keepdims=True) @ v[head])
        return self.linear(f"{path}.output", np.concatenate(heads, axis=-1))

    def mlp(self, path: str, x: Any) -> Any:
        return self.linear(f"{path}.down", np.maximum(0, self.linear(f"{path}.up", x)))

    def embedding(self, ids: list[int]) -> Any:
        d_model = self.config.d_model
        x = self.state["embedding.tokens.weight"][ids] * math.sqrt(d_model)
        for pos in range(len(ids)):
            for i in range(d_model // 2):
                angle = pos / 10000 ** (2 * i / d_model)
                x[pos, 2 * i] += np.float32(math.sin(angle))  # as the model keeps them
                x[pos, 2 * i + 1] += np.float32(math.cos(angle))
        return x

    def encoder_block(self, path: str, x: Any) -> Any:
        x = self.add_and_norm(
            f"{path}.add_attention", x, lambda x: self.attention(f"{path}.attention", x, x)
        )
        return self.add_and_norm(f"{path}.add_mlp", x, lambda x: self.mlp(f"{path}.mlp", x))

    def decoder_block(self, path: str, x: Any, memory: Any) -> Any:
        x = self.add_and_norm(
            f"{path}.add_self_attention",
            x,
            lambda x: self.attention(f"{path}.self_attention", x, x, causal=True),
        )
        x = self.add_and_norm(
            f"{path}.add_cross_attention",
            x,
            lambda x: self.attention(f"{path}.cross_attention", x, memory),
        )
        return self.add_and_norm(f"{path}.add_mlp", x, lambda x: self.mlp(f"{path}.mlp", x))

    def logits(self, source: list[int], target: list[int]) -> Any:
        memory, x = self.embedding(source), self.embedding(target)
        for i in range(self.config.n_layers):
            memory = self.encoder_block(f"encoder.blocks.{i}", memory)
        if self.config.pre_norm:
            memory = self.norm("encoder.norm", memory)
        for i in range(self.config.n_layers):
            x = self.decoder_block(f"decoder.blocks.{i}", x, memory)
        if self.config.pre_norm:
            x = self.norm("decoder.norm", x)
        return x @ self.state["output.weight"].T


@both_norms
@pytest.mark.parametrize("tied", [True, False], ids=["tied", "separate"])
def test_logits_are_those_of_the_paper(
    small_model: Callable[..., Transformer], pre_norm: bool, tied: bool
) -> None:
    model = small_model(pre_norm=pre_norm, tie_embeddings=tied, n_layers=3)
    sources, targets = [[3, 5, 4, 12], [6, 6, 7, 3]], [[1, 7, 8], [1, 12, 5]]
    logits = model(mt.tensor(sources), mt.tensor(targets))
    assert logits.shape == (2, 3, 13)
    for row, source, target in zip(logits, sources, targets, strict=True):
        assert_close(row, Paper(model).logits(source, target), rtol=1e-8, atol=1e-8)


def negative_log_likelihoods(logits: Any, right: list[int]) -> list[float]:
    """-ln p of the right answers."""
    return [
        math.log(sum(math.exp(z) for z in row)) - row[token]
        for row, token in zip(logits.tolist(), right, strict=True)
    ]


def test_loss_is_the_mean_negative_log_likelihood_of_the_next_token_without_padding(
    small_model: Callable[..., Transformer],
) -> None:
    model = small_model()
    loss = model.loss(
        mt.tensor([[3, 4, 5], [6, 0, 0]]), mt.tensor([[1, 7, 8, 9, 2], [1, 10, 2, 0, 0]])
    )
    first = negative_log_likelihoods(Paper(model).logits([3, 4, 5], [1, 7, 8, 9]), [7, 8, 9, 2])
    second = negative_log_likelihoods(Paper(model).logits([6], [1, 10]), [10, 2])
    assert loss.item() == pytest.approx(np.mean(first + second))


def test_label_smoothing_spreads_a_fraction_of_the_target_over_all_tokens(
    small_model: Callable[..., Transformer],
) -> None:
    model = small_model()
    logits = Paper(model).logits([3, 4], [1, 7])
    right = negative_log_likelihoods(logits, [7, 2])
    spread = [negative_log_likelihoods(logits, [token, token]) for token in range(13)]
    loss = model.loss(mt.tensor([[3, 4]]), mt.tensor([[1, 7, 2]]), label_smoothing=0.1)
    assert loss.item() == pytest.approx(0.9 * np.mean(right) + 0.1 * np.mean(spread))


def test_padding_teaches_nothing(small_model: Callable[..., Transformer]) -> None:
    """Padding on the right of a source and of a target leaves loss and gradients as they were."""
    plain, padded = small_model(), small_model()
    plain_loss = plain.loss(mt.tensor([[3, 4]]), mt.tensor([[1, 7, 2]]))
    padded_loss = padded.loss(mt.tensor([[3, 4, 0]]), mt.tensor([[1, 7, 2, 0, 0]]))
    plain_loss.backward()
    padded_loss.backward()
    assert padded_loss.item() == pytest.approx(plain_loss.item())
    for p, q in zip(plain.parameters(), padded.parameters(), strict=True):
        assert_close(q.grad, p.grad, rtol=1e-9, atol=1e-9)


def test_every_parameter_has_a_part_in_the_loss(small_model: Callable[..., Transformer]) -> None:
    model = small_model(tie_embeddings=False)
    model.loss(mt.tensor([[3, 4, 5]]), mt.tensor([[1, 7, 2]])).backward()
    for name, parameter in model.named_parameters():
        if not name.endswith("key.bias"):  # moves all scores of a query alike: softmax ignores it
            assert abs(parameter.grad.array).max() > 1e-9, name


# ------------------------------------------------------------------------------ tied embeddings


def test_tied_embeddings_are_one_parameter(small_model: Callable[..., Transformer]) -> None:
    tied, separate = small_model(), small_model(tie_embeddings=False)
    assert tied.output.weight is tied.embedding.tokens.weight
    assert separate.output.weight is not separate.embedding.tokens.weight
    size = {m: sum(p.numel() for p in m.parameters()) for m in (tied, separate)}
    assert size[separate] - size[tied] == 13 * 8


def test_a_tied_gradient_is_the_sum_of_both_uses(small_model: Callable[..., Transformer]) -> None:
    tied, separate = small_model(), small_model(tie_embeddings=False)
    separate.load_state_dict(tied.state_dict())
    for model in (tied, separate):
        model.loss(mt.tensor([[3, 4, 5]]), mt.tensor([[1, 7, 8, 2]])).backward()
    as_embedding, as_output = separate.embedding.tokens.weight.grad, separate.output.weight.grad
    assert as_embedding.array.any()
    assert as_output.array.any()
    assert_close(tied.embedding.tokens.weight.grad, as_embedding + as_output, rtol=1e-9, atol=1e-9)


def test_a_model_is_rebuilt_from_its_state(small_model: Callable[..., Transformer]) -> None:
    one, other = small_model(seed=1), small_model(seed=2)
    source, target = mt.tensor([[3, 4, 5]]), mt.tensor([[1, 7]])
    assert not np.array_equal(one(source, target).tolist(), other(source, target).tolist())
    other.load_state_dict(one.state_dict())
    assert one(source, target).tolist() == other(source, target).tolist()
    assert other.output.weight is other.embedding.tokens.weight


# ------------------------------------------------------------------------------------- the start


def parameters(vocab_size: int, d_model: int, d_ff: int, n_layers: int) -> int:
    """Count the parts of sections 3.1 to 3.4."""
    attention = 4 * (d_model * d_model + d_model)
    mlp = d_model * d_ff + d_ff + d_ff * d_model + d_model
    norm = 2 * d_model
    encoder = attention + mlp + 2 * norm
    decoder = 2 * attention + mlp + 3 * norm
    return vocab_size * d_model + n_layers * (encoder + decoder)


def test_a_model_has_the_parameters_of_its_parts() -> None:
    sizes = {"vocab_size": 11, "d_model": 24, "d_ff": 20, "n_layers": 3}
    model = Transformer(TransformerConfig(**sizes))
    assert sum(p.numel() for p in model.parameters()) == parameters(**sizes)
    assert parameters(37_000, 512, 2048, 6) == 63_082_496  # the paper's base: "65 million"


def test_first_weights_are_those_of_glorot_and_bengio() -> None:
    model = Transformer(TransformerConfig(vocab_size=20, d_model=64, d_ff=256, n_layers=1))
    weight = model.encoder.blocks[0].mlp.up.weight.array
    bound = math.sqrt(6 / (64 + 256))
    assert 0.99 * bound < abs(weight).max() <= bound
    assert weight.std() == pytest.approx(bound / math.sqrt(3), rel=0.03)  # of an even spread
    assert not model.encoder.blocks[0].mlp.up.bias.array.any()


def test_with_pre_norm_sublayers_start_by_adding_little() -> None:
    sizes = {"vocab_size": 20, "d_model": 64, "d_ff": 256, "n_layers": 1}
    post, pre = (Transformer(TransformerConfig(pre_norm=p, **sizes)) for p in (False, True))
    for path in ("attention.output", "mlp.down"):
        usual, first = (
            model.encoder.blocks[0].state_dict()[f"{path}.weight"].array.std()
            for model in (post, pre)
        )
        assert first / usual == pytest.approx(1 / 4, rel=0.05)


def test_the_seed_decides_the_first_parameters() -> None:
    def first(seed: int) -> Any:
        mt.manual_seed(seed)
        return Transformer(TransformerConfig(vocab_size=5, d_model=8, n_layers=1)).state_dict()

    assert_close(first(1), first(1), rtol=0, atol=0)
    assert abs(first(1)["output.weight"].array - first(2)["output.weight"].array).max() > 0
