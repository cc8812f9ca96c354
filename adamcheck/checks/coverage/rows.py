"""Rows: few combinations of values in which every possible pair of values of two dimensions occurs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from adamcheck.checks.coverage.dimensions import (
    Choice,
    Course,
    Dimension,
    Extent,
    Groups,
    Numbers,
    Room,
    Tensors,
    dimensions_of,
    plain,
)
from adamcheck.checks.coverage.layouts import CHANNELS_LAST, PLAIN

LONG = {
    Extent.STANDARD: (
        (1025, Course.ZEROS_AFTER_ONE, 400),
        (1025, Course.CONSTANT, 1000),
        (3000, Course.FREE, 1),
    ),
    Extent.THOROUGH: (
        (4097, Course.ZEROS_AFTER_ONE, 2000),
        (4097, Course.CONSTANT, 4000),
        (30000, Course.FREE, 1),
    ),
}
"""The long runs of a profile beside the rows that cover pairs: steps, course and stretch."""

HANDFUL = 12
"""The number of rows of a room in the quick profile."""

TABLE = Path(__file__).with_name("rows.json")
"""The rows that cover all pairs, as `adamcheck.checks.coverage.table` writes them."""


@dataclass(frozen=True)
class Row:
    """A combination of values.

    Args:
        room: The room.
        number: The number of the row in its room, from 0; random numbers of the row depend on it.
        choices: The value of each dimension of the room.
    """

    room: Room
    number: int
    choices: tuple[tuple[Dimension, Choice], ...]

    def __getitem__(self, dimension: Dimension) -> Choice:
        """The value of a dimension; the plain one where the room does not have it."""
        return dict(self.choices).get(dimension, plain(dimension))

    def number_of(self, dimension: Dimension) -> int:
        """The value of a dimension of whole numbers."""
        return int(self[dimension])

    def but(self, dimension: Dimension, choice: Choice) -> Row:
        """A copy with another value of a dimension."""
        return replace(
            self, choices=tuple((each, choice if each is dimension else old) for each, old in self.choices)
        )

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        return tuple(each for each, _ in self.choices)

    def __repr__(self) -> str:
        told = ", ".join(f"{each} {choice}" for each, choice in self.choices if choice != plain(each))
        return f"Row({self.room} {self.number}: {told or 'plain'})"


TOGETHER = (
    (Dimension.SIZE, Dimension.AXES),
    (Dimension.AXES, Dimension.PARAMETER_LAYOUT),
    (Dimension.AXES, Dimension.GRADIENT_LAYOUT),
    (Dimension.COURSE, Dimension.STRETCH),
    (Dimension.STRETCH, Dimension.STEPS),
    (Dimension.TENSORS, Dimension.GROUPS),
)
"""The dimensions of which some values cannot occur together, as `possible` has it."""


def possible(choices: Mapping[Dimension, Choice]) -> bool:
    """Whether values, perhaps of some dimensions only, can occur together."""
    axes = choices.get(Dimension.AXES)
    laid = {choices.get(Dimension.PARAMETER_LAYOUT), choices.get(Dimension.GRADIENT_LAYOUT)} - {None}
    if axes == "()" and (choices.get(Dimension.SIZE, 1) != 1 or laid - {PLAIN, "read-only"}):
        return False
    if axes is not None and CHANNELS_LAST in laid and str(axes).count(",") != 3:
        return False
    course, stretch = choices.get(Dimension.COURSE), choices.get(Dimension.STRETCH)
    if course == Course.FREE and stretch is not None and stretch != plain(Dimension.STRETCH):
        return False
    if choices.get(Dimension.TENSORS) == Tensors.ONE and choices.get(Dimension.GROUPS) in (
        Groups.LR,
        Groups.ALL,
        Groups.LATE,
    ):
        return False
    steps = choices.get(Dimension.STEPS)
    return steps is None or stretch is None or int(stretch) < int(steps) or int(stretch) == 1


@cache
def rows(room: Room, extent: Extent) -> tuple[Row, ...]:
    """The rows of a room in a profile, as the table has them, and its long runs."""
    values = dimensions_of(room)
    found = [
        Row(
            room,
            number,
            tuple(
                (dimension, values[dimension][at].choice)
                for dimension, at in zip(values, places, strict=True)
            ),
        )
        for number, places in enumerate(_table()[room][extent.name.lower()])
    ]
    if room is Room.RUNS:
        found += [_long(len(found) + number, *each) for number, each in enumerate(LONG.get(extent, ()))]
    return tuple(found)


@cache
def _table() -> Mapping[str, Mapping[str, list[list[int]]]]:
    """The places of the values of each row in their dimensions, by room and profile."""
    found: Mapping[str, Mapping[str, list[list[int]]]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found


def _long(number: int, steps: int, course: Course, stretch: int) -> Row:
    """The row of a long run, plain in almost everything else."""
    row = Row(
        Room.RUNS, number, tuple((dimension, plain(dimension)) for dimension in dimensions_of(Room.RUNS))
    )
    chosen: dict[Dimension, Choice] = {
        Dimension.STEPS: steps,
        Dimension.COURSE: course,
        Dimension.STRETCH: stretch,
        Dimension.PARAMETERS: 1.0,
        Dimension.NUMBERS: Numbers.FULL,
    }
    for dimension, choice in chosen.items():
        row = row.but(dimension, choice)
    return row
