"""Output files: checked before the work starts, and written atomically."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adamcheck.cli.errors import OutputError

if TYPE_CHECKING:
    from adamcheck.examine.results import Report

OURS = (".html", ".md", ".json", ".svg", ".xml", ".sarif")
"""Built-in formats, which are known without a search for installed packages."""


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
