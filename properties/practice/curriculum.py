r"""Shuffled and in order.

Two samples whose mean loss has two minima, taken in turns from the point between them: the order in which
they come decides at which minimum Adam ends. The other order leads along the mirrored path, for all
hyperparameters; so orders that are chosen and orders that are drawn need not lead to the same parameters.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import cycle, permutations
from typing import Any

import numpy as np

import adamcheck as ac

from ..closed_loop import Slope, descend, descend_exactly
from ..enclosed import enclosed, enclosed_hyper, ends

claim = ac.Claim(
    title="Shuffled and in order",
    says=(
        r"The same data in another order, shuffled for instance and not in the order of a curriculum, lead "
        r"along another path, and possibly to other parameters in the end."
    ),
    source="Practical Considerations and Nuances: Path Dependence",
    verdict=ac.holds(),
    statement=(
        ac.prose(
            r"Let the losses of two samples be $\frac{1}{4} (\theta^2-1)^2 \pm a \theta$, $a > 0$, and "
            r"$\theta_0 = 0$."
        ),
        ac.proposition(
            r"For all hyperparameters and all t: the samples in the order $-, +, -, +, \ldots$ lead to the "
            r"parameters, mirrored at 0, to which they lead in the order $+, -, +, -, \ldots$",
            "the-other-order-is-the-mirrored-path",
        ),
        ac.proposition(
            r"For $\beta_1 = \beta_2 = 0$, $\epsilon = 0$, $a < \alpha - \alpha^3$, after the first two "
            r"steps they are at $-2\alpha$ and $2\alpha$.",
            "the-first-epoch-decides",
        ),
        ac.proposition(
            r"With $\alpha = 1/8$, $a = 1/16$ they stay within 1/8 of $-1$ and of 1 forever.",
            "without-memory",
        ),
        ac.proposition(
            r"With the default $\beta_1, \beta_2, \epsilon$ and $\alpha = a = 1/16$ they are within 1/10 of "
            r"$-1$ and of 1 after 40 steps.",
            "with-the-default-memory",
        ),
    ),
)


def _slope(theta: Any, tilt: Any) -> Any:
    """The gradient of the loss of one sample."""
    return theta * theta * theta - theta + tilt


def _in_turns(order: Sequence[Any]) -> Slope:
    """The gradients of samples in turns, one a call."""
    tilts = cycle(order)
    return lambda theta: _slope(theta, next(tilts))


@claim.derivation
def the_other_order_is_the_mirrored_path(given: ac.Given) -> Iterator[ac.Step]:
    r"""If parameter and first moment are mirrored and the second moments are equal, so are the gradients of
    the two samples mirrored, and all of this holds again after the step. At the start it does."""
    adam, t, theta, a = given.adam(), given.time("t"), given.real("theta"), given.positive("a")
    m, v = given.real("m"), given.nonnegative("v")
    for name, tilt in (("+ and -", a), ("- and +", -a)):
        state, reached = adam.step(ac.State(t, m, v, v), theta, _slope(theta, tilt))
        other, mirrored = adam.step(ac.State(t, -m, v, v), -theta, _slope(-theta, -tilt))
        yield ac.identity(f"the parameter, {name}", mirrored, -reached)
        yield ac.identity(f"the moments, {name}", [other.m, other.v], [-state.m, state.v])


@claim.derivation
def the_first_epoch_decides(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $\alpha = 1/(1+u)$ and $\alpha - \alpha^3 = a + d$, from an arbitrary state."""
    u, t = given.positive("u"), given.time("t")
    lr, share = 1 / (1 + u), given.positive("x")
    a = (lr - lr**3) / (1 + share)
    adam = given.adam(lr=lr, beta1=0, beta2=0, eps=0)
    state = ac.State(t, given.real("m"), given.nonnegative("v"), 0 * u)
    for name, sign in (("+, -", 1), ("-, +", -1)):
        _, first = adam.step(adam.start(0 * u), 0 * u, _slope(0 * u, sign * a))
        yield ac.identity(f"the first step, {name}", first, -sign * lr)
        _, second = adam.step(state, -sign * lr, _slope(-sign * lr, -sign * a))
        yield ac.identity(f"the second step, {name}", second, -2 * sign * lr)


@claim.witness
def without_memory(exact: ac.Exact) -> None:
    r"""40 steps with $\alpha = 1/8$, $a = 1/16$. Without memory the path repeats itself once a parameter
    recurs at the same place in the order; it does so after at most 20 steps."""
    a = Fraction(1, 16)
    for order, side in (((a, -a), -1), ((-a, a), 1)):
        path = descend_exactly(exact, 0, _in_turns(order), 40, lr=Fraction(1, 8), beta1=0, beta2=0)
        turns = [t for t in range(0, 20, 2) if path[t] in path[t + 2 :: 2]]
        exact.says("the first step from which it repeats", min(turns), "<=", 20)
        far = max(abs(x - side) for x in path[min(turns) :])
        exact.says(f"the distance from {side} from there on", far, "<=", Fraction(1, 8))


@claim.witness
def with_the_default_memory(exact: ac.Exact) -> None:
    """The definition in enclosures, from the losses to the parameters: 40 steps with lr = a = 1/16."""
    tilt = enclosed([1 / 16])
    for order, side in (((tilt, -tilt), -1), ((-tilt, tilt), 1)):
        path = descend(ac.Adam(enclosed_hyper(lr=1 / 16)), enclosed([0.0]), _in_turns(order), 40)
        low, high = ends(path[-1])
        exact.says(f"the distance from {side}", max(abs(low - side), abs(high - side)), "<", Fraction(1, 10))


@claim.figure
def all_orders_of_four_samples(axes: Any) -> None:
    """Four samples, tilted by -2, -1, 1 and 2 tenths, again and again in each of their 24 orders; lr = 0.05
    and the default betas. The order decides at which of the two minima Adam ends: 12 orders lead to each."""
    orders = np.array(list(permutations((-0.2, -0.1, 0.1, 0.2)))).T
    paths = np.array(
        descend(ac.Adam(ac.Hyperparameters(lr=0.05)), 0 * orders[0], _in_turns(orders.tolist()), 60)
    )
    for first, label in ((True, "a negative tilt comes first"), (False, "a positive one comes first")):
        lines = axes.plot(paths[:, (orders[0] < 0) == first], color=f"C{int(first)}", alpha=0.6, linewidth=1)
        lines[0].set_label(label)
    axes.set_xlabel("step t")
    axes.set_ylabel("parameter")
    axes.legend()
