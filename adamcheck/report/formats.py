"""Output formats of a report, by the suffix of the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adamcheck.examine.results import Report
from adamcheck.support.registry import Registry, Unfit

Render = Callable[[Report], str | bytes]
"""A function from a report to the content of a file."""


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
        "xml": "adamcheck.report.junit:render",
        "sarif": "adamcheck.report.sarif:render",
    },
)
"""The renderers of reports by the suffix of the file, without the dot."""


def printed(report: Report, name: str) -> str:
    """A report as it is printed for a program.

    Args:
        report: A report.
        name: json, junit, sarif or github.
    """
    if name == "github":
        from adamcheck.report.github import render

        return render(report)
    (found,) = FORMATS.where({"junit": "xml"}.get(name, name).__eq__)
    content = found(report)
    return content.decode() if isinstance(content, bytes) else content
