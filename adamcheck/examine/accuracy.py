"""How accurate a target is: its worst error on the probes, and the allowance that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adamcheck.diagnosis.fixed_experiments import DECIMAL, DYADIC
from adamcheck.judge import Judgement, Ruling


@dataclass(frozen=True)
class Measure:
    """The worst over some probes: error as a fraction of the radius of `allowance`, and in ulps of the
    update. `allowance` is the strictest one that encloses them all; both are those of the dtype `format`."""

    format: str
    allowance: str
    radii: float
    ulps: float


@dataclass(frozen=True)
class Accuracy:
    """Dyadic hyperparameters (none is rounded) and decimal ones apart; None where not enclosed."""

    dyadic: Measure | None
    decimal: Measure | None


def measure(judgements: Mapping[str, Judgement]) -> Accuracy:
    """The accuracy that the judgements on the probes show."""
    return Accuracy(_worst(judgements, DYADIC), _worst(judgements, DECIMAL))


def _worst(judgements: Mapping[str, Judgement], names: tuple[str, ...]) -> Measure | None:
    chosen = [judgements[name] for name in names if name in judgements]
    if not chosen or any(judgement.outcome != Ruling.ENCLOSED for judgement in chosen):
        return None
    order = [grade.allowance for grade in chosen[0].grades]
    needed = max((judgement.grade.allowance for judgement in chosen), key=order.index)
    place = order.index(needed)
    return Measure(
        format=chosen[0].format,
        allowance=needed,
        radii=max(judgement.grades[place].worst for judgement in chosen),
        ulps=max(judgement.worst_ulps for judgement in chosen),
    )
