r"""AdamW against an L2 penalty.

An L2 penalty adds $\lambda \theta$ to the gradient, decoupled weight decay adds $-\alpha \lambda \theta$ to
the update. For gradient descent that is the same. In Adam the penalty passes through both moments: it is
averaged, and then divided by the size of the gradients.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..comparisons import GradientDescent
from ..decoupled import decaying_from, shrinkage
from ..frozen import FrozenPreconditioner
from ..short_runs import short_runs

claim = ac.Claim(
    title="AdamW against an L2 penalty",
    says="Weight decay is the same as an L2 penalty on the weights.",
    source=(
        "Introduction: the interaction with other training techniques; Loshchilov & Hutter, "
        '"Decoupled Weight Decay Regularization" (2019)'
    ),
    verdict=ac.false_as_stated(
        r"it is for gradient descent. In Adam it is, without momentum and with the strength $\lambda D$ of "
        "the penalty, where the denominator is a constant D, the same for all weights. Otherwise weights "
        "with large gradients decay less under a penalty, or not at all"
    ),
    statement=(
        ac.proposition(
            "One step of gradient descent with a penalty equals one with decoupled decay.",
            "they-coincide-for-gradient-descent",
        ),
        ac.proposition(
            r"With a constant denominator D, the steps with a penalty $\lambda'$ and a decay $\lambda$ from "
            r"the same state differ by $\alpha \theta (\lambda - (1-\beta_1) \lambda'/D)$: for $\beta_1 = 0$ "
            r"and $\theta \neq 0$ they agree if and only if $\lambda' = \lambda D$.",
            "with-a-constant-denominator",
        ),
        ac.proposition(
            r"The first update is $-\alpha g/(|g|+\epsilon) - \alpha \lambda \theta$ with decay, and "
            r"$-\alpha (g + \lambda \theta)/(|g + \lambda \theta| + \epsilon)$ with a penalty.",
            "the-first-update",
        ),
        ac.proposition(
            r"Under a constant gradient g a penalty leads to rest at $-g/\lambda$, as for gradient descent, "
            r"and a decay at $-g/(\lambda (|g| + \epsilon))$.",
            "where-they-rest",
        ),
        ac.proposition(
            r"Gradients and $\epsilon$ times c leave the update as it is with decay, and with a penalty if "
            r"$\lambda$ is multiplied by c, too.",
            "under-another-scale-of-the-loss",
        ),
    ),
)


class DescentW(ac.AdamW, GradientDescent):
    """Gradient descent with decoupled weight decay."""

    title = "gradient descent with decoupled weight decay"


class DescentL2(ac.AdamL2, GradientDescent):
    """Gradient descent with an L2 penalty."""

    title = "gradient descent with an L2 penalty"


class _FrozenW(ac.AdamW, FrozenPreconditioner):
    """A constant denominator, with decoupled weight decay."""


class _FrozenL2(ac.AdamL2, FrozenPreconditioner):
    """A constant denominator, with an L2 penalty."""


@claim.derivation
def they_coincide_for_gradient_descent(given: ac.Given) -> Iterator[ac.Step]:
    """From any state, which gradient descent does not use."""
    decay, state = given.positive("lambda"), ac.State(0, given.real("m"), given.nonnegative("v"), 0)
    theta, g = given.real("theta"), given.real("g")
    decayed, penalised = (given.adam(kind, weight_decay=decay) for kind in (DescentW, DescentL2))
    after, due = penalised.step(state, theta, g)[1], decayed.step(state, theta, g)[1]
    yield ac.identity("the steps", after, due)


@claim.derivation
def with_a_constant_denominator(given: ac.Given) -> Iterator[ac.Step]:
    r"""The step with a penalty less that with a decay, from the same state; and whether they agree."""
    d, decay, penalty = given.positive("D"), given.positive("lambda"), given.positive("lambda'")
    theta, g, state = given.real("theta"), given.real("g"), ac.State(0, given.real("m"), 0, 0)
    decayed = given.adam(_FrozenW, eps=d, weight_decay=decay)
    penalised = given.adam(_FrozenL2, eps=d, weight_decay=penalty)
    lr, beta1 = decayed.hyper.lr, decayed.hyper.beta1
    apart = penalised.step(state, theta, g)[1] - decayed.step(state, theta, g)[1]
    yield ac.identity("the difference", apart, lr * theta * (decay - (1 - beta1) * penalty / d))
    alike = given.adam(_FrozenL2, beta1=given.number(0), eps=d, weight_decay=decay * d)
    due = given.adam(_FrozenW, beta1=given.number(0), eps=d, weight_decay=decay)
    yield ac.identity("they agree", alike.step(state, theta, g)[1], due.step(state, theta, g)[1])
    others = [(beta1, "=", 0), (penalty, "!=", decay * d), (theta, "!=", 0)]
    yield ac.inequality("for no other penalty", apart, "!=", 0, given=others)


@claim.derivation
def the_first_update(given: ac.Given) -> Iterator[ac.Step]:
    r"""From moments 0, for all betas; $c = g + \lambda \theta$."""
    decay, theta, g = given.positive("lambda"), given.real("theta"), given.real("g")
    decayed, penalised = (given.adam(kind, weight_decay=decay) for kind in (ac.AdamW, ac.AdamL2))
    lr, eps = decayed.hyper.lr, decayed.hyper.eps
    start, total = decayed.start(theta), given.real("c")
    due = -(lr * g / (abs(g) + eps)) - lr * decay * theta
    yield ac.identity("with decay", decayed.update(start, theta, g)[1], due)
    due = -(lr * total / (abs(total) + eps))
    yield ac.identity("with a penalty", penalised.update(start, theta, total - decay * theta)[1], due)


@claim.derivation
def where_they_rest(given: ac.Given) -> Iterator[ac.Step]:
    r"""A penalty: the moments of $g + \lambda \theta = 0$ are 0. A decay: those of a constant gradient are
    $(1-\beta_1^t) g$ and $(1-\beta_2^t) g^2$."""
    decay, t, g = given.positive("lambda"), given.time("t"), given.real("g")
    decayed, penalised = (given.adam(kind, weight_decay=decay) for kind in (ac.AdamW, ac.AdamL2))
    hyper = decayed.hyper
    at_rest = ac.State(t, 0 * g, 0 * g, 0)
    yield ac.identity("a penalty", penalised.update(at_rest, -g / decay, g)[1], 0)
    settled = ac.State(t, (1 - hyper.beta1**t) * g, (1 - hyper.beta2**t) * g * g, 0)
    resting = -g / (decay * (abs(g) + hyper.eps))
    yield ac.identity("a decay", decayed.update(settled, resting, g)[1], 0)


@claim.derivation
def under_another_scale_of_the_loss(given: ac.Given) -> Iterator[ac.Step]:
    """One step from moments that are scaled along keeps them so."""
    decay, t, c = given.positive("lambda"), given.time("t"), given.positive("c")
    m, v, theta, g = given.real("m"), given.nonnegative("v"), given.real("theta"), given.real("g")
    for name, kind, scaled in (("with decay", ac.AdamW, decay), ("with a penalty", ac.AdamL2, c * decay)):
        adam = given.adam(kind, weight_decay=decay)
        other = given.adam(kind, eps=c * adam.hyper.eps, weight_decay=scaled)
        state, update = adam.update(ac.State(t, m, v, 0), theta, g)
        state_c, update_c = other.update(ac.State(t, c * m, c * c * v, 0), theta, c * g)
        yield ac.identity(f"the moments {name}", [state_c.m, state_c.v], [c * state.m, c * c * state.v])
        yield ac.identity(f"the update {name}", update_c, update)


@claim.law(needs=("weight_decay",), trajectory=short_runs)
def decay_adds_its_share_and_nothing_else(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    r"""Under the same gradients, every update with decoupled decay is that without it, less $\alpha \lambda
    \theta$."""
    plain = subject.run(trajectory)
    trace = decaying_from(subject, np.ones(1, subject.format.dtype), trajectory)
    due = ac.predicted(trace, ac.AdamW) + ac.predicted(plain)
    alone = ac.observed(plain)
    expected = ac.Updates(alone.value + shrinkage(trace), alone.radius + due.radius)
    ac.assert_met(ac.observed(trace), expected, "update with weight decay", trace)


@claim.witness
def large_gradients_stop_the_decay(exact: ac.Exact) -> None:
    r"""Gradients 2, -2 from $\theta = 1$, with $\alpha = 1/4$, $\lambda = 1$ and no memory: under a
    penalty the weight is back at 1 after two steps. With decay it is at 5/8."""
    for kind, left in ((ac.AdamL2, 1), (ac.AdamW, Fraction(5, 8))):
        run = exact.run(
            [2, -2], definition=kind, start=1, lr=Fraction(1, 4), beta1=0, beta2=0, weight_decay=1
        )
        exact.says(f"the weight, {kind.title}", 1 + sum(run.updates), "=", left)


@claim.witness
def the_first_update_does_not_see_a_penalty(exact: ac.Exact) -> None:
    r"""From $\theta = 1$ under the gradient 1, with $\alpha = 1/4$: under a penalty $\lambda$ the first
    update is -1/4, for $\lambda = 1$ and 3 alike. A decay adds $-\lambda/4$."""
    for decay in (1, 3):
        penalised, decayed = (
            exact.run([1], definition=kind, start=1, lr=Fraction(1, 4), beta1=0, beta2=0, weight_decay=decay)
            for kind in (ac.AdamL2, ac.AdamW)
        )
        exact.says(f"the update with a penalty {decay}", penalised.update, "=", Fraction(-1, 4))
        exact.says(f"the update with a decay {decay}", decayed.update, "=", Fraction(-1 - decay, 4))


@claim.figure
def decay_against_the_gradients(axes: Any) -> None:
    r"""A weight under random gradients of mean 0, which only the decay moves, at the defaults with $\alpha =
    0.01$ and $\lambda = 0.1$. Under a penalty it shrinks the more slowly the larger the gradients are; with
    decoupled decay their size makes no difference (the curves coincide)."""
    gradients = np.random.default_rng(0).choice([-1.0, 1.0], (2500, 400))
    hyper = ac.Hyperparameters(lr=0.01, weight_decay=0.1)
    for kind, name, style in ((ac.AdamW, "decay", "--"), (ac.AdamL2, "penalty", "-")):
        for size in (0.1, 1.0, 10.0):
            updates = [update.mean() for _, update in kind(hyper).run(np.ones(400), size * gradients)]
            axes.plot(1 + np.cumsum(updates), style, label=f"{name}, gradients of size {size:g}")
    axes.set_xlabel("step t")
    axes.set_ylabel("weight, mean of 400 runs")
    axes.legend(fontsize="small")
