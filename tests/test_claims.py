"""Claims: what makes one up, how packs of them are found, and how one is named."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inline_snapshot import snapshot

from adamcheck.adam import Hyperparameters
from adamcheck.checks.assertions import Broken
from adamcheck.checks.check import Outcome
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.claims import claim as claims
from adamcheck.claims.claim import (
    Claim,
    UnknownClaim,
    discover,
    false_as_stated,
    holds,
    holds_if,
    measured,
    named,
)
from adamcheck.claims.statement import Derived, Proposition, Standing, proposition, stated
from adamcheck.proofs.given import Given
from adamcheck.proofs.steps import Step, identity
from adamcheck.proofs.witness import Exact
from adamcheck.support.registry import Registry
from adamcheck.targets.reference import DefinitionTarget
from adamcheck_properties.comparisons import GradientDescent


def some_claim() -> Claim:
    return Claim(title="Title", says="It says.", source="Section", verdict=holds(), statement="$x = x$.")


def test_a_claim_is_named_after_its_module() -> None:
    assert some_claim().name == "test-claims"


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (holds(), "holds"),
        (holds_if("eps is 0"), snapshot("holds if eps is 0")),
        (false_as_stated("half of it is true"), snapshot("false as stated half of it is true")),
        (measured("7 of 10"), snapshot("measured 7 of 10")),
    ],
)
def test_a_verdict_reads_as_a_sentence(verdict: claims.Verdict, text: str) -> None:
    assert str(verdict) == text


@pytest.mark.parametrize("register", ["derivation", "law", "witness", "figure"])
def test_what_has_no_docstring_is_refused_because_it_is_shown_to_people(register: str) -> None:
    claim = some_claim()

    def silent(anything: Any) -> None: ...

    decorate = claim.law() if register == "law" else getattr(claim, register)
    with pytest.raises(TypeError, match=r"test_claims\.silent needs a docstring"):
        decorate(silent)
    assert (claim.derivations, claim.laws, claim.witnesses, claim.drawing) == ([], [], [], None)


def test_derivations_are_checked_and_named() -> None:
    claim = some_claim()

    @claim.derivation
    def the_whole_is_its_parts(given: Given) -> Iterator[Step]:
        """Two lines
        of text."""
        x = given.real("x")
        yield identity("halves", x / 2 + x / 2, x)

    @claim.derivation
    def nonsense(given: Given) -> Iterator[Step]:
        """Wrong."""
        yield identity("halves", given.real("x"), 2 * given.real("x"))

    right, wrong = claim.derive()
    assert (right.name, right.statement) == ("the-whole-is-its-parts", snapshot("Two lines of text."))
    assert right.holds
    assert not wrong.holds


def test_witnesses_are_run_each_on_its_own() -> None:
    claim = some_claim()

    @claim.witness
    def one(exact: Exact) -> None:
        """One."""
        exact.says("one", exact.run([1], beta1=0, beta2=0).update, "=", -1)

    @claim.witness
    def two(exact: Exact) -> None:
        """Two."""
        exact.says("two", 1, "=", 2)

    first, second = claim.testify()
    assert (first.holds, second.holds) == (True, False)
    assert "exact.run" in first.script
    assert second.script == ""


def test_laws_run_on_any_target_under_the_name_of_the_claim() -> None:
    claim = some_claim()

    @claim.law()
    def it_is_not_gradient_descent(subject: Subject) -> None:
        """The first step is not the gradient times lr."""
        one = np.ones(1)
        trace = subject.run(Trajectory(Hyperparameters(lr=1.0), 0 * one, np.array([8 * one])))
        if np.asarray(trace.parameters)[1] == -8:
            raise Broken("the gradient times lr", trace)

    (law,) = claim.laws
    assert (law.name, law.statement) == (
        "test-claims/it-is-not-gradient-descent",
        snapshot("The first step is not the gradient times lr."),
    )
    assert law.run(DefinitionTarget(), "float64", examples=1, seed=0).outcome == Outcome.KEPT
    assert law.run(DefinitionTarget(GradientDescent), "float64", examples=1, seed=0).outcome == Outcome.BROKEN


def test_the_figure_is_drawn_by_its_function() -> None:
    claim = some_claim()

    @claim.figure
    def a_line(axes: Any) -> None:
        """A line."""
        axes.append("line")

    axes: list[str] = []
    assert claim.drawing is not None
    claim.drawing.draw(axes)
    assert (claim.drawing.caption, axes) == ("A line.", ["line"])


CLAIM_FILE = """
from adamcheck import Claim, holds

