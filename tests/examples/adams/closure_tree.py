"""Closures: init and update functions from a factory, nested lists as parameters."""

import numpy as np


def make_adam(learning_rate=1e-3, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
    def init(params):
        return [(np.zeros_like(p), np.zeros_like(p)) for p in params], 0

    def update(params, grads, state):
        moments, t = state
        t = t + 1
        new_params, new_moments = [], []
        for p, g, (m, v) in zip(params, grads, moments):
            m = beta_1 * m + (1 - beta_1) * g
            v = beta_2 * v + (1 - beta_2) * g**2
            m_hat, v_hat = m / (1 - beta_1**t), v / (1 - beta_2**t)
            new_params.append(p - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon))
            new_moments.append((m, v))
        return new_params, (new_moments, t)

    return init, update
