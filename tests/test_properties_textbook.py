"""The textbook's claims beside the core: every one is there, proved, witnessed, and broken by a known bug."""

from __future__ import annotations

import re
from itertools import chain
from typing import Any

import numpy as np
import pytest

from adamcheck.adam import Adam, AMSGrad, Hyperparameters
from adamcheck.checks.check import Check, Outcome
from adamcheck.checks.subject import Subject
from adamcheck.claims.claim import Claim, discover
from adamcheck.numbers import ema
from adamcheck.numbers.floats import format_of
from adamcheck.numbers.quad import to_quad
from adamcheck.proofs.witness import Exact
from adamcheck.targets.base import Target
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.updates import Updates
from adamcheck.zoo.bugs import BUGS
from adamcheck_properties.bounds import assert_between
from adamcheck_properties.chapter import room_of
from adamcheck_properties.closed_loop import descend, descend_exactly, follow
from adamcheck_properties.comparisons import GradientDescent, Momentum
from adamcheck_properties.nonconvex.curved_valley import loss, slope
from adamcheck_properties.scaling.against_tuned_momentum import RUNS, distances


class ForgottenTail(Adam):
    """The loop over the coordinates ends one short."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return gradient * (np.arange(gradient.size) < max(1, gradient.size - 1))


class FullSecondMoment(Adam):
    """The whole matrix of second moments, of which the diagonal is used."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return ema(v, np.outer(g, g), self.hyper.beta2)

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return super().correct_second(peak, np.diag(v), t)


CHAPTER = {
    "Introduction": ("saddle-escape",),
    "The Core Components: First and Second Moment Estimation": (
        "moving-average",
        "second-raw-moment",
        "smoothing",
        "momentum",
        "gain-of-an-oscillation",
    ),
    "The Problem of Initialization Bias and its Correction": (
        "unrolled-sum",
        "initialization-bias",
        "bias-factor-small-t",
        "corrections-tend-to-one",
        "uncorrected-overshoot",
        "which-betas-overshoot",
    ),
    "The Adam Update Rule: A Synthesis of Moments": (
        "master-learning-rate",
        "eps-prevents-division-by-zero",
        "elementwise",
        "direction-from-the-numerator",
        "sign-descent-limit",
        "update-magnitude",
    ),
    "Interpreting the Adam Update: Adaptive Coordinate-wise Scaling": (
        "gradient-descent-dilemma",
        "effective-learning-rate",
        "direct-diagonal-path",
        "converges-faster",
        "against-tuned-momentum",
        "curved-valley",
    ),
    "Fundamental Properties: Invariance and Equivariance": (
        "loss-scale-invariance",
        "gradient-descent-scales-with-the-loss",
        "rotation-non-invariance",
        "signed-permutations",
        "turned-saddle",
    ),
    "A Deeper Perspective: Adam as Preconditioned Gradient Descent": (
        "isotropic-landscape",
        "preconditioner",
        "delayed-gradient",
        "fisher-information",
        "fisher-curvature",
        "linear-cost",
        "natural-gradient",
    ),
    "Practical Considerations and Nuances": (
        "plateau",
        "eps-regimes",
        "effective-rate-cap",
        "path-dependence",
        "curriculum",
        "order-without-memory",
        "feature-scales",
        "feature-standardisation",
    ),
}
"""What the chapter claims, section by section, in the order of its text."""

CORE = {
    "initialization-bias",
    "sign-descent-limit",
    "loss-scale-invariance",
    "rotation-non-invariance",
    "preconditioner",
    "path-dependence",
}
"""The claims that have tests of their own, in `test_properties`."""

CLAIMS = {claim.name: claim for claim in discover()}
OURS = [name for name in chain.from_iterable(CHAPTER.values()) if name not in CORE]
LAWS: dict[str, Check] = {law.name: law for name in OURS for law in CLAIMS[name].laws}

