"""Traces: recorded runs of a target, in memory and in files.

A trace file has one or more traces, each with a name. In `.npz`, the trace NAME consists of the arrays
`NAME.gradients`, shape (T, ...); `NAME.parameters`, shape (T+1, ...), before the first step and after each;
and `NAME.hyper` (lr, beta1, beta2, eps and, if used, weight_decay, in float64). If the program flushes
subnormal numbers to 0, `NAME.flushes_subnormals` is present and true. A file with one trace may omit
`NAME.`. bfloat16 arrays are stored as uint16 bit patterns, with `NAME.dtype = "bfloat16"`.
A `.safetensors` file has tensors of the same names, in their own dtype. Both formats are read step by step.
A `.json` file is read as a whole and may have up to 256 MiB. It also has the `dtype` of the parameters,
`gradients_dtype` if that of the gradients is different, the `shape` of the parameters, and one flat list
of numbers per step:

    {"format": "adamcheck-trace-1", "traces": {"run": {
        "dtype": "float64", "shape": [2], "hyper": [0.001, 0.9, 0.999, 1e-8],
        "gradients": [[1.0, -2.0]],
        "parameters": [[0.0, 0.5], [-0.0009999999900000003, 0.500999999995]]}}}

A number is decimal as Python prints it, which is read back as the same double, or a hexadecimal string
such as "0x1.8p+0", as `save` writes it. Numbers of other dtypes are written as the doubles that equal them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from adamcheck.adam import HyperparameterError, Hyperparameters
from adamcheck.numbers.floats import Format, coarser, format_of
from adamcheck.support.display import Shown
from adamcheck.support.files import check_regular, write_atomically
from adamcheck.traces import json as trace_json
from adamcheck.traces.errors import TraceError as TraceError
from adamcheck.traces.errors import one_line
from adamcheck.traces.npz import Archive, Rows

FLUSHES = "flushes_subnormals"

FORMATS = ".npz, .safetensors or .json"


class Steps(Protocol):
    """Arrays of one shape and dtype, one per step: an ndarray, or rows read from a file when needed."""

    @property
    def dtype(self) -> np.dtype[Any]: ...

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Any]: ...


@dataclass(frozen=True, eq=False)
class Trace(Shown):
    """A recorded run.

    Args:
        hyper: The hyperparameters.
        gradients: One gradient per step, shape (T, ...).
        parameters: The parameters before the first step and after each, shape (T+1, ...).
        flushes: Whether the program flushes subnormal numbers to 0.

    Raises:
        TraceError: The shapes do not fit together, or a dtype is not supported.
    """

    hyper: Hyperparameters
    gradients: Steps
    parameters: Steps
    flushes: bool = False

    def __post_init__(self) -> None:
        steps = len(self.gradients)
        if steps == 0:
            raise TraceError("the trace has no steps")
        expected = (steps + 1, *self.gradients.shape[1:])
        if tuple(self.parameters.shape) != expected:
            raise TraceError(
                f"parameters have shape {tuple(self.parameters.shape)}, expected {expected}: "
                "one row before the first step and one after each"
            )
        for name, array in (("gradients", self.gradients), ("parameters", self.parameters)):
            try:
                format_of(array.dtype)
            except ValueError as error:
                raise TraceError(f"{name}: {error}") from None

    def __repr__(self) -> str:
        shape, hyper = tuple(self.gradients.shape[1:]), ", ".join(f"{value:g}" for value in _hyper(self))
        return f"<Trace of {len(self.gradients)} steps: {self.working.name} {shape}, hyper {hyper}>"

    @property
    def working(self) -> Format:
        """The coarser one of the formats of gradients and parameters, flushing if the run does."""
        return coarser(format_of(self.gradients.dtype), format_of(self.parameters.dtype)).flushing(
            self.flushes
        )

    def precision(self, format: Format | None) -> Format:
        """The coarser one of `format` and the working format, flushing if the run does."""
        return coarser(self.working, format.flushing(self.flushes)) if format else self.working

    def part(self, steps: int, coordinates: list[int]) -> Trace:
        """The first `steps` steps of some coordinates, given by flat indices."""
        gradients = np.asarray(self.gradients).reshape(len(self.gradients), -1)
        parameters = np.asarray(self.parameters).reshape(len(self.parameters), -1)
        part = parameters[: steps + 1, coordinates]
        return Trace(self.hyper, gradients[:steps, coordinates], part, self.flushes)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the trace to a `.npz`, `.safetensors` or `.json` file, under the name of the file.

        Args:
            path: The path of the file.

        Raises:
            TraceError: The path has another suffix, or `safetensors` is not installed.
            OSError: The file cannot be written.
        """
        save(path, {Path(path).stem: self})


