"""A model that one can see whole: 224 parameters that add numbers of ten digits.

    python examples/smallest_adder.py                                            # trains one
    python examples/smallest_adder.py --load examples/smallest_adder.safetensors    # shows ours

It is a GPT like any other, with one block, vectors of four numbers and two heads. When it has
learned, all its parameters are printed on one screen, and one step is worked out with them: how it
writes a digit at which a carry arrives. `by_hand` below is the whole model in twenty lines.
`--lang zh` is in Chinese.

Both numbers and their sum are read and written from the last digit, and nothing but digits is read.
A number has the digit 0 before its last and behind its first, twelve in all; the sum has eleven:

    58 + 67 = 125        0 8 5 0 0 0 0 0 0 0 0 0   0 7 6 0 0 0 0 0 0 0 0 0   5 2 1 0 0 0 0 0 0 0 0

So there is one thing to learn, the same at each place. Call the digits to be added a₁ and b₁, those
of the place before a₀ and b₀, and the digit that was written there s₀. Seen from s₀, a₁ and b₁
stand 22 and 10 tokens back, a₀ and b₀ 23 and 11. Was there a carry? It need not be remembered, it
can be seen: a₀ + b₀ is then about ten more than s₀. In one formula,

    s₁ = a₁ + b₁ + (a₀ + b₀ - s₀) / 10, rounded, modulo 10

as a₀ + b₀ - s₀ is 10 or 9 with a carry, and 0 or -1 without. That is what our model, of seed 2, has
found. Its first head averages the digits: a₁ and b₁ with weights of 45% each, and a₀ and b₀ with
4.7%, a tenth of that, as in the decimal system. Its second head looks at s₀. And modulo 10? Read
its E from 0 to 9 and back to 0: all four numbers rise and fall in waves, for the digits stand in a
circle, as the hours do on a clock.

How does one query find two digits? They are 12 tokens apart, and of a head's four numbers, turned
by the position, one pair makes 1.9 turns on the way from one to the other, and the other, with the
base θ = 3, 1.1: nearly whole turns, so that the query fits both. With the usual θ = 10000 the
second pair would hardly move over the whole text.

A competition for the smallest such model, AdderBoard (https://github.com/anadim/AdderBoard), tests
them on ten edge cases and on 10,000 pairs that are drawn at random, and so does this program.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from pathlib import Path
from typing import Any

from rich.cells import set_cell_size
from rich.console import Console
from rich.progress import track
from rich.table import Table

import minitorch as mt
from minitorch import nn, optim
from minitorch.autograd import Array
from transformer.cli.flags import directory, seed, whole_number
from transformer.cli.shell import Mistake, Parser, Screen, run_command, user_input
from transformer.decoding.sampling import greedy
from transformer.fields import checked
from transformer.model.config import TransformerConfig
from transformer.model.models import GPT
from transformer.training.config import ALLOWED
from transformer.training.schedule import warmup_and_decay

import numpy as np  # isort: skip  # after minitorch, which sets its memory and threads

STEPS, SEED = 15_000, 2
QUESTION, ANSWER = 24, 11  # tokens
PAD = 10  # beside the ten digits; it is never read, and marks what need not be predicted
CONFIG = TransformerConfig(
    vocab_size=11, d_model=4, n_heads=2, n_kv_heads=1, d_head=4, n_layers=1, d_ff=6, dropout=0.0,
    activation="swiglu", norm="rms", pre_norm=True, bias=False, positions="rotary", rope_theta=3.0,
    max_length=QUESTION + ANSWER, pad=PAD, bos=PAD, eos=PAD,
)  # fmt: skip

SAY = {
    "en": {
        "size": "A GPT of one block, vectors of 4 numbers and two heads: {n} parameters. It learns "
        "from 128 new sums a step.",
        "step": "step {step}/{steps}  loss {loss:.4f}  right {right:.1%}",
        "saved": "It has learned for {minutes}:{seconds:02}, and is in {path}: to show it again, "
        "--load that.",
        "test": "Right on {right:,} of {n:,}: ten edge cases, and pairs drawn at random. With the "
        "parameters rounded as below: {rounded:,}.",
        "whole": "1. All of its parameters",
        "E": "what each digit is",
        "W_q": "whom do I look for?",
        "W_k": "who looks for me?",
        "W_v": "what have I to tell?",
        "W_o": "what the heads add",
        "norm": "the norms' weights",
        "gate": "what opens a unit",
        "up": "what it lets through",
        "down": "what it adds",
        "rest": "W_o and down are shown transposed: a row is what one number adds. The last row of "
        "E is that of <pad>, which is never read.",
        "carry": "2. One carry, by hand",
        "question": "{a} + {b}. The last digit is written: 8 + 3 = 11, a 1. Now 2 + 5, and a carry "
        "arrives. Beside it the same step without one: {c} + {b}.",
        "reads": "The token that was written last, s₀, asks in two heads. To be added are a₁ and "
        "b₁, the tens; whether they get a carry can be seen from a₀, b₀ and s₀, the ones. It looks "
        "at, with weights of 3% and more, and on average over {n:,} digits of other sums:",
        "head": "head {h}, {case}",
        "average": "on average",
        "stream": "Its vector: what the digit is, what attention adds, what the MLP adds; the sum.",
        "attention": "attention",
        "mlp": "MLP",
        "sum": "sum",
        "units": "What the MLP adds comes from six hidden units, gate · sigmoid(gate) · up each:",
        "logits": "The sum, after the last norm, times each digit's row of E: the logits. The "
        "largest is written:",
        "yes": "carry",
        "no": "no carry",
        "writes": "{digit}, {p:.1%}",
    },
    "zh": {
        "size": "一个只有一层的 GPT，向量只有 4 个数，两个头：共 {n} 个参数。每一步学 128 道新题。",
        "step": "第 {step}/{steps} 步  损失 {loss:.4f}  答对 {right:.1%}",
        "saved": "学了 {minutes}:{seconds:02}，已存到 {path}；"
        "以后用 --load 加上这个路径，就能再看。",
        "test": "{n:,} 道题答对 {right:,} 道：十道边界情形，其余随机抽取。\n"
        "把参数舍入成下面印的样子再考：答对 {rounded:,} 道。",
        "whole": "1. 它的全部参数",
        "E": "每个数字是什么",
        "W_q": "我在找谁？",
        "W_k": "谁在找我？",
        "W_v": "我有什么可说的？",
        "W_o": "两个头带来什么",
        "norm": "归一化的权重",
        "gate": "什么打开一个单元",
        "up": "它放过什么",
        "down": "它带来什么",
        "rest": "W_o 和 down 转置了：每一行是一个数带来的改变。"
        "E 的最后一行属于 <pad>，模型从不读它。",
        "carry": "2. 手算一次进位",
        "question": "{a} + {b}。个位已经写好：8 + 3 = 11，写 1 进 1。现在算十位，2 + 5 再加进位。\n"
        "旁边是同一步，但没有进位：{c} + {b}。",
        "reads": "刚写下的词元 s₀ 在两个头里提问。要加的是十位 a₁ 和 b₁；有没有进位，"
        "看个位 a₀、b₀ 和 s₀ 就知道。\n它在看谁？列出权重不小于 3% 的，"
        "以及在别的题里 {n:,} 个数字上的平均：",
        "head": "头 {h}，{case}",
        "average": "平均",
        "stream": "它的向量：数字本身，注意力加上的，MLP 加上的，以及总和。",
        "attention": "注意力",
        "mlp": "MLP",
        "sum": "总和",
        "units": "MLP 加上的来自六个隐藏单元，每个单元是 gate · sigmoid(gate) · up：",
        "logits": "总和经过最后的归一化，与每个数字在 E 里的那一行相乘，就是 logits。写下最大的：",
        "yes": "有进位",
        "no": "没有进位",
        "writes": "{digit}，{p:.1%}",
    },
}

# ------------------------------------------------------------------------------------ what it reads


def as_text(pairs: Array) -> Array:
    """Write sums as digits, from the last: pairs of numbers (n, 2) → (n, 35), answers included."""
    a, b = pairs[:, :1], pairs[:, 1:]
    powers = 10 ** np.arange(12)
    return np.hstack([10 * a // powers, 10 * b // powers, (a + b) // powers[:ANSWER]]) % 10


def training_pairs(n: int, rng: np.random.Generator) -> Array:
    """Draw n pairs of numbers (n, 2). Half of the numbers have up to ten digits, the others fewer.

    Beside a short number most digits of a long one need only be copied. That is learned first, and
    shows the heads where to look.
    """
    digits = np.where(rng.random((n, 2)) < 0.5, 10, rng.integers(1, 11, (n, 2)))
    return rng.integers(0, 10**digits)


def test_pairs() -> Array:
    """Return the ten edge cases and 10,000 random pairs of the test, (10010, 2)."""
    most = 9_999_999_999
    edge_cases = [
        (0, 0), (0, 1), (most, 0), (most, 1), (1, most), (most, most),
        (5_000_000_000, 5_000_000_000), (5_555_555_555, 5_555_555_555),
        (1_111_111_111, 8_888_888_889), (1_234_567_890, 9_876_543_210),
    ]  # fmt: skip
    rng = random.Random(2025)
    drawn = [(rng.randint(0, most), rng.randint(0, most)) for _ in range(10_000)]
    return np.array(edge_cases + drawn)


# --------------------------------------------------------------------------------------- learning


def learn(steps: int, seed: int, console: Console, say: dict[str, str]) -> GPT:
    """Train a model on sums that are drawn anew in each step."""
    mt.manual_seed(seed)
    rng, others = np.random.default_rng(seed), training_pairs(1000, np.random.default_rng(2**32))
    model = GPT(CONFIG)
    optimizer = optim.AdamW(model.parameters(), betas=(0.8, 0.95), weight_decay=0.01)
    scheduler = warmup_and_decay(optimizer, lr=0.03, steps=steps, warmup=min(2000, steps // 5))
    for step in track(
        range(1, steps + 1), "", console=console, transient=True, disable=not console.is_terminal
    ):
        ids = as_text(training_pairs(128, rng))
        targets = ids.copy()
        targets[:, :QUESTION] = PAD  # the questions are given, only the answers are learned
        loss = model.loss(mt.from_numpy(ids), mt.from_numpy(targets))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.1)  # no batch moves Adam far
        optimizer.step()
        scheduler.step()
        if step % 1000 == 0 or step == steps:
            right = count_right(model, others) / len(others)
            console.print(say["step"].format(step=step, steps=steps, loss=loss.item(), right=right))
    return model


def count_right(model: GPT, pairs: Array) -> int:
    """Let the model write the answers, digit by digit; count those that are right in all eleven."""
    text = as_text(pairs)
    written = greedy(model, mt.from_numpy(text[:, :QUESTION]), ANSWER).numpy()
    return int((written == text[:, QUESTION:]).all(1).sum())


# ------------------------------------------------------------------------------ the model by hand


def parameters(model: GPT) -> dict[str, Array]:
    """Return the model's matrices and vectors, by the names that `by_hand` and the screen use."""
    block: Any = model.blocks[0]
    attention, mlp = block.attention, block.mlp
    layers = {
        "E": model.embedding.tokens, "W_q": attention.query, "W_k": attention.key,
        "W_v": attention.value, "W_o": attention.output, "gate": mlp.gate, "up": mlp.up,
        "down": mlp.down, "norm 1": block.add_attention.norm, "norm 2": block.add_mlp.norm,
        "norm 3": model.norm,
    }  # fmt: skip
    return {name: layer.weight.detach().numpy().astype(float) for name, layer in layers.items()}


