r"""How fast sign descent is reached.

Under a constant gradient, an update is smaller than the learning rate by the share
$\epsilon/(|g| + \epsilon)$, whatever the betas. This share shrinks like the inverse of the gradient. When the
gradient changes its sign, the update follows at the rate $\beta_1$: at the defaults it takes seven steps to
change its sign.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac
from adamcheck.variants.dialects import EpsilonSquaredInsideRoot

from ..closed_forms import in_quads, powers

claim = ac.Claim(
    title="How fast sign descent is reached",
    says=r"Far above $\epsilon$ Adam takes steps of size $\alpha$ against the sign of the gradient.",
    source="quantifies: The Adam Update Rule, A Synthesis of Moments",
    verdict=ac.holds_if(
        r"the gradient keeps its sign and size. The update is then smaller by a share between $\delta - "
        r"\delta^2$ and $\delta = \epsilon/|g|$; 1 % needs $|g| = 99\,\epsilon$. When the sign changes after "
        r"a long time, the update continues uphill while $2 \beta_1^k > 1$: six steps at $\beta_1 = 0.9$"
    ),
    statement=(
        ac.proposition(
            r"If $g_1 = \dots = g_t = g$, then $1 - |\theta_t - \theta_{t-1}|/\alpha = "
            r"\epsilon/(|g|+\epsilon)$ for all betas, which for $c g$ is asymptotically "
            r"$\epsilon/(c|g|)$ as $c \to \infty$.",
            "the-gap-to-the-learning-rate",
        ),
        ac.proposition(
            r"If the gradient is $-g$ in the last k of T steps, the update is $\frac{\alpha "
            r"g}{|g|+\epsilon} \left(1 - \frac{2(\beta_1^k - \beta_1^T)}{1-\beta_1^T}\right)$.",
            "after-a-change-of-sign",
        ),
    ),
)


def _constant(adam: ac.Adam, t: Any, g: Any) -> ac.State:
    """The state after t constant gradients, as the claim on initialization bias derives it."""
    return ac.State(t, (1 - adam.hyper.beta1**t) * g, (1 - adam.hyper.beta2**t) * g * g, 0)


@claim.derivation
def the_gap_to_the_learning_rate(given: ac.Given) -> Iterator[ac.Step]:
    r"""The update after one more constant gradient, and how much smaller than $\alpha$ its size is."""
    adam, t, g, c = given.adam(), given.time("t"), given.positive("g"), given.positive("c")
    eps = adam.hyper.eps

    def gap(g: Any) -> Any:
        return 1 + adam.update(_constant(adam, t, g), 0 * g, g)[1] / adam.hyper.lr

    closed, delta = eps / (g + eps), eps / g
    yield ac.identity("the gap", gap(g), closed)
    yield ac.inequality("it is below delta", closed, "<", delta)
    yield ac.inequality("and above delta - delta^2", closed, ">", delta - delta * delta)
    yield ac.identity("1 % at 99 eps", gap(99 * eps), given.number(1, 100))
    yield ac.limit("inversely proportional to the scale of the loss", c * eps / (c * g + eps), c, "oo", delta)


@claim.derivation
def after_a_change_of_sign(given: ac.Given) -> Iterator[ac.Step]:
    r"""Let w be $\beta_1^k$, k steps after the change: 1 at first. The second moment does not change, the
    first is $(2w - 1 - \beta_1^T) g$, by induction."""
    adam, t, g, w = given.adam(), given.time("T"), given.positive("g"), given.nonnegative("w")
    lr, beta1, eps = adam.hyper.lr, adam.hyper.beta1, adam.hyper.eps

    def first_moment(w: Any, t: Any) -> Any:
        return (2 * w - 1 - beta1**t) * g

    before = _constant(adam, t, g)
    m = given.sequence("m", 0, lambda before, k: adam.first_moment(before, g))
    yield from ac.induction("up to the change", t, lambda k: (m(k), "=", first_moment(1, k)))
    state, update = adam.update(ac.State(t, first_moment(w, t), before.v, 0), 0 * g, -g)
    yield ac.identity("the first moment, one step later", state.m, first_moment(beta1 * w, t + 1))
    yield ac.identity("the second moment does not notice", state.v, _constant(adam, t + 1, g).v)
    turned = 1 - 2 * (beta1 * w - beta1 ** (t + 1)) / (1 - beta1 ** (t + 1))
    yield ac.identity("the update", update, lr * g / (g + eps) * turned)
    yield ac.evaluation("uphill after six steps", 2 * given.number(9, 10) ** 6, ">", 1)
    yield ac.evaluation("downhill after seven", 2 * given.number(9, 10) ** 7, "<", 1)


@claim.law(trajectory=ac.trajectories)
def a_doubled_gradient_brings_the_update_closer_to_lr(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    r"""If a constant gradient makes the update u, then the doubled one makes $2u/(1 + |u|/\alpha)$: whatever
    $\epsilon$ is, this follows from u alone."""
    gradients = np.repeat(trajectory.gradients[:1], min(len(trajectory.gradients), 8), axis=0)
    trace = subject.run(trajectory.replace(gradients=gradients))
    doubled = subject.run(trajectory.replace(gradients=2 * gradients))
    once, lr = ac.observed(trace), in_quads(trace).hyper.lr
    with np.errstate(invalid="ignore"):  # what overflows has an infinite radius
        due = ac.Updates(
            2 * once.value / (1 + np.abs(once.value) / lr), 2 * (once + ac.predicted(trace)).radius
        )
    ac.assert_met(
        ac.observed(doubled), due + ac.predicted(doubled).at(0), "update for a doubled gradient", doubled
    )


@claim.law(trajectory=ac.trajectories, before=st.integers(1, 12))
def the_update_turns_round_at_the_rate_beta1(
    subject: ac.Subject, trajectory: ac.Trajectory, before: int
) -> None:
    r"""After the gradient changes its sign, each update is the one before the change, times
    $2(\beta_1^k - \beta_1^T)/(1-\beta_1^T) - 1$."""
    steps = np.arange(1, 17)[:, None]
    after = np.maximum(0, steps - before)
    g = trajectory.gradients[:1]
    trace = subject.run(trajectory.replace(gradients=np.where(after > 0, -g, g)))
    weight, late = powers(trace, after)[0], powers(trace, steps)[0]
    turned = np.where(after > 0, 2 * (weight - late) / (1 - late) - 1, ac.to_quad(1.0))
    due = ac.predicted(trace)
    with np.errstate(invalid="ignore"):
        value = due.value[:1] * turned
    ac.assert_met(ac.observed(trace), due.at(value), "update with a change of sign", trace)


@claim.witness
def seven_steps_to_turn_round(exact: ac.Exact) -> None:
    r"""After 40 gradients 1 at $\beta_1 = 9/10$, a gradient -1 is followed from its seventh step on."""
    run = exact.run([1] * 40 + [-1] * 7, beta1=Fraction(9, 10), beta2=0)
    for k, relation in ((6, "<"), (7, ">")):
        exact.says(f"the update in step {k}", run.updates[39 + k], relation, 0)


@claim.figure
def gap_against_the_gradient(axes: Any) -> None:
    r"""The relative difference of the learning rate and the first update. It falls like $\epsilon/|g|$
    (dotted); with $\epsilon^2$ inside the root it would fall like the square of that."""
    ratio = np.logspace(-2, 4, 200)
    for definition in (ac.Adam, EpsilonSquaredInsideRoot):
        (_, update), *_ = definition(ac.Hyperparameters(lr=1.0, eps=1.0)).run(0 * ratio, [ratio])
        axes.loglog(ratio, 1 + update, label=definition.title)
    axes.loglog(ratio, 1 / ratio, ":", color="gray", label="eps / |g|")
    axes.set_ylim(1e-9, 2)
    axes.set_xlabel("|g| / eps")
    axes.set_ylabel("1 - |update| / lr")
    axes.legend()
