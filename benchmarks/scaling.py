"""What to expect of 1 to 64 ranks: measured times, put into a simulation. See docs/scaling.md.

    python -m benchmarks.scaling --plot docs/scaling-ranks.png

Nothing is measured: it reads `benchmarks/ranks.json`, which `python -m benchmarks.ranks` wrote.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import pairwise
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from .simulation import CAP, Model, Network, step

RANKS = (1, 2, 4, 8, 16, 32, 64)
WORTH = 1.1  # twice as many ranks should be so many times as fast
MEASURED = Path(__file__).with_name("ranks.json")


def fitted(examples: Sequence[int], seconds: Any) -> Any:
    """Fit fixed + per_example · examples, with the least sum of squared relative errors."""
    columns = np.stack([np.ones(len(examples)), np.array(examples, float)], 1)
    y = np.array(seconds)
    return np.linalg.lstsq(columns / y[:, None], np.ones(len(y)), rcond=None)[0]


def model_of(parts: Any, packing: float) -> Model:
    """Fit a model to the parts of its step."""
    examples, shares = [int(n) for n in parts["shares"]], list(parts["shares"].values())
    times = np.array([[*share["arrived"], share["backward"]] for share in shares])
    return Model(
        batch=parts["batch"],
        forward=fitted(examples, [share["forward"] for share in shares]),
        arrivals=np.array([fitted(examples, column) for column in times.T]),
        update=np.array([median(share["update"] for share in shares), 0.0]),
        sizes=parts["bytes"],
        packing=packing,
    )


def network_of(messages: dict[str, float]) -> Network:
    """Fit all-reduces of two ranks, whose wire is the processor's memory.

    A short one is one message each way; a long one two, of half the bytes each.
    """
    times = {int(size): seconds for size, seconds in messages.items()}
    latency = times[min(times)]
    per_byte = [(t - 2 * latency) / size for size, t in times.items() if 2**16 <= size <= 2**22]
    return Network(latency, 0.0, median(per_byte))


def load(path: Path = MEASURED) -> tuple[dict[str, Model], dict[str, Network], Any]:
    """Return the models, the networks, and all that was measured."""
    found = json.loads(path.read_text())
    two = found["2 ranks"]
    memory, tcp = network_of(two["messages"]), network_of(found["2 ranks, TCP"]["messages"])
    models = {name: model_of(parts, two["packing"]) for name, parts in two["parts"].items()}
    # Assumed: latency and bandwidth of each. TCP's copies cost a processor what they cost here;
    # InfiniBand's adapter copies by itself, so that what memory costs is an upper bound.
    networks = {
        "memory of one machine": memory,
        "InfiniBand, 100 Gbit/s": Network(2e-6, 8 / 100e9, memory.processor),
        "Ethernet, 10 Gbit/s": Network(30e-6, 8 / 10e9, tcp.processor),
        "Ethernet, 1 Gbit/s": Network(50e-6, 8 / 1e9, tcp.processor),
    }
    return models, networks, found


Curve = dict[int, float]
"""By the number of ranks."""


def shared(model: Model, net: Network) -> Curve:
    """Return the speed-up of n ranks over one with the same batch: the slowest has ⌈batch / n⌉."""
    alone = step(model, 1, model.batch, net)
    return {
        n: alone / step(model, n, ceil(model.batch / n), net) for n in RANKS if n <= model.batch
    }


def grown(model: Model, net: Network) -> Curve:
    """Return the efficiency of n ranks, each with as many examples as one had alone."""
    alone = step(model, 1, model.batch, net)
    return {n: alone / step(model, n, model.batch, net) for n in RANKS}


def stops(speed_up: Curve) -> int:
    """Return the ranks of which twice as many gain too little, or more than there are examples.

    >>> stops({1: 1.0, 2: 1.9, 4: 3.5, 8: 3.6})
    4
    """
    for (n, before), (_, after) in pairwise(speed_up.items()):
        if after < WORTH * before:
            return n
    return max(speed_up)


# ------------------------------------------------------------------------------------ what it shows


def show_fit(models: dict[str, Model], networks: dict[str, Network], found: Any) -> None:
    """Print what was fitted, and how well it predicts the step of two ranks."""
    print("seconds of a step: fixed + per example, ms          update    MB     error of the fit")
    for name, model in models.items():
        parts = found["2 ranks"]["parts"][name]["shares"]
        errors = [
            step(model, 1, int(n), networks["memory of one machine"])
            / sum(share[key] for key in ("forward", "backward", "update")) - 1
            for n, share in parts.items()
        ]  # fmt: skip
        fixed, each = (model.forward + model.arrivals[-1]) * 1e3
        print(
            f"  {name:18} {fixed:6.2f} + {each:7.3f} · examples {model.update[0] * 1e3:12.2f} "
            f"{sum(model.sizes) / 1e6:8.2f}   {min(errors):+.0%} to {max(errors):+.0%}"
        )
    print("networks: latency, µs; wire and processor, ns a byte")
    for name, net in networks.items():
        print(f"  {name:24}{net.latency * 1e6:6.1f}{net.byte * 1e9:8.2f}{net.processor * 1e9:8.2f}")
    print("a step, as predicted and as measured")
    memory = networks["memory of one machine"]
    for name, model in models.items():
        predicted = step(model, 2, model.batch / 2, memory)
        measured = found["2 ranks"]["steps"][name][str(CAP / 2**20)]
        error = predicted / measured - 1
        print(f"  {name:18} {predicted * 1e3:8.2f} {measured * 1e3:8.2f} ms {error:+6.0%}")


def show_curves(same: dict[str, dict[str, Curve]], more: dict[str, dict[str, Curve]]) -> None:
    """Print where more ranks stop paying, by model and network."""
    print("more ranks with the same batch pay up to, and are then so many times as fast")
    for name, curves in same.items():
        print(f"  {name:18}", *(f"{stops(c):4} ({c[stops(c)]:4.1f} ×)" for c in curves.values()))
    print("64 ranks with 64 times the batch: efficiency")
    for name, curves in more.items():
        print(f"  {name:18}", *(f"{curve[max(curve)]:13.0%}" for curve in curves.values()))


def plot(same: dict[str, dict[str, Curve]], more: dict[str, dict[str, Curve]], path: Path) -> None:
    """Draw the speed-up with the same batch, and the efficiency with a batch that grows."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(2, len(same), figsize=(13, 6.4), layout="constrained")
    for name, (upper, lower) in zip(same, panels.T, strict=True):
        upper.plot(RANKS, RANKS, ":", color="grey", label="n × as fast")
        for width, (net, curve) in zip((5, 2, 2, 2), same[name].items(), strict=True):
            (drawn,) = upper.plot(list(curve), list(curve.values()), lw=width, label=net)
            end = stops(curve)
            upper.plot(end, curve[end], "o", color=drawn.get_color())
            lower.plot(RANKS, list(more[name][net].values()), lw=width)
        upper.set_yscale("log", base=2)
        upper.set(title=name, ylim=(0.25, 64))
        lower.set(ylim=(0, 1.05), xlabel="ranks")
        upper.yaxis.set_major_formatter("{x:g} ×")
        lower.yaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
        for panel in (upper, lower):
            panel.set_xscale("log", base=2)
            panel.set_xticks(RANKS, labels=[str(n) for n in RANKS])
            panel.grid(alpha=0.3)
    panels[0, 0].set_ylabel("the same batch, divided: speed-up")
    panels[1, 0].set_ylabel("a whole batch for each: efficiency")
    panels[0, 0].legend(fontsize="small")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def main() -> None:
    """Show what is to be expected."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling")
    parser.add_argument("--measured", type=Path, default=MEASURED, metavar="FILE")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw it")
    args = parser.parse_args()
    models, networks, found = load(args.measured)
    show_fit(models, networks, found)
    same, more = (
        {name: {key: of(models[name], net) for key, net in networks.items()} for name in models}
        for of in (shared, grown)
    )
    show_curves(same, more)
    if args.plot:
        plot(same, more, args.plot)


if __name__ == "__main__":
    main()
