"""Baseline runs: a check of layout or state is not judged if the formula itself is already wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from adamcheck.adam import Adam
from adamcheck.checks.assertions import NotJudged, assert_bitwise, assert_enclosed
from adamcheck.checks.check import Notes
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.judge import Ruling, judge
from adamcheck.traces.trace import Trace


def same_bits(one: object, other: object) -> bool:
    """Whether two runs are bitwise equal (NaN equals NaN)."""
    return bool(np.array_equal(np.asarray(one), np.asarray(other), equal_nan=True))


def assert_continued(
    subject: Subject, observed: list[np.ndarray], whole: Trace, what: str, notes: Notes
) -> None:
    """Assert that a run that was saved and loaded has the bits of the uninterrupted run.

    If the definition has a running product, a program may keep it as a scalar apart from its arrays, and
    a checkpoint may round it. Then the run need only be enclosed, and a note is made.

    Args:
        subject: The target.
        observed: Parameters before the first step and after each step.
        whole: The uninterrupted run.
        what: What was observed, for the message.
        notes: The notes of the check.

    Raises:
        Broken: The bits differ, or an update is not enclosed.
        NotJudged: No update can be judged.
    """
    if not subject.definition.running_product or same_bits(observed, whole.parameters):
        assert_bitwise(observed, whole.parameters, what, whole)
        return
    assert_enclosed(replace(whole, parameters=np.stack(observed)), subject.definition)
    notes.say("different bits with a checkpoint than without one, but enclosed")


def assert_enclosed_as(
    plain: Trace, trace: Trace, definition: type[Adam], coordinates: list[int] | None = None
) -> None:
    """Assert that a trace, or some flat coordinates of it, is enclosed if its baseline run is.

    Raises:
        Broken: The baseline run is enclosed by the definition, and the trace is not.
        NotJudged: The baseline run is not enclosed, so the formula itself is wrong.
    """
    _assert_formula_of(plain, definition)
    assert_enclosed(trace, definition, coordinates if definition.coordinatewise else None)


def assert_formula(subject: Subject, trajectory: Trajectory, definition: type[Adam]) -> None:
    """Assert that the baseline run is enclosed by the definition. Raises `NotJudged` if it is not."""
    _assert_formula_of(subject.run(trajectory), definition)


def _assert_formula_of(plain: Trace, definition: type[Adam]) -> None:
    if judge(plain, definition).outcome != Ruling.ENCLOSED:
        raise NotJudged