def by_hand(p: dict[str, Array], ids: Array) -> dict[str, Array]:
    """Work out what comes after the last of the tokens `ids` (T), from the parameters alone.

    Returns:
        every intermediate result, by its name.
    """

    def normed(x: Array, weight: Array) -> Any:  # RMSNorm
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + CONFIG.norm_eps) * weight

    def turned(x: Array, position: Any) -> Array:  # rotary positions; a pair is a complex number
        angle = np.multiply.outer(position, [1, CONFIG.rope_theta**-0.5])
        pairs = (x[..., 0::2] + 1j * x[..., 1::2]) * np.exp(1j * angle)
        return np.stack([pairs.real, pairs.imag], -1).reshape(x.shape)

    last = len(ids) - 1
    x = p["E"][ids]  # (T, 4)
    h = normed(x, p["norm 1"])  # (T, 4)
    q = turned((p["W_q"] @ h[last]).reshape(2, 4), last)  # (2, 4): the last token's, for each head
    k = turned(h @ p["W_k"].T, np.arange(len(ids)))  # (T, 4): both heads share keys and values
    v = h @ p["W_v"].T  # (T, 4)
    scores = q @ k.T / math.sqrt(4)  # (2, T)
    weights = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)  # (2, T)
    attention = p["W_o"] @ (weights @ v).reshape(8)  # (4)
    after_attention = x[last] + attention  # (4)
    h = normed(after_attention, p["norm 2"])  # (4)
    gate, up = p["gate"] @ h, p["up"] @ h  # (6) each
    hidden = gate / (1 + np.exp(-gate)) * up  # (6): SwiGLU
    mlp = p["down"] @ hidden  # (4)
    after_mlp = after_attention + mlp  # (4)
    logits = p["E"] @ normed(after_mlp, p["norm 3"])  # (11): E again, weight tying
    return {
        "token": x[last], "weights": weights, "attention": attention, "gate": gate, "up": up,
        "hidden": hidden, "after_attention": after_attention, "mlp": mlp, "after_mlp": after_mlp,
        "logits": logits,
    }  # fmt: skip


