"""A target that is right in every fixed experiment is told from which number on it is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from adamcheck.adam import Adam
from adamcheck.checks.subject import Subject
from adamcheck.diagnosis.formula import Cause, Formula, Kind, Observation, Quantity, Seen
from adamcheck.diagnosis.thresholds import thresholds
from adamcheck.numbers.floats import format_of
from adamcheck.report.formulas import sentence
from adamcheck.targets.python import PythonTarget


class _Plain:
    """A textbook Adam whose methods faulty ones override."""

    def __init__(self, parameters, lr, beta1, beta2, eps):
        self.theta, self.lr, self.beta1, self.beta2, self.eps = parameters, lr, beta1, beta2, eps
        self.m, self.v, self.t = np.zeros_like(parameters), np.zeros_like(parameters), 0

    def seen(self, g):
        return g

    def taken(self, update):
        return update

    def step(self, gradient):
        g, self.t = self.seen(gradient), self.t + 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * g
        self.v = self.beta2 * self.v + (1 - self.beta2) * g * g
        m_hat, v_hat = self.m / (1 - self.beta1**self.t), self.v / (1 - self.beta2**self.t)
        self.theta = self.theta - self.taken(self.lr * m_hat / (np.sqrt(v_hat) + self.eps))
        return self.theta


class Clipped(_Plain):
    def seen(self, g):
        return np.clip(g, -1000, 1000)


class Dropped(_Plain):
    def seen(self, g):
        return np.where(np.abs(g) < 1e-6, 0, g).astype(g.dtype)


class Capped(_Plain):
    def taken(self, update):
        return np.clip(update, -2.5 * self.lr, 2.5 * self.lr)


class Halved(_Plain):
    def taken(self, update):
        return np.where(np.abs(self.theta) > 50, update / 2, update).astype(update.dtype)


class Bounded(_Plain):
    def __init__(self, parameters, lr, beta1, beta2, eps):
        super().__init__(parameters, lr, beta1, beta2, eps)
        self.beta2 = min(self.beta2, 0.9999)


FAULTS = {
    Clipped: (Seen.WRONG_ABOVE, Quantity.GRADIENT, 1000.0),
    Dropped: (Seen.WRONG_BELOW, Quantity.GRADIENT, 1e-6),
    Capped: (Seen.WRONG_ABOVE, Quantity.UPDATE, 2.5),
    Halved: (Seen.WRONG_ABOVE, Quantity.PARAMETER, 50.0),
    Bounded: (Seen.WRONG_ABOVE, Quantity.BETA2, 0.9999),
}


def subject(kind, dtype="float64"):
    return Subject(PythonTarget(kind, kind.__name__), format_of(dtype))


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_the_number_of_a_threshold_is_found(fault):
    seen, quantity, number = FAULTS[fault]
    assert thresholds(subject(fault), Adam) == (Observation(seen, parameter=quantity, number=number),)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_right_target_has_no_threshold(dtype):
    assert thresholds(subject(_Plain, dtype), Adam) == ()


@pytest.mark.slow
def test_a_coarser_dtype_tells_a_threshold_in_two_digits():
    (found,) = thresholds(subject(Clipped, "float32"), Adam)
    assert (found.parameter, found.number) == (Quantity.GRADIENT, 1000.0)


def test_a_threshold_is_told_with_its_number():
    where = Observation(Seen.WRONG_ABOVE, parameter=Quantity.GRADIENT, number=1000.0)
    formula = Formula(Kind.UNEXPLAINED, cause=Cause.ONLY_SOMETIMES, observations=(where,))
    assert "in every fixed experiment, but not where |g| exceeds 1000" in sentence(formula, "float64")
