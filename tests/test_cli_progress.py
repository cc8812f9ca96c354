"""How far a command is, where stderr is no terminal: a line now and then, and none of what is quick."""

from __future__ import annotations

import pytest
from command_line import without_progress
from inline_snapshot import snapshot

from adamcheck.cli import running


@pytest.fixture
def clock(monkeypatch):
    """The time, which stands still unless the test sets it."""
    now = [1000.0]
    monkeypatch.setattr(running, "monotonic", lambda: now[0])
    return now


def test_a_quick_run_prints_no_progress(clock, capsys):
    with running.progress_bar("verify", "checks") as progress:
        for done in range(107):
            progress("mine float64", done, 106)
        clock[0] += running.EVERY - 1
        progress("mine float64", 106, 106)
    assert capsys.readouterr() == ("", "")


def test_a_long_run_prints_progress_lines_on_stderr(clock, capsys):
    with running.progress_bar("verify", "checks") as progress:
        for done in range(10):
            clock[0] += running.EVERY / 4
            progress("mine float64", done, 106)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == snapshot(
        [
            "adamcheck: 3 of 106 checks, 30 s (mine float64)",
            "adamcheck: 7 of 106 checks, 60 s (mine float64)",
        ]
    )
    assert without_progress(err) == ""
