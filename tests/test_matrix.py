"""The compatibility matrix: rows from reports, kept from run to run."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import jsonschema
import msgspec
import pytest
from command_line import adamcheck
from inline_snapshot import snapshot
from report_samples import broken, broken_target, conforming

from adamcheck.checks.check import Outcome, Result, Section
from adamcheck.diagnosis.formula import Cause, Formula, Kind
from adamcheck.examine.results import Absence, DtypeReport, Report, TargetReport
from adamcheck.report import matrix
from adamcheck.report.documents import ReportError
from adamcheck.report.matrix.saved import BrokenCheck, Error
from adamcheck.report.saved import SavedHazard
from adamcheck.targets.base import TargetError
from adamcheck.targets.find import installed, installed_in


def report(*targets):
    return Report("1.2", "quick", 15, 7, (), targets)


@pytest.fixture(scope="module")
def sample():
    rows = matrix.rows(report(conforming(), broken_target()))
    return matrix.document(rows)


EARLIER = json.dumps({"format": "adamcheck-matrix-2", "targets": [{"name": "of an earlier version"}]})
PARTLY = json.dumps({"format": "adamcheck-matrix-3", "targets": [{"name": "of another kind"}]})


def row(sample, name):
    (found,) = (row for row in sample.targets if row.name.startswith(name))
    return found


def test_every_row_says_what_the_target_is(sample):
    torch = row(sample, "torch")
    assert (torch.library, torch.version, torch.formula) == ("torch", "2.13.0", "textbook Adam")
    wide, narrow, absent = (torch.dtypes[dtype] for dtype in ("float64", "float32", "float16"))
    assert wide.laws == {"kept": 1, "did not run": 1}
    assert wide.accuracy == Error(radii=0.43, ulps=130, scalars="working dtype")
    assert wide.hazards == ()
    assert narrow.hazards == (SavedHazard(situation="a zero gradient", seen="update nan at step 1"),)
    assert (absent.absent, absent.says) == (Absence.LACKED, snapshot("torch offers no float16"))


def test_a_dialect_is_named(sample):
    assert row(sample, "broken.py").told.dialect == "eps-hat"


def test_a_failed_target_says_what_happened_and_not_what_it_would_compute():
    textbook = Formula(Kind.EXPECTED)
    untested = Formula(Kind.UNKNOWN, cause=Cause.NOT_TESTED)
    hung = Result(
        "slow", Section.LAWS, "float64", Outcome.TIMED_OUT, 1, message="a step took longer than 1 s"
    )
    parts = (
        DtypeReport("float64", textbook, (hung,)),
        DtypeReport("float32", untested, failure="its process died of SIGSEGV"),
        DtypeReport(
            "float16",
            untested,
            absent=Absence.REFUSED,
            failure="mine offers none",
        ),
    )
    (found,) = matrix.rows(report(TargetReport("mine", {}, "mine", "1", parts)))
    assert found.formula == found.dtypes["float64"].says
    assert found.formula.startswith("1 check timed out (laws): a step took longer than 1 s")
    assert found.dtypes["float32"].says == snapshot("its process died of SIGSEGV")
    assert [dtype for dtype, part in found.dtypes.items() if part.failed] == ["float64", "float32"]


def test_a_check_that_fails_is_told_once_with_its_dtypes_and_one_example():
    parts = tuple(
        DtypeReport(
            dtype,
            Formula(Kind.EXPECTED),
            (Result("saved", Section.STATE, dtype, Outcome.BROKEN, 1, message=f"{dtype}: another number"),),
        )
        for dtype in ("float64", "float32")
    )
    (found,) = matrix.rows(report(TargetReport("mine", {}, "mine", "1", parts)))
    assert found.remarks == ()
    assert found.broken == (
        BrokenCheck(
            check="saved",
            section=Section.STATE,
            outcome=Outcome.BROKEN,
            message="float64: another number",
            dtypes=("float64", "float32"),
        ),
    )


def test_rows_of_other_environments_are_kept_and_newer_ones_replace_older_ones(sample, tmp_path):
    path = tmp_path / "matrix.json"
    path.write_bytes(matrix.MATRIX.dumps(sample))
    newer = msgspec.structs.replace(row(sample, "torch"), version="3.0")
    together = matrix.merged([newer], path)
    assert {found.name: found.version for found in together} == {
        newer.name: "3.0",
        "broken.py:Adam (path=<class 'object'>, rate=inf)": "",
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"of": "float65"}, "the formula is about 'float65', which is not one of the dtypes"),
        ({"against": "adan"}, "no definition 'adan'"),
        ({"kind": "dialect", "dialect": "", "bug": ""}, "a dialect without a name"),
    ],
)
def test_a_matrix_that_contradicts_itself_is_refused_before_the_work(sample, tmp_path, change, message):
    """Its pages are written after hours of work, and must not fail then."""
    path, plain = tmp_path / "matrix.json", json.loads(matrix.MATRIX.dumps(sample))
    first = plain["targets"][0]
    changed = first if "of" in change else first["dtypes"][first["of"]]
    changed.update(change)
    path.write_text(json.dumps(plain))
    with pytest.raises(ReportError, match=message):
        matrix.merged([], path)


def test_the_interpreter_of_a_target_is_not_part_of_its_name():
    elsewhere = replace(conforming(), options={"python": "/somewhere/python", "foreach": True})
    (found,) = matrix.rows(report(elsewhere))
    assert found.name == "torch (foreach=True)"


def test_what_another_interpreter_has_is_found_out_there():
    assert installed_in(sys.executable) == installed()
    with pytest.raises(TargetError, match=r"^no-such-python is not a Python interpreter: No such file"):
        installed_in("no-such-python")
    with pytest.raises(TargetError, match="echo is not a Python interpreter: expected one such as"):
        installed_in("/bin/echo")  # it names every library


@pytest.mark.slow
@pytest.mark.parametrize("text", ["{", "[]", '{"format": "adamcheck-report-1"}', EARLIER, PARTLY])
def test_a_file_that_is_no_matrix_is_not_overwritten(tmp_path, text):
    path = tmp_path / "matrix.json"
    path.write_text(text)
    with pytest.raises(ReportError, match="expected a matrix"):
        matrix.MATRIX.load(path)
    output = adamcheck("matrix", "correct.py:function", "--output", str(tmp_path), status=2)
    assert "expected a matrix" in output.error
    assert path.read_text() == text


@pytest.mark.slow
def test_the_command_writes_every_form(tmp_path):
    options = ("--profile", "quick", "--dtype", "float64", "--output", str(tmp_path))
    output = adamcheck("matrix", "broken.py:EpsInsideRoot", *options, status=0)
    assert "this is eps inside the root" in output.out
    (found,) = json.loads((tmp_path / "matrix.json").read_text())["targets"]
    assert found["dtypes"]["float64"]["dialect"] == "eps-inside-root"
    assert found["dtypes"]["float64"]["accuracy"]["radii"] <= 1
    assert "**eps-inside-root**" in (tmp_path / "matrix.md").read_text()
    assert "eps-inside-root" in (tmp_path / "matrix.html").read_text()
    assert json.loads((tmp_path / "badge.json").read_text())["message"] == "eps-inside-root"


BADGE = {
    "type": "object",
    "required": ["schemaVersion", "label", "message"],
    "properties": {
        "schemaVersion": {"const": 1},
        "label": {"type": "string"},
        "message": {"type": "string", "minLength": 1},
        "color": {"enum": ["brightgreen", "yellow", "blue", "red", "lightgrey"]},
    },
    "additionalProperties": False,
}
"""What shields.io asks of the document behind an endpoint badge, as far as it is used."""


class TestBadge:
    def told(self, *targets):
        made = json.loads(matrix.badge(matrix.document(matrix.rows(report(*targets)))))
        jsonschema.validate(made, BADGE)
        return made["message"], made["color"]

    def test_one_implementation_is_told_by_what_it_is(self):
        assert self.told(conforming()) == ("textbook", "brightgreen")

    def test_a_dialect_is_named(self):
        part = broken_target().dtypes[0]
        assert self.told(replace(broken_target(), dtypes=(part,))) == ("eps-hat", "blue")

    def test_what_fails_is_never_green(self):
        part = replace(conforming().dtypes[0], results=(broken("saved"),))
        told = self.told(replace(conforming(), dtypes=(part,)))
        assert told == ("textbook, but fails checks", "red")

    def test_several_are_counted(self):
        assert self.told(conforming(), replace(conforming(), name="other")) == (
            "2 of 2 conform",
            "brightgreen",
        )
        assert self.told(conforming(), broken_target()) == ("1 of 2 conform", "yellow")
