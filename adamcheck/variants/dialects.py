"""Dialects: documented conventions that legitimately differ from the textbook step."""

from __future__ import annotations

from typing import Any

from adamcheck.adam import Adam
from adamcheck.numbers import maximum, sqrt


class EpsilonHat(Adam):
    """eps added to sqrt(v) before its correction: lr * sqrt(1-beta2^t)/(1-beta1^t) * m / (sqrt(v) + eps).

    The form at the end of section 2 of Kingma & Ba; TensorFlow and Keras (tensorflow#9047, #35102),
    scikit-learn, PennyLane, ONNX.
    """

    title = "eps-hat (eps added before the second moment is corrected)"

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return sqrt(v_hat) + self.hyper.eps / sqrt(1 - self.hyper.beta2**t)


class EpsilonInsideRoot(Adam):
    """eps under the square root: sqrt(v_hat + eps). Flux.jl#448; Optax's `eps_root`."""

    title = "eps inside the root (sqrt(v_hat + eps))"

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return sqrt(v_hat + self.hyper.eps)


class EpsilonSquaredInsideRoot(Adam):
    """eps squared under the square root: sqrt(v_hat + eps^2). Adabelief-Optimizer#61, keras-radam#29."""

    title = "eps squared inside the root (sqrt(v_hat + eps^2))"

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return sqrt(v_hat + self.hyper.eps * self.hyper.eps)


class NoBiasCorrection(Adam):
    """Neither moment is corrected. BERT's AdamWeightDecay (google-research/bert#153), MLX's default."""

    title = "no bias correction"

    def correct_first(self, m: Any, t: Any) -> Any:
        return m

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v


class AMSGradCorrectedFirst(Adam):
    """AMSGrad with the maximum taken over v_hat instead of v. Optax (optax#1389, #1423)."""

    title = "AMSGrad (maximum of v_hat)"

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        peak = maximum(peak, super().correct_second(peak, v, t)[1])
        return peak, peak
