"""Traces in `.npz` files, read row by row."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from adamcheck.traces.errors import TraceError, one_line


def assert_numbers(path: Path, member: str) -> None:
    """Raise `TraceError` if an array in a `.npz` file holds Python objects, which need pickle."""
    with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
        if _header(stream)[2].hasobject:
            raise TraceError("not a trace file (an array of Python objects instead of numbers)")


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
