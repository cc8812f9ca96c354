"""The report: all results as frozen data, which the renderers read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from adamcheck.checks.check import FAILURES, Outcome, Result, Section
from adamcheck.checks.conformance import tensors
from adamcheck.claims.claim import Verdict
from adamcheck.claims.statement import Derived, Standing, Stated
from adamcheck.diagnosis.formula import Formula
from adamcheck.examine.accuracy import Accuracy
from adamcheck.examine.hazards import Hazard
from adamcheck.proofs.witness import Witnessed
from adamcheck.support.display import Shown

CONFORMS, DOES_NOT_CONFORM, UNUSABLE, TARGET_FAILED = 0, 1, 2, 3
"""Exit statuses of the command line."""


@dataclass(frozen=True)
class LawSummary:
    """The name and the statement of a law of a claim. Its results are in the report of each target."""

    name: str
    statement: str


@dataclass(frozen=True)
class ClaimReport:
    """A claim with everything that decides it.

    `figure` is an SVG document, and `section` is the title of the folder of the claim.
    """

    name: str
    title: str
    says: str
    source: str
    verdict: Verdict
    statement: tuple[Stated, ...]
    derivations: tuple[Derived, ...]
    laws: tuple[LawSummary, ...]
    witnesses: tuple[Witnessed, ...]
    figure: str
    caption: str
    section: str = ""

    @property
    def upheld(self) -> bool:
        """Whether every derivation and every witness of the claim holds, and proves what it should."""
        shown = all(d.holds for d in self.derivations) and all(w.holds for w in self.witnesses)
        return shown and all(part.standing is not Standing.NOT_PROVED for part in self.statement)


class Absence(StrEnum):
    """Why a target is not offered in a dtype."""

    LACKED = "its library has no such dtype"
    REFUSED = "it was refused when it was started"
    NOT_INSTALLED = "it is not installed"


@dataclass(frozen=True)
class DtypeReport:
    """A target in one dtype.

    Attributes:
        failure: Why it could not be tested at all; "" if it was tested.
        absent: Why it is not offered; None if it is.
        accepted: Whether the user accepts its dialect.
        printed: The first line that it printed on stdout.
        ended: How its process ended after all work, if not normally.
        suggested: The definition that its name suggests, if the user did not name one.
        called: How the target is called, if that had to be found out.
        interrupted: Whether checks are missing because the run was interrupted.
    """

    dtype: str
    formula: Formula
    results: tuple[Result, ...] = ()
    accuracy: Accuracy | None = None
    hazards: tuple[Hazard, ...] = ()
    absent: Absence | None = None
    failure: str = ""
    accepted: bool = False
    printed: str = ""
    ended: str = ""
    suggested: str = ""
    called: str = ""
    interrupted: bool = False

    @property
    def offered(self) -> bool:
        """Whether the target exists in this dtype; if not, nothing was tested, and `failure` says why."""
        return self.absent is None

    def counted(self, section: Section) -> Counter[Outcome]:
        """The number of checks of a section with each outcome."""
        return Counter(result.outcome for result in self.results if result.section == section)

    @property
    def failures(self) -> tuple[Result, ...]:
        """The checks that the target failed, those of several tensors first: they fail in every run."""
        bad = FAILURES if self.accepted else (*FAILURES, Outcome.DIALECT)
        failed = (result for result in self.results if result.outcome in bad)
        return tuple(sorted(failed, key=lambda result: not is_between_tensors(result)))

    @property
    def status(self) -> int:
        outcomes = {result.outcome for result in self.results}
        if self.failure or self.ended or outcomes & {Outcome.CRASHED, Outcome.TIMED_OUT}:
            return TARGET_FAILED
        if self.failures or not (self.formula.conforms or self.accepted):
            return DOES_NOT_CONFORM
        return CONFORMS

    @property
    def faulty(self) -> tuple[str, ...]:
        """The names of the checks that have an error of their own, and say nothing about the target."""
        return tuple(result.check for result in self.results if result.outcome is Outcome.FAULTY)


def is_between_tensors(result: Result) -> bool:
    """Whether a result is of what several tensors do to each other."""
    return result.check in {check.name for check in tensors.EVERY}


@dataclass(frozen=True)
class TargetReport(Shown):
    """A target, dtype by dtype; `name` is what `adamcheck verify` takes, `options` go with it."""

    name: str
    options: Mapping[str, Any]
    library: str
    version: str
    dtypes: tuple[DtypeReport, ...]

    def __bool__(self) -> bool:
        return self.status == CONFORMS and not self.faulty

    @property
    def status(self) -> int:
        """The exit status of this target: the worst of its dtypes."""
        return max((report.status for report in self.dtypes if report.offered), default=TARGET_FAILED)

    @property
    def failures(self) -> tuple[Result, ...]:
        """The checks that the target failed, dtype by dtype."""
        return tuple(result for report in self.dtypes for result in report.failures)

    @property
    def faulty(self) -> tuple[str, ...]:
        """The names of the checks that have an error of their own in some dtype, each once."""
        return tuple(dict.fromkeys(name for report in self.dtypes for name in report.faulty))


@dataclass(frozen=True)
class Report:
    """All results of one command, with the seed and the profile.

    `definition` is the standard that the user named, as `Standard.parse` reads it; it is "" if each target is
    verified against the definition that it declares. `asked` is what else the user asked for, as `Plan.asked`
    has it.
    """

    version: str
    profile: str
    examples: int
    seed: int
    claims: tuple[ClaimReport, ...]
    targets: tuple[TargetReport, ...]
    definition: str = ""
    asked: Mapping[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """0 where every target conforms and every claim is upheld, else the worst status.

        A check with an error of its own is unusable input, unless there is worse to say of a target or claim.
        """
        claims = CONFORMS if all(claim.upheld for claim in self.claims) else DOES_NOT_CONFORM
        worst = max([claims, *(target.status for target in self.targets)])
        return UNUSABLE if worst == CONFORMS and self.faulty else worst

    @property
    def faulty(self) -> tuple[str, ...]:
        """The names of the checks that have an error of their own, each once."""
        return tuple(dict.fromkeys(name for target in self.targets for name in target.faulty))

    def status_of(self, names: Sequence[str]) -> int:
        """The exit status if only the claims and the targets of these names count."""
        counted = tuple(target for target in self.targets if target.name in names)
        return replace(self, targets=counted).status

    def law_results(self, law: str) -> Iterator[tuple[TargetReport, Result]]:
        """The results of one law on every target, dtype by dtype."""
        for target in self.targets:
            for dtype in target.dtypes:
                for result in dtype.results:
                    if result.check == law:
                        yield target, result
