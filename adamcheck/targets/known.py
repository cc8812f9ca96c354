"""The known implementations, which are verified by name."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Known:
    """An implementation that is verified by name: where it is, with which options, in which library.

    environment: variables that the library reads when it is imported. They are set for the whole
    process, so each target that has some needs a process of its own; backend: another library that it
    cannot do without; remarks: what surprises its users, beside what it computes;
    special: it takes a device or several processes, and is tested only where somebody names it.
    """

    spec: str
    library: str
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    backend: str = ""
    remarks: tuple[str, ...] = ()
    special: bool = False

    @property
    def needs(self) -> tuple[str, ...]:
        """The libraries that must be installed."""
        return (self.library, self.backend) if self.backend else (self.library,)

    @property
    def missing(self) -> str:
        """The first required library that is not installed, or an empty string."""
        return next((name for name in self.needs if importlib.util.find_spec(name) is None), "")

    @property
    def installed(self) -> bool:
        return not self.missing


def _keras(backend: str) -> Known:
    environment = {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return Known("keras.optimizers:Adam", "keras", environment=environment, backend=backend)


KNOWN: dict[str, Known] = {
    "torch": Known(
        "torch.optim:Adam", "torch", {"foreach": False}, remarks=("capturable=True is for GPUs alone",)
    ),
    "torch-foreach": Known("torch.optim:Adam", "torch", {"foreach": True}),
    "torch-fused": Known("torch.optim:Adam", "torch", {"fused": True}),
    "torch-cuda": Known("torch.optim:Adam", "torch", {"device": "cuda"}, special=True),
    "torch-adamw": Known(
        "torch.optim:AdamW", "torch", {"foreach": False}, remarks=("weight_decay is 0.01 unless given",)
    ),
    "torch-amsgrad": Known("torch.optim:Adam", "torch", {"foreach": False, "amsgrad": True}),
    "torch-differentiable": Known(
        "torch.optim:Adam",
        "torch",
        {"foreach": False, "differentiable": True},
        remarks=("refuses leaf parameters that require a gradient",),
    ),
    "torch-tensor-lr": Known("torch.optim:Adam", "torch", {"foreach": False, "tensor_lr": True}),
    "torch-functional": Known("torch.distributed.optim.functional_adam:_FunctionalAdam", "torch"),
    "torch-zero": Known("torch.distributed.optim:ZeroRedundancyOptimizer", "torch", special=True),
    "torch-fsdp": Known("adamcheck.targets.adapters.torch_distributed:fully_shard", "torch", special=True),
    "torch-nadam": Known("torch.optim:NAdam", "torch", {"foreach": False}),
    "optimi": Known("optimi:Adam", "optimi"),
    "kozistr": Known(
        "pytorch_optimizer:AdamW", "pytorch_optimizer", remarks=("is PyTorch's AdamW under another name",)
    ),
    "kozistr-adamax": Known("pytorch_optimizer:AdaMax", "pytorch_optimizer"),
    "bitsandbytes": Known("bitsandbytes.optim:Adam32bit", "bitsandbytes"),
    "torchao": Known("torchao.optim.adam:_AdamW", "torchao", {"compile": False}),
    "optax": Known(
        "optax:adam",
        "optax",
        remarks=("float64 arrays become float32 where JAX's 64-bit mode is off, as it is by default",),
    ),
    "optax-adamw": Known("optax:adamw", "optax"),
    "optax-amsgrad": Known("optax:amsgrad", "optax"),
    "optax-eps-root": Known("adamcheck.targets.adapters.optax:adam_eps_inside_root", "optax"),
    "optax-nadam": Known("optax:nadam", "optax"),
    "jax-example": Known("jax.example_libraries.optimizers:adam", "jax"),
    "keras-jax": _keras("jax"),
    "keras-torch": _keras("torch"),
    "keras-numpy": _keras("numpy"),
    "keras-tensorflow": _keras("tensorflow"),
    "sklearn": Known(
        "sklearn.neural_network._stochastic_optimizers:AdamOptimizer",
        "sklearn",
        remarks=("steps change the caller's arrays, and the optimizer's learning_rate",),
    ),
    "autograd": Known(
        "autograd.misc.optimizers:adam", "autograd", remarks=("returns float64 for float32 parameters",)
    ),
    "tinygrad": Known("tinygrad.nn.optim:Adam", "tinygrad"),
    "mlx": Known("mlx.optimizers:Adam", "mlx", {"bias_correction": True}),
    "mlx-uncorrected": Known(
        "mlx.optimizers:Adam", "mlx", remarks=("no moment is corrected unless bias_correction=True",)
    ),
    "paddle": Known("paddle.optimizer:Adam", "paddle"),
    "thinc": Known(
        "thinc.api:Adam",
        "thinc",
        {"grad_clip": 0.0},
        remarks=(
            "a step sets the caller's gradient to 0",
            "beta1 = 0 raises NotImplementedError, and beta2 = 0 is plain gradient descent",
        ),
    ),
    "thinc-defaults": Known(
        "thinc.api:Adam",
        "thinc",
        remarks=(
            "a step sets the caller's gradient to 0",
            "clips the norm of the gradient to 1 unless grad_clip=0",
        ),
    ),
    "onnx": Known(
        "onnx.reference.ops.aionnx_preview_training.op_adam:Adam",
        "onnx",
        remarks=("T = 0 corrects no moment", "eps is 1e-6 unless given"),
    ),
    "pennylane": Known(
        "pennylane:AdamOptimizer",
        "pennylane",
        remarks=("leaves plain numpy arrays as they are, and counts the step", "beta2 is 0.99 unless given"),
    ),
}
