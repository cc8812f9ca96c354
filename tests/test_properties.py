"""The claims: every step is proved, every witness holds, a changed Adam breaks what Adam keeps."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from sampling import every

import adamcheck_properties
from adamcheck.adam import Adam, AdamW, Hyperparameters
from adamcheck.checks.check import Check, Outcome
from adamcheck.choices import DTYPE_NAMES
from adamcheck.claims.claim import Claim, discover
from adamcheck.claims.statement import Standing, stated
from adamcheck.numbers import ema, sqrt
from adamcheck.proofs.latex import latex
from adamcheck.proofs.steps import Answer, StepKind, collected
from adamcheck.proofs.witness import Exact, ExactRun
from adamcheck.targets.base import Run
from adamcheck.targets.reference import DefinitionTarget
from adamcheck_properties.comparisons import SignDescent

CLAIMS = {claim.name: claim for claim in discover()}
CORE = (
    "initialization-bias",
    "sign-descent-limit",
    "loss-scale-invariance",
    "rotation-non-invariance",
    "preconditioner",
    "path-dependence",
)
"""The claims whose laws have their changed definitions here."""

LAWS = {law.name: law for name in CORE for law in CLAIMS[name].laws}
ALL_LAWS = {law.name: law for claim in CLAIMS.values() for law in claim.laws}

SYMPY_IS_WEAK = {StepKind.INEQUALITY, StepKind.INDUCTION}
"""Kinds of steps that sympy may leave undecided, as it uses no hypothesis: exact points stand in for it."""

every_claim = pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
core_claims = pytest.mark.parametrize("claim", [CLAIMS[name] for name in CORE], ids=CORE)
other_claims = pytest.mark.parametrize(
    "claim",
    every(4, [claim for name, claim in CLAIMS.items() if name not in CORE]),
    ids=lambda claim: claim.name,
)
every_law = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)


class UncorrectedFirst(Adam):
    """m is not corrected."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return m


class SharedSecondMoment(Adam):
    """One second moment for the whole vector, as in layerwise methods."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return ema(v, np.mean(g * g) + 0 * g, self.hyper.beta2)


class Cautious(Adam):
    """No step where moment and gradient disagree: Liang et al., "Cautious Optimizers" (2024)."""

    def numerator(self, m_hat: Any, g: Any, t: Any) -> Any:
        return m_hat * (m_hat * g > 0)


class ClippedGradient(Adam):
    """Gradients clipped to [-1, 1] unasked."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return np.clip(gradient, -1, 1)


