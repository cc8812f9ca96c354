r"""Squared eps under the root.

Rules of benchmarks accept the denominator $\sqrt{\hat v_t + \epsilon^2}$ as an equal alternative. It makes
every update longer: by up to the root of two, where $\sqrt{\hat v_t} = \epsilon$, and by more than one
percent over four decades around that.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac
from adamcheck.variants.dialects import EpsilonSquaredInsideRoot

claim = ac.Claim(
    title="Squared eps under the root",
    says=r"Dividing by $\sqrt{\hat v_t + \epsilon^2}$ instead of $\sqrt{\hat v_t} + \epsilon$ is equivalent.",
    source="rules of training benchmarks (MLPerf), which accept both; implementations of either kind",
    verdict=ac.false_as_stated(
        r"every update is longer by the factor $\sqrt{1 + 2 s \epsilon/(s^2 + \epsilon^2)}$, $s = \sqrt{\hat "
        r"v_t} > 0$: by $\sqrt 2$ at $s = \epsilon$, by more than 1 % if and only if s is within a factor of "
        r"99.49 of $\epsilon$, by about $\epsilon/s$ far above"
    ),
    statement=(
        ac.prose(r"Let $s = \sqrt{\hat v_t} > 0$ and $\epsilon > 0$, the numbers of both formulas."),
        ac.proposition(
            r"The square of the factor between the updates is $1 + 2 s \epsilon / (s^2 + \epsilon^2)$, which "
            r"is above 1 and at most 2, with equality if and only if $s = \epsilon$.",
            "longer-by-a-factor",
        ),
        ac.proposition(r"It is the same for $s = k \epsilon$ and $s = \epsilon/k$.", "as-far-above-as-below"),
        ac.proposition(
            r"The factor exceeds 1.01 if and only if $20000\, s \epsilon > 201\, (s^2 + \epsilon^2)$, which "
            r"holds for $\epsilon/99 \leq s \leq 99\, \epsilon$ and fails for $s \geq 100\, \epsilon$.",
            "where-it-matters",
        ),
        ac.proposition(r"It tends to 1 for $s \to 0$ and $s \to \infty$.", "where-it-vanishes"),
    ),
)


def _square(adam: ac.Adam, s: Any, t: Any) -> Any:
    """The square of the factor by which the update with eps^2 under the root is longer."""
    other = EpsilonSquaredInsideRoot(adam.hyper)
    return (adam.denominator(s * s, t) / other.denominator(s * s, t)) ** 2


@claim.derivation
def longer_by_a_factor(given: ac.Given) -> Iterator[ac.Step]:
    """The numerators agree, so that the factor is that of the denominators. Its square falls short of 2 by a
    square."""
    adam, t, s = given.adam(), given.time("t"), given.positive("s")
    eps, square = adam.hyper.eps, _square(adam, s, t)
    yield ac.identity("the square", square, 1 + 2 * s * eps / (s * s + eps * eps))
    yield ac.inequality("longer", square, ">", 1)
    yield ac.identity("short of 2", square, 2 - (s - eps) ** 2 / (s * s + eps * eps))


@claim.derivation
def as_far_above_as_below(given: ac.Given) -> Iterator[ac.Step]:
    r"""For $s = k \epsilon$ and $s = \epsilon/k$."""
    adam, t, k = given.adam(), given.time("t"), given.positive("k")
    eps = adam.hyper.eps
    yield ac.identity("the same square", _square(adam, k * eps, t), _square(adam, eps / k, t))


@claim.derivation
def where_it_matters(given: ac.Given) -> Iterator[ac.Step]:
    """The square of the factor against that of 1.01."""
    adam, t, s, d = given.adam(), given.time("t"), given.positive("s"), given.nonnegative("d")
    eps, due = adam.hyper.eps, Fraction(101, 100) ** 2
    sides = (20000 * s * eps - 201 * (s * s + eps * eps)) / (10000 * (s * s + eps * eps))
    yield ac.identity("the difference", _square(adam, s, t) - due, sides)
    one_percent = _square(adam, (1 + given.decay("x") * 98) * eps, t)
    yield ac.inequality("between eps and 99 eps", one_percent, ">", due)
    yield ac.inequality("from 100 eps on", _square(adam, (100 + d) * eps, t), "<", due)


@claim.derivation
def where_it_vanishes(given: ac.Given) -> Iterator[ac.Step]:
    """Far above eps and far below it both divide by the same."""
    adam, t, s = given.adam(), given.time("t"), given.positive("s")
    eps = adam.hyper.eps
    square = 1 + 2 * s * eps / (s * s + eps * eps)
    yield ac.identity("the square", _square(adam, s, t), square)
    yield ac.limit("far above", square, s, "oo", 1)
    yield ac.limit("far below", square, s, 0, 1)


@claim.witness
def at_a_gradient_of_eps(exact: ac.Exact) -> None:
    r"""The first update after a gradient of $\epsilon = 1/4$ with $\alpha = 1$: 1/2, and the root of 1/2."""
    options: dict[str, Any] = {"beta1": 0, "beta2": Fraction(15, 16), "eps": Fraction(1, 4)}
    plain = exact.run([options["eps"]], **options).update
    squared = exact.run([options["eps"]], definition=EpsilonSquaredInsideRoot, **options).update
    exact.says("the square of the textbook's", plain * plain, "=", Fraction(1, 4))
    exact.says("the square of the other", squared * squared, "=", Fraction(1, 2))


@claim.figure
def factor_against_the_root(axes: Any) -> None:
    r"""How much longer an update is with $\epsilon^2$ under the root, for $\sqrt{\hat v_t}$ from far below to
    far above $\epsilon$. The peak is the root of two; one percent is exceeded over four decades (dotted)."""
    s, hyper = np.logspace(-4, 4, 400), ac.Hyperparameters(eps=1.0)
    axes.semilogx(s, _square(ac.Adam(hyper), s, 1) ** 0.5, label="update with eps² inside / textbook")
    for edge in (1 / 99.49, 99.49):
        axes.axvline(edge, color="gray", linestyle=":", label="1 % longer" if edge > 1 else None)
    axes.set_xlabel("sqrt(v_hat) / eps")
    axes.set_ylabel("factor")
    axes.legend()
