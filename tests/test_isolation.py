"""Isolation: whatever a target does to its process is found, with what it was doing, and the rest goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from command_line import COMMAND, EXAMPLES, QUICK
from inline_snapshot import snapshot
from sampling import every

from adamcheck.adam import Hyperparameters
from adamcheck.checks.calls import Started, Stepped
from adamcheck.checks.check import Outcome, Result
from adamcheck.checks.subject import Subject
from adamcheck.examine.isolation import examination
from adamcheck.examine.journal import Account, Journal, read, waiting
from adamcheck.examine.plan import Plan
from adamcheck.examine.results import CONFORMS, TARGET_FAILED, DtypeReport
from adamcheck.examine.suite import run
from adamcheck.examine.target import DEADLY, DEATHS
from adamcheck.numbers.floats import format_of
from adamcheck.support.text import said
from adamcheck.targets.base import NotOffered, TargetCrash, TargetError, TargetHung, as_parameters
from adamcheck.targets.find import Spec
from adamcheck.targets.python import PythonTarget
from adamcheck.targets.start import Start

SHAPES = "updates-are-enclosed-in-arrays-of-any-shape"
OTHERS = ("momentum", "master-learning-rate")
"""A check that has matrices, and two claims whose laws have none."""


def verified(name: str, *only: str, **plan: object) -> DtypeReport:
    spec = Spec(f"{EXAMPLES}/troubles.py:{name}")
    chosen = Plan("quick", dtypes=("float64",), only=only, **plan)
    (target,) = run([spec], chosen, describe_claims=False, jobs=1).targets
    return target.dtypes[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "outcome", "how"),
    every(
        3,
        [
            ("segfaults_in_matrices", Outcome.CRASHED, "its process was killed by SIGSEGV in a call of step"),
            ("leaves_in_matrices", Outcome.CRASHED, "its process ended with status 0 in a call of step"),
            ("hangs_in_matrices", Outcome.TIMED_OUT, "its process took longer than 1 s in a call of step"),
            (
                "floods_in_matrices",
                Outcome.CRASHED,
                "its process printed more than 64 MiB on stdout in a call of step",
            ),
            (
                "complains_in_matrices",
                Outcome.CRASHED,
                "its process printed more than 64 MiB on stderr in a call of step",
            ),
            (
                "hogs_in_matrices",
                Outcome.CRASHED,
                "its process took more than 0.5 GiB of memory in a call of step",
            ),
        ],
    ),
)
def test_trouble_is_found_with_the_calls_that_led_to_it_and_the_rest_goes_on(name, outcome, how):
    patience = 1.0 if outcome == Outcome.TIMED_OUT else 60.0
    report = verified(name, SHAPES, *OTHERS, patience=patience, memory=1 << 29)
    first, *others = report.results
    assert (first.check, first.outcome, first.message) == (SHAPES, outcome, how)
    last = [call.name for call in first.calls if call.run == first.calls[-1].run]
    assert last == ["start", "step", "step"]
    assert first.calls[-1].gradient.ndim == 2
    assert [result.outcome for result in others] == [Outcome.KEPT] * len(others)
    assert len(others) == 2
    assert report.status == TARGET_FAILED


def test_a_process_that_ends_badly_after_everything_is_done_is_a_failure():
    report = verified("ends_badly", *OTHERS)
    assert {result.outcome for result in report.results} == {Outcome.KEPT}
    assert report.ended == snapshot("its process ended with status 3")
    assert report.status == TARGET_FAILED


@pytest.mark.slow
def test_a_target_that_dies_again_and_again_is_given_up_and_every_check_is_accounted_for():
    report = verified("leaves_in_step_four")
    outcomes = [result.outcome for result in report.results]
    assert outcomes.count(Outcome.CRASHED) == DEATHS
    last = [result.message for result in report.results].index(DEADLY)
    assert set(outcomes[last:]) == {Outcome.NOT_RUN}
    assert len(outcomes) == len(verified("ends_badly").results)


@pytest.mark.slow
def test_what_kills_its_process_may_be_known_to_do_so():
    name = f"{EXAMPLES}/troubles.py:segfaults_in_matrices"
    report = verified("segfaults_in_matrices", SHAPES, *OTHERS, expected={name: {SHAPES: "issue 12"}})
    first, *others = report.results
    assert first.outcome == Outcome.EXPECTED
    assert first.message == snapshot("issue 12: its process was killed by SIGSEGV in a call of step")
    assert {result.outcome for result in others} == {Outcome.KEPT}


def test_the_checks_that_are_done_are_counted_while_others_run():
    spec = Spec(f"{EXAMPLES}/correct.py:function")
    work = examination(spec, "float64", Plan("quick", only=OTHERS), OTHERS)
    assert work.warden.done() == 0
    work.warden.begin()
    _, _, report = work.function(*work.arguments)
    assert work.warden.done() == len(report.results) == work.steps
    work.warden.close()


@pytest.fixture
def private_folders(tmp_path, monkeypatch):
    """A folder for temporary files that a target may empty, and a working directory that it may delete."""
    for name in ("here", "temporary"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "failure"),
    [
        ("troubles.py:leaks_files", "OSError: [Errno 24] Too many open files"),
        ("troubles.py:limits_file_size", "OSError: [Errno 27] File too large"),
        ("troubles.py:empties_folders", ""),
        ("troubles.py:nothing", "no target '{}/troubles.py:nothing': no 'nothing' in {}/troubles.py"),
    ],
)
def test_a_bad_target_costs_no_other_its_results(name, failure, private_folders):
    plan = Plan("quick", dtypes=("float64",), only=OTHERS)
    names = [f"{EXAMPLES}/{name}", f"{EXAMPLES}/correct.py:function"]
    bad, good = run([Spec(name) for name in names], plan, describe_claims=False, jobs=1).targets
    # In a step, or outside: it depends on what was imported before the target took what there is.
    assert failure.format(EXAMPLES, EXAMPLES) in bad.dtypes[0].failure
    assert bad.status == (TARGET_FAILED if failure else CONFORMS)
    assert good.status == CONFORMS
    assert good.dtypes[0].results


@pytest.mark.slow
def test_a_copy_of_the_process_that_a_target_forks_is_not_part_of_the_examination():
    report = verified("forks_copies", *OTHERS)
    assert report.status == CONFORMS
    assert {result.outcome for result in report.results} == {Outcome.KEPT}


class Fault(BaseException):
    """What no `except Exception` catches."""


class Answer:
    """An answer that is not an array before it is read."""

    def __init__(self, read):
        self._read = read

    def __array__(self, *_, **__):
        return self._read()


def fault():
    raise Fault("when it is read")


@pytest.mark.parametrize(
    ("read", "error", "message"),
    [
        (lambda: time.sleep(60), TargetHung, r"^a call of step took longer than 0\.2 s$"),
        (fault, TargetCrash, "^a step returned Answer, expected an array: Fault: when it is read "),
        (sys.exit, TargetCrash, "^a step returned Answer, expected an array: SystemExit"),
    ],
)
def test_what_an_answer_does_when_it_is_read_is_what_the_call_did(read, error, message):
    def make(parameters, *, lr, beta1, beta2, eps):
        return lambda gradient: Answer(read)

    run = Subject(PythonTarget(make, "mine"), format_of("float64"), 0.2).start(np.ones(2), Hyperparameters())
    with pytest.raises(error, match=message):
        run.step(np.ones(2))


def test_a_target_cannot_end_this_process_with_a_status_of_its_choice():
    def make(parameters, *, lr, beta1, beta2, eps):
        return lambda gradient: os._exit(0)

    run = Subject(PythonTarget(make, "mine"), format_of("float64")).start(np.ones(2), Hyperparameters())
    with pytest.raises(TargetCrash, match=r"os\._exit\(0\)"):
        run.step(np.ones(2))


def test_nor_by_the_function_that_its_module_took_by_name():
    from os import _exit

    def make(parameters, *, lr, beta1, beta2, eps):
        return lambda gradient: _exit(0)

    run = Subject(PythonTarget(make, "mine"), format_of("float64")).start(np.ones(2), Hyperparameters())
    with pytest.raises(TargetCrash, match=r"os\._exit\(0\)"):
        run.step(np.ones(2))


@pytest.mark.slow
def test_nor_by_what_it_leaves_for_the_end_of_this_process(tmp_path):
    (tmp_path / "late.py").write_text(
        "import atexit\nimport os\n\n"
        "def make(parameters, *, lr, beta1, beta2, eps):\n"
        "    raise RuntimeError('out of cheese')\n\n"
        "atexit.register(lambda: os._exit(0))\n"
    )
    command = [COMMAND, "verify", "late.py:make", *QUICK, "--in-process"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == TARGET_FAILED
    assert "out of cheese" in done.stdout


@pytest.mark.slow
def test_the_last_lines_on_stderr_are_shown_since_they_say_why_a_process_ended(capfd):
    report = verified("complains_and_leaves", *OTHERS)
    assert report.failure == "its process ended with status 3 in a call of step"
    told = [line.partition("float64: ")[2] for line in capfd.readouterr().err.splitlines()]
    assert told == ["the last 20 of 100 lines on stderr:", *(f"complaint {i}" for i in range(80, 100))]


@pytest.mark.slow
def test_looking_for_how_a_target_is_called_keeps_to_the_time_limit():
    with pytest.raises(
        TargetError, match=r":hangs_when_called: looking for how it .* took longer than 0\.5 s$"
    ):
        verified("hangs_when_called", *OTHERS, patience=0.5)


@pytest.mark.slow
def test_a_target_that_never_loads_is_given_up(tmp_path, monkeypatch):
    (tmp_path / "endless.py").write_text("while True:\n    pass\n")
    monkeypatch.setattr("adamcheck.examine.isolation.LOADING", 3.0)
    plan = Plan("quick", dtypes=("float64",), only=OTHERS, patience=1.0)
    (target,) = run([Spec(f"{tmp_path}/endless.py:make")], plan, describe_claims=False, jobs=1).targets
    assert target.dtypes[0].failure == "its process took longer than 3 s to load the target"


@pytest.mark.parametrize("name", ["beta1", "beta2"])
def test_a_refusal_in_a_step_is_a_refusal_of_the_hyperparameter(name):
    """Some implementations divide by beta1 or beta2, or check them only when they take a step."""

    def make(parameters, **hyper):
        def step(gradient):
            if hyper[name] == 0:
                raise ValueError("must be positive")
            raise RuntimeError("out of cheese")

        return step

    def make_documented(parameters, *, lr, beta1, beta2, eps):
        return make(parameters, beta1=beta1, beta2=beta2)

    subject = Subject(PythonTarget(make_documented, "mine"), format_of("float64"))
    with pytest.raises(NotOffered, match=f"{name}=0: a step raises ValueError: must be positive"):
        subject.start(np.ones(2), Hyperparameters().replace(**{name: 0.0})).step(np.ones(2))
    with pytest.raises(TargetCrash, match="out of cheese"):
        subject.start(np.ones(2), Hyperparameters()).step(np.ones(2))


def test_an_answer_with_masked_elements_is_not_an_array_of_parameters():
    answer = np.ma.masked_array(np.ones(2), [True, False])
    with pytest.raises(TargetCrash, match="masked elements"):
        as_parameters(answer, (2,), format_of("float64"))


def test_a_message_of_a_target_is_cut_and_shows_its_control_characters():
    assert said(ValueError("\x1b[31mred\u202e")) == r"ValueError: \x1b[31mred\u202e"
    assert len(said(ValueError("x" * 10**6))) < 1000


class TestJournal:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "journal"

    def read(self, path: Path) -> Account:
        with path.open("rb") as file:
            return read(file)

    def waiting(self, path: Path) -> bool:
        with path.open("rb") as file:
            return waiting(file)

    def write(self, path: Path) -> None:
        start = Started(0, Start(np.zeros(2), Hyperparameters()))
        with path.open("ab", buffering=0) as file:
            journal = Journal(file)
            journal.begins("one")
            example = journal.afresh()
            example.append(start)
            example.answered()
            journal.ends(Result("one", "laws", "float64", Outcome.KEPT, 3))
            journal.begins("two")
            journal.afresh().append(Stepped(5, np.ones(2)))
            example = journal.afresh()
            example.append(start)
            example.answered()
            example.append(Stepped(0, np.ones(1 << 20)))

    def test_the_journal_tells_what_is_done_and_what_was_under_way(self, path):
        self.write(path)
        account = self.read(path)
        assert [(result.check, result.examples) for result in account.results] == [("one", 3)]
        assert account.check == "two"
        assert [(call.run, call.name) for call in account.calls] == [(0, "start"), (0, "step")]
        assert not account.answered
        assert self.waiting(path)

    def test_the_calls_of_a_finished_check_and_large_arrays_take_no_room(self, path):
        self.write(path)
        assert path.stat().st_size < 2000

    def test_the_journal_goes_on_after_what_is_there(self, path):
        self.write(path)
        with path.open("ab", buffering=0) as file:
            Journal(file).answered()
        assert self.read(path).answered
        assert not self.waiting(path)

    def test_an_entry_that_was_cut_short_is_left_out(self, path):
        self.write(path)
        path.write_bytes(path.read_bytes()[:-3])
        assert [call.name for call in self.read(path).calls] == ["start"]

    def test_an_empty_journal_tells_nothing(self, path):
        path.touch()
        assert self.read(path) == Account()
        assert not self.waiting(path)


FORK_SERVER = """
import multiprocessing
if __name__ == "__main__":
    multiprocessing.set_start_method("forkserver")
    from adamcheck.cli import main
    main({arguments!r})
