"""Accuracy: the worst error of a target in the fixed experiments, and the allowance that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adamcheck.diagnosis.fixed_experiments import DECIMAL, DYADIC
from adamcheck.judge import Judgement, Ruling
from adamcheck.numbers.enclosure import Freedom


@dataclass(frozen=True)
class Measure:
    """The worst error over some fixed experiments.

    Attributes:
        format: The precision that the allowance belongs to.
        allowance: The strictest allowance that encloses them all.
        radii: The worst error as a fraction of the radius of this allowance.
        ulps: The worst error in units in the last place of the update.
    """

    format: str
    allowance: Freedom
    radii: float
    ulps: float


@dataclass(frozen=True)
class Accuracy:
    """The accuracy with dyadic hyperparameters, which are not rounded, and with decimal ones.

    An entry is None if some experiment is not enclosed.
    """

    dyadic: Measure | None
    decimal: Measure | None


def measure(judgements: Mapping[str, Judgement]) -> Accuracy:
    """The accuracy according to the judgements of the fixed experiments."""
    return Accuracy(_worst(judgements, DYADIC), _worst(judgements, DECIMAL))


def _worst(judgements: Mapping[str, Judgement], names: tuple[str, ...]) -> Measure | None:
    chosen = [judgements[name] for name in names if name in judgements]
    if not chosen or any(judgement.outcome != Ruling.ENCLOSED for judgement in chosen):
        return None
    order = [grade.allowance for grade in chosen[0].grades]
    place = max(order.index(judgement.grade.allowance) for judgement in chosen)
    return Measure(
        format=chosen[0].format,
        allowance=order[place],
        radii=max(judgement.grades[place].worst for judgement in chosen),
        ulps=max(judgement.worst_ulps for judgement in chosen),
    )
