"""The pool of experiments that a diagnosis chooses from, and the predictions of hypotheses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from adamcheck import regimes
from adamcheck.adam import Adam, HyperparameterError, Hyperparameters
from adamcheck.checks.trajectory import Trajectory
from adamcheck.judge import Judge, Ruling
from adamcheck.numbers.floats import Format
from adamcheck.traces.trace import Steps, Trace
from adamcheck.updates import Updates, meets, prediction, stored

if TYPE_CHECKING:  # the zoo is loaded where a target does not follow its standard
    from adamcheck.diagnosis.hypotheses import Hypothesis

_STEPS = 8

_TELLING = 8
"""After so many steps a formula that is rejected is judged no further."""


def pool(format: Format, *, decays: bool) -> Mapping[str, Trajectory]:
    """The experiments in a dtype, cheap ones first; with `decays`, those with weight decay."""
    half = format.narrow
    eps = 2.0**-4 if half else 2.0**-20
    plain = Hyperparameters(lr=2.0**-6, beta1=0.875, beta2=0.75, eps=2.0**-6)
    near = np.resize(2.0 ** np.array([-4, -1, 0, 1, 4]), 8)
    if decays:
        hyper = plain.replace(lr=0.5, weight_decay=0.5)
        return {
            "with weight decay": _along(format, hyper, _free(8), 2.0),
            "with a weight decay that is small": _along(
                format, plain.replace(lr=2.0**-3, weight_decay=2.0**-4), _free(8), -0.75
            ),
            "with a weight decay that outweighs the gradient": _along(format, hyper, _free(8) / 8, 8.0),
        }
    return {
        "with |g| near eps": _along(format, plain.replace(eps=eps), _free(8) * near * eps),
        "with |g| near sqrt(eps)": _along(format, plain.replace(eps=eps), _free(8) * near * eps**0.5),
        "with other betas": _along(format, plain.replace(beta1=0.5, beta2=0.875), _free(8)),
        "with beta1 = 0": _along(format, plain.replace(beta1=0.0), _free(8)),
        "with a large lr": _along(format, plain.replace(lr=1.0, eps=eps), _free(8) * near * eps),
        "with large gradients": _along(format, plain, _free(8) * 16),
        "with one coordinate": _along(format, plain, _free(1)),
        "away from 0": _along(format, plain, _free(8), 2.0),
        "with zeros": _along(format, plain, _sparse()),
        "with the default betas": _along(format, Hyperparameters(eps=eps), _free(8)),
        "for 24 steps": _along(format, plain.replace(beta2=1 - 2.0**-7), _free(3, 24)),
        "for 110 steps": _along(format, plain.replace(beta2=1 - 2.0**-10), _free(2, 110)),
        "for 270 steps": _along(format, plain.replace(beta2=1 - 2.0**-10), _free(2, 270)),
    }


def _free(coordinates: int, steps: int = _STEPS) -> np.ndarray:
    """Gradients of random sign and magnitude in [1/2, 2]."""
    return regimes.free(np.random.default_rng(steps), steps, coordinates)


def _sparse() -> np.ndarray:
    """Gradients that start late, end early, come at times, or spike, with some steps all 0."""
    t = np.arange(_STEPS)
    spike = 32 * regimes.spike(_STEPS, 0, 2.0**-8)
    present = np.stack([t >= 4, t < 3, t % 3 == 0, t >= 0, t % 2 == 0], axis=1)
    result: np.ndarray = np.concatenate([_free(5) * present, spike[:, None]], axis=1) * (t != 5)[:, None]
    return result


def _along(format: Format, hyper: Hyperparameters, gradients: np.ndarray, start: float = 0.0) -> Trajectory:
    rounded = gradients.astype(format.dtype)
    return Trajectory(hyper, np.full(rounded.shape[1], start).astype(format.dtype), rounded)


class Judgements:
    """How many updates of traces formulas enclose, found out once for all that are alike in plain floats.

    Most known formulas that a target may still follow equal the textbook in most traces: they part after
    many steps, or where a gradient is large. In such a trace their floats have the same bits, and their
    enclosures would be the same.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[int, str, bool, bytes], int | None] = {}
        self._traces: list[Trace] = []  # kept, so that no other trace gets the number of one

    def of(self, hypothesis: Hypothesis, trace: Trace, format: Format, *, turned: bool = False) -> int | None:
        """The number of updates that a formula encloses with a finite radius; None if one is outside.

        With `turned`, every update is negated.
        """
        first, *rest = trace.parameters
        path = [first, *(first + (first - row) if turned else row for row in rest)]
        floats = _in_floats(hypothesis.definition, trace.hyper, path, trace.gradients)
        if floats is None:
            return _enclosed(hypothesis, trace, path, format)
        if not format.narrow and _far_from(floats, path, format):
            return None
        key = id(trace), str(format), turned, floats.tobytes()
        if key not in self._counts:
            self._counts[key] = _enclosed(hypothesis, trace, path, format)
            self._traces.append(trace)
        return self._counts[key]


