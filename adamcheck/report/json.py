"""A report as a JSON document, and back as plain data; `report.schema.json` describes it.

The document is the same, byte for byte, for the same findings: no date, no duration, no machine. Numbers
that JSON lacks are the strings "nan", "inf" and "-inf", which Python's `float` reads; the traces of
counterexamples are documents of `adamcheck.traces.trace`, in which every number is hexadecimal and exact.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from math import isfinite
from pathlib import Path
from typing import Any

from adamcheck.checks.check import Result
from adamcheck.diagnosis.formula import Formula
from adamcheck.examine.results import ClaimReport, DtypeReport, Report, TargetReport
from adamcheck.report import formulas
from adamcheck.report.script import script
from adamcheck.support.errors import Told
from adamcheck.traces.trace import to_json

FORMAT = "adamcheck-report-1"


class ReportError(Told, ValueError):
    """A file that is no report of this format; the message is one line."""


def dumps(report: Report) -> bytes:
    """The report as UTF-8 bytes with sorted keys, ending in a newline."""
    text = json.dumps(to_document(report), sort_keys=True, indent=1, allow_nan=False)
    return text.encode("ascii") + b"\n"


def load(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The document in a file that `dumps` wrote.

    Raises `ReportError` for a file that cannot be read, is cut short, or is something else.
    """
    path = Path(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReportError(f"{path}: no such file") from None
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise _wrong(path, f"not readable as JSON ({str(error).splitlines()[0]})") from None
    if not isinstance(document, dict) or not isinstance(document.get("format"), str):
        raise _wrong(path, 'no "format" in it')
    if document["format"] != FORMAT:
        raise _wrong(path, f'its "format" is {document["format"][:40]!r}')
    for name in schema()["required"]:
        kind = _PYTHON[schema()["properties"][name].get("type", "string")]
        if name not in document:
            raise _wrong(path, f"it has no {name!r}")
        if not isinstance(document[name], kind):
            raise _wrong(path, f"its {name!r} is no {kind.__name__}")
    return document


_PYTHON = {"array": list, "object": dict, "string": str, "integer": int}


def _wrong(path: Path, what: str) -> ReportError:
    return ReportError(f"{path}: {what}; expected a report of format {FORMAT}: write it again with adamcheck")


@cache
def schema() -> dict[str, Any]:
    """The published JSON schema (draft 2020-12) of a report."""
    text = files("adamcheck.report").joinpath("report.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def to_document(report: Report) -> dict[str, Any]:
    """The report as plain data that JSON can say."""
    return {
        "format": FORMAT,
        "version": report.version,
        "profile": report.profile,
        "examples": report.examples,
        "seed": report.seed,
        "status": report.status,
        "claims": [_claim(claim) for claim in report.claims],
        "targets": [_target(target) for target in report.targets],
    }


def _claim(claim: ClaimReport) -> dict[str, Any]:
    return {
        "name": claim.name,
        "section": claim.section,
        "title": claim.title,
        "says": claim.says,
        "source": claim.source,
        "verdict": asdict(claim.verdict),
        "statement": claim.statement,
        "upheld": claim.upheld,
        "derivations": [
            {
                "name": derivation.name,
                "statement": derivation.statement,
                "holds": derivation.holds,
                "steps": [
                    {
                        "kind": step.kind,
                        "text": step.text,
                        "formula": step.formula,
                        "engines": [{"engine": name, "answer": answer} for name, answer in step.engines],
                        "holds": step.holds,
                        "engines_agree": step.engines_agree,
                    }
                    for step in derivation.steps
                ],
            }
            for derivation in claim.derivations
        ],
        "laws": [asdict(law) for law in claim.laws],
        "witnesses": [
            {
                "name": witness.name,
                "statement": witness.statement,
                "holds": witness.holds,
                "comparisons": [asdict(comparison) for comparison in witness.comparisons],
                "script": witness.script,
            }
            for witness in claim.witnesses
        ],
        "caption": claim.caption,
    }


def _target(target: TargetReport) -> dict[str, Any]:
    return {
        "name": target.name,
        "options": {str(name): _option(value) for name, value in target.options.items()},
        "library": target.library,
        "version": target.version,
        "status": target.status,
        "dtypes": [_dtype(target, dtype) for dtype in target.dtypes],
    }


def _dtype(target: TargetReport, dtype: DtypeReport) -> dict[str, Any]:
    return {
        "dtype": dtype.dtype,
        "offered": dtype.offered,
        "failure": dtype.failure,
        "status": dtype.status if dtype.offered else None,
        "formula": _formula(dtype.formula, dtype.dtype),
        "accuracy": _finite(asdict(dtype.accuracy)) if dtype.accuracy else None,
        "accepted": dtype.accepted,
        "printed": dtype.printed,
        "ended": dtype.ended,
        "hazards": [asdict(hazard) for hazard in dtype.hazards],
        "results": [_result(target, result) for result in dtype.results],
    }


def _formula(formula: Formula, dtype: str) -> dict[str, Any]:
    return {
        "kind": formula.kind,
        "against": formula.against,
        "sentence": formulas.sentence(formula, dtype),
        "dialect": formula.dialect,
        "bug": formula.bug,
        "siblings": [formulas.named(each) for each in formula.siblings],
        "observed": list(formulas.observed(formula)),
        "source": formula.source,
        "precision": formula.precision,
        "conforms": formula.conforms,
    }


def _result(target: TargetReport, result: Result) -> dict[str, Any]:
    return {
        "check": result.check,
        "section": result.section,
        "outcome": result.outcome,
        "examples": result.examples,
        "not_judged": result.not_judged,
        "message": result.message,
        "notes": list(result.notes),
        "offence": _finite(asdict(result.offence)) if result.offence else None,
        "trace": to_json({"counterexample": result.trace}) if result.trace else None,
        "script": script(target, result),
    }


def _option(value: Any) -> Any:
    """An option as it is where JSON can say it, else as Python writes it."""
    if isinstance(value, Mapping):
        return {str(name): _option(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_option(entry) for entry in value]
    return _finite(value) if isinstance(value, bool | int | float | str | None) else repr(value)


def _finite(value: Any) -> Any:
    """The same data with the numbers that JSON lacks as strings."""
    if isinstance(value, Mapping):
        return {name: _finite(entry) for name, entry in value.items()}
    return value if not isinstance(value, float) or isfinite(value) else str(value)
