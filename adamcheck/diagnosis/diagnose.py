"""What a target is: the formula whose enclosure contains everything that was observed.

Where the textbook's does not, every known variant and bug is tried, then known changes of one
hyperparameter, numbers solved for, and pairs; experiments are chosen that tell apart what is left.
Where nothing fits, what can be observed is described.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from adamcheck.adam import Adam
from adamcheck.checks.assertions import Broken
from adamcheck.checks.check import FAILURES, Check
from adamcheck.checks.conformance import REPEATED, RESUMED, of_the_formula, probe
from adamcheck.checks.conformance.decay import decay_of
from adamcheck.checks.subject import Subject
from adamcheck.diagnosis.fixed_experiments import probes
from adamcheck.diagnosis.formula import (
    BUG,
    CHANGED,
    COARSER,
    DIALECT,
    TEXTBOOK,
    UNEXPLAINED,
    UNKNOWN,
    Formula,
)
from adamcheck.judge import COARSE, NOT_JUDGED, REJECTED, Judgement, judge
from adamcheck.numbers.floats import Format, format_of
from adamcheck.targets.base import NotOffered, TargetCrash, TargetHung
from adamcheck.traces.trace import Trace
from adamcheck.variants import DIALECTS
from adamcheck.variants import TEXTBOOK as TEXTBOOKS

if TYPE_CHECKING:
    from adamcheck.diagnosis.hypotheses import Hypothesis

__all__ = [
    "BUG",
    "CHANGED",
    "COARSER",
    "DIALECT",
    "TEXTBOOK",
    "UNEXPLAINED",
    "UNKNOWN",
    "Diagnosis",
    "Formula",
    "diagnose",
    "explain",
    "explain_unusable",
    "fitting_formulas",
    "formula_of",
]


@dataclass(frozen=True)
class Diagnosis:
    """What a target is, and what it did in the probes, by their names, with the textbook's judgement."""

    formula: Formula
    traces: Mapping[str, Trace]
    judgements: Mapping[str, Judgement]


def diagnose(subject: Subject, *, broken: Collection[str], examples: int, seed: int) -> Diagnosis:
    """Run the probes and explain them, as `explain` does. Raises what a run of the target raises."""
    traces = {name: subject.run(trajectory) for name, trajectory in probes(subject.format).items()}
    judgements = {name: judge(trace) for name, trace in traces.items()}
    formula = explain(subject, traces, judgements, broken=broken, examples=examples, seed=seed)
    return Diagnosis(formula, traces, judgements)


def formula_of(subject: Subject, *, broken: Collection[str], examples: int, seed: int) -> Formula:
    """What a target is, whatever it does in the probes; `broken`, `examples`: as in `explain`."""
    try:
        probe(subject)
        return diagnose(subject, broken=broken, examples=examples, seed=seed).formula
    except Broken as reason:
        return explain_unusable(subject, str(reason), examples=examples, seed=seed)
    except (NotOffered, TargetCrash, TargetHung) as crash:
        return Formula(UNEXPLAINED, str(crash))


def explain(
    subject: Subject,
    traces: Mapping[str, Trace],
    judgements: Mapping[str, Judgement],
    *,
    broken: Collection[str],
    examples: int,
    seed: int,
) -> Formula:
    """What the probe traces of a target show; `broken`: the names of the checks that found something.

    A formula that fits them is believed when as many random `examples` find nothing outside it.
    """
    if REPEATED in broken:
        return _unrepeatable(subject)
    outcomes = {judgement.outcome for judgement in judgements.values()}
    if outcomes <= {NOT_JUDGED}:
        return Formula(UNKNOWN, f"{subject.format.name} cannot tell: every radius is infinite")
    if outcomes.isdisjoint({REJECTED, COARSE}) and not of_the_formula(broken):
        return _textbook(subject, broken)
    from adamcheck.diagnosis.procedure import Procedure

    keeps = partial(_keeps, subject, examples=examples, seed=seed)
    return Procedure(subject, traces, judgements, broken, keeps).formula()


