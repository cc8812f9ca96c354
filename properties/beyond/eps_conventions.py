r"""The conventions for eps.

$\epsilon$ may be added to the root of the corrected second moment, to that of the uncorrected one, put under
the root in two ways, or used as a floor. With the same number $\epsilon$, these are different algorithms for
gradients that are not far above it.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac
from adamcheck.variants.dialects import (
    EpsilonAsFloor,
    EpsilonHat,
    EpsilonInsideRoot,
    EpsilonSquaredInsideRoot,
)

from ..comparisons import PaperFaster

claim = ac.Claim(
    title="The conventions for eps",
    says=(
        r"It does not matter where $\epsilon$ is added: the paper's faster form of the step is the same "
        r"algorithm."
    ),
    source='Kingma & Ba, "Adam" (2015), end of section 2; implementations: pytorch#22628, tensorflow#9047',
    verdict=ac.holds_if(
        r"$\sqrt{\hat v_t} \gg \epsilon$. The faster form is the step with $\epsilon/\sqrt{1-\beta_2^t}$ for "
        r"$\epsilon$: 31.6 times as much in the first step at the defaults. $\epsilon^2$ under the root "
        r"changes an update by a factor of at most $\sqrt 2$, a floor of at most 2; $\epsilon$ under the "
        r"root is another algorithm below $\sqrt{\epsilon}$"
    ),
    statement=(
        ac.prose(r"Let $s = \sqrt{\hat v_t}$."),
        ac.proposition(
            r"The faster form divides by $s + \epsilon/\sqrt{1-\beta_2^t}$: its update is the "
            r"textbook's times a factor between $\sqrt{1-\beta_2^t}$ (for $s \to 0$) and 1.",
            "the-faster-form-has-another-eps",
            "between-a-small-factor-and-one",
        ),
        ac.proposition(
            r"For all s and $\epsilon$: $\max(s, \epsilon) \leq \sqrt{s^2+\epsilon^2} \leq s + "
            r"\epsilon \leq \sqrt{2 (s^2 + \epsilon^2)} \leq 2 \max(s, \epsilon)$.",
            "under-the-root-and-as-a-floor",
        ),
    ),
)


def _ratio(adam: ac.Adam, m: Any, v: Any, t: Any) -> Any:
    """What the learning rate is multiplied by, from the moments after step t."""
    return adam.correct_first(m, t) / adam.denominator(adam.correct_second(v, v, t)[1], t)


@claim.derivation
def the_faster_form_has_another_eps(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $v = (1-\beta_2^t) s^2$: the faster form is the dialect eps-hat, and both are the textbook step
    with a larger $\epsilon$ in the first steps."""
    adam, t, m, s = given.adam(), given.time("t"), given.real("m"), given.nonnegative("s")
    hyper, unfinished = adam.hyper, 1 - adam.hyper.beta2**t
    v = unfinished * s * s
    faster, hat = (_ratio(definition(hyper), m, v, t) for definition in (PaperFaster, EpsilonHat))
    larger = ac.Adam(hyper.replace(eps=hyper.eps / ac.sqrt(unfinished)))
    yield ac.identity("the faster form is eps-hat", faster, hat)
    yield ac.identity("and the textbook with a larger eps", faster, _ratio(larger, m, v, t))
    first = 1 - given.number(999, 1000)
    yield ac.evaluation("in the first step at the defaults", ac.sqrt(1 / first) ** 2, "=", 1000)


@claim.derivation
def between_a_small_factor_and_one(given: ac.Given) -> Iterator[ac.Step]:
    r"""The update of eps-hat against that of the textbook, with the same $\epsilon$."""
    adam, t, s = given.adam(), given.time("t"), given.positive("s")
    hat, least = EpsilonHat(adam.hyper), ac.sqrt(1 - adam.hyper.beta2**t)
    factor = adam.denominator(s * s, t) / hat.denominator(s * s, t)
    yield ac.inequality("never larger", factor, "<=", 1)
    yield ac.inequality("nor smaller than this factor", factor, ">=", least)
    first = given.adam(beta2=given.number(999, 1000))
    factor = first.denominator(s * s, 1) / EpsilonHat(first.hyper).denominator(s * s, 1)
    yield ac.limit("far above eps they agree", factor, s, "oo", 1)
    yield ac.limit("far below eps they do not", factor, s, 0, ac.sqrt(given.number(1, 1000)))


