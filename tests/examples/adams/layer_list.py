import numpy as np


class Adam:
    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.t = 0
        self.s = {}

    def update(self, layers):
        self.t += 1
        for i, l in enumerate(layers):
            for p, g in (("W", "dW"), ("b", "db")):
                m, v = self.s.get((i, p), (0, 0))
                G = getattr(l, g)
                m = self.beta1 * m + (1 - self.beta1) * G
                v = self.beta2 * v + (1 - self.beta2) * G**2
                self.s[i, p] = (m, v)
                setattr(
                    l,
                    p,
                    getattr(l, p)
                    - self.lr
                    * (m / (1 - self.beta1**self.t))
                    / (np.sqrt(v / (1 - self.beta2**self.t)) + self.eps),
                )
