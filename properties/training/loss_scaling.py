r"""Loss scaling in mixed precision.

In half precision the loss is multiplied by S so that gradients do not underflow; where they overflow, the
step is skipped and S is halved, after many good steps it is doubled. Gradients are divided by S before the
step. Adam's invariance does not make that superfluous.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

claim = ac.Claim(
    title="Loss scaling in mixed precision",
    says=(
        "As Adam is invariant to the scale of the loss, scaled gradients need not be unscaled, and a "
        "skipped step leaves no trace."
    ),
    source="Introduction: the interaction with other training techniques",
    verdict=ac.holds_if(
        r"S never changes and $\epsilon$ is multiplied by S (otherwise it acts as $\epsilon/S$), and a "
        "skipped step is not counted in t. Where S is doubled, updates are up to 1.88 times too long at the "
        "defaults, and more than 1.25 times for 733 steps"
    ),
    statement=(
        ac.proposition(
            r"On gradients times S, with $\epsilon$, updates are those on the gradients with $\epsilon/S$; "
            r"with $\epsilon S$ they are unchanged.",
            "eps-is-divided-by-the-scale",
        ),
        ac.proposition(
            r"If S is doubled late in a run with a constant gradient g, the moments are $(2-\beta_1^k) S g$ "
            r"and $(4-3\beta_2^k) S^2 g^2$ after k steps.",
            "where-the-scale-is-doubled",
        ),
        ac.proposition(
            "If s steps are skipped at the start, but counted, the square of the first update is "
            r"$\frac{(1-\beta_1)^2 (1-\beta_2^{1+s})}{(1-\beta_1^{1+s})^2 (1-\beta_2)} \alpha^2$ for "
            r"$\epsilon = 0$: instead of $\alpha^2$, and tending to $\frac{(1-\beta_1)^2}{1-\beta_2} "
            r"\alpha^2$.",
            "skipped-steps-that-are-counted",
        ),
        ac.proposition(
            "A step with a zero gradient does not leave the moments as they are, as a skipped one does.",
            "a-zero-gradient-is-not-a-skipped-step",
        ),
    ),
)


@claim.derivation
def eps_is_divided_by_the_scale(given: ac.Given) -> Iterator[ac.Step]:
    r"""From moments that are scaled along, which one step keeps so: by induction at every t."""
    adam, t, scale = given.adam(), given.time("t"), given.positive("S")
    m, v, g = given.real("m"), given.nonnegative("v"), given.real("g")
    eps, plain, scaled = adam.hyper.eps, ac.State(t, m, v, 0), ac.State(t, scale * m, scale * scale * v, 0)
    state, update = adam.update(scaled, 0, scale * g)
    smaller, due = given.adam(eps=eps / scale).update(plain, 0, g)
    yield ac.identity("the moments", [state.m, state.v], [scale * smaller.m, scale * scale * smaller.v])
    yield ac.identity("the update with eps", update, due)
    _, larger = given.adam(eps=eps * scale).update(scaled, 0, scale * g)
    yield ac.identity("the update with eps S", larger, adam.update(plain, 0, g)[1])


@claim.derivation
def where_the_scale_is_doubled(given: ac.Given) -> Iterator[ac.Step]:
    r"""From the settled moments $S g$ and $S^2 g^2$, under the gradient $2 S g$; by induction on k."""
    adam, k, g = given.adam(), given.time("k"), given.positive("S") * given.real("g")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    m = given.sequence("m", g, lambda before, j: adam.first_moment(before, 2 * g))
    v = given.sequence("v", g * g, lambda before, j: adam.second_moment(before, 2 * g))
    yield from ac.induction("the first moment", k, lambda j: (m(j), "=", (2 - beta1**j) * g))
    yield from ac.induction("the second moment", k, lambda j: (v(j), "=", (4 - 3 * beta2**j) * g * g))


@claim.derivation
def skipped_steps_that_are_counted(given: ac.Given) -> Iterator[ac.Step]:
    """The first step after s steps that left both moments at 0."""
    adam, s, g = given.adam(eps=given.number(0)), given.time("s"), given.positive("g")
    lr, beta1, beta2 = adam.hyper.lr, adam.hyper.beta1, adam.hyper.beta2
    update = adam.update(ac.State(s, 0 * g, 0 * g, 0), 0, g)[1]
    not_counted = adam.update(adam.start(0 * g), 0, g)[1]
    factor = (1 - beta1) ** 2 * (1 - beta2 ** (s + 1)) / ((1 - beta1 ** (s + 1)) ** 2 * (1 - beta2))
    yield ac.identity("the first update, squared", update**2, factor * lr**2)
    yield ac.identity("that of steps that are not counted", not_counted**2, lr**2)
    yield ac.limit("after many", factor, s, "oo", (1 - beta1) ** 2 / (1 - beta2))


@claim.derivation
def a_zero_gradient_is_not_a_skipped_step(given: ac.Given) -> Iterator[ac.Step]:
    """Both moments shrink, and the weight moves."""
    adam, t, m, v = given.adam(), given.time("t"), given.positive("m"), given.positive("v")
    state, update = adam.update(ac.State(t, m, v, 0), 0, 0 * m)
    yield ac.inequality("the first moment", state.m, "<", m)
    yield ac.inequality("the second moment", state.v, "<", v)
    yield ac.inequality("the update", update, "<=", 0)


@claim.witness
def one_skipped_step_counted(exact: ac.Exact) -> None:
    r"""At $\beta_1 = 9/10$, $\beta_2 = 999/1000$ one step that is skipped, but counted, makes the first
    update $\sqrt{1999/3610} = 0.744$ of what it should be."""
    adam = ac.Adam(ac.Hyperparameters(Fraction(1), Fraction(9, 10), Fraction(999, 1000), Fraction(0)))
    _, update = adam.update(ac.State(1, Fraction(0), Fraction(0), Fraction(0)), Fraction(0), Fraction(1))
    exact.says("the square of the first update", update * update, "=", Fraction(1999, 3610))
    exact.says("that of a skipped step that is not counted", exact.run([1], beta1=0, beta2=0).update, "=", -1)


@claim.witness
def almost_twice_as_long(exact: ac.Exact) -> None:
    r"""After S was doubled late at the default betas, updates are longest in step 35: the square of what
    they are too long by is between $1.88^2$ and $1.89^2$. It is above $1.25^2$ up to step 733."""
    adam = ac.Adam(ac.Hyperparameters(Fraction(1), Fraction(9, 10), Fraction(999, 1000), Fraction(0)))
    m, v, squares = Fraction(1), Fraction(1), []
    for _ in range(35):
        m, v = adam.first_moment(m, Fraction(2)), adam.second_moment(v, Fraction(2))
        squares.append(m * m / v)
    exact.says("the longest of 35, in step", 1 + squares.index(max(squares)), "=", 35)
    exact.says(
        "the one after it",
        adam.first_moment(m, Fraction(2)) ** 2 / adam.second_moment(v, Fraction(2)),
        "<",
        squares[-1],
    )
    exact.says("rounded down", Fraction(int(1000 * squares[-1]), 1000), ">", Fraction(188, 100) ** 2)
    exact.says("rounded up", Fraction(int(1000 * squares[-1]) + 1, 1000), "<", Fraction(189, 100) ** 2)
    for k, relation in ((733, ">"), (734, "<")):
        late = (2 - adam.hyper.beta1**k) ** 2 / (4 - 3 * adam.hyper.beta2**k)
        exact.says(
            f"in step {k}, to four digits", Fraction(round(10**4 * late), 10**4), relation, Fraction(25, 16)
        )


@claim.figure
def updates_where_the_scale_changes(axes: Any) -> None:
    r"""Updates at the default betas under a constant gradient, where S is doubled in step 2000 and halved
    in step 4000. If gradients are unscaled first, nothing happens."""
    adam = ac.Adam(ac.Hyperparameters(lr=1.0))
    steps = np.arange(1, 6001)
    scales = np.where((steps >= 2000) & (steps < 4000), 2.0, 1.0)
    for gradients, label in ((scales, "not unscaled"), (scales / scales, "unscaled")):
        axes.plot(steps, [-update for _, update in adam.run(0.0, gradients.tolist())], label=label)
    axes.set_xlabel("step t")
    axes.set_ylabel("size of the update / lr")
    axes.legend()
