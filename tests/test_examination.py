"""An examination in its details: dialects, known failures, hangs."""

from __future__ import annotations

import numpy as np
import pytest
from command_line import adamcheck
from example_targets import example
from inline_snapshot import snapshot

from adamcheck.adam import Adam
from adamcheck.checks.check import Outcome
from adamcheck.checks.conformance import WEIGHT_DECAY
from adamcheck.claims.claim import discover
from adamcheck.examine.plan import Plan
from adamcheck.examine.results import CONFORMS, DOES_NOT_CONFORM
from adamcheck.examine.target import HANGS, examine
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.variants import DEFINITIONS
from adamcheck.zoo.bugs import BUGS
from adamcheck.zoo.bugs.epsilon import EpsilonTenfold

DYADIC, DECIMAL = (
    "updates-are-enclosed-with-dyadic-hyperparameters",
    "updates-are-enclosed-with-decimal-hyperparameters",
)
BIAS = "bias-factor-small-t"
RESUME = "a-resumed-run-continues-bitwise"


def outcomes(target, plan) -> dict[str, str]:
    return {result.check: result.outcome for result in examine(target, "float64", plan, discover()).results}


class Forgetful(DefinitionTarget):
    """eps-hat that also forgets its moments on resume: one convention, one bug."""

    def __init__(self):
        super().__init__(DEFINITIONS["eps-hat"], "forgetful")

    def start(self, parameters, hyper):
        run = super().start(parameters, hyper)
        run.load = lambda saved: None
        return run


class OtherBitsAlone(DefinitionTarget):
    """eps-hat whose updates of a single coordinate round otherwise."""

    def __init__(self):
        super().__init__(DEFINITIONS["eps-hat"], "other bits")

    def start(self, parameters, hyper):
        run = super().start(parameters, hyper)
        if parameters.size == 1:
            step = run.step
            run.step = lambda gradient: np.nextafter(step(gradient), np.inf)
        return run


class DividesAndMultiplies(Adam):
    """m_hat by way of a 41st of it, from which a power of two does not come back exactly in float32."""

    def numerator(self, m_hat, g, t):
        return m_hat * (1 / 41) * 41


@pytest.mark.slow
class TestDialect:
    plan = Plan("quick", only=(DYADIC, DECIMAL, BIAS, RESUME))

    def test_what_the_dialect_itself_breaks_is_no_bug_of_the_target(self):
        found = outcomes(Forgetful(), self.plan)
        assert found == {
            DYADIC: Outcome.DIALECT,
            DECIMAL: Outcome.DIALECT,
            f"{BIAS}/a-late-first-gradient-shows-the-factor": Outcome.DIALECT,
            RESUME: Outcome.BROKEN,
        }

    def test_an_update_that_the_dialect_encloses_is_no_bug_of_the_target(self):
        alone = "elementwise/a-coordinate-alone-does-the-same"
        plan = Plan("quick", only=(DYADIC, alone))
        assert outcomes(OtherBitsAlone(), plan) == {DYADIC: Outcome.DIALECT, alone: Outcome.DIALECT}

    def test_an_accepted_dialect_conforms(self):
        target = DefinitionTarget(DEFINITIONS["eps-hat"], "hat")
        for accept, status in (
            ((), DOES_NOT_CONFORM),
            (("eps-hat",), CONFORMS),
            (("nadam",), DOES_NOT_CONFORM),
        ):
            plan = Plan("quick", only=self.plan.only, accept=accept)
            report = examine(target, "float64", plan, discover())
            assert report.status == status, accept
            assert bool(report.failures) == (status != CONFORMS)

    def test_a_dialect_that_the_dtype_cannot_tell_from_an_accepted_one_conforms(self):
        target = DefinitionTarget(DEFINITIONS["amsgrad-corrected-first"], "corrected first")
        for accept, only in (("amsgrad-corrected-first", (DYADIC,)), ("amsgrad", ())):
            report = examine(target, "bfloat16", Plan("quick", accept=(accept,), only=only), discover())
            assert (report.status, report.formula.dialect) == (CONFORMS, accept)
            assert {"amsgrad", "amsgrad-corrected-first"} <= {accept, *report.formula.sibling_names}

    def test_an_accepted_dialect_with_a_bug_of_its_own_does_not_conform(self):
        plan = Plan("quick", only=self.plan.only, accept=("eps-hat",))
        report = examine(Forgetful(), "float64", plan, discover())
        assert report.status == DOES_NOT_CONFORM
        assert [result.check for result in report.failures] == [RESUME]

    def test_what_the_dialect_breaks_is_not_charged_to_a_bug_beside_it(self):
        class Both(DEFINITIONS["eps-hat"], BUGS["decay-after-update"].definition):
            pass

        plan = Plan("quick", only=(DYADIC, BIAS, WEIGHT_DECAY), accept=("eps-hat",))
        report = examine(DefinitionTarget(Both), "float64", plan, discover())
        assert report.formula.name == "eps-hat + decay-after-update"
        assert {result.check: result.outcome for result in report.results} == {
            DYADIC: Outcome.DIALECT,
            f"{BIAS}/a-late-first-gradient-shows-the-factor": Outcome.DIALECT,
            WEIGHT_DECAY: Outcome.BROKEN,
        }
        assert report.status == DOES_NOT_CONFORM

    def test_the_accuracy_of_a_dialect_is_measured_against_the_dialect(self):
        report = examine(DefinitionTarget(DEFINITIONS["eps-hat"], "hat"), "float64", self.plan, [])
        assert report.accuracy.dyadic.radii < 1

    @pytest.mark.parametrize("dialect", ["adam", "eps-hat"])
    def test_what_coarse_precision_itself_breaks_is_no_bug_of_the_target(self, dialect):
        cycle = "two-cycles/without-first-moment-the-cycle-starts-at-once"
        plan = Plan("quick", only=(DYADIC, DECIMAL, RESUME, cycle))
        target = DefinitionTarget(DEFINITIONS[dialect], "single", precision="float32")
        report = examine(target, "float64", plan, discover())
        assert report.formula.precision == "float32"
        assert report.status == DOES_NOT_CONFORM
        assert {result.check: result.outcome for result in report.results} == {
            DYADIC: Outcome.DIALECT,
            DECIMAL: Outcome.DIALECT,
            RESUME: Outcome.KEPT,
            cycle: Outcome.DIALECT,
        }
        assert report.accuracy.dyadic.format == "float32"
        assert report.accuracy.dyadic.radii < 1

    def test_what_another_order_of_evaluation_breaks_in_coarse_precision_is_no_bug(self):
        law = "eps-conventions/at-a-gradient-of-eps-the-first-update-is-half-of-lr"
        for definition, outcome in (
            (DividesAndMultiplies, Outcome.DIALECT),
            (EpsilonTenfold, Outcome.BROKEN),
        ):
            target = DefinitionTarget(definition, "single", precision="float32")
            report = examine(target, "float64", Plan("quick", only=(DYADIC, law)), discover())
            assert {result.check: result.outcome for result in report.results}[law] == outcome

    def test_the_command_line_accepts_a_dialect(self):
        options = ("--only", DYADIC, "--profile", "quick", "--dtype", "float64", "--in-process")
        output = adamcheck(
            "verify", "broken.py:NoCorrection", *options, "--accept", "no-bias-correction", status=0
        )
        assert "conforms in float64: the accepted dialect no-bias-correction" in output.out

    def test_a_definition_that_does_not_exist(self):
        with pytest.raises(ValueError, match=r"no definition 'eps-hut' \(did you mean eps-hat\?\)"):
            Plan(accept=("eps-hut",))


