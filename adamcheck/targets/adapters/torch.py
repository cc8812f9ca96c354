"""Any `torch.optim.Optimizer` as a target."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping, Sequence, Set
from contextlib import nullcontext
from importlib import metadata
from typing import Any

import numpy as np
import torch

from adamcheck.adam import Hyperparameters
from adamcheck.targets.arrays import own
from adamcheck.targets.base import Capabilities, NotOffered, Run, Target, TargetError, TensorsRun
from adamcheck.targets.options import check_call
from adamcheck.targets.start import Start

_MOMENTS = (("exp_avg", "exp_avg_sq"), ("state1", "state2"))
"""Names of the moments in an optimizer's state: PyTorch's and most others', bitsandbytes'."""


_COUNTED = {"step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"}
"""The state that a step with a zero gradient leaves at zero, and the count of steps."""


_OPTIMIZERS = {"Adam": "adam", "AdamW": "", "NAdam": "nadam", "RAdam": "radam", "Adamax": "adamax"}
"""What PyTorch's classes say that they are, weight decay aside: of AdamW that is all there is to say."""


_NO_ADAM = (
    ": it is not of Adam's family, whose step treats each coordinate alone by two moments, so that no "
    "definition fits it; matrix optimizers such as Muon, Shampoo and SOAP are not judged"
)


def declared(make: type, options: Mapping[str, Any]) -> str:
    """What an optimizer says that it is, by its class or the one it extends and by its options.

    Adam's convention for eps or for the order of maximum and correction is not part of it.
    """
    known = next(
        (c for c in make.__mro__ if c.__module__.startswith("torch.optim.") and c.__name__ in _OPTIMIZERS),
        None,
    )
    if known is None:
        return ""
    names = [_OPTIMIZERS[known.__name__]]
    names += [option for option in ("amsgrad", "maximize") if options.get(option)]
    decoupled = known.__name__ == "AdamW" or options.get("decoupled_weight_decay")
    names.append("adamw" if decoupled else "adam-l2")
    momentum_decay = options.get("momentum_decay")
    return "+".join(filter(None, names)) + (
        "" if momentum_decay is None else f":momentum_decay={momentum_decay!r}"
    )


def accepted(make: type) -> Set[str]:
    """The names of what a class of optimizers takes, its own and what it passes on to its base class."""
    names: set[str] = set()
    for each in make.__mro__:
        parameters = inspect.signature(each.__init__).parameters  # type: ignore[misc]
        names |= set(parameters)
        if not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
            break
    return names


def recognises(thing: Any) -> bool:
    """Whether `thing` is a class of optimizers."""
    return inspect.isclass(thing) and issubclass(thing, torch.optim.Optimizer)


def adapt(thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """The optimizer class `thing` as a target; `options` go to its constructor."""
    return TorchTarget(thing, name, options)


def to_tensor(array: np.ndarray, device: str = "cpu") -> torch.Tensor:
    """A tensor of the array's dtype on a device, on memory of its own, strided as the array is."""
    tensor = _on_cpu(array)
    if device == "cpu":
        return tensor
    there = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=device)
    return there.copy_(tensor)