# ------------------------------------------------------------------------------------ on a screen


def numbers(row: Array, decimals: int = 2) -> str:
    """Return numbers in columns of seven characters."""
    return "".join(f"{x:7.{decimals}f}" for x in row)


def show_parameters(console: Console, say: dict[str, str], p: dict[str, Array]) -> None:
    """Print all parameters on one screen."""

    def panel(name: str, rows: Array, labels: Any = ()) -> str:
        labels = [*labels, *[""] * len(rows)]
        lines = [f"{label:>2}{numbers(row)}" for label, row in zip(labels, rows, strict=False)]
        return "\n".join([f"[bold]{name:6}[/]{say[name]}", *lines])

    heads, units, down = ["h1", "", "", "", "h2"], range(1, 7), p["down"].T
    keys_and_values = panel("W_k", p["W_k"]) + "\n\n" + panel("W_v", p["W_v"])
    norms = panel("norm", np.stack([p[f"norm {i}"] for i in (1, 2, 3)]), (1, 2, 3))
    for panels in (
        (panel("E", p["E"], range(PAD)), panel("W_q", p["W_q"], heads), keys_and_values),
        (panel("gate", p["gate"], units), panel("up", p["up"], units), panel("down", down, units)),
        (panel("W_o", p["W_o"].T, heads), norms),
    ):
        grid = Table.grid(padding=(0, 2))
        grid.add_row(*panels)
        console.print(grid)
    console.print(say["rest"])


