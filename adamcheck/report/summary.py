"""What a report says in short: the words of its tables and headings, the same in every renderer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass, fields
from enum import StrEnum
from itertools import groupby

import numpy as np

from adamcheck.checks.check import FAILURES, Outcome, Result
from adamcheck.claims.claim import Derived, VerdictKind
from adamcheck.diagnosis.formula import Kind
from adamcheck.examine.accuracy import Measure
from adamcheck.examine.results import (
    CONFORMS,
    DOES_NOT_CONFORM,
    ClaimReport,
    DtypeReport,
    LawSummary,
    Report,
    TargetReport,
)
from adamcheck.report import formulas
from adamcheck.variants.standard import TEXTBOOK_STANDARD, Standard


class Tone(StrEnum):
    """How a verdict looks where there are colours; the names of style sheets."""

    GOOD = "good"
    FAIR = "fair"
    NEUTRAL = "neutral"
    BAD = "bad"
    FAILED = "failed"
    QUIET = "quiet"


@dataclass(frozen=True)
class Badge:
    """A verdict in a word or two; `tone` is how it looks where there are colours."""

    word: str
    tone: Tone


FAILS = Badge("fails", Tone.BAD)

LONGEST = 12
"""Steps of a trace that are shown, and coordinates of one of its rows."""


READING = (
    (
        "Claims.",
        "Every claim is held against one definition of Adam, written down once, as the textbook states it. "
        "*Proved* means derived from it step by step, for all real numbers at once, with two independent "
        "engines behind each step unless it says otherwise; a proof does not speak about rounding. "
        "An *exact witness* is one run in exact fractions: it settles that something can happen, and so "
        "refutes a claim that it cannot. *Kept on N examples* means that random testing tried N inputs to "
        "break a law and none did: evidence, not a proof.",
    ),
    (
        "Implementations.",
        "Computers round, so that correct programs disagree in the last digits. The update of the definition "
        "is therefore computed with 113 bits, together with its *radius*: a derived bound on how far any "
        "honest evaluation in the same dtype, in whatever order, may end up from the truth. Nobody chose a "
        "tolerance. An update within the radius is *enclosed*. Correct code always is; one update outside "
        "shows that something else is computed, and the shortest run that does so is printed below.",
    ),
    (
        "What did not run.",
        "A check is *not applicable* where the target lacks what it needs, and *not judged* where the radius "
        "is infinite (an overflow, a division by what may be zero), so that nothing can be said; what a "
        "profile is too small for, or what would come after too many failures, *did not run*. None of these "
        "counts as kept. A *hazard* is an ordinary input for which the arithmetic of a dtype goes wrong by "
        "itself, even in correct code.",
    ),
)
"""What a reader must know, in Markdown: emphasis marks the words that the rest of a report uses."""


def number(things: Sized, name: str) -> str:
    """How many things of a name there are: `1 claim`, `2 claims`."""
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def title(report: Report) -> str:
    """What a report is about; that of some targets alone says nothing about claims."""
    told = ((report.claims, "claim"), (report.targets, "target"))
    return ", ".join(number(things, name) for things, name in told if things) or "nothing"


def slug(name: str) -> str:
    """A name as it may stand in an anchor."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-")


# --- claims --------------------------------------------------------------------------------------

_VERDICT_TONES = {
    VerdictKind.HOLDS: Tone.GOOD,
    VerdictKind.HOLDS_IF: Tone.FAIR,
    VerdictKind.FALSE: Tone.BAD,
    VerdictKind.MEASURED: Tone.NEUTRAL,
}


def claim_anchor(claim: ClaimReport) -> str:
    """The anchor of a claim: `claim-NAME`."""
    return f"claim-{slug(claim.name)}"


def sections(report: Report) -> list[tuple[str, list[tuple[int, ClaimReport]]]]:
    """The claims with their numbers, in the sections that they stand in one after another."""
    numbered = enumerate(report.claims, start=1)
    return [(title, list(claims)) for title, claims in groupby(numbered, lambda entry: entry[1].section)]


