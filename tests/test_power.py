"""The kill matrix: what is counted as noticed, what is held against whom, and what is written of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from command_line import adamcheck

from adamcheck.adam import Hyperparameters
from adamcheck.checks.assertions import Broken
from adamcheck.checks.check import Check, Outcome
from adamcheck.checks.conformance import CHECKS
from adamcheck.cli import main
from adamcheck.diagnosis.formula import Cause, Formula, Identity, Kind
from adamcheck.power import kill_matrix as power
from adamcheck.power import recognition
from adamcheck.power.answer_cache import Listening
from adamcheck.power.kill_matrix import PROBES, Kill, Power, Row
from adamcheck.power.recognition import Recognition
from adamcheck.report import power as pages
from adamcheck.report.documents import ReportError
from adamcheck.report.saved_power import POWER, saved
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.variants import DEFINITIONS
from adamcheck.zoo.bugs import BUGS
from adamcheck.zoo.equivalents import EQUIVALENTS

FEW = 2
"""Examples of each law: enough for what is tested here."""


@pytest.fixture(scope="module")
def found() -> Power:
    names = ("eps-dropped", "load-forgets-step", "peak-not-stored", "moments-restart-in-float16", "direct")
    return power.measure("few", FEW, 0, only=names)


def row(found: Power, name: str) -> Row:
    (one,) = (row for row in (*found.bugs, *found.equivalents) if row.name == name)
    return one


@pytest.mark.slow
def test_a_wrong_formula_is_noticed_by_the_fixed_probes_and_by_many_laws(found):
    kills = row(found, "eps-dropped").kills
    assert Kill(PROBES, "float64", 1, kills[0].seconds) == kills[0]
    assert len(kills) > 10
    assert {kill.dtype for kill in kills} == {"float64"}
    assert all(1 <= kill.examples <= FEW for kill in kills[1:])


@pytest.mark.slow
def test_a_fault_of_the_state_is_noticed_by_the_check_of_the_state_alone(found):
    kills = {kill.law for kill in row(found, "load-forgets-step").kills}
    assert kills == {"a-resumed-run-continues-bitwise", "updates-are-enclosed-in-lives-of-every-kind"}
    assert found.alone(PROBES) == ()


@pytest.mark.slow
def test_a_bug_of_one_dtype_is_noticed_in_that_one(found):
    assert {kill.dtype for kill in row(found, "moments-restart-in-float16").kills} == {"float16"}


@pytest.mark.slow
def test_a_correct_rewrite_fails_nothing(found):
    assert row(found, "direct").kills == ()
    assert found.alarms == ()
    assert found.alive == ()


@pytest.mark.slow
def test_a_bug_of_a_variant_is_held_against_the_laws_that_the_variant_keeps(found):
    kept = power._checks_of("amsgrad", "float64", FEW, 0)
    assert {kill.law for kill in row(found, "peak-not-stored").kills} <= {PROBES, *kept}
    assert PROBES in {kill.law for kill in row(found, "peak-not-stored").kills}
    every = power._checks_of("adam", "float64", FEW, 0)
    assert set(kept) < set(every)


@pytest.mark.parametrize("name", ["eps-dropped", "betas-swapped"])
def test_the_examples_are_those_of_verify(name):
    check = next(c for c in CHECKS.values() if c.name == "updates-are-enclosed-with-decimal-hyperparameters")
    number = check.first_failure(BUGS[name].target(), "float64", check.draw("float64", examples=10, seed=3))
    outcomes = []

    def law(subject, trajectory):
        outcomes.append(Outcome.KEPT)
        try:
            check.function(subject, trajectory)
        except Broken:
            outcomes[-1] = Outcome.BROKEN
            raise

    replace(check, function=law).run(BUGS[name].target(), "float64", examples=10, seed=3)
    assert outcomes[:number] == [Outcome.KEPT] * (number - 1) + [Outcome.BROKEN]


def test_what_the_target_lacks_is_no_failure():
    check = Check("needs moments", "", lambda subject: None, {}, needs=("weight_decay",))
    assert check.first_failure(DefinitionTarget(), "float64", [{}]) == 0


def answers_of(target):
    listening = Listening(target)
    run = listening.start(np.zeros(2), Hyperparameters())
    for gradient in ([1.0, -2.0], [0.5, 0.0]):
        run.step(np.array(gradient))
    return listening, run


def test_the_same_bits_are_recognised_and_others_are_not():
    listening, _ = answers_of(DefinitionTarget())
    assert listening.answers.repeated(DefinitionTarget())
    assert listening.answers.repeated(BUGS["load-forgets-step"].target())
    assert not listening.answers.repeated(BUGS["eps-dropped"].target())


def test_what_saves_or_loads_is_never_taken_as_repeated():
    listening, run = answers_of(DefinitionTarget())
    run.load(run.save())
    assert not listening.answers.repeated(DefinitionTarget())


def test_the_moments_are_answers_too():
    listening, run = answers_of(DefinitionTarget())
    run.moments()
    assert listening.answers.repeated(DefinitionTarget())
    assert not listening.answers.repeated(DefinitionTarget(DEFINITIONS["adabelief"]))


def test_a_target_that_raises_does_not_repeat_anything():
    class Raises(DefinitionTarget):
        def start(self, parameters, hyper):
            raise ArithmeticError

    listening, _ = answers_of(DefinitionTarget())
    assert not listening.answers.repeated(Raises())


@pytest.mark.slow
def test_the_document_has_every_bug_with_what_kills_it(found):
    document = json.loads(pages.dumps(found))
    assert [bug["name"] for bug in document["bugs"]] == [row.name for row in found.bugs]
    for bug in document["bugs"]:
        assert bug["source"] == BUGS[bug["name"]].source
        assert all(set(kill) == {"law", "dtype", "examples", "seconds"} for kill in bug["killed_by"])
    assert [rewrite["name"] for rewrite in document["equivalent"]] == ["direct"]
    assert document["equivalent"][0]["killed_by"] == []


@pytest.mark.slow
def test_the_document_is_read_back_as_it_was_saved(found, tmp_path):
    path = tmp_path / "power.json"
    path.write_bytes(pages.dumps(found))
    assert POWER.load(path) == saved(found)


def test_a_document_of_an_earlier_shape_is_refused_in_one_line(tmp_path):
    path = tmp_path / "power.json"
    path.write_text('{"format": "adamcheck-power-1", "bugs": []}')
    said = "its \"format\" is 'adamcheck-power-1'; expected a kill matrix of format adamcheck-power-2"
    with pytest.raises(ReportError, match=re.escape(said)):
        POWER.load(path)


def slower(found: Power) -> Power:
    rows = (replace(r, kills=tuple(replace(k, seconds=k.seconds + 1) for k in r.kills)) for r in found.bugs)
    return replace(found, bugs=tuple(rows))


@pytest.mark.slow
def test_only_the_seconds_of_the_document_depend_on_the_machine(found):
    other = slower(found)
    assert pages.markdown(found) == pages.markdown(other)
    assert pages.html(found) == pages.html(other)
    assert pages.dumps(found) != pages.dumps(other)
    without = [re.sub(rb'"seconds": [\d.]+', b"", pages.dumps(each)) for each in (found, other)]
    assert without[0] == without[1]


@pytest.mark.slow
def test_html_and_markdown_have_every_bug_and_every_law_that_notices_one(found):
    page, text = pages.html(found), pages.markdown(found)
    for each in found.bugs:
        assert f'id="bug-{each.name}"' in page
        assert f"| `{each.name}` |" in text
    assert len(re.findall(r'<li id="law-\d+">', page)) == len(pages.columns(found))
    assert "<script" not in page
    assert "Of 1 correct rewrites, taken for wrong: none." in text


@pytest.mark.slow
def test_every_table_that_may_be_too_wide_shows_that_it_goes_on(found):
    page = pages.html(found)
    assert page.count('<div class="scroll fades') == page.count('<div class="scroll') > 0
    assert ".fades {" in page


@pytest.mark.slow
def test_html_markdown_and_json_have_the_campaign_against_false_alarms(found):
    assert [(tally.name, tally.dtype) for tally in found.tallies] == [
        ("direct", dtype) for dtype in ("float64", "float32", "float16", "bfloat16")
    ]
    judged = sum(tally.judged for tally in found.tallies)
    assert judged >= 1000, "a number with a thousands separator"
    for page in (pages.markdown(found), pages.html(found)):
        assert f"{judged:,} judged coordinate-steps of correct code, no alarm." in page
        for tally in found.tallies:
            assert f"{tally.judged:,}" in page
            assert f"{tally.not_judged:,}" in page
    assert json.loads(pages.dumps(found))["campaign"]["judged"] == judged
    wrong = replace(found.tallies[0], outside=1, worst=2.5, alarm="2.5 radii, first in step 3")
    alarmed = replace(found, tallies=(wrong, *found.tallies[1:]))
    assert found.passes
    assert not alarmed.passes
    for page in (pages.markdown(alarmed), pages.html(alarmed)):
        assert "false alarms: direct in float64." in page
        assert "2.5 radii, first in step 3" in page


@pytest.mark.slow
def test_html_markdown_and_json_have_the_diagnoses(found):
    named = Formula(Kind.BUG, identity=Identity(bugs=("eps-dropped",)))
    right, nothing = Formula(Kind.EXPECTED), Formula(Kind.UNEXPLAINED, cause=Cause.NOTHING_FITS)
    alike = replace(right, hidden=(Identity(bugs=("load-forgets-step",)),))
    told = (
        Recognition("eps-dropped", "float64", recognition.Recognised.ALONE, named),
        Recognition("load-forgets-step", "float64", recognition.Recognised.CANNOT_TELL, right),
        Recognition("load-forgets-step", "float32", recognition.Recognised.SIBLINGS, alike),
        Recognition("eps-hat", "float64", recognition.Recognised.UNEXPLAINED, nothing),
    )
    said = "The diagnosis is right for 2 of 2 bugs and 0 of 1 dialects and family members; wrong names: none."
    diagnosed = replace(found, diagnoses=told)
    for page in (pages.markdown(diagnosed), pages.html(diagnosed)):
        assert said in page
    document = json.loads(pages.dumps(diagnosed))
    (bug,) = (bug for bug in document["bugs"] if bug["name"] == "eps-dropped")
    assert bug["diagnosis"]["float64"]["verdict"] == recognition.Recognised.ALONE
    assert [dialect["name"] for dialect in document["dialects"]] == ["eps-hat"]
    assert diagnosed.passes
    misnamed = replace(diagnosed, diagnoses=(replace(told[0], verdict=recognition.Recognised.WRONG),))
    assert not misnamed.passes
    assert "wrong names: eps-dropped in float64." in pages.markdown(misnamed)


ALIVE = Row("eps-dropped", "epsilon", "adam", "somewhere", "no eps", "Nothing shows it.", ())
ALARM = Row("direct", "equivalents", "adam", "", "As written.", "", (Kill("some-law", "float64", 2, 0.5),))


@pytest.mark.parametrize(
    ("bugs", "equivalents", "status", "told"),
    [
        ((replace(ALIVE, kills=ALARM.kills),), (replace(ALARM, kills=()),), 0, "1 of 1 bugs are noticed."),
        ((ALIVE,), (), 1, "Nothing notices eps-dropped."),
        ((), (ALARM,), 1, "Of 1 correct rewrites, taken for wrong: direct (some-law)."),
    ],
)
def test_the_exit_status_tells_what_nothing_notices_and_false_alarms(
    monkeypatch, tmp_path, bugs, equivalents, status, told
):
    sample = Power("quick", 10, 0, ("some-law",), bugs, equivalents)
    monkeypatch.setattr(power, "measure", lambda *arguments, **options: sample)
    done = CliRunner().invoke(main, ["power", "--output", str(tmp_path / "out")])
    assert done.exit_code == status
    assert told in done.stdout
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["power.html", "power.json", "power.md"]


def test_a_misspelt_bug_is_one_line(tmp_path):
    said = adamcheck("power", "--only", "eps-droped", "--output", tmp_path, status=2)
    assert "no bug or equivalent 'eps-droped' (did you mean eps-dropped?)" in said.error


def test_the_parts_are_all_of_the_zoo_in_every_number_of_processes():
    names = [*BUGS, *EQUIVALENTS]
    for jobs in (0, 1, 2, 7):
        parts = power._parts(names, jobs)
        assert sorted(name for part in parts for name in part) == sorted(names)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_every_definition_can_be_listed_and_has_a_source(name):
    listed = CliRunner().invoke(main, ["list", "definitions"])
    lines = {line.split("  ")[0].strip(): line for line in listed.stdout.splitlines()}
    assert name in lines
    assert lines[name].removeprefix(name).strip()
