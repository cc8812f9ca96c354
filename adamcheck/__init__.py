"""adamcheck: property-based verification and theory checking for the Adam optimizer.

The public names below are imported when they are first used, so that `import adamcheck` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from adamcheck.adam import Adam as Adam
    from adamcheck.adam import AdamL2 as AdamL2
    from adamcheck.adam import AdamW as AdamW
    from adamcheck.adam import AMSGrad as AMSGrad
    from adamcheck.adam import HyperparameterError as HyperparameterError
    from adamcheck.adam import Hyperparameters as Hyperparameters
    from adamcheck.adam import State as State
    from adamcheck.checks import Broken as Broken
    from adamcheck.checks import Check as Check
    from adamcheck.checks import Notes as Notes
    from adamcheck.checks import NotJudged as NotJudged
    from adamcheck.checks import Result as Result
    from adamcheck.checks import assert_bitwise as assert_bitwise
    from adamcheck.checks import assert_enclosed as assert_enclosed
    from adamcheck.claims import Claim as Claim
    from adamcheck.claims import discover as discover
    from adamcheck.claims import false_as_stated as false_as_stated
    from adamcheck.claims import holds as holds
    from adamcheck.claims import holds_if as holds_if
    from adamcheck.claims import measured as measured
    from adamcheck.given import Given as Given
    from adamcheck.judge import Judge as Judge
    from adamcheck.judge import Judgement as Judgement
    from adamcheck.numbers.floats import Format as Format
    from adamcheck.numbers.floats import format_of as format_of
    from adamcheck.proof import Step as Step
    from adamcheck.proof import evaluation as evaluation
    from adamcheck.proof import identity as identity
    from adamcheck.proof import induction as induction
    from adamcheck.proof import inequality as inequality
    from adamcheck.proof import limit as limit
    from adamcheck.pytest_plugin import parametrize_with_checks as parametrize_with_checks
    from adamcheck.strategies import decimal_hyperparameters as decimal_hyperparameters
    from adamcheck.strategies import dyadic_hyperparameters as dyadic_hyperparameters
    from adamcheck.strategies import hyperparameters as hyperparameters
    from adamcheck.strategies import in_range_trajectories as in_range_trajectories
    from adamcheck.strategies import trajectories as trajectories
    from adamcheck.targets.base import Capabilities as Capabilities
    from adamcheck.targets.base import NotOffered as NotOffered
    from adamcheck.targets.base import Run as Run
    from adamcheck.targets.base import Target as Target
    from adamcheck.targets.base import TargetError as TargetError
    from adamcheck.targets.find import load_target as load_target
    from adamcheck.testing import check as check
    from adamcheck.trace import Trace as Trace
    from adamcheck.trace import TraceError as TraceError
    from adamcheck.trajectory import Subject as Subject
    from adamcheck.trajectory import Trajectory as Trajectory
    from adamcheck.witness import Exact as Exact

_FACADE = {
    "adam": (
        "Adam",
        "AdamL2",
        "AdamW",
        "AMSGrad",
        "HyperparameterError",
        "Hyperparameters",
        "State",
    ),
    "checks": (
        "Broken",
        "Check",
        "NotJudged",
        "Notes",
        "Result",
        "assert_bitwise",
        "assert_enclosed",
    ),
    "claims": (
        "Claim",
        "discover",
        "false_as_stated",
        "holds",
        "holds_if",
        "measured",
    ),
    "given": ("Given",),
    "judge": (
        "Judge",
        "Judgement",
    ),
    "numbers.floats": (
        "Format",
        "format_of",
    ),
    "proof": ("Step", "evaluation", "identity", "induction", "inequality", "limit"),
    "strategies": (
        "decimal_hyperparameters",
        "dyadic_hyperparameters",
        "hyperparameters",
        "in_range_trajectories",
        "trajectories",
    ),
    "targets.base": (
        "Capabilities",
        "NotOffered",
        "Run",
        "Target",
        "TargetError",
    ),
    "targets.find": ("load_target",),
    "pytest_plugin": ("parametrize_with_checks",),
    "testing": ("check",),
    "trace": (
        "Trace",
        "TraceError",
    ),
    "trajectory": (
        "Subject",
        "Trajectory",
    ),
    "witness": ("Exact",),
}

_HOME = {name: module for module, names in _FACADE.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'adamcheck' has no attribute {name!r}")
    return getattr(import_module(f"adamcheck.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
