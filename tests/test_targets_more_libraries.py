"""The adapters of libraries: each known implementation is what it is known to be, in a process of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import pytest
from apart import apart, need
from inline_snapshot import snapshot
from sampling import every

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.checks.check import FAILURES, Outcome
from adamcheck.checks.conformance import CHECKS
from adamcheck.checks.subject import Subject
from adamcheck.diagnosis.fixed_experiments import probes
from adamcheck.judge import Ruling, judge
from adamcheck.numbers.floats import format_of
from adamcheck.targets.base import NotOffered, Target, TargetError
from adamcheck.targets.find import Spec, load_target
from adamcheck.targets.known import KNOWN, Known
from adamcheck.variants import DEFINITIONS

pytestmark = pytest.mark.library

EXACT, SINGLE, MIXED = {Ruling.ENCLOSED}, {Ruling.COARSE}, {Ruling.ENCLOSED, Ruling.COARSE}
"""How float64 runs fare: in float64 throughout, in float32 behind it, or only some hyperparameters in it."""

WHAT_THEY_ARE: dict[str, tuple[str, set[str]]] = {
    "torch-differentiable": ("adam", SINGLE),
    "torch-tensor-lr": ("adam", SINGLE),
    "torch-functional": ("adam", EXACT),
    "torch-zero": ("adam", EXACT),
    "torch-fsdp": ("adam", EXACT),
    "torch-amsgrad": ("amsgrad", EXACT),
    "torch-nadam": ("nadam", EXACT),
    "optimi": ("adam", EXACT),
    "kozistr": ("adam", EXACT),
    "kozistr-adamax": ("adamax", EXACT),
    "bitsandbytes": ("adam", SINGLE),
    "torchao": ("adam", SINGLE),
    "optax-amsgrad": ("amsgrad-corrected-first", EXACT),
    "optax-eps-root": ("eps-inside-root", EXACT),
    "optax-nadam": ("nadam-constant", EXACT),
    "jax-example": ("adam", EXACT),
    "keras-jax": ("eps-hat", EXACT),
    "keras-torch": ("eps-hat", EXACT),
    "keras-numpy": ("eps-hat", SINGLE),
    "keras-tensorflow": ("eps-hat", MIXED),
    "tinygrad": ("adam", SINGLE),
    "mlx": ("adam", SINGLE),
    "mlx-uncorrected": ("no-bias-correction", MIXED),
    "paddle": ("adam", EXACT),
    "thinc": ("eps-hat", set()),
    "thinc-defaults": ("eps-hat-clipped", set()),
    "onnx": ("eps-hat", MIXED),
    "pennylane": ("eps-hat", EXACT),
}
"""For each known name its definition, and the outcomes in float64 (none where it is not offered)."""

FAULTS = {
    # It computes in float32 behind float64 arrays, which a float64 tensor beside a float32 one shows.
    "torch-differentiable float32": {"updates-are-enclosed-in-lives-of-every-kind"},
    "thinc": {"arguments-are-left-alone"},
    "thinc-defaults": {"arguments-are-left-alone"},
    # PyTorch saves the product of the momenta in float32 and loads it in float64: bits differ, which a target
    # that is held against NAdam may do.
    "torch-nadam float64": {
        "a-checkpoint-carries-the-hyperparameters",
        "a-resumed-run-continues-bitwise",
    },
}
"""Checks of the state that a target breaks, in every dtype or in one."""

NO_CHECKPOINT = {"torch-functional", "thinc", "thinc-defaults", "onnx", "pennylane"}

STATE = {check.name: check for check in CHECKS.values() if check.section == "state"}


@dataclass(frozen=True)
class Findings:
    """Outcomes by dtype: of the probes under the definition it is and under Adam; of the state checks."""

    its_own: dict[str, set[str]]
    textbook: dict[str, set[str]]
    state: dict[str, dict[str, str]]


def outcomes(target: Target, dtype: str, definition: type[Adam]) -> set[str]:
    subject = Subject(target, format_of(dtype))
    return {judge(subject.run(probe), definition).outcome for probe in probes(subject.format).values()}


def find_out(name: str, definition: str) -> Findings:
    target = Spec(name).load()
    dtypes = [d for d in ("float64", "float32") if d in target.capabilities.dtypes]
    return Findings(
        its_own={d: outcomes(target, d, DEFINITIONS[definition]) for d in dtypes},
        textbook={d: outcomes(target, d, Adam) for d in dtypes},
        state={
            d: {n: c.run(target, d, examples=5, seed=0).outcome for n, c in STATE.items()} for d in dtypes
        },
    )


@cache
def findings(name: str) -> Findings:
    need(name)
    found: Findings = apart(find_out, name, WHAT_THEY_ARE[name][0])
    return found


@pytest.mark.parametrize("name", every(3, WHAT_THEY_ARE))
def test_each_implementation_is_enclosed_by_the_definition_that_it_is_known_to_follow(name: str) -> None:
    double = WHAT_THEY_ARE[name][1]
    expected = {"float64": double, "float32": {Ruling.ENCLOSED}} if double else {"float32": {Ruling.ENCLOSED}}
    assert findings(name).its_own == expected


@pytest.mark.parametrize(
    "name", every(3, [n for n, (definition, _) in WHAT_THEY_ARE.items() if definition != "adam"])
)
def test_what_is_not_the_textbook_formula_is_rejected_by_it_in_every_dtype(name: str) -> None:
    assert all(Ruling.REJECTED in seen for seen in findings(name).textbook.values())


@pytest.mark.parametrize("name", every(3, WHAT_THEY_ARE))
def test_state_is_kept_but_for_the_known_faults(name: str) -> None:
    for dtype, results in findings(name).state.items():
        expected = FAULTS.get(name, set()) | FAULTS.get(f"{name} {dtype}", set())
        assert {check for check, outcome in results.items() if outcome in FAILURES} == expected
        assert results["a-resumed-run-continues-bitwise"] == (
            Outcome.NOT_APPLICABLE
            if name in NO_CHECKPOINT
            else Outcome.BROKEN
            if "a-resumed-run-continues-bitwise" in expected
            else Outcome.KEPT
        )


def refusals_of_thinc() -> list[str]:
    target = Spec("thinc").load()
    start = format_of("float32").dtype.type([1.0])
    refused = [f"no {d}" for d in ("float64", "float16") if d not in target.capabilities.dtypes]
    for hyper in (Hyperparameters(beta1=0.0), Hyperparameters(beta2=0.0)):
        try:
            target.start(start, hyper)
        except NotOffered as reason:
            refused.append(str(reason).partition(":")[0])
    return refused


def test_what_thinc_refuses_or_takes_for_another_method_is_not_offered() -> None:
    need("thinc")
    assert apart(refusals_of_thinc) == ["no float64", "no float16", "beta1 = 0", "beta2 = 0"]


def a_torch_optimizer() -> Any:
    import torch

    class Mine(torch.optim.Optimizer):
        def __init__(
            self, params: Any, lr: float = 1e-3, betas: Any = (0.9, 0.999), eps: float = 1e-8
        ) -> None:
            super().__init__(params, {})
            self.inner = torch.optim.Adam(self.param_groups[0]["params"], lr=lr, betas=betas, eps=eps)

        def step(self, closure: Any = None) -> None:
            self.inner.step()

    return Mine


def a_jax_function() -> Any:
    from jax.example_libraries import optimizers

    def mine(step_size: Any, b1: Any = 0.9, b2: Any = 0.999, eps: Any = 1e-8) -> Any:
        return optimizers.adam(step_size, b1, b2, eps)

    return mine


def a_tinygrad_function() -> Any:
    from tinygrad.nn import optim

    def mine(params: Any, lr: float = 1e-3, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8) -> Any:
        return optim.Adam(params, lr, b1, b2, eps)

    return mine


def a_thinc_function() -> Any:
    from thinc.api import Adam as ThincAdam

    def mine(learn_rate: float, **options: Any) -> Any:
        return ThincAdam(learn_rate, grad_clip=0.0, **options)

    return mine


MADE = {
    "torch": a_torch_optimizer,
    "jax-example": a_jax_function,
    "tinygrad": a_tinygrad_function,
    "thinc": a_thinc_function,
}
"""For each known name something else of its library that nobody has heard of; for the others a subclass."""

ADAPTERS = {
    "torch": "TorchTarget",
    "torch-functional": "FunctionalTarget",
    "jax-example": "JaxExampleTarget",
    "keras-numpy": "KerasTarget",
    "tinygrad": "TinygradTarget",
    "mlx": "MlxTarget",
    "paddle": "PaddleTarget",
    "thinc": "ThincTarget",
    "onnx": "OnnxTarget",
    "pennylane": "PennylaneTarget",
}


def adapt_unknown(name: str) -> tuple[str, set[str]]:
    known = KNOWN[name]
    os.environ.update(known.environment)
    module, _, attribute = known.spec.partition(":")
    base = getattr(import_module(module), attribute)
    if name in MADE:
        target = load_target(MADE[name]())
    else:
        target = load_target(type("Mine", (base,), {}), **known.options)
    definition = DEFINITIONS[WHAT_THEY_ARE.get(name, ("adam", EXACT))[0]]
    return type(target).__name__, outcomes(target, "float32", definition)


@pytest.mark.parametrize("name", ADAPTERS)
def test_what_nobody_has_heard_of_is_recognised_by_what_it_is(name: str) -> None:
    need(name)
    assert apart(adapt_unknown, name) == (ADAPTERS[name], {Ruling.ENCLOSED})


def two_backends() -> str:
    Spec("keras-numpy").load()
    try:
        Spec("keras-torch").load()
    except TargetError as error:
        return str(error)
    return "loaded"


def test_a_second_keras_backend_in_one_process_is_refused_in_one_line() -> None:
    need("keras-numpy")
    need("keras-torch")
    assert apart(two_backends) == snapshot(
        "keras-torch needs the Keras backend torch, but numpy is loaded: use a process of its own"
    )


def test_a_known_name_needs_its_backend_too() -> None:
    known = Known("keras.optimizers:Adam", "json", backend="no_such_backend")
    assert known.missing == "no_such_backend"
    assert not known.installed