def token(i: int, ids: Array) -> str:
    """Name a token, and say which digit it is: `a₁=2`."""
    number, place = divmod(i, 12)
    subscript = str(place - (number < 2)).translate(str.maketrans("-0123456789", "₋₀₁₂₃₄₅₆₇₈₉"))
    return f"{'abs'[number]}{subscript}={ids[i]}"


def average_weights(p: dict[str, Array], pairs: Array) -> Array:
    """Return how much each head looks at a₁, b₁, a₀, b₀ and s₀, over all digits of sums: (2, 5)."""
    weights = []
    for text in as_text(pairs):
        for last in range(QUESTION - 1, QUESTION + ANSWER - 1):
            seen = [last - 22, last - 10, last - 23, last - 11, last]
            weights.append(by_hand(p, text[: last + 1])["weights"][:, seen])
    average: Array = np.mean(weights, 0)
    return average


def show_carry(console: Console, say: dict[str, str], p: dict[str, Array]) -> None:
    """Print what one step computes, where a carry arrives and where none does."""
    a, b, c = 2_718_281_828, 3_141_592_653, 2_718_281_821
    texts = as_text(np.array([(a, b), (c, b)]))[:, : QUESTION + 1]  # the ones are written
    steps = [by_hand(p, ids) for ids in texts]
    console.print(say["question"].format(a=a, b=b, c=c))

    def head(h: int, case: str) -> str:
        return set_cell_size("  " + say["head"].format(h=h + 1, case=say[case]), 20)

    others = test_pairs()[-100:]
    console.print("\n" + say["reads"].format(n=len(others) * ANSWER))
    for h, average in enumerate(average_weights(p, others)):
        for name, ids, step in zip(("yes", "no"), texts, steps, strict=True):
            weights = step["weights"][h]
            order = [i for i in np.argsort(-weights) if weights[i] >= 0.03]
            seen = "   ".join(f"{token(i, ids)} {weights[i]:.0%}" for i in order)
            console.print(head(h, name), seen)
        named = zip(("a₁", "b₁", "a₀", "b₀", "s₀"), average, strict=True)
        seen = "   ".join(f"{name} {weight:.1%}" for name, weight in named)
        console.print(head(h, "average"), seen)

    def line(label: str, *cells: str) -> None:
        console.print(set_cell_size(f"  {label}", 11) + "  ".join(cells))

    columns = [f"{say[name]:>28}" for name in ("yes", "no")]
    console.print("\n" + say["stream"])
    line("", *columns)
    for label, name in (("E", "token"), (say["attention"], "attention"), (say["mlp"], "mlp"),
                        (say["sum"], "after_mlp")):  # fmt: skip
        line(label, *(numbers(step[name]) for step in steps))

    console.print("\n" + say["units"])
    for name, step in zip(("yes", "no"), steps, strict=True):
        for part in ("gate", "up", "hidden"):
            line(say[name] if part == "gate" else "", f"{part:6}" + numbers(step[part]))

    console.print("\n" + say["logits"])
    line("", "".join(f"{digit:7}" for digit in range(PAD)))
    for name, step in zip(("yes", "no"), steps, strict=True):
        logits = step["logits"]
        probability = np.exp(logits).max() / np.exp(logits).sum()
        writes = say["writes"].format(digit=logits.argmax(), p=probability)
        line(say[name], numbers(logits[:PAD], 1), f"[bold]{writes}[/]")


