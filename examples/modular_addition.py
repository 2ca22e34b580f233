"""A GPT groks addition modulo 97; then we open it, and find circles.

    python examples/modular_addition.py            # --lang zh: in Chinese

It sees half of the table of all sums again and again. Soon it knows that half by heart, and nothing
of the other: it overfits. Long after, when there seems to be nothing left to learn, it generalizes.
That is grokking (Power et al. 2022, https://arxiv.org/abs/2201.02177).

What has it found? To the model a number is one token of 101, with neither digits nor neighbours.
But adding modulo 97 is walking round a clock of 97 hours, and such clocks are what it builds: n
becomes the angle 2πkn/97, for a few frequencies k at once. Adding numbers is adding angles, and of
all answers the right one is where all the clocks agree. So Nanda et al. found it in a model like
this one (2023, "Progress measures for grokking via mechanistic interpretability",
https://arxiv.org/abs/2301.05217). We take the same steps with ours:

    1. it groks: the accuracies, and the order that grows beneath them
    2. the Fourier transform of the embedding: which frequencies it is made of
    3. the circles: the numbers in the planes of these frequencies
    4. adding angles: where a and b become a + b, and what the logits are made of
    5. the test: without these frequencies it knows nothing, with them alone everything

Training takes five minutes. A run that is in runs/modular-addition already, from here or from
`transformer train modular-addition`, is not trained again, and one that was interrupted goes on;
with flags of the training, such as --seed 1, a new one starts. Ask it yourself:

    transformer solve runs/modular-addition 77+30
"""

from __future__ import annotations

import argparse
import csv
from itertools import takewhile
from typing import Any

from rich.console import Console
from rich.table import Table

import minitorch as mt
from minitorch.autograd import Array
from transformer.cli import Parser, add_training_flags, run_command
from transformer.cli.shell import Mistake, Screen
from transformer.cli.train import train_task
from transformer.explain import trace
from transformer.explain.pictures import save
from transformer.model.models import GPT
from transformer.tasks import ModularAddition
from transformer.tasks.modular import P, fourier_basis, fourier_power
from transformer.text.tokenizer import BOS, stack
from transformer.training.run import Run

import numpy as np  # isort: skip  # these after minitorch, which settles how NumPy computes
from matplotlib.axes import Axes  # isort: skip
from matplotlib.colors import hsv_to_rgb  # isort: skip
from matplotlib.figure import Figure  # isort: skip
from matplotlib.ticker import PercentFormatter  # isort: skip