claim = Claim(title="T", says="S", source="", verdict=holds(), statement="")
"""


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: Any) -> Iterator[None]:
    """Two packs of claims: one that orders its folders, and one without an order."""
    files = {
        "pack_b/__init__.py": 'ORDER = ("late", "early")',
        "pack_b/early/__init__.py": "",
        "pack_b/early/b_first.py": CLAIM_FILE,
        "pack_b/late/__init__.py": "",
        "pack_b/late/b_third.py": CLAIM_FILE,
        "pack_b/late/b_second.py": CLAIM_FILE,
        "pack_b/other/__init__.py": "",
        "pack_b/other/b_fourth.py": CLAIM_FILE,
        "pack_b/shared.py": "claim = 'no claim'",
        "pack_a/__init__.py": "",
        "pack_a/a_only.py": CLAIM_FILE,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    own = {"pack_a": "pack_a", "pack_b": "pack_b"}
    monkeypatch.setattr(claims, "CLAIMS", Registry("pack of claims", "no.such.group", claims._pack, own))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] in ("pack_a", "pack_b")]:
        del sys.modules[name]


@pytest.mark.usefixtures("packs")
def test_every_pack_is_discovered_in_the_order_of_its_folders() -> None:
    assert [claim.name for claim in discover()] == ["a-only", "b-second", "b-third", "b-first", "b-fourth"]


@pytest.mark.usefixtures("packs")
def test_a_claim_of_any_pack_is_found_by_its_name() -> None:
    assert named("b-third").title == "T"


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownClaim, match=r"^no claim 'rotation-invariance' \(did you mean rotation-non"):
        named("rotation-invariance")
    with pytest.raises(UnknownClaim, match=r"^no claim 'xyzzy'$"):
        named("xyzzy")


# --- statements ----------------------------------------------------------------------------------


def _proved_and_not() -> Claim:
    claim = some_claim()

    @claim.derivation
    def right(given: Given) -> Iterator[Step]:
        """Two steps."""
        x = given.real("x")
        yield identity("nothing is added", x + 0, x)
        yield identity("twice", x + x, 2 * x)

    @claim.derivation
    def wrong(given: Given) -> Iterator[Step]:
        """One is right and one is wrong."""
        x = given.real("x")
        yield identity("right", x * 1, x)
        yield identity("wrong", x * 2, x)

    @claim.derivation
    def empty(given: Given) -> Iterator[Step]:
        """Nothing."""
        yield from ()

    return claim


@pytest.mark.parametrize(
    ("by", "standing"),
    [
        (("right",), Standing.PROVED),
        (("right: twice", "wrong: right"), Standing.PROVED),
        (("right", "wrong"), Standing.NOT_PROVED),
        (("wrong: wrong",), Standing.NOT_PROVED),
        (("empty",), Standing.NOT_PROVED),
        (("right: no such step",), Standing.NOT_PROVED),
        (("no-such-derivation",), Standing.NOT_PROVED),
        ((), Standing.PROSE),
    ],
)
def test_a_part_of_a_statement_is_proved_only_by_what_it_names(
    by: tuple[str, ...], standing: Standing
) -> None:
    derivations = _proved_and_not().derive()
    (part,) = stated([Proposition("Adam converges.", by)], derivations, ())
    assert part.standing is standing


def test_plain_text_is_prose_and_a_proposition_names_its_proof() -> None:
    assert some_claim().statement == (Proposition("$x = x$."),)
    with pytest.raises(TypeError, match="say what proves 'Adam converges', or call it prose"):
        proposition("Adam converges")
    with pytest.raises(TypeError, match="parts made by `proposition` and `prose`"):
        Claim(title="", says="", source="", verdict=holds(), statement=["x = x"])  # type: ignore[list-item]


def test_a_derivation_without_steps_does_not_hold() -> None:
    *_, empty = _proved_and_not().derive()
    assert not empty.holds
    assert not Derived("none", "", ()).holds
