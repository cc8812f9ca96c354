"""What can be explained: every name that is listed anywhere, and each is one thing."""

from __future__ import annotations

import pytest

from adamcheck.checks.conformance import CHECKS
from adamcheck.claims import explained as topics
from adamcheck.claims.claim import discover
from adamcheck.variants import DEFINITIONS
from adamcheck.zoo.bugs import BUGS


def test_every_listed_name_is_what_it_is_listed_as():
    named = {
        topics.Topic.CLAIM: [claim.name for claim in discover()],
        topics.Topic.CHECK: [check.name for check in CHECKS.values()],
        topics.Topic.BUG: BUGS,
        topics.Topic.DEFINITION: DEFINITIONS,
    }
    for kind, names in named.items():
        for name in names:
            assert topics.find(name) == (kind, name)


def test_a_law_is_found_with_its_claim_and_without():
    for claim in discover():
        for law in claim.laws:
            for name in (law.name, law.name.removeprefix(f"{claim.name}/")):
                assert topics.find(name) == (topics.Topic.CLAIM, claim.name)


def test_what_is_unknown_is_told_where_to_look():
    with pytest.raises(topics.UnknownTopic, match=r"^no claim, .* 'xyzzy'; see adamcheck list claims\|"):
        topics.find("xyzzy")
