"""Any calling convention: other people's Adams are verified as they come, and the call is reported."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from command_line import adamcheck as command

from adamcheck import check
from adamcheck.adam import Adam, Hyperparameters
from adamcheck.checks.check import Outcome
from adamcheck.targets.base import NotOffered, TargetError
from adamcheck.targets.called import CalledTarget, explained
from adamcheck.targets.find import load_target
from adamcheck.targets.start import Start
from adamcheck.variants import DEFINITIONS

ADAMS = Path(__file__).parent / "examples" / "adams"

CONVENTIONS = tomllib.loads((ADAMS / "called.toml").read_text())
"""How each example is called, as a report says it."""

LITERAL_IN_EPS_HAT = ("dict_in_place:Adam", "list_update:Adam", "params_grads_lists:Adam", "object_in_the_constructor:Adam",
                      "ratio_and_parameters:Adam", "setup_network:Adam", "assign_sub:Adam")  # fmt: skip
"""The examples that fold the correction of v into the rate."""

GRADIENTS = np.array([[0.5, -1.25, 0.75], [1.5, 0.25, -0.875], [-0.625, 1.0, 2.0]] * 2)


def loaded(name: str, **keywords: object) -> CalledTarget:
    if name.split(":")[0] in ("d2l", "torch_fn", "torch_tensors"):
        pytest.importorskip("torch")
    target = load_target(f"{ADAMS / name.replace(':', '.py:')}", **keywords)
    assert isinstance(target, CalledTarget)
    return target


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_report_says_how_the_target_is_called(name):
    assert loaded(name).called == CONVENTIONS[name]


@pytest.mark.parametrize("name", CONVENTIONS)
def test_the_glue_steps_as_the_definition_does(name):
    target = loaded(name)
    hyper = Hyperparameters(lr=0.125, beta1=0.75, beta2=0.9375, eps=0.0625).replace(**target.fixed)
    start = np.array([1.0, -2.0, 0.5])
    run = target.start(start.copy(), hyper)
    seen = np.array([start, *(run.step(g.copy()) for g in GRADIENTS)])
    definition = DEFINITIONS["eps-hat"] if name in LITERAL_IN_EPS_HAT else Adam
    due = [update for _, update in definition(hyper).run(start, GRADIENTS)]
    assert np.allclose(np.diff(seen, axis=0), due, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ["dict_in_place:Adam", "own_tensors:Adam", "list_update:Adam"])
def test_several_tensors_are_offered_where_the_convention_has_them(name):
    target = loaded(name)
    assert target.capabilities.tensors
    hyper = Hyperparameters().replace(**target.fixed)
    run = target.begin(Start([np.ones(2), np.ones(3), np.ones(1)], hyper))
    assert [x.shape for x in run.step([np.ones(2), np.ones(3), np.ones(1)])] == [(2,), (3,), (1,)]


def test_no_more_tensors_are_offered_than_the_convention_has():
    with pytest.raises(NotOffered, match="no more than 2 tensors"):
        loaded("weights_and_biases:AdamOptim").begin(Start([np.ones(1)] * 3, Hyperparameters()))


def test_a_fixed_hyperparameter_can_be_told():
    target = loaded("dict_in_place:Adam", fixed={"eps": 1e-6})
    assert target.fixed == {"eps": 1e-6}
    assert target.called.endswith("eps is fixed at 1e-06")


def test_the_glue_that_is_explained_runs_as_it_is_printed(tmp_path):
    target = loaded("layers:Optimizer_Adam")
    path = tmp_path / "glue.py"
    path.write_text(explained(target))
    again = load_target(f"{path}:make", as_list=True)
    hyper, start = Hyperparameters(lr=0.25), np.array([1.0, 2.0])
    rows = [each.start(start.copy(), hyper).step(np.array([0.5, -1.0])) for each in (target, again)]
    assert np.array_equal(*rows)


def test_what_is_called_as_documented_needs_no_glue():
    target = load_target(f"{ADAMS.parent / 'correct.py'}:Class")
    assert not isinstance(target, CalledTarget)
    with pytest.raises(TargetError, match="needs no glue"):
        explained(target)


def test_a_helper_with_the_name_of_an_optional_method_is_left_alone(tmp_path):
    path = tmp_path / "helper.py"
    path.write_text(
        (ADAMS / "theta_attribute.py").read_text() + "\n    def moments(self, g):\n        return g\n"
    )
    assert not load_target(f"{path}:Adam").capabilities.moments


@pytest.mark.slow
def test_the_command_says_how_it_calls_and_judges_with_the_fixed_hyperparameter():
    target = f"{ADAMS / 'dict_in_place.py'}:Adam"
    only = ("--only", "updates-are-enclosed-with-decimal-hyperparameters", "--dtype", "float64")
    done = command("verify", target, *only, "--profile", "quick", "--accept", "eps-hat", status=0)
    assert "conforms in float64: the accepted dialect eps-hat" in done.out
    assert f"\n  called    {CONVENTIONS['dict_in_place:Adam']}" in done.out


def test_a_value_that_is_no_hyperparameter_is_refused_in_one_line():
    done = command("verify", f"{ADAMS / 'dict_in_place.py'}:Adam", "--fix", "epsilon=1e-7", status=2)
    assert "--fix 'epsilon=1e-7': expected one of lr, beta1, beta2, eps before the =" in done.err


def test_a_target_in_another_interpreter_is_called_and_judged_alike():
    target = load_target(f"{ADAMS / 'dict_in_place.py'}:Adam", python=sys.executable)
    try:
        target.begin(Start(np.ones(2), Hyperparameters(eps=1e-7)))
        assert target.fixed == {"eps": 1e-7}
        assert target.called == CONVENTIONS["dict_in_place:Adam"]
    finally:
        target.close()


LITERAL = """
import numpy as np

