"""The suite: the same report in one process or many, whatever its targets do."""

from __future__ import annotations

import atexit
import os
import time
from dataclasses import replace

import numpy as np
import pytest
from command_line import EXAMPLES
from example_targets import examined, example
from inline_snapshot import snapshot

from adamcheck.checks.check import Outcome
from adamcheck.diagnosis.formula import Kind
from adamcheck.examine.plan import Plan
from adamcheck.examine.results import CONFORMS, DOES_NOT_CONFORM, TARGET_FAILED
from adamcheck.examine.suite import NAMED, Listener, Unfinished, run
from adamcheck.examine.target import examine
from adamcheck.report.json import dumps
from adamcheck.support import processes as parallel
from adamcheck.support.processes import Interrupted, Unsendable, Warden, Work
from adamcheck.support.processes import run as in_parallel
from adamcheck.targets.base import Capabilities, NotOffered, TargetError
from adamcheck.targets.find import Spec
from adamcheck.targets.reference import DefinitionTarget

ONE_CHECK = ("updates-are-enclosed-with-dyadic-hyperparameters",)


def spec(name: str) -> Spec:
    file, _, attribute = name.partition(":")
    return Spec(f"{EXAMPLES}/{file}.py:{attribute}")


@pytest.mark.slow
class TestExamine:
    def test_a_dtype_that_is_not_offered_is_not_tested(self):
        class Single(DefinitionTarget):
            def __init__(self):
                super().__init__()
                self.capabilities = Capabilities(dtypes=("float32",))

        report = examine(Single(), "float64", Plan(), [])
        assert not report.offered
        assert report.failure == snapshot("reference offers no float64")

    def test_a_dtype_that_is_refused_at_the_first_step_is_not_tested(self):
        class Refuses(DefinitionTarget):
            def start(self, parameters, hyper):
                raise NotOffered("half precision on this processor")

        report = examine(Refuses(), "float16", Plan(), [])
        assert not report.offered
        assert report.failure == snapshot("half precision on this processor")

    def test_only_the_named_checks_run(self):
        plan = Plan("quick", only=("two-instances-are-independent",))
        report = examine(example("correct:function"), "float64", plan, [])
        assert [(r.check, r.outcome) for r in report.results] == [
            ("two-instances-are-independent", Outcome.KEPT)
        ]

    @pytest.mark.parametrize(
        ("name", "status"),
        [
            ("correct:function", CONFORMS),
            ("broken:EpsInsideRoot", DOES_NOT_CONFORM),
            ("broken:SharedCounter", DOES_NOT_CONFORM),
            ("correct:single", DOES_NOT_CONFORM),
            ("misbehaving:raises_at_step_six", TARGET_FAILED),
            ("misbehaving:BadCheckpoint", TARGET_FAILED),
        ],
    )
    def test_the_status_is_what_the_command_line_ends_with(self, name, status):
        assert examined(name).status == status

    def test_a_failing_checkpoint_does_not_hide_the_formula(self):
        assert examined("misbehaving:BadCheckpoint").formula.conforms

    def test_accuracy_is_measured_where_the_target_is_enclosed(self):
        accuracy = examined("correct:function").accuracy
        for measure in (accuracy.dyadic, accuracy.decimal):
            assert 0 < measure.radii <= 1
            assert measure.allowance == "direct"
        broken = examined("broken:LastCoordinate").accuracy
        assert (broken.dyadic, broken.decimal) == (None, None)


class TestPlan:
    def test_a_profile_that_does_not_exist(self):
        with pytest.raises(ValueError, match="no profile 'fast': expected one of quick, standard, thorough"):
            Plan("fast")

    def test_a_dtype_that_does_not_exist(self):
        with pytest.raises(ValueError, match="unknown dtype 'float8'"):
            Plan(dtypes=("float8",))


@pytest.fixture(scope="module")
def reports():
    """The same command in this process and in two others; `test_cli_verify` compares one with two."""
    specs = [spec("correct:Class"), spec("broken:SharedCounter")]
    plan = Plan("quick", dtypes=("float64", "float32"), only=("two-instances-are-independent",))
    return [run(specs, plan, claims=[], jobs=jobs) for jobs in (0, 2)]


