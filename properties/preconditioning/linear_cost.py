r"""Linear cost.

The definition itself, run on numbers that count operations, takes 15 operations for each parameter in a step,
and a few more that are the same for all. Between steps it keeps two numbers for each parameter, and needs
both. A full Fisher matrix has d^2 numbers.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..counted import Tally
from ..held import numbers_held

claim = ac.Claim(
    title="Linear cost",
    says=(
        r"As a diagonal approximation of the Fisher matrix, made of running averages, Adam's metric is cheap "
        r"to compute."
    ),
    source="A Deeper Perspective: Adam as Preconditioned Gradient Descent",
    verdict=ac.holds(),
    statement=(
        ac.proposition(
            r"One step of the definition on d parameters takes $15 d + 6$ operations: sums, differences, "
            "products, quotients, powers and roots.",
            "operations-of-a-step: of all",
        ),
        ac.proposition(
            r"$\hat v_t$ and its root take $7 d + 3$ of them.",
            "operations-of-a-step: of the metric",
        ),
        ac.proposition(
            "Beside the step count it keeps the 2d numbers m and v: nothing else changes in a step.",
            "what-changes-in-a-step",
        ),
        ac.proposition(
            "No fewer would do: there are pasts that differ in v alone, and pasts that differ in m alone, "
            "and their next updates differ.",
            "both-moments-are-needed",
        ),
    ),
)


def operations(definition: type[ac.Adam], dimension: Any) -> tuple[Any, Any]:
    """The number of operations of one step on so many parameters, and of its metric alone."""
    tallies = Tally(dimension), Tally(dimension)
    for tally in tallies:
        adam = definition(ac.Hyperparameters(*(tally.scalar() for _ in range(5))))
        state = ac.State(1, tally.array(), tally.array(), tally.array())
        if tally is tallies[0]:
            adam.step(state, tally.array(), tally.array())
        else:
            v = adam.second_moment(state.v, tally.array())
            adam.denominator(adam.correct_second(state.peak, v, 2)[1], 2)
    return tallies[0].total, tallies[1].total


@claim.derivation
def operations_of_a_step(given: ac.Given) -> Iterator[ac.Step]:
    """The definition on arrays of d unknown numbers, with single numbers for the hyperparameters."""
    d = given.positive("d")
    step, metric = operations(type(given.adam()), d)
    yield ac.identity("of all", step, 15 * d + 6)
    yield ac.identity("of the metric", metric, 7 * d + 3)


@claim.law(needs=("checkpoint",))
def the_state_grows_with_the_parameters(subject: ac.Subject) -> None:
    """Each parameter adds the same number of numbers to a saved state, and at least two: a run is saved after
    one step with 3, 4 and 5 parameters. What is padded or cannot be looked into is not judged."""
    hyper, held = subject.settled(ac.Hyperparameters()), []
    for count in (3, 4, 5):
        start, ones = np.zeros((2, count), subject.format.dtype)
        ones += 1
        run = subject.start(start, hyper)
        reached = run.step(ones)
        held.append(numbers_held(run.save().content))
    second, third = np.diff(held)
    if not (second and third):
        raise ac.NotJudged
    if second != third or second < 2:
        told = "states of 3, 4 and 5 parameters hold {}, {} and {} numbers".format(*held)
        trace = ac.Trace(hyper, np.stack([ones]), np.stack([start, reached]), subject.format.flushes)
        raise ac.Broken(f"{told}, expected as many more each time, 2 or more", trace)


@claim.witness
def what_changes_in_a_step(exact: ac.Exact) -> None:
    """The second step of one parameter changes its m and its v, and no other number of the state."""
    before, after = exact.run([1, 2], beta1=Fraction(1, 2), beta2=Fraction(3, 4)).states
    pairs = zip(before.remembered.values(), after.remembered.values(), strict=True)
    exact.says("numbers that change", sum(old != new for old, new in pairs), "=", 2)
    exact.says("the change of m", after.m - before.m, "=", Fraction(3, 4))
    exact.says("the change of v", after.v - before.v, "=", Fraction(15, 16))


@claim.witness
def both_moments_are_needed(exact: ac.Exact) -> None:
    r"""$\beta_1 = 1/2$, $\beta_2 = 3/4$. The gradients (2, 0) and (0, 1) make the same m and different v, 1
    and -1 the same v and different m. A further gradient of 1 shows it."""
    beta1, beta2 = Fraction(1, 2), Fraction(3, 4)
    for same, pasts in (("m", ((2, 0), (0, 1))), ("v", ((1,), (-1,)))):
        one, other = (exact.run([*past, 1], beta1=beta1, beta2=beta2, eps=1) for past in pasts)
        exact.says(f"the same {same}", getattr(one.states[-2], same), "=", getattr(other.states[-2], same))
        exact.says("the next update", one.update, "!=", other.update)


@claim.figure
def operations_and_numbers(axes: Any) -> None:
    """Operations of one step, counted in the definition, and numbers kept, against the number of parameters.
    A full matrix of d parameters has d² numbers and takes about d³/3 operations to solve with."""
    counts = np.array([1, 10, 100, 1000, 10**4, 10**5, 10**6])
    axes.loglog(counts, [operations(ac.Adam, int(d))[0] for d in counts], label="Adam, operations")
    axes.loglog(counts, 2 * counts, label="Adam, numbers")
    axes.loglog(counts, counts.astype(float) ** 3 / 3, "--", label="full matrix, operations")
    axes.loglog(counts, counts.astype(float) ** 2, "--", label="full matrix, numbers")
    axes.set_xlabel("parameters d")
    axes.set_ylabel("operations, numbers")
    axes.legend()
