import numpy as np


def adam_step(param, grad, m, v, t, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    m = b1 * m + (1 - b1) * grad
    v = b2 * v + (1 - b2) * grad**2
    mh = m / (1 - b1**t)
    vh = v / (1 - b2**t)
    return param - lr * mh / (np.sqrt(vh) + eps), m, v
