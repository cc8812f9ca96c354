"""The campaign against false alarms: correct code over everything it may be asked for, judged.

The textbook step in every order of evaluation, every correct rewrite, every definition and dialect held
against itself, and the targets that somebody vouches for. An update outside the enclosure of its
definition is an alarm: the judge is wrong, or the code is not correct. How near honest code comes to the
radius says, beside that, whether the radius is wider than it need be.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adamcheck.adam import Adam
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.choices import DTYPE_NAMES
from adamcheck.numbers.enclosure import Freedom, allowances
from adamcheck.numbers.floats import Format, format_of
from adamcheck.power.campaign.orders import ANCHORED, USUAL, Average, Powers, Scalars, evaluate
from adamcheck.power.campaign.regimes import gradients, hyperparameters
from adamcheck.power.campaign.tallies import Account, Counted
from adamcheck.power.campaign.tallies import Tally as Tally
from adamcheck.power.campaign.tallies import tallies as tallies
from adamcheck.support.processes import Work, shares
from adamcheck.targets.base import NotOffered, Target, TargetCrash
from adamcheck.targets.find import Spec
from adamcheck.targets.reference import DefinitionTarget
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


@dataclass(frozen=True)
class Extent:
    """How much of an implementation is judged in a dtype.

    Attributes:
        trajectories: The number of trajectories.
        sets: In each, the number of coordinates in each regime.
        steps: In each, the number of steps.
        evaluations: Of the orders of evaluation, how often each way to form powers is taken; and in each, the
            number of coordinates in each regime.
    """

    trajectories: int = 14
    sets: int = 32
    steps: int = 12
    evaluations: tuple[int, int] = (2, 1)


def vouched(name: str) -> tuple[str, str]:
    """The target and the definition in TARGET or TARGET=DEFINITION. Raises `TargetError`."""
    target, equals, definition = name.rpartition("=")
    if not equals or definition not in DEFINITIONS:
        target, definition = name, "adam"
    Spec(target).check()
    return target, definition


def work(only: Sequence[str], correct: Sequence[str], seed: int, width: int) -> list[Work]:
    """The campaign in parts, which `executors.run` makes lists of counts of.

    only: names of correct rewrites, or all implementations of this package if empty; correct: names of
    further targets, each with a definition that it computes, as in "keras=eps-hat".
    """
    parts = shares(_ours(only), max(1, 2 * width))
    return [
        *(Work(f"no alarm: {', '.join(part[:2])}", counted, (part, seed)) for part in parts),
        *(Work(f"no alarm: {name}", counted_of_target, (name, seed)) for name in correct),
    ]


ROUNDS = (
    Extent(18, 1024, 12, (2, 8)),
    Extent(18, 256, 48, (1, 4)),
    Extent(18, 64, 192, (1, 1)),
)
"""How much of each implementation a round judges, from the first on and then again."""


def rounds(correct: Sequence[str], seed: int, count: int) -> list[Work]:
    """A campaign of many updates in parts, of an implementation and a round each; as `work` otherwise."""
    return [
        part
        for number in range(count)
        for part in (
            *(
                Work(f"{name}, round {number + 1}", counted, ([name], seed, number + 1, (dtype,)))
                for name in ORDERS
                for dtype in _dtypes(name)
            ),
            *(
                Work(f"{name}, round {number + 1}", counted, ([name], seed, number + 1))
                for name in (*EQUIVALENTS, *DEFINITIONS)
            ),
            *(
                Work(f"{name}, round {number + 1}", counted_of_target, (name, seed, number + 1))
                for name in correct
            ),
        )
    ]


def _ours(only: Sequence[str]) -> list[str]:
    return [name for name in only if name in EQUIVALENTS] if only else [*ORDERS, *EQUIVALENTS, *DEFINITIONS]


def place(tally: Tally) -> tuple[int, str]:
    """Where a tally comes: what this package has in its order, then the others, by name."""
    ours = _ours(())
    return (ours.index(tally.name), "") if tally.name in ours else (len(ours), tally.name)


def counted(
    names: Sequence[str], seed: int, number: int = 0, dtypes: Sequence[str] = DTYPE_NAMES
) -> list[Counted]:
    """The updates of some implementations of this package in some dtypes, of a round."""
    part = Round(seed, number)
    return [part.of_name(name, dtype) for name in names for dtype in _dtypes(name) if dtype in dtypes]


def counted_of_target(name: str, seed: int, number: int = 0) -> list[Counted]:
    """The updates of a target that somebody vouches for, in the dtypes that it offers."""
    named, of = vouched(name)
    target, part = Spec(named).load(), Round(seed, number)
    return [
        part.of_target(target, named, of, dtype)
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


class Round:
    """A round of the campaign with a seed; round 0 is a small one."""

    def __init__(self, seed: int, number: int) -> None:
        self._seeds = (seed, number) if number else (seed,)
        self._extent = ROUNDS[(number - 1) % len(ROUNDS)] if number else Extent()

    def of_name(self, name: str, dtype: str) -> Counted:
        if name in ORDERS:
            return self._of_orders(name, dtype)
        if name in EQUIVALENTS:
            return self.of_target(EQUIVALENTS[name].target(), name, EQUIVALENTS[name].of, dtype)
        return self.of_target(DefinitionTarget(DEFINITIONS[name], name), name, name, dtype)

    def _random(self, name: str, dtype: str) -> np.random.Generator:
        return np.random.default_rng([zlib.crc32(f"{name} {dtype}".encode()), *self._seeds])

    def _of_orders(self, name: str, dtype: str) -> Counted:
        orders, rng, format = ORDERS[name], self._random(name, dtype), format_of(dtype)
        account = Account(Adam, orders.freedom)
        times, sets = self._extent.evaluations
        for power in times * tuple(Powers):
            hyper = hyperparameters(rng, decays=False)
            g = gradients(rng, format, hyper.eps, self._extent.steps, sets)
            start = _start(rng, g, format)
            account.add(evaluate(hyper, start, g, orders.scalars, power, orders.averages).trace)
        return account.counted(name, "adam", dtype, 0)

    def of_target(self, target: Target, name: str, of: str, dtype: str) -> Counted:
        """The updates of a target."""
        rng, subject, refused = self._random(name, dtype), Subject(target, format_of(dtype)), 0
        definition = DEFINITIONS[of]
        decays = definition.decays and target.capabilities.weight_decay
        account = Account(definition, allowances(subject.format)[-1].name)
        for _ in range(self._extent.trajectories):
            hyper = hyperparameters(rng, decays=decays)
            g = gradients(rng, subject.format, hyper.eps, self._extent.steps, self._extent.sets)
            try:
                account.add(subject.afresh().run(Trajectory(hyper, _start(rng, g, subject.format), g)))
            except (NotOffered, TargetCrash):
                refused += 1
        return account.counted(name, of, dtype, refused)


def _start(rng: np.random.Generator, g: Any, format: Format) -> Any:
    """Parameters at zero, or of every size that leaves room for updates."""
    size = rng.choice([0.0, 1.0]) * np.exp2(rng.uniform(-4, 4, g.shape[1]))
    return (size * rng.normal(size=g.shape[1])).astype(format.dtype)