# -------------------------------------------------------------------------------------- the program


def saved_model(path: Path) -> GPT:
    """Load a model that this program has saved."""
    model = GPT(CONFIG)
    try:
        model.load_state_dict(mt.load(path))
    except (OSError, RuntimeError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise Mistake(f"{path} holds no model of this program: {reason}") from None
    return model


def rounded(model: GPT) -> GPT:
    """Return the model with its parameters as they are printed, with two decimals."""
    copy = GPT(CONFIG)
    copy.load_state_dict({name: x.round(decimals=2) for name, x in model.state_dict().items()})
    return copy


def run(options: argparse.Namespace) -> int:
    """Train a model, or load one; test it and show it."""
    with user_input():
        for name in ("steps", "seed"):
            checked(f"--{name}", getattr(options, name), int, ALLOWED[name])
    console, say = Screen(), SAY[options.lang]
    console.width = max(console.width, 100)
    if options.load:
        model = saved_model(options.load)
    else:
        path = options.out / "model.safetensors"
        path.parent.mkdir(parents=True, exist_ok=True)
        n = sum(parameter.numel() for parameter in GPT(CONFIG).parameters())
        console.print(say["size"].format(n=n))
        begun = time.perf_counter()
        model = learn(options.steps, options.seed, console, say)
        minutes, seconds = divmod(round(time.perf_counter() - begun), 60)
        mt.save(model.state_dict(), path)
        saved = say["saved"].format(minutes=minutes, seconds=seconds, path=path)
        console.print(saved, markup=False)
    pairs = test_pairs()
    right, right_rounded = (count_right(m, pairs) for m in (model, rounded(model)))
    console.print(say["test"].format(right=right, n=len(pairs), rounded=right_rounded))
    for title, show in (("whole", show_parameters), ("carry", show_carry)):
        console.print()
        console.rule(say[title])
        show(console, say, parameters(model))
    return 0


if __name__ == "__main__":
    parser = Parser(
        prog="python examples/smallest_adder.py",
        description="Train 224 parameters to add numbers of ten digits, and show all of them.",
    )
    parser.add_argument("--steps", type=whole_number, default=STEPS, help="default: %(default)s")
    parser.add_argument("--seed", type=seed, default=SEED, help="default: %(default)s")
    parser.add_argument("--lang", choices=SAY, default="en", help="language (default: en)")
    parser.add_argument(
        "--out", type=directory, default=Path("runs/smallest_adder"), help="for the model"
    )
    parser.add_argument("--load", type=directory, metavar="FILE", help="show this model instead")
    parser.set_defaults(command=run)
    raise SystemExit(run_command(parser))
