"""The model behind docs/scaling.md, against arithmetic."""

import doctest

import numpy as np
import pytest

from benchmarks import scaling, simulation
from benchmarks.scaling import fitted, network_of
from benchmarks.simulation import Model, Network, reduced, rounds, step

FREE = Network(0.0, 0.0, 0.0)


def test_examples():
    assert doctest.testmod(scaling).failed == 0
    assert doctest.testmod(simulation).failed == 0


@pytest.mark.parametrize("n", [1, 2, 4, 8, 64])
def test_a_long_message_is_sent_in_halves(n):
    found = rounds(n, 2.0**20)
    assert len(found) == 2 * np.log2(n)
    assert sum(size for _, size in found) == 2 * (n - 1) / n * 2**20
    half = [distance for distance, _ in found[: len(found) // 2]]
    assert sum(half) == n - 1, "each other rank's part is in one of them"


@pytest.mark.parametrize("n", [1, 2, 4, 16])
def test_without_overlap_the_times_of_all_rounds_add_up(n):
    net = Network(3e-3, 5e-6, 7e-6)
    looks = np.tile([1.0, 2.0, 2.0], (n, 1))
    size = 1e4
    each = np.log2(n) * 2 * 3e-3 + 2 * (n - 1) / n * size * (5e-6 + 7e-6)
    assert reduced(looks, [(2, size)], 1e-6, net) == pytest.approx(2 + 1e4 * 1e-6 + each)


def test_what_is_sent_during_the_backward_pass_costs_nothing():
    looks = np.tile([1.0, 2.0, 3.0, 10.0, 10.0], (2, 1))
    net = Network(0.1, 1e-5, 0.0)
    assert reduced(looks, [(1, 4096)], 0.0, net) == 10
    last = 2 * 0.1 + 4096 * 1e-5
    assert reduced(looks, [(1, 4096), (4, 4096)], 0.0, net) == pytest.approx(10 + last)


def test_messages_go_on_only_when_somebody_looks():
    """Sent at 1, there at 1.1, seen at 5; the second half there at 5.1, seen at the end, 6."""
    looks = np.tile([1.0, 5.0, 6.0, 6.0], (2, 1))
    assert reduced(looks, [(1, 4096)], 0.0, Network(0.1, 0.0, 0.0)) == 6
    looks = np.tile([1.0, 5.0, 5.0], (2, 1))
    found = reduced(looks, [(1, 4096)], 0.0, Network(0.1, 0.0, 0.0))
    assert found == pytest.approx(5.1)


def test_a_rank_sends_one_message_after_the_other():
    looks = np.tile([1.0, 1.0, 1.0], (2, 1))
    net = Network(0.0, 1e-3, 0.0)
    assert reduced(looks, [(1, 3000), (2, 5000)], 0.0, net) == pytest.approx(1 + 3 + 5)


def test_the_slowest_decides():
    looks = np.array([[1.0, 2.0], [1.0, 7.0], [1.0, 3.0], [1.0, 4.0]])
    assert reduced(looks, [(1, 8)], 0.0, FREE) == 7
    looks[2] += 9
    assert reduced(looks, [(1, 8)], 0.0, FREE) == 12


def test_the_work_for_messages_delays_a_rank():
    looks = np.tile([1.0, 2.0, 9.0, 9.0], (2, 1))
    net = Network(0.0, 0.0, 1e-4)
    assert reduced(looks, [(1, 4096)], 2e-4, net) == pytest.approx(9 + 4096 * 3e-4)


def test_a_fit_finds_the_line_and_the_network():
    assert fitted([1, 2, 4], [5.0, 8.0, 14.0]) == pytest.approx([2, 3])
    times = {str(2**i): 2e-6 if i < 12 else 4e-6 + 2**i * 1e-9 for i in range(2, 25)}
    found = network_of(times)
    assert (found.latency, found.byte, found.processor) == pytest.approx((2e-6, 0, 1e-9))


def test_a_step_is_its_parts():
    arrivals = np.array([[0.5, 1.0], [1.0, 2.0], [1.0, 2.0]])
    model = Model(8, np.array([2.0, 3.0]), arrivals, np.array([0.25, 0.0]), [8, 8], 0.0)
    assert step(model, 1, 4, FREE) == 2 + 12 + 1 + 8 + 0.25
    assert step(model, 4, 4, FREE, jitter=0.0) == pytest.approx(23.25)
    assert step(model, 4, 4, FREE, jitter=0.1) > 23.25


def test_what_was_measured_can_be_read():
    models, networks, _ = scaling.load()
    for model in models.values():
        assert len(model.arrivals) == len(model.sizes) + 1
        assert sum(size for _, size in model.buckets()) == sum(model.sizes)
        assert model.buckets()[-1][0] == len(model.sizes)
    assert len(networks) == 4
