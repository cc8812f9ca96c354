"""Traces in `.json` files, with errors that name the faulty field."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from adamcheck.numbers.floats import Format, format_of
from adamcheck.traces.errors import TraceError

JSON_FORMAT = "adamcheck-trace-1"

JSON_LIMIT = 2**28
"""The largest size of a `.json` file in bytes; reading one takes several times as much memory."""

_FIELDS = ("dtype", "shape", "hyper", "gradients", "parameters")

LOOKS = (
    f'a trace in JSON is {{"format": "{JSON_FORMAT}", "traces": {{NAME: {{"dtype": ..., "shape": ..., '
    '"hyper": ..., "gradients": ..., "parameters": ...}}}, see `pydoc adamcheck.traces.trace`'
)
"""The help for a file that has another structure."""


def read(path: Path) -> dict[str, Any]:
    """The entries of a file by the name of the trace, each with every field. Raises `TraceError`."""
    size = path.stat().st_size
    if size > JSON_LIMIT:
        raise TraceError(
            f"{size / 2**20:.0f} MiB of JSON, but the limit is {JSON_LIMIT >> 20} MiB: "
            "save it as .npz or .safetensors, which are read step by step"
        )
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or document.get("format") != JSON_FORMAT:
        raise TraceError(f'no "format": "{JSON_FORMAT}" in it: {LOOKS}')
    traces = document.get("traces")
    if not isinstance(traces, dict):
        raise TraceError(f'no object "traces" in it: {LOOKS}')
    if not traces:
        raise TraceError(f'"traces" is empty: {LOOKS}')
    for name, entry in traces.items():
        _check_fields(name, entry)
    return traces


def _check_fields(name: str, entry: Any) -> None:
    if not isinstance(entry, dict):
        raise TraceError(f"{name} is {_shown(entry)}, expected an object with {', '.join(_FIELDS)}")
    for needed in _FIELDS:
        if needed not in entry:
            raise TraceError(f"{name}.{needed} is missing")


def format_in(key: str, dtype: Any) -> Format:
    """The format of a dtype given by name. Raises `TraceError`."""
    try:
        return format_of(str(dtype))
    except ValueError as error:
        raise TraceError(f"{key}: {error}") from None


def shape_in(key: str, shape: Any) -> tuple[int, ...]:
    """The shape of the parameters. Raises `TraceError`."""
    if isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape):
        return tuple(shape)
    raise TraceError(f"{key} is {_shown(shape)}, expected a list of sizes: [3] for three parameters")


def numbers_in(key: str, numbers: Any) -> list[float]:
    """A flat list of numbers, read without rounding. Raises `TraceError`."""
    if not isinstance(numbers, list):
        raise TraceError(f"{key} is {_shown(numbers)}, expected a list of numbers")
    return [_number(key, x) for x in numbers]


def array_in(key: str, rows: Any, format: Format, shape: tuple[int, ...]) -> Any:
    """An array with one row per step, each given as a flat list. Raises `TraceError`."""
    if not isinstance(rows, list):
        raise TraceError(f"{key} is {_shown(rows)}, expected a list of rows, one per step")
    size, flat = math.prod(shape), [numbers_in(f"{key}[{i}]", row) for i, row in enumerate(rows)]
    for i, row in enumerate(flat):
        if len(row) != size:
            raise TraceError(
                f"{key}[{i}] has length {len(row)}, but shape {list(shape)} means a flat list of {size}"
            )
    exact = np.array(flat, dtype=np.float64).reshape(len(rows), *shape)
    foreign = ~(format.represents(exact) | np.isnan(exact))
    if foreign.any():
        raise TraceError(
            f"{key}: {float(exact[foreign][0])!r} is not a {format.name} number; "
            f"write float(x) or float(x).hex() for every {format.name} x"
        )
    return exact.astype(format.dtype)


def _number(key: str, x: Any) -> float:
    """A number in JSON: a JSON number means the nearest double, a string is hexadecimal."""
    try:
        if isinstance(x, (int, float)) and not isinstance(x, bool):
            return float(x)
        if isinstance(x, str) and ("x" in x.lower() or not math.isfinite(float(x))):
            return float.fromhex(x)
    except ValueError:
        pass
    except OverflowError:
        raise TraceError(f"{key}: {_shown(x)} is beyond every dtype") from None
    raise TraceError(
        f'{key}: {_shown(x)} is not a number: expected one such as 0.1, or hexadecimal such as "0x1.8p+0"'
    )


def _shown(x: Any) -> str:
    """A value as the file has it, shortened."""
    text = json.dumps(x)
    return text if len(text) <= 40 else f"{text[:40]}..."


def hexadecimal(numbers: Any) -> list[str]:
    """The numbers of an array as a flat list, which any language can read back without rounding."""
    return [float(x).hex() for x in np.ravel(numbers)]


def document(entries: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON document with the entries of some traces."""
    return {"format": JSON_FORMAT, "traces": dict(entries)}
