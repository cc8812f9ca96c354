"""The matrix as plain data: its rows, made of reports and kept from run to run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from adamcheck.checks.check import FAILURES
from adamcheck.diagnosis.formula import Kind
from adamcheck.examine.accuracy import Measure
from adamcheck.examine.results import TARGET_FAILED, DtypeReport, Report, TargetReport
from adamcheck.report import summary as words
from adamcheck.report.document import ReportError
from adamcheck.report.formulas import sentence
from adamcheck.targets.known import KNOWN

FORMAT = "adamcheck-matrix-2"

_KEYS: set[str] = {
    *("name", "library", "version", "formula", "kind", "dialect", "bug", "status"),
    *("dtypes", "precision", "laws", "accuracy", "state", "hazards", "remarks", "failed", "broken", "tried"),
}
"""What a row has."""

SCALARS = {"direct": "double", "double": "double", "working": "working dtype"}
"""In which precision a target forms its scalars, told by the allowance that it needs."""


def rows(report: Report) -> list[dict[str, Any]]:
    """The rows of the targets of a report, as plain data."""
    tried = f"adamcheck {report.version}, profile {report.profile}, seed {report.seed}"
    return [_row(target, tried) for target in report.targets]


def _row(target: TargetReport, tried: str) -> dict[str, Any]:
    options = {name: value for name, value in target.options.items() if name != "python"}
    tested = [part for part in target.dtypes if part.offered and part.results]
    told = [part for part in tested if part.formula.kind in (Kind.EXPECTED, Kind.DIALECT)]
    first = (told or tested or list(target.dtypes))[0]
    failed = {part.dtype: words.headline(part) for part in target.dtypes if _failed(part)}
    return {
        "name": words.label(replace(target, options=options)),
        "library": target.library,
        "version": target.version,
        "formula": failed.get(first.dtype, first.failure or sentence(first.formula, first.dtype)),
        "kind": first.formula.kind,
        "against": first.formula.against,
        "dialect": first.formula.dialect,
        "bug": first.formula.bug,
        "precision": {part.dtype: part.formula.precision or part.dtype for part in tested},
        "status": target.status,
        "dtypes": {part.dtype: _verdict(part) for part in target.dtypes},
        "laws": {part.dtype: dict(part.counted("laws")) for part in tested},
        "accuracy": {part.dtype: _accuracy(part) for part in tested},
        "state": {part.dtype: dict(part.counted("state")) for part in tested},
        "hazards": {
            part.dtype: [f"{hazard.situation}: {hazard.seen}" for hazard in part.hazards] for part in tested
        },
        "remarks": [
            *(KNOWN[target.name].remarks if target.name in KNOWN else ()),
            *dict.fromkeys(remark for part in tested for remark in words.remarks(part)),
        ],
        "failed": failed,
        "broken": _broken(tested),
        "tried": tried,
    }


def _failed(part: DtypeReport) -> bool:
    return part.offered and part.status == TARGET_FAILED


def _verdict(part: DtypeReport) -> str:
    return part.failure if part.failure else words.formula(part).word


def _accuracy(part: DtypeReport) -> dict[str, Any] | None:
    measured = part.accuracy
    if measured is None or measured.dyadic is None or measured.decimal is None:
        return None
    worst = max(measured.dyadic, measured.decimal, key=lambda m: m.radii)
    return {
        "radii": _short(worst.radii),
        "ulps": _short(worst.ulps),
        "scalars": _scalars(measured.dyadic, measured.decimal),
    }


def _scalars(*measures: Measure) -> str:
    needed = {SCALARS[measure.allowance] for measure in measures}
    return SCALARS["working"] if SCALARS["working"] in needed else SCALARS["double"]


def _short(number: float) -> float:
    return float(f"{number:.2g}")


def _broken(tested: Iterable[DtypeReport]) -> list[dict[str, Any]]:
    """The checks that fail, each of them once, with all its dtypes and with what happened in the first."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for part in tested:
        for result in part.results:
            if result.outcome not in FAILURES:
                continue
            told = {name: getattr(result, name) for name in ("check", "section", "outcome", "message")}
            once = found.setdefault((result.check, result.outcome), {**told, "dtypes": []})
            once["dtypes"].append(part.dtype)
    return list(found.values())


# --- documents -----------------------------------------------------------------------------------


def document(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A matrix with these rows, in the order of their names."""
    return {
        "format": FORMAT,
        "targets": sorted(found, key=lambda row: (row["library"].lower(), row["name"])),
    }


def merged(found: Sequence[Mapping[str, Any]], path: Path) -> list[Mapping[str, Any]]:
    """The rows found now, and those of the matrix in a file for which there is none now.

    Raises `ReportError` for a file that is no matrix.
    """
    if not path.exists():
        return list(found)
    names = {row["name"] for row in found}
    return [*found, *(row for row in load(path)["targets"] if row["name"] not in names)]


def load(path: Path) -> dict[str, Any]:
    """The matrix in a JSON file. Raises `ReportError`."""
    try:
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror or error}") from None
    except ValueError:
        raise ReportError(f"{path}: not readable as JSON; expected a matrix of format {FORMAT}") from None
    ours = isinstance(loaded, dict) and loaded.get("format") == FORMAT
    if not ours or not all(set(row) >= _KEYS for row in loaded["targets"]):
        raise ReportError(
            f"{path}: expected a matrix of format {FORMAT}: remove it, or choose another folder"
        )
    return loaded


def dumps(matrix: Mapping[str, Any]) -> bytes:
    """The matrix as JSON, the same bytes for the same findings."""
    return json.dumps(matrix, sort_keys=True, indent=1, ensure_ascii=True).encode() + b"\n"
