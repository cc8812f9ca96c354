"""Wrong Adams as people write them: two faults at once, or one that gives NaN."""

import numpy as np


class VOfGradients:
    """The square is forgotten: NaN where a gradient is negative."""

    ZEROS = staticmethod(np.zeros_like)

    def __init__(self, learning_rate=0.001, b1=0.9, b2=0.999, eps=1e-8):
        self.lr = learning_rate
        self.b1 = b1
        self.b2 = b2
        self.eps = eps
        self.m = None
        self.t = 0

    def update(self, w, g):
        if self.m is None:
            self.m = self.ZEROS(g)
            self.v = self.ZEROS(g)
        self.t += 1
        self.m = self.b1 * self.m + (1 - self.b1) * g
        self.v = self.b2 * self.v + (1 - self.b2) * self.squared(g)
        return w - self.moved()

    def squared(self, g):
        return g

    def moved(self):
        m_hat = self.m / (1 - self.b1**self.t)
        v_hat = self.v / (1 - self.b2**self.t)
        return self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


class PowerForgottenAndNoRoot(VOfGradients):
    def squared(self, g):
        return g * g

    def moved(self):
        return self.lr * self.m / (1 - self.b1) / (self.v / (1 - self.b2) + self.eps)


class BothStartAtOne(VOfGradients):
    ZEROS = staticmethod(np.ones_like)

    def squared(self, g):
        return g * g


class BothCorrectedInPlace(VOfGradients):
    def squared(self, g):
        return g * g

    def moved(self):
        self.m = self.m / (1 - self.b1**self.t)
        self.v = self.v / (1 - self.b2**self.t)
        return self.lr * self.m / (np.sqrt(self.v) + self.eps)


class AscentAndCorrectedTwice(VOfGradients):
    def squared(self, g):
        return g * g

    def moved(self):
        m_hat = self.m / (1 - self.b1**self.t) ** 2
        v_hat = self.v / (1 - self.b2**self.t) ** 2
        return -self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


class TwoDialects(VOfGradients):
    """eps inside the root, and ascent."""

    def squared(self, g):
        return g * g

    def moved(self):
        m_hat = self.m / (1 - self.b1**self.t)
        v_hat = self.v / (1 - self.b2**self.t)
        return -self.lr * m_hat / np.sqrt(v_hat + self.eps)


class CountedAfterwards(VOfGradients):
    """The count goes up after the correction: 0 / 0 in the first step."""

    def update(self, w, g):
        if self.m is None:
            self.m = self.ZEROS(g)
            self.v = self.ZEROS(g)
        self.m = self.b1 * self.m + (1 - self.b1) * g
        self.v = self.b2 * self.v + (1 - self.b2) * g**2
        w = w - self.moved()
        self.t += 1
        return w


class CountedAfterwardsWithAGuard(CountedAfterwards):
    """The same, but a first step without correction."""

    def moved(self):
        if self.t == 0:
            return self.lr * self.m / (np.sqrt(self.v) + self.eps)
        return super().moved()


class ProductForPower(VOfGradients):
    def squared(self, g):
        return g * g

    def moved(self):
        m_hat = self.m / (1 - self.b1 * self.t)
        v_hat = self.v / (1 - self.b2 * self.t)
        return self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


class ProductForPowerInM(ProductForPower):
    def moved(self):
        m_hat = self.m / (1 - self.b1 * self.t)
        v_hat = self.v / (1 - self.b2**self.t)
        return self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


class AverageOfVByB1(ProductForPower):
    """v averages with b1, and is corrected with b2."""

    def update(self, w, g):
        if self.m is None:
            self.m = self.ZEROS(g)
            self.v = self.ZEROS(g)
        self.t += 1
        self.m = self.b1 * self.m + (1 - self.b1) * g
        self.v = self.b1 * self.v + (1 - self.b1) * g * g
        m_hat = self.m / (1 - self.b1**self.t)
        v_hat = self.v / (1 - self.b2**self.t)
        return w - self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


class LiteralInEpsHat:
    """eps-hat with 1e-7 in the code, although eps is an argument."""

    def __init__(self, parameters, lr, beta1, beta2, eps=1e-8):
        self.theta, self.lr, self.b1, self.b2, self.eps = parameters.copy(), lr, beta1, beta2, eps
        self.m, self.v, self.t = np.zeros_like(parameters), np.zeros_like(parameters), 0

    def step(self, g):
        self.t += 1
        self.m = self.b1 * self.m + (1 - self.b1) * g
        self.v = self.b2 * self.v + (1 - self.b2) * g * g
        rate = self.lr * np.sqrt(1 - self.b2**self.t) / (1 - self.b1**self.t)
        self.theta = self.theta - rate * self.m / (np.sqrt(self.v) + 1e-7)
        return self.theta


class CountedForEachLayer:
    """The count goes up for each array of a list."""

    def __init__(self, params, learning_rate=0.001, b1=0.9, b2=0.999, eps=1e-8):
        self.params, self.lr, self.b1, self.b2, self.eps, self.t = params, learning_rate, b1, b2, eps, 0
        self.moments = [(np.zeros_like(p), np.zeros_like(p)) for p in params]

    def step(self, grads):
        for i, (p, g, (m, v)) in enumerate(zip(self.params, grads, self.moments, strict=True)):
            self.t += 1
            m = self.b1 * m + (1 - self.b1) * g
            v = self.b2 * v + (1 - self.b2) * g * g
            self.moments[i] = m, v
            m_hat, v_hat = m / (1 - self.b1**self.t), v / (1 - self.b2**self.t)
            p -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


class TooLargeByABillionth:
    """Far below what float32 sees."""

    def __init__(self, parameters, lr, beta1, beta2, eps):
        self.theta, self.lr, self.b1, self.b2, self.eps = parameters.copy(), lr, beta1, beta2, eps
        self.m, self.v, self.t = np.zeros_like(parameters), np.zeros_like(parameters), 0

    def step(self, g):
        self.t += 1
        self.m = self.b1 * self.m + (1 - self.b1) * g
        self.v = self.b2 * self.v + (1 - self.b2) * g * g
        m_hat, v_hat = self.m / (1 - self.b1**self.t), self.v / (1 - self.b2**self.t)
        self.theta = self.theta - self.lr * (1 + 1e-9) * m_hat / (np.sqrt(v_hat) + self.eps)
        return self.theta


class RateOfStepZero(CountedAfterwards):
    """0 / 0 of two Python numbers, which raises."""

    def moved(self):
        rate = self.lr * (1 - self.b2**self.t) ** 0.5 / (1 - self.b1**self.t)
        return rate * self.m / (np.sqrt(self.v) + self.eps)
