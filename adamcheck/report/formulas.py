"""Sentences about the formula of a target, made of the facts of a diagnosis."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from adamcheck.diagnosis.formula import (
    Cause,
    Change,
    Deviation,
    Formula,
    How,
    Identity,
    Kind,
    Loss,
    Observation,
    Seen,
)
from adamcheck.variants import DEFINITIONS
from adamcheck.variants.standard import Standard
from adamcheck.zoo.bugs import BUGS, Bug
from adamcheck.zoo.bugs.registry import NO_REPORT

_NAMED = 4
"""The largest number of names in a sentence."""

_DECAYS = {
    "adamw": "weight decay is decoupled",
    "adam-l2": "weight decay is coupled (L2)",
    "adamw-decay-without-lr": "weight decay is decoupled, and lr does not scale it",
    "adamw-inverse-root-lr": "weight decay is decoupled, and lr is lr / sqrt(t)",
}

_CHANGES = {
    How.FLOAT32: "is rounded to float32",
    How.BFLOAT16: "is rounded to bfloat16",
    How.FLOAT16: "is rounded to float16",
    How.CUT: "is cut to bfloat16",
    How.SQUARED: "is taken as its square",
    How.ROOT: "is taken as its root",
    How.COMPLEMENT: "is taken as its complement",
    How.ZERO: "is left out, as if it were 0",
}

_LOSSES = {
    Loss.STEP: "forgets the step count",
    Loss.MOMENTS: "forgets the moments",
    Loss.EVERYTHING: "forgets everything",
    Loss.FIRST_MOMENT: "forgets the first moment",
    Loss.SECOND_MOMENT: "forgets the second moment",
    Loss.PEAK: "forgets the maximum of v",
    Loss.ONE_STEP_MORE: "counts one step more",
    Loss.SWAPPED: "takes m for v and v for m",
}

_OBSERVED = {
    Seen.PARAMETERS_MATTER: "the updates depend on the parameters, not on the gradients alone, so check "
    "the weight decay",
    Seen.WRONG_FROM: "first wrong at step {number:g}",
    Seen.ALONE_RIGHT: "agrees on each coordinate alone, so check what treats coordinates differently",
    Seen.NONZERO_RIGHT: "agrees where no gradient is 0, so check what treats zeros differently",
    Seen.RIGHT_WITHOUT_EPS: "agrees where eps is negligible, so check how eps enters",
    Seen.CONSTANT_RIGHT: "agrees for a constant gradient, so check the betas and the state",
    Seen.FIRST_STEP_RIGHT: "agrees on the first step, so check the state",
    Seen.EQUAL_BETAS_RIGHT: "agrees for equal betas, so check where they are swapped or ignored",
    Seen.COORDINATES_MIX: "an update depends on the gradients of other coordinates",
    Seen.INDEPENDENT: "does not depend on {parameter}",
    Seen.NO_MEMORY: "does not depend on earlier gradients",
    Seen.DEGREE: "the first update grows as the power {number:.2f} of the gradient, not 0",
    Seen.EPS_FACTOR: "in the first step eps acts as {number:.3g} eps (eps = {of:.3g})",
    Seen.WRONG_ABOVE: "where {parameter} exceeds {number:.6g}",
    Seen.WRONG_BELOW: "where {parameter} is below {number:.6g}",
}

_WHEN = {
    "dyadic near eps": "when |g| is near eps",
    "defaults near eps": "when |g| is near eps",
    "dyadic large eps": "when eps is near |g|",
    "large eps": "when eps is near |g|",
    "defaults": "with the default hyperparameters",
}
"""What is special about a fixed experiment, in words."""


def sentence(formula: Formula, dtype: str) -> str:
    """What a target computes in a dtype, in one sentence."""
    if formula.kind is Kind.UNKNOWN:
        return _unknown(formula, dtype)
    if formula.kind is Kind.UNEXPLAINED:
        hidden = [_hidden(formula, dtype)] if formula.hidden else []
        return "; ".join([_unexplained(formula), *hidden])
    told = [_what(formula, dtype), *besides(formula)]
    if formula.kind is Kind.DIALECT:  # a bug is graver than a dialect
        told = [*map(_bug, formula.beside), _what(formula, dtype)]
    if formula.deviation is not None:
        told += _how_far(formula.deviation)
    if formula.same:
        told.append(f"no experiment separates it from {listed(formula.same)}")
    if formula.hidden:
        told.append(_hidden(formula, dtype))
    if formula.identity.bugs:
        told.append(compared(formula.source))
    return "; ".join(told)


def in_short(formula: Formula, dtype: str) -> str:
    """What a target computes, without how far it is off and what cannot be separated from it."""
    unnamed = formula.kind in (Kind.UNKNOWN, Kind.UNEXPLAINED)
    return sentence(formula, dtype) if unnamed else _what(formula, dtype)


def fault(formula: Formula) -> str:
    """The fault of a target whose formula is the expected one; "" if none is known."""
    if formula.identity.bugs:
        bug = BUGS[formula.identity.bugs[0]]
        return f"{bug.change} ({_known_bug(formula)})"
    return f"loading {_LOSSES[formula.lost]}" if formula.lost is not None else ""


def _hidden(formula: Formula, dtype: str) -> str:
    """What a dtype cannot separate from the formula."""
    if formula.finer:
        return f"so {formula.finer} tells; {dtype} alone cannot separate it from {listed(formula.hidden)}"
    return f"{dtype} cannot separate it from {listed(formula.hidden)}"


def besides(formula: Formula) -> list[str]:
    """The known bugs that a target has beside its first."""
    return [f"besides, {_bug(each)}" for each in formula.beside]


def _bug(identity: Identity) -> str:
    """A known bug that stands alone."""
    (name,) = identity.bugs
    return f"{BUGS[name].change} (the known bug {name})"


def against(formula: Formula) -> str:
    """The title of the definition that a target is verified against."""
    return Standard.parse(formula.against).title


def compared(source: str) -> str:
    """Where a known bug was found, to compare with; or that nobody reported it."""
    return source if source.startswith(NO_REPORT) else f"cf. {source}"


def decay_words(standard: Standard) -> str:
    """The weight decay of a standard, in words."""
    kinds = [name for name in standard.names if DEFINITIONS[name].decays]
    return _DECAYS.get(kinds[0], DEFINITIONS[kinds[0]].title) if kinds else "any weight decay"


def named(identity: Identity) -> str:
    """The names of a formula or, if it has none, a description."""
    told = identity.name or (_changed(identity.change) if identity.change else "")
    return f"{told} in {identity.part}" if identity.part else told


def listed(identities: Collection[Identity]) -> str:
    """The names of the first few formulas, and the number of further ones."""
    names = [named(identity) for identity in identities]
    rest = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return ", ".join([*names[:_NAMED], *rest])


def bug_sentence(bug: Bug) -> str:
    """The definition that a bug changes, and the change."""
    return f"{DEFINITIONS[bug.of].title}, but {bug.change}"


def described(identity: Identity) -> str:
    """The parts of a formula, in words."""
    if identity.change is not None and not identity.names:
        return f"{DEFINITIONS['adam'].title}, but {_changed(identity.change)}"
    if identity.definitions:
        first, *others = identity.definitions
        told, bugs = DEFINITIONS[first].title, list(identity.bugs)
    else:
        told, others = bug_sentence(BUGS[identity.bugs[0]]), []
        told += f", only in {identity.part}" if identity.part else ""
        bugs = list(identity.bugs[1:])
    for name in others:
        title = DEFINITIONS[name].title
        told += f"; {_DECAYS.get(name, title)}" if DEFINITIONS[name].decays else f", and {title}"
    if identity.decay:
        told += f"; {_DECAYS[identity.decay]}"
    return told + "".join(_besides(BUGS[name]) for name in bugs)


def _besides(bug: Bug) -> str:
    """A bug as the second part of a sentence."""
    change, of = bug.change, DEFINITIONS[bug.of]
    if of.decays:
        return f"; {_DECAYS.get(bug.of, of.title)}, but {change}"
    return f", and {change}" if bug.of == "adam" else f", and {of.title}, but {change}"


def _what(formula: Formula, dtype: str) -> str:
    """The first part of the sentence: what it is."""
    due, identity = against(formula), formula.identity
    if formula.kind is Kind.EXPECTED:
        return _as_expected(formula, due, dtype)
    behind = f" computed in {formula.precision} behind {dtype} arrays" if formula.precision else ""
    if formula.kind is Kind.COARSE:
        return f"{due}, but {fault(formula)}{behind}" if identity.bugs else f"{due}, but{behind}"
    limit = ", without weight decay" if formula.without_decay_only else ""
    if formula.kind is Kind.CHANGED and identity.change is not None:
        of = described(replace(identity, change=None)) if identity.names else due
        return f"{of}, but {_changed(identity.change)}{behind}{limit}"
    told = f"{described(identity)}{behind}{limit}"
    if not identity.bugs:
        return f"this is {told}, not {due}"
    return f"{told} ({_known_bug(formula)})"


def _as_expected(formula: Formula, due: str, dtype: str) -> str:
    if told := fault(formula):
        return f"{due}, but {told}"
    if formula.finer:
        return f"{due} as far as {dtype} can tell, unlike {formula.finer}"
    decays = [DEFINITIONS[name].title for name in formula.identity.definitions]
    return f"{due} with the weight decay of {decays[0]}" if decays else due


def _known_bug(formula: Formula) -> str:
    bugs = formula.identity.bugs
    return f"the known bug{'s' if len(bugs) > 1 else ''} {' + '.join(bugs)}"


def _changed(change: Change) -> str:
    """The change of one hyperparameter, in words."""
    parameter, number = change.parameter, change.number
    match change.how:
        case How.TIMES:
            return f"{parameter} is multiplied by {number}"
        case How.COMPLEMENT_TIMES:
            return f"1 - {parameter} is multiplied by {number}"
        case How.CONSTANT:
            return f"{parameter} is {number}, whatever value is requested"
        case How.DECAY_DECOUPLED:
            return f"weights decay by {number} more than requested, decoupled from the gradient"
        case How.DECAY_COUPLED:
            return f"weights decay by {number} more than requested, as part of the gradient (L2)"
        case how:
            return f"{parameter} {_CHANGES[how]}"


def _unknown(formula: Formula, dtype: str) -> str:
    match formula.cause:
        case Cause.INFINITE_RADII:
            return f"{dtype} cannot tell: every radius is infinite"
        case Cause.GIVEN_UP:
            return f"not determined: {formula.said}"
        case Cause.NOT_TESTED | None:
            return formula.said or "not tested"
        case _:
            return formula.said


def _unexplained(formula: Formula) -> str:
    due, others = against(formula), f", as with {_alike(formula)}" if formula.undecided else ""
    match formula.cause:
        case Cause.NOT_REPEATABLE:
            return f"the same run gives different results, so its formula cannot be determined{others}"
        case Cause.ONLY_SOMETIMES:
            where = [_observed(each) for each in formula.observations] or ["for every input"]
            return f"{due} in every fixed experiment, but not {' nor '.join(where)}"
        case Cause.UNKNOWN_DECAY:
            return f"{due} without weight decay, but no known formula with it"
        case Cause.NOTHING_FITS:
            observed = [_observed(each) for each in formula.observations]
            return "; ".join([f"neither {due} nor a known dialect or bug", *observed])
        case _:
            return formula.said + others


def _alike(formula: Formula) -> str:
    """The formulas that may be meant; a single bug with what it changes."""
    only = formula.undecided[0].bugs if len(formula.undecided) == 1 else ()
    told = listed(formula.undecided)
    return f"{told}: {BUGS[only[0]].change}" if len(only) == 1 else told


def _observed(observation: Observation) -> str:
    return _OBSERVED[observation.seen].format(
        parameter=observation.parameter, number=observation.number, of=observation.of
    )


def observed(formula: Formula) -> tuple[str, ...]:
    """The observations about a formula without a name, one sentence each."""
    return tuple(_observed(each) for each in formula.observations)


def _how_far(deviation: Deviation) -> Iterator[str]:
    yield f"first wrong at step {deviation.step}"
    if deviation.ratio > 1:
        ratio = deviation.ratio
        far = f"{ratio:.3g} x" if ratio >= 2 else f"{100 * (ratio - 1):.2g} %"
        when = {_WHEN.get(name, "") for name in deviation.experiments}
        yield f"differs by up to {far} {when.pop() if len(when) == 1 else ''}".rstrip()
