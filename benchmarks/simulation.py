"""A training step of n ranks, simulated: what computing and sending take together.

The step of a rank is its forward pass, its backward pass, in which buckets of gradients become full
one after the other, and the update. Each bucket is reduced in rounds, in each of which a rank
exchanges bytes with one other. That takes the bytes' time on the wire, behind what was to be sent
before, the latency of the network, and the processor's time to copy and add them. A rank looks for
what has come when a gradient is complete, and, once its backward pass has ended, all the time.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

CAP = 2.0**20  # bytes of a bucket, as DistributedDataParallel has it
JITTER = 0.03  # an assumption: the standard deviation of a rank's time to compute
SHORT = 2048  # bytes; MPICH reduces longer messages in halves


@dataclass(frozen=True)
class Network:
    """What it takes to send.

    Attributes:
        latency: seconds of a message, however short.
        byte: seconds of a byte on the wire.
        processor: seconds of the processor for a byte, to copy and add it.
    """

    latency: float
    byte: float
    processor: float


@dataclass(frozen=True)
class Model:
    """What the parts of a step take: fixed + per_example · examples seconds, (2,) each.

    Attributes:
        batch: the examples of a step.
        forward, update: the passes.
        arrivals: (p + 1, 2), from the start of the backward pass until each of p gradients is
            complete, and until its end.
        sizes: (p,), bytes of those gradients.
        packing: seconds to put a byte into a bucket.
    """

    batch: int
    forward: Any
    arrivals: Any
    update: Any
    sizes: Sequence[int]
    packing: float

    def buckets(self) -> list[tuple[int, int]]:
        """Return what fills each bucket: the number of gradients that have come, and its bytes."""
        ends, held = [], 0
        for i, size in enumerate(self.sizes):
            if held and held + size > CAP:
                ends.append((i, held))
                held = 0
            held += size
        return [*ends, (len(self.sizes), held)]


def rounds(n: int, size: float) -> list[tuple[int, float]]:
    """Return the rounds of an all-reduce among n ranks, a power of two: with whom, and the bytes.

    In each round rank r exchanges bytes with rank r XOR distance. A short message goes there whole,
    log2(n) times. Of a long one, ranks add up halves of halves, until each has the sum of an n-th,
    and collect these in the opposite order: 2 · log2(n) rounds, 2 (n - 1) / n · size bytes.
    (Thakur, Rabenseifner and Gropp 2005, "Optimization of collective communication operations in
    MPICH", section 4.5.)

    >>> rounds(4, 8192)
    [(2, 4096.0), (1, 2048.0), (1, 2048.0), (2, 4096.0)]
    >>> rounds(4, 8)
    [(1, 8), (2, 8)]
    """
    if size <= SHORT:
        return [(2**i, size) for i in range(n.bit_length() - 1)]
    halves = [(n // 2**i, size / 2**i) for i in range(1, n.bit_length())]
    return halves + halves[::-1]


def reduced(looks: Any, buckets: Sequence[tuple[int, int]], packing: float, net: Network) -> float:
    """Return when the last rank has the sums of all buckets.

    Args:
        looks: (n, p + 1), when each rank has completed each gradient, and its backward pass, if it
            did nothing else: then it looks for messages.
        buckets: as `Model.buckets` returns them.
        packing: seconds a byte.
        net: sends one message of a rank after the other.
    """
    n, last = len(looks), looks.shape[1] - 1
    plans = [rounds(n, size) for _, size in buckets]
    late = [0.0] * n  # so much later is each rank, as it has worked for messages
    ends = [0.0] * n  # when it did so last
    wire = [0.0] * n  # busy until then
    turns: list[dict[int, int]] = [{} for _ in range(n)]  # of each bucket that is sent, the round
    come: list[dict[int, float]] = [{} for _ in range(n)]  # and when what it waits for is there
    queue = [(looks[rank, 0], rank, 0) for rank in range(n)]
    heapq.heapify(queue)

    def offer(rank: int, bucket: int, now: float) -> None:
        """Exchange the bytes of a round, if the other rank has offered its own."""
        turn = turns[rank][bucket]
        if turn == len(plans[bucket]):
            return
        distance, size = plans[bucket][turn]
        other = rank ^ distance
        if turns[other].get(bucket) == turn and bucket not in come[other]:
            for sender, receiver in ((rank, other), (other, rank)):
                wire[sender] = max(now, wire[sender]) + size * net.byte
                come[receiver][bucket] = wire[sender] + net.latency
                heapq.heappush(queue, (come[receiver][bucket], receiver, -1))

    while queue:  # whoever is first
        now, rank, look = heapq.heappop(queue)
        if look < 0 and now < looks[rank, last] + late[rank]:
            continue  # it still computes, and does not look
        now = start = max(now, ends[rank])
        for bucket in [bucket for bucket, time in come[rank].items() if time <= now]:
            del come[rank][bucket]
            now += plans[bucket][turns[rank][bucket]][1] * net.processor
            turns[rank][bucket] += 1
            offer(rank, bucket, now)
        if look >= 0:
            for bucket, (gradients, size) in enumerate(buckets):
                if gradients - 1 == look:
                    now += size * packing
                    turns[rank][bucket] = 0
                    offer(rank, bucket, now)
        late[rank] += now - start
        ends[rank] = now
        if 0 <= look < last:
            heapq.heappush(queue, (looks[rank, look + 1] + late[rank], rank, look + 1))
    return max(ends)


def step(
    model: Model, n: int, examples: float, net: Network, jitter: float = JITTER, draws: int = 6
) -> float:
    """Simulate steps of n ranks of so many examples each; return the mean of the seconds."""
    one = np.array([1.0, examples])
    update = float(model.update @ one)
    looks = np.maximum.accumulate((model.forward + model.arrivals) @ one)
    if n == 1:
        return float(looks[-1]) + update
    factors = 1 + jitter * np.random.default_rng(0).standard_normal((draws, n, 1))
    ends = [reduced(x * looks, model.buckets(), model.packing, net) for x in factors]
    return float(np.mean(ends)) + update
