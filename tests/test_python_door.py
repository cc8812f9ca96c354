"""The Python door: `adamcheck.check(target)`, true or false, and its text."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from command_line import EXAMPLES
from example_targets import DYADIC, examined, example, reported
from inline_snapshot import snapshot

import adamcheck
from adamcheck.adam import Hyperparameters
from adamcheck.checks.check import Outcome, Result
from adamcheck.checks.trajectory import Trajectory
from adamcheck.diagnosis.formula import Formula, Kind
from adamcheck.examine.results import DtypeReport, TargetReport
from adamcheck.judge import Ruling, judge
from adamcheck.report.terminal import target_text
from adamcheck.report.terminal.counterexamples import LISTED
from adamcheck.targets.base import Refusal
from adamcheck.targets.find import load_target

NAME = f"{EXAMPLES}/correct.py:function"


@pytest.fixture(scope="module")
def function():
    return example("correct:function")._make


@pytest.fixture(scope="module")
def report(function):
    only = ("loss-scale-invariance", "two-instances-are-independent")
    return adamcheck.check(function, dtypes=("float32",), profile="quick", only=only)


class TestCheck:
    def test_a_correct_adam_is_true(self, report):
        assert report
        assert report.status == 0

    @pytest.mark.slow
    def test_a_broken_adam_is_false(self):
        assert not reported("broken:NextStepsCorrection")

    def test_only_the_dtypes_asked_for_are_tested(self, report):
        assert [part.dtype for part in report.dtypes] == ["float32"]

    def test_claims_are_tested_too(self, report):
        names = [result.check for result in report.dtypes[0].results]
        assert any(name.startswith("loss-scale-invariance/") for name in names)

    def test_only_the_checks_asked_for_are_run(self, report):
        names = {result.check.partition("/")[0] for result in report.dtypes[0].results}
        assert names == {"loss-scale-invariance", "two-instances-are-independent"}

    @pytest.mark.parametrize(
        ("thing", "error"),
        [
            ("refrence", r"no target 'refrence' \(did you mean reference\?\)"),
            (7, "7 is of type int, expected a class or function that makes an Adam"),
            (lambda parameters: None, "takes no lr, no beta1, no beta2, no eps"),
        ],
    )
    def test_what_is_no_target_is_a_target_error(self, thing, error):
        with pytest.raises(adamcheck.TargetError, match=error):
            adamcheck.check(thing)

    def test_a_profile_or_dtype_that_does_not_exist_is_a_value_error(self):
        with pytest.raises(ValueError, match="no profile 'fast'"):
            adamcheck.check("reference", profile="fast")
        with pytest.raises(ValueError, match="unknown dtype 'float46'"):
            adamcheck.check("reference", dtypes=["float46"])
        with pytest.raises(ValueError, match="no check or claim 'two-instance'"):
            adamcheck.check("reference", only=["two-instance"])

    @pytest.mark.parametrize("reason", ["", " \n"])
    def test_a_failure_that_is_expected_for_no_reason_is_a_value_error(self, function, reason):
        message = "correct:function: two-instances-are-independent: the reason is empty: say why it fails"
        with pytest.raises(ValueError, match=message):
            adamcheck.check(function, expected={"two-instances-are-independent": reason})


class TestText:
    def test_is_what_the_command_line_prints(self, report):
        first, *_ = target_text(report).splitlines()
        assert first.startswith("adamcheck_target_correct:function")
        assert first.endswith(": conforms in float32: textbook Adam (3 kept, 1 hazard)")

    @pytest.mark.slow
    def test_has_no_colours(self):
        assert "\x1b" not in target_text(reported("broken:NextStepsCorrection"))

    @pytest.mark.slow
    def test_shows_one_counterexample_whole_and_names_the_others(self):
        text = target_text(reported("broken:NextStepsCorrection"))
        assert text.count("to repeat:") == 1
        others = text.splitlines()[-1]
        assert others.startswith("  also failing: updates-are-enclosed-with-")
        assert others.count(",") == LISTED - 1
        more = len(examined("broken:NextStepsCorrection").failures) - 1 - LISTED
        assert f"and {more} more" in others

    def test_names_only_some_of_many_others(self):
        results = tuple(Result(f"law-{i}", "laws", "float64", Outcome.BROKEN, message="no") for i in range(9))
        part = DtypeReport("float64", Formula(Kind.EXPECTED), results)
        others = target_text(TargetReport("mine", {}, "", "", (part,))).splitlines()[-1]
        assert others == snapshot(
            "  also failing: law-1, law-2, law-3, law-4, law-5 and 3 more (--save report.md has them all)"
        )

    @pytest.mark.slow
    def test_shows_a_formula_and_a_state_that_are_both_wrong(self):
        text = target_text(reported("broken:Noisy"))
        assert text.count("to repeat:") == 1
        assert "broken the-same-run-twice-is-bitwise-the-same" in text

    @pytest.mark.slow
    def test_does_not_break_the_lines_of_a_script(self):
        text = target_text(reported("broken:FromStepThirty"))
        assert f"      for gradient in [{', '.join(['[1.0]'] * 30)}]:\n" in text

    @pytest.mark.slow
    def test_says_nothing_of_an_accuracy_that_was_not_measured(self):
        assert "accuracy" not in target_text(reported("broken:NextStepsCorrection"))

    def test_names_what_is_not_offered(self):
        text = target_text(reported("misbehaving:BadMoments"))
        assert re.search(r"\(not offered: ([\w ]+, )*checkpoint, checkpointed hyperparameters\b", text)

    def test_collapses_refusals_that_differ_in_the_hyperparameters_alone(self):
        refused = [
            Refusal(Hyperparameters(eps=eps), f"ValueError: eps {eps} is no number") for eps in (0.0, 1e-300)
        ]
        other = Refusal(Hyperparameters(lr=0.0), "ValueError: lr is 0")
        results = tuple(
            Result(
                f"law-{i}", "laws", "float64", Outcome.NOT_APPLICABLE, message=str(refusal), refusal=refusal
            )
            for i, refusal in enumerate([*refused, other])
        )
        part = DtypeReport("float64", Formula(Kind.EXPECTED), results)
        assert (
            "3 not applicable (for some hyperparameters, ValueError: eps 0.0 is no number; "
            f"{other})\n" in target_text(TargetReport("mine", {}, "", "", (part,)))
        )


def test_a_class_made_on_the_spot_is_named_in_the_script_as_it_is_at_hand():
    base = example("broken:NextStepsCorrection")._make

    class Mine(base):
        pass

    text = str(adamcheck.check(Mine, dtypes=("float64",), profile="quick", only=[DYADIC]))
    assert "      adam = load_target(Mine)\n" in text


def test_the_script_of_a_class_in_a_program_finds_the_program(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        (EXAMPLES / "broken.py").read_text()
        + "\n\nif __name__ == '__main__':\n"
        + "    import adamcheck\n"
        + "    print(adamcheck.load_target(Adam).name)\n"
    )
    done = subprocess.run(
        [sys.executable, program.name], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "program.py:Adam\n"


def test_a_target_at_hand_can_be_run_and_judged_directly(function):
    import numpy as np

    subject = adamcheck.Subject(load_target(function), adamcheck.format_of("float64"))
    trajectory = Trajectory(adamcheck.Hyperparameters(), np.zeros(2), np.ones((3, 2)))
    assert judge(subject.run(trajectory)).outcome == Ruling.ENCLOSED