def load(path: str | os.PathLike[str]) -> dict[str, Trace]:
    """Load the traces of a `.npz`, `.safetensors` or `.json` file.

    The rows of `.npz` and `.safetensors` files are read during iteration, so that a trace may be larger than
    memory. A `.json` file is read as a whole, up to `JSON_LIMIT` bytes.

    Args:
        path: The path of the file.

    Returns:
        The traces by name.

    Raises:
        TraceError: The file cannot be read or is not a trace file.
    """
    path = Path(path)
    readers = {".npz": _load_npz, ".safetensors": _load_safetensors, ".json": _load_json}
    if path.suffix not in readers:
        raise TraceError(f"{path}: unknown trace format {path.suffix!r} (expected {FORMATS})")
    with one_line(path):
        check_regular(path)
        traces = readers[path.suffix](path)
    if not traces:
        raise TraceError(f"{path}: no array named 'gradients' or 'NAME.gradients'")
    return traces


_MOST = 64
"""The largest size of an array of hyperparameters that is read at all."""

_EMPTY_STEPS = 2**16
"""The largest number of steps without numbers, of which a file can claim any number."""


def _load_npz(path: Path) -> dict[str, Trace]:
    traces, archive = {}, Archive(path)
    for key in archive:
        prefix, _, last = key.rpartition(".")
        if last != "gradients":
            continue
        prefix = prefix and prefix + "."
        for needed in ("parameters", "hyper"):
            if prefix + needed not in archive:
                raise TraceError(f"there is an array {key!r}, but no array {prefix + needed!r}")
        view = None
        if prefix + "dtype" in archive:
            view = format_of(str(archive.few(prefix + "dtype", 1))).dtype
        gradients = Rows(archive, key, view)
        parameters = Rows(archive, prefix + "parameters", view)
        hyper = archive.few(prefix + "hyper", _MOST).astype(float).reshape(-1).tolist()
        flushes = prefix + FLUSHES in archive and bool(archive.few(prefix + FLUSHES, 1).any())
        traces[prefix[:-1] or path.stem] = _trace(prefix, hyper, gradients, parameters, flushes)
    return traces


def _load_safetensors(path: Path) -> dict[str, Trace]:
    from adamcheck.traces.safetensors import tensors

    traces, found = {}, tensors(path)
    for key, gradients in found.items():
        prefix, dot, last = key.rpartition(".")
        if last != "gradients":
            continue
        for needed in ("parameters", "hyper"):
            if prefix + dot + needed not in found:
                raise TraceError(f"there is a tensor {key!r}, but no tensor {prefix + dot + needed!r}")
        hyper = np.asarray(found[prefix + dot + "hyper"]).astype(float).reshape(-1).tolist()
        parameters, flag = found[prefix + dot + "parameters"], prefix + dot + FLUSHES
        flushes = flag in found and bool(np.asarray(found[flag]).any())
        traces[prefix or path.stem] = _trace(prefix + dot, hyper, gradients, parameters, flushes)
    return traces


def _load_json(path: Path) -> dict[str, Trace]:
    return {name: _trace_from_json(f"{name}.", entry) for name, entry in trace_json.read(path).items()}


