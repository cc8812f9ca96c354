r"""The phase diagram of the counterexample.

The known example of non-convergence, the gradients C, -1, -1 without a first moment, is stated for one
$\beta_2$ that depends on C. Which $\beta_2$ lead uphill can be said exactly: a region that is bounded by an
algebraic curve, and reaches up to every $\beta_2 < 1$.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac
from adamcheck.variants.dialects import NoBiasCorrection

from ..rare_gradients import late_updates

claim = ac.Claim(
    title="The phase diagram of the counterexample",
    says=r"Adam goes uphill on the gradients C, -1, -1 only for the special $\beta_2 = 1/(1+C^2)$.",
    source='after Reddi, Kale & Kumar, "On the Convergence of Adam and Beyond" (2018), theorem 1',
    verdict=ac.false_as_stated(
        r"with $\beta_1 = \epsilon = 0$ it does, late in a run, for all C and $\beta_2$ on one side of an "
        r"algebraic curve: for C = 3 up to $\beta_2 = 0.47231$, and for every $\beta_2$ if $4 < C^2 < "
        r"8/(1+\beta_2)$"
    ),
    statement=(
        ac.prose(
            r"Let $\beta_1 = \epsilon = 0$, $C > 1$, $Q = 1 + \beta_2 + \beta_2^2$, $y_j = Q + (C^2-1) "
            r"\beta_2^j$, $F = C^2 y_1 y_2 - y_0 (y_1 + y_2)$, $G = 4 y_0^2 y_1 y_2 - F^2$, the gradients C, "
            r"-1, -1 for ever."
        ),
        ac.proposition(
            r"Late in the run $v = y_j/Q$ in the j-th step after C, and a period leads by $\alpha \sqrt{Q}\, "
            r"(1/\sqrt{y_1} + 1/\sqrt{y_2} - C/\sqrt{y_0})$.",
            "one-late-period",
        ),
        ac.proposition(r"It leads uphill if and only if $F < 0$ or $G > 0$.", "uphill-or-not"),
        ac.proposition(
            r"For C = 3 it does for all $\beta_2 \leq 0.47231$, and for none from 0.47232 on.",
            "the-boundary-for-three",
        ),
        ac.proposition(
            r"For all $\beta_2$ and $2 \leq C < \sqrt{8/(1+\beta_2)}$ it leads uphill, although for $C > 2$ "
            r"the mean gradient is positive.",
            "some-large-gradient-for-every-memory",
            "uphill-or-not: the sides",
        ),
    ),
)


def scaled(large: Any, beta2: Any, one: Any = 1) -> list[Any]:
    """y_0, y_1 and y_2; those of beta2 / one, times the square of `one`."""
    total, ratio = one * one + one * beta2 + beta2 * beta2, large * large - 1
    return [total + ratio * power for power in (one * one, one * beta2, beta2 * beta2)]


def signs(large: Any, y: list[Any]) -> tuple[Any, Any]:
    """F and G."""
    f = large * large * y[1] * y[2] - y[0] * (y[1] + y[2])
    return f, 4 * y[0] * y[0] * y[1] * y[2] - f * f


@claim.derivation
def one_late_period(given: ac.Given) -> Iterator[ac.Step]:
    """The second moments of a period lead to each other. With v = s² an update is the gradient over s."""
    adam, large, s = given.adam(NoBiasCorrection, beta1=0, eps=0), given.positive("C"), given.positive("s")
    beta2, m, t = adam.hyper.beta2, given.real("m"), given.time("t")
    total = 1 + beta2 + beta2 * beta2
    v = [y / total for y in scaled(large, beta2)]
    above = [(large, ">=", 1)]
    yield ac.identity("v after C", adam.second_moment(v[2], large), v[0], given=above)
    yield ac.identity("v after -1", adam.second_moment(v[0], -1), v[1], given=above)
    yield ac.identity("v after another -1", adam.second_moment(v[1], -1), v[2], given=above)
    for name, gradient in (("C", large), ("-1", -1)):
        before = (s * s - (1 - beta2) * gradient * gradient) / beta2
        _, update = adam.update(ac.State(t, m, before, before), 0 * m, gradient)
        yield ac.identity(
            f"the update after {name}", update, -adam.hyper.lr * gradient / s, given=[(beta2, ">", 0)]
        )


@claim.derivation
def uphill_or_not(given: ac.Given) -> Iterator[ac.Step]:
    r"""With the roots a, b, c of $y_1, y_2, y_0$: uphill means $c (a + b) > C a b$, and the difference of the
    squares is $2 c^2 a b - F$. With P for $2 c^2 a b$, which is positive, $G = P^2 - F^2$."""
    a, b, c, large = (given.positive(name) for name in ("a", "b", "c", "C"))
    f, g = signs(large, [c * c, a * a, b * b])
    drift = 1 / a + 1 / b - large / c
    yield ac.identity("the sides", drift * (a * b * c), c * (a + b) - large * a * b)
    product = 2 * c * c * a * b
    yield ac.identity("the difference", (c * (a + b)) ** 2 - (large * a * b) ** 2, product - f)
    yield ac.identity("G", g, product**2 - f**2)
    p, value = given.positive("P"), given.real("F")
    yield ac.inequality("F < 0", p - value, ">", 0, given=[(value, "<", 0)])
    yield ac.inequality("G > 0", p - value, ">", 0, given=[(p * p - value * value, ">", 0)])
    neither = [(value, ">=", 0), (p * p - value * value, "<=", 0)]
    yield ac.inequality("neither", p - value, "<=", 0, given=neither)


@claim.derivation
def the_boundary_for_three(given: ac.Given) -> Iterator[ac.Step]:
    r"""Polynomials in $\beta_2$, with C = 3: first $F < 0$, then $G > 0$, with $\beta_2 = (1/5 +
    0.47231\, y)/(1+y)$ and times $(1+y)^8$, then neither."""
    beta2 = given.decay("beta2")
    f, g = signs(given.number(3), scaled(given.number(3), beta2))
    first, last, beyond = Fraction(1, 5), Fraction(47231, 100000), Fraction(47232, 100000)
    yield ac.inequality("up to 0.2", f, "<", 0, given=[(beta2, "<=", first)])
    y = given.nonnegative("y")
    _, between = signs(given.number(3), scaled(given.number(3), first + last * y, 1 + y))
    yield ac.inequality("from 0.2 to 0.47231", between, ">", 0)
    three = given.number(3)
    yield ac.evaluation("at 0.47231", signs(three, scaled(three, given.number(1) * last))[1], ">", 0)
    yield ac.inequality("from 0.47232 on, F", f, ">=", 0, given=[(beta2, ">=", beyond)])
    yield ac.inequality("from 0.47232 on, G", g, "<=", 0, given=[(beta2, ">=", beyond)])


@claim.derivation
def some_large_gradient_for_every_memory(given: ac.Given) -> Iterator[ac.Step]:
    r"""$y_0$ exceeds the others by a factor of at least $2/(1+\beta_2)$, so that $2c > C a$ and $2c > C
    b$."""
    beta2, large = given.decay("beta2"), 2 + given.nonnegative("d")
    y = scaled(large, beta2)
    for j in (1, 2):
        yield ac.inequality(f"y_0 against y_{j}", (1 + beta2) * y[0], ">=", 2 * y[j])
    a, b, c, gradient = (given.positive(name) for name in ("a", "b", "c", "C"))
    more, less = given.nonnegative("D"), given.positive("e")
    up, down = 4 * ((2 * a * a + more) / (1 + beta2)), (8 - less) / (1 + beta2) * (a * a)
    yield ac.inequality("a step up against a half", up, ">", down)
    both = [(2 * c, ">", gradient * a), (2 * c, ">", gradient * b)]
    yield ac.inequality("uphill", c * (a + b), ">", gradient * a * b, given=both)


@claim.witness
def on_both_sides_of_the_curve(exact: ac.Exact) -> None:
    r"""The drift in a late period for C = 3, in units of $\alpha$; for C = 2.01 with $\beta_2 = 0.98$, where
    the mean gradient is positive, too."""
    for large, beta2, relation in (
        (Fraction(3), Fraction(47, 100), ">"),
        (Fraction(3), Fraction(48, 100), "<"),
        (Fraction(201, 100), Fraction(98, 100), ">"),
    ):
        adam = NoBiasCorrection(ac.Hyperparameters(1, Fraction(0), beta2, 0))
        v = scaled(large, beta2)[2] / (1 + beta2 + beta2 * beta2)
        state = ac.State(1, Fraction(0), v, v)  # without corrections the step does not count
        drift: Any = 0
        for gradient in (large, Fraction(-1), Fraction(-1)):
            state, update = adam.update(state, Fraction(0), gradient)
            drift = drift + update
        exact.says(f"C = {large}, beta2 = {beta2}", drift, relation, 0)


@claim.figure
def phases(axes: Any) -> None:
    r"""Where a late period leads uphill (dark), although the mean gradient is positive: computed in float64.
    The published example (dashed) lies deep inside; below the dotted line the theorem gives it for every
    $\beta_2$."""
    large, beta2 = np.meshgrid(np.linspace(2.01, 8, 150), np.linspace(0.001, 0.999, 150))
    hyper = ac.Hyperparameters(1.0, 0.0, beta2, 0.0)
    drift = sum(late_updates(ac.Adam, hyper, [large, -np.ones_like(large), -np.ones_like(large)]))
    axes.contourf(large, beta2, drift, levels=[0, np.inf], colors=["C0"], alpha=0.5)
    c = np.linspace(2, 8, 200)
    axes.plot(c, 1 / (1 + c * c), "--", color="C1", label="the published example")
    axes.plot(c[c <= 8**0.5], 8 / c[c <= 8**0.5] ** 2 - 1, ":", color="C3", label="C² = 8 / (1 + beta2)")
    axes.set_xlabel("C")
    axes.set_ylabel("beta2")
    axes.legend()
