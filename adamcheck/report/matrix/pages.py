"""The matrix for people: one table, what it comes to, and each implementation in words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup

from adamcheck.checks.check import Section
from adamcheck.report import summary as words
from adamcheck.report.html import template, text_of
from adamcheck.report.markdown import plain, table
from adamcheck.report.matrix import findings, overview, verdicts
from adamcheck.report.matrix.findings import Finding
from adamcheck.report.matrix.overview import Line
from adamcheck.report.matrix.saved import Error, Matrix, Row, Tried
from adamcheck.report.matrix.verdicts import Mark

INTRODUCTION = (
    "Each implementation was run step by step against the textbook's definition, evaluated with about"
    " twice the digits and enclosed by the radius that honest rounding may cause. *Formula*: the "
    "definition that encloses every update that was seen. *Error*, one column a dtype: the largest "
    "one as a share of the radius, in units in the last place of the update, and in which precision "
    "the scalars (1 - beta^t, ...) are formed: all of these are legitimate, and the error tells them "
    "apart. *State*: saving and resuming, independent instances, arguments left alone. A *hazard* is "
    "an ordinary input for which the arithmetic of a dtype goes wrong by itself."
)


def dtypes_of(matrix: Matrix) -> tuple[str, ...]:
    """The dtypes in which any target was tested, the widest first."""
    return findings.in_order(dtype for row in matrix.targets for dtype in row.dtypes)


def anchor(row: Row) -> str:
    """The anchor of a row in the table."""
    return f"row-{words.slug(row.name)}"


def anchor_of_words(row: Row) -> str:
    """The anchor of what is said of a row in words."""
    return f"target-{words.slug(row.name)}"


def libraries(matrix: Matrix) -> list[list[Row]]:
    """The rows, those of a library together."""
    return [list(rows) for _, rows in groupby(matrix.targets, lambda row: row.library)]


def error(row: Row, dtype: str) -> Error | None:
    """The error of a row in one dtype, where it was measured in a run that did not fail."""
    part = row.dtypes.get(dtype)
    return part.accuracy if part and not part.failed else None


def scalars(row: Row, dtype: str) -> str:
    """The precision of the scalars of a row, where it is less than double."""
    part = row.dtypes.get(dtype)
    if part is None or part.accuracy is None or part.precision == "float64":
        return ""
    return part.precision if part.accuracy.scalars == "working dtype" else ""


def hazards(row: Row) -> list[str]:
    """How many hazards a row has in each dtype that has any."""
    counted = {dtype: len(part.hazards) for dtype, part in row.dtypes.items() if part.hazards}
    return [f"{counted[dtype]} in {dtype}" for dtype in findings.in_order(counted)]


# --- Markdown ------------------------------------------------------------------------------------


def markdown(matrix: Matrix) -> str:
    """The matrix as Markdown."""
    return "\n\n".join(_blocks(matrix)) + "\n"


def _blocks(matrix: Matrix) -> Iterator[str]:
    yield "# What each Adam computes"
    yield f"{overview.how_many(matrix)}, held against one definition with derived tolerances."
    yield "\n".join(_in_short(line) for line in overview.formulas(matrix))
    if beside := overview.beside(matrix):
        yield "Some of these have more to be said of them:"
        yield "\n".join(_in_short(line) for line in beside)
    yield "## The table"
    yield INTRODUCTION
    yield "\n".join(f"- {_strong(verdict)}: {meaning}" for verdict, meaning in verdicts.LEGEND)
    dtypes = dtypes_of(matrix)
    heads = ["implementation", "version", "formula", *dtypes, "laws", "state", "hazards"]
    yield table(heads, (_cells(row, dtypes) for row in matrix.targets))
    yield "## In words"
    yield "\n".join(line for row in matrix.targets for line in _in_words(row))
    yield f"{tried(matrix)}."


def tried(matrix: Matrix) -> str:
    """How rows were made, by which version: most of them, and with their names those made otherwise."""
    names: dict[Tried, list[str]] = {}
    for row in matrix.targets:
        names.setdefault(row.tried, []).append(row.name)
    usual, *others = sorted(names, key=lambda how: -len(names[how]))
    return "; ".join([_how(usual), *(f"{_how(how)}: {', '.join(names[how])}" for how in others)])


def _how(tried: Tried) -> str:
    return f"adamcheck {tried.version}, profile {tried.profile}, seed {tried.seed}"


def _in_short(line: Line) -> str:
    groups = ((head, ", ".join(f"`{row.name}`" for row in rows)) for head, rows in line.groups)
    told = "; ".join(f"{plain(head)} ({names})" if head else names for head, names in groups)
    return f"- {line.verdict.symbol} **{line.count}** {line.says}: {told}"


def _cells(row: Row, dtypes: tuple[str, ...]) -> list[str]:
    return [
        f'<a id="{anchor(row)}"></a>[`{row.name}`](#{anchor_of_words(row)})',
        plain(f"{row.library} {row.version}"),
        ", ".join(_strong(verdict) for verdict in verdicts.overall(row)),
        *(_cell(row, dtype) for dtype in dtypes),
        words.kept(row.counted(Section.LAWS)),
        words.kept(row.counted(Section.STATE)),
        ", ".join(hazards(row)) or "none",
    ]


def _strong(verdict: Mark) -> str:
    return f"{verdict.symbol} **{plain(verdict.word)}**"


def _cell(row: Row, dtype: str) -> str:
    verdict = ", ".join(plain(str(verdict)) for verdict in verdicts.in_dtype(row, dtype))
    measured, narrow = error(row, dtype), scalars(row, dtype)
    if measured is None:
        return verdict
    told = [
        f"{measured.radii:g} of the radius",
        f"{float(measured.ulps):g} ulps",
        *([f"scalars in {narrow}"] if narrow else []),
    ]
    return f"{verdict}: {', '.join(told)}"


def _in_words(row: Row) -> Iterator[str]:
    yield f'- <a id="{anchor_of_words(row)}"></a>[`{row.name}`](#{anchor(row)}): {plain(row.formula)}'
    if coarse := findings.coarse(row):
        yield f"  - coarse: {', '.join(coarse)}"
    for found in findings.failed(row):
        yield f"  - failed in {found.where}: {plain(found.says)}"
    for found in findings.not_offered(row):
        yield f"  - no {found.where}: {plain(found.says)}"
    for found in findings.broken(row):
        yield f"  - {_broken(found)}"
    for found in findings.hazards(row):
        yield f"  - hazard in {found.where}: {plain(found.says)}"
    for remark in row.remarks:
        yield f"  - remark: {plain(remark)}"


def _broken(found: Finding) -> str:
    where = f" in {found.where}" if found.dtypes else ""
    example = f"; for example: {plain(found.example)}" if found.example else ""
    return f"{found.outcome}{where}: **{plain(found.says)}**{example}"


# --- HTML ----------------------------------------------------------------------------------------


def html(matrix: Matrix) -> str:
    """The matrix as one HTML page that needs nothing else."""
    import adamcheck.report.matrix.pages as here
    from adamcheck import __version__

    return template("matrix.html").render(
        matrix=matrix,
        version=__version__,
        css=Markup(text_of("style.css") + text_of("matrix.css")),
        dtypes=dtypes_of(matrix),
        here=here,
        findings=findings,
        overview=overview,
        verdicts=verdicts,
    )
