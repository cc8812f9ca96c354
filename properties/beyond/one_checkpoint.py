r"""One checkpoint can be judged.

Both moments average the same gradients, and no gradients make the square of m larger than a fixed multiple of
v. So one state, without the gradients that led to it, can be told to be wrong.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np

import adamcheck as ac

from ..closed_forms import in_quads
from ..largest_ratio import corrected, longer, supremum, uncorrected
from ..memories import some_memory
from ..states import radii_of_moments

claim = ac.Claim(
    title="One checkpoint can be judged",
    says="Without the gradients that led to it, nothing can be said about one saved state of an optimizer.",
    source="practice of checking checkpoints, where only a whole run is compared",
    verdict=ac.false_as_stated(
        r"every honest state satisfies $m^2 \leq U_t v$ in every coordinate, with $U_t = "
        r"\frac{(1-\beta_1)^2}{1-\beta_2} \sum_{k<t} (\beta_1^2/\beta_2)^k$, at the defaults $|m| \leq 7.27 "
        r"\sqrt{v}$ for all t. The bound is tight; and where $v = 0$, as after an underflow, m must be 0"
    ),
    statement=(
        ac.prose(r"Let $\beta_2 > 0$ and $m, v$ be the moments after t steps, before their correction."),
        ac.proposition(
            r"For all gradients $m^2 \leq U_t v$, with $U_t$ as above, the least number of which this is "
            r"true.",
            "every-state-satisfies-it",
            "some-state-attains-it",
        ),
        ac.proposition(
            r"If $\beta_1^2 < \beta_2$, then $U_t \leq \frac{(1-\beta_1)^2 \beta_2}{(1-\beta_2)(\beta_2 - "
            r"\beta_1^2)}$ for all t: at the defaults 370/7.",
            "one-number-for-all-times",
        ),
        ac.proposition(
            r"The first step leaves a single curve: $m^2 = U_1 v$.",
            "some-state-attains-it: after the first step",
        ),
    ),
)


@claim.derivation
def every_state_satisfies_it(given: ac.Given) -> Iterator[ac.Step]:
    r"""Induction on t, with the sum S of t powers of $\beta_1^2/\beta_2$. One step later the difference of
    the sides is a positive multiple of what it was, plus a square."""
    adam, total = given.adam(), given.positive("S")
    m, g, v = given.real("m"), given.real("g"), given.real("v")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    after_m, after_v = adam.first_moment(m, g), adam.second_moment(v, g)
    slack = uncorrected(adam, longer(adam, total)) * after_v - after_m * after_m
    multiple = beta2 * (beta1 * beta1 * total + beta2) * (uncorrected(adam, total) * v - m * m)
    square = (beta1 * (1 - beta1) * total * g - beta2 * m) ** 2
    yield ac.identity("one step", beta2 * total * slack, multiple + square, given=[(beta2, ">", 0)])


@claim.derivation
def some_state_attains_it(given: ac.Given) -> Iterator[ac.Step]:
    r"""The first step does. Later, if the state before did, the gradient $\beta_2 m / (\beta_1 (1-\beta_1)
    S)$ makes the square vanish."""
    adam, total = given.adam(), given.positive("S")
    m, g = given.real("m"), given.real("g")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    first_m, first_v = adam.first_moment(0 * g, g), adam.second_moment(0 * g, g)
    yield ac.identity("after the first step", first_m * first_m, uncorrected(adam, 1) * first_v)
    nonzero = [(beta1, ">", 0), (beta2, ">", 0)]
    attained, g = m * m / uncorrected(adam, total), beta2 * m / (beta1 * (1 - beta1) * total)
    after_m, after_v = adam.first_moment(m, g), adam.second_moment(attained, g)
    bound = uncorrected(adam, longer(adam, total))
    yield ac.identity("one step", after_m * after_m, bound * after_v, given=nonzero)


@claim.derivation
def one_number_for_all_times(given: ac.Given) -> Iterator[ac.Step]:
    """The sum of t powers is at most that of all."""
    adam, t = given.adam(), given.time("t")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    bounded = [(beta2, ">", beta1 * beta1)]
    total = given.sequence("S", 0, lambda before, k: longer(adam, before))
    yield from ac.induction(
        "the sum", t, lambda k: (total(k) * (beta2 - beta1 * beta1), "<=", beta2), given=bounded
    )
    defaults = given.adam(beta1=given.number(9, 10), beta2=given.number(999, 1000))
    yield ac.evaluation("at the defaults", supremum(defaults), "=", given.number(370, 7))


def _remembered(format: ac.Format) -> Any:
    return ac.trajectories(format, hyper=some_memory(format))


@claim.law(needs=("moments",), trajectory=_remembered)
def no_state_is_beyond_the_bound(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    r"""After every step, $m^2 \leq U_t v$ in every coordinate, or $m^2 \leq R_t^2 v$, should a target store
    corrected moments, up to what correct code may be off by."""
    trajectory = trajectory.first(3)
    run = subject.start(trajectory.parameters, trajectory.hyper)
    radii, total = radii_of_moments(subject.format, trajectory), 0
    seen = [(run.step(gradient), *run.moments()) for gradient in trajectory.gradients]
    path = np.stack([trajectory.parameters, *(parameters for parameters, *_ in seen)])
    trace = ac.Trace(trajectory.hyper, trajectory.gradients, path, subject.format.flushes)
    adam, judged = in_quads(trace), False
    for t, ((m_off, v_off), (_, m, v)) in enumerate(zip(radii, seen, strict=True), start=1):
        total = longer(adam, total)
        most = np.maximum(uncorrected(adam, total), corrected(adam, total, t))
        small = np.maximum(np.abs(ac.to_quad(m)) - ac.to_quad(m_off), 0)
        bound = most * (ac.to_quad(v) + ac.to_quad(v_off))
        known = np.isfinite(m_off) & np.isfinite(v_off)
        judged = judged or bool(known.any())
        if not (small * small <= bound)[known].all():
            raise ac.Broken(f"the state m = {m}, v = {v} cannot come from any gradients", trace)
    if not judged:
        raise ac.NotJudged


@claim.witness
def states_that_no_gradients_make(exact: ac.Exact) -> None:
    r"""At the default betas, $m^2 - U_t v$ after ten gradients 1, and the same with a v that is a tenth
    smaller, or lost."""
    betas: dict[str, Any] = {"beta1": Fraction(9, 10), "beta2": Fraction(999, 1000)}
    states = exact.run([1] * 10, **betas).states
    adam = ac.Adam(ac.Hyperparameters(1, eps=0, **betas))
    total = 0
    for _ in states:
        total = longer(adam, total)
    bound, last = uncorrected(adam, total), states[-1]
    exact.says("as they leave it", last.m**2 - bound * last.v, "<", 0)
    exact.says("with v a tenth smaller", last.m**2 - bound * last.v * Fraction(9, 10), ">", 0)
    exact.says("with v lost", last.m**2 - bound * 0, ">", 0)


@claim.figure
def honest_states(axes: Any) -> None:
    r"""The states after 100 steps at the default betas on random gradients of various kinds, and the bound:
    no state lies to the right of it. Gradients that grow by $\beta_2/\beta_1$ lie on it."""
    adam, random = ac.Adam(ac.Hyperparameters(lr=1.0)), np.random.default_rng(0)
    kinds = {
        "normal": random.standard_normal((100, 300)),
        "constant and normal": 2 + random.standard_normal((100, 300)),
        "growing": 1.05 ** np.arange(100)[:, None] * random.uniform(0, 1, (100, 300)),
        "growing by beta2 / beta1": 1.11 ** np.arange(100)[:, None] * np.logspace(-4, 0, 9),
    }
    for name, gradients in kinds.items():
        *_, (state, _) = adam.run(0 * gradients[0], gradients)
        axes.loglog(np.abs(state.m), np.sqrt(state.v), ".", markersize=3, label=name)
    *_, bound = islice(_bounds(adam), 100)
    m = np.logspace(-3, 5, 2)
    axes.loglog(m, m / bound**0.5, color="gray", linewidth=1, label="the bound")
    axes.set_xlim(1e-3, 1e5)
    axes.set_xlabel("|m|")
    axes.set_ylabel("sqrt(v)")
    axes.legend()


def _bounds(adam: ac.Adam) -> Iterator[Any]:
    total = 0
    while True:
        total = longer(adam, total)
        yield uncorrected(adam, total)
