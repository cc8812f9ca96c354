"""Atomic writing of files, and files that processes share."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing import reduction
from pathlib import Path
from typing import Any, BinaryIO


class SharedFile:
    """A temporary file that a process inherits when it starts.

    It has no name, so that nobody can delete it. All writes append.
    """

    _stream: BinaryIO | None = None

    def open(self) -> None:
        """Begin with an empty file."""
        self.close()
        self._hold(tempfile.TemporaryFile(buffering=0))  # noqa: SIM115 - `close` closes it

    def close(self) -> None:
        """Give the file up."""
        if self._stream is not None:
            self._stream.close()
        self._stream = None

    def _hold(self, stream: BinaryIO) -> None:
        fcntl.fcntl(stream, fcntl.F_SETFL, fcntl.fcntl(stream, fcntl.F_GETFL) | os.O_APPEND)
        self._stream = stream

    @property
    def stream(self) -> BinaryIO:
        """The file, without a buffer. The processes that have it share the position at which they read."""
        assert self._stream is not None, "this file is not open"
        return self._stream

    @property
    def status(self) -> os.stat_result:
        """Its size and its times."""
        return os.fstat(self.stream.fileno())

    @property
    def size(self) -> int:
        """Its size in bytes; 0 if it is not open."""
        try:
            return self.status.st_size if self._stream is not None else 0
        except ValueError:  # another thread has just closed it
            return 0

    @property
    def content(self) -> bytes:
        """All that was written."""
        return os.pread(self.stream.fileno(), self.size, 0)

    def lines(self, widest: int) -> Iterator[str]:
        """Its lines, each cut to a number of bytes."""
        if self._stream is None:
            return
        self._stream.seek(0)
        with os.fdopen(os.dup(self._stream.fileno()), "rb") as buffered:
            for line in buffered:
                yield line[:widest].decode(errors="replace")

    def __getstate__(self) -> Any:
        return None if self._stream is None else reduction.DupFd(self._stream.fileno())

    def __setstate__(self, inherited: Any) -> None:
        self._hold(os.fdopen(inherited.detach(), "r+b", buffering=0))


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


def check_regular(path: Path, limit: int | None = None) -> None:
    """Check that a path names a file that can be read to its end.

    Args:
        path: The path.
        limit: The largest size, in bytes.

    Raises:
        OSError: It is not there, is a device, pipe or folder, or is larger.
    """
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file")
    if limit is not None and status.st_size > limit:
        size = f"{status.st_size / 2**20:.0f} MiB, but the limit is {limit >> 20} MiB"
        raise OSError(errno.EFBIG, size)


def check_folder(folder: Path) -> None:
    """Raise `OSError` if no file can be created in `folder`."""
    with tempfile.TemporaryFile(dir=folder):
        pass


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
