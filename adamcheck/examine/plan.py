"""The plan of an examination: checks, number of examples, expected failures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from adamcheck.checks.calls import Calls
from adamcheck.checks.check import FAILURES, Check, Result, Section
from adamcheck.checks.conformance import PROBE
from adamcheck.choices import DOCUMENTED, PROFILES, TIME_LIMIT
from adamcheck.claims.catalogue import checks, claim_of
from adamcheck.claims.claim import Claim, discover
from adamcheck.numbers.floats import format_of
from adamcheck.support.text import nearest
from adamcheck.targets.base import Target, TargetError
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.variants import DEFINITIONS
from adamcheck.variants.standard import TEXTBOOK_STANDARD, Standard, StandardError


@dataclass(frozen=True)
class Plan:
    """The checks to run, and how.

    Args:
        profile: The number of examples per check, by name.
        seed: The seed of all random testing.
        dtypes: Working precisions, by name.
        patience: Time limit for one call of a target, in seconds.
        only: Names of checks, or of claims whose laws to run; all if empty.
        memory: The largest memory of a target in a process of its own, in bytes.
        accept: Names of definitions to accept in addition; "documented" for all of them.
        expected: Known failures by target: the reason for each check, by its name.
        standard: The standard to verify against; None for the definition that each target declares.
        fail_fast: Whether to stop at the first failure that is neither expected nor accepted.

    Raises:
        ValueError: There is no such profile, dtype, check or definition.
    """

    profile: str = "standard"
    seed: int = 0
    dtypes: tuple[str, ...] = ("float64", "float32")
    patience: float = TIME_LIMIT
    only: tuple[str, ...] = ()
    memory: int = 1 << 33
    accept: tuple[str, ...] = ()
    expected: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    standard: Standard | None = None
    fail_fast: bool = False

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise ValueError(f"no profile {self.profile!r}: expected one of {', '.join(PROFILES)}")
        for dtype in self.dtypes:
            format_of(dtype)
        for name in self.accept:
            if name not in (*DEFINITIONS, DOCUMENTED):
                raise ValueError(f"no definition {name!r}{DEFINITIONS.nearest(name)}")
        self._check_reasons()
        self._check_names()

    @property
    def accepted(self) -> tuple[str, ...]:
        """The names of the definitions that are accepted in addition."""
        return tuple(DEFINITIONS) if DOCUMENTED in self.accept else self.accept

    @property
    def asked(self) -> dict[str, Any]:
        """What decides the results beside the profile, the seed, the dtypes and the standard, where given."""
        asked = {
            "only": list(self.only),
            "accept": list(self.accept),
            "expected": {target: dict(reasons) for target, reasons in self.expected.items()},
            "timeout": self.patience if self.patience != TIME_LIMIT else None,
            "fail_fast": self.fail_fast,
        }
        return {name: value for name, value in asked.items() if value}

    def _check_reasons(self) -> None:
        for target, reasons in self.expected.items():
            for check, reason in reasons.items():
                if not reason.strip():
                    raise ValueError(f"{target}: {check}: the reason is empty: say why it fails")

    def _check_names(self) -> None:
        expected = {name for reasons in self.expected.values() for name in reasons}
        if not self.only and not expected:
            return  # so that no claim is imported for it
        claims = discover()
        known = {check.name for check in (PROBE, *checks(claims))}
        for name in sorted(expected - known):
            raise ValueError(f"no check {name!r}{nearest(name, known)}")
        known |= {claim.name for claim in claims}
        for name in self.only:
            if name not in known:
                raise ValueError(f"no check or claim {name!r}{nearest(name, known)}")

    @property
    def held(self) -> Standard:
        """The standard that targets are verified against."""
        return self.standard or TEXTBOOK_STANDARD

    def against(self, target: Target) -> Plan:
        """The plan for one target: what it says of itself counts where nobody asked for something else.

        A weight decay that the target declares counts where the plan's standard says nothing of it.

        Raises:
            TargetError: Where the target declares a definition that does not exist.
        """
        if not target.declares:
            return self
        try:
            declared = Standard.parse(target.declares)
        except StandardError as error:
            raise TargetError(f"{target.name} declares {target.declares!r}: {error}") from None
        if self.standard is None:
            return replace(self, standard=declared)
        kinds = tuple(name for name in declared.names if DEFINITIONS[name].decays)
        if self.standard.decay is not None or not kinds:
            return self
        return replace(self, standard=replace(self.standard, names=(*self.standard.names, *kinds)))

    def holds_of_standard(self, check: Check, dtype: str) -> bool:
        """Whether a check is about what the target is held against: not where that itself breaks it."""
        if self.held.is_textbook or check.section is not Section.LAWS:
            return True
        itself = DefinitionTarget(self.held.definition)
        return self.run(check, itself, dtype).outcome not in FAILURES

    @property
    def examples(self) -> int:
        return PROFILES[self.profile]

    def run(self, check: Check, target: Target, dtype: str, calls: Calls | None = None) -> Result:
        """The result of one check, with the examples, the seed and the patience of the plan."""
        return check.run(
            target,
            dtype,
            examples=self.examples,
            seed=self.seed,
            patience=self.patience,
            calls=calls,
            definition=self.held.plain,
        )


def chosen(plan: Plan, claims: Sequence[Claim]) -> Iterator[Check]:
    """The checks of a plan, in order."""
    for check in checks(claims, plan.held):
        if not plan.only or {check.name, claim_of(check)} & set(plan.only):
            yield check
