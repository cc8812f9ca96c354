"""The formats in which a report is saved, by the ending of the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adamcheck.examine.results import Report
from adamcheck.support.registry import Registry, Unfit

Render = Callable[[Report], str | bytes]
"""Makes the content of a file of a report."""


def _format(name: str, thing: Any) -> Mapping[str, Render]:
    if not callable(thing):
        raise Unfit(
            f"it refers to an object of type {type(thing).__name__}, "
            "expected a function from a report to str or bytes"
        )
    return {name: thing}


FORMATS: Registry[Render] = Registry(
    "format",
    "adamcheck.formats",
    _format,
    {
        "html": "adamcheck.report.html:render",
        "md": "adamcheck.report.markdown:render",
        "json": "adamcheck.report.json:dumps",
        "svg": "adamcheck.report.terminal:picture",
    },
)
"""What renders a report, by the ending of the file, without its dot."""
