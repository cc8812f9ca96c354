"""How near honest code comes to the radius: `python tests/benchmarks/tightness.py` prints the table of the guide.

The textbook step in plain NumPy in one order of evaluation (direct averages, powers by `pow`, scalars in double), on
normal gradients with the default learning rate, beta1 and eps. Errors and radii are those of the strictest allowance.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.choices import DTYPE_NAMES
from adamcheck.numbers.enclosure import allowances
from adamcheck.numbers.floats import format_of
from adamcheck.power.campaign.orders import Average, Powers, Scalars, evaluate
from adamcheck.report.markdown import table
from adamcheck.updates import Enclosing, stored

STEPS = (1, 10, 1000)
BETA2 = (0.9, 0.999, 0.99999)
COORDINATES = 200


def measured(dtype: str, beta2: float) -> Iterator[tuple[int, float, float]]:
    """For each step number the largest error as a fraction of the radius, and the median radius in units.

    The radius is infinite where it exceeds the update.
    """
    format, hyper = format_of(dtype), Hyperparameters(beta2=beta2)
    gradients = np.random.default_rng(0).normal(size=(max(STEPS), COORDINATES)).astype(format.dtype)
    start = np.zeros(COORDINATES, format.dtype)
    run = evaluate(
        hyper, start, gradients, Scalars.DOUBLE, Powers.POW, averages=(Average.DIRECT,), debiased=False
    ).trace
    enclosing = Enclosing.under(allowances(format)[:1])
    adam = Adam(enclosing.hyper(hyper))
    state = adam.start(enclosing.parameters(start))
    for t, gradient in enumerate(gradients, 1):
        theta = enclosing.parameters(start)
        state, update = adam.update(state, theta, enclosing.gradient(gradient))
        if t in STEPS:
            before, after = run.parameters[t - 1][0], run.parameters[t][0]
            observed = after.astype(np.float64) - before.astype(np.float64)
            radius = update.radius[0] + stored(np.abs(before.astype(np.float64)), after, format)
            error = np.abs(observed - update.value.astype(np.float64))
            relative = float(np.median(update.radius[0] / update.magnitude))
            yield t, float(np.nanmax(error / radius)), relative / format.unit if relative < 1 else np.inf


@np.errstate(all="ignore")  # float16 overflows, and what it cannot hold is not judged
def lines() -> str:
    """The table, in Markdown."""
    rows = []
    for dtype in DTYPE_NAMES:
        for beta2 in BETA2:
            cells = [
                f"{worst:.1g} of {float(f'{units:.2g}'):,g} u"
                if np.isfinite(units)
                else "radius exceeds the update"
                for _, worst, units in measured(dtype, beta2)
            ]
            rows.append([dtype, f"{beta2:g}", *cells])
    return table(["dtype", "beta2", *(f"t = {t}" for t in STEPS)], rows)


if __name__ == "__main__":
    print(lines())
