"""Subjects: a target in one dtype, run with guards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.checks.calls import (
    Call,
    Calls,
    Copied,
    Counted,
    Dropped,
    GroupAdded,
    Layout,
    LearningRateChanged,
    LearningRatesChanged,
    Loaded,
    Moments,
    Saved,
    Started,
    StartedOn,
    Stepped,
    SteppedAndHeld,
    SteppedInClosure,
    SteppedOn,
    SteppedTensors,
    SteppedTensorsInClosure,
)
from adamcheck.checks.trajectory import Trajectory
from adamcheck.choices import TIME_LIMIT
from adamcheck.numbers.floats import Format, format_of
from adamcheck.support.text import raised
from adamcheck.targets.base import (
    UNRAISED,
    BatchedRun,
    NotOffered,
    Refusal,
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

_Read = TypeVar("_Read")


def _laid_out(array: np.ndarray, layout: Layout | None) -> np.ndarray:
    """A copy in a layout, or in index order if none is given."""
    return np.array(array, order="C") if layout is None else layout.arrange(array)


@dataclass(frozen=True)
class Subject:
    """A target in one dtype, as checks receive it.

    Args:
        target: The implementation.
        format: The format of the dtype. It flushes subnormal numbers if the target declares that it does.
        patience: Time limit for one call of the target, in seconds.
        calls: The record of the calls of the target.
        definition: The definition that the target is verified against, without weight decay.
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
        """The same target in the same dtype, with an empty record of calls."""
        return replace(self, calls=self.calls.afresh())

    def settled(self, hyper: Hyperparameters) -> Hyperparameters:
        """Hyperparameters, with the values of the target for those that nobody can choose."""
        return hyper.replace(**self.target.fixed)

    def experiment(self, trajectory: Trajectory) -> Trajectory:
        """A trajectory whose hyperparameters and number of coordinates the target can take."""
        fewest, most = self.target.capabilities.parameter_counts
        count = trajectory.parameters.size
        taken = min(max(count, fewest), most or max(count, fewest))
        fitting = trajectory if taken == count else trajectory.filling((taken,))
        return fitting.replace(hyper=self.settled(fitting.hyper)) if self.target.fixed else fitting

    def start(
        self, parameters: np.ndarray, hyper: Hyperparameters, layout: Layout | None = None
    ) -> GuardedRun:
        """Start the target on a copy of `parameters`.

        Args:
            parameters: An array of any shape in the dtype of the subject.
            hyper: The hyperparameters.
            layout: The memory layout of the copy; index order by default.

        Raises:
            NotOffered: The target does not offer this.
            TargetCrash: The target raises.
            TargetHung: The target exceeds the time limit.
        """
        return self._alone(Start(_laid_out(parameters, layout), hyper), layout)

    def start_on(self, parameters: np.ndarray, hyper: Hyperparameters) -> GuardedRun:
        """Start the target on this array itself, for the checks of aliasing."""
        return self._alone(Start(parameters, hyper), how=StartedOn)

    def start_maximizing(self, parameters: np.ndarray, hyper: Hyperparameters) -> GuardedRun:
        """Start as `start` does, with steps that maximize."""
        return self._alone(Start(_laid_out(parameters, None), hyper, maximize=True))

    def start_complex(self, parameters: np.ndarray, hyper: Hyperparameters) -> GuardedRun:
        """Start as `start` does, on complex parameters given as pairs of real numbers, shape (..., 2)."""
        return self._alone(Start(_laid_out(parameters, None), hyper, complex=True))

    def start_tensors(
        self,
        parameters: Sequence[np.ndarray],
        hyper: Hyperparameters,
        groups: Sequence[Hyperparameters] = (),
        *,
        array_lr: bool = False,
    ) -> GuardedTensors:
        """Start one optimizer on several tensors. Raises as `start` does.

        Args:
            parameters: The tensors, which may differ in shape and dtype.
            hyper: The hyperparameters of all of them.
            groups: The hyperparameters of each of them instead.
            array_lr: Whether the learning rate is an array without axes.
        """
        tensors = [_laid_out(each, None) for each in parameters]
        start = Start(tensors, hyper, groups=tuple(groups), array_lr=array_lr)
        run, number = self._begun(start)
        return GuardedTensors(run, number, list(map(self._kind, tensors)), self)

    def start_with_array_lr(self, parameters: np.ndarray, hyper: Hyperparameters) -> GuardedRun:
        """Start as `start` does, with the learning rate as an array without axes."""
        return self._alone(Start(_laid_out(parameters, None), hyper, array_lr=True))

    def _kind(self, tensor: np.ndarray) -> _Kind:
        """The shape and the format of a tensor."""
        return tensor.shape, format_of(tensor.dtype).flushing(self.format.flushes)

    def drop(self, run: GuardedRun | GuardedTensors) -> None:
        """Record that the last reference to a run is about to be deleted."""
        self.calls.append(Dropped(run.number))
        self.calls.answered()

    def _alone(self, start: Start, layout: Layout | None = None, how: type[Started] = Started) -> GuardedRun:
        run, number = self._begun(start, layout, how)
        return GuardedRun(run, number, start.array.shape, self)

    @property
    def runs(self) -> int:
        """The number of runs so far, copies included."""
        return sum(isinstance(call, Started | Copied) for call in self.calls)

    def _begun(
        self, start: Start, layout: Layout | None = None, how: type[Started] = Started
    ) -> tuple[Any, int]:
        """Start a run, and return it with its number; every run is started here."""
        number = self.runs
        record = how(number, start.copied(), layout)
        if start.hyper.weight_decay and not self.target.capabilities.weight_decay:
            raise NotOffered("weight_decay")
        for name, value in self.target.fixed.items():
            if getattr(start.hyper, name) != value:
                raise NotOffered(f"{name} is fixed at {value:g}")
        self.target.prepare()
        self.calls.append(record)
        try:
            with starting(start.hyper), np.errstate(all="ignore"), time_limit(self.patience, "a start"):
                return self.target.begin(start), number
        finally:
            self.calls.answered()

    def run(self, trajectory: Trajectory, layout: Layout | None = None) -> Trace:
        """Run a whole trajectory and return its trace. Raises as `start` does."""
        run = self.start(trajectory.parameters, trajectory.hyper, layout)
        after = run.steps(list(trajectory.gradients), layout)
        rows = np.stack([trajectory.parameters, *after])
        return Trace(trajectory.hyper, trajectory.gradients, rows, self.format.flushes)

    def call(
        self, run: Any, method: str, *arguments: Any, record: Call, read: Callable[[Any], _Read]
    ) -> _Read:
        """Call a method of a run, and read its answer, under a time limit. Raises as `start` does.

        Args:
            run: The run.
            method: The name of the method.
            *arguments: Its arguments.
            record: The record of the call.
            read: Makes of the answer what is returned. It may run code of the target, too.
        """
        self.calls.append(record)
        try:
            # An overflow is judged; a warning about it is not needed.
            with np.errstate(all="ignore"), time_limit(self.patience, f"a call of {method}"):
                return read(getattr(run, method)(*arguments))
        except UNRAISED:
            raise
        except BaseException as error:
            if isinstance(record, Stepped) and (refusal := self._refusal(record, error)):
                raise NotOffered(refusal) from error
            raise TargetCrash(f"{raised(error)} in a call of {method}") from error
        finally:
            self.calls.answered()

    def _refusal(self, record: Stepped, error: BaseException) -> Refusal | None:
        """What an exception in a step says of hyperparameters at an edge that some implementations refuse."""
        if not isinstance(error, Exception) or isinstance(error, OSError | MemoryError):
            return None
        number = record.run
        for call in reversed(self.calls):
            number = call.of if isinstance(call, Copied) and call.run == number else number
        begun = next(call for call in self.calls if isinstance(call, Started) and call.run == number)
        hyper = begun.start.hyper
        zero = [f"{name}=0" for name in ("beta1", "beta2") if getattr(hyper, name) == 0]
        return Refusal(hyper, f"{' and '.join(zero)}: a step raises {raised(error)}") if zero else None


