"""What adapters share: names of hyperparameters, what optimizers say that they are, arrays there and back."""

from __future__ import annotations

import functools
import os
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from apart import apart, need

from adamcheck.adam import Hyperparameters
from adamcheck.numbers.floats import format_of
from adamcheck.targets.adapters.library import Exchange, LibraryTarget, Says, accepted, declared
from adamcheck.targets.base import Capabilities, NotOffered, Run, TargetError
from adamcheck.targets.find import load_target
from adamcheck.targets.known import KNOWN
from adamcheck.testing import check
from adamcheck.variants.standard import Standard


class Optimizer:
    """A class of a library that takes its hyperparameters by names of its own."""

    def __init__(self, rate: float, betas: Any, epsilon: float, weight_decay: float = 0.1, amsgrad=False):
        self.given = {"rate": rate, "betas": betas, "epsilon": epsilon, "weight_decay": weight_decay}


class Passing(Optimizer):
    """It takes some and passes the others on."""

    def __init__(self, *arguments: Any, tracing: bool = False, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)


class Fixed(Optimizer):
    """It takes no weight decay."""

    def __init__(self, rate: float, betas: Any, epsilon: float) -> None:
        super().__init__(rate, betas, epsilon)


NAMES = {"rate": "lr", "betas": ("beta1", "beta2"), "epsilon": "eps"}

SAYS = {"Optimizer": Says("adam", "adamw", {"amsgrad": "amsgrad"}), "function": Says("nadam")}


class OneTarget(LibraryTarget):
    """A target of it."""

    names = NAMES
    package = __name__
    says = SAYS
    capabilities = Capabilities()

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        raise NotOffered("nothing is run here")


class TestNames:
    @pytest.mark.parametrize("make", [Optimizer, Passing])
    def test_hyperparameters_are_passed_by_the_names_of_the_library_and_as_floats(self, make):
        hyper = Hyperparameters(np.float32(0.5), 0.25, 0.75, 2.0**-10, 0.125)
        keywords = OneTarget(make, "one", {"amsgrad": True}).keywords(hyper)
        assert keywords.pop("amsgrad") is True
        assert make(**keywords).given == {
            "rate": 0.5,
            "betas": (0.25, 0.75),
            "epsilon": 2.0**-10,
            "weight_decay": 0.125,
        }
        assert type(keywords["rate"]) is float

    @pytest.mark.parametrize(
        ("make", "options", "decays"),
        [(Optimizer, {}, True), (Optimizer, {"weight_decay": 0.5}, False), (Fixed, {}, False)],
    )
    def test_a_weight_decay_is_passed_where_it_is_taken_and_nobody_has_set_it(self, make, options, decays):
        target = OneTarget(make, "one", options)
        assert target.decays is decays
        assert ("weight_decay" in target.hyperparameters(Hyperparameters())) is decays

    def test_a_hyperparameter_that_is_not_taken_is_named(self):
        with pytest.raises(TargetError, match="one takes no rate, no betas, no epsilon"):
            OneTarget(lambda x: x, "one")

    def test_what_a_class_passes_on_is_accepted_too(self):
        assert {"tracing", "rate", "weight_decay"} <= accepted(Passing)
        assert "weight_decay" not in accepted(Fixed)

    def test_of_what_has_no_signature_nothing_is_known(self):
        assert accepted(max) == set()


class TestDeclarations:
    def test_a_subclass_says_what_the_class_says_that_it_extends(self):
        assert OneTarget(Passing, "one").declares == "adam+adamw"
        assert OneTarget(Passing, "one", {"amsgrad": True}).declares == "adam+amsgrad+adamw"

    def test_another_package_has_an_optimizer_of_that_name(self):
        assert declared(SAYS, "elsewhere", Optimizer, {}) == ""
        assert declared(SAYS, __name__[:-1], Optimizer, {}) == ""

    def test_a_wrapper_that_goes_by_the_name_of_what_it_wraps_says_nothing(self, monkeypatch):
        module = ModuleType("library_of_one_function")
        monkeypatch.setitem(sys.modules, module.__name__, module)

        def function():
            """The library's."""

        function.__module__ = module.__name__
        module.function = function  # type: ignore[attr-defined]

        @functools.wraps(function)
        def wrapper():
            return function()

        assert declared(SAYS, module.__name__, function, {}) == "nadam"
        assert declared(SAYS, module.__name__, wrapper, {}) == ""

    def test_options_that_are_bound_already_count(self):
        bound = functools.partial(Optimizer, amsgrad=True)
        assert declared(SAYS, __name__, bound, {}) == "adam+amsgrad+adamw"
        assert declared(SAYS, __name__, bound, {"amsgrad": False}) == "adam+adamw"

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({}, "nadam+adamw"),
            ({"is_decoupled": False}, "nadam+adam-l2"),
            ({"is_decoupled": True, "psi": 0.5}, "nadam+adamw:psi=0.5"),
            ({"psi": None}, "nadam+adamw"),
        ],
    )
    def test_options_choose_the_weight_decay_and_hyperparameters_of_its_own(self, options, says):
        assert Says("nadam", "adamw", decoupling="is_decoupled", own=("psi",)).given(options) == says

    def test_the_textbook_says_nothing(self):
        assert Says(switches={"nesterov": "nadam"}).given({}) == ""


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_arrays_come_back_as_they_went_and_bfloat16_goes_as_float32(dtype):
    sent = []

    class Tensor:
        def __init__(self, array, name):
            sent.append(array.dtype.name)
            self.array, self.dtype = array, name

    exchange = Exchange(Tensor, lambda tensor: tensor.array, "bfloat16", lambda tensor: tensor)
    array = np.array([1.5, -0.25]).astype(format_of(dtype).dtype)
    back = exchange.to_array(exchange.to_tensor(array))
    assert sent == ["float32" if dtype == "bfloat16" else dtype]
    assert back.dtype == array.dtype
    assert np.array_equal(back, array)
    assert back is not array


