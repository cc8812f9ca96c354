"""Detection: the shipped table of what laws and claims reject is current, and pages show it."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path

import pytest
from command_line import adamcheck
from inline_snapshot import snapshot
from report_samples import claim as claim_report

from adamcheck.claims import detection
from adamcheck.claims.catalogue import checks
from adamcheck.claims.claim import Claim, discover, holds
from adamcheck.claims.detection import Detection, Rejecting, Rejections, Share, names_of
from adamcheck.examine.results import Report
from adamcheck.power.detection import rejections, shares
from adamcheck.power.kill_matrix import PROBES
from adamcheck.proofs.redefinition import Manner
from adamcheck.report import html, markdown
from adamcheck.report.summary import detected, rejected, rejects
from adamcheck.zoo.bugs import BUGS
from adamcheck.zoo.wrong_definitions import WRONG_DEFINITIONS

UPDATE = "python -m adamcheck.power.detection"


# --- what laws detect ----------------------------------------------------------------------------


def test_the_shipped_table_is_current_as_far_as_names_go():
    shipped = detection.laws()
    known = {PROBES, *(check.name for check in checks(discover()))}
    assert set(shipped.laws) <= known
    laws = {law.name for claim in discover() for law in claim.laws}
    assert laws <= set(shipped.laws), f"{UPDATE} POWER.json"
    named = {name for law in shipped.laws.values() for name in law.alone}
    assert named <= set(BUGS)
    assert shipped.bugs <= len(BUGS)


def test_what_only_one_law_notices_stands_with_that_law_only():
    shipped = detection.laws()
    alone = [name for law in shipped.laws.values() for name in law.alone]
    assert len(alone) == len(set(alone)) > 10
    assert all(len(law.alone) <= law.bugs <= shipped.bugs for law in shipped.laws.values())


def test_the_table_is_made_of_the_document_of_the_kill_matrix():
    power = {
        "laws": [{"name": "a", "alone": ["x"]}, {"name": "b", "alone": []}],
        "bugs": [
            {"name": "x", "killed_by": [{"law": "a"}]},
            {"name": "y", "killed_by": [{"law": "a"}, {"law": "b"}]},
            {"name": "z", "killed_by": []},
        ],
    }
    assert shares(json.dumps(power).encode()) == Detection(3, {"a": Share(2, ("x",)), "b": Share(1, ())})


def test_the_words_for_many_for_none_and_for_what_is_new(monkeypatch):
    laws = {"one": Share(2, ("x",)), "two": Share(2, ()), "three": Share(0, ())}
    monkeypatch.setattr(detection, "laws", lambda: Detection(9, laws))
    assert detected("one") == snapshot("detects 2 of 9 known bugs, alone x")
    assert detected("two") == snapshot("detects 2 of 9 known bugs, none of them alone")
    assert detected("three") == snapshot("detects none of 9 known bugs")
    assert detected("a law of tomorrow") == ""


@pytest.mark.slow
def test_explain_tells_what_a_law_notices():
    law = "moving-average/the-moments-are-weighted-averages"
    said = adamcheck("explain", law, status=0).out
    assert law in said
    assert detected(law) in " ".join(said.split())


def test_explain_takes_a_check_of_every_implementation():
    said = adamcheck("explain", "arguments-are-left-alone", status=0).out
    assert "alone gradient-" in " ".join(said.split())


# --- what claims reject --------------------------------------------------------------------------


def test_the_table_of_claims_is_current_as_far_as_names_go():
    shipped = detection.claims()
    assert shipped.definitions == tuple(WRONG_DEFINITIONS), UPDATE
    assert list(shipped.claims) == [claim.name for claim in discover()], UPDATE
    for claim in discover():
        found = shipped.claims[claim.name]
        for parts, made in (
            (found.derivations, claim.derivations),
            (found.witnesses, claim.witnesses),
        ):
            assert {each.by.partition(": ")[0] for each in parts} <= {name for name, *_ in made}, UPDATE
        assert {each.by for each in found.laws} <= {law.name for law in claim.laws}, UPDATE


def test_no_claim_leaves_every_wrong_definition_to_its_laws():
    """A claim of whose proofs and witnesses none fails for any wrong definition says nothing about Adam."""
    for name, found in detection.claims().claims.items():
        assert names_of((*found.derivations, *found.witnesses)), f"{name} is also true of any optimizer"


def test_the_guide_says_how_many_wrong_definitions_there_are():
    guide = Path(__file__).parents[1] / ".github" / "guide" / "claims.md"
    assert f"on {len(WRONG_DEFINITIONS)} wrong definitions" in guide.read_text(encoding="utf-8")


def test_what_is_recomputed_is_what_the_table_says():
    some = ("half-step", "eps-doubled", "betas-swapped", "decay-of-one-percent")
    found, shipped = rejections("elementwise", some), detection.claims().claims["elementwise"]
    for part in ("derivations", "witnesses", "laws"):
        cells, due = (_cells(getattr(each, part)) for each in (found, shipped))
        assert cells == {name: by for name, by in due.items() if name in some}, part


@pytest.mark.slow
@pytest.mark.parametrize("claim", discover()[::10], ids=lambda claim: claim.name)
def test_more_of_the_table_is_recomputed(claim: Claim):
    assert rejections(claim.name) == detection.claims().claims[claim.name], f"{UPDATE} {claim.name}"


def test_the_words_for_what_a_claim_rejects_and_what_it_is_also_true_of(monkeypatch):
    by = "a-vector-is-its-coordinates: the update"
    found = Rejections(
        (Rejecting(by, Manner.REFUTED, ("half-step",)),),
        laws=(Rejecting("a/b", Manner.REFUTED, ("eps-hat",)),),
    )
    table = detection.Rejected(("half-step", "eps-hat", "v-of-m"), {"elementwise": found})
    monkeypatch.setattr(detection, "claims", lambda: table)
    told = rejected("elementwise")
    assert told is not None
    assert told.sentences == snapshot(
        (
            "Of 3 wrong definitions of Adam, its derivations reject 1, its witnesses reject 0 and its laws reject 1.",
            "Also true, by the same proofs, of every optimizer that is Adam but for one of: eps is added before v is corrected; v averages m^2 instead of g^2.",
            "Nothing here rejects: v averages m^2 instead of g^2.",
        )
    )
    assert told.rows == snapshot(
        (
            ("a-vector-is-its-coordinates: the update", "refutes", "updates half as large"),
            ("a/b", "refutes", "eps is added before v is corrected"),
        )
    )
    assert rejects("elementwise") == snapshot("1, 0, 1")
    assert rejected("loss-scale-invariance") is None
    assert rejects("loss-scale-invariance") == ""


@pytest.mark.slow
def test_explain_shows_what_a_claim_rejects():
    said = " ".join(adamcheck("explain", "elementwise", status=0).out.split())
    told = rejected("elementwise")
    assert told is not None
    assert all(sentence in said for sentence in told.sentences)


@pytest.mark.parametrize("render", [html.render, markdown.render])
def test_reports_show_what_a_claim_rejects(render):
    shown = unescape(render(Report("0.1.0", "quick", 15, 0, (claim_report("elementwise", holds()),), ())))
    told = rejected("elementwise")
    assert told is not None
    plain = shown.replace("\\", "")
    assert all(sentence in plain for sentence in told.sentences)


def _cells(parts: tuple[detection.Rejecting, ...]) -> dict[str, str]:
    return {name: each.by for each in parts for name in each.definitions}