@pytest.mark.slow
class TestRun:
    def test_the_report_is_the_same_in_one_process_or_many(self, reports):
        here, there = map(dumps, reports)
        assert here == there

    def test_targets_and_dtypes_stand_in_the_order_of_the_command(self, reports):
        for report in reports:
            assert [t.name.rpartition(":")[2] for t in report.targets] == ["Class", "SharedCounter"]
            assert {tuple(d.dtype for d in t.dtypes) for t in report.targets} == {("float64", "float32")}

    def test_the_status_of_a_report_is_that_of_its_worst_target(self, reports):
        assert [target.status for target in reports[0].targets] == [CONFORMS, DOES_NOT_CONFORM]
        assert reports[0].status == DOES_NOT_CONFORM
        assert reports[0].status_of([reports[0].targets[0].name]) == CONFORMS

    def test_a_target_that_ends_its_process_takes_no_other_with_it(self):
        names = ["misbehaving:ends_its_process", "correct:function", "misbehaving:segfaults"]
        plan = Plan("quick", dtypes=("float64",), only=ONE_CHECK)
        report = run([spec(name) for name in names], plan, claims=[], jobs=2)
        ended, good, crashed = (target.dtypes[0] for target in report.targets)
        assert ended.failure == snapshot("its process ended with status 7 in a call of step")
        assert good.status == CONFORMS
        assert crashed.failure == snapshot("its process was killed by SIGSEGV in a call of step")
        assert report.status == TARGET_FAILED

    @pytest.mark.parametrize("jobs", [0, 2])
    def test_a_target_that_is_not_there_is_an_error_if_it_is_the_only_one(self, jobs):
        with pytest.raises(TargetError, match="no 'adm' in"):
            run([spec("correct:adm")], Plan("quick"), claims=[], jobs=jobs)

    @pytest.mark.parametrize("jobs", [0, 2])
    def test_a_target_that_is_not_there_is_a_failure_beside_others(self, jobs):
        plan = Plan("quick", dtypes=("float64",), only=ONE_CHECK)
        missing, there = run(
            [spec("correct:adm"), spec("correct:function")], plan, claims=[], jobs=jobs
        ).targets
        assert "no 'adm' in" in missing.dtypes[0].failure
        assert (missing.status, there.status) == (TARGET_FAILED, CONFORMS)

    def test_an_optional_target_that_is_not_there_is_reported_and_the_rest_runs(self):
        absent = replace(spec("correct:adm"), optional=True)
        plan = Plan("quick", dtypes=("float64",), only=ONE_CHECK)
        missing, there = run([absent, spec("correct:function")], plan, claims=[], jobs=0).targets
        assert "no 'adm' in" in missing.dtypes[0].failure
        assert not missing.dtypes[0].offered
        assert there.status == CONFORMS

    def test_ctrl_c_leaves_a_report_on_the_targets_that_were_finished_in_every_dtype(self):
        plan = Plan("quick", dtypes=("float64", "float32"), only=ONE_CHECK)
        told = []

        def interrupt(label, done, total):
            told.append(label)
            if len(told) == 3:
                raise KeyboardInterrupt

        with pytest.raises(Unfinished, match=r"^not finished: \S+correct.py:Class$") as unfinished:
            run([spec("correct:function"), spec("correct:Class")], plan, claims=[], progress=interrupt)
        (finished,) = unfinished.value.report.targets
        assert finished.name.endswith("correct.py:function")
        assert [part.dtype for part in finished.dtypes] == ["float64", "float32"]
        first, second = unfinished.value.so_far.targets
        assert first == finished
        assert [part.dtype for part in second.dtypes] == ["float64"]

    def test_ctrl_c_keeps_the_checks_that_were_finished(self):
        def interrupt(label, done, total):
            if 0 < done < total:
                raise KeyboardInterrupt

        plan = Plan("standard", dtypes=("float64",))
        with pytest.raises(Unfinished) as unfinished:
            run([spec("correct:function")], plan, describe_claims=False, jobs=1, progress=interrupt)
        ((part,),) = (target.dtypes for target in unfinished.value.so_far.targets)
        assert unfinished.value.report.targets == ()
        assert part.results
        assert {result.outcome for result in part.results} <= {Outcome.KEPT, Outcome.NOT_APPLICABLE}
        assert part.failure.startswith(f"interrupted after {len(part.results)} of ")
        assert part.formula.conforms

    @pytest.mark.parametrize("jobs", [0, 1])
    def test_a_run_that_fails_fast_stops_at_the_first_failure_and_still_names_it(self, jobs):
        stopped = []

        class Telling(Listener):
            def stopped(self, missing):
                stopped.extend(missing)

        plan = Plan("quick", dtypes=("float64", "float32"), fail_fast=True)
        specs = [spec("broken:EpsInsideRoot"), spec("correct:function")]
        report = run(specs, plan, describe_claims=False, jobs=jobs, listener=Telling())
        ((part,),) = (target.dtypes for target in report.targets)
        assert stopped == [each.name for each in specs]
        assert part.formula.kind == Kind.DIALECT
        assert len(part.failures) == 1
        assert report.status == DOES_NOT_CONFORM

    def test_a_run_that_fails_fast_goes_on_where_failures_are_accepted(self):
        plan = Plan(
            "quick",
            dtypes=("float64",),
            accept=("eps-inside-root",),
            only=(*ONE_CHECK, "two-instances-are-independent"),
            fail_fast=True,
        )
        report = run([spec("broken:EpsInsideRoot")], plan, claims=[], jobs=1)
        assert [result.outcome for result in report.targets[0].dtypes[0].results] == [
            Outcome.DIALECT,
            Outcome.KEPT,
        ]

    def test_each_target_is_told_of_as_soon_as_it_and_those_before_it_are_finished(self):
        told = []

        class Telling(Listener):
            def answered(self, answer):
                told.append((answer.target.rpartition(":")[2], answer.formula and answer.formula.kind))

            def finished(self, target):
                told.append((target.name.rpartition(":")[2], target.status))

        plan = Plan("quick", dtypes=("float64",), only=ONE_CHECK)
        specs = [spec("broken:EpsInsideRoot"), spec("correct:function"), spec("broken:LastCoordinate")]
        report = run(specs, plan, claims=[], jobs=1, listener=Telling())
        assert told == [
            ("EpsInsideRoot", Kind.DIALECT),
            ("EpsInsideRoot", DOES_NOT_CONFORM),
            ("function", Kind.EXPECTED),
            ("function", CONFORMS),
            ("LastCoordinate", None),
            ("LastCoordinate", DOES_NOT_CONFORM),
        ]
        assert [target.status for target in report.targets] == [DOES_NOT_CONFORM, CONFORMS, DOES_NOT_CONFORM]

    def test_ctrl_c_names_some_of_many_unfinished_targets(self):
        def interrupt(label, done, total):
            raise KeyboardInterrupt

        with pytest.raises(Unfinished, match=rf"^not finished: (\S+, ){{{NAMED - 1}}}\S+ and \d+ more$"):
            run([], Plan(), progress=interrupt)