N = np.arange(P)
SUM = (N[:, None] + N) % P  # of each pair (a, b)
EVEN = 1 / (P // 2)  # the power of each frequency, if all had the same

SAY = {
    "en": {
        "grokking": "1. It groks",
        "by_heart": "By step {step:,} it is right on {shown:.1%} of the sums that it is shown, and "
        "on {held_out:.1%} of the others: it knows them by heart.",
        "never": "It has not come to know by heart what it is shown.",
        "grokked": "Only at step {step:,} is it right on {held_out:.1%} of the others too.",
        "not_yet": "So it is still at step {step:,}, with {held_out:.1%}: it has not grokked yet.",
        "beneath": "Meanwhile something grows that neither curve shows: how much of the embedding "
        "its eight strongest frequencies make up. It is {first:.0%} at step {first_step:,}, "
        "{before:.0%} at step {before_step:,}, up to which fewer than 1 in 20 held-out answers are "
        "right, and {best:.0%} at step {best_step:,}, the best, whose parameters are saved.",
        "fourier": "2. The Fourier transform of the embedding",
        "columns": "The embedding gives each number a vector of {d} values. Each of these, read "
        "from n = 0 to 96, is a curve; and every such curve is a sum of waves, cos(2πkn/97) and "
        "sin(2πkn/97), that go up and down k times, k = 1 … 48. If the model knew nothing of the "
        "order of the numbers, each frequency k would have about 1/48 of the power, {even:.1%}.",
        "key": "Here {count} have more than twice that: {total:.0%} of the power together. The "
        "next has {next:.1%}.",
        "no_key": "None has more than twice that, so nothing stands out yet. After more steps it "
        "may: --resume --steps N.",
        "circles": "3. The circles",
        "plane": "The two waves of a frequency have each a direction among the {d}, and in the "
        "plane of the two the numbers stand on a circle, like the hours on a clock: n at the angle "
        "k · n · 360°/97. So neighbours on a circle are numbers whose difference times k is 1 "
        "modulo 97. How far they stand from the centre varies little (mean ± standard deviation):",
        "frequency": "frequency k",
        "power": "power",
        "order": "in order round the circle",
        "radius": "distance from the centre",
        "angles": "4. Adding is adding angles",
        "by_hand": "Take 77 + 30 on the circle of frequency {k}. 77 stands at {a:.0f}°, 30 at "
        "{b:.0f}°; together, full turns left out, {both:.0f}°. And 10 stands at {c:.0f}°: as "
        "77 + 30 = 97 + 10.",
        "product": "What the model has, though, are no angles but cosines and sines, of a and of "
        "b. To add the angles it must multiply: cos(x + y) = cos x cos y - sin x sin y. Where does "
        "it? Over all 9,409 questions, how much of the variance comes from one of the numbers "
        "alone, whatever the other, and how much from their sum, whichever numbers it is of:",
        "where": "at the last token, <s>",
        "alone": "a or b alone",
        "sum": "a + b",
        "add_attention.residual": "after attention",
        "mlp.hidden": "hidden units of the MLP",
        "add_mlp.residual": "after the MLP",
        "logits": "logits",
        "waves": "The logit of an answer c depends on how far it is off, a+b-c: the sum of one "
        "wave, cos(2πk(a+b-c)/97), for each of the {count} frequencies makes up {explained:.0%} of "
        "the variance of all logits. At c = a+b all these waves have a crest; nowhere else do all "
        "their crests meet. Let them alone choose, and {right:,} of 9,409 answers are right.",
        "test": "5. The test: take them away",
        "ablate": "If that is how it adds, it needs these waves and no others. Rewrite the "
        "embedding with some of its frequencies only, leave the rest of the model as it is, and "
        "ask again:",
        "embedding": "embedding",
        "held_out": "held-out sums right",
        "shown": "shown sums right",
        "as_is": "as it is",
        "only": "these {count} frequencies alone",
        "without": "all but these {count}",
        "others": "all but the next {count}",
        "chance": "Chance is 1 in 97, {chance:.1%}.",
        "drawn": "Drawn:",
    },
    "zh": {
        "grokking": "1. 顿悟（grokking）",
        "by_heart": "到第 {step:,} 步，见过的加法它答对 {shown:.1%}，没见过的只有 "
        "{held_out:.1%}：它是背下来的。",
        "never": "给它看过的加法，它还没有背下来。",
        "grokked": "直到第 {step:,} 步，没见过的也答对了 {held_out:.1%}。",
        "not_yet": "到第 {step:,} 步仍然如此，没见过的答对 {held_out:.1%}：它还没有顿悟。",
        "beneath": "与此同时，有一样东西在悄悄生长，两条正确率曲线上都看不见："
        "嵌入里最强的八个频率占了多大比重。"
        "第 {first_step:,} 步是 {first:.0%}；第 {before_step:,} 步是 {before:.0%}，"
        "直到那时，没见过的题答对还不到二十分之一；"
        "第 {best_step:,} 步是 {best:.0%}，这一步最好，保存下来的就是它的参数。",
        "fourier": "2. 嵌入的傅里叶变换",
        "columns": "嵌入给每个数一个 {d} 维的向量。取出其中一维，从 0 看到 96，就是 n 的一条曲线；"
        "每条这样的曲线都是一些波之和：cos(2πkn/97) 和 sin(2πkn/97)，起伏 k 次，k = 1 … 48。"
        "如果模型对数的次序一无所知，每个频率的功率都会在 1/48 上下，即 {even:.1%}。",
        "key": "这里有 {count} 个频率超过它的两倍，合起来占全部功率的 {total:.0%}；"
        "排在后面的一个只有 {next:.1%}。",
        "no_key": "没有一个频率超过它的两倍，还看不出什么。"
        "再多训练些步也许就有了：--resume --steps N。",
        "circles": "3. 圆",
        "plane": "一个频率的两个波，各是 {d} 维空间里的一个方向。在这两个方向张成的平面上，"
        "97 个数站成一个圆，像钟面上的钟点：n 站在角度 k · n · 360°/97 处。"
        "所以圆上相邻的两个数，差乘以 k 模 97 等于 1。它们到圆心的距离相差很小（均值 ± 标准差）：",
        "frequency": "频率 k",
        "power": "功率",
        "order": "沿着圆依次是",
        "radius": "到圆心的距离",
        "angles": "4. 加数就是加角度",
        "by_hand": "在频率 {k} 的圆上算 77 + 30。77 站在 {a:.0f}°，30 站在 {b:.0f}°，"
        "加起来，去掉整圈，就是 {both:.0f}°。而 10 站在 {c:.0f}°：77 + 30 = 97 + 10。",
        "product": "不过模型手里没有角度，只有 a 和 b 各自的余弦和正弦。"
        "要把角度相加，就得做乘法：cos(x + y) = cos x cos y - sin x sin y。它在哪里做的乘法？"
        "把 9,409 道题全部问一遍，看方差里有多少只取决于其中一个数（另一个是什么都行），"
        "有多少只取决于两数之和（由哪两个数相加都行）：",
        "where": "在最后一个词元 <s> 处",
        "alone": "单独的 a 或 b",
        "sum": "a + b",
        "add_attention.residual": "注意力之后",
        "mlp.hidden": "MLP 的隐藏单元",
        "add_mlp.residual": "MLP 之后",
        "logits": "logits",
        "waves": "答案 c 的 logit 取决于它差了多少，即 a+b-c：{count} 个频率各出一个波 "
        "cos(2πk(a+b-c)/97)，加起来就解释了全部 logits 方差的 {explained:.0%}。"
        "在 c = a+b 处，所有的波同时到达波峰；别处，波峰再不会这样重合。"
        "只让这些波来选答案，9,409 题里答对 {right:,} 题。",
        "test": "5. 检验：把它们拿掉",
        "ablate": "如果它真是这样做加法的，那么它需要这些波，而且只需要这些波。"
        "把嵌入改写成只含某些频率，模型的其余部分不动，再问一遍：",
        "embedding": "嵌入",
        "held_out": "没见过的答对",
        "shown": "见过的答对",
        "as_is": "原样",
        "only": "只留这 {count} 个频率",
        "without": "去掉这 {count} 个频率",
        "others": "改为去掉排在后面的 {count} 个",
        "chance": "瞎猜是 97 次里对 1 次，{chance:.1%}。",
        "drawn": "图：",
    },
}  # fmt: skip


class Narrator:
    """Tells the essay in one of its languages.

    Args:
        console: where it is shown.
        lang: the language, a key of `SAY`.
    """

    def __init__(self, console: Console, lang: str) -> None:
        self.console, self.say = console, SAY[lang]

    def title(self, name: str) -> None:
        """Begin a part."""
        self.console.print()
        self.console.rule(self.say[name])

    def tell(self, name: str, **values: Any) -> None:
        """Say something, with values filled in."""
        self.console.print(f"\n{self.say[name].format(**values)}", markup=False)

    def table(self, *columns: str) -> Table:
        """Return an empty table with these columns."""
        return Table(*(self.say[column] for column in columns))


# ----------------------------------------------------------------------------------- 1. it groks


def draw_grokking(rows: list[dict[str, float]]) -> Figure:
    """Draw, one above the other: losses, exact matches, the power of eight frequencies."""
    panels = [
        {"loss": "training loss", "held_out_loss": "held-out loss"},
        {"training_exact_match": "training exact match", "exact_match": "held-out exact match"},
        {"fourier_power": "embedding: power of the\neight strongest frequencies"},
    ]
    panels = [curves for curves in panels if curves.keys() <= rows[0].keys()]
    figure = Figure(figsize=(8, 2.3 * len(panels) + 0.4), layout="constrained")
    axes: list[Axes] = list(figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0])
    steps = [row["step"] for row in rows]
    for panel, curves in zip(axes, panels, strict=True):
        colours = ["C0", "C1"] if len(curves) == 2 else ["C2"]
        for (name, label), colour in zip(curves.items(), colours, strict=True):
            values = [row[name] for row in rows]
            panel.plot(steps, values, colour, marker="o", markersize=3, label=label)
        panel.legend()
        panel.set_ylim(bottom=0)
    for panel in axes[1:]:
        panel.set_ylim(-0.05, 1.05)
        panel.yaxis.set_major_formatter(PercentFormatter(1))
    axes[-1].set_xlabel("step")
    return figure


