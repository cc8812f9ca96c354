"""The catalogue: every check there is, those of every implementation and the laws of the claims."""

from __future__ import annotations

from collections.abc import Sequence

from adamcheck.checks.check import Check
from adamcheck.checks.conformance import CHECKS
from adamcheck.claims.claim import Claim


def checks(claims: Sequence[Claim]) -> tuple[Check, ...]:
    """What every implementation must do, and the laws of some claims."""
    return (*CHECKS, *(law for claim in claims for law in claim.laws))


def claim_of(check: Check) -> str:
    """The name of the claim that a law belongs to; of what belongs to none its own."""
    return check.name.partition("/")[0]
