"""The claims beyond the textbook: proved by two engines, witnessed exactly, and broken by what is no Adam."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
import pytest
from mpmath.ctx_mp import MPContext
from mpmath.ctx_mp_python import _mpf
from scipy.optimize import minimize

from adamcheck import Adam, AMSGrad, Hyperparameters, State, sqrt
from adamcheck.checks.check import Check, Outcome
from adamcheck.claims.claim import discover
from adamcheck.numbers.floats import format_of
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.variants import DIALECTS, dialects
from adamcheck.variants.dialects import NoBiasCorrection
from adamcheck_properties import comparisons
from adamcheck_properties.beyond.phase_diagram import scaled, signs
from adamcheck_properties.beyond.rounding_of_the_moments import bounds
from adamcheck_properties.chapter import room_of
from adamcheck_properties.closed_loop import descend
from adamcheck_properties.cycle import jacobian
from adamcheck_properties.frozen import FrozenPreconditioner, spectral_radius
from adamcheck_properties.largest_ratio import largest, reached
from adamcheck_properties.rare_gradients import late_updates, rare
from adamcheck_properties.working import Working

CLAIMS = {claim.name: claim for claim in discover() if room_of(claim) == "beyond"}

LAWS: dict[str, Check] = {law.name: law for claim in CLAIMS.values() for law in claim.laws}


class SkipsZeroGradients(Adam):
    """A sparse optimizer's shortcut: where the gradient is zero the parameter stays."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        state, update = super().update(state, parameters, gradient)
        return state, np.where(gradient == 0, 0 * update, update)


class HiddenDecay(Adam):
    """Weight decay that cannot be turned off."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return update - self.hyper.lr * parameters / 8


class LosesHalfOfTheSquares(Adam):
    """v is half of what it should be."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return super().second_moment(2 * v, g) / 2


MUTANTS: dict[str, type[Adam]] = {
    "biased-step/averaged-over-all-paths-the-step-goes-uphill": comparisons.Momentum,
    "default-betas-fail/a-rare-large-gradient-leads-uphill": comparisons.Momentum,
    "drift-after-the-gradient-vanishes/updates-fade-at-a-known-rate": SkipsZeroGradients,
    "eps-conventions/at-a-gradient-of-eps-the-first-update-is-half-of-lr": dialects.EpsilonHat,
    "equal-betas/with-equal-betas-updates-are-damped-signs": dialects.EpsilonSquaredInsideRoot,
    "one-checkpoint/no-state-is-beyond-the-bound": LosesHalfOfTheSquares,
    "reddi-non-convergence/every-period-goes-uphill": AMSGrad,
    "repelling-minimum/the-first-step-moves-away-from-a-near-minimum": dialects.NoBiasCorrection,
    "sign-descent-rates/a-doubled-gradient-brings-the-update-closer-to-lr": dialects.EpsilonInsideRoot,
    "sign-descent-rates/the-update-turns-round-at-the-rate-beta1": comparisons.SignDescent,
    "stability-threshold/below-the-threshold-it-shrinks-and-above-it-grows": comparisons.SignDescent,
    "step-size-bounds/geometric-gradients-exceed-the-paper": comparisons.SignDescent,
    "change-of-units/units-that-are-powers-of-two-are-undone-bitwise": dialects.EpsilonInsideRoot,
    "change-of-units/a-shift-of-the-origin-changes-no-update": HiddenDecay,
    "two-cycles/without-first-moment-the-cycle-starts-at-once": dialects.EpsilonSquaredInsideRoot,
    "tight-bound/no-update-exceeds-the-bound": dialects.NoBiasCorrection,
    "tight-bound/geometric-gradients-attain-the-bound": dialects.EpsilonSquaredInsideRoot,
}
"""For each law a definition that is not Adam and breaks it."""


@sqrt.register
def _(x: _mpf) -> Any:
    return x.context.sqrt(x)


def test_every_law_has_a_mutant() -> None:
    assert set(MUTANTS) == set(LAWS)


