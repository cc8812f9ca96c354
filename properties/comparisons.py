"""What Adam is compared with: the textbook step with its moments or its denominator replaced."""

from dataclasses import replace
from typing import Any

import adamcheck as ac


class GradientDescent(ac.Adam):
    """`theta - lr * g`: the gradient itself, no moments, no denominator."""

    title = "gradient descent"

    def first_moment(self, m: Any, g: Any) -> Any:
        return g

    def correct_first(self, m: Any, t: Any) -> Any:
        return m

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return 1


class Momentum(GradientDescent):
    """`theta - lr * m`: the moving average of the gradients as the text defines it, no denominator."""

    title = "gradient descent with momentum"

    def first_moment(self, m: Any, g: Any) -> Any:
        return ac.Adam.first_moment(self, m, g)


class SignDescent(ac.Adam):
    """`theta - lr * g / (sqrt(g^2) + eps)`: Adam whose moments hold the current gradient only."""

    title = "sign descent"

    def first_moment(self, m: Any, g: Any) -> Any:
        return g

    def second_moment(self, v: Any, g: Any) -> Any:
        return g * g

    def correct_first(self, m: Any, t: Any) -> Any:
        return m

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v


class PaperFaster(ac.Adam):
    """The step at the end of section 2 of the paper: both corrections in the learning rate, eps added to
    sqrt(v)."""

    title = "the paper's faster form"

    def correct_first(self, m: Any, t: Any) -> Any:
        return m * ac.sqrt(1 - self.hyper.beta2**t) / (1 - self.hyper.beta1**t)

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v


class OneStepLate(ac.Adam):
    """Adam that is given every gradient one step late, and the first one twice."""

    title = "Adam with late gradients"

    def update(self, state: ac.State, parameters: Any, gradient: Any) -> tuple[ac.State, Any]:
        waiting = gradient if state.memory is None else state.memory
        return super().update(replace(state, memory=gradient), parameters, waiting)


class LateDescent(OneStepLate, GradientDescent):
    """Gradient descent that is given every gradient one step late, and the first one twice."""

    title = "gradient descent with late gradients"


class Unrolled(ac.Adam):
    """The corrected moments as weighted averages of all gradients so far, with weights beta^age."""

    title = "Adam with unrolled moments"

    def start(self, parameters: Any) -> ac.State:
        return ac.State(step=0, m=(), v=(), peak=())

    def first_moment(self, m: Any, g: Any) -> Any:
        return (*m, g)

    def second_moment(self, v: Any, g: Any) -> Any:
        return (*v, g * g)

    def correct_first(self, m: Any, t: Any) -> Any:
        return _weighted_average(m, self.hyper.beta1)

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, _weighted_average(v, self.hyper.beta2)


def _weighted_average(values: Any, beta: Any) -> Any:
    total, weights = values[-1], 1
    for age, value in enumerate(reversed(values[:-1]), start=1):
        total, weights = total + beta**age * value, weights + beta**age
    return total / weights
