"""Trajectories: what a check feeds a target, and the guarded way to feed it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.names import raised
from adamcheck.numbers import ema
from adamcheck.numbers.floats import Format, format_of
from adamcheck.patience import PATIENCE, time_limit
from adamcheck.targets.base import NotOffered, Run, Target, TargetCrash
from adamcheck.trace import Trace


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Hyperparameters, first parameters (n,) and gradients (T, n), in the dtype of the run.

    `filling` gives the arrays another shape.
    """

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

    def filling(self, shape: tuple[int, ...]) -> Trajectory:
        """The same coordinates again and again, until they fill arrays of this shape."""
        return self.replace(
            parameters=np.resize(self.parameters, shape),
            gradients=np.stack([np.resize(row, shape) for row in self.gradients]),
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
        rows = "; ".join(" ".join(f"{x:g}" for x in np.ravel(row)) for row in self.gradients.astype(float))
        return f"Trajectory({self.hyper}, {self.format.name} gradients [{rows}])"


@dataclass(frozen=True)
class Call:
    """One call of a target: of which run (from 0), what, and with what.

    method and argument: *start* with (parameters, hyper); *step* with a gradient, or *step on* where the
    target got that very array; *moments*, *save*; *load* with the number of the run that saved.
    """

    run: int
    method: str
    argument: Any = None


class Calls(list[Call]):
    """What was done with a target, in order; written down before each call is made."""

    def answered(self) -> None:
        """The call written down last has returned or raised."""

    def afresh(self) -> Calls:
        """Empty ones of the same kind, for the next example."""
        return Calls()

    def begins(self, check: str) -> None:
        """What follows belongs to this check."""

    def ends(self, result: Any) -> None:
        """The check that began last has this result."""


@dataclass(frozen=True)
class Subject:
    """A target in one dtype: what a check is given. `calls` records what was done with it."""

    target: Target
    format: Format
    patience: float = PATIENCE
    calls: Calls = field(default_factory=Calls, repr=False, compare=False)

    def afresh(self) -> Subject:
        """The same target in the same dtype, with nothing done yet."""
        return replace(self, calls=self.calls.afresh())

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> GuardedRun:
        """Start the target. Raises `NotOffered`, `TargetCrash` or `TargetHung`."""
        if hyper.weight_decay and not self.target.capabilities.weight_decay:
            raise NotOffered("weight_decay")
        number = sum(call.method == "start" for call in self.calls)
        self.calls.append(Call(number, "start", (parameters.copy(), hyper)))
        try:
            with np.errstate(all="ignore"), time_limit(self.patience, "a start"):
                run = self.target.start(parameters.copy(), hyper)
        except (NotOffered, TargetCrash):
            raise
        except (Exception, SystemExit) as error:
            if isinstance(error, ValueError | AssertionError) and _at_the_edge(hyper):
                raise NotOffered(f"{hyper}: {error}") from error
            raise TargetCrash(f"{raised(error)} when started with {hyper}") from error
        finally:
            self.calls.answered()
        return GuardedRun(run, number, parameters.shape, self)

    def run(self, trajectory: Trajectory) -> Trace:
        """The trace of a whole trajectory. Raises `NotOffered`, `TargetCrash` or `TargetHung`."""
        run = self.start(trajectory.parameters, trajectory.hyper)
        after = [run.step(gradient) for gradient in trajectory.gradients]
        return Trace(trajectory.hyper, trajectory.gradients, np.stack([trajectory.parameters, *after]))


@dataclass(frozen=True)
class Saved:
    """What a run saved, and the number of that run."""

    run: int
    content: Any


@dataclass(frozen=True)
class GuardedRun:
    """A run whose answers are checked to be arrays of parameters, and copied.

    Every method raises `NotOffered` for what the target does not offer, `TargetCrash` where it raises
    or answers nonsense, `TargetHung` where it takes too long.
    """

    _run: Run
    number: int
    shape: tuple[int, ...]
    _subject: Subject

    def step(self, gradient: np.ndarray) -> np.ndarray:
        """One step on a copy of `gradient`."""
        return self._read(self._call("step", gradient.copy(), record=Call(self.number, "step", gradient)))

    def step_on(self, gradient: np.ndarray) -> np.ndarray:
        """One step on this very array, for the checks that ask whether it is left alone."""
        record = Call(self.number, "step on", gradient.copy())
        return self._read(self._call("step", gradient, record=record))

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Copies of the moments m and v as the target stores them."""
        moments = self._call("moments")
        try:
            m, v = (np.array(x) for x in moments)
        except Exception as error:
            raise TargetCrash(f"moments() returned no pair of arrays but {moments!r}") from error
        return m, v

    def save(self) -> Saved:
        """Everything needed to go on elsewhere."""
        return Saved(self.number, self._call("save"))

    def load(self, saved: Saved) -> None:
        """Go on from what `save` returned."""
        self._call("load", saved.content, record=Call(self.number, "load", saved.run))

    def _call(self, method: str, *arguments: Any, record: Call | None = None) -> Any:
        subject = self._subject
        subject.calls.append(record or Call(self.number, method))
        try:
            # What overflows is judged, not announced.
            with np.errstate(all="ignore"), time_limit(subject.patience, f"a call of {method}"):
                return getattr(self._run, method)(*arguments)
        except (NotOffered, TargetCrash):
            raise
        except (Exception, SystemExit) as error:
            raise TargetCrash(f"{raised(error)} in a call of {method}") from error
        finally:
            subject.calls.answered()

    def _read(self, parameters: Any) -> np.ndarray:
        if parameters is None:
            raise TargetCrash("a step returned None, expected the parameters (is a return missing?)")
        try:
            array = np.array(parameters)  # a copy: the target may go on writing to its own
        except Exception as error:
            raise TargetCrash(f"a step returned no array but {type(parameters).__name__}") from error
        if array.shape != self.shape:
            raise TargetCrash(f"a step returned shape {array.shape}, expected {self.shape}")
        format = self._subject.format
        try:
            returned = format_of(array.dtype)
        except ValueError:
            raise TargetCrash(f"a step returned dtype {array.dtype}, expected {format.name}") from None
        # A finer dtype than asked for is kept, unless it only carries numbers of the one asked for (a
        # list of Python floats becomes float64). A coarser one becomes what a caller would store, so
        # that it is judged by the precision that was asked for.
        as_asked = returned.unit > format.unit or bool(np.all(format.represents(array)))
        return array.astype(format.dtype) if as_asked else array


def _at_the_edge(hyper: Hyperparameters) -> bool:
    """Hyperparameters that some implementations document to refuse."""
    return bool(0 in (hyper.eps, hyper.beta1, hyper.beta2) or hyper.weight_decay < 0)