def _trace(prefix: str, hyper: list[float], gradients: Steps, parameters: Steps, flushes: bool) -> Trace:
    if len(hyper) not in (4, 5):
        raise TraceError(
            f"{prefix}hyper has {len(hyper)} numbers, expected lr, beta1, beta2, eps[, weight_decay]"
        )
    if 0 in gradients.shape[1:] and len(gradients) > _EMPTY_STEPS:
        raise TraceError(f"{prefix}gradients: {len(gradients)} steps of shape {gradients.shape[1:]}")
    try:
        return Trace(Hyperparameters(*hyper), gradients, parameters, flushes)
    except (HyperparameterError, TraceError) as error:
        raise TraceError(f"{prefix}{error}" if prefix else str(error)) from None


def _trace_from_json(prefix: str, entry: Mapping[str, Any]) -> Trace:
    shape = trace_json.shape_in(f"{prefix}shape", entry["shape"])
    arrays = {}
    for field, its_dtype in (("parameters", "dtype"), ("gradients", "gradients_dtype")):
        dtype = its_dtype if its_dtype in entry else "dtype"
        format = trace_json.format_in(prefix + dtype, entry[dtype])
        arrays[field] = trace_json.array_in(prefix + field, entry[field], format, shape)
    hyper = trace_json.numbers_in(f"{prefix}hyper", entry["hyper"])
    return _trace(prefix, hyper, arrays["gradients"], arrays["parameters"], entry.get(FLUSHES) is True)


def to_json(traces: Mapping[str, Trace]) -> dict[str, Any]:
    """The JSON document of some traces; `load` reads it back without rounding."""
    return trace_json.document({name: _entry(trace) for name, trace in traces.items()})


def _entry(trace: Trace) -> dict[str, Any]:
    dtype, gradients_dtype = trace.parameters.dtype.name, trace.gradients.dtype.name
    return {
        "dtype": dtype,
        **({} if gradients_dtype == dtype else {"gradients_dtype": gradients_dtype}),
        **({FLUSHES: True} if trace.flushes else {}),
        "shape": list(trace.gradients.shape[1:]),
        "hyper": trace_json.hexadecimal(_hyper(trace)),
        "gradients": [trace_json.hexadecimal(row) for row in trace.gradients],
        "parameters": [trace_json.hexadecimal(row) for row in trace.parameters],
    }


def _hyper(trace: Trace) -> list[float]:
    h = trace.hyper
    values = [h.lr, h.beta1, h.beta2, h.eps]
    return [*values, h.weight_decay] if h.weight_decay else values


def save(path: str | os.PathLike[str], traces: Mapping[str, Trace]) -> None:
    """Write traces to a `.npz`, `.safetensors` or `.json` file, atomically.

    Args:
        path: The path of the file.
        traces: The traces by name.

    Raises:
        TraceError: The path has another suffix, or `safetensors` is not installed.
        OSError: The file cannot be written.
    """
    path = Path(path)
    if path.suffix == ".json":
        write_atomically(path, json.dumps(to_json(traces), indent=1).encode() + b"\n")
    elif path.suffix == ".safetensors":
        from adamcheck.traces.safetensors import dumps

        tensors: dict[str, Any] = {f"{n}.hyper": np.array(_hyper(trace)) for n, trace in traces.items()}
        for name, trace in traces.items():
            tensors |= {f"{name}.gradients": trace.gradients, f"{name}.parameters": trace.parameters}
            tensors |= {f"{name}.{FLUSHES}": np.array([True])} if trace.flushes else {}
        write_atomically(path, dumps(tensors))
    elif path.suffix == ".npz":
        arrays: dict[str, Any] = {}
        for name, trace in traces.items():
            arrays[f"{name}.hyper"] = np.array(_hyper(trace))
            if trace.flushes:
                arrays[f"{name}.{FLUSHES}"] = np.array(True)
            for key, steps in (("gradients", trace.gradients), ("parameters", trace.parameters)):
                array = np.ascontiguousarray(steps)
                if array.dtype.name == "bfloat16":
                    arrays[f"{name}.dtype"] = np.array("bfloat16")
                    array = array.view(np.uint16)
                arrays[f"{name}.{key}"] = array
        write_atomically(path, lambda stream: np.savez(stream, **arrays))
    else:
        raise TraceError(f"{path}: unknown trace format {path.suffix!r} (expected {FORMATS})")
