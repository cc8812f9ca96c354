"""Dialects: documented conventions that legitimately differ from the textbook step."""

from __future__ import annotations

from adamcheck.adam import Adam, AdamW, AMSGrad, State
from adamcheck.numbers import Value, maximum, sqrt
from adamcheck.variants.operations import total


class EpsilonHat(Adam):
    """eps is added to sqrt(v) before its correction: lr * sqrt(1-beta2^t)/(1-beta1^t) * m / (sqrt(v) + eps).

    The form at the end of section 2 of Kingma & Ba; TensorFlow and Keras (tensorflow#9047, #35102),
    scikit-learn, PennyLane, ONNX.
    """

    title = "eps-hat (eps added before the second moment is corrected)"

    def denominator(self, v_hat: Value, t: Value) -> Value:
        return sqrt(v_hat) + self.hyper.eps / sqrt(1 - self.hyper.beta2**t)


class EpsilonInsideRoot(Adam):
    """eps under the square root: sqrt(v_hat + eps). Flux.jl#448; Optax's `eps_root`."""

    title = "eps inside the root (sqrt(v_hat + eps))"

    def denominator(self, v_hat: Value, t: Value) -> Value:
        return sqrt(v_hat + self.hyper.eps)


class EpsilonSquaredInsideRoot(Adam):
    """eps squared under the square root: sqrt(v_hat + eps^2). Adabelief-Optimizer#61, keras-radam#29."""

    title = "eps squared inside the root (sqrt(v_hat + eps^2))"

    def denominator(self, v_hat: Value, t: Value) -> Value:
        return sqrt(v_hat + self.hyper.eps * self.hyper.eps)


class EpsilonAsFloor(Adam):
    """eps as a lower bound of the root: max(sqrt(v_hat), eps). A remedy for division by zero."""

    title = "eps as a floor (max(sqrt(v_hat), eps))"

    def denominator(self, v_hat: Value, t: Value) -> Value:
        return maximum(sqrt(v_hat), self.hyper.eps)


class NoBiasCorrection(Adam):
    """Neither moment is corrected. BERT's AdamWeightDecay (google-research/bert#153), MLX's default."""

    title = "no bias correction"

    def correct_first(self, m: Value, t: Value) -> Value:
        return m

    def correct_second(self, peak: Value, v: Value, t: Value) -> tuple[Value, Value]:
        return peak, v


class AMSGradCorrectedFirst(Adam):
    """AMSGrad with the maximum taken over v_hat instead of v. Optax (optax#1389, #1423)."""

    title = "AMSGrad (maximum of v_hat)"

    def correct_second(self, peak: Value, v: Value, t: Value) -> tuple[Value, Value]:
        peak = maximum(peak, super().correct_second(peak, v, t)[1])
        return peak, peak


class AMSGradUncorrected(AMSGrad):
    """AMSGrad without bias corrections: Reddi, Kale & Kumar (2018), algorithm 2, with eps added."""

    title = "AMSGrad without bias correction"

    def correct_first(self, m: Value, t: Value) -> Value:
        return m

    def correct_second(self, peak: Value, v: Value, t: Value) -> tuple[Value, Value]:
        peak = maximum(peak, v)
        return peak, peak


class AMSGradVUncorrected(AMSGrad):
    """AMSGrad with a corrected first moment and the maximum of v as it is: many textbooks and courses."""

    title = "AMSGrad with only the first moment corrected"

    def correct_second(self, peak: Value, v: Value, t: Value) -> tuple[Value, Value]:
        peak = maximum(peak, v)
        return peak, peak


class AMSGradEpsilonHat(EpsilonHat, AMSGrad):
    """AMSGrad with eps added before the correction. Keras' `Adam(amsgrad=True)`."""

    title = "AMSGrad with eps-hat"


class Maximize(Adam):
    """Gradient ascent: the gradient is negated. PyTorch's `maximize=True` (pytorch#68164)."""

    title = "gradient ascent (the sign is turned)"

    def gradient(self, gradient: Value, parameters: Value) -> Value:
        return -gradient


class ClippedEpsilonHat(EpsilonHat):
    """eps-hat, with the gradient scaled to norm 1 if its norm is larger. Thinc's default.

    The norm is taken over all coordinates that are judged together, at most 2**14.
    """

    title = "eps-hat, with the gradient's norm clipped at 1"
    coordinatewise = False

    def gradient(self, gradient: Value, parameters: Value) -> Value:
        norm = sqrt(total(gradient * gradient))
        return gradient / maximum(norm, 0 * norm + 1)


class AdamWDecayWithoutLearningRate(AdamW):
    """Decoupled weight decay without the factor lr: theta - lambda theta - lr m_hat / (sqrt(v_hat) + eps).

    Loshchilov & Hutter (2019), algorithm 2, with schedule multiplier 1; TensorFlow Addons
    (tensorflow/addons#844), Flux (Optimisers.jl#46, #182).
    """

    title = "AdamW with a decay that lr does not scale"

    def decay(self, parameters: Value, update: Value) -> Value:
        decayed = parameters * (1 - self.hyper.weight_decay)
        return (decayed - parameters) + update


class InverseRootRate(Adam):
    """Adam with learning rate lr / sqrt(t), the schedule of theorem 4.1 of Kingma & Ba (2015)."""

    title = "learning rate lr / sqrt(t)"

    def update(self, state: State, parameters: Value, gradient: Value) -> tuple[State, Value]:
        state, update = super().update(state, parameters, gradient)
        return state, update / float(state.step) ** 0.5


class AdamWInverseRootRate(InverseRootRate, AdamW):
    """AdamW with learning rate lr / sqrt(t), which also scales the weight decay, as in PyTorch."""

    title = "AdamW with learning rate lr / sqrt(t)"
