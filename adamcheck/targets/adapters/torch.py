"""Any `torch.optim.Optimizer` as a target."""

from __future__ import annotations

import copy
import functools
import inspect
import pickle
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from importlib import metadata
from typing import Any

import numpy as np
import torch

from adamcheck.adam import Hyperparameters
from adamcheck.choices import DECAY
from adamcheck.support.text import said
from adamcheck.targets.adapters.library import LibraryTarget, Says, accepted
from adamcheck.targets.arrays import own
from adamcheck.targets.base import Capabilities, NotOffered, Run, Target, TargetError, TensorsRun
from adamcheck.targets.convention import HyperNames, values
from adamcheck.targets.start import Start

_MOMENTS = (("exp_avg", "exp_avg_sq"), ("state1", "state2"))
"""Names of the moments in an optimizer's state: PyTorch's and most others', bitsandbytes'."""


_COUNTED = {"step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"}
"""The state that a step with a zero gradient leaves at zero, and the count of steps."""


_PAIRED: HyperNames = {"lr": "lr", "betas": ("beta1", "beta2"), "eps": "eps"}

_APART: HyperNames = {"lr": "lr", "beta1": "beta1", "beta2": "beta2", "eps": "eps"}

_says = functools.partial(
    Says,
    switches={"amsgrad": "amsgrad", "maximize": "maximize"},
    decoupling="decoupled_weight_decay",
    own=("momentum_decay",),
)

SAYS = {
    "Adam": _says("adam", "adam-l2"),
    "AdamW": _says(decay="adamw"),
    "NAdam": _says("nadam", "adam-l2"),
    "RAdam": _says("radam", "adam-l2"),
    "Adamax": _says("adamax", "adam-l2"),
    "_FunctionalAdam": _says("adam", "adam-l2"),
    "_FunctionalAdamW": _says(decay="adamw"),
}
"""What PyTorch's classes say that they are, weight decay aside: of AdamW that is all there is to say."""

_NARROW = (torch.float16, torch.bfloat16)
"""The dtypes for which some kernels are lacking: PyTorch raises `NotImplementedError` for those."""

