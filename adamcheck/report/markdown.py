"""A report as GitHub-flavoured Markdown; mathematics stays between dollar signs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from adamcheck.checks.check import Outcome, Result, Section
from adamcheck.claims.claim import Claim
from adamcheck.claims.statement import Derived
from adamcheck.examine.results import TARGET_FAILED, ClaimReport, DtypeReport, Report, TargetReport
from adamcheck.proofs.witness import Witnessed
from adamcheck.report.mathematics import CODE, MATHEMATICS, spans
from adamcheck.report.script import script
from adamcheck.report.summary import (
    READING,
    accuracy,
    anchors,
    check_words,
    claim_anchor,
    claim_badge,
    coverage,
    detected,
    dtype_badge,
    formula,
    headline,
    held_against,
    kept,
    label,
    law_outcomes,
    message,
    proof,
    proofs_of,
    rejected,
    rejects,
    remarks,
    sentence,
    standing,
    status_badge,
    steps,
    trace_rows,
    trace_setting,
    witnesses,
    worst_accuracy,
)


def render(report: Report) -> str:
    """The report as one Markdown document, ending in a newline."""
    return "\n\n".join(block for block in _blocks(report) if block) + "\n"


def _blocks(report: Report) -> Iterator[str]:
    yield "# adamcheck report"
    yield (
        f"adamcheck {plain(report.version)}, profile {plain(report.profile)} "
        f"({report.examples} examples per check), seed {report.seed}."
    )
    yield from (f"**{head}** {paragraph}" for head, paragraph in READING)
    if report.claims:
        yield "## Claims"
        yield _claimstable(report)
    if report.targets:
        yield "## Targets"
        yield _targetstable(report)
    if report.claims:
        yield "## Claim by claim"
    for claim in report.claims:
        yield from _claim(report, claim)
    if report.targets:
        yield "## Target by target"
    for target, anchor in zip(report.targets, anchors(report), strict=True):
        yield from _target(target, anchor)


# --- tables --------------------------------------------------------------------------------------


def _claimstable(report: Report) -> str:
    rows = (
        [
            f"[{_mixed(claim.title)}](#{claim_anchor(claim)})",
            plain(claim.section),
            claim_badge(claim).word,
            proof(claim.derivations).word,
            kept(law_outcomes(report, *claim.laws)) if claim.laws else "none",
            witnesses(claim).word,
        ]
        for claim in report.claims
    )
    return table(["claim", "section", "verdict", "proof", "laws", "witness"], rows)


def overview(claims: Iterable[Claim]) -> str:
    """A table of claims with their verdicts."""
    rows = (
        [plain(c.section), _mixed(c.says), f"**{c.verdict.kind}**", rejects(c.name), f"`{c.name}`"]
        for c in claims
    )
    return table(["section", "claim", "verdict", "rejects", "`adamcheck explain ...`"], rows)


def _targetstable(report: Report) -> str:
    rows = (
        [
            f"[{plain(label(target))}](#{anchor})",
            plain(f"{target.library} {target.version}"),
            dtype.dtype,
            dtype_badge(dtype).word,
            formula(dtype).word,
            kept(dtype.counted(Section.LAWS)),
            worst_accuracy(dtype),
            kept(dtype.counted(Section.STATE)),
            str(len(dtype.hazards)),
        ]
        for target, anchor in zip(report.targets, anchors(report), strict=True)
        for dtype in target.dtypes
    )
    heads = "target, version, dtype, verdict, formula, laws, error / radius, state, hazards"
    return table(heads.split(", "), rows)


def table(heads: list[str], rows: Iterable[list[str]]) -> str:
    """A table in Markdown; cells are Markdown themselves."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# --- claims --------------------------------------------------------------------------------------


def _claim(report: Report, claim: ClaimReport) -> Iterator[str]:
    yield f'<a id="{claim_anchor(claim)}"></a>\n\n### {_mixed(claim.title)}'
    yield f"> {_mixed(claim.says)}\n>\n> *{_mixed(claim.source)}*"
    upheld = "" if claim.upheld else " **(not upheld: a proof or a witness below fails)**"
    yield f"**Verdict.** {_mixed(str(claim.verdict))}{upheld}"
    yield "**Statement.**"
    for part in claim.statement:
        by = f": {plain(proofs_of(part))}" if part.by else ""
        yield f"* {_mixed(part.text)} *({standing(part).word}{by})*"
    for derivation in claim.derivations:
        yield from _derivation(derivation)
    for law in claim.laws:
        told = f" *It {found}.*" if (found := detected(law.name)) else ""
        yield f"**Law.** {_mixed(law.statement)}{told}"
        results = [
            [plain(label(target)), result.dtype, result.outcome, str(result.examples), plain(result.message)]
            for target, result in report.law_results(law.name)
        ]
        if results:
            yield table(["target", "dtype", "outcome", "examples", "message"], results)
    for witness in claim.witnesses:
        yield from _witness(witness)
    if wrong := rejected(claim.name):
        yield f"**Wrong definitions.** {plain(' '.join(wrong.sentences))}"


def _derivation(derivation: Derived) -> Iterator[str]:
    yield f"**Proof.** {_mixed(derivation.statement)} ({proof((derivation,)).word})"
    for number, step in enumerate(derivation.steps, 1):
        yield f"{number}. {_mixed(step.text)} ({plain(step.kind)}; {plain(steps.engines(step))})"
        if step.formula:
            yield f"   $$\n   {_latex(step.formula)}\n   $$"
        if told := steps.failure(step):
            yield f"   **Not proved:** {_mixed(told)}"


