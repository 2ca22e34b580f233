"""What the MLP computes for 猫 喜欢 吃 ("cat likes to eat"), and why the next word is 鱼, fish.

    python examples/cat_likes_fish.py            # --lang zh: in Chinese

A small GPT learns sentences of a little grammar, word by word. Then we open it: what the first MLP
reads of each of the three tokens and what it adds to them, which of its hidden units are active,
proof that it treats each token on its own, and the likeliest next words.
"""

from __future__ import annotations

import argparse

from rich.cells import cell_len
from rich.console import Console
from rich.progress import track
from rich.table import Column, Table

import minitorch as mt
from minitorch import Tensor, nn, optim
from transformer.cli.shell import show_everything
from transformer.explain import trace
from transformer.model.config import TransformerConfig
from transformer.model.models import GPT
from transformer.training.schedule import warmup_and_decay

import numpy as np  # isort: skip  # after minitorch, which sets its memory and threads

# What each animal likes to eat, drink and chase: its favourite first. Of ten sentences six name the
# first, three the second, and one the third.
LIKES = {
    "猫": {"吃": "鱼 老鼠 肉", "喝": "牛奶 水 汤", "追": "老鼠 鸟 球"},
    "狗": {"吃": "骨头 肉 鱼", "喝": "水 汤 牛奶", "追": "猫 球 兔子"},
    "兔子": {"吃": "胡萝卜 草 白菜", "喝": "水 果汁 汤", "追": "球 蝴蝶 兔子"},
    "马": {"吃": "草 胡萝卜 苹果", "喝": "水 果汁 汤", "追": "马 球 狗"},
    "熊猫": {"吃": "竹子 苹果 胡萝卜", "喝": "水 牛奶 果汁", "追": "球 蝴蝶 熊猫"},
    "猴子": {"吃": "香蕉 苹果 竹子", "喝": "果汁 水 牛奶", "追": "球 鸟 猴子"},
    "鸟": {"吃": "虫子 苹果 草", "喝": "水 果汁 汤", "追": "蝴蝶 虫子 鸟"},
}
PROBABILITIES = (0.6, 0.3, 0.1)

ENGLISH = {
    "猫": "cat", "狗": "dog", "兔子": "rabbit", "马": "horse", "熊猫": "panda", "猴子": "monkey",
    "鸟": "bird", "喜欢": "likes", "吃": "eat", "喝": "drink", "追": "chase", "鱼": "fish",
    "老鼠": "mouse", "肉": "meat", "牛奶": "milk", "水": "water", "汤": "soup", "球": "ball",
    "骨头": "bone", "胡萝卜": "carrot", "草": "grass", "白菜": "cabbage", "果汁": "juice",
    "蝴蝶": "butterfly", "苹果": "apple", "竹子": "bamboo", "香蕉": "banana", "虫子": "worm",
    "</s>": "end",
}  # fmt: skip

