"""The operator Adam of ONNX (`ai.onnx.preview.training`) in the reference evaluator as a target."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.ops.aionnx_preview_training.op_adam import Adam

from adamcheck.adam import Hyperparameters
from adamcheck.targets.base import Capabilities, Run, Target, TargetError
from adamcheck.targets.convention import HyperNames, values

_ATTRIBUTES: HyperNames = {
    "alpha": "beta1",
    "beta": "beta2",
    "epsilon": "eps",
    "norm_coefficient": "weight_decay",
}

_TYPES = {"float64": TensorProto.DOUBLE, "float32": TensorProto.FLOAT}


def recognises(thing: Any) -> bool:
    """Whether `thing` implements that operator."""
    return inspect.isclass(thing) and issubclass(thing, Adam)


def adapt(thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """The implementation `thing` as a target; `options` are attributes of the operator.

    Raises `TargetError` for an attribute that the checks choose.
    """
    for option in options:
        if option in _ATTRIBUTES:
            raise TargetError(f"{name}: {option} cannot be set, because the checks choose it")
    return OnnxTarget(thing, name, options)


class _OnnxRun(Run):
    """The operator remembers nothing: the moments and the number of the step are its inputs."""

    def __init__(self, evaluator: Any, parameters: np.ndarray, lr: float) -> None:
        self._evaluator = evaluator
        self._inputs = {
            "R": np.array(lr, parameters.dtype),
            "T": np.array(0, np.int64),
            "X": parameters,
            "V": np.zeros_like(parameters),
            "H": np.zeros_like(parameters),
        }

    def step(self, gradient: np.ndarray) -> np.ndarray:
        # T = 0 would switch bias correction off.
        self._inputs["T"] = self._inputs["T"] + 1
        new = self._evaluator.run(None, {**self._inputs, "G": gradient})
        self._inputs.update(zip("XVH", new, strict=True))
        return self._inputs["X"]

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        return self._inputs["V"], self._inputs["H"]


class OnnxTarget(Target):
    """A model of one node; its attributes, the decay rates and eps, are float32 in every dtype.

    weight_decay is the attribute norm_coefficient.
    """

    library = "onnx"
    version = onnx.__version__
    declares = "adam+adam-l2"

    def __init__(self, make: type[Adam], name: str, options: Mapping[str, Any] = {}) -> None:
        self.name = name
        self._operators = [] if make is Adam else [make]
        self._options = dict(options)
        self.capabilities = Capabilities(dtypes=tuple(_TYPES), moments=True, weight_decay=True)

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        attributes = values(_ATTRIBUTES, hyper.map(float))
        node = helper.make_node(
            "Adam",
            ["R", "T", "X", "G", "V", "H"],
            ["X_new", "V_new", "H_new"],
            domain="ai.onnx.preview.training",
            **attributes,
            **self._options,
        )
        type, shape = _TYPES[parameters.dtype.name], parameters.shape
        inputs = [
            helper.make_tensor_value_info("R", type, []),
            helper.make_tensor_value_info("T", TensorProto.INT64, []),
            *(helper.make_tensor_value_info(name, type, shape) for name in "XGVH"),
        ]
        outputs = [helper.make_tensor_value_info(name, type, shape) for name in node.output]
        graph = helper.make_graph([node], "adam", inputs, outputs)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("ai.onnx.preview.training", 1)])
        return _OnnxRun(
            ReferenceEvaluator(model, new_ops=self._operators or None), parameters, float(hyper.lr)
        )
