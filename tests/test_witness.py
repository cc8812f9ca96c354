"""Exact witnesses: exact runs, decided comparisons, and programs that repeat them."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from typing import Any

import pytest
import sympy
from inline_snapshot import snapshot

from adamcheck.adam import Adam, AdamL2, AdamW, AMSGrad, HyperparameterError, State
from adamcheck.numbers.exact import sign
from adamcheck.proofs.witness import Exact, Witnessed
from adamcheck_properties.comparisons import Momentum

HALVES = {"beta1": Fraction(1, 2), "beta2": Fraction(1, 2)}


def printed(script: str) -> list[str]:
    command = [sys.executable, "-W", "error", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()


def test_a_run_is_exact_where_roots_are_rational() -> None:
    run = Exact().run([3, -1], beta1=Fraction(9, 10), beta2=0, eps=1, lr=Fraction(1, 2))
    assert run.updates == (Fraction(-3, 8), Fraction(-17, 76))
    assert run.update is run.updates[-1]
    assert run.states[-1] == State(2, Fraction(17, 100), Fraction(1), Fraction(0))


def test_a_run_is_exact_where_roots_are_not_rational() -> None:
    second = Exact().run([1, 2], **HALVES).update
    assert second * second == sympy.Rational(25, 27)
    assert sign(second) == -1


def test_learning_rate_is_one_and_eps_zero_unless_given() -> None:
    assert Exact().run([5], beta1=0, beta2=0).update == -1


def test_hyperparameters_out_of_range_are_refused() -> None:
    with pytest.raises(HyperparameterError, match="beta1"):
        Exact().run([1], beta1=1, beta2=0)


RELATIONS = {
    "=": (2, 2, 3),
    "!=": (2, 3, 2),
    "<": (2, 3, 2),
    "<=": (2, 2, 1),
    ">": (3, 2, 3),
    ">=": (3, 3, 4),
}


@pytest.mark.parametrize("relation", RELATIONS)
def test_what_is_said_is_decided(relation: str) -> None:
    left, right, wrong = RELATIONS[relation]
    exact = Exact()
    exact.says("true", left, relation, right)
    exact.says("false", left, relation, wrong)
    assert [comparison.holds for comparison in exact.comparisons] == [True, False]
    assert exact.comparisons[0].left == str(left)


def test_an_unknown_relation_is_an_error() -> None:
    with pytest.raises(ValueError, match="~"):
        Exact().says("about", 1, "~", 1)


def test_a_witness_with_a_false_comparison_or_without_any_does_not_hold() -> None:
    exact = Exact()
    assert not Witnessed("", "", tuple(exact.comparisons), "").holds
    exact.says("true", 1, "=", 1)
    assert Witnessed("", "", tuple(exact.comparisons), "").holds
    exact.says("false", 1, "=", 2)
    assert not Witnessed("", "", tuple(exact.comparisons), "").holds


ROOT2 = sympy.sqrt(2)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, 0),
        (Fraction(-1, 10**40), -1),
        (ROOT2 - sympy.Rational(14142135623730950488016887, 10**25), 1),
        (ROOT2 - sympy.Rational(14142135623730950488016888, 10**25), -1),
        (ROOT2 * ROOT2 - 2, 0),
        (ROOT2 + sympy.sqrt(3) - sympy.sqrt(5 + 2 * sympy.sqrt(6)), 0),
        (ROOT2 + sympy.sqrt(3) - sympy.sqrt(5 + 2 * sympy.sqrt(6)) + sympy.Rational(1, 10**30), 1),
        (sympy.sqrt(8) - 2 * ROOT2, 0),
    ],
)
def test_the_sign_of_an_algebraic_number_is_decided_not_estimated(number: Any, expected: int) -> None:
    assert sign(number) == expected


def test_a_sign_that_cannot_be_decided_is_an_error() -> None:
    with pytest.raises(ArithmeticError, match="cannot decide the sign of x"):
        sign(sympy.Symbol("x"))


@pytest.mark.parametrize("definition", [Adam, AdamW, AdamL2, AMSGrad, Momentum])
def test_the_script_repeats_runs_of_any_definition_in_a_fresh_process(definition: type[Adam]) -> None:
    exact = Exact()
    options: dict[str, Any] = {"weight_decay": Fraction(1, 4), "eps": Fraction(2, 3), "lr": 3, **HALVES}
    first = exact.run([1, Fraction(-2, 3)], definition=definition, start=Fraction(1, 2), **options)
    second = exact.run([4], definition=definition, **HALVES)
    assert printed(exact.script()) == [" ".join(map(str, run.updates)) for run in (first, second)]


def test_a_script_says_no_more_than_it_needs() -> None:
    exact = Exact()
    exact.run([1, Fraction(1, 2)], beta1=0, beta2=Fraction(3, 4))
    assert exact.script().splitlines() == snapshot(
        [
            "from fractions import Fraction as Q",
            "",
            "from adamcheck import Exact",
            "",
            "exact = Exact()",
            "print(*exact.run([1, Q(1, 2)], lr=1, beta1=0, beta2=Q(3, 4), eps=0).updates)",
        ]
    )


def test_a_witness_without_runs_has_no_script() -> None:
    assert Exact().script() == ""
