"""The textbook step in ordinary floats, in every order of evaluation that correct programs use.

Independent of the definition: plain numpy (bfloat16 from `ml_dtypes`), so that the judge is judged by
code that shares nothing with it. One call evaluates every combination of the orders below at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from math import exp, expm1, log, log1p
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.numbers.quad import to_quad
from adamcheck.traces.trace import Trace


class Powers(StrEnum):
    """How beta^t is formed."""

    POW = "pow"
    PRODUCT = "running product"
    LOG = "exp of log"
    LOG1P = "expm1 of log1p"


class Scalars(StrEnum):
    """In which format scalars are formed, and how they enter products."""

    DOUBLE = "double"
    WIDE = "double, wide entry"
    WORKING = "working"


class Average(StrEnum):
    """How a moving average is formed, with c = 1 - beta."""

    DIRECT = "beta*m + (c*g)"
    DIRECT_FUSED = "fma(c, g, beta*m)"
    LERP = "m + c*(g-m)"
    LERP_FUSED = "fma(c, g-m, m)"
    ANCHORED = "g + beta*(m-g)"
    ANCHORED_FUSED = "fma(beta, m-g, g)"


DIRECT = (Average.DIRECT, Average.DIRECT_FUSED)
USUAL = (*DIRECT, Average.LERP, Average.LERP_FUSED)
ANCHORED = (Average.ANCHORED, Average.ANCHORED_FUSED)


class Last(StrEnum):
    """How the step size s enters, with the numerator m and the denominator d."""

    NUMERATOR = "(s*m)/d"
    RATIO = "s*(m/d)"
    DENOMINATOR = "(s/d)*m"
    FUSED = "theta - s*(m/d) by fma"


def _quad(x: Any) -> Any:
    return to_quad(np.asarray(x, np.float64))


def _rounded(x: Any, dtype: np.dtype[Any]) -> Any:
    """Quads in `dtype`; bfloat16 by way of float32, as programs that accumulate in float32 store it."""
    return x.astype(np.float32).astype(dtype) if dtype.itemsize == 2 else x.astype(dtype)


@dataclass(frozen=True)
class Numbers:
    """Arrays in `dtype`; scalars in `scalar`, which enter products rounded or, if `wide`, as they are."""

    dtype: np.dtype[Any]
    scalar: np.dtype[Any]
    wide: bool

    @classmethod
    def of(cls, dtype: Any, scalars: Scalars) -> Numbers:
        working = np.dtype(dtype)
        scalar = working if scalars is Scalars.WORKING else np.dtype(np.float64)
        return cls(working, scalar, scalars is Scalars.WIDE)

    def one(self, x: float) -> Any:
        """A scalar of the run, rounded to the format of the scalars."""
        return np.asarray(x).astype(self.scalar)[()]

    def scale(self, scalar: Any, x: Any) -> Any:
        """scalar * x."""
        if self.wide:
            return _rounded(_quad(scalar) * _quad(x), self.dtype)
        return scalar.astype(self.dtype) * x

    def over(self, x: Any, scalar: Any) -> Any:
        """x / scalar."""
        if self.wide:
            return _rounded(_quad(x) / _quad(scalar), self.dtype)
        return x / scalar.astype(self.dtype)

    def fma(self, scalar: Any, x: Any, y: Any) -> Any:
        """scalar * x + y, rounded once: the product of two numbers of any dtype is exact in quad."""
        factor = scalar if self.wide else scalar.astype(self.dtype)
        return _rounded(_quad(factor) * _quad(x) + _quad(y), self.dtype)


@dataclass(frozen=True)
class Evaluations:
    """The parameters (T+1, k, d) that k orders of evaluation reach from the same gradients (T, d)."""

    names: tuple[str, ...]
    trace: Trace


def evaluate(
    hyper: Hyperparameters,
    start: Any,
    gradients: Any,
    scalars: Scalars,
    power: Powers,
    averages: Sequence[Average] = USUAL,
    debiased: bool = True,
) -> Evaluations:
    """Every order of evaluation with these scalars; `debiased` adds the recursions on m_hat and v_hat."""
    dtype = gradients.dtype
    n = Numbers.of(dtype, scalars)
    lr, eps = n.one(hyper.lr), n.one(hyper.eps)
    with np.errstate(all="ignore"):
        c1, bc1 = _corrections(n, hyper.beta1, len(gradients), power)
        c2, bc2 = _corrections(n, hyper.beta2, len(gradients), power)
        firsts = list(_first_moments(n, hyper.beta1, c1, bc1, gradients, averages, debiased))
        seconds = list(_second_moments(n, hyper.beta2, c2, bc2, gradients, eps, averages, debiased))
        names, runs = [], []
        for (first, m, m_folds), (second, d, v_folds) in product(firsts, seconds):
            step = lr * np.sqrt(bc2) if v_folds else lr
            step = step / bc1 if m_folds else np.broadcast_to(step, bc1.shape)
            for order in Last:
                names.append(f"{scalars}; {power}; {first}; {second}; {order}")
                runs.append(_walk(n, start, step, m, d, order))
    parameters = np.stack(runs, axis=1)
    repeated = np.broadcast_to(gradients[:, None], (len(gradients), *parameters.shape[1:]))
    return Evaluations(tuple(names), Trace(hyper, repeated, parameters))


def _corrections(n: Numbers, beta: float, steps: int, power: Powers) -> tuple[Any, Any]:
    """`1 - beta` and the column of `1 - beta**t`, formed in the format of the scalars."""
    one, b = n.one(1.0), n.one(beta)
    if power is Powers.PRODUCT:
        powers = [b]
        for _ in range(steps - 1):
            powers.append(powers[-1] * b)
        return one - b, np.array([[one - p] for p in powers])
    x, column = float(b), []
    for t in range(1, steps + 1):
        if power is Powers.POW:
            column.append(one - n.one(x**t))
        elif power is Powers.LOG:
            column.append(one - n.one(exp(t * log(x)) if x else 0.0))
        else:
            column.append(-n.one(expm1(t * log1p(x - 1.0)) if 0 < x < 1 else x - 1.0))
    return one - b, np.array(column)[:, None]


def _averages(n: Numbers, beta: float, c: Any, new: Any, form: Average, scaled: Any = None) -> Any:
    """The moving averages (T, d) of the rows of `new`; `scaled` replaces `c * new` where given."""
    b = n.one(beta)
    average, rows = np.zeros_like(new[0]), []
    for i, x in enumerate(new):
        if form is Average.DIRECT:
            average = n.scale(b, average) + (n.scale(c, x) if scaled is None else scaled[i])
        elif form is Average.DIRECT_FUSED:
            average = n.fma(c, x, n.scale(b, average))
        elif form is Average.LERP:
            average = average + n.scale(c, x - average)
        elif form is Average.LERP_FUSED:
            average = n.fma(c, x - average, average)
        elif form is Average.ANCHORED:
            average = x + n.scale(b, average - x)
        else:
            average = n.fma(b, average - x, x)
        rows.append(average)
    return np.array(rows)


def _debiased(n: Numbers, c: Any, bc: Any, new: Any) -> Any:
    """The corrected averages by their own recursion, with the weight `c / (1 - beta**t)`."""
    average, rows = np.zeros_like(new[0]), []
    for x, correction in zip(new, bc, strict=True):
        average = average + n.scale(c / correction, x - average)
        rows.append(average)
    return np.array(rows)


def _first_moments(
    n: Numbers, beta: float, c: Any, bc: Any, g: Any, averages: Sequence[Average], debiased: bool
) -> Any:
    """Name, m_hat, whether 1/bc1 is left to the step size."""
    for form in averages:
        m = _averages(n, beta, c, g, form)
        yield f"m = {form}, m/bc", n.over(m, bc), False
        yield f"m = {form}, m*(1/bc)", n.scale(1 / bc, m), False
        yield f"m = {form}, lr/bc", m, True
    if debiased:
        yield "m_hat recursion", _debiased(n, c, bc, g), False


def _second_moments(
    n: Numbers, beta: float, c: Any, bc: Any, g: Any, eps: Any, averages: Sequence[Average], debiased: bool
) -> Any:
    """Name, denominator, whether the factor sqrt(bc2) is left to the step size."""
    square = g * g
    forms: list[tuple[str, Any]] = [(form, _averages(n, beta, c, square, form)) for form in averages]
    scaled = n.scale(c, g) * g
    forms.append(("beta*v + (c*g)*g", _averages(n, beta, c, square, Average.DIRECT, scaled)))
    e, root = eps.astype(n.dtype), np.sqrt(bc)
    for form, v in forms:
        yield f"v = {form}, sqrt(v/bc)", np.sqrt(n.over(v, bc)) + e, False
        yield f"v = {form}, sqrt(v*(1/bc))", np.sqrt(n.scale(1 / bc, v)) + e, False
        yield f"v = {form}, sqrt(v)/sqrt(bc)", n.over(np.sqrt(v), root) + e, False
        yield f"v = {form}, eps*sqrt(bc)", np.sqrt(v) + (eps * root).astype(n.dtype), True
    if debiased:
        yield "v_hat recursion", np.sqrt(_debiased(n, c, bc, square)) + e, False


def _walk(n: Numbers, start: Any, step: Any, m: Any, d: Any, order: Last) -> Any:
    """The parameters (T+1, d) from step sizes (T, 1), numerators and denominators (T, d)."""
    if order is Last.NUMERATOR:
        updates = n.scale(step, m) / d
    elif order is Last.DENOMINATOR:
        updates = (step.astype(n.dtype) / d) * m
    else:
        ratio = m / d
        updates = n.scale(step, ratio)
    rows = [start]
    for i, update in enumerate(updates):
        if order is Last.FUSED:
            rows.append(n.fma(-step[i], ratio[i], rows[-1]))
        else:
            rows.append(rows[-1] - update)
    return np.array(rows)
