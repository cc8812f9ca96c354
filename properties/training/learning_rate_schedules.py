r"""Learning-rate schedules.

The moments do not know the learning rate. So a schedule multiplies each update by its factor, as long as the
gradients are the same; and the sum of the learning rates bounds how far a run can get.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..schedules import scheduled
from ..short_runs import short_runs

claim = ac.Claim(
    title="Learning-rate schedules",
    says="Adam adapts its learning rates itself: a schedule only scales its updates, and is superfluous.",
    source="Introduction: the interaction with other training techniques",
    verdict=ac.holds_if(
        r"the gradients are given: then update t is multiplied by $\alpha_t/\alpha$, and no moment changes. "
        "But a schedule is not superfluous: at a constant rate Adam need not converge, and no adaptation "
        r"leads farther than $R \sum_t \alpha_t$. AdamW's decay follows the schedule: a weight keeps the "
        r"share $\prod_t (1 - \alpha_t \lambda)$"
    ),
    statement=(
        ac.proposition(
            r"From the same state and on the same gradient, the update with $\alpha_t$ is $\alpha_t/\alpha$ "
            r"times that with $\\alpha$, and the moments are the same.",
            "each-update-has-its-factor",
        ),
        ac.proposition(
            r"If no update is larger than $\alpha_t R$, as under the tight bound, then $|\theta_T - "
            r"\theta_0| \leq R \sum_{t \leq T} \alpha_t$.",
            "the-sum-of-the-rates-is-the-range",
        ),
        ac.proposition(
            r"Without gradients AdamW leads from $\theta_0$ to $\theta_0 \prod_t (1 - \alpha_t \lambda)$.",
            "decay-follows-the-schedule",
        ),
        ac.proposition(
            r"On $|x|$ from 1/2 without memory, $\alpha = 1$ leads to $\pm 1/2$ for ever; with $\alpha_t = "
            r"(3/4)^{t-1}$ the run is nearer to the minimum than $\alpha_t$ after 20 steps.",
            "a-decay-converges-where-a-constant-does-not",
        ),
    ),
)


@claim.derivation
def each_update_has_its_factor(given: ac.Given) -> Iterator[ac.Step]:
    r"""One step at two learning rates; by induction no moment of any step depends on them."""
    adam, t, rate = given.adam(), given.time("t"), given.positive("rate")
    m, v, g = given.real("m"), given.nonnegative("v"), given.real("g")
    before, other = ac.State(t, m, v, 0), given.adam(lr=rate)
    (state, update), (state_r, update_r) = adam.update(before, 0, g), other.update(before, 0, g)
    yield ac.identity("the update", update_r, rate / adam.hyper.lr * update)
    due = [adam.first_moment(m, g), adam.second_moment(v, g)]
    yield ac.identity("the moments", [state_r.m + state.m, state_r.v + state.v], [2 * x for x in due])


@claim.derivation
def the_sum_of_the_rates_is_the_range(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $\hat v_t = s^2$ and $\hat m_t^2 \leq R^2 s^2$ an update is at most $\alpha_t R$. Then by
    induction on t, with the sum A of the rates $a_t^2$; updates are written as $a_t^2 R \cdot 2x/(1 +
    x^2)$, with any x."""
    adam, t, largest = given.adam(), given.time("t"), given.positive("R")
    m_hat, s = given.real("mhat"), given.nonnegative("s")
    update = -(adam.hyper.lr * adam.numerator(m_hat, 0, t) / adam.denominator(s * s, t))
    square = given.positive("R^2")
    bounded, most = [(m_hat * m_hat, "<=", square * s * s)], adam.hyper.lr**2 * square
    yield ac.inequality("one update, squared", update * update, "<", most, given=bounded)
    x, a, start = given.arbitrary("x"), given.arbitrary("a"), given.real("theta_0")
    total = given.sequence("A", 0, lambda before, k: before + a(k) * a(k))

    def stepped(before: Any, k: Any) -> Any:
        return before + a(k) * a(k) * (largest * (2 * x(k) / (1 + x(k) * x(k))))

    theta = given.sequence("theta", start, stepped)
    yield from ac.induction("upward", t, lambda k: (theta(k) - start, "<=", largest * total(k)))
    yield from ac.induction("downward", t, lambda k: (start - theta(k), "<=", largest * total(k)))


