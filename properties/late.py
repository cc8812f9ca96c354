"""Late in a run: so many steps on that the bias corrections are 1 in every format."""

from __future__ import annotations

from typing import Any

import adamcheck as ac

LATE = 10**6
"""Steps already taken. The corrections of the default betas then differ from 1 by 1e-434."""


def late_state(m: Any, v: Any) -> ac.State:
    """The state with these moments, late in a run."""
    return ac.State(LATE, m, v, v)


def late_path(adam: ac.Adam, x: Any, m: Any, v: Any, curvature: Any, steps: int) -> list[Any]:
    """The parameters before the first step and after each, on the loss curvature * x^2 / 2."""
    state, path = late_state(m, v), [x]
    for _ in range(steps):
        state, x = adam.step(state, path[-1], curvature * path[-1])
        path.append(x)
    return path
