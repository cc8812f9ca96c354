"""Observations about a formula that is not known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.diagnosis.fixed_experiments import STEPS, in_every_regime
from adamcheck.diagnosis.formula import Observation, Seen
from adamcheck.judge import Judgement, Ruling, judge
from adamcheck.numbers.floats import Format
from adamcheck.targets.base import NotOffered, TargetCrash
from adamcheck.traces.trace import Trace
from adamcheck.updates import meets, observed


def observe(
    subject: Subject,
    definition: type[Adam],
    traces: Mapping[str, Trace],
    judgements: Mapping[str, Judgement],
) -> tuple[Observation, ...]:
    """Observe where a target differs from a definition, and what its updates depend on."""
    first, name = min((j.offence.step, name) for name, j in judgements.items() if j.offence)
    fine = not subject.format.narrow
    if _depends_on_parameters(subject):
        return (Observation(Seen.PARAMETERS_MATTER),)
    found = [Observation(Seen.WRONG_FROM, number=first)]
    if _agrees(subject, definition, _alone(traces[name], judgements[name])):
        found.append(Observation(Seen.ALONE_RIGHT))
    elif fine and _agrees(subject, definition, _without_zeros(subject.format)):
        found.append(Observation(Seen.NONZERO_RIGHT))
    else:
        found += [
            Observation(seen)
            for seen, make in _AGREEING.items()
            if _agrees(subject, definition, make(subject.format))
        ]
    for observation in (
        _coordinates,
        _independent,
        _memory,
        partial(_size, definition=definition),
        partial(_floor, definition=definition),
    ):
        try:
            found += observation(subject)
        except (NotOffered, TargetCrash):
            continue
    return tuple(found)


def _agrees(subject: Subject, definition: type[Adam], trajectory: Trajectory) -> bool:
    try:
        return judge(subject.run(subject.experiment(trajectory)), definition).outcome == Ruling.ENCLOSED
    except (NotOffered, TargetCrash):
        return False


def _alone(trace: Trace, judgement: Judgement) -> Trajectory:
    """The input of a trace, reduced to the coordinate that is outside the enclosure."""
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
    nonzero = in_every_regime(STEPS, np.random.default_rng(1))[:, :6]
    return _experiment(Hyperparameters(lr=2.0**-6, beta1=0.875, beta2=0.75, eps=eps), nonzero)(format)


_DYADIC = Hyperparameters(lr=2.0**-6, beta1=0.875, beta2=0.75, eps=2.0**-4)

_FREE = np.array([[1.0, -0.5, 3.0], [-1.5, 1.0, 1.0], [0.5, 2.0, -1.25], [1.0, -0.75, 2.0], [-2.0, 1.5, 0.5]])

_SIZES = np.random.default_rng(3).uniform(0.5, 2, (STEPS, 6))

_without_zeros = _experiment(_DYADIC, _SIZES * np.random.default_rng(4).choice([-1.0, 1.0], _SIZES.shape))

_AGREEING: dict[Seen, Callable[[Format], Trajectory]] = {
    Seen.RIGHT_WITHOUT_EPS: _negligible_eps,
    Seen.CONSTANT_RIGHT: _experiment(_DYADIC, np.ones((STEPS, 3)) * [1.0, -0.5, 3.0]),
    Seen.FIRST_STEP_RIGHT: _experiment(_DYADIC, np.array([[1.0, -0.5, 3.0, 0.25]])),
    Seen.EQUAL_BETAS_RIGHT: _experiment(
        _DYADIC.replace(beta1=0.75), in_every_regime(STEPS, np.random.default_rng(2))
    ),
}


def _depends_on_parameters(subject: Subject) -> bool:
    """Whether updates for the same gradients depend on the parameters, beyond the rounding of stored ones."""
    usual = _experiment(_DYADIC, _FREE)(subject.format)
    there = usual.replace(parameters=usual.parameters + usual.format.dtype.type(4))
    try:
        return _differ(subject, usual, there)
    except (NotOffered, TargetCrash):
        return False


def _coordinates(subject: Subject) -> Iterator[Observation]:
    """Whether the updates of a coordinate change if it is alone."""
    usual = _experiment(_DYADIC, _FREE)(subject.format)
    alone = usual.replace(parameters=usual.parameters[:1], gradients=usual.gradients[:, :1])
    if _differ(subject, alone, usual):
        yield Observation(Seen.COORDINATES_MIX)


def _differ(subject: Subject, one: Trajectory, other: Trajectory) -> bool:
    """Whether the common coordinates of two trajectories have different updates, beyond stored rounding."""
    a, b = (observed(subject.run(subject.experiment(trajectory))) for trajectory in (one, other))
    common = np.s_[:, : min(a.value.shape[1], b.value.shape[1])]
    return not meets(a[common], b[common])


def _independent(subject: Subject) -> Iterator[Observation]:
    """The hyperparameters that a target ignores, one observation each."""
    yield from (Observation(Seen.INDEPENDENT, name) for name in ignored(subject))


def ignored(subject: Subject) -> Iterator[str]:
    """The hyperparameters that do not change any bit of any update, although they can be passed."""
    usual = subject.run(subject.experiment(_experiment(_DYADIC, _FREE)(subject.format)))
    for name, other in (("lr", 2.0**-3), ("beta1", 0.5), ("beta2", 0.5), ("eps", 1.0)):
        if name in subject.target.fixed:
            continue
        hyper = subject.settled(_DYADIC).replace(**{name: other})
        trace = subject.run(_experiment(hyper, _FREE)(subject.format))
        if np.array_equal(np.asarray(trace.parameters), np.asarray(usual.parameters), equal_nan=True):
            yield name


def _memory(subject: Subject) -> Iterator[Observation]:
    """Whether the last update is independent of earlier gradients, up to the rounding of stored values."""
    turned = np.concatenate([-2 * _FREE[:-1], _FREE[-1:]])
    trajectories = [_experiment(_DYADIC, gradients)(subject.format) for gradients in (_FREE, turned)]
    one, other = (observed(subject.run(subject.experiment(each)))[-1] for each in trajectories)
    if meets(one, other) and np.isfinite(one.value.astype(np.float64)).all():
        yield Observation(Seen.NO_MEMORY)


def _first_update(
    subject: Subject, definition: type[Adam], hyper: Hyperparameters, gradient: float
) -> tuple[np.float64, bool]:
    """The update for one gradient, and whether it is outside the enclosure of a definition."""
    trace = subject.run(_experiment(hyper, np.array([[gradient]]))(subject.format))
    return np.float64(np.asarray(trace.parameters)[1, 0]), judge(trace, definition).outcome == Ruling.REJECTED


def _size(subject: Subject, definition: type[Adam]) -> Iterator[Observation]:
    """How the first update grows with the gradient if eps is comparatively small."""
    hyper = _DYADIC.replace(eps=max(2.0**-100, subject.format.tiny))
    (one, _), (four, wrong) = (_first_update(subject, definition, hyper, g) for g in (0.75, 3.0))
    with np.errstate(all="ignore"):
        degree = float(np.log2(np.abs(four / one)) / 2)
    if wrong and np.isfinite(degree) and round(degree, 2):
        yield Observation(Seen.DEGREE, number=round(degree, 2))


def _floor(subject: Subject, definition: type[Adam]) -> Iterator[Observation]:
    """The effective eps in the first step: lr |g| / update, for a gradient far below eps."""
    half = subject.format.narrow
    eps = 2.0**-4 if half else 2.0**-20
    gradient = eps * (2.0**-8 if half else 2.0**-40)
    update, wrong = _first_update(subject, definition, _DYADIC.replace(lr=1.0, eps=eps), gradient)
    with np.errstate(all="ignore"):
        effective = float(gradient / np.abs(update)) - gradient
    factor = float(f"{effective / eps:.3g}")
    if wrong and np.isfinite(effective) and factor != 1:
        yield Observation(Seen.EPS_FACTOR, "eps", factor, eps)
