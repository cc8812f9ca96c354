"""A target is told what it is: the textbook, a dialect by name, or where it differs."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from example_targets import DYADIC, examined
from inline_snapshot import snapshot
from sampling import every

from adamcheck.adam import Hyperparameters
from adamcheck.checks.conformance import CHECKS, RESUMED, WEIGHT_DECAY
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.diagnosis import diagnose
from adamcheck.diagnosis.formula import Cause, Formula, Kind
from adamcheck.examine.plan import Plan
from adamcheck.examine.target import examine
from adamcheck.judge import judge
from adamcheck.numbers.floats import format_of
from adamcheck.report import formulas
from adamcheck.targets.base import Run, Target
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.variants import DIALECTS
from adamcheck.zoo.bugs import BUGS


def formula(target: Target, dtype: str = "float64"):
    return examine(target, dtype, Plan("quick", 0, (dtype,)), []).formula


def test_the_textbook_is_the_textbook():
    assert examined("correct:function").formula == Formula(Kind.EXPECTED)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_a_dialect_is_recognised_by_name(dtype):
    found = formula(DefinitionTarget(DIALECTS["eps-hat"], "eps-hat"), dtype)
    assert found.kind == Kind.DIALECT
    assert found.dialect == "eps-hat"
    title = DIALECTS["eps-hat"].title
    assert formulas.sentence(found, "float64").startswith(
        f"this is {title}, not textbook Adam; first wrong at step 1; differs"
    )
    assert not found.conforms


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "dialect"), [("EpsInsideRoot", "eps-inside-root"), ("NoCorrection", "no-bias-correction")]
)
def test_a_dialect_in_the_user_s_own_words_too(name, dialect):
    assert examined(f"broken:{name}").formula.dialect == dialect


@pytest.mark.slow
def test_code_that_works_in_float32_behind_float64_arrays():
    found = examined("correct:single").formula
    assert found.kind == Kind.COARSE
    assert formulas.sentence(found, "float64") == snapshot(
        "textbook Adam, but computed in float32 behind float64 arrays"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "sentence"),
    every(
        2,
        [
            (
                "FromStepSeven",
                "neither textbook Adam nor a known dialect or bug; first wrong at step 7; "
                "agrees on the first step, so check the state",
            ),
            (
                "FromStepThirty",
                "textbook Adam in every fixed experiment, but not for every input",
            ),
            (
                "ScalarTail",
                "neither textbook Adam nor a known dialect or bug; first wrong at step 1; "
                "agrees on each coordinate alone, so check what treats coordinates differently",
            ),
            (
                "Noisy",
                "the same run gives different results, so its formula cannot be determined, as with "
                "rounded-at-random, state-keyed-by-shape, step-shared-by-runs",
            ),
        ],
    ),
)
def test_what_is_no_dialect_is_told_where_it_differs(name, sentence):
    found = examined(f"broken:{name}").formula
    assert (found.kind, formulas.sentence(found, "float64")) == (Kind.UNEXPLAINED, sentence)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "bug", "sentence"),
    [
        (
            "NextStepsCorrection",
            "v-corrected-one-step-ahead",
            "textbook Adam, but v_hat uses t + 1 (the known bug v-corrected-one-step-ahead); first wrong",
        ),
        (
            "ForgetsEps",
            "eps-dropped",
            "textbook Adam, but m_hat / sqrt(v_hat), without eps (the known bug",
        ),
    ],
)
def test_a_known_bug_is_named_with_its_source(name, bug, sentence):
    found = examined(f"broken:{name}").formula
    assert found.bug == bug
    assert formulas.sentence(found, "float64").startswith(sentence)
    assert formulas.sentence(found, "float64").endswith(f"cf. {BUGS[bug].source}")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SharedCounter", "ForgetsItsStep", "ScalesItsGradient"])
def test_a_fault_of_the_state_does_not_spoil_the_formula(name):
    assert examined(f"broken:{name}").formula.kind == Kind.EXPECTED


class _DialectAtFirst(DefinitionTarget):
    """eps-hat for as long as the fixed experiments last, and then something else."""

    def start(self, parameters, hyper):
        return _TurnsAround(super().start(parameters, hyper))


class _TurnsAround(Run):
    def __init__(self, run):
        self._run, self._count, self._last = run, 0, None

    def step(self, gradient):
        self._count += 1
        after = self._run.step(gradient)
        if self._count < 26:
            self._last = after
        return self._last


@pytest.mark.exhaustive
@pytest.mark.slow
def test_a_dialect_is_not_believed_where_random_testing_finds_something_outside_it():
    found = formula(_DialectAtFirst(DIALECTS["eps-hat"]))
    assert found.kind == Kind.UNEXPLAINED
    assert found.dialect == ""


def test_nothing_is_said_where_no_radius_is_finite():
    subject = Subject(DefinitionTarget(), format_of("float16"))
    huge = np.full((3, 1), 60000.0).astype("float16")
    traces = {"huge": subject.run(Trajectory(Hyperparameters(), np.zeros(1, "float16"), huge))}
    judgements = {name: judge(trace) for name, trace in traces.items()}
    found = diagnose.explain(subject, traces, judgements, diagnose.Effort((), 1, 0))
    assert found == Formula(Kind.UNKNOWN, cause=Cause.INFINITE_RADII)
    assert not found.conforms


def test_the_checks_that_a_diagnosis_speaks_of_exist():
    assert {RESUMED, WEIGHT_DECAY, DYADIC} <= {check.name for check in CHECKS.values()}


def test_a_textbook_target_is_told_without_the_zoo():
    code = (
        "import sys; from adamcheck.examine.plan import Plan; from adamcheck.examine.target import examine; "
        "from adamcheck.targets.reference import DefinitionTarget; "
        "print(examine(DefinitionTarget(), 'float64', Plan('quick'), []).formula.kind); "
        "sys.exit('adamcheck.zoo.bugs' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, Kind.EXPECTED)
