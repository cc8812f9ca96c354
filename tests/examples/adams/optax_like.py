"""A gradient transformation as a NamedTuple."""

from typing import Any, NamedTuple

import numpy as np


class AdamState(NamedTuple):
    count: int
    mu: Any
    nu: Any


class Adam(NamedTuple):
    learning_rate: float = 1e-3
    b1: float = 0.9
    b2: float = 0.999
    eps: float = 1e-8

    def init(self, params):
        return AdamState(0, np.zeros_like(params), np.zeros_like(params))

    def update(self, grads, state, params=None):
        count = state.count + 1
        mu = self.b1 * state.mu + (1 - self.b1) * grads
        nu = self.b2 * state.nu + (1 - self.b2) * grads**2
        nu_hat = nu / (1 - self.b2**count)
        updates = -self.learning_rate * (mu / (1 - self.b1**count)) / (np.sqrt(nu_hat) + self.eps)
        return updates, AdamState(count, mu, nu)
