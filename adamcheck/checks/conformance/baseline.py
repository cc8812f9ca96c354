"""A plain run to compare with, so that a check of something else does not tell of a wrong formula again."""

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
    """Whether two runs agree bit for bit (NaN equals NaN)."""
    return bool(np.array_equal(np.asarray(one), np.asarray(other), equal_nan=True))


def assert_continued(
    subject: Subject, observed: list[np.ndarray], whole: Trace, what: str, notes: Notes
) -> None:
    """A run that was saved and loaded has the bits of the unbroken one.

    Where a program may keep a scalar apart from its arrays, a checkpoint may round it: then the run need
    only be enclosed, which is noted. Raises `Broken`, which says `what` was observed, or `NotJudged`.
    """
    if not subject.definition.running_product or same_bits(observed, whole.parameters):
        assert_bitwise(observed, whole.parameters, what, whole)
        return
    assert_enclosed(replace(whole, parameters=np.stack(observed)), subject.definition)
    notes.say("other bits after a checkpoint than without one, enclosed all the same")


def assert_enclosed_as(
    plain: Trace, trace: Trace, definition: type[Adam], coordinates: list[int] | None = None
) -> None:
    """The trace, or some flat coordinates of it, is enclosed by the definition, given that the plain one is.

    Raises `Broken`, or `NotJudged`: where the plain run is not enclosed, the formula is not this definition.
    """
    _assert_formula_of(plain, definition)
    assert_enclosed(trace, definition, coordinates if definition.coordinatewise else None)


def assert_formula(subject: Subject, trajectory: Trajectory, definition: type[Adam]) -> None:
    """A plain run is enclosed by the definition. Raises `NotJudged` where the formula is not this one."""
    _assert_formula_of(subject.run(trajectory), definition)


def _assert_formula_of(plain: Trace, definition: type[Adam]) -> None:
    if judge(plain, definition).outcome != Ruling.ENCLOSED:
        raise NotJudged
