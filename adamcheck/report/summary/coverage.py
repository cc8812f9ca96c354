"""Sentences about what a target was asked along each dimension, and what it was not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from adamcheck.checks.check import Outcome, Result
from adamcheck.checks.coverage.conditions import Standing
from adamcheck.checks.coverage.dimensions import DIMENSIONS, Choice, Dimension, Extent

_LISTED = 4
"""The largest number of values of a dimension that are named one by one."""

Standings = dict[Dimension, dict[Choice, Standing]]
"""What became of each value of each dimension."""


def standings(results: Iterable[Result]) -> Standings | None:
    """What became of each value in the checks that came to their end; None if no check covers dimensions."""
    found: dict[tuple[Dimension, Choice], Standing] = {}
    for result in results:
        if result.outcome in (Outcome.KEPT, Outcome.UNJUDGED):
            for each in result.answered:
                if found.get((each.dimension, each.choice)) is not Standing.ASKED:
                    found[each.dimension, each.choice] = each.standing
    covered = {dimension for dimension, _ in found}
    if not covered:
        return None
    return {
        dimension: {
            value.choice: found.get((dimension, value.choice), Standing.NOT_IN_PROFILE) for value in values
        }
        for dimension, values in DIMENSIONS.items()
        if dimension in covered
    }


def coverage(results: Iterable[Result]) -> str:
    """What was asked and what was not, in one line; "" if no check covers dimensions."""
    found = standings(results)
    if found is None:
        return ""
    everything = [standing for values in found.values() for standing in values.values()]
    asked = f"{everything.count(Standing.ASKED)} of {len(everything)} values of {len(found)} dimensions asked"
    missing = (*_missing(found, Standing.NOT_OFFERED), *_missing(found, Standing.NOT_IN_PROFILE))
    return "; ".join((asked, *missing))


def _missing(found: Standings, standing: Standing) -> Iterator[str]:
    told = []
    for dimension, values in found.items():
        chosen = [choice for choice, each in values.items() if each is standing]
        if chosen:
            told.append(f"{dimension} {_named(chosen)}")
    if told:
        yield f"{standing}: {', '.join(told)}"


def _named(choices: Sequence[Choice]) -> str:
    if len(choices) > _LISTED:
        return f"({len(choices)} values)"
    return f"({'; '.join(map(spelled, choices))})"


def spelled(choice: Choice) -> str:
    """A value in words or digits."""
    if isinstance(choice, str):
        return str(choice)
    return f"{choice:,}" if isinstance(choice, int) else f"{choice:.7g}"


def asked_in(extent: Extent, dimension: Dimension) -> str:
    """The values of a dimension that are asked first in a profile; "" if there are none."""
    return ", ".join(spelled(value.choice) for value in DIMENSIONS[dimension] if value.extent is extent)
