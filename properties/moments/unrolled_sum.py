"""The unrolled sum.

Written out, the first moment is the sum of all gradients so far, each multiplied by 1 - beta1 and by one more
factor beta1 for every step of its age. It takes a zero start and nothing else: neither anything of the
gradients nor a range of beta1.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..bounds import from_step
from ..closed_forms import in_quads, powers, updates_from

claim = ac.Claim(
    title="The unrolled sum",
    says=(
        r"Unrolled, the recursion for the first moment is $m_t = (1-\beta_1) \sum_{i=1}^t \beta_1^{t-i} "
        r"g_i$."
    ),
    source="The Problem of Initialization Bias and its Correction",
    verdict=ac.holds(),
    statement=(
        ac.proposition(
            r"For all gradients, all $t \geq 0$ and every real number $\beta_1$: from any start, $m_t "
            r"= \beta_1^t m_0 + (1-\beta_1) \sum_{i=1}^t \beta_1^{t-i} g_i$.",
            "the-sum-gains-a-term",
        ),
        ac.proposition(
            r"The same holds for $v_t$ with $\beta_2$ and $g_i^2$.",
            "the-sum-gains-a-term",
        ),
    ),
)


@claim.derivation
def the_sum_gains_a_term(given: ac.Given) -> Iterator[ac.Step]:
    r"""Induction on t. Let S be the sum up to t. Peeling off the last term of the sum up to t + 1 leaves
    $\beta S$, so that this sum is $\beta S + g_{t+1}$: which is what the recursion gives."""
    beta = given.real("beta")
    adam, t = given.adam(beta1=beta, beta2=beta), given.time("t")
    start, g = given.real("start"), given.arbitrary("g")
    total = given.sequence("S", 0, lambda before, k: beta * before + g(k))
    squares = given.sequence("Q", 0, lambda before, k: beta * before + g(k) * g(k))
    m = given.sequence("m", start, lambda before, k: adam.first_moment(before, g(k)))
    v = given.sequence("v", start, lambda before, k: adam.second_moment(before, g(k)))
    yield from ac.induction(
        "the first moment", t, lambda k: (m(k), "=", beta**k * start + (1 - beta) * total(k))
    )
    yield from ac.induction(
        "the second moment", t, lambda k: (v(k), "=", beta**k * start + (1 - beta) * squares(k))
    )


@claim.derivation
def the_first_five_sums(given: ac.Given) -> Iterator[ac.Step]:
    r"""Written out, from the start of the definition."""
    adam, gradients = given.adam(beta1=given.real("beta")), given.gradients(5)
    beta = adam.hyper.beta1
    for t, (state, _) in enumerate(adam.run(0 * beta, gradients), start=1):
        terms = [beta ** (t - i) * g for i, g in enumerate(gradients[:t], start=1)]
        yield ac.identity(f"step {t}", state.m, (1 - beta) * sum(terms))


@claim.law(trajectory=ac.trajectories)
def one_gradient_fades_with_its_age(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    r"""After one gradient and then zeros, the moments are its weights at that age, $(1-\beta_1) \beta_1^k g$
    and $(1-\beta_2) \beta_2^k g^2$: the updates are those that follow."""
    gradients = np.zeros((8, trajectory.gradients.shape[1]), subject.format.dtype)
    gradients[0] = trajectory.gradients[0]
    trajectory = trajectory.replace(gradients=gradients)
    trace = subject.run(trajectory)
    age, g = np.arange(1, 8)[:, None], ac.to_quad(gradients[:1])
    adam, (left1, left2) = in_quads(trace), powers(trace, age - 1)
    m, v = left1 * adam.first_moment(0 * g, g), left2 * adam.second_moment(0 * g, g)
    faded = updates_from(trace, age, m, v, 0 * gradients[:1])
    ac.assert_met(
        ac.observed(trace), from_step(2, faded, ac.predicted(trace)), "after a single gradient", trace
    )


@claim.witness
def three_gradients(exact: ac.Exact) -> None:
    r"""With $\beta_1 = 1/2$ the gradients 8, 4, 2 leave $m_3 = (8/4 + 4/2 + 2)/2 = 3$; of the gradients 8, 0,
    0 one eighth is left."""
    for gradients, m in (([8, 4, 2], 3), ([8, 0, 0], 1)):
        run = exact.run(gradients, beta1=Fraction(1, 2), beta2=Fraction(1, 2), eps=1)
        exact.says(f"m after {', '.join(map(str, gradients))}", run.states[-1].m, "=", m)


@claim.figure
def weight_by_age(axes: Any) -> None:
    """What is left in the first moment of a single gradient 1, by its age: a straight line on this scale. The
    dots mark the age at which half of it is gone: 7 steps for beta = 0.9, 693 for beta = 0.999."""
    age = np.arange(2001)
    for beta in (0.9, 0.99, 0.999):
        adam = ac.Adam(ac.Hyperparameters(beta1=beta))
        weights = [state.m for state, _ in adam.run(0.0, np.where(age == 0, 1.0, 0.0))]
        half = next(k for k in age if weights[k] <= weights[0] / 2)
        (line,) = axes.semilogy(age, weights, label=f"beta1 = {beta:g}")
        axes.plot(half, weights[half], "o", color=line.get_color())
    axes.set_ylim(1e-6, 0.3)
    axes.set_xlabel("age of the gradient, in steps")
    axes.set_ylabel("weight in m")
    axes.legend()
