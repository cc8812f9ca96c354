"""The campaign against false alarms: correct code over everything it may be asked for, judged.

The textbook step in every order of evaluation, every correct rewrite, every definition and dialect held
against itself, and the targets that somebody vouches for. An update outside the enclosure of its
definition is an alarm: the judge is wrong, or the code is not correct. How near honest code comes to the
radius says, beside that, whether the radius is wider than it need be.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from msgspec import Meta

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.choices import DTYPE_NAMES
from adamcheck.judge import Judge, Offence
from adamcheck.numbers.enclosure import Freedom, allowances
from adamcheck.numbers.floats import Format, format_of
from adamcheck.power.campaign.orders import ANCHORED, USUAL, Average, Powers, Scalars, evaluate
from adamcheck.power.campaign.regimes import gradients, hyperparameters
from adamcheck.support.processes import Work, shares
from adamcheck.targets.base import NotOffered, Target, TargetCrash
from adamcheck.targets.find import Spec
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.traces.trace import Trace
from adamcheck.variants import DEFINITIONS
from adamcheck.zoo.equivalents import EQUIVALENTS


@dataclass(frozen=True)
class Orders:
    """Some orders of evaluation of the textbook step in plain numpy.

    Attributes:
        scalars: How scalars are kept.
        averages: How moving averages are formed.
        freedom: The allowance that they need.
    """

    scalars: Scalars
    averages: tuple[Average, ...]
    freedom: Freedom


ORDERS = {
    **{
        f"every order of evaluation, scalars in {scalars}": Orders(
            scalars, USUAL, Freedom.WORKING if scalars is Scalars.WORKING else Freedom.PRODUCTS
        )
        for scalars in Scalars
    },
    "every order of evaluation, anchored averages": Orders(Scalars.DOUBLE, ANCHORED, Freedom.ANCHORED),
}
"""The textbook step in plain numpy: for each way to keep its scalars all orders at once."""

TRAJECTORIES, SETS = 14, 32
"""Trajectories of an implementation in a dtype, and sets of gradients, one in each regime, in each."""

BINS = 100
"""How finely fractions of the radius are counted."""


@dataclass(frozen=True)
class Tally:
    """How an implementation fared in a dtype: its updates, judged and not, and their errors."""

    name: Annotated[str, Meta(description="The implementation.")]
    of: Annotated[str, Meta(description="The definition that it is held against.")]
    dtype: Annotated[str, Meta(description="The working precision.")]
    refused: Annotated[int, Meta(description="Trajectories that it did not take.")]
    judged: Annotated[int, Meta(description="Updates of a coordinate that were judged.")]
    not_judged: Annotated[int, Meta(description="Updates about which nothing can be said.")]
    outside: Annotated[int, Meta(description="Updates outside the enclosure: alarms.")]
    worst: Annotated[float, Meta(description="The largest error as a fraction of the radius.")]
    quantiles: Annotated[
        tuple[float, float],
        Meta(description="What half and 99 of 100 errors are below, rounded up to hundredths of the radius."),
    ]
    alarm: Annotated[str, Meta(description="The first update outside, in words; empty where none is.")] = ""


class _Counting(Judge):
    """Counts, under one allowance, the fractions of the radius that errors come to."""

    def __init__(self, trace: Trace, first: Any, definition: type[Adam], allowance: Freedom) -> None:
        super().__init__(trace.hyper, first, definition, trace.working)
        self._row = [mode.name for mode in self._modes].index(allowance)
        self.counts = np.zeros(BINS + 1, np.int64)

    def seen(self, begin: int, fractions: Any) -> None:
        judged = fractions[self._row, fractions[self._row] >= 0.0]
        bins = np.ceil(BINS * np.minimum(judged, 1.0)).astype(np.int64)
        self.counts += np.bincount(bins, minlength=BINS + 1)


class _Account:
    """Adds up the traces of one implementation in one dtype."""

    def __init__(self, definition: type[Adam], allowance: Freedom) -> None:
        self._definition, self._allowance = definition, allowance
        self._counts = np.zeros(BINS + 1, np.int64)
        self._judged = self._not_judged = self._outside = 0
        self._worst = 0.0
        self._alarm = ""

    def add(self, trace: Trace) -> None:
        """Judge a trace."""
        rows = iter(trace.parameters)
        judging = _Counting(trace, next(rows), self._definition, self._allowance)
        for gradient, parameters in zip(trace.gradients, rows, strict=True):
            judging.step(gradient, parameters)
        judgement = judging.judgement()
        (grade,) = (grade for grade in judgement.grades if grade.allowance == self._allowance)
        self._counts += judging.counts
        self._judged += grade.judged
        self._not_judged += grade.not_judged
        self._outside += grade.outside
        self._worst = max(self._worst, grade.worst)
        if grade.outside and not self._alarm:
            self._alarm = _told(trace.hyper, grade.worst, judgement.offence)

    def tally(self, name: str, of: str, dtype: str, refused: int) -> Tally:
        """What was found."""
        below = np.cumsum(self._counts)
        half, most = (float(np.searchsorted(below, share * below[-1])) / BINS for share in (0.5, 0.99))
        worst = round(self._worst, 4)
        counted = refused, self._judged, self._not_judged, self._outside
        return Tally(name, of, dtype, *counted, worst, (half, most), self._alarm)


def _told(hyper: Hyperparameters, worst: float, offence: Offence | None) -> str:
    where = f", first in step {offence.step}: {offence}" if offence else ""
    return f"{worst:.3g} radii with {hyper}{where}"


def vouched(name: str) -> tuple[str, str]:
    """The target and the definition in TARGET or TARGET=DEFINITION. Raises `TargetError`."""
    target, equals, definition = name.rpartition("=")
    if not equals or definition not in DEFINITIONS:
        target, definition = name, "adam"
    Spec(target).check()
    return target, definition


def work(only: Sequence[str], correct: Sequence[str], seed: int, jobs: int) -> list[Work]:
    """The campaign in parts, which `parallel.run` makes lists of tallies of.

    only: names of correct rewrites, or all implementations of this package if empty; correct: names of
    further targets, each with a definition that it computes, as in "keras=eps-hat".
    """
    ours = [name for name in only if name in EQUIVALENTS] if only else [*ORDERS, *EQUIVALENTS, *DEFINITIONS]
    parts = shares(ours, max(1, 2 * jobs))
    return [
        *(Work(f"no alarm: {', '.join(part[:2])}", tallies, (part, seed)) for part in parts),
        *(Work(f"no alarm: {name}", tallies_of_target, (name, seed)) for name in correct),
    ]


def place(tally: Tally) -> tuple[int, str]:
    """Where a tally comes: what this package has in its order, then the others, by name."""
    ours = [*ORDERS, *EQUIVALENTS, *DEFINITIONS]
    return (ours.index(tally.name), "") if tally.name in ours else (len(ours), tally.name)


def tallies(names: Sequence[str], seed: int) -> list[Tally]:
    """The tallies of some implementations of this package, in every dtype."""
    return [_of_name(name, dtype, seed) for name in names for dtype in _dtypes(name)]


def tallies_of_target(name: str, seed: int) -> list[Tally]:
    """The tallies of a target that somebody vouches for, in the dtypes that it offers."""
    named, of = vouched(name)
    target = Spec(named).load()
    return [
        _of_target(target, named, of, dtype, seed)
        for dtype in DTYPE_NAMES
        if dtype in target.capabilities.dtypes
    ]


def _dtypes(name: str) -> tuple[str, ...]:
    """Those in which an implementation is another than in float64, and which allow it."""
    if name not in ORDERS:
        return DTYPE_NAMES
    orders = ORDERS[name]
    same = () if orders.scalars is Scalars.DOUBLE else DTYPE_NAMES[:1]
    return tuple(
        dtype
        for dtype in DTYPE_NAMES
        if dtype not in same and orders.freedom in [mode.name for mode in allowances(dtype)]
    )


def _of_name(name: str, dtype: str, seed: int) -> Tally:
    if name in ORDERS:
        return _of_orders(name, dtype, seed)
    if name in EQUIVALENTS:
        return _of_target(EQUIVALENTS[name].target(), name, EQUIVALENTS[name].of, dtype, seed)
    return _of_target(DefinitionTarget(DEFINITIONS[name], name), name, name, dtype, seed)


def _random(name: str, dtype: str, seed: int) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(f"{name} {dtype}".encode()), seed])


def _of_orders(name: str, dtype: str, seed: int) -> Tally:
    orders, rng, format = ORDERS[name], _random(name, dtype, seed), format_of(dtype)
    account = _Account(Adam, orders.freedom)
    for power in 2 * tuple(Powers):
        hyper = hyperparameters(rng, decays=False)
        g = gradients(rng, format, hyper.eps)
        start = _start(rng, g, format)
        account.add(evaluate(hyper, start, g, orders.scalars, power, orders.averages).trace)
    return account.tally(name, "adam", dtype, 0)


def _of_target(target: Target, name: str, of: str, dtype: str, seed: int) -> Tally:
    rng, subject, refused = _random(name, dtype, seed), Subject(target, format_of(dtype)), 0
    definition = DEFINITIONS[of]
    decays = definition.decays and target.capabilities.weight_decay
    account = _Account(definition, allowances(subject.format)[-1].name)
    for trajectory in _trajectories(rng, subject.format, decays=decays):
        try:
            account.add(subject.afresh().run(trajectory))
        except (NotOffered, TargetCrash):
            refused += 1
    return account.tally(name, of, dtype, refused)


def _trajectories(rng: np.random.Generator, format: Format, *, decays: bool) -> Iterator[Trajectory]:
    for _ in range(TRAJECTORIES):
        hyper = hyperparameters(rng, decays=decays)
        g = np.concatenate([gradients(rng, format, hyper.eps) for _ in range(SETS)], axis=1)
        yield Trajectory(hyper, _start(rng, g, format), g)


def _start(rng: np.random.Generator, g: Any, format: Format) -> Any:
    """Parameters at zero, or of every size that leaves room for updates."""
    size = rng.choice([0.0, 1.0]) * np.exp2(rng.uniform(-4, 4, g.shape[1]))
    return (size * rng.normal(size=g.shape[1])).astype(format.dtype)
