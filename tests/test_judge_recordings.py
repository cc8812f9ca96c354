"""The judge on what real libraries did: textbook Adam is accepted, everything else is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sampling import every

from adamcheck.adam import Adam, AdamW, AMSGrad
from adamcheck.diagnosis.diagnose import fitting_formulas
from adamcheck.judge import Ruling, judge
from adamcheck.numbers import sqrt
from adamcheck.traces.trace import Trace, load

RECORDINGS = Path(__file__).parent / "recordings"

TEXTBOOK = (
    "autograd_adam",
    "jax_example_adam",
    "kozistr_adamw",
    "optax_adam",
    "optax_adam_nojit",
    "optax_adamw",
    "paddle_adam",
    "tfjs_adam",
    "torch_adam_foreach",
    "torch_adam_fused",
    "torch_adam_loop",
    "torch_adamw_fused",
    "torch_adamw_loop",
    "torch_functional_adam",
    "torch_zero",
    "torchoptimi_adam",
)
SINGLE_BEHIND_DOUBLE = ("bnb_adam32", "mlx_adam_bcTrue", "torch_adam_differentiable")
EPSILON_HAT = (
    "keras_jax_adam",
    "keras_jax_adamw",
    "keras_numpy_adam",
    "keras_tensorflow_adam",
    "keras_torch_adam",
    "onnx_ref_adam",
    "pennylane_adam",
    "sklearn_adam",
    "thinc_adam",
)
OTHERS = tuple(
    sorted(p.stem for p in RECORDINGS.glob("*.npz") if p.stem not in TEXTBOOK + SINGLE_BEHIND_DOUBLE)
)


class EpsilonHat(Adam):
    """eps before the correction: Kingma & Ba (2015), section 2, the reordered step."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return sqrt(v_hat) + self.hyper.eps / sqrt(1 - self.hyper.beta2**t)


def traces(name: str, *, long: bool = True) -> dict[str, Trace]:
    return {k: t for k, t in load(RECORDINGS / f"{name}.npz").items() if long or not k.startswith("long")}


def outcomes(name: str, definition: type[Adam] = Adam, **options: bool) -> dict[str, str]:
    return {case: judge(trace, definition).outcome for case, trace in traces(name, **options).items()}


def test_every_recording_is_tested_and_complete() -> None:
    assert len(TEXTBOOK) + len(SINGLE_BEHIND_DOUBLE) + len(OTHERS) == 44
    for name in TEXTBOOK + SINGLE_BEHIND_DOUBLE + OTHERS:
        assert len(traces(name)) == (6 if name.startswith("thinc") else 12)


@pytest.mark.slow
@pytest.mark.parametrize("name", every(4, TEXTBOOK))
def test_textbook_adam_is_accepted_in_every_case_and_dtype(name: str) -> None:
    assert set(outcomes(name).values()) == {Ruling.ENCLOSED}


@pytest.mark.slow
@pytest.mark.parametrize("name", SINGLE_BEHIND_DOUBLE)
def test_textbook_adam_that_computes_in_float32_is_accepted_but_coarse_in_float64(name: str) -> None:
    for case, outcome in outcomes(name).items():
        assert outcome == (Ruling.COARSE if case.endswith("float64") else Ruling.ENCLOSED), case


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_textbook_adam_is_rejected(name: str) -> None:
    cases = traces(name, long=False)
    for case in ("default", "near_eps", "large_eps", "other_betas", "dyadic"):
        for dtype in ("float64", "float32"):
            if f"{case}.{dtype}" in cases:
                assert judge(cases[f"{case}.{dtype}"]).outcome == Ruling.REJECTED, (case, dtype)


def test_amsgrad_is_what_torch_says_it_is() -> None:
    assert set(outcomes("torch_adam_amsgrad", AMSGrad).values()) == {Ruling.ENCLOSED}


def test_amsgrads_of_optax_and_keras_are_rejected_by_pytorchs() -> None:
    for name in ("optax_amsgrad", "keras_jax_amsgrad"):
        assert set(outcomes(name, AMSGrad, long=False).values()) == {Ruling.REJECTED}


def test_weight_decay_by_default_is_adamw() -> None:
    for case, trace in traces("torch_adamw_wd_default").items():
        decayed = Trace(trace.hyper.replace(weight_decay=0.01), trace.gradients, trace.parameters)
        assert judge(decayed, AdamW).outcome == Ruling.ENCLOSED, case


@pytest.mark.parametrize("name", EPSILON_HAT)
def test_eps_before_the_correction_explains_the_libraries_that_put_it_there(name: str) -> None:
    assert set(outcomes(name, EpsilonHat, long=False).values()) <= {Ruling.ENCLOSED, Ruling.COARSE}


def test_noise_is_not_explained_by_a_formula_whose_radius_is_wide() -> None:
    """AMSGrad with v - m^2 remembered may be anywhere: what it encloses says nothing."""
    case = traces("torch_adam_loop")["default.float32"]
    rows = np.asarray(case.parameters)
    noise = np.random.default_rng(0).permuted(np.diff(rows, axis=0), axis=0)
    moved = np.concatenate([rows[:1], rows[0] + np.cumsum(noise, axis=0, dtype=np.float64)]).astype(
        rows.dtype
    )
    assert fitting_formulas({"noise": Trace(case.hyper, case.gradients, moved)}) == ()


NAMES = {
    **dict.fromkeys(EPSILON_HAT, "eps-hat"),
    "keras_jax_amsgrad": "amsgrad-eps-hat",
    "keras_jax_nadam": "nadam-fast-schedule",
    "keras_tensorflow_amsgrad": "amsgrad-eps-hat",
    "mlx_adam_bcFalse": "no-bias-correction",
    "optax_adabelief": "adabelief",
    "optax_adam_epsroot": "eps-inside-root",
    "optax_adamax": "adamax",
    "optax_amsgrad": "amsgrad-corrected-first",
    "optax_nadam": "nadam-constant",
    "thinc_adam_defaults": "eps-hat-clipped",
    "torch_adam_amsgrad": "amsgrad",
    "torch_adam_maximize": "maximize",
    "torch_adamax": "adamax",
    "torch_adamw_wd_default": "decay-unasked",
    "torch_nadam": "nadam",
    "torch_radam": "radam-eps-hat",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", every(8, OTHERS))
def test_what_is_not_textbook_adam_goes_by_its_right_name_alone(name: str) -> None:
    assert [formula.name for formula in fitting_formulas(traces(name))] == [NAMES[name]]
