"""Traces in `.npz` files, read row by row."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from adamcheck.traces.errors import TraceError, one_line

LARGEST_ROW = 2**31
"""The largest size of the numbers of one step, in bytes: a small file may claim any size."""

_HEADER = 10_000
"""The largest size of the header of an array, in bytes, as numpy has it."""

_WIDEST = 1024
"""The largest size of an element that is read at once, in bytes: a name is text."""

_PACKED, _UNPACKED = 100, 2**26
"""A compressed file may be this many times as large unpacked, and any file this many bytes: a small file may
unpack to days of work, and numbers that a program computed do not shrink that far."""


class Archive:
    """An open `.npz` file: the directory of a file with thousands of traces is read once.

    Raises:
        TraceError: It is not one, or would take up much more room than the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not zipfile.is_zipfile(path):
            raise TraceError("not a trace file (not a complete .npz archive, as numpy.savez writes it)")
        self._archive = zipfile.ZipFile(path)
        self._sizes = {entry.filename: entry.file_size for entry in self._archive.infolist()}
        size, unpacked = path.stat().st_size, sum(self._sizes.values())
        if unpacked > max(_PACKED * size, _UNPACKED):
            raise TraceError(
                f"{size:,} bytes that unpack to {unpacked:,}: save it uncompressed, with numpy.savez"
            )

    def __contains__(self, name: str) -> bool:
        return f"{name}.npy" in self._sizes

    def __iter__(self) -> Iterator[str]:
        return (name.removesuffix(".npy") for name in self._sizes if name.endswith(".npy"))

    def opened(self, name: str) -> Any:
        """The bytes of an array, as a stream."""
        return self._archive.open(f"{name}.npy")

    def size(self, name: str) -> int:
        """The number of bytes of an array, with its header."""
        return self._sizes[f"{name}.npy"]

    def few(self, name: str, most: int) -> Any:
        """An array of at most `most` elements. Raises `TraceError`."""
        with self.opened(name) as stream:
            shape, _, dtype = _header(stream)
            if dtype.hasobject:
                raise TraceError("not a trace file (an array of Python objects instead of numbers)")
            if math.prod(shape) > most or dtype.itemsize > _WIDEST:
                raise TraceError(f"{name}.npy has shape {shape}, expected no more than {most} numbers")
            content = stream.read()
        return np.frombuffer(content, dtype, math.prod(shape)).reshape(shape)


def _header(stream: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """The shape of an array, whether it is in Fortran order, and its dtype."""
    version = np.lib.format.read_magic(stream)
    width, read = {
        (1, 0): (2, np.lib.format.read_array_header_1_0),
        (2, 0): (4, np.lib.format.read_array_header_2_0),
    }[version]
    length = stream.read(width)
    if (size := int.from_bytes(length, "little")) > _HEADER:
        raise TraceError(f"not a trace file (a header of {size:,} bytes)")
    shape, fortran, dtype = read(io.BytesIO(length + stream.read(size)))
    if any(extent < 0 for extent in shape):
        raise TraceError(f"not a trace file (an array of shape {shape})")
    return shape, fortran, dtype


class Rows:
    """The rows of an array in a `.npz` file, read one by one at each iteration.

    Args:
        archive: The file.
        name: The name of the array.
        view: The dtype of what is stored as bit patterns; None for none.

    Raises:
        TraceError: It is not one row per step, or is shorter than it claims.
    """

    def __init__(self, archive: Archive, name: str, view: np.dtype[Any] | None) -> None:
        self._archive, self._name = archive, name
        with archive.opened(name) as stream:
            self.shape, fortran, self._stored = _header(stream)
            begin = stream.tell()
        if fortran or not self.shape:
            raise TraceError(
                f"{name}.npy: expected an array in C order, one row per step (numpy.ascontiguousarray)"
            )
        self._size = math.prod(self.shape[1:]) * self._stored.itemsize
        if self._size > LARGEST_ROW:
            raise TraceError(f"{name}.npy: steps of shape {self.shape[1:]} are too large")
        if (there := archive.size(name) - begin) < len(self) * self._size:
            raise TraceError(f"{name}.npy ends after {there // self._size} of {len(self)} rows")
        self._view = view if self._stored == np.uint16 else None
        self.dtype = self._view or self._stored

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        with one_line(self._archive.path), self._archive.opened(self._name) as stream:
            _header(stream)
            for step in range(len(self)):
                content = stream.read(self._size)
                if len(content) < self._size:
                    raise TraceError(f"{self._name}.npy ends after {step} of {len(self)} rows")
                row = np.frombuffer(content, dtype=self._stored).reshape(self.shape[1:])
                yield row.view(self._view) if self._view else row

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(list(self), dtype=dtype or self.dtype)
