"""Faulty programs: which known bugs without a formula a target has.

No enclosure describes a bug of state, aliasing or rounding, but each known one is a program. Two correct
evaluations of one program both stay within the derived radius, so a target with the same bug stays within
two radii of our program. Every bug has an experiment that exposes it. The experiments that separate the
remaining bugs, and the correct program, are made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.checks.calls import Experimented
from adamcheck.checks.check import Outcome
from adamcheck.checks.conformance import CHECKS
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.diagnosis.experiments import visible
from adamcheck.numbers.floats import format_of
from adamcheck.targets.base import NotOffered, Run, Target, TensorsRun, starting
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.targets.split import SplitTarget
from adamcheck.targets.start import Start
from adamcheck.targets.time_limit import time_limit
from adamcheck.traces.trace import Trace
from adamcheck.updates import Updates, apart, observed
from adamcheck.variants import DEFINITIONS
from adamcheck.zoo.bugs import BUGS, Bug, Experiment
from adamcheck.zoo.bugs.experiments import decaying_matrix, ordinary
from adamcheck.zoo.bugs.faulty import FaultyTarget, TwoTensors

FEW = 5
"""The number of examples that are enough to show a bug that occurs every time."""

EXPERIMENTS = 40
"""The largest number of experiments: about half of those that expose some known bug."""


PLAIN = ("adam", "adam-l2", "amsgrad", "nadam", "radam")
"""The definitions whose bugs show without weight decay."""

DECAYING = ("adamw", "adam-l2")
"""The definitions whose bugs show with weight decay."""


@cache
def breaking(check: str, dtype: str) -> tuple[Bug, ...]:
    """The known bugs without a formula that break a conformance check."""
    asked = CHECKS[check]
    programs = (bug for bug in BUGS.values() if bug.definition is None)
    return tuple(
        bug
        for bug in programs
        if asked.run(bug.target(), dtype, examples=FEW, seed=0, simplest=False).outcome == Outcome.BROKEN
    )


def like(subject: Subject, of: Iterable[str], broken: Collection[str], *, decays: bool) -> tuple[Bug, ...]:
    """The known bugs without a formula that behave as a target does; none if a formula does so, too.

    Args:
        subject: The target in one dtype.
        of: The names of the definitions whose bugs are compared.
        broken: The names of the checks that the target breaks; their experiments come first.
        decays: Whether the experiments have weight decay.
    """
    programs = _programs(tuple(of), decays)
    if not any(program.name for program in programs):
        return ()
    comparison = _Comparison(subject, broken, _Setting(subject.format.name, decays))
    try:
        return tuple(BUGS[program.name] for program in comparison.among(programs))
    except _ExperimentError:
        return ()


def any_like(subject: Subject, broken: Collection[str]) -> tuple[Bug, ...]:
    """The known bugs without a formula that behave as a target does."""
    found = like(subject, PLAIN, broken, decays=False)
    if found or not subject.target.capabilities.weight_decay:
        return found
    return like(subject, DECAYING, broken, decays=True)


def between_tensors(subject: Subject, definition: type[Adam], broken: Collection[str]) -> tuple[Bug, ...]:
    """The known bugs, in what several tensors do to each other, that a target has beside a definition.

    Args:
        subject: The target in one dtype, which follows the definition with one tensor.
        definition: The definition.
        broken: The names of the checks that the target breaks; their experiments come first.
    """
    split = replace(subject, target=SplitTarget(subject.target))
    comparison = _Comparison(split, broken, _Setting(subject.format.name, decays=False))
    programs = _programs_between_tensors(definition)  # type: ignore[arg-type]  # classes have hashes
    try:
        if comparison.follows(programs[0], ordinary):
            return ()
        return tuple(BUGS[program.name] for program in comparison.among(programs))
    except _ExperimentError:
        return ()


@dataclass(frozen=True, eq=False)
class _Program:
    """A known bug or, without a name, a formula, which is correct or itself a known bug."""

    name: str
    definition: type[Adam]
    make: Callable[[], Target]
    exposes: Experiment = ordinary


@cache
def _programs(names: tuple[str, ...], decays: bool) -> tuple[_Program, ...]:
    """The programs of some definitions, correct ones first."""
    right = [_Program("", DEFINITIONS[name], partial(DefinitionTarget, DEFINITIONS[name])) for name in names]
    bugs = [bug for bug in BUGS.values() if bug.of in names]
    # A bug with a formula is found by its formula, not by its program.
    right += [
        _Program("", bug.definition, bug.target, bug.exposes)
        for bug in bugs
        if bug.definition is not None and decays
    ]
    wrong = [
        _Program(bug.name, DEFINITIONS[bug.of], bug.target, bug.exposes)
        for bug in bugs
        if bug.definition is None
    ]
    return (*right, *wrong)


@cache
def _programs_between_tensors(definition: type[Adam]) -> tuple[_Program, ...]:
    """The programs that do something to several tensors, in a definition; first the correct one."""
    wrong = []
    for bug in BUGS.values():
        target = bug.target()
        if isinstance(target, FaultyTarget) and issubclass(target.run, TwoTensors):
            make = partial(FaultyTarget, bug.name, target.run, definition)
            wrong.append(_Program(bug.name, definition, make, bug.exposes))
    return (_Program("", definition, partial(DefinitionTarget, definition)), *wrong)


class _ExperimentError(Exception):
    """The target raised in an experiment, which no known bug does."""


@dataclass(frozen=True)
class _Setting:
    """The setting of experiments: the dtype of the diagnosis, with or without weight decay."""

    asked: str
    decays: bool

    def hyper(self, hyper: Hyperparameters) -> Hyperparameters:
        """The hyperparameters of an experiment in this setting."""
        hyper = hyper if self.decays else hyper.replace(weight_decay=0.0)
        # In half precision, 1 - beta2^t has almost no correct digits if beta2 is near 1.
        coarse = format_of(self.asked).narrow
        return hyper.replace(beta2=min(hyper.beta2, 0.75)) if coarse else hyper

    def made(self, target: Target, experiment: Experiment) -> Trace | None:
        """The trace of a target in an experiment; None if it does not offer the experiment."""
        dtype = experiment.dtype or self.asked
        # A diagnosis in a coarse dtype must not use what another dtype shows.
        if dtype not in target.capabilities.dtypes or self.asked not in (dtype, "float64"):
            return None
        try:
            with np.errstate(all="ignore"):
                return experiment.run(_Asked(target, self.hyper), dtype)
        except NotOffered:
            return None


@cache
def _done(program: _Program, experiment: Experiment, setting: _Setting) -> Trace | None:
    """The trace of a program, cached because it is the same for every target; None if the program raises."""
    try:
        return setting.made(program.make(), experiment)
    except ValueError:  # it writes to a gradient that cannot be written
        return None


class _Asked(Target):
    """A target that runs an experiment with other hyperparameters, and may refuse them."""

    def __init__(self, target: Target, change: Callable[[Hyperparameters], Hyperparameters]) -> None:
        self._target, self._change = target, change
        self.name, self.capabilities = target.name, target.capabilities

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        changed = self._change(hyper)
        with starting(changed):
            return self._target.start(parameters, changed)

    def begin(self, start: Start) -> Run | TensorsRun:
        changed = start.replace(hyper=self._change(start.hyper))
        with starting(changed.hyper):
            return self._target.begin(changed)


@dataclass
class _Comparison:
    """Compares a target with programs, in experiments chosen to separate the programs."""

    subject: Subject
    broken: Collection[str]
    setting: _Setting

    def among(self, programs: Sequence[_Program]) -> Sequence[_Program]:
        """The known bugs that behave as the target does; none if a formula does."""
        alive, done = list(programs), [ordinary]
        while True:
            seen = self._seen(done[-1])
            if seen is not None:
                alive = [program for program in alive if self._follows(program, done[-1], seen)]
            experiment = self._next(alive, done)
            if experiment is None or len(done) == EXPERIMENTS:
                break
            done.append(experiment)
        if any(not program.name for program in alive):
            return []
        formulas = [program for program in programs if not program.name]
        return [program for program in alive if self._shows(program, formulas, done)]

    def follows(self, program: _Program, experiment: Experiment) -> bool:
        """Whether the target does in one experiment what a program does, or does not offer it."""
        seen = self._seen(experiment)
        return seen is None or self._follows(program, experiment, seen)

    def _shows(self, program: _Program, formulas: Sequence[_Program], done: Collection[Experiment]) -> bool:
        """Whether a bug shows in some experiment made. If not, it fits only because a radius is wide."""
        right = [formula for formula in formulas if formula.definition is program.definition]
        return all(any(not self._alike(formula, program, e) for e in done) for formula in right)

    def _next(self, alive: Sequence[_Program], done: Collection[Experiment]) -> Experiment | None:
        """The experiment that separates most programs from the first one, or else exposes that one.

        Experiments that belong to broken checks come first.
        """
        exposing = [program.exposes for program in alive] + ([decaying_matrix] if self.setting.decays else [])
        left = [experiment for experiment in dict.fromkeys(exposing) if experiment not in done]
        spoken_for = [e for e in left if e.asked_by in self.broken]
        for some in (spoken_for, [e for e in left if not e.long]):
            apart = {e: sum(not self._alike(alive[0], other, e) for other in alive[1:]) for e in some}
            best = max(apart, key=lambda e: apart[e], default=None)
            if best is not None and apart[best]:
                return best
        return alive[0].exposes if alive and alive[0].exposes in left else None

    def _alike(self, one: _Program, other: _Program, experiment: Experiment) -> bool:
        trace = _done(one, experiment, self.setting)
        return trace is None or self._follows(other, experiment, trace)

    def _follows(self, program: _Program, experiment: Experiment, seen: Trace) -> bool:
        """Whether a trace is within two radii of that of a program."""
        own = _done(program, experiment, self.setting)
        if own is None:
            return False
        radii = _radii(program.definition, experiment, self.setting)  # type: ignore[arg-type]  # classes have hashes
        return _within(own, seen, radii)

    def _seen(self, experiment: Experiment) -> Trace | None:
        """The trace of the target, under a time limit."""
        self.subject.target.prepare()
        self.subject.calls.append(Experimented(0, experiment.name))
        try:
            with time_limit(self.subject.patience, "an experiment"):
                return self.setting.made(self.subject.target, experiment)
        except (Exception, SystemExit):
            raise _ExperimentError from None
        finally:
            self.subject.calls.answered()


@cache
def _radii(definition: type[Adam], experiment: Experiment, setting: _Setting) -> np.ndarray:
    """The radius of each update, without the rounding of parameters stored elsewhere."""
    trace = setting.made(DefinitionTarget(definition), experiment)
    assert trace is not None, f"{definition.title} does not offer the experiment {experiment.name}"
    gradients = np.asarray(trace.gradients)
    flat = gradients.reshape(len(gradients), -1)
    first = np.asarray(trace.parameters)[0].astype(flat.dtype).reshape(-1)
    hyper = setting.hyper(trace.hyper)
    return visible(definition, Trajectory(hyper, first, flat)).radius.reshape(gradients.shape)


def _within(one: Trace, other: Trace, radii: np.ndarray) -> bool:
    """Whether two runs differ no more than two correct evaluations, with NaN in the same places."""
    a, b = (np.asarray(trace.parameters) for trace in (one, other))
    if a.shape != b.shape:
        return False
    if np.array_equal(a, b, equal_nan=True):
        return True
    with np.errstate(all="ignore"):
        updates = [observed(trace) for trace in (one, other)]
        both = [Updates(seen.value, radii + seen.radius) for seen in updates]
        numbers = np.isfinite(a.astype(np.float64)) & np.isfinite(b.astype(np.float64))
        comparable = numbers[1:] & numbers[:-1]
    same_numbers = np.array_equal(np.isnan(a.astype(np.float64)), np.isnan(b.astype(np.float64)))
    return same_numbers and not bool(np.any(comparable & apart(*both)))
