"""How far correct code may be off in the moments."""

from __future__ import annotations

from typing import Any

import numpy as np

import adamcheck as ac


def enclosed_states(format: ac.Format, trajectory: ac.Trajectory) -> list[tuple[Any, Any]]:
    """The radii of m and v after each step of a trajectory, float64 arrays in the shape of the parameters.

    They are those of the most generous allowance, infinite where nothing is known.
    """
    allowed = ac.allowances(format)[-1:]
    arrays, scalars = ac.Arithmetic.of_arrays(allowed), ac.Arithmetic.of_scalars(allowed)
    adam = ac.Adam(trajectory.hyper.map(lambda x: ac.Enclosure.hyperparameter(x, scalars)))
    state, radii = adam.start(ac.Enclosure.exact(trajectory.parameters, arrays)), []
    for gradient in trajectory.gradients:
        m, v = adam.moments(state, ac.Enclosure.rounded(gradient, arrays))
        state = ac.State(state.step + 1, m, v, v)
        radii.append((np.asarray(m.radius[0]), np.asarray(v.radius[0])))
    return radii
