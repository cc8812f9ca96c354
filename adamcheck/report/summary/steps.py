"""What is said of the steps of derivations."""

from __future__ import annotations

from adamcheck.proofs.statement import Counterexample, Fault, Refusal, Undefined
from adamcheck.proofs.steps import CheckedStep

_FAULTS = {
    Fault.EMPTY: "it states nothing",
    Fault.TAUTOLOGY: "both sides are the same term, so it says nothing about anything",
    Fault.VOID: "no admissible values were found that meet its assumptions",
    Fault.INCOMPLETE: "an induction needs its start and its step, as `induction` builds them",
    Fault.CHANGES: "the derivation changes the checker or differs from run to run",
}

_UNDEFINED = {
    Undefined.QUOTIENT: "a denominator may be 0; not proved",
    Undefined.ROOT: "a radicand may be negative; not proved",
}


def refused(refusal: Refusal) -> str:
    """Why a step is refused, in words; mathematics stands between dollar signs."""
    if refusal.undefined is not None:
        return f"{_UNDEFINED[refusal.undefined]}: ${refusal.detail}$"
    told = _FAULTS.get(refusal.fault, "")
    if refusal.fault is Fault.RAISED:
        return f"the derivation raised {refusal.detail}"
    return ": ".join(part for part in (told, refusal.detail) if part)


def refuted(found: Counterexample) -> str:
    """The values that refute a step, and both sides there."""
    at = ", ".join(f"{name} = {value}" for name, value in found.values)
    sides = f"the left side is {found.left or 'undefined'}, the right side {found.right or 'undefined'}"
    near = "" if found.exact else ", both rounded"
    return f"{f'at {at} ' if at else ''}{sides}{near}"


def failure(step: CheckedStep) -> str:
    """Why a step does not hold, "" if no more is known than what the engines answered."""
    told = [refused(step.refusal)] if step.refusal else []
    told += [refuted(step.counterexample)] if step.counterexample else []
    return "; ".join(told)


def engines(step: CheckedStep) -> str:
    """The answers of the engines, and whether only one stands behind the step."""
    if step.refusal:
        return "refused"
    alone = "; by one engine only" if step.holds and not step.engines_agree else ""
    return ", ".join(f"{engine}: {answer}" for engine, answer in step.engines) + alone
