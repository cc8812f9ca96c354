"""Traces in `.safetensors` files, read row by row; needs the package `safetensors`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from adamcheck.traces.errors import TraceError


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError:
        raise TraceError("reading it needs safetensors: pip install 'adamcheck[safetensors]'") from None
    import ml_dtypes  # noqa: F401 - registers bfloat16 with numpy

    path.open("rb").close()  # safe_open has no clear error for a folder
    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except SafetensorError as error:
        raise TraceError(f"not a safetensors file ({error})") from None


class Rows:
    """The rows of a tensor, read one by one at each iteration."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        with _opened(path) as file:
            tensor = file.get_slice(name)
            self.shape: tuple[int, ...] = tuple(tensor.get_shape())
            if not self.shape:
                raise TraceError(f"{name}: expected one row per step, not a single number")
            if not len(self):
                raise TraceError("the trace has no steps")
            self.dtype: np.dtype[Any] = tensor[0:0].dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        with _opened(self._path) as file:
            tensor = file.get_slice(self._name)
            for step in range(len(self)):
                yield tensor[step : step + 1][0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(list(self), dtype=dtype or self.dtype)


def tensors(path: Path) -> dict[str, Rows]:
    """The tensors of a file by name; their content is not read yet. Raises `TraceError`."""
    with _opened(path) as file:
        names = sorted(file.keys())
    return {name: Rows(path, name) for name in names}


def dumps(arrays: Mapping[str, Any]) -> bytes:
    """The content of a file with these arrays. Raises `TraceError` if `safetensors` is not installed."""
    try:
        from safetensors.numpy import save
    except ImportError:
        raise TraceError("writing it needs safetensors: pip install 'adamcheck[safetensors]'") from None
    return bytes(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))
