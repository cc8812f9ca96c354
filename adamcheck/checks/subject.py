"""Subjects: a target in one dtype, and the guarded way to run it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.checks.calls import (
    Call,
    Calls,
    Counted,
    Layout,
    LearningRateChanged,
    Loaded,
    Moments,
    Saved,
    Started,
    StartedOn,
    Stepped,
    SteppedAndHeld,
    SteppedOn,
    SteppedTensors,
)
from adamcheck.checks.trajectory import Trajectory
from adamcheck.choices import TIME_LIMIT
from adamcheck.numbers.floats import Format
from adamcheck.support.text import raised
from adamcheck.targets.base import (
    BatchedRun,
    NotOffered,
    Run,
    Target,
    TargetCrash,
    TensorsRun,
    as_parameters,
    as_tensors,
    starting,
)
from adamcheck.targets.start import Start
from adamcheck.targets.time_limit import time_limit
from adamcheck.traces.trace import Trace


def _laid_out(array: np.ndarray, layout: Layout | None) -> np.ndarray:
    """A copy in a layout; in index order where none is asked for."""
    return np.array(array, order="C") if layout is None else layout.arrange(array)


@dataclass(frozen=True)
class Subject:
    """A target in one dtype: what a check is given. `calls` records what was done with it.

    format: of the dtype; it flushes where the target says that it does; definition: what the target is held
    against, where no weights decay.
    """

    target: Target
    format: Format
    patience: float = TIME_LIMIT
    calls: Calls = field(default_factory=Calls, repr=False, compare=False)
    definition: type[Adam] = Adam

    def __post_init__(self) -> None:
        flushes = not self.target.capabilities.subnormals
        object.__setattr__(self, "format", self.format.flushing(flushes))

    def afresh(self) -> Subject:
        """The same target in the same dtype, with nothing done yet."""
        return replace(self, calls=self.calls.afresh())

    def start(
        self, parameters: np.ndarray, hyper: Hyperparameters, layout: Layout | None = None
    ) -> GuardedRun:
        """Start the target on a copy of `parameters`.

        Args:
            parameters: Of any shape, in the dtype of the subject.
            hyper: The hyperparameters.
            layout: How the copy lies in memory; in index order where none is given.

        Raises:
            NotOffered: For what the target does not offer.
            TargetCrash: Where it raises.
            TargetHung: Where it takes too long.
        """
        return self._alone(Start(_laid_out(parameters, layout), hyper), layout)

    def start_on(self, parameters: np.ndarray, hyper: Hyperparameters) -> GuardedRun:
        """Start the target on this very array, for the checks that ask whether it is left alone."""
        return self._alone(Start(parameters, hyper), how=StartedOn)

    def start_maximizing(self, parameters: np.ndarray, hyper: Hyperparameters) -> GuardedRun:
        """Start as `start` does, with steps that go up the gradient."""
        return self._alone(Start(_laid_out(parameters, None), hyper, maximize=True))

    def start_complex(self, parameters: np.ndarray, hyper: Hyperparameters) -> GuardedRun:
        """Start as `start` does, on complex parameters as pairs (..., 2) of real numbers."""
        return self._alone(Start(_laid_out(parameters, None), hyper, complex=True))

    def start_tensors(self, parameters: Sequence[np.ndarray], hyper: Hyperparameters) -> GuardedTensors:
        """Start one optimizer of several tensors. Raises as `start` does."""
        start = Start([_laid_out(each, None) for each in parameters], hyper)
        run, number = self._begun(start)
        return GuardedTensors(run, number, [each.shape for each in start.tensors], self)

    def _alone(self, start: Start, layout: Layout | None = None, how: type[Started] = Started) -> GuardedRun:
        run, number = self._begun(start, layout, how)
        return GuardedRun(run, number, start.array.shape, self)

    def _begun(
        self, start: Start, layout: Layout | None = None, how: type[Started] = Started
    ) -> tuple[Any, int]:
        """The run that the target begins, and its number; the one way in which runs are started."""
        number = sum(isinstance(call, Started) for call in self.calls)
        record = how(number, start.copied(), layout)
        if start.hyper.weight_decay and not self.target.capabilities.weight_decay:
            raise NotOffered("weight_decay")
        self.target.prepare()
        self.calls.append(record)
        try:
            with starting(start.hyper), np.errstate(all="ignore"), time_limit(self.patience, "a start"):
                return self.target.begin(start), number
        finally:
            self.calls.answered()

    def run(self, trajectory: Trajectory, layout: Layout | None = None) -> Trace:
        """The trace of a whole trajectory. Raises `NotOffered`, `TargetCrash` or `TargetHung`."""
        run = self.start(trajectory.parameters, trajectory.hyper, layout)
        after = run.steps(list(trajectory.gradients), layout)
        rows = np.stack([trajectory.parameters, *after])
        return Trace(trajectory.hyper, trajectory.gradients, rows, self.format.flushes)

    def call(self, run: Any, method: str, *arguments: Any, record: Call) -> Any:
        """Call a method of a run, guarded. Raises `NotOffered`, `TargetCrash` or `TargetHung`."""
        self.calls.append(record)
        try:
            # What overflows is judged, not announced.
            with np.errstate(all="ignore"), time_limit(self.patience, f"a call of {method}"):
                return getattr(run, method)(*arguments)
        except (NotOffered, TargetCrash):
            raise
        except (Exception, SystemExit) as error:
            raise TargetCrash(f"{raised(error)} in a call of {method}") from error
        finally:
            self.calls.answered()


@dataclass(frozen=True)
class Checkpoint:
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

    def step(self, gradient: np.ndarray, layout: Layout | None = None) -> np.ndarray:
        """One step on a copy of `gradient`."""
        record = Stepped(self.number, gradient, layout)
        return self._read(self._call("step", _laid_out(gradient, layout), record=record))

    def steps(self, gradients: Sequence[np.ndarray], layout: Layout | None = None) -> list[np.ndarray]:
        """A step on a copy of each gradient; in one call of the target where it takes several."""
        if not isinstance(self._run, BatchedRun):
            return [self.step(gradient, layout) for gradient in gradients]
        *earlier, last = (Stepped(self.number, gradient, layout) for gradient in gradients)
        for record in earlier:
            self._subject.calls.append(record)
        return [self._read(row) for row in self._call("steps", gradients, record=last)]

    def step_on(self, gradient: np.ndarray) -> np.ndarray:
        """One step on this very array, for the checks that ask whether it is left alone."""
        record = SteppedOn(self.number, gradient.copy())
        return self._read(self._call("step", gradient, record=record))

    def step_and_hold(self, gradient: np.ndarray) -> tuple[np.ndarray, Any]:
        """One step as `step`, and what the target itself answered, for the checks that hold on to it."""
        record = SteppedAndHeld(self.number, gradient)
        answer = self._call("step", _laid_out(gradient, None), record=record)
        return self._read(answer), answer

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Copies of the moments m and v as the target stores them."""
        moments = self._call("moments", record=Moments(self.number))
        try:
            m, v = (np.array(x) for x in moments)
        except Exception as error:
            raise TargetCrash(f"moments() returned no pair of arrays but {moments!r}") from error
        return m, v

    def save(self) -> Checkpoint:
        """Everything needed to go on elsewhere."""
        return Checkpoint(self.number, self._call("save", record=Saved(self.number)))

    def load(self, saved: Checkpoint) -> None:
        """Go on from what `save` returned."""
        self._call("load", saved.content, record=Loaded(self.number, saved.run))

    def count(self, steps: int) -> None:
        """Go on as after `steps` steps with zero gradients."""
        self._call("count", steps, record=Counted(self.number, steps))

    def change_lr(self, lr: float) -> None:
        """Use another learning rate from the next step on."""
        self._call("change_lr", lr, record=LearningRateChanged(self.number, lr))

    def _call(self, method: str, *arguments: Any, record: Call) -> Any:
        return self._subject.call(self._run, method, *arguments, record=record)

    def _read(self, parameters: Any) -> np.ndarray:
        return as_parameters(parameters, self.shape, self._subject.format)


@dataclass(frozen=True)
class GuardedTensors:
    """A run of several tensors, guarded as `GuardedRun` is."""

    _run: TensorsRun
    number: int
    shapes: list[tuple[int, ...]]
    _subject: Subject

    def step(self, gradients: Sequence[np.ndarray | None]) -> list[np.ndarray]:
        """One step on copies of `gradients`: the tensors after it."""
        given = [None if gradient is None else _laid_out(gradient, None) for gradient in gradients]
        record = SteppedTensors(self.number, list(gradients))
        after = self._subject.call(self._run, "step", given, record=record)
        return as_tensors(after, self.shapes, self._subject.format)
