"""The badge of a matrix: a JSON document that shields.io's endpoint badge reads."""

from __future__ import annotations

import json

from adamcheck.examine.results import CONFORMS
from adamcheck.report.matrix import verdicts
from adamcheck.report.matrix.saved import Matrix, Row
from adamcheck.report.summary import Tone

_COLOURS = {
    Tone.FAIR: "yellow",
    Tone.NEUTRAL: "blue",
    Tone.BAD: "red",
    Tone.FAILED: "red",
    Tone.QUIET: "lightgrey",
}
"""The colours of what does not conform, by the tone of its verdict."""


def badge(matrix: Matrix) -> bytes:
    """The badge of a matrix: what its only implementation is, or how many of them conform."""
    if len(matrix.targets) == 1:
        message, colour = _of(matrix.targets[0])
    else:
        conforming = sum(row.status == CONFORMS for row in matrix.targets)
        message = f"{conforming} of {len(matrix.targets)} conform"
        colour = {len(matrix.targets): "brightgreen", 0: "red"}.get(conforming, "yellow")
    made = {"schemaVersion": 1, "label": "adamcheck", "message": message, "color": colour}
    return json.dumps(made, sort_keys=True, indent=1).encode("ascii") + b"\n"


def _of(row: Row) -> tuple[str, str]:
    marks = verdicts.overall(row)
    message = ", ".join(mark.word for mark in marks)
    if row.status == CONFORMS:
        return message, "brightgreen"
    colours = [_COLOURS[mark.tone] for mark in marks if mark.tone in _COLOURS]
    return (message, colours[-1]) if colours else (f"{message}, but fails checks", "red")
