"""A report as one self-contained HTML page, without scripts, fonts or network access."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from adamcheck.checks.check import Outcome, Result, Section
from adamcheck.examine.results import TARGET_FAILED, ClaimReport, LawSummary, Report, TargetReport
from adamcheck.report import formulas, summary
from adamcheck.report.mathematics import formula, html
from adamcheck.report.script import script


def render(report: Report) -> str:
    """The report as one HTML document: the same text for the same findings."""
    page = template("page.html").render(
        report=report,
        css=Markup(text_of("style.css")),
        anchors=_Anchors(report),
        claim_tally=_tally(summary.claim_badge(claim) for claim in report.claims),
        target_tally=_tally(summary.status_badge(target.status) for target in report.targets),
        dtypes=list(dict.fromkeys(dtype.dtype for target in report.targets for dtype in target.dtypes)),
    )
    return page.encode("utf-8", "replace").decode()


@cache
def template(name: str) -> Template:
    """A page of this package to be filled in."""
    environment = Environment(
        loader=FunctionLoader(text_of),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        mathematics=html, formula=lambda latex: formula(latex, display=True), emphasis=_emphasis
    )
    environment.globals.update(
        words=summary,
        Outcome=Outcome,
        Section=Section,
        TARGET_FAILED=TARGET_FAILED,
        formula_sentence=formulas.sentence,
        figure=_figure,
        law_table=_law_table,
        script=script,
        failure_anchor=_failure_anchor,
    )
    return environment.get_template(name)


def text_of(name: str) -> str:
    """A text file of this package."""
    return files("adamcheck.report").joinpath(name).read_text(encoding="utf-8")


def _emphasis(text: str) -> Markup:
    return Markup(re.sub(r"\*([^*]+)\*", r"<dfn>\1</dfn>", str(Markup.escape(text))))


def _tally(badges: Iterator[summary.Badge]) -> list[tuple[int, summary.Badge]]:
    """The number of badges of each kind, good ones first."""
    counted: dict[summary.Badge, int] = {}
    for badge in badges:
        counted[badge] = counted.get(badge, 0) + 1
    order = list(summary.Tone)
    return [(counted[b], b) for b in sorted(counted, key=lambda b: (order.index(b.tone), b.word))]


class _Anchors:
    """The anchor of each target of a report."""

    def __init__(self, report: Report) -> None:
        self._found = dict(zip(map(id, report.targets), summary.anchors(report), strict=True))

    def of(self, target: TargetReport) -> str:
        return self._found[id(target)]


def _failure_anchor(anchor: str, result: Result) -> str:
    return f"{anchor}-{result.dtype}-{summary.slug(result.check)}"


@dataclass(frozen=True)
class LawRow:
    """The results of a law on one target, one for each dtype of the report; None where there is none."""

    target: TargetReport
    results: tuple[Result | None, ...]


def _law_table(report: Report, law: LawSummary, dtypes: list[str]) -> list[LawRow]:
    rows = []
    for target in report.targets:
        found = {r.dtype: r for d in target.dtypes for r in d.results if r.check == law.name}
        if found:
            rows.append(LawRow(target, tuple(found.get(dtype) for dtype in dtypes)))
    return rows


# --- figures -------------------------------------------------------------------------------------

_SVG_WASTE = re.compile(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", re.DOTALL)
_SVG_SIZE = re.compile(r'(<svg[^>]*?) (?:width|height)="[^"]*"')
_SVG_NAME = re.compile(r'(\bid="|\bhref="#|url\(#)')


def _figure(claim: ClaimReport) -> Markup:
    """The figure of a claim as an element of the page: its ids are its own, its size is the page's."""
    svg = _SVG_WASTE.sub("", claim.figure)
    while (smaller := _SVG_SIZE.sub(r"\1", svg)) != svg:
        svg = smaller
    svg = _SVG_NAME.sub(rf"\g<1>figure-{summary.slug(claim.name)}-", svg)
    said = Markup('<svg role="img" aria-label="{}"').format(claim.caption)
    return Markup(re.sub(r">\s+<", "><", svg).replace("<svg", said, 1))
