r"""The repelling minimum.

Close to a minimum the root of v vanishes and the denominator is $\epsilon$ alone: the preconditioned
curvature there is $h/\epsilon$, and below the threshold of stability only for $\alpha h/\epsilon < 38$. With
the default hyperparameters that is a curvature of 0.00038; every sharper minimum repels.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac
from adamcheck.variants.dialects import NoBiasCorrection

from ..closed_loop import follow
from ..frozen import FrozenPreconditioner, descended
from ..late import late_path

claim = ac.Claim(
    title="The repelling minimum",
    says="A minimum attracts Adam once it is close enough.",
    source='condition: Bock & Weiss, "A Proof of Local Convergence for the Adam Optimizer" (2019)',
    verdict=ac.holds_if(
        r"the curvature h satisfies $\alpha h/\epsilon < 2(1+\beta_1)/(1-\beta_1)$: at the defaults $h < 3.8 "
        r"\cdot 10^{-4}$. A sharper minimum repels. Proved for $\beta_1 = \beta_2 = 0$, otherwise from the "
        r"linearization, which is proved, and runs in float64"
    ),
    statement=(
        ac.proposition(
            r"Late in a run on $h x^2/2$, in the directions $(x, m, \sqrt{v})$ from the minimum, one "
            r"step is to first order the step with the frozen denominator $\epsilon$.",
            "at-the-minimum-the-denominator-is-eps",
        ),
        ac.proposition(
            r"For $\beta_1 = \beta_2 = 0$: if $\alpha h \leq 2 \epsilon$, then $|x_{t+1}| < |x_t|$ "
            r"for all $x_t \neq 0$; else $|x_{t+1}| > |x_t|$ for $0 < |x_t| < \alpha/2 - \epsilon/h$.",
            "without-memory-it-is-exact",
        ),
    ),
)


@claim.derivation
def at_the_minimum_the_denominator_is_eps(given: ac.Given) -> Iterator[ac.Step]:
    r"""From the state $(r x, r m, r^2 v)$ one step leads to r times what the frozen preconditioner makes of
    (x, m), as $r \to 0$: the threshold of stability applies with $D = \epsilon$."""
    late, h, t = given.adam(NoBiasCorrection), given.positive("h"), given.time("t")
    r, x, m, v = given.positive("r"), given.positive("x"), given.positive("m"), given.positive("v")
    for name, sign in (("the same sign", 1), ("opposite signs", -1)):
        _, theta = late.step(ac.State(t, sign * r * m, r * r * v, 0), r * x, h * r * x)
        due = descended(FrozenPreconditioner(late.hyper), x, sign * m, h)
        yield ac.limit(f"the parameter, x and m of {name}", theta / r, r, 0, due[0])
    threshold, lr, eps = given.number(38), given.number(1, 1000), given.number(1, 10**8)
    yield ac.evaluation("the curvature at the defaults", threshold * eps / lr, "=", given.number(38, 10**5))


@claim.derivation
def without_memory_it_is_exact(given: ac.Given) -> Iterator[ac.Step]:
    """One step from x > 0 (the case x < 0 is its mirror image)."""
    adam, t, h, x = given.adam(beta1=0, beta2=0), given.time("t"), given.positive("h"), given.positive("x")
    state = ac.State(t, given.real("m"), given.nonnegative("v"), 0)
    _, after = adam.step(state, x, h * x)
    lr, eps = adam.hyper.lr, adam.hyper.eps
    yield ac.inequality("attracted", after * after, "<", x * x, given=[(lr * h, "<=", 2 * eps)])
    inside = [(2 * (h * x + eps), "<", lr * h)]
    yield ac.inequality("repelled", after * after, ">", x * x, given=inside)


@claim.law(
    share=st.sampled_from([0.5, 0.875, 1.125, 2.0]),
    curvature=st.integers(-2, 2).map(lambda k: 2.0**k),
    lr=st.integers(0, 3).map(lambda k: 2.0**-k),
    betas=st.sampled_from([(0.5, 0.5), (0.75, 0.875), (0.9, 0.999)]),
)
def the_first_step_moves_away_from_a_near_minimum(
    subject: ac.Subject, share: float, curvature: float, lr: float, betas: tuple[float, float]
) -> None:
    """From nearer than lr/2 - eps/h the first step ends farther from the minimum, from beyond it nearer."""
    eps = lr * curvature / 16
    start = np.array([share * (lr / 2 - eps / curvature)]).astype(subject.format.dtype)
    slope = np.asarray(curvature).astype(subject.format.dtype)
    trace = follow(subject, start, ac.Hyperparameters(lr, *betas, eps), lambda x: slope * x, 1)
    radius = (ac.observed(trace) - ac.predicted(trace)).radius
    before, after = np.abs(np.asarray(trace.parameters).astype(np.float64))
    due = np.abs(start.astype(np.float64) + ac.predicted(trace).value[0].astype(np.float64))
    if not np.abs(due - before) > radius:
        raise ac.NotJudged
    if (after > before) != (due > before):
        ends = f"from {before[0]:.17g} to {after[0]:.17g}"
        raise ac.Broken(f"the first step leads {ends}, expected {due[0]:.17g}", trace)


@claim.witness
def around_the_threshold(exact: ac.Exact) -> None:
    r"""Without memory, with $\alpha = 1$ and $\epsilon = 1/4$, one step from $x = 1/8$: for $h = 1/2$ to
    -1/12, but for $h = 4$ to -7/12."""
    for h, update, relation in ((Fraction(1, 2), Fraction(-1, 5), "<"), (4, Fraction(-2, 3), ">")):
        run = exact.run([h * Fraction(1, 8)], start=Fraction(1, 8), beta1=0, beta2=0, eps=Fraction(1, 4))
        exact.says(f"the update for h = {h}", run.update, "=", update)
        exact.says(f"the distance for h = {h}", abs(Fraction(1, 8) + run.update), relation, Fraction(1, 8))


@claim.figure
def distance_from_the_minimum(axes: Any) -> None:
    r"""The distance from the minimum of $h x^2/2$ at the default hyperparameters, late in a run and from $x =
    10^{-20}$: the largest in every 20 steps, measured in float64. Below the threshold $h = 0.00038$ it
    vanishes. Above, it grows until v responds, shrinks until v has forgotten, and grows again."""
    for curvature in (3e-4, 3.7e-4, 3.9e-4, 1e-3):
        path = late_path(ac.Adam(ac.Hyperparameters()), 1e-20, 0.0, 0.0, curvature, 7999)
        largest = np.abs(path).reshape(-1, 20).max(axis=1)
        axes.semilogy(np.arange(0, 8000, 20), largest, label=f"h = {curvature:g}")
    axes.set_ylim(1e-80, 1e30)
    axes.set_xlabel("steps")
    axes.set_ylabel("|x|")
    axes.legend(ncols=2, loc="upper center")
