"""Traces in `.npz` files, read row by row."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from adamcheck.traces.errors import TraceError, one_line

LARGEST_ROW = 2**31
"""The largest size of the numbers of one step, in bytes: a small file may claim any size."""


def assert_numbers(path: Path, member: str, most: int) -> None:
    """Raise `TraceError` if an array in a `.npz` file holds Python objects or more than `most` elements."""
    with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
        shape, _, dtype = _header(stream)
        if dtype.hasobject:
            raise TraceError("not a trace file (an array of Python objects instead of numbers)")
        if math.prod(shape) > most or dtype.itemsize > _WIDEST:
            raise TraceError(f"{member} has shape {shape}, expected no more than {most} numbers")


_WIDEST = 1024
"""The largest size of one such element, in bytes: a name is text."""


def _header(stream: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """The shape of an array, whether it is in Fortran order, and its dtype."""
    version = np.lib.format.read_magic(stream)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    shape, fortran, dtype = read[version](stream)
    return shape, fortran, dtype


class Rows:
    """The rows of a `.npy` array inside a `.npz` file, read one by one at each iteration."""

    def __init__(self, path: Path, member: str, view: np.dtype[Any] | None) -> None:
        self._path, self._member = path, member
        with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
            self.shape, self._stored = self._header(stream)
        self._view = view if self._stored == np.uint16 else None
        self.dtype = self._view or self._stored

    def _header(self, stream: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
        shape, fortran, dtype = _header(stream)
        if fortran or not shape:
            raise TraceError(
                f"{self._member}: expected an array in C order, one row per step (numpy.ascontiguousarray)"
            )
        if math.prod(shape[1:]) * dtype.itemsize > LARGEST_ROW:
            raise TraceError(f"{self._member}: steps of shape {shape[1:]} are too large")
        return shape, dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        size = int(np.prod(self.shape[1:], dtype=np.int64)) * self._stored.itemsize
        with (
            one_line(self._path),
            zipfile.ZipFile(self._path) as archive,
            archive.open(self._member) as stream,
        ):
            self._header(stream)
            for step in range(len(self)):
                content = stream.read(size)
                if len(content) < size:
                    raise TraceError(f"{self._member} ends after {step} of {len(self)} rows")
                row = np.frombuffer(content, dtype=self._stored).reshape(self.shape[1:])
                yield row.view(self._view) if self._view else row

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(list(self), dtype=dtype or self.dtype)
