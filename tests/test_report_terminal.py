"""What the terminal shows of a target that fails: counterexamples that show something."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_samples import OFFENCE, broken, trace
from rich.console import Console

from adamcheck.checks.check import Result
from adamcheck.diagnosis.formula import Cause, Formula, Kind
from adamcheck.examine.results import DtypeReport, Report, TargetReport
from adamcheck.report.terminal.targets import print_targets


def off_by(radii: float, check: str, coordinates: int) -> Result:
    offence = replace(OFFENCE, radii=radii)
    return replace(broken(check), offence=offence, trace=trace("float64", coordinates))


@pytest.mark.parametrize(
    ("faint", "clear", "shown"), [(11.0, 1e12, "clear"), (1e7, 1e12, "faint"), (11.0, 100.0, "faint")]
)
def test_the_smallest_counterexample_is_shown_unless_it_is_far_fainter_than_another(
    faint: float, clear: float, shown: str
) -> None:
    results = (off_by(faint, "faint", 1), off_by(clear, "clear", 3))
    part = DtypeReport("float64", Formula(Kind.UNEXPLAINED, cause=Cause.NOTHING_FITS), results)
    report = Report("0.1.0", "quick", 10, 0, (), (TargetReport("mine", {}, "mine", "", (part,)),))
    console = Console(width=200, record=True)
    print_targets(report, console)
    text = console.export_text()
    assert f"broken {shown} (float64)" in text
    assert text.count("to repeat:") == 1
