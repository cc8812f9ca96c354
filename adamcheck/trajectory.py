"""Trajectories: what a check feeds a target, and the guarded way to feed it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.names import said
from adamcheck.numbers import ema
from adamcheck.numbers.floats import Format, format_of
from adamcheck.targets.base import NotOffered, Run, Target, TargetCrash
from adamcheck.trace import Trace


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Hyperparameters, first parameters (n,) and gradients (T, n), in the dtype of the run."""

    hyper: Hyperparameters
    parameters: np.ndarray
    gradients: np.ndarray

    @property
    def format(self) -> Format:
        return format_of(self.gradients.dtype)

    def replace(self, **changes: Any) -> Trajectory:
        """The same trajectory but for `changes`."""
        return replace(self, **changes)

    def scaled(self, c: float, *, eps_too: bool = False) -> Trajectory:
        """Every gradient multiplied by c; with `eps_too` also eps."""
        hyper = self.hyper.replace(eps=c * self.hyper.eps) if eps_too else self.hyper
        with np.errstate(over="ignore", under="ignore"):
            return self.replace(hyper=hyper, gradients=self._cast(self.gradients * self._cast(c)))

    def transformed(self, signs: Any, order: Any) -> Trajectory:
        """Coordinates reordered and multiplied by +-1: a signed permutation of the space."""
        signs = self._cast(signs)
        return self.replace(
            parameters=self.parameters[order] * signs, gradients=self.gradients[:, order] * signs
        )

    def first(self, steps: int) -> Trajectory:
        """Only the first steps."""
        return self.replace(gradients=self.gradients[:steps])

    def in_range(self) -> bool:
        """Whether every intermediate result of the step stays between the smallest normal and the
        largest finite number of the dtype, in whatever order it is evaluated (exact zeros aside)."""
        h, low, high = self.hyper, self.format.normal, self.format.huge
        g = self.gradients.astype(np.float64)
        m = v = np.zeros(g.shape[1:])
        shrink = min(1.0, h.lr) * min(1.0, h.eps or 1.0)
        for t, row in enumerate(g, start=1):
            m, v = ema(m, row, h.beta1), ema(v, row * row, h.beta2)
            grown = np.maximum(np.abs(m) / (1 - h.beta1**t), v / (1 - h.beta2**t))
            pieces = np.concatenate([np.abs(row) * (1 - h.beta1), row * row * (1 - h.beta2), np.abs(m), v])
            pieces = pieces[np.concatenate([row, row, m, v]) != 0]
            if np.any(pieces * shrink < 4 * low) or np.any(grown > high / 4):
                return False
        return True

    def _cast(self, x: Any) -> Any:
        return np.asarray(x).astype(self.gradients.dtype)

    def __repr__(self) -> str:
        rows = "; ".join(" ".join(f"{x:g}" for x in row) for row in self.gradients.astype(float))
        return f"Trajectory({self.hyper}, {self.format.name} gradients [{rows}])"


@dataclass(frozen=True)
class Subject:
    """A target in one dtype: what a check is given."""

    target: Target
    format: Format

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> GuardedRun:
        """Start the target. Raises `NotOffered` or `TargetCrash`."""
        if hyper.weight_decay and not self.target.capabilities.weight_decay:
            raise NotOffered("weight_decay")
        try:
            with np.errstate(all="ignore"):
                run = self.target.start(parameters.copy(), hyper)
        except NotOffered:
            raise
        except Exception as error:
            if isinstance(error, ValueError | AssertionError) and _at_the_edge(hyper):
                raise NotOffered(f"{hyper}: {error}") from error
            raise TargetCrash(f"{said(error)} when started with {hyper}") from error
        return GuardedRun(run, parameters.shape, self.format)

    def run(self, trajectory: Trajectory) -> Trace:
        """The trace of a whole trajectory. Raises `NotOffered` or `TargetCrash`."""
        run = self.start(trajectory.parameters, trajectory.hyper)
        after = [run.step(gradient) for gradient in trajectory.gradients]
        return Trace(trajectory.hyper, trajectory.gradients, np.stack([trajectory.parameters, *after]))


@dataclass(frozen=True)
class GuardedRun:
    """A run whose answers are checked to be arrays of parameters, and copied."""

    run: Run
    shape: tuple[int, ...]
    format: Format

    def step(self, gradient: np.ndarray) -> np.ndarray:
        """One step on a copy of `gradient`. Raises `TargetCrash`."""
        return self.step_on(gradient.copy())

    def step_on(self, gradient: np.ndarray) -> np.ndarray:
        """One step on this very array, for the checks that ask whether it is left alone."""
        try:
            with np.errstate(all="ignore"):  # what overflows is judged, not announced
                parameters = self.run.step(gradient)
        except NotOffered:
            raise
        except Exception as error:
            raise TargetCrash(f"{said(error)} in a step") from error
        return self._read(parameters)

    def _read(self, parameters: Any) -> np.ndarray:
        if parameters is None:
            raise TargetCrash("a step returned None, expected the parameters (is a return missing?)")
        try:
            array = np.array(parameters)  # a copy: the target may go on writing to its own
        except Exception as error:
            raise TargetCrash(f"a step returned no array but {type(parameters).__name__}") from error
        if array.shape != self.shape:
            raise TargetCrash(f"a step returned shape {array.shape}, expected {self.shape}")
        try:
            format_of(array.dtype)
        except ValueError:
            raise TargetCrash(f"a step returned dtype {array.dtype}, expected {self.format.name}") from None
        return array


def _at_the_edge(hyper: Hyperparameters) -> bool:
    """Hyperparameters that some implementations document to refuse."""
    return bool(0 in (hyper.eps, hyper.beta1, hyper.beta2) or hyper.weight_decay < 0)
