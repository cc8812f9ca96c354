"""The chapter's table: no sentence is left out silently, and every claim that is named exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adamcheck.claims.claim import discover
from adamcheck_properties.chapter import CHAPTER, Sentence, room_of, table

PAGE = Path(__file__).parent.parent / ".github" / "guide" / "chapter.md"
CLAIMS = {claim.name: claim for claim in discover()}
SENTENCES = [sentence for sentences in CHAPTER.values() for sentence in sentences]


@pytest.mark.parametrize("sentence", SENTENCES, ids=[sentence.says for sentence in SENTENCES])
def test_a_sentence_has_claims_or_a_reason_why_it_has_none(sentence: Sentence) -> None:
    assert bool(sentence.decided_by(CLAIMS.values())) is (sentence.undecided is None)
    assert set(sentence.claims) <= set(CLAIMS)


def test_every_claim_of_the_chapter_decides_a_sentence() -> None:
    named = {name for sentence in SENTENCES for name in sentence.decided_by(CLAIMS.values())}
    assert {name for name, claim in CLAIMS.items() if room_of(claim) != "beyond"} <= named


def test_the_sections_are_those_that_the_claims_cite() -> None:
    cited = {claim.source for claim in CLAIMS.values() if room_of(claim) not in ("beyond", "training")}
    assert {source for source in cited if not source.startswith(tuple(CHAPTER))} == set()


def test_the_page_has_the_table() -> None:
    found = re.search(
        r"<!-- chapter, from: python -m (.*?) -->\n(.*?)<!-- end -->", PAGE.read_text("utf-8"), re.DOTALL
    )
    assert found
    assert found.group(2).strip() == table(discover()), f"run: python -m {found.group(1)}"
