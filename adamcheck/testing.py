"""Verification from Python: `check(target)`, and the single checks of a target for test runners."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any

from adamcheck import __version__
from adamcheck.checks.check import FAILURES, Check, Outcome, Result, Section
from adamcheck.checks.subject import Subject
from adamcheck.claims.catalogue import checks
from adamcheck.claims.claim import discover
from adamcheck.diagnosis.diagnose import Effort, formula_of
from adamcheck.diagnosis.diagnose import first_answer as find_first_answer
from adamcheck.examine.excuses import in_dialect, with_expectations
from adamcheck.examine.plan import Plan
from adamcheck.examine.results import CONFORMS, DtypeReport, Report, TargetReport
from adamcheck.examine.target import agreeing, examine
from adamcheck.numbers.floats import format_of
from adamcheck.report.formats import rendered
from adamcheck.report.script import script
from adamcheck.report.summary import first_words, headline, label, message, status_badge
from adamcheck.report.terminal import target_text
from adamcheck.support.files import write_atomically
from adamcheck.targets.base import NotOffered, Target, TargetCrash, TargetHung
from adamcheck.targets.convention import Convention, HyperNames
from adamcheck.targets.find import load_target
from adamcheck.variants import DEFINITIONS
from adamcheck.variants.standard import Standard

LONGEST_REPR = 240
"""The largest number of characters in the repr of a report; test runners show no more of it."""


@dataclass(frozen=True, repr=False)
class Verified(TargetReport):
    """The report of `check`. It is true if the target conforms, and prints as on the command line.

    Attributes:
        plan: The plan of the run.
    """

    plan: Plan

    def __str__(self) -> str:
        return target_text(self)

    def __repr__(self) -> str:
        dtypes = ", ".join(part.dtype for part in self.dtypes if part.offered)
        wrong = next((part for part in self.dtypes if part.status == self.status != CONFORMS), None)
        told = f": {headline(wrong)}" if wrong else ""
        text = f"{label(self)} ({dtypes}) {status_badge(self.status).word}{told}"
        return f"<{shorten(text, LONGEST_REPR, placeholder=' ...')}>"

    @property
    def report(self) -> Report:
        """The results as a report of one target."""
        plan = self.plan
        held = str(plan.standard or "")
        return Report(__version__, plan.profile, plan.examples, plan.seed, (), (self,), held)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the report to a file, in the format of its suffix, as `adamcheck verify --save` does.

        Args:
            path: The path of the file, such as `report.html`.

        Raises:
            ValueError: No format has this suffix.
            OSError: The file cannot be written.
        """
        write_atomically(Path(path), rendered(self.report, Path(path).suffix))


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
    fixed: Mapping[str, float] | None = None,
    called: str = "",
) -> Verified:
    """Verify an implementation of Adam in this process.

    Args:
        target: A target name as in `adamcheck verify`, an optimizer class of a known library, or your own
            `make(parameters, *, lr, beta1, beta2, eps)`.
        dtypes: Working precisions. Those that the target does not offer are reported as such.
        profile: The number of examples that each check tries: quick, standard or thorough.
        seed: The seed of all random testing.
        only: Names of checks to run, or of claims whose laws to run; all by default.
        accept: Names of definitions to accept in addition.
        expected: Known failures: the reason for each check, by its name.
        definition: The definition to verify against, such as "adamw" or "nadam:momentum_decay=0.01"; by
            default the one that the target declares, else textbook Adam.
        hyper_names: The names that your target uses for hyperparameters; see `load_target`.
        as_list: Whether your target takes and returns lists of arrays.
        fixed: Values of hyperparameters that cannot be passed to it; see `load_target`.
        called: A part of the call that is meant; see `load_target`.

    Returns:
        A report that is true if the target conforms and no check has an error of its own. It prints as on
        the command line.

    Raises:
        TargetError: The target cannot be found or is not a target.
        ValueError: There is no such check, definition, dtype or profile.
    """
    chosen = load_target(target, hyper_names=hyper_names, as_list=as_list, fixed=fixed, called=called)
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
    parts = agreeing([examine(chosen, dtype, plan, discover()) for dtype in plan.dtypes])
    keywords = Convention(hyper_names or {}, as_list, fixed or {}, called).keywords
    return Verified(chosen.name, keywords, chosen.library, chosen.version, parts, plan)


class _Names:
    """What a target is by its first answer, asked for when it fails for the first time in a dtype."""

    def __init__(self, target: Target, plan: Plan) -> None:
        self._target, self._plan = target, plan
        self._names: dict[str, str] = {}
        self.explained: set[tuple[str, str]] = set()
        """The dtypes and names of broken checks that skipped, since a failure before them explains them."""

    def __contains__(self, dtype: str) -> bool:
        """Whether a failure in a dtype was named already."""
        return bool(self._names.get(dtype))

    def __getitem__(self, dtype: str) -> str:
        """What the target is in a dtype; "" if its first answer is as expected, or if it has none."""
        if dtype not in self._names:
            self._names[dtype] = self._named(dtype)
        return self._names[dtype]

    def _named(self, dtype: str) -> str:
        subject = Subject(self._target, format_of(dtype), BRIEFLY)
        effort = Effort((), self._plan.examples, self._plan.seed, self._plan.held)
        try:
            formula = find_first_answer(subject, effort).formula
        except (NotOffered, TargetCrash, TargetHung):
            return ""
        if formula is not None and formula.conforms:
            return ""
        return first_words(formula, str(self._plan.held), dtype)


