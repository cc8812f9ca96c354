"""Bugs at corners: hyperparameters that are 0, near 1, large, equal or in another order."""

from __future__ import annotations

from typing import Any

import numpy as np

from adamcheck.adam import Adam, AdamW, Hyperparameters
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs import wide_experiments as wide
from adamcheck.zoo.bugs.registry import NO_REPORT, arithmetic


class _Replaced(Adam):
    """Hyperparameters other than those requested, where these are at a corner."""

    def __init__(self, hyper: Hyperparameters) -> None:
        super().__init__(self.replaced(hyper))

    def replaced(self, hyper: Any) -> Any:
        """What is used for the hyperparameters requested."""
        raise NotImplementedError


@arithmetic(
    "beta1-zero-takes-default",
    "0.9 where beta1 = 0 is requested",
    f"{NO_REPORT}: `beta1 or 0.9`",
    exposes=wide.without_beta1,
)
class Beta1ZeroTakesDefault(_Replaced):
    """Only beta1 = 0 shows it."""

    def replaced(self, hyper: Any) -> Any:
        return hyper.replace(beta1=hyper.beta1 or 0.9)


@arithmetic(
    "beta2-zero-takes-default",
    "0.999 where beta2 = 0 is requested",
    f"{NO_REPORT}: `beta2 or 0.999`",
    exposes=by.without_beta2,
)
class Beta2ZeroTakesDefault(_Replaced):
    """Only beta2 = 0 shows it."""

    def replaced(self, hyper: Any) -> Any:
        return hyper.replace(beta2=hyper.beta2 or 0.999)


@arithmetic(
    "beta1-zero-freezes",
    "nothing moves where beta1 is 0",
    f"{NO_REPORT}: without beta1 no first moment is made, and the empty one is read",
    exposes=wide.without_beta1,
)
class Beta1ZeroFreezes(Adam):
    """Only beta1 = 0 shows it."""

    def first_moment(self, m: Any, g: Any) -> Any:
        return super().first_moment(m, g) if self.hyper.beta1 else m


@arithmetic(
    "beta1-zero-takes-sign",
    "the sign of g for m_hat where beta1 is 0",
    f"{NO_REPORT}: without beta1 a branch of another optimizer is taken",
    exposes=wide.without_beta1,
)
class Beta1ZeroTakesSign(Adam):
    """Only beta1 = 0 shows it."""

    def numerator(self, m_hat: Any, g: Any, t: Any) -> Any:
        return m_hat if self.hyper.beta1 else np.sign(g)


