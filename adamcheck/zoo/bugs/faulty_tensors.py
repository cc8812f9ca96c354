"""Runs of several tensors with their states in the open, so that a fault between tensors is one method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.targets.base import Run, TensorsRun
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.targets.start import Start


class FaultyTensors(TensorsRun):
    """The definition in floats, with a state and hyperparameters for each tensor."""

    def __init__(
        self, definition: type[Adam], tensors: Sequence[np.ndarray], hypers: Sequence[Hyperparameters]
    ) -> None:
        self.definition = definition
        self.adams = [definition(hyper) for hyper in hypers]
        self.tensors = list(tensors)
        self.states = [adam.start(tensor) for adam, tensor in zip(self.adams, self.tensors, strict=True)]

    def change_lrs(self, lrs: Sequence[float]) -> None:
        for adam, lr in zip(self.adams, lrs, strict=True):
            adam.hyper = adam.hyper.replace(lr=lr)

    def add_group(self, parameters: np.ndarray, hyper: Hyperparameters) -> None:
        self.adams.append(self.definition(hyper))
        self.tensors.append(parameters)
        self.states.append(self.adams[-1].start(parameters))

    def step(self, gradients: Sequence[np.ndarray | None]) -> list[Any]:
        for tensor, gradient in enumerate(gradients):
            if gradient is not None:
                self.move(tensor, gradient)
        return list(self.tensors)

    def save(self) -> Any:
        return list(self.states)

    def load(self, saved: Any) -> None:
        self.states = list(saved)

    def move(self, tensor: int, gradient: np.ndarray) -> None:
        """One step of one tensor."""
        with np.errstate(all="ignore"):
            state, after = self.adams[tensor].step(self.states[tensor], self.tensors[tensor], gradient)
        dtype = self.tensors[tensor].dtype
        self.states[tensor] = state.map(lambda x: x.astype(dtype, copy=False))
        self.tensors[tensor] = after.astype(dtype, copy=False)


class _OneTensor(Run):
    """A run of one array, as one tensor."""

    def __init__(self, run: FaultyTensors) -> None:
        self._run = run

    def step(self, gradient: np.ndarray) -> Any:
        return self._run.step([gradient])[0]

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        return self._run.states[0].m, self._run.states[0].v

    def save(self) -> Any:
        return self._run.states[0]

    def load(self, saved: Any) -> None:
        self._run.states[0] = saved

    def change_lr(self, lr: float) -> None:
        self._run.change_lrs([lr])


class TensorsTarget(DefinitionTarget):
    """A target that takes several tensors, with runs of one faulty class.

    Args:
        name: Of the bug.
        run: The class of its runs.
        definition: What they get wrong.
    """

    def __init__(self, name: str, run: type[FaultyTensors], definition: type[Adam]) -> None:
        super().__init__(definition, name)
        self.capabilities = replace(
            self.capabilities,
            counter=False,
            maximize=False,
            complex=False,
            tensors=True,
            missing_gradients=True,
            groups=True,
            late_groups=True,
            mixed_dtypes=True,
            copies=False,
        )
        self._run = run

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        return _OneTensor(self._run(self.definition, [parameters], [hyper]))

    def begin(self, start: Start) -> Run | TensorsRun:
        if start.together:
            return self._run(
                self.definition, start.tensors, start.groups or [start.hyper] * len(start.tensors)
            )
        return self.start(start.array, start.hyper)