@claim.derivation
def decay_follows_the_schedule(given: ac.Given) -> Iterator[ac.Step]:
    r"""From moments 0, under zero gradients; P is the product. By induction on t."""
    t, start, decay, a = (
        given.time("t"),
        given.real("theta_0"),
        given.positive("lambda"),
        given.arbitrary("a"),
    )

    def stepped(before: Any, k: Any) -> Any:
        adamw = given.adam(ac.AdamW, lr=abs(a(k)), weight_decay=decay)
        return adamw.step(adamw.start(before), before, given.number(0))[1]

    theta = given.sequence("theta", start, stepped)
    product = given.sequence("P", given.number(1), lambda before, k: before * (1 - abs(a(k)) * decay))
    yield from ac.induction("the weight", t, lambda k: (theta(k), "=", start * product(k)))


@claim.law(
    needs=("changing_lr",),
    trajectory=short_runs,
    exponents=st.lists(st.integers(-3, 3), min_size=4, max_size=4),
)
def a_schedule_scales_every_update(
    subject: ac.Subject, trajectory: ac.Trajectory, exponents: list[int]
) -> None:
    """On the same gradients, a learning rate that changes at every step multiplies every update by its
    factor."""
    plain = subject.run(trajectory)
    factors = 2.0 ** np.array(exponents[: len(trajectory.gradients)])
    run, reached = subject.start(trajectory.parameters, trajectory.hyper), [trajectory.parameters]
    for factor, gradient in zip(factors, trajectory.gradients, strict=True):
        run.change_lr(trajectory.hyper.lr * factor)
        reached.append(run.step(gradient))
    trace = ac.Trace(trajectory.hyper, trajectory.gradients, np.stack(reached), subject.format.flushes)
    once, due = ac.observed(plain), ac.predicted(plain)
    radius = factors[:, None] * (once.radius + 2 * due.radius)
    expected = ac.Updates(ac.to_quad(factors)[:, None] * once.value, radius)
    ac.assert_met(ac.observed(trace), expected, "update with another learning rate", trace)


@claim.witness
def a_decay_converges_where_a_constant_does_not(exact: ac.Exact) -> None:
    r"""20 steps on $|x|$ from 1/2, where Adam without memory is sign descent."""
    adam = ac.Adam(ac.Hyperparameters(Fraction(1), Fraction(0), Fraction(0), Fraction(0)))
    rates = [Fraction(3, 4) ** t for t in range(20)]
    constant, decayed = (
        list(scheduled(adam, chosen, Fraction(1, 2), _sign)) for chosen in ([Fraction(1)] * 20, rates)
    )
    for t in (19, 20):
        exact.says(f"a constant rate, after {t} steps", abs(constant[t - 1]), "=", Fraction(1, 2))
    exact.says("a decaying rate, after 20 steps", abs(decayed[-1]), "<", rates[-1])


def _sign(x: Any) -> Any:
    """The gradient of |x|, in the number system of x."""
    return type(x)(1 if x > 0 else -1)


@claim.witness
def too_quick_a_schedule_stops_short(exact: ac.Exact) -> None:
    r"""On $|x|$ from 3, rates $1/2, 1/4, \dots$ add up to less than 1: after 20 steps the run is at $2 +
    2^{-20}$."""
    adam = ac.Adam(ac.Hyperparameters(Fraction(1), Fraction(0), Fraction(0), Fraction(0)))
    rates = [Fraction(1, 2**t) for t in range(1, 21)]
    *_, reached = scheduled(adam, rates, Fraction(3), _sign)
    exact.says("after 20 steps", reached, "=", 2 + Fraction(1, 2**20))


@claim.figure
def distance_by_schedule(axes: Any) -> None:
    r"""The largest distance from the minimum of $|x|$ from step t on, from 1 at the default betas. At a
    constant rate it stays at about the rate; with $1/\sqrt t$ and a linear decay to 0 it falls; with a
    rate that is halved every 20 steps the run stops short."""
    steps = np.arange(1, 1001)
    schedules = {
        "constant": np.full(1000, 0.01),
        "1 / sqrt(t)": 0.05 / np.sqrt(steps),
        "linear to 0": 0.01 * (1 - steps / 1001),
        "halved every 20 steps": 0.01 * 0.5 ** (steps // 20),
    }
    adam = ac.Adam(ac.Hyperparameters())
    for name, rates in schedules.items():
        distances = np.abs(list(scheduled(adam, rates.tolist(), 1.0, _sign)))
        axes.semilogy(steps, np.maximum.accumulate(distances[::-1])[::-1], label=name)
    axes.set_ylim(1e-4, 2)
    axes.set_xlabel("step t")
    axes.set_ylabel("largest distance from here on")
    axes.legend()
