"""What attention computes for the question `1+2=?`, number by number.

    python examples/one_plus_two.py            # --lang zh: in Chinese

First the bare mechanism, with the sizes of a real model and random matrices: N = 5 tokens,
d_model = 1024, one head. Then the attention weights of a small model that has just learned to add:
whom does `?` look at, digit by digit? Heat maps of both are saved in `runs/one_plus_two`.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Column, Table

import minitorch as mt
from minitorch import Tensor, nn, optim
from minitorch.autograd import Array
from transformer.cli.shell import show_everything
from transformer.decoding.sampling import greedy
from transformer.explain import trace
from transformer.explain.pictures import draw_attention
from transformer.model.attention import MultiHeadAttention
from transformer.model.config import TransformerConfig
from transformer.model.embedding import sinusoidal_positions
from transformer.model.models import GPT
from transformer.tasks import Addition
from transformer.text.tokenizer import EOS, PAD, CharTokenizer
from transformer.training.schedule import warmup_and_decay

import numpy as np  # isort: skip  # after minitorch, which sets its memory and threads

TOKENS = list("1+2=?")
D_MODEL = 1024

SAY = {
    "en": {
        "title": "1. The mechanism: N = 5 tokens, d_model = 1024, one head",
        "x": "Each token is a vector of 1024 numbers: what it is, plus where it stands.",
        "w": "Three matrices, 1024×1024 each. Here they are random; training shapes them.",
        "q": "q = x W_q, the query: whom am I looking for?",
        "k": "k = x W_k, the key: who is looking for me?",
        "v": "v = x W_v, the value: what do I have to tell?",
        "match": "q @ k.mT: every query meets every key. Row i, column j: the dot product of query "
        "i and key j, how well what token i is looking for fits what token j offers.",
        "scale": "/ sqrt(1024) = / 32: a sum of 1024 products is about 32 times as large as one of "
        "them. Without this, softmax would see only the largest.",
        "softmax": "softmax, row by row: probabilities, the attention weights. Each row sums to 1.",
        "row": "Read the last row: {token} gives {most} the largest weight, {weight:.0%}. That is "
        "chance, as nothing has been learned yet.",
        "result": "weights @ v: for each token, the average of all values under its weights. "
        "5×1024 again: the same five places, but each vector now knows of the others.",
        "check": "The model's own attention layer, given the same numbers, gives the same result; "
        "the largest difference is {difference}.",
        "sum": "sum",
        "trained": "2. The attention weights of a model that has learned to add",
        "learn": "A GPT of 2 layers, d_model = 64, trained just now on sums of numbers up to two "
        "digits; right on held-out ones:",
        "rows": "Each row is a token that says what comes next; the answer's last digit comes "
        "first. Whom does it look at? For each head of the last layer, the token with the largest "
        "weight; dots are the others.",
        "look": "To say {says}, `?` looks at {seen}: what some head gives more than a third of its "
        "attention. What is missing there, the layer before may have gathered.",
        "spread": "To say {says}, `?` looks at several tokens: none has a third of any head.",
        "token": "token",
        "says": "says",
        "head": "head",
        "saved": "All weights of both as heat maps:",
    },
    "zh": {
        "title": "1. 机制：N = 5 个词元，d_model = 1024，一个头",
        "x": "每个词元是一个 1024 维的向量：它是什么，加上它在哪里。",
        "w": "三个矩阵，各 1024×1024。这里是随机的；训练会塑造它们。",
        "q": "q = x W_q，查询：我在找谁？",
        "k": "k = x W_k，键：谁在找我？",
        "v": "v = x W_v，值：我们之间有什么可说的？",
        "match": "q @ k.mT：每个查询遇见每个键。"
        "第 i 行第 j 列：查询 i 与键 j 的点积，词元 i 要找的与词元 j 能给的有多匹配。",
        "scale": "/ sqrt(1024) = / 32：1024 个乘积之和大约是一个乘积的 32 倍。"
        "不缩放，softmax 就只看得见最大的。",
        "softmax": "逐行 softmax：得到概率，即注意力权重，每行之和为 1。",
        "row": "读最后一行：{token} 给 {most} 的权重最大，{weight:.0%}。"
        "这只是偶然：还什么都没学过。",
        "result": "weights @ v：每个词元按注意力权重对所有的值求加权平均。又是 5×1024："
        "还是那五个位置，但每个向量已经知道了别人。",
        "check": "模型自己的注意力层，给它同样的数字，结果相同；最大差别：{difference}。",
        "sum": "和",
        "trained": "2. 一个学会了加法的模型的注意力权重",
        "learn": "一个两层的 GPT，d_model = 64，刚刚用不超过两位数的加法训练过；没见过的题答对：",
        "rows": "每一行是一个说出下一个字符的词元；答案从个位写起。它在看谁？"
        "最后一层的每个头里，权重最大的词元；点是其余的。",
        "look": "要说出 {says}，“?”在看 {seen}：某个头把三分之一以上的注意力给了它。"
        "这里没看到的，前一层也许已经收集好了。",
        "spread": "要说出 {says}，“?”同时在看好几个词元：没有哪个占某个头三分之一以上的注意力。",
        "token": "词元",
        "says": "说出",
        "head": "头",
        "saved": "两张表的全部权重，画成热图：",
    },
}


def attend(seed: int = 0) -> dict[str, Tensor]:
    """Take `1+2=?` through one head of attention, a step a line.

    Returns:
        every array by name: x, w_q, w_k, w_v, q, k, v, match, scores, weights, result; and
        `module`, the result of the library's own layer on the same numbers.
    """
    mt.manual_seed(seed)
    embedding = mt.randn(len(TOKENS), D_MODEL)  # one vector for each of 1 + 2 = ?
    x = embedding + sinusoidal_positions(len(TOKENS), D_MODEL)  # (5, 1024)
    w_q, w_k, w_v = (mt.randn(D_MODEL, D_MODEL) / math.sqrt(D_MODEL) for _ in range(3))

    q, k, v = x @ w_q, x @ w_k, x @ w_v  # (5, 1024) each
    match = q @ k.mT  # (5, 5)
    scores = match / math.sqrt(D_MODEL)  # (5, 5)
    weights = scores.softmax(-1)  # (5, 5), each row sums to 1
    result = weights @ v  # (5, 1024)

    layer = MultiHeadAttention(D_MODEL, n_heads=1, bias=False)
    with mt.no_grad():
        for linear, w in ((layer.query, w_q), (layer.key, w_k), (layer.value, w_v)):
            linear.weight.copy_(w.mT)  # a linear layer keeps its matrix transposed
        layer.output.weight.copy_(mt.eye(D_MODEL))  # an output layer that changes nothing
        module = layer(x.unsqueeze(0)).squeeze(0)
    return {
        "x": x, "w_q": w_q, "w_k": w_k, "w_v": w_v, "q": q, "k": k, "v": v,
        "match": match, "scores": scores, "weights": weights, "result": result, "module": module,
    }  # fmt: skip


def show_mechanism(console: Console, say: dict[str, str]) -> dict[str, Tensor]:
    """Print the steps of `attend` with their shapes and some of their numbers."""
    a = attend()
    console.rule(say["title"])
    for name, arrays in (("x", ["x"]), ("w", ["w_q", "w_k", "w_v"])):
        console.print(f"\n{say[name]}")
        for array in arrays:
            console.print(_sketch(array, a[array]))
    for name in ("q", "k", "v"):
        console.print(f"\n{say[name]}")
        console.print(_sketch(name, a[name]))
    for name, array in (("match", "match"), ("scale", "scores"), ("softmax", "weights")):
        console.print(f"\n{say[name]}")
        console.print(_table(a[array], say["sum"] if array == "weights" else None))
    last = a["weights"][-1]
    most = int(last.argmax())
    row = say["row"].format(token=TOKENS[-1], most=TOKENS[most], weight=last[most].item())
    console.print(f"\n{row}")
    console.print(f"\n{say['result']}")
    console.print(_sketch("result", a["result"]))
    difference = (a["module"] - a["result"]).abs().max().item()
    console.print(f"\n{say['check'].format(difference=f'{difference:.0e}' if difference else 0)}\n")
    return a


def _sketch(name: str, x: Tensor) -> str:
    """Return an array's name and shape, and below them its first rows and numbers."""
    rows = [" ".join(f"{value:5.2f}" for value in row[:6]) for row in x.tolist()[:5]]
    size = "×".join(map(str, x.shape))
    lines = [f"{row} …" for row in rows] + (["⋮"] if len(x) > len(rows) else [])
    return f"  {name}  {size}\n" + "\n".join(f"    {line}" for line in lines)


