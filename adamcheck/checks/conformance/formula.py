"""Formula: every update is enclosed, for many hyperparameters, starts, lengths and magnitudes."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from adamcheck.adam import Adam
from adamcheck.checks.assertions import assert_enclosed
from adamcheck.checks.check import Section
from adamcheck.checks.conformance.register import check
from adamcheck.checks.strategies import (
    decimal_hyperparameters,
    default_hyperparameters,
    dyadic_hyperparameters,
    long_trajectories,
    short_trajectories,
    tiny_trajectories,
    trajectories,
)
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.numbers.floats import Format


def _dyadic(format: Format) -> Any:
    return trajectories(format, hyper=dyadic_hyperparameters(format))


def _decimal(format: Format) -> Any:
    return trajectories(format, hyper=decimal_hyperparameters(format))


def _defaults(format: Format) -> Any:
    return trajectories(format, hyper=default_hyperparameters(format))


def _away_from_zero(format: Format) -> Any:
    return trajectories(format, at_zero=False)


@check(Section.FORMULA, trajectory=_dyadic)
def updates_are_enclosed_with_dyadic_hyperparameters(
    subject: Subject, trajectory: Trajectory, definition: type[Adam] = Adam
) -> None:
    """Every update is enclosed with hyperparameters that no dtype rounds."""
    assert_enclosed(subject.run(trajectory), definition)


@check(Section.FORMULA, trajectory=_decimal)
def updates_are_enclosed_with_decimal_hyperparameters(
    subject: Subject, trajectory: Trajectory, definition: type[Adam] = Adam
) -> None:
    """Every update is enclosed with hyperparameters in common use."""
    assert_enclosed(subject.run(trajectory), definition)


@check(Section.FORMULA, trajectory=_defaults)
def updates_are_enclosed_with_default_hyperparameters(
    subject: Subject, trajectory: Trajectory, definition: type[Adam] = Adam
) -> None:
    """Every update is enclosed with lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8."""
    assert_enclosed(subject.run(trajectory), definition)


@check(Section.FORMULA, trajectory=_away_from_zero)
def updates_are_enclosed_away_from_zero(
    subject: Subject, trajectory: Trajectory, definition: type[Adam] = Adam
) -> None:
    """Every update is enclosed if the parameters start away from 0."""
    assert_enclosed(subject.run(trajectory), definition)


@check(
    Section.FORMULA,
    cost=2,
    trajectory=short_trajectories,
    zeros=st.sets(st.integers(0, 7), min_size=1, max_size=4),
)
def updates_are_enclosed_where_no_coordinate_has_a_gradient(
    subject: Subject, trajectory: Trajectory, zeros: set[int], definition: type[Adam] = Adam
) -> None:
    """Every update is enclosed if all gradients of a step are 0: such a step still counts."""
    gradients = trajectory.gradients.copy()
    gradients[[step for step in zeros if step < len(gradients)]] = 0
    assert_enclosed(subject.run(trajectory.replace(gradients=gradients)), definition)


@check(Section.FORMULA, cost=10, trajectory=long_trajectories)
def updates_are_enclosed_in_long_runs(
    subject: Subject, trajectory: Trajectory, definition: type[Adam] = Adam
) -> None:
    """Every update is enclosed in runs of 300 steps."""
    assert_enclosed(subject.run(trajectory), definition)


@check(Section.FORMULA, cost=2, trajectory=tiny_trajectories)
def updates_are_enclosed_where_squares_are_subnormal(
    subject: Subject, trajectory: Trajectory, definition: type[Adam] = Adam
) -> None:
    """Every update is enclosed if squared gradients are subnormal, and eps is smaller than the gradients."""
    assert_enclosed(subject.run(trajectory), definition)
