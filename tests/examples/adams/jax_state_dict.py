"""JAX without JAX: two functions, the state a dict."""

import numpy as np


def init_adam(params):
    return {
        "m": {k: np.zeros_like(p) for k, p in params.items()},
        "v": {k: np.zeros_like(p) for k, p in params.items()},
        "count": 0,
    }


def adam_update(params, grads, state, lr=1e-3, b1=0.9, b2=0.999, eps=1e-8):
    count = state["count"] + 1
    m = {k: b1 * state["m"][k] + (1 - b1) * grads[k] for k in params}
    v = {k: b2 * state["v"][k] + (1 - b2) * grads[k] ** 2 for k in params}
    scale = lr * np.sqrt(1 - b2**count) / (1 - b1**count)
    new = {k: params[k] - scale * m[k] / (np.sqrt(v[k]) + eps * np.sqrt(1 - b2**count)) for k in params}
    return new, {"m": m, "v": v, "count": count}