def _enclosed(hypothesis: Hypothesis, trace: Trace, path: Sequence[np.ndarray], format: Format) -> int | None:
    judging = Judge(trace.hyper, path[0], hypothesis.definition, format)
    for t, (gradient, parameters) in enumerate(zip(trace.gradients, path[1:], strict=True), start=1):
        judging.step(gradient, parameters)
        # Steps are judged faster together; most wrong formulas are wrong in the first few.
        if t == _TELLING and judging.judgement().outcome == Ruling.REJECTED:
            return None
    judgement = judging.judgement()
    return None if judgement.outcome == Ruling.REJECTED else judgement.grades[-1].judged


def _in_floats(
    definition: type[Adam], hyper: Hyperparameters, path: Sequence[np.ndarray], gradients: Steps
) -> np.ndarray | None:
    """The updates of a formula in plain floats from each point of a path, shape (T, ...).

    Returns:
        None if a hyperparameter was solved for and is beyond what may be requested.
    """
    try:
        adam = definition(hyper)
    except HyperparameterError:
        return None
    before = np.asarray(path[0], np.float64)
    with np.errstate(all="ignore"):
        state, updates = adam.start(before), np.empty((len(path) - 1, *before.shape))
        for step, gradient in enumerate(gradients):
            state, updates[step] = adam.update(
                state, np.asarray(path[step], np.float64), np.asarray(gradient, np.float64)
            )
    return updates


def _far_from(updates: np.ndarray, path: Sequence[np.ndarray], format: Format) -> bool:
    """Whether plain floats tell a formula from what was observed.

    Most hypotheses are wrong in the first digits, which costs a hundredth of an enclosure to see. What
    agrees in half of the digits of the largest update, or up to what storing costs, is left to the judge.

    Args:
        updates: The updates of the formula in floats.
        path: The observed parameters.
        format: The working precision.
    """
    largest = 0.0
    before, *rest = (np.asarray(row, np.float64) for row in path)
    with np.errstate(all="ignore"):
        for update, after in zip(updates, rest, strict=True):
            known = np.isfinite(update) & np.isfinite(after)
            observed = after - before
            sizes = np.maximum(np.abs(update), np.abs(observed))[known]
            largest = max(largest, float(sizes.max(initial=0.0)))
            least = format.unit**0.5 * largest + stored(before, after, format)
            if (np.abs(observed - update) > least)[known].any():
                return True
            before = after
    return False


def visible(definition: type[Adam], trajectory: Trajectory) -> Updates:
    """The updates that a run of a definition may show along a trajectory."""
    start, gradients = trajectory.parameters, trajectory.gradients
    return prediction(definition, trajectory.hyper, start, gradients, trajectory.format).visible


class Predictions:
    """The predictions of hypotheses in experiments, each computed once for all that are alike in floats."""

    def __init__(self, experiments: Mapping[str, Trajectory]) -> None:
        self._experiments = experiments
        self._made: dict[tuple[str, type[Adam]], Updates] = {}
        self._alike: dict[tuple[str, bytes], Updates] = {}

    @property
    def names(self) -> list[str]:
        return list(self._experiments)

    def of(self, name: str, hypothesis: Hypothesis) -> Updates:
        """The updates that a run of a formula may show in an experiment."""
        key = name, hypothesis.definition
        if key not in self._made:
            self._made[key] = self._predicted(name, hypothesis.definition)
        return self._made[key]

    def _predicted(self, name: str, definition: type[Adam]) -> Updates:
        experiment = self._experiments[name]
        path = [experiment.parameters] * (len(experiment.gradients) + 1)
        floats = _in_floats(definition, experiment.hyper, path, experiment.gradients)
        if floats is None:
            return visible(definition, experiment)
        key = name, floats.tobytes()
        if key not in self._alike:
            self._alike[key] = visible(definition, experiment)
        return self._alike[key]

    def separated(self, name: str, hypotheses: Sequence[Hypothesis]) -> int:
        """The number of pairs of hypotheses that an experiment separates for every outcome."""
        pairs = combinations([self.of(name, hypothesis) for hypothesis in hypotheses], 2)
        return sum(one is not other and not meets(one, other) for one, other in pairs)

    def most_telling(self, names: Sequence[str], hypotheses: Sequence[Hypothesis]) -> str:
        """The first experiment that separates most pairs; "" if none separates any.

        Long experiments are considered only if the short ones separate nothing.
        """
        every, best, most = len(hypotheses) * (len(hypotheses) - 1) // 2, "", 0
        for name in names:
            if most and len(self._experiments[name].gradients) > _STEPS:
                break
            count = self.separated(name, hypotheses)
            if count > most:
                best, most = name, count
            if most == every:
                break
        return best
