"""The rows of a matrix, made of reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from msgspec import convert

from adamcheck.checks.check import FAILURES, Outcome, Result, Section
from adamcheck.diagnosis.formula import Kind
from adamcheck.examine.accuracy import Measure
from adamcheck.examine.results import TARGET_FAILED, DtypeReport, Report, TargetReport
from adamcheck.numbers.enclosure import Freedom
from adamcheck.report import summary as words
from adamcheck.report.documents import finite
from adamcheck.report.formulas import sentence
from adamcheck.report.matrix.saved import BrokenCheck, Error, Part, Row, Scalars, Tried
from adamcheck.report.saved import SavedHazard, TargetStatus
from adamcheck.targets.known import KNOWN

_IN_WORKING = (Freedom.WORKING, Freedom.ANCHORED)
"""The allowances under which scalars may be formed in the working dtype."""


def rows(report: Report) -> list[Row]:
    """The rows of the targets of a report."""
    tried = Tried(version=report.version, profile=report.profile, seed=report.seed)
    return [_row(target, tried) for target in report.targets]


def _row(target: TargetReport, tried: Tried) -> Row:
    first = _first(target)
    failed = _failed(first)
    return Row(
        name=_name(target),
        library=target.library,
        version=str(target.version),  # of a subclass of str in PyTorch
        formula=failed or first.failure or sentence(first.formula, first.dtype),
        of=first.dtype,
        status=convert(target.status, TargetStatus),
        dtypes={part.dtype: _part(part) for part in target.dtypes},
        broken=tuple(_broken(target)),
        remarks=_remarks(target),
        tried=tried,
    )


def _name(target: TargetReport) -> str:
    """The name of a target with its options, wherever its interpreter is."""
    options = {name: value for name, value in target.options.items() if name != "python"}
    return words.label(replace(target, options=options))


def _first(target: TargetReport) -> DtypeReport:
    """The dtype that says best what a target computes: the first in which its formula is known."""
    tested = [part for part in target.dtypes if part.results]
    known = [part for part in tested if part.formula.kind in (Kind.EXPECTED, Kind.DIALECT)]
    return (known or tested or target.dtypes)[0]


def _failed(part: DtypeReport) -> str:
    """What happened to a target that failed in a dtype."""
    return words.headline(part) if part.offered and part.status == TARGET_FAILED else ""


def _part(part: DtypeReport) -> Part:
    failed, formula = _failed(part), part.formula
    return Part(
        absent=part.absent,
        failed=bool(failed),
        says=failed or part.failure,
        tested=part.offered and bool(part.results),
        kind=formula.kind,
        against=formula.against,
        dialect=formula.dialect,
        bug=formula.bug,
        precision=formula.precision or part.dtype,
        accuracy=_error(part),
        laws=_counted(part, Section.LAWS),
        state=_counted(part, Section.STATE),
        hazards=tuple(SavedHazard(situation=each.situation, seen=each.seen) for each in part.hazards),
    )


def _counted(part: DtypeReport, section: Section) -> dict[Outcome, int]:
    return dict(Counter(result.outcome for result in part.results if result.section == section))


def _error(part: DtypeReport) -> Error | None:
    measured = part.accuracy
    if measured is None or measured.dyadic is None or measured.decimal is None:
        return None
    both = (measured.dyadic, measured.decimal)
    worst = max(both, key=lambda measure: measure.radii)
    return Error(radii=_short(worst.radii), ulps=finite(_short(worst.ulps)), scalars=_scalars(both))


def _scalars(measures: Iterable[Measure]) -> Scalars:
    return "working dtype" if any(measure.allowance in _IN_WORKING for measure in measures) else "double"


def _short(number: float) -> float:
    return float(f"{number:.2g}")


def _broken(target: TargetReport) -> Iterator[BrokenCheck]:
    """The checks that fail, each of them once, with all its dtypes and with what happened in the first."""
    failing = (result for part in target.dtypes for result in part.results if result.outcome in FAILURES)
    together: dict[tuple[str, Outcome], list[Result]] = {}
    for result in failing:
        together.setdefault((result.check, result.outcome), []).append(result)
    for first, *others in together.values():
        yield BrokenCheck(
            check=first.check,
            section=first.section,
            outcome=first.outcome,
            message=first.message,
            dtypes=tuple(result.dtype for result in (first, *others)),
        )


def _remarks(target: TargetReport) -> tuple[str, ...]:
    known = KNOWN[target.name].remarks if target.name in KNOWN else ()
    tested = (part for part in target.dtypes if part.results)
    return (*known, *dict.fromkeys(remark for part in tested for remark in words.remarks(part)))
