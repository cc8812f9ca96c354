"""What laws notice: the shipped table names what there is, and pages tell it."""

from __future__ import annotations

import json

import pytest
from command_line import adamcheck
from inline_snapshot import snapshot

from adamcheck.claims import detection
from adamcheck.claims.catalogue import checks
from adamcheck.claims.claim import discover
from adamcheck.power.kill_matrix import PROBES
from adamcheck.zoo.bugs import BUGS


def test_the_shipped_table_is_current_as_far_as_names_go():
    shipped = json.loads(detection.FILE.read_text(encoding="utf-8"))
    known = {PROBES, *(check.name for check in checks(discover()))}
    assert set(shipped["laws"]) <= known
    laws = {law.name for claim in discover() for law in claim.laws}
    assert laws <= set(shipped["laws"]), "python -m adamcheck.claims.detection POWER.json"
    named = {name for law in shipped["laws"].values() for name in law["alone"]}
    assert named <= set(BUGS)
    assert shipped["bugs"] <= len(BUGS)


def test_what_only_one_law_notices_stands_with_that_law_only():
    laws = detection.laws().values()
    alone = [name for law in laws for name in law.alone]
    assert len(alone) == len(set(alone)) > 10
    assert all(len(law.alone) <= law.bugs <= law.of for law in laws)


def test_the_table_is_made_of_the_document_of_the_kill_matrix():
    power = {
        "laws": [{"name": "a", "alone": ["x"]}, {"name": "b", "alone": []}],
        "bugs": [
            {"name": "x", "killed_by": [{"law": "a"}]},
            {"name": "y", "killed_by": [{"law": "a"}, {"law": "b"}]},
            {"name": "z", "killed_by": []},
        ],
    }
    assert detection.shortened(json.dumps(power).encode()) == detection.Detection(
        3, {"a": detection.Share(2, ("x",)), "b": detection.Share(1, ())}
    )


def test_the_words_for_many_for_none_and_for_what_is_new():
    assert detection.Noticed(2, 9, ("x",)).sentence == snapshot("detects 2 of 9 known bugs, alone x")
    assert detection.Noticed(2, 9, ()).sentence == snapshot("detects 2 of 9 known bugs, none of them alone")
    assert detection.Noticed(0, 9, ()).sentence == snapshot("detects none of 9 known bugs")
    assert detection.sentence("a law of tomorrow") == ""


@pytest.mark.slow
def test_explain_tells_what_a_law_notices():
    law = "moving-average/the-moments-are-weighted-averages"
    said = adamcheck("explain", law, status=0).out
    assert law in said
    assert detection.sentence(law) in " ".join(said.split())


def test_explain_takes_a_check_of_every_implementation():
    said = adamcheck("explain", "arguments-are-left-alone", status=0).out
    assert "alone gradient-" in " ".join(said.split())
