"""A formula without a name: numbers are solved for, or what can be seen of it is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from diagnosing import told
from example_targets import DYADIC
from inline_snapshot import snapshot

from adamcheck.adam import Adam, AdamL2, AdamW
from adamcheck.checks.subject import Subject
from adamcheck.diagnosis.formula import Kind
from adamcheck.diagnosis.observations import ignored
from adamcheck.numbers.floats import format_of
from adamcheck.report import formulas
from adamcheck.targets.reference import DefinitionTarget


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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("definition", "dtype"),
    [(_CubeRoot, "float32"), (_PartOfTheGradient, "float64"), (_PartOfTheGradient, "bfloat16")],
)
def test_an_unknown_formula_stays_without_a_name(definition, dtype):
    found = told(DefinitionTarget(definition), dtype)
    assert found.kind == Kind.UNEXPLAINED
    assert (found.name, found.sibling_names) == ("", ())
    assert formulas.observed(found)[0].startswith("first wrong at step ")
    assert all(observation in formulas.sentence(found, "float64") for observation in formulas.observed(found))


@pytest.mark.slow
def test_what_is_observed_of_an_unknown_formula():
    assert formulas.observed(told(DefinitionTarget(_CubeRoot))) == snapshot(
        ("first wrong at step 1", "the first update grows as the power 0.33 of the gradient, not 0")
    )
    assert formulas.observed(told(DefinitionTarget(_PartOfTheGradient))) == snapshot(
        ("first wrong at step 1", "in the first step eps acts as 0.909 eps (eps = 9.54e-07)")
    )
    assert formulas.observed(told(DefinitionTarget(_LateSign))) == snapshot(
        ("first wrong at step 4", "agrees on the first step, so check the state")
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


@pytest.mark.exhaustive
@pytest.mark.slow
def test_what_a_formula_depends_on_and_should_not_is_observed():
    assert formulas.observed(told(DefinitionTarget(_DecaysUnasked), broken=(DYADIC,))) == snapshot(
        ("the updates depend on the parameters, not on the gradients alone, so check the weight decay",)
    )
    for dtype in ("float64", "bfloat16"):
        observed = formulas.observed(told(DefinitionTarget(_Centred), dtype))
        assert "an update depends on the gradients of other coordinates" in observed


@pytest.mark.slow
def test_what_a_formula_does_not_depend_on_is_observed():
    observed = formulas.observed(told(DefinitionTarget(_SignOnly)))
    assert {"does not depend on beta2", "does not depend on eps"} <= set(observed)
    assert "does not depend on earlier gradients" in observed
    assert not {"does not depend on lr", "does not depend on beta1"} & set(observed)


def test_hyperparameters_that_change_nothing_are_found():
    assert set(ignored(Subject(DefinitionTarget(_SignOnly), format_of("float64")))) == {"beta2", "eps"}


def with_hyper(change) -> DefinitionTarget:
    class Changed(Adam):
        def __init__(self, hyper):
            super().__init__(change(hyper))

    return DefinitionTarget(Changed)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda h: h.replace(lr=h.lr * (1 + 1e-6)), "lr is multiplied by 1.000001"),
        (lambda h: h.replace(lr=0.005), "lr is 0.005, whatever value is requested"),
        (lambda h: h.replace(eps=h.eps * 3), "eps is multiplied by 3"),
        (lambda h: h.replace(eps=1e-5), "eps is 1e-05, whatever value is requested"),
        (lambda h: h.replace(beta2=float(np.float32(h.beta2))), "beta2 is rounded to float32"),
        (lambda h: h.replace(beta2=0.98), "beta2 is 0.98, whatever value is requested"),
        (lambda h: h.replace(beta2=h.beta2 * (1 - 1e-9)), "beta2 is multiplied by 0.999999999"),
        (lambda h: h.replace(beta1=1 - 1.5 * (1 - h.beta1)), "1 - beta1 is multiplied by 1.5"),
    ],
)
def test_one_hyperparameter_that_is_another_number_is_solved_for(change, says):
    found = told(with_hyper(change))
    assert found.kind == Kind.CHANGED
    assert formulas.sentence(found, "float64").startswith(f"textbook Adam, but {says}; first wrong at step ")


@pytest.mark.parametrize(
    ("formula", "decay", "says"),
    [
        (AdamL2, 0.0123, "weights decay by 0.0123 more than requested, as part of the gradient (L2)"),
        (AdamL2, -0.5, "weights decay by -0.5 more than requested, as part of the gradient (L2)"),
        (AdamW, 0.2, "weights decay by 0.2 more than requested, decoupled from the gradient"),
    ],
)
def test_a_weight_decay_that_nobody_asked_for_is_solved_for(formula, decay, says):
    class Decaying(formula):
        def __init__(self, hyper):
            super().__init__(hyper.replace(weight_decay=decay))

    target = DefinitionTarget(Decaying)
    target.capabilities = replace(target.capabilities, weight_decay=False)
    found = told(target)
    assert found.kind == Kind.CHANGED
    assert formulas.sentence(found, "float64").startswith(f"textbook Adam, but {says}; first wrong at step ")


@pytest.mark.slow
def test_a_number_that_changes_with_the_step_is_not_taken_for_a_constant():
    class Drifting(Adam):
        def numerator(self, m_hat, g, t):
            return m_hat * (1 + 1e-3 * t)

    found = told(DefinitionTarget(Drifting))
    assert found.kind == Kind.UNEXPLAINED


class _FromStepTwoHundred(AdamW):
    def numerator(self, m_hat, g, t):
        return m_hat if t < 200 else 2 * m_hat


@pytest.mark.slow
def test_what_is_wrong_of_the_formula_late_is_not_taken_for_a_fault_of_weight_decay():
    found = told(DefinitionTarget(_FromStepTwoHundred), broken=(DYADIC,))
    assert found.kind == Kind.UNEXPLAINED
    assert formulas.sentence(found, "float64") == snapshot(
        "textbook Adam in every fixed experiment, but not for every input"
    )
