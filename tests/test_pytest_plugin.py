"""The pytest door: checks as tests, with failures that explain themselves."""

from __future__ import annotations

import subprocess
import sys

import pytest
from command_line import EXAMPLES

from adamcheck.targets.known import KNOWN, Known
from adamcheck.testing import target_checks

assert target_checks, "numpy cannot be loaded again by each of the runs below, so it is loaded here"

INSTANCES, DYADIC = "two-instances-are-independent", "updates-are-enclosed-with-dyadic-hyperparameters"

pytest_plugins = ["pytester"]

SOME = "dyadic or two-instances or decay"
"""Words that choose one check that can break, one of the state, and one that may not apply."""


@pytest.fixture
def run(pytester, monkeypatch):
    """Runs pytest in a folder with the examples in it."""
    for file in EXAMPLES.glob("*.py"):
        (pytester.path / file.name).write_text(file.read_text())
    monkeypatch.syspath_prepend(pytester.path)

    def run(*arguments, source: str = ""):
        if source:
            pytester.makepyfile(source)
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-rs", *arguments)

    return run


@pytest.mark.slow
class TestOption:
    def test_a_correct_adam_passes_and_what_does_not_apply_is_skipped(self, run):
        result = run("--adamcheck", "correct.py:function", "-k", SOME)
        result.assert_outcomes(passed=4, skipped=4, deselected=None)
        result.stdout.fnmatch_lines(["SKIPPED * not applicable: offers no weight_decay"])

    def test_each_check_and_dtype_is_a_test_of_its_own(self, run):
        result = run("--adamcheck", "correct.py:Class", "-k", "two-instances", "-v")
        result.stdout.fnmatch_lines(
            [
                "*::adamcheck::correct.py:Class-two-instances-are-independent-float64 PASSED*",
                "*::adamcheck::correct.py:Class-two-instances-are-independent-float32 PASSED*",
            ]
        )

    def test_checks_are_counted_as_collected(self, run):
        result = run("--adamcheck", "reference", "-k", "two-instances")
        rest = result.parseoutcomes()["deselected"]
        result.stdout.fnmatch_lines([f"collected {rest + 2} items / {rest} deselected / 2 selected"])

    def test_a_program_is_tested_like_a_function(self, run):
        name = f"exec:{sys.executable} program.py chatty"
        result = run("--adamcheck", name, "-k", "two-instances or arguments-are")
        result.assert_outcomes(passed=1, skipped=1)

    def test_a_program_with_a_wrong_harness_is_one_line(self, run):
        result = run("--adamcheck", f"exec:{sys.executable} program.py protocol-2")
        result.stderr.fnmatch_lines(["ERROR: exec:*: its harness is wrong: *"])

    def test_a_broken_adam_fails_with_the_counterexample_and_a_script(self, run):
        result = run("--adamcheck", "broken.py:NextStepsCorrection", "-k", "dyadic and float64")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            [
                "broken.py:NextStepsCorrection (float64): broken updates-are-enclosed-with-dyadic-*",
                "Every update is enclosed with hyperparameters that no dtype rounds.",
                "step 1: the update is -0.9376495132596845, expected -0.8 +- *: off by * radii",
                "adam = load_target('broken.py:NextStepsCorrection')",
                "for gradient in [[][[]1.0]]:",
            ]
        )
        result.stdout.no_fnmatch_line("*Traceback*")
        result.stdout.no_fnmatch_line("*adamcheck/testing.py*")

    def test_a_wrong_formula_fails_once_and_the_failure_says_what_it_is(self, run):
        result = run("--adamcheck", "broken.py:NextStepsCorrection", "-k", "updates-are and float64")
        outcomes = result.parseoutcomes()
        assert outcomes["failed"] == 1
        assert outcomes["skipped"] > 5
        assert len(result.outlines) < 50
        result.stdout.fnmatch_lines(
            [
                "broken.py:NextStepsCorrection (float64): textbook Adam, but v_hat uses t + 1 (*)",
                "broken.py:NextStepsCorrection (float64): broken updates-are-enclosed-*",
            ]
        )

    def test_a_crash_fails(self, run):
        result = run("--adamcheck", "misbehaving.py:raises", "-k", "dyadic and float64")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            ["RuntimeError: out of cheese (misbehaving.py, line 51) in a call of step"]
        )

    def test_a_misspelt_target_is_a_usage_error(self, run):
        result = run("--adamcheck", "correct.py:funktion")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(
            ["ERROR: no target 'correct.py:funktion': no 'funktion' in correct.py (did you mean function?)"]
        )

    def test_a_misspelt_profile_is_a_usage_error(self, run):
        result = run("--adamcheck", "reference", "--adamcheck-profile", "fast")
        assert result.ret == pytest.ExitCode.USAGE_ERROR

    def test_the_dtype_is_chosen(self, run):
        result = run("--adamcheck", "correct.py:function", "-k", "two-instances", "--adamcheck-dtype", "all")
        result.assert_outcomes(passed=4)
        result = run(
            "--adamcheck", "correct.py:function", "-k", "dyadic", "--adamcheck-dtype", "bfloat16", "-v"
        )
        result.assert_outcomes(passed=1)
        result.stdout.fnmatch_lines(["*-dyadic-hyperparameters-bfloat16 PASSED*"])

    def test_what_an_accepted_dialect_breaks_is_no_failure(self, run):
        some = ("--adamcheck", "broken.py:NoCorrection", "-k", "dyadic and float64")
        run(*some).assert_outcomes(failed=1)
        result = run(*some, "--adamcheck-accept", "eps-hat", "--adamcheck-accept", "no-bias-correction")
        result.assert_outcomes(skipped=1)
        result.stdout.fnmatch_lines(["SKIPPED * dialect: *"])

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (("dtype", "float46"), "unknown dtype 'float46': expected one of float64, *"),
            (("accept", "eps-hut"), "no definition 'eps-hut' (did you mean eps-hat?)"),
            (("expect", "nowhere.toml"), "cannot read nowhere.toml: No such file or directory"),
        ],
    )
    def test_options_that_make_no_sense_are_one_line(self, run, options, said):
        option, value = options
        result = run("--adamcheck", "reference", f"--adamcheck-{option}", value)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([f"ERROR: {said}"])

    def test_a_run_without_the_option_is_left_alone(self, run):
        result = run(source="def test_own(): pass")
        result.assert_outcomes(passed=1)

    def test_the_tests_of_the_user_run_too(self, run):
        chosen = ("-k", "test_own or two-instances")
        result = run("--adamcheck", "reference", *chosen, source="def test_own(): pass")
        result.assert_outcomes(passed=3, deselected=None)

    def test_with_several_workers(self, run):
        pytest.importorskip("xdist")
        result = run("--adamcheck", "correct.py:function", "-k", "two-instances", "-n", "2")
        result.assert_outcomes(passed=2)

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("torhc",), "no target 'torhc' (did you mean torch?)"),
            (
                ("reference", "--adamcheck-accept", "eps-hut"),
                "no definition 'eps-hut' (did you mean eps-hat?)",
            ),
        ],
    )
    def test_what_cannot_be_used_is_one_line_with_several_workers_too(self, run, arguments, said):
        pytest.importorskip("xdist")
        result = run("--adamcheck", *arguments, "-n", "2")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([f"ERROR: {said}"])