def claim_badge(claim: ClaimReport) -> Badge:
    """The verdict of a claim, or that what should decide it failed."""
    if not claim.upheld:
        return Badge("not upheld", Tone.BAD)
    return Badge(claim.verdict.kind, _VERDICT_TONES[claim.verdict.kind])


def proof(derivations: tuple[Derived, ...]) -> Badge:
    """How far some derivations are proved, and by how many engines."""
    steps = [step for derivation in derivations for step in derivation.steps]
    if not steps:
        return Badge("no proof", Tone.QUIET)
    failed = sum(not step.holds for step in steps)
    if failed:
        return Badge(f"{failed} of {len(steps)} steps not proved", Tone.BAD)
    alone = sum(not step.engines_agree for step in steps)
    if alone:
        return Badge(f"proved, {alone} of {len(steps)} steps by one engine only", Tone.FAIR)
    return Badge(f"proved in {len(steps)} {'step' if len(steps) == 1 else 'steps'}", Tone.GOOD)


def witnesses(claim: ClaimReport) -> Badge:
    """How many exact witnesses a claim has, and whether one failed."""
    if not claim.witnesses:
        return Badge("none", Tone.QUIET)
    failed = sum(not witness.holds for witness in claim.witnesses)
    if failed:
        return Badge(f"{failed} of {len(claim.witnesses)} fail", Tone.BAD)
    return Badge(f"{len(claim.witnesses)} exact", Tone.GOOD)


def law_outcomes(report: Report, *laws: LawSummary) -> Counter[Outcome]:
    """The outcomes of some laws on every target and dtype."""
    return Counter(result.outcome for law in laws for _, result in report.law_results(law.name))


# --- targets -------------------------------------------------------------------------------------


def label(target: TargetReport) -> str:
    """The name of a target, with its options if it has any."""
    options = ", ".join(f"{name}={value!r}" for name, value in sorted(target.options.items()))
    return f"{target.name} ({options})" if options else target.name


def anchors(report: Report) -> tuple[str, ...]:
    """The anchor of each target in order: `target-NAME`, made unique by a number where needed."""
    seen: Counter[str] = Counter()
    found = []
    for target in report.targets:
        anchor = f"target-{slug(target.name)}"
        seen[anchor] += 1
        found.append(anchor if seen[anchor] == 1 else f"{anchor}-{seen[anchor]}")
    return tuple(found)


def status_badge(status: int) -> Badge:
    """What an exit status means for a target."""
    if status == CONFORMS:
        return Badge("conforms", Tone.GOOD)
    return Badge("does not conform" if status == DOES_NOT_CONFORM else "failed", Tone.BAD)


def dtype_badge(dtype: DtypeReport) -> Badge:
    """What became of a target in one dtype."""
    return status_badge(dtype.status) if dtype.offered else Badge("not offered", Tone.QUIET)


def outcome_badge(outcome: Outcome) -> Badge:
    """How an outcome of a check looks."""
    if outcome in FAILURES:
        return Badge(outcome, Tone.BAD)
    return Badge(
        outcome, {Outcome.KEPT: Tone.GOOD, Outcome.NOT_APPLICABLE: Tone.QUIET}.get(outcome, Tone.FAIR)
    )


def kept(counted: Counter[Outcome]) -> str:
    """`kept of applicable`, and what else there was; what did not run is never counted as kept."""
    applicable = counted.total() - counted[Outcome.NOT_APPLICABLE]
    rest = [f"{counted[name]} {name}" for name in list(Outcome)[1:] if counted[name]]
    return ", ".join([f"{counted[Outcome.KEPT]} of {applicable} kept", *rest]) if counted else "none run"


def kept_badge(counted: Counter[Outcome]) -> Badge:
    """`kept of applicable` alone, for a table."""
    applicable = counted.total() - counted[Outcome.NOT_APPLICABLE]
    if any(counted[outcome] for outcome in FAILURES):
        tone = Tone.BAD
    else:
        tone = Tone.QUIET if counted[Outcome.KEPT] == applicable else Tone.FAIR
    return Badge(f"{counted[Outcome.KEPT]} of {applicable}", tone)


