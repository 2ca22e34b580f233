"""One training on two machines: two network namespaces, with a cable between them that can be cut.

    sudo python -m pytest -n 0 -m hosts tests/mpi/test_two_hosts.py

Each machine has a name, an address, and directories of its own: the run is on the first. What they
share is the kernel, the installed Python, and this checkout. Needs root and iproute2.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from launch import MPIEXEC, ROOT, Ended, finish, launch, needs_mpi

import minitorch as mt

pytestmark = [
    pytest.mark.hosts,
    needs_mpi,
    pytest.mark.skipif(
        not shutil.which("ip") or os.getuid() != 0, reason="needs root and iproute2"
    ),
]

FAILING = Path(__file__).parent / "failing.py"
TRAIN = ["train", "addition", "--digits=1", "--steps=40", "--batch-size=6", "--d-model=8",
         "--heads=2", "--layers=1", "--evaluate-every=3", "--evaluate-on=3",
         "--keep=0"]  # fmt: skip
RESUME = ["train", "addition", "--resume"]
LONG = 60  # seconds in which all must have ended; they take three
ANSWERS = 3  # seconds that the ranks wait for each other

# As ssh would: run a command on a machine. The second has an empty directory where the first has
# the runs.
LAUNCHER = """#!/bin/sh
[ "$1" = -x ] && shift
host=$1; shift
exec ip netns exec $host unshare --uts sh -c "
    hostname $host
    case $host in *b) mount --bind {empty} {runs} ;; esac
    cd /; exec $*"
