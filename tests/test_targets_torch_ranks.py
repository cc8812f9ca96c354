"""Optimizers that two processes share: they are Adam, and neither process outlives the other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest
from inline_snapshot import snapshot

from adamcheck.adam import Hyperparameters
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.judge import Ruling, judge
from adamcheck.numbers.floats import format_of
from adamcheck.targets.base import NotOffered, TargetDied, TargetError
from adamcheck.targets.find import load_target

pytestmark = pytest.mark.library

KINDS = ("torch-zero", "torch-fsdp")
HYPER = Hyperparameters(lr=0.5, beta1=0.5, beta2=0.75, eps=0.25)
GRADIENTS = np.array([[1.0, -2.0, 0.5, 3.0, 0.0], [0.5, 1.0, -1.0, 0.0, 2.0], [-1.0, 0.25, 1.0, 1.0, 1.0]])


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a call in a process of its own, which then belongs to a process group of its own."""
    pytest.importorskip("torch")
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result(timeout=100)


def subject(name: str) -> Subject:
    return Subject(load_target(name), format_of("float64"))


def trajectory(shape: tuple[int, ...] = (5,)) -> Trajectory:
    return Trajectory(HYPER, np.zeros(5), GRADIENTS).filling(shape)


def other_rank() -> int:
    """The process of rank 1."""
    from adamcheck.targets.adapters import torch_distributed

    return torch_distributed._ranks[0]._other.pid


def judged(name: str) -> list[str]:
    """A run in arrays of some shapes, with moments that are read, and one that is resumed."""
    both = subject(name)
    found = [judge(both.run(trajectory(shape))).outcome for shape in ((5,), (1,), (3, 2))]
    first = both.start(np.zeros(5), HYPER)
    after = [first.step(g) for g in GRADIENTS[:2]]
    second = both.start(after[-1], HYPER.replace(lr=0.25))
    second.load(first.save())
    whole = both.run(trajectory())
    assert np.array_equal([*after, second.step(GRADIENTS[2])], np.asarray(whole.parameters)[1:])
    m, v = second.moments()
    assert m.shape == v.shape == (5,)
    assert np.all(v >= 0)
    return found


@pytest.mark.parametrize("name", KINDS)
def test_what_two_processes_compute_together_is_adam_and_can_be_resumed(name: str) -> None:
    assert apart(judged, name) == [Ruling.ENCLOSED] * 3


def kept_here(name: str) -> int:
    """How many of five coordinates of the first moment rank 0 keeps itself."""
    from adamcheck.targets.adapters import torch_distributed

    run = subject(name).start(np.zeros(5), HYPER)
    run.step(GRADIENTS[0])
    optimizer: Any = torch_distributed._ranks[0]._rank._runs[1]._optimizer
    states = getattr(optimizer, "optim", optimizer).state.values()
    moments = [state["exp_avg"] for state in states]
    return sum(m.to_local().numel() if hasattr(m, "to_local") else m.numel() for m in moments)


@pytest.mark.parametrize("name", KINDS)
def test_each_process_keeps_a_part_of_the_moments(name: str) -> None:
    assert 0 < apart(kept_here, name) < 5


def troubled(name: str) -> list[str]:
    """After an error on both ranks the same two go on; what is said once rank 1 was killed, and later."""
    both, told = subject(name), []
    run = both.start(np.zeros(5), HYPER)
    first = other_rank()
    for method in ("load", "moments"):  # on both ranks: an error of each, and neither waits for the other
        with pytest.raises(Exception, match=r".+") as error:
            getattr(run, method)(*(["nonsense"] if method == "load" else []))
        assert not isinstance(error.value, TargetDied)
    assert judge(both.run(trajectory())).outcome == Ruling.ENCLOSED
    assert other_rank() == first
    run = both.start(np.zeros(5), HYPER)
    os.kill(first, signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(TargetDied) as death:
            run.step(GRADIENTS[0])
        told.append(str(death.value))
    told.append(judge(both.run(trajectory())).outcome)
    assert other_rank() != first
    return told


@pytest.mark.parametrize("name", KINDS)
def test_the_death_of_the_other_process_is_told_and_the_next_run_is_fine(name: str) -> None:
    *told, outcome = apart(troubled, name)
    assert outcome == Ruling.ENCLOSED
    assert all(message.startswith("rank 1 ") for message in told)


def test_no_rank_outlives_a_killed_parent() -> None:
    pytest.importorskip("torch")
    source = (
        "import os, signal\n"
        "from adamcheck.targets.adapters import torch_distributed\n"
        "from adamcheck.targets.find import load_target\n"
        "target = load_target('torch-zero')\n"
        "print(torch_distributed._ranks[0]._other.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True, timeout=60)
    end = time.monotonic() + 10
    while runs(int(done.stdout)):
        assert time.monotonic() < end, "rank 1 goes on"
        time.sleep(0.05)


def runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def refused() -> list[str]:
    """What is said of targets that two processes cannot share."""
    import torch
    from torch.distributed.optim import ZeroRedundancyOptimizer

    told = []
    for make in (lambda: load_target(type("Mine", (ZeroRedundancyOptimizer,), {})), in_another_group):
        try:
            make()
        except TargetError as error:
            told.append(str(error))
    assert torch.distributed.is_initialized()
    return told


def in_another_group() -> None:
    import torch.distributed as dist

    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    load_target("torch-zero")


def test_what_two_processes_cannot_share_is_refused_in_one_line() -> None:
    local, group = apart(refused)
    assert "cannot be sent to another process" in local
    assert group == snapshot("this process belongs to a process group: sharded targets need one of their own")


def shapeless() -> str:
    try:
        load_target("torch-fsdp").start(np.zeros(()), HYPER)
    except NotOffered as reason:
        return str(reason)
    return "started"


def test_what_fully_shard_refuses_is_not_applicable() -> None:
    assert apart(shapeless) == snapshot("fully_shard takes no parameters of shape ()")


def asked_before_the_first_step() -> tuple[int, float]:
    """The count of steps after the first one, and its update, once PyTorch was asked for the state before."""
    import torch
    from torch.distributed.checkpoint.state_dict import get_optimizer_state_dict

    module = torch.nn.Linear(1, 1, bias=False)
    optimizer = torch.optim.Adam(module.parameters(), lr=1.0)
    get_optimizer_state_dict(module, optimizer)
    before = module.weight.item()
    module.weight.grad = torch.ones(1, 1)
    optimizer.step()
    return int(optimizer.state[module.weight]["step"]), module.weight.item() - before


def test_pytorch_counts_a_step_where_it_is_asked_for_the_state_before_the_first_one() -> None:
    """Why the sharded targets do not save in this way. The first update should be -1."""
    step, update = apart(asked_before_the_first_step)
    assert step == 2
    assert -0.75 < update < -0.74


def test_without_a_device_the_target_on_it_is_refused_in_one_line() -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        assert judge(subject("torch-cuda").run(trajectory())).outcome == Ruling.ENCLOSED
        return
    with pytest.raises(
        TargetError, match=r"^torch-cuda needs a CUDA device, and PyTorch .* finds none here$"
    ):
        load_target("torch-cuda")
    with pytest.raises(TargetError, match="no device 'abacus'"):
        load_target("torch", device="abacus")
