"""Adam and the natural gradient.

Even where the second moment is the diagonal of the Fisher information F, Adam divides by the square root of F
and the natural gradient by F. The two agree where F = 1 only. What the natural gradient is made for, a step
that does not depend on the parametrization, Adam's step is not: under theta = k phi it is multiplied by k.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..bounds import assert_between

claim = ac.Claim(
    title="Adam and the natural gradient",
    says=(
        r"Adam approximates the natural gradient: its metric is a diagonal, running estimate of the Fisher "
        r"information matrix."
    ),
    source="A Deeper Perspective: Adam as Preconditioned Gradient Descent",
    verdict=ac.false_as_stated(
        r"it approximates a step with $F^{-1/2}$, where the natural gradient has $F^{-1}$. The two steps are "
        r"equal if and only if $F_{ii} = 1$, and Adam's is not invariant as the other is: under $\theta = k "
        r"\varphi$ the natural step in $\theta$ is unchanged, Adam's is multiplied by $k$"
    ),
    statement=(
        ac.prose(r"Let $\epsilon = 0$ and $\hat v_t = F$, diagonal."),
        ac.proposition(
            r"Adam's step $-\alpha F^{-1/2} \hat m_t$ is $F^{1/2}$ times the natural step $-\alpha "
            r"F^{-1} \hat m_t$.",
            "one-power-or-half-of-it",
        ),
        ac.proposition(
            r"In the parameter $\varphi = \theta/k$ gradients are $k$ times as large, and $F$ is "
            r"$k^2$ times as large: the natural step in $\varphi$ leads to the same $\theta$, Adam's "
            r"to $k$ times the change of $\theta$.",
            "under-another-parametrization",
        ),
        ac.proposition(
            r"For $\epsilon > 0$, $\hat m_t \neq 0$ and gradients multiplied by $c > 1$ Adam's step "
            r"grows in every case. The natural step shrinks if and only if $\hat v_t > \epsilon/c$, and "
            r"grows if and only if $\hat v_t < \epsilon/c$.",
            "as-gradients-grow",
        ),
    ),
)


class DiagonalNaturalGradient(ac.Adam):
    """The natural step with the second moment as the diagonal of the Fisher information: no root."""

    title = "diagonal natural gradient"

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return v_hat + self.hyper.eps


@claim.derivation
def one_power_or_half_of_it(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $F = f^2$: the denominators are f and $f^2$. They differ unless f = 1, above 1 one way and below
    1 the other way."""
    adam, natural = given.adam(eps=0), given.adam(DiagonalNaturalGradient, eps=0)
    f, d = given.positive("f"), given.positive("d")
    yield ac.identity("the ratio", natural.denominator(f * f, 1), f * adam.denominator(f * f, 1))
    for name, root, relation in (("above 1", 1 + d, ">"), ("below 1", 1 / (1 + d), "<")):
        square = root * root
        yield ac.inequality(name, natural.denominator(square, 1), relation, adam.denominator(square, 1))


