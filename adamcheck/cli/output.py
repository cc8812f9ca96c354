"""Output: files, checked before the work starts and written atomically, and the standard streams."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from adamcheck.support.errors import Told

if TYPE_CHECKING:
    from adamcheck.examine.results import Report

OURS = (".html", ".md", ".json", ".svg", ".xml", ".sarif")
"""Built-in formats, which are known without a search for installed packages."""


class OutputError(Told):
    """A file cannot be written; the message is one line."""


def check_paths(paths: Sequence[Path]) -> None:
    """Check that files of these names can be written.

    Raises:
        OutputError: One of them cannot be written.
        click.UsageError: No format has that suffix.
    """
    from adamcheck.support.files import check_folder

    for path in paths:
        if path.suffix not in OURS:
            _check_suffix(path)
        if path.is_dir():
            raise OutputError(f"cannot write {path}: it is a folder")
        try:
            check_folder(path.parent)
        except OSError as error:
            raise OutputError(f"cannot write {path}: {path.parent}: {error.strerror}") from None


def _check_suffix(path: Path) -> None:
    from adamcheck.report.formats import FORMATS

    if path.suffix.removeprefix(".") not in FORMATS:
        endings = ", ".join(f".{name}" for name in FORMATS)
        raise click.UsageError(f"--save {path}: expected a file ending in {endings}")


def make_folder(folder: Path) -> None:
    """Create a folder if it does not exist. Raises `OutputError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot create the folder {folder}: {error.strerror}") from None


def save_report(report: Report, paths: Sequence[Path]) -> None:
    """Write a report to each path, in the format of its suffix.

    Raises:
        OutputError: Some of them cannot be written; the others are.
    """
    from adamcheck.report.formats import FormatError, rendered

    failed = []
    for path in paths:
        try:
            write(path, rendered(report, path.suffix))
        except FormatError as error:
            failed.append(f"cannot write {path}: {error}")
        except OutputError as error:
            failed.append(str(error))
    if failed:
        raise OutputError("; ".join(failed))


def write(path: Path, content: bytes) -> None:
    """Write a file completely, or leave it as it was. Raises `OutputError`."""
    from adamcheck.support.files import write_atomically

    try:
        write_atomically(path, content)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from None


class Printing:
    """Prints on stdout; where files are written afterwards, a stdout that is full or closed ends nothing.

    Args:
        last: Whether nothing follows what is printed, so that an error counts at once.
    """

    def __init__(self, last: bool) -> None:
        self._last = last
        self._error: OSError | None = None

    def __call__(self, show: Callable[..., Any], *arguments: Any) -> None:
        """Call what prints, unless printing has failed before."""
        if self._error is not None:
            return
        try:
            show(*arguments)
            sys.stdout.flush()
        except OSError as error:
            if self._last:
                raise
            self._error = error
            discard(1)

    def end(self) -> None:
        """Raise the error that was put off, if there was one."""
        if self._error is not None:
            raise self._error


class Forgiving:
    """A stream for remarks: one that is full or closed loses them, and nothing else."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        return self._trying(self._stream.write, text) or len(text)

    def flush(self) -> None:
        self._trying(self._stream.flush)

    def _trying(self, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except OSError:
            discard(self._stream.fileno())
            return None


def discard(number: int) -> None:
    """Discard what is written to a standard stream from now on: what it still holds would fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)