BREAKERS: dict[str, str | type[Adam]] = {
    "moving-average/updates-stay-in-the-range-of-the-gradients": "only-first-moment-corrected",
    "moving-average/the-moments-are-weighted-averages": "betas-swapped",
    "second-raw-moment/with-equal-betas-no-update-exceeds-the-learning-rate": "v-of-m",
    "smoothing/a-flipped-gradient-is-remembered": "without-momentum",
    "momentum/alternating-gradients-pass-damped": "nesterov-unasked",
    "unrolled-sum/one-gradient-fades-with-its-age": "betas-swapped",
    "bias-factor-small-t/a-late-first-gradient-shows-the-factor": "step-counts-from-two",
    "corrections-tend-to-one/the-correction-is-at-most-its-factors": "power-forgotten",
    "uncorrected-overshoot/the-first-update-does-not-overshoot": "only-first-moment-corrected",
    "master-learning-rate/a-power-of-two-scales-the-way-bitwise": "lr-ignored",
    "eps-prevents-division-by-zero/zero-gradients-leave-the-parameters-alone": "eps-dropped",
    "elementwise/coordinates-do-not-see-each-other": "v-of-all-coordinates",
    "elementwise/a-coordinate-alone-does-the-same": "v-of-all-coordinates",
    "signed-permutations/signed-permutations-move-the-run": ForgottenTail,
    "order-without-memory/without-memory-every-order-leads-to-the-same": AMSGrad,
    "elementwise/the-shape-makes-no-difference": "first-row-only",
    "direction-from-the-numerator/under-positive-gradients-no-parameter-grows": "eps-subtracted",
    "update-magnitude/gradients-of-one-size-never-exceed-the-learning-rate": "v-of-magnitudes",
    "effective-learning-rate/more-spread-makes-shorter-steps": "v-of-all-coordinates",
    "direct-diagonal-path/the-curvature-drops-out-bitwise": "gradient-clipped",
    "converges-faster/the-cycle-lasts-bitwise": "eps-inside-and-outside-root",
    "gradient-descent-scales-with-the-loss/updates-grow-less-than-in-proportion": GradientDescent,
    "delayed-gradient/a-gradient-acts-at-once-and-not-before": "m-of-the-step-before",
    "natural-gradient/updates-do-not-shrink-where-gradients-grow": "root-omitted",
    "linear-cost/the-state-grows-with-the-parameters": FullSecondMoment,
    "plateau/a-plateau-is-reached-like-a-power": AMSGrad,
    "eps-regimes/a-constant-gradient-gives-sign-descent": "only-first-moment-corrected",
    "effective-rate-cap/no-update-exceeds-the-cap": "eps-dropped",
    "saddle-escape/every-step-away-is-long": GradientDescent,
}
"""For each law a known bug, or a definition that is not Adam, which breaks it."""

our_claims = pytest.mark.parametrize("claim", [CLAIMS[name] for name in OURS], ids=OURS)
our_laws = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)


def _breaker(law: Check) -> Target:
    breaker = BREAKERS[law.name]
    return BUGS[breaker].target() if isinstance(breaker, str) else DefinitionTarget(breaker)


def test_every_claim_of_the_chapter_has_its_file() -> None:
    others = {name for name, claim in CLAIMS.items() if room_of(claim) in ("beyond", "training")}
    assert set(chain.from_iterable(CHAPTER.values())) == set(CLAIMS) - others


@pytest.mark.parametrize("section", CHAPTER)
def test_every_claim_cites_its_section(section: str) -> None:
    assert [name for name in CHAPTER[section] if not _cites(CLAIMS[name], section)] == []


def _cites(claim: Claim, section: str) -> bool:
    return claim.source == section or claim.source.startswith(section + ": ")


@our_claims
def test_every_claim_says_what_became_of_it(claim: Claim) -> None:
    assert claim.title
    assert claim.says
    assert claim.statement
    assert claim.verdict.kind == "holds" or claim.verdict.condition
    assert claim.derivations
    assert claim.witnesses


def test_every_law_has_something_that_breaks_it() -> None:
    assert set(BREAKERS) == set(LAWS)


@pytest.mark.slow
@our_laws
def test_what_is_wrong_breaks_the_law(law: Check) -> None:
    result = law.run(_breaker(law), "float64", examples=60, seed=0)
    assert result.outcome == Outcome.BROKEN, result
    assert result.trace is not None


# --- what is measured ----------------------------------------------------------------------------


def _steps_to(loss: float, lr: float, shift: float) -> int:
    """Steps of Adam from 0 on two points around `shift`, until the squared error is at most twice `loss`."""
    targets = np.array([1.0, -1.0])
    points = np.stack([shift + targets, np.ones(2)], axis=1)
    path = descend(
        Adam(Hyperparameters(lr=lr)), np.zeros(2), lambda w: points.T @ (points @ w - targets) / 2, 15000
    )
    losses = np.square(np.array(path) @ points.T - targets).mean(axis=1) / 2
    return int(np.argmax(losses <= loss))


@pytest.mark.parametrize(("lr", "raw", "centred"), [(0.001, 14219, 2653), (0.01, 2665, 261), (0.1, 698, 82)])
def test_the_steps_that_centring_saves_are_as_stated(lr: float, raw: int, centred: int) -> None:
    verdict = CLAIMS["feature-standardisation"].verdict.condition
    assert str(raw) in verdict
    assert str(centred) in verdict
    # A difference in the last bit moves the step at which a loss is reached by one at most.
    assert abs(_steps_to(1e-6, lr, 10.0) - raw) <= 1
    assert abs(_steps_to(1e-6, lr, 0.0) - centred) <= 1


