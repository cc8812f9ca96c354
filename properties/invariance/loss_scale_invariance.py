"""Loss-scale invariance.

Multiplying the objective by c > 0 multiplies every gradient by c. Adam divides c out again: all of
it when eps is scaled too, and all but a computable remainder when it is not.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import adamcheck as ac

claim = ac.Claim(
    title="Loss-scale invariance",
    says="Multiplying the loss by a positive constant leaves Adam's update largely unchanged.",
    source="Fundamental Properties: Invariance and Equivariance",
    verdict=ac.holds_if(
        r"$\epsilon = 0$ or $\epsilon$ is scaled by $c$ as well; with $\epsilon$ fixed the update changes "
        r"by the factor $(s+\epsilon)/(s+\epsilon/c)$, $s=\sqrt{\hat v_t}$, near 1 only for $s \gg \epsilon$"
    ),
    statement=(
        ac.proposition(
            r"For all gradients, all $t$ and all $c > 0$: the update for $(c g, c \epsilon)$ equals "
            r"the update for $(g, \epsilon)$.",
            "scaling-gradients-and-eps-changes-nothing",
        ),
        ac.proposition(
            r"With $\epsilon$ fixed the ratio of the updates is $(s+\epsilon)/(s+\epsilon/c)$, "
            r"between $\min(1,c)$ and $\max(1,c)$.",
            "fixed-eps-leaves-a-computable-factor",
        ),
    ),
)


def _with_eps(adam: ac.Adam, eps: Any) -> ac.Adam:
    return ac.Adam(adam.hyper.replace(eps=eps))


@claim.derivation
def scaling_gradients_and_eps_changes_nothing(given: ac.Given) -> Iterator[ac.Step]:
    """If m and v are those of the scaled run, $(c m, c^2 v)$, one step keeps them so, and the update is
    the same: by induction this holds at every t."""
    adam, t = given.adam(), given.time("t")
    m, v, g, c = given.real("m"), given.nonnegative("v"), given.real("g"), given.positive("c")
    scaled = _with_eps(adam, c * adam.hyper.eps)
    state, update = adam.update(ac.State(t, m, v, v), 0, g)
    state_c, update_c = scaled.update(ac.State(t, c * m, c * c * v, v), 0, c * g)
    yield ac.identity("the first moment scales with c", state_c.m, c * state.m)
    yield ac.identity("the second moment scales with c squared", state_c.v, c * c * state.v)
    yield ac.identity("the updates agree", update_c, update)


@claim.derivation
def fixed_eps_leaves_a_computable_factor(given: ac.Given) -> Iterator[ac.Step]:
    """With eps fixed, the update changes by $(s+\\epsilon)/(s+\\epsilon/c)$, between c and 1."""
    adam, m, s, c = given.adam(), given.real("m"), given.positive("s"), given.positive("c")
    eps = adam.hyper.eps

    def update(m_hat: Any, root: Any) -> Any:
        return -(adam.hyper.lr * m_hat / adam.denominator(root * root, 1))

    yield ac.identity("the factor", update(c * m, c * s), update(m, s) * (s + eps) / (s + eps / c))
    x = given.positive("x")
    for case, constant, above, below in (("c > 1", 1 + x, ">", "<"), ("c < 1", 1 / (1 + x), "<", ">")):
        factor = (s + eps) / (s + eps / constant)
        yield ac.inequality(f"the factor and 1 where {case}", factor, above, 1)
        yield ac.inequality(f"the factor and c where {case}", factor, below, constant)
    factor = (s + eps) / (s + eps / c)
    yield ac.limit("far above eps the factor is 1", factor, s, "oo", 1)
    yield ac.limit("far below eps it is c, as for gradient descent", factor, s, 0, c)


@claim.law(trajectory=ac.in_range_trajectories, k=st.integers(-20, 20))
def powers_of_two_cancel_bitwise(subject: ac.Subject, trajectory: ac.Trajectory, k: int) -> None:
    """With gradients and eps multiplied by the same power of two, every bit stays the same."""
    scaled = trajectory.scaled(2.0**k, eps_too=True)
    assume(scaled.in_range())
    trace = subject.run(trajectory)
    ac.assert_bitwise(subject.run(scaled).parameters, trace.parameters, f"g and eps times 2**{k}", trace)


@claim.law(trajectory=ac.trajectories, k=st.integers(-4, 4))
def with_eps_fixed_the_scaled_run_is_still_the_definition(
    subject: ac.Subject, trajectory: ac.Trajectory, k: int
) -> None:
    """With eps fixed, the run on scaled gradients is enclosed by the definition: the change is the one
    that the factor says."""
    ac.assert_enclosed(subject.run(trajectory.scaled(3.0 * 2.0**k)), subject.definition)


@claim.witness
def near_eps_the_step_depends_on_the_scale(exact: ac.Exact) -> None:
    """At $g = \\epsilon$ the update is $-\\alpha/2$; tripling the loss makes it $-3\\alpha/4$."""
    for g, update in ((1, Fraction(-1, 2)), (3, Fraction(-3, 4))):
        run = exact.run([g], beta1=0, beta2=0, eps=1)
        exact.says(f"the update at g = {g} eps", run.update, "=", update)


@claim.figure
def factor_against_the_gradient(axes: Any) -> None:
    """The factor by which the update changes when the loss is multiplied by c, eps fixed: 1 (invariant)
    for gradients far above eps, c (like gradient descent) far below."""
    s = np.logspace(-4, 4, 200)
    for c in (0.01, 0.1, 10, 100):
        large, small = (
            next(ac.Adam(ac.Hyperparameters(lr=1.0, eps=1.0)).run(0 * s, [x]))[1] for x in (c * s, s)
        )
        axes.loglog(s, large / small, label=f"c = {c:g}")
    axes.set_xlabel("|g| / eps")
    axes.set_ylabel("update on c·loss / update on loss")
    axes.legend()
