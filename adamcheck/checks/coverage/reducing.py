"""Reduction: which values of a failing row the failure needs, and from which number on it occurs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from adamcheck.checks.coverage.conditions import Condition, How
from adamcheck.checks.coverage.dimensions import DIMENSIONS, NUMERIC, Choice, Dimension, plain
from adamcheck.checks.coverage.rows import TOGETHER, Row, possible
from adamcheck.checks.coverage.running import Ran

Fails = Callable[[Row], Ran | None]
"""Runs a row. Returns the run if it is wrong, and None if it is right or cannot be judged."""


def reduce(row: Row, ran: Ran, fails: Fails) -> tuple[Row, Ran, tuple[Condition, ...]]:
    """Make every value of a failing row plain that the failure does not need.

    Args:
        row: A row that fails.
        ran: Its run.
        fails: Runs another row.

    Returns:
        The reduced row, its run, and a condition for each value that is not plain.
    """
    row, ran = _shortened(row, ran, fails)
    for dimension in row.dimensions:
        if dimension is Dimension.STEPS:
            continue
        for choice in _plainer(row, dimension):
            simpler = _simpler(row, dimension, choice)
            found = fails(simpler) if _is_possible(simpler) else None
            if found is not None:
                row, ran = _shortened(simpler, found, fails)
                break
    conditions = []
    for dimension in row.dimensions:
        if dimension is Dimension.STEPS or row[dimension] == plain(dimension):
            continue
        how = How.ONLY
        if dimension in NUMERIC:
            row, ran = _smallest(row, ran, dimension, fails)
            how = How.FROM if all(map(fails, _larger(row, dimension))) else How.AT
        conditions.append(Condition(dimension, how, row[dimension]))
    if row.number_of(Dimension.STEPS) > 1:
        conditions.append(Condition(Dimension.STEPS, How.FROM, row[Dimension.STEPS]))
    return row, ran, tuple(conditions)


def _is_possible(row: Row) -> bool:
    """Whether the values of a row can occur together; a shortened run may end within its stretch."""
    pairs = (pair for pair in TOGETHER if Dimension.STEPS not in pair and set(pair) <= set(row.dimensions))
    return all(possible({each: row[each] for each in pair}) for pair in pairs)


def _plainer(row: Row, dimension: Dimension) -> Iterator[Choice]:
    """The values of a dimension that are plainer than that of the row, the plainest first."""
    if row[dimension] == plain(dimension):
        return
    yield plain(dimension)
    if isinstance(row[dimension], str):
        words = [value.choice for value in DIMENSIONS[dimension]]
        yield from words[1 : words.index(row[dimension])]


def _simpler(row: Row, dimension: Dimension, choice: Choice) -> Row:
    """The row with another value of a dimension, and plain ones where others are impossible beside it."""
    simpler = row.but(dimension, choice)
    for pair in TOGETHER:
        both = {each: simpler[each] for each in pair}
        if dimension in pair and set(pair) <= set(row.dimensions) and not possible(both):
            (other,) = set(pair) - {dimension}
            simpler = simpler.but(other, plain(other))
    return simpler


def _shortened(row: Row, ran: Ran, fails: Fails) -> tuple[Row, Ran]:
    """The run up to its first wrong step, if that fails alone."""
    offence = ran.judgement.offence
    if offence is None or offence.step == row.number_of(Dimension.STEPS):
        return row, ran
    shorter = row.but(Dimension.STEPS, offence.step)
    found = fails(shorter)
    return (shorter, found) if found is not None else (row, ran)


def _smallest(row: Row, ran: Ran, dimension: Dimension, fails: Fails) -> tuple[Row, Ran]:
    """The smallest failing number, where all larger ones up to that of the row fail: found by bisection."""
    right, wrong = int(plain(dimension)), row.number_of(dimension)
    while wrong - right > 1:
        middle = (right + wrong) // 2
        found = fails(row.but(dimension, middle))
        if found is None:
            right = middle
        else:
            wrong, ran = middle, found
    return row.but(dimension, wrong), ran


def _larger(row: Row, dimension: Dimension) -> Iterator[Row]:
    """Rows with larger numbers: the next ones, and the next power of two, which blocks divide."""
    number = row.number_of(dimension)
    larger = (number + 1, number + 2, 1 << number.bit_length())
    yield from (row.but(dimension, each) for each in larger)