_Kind = tuple[tuple[int, ...], Format]
"""The shape and the format of a tensor."""


def _as_it_is(answer: Any) -> Any:
    return answer


def _pair(moments: Any) -> tuple[np.ndarray, np.ndarray]:
    """Copies of the moments. Raises `TargetCrash` if they are not a pair of arrays."""
    try:
        m, v = (np.array(x) for x in moments)
    except Exception as error:
        raise TargetCrash(f"moments() returned {type(moments).__name__}, not a pair of arrays") from error
    return m, v


@dataclass(frozen=True)
class Checkpoint:
    """The saved state of a run, and the number of the run."""

    run: int
    content: Any


@dataclass(frozen=True)
class GuardedRun:
    """A run whose results are copied, after a check that they are valid arrays of parameters.

    Every method raises `NotOffered` if the target does not offer the operation, `TargetCrash` if it raises
    or returns something invalid, and `TargetHung` if it exceeds the time limit.
    """

    _run: Run
    number: int
    shape: tuple[int, ...]
    _subject: Subject

    def step(self, gradient: np.ndarray, layout: Layout | None = None) -> np.ndarray:
        """Take one step with a copy of `gradient`, and return the parameters."""
        record = Stepped(self.number, gradient, layout)
        return self._call("step", _laid_out(gradient, layout), record=record, read=self._read)

    def steps(self, gradients: Sequence[np.ndarray], layout: Layout | None = None) -> list[np.ndarray]:
        """Take a step with each gradient, in one call of the target if it takes several at once."""
        if not isinstance(self._run, BatchedRun):
            return [self.step(gradient, layout) for gradient in gradients]
        *earlier, last = (Stepped(self.number, gradient, layout) for gradient in gradients)
        for record in earlier:
            self._subject.calls.append(record)
        return self._call(
            "steps", gradients, record=last, read=lambda rows: [self._read(row) for row in rows]
        )

    def step_on(self, gradient: np.ndarray) -> np.ndarray:
        """Take one step with this array itself, for the checks of aliasing."""
        record = SteppedOn(self.number, gradient.copy())
        return self._call("step", gradient, record=record, read=self._read)

    def step_and_hold(self, gradient: np.ndarray) -> tuple[np.ndarray, Any]:
        """Take one step, and return the parameters and the object that the target itself returned."""
        record = SteppedAndHeld(self.number, gradient)
        return self._call(
            "step",
            _laid_out(gradient, None),
            record=record,
            read=lambda answer: (self._read(answer), answer),
        )

    def look_again(self, answer: Any) -> tuple[Any, np.ndarray]:
        """The dtype of an object of `step_and_hold`, ours if it has none, and a copy of it as it is now."""
        try:
            with time_limit(self._subject.patience, "an answer"):
                return getattr(answer, "dtype", self._subject.format.dtype), np.array(answer)
        except UNRAISED:
            raise
        except BaseException as error:
            raise TargetCrash(f"{raised(error)} in what a step returned") from error

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Copies of the moments m and v as the target stores them."""
        return self._call("moments", record=Moments(self.number), read=_pair)

    def save(self) -> Checkpoint:
        """Save the state of the run."""
        return Checkpoint(self.number, self._call("save", record=Saved(self.number)))

    def load(self, saved: Checkpoint) -> None:
        """Load a state that `save` returned."""
        self._call("load", saved.content, record=Loaded(self.number, saved.run))

    def count(self, steps: int) -> None:
        """Advance the step count, as if by `steps` steps with zero gradients."""
        self._call("count", steps, record=Counted(self.number, steps))

    def change_lr(self, lr: float) -> None:
        """Use another learning rate from the next step on."""
        self._call("change_lr", lr, record=LearningRateChanged(self.number, lr))

    def step_in_closure(self, gradient: np.ndarray) -> np.ndarray:
        """Take one step by a closure that sets a copy of `gradient`, and return the parameters."""
        record = SteppedInClosure(self.number, gradient)
        return self._call("step_in_closure", _laid_out(gradient, None), record=record, read=self._read)

    def copied(self, *, pickled: bool = False) -> GuardedRun:
        """A deep copy of the run, or the run pickled and unpickled."""
        record = Copied(self._subject.runs, self.number, pickled)
        run: Any = self._call("pickled" if pickled else "copied", record=record)
        return replace(self, _run=run, number=record.run)

    def _call(
        self, method: str, *arguments: Any, record: Call, read: Callable[[Any], _Read] = _as_it_is
    ) -> _Read:
        return self._subject.call(self._run, method, *arguments, record=record, read=read)

    def _read(self, parameters: Any) -> np.ndarray:
        return as_parameters(parameters, self.shape, self._subject.format)


@dataclass(frozen=True)
class GuardedTensors:
    """A run of several tensors, guarded as `GuardedRun` is."""

    _run: TensorsRun
    number: int
    kinds: list[_Kind]
    _subject: Subject

    def step(self, gradients: Sequence[np.ndarray | None]) -> list[np.ndarray]:
        """Take one step with copies of `gradients`, and return the tensors."""
        record = SteppedTensors(self.number, list(gradients))
        return self._call("step", _copies(gradients), record=record, read=self._read)

    def step_in_closure(self, gradients: Sequence[np.ndarray | None]) -> list[np.ndarray]:
        """Take one step by a closure that sets copies of `gradients`, and return the tensors."""
        record = SteppedTensorsInClosure(self.number, list(gradients))
        return self._call("step_in_closure", _copies(gradients), record=record, read=self._read)

    def change_lrs(self, lrs: Sequence[float]) -> None:
        """Use other learning rates from the next step on, one per tensor."""
        self._call("change_lrs", list(lrs), record=LearningRatesChanged(self.number, tuple(lrs)))

    def add_group(self, parameters: np.ndarray, hyper: Hyperparameters) -> None:
        """Add a tensor with hyperparameters of its own."""
        record = GroupAdded(self.number, parameters, hyper)
        self._call("add_group", _laid_out(parameters, None), hyper, record=record)
        self.kinds.append(self._subject._kind(parameters))

    def copied(self, *, pickled: bool = False) -> GuardedTensors:
        """A deep copy of the run, or the run pickled and unpickled."""
        record = Copied(self._subject.runs, self.number, pickled)
        run: Any = self._call("pickled" if pickled else "copied", record=record)
        return replace(self, _run=run, number=record.run, kinds=list(self.kinds))

    def save(self) -> Checkpoint:
        """Save the state of the run."""
        return Checkpoint(self.number, self._call("save", record=Saved(self.number)))

    def load(self, saved: Checkpoint) -> None:
        """Load a state that `save` returned."""
        self._call("load", saved.content, record=Loaded(self.number, saved.run))

    def _call(
        self, method: str, *arguments: Any, record: Call, read: Callable[[Any], _Read] = _as_it_is
    ) -> _Read:
        return self._subject.call(self._run, method, *arguments, record=record, read=read)

    def _read(self, tensors: Any) -> list[np.ndarray]:
        return as_tensors(tensors, [shape for shape, _ in self.kinds], [format for _, format in self.kinds])


def _copies(gradients: Sequence[np.ndarray | None]) -> list[np.ndarray | None]:
    return [None if gradient is None else _laid_out(gradient, None) for gradient in gradients]
