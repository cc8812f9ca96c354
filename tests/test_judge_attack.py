"""The radius under attack: an optimizer looks for the gradients that bring correct code nearest to it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import differential_evolution

from adamcheck.adam import Hyperparameters
from adamcheck.judge import Judge
from adamcheck.numbers.floats import format_of
from adamcheck.power.campaign.orders import Powers, Scalars, evaluate

STEPS, SEED = 4, 0
AVERAGES = ("m + c*(g-m)",)
"""The rewrite of the moving average that rounds most."""


class _Fractions(Judge):
    """Keeps for each coordinate its largest error as a fraction of the most generous radius."""

    def __init__(self, hyper, first):
        super().__init__(hyper, first)
        self.worst = np.zeros(first.size)

    def seen(self, begin, fractions):
        part = slice(begin, begin + fractions.shape[1])
        self.worst[part] = np.maximum(self.worst[part], fractions[-1])


def fractions(points: np.ndarray, dtype: str, hyper: Hyperparameters) -> np.ndarray:
    """For each column of gradients the largest fraction that any order of evaluation reaches."""
    format = format_of(dtype)
    columns = points.reshape(STEPS, -1)
    gradients = format.rounded(np.sign(columns) * 2.0 ** (8 * np.abs(columns) - 6)).astype(format.dtype)
    start = np.zeros(columns.shape[1], format.dtype)
    trace = evaluate(hyper, start, gradients, Scalars.WORKING, Powers.POW, averages=AVERAGES).trace
    rows = iter(trace.parameters)
    judge = _Fractions(hyper, next(rows))
    for gradient, parameters in zip(trace.gradients, rows, strict=True):
        judge.step(gradient, parameters)
    judge.judgement()
    return np.asarray(judge.worst).reshape(-1, columns.shape[1]).max(axis=0)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("beta1", [0.9, 0.875, 0.0])
def test_no_gradients_found_by_directed_search_bring_correct_code_outside_the_radius(dtype, beta1):
    hyper = Hyperparameters(lr=0.01, beta1=beta1, beta2=0.99, eps=2.0**-10)
    draws = np.random.default_rng(SEED).uniform(-1, 1, (STEPS, 64))
    at_random = float(fractions(draws, dtype, hyper).max())
    attack = differential_evolution(
        lambda points: -fractions(points, dtype, hyper),
        bounds=[(-1.0, 1.0)] * STEPS,
        popsize=8,
        maxiter=12,
        vectorized=True,
        updating="deferred",
        polish=False,
        rng=SEED,
    )
    nearest = -float(attack.fun)
    assert nearest <= 1
    assert nearest > at_random, "the search finds no more than chance: it attacks nothing"
