"""What is remarked of the known implementations is true of the versions installed here."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adamcheck.targets.find import load_target
from adamcheck.targets.known import KNOWN

Fact = Callable[[], None]
FACTS: dict[tuple[str, str], Fact] = {}


def fact(remark: str, *names: str) -> Callable[[Fact], Fact]:
    def registered(function: Fact) -> Fact:
        FACTS.update({(name, remark): function for name in names})
        return function

    return registered


def default(make: Any, name: str) -> Any:
    return inspect.signature(make).parameters[name].default


@fact("weight_decay is 0.01 unless given", "torch-adamw")
def _() -> None:
    from torch.optim import AdamW

    assert default(AdamW, "weight_decay") == 0.01


@fact("is PyTorch's AdamW under another name", "kozistr")
def _() -> None:
    import pytorch_optimizer
    from torch.optim import AdamW

    assert pytorch_optimizer.AdamW is AdamW


@fact("capturable=True is for GPUs alone", "torch")
def _() -> None:
    import torch

    parameter = torch.zeros(2)
    parameter.grad = torch.ones(2)
    with pytest.raises(AssertionError, match="capturable=True"):
        torch.optim.Adam([parameter], capturable=True, foreach=False).step()


@fact("refuses leaf parameters that require a gradient", "torch-differentiable")
def _() -> None:
    import torch

    parameter = torch.zeros(2, requires_grad=True)
    parameter.grad = torch.ones(2)
    with pytest.raises(RuntimeError, match="leaf Variable"):
        torch.optim.Adam([parameter], differentiable=True, foreach=False).step()


@fact("float64 arrays become float32 where JAX's 64-bit mode is off, as it is by default", "optax")
def _() -> None:
    import jax

    assert jax.numpy.asarray(np.full(2, 0.1)).dtype == np.float32


@fact("steps change the caller's arrays, and the optimizer's learning_rate", "sklearn")
def _() -> None:
    from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

    arrays = [np.zeros(2)]
    optimizer = AdamOptimizer(arrays, learning_rate_init=0.5)
    assert optimizer.learning_rate == 0.5
    optimizer.update_params(arrays, [np.ones(2)])
    assert np.all(arrays[0] != 0)
    assert optimizer.learning_rate != 0.5


@fact("returns float64 for float32 parameters", "autograd")
def _() -> None:
    from autograd.misc.optimizers import adam

    ones = np.ones(2, np.float32)
    assert adam(lambda x, t: ones, ones, num_iters=1).dtype == np.float64


@fact("no moment is corrected unless bias_correction=True", "mlx-uncorrected")
def _() -> None:
    from mlx.optimizers import Adam

    assert default(Adam, "bias_correction") is False


@fact("leaves plain numpy arrays as they are, and counts the step", "pennylane")
def _() -> None:
    import pennylane

    plain, optimizer = np.array([1.0, 2.0]), pennylane.AdamOptimizer()
    with pytest.warns(UserWarning, match="no trainable parameters"):
        assert np.array_equal(optimizer.step(lambda x: (x**2).sum(), plain), [1.0, 2.0])
    assert optimizer.t == 1


@fact("beta2 is 0.99 unless given", "pennylane")
def _() -> None:
    import pennylane

    assert default(pennylane.AdamOptimizer, "beta2") == 0.99


def onnx_steps(t: int, **attributes: float) -> Any:
    """The parameters, m and v after a step from 0 with gradient 1 and the learning rate 1."""
    from onnx.reference.ops.aionnx_preview_training.op_adam import _apply_adam

    zero, one = np.zeros(1), np.ones(1)
    named = {"norm_coefficient": 0, "norm_coefficient_post": 0, **attributes}
    return _apply_adam(one, np.array(t), zero, one, zero, zero, **named)


@fact("T = 0 corrects no moment", "onnx")
def _() -> None:
    after, m, v = onnx_steps(0, alpha=0.5, beta=0.75, epsilon=0.0)
    assert (m[0], v[0], after[0]) == (0.5, 0.25, -1.0)
    after, *_ = onnx_steps(1, alpha=0.5, beta=0.75, epsilon=0.5)
    assert after[0] == -0.5  # sqrt(1 - 3/4) / (1 - 1/2) * 1/2 / (1/2 + 1/2)


@fact("eps is 1e-6 unless given", "onnx")
def _() -> None:
    from onnx import defs

    schema = defs.get_schema("Adam", 1, "ai.onnx.preview.training")
    assert np.float32(schema.attributes["epsilon"].default_value.f) == np.float32(1e-6)


@fact("a step sets the caller's gradient to 0", "thinc", "thinc-defaults")
def _() -> None:
    from thinc.api import Adam

    gradient = np.ones(3, "f")
    Adam(0.5)((0, "W"), np.zeros(3, "f"), gradient)
    assert not gradient.any()


@fact("clips the norm of the gradient to 1 unless grad_clip=0", "thinc-defaults")
def _() -> None:
    from thinc.api import Adam

    assert default(Adam, "grad_clip") == 1.0


@fact("beta1 = 0 raises NotImplementedError, and beta2 = 0 is plain gradient descent", "thinc")
def _() -> None:
    from thinc.api import Adam

    def step(**betas: float) -> float:
        optimizer = Adam(0.5, eps=1.0, grad_clip=0.0, **betas)
        return float(optimizer((0, "W"), np.zeros(1, "f"), np.full(1, 2.0, "f"))[0][0])

    with pytest.raises(NotImplementedError):
        step(beta1=0.0)
    assert step(beta2=0.0) == -1.0


def test_every_remark_is_tested() -> None:
    assert set(FACTS) == {(name, remark) for name, known in KNOWN.items() for remark in known.remarks}


@pytest.mark.parametrize(("name", "remark"), FACTS)
def test_a_remark_is_true(name: str, remark: str) -> None:
    if KNOWN[name].missing:
        pytest.skip(f"{KNOWN[name].missing} is not installed")
    load_target(name)  # what a library needs before its first import
    FACTS[name, remark]()
