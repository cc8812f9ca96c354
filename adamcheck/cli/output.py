"""Files that commands write: found out before the work whether they can be, and written at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adamcheck.cli.errors import OutputError

if TYPE_CHECKING:
    from adamcheck.examine.results import Report

SUFFIXES = (".html", ".md", ".json", ".svg")


def check_paths(paths: Sequence[Path]) -> None:
    """Find out before the work whether its result can be written."""
    from adamcheck.support.files import check_folder

    for path in paths:
        if path.suffix not in SUFFIXES:
            raise click.UsageError(f"--save {path}: expected a file ending in {', '.join(SUFFIXES)}")
        if path.is_dir():
            raise OutputError(f"cannot write {path}: it is a folder")
        try:
            check_folder(path.parent)
        except OSError as error:
            raise OutputError(f"cannot write {path}: {path.parent}: {error.strerror}") from None


def make_folder(folder: Path) -> None:
    """Have a folder. Raises `OutputError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot create the folder {folder}: {error.strerror}") from None


def save_report(report: Report, paths: Sequence[Path]) -> None:
    """Write a report in the format of each suffix. Raises `OutputError`."""
    from adamcheck.report import document, html, markdown, terminal

    renderers: dict[str, Callable[[Report], bytes]] = {
        ".html": lambda r: html.render(r).encode(),
        ".md": lambda r: markdown.render(r).encode(),
        ".json": document.dumps,
        ".svg": lambda r: terminal.picture(r).encode(),
    }
    for path in paths:
        write(path, renderers[path.suffix](report))


def write(path: Path, content: bytes) -> None:
    """Write a whole file or leave it as it was. Raises `OutputError`."""
    from adamcheck.support.files import write_atomically

    try:
        write_atomically(path, content)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from None