def identity(x):
    return x


def fail(error):
    raise error


def silent(label, done, total):
    pass


def leave_a_process(status, *, as_daemon=False):
    """Start a process that holds everything this one has open, and end."""
    child = os.fork()
    if child == 0:
        if as_daemon:
            os.setsid()
            if os.fork():
                os._exit(0)
        time.sleep(600)
        os._exit(0)
    if as_daemon:
        os.waitpid(child, 0)
    if status is not None:
        os._exit(status)


def leave_a_daemon():
    leave_a_process(None, as_daemon=True)


class Witness(Warden):
    """Says how a process ended."""

    def died(self, how):
        return f"died: {how}"

    def ended(self, result, how):
        return f"{result}, then {how}" if how else result


@pytest.mark.slow
class TestInParallel:
    def work(self, function, *arguments) -> Work:
        return Work("work", function, arguments, Witness())

    @pytest.mark.parametrize("jobs", [0, 2])
    def test_results_come_in_order_and_progress_counts_them(self, jobs):
        told = []
        work = [self.work(identity, i) for i in range(5)]
        assert in_parallel(work, jobs, lambda *progress: told.append(progress)) == [0, 1, 2, 3, 4]
        assert {("work", i, 5) for i in range(1, 6)} <= set(told)
        assert told == sorted(told)

    def test_progress_counts_the_steps_of_what_is_under_way(self, monkeypatch):
        class Halfway(Witness):
            def done(self):
                return 20

        monkeypatch.setattr(parallel, "TOLD", 0.01)
        told = []
        work = [Work("long", time.sleep, (0.1,), Halfway(), 40), self.work(identity, 1)]
        in_parallel(work, 1, lambda *progress: told.append(progress))
        assert told[0] == ("long", 20, 41)
        assert ("work", 40, 41) in told
        assert told[-1][1:] == (41, 41)

    @pytest.mark.parametrize("jobs", [0, 1])
    def test_an_error_is_raised_here(self, jobs):
        with pytest.raises(TargetError, match="no such thing"):
            in_parallel([self.work(fail, TargetError("no such thing"))], jobs, silent)

    @pytest.mark.parametrize("jobs", [0, 1])
    def test_ctrl_c_brings_the_results_so_far(self, jobs):
        def interrupt(label, done, total):
            if done:
                raise KeyboardInterrupt

        with pytest.raises(Interrupted) as interrupted:
            in_parallel([self.work(identity, 7), self.work(time.sleep, 600)], jobs, interrupt)
        assert interrupted.value.results == {0: 7}

    def test_a_process_that_dies_is_a_result_and_counted_once(self):
        told = []
        work = [self.work(os._exit, 5), self.work(identity, 1), self.work(os.abort)]
        results = in_parallel(work, 2, lambda *progress: told.append(progress))
        assert results == snapshot(
            [
                "died: its process ended with status 5",
                1,
                "died: its process was killed by SIGABRT",
            ]
        )
        assert told[-1][1:] == (3, 3)

    def test_a_process_is_killed_when_its_warden_says_so(self):
        class Strict(Witness):
            def look(self, pid):
                return "took too long"

        work = [Work("work", time.sleep, (600,), Strict())]
        assert in_parallel(work, 1, silent) == snapshot(["died: took too long"])

    def test_how_it_ended_after_its_answer_is_told(self):
        work = [self.work(atexit.register, os._exit, 3)]
        (told,) = in_parallel(work, 1, silent)
        assert told.endswith(", then its process ended with status 3")

    def test_what_a_process_leaves_running_is_ended_and_told_and_nobody_waits_for_it(self):
        work = [self.work(leave_a_process, 7), self.work(leave_a_daemon), self.work(identity, 1)]
        assert in_parallel(work, 2, silent) == snapshot(
            [
                "died: its process ended with status 7, and it left 1 process running",
                "None, then it left 1 process running",
                1,
            ]
        )

    def test_an_exception_that_cannot_be_sent_is_told_by_its_name_and_text(self):
        (work,) = [self.work(fail, KeyboardInterrupt("of the target"))]
        with pytest.raises(Unsendable, match=r"^KeyboardInterrupt: of the target"):
            in_parallel([work], 1, silent)

    def test_the_work_that_takes_the_place_of_a_dead_one_is_done(self):
        class Again(Witness):
            def died(self, how):
                return Work("again", identity, (f"again: {how}",))

        work = [Work("work", os._exit, (4,), Again())]
        assert in_parallel(work, 1, silent) == snapshot(["again: its process ended with status 4"])

    def test_other_children_of_the_program_are_left_alone(self):
        from multiprocessing import get_context

        other = get_context("spawn").Process(target=time.sleep, args=(600,))
        other.start()
        try:
            with pytest.raises(TargetError):
                in_parallel([self.work(fail, TargetError("x"))], 1, silent)
            assert other.is_alive()
        finally:
            other.terminate()
            other.join()


@pytest.mark.slow
def test_traces_travel_between_processes_unchanged():
    plan = Plan("quick", dtypes=("bfloat16",), only=ONE_CHECK)
    here, there = (run([spec("broken:NoCorrection")], plan, claims=[], jobs=jobs) for jobs in (0, 1))
    first, second = (report.targets[0].dtypes[0].failures[0] for report in (here, there))
    assert first.message == second.message
    assert np.asarray(first.trace.gradients).dtype.name == "bfloat16"
    assert np.array_equal(np.asarray(first.trace.parameters), np.asarray(second.trace.parameters))
