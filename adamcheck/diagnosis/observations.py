"""Observations: what can be seen of a formula that nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.diagnosis.fixed_experiments import STEPS, regimes
from adamcheck.judge import ENCLOSED, REJECTED, Judgement, judge
from adamcheck.numbers.floats import Format, format_of
from adamcheck.targets.base import NotOffered, TargetCrash
from adamcheck.traces.trace import Trace


def observe(
    subject: Subject, traces: Mapping[str, Trace], judgements: Mapping[str, Judgement]
) -> tuple[str, ...]:
    """Where a target differs from the textbook and what its updates depend on, a sentence each."""
    first, name = min((j.offence.step, name) for name, j in judgements.items() if j.offence)
    fine = subject.format.unit <= format_of("float32").unit
    if _depends_on_parameters(subject):
        return ("the updates depend on the parameters, not on the gradients alone, so look at what decays",)
    told = [f"first wrong at step {first}"]
    if _agrees(subject, _alone(traces[name], judgements[name])):
        told.append("agrees on each coordinate alone, so look at what treats coordinates differently")
    elif fine and _agrees(subject, _without_zeros(subject.format)):
        told.append("agrees where no gradient is 0, so look at what treats zeros differently")
    else:
        told += [hint for hint, make in _AGREEING.items() if _agrees(subject, make(subject.format))]
    for observation in (_coordinates, _independent, _memory, _size, _floor):
        try:
            told += observation(subject)
        except (NotOffered, TargetCrash):
            continue
    return tuple(told)


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

_FREE = np.array([[1.0, -0.5, 3.0], [-1.5, 1.0, 1.0], [0.5, 2.0, -1.25], [1.0, -0.75, 2.0], [-2.0, 1.5, 0.5]])

_SIZES = np.random.default_rng(3).uniform(0.5, 2, (STEPS, 6))

_without_zeros = _experiment(_DYADIC, _SIZES * np.random.default_rng(4).choice([-1.0, 1.0], _SIZES.shape))

_AGREEING: dict[str, Callable[[Format], Trajectory]] = {
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


def _depends_on_parameters(subject: Subject) -> bool:
    """Whether updates for the same gradients differ between two places, storing aside."""
    usual = _experiment(_DYADIC, _FREE)(subject.format)
    there = usual.replace(parameters=usual.parameters + usual.format.dtype.type(4))
    try:
        return _differ(subject, usual, there)
    except (NotOffered, TargetCrash):
        return False


def _coordinates(subject: Subject) -> Iterator[str]:
    """Whether the updates of a coordinate are others where it is alone."""
    usual = _experiment(_DYADIC, _FREE)(subject.format)
    alone = usual.replace(parameters=usual.parameters[:1], gradients=usual.gradients[:, :1])
    if _differ(subject, alone, usual):
        yield "an update depends on the gradients of other coordinates"


def _differ(subject: Subject, one: Trajectory, other: Trajectory) -> bool:
    """Whether the coordinates that two trajectories have in common are moved otherwise, storing aside."""
    (a, of_a), (b, of_b) = (_updates(subject, trajectory) for trajectory in (one, other))
    common = min(a.shape[1], b.shape[1])
    apart = np.abs(a[:, :common] - b[:, :common])
    return bool(np.any(apart > of_a[:, :common] + of_b[:, :common]))


def _independent(subject: Subject) -> Iterator[str]:
    """The hyperparameters that change no bit of any update."""
    usual = subject.run(_experiment(_DYADIC, _FREE)(subject.format))
    for name, other in (("lr", 2.0**-3), ("beta1", 0.5), ("beta2", 0.5), ("eps", 1.0)):
        trace = subject.run(_experiment(_DYADIC.replace(**{name: other}), _FREE)(subject.format))
        if np.array_equal(np.asarray(trace.parameters), np.asarray(usual.parameters), equal_nan=True):
            yield f"does not depend on {name}"


def _memory(subject: Subject) -> Iterator[str]:
    """Whether the last update is the same, storing aside, after other gradients before."""
    turned = np.concatenate([-2 * _FREE[:-1], _FREE[-1:]])
    trajectories = [_experiment(_DYADIC, gradients)(subject.format) for gradients in (_FREE, turned)]
    (one, of_one), (other, of_other) = (_updates(subject, trajectory) for trajectory in trajectories)
    if np.all(np.abs(one - other)[-1] <= (of_one + of_other)[-1]):
        yield "does not depend on earlier gradients"


def _updates(subject: Subject, trajectory: Trajectory) -> tuple[np.ndarray, np.ndarray]:
    """The updates of a run, and what storing the parameters may have changed of each."""
    parameters = np.asarray(subject.run(trajectory).parameters).astype(np.float64)
    sizes = np.abs(parameters)
    stored = 2 * subject.format.unit * np.maximum(sizes[1:], sizes[:-1]) + subject.format.tiny
    return np.diff(parameters, axis=0), stored


def _first_update(subject: Subject, hyper: Hyperparameters, gradient: float) -> tuple[np.float64, bool]:
    """The update for one gradient, and whether it is outside the textbook's enclosure."""
    trace = subject.run(_experiment(hyper, np.array([[gradient]]))(subject.format))
    return np.float64(np.asarray(trace.parameters)[1, 0]), judge(trace).outcome == REJECTED


def _size(subject: Subject) -> Iterator[str]:
    """How the first update grows with the gradient where eps is small beside it."""
    hyper = _DYADIC.replace(eps=max(2.0**-100, subject.format.tiny))
    (one, _), (four, wrong) = (_first_update(subject, hyper, g) for g in (0.75, 3.0))
    with np.errstate(all="ignore"):
        degree = float(np.log2(np.abs(four / one)) / 2)
    if wrong and np.isfinite(degree) and (told := f"{degree:.2f}").strip("-") != "0.00":
        yield f"the first update grows as the power {told} of the gradient, not 0"


def _floor(subject: Subject) -> Iterator[str]:
    """What eps amounts to in the first step: lr |g| / update, for a gradient far below it."""
    half = subject.format.unit > 2.0**-20
    eps = 2.0**-4 if half else 2.0**-20
    gradient = eps * (2.0**-8 if half else 2.0**-40)
    update, wrong = _first_update(subject, _DYADIC.replace(lr=1.0, eps=eps), gradient)
    with np.errstate(all="ignore"):
        effective = float(gradient / np.abs(update)) - gradient
    if wrong and np.isfinite(effective) and (told := f"{effective / eps:.3g}") != "1":
        yield f"in the first step eps acts as {told} eps (eps = {eps:.3g})"
