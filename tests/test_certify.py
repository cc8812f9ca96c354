"""Certificates: Coq is given the statement that was meant, and what it does not prove is not certified."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from command_line import adamcheck
from inline_snapshot import snapshot

from adamcheck.claims.claim import Claim, holds
from adamcheck.numbers import maximum, sqrt
from adamcheck.proofs.coq.certify import Certificate, Certification, certify, export_derivation, find_coqc
from adamcheck.proofs.given import Given
from adamcheck.proofs.steps import Step, identity, inequality, limit

needs_coq = pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc is not installed")

Make = Callable[[Given], Step]


def _derivation(*steps: Make) -> Callable[[Given], Iterator[Step]]:
    def derivation(given: Given) -> Iterator[Step]:
        """A few steps."""
        for make in steps:
            yield make(given)

    return derivation


def _statements(make: Make) -> list[str]:
    (step,) = export_derivation("name", _derivation(make))
    return [lemma.statement for lemma in step.lemmas]


def _certificate(*steps: Make) -> Certificate:
    claim = Claim("title", "says", "source", holds(), "statement", name="tiny")
    claim.derivation(_derivation(*steps))
    (certificate,) = certify([claim], find_coqc(), 1)
    assert not certificate.failure
    return certificate


def _outcomes(*steps: Make) -> list[str]:
    return [step.outcome for step in _certificate(*steps).steps]


STATEMENTS: list[tuple[Make, str]] = [
    (
        lambda given: identity("", given.decay("beta") ** (given.time("t") + 1), 0),
        "forall (beta : R) (t : nat), 0 <= beta -> beta < 1 -> (1 <= t)%nat -> (beta ^ (t + 1)) = 0",
    ),
    (
        lambda given: inequality("", sqrt(given.nonnegative("v")) + given.positive("eps"), ">=", 0),
        "forall (eps : R) (v : R), 0 < eps -> 0 <= v -> (sqrt v) + eps >= 0",
    ),
    (
        lambda given: identity(
            "", given.real("x") - (given.positive("y") - 1), given.real("x") / (2 * given.positive("y"))
        ),
        "forall (x : R) (y : R), 0 < y -> x - (y - 1) = x / (2 * y)",
    ),
    (
        lambda given: inequality(
            "", maximum(given.real("x"), 2), "!=", -abs(given.real("x")) * Fraction(-1, 3)
        ),
        "forall (x : R), (Rmax x 2) <> (- (Rabs x)) * (-1 / 3)",
    ),
    (
        lambda given: inequality(
            "", given.real("x"), "<", 1, given=[(given.real("y"), ">", given.real("x"))]
        ),
        "forall (x : R) (y : R), y > x -> x < 1",
    ),
    (lambda given: identity("", (given.number(1, 2) - -3) ** 2, 0), "(((1 / 2) - (-3)) ^ 2) = 0"),
]


@pytest.mark.parametrize(("make", "statement"), STATEMENTS)
def test_coq_is_given_the_statement_that_was_meant(make: Make, statement: str) -> None:
    assert _statements(make)[0] == statement


def test_coq_is_given_what_must_hold_so_that_both_sides_have_values() -> None:
    def quotient(given: Given) -> Step:
        x, y = given.positive("x"), given.nonnegative("y")
        return inequality("", y / x, ">=", 0, given=[(sqrt(y), ">", 1)])

    assert _statements(quotient)[1:] == [
        "forall (x : R) (y : R), 0 < x -> 0 <= y -> (sqrt y) > 1 -> x <> 0",
        "forall (y : R), 0 <= y -> (sqrt y) > 1 -> y >= 0",
    ]


def test_the_definition_runs_on_terms_and_nothing_is_simplified_on_the_way() -> None:
    def first_update(given: Given) -> Step:
        *_, (_, update) = given.adam(beta1=0, beta2=0).run(given.real("theta"), given.gradients(1))
        return identity("", update, 0)

    assert _statements(first_update)[:1] == [
        "forall (eps : R) (g_1 : R) (lr : R), 0 < eps -> 0 < lr -> "
        "(- (lr * ((0 * 0 + 1 * g_1) / 1) / ((sqrt ((0 * 0 + 1 * (g_1 * g_1)) / 1)) + eps))) = 0"
    ]


def test_entries_of_a_vector_are_lemmas_of_their_own() -> None:
    assert _statements(lambda given: identity("", given.reals("x", 2), [0, 1])) == [
        "forall (x_1 : R), x_1 = 0",
        "forall (x_2 : R), x_2 = 1",
    ]


def test_of_a_limit_coq_is_given_the_algebra_that_continuity_leaves() -> None:
    def tends(given: Given) -> Step:
        s, x = given.positive("s"), given.positive("x")
        return limit("", s / (s + x), x, 0, 1)

    assert _statements(tends) == [
        "forall (s : R), 0 < s -> s + 0 <> 0",
        "forall (s : R), 0 < s -> s / (s + 0) = 1",
    ]


def test_two_quantities_are_never_taken_for_one() -> None:
    assert _statements(lambda given: identity("", given.real("S"), given.real("S_"))) == [
        "forall (S_ : R) (xS : R), xS = S_"
    ]
    with pytest.raises(ValueError, match="two quantities are called a_b"):
        _statements(lambda given: identity("", given.real("a b"), given.real("a.b")))


def test_what_is_refused_is_not_exported_and_not_upheld() -> None:
    half = Fraction(1, 2)
    refused: list[Make] = [
        lambda given: identity("", given.real("x"), given.real("x")),
        lambda given: identity("", given.real("x") / given.real("x"), 1),
        lambda given: inequality(
            "", half ** given.time("t"), ">", 1, given=[(half ** given.time("t"), "=", Fraction(1, 3))]
        ),
        lambda given: identity("", given.decay("beta") ** (given.time("t") - 1), 0),
        lambda given: identity("", given.real("x") + 0.1, 0),
    ]
    for make in refused:
        (step,) = export_derivation("name", _derivation(make))
        assert (step.lemmas, step.outcome) == ((), Certification.REFUSED)


@pytest.mark.slow
@needs_coq
def test_what_is_true_is_certified_by_the_axioms_of_the_reals_alone() -> None:
    certificate = _certificate(
        lambda given: identity("", given.real("x") ** 2 - 1, (given.real("x") - 1) * (given.real("x") + 1)),
        lambda given: inequality("", given.decay("b") ** given.time("t"), "<", 1),
        lambda given: identity("", sqrt(given.real("x") * given.real("x")), abs(given.real("x"))),
    )
    assert [step.outcome for step in certificate.steps] == [Certification.CERTIFIED] * 3
    assert certificate.upheld
    assert certificate.source.count("Qed.") > 3
    assert set(certificate.axioms) <= {
        "ClassicalDedekindReals.sig_not_dec",
        "ClassicalDedekindReals.sig_forall_dec",
        "FunctionalExtensionality.functional_extensionality_dep",
    }


@needs_coq
@pytest.mark.slow
def test_what_is_false_is_not_certified_and_does_not_take_the_rest_with_it() -> None:
    certificate = _certificate(
        lambda given: identity("", given.real("x") + 1, given.real("x")),
        lambda given: inequality("", given.decay("b") ** given.time("t"), ">", 0),
        lambda given: identity("", [given.real("x"), given.real("x")], [given.real("x"), 0]),
        lambda given: identity("", given.real("x") + 0, given.real("x")),
    )
    assert [step.outcome for step in certificate.steps] == [Certification.UNDECIDED] * 3 + [
        Certification.CERTIFIED
    ]
    assert "Abort" in certificate.source


def _root_of_a_mean(given: Given, weight: Any) -> Step:
    """The root of a weighted mean of s^2 and 4 s^2 is below 2 s, unless all the weight is on 4 s^2."""
    s, v = given.positive("s"), (1 - weight) + 4 * weight
    return inequality("", sqrt(v * s * s) + given.positive("eps"), "<", 2 * s + given.positive("eps"))


def _signed_product(given: Given, least: Any) -> Step:
    """Three factors between -u and u: their product is not below -u^3."""
    u, factors = given.nonnegative("u"), given.reals("d", 3)
    small = [bound for d in factors for bound in ((d, "<=", u), (d, ">=", least * u))]
    return inequality("", factors[0] * factors[1] * factors[2], ">=", -(u**3), given=small)


def _beyond_a_bound(given: Given, bound: int) -> Step:
    """4 - x^2 is negative beyond 2."""
    x, v = given.positive("x"), given.positive("v")
    return inequality("", v * (4 - x * x) / (1 + x), "<", 0, given=[(x / v, ">", bound / v)])


def _power_of_a_fraction(given: Given, more: int) -> Step:
    """1/(1 + x^2) to a positive power is at most itself."""
    base = 1 / (1 + given.positive("x") ** 2)
    return inequality("", base ** given.time("t"), "<=", base**more)


def _edge_of_a_box(given: Given, pull: int) -> Step:
    """A weight below 1/(1-q) + b that is pulled in by 1-q and pushed out by 2x/(1 + x^2), at most 1."""
    q, x, y, b = given.decay("q"), given.real("x"), given.real("y"), given.nonnegative("b")
    edge = 1 / (1 - q) + b
    after = y - pull * (1 - q) * y + 2 * x / (1 + x * x)
    return inequality("", after, "<=", edge, given=[(y, "<=", edge)])


HARDER: list[tuple[Callable[[Given, Any], Step], Any, Any]] = [
    (_root_of_a_mean, Fraction(1, 3), 1),
    (_signed_product, -1, -2),
    (_beyond_a_bound, 2, 1),
    (_power_of_a_fraction, 1, 2),
    (_edge_of_a_box, 1, 0),
]
"""Statements with one number that makes them true, and one that makes them false."""


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize(("make", "true", "false"), HARDER)
def test_what_takes_a_suggestion_is_certified_where_it_is_true_and_only_there(
    make: Callable[[Given, Any], Step], true: Any, false: Any
) -> None:
    assert _outcomes(lambda given: make(given, true), lambda given: make(given, false)) == [
        Certification.CERTIFIED,
        Certification.UNDECIDED,
    ]


@needs_coq
@pytest.mark.slow
def test_a_claim_is_certified_and_its_file_compiles_again(tmp_path: Path) -> None:
    output = adamcheck("certify", "loss-scale-invariance", "--output", tmp_path, status=0).out
    assert re.search(r"^loss-scale-invariance +10/10 steps .*; of 2 limits the algebra$", output, re.M)
    source = (tmp_path / "loss_scale_invariance.v").read_text()
    assert "admit" not in source.lower()
    assert "Axiom " not in source


def test_without_coqc_one_line_says_what_to_install(tmp_path: Path) -> None:
    told = adamcheck("certify", "loss-scale-invariance", status=2, PATH=os.fspath(tmp_path))
    assert told.err == snapshot("adamcheck: coqc was not found; install Coq (Debian: apt-get install coq)\n")
    assert told.out == ""


def test_a_claim_that_does_not_exist_is_named() -> None:
    told = adamcheck("certify", "loss-scale-invarance", status=2)
    assert told.error == snapshot(
        "adamcheck: no claim 'loss-scale-invarance' (did you mean loss-scale-invariance?)"
    )