"""


def ip(*command: object) -> str:
    done = subprocess.run(["ip", *map(str, command)], capture_output=True, text=True, check=True)
    return done.stdout


class Hosts:
    """Two machines, and the cable between them.

    Attributes:
        names: of the machines.
        runs: the directory for runs; on the second machine it is another, `empty`.
    """

    def __init__(self, place: Path) -> None:
        self.names = [f"mt{os.getpid()}{letter}" for letter in "ab"]
        self.runs, self.empty, self.launcher = (place / name for name in ("runs", "empty", "ssh"))
        self.runs.mkdir()
        self.empty.mkdir()
        self.launcher.write_text(LAUNCHER.format(empty=self.empty, runs=self.runs))
        self.launcher.chmod(0o755)
        addresses = ["10.77.0.1", "10.77.0.2"]
        known = "".join(f"{a} {name}\n" for a, name in zip(addresses, self.names, strict=True))
        for name in self.names:
            ip("netns", "add", name)
            (Path("/etc/netns") / name).mkdir(parents=True)
            (Path("/etc/netns") / name / "hosts").write_text(f"127.0.0.1 localhost\n{known}")
        a, b = self.names
        ip("link", "add", "cable", "netns", a, "type", "veth", "peer", "name", "cable", "netns", b)
        for name, address in zip(self.names, addresses, strict=True):
            ip("-n", name, "address", "add", f"{address}/24", "dev", "cable")
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", "cable", "up")

    def remove(self) -> None:
        for process in self.processes():
            os.kill(process, signal.SIGKILL)
        for name in self.names:
            ip("netns", "delete", name)
            shutil.rmtree(Path("/etc/netns") / name)

    def processes(self) -> list[int]:
        """The processes that live on either."""
        try:
            return [int(p) for name in self.names for p in ip("netns", "pids", name).split()]
        except subprocess.CalledProcessError:  # one has ended while it was looked at
            return self.processes()

    def cable(self, state: str) -> None:
        """Let it be up or down; the machines are not told, as behind a switch."""
        ip("-n", self.names[1], "link", "set", "cable", state)

    def sent(self) -> int:
        """The bytes that the first machine has sent to the second."""
        counter = "/sys/class/net/cable/statistics/tx_bytes"
        return int(ip("netns", "exec", self.names[0], "cat", counter))

    def start(self, *program: object, **environment: str) -> subprocess.Popen[str]:
        """Start two ranks on each, from the first. UCX, which carries MPICH's messages, would see
        that the kernel is the same, and use shared memory."""
        environment |= {"UCX_TLS": "tcp", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        mpiexec = [MPIEXEC, "-launcher", "ssh", "-launcher-exec", self.launcher]
        mpiexec += ["-hosts", ",".join(self.names), "-ppn", "2", "-n", "4"]
        command = [self.launcher, self.names[0], *mpiexec, sys.executable, *program]
        return subprocess.Popen(
            [str(word) for word in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=os.environ | environment,
        )

    def launch(self, *program: object, **environment: str) -> Ended:
        """Do that to its end, after which no process must be left on either."""
        ended = finish(self.start(*program, **environment), LONG)
        self.wait_until_empty()
        return ended

    def wait_until_empty(self) -> None:
        limit = time.monotonic() + LONG
        while self.processes():
            assert time.monotonic() < limit, f"these have not ended: {self.processes()}"
            time.sleep(0.1)


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    hosts = Hosts(tmp_path_factory.mktemp("hosts"))
    try:
        yield hosts
    finally:
        hosts.remove()


def contents(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.iterdir()}


@pytest.fixture(scope="module")
def whole(hosts: Hosts) -> dict[str, bytes]:
    """The files of a training, on both, that nothing has disturbed."""
    run = hosts.runs / "whole"
    before = hosts.sent()
    ended = hosts.launch(FAILING, "never", 0, 0, *TRAIN, "--dropout=0.2", "--out", run)
    assert (ended.code, ended.errors) == (0, "")
    assert ended.output.count("step 39/40") == 1
    model = mt.load(run / "model.safetensors")["model"]
    gradients = 40 * sum(p.array.nbytes for p in model.values())
    assert hosts.sent() - before > gradients  # over the cable, not through memory
    return contents(run)


def test_it_ends_where_that_of_one_process_does_up_to_rounding(
    hosts: Hosts, tmp_path: Path
) -> None:
    """After 40 steps of Adam. The second machine has nothing of the run."""
    run, alone = hosts.runs / "shared", tmp_path / "alone"
    ended = hosts.launch(FAILING, "never", 0, 0, *TRAIN, "--out", run)
    assert (ended.code, ended.errors) == (0, "")
    assert launch(1, "-m", "transformer", *TRAIN, "--out", alone).code == 0
    one, four = (mt.load(path / "state.safetensors")["model"] for path in (alone, run))
    apart = {name: float((p - four[name]).abs().max().item()) for name, p in one.items()}
    # The keys' bias has a gradient of 0: Adam makes steps of the rounding errors.
    assert max(x for name, x in apart.items() if not name.endswith("key.bias")) < 1e-5
    assert list(hosts.empty.iterdir()) == []


def assert_resumes(hosts: Hosts, run: Path, whole: dict[str, bytes]) -> None:
    assert mt.load(run / "state.safetensors")["step"] % 3 == 0
    ended = hosts.launch(FAILING, "never", 0, 0, *RESUME, "--out", run)
    assert (ended.code, ended.errors) == (0, "")
    assert contents(run) == whole


@pytest.mark.parametrize("rank", [0, 3])
@pytest.mark.parametrize("how", ["raise", "exit", "kill"])
def test_a_rank_that_fails_ends_all_on_both(
    how: str, rank: int, hosts: Hosts, whole: dict[str, bytes]
) -> None:
    run = hosts.runs / f"{how}-{rank}"
    train = [*TRAIN, "--dropout=0.2", "--out", run]
    code, _, errors = hosts.launch(FAILING, how, rank, 20, *train)
    assert code != 0
    if how == "raise":
        assert errors.startswith(f"rank {rank} of 4:\nTraceback")
        assert errors.endswith("ZeroDivisionError: the reason\n")
    elif how == "exit":
        who = "" if rank else "rank 1: "
        assert errors == f"error: {who}all_reduce: rank {rank} has ended, and does not take part\n"
    assert_resumes(hosts, run, whole)


def start_slowly(hosts: Hosts, run: Path, **environment: str) -> subprocess.Popen[str]:
    """Start a training, and return when it has been saved."""
    slow = [FAILING, "slow", 0, 4, *TRAIN, "--dropout=0.2", "--out", run]
    process = hosts.start(*slow, **environment)
    assert process.stdout is not None
    while process.stdout.readline() != "here\n":
        assert process.poll() is None
    return process


def test_a_machine_that_loses_its_power(hosts: Hosts, whole: dict[str, bytes]) -> None:
    """All that runs on it is killed at once."""
    run = hosts.runs / "power"
    process = start_slowly(hosts, run)
    for each in ip("netns", "pids", hosts.names[1]).split():
        os.kill(int(each), signal.SIGKILL)
    assert finish(process, LONG).code != 0
    hosts.wait_until_empty()
    assert_resumes(hosts, run, whole)


def test_ctrl_c_saves_once(hosts: Hosts, whole: dict[str, bytes]) -> None:
    run = hosts.runs / "interrupted"
    process = start_slowly(hosts, run)
    process.send_signal(signal.SIGINT)
    code, output, errors = finish(process, LONG)
    assert (code, errors) == (130, "")
    assert output.count("stopped after step") == 1
    ended = hosts.launch(FAILING, "never", 0, 0, *RESUME, "--out", run)
    assert (ended.code, ended.errors) == (0, "")
    assert contents(run) == whole


def test_cut_off_for_a_moment_it_goes_on(hosts: Hosts, whole: dict[str, bytes]) -> None:
    run = hosts.runs / "moment"
    process = start_slowly(hosts, run, TIMEOUT=str(LONG))
    hosts.cable("down")
    time.sleep(1)
    hosts.cable("up")
    assert finish(process, LONG)[::2] == (0, "")
    assert contents(run) == whole


def test_cut_off_for_good_both_end_and_connected_again_it_is_resumed(
    hosts: Hosts, whole: dict[str, bytes]
) -> None:
    run = hosts.runs / "cut"
    process = start_slowly(hosts, run, TIMEOUT=str(ANSWERS))
    hosts.cable("down")
    try:
        code, _, errors = finish(process, LONG)
        assert (code, errors) == (
            2,
            f"error: all_reduce: the others have not come for {ANSWERS} s. Has one been "
            "cut off, or does it call something else?\n",
        )
        hosts.wait_until_empty()  # nor is any left on the other side
    finally:
        hosts.cable("up")
    assert_resumes(hosts, run, whole)
