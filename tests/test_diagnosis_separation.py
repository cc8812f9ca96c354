"""Directed search: formulas that part only in a corner are told apart there, the same formula never."""

from __future__ import annotations

import pytest

from adamcheck.adam import Adam
from adamcheck.checks.subject import Subject
from adamcheck.diagnosis.experiments import Predictions, pool, visible
from adamcheck.diagnosis.formula import Identity
from adamcheck.diagnosis.hypotheses import Hypothesis
from adamcheck.diagnosis.search import Search
from adamcheck.diagnosis.separation import separating
from adamcheck.numbers.floats import format_of
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.updates import meets
from adamcheck.variants import DEFINITIONS

FLOAT64 = format_of("float64")


class _Rewritten(Adam):
    """The textbook step in another order of evaluation."""

    def correct_first(self, m, t):
        return m * (1 / (1 - self.hyper.beta1**t))


class _Corner(Adam):
    """Parts from the textbook beyond gradients of 2**100, where no experiment of the pool goes."""

    def second_moment(self, v, g):
        return super().second_moment(v, g * (1 + 2.0**-100 * g))


TEXTBOOK = Hypothesis(Adam, Identity(("adam",)))
CORNER = Hypothesis(_Corner, Identity(("corner",)))


@pytest.mark.parametrize("name", ["eps-hat", "amsgrad", "adamax", "radam", "adabelief", "adamw"])
def test_separating_gradients_are_found_for_every_kind_of_definition(name):
    definition = DEFINITIONS[name]
    experiment = separating(Adam, definition, FLOAT64)
    assert experiment is not None
    assert not meets(visible(Adam, experiment), visible(definition, experiment))


@pytest.mark.parametrize("seed", range(3))
def test_no_gradients_separate_a_formula_from_its_rewrite(seed):
    assert separating(Adam, _Rewritten, FLOAT64, seed=seed) is None


def test_the_pool_does_not_reach_the_corner_that_directed_search_finds():
    predictions = Predictions(pool(FLOAT64, decays=False))
    assert not predictions.most_telling(predictions.names, [TEXTBOOK, CORNER])
    assert separating(Adam, _Corner, FLOAT64) is not None


@pytest.mark.parametrize(("definition", "left"), [(Adam, TEXTBOOK), (_Corner, CORNER)])
def test_a_formula_that_parts_only_in_a_corner_is_not_called_the_same(definition, left):
    found = Search(Subject(DefinitionTarget(definition), FLOAT64), {}, FLOAT64).among([TEXTBOOK, CORNER])
    assert found.hypotheses == (left,)
    assert found.same == ()
