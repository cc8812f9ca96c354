"""Thresholds: the number from which on a target is wrong that is right in every fixed experiment.

Along a line, one quantity takes values of all sizes while the rest stays plain. Where the target is wrong at
one end of the line only, bisection finds the number at which that begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.diagnosis.formula import Observation, Quantity, Seen
from adamcheck.judge import Ruling, judge
from adamcheck.numbers.floats import Format
from adamcheck.targets.base import NotOffered, TargetCrash, TargetHung

_PLAIN = Hyperparameters(lr=2.0**-6, beta1=0.875, beta2=0.75, eps=2.0**-40)

_FEW = np.array([1.0, -0.5, 0.75])

_BISECTIONS = 22
"""A factor of 4 between neighbours of a line is narrowed to one part in a million."""


_SLACK = 4
"""How many such brackets below the lower end a threshold is looked for."""


@dataclass(frozen=True)
class _Line:
    """A line of trajectories.

    Attributes:
        quantity: What changes along it.
        points: The values, increasing and positive.
        along: The trajectory at a value.
        told: The number at a value, if that is not the value itself.
    """

    quantity: Quantity
    points: np.ndarray
    along: Callable[[float], Trajectory]
    told: Callable[[float], float] = float


def thresholds(subject: Subject, definition: type[Adam]) -> tuple[Observation, ...]:
    """Where a target is wrong: above or below which numbers.

    Args:
        subject: The target.
        definition: The definition that it follows in the fixed experiments.

    Returns:
        One observation for each quantity along whose line it is right at one end and wrong at the other.
    """
    return tuple(
        found for line in _lines(subject.format, definition) if (found := _found(subject, definition, line))
    )


def _found(subject: Subject, definition: type[Adam], line: _Line) -> Observation | None:
    def wrong(x: float) -> bool:
        trace = subject.run(subject.experiment(line.along(x)))
        return judge(trace, definition).outcome in (Ruling.REJECTED, Ruling.COARSE)

    try:
        outcomes = [wrong(x) for x in line.points.tolist()]
        changes = [i for i, (one, other) in enumerate(pairwise(outcomes)) if one != other]
        if len(changes) != 1:
            return None
        low, high = line.points[changes[0] : changes[0] + 2].tolist()
        above = outcomes[-1]
        for _ in range(_BISECTIONS):
            middle = (low * high) ** 0.5
            low, high = (low, middle) if wrong(middle) == above else (middle, high)
    except (NotOffered, TargetCrash, TargetHung):
        return None
    ends = line.told(low), line.told(high)
    seen = Seen.WRONG_ABOVE if above == (ends[0] < ends[1]) else Seen.WRONG_BELOW
    # A coarser dtype shows a threshold only where what it changes exceeds the radius.
    number = _shortest(*sorted(ends)) if subject.format.name == "float64" else float(f"{ends[1]:.2g}")
    return Observation(seen, parameter=line.quantity, number=number)


def _shortest(low: float, high: float) -> float:
    """The number with the fewest digits between two others, or as near as they are to each other.

    Just above its threshold a target may be within the radius.
    """
    for digits in range(1, 16):
        number = float(f"{high:.{digits}g}")
        if low - _SLACK * (high - low) <= number <= high + (high - low):
            return number
    return high


def _lines(format: Format, definition: type[Adam]) -> Iterator[_Line]:
    reach = np.log2(format.huge) / 4
    sizes = 2.0 ** np.arange(-reach, reach, 4.0)

    def along(gradients: np.ndarray, start: float = 0.0, **hyper: float) -> Trajectory:
        column = gradients.astype(format.dtype)[:, None]
        return Trajectory(_PLAIN.replace(**hyper), np.full(1, start).astype(format.dtype), column)

    yield _Line(Quantity.GRADIENT, sizes, lambda x: along(np.array([x, 1.0, -x])))
    digits = -np.log2(format.unit)
    starts = 2.0 ** np.arange(-digits / 2, digits / 2, 2.0)
    yield _Line(Quantity.PARAMETER, starts, lambda x: along(_FEW, x, lr=1.0))
    yield _Line(Quantity.LR, 2.0 ** np.arange(-30.0, 6.0, 2.0), lambda x: along(_FEW, lr=x))
    yield _Line(Quantity.EPS, 2.0 ** np.arange(-60.0, 4.0, 2.0), lambda x: along(_FEW, eps=x))
    near_one = 2.0 ** -np.arange(20.0, 0.0, -1.0)
    for quantity, name in ((Quantity.BETA1, "beta1"), (Quantity.BETA2, "beta2")):
        yield _Line(quantity, near_one, _betas(along, name), lambda x: 1 - x)

    def spike(x: float) -> Trajectory:
        return along(np.append(np.full(60, 2.0**-12), 2.0**-12 * x), beta1=0.25, beta2=1 - 2.0**-10)

    def largest(x: float) -> float:
        """The largest update in units of lr."""
        trajectory = spike(x)
        run = definition(trajectory.hyper).run(np.zeros(1), trajectory.gradients.astype(np.float64))
        return max(abs(float(update[0])) for _, update in run) / float(trajectory.hyper.lr)

    yield _Line(Quantity.UPDATE, 2.0 ** np.arange(0.0, 12.0, 0.5), spike, largest)


def _betas(along: Callable[..., Trajectory], name: str) -> Callable[[float], Trajectory]:
    return lambda x: along(_FEW, **{name: 1 - x})
