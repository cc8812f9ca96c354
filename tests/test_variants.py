"""Dialects and kin: each is documented, each recording is named by exactly one of them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sympy
from float_runs import recorded

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.choices import DTYPE_NAMES
from adamcheck.diagnosis.fixed_experiments import probes
from adamcheck.judge import Ruling, judge
from adamcheck.numbers.enclosure import Arithmetic, Enclosure, Freedom, allowances
from adamcheck.numbers.exact import sign
from adamcheck.numbers.floats import format_of
from adamcheck.numbers.quad import fraction
from adamcheck.traces.trace import Trace, load
from adamcheck.variants import DEFINITIONS, DIALECTS, FAMILY, TEXTBOOK, source
from adamcheck.variants.operations import choose, total

RECORDINGS = Path(__file__).parent / "recordings"

WITHOUT_DECAY = {"adam", "adamw", "adam-l2", "adamw-decay-without-lr"}
"""The same where the weight decay is 0."""

NAMES = {
    "torch_adam_loop": WITHOUT_DECAY,
    "keras_jax_adam": {"eps-hat"},
    "optax_adam_epsroot": {"eps-inside-root"},
    "mlx_adam_bcFalse": {"no-bias-correction"},
    "thinc_adam_defaults": {"eps-hat-clipped"},
    "torch_adam_amsgrad": {"amsgrad"},
    "optax_amsgrad": {"amsgrad-corrected-first"},
    "keras_jax_amsgrad": {"amsgrad-eps-hat"},
    "keras_tensorflow_amsgrad": {"amsgrad-eps-hat"},
    "torch_adam_maximize": {"maximize"},
    "torch_nadam": {"nadam"},
    "keras_jax_nadam": {"nadam-fast-schedule"},
    "optax_nadam": {"nadam-constant"},
    "torch_adamax": {"adamax"},
    "optax_adamax": {"adamax"},
    "torch_radam": {"radam-eps-hat"},
    "optax_adabelief": {"adabelief"},
}


def fitting(traces: dict[str, Trace]) -> set[str]:
    """The definitions that enclose every trace, in float32 where float64 arrays hold no more."""
    return {
        name
        for name, definition in DEFINITIONS.items()
        if all(
            judge(trace, definition).outcome in (Ruling.ENCLOSED, Ruling.COARSE) for trace in traces.values()
        )
    }


def cases(name: str) -> dict[str, Trace]:
    """The cases in which one influence dominates: eps, the betas, and neither."""
    traces = load(RECORDINGS / f"{name}.npz")
    dtype = "float64" if "dyadic.float64" in traces else "float32"
    return {case: traces[f"{case}.{dtype}"] for case in ("near_eps", "other_betas", "dyadic")}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_what_a_library_does_has_one_name(name: str) -> None:
    assert fitting(cases(name)) == NAMES[name]


def test_weight_decay_by_default_is_told_from_every_other_decay() -> None:
    traces = {
        case: Trace(trace.hyper.replace(weight_decay=0.01), trace.gradients, trace.parameters)
        for case, trace in cases("torch_adamw_wd_default").items()
    }
    assert fitting(traces) == {"adamw"}


def test_names_are_unique_across_the_three_lists() -> None:
    assert len(DEFINITIONS) == len(TEXTBOOK) + len(DIALECTS) + len(FAMILY)
    titles = [definition.title for definition in DEFINITIONS.values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_every_definition_says_what_it_is_and_where_it_comes_from(name: str) -> None:
    definition = DEFINITIONS[name]
    assert "title" in vars(definition)
    assert definition.__doc__
    assert definition is Adam or len(source(definition)) > len(definition.title)


PROBES = ("dyadic near eps", "dyadic", "defaults")


def run(definition: type[Adam], dtype: str, probe: str) -> Trace:
    """What a definition does in floats on a probe, from parameters 1 and with weight decay."""
    trajectory = probes(format_of(dtype))[probe]
    hyper = trajectory.hyper.replace(weight_decay=0.125)
    return recorded(definition, hyper, trajectory.gradients, np.ones_like(trajectory.parameters))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPE_NAMES)
@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_definition_in_floats_is_enclosed_by_itself(name: str, dtype: str) -> None:
    outcomes = {judge(run(DEFINITIONS[name], dtype, probe), DEFINITIONS[name]).outcome for probe in PROBES}
    assert outcomes <= (
        {Ruling.ENCLOSED} if dtype in ("float64", "float32") else {Ruling.ENCLOSED, Ruling.NOT_JUDGED}
    )
    assert Ruling.ENCLOSED in outcomes


@pytest.mark.slow
@pytest.mark.parametrize("name", DEFINITIONS)
def test_each_definition_is_told_from_the_others(name: str) -> None:
    traces = {probe: run(DEFINITIONS[name], "float32", probe) for probe in PROBES}
    assert fitting(traces) == {name}


def enclosed(values: list[float], dtype: str) -> Enclosure:
    return Enclosure.exact(np.array(values, format_of(dtype).dtype), Arithmetic.of_arrays(allowances(dtype)))


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_a_sum_over_coordinates_encloses_every_order_of_summation(dtype: str) -> None:
    values = np.random.default_rng(0).normal(size=200).astype(format_of(dtype).dtype)
    sum_ = total(enclosed(values.tolist(), dtype))
    true = sum(fraction(x) for x in enclosed(values.tolist(), dtype).value)
    assert fraction(sum_.value[0]) == true
    for order in (values, values[::-1], np.sort(values)):
        running = values[0] * 0
        for x in order:
            running = running + x
        assert abs(float(running) - float(true)) <= sum_.radius[0, 0]


def test_a_choice_that_rounding_may_decide_is_not_judged() -> None:
    arithmetic = Arithmetic.of_scalars(allowances("float32"))
    beta2 = Enclosure.rounded(0.999, arithmetic)
    near = beta2 * 2 - 1  # 0.998, uncertain by roundings
    last = [mode.name for mode in allowances("float32")].index(Freedom.PRODUCTS)
    bound = float(near.value[0]) + float(near.radius[last, 0]) * 2
    chosen = choose(near, bound, lambda: near * 2, lambda: near * 3)
    assert np.isfinite(chosen.radius[: last + 1]).all()  # scalars in double decide
    assert np.isinf(chosen.radius[last + 1 :]).all()  # scalars in float32 do not
    assert abs(float(chosen.value[0]) - 3 * 0.998) <= chosen.radius[0, 0]
    assert choose(2.0, 1.0, lambda: "above", lambda: "not above") == "above"
    assert choose(1.0, 1.0, lambda: "above", lambda: "not above") == "not above"


def test_rectification_starts_where_the_length_exceeds_five() -> None:
    beta2, one = Fraction(999, 1000), Fraction(1)
    hyper = Hyperparameters(lr=one, beta1=one / 2, beta2=beta2, eps=0 * one)
    radam = DEFINITIONS["radam"](hyper)
    updates = [update for _, update in radam.run(0 * one, [one] * 7)]  # m_hat = v_hat = 1
    assert updates[:5] == [-1] * 5
    longest = 2 / (1 - beta2) - 1
    for t in (6, 7):
        length = longest - 2 * t * beta2**t / (1 - beta2**t)
        damped = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
        assert sign(updates[t - 1]) == -1
        assert sympy.simplify(updates[t - 1] ** 2) == damped


def test_many_hyperparameters_at_once_each_choose_when_to_rectify() -> None:
    """As the diagnosis tries values of a hyperparameter: some rectify in a step and others do not."""
    values = np.array([0.5, 0.9, 0.99, 0.999])
    gradients = [1.0, 2.0, -0.5, 1.0, 3.0, 1.0, -2.0]

    def updates(beta2):
        hyper = Hyperparameters(lr=1.0, beta1=0.5, beta2=beta2, eps=0.125)
        run = DEFINITIONS["radam"](hyper).run(0.0 * beta2, [g + 0.0 * beta2 for g in gradients])
        return np.array([np.asarray(update) for _, update in run])

    assert np.array_equal(updates(values), np.hstack([updates(value) for value in values[:, None]]))
