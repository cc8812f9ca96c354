"""Bugs of weight decay: coupled instead of decoupled, or of the wrong sign, size, order or place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.adam import Adam, AdamL2, AdamW, State
from adamcheck.numbers import sqrt
from adamcheck.variants.dialects import AdamWInverseRootRate
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs.registry import NO_REPORT, arithmetic, formula


@formula(
    "decay-coupled",
    "lambda theta added to the gradient, although the decay should be decoupled",
    "keras-team/keras#19051: AdamW became Adam with L2",
    exposes=by.decaying,
    of="adamw",
)
class DecayCoupled(AdamL2):
    """Any decay shows it."""


@formula(
    "decay-decoupled",
    "theta (1 - lr lambda), where lambda theta should be added to the gradient",
    "flagos-ai/FlagGems#4988, #4989",
    exposes=by.decaying,
    of="adam-l2",
)
class DecayDecoupled(AdamW):
    """Any decay shows it."""


@formula(
    "decay-after-update",
    "(theta + update) (1 - lr lambda): the update decays too",
    "bitsandbytes-foundation/bitsandbytes#2010, #2040; stanford-cs336/assignment1-basics#54",
    by.decaying,
    of="adamw",
)
class DecayAfterUpdate(AdamW):
    """1e-5 of it for usual values."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return super().decay(parameters, update) - self.hyper.lr * self.hyper.weight_decay * update


@formula(
    "decay-scaled-by-base-lr",
    "theta lr_1 lambda instead of theta lr_t lambda",
    "tensorflow/addons#844: decay does not follow the schedule",
    exposes=by.decaying,
    of="adamw-inverse-root-lr",
)
class DecayScaledByBaseRate(AdamWInverseRootRate):
    """Only a schedule shows it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        state, update = super().update(state, parameters, gradient)
        missing = 1 - 1 / float(state.step) ** 0.5
        return state, update - missing * self.hyper.lr * self.hyper.weight_decay * parameters


@formula(
    "decay-of-the-wrong-sign",
    "theta (1 + lr lambda): the weights grow",
    "harvard-edge/cs249r_book#2058: no test noticed",
    exposes=by.decaying,
    of="adamw",
)
class DecayOfTheWrongSign(AdamW):
    """Any decay shows it."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return parameters * (self.hyper.lr * self.hyper.weight_decay) + update


@formula(
    "decay-scaled-by-corrections",
    "lr sqrt(1 - beta2^t) / (1 - beta1^t) also scales the decay",
    "Oneflow-Inc/oneflow#5960, #3501",
    exposes=by.decaying,
    of="adamw",
)
class DecayScaledByCorrections(AdamW):
    """Early steps show it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        state, update = super().update(state, parameters, gradient)
        t, hyper = state.step, self.hyper
        surplus = sqrt(1 - hyper.beta2**t) / (1 - hyper.beta1**t) - 1
        return state, update - parameters * (surplus * hyper.lr * hyper.weight_decay)


@formula(
    "decay-of-ones",
    "theta - lr lambda for theta - lr lambda theta",
    "e-sensing/torchopt#14: the parameter is left out",
    exposes=by.decaying,
    of="adamw",
)
class DecayOfOnes(AdamW):
    """It does not show where theta is 1."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return update - self.hyper.lr * self.hyper.weight_decay


@formula(
    "decay-through-the-denominator",
    "lr (m_hat + lambda theta) / (sqrt(v_hat) + eps)",
    "anhquan0412/basic_model_scratch#2",
    exposes=by.decaying,
    of="adamw",
)
class DecayThroughTheDenominator(AdamW):
    """It does not show where |g| is 1."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        after, _ = super().update(state, parameters, gradient)
        v_hat = self.correct_second(after.peak, after.v, after.step)[1]
        both = self.correct_first(after.m, after.step) + self.hyper.weight_decay * parameters
        return after, -(self.hyper.lr * both / self.denominator(v_hat, after.step))


@formula(
    "decay-scaled-by-lr-twice",
    "theta (1 - lr^2 lambda)",
    f"{NO_REPORT}: lr in two places",
    exposes=by.decaying,
    of="adamw",
)
class DecayScaledByRateTwice(AdamW):
    """Any decay shows it, unless lr is 1."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return update - parameters * (self.hyper.lr * self.hyper.lr * self.hyper.weight_decay)