def _table(x: Tensor, total: str | None) -> Table:
    """Return a 5×5 table with the tokens at its edges; with `total`, a column of row sums."""
    columns = [Column(name, justify="right") for name in (*TOKENS, *([total] if total else []))]
    table = Table("", *columns, box=None, header_style="bold")
    for token, row in zip(TOKENS, x.tolist(), strict=True):
        sums = [f"{sum(row):.2f}"] if total else []
        table.add_row(f"[bold]{token}[/]", *(f"{value:.2f}" for value in row), *sums)
    return table


# ------------------------------------------------------------------------------ 2. learned to add

TOKENIZER = CharTokenizer("0123456789+=?")
SUMS = Addition(digits=2)


def learn(steps: int = 1000, seed: int = 0) -> GPT:
    """Train a small GPT on texts such as `12+34=?64`, the answer's last digit first."""
    mt.manual_seed(seed)
    config = TransformerConfig(
        vocab_size=len(TOKENIZER), d_model=64, n_heads=4, n_layers=2, d_ff=128, max_length=12,
        dropout=0.0, pre_norm=True, tie_embeddings=False,
    )  # fmt: skip
    model = GPT(config)
    optimizer = optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=0.1)
    scheduler = warmup_and_decay(optimizer, lr=4e-3, steps=steps, warmup=100)
    rng = np.random.default_rng(seed)
    for _ in track(range(steps), "", transient=True):
        loss = model.loss(*_texts(SUMS.training_examples(128, rng)))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
    return model.eval()


