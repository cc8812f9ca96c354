import numpy as np


def initialize_adam(parameters):
    return {k: np.zeros_like(v) for k, v in parameters.items()}, {
        k: np.zeros_like(v) for k, v in parameters.items()
    }


def adam_update(params, grads, m, v, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    t += 1
    for k in params:
        m[k] = beta1 * m[k] + (1 - beta1) * grads[k]
        v[k] = beta2 * v[k] + (1 - beta2) * grads[k] ** 2
        params[k] = params[k] - lr * (m[k] / (1 - beta1**t)) / (np.sqrt(v[k] / (1 - beta2**t)) + eps)
    return params, m, v, t
