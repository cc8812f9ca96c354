"""Every bug of the zoo is caught by the check that is there for its kind; every correct rewrite passes."""

from __future__ import annotations

from functools import cache

import pytest
from sampling import every

from adamcheck.checks.check import Check, Outcome
from adamcheck.checks.conformance import CHECKS, checks_for
from adamcheck.targets.base import Target
from adamcheck.variants import DEFINITIONS
from adamcheck.zoo.bugs import BUGS, Bug
from adamcheck.zoo.bugs.experiment import ORDINARY
from adamcheck.zoo.equivalents import EQUIVALENTS, Equivalent

STANDARD = 25


@cache
def checks_of(of: str) -> dict[str, Check]:
    return {check.name: check for check in checks_for(DEFINITIONS[of])}


def outcome(
    target: Target, of: str, check: str, dtype: str, *, seed: int = 0, examples: int = STANDARD
) -> str:
    chosen = checks_of(of)[check]
    return chosen.run(target, dtype, examples=examples, seed=seed, simplest=False).outcome


def catches(bug: Bug) -> tuple[str, str]:
    """The check that is there for the kind of a bug, and the dtype to run it in."""
    decays = bug.exposes.name.startswith("decaying") and bug.of in ("adam", "amsgrad")
    check = ORDINARY if decays else bug.exposes.asked_by
    return check, bug.exposes.dtype or "float64"


RARELY = {"eps-capped", "lr-change-reaches-all-runs", "zero-rows-skipped"}
"""Bugs that laws of claims detect, or that the check for them does not meet for every seed."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "bug", every(24, [bug for bug in BUGS.values() if bug.name not in RARELY]), ids=lambda bug: bug.name
)
def test_every_bug_is_caught_by_the_check_that_is_there_for_it(bug: Bug) -> None:
    check, dtype = catches(bug)
    outcomes = [outcome(bug.target(), bug.of, check, dtype, seed=seed) for seed in (0, 1, 2)]
    assert set(outcomes) <= {Outcome.BROKEN, Outcome.CRASHED}, outcomes


@pytest.mark.slow
@pytest.mark.parametrize("equivalent", every(12, EQUIVALENTS.values()), ids=lambda e: e.name)
def test_every_correct_rewrite_passes_all_checks(equivalent: Equivalent) -> None:
    outcomes = {
        name: outcome(equivalent.target(), equivalent.of, name, "float32", examples=max(4, check.cost))
        for name, check in checks_of(equivalent.of).items()
        if check.cost < STANDARD
    }
    wrong = {name: found for name, found in outcomes.items() if found in (Outcome.BROKEN, Outcome.CRASHED)}
    assert not wrong
    assert sum(found == Outcome.KEPT for found in outcomes.values()) >= 15


def test_no_check_of_the_zoo_is_missing() -> None:
    """Every check that a bug can break is one that exists."""
    assert {bug.exposes.asked_by for bug in BUGS.values()} <= {check.name for check in CHECKS.values()}
