"""One story in every dtype: what float64 tells of a target, where a coarser dtype cannot tell or tells worse.

The radii of a coarser dtype are wider, so that more formulas fit, and the first of them may be a wrong name.
A fault that only the coarser dtype has is not in what float64 tells, and keeps the name that it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from adamcheck.checks.subject import Subject
from adamcheck.diagnosis.diagnose import Diagnosis, Effort, diagnose
from adamcheck.diagnosis.experiments import Judgements
from adamcheck.diagnosis.formula import Cause, Formula, Identity, Kind
from adamcheck.numbers.floats import Format, format_of
from adamcheck.targets.base import NotOffered, TargetCrash, TargetHung
from adamcheck.traces.trace import Trace
from adamcheck.variants.standard import Standard

if TYPE_CHECKING:  # the zoo is loaded where a target does not follow its standard
    from adamcheck.diagnosis.hypotheses import Hypothesis

_FINEST = "float64"

_NAMED = (Kind.DIALECT, Kind.BUG, Kind.CHANGED)


def in_one_story(subject: Subject, effort: Effort, own: Diagnosis) -> Diagnosis:
    """The diagnosis of a target in a dtype, or that of float64 if it holds in this dtype, too.

    Args:
        subject: The target in one dtype.
        effort: The effort, and what is known beforehand.
        own: What this dtype tells alone.
    """
    if subject.format.name == _FINEST or own.formula.kind not in (*_NAMED, Kind.UNEXPLAINED):
        return own
    if own.formula.cause not in (None, Cause.NOTHING_FITS, Cause.ONLY_SOMETIMES):
        return own
    told = _in_float64(subject, effort)
    if told is None or told.name == own.formula.name != "":
        return own
    others = tuple(each for each in (own.formula.identity, *own.formula.siblings) if each != told.identity)
    others = tuple(each for each in others if each.name or each.change)
    if _holds(told, subject, effort.standard, own.traces):
        told = replace(told, same=(), hidden=others, deviation=own.formula.deviation or told.deviation)
    elif told.cause is Cause.NOTHING_FITS and own.formula.kind in _NAMED:
        told = replace(told, hidden=others)
    else:
        return own
    return replace(own, formula=replace(told, finer=_FINEST))


def unseen(own: Formula, told: Formula) -> Formula:
    """What a coarser dtype tells of a target that follows its standard there, but not in float64."""
    seen = own.kind is Kind.EXPECTED and not own.identity.names and own.lost is None
    return replace(own, finer=_FINEST) if seen and told.kind in (*_NAMED, Kind.UNEXPLAINED) else own


def _in_float64(subject: Subject, effort: Effort) -> Formula | None:
    """What float64 tells; None if the target does not run there, or follows its standard."""
    if _FINEST not in subject.target.capabilities.dtypes:
        return None
    try:
        told = diagnose(replace(subject.afresh(), format=format_of(_FINEST)), effort).formula
    except (NotOffered, TargetCrash, TargetHung):
        return None
    usable = told.kind in _NAMED or told.cause is Cause.NOTHING_FITS
    return told if usable and not told.precision else None


def _holds(told: Formula, subject: Subject, standard: Standard, traces: Mapping[str, Trace]) -> bool:
    """Whether the formula that float64 tells encloses what was seen in this dtype."""
    from adamcheck.diagnosis.hypotheses import named
    from adamcheck.diagnosis.search import fitting

    hypothesis = _hypothesis(told.identity, standard)
    if hypothesis is None:
        return False

    def precision(trace: Trace) -> Format:
        return subject.format

    return bool(fitting([hypothesis], list(traces.values()), precision, named(standard)[0], Judgements()))


def _hypothesis(identity: Identity, standard: Standard) -> Hypothesis | None:
    """The formula with these parts; None if it is a bug that no formula describes."""
    from adamcheck.diagnosis import changes, hypotheses
    from adamcheck.diagnosis.parts import parts

    known = (
        hypotheses.named(standard),
        parts(),
        changes.known(standard.plain),  # type: ignore[arg-type]  # classes have hashes
        hypotheses.pairs(),
        hypotheses.bug_pairs(),
    )
    plain = replace(identity, decay="")
    for some in known:
        for hypothesis in some:
            if hypothesis.identity == plain:
                return hypothesis
    base = Standard(identity.definitions).plain if identity.definitions else standard.plain
    made = changes.made(base, identity.change) if identity.change else None
    return made and replace(made, identity=identity)
