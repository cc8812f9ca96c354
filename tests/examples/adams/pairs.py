import numpy as np


class Adam:
    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.t = 0
        self.ms = []
        self.vs = []

    def step(self, params_and_grads):
        self.t += 1
        if not self.ms:
            self.ms = [np.zeros_like(p) for p, g in params_and_grads]
            self.vs = [np.zeros_like(p) for p, g in params_and_grads]
        for i, (p, g) in enumerate(params_and_grads):
            self.ms[i] = self.beta1 * self.ms[i] + (1 - self.beta1) * g
            self.vs[i] = self.beta2 * self.vs[i] + (1 - self.beta2) * g**2
            mh = self.ms[i] / (1 - self.beta1**self.t)
            vh = self.vs[i] / (1 - self.beta2**self.t)
            p -= self.lr * mh / (np.sqrt(vh) + self.eps)
