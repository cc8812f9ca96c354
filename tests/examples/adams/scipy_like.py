"""A minimizer with SciPy's signature."""

from types import SimpleNamespace

import numpy as np


def adam(
    fun,
    x0,
    jac,
    args=(),
    learning_rate=0.001,
    beta1=0.9,
    beta2=0.999,
    eps=1e-8,
    startiter=0,
    maxiter=1000,
    callback=None,
    **kwargs,
):
    x = x0
    m = np.zeros_like(x)
    v = np.zeros_like(x)
    for i in range(startiter, startiter + maxiter):
        g = jac(x)
        if callback and callback(x):
            break
        m = (1 - beta1) * g + beta1 * m
        v = (1 - beta2) * (g**2) + beta2 * v
        mhat = m / (1 - beta1 ** (i + 1))
        vhat = v / (1 - beta2 ** (i + 1))
        x = x - learning_rate * mhat / (np.sqrt(vhat) + eps)
    i += 1
    return SimpleNamespace(x=x, fun=fun(x), jac=g, nit=i, nfev=i, success=True)
