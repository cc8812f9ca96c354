import numpy as np


class Adam:
    def __init__(self, model, lr=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.model = model
        self.lr = lr
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.t = 0
        self.m = {k: np.zeros_like(v) for k, v in model.params.items()}
        self.v = {k: np.zeros_like(v) for k, v in model.params.items()}

    def step(self):
        self.t += 1
        for k in self.model.params:
            g = self.model.grads[k]
            self.m[k] = self.beta1 * self.m[k] + (1 - self.beta1) * g
            self.v[k] = self.beta2 * self.v[k] + (1 - self.beta2) * g**2
            self.model.params[k] -= (
                self.lr
                * (self.m[k] / (1 - self.beta1**self.t))
                / (np.sqrt(self.v[k] / (1 - self.beta2**self.t)) + self.epsilon)
            )
