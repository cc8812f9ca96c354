"""A check: what it tries, what becomes of it, and that only the seed decides what is drawn."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import count

import numpy as np
import pytest
from example_targets import example
from hypothesis import assume
from hypothesis import strategies as st
from inline_snapshot import snapshot

from adamcheck.adam import Hyperparameters
from adamcheck.checks.assertions import Broken, NotJudged, assert_bitwise, assert_enclosed, cut_down
from adamcheck.checks.check import Check, Outcome
from adamcheck.checks.strategies import trajectories
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.numbers.floats import format_of
from adamcheck.targets.base import NotOffered, Target, TargetCrash, TargetHung
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.traces.trace import Trace
from adamcheck.variants import DIALECTS

REFERENCE = DefinitionTarget()


def run(function, target: Target = REFERENCE, *, needs=(), examples=20, seed=0, dtype="float64", **drawn):
    check = Check("a-check", "A check.", function, drawn, needs=needs)
    return check.run(target, dtype, examples=examples, seed=seed)


def drawn_numbers(seed: int = 0, dtype: str = "float64") -> list[int]:
    seen = []
    run(lambda subject, n: seen.append(n), seed=seed, dtype=dtype, n=st.integers(0, 10**6))
    return seen


class TestOutcomes:
    def test_a_kept_check_is_counted_with_its_examples(self):
        result = run(lambda subject, n: None, n=st.integers(0, 1000))
        assert (result.outcome, result.examples, result.not_judged) == (Outcome.KEPT, 20, 0)

    def test_a_check_that_draws_nothing_is_tried_once(self):
        assert run(lambda subject: None).examples == 1

    def test_broken_by_the_simplest_example(self):
        def small(subject, n):
            if n > 100:
                raise Broken(f"{n} is large")

        result = run(small, n=st.integers(0, 10**6))
        assert (result.outcome, result.message) == (Outcome.BROKEN, "101 is large")

    def test_broken_without_drawing_anything(self):
        def never(subject):
            raise Broken("never")

        assert run(never).outcome == Outcome.BROKEN

    def test_a_crash_of_the_target_is_the_outcome(self):
        def crash(subject, n):
            subject.start(np.zeros(1), Hyperparameters()).step(np.ones(1))

        result = run(crash, example("misbehaving:raises"), n=st.integers(0, 9))
        assert result.outcome == Outcome.CRASHED
        assert result.message.startswith("RuntimeError: out of cheese")
        assert [call.name for call in result.calls] == ["start", "step"]

    def test_not_applicable_where_a_capability_is_missing(self):
        result = run(lambda subject: None, example("correct:function"), needs=("moments", "checkpoint"))
        assert (result.outcome, result.examples) == (Outcome.NOT_APPLICABLE, 0)
        assert result.message == snapshot("offers no moments, no checkpoint")
        assert result.lacking == ("moments", "checkpoint")

    def test_not_applicable_where_every_example_is_refused(self):
        def refuse(subject, n):
            raise NotOffered(f"no {n % 1}")

        result = run(refuse, n=st.integers(0, 9))
        assert (result.outcome, result.examples, result.message) == (Outcome.NOT_APPLICABLE, 0, "no 0")

    def test_refused_examples_are_not_counted_as_tried(self):
        def refuse_odd(subject, n):
            if n % 2:
                raise NotOffered("odd")

        result = run(refuse_odd, n=st.integers(0, 1000))
        assert result.outcome == Outcome.KEPT
        assert 0 < result.examples < 20

    def test_not_judged_where_nothing_could_be_said_of_any_example(self):
        def say_nothing(subject, n):
            raise NotJudged

        result = run(say_nothing, n=st.integers(0, 1000))
        assert (result.outcome, result.examples, result.not_judged) == (Outcome.UNJUDGED, 20, 20)

    def test_not_judged_examples_are_counted_beside_the_kept_ones(self):
        def say_nothing_of_odd(subject, n):
            if n % 2:
                raise NotJudged

        result = run(say_nothing_of_odd, n=st.integers(0, 1000))
        assert result.outcome == Outcome.KEPT
        assert 0 < result.not_judged < result.examples == 20

    def test_not_judged_where_no_example_meets_the_assumptions(self):
        result = run(lambda subject, n: assume(False), n=st.integers(0, 1000))
        assert result.outcome == Outcome.UNJUDGED
        assert result.message == snapshot("no example meets the assumptions")

    def test_a_failure_that_does_not_repeat_is_broken_and_says_so(self):
        tried = count()

        def first_time_only(subject, n):
            if next(tried) == 0:
                raise Broken("the first time")

        result = run(first_time_only, n=st.integers(0, 9))
        assert result.outcome == Outcome.BROKEN
        assert result.message == snapshot(
            "not repeatable: the same start and gradients failed once and then passed; "
            "the failure: the first time"
        )

    def test_a_mistake_in_the_check_itself_is_not_blamed_on_the_target(self):
        def mistaken(subject, n):
            raise ZeroDivisionError

        result = run(mistaken, n=st.integers(0, 9))
        assert result.outcome == Outcome.FAULTY
        assert result.message.startswith("the check itself raised ZeroDivisionError")

    def test_a_plain_assertion_breaks_a_law(self):
        def asserted(subject, n):
            assert n > 100, "n is small"

        result = run(asserted, n=st.integers(0, 9))
        assert result.outcome == Outcome.BROKEN
        assert result.message.startswith("n is small")  # pytest adds the values

    def test_a_hang_is_not_tried_again(self):
        tried = []

        def hang(subject, n):
            tried.append(n)
            raise TargetHung("a step")

        assert run(hang, n=st.integers(0, 9)).outcome == Outcome.TIMED_OUT
        assert len(tried) == 1

    def test_notes_keep_the_largest_size(self):
        def remark(subject, notes, n):
            notes.say("always")
            notes.measure("largest n", n)

        assert run(remark, n=st.integers(0, 7), examples=100).notes == ("always", "largest n: 7")

    def test_the_calls_are_those_of_the_example_that_broke_it(self):
        def second_step(subject, steps):
            run = subject.start(np.zeros(1), Hyperparameters())
            for _ in range(steps):
                run.step(np.ones(1))
            if steps > 1:
                raise Broken("two steps")

        result = run(second_step, steps=st.integers(0, 9))
        assert [call.name for call in result.calls] == ["start", "step", "step"]


class TestTheSameSeed:
    def test_draws_the_same(self):
        assert drawn_numbers() == drawn_numbers()

    def test_another_seed_or_dtype_draws_something_else(self):
        assert drawn_numbers(1) != drawn_numbers()
        assert drawn_numbers(dtype="float32") != drawn_numbers()

    def test_draws_the_same_whatever_the_working_directory_holds(self, tmp_path):
        """Hypothesis likes constants that it finds in local modules, and files them in a folder."""
        script = (
            "import mine\n"
            "from hypothesis import strategies as st\n"
            "from adamcheck.checks.explore import explore\n"
            "seen = []\n"
            "explore(lambda n: seen.append(n), {'n': st.integers(0, 10**6)}, examples=200, seed='s')\n"
            "print(seen)\n"
        )
        drawn = []
        for constant in (123457, 654321):
            folder = tmp_path / str(constant)
            folder.mkdir()
            (folder / "mine.py").write_text(f"numbers = [{constant}, {constant + 1}]\n")
            command = [sys.executable, "-c", script]
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["", *sys.path])}
            done = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, text=True, check=True
            )
            drawn.append(done.stdout)
            assert [path.name for path in folder.iterdir() if path.name != "__pycache__"] == ["mine.py"]
        assert drawn[0] == drawn[1]
        assert "123457" not in drawn[0]


def trace_of(gradients, target: Target = REFERENCE, **hyper) -> Trace:
    rows = np.array(gradients, dtype=np.float64)
    return Subject(target, format_of("float64")).run(
        Trajectory(Hyperparameters(**hyper), np.zeros(rows.shape[1]), rows)
    )


class TestAssertEnclosed:
    def test_returns_the_verdict_on_what_is_enclosed(self):
        assert assert_enclosed(trace_of([[1.0], [2.0]])).outcome == "enclosed"

    def test_breaks_on_what_is_not_and_says_by_how_much(self):
        with pytest.raises(Broken) as error:
            assert_enclosed(trace_of([[1e-8]], DefinitionTarget(DIALECTS["eps-inside-root"])))
        assert error.value.offence is not None
        assert str(error.value).startswith(
            f"step 1: the update is {error.value.offence.observed!r}, expected "
        )

    def test_names_the_coordinate_where_there_are_several(self):
        trace = trace_of([[0.0, 1e-8]], DefinitionTarget(DIALECTS["eps-inside-root"]))
        with pytest.raises(Broken, match="step 1, coordinate 1: the update is"):
            assert_enclosed(trace)

    def test_judges_by_another_definition(self):
        dialect = DIALECTS["eps-hat"]
        trace = trace_of([[1e-8]], DefinitionTarget(dialect))
        assert_enclosed(trace, dialect)
        with pytest.raises(Broken) as error:
            assert_enclosed(trace_of([[1e-8]]), dialect)
        assert error.value.definition is dialect

    def test_says_when_it_is_only_the_precision(self):
        trace = trace_of([[0.3], [0.7]], example("correct:single"))
        with pytest.raises(Broken, match=r"\(within float32 precision, though\)"):
            assert_enclosed(trace)

    def test_judges_nothing_where_no_radius_is_finite(self):
        with pytest.raises(NotJudged):
            assert_enclosed(trace_of([[1e200]]))


class TestCutDown:
    def broken(self, gradients, target: Target) -> Broken:
        with pytest.raises(Broken) as error:
            assert_enclosed(trace_of(gradients, target, eps=0.25))
        return error.value

    def subject(self, target: Target) -> Subject:
        return Subject(target, format_of("float64"))

    def test_drops_the_coordinates_and_steps_that_are_not_needed(self):
        target = example("broken:EpsInsideRoot")
        cut = cut_down(self.subject(target), self.broken([[0.0, 1.0, 2.0], [1.0, 1.0, 1.0]], target))
        assert np.asarray(cut.trace.gradients).tolist() == [[1.0]]
        assert (cut.offence.step, cut.offence.coordinate) == (1, 0)
        assert str(cut).startswith("step 1: the update is ")

    def test_keeps_the_coordinates_that_are_needed(self):
        target = example("broken:LastCoordinate")
        cut = cut_down(self.subject(target), self.broken([[1.0, 2.0, 4.0]], target))
        assert np.asarray(cut.trace.gradients).tolist() == [[1.0, 2.0, 4.0]]

    def test_shows_what_the_target_does_on_what_is_left(self):
        """The more coordinates the smaller the step: a coordinate alone shows another error."""

        class Crowded(DefinitionTarget):
            def start(self, parameters, hyper):
                return super().start(parameters, hyper.replace(lr=hyper.lr / (1 + parameters.size)))

        cut = cut_down(self.subject(Crowded()), self.broken([[1.0, 1.0]], Crowded()))
        assert cut.trace.gradients.shape == (1, 1)
        assert cut.offence.observed == cut.offence.expected / 2

    def test_leaves_alone_what_has_no_offence(self):
        broken = Broken("something else")
        assert cut_down(self.subject(REFERENCE), broken) is broken

    def test_keeps_the_whole_where_the_target_crashes_on_less(self):
        class NeedsTwo(DefinitionTarget):
            def start(self, parameters, hyper):
                if parameters.size < 2:
                    raise TargetCrash("too few")
                return super().start(parameters, hyper.replace(lr=hyper.lr / 2))

        broken = self.broken([[1.0, 1.0]], NeedsTwo())
        assert cut_down(self.subject(NeedsTwo()), broken) is broken


class TestAssertBitwise:
    trace = trace_of([[1.0]])

    def test_equal_arrays_nan_and_signed_zeros_agree(self):
        assert_bitwise(
            np.array([[1.0, np.nan, -0.0]]), np.array([[1.0, np.nan, 0.0]]), "the same", self.trace
        )

    def test_one_bit_is_seen_and_placed(self):
        expected = np.ones((3, 2))
        observed = expected.copy()
        observed[2, 1] = np.nextafter(1, 2)
        with pytest.raises(Broken) as error:
            assert_bitwise(observed, expected, "the other", self.trace)
        assert str(error.value) == snapshot(
            "the other: 1.0000000000000002 is not bitwise 1.0 (step 2, coordinate 1)"
        )
        assert error.value.trace is self.trace


def test_a_law_may_draw_trajectories_in_the_dtype_of_the_run():
    seen = set()
    run(lambda subject, t: seen.add(t.format.name), dtype="bfloat16", t=trajectories, examples=3)
    assert seen == {"bfloat16"}
