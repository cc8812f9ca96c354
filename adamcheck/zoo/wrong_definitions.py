"""Wrong definitions of Adam, one change each, that a claim about Adam should reject.

A proof that survives one of them does not use that part of the definition: what it proves is also true of
every optimizer with that change. Most are known bugs and documented dialects; the rest are the changes that
those lack. All of them run in every number system, on symbols and exact rationals too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from adamcheck.adam import Adam
from adamcheck.numbers import Value, ema, sqrt
from adamcheck.variants import DEFINITIONS
from adamcheck.zoo.bugs import BUGS


@dataclass(frozen=True)
class WrongDefinition:
    """A definition that is Adam but for one change.

    Attributes:
        name: The name; that of the bug or the dialect if it is one.
        change: The change, as a clause for the middle of a sentence.
        definition: The definition.
    """

    name: str
    change: str
    definition: type[Adam]


class WeightsSwapped(Adam):
    """m and v with the weights of the old and the new value swapped; the corrections are right."""

    def first_moment(self, m: Value, g: Value) -> Value:
        return ema(m, g, 1 - self.hyper.beta1)

    def second_moment(self, v: Value, g: Value) -> Value:
        return ema(v, g * g, 1 - self.hyper.beta2)


class BetasSwapped(Adam):
    """beta2 for m and beta1 for v, in the moments and in the corrections."""

    def first_moment(self, m: Value, g: Value) -> Value:
        return ema(m, g, self.hyper.beta2)

    def second_moment(self, v: Value, g: Value) -> Value:
        return ema(v, g * g, self.hyper.beta1)

    def correct_first(self, m: Value, t: Value) -> Value:
        return m / (1 - self.hyper.beta2**t)

    def correct_second(self, peak: Value, v: Value, t: Value) -> tuple[Value, Value]:
        return peak, v / (1 - self.hyper.beta1**t)


class SecondMomentDoubled(Adam):
    """v averages twice the square."""

    def second_moment(self, v: Value, g: Value) -> Value:
        return super().second_moment(v, g) + (1 - self.hyper.beta2) * (g * g)


class EpsilonDoubled(Adam):
    """The denominator has 2 eps for eps."""

    def denominator(self, v_hat: Value, t: Value) -> Value:
        return sqrt(v_hat) + 2 * self.hyper.eps


class SignOnly(Adam):
    """The update has the sign of m_hat only, cut smoothly by eps around 0: nothing depends on v."""

    def numerator(self, m_hat: Value, g: Value, t: Value) -> Value:
        return m_hat / (abs(m_hat) + self.hyper.eps)

    def denominator(self, v_hat: Value, t: Value) -> Value:
        return 1 + 0 * v_hat


class HalfStep(Adam):
    """Every update is half as large."""

    def numerator(self, m_hat: Value, g: Value, t: Value) -> Value:
        return super().numerator(m_hat, g, t) / 2


class DecayOfOnePercent(Adam):
    """The parameters decay by 1 % of their size in every step, times lr."""

    def decay(self, parameters: Value, update: Value) -> Value:
        return update - self.hyper.lr * (Fraction(1, 100) * parameters)


_CHANGES: dict[str, tuple[str, type[Adam]]] = {
    "weights-swapped": ("the weights of the old and the new value swapped in m and v", WeightsSwapped),
    "betas-swapped": (BUGS["betas-swapped"].change, BetasSwapped),
    "v-doubled": ("v averages 2 g^2 instead of g^2", SecondMomentDoubled),
    "eps-doubled": ("2 eps for eps", EpsilonDoubled),
    "sign-only": ("m_hat / (|m_hat| + eps): the sign of m_hat, whatever v is", SignOnly),
    "half-step": ("updates half as large", HalfStep),
    "decay-of-one-percent": ("theta decays by lr / 100 in every step", DecayOfOnePercent),
}

_BUGS = (
    "m-not-averaged",
    "without-momentum",
    "nesterov-unasked",
    "m-of-the-step-before",
    "v-of-magnitudes",
    "v-of-m",
    "v-not-averaged",
    "v-starts-at-one",
    "only-first-moment-corrected",
    "only-second-moment-corrected",
    "step-counts-from-two",
    "step-counts-from-zero",
    "power-forgotten",
    "corrected-twice",
    "corrections-swapped",
    "second-correction-without-root",
    "eps-dropped",
    "eps-tenfold",
    "eps-in-numerator",
    "eps-kept-in-v",
    "root-omitted",
    "gradient-summed-over-ranks",
)

_DIALECTS = {
    "no-bias-correction": "neither moment is corrected",
    "eps-hat": "eps is added before v is corrected",
    "eps-inside-root": "sqrt(v_hat + eps)",
    "maximize": "-g for g",
}


def _all() -> Iterator[WrongDefinition]:
    for name, (change, definition) in _CHANGES.items():
        yield WrongDefinition(name, change, definition)
    for name in _BUGS:
        bug = BUGS[name]
        if bug.definition is None:
            raise TypeError(f"the bug {name} is not a formula")
        yield WrongDefinition(name, bug.change, bug.definition)
    for name, change in _DIALECTS.items():
        yield WrongDefinition(name, change, DEFINITIONS[name])


WRONG_DEFINITIONS = {each.name: each for each in _all()}
"""The wrong definitions by name."""