@claim.derivation
def under_the_root_and_as_a_floor(given: ac.Given) -> Iterator[ac.Step]:
    r"""The denominators in order, each at most twice the smallest. $\epsilon$ itself under the root caps the
    effective learning rate at $\alpha/\sqrt{\epsilon}$ instead of $\alpha/\epsilon$."""
    hyper, s = given.hyper(), given.nonnegative("s")
    floor, squared, plain, inside = (
        definition(hyper).denominator(s * s, 1)
        for definition in (EpsilonAsFloor, EpsilonSquaredInsideRoot, ac.Adam, EpsilonInsideRoot)
    )
    yield ac.inequality(
        "a floor is smaller than eps^2 under the root", floor * floor, "<=", squared * squared
    )
    yield ac.inequality("that is smaller than the sum", squared, "<=", plain)
    yield ac.identity("by a factor of at most the root of 2", 2 * squared**2, plain**2 + (s - hyper.eps) ** 2)
    yield ac.inequality("and all are at most twice the floor", plain, "<=", 2 * floor)
    yield ac.identity("eps under the root", inside * inside, s * s + hyper.eps)


@claim.law(hyper=ac.dyadic_hyperparameters)
def at_a_gradient_of_eps_the_first_update_is_half_of_lr(
    subject: ac.Subject, hyper: ac.Hyperparameters
) -> None:
    """The first update for g = eps is -lr/2 in textbook Adam, and a different number in other conventions."""
    gradients = np.array([[hyper.eps, -hyper.eps]], dtype=np.float64).astype(subject.format.dtype)
    trace = subject.run(ac.Trajectory(hyper, np.zeros(2, subject.format.dtype), gradients))
    due = ac.predicted(trace).at(np.array([[-hyper.lr / 2, hyper.lr / 2]]))
    ac.assert_met(ac.observed(trace), due, "first update at g = eps", trace)


@claim.witness
def the_first_step_at_eps(exact: ac.Exact) -> None:
    r"""With $\alpha = 1$, $\epsilon = g = 1/4$ and $\beta_2 = 15/16$: 1/2 in the textbook, 1/5 in eps-hat, 1
    with a floor; its square is 1/2 with $\epsilon^2$ under the root, 1/5 with $\epsilon$."""
    options: dict[str, Any] = {"beta1": 0, "beta2": Fraction(15, 16), "eps": Fraction(1, 4)}
    for definition, update in (
        (ac.Adam, Fraction(-1, 2)),
        (EpsilonHat, Fraction(-1, 5)),
        (PaperFaster, Fraction(-1, 5)),
        (EpsilonAsFloor, -1),
    ):
        run = exact.run([options["eps"]], definition=definition, **options)
        exact.says(definition.title, run.update, "=", update)
    for definition, square in (
        (EpsilonSquaredInsideRoot, Fraction(1, 2)),
        (EpsilonInsideRoot, Fraction(1, 5)),
    ):
        run = exact.run([options["eps"]], definition=definition, **options)
        exact.says(f"square, {definition.title}", run.update**2, "=", square)


@claim.figure
def first_update_by_convention(axes: Any) -> None:
    r"""The first update at the defaults, $\epsilon = 10^{-8}$, against the gradient. The same number has a
    different effect in each convention: eps-hat needs gradients 31.6 times as large, $\epsilon$ under the
    root $10^4$ times."""
    g = np.logspace(-11, -1, 300)
    styles = ("-", "--", "-.", ":", "-")
    conventions = (ac.Adam, EpsilonHat, EpsilonSquaredInsideRoot, EpsilonAsFloor, EpsilonInsideRoot)
    for definition, style in zip(conventions, styles, strict=True):
        (_, update), *_ = definition(ac.Hyperparameters(lr=1.0)).run(0 * g, [g])
        axes.loglog(g, -update, style, label=definition.title)
    axes.axvline(1e-8, color="gray", linewidth=0.5)
    axes.set_xlabel("gradient")
    axes.set_ylabel("size of the first update / lr")
    axes.legend(fontsize="small")
