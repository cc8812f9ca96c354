"""How far correct code may be off in the moments."""

from __future__ import annotations

from typing import Any

import numpy as np

import adamcheck as ac
from adamcheck.updates import Enclosing


def radii_of_moments(format: ac.Format, trajectory: ac.Trajectory) -> list[tuple[Any, Any]]:
    """The radii of the corrected m and v after each step, float64 arrays in the shape of the parameters.

    They are those of the most generous allowance, infinite where nothing is known. Before their correction
    the moments are smaller, and so are their radii.
    """
    enclosing = Enclosing.under(ac.allowances(format)[-1:])
    adam = ac.Adam(enclosing.hyper(trajectory.hyper))
    state, radii = adam.start(enclosing.parameters(trajectory.parameters)), []
    for t, gradient in enumerate(trajectory.gradients, start=1):
        m, v = adam.moments(state, enclosing.gradient(gradient))
        state = ac.State(t, m, v, v)
        m_hat, (_, v_hat) = adam.correct_first(m, t), adam.correct_second(v, v, t)
        radii.append((np.asarray(m_hat.radius[0]), np.asarray(v_hat.radius[0])))
    return radii
