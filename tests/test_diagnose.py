"""A target is told what it is: the textbook, a dialect by name, or where it differs."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from example_targets import examined

from adamcheck import diagnose
from adamcheck.adam import Adam, Hyperparameters
from adamcheck.assertions import Broken
from adamcheck.conformance import CHECKS, REPEATED, RESUMED, WEIGHT_DECAY, probe
from adamcheck.diagnose import BUG, CHANGED, COARSER, DIALECT, TEXTBOOK, UNEXPLAINED, UNKNOWN, Formula
from adamcheck.diagnosis import procedure
from adamcheck.diagnosis.hypotheses import decaying, named
from adamcheck.diagnosis.likeness import PLAIN, like
from adamcheck.diagnosis.search import TRACES
from adamcheck.examination import Plan, examine
from adamcheck.judge import judge
from adamcheck.numbers.floats import format_of
from adamcheck.targets.base import Run, Target
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.trajectory import Subject, Trajectory
from adamcheck.variants import DEFINITIONS, DIALECTS
from adamcheck.variants import TEXTBOOK as TEXTBOOKS
from adamcheck.variants.bugs import BUGS
from adamcheck.variants.bugs.experiments import ASKED_BY, ORDINARY
from adamcheck.variants.bugs.faulty import FaultyRun, FaultyTarget
from adamcheck.variants.equivalents import EQUIVALENTS, FusedMultiplyAdd, Lerp, RateOverFirstCorrection


def formula(target: Target, dtype: str = "float64"):
    return examine(target, dtype, Plan("quick", 0, (dtype,)), []).formula


def test_the_textbook_is_the_textbook():
    assert examined("correct:function").formula == diagnose.Formula(TEXTBOOK, Adam.title)


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_a_dialect_is_recognised_by_name(dtype):
    found = formula(DefinitionTarget(DIALECTS["eps-hat"], "eps-hat"), dtype)
    assert found.kind == DIALECT
    assert found.dialect == "eps-hat"
    title = DIALECTS["eps-hat"].title
    assert found.sentence.startswith(
        f"not textbook Adam: behaves exactly like {title}; first wrong at step 1; differs"
    )
    assert not found.conforms


@pytest.mark.parametrize(
    ("name", "dialect"), [("EpsInsideRoot", "eps-inside-root"), ("NoCorrection", "no-bias-correction")]
)
def test_a_dialect_in_the_user_s_own_words_too(name, dialect):
    assert examined(f"broken:{name}").formula.dialect == dialect


def test_code_that_works_in_float32_behind_float64_arrays():
    found = examined("correct:single").formula
    assert found.kind == COARSER
    assert found.sentence == "textbook Adam, but computed in float32 behind float64 arrays"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "FromStepSeven",
            "neither the textbook formula nor a known dialect or bug; first wrong at step 7; "
            "agrees on the first step, so look at what is remembered",
        ),
        (
            "FromStepThirty",
            "the textbook formula in every fixed experiment, but not for every input",
        ),
        (
            "ScalarTail",
            "neither the textbook formula nor a known dialect or bug; first wrong at step 1; "
            "agrees on each coordinate alone, so look at what treats coordinates differently",
        ),
        (
            "Noisy",
            "the same run gives different results, so that its formula cannot be told, as with "
            "rounded-at-random, state-keyed-by-shape, step-shared-by-runs",
        ),
    ],
)
def test_what_is_no_dialect_is_told_where_it_differs(name, sentence):
    found = examined(f"broken:{name}").formula
    assert (found.kind, found.sentence) == (UNEXPLAINED, sentence)


@pytest.mark.parametrize(
    ("name", "bug", "sentence"),
    [
        (
            "NextStepsCorrection",
            "v-corrected-one-step-ahead",
            "textbook Adam, but v_hat uses t + 1 (the bug v-corrected-one-step-ahead); first wrong at step 1",
        ),
        ("ForgetsEps", "eps-dropped", "textbook Adam, but m_hat / sqrt(v_hat), without eps (the bug eps-"),
    ],
)
def test_a_known_bug_is_named_with_its_source(name, bug, sentence):
    found = examined(f"broken:{name}").formula
    assert found.bug == bug
    assert found.sentence.startswith(sentence)
    assert found.sentence.endswith(f"cf. {BUGS[bug].source}")


@pytest.mark.parametrize("name", ["SharedCounter", "ForgetsItsStep", "ScalesItsGradient"])
def test_a_fault_of_the_state_does_not_spoil_the_formula(name):
    assert examined(f"broken:{name}").formula.kind == TEXTBOOK


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


def test_a_dialect_is_not_believed_where_random_testing_finds_something_outside_it():
    found = formula(_DialectAtFirst(DIALECTS["eps-hat"]))
    assert found.kind == UNEXPLAINED
    assert found.dialect == ""


def test_nothing_is_said_where_no_radius_is_finite():
    subject = Subject(DefinitionTarget(), format_of("float16"))
    huge = np.full((3, 1), 60000.0).astype("float16")
    traces = {"huge": subject.run(Trajectory(Hyperparameters(), np.zeros(1, "float16"), huge))}
    judgements = {name: judge(trace) for name, trace in traces.items()}
    found = diagnose.explain(subject, traces, judgements, broken=(), examples=1, seed=0)
    assert found == diagnose.Formula(UNKNOWN, "float16 cannot tell: every radius is infinite")
    assert not found.conforms


IDENTICAL = {
    "peak-not-stored": "adam",
    "schedule-ignored": "adam",
    "decay-coupled": "adam-l2",
    "decay-decoupled": "adamw",
}
"""Bugs of a variant that are another definition, formula for formula: no experiment can tell."""

NOT_A_NUMBER = {"step-counts-from-zero"}
"""A wrong formula that gives NaN from the start: nothing is enclosed, and so it is not named."""

LATE = {"step-stops-at-hundred", "correction-ends", "counter-in-bfloat16"}
"""Wrong formulas that are right in all the fixed experiments: a check has to find them first."""

WRONG_FORMULAS = [b for b in BUGS.values() if b.definition and b.name not in IDENTICAL]

SINGLE_CHECK = "updates-are-enclosed-with-dyadic-hyperparameters"


def told(target: Target, dtype: str = "float64", broken: tuple[str, ...] = ()) -> Formula:
    """The diagnosis of a target, confirmed by very few examples, and without its checks."""
    subject = Subject(target, format_of(dtype))
    try:
        probe(subject)
    except Broken as reason:
        return diagnose.explain_unusable(subject, str(reason), examples=1, seed=0)
    if target.capabilities.weight_decay:
        broken = (*broken, WEIGHT_DECAY)
    return diagnose.diagnose(subject, broken=broken, examples=1, seed=0).formula


def is_named(found: Formula, name: str) -> bool:
    return name in (found.name, *found.siblings)


@pytest.mark.parametrize("name", [name for name in DEFINITIONS if name not in TEXTBOOKS])
def test_every_dialect_is_named_first(name):
    found = told(DefinitionTarget(DEFINITIONS[name], name))
    assert found.dialect == name
    assert found.kind == DIALECT
    # Only what is the same formula may stand beside it.
    assert all("decay-decoupled" in sibling for sibling in found.siblings)


@pytest.mark.parametrize("bug", WRONG_FORMULAS, ids=lambda bug: bug.name)
def test_every_wrong_formula_is_named_first(bug):
    found = told(bug.target(), broken=(SINGLE_CHECK,) if bug.name in LATE else ())
    if bug.name in NOT_A_NUMBER:
        assert (found.kind, found.name, found.siblings) == (UNEXPLAINED, "", (bug.name,))
    else:
        assert (found.kind, found.bug) == (BUG, bug.name)
        assert found.source == bug.source
        assert found.siblings == ()


@pytest.mark.parametrize(("name", "definition"), IDENTICAL.items())
def test_a_bug_that_is_another_definition_goes_by_the_name_of_that(name, definition):
    assert told(BUGS[name].target()) == told(DefinitionTarget(DEFINITIONS[definition]))


def test_how_weights_decay_stands_beside_the_name_of_a_dialect():
    (base,) = (hypothesis for hypothesis in named() if hypothesis.dialect == "amsgrad")
    said = [hypothesis.says.removeprefix(f"{base.says}; weight decay is ") for hypothesis in decaying(base)]
    assert {"decoupled", "coupled (L2)", "decoupled, and lr does not scale it"} <= set(said)
    assert not [words for words in said if words.startswith(base.says)]


SAMPLE = ["only-first-moment-corrected", "step-counts-from-two", "betas-swapped", "decay-of-ones"]


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        *((name, "float32") for name in [*SAMPLE, "eps-tenfold", "v-corrected-in-place", "gradient-clipped"]),
        *[(SAMPLE[0], "float16"), (SAMPLE[1], "bfloat16"), (SAMPLE[3], "bfloat16")],
    ],
)
def test_in_a_coarse_dtype_the_right_name_is_there_and_what_cannot_be_told_from_it(name, dtype):
    found = told(BUGS[name].target(), dtype)
    assert is_named(found, name)
    if found.siblings:
        assert f"{dtype} cannot tell it from" in found.sentence
    if dtype == "float32":
        assert (found.bug, found.siblings) == (name, ())


def test_no_more_than_twenty_traces_are_looked_at(monkeypatch):
    counted = []
    run = Subject.run
    monkeypatch.setattr(Subject, "run", lambda *a: counted.append(a) or run(*a))
    monkeypatch.setattr(procedure, "enclosure_checks", lambda definition: ())
    assert told(DefinitionTarget(DEFINITIONS["amsgrad"]), "bfloat16").dialect == "amsgrad"
    assert 7 <= len(counted) <= TRACES


class _CubeRoot(Adam):
    """A formula that nobody has reported."""

    def denominator(self, v_hat, t):
        return np.cbrt(v_hat) + self.hyper.eps


class _PartOfTheGradient(Adam):
    def numerator(self, m_hat, g, t):
        return m_hat + 0.1 * g


class _LateSign(Adam):
    def numerator(self, m_hat, g, t):
        return m_hat if t < 4 else np.abs(m_hat)


@pytest.mark.parametrize(
    ("definition", "dtype"),
    [(_CubeRoot, "float32"), (_PartOfTheGradient, "float64"), (_PartOfTheGradient, "bfloat16")],
)
def test_an_unknown_formula_stays_without_a_name(definition, dtype):
    found = told(DefinitionTarget(definition), dtype)
    assert found.kind == UNEXPLAINED
    assert (found.name, found.siblings) == ("", ())
    assert found.observed[0].startswith("first wrong at step ")
    assert all(observation in found.sentence for observation in found.observed)


def test_what_is_observed_of_an_unknown_formula():
    assert (
        "the first update grows as the power 0.33 of the gradient, not 0"
        in told(DefinitionTarget(_CubeRoot)).observed
    )
    assert (
        "in the first step eps acts as 0.909 eps (eps = 9.54e-07)"
        in told(DefinitionTarget(_PartOfTheGradient)).observed
    )
    assert told(DefinitionTarget(_LateSign)).observed[:2] == (
        "first wrong at step 4",
        "agrees on the first step, so look at what is remembered",
    )


class _SignOnly(Adam):
    """No average, no beta2, and no eps that counts."""

    def update(self, state, parameters, gradient):
        return replace(state, step=state.step + 1), -self.hyper.lr * np.sign(gradient) * (
            1 + self.hyper.beta1
        )


class _DecaysUnasked(Adam):
    def decay(self, parameters, update):
        return (
            update - self.hyper.lr * 0.02 * parameters - 1e-3 * self.hyper.lr * parameters * abs(parameters)
        )


class _Centred(Adam):
    coordinatewise = False

    def gradient(self, gradient, parameters):
        return gradient - np.mean(gradient)


def test_what_a_formula_depends_on_and_should_not_is_observed():
    (observed,) = told(DefinitionTarget(_DecaysUnasked), broken=(SINGLE_CHECK,)).observed
    assert observed.startswith("the updates depend on the parameters, not on the gradients alone")
    for dtype in ("float64", "bfloat16"):
        observed = told(DefinitionTarget(_Centred), dtype).observed
        assert "an update depends on the gradients of other coordinates" in observed


def test_what_a_formula_does_not_depend_on_is_observed():
    observed = told(DefinitionTarget(_SignOnly)).observed
    assert {"does not depend on beta2", "does not depend on eps"} <= set(observed)
    assert "does not depend on earlier gradients" in observed
    assert not {"does not depend on lr", "does not depend on beta1"} & set(observed)


def pair(first: str, second: type[Adam]) -> DefinitionTarget:
    return DefinitionTarget(type("Pair", (DEFINITIONS[first], second), {}))


@pytest.mark.parametrize(
    ("dialect", "other", "named"),
    [
        ("eps-hat", BUGS["decay-of-ones"].definition, "eps-hat + decay-of-ones"),
        ("eps-hat", DEFINITIONS["adamw"], "eps-hat"),
        ("eps-hat", DEFINITIONS["no-bias-correction"], "eps-hat + no-bias-correction"),
        (
            "eps-inside-root",
            BUGS["step-counts-from-two"].definition,
            "eps-inside-root + step-counts-from-two",
        ),
        ("amsgrad", BUGS["eps-tenfold"].definition, "amsgrad + eps-tenfold"),
    ],
)
def test_a_dialect_with_another_fault_is_both(dialect, other, named):
    found = told(pair(dialect, other))
    assert found.name == named
    assert found.dialect.startswith(dialect)


def with_hyper(change) -> DefinitionTarget:
    class Changed(Adam):
        def __init__(self, hyper):
            super().__init__(change(hyper))

    return DefinitionTarget(Changed)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda h: h.replace(lr=h.lr * (1 + 1e-6)), "lr is multiplied by 1.000001"),
        (lambda h: h.replace(lr=0.005), "lr is 0.005, whatever is asked for"),
        (lambda h: h.replace(eps=h.eps * 3), "eps is multiplied by 3"),
        (lambda h: h.replace(eps=1e-5), "eps is 1e-05, whatever is asked for"),
        (lambda h: h.replace(beta2=float(np.float32(h.beta2))), "beta2 is rounded to float32"),
        (lambda h: h.replace(beta2=0.98), "beta2 is 0.98, whatever is asked for"),
        (lambda h: h.replace(beta2=h.beta2 * (1 - 1e-9)), "beta2 is multiplied by 0.999999999"),
        (lambda h: h.replace(beta1=1 - 1.5 * (1 - h.beta1)), "1 - beta1 is multiplied by 1.5"),
    ],
)
def test_one_hyperparameter_that_is_another_number_is_solved_for(change, says):
    found = told(with_hyper(change))
    assert found.kind == CHANGED
    assert found.sentence.startswith(f"textbook Adam, but {says}; first wrong at step ")


def test_a_number_that_changes_with_the_step_is_not_taken_for_a_constant():
    class Drifting(Adam):
        def numerator(self, m_hat, g, t):
            return m_hat * (1 + 1e-3 * t)

    found = told(DefinitionTarget(Drifting))
    assert found.kind == UNEXPLAINED


FORMULA_OF_ONE_DTYPE = {"moments-restart-in-float16"}
"""In the one dtype in which it shows it is a formula with a name of its own."""

PROGRAMS = [b for b in BUGS.values() if b.definition is None and b.name not in FORMULA_OF_ONE_DTYPE]
"""Bugs that are no formula."""

DIFFERENT_EACH_TIME = {"rounded-at-random", "state-keyed-by-shape", "step-shared-by-runs"}


def broken_by(bug) -> tuple[str, ...]:
    """The check that is there for the kind of a bug."""
    return (ASKED_BY.get(bug.exposes.name, ORDINARY),)


@pytest.mark.parametrize("bug", PROGRAMS, ids=lambda bug: bug.name)
def test_a_bug_that_is_no_formula_is_recognised_by_what_it_does(bug):
    if bug.name in DIFFERENT_EACH_TIME:
        found = told(bug.target(), broken=(REPEATED,))
        assert (found.kind, found.bug, set(found.siblings)) == (UNEXPLAINED, "", DIFFERENT_EACH_TIME)
        return
    found = told(bug.target(), broken=broken_by(bug))
    assert (found.bug, found.siblings) == (bug.name, ())
    assert found.sentence.endswith(f"cf. {bug.source}")


SAMPLE_OF_PROGRAMS = [
    "load-swaps-moments",
    "gradient-zeroed",
    "stepped-twice",
    "tail-not-corrected",
    "moments-of-the-first-tensor",
    "start-overwritten",
    "coordinates-count-their-own-steps",
]


@pytest.mark.parametrize("rewrite", [Lerp, RateOverFirstCorrection, FusedMultiplyAdd])
@pytest.mark.parametrize("name", SAMPLE_OF_PROGRAMS)
def test_and_so_in_another_order_of_evaluation(name, rewrite):
    bug = BUGS[name]
    target = FaultyTarget("somebody's", bug.target()._run, rewrite)
    assert [
        found.name for found in like(subject_of(target), ("adam", "adam-l2"), broken_by(bug), decays=False)
    ] == [name]


def subject_of(target: Target, dtype: str = "float64") -> Subject:
    return Subject(target, format_of(dtype))


@pytest.mark.parametrize("rewrite", ["lerp", "reciprocals", "expm1-of-log1p", "scalars-in-the-dtype"])
@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
def test_correct_code_is_like_no_bug(rewrite, dtype):
    subject = subject_of(EQUIVALENTS[rewrite].target(), dtype)
    assert like(subject, PLAIN, (RESUMED, ORDINARY), decays=False) == ()


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        *product(
            ["load-forgets-step", "stepped-twice", "gradient-zeroed", "tail-not-updated"],
            ["float32", "float16"],
        ),
        ("stepped-twice", "bfloat16"),
    ],
)
def test_a_bug_that_is_no_formula_is_recognised_in_a_coarse_dtype(name, dtype):
    found = told(BUGS[name].target(), dtype, broken=broken_by(BUGS[name]))
    assert (found.bug, found.siblings) == (name, ())


def test_two_faults_at_once_are_like_no_bug_and_what_is_lost_is_told_all_the_same():
    class ForgetsFirstMoment(FaultyRun):
        def load(self, saved):
            self.state = replace(saved, m=0 * saved.m)

    target = FaultyTarget("somebody's", ForgetsFirstMoment, Adam)
    found = told(target, broken=(RESUMED,))
    assert found == Formula(TEXTBOOK, "textbook Adam, but loading forgets the first moment")


def test_a_dialect_that_loses_its_state_is_both():
    found = told(BUGS["load-forgets-peak"].target(), broken=(RESUMED,))
    assert (found.kind, found.name) == (DIALECT, "amsgrad + load-forgets-peak")


def test_a_bug_of_the_state_leaves_the_formula_the_textbooks():
    found = told(BUGS["load-forgets-step"].target(), broken=(RESUMED,))
    assert found.conforms
    assert found.sentence.startswith("textbook Adam, but ")


def test_the_checks_that_a_diagnosis_speaks_of_exist():
    assert {RESUMED, WEIGHT_DECAY, SINGLE_CHECK} <= {check.name for check in CHECKS}


def test_a_textbook_target_is_told_without_the_zoo():
    code = (
        "import sys; from adamcheck.examination import Plan, examine; "
        "from adamcheck.targets.reference import DefinitionTarget; "
        "print(examine(DefinitionTarget(), 'float64', Plan('quick'), []).formula.kind); "
        "sys.exit('adamcheck.variants.bugs' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, TEXTBOOK)
