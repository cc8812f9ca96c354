"""`adamcheck replay`: the failures of a saved report again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from command_line import EXAMPLES, QUICK, adamcheck
from inline_snapshot import snapshot
from report_samples import only_claims

from adamcheck.report.json import dumps

DECIMAL, DYADIC = (
    "updates-are-enclosed-with-decimal-hyperparameters",
    "updates-are-enclosed-with-dyadic-hyperparameters",
)


@pytest.fixture
def folder(tmp_path):
    """A folder with the examples, in which an Adam can be repaired."""
    for file in EXAMPLES.glob("*.py"):
        shutil.copy(file, tmp_path)
    return tmp_path


def saved(folder: Path, name: str, *only: str, against: str = "") -> None:
    options = [word for check in only for word in ("--only", check)]
    options += ["--as", against] if against else []
    options += ["--profile", "quick", "--dtype", "float64", "--save", "report.json", "--in-process"]
    adamcheck("verify", f"broken.py:{name}", *options, status=1, folder=folder)


@pytest.mark.slow
def test_what_was_not_repaired_still_fails(folder):
    saved(folder, "NoCorrection", DYADIC)
    output = adamcheck("replay", "report.json", "--jobs", "1", status=1, folder=folder)
    assert output.out.startswith(f"STILL FAILS  broken.py:NoCorrection (float64) {DYADIC}: dialect step ")
    assert output.out.endswith("0 of 1 fixed\n")


@pytest.mark.slow
def test_what_was_repaired_is_fixed(folder):
    saved(folder, "NoCorrection", DYADIC, DECIMAL)
    (folder / "broken.py").write_text("from correct import function as NoCorrection\n")
    output = adamcheck("replay", "report.json", "--jobs", "1", status=0, folder=folder)
    assert output.out.splitlines() == [
        f"FIXED        broken.py:NoCorrection (float64) {DYADIC}",
        f"FIXED        broken.py:NoCorrection (float64) {DECIMAL}",
        "2 of 2 fixed",
    ]


@pytest.mark.slow
def test_what_does_not_run_any_more_is_not_called_fixed(folder):
    saved(folder, "NoCorrection", DYADIC)
    (folder / "broken.py").write_text("from misbehaving import raises as NoCorrection\n")
    output = adamcheck("replay", "report.json", "--jobs", "1", status=1, folder=folder)
    assert output.out.startswith(f"CANNOT TELL  broken.py:NoCorrection (float64) {DYADIC}: RuntimeError: ")
    assert "out of cheese" in output.out


@pytest.mark.slow
def test_a_report_of_targets_holds_no_claims_and_one_with_claims_is_replayed_too(folder):
    saved(folder, "NoCorrection", DYADIC)
    report = json.loads((folder / "report.json").read_text())
    assert report["claims"] == []
    claims = json.loads(dumps(only_claims()))["claims"]
    (folder / "both.json").write_text(json.dumps({**report, "claims": claims}))
    output = adamcheck("replay", "both.json", "--jobs", "1", status=1, folder=folder)
    assert output.out.endswith("0 of 1 fixed\n")


@pytest.mark.slow
def test_failing_first_steps_are_replayed(folder):
    """No check could run: what failed is the steps that come before all of them."""
    (folder / "broken.py").write_text("from misbehaving import raises as NoCorrection\n")
    options = ("--dtype", "float64", "--profile", "quick", "--save", "report.json")
    adamcheck("verify", "broken.py:NoCorrection", *options, status=3, folder=folder)
    output = adamcheck("replay", "report.json", "--jobs", "1", status=1, folder=folder)
    failed = "broken.py:NoCorrection (float64) ordinary-steps-give-numbers"
    assert output.out.startswith(f"STILL FAILS  {failed}: crashed RuntimeError: out of cheese")
    (folder / "broken.py").write_text("from correct import function as NoCorrection\n")
    output = adamcheck("replay", "report.json", "--jobs", "1", status=0, folder=folder)
    assert output.out.startswith("FIXED ")


@pytest.mark.slow
def test_a_report_without_failures(folder):
    options = ("--only", DYADIC, "--profile", "quick", "--save", "report.json", "--in-process")
    adamcheck("verify", "correct.py:function", *options, status=0, folder=folder)
    assert adamcheck("replay", "report.json", status=0, folder=folder).out == snapshot(
        "no failures in this report\n"
    )


@pytest.mark.slow
def test_a_target_is_held_against_what_was_named_for_the_report(folder):
    saved(folder, "NoCorrection", DYADIC, against="eps-hat")
    (folder / "broken.py").write_text("from correct import function as NoCorrection\n")
    output = adamcheck("replay", "report.json", "--jobs", "1", status=1, folder=folder)
    assert output.out.startswith(f"STILL FAILS  broken.py:NoCorrection (float64) {DYADIC}: ")


def test_a_report_that_names_a_definition_of_another_version_is_one_line(folder):
    report = {**json.loads(dumps(only_claims())), "definition": "adan"}
    (folder / "report.json").write_text(json.dumps(report))
    output = adamcheck("replay", "report.json", status=2, folder=folder)
    assert output.err.startswith("adamcheck: report.json: no definition 'adan' (did you mean adam")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('"profile": "quick"', '"profile": "slow"', "no profile 'slow'"),
        ('"dtype": "float64"', '"dtype": "float65"', "unknown dtype 'float65'"),
    ],
)
def test_a_report_that_is_wrong_inside_is_one_line(folder, before, after, message):
    saved(folder, "NoCorrection", DYADIC)
    report = folder / "report.json"
    report.write_text(report.read_text().replace(before, after))
    output = adamcheck("replay", "report.json", status=2, folder=folder)
    assert output.err.startswith(f"adamcheck: report.json: {message}")


def test_a_file_that_is_no_report_is_one_line(folder):
    output = adamcheck("replay", "broken.py", status=2, folder=folder)
    assert output.err.startswith("adamcheck: broken.py: not readable as JSON")


@pytest.mark.slow
def test_a_check_of_another_version_is_one_line(folder):
    saved(folder, "NoCorrection", DYADIC)
    report = folder / "report.json"
    report.write_text(report.read_text().replace(DYADIC, "updates-are-blue"))
    output = adamcheck("replay", "report.json", status=2, folder=folder)
    assert "no check 'updates-are-blue' in this version" in output.err


@pytest.mark.slow
def test_what_a_target_calls_its_hyperparameters_is_stored_with_it(folder):
    (folder / "renamed.py").write_text(
        "from broken import NoCorrection\n"
        "def make(tensors, *, lr, betas, eps):\n"
        "    each = [NoCorrection(x, lr=lr, beta1=betas[0], beta2=betas[1], eps=eps) for x in tensors]\n"
        "    return lambda gradients: [adam.step(g) for adam, g in zip(each, gradients)]\n"
    )
    how = ("--list", "--map", "betas=beta1,beta2", *QUICK, "--save", "report.json")
    adamcheck("verify", "renamed.py:make", *how, status=1, folder=folder)
    output = adamcheck("replay", "report.json", "--jobs", "1", status=1, folder=folder)
    assert output.out.startswith(f"STILL FAILS  renamed.py:make (float64) {DYADIC}: ")


@pytest.mark.slow
def test_a_program_that_a_report_names_is_started_only_if_somebody_says_so(folder):
    saved(folder, "NoCorrection", DYADIC)
    report = folder / "report.json"
    report.write_text(report.read_text().replace("broken.py:NoCorrection", "exec:touch started"))
    output = adamcheck("replay", "report.json", status=1, folder=folder)
    assert output.out.startswith(
        f"CANNOT TELL  exec:touch started (float64) {DYADIC}: did not run (the report"
    )
    assert not (folder / "started").exists()
    output = adamcheck("replay", "report.json", "--run-programs", status=1, folder=folder)
    assert output.out.startswith("CANNOT TELL")
    assert (folder / "started").exists()
