"""Ctrl-C and killed parents: what was finished, one line at most, and no process that goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from command_line import COMMAND, EXAMPLES, QUICK, adamcheck, without_progress
from inline_snapshot import snapshot

from adamcheck.report.saved import REPORT

TARGET = """
import pathlib
import time


def make(parameters, *, lr, beta1, beta2, eps):
    def step(gradient):
        pathlib.Path("stepping").touch()
        time.sleep(600)

    return step
"""


FINISHED = f"{EXAMPLES}/correct.py:function"


@pytest.fixture
def targets():
    """What is verified, one after the other."""
    return ["slow.py:make"]


@pytest.fixture
def interruptible():
    """Ctrl-C reaches the commands started here even where a background job of a shell, which ignores it, is
    what runs the tests: children inherit what is ignored, not what is handled."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def running(tmp_path, targets, interruptible):
    """A `verify` in a process group of its own, in the middle of the step of its slow target."""
    (tmp_path / "slow.py").write_text(TARGET)
    (tmp_path / "report.json").write_text("precious")
    process = subprocess.Popen(
        [COMMAND, "verify", *targets, *QUICK, "--jobs", "1", "--save", "report.json"],
        cwd=tmp_path,
        env=dict(os.environ),  # without it, COLUMNS as readline sets it
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    _wait_for(lambda: (tmp_path / "stepping").exists())
    yield process
    for pid in _in(tmp_path):
        os.kill(pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    process.stderr.close()


def _wait_for(condition) -> None:
    """Wait for something that must happen; the limit only ends a test that has failed."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def _in(folder: Path) -> list[int]:
    """The processes that work in a folder and are not yet over."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == folder and (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")


def test_ctrl_c_is_one_line_and_leaves_nothing_behind(running, tmp_path):
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert without_progress(err) == snapshot("adamcheck: interrupted, nothing was written\n")
    assert out == ""
    assert (tmp_path / "report.json").read_text() == "precious"
    _wait_for(lambda: _in(tmp_path) == [])


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("targets", [[FINISHED, "slow.py:make", "reference"]])
def test_ctrl_c_keeps_what_was_finished_and_names_the_rest(running, number, tmp_path):
    os.killpg(running.pid, number)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert without_progress(err) == snapshot(
        "adamcheck: interrupted, not finished: slow.py:make, reference\n"
    )
    assert f"\n{FINISHED}: conforms in float64: textbook Adam (" in out
    saved = REPORT.load(tmp_path / "report.json")
    assert [target.name for target in saved.targets] == [FINISHED]
    _wait_for(lambda: _in(tmp_path) == [])


@pytest.mark.slow
@pytest.mark.parametrize("targets", [[FINISHED, "slow.py:make", "reference"]])
def test_an_interrupted_run_is_resumed_and_gives_the_same_report(running, targets, tmp_path):
    running.terminate()
    running.communicate(timeout=60)
    assert running.returncode == 130
    (tmp_path / "slow.py").write_text((EXAMPLES / "correct.py").read_text() + "\n\nmake = function\n")
    part = REPORT.load(tmp_path / "report.json")
    assert [target.name for target in part.targets] == [FINISHED]
    command = ("verify", *targets, *QUICK, "--save", "whole.json")
    resumed = adamcheck(*command, "--resume", "report.json", status=0, folder=tmp_path)
    assert resumed.err == "adamcheck: 2 of 3 targets are missing in report.json\n"
    assert f"{FINISHED}: conforms" not in resumed.out
    ending = resumed.out.splitlines()[-1]
    assert ending.startswith("2 of 2 conform: ")
    assert "--resume" not in ending
    whole = (tmp_path / "whole.json").read_bytes()
    adamcheck(*command, status=0, folder=tmp_path)
    assert (tmp_path / "whole.json").read_bytes() == whole
    again = adamcheck(*command, "--resume", "whole.json", status=0, folder=tmp_path)
    assert again.err == "adamcheck: 0 of 3 targets are missing in whole.json\n"
    assert (tmp_path / "whole.json").read_bytes() == whole
    for other, message in (
        (("reference",), f"{FINISHED} is not a target of this command"),
        ((*targets, "--seed", "1"), "seed 0, here 1"),
        (
            (*targets, "--accept", "eps-hat"),
            "options {'only': ",
        ),
    ):
        command = ("verify", *other, *QUICK, "--save", "other.json", "--resume", "report.json")
        refused = adamcheck(*command, status=2, folder=tmp_path)
        assert refused.err.startswith(f"adamcheck: report.json: {message}")
        assert len(refused.err.splitlines()) == 1


@pytest.mark.slow
def test_no_worker_outlives_a_killed_command(running, tmp_path):
    running.kill()
    running.wait()
    _wait_for(lambda: _in(tmp_path) == [])
