"""The claims on other training techniques: proved, witnessed exactly, and broken by what is not Adam."""

from typing import Any

import pytest

from adamcheck import Adam, AdamL2, AdamW
from adamcheck.checks.check import Check, Outcome
from adamcheck.claims.claim import discover
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.variants.dialects import EpsilonHat
from adamcheck.variants.standard import decayed
from adamcheck_properties.chapter import room_of

CLAIMS = {claim.name: claim for claim in discover() if room_of(claim) == "training"}

LAWS: dict[str, Check] = {law.name: law for claim in CLAIMS.values() for law in claim.laws}

OF_DECAY = [name for name, law in LAWS.items() if "weight_decay" in law.needs]
"""The laws of decoupled weight decay."""


class DecayIgnored(AdamW):
    """Weight decay is accepted, and has no effect."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return update


class DecayAfterUpdate(AdamW):
    """(theta + update) (1 - lr * weight_decay): the update decays too."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return super().decay(parameters, update) - self.hyper.lr * self.hyper.weight_decay * update


class Growth(AdamW):
    """Weight decay of the wrong sign."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return parameters * (self.hyper.lr * self.hyper.weight_decay) + update


class StepCountedLate(Adam):
    """The corrections are those of the next step."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return super().correct_first(m, t + 1)


class RateInTheMoment(Adam):
    """The learning rate of each step is averaged with its gradient, as in some momentum methods."""

    def first_moment(self, m: Any, g: Any) -> Any:
        return super().first_moment(m, self.hyper.lr * g)

    def numerator(self, m_hat: Any, g: Any, t: Any) -> Any:
        return m_hat / self.hyper.lr


MUTANTS: dict[str, tuple[type[Adam], ...]] = {
    "adamw-against-l2/decay-adds-its-share-and-nothing-else": (DecayAfterUpdate, DecayIgnored, Growth),
    "adamw-box/weights-stay-within-the-box": (DecayIgnored, Growth),
    "adamw-constraint/two-starts-approach-each-other": (DecayIgnored, Growth),
    "gradient-accumulation/every-gradient-twice-is-the-square-of-the-betas": (StepCountedLate,),
    "learning-rate-schedules/a-schedule-scales-every-update": (RateInTheMoment,),
}
"""For each law definitions that are not Adam and break it."""


def test_every_law_has_a_mutant() -> None:
    assert set(MUTANTS) == set(LAWS)


@pytest.mark.parametrize("name", LAWS)
def test_the_mutants_break_the_law(name: str) -> None:
    for mutant in MUTANTS[name]:
        result = LAWS[name].run(DefinitionTarget(mutant), "float64", examples=60, seed=0)
        assert result.outcome == Outcome.BROKEN, (mutant, result)


@pytest.mark.parametrize("name", OF_DECAY)
def test_laws_of_decoupled_decay_hold_in_a_dialect(name: str) -> None:
    result = LAWS[name].run(DefinitionTarget(decayed(EpsilonHat, AdamW)), "float32", examples=10, seed=0)
    assert result.outcome == Outcome.KEPT, result


@pytest.mark.parametrize("kind", [AdamL2, decayed(EpsilonHat, AdamL2)])
@pytest.mark.parametrize("name", OF_DECAY)
def test_laws_of_decoupled_decay_do_not_apply_to_a_penalty(name: str, kind: type[Adam]) -> None:
    result = LAWS[name].run(DefinitionTarget(kind), "float32", examples=5, seed=0)
    assert result.outcome == Outcome.NOT_APPLICABLE
    assert result.message == "its weight decay goes through the moments"
