"""Width: every update is enclosed in rows that cover each pair of values of two dimensions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from adamcheck.adam import Adam
from adamcheck.checks.check import Check, Section
from adamcheck.checks.coverage.conditions import Asking
from adamcheck.checks.coverage.covering import cases, cover, cut_down_row
from adamcheck.checks.coverage.dimensions import Extent, Room
from adamcheck.checks.coverage.rows import Row
from adamcheck.checks.subject import Subject


def _covered(subject: Subject, asking: Asking, row: Row, definition: type[Adam] = Adam) -> None:
    cover(subject, asking, row, definition)


def _cases(room: Room, examples: int) -> Sequence[Mapping[str, Any]]:
    return cases(room, Extent.of(examples))


def _check(name: str, statement: str, room: Room, section: Section) -> Check:
    drawn = partial(_cases, room)
    return Check(name, statement, _covered, {}, section, cases=drawn, reduce=cut_down_row)


RUNS = _check(
    "updates-are-enclosed-in-runs-of-every-kind",
    "Every update is enclosed for each pair of lengths, magnitudes, courses and hyperparameters.",
    Room.RUNS,
    Section.FORMULA,
)

ARRAYS = _check(
    "updates-are-enclosed-in-arrays-of-every-kind",
    "Every update is enclosed for each pair of sizes, axes, layouts and dtypes of arrays.",
    Room.ARRAYS,
    Section.STATE,
)

LIVES = _check(
    "updates-are-enclosed-in-lives-of-every-kind",
    "Every update is enclosed for each pair of tensors, groups, calls, copies and instances beside.",
    Room.LIVES,
    Section.STATE,
)
