"""A coroutine that is sent gradients and yields parameters."""

import numpy as np


def adam(x, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m = np.zeros_like(x)
    v = np.zeros_like(x)
    t = 0
    while True:
        g = yield x
        t += 1
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        x = x - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