def worst_accuracy(dtype: DtypeReport) -> str:
    """The larger of the two errors of a target, in radii."""
    both = (dtype.accuracy.dyadic, dtype.accuracy.decimal) if dtype.accuracy else (None, None)
    radii = [measure.radii for measure in both if measure is not None]
    return f"{max(radii):.2g}" if len(radii) == len(both) else "outside"


_TONES = {Kind.DIALECT: Tone.FAIR, Kind.CHANGED: Tone.FAIR, Kind.COARSE: Tone.FAIR, Kind.UNKNOWN: Tone.FAIR}


def formula(dtype: DtypeReport) -> Badge:
    """The formula in a word: as expected, a dialect or bug by its name, or what else it looks like."""
    if dtype.failure:
        return Badge("not tested", Tone.QUIET)
    found = dtype.formula
    if found.conforms:  # whatever bug it has beside it
        standard = Standard.parse(found.against)
        return Badge("textbook" if standard.is_textbook else str(standard), Tone.GOOD)
    return Badge(found.name or found.kind, _TONES.get(found.kind, Tone.BAD))


ALLOWANCES = {
    "direct": "direct form, scalars in double",
    "double": "any order, scalars in double",
    "working": "any order, scalars in the working dtype",
}
"""What a target needs to be allowed, from the strictest to the most generous."""


def accuracy(measure: Measure | None) -> str:
    """The worst error of a target as a fraction of the radius and in ulps of the update."""
    if measure is None:
        return "not measured: some probe is not enclosed"
    needed = ALLOWANCES.get(measure.allowance, measure.allowance)
    return f"{measure.radii:.2g} of the {measure.format} radius ({needed}), {measure.ulps:.3g} ulps"


def troubles(dtype: DtypeReport) -> str:
    """How many checks could not be finished, in which sections, and why; nothing where all were."""
    told = []
    for outcome in (Outcome.CRASHED, Outcome.TIMED_OUT):
        results = [result for result in dtype.results if result.outcome == outcome]
        if results:
            causes = list(dict.fromkeys(result.message for result in results))
            cause = f"{'for example ' if causes[1:] else ''}{causes[0]}"
            told.append(f"{number(results, 'check')} {outcome} ({', '.join(_sections(results))}): {cause}")
    return "; ".join(told)


def _sections(results: Iterable[Result]) -> list[str]:
    return list(dict.fromkeys(result.section for result in results))


def headline(dtype: DtypeReport) -> str:
    """Why a target got its verdict in a dtype, in a sentence."""
    if dtype.failure:
        return dtype.failure
    if trouble := troubles(dtype):
        return "; ".join([trouble, *_despite(dtype)])
    told = _whole(dtype)
    return f"{told}, but after the last check {dtype.ended}" if dtype.ended else told


def sentence(dtype: DtypeReport) -> str:
    """What a target computes in a dtype."""
    return formulas.sentence(dtype.formula, dtype.dtype)


def _whole(dtype: DtypeReport) -> str:
    """What a target is, where every check was finished."""
    failing = _sections(dtype.failures)
    if dtype.accepted and not failing:
        return f"the accepted dialect {dtype.formula.dialect}"
    if not dtype.formula.conforms or not failing:
        return sentence(dtype)
    return "; ".join([f"{_right(dtype)}; failing: {', '.join(failing)}", *_fault(dtype)])


def _right(dtype: DtypeReport) -> str:
    """That the formula is as expected, whatever else is wrong."""
    standard = Standard.parse(dtype.formula.against)
    return f"the formula is {'the textbook' if standard.is_textbook else standard.title}'s"


