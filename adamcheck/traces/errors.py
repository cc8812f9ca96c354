"""Errors in trace files: one line that names the file."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adamcheck.support.errors import Told

_MALFORMED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""The exceptions that numpy, zipfile and json raise for a file with wrong content, or one with a password."""


class TraceError(Told, ValueError):
    """A file is not a trace file, or a trace contradicts itself; the message is one line."""


@contextmanager
def one_line(path: Path) -> Iterator[None]:
    """Turn every error in a file into a `TraceError` whose one line names the file."""
    try:
        yield
    except FileNotFoundError:
        raise TraceError(f"{path}: no such file") from None
    except TraceError as error:
        raise TraceError(f"{path}: {error}") from None
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror or error}") from None
    except _MALFORMED as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise TraceError(f"{path}: not a trace file ({reason})") from None