DECLARED = {
    "torch": {
        ("torch.optim:RAdam", ""): "radam+adam-l2",
        ("torch-functional", "amsgrad"): "adam+amsgrad+adam-l2",
    },
    "optax": {
        ("optax", ""): "",
        ("optax", "nesterov"): "nadam",
        ("optax:nadam", ""): "nadam",
        ("optax:nadamw", ""): "nadam+adamw",
        ("optax:adamw", ""): "adamw",
        ("optax:amsgrad", ""): "amsgrad",
        ("optax:adamaxw", ""): "adamax+adamw",
        ("optax-eps-root", ""): "",
    },
    "jax-example": {
        ("jax-example", ""): "",
        ("jax.example_libraries.optimizers:adamax", ""): "adamax",
    },
    **{
        f"keras-{backend}": {
            ("keras.optimizers:Adam", ""): "adam+adamw",
            ("keras.optimizers:Adam", "amsgrad"): "adam+amsgrad+adamw",
            ("keras.optimizers:AdamW", ""): "adamw",
            ("keras.optimizers:Nadam", ""): "nadam+adamw",
            ("keras.optimizers:Adamax", ""): "adamax+adamw",
        }
        for backend in ("jax", "torch", "numpy", "tensorflow")
    },
    "paddle": {
        ("paddle", ""): "adam+adam-l2",
        ("paddle", "amsgrad"): "adam+amsgrad+adam-l2",
        ("paddle.optimizer:AdamW", ""): "adamw",
        ("paddle.optimizer:NAdam", ""): "nadam+adam-l2",
        ("paddle.optimizer:RAdam", ""): "radam+adam-l2",
        ("paddle.optimizer:Adamax", ""): "adamax+adam-l2",
    },
    "mlx": {
        ("mlx", ""): "",
        ("mlx.optimizers:AdamW", ""): "adamw",
        ("mlx.optimizers:Adamax", ""): "adamax",
    },
    "tinygrad": {("tinygrad", ""): "", ("tinygrad.nn.optim:AdamW", ""): "adamw"},
    "thinc": {
        ("thinc", ""): "adam+adamw",
        ("thinc.api:RAdam", ""): "radam+adamw",
        ("thinc.optimizers:Optimizer", "use_radam"): "adam+radam+adamw",
    },
    "onnx": {("onnx", ""): "adam+adam-l2"},
    "pennylane": {("pennylane", ""): ""},
    "sklearn": {("sklearn", ""): ""},
    "autograd": {("autograd", ""): ""},
}
"""For a known name its library's optimizers, each with an option that is true, and what they declare."""


def declarations(library: str) -> dict[tuple[str, str], str]:
    os.environ.update(KNOWN[library].environment)
    found = {}
    for name, option in DECLARED[library]:
        says = load_target(name, **({option: True} if option else {})).declares
        assert Standard.parse(says or "adam").definition
        found[name, option] = says
    return found


@pytest.mark.library
@pytest.mark.parametrize("library", DECLARED)
def test_optimizers_of_libraries_declare_what_they_are(library):
    need(library)
    assert apart(declarations, library) == DECLARED[library]


DECOUPLED = {
    "paddle": ("paddle.optimizer:AdamW", {}),
    "mlx": ("mlx.optimizers:AdamW", {"bias_correction": True}),
    "tinygrad": ("tinygrad.nn.optim:AdamW", {}),
}
"""For a known name its library's AdamW, which conforms to what it declares."""


def keeps_its_word(library: str) -> tuple[str, bool]:
    name, options = DECOUPLED[library]
    only = ("updates-are-enclosed-with-dyadic-hyperparameters", "weight-decay-is-coupled-or-decoupled")
    target = load_target(name, **options)
    return target.declares, bool(check(target, dtypes=("float32",), profile="quick", only=only))


@pytest.mark.library
@pytest.mark.parametrize("library", DECOUPLED)
def test_an_adamw_that_says_so_conforms_to_adamw(library):
    need(library)
    assert apart(keeps_its_word, library) == ("adamw", True)


@pytest.mark.library
@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_what_pytorch_has_not_implemented_is_a_fault_but_in_half_precision(dtype):
    torch = pytest.importorskip("torch")

    class Unfinished(torch.optim.Adam):
        def step(self, closure=None):
            raise NotImplementedError("this kernel is not there")

    start = np.zeros(2).astype(dtype)
    run = load_target(Unfinished).start(start, Hyperparameters())
    expected = NotOffered if dtype == "float16" else NotImplementedError
    with pytest.raises(expected, match="this kernel is not there"):
        run.step(np.ones_like(start))


def refused_by_paddle() -> list[str]:
    import warnings

    warnings.simplefilter("ignore")
    target = load_target("paddle")
    refused = []
    for dtype in ("float64", "float32", "float16", "bfloat16"):
        start = np.zeros(1).astype(format_of(dtype).dtype)
        try:
            target.start(start, Hyperparameters()).step(np.ones_like(start))
        except NotOffered as reason:
            refused.append(str(reason))
    return refused


@pytest.mark.library
def test_a_dtype_for_which_paddle_has_no_kernel_is_not_offered():
    need("paddle")
    assert apart(refused_by_paddle) == [
        f"Paddle has no Adam in paddle.{dtype} on this device" for dtype in ("float16", "bfloat16")
    ]
