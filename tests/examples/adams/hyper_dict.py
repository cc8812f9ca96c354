import numpy as np


def adam_update(w, dw, m, v, t, hyper):
    m = hyper["beta1"] * m + (1 - hyper["beta1"]) * dw
    v = hyper["beta2"] * v + (1 - hyper["beta2"]) * dw**2
    m_hat = m / (1 - hyper["beta1"] ** t)
    v_hat = v / (1 - hyper["beta2"] ** t)
    w = w - hyper["lr"] * m_hat / (np.sqrt(v_hat) + hyper["eps"])
    return w, m, v