def explain_unusable(subject: Subject, reason: str, *, examples: int, seed: int) -> Formula:
    """What is known of a target that cannot be Adam, such as one whose first step gives NaN."""
    from adamcheck.diagnosis.faulty_programs import any_like
    from adamcheck.diagnosis.procedure import Procedure
    from adamcheck.diagnosis.telling import listed, told_alike
    from adamcheck.diagnosis.without_numbers import alike

    procedure = Procedure(subject, {}, {}, (), partial(_keeps, subject, examples=examples, seed=seed))
    found = procedure.search_named()
    if found:
        return procedure.told(found)
    programs = any_like(subject, ())
    if programs:
        return told_alike(BUG, programs, subject.format.name)
    same = alike(subject)
    like = f", as with {listed(same)}" if same else ""
    return Formula(UNEXPLAINED, reason + like, siblings=tuple(h.name for h in same), observed=(reason,))


def _textbook(subject: Subject, broken: Collection[str]) -> Formula:
    """A run that follows the textbook, with what else is wrong of it where that is known."""
    from adamcheck.diagnosis.lost_state import lost

    if broken:
        from adamcheck.diagnosis.faulty_programs import any_like
        from adamcheck.diagnosis.telling import told_alike

        programs = any_like(subject, broken)
        if programs:
            return told_alike(TEXTBOOK, programs, subject.format.name)
    if subject.target.capabilities.weight_decay:
        kinds = decay_of(subject)
        if kinds and kinds[0] not in TEXTBOOKS.values():
            name = next(name for name, definition in DIALECTS.items() if definition is kinds[0])
            return Formula(TEXTBOOK, f"{Adam.title} with the weight decay of {kinds[0].title}", name)
    # Several faults at once are like no program of the zoo.
    loss = lost(subject, Adam) if RESUMED in broken else ""
    return Formula(TEXTBOOK, f"{Adam.title}, but {loss}" if loss else Adam.title)


def _unrepeatable(subject: Subject) -> Formula:
    """A target whose formula cannot be told, and the bugs that do that."""
    from adamcheck.diagnosis.faulty_programs import breaking
    from adamcheck.diagnosis.telling import named_first

    names = tuple(bug.name for bug in breaking(REPEATED, subject.format.name))
    told = "the same run gives different results, so that its formula cannot be told"
    return Formula(UNEXPLAINED, f"{told}, as with {named_first(names)}", siblings=names)


def fitting_formulas(traces: Mapping[str, Trace]) -> tuple[Hypothesis, ...]:
    """The known formulas, or known changes and pairs of them, that enclose every recorded trace.

    float64 traces may be enclosed at the precision of float32 where nothing encloses them at their own.
    """
    from adamcheck.diagnosis import changes, hypotheses
    from adamcheck.diagnosis.search import fitting

    decays = any(trace.hyper.weight_decay for trace in traces.values())
    known = [hypothesis for hypothesis in hypotheses.named() if decays or not hypothesis.decays]
    ordered = sorted(traces.values(), key=lambda trace: len(trace.gradients))
    for candidates, least in (
        (known, "float64"),
        (changes.known(), "float64"),
        (known, "float32"),
        (hypotheses.pairs(), "float64"),
    ):
        found = fitting(candidates, ordered, partial(_precision, least))
        if found:
            return tuple(sorted(found, key=lambda hypothesis: -found[hypothesis]))
    return ()


def _precision(least: str, trace: Trace) -> Format:
    return trace.precision(format_of(least))


def _keeps(subject: Subject, check: Check, dtype: str, *, examples: int, seed: int) -> bool:
    """Whether random testing does not break a check."""
    result = check.run(
        subject.target, dtype, examples=examples, seed=seed, patience=subject.patience, simplest=False
    )
    return result.outcome not in FAILURES