def _on_cpu(array: np.ndarray) -> torch.Tensor:
    if array.dtype.kind == "f":
        return torch.from_numpy(own(array))
    # Else it is a bfloat16, which PyTorch does not take from numpy.
    strides = [stride // array.itemsize for stride in array.strides]
    tensor = torch.empty_strided(array.shape, strides, dtype=torch.bfloat16)
    return tensor.copy_(torch.from_numpy(array.astype(np.float32)))


def to_array(tensor: torch.Tensor) -> np.ndarray:
    """The array of the tensor's dtype, a copy."""
    tensor = tensor.detach().cpu()
    if tensor.dtype == torch.bfloat16:
        return np.asarray(tensor.float().numpy()).astype("bfloat16")
    return np.array(tensor.numpy())


def moments_in(state: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """The moments in the state of one parameter. Raises `NotOffered` where none has a known name."""
    for m, v in _MOMENTS:
        if m in state and v in state:
            return to_array(state[m]), to_array(state[v])
    raise NotOffered("moments")


def _origin(make: type) -> tuple[str, str]:
    """The distribution that a class comes from and its version; PyTorch itself where it comes from none."""
    package = make.__module__.partition(".")[0]
    distributions = [] if package == "torch" else metadata.packages_distributions().get(package, [])
    for distribution in distributions:
        return distribution, metadata.version(distribution)
    return "torch", torch.__version__


class TorchRun(Run):
    """An optimizer with one parameter; eager: whether `torch.compile` inside of it is to do nothing."""

    def __init__(self, optimizer: Any, parameter: torch.Tensor, *, eager: bool = False) -> None:
        self._optimizer = optimizer
        self._parameter = parameter
        self._eager = eager

    def step(self, gradient: np.ndarray) -> np.ndarray:
        self._parameter.grad = to_tensor(gradient, str(self._parameter.device))
        try:
            with torch.compiler.set_stance("force_eager") if self._eager else nullcontext():
                self._optimizer.step()
        except RuntimeError as error:
            if "not implemented for" in str(error):
                raise NotOffered(str(error).splitlines()[0]) from error
            raise
        return to_array(self._parameter)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        return moments_in(self._optimizer.state[self._parameter])

    def save(self) -> Any:
        return copy.deepcopy(self._optimizer.state_dict())

    def load(self, saved: Any) -> None:
        self._optimizer.load_state_dict(copy.deepcopy(saved))

    def change_lr(self, lr: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = torch.tensor(lr) if isinstance(group["lr"], torch.Tensor) else lr

    def count(self, steps: int) -> None:
        self.step(np.zeros(tuple(self._parameter.shape), to_array(self._parameter).dtype))  # makes the state
        saved = self.save()
        for state in saved["state"].values():
            if not set(state) <= _COUNTED:
                raise NotOffered("counter")
            count = state["step"]
            state["step"] = torch.full_like(count, steps) if isinstance(count, torch.Tensor) else steps
        self.load(saved)


class ComplexRun(TorchRun):
    """An optimizer with one complex parameter; arrays are of pairs of parts."""

    def step(self, gradient: np.ndarray) -> np.ndarray:
        self._parameter.grad = torch.view_as_complex(to_tensor(gradient, str(self._parameter.device)))
        self._optimizer.step()
        return to_array(torch.view_as_real(self._parameter.detach()))


class TorchTensorsRun(TensorsRun):
    """An optimizer with several parameters."""

    def __init__(self, optimizer: Any, parameters: Sequence[torch.Tensor]) -> None:
        self._optimizer = optimizer
        self._parameters = parameters

    def step(self, gradients: Sequence[np.ndarray | None]) -> Sequence[np.ndarray]:
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            device = str(parameter.device)
            parameter.grad = None if gradient is None else to_tensor(gradient, device)
        self._optimizer.step()
        return [to_array(parameter) for parameter in self._parameters]


def _check_device(name: str, device: str) -> None:
    """Raise `TargetError` where there is no such device."""
    kind = device.partition(":")[0]
    if kind == "cuda" and not torch.cuda.is_available():
        raise TargetError(f"{name} needs a CUDA device, and PyTorch {torch.__version__} finds none here")
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise TargetError(f"{name}: no device {device!r}: {str(error).splitlines()[0]}") from None


class TorchTarget(Target):
    """An optimizer class; hyperparameters are passed as `lr`, `betas`, `eps` and `weight_decay`.

    Three options are not the constructor's. `device="cuda"` keeps parameters, gradients and moments on that
    device. `tensor_lr=True` gives it the learning rate in a float32 tensor,
    as schedulers keep it where it must change without recompiling. `compile=False` is for optimizers that
    call `torch.compile` on their step: it lets them run uncompiled, since they compile anew for each of
    the hyperparameters that random testing draws.
    """

    def __init__(self, make: type[torch.optim.Optimizer], name: str, options: Mapping[str, Any] = {}) -> None:
        self.name = name
        self.library, self.version = _origin(make)
        self._make = make
        options = dict(options)
        self._device = str(options.pop("device", "cpu"))
        _check_device(name, self._device)
        self._eager = options.pop("compile", True) is False
        self._tensor_lr = options.pop("tensor_lr", False) is True
        self._options = options
        self._accepts = accepted(make)
        self.declares = declared(make, options)
        betas = ("beta1", "beta2") if "beta1" in self._accepts else ("betas",)
        hint = "" if "betas" in self._accepts or "beta1" in self._accepts else _NO_ADAM
        check_call(make, name, ("lr", *betas, "eps"), options, hint=hint)
        self.capabilities = Capabilities(
            moments=True,
            checkpoint=True,
            checkpointed_hyperparameters=True,
            weight_decay="weight_decay" in self._accepts and "weight_decay" not in options,
            changing_lr=True,
            counter=True,
            tensors=True,
            missing_gradients=True,
            maximize="maximize" in self._accepts and "maximize" not in options,
            complex=self.library == "torch" and not options.get("fused"),
        )

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        return self._alone(Start(parameters, hyper))

    def begin(self, start: Start) -> Run | TensorsRun:
        if not start.together:
            return self._alone(start)
        leaves = [self._leaf(each) for each in start.tensors]
        return TorchTensorsRun(self._optimizer(leaves, start), leaves)

    def _alone(self, start: Start) -> Run:
        """A run of one array."""
        if not start.complex:
            parameter = self._leaf(start.array)
            return TorchRun(self._optimizer([parameter], start), parameter, eager=self._eager)
        if start.dtype not in ("float32", "float64"):
            raise NotOffered(f"complex numbers of {start.dtype}")
        leaf = torch.view_as_complex(to_tensor(start.array, self._device))
        parameter = leaf.requires_grad_(not self._options.get("differentiable"))
        return ComplexRun(self._optimizer([parameter], start), parameter)

    def _leaf(self, parameters: np.ndarray) -> torch.Tensor:
        # A differentiable optimizer changes its parameters within autograd: they must be no leaves of it.
        return to_tensor(parameters, self._device).requires_grad_(not self._options.get("differentiable"))

    def _optimizer(self, parameters: Sequence[torch.Tensor], start: Start) -> Any:
        hyper = start.hyper
        keywords: dict[str, Any] = {
            "lr": torch.tensor(hyper.lr) if self._tensor_lr else hyper.lr,
            "eps": hyper.eps,
        }
        if "beta1" in self._accepts:
            keywords |= {"beta1": hyper.beta1, "beta2": hyper.beta2}
        else:
            keywords["betas"] = (hyper.beta1, hyper.beta2)
        if self.capabilities.weight_decay:
            keywords["weight_decay"] = hyper.weight_decay
        if start.maximize:
            keywords["maximize"] = True
        return self._make(list(parameters), **keywords, **self._options)
