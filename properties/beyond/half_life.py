r"""The half-life of the moments.

Without gradients a moment loses the same share in every step. After how many half of it is left is a matter
of the decay rate alone; the rule of thumb is a little too long, by a third of a step.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

claim = ac.Claim(
    title="The half-life of the moments",
    says=r"A moment with the decay rate $\beta$ forgets half of what it holds in $\ln 2/(1-\beta)$ steps.",
    source="practice of choosing decay rates by their half-lives",
    verdict=ac.holds_if(
        r"a third of a step does not matter: the half-life is $\ln 2/(-\ln \beta)$, between "
        r"$\frac{1}{2(1-\beta)}$ and $\frac{1}{1-\beta}$; 6.6 steps instead of 6.9 at $\beta_1 = 0.9$, 692.8 "
        r"instead of 693.1 at $\beta_2 = 0.999$. The corrected moments forget sooner at first"
    ),
    statement=(
        ac.prose("Let all gradients be 0 from some step on."),
        ac.proposition(
            r"After t of these steps $\beta_1^t$ of the first moment is left and $\beta_2^t$ of the second.",
            "what-is-left",
        ),
        ac.proposition(
            r"For $t \leq \frac{1}{2(1-\beta)}$ at least half is left, for $t \geq \frac{1}{1-\beta}$ at "
            r"most half.",
            "between-half-a-memory-and-a-whole",
        ),
        ac.proposition(
            r"The half-life is between 6.5 and 6.6 steps for 0.9, between 692.7 and 692.9 for 0.999.",
            "at-the-defaults",
        ),
        ac.proposition(
            r"Of $\hat m_k$ the share $\beta_1^t (1-\beta_1^k)/(1-\beta_1^{k+t})$ is left, which is at "
            r"most $\beta_1^t$, and less by at most $\beta_1^k/(1-\beta_1)$.",
            "the-corrected-moment-forgets-sooner",
        ),
    ),
)


@claim.derivation
def what_is_left(given: ac.Given) -> Iterator[ac.Step]:
    r"""From any moments m and v."""
    adam, t, m, v = given.adam(), given.time("t"), given.real("m"), given.nonnegative("v")
    first = given.sequence("M", m, lambda before, k: adam.first_moment(before, 0 * m))
    second = given.sequence("V", v, lambda before, k: adam.second_moment(before, 0 * m))
    yield from ac.induction("the first moment", t, lambda k: (first(k), "=", adam.hyper.beta1**k * m))
    yield from ac.induction("the second moment", t, lambda k: (second(k), "=", adam.hyper.beta2**k * v))


@claim.derivation
def between_half_a_memory_and_a_whole(given: ac.Given) -> Iterator[ac.Step]:
    r"""Bernoulli's inequality, from both sides: $1 - n (1-\beta) \leq \beta^n \leq 1/(1 + n (1-\beta))$."""
    beta, t = given.decay("beta"), given.time("t")
    n = given.sequence("n", 0, lambda before, k: before + 1)
    yield from ac.induction("from below", t, lambda k: (beta**k, ">=", 1 - n(k) * (1 - beta)))
    yield from ac.induction("from above", t, lambda k: (beta**k * (1 + n(k) * (1 - beta)), "<=", 1))


@claim.derivation
def the_corrected_moment_forgets_sooner(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $\beta_1^{k+t}$ as the product of $\beta_1^k$ and $\beta_1^t$."""
    adam, t, k, m = given.adam(), given.time("t"), given.time("k"), given.real("m")
    before, after = adam.hyper.beta1**k, adam.hyper.beta1**t
    share = after * (1 - before) / (1 - before * after)
    later = after * m / (1 - before * after)
    yield ac.identity("the share", later, share * adam.correct_first(m, k))
    yield ac.inequality("at most", share, "<=", after)
    yield ac.inequality("by how much", after - share, "<=", before / (1 - adam.hyper.beta1))


@claim.witness
def at_the_defaults(exact: ac.Exact) -> None:
    r"""The tenth power of what is left after 6.5 and 6.6 steps, or 692.7 and 692.9, against $2^{-10}$; and
    what the run itself leaves after 6 and 7 gradients 0."""
    half = Fraction(1, 2)
    for beta, tenths in ((Fraction(9, 10), (65, 66)), (Fraction(999, 1000), (6927, 6929))):
        for count, relation in zip(tenths, (1, -1), strict=True):
            left = Fraction(int(beta**count > half**10) - int(beta**count < half**10))
            exact.says(f"{beta}: the sign of what is left after {count / 10} less 1/2", left, "=", relation)
    states = exact.run([1] + [0] * 7, beta1=Fraction(9, 10), beta2=Fraction(999, 1000)).states
    exact.says("m after 6 steps, of what it was", states[6].m / states[0].m, ">", half)
    exact.says("m after 7 steps, of what it was", states[7].m / states[0].m, "<", half)


@claim.figure
def what_is_left_over_time(axes: Any) -> None:
    r"""What is left of the moments after a gradient at the default betas, and where half of it is
    (dotted)."""
    adam = ac.Adam(ac.Hyperparameters())
    states = [state for state, _ in adam.run(0.0, [1.0] + [0.0] * 2000)]
    m, v = (np.array([getattr(state, name) for state in states]) for name in "mv")
    axes.semilogx(np.arange(1, 2002), m / m[0], label="m")
    axes.semilogx(np.arange(1, 2002), v / v[0], label="v")
    for t in (6.58, 692.8):
        axes.axvline(t, color="gray", linestyle=":")
    axes.set_xlabel("step t")
    axes.set_ylabel("share that is left")
    axes.legend()
