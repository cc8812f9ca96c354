"""Diagnosis of a target: the formula whose enclosure contains all observations.

If the formula of its standard does not, the diagnosis tries every known variant and bug, then known
changes of one hyperparameter, numbers solved for, and pairs. It chooses experiments that separate the
remaining formulas. If none fits, it records observations.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from adamcheck.adam import Adam
from adamcheck.checks.assertions import Broken
from adamcheck.checks.check import FAILURES, Check
from adamcheck.checks.conformance import REPEATED, RESUMED, of_the_formula, probe, tensors
from adamcheck.checks.conformance.decay import decay_of
from adamcheck.checks.subject import Subject
from adamcheck.diagnosis.experiments import Judgements
from adamcheck.diagnosis.fixed_experiments import DYADIC, probes
from adamcheck.diagnosis.formula import Cause, Formula, Identity, Kind
from adamcheck.judge import Judgement, Ruling, judge
from adamcheck.numbers.floats import Format, format_of
from adamcheck.targets.base import NotOffered, TargetCrash, TargetHung
from adamcheck.targets.split import SplitTarget
from adamcheck.traces.trace import Trace
from adamcheck.variants import DIALECTS
from adamcheck.variants.standard import TEXTBOOK_STANDARD, Standard

if TYPE_CHECKING:
    from adamcheck.diagnosis.hypotheses import Hypothesis
    from adamcheck.diagnosis.procedure import Procedure


@dataclass(frozen=True)
class Diagnosis:
    """The formula of a target, with its traces in the fixed experiments and the judgements on them."""

    formula: Formula
    traces: Mapping[str, Trace]
    judgements: Mapping[str, Judgement]


@dataclass(frozen=True)
class FirstAnswer:
    """What the fixed experiments alone say of a target, before any check has run.

    Attributes:
        formula: The formula; None if it is not the formula of the standard, and not yet named.
        traces: The traces in the fixed experiments, by name.
        judgements: The judgements on them.
        procedure: The procedure so far, for a target that does not follow its standard.
    """

    formula: Formula | None
    traces: Mapping[str, Trace] = field(repr=False)
    judgements: Mapping[str, Judgement] = field(repr=False)
    procedure: Procedure | None = field(default=None, repr=False)

    def holds_for(self, traces: Mapping[str, Trace]) -> bool:
        """Whether the target still does the same, so that nothing has to be judged or searched again."""
        return all(
            np.array_equal(np.asarray(traces[name].parameters), np.asarray(trace.parameters), equal_nan=True)
            for name, trace in self.traces.items()
        )


@dataclass(frozen=True)
class Effort:
    """The effort of a diagnosis, and what is known beforehand.

    Attributes:
        broken: The names of the checks that the target breaks.
        examples: The number of random examples that a formula must enclose to be accepted.
        seed: The seed of these examples.
        standard: The standard that the target is verified against.
    """

    broken: Collection[str]
    examples: int
    seed: int
    standard: Standard = TEXTBOOK_STANDARD


def first_answer(subject: Subject, effort: Effort) -> FirstAnswer:
    """Make the fixed experiments and name the formula if it is a known one.

    Exceptions of the target are raised again.
    """
    traces = _experimented(subject)
    judgements = _judged(traces, effort)
    outcomes = {judgement.outcome for judgement in judgements.values()}
    if outcomes <= {Ruling.NOT_JUDGED}:
        return FirstAnswer(_not_judged(effort.standard), traces, judgements)
    if outcomes.isdisjoint({Ruling.REJECTED, Ruling.COARSE}):
        expected = Formula(Kind.EXPECTED, str(effort.standard))
        between = None if _tensors_are_right(subject, effort) else _between_tensors(subject, effort)
        return FirstAnswer(between or expected, traces, judgements)
    procedure = _procedure(subject, effort, traces, judgements)
    found = procedure.named
    if found is None and procedure.between_tensors:
        return FirstAnswer(
            procedure.alike(Kind.BUG, procedure.between_tensors), traces, judgements, procedure
        )
    return FirstAnswer(procedure.identified(found) if found else None, traces, judgements, procedure)


def diagnose(subject: Subject, effort: Effort, first: FirstAnswer | None = None) -> Diagnosis:
    """Make the fixed experiments and explain them. Exceptions of the target are raised again.

    Args:
        subject: The target.
        effort: The effort, and what is known beforehand.
        first: The first answer, if there was one; it is used if the target still does the same.
    """
    traces = _experimented(subject)
    if first is None or not first.holds_for(traces):
        judgements = _judged(traces, effort)
        return Diagnosis(explain(subject, traces, judgements, effort), traces, judgements)
    procedure = first.procedure.knowing(effort.broken) if first.procedure else None
    explained = explain(subject, traces, first.judgements, effort, procedure)
    return Diagnosis(explained, traces, first.judgements)


def _tensors_are_right(subject: Subject, effort: Effort) -> bool:
    """Whether a target keeps to its standard with two tensors in one short experiment, or takes only one."""
    if not subject.target.capabilities.tensors:
        return True
    split = replace(subject, target=SplitTarget(subject.target))
    along = split.experiment(probes(subject.format)[DYADIC[0]])
    try:
        trace = split.run(along.replace(gradients=along.gradients[:_FEW_STEPS]))
    except (NotOffered, TargetCrash):
        return True  # as the checks will show
    return judge(trace, effort.standard.plain).outcome is not Ruling.REJECTED


_FEW_STEPS = 4
"""The number of steps that show what several tensors do to each other: a count, a moment, nothing at all."""


def _experimented(subject: Subject) -> Mapping[str, Trace]:
    """The traces in the fixed experiments, by name."""
    experiments = probes(subject.format).items()
    return {name: subject.run(subject.experiment(trajectory)) for name, trajectory in experiments}


def _judged(traces: Mapping[str, Trace], effort: Effort) -> Mapping[str, Judgement]:
    return {name: judge(trace, effort.standard.plain) for name, trace in traces.items()}


def _not_judged(standard: Standard) -> Formula:
    return Formula(Kind.UNKNOWN, str(standard), cause=Cause.INFINITE_RADII)


def formula_of(subject: Subject, effort: Effort) -> Formula:
    """Diagnose a target, even if it crashes or gives NaN in the fixed experiments."""
    try:
        probe(subject)
        return diagnose(subject, effort).formula
    except Broken as reason:
        return explain_unusable(subject, str(reason), effort)
    except (NotOffered, TargetCrash, TargetHung) as crash:
        return stopped(str(crash), effort.standard)


def stopped(said: str, standard: Standard, kind: Kind = Kind.UNEXPLAINED) -> Formula:
    """The result for a target that cannot be run to the end."""
    return Formula(kind, str(standard), cause=Cause.STOPPED, said=said)


def explain(
    subject: Subject,
    traces: Mapping[str, Trace],
    judgements: Mapping[str, Judgement],
    effort: Effort,
    procedure: Procedure | None = None,
) -> Formula:
    """Explain the traces of a target in the fixed experiments; `procedure` is one that has begun."""
    if REPEATED in effort.broken:
        return _unrepeatable(subject, effort.standard)
    outcomes = {judgement.outcome for judgement in judgements.values()}
    if outcomes <= {Ruling.NOT_JUDGED}:
        return _not_judged(effort.standard)
    if outcomes.isdisjoint({Ruling.REJECTED, Ruling.COARSE}) and not of_the_formula(effort.broken):
        return _as_expected(subject, effort)
    return (procedure or _procedure(subject, effort, traces, judgements)).formula()


def explain_unusable(subject: Subject, reason: str, effort: Effort) -> Formula:
    """Explain a target that cannot be Adam, for instance because its first step gives NaN."""
    from adamcheck.diagnosis.faulty_programs import any_like
    from adamcheck.diagnosis.without_numbers import alike

    procedure = _procedure(subject, effort, {}, {})
    found = procedure.named or procedure.search_positive()
    if found:
        return procedure.identified(found)
    programs = any_like(subject, ())
    if programs:
        return procedure.alike(Kind.BUG, programs)
    return Formula(
        Kind.UNEXPLAINED,
        str(effort.standard),
        undecided=tuple(hypothesis.identity for hypothesis in alike(subject)),
        cause=Cause.NO_NUMBERS,
        said=reason,
    )


def _procedure(
    subject: Subject, effort: Effort, traces: Mapping[str, Trace], judgements: Mapping[str, Judgement]
) -> Procedure:
    from adamcheck.diagnosis.procedure import Procedure

    keeps = partial(_keeps, subject, examples=effort.examples, seed=effort.seed)
    return Procedure(subject, effort.standard, traces, judgements, effort.broken, keeps)


def _as_expected(subject: Subject, effort: Effort) -> Formula:
    """The result for a target that follows its standard, with a known fault of its state if it has one."""
    from adamcheck.diagnosis.lost_state import lost

    standard = effort.standard
    found = _known_faults(subject, effort) if effort.broken else None
    if found is not None:
        return found
    if subject.target.capabilities.weight_decay and standard.decay is None:
        kinds = decay_of(subject)
        if kinds and kinds[0] in DIALECTS.values():
            name = next(name for name, definition in DIALECTS.items() if definition is kinds[0])
            return Formula(Kind.DIALECT, str(standard), Identity((name,)))
    # With several faults at once, a target matches no program of the zoo.
    loss = lost(subject, standard.plain) if RESUMED in effort.broken else None
    return Formula(Kind.EXPECTED, str(standard), lost=loss)


def _known_faults(subject: Subject, effort: Effort) -> Formula | None:
    """The result for a target that follows its standard and has known faults of its state.

    What it does to several tensors comes first, since that is wrong in every step of every run.
    """
    from adamcheck.diagnosis.faulty_programs import any_like

    broken = set(effort.broken)
    between = broken & {check.name for check in tensors.EVERY}
    main = _between_tensors(subject, effort) if between else None
    alone = _with_one_tensor(subject) if main else subject
    others = any_like(alone, broken - between) if broken - between or main is None else ()
    if not others:
        return main
    found = _procedure(subject, effort, {}, {}).alike(Kind.EXPECTED, others)
    return replace(main, beside=(found.identity,)) if main else found


def _with_one_tensor(subject: Subject) -> Subject:
    """The subject, asked with one tensor alone, because its fault with several is known."""
    target = copy(subject.target)
    alone = replace(target.capabilities, tensors=False, groups=False, late_groups=False, mixed_dtypes=False)
    target.capabilities = alone
    return replace(subject, target=target)


def _between_tensors(subject: Subject, effort: Effort) -> Formula | None:
    """The result for a target that has a known fault with several tensors; None if it has none."""
    procedure = _procedure(subject, effort, {}, {})
    programs = procedure.between_tensors
    return procedure.alike(Kind.EXPECTED, programs) if programs else None


def _unrepeatable(subject: Subject, standard: Standard) -> Formula:
    """The result for a target that is not repeatable, with the known bugs that are not repeatable either."""
    from adamcheck.diagnosis.faulty_programs import breaking

    bugs = tuple(Identity(bugs=(bug.name,)) for bug in breaking(REPEATED, subject.format.name))
    return Formula(Kind.UNEXPLAINED, str(standard), undecided=bugs, cause=Cause.NOT_REPEATABLE)


def fitting_formulas(traces: Mapping[str, Trace]) -> tuple[Hypothesis, ...]:
    """The known formulas, or known changes and pairs of them, that enclose every recorded trace.

    If none encloses float64 traces at their own precision, they may be enclosed at float32 precision.
    """
    from adamcheck.diagnosis import changes, hypotheses
    from adamcheck.diagnosis.search import fitting

    decays = any(trace.hyper.weight_decay for trace in traces.values())
    known = [hypothesis for hypothesis in hypotheses.named() if decays or not hypothesis.decays]
    ordered = sorted(traces.values(), key=lambda trace: len(trace.gradients))
    for candidates, least in (
        (known, "float64"),
        (changes.known(Adam), "float64"),
        (known, "float32"),
        (hypotheses.pairs(), "float64"),
    ):
        found = fitting(candidates, ordered, partial(_precision, least), known[0], Judgements())
        if found:
            # One that gives no number for most of what another encloses says nothing about it.
            most = max(found.values())
            telling = [hypothesis for hypothesis in found if 2 * found[hypothesis] > most]
            return tuple(sorted(telling, key=lambda hypothesis: -found[hypothesis]))
    return ()


def _precision(least: str, trace: Trace) -> Format:
    return trace.precision(format_of(least))


def _keeps(subject: Subject, check: Check, dtype: str, *, examples: int, seed: int) -> bool:
    """Whether a check passes random testing."""
    result = check.run(
        subject.target, dtype, examples=examples, seed=seed, patience=subject.patience, simplest=False
    )
    return result.outcome not in FAILURES