@claim.derivation
def under_another_parametrization(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $\theta = k \varphi$: from moments that are scaled along, $(k m, k^2 v)$, by induction on t. A
    change of $\varphi$ makes k times that change of $\theta$."""
    t, m, v, g = given.time("t"), given.real("m"), given.nonnegative("v"), given.positive("g")
    k = given.positive("k")
    for definition, factor in ((DiagonalNaturalGradient, 1), (ac.Adam, k)):
        rule = given.adam(definition, eps=0)
        state, change = rule.update(ac.State(t, m, v, v), 0, g)
        scaled, change_of_phi = rule.update(ac.State(t, k * m, k * k * v, v), 0, k * g)
        yield ac.identity(f"m scales along: {rule.title}", scaled.m, k * state.m)
        yield ac.identity(f"v scales along: {rule.title}", scaled.v, k * k * state.v)
        yield ac.identity(f"the change of theta: {rule.title}", k * change_of_phi, factor * change)


@claim.derivation
def as_gradients_grow(given: ac.Given) -> Iterator[ac.Step]:
    r"""The numerator grows by $c = 1 + x$, the second moment v by $c^2$. The step grows if c times the old
    denominator is above the new one: for Adam that is so by $\epsilon x$; for the natural step the new one is
    above by $x (c v - \epsilon)$."""
    adam, natural, t = given.adam(), given.adam(DiagonalNaturalGradient), given.time("t")
    m, v, g = given.real("m"), given.nonnegative("v"), given.real("g")
    s, x, eps = given.nonnegative("s"), given.positive("x"), adam.hyper.eps
    c = 1 + x
    yield ac.identity("the numerator", adam.first_moment(c * m, c * g), c * adam.first_moment(m, g))
    yield ac.identity(
        "the second moment", adam.second_moment(c * c * v, c * g), c * c * adam.second_moment(v, g)
    )
    adams, naturals = (
        c * rule.denominator(s * s, t) - rule.denominator(c * c * s * s, t) for rule in (adam, natural)
    )
    yield ac.identity("Adam's denominators", adams, eps * x)
    yield ac.identity("the natural denominators", naturals, x * (eps - c * s * s))


@claim.law(trajectory=ac.trajectories, k=st.integers(1, 4))
def updates_do_not_shrink_where_gradients_grow(
    subject: ac.Subject, trajectory: ac.Trajectory, k: int
) -> None:
    r"""With all gradients multiplied by a power of two no update becomes shorter, as the natural step would
    far above $\epsilon$."""
    trajectory = trajectory.first(3)
    trace, scaled = subject.run(trajectory), subject.run(trajectory.scaled(2.0**k))
    growth, due = (
        ac.Updates(np.abs(after.value) - np.abs(before.value), (after - before).radius)
        for after, before in (
            (ac.observed(scaled), ac.observed(trace)),
            (ac.predicted(scaled), ac.predicted(trace)),
        )
    )
    assert_between(growth, 0, np.inf, due, f"growth of an update as gradients grow by {2**k}", scaled)


@claim.witness
def a_coin(exact: ac.Exact) -> None:
    r"""The scores 3 and -3/2 of a coin with p = 1/3, where F = 9/2; after the score 3 alone $\hat v_1 = 9$.
    Adam's step is $\alpha$, that of the diagonal natural gradient $\alpha/3$. In the parameter $\varphi =
    p/2$ the score is 6: the step of Adam in p doubles, the other does not change."""
    for definition, steps in ((ac.Adam, (-1, -2)), (DiagonalNaturalGradient, (Fraction(-1, 3),) * 2)):
        for k, step in zip((1, 2), steps, strict=True):
            run = exact.run([3 * k], definition=definition, beta1=0, beta2=0)
            exact.says(f"{definition.title}, p = {k} phi: the change of p", k * run.update, "=", step)


@claim.witness
def a_step_that_grows_below_eps(exact: ac.Exact) -> None:
    r"""With $\epsilon = 1$ and a gradient that is doubled: from 1/10, where $\hat v_1 = 1/100 < \epsilon/2$,
    the natural step grows from 10/101 to 5/26; from 1, where $\hat v_1 > \epsilon/2$, it shrinks from 1/2 to
    2/5. Adam's grows from 1/11 to 1/6, and from 1/2 to 2/3."""
    for definition, sizes in (
        (DiagonalNaturalGradient, (Fraction(10, 101), Fraction(5, 26), Fraction(1, 2), Fraction(2, 5))),
        (ac.Adam, (Fraction(1, 11), Fraction(1, 6), Fraction(1, 2), Fraction(2, 3))),
    ):
        for g, size in zip((Fraction(1, 10), Fraction(1, 5), 1, 2), sizes, strict=True):
            run = exact.run([g], definition=definition, beta1=0, beta2=0, eps=1)
            exact.says(f"{definition.title}, gradient {g}", run.update, "=", -size)


@claim.figure
def steps_by_information(axes: Any) -> None:
    """The size of the step where all gradients have the size f, so that the second moment is f², against f²
    as the Fisher information. The natural step falls like 1/f; Adam's does not depend on f, until f comes
    near eps = 1e-3. The two meet at 1."""
    f = np.geomspace(1e-4, 1e3, 200)
    for definition in (ac.Adam, DiagonalNaturalGradient):
        runs = definition(ac.Hyperparameters(1.0, 0.9, 0.999, 1e-3)).run(0 * f, [f] * 3)
        *_, (_, update) = runs
        axes.loglog(f * f, -update, label=definition.title)
    axes.set_xlabel("second moment = Fisher information")
    axes.set_ylabel("size of the step / lr")
    axes.legend()
