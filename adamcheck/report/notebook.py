"""Reports, claims, judgements and traces as HTML for notebooks, legible in light and dark themes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import singledispatch
from itertools import islice, pairwise
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.claims.claim import Claim
from adamcheck.examine.results import TargetReport
from adamcheck.judge import Judgement
from adamcheck.report.html import template
from adamcheck.traces.trace import Trace

LONGEST = 8
"""The largest number of rows of a table, and of numbers in one of its cells."""


@singledispatch
def render(thing: Any) -> str:
    """The HTML of a report of one target, a claim, a judgement or a trace."""
    raise TypeError(f"nothing is known about how to show an object of type {type(thing).__name__}")


def _filled(name: str, **values: Any) -> str:
    return str(getattr(template("notebook.html").module, name)(**values))


@render.register
def _(target: TargetReport) -> str:
    return _filled("target", target=target, longest=LONGEST)


@render.register
def _(claim: Claim) -> str:
    return _filled("claim", claim=claim)


@render.register
def _(judgement: Judgement) -> str:
    return _filled("judgement", judgement=judgement)


@render.register
def _(trace: Trace) -> str:
    shape = " x ".join(map(str, trace.gradients.shape[1:])) or "one number"
    return _filled(
        "trace",
        hyper=_hyper(trace.hyper),
        format=trace.working.name,
        shape=shape,
        steps=len(trace.gradients),
        rows=list(_rows(trace)),
    )


@dataclass(frozen=True)
class Row:
    """One step of a trace, in words."""

    step: int
    gradient: str
    update: str


def _rows(trace: Trace) -> Iterator[Row]:
    """The first steps; no others are read from a file."""
    steps = zip(trace.gradients, pairwise(trace.parameters), strict=False)
    for step, (gradient, (before, after)) in enumerate(islice(steps, LONGEST), 1):
        with np.errstate(all="ignore"):
            update = np.asarray(after).astype(np.float64) - np.asarray(before).astype(np.float64)
        yield Row(step, _numbers(gradient), _numbers(update))


def _numbers(values: Any) -> str:
    flat = np.asarray(values).reshape(-1)
    return ", ".join(f"{float(value):.6g}" for value in flat[:LONGEST]) + (
        ", ..." if len(flat) > LONGEST else ""
    )


def _hyper(hyper: Hyperparameters) -> str:
    values = {field.name: float(getattr(hyper, field.name)) for field in fields(hyper)}
    return ", ".join(
        f"{name} = {value:g}" for name, value in values.items() if name != "weight_decay" or value
    )