def _despite(dtype: DtypeReport) -> Iterator[str]:
    """What could be determined of a target although checks could not be finished."""
    if dtype.formula.conforms:
        yield f"{_right(dtype)} as far as it could be determined"
        yield from _fault(dtype)
    elif dtype.formula.kind is Kind.UNKNOWN:  # its sentence is the cause, or says that the process died
        yield "what it computes could not be determined"
    else:
        yield sentence(dtype)
    broken = _sections(
        result for result in dtype.failures if result.outcome not in (Outcome.CRASHED, Outcome.TIMED_OUT)
    )
    if broken:
        yield f"also failing: {', '.join(broken)}"


def _fault(dtype: DtypeReport) -> Iterator[str]:
    """What is wrong of a target beside its formula, where that is known."""
    fault = formulas.fault(dtype.formula)
    if fault:
        yield fault
    if dtype.formula.identity.bugs:
        yield f"cf. {dtype.formula.source}"


def held_against(dtype: DtypeReport) -> str:
    """What a target is held against, where that is not the textbook's Adam with any weight decay."""
    if dtype.suggested:
        return f"textbook Adam; its name stands for another: --as {dtype.suggested} holds it against that"
    standard = Standard.parse(dtype.formula.against)
    if standard == TEXTBOOK_STANDARD:
        return ""
    kind = f"; {formulas.decay_words(standard)}" if standard.decay is not None else ""
    return f"{standard.title}{kind} ({standard})"


def remarks(dtype: DtypeReport) -> tuple[str, ...]:
    """What a target's process did that it should not have done, beside the checks."""
    printed = (f"printed on standard output: {dtype.printed!r}",) if dtype.printed else ()
    return (*printed, *((f"after the last check {dtype.ended}",) if dtype.ended else ()))


def check_words(name: str) -> str:
    """The name of a check as words; the claim that a law belongs to stands first."""
    claim, slash, law = name.rpartition("/")
    words = law.replace("-", " ")
    return f"{claim}: {words}" if slash else words


# --- counterexamples -----------------------------------------------------------------------------


@dataclass(frozen=True)
class TraceRow:
    """One step of a shrunk trace; what was due is known of the step that is outside."""

    step: int
    gradient: str
    observed: str
    expected: str = ""
    radius: str = ""
    radii: str = ""
    ulps: str = ""


def trace_rows(result: Result) -> tuple[TraceRow, ...]:
    """The steps of the trace that breaks a check, at most the last `LONGEST`."""
    if result.trace is None:
        return ()
    gradients, parameters = _flat(result.trace.gradients), _flat(result.trace.parameters)
    with np.errstate(all="ignore"):
        updates = np.diff(parameters, axis=0)
    offence = result.offence
    if offence is not None:
        gradients, updates = gradients[:, [offence.coordinate]], updates[:, [offence.coordinate]]
    rows = []
    for step, (gradient, update) in enumerate(zip(gradients, updates, strict=True), 1):
        if offence is None or step != offence.step:
            rows.append(TraceRow(step, _numbers(gradient), _numbers(update)))
            continue
        rows.append(
            TraceRow(
                step,
                _numbers(gradient),
                repr(offence.observed),
                repr(offence.expected),
                f"{offence.radius:.3g}",
                f"{offence.radii:.3g}",
                f"{offence.ulps:.3g}",
            )
        )
    return tuple(rows[-LONGEST:])


def trace_setting(result: Result) -> str:
    """The hyperparameters and the start of the trace that breaks a check."""
    if result.trace is None:
        return ""
    hyper = result.trace.hyper
    values = {field.name: float(getattr(hyper, field.name)) for field in fields(hyper)}
    shown = [f"{name} = {value!r}" for name, value in values.items() if name != "weight_decay" or value]
    start = _flat(result.trace.parameters)[0]
    if result.offence is not None:
        start = start[[result.offence.coordinate]]
    return ", ".join([*shown, f"starting at {_numbers(start)}"])


def _flat(steps: object) -> np.ndarray:
    array = np.asarray(steps)
    return array.astype(np.float64).reshape(len(array), -1)


def _numbers(row: np.ndarray) -> str:
    shown = ", ".join(repr(float(value)) for value in row[:LONGEST])
    return shown + (", ..." if len(row) > LONGEST else "")