@arithmetic(
    "beta2-zero-not-corrected",
    "where beta2 is 0, m is not corrected",
    f"{NO_REPORT}: the corrections are left out where one of them is 1",
    exposes=by.without_beta2,
)
class Beta2ZeroNotCorrected(Adam):
    """Only beta2 = 0 shows it."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return super().correct_first(m, t) if self.hyper.beta2 else m


@arithmetic(
    "beta2-capped",
    "beta2 is at most 0.99",
    f"{NO_REPORT}: a bound against slow averages",
    exposes=wide.slow_beta2,
)
class Beta2Capped(_Replaced):
    """Only a beta2 above 0.99 shows it."""

    def replaced(self, hyper: Any) -> Any:
        return hyper.replace(beta2=min(hyper.beta2, 0.99))


@arithmetic(
    "beta1-capped",
    "beta1 is at most 0.95",
    f"{NO_REPORT}: a bound against slow averages",
    exposes=wide.slow_beta1,
)
class Beta1Capped(_Replaced):
    """Only a beta1 above 0.95 shows it."""

    def replaced(self, hyper: Any) -> Any:
        return hyper.replace(beta1=min(hyper.beta1, 0.95))


@arithmetic(
    "betas-in-three-decimals",
    "the betas are rounded to three decimals",
    f"{NO_REPORT}: a configuration written with %.3f",
    exposes=by.ordinary,
)
class BetasInThreeDecimals(_Replaced):
    """0.9 and 0.999 do not show it; 0.9999 would become 1, and is 0.999."""

    def replaced(self, hyper: Any) -> Any:
        return hyper.replace(beta1=min(round(hyper.beta1, 3), 0.999), beta2=min(round(hyper.beta2, 3), 0.999))


@arithmetic(
    "betas-in-float16",
    "the betas are rounded to float16, in moments and corrections",
    "of the kind of tenstorrent/tt-metal#55935: betas in a coarse dtype",
    exposes=by.defaults,
)
class BetasInFloat16(_Replaced):
    """0.999 becomes 0.99902."""

    def replaced(self, hyper: Any) -> Any:
        return hyper.replace(beta1=float(np.float16(hyper.beta1)), beta2=float(np.float16(hyper.beta2)))


@arithmetic(
    "lr-capped",
    "lr is at most 1",
    f"{NO_REPORT}: a bound against divergence",
    exposes=wide.large_lr,
)
class RateCapped(_Replaced):
    """Only an lr above 1 shows it."""

    def replaced(self, hyper: Any) -> Any:
        return hyper.replace(lr=min(hyper.lr, 1.0))


@arithmetic(
    "lr-in-four-decimals",
    "lr is rounded to four decimals",
    f"{NO_REPORT}: a learning rate read back from its log",
    exposes=by.ordinary,
)
class RateInFourDecimals(_Replaced):
    """1e-3 does not show it, 2^-6 does; 3e-5 becomes 0."""

    def replaced(self, hyper: Any) -> Any:
        return hyper.replace(lr=round(hyper.lr, 4))


@arithmetic(
    "eps-floored-at-default",
    "eps is at least 1e-8",
    f"{NO_REPORT}: a bound against division by zero",
    exposes=wide.tiny_eps,
)
class EpsilonFlooredAtDefault(_Replaced):
    """Only a smaller eps shows it, with gradients as small."""

    def replaced(self, hyper: Any) -> Any:
        return hyper.replace(eps=max(hyper.eps, 1e-8))


@arithmetic(
    "eps-capped",
    "eps is at most 1",
    f"{NO_REPORT}: a bound",
    exposes=wide.large_eps,
)
class EpsilonCapped(_Replaced):
    """Only an eps above 1 shows it."""

    def replaced(self, hyper: Any) -> Any:
        return hyper.replace(eps=min(hyper.eps, 1.0))


@arithmetic(
    "equal-betas-share-their-moment",
    "m^2 for v where the betas are equal",
    f"{NO_REPORT}: arrays found by their beta",
    exposes=wide.equal_betas,
)
class EqualBetasShare(Adam):
    """Only equal betas show it."""

    def moments(self, state: Any, g: Any) -> tuple[Any, Any]:
        m, v = super().moments(state, g)
        return (m, v) if self.hyper.beta1 != self.hyper.beta2 else (m, m * m)


@arithmetic(
    "betas-sorted",
    "beta1 is the smaller and beta2 the larger of the two betas",
    f"{NO_REPORT}: betas taken from a set",
    exposes=wide.beta1_above_beta2,
)
class BetasSorted(_Replaced):
    """Only a beta1 above beta2 shows it."""

    def replaced(self, hyper: Any) -> Any:
        beta1, beta2 = sorted((hyper.beta1, hyper.beta2))
        return hyper.replace(beta1=beta1, beta2=beta2)


@arithmetic(
    "zero-decay-takes-default",
    "lambda = 0.01 where 0 is requested",
    f"{NO_REPORT}: `weight_decay or 0.01`, the default of PyTorch's AdamW",
    exposes=wide.undecayed,
    of="adamw",
)
class ZeroDecayTakesDefault(_Replaced, AdamW):
    """Only lambda = 0 shows it."""

    def replaced(self, hyper: Any) -> Any:
        return hyper.replace(weight_decay=hyper.weight_decay or 0.01)
