"""Message helpers: did-you-mean suggestions and one-line exception summaries."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


def nearest(name: str, known: Iterable[str], within: str = "") -> str:
    """` (did you mean X?)` with the known name that is nearest to `name`, or an empty string.

    Args:
        name: An unknown name.
        known: The known names.
        within: A prefix for the suggested name, such as the module that contains it.
    """
    match = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean {'.'.join(filter(None, (within, match[0])))}?)" if match else ""


LONGEST = 400
"""The largest number of characters of a message of somebody else that is shown."""


def plain(text: str) -> str:
    """Text of somebody else in one line that does nothing to a terminal or a page, and is not too long.

    Characters that do not print are written as Python escapes them.
    """
    more = " ..." if len(text) > LONGEST else ""
    shown = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:LONGEST])
    return "".join(shown) + more


def said(error: BaseException) -> str:
    """The type of an exception and the first line of its message."""
    try:
        lines = str(error).strip().splitlines()
    except Exception:
        lines = ["its message cannot be read"]
    return f"{type(error).__name__}: {plain(lines[0])}" if lines else type(error).__name__


class Hint(str):
    """A note on an exception (`add_note`) that users see; notes of libraries are not shown."""


def raised(error: BaseException) -> str:
    """An exception in one line: its summary, our hints, and the line that raised it outside this package."""
    told = said(error)
    told += "".join(f" [{note}]" for note in getattr(error, "__notes__", ()) if isinstance(note, Hint))
    last = traceback.extract_tb(error.__traceback__)[-1:]
    for frame in last:
        file = Path(frame.filename)
        if file.is_file() and not file.is_relative_to(Path(__file__).parents[1]):
            return f"{told} ({file.name}, line {frame.lineno})"
    return told
