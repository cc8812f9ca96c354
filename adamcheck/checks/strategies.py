"""Hypothesis strategies: hyperparameters and gradients from every regime that has hidden a bug.

A strategy takes the `Format` of the run, so that the same law is tried over the wide exponent range
of float64 and the narrow one of float16. Values have few significant bits, so that they are exact
in every dtype and shrink to readable numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Any, TypeVar

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from adamcheck import regimes
from adamcheck.adam import Hyperparameters
from adamcheck.checks.trajectory import Trajectory
from adamcheck.numbers.floats import Format
from adamcheck.targets.base import ANY_COUNT

_T = TypeVar("_T")

REGIMES = ("free", "constant", "alternating", "decaying", "growing", "late", "sparse", "two scales", "spike")

_DYADIC_BETAS = (0.5, 0.75, 0.875, 1 - 2.0**-5, 1 - 2.0**-7, 1 - 2.0**-10, 0.0)
_DECIMAL_BETAS = (0.9, 0.99, 0.999, 0.95, 0.8, 0.1, 1 - 1e-4)


def exponent_range(format: Format) -> int:
    """The e such that squares of 2**-e .. 2**e stay normal numbers, with room for a factor 2**10."""
    return int(min(np.log2(format.huge), -np.log2(format.normal)) - 10) // 2


# Building a strategy costs more than drawing from it, hence the constants and caches.

_REGIME = st.sampled_from(REGIMES)

_NUMBER = st.sampled_from([sign * k / 8 for k in range(8, 16) for sign in (1, -1)])
"""Signed numbers of magnitude 1 to 15/8, four bits each; shrink to 1."""

_PRESENT = st.booleans()

_LONG = st.sampled_from((False, True, True, True))


@cache
def _integers(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low, high)


@cache
def _lists(of: st.SearchStrategy[Any], length: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(of, min_size=length, max_size=length)


@cache
def _either(one: st.SearchStrategy[_T], other: st.SearchStrategy[_T]) -> st.SearchStrategy[_T]:
    return one | other


@cache
def _exponents(reach: int, near: int) -> st.SearchStrategy[int]:
    return st.one_of(st.integers(-2, 2), st.just(near), st.integers(-reach, reach))


_FIXED: ContextVar[tuple[tuple[str, float], ...]] = ContextVar("fixed hyperparameters", default=())


@contextmanager
def fixed_hyperparameters(values: Mapping[str, float]) -> Iterator[None]:
    """While it lasts, strategies draw these hyperparameters as they are: a target has no others."""
    token = _FIXED.set(tuple(sorted(values.items())))
    try:
        yield
    finally:
        _FIXED.reset(token)


_COUNTS: ContextVar[tuple[int, int]] = ContextVar("numbers of parameters", default=ANY_COUNT)


@contextmanager
def parameter_counts(counts: tuple[int, int]) -> Iterator[None]:
    """While it lasts, trajectories have as many coordinates as a target takes, where the law lets them."""
    token = _COUNTS.set(counts)
    try:
        yield
    finally:
        _COUNTS.reset(token)


def _within_counts(low: int, high: int) -> tuple[int, int]:
    """The smallest and the largest number of coordinates for a law, that the target takes if there is one."""
    fewest, most = _COUNTS.get()
    least, largest = max(low, fewest), min(high, most or high)
    return (least, largest) if least <= largest else (low, high)


def dyadic_hyperparameters(format: Format) -> st.SearchStrategy[Hyperparameters]:
    """Powers of two and their complements: exact in every dtype, so that only the formula is tested."""
    return _with_fixed(_dyadic, format, _FIXED.get())


def decimal_hyperparameters(format: Format) -> st.SearchStrategy[Hyperparameters]:
    """Hyperparameters in common use, most of which no binary format represents exactly."""
    return _with_fixed(_decimal, format, _FIXED.get())


def default_hyperparameters(format: Format) -> st.SearchStrategy[Hyperparameters]:
    """Kingma & Ba's."""
    return _with_fixed(_default, format, _FIXED.get())


