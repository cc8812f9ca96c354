"""Assertions for checks: a trace is enclosed, two arrays are bitwise equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from adamcheck.adam import Adam
from adamcheck.checks.calls import Call
from adamcheck.checks.coverage.conditions import Condition
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.judge import Judgement, Offence, Ruling, judge
from adamcheck.targets.base import NotOffered, TargetCrash
from adamcheck.traces.trace import Steps, Trace
from adamcheck.updates import Updates, apart


class Broken(AssertionError):  # noqa: N818 - a law is broken; pytest shows it as a failed assertion
    """A check found a counterexample.

    Args:
        message: One line that says what is wrong.
        trace: The run that shows it, if there is one.
        offence: The first update of the trace that is not enclosed, if that is what is wrong.
        definition: The definition that the offence refers to.

    Attributes:
        conditions: The values without which the failure does not occur, once they are known.
        calls: The calls of the target that show it, if they are not the last ones that were made.
    """

    conditions: tuple[Condition, ...] = ()
    calls: tuple[Call, ...] = ()

    def __init__(
        self,
        message: str,
        trace: Trace | None = None,
        offence: Offence | None = None,
        definition: type[Adam] = Adam,
    ) -> None:
        super().__init__(message)
        self.trace = trace
        self.offence = offence
        self.definition = definition


class NotJudged(Exception):  # noqa: N818 - an outcome
    """An example cannot be judged, for instance because every radius is infinite."""


def assert_enclosed(
    trace: Trace, definition: type[Adam] = Adam, coordinates: list[int] | None = None
) -> Judgement:
    """Assert that the trace, or some of its coordinates, is enclosed by the definition.

    Args:
        trace: The run of a target.
        definition: The definition that should enclose it.
        coordinates: Flat indices of the coordinates to judge; all of them by default.

    Returns:
        The judgement.

    Raises:
        Broken: An update is not enclosed. The exception has the whole trace.
        NotJudged: No update can be judged.
    """
    if coordinates is None:
        return assert_accepted(judge(trace, definition), "", trace)
    verdict = judge(trace.part(len(trace.gradients), coordinates), definition)
    if verdict.offence:
        coordinate = coordinates[verdict.offence.coordinate]
        verdict = replace(verdict, offence=replace(verdict.offence, coordinate=coordinate))
    return assert_accepted(verdict, "", trace)


def assert_accepted(verdict: Judgement, what: str, trace: Trace | None = None) -> Judgement:
    """Assert that a judgement accepts a run.

    Args:
        verdict: The judgement.
        what: What was judged, for the message.
        trace: The run, for the report.

    Raises:
        Broken: The judgement is rejected or coarse.
        NotJudged: No update could be judged.
    """
    if verdict.outcome == Ruling.NOT_JUDGED:
        raise NotJudged
    if verdict.outcome in (Ruling.REJECTED, Ruling.COARSE):
        raise broken_by(verdict, trace, what)
    return verdict


def broken_by(verdict: Judgement, trace: Trace | None, what: str = "") -> Broken:
    """What a judgement that rejects a run says: where, and how far off. Arguments as of `assert_accepted`."""
    o = verdict.offence
    if o is None:
        raise TypeError(f"a trace that is {verdict.outcome} has no offence")
    where = f"{what}{', ' if what else ''}step {o.step}" + (
        f", coordinate {o.coordinate}" if o.coordinate else ""
    )
    precision = f" (within {verdict.format} precision, though)" if verdict.outcome == Ruling.COARSE else ""
    return Broken(
        f"{where}: the update is {o.observed!r}, expected {o.expected!r} +- {o.radius:.2g}: "
        f"off by {o.radii:.3g} radii{precision}",
        trace,
        o,
        verdict.definition,
    )


def cut_down(subject: Subject, broken: Broken) -> Broken:
    """Remove the coordinates and steps that a counterexample does not need.

    The target is run again on the rest, so that the reported numbers are the ones that a repetition gives.
    """
    if broken.trace is None or broken.offence is None:
        return broken
    hyper, step, coordinate = broken.trace.hyper, broken.offence.step, broken.offence.coordinate
    gradients = np.asarray(broken.trace.gradients)[:step].reshape(step, -1)
    start = np.asarray(next(iter(broken.trace.parameters))).ravel()
    for kept in ([coordinate], list(range(coordinate + 1))):
        try:
            trace = subject.run(Trajectory(hyper, start[kept], gradients[:, kept]))
        except (NotOffered, TargetCrash):
            continue
        verdict = judge(trace, broken.definition)
        if (
            verdict.outcome in (Ruling.REJECTED, Ruling.COARSE)
            and verdict.offence
            and verdict.offence.step == step
        ):
            return broken_by(verdict, trace)
    return broken


def assert_bitwise(
    observed: Steps | Sequence[np.ndarray], expected: Steps | Sequence[np.ndarray], what: str, trace: Trace
) -> None:
    """Assert that two runs are bitwise equal (NaN equals NaN, -0 equals 0).

    Args:
        observed: Parameters before the first step and after each step.
        expected: What they should be.
        what: What was observed, for the message.
        trace: The run that shows it.

    Raises:
        Broken: At the first difference.
    """
    observed, expected = np.asarray(observed), np.asarray(expected)
    same = (observed == expected) | (np.isnan(observed) & np.isnan(expected))
    if not same.all():
        at = tuple(int(i[0]) for i in np.nonzero(~same))
        raise Broken(
            f"{what}: {float(observed[at])!r} is not bitwise {float(expected[at])!r} "
            f"(step {at[0]}, coordinate {at[-1]})",
            trace,
        )


def assert_met(observed: Updates, predicted: Updates, what: str, trace: Trace) -> None:
    """Assert that every observed update that can be judged is the predicted one, within both radii.

    Args:
        observed: The updates of a target, or linear combinations of them.
        predicted: What they should be.
        what: What was observed, for the message.
        trace: The run that shows it.

    Raises:
        Broken: At the first update that differs from the predicted one.
        NotJudged: Every radius is infinite.
    """
    radius = observed.radius + predicted.radius
    if not np.isfinite(radius).any():
        raise NotJudged
    outside = np.argwhere(apart(observed, predicted))
    if outside.size:
        at = tuple(outside[0])
        raise Broken(
            f"{what}: {float(observed.value[at]):.17g} in step {at[0] + 1}, coordinate {at[1]}, "
            f"expected {float(predicted.value[at]):.17g} +- {radius[at]:.2g}",
            trace,
        )


def assert_met_and_not_zero(observed: Updates, predicted: Updates, what: str, trace: Trace) -> None:
    """As `assert_met`, for updates predicted to be nonzero.

    Raises:
        Broken: At the first update that differs from the predicted one.
        NotJudged: Every radius is infinite, or every predicted update may as well be zero.
    """
    assert_met(observed, predicted, what, trace)
    if not predicted.nonzero.any():
        raise NotJudged