class Documented:
    def __init__(self, parameters, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.x, self.lr, self.b1, self.b2, self.eps, self.t = np.array(parameters), lr, beta1, beta2, eps, 0
        self.m, self.v = 0.0, 0.0

    def step(self, g):
        self.t += 1
        self.m = self.b1 * self.m + (1 - self.b1) * g
        self.v = self.b2 * self.v + (1 - self.b2) * g * g
        m_hat, v_hat = self.m / (1 - self.b1**self.t), self.v / (1 - self.b2**self.t)
        (x, y), (dx, dy) = self.x, self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
        self.x = np.array([x - dx, y - dy])
        return self.x

class Own(Documented):
    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__([0.0, 0.0], lr=lr, beta1=beta1, beta2=beta2, eps=eps)

    def update(self, params, grads):
        self.x = params
        return Documented.step(self, grads)

    step = None

def adam(objective, derivative, start, n_iter, lr, beta1, beta2, eps=1e-8):
    optimizer = Documented(start, lr=lr, beta1=beta1, beta2=beta2, eps=eps)
    x = optimizer.x
    for _ in range(n_iter):
        x = optimizer.step(derivative(x[0], x[1]))
    return x, objective(x[0], x[1])
"""
"""Adams of exactly two parameters, as tutorials have them."""


@pytest.mark.parametrize("python", ["", sys.executable], ids=["here", "in another interpreter"])
@pytest.mark.parametrize("name", ["Documented", "Own", "adam"])
def test_an_adam_of_two_parameters_is_verified_with_two(name, python, tmp_path):
    path = tmp_path / "literal.py"
    path.write_text(LITERAL)
    target = load_target(f"{path}:{name}", python=python)
    assert isinstance(target, CalledTarget) is not bool(python)
    assert target.called.endswith("; 2 parameters only")
    with pytest.raises(NotOffered, match="takes 2 parameters only"):
        target.begin(Start(np.ones(3), Hyperparameters()))
    only = ("updates-are-enclosed-with-dyadic-hyperparameters", "updates-are-enclosed-in-large-arrays")
    report = check(target, dtypes=("float64",), profile="quick", only=only)
    assert report
    assert [result.outcome for result in report.dtypes[0].results] == [Outcome.KEPT, Outcome.NOT_APPLICABLE]


def test_a_step_that_fails_is_not_replaced_by_another_method(tmp_path):
    path = tmp_path / "failing.py"
    path.write_text(
        "class Adam:\n"
        "    def __init__(self, parameters, lr, beta1, beta2, eps):\n"
        "        self.x = parameters.copy()\n"
        "    def adam(self, g):\n"
        "        self.x = self.x - 0.01 * g\n"
        "        return self.x\n"
        "    def step(self, g):\n"
        "        return self.adam(g) * float('inf')\n"
    )
    assert not isinstance(load_target(f"{path}:Adam"), CalledTarget)


@pytest.mark.parametrize("name", ["CountedAfterwards", "RateOfStepZero", "ProductForPower"])
def test_a_fault_that_gives_no_numbers_does_not_hide_how_the_target_is_called(name):
    called = load_target(f"{ADAMS.parent / 'wrong.py'}:{name}").called
    assert ".update(params, grads), params an array" in called
    assert called.startswith(f"{name}(learning_rate, b1, b2, eps)")


def test_what_the_first_step_raises_is_told_of_a_target_that_never_takes_one():
    done = command("verify", f"{ADAMS.parent / 'wrong.py'}:RateOfStepZero", "--dtype", "float64", status=3)
    assert "ZeroDivisionError: float division by zero" in done.out
