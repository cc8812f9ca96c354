"""Correct programs that keep more digits than they hand out: parameters and state in double."""

from __future__ import annotations

from typing import Any

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.targets.base import Capabilities, Run, Target


class MasterParameters(Run):
    """Parameters and state in double; handed out rounded to the dtype of the run."""

    def __init__(self, parameters: np.ndarray, hyper: Hyperparameters) -> None:
        self.dtype = parameters.dtype
        self._adam = Adam(hyper)
        self._master = np.float64(parameters)
        self._state = self._adam.start(self._master)

    def step(self, gradient: np.ndarray) -> Any:
        self._state, self._master = self._adam.step(self._state, self._master, np.float64(gradient))
        return self.handed_out(self._master)

    def handed_out(self, master: Any) -> Any:
        """What the caller sees of the parameters."""
        return master.astype(self.dtype)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        return self._state.m, self._state.v

    def save(self) -> Any:
        return self._state, self._master

    def load(self, saved: Any) -> None:
        self._state, self._master = saved


class RoundedInWideArrays(MasterParameters):
    """The same, handed out in arrays of double that hold numbers of the dtype of the run."""

    def handed_out(self, master: Any) -> Any:
        return super().handed_out(master).astype(np.float64)


class MasterTarget(Target):
    """A target whose runs are of one of these classes."""

    library = "adamcheck"
    capabilities = Capabilities(moments=True, checkpoint=True)

    def __init__(self, run: type[MasterParameters], name: str) -> None:
        from adamcheck import __version__

        self.name, self.version = name, __version__
        self._run = run

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        return self._run(parameters, hyper)
