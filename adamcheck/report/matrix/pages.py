"""The matrix for people: Markdown and HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from adamcheck.diagnose import DIALECT, TEXTBOOK
from adamcheck.numbers.floats import DTYPE_NAMES
from adamcheck.report import summary as words
from adamcheck.report.html import template, text_of
from adamcheck.report.markdown import table
from adamcheck.report.matrix.document import SCALARS

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
    import adamcheck.report.matrix.pages as here

    return template("matrix.html").render(
        matrix=matrix, css=Markup(text_of("style.css")), dtypes=dtypes_of(matrix), here=here
    )
