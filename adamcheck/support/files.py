"""Atomic writing of files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def write_atomically(path: Path, content: bytes | Callable[[Any], Any]) -> None:
    """Write a file atomically. A failure leaves the previous file unchanged.

    Args:
        path: The path of the file.
        content: Its bytes, or a function that writes them to a binary stream.

    Raises:
        OSError: The folder or the file cannot be written.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            if callable(content):
                content(stream)
            else:
                stream.write(content)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def check_folder(folder: Path) -> None:
    """Raise `OSError` if no file can be created in `folder`."""
    with tempfile.TemporaryFile(dir=folder):
        pass


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