@pytest.mark.parametrize("name", LAWS)
def test_the_mutant_breaks_the_law(name: str) -> None:
    result = LAWS[name].run(DefinitionTarget(MUTANTS[name]), "float64", examples=60, seed=0)
    assert result.outcome == Outcome.BROKEN, result


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_working_precision_is_that_of_numpy(dtype: str) -> None:
    format = format_of(dtype)
    gradients = np.random.default_rng(0).standard_normal((50, 20)).astype(dtype)
    adam = Adam(Hyperparameters())
    by_numpy = adam.run(0 * gradients[0], gradients)
    by_us = adam.run(Working.of(0 * gradients[0], format), (Working.of(row, format) for row in gradients))
    for (state, update), (our_state, our_update) in zip(by_numpy, by_us, strict=True):
        for theirs, ours in ((state.m, our_state.m), (state.v, our_state.v), (update, our_update)):
            np.testing.assert_array_equal(ours.value, theirs.astype(np.float64))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
@pytest.mark.parametrize("beta", [0.5, 0.875, 1 - 2.0**-5])
def test_rounded_moments_stay_within_their_bounds(dtype: str, beta: float) -> None:
    format = format_of(dtype)
    hyper = Hyperparameters(1.0, beta, beta, 1.0)
    gradients = np.random.default_rng(1).integers(32, 65, (40, 5)) * Fraction(1, 64)  # nothing underflows
    exact = Adam(hyper.map(Fraction)).run(0 * gradients[0], gradients)
    rows = (Working.of(row, format) for row in gradients)
    computed = Adam(hyper).run(Working.of(np.zeros(5), format), rows)
    limits = bounds(Fraction(beta), Fraction(format.unit))
    errors = []
    for (due, _), (state, _) in zip(exact, computed, strict=True):
        for ours, theirs, limit in zip((state.m, state.v), (due.m, due.v), limits, strict=True):
            errors += [abs(Fraction(x) - y) / limit for x, y in zip(ours.value.tolist(), theirs, strict=True)]
    assert all(isinstance(error, Fraction) for error in errors)
    assert 0 < max(errors) <= 1


@pytest.mark.parametrize("beta1", [0.0, 0.25, 0.5, 0.9, 0.99])
def test_the_spectral_radius_passes_one_at_the_threshold(beta1: float) -> None:
    adam = FrozenPreconditioner(Hyperparameters(1.0, beta1, 0.0, 1.0))
    threshold = 2 * (1 + beta1) / (1 - beta1)
    for share in (0.01, 0.5, 0.99):
        assert spectral_radius(adam, share * threshold) < 1
    for share in (1.01, 2.0, 100.0):
        assert spectral_radius(adam, share * threshold) > 1


def test_the_cycle_is_stable_where_the_theorem_says() -> None:
    rates = [k / 16 for k in range(16)]
    for beta1, beta2 in [(b1, b2) for b1 in rates for b2 in rates if b1 + b2 > 0]:
        adam = NoBiasCorrection(Hyperparameters(2 * (1 + beta1) / (1 - beta1), beta1, beta2, 0.0))
        radius = np.abs(np.linalg.eigvals(np.array(jacobian(adam, 1.0, 1.0)))).max()
        assert (radius < 1) == (beta1 * beta2 * (3 - beta1) < 1 - 3 * beta1), (beta1, beta2, radius)


def test_a_run_that_has_all_but_converged_bursts_out_again() -> None:
    lr = 0.1
    path = np.abs(descend(Adam(Hyperparameters(lr=lr)), 1.0, lambda x: x, 10_000))
    nearest = int(path.argmin())
    assert path[nearest] < lr * 2.0**-450, "it came near enough to be called converged"
    assert path[nearest:].max() > lr / 2, "and left again"


@pytest.mark.parametrize("n", [2, 5, 40, 72, 73, 74, 75, 100, 400])
def test_a_late_period_leads_where_it_is_proved_to(n: int) -> None:
    drift = sum(late_updates(Adam, Hyperparameters(lr=1.0), rare(n)))
    assert (drift > 0) == (n >= 74)