@cache
def _with_fixed(
    strategy: Callable[[Format], st.SearchStrategy[Hyperparameters]],
    format: Format,
    fixed: tuple[tuple[str, float], ...],
) -> st.SearchStrategy[Hyperparameters]:
    drawn = strategy(format)
    return drawn.map(lambda hyper: hyper.replace(**dict(fixed))) if fixed else drawn


def _default(format: Format) -> st.SearchStrategy[Hyperparameters]:
    return st.just(Hyperparameters())


def _dyadic(format: Format) -> st.SearchStrategy[Hyperparameters]:
    half = format.narrow
    betas = _DYADIC_BETAS[:4] if half else _DYADIC_BETAS
    return st.builds(
        Hyperparameters,
        lr=st.integers(0, 10).map(lambda k: 2.0**-k),
        beta1=st.sampled_from(betas),
        beta2=st.sampled_from(betas),
        eps=st.sampled_from([2.0**-k for k in (2, 0, 4, 7, 10, 13, *(() if half else (20, 27)))]),
    )


def _decimal(format: Format) -> st.SearchStrategy[Hyperparameters]:
    return st.builds(
        Hyperparameters,
        lr=st.sampled_from([1e-3, 1e-2, 0.1, 3e-4, 1.0]),
        beta1=st.sampled_from(_DECIMAL_BETAS),
        beta2=st.sampled_from(_DECIMAL_BETAS),
        eps=st.sampled_from([1e-8, 1e-3, 1e-6, 0.1, 1.0]),
    )


@cache
def _moderate(format: Format) -> st.SearchStrategy[Hyperparameters]:
    return st.builds(
        Hyperparameters,
        lr=st.integers(0, 3).map(lambda k: 2.0**-k),
        beta1=st.sampled_from((0.5, 0.75, 0.875)),
        beta2=st.sampled_from((0.5, 0.75) if _is_small(format) else (0.5, 0.75, 0.875, 1 - 2.0**-5)),
        eps=st.integers(0, 4).map(lambda k: 2.0**-k),
    )


def _is_small(format: Format) -> bool:
    """Whether the exponents of a format have a small range."""
    return format.huge < 2.0**20


def hyperparameters(format: Format) -> st.SearchStrategy[Hyperparameters]:
    """Dyadic or decimal hyperparameters."""
    return _either(dyadic_hyperparameters(format), decimal_hyperparameters(format))


@st.composite
def steps(draw: st.DrawFn) -> int:
    """The number of steps: mostly 12 to 32; shrinks to 1."""
    return draw(_integers(12, 32) if draw(_LONG) else _integers(1, 11))


_STEPS = steps()


@lru_cache(maxsize=4096)
@st.composite
def _coordinate(draw: Any, length: int, reach: int, near: int) -> np.ndarray:
    """The gradients of one coordinate: a regime at a scale."""
    regime = draw(_REGIME)
    exponent = draw(_exponents(reach, near))
    base = draw(_NUMBER)
    values = base * regimes.constant(length)
    if regime == "free":
        values = np.array(draw(_lists(_NUMBER, length)))
    elif regime == "alternating":
        values = base * regimes.alternating(length)
    elif regime in ("decaying", "growing"):
        ratio = 0.5 if regime == "decaying" else 2.0
        values = base * np.repeat(regimes.geometric(length, ratio), 3)[:length]
    elif regime == "late":
        first = draw(_integers(0, length - 1))
        values = np.array([0.0] * first + draw(_lists(_NUMBER, length - first)))
    elif regime == "sparse":
        values = regimes.sparse(values, np.array(draw(_lists(_PRESENT, length))))
    elif regime == "two scales":
        values = regimes.two_scales(values, 2.0**5) * np.repeat(regimes.alternating(length), 2)[:length]
    elif regime == "spike":
        values = base * 2.0**6 * regimes.spike(length, draw(_integers(0, length - 1)), 2.0**-6)
    result: np.ndarray = np.ldexp(values, exponent)
    return result