@dataclass(frozen=True, repr=False)
class TargetCheck:
    """One check, bound to a target and a dtype; call it to run it."""

    target: Target
    check: Check
    dtype: str
    plan: Plan
    names: _Names

    def __call__(self) -> None:
        """Run the check as a pytest test.

        It skips if the check does not apply or cannot be judged, and is an xfail if the failure is expected.
        If the formula is wrong, the first failure in a dtype says what the target is, and other checks of
        the formula and laws that break after it skip.
        If an expected failure occurs in no dtype, the test fails. If the check has an error of its own, the
        test fails, too, because the check has not been tried.

        Raises:
            AssertionError: The target breaks the check, or the check has an error of its own.
        """
        import pytest

        __tracebackhide__ = True  # these frames do not interest the reader
        if not self.plan.holds_of_standard(self.check, self.dtype):
            pytest.skip(f"{self.plan.held.title} does not keep it")
        expected = self.plan.expected.get(self.target.name, {})
        result = with_expectations(self._result(self.dtype), expected)
        if result.outcome == Outcome.EXPECTED:
            pytest.xfail(result.message)  # does nothing with --runxfail
        if result.outcome in (*FAILURES, Outcome.EXPECTED):
            where = TargetReport(self.target.name, {}, self.target.library, self.target.version, ())
            named = self._name(result)
            lines = [f"{self.target.name} ({self.dtype}): {named}"] if named else []
            lines += [f"{self.target.name} ({self.dtype}): {result.outcome} {result.check}"]
            lines += [self.check.statement, message(result), script(where, result)]
            raise AssertionError("\n".join(line for line in lines if line))
        if result.outcome is Outcome.FAULTY:
            pytest.fail(f"{self.target.name} ({self.dtype}): {result.check}: {result.message}", pytrace=False)
        if result.outcome != Outcome.KEPT:
            pytest.skip(f"{result.outcome}: {result.message}".rstrip(": "))
        if result.check in expected and not self._fails_elsewhere():
            stale = result.notes[-1]
            pytest.fail(f"{self.target.name} ({self.dtype}): {result.check}: {stale}", pytrace=False)

    @property
    def explained(self) -> bool:
        """Whether the check skipped although it is broken, since a failure before it explains it."""
        return (self.dtype, self.check.name) in self.names.explained

    def _result(self, dtype: str) -> Result:
        """The result in a dtype; failures that an accepted dialect has too are excused."""
        result = self.plan.run(self.check, self.target, dtype)
        for dialect in self.plan.accepted:
            result = in_dialect(self.check, result, self.target, dtype, self.plan, DEFINITIONS[dialect])
        return result

    def _name(self, result: Result) -> str:
        """What the target is, if that explains a broken check; skips if a failure before has told it."""
        import pytest

        __tracebackhide__ = True
        if result.outcome != Outcome.BROKEN or self.check.section is Section.STATE:
            return ""
        if self.dtype in self.names:
            self.names.explained.add((self.dtype, self.check.name))
            pytest.skip(f"broken too: {self.target.name} ({self.dtype}) is {self.names[self.dtype]}")
        return self.names[self.dtype]

    def _fails_elsewhere(self) -> bool:
        """Whether the check fails in another dtype, since an expectation covers all dtypes."""
        others = set(self.plan.dtypes) & set(self.target.capabilities.dtypes) - {self.dtype}
        return any(self._result(dtype).outcome in (*FAILURES, Outcome.DIALECT) for dtype in others)

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        return f"{self.target.name}-{self.check.name}-{self.dtype}"


def target_checks(target: Any, plan: Plan) -> list[TargetCheck]:
    """Every check of a target, in every dtype of the plan that it offers. Raises `TargetError`."""
    chosen = load_target(target)
    plan = plan.against(chosen)
    names = _Names(chosen, plan)
    return [
        TargetCheck(chosen, check, dtype, plan, names)
        for dtype in plan.dtypes
        if dtype in chosen.capabilities.dtypes
        for check in checks(discover(), plan.held)
    ]


BRIEFLY = 5.0
"""Time limit for one call of a target that is only diagnosed, in seconds."""


def identity(name: str, dtype: str, broken: Collection[str], plan: Plan) -> str:
    """One sentence that names what a target computes. Only the diagnosis is run for it.

    Args:
        name: The name of the target.
        dtype: The working precision, by name.
        broken: Names of the checks that the target breaks.
        plan: The plan of the run.
    """
    target = load_target(name)
    subject = Subject(target, format_of(dtype), BRIEFLY)
    effort = Effort(broken, plan.examples, plan.seed, plan.against(target).held)
    formula = formula_of(subject, effort)
    target.close()
    failed = (check for check in checks(discover()) if check.name in broken)
    results = tuple(Result(check.name, check.section, dtype, Outcome.BROKEN) for check in failed)
    return headline(DtypeReport(dtype, formula, results))