def tell_grokking(narrator: Narrator, rows: list[dict[str, float]], best: dict[str, float]) -> None:
    """Tell when it knew what it was shown, when the rest, and what grew meanwhile.

    Args:
        narrator: tells it.
        rows: the metrics of each evaluation.
        best: the row of the best.
    """
    narrator.title("grokking")
    by_heart = next((row for row in rows if row["training_exact_match"] >= 0.99), None)
    grokked = next((row for row in rows if row["exact_match"] >= 0.99), None)
    if by_heart is None:
        narrator.tell("never")
        return

    def tell(name: str, row: dict[str, float]) -> None:
        shown, held_out = row["training_exact_match"], row["exact_match"]
        narrator.tell(name, step=int(row["step"]), shown=shown, held_out=held_out)

    tell("by_heart", by_heart)
    tell("grokked", grokked) if grokked else tell("not_yet", rows[-1])
    before = list(takewhile(lambda row: row["exact_match"] < 0.05, rows))  # it may fall once more
    if before and "fourier_power" in rows[0]:  # it is not in the metrics of old runs
        values: dict[str, Any] = {}
        for name, row in {"first": rows[0], "before": before[-1], "best": best}.items():
            values |= {name: row["fourier_power"], f"{name}_step": int(row["step"])}
        narrator.tell("beneath", **values)