@pytest.mark.slow
class TestIdentity:
    HEADLINE = (
        "broken.py:NextStepsCorrection (float64): textbook Adam, but v_hat uses t + 1 "
        "(the known bug v-corrected-one-step-ahead)*"
    )

    def test_each_target_with_failed_checks_is_told_once_what_it_is(self, run):
        names = ("correct.py:function", "broken.py:NextStepsCorrection", "broken.py:SharedCounter")
        targets = [argument for name in names for argument in ("--adamcheck", name)]
        result = run(*targets, "-k", "two-instances or dyadic")
        result.assert_outcomes(passed=8, failed=4)
        result.stdout.fnmatch_lines(
            [
                "*= what the targets are =*",
                self.HEADLINE,
                "broken.py:SharedCounter (float64): textbook Adam, but all runs share one counter "
                "(the known bug step-shared-by-runs); failing: state; *",
            ]
        )
        section = next(i for i, line in enumerate(result.outlines) if "what the targets are" in line)
        told = [line for line in result.outlines[section:] if "(float64): textbook" in line]
        assert len(told) == 2  # a line each

    def test_the_process_that_prints_tells_what_the_targets_are_where_there_are_several(self, run):
        pytest.importorskip("xdist")
        result = run("--adamcheck", "broken.py:NextStepsCorrection", "-k", "dyadic", "-n", "2")
        assert (
            result.outlines.count(next(line for line in result.outlines if "what the targets" in line)) == 1
        )
        result.stdout.fnmatch_lines([self.HEADLINE])

    def test_what_a_target_is_is_told_in_the_dtype_in_which_it_fails(self, run):
        chosen = ("--adamcheck-dtype", "bfloat16", "--adamcheck-dtype", "float32")
        result = run("--adamcheck", "broken.py:NextStepsCorrection", "-k", "dyadic", *chosen)
        result.stdout.fnmatch_lines(["broken.py:NextStepsCorrection (float32): textbook Adam, but *"])

    def test_nothing_is_said_where_nothing_failed_or_a_failure_is_only_expected(self, run, pytester):
        for name, check in (("correct.py:function", INSTANCES), ("broken.py:SharedCounter", INSTANCES)):
            (pytester.path / "known.toml").write_text(f'["broken.py:SharedCounter"]\n{check} = "issue 12"\n')
            known = ("--adamcheck-expect", "known.toml") if name.startswith("broken") else ()
            result = run("--adamcheck", name, "-k", check, *known)
            result.stdout.no_fnmatch_line("*what the targets are*")


