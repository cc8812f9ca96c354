"""Real libraries: nothing is said against correct ones, and the others are told what they are."""

from __future__ import annotations

import numpy as np
import pytest
from inline_snapshot import snapshot
from sampling import every

from adamcheck.adam import Adam, AMSGrad, Hyperparameters
from adamcheck.checks.check import Outcome
from adamcheck.checks.conformance import CHECKS, enclosure_checks
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.examine.accuracy import Accuracy
from adamcheck.examine.plan import Plan
from adamcheck.examine.results import DtypeReport
from adamcheck.examine.target import examine
from adamcheck.judge import Ruling, judge
from adamcheck.numbers.floats import format_of
from adamcheck.report import formulas
from adamcheck.targets.base import TargetError
from adamcheck.targets.find import load_target
from adamcheck.variants import DIALECTS

pytestmark = pytest.mark.library

CORRECT = {
    "torch": ("torch", ("float64", "float32", "float16", "bfloat16")),
    "torch-foreach": ("torch", ("float64",)),
    "torch-fused": ("torch", ("float32", "bfloat16")),
    "torch-adamw": ("torch", ("float32",)),
    "optax": ("optax", ("float64", "float16", "bfloat16")),
    "optax-adamw": ("optax", ("float32",)),
    "autograd": ("autograd", ("float64", "float32")),
}
"""Known names of implementations of the textbook step, what they need, and dtypes in which all is checked."""


FUSED_FAULT = "updates-are-enclosed-in-parts-of-arrays"


def target(name: str, **options):
    pytest.importorskip(CORRECT[name][0] if name in CORRECT else name.partition(":")[0].partition(".")[0])
    return load_target(name, **options)


def report(name: str, dtype: str = "float64", *, only: tuple[str, ...] = (), **options) -> DtypeReport:
    return examine(target(name, **options), dtype, Plan("quick", 0, (dtype,), only=only), [])


ENCLOSURE = tuple(check.name for check in enclosure_checks(Adam) if check.section == "formula")


@pytest.mark.parametrize(
    ("name", "dtype"), every(11, [(n, d) for n, (_, dtypes) in CORRECT.items() for d in dtypes])
)
def test_a_correct_library_conforms_in_every_dtype(name, dtype):
    found = report(
        name, dtype, only=tuple(check.name for check in CHECKS.values() if check.name != FUSED_FAULT)
    )
    assert found.offered
    assert [(result.check, result.message) for result in found.failures] == []
    assert formulas.sentence(found.formula, found.dtype) == formulas.against(found.formula)
    assert found.status == 0


MODULUS = "v averages |g|^2 of complex gradients, for both parts"


@pytest.mark.parametrize(("name", "notes"), [("torch", ()), ("torch-foreach", ()), ("optax", (MODULUS,))])
def test_a_complex_parameter_is_what_its_library_documents(name, notes):
    """Two real ones, bit for bit, in PyTorch; with the modulus of the gradient in v in Optax."""
    (result,) = report(name, only=("complex-parameters-are-pairs-of-real-ones",)).results
    assert (result.outcome, result.notes) == (Outcome.KEPT, notes)


@pytest.mark.parametrize("name", [name for name in CORRECT if name != "torch-fused"])
def test_views_of_larger_arrays_are_updated_as_other_arrays_are(name):
    assert report(name, only=(FUSED_FAULT,)).status == 0


def test_pytorchs_fused_kernel_walks_through_memory_and_not_along_the_strides():
    """On a CPU it moves what lies between the numbers of a view, and leaves its last ones alone."""
    (failure,) = report("torch-fused", only=(FUSED_FAULT,)).failures
    assert "the update is 0.0, expected" in failure.message


@pytest.mark.parametrize("name", CORRECT)
def test_the_accuracy_of_a_correct_library_is_that_of_the_direct_form_with_scalars_in_double(name):
    accuracy = report(name, "float32", only=ENCLOSURE[:1]).accuracy
    assert isinstance(accuracy, Accuracy)
    for measure in (accuracy.dyadic, accuracy.decimal):
        assert measure.allowance == "direct"
        assert measure.radii <= 1


