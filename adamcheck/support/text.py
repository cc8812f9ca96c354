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


def said(error: BaseException) -> str:
    """The type of an exception and the first line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


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