class EpsilonInsideRoot(Adam):
    """eps under the root."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return sqrt(v_hat + self.hyper.eps)


BREAKERS: dict[str, type[Adam]] = {
    "initialization-bias/over-all-paths-the-update-is-unbiased": UncorrectedFirst,
    "sign-descent-limit/without-memory-every-update-is-a-soft-sign": EpsilonInsideRoot,
    "sign-descent-limit/with-memory-a-step-goes-uphill": Cautious,
    "loss-scale-invariance/powers-of-two-cancel-bitwise": ClippedGradient,
    "loss-scale-invariance/with-eps-fixed-the-scaled-run-is-still-the-definition": EpsilonInsideRoot,
    "rotation-non-invariance/a-rotation-changes-the-run": SharedSecondMoment,
    "preconditioner/the-metric-sees-squares-only": Cautious,
    "path-dependence/another-order-leads-elsewhere": SignDescent,
}
"""For each law a changed definition that breaks it."""

UNJUDGED = {
    ("default-betas-fail/a-rare-large-gradient-leads-uphill", "bfloat16"),
    ("default-betas-fail/a-rare-large-gradient-leads-uphill", "float16"),
    ("step-size-bounds/geometric-gradients-exceed-the-paper", "bfloat16"),
}
"""Where the radii of the dtype are too wide for anything to be said."""


def test_every_file_of_a_claim_is_discovered_in_the_order_of_the_text() -> None:
    root = Path(adamcheck_properties.__path__[0])
    files = [f for folder in adamcheck_properties.ORDER for f in sorted((root / folder).glob("[a-z]*.py"))]
    names = [file.stem.replace("_", "-") for file in files]
    assert set(CORE) <= set(names)
    assert [name for name in CLAIMS if name in names] == names


def test_every_claim_is_readable_and_takes_40_to_240_lines() -> None:
    root = Path(adamcheck_properties.__path__[0])
    lengths = {file.name: len(file.read_text("utf-8").splitlines()) for file in root.glob("*/[a-z]*.py")}
    assert {name: length for name, length in lengths.items() if not 40 <= length <= 240} == {}


def assert_proved(claim: Claim) -> None:
    derived, witnessed = claim.derive(), claim.testify()
    steps = [step for derivation in derived for step in derivation.steps]
    assert steps or claim.verdict.kind == "measured"
    assert [step.text for step in steps if not (step.holds and step.engines_agree)] == []
    undecided = [step for step in steps if Answer.UNDECIDED in [answer for _, answer in step.engines]]
    assert [step.text for step in undecided if step.kind not in SYMPY_IS_WEAK] == []
    assert [(w.name, c.text) for w in witnessed for c in w.comparisons if not c.holds] == []
    parts = stated(claim.statement, derived, witnessed)
    assert Standing.PROVED in [part.standing for part in parts]
    assert [part for part in parts if part.standing not in (Standing.PROVED, Standing.PROSE)] == []


@core_claims
def test_every_core_statement_is_proved_by_steps_on_which_two_engines_agree(claim: Claim) -> None:
    assert_proved(claim)


@pytest.mark.slow
@other_claims
def test_every_statement_is_proved_by_steps_on_which_two_engines_agree(claim: Claim) -> None:
    assert_proved(claim)


@every_claim
def test_no_step_is_shown_with_the_same_on_both_sides(claim: Claim) -> None:
    steps = [step for _, _, derivation in claim.derivations for step in collected(derivation)[1]]
    assert [step.text for step in steps if latex(step.left[0]) == latex(step.right[0])] == []


class Printing(Exact):
    """Remembers what a program that repeats the runs has to print."""

    def __init__(self) -> None:
        super().__init__()
        self.expected: list[str] = []

    def run(self, *arguments: Any, **options: Any) -> ExactRun:
        run = super().run(*arguments, **options)
        self.expected.append(" ".join(map(str, run.updates)))
        return run


@pytest.mark.slow
@every_claim
def test_the_scripts_of_the_witnesses_print_the_stated_updates(claim: Claim) -> None:
    for _, _, witness in claim.witnesses:
        exact, printed = Printing(), io.StringIO()
        witness(exact)
        with contextlib.redirect_stdout(printed):
            exec(compile(exact.script(), claim.name, "exec"), {})
        assert printed.getvalue().splitlines() == exact.expected


@pytest.mark.slow
@pytest.mark.parametrize("style", ["default", "dark_background"])
@pytest.mark.parametrize("claim", every(12, CLAIMS.values()), ids=lambda claim: claim.name)
def test_every_figure_can_be_read_on_light_and_on_dark(claim: Claim, style: str) -> None:
    assert claim.drawing is not None
    with matplotlib.style.context(style):
        axes = Figure().add_subplot()
        background = axes.get_facecolor()
        claim.drawing.draw(axes)
        axes.figure.draw_without_rendering()  # type: ignore[union-attr]
    assert axes.has_data()
    assert axes.get_xlabel()
    assert axes.get_ylabel()
    assert len(axes.get_legend_handles_labels()[1]) < 2 or axes.get_legend() is not None
    assert axes.get_facecolor() == background
    assert to_hex(background) not in {to_hex(line.get_color()) for line in axes.lines}


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPE_NAMES)
@pytest.mark.parametrize("name", every(10, ALL_LAWS))
def test_the_definition_keeps_every_law(name: str, dtype: str) -> None:
    definition = AdamW if "weight_decay" in ALL_LAWS[name].needs else Adam
    result = ALL_LAWS[name].run(DefinitionTarget(definition), dtype, examples=15, seed=0)
    assert result.outcome == (Outcome.UNJUDGED if (name, dtype) in UNJUDGED else Outcome.KEPT), result
    assert result.notes == ()


def test_every_law_has_a_changed_definition() -> None:
    assert set(BREAKERS) == set(LAWS)


@every_law
def test_a_changed_definition_breaks_the_law(law: Check) -> None:
    result = law.run(DefinitionTarget(BREAKERS[law.name]), "float64", examples=60, seed=0)
    assert result.outcome == Outcome.BROKEN, result
    assert result.trace is not None


class RefusesZeroBetas(DefinitionTarget):
    """An implementation that wants betas above 0."""

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        if 0 in (hyper.beta1, hyper.beta2):
            raise ValueError("betas must be positive")
        return super().start(parameters, hyper)


@pytest.mark.parametrize("name", [name for name in ALL_LAWS if "/without-memory-every" in name])
def test_laws_without_memory_do_not_apply_where_betas_of_0_are_refused(name: str) -> None:
    result = ALL_LAWS[name].run(RefusesZeroBetas(), "float64", examples=5, seed=0)
    assert result.outcome == Outcome.NOT_APPLICABLE
    assert "betas must be positive" in result.message


class ScalarTail(Run):
    """A vectorised kernel that rounds the last coordinate differently, by so many units in the last place."""

    def __init__(self, inner: Run, parameters: np.ndarray, ulps: int) -> None:
        self._inner, self._parameters, self._ulps = inner, parameters, ulps

    def step(self, gradient: np.ndarray) -> np.ndarray:
        parameters = np.array(self._inner.step(gradient))
        if parameters.size > 1 and parameters[-1]:
            parameters[-1] += self._ulps * np.spacing(parameters[-1])
        return parameters


class Vectorised(DefinitionTarget):
    def __init__(self, ulps: int) -> None:
        super().__init__()
        self._ulps = ulps

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        return ScalarTail(super().start(parameters, hyper), parameters, self._ulps)


MOVED = {
    "signed-permutations/signed-permutations-move-the-run": "differs under a permutation, in ulps",
    "elementwise/a-coordinate-alone-does-the-same": "differs alone, in ulps",
}


@pytest.mark.parametrize("name", MOVED)
def test_a_tail_that_rounds_differently_is_remarked_with_its_size(name: str) -> None:
    result = ALL_LAWS[name].run(Vectorised(1), "float64", examples=30, seed=0)
    assert result.outcome == Outcome.KEPT, result
    assert result.notes == (f"{MOVED[name]}: 1",)


@pytest.mark.parametrize("name", MOVED)
def test_a_tail_that_is_wrong_breaks_the_law(name: str) -> None:
    result = ALL_LAWS[name].run(Vectorised(10**4), "float64", examples=30, seed=0)
    assert result.outcome == Outcome.BROKEN, result