class TestTorch:
    @pytest.mark.parametrize(
        ("name", "options", "sentence"),
        [
            (
                "torch",
                {"differentiable": True},
                "textbook Adam, but computed in float32 behind float64 arrays",
            ),
        ],
    )
    def test_what_is_not_the_textbook_is_told_what_it_is(self, name, options, sentence):
        found = report(name, only=ENCLOSURE, **options)
        assert sentence in formulas.sentence(found.formula, found.dtype)
        assert found.status == 1

    @pytest.mark.parametrize(
        ("name", "options", "title"),
        [
            ("torch", {"amsgrad": True}, snapshot("AMSGrad (maximum of v)")),
            ("torch.optim:NAdam", {}, "NAdam"),
            ("torch.optim:AdamW", {}, snapshot("AdamW (decoupled weight decay)")),
        ],
    )
    def test_what_says_what_it_is_conforms_to_that(self, name, options, title):
        found = report(name, only=ENCLOSURE, **options)
        assert formulas.sentence(found.formula, found.dtype) == title
        assert found.status == 0

    def test_a_subclass_that_nobody_knows_is_tested_like_any_other(self):
        torch = pytest.importorskip("torch")

        class Mine(torch.optim.Adam):
            def step(self, closure=None):
                for group in self.param_groups:
                    for parameter in group["params"]:
                        parameter.grad = -parameter.grad
                return super().step(closure)

        found = examine(load_target(Mine), "float64", Plan("quick", only=ENCLOSURE[:1]), [])
        assert found.status == 1
        assert load_target(Mine).capabilities.moments

    @pytest.mark.parametrize("name", ["SGD", "RMSprop"])
    def test_what_takes_no_betas_is_no_adam(self, name):
        with pytest.raises(TargetError, match=f"torch.optim:{name} takes no betas"):
            target(f"torch.optim:{name}")

    def test_a_misspelt_option(self):
        with pytest.raises(TargetError, match=r"torch takes no option 'fuzed' \(did you mean fused\?\)"):
            target("torch", fuzed=True)

    def test_an_option_that_the_processor_refuses_is_a_failure_in_one_line(self):
        found = report("torch", capturable=True)
        assert found.status == 3
        assert found.failure.startswith("AssertionError: If capturable=True")

    def test_moments_and_checkpoints_are_used(self):
        results = {r.check: r.outcome for r in report("torch").results}
        assert results["moments-are-readable"] == Outcome.KEPT
        assert results["a-resumed-run-continues-bitwise"] == Outcome.KEPT

    def test_weight_decay_is_told_apart(self):
        for name, kind in (("torch", "L2"), ("torch-adamw", "decoupled")):
            (result,) = report(name, only=("weight-decay-is-coupled-or-decoupled",)).results
            assert result.outcome == Outcome.KEPT
            assert kind in result.notes[0]


class TestOptax:
    @pytest.mark.parametrize(
        ("name", "options", "sentence"),
        every(
            2,
            [
                (
                    "optax:amsgrad",
                    {},
                    f"this is {DIALECTS['amsgrad-corrected-first'].title}, not {AMSGrad.title}",
                ),
                (
                    "optax",
                    {"mu_dtype": "float32"},
                    "textbook Adam, but computed in float32 behind float64 arrays",
                ),
                ("optax", {"eps_root": 2.0**-10}, "neither textbook Adam nor a known dialect"),
            ],
        ),
    )
    def test_what_is_not_the_textbook_is_told_what_it_is(self, name, options, sentence):
        found = report(name, only=ENCLOSURE, **options)
        assert sentence in formulas.sentence(found.formula, found.dtype)
        assert found.status == 1

    def test_eps_root_without_eps_is_eps_inside_the_root(self):
        optax = pytest.importorskip("optax")

        def inside(learning_rate, b1, b2, eps):
            return optax.adam(learning_rate, b1, b2, eps=0.0, eps_root=eps)

        found = examine(load_target(inside), "float64", Plan("quick", only=ENCLOSURE), [])
        assert found.formula.dialect == "eps-inside-root"

    @pytest.mark.parametrize(("name", "lacks"), [("optax:lion", "no eps"), ("optax:sgd", "no lr, no beta1")])
    def test_what_is_called_otherwise_is_no_adam(self, name, lacks):
        with pytest.raises(TargetError, match=f"{name} takes {lacks}"):
            target(name)

    def test_an_option_that_it_cannot_be_made_with(self):
        with pytest.raises(TargetError, match="optax cannot be made with the options"):
            target("optax", mu_dtype="no such dtype")

    def test_the_program_s_own_setting_of_64_bit_mode_is_left_alone(self):
        pytest.importorskip("optax")
        import jax

        before = jax.numpy.ones(1).dtype
        subject = Subject(load_target("optax"), format_of("float64"))
        subject.run(Trajectory(Hyperparameters(), np.zeros(1), np.ones((2, 1))))
        assert jax.numpy.ones(1).dtype == before


class TestSklearn:
    @pytest.fixture(scope="class")
    @classmethod
    def found(cls):
        return report("sklearn")

    def test_sklearn_is_named_eps_hat(self, found):
        assert found.formula.dialect == "eps-hat"
        assert found.status == 1

    def test_eps_matters_in_the_counterexample_of_sklearn(self, found):
        by_name = {result.check: result for result in found.failures}
        trace = by_name["updates-are-enclosed-with-default-hyperparameters"].trace
        smallest = np.abs(np.asarray(trace.gradients)[np.asarray(trace.gradients) != 0]).min()
        alone = Trajectory(
            trace.hyper.replace(eps=smallest * 2.0**-60), np.zeros(1), np.asarray(trace.gradients)
        )
        assert (
            judge(Subject(load_target("sklearn"), format_of("float64")).run(alone)).outcome == Ruling.ENCLOSED
        )

    def test_sklearn_breaks_nothing_but_its_enclosure(self, found):
        assert {result.check for result in found.failures} <= set(ENCLOSURE)

    def test_sklearn_leaves_the_caller_s_arrays_alone(self):
        parameters = np.zeros(2)
        subject = Subject(target("sklearn"), format_of("float64"))
        subject.start(parameters, Hyperparameters()).step(np.ones(2))
        assert np.array_equal(parameters, [0, 0])


class TestAutograd:
    def test_float32_is_computed_in_double_and_the_better_for_it(self):
        found = report("autograd", "float32", only=ENCLOSURE[:1])
        reference = examine(load_target("reference"), "float32", Plan("quick", only=ENCLOSURE[:1]), [])
        assert found.accuracy.dyadic.radii < reference.accuracy.dyadic.radii
