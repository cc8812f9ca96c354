"""A dataclass of state and a function."""

from dataclasses import dataclass

import numpy as np


@dataclass
class AdamState:
    m: object = None
    v: object = None
    t: int = 0


def adam_step(state, w, g, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    if state.m is None:
        state.m = np.zeros_like(w)
        state.v = np.zeros_like(w)
    state.m = beta1 * state.m + (1 - beta1) * g
    state.v = beta2 * state.v + (1 - beta2) * g**2
    m_hat = state.m / (1 - beta1 ** (state.t + 1))
    v_hat = state.v / (1 - beta2 ** (state.t + 1))
    state.t += 1
    return w - lr * m_hat / (np.sqrt(v_hat) + eps)
