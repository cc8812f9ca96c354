"""The Python door: `check(target)`, and the checks of a target one by one for test runners."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adamcheck.checks.check import FAILURES, Check, Outcome, Result
from adamcheck.checks.subject import Subject
from adamcheck.claims.catalogue import checks
from adamcheck.claims.claim import discover
from adamcheck.diagnosis.diagnose import Effort, formula_of
from adamcheck.examine.excuses import in_dialect, with_expectations
from adamcheck.examine.plan import Plan
from adamcheck.examine.results import DtypeReport, TargetReport
from adamcheck.examine.target import examine
from adamcheck.numbers.floats import format_of
from adamcheck.report.script import script
from adamcheck.report.summary import headline
from adamcheck.report.terminal import target_text
from adamcheck.targets.base import Target
from adamcheck.targets.convention import Convention, HyperNames
from adamcheck.targets.find import load_target
from adamcheck.variants import DEFINITIONS
from adamcheck.variants.standard import Standard


class Verified(TargetReport):
    """The report of `check`; it is true where the target conforms, and prints as the command line does."""

    def __str__(self) -> str:
        return target_text(self)


def check(
    target: Any,
    *,
    dtypes: Sequence[str] = Plan.dtypes,
    profile: str = "standard",
    seed: int = 0,
    only: Sequence[str] = (),
    accept: Sequence[str] = (),
    expected: Mapping[str, str] | None = None,
    definition: str | None = None,
    hyper_names: HyperNames | None = None,
    as_list: bool = False,
) -> Verified:
    """Verify an implementation of Adam in this process.

    Args:
        target: A name as `adamcheck verify` takes it, an optimizer class of a known library, or your own
            `make(parameters, *, lr, beta1, beta2, eps)`.
        dtypes: Working precisions, of which those count that the target offers.
        profile: How many examples each check tries: quick, standard or thorough.
        seed: The seed of all random testing.
        only: Names of checks, or of claims whose laws are meant (default: all).
        accept: Names of definitions that are as good as what it is held against.
        expected: Checks that are known to fail, each with the reason.
        definition: What it is held against, such as "adamw" or "nadam:momentum_decay=0.01" (default: what
            it says of itself, else the textbook's Adam).
        hyper_names: How your own calls its hyperparameters, see `load_target`.
        as_list: Whether it takes and returns lists of arrays.

    Returns:
        A report that is true where the target conforms and no check has an error of its own, and prints as
        the command line would print it.

    Raises:
        TargetError: For something that is not a target.
        ValueError: For a check, definition, dtype or profile that does not exist.
    """
    chosen = load_target(target, hyper_names=hyper_names, as_list=as_list)
    known = {chosen.name: expected or {}}
    plan = Plan(
        profile,
        seed,
        tuple(dtypes),
        only=tuple(only),
        accept=tuple(accept),
        expected=known,
        standard=Standard.parse(definition) if definition else None,
    )
    parts = tuple(examine(chosen, dtype, plan, discover()) for dtype in plan.dtypes)
    keywords = Convention(hyper_names or {}, as_list).keywords
    return Verified(chosen.name, keywords, chosen.library, chosen.version, parts)


@dataclass(frozen=True, repr=False)
class TargetCheck:
    """One check, bound to a target and a dtype: call it."""

    target: Target
    check: Check
    dtype: str
    plan: Plan

    def __call__(self) -> None:
        """Run the check. Raises `AssertionError` where it fails; skips it where it cannot tell.

        A check with an error of its own fails the test, too: it has not been tried.

        An expected failure is an xfail; one that is expected and does not come in any dtype fails, too.
        """
        import pytest

        __tracebackhide__ = True  # what happened here is not what the reader looks for
        if not self.plan.holds_of_standard(self.check, self.dtype):
            pytest.skip(f"{self.plan.held.title} does not keep it")
        expected = self.plan.expected.get(self.target.name, {})
        result = with_expectations(self._result(self.dtype), expected)
        if result.outcome == Outcome.EXPECTED:
            pytest.xfail(result.message)  # does nothing with --runxfail
        if result.outcome in (*FAILURES, Outcome.EXPECTED):
            where = TargetReport(self.target.name, {}, self.target.library, self.target.version, ())
            lines = [f"{self.target.name} ({self.dtype}): {result.outcome} {result.check}"]
            lines += [self.check.statement, result.message, script(where, result)]
            raise AssertionError("\n".join(line for line in lines if line))
        if result.outcome is Outcome.FAULTY:
            pytest.fail(f"{self.target.name} ({self.dtype}): {result.check}: {result.message}", pytrace=False)
        if result.outcome != Outcome.KEPT:
            pytest.skip(f"{result.outcome}: {result.message}".rstrip(": "))
        if result.check in expected and not self._fails_elsewhere():
            stale = result.notes[-1]
            pytest.fail(f"{self.target.name} ({self.dtype}): {result.check}: {stale}", pytrace=False)

    def _result(self, dtype: str) -> Result:
        """The result in a dtype, where the accepted dialects may break what they break."""
        result = self.plan.run(self.check, self.target, dtype)
        for dialect in self.plan.accept:
            result = in_dialect(self.check, result, self.target, dtype, self.plan, DEFINITIONS[dialect])
        return result

    def _fails_elsewhere(self) -> bool:
        """Whether the check fails in another dtype: an expectation is about all of them."""
        others = set(self.plan.dtypes) & set(self.target.capabilities.dtypes) - {self.dtype}
        return any(self._result(dtype).outcome in (*FAILURES, Outcome.DIALECT) for dtype in others)

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        return f"{self.target.name}-{self.check.name}-{self.dtype}"


def target_checks(target: Any, plan: Plan) -> list[TargetCheck]:
    """Every check of a target in every dtype of the plan that it offers. Raises `TargetError`."""
    chosen = load_target(target)
    plan = plan.against(chosen)
    return [
        TargetCheck(chosen, check, dtype, plan)
        for dtype in plan.dtypes
        if dtype in chosen.capabilities.dtypes
        for check in checks(discover(), plan.held)
    ]


BRIEFLY = 5.0
"""Seconds that one call may take of a target that is only to be told what it is."""


def identity(name: str, dtype: str, broken: Collection[str], plan: Plan) -> str:
    """What a target that breaks these checks is, in a sentence: nothing but the diagnosis is run for it."""
    target = load_target(name)
    subject = Subject(target, format_of(dtype), BRIEFLY)
    effort = Effort(broken, plan.examples, plan.seed, plan.against(target).held)
    formula = formula_of(subject, effort)
    target.close()
    failed = (check for check in checks(discover()) if check.name in broken)
    results = tuple(Result(check.name, check.section, dtype, Outcome.BROKEN) for check in failed)
    return headline(DtypeReport(dtype, formula, results))