"""


@pytest.mark.slow
def test_where_processes_come_from_a_fork_server_everything_is_isolated_as_well(tmp_path):
    """The default of Python 3.14 on Linux."""
    (tmp_path / "program.py").write_text(
        FORK_SERVER.format(
            arguments=[
                "verify",
                f"{EXAMPLES}/troubles.py:ends_badly",
                f"{EXAMPLES}/correct.py:function",
                *QUICK,
                *("--jobs", "2"),
            ]
        )
    )
    done = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == TARGET_FAILED, done.stderr
    assert "correct.py:function: conforms in float64" in done.stdout
    assert "Traceback" not in done.stderr


POOL = """
import multiprocessing
import numpy as np

def make(parameters, *, lr, beta1, beta2, eps):
    with multiprocessing.get_context("forkserver").Pool(1) as pool:
        assert pool.map(abs, [-3]) == [3]
    return lambda gradient: parameters - lr * gradient / (np.abs(gradient) + eps)
"""


@pytest.mark.slow
def test_a_fork_server_that_a_target_starts_ends_with_it(tmp_path):
    (tmp_path / "pool.py").write_text(POOL)
    only = ("two-instances-are-independent",)
    plan = Plan("quick", dtypes=("float64",), only=only)
    (target,) = run([Spec(f"{tmp_path}/pool.py:make")], plan, describe_claims=False, jobs=1).targets
    (dtype,) = target.dtypes
    assert [result.outcome for result in dtype.results] == [Outcome.KEPT]
    assert dtype.ended == ""
