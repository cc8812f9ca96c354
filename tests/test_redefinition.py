"""Redefinition: proofs run on wrong definitions of Adam, and what rejects them is told apart from what does not."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from adamcheck.adam import Adam, AdamW, Hyperparameters, State
from adamcheck.claims.claim import discover
from adamcheck.proofs.given import Given
from adamcheck.proofs.latex import formula
from adamcheck.proofs.redefinition import Manner, Rejection, Steps, redefined, rejection_by_witness
from adamcheck.proofs.steps import Step, collected, identity, induction, inequality
from adamcheck.proofs.witness import Exact
from adamcheck.report.mathematics import plain_formula
from adamcheck.variants.dialects import NoBiasCorrection
from adamcheck.zoo.wrong_definitions import WRONG_DEFINITIONS, EpsilonDoubled, HalfStep
from adamcheck_properties.intervals import distances

EXACT = Hyperparameters(*(Fraction(x) for x in (1, Fraction(9, 10), Fraction(99, 100), Fraction(1, 7), 0)))


def rejection(derivation: Any, wrong: str) -> Rejection | None:
    return Steps("it", derivation).rejection(WRONG_DEFINITIONS[wrong].definition)


# --- taking the place of Adam --------------------------------------------------------------------


def test_another_definition_takes_the_place_of_adam_and_of_the_base_of_its_variants():
    four = Fraction(4)
    with redefined(EpsilonDoubled):
        assert Adam(EXACT).denominator(four, 1) == 2 + 2 * EXACT.eps
        assert AdamW(EXACT).denominator(four, 1) == 2 + 2 * EXACT.eps
        assert AdamW(EXACT).decays
    assert Adam(EXACT).denominator(four, 1) == AdamW(EXACT).denominator(four, 1) == 2 + EXACT.eps


def test_a_variant_keeps_the_stages_in_which_it_differs():
    with redefined(WRONG_DEFINITIONS["corrected-twice"].definition):
        assert NoBiasCorrection(EXACT).correct_first(4, 1) == 4


def test_a_run_that_is_kept_for_later_is_that_of_its_own_definition():
    plain = distances(0.5, 1)
    with redefined(HalfStep):
        assert distances(0.5, 1) != plain
    assert distances(0.5, 1) == plain


def test_adam_is_itself_again_after_an_exception():
    with pytest.raises(ZeroDivisionError), redefined(HalfStep):
        raise ZeroDivisionError
    assert type(Adam(EXACT)) is Adam


@pytest.mark.parametrize("name", WRONG_DEFINITIONS)
def test_a_wrong_definition_is_wrong_and_runs_on_exact_numbers_and_on_symbols(name: str):
    definition = WRONG_DEFINITIONS[name].definition

    def updates(adam: Adam) -> list[Any]:
        # Step 0 has no correction, so that this starts after one step.
        state, theta, found = State(1, Fraction(1, 3), Fraction(1, 2), Fraction(0)), Fraction(5), []
        for g in (2, -3):
            state, update = adam.update(state, theta, Fraction(g))
            theta += update
            found.append(update)
        return [*found, adam.start(theta).v]

    assert updates(definition(EXACT)) != updates(Adam(EXACT))
    given = Given()
    state = State(given.time("t"), given.real("m"), given.nonnegative("v"), 0)
    given.adam(definition).update(state, given.real("theta"), given.real("g"))


# --- what rejects --------------------------------------------------------------------------------


def first_update(given: Given) -> Iterator[Step]:
    adam, g = given.adam(), given.positive("g")
    _, update = next(adam.run(given.number(0), [g]))
    yield identity("about nothing", g * g - g, g * (g - 1))
    yield identity("the first update", update, -adam.hyper.lr * g / (g + adam.hyper.eps))


def test_a_step_that_is_false_for_a_definition_rejects_it_and_is_named():
    assert rejection(first_update, "half-step") == Rejection("it: the first update", Manner.REFUTED)


@pytest.mark.parametrize("name", ["betas-swapped", "power-forgotten"])
def test_what_is_also_true_of_another_definition_does_not_reject_it(name: str):
    assert rejection(first_update, name) is None


def test_a_division_by_zero_rejects():
    found = rejection(first_update, "step-counts-from-zero")
    assert found == Rejection("it: the first update", Manner.REFUTED)

    def positive(given: Given) -> Iterator[Step]:
        adam, t = given.adam(), given.time("t")
        yield inequality("never negative", adam.denominator(given.nonnegative("v"), t) ** -1, ">", 0)

    found = rejection(positive, "eps-dropped")
    assert found == Rejection("it: never negative", Manner.REFUTED)


def test_a_step_that_becomes_a_tautology_is_true_and_rejects_nothing():
    def uncorrected(given: Given) -> Iterator[Step]:
        m = given.real("m")
        yield identity("one", given.adam().correct_first(m, given.time("t")) - m + m, m - m + m)

    assert rejection(uncorrected, "no-bias-correction") is None


def test_an_induction_is_checked_as_a_whole():
    def sums(given: Given) -> Iterator[Step]:
        adam, t = given.adam(), given.time("t")
        m = given.sequence("m", 0, lambda before, k: adam.first_moment(before, 1))
        yield from induction("m_t", t, lambda t: (m(t), "=", 1 - adam.hyper.beta1**t))

    assert rejection(sums, "eps-doubled") is None
    found = rejection(sums, "m-not-averaged")
    assert found is not None
    assert found.manner is Manner.REFUTED


def test_a_derivation_or_witness_that_cannot_be_run_rejects():
    def looks_for_it(exact: Exact) -> None:
        update = exact.run([1], beta1=0, beta2=0).update
        exact.says("it", next(x for x in (1, 2) if x == -update), "=", 1)

    found = rejection_by_witness("it", looks_for_it, HalfStep)
    assert found == Rejection("it", Manner.NOT_RUN)
    assert rejection_by_witness("it", looks_for_it, EpsilonDoubled) is None


def test_a_comparison_of_a_witness_that_fails_is_named():
    def one_step(exact: Exact) -> None:
        update = exact.run([1], beta1=0, beta2=0).update
        exact.says("its sign", update, "<", 0)
        exact.says("its size", update, "=", -1)

    assert rejection_by_witness("it", one_step, HalfStep) == Rejection("it: its size", Manner.REFUTED)
    assert rejection_by_witness("it", one_step, Adam) is None


def test_a_closed_loop_whose_digits_double_in_every_step_ends_and_rejects_nothing():
    def descends(exact: Exact) -> None:
        adam, x = Adam(EXACT), Fraction(1)
        state = State(0, Fraction(0), Fraction(1), Fraction(0))
        for _ in range(100):
            state, x = adam.step(state, x, x)

    assert rejection_by_witness("it", descends, WRONG_DEFINITIONS["sign-only"].definition) is None


# --- what is shown -------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", discover(), ids=lambda claim: claim.name)
def test_no_step_is_shown_with_the_same_words_on_both_sides(claim: Any):
    for name, _, derivation in claim.derivations:
        for step in collected(derivation)[1]:
            for shown in (formula(step), plain_formula(formula(step))):
                sides = shown.partition(r"\quad")[0].split(f" {step.relation.latex} ")
                assert len(sides) != 2 or sides[0].strip() != sides[1].strip(), (name, step.text, shown)
