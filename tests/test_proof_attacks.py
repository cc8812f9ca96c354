"""False, undefined and void derivations: none holds, whatever the class, and each is given a reason.

A derivation here is false where a value refutes it, undefined where a side has no value for some admissible
quantities, and void where it says nothing or its assumptions cannot be met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import adamcheck.proofs.steps as engine
from adamcheck import numbers
from adamcheck.adam import Adam, AMSGrad, State
from adamcheck.numbers import maximum, sqrt
from adamcheck.proofs.given import Given
from adamcheck.proofs.relation import Relation
from adamcheck.proofs.statement import Fault, Undefined
from adamcheck.proofs.steps import (
    CheckedStep,
    Step,
    StepKind,
    check,
    evaluation,
    identity,
    induction,
    inequality,
    limit,
)

Derivation = Callable[[Given], Iterator[Step]]

FALSE: dict[str, Derivation] = {}
UNDEFINED: dict[str, Derivation] = {}
VOID: dict[str, Derivation] = {}
TRUE: dict[str, Derivation] = {}


def false(derivation: Derivation) -> Derivation:
    FALSE[derivation.__name__] = derivation
    return derivation


def undefined(derivation: Derivation) -> Derivation:
    UNDEFINED[derivation.__name__] = derivation
    return derivation


def void(derivation: Derivation) -> Derivation:
    VOID[derivation.__name__] = derivation
    return derivation


def true(derivation: Derivation) -> Derivation:
    TRUE[derivation.__name__] = derivation
    return derivation


# --- roots ---------------------------------------------------------------------------------------


@undefined
def a_root_that_is_multiplied_by_zero(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield inequality("bounded below", x + 0 * sqrt(x + 100), ">=", -100)


@undefined
def a_denominator_of_the_definition_with_a_negative_moment(given: Given) -> Iterator[Step]:
    adam, v = given.adam(), given.real("v")
    yield inequality("v is not small", v + 0 * adam.denominator(v + 9, 1), ">=", -9)


@undefined
def the_square_of_a_root_of_any_number(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield identity("square of the root", sqrt(x) ** 2, x)


@undefined
def the_root_of_an_opposite(given: Given) -> Iterator[Step]:
    v = given.positive("v")
    yield inequality("anything", given.adam().denominator(-v, 1), "<", 0)


@undefined
def a_root_inside_a_maximum(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield inequality("not below 0", maximum(sqrt(x), 0 * x), ">=", 0)


@undefined
def a_root_of_a_difference_of_squares(given: Given) -> Iterator[Step]:
    x, y = given.positive("x"), given.positive("y")
    yield inequality("shorter", sqrt(x * x - y * y), "<", x)


@undefined
def a_root_in_an_assumption(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield inequality("at least 0", x, ">=", 0, given=[(sqrt(x), ">=", 0)])


@undefined
def a_root_below_a_root(given: Given) -> Iterator[Step]:
    x = given.nonnegative("x")
    yield inequality("at least 1", sqrt(sqrt(x) - 1) + 1, ">=", 1)


@undefined
def a_root_of_beta_minus_a_half(given: Given) -> Iterator[Step]:
    beta = given.decay("beta")
    yield inequality("at least a half", beta, ">=", Fraction(1, 2), given=[(sqrt(2 * beta - 1), ">=", 0)])


@false
def the_root_of_a_square_is_the_number(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield identity("root of the square", sqrt(x * x), x)


@false
def the_root_of_a_sum_is_a_sum_of_roots(given: Given) -> Iterator[Step]:
    x, y = given.nonnegative("x"), given.nonnegative("y")
    yield identity("roots", sqrt(x + y), sqrt(x) + sqrt(y))


@false
def a_root_is_below_its_radicand(given: Given) -> Iterator[Step]:
    x = given.nonnegative("x")
    yield inequality("below", sqrt(x), "<=", x)


@false
def eps_inside_the_root_is_eps_outside(given: Given) -> Iterator[Step]:
    adam, v = given.adam(), given.nonnegative("v")
    yield identity("the denominator", adam.denominator(v, 1), sqrt(v + adam.hyper.eps))


@false
def eps_squared_inside_the_root_is_eps_outside(given: Given) -> Iterator[Step]:
    adam, v = given.adam(), given.nonnegative("v")
    yield identity("the denominator", adam.denominator(v, 1), sqrt(v + adam.hyper.eps**2))


@false
def two_roots_of_one_number(given: Given) -> Iterator[Step]:
    x = given.positive("x")
    yield identity("two signs", sqrt(x), -sqrt(x))


# --- quotients -----------------------------------------------------------------------------------


@undefined
def a_common_factor_is_cancelled(given: Given) -> Iterator[Step]:
    x, q = given.real("x"), given.real("q")
    yield identity("cancelled", (1 + x) / (q * q - 2) * (q * q - 2), 1 + x)


@undefined
def a_polynomial_with_a_zero_is_cancelled(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield identity("cancelled", (x**3 - x) / (x - 1), x * (x + 1))


@undefined
def nothing_divided_by_nothing_is_itself(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield identity("itself", x / (0 * x), 1 * x / (0 * x))


@undefined
def a_number_divided_by_itself(given: Given) -> Iterator[Step]:
    x = given.nonnegative("x")
    yield identity("one", x / x, 1)


@undefined
def a_division_inside_an_absolute_value(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield inequality("not negative", abs(1 / x), ">=", 0)


@undefined
def a_division_inside_a_maximum(given: Given) -> Iterator[Step]:
    x = given.nonnegative("x")
    yield inequality("at least 0", maximum(1 / x, 0 * x), ">=", 0)


@undefined
def zero_times_an_undefined_quotient(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield identity("nothing is left", 0 * (1 / x), 0)


@undefined
def a_difference_of_equal_quotients(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield identity("they cancel", 1 / (x - 1) - 1 / (x - 1), 0)


@undefined
def a_concrete_division_by_zero(given: Given) -> Iterator[Step]:
    yield evaluation("zero", 0 * (1 / (given.number(1) - 1)), "=", 0)


@undefined
def division_by_the_gradient(given: Given) -> Iterator[Step]:
    adam, g = given.adam(), given.real("g")
    _, update = adam.update(adam.start(g), 0 * g, g)
    yield inequality("downhill", update / g, "<", 0)


@undefined
def no_eps_and_a_zero_gradient(given: Given) -> Iterator[Step]:
    adam, g = given.adam(eps=0), given.real("g")
    _, update = adam.update(adam.start(g), 0 * g, g)
    yield inequality("at most lr", abs(update), "<=", adam.hyper.lr)


@undefined
def a_correction_with_beta_that_may_be_one(given: Given) -> Iterator[Step]:
    beta, m = given.real("beta"), given.real("m")
    yield identity("correction undone", given.adam(beta1=beta).correct_first(m, 1) * (1 - beta), m)


@undefined
def a_geometric_sum_where_the_rates_agree(given: Given) -> Iterator[Step]:
    a, b = given.decay("a"), given.decay("b")
    yield identity("two terms", (a**2 - b**2) / (a - b), a + b)


@undefined
def a_division_by_beta(given: Given) -> Iterator[Step]:
    beta = given.decay("beta")
    yield identity("back and forth", beta * (1 / beta), 1)


@undefined
def a_negative_power_of_a_rate(given: Given) -> Iterator[Step]:
    beta = given.decay("beta")
    yield identity("powers add", beta**-1 * beta, 1)


@undefined
def a_division_by_an_unknown_power(given: Given) -> Iterator[Step]:
    beta, t = given.decay("beta"), given.time("t")
    yield identity("the power cancels", beta ** (t + 1) / beta**t, beta)


@undefined
def an_assumption_that_divides_by_zero(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield inequality("positive", x, ">", 0, given=[(1 / x, ">", 0)])


@undefined
def an_assumption_about_the_other_side(given: Given) -> Iterator[Step]:
    x, y = given.real("x"), given.real("y")
    yield identity("cancelled", x * y / y, x, given=[(x, "!=", 0)])


@undefined
def a_quotient_that_vanishes_in_a_vector(given: Given) -> Iterator[Step]:
    x, y = given.positive("x"), given.real("y")
    yield identity("both entries", [2 * x / x, y / y], [2, 1])


@false
def a_power_of_minus_one_is_no_power_at_all(given: Given) -> Iterator[Step]:
    x = given.positive("x")
    yield identity("x to the -1", x**-1, 1)


@false
def a_quotient_of_sums_is_a_sum_of_quotients(given: Given) -> Iterator[Step]:
    x, y = given.positive("x"), given.positive("y")
    yield identity("apart", 1 / (x + y), 1 / x + 1 / y)


# --- powers --------------------------------------------------------------------------------------


@false
def a_power_of_a_rate_is_never_zero(given: Given) -> Iterator[Step]:
    beta, t = given.decay("beta"), given.time("t")
    yield inequality("positive", beta**t, ">", 0)


@false
def a_power_of_a_rate_falls_strictly(given: Given) -> Iterator[Step]:
    beta, t = given.decay("beta"), given.time("t")
    yield inequality("falls", beta ** (t + 1), "<", beta**t)


@false
def a_power_of_any_number_is_at_most_the_number(given: Given) -> Iterator[Step]:
    x, t = given.positive("x"), given.time("t")
    yield inequality("at most", x**t, "<=", x)


@false
def a_power_of_a_negative_number_is_negative(given: Given) -> Iterator[Step]:
    x, t = given.positive("x"), given.time("t")
    yield inequality("negative", (-x) ** t, "<", 0)


@false
def powers_of_two_rates_keep_their_order_strictly(given: Given) -> Iterator[Step]:
    a, b, t = given.decay("a"), given.decay("b"), given.time("t")
    yield inequality("order", a**t, "<=", b ** (t + 1), given=[(a, "<=", b)])


@false
def the_exponents_of_two_times_agree(given: Given) -> Iterator[Step]:
    beta = given.decay("beta")
    yield identity("two times", beta ** given.time("t"), beta ** given.time("s"))


@false
def a_power_of_a_sum_is_the_sum_of_powers(given: Given) -> Iterator[Step]:
    x, y, t = given.positive("x"), given.positive("y"), given.time("t")
    yield identity("powers", (x + y) ** t, x**t + y**t)


@false
def bernoulli_the_wrong_way(given: Given) -> Iterator[Step]:
    beta, t = given.decay("beta"), given.time("t")
    yield inequality("at most two steps", 1 - beta**t, "<=", 2 * (1 - beta))


@false
def a_square_is_at_least_the_number(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield inequality("squares grow", x**2, ">=", x)


@void
def an_exponent_that_may_be_zero(given: Given) -> Iterator[Step]:
    beta, t = given.decay("beta"), given.time("t")
    yield inequality("at most beta", beta ** (t - 1), "<=", beta)


@void
def an_exponent_that_is_half(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield identity("a root", (x**0.5) ** 2, x)


@void
def an_exponent_that_is_a_quantity(given: Given) -> Iterator[Step]:
    x = given.positive("x")
    yield inequality("positive", x**x, ">", 0)


@void
def an_exponent_that_is_a_truth_value(given: Given) -> Iterator[Step]:
    x = given.positive("x")
    yield identity("itself", x**True + 0, x)


# --- absolute values, maxima, cases --------------------------------------------------------------


@false
def a_maximum_is_its_first_argument(given: Given) -> Iterator[Step]:
    x, y = given.real("x"), given.real("y")
    yield identity("the first", maximum(x, y), x)


@false
def an_absolute_value_keeps_differences(given: Given) -> Iterator[Step]:
    x, y = given.real("x"), given.real("y")
    yield identity("differences", abs(x - y), abs(x) - abs(y))


@false
def a_maximum_is_a_mean_without_the_gap(given: Given) -> Iterator[Step]:
    x, y = given.real("x"), given.real("y")
    yield identity("the mean", maximum(x, y), (x + y + (x - y)) / 2)


@false
def amsgrad_equals_adam(given: Given) -> Iterator[Step]:
    t, v, peak = given.time("t"), given.nonnegative("v"), given.nonnegative("p")
    _, v_hat = given.adam(AMSGrad).correct_second(peak, v, t)
    yield identity("the same", v_hat, given.adam().correct_second(peak, v, t)[1])


@false
def an_absolute_value_is_positive(given: Given) -> Iterator[Step]:
    yield inequality("positive", abs(given.real("x")), ">", 0)


@void
def a_branch_on_a_quantity(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield identity("itself or 0", x if x else 0, x + 1)


@void
def the_smaller_of_two_by_python(given: Given) -> Iterator[Step]:
    x, y = given.real("x"), given.real("y")
    yield inequality("at most", min(x, y), "<=", x)


# --- inequalities --------------------------------------------------------------------------------


@false
def strictness_appears_in_a_chain(given: Given) -> Iterator[Step]:
    a, b, c = given.reals("a", 3)
    yield inequality("strictly", a, "<", c, given=[(a, "<=", b), (b, "<=", c)])


@false
def a_bound_is_reached_and_denied(given: Given) -> Iterator[Step]:
    adam, g = given.adam(eps=0), given.positive("g")
    _, update = adam.update(adam.start(g), 0 * g, g)
    yield inequality("below lr", -update, "<", adam.hyper.lr)


@false
def an_inequality_is_multiplied_by_a_sign(given: Given) -> Iterator[Step]:
    x, y, c = given.reals("x", 3)
    yield inequality("scaled", c * x, "<=", c * y, given=[(x, "<=", y)])


@false
def squares_keep_an_order(given: Given) -> Iterator[Step]:
    x, y = given.real("x"), given.real("y")
    yield inequality("squares", x * x, "<", y * y, given=[(x, "<", y)])


@false
def what_is_not_equal_is_larger(given: Given) -> Iterator[Step]:
    x, y = given.real("x"), given.real("y")
    yield inequality("larger", x, ">", y, given=[(x, "!=", y)])


@false
def products_are_never_equal(given: Given) -> Iterator[Step]:
    x, y = given.real("x"), given.positive("y")
    yield inequality("different", x * y, "!=", x)


@false
def a_refutation_only_beyond_all_random_points(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield inequality("everywhere below", x, "<", 10**6)


@false
def a_refutation_at_one_irrational_point(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield inequality("never 0", x * x, "!=", 2)


@false
def a_refutation_in_a_narrow_gap(given: Given) -> Iterator[Step]:
    x = given.positive("x")
    yield inequality("not negative", (x - Fraction(1, 3)) ** 2, ">=", Fraction(1, 10**12))


@false
def an_integer_has_no_half(given: Given) -> Iterator[Step]:
    x = given.positive("n")
    yield inequality("no half", 2 * x, "!=", 1)


# --- the definition ------------------------------------------------------------------------------


@false
def the_first_moment_forgets_the_complement(given: Given) -> Iterator[Step]:
    adam, m, g = given.adam(), given.real("m"), given.real("g")
    yield identity("m", adam.first_moment(m, g), adam.hyper.beta1 * m + g)


@false
def the_weights_of_the_moments_are_swapped(given: Given) -> Iterator[Step]:
    adam, v, g = given.adam(), given.nonnegative("v"), given.real("g")
    beta = adam.hyper.beta1
    yield identity("v", adam.second_moment(v, g), beta * v + (1 - beta) * g * g)


@false
def the_correction_counts_from_zero(given: Given) -> Iterator[Step]:
    adam, t, m = given.adam(), given.time("t"), given.real("m")
    yield identity("m_hat", adam.correct_first(m, t), m / (1 - adam.hyper.beta1 ** (t + 1)))


@false
def every_update_is_at_most_the_learning_rate(given: Given) -> Iterator[Step]:
    adam, g = given.adam(beta1=given.number(1, 2), beta2=given.number(9, 10)), given.positive("g")
    *_, (_, update) = adam.run(0 * g, [g, 2 * g])
    yield inequality("bounded", update * update, "<=", adam.hyper.lr**2)


@false
def the_update_scales_with_the_gradient(given: Given) -> Iterator[Step]:
    adam, g, c = given.adam(), given.positive("g"), given.positive("c")
    _, one = adam.update(adam.start(g), 0 * g, g)
    _, other = adam.update(adam.start(g), 0 * g, c * g)
    yield identity("scaled", other, c * one)


@false
def a_vector_is_wrong_in_its_last_entry(given: Given) -> Iterator[Step]:
    adam, g = given.adam(), given.vector(given.gradients(3))
    state, _ = adam.update(adam.start(0 * g), 0 * g, g)
    yield identity("entries", state.m, adam.first_moment(0 * g, given.vector([g[0], g[1], g[0]])))


# --- limits --------------------------------------------------------------------------------------


@undefined
def a_limit_where_the_scale_may_be_zero(given: Given) -> Iterator[Step]:
    s, x = given.nonnegative("s"), given.positive("x")
    yield limit("one", s / (s + x), x, 0, 1)


@undefined
def a_limit_with_a_factor_that_may_be_zero(given: Given) -> Iterator[Step]:
    a, x = given.real("a"), given.positive("x")
    yield limit("one", (a * x + 1) / (a * x), x, "oo", 1)


@undefined
def a_limit_where_two_positive_quantities_may_agree(given: Given) -> Iterator[Step]:
    a, b, x = given.positive("a"), given.positive("b"), given.positive("x")
    square = (a - b) ** 2
    yield limit("one", square / (square + x), x, 0, 1)


@undefined
def a_limit_of_a_rate_that_may_be_zero(given: Given) -> Iterator[Step]:
    beta, x = given.decay("beta"), given.positive("x")
    yield limit("one", beta / (beta + x), x, 0, 1)


@undefined
def a_limit_that_is_infinite(given: Given) -> Iterator[Step]:
    x = given.positive("x")
    yield limit("zero", 1 / x, x, 0, 0)


@undefined
def a_limit_of_a_root_of_what_becomes_negative(given: Given) -> Iterator[Step]:
    a, x = given.real("a"), given.positive("x")
    yield limit("the root", sqrt(a + x), x, 0, sqrt(a))


@false
def a_limit_at_the_wrong_point(given: Given) -> Iterator[Step]:
    s, x = given.positive("s"), given.positive("x")
    yield limit("one", s / (s + x), x, "oo", 1)


@false
def a_limit_with_the_wrong_sign(given: Given) -> Iterator[Step]:
    a, x = given.real("a"), given.positive("x")
    yield limit("the number", sqrt(a * a + x), x, 0, a)


@false
def a_limit_that_loses_a_factor(given: Given) -> Iterator[Step]:
    x = given.positive("x")
    yield limit("a half", (sqrt(1 + x) - 1) / x, x, 0, 1)


@false
def the_moment_does_not_tend_to_twice_the_gradient(given: Given) -> Iterator[Step]:
    adam, t, g = given.adam(), given.time("t"), given.positive("g")
    yield limit("the gradient", (1 - adam.hyper.beta1**t) * g, t, "oo", 2 * g)


@undefined
def a_quotient_of_two_powers_in_the_limit(given: Given) -> Iterator[Step]:
    a, b, t = given.decay("a"), given.decay("b"), given.time("t")
    yield limit("zero", a**t / (a**t + b**t), t, "oo", 0)


@undefined
def a_power_of_one_in_the_limit(given: Given) -> Iterator[Step]:
    x, t = given.nonnegative("x"), given.time("t")
    yield limit("zero", x**t + 1 / (1 + x), t, "oo", 1 / (1 + x))


@false
def a_limit_with_a_quantity_that_is_called_like_the_reciprocal(given: Given) -> Iterator[Step]:
    x, y = given.positive("x"), given.positive("1/x")
    yield limit("zero", 1 / (1 + x) + y, x, "oo", 0)


@false
def a_quantity_that_is_called_like_a_helper_of_an_engine(given: Given) -> Iterator[Step]:
    beta, x = given.decay("beta"), given.nonnegative("odds beta")
    yield identity("the odds", beta, x / (1 + x))


@false
def a_quantity_that_is_called_like_a_root(given: Given) -> Iterator[Step]:
    x, y = given.nonnegative("root 0"), given.nonnegative("y")
    yield identity("the root", sqrt(y), x)


@void
def a_limit_of_a_quantity_that_may_be_negative(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield limit("one", abs(x) / x, x, 0, 1)


@void
def a_limit_at_another_point(given: Given) -> Iterator[Step]:
    x = given.positive("x")
    yield limit("two", x + 1, x, 1, 1)


@void
def a_limit_that_depends_on_its_variable(given: Given) -> Iterator[Step]:
    x = given.positive("x")
    yield limit("itself", x * x / (1 + x), x, 0, x)


# --- inductions ----------------------------------------------------------------------------------


@void
def convergence_from_unrelated_identities(given: Given) -> Iterator[Step]:
    g = given.real("g")
    yield from induction("Adam always converges", (0 * g, 0), (g + g, 2 * g))  # type: ignore[arg-type,call-arg]


@void
def an_induction_about_nothing(given: Given) -> Iterator[Step]:
    g, t = given.real("g"), given.time("t")
    yield from induction("Adam always converges", t, lambda k: (g + 0, "=", g))


@false
def an_induction_with_a_wrong_start(given: Given) -> Iterator[Step]:
    adam, t, g = given.adam(), given.time("t"), given.real("g")
    m = given.sequence("m", 1, lambda before, k: adam.first_moment(before, g))
    yield from induction("m", t, lambda k: (m(k), "=", (1 - adam.hyper.beta1**k) * g))


@false
def an_induction_with_a_wrong_step(given: Given) -> Iterator[Step]:
    adam, t, g = given.adam(), given.time("t"), given.real("g")
    m = given.sequence("m", 0, lambda before, k: adam.first_moment(before, g))
    yield from induction("m", t, lambda k: (m(k), "=", (1 - adam.hyper.beta1) * g * adam.hyper.beta1**k))


@false
def an_induction_whose_step_alone_is_true(given: Given) -> Iterator[Step]:
    t = given.time("t")
    x = given.sequence("x", 5, lambda before, k: before + 1)
    yield from induction("it stays below", t, lambda k: (x(k), "<", x(k) - 1 + 0 * x(0)))


@false
def an_induction_from_another_statement_at_every_time(given: Given) -> Iterator[Step]:
    beta, t = given.decay("beta"), given.time("t")

    def statement(k: Any) -> tuple[Any, str, Any]:
        return (beta + 0, "=", beta) if k == 1 else (beta**k, "=", 0)

    yield from induction("every power is 0", t, statement)


@void
def two_sequences_of_one_name(given: Given) -> Iterator[Step]:
    t = given.time("t")
    x = given.sequence("x", 0, lambda before, k: before + 1)
    y = given.sequence("x", 5, lambda before, k: before + 1)
    yield inequality("the same", x(t), "<=", y(t) + 0)


@void
def half_of_an_induction(given: Given) -> Iterator[Step]:
    adam, t, g = given.adam(), given.time("t"), given.real("g")
    m = given.sequence("m", 0, lambda before, k: adam.first_moment(before, g))
    beta = adam.hyper.beta1
    start, _ = induction("m", t, lambda k: (m(k), "=", (1 - beta) * (1 + 0 * beta**k) * g))
    yield start


@void
def an_induction_that_is_written_by_hand(given: Given) -> Iterator[Step]:
    g = given.real("g")
    yield Step(StepKind.INDUCTION, "Adam converges", g + g, Relation.EQUAL, 2 * g)


@void
def the_hypothesis_is_assumed_from_outside(given: Given) -> Iterator[Step]:
    t = given.time("t")
    x = given.sequence("x", 0, lambda before, k: before + 1)
    yield from induction("x is 0", t, lambda k: (x(k), "=", 0), given=[(x(t), "=", -1)])


# --- void ----------------------------------------------------------------------------------------


@void
def nothing_at_all(given: Given) -> Iterator[Step]:
    yield from ()


@void
def a_term_is_itself(given: Given) -> Iterator[Step]:
    g = given.real("g")
    yield identity("converges", g, g)


@void
def a_result_of_the_definition_is_itself(given: Given) -> Iterator[Step]:
    adam, m, g = given.adam(), given.real("m"), given.real("g")
    yield identity("m", adam.first_moment(m, g), adam.first_moment(m, g))


@void
def a_number_is_itself(given: Given) -> Iterator[Step]:
    yield evaluation("one", given.number(2, 2), "<=", 1)


@void
def the_sum_of_python_is_itself(given: Given) -> Iterator[Step]:
    yield identity("four", 2 + 2, 4)


@void
def no_entries(given: Given) -> Iterator[Step]:
    yield identity("all of them", given.vector([]), [])


@void
def a_power_that_no_integer_gives(given: Given) -> Iterator[Step]:
    t = given.time("t")
    half = given.number(1, 2)
    yield inequality("anything", half**t, ">", 1, given=[(half**t, "=", given.number(1, 3))])


@void
def assumptions_that_contradict_each_other(given: Given) -> Iterator[Step]:
    x = given.positive("x")
    yield inequality("anything", x, "<", 0, given=[(x, "<", 0)])


@void
def assumptions_that_contradict_each_other_together(given: Given) -> Iterator[Step]:
    x, y, z = given.reals("x", 3)
    yield inequality("anything", x, ">", x + 1, given=[(x, "<", y), (y, "<", z), (z, "<", x)])


@void
def an_assumption_about_a_square(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield identity("anything", x, 7, given=[(x * x, "<", 0)])


@void
def an_assumption_about_two_powers(given: Given) -> Iterator[Step]:
    beta, t = given.decay("beta"), given.time("t")
    yield identity("anything", beta, 7, given=[(beta**t, ">", beta)])


@void
def a_quantity_with_two_assumptions(given: Given) -> Iterator[Step]:
    yield inequality("positive", given.positive("x"), ">", 0 * given.real("x"))


@void
def a_quantity_with_two_assumptions_in_two_steps(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield inequality("a square", x * x, ">=", 0)
    yield inequality("positive", given.positive("x") + 1, ">", 0)


@void
def a_quantity_of_somebody_else(given: Given) -> Iterator[Step]:
    yield inequality("positive", given.real("x") + Given().positive("x"), ">", Given().real("x"))


@void
def a_value_of_a_sequence_and_a_quantity_of_its_name(given: Given) -> Iterator[Step]:
    t = given.time("t")
    x = given.sequence("x", 0, lambda before, k: before + 1)
    yield inequality("different", x(t + 1), ">", given.real("x_t"))


@void
def floats(given: Given) -> Iterator[Step]:
    yield evaluation("a tenth", given.number(1, 10), "=", 0.1)


@void
def a_float_inside(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield identity("a half", 0.5 * x + 0.5 * x, x)


@void
def a_float_of_numpy(given: Given) -> Iterator[Step]:
    yield identity("nearly", given.number(3, 10) * 1, np.float64(0.1) * 3)


@void
def a_number_that_is_a_truth_value(given: Given) -> Iterator[Step]:
    yield identity("one", given.number(2) - 1, True)


@void
def vectors_of_different_lengths(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield identity("cut", [x + 0, 2 * x], [x])


@void
def a_vector_and_a_number(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield identity("stretched", [x, x], x)


@void
def words(given: Given) -> Iterator[Step]:
    yield identity("words", "abc", "abc")


@void
def an_error(given: Given) -> Iterator[Step]:
    yield identity("one", given.number(1) + 0, 1)
    raise OSError("no disk")


@void
def something_else_than_steps(given: Given) -> Iterator[Step]:
    yield "it is obvious"  # type: ignore[misc]


@void
def a_checked_step(given: Given) -> Iterator[Step]:
    yield CheckedStep(StepKind.IDENTITY, "done", "1 = 1", (("z3", "proved"),))  # type: ignore[misc,arg-type]


@void
def no_relation(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield inequality("tends", x, "->", x + 1)


@void
def an_unknown_relation(given: Given) -> Iterator[Step]:
    yield inequality("about", given.real("x"), "~", 0)


@void
def a_term_that_is_too_deep(given: Given) -> Iterator[Step]:
    x = given.real("x")
    total = x
    for _ in range(3000):
        total = total + 1
    yield identity("deep", total, x)


@void
def a_term_that_is_too_long(given: Given) -> Iterator[Step]:
    x = given.real("x")
    for _ in range(60):
        x = x * x + 1
    yield inequality("positive", x, ">", 0)


@void
def no_end(given: Given) -> Iterator[Step]:
    x = given.real("x")
    while True:
        yield identity("again", x + 0, x)


# --- derivations that change what judges them ----------------------------------------------------

_calls: list[int] = []


@void
def another_statement_every_time(given: Given) -> Iterator[Step]:
    _calls.append(1)
    yield identity("counted", given.real("x") + len(_calls) - len(_calls) // 2 * 2, given.real("x"))


@false
def another_statement_for_every_engine(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield identity("one text", x + 1 + (id(given) % 10**6), x)


@void
def the_definition_is_replaced(given: Given) -> Iterator[Step]:
    setattr(Adam, "first_moment", lambda self, m, g: g)  # noqa: B010
    adam, m, g = given.adam(), given.real("m"), given.real("g")
    yield identity("m is g", adam.first_moment(m, g), g + 0)


@void
def the_checker_is_replaced(given: Given) -> Iterator[Step]:
    setattr(engine, "STEPS", 10**9)  # noqa: B010
    yield identity("one", given.real("x") + 0, given.real("x"))


@void
def an_operation_is_replaced(given: Given) -> Iterator[Step]:
    x = given.positive("x")
    numbers.sqrt.register(type(x), lambda x: x)
    yield identity("its own root", sqrt(x) + 0, x)


@false
def a_vector_is_changed_after_it_is_yielded(given: Given) -> Iterator[Step]:
    x = given.real("x")
    entries = given.vector([x + 1])
    yield identity("entries", entries, [x])
    entries[:] = [x + 0]


@false
def a_step_says_more_than_it_states(given: Given) -> Iterator[Step]:
    adam, m, g = given.adam(), given.real("m"), given.real("g")
    yield identity("the same for every definition", adam.first_moment(m, g), adam.first_moment(m, 2 * g))


# --- what is true --------------------------------------------------------------------------------


@true
def a_root_of_a_square(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield identity("the absolute value", sqrt(x * x), abs(x))
    yield identity("squared again", sqrt(x * x) ** 2, x * x)


@true
def a_root_where_it_is_defined(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield identity("squared", sqrt(x) ** 2, x, given=[(x, ">=", 0)])
    yield inequality("at least 0", sqrt(x - 1), ">=", 0, given=[(x, ">", 2)])


@true
def a_root_under_a_root(given: Given) -> Iterator[Step]:
    x = given.nonnegative("x")
    yield identity("the fourth power", sqrt(sqrt(x)) ** 4, x)


@true
def the_root_of_a_difference_of_squares(given: Given) -> Iterator[Step]:
    x, y = given.positive("x"), given.positive("y")
    yield inequality("shorter", sqrt(x * x - y * y), "<", x, given=[(x, ">=", y)])


@true
def the_root_is_monotone(given: Given) -> Iterator[Step]:
    x, y = given.nonnegative("x"), given.nonnegative("y")
    yield inequality("monotone", sqrt(x), "<=", sqrt(x + y))


@true
def a_common_factor_that_is_not_zero(given: Given) -> Iterator[Step]:
    x, q = given.real("x"), given.real("q")
    yield identity("cancelled", (1 + x) / q * q, 1 + x, given=[(q, "!=", 0)])
    yield identity("a polynomial", (x**3 - x) / (x - 1), x * (x + 1), given=[(x, ">", 1)])


@true
def a_denominator_that_is_a_sum_of_squares(given: Given) -> Iterator[Step]:
    x, y = given.real("x"), given.real("y")
    yield inequality("at most a half", x * y / (x * x + y * y + 1), "<", Fraction(1, 2))


@true
def a_quotient_in_an_assumption(given: Given) -> Iterator[Step]:
    x = given.positive("x")
    yield inequality("at most 1", x, "<=", 1, given=[(1 / x, ">=", 1)])


@true
def negative_exponents(given: Given) -> Iterator[Step]:
    x = given.positive("x")
    yield identity("the reciprocal", x**-2 * x**3, x)


@true
def the_empty_power(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield identity("polynomials", x**0 + x**1, 1 + x)


@true
def powers_of_a_rate(given: Given) -> Iterator[Step]:
    beta, t = given.decay("beta"), given.time("t")
    yield inequality("below 1", beta**t, "<", 1)
    yield inequality("falls", beta ** (t + 1), "<=", beta**t)
    yield identity("exponents add", beta ** (t + 3), beta**3 * beta**t)


@true
def powers_of_a_positive_number(given: Given) -> Iterator[Step]:
    x, t = given.positive("x"), given.time("t")
    yield inequality("positive", x**t, ">", 0)
    yield identity("divided", x ** (t + 1) / x**t, x)
    yield inequality("at least", (1 + x) ** t, ">=", 1 + x)


@true
def maxima_and_absolute_values(given: Given) -> Iterator[Step]:
    x, y = given.real("x"), given.real("y")
    yield identity("a maximum", maximum(x, y), (x + y + abs(x - y)) / 2)
    yield inequality("the triangle", abs(x + y), "<=", abs(x) + abs(y))
    yield inequality("at least", maximum(x, y), ">=", y)


@true
def a_chain_of_inequalities(given: Given) -> Iterator[Step]:
    a, b, c = given.reals("a", 3)
    yield inequality("strictly", a, "<", c, given=[(a, "<=", b), (b, "<", c)])
    yield inequality("weakly", a, "<=", c, given=[(a, "<=", b), (b, "<=", c)])


@true
def means_in_order(given: Given) -> Iterator[Step]:
    x, y = given.nonnegative("x"), given.nonnegative("y")
    yield inequality("means", sqrt(x * y), "<=", (x + y) / 2)


@true
def an_assumption_with_an_irrational_solution(given: Given) -> Iterator[Step]:
    x = given.real("x")
    yield inequality("above 1", x, ">", 1, given=[(x * x, "=", 2), (x, ">", 0)])


@true
def an_assumption_about_a_power(given: Given) -> Iterator[Step]:
    beta, t = given.decay("beta"), given.time("t")
    small = [(beta**t, "<", Fraction(1, 100))]
    yield inequality("nearly 1", 1 - beta**t, ">", Fraction(99, 100), given=small)


@true
def what_the_definition_says(given: Given) -> Iterator[Step]:
    adam, m, v, g = given.adam(), given.real("m"), given.nonnegative("v"), given.real("g")
    hyper = adam.hyper
    yield identity("m", adam.first_moment(m, g), hyper.beta1 * m + (1 - hyper.beta1) * g)
    yield identity("v", adam.second_moment(v, g), hyper.beta2 * v + (1 - hyper.beta2) * g * g)
    yield identity("the denominator", adam.denominator(v, 1), sqrt(v) + hyper.eps)


@true
def the_first_update(given: Given) -> Iterator[Step]:
    adam, g = given.adam(), given.real("g")
    _, update = adam.update(adam.start(g), 0 * g, g)
    yield identity("written out", update, -adam.hyper.lr * g / (abs(g) + adam.hyper.eps))
    yield inequality("below lr", abs(update), "<", adam.hyper.lr)


@true
def without_eps_the_first_update_is_lr(given: Given) -> Iterator[Step]:
    adam, g = given.adam(eps=0), given.positive("g")
    _, update = adam.update(adam.start(g), 0 * g, g)
    yield identity("lr", -update, adam.hyper.lr)


@true
def updates_are_homogeneous(given: Given) -> Iterator[Step]:
    adam, c, g = given.adam(), given.positive("c"), given.real("g")
    scaled = given.adam(eps=c * adam.hyper.eps)
    _, one = adam.update(adam.start(g), 0 * g, g)
    _, other = scaled.update(scaled.start(g), 0 * g, c * g)
    yield identity("of degree 0", other, one)


@true
def updates_are_odd(given: Given) -> Iterator[Step]:
    adam, t, g = given.adam(), given.time("t"), given.real("g")
    m, v = given.real("m"), given.nonnegative("v")
    _, one = adam.update(State(t, m, v, v), 0 * g, g)
    _, other = adam.update(State(t, -m, v, v), 0 * g, -g)
    yield identity("mirrored", other, -one)


@true
def amsgrad_never_corrects_less(given: Given) -> Iterator[Step]:
    t, v, peak = given.time("t"), given.nonnegative("v"), given.nonnegative("p")
    _, largest = given.adam(AMSGrad).correct_second(peak, v, t)
    yield inequality("at least", largest, ">=", given.adam().correct_second(peak, v, t)[1])


@true
def vectors_entry_by_entry(given: Given) -> Iterator[Step]:
    adam, g = given.adam(), given.vector(given.gradients(2))
    state, _ = adam.update(adam.start(0 * g), 0 * g, g)
    yield identity("entries", state.m, [(1 - adam.hyper.beta1) * x for x in g])


@true
def exact_numbers(given: Given) -> Iterator[Step]:
    yield evaluation("a surd", sqrt(given.number(2)) * sqrt(given.number(8)), "=", 4)
    yield evaluation("an order", sqrt(given.number(2)) + sqrt(given.number(3)), "<", given.number(22, 7) + 1)


@true
def the_bias_by_induction(given: Given) -> Iterator[Step]:
    adam, t, g = given.adam(), given.time("t"), given.real("g")
    m = given.sequence("m", 0, lambda before, k: adam.first_moment(before, g))
    yield from induction("m", t, lambda k: (m(k), "=", (1 - adam.hyper.beta1**k) * g))


@true
def an_inequality_by_induction(given: Given) -> Iterator[Step]:
    adam, t, c = given.adam(), given.time("t"), given.positive("c")
    below = given.nonnegative("x")
    m = given.sequence("m", 0, lambda before, k: adam.first_moment(before, c))
    yield from induction("at most c", t, lambda k: (m(k), "<=", c + below * (k if isinstance(k, int) else 1)))


@true
def bernoulli_by_induction(given: Given) -> Iterator[Step]:
    t, x = given.time("t"), given.positive("x")
    line = given.sequence("line", 1, lambda before, k: before + x)
    yield from induction("at least the line", t, lambda k: ((1 + x) ** k, ">=", line(k)))


@true
def a_sum_of_arbitrary_gradients(given: Given) -> Iterator[Step]:
    adam, t, g = given.adam(), given.time("t"), given.arbitrary("g")
    beta = adam.hyper.beta1
    total = given.sequence("S", 0, lambda before, k: beta * before + g(k))
    m = given.sequence("m", 0, lambda before, k: adam.first_moment(before, g(k)))
    yield from induction("m", t, lambda k: (m(k), "=", (1 - beta) * total(k)))


@true
def limits_at_zero(given: Given) -> Iterator[Step]:
    s, x, a = given.positive("s"), given.positive("x"), given.real("a")
    yield limit("one", s / (s + x), x, 0, 1)
    yield limit("the absolute value", sqrt(a * a + x), x, 0, abs(a))
    yield limit("a half", (sqrt(1 + x) - 1) / x, x, 0, Fraction(1, 2))


@true
def limits_at_infinity(given: Given) -> Iterator[Step]:
    s, x, a = given.positive("s"), given.positive("x"), given.real("a")
    yield limit("zero", s / (s + x), x, "oo", 0)
    yield limit("one", (a * x + 1) / (a * x), x, "oo", 1, given=[(a, "!=", 0)])
    yield limit("one", (x + 1) / (x - 1), x, "oo", 1)
    yield limit("the root", sqrt(x * x + s) / x, x, "oo", 1)


@true
def limits_in_time(given: Given) -> Iterator[Step]:
    adam, t, g = given.adam(), given.time("t"), given.real("g")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    yield limit("the gradient", (1 - beta1**t) * g, t, "oo", g)
    yield limit("both corrections", sqrt(1 - beta2**t) / (1 - beta1**t), t, "oo", 1)


@true
def the_definition_near_the_limit(given: Given) -> Iterator[Step]:
    adam, g = given.adam(), given.positive("g")
    _, update = adam.update(adam.start(g), 0 * g, g)
    yield limit("far above eps", update, g, "oo", -adam.hyper.lr)
    yield limit("far below eps", update / g, g, 0, -adam.hyper.lr / adam.hyper.eps)


def steps_of(derivation: Derivation) -> tuple[CheckedStep, ...]:
    steps = check(derivation)
    assert steps
    return steps


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_does_not_hold_and_no_engine_proves_it(name: str) -> None:
    failed = [step for step in steps_of(FALSE[name]) if not step.holds]
    assert failed
    assert all(engine_ == "sympy" or answer != "proved" for s in failed for engine_, answer in s.engines)


@pytest.mark.parametrize("name", UNDEFINED)
def test_what_has_no_value_somewhere_is_refused_and_the_part_is_named(name: str) -> None:
    failed = [step for step in steps_of(UNDEFINED[name]) if not step.holds]
    assert failed
    for step in failed:
        assert step.refusal is None or step.refusal.fault is not Fault.UNDEFINED or step.refusal.detail
    assert any(step.refusal or step.counterexample for step in failed)


@pytest.mark.parametrize("name", VOID)
def test_what_says_nothing_is_refused_with_a_reason(name: str) -> None:
    before = vars(Adam)["first_moment"], engine.STEPS
    failed = [step for step in steps_of(VOID[name]) if not step.holds]
    assert failed
    assert any(step.refusal for step in failed)
    assert (vars(Adam)["first_moment"], engine.STEPS) == before


@pytest.mark.parametrize("name", TRUE)
def test_what_is_true_is_proved(name: str) -> None:
    for step in steps_of(TRUE[name]):
        assert step.holds, step
        assert step.refusal is None
        assert step.counterexample is None


def test_an_undefined_step_names_what_is_undefined() -> None:
    def faults(name: str) -> list[Undefined | None]:
        return [step.refusal.undefined for step in check(UNDEFINED[name]) if step.refusal]

    assert faults("the_square_of_a_root_of_any_number") == [Undefined.ROOT]
    assert faults("a_common_factor_is_cancelled") == [Undefined.QUOTIENT]


def test_a_refuted_step_shows_both_sides_and_the_values_that_refute_it() -> None:
    (step,) = check(FALSE["the_root_of_a_square_is_the_number"])
    found = step.counterexample
    assert found is not None
    ((name, value),) = found.values
    assert name == "x"
    assert Fraction(value) < 0
    assert (Fraction(found.left), Fraction(found.right)) == (-Fraction(value), Fraction(value))


def test_values_that_are_hard_to_find_are_found_by_z3() -> None:
    (step,) = check(FALSE["a_refutation_only_beyond_all_random_points"])
    assert step.counterexample is not None
    assert Fraction(dict(step.counterexample.values)["x"]) >= 10**6


def test_nothing_that_is_changed_by_a_derivation_stays_changed() -> None:
    for name in ("the_definition_is_replaced", "the_checker_is_replaced", "an_operation_is_replaced"):
        (step,) = check(VOID[name])
        assert step.refusal is not None
        assert step.refusal.fault is Fault.CHANGES
    assert all(step.holds for step in check(TRUE["what_the_definition_says"]))
