"""A tutorial's loop that returns the whole path."""

import numpy as np


def adam_descent(gradient, start, n_iter=50, alpha=0.02, beta1=0.9, beta2=0.999, eps=1e-8):
    x = np.array(start)
    m = np.zeros_like(x)
    v = np.zeros_like(x)
    path = [x.copy()]
    for t in range(1, n_iter + 1):
        g = gradient(x)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        x = x - alpha * m_hat / (np.sqrt(v_hat) + eps)
        path.append(x.copy())
    return np.array(path)
