"""A report as a JSON document: `adamcheck.report.saved` says what it holds.

The traces of counterexamples are documents of `adamcheck.traces.trace`, in which every number is hexadecimal
and exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

from adamcheck.checks.check import Result
from adamcheck.diagnosis.formula import Formula
from adamcheck.examine.results import ClaimReport, DtypeReport, Report, TargetReport
from adamcheck.proofs.statement import Counterexample
from adamcheck.proofs.steps import CheckedStep
from adamcheck.report import formulas
from adamcheck.report.documents import Saved, finite
from adamcheck.report.saved import (
    FORMAT,
    REPORT,
    SavedAccuracy,
    SavedAnswered,
    SavedClaim,
    SavedComparison,
    SavedCondition,
    SavedCounterexample,
    SavedDerivation,
    SavedDtype,
    SavedEngine,
    SavedFormula,
    SavedHazard,
    SavedLaw,
    SavedOffence,
    SavedProposition,
    SavedRefusal,
    SavedReport,
    SavedResult,
    SavedStep,
    SavedTarget,
    SavedTrace,
    SavedValue,
    SavedVerdict,
    SavedWitness,
    Status,
    TargetStatus,
)
from adamcheck.report.script import script
from adamcheck.traces.trace import to_json

_Kind = TypeVar("_Kind", bound=Saved)


def dumps(report: Report) -> bytes:
    """The report as a JSON document."""
    return REPORT.dumps(saved(report))


def saved(report: Report) -> SavedReport:
    """What is saved of a report: everything but its figures and the calls of counterexamples."""
    return SavedReport(
        format=FORMAT,
        version=report.version,
        profile=report.profile,
        examples=report.examples,
        seed=report.seed,
        status=msgspec.convert(report.status, Status),
        definition=report.definition,
        asked=dict(report.asked) or UNSET,
        claims=tuple(_claim(claim) for claim in report.claims),
        targets=tuple(_target(target) for target in report.targets),
    )


def _status(status: int) -> TargetStatus:
    return msgspec.convert(status, TargetStatus)  # type: ignore[no-any-return]


def _claim(claim: ClaimReport) -> SavedClaim:
    return SavedClaim(
        name=claim.name,
        section=claim.section,
        title=claim.title,
        says=claim.says,
        source=claim.source,
        verdict=_fields(SavedVerdict, claim.verdict),
        statement=tuple(_fields(SavedProposition, part) for part in claim.statement),
        upheld=claim.upheld,
        derivations=tuple(
            SavedDerivation(
                name=derivation.name,
                statement=derivation.statement,
                holds=derivation.holds,
                steps=tuple(_step(step) for step in derivation.steps),
            )
            for derivation in claim.derivations
        ),
        laws=tuple(_fields(SavedLaw, law) for law in claim.laws),
        witnesses=tuple(
            SavedWitness(
                name=witness.name,
                statement=witness.statement,
                holds=witness.holds,
                comparisons=tuple(_fields(SavedComparison, each) for each in witness.comparisons),
                script=witness.script,
            )
            for witness in claim.witnesses
        ),
        caption=claim.caption,
    )


def _step(step: CheckedStep) -> SavedStep:
    return SavedStep(
        kind=step.kind,
        text=step.text,
        formula=step.formula,
        engines=tuple(SavedEngine(engine=name, answer=answer) for name, answer in step.engines),
        refusal=_fields(SavedRefusal, step.refusal) if step.refusal else None,
        counterexample=_counterexample(step.counterexample) if step.counterexample else None,
        holds=step.holds,
        engines_agree=step.engines_agree,
    )


def _counterexample(found: Counterexample) -> SavedCounterexample:
    return SavedCounterexample(
        values=tuple(SavedValue(name=name, value=value) for name, value in found.values),
        left=found.left,
        right=found.right,
        exact=found.exact,
    )


def _target(target: TargetReport) -> SavedTarget:
    return SavedTarget(
        name=target.name,
        options=options(target.options),
        library=target.library,
        version=str(target.version),  # of a subclass of str in PyTorch
        status=_status(target.status),
        dtypes=tuple(_dtype(target, dtype) for dtype in target.dtypes),
    )


def options(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a target, as they are saved."""
    return {str(name): _option(value) for name, value in given.items()}


def _dtype(target: TargetReport, dtype: DtypeReport) -> SavedDtype:
    return SavedDtype(
        dtype=dtype.dtype,
        offered=dtype.offered,
        failure=dtype.failure,
        status=_status(dtype.status) if dtype.offered else None,
        formula=_formula(dtype.formula, dtype.dtype),
        accuracy=_fields(SavedAccuracy, dtype.accuracy) if dtype.accuracy else None,
        accepted=dtype.accepted,
        printed=dtype.printed,
        called=dtype.called,
        ended=dtype.ended,
        interrupted=dtype.interrupted or UNSET,
        hazards=tuple(_fields(SavedHazard, hazard) for hazard in dtype.hazards),
        results=tuple(_result(target, result) for result in dtype.results),
    )


def _formula(formula: Formula, dtype: str) -> SavedFormula:
    return SavedFormula(
        kind=formula.kind,
        against=formula.against,
        sentence=formulas.sentence(formula, dtype),
        dialect=formula.dialect,
        bug=formula.bug,
        siblings=tuple(formulas.named(each) for each in formula.siblings),
        observed=tuple(formulas.observed(formula)),
        source=formula.source,
        precision=formula.precision,
        conforms=formula.conforms,
    )


def _result(target: TargetReport, result: Result) -> SavedResult:
    trace = to_json({"counterexample": result.trace}) if result.trace else None
    return SavedResult(
        check=result.check,
        section=result.section,
        outcome=result.outcome,
        examples=result.examples,
        not_judged=result.not_judged,
        message=result.message,
        notes=result.notes,
        offence=_fields(SavedOffence, result.offence) if result.offence else None,
        answered=tuple(_fields(SavedAnswered, each) for each in result.answered) or UNSET,
        conditions=tuple(_fields(SavedCondition, each) for each in result.conditions) or UNSET,
        trace=msgspec.convert(trace, SavedTrace) if trace else None,
        script=script(target, result),
    )


def _fields(kind: type[_Kind], facts: Any) -> _Kind:
    """What is saved of facts that have the same fields."""
    return msgspec.convert(finite(asdict(facts)), kind)


def _option(value: Any) -> Any:
    """An option as it is where JSON can say it, else as Python writes it."""
    if isinstance(value, Mapping):
        return {str(name): _option(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_option(entry) for entry in value]
    return finite(value) if isinstance(value, bool | int | float | str | None) else repr(value)
