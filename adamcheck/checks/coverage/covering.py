"""Covering: a law that every row of a room keeps, with what a target does not offer left out and counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adamcheck.adam import Adam
from adamcheck.checks.assertions import Broken, NotJudged, broken_by
from adamcheck.checks.coverage.conditions import Asking
from adamcheck.checks.coverage.dimensions import (
    Dimension,
    Extent,
    Groups,
    Room,
    Tensors,
    Value,
    about,
    dimensions_of,
    plain,
)
from adamcheck.checks.coverage.reducing import reduce
from adamcheck.checks.coverage.rows import Row, rows
from adamcheck.checks.coverage.running import Ran, run
from adamcheck.checks.subject import Subject
from adamcheck.judge import Judgement, Ruling
from adamcheck.targets.base import NotOffered, TargetCrash, TargetDied
from adamcheck.traces.trace import Trace

REFUSABLE = (
    Dimension.GRADIENT_DTYPE,
    Dimension.LR,
    Dimension.BETA1,
    Dimension.BETA2,
    Dimension.EPS,
    Dimension.LR_COURSE,
    Dimension.AXES,
    Dimension.GRADIENT_LAYOUT,
    Dimension.TENSORS,
    Dimension.GROUPS,
    Dimension.LIFE,
    Dimension.CALL,
)
"""The dimensions with values that an implementation may refuse by raising an exception."""

_HYPERPARAMETERS = {
    Dimension.LR: "lr",
    Dimension.BETA1: "beta1",
    Dimension.BETA2: "beta2",
    Dimension.EPS: "eps",
}

_LARGEST = 10**4
"""The largest number of numbers in a trace that is shown whole."""


class Uncovered(Broken):
    """A row that a target fails.

    Args:
        row: The row.
        ran: Its run.
        definition: The definition that it breaks.
    """

    def __init__(self, row: Row, ran: Ran, definition: type[Adam]) -> None:
        found = _broken(ran, ran.verdict, ran.trace)
        super().__init__(str(found), found.trace, found.offence, definition)
        self.row = row
        self.ran = ran


def _broken(ran: Ran, judgement: Judgement, trace: Trace) -> Broken:
    return broken_by(judgement, trace, f"tensor {ran.tensor}" if ran.tensor else "")


def cases(room: Room, extent: Extent) -> Sequence[Mapping[str, Any]]:
    """The arguments of a law about the rows of a room."""
    return [{"row": row} for row in rows(room, extent)]


def cover(subject: Subject, asking: Asking, row: Row, definition: type[Adam]) -> None:
    """Run a row, with plain values for what the target does not offer, and judge it.

    Raises:
        Uncovered: An update is not enclosed.
        NotJudged: No update can be judged, or the formula is wrong and the row is not about it.
        NotOffered: The target offers not even plain values.
    """
    row, ran = _offered_run(subject, asking, row, definition)
    for dimension in about(row.room):
        asking.asked(dimension, row[dimension])
    if ran.judgement.outcome == Ruling.NOT_JUDGED:
        raise NotJudged
    if not ran.wrong:
        return
    if row.room is not Room.RUNS:
        ordinary = _ran(subject.afresh(), _without(row, about(row.room)), definition)
        if ordinary is None or ordinary.wrong:
            raise NotJudged
    raise Uncovered(row, ran, definition)


def cut_down_row(subject: Subject, broken: Broken) -> Broken:
    """Reduce a failing row, and say on which values the failure depends."""
    if not isinstance(broken, Uncovered):
        return broken

    def fails(row: Row) -> Ran | None:
        ran = _ran(subject.afresh(), row, broken.definition)
        return ran if ran is not None and ran.wrong else None

    row, _, conditions = reduce(broken.row, broken.ran, fails)
    final = subject.afresh()
    ran = _ran(final, row, broken.definition)
    if ran is None or not ran.wrong:  # it does not repeat
        return broken
    small = ran.parameters.size <= _LARGEST
    found = _broken(ran, ran.verdict if small else ran.judgement, ran.whole if small else ran.trace)
    found.conditions, found.calls = conditions, tuple(final.calls)
    return found


def _ran(subject: Subject, row: Row, definition: type[Adam]) -> Ran | None:
    """The run of a row; None if the target does not take it."""
    try:
        return run(subject, row, definition)
    except TargetDied:
        raise
    except (NotOffered, TargetCrash):
        return None


def _without(row: Row, dimensions: Sequence[Dimension]) -> Row:
    """The row with plain values of some dimensions."""
    for dimension in dimensions:
        row = row.but(dimension, plain(dimension))
    return row


def _offered_run(subject: Subject, asking: Asking, row: Row, definition: type[Adam]) -> tuple[Row, Ran]:
    """The run of the part of a row that the target offers."""
    row = _offered(subject, asking, row)
    try:
        return row, run(subject, row, definition)
    except TargetDied:
        raise
    except (NotOffered, TargetCrash) as error:
        refusal = error
    refused = [each for each in REFUSABLE if each in row.dimensions and row[each] != plain(each)]
    for dimension in refused:
        simpler = row.but(dimension, plain(dimension))
        ran = _ran(subject.afresh(), simpler, definition)
        if ran is not None:
            asking.not_offered(dimension, row[dimension])
            return simpler, ran
    simpler = _without(row, refused)
    ran = _ran(subject.afresh(), simpler, definition)
    if ran is None:
        raise refusal
    return simpler, ran


def _offered(subject: Subject, asking: Asking, row: Row) -> Row:
    """The row with plain values for what the target does not offer by its capabilities."""
    target = subject.target
    values = dimensions_of(row.room)
    for dimension, choice in row.choices:
        value = next((each for each in values[dimension] if each.choice == choice), Value(choice))
        fixed = target.fixed.get(_HYPERPARAMETERS.get(dimension, ""))
        if fixed is not None and choice != fixed:
            asking.not_offered(dimension, choice)
            row = row.but(dimension, fixed)
        elif not all(target.capabilities.has(need) for need in value.needs):
            asking.not_offered(dimension, choice)
            row = row.but(dimension, plain(dimension))
    if Dimension.GROUPS in values and row[Dimension.TENSORS] == Tensors.ONE:  # which is in one group
        row = row.but(Dimension.GROUPS, Groups.ONE)
    fewest, most = target.capabilities.parameter_counts
    size = row.number_of(Dimension.SIZE)
    taken = min(max(size, fewest), most or max(size, fewest))
    if taken != size:
        asking.not_offered(Dimension.SIZE, size)
        row = row.but(Dimension.SIZE, taken)
    return row