class TestExpectations:
    @pytest.fixture
    def expect(self, run, pytester):
        """Runs one check on a target, which has known failures in a file: pairs of a name and a check."""

        def expect(target: str, check: str, *tables: tuple[str, str], options=()):
            known = (f'["{name}"]\n{failing} = "issue 12"\n' for name, failing in tables)
            (pytester.path / "known.toml").write_text("".join(known))
            return run(
                "--adamcheck", target, "-k", check, "-rx", "--adamcheck-expect", "known.toml", *options
            )

        return expect

    def test_a_known_failure_is_an_xfail_with_its_reason(self, expect):
        result = expect("broken.py:SharedCounter", INSTANCES, ("broken.py:SharedCounter", INSTANCES))
        result.assert_outcomes(xfailed=2)
        result.stdout.fnmatch_lines(["XFAIL *-float64 - issue 12: beside another instance: *"])

    def test_a_known_failure_fails_with_its_counterexample_under_runxfail(self, expect):
        name = "broken.py:SharedCounter"
        result = expect(name, INSTANCES, (name, INSTANCES), options=("--runxfail",))
        result.assert_outcomes(failed=2)
        result.stdout.fnmatch_lines(["issue 12: beside another instance: *", "adam = load_target(*"])

    def test_a_known_failure_that_is_kept_fails_and_says_what_to_do(self, expect):
        result = expect("correct.py:function", INSTANCES, ("correct.py:function", INSTANCES))
        result.assert_outcomes(failed=2)
        result.stdout.fnmatch_lines(
            [
                f"correct.py:function (float64): {INSTANCES}: "
                "expected to fail (issue 12), but kept: remove the expectation"
            ]
        )
        result.stdout.no_fnmatch_line("*adamcheck/testing.py*")

    def test_a_known_failure_of_another_dtype_is_not_stale(self, expect):
        result = expect("correct.py:single", DYADIC, ("correct.py:single", DYADIC))
        result.assert_outcomes(xfailed=1, passed=1)

    def test_a_table_of_no_target_is_misspelt(self, expect):
        result = expect("correct.py:function", INSTANCES, ("correct.py:functoin", INSTANCES))
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["ERROR: *(did you mean correct.py:function?) in this run, *"])

    def test_a_table_of_no_target_beside_others_is_a_warning(self, expect):
        name = "broken.py:SharedCounter"
        tables = (name, INSTANCES), ("torch", INSTANCES)
        said = f"*known.toml: no target 'torch' in this run, which is of {name}"
        alone = ":known.toml:pytest.PytestWarning"  # pytest itself may warn, too
        result = expect(name, INSTANCES, *tables, options=("-W", "ignore", "-W", f"default{alone}"))
        result.assert_outcomes(xfailed=2, warnings=1)
        result.stdout.fnmatch_lines([said])
        result = expect(name, INSTANCES, *tables, options=("-W", "ignore", "-W", f"error{alone}"))
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([f"ERROR: {said}"])


