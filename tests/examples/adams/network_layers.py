import numpy as np


class Adam:
    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.t = 0
        self.m = {}
        self.v = {}

    def update(self, network):
        self.t += 1
        for i, layer in enumerate(network.layers):
            for n in ("W", "b"):
                p = getattr(layer, n)
                g = getattr(layer, "d" + n)
                k = (i, n)
                self.m[k] = self.beta1 * self.m.get(k, 0) + (1 - self.beta1) * g
                self.v[k] = self.beta2 * self.v.get(k, 0) + (1 - self.beta2) * g**2
                setattr(
                    layer,
                    n,
                    p
                    - self.lr
                    * (self.m[k] / (1 - self.beta1**self.t))
                    / (np.sqrt(self.v[k] / (1 - self.beta2**self.t)) + self.eps),
                )