SAY = {
    "en": {
        "learned": "A GPT of 2 layers, d_model = 64, has read {n:,} sentences such as",
        "before": "What the first MLP reads: each token's vector, normalised. Attention has told "
        "it of the tokens before it. Shape {shape}.",
        "after": "What the MLP adds to the tokens' vectors: d_model → 4·d_model → ReLU → d_model. "
        "Shape {shape} again.",
        "hidden": "In between are {n} hidden units. Each asks a question of a token's vector, the "
        "same one of every token. ReLU lets the positive answers through, and makes the others 0.",
        "open": "{count} of {n} active: {units} …",
        "shared": "Active for all three: {all}. Active for one alone: {alone}.",
        "alone": "Each token passes on its own: with the tokens in the order {order}, the same MLP "
        "gives the same three vectors, in that order. Largest difference: {difference}.",
        "next": "After the last block come a norm, the output layer and softmax. They turn the "
        "last token's vector into a probability for each next word. Beside it, the grammar's own:",
        "word": "word",
        "model": "model",
        "grammar": "grammar",
    },
    "zh": {
        "learned": "一个两层的 GPT，d_model = 64，读了 {n:,} 个句子，例如",
        "before": "第一个 MLP 读到的：每个词元的向量，已归一化；注意力已经把前面的词告诉了它。"
        "形状 {shape}。",
        "after": "MLP 给词元向量加上的：d_model → 4·d_model → ReLU → d_model。形状还是 {shape}。",
        "hidden": "中间每个词元有 {n} 个隐藏单元，是对它的向量提的问题，对每个词元都一样。"
        "ReLU 让正的回答通过，其余变成 0。",
        "open": "{n} 个里激活了 {count} 个：{units} …",
        "shared": "三个词元都激活的：{all} 个。只有一个词元激活的：{alone} 个。",
        "alone": "每个词元独自通过：把词元排成 {order}，同一个 MLP 按那个顺序给出同样的向量。"
        "最大差别：{difference}。",
        "next": "最后一个块之后是归一化、输出层和 softmax："
        "它们把最后一个词元的向量变成每个词作为下一个词的概率。旁边是语法里的概率：",
        "word": "词",
        "model": "模型",
        "grammar": "语法",
    },
}
WORDS = ("<pad>", "<s>", *ENGLISH)
IDS = {word: i for i, word in enumerate(WORDS)}
PAD, BOS, EOS = IDS["<pad>"], IDS["<s>"], IDS["</s>"]


def sentences(n: int, rng: np.random.Generator) -> list[list[str]]:
    """Draw n sentences of the grammar: who, likes, to do what, what."""
    drawn = []
    for _ in range(n):
        animal = rng.choice(list(LIKES))
        verb = rng.choice(list(LIKES[animal]))
        liked = rng.choice(LIKES[animal][verb].split(), p=PROBABILITIES)
        drawn.append([animal, "喜欢", verb, liked])
    return drawn


def learn(steps: int = 300, batch_size: int = 64, seed: int = 0) -> GPT:
    """Train a small GPT to say, after each word of a sentence, what comes next."""
    mt.manual_seed(seed)
    config = TransformerConfig(
        vocab_size=len(WORDS), d_model=64, n_heads=4, n_layers=2, d_ff=256, max_length=8,
        dropout=0.0, pre_norm=True, pad=PAD, bos=BOS, eos=EOS,
    )  # fmt: skip
    model = GPT(config)
    optimizer = optim.AdamW(model.parameters(), betas=(0.9, 0.98))
    scheduler = warmup_and_decay(optimizer, lr=3e-3, steps=steps)
    rng = np.random.default_rng(seed)
    for _ in track(range(steps), "", transient=True):
        batch = [[IDS[word] for word in (*s, "</s>")] for s in sentences(batch_size, rng)]
        loss = model.loss(mt.tensor(batch))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
    return model.eval()


def inside(model: GPT, words: list[str]) -> dict[str, Tensor]:
    """Let the model read the words; return the activations of its first MLP, and its prediction.

    Returns:
        before, after: (1, T, d_model): the MLP's input, the normalised vectors, and its result,
            which the block adds to the vectors.
        hidden: (1, T, 4 · d_model), after the ReLU.
        next: (vocab_size), the probability of each word to come next.
    """
    seen: dict[str, Tensor] = {}

    def keep(mlp: nn.Module, inputs: tuple[Tensor], result: Tensor) -> None:
        seen.update(before=inputs[0], after=result)

    handle = first_mlp(model).register_forward_hook(keep)
    with mt.no_grad(), trace(model) as t:
        logits = model(mt.tensor([[IDS[word] for word in words]]))
    handle.remove()
    hidden = mt.from_numpy(t["blocks.0.mlp.hidden"])
    return {**seen, "hidden": hidden, "next": logits[0, -1].softmax(-1)}


def first_mlp(model: GPT) -> nn.Module:
    """Return the MLP of the first block."""
    return dict(model.named_modules())["blocks.0.mlp"]


def permuted(model: GPT, x: Tensor, order: list[int]) -> float:
    """Return how far MLP(tokens in another order) is from MLP(tokens), put in that order."""
    mlp = first_mlp(model)
    with mt.no_grad():
        return float((mlp(x[:, order]) - mlp(x)[:, order]).abs().max())