@st.composite
def trajectories(
    draw: Any,
    format: Format,
    *,
    hyper: Any = None,
    reach: int | None = None,
    coordinates: tuple[int, int] = (1, 5),
    at_zero: bool = True,
) -> Trajectory:
    """A trajectory of several coordinates, each in a regime of its own.

    Args:
        format: The format of the run.
        hyper: A strategy for the hyperparameters; dyadic or decimal by default.
        reach: The largest |e| of the scales 2**e; by default the largest that the dtype squares safely.
        coordinates: The smallest and the largest number of coordinates.
        at_zero: Start at parameters 0, where storing the first update rounds nothing away.
    """
    chosen = draw(hyperparameters(format) if hyper is None else hyper)
    length = draw(_STEPS)
    reach = exponent_range(format) if reach is None else reach
    near = int(np.floor(np.log2(chosen.eps))) if chosen.eps else 0
    near = max(-reach, min(reach, near))
    count = draw(_integers(*_within_counts(*coordinates)))
    column = _coordinate(length, reach, near)
    columns = [draw(column) for _ in range(count)]
    start = [0.0] * count if at_zero else draw(_lists(_NUMBER, count))
    with np.errstate(over="ignore", under="ignore"):
        gradients = np.array(columns).T.astype(format.dtype)
    return Trajectory(chosen, np.array(start).astype(format.dtype), gradients)


@st.composite
def in_range_trajectories(draw: st.DrawFn, /, format: Format, **options: Any) -> Trajectory:
    """Trajectories in which no operation of any reasonable evaluation under- or overflows.

    They are for the laws that hold bitwise under this condition: dyadic hyperparameters of moderate size,
    scales within an eighth of the exponent range, no zeros (a moment that decays towards 0 underflows in
    the end).
    """
    reach = 1 if _is_small(format) else exponent_range(format) // 8
    trajectory: Trajectory = draw(trajectories(format, hyper=_moderate(format), reach=reach, **options))
    gradients = np.where(trajectory.gradients == 0, np.ones_like(trajectory.gradients), trajectory.gradients)
    trajectory = trajectory.replace(gradients=gradients)
    assume(trajectory.in_range())
    return trajectory


def short_trajectories(format: Format, **options: Any) -> st.SearchStrategy[Trajectory]:
    """Trajectories of at most 8 steps, for checks that are slow for another reason."""
    return trajectories(format, **options).map(lambda trajectory: trajectory.first(8))


@st.composite
def long_trajectories(draw: st.DrawFn, /, format: Format) -> Trajectory:
    """300 steps of two coordinates: random gradients near 1, in the second coordinate after some zeros."""
    half = format.narrow
    hyper = st.builds(
        Hyperparameters,
        lr=st.integers(0, 10).map(lambda k: 2.0**-k),
        beta1=st.sampled_from((0.875, 0.5, 0.9)),
        beta2=st.sampled_from((1 - 2.0**-5,) if half else (1 - 2.0**-10, 0.999)),
        eps=st.sampled_from((2.0**-4, 2.0**-7) if half else (2.0**-4, 1e-8)),
    )
    chosen, rng = draw(hyper), np.random.default_rng(draw(st.integers(0, 2**16)))
    gradients = rng.uniform(0.5, 2, (300, 2)) * rng.choice([-1.0, 1.0], (300, 2))
    gradients[: draw(st.integers(0, 250)), 1] = 0.0
    return Trajectory(chosen, np.zeros(2, format.dtype), gradients.astype(format.dtype))


def tiny_trajectories(format: Format) -> st.SearchStrategy[Trajectory]:
    """Gradients whose squares are just below the smallest normal number, with an even smaller eps."""
    reach = int(-np.log2(format.normal)) // 2

    def at(below: int, further: int, plain: Trajectory) -> Trajectory:
        size = 2.0 ** -(reach + below)
        eps = size * 2.0**-further
        return plain.scaled(size).replace(hyper=plain.hyper.replace(eps=eps))

    near_one = trajectories(format, hyper=dyadic_hyperparameters(format), reach=1)
    return st.builds(at, st.integers(1, 6), st.integers(2, 12), near_one)
