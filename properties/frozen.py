"""Adam with a frozen preconditioner, late in a run: a linear iteration on a quadratic loss."""

from __future__ import annotations

from typing import Any

import numpy as np

import adamcheck as ac


class FrozenPreconditioner(ac.Adam):
    """The step without bias corrections and with the constant denominator `eps`."""

    title = "Adam with a frozen preconditioner"

    def second_moment(self, v: Any, g: Any) -> Any:
        return v

    def correct_first(self, m: Any, t: Any) -> Any:
        return m

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return self.hyper.eps


def descended(adam: ac.Adam, x: Any, m: Any, curvature: Any) -> tuple[Any, Any]:
    """Parameter and first moment after one step on the loss curvature * x^2 / 2."""
    state, x = adam.step(ac.State(0, m, 0 * x, 0 * x), x, curvature * x)
    return x, state.m


def spectral_radius(adam: ac.Adam, curvature: float) -> float:
    """The largest absolute value of an eigenvalue of one step, a linear map of parameter and moment."""
    from scipy.linalg import eigvals  # only now: every run imports every claim, and SciPy takes a while

    columns = [descended(adam, x, m, curvature) for x, m in ((1.0, 0.0), (0.0, 1.0))]
    return float(np.abs(eigvals(np.array(columns).T)).max())