class TestDecorator:
    def test_every_check_calls_the_test(self, run):
        result = run(
            "-k",
            SOME,
            source="""
            import adamcheck
            from correct import Class

            @adamcheck.parametrize_with_checks([Class, "correct.py:function"], dtypes=["float32"])
            def test_adam(check):
                check()
            """,
        )
        result.assert_outcomes(passed=6, skipped=2, deselected=None)

    def test_a_library_that_is_not_installed_is_one_skipped_test(self, run, monkeypatch):
        monkeypatch.setitem(KNOWN, "elsewhere", Known("nowhere:Adam", "nowhere"))
        result = run(
            "-k",
            "two-instances or not-installed",
            source="""
            import adamcheck

            @adamcheck.parametrize_with_checks(["correct.py:function", "elsewhere"], dtypes=["float32"])
            def test_adam(check):
                check()
            """,
        )
        result.assert_outcomes(passed=1, skipped=1, deselected=None)
        result.stdout.fnmatch_lines(["SKIPPED * target 'elsewhere' needs nowhere, which is not installed"])

    def test_a_failure_names_the_check_and_how_to_repeat_it(self, run):
        result = run(
            "-k",
            "two-instances",
            source="""
            import adamcheck
            from broken import SharedCounter

            @adamcheck.parametrize_with_checks([SharedCounter], dtypes=["float64"])
            def test_adam(check):
                check()
            """,
        )
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            [
                "*test_adam[[]broken:SharedCounter-two-instances-are-independent-float64[]]*",
                "E * Two instances * that step in turn do not affect each other.",
                "E * beside another instance: * is not bitwise -0.8 (step 1, coordinate 0)",
                "E * adam = load_target('broken:SharedCounter')",
            ]
        )
        result.stdout.no_fnmatch_line("*adamcheck/testing.py*")

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ('["torhc"]', "no target 'torhc' (did you mean torch?)"),
            ("[7]", "*expected a class or function that makes an Adam"),
            ('["reference"], dtypes=["float46"]', "unknown dtype 'float46': expected one of *"),
            ('["reference"], profile="fast"', "no profile 'fast': expected one of quick, standard, thorough"),
        ],
    )
    def test_what_cannot_be_used_is_one_line(self, run, arguments, said):
        result = run(
            source=f"""
            import adamcheck

            @adamcheck.parametrize_with_checks({arguments})
            def test_adam(check):
                check()
            """
        )
        assert result.ret == pytest.ExitCode.INTERRUPTED
        result.stdout.fnmatch_lines([said])
        result.stdout.no_fnmatch_line("*Traceback*")
        result.stdout.no_fnmatch_line("*adamcheck/*.py:*")


def test_the_plugin_costs_a_run_without_it_its_own_import_and_the_choices_alone():
    program = (
        "import sys, adamcheck.pytest_plugin\n"
        "print(*sorted(m for m in sys.modules if m.startswith(('adamcheck', 'numpy', 'hypothesis'))))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["adamcheck", "adamcheck.choices", "adamcheck.pytest_plugin"]
