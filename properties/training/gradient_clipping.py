r"""Gradient clipping.

Clipping multiplies a gradient by a factor. Adam divides it out again if it is always the same, and only then:
so what clipping changes is not the size of all updates, but the weight of one gradient against the others.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

claim = ac.Claim(
    title="Gradient clipping",
    says="Adam divides by the size of the gradients anyway, so that clipping them makes no difference.",
    source="Introduction: the interaction with other training techniques",
    verdict=ac.holds_if(
        r"all gradients are multiplied by the same factor, and $\epsilon$ as well; or there is no memory and "
        r"$\epsilon = 0$. Factors that differ change updates: they limit the weight of one gradient against "
        r"the others. Unclipped, one that is c times the others adds $\beta_2^k (1-\beta_2) (c^2-1)$ to "
        "their second moment for k more steps: at the defaults and c = 100 it stays above four times theirs "
        "for 1203 steps"
    ),
    statement=(
        ac.proposition(
            r"Gradients and $\epsilon$ times the same $c > 0$ make the same updates.",
            "one-factor-cancels",
        ),
        ac.proposition(
            "If the first gradient is multiplied by $a > 0$ and the second one by $b > 0$, then for "
            r"$\beta_1 > 0$ the gradients $g, -\beta_1 g$ have a second update of 0 if and only if $a = b$.",
            "the-second-update-tells",
        ),
        ac.proposition(
            r"For $\beta_1 = 0 < \beta_2$, $\epsilon = 0$ the second update on $g, g$ is a full one if and "
            r"only if $a = b$. For $\beta_1 = \beta_2 = 0$ it always is.",
            "without-momentum-the-size-tells",
            "without-memory-nothing-tells",
        ),
        ac.proposition(
            r"Let a gradient $c g$ come late among gradients g. Then $v = g^2 (1 + \beta_2^k (1-\beta_2) "
            r"(c^2-1))$ and $m = g (1 + \beta_1^k (1-\beta_1) (c-1))$, k steps later.",
            "a-spike-fades",
        ),
        ac.proposition(
            r"Its own update is less than $\alpha \sqrt{\beta_1^2/\beta_2 + (1-\beta_1)^2/(1-\beta_2)}$, for "
            r"all c: $3.29\,\alpha$ at the defaults.",
            "the-update-of-a-spike",
        ),
    ),
)


@claim.derivation
def one_factor_cancels(given: ac.Given) -> Iterator[ac.Step]:
    r"""From moments $(c m, c^2 v)$, which one step keeps so: by induction at every t."""
    adam, t, c = given.adam(), given.time("t"), given.positive("c")
    m, v, g = given.real("m"), given.nonnegative("v"), given.real("g")
    clipped = given.adam(eps=c * adam.hyper.eps)
    state, update = adam.update(ac.State(t, m, v, 0), 0, g)
    state_c, update_c = clipped.update(ac.State(t, c * m, c * c * v, 0), 0, c * g)
    yield ac.identity("the moments", [state_c.m, state_c.v], [c * state.m, c * c * state.v])
    yield ac.identity("the updates", update_c, update)


def _second(adam: ac.Adam, first: Any, second: Any) -> Any:
    """The second update on two gradients."""
    *_, (_, update) = adam.run(0 * first, [first, second])
    return update


@claim.derivation
def the_second_update_tells(given: ac.Given) -> Iterator[ac.Step]:
    r"""The first moment after both gradients is $\beta_1 (1-\beta_1) (a-b) g$."""
    adam, g, a, b = given.adam(), given.real("g"), given.positive("a"), given.positive("b")
    beta1, zero = adam.hyper.beta1, 0 * g
    m = adam.first_moment(adam.first_moment(zero, a * g), -(b * beta1 * g))
    yield ac.identity("the first moment", m, beta1 * (1 - beta1) * (a - b) * g)
    yield ac.identity("equal factors", _second(adam, a * g, -(a * beta1 * g)), 0)
    differ = [(a, "!=", b), (g, "!=", 0), (beta1, ">", 0)]
    yield ac.inequality("different factors", _second(adam, a * g, -(b * beta1 * g)), "!=", 0, given=differ)


@claim.derivation
def without_momentum_the_size_tells(given: ac.Given) -> Iterator[ac.Step]:
    r"""The square of the second update, in units of the learning rate, and how far it is from 1."""
    adam = given.adam(beta1=given.number(0), eps=given.number(0))
    g, a, b, beta2 = given.positive("g"), given.positive("a"), given.positive("b"), adam.hyper.beta2
    square = (_second(adam, a * g, b * g) / adam.hyper.lr) ** 2
    short = beta2 * (a**2 - b**2) / (beta2 * a**2 + b**2)
    yield ac.identity("what is lacking", 1 - square, short)
    differ = [(a, "!=", b), (beta2, ">", 0)]
    yield ac.inequality("different factors", short, "!=", 0, given=differ)


@claim.derivation
def without_memory_nothing_tells(given: ac.Given) -> Iterator[ac.Step]:
    r"""Any two factors, for gradients of the same sign and of opposite signs."""
    zero = given.number(0)
    adam = given.adam(beta1=zero, beta2=zero, eps=zero)
    g, a, b = given.positive("g"), given.positive("a"), given.positive("b")
    yield ac.identity("the same sign", _second(adam, a * g, b * g), -adam.hyper.lr)
    yield ac.identity("opposite signs", _second(adam, a * g, -b * g), adam.hyper.lr)


@claim.derivation
def a_spike_fades(given: ac.Given) -> Iterator[ac.Step]:
    r"""From the settled moments g and $g^2$, by one step with $c g$ and k with g; by induction on k."""
    adam, k, g, c = given.adam(), given.time("k"), given.positive("g"), given.positive("c")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    spike_m, spike_v = adam.first_moment(g, c * g), adam.second_moment(g * g, c * g)
    m = given.sequence("m", spike_m, lambda before, j: adam.first_moment(before, g))
    v = given.sequence("v", spike_v, lambda before, j: adam.second_moment(before, g))
    yield from ac.induction(
        "the first moment", k, lambda j: (m(j), "=", g * (1 + beta1**j * (1 - beta1) * (c - 1)))
    )
    yield from ac.induction(
        "the second moment", k, lambda j: (v(j), "=", g * g * (1 + beta2**j * (1 - beta2) * (c * c - 1)))
    )


@claim.derivation
def the_update_of_a_spike(given: ac.Given) -> Iterator[ac.Step]:
    r"""From the same moments, late, where nothing is left to correct. The difference from the bound is a
    square."""
    adam, g, c = given.adam(), given.positive("g"), given.positive("c")
    lr, beta1, beta2 = adam.hyper.lr, adam.hyper.beta1, adam.hyper.beta2
    m, v = adam.first_moment(g, c * g), adam.second_moment(g * g, c * g)
    bound = beta1**2 / beta2 + (1 - beta1) ** 2 / (1 - beta2)
    root = beta1 * (1 - beta2) * c - (1 - beta1) * beta2
    remembers = [(beta2, ">", 0)]
    left = bound * v - m * m
    yield ac.identity("the certificate", left, g * g * root**2 / (beta2 * (1 - beta2)), given=remembers)
    s, most = given.positive("s"), given.positive("B")
    update = lr * adam.numerator(m, g, 1) / adam.denominator(s * s, 1)
    known = [(m * m, "<=", most * s * s)]
    yield ac.inequality("its size, squared", update**2, "<", lr**2 * most, given=known)
    defaults = given.number(81, 100) / given.number(999, 1000) + 10
    yield ac.evaluation("at the defaults", defaults, "<", given.number(329, 100) ** 2)


@claim.witness
def half_for_1203_steps(exact: ac.Exact) -> None:
    r"""At $\beta_2 = 999/1000$, a gradient 100 among gradients 1: the second moment stays above 4, which
    makes updates less than half as long once the first moment is back at 1, for 1203 steps more."""
    beta2 = Fraction(999, 1000)
    adam = ac.Adam(ac.Hyperparameters(Fraction(1), Fraction(0), beta2, Fraction(0)))
    spike = adam.second_moment(Fraction(1), Fraction(100))
    for k, relation in ((1203, ">"), (1204, "<")):
        exact.says(f"the second moment after {k} steps", 1 + beta2**k * (spike - 1), relation, 4)


@claim.witness
def clipped_to_one(exact: ac.Exact) -> None:
    r"""Gradients 1, -2 with $\beta_1 = 1/2$, $\beta_2 = 0$: the second update is 1/2. With the second one
    clipped at 1 it is 1/3; with both halved it is 1/2 again."""
    half = Fraction(1, 2)
    for first, second, due in ((1, -2, half), (1, -1, Fraction(1, 3)), (half, -1, half)):
        update = exact.run([first, second], beta1=half, beta2=0).update
        exact.says(f"the second update on {first}, {second}", update, "=", due)


@claim.figure
def updates_after_a_spike(axes: Any) -> None:
    r"""Updates at the default betas under gradients 1, of which number 2000 is 100: unclipped, clipped at
    10 and at 1. Without clipping the next updates are three times too long and then, for thousands of
    steps, too short."""
    adam = ac.Adam(ac.Hyperparameters(lr=1.0))
    for limit, label in ((1000.0, "unclipped"), (10.0, "clipped at 10"), (1.0, "clipped at 1")):
        gradients = np.where(np.arange(6000) == 2000, min(100.0, limit), 1.0)
        sizes = [-update for _, update in adam.run(0.0, gradients.tolist())]
        axes.plot(np.arange(1000, 6000), sizes[1000:], label=label)
    axes.set_xlabel("step t")
    axes.set_ylabel("size of the update / lr")
    axes.legend()