# ------------------------------------------------------ 2. the Fourier transform of the embedding


def waves(frequencies: list[int]) -> Array:
    """Return cos(2πkn/97) and sin(2πkn/97) for each frequency k, of length 1: (2 · count, 97)."""
    return fourier_basis()[[row for k in frequencies for row in (2 * k - 1, 2 * k)]]


def strongest(power: Array) -> list[int]:
    """Return the frequencies 1 … 48 by their power, the greatest first."""
    return [int(i) + 1 for i in np.argsort(-power)]


def tell_fourier(narrator: Narrator, vectors: Array) -> list[int]:
    """Tell which frequencies stand out in the numbers' vectors, (97, d), and return them."""
    narrator.title("fourier")
    narrator.tell("columns", d=vectors.shape[1], even=EVEN)
    power = fourier_power(vectors)
    key = [k for k in strongest(power) if power[k - 1] > 2 * EVEN]
    if key:
        total, after = power[np.array(key) - 1].sum(), np.sort(power)[-1 - len(key)]
        narrator.tell("key", count=len(key), total=total, next=after)
    else:
        narrator.tell("no_key")
    return key


# ---------------------------------------------------------------------------------- 3. the circles


def circle(vectors: Array, k: int) -> Array:
    """Return where the numbers stand in the plane of frequency k, the mean at 0: (97, 2).

    A coefficient of the Fourier transform is a direction. The x-axis is that of the cosine, and the
    y-axis that of the sine, without what it has in common with the other. The whole vectors are
    projected: what they have of other frequencies in this plane blurs the circle.
    """
    cos, sin = waves([k]) @ vectors  # (d,) each
    x = cos / np.linalg.norm(cos)
    y = sin - (sin @ x) * x
    place: Array = (vectors - vectors.mean(0)) @ np.stack([x, y / np.linalg.norm(y)], 1)
    return place


def round_circle(k: int) -> list[int]:
    """Return the numbers in their order on the circle of frequency k, from 0 on.

    From one to the next, k · n grows by 1 modulo 97, and n by the number whose k-fold is 1.
    """
    return [int(n) for n in N * pow(k, -1, P) % P]


def listed(numbers: list[int], most: int) -> str:
    """Return the first of the numbers as a text."""
    return ", ".join(map(str, numbers[:most])) + ", …"


def draw_circles(vectors: Array) -> Figure:
    """Draw the power of each frequency, and the circles of the eight strongest."""
    power = fourier_power(vectors)
    shown = strongest(power)[:8]
    figure = Figure(figsize=(12, 9), layout="constrained")
    layout = "PPPP;0123;4567"
    bars, *circles = figure.subplot_mosaic(layout, height_ratios=[1, 1.8, 1.8]).values()

    colours = ["C2" if share > 2 * EVEN else "C7" for share in power]
    bars.bar(range(1, P // 2 + 1), power, color=colours)
    bars.axhline(EVEN, color="black", linewidth=0.8, linestyle=":")
    for k in shown:
        bars.annotate(str(k), (k, power[k - 1]), ha="center", va="bottom")
    bars.set_ylim(top=1.15 * power.max())
    bars.set_xlabel("frequency k (dotted: if all had the same power)")
    bars.set_ylabel("power in the embedding")
    bars.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))

    for panel, k in zip(circles, shown, strict=True):
        place, order = circle(vectors, k), round_circle(k)
        for n, (x, y) in enumerate(place):
            colour = hsv_to_rgb((n / P, 1, 0.75))
            panel.text(x, y, str(n), color=colour, fontsize=6.5, ha="center", va="center")
        panel.plot(*place[[*order, 0]].T, color="0.85", linewidth=0.8, zorder=0)
        reach = 1.1 * np.abs(place).max()
        panel.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        panel.set(xticks=[], yticks=[], title=f"k = {k}: {listed(order, 4)}")
    return figure


