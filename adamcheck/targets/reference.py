"""The definition itself as a target, evaluated in floats."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.numbers.floats import format_of
from adamcheck.targets.base import Capabilities, Run, Target, TensorsRun
from adamcheck.targets.start import Start


class _DefinitionRun(Run):
    maximizes = False

    def __init__(self, adam: Adam, parameters: np.ndarray, working: np.dtype[Any]) -> None:
        self._adam = adam
        self._given = parameters.dtype
        self._parameters = parameters.astype(working, copy=False)
        self._state = adam.start(self._parameters)

    def step(self, gradient: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            gradient = gradient.astype(self._parameters.dtype, copy=False)
            gradient = -gradient if self.maximizes else gradient
            state, parameters = self._adam.step(self._state, self._parameters, gradient)
            # A Python float times bfloat16 is float32 to numpy: what is kept is rounded to the dtype.
            self._state, self._parameters = state.map(self._stored), self._stored(parameters)
        return self._parameters.astype(self._given, copy=False)

    def _stored(self, x: Any) -> Any:
        return x.astype(self._parameters.dtype, copy=False) if isinstance(x, np.ndarray) else x

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        return self._state.m, self._state.v

    def change_lr(self, lr: float) -> None:
        self._adam.hyper = self._adam.hyper.replace(lr=lr)

    def copied(self) -> Run:
        return copy.deepcopy(self)

    def count(self, steps: int) -> None:
        self._state = replace(self._state, step=steps)

    def save(self) -> Any:
        return self._state

    def load(self, saved: Any) -> None:
        self._state = saved


class DefinitionTarget(Target):
    """Any definition, the textbook's by default, run in the dtype of its parameters.

    precision: the dtype in which it is computed instead, scalars and all, behind arrays of theirs.
    """

    library = "adamcheck"

    def __init__(
        self, definition: type[Adam] = Adam, name: str = "reference", *, precision: str = ""
    ) -> None:
        from adamcheck import __version__

        self.name = name
        self.version = __version__
        self.definition = definition
        self._working = format_of(precision).dtype if precision else None
        self.capabilities = Capabilities(
            moments=True,
            checkpoint=True,
            weight_decay=definition.decays,
            changing_lr=True,
            counter=True,
            maximize=True,
            complex=True,
            copies=True,
        )

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        if self._working is None:
            return _DefinitionRun(self.definition(hyper), parameters, parameters.dtype)
        return _DefinitionRun(self.definition(hyper.map(self._working.type)), parameters, self._working)

    def begin(self, start: Start) -> Run | TensorsRun:
        if start.together:
            return super().begin(start)
        run: Any = self.start(start.array, start.hyper)
        # The definition knows real coordinates only: complex ones are a matter of the runs of bugs.
        run.maximizes, run.complex = start.maximize, start.complex
        return run  # type: ignore[no-any-return]
