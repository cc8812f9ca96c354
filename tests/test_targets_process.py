"""A target behind the protocol: what its program does wrong is told, and the checks go on."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from command_line import EXAMPLES, QUICK, adamcheck
from example_targets import DYADIC
from inline_snapshot import snapshot

from adamcheck.adam import Hyperparameters
from adamcheck.checks.check import Outcome
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.claims.catalogue import checks
from adamcheck.claims.claim import discover
from adamcheck.examine.plan import Plan
from adamcheck.examine.target import DEATHS, HANGS, examine
from adamcheck.judge import Ruling, judge
from adamcheck.numbers.floats import format_of
from adamcheck.targets import find
from adamcheck.targets.base import (
    NotOffered,
    TargetCrash,
    TargetDied,
    TargetError,
    TargetFailed,
    TargetHung,
)
from adamcheck.targets.find import load_target
from adamcheck.targets.programs.channel import Limits
from adamcheck.targets.programs.process import ProcessTarget

LIMITS = Limits(memory=2**28)
SHORT = Limits(seconds=1)
HYPER = Hyperparameters(lr=0.5, beta1=0.5, beta2=0.75, eps=0.25)
REPEATS = "the-same-run-twice-is-bitwise-the-same"


def program(fault: str, limits: Limits = LIMITS) -> ProcessTarget:
    return ProcessTarget("exec:program", [sys.executable, str(EXAMPLES / "program.py"), fault], limits=limits)


def subject(fault: str) -> Subject:
    return Subject(program(fault), format_of("float64"))


def steps(*gradients: float) -> Trajectory:
    return Trajectory(HYPER, np.zeros(1), np.array(gradients)[:, None])


def examined(fault: str, *only: str, limits: Limits = LIMITS):
    """The result of each of some checks, and the report."""
    report = examine(program(fault, limits), "float64", Plan("quick", 0, ("float64",), only=only), [])
    return {result.check: result for result in report.results}, report


@pytest.mark.slow
class TestWell:
    @pytest.fixture(scope="class")
    @classmethod
    def report(cls):
        return examined(
            "",
            DYADIC,
            REPEATS,
            "a-resumed-run-continues-bitwise",
            "moments-are-readable",
            "two-instances-are-independent",
            "arguments-are-left-alone",
        )

    def test_what_the_program_offers_is_checked(self, report):
        outcomes = {name: result.outcome for name, result in report[0].items()}
        assert outcomes.pop("arguments-are-left-alone") == Outcome.NOT_APPLICABLE
        assert set(outcomes.values()) == {Outcome.KEPT}
        assert len(outcomes) == 5

    def test_a_program_conforms_under_its_own_name(self, report):
        assert report[1].status == 0

    def test_no_number_is_rounded_on_the_way(self):
        extreme = np.array([5e-324, -0.0, 1 / 3, np.inf, -np.inf, np.nan, 1.7976931348623157e308])
        run = program("").start(extreme, HYPER)
        after = run.step(np.zeros_like(extreme))
        assert after.tobytes() == extreme.tobytes()

    def test_steps_in_one_request_are_the_steps_one_by_one(self):
        trajectory = steps(1.0, -0.5, 3.0)
        together = subject("").run(trajectory)
        assert judge(together).outcome == Ruling.ENCLOSED
        run = subject("").start(trajectory.parameters, HYPER)
        alone = [run.step(gradient) for gradient in trajectory.gradients]
        assert np.array_equal(np.asarray(together.parameters)[1:], alone)

    def test_a_run_that_nobody_holds_is_ended(self):
        target = program("")
        first = target.start(np.zeros(1), HYPER)
        number = first._number
        del first
        gc.collect()
        second = target.start(np.zeros(1), HYPER)
        second._number = number
        with pytest.raises(TargetDied, match="KeyError"):
            second.step(np.ones(1))

    def test_the_program_ends_with_its_target(self):
        target = program("")
        pid = target._channel._process.pid
        os.kill(pid, 0)
        del target
        gc.collect()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    def test_a_library_that_warns_of_forks_has_no_reason_to(self):
        """As JAX does, whose threads a fork may leave locked: the child does not ask for them."""
        script = (
            "import os, warnings\n"
            "os.register_at_fork(before=lambda: warnings.warn('os.fork() was called', RuntimeWarning))\n"
            "from adamcheck.targets.find import load_target\n"
            f"target = load_target('exec:{sys.executable} {EXAMPLES / 'program.py'} well')\n"
            "print(target.capabilities.moments)\n"
        )
        done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True)
        assert (done.stdout, done.stderr) == ("True\n", "")


HOW = {
    "segfault": "the program was ended by SIGSEGV",
    "abort": "the program was ended by SIGABRT",
    "exit": "the program ended with status 7",
    "exit-0": "the program ended with status 0",
    "last-words": "the program ended with status 1 (stderr: out of cheese)",
    "stack": "the program ended with status 1 (stderr: RangeError: no cheese)",
    "flood": "endless output on stdout, beginning with 'spamspam",
    "flood-of-lines": "endless output on stdout, beginning with 'spam'",
    "flood-of-json": 'endless output on stdout, beginning with \'{"spam":',
    "hog": "took more than 0.25 GiB of memory, and was ended",
    "close-stdout": "closed its standard output, and was ended",
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", HOW)
def test_a_death_is_told_in_one_line_and_the_next_run_is_fine(fault):
    alive = subject(fault)
    with pytest.raises(TargetDied) as death:
        alive.run(steps(1.0, 4.0, 1.0))
    assert str(death.value).startswith(HOW[fault])
    assert "\n" not in str(death.value)
    assert judge(alive.run(steps(1.0, 2.0, 1.0))).outcome == Ruling.ENCLOSED
    assert alive.target.deaths("float64") == 1


def test_a_program_that_reads_no_more_is_over_at_the_next_request():
    run = subject("close-stdin").start(np.zeros(1), HYPER)
    run.step(np.full(1, 4.0))
    with pytest.raises(TargetDied, match=r"ended with status|closed its standard input"):
        run.step(np.full(1, 4.0))


@pytest.mark.parametrize(
    ("limits", "patience", "message"),
    [(SHORT, 60, "no answer within 1 s"), (LIMITS, 0.2, r"a call of steps took longer than 0\.2 s")],
)
def test_a_program_that_hangs_is_ended_and_the_next_run_is_fine(limits, patience, message):
    patient = Subject(program("hang", limits), format_of("float64"), patience)
    with pytest.raises(TargetHung, match=message):
        patient.run(steps(4.0))
    assert judge(patient.run(steps(1.0, 2.0, 1.0))).outcome == Ruling.ENCLOSED


class TestDyingInAnExamination:
    @pytest.fixture(scope="class")
    @classmethod
    def report(cls):
        return examined("segfault")

    def test_the_check_crashed_with_the_trajectory_that_did_it(self, report):
        crashed = [result for result in report[0].values() if result.outcome == Outcome.CRASHED]
        assert crashed
        for result in crashed:
            assert result.message == HOW["segfault"]
            assert any(abs(np.asarray(c.gradient)).max() > 3 for c in result.calls if c.name == "step")

    def test_the_checks_go_on_and_the_exit_status_says_that_the_target_failed(self, report):
        outcomes = [result.outcome for result in report[0].values()]
        assert Outcome.KEPT in outcomes[outcomes.index(Outcome.CRASHED) :]
        assert report[1].status == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "outcome", "times"), [("exit", Outcome.CRASHED, DEATHS), ("hang", Outcome.TIMED_OUT, HANGS)]
)
def test_what_happens_again_and_again_is_given_up_and_every_check_is_accounted_for(fault, outcome, times):
    plan = Plan("quick", 0, ("float64",))
    report = examine(program(fault, SHORT), "float64", plan, discover())
    outcomes = [result.outcome for result in report.results]
    assert outcomes.count(outcome) == times
    assert set(outcomes[outcomes.index(Outcome.NOT_RUN) :]) == {Outcome.NOT_RUN}
    assert len(outcomes) == len(checks(discover()))


class TestEnding:
    def test_lines_that_are_no_answers_are_told_and_no_failure(self):
        report = examined("print", DYADIC)[1]
        assert report.printed == "spam"
        assert report.status == 0

    @pytest.mark.parametrize(
        ("fault", "how"),
        [
            ("ends-badly", snapshot("asked to stop, the program ended with status 3")),
            ("ends-never", snapshot("asked to stop, it did not end within 1 s")),
        ],
    )
    def test_a_program_that_does_not_end_well_fails(self, fault, how):
        report = examined(fault, DYADIC, limits=SHORT)[1]
        assert report.ended == how
        assert report.status == 3


HARNESS_FAULTS = {
    "no-json": 'the answer to "describe" is no JSON (Expecting property name',
    "two-answers": 'more than one answer to a request: \'{"protocol": 1,',
    "protocol-2": 'the answer to "describe" has "protocol":2, expected 1',
    "no-dtypes": 'the answer to "describe" has no "dtypes", for example ["float64"]',
    "double": 'the answer to "describe" has \'float46\' among its "dtypes" (did you mean float64?)',
    "five-to-two": 'the answer to "describe" has "parameter_counts":[5, 2], for example [2,5], or [2,0] for no',
    "telepathy": 'the answer to "describe" has \'checkpoints\' among its "capabilities" '
    "(did you mean checkpoint?)",
    "not-started": 'the answer to "start" is {}, expected {"ok":true}',
    "missing-row": 'the answer to "step" has 2 rows, expected "parameters" with a row for each of 3 ',
    "short-row": 'the answer to "step" has "parameters" that cannot be read: 1 numbers, expected 2',
    "decimal": 'the answer to "step" has "parameters" that cannot be read: \'0.76',
    "json-numbers": 'the answer to "step" has "parameters" that cannot be read: 0.76',
    "no-moments": 'the answer to "moments" has "m" that cannot be read: 0 numbers, expected 2',
    "no-state": 'the answer to "save" is {"saved":1}, expected {"state":...}',
}


@pytest.mark.parametrize("fault", HARNESS_FAULTS)
def test_a_fault_of_the_harness_is_told_apart_from_one_of_adam(fault):
    with pytest.raises(TargetFailed) as error:
        program(fault)
    message = str(error.value)
    assert message.startswith(f"exec:program: its harness is wrong: {HARNESS_FAULTS[fault]}")
    assert message.endswith("(see `adamcheck protocol`)")
    assert "\n" not in message


def test_a_program_that_says_nothing_is_told_what_may_be_missing():
    with pytest.raises(TargetFailed, match=r'asked to "describe" itself: no answer within 0\.2 s.* flushed'):
        program("silent", Limits(start=0.2))


def test_an_error_that_the_program_tells_is_a_crash_of_its_adam():
    with pytest.raises(TargetCrash, match="out of cheese"):
        subject("refuses").run(steps(1.0))
    assert examined("refuses", DYADIC)[1].failure == "out of cheese"


def test_what_the_program_does_not_offer_is_no_failure():
    with pytest.raises(NotOffered, match="eps = 0"):
        subject("").run(steps(1.0).replace(hyper=HYPER.replace(eps=0.0)))


class TestNames:
    def refused(self, name: str) -> str:
        with pytest.raises(TargetError) as error:
            load_target(name)
        assert not isinstance(error.value, TargetFailed)
        return str(error.value)

    def test_a_misspelt_program(self, monkeypatch):
        monkeypatch.chdir(EXAMPLES)
        assert self.refused("exec:./porgram.py") == snapshot(
            "no target 'exec:./porgram.py': no program ./porgram.py (did you mean program.py?)"
        )
        assert self.refused("exec:no_such_program --fast").endswith("no program no_such_program")

    def test_a_program_that_may_not_be_executed(self, monkeypatch):
        monkeypatch.chdir(EXAMPLES)
        assert self.refused("exec:./program.py").endswith(
            "./program.py is not executable (chmod +x ./program.py, or name its interpreter first)"
        )

    def test_a_script_without_an_interpreter(self, tmp_path):
        script = tmp_path / "script"
        script.write_text("print()\n")
        script.chmod(0o755)
        assert self.refused(f"exec:{script}") == (
            f"cannot start {script}: Exec format error "
            "(the first line of a script names its interpreter: #!/usr/bin/env python3)"
        )

    @pytest.mark.parametrize(
        ("name", "said"),
        [("exec:", "expected a command"), ("exec:'", "No closing quotation"), ("exec:/", "/ is a folder")],
    )
    def test_half_a_command_is_refused(self, name, said):
        assert said in self.refused(name)

    def test_options_belong_to_the_command(self):
        with pytest.raises(TargetError, match="takes no fused: name a whole command"):
            find.Spec("exec:true", {"fused": True}).check()


@pytest.mark.slow
class TestCommandLine:
    def test_a_program_is_verified_and_what_it_prints_is_shown(self):
        name = f"exec:{sys.executable} program.py chatty"
        told = adamcheck("verify", name, *QUICK, status=0)
        assert " (adam.py 1.0): conforms in float64: textbook Adam" in told.out
        assert "  process   printed on standard output: 'spam'\n" in told.out
        assert told.err == ""

    def test_a_wrong_harness_is_one_line_and_status_3(self):
        told = adamcheck("verify", f"exec:{sys.executable} program.py protocol-2", *QUICK, status=3)
        (line,) = (line for line in told.out.splitlines() if "harness is wrong" in line)
        assert ": failed in float64: " in line
        assert 'has "protocol":2, expected 1' in line

    def test_a_misspelt_program_is_one_line_and_status_2(self):
        told = adamcheck("verify", "exec:./porgram.py", status=2)
        assert told.err.startswith("adamcheck: no target")


def test_no_program_outlives_a_killed_parent():
    source = (
        "import os, signal, sys\n"
        "from adamcheck.targets.programs.process import ProcessTarget\n"
        f"target = ProcessTarget('it', [sys.executable, {str(EXAMPLES / 'program.py')!r}, ''])\n"
        "print(target._channel._process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    end = time.monotonic() + 10
    while _runs(int(done.stdout)):
        assert time.monotonic() < end, "the program goes on"
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
