"""What each of two processes does that step one optimizer together over gloo: sharded runs.

Rank 0 is where the target is; run as `PYTHON torch_ranks.py PORT`, this file is rank 1. It does what it reads
from its standard input, which rank 0 does as well, and ends with it.
"""

from __future__ import annotations

import contextlib
import copy
import pickle
import sys
from datetime import timedelta
from typing import Any, BinaryIO, ClassVar

import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

SIZE = 2

PATIENCE = timedelta(seconds=20)
"""How long one rank waits for the other."""


class ZeroRun:
    """One array as several parameters, whose moments `ZeroRedundancyOptimizer` spreads over the ranks."""

    def __init__(self, parameters: torch.Tensor, make: Any, keywords: dict[str, Any]) -> None:
        self._whole = parameters
        # Views: parts of different sizes, which are updated where the array is.
        self._parts = [part.requires_grad_() for part in _split(parameters)]
        self._optimizer = make(self._parts, **keywords)

    def step(self, gradient: torch.Tensor) -> torch.Tensor:
        for part, its in zip(self._parts, _split(gradient), strict=True):
            part.grad = its.clone()
        self._optimizer.step()
        return self._whole

    def moments(self) -> tuple[torch.Tensor, torch.Tensor] | None:
        saved = self.save()
        if saved is None:
            return None
        states = [saved["state"][index] for index in range(len(self._parts))]
        m, v = (
            torch.cat([state[name] for state in states]).view(self._whole.shape)
            for name in ("exp_avg", "exp_avg_sq")
        )
        return m, v

    def save(self) -> Any:
        self._optimizer.consolidate_state_dict()  # on rank 0, which alone can be asked for it then
        return copy.deepcopy(self._optimizer.state_dict()) if dist.get_rank() == 0 else None

    def load(self, saved: Any) -> None:
        self._optimizer.load_state_dict(copy.deepcopy(saved))

    def change_lr(self, lr: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = lr


def _split(array: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Up to three parts of a contiguous array."""
    parts: tuple[torch.Tensor, ...] = array.view(-1).tensor_split(max(1, min(3, array.numel())))
    return parts


class _Linear(torch.nn.Module):  # type: ignore[misc] # where torch is not installed
    """A module whose gradient is what it is given."""

    def __init__(self, parameters: torch.Tensor) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(parameters)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (self.weight * x).sum()


class ShardedRun:
    """A module sharded by `fully_shard`: each rank steps with its rows, after gradients were averaged."""

    _saved: ClassVar[list[dict[str, Any]]] = []
    """What this rank saved of its shards; a saved state is its place here, the same on both ranks."""

    def __init__(self, parameters: torch.Tensor, make: Any, keywords: dict[str, Any]) -> None:
        self._module = _Linear(parameters)
        fully_shard(self._module, mesh=init_device_mesh("cpu", (SIZE,)))
        self._optimizer = make(self._module.parameters(), **keywords)

    def step(self, gradient: torch.Tensor) -> torch.Tensor:
        self._optimizer.zero_grad()
        self._module(gradient).backward()
        self._optimizer.step()
        return self._whole(self._module.weight)

    def _whole(self, shards: Any) -> torch.Tensor:
        whole: torch.Tensor = shards.full_tensor().detach()
        return whole

    def moments(self) -> tuple[torch.Tensor, torch.Tensor]:
        state = self._optimizer.state[self._module.weight]
        return self._whole(state["exp_avg"]), self._whole(state["exp_avg_sq"])

    def save(self) -> int:
        # Not by `get_optimizer_state_dict`: before the first step it takes one, which counts (2.13.0).
        self._saved.append(copy.deepcopy(self._optimizer.state_dict()))
        return len(self._saved) - 1

    def load(self, saved: int) -> None:
        self._optimizer.load_state_dict(copy.deepcopy(self._saved[saved]))

    def change_lr(self, lr: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = lr


KINDS = {"zero": ZeroRun, "fsdp": ShardedRun}


class Rank:
    """The runs of one rank, by number. What one rank does, the other must do as well.

    port: of the store of rank 0, 0 for a free one.
    """

    def __init__(self, rank: int, port: int) -> None:
        self._rank = rank
        self._runs: dict[int, Any] = {}
        master = rank == 0
        self._store = dist.TCPStore(
            "127.0.0.1", port, SIZE, is_master=master, timeout=PATIENCE, wait_for_workers=False
        )

    @property
    def port(self) -> int:
        return int(self._store.port)

    def join(self) -> None:
        """Meet the other rank."""
        dist.init_process_group("gloo", store=self._store, rank=self._rank, world_size=SIZE, timeout=PATIENCE)

    def perform(self, number: int, operation: str, *arguments: Any) -> Any:
        """Do an operation of one run. *start* makes it, *end* forgets it, *meet* is about no run."""
        if operation == "meet":
            return dist.barrier()
        if operation == "end":
            del self._runs[number]
            return None
        if operation == "start":
            kind, parameters, make, keywords = arguments
            parameters = parameters.clone(memory_format=torch.contiguous_format)
            self._runs[number] = KINDS[kind](parameters, make, keywords)
            return None
        return getattr(self._runs[number], operation)(*arguments)


def follow(requests: BinaryIO) -> None:
    """Be rank 1 until the requests end."""
    torch.set_num_threads(1)
    sys.path[:] = pickle.load(requests)
    rank = Rank(1, int(sys.argv[1]))
    rank.join()
    with contextlib.suppress(EOFError):
        while True:
            request = pickle.load(requests)
            with contextlib.suppress(Exception):  # it is raised on rank 0, too, or missed there
                rank.perform(*request)


if __name__ == "__main__":
    follow(sys.stdin.buffer)
