"""Every bug of the zoo is caught by the check that is there for its kind; every correct rewrite passes."""

from __future__ import annotations

from functools import cache

import pytest

from adamcheck.checks import BROKEN, CRASHED, KEPT, Check
from adamcheck.conformance import CHECKS, checks_for
from adamcheck.targets.base import Target
from adamcheck.variants import DEFINITIONS
from adamcheck.variants.bugs import BUGS, Bug
from adamcheck.variants.equivalents import EQUIVALENTS, Equivalent

STANDARD = 25

ORDINARY = "updates-are-enclosed-with-dyadic-hyperparameters"

OF_EXPERIMENT = {
    "defaults": "updates-are-enclosed-with-default-hyperparameters",
    "defaults near eps": "updates-are-enclosed-with-default-hyperparameters",
    "small gradients": "updates-are-enclosed-with-decimal-hyperparameters",
    "away from zero": "updates-are-enclosed-away-from-zero",
    "long": "updates-are-enclosed-in-long-runs",
    "subnormal": "updates-are-enclosed-where-squares-are-subnormal",
    "zero steps": "updates-are-enclosed-where-no-coordinate-has-a-gradient",
    "decaying matrix": "weight-decay-is-coupled-or-decoupled",
    "decaying": "weight-decay-is-coupled-or-decoupled",
    "decaying slowly": "weight-decay-is-coupled-or-decoupled",
    "matrix": "updates-are-enclosed-in-arrays-of-any-shape",
    "many": "updates-are-enclosed-in-large-arrays",
    "scalar": "updates-are-enclosed-in-arrays-without-axes",
    "column-major": "updates-are-enclosed-in-column-major-arrays",
    "strided": "updates-are-enclosed-in-parts-of-arrays",
    "not a number": "a-gradient-that-is-no-number-stays-in-its-coordinate",
    "resumed": "a-resumed-run-continues-bitwise",
    "resumed spike": "a-resumed-run-continues-bitwise",
    "resumed at another lr": "operations-come-in-any-order",
    "resumed before a zero step": "operations-come-in-any-order",
    "maximizing": "maximizing-is-minimizing-the-negative",
    "complex": "complex-parameters-are-pairs-of-real-ones",
    "saved earlier": "a-saved-run-is-a-snapshot",
    "beside another": "two-instances-are-independent",
    "reused buffer": "arguments-are-left-alone",
    "same gradient": "arguments-are-left-alone",
    "kept results": "what-a-step-returned-stays-as-it-was",
    "kept start": "the-first-parameters-are-left-alone",
}
"""The check that asks at random what an experiment of the zoo asks once; the ordinary one for the rest."""


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
    check = ORDINARY if decays else OF_EXPERIMENT.get(bug.exposes.name, ORDINARY)
    return check, "float16" if bug.exposes.name == "float16" else "float64"


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS.keys())
def test_every_bug_is_caught_by_the_check_that_is_there_for_it(bug: Bug) -> None:
    check, dtype = catches(bug)
    outcomes = [outcome(bug.target(), bug.of, check, dtype, seed=seed) for seed in (0, 1, 2)]
    assert set(outcomes) <= {BROKEN, CRASHED}, outcomes


@pytest.mark.parametrize("equivalent", EQUIVALENTS.values(), ids=EQUIVALENTS.keys())
def test_every_correct_rewrite_passes_all_checks(equivalent: Equivalent) -> None:
    outcomes = {
        name: outcome(equivalent.target(), equivalent.of, name, "float32", examples=max(4, check.cost))
        for name, check in checks_of(equivalent.of).items()
        if check.cost < STANDARD
    }
    wrong = {name: found for name, found in outcomes.items() if found in (BROKEN, CRASHED)}
    assert not wrong
    assert sum(found == KEPT for found in outcomes.values()) >= 15


def test_no_check_of_the_zoo_is_missing() -> None:
    """Every check that a bug can break is one that exists, and is there for some experiment of the zoo."""
    assert set(OF_EXPERIMENT.values()) | {ORDINARY} <= {check.name for check in CHECKS}
    assert set(OF_EXPERIMENT) <= {bug.exposes.name for bug in BUGS.values()}
