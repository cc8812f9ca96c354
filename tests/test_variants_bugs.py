"""The bug zoo: every bug shows in its experiment, and nothing else does."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from click.testing import CliRunner
from sampling import every

from adamcheck.adam import Hyperparameters
from adamcheck.cli import main
from adamcheck.judge import Ruling, judge
from adamcheck.targets.find import load_target
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.traces.trace import Trace
from adamcheck.variants import DEFINITIONS
from adamcheck.zoo.bugs import BUGS, FAMILIES, Bug
from adamcheck.zoo.bugs.experiment import Experiment, follow, free
from adamcheck.zoo.bugs.registry import NO_REPORT, formula

COARSE_ONLY = {
    "parameters-in-bfloat16",
    "parameters-in-float16",
    "update-in-bfloat16",
    "update-in-float16",
    "rounded-at-random",
    "beta1-decays-in-the-moment",
    "complement-in-float32",
    "float32-returned",
    "gradient-in-float32",
    "load-in-float32",
    "lr-in-float32",
    "nadam-one-momentum-for-the-product",
    "powers-in-float32",
    "radam-length-in-float32",
    "running-product-in-float32",
    "state-in-float32",
    "update-in-float32",
}
"""Legitimate code for float32 that stands behind float64 arrays, and one fault as small as that."""

WITHOUT_A_TRACE_THAT_CAN_BE_JUDGED = {"nan-becomes-zero"}

NEVER_A_NUMBER = {"centred-in-place", "step-counts-from-zero"}
"""Wrong formulas that give nothing but NaN: no enclosure can recognize them."""


@cache
def trace_of(bug: Bug) -> Trace:
    with np.errstate(all="ignore"):
        return bug.exposes.run(bug.target())


@cache
def reference_trace(experiment: Experiment, of: str) -> Trace:
    with np.errstate(all="ignore"):
        return experiment.run(DefinitionTarget(DEFINITIONS[of]))


def test_there_are_many_bugs_in_every_family_and_of_every_textbook_definition() -> None:
    assert len(BUGS) >= 90
    assert {bug.family for bug in BUGS.values()} == set(FAMILIES)
    assert {bug.of for bug in BUGS.values()} >= {"adam", "adamw", "adam-l2", "amsgrad", "nadam", "adamax"}


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS.keys())
def test_every_bug_says_what_changes_what_shows_it_and_where_it_happened(bug: Bug) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", bug.name)
    assert bug.name not in DEFINITIONS
    assert bug.change
    assert not bug.change.endswith(".")
    assert bug.shows.endswith(".")
    assert bug.source
    assert not bug.source.startswith(NO_REPORT) or len(bug.source) > len(NO_REPORT + ": ")
    assert bug.target().name == bug.name


def test_no_two_bugs_have_the_same_description() -> None:
    assert len({(bug.change, bug.shows) for bug in BUGS.values()}) == len(BUGS)


PLAIN = [
    bug.exposes for bug in {bug.exposes.name: bug for bug in BUGS.values()}.values() if not bug.exposes.long
]


@cache
def behaviour_of(bug: Bug) -> tuple[bytes, ...]:
    return tuple(bits(bug, experiment) for experiment in PLAIN)


def bits(bug: Bug, experiment: Experiment) -> bytes:
    """What a bug does in an experiment; nothing where its hyperparameters are none, or where it raises."""
    try:
        with np.errstate(all="ignore"):
            return np.asarray(experiment.run(bug.target()).parameters).tobytes()
    except ValueError as error:  # such as `HyperparameterError`, or a write to a gradient that is read-only
        return type(error).__name__.encode()


@pytest.mark.slow
def test_no_two_bugs_of_a_definition_are_the_same_program() -> None:
    """Their bits differ in some plain experiment, or in one that exposes one of them."""
    seen: dict[tuple[str, tuple[bytes, ...]], list[Bug]] = {}
    same = []
    for bug in BUGS.values():
        others = seen.setdefault((bug.of, behaviour_of(bug)), [])
        same += [(other.name, bug.name) for other in others if not told_apart(bug, other)]
        others.append(bug)
    assert not same


def told_apart(one: Bug, other: Bug) -> bool:
    return any(bits(one, each) != bits(other, each) for each in (one.exposes, other.exposes))


def test_a_name_that_is_taken_is_refused() -> None:
    bug = BUGS["eps-dropped"]
    assert bug.definition is not None
    with pytest.raises(ValueError, match="there is already a bug eps-dropped"):
        formula("eps-dropped", "no eps", "nowhere", exposes=bug.exposes)(bug.definition)


@pytest.mark.slow
@pytest.mark.parametrize("bug", every(8, BUGS.values()), ids=lambda bug: bug.name)
def test_every_bug_is_exposed_by_its_experiment(bug: Bug) -> None:
    judgement = judge(trace_of(bug), DEFINITIONS[bug.of])
    if bug.name in WITHOUT_A_TRACE_THAT_CAN_BE_JUDGED:
        # Nothing is judged after a NaN, but the reference is NaN where this target is not.
        assert judgement.outcome == Ruling.ENCLOSED
        reference = np.asarray(reference_trace(bug.exposes, bug.of).parameters)
        assert np.isnan(reference).any()
        assert not np.isnan(np.asarray(trace_of(bug).parameters)).any()
    else:
        assert judgement.outcome == (Ruling.COARSE if bug.name in COARSE_ONLY else Ruling.REJECTED)


EXPERIMENTS = {(bug.exposes.name, bug.of): bug.exposes for bug in BUGS.values()}


@pytest.mark.parametrize(("name", "of"), every(2, EXPERIMENTS))
def test_the_definition_is_enclosed_in_every_experiment(name: str, of: str) -> None:
    trace = reference_trace(EXPERIMENTS[name, of], of)
    judgement = judge(trace, DEFINITIONS[of])
    assert judgement.outcome == Ruling.ENCLOSED
    assert judgement.grade.not_judged == (5 if name == "not a number" else 0)


@pytest.mark.parametrize("bug", every(4, [b for b in BUGS.values() if b.definition]), ids=lambda b: b.name)
def test_a_wrong_formula_is_recognized_by_its_own_enclosure(bug: Bug) -> None:
    assert bug.definition is not None
    outcome = judge(trace_of(bug), bug.definition).outcome
    assert outcome == (Ruling.NOT_JUDGED if bug.name in NEVER_A_NUMBER else Ruling.ENCLOSED)


def default_deviation(bug: Bug, of: str) -> tuple[float, float]:
    """The largest deviation of an update from the definition's, relative to the largest update: in the
    first step and in any of 300 steps with the default hyperparameters and |g| from 1/2 to 2."""
    hyper, start, gradients = Hyperparameters(), np.zeros(60), free(300, 60)
    with np.errstate(all="ignore"):
        seen, due = (
            np.diff(follow(target.start(start, hyper), start, gradients), axis=0)
            for target in (bug.target(), DefinitionTarget(DEFINITIONS[of]))
        )
        relative = np.abs(seen - due).max(axis=1) / np.abs(due).max(axis=1)
    return float(relative[0]), float(relative.max())


@pytest.mark.parametrize(
    ("name", "first", "largest"),
    [
        ("eps-dropped", 1.9e-8, 1.9e-8),
        ("eps-kept-in-v", 1.8e-5, 1.8e-5),
        ("eps-tenfold", 1.7e-7, 1.7e-7),
        ("only-first-moment-corrected", 31, 31),
        ("only-second-moment-corrected", 0.9, 0.9),
        ("step-counts-from-two", 0.26, 0.26),
        ("step-counts-one-twice", 0, 0.34),
        ("power-forgotten", 0, 1.1),
        ("correction-multiplied", 9, 42),
        ("m-corrected-in-place", 0, 1e4),
        ("corrections-swapped", 1e3, 1e3),
        ("m-not-averaged", 9, 9),
        ("v-of-magnitudes", 0.41, 0.41),
        ("root-omitted", 0.92, 0.92),
        ("nesterov-unasked", 0.9, 0.9),
        ("beta2-ignored", 0, 0.2),
        ("state-in-bfloat16", 0, 2.5e-2),
        ("state-in-float32", 0, 2.7e-7),
        ("square-in-float16", 5.3e-4, 5.3e-4),
        ("powers-in-float32", 6.7e-6, 1e-5),
        ("running-product-in-float32", 6.7e-6, 1.4e-5),
        ("complement-in-float32", 6.4e-6, 6.4e-6),
        ("gradient-clipped", 5e-9, 0.41),
        ("gradient-not-unscaled", 1.9e-8, 1.9e-8),
        ("gradient-summed-over-ranks", 1.7e-8, 1.7e-8),
        ("nadam-momentum-counted-twice", 6.6e-3, 6.6e-3),
        ("nadam-next-momentum-is-this", 1.1e-5, 5.6e-5),
        ("nadam-product-shared", 0.3, 0.3),
        ("adamax-norm-corrected", 1, 1),
        ("adamax-norm-never-decays", 0, 8.1e-2),
        ("adamax-eps-accumulates", 1.9e-8, 3.5e-7),
        ("step-per-tensor", 0.26, 0.39),
    ],
)
def test_a_bug_has_the_size_that_was_measured_independently(name: str, first: float, largest: float) -> None:
    """Within a factor 2 of a separate implementation, with gradients from another seed."""
    for seen, due in zip(default_deviation(BUGS[name], BUGS[name].of), (first, largest), strict=True):
        # 0 stands for a first step that is right to the bit, or to its last one.
        assert due / 2 <= seen <= (2 * due or 2.0**-52)


def test_a_bug_is_verified_like_any_other_target() -> None:
    target = load_target("adamcheck.variants.bugs:eps_dropped")
    assert target.name == "eps-dropped"
    with pytest.raises(AttributeError, match="no bug 'eps_droped'"):
        _ = sys.modules["adamcheck.zoo.bugs"].eps_droped


def test_the_zoo_is_listed_family_by_family() -> None:
    listed = CliRunner().invoke(main, ["list", "bugs"])
    assert listed.exit_code == 0
    names = [line.split("  ")[0].strip() for line in listed.stdout.splitlines()]
    assert sorted(names) == sorted(f"{bug.family}: {bug.name}" for bug in BUGS.values())
    families = [name.partition(":")[0] for name in names]
    assert list(dict.fromkeys(families)) == list(FAMILIES)
    assert families == sorted(families, key=list(FAMILIES).index)


def test_the_zoo_is_not_imported_by_what_does_not_need_it() -> None:
    code = (
        "import sys, adamcheck.diagnosis.diagnose, adamcheck.cli; "
        "sys.exit(any('adamcheck.variants.' + name in sys.modules for name in ('bugs', 'equivalents')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
