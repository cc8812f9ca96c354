"""The counterexample of a check, step by step."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from adamcheck.checks.check import Result
from adamcheck.judge import Offence

LONGEST = 12
"""Steps of a trace that are shown, and coordinates of one of its rows."""


@dataclass(frozen=True)
class TraceRow:
    """One step of a shrunk trace; what was due is known of the step that is outside."""

    step: int
    gradient: str
    observed: str
    expected: str = ""
    radius: str = ""
    radii: str = ""
    ulps: str = ""


def trace_rows(result: Result) -> tuple[TraceRow, ...]:
    """The steps of the trace that breaks a check, at most the last `LONGEST`."""
    if result.trace is None:
        return ()
    gradients, parameters = _flat(result.trace.gradients), _flat(result.trace.parameters)
    with np.errstate(all="ignore"):
        updates = np.diff(parameters, axis=0)
    offence = result.offence
    if offence is not None:
        gradients, updates = gradients[:, [offence.coordinate]], updates[:, [offence.coordinate]]
    steps = enumerate(zip(gradients, updates, strict=True), 1)
    rows = tuple(_row(step, gradient, update, offence) for step, (gradient, update) in steps)
    return rows[-LONGEST:]


def _row(step: int, gradient: np.ndarray, update: np.ndarray, offence: Offence | None) -> TraceRow:
    """One step of a trace, with what was due where it is the one outside."""
    if offence is None or step != offence.step:
        return TraceRow(step, _numbers(gradient), _numbers(update))
    return TraceRow(
        step,
        _numbers(gradient),
        repr(offence.observed),
        repr(offence.expected),
        f"{offence.radius:.3g}",
        f"{offence.radii:.3g}",
        f"{offence.ulps:.3g}",
    )


def trace_setting(result: Result) -> str:
    """The hyperparameters and the start of the trace that breaks a check."""
    if result.trace is None:
        return ""
    hyper = result.trace.hyper
    values = {field.name: float(getattr(hyper, field.name)) for field in fields(hyper)}
    shown = [f"{name} = {value!r}" for name, value in values.items() if name != "weight_decay" or value]
    start = _flat(result.trace.parameters)[0]
    if result.offence is not None:
        start = start[[result.offence.coordinate]]
    return ", ".join([*shown, f"starting at {_numbers(start)}"])


def _flat(steps: object) -> np.ndarray:
    array = np.asarray(steps)
    return array.astype(np.float64).reshape(len(array), -1)


def _numbers(row: np.ndarray) -> str:
    shown = ", ".join(repr(float(value)) for value in row[:LONGEST])
    return shown + (", ..." if len(row) > LONGEST else "")
