"""The optimizers of `torch.distributed` as targets: sharded over processes, or functional."""

from __future__ import annotations

import contextlib
import inspect
import pickle
import subprocess
import sys
import warnings
import weakref
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch.distributed.fsdp import fully_shard
from torch.distributed.optim import ZeroRedundancyOptimizer
from torch.distributed.optim.functional_adam import _FunctionalAdam
from torch.distributed.optim.functional_adamw import _FunctionalAdamW

from adamcheck.adam import Hyperparameters
from adamcheck.targets.adapters.library import LibraryTarget, declared
from adamcheck.targets.adapters.torch import SAYS, moments_in, to_array, to_tensor
from adamcheck.targets.base import Capabilities, NotOffered, Run, Target, TargetDied, TargetError
from adamcheck.targets.convention import HyperNames
from adamcheck.targets.programs import torch_ranks
from adamcheck.targets.programs.channel import started


def recognises(thing: Any) -> bool:
    """Whether `thing` is `fully_shard`, the class of sharded optimizers, a functional Adam, or a subclass."""
    kinds = (ZeroRedundancyOptimizer, _FunctionalAdam, _FunctionalAdamW)
    return thing is fully_shard or (inspect.isclass(thing) and issubclass(thing, kinds))


def adapt(thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """`thing` as a target; `options` go to the constructor of its optimizer."""
    if thing is fully_shard:
        options = dict(options)
        make = options.pop("optimizer_class", torch.optim.Adam)
        return ShardedTarget("fsdp", make, name, options)
    if issubclass(thing, ZeroRedundancyOptimizer):
        return ShardedTarget("zero", thing, name, {"optimizer_class": torch.optim.Adam, **options})
    return FunctionalTarget(thing, name, options)


_NAMES: HyperNames = {
    "lr": "lr",
    "betas": ("beta1", "beta2"),
    "eps": "eps",
    "weight_decay": "weight_decay",
}
"""All of them take a weight decay, though not all have it in their signature."""


class _Ranks:
    """This process as rank 0, and another one as rank 1, for as long as both live.

    Raises `TargetError` where this process belongs to a process group already.
    """

    def __init__(self) -> None:
        if dist.is_initialized():
            raise TargetError(
                "this process belongs to a process group: sharded targets need one of their own"
            )
        self._rank = torch_ranks.Rank(0, 0)
        command = [sys.executable, torch_ranks.__file__, str(self._rank.port)]
        self._other = started(command, stdout=subprocess.DEVNULL)
        self.close = weakref.finalize(self, _close, self._other)
        """End rank 1; done at the latest when this process ends."""
        self._send(sys.path)
        self._rank.join()
        self._started = 0
        self.ended: deque[int] = deque()

    @property
    def alive(self) -> bool:
        return self.close.alive and self._other.poll() is None

    def _send(self, request: Any) -> None:
        assert self._other.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # found out by waiting for it
            self._other.stdin.write(pickle.dumps(request))
            self._other.stdin.flush()

    def start(self, *arguments: Any) -> int:
        """The number of a new run."""
        while self.ended:
            self.perform(self.ended.popleft(), "end")
        self._started += 1
        self.perform(self._started, "start", *arguments)
        return self._started

    def perform(self, *request: Any) -> Any:
        """Do something on both ranks: what this one returns. Raises what it raises, or `TargetDied`."""
        if not self.alive:
            raise TargetDied("rank 1 has ended before")
        self._send(request)
        try:
            return self._rank.perform(*request)
        except Exception:
            self._meet()
            raise

    def _meet(self) -> None:
        """After an error: both ranks go on if they meet. Raises `TargetDied` where they do not."""
        self._send((0, "meet"))
        try:
            self._rank.perform(0, "meet")
        except Exception as error:
            status = self._other.poll()
            self.close()
            how = "does not answer" if status is None else f"ended with status {status}"
            raise TargetDied(f"rank 1 {how}") from error


def _close(other: subprocess.Popen[bytes]) -> None:
    other.kill()
    other.wait()
    if other.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            other.stdin.close()
    if dist.is_initialized():
        dist.destroy_process_group()


_ranks: list[_Ranks] = []
"""The ranks of this process: a process belongs to one group, whatever runs in it."""


def _together() -> _Ranks:
    """The ranks, started anew where rank 1 has ended."""
    if not _ranks or not _ranks[0].alive:
        for over in _ranks:
            over.close()
        _ranks[:] = [_Ranks()]
    return _ranks[0]


class _ShardedRun(Run):
    """A run on both ranks, by its number."""

    def __init__(self, ranks: _Ranks, number: int) -> None:
        self._ranks = ranks
        self._number = number
        weakref.finalize(self, ranks.ended.append, number).atexit = False

    def _ask(self, operation: str, *arguments: Any) -> Any:
        return self._ranks.perform(self._number, operation, *arguments)

    def step(self, gradient: np.ndarray) -> np.ndarray:
        return to_array(self._ask("step", to_tensor(np.ascontiguousarray(gradient).reshape(gradient.shape))))

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        m, v = self._ask("moments")
        return to_array(m), to_array(v)

    def save(self) -> Any:
        return self._ask("save")

    def load(self, saved: Any) -> None:
        self._ask("load", saved)

    def change_lr(self, lr: float) -> None:
        self._ask("change_lr", lr)


class ShardedTarget(LibraryTarget):
    """An optimizer that two processes share, of a kind in `torch_ranks`; `make` makes it on each of them.

    The processes are started once, with the first target of this kind. Raises `TargetError` for what cannot
    be sent to another process.
    """

    library = "torch"
    version = torch.__version__
    names = _NAMES
    first = ("parameters",)

    def __init__(self, kind: str, make: type, name: str, options: Mapping[str, Any] = {}) -> None:
        super().__init__(make, name, options)
        self._kind = kind
        self.declares = declared(SAYS, "torch", options.get("optimizer_class", make), options)
        try:
            pickle.dumps((make, self.options))
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise TargetError(f"{name} cannot be sent to another process: {error}") from None
        self.capabilities = Capabilities(
            moments=True,
            checkpoint=True,
            checkpointed_hyperparameters=True,
            weight_decay=True,
            changing_lr=True,
        )
        _together()

    def prepare(self) -> None:
        _together()

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        if self._kind == "fsdp" and (parameters.ndim == 0 or parameters.size == 0):
            raise NotOffered(f"fully_shard takes no parameters of shape {parameters.shape}")
        ranks = _together()
        number = ranks.start(self._kind, to_tensor(parameters), self.make, self.keywords(hyper))
        return _ShardedRun(ranks, number)


class _FunctionalRun(Run):
    def __init__(self, optimizer: Any, parameter: torch.Tensor) -> None:
        self._optimizer = optimizer
        self._parameter = parameter

    def step(self, gradient: np.ndarray) -> np.ndarray:
        self._optimizer.step([to_tensor(gradient)])
        return to_array(self._parameter)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        return moments_in(self._optimizer.state[self._parameter])


class FunctionalTarget(LibraryTarget):
    """A functional Adam: gradients are arguments of its step, and it has no means to save its state."""

    library = "torch"
    version = torch.__version__
    names = _NAMES
    first = ("parameters",)
    package = "torch"
    says = SAYS

    def __init__(self, make: type, name: str, options: Mapping[str, Any] = {}) -> None:
        super().__init__(make, name, options)
        self.capabilities = Capabilities(moments=True, weight_decay=True)

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        parameter = to_tensor(parameters)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # each construction warns of TorchScript
            optimizer = self.make([parameter], **self.keywords(hyper))
        return _FunctionalRun(optimizer, parameter)
