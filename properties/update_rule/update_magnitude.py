"""The size of an update.

Dividing by the root of the second moment makes an update as large as the learning rate where the gradients
agree in size and sign. Where only their size agrees it is at most that, and for beta1 < 1/2 at least 1 - 2
beta1 times that. Where their size changes it may be
larger: a gradient after a long silence moves its parameter by up to (1 - beta1)/sqrt(1 - beta2) learning
rates.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..bounds import assert_between

claim = ac.Claim(
    title="The size of an update",
    says=r"Normalized by the second moment, the update of every parameter has about the size $\alpha$.",
    source="The Adam Update Rule: A Synthesis of Moments",
    verdict=ac.holds_if(
        r"the gradients that Adam remembers agree in size and sign and are far above $\epsilon$. If they "
        r"agree in size only, the magnitude is at most $\alpha$, and for $\beta_1 < 1/2$ at least "
        r"$\alpha (1-2\beta_1)$; if their sizes differ it may be larger: a gradient after a long silence "
        r"makes a step of $\alpha (1-\beta_1)/\sqrt{1-\beta_2}$, 3.2 times $\alpha$ for the default betas"
    ),
    statement=(
        ac.proposition(
            r"For all $t$ and all betas: if $g_i = g$ for all $i$ then $|\theta_t - \theta_{t-1}| = "
            r"\alpha |g|/(|g| + \epsilon)$.",
            "gradients-that-agree",
        ),
        ac.proposition(
            r"If $|g_i| = |g|$ for all $i$ then $|\theta_t - \theta_{t-1}| \leq \alpha |g|/(|g| + "
            r"\epsilon)$.",
            "gradients-of-one-size",
        ),
        ac.proposition(
            r"And then it is at least $\frac{1-2\beta_1+\beta_1^t}{1-\beta_1^t} \alpha |g|/(|g| + "
            r"\epsilon)$, which $t-1$ gradients of one sign and one of the other reach. For $\beta_1 < 1/2$ "
            r"that is at least $(1-2\beta_1) \alpha |g|/(|g| + \epsilon) > 0$.",
            "the-least-of-one-size",
        ),
        ac.proposition(
            r"If $g_i = 0$ for all $i < t$ and $\epsilon = 0$ then $|\theta_t - \theta_{t-1}| = "
            r"\alpha \frac{1-\beta_1}{1-\beta_1^t} \sqrt{\frac{1-\beta_2^t}{1-\beta_2}}$.",
            "a-gradient-after-silence: the square of the update",
        ),
    ),
)


@claim.derivation
def gradients_that_agree(given: ac.Given) -> Iterator[ac.Step]:
    r"""Under a constant gradient both moments are their bias factor times its power, at every step, and
    correction takes the factor out."""
    adam, t, g = given.adam(), given.time("t"), given.positive("g")
    b1, b2, hyper = adam.hyper.beta1, adam.hyper.beta2, adam.hyper
    for sign in (1, -1):
        state = ac.State(t, sign * (1 - b1**t) * g, (1 - b2**t) * g * g, 0)
        after, update = adam.update(state, 0, sign * g)
        name = "positive" if sign == 1 else "negative"
        yield ac.identity(f"the first moment, {name}", after.m, sign * (1 - b1 ** (t + 1)) * g)
        yield ac.identity(f"the second moment, {name}", after.v, (1 - b2 ** (t + 1)) * g * g)
        yield ac.identity(f"the size, {name}", abs(update), hyper.lr * g / (g + hyper.eps))


@claim.derivation
def gradients_of_one_size(given: ac.Given) -> Iterator[ac.Step]:
    r"""With changing signs the second moment is the same as before, and the first is smaller by something x
    that is not negative: it stays so after the gradients g and -g, and the update is at most as large as
    before."""
    adam, t, g, x = given.adam(), given.time("t"), given.positive("g"), given.nonnegative("x")
    b1, b2, hyper = adam.hyper.beta1, adam.hyper.beta2, adam.hyper
    m = (1 - b1**t) * g - x
    later = (1 - b1 ** (t + 1)) * g
    for sign in (1, -1):
        yield ac.inequality(f"m after {'+-'[sign < 0]}g", adam.first_moment(m, sign * g), "<=", later)
    yield ac.identity(
        "v, signs or not", adam.second_moment((1 - b2**t) * g * g, -g), (1 - b2 ** (t + 1)) * g * g
    )
    m_hat, root = adam.correct_first(m, t), adam.denominator(g * g, t)
    yield ac.inequality("the size", hyper.lr * m_hat / root, "<=", hyper.lr * g / (g + hyper.eps))


@claim.derivation
def the_least_of_one_size(given: ac.Given) -> Iterator[ac.Step]:
    r"""Let the last gradient be g; for -g all signs are turned. The moment before it exceeds
    $-(1-\beta_1^t) g$ by some $x \geq 0$, and x = 0 after gradients -g only. What is left is at least $1 - 2
    \beta_1$ of a full update."""
    adam, t, g, x = given.adam(), given.time("t"), given.positive("g"), given.nonnegative("x")
    b1, b2, hyper = adam.hyper.beta1, adam.hyper.beta2, adam.hyper
    full, v = hyper.lr * g / (g + hyper.eps), (1 - b2**t) * g * g
    least = (1 - 2 * b1 + b1 ** (t + 1)) / (1 - b1 ** (t + 1))
    _, longer = adam.update(ac.State(t, x - (1 - b1**t) * g, v, v), 0, g)
    _, shortest = adam.update(ac.State(t, -(1 - b1**t) * g, v, v), 0, g)
    yield ac.inequality("the update", -longer, ">=", least * full)
    yield ac.identity("after gradients -g only", -shortest, least * full)
    yield ac.inequality("its share of a full update", least, ">=", 1 - 2 * b1, given=((2 * b1, "<", 1),))


@claim.derivation
def a_gradient_after_silence(given: ac.Given) -> Iterator[ac.Step]:
    r"""After t zeros the new gradient has the weights $(1-\beta)/(1-\beta^{t+1})$ in the corrected moments.
    The bias factors tend to 1; what remains grows without bound as $\beta_2 \to 1$: with $\beta_2 = 1/(1+x)$
    its square is $(1-\beta_1)^2 (1+x)/x$."""
    adam, t, g, zero = given.adam(eps=0), given.time("t"), given.positive("g"), given.number(0)
    b1, b2, lr = adam.hyper.beta1, adam.hyper.beta2, adam.hyper.lr
    _, update = adam.update(ac.State(t, zero, zero, zero), zero, g)
    sides = update**2 * (1 - b1 ** (t + 1)) ** 2 * (1 - b2), (lr * (1 - b1)) ** 2 * (1 - b2 ** (t + 1))
    yield ac.identity("the square of the update", *sides)
    x = given.positive("x")
    yield ac.identity("in the limit", (1 - b1) ** 2 / (1 - 1 / (1 + x)), (1 - b1) ** 2 * (1 + x) / x)
    yield ac.limit("no bound for all betas", x / (1 + x), x, 0, 0)


@claim.law(
    hyper=ac.hyperparameters,
    size=st.integers(8, 15),
    exponent=st.integers(-2, 2),
    flips=st.lists(st.integers(0, 2**4 - 1), min_size=1, max_size=8),
)
def gradients_of_one_size_never_exceed_the_learning_rate(
    subject: ac.Subject, hyper: ac.Hyperparameters, size: int, exponent: int, flips: list[int]
) -> None:
    r"""Gradients of one size and any signs, in four coordinates: no update is longer than $\alpha |g|/(|g| +
    \epsilon)$."""
    signs = np.array([[1 - 2 * (flip >> i & 1) for i in range(4)] for flip in flips])
    gradients = signs * (size / 8) * 2.0**exponent
    zero, dtype = np.zeros(4, subject.format.dtype), subject.format.dtype
    trace = subject.run(ac.Trajectory(hyper, zero, gradients.astype(dtype)))
    most = hyper.lr * np.abs(gradients) / (np.abs(gradients) + hyper.eps)
    assert_between(ac.observed(trace), -most, most, ac.predicted(trace), "with gradients of one size", trace)


@claim.witness
def steps_of_any_size(exact: ac.Exact) -> None:
    r"""With $\alpha = 1$ and $\epsilon = 0$: alternating gradients leave steps of 1/19, and of 3/5, the
    least, with $\beta_1 = 1/4$. After seven steps without a gradient, with $\beta_1 = 0$ and $\beta_2 = 3/4$,
    one of size 1 or 1000 makes a step of nearly 2: its square is 58975/16384."""
    run = exact.run([1, -1], beta1=Fraction(9, 10), beta2=Fraction(999, 1000))
    exact.says("alternating", run.update, "=", Fraction(1, 19))
    run = exact.run([1, -1], beta1=Fraction(1, 4), beta2=Fraction(999, 1000))
    exact.says("alternating, beta1 = 1/4", run.update, "=", Fraction(3, 5))
    adam, zero = ac.Adam(ac.Hyperparameters(1, Fraction(0), Fraction(3, 4), 0)), Fraction(0)
    for g in (1, 1000):
        _, update = adam.update(ac.State(7, zero, zero, zero), zero, Fraction(g))
        exact.says(f"the square of the step after silence, g = {g}", update**2, "=", Fraction(58975, 16384))


@claim.figure
def sizes_over_time(axes: Any) -> None:
    """The size of the update with the default betas. Under a constant gradient it is the learning rate; under
    random or alternating gradients it is smaller; a single gradient after 1000 zeros makes it 2.5 times as
    large, and the next ones of its kind 5."""
    steps = 1060
    random = np.random.default_rng(5).standard_normal(steps)
    late = np.where(np.arange(steps) < 1000, 0.0, 1.0)
    streams = {
        "constant": np.ones(steps),
        "zeros, then constant": late,
        "random": random,
        "alternating": (-1.0) ** np.arange(steps),
    }
    runs = ac.Adam(ac.Hyperparameters(lr=1.0)).run(np.zeros(4), np.stack(list(streams.values()), axis=1))
    sizes = np.abs([update for _, update in runs])[-100:]
    for column, name in zip(sizes.T, streams, strict=True):
        axes.semilogy(range(steps - 99, steps + 1), np.where(column, column, np.nan), label=name)
    axes.set_xlabel("step t")
    axes.set_ylabel("size of the update / lr")
    axes.set_ylim(2e-3, 50)
    axes.legend(loc="upper left", ncols=2)