def test_the_curve_of_the_phase_diagram_parts_uphill_from_downhill() -> None:
    large, beta2 = np.meshgrid(np.linspace(2.05, 9, 30), np.linspace(0.01, 0.99, 30))
    hyper, back = Hyperparameters(1.0, 0.0, beta2, 0.0), -np.ones_like(large)
    drift = sum(late_updates(Adam, hyper, [large, back, back]))
    f, g = signs(large, scaled(large, beta2))
    assert ((drift > 0) == ((f < 0) | (g > 0))).all()
    assert 0.2 < np.mean(drift > 0) < 0.8
    assert (drift > 0)[large**2 * (1 + beta2) < 8].all()


def _first_burst(path: Sequence[Any], lr: Any) -> int:
    """The first step after the nearest one in which the distance from the minimum exceeds lr / 10."""
    nearest = min(range(len(path)), key=lambda t: abs(path[t]))
    return next(t for t in range(nearest, len(path)) if abs(path[t]) > lr / 10)


@pytest.mark.slow
@pytest.mark.parametrize(("lr", "step"), [(0.1, 7067), (0.01, 14081), (0.001, 21496)])
def test_the_first_bursts_come_when_they_are_said_to(lr: float, step: int) -> None:
    assert f"t = {step}" in CLAIMS["late-bursts"].verdict.condition
    numbers = MPContext()
    numbers.dps = 40
    hyper = Hyperparameters(lr=lr).map(numbers.mpf)
    path = descend(Adam(hyper), numbers.mpf(1), lambda x: x, step + 10)
    assert _first_burst(path, hyper.lr) == step


@pytest.mark.slow
def test_subnormal_numbers_bring_a_burst_too_early() -> None:
    lr = 0.001
    path = descend(Adam(Hyperparameters(lr=lr)), 1.0, lambda x: x, 21600)
    assert min(map(abs, path)) < np.finfo(np.float64).tiny
    assert _first_burst(path, lr) < 21496


@pytest.mark.slow
def test_bursts_come_again_and_again() -> None:
    lr = 0.1
    path = np.abs(descend(Adam(Hyperparameters(lr=lr)), 1.0, lambda x: x, 30_000))
    far = np.flatnonzero(path > lr / 5)
    bursts = far[np.flatnonzero(np.diff(far, prepend=0) > 100)]
    bursts = bursts[bursts > 7000]
    assert bursts[1] - bursts[0] == 2050
    assert all(450 < wait < 550 for wait in np.diff(bursts)[-20:])
    assert bursts[-1] > 29_000


@pytest.mark.parametrize("name", [name for name in DIALECTS if name.startswith("eps-")])
def test_one_gradient_of_eps_tells_the_conventions_apart(name: str) -> None:
    law = LAWS["eps-conventions/at-a-gradient-of-eps-the-first-update-is-half-of-lr"]
    assert law.run(DefinitionTarget(DIALECTS[name]), "float64", examples=60, seed=0).outcome == Outcome.BROKEN


@pytest.mark.parametrize(("beta1", "beta2"), [(0.9, 0.999), (0.5, 0.75), (0.75, 0.5), (0.9, 0.81)])
def test_no_search_finds_gradients_beyond_the_tight_bound(beta1: float, beta2: float) -> None:
    adam = Adam(Hyperparameters(1.0, beta1, beta2, 0.0))
    exact = Adam(adam.hyper.map(Fraction))
    for t in (2, 3, 6):
        *_, (_, before), (_, bound) = enumerate(islice(largest(exact), t))

        def negative_square(gradients: Any) -> float:
            *_, (_, update) = adam.run(0.0, gradients.tolist())
            return -update * update

        starts = np.random.default_rng(t).standard_normal((4, t))
        found = min((minimize(negative_square, start, method="Nelder-Mead") for start in starts), key=_value)
        *_, square = reached(exact, map(Fraction, found.x.tolist()))
        assert square <= bound
        assert square > before, "the search must reach beyond what one step fewer allows, or it tests nothing"


def _value(result: Any) -> float:
    return float(result.fun)
