"""The catalogue of checks: the conformance checks and the laws of the claims."""

from __future__ import annotations

from collections.abc import Sequence

from adamcheck.checks.check import Check
from adamcheck.checks.conformance import CHECKS, checks_for
from adamcheck.claims.claim import Claim
from adamcheck.variants.standard import TEXTBOOK_STANDARD, Standard


def checks(claims: Sequence[Claim], standard: Standard = TEXTBOOK_STANDARD) -> tuple[Check, ...]:
    """The conformance checks of a standard, and the laws of some claims."""
    plain = (
        tuple(CHECKS.values())
        if standard == TEXTBOOK_STANDARD
        else checks_for(standard.plain, standard.decay)
    )
    return (*plain, *(law for claim in claims for law in claim.laws))


def claim_of(check: Check) -> str:
    """The name of the claim that a law belongs to; the name of the check itself if it is not a law."""
    return check.name.partition("/")[0]
