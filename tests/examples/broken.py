"""Adams with one fault each."""

import numpy as np


class Adam:
    """The textbook step; a faulty Adam overrides what is faulty."""

    def __init__(self, parameters, *, lr, beta1, beta2, eps):
        self.theta, self.t = parameters.copy(), 0
        self.m, self.v = np.zeros_like(parameters), np.zeros_like(parameters)
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps

    def step(self, gradient):
        self.t += 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * gradient
        self.v = self.beta2 * self.v + (1 - self.beta2) * gradient * gradient
        self.theta = self.theta + self.update(
            self.m / (1 - self.beta1**self.t), self.v / (1 - self.beta2**self.t)
        )
        return self.theta

    def update(self, m_hat, v_hat):
        return -self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


class NextStepsCorrection(Adam):
    """v_hat uses t + 1."""

    def update(self, m_hat, v_hat):
        v = v_hat * (1 - self.beta2**self.t)
        return super().update(m_hat, v / (1 - self.beta2 ** (self.t + 1)))


class EpsInsideRoot(Adam):
    def update(self, m_hat, v_hat):
        return -self.lr * m_hat / np.sqrt(v_hat + self.eps)


class NoCorrection(Adam):
    def update(self, m_hat, v_hat):
        return super().update(m_hat * (1 - self.beta1**self.t), v_hat * (1 - self.beta2**self.t))


class FromStepSeven(Adam):
    """The sign is wrong from step 7 on."""

    def update(self, m_hat, v_hat):
        return super().update(m_hat, v_hat) * (1 if self.t < 7 else -1)


class FromStepThirty(Adam):
    """Forgets everything at step 30, after the last step of every fixed experiment."""

    def update(self, m_hat, v_hat):
        return super().update(m_hat, v_hat) * (1 if self.t < 30 else 0)


class LastCoordinate(Adam):
    """The last of several coordinates gets half of its update."""

    def update(self, m_hat, v_hat):
        update = super().update(m_hat, v_hat)
        if update.size > 1:
            update.flat[-1] /= 2
        return update


class ScalarTail(Adam):
    """Whole vectors of eight coordinates are updated, the rest is forgotten."""

    def update(self, m_hat, v_hat):
        update = super().update(m_hat, v_hat)
        if update.size > 8:
            update.flat[update.size // 8 * 8 :] = 0
        return update


class SharedCounter(Adam):
    """All instances count their steps together, since the last one was made."""

    steps = 0

    def __init__(self, parameters, **hyper):
        super().__init__(parameters, **hyper)
        SharedCounter.steps = 0

    def step(self, gradient):
        self.t = SharedCounter.steps
        SharedCounter.steps += 1
        return super().step(gradient)


class ForgetsItsStep(Adam):
    """A loaded run starts to count from 0 again."""

    def save(self):
        return self.m, self.v

    def load(self, saved):
        self.m, self.v = saved


class ScalesItsGradient(Adam):
    """Multiplies the caller's gradient in place."""

    def step(self, gradient):
        theta = super().step(gradient)
        gradient *= 2
        return theta


class KeepsItsGradient(Adam):
    """Makes its first moment of the first gradient only when it is needed, in the second step."""

    def step(self, gradient):
        if self.t == 0:
            self.first = gradient
        elif self.t == 1:
            self.m = (1 - self.beta1) * self.first
        return super().step(gradient)


class Noisy(Adam):
    """A different random error each time."""

    noise = np.random.default_rng()

    def update(self, m_hat, v_hat):
        return super().update(m_hat, v_hat) * self.noise.uniform(0.5, 1, m_hat.shape)


class ForgetsEps(Adam):
    """NaN for a gradient that is zero from the start."""

    def update(self, m_hat, v_hat):
        return -self.lr * m_hat / np.sqrt(v_hat)


class ScribblesOnItsMoments(Adam):
    """Right, but shows a v that is negative."""

    def moments(self):
        return self.m, -1 - self.v