@pytest.mark.slow
class TestExpectations:
    def test_an_expected_failure_is_counted_as_such_and_a_stale_one_is_told(self):
        target = DefinitionTarget(DEFINITIONS["eps-hat"], "hat")
        expected = {"hat": {DYADIC: "eps enters early", RESUME: "never saved"}}
        plan = Plan("quick", only=(DYADIC, RESUME), expected=expected)
        found = {result.check: result for result in examine(target, "float64", plan, []).results}
        first, second = found[DYADIC], found[RESUME]
        assert (first.outcome, first.message.partition(": ")[0]) == (Outcome.EXPECTED, "eps enters early")
        assert second.outcome == Outcome.KEPT
        assert second.notes == snapshot(("expected to fail (never saved), but kept: remove the expectation",))

    def test_expectations_are_read_from_a_file(self, tmp_path):
        file = tmp_path / "known.toml"
        file.write_text(f'["broken.py:ForgetsItsStep"]\n{RESUME} = "step is not saved"\n')
        options = ("--only", RESUME, "--profile", "quick", "--dtype", "float64", "--in-process")
        output = adamcheck("verify", "broken.py:ForgetsItsStep", *options, "--expect", str(file), status=0)
        assert "(1 expected failure" in output.out
        assert f"\n  expected  {RESUME}: step is not saved: " in output.out
        assert output.err == ""

    def test_a_table_of_no_target_is_a_warning_beside_others(self, tmp_path):
        file = tmp_path / "known.toml"
        file.write_text(
            f'["broken.py:ForgetsItsStep"]\n{RESUME} = "not saved"\n'
            f'["broken.py:ForgetsItStep"]\n{RESUME} = "x"\n'
        )
        options = ("--only", RESUME, "--profile", "quick", "--dtype", "float64", "--in-process")
        output = adamcheck("verify", "broken.py:ForgetsItsStep", *options, "--expect", str(file), status=0)
        assert output.err == (
            f"adamcheck: warning: {file}: no target 'broken.py:ForgetsItStep' (did you mean "
            "broken.py:ForgetsItsStep?) in this run, which is of broken.py:ForgetsItsStep\n"
        )

    @pytest.mark.parametrize(
        ("text", "error"),
        [
            ("x", "is not a TOML file"),
            ("x = 1", 'x: expected a table of CHECK = "reason"'),
            ('[x]\nno-check = "y"', "no check 'no-check'"),
            (f'["correct.py:functoin"]\n{RESUME} = "y"', "(did you mean correct.py:function?) in this run"),
            (f'["correct.py:function"]\n{RESUME} = " "', f"{RESUME}: the reason is empty: say why it fails"),
            (None, "cannot read"),
        ],
    )
    def test_a_file_that_says_something_else_is_one_line(self, tmp_path, text, error):
        file = tmp_path / "known.toml"
        if text is not None:
            file.write_text(text)
        output = adamcheck("verify", "correct.py:function", "--expect", str(file), status=2)
        assert error in output.err


def test_after_some_hangs_the_rest_does_not_run():
    plan = Plan("quick", patience=0.2)
    results = examine(example("misbehaving:hangs_later"), "float64", plan, discover()).results
    found = [result.outcome for result in results]
    assert found.count(Outcome.TIMED_OUT) == HANGS
    assert set(found[[i for i, x in enumerate(found) if x == Outcome.TIMED_OUT][-1] + 1 :]) == {
        Outcome.NOT_RUN
    }
