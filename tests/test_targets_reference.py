"""The definition itself as a target: in every dtype, with everything that a target may offer."""

from __future__ import annotations

import numpy as np
import pytest

from adamcheck.adam import Adam, AdamL2, AdamW, AMSGrad, Hyperparameters
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.choices import DTYPE_NAMES
from adamcheck.judge import Ruling, judge
from adamcheck.numbers.floats import format_of
from adamcheck.targets.reference import DefinitionTarget

GRADIENTS = np.array([[8.0], [0.25], [-0.5], [0.25], [0.5], [0.25]])
HYPER = Hyperparameters(lr=0.5, beta1=0.5, beta2=0.75, eps=0.25, weight_decay=0.5)


def run(definition: type[Adam], dtype: str = "float64"):
    decays = definition.decays
    hyper = HYPER if decays else HYPER.replace(weight_decay=0.0)
    start = np.full(1, 4.0 if decays else 0.0).astype(dtype)
    return Subject(DefinitionTarget(definition), format_of(dtype)).run(
        Trajectory(hyper, start, GRADIENTS.astype(dtype))
    )


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
@pytest.mark.parametrize("definition", [Adam, AdamW, AdamL2, AMSGrad])
def test_every_definition_is_enclosed_by_itself_in_every_dtype(definition, dtype):
    assert judge(run(definition, dtype), definition).outcome == Ruling.ENCLOSED


@pytest.mark.parametrize(
    ("ran", "other", "dtypes"),
    [(AdamW, AdamL2, DTYPE_NAMES), (AdamL2, AdamW, DTYPE_NAMES), (AMSGrad, Adam, DTYPE_NAMES[:3])],
)
def test_a_definition_is_rejected_by_a_similar_one(ran, other, dtypes):
    """Eight bits are too few to tell a maximum of v from v; the radius says so."""
    for dtype in dtypes:
        assert judge(run(ran, dtype), other).outcome == Ruling.REJECTED, dtype


def test_only_definitions_that_decay_offer_weight_decay():
    offered = {d: DefinitionTarget(d).capabilities.weight_decay for d in (Adam, AdamW, AdamL2, AMSGrad)}
    assert offered == {Adam: False, AdamW: True, AdamL2: True, AMSGrad: False}
