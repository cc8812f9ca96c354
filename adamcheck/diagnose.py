"""What a target is: the definition whose enclosure contains everything that was observed.

Where the textbook's does not, every dialect is tried on the probe traces; where none fits, experiments
that switch off one influence at a time say where the difference sits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.checks import FAILURES
from adamcheck.conformance import REPEATED, enclosure_checks
from adamcheck.judge import COARSE, ENCLOSED, NOT_JUDGED, REJECTED, Judge, Judgement, judge
from adamcheck.numbers.floats import Format, format_of
from adamcheck.probes import STEPS, regimes
from adamcheck.targets.base import NotOffered, TargetCrash
from adamcheck.trace import Trace
from adamcheck.trajectory import Subject, Trajectory
from adamcheck.variants import DEFINITIONS

TEXTBOOK, DIALECT, COARSER, UNEXPLAINED, UNKNOWN = (
    "textbook",
    "dialect",
    "coarse",
    "unexplained",
    "not judged",
)


@dataclass(frozen=True)
class Formula:
    """The formula of a target: `kind`, the sentence for people, and the dialect's name if it is one."""

    kind: str
    sentence: str
    dialect: str = ""

    @property
    def conforms(self) -> bool:
        return self.kind == TEXTBOOK


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

    A dialect that fits them is believed when as many random `examples` find nothing outside it.
    """
    if REPEATED in broken:
        return Formula(
            UNEXPLAINED, "the same run gives different results, so that its formula cannot be told"
        )
    outside = {check.name for check in enclosure_checks(Adam)} & set(broken)
    outcomes = {judgement.outcome for judgement in judgements.values()}
    if outcomes <= {NOT_JUDGED}:
        return Formula(UNKNOWN, f"{subject.format.name} cannot tell: every radius is infinite")
    if REJECTED not in outcomes and COARSE in outcomes:
        return Formula(COARSER, f"textbook Adam, but computed in float32 behind {subject.format.name} arrays")
    if REJECTED not in outcomes and not outside:
        return Formula(TEXTBOOK, Adam.title)
    if REJECTED not in outcomes:
        return Formula(UNEXPLAINED, "the textbook formula in every fixed experiment, but not for every input")
    for coarse in (False, True) if subject.format.name == "float64" else (False,):
        dtype = "float32" if coarse else subject.format.name
        for name in fitting_definitions(traces, coarse=coarse):
            if _keeps_to(subject, dtype, DEFINITIONS[name], examples, seed):
                sentence = f"not the textbook formula, but exactly: {DEFINITIONS[name].title}"
                behind = f", computed in float32 behind {subject.format.name} arrays" if coarse else ""
                return Formula(DIALECT, sentence + behind + _how_far(traces, judgements), name)
    return Formula(UNEXPLAINED, _describe(subject, traces, judgements))


def _keeps_to(subject: Subject, dtype: str, definition: type[Adam], examples: int, seed: int) -> bool:
    """Whether random testing finds no update outside a definition that encloses the fixed experiments."""
    return all(
        check.run(subject.target, dtype, examples=examples, seed=seed, patience=subject.patience).outcome
        not in FAILURES
        for check in enclosure_checks(definition)
    )


def fitting_definitions(traces: Mapping[str, Trace], *, coarse: bool = False) -> tuple[str, ...]:
    """The names of the definitions that enclose every trace, the textbook's first.

    coarse: float64 traces may be enclosed at the precision of float32.
    """
    return tuple(
        name
        for name, definition in DEFINITIONS.items()
        if all(_fits(trace, definition, coarse) for trace in traces.values())
    )


def _fits(trace: Trace, definition: type[Adam], coarse: bool) -> bool:
    if _outcome(trace, definition, trace.working) != REJECTED:
        return True
    if not coarse or trace.working.name != "float64":
        return False
    return _outcome(trace, definition, format_of("float32")) == ENCLOSED


def _outcome(trace: Trace, definition: type[Adam], format: Format) -> str:
    """What the judge would say of a trace, found out by the first update that is outside."""
    rows = iter(trace.parameters)
    judging = Judge(trace.hyper, next(rows), definition, format)
    for gradient, parameters in zip(trace.gradients, rows, strict=True):
        judging.step(gradient, parameters)
        if judging.judgement().outcome == REJECTED:
            break
    return judging.judgement().outcome


def _how_far(traces: Mapping[str, Trace], judgements: Mapping[str, Judgement]) -> str:
    name, share = max(
        ((n, j.largest_error / abs(traces[n].hyper.lr)) for n, j in judgements.items()), key=lambda x: x[1]
    )
    return f"; differs by up to {share:.2g} lr ({name})"


def _describe(subject: Subject, traces: Mapping[str, Trace], judgements: Mapping[str, Judgement]) -> str:
    """Where the difference sits, from experiments that each switch off one influence."""
    first, name = min((j.offence.step, name) for name, j in judgements.items() if j.offence)
    told = f"neither the textbook formula nor a known dialect: first wrong at step {first}"
    if _agrees(subject, _alone(traces[name], judgements[name])):
        return f"{told}; agrees on each coordinate alone, so look at what treats coordinates differently"
    hints = [
        hint for hint, experiment in _EXPERIMENTS.items() if _agrees(subject, experiment(subject.format))
    ]
    return "; ".join([told, *hints])


def _agrees(subject: Subject, trajectory: Trajectory) -> bool:
    try:
        return judge(subject.run(trajectory)).outcome == ENCLOSED
    except (NotOffered, TargetCrash):
        return False


def _alone(trace: Trace, judgement: Judgement) -> Trajectory:
    """The coordinate of a trace that was found outside, without the others."""
    at = [judgement.offence.coordinate] if judgement.offence else []
    part = trace.part(len(trace.gradients), at)
    return Trajectory(trace.hyper, np.asarray(part.parameters)[0], np.asarray(part.gradients))


def _experiment(hyper: Hyperparameters, gradients: np.ndarray) -> Callable[[Format], Trajectory]:
    def build(format: Format) -> Trajectory:
        rounded = gradients.astype(format.dtype)
        return Trajectory(hyper, np.zeros(rounded.shape[1], format.dtype), rounded)

    return build


def _negligible_eps(format: Format) -> Trajectory:
    eps = max(2.0**-100, format.tiny)
    nonzero = regimes(STEPS, np.random.default_rng(1))[:, :6]
    return _experiment(Hyperparameters(lr=2.0**-6, beta1=0.875, beta2=0.75, eps=eps), nonzero)(format)


_DYADIC = Hyperparameters(lr=2.0**-6, beta1=0.875, beta2=0.75, eps=2.0**-4)

_EXPERIMENTS: dict[str, Callable[[Format], Trajectory]] = {
    "agrees where eps is negligible, so look at how eps enters": _negligible_eps,
    "agrees for a constant gradient, so look at the betas and at what is remembered": _experiment(
        _DYADIC, np.ones((STEPS, 3)) * [1.0, -0.5, 3.0]
    ),
    "agrees on the first step, so look at what is remembered": _experiment(
        _DYADIC, np.array([[1.0, -0.5, 3.0, 0.25]])
    ),
    "agrees for equal betas, so look at where they are swapped or forgotten": _experiment(
        _DYADIC.replace(beta1=0.75), regimes(STEPS, np.random.default_rng(2))
    ),
}
