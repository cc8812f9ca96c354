"""Bugs of the bias correction: missing, doubled, or with the wrong step, power or beta."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adamcheck.adam import Adam, State
from adamcheck.numbers import ema, sqrt
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs.registry import NO_REPORT, formula

SURVIVOR = "a mutant that the Adam tests of PyTorch, Optax, Keras and scikit-learn let live"


class AtAnotherStep(Adam):
    """The corrections of another step than t."""

    def step_of(self, t: Any) -> Any:
        """The step whose corrections are used in step t."""
        raise NotImplementedError

    def correct_first(self, m: Any, t: Any) -> Any:
        return super().correct_first(m, self.step_of(t))

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return super().correct_second(peak, v, self.step_of(t))


@formula(
    "only-first-moment-corrected",
    "v is not corrected",
    "google-research/bert#153, of its kind",
    exposes=by.ordinary,
)
class OnlyFirstCorrected(Adam):
    """The first step is 1/sqrt(1 - beta2) times too large."""

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v


@formula(
    "only-second-moment-corrected",
    "m is not corrected",
    "google-research/bert#153, of its kind",
    exposes=by.ordinary,
)
class OnlySecondCorrected(Adam):
    """The first step is 1 - beta1 of what it should be."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return m


@formula(
    "step-counts-from-two",
    "the corrections of step t + 1",
    "cs231n/cs231n.github.io#179: incremented before it is first used",
    exposes=by.ordinary,
)
class StepCountsFromTwo(AtAnotherStep):
    """26 % at the first step, little after ten."""

    def step_of(self, t: Any) -> Any:
        return t + 1


@formula(
    "v-corrected-one-step-ahead",
    "v_hat uses t + 1",
    "deepspeedai/DeepSpeed#7819, #7820: beta2^t is multiplied once too often",
    exposes=by.ordinary,
)
class SecondCorrectedOneStepAhead(Adam):
    """29 % at the first step, little after ten."""

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return super().correct_second(peak, v, t + 1)


@formula(
    "m-corrected-one-step-ahead",
    "m_hat uses t + 1",
    f"{NO_REPORT}: the other half of it",
    exposes=by.ordinary,
)
class FirstCorrectedOneStepAhead(Adam):
    """1/(1 + beta1) of the first step remains."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return super().correct_first(m, t + 1)


@formula(
    "step-counts-from-zero",
    "the corrections of step t - 1",
    "deeplearning4j/nd4j#1227, tracel-ai/burn#630",
    exposes=by.ordinary,
)
class StepCountsFromZero(AtAnotherStep):
    """The first step divides by 1 - beta^0 = 0."""

    def step_of(self, t: Any) -> Any:
        return t - 1


@formula(
    "step-counts-one-twice",
    "the corrections of step max(t - 1, 1)",
    "ooples/AiDotNet#702: max(step, 1) where steps count from 0",
    exposes=by.ordinary,
)
class StepCountsOneTwice(AtAnotherStep):
    """The first step is right; the second is off by a third."""

    def step_of(self, t: Any) -> Any:
        return max(t - 1, 1)


@formula(
    "first-step-not-corrected",
    "the corrections of step t - 1, and none in the first step",
    f"{NO_REPORT}: a guard where steps count from 0 and 1 - beta^0 = 0",
    exposes=by.ordinary,
)
class FirstStepNotCorrected(Adam):
    """The first step is (1 - beta1) / sqrt(1 - beta2) of what it should be."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return super().correct_first(m, t - 1) if t > 1 else m

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return super().correct_second(peak, v, t - 1) if t > 1 else (peak, v)


@formula(
    "step-advances-by-two",
    "the corrections of step 2 t",
    "zeke-xie/adaptive-inertia-adai#3",
    exposes=by.ordinary,
)
class StepAdvancesByTwo(AtAnotherStep):
    """Early steps show it."""

    def step_of(self, t: Any) -> Any:
        return 2 * t


@formula("step-stops-at-hundred", "the corrections of step min(t, 100)", SURVIVOR, exposes=by.long)
class StepStopsAtHundred(AtAnotherStep):
    """Only runs of more than a hundred steps show it."""

    def step_of(self, t: Any) -> Any:
        return min(t, 100)


@formula(
    "correction-ends",
    "v is not corrected after step 250, where 1 - 0.999^t is 0.22",
    f"{NO_REPORT}: beta^t taken for 0 once t is large",
    exposes=by.long,
)
class CorrectionEnds(Adam):
    """Only longer runs show it."""

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return (peak, v) if t > 250 else super().correct_second(peak, v, t)


@formula(
    "power-forgotten",
    "divided by 1 - beta instead of 1 - beta^t",
    "eriklindernoren/ML-From-Scratch#35; allenai/OLMo-core#317: the step is not incremented",
    exposes=by.ordinary,
)
class PowerForgotten(Adam):
    """The first step is right."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return m / (1 - self.hyper.beta1)

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v / (1 - self.hyper.beta2)


@formula(
    "product-for-power",
    "divided by 1 - beta t instead of 1 - beta^t",
    f"{NO_REPORT}: * for **",
    exposes=by.ordinary,
)
class ProductForPower(Adam):
    """The first step is right; then 1 - beta t is 0 or negative, and the root of v_hat no number."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return m / (1 - self.hyper.beta1 * t)

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v / (1 - self.hyper.beta2 * t)


