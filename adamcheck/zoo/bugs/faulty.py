"""Runs of the right formula with their state in the open, so that a fault is one method."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any
from weakref import WeakSet

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.targets.base import Run
from adamcheck.targets.reference import DefinitionTarget


class FaultyRun(Run):
    """The definition in floats. `shared` belongs to the target: all its runs see the same one.

    maximizes: the steps go up the gradient; complex: arrays are pairs of a real and an imaginary part.
    """

    maximizes = False
    complex = False

    def __init__(
        self, definition: type[Adam], parameters: np.ndarray, hyper: Hyperparameters, shared: dict[Any, Any]
    ) -> None:
        self.definition = definition
        self.hyper = hyper
        self.shared = shared
        self.adam = definition(hyper)
        self.parameters = parameters
        self.dtype = parameters.dtype
        self.state = self.adam.start(parameters)

    def step(self, gradient: np.ndarray) -> Any:
        with np.errstate(all="ignore"):
            downhill = self.downhill(gradient)
            state, parameters = self.adam.step(self.state, self.parameters, downhill)
        self.state, self.parameters = state.map(self.stored), self.stored(parameters)
        return self.parameters

    def downhill(self, gradient: np.ndarray) -> np.ndarray:
        """The gradient of what is minimized."""
        return -gradient if self.maximizes else gradient

    def stored(self, x: Any) -> Any:
        """`x` in the dtype of the run: a Python float times bfloat16 is float32 to numpy."""
        return x.astype(self.dtype, copy=False) if isinstance(x, np.ndarray) else x

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        return self.state.m, self.state.v

    def change_lr(self, lr: float) -> None:
        self.hyper = self.hyper.replace(lr=lr)
        self.adam.hyper = self.adam.hyper.replace(lr=lr)

    def copied(self) -> Run:
        return copy.deepcopy(self, {id(self.shared): self.shared})

    def save(self) -> Any:
        return self.state

    def load(self, saved: Any) -> None:
        self.state = saved


def living(shared: dict[Any, Any]) -> WeakSet[FaultyRun]:
    """The runs of a target that were entered here and have not ended."""
    runs: WeakSet[FaultyRun] = shared.setdefault("living", WeakSet())
    return runs


class FaultyTarget(DefinitionTarget):
    """A target whose runs are of one faulty class.

    Args:
        name: Of the bug.
        run: The class of its runs.
        definition: What they get wrong.
    """

    def __init__(self, name: str, run: type[FaultyRun], definition: type[Adam]) -> None:
        super().__init__(definition, name)
        self.capabilities = replace(self.capabilities, counter=False)
        self.run = run
        self._shared: dict[Any, Any] = {}

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> FaultyRun:
        return self.run(self.definition, parameters, hyper, self._shared)


class TwoTensors(FaultyRun):
    """Treats the first and the second half of the coordinates as two tensors, each with a state.

    The faults of code that loops over tensors, on the one array that the protocol knows. An array of
    one coordinate is one tensor.
    """

    def __init__(
        self, definition: type[Adam], parameters: np.ndarray, hyper: Hyperparameters, shared: dict[Any, Any]
    ) -> None:
        super().__init__(definition, parameters, hyper, shared)
        size = parameters.size
        cut = max(1, size // 2)
        self.parts = tuple(part for part in (slice(0, cut), slice(cut, size)) if part.start < part.stop)
        self.states = [self.adam.start(parameters.reshape(-1)[part]) for part in self.parts]

    def step(self, gradient: np.ndarray) -> Any:
        flat, parameters = self.downhill(gradient).reshape(-1), self.parameters.reshape(-1).copy()
        with np.errstate(all="ignore"):
            for tensor, part in enumerate(self.parts):
                parameters[part] = self.step_tensor(tensor, parameters[part], flat[part])
        self.parameters = parameters.reshape(gradient.shape)
        return self.parameters

    def step_tensor(self, tensor: int, parameters: np.ndarray, gradient: np.ndarray) -> Any:
        """One step of one tensor: its new parameters."""
        state, parameters = self.adam.step(self.states[tensor], parameters, gradient)
        self.states[tensor] = state.map(self.stored)
        return parameters

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        shape = self.parameters.shape
        m = np.concatenate([state.m for state in self.states])
        v = np.concatenate([state.v for state in self.states])
        return m.reshape(shape), v.reshape(shape)

    def save(self) -> Any:
        return list(self.states)

    def load(self, saved: Any) -> None:
        self.states = list(saved)
