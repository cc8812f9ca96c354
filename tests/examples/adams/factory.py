import numpy as np


def make_adam(params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    m = np.zeros_like(params)
    v = np.zeros_like(params)
    t = 0
    x = params.copy()

    def update(g):
        nonlocal m, v, t, x
        t += 1
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g * g
        x = x - lr * (m / (1 - betas[0] ** t)) / (np.sqrt(v / (1 - betas[1] ** t)) + eps)
        return x

    return update
