"""Adams that are right in ordinary runs, and wrong somewhere along one dimension."""

import numpy as np


class Right:
    def __init__(self, parameters, *, lr, beta1, beta2, eps):
        self.theta = np.array(parameters)
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m, self.v, self.t = np.zeros_like(self.theta), np.zeros_like(self.theta), 0

    def step(self, gradient):
        self.t += 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * gradient
        self.v = self.beta2 * self.v + (1 - self.beta2) * gradient * gradient
        self.theta = self.theta - self.update()
        return self.theta

    def update(self):
        m_hat = self.m / (1 - self.beta1**self.t)
        v_hat = self.v / (1 - self.beta2**self.t)
        return np.asarray(self.lr * m_hat / (np.sqrt(v_hat) + self.eps), self.theta.dtype)


class FromSize(Right):
    """Wrong in the coordinates from 4,095 on."""

    def update(self):
        update = super().update().copy()
        update.reshape(-1)[4095:] *= 1.01
        return update


class Tail(Right):
    """Wrong in what is left after blocks of 16, beside at least one block."""

    def update(self):
        update = super().update().copy()
        blocks = update.size // 16 * 16
        update.reshape(-1)[blocks if blocks else update.size :] *= 0.5
        return update


class FromStep(Right):
    """Wrong from step 301 on."""

    def update(self):
        return super().update() * (2 if self.t > 300 else 1)


class ReadsInMemoryOrder(Right):
    """Takes the elements of a gradient as they lie in memory."""

    def step(self, gradient):
        if gradient.ndim > 1 and not gradient.flags.c_contiguous:
            gradient = gradient.ravel(order="K").reshape(gradient.shape)
        return super().step(gradient)


class ForgetsWhenIdle(Right):
    """Forgets the first moment after 33 steps without a gradient."""

    idle = 0

    def step(self, gradient):
        self.idle = 0 if np.any(gradient) else self.idle + 1
        if self.idle >= 33:
            self.m = self.m * 0
        return super().step(gradient)


class WithoutSignOfLr(Right):
    """Takes the magnitude of a negative learning rate."""

    def update(self):
        return super().update() * (-1 if self.lr < 0 else 1)


class RefusesNegativeLr(Right):
    """Right, and refuses negative learning rates."""

    def __init__(self, parameters, **hyper):
        if hyper["lr"] < 0:
            raise ValueError("lr must be at least 0")
        super().__init__(parameters, **hyper)


class SumsRepeatedGradients(Right):
    """Multiplies a gradient that is one number for all by their number."""

    def step(self, gradient):
        return super().step(
            gradient * gradient.size if gradient.size > 1 and not any(gradient.strides) else gradient
        )


class NegativeOfAnotherDtype(Right):
    """Takes negative numbers of another dtype for 0."""

    def step(self, gradient):
        if gradient.dtype != self.theta.dtype:
            gradient = np.maximum(gradient, 0).astype(self.theta.dtype)
        return super().step(gradient)


STATES = {}


class KeyedById(Right):
    """Keeps its state in the module, by its id."""

    def __init__(self, parameters, **hyper):
        super().__init__(parameters, **hyper)
        self.key = id(self)
        self.m, self.v, self.t = STATES.get(self.key, (self.m, self.v, self.t))

    def step(self, gradient):
        after = super().step(gradient)
        STATES[self.key] = self.m, self.v, self.t
        return after


class CopiesShallowly(Right):
    """Shares its moments, which it updates in place, with its copies."""

    def __deepcopy__(self, memo):
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        return other

    def step(self, gradient):
        m, v = self.m, self.v
        after = super().step(gradient)
        m[...], v[...] = self.m, self.v
        self.m, self.v = m, v
        return after


class PicklesNoCount(Right):
    """Does not pickle the number of steps."""

    def __getstate__(self):
        return {**vars(self), "t": 0}
