"""Resuming: what a saved report of an interrupted run has is kept, and the rest is run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from adamcheck import __version__
from adamcheck.checks.check import Outcome
from adamcheck.examine.plan import Plan
from adamcheck.examine.results import CONFORMS, UNUSABLE, Report
from adamcheck.report.documents import ReportError
from adamcheck.report.json import options, saved
from adamcheck.report.saved import REPORT, SavedReport, SavedTarget
from adamcheck.targets.find import Spec


class Resumed:
    """A run that was interrupted, and goes on.

    Args:
        path: The JSON report of the first part.
        specs: The targets of the whole run.
        plan: The plan of the whole run.

    Attributes:
        missing: The targets that are not finished in the report.

    Raises:
        ReportError: The file is not a report, or is one of another run; the message says what differs.
    """

    def __init__(self, path: Path, specs: Sequence[Spec], plan: Plan) -> None:
        before = REPORT.load(path)
        now = {
            "version": (before.version, __version__),
            "profile": (before.profile, plan.profile),
            "seed": (before.seed, plan.seed),
            "definition": (before.definition, str(plan.standard or "")),
            "options": (before.asked or {}, plan.asked),
        }
        for name, (then, asked) in now.items():
            if then != asked:
                raise ReportError(f"{path}: {name} {then!r}, here {asked!r}: run the same command again")
        self._names = [_key(spec.name, options(spec.keywords)) for spec in specs]
        self._finished: dict[str, SavedTarget] = {}
        for target in before.targets:
            key = _key(target.name, target.options)
            if key not in self._names:
                raise ReportError(
                    f"{path}: {key} is not a target of this command: run the same command again"
                )
            dtypes = tuple(part.dtype for part in target.dtypes)
            if not set(dtypes) <= set(plan.dtypes):
                raise ReportError(f"{path}: its dtypes were {', '.join(dtypes)}: run the same command again")
            if dtypes == plan.dtypes and not any(part.interrupted is True for part in target.dtypes):
                self._finished[key] = target
        self.missing = [
            spec for spec, key in zip(specs, self._names, strict=True) if key not in self._finished
        ]

    def whole(self, report: Report) -> SavedReport:
        """The report on the whole run, given that on the missing targets."""
        rest = saved(report)
        known = {_key(target.name, target.options): target for target in rest.targets} | self._finished
        targets = tuple(known[key] for key in self._names if key in known)
        worst = max((target.status for target in targets), default=CONFORMS)
        outcomes = {found.outcome for target in targets for part in target.dtypes for found in part.results}
        status = UNUSABLE if worst == CONFORMS and Outcome.FAULTY in outcomes else worst
        return msgspec.structs.replace(rest, targets=targets, status=status)


def _key(name: str, options: dict[str, object]) -> str:
    """What tells targets apart: a name may be given several times, with other options."""
    return " ".join([name, *(f"{option}={value!r}" for option, value in sorted(options.items()))])