@formula(
    "square-for-power",
    "divided by 1 - beta^2 in every step",
    "ufal/npfl114#79: 1 - beta^2",
    exposes=by.ordinary,
)
class SquareForPower(AtAnotherStep):
    """Only the second step is right."""

    def step_of(self, t: Any) -> Any:
        return 2


@formula(
    "power-of-complement",
    "divided by (1 - beta)^t",
    "PennyLaneAI/pennylane#1928: (1 - beta)^t in the documentation",
    exposes=by.ordinary,
)
class PowerOfComplement(Adam):
    """The first step is right; soon m_hat and v_hat grow without bound."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return m / (1 - self.hyper.beta1) ** t

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v / (1 - self.hyper.beta2) ** t


@formula(
    "complement-taken-twice",
    "divided by 1 - (1 - beta^t) = beta^t",
    "kozistr/pytorch_optimizer#308: AdamG exploded",
    exposes=by.ordinary,
)
class ComplementTakenTwice(Adam):
    """The step grows by sqrt(beta2) / beta1 each time."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return m / self.hyper.beta1**t

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v / self.hyper.beta2**t


@formula(
    "correction-multiplied",
    "m and v multiplied by 1 - beta^t instead of divided",
    "karpathy/convnetjs#70, karpathy/convnetjs#107",
    exposes=by.ordinary,
)
class CorrectionMultiplied(Adam):
    """Any early step shows it."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return m * (1 - self.hyper.beta1**t)

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v * (1 - self.hyper.beta2**t)


@formula(
    "corrected-twice",
    "m / (1 - beta1^t)^2 and v / (1 - beta2^t)^2",
    "PennyLaneAI/pennylane#1928: moments and step size both corrected",
    exposes=by.ordinary,
)
class CorrectedTwice(Adam):
    """Any early step shows it."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return super().correct_first(super().correct_first(m, t), t)

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return super().correct_second(peak, super().correct_second(peak, v, t)[1], t)


@formula("m-corrected-in-place", "m <- m_hat, and stored", "frgfm/Holocron#1", exposes=by.ordinary)
class FirstCorrectedInPlace(Adam):
    """The first step is right."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        state, update = super().update(state, parameters, gradient)
        return replace(state, m=self.correct_first(state.m, state.step)), update


@formula("v-corrected-in-place", "v <- v_hat, and stored", "frgfm/Holocron#1", exposes=by.ordinary)
class SecondCorrectedInPlace(Adam):
    """The first step is right."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        state, update = super().update(state, parameters, gradient)
        return replace(state, v=self.correct_second(state.peak, state.v, state.step)[1]), update


@formula(
    "second-correction-without-root",
    "sqrt(v) / (1 - beta2^t): the correction is not under the root",
    "FluxML/Flux.jl#119, the other way round",
    exposes=by.ordinary,
)
class SecondCorrectionWithoutRoot(Adam):
    """97 % at the first step."""

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, super().correct_second(peak, v, t)[1] / (1 - self.hyper.beta2**t)


@formula(
    "first-correction-with-root",
    "m / sqrt(1 - beta1^t)",
    "FluxML/Flux.jl#119: a root where none should be",
    exposes=by.ordinary,
)
class FirstCorrectionWithRoot(Adam):
    """The first step is sqrt(1 - beta1) of what it should be."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return m / sqrt(1 - self.hyper.beta1**t)


@formula(
    "corrections-swapped",
    "m / (1 - beta2^t) and v / (1 - beta1^t)",
    "juntang-zhuang/Adabelief-Optimizer#47, of its kind",
    exposes=by.ordinary,
)
class CorrectionsSwapped(Adam):
    """It does not show where the betas are equal."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return m / (1 - self.hyper.beta2**t)

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v / (1 - self.hyper.beta1**t)


@formula(
    "second-corrected-by-beta1",
    "v / (1 - beta1^t)",
    "juntang-zhuang/Adabelief-Optimizer#47: MSVAG",
    exposes=by.ordinary,
)
class SecondCorrectedByBeta1(Adam):
    """It does not show where the betas are equal."""

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v / (1 - self.hyper.beta1**t)


@formula(
    "corrections-of-the-complement",
    "m and v with beta, the corrections with 1 - beta",
    "ryankiros/skip-thoughts#82",
    exposes=by.other_betas,
)
class CorrectionsOfTheComplement(Adam):
    """It vanishes as t grows, and does not show where beta is 1/2."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return m / (1 - (1 - self.hyper.beta1) ** t)

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v / (1 - (1 - self.hyper.beta2) ** t)


@formula(
    "first-gradient-starts-the-moments",
    "m_1 = g, v_1 = g^2, and no correction",
    "PennyLaneAI/pennylane#53, #1928",
    exposes=by.ordinary,
)
class FirstGradientStartsTheMoments(Adam):
    """A constant gradient does not show it."""

    def moments(self, state: State, g: Any) -> tuple[Any, Any]:
        return super().moments(state, g) if state.step else (g, g * g)

    def correct_first(self, m: Any, t: Any) -> Any:
        return m

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v


@formula(
    "beta1-decays-in-the-moment",
    "beta1 (1 - 1e-8)^(t-1) in m, beta1 in the correction",
    "mila-iqia/blocks#1144: the correction uses another beta1",
    exposes=by.ordinary,
)
class Beta1Decays(Adam):
    """1e-7 of the update after ten steps."""

    def moments(self, state: State, g: Any) -> tuple[Any, Any]:
        decayed = self.hyper.beta1 * (1 - 1e-8) ** float(state.step)
        return ema(state.m, g, decayed), self.second_moment(state.v, g)