def _witness(witness: Witnessed) -> Iterator[str]:
    yield f"**Witness.** {_mixed(witness.statement)}"
    rows = (
        [
            _mixed(c.text),
            plain(f"{c.left} {c.relation.sign} {c.right}"),
            "holds" if c.holds else "**fails**",
        ]
        for c in witness.comparisons
    )
    yield table(["compared", "exact values", ""], rows)
    yield _fence(witness.script, "python")


# --- targets -------------------------------------------------------------------------------------


def _target(target: TargetReport, anchor: str) -> Iterator[str]:
    yield f'<a id="{anchor}"></a>\n\n### {plain(label(target))}: {status_badge(target.status).word}'
    yield plain(f"{target.library} {target.version}")
    for dtype in target.dtypes:
        yield f"#### {plain(label(target))}, {dtype.dtype}: {dtype_badge(dtype).word}"
        yield _lines(dtype)
        for result in dtype.failures:
            yield from _failure(target, result)


def _lines(dtype: DtypeReport) -> str:
    """A list of everything about a target in one dtype."""
    if dtype.failure:
        return f"- **not tested**: {plain(dtype.failure)}"
    lines = (*_verdicts(dtype), *_beside(dtype), *_of_checks(dtype.results))
    return "\n".join(f"- {line}" for line in lines)


def _verdicts(dtype: DtypeReport) -> Iterator[str]:
    if dtype.status == TARGET_FAILED:
        yield f"**failed**: {plain(headline(dtype))}"
    if dtype.called:
        yield f"**called**: {plain(dtype.called)}"
    if held := held_against(dtype):
        yield f"**held against**: {plain(held)}"
    yield f"**formula**: {plain(sentence(dtype))} ({kept(dtype.counted(Section.FORMULA))})"
    yield f"**laws**: {kept(dtype.counted(Section.LAWS))}"
    yield from _accuracy(dtype)
    yield f"**state**: {kept(dtype.counted(Section.STATE))}"
    if asked := coverage(dtype.results):
        yield f"**coverage**: {plain(asked)}"


def _accuracy(dtype: DtypeReport) -> Iterator[str]:
    measured = dtype.accuracy
    yield f"**accuracy**, dyadic hyperparameters: {accuracy(measured.dyadic if measured else None)}"
    yield f"**accuracy**, decimal hyperparameters: {accuracy(measured.decimal if measured else None)}"


def _beside(dtype: DtypeReport) -> Iterator[str]:
    for hazard in dtype.hazards:
        yield f"**hazard**: {plain(hazard.situation)}: {plain(hazard.seen)}"
    for remark in remarks(dtype):
        yield f"**process**: {plain(remark)}"


def _of_checks(results: Iterable[Result]) -> Iterator[str]:
    for result in results:
        name = plain(check_words(result.check))
        if result.outcome in (Outcome.EXPECTED, Outcome.FAULTY):
            yield f"**{result.outcome}** of {name}: {plain(message(result))}"
        for note in result.notes:
            yield f"**note** on {name}: {plain(note)}"


def _failure(target: TargetReport, result: Result) -> Iterator[str]:
    yield f"**{result.outcome}**: {plain(check_words(result.check))}"
    yield plain(message(result))
    rows = [
        [str(row.step), row.gradient, row.observed, row.expected, row.radius, row.radii, row.ulps]
        for row in trace_rows(result)
    ]
    if rows:
        yield plain(trace_setting(result))
        yield table(
            ["step", "gradient", "observed update", "expected", "radius", "radii off", "ulps off"], rows
        )
    yield _fence(script(target, result), "python")


# --- text ----------------------------------------------------------------------------------------

_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~&!]")


def plain(text: str) -> str:
    """Plain text escaped for Markdown, on one line."""
    line = " ".join(text.encode("utf-8", "replace").decode().split())
    return _SPECIAL.sub(r"\\\g<0>", line).replace("$", "<span>$</span>")


def _mixed(text: str) -> str:
    """A text of a claim: mathematics and code are kept, the rest is escaped."""
    shown = {MATHEMATICS: lambda x: f"${_latex(x)}$", CODE: lambda x: f"`` {_cell(x)} ``"}
    return "".join(shown.get(kind, _words)(content) for kind, content in spans(text))


def _words(text: str) -> str:
    """`plain`, but the spaces at the ends are kept, which separate it from mathematics."""
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{' ' if before else ''}{plain(text)}{' ' if after else ''}" if text.strip() else " "


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


_RENAMED = {
    r"\|": r"\Vert ",
    "|": r"\vert ",
    r"\{": r"\lbrace ",
    r"\}": r"\rbrace ",
    r"\,": r"\thinspace ",
    r"\;": r"\thickspace ",
    r"\:": r"\medspace ",
    r"\!": r"\negthinspace ",
    "<": r"\lt ",
    ">": r"\gt ",
}
"""Names for characters that Markdown would interpret before the mathematics is read."""


def _latex(latex: str) -> str:
    named = re.sub(r"\\?[|<>]|\\[{},;:!]", lambda match: _RENAMED.get(match[0], match[0]), latex)
    return " ".join(named.split())


def _fence(code: str, language: str) -> str:
    if not code:
        return ""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code.rstrip()}\n{fence}"