def tell_circles(narrator: Narrator, vectors: Array, key: list[int]) -> None:
    """Tell of the circle of each frequency: who stands beside whom, and how round it is."""
    narrator.title("circles")
    narrator.tell("plane", d=vectors.shape[1])
    table = narrator.table("frequency", "power", "order", "radius")
    power = fourier_power(vectors)
    for k in key:
        radius = np.linalg.norm(circle(vectors, k), axis=1)
        distance = f"{radius.mean():.3f} ± {radius.std():.3f}"
        table.add_row(str(k), f"{power[k - 1]:.1%}", listed(round_circle(k), 6), distance)
    narrator.console.print(table)


# --------------------------------------------------------------------- 4. adding is adding angles


def angles(place: Array) -> Array:
    """Return the angles of points (x, y) from the x-axis, from 0° to 360°: (97, 2) → (97,)."""
    degrees: Array = np.degrees(np.arctan2(place[:, 1], place[:, 0])) % 360
    return degrees


def questions(task: ModularAddition) -> mt.Tensor:
    """Return the prompts `a + b <s>` of all pairs: ids (97 · 97, 4)."""
    sources = [task.example((a, b))[0] for a in range(P) for b in range(P)]
    return stack([[*task.tokenizer.encode(source), BOS] for source in sources])


def parts(table: Array) -> tuple[float, float]:
    """How much of the variance of values over all pairs, (97, 97, …), has which source?

    Returns:
        that of a alone and b alone; and that of a + b modulo 97, alone.
    """
    table = table.reshape(P, P, -1).astype(float)
    table = table - table.mean((0, 1))
    variance = (table**2).mean((0, 1)).sum()
    of_a, of_b = table.mean(1), table.mean(0)  # (97, …) each
    of_sum = np.stack([table[N, (s - N) % P].mean(0) for s in range(P)])  # (97, …)
    a, b, both = ((part**2).mean(0).sum() / variance for part in (of_a, of_b, of_sum))
    return a + b, both


def wave_logits(logits: Array, frequencies: list[int]) -> tuple[Array, float]:
    """Replace logits (a, b, c) by the nearest sum of waves in a + b - c, one for each frequency.

    Adding a number to all logits of a question changes no probability, so their mean is left out.

    Returns:
        the sum of waves, (97, 97, 97), and how much of the variance of the logits it makes up.
    """
    logits = logits - logits.mean(-1, keepdims=True)
    off = (SUM[:, :, None] - N) % P  # how far each answer is off: a + b - c
    mean = np.bincount(off.ravel(), logits.ravel()) / P**2  # the mean logit of each such distance
    cosines = waves(frequencies)[::2]  # (count, 97)
    nearest = (cosines.T @ (cosines @ mean))[off]
    return nearest, float((nearest**2).sum() / (logits**2).sum())


def tell_angles(
    narrator: Narrator, task: ModularAddition, model: GPT, vectors: Array, key: list[int]
) -> None:
    """Tell how a and b become a + b: by hand, layer by layer, and in the logits."""
    narrator.title("angles")
    a, b, c = angles(circle(vectors, key[0]))[[77, 30, 10]]
    narrator.tell("by_hand", k=key[0], a=a, b=b, both=(a + b) % 360, c=c)

    narrator.tell("product")
    with mt.no_grad(), trace(model) as t:
        model(questions(task))
    table = narrator.table("where", "alone", "sum")
    for name, activation in t.items():
        place = name.removeprefix(f"blocks.{len(model.blocks) - 1}.")
        if place in ("add_attention.residual", "mlp.hidden", "add_mlp.residual", "logits"):
            alone, both = parts(activation[:, -1])
            table.add_row(narrator.say[place], f"{alone:.0%}", f"{both:.0%}")
    narrator.console.print(table)

    logits = t["logits"][:, -1, -P:].reshape(P, P, P).astype(float)
    nearest, explained = wave_logits(logits, key)
    right = int((nearest.argmax(-1) == SUM).sum())
    narrator.tell("waves", count=len(key), explained=explained, right=right)


