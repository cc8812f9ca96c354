"""Output formats of a report, by the suffix of the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adamcheck.examine.results import Report
from adamcheck.support.errors import Told
from adamcheck.support.registry import Registry, Unfit
from adamcheck.support.text import raised

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


class FormatError(Told, ValueError):
    """A report cannot be rendered in a format; the message is one line."""


def rendered(report: Report, suffix: str) -> bytes:
    """A report in the format of a suffix.

    Args:
        report: A report.
        suffix: The suffix of a file, with its dot.

    Raises:
        FormatError: There is no such format, or the format of another package is faulty.
    """
    name = suffix.removeprefix(".")
    found = next(FORMATS.where(name.__eq__), None)
    if found is None:
        known = ", ".join(f".{each}" for each in dict.fromkeys((*FORMATS.own, *FORMATS)))
        raise FormatError(f"no format {suffix!r}: expected {known}")
    try:
        content = found(report)
    except Exception as error:
        if name in FORMATS.own:
            raise
        raise FormatError(f"its format {name!r} raised {raised(error)}") from None
    return content if isinstance(content, bytes) else content.encode()


def printed(report: Report, name: str) -> str:
    """A report as it is printed for a program.

    Args:
        report: A report.
        name: json, junit, sarif or github.
    """
    if name == "github":
        from adamcheck.report.github import render

        return render(report)
    return rendered(report, f".{'xml' if name == 'junit' else name}").decode()
