"""What a target is asked along each dimension, and what is said of a failure there."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from command_line import adamcheck
from example_targets import example

from adamcheck import load_target
from adamcheck.checks.check import Outcome, Result
from adamcheck.checks.conformance import wide
from adamcheck.checks.coverage import table
from adamcheck.checks.coverage.conditions import Asking, Condition, How, Standing
from adamcheck.checks.coverage.covering import _offered
from adamcheck.checks.coverage.dimensions import Dimension, Extent, Groups, Room, Tensors, dimensions_of
from adamcheck.checks.coverage.layouts import LAYOUTS
from adamcheck.checks.coverage.making import make, shape_of
from adamcheck.checks.coverage.rows import HANDFUL, TABLE, possible, rows
from adamcheck.checks.subject import Subject
from adamcheck.choices import PROFILES
from adamcheck.numbers.floats import format_of
from adamcheck.report.summary import conditions, coverage

CHECKS = {Room.ARRAYS: wide.ARRAYS, Room.RUNS: wide.RUNS, Room.LIVES: wide.LIVES}


def result(name: str, room: Room, dtype: str = "float64", profile: str = "standard") -> Result:
    return CHECKS[room].run(example(f"narrow:{name}"), dtype, examples=PROFILES[profile], seed=0)


class TestRows:
    @pytest.mark.parametrize("room", Room)
    def test_every_possible_pair_of_values_occurs(self, room: Room) -> None:
        found = {pair for row in rows(room, Extent.STANDARD) for pair in combinations(row.choices, 2)}
        values = {
            dimension: [value.choice for value in each if value.extent <= Extent.STANDARD]
            for dimension, each in dimensions_of(room).items()
        }
        for one, other in combinations(values, 2):
            for first in values[one]:
                for second in values[other]:
                    if possible({one: first, other: second}):
                        pair = ((one, first), (other, second))
                        assert pair in found or pair[::-1] in found, pair

    @pytest.mark.slow
    def test_the_shipped_rows_are_those_of_the_dimensions(self) -> None:
        pytest.importorskip("covertable")
        again = "python -m adamcheck.checks.coverage.table writes them"
        assert TABLE.read_text(encoding="utf-8") == table.written(table.table()), again

    @pytest.mark.parametrize("room", Room)
    def test_the_quick_profile_has_a_handful(self, room: Room) -> None:
        assert len(rows(room, Extent.QUICK)) == HANDFUL

    @pytest.mark.parametrize("room", Room)
    def test_every_row_can_be_made_and_laid_out(self, room: Room) -> None:
        for row in rows(room, Extent.STANDARD):
            given = make(row, format_of("float32"))
            first = given.gradient(0)
            laid = given.of_gradients.arrange(first) if given.of_gradients else first
            assert laid.shape == shape_of(row)
            assert (laid == first).all()

    def test_layouts_are_what_they_are_called(self) -> None:
        array = (
            make(rows(Room.ARRAYS, Extent.QUICK)[0], format_of("float64")).parameters[:6].reshape(1, 2, 3, 1)
        )
        assert all(stride < 0 for stride in LAYOUTS["negative strides"].arrange(array).strides)
        assert not any(LAYOUTS["broadcast"].arrange(array).strides)
        assert not LAYOUTS["read-only"].arrange(array).flags.writeable
        assert not LAYOUTS["misaligned"].arrange(array).flags.aligned


class TestFailures:
    @pytest.mark.parametrize(
        ("name", "room", "told"),
        [
            ("FromSize", Room.ARRAYS, "from 4,096 elements on"),
            ("Tail", Room.ARRAYS, "at 17 elements"),
            (
                "ReadsInMemoryOrder",
                Room.ARRAYS,
                "only where the shape is (2, 3, 4, n) and the gradient layout is F",
            ),
            (
                "SumsRepeatedGradients",
                Room.ARRAYS,
                "only where the shape is (2, n) and the gradient layout is broadcast",
            ),
            ("NegativeOfAnotherDtype", Room.ARRAYS, "only where the gradient dtype is float32"),
            ("FromStep", Room.RUNS, "from step 301 on"),
            (
                "ForgetsWhenIdle",
                Room.RUNS,
                "from a stretch of 33 steps on, from step 34 on, only where gradients are zeros after the first gradient",
            ),
            ("WithoutSignOfLr", Room.RUNS, "only where lr = -0.001"),
        ],
    )
    def test_a_failure_is_told_with_what_it_depends_on(self, name: str, room: Room, told: str) -> None:
        found = result(name, room)
        assert found.outcome is Outcome.BROKEN
        assert conditions(found) == told

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("CopiesShallowly", "from step 3 on, only where an instance is copied by copy.deepcopy"),
            ("PicklesNoCount", "from step 2 on, only where an instance is copied by copy.deepcopy"),
        ],
    )
    def test_what_happens_to_instances_is_told(self, name: str, told: str) -> None:
        found = result(name, Room.LIVES)
        assert found.outcome is Outcome.BROKEN
        assert conditions(found) == told

    def test_ids_that_are_used_again_are_noticed(self) -> None:
        assert result("KeyedById", Room.LIVES).outcome is Outcome.BROKEN

    @pytest.mark.library
    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("Frozen", "from step 2 on, only where lr is halved once and beta1 = 0.5"),
            (
                "FirstGroup",
                "from step 2 on, only where there are two tensors of one shape and a group has "
                "another lr, beta1, beta2 and eps",
            ),
            (
                "NoLateGroups",
                "from step 3 on, only where there are two tensors of one shape and a group is added after a step",
            ),
            ("TwiceInClosures", "only where it is called with a closure"),
        ],
    )
    def test_what_happens_to_optimizers_of_pytorch_is_told(self, name: str, told: str) -> None:
        pytest.importorskip("torch")
        found = CHECKS[Room.LIVES].run(example(f"narrow_torch:{name}"), "float64", examples=20, seed=0)
        assert found.outcome is Outcome.BROKEN
        assert conditions(found) == told

    def test_conditions_are_facts(self) -> None:
        assert result("FromSize", Room.ARRAYS).conditions == (Condition(Dimension.SIZE, How.FROM, 4096),)

    def test_a_wrong_formula_is_not_told_of_arrays(self) -> None:
        assert result("FromStep", Room.ARRAYS).outcome is Outcome.KEPT


class TestWhatIsTold:
    def test_what_was_asked_and_what_was_not(self) -> None:
        told = coverage([result("RefusesNegativeLr", Room.RUNS, profile="quick")])
        assert "values of 11 dimensions asked; not offered: " in told
        assert "; not in this profile: " in told

    def test_dimensions_are_explained(self) -> None:
        shown = adamcheck("explain", "coverage", status=0).out
        assert all(dimension in shown for dimension in Dimension)


class TestCorrectCode:
    @pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
    @pytest.mark.parametrize("room", Room)
    def test_correct_code_keeps_both(self, room: Room, dtype: str) -> None:
        assert result("Right", room, dtype, "quick").outcome is Outcome.KEPT

    def test_what_is_refused_is_not_offered_and_not_a_failure(self) -> None:
        found = result("RefusesNegativeLr", Room.RUNS)
        standing = {(each.dimension, each.choice): each.standing for each in found.answered}
        assert found.outcome is Outcome.KEPT
        assert standing[Dimension.LR, -1e-3] is Standing.NOT_OFFERED
        assert standing[Dimension.LR, 0.0] is Standing.ASKED


def test_one_tensor_is_in_one_group_whatever_a_target_does_not_offer() -> None:
    target = load_target("reference")
    target.capabilities = replace(target.capabilities, groups=True, late_groups=True, mixed_dtypes=False)
    subject = Subject(target, format_of("float64"))
    given = [_offered(subject, Asking(), row) for row in rows(Room.LIVES, Extent.STANDARD)]
    alone = [row for row in given if row[Dimension.TENSORS] == Tensors.ONE]
    assert alone
    assert all(row[Dimension.GROUPS] == Groups.ONE for row in alone)
