import numpy as np


class Optimizer:
    def __init__(self, params):
        self.params = params


class Adam(Optimizer):
    def __init__(self, params, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0):
        super().__init__(params)
        self.lr = lr
        self.beta1 = beta1
        self.beta2 = beta2
        self.eps = eps
        self.weight_decay = weight_decay
        self.t = 0
        self.u = {}
        self.v = {}

    def step(self):
        self.t += 1
        for p in self.params:
            g = p.grad.data + self.weight_decay * p.data
            self.u[p] = self.beta1 * self.u.get(p, 0) + (1 - self.beta1) * g
            self.v[p] = self.beta2 * self.v.get(p, 0) + (1 - self.beta2) * g * g
            p.data = p.data - self.lr * (self.u[p] / (1 - self.beta1**self.t)) / (
                (self.v[p] / (1 - self.beta2**self.t)) ** 0.5 + self.eps
            )