def top(model: GPT, words: list[str], n: int = 5) -> list[tuple[str, float]]:
    """Return the n likeliest next words with their probabilities."""
    probabilities = inside(model, words)["next"].numpy()
    return [(WORDS[i], float(probabilities[i])) for i in np.argsort(-probabilities)[:n]]


def show(console: Console, lang: str, model: GPT, words: list[str]) -> None:
    """Print what happens to the words in the first MLP, step by step."""
    say = SAY[lang]
    a = inside(model, words)
    for name in ("before", "after"):
        console.print(f"\n{say[name].format(shape=list(a[name].shape))}")
        for word, vector in zip(words, a[name][0].tolist(), strict=True):
            numbers = " ".join(f"{value:5.2f}" for value in vector[:8])
            console.print(f"  {_column(word, lang)}", numbers, "…")

    hidden = a["hidden"].numpy()[0]
    active = hidden > 0  # (T, 4 · d_model)
    console.print(f"\n{say['hidden'].format(n=hidden.shape[1])}")
    for word, row in zip(words, active, strict=True):
        units = " ".join(map(str, np.flatnonzero(row)[:8]))
        line = say["open"].format(count=row.sum(), n=len(row), units=units)
        console.print(f"  {_column(word, lang)}", line)
    counts = active.sum(0)  # (4 · d_model): for how many of the words each unit is active
    console.print(say["shared"].format(all=(counts == len(words)).sum(), alone=(counts == 1).sum()))

    order = [2, 0, 1]
    shuffled = " ".join(words[i] for i in order)
    difference = permuted(model, a["before"], order)
    line = say["alone"].format(order=shuffled, difference=f"{difference:.0e}" if difference else 0)
    console.print(f"\n{line}")


def show_next(console: Console, lang: str, model: GPT, words: list[str]) -> None:
    """Print the likeliest next words, with the model's probabilities and the grammar's."""
    say = SAY[lang]
    animal, _, verb = words
    true = dict(zip(LIKES[animal][verb].split(), PROBABILITIES, strict=True))
    columns = [Column(say[name], justify="right") for name in ("model", "grammar")]
    table = Table(say["word"], *columns, box=None)
    for word, probability in top(model, words):
        table.add_row(_word(word, lang), f"{probability:.1%}", f"{true.get(word, 0):.0%}")
    console.print(f"  {_sentence([*words, '…'], lang)}", style="bold")
    console.print(table)


def _word(word: str, lang: str) -> str:
    return word if lang == "zh" else f"{word} {ENGLISH[word]}"


def _sentence(words: list[str], lang: str) -> str:
    """Return the words, with their English meaning if the language is English."""
    english = " ".join(ENGLISH.get(word, word) for word in words)
    return " ".join(words) + (f"    ({english})" if lang == "en" else "")


def _column(word: str, lang: str) -> str:
    """Return the word, filled up with spaces; a Chinese character is two columns wide."""
    name = _word(word, lang)
    return name + " " * ((10 if lang == "en" else 4) - cell_len(name))


def main() -> None:
    """Run the lesson."""
    show_everything()
    parser = argparse.ArgumentParser(description="What the MLP computes for 猫 喜欢 吃.")
    parser.add_argument("--lang", choices=SAY, default="en", help="language (default: en)")
    options = parser.parse_args()
    console, say = Console(highlight=False), SAY[options.lang]

    steps, batch_size = 300, 64
    model = learn(steps, batch_size)
    console.print(say["learned"].format(n=steps * batch_size))
    for sentence in sentences(3, np.random.default_rng(1)):
        console.print(" ", _sentence(sentence, options.lang))
    show(console, options.lang, model, ["猫", "喜欢", "吃"])
    console.print(f"\n{say['next']}\n")
    for animal in ("猫", "狗"):
        show_next(console, options.lang, model, [animal, "喜欢", "吃"])
        console.print()


if __name__ == "__main__":
    main()
