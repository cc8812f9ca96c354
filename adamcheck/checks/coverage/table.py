"""Computes the rows that cover all pairs: `python -m adamcheck.checks.coverage.table` writes them.

They are shipped, because that takes long. It needs `covertable`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from adamcheck.checks.coverage.dimensions import Choice, Dimension, Extent, Room, dimensions_of
from adamcheck.checks.coverage.rows import HANDFUL, TABLE, TOGETHER, possible


def table() -> dict[str, dict[str, list[list[int]]]]:
    """The places of the values of each row in their dimensions, by room and profile."""
    return {room: {extent.name.lower(): _covering(room, extent) for extent in Extent} for room in Room}


def _covering(room: Room, extent: Extent) -> list[list[int]]:
    from covertable import make, sorters

    values = {
        dimension: [value.choice for value in each if value.extent <= extent]
        for dimension, each in dimensions_of(room).items()
    }
    constraints = [
        {"operator": "fn", "requires": list(pair), "evaluate": _allowed(pair)}
        for pair in TOGETHER
        if set(pair) <= set(values)
    ]
    found = make(values, constraints=constraints, sorter=sorters.hash, salt=room)
    places = [
        [
            [value.choice for value in each].index(row[dimension])
            for dimension, each in dimensions_of(room).items()
        ]
        for row in found
    ]
    return places[:HANDFUL] if extent is Extent.QUICK else places


def _allowed(pair: tuple[Dimension, ...]) -> Callable[[Mapping[Dimension, Choice]], bool]:
    return lambda row: possible({dimension: row[dimension] for dimension in pair})


def written(found: Mapping[str, Mapping[str, list[list[int]]]]) -> str:
    """The table in JSON, one line per row."""
    rooms = []
    for room, by_extent in found.items():
        extents = []
        for extent, rows in by_extent.items():
            lines = ",\n".join(f"   {json.dumps(row)}" for row in rows)
            extents.append(f'  "{extent}": [\n{lines}\n  ]')
        rooms.append(f' "{room}": {{\n' + ",\n".join(extents) + "\n }")
    return "{\n" + ",\n".join(rooms) + "\n}\n"


if __name__ == "__main__":
    TABLE.write_text(written(table()), encoding="utf-8")