_NO_ADAM = (
    ": it is not of Adam's family, whose step treats each coordinate alone by two moments, so that no "
    "definition fits it; matrix optimizers such as Muon, Shampoo and SOAP are not judged"
)


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
    return torch.from_numpy(own(array.view(np.int16))).view(torch.bfloat16)


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
        except NotImplementedError as error:
            # PyTorch has kernels for float64 and float32 wherever it has any, so that there it is a fault.
            if self._parameter.dtype not in _NARROW:
                raise
            raise NotOffered(said(error)) from error
        return to_array(self._parameter)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        return moments_in(self._optimizer.state[self._parameter])

    def save(self) -> Any:
        return copy.deepcopy(self._optimizer.state_dict())

    def load(self, saved: Any) -> None:
        self._optimizer.load_state_dict(copy.deepcopy(saved))

    def step_in_closure(self, gradient: np.ndarray) -> np.ndarray:
        def closure() -> float:
            self._parameter.grad = to_tensor(gradient, str(self._parameter.device))
            return 0.0

        with torch.compiler.set_stance("force_eager") if self._eager else nullcontext():
            self._optimizer.step(closure)
        return to_array(self._parameter)

    def copied(self) -> TorchRun:
        return copy.deepcopy(self)

    def pickled(self) -> TorchRun:
        run: TorchRun = pickle.loads(pickle.dumps(self))
        return run

    def change_lr(self, lr: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = _like(group["lr"], lr)

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

    def __init__(self, optimizer: Any, parameters: list[torch.Tensor], *, decays: bool) -> None:
        self._optimizer = optimizer
        self._parameters = parameters
        self._decays = decays

    def step(self, gradients: Sequence[np.ndarray | None]) -> Sequence[np.ndarray]:
        self._set(gradients)
        self._optimizer.step()
        return [to_array(parameter) for parameter in self._parameters]

    def step_in_closure(self, gradients: Sequence[np.ndarray | None]) -> Sequence[np.ndarray]:
        def closure() -> float:
            self._set(gradients)
            return 0.0

        self._optimizer.step(closure)
        return [to_array(parameter) for parameter in self._parameters]

    def _set(self, gradients: Sequence[np.ndarray | None]) -> None:
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            device = str(parameter.device)
            parameter.grad = None if gradient is None else to_tensor(gradient, device)

    def change_lrs(self, lrs: Sequence[float]) -> None:
        by_parameter = dict(zip(map(id, self._parameters), lrs, strict=True))
        for group in self._optimizer.param_groups:
            lr = by_parameter[id(group["params"][0])]
            group["lr"] = _like(group["lr"], lr)

    def add_group(self, parameters: np.ndarray, hyper: Hyperparameters) -> None:
        first = self._parameters[0]
        tensor = to_tensor(parameters, str(first.device)).requires_grad_(first.requires_grad)
        self._parameters.append(tensor)
        self._optimizer.add_param_group(
            {"params": [tensor], **_options_of(hyper, self._optimizer, self._decays)}
        )

    def copied(self) -> TorchTensorsRun:
        return copy.deepcopy(self)

    def pickled(self) -> TorchTensorsRun:
        run: TorchTensorsRun = pickle.loads(pickle.dumps(self))
        return run

    def save(self) -> Any:
        return copy.deepcopy(self._optimizer.state_dict())

    def load(self, saved: Any) -> None:
        self._optimizer.load_state_dict(copy.deepcopy(saved))


def _like(lr: Any, value: float) -> Any:
    """A learning rate of the kind of another one: an array without axes or a float."""
    return torch.tensor(value, dtype=lr.dtype) if isinstance(lr, torch.Tensor) else value


def _options_of(hyper: Hyperparameters, optimizer: Any, decays: bool) -> dict[str, Any]:
    """The options of a parameter group with these hyperparameters."""
    names = _PAIRED if "betas" in optimizer.defaults else _APART
    decay: HyperNames = {DECAY: DECAY} if decays else {}
    return values({**names, **decay}, hyper.map(float))


def _check_device(name: str, device: str) -> None:
    """Raise `TargetError` where there is no such device."""
    kind = device.partition(":")[0]
    if kind == "cuda" and not torch.cuda.is_available():
        raise TargetError(f"{name} needs a CUDA device, and PyTorch {torch.__version__} finds none here")
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise TargetError(f"{name}: no device {device!r}: {str(error).splitlines()[0]}") from None


class TorchTarget(LibraryTarget):
    """An optimizer class; hyperparameters are passed as `lr`, `betas`, `eps` and `weight_decay`.

    Three options are not the constructor's. `device="cuda"` keeps parameters, gradients and moments on that
    device. `tensor_lr=True` gives it the learning rate in a float32 tensor,
    as schedulers keep it where it must change without recompiling. `compile=False` is for optimizers that
    call `torch.compile` on their step: it lets them run uncompiled, since they compile anew for each of
    the hyperparameters that random testing draws.
    """

    first = ("parameters",)
    package = "torch"
    says = SAYS

    def __init__(self, make: type[torch.optim.Optimizer], name: str, options: Mapping[str, Any] = {}) -> None:
        self.library, self.version = _origin(make)
        options = dict(options)
        self._device = str(options.pop("device", "cpu"))
        _check_device(name, self._device)
        self._eager = options.pop("compile", True) is False
        self._tensor_lr = options.pop("tensor_lr", False) is True
        takes = accepted(make)
        self.names = _APART if "beta1" in takes else _PAIRED
        hint = "" if {"betas", "beta1"} & takes else _NO_ADAM
        super().__init__(make, name, options, hint=hint)
        self.capabilities = Capabilities(
            moments=True,
            checkpoint=True,
            checkpointed_hyperparameters=True,
            weight_decay=self.decays,
            changing_lr=True,
            counter=True,
            tensors=True,
            missing_gradients=True,
            maximize="maximize" in self.accepts and "maximize" not in options,
            complex=make.__module__.startswith("torch.optim") and not options.get("fused"),
            groups=True,
            late_groups=True,
            mixed_dtypes=True,
            copies=True,
            pickles=True,
            closures=True,
            array_lr=True,
        )

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        return self._alone(Start(parameters, hyper))

    def begin(self, start: Start) -> Run | TensorsRun:
        if not start.together:
            return self._alone(start)
        leaves = [self._leaf(each) for each in start.tensors]
        return TorchTensorsRun(self._optimizer(leaves, start), leaves, decays=self.decays)

    def _alone(self, start: Start) -> Run:
        """A run of one array."""
        if not start.complex:
            parameter = self._leaf(start.array)
            return TorchRun(self._optimizer([parameter], start), parameter, eager=self._eager)
        if start.dtype not in ("float32", "float64"):
            raise NotOffered(f"complex numbers of {start.dtype}")
        leaf = torch.view_as_complex(to_tensor(start.array, self._device))
        parameter = leaf.requires_grad_(not self.options.get("differentiable"))
        return ComplexRun(self._optimizer([parameter], start), parameter)

    def _leaf(self, parameters: np.ndarray) -> torch.Tensor:
        # A differentiable optimizer changes its parameters within autograd: they must be no leaves of it.
        return to_tensor(parameters, self._device).requires_grad_(not self.options.get("differentiable"))

    def _optimizer(self, parameters: Sequence[torch.Tensor], start: Start) -> Any:
        keywords = self.keywords(start.hyper)
        if self._tensor_lr:
            keywords["lr"] = torch.tensor(keywords["lr"])
        if start.array_lr:
            keywords["lr"] = torch.tensor(keywords["lr"], dtype=torch.float64)
        if start.maximize:
            keywords["maximize"] = True
        if not start.groups:
            return self.make(list(parameters), **keywords)
        groups: dict[Hyperparameters, list[torch.Tensor]] = {}
        for parameter, hyper in zip(parameters, start.groups, strict=True):
            groups.setdefault(hyper, []).append(parameter)
        given = [{"params": tensors, **self.hyperparameters(hyper)} for hyper, tensors in groups.items()]
        return self.make(given, **keywords)
