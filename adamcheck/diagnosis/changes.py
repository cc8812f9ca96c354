"""Changes of one hyperparameter: a definition that computes with another value than was requested.

Known changes, such as rounding to float32, are tried first. If none fits, the value is solved for from the
most informative update, and read as a factor or as a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial

import numpy as np

from adamcheck.adam import Adam, AdamL2, AdamW, Hyperparameters
from adamcheck.choices import HYPERPARAMETERS
from adamcheck.diagnosis.formula import Change, How, Identity
from adamcheck.diagnosis.hypotheses import Hypothesis
from adamcheck.judge import Offence
from adamcheck.numbers.floats import format_of
from adamcheck.traces.trace import Trace
from adamcheck.variants.operations import adjusted
from adamcheck.variants.standard import decayed

Function = Callable[[float], float]


def _exactly(x: float) -> float:
    return 0.0


def changed(base: type[Adam], what: Change, change: Function, error: Function = _exactly) -> Hypothesis:
    """A definition with one hyperparameter changed; the changed value is known up to `error`."""

    class Changed(base):  # type: ignore[valid-type, misc]
        def __init__(self, hyper: Hyperparameters) -> None:
            new = adjusted(getattr(hyper, what.parameter), change, error)
            super().__init__(hyper.replace(**{what.parameter: new}))

    return Hypothesis(Changed, Identity(change=what))


def _decaying(definition: type[Adam], how: How, c: float, error: float) -> Hypothesis:
    """A definition with an additional weight decay of c, which is known up to `error`."""

    class Decaying(definition):  # type: ignore[valid-type, misc]
        def __init__(self, hyper: Hyperparameters) -> None:
            decay = adjusted(hyper.weight_decay, lambda x: x + c, lambda x: error)
            super().__init__(hyper.replace(weight_decay=decay))

    return Hypothesis(Decaying, Identity(change=Change("weight_decay", how, _told(c, error))))


_DECAYS: Mapping[How, type[Adam]] = {How.DECAY_DECOUPLED: AdamW, How.DECAY_COUPLED: AdamL2}


def _rounded(dtype: str) -> Function:
    def change(x: float) -> float:
        with np.errstate(all="ignore"):
            return float(np.float64(x).astype(format_of(dtype).dtype))

    return change


def _cut(x: float) -> float:
    bits = np.float32(x).view(np.uint32) & np.uint32(0xFFFF0000)
    return float(bits.view(np.float32))


_KNOWN: Mapping[How, Function] = {
    How.FLOAT32: _rounded("float32"),
    How.BFLOAT16: _rounded("bfloat16"),
    How.FLOAT16: _rounded("float16"),
    How.CUT: _cut,
    How.SQUARED: lambda x: x * x,
    How.ROOT: lambda x: x**0.5,
    How.COMPLEMENT: lambda x: 1 - x,
    How.ZERO: lambda x: 0.0,
}

_DECAY_RATES = ("beta1", "beta2")
"""The hyperparameters for which the complement 1 - x is meaningful."""


@cache  # results are cached by class, so the classes must be the same each time
def known(base: type[Adam]) -> tuple[Hypothesis, ...]:
    """The known changes of one hyperparameter."""
    return tuple(
        changed(base, Change(parameter, how), change)
        for parameter in HYPERPARAMETERS
        for how, change in _KNOWN.items()
        if how is not How.COMPLEMENT or parameter in _DECAY_RATES
    )


def fitted(base: type[Adam], trace: Trace, offence: Offence) -> Iterable[Hypothesis]:
    """The changes, to a multiple of the requested value or to a constant, that give an observed update."""
    found: dict[Change | None, Hypothesis] = {}
    for parameter in HYPERPARAMETERS:
        asked = float(getattr(trace.hyper, parameter))
        for value, error in _solve(base, parameter, trace, offence):
            for hypothesis in _readings(base, parameter, asked, value, error):
                found.setdefault(hypothesis.identity.change, hypothesis)
    for how, kind in _DECAYS.items():
        definition = decayed(base, kind)
        for value, error in _solve(definition, "weight_decay", trace, offence):
            hypothesis = _decaying(definition, how, value, error)
            found.setdefault(hypothesis.identity.change, hypothesis)
    return found.values()


def constant(
    base: type[Adam], parameter: str, definitions: tuple[str, ...], seen: Iterable[tuple[Trace, Offence]]
) -> Iterator[Hypothesis]:
    """A definition with a constant for a hyperparameter, as the update gives it that shows it best.

    Args:
        base: The definition.
        parameter: The hyperparameter, which the target ignores.
        definitions: The names of the definition.
        seen: Traces, each with an update that is not the requested one.
    """
    solved = [solution for trace, offence in seen for solution in _solve(base, parameter, trace, offence)]
    best = min(solved, key=lambda solution: solution[1] / abs(solution[0] or 1.0), default=None)
    if best is not None:
        value, error = best
        what = Change(parameter, How.CONSTANT, _told(value, error))
        hypothesis = changed(base, what, lambda x: value, lambda x: error)
        yield replace(hypothesis, identity=Identity(definitions, change=what))


def made(base: type[Adam], what: Change) -> Hypothesis | None:
    """The change with a number that was solved for; None for another change."""
    if not what.number:
        return None
    c = float(what.number)
    if what.how in _DECAYS:
        return _decaying(decayed(base, _DECAYS[what.how]), what.how, c, 0.0)
    of: Mapping[How, Function] = {
        How.TIMES: partial(_times, c),
        How.COMPLEMENT_TIMES: partial(_complement_times, c),
        How.CONSTANT: lambda x: c,
    }
    return changed(base, what, of[what.how]) if what.how in of else None


def _readings(
    base: type[Adam], parameter: str, asked: float, value: float, error: float
) -> Iterator[Hypothesis]:
    """The changes that turn the requested value of a hyperparameter into `value`."""
    if asked:
        c, e = value / asked, error / abs(asked)
        what = Change(parameter, How.TIMES, _told(c, e))
        yield changed(base, what, partial(_times, c), partial(_times, e))
    if parameter in _DECAY_RATES:
        c, e = (1 - value) / (1 - asked), error / (1 - asked)
        what = Change(parameter, How.COMPLEMENT_TIMES, _told(c, e))
        yield changed(base, what, partial(_complement_times, c), partial(_of_complement, e))
    what = Change(parameter, How.CONSTANT, _told(value, error))
    yield changed(base, what, lambda x: value, lambda x: error)


def _complement_times(c: float, x: float) -> float:
    return 1 - c * (1 - x)


def _of_complement(c: float, x: float) -> float:
    return c * (1 - x)


def _times(c: float, x: float) -> float:
    return c * x


def _told(x: float, error: float) -> str:
    """The shortest decimal number within `error` of a number."""
    told = (f"{x:.{digits}g}" for digits in range(1, 18))
    return next(shorter for shorter in told if abs(float(shorter) - x) <= error)


_CLOSE = 4 * float(np.finfo(np.float64).eps)
"""The relative error of a root: the smallest that `brentq` accepts."""

_APART = _CLOSE**0.5
"""The relative distance of two points whose difference gives a slope: half of the digits are left for it."""


def _solve(
    definition: type[Adam], parameter: str, trace: Trace, offence: Offence
) -> Iterator[tuple[float, float]]:
    """The values of a hyperparameter, with errors, for which a definition gives the observed update."""
    from scipy.optimize import brentq

    start = float(np.asarray(next(iter(trace.parameters))).ravel()[offence.coordinate])
    gradients = np.asarray(trace.gradients)[: offence.step].reshape(offence.step, -1)
    each = list(gradients[:, offence.coordinate].astype(np.float64))

    def missed(values: np.ndarray) -> np.ndarray:
        """The difference between the update for each value and the observed one."""
        adam = definition(trace.hyper.map(float).replace(**{parameter: values}))
        with np.errstate(all="ignore"):
            updates = [update for _, update in adam.run(np.full_like(values, start), each)]
        result: np.ndarray = updates[-1] - offence.observed
        return result

    grid = _grid(parameter, float(getattr(trace.hyper, parameter)))
    for low, high in _brackets(grid, missed(grid)):
        try:
            root = brentq(lambda x: float(missed(np.array([x]))[0]), low, high, xtol=_CLOSE**2, rtol=_CLOSE)
        except (ValueError, RuntimeError):  # NaN in between, or no convergence
            continue
        width = max(abs(root) * _APART, _CLOSE**2)
        around = missed(np.array([root - width, root + width]))
        slope = abs(around[1] - around[0]) / (2 * width)
        if np.isfinite(slope) and slope:
            yield root, offence.radius / slope + _CLOSE * abs(root)


def _grid(parameter: str, asked: float) -> np.ndarray:
    if parameter in _DECAY_RATES:
        return np.unique(np.append(1 - 2.0 ** np.arange(-30, 0.125, 0.125), asked))
    sizes = (asked or 1.0) * 2.0 ** np.arange(-40, 40.25, 0.25)
    return sizes if parameter == "eps" else np.concatenate([-sizes[::-1], sizes])


def _brackets(points: np.ndarray, values: np.ndarray) -> list[tuple[float, float]]:
    """Neighbouring points between which finite values change sign."""
    low, high = values[:-1], values[1:]
    with np.errstate(all="ignore"):
        turns = np.isfinite(low) & np.isfinite(high) & (np.sign(low) != np.sign(high))
    return [(float(points[i]), float(points[i + 1])) for i in np.nonzero(turns)[0]]
