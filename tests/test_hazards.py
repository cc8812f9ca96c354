"""Hazards: where the arithmetic of a dtype goes wrong by itself, and nowhere else."""

from __future__ import annotations

from example_targets import subject

from adamcheck.checks.subject import Subject
from adamcheck.examine.hazards import Hazard, hazards
from adamcheck.numbers.floats import format_of
from adamcheck.targets.base import NotOffered
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.zoo.equivalents import EQUIVALENTS


def of_reference(dtype: str) -> tuple[Hazard, ...]:
    return hazards(Subject(DefinitionTarget(), format_of(dtype)))


def of_rewrite(name: str, dtype: str) -> Subject:
    return Subject(EQUIVALENTS[name].target(), format_of(dtype))


def test_float16_cannot_hold_the_default_eps():
    assert of_reference("float16") == (
        Hazard("a zero gradient", "update nan at step 1"),
        Hazard("a gradient of 1e-3", "update -inf at step 1"),
        Hazard("a gradient of 300", "update 0 at step 1"),
    )


def test_lr_that_divides_the_denominator_overflows_earlier_still():
    situations = {h.situation: h.seen for h in hazards(of_rewrite("lr-divides-the-denominator", "float16"))}
    assert situations["gradients of 100"].startswith("update 0 at step ")
    assert "gradients of 100" not in {h.situation for h in of_reference("float16")}


def test_the_wider_formats_hold_it():
    assert of_reference("float64") == ()
    for dtype in ("float32", "bfloat16"):
        assert of_reference(dtype) == (Hazard("a gradient of 1e20", "update 0 at step 1"),), dtype


def test_a_fault_of_the_target_is_no_hazard():
    """It makes NaN of an ordinary input that the definition has a finite radius for."""
    assert hazards(subject("misbehaving:nan_later")) == ()
    assert hazards(subject("broken:ForgetsEps")) == ()


def test_a_target_that_refuses_or_crashes_is_passed_over():
    class Refuses(DefinitionTarget):
        def start(self, parameters, hyper):
            raise NotOffered("anything")

    assert hazards(Subject(Refuses(), format_of("float16"))) == ()
    assert hazards(subject("misbehaving:raises", "float16")) == ()