def _texts(examples: list[tuple[str, str]]) -> tuple[Tensor, Tensor]:
    """Return ids (batch, T), and targets: the same, with `<pad>` for all but the answers."""
    ids = np.full((len(examples), 12), PAD)
    targets = ids.copy()
    for i, (question, answer) in enumerate(examples):
        text = [*TOKENIZER.encode(f"{question}?{answer}"), EOS]
        ids[i, : len(text)] = text
        targets[i, len(question) + 1 : len(text)] = text[len(question) + 1 :]
    return mt.from_numpy(ids), mt.from_numpy(targets)


def answers(model: GPT, questions: list[str]) -> list[str]:
    """Let the model continue texts such as `12+34=?`; return what it generates."""
    longest = max(map(len, questions))
    prompt = [[PAD] * (longest - len(q)) + TOKENIZER.encode(q) for q in questions]
    return [TOKENIZER.decode(row) for row in greedy(model, mt.tensor(prompt), 4).tolist()]


def look(model: GPT, question: str) -> tuple[str, Array]:
    """Return the question with the model's answer, and the attention weights of that text.

    Returns:
        the text, of T characters; the weights, (layers, heads, T, T).
    """
    text = question + answers(model, [question])[0]
    with mt.no_grad(), trace(model) as t:
        model(mt.tensor([TOKENIZER.encode(text)]))
    layers = range(model.config.n_layers)
    return text, np.concatenate([t[f"blocks.{i}.attention.weights"] for i in layers])


def show_trained(console: Console, say: dict[str, str], model: GPT, question: str) -> Array:
    """Print, for `?` and each digit after it, what it predicts and whom each head looks at."""
    text, weights = look(model, question)
    heads = range(weights.shape[1])
    table = Table(say["token"], say["says"], *(f"{say['head']} {h + 1}" for h in heads), box=None)
    for i in range(len(question) - 1, len(text)):
        says = text[i + 1] if i + 1 < len(text) else "</s>"
        most = weights[-1, :, i].argmax(-1)  # for each head, the token with the largest weight
        cells = [f"{_point(text, most[h])} {weights[-1, h, i, most[h]]:.0%}" for h in heads]
        table.add_row(text[i], says, *cells)
    console.print(f"  {text}", style="bold")
    console.print(table)
    at = len(question) - 1  # of `?`
    largest = weights[-1, :, at].max(0)  # (T): each token's weight in the head that gives it most
    seen = ", ".join(f"{text[j]} ({largest[j]:.0%})" for j in np.flatnonzero(largest > 1 / 3))
    console.print(f"\n{say['look' if seen else 'spread'].format(says=text[at + 1], seen=seen)}")
    return weights


def _point(text: str, i: int) -> str:
    """Return the text with a dot for each token but one: `···6······`."""
    return "·" * i + text[i] + "·" * (len(text) - i - 1)


def main() -> None:
    """Run the lesson."""
    show_everything()
    parser = argparse.ArgumentParser(description="What attention computes for the question 1+2=?")
    parser.add_argument("--lang", choices=SAY, default="en", help="language (default: en)")
    parser.add_argument("--out", type=Path, default=Path("runs/one_plus_two"), help="for pictures")
    options = parser.parse_args()
    console, say = Console(highlight=False), SAY[options.lang]
    options.out.mkdir(parents=True, exist_ok=True)

    weights = show_mechanism(console, say)["weights"].numpy()
    draw_attention(
        weights[None, None], TOKENS, TOKENS, "1+2=?, random matrices", options.out / "random.png"
    )

    console.rule(say["trained"])
    model = learn()
    held_out = SUMS.held_out_examples(0, 300)
    written = answers(model, [f"{source}?" for source, _ in held_out])
    right = sum(w == target for w, (_, target) in zip(written, held_out, strict=True))
    console.print(f"\n{say['learn']} {right}/{len(held_out)}")
    console.print(f"\n{say['rows']}\n")
    for question in ("1+2=?", "57+68=?"):
        learned = show_trained(console, say, model, question)
        console.print()
        text, _ = look(model, question)
        name = f"{question.replace('+', '_plus_').replace('=?', '')}.png"
        title = f"{text}: the answer is written from its last digit"
        draw_attention(learned, list(text), list(text), title, options.out / name)
    console.print(f"{say['saved']} {options.out}", soft_wrap=True)


if __name__ == "__main__":
    main()
