"""Resuming: only what is finished stands, and only in a run of the same command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from report_samples import conforming

from adamcheck import __version__
from adamcheck.examine.plan import Plan
from adamcheck.examine.results import Report, TargetReport
from adamcheck.report.documents import ReportError
from adamcheck.report.json import dumps, saved
from adamcheck.report.resume import Resumed
from adamcheck.targets.find import Spec

DONE = conforming()
DTYPES = tuple(part.dtype for part in DONE.dtypes)
SPECS = [Spec(DONE.name, DONE.options), Spec("reference")]


def report(*targets: TargetReport, **changes: object) -> Report:
    return replace(Report(__version__, "quick", 10, 0, (), targets), **changes)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "report.json"


def test_a_finished_target_stands_with_its_place_and_its_status(path):
    path.write_bytes(dumps(report(DONE)))
    run = Resumed(path, SPECS, Plan("quick", dtypes=DTYPES))
    assert run.missing == SPECS[1:]
    other = replace(DONE, name="reference", options={})
    assert run.whole(report(other)) == saved(report(DONE, other))


def test_a_target_without_all_its_checks_or_dtypes_is_missing(path):
    cut = replace(DONE, dtypes=(replace(DONE.dtypes[0], interrupted=True), *DONE.dtypes[1:]))
    path.write_bytes(dumps(report(cut)))
    assert Resumed(path, SPECS, Plan("quick", dtypes=DTYPES)).missing == SPECS
    path.write_bytes(dumps(report(replace(DONE, dtypes=DONE.dtypes[:1]))))
    assert Resumed(path, SPECS, Plan("quick", dtypes=DTYPES)).missing == SPECS


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": "0.0"}, f"version '0.0', here '{__version__}'"),
        ({"profile": "standard"}, "profile 'standard', here 'quick'"),
        ({"seed": 7}, "seed 7, here 0"),
        ({"definition": "adamw"}, "definition 'adamw', here ''"),
        ({"asked": {"only": ["x"]}}, "options {'only': ['x']}, here {}"),
    ],
)
def test_a_report_of_another_run_is_refused_in_one_line(path, changes, message):
    path.write_bytes(dumps(report(DONE, **changes)))
    with pytest.raises(ReportError) as refused:
        Resumed(path, SPECS, Plan("quick", dtypes=DTYPES))
    assert str(refused.value) == f"{path}: {message}: run the same command again"


def test_a_report_of_other_targets_is_refused(path):
    path.write_bytes(dumps(report(DONE)))
    with pytest.raises(ReportError, match="is not a target of this command"):
        Resumed(path, SPECS[1:], Plan("quick", dtypes=DTYPES))
