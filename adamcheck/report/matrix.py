"""The compatibility matrix: what each implementation of Adam really computes, one row each.

A matrix is a plain document (JSON), so that rows from several runs, in several environments, can stand in
one; Markdown and HTML are made from it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from markupsafe import Markup

from adamcheck.accuracy import Measure
from adamcheck.checks import FAILURES
from adamcheck.diagnose import DIALECT, TEXTBOOK
from adamcheck.numbers.floats import DTYPE_NAMES
from adamcheck.report import summary as words
from adamcheck.report.html import template, text_of
from adamcheck.report.json import ReportError
from adamcheck.report.markdown import table
from adamcheck.report.model import DtypeReport, Report, TargetReport
from adamcheck.targets.known import KNOWN

FORMAT = "adamcheck-matrix-1"

_KEYS: set[str] = {
    *("name", "library", "version", "formula", "kind", "dialect", "bug", "status"),
    *("dtypes", "precision", "laws", "accuracy", "state", "hazards", "remarks"),
}
"""What a row has at the least."""

SCALARS = {"direct": "double", "double": "double", "working": "working dtype"}
"""In which precision a target forms its scalars, told by the allowance that it needs."""


def rows(report: Report) -> list[dict[str, Any]]:
    """The rows of the targets of a report, as plain data."""
    return [_row(target) for target in report.targets]


def _row(target: TargetReport) -> dict[str, Any]:
    options = {name: value for name, value in target.options.items() if name != "python"}
    tested = [part for part in target.dtypes if part.offered and part.results]
    told = [part for part in tested if part.formula.kind in (TEXTBOOK, DIALECT)]
    first = (told or tested or list(target.dtypes))[0]
    return {
        "name": words.label(replace(target, options=options)),
        "library": target.library,
        "version": target.version,
        "formula": first.formula.sentence if not first.failure else first.failure,
        "kind": first.formula.kind,
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
            *dict.fromkeys(remark for part in tested for remark in _remarks(part)),
        ],
    }


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


def _remarks(part: DtypeReport) -> Iterable[str]:
    """What its users should know beside the formula: checks of its state that fail, and what it printed."""
    for result in part.results:
        if result.section == "state" and result.outcome in FAILURES:
            yield f"{result.outcome}: {words.check_words(result.check)}: {result.message}"
    yield from words.remarks(part)


# --- documents -----------------------------------------------------------------------------------


def document(found: Sequence[Mapping[str, Any]], *, version: str, profile: str, seed: int) -> dict[str, Any]:
    """A matrix with these rows, in the order of their names."""
    return {
        "format": FORMAT,
        "version": version,
        "profile": profile,
        "seed": seed,
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


# --- for people ----------------------------------------------------------------------------------

INTRODUCTION = (
    "Each implementation was run step by step against the textbook's definition, evaluated with 113 bits "
    "and enclosed by the radius that honest rounding may cause. *Formula*: the definition that encloses "
    "every update that was seen. *Error*, one column a dtype: the largest one as a share of the radius, in "
    "units in the last place of the update, and in which precision the scalars (1 - beta^t, ...) are "
    "formed: all of these are legitimate, and the error tells them apart. *State*: saving and resuming, "
    "independent instances, arguments left alone. A *hazard* is an ordinary input for which the arithmetic "
    "of a dtype goes wrong by itself."
)


def dtypes_of(matrix: Mapping[str, Any]) -> list[str]:
    """The dtypes in which any target was tested, the widest first."""
    tried = {dtype for row in matrix["targets"] for dtype in row["dtypes"]}
    return [dtype for dtype in DTYPE_NAMES if dtype in tried]


def formula_word(row: Mapping[str, Any]) -> words.Badge:
    """The formula of a row in a word."""
    tones = {TEXTBOOK: words.GOOD, DIALECT: words.FAIR}
    named = " + ".join(name for name in (row["dialect"], row["bug"]) if name)
    return words.Badge(named or row["kind"], tones.get(row["kind"], words.BAD))


def cell(row: Mapping[str, Any], dtype: str) -> str:
    """The accuracy of a row in one dtype, or why there is none."""
    accuracy = row["accuracy"].get(dtype)
    if accuracy is not None:
        scalars = (
            "" if accuracy["scalars"] == SCALARS["double"] else f", scalars in the {accuracy['scalars']}"
        )
        precision = row["precision"][dtype]
        coarse = f"computed in {precision}: " if precision != dtype else ""
        return f"{coarse}{accuracy['radii']:g} of the radius, {accuracy['ulps']:g} ulps{scalars}"
    verdict = row["dtypes"].get(dtype, "")
    return "not offered" if "offers no" in verdict else verdict or "not tested"


def anchor(row: Mapping[str, Any]) -> str:
    """The anchor of a row on the page."""
    return f"target-{words.slug(row['name'])}"


def counts(counted: Mapping[str, Mapping[str, int]]) -> str:
    """Outcomes over all dtypes together: `kept of applicable`, and what else there was."""
    together: Counter[str] = Counter()
    for outcomes in counted.values():
        together.update(outcomes)
    return words.kept(together)


def hazards(row: Mapping[str, Any]) -> str:
    """How many hazards a row has in each dtype that has any."""
    told = [f"{len(found)} in {dtype}" for dtype, found in row["hazards"].items() if found]
    return ", ".join(told) or "none"


def markdown(matrix: Mapping[str, Any]) -> str:
    """The matrix as Markdown."""
    dtypes = dtypes_of(matrix)
    heads = ["implementation", "version", "formula", *dtypes, "laws", "state", "hazards"]
    lines = [
        [
            f"`{row['name']}`",
            f"{row['library']} {row['version']}".strip(),
            f"**{formula_word(row).word}**",
            *(cell(row, dtype) for dtype in dtypes),
            counts(row["laws"]),
            counts(row["state"]),
            hazards(row),
        ]
        for row in matrix["targets"]
    ]
    notes = [
        f"- `{row['name']}`: {'; '.join([row['formula'], *row['remarks']])}" for row in matrix["targets"]
    ]
    said = f"adamcheck {matrix['version']}, profile {matrix['profile']}, seed {matrix['seed']}."
    return (
        "\n\n".join(
            [
                "# What each Adam computes",
                INTRODUCTION,
                table(heads, lines),
                "## In words",
                "\n".join(notes),
                said,
            ]
        )
        + "\n"
    )


def html(matrix: Mapping[str, Any]) -> str:
    """The matrix as one HTML page that needs nothing else."""
    import adamcheck.report.matrix as here

    return template("matrix.html").render(
        matrix=matrix, css=Markup(text_of("style.css")), dtypes=dtypes_of(matrix), here=here
    )
