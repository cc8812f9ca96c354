import numpy as np


class Adam:
    def __init__(self, params, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        self.params = params
        self.lr = learning_rate
        self.b1 = beta_1
        self.b2 = beta_2
        self.eps = epsilon
        self.t = 0
        self.ms = [np.zeros_like(p) for p in params]
        self.vs = [np.zeros_like(p) for p in params]

    def _get_updates(self, grads):
        self.t += 1
        self.ms = [self.b1 * m + (1 - self.b1) * g for m, g in zip(self.ms, grads)]
        self.vs = [self.b2 * v + (1 - self.b2) * g**2 for v, g in zip(self.vs, grads)]
        return [
            -self.lr * np.sqrt(1 - self.b2**self.t) / (1 - self.b1**self.t) * m / (np.sqrt(v) + self.eps)
            for m, v in zip(self.ms, self.vs)
        ]

    def update_params(self, params, grads):
        for p, u in zip(params, self._get_updates(grads)):
            p += u
