"""A target that offers several tensors, seen as one on a single array: its halves are two tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.targets.base import Capabilities, Run, Target, TensorsRun
from adamcheck.targets.start import Start


class SplitTarget(Target):
    """A target that gets the halves of every array as two tensors of one optimizer.

    What it gets wrong between tensors then shows in the updates of one array.

    Args:
        target: A target that offers several tensors.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self.name, self.fixed = target.name, target.fixed
        offered = target.capabilities
        self.capabilities = Capabilities(
            dtypes=offered.dtypes, weight_decay=offered.weight_decay, subnormals=offered.subnormals
        )

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        parts = np.array_split(parameters.reshape(-1), [max(1, parameters.size // 2)])
        tensors = [part.copy() for part in parts if part.size]
        run = self._target.begin(Start(tensors, hyper))
        assert isinstance(run, TensorsRun), "several tensors start a run of several tensors"
        return _SplitRun(run, [part.size for part in tensors])

    def prepare(self) -> None:
        self._target.prepare()


class _SplitRun(Run):
    """A run of several tensors as one of a single array."""

    def __init__(self, run: TensorsRun, sizes: Sequence[int]) -> None:
        self._run = run
        self._cuts = np.cumsum(sizes)[:-1]

    def step(self, gradient: np.ndarray) -> Any:
        parts = np.array_split(gradient.reshape(-1), self._cuts)
        after = self._run.step([part.copy() for part in parts])
        return np.concatenate([np.asarray(each) for each in after]).reshape(gradient.shape)
