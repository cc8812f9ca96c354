r"""The default betas fail, too.

The known example of non-convergence has unusual betas. With the default ones the rare gradient has to be
rarer: for gradients N, -1, ..., -1 of period N, whose mean is positive, the parameter drifts the right way up
to N = 73, and uphill from N = 74 on. AMSGrad drifts the right way for every N.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np

import adamcheck as ac

from ..bounds import assert_between
from ..enclosed import enclosed, enclosed_hyper, ends
from ..late import late_state

claim = ac.Claim(
    title="Non-convergence with the default betas",
    says=r"Non-convergence needs unusual betas: with $\beta_1 = 0.9$, $\beta_2 = 0.999$ Adam goes downhill.",
    source='after Reddi, Kale & Kumar, "On the Convergence of Adam and Beyond" (2018), section 3',
    verdict=ac.measured(
        r"on gradients N, -1, ..., -1 of period N, whose mean is 1/N, the parameter drifts downhill for "
        r"N = 40 ... 73 and uphill for N = 74 ... 110, late in the run; enclosed rigorously for 73 and 74, "
        r"computed in float64 for the others. That AMSGrad drifts downhill for all N is proved"
    ),
    statement=(
        ac.proposition(
            r"Late in the run with $\epsilon = 10^{-8}$, one period moves the parameter by "
            r"$-0.0019\,\alpha$ for $N = 73$ and by $+0.0018\,\alpha$ for $N = 74$.",
            "the-drift-changes-its-sign",
        ),
        ac.proposition(
            r"For all periodic gradients and all betas AMSGrad moves it by $-\alpha \sum g / "
            r"(\sqrt{p} + \epsilon)$, once its largest $v$ is constantly p.",
            "amsgrad-goes-downhill",
        ),
    ),
)


def rare(n: int) -> list[float]:
    """One period of gradients: n once, then -1."""
    return [float(n)] + [-1.0] * (n - 1)


def late_updates(definition: type[ac.Adam], hyper: ac.Hyperparameters, period: Sequence[Any]) -> list[Any]:
    """The updates of one period, late in a run on periodic gradients.

    The moments there are the corrected ones after the first period: both are the averages over all the
    past with weights that fall geometrically.
    """
    adam = ac.Adam(hyper)
    *_, (first, _) = adam.run(0 * period[0], period)
    v = adam.correct_second(first.peak, first.v, len(period))[1]
    state, updates = late_state(adam.correct_first(first.m, len(period)), v), []
    for gradient in period:
        state, update = definition(hyper).update(state, 0 * gradient, gradient)
        updates.append(update)
    return updates


def enclosed_drift(n: int) -> tuple[Fraction, Fraction]:
    """The ends of an enclosure of Adam's drift in a late period, in units of lr."""
    updates = late_updates(ac.Adam, enclosed_hyper(lr=1.0), [enclosed(g) for g in rare(n)])
    return ends(sum(updates[1:], updates[0]))


@claim.derivation
def amsgrad_goes_downhill(given: ac.Given) -> Iterator[ac.Step]:
    r"""Over a period the changes of m sum to 0, so that m sums to what the gradients sum to. With a constant
    denominator, the updates sum to this as well, up to a negative factor."""
    adam, t, p, d = given.adam(ac.AMSGrad), given.time("t"), given.nonnegative("p"), given.nonnegative("d")
    m, g, n = given.real("m"), given.real("g"), given.real("n")
    change = adam.first_moment(m, g) - m
    yield ac.identity("a change of m", change, (1 - adam.hyper.beta1) * (g - m))
    yield ac.identity("a smaller v does not change the largest", adam.correct_second(p + d, p, t)[0], p + d)
    numerators = [adam.hyper.lr * x / adam.denominator(p, t) for x in (m, n, m + n)]
    yield ac.identity("updates add up like m", numerators[0] + numerators[1], numerators[2])


@claim.law()
def a_rare_large_gradient_leads_uphill(subject: ac.Subject) -> None:
    """With the default betas one large gradient N and N - 1 gradients -1, whose sum is 1, move the parameter
    up, for N = 100, 150, 200."""
    periods = (100, 150, 200)
    gradients = np.array([rare(n) + [-1.0] * (200 - n) for n in periods]).T.astype(subject.format.dtype)
    trace = subject.run(ac.Trajectory(ac.Hyperparameters(), np.zeros(3, subject.format.dtype), gradients))
    for i, n in enumerate(periods):
        observed, due = (
            updates[:n, i : i + 1].total() for updates in (ac.observed(trace), ac.predicted(trace))
        )
        assert_between(observed, 0.0, np.finfo(np.float64).max, due, f"one period of {n} steps", trace)


@claim.witness
def the_drift_changes_its_sign(exact: ac.Exact) -> None:
    r"""The drift in a late period, in units of $\alpha$, with the upper end of its enclosure rounded up for
    73 and the lower end rounded down for 74."""
    above, below = enclosed_drift(73)[1], enclosed_drift(74)[0]
    exact.says("period 73", Fraction(ceil(10**6 * above), 10**6), "<", 0)
    exact.says("period 74", Fraction(floor(10**6 * below), 10**6), ">", 0)


@claim.figure
def drift_against_the_period(axes: Any) -> None:
    """The drift of the parameter in one late period of gradients N, -1, ..., -1, computed in float64. It
    should be negative, for the gradients sum to 1. Adam's is positive from N = 74 on."""
    periods = range(40, 111)
    for definition, style in ((ac.Adam, "-"), (ac.AMSGrad, "--")):
        drift = [sum(late_updates(definition, ac.Hyperparameters(lr=1.0), rare(n))) for n in periods]
        axes.plot(periods, drift, style, marker=".", label=definition.__name__)
    axes.axhline(0, color="gray", linewidth=0.5)
    axes.axvline(73.5, color="gray", linestyle=":", label="between N = 73 and N = 74")
    axes.set_xlabel("period N")
    axes.set_ylabel("drift in one period / lr")
    axes.legend()