@formula(
    "decay-ignored",
    "no decay at all",
    f"{NO_REPORT}: the argument is not passed on",
    exposes=by.decaying_matrix,
    of="adamw",
)
class DecayIgnored(AdamW):
    """Any decay shows it."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return update


@formula(
    "decay-coupled-and-decoupled",
    "decayed by the gradient and once more by theta (1 - lr lambda)",
    "apache/mxnet#9881, of its kind",
    exposes=by.decaying,
    of="adamw",
)
class DecayCoupledAndDecoupled(AdamL2, AdamW):
    """Any decay shows it."""


@formula(
    "decay-unasked",
    "theta (1 - 0.01 lr) although no decay is requested",
    "torch's AdamW decays by 0.01 unless told otherwise",
    exposes=by.away_from_zero,
)
class DecayUnasked(Adam):
    """Parameters far from 0 show it."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return update - self.hyper.lr * 0.01 * parameters


@formula(
    "l2-only-in-m",
    "m averages g + lambda theta, v averages g^2",
    "flagos-ai/FlagGems#4988, of its kind",
    exposes=by.decaying,
    of="adam-l2",
)
class L2OnlyInFirstMoment(AdamL2):
    """Any decay shows it."""

    def moments(self, state: State, g: Any) -> tuple[Any, Any]:
        return self.first_moment(state.m, g), self.second_moment(state.v, state.memory)

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        return super().update(replace(state, memory=gradient), parameters, gradient)


@formula(
    "l2-only-in-v",
    "m averages g, v averages (g + lambda theta)^2",
    f"{NO_REPORT}: the other half of l2-only-in-m",
    exposes=by.decaying,
    of="adam-l2",
)
class L2OnlyInSecondMoment(AdamL2):
    """Any decay shows it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        return super().update(replace(state, memory=gradient), parameters, gradient)

    def moments(self, state: State, g: Any) -> tuple[Any, Any]:
        return self.first_moment(state.m, state.memory), self.second_moment(state.v, g)


@formula(
    "l2-multiplied",
    "g (1 + lambda theta) for g + lambda theta",
    "apache/mxnet#8925: grad *= rescale + wd * weight",
    exposes=by.decaying,
    of="adam-l2",
)
class L2Multiplied(AdamL2):
    """Hardly different from no decay unless lambda theta is large."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return gradient * (1 + self.hyper.weight_decay * parameters)


@formula(
    "l2-doubled",
    "g + 2 lambda theta",
    f"{NO_REPORT}: the gradient of lambda |theta|^2",
    exposes=by.decaying,
    of="adam-l2",
)
class L2Doubled(AdamL2):
    """Any decay shows it."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return super().gradient(gradient, parameters) + self.hyper.weight_decay * parameters


@arithmetic(
    "decay-skips-vectors",
    "arrays of fewer than two axes do not decay",
    "nanoGPT's convention, unasked",
    exposes=by.decaying,
    of="adamw",
)
class DecaySkipsVectors(AdamW):
    """A vector shows it, a matrix does not."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return super().decay(parameters, update) if np.ndim(parameters) >= 2 else update


@arithmetic(
    "decay-rounded-away",
    "1 - lr lambda in bfloat16, where it is 1",
    "Nerogar/OneTrainer#996: no decay in bfloat16",
    exposes=by.decaying_slowly,
    of="adamw",
)
class DecayRoundedAway(AdamW):
    """Ordinary values of lr and lambda show it."""

    def decay(self, parameters: Any, update: Any) -> Any:
        rate = np.float32(1 - self.hyper.lr * self.hyper.weight_decay).astype("bfloat16").astype(np.float32)
        return (parameters * rate - parameters) + update