# --------------------------------------------------------------------------------- 5. the test


def keep(vectors: Array, frequencies: list[int]) -> Array:
    """Project the numbers' vectors, (97, d), onto the waves of some frequencies; keep the mean."""
    basis = waves(frequencies)
    projected: Array = vectors.mean(0) + basis.T @ (basis @ vectors)
    return projected


def right_with(vectors: Array, task: ModularAddition, model: GPT) -> Array:
    """Return which sums are right, (97, 97), when these are the numbers' vectors, (97, d)."""
    weight = model.embedding.tokens.weight
    with mt.no_grad():
        before = weight.clone()
        weight[-P:] = mt.tensor(vectors, dtype=weight.dtype)
        logits = model(questions(task))[:, -1, -P:].numpy()
        weight.copy_(before)
    right: Array = logits.argmax(-1).reshape(P, P) == SUM
    return right


def tell_test(
    narrator: Narrator, task: ModularAddition, model: GPT, vectors: Array, key: list[int]
) -> None:
    """Tell what is left of the model's accuracy without some frequencies."""
    narrator.title("test")
    narrator.tell("ablate")
    ranked = strongest(fourier_power(vectors))
    others = [k for k in ranked if k not in key]
    kept = {"as_is": ranked, "only": key, "without": others, "others": key + others[len(key) :]}
    held_out = np.array([[task.is_held_out((a, b)) for b in range(P)] for a in range(P)])
    table = narrator.table("embedding", "held_out", "shown")
    for name, frequencies in kept.items():
        right = right_with(keep(vectors, frequencies), task, model)
        shares = (f"{right[pairs].mean():.1%}" for pairs in (held_out, ~held_out))
        table.add_row(narrator.say[name].format(count=len(key)), *shares)
    narrator.console.print(table)
    narrator.tell("chance", chance=1 / P)


# ---------------------------------------------------------------------------------- the program


def explain(narrator: Narrator, run: Run) -> None:
    """Draw and tell what the run's model has learned, in five parts."""
    task, model = run.load()
    assert isinstance(task, ModularAddition)
    assert isinstance(model, GPT)
    with run.reading("metrics.csv") as path, path.open(encoding="utf-8") as file:
        rows = [{name: float(x) for name, x in row.items() if x} for row in csv.DictReader(file)]
    vectors = model.embedding.tokens.weight[-P:].detach().numpy().astype(float)  # (97, d)
    for name, figure in (("grokking", draw_grokking(rows)), ("circles", draw_circles(vectors))):
        with run.writing(f"{name}.png") as path:
            save(figure, path)

    tell_grokking(narrator, rows, max(rows, key=lambda row: (task.score(row), row["step"])))
    key = tell_fourier(narrator, vectors)
    if key:
        tell_circles(narrator, vectors, key)
        tell_angles(narrator, task, model, vectors, key)
        tell_test(narrator, task, model, vectors, key)
    drawn = f"{run.directory / 'grokking.png'}, {run.directory / 'circles.png'}"
    narrator.console.print(f"\n{narrator.say['drawn']} {drawn}", markup=False, soft_wrap=True)


def main() -> int:
    """Train, or find what was trained, and explain it. Return the exit code."""
    parser = Parser(
        prog="python examples/modular_addition.py",
        description="A GPT groks addition modulo 97; then we open it, and find circles.",
    )
    add_training_flags(parser, ModularAddition)
    parser.add_argument("--lang", choices=SAY, default="en", help="language (default: en)")

    def learn_and_explain(options: argparse.Namespace) -> int:
        run = Run(options.out)
        plain = parser.parse_args(["--out", str(options.out), "--lang", options.lang])
        if options == plain and (options.out / "config.json").exists():
            options.resume = True  # if it is finished, it stays as it is
        architecture = options.architecture
        if options.resume and isinstance(task := run.config()[0], ModularAddition):
            architecture = task.architecture
        if architecture not in (None, "gpt"):
            raise Mistake(f"what is explained here is a gpt, not the architecture {architecture}")
        code = train_task(options)
        if code == 0:
            explain(Narrator(Screen(), options.lang), run)
        return code

    parser.set_defaults(command=learn_and_explain)
    return run_command(parser)


if __name__ == "__main__":
    raise SystemExit(main())