def _losses_in_the_valley(optimizer: Adam) -> np.ndarray:
    path = descend(optimizer, np.array([-1.0, 1.0]), lambda at: np.array(slope(at, 100.0)), 10000)
    return loss(np.array(path).T, 100.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("definition", "best", "steps"), [(Adam, 1, 346), (GradientDescent, 9, 4760), (Momentum, 5, 225)]
)
def test_the_steps_through_the_curved_valley_are_as_stated(
    definition: type[Adam], best: int, steps: int
) -> None:
    assert f" {steps} " in CLAIMS["curved-valley"].verdict.condition
    with np.errstate(over="ignore", invalid="ignore"):  # neighbours of the best learning rate may diverge
        losses = {
            k: _losses_in_the_valley(definition(Hyperparameters(lr=2.0**-k)))
            for k in (best - 1, best, best + 1)
        }
    first = {k: int(np.argmax(row <= 1e-4)) or 10**6 for k, row in losses.items()}
    assert min(first, key=first.__getitem__) == best
    assert abs(first[best] - steps) <= 1
    stays = bool((losses[best][steps + 1 :] <= 1e-4).all())
    assert stays is (definition is not Adam)


@pytest.mark.slow
@pytest.mark.parametrize("k", range(10))
def test_adam_does_not_stay_at_the_end_of_the_curved_valley(k: int) -> None:
    assert _losses_in_the_valley(Adam(Hyperparameters(lr=2.0**-k)))[9500:].max() > 1e-4


def _for_good(optimizer: Adam) -> int:
    """The step from which on the distance on the bowl stays within 1e-3."""
    with np.errstate(over="ignore", invalid="ignore"):  # learning rates above the best may diverge
        outside = np.flatnonzero(~(distances(optimizer, 3000) <= 1e-3))
    return 1 + int(outside[-1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "steps"),
    [("gradient descent", 356), ("momentum", 56), ("Adam", 128), ("Adam, beta1 = 1/2", 23)],
)
def test_the_steps_on_the_bowl_are_as_stated(name: str, steps: int) -> None:
    assert re.search(rf"\b{steps}\b", CLAIMS["against-tuned-momentum"].verdict.condition)
    assert abs(_for_good(RUNS[name]) - steps) <= 1


@pytest.mark.slow
@pytest.mark.parametrize("k", range(11))
def test_no_other_learning_rate_is_better_on_the_bowl(k: int) -> None:
    assert _for_good(Adam(Hyperparameters(lr=2.0**-k))) >= 127


@pytest.mark.parametrize("distance", [1e-3, 1e-6, 1e-9, 1e-12])
def test_adam_leaves_the_saddle_after_as_many_steps_from_everywhere(distance: float) -> None:
    path = np.array(descend(Adam(Hyperparameters()), distance, lambda y: -y, 1000))
    assert abs(int(np.argmax(path >= 1)) - 626) <= 1


# --- what the claims share -----------------------------------------------------------------------


def _updates(values: list[float], radius: float) -> Updates:
    return Updates(np.array([values]), np.full((1, len(values)), radius))


def test_an_update_may_miss_its_bounds_by_both_radii_and_no_more() -> None:
    trace: Any = None
    for value in (-1.25, 1.25):
        assert_between(_updates([value], 0.125), -1, 1, _updates([0.0], 0.125), "update", trace)
    for value in (-1.5, 1.5, float("nan")):
        with pytest.raises(AssertionError, match="expected between -1 and 1"):
            assert_between(_updates([value], 0.125), -1, 1, _updates([0.0], 0.125), "update", trace)


def test_a_bound_may_be_open() -> None:
    trace: Any = None
    quad = to_quad(np.array([[2.0]]))
    observed, due = (Updates(quad, np.full((1, 1), 0.125)) for _ in range(2))
    assert_between(observed, 0, np.inf, due, "update", trace)
    with pytest.raises(AssertionError, match="expected between 3 and inf"):
        assert_between(observed, 3, np.inf, due, "update", trace)


def test_a_closed_loop_uses_the_gradient_at_the_parameters_reached() -> None:
    plain = GradientDescent(Hyperparameters(lr=0.5))
    assert descend(plain, 8.0, lambda x: x, 3) == [8.0, 4.0, 2.0, 1.0]
    exact = Exact()
    reached = descend_exactly(exact, 8, lambda x: x, 3, definition=GradientDescent, lr=0.5, beta1=0, beta2=0)
    assert reached == [8, 4, 2, 1]
    assert "[8, 4, 2]" in exact.script()


def test_a_target_in_a_closed_loop_sees_its_own_parameters() -> None:
    subject = Subject(DefinitionTarget(GradientDescent), format_of("float32"))
    start = np.array([8.0], np.float32)
    trace = follow(subject, start, Hyperparameters(lr=0.5), lambda x: x, 3)
    assert np.ravel(trace.parameters).tolist() == [8.0, 4.0, 2.0, 1.0]
    assert np.ravel(trace.gradients).tolist() == [8.0, 4.0, 2.0]
