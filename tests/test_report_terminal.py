"""What the terminal shows of targets: a row, details and counterexamples of a failure, and what to do next."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from inline_snapshot import snapshot
from report_samples import OFFENCE, broken, conforming, trace
from rich.console import Console

from adamcheck.checks.check import Outcome, Result, Section
from adamcheck.diagnosis.formula import Cause, Formula, Identity, Kind
from adamcheck.examine.accuracy import Accuracy, Measure
from adamcheck.examine.results import DtypeReport, Report, TargetReport
from adamcheck.numbers.enclosure import Freedom
from adamcheck.report.terminal.ending import following, print_ending
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


CONFORMING = replace(
    conforming(),
    name="optimizers/my_adam.py:Adam",
    options={},
    dtypes=tuple(
        replace(part, called="Adam(lr, betas).step(params, grads), lists of arrays") if part.offered else part
        for part in conforming().dtypes
    ),
)
BROKEN = TargetReport(
    "mine.py:Adam",
    {},
    "",
    "",
    tuple(
        DtypeReport(
            dtype,
            Formula(Kind.DIALECT, identity=Identity(("eps-hat",))),
            (
                replace(broken("updates-are-enclosed", dtype), outcome=Outcome.DIALECT),
                Result(
                    "scales", Section.LAWS, dtype, Outcome.NOT_APPLICABLE, message="eps is fixed at 1e-07"
                ),
            ),
            accuracy,
        )
        for dtype, accuracy in (
            ("float64", Accuracy(Measure("float64", Freedom.DIRECT, 0.4, 9.0), None)),
            ("float32", None),
        )
    ),
)
REPORT = Report("0.1.0", "quick", 10, 0, (), (CONFORMING, BROKEN))


def shown(width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What `verify` prints of two targets in a console of that width."""
    monkeypatch.setenv("COLUMNS", str(width))
    print_targets(REPORT)
    print_ending(REPORT, ("verify", "--profile", "quick", CONFORMING.name, BROKEN.name), 12.3)
    return capsys.readouterr().out


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_but_of_a_script_is_wider_than_the_console(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for line in shown(width, monkeypatch, capsys).splitlines():
        assert len(line) <= width or line.startswith("      ")
        assert line == line.rstrip()


def test_a_target_is_a_row_and_has_details_where_it_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(80, monkeypatch, capsys) == snapshot("""\
profile quick (10 examples a check), seed 0

optimizers/my_adam.py:Adam (torch 2.13.0): conforms in float64, float32:
    textbook Adam; not offered in float16: torch offers no float16 (4 kept, 2
    not judged, 2 not applicable, 2 did not run, 1 hazard, 2 notes)
  called    Adam(lr, betas).step(params, grads), lists of arrays

mine.py:Adam: does not conform in float64, float32: this is eps-hat (eps added
    before the second moment is corrected), not textbook Adam
  formula   1 dialect
  laws      1 not applicable (eps is fixed at 1e-07)
  accuracy  float64: dyadic hyperparameters: 0.4 of the float64 radius (direct
            form, powers by pow, scalars in double), 9 ulps

  dialect updates-are-enclosed (float64)
    step 2: off
    to repeat:
      import numpy as np
      from adamcheck import Hyperparameters, load_target

      adam = load_target('mine.py:Adam')
      hyper = Hyperparameters(lr=0.5, beta1=0.5, beta2=0.75, eps=0.25)
      start = np.array([0.0])
      run, after = adam.start(start.copy(), hyper), np.ravel(start).astype(float)
      for gradient in [[1.0], [-0.5]]:
          answer = run.step(np.array(gradient))
          before, after = after, np.ravel(answer).astype(float)
      print('update  ', after[0] - before[0])
      print('expected', 0.125, '+-', 1e-15)

1 of 2 conforms, 1 of 2 does not conform: 4 of 14 checks kept, 2 dialect, 2 not
    judged, 4 not applicable, 2 did not run in 12 s; next: adamcheck verify
    --profile quick optimizers/my_adam.py:Adam mine.py:Adam --accept eps-hat
    (if that is what you mean)
""")


def test_without_a_width_no_line_is_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    print_targets(REPORT)
    printed = capsys.readouterr().out
    assert [line for line in printed.splitlines() if "my_adam" in line] == snapshot(
        [
            "optimizers/my_adam.py:Adam (torch 2.13.0): conforms in float64, float32: textbook Adam; not offered in float16: torch offers no float16 (4 kept, 2 not judged, 2 not applicable, 2 did not run, 1 hazard, 2 notes)"
        ]
    )


def test_the_verb_of_the_last_line_agrees_with_the_number(capsys: pytest.CaptureFixture[str]) -> None:
    several = (CONFORMING, BROKEN, replace(CONFORMING, name="b.py:Adam"), replace(BROKEN, name="c.py:Adam"))
    print_ending(replace(REPORT, targets=several), ("verify",), 1)
    assert capsys.readouterr().out.strip().startswith("2 of 4 conform, 2 of 4 do not conform: ")


def reported(*dtypes: DtypeReport, profile: str = "quick") -> Report:
    return Report("0.1.0", profile, 10, 0, (), (TargetReport("a b.py:Adam", {}, "", "", dtypes),))


KEPT = Result("runs-twice", Section.STATE, "float64", Outcome.KEPT, 15)
FINE = DtypeReport("float64", Formula(Kind.EXPECTED), (KEPT,))


@pytest.mark.parametrize(
    ("report", "command"),
    [
        (reported(FINE), "adamcheck verify 'a b.py:Adam' --save x.md --profile standard"),
        (reported(FINE, profile="standard"), "pytest --adamcheck 'a b.py:Adam'"),
        (
            reported(replace(BROKEN.dtypes[0])),
            "adamcheck verify 'a b.py:Adam' --profile=quick --save x.md --accept eps-hat",
        ),
        (
            reported(replace(FINE, results=(broken("law"),))),
            "adamcheck verify 'a b.py:Adam' --profile=quick --save x.md --save report.html",
        ),
        (
            reported(replace(FINE, results=(replace(broken("law"), outcome=Outcome.CRASHED),))),
            "adamcheck verify 'a b.py:Adam' --profile=quick --save x.md --only law --in-process",
        ),
        (reported(replace(FINE, results=(), failure="no such file")), None),
    ],
)
def test_the_next_command_follows_from_what_was_found(report: Report, command: str | None) -> None:
    after = following(report, ("verify", "a b.py:Adam", "--profile=quick", "--save", "x.md"))
    assert (after and shlex.join(after.words)) == command
