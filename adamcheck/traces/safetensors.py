"""Traces in `.safetensors` files, read row by row; needs the package `safetensors`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from adamcheck.traces.errors import TraceError


def _opened(path: Path) -> Any:
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError:
        raise TraceError("reading it needs safetensors: pip install 'adamcheck[safetensors]'") from None
    import ml_dtypes  # noqa: F401 - registers bfloat16 with numpy

    path.open("rb").close()  # safe_open has no clear error for a folder
    try:
        return safe_open(path, framework="numpy")
    except SafetensorError as error:
        raise TraceError(f"not a safetensors file ({error})") from None


class Rows:
    """The rows of a tensor in an open file, read one by one at each iteration."""

    def __init__(self, file: Any, name: str) -> None:
        self._tensor = file.get_slice(name)
        self.shape: tuple[int, ...] = tuple(self._tensor.get_shape())
        if not self.shape:
            raise TraceError(f"{name}: expected one row per step, not a single number")
        if not len(self):
            raise TraceError("the trace has no steps")
        self.dtype: np.dtype[Any] = self._tensor[0:0].dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        for step in range(len(self)):
            yield self._tensor[step : step + 1][0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(list(self), dtype=dtype or self.dtype)


def tensors(path: Path) -> dict[str, Rows]:
    """The tensors of a file by name; their content is not read yet. Raises `TraceError`."""
    file = _opened(path)  # once: a file may have thousands of them
    return {name: Rows(file, name) for name in sorted(file.keys())}


def dumps(arrays: Mapping[str, Any]) -> bytes:
    """The content of a file with these arrays. Raises `TraceError` if `safetensors` is not installed."""
    try:
        from safetensors.numpy import save
    except ImportError:
        raise TraceError("writing it needs safetensors: pip install 'adamcheck[safetensors]'") from None
    return bytes(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))
